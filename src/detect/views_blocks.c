#include "detect/views_blocks.h"
#include "detect/views_units.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/*
 * Three bytes in a row are hot if there is a pattern whose bit all three have, each in the table of
 * its place. Patterns may catch more than is meant, never less: views.c looks again. All sets are
 * expressions of c, a character of ASCII: the tables that each way needs are made of them here.
 */
enum {
	PERCENT = 1u << 0,  /* %3D %%3 &#6 */
	ESCAPE = 1u << 1,   /* \u0 \x4 \07 \nA */
	PUNCT = 1u << 2,    /* \/a \"a \=a \_a ^&a */
	ENTITY = 1u << 3,   /* &am &qu &ap &lt */
	CONTINUE = 1u << 4, /* a\ and a= at the end of a line, and \= */
	FOLD = 1u << 5,	    /* YAML's " >" and " >-" */
	QUOTED = 1u << 6,   /* =3D */
	MARK = 1u << 7,	    /* 77u //4 //5 /v8: base64 of a byte order mark */
};

#define IS(c, x)	   ((c) == (x))
#define IS_FROM(c, a, b)   ((c) >= (a) && (c) <= (b))
#define IS_EITHER(c, x, y) (IS(c, x) || IS(c, y))
#define IS_HEX(c)	   (IS_FROM(c, '0', '9') || IS_FROM((c) | 0x20, 'a', 'f'))
#define IS_TOKEN(c)                                                                                \
	(IS_FROM((c) | 0x20, 'a', 'z') || IS_FROM(c, '/', '9') || IS_EITHER(c, '+', '-') ||        \
	 IS(c, '_'))
#define IS_QUOTE(c) IS_EITHER(c, '"', '\'')
/* ends a literal that may be a piece of a token */
#define IS_PIECE(c)                                                                                \
	(IS_TOKEN(c) || IS_FROM(c, '*', '/') || IS_FROM(c, ':', '?') || IS_EITHER(c, '%', '&'))
/* may begin or end one */
#define IS_WORD(c)                                                                                 \
	(IS_PIECE(c) || IS_EITHER(c, '!', '#') || IS_EITHER(c, '@', '[') ||                        \
	 IS_EITHER(c, ']', '^') || IS_EITHER(c, '|', '~'))
/* between two literals that are joined: white space, + . & \ _, and letters of f"", @"" and others
 */
#define IS_JOINING(c)                                                                              \
	(IS_FROM(c, '\t', '\n') || IS_EITHER(c, '\r', ' ') || IS_EITHER(c, '+', '.') ||            \
	 IS_EITHER(c, '&', '\\') || IS_EITHER(c, '_', '$') || IS_EITHER(c, '@', 'l') ||            \
	 IS_EITHER(c, 'L', 'b') || IS_EITHER(c, 'B', 'f') || IS_EITHER(c, 'F', 'r') ||             \
	 IS_EITHER(c, 'R', 'u') || IS(c, 'U'))
/*
 * Of four characters of base64 that stand for text or, of UTF-16, for a NUL: the first are the
 * values 0, 2, 3 and 8 to 31; the low four bits of the second are 0, 2 to 7 or, in UTF-8, above 11.
 */
#define BEGINS_GROUP(c)                                                                            \
	(IS(c, 'A') || IS_EITHER(c, 'C', 'D') || IS_FROM(c, 'I', 'Z') || IS_FROM(c, 'a', 'f'))
#define GOES_ON(c)                                                                                 \
	(IS_TOKEN(c) && !IS_EITHER(c, 'B', 'R') && !IS_FROM(c, 'I', 'L') &&                        \
	 !IS_FROM(c, 'Y', 'Z') && !IS_FROM(c, 'a', 'b') && !IS_FROM(c, 'o', 'r') &&                \
	 !IS_EITHER(c, 'h', 'x') && !IS_FROM(c, '4', '7'))

#define FIRST(c)                                                                                   \
	(IS_EITHER(c, '%', '&') * PERCENT | IS(c, '\\') * ESCAPE |                                 \
	 IS_EITHER(c, '\\', '^') * PUNCT | IS(c, '&') * ENTITY |                                   \
	 (IS_FROM(c, '0', '~') && !IS_EITHER(c, '<', '>') && !IS_EITHER(c, '{', '}')) * CONTINUE | \
	 IS(c, ' ') * FOLD | IS(c, '=') * QUOTED | IS_EITHER(c, '7', '/') * MARK)
#define SECOND(c)                                                                                  \
	((IS_FROM(c, '2', '7') || IS_EITHER(c, '%', '#')) * PERCENT |                              \
	 (IS_EITHER(c, 'u', 'x') || IS_EITHER(c, '0', '1') || IS_EITHER(c, 'n', 'r') ||            \
	  IS(c, 't')) *                                                                            \
		 ESCAPE |                                                                          \
	 (IS_EITHER(c, '"', '/') || IS_FROM(c, ':', ';') || IS_EITHER(c, '=', '_') ||              \
	  IS_EITHER(c, '&', '+')) *                                                                \
		 PUNCT |                                                                           \
	 (IS_EITHER(c, 'a', 'q') || IS(c, 'l')) * ENTITY | IS_EITHER(c, '=', '\\') * CONTINUE |    \
	 IS(c, '>') * FOLD | IS(c, '3') * QUOTED | (IS_EITHER(c, '7', '/') || IS(c, 'v')) * MARK)
