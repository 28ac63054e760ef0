#include "detect/sift.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

static uint8_t folded(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c | 0x20;
	return c >= '\t' && c <= '\r' ? ' ' : c;
}

static bool stands(const struct sv_sieve *sieve, const struct sv_sieve_entry *e,
		   struct sv_span bytes, size_t at)
{
	const uint8_t *text = sieve->text + e->text, *there = bytes.ptr + at - e->at;

	if (at < e->at || bytes.len - (at - e->at) < e->len)
		return false;
	for (unsigned i = 0; i < e->len; i++)
		if (folded(there[i]) != text[i])
			return false;
	return true;
}

#ifdef __x86_64__
#define BLOCK  64
#define BLOCKS 64 /* of a chunk: their numbers are bytes */
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt")))

/* Places of a chunk that look like grams: block and byte. */
struct places {
	unsigned n;
	uint8_t block[BLOCKS * BLOCK + BLOCK], byte[BLOCKS * BLOCK + BLOCK];
};

static size_t place(const struct places *p, unsigned i)
{
	return (size_t)p->block[i] * BLOCK + p->byte[i];
}

/* 1 or 0 */
static unsigned is_known(const struct sv_sieve *sieve, uint32_t gram)
{
	uint32_t bit = sv_sieve_bit(gram);

	return sieve->known[bit / 32] >> bit % 32 & 1;
}

/* Keeps those whose grams are known. Most are not, and no jump could foretell which. */
static void keep_known(const struct sv_sieve *sieve, struct places *p, const uint8_t *base)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->n; i++) {
		uint32_t gram = (uint32_t)sv_sieve_fold(base + place(p, i));

		p->block[kept] = p->block[i];
		p->byte[kept] = p->byte[i];
		kept += is_known(sieve, gram) | is_known(sieve, gram & SV_SIEVE_THREE);
	}
	p->n = kept;
}

/* The eight bytes before a place; where there are none, a text has none that count. */
static uint64_t head_at(struct sv_span bytes, size_t at)
{
	uint8_t head[8] = {0};

	if (at >= sizeof(head))
		return sv_sieve_fold(bytes.ptr + at - sizeof(head));
	memcpy(head + sizeof(head) - at, bytes.ptr, at);
	return sv_sieve_fold(head);
}

/* Which of eight entries have these bytes where their masks are. */
AVX512 static inline unsigned same_in(const uint64_t *words, const uint64_t *masks, __m512i wanted)
{
	__m512i those = _mm512_loadu_si512((const void *)words);

	return _mm512_testn_epi64_mask(_mm512_xor_si512(those, wanted),
				       _mm512_loadu_si512((const void *)masks));
}

/* Entries of a slot whose bytes these are. */
AVX512 static int look_up(const struct sv_sieve *sieve, uint32_t gram, uint64_t word,
			  struct sv_span bytes, size_t at, sv_sift_fn *on_text, void *payload)
{
	unsigned slot = sv_sieve_bit(gram) >> 4, from = sieve->slots[slot],
		 to = sieve->slots[slot + 1];
	const __m512i wanted = _mm512_set1_epi64((long long)word);
	const __m512i before = _mm512_set1_epi64((long long)head_at(bytes, at));
	int status = 0;

	for (; status == 0 && from < to; from += SV_SIEVE_AT_ONCE) {
		unsigned same = same_in(sieve->words + from, sieve->masks + from, wanted) &
				same_in(sieve->heads + from, sieve->head_masks + from, before);

		if (to - from < SV_SIEVE_AT_ONCE)
			same &= (1u << (to - from)) - 1;
		for (; status == 0 && same != 0; same &= same - 1) {
			const struct sv_sieve_entry *e =
				&sieve->entries[from + (unsigned)__builtin_ctz(same)];

			if (e->sure ? at >= e->at && bytes.len - at >= (size_t)e->len - e->at
				    : stands(sieve, e, bytes, at))
				status = on_text(e, at, at - e->at + e->len, payload);
		}
	}
	return status;
}

AVX512 static int look_at(const struct sv_sieve *sieve, const struct places *p,
			  struct sv_span bytes, size_t from, sv_sift_fn *on_text, void *payload)
{
	int status = 0;

	for (unsigned i = 0; status == 0 && i < p->n; i++) {
		size_t at = from + place(p, i);
		uint64_t word = sv_sieve_fold(bytes.ptr + at);

		status = look_up(sieve, (uint32_t)word, word, bytes, at, on_text, payload);
		/* few are */
		if (status == 0 && is_known(sieve, word & SV_SIEVE_THREE))
			status = look_up(sieve, word & SV_SIEVE_THREE, word, bytes, at, on_text,
					 payload);
	}
	return status;
}

#define FOUR(n)	   n, n + 1, n + 2, n + 3
#define SIXTEEN(n) FOUR(n), FOUR(n + 4), FOUR(n + 8), FOUR(n + 12)
static const uint8_t numbers[BLOCK] = {SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48)};

