#include "rulec/sieve.h"
#include "rulec/literals.h"
#include "rulec/rates.h"

#define BUCKETS	  (SV_SIEVE_GROUPS * 8)
#define OF_ANCHOR 16 /* bytes of a text that is no noun */
#define OF_CLASS  10 /* of one that says enough without its last byte */
#define ROUNDS	  3  /* of moving grams to better buckets */

/*
 * What an entry costs, if what it costs to see that a place is none of a gram is one: that there is
 * a gram, and to compare one more text there; and a gram of its own, for which its bucket lets
 * through many others.
 */
#define FOUND	   8
#define COMPARED   1
#define OF_ITS_OWN 3e-4
/* Of all places, those that hold no common gram, as if bytes stood anywhere. */
#define REST 0.1

/* What is looked for at a gram: bytes, by their lower seven bits, at each of its places; by fewer.
 */
struct gram {
	uint32_t gram;
	unsigned bucket;
	bool in[SV_SIEVE_BYTES][128];
	bool low[SV_SIEVE_BYTES][SV_SIEVE_TOLD];
	bool pair[SV_SIEVE_PAIRS][128];
};

struct bucket {
	unsigned n[SV_SIEVE_BYTES][SV_SIEVE_TOLD]; /* grams that have this byte here */
	unsigned pair[SV_SIEVE_PAIRS][128], pairs[SV_SIEVE_PAIRS];
	double rate[SV_SIEVE_BYTES];
	double through; /* places that it lets through, of all */
};

struct build {
	struct sv_sieve *sieve;
	size_t text;			     /* bytes of it that are used */
	uint32_t gram_of[SV_SIEVE_ENTRIES];  /* 0: not chosen yet */
	unsigned width_of[SV_SIEVE_ENTRIES]; /* of the widest anchor; 0: there is none */
	SV_VEC(struct gram) grams;
	struct bucket buckets[BUCKETS];
};

/* A noun of sets, or of an anchor of at most so many bytes. */
static bool add(struct build *b, const struct sv_literal *l, uint32_t sets, unsigned width)
{
	struct sv_sieve *s = b->sieve;
	struct sv_sieve_entry *e;

	for (size_t i = 0; i < s->n; i++) {
		e = &s->entries[i];
		if (e->len == l->len && memcmp(s->text + e->text, l->text, l->len) == 0) {
			e->sets |= sets;
			b->width_of[i] = width > b->width_of[i] ? width : b->width_of[i];
			return true;
		}
	}
	if (s->n == SV_SIEVE_ENTRIES || b->text + l->len > SV_SIEVE_TEXT)
		return false;
	b->width_of[s->n] = width;
	e = &s->entries[s->n++];
	*e = (struct sv_sieve_entry){.sets = sets, .text = (uint16_t)b->text, .len = l->len};
	memcpy(s->text + b->text, l->text, l->len);
	b->text += l->len;
	return true;
}

/* Both are as long, and alike but for their last bytes, which are not. */
static bool is_of_one_class(const struct sv_literal *a, const struct sv_literal *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len - 1u) == 0 &&
	       a->text[a->len - 1] != b->text[b->len - 1];
}

/* Texts that end in one of a class are told by what is before it. */
static void cut_classes(struct sv_literals *literals)
{
	for (size_t i = 0; i < literals->n; i++) {
		struct sv_literal *l = &literals->of[i];
		bool cut = false;

		for (size_t k = i + 1; k < literals->n && l->len > OF_CLASS; k++)
			if (is_of_one_class(l, &literals->of[k])) {
				literals->of[k].len--;
				cut = true;
			}
		l->len -= cut;
	}
}

static bool add_all(struct build *b, const char *expression, uint32_t sets, unsigned width)
{
	struct sv_literals literals;

	if (!sv_literals_of(expression, &literals) || (sets != 0 && !literals.whole))
		return false;
	/* an anchor's beginning tells as much, and is that of several */
	for (size_t i = 0; sets == 0 && i < literals.n; i++)
		if (literals.of[i].len > OF_ANCHOR)
			literals.of[i].len = OF_ANCHOR;
	if (sets == 0)
		cut_classes(&literals);
	for (size_t i = 0; i < literals.n; i++)
		if ((sets != 0 || !sv_literal_is_told(literals.of, literals.n, i)) &&
		    !add(b, &literals.of[i], sets, width))
			return false;
	return true;
}

/* ---- grams ---- */

static uint64_t fold(const uint8_t *text, size_t len)
{
	uint8_t bytes[8] = {0};

	memcpy(bytes, text, len < sizeof(bytes) ? len : sizeof(bytes));
	return sv_sieve_fold(bytes);
}

static uint32_t gram_at(const uint8_t *text, unsigned wide)
{
	return (uint32_t)fold(text, wide) & (wide == SV_SIEVE_BYTES ? UINT32_MAX : SV_SIEVE_THREE);
}

static bool is_taken(const struct build *b, uint32_t gram)
{
	for (size_t i = 0; i < b->sieve->n; i++)
		if (b->gram_of[i] == gram)
			return true;
	return false;
}

