#include "detect/values.h"

#define ENTRIES (1u << 9)  /* twice as many would find one in a hundred more */
#define RING	(1u << 16) /* features and bytes of some four hundred */
#define MOST	512	   /* features of one */

struct entry {
	struct sv_value value;
	uint64_t hash;
	uint64_t first; /* of its part of the ring, of all that was ever put there */
	size_t len;	/* of its bytes; they stand behind the features. 0: no entry */
};

struct sv_values {
	struct entry entries[ENTRIES];
	uint64_t put;
	uint32_t ring[RING]; /* an entry whose part is overwritten is void */
};

static size_t room_for(struct sv_span bytes)
{
	return (bytes.len + sizeof(uint32_t) - 1) / sizeof(uint32_t);
}

struct sv_values *sv_values_new(void)
{
	return calloc(1, sizeof(struct sv_values));
}

void sv_values_free(struct sv_values *values)
{
	free(values);
}

const struct sv_value *sv_values_find(struct sv_values *values, struct sv_span bytes)
{
	uint64_t hash = sv_hash64(bytes.ptr, bytes.len, 0);
	const struct entry *e = &values->entries[hash % ENTRIES];

	if (e->hash != hash || e->len != bytes.len || values->put - e->first > RING ||
	    memcmp(values->ring + e->first % RING + e->value.n, bytes.ptr, bytes.len) != 0)
		return NULL;
	return &e->value;
}

void sv_values_keep(struct sv_values *values, struct sv_span bytes, const struct sv_value *value)
{
	uint64_t hash = sv_hash64(bytes.ptr, bytes.len, 0);
	struct entry *e = &values->entries[hash % ENTRIES];
	size_t n = value->n + room_for(bytes), left = RING - values->put % RING;
	uint32_t *at;

	if (bytes.len == 0 || bytes.len > SV_VALUE_MAX || value->n > MOST)
		return;
	/* what belongs to one entry stands in a row */
	if (n > left)
		values->put += left;
	at = values->ring + values->put % RING;
	*e = (struct entry){*value, hash, values->put, bytes.len};
	e->value.features = at;
	if (value->n != 0)
		memcpy(at, value->features, value->n * sizeof(*at));
	memcpy(at + value->n, bytes.ptr, bytes.len);
	values->put += n;
}
