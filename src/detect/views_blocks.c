#include "detect/views_blocks.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/*
 * A set of ASCII here is a union of rectangles: some high nibbles times some low nibbles. One bit
 * stands for one rectangle, and a byte is in it if both tables have the bit: two shuffles class 16
 * or 32 bytes. `hot` asks that of three bytes in a row, eight patterns at a time; a pattern may
 * catch more than is meant, never less: views.c looks again.
 */
enum {
	PERCENT = 1u << 0,  /* %3D &#61; */
	ESCAPE = 1u << 1,   /* \u0026 \x41 \075 \nABC */
	PUNCT = 1u << 2,    /* \/a \"a \=a \_a ^&a */
	ENTITY = 1u << 3,   /* &amp; &quot; &lt; */
	CONTINUE = 1u << 4, /* a\ and a= at the end of a line */
	FOLD = 1u << 5,	    /* YAML's " >-" and " >" */
	QUOTED = 1u << 6,   /* =3D */
	MARK = 1u << 7,	    /* 77u, //4, //5, /v8: base64 of a byte order mark */
};

#define NIBBLES 16
#define BIT(n)	(1u << (n))
/* nibbles from a to b */
#define SPAN(a, b) ((BIT((b) + 1) - 1) & ~(BIT(a) - 1))

/* R(bit, high nibbles, low nibbles, n) for each rectangle of a table */
#define FIRST(R, n)                                                                                \
	R(PERCENT, BIT(2), BIT(5) | BIT(6), n) | R(ESCAPE, BIT(5), BIT(12), n) |                   \
		R(PUNCT, BIT(5), BIT(12) | BIT(14), n) | R(ENTITY, BIT(2), BIT(6), n) |            \
		R(CONTINUE, SPAN(3, 7), SPAN(0, 15), n) | R(FOLD, BIT(2), BIT(0), n) |             \
		R(QUOTED, BIT(3), BIT(13), n) | R(MARK, BIT(2) | BIT(3), BIT(7) | BIT(15), n)
/* ESCAPE: u x 0 1 n r t; PUNCT: " & + - / : ; = _; ENTITY: a g l q; and what comes with them */
#define SECOND(R, n)                                                                               \
	R(PERCENT, BIT(2) | BIT(3), SPAN(2, 7), n) |                                               \
		R(ESCAPE, BIT(3) | BIT(6) | BIT(7),                                                \
		  SPAN(0, 2) | BIT(4) | BIT(5) | BIT(8) | BIT(14), n) |                            \
		R(PUNCT, BIT(2) | BIT(3) | BIT(5),                                                 \
		  BIT(2) | BIT(6) | BIT(10) | BIT(11) | BIT(13) | BIT(15), n) |                    \
		R(ENTITY, BIT(6) | BIT(7), BIT(1) | BIT(7) | BIT(12), n) |                         \
		R(CONTINUE, BIT(3) | BIT(5), BIT(12) | BIT(13), n) | R(FOLD, BIT(3), BIT(14), n) | \
		R(QUOTED, BIT(3), BIT(3), n) |                                                     \
		R(MARK, BIT(2) | BIT(3) | BIT(7), BIT(6) | BIT(7) | BIT(15), n)
/* ENTITY: m p t u */
#define THIRD(R, n)                                                                                \
	R(PERCENT, BIT(3) | BIT(4) | BIT(6) | BIT(7), SPAN(0, 9), n) |                             \
		R(ESCAPE, SPAN(3, 7), SPAN(0, 15), n) | R(PUNCT, SPAN(2, 7), SPAN(0, 15), n) |     \
		R(ENTITY, BIT(6) | BIT(7), BIT(0) | BIT(4) | BIT(5) | BIT(13), n) |                \
		R(CONTINUE, BIT(0), BIT(10) | BIT(13), n) |                                        \
		R(FOLD, BIT(0) | BIT(2), BIT(10) | BIT(11) | BIT(13), n) |                         \
		R(QUOTED, BIT(4), BIT(4), n) |                                                     \
		R(MARK, BIT(3) | BIT(7), BIT(4) | BIT(5) | BIT(8), n)
