/* Pack indexes: what is accepted is consistent, and every id in it is found. */
#include "fuzz.h"
#include "git/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	SV_AUTO(sv_pack_index) index = {0};

	if (sv_pack_index_parse(in, oid_len, &index, NULL) < 0)
		return 0;
	for (uint32_t slot = 0; slot < index.n; slot++) {
		struct sv_oid oid = {.len = (uint8_t)oid_len};
		uint32_t found;

		FUZZ_HOLDS(index.sorted_of[slot] < index.n);
		FUZZ_HOLDS(index.slot_of[index.sorted_of[slot]] == slot);
		FUZZ_HOLDS(slot == 0 || index.offsets[slot - 1] <= index.offsets[slot]);
		FUZZ_HOLDS(sv_pack_index_at(&index, index.offsets[slot], &found) &&
			   index.offsets[found] == index.offsets[slot] && found <= slot);
		memcpy(oid.bytes, index.oids + (size_t)index.sorted_of[slot] * oid_len, oid_len);
		FUZZ_HOLDS(sv_pack_index_find(&index, &oid, &found));
		/* an id that stands twice may give either */
		FUZZ_HOLDS(memcmp(index.oids + (size_t)index.sorted_of[found] * oid_len, oid.bytes,
				  oid_len) == 0);
	}
	return 0;
}
