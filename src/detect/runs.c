/* Runs of token characters: most of a text has none, and is passed in steps of nearly a run's length. */
#include "detect/match.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 16
#define FIRST (SV_RUN - BLOCK) /* the block that ends with a run's last needed byte begins here */

static const bool in_run[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
	['_'] = true,	      ['+'] = true,	    ['/'] = true,	  ['-'] = true,
};

/* Bits of the bytes at p that are in no run. */
static unsigned breaks(const uint8_t *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('/')); /* '/' stands before '0' */
	__m128i in = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
				  _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(10)), digit));

	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
	return ~(unsigned)_mm_movemask_epi8(in) & 0xffff;
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		bits |= (unsigned)!in_run[p[i]] << i;
	return bits;
#endif
}

static size_t after_last(unsigned bits)
{
	return 32 - (size_t)__builtin_clz(bits);
}

bool sv_run_next(struct sv_span bytes, size_t from, size_t *ret_start, size_t *ret_end)
{
	const uint8_t *p = bytes.ptr;
	size_t low = from; /* no run begins before it */

	while (low + SV_RUN <= bytes.len) {
		unsigned bits = breaks(p + low + FIRST);
		size_t end;

		if (bits != 0) {
			low += FIRST + after_last(bits);
			continue;
		}
		bits = breaks(p + low) & ((1u << FIRST) - 1);
		if (bits != 0) {
			low += after_last(bits);
			continue;
		}
		for (end = low + SV_RUN; end < bytes.len && in_run[p[end]]; end++)
			;
		*ret_start = low;
		*ret_end = end;
		return true;
	}
	return false;
}