/* base64 characters; LOW are the first three: A-Z and a-f, the values below 32 */
#define LETTERS(R, n)                                                                              \
	R(1, BIT(4), SPAN(1, 15), n) | R(2, BIT(5), SPAN(0, 10), n) |                              \
		R(4, BIT(6), SPAN(1, 6), n) | R(8, BIT(6), SPAN(7, 15), n) |                       \
		R(16, BIT(7), SPAN(0, 10), n) | R(32, BIT(3), SPAN(0, 9), n) |                     \
		R(64, BIT(2), BIT(11) | BIT(13) | BIT(15), n) | R(128, BIT(5), BIT(15), n)
#define LOW 7
/*
 * " and '; what ends a piece of a token, but for base64 (= . : ; & % ? , and some more); and what
 * may stand between two literals that are joined: white space, + . & \ _, and the letters of f"",
 * @"" and others
 */
#define QUOTE	128
#define PIECE	64
#define JOINING 63
#define BETWEEN(R, n)                                                                              \
	R(QUOTE, BIT(2), BIT(2) | BIT(7), n) |                                                     \
		R(PIECE, BIT(2) | BIT(3), BIT(5) | BIT(6) | SPAN(10, 15), n) |                     \
		R(1, BIT(0), BIT(9) | BIT(10) | BIT(13), n) |                                      \
		R(2, BIT(2), BIT(0) | BIT(4) | BIT(6) | BIT(11) | BIT(14), n) |                    \
		R(4, BIT(4) | BIT(6), BIT(2) | BIT(6) | BIT(12), n) |                              \
		R(8, BIT(5) | BIT(7), BIT(2) | BIT(5), n) | R(16, BIT(5), BIT(12) | BIT(15), n) |  \
		R(32, BIT(4), BIT(0), n)

#define HIGH_NIBBLE(bit, high, low, n) ((high) >> (n)&1) * (bit)
#define LOW_NIBBLE(bit, high, low, n)  ((low) >> (n)&1) * (bit)
#define ROW(T, R)                                                                                  \
	{                                                                                          \
		T(R, 0), T(R, 1), T(R, 2), T(R, 3), T(R, 4), T(R, 5), T(R, 6), T(R, 7), T(R, 8),   \
			T(R, 9), T(R, 10), T(R, 11), T(R, 12), T(R, 13), T(R, 14), T(R, 15)        \
	}

struct nibbles {
	uint8_t high[NIBBLES], low[NIBBLES];
};
static const struct nibbles first = {ROW(FIRST, HIGH_NIBBLE), ROW(FIRST, LOW_NIBBLE)};
static const struct nibbles second = {ROW(SECOND, HIGH_NIBBLE), ROW(SECOND, LOW_NIBBLE)};
static const struct nibbles third = {ROW(THIRD, HIGH_NIBBLE), ROW(THIRD, LOW_NIBBLE)};
static const struct nibbles letters = {ROW(LETTERS, HIGH_NIBBLE), ROW(LETTERS, LOW_NIBBLE)};
static const struct nibbles between = {ROW(BETWEEN, HIGH_NIBBLE), ROW(BETWEEN, LOW_NIBBLE)};

static uint8_t class_of(const struct nibbles *n, uint8_t byte)
{
	return byte < 0x80 ? n->high[byte >> 4] & n->low[byte & 15] : 0;
}

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

/* ---- from bytes to classes: elements from i on of n blocks at p, with two bytes after them ----
 */

