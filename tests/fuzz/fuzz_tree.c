/* Trees: entries follow on one another without a gap, and the walk ends. */
#include "fuzz.h"
#include "git/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size), rest;
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	struct sv_tree_entry entry;
	int more;

	rest = in;
	for (size_t at = 0; (more = sv_tree_next(&rest, oid_len, &entry)) == 1; at += entry.len) {
		FUZZ_HOLDS(entry.len > oid_len + 2 && entry.len <= in.len - at);
		FUZZ_HOLDS(rest.ptr == in.ptr + at + entry.len &&
			   rest.len == in.len - at - entry.len);
		FUZZ_HOLDS(fuzz_inside(entry.name, sv_span(in.ptr + at, entry.len)));
		FUZZ_HOLDS(entry.oid + oid_len == rest.ptr);
		FUZZ_HOLDS(memchr(entry.name.ptr, 0, entry.name.len + 1) ==
			   entry.name.ptr + entry.name.len);
	}
	FUZZ_HOLDS(more == 0 || more == SV_ECORRUPT);
	FUZZ_HOLDS(more != 0 || rest.len == 0);
	return 0;
}
