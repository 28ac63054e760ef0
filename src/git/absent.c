#include "git/absent.h"

void sv_absent_release(struct sv_absent *absent)
{
	free(absent->slots);
	*absent = (struct sv_absent){0};
}

/* Where oid is, or would be. */
static struct sv_oid *slot_of(const struct sv_absent *absent, const struct sv_oid *oid)
{
	for (size_t at = sv_hash64(oid->bytes, oid->len, 0);; at++) {
		struct sv_oid *slot = &absent->slots[at & (absent->cap - 1)];

		if (slot->len == 0 || sv_oid_equal(slot, oid))
			return slot;
	}
}

static int grow(struct sv_absent *absent)
{
	struct sv_absent larger = {.cap = absent->cap ? 2 * absent->cap : 1024, .n = absent->n};

	larger.slots = calloc(larger.cap, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < absent->cap; i++)
		if (absent->slots[i].len != 0)
			*slot_of(&larger, &absent->slots[i]) = absent->slots[i];
	free(absent->slots);
	*absent = larger;
	return 0;
}

static int add(struct sv_absent *absent, const struct sv_oid *oid)
{
	struct sv_oid *slot;

	if (2 * absent->n >= absent->cap && grow(absent) < 0)
		return SV_ENOMEM;
	slot = slot_of(absent, oid);
	if (slot->len == 0) {
		*slot = *oid;
		absent->n++;
	}
	return 0;
}

int sv_absent_look(struct sv_absent *absent, const struct sv_objects *objects, unsigned oid_len,
		   const struct sv_tree_entry *entry)
{
	struct sv_oid oid = {.len = (uint8_t)oid_len};
	struct sv_object_ref ref;

	memcpy(oid.bytes, entry->oid, oid_len);
	return (entry->mode & 0170000) == 0160000 || sv_objects_find(objects, &oid, &ref)
		       ? 0
		       : add(absent, &oid);
}

int sv_absent_merge(struct sv_absent *absent, const struct sv_absent *from)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < from->cap; i++)
		if (from->slots[i].len != 0)
			status = add(absent, &from->slots[i]);
	return status;
}

struct sv_oid *sv_absent_sorted(const struct sv_absent *absent)
{
	struct sv_oid *oids = calloc(absent->n + 1, sizeof(*oids));
	size_t n = 0;

	for (size_t i = 0; oids != NULL && i < absent->cap; i++)
		if (absent->slots[i].len != 0)
			oids[n++] = absent->slots[i];
	if (n != 0)
		qsort(oids, n, sizeof(*oids), sv_oid_order);
	return oids;
}