static void class_plain(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n)
{
	for (size_t end = i + n; i < end; i++, p += SV_BLOCK) {
		uint64_t leads = 0;

		b->hot[i] = b->marks[i] = b->nul[i] = b->base64[i] = b->low[i] = 0;
		b->quotes[i] = b->piece[i] = b->joining[i] = 0;
		for (unsigned k = 0; k < SV_BLOCK; k++) {
			uint64_t bit = (uint64_t)1 << k;
			uint8_t letter = class_of(&letters, p[k]);
			uint8_t joint = class_of(&between, p[k]);
			uint8_t hot = class_of(&first, p[k]) & class_of(&second, p[k + 1]) &
				      class_of(&third, p[k + 2]);

			b->hot[i] |= hot & ~MARK ? bit : 0;
			b->marks[i] |= hot & MARK ? bit : 0;
			b->nul[i] |= p[k] == 0 ? bit : 0;
			b->base64[i] |= letter ? bit : 0;
			b->low[i] |= letter & LOW ? bit : 0;
			b->quotes[i] |= joint & QUOTE ? bit : 0;
			b->piece[i] |= letter || (joint & PIECE) ? bit : 0;
			b->joining[i] |= joint & JOINING ? bit : 0;
			leads |= begins_invisible(p[k]) ? bit : 0;
		}
		b->hot[i] |= invisible_of(p, leads);
	}
}

#if defined(__x86_64__)
/*
 * The same text for both widths: only the names of the instructions differ. A shuffle gives 0 for a
 * byte above ASCII, and takes no more than the low nibble of any other. What most blocks have
 * nothing of is asked of the whole block first.
 */