/* Of letters, digits and signs that no other byte is folded to. */
static bool is_sure(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') && (text[i] <= ' ' || text[i] >= '@'))
			return false;
	return true;
}

/* Which of its bytes an entry is told by: rare ones, best of all those that tell another entry too.
 */
static void choose_gram(struct build *b, size_t entry)
{
	struct sv_sieve *s = b->sieve;
	struct sv_sieve_entry *e = &s->entries[entry];
	const uint8_t *text = s->text + e->text;
	unsigned wide = 0;
	double least = 0;

	for (unsigned w = SV_SIEVE_BYTES - 1; w <= SV_SIEVE_BYTES; w++)
		for (unsigned at = 0; at + w <= e->len; at++) {
			double cost = sv_rate_of_gram(text + at, w);

			cost = is_taken(b, gram_at(text + at, w)) ? cost * COMPARED
								  : FOUND * cost + OF_ITS_OWN;
			if (wide != 0 && cost >= least)
				continue;
			wide = w;
			least = cost;
			e->at = (uint8_t)at;
		}
	e->sure = e->at <= 8 && e->len - e->at <= 8 && is_sure(text, e->len);
	/* an anchor begins at most so many bytes before its text's end and ends as many after the
	   text's beginning, and a byte beside it decides about it too */
	if (b->width_of[entry] != 0) {
		e->before = (uint16_t)(e->at + b->width_of[entry] + 1 - e->len);
		e->after = (uint16_t)(b->width_of[entry] + 1 - e->at);
	}
	b->gram_of[entry] = gram_at(text + e->at, wide);
}

static void choose_grams(struct build *b)
{
	/* short ones have no choice: they come first */
	for (unsigned len = SV_SIEVE_BYTES - 1; len <= SV_LITERAL_LEN; len++)
		for (size_t i = 0; i < b->sieve->n; i++)
			if (b->sieve->entries[i].len == len)
				choose_gram(b, i);
}

/* Entries by their slots. */
static void sort(struct build *b)
{
	struct sv_sieve *s = b->sieve;
	struct sv_sieve_entry from[SV_SIEVE_ENTRIES];
	size_t n = 0;

	memcpy(from, s->entries, sizeof(from));
	for (unsigned slot = 0; slot < 1u << SV_SIEVE_BITS; slot++) {
		s->slots[slot] = (uint16_t)n;
		for (size_t i = 0; i < s->n; i++) {
			uint32_t bit = sv_sieve_bit(b->gram_of[i]);
			const uint8_t *gram = s->text + from[i].text + from[i].at;
			unsigned len = from[i].len - from[i].at,
				 head = from[i].at < 8 ? from[i].at : 8;

			if (bit >> 4 != slot)
				continue;
			s->known[bit / 32] |= 1u << bit % 32;
			s->words[n] = fold(gram, len);
			s->masks[n] = len >= 8 ? UINT64_MAX : (1ull << 8 * len) - 1;
			s->heads[n] = head == 0 ? 0 : fold(gram - head, head) << 8 * (8 - head);
			s->head_masks[n] = head == 0 ? 0 : UINT64_MAX << 8 * (8 - head);
			s->entries[n++] = from[i];
		}
	}
	s->slots[1 << SV_SIEVE_BITS] = (uint16_t)n;
}

/* ---- buckets ---- */

static void set_bytes(struct gram *g, const struct sv_sieve *s, const struct sv_sieve_entry *e)
{
	bool three = g->gram <= SV_SIEVE_THREE;

	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++) {
		uint8_t c = s->text[e->text + e->at + i];

		/* a gram of three, whatever follows it */
		if (three && i == SV_SIEVE_BYTES - 1) {
			memset(g->in[i], true, sizeof(g->in[i]));
			break;
		}
		g->in[i][c & 0x7F] = true;
		if (c >= 'a' && c <= 'z')
			g->in[i][c & ~0x20] = true;
		if (c == ' ')
			memset(&g->in[i]['\t'], true, '\r' - '\t' + 1);
	}
}

static void set_low(struct gram *g)
{
	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++)
		for (unsigned c = 0; c < 128; c++)
			g->low[i][c % SV_SIEVE_TOLD] |= g->in[i][c];
}

/* All that the bytes of a gram make together: letters are of either case already. */
static void set_pairs(struct gram *g)
{
	for (unsigned p = 0; p < SV_SIEVE_PAIRS; p++)
		for (unsigned a = 0; a < 128; a++)
			for (unsigned b = 0; b < 128; b++)
				if (g->in[p][a] && g->in[p + 1][b])
					g->pair[p][sv_sieve_pair((uint8_t)a, (uint8_t)b)] = true;
}

static bool collect_grams(struct build *b)
{
	for (size_t i = 0; i < b->sieve->n; i++) {
		const struct sv_sieve_entry *e = &b->sieve->entries[i];
		size_t at = 0;

		while (at < b->grams.len && b->grams.ptr[at].gram != b->gram_of[i])
			at++;
		if (at == b->grams.len &&
		    sv_vec_push(&b->grams, ((struct gram){.gram = b->gram_of[i]})) < 0)
			return false;
		set_bytes(&b->grams.ptr[at], b->sieve, e);
	}
	for (size_t i = 0; i < b->grams.len; i++) {
		set_low(&b->grams.ptr[i]);
		set_pairs(&b->grams.ptr[i]);
	}
	return true;
}

