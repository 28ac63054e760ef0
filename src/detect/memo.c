#include "detect/memo.h"
#include <sodium.h>

#define ENTRIES                                                                                    \
	(1u << 13) /* the same comes back soon: more would find a tenth more, and miss the cache   \
		    */
#define ITEMS	(1u << 15)
#define REFUSED (1u << 12) /* by checks */
#define UNLIKELY                                                                                   \
	(1u << 10) /* refused by the model: four times as many would find one in a hundred more */
#define MOST 256   /* items of a part */

/* small: the table shares a cache with the texts */
struct entry {
	struct sv_memo_key key;
	uint32_t first; /* of its items, of all that were ever kept */
	uint16_t n;
	bool used;
};

struct sv_memo {
	uint8_t secret[SV_HASH_SECRET]; /* nobody outside can build two parts that collide */
	struct entry entries[ENTRIES];
	struct sv_memo_item items[ITEMS]; /* a ring: an entry whose items are overwritten is void */
	uint32_t kept;			  /* items, ever; it wraps around, as differences do */
	struct sv_memo_key refused[REFUSED + UNLIKELY];
};

static size_t place_of(const struct sv_memo_key *key)
{
	return key->hash.low % ENTRIES;
}

struct sv_memo *sv_memo_new(void)
{
	struct sv_memo *memo = calloc(1, sizeof(*memo));

	if (memo != NULL)
		randombytes_buf(memo->secret, sizeof(memo->secret));
	return memo;
}

void sv_memo_free(struct sv_memo *memo)
{
	free(memo);
}

struct sv_memo_key sv_memo_key(const struct sv_memo *memo, enum sv_memo_question question,
			       struct sv_span bytes, size_t from, size_t to)
{
	struct sv_memo_key key = {sv_hash128(bytes.ptr + from, to - from, memo->secret)};

	/* the length is part of the hash */
	key.hash.high ^= (uint64_t)question << 2 | (uint64_t)(from == 0) << 1 | (to == bytes.len);
	__builtin_prefetch(&memo->entries[place_of(&key)]);
	return key;
}

bool sv_memo_find(const struct sv_memo *memo, const struct sv_memo_key *key,
		  const struct sv_memo_item **ret_items, size_t *ret_n)
{
	const struct entry *e = &memo->entries[place_of(key)];

	if (!e->used || e->key.hash.low != key->hash.low || e->key.hash.high != key->hash.high ||
	    (e->n != 0 && (uint32_t)(memo->kept - e->first) > ITEMS))
		return false;
	*ret_items = memo->items + e->first % ITEMS;
	*ret_n = e->n;
	return true;
}

void sv_memo_keep(struct sv_memo *memo, const struct sv_memo_key *key,
		  const struct sv_memo_item *items, size_t n)
{
	uint32_t left = ITEMS - memo->kept % ITEMS;

	if (n > MOST)
		return;
	/* those of one entry stand in a row */
	if (n > left)
		memo->kept += left;
	memo->entries[place_of(key)] = (struct entry){*key, memo->kept, (uint16_t)n, true};
	if (n != 0)
		memcpy(memo->items + memo->kept % ITEMS, items, n * sizeof(*items));
	memo->kept += (uint32_t)n;
}

struct sv_memo_key sv_memo_match_key(const struct sv_memo *memo, struct sv_span text,
				     const size_t *numbers, size_t n)
{
	struct sv_hash128 of[] = {sv_hash128(text.ptr, text.len, memo->secret),
				  sv_hash128(numbers, n * sizeof(*numbers), memo->secret)};

	return (struct sv_memo_key){sv_hash128(of, sizeof(of), memo->secret)};
}

/* Where among those that are remembered; the last one there is forgotten. */
static size_t refusal(enum sv_memo_refusal by, const struct sv_memo_key *key)
{
	return by == SV_MEMO_BY_MODEL ? REFUSED + key->hash.low % UNLIKELY
				      : key->hash.low % REFUSED;
}

bool sv_memo_is_refused(const struct sv_memo *memo, enum sv_memo_refusal by,
			const struct sv_memo_key *key)
{
	const struct sv_memo_key *kept = &memo->refused[refusal(by, key)];

	return kept->hash.low == key->hash.low && kept->hash.high == key->hash.high;
}

void sv_memo_refuse(struct sv_memo *memo, enum sv_memo_refusal by, const struct sv_memo_key *key)
{
	memo->refused[refusal(by, key)] = *key;
}