#define CLASS_VECTORS(name, isa, vec, width, load, table, set1, and_, or_, min, srl, sll, shuffle, \
		      eq, zero, movemask, mask_t)                                                  \
	__attribute__((target(isa))) static inline vec name##_class(vec bytes, vec high, vec low)  \
	{                                                                                          \
		vec nibble = and_(srl(bytes, 4), set1(15));                                        \
		return and_(shuffle(high, nibble), shuffle(low, bytes));                           \
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
	__attribute__((target(isa))) static void name(struct sv_blocks *b, size_t i,               \
						      const uint8_t *p, size_t n)                  \
	{                                                                                          \
		vec h1 = table(first.high), l1 = table(first.low);                                 \
		vec h2 = table(second.high), l2 = table(second.low);                               \
		vec h3 = table(third.high), l3 = table(third.low);                                 \
		vec hb = table(letters.high), lb = table(letters.low);                             \
		vec hj = table(between.high), lj = table(between.low);                             \
                                                                                                   \
		for (size_t end = i + n; i < end; i++, p += SV_BLOCK) {                            \
			uint64_t others = 0, no_low = 0, no_joining = 0, quotes = 0, piece = 0;    \
			uint64_t some_hot = 0, marks = 0, nul = 0;                                 \
			vec any = zero(), any_hot = zero(), least = set1((char)0xFF);              \
			vec hot[SV_BLOCK / (width)];                                               \
                                                                                                   \
			for (unsigned at = 0; at < SV_BLOCK; at += (width)) {                      \
				vec v = load((const void *)(p + at));                              \
				vec v1 = load((const void *)(p + at + 1));                         \
				vec v2 = load((const void *)(p + at + 2));                         \
				vec letter = name##_class(v, hb, lb);                              \
				vec joint = name##_class(v, hj, lj);                               \
				vec here = and_(                                                   \
					and_(name##_class(v, h1, l1), name##_class(v1, h2, l2)),   \
					name##_class(v2, h3, l3));                                 \
                                                                                                   \
				others |= name##_zeros(letter) << at;                              \
				no_low |= name##_zeros(and_(letter, set1(LOW))) << at;             \
				no_joining |= name##_zeros(and_(joint, set1(JOINING))) << at;      \
				/* QUOTE is the highest bit, PIECE the next */                     \
				quotes |= (uint64_t)(mask_t)movemask(joint) << at;                 \
				piece |= (uint64_t)(mask_t)movemask(sll(joint, 1)) << at;          \
				hot[at / (width)] = here;                                          \
				any_hot = or_(any_hot, here);                                      \
				any = or_(any, v);                                                 \
				least = min(least, v);                                             \
			}                                                                          \
			for (unsigned at = 0;                                                      \
			     name##_zeros(any_hot) != (mask_t)-1 && at < SV_BLOCK;                 \
			     at += (width)) {                                                      \
				vec here = hot[at / (width)];                                      \
				vec other = and_(here, set1((char)~MARK));                         \
                                                                                                   \
				some_hot |= (uint64_t)(mask_t)~name##_zeros(other) << at;          \
				/* the highest bit */                                              \
				marks |= (uint64_t)(mask_t)movemask(here) << at;                   \
			}                                                                          \
			if (name##_zeros(least) != 0)                                              \
				for (unsigned at = 0; at < SV_BLOCK; at += (width))                \
					nul |= name##_zeros(load((const void *)(p + at))) << at;   \
			if (movemask(any) != 0)                                                    \
				some_hot |= invisible_of(p, name##_leads(p));                      \
			b->hot[i] = some_hot;                                                      \
			b->marks[i] = marks;                                                       \
			b->nul[i] = nul;                                                           \
			b->base64[i] = ~others;                                                    \
			b->low[i] = ~no_low;                                                       \
			b->quotes[i] = quotes;                                                     \
			b->piece[i] = piece | ~others;                                             \
			b->joining[i] = ~no_joining;                                               \
		}                                                                                  \
	}

#define TABLE128(t) _mm_loadu_si128((const __m128i *)(t))
#define LOAD128(p)  _mm_loadu_si128((const __m128i *)(p))
#define TABLE256(t) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(t)))
#define LOAD256(p)  _mm256_loadu_si256((const __m256i *)(p))
CLASS_VECTORS(class_ssse3, "ssse3", __m128i, 16, LOAD128, TABLE128, _mm_set1_epi8, _mm_and_si128,
	      _mm_or_si128, _mm_min_epu8, _mm_srli_epi16, _mm_slli_epi16, _mm_shuffle_epi8,
	      _mm_cmpeq_epi8, _mm_setzero_si128, _mm_movemask_epi8, uint16_t)
CLASS_VECTORS(class_avx2, "avx2,bmi,bmi2", __m256i, 32, LOAD256, TABLE256, _mm256_set1_epi8,
	      _mm256_and_si256, _mm256_or_si256, _mm256_min_epu8, _mm256_srli_epi16,
	      _mm256_slli_epi16, _mm256_shuffle_epi8, _mm256_cmpeq_epi8, _mm256_setzero_si256,
	      _mm256_movemask_epi8, uint32_t)

/* with tables of 128 bytes and masks for each bit of a class, half the instructions of AVX2 */
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi,bmi2")))

/* the class of each byte of ASCII */
struct ascii {
	__m512i low, high;
};

AVX512 static struct ascii ascii_of(const struct nibbles *n)
{
	__m512i lane = _mm512_set_epi32(0x03030303, 0x03030303, 0x03030303, 0x03030303, /* */
					0x02020202, 0x02020202, 0x02020202, 0x02020202, /* */
					0x01010101, 0x01010101, 0x01010101, 0x01010101, 0, 0, 0, 0);
	__m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)n->high));
	__m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)n->low));
	__m512i above = _mm512_add_epi8(lane, _mm512_set1_epi8(4));

	return (struct ascii){_mm512_and_si512(_mm512_shuffle_epi8(high, lane), low),
			      _mm512_and_si512(_mm512_shuffle_epi8(high, above), low)};
}

/* of a byte above ASCII: that of the one 128 below it */
AVX512 static inline __m512i classes_of(__m512i bytes, struct ascii of)
{
	return _mm512_permutex2var_epi8(of.low, bytes, of.high);
}

/* as name##_leads() */
AVX512 static inline uint64_t leads_512(__m512i v, __m512i v1)
{
	__mmask64 c2 = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)0xC2));
	__mmask64 e2 = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)0xE2));
	__mmask64 ef = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)0xEF));
	__m512i even = _mm512_and_si512(v1, _mm512_set1_epi8((char)0xFE));

	return _mm512_mask_cmpeq_epi8_mask(c2, v1, _mm512_set1_epi8((char)0xAD)) |
	       _mm512_mask_cmpeq_epi8_mask(e2, even, _mm512_set1_epi8((char)0x80)) |
	       _mm512_mask_cmpeq_epi8_mask(ef, v1, _mm512_set1_epi8((char)0xBB));
}

