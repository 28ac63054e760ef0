/* Lines of reflogs, packed refs, and files of refs: what is told lies inside, and is what stands
 * there. */
#include "fuzz.h"
#include "git/parse.h"

static void holds_hex(const struct sv_oid *oid, unsigned oid_len, struct sv_span at)
{
	struct sv_oid again;

	FUZZ_HOLDS(oid->len == oid_len && at.len >= 2 * oid_len);
	FUZZ_HOLDS(sv_oid_parse(sv_span(at.ptr, 2 * oid_len), &again) == 0);
	FUZZ_HOLDS(sv_oid_equal(oid, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size), rest;
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	struct sv_oid oids[2], oid;

	if (sv_ref_file_parse(in, oid_len, &oid) == 1)
		holds_hex(&oid, oid_len, in);
	for (rest = in; rest.len != 0;) {
		size_t left = rest.len;
		struct sv_span line = sv_line_next(&rest), name;

		FUZZ_HOLDS(rest.len < left);
		FUZZ_HOLDS(fuzz_inside(line, in) && memchr(line.ptr, '\n', line.len) == NULL);
		if (sv_reflog_line_parse(line, oid_len, oids) == 0) {
			holds_hex(&oids[0], oid_len, line);
			holds_hex(&oids[1], oid_len,
				  sv_span(line.ptr + 2 * oid_len + 1, line.len - 2 * oid_len - 1));
		}
		if (sv_packed_ref_parse(line, oid_len, &oid, &name) == 0) {
			holds_hex(&oid, oid_len, line);
			FUZZ_HOLDS(name.len != 0 && fuzz_inside(name, line));
			FUZZ_HOLDS(memchr(name.ptr, 0, name.len) == NULL);
		}
	}
	return 0;
}