/* Buckets of a group by each byte of a place, and by pairs of them: those tables are two registers.
 */
struct tables {
	__m512i bytes[SV_SIEVE_BYTES], low[SV_SIEVE_PAIRS], high[SV_SIEVE_PAIRS];
};

AVX512 static inline __m512i half(const uint8_t *table, unsigned which)
{
	return _mm512_loadu_si512((const void *)(table + which * 64));
}

AVX512 static inline struct tables load(const struct sv_sieve *sieve, unsigned group)
{
	struct tables t;

	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++)
		t.bytes[i] = half(sieve->buckets[group][i], 0);
	for (unsigned i = 0; i < SV_SIEVE_PAIRS; i++) {
		t.low[i] = half(sieve->pairs[group][i], 0);
		t.high[i] = half(sieve->pairs[group][i], 1);
	}
	return t;
}

/* As sv_sieve_pair(), but for its eighth bit, which no table looks at. */
AVX512 static inline __m512i pair(__m512i first, __m512i second)
{
	const __m512i small = _mm512_set1_epi8(0x20);
	__m512i twice;

	first = _mm512_or_si512(first, small);
	second = _mm512_or_si512(second, small);
	twice = _mm512_add_epi8(second, second);
	return _mm512_add_epi8(_mm512_add_epi8(first, second), _mm512_add_epi8(twice, twice));
}

AVX512 static inline uint64_t places_in(const struct tables *one, const struct tables *two,
					const uint8_t *p)
{
	__m512i at[SV_SIEVE_BYTES], ones = _mm512_set1_epi8(-1), twos = ones;

	for (unsigned i = 0; i < SV_SIEVE_BYTES; i++) {
		at[i] = _mm512_loadu_si512((const void *)(p + i));
		ones = _mm512_and_si512(ones, _mm512_permutexvar_epi8(at[i], one->bytes[i]));
		twos = _mm512_and_si512(twos, _mm512_permutexvar_epi8(at[i], two->bytes[i]));
	}
	for (unsigned i = 0; i < SV_SIEVE_PAIRS; i++) {
		__m512i both = pair(at[i], at[i + 1]);

		ones = _mm512_and_si512(ones,
					_mm512_permutex2var_epi8(one->low[i], both, one->high[i]));
		twos = _mm512_and_si512(twos,
					_mm512_permutex2var_epi8(two->low[i], both, two->high[i]));
	}
	ones = _mm512_or_si512(ones, twos);
	return _mm512_test_epi8_mask(ones, ones);
}

AVX512 static void list_places(const struct tables *one, const struct tables *two, const uint8_t *p,
			       unsigned blocks, struct places *ret)
{
	const __m512i byte = _mm512_loadu_si512((const void *)numbers);

	ret->n = 0;
	for (unsigned i = 0; i < blocks; i++) {
		uint64_t places = places_in(one, two, p + (size_t)i * BLOCK);

		_mm512_storeu_si512((void *)(ret->byte + ret->n),
				    _mm512_maskz_compress_epi8(places, byte));
		_mm512_storeu_si512((void *)(ret->block + ret->n), _mm512_set1_epi8((char)i));
		ret->n += (unsigned)__builtin_popcountll(places);
	}
}

AVX512 static int sift_avx512(const struct sv_sieve *sieve, struct sv_span bytes,
			      sv_sift_fn *on_text, void *payload)
{
	const struct tables one = load(sieve, 0), two = load(sieve, 1);
	struct places places;
	size_t from = 0, step;
	int status = 0;

	/* no gram begins in the last two bytes: so the last block's end within the slack */
	for (; status == 0 && from + SV_SIEVE_BYTES - 1 <= bytes.len; from += step) {
		size_t blocks = (bytes.len - from - (SV_SIEVE_BYTES - 1)) / BLOCK + 1;

		step = (blocks < BLOCKS ? blocks : BLOCKS) * BLOCK;
		list_places(&one, &two, bytes.ptr + from, (unsigned)(step / BLOCK), &places);
		while (places.n != 0 && from + place(&places, places.n - 1) >= bytes.len)
			places.n--;
		keep_known(sieve, &places, bytes.ptr + from);
		status = look_at(sieve, &places, bytes, from, on_text, payload);
	}
	return status;
}

int sv_sift(const struct sv_sieve *sieve, struct sv_span bytes, sv_sift_fn *on_text, void *payload)
{
	return sift_avx512(sieve, bytes, on_text, payload);
}
#else
int sv_sift(const struct sv_sieve *sieve, struct sv_span bytes, sv_sift_fn *on_text, void *payload)
{
	(void)sieve, (void)bytes, (void)on_text, (void)payload;
	return SV_EINVAL;
}
#endif

bool sv_sift_is_fast(void)
{
	return sv_has_avx512();
}