AVX512 static void class_avx512(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n)
{
	struct ascii one = ascii_of(&first), two = ascii_of(&second), three = ascii_of(&third);
	struct ascii letter = ascii_of(&letters), joint = ascii_of(&between);

	for (size_t end = i + n; i < end; i++, p += SV_BLOCK) {
		__m512i v = _mm512_loadu_si512(p), v1 = _mm512_loadu_si512(p + 1);
		__m512i v2 = _mm512_loadu_si512(p + 2);
		__m512i l = classes_of(v, letter), j = classes_of(v, joint);
		__m512i hot =
			_mm512_and_si512(_mm512_and_si512(classes_of(v, one), classes_of(v1, two)),
					 classes_of(v2, three));
		__mmask64 above = _mm512_movepi8_mask(v), ascii = ~above;

		b->hot[i] = _mm512_test_epi8_mask(hot, _mm512_set1_epi8((char)~MARK));
		b->marks[i] = _mm512_movepi8_mask(hot);
		b->nul[i] = _mm512_testn_epi8_mask(v, v);
		b->base64[i] = _mm512_mask_test_epi8_mask(ascii, l, l);
		b->low[i] = _mm512_mask_test_epi8_mask(ascii, l, _mm512_set1_epi8(LOW));
		b->quotes[i] = _mm512_movepi8_mask(j) & ascii;
		b->piece[i] = b->base64[i] |
			      _mm512_mask_test_epi8_mask(ascii, j, _mm512_set1_epi8(PIECE));
		b->joining[i] = _mm512_mask_test_epi8_mask(ascii, j, _mm512_set1_epi8(JOINING));
		if ((b->hot[i] | b->marks[i]) != 0) {
			above |= _mm512_movepi8_mask(v1) | _mm512_movepi8_mask(v2);
			b->hot[i] &= ~above;
			b->marks[i] &= ~above;
		}
		if (ascii != UINT64_MAX)
			b->hot[i] |= invisible_of(p, leads_512(v, v1));
	}
}
#endif

/* ---- from classes to what views.c asks ---- */

/* where it is called from says for which processor it is compiled */
#define IN_EACH static inline __attribute__((always_inline))

/*
 * Of elements 1 to n. Loops without a branch, so that compilers make vectors of them too. Runs of
 * base64 that look like text are seen twelve bytes late: the groups have to be seen first.
 */
IN_EACH void find_runs(struct sv_blocks *b, size_t n)
{
	for (size_t i = 1; i <= n; i++) {
		b->starts[i] = b->base64[i] & ~shift(b->base64[i - 1], b->base64[i], 1);
		b->pairs[i] = b->low[i] & shift(b->low[i - 1], b->low[i], 4);
		b->marks[i] &= b->starts[i];
	}
	for (size_t i = 1; i <= n; i++)
		b->runs[i] = (b->pairs[i] & shift(b->pairs[i - 1], b->pairs[i], 8) &
			      shift(b->starts[i - 1], b->starts[i], SV_BLOCK_RUN)) |
			     shift(b->marks[i - 1], b->marks[i], SV_BLOCK_RUN);
}

/*
 * Quotes that follow a quote and, after it, what joins alone: adding a bit where that begins
 * carries it to the byte after its end. The first quote has two bytes before it that end a piece:
 * "\n" does not. Most blocks do not pass a carry on to the next but one: then each adds for itself.
 */
IN_EACH void find_joints(struct sv_blocks *b, size_t n)
{
	uint64_t sum[SV_BLOCKS_MOST + 1], over[SV_BLOCKS_MOST + 1], passes_on = 0;

	over[0] = b->is_joining;
	for (size_t i = 1; i <= n; i++)
		b->ends[i] = b->quotes[i] & shift(b->piece[i - 1], b->piece[i], 1) &
			     shift(b->piece[i - 1], b->piece[i], 2);
	for (size_t i = 1; i <= n; i++) {
		sum[i] = b->joining[i] + (shift(b->ends[i - 1], b->ends[i], 1) & b->joining[i]);
		over[i] = sum[i] < b->joining[i];
	}
	for (size_t i = 1; i <= n; i++) {
		passes_on |= over[i - 1] & (sum[i] == UINT64_MAX);
		b->joints[i] = (sum[i] + over[i - 1]) & ~b->joining[i] & b->quotes[i];
	}
	for (size_t i = 1; passes_on && i <= n; i++) {
		over[i] |= over[i - 1] & (sum[i] == UINT64_MAX);
		b->joints[i] = (sum[i] + over[i - 1]) & ~b->joining[i] & b->quotes[i];
	}
	b->is_joining = over[n];
}