static double rate_of_low(unsigned c)
{
	return sv_rate_of_byte(c) + sv_rate_of_byte(c + SV_SIEVE_TOLD);
}

static void move(struct bucket *bucket, const struct gram *g, bool in)
{
	for (unsigned p = 0; p < SV_SIEVE_PAIRS; p++)
		for (unsigned c = 0; c < 128; c++) {
			if (!g->pair[p][c])
				continue;
			if (in)
				bucket->pairs[p] += bucket->pair[p][c]++ == 0;
			else
				bucket->pairs[p] -= --bucket->pair[p][c] == 0;
		}
	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++)
		for (unsigned c = 0; c < SV_SIEVE_TOLD; c++) {
			if (!g->low[i][c])
				continue;
			if (in ? bucket->n[i][c]++ == 0 : --bucket->n[i][c] == 0)
				bucket->rate[i] += in ? rate_of_low(c) : -rate_of_low(c);
		}
}

static bool has_pairs(const struct bucket *bucket, const uint8_t *gram)
{
	for (unsigned p = 0; p < SV_SIEVE_PAIRS; p++)
		if (bucket->pair[p][sv_sieve_pair(gram[p], gram[p + 1])] == 0)
			return false;
	return true;
}

/* How many places it lets through: of common grams each, of all others as if bytes stood anywhere.
 */
static double rate_of_bucket(const struct bucket *bucket)
{
	double sum = 0, rest = REST;
	size_t n;
	const uint8_t *common = sv_common_grams(&n);

	for (size_t i = 0; i < n; i++, common += SV_GRAM) {
		unsigned same = 0;

		while (same < SV_SIEVE_BYTES && bucket->n[same][common[same] % SV_SIEVE_TOLD] != 0)
			same++;
		if (same == SV_SIEVE_BYTES && has_pairs(bucket, common))
			sum += sv_rate_of_common(i);
	}
	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++)
		rest *= bucket->rate[i] < 1 ? bucket->rate[i] : 1;
	for (unsigned p = 0; p < SV_SIEVE_PAIRS; p++)
		rest *= bucket->pairs[p] / 128.0;
	return sum + rest;
}

/* The bucket whose places become the fewest more. */
static void put_in_bucket(struct build *b, struct gram *g)
{
	double least = 0;

	for (unsigned k = 0; k < BUCKETS; k++) {
		double more;

		move(&b->buckets[k], g, true);
		more = rate_of_bucket(&b->buckets[k]) - b->buckets[k].through;
		move(&b->buckets[k], g, false);
		if (k == 0 || more < least) {
			least = more;
			g->bucket = k;
		}
	}
	move(&b->buckets[g->bucket], g, true);
	b->buckets[g->bucket].through += least;
}

static void take_out(struct bucket *bucket, const struct gram *g)
{
	move(bucket, g, false);
	bucket->through = rate_of_bucket(bucket);
}

static void fill_buckets(struct build *b)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < b->grams.len; i++) {
			struct gram *g = &b->grams.ptr[i];

			if (round != 0)
				take_out(&b->buckets[g->bucket], g);
			put_in_bucket(b, g);
		}
	for (unsigned k = 0; k < BUCKETS; k++) {
		for (unsigned i = 0; i < SV_SIEVE_BYTES; i++)
			for (unsigned c = 0; c < SV_SIEVE_TOLD; c++)
				if (b->buckets[k].n[i][c] != 0)
					b->sieve->buckets[k / 8][i][c] |= (uint8_t)(1u << k % 8);
		for (unsigned p = 0; p < SV_SIEVE_PAIRS; p++)
			for (unsigned c = 0; c < 128; c++)
				if (b->buckets[k].pair[p][c] != 0)
					b->sieve->pairs[k / 8][p][c] |= (uint8_t)(1u << k % 8);
	}
}

static bool is_first(const struct sv_ruleset *set, size_t rule)
{
	return set->gate[rule] == SV_GATE_NONE && set->tail[rule] == SV_TAIL_NONE;
}

bool sv_sieve_make(const struct sv_ruleset *set, struct sv_sieve *ret_sieve,
		   const char **ret_anchor)
{
	struct build b = {.sieve = ret_sieve};
	bool made;

	for (size_t i = 0; i < set->nouns.len; i++) {
		*ret_anchor = set->nouns.ptr[i].anchor;
		if (i == 32 || !add_all(&b, *ret_anchor, 1u << i, 0))
			return false;
	}
	for (size_t i = 0; i < set->rules.len; i++) {
		*ret_anchor = sv_rule__anchor(set->rules.ptr[i]);
		if (is_first(set, i) && !add_all(&b, *ret_anchor, 0, set->anchor_width[i]))
			return false;
	}
	choose_grams(&b);
	made = collect_grams(&b);
	if (made)
		fill_buckets(&b);
	sort(&b);
	sv_vec_release(&b.grams);
	return made;
}