#define THIRD(c)                                                                                   \
	((IS_HEX(c) || IS(c, 'x')) * PERCENT | ((c) >= '0') * ESCAPE | ((c) >= ' ') * PUNCT |      \
	 (IS_EITHER(c, 'm', 'p') || IS_EITHER(c, 'u', 't')) * ENTITY |                             \
	 IS_EITHER(c, '\n', '\r') * CONTINUE |                                                     \
	 (IS_EITHER(c, '\n', '\r') || IS_EITHER(c, '+', '-')) * FOLD | IS(c, 'D') * QUOTED |       \
	 (IS_EITHER(c, 'u', '8') || IS_FROM(c, '4', '5')) * MARK)

/* what a byte is by itself */
enum {
	TOKEN = 1u << 0,
	QUOTE = 1u << 1,
	PIECE = 1u << 2,
	JOINING = 1u << 3,
	GROUP_FIRST = 1u << 4,
	GROUP_SECOND = 1u << 5,
	WORD = 1u << 6,
};
#define KIND(c)                                                                                    \
	(IS_TOKEN(c) * TOKEN | IS_QUOTE(c) * QUOTE | IS_PIECE(c) * PIECE |                         \
	 IS_JOINING(c) * JOINING | BEGINS_GROUP(c) * GROUP_FIRST | GOES_ON(c) * GROUP_SECOND |     \
	 IS_WORD(c) * WORD)

#define EIGHT(F, c)                                                                                \
	F((c)), F((c) + 1), F((c) + 2), F((c) + 3), F((c) + 4), F((c) + 5), F((c) + 6), F((c) + 7)
#define ASCII_TABLE(F)                                                                             \
	{                                                                                          \
		EIGHT(F, 0x00), EIGHT(F, 0x08), EIGHT(F, 0x10), EIGHT(F, 0x18), EIGHT(F, 0x20),    \
			EIGHT(F, 0x28), EIGHT(F, 0x30), EIGHT(F, 0x38), EIGHT(F, 0x40),            \
			EIGHT(F, 0x48), EIGHT(F, 0x50), EIGHT(F, 0x58), EIGHT(F, 0x60),            \
			EIGHT(F, 0x68), EIGHT(F, 0x70), EIGHT(F, 0x78)                             \
	}
/* nothing above ASCII is in any set */
static const uint8_t first[256] = ASCII_TABLE(FIRST), second[256] = ASCII_TABLE(SECOND);
static const uint8_t third[256] = ASCII_TABLE(THIRD), kinds[256] = ASCII_TABLE(KIND);

static inline uint64_t shift(uint64_t before, uint64_t now, unsigned n)
{
	return now << n | before >> (SV_BLOCK - n);
}

/* U+00AD, U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF; p has three bytes */
static bool is_invisible(const uint8_t *p)
{
	if (p[0] == 0xC2)
		return p[1] == 0xAD;
	if (p[0] == 0xEF)
		return p[1] == 0xBB && p[2] == 0xBF;
	return (p[1] == 0x80 &&
		((p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xAA && p[2] <= 0xAE))) ||
	       (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xAF);
}

static bool begins_invisible(uint8_t c)
{
	return c == 0xC2 || c == 0xE2 || c == 0xEF;
}

/* those of leads, bits of the block at p, that begin an invisible character */
static uint64_t invisible_of(const uint8_t *p, uint64_t leads)
{
	uint64_t found = 0;

	for (; leads != 0; leads &= leads - 1)
		if (is_invisible(p + __builtin_ctzll(leads)))
			found |= leads & -leads;
	return found;
}

/* of n blocks from `at` on: those that have two bytes after them */
static inline size_t whole_blocks(struct sv_span bytes, size_t at, size_t n)
{
	size_t whole = bytes.len >= at + SV_BLOCK + 2 ? (bytes.len - at - 2) / SV_BLOCK : 0;

	return whole < n ? whole : n;
}

static void pad(uint8_t padded[SV_BLOCK + 2], struct sv_span bytes, size_t at)
{
	size_t left = at < bytes.len ? bytes.len - at : 0;

	memset(padded, 0, SV_BLOCK + 2);
	if (left != 0)
		memcpy(padded, bytes.ptr + at, left < SV_BLOCK + 2 ? left : SV_BLOCK + 2);
}

/*
 * ---- from bytes to sets: elements from i on of n blocks at p, with two bytes after them ----
 *
 * Each way tells of groups and hot ones at least those that there are, of the others exactly those.
 * True: there is a 0 among them.
 */

static bool class_plain(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n)
{
	bool has_nul = false;

	for (size_t end = i + n; i < end; i++, p += SV_BLOCK) {
		uint64_t hot = 0, leads = 0;

		b->tokens[i] = b->quotes[i] = b->words[i] = b->joining[i] = 0;
		b->groups[i] = b->nul[i] = 0;
		for (unsigned k = 0; k < SV_BLOCK; k++) {
			uint64_t bit = (uint64_t)1 << k;
			uint8_t kind = kinds[p[k]];

			b->tokens[i] |= kind & TOKEN ? bit : 0;
			b->quotes[i] |= kind & QUOTE ? bit : 0;
			b->words[i] |= kind & WORD ? bit : 0;
			b->joining[i] |= kind & JOINING ? bit : 0;
			b->groups[i] |= kind & GROUP_FIRST ? bit : 0;
			b->nul[i] |= p[k] == 0 ? bit : 0;
			hot |= first[p[k]] & second[p[k + 1]] & third[p[k + 2]] ? bit : 0;
			leads |= begins_invisible(p[k]) ? bit : 0;
		}
		b->hot[i] = hot | invisible_of(p, leads);
		has_nul |= b->nul[i] != 0;
	}
	return has_nul;
}

