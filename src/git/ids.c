#include "git/lookup.h"
#include "git/store.h"

int sv_objects_ids(const struct sv_objects *objects, struct sv_oid **ret_ids, size_t *ret_n)
{
	size_t n = 0, kept = 0;
	struct sv_oid *ids = malloc((sv_objects_count(objects) + 1) * sizeof(*ids));

	if (ids == NULL)
		return SV_ENOMEM;
	for (uint32_t s = 0; s < objects->stores.len; s++)
		for (uint32_t i = 0; i < objects->stores.ptr[s].index.n; i++)
			sv_objects_oid(objects, (struct sv_object_ref){s, i}, &ids[n++]);
	qsort(ids, n, sizeof(*ids), sv_oid_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !sv_oid_equal(&ids[i], &ids[kept - 1]))
			ids[kept++] = ids[i];
	*ret_ids = ids;
	*ret_n = kept;
	return 0;
}
