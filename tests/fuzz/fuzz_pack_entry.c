/* Entries of packs: the header, then the stream, raw or (so that the fuzzer need not compute
 * checksums) compressed here. */
#include "fuzz.h"
#include "git/pack.h"
#include <libdeflate.h>

#define MAX_CONTENT (1u << 16)

static void inflates(struct libdeflate_decompressor *z, struct sv_span content)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
	size_t room = libdeflate_zlib_compress_bound(c, content.len);
	SV_AUTO_FREE uint8_t *stream = malloc(room);
	SV_AUTO(sv_buf) back = {0};
	size_t len;

	FUZZ_HOLDS(stream != NULL);
	len = libdeflate_zlib_compress(c, content.ptr, content.len, stream, room);
	FUZZ_HOLDS(sv_inflate(z, sv_span(stream, len), 0, content.len, &back) == 0);
	FUZZ_HOLDS(sv_span_equal(sv_buf_span(&back), content));
	FUZZ_HOLDS(sv_inflate(z, sv_span(stream, len), 0, content.len + 1, &back) == SV_ECORRUPT);
	libdeflate_free_compressor(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct libdeflate_decompressor *z;
	struct sv_span in = sv_span(data, size);
	unsigned flags = (unsigned)fuzz_number(&in, 1), oid_len = flags & 1 ? 32 : 20;
	uint64_t offset = fuzz_number(&in, 8);
	struct sv_pack_entry entry;
	SV_AUTO(sv_buf) content = {0};

	if (z == NULL)
		z = libdeflate_alloc_decompressor();
	if (sv_pack_entry_parse(in, offset, oid_len, &entry) < 0)
		return 0;
	FUZZ_HOLDS(entry.header_len <= in.len && entry.header_len <= SV_PACK_HEADER_MAX);
	FUZZ_HOLDS(entry.type != 0 && entry.type != 5 && entry.type <= SV_PACK_REF_DELTA);
	FUZZ_HOLDS(entry.type != SV_PACK_OFS_DELTA || entry.base_offset < offset);
	FUZZ_HOLDS(entry.type != SV_PACK_REF_DELTA || entry.base.len == oid_len);
	(void)fuzz_take(&in, entry.header_len);
	if (flags & 2)
		inflates(z, in);
	else if (entry.size <= MAX_CONTENT && sv_inflate(z, in, 0, entry.size, &content) == 0)
		FUZZ_HOLDS(content.len == entry.size);
	return 0;
}