#if defined(__x86_64__)
/*
 * With shuffles: what a table has for a nibble. Of the patterns, what some character has with
 * either nibble of this one, which may be more than what this one has. Of a set, one bit for each
 * high nibble. A shuffle by the byte itself gives 0 above ASCII.
 */
#define ANY_8(F, c)                                                                                \
	(F((c)) | F((c) + 1) | F((c) + 2) | F((c) + 3) | F((c) + 4) | F((c) + 5) | F((c) + 6) |    \
	 F((c) + 7))
#define OF_HIGH(F, n) (ANY_8(F, (n)*16) | ANY_8(F, (n)*16 + 8))
#define OF_LOW(F, n)                                                                               \
	(F((n)) | F((n) + 0x10) | F((n) + 0x20) | F((n) + 0x30) | F((n) + 0x40) | F((n) + 0x50) |  \
	 F((n) + 0x60) | F((n) + 0x70))
#define ROWS(F, n)                                                                                 \
	(F((n)) | F((n) + 0x10) << 1 | F((n) + 0x20) << 2 | F((n) + 0x30) << 3 |                   \
	 F((n) + 0x40) << 4 | F((n) + 0x50) << 5 | F((n) + 0x60) << 6 | F((n) + 0x70) << 7)
#define NIBBLES(OF, F)                                                                             \
	{                                                                                          \
		OF(F, 0), OF(F, 1), OF(F, 2), OF(F, 3), OF(F, 4), OF(F, 5), OF(F, 6), OF(F, 7),    \
			OF(F, 8), OF(F, 9), OF(F, 10), OF(F, 11), OF(F, 12), OF(F, 13), OF(F, 14), \
			OF(F, 15)                                                                  \
	}
/* the high half of a nibble's tables is for bytes above ASCII */
#define HIGH_NIBBLES(F)                                                                            \
	{                                                                                          \
		OF_HIGH(F, 0), OF_HIGH(F, 1), OF_HIGH(F, 2), OF_HIGH(F, 3), OF_HIGH(F, 4),         \
			OF_HIGH(F, 5), OF_HIGH(F, 6), OF_HIGH(F, 7)                                \
	}

struct nibbles {
	uint8_t high[16], low[16];
};
static const struct nibbles first_nibbles = {HIGH_NIBBLES(FIRST), NIBBLES(OF_LOW, FIRST)};
static const struct nibbles second_nibbles = {HIGH_NIBBLES(SECOND), NIBBLES(OF_LOW, SECOND)};
static const struct nibbles third_nibbles = {HIGH_NIBBLES(THIRD), NIBBLES(OF_LOW, THIRD)};
static const uint8_t token_rows[16] = NIBBLES(ROWS, IS_TOKEN);
static const uint8_t quote_rows[16] = NIBBLES(ROWS, IS_QUOTE);
static const uint8_t word_rows[16] = NIBBLES(ROWS, IS_WORD);
static const uint8_t joining_rows[16] = NIBBLES(ROWS, IS_JOINING);
static const uint8_t group_rows[16] = NIBBLES(ROWS, BEGINS_GROUP);
static const uint8_t rows[16] = {1, 2, 4, 8, 16, 32, 64, 128};

/*
 * The same text for both widths: only the names of the instructions differ. What most blocks have
 * nothing of is asked of the whole block first.
 */
