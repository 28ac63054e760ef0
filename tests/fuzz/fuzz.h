/** @file What the fuzz targets share. Each is one file fuzz_NAME.c with LLVMFuzzerTestOneInput().
 */
#ifndef SV_FUZZ_H
#define SV_FUZZ_H

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What must hold for any input; a failure is a finding. Stays on in every build. */
#define FUZZ_HOLDS(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			__builtin_trap();                                                          \
	} while (0)

/** Takes n bytes, or what is left, off the front of in. */
static inline struct sv_span fuzz_take(struct sv_span *in, size_t n)
{
	struct sv_span part = sv_span(in->ptr, n < in->len ? n : in->len);

	in->ptr += part.len;
	in->len -= part.len;
	return part;
}

/** Takes a little-endian number of n ≤ 8 bytes; what is missing counts as zero. */
static inline uint64_t fuzz_number(struct sv_span *in, size_t n)
{
	struct sv_span part = fuzz_take(in, n);
	uint64_t value = 0;

	for (size_t i = 0; i < part.len; i++)
		value |= (uint64_t)part.ptr[i] << (8 * i);
	return value;
}

/** Does part lie inside of whole? */
static inline bool fuzz_inside(struct sv_span part, struct sv_span whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.len <= whole.len &&
				 (size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}
#endif
