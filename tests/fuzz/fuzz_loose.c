/* Loose objects: the file as it is, or compressed here, where the verdict must be the header's. */
#include "fuzz.h"
#include "git/pack.h"
#include <libdeflate.h>

#define MAX_CONTENT (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct libdeflate_decompressor *z;
	static struct libdeflate_compressor *c;
	struct sv_span in = sv_span(data, size);
	bool compress = fuzz_number(&in, 1) & 1;
	enum sv_object_type type = SV_OBJ_NONE, stated;
	SV_AUTO(sv_buf) content = {0};
	SV_AUTO(sv_buf) file = {0};
	uint64_t length;
	size_t head, made;
	int status;
	bool good;

	if (z == NULL) {
		z = libdeflate_alloc_decompressor();
		c = libdeflate_alloc_compressor(1);
	}
	if (!compress) {
		status = sv_loose_inflate(z, in, MAX_CONTENT, &type, &content);
		FUZZ_HOLDS(status != 0 || (type >= SV_OBJ_COMMIT && type <= SV_OBJ_TAG &&
					   content.len <= MAX_CONTENT));
		return 0;
	}
	FUZZ_HOLDS(sv_buf_reserve(&file, libdeflate_zlib_compress_bound(c, in.len)) == 0);
	made = libdeflate_zlib_compress(c, in.ptr, in.len, file.ptr, file.cap);
	status = sv_loose_inflate(z, sv_span(file.ptr, made), MAX_CONTENT, &type, &content);
	good = sv_loose_header_parse(in, &stated, &length, &head) == 0 && length == in.len - head;
	if (good && length <= MAX_CONTENT) {
		FUZZ_HOLDS(status == 0 && type == stated);
		FUZZ_HOLDS(sv_span_equal(sv_buf_span(&content), sv_span(in.ptr + head, length)));
	} else {
		FUZZ_HOLDS(status < 0);
	}
	return 0;
}