#define CLASS_VECTORS(name, isa, vec, width, load, table, set1, and_, or_, min, srl, shuffle, eq,  \
		      zero, movemask, mask_t)                                                      \
	__attribute__((target(isa))) static inline vec name##_high(vec bytes)                      \
	{                                                                                          \
		return and_(srl(bytes, 4), set1(15));                                              \
	}                                                                                          \
	/* bits of bytes that are 0 */                                                             \
	__attribute__((target(isa))) static inline uint64_t name##_zeros(vec bytes)                \
	{                                                                                          \
		return (mask_t)movemask(eq(bytes, zero()));                                        \
	}                                                                                          \
	/* places of two bytes that begin an invisible character: few, where letters have leads */ \
	__attribute__((target(isa))) static uint64_t name##_leads(const uint8_t *p)                \
	{                                                                                          \
		uint64_t others = 0;                                                               \
                                                                                                   \
		for (unsigned at = 0; at < SV_BLOCK; at += (width)) {                              \
			vec v = load((const void *)(p + at));                                      \
			vec v1 = load((const void *)(p + at + 1));                                 \
			vec c2 = and_(eq(v, set1((char)0xC2)), eq(v1, set1((char)0xAD)));          \
			vec ef = and_(eq(v, set1((char)0xEF)), eq(v1, set1((char)0xBB)));          \
			vec e2 = and_(eq(v, set1((char)0xE2)),                                     \
				      eq(and_(v1, set1((char)0xFE)), set1((char)0x80)));           \
                                                                                                   \
			others |= name##_zeros(or_(c2, or_(e2, ef))) << at;                        \
		}                                                                                  \
		return ~others;                                                                    \
	}                                                                                          \
	__attribute__((target(isa))) static bool name(struct sv_blocks *b, size_t i,               \
						      const uint8_t *p, size_t n)                  \
	{                                                                                          \
		vec h1 = table(first_nibbles.high), l1 = table(first_nibbles.low);                 \
		vec h2 = table(second_nibbles.high), l2 = table(second_nibbles.low);               \
		vec h3 = table(third_nibbles.high), l3 = table(third_nibbles.low);                 \
		vec token = table(token_rows), quote = table(quote_rows);                          \
		vec word = table(word_rows), joining = table(joining_rows);                        \
		vec group = table(group_rows), row_of = table(rows);                               \
		bool has_nul = false;                                                              \
                                                                                                   \
		for (size_t end = i + n; i < end; i++, p += SV_BLOCK) {                            \
			uint64_t t = 0, q = 0, e = 0, j = 0, g = 0, cold = 0;                      \
			vec any = zero(), least = set1((char)0xFF);                                \
                                                                                                   \
			for (unsigned at = 0; at < SV_BLOCK; at += (width)) {                      \
				vec v = load((const void *)(p + at));                              \
				vec v1 = load((const void *)(p + at + 1));                         \
				vec v2 = load((const void *)(p + at + 2));                         \
				vec high = name##_high(v), row = shuffle(row_of, high);            \
				vec hot = and_(shuffle(h1, high), shuffle(l1, v));                 \
                                                                                                   \
				hot = and_(hot,                                                    \
					   and_(shuffle(h2, name##_high(v1)), shuffle(l2, v1)));   \
				hot = and_(hot,                                                    \
					   and_(shuffle(h3, name##_high(v2)), shuffle(l3, v2)));   \
				t |= name##_zeros(and_(row, shuffle(token, v))) << at;             \
				q |= name##_zeros(and_(row, shuffle(quote, v))) << at;             \
				e |= name##_zeros(and_(row, shuffle(word, v))) << at;              \
				j |= name##_zeros(and_(row, shuffle(joining, v))) << at;           \
				g |= name##_zeros(and_(row, shuffle(group, v))) << at;             \
				cold |= name##_zeros(hot) << at;                                   \
				any = or_(any, v);                                                 \
				least = min(least, v);                                             \
			}                                                                          \
			b->tokens[i] = ~t;                                                         \
			b->quotes[i] = ~q;                                                         \
			b->words[i] = ~e;                                                          \
			b->joining[i] = ~j;                                                        \
			b->groups[i] = ~g;                                                         \
			b->nul[i] = 0;                                                             \
			b->hot[i] = ~cold;                                                         \
			if (movemask(any) != 0)                                                    \
				b->hot[i] |= invisible_of(p, name##_leads(p));                     \
			if (name##_zeros(least) == 0)                                              \
				continue;                                                          \
			has_nul = true;                                                            \
			for (unsigned at = 0; at < SV_BLOCK; at += (width))                        \
				b->nul[i] |= name##_zeros(load((const void *)(p + at))) << at;     \
		}                                                                                  \
		return has_nul;                                                                    \
	}

#define TABLE128(t) _mm_loadu_si128((const __m128i *)(t))
#define LOAD128(p)  _mm_loadu_si128((const __m128i *)(p))
#define TABLE256(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(t)))
#define LOAD256(p)  _mm256_loadu_si256((const __m256i *)(p))
CLASS_VECTORS(class_ssse3, "ssse3", __m128i, 16, LOAD128, TABLE128, _mm_set1_epi8, _mm_and_si128,
	      _mm_or_si128, _mm_min_epu8, _mm_srli_epi16, _mm_shuffle_epi8, _mm_cmpeq_epi8,
	      _mm_setzero_si128, _mm_movemask_epi8, uint16_t)
CLASS_VECTORS(class_avx2, "avx2,bmi,bmi2", __m256i, 32, LOAD256, TABLE256, _mm256_set1_epi8,
	      _mm256_and_si256, _mm256_or_si256, _mm256_min_epu8, _mm256_srli_epi16,
	      _mm256_shuffle_epi8, _mm256_cmpeq_epi8, _mm256_setzero_si256, _mm256_movemask_epi8,
	      uint32_t)

/*
 * With tables of 128 bytes, and a mask for each bit of what they hold. Two patterns share a bit, so
 * that the second character of a group has one.
 */
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2")))

#define GROUP		 MARK
#define SHARED(patterns) (((patterns)&63) | (((patterns) & (QUOTED | MARK)) != 0) * QUOTED)
#define FIRST_512(c)	 (SHARED(FIRST(c)) | BEGINS_GROUP(c) * GROUP)
#define SECOND_512(c)	 (SHARED(SECOND(c)) | GOES_ON(c) * GROUP)
#define THIRD_512(c)	 (SHARED(THIRD(c)) | IS_TOKEN(c) * GROUP)
static const uint8_t first_512[128] = ASCII_TABLE(FIRST_512);
static const uint8_t second_512[128] = ASCII_TABLE(SECOND_512);
static const uint8_t third_512[128] = ASCII_TABLE(THIRD_512);

struct ascii {
	__m512i low, high;
};

AVX512 static inline struct ascii ascii_of(const uint8_t *table)
{
	return (struct ascii){_mm512_loadu_si512(table), _mm512_loadu_si512(table + 64)};
}

/* of a byte above ASCII: that of the one 128 below it */
AVX512 static inline __m512i look_up(struct ascii of, __m512i bytes)
{
	return _mm512_permutex2var_epi8(of.low, bytes, of.high);
}

AVX512 static inline uint64_t with(__m512i of, unsigned bits)
{
	return _mm512_test_epi8_mask(of, _mm512_set1_epi8((char)bits));
}

/* places of two bytes that begin an invisible character, and a few more: a bit each, less 128 */
static const uint8_t leads_of_invisible[128] = {[0x42] = 1, [0x62] = 2, [0x6F] = 4};
static const uint8_t second_of_invisible[128] = {[0x2D] = 1, [0x00] = 2, [0x01] = 2, [0x3B] = 4};

/* bytes above ASCII are in no set, and may begin an invisible character */
AVX512 static void look_above_512(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n)
{
	struct ascii one = ascii_of(leads_of_invisible), two = ascii_of(second_of_invisible);
	uint64_t ascii[SV_BLOCKS_MOST], leads[SV_BLOCKS_MOST];

	for (size_t k = 0; k < n; k++) {
		__m512i v = _mm512_loadu_si512(p + k * SV_BLOCK);

		__mmask64 above = _mm512_movepi8_mask(v);
		__m512i lead = _mm512_maskz_permutex2var_epi8(above, one.low, v, one.high);

		ascii[k] = ~above;
		leads[k] = _mm512_test_epi8_mask(
			lead, look_up(two, _mm512_loadu_si512(p + k * SV_BLOCK + 1)));
	}
	for (size_t k = 0; k < n; k++) {
		b->tokens[i + k] &= ascii[k];
		b->quotes[i + k] &= ascii[k];
		b->words[i + k] &= ascii[k];
		b->joining[i + k] &= ascii[k];
		b->hot[i + k] &= ascii[k];
	}
	for (size_t k = 0; k < n; k++)
		if (leads[k] != 0)
			b->hot[i + k] |= invisible_of(p + k * SV_BLOCK, leads[k]);
}

struct tables_512 {
	struct ascii first, second, third, kinds;
};

/* element k, of the block v; v1 and v2 begin one and two bytes later */
AVX512 static inline void set_512(struct sv_blocks *b, size_t k, const struct tables_512 *t,
				  __m512i v, __m512i v1, __m512i v2)
{
	__m512i kind = look_up(t->kinds, v), hot = look_up(t->first, v);

	hot = _mm512_and_si512(hot, look_up(t->second, v1));
	hot = _mm512_and_si512(hot, look_up(t->third, v2));
	b->tokens[k] = with(kind, TOKEN);
	b->quotes[k] = with(kind, QUOTE);
	b->words[k] = with(kind, WORD);
	b->joining[k] = with(kind, JOINING);
	b->groups[k] = with(hot, GROUP);
	b->hot[k] = with(hot, ~GROUP);
}

AVX512 static inline __m512i load_512(const uint8_t *p, size_t at, size_t len)
{
	uint64_t there = len <= at	       ? 0
			 : len - at < SV_BLOCK ? ((uint64_t)1 << (len - at)) - 1
					       : UINT64_MAX;

	return _mm512_maskz_loadu_epi8(there, p + at);
}

/* the last block, which has no two bytes after it */
AVX512 static void set_last_512(struct sv_blocks *b, size_t k, const struct tables_512 *t,
				struct sv_span bytes, size_t at)
{
	__m512i v = load_512(bytes.ptr, at, bytes.len);

	set_512(b, k, t, v, load_512(bytes.ptr, at + 1, bytes.len),
		load_512(bytes.ptr, at + 2, bytes.len));
	b->nul[k] = _mm512_testn_epi8_mask(v, v);
	if (_mm512_movepi8_mask(v) != 0) {
		uint8_t padded[SV_BLOCK + 2];

		pad(padded, bytes, at);
		look_above_512(b, k, padded, 1);
	}
}

AVX512 static inline size_t sets_avx512(struct sv_blocks *b, struct sv_span bytes, size_t at,
					size_t n)
{
	struct tables_512 t = {ascii_of(first_512), ascii_of(second_512), ascii_of(third_512),
			       ascii_of(kinds)};
	__m512i any = _mm512_setzero_si512(), least = _mm512_set1_epi8((char)0xFF);
	size_t whole = whole_blocks(bytes, at, n);
	const uint8_t *p = bytes.ptr + at;

	for (size_t k = 1; k <= whole; k++, p += SV_BLOCK) {
		__m512i v = _mm512_loadu_si512(p);

		set_512(b, k, &t, v, _mm512_loadu_si512(p + 1), _mm512_loadu_si512(p + 2));
		any = _mm512_or_si512(any, v);
		least = _mm512_min_epu8(least, v);
	}
	p = bytes.ptr + at;
	if (_mm512_movepi8_mask(any) != 0)
		look_above_512(b, 1, p, whole);
	for (size_t k = whole + 1; k <= n; k++)
		set_last_512(b, k, &t, bytes, at + (k - 1) * SV_BLOCK);
	if (_mm512_testn_epi8_mask(least, least) == 0)
		return whole + 1;
	for (size_t k = 1; k <= whole; k++, p += SV_BLOCK)
		b->nul[k] = _mm512_testn_epi8_mask(_mm512_loadu_si512(p), _mm512_loadu_si512(p));
	return 1;
}
#endif

/* ---- from sets to what views.c asks, of elements 1 to n ---- */

/* where it is called from says for which processor it is compiled */
#define IN_EACH static inline __attribute__((always_inline))

/*
 * Runs: where the fourth group of base64 begins, the first of which began a run. Joints: adding a
 * bit where what joins literals begins, behind the quote of what ends a piece, carries it to the
 * byte after its end. True if some block passes a carry on to the next but one, as few do: its
 * joints are wrong then. Bits of the result: blocks that have anything.
 */
typedef uint64_t find_fn(struct sv_blocks *b, size_t n, bool *ret_passes_on);

/* what follows the last byte is not known */
#define UNKNOWN_NEXT ((uint64_t)1 << (SV_BLOCK - 1))

IN_EACH uint64_t joints_of(const struct sv_blocks *b, size_t i, uint64_t carry)
{
	return (b->sums[i] + carry) & ~b->joining[i] & b->quotes[i] &
	       (b->words[i] >> 1 | UNKNOWN_NEXT);
}

IN_EACH uint64_t find_plain(struct sv_blocks *b, size_t n, bool *ret_passes_on)
{
	uint64_t over[SV_BLOCKS_MOST + 1], some = 0, passes_on = 0;

	over[0] = b->is_joining;
	for (size_t i = 1; i <= n; i++) {
		uint64_t g = b->groups[i], g1 = b->groups[i - 1];
		uint64_t e = b->words[i], e1 = b->words[i - 1];
		uint64_t begins = shift(b->quotes[i - 1], b->quotes[i], 1) & shift(e1, e, 2) &
				  shift(e1, e, 3) & b->joining[i];

		b->runs[i] = g & shift(g1, g, 4) & shift(g1, g, 8) & shift(g1, g, SV_BLOCK_RUN) &
			     ~shift(b->tokens[i - 1], b->tokens[i], SV_BLOCK_RUN + 1);
		b->sums[i] = b->joining[i] + begins;
		over[i] = b->sums[i] < begins;
	}
	for (size_t i = 1; i <= n; i++) {
		passes_on |= over[i - 1] & (b->sums[i] == UINT64_MAX);
		b->joints[i] = joints_of(b, i, over[i - 1]);
		some |= (uint64_t)((b->runs[i] | b->hot[i] | b->joints[i]) != 0) << (i - 1);
	}
	*ret_passes_on = passes_on != 0;
	return some;
}

#if defined(__x86_64__)
/* eight blocks at once */
AVX512 static inline uint64_t find_avx512(struct sv_blocks *b, size_t n, bool *ret_passes_on)
{
#define EIGHT_AT(field)	    _mm512_loadu_si512(&b->field[i])
#define EIGHT_BEFORE(field) _mm512_loadu_si512(&b->field[i - 1])
#define SHIFT_512(v, n)	    _mm512_shldi_epi64(v, v##_before, n)
	uint64_t some = 0, passes_on = 0, over = b->is_joining;

	for (size_t i = 1; i <= n; i += 8) {
		__m512i group = EIGHT_AT(groups), group_before = EIGHT_BEFORE(groups);
		__m512i token = EIGHT_AT(tokens), token_before = EIGHT_BEFORE(tokens);
		__m512i quote = EIGHT_AT(quotes), quote_before = EIGHT_BEFORE(quotes);
		__m512i word = EIGHT_AT(words), word_before = EIGHT_BEFORE(words);
		__m512i joining = EIGHT_AT(joining);
		__m512i runs = _mm512_and_si512(
			_mm512_and_si512(group, SHIFT_512(group, 4)),
			_mm512_and_si512(SHIFT_512(group, 8), SHIFT_512(group, SV_BLOCK_RUN)));
		__m512i begins =
			_mm512_and_si512(_mm512_and_si512(joining, SHIFT_512(quote, 1)),
					 _mm512_and_si512(SHIFT_512(word, 2), SHIFT_512(word, 3)));
		__m512i sum = _mm512_add_epi64(joining, begins), joints, any;
		uint64_t carry;

		runs = _mm512_andnot_si512(SHIFT_512(token, SV_BLOCK_RUN + 1), runs);
		over |= (uint64_t)_mm512_cmplt_epu64_mask(sum, begins) << 1;
		_mm512_storeu_si512(&b->sums[i], sum);
		carry = over & 255;
		passes_on |= carry & _mm512_cmpeq_epi64_mask(sum, _mm512_set1_epi64(-1));
		joints = _mm512_mask_add_epi64(sum, (__mmask8)carry, sum, _mm512_set1_epi64(1));
		joints = _mm512_andnot_si512(joining, _mm512_and_si512(joints, quote));
		joints = _mm512_and_si512(
			joints, _mm512_or_si512(_mm512_srli_epi64(word, 1),
						_mm512_set1_epi64((int64_t)UNKNOWN_NEXT)));
		any = _mm512_or_si512(_mm512_or_si512(runs, joints), EIGHT_AT(hot));
		_mm512_storeu_si512(&b->runs[i], runs);
		_mm512_storeu_si512(&b->joints[i], joints);
		some |= (uint64_t)_mm512_test_epi64_mask(any, any) << (i - 1);
		over >>= 8;
	}
	*ret_passes_on = passes_on != 0;
	return some;
}
#endif

typedef unsigned __int128 wide;

/* bit i: the NUL that ends twelve units of UTF-16 */
static uint64_t utf16_units(uint64_t before, uint64_t now)
{
	wide nul = (wide)now << 64 | before, one = nul & ~(nul << 1);
	wide two = one & one << 2, four = two & two << 4, eight = four & four << 8;

	return (uint64_t)((eight & four << 16) >> 64);
}

/* three zeros, two bytes from each other: most zeros are no text */
IN_EACH uint64_t may_be_utf16(const struct sv_blocks *b, size_t i)
{
	uint64_t nul = b->nul[i], before = b->nul[i - 1];

	return nul & shift(before, nul, 2) & shift(before, nul, 4) & ~shift(before, nul, 1);
}

/* of elements from `from` on; bits of the result: blocks that have any */
IN_EACH uint64_t find_utf16(struct sv_blocks *b, size_t from, size_t n)
{
	uint64_t any = 0, found = 0;

	for (size_t i = from; i <= n; i++)
		any |= may_be_utf16(b, i);
	for (size_t i = from; any != 0 && i <= n; i++) {
		if (may_be_utf16(b, i) == 0)
			continue;
		b->utf16[i] = utf16_units(b->nul[i - 1], b->nul[i]);
		found |= (uint64_t)(b->utf16[i] != 0) << (i - 1);
	}
	return found;
}

/* Does text in base64 begin at `at`, as far as its first four groups tell? */
static bool begins_base64(struct sv_span bytes, size_t at)
{
	if (bytes.len - at < SV_BASE64_LEAST)
		return false;
	for (const uint8_t *p = bytes.ptr + at; p < bytes.ptr + at + SV_BASE64_LEAST; p += 4)
		if (!(kinds[p[0]] & GROUP_FIRST) || !(kinds[p[1]] & GROUP_SECOND) ||
		    !(kinds[p[2]] & kinds[p[3]] & TOKEN))
			return false;
	return sv_base64_may_be_text(bytes, at);
}

/* block i begins at `at`: those of its runs that may be text */
static uint64_t runs_of(struct sv_span bytes, size_t at, uint64_t runs)
{
	uint64_t found = 0;

	for (; runs != 0; runs &= runs - 1)
		if (begins_base64(bytes, at + (size_t)__builtin_ctzll(runs) - SV_BLOCK_RUN))
			found |= runs & -runs;
	return found;
}

/* with carries one after the other; bits of the result: blocks that have a joint */
static uint64_t find_joints(struct sv_blocks *b, size_t n)
{
	uint64_t some = 0, carry = b->is_joining;

	for (size_t i = 1; i <= n; i++) {
		b->joints[i] = joints_of(b, i, carry);
		carry = b->sums[i] < b->joining[i] || (carry && b->sums[i] == UINT64_MAX);
		some |= (uint64_t)(b->joints[i] != 0) << (i - 1);
	}
	b->is_joining = carry;
	return some;
}

#define NEAR 8 /* bytes that are asked for what is worth a look */

static inline bool is_graphic(uint8_t c)
{
	return (sv_unit_class[c] & SV_UNIT_GRAPHIC) != 0;
}

/* n bytes of a run from p on */
static inline bool is_run(const uint8_t *p, unsigned n)
{
	uint8_t all = SV_UNIT_RUN;

	for (unsigned i = 0; i < n; i++)
		all &= sv_unit_class[p[i]];
	return all != 0;
}

/* a backslash at p, with NEAR bytes on both sides of it: what views.c asks for at least */
static bool may_be_escape(const uint8_t *p)
{
	uint8_t before = p[-1] == ' ' ? p[-2] : p[-1], after = p[2] == ' ' ? p[3] : p[2];

	switch (p[1]) {
	case '"':
		return (after == ':') | (after == '=') | (before == ':') | (before == '=') |
		       (before == '\\');
	/* of printable ASCII */
	case 'u':
		return p[2] == '0' && p[3] == '0' && p[4] >= '2' && p[4] <= '7';
	case 'x':
		return p[2] >= '2' && p[2] <= '7';
	case '0':
		return p[2] >= '4' && p[2] <= '7';
	case '1':
		return p[2] <= '7' && p[3] <= '7';
	case 'n':
	case 'r':
	case 't':
		/* it may end the first line of a PEM block */
		return p[-1] == '-' || is_run(p + 2, 2);
	case '/':
		return p[-1] == ':' || is_run(p + 2, 4) || is_run(p - 4, 4);
	case '_':
		return is_run(p - 2, 2) && is_run(p + 2, 4);
	case '+':
		return is_run(p - 4, 4) && is_run(p + 2, 4);
	case ':':
	case ';':
	case '&':
		return is_run(p - 2, 2);
	default:
		return true;
	}
}

/* The byte at p, a sign or a backslash, and the end of a line. */
static bool may_continue(const uint8_t *p)
{
	const uint8_t *next = p + (p[2] == '\r' ? 4 : 3);

	if (p[1] == '=')
		return is_graphic(p[0]) && is_graphic(p[-1]) && is_graphic(next[0]) &&
		       is_graphic(next[1]);
	return p[0] == ';' || p[0] == '&' || is_run(p - 7, 8);
}

static bool may_be_mark(const uint8_t *p)
{
	return p[0] == '7' ? p[1] == '7' && p[2] == 'u'
			   : (p[1] == '/' && (p[2] == '4' || p[2] == '5')) ||
				     (p[1] == 'v' && p[2] == '8');
}

/*
 * What begins with the three bytes at bytes[at] is there, and views.c may make something of it.
 * Most escapes are of sentences and of text in quotes, and refused here, where few have to be
 * looked at.
 */
static bool may_begin(struct sv_span bytes, size_t at)
{
	const uint8_t *p = bytes.ptr + at;
	size_t left = bytes.len - at;

	/* it was looked at if it is above ASCII */
	if (p[0] >= 0x80)
		return true;
	if (!(first[p[0]] & second[left > 1 ? p[1] : 0] & third[left > 2 ? p[2] : 0]))
		return false;
	if (at < NEAR || left < NEAR)
		return true;
	if (p[0] == '\\')
		return may_be_escape(p);
	if ((p[2] == '\n' || p[2] == '\r') && p[0] != ' ')
		return may_continue(p);
	return (p[0] != '7' && p[0] != '/') || may_be_mark(p);
}

/* those of hot, bits of the block at `at`, which a way has found and more, that are worth a look */
static uint64_t hot_of(struct sv_span bytes, size_t at, uint64_t hot)
{
	uint64_t found = 0;

	for (; hot != 0; hot &= hot - 1)
		if (may_begin(bytes, at + (unsigned)__builtin_ctzll(hot)))
			found |= hot & -hot;
	return found;
}

bool sv_blocks_ends_piece(struct sv_span bytes, size_t quote)
{
	return quote >= 2 && (kinds[bytes.ptr[quote - 1]] & kinds[bytes.ptr[quote - 2]] & PIECE);
}

bool sv_blocks_settle(struct sv_blocks *b, size_t i, struct sv_span bytes, size_t at)
{
	b->runs[i] = runs_of(bytes, at, b->runs[i]);
	b->hot[i] = hot_of(bytes, at, b->hot[i]);
	return (b->runs[i] | b->hot[i] | b->joints[i] | (b->has_utf16 >> (i - 1) & 1)) != 0;
}

/* what a block has to know of the one before it */
static void go_on(struct sv_blocks *b)
{
	b->nul[0] = b->nul[b->n];
	b->tokens[0] = b->tokens[b->n];
	b->groups[0] = b->groups[b->n];
	b->quotes[0] = b->quotes[b->n];
	b->words[0] = b->words[b->n];
}

void sv_blocks_init(struct sv_blocks *b)
{
	b->n = 0;
	b->nul[0] = b->tokens[0] = b->groups[0] = b->quotes[0] = b->words[0] = 0;
	b->is_joining = false;
}

typedef bool class_fn(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n);
/* The sets of n blocks from bytes[at] on; the result is the first element that may have a NUL. */
typedef size_t sets_fn(struct sv_blocks *b, struct sv_span bytes, size_t at, size_t n);

IN_EACH size_t sets_with(class_fn *class, struct sv_blocks *b, struct sv_span bytes, size_t at,
			 size_t n)
{
	size_t whole = whole_blocks(bytes, at, n);
	bool has_nul = class(b, 1, bytes.ptr + at, whole);

	for (size_t k = whole + 1; k <= n; k++) {
		uint8_t padded[SV_BLOCK + 2];

		pad(padded, bytes, at + (k - 1) * SV_BLOCK);
		class(b, k, padded, 1);
	}
	return has_nul ? 1 : whole + 1;
}

IN_EACH uint64_t read_with(sets_fn *sets, find_fn *find, struct sv_blocks *b, struct sv_span bytes,
			   size_t at, size_t n)
{
	size_t nul_from;
	uint64_t busy;
	bool passes_on;

	if (n == 0)
		return 0;
	go_on(b);
	nul_from = sets(b, bytes, at, n);
	if (nul_from > 1)
		b->nul[nul_from - 1] = 0;
	b->n = n;
	b->has_utf16 = find_utf16(b, nul_from, n);
	/* whole vectors: what is behind n is not looked at */
	busy = b->has_utf16 | find(b, (n + 7) & ~(size_t)7, &passes_on);
	if (passes_on)
		busy |= find_joints(b, n);
	else
		b->is_joining = b->sums[n] < b->joining[n];
	return n < SV_BLOCKS_MOST ? busy & (((uint64_t)1 << n) - 1) : busy;
}

#define READER(name, isa, find)                                                                    \
	isa static inline size_t sets_##name(struct sv_blocks *b, struct sv_span bytes, size_t at, \
					     size_t n)                                             \
	{                                                                                          \
		return sets_with(class_##name, b, bytes, at, n);                                   \
	}                                                                                          \
	isa static uint64_t read_##name(struct sv_blocks *b, struct sv_span bytes, size_t at,      \
					size_t n)                                                  \
	{                                                                                          \
		return read_with(sets_##name, find, b, bytes, at, n);                              \
	}

READER(plain, , find_plain)
#if defined(__x86_64__)
READER(ssse3, __attribute__((target("ssse3"))), find_plain)
READER(avx2, __attribute__((target("avx2,bmi,bmi2"))), find_plain)

AVX512 static uint64_t read_avx512(struct sv_blocks *b, struct sv_span bytes, size_t at, size_t n)
{
	return read_with(sets_avx512, find_avx512, b, bytes, at, n);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
#endif

sv_blocks_fn *sv_blocks_reader(unsigned index)
{
	if (index == 0)
		return read_plain;
#if defined(__x86_64__)
	if (index == 1 && __builtin_cpu_supports("ssse3"))
		return read_ssse3;
	if (index == 2 && has_avx2())
		return read_avx2;
	if (index == 3 && sv_has_avx512())
		return read_avx512;
#endif
	return NULL;
}

uint64_t sv_blocks_read(struct sv_blocks *b, struct sv_span bytes, size_t at, size_t n)
{
#if defined(__x86_64__)
	if (sv_has_avx512())
		return read_avx512(b, bytes, at, n);
	if (has_avx2())
		return read_avx2(b, bytes, at, n);
	if (__builtin_cpu_supports("ssse3"))
		return read_ssse3(b, bytes, at, n);
#endif
	return read_plain(b, bytes, at, n);
}
