/* Tags: all that is told lies inside of the object. */
#include "fuzz.h"
#include "git/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	struct sv_tag tag;

	if (sv_tag_parse(in, oid_len, &tag) < 0)
		return 0;
	FUZZ_HOLDS(tag.message <= in.len && tag.object.len == oid_len);
	FUZZ_HOLDS(fuzz_inside(tag.tagger.who, in) && tag.tagger.date >= 0);
	FUZZ_HOLDS(tag.type >= SV_OBJ_NONE && tag.type <= SV_OBJ_TAG);
	return 0;
}