IN_EACH uint64_t find_all(struct sv_blocks *b, size_t n)
{
	uint64_t busy = 0;

	find_runs(b, n);
	find_joints(b, n);
	for (size_t i = 1; i <= n; i++)
		busy |= (uint64_t)((b->hot[i] | b->joints[i] | b->nul[i] | b->runs[i]) != 0)
			<< (i - 1);
	return busy;
}

/* what a block has to know of the one before it */
static void go_on(struct sv_blocks *b)
{
	b->nul[0] = b->nul[b->n];
	b->base64[0] = b->base64[b->n];
	b->starts[0] = b->starts[b->n];
	b->marks[0] = b->marks[b->n];
	b->low[0] = b->low[b->n];
	b->pairs[0] = b->pairs[b->n];
	b->piece[0] = b->piece[b->n];
	b->ends[0] = b->ends[b->n];
}

void sv_blocks_init(struct sv_blocks *b)
{
	b->n = 0;
	b->nul[0] = b->base64[0] = b->starts[0] = b->low[0] = b->pairs[0] = 0;
	b->marks[0] = b->piece[0] = b->ends[0] = 0;
	b->is_joining = false;
}

typedef void class_fn(struct sv_blocks *b, size_t i, const uint8_t *p, size_t n);

IN_EACH uint64_t read_with(class_fn *class, struct sv_blocks *b, struct sv_span bytes, size_t at,
			   size_t n)
{
	size_t whole = 0;

	if (bytes.len >= at + SV_BLOCK + 2)
		whole = (bytes.len - at - 2) / SV_BLOCK;
	if (whole > n)
		whole = n;
	go_on(b);
	if (whole != 0)
		class(b, 1, bytes.ptr + at, whole);
	for (size_t i = whole; i < n; i++) {
		uint8_t padded[SV_BLOCK + 2] = {0};
		size_t start = at + i * SV_BLOCK;

		if (start < bytes.len)
			memcpy(padded, bytes.ptr + start,
			       bytes.len - start < sizeof(padded) ? bytes.len - start
								  : sizeof(padded));
		class(b, i + 1, padded, 1);
	}
	b->n = n;
	return find_all(b, n);
}

#define READER(name, class)                                                                        \
	static uint64_t name(struct sv_blocks *b, struct sv_span bytes, size_t at, size_t n)       \
	{                                                                                          \
		return read_with(class, b, bytes, at, n);                                          \
	}

READER(plain, class_plain)
#if defined(__x86_64__)
READER(ssse3, class_ssse3)
__attribute__((target("avx2,bmi,bmi2"))) READER(avx2, class_avx2) AVX512
	READER(avx512, class_avx512)

		static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vbmi");
}
#endif

sv_blocks_fn *sv_blocks_reader(unsigned index)
{
	if (index == 0)
		return plain;
#if defined(__x86_64__)
	if (index == 1 && __builtin_cpu_supports("ssse3"))
		return ssse3;
	if (index == 2 && has_avx2())
		return avx2;
	if (index == 3 && has_avx512())
		return avx512;
#endif
	return NULL;
}

uint64_t sv_blocks_read(struct sv_blocks *b, struct sv_span bytes, size_t at, size_t n)
{
#if defined(__x86_64__)
	if (has_avx512())
		return avx512(b, bytes, at, n);
	if (has_avx2())
		return avx2(b, bytes, at, n);
	if (__builtin_cpu_supports("ssse3"))
		return ssse3(b, bytes, at, n);
#endif
	return plain(b, bytes, at, n);
}
