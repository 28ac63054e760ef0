/*
 * A linear model over hashed features, in whole numbers: the same sum on every machine. It is
 * asked after a hit only. src/learn/ makes its weights.
 */
#include "detect/model.h"
#include "detect/checks.h"
#include "detect/memo.h"
#include "detect/values.h"
#include "rules/rules.h"
#include <endian.h>
#include <stdio.h>
#define XXH_INLINE_ALL /* sv_hash64(), for some hundred inputs of known length for each value */
#include <xxhash.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define MAX_VALUE SV_VALUE_MAX /* bytes of a value whose sequences are looked at */
#define MAX_WORDS 64
#define MAX_WORD 32
#define MAX_RUN	  40 /* letters of a value in which known words are looked for */

/* one word, lower case */
struct word {
	unsigned len;
	char text[MAX_WORD];
};

struct words {
	unsigned n;
	struct word word[MAX_WORDS];
};

const struct sv_model *sv_model_builtin(void)
{
	return (const struct sv_model *)sv_rules_builtin_model;
}

static bool is_lower(unsigned c)
{
	return c - 'a' < 26;
}

static bool is_upper(unsigned c)
{
	return c - 'A' < 26;
}

static bool is_digit(unsigned c)
{
	return c - '0' < 10;
}

static bool is_name(unsigned c)
{
	return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-' || c == '$' || c == '.';
}

static uint8_t lower(uint8_t c)
{
	return is_upper(c) ? (uint8_t)(c | 0x20) : c;
}

#define ID_MASK ((1u << SV_MODEL_BITS) - 1)

static inline void add_id(struct sv_features *f, uint32_t id)
{
	uint64_t *word = &f->seen[id / 64], bit = 1ull << id % 64;

	if (f->n == SV_MODEL_MAX_FEATURES || *word & bit)
		return;
	*word |= bit;
	f->id[f->n++] = id;
}

static inline void add(struct sv_features *f, unsigned topic, const void *bytes, size_t len)
{
	add_id(f, (uint32_t)XXH3_64bits_withSeed(bytes, len, topic) & ID_MASK);
}

static void add_numbers(struct sv_features *f, unsigned topic, unsigned a, unsigned b, unsigned c)
{
	uint32_t numbers[] = {htole32(a), htole32(b), htole32(c)};

	add(f, topic, numbers, sizeof(numbers));
}

static unsigned hash32(const void *bytes, size_t len)
{
	return (unsigned)sv_hash64(bytes, len, 1);
}

/* Bytes that are looked at in sequences of 1 to 5; what comes after them is read, and of no
 * account. */
struct looked {
	size_t len;
	uint8_t at[MAX_VALUE + 2 + 64];
};

/* Adds one where there is room; how many there are then. */
static inline size_t put_id(uint32_t *ids, size_t n, uint64_t *seen, uint32_t id)
{
	uint64_t word = seen[id / 64];

	ids[n] = id;
	seen[id / 64] = word | 1ull << id % 64;
	return n + (~word >> id % 64 & 1);
}

static void add_sequences_plain(struct sv_features *f, unsigned topic, const struct looked *l,
				unsigned n)
{
	size_t found = f->n;

#define EACH(size)                                                                                 \
	for (size_t i = 0; n == (size) && i + (size) <= l->len; i++)                               \
	found = put_id(f->id, found, f->seen,                                                      \
		       (uint32_t)XXH3_64bits_withSeed(l->at + i, size, topic) & ID_MASK)

	/* a hash of so many bytes is a few instructions when their number is written here */
	EACH(1);
	EACH(2);
	EACH(3);
	EACH(4);
	EACH(5);
#undef EACH
	f->n = found;
}

#ifdef __x86_64__
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vbmi")))

/*
 * XXH3 of 8 sequences at a time: a lane has the bytes of one as that hash puts them into a number
 * (up to three of them: the last, their count, the first and the middle one; more: the last four
 * below the first four). The constants are those of its secret; a test holds that it is the same
 * hash.
 */
AVX512 static void hash_512(const uint8_t *at, unsigned n, unsigned topic, uint32_t ret[8])
{
	static const uint64_t places[6] = {
		0, 0, 0x01000001, 0x01000002, 0x0302010003020100, 0x0302010004030201};
	const __m512i lanes = _mm512_mullo_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0),
						 _mm512_set1_epi64(0x0101010101010101));
	__m512i from = _mm512_add_epi8(lanes, _mm512_set1_epi64((long long)places[n]));
	__m512i bytes = _mm512_loadu_si512(at), h;
	uint64_t seed = topic;

	if (n <= 3) {
		h = _mm512_maskz_permutexvar_epi8(0x0D0D0D0D0D0D0D0D, from, bytes);
		h = _mm512_xor_si512(_mm512_or_si512(h, _mm512_set1_epi64(n << 8)),
				     _mm512_set1_epi64((long long)(0x87275A9Bull + seed)));
		h = _mm512_xor_si512(h, _mm512_srli_epi64(h, 33));
		h = _mm512_mullo_epi64(h, _mm512_set1_epi64((long long)0xC2B2AE3D27D4EB4F));
		h = _mm512_xor_si512(h, _mm512_srli_epi64(h, 29));
		h = _mm512_mullo_epi64(h, _mm512_set1_epi64(0x165667B19E3779F9));
		h = _mm512_xor_si512(h, _mm512_srli_epi64(h, 32));
	} else {
		const __m512i prime = _mm512_set1_epi64((long long)0x9FB21C651E98DF25);

		seed ^= (uint64_t)__builtin_bswap32(topic) << 32;
		h = _mm512_xor_si512(_mm512_permutexvar_epi8(from, bytes),
				     _mm512_set1_epi64((long long)(0xC73AB174C5ECD5A2 - seed)));
		h = _mm512_ternarylogic_epi64(h, _mm512_rol_epi64(h, 49), _mm512_rol_epi64(h, 24),
					      0x96);
		h = _mm512_mullo_epi64(h, prime);
		h = _mm512_xor_si512(
			h, _mm512_add_epi64(_mm512_srli_epi64(h, 35), _mm512_set1_epi64(n)));
		h = _mm512_mullo_epi64(h, prime);
		h = _mm512_xor_si512(h, _mm512_srli_epi64(h, 28));
	}
	_mm256_storeu_si256((__m256i *)(void *)ret, _mm512_cvtepi64_epi32(h));
}

AVX512 static void add_sequences_512(struct sv_features *f, unsigned topic, const struct looked *l,
				     unsigned n)
{
	for (size_t i = 0; i + n <= l->len; i += 8) {
		size_t count = l->len - n - i + 1;
		uint32_t hash[8];

		hash_512(l->at + i, n, topic, hash);
		for (size_t k = 0; k < 8 && k < count; k++)
			f->n = put_id(f->id, f->n, f->seen, hash[k] & ID_MASK);
	}
}
#else
#define add_sequences_512 add_sequences_plain
#endif

static void add_sequences(struct sv_features *f, unsigned topic, const struct looked *l,
			  unsigned least, unsigned most)
{
	for (unsigned n = least; n <= most && f->n + l->len <= SV_MODEL_MAX_FEATURES; n++)
		(f->plain ? add_sequences_plain : add_sequences_512)(f, topic + n, l, n);
}

static uint8_t class_of(uint8_t c)
{
	if (is_lower(c))
		return 'a';
	if (is_upper(c))
		return 'A';
	if (is_digit(c))
		return '0';
	if (c >= 0x80)
		return 'u';
	return c <= ' ' ? ' ' : c;
}

/* runs of one class become one character: "Ab12-x" is "Aa0-a" */
static size_t shape_of(struct sv_span s, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n < cap; i++) {
		uint8_t c = class_of(s.ptr[i]);

		if (n == 0 || ret[n - 1] != c)
			ret[n++] = c;
	}
	return n;
}

static unsigned bucket(size_t n)
{
	static const uint16_t steps[] = {3,  4,	 5,  6,	 7,  8,	 9,  10, 12,  14,  16,	18,  20,
					 22, 24, 28, 32, 33, 36, 40, 44, 48, 64,  80, 128, 256, 512};
	unsigned b = 0;

	while (b < sizeof(steps) / sizeof(*steps) && n > steps[b])
		b++;
	return b;
}

/* log2(n) in 256ths, by repeated squaring: no floating point, so the same everywhere */
static unsigned log2_256(unsigned n)
{
	unsigned whole = 31 - (unsigned)__builtin_clz(n), result = whole << 8;
	uint64_t x = (uint64_t)n << (31 - whole);

	for (unsigned bit = 128; bit; bit >>= 1) {
		x = x * x >> 31;
		if (x >> 32) {
			x >>= 1;
			result += bit;
		}
	}
	return result;
}

struct counts {
	unsigned lower, upper, digit, hex, other, high, space, distinct, entropy; /* 256ths of a bit a byte */
	uint64_t there[4]; /* a bit for each byte that is */
};

static struct counts count(struct sv_span v)
{
	unsigned by[256] = {0};
	struct counts c = {0};
	uint64_t sum = 0;

	for (size_t i = 0; i < v.len; i++) {
		by[v.ptr[i]]++;
		c.there[v.ptr[i] / 64] |= 1ull << v.ptr[i] % 64;
	}
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = c.there[i]; left != 0; left &= left - 1) {
			uint8_t x = (uint8_t)(i * 64 + (unsigned)__builtin_ctzll(left));
			unsigned n = by[x];

			c.distinct++;
			c.lower += is_lower(x) ? n : 0;
			c.upper += is_upper(x) ? n : 0;
			c.digit += is_digit(x) ? n : 0;
			c.hex += is_digit(x) || (lower(x) >= 'a' && lower(x) <= 'f') ? n : 0;
			c.high += x >= 0x80 ? n : 0;
			c.space += x <= ' ' ? n : 0;
			if (n > 1) /* the logarithm of one is nothing */
				sum += (uint64_t)n * log2_256(n);
		}
	c.other = (unsigned)v.len - c.lower - c.upper - c.digit - c.high - c.space;
	c.entropy = v.len ? log2_256((unsigned)v.len) - (unsigned)(sum / v.len) : 0;
	return c;
}

static bool is_there(const struct counts *c, char x)
{
	return c->there[(uint8_t)x / 64] >> (uint8_t)x % 64 & 1;
}

/* ---- the words of names ---- */

/* camelCase, snake_case and HTMLText apart; digits end a word */
static void split(struct sv_span s, struct words *ret)
{
	enum { NONE, SMALL, LARGE, FOREIGN };
	static const uint8_t kinds[256] = {
		['a' ... 'z'] = SMALL, ['A' ... 'Z'] = LARGE, [0x80 ... 0xFF] = FOREIGN};
	struct word *w = NULL;
	unsigned before = NONE;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		unsigned kind = kinds[c];

		if (kind == NONE) {
			before = NONE;
			continue;
		}
		if (before == NONE ||
		    (kind == LARGE &&
		     (before == SMALL || (i + 1 < s.len && kinds[s.ptr[i + 1]] == SMALL)))) {
			if (ret->n == MAX_WORDS)
				return;
			w = &ret->word[ret->n++];
			w->len = 0;
		}
		if (w->len < MAX_WORD)
			w->text[w->len++] = (char)(kind == LARGE ? c | 0x20 : c);
		before = kind;
	}
}

static void add_words(struct sv_features *f, unsigned topic, const struct words *w)
{
	for (unsigned i = 0; i < w->n; i++)
		add(f, topic, w->word[i].text, w->word[i].len);
}

static unsigned common_words(const struct words *a, const struct words *b)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n; i++)
		for (unsigned j = 0; j < b->n; j++)
			if (a->word[i].len > 2 && a->word[i].len == b->word[j].len &&
			    memcmp(a->word[i].text, b->word[j].text, a->word[i].len) == 0) {
				n++;
				break;
			}
	return n;
}

/* ---- how unlike text ---- */

void sv_model_symbols(struct sv_span text, void (*on_symbol)(unsigned, void *), void *payload)
{
	uint8_t before = 0;
	bool inside = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool letter = is_lower(c) || is_upper(c);

		if (!letter && !is_digit(c) && c < 0x80) {
			inside = false;
		} else {
			if (!inside || (is_upper(c) && is_lower(before)))
				on_symbol(26, payload);
			on_symbol(letter ? (unsigned)lower(c) - 'a' : is_digit(c) ? 27 : 28, payload);
			inside = true;
		}
		before = c;
	}
	on_symbol(26, payload);
}

struct surprise {
	const struct sv_model *model;
	unsigned a, b, n, sum, most;
};

static void on_symbol(unsigned c, void *payload)
{
	struct surprise *s = payload;
	unsigned cost = s->model->cost[s->a][s->b][c];

	s->n++;
	s->sum += cost;
	if (cost > s->most)
		s->most = cost;
	s->a = s->b;
	s->b = c;
}

static struct surprise surprise(const struct sv_model *model, struct sv_span v)
{
	struct surprise s = {.model = model, .a = 26, .b = 26};

	sv_model_symbols(sv_span(v.ptr, v.len < 256 ? v.len : 256), on_symbol, &s);
	return s;
}

unsigned sv_model_surprise(struct sv_span value)
{
	return surprise(sv_model_builtin(), value).sum / (unsigned)(value.len + 1);
}

/* ---- words ---- */

#define WORD_HASHES 8

static bool touch_word(const uint8_t *words, uint8_t *to_set, struct sv_span word)
{
	uint64_t hash = sv_hash64(word.ptr, word.len, 2);
	uint32_t at = (uint32_t)hash, step = (uint32_t)(hash >> 32) | 1;

	for (int i = 0; i < WORD_HASHES; i++, at += step) {
		uint32_t bit = at & ((1u << SV_MODEL_WORD_BITS) - 1);

		if (to_set != NULL)
			to_set[bit / 8] |= (uint8_t)(1u << bit % 8);
		else if (!(words[bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}

void sv_model_add_word(struct sv_model *model, struct sv_span word)
{
	touch_word(NULL, model->words, word);
}

/* The letters of a value that stand three and more together, what they cost, and how many are known
 * words'. */
struct spelling {
	const struct sv_model *model;
	unsigned letters, together, cost, symbols, known;
};

/* The most letters of a run that lie in known words side by side. */
static unsigned known_letters(const struct sv_model *model, const uint8_t *run, size_t len)
{
	unsigned most[MAX_RUN + 1] = {0};
	size_t least = len < SV_MODEL_WORD_LEAST ? len : SV_MODEL_WORD_LEAST;

	/* mostly the run is one */
	if (len <= SV_MODEL_WORD_MOST && touch_word(model->words, NULL, sv_span(run, len)))
		return (unsigned)len;
	for (size_t end = 1; end <= len; end++) {
		most[end] = most[end - 1];
		/* a long one leaves nothing to the shorter ones in it */
		for (size_t n = end < SV_MODEL_WORD_MOST ? end : SV_MODEL_WORD_MOST; n >= least;
		     n--)
			if (most[end - n] + n > most[end] &&
			    touch_word(model->words, NULL, sv_span(run + end - n, n)))
				most[end] = most[end - n] + (unsigned)n;
	}
	return most[len];
}

/* One run of letters: counted whole when it ends, so that its length is known. */
static void spell(struct spelling *s, const uint8_t *run, size_t len)
{
	unsigned a = 26, b = 26;

	s->letters += (unsigned)len;
	if (len < 3)
		return;
	s->together += (unsigned)len;
	s->symbols += (unsigned)len + 1;
	for (size_t i = 0; i <= len; i++) {
		unsigned c = i < len ? (unsigned)lower(run[i]) - 'a' : 26;

		s->cost += s->model->cost[a][b][c];
		a = b;
		b = c;
	}
}

/* The same for known words, which costs more. */
static void look_up(struct spelling *s, const uint8_t *run, size_t len)
{
	uint8_t small[MAX_RUN];

	s->letters += (unsigned)len;
	if (len < 3 || len > MAX_RUN)
		return;
	for (size_t i = 0; i < len; i++)
		small[i] = lower(run[i]);
	s->known += known_letters(s->model, small, len);
}

static struct spelling spelling_of(const struct sv_model *model, struct sv_span v,
				   void (*on_run)(struct spelling *, const uint8_t *, size_t))
{
	struct spelling s = {.model = model};
	size_t from = 0;

	for (size_t i = 0; i <= v.len; i++) {
		bool letter = i < v.len && (is_lower(v.ptr[i]) || is_upper(v.ptr[i]));
		bool starts = letter && i > from && is_upper(v.ptr[i]) && is_lower(v.ptr[i - 1]);

		if (letter && !starts)
			continue;
		if (i > from)
			on_run(&s, v.ptr + from, i - from);
		from = letter ? i : i + 1;
	}
	return s;
}

bool sv_model_is_words(struct sv_span v)
{
	struct spelling s = spelling_of(sv_model_builtin(), v, spell);

	/* of passwords that were drawn, one in fifty passes; of those that people made up, more
	 * than half */
	if (s.together == 0)
		return false;
	if (s.cost <= 42 * s.symbols && s.together * 5 >= s.letters * 3)
		return true;
	s = spelling_of(sv_model_builtin(), v, look_up);
	return s.known * 5 >= s.letters * 3;
}

bool sv_model_is_of_words(struct sv_span v)
{
	struct spelling s = spelling_of(sv_model_builtin(), v, look_up);

	return s.known >= 5 && s.known * 5 >= s.letters * 4;
}

/* ---- features ---- */

enum topic { /* sequences add their length */
	VALUE = 0x100,
	CLASSES = 0x200,
	BEFORE = 0x300,
	AFTER = 0x400,
	JUST_BEFORE = 0x500,
	JUST_AFTER = 0x600,
	LOWERED = 0x700,
	VALUE_WORD = 0x800,
	KEY_WORD,
	LAST_KEY_WORD,
	KEY,
	LINE_WORD,
	NEAR_WORD,
	WHOLE,
	SHAPE,
	LENGTH,
	ENTROPY,
	SURPRISE,
	SURPRISE_RULE,
	SURPRISE_SHAPE,
	WORST,
	PARTS,
	RULE,
	RULE_LENGTH,
	RULE_SHAPE,
	SYNTAX,
	SYNTAX_AFTER,
	SYNTAX_SHAPE,
	KEY_SHAPE,
	KEY_LENGTH,
	KEY_SURPRISE,
	COMMON,
	REPEATED,
	LINE_START,
	INDENT,
	VALUE_IN_KEY,
	HEXLIKE,
	LINE_LENGTH,
	KNOWN,
};

/* What the value shows by itself. */
static struct sv_value add_value(struct sv_features *f, const struct sv_model *model,
				 struct sv_span v)
{
	struct looked text, classes, low;
	uint8_t shape[24];
	size_t n = v.len < MAX_VALUE ? v.len : MAX_VALUE, n_shape = shape_of(v, shape, sizeof(shape));
	struct counts c = count(v);
	struct surprise s = surprise(model, v);
	struct spelling words = spelling_of(model, v, look_up);
	unsigned known = words.letters != 0 ? words.known * 8 / words.letters : 9;
	unsigned mean = s.sum / s.n / 2, form = hash32(shape, n_shape < 8 ? n_shape : 8);
	unsigned len = bucket(v.len), eighth = (unsigned)v.len;

	text.at[0] = classes.at[0] = low.at[0] = 1;
	for (size_t i = 0; i < n; i++) {
		text.at[i + 1] = v.ptr[i];
		classes.at[i + 1] = class_of(v.ptr[i]);
		low.at[i + 1] = lower(v.ptr[i]);
	}
	text.at[n + 1] = classes.at[n + 1] = low.at[n + 1] = 2;
	text.len = classes.len = low.len = n + 2;
	add_sequences(f, VALUE, &text, 1, 3);
	add_sequences(f, LOWERED, &low, 3, 4);
	add_sequences(f, CLASSES, &classes, 2, 5);
	add(f, WHOLE, low.at, low.len);
	add(f, SHAPE, shape, n_shape);
	add_numbers(f, LENGTH, len, 0, 0);
	add_numbers(f, ENTROPY, c.entropy / 64, 0, 0);
	add_numbers(f, ENTROPY, c.entropy / 64, len, 1);
	add_numbers(f, SURPRISE, mean, 0, 0);
	add_numbers(f, SURPRISE, mean / 2, 0, 2);
	add_numbers(f, SURPRISE, mean / 2, len, 1);
	add_numbers(f, SURPRISE_SHAPE, mean / 2, form, 0);
	add_numbers(f, WORST, s.most / 8, 0, 0);
	add_numbers(f, PARTS, c.lower * 8 / eighth, c.upper * 8 / eighth, c.digit * 8 / eighth);
	add_numbers(f, PARTS, c.digit * 8 / eighth, 0, 1);
	add_numbers(f, PARTS, c.upper * 8 / eighth, 0, 2);
	add_numbers(f, PARTS, c.other * 8 / eighth, 0, 3);
	add_numbers(f, PARTS, c.space, 0, 4);
	add_numbers(f, PARTS, c.distinct * 8 / eighth, len, 5);
	add_numbers(f, KNOWN, known, len, 1);
	add_numbers(f, KNOWN, known, form, 2);
	add_numbers(f, HEXLIKE, c.hex == v.len, len, c.digit == v.len);
	return (struct sv_value){.mean = mean / 2, .known = known, .len = len, .form = form};
}

/* What it shows together with its rule, the last word of its name, and the signs between them. */
static void add_together(struct sv_features *f, const struct sv_value *v, unsigned rule,
			 unsigned key, unsigned syntax)
{
	add_numbers(f, SURPRISE_RULE, v->mean, rule, 0);
	add_numbers(f, KEY_SURPRISE, v->mean, key, 0);
	add_numbers(f, KNOWN, v->known, rule, 0);
	add_numbers(f, RULE, rule, 0, 0);
	add_numbers(f, RULE_LENGTH, rule, v->len, 0);
	add_numbers(f, RULE_SHAPE, rule, v->form, 0);
	add_numbers(f, SYNTAX_SHAPE, syntax, v->form, 0);
	add_numbers(f, KEY_SHAPE, key, v->form, 0);
	add_numbers(f, KEY_LENGTH, key, v->len, 0);
}

static size_t line_start(struct sv_span text, size_t at)
{
	const uint8_t *end = at ? memrchr(text.ptr, '\n', at) : NULL;

	return end ? (size_t)(end - text.ptr) + 1 : 0;
}

static size_t line_end(struct sv_span text, size_t at)
{
	const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);

	return end ? (size_t)(end - text.ptr) : text.len;
}

static void add_text_words(struct sv_features *f, unsigned topic, struct sv_span text, size_t from,
			   size_t to)
{
	struct words words;

	words.n = 0;
	if (from < to)
		split(sv_span(text.ptr + from, to - from), &words);
	add_words(f, topic, &words);
}

static void look_at(struct looked *l, const uint8_t *bytes, size_t len)
{
	l->len = len;
	memcpy(l->at, bytes, len);
}

/* how far around a value its features look, whatever lines there are */
enum { KEY_REACH = 48, BEFORE_REACH = 30, AFTER_REACH = 12 };

/* Where a value stands, its line, and where the lines beside it begin and end. */
struct place {
	size_t start, end, line, line_end, before, after;
	unsigned times; /* that it stands in the text, up to six */
};

static unsigned times_in(struct sv_span text, struct sv_span v)
{
	unsigned n = 0;
	const uint8_t *at = text.ptr;

	while (n < 6 &&
	       (at = sv_find_bytes(sv_span(at, (size_t)(text.ptr + text.len - at)), v)) != NULL) {
		n++;
		at += v.len;
	}
	return n;
}

static struct place place_of(const struct sv_check_input *in)
{
	struct sv_span text = in->text;
	struct place p = {.start = (size_t)(in->secret.ptr - text.ptr)};

	p.end = p.start + in->secret.len;
	p.line = line_start(text, p.start);
	p.line_end = line_end(text, p.end);
	p.before = p.line ? line_start(text, p.line - 1) : 0;
	p.after = p.line_end < text.len ? line_end(text, p.line_end + 1) : p.line_end;
	p.times = times_in(text, in->secret);
	return p;
}

/* what lies on the line around the value, and on the lines beside it */
static void add_surroundings(struct sv_features *f, struct sv_span text, const struct place *p)
{
	size_t start = p->start, end = p->end, from = p->line, to = p->line_end, first = from;
	size_t near_from = start - from > 160 ? start - 160 : from;
	size_t near_to = to - end > 80 ? end + 80 : to;
	struct looked near;

	add_text_words(f, LINE_WORD, text, near_from, start);
	add_text_words(f, LINE_WORD, text, end, near_to);
	if (from)
		add_text_words(f, NEAR_WORD, text, from - p->before > 120 ? from - 120 : p->before,
			       from - 1);
	if (to < text.len)
		add_text_words(f, NEAR_WORD, text, to + 1,
			       p->after - to > 120 ? to + 120 : p->after);
	while (first < start && (text.ptr[first] == ' ' || text.ptr[first] == '\t'))
		first++;
	add(f, LINE_START, text.ptr + first, start - first < 3 ? start - first : 3);
	add_numbers(f, INDENT, first - from < 16 ? (unsigned)(first - from) : 16, text.ptr[from] == '\t', 0);
	add_numbers(f, LINE_LENGTH, bucket(to - from), 0, 0);
	for (size_t n = 1; n <= 8 && n <= start; n++)
		add(f, JUST_BEFORE + (unsigned)n, text.ptr + start - n, n);
	for (size_t n = 1; n <= 5 && end + n <= text.len; n++)
		add(f, JUST_AFTER + (unsigned)n, text.ptr + end, n);
	near_from = start > BEFORE_REACH ? start - BEFORE_REACH : 0;
	near_to = end + AFTER_REACH < text.len ? end + AFTER_REACH : text.len;
	look_at(&near, text.ptr + near_from, start - near_from);
	add_sequences(f, BEFORE, &near, 2, 4);
	look_at(&near, text.ptr + end, near_to - end);
	add_sequences(f, AFTER, &near, 2, 3);
}

static int32_t sum_of(const struct sv_model *model, const uint32_t *features, size_t n)
{
	int32_t sum = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < n; i++)
		sum += model->weight[features[i]];
	return sum;
}

/* The same, or what was kept of it; words are those of the value. */
static struct sv_value take_value(struct sv_features *f, const struct sv_model *model,
				  const struct sv_check_input *in, const struct words *words)
{
	const struct sv_value *kept = in->values ? sv_values_find(in->values, in->secret) : NULL;
	struct sv_value value;

	if (kept != NULL && kept->n != 0) {
		/* they are the first, and each is there once */
		for (size_t i = 0; i < kept->n; i++) {
			f->id[i] = kept->features[i];
			f->seen[f->id[i] / 64] |= 1ull << f->id[i] % 64;
		}
		f->n = f->summed = kept->n;
		f->sum = kept->sum;
		return *kept;
	}
	value = add_value(f, model, in->secret);
	add_words(f, VALUE_WORD, words);
	if (in->values == NULL)
		return value;
	value.n = f->summed = f->n;
	value.sum = f->sum = sum_of(model, f->id, f->n);
	value.features = f->id;
	sv_values_keep(in->values, in->secret, &value);
	return value;
}

static void make_features(const struct sv_model *model, const struct sv_check_input *in,
			  const struct place *place, struct sv_features *f)
{
	/* empty between two values: to clear all of it takes as long as a third of the features */
	static _Thread_local uint64_t seen[(1 << SV_MODEL_BITS) / 64];
	struct sv_span text = in->text, v = in->secret, key, between;
	size_t start = place->start, from = in->match_start, to = from;
	struct words key_words, value_words;
	unsigned rule = hash32(in->rule->id, strlen(in->rule->id)), last, syntax;
	struct sv_value value;
	uint8_t mark[24];
	size_t n_mark;

	f->n = f->summed = 0;
	f->sum = 0;
	f->seen = seen;
	key_words.n = value_words.n = 0;
	while (from > 0 && is_name(text.ptr[from - 1]) && in->match_start - from < KEY_REACH)
		from--;
	while (to < start && is_name(text.ptr[to]))
		to++;
	key = sv_span(text.ptr + from, to - from);
	between = sv_span(text.ptr + to, start - to);
	split(key, &key_words);
	split(v, &value_words);
	last = key_words.n ? hash32(key_words.word[key_words.n - 1].text,
				    key_words.word[key_words.n - 1].len)
			   : 0;
	n_mark = shape_of(between, mark, sizeof(mark));
	syntax = hash32(mark, n_mark);
	/* first: what is kept of a value is what stands before all else */
	value = take_value(f, model, in, &value_words);
	add_together(f, &value, rule, last, syntax);
	add_words(f, KEY_WORD, &key_words);
	add_numbers(f, LAST_KEY_WORD, last, 0, 0);
	add(f, KEY, key.ptr, key.len);
	add_numbers(f, SYNTAX, syntax, 0, 0);
	add_numbers(f, SYNTAX, syntax, rule, 1);
	add_numbers(f, SYNTAX_AFTER, syntax, start + v.len < text.len ? text.ptr[start + v.len] : 0, 0);
	add_numbers(f, COMMON, common_words(&value_words, &key_words), value_words.n < 5 ? value_words.n : 5, 0);
	add_numbers(f, REPEATED, place->times, 0, 0);
	add_surroundings(f, text, place);
#pragma GCC unroll 4 /* some 500 */
	for (size_t i = 0; i < f->n; i++)
		seen[f->id[i] / 64] = 0;
}

/* Of values that were not asked before whether they are none, and with any model: nothing is kept.
 */
static void make_anew(const struct sv_model *model, const struct sv_check_input *in,
		      struct sv_features *f)
{
	struct sv_check_input alone = *in;
	struct place place = place_of(in);

	alone.values = NULL;
	make_features(model, &alone, &place, f);
}

void sv_model_features(const struct sv_model *model, const struct sv_check_input *in,
		       struct sv_features *f)
{
	f->plain = !sv_has_avx512();
	make_anew(model, in, f);
}

void sv_model__plain_features(const struct sv_model *model, const struct sv_check_input *in,
			      struct sv_features *f)
{
	f->plain = true;
	make_anew(model, in, f);
}

int32_t sv_model_sum(const struct sv_model *model, const struct sv_features *f)
{
	return model->bias + f->sum + sum_of(model, f->id + f->summed, f->n - f->summed);
}

/* ---- what needs no model ---- */

/* Words in some language: letters, blanks and what ends a sentence; "Neues Passwort", "パスワード". */
static bool is_text(struct sv_span v)
{
	size_t blanks = 0, foreign = 0, digits = 0, marks = 0;

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.ptr[i];

		/* \u00e9, as JSON writes what is not ASCII */
		if (c == '\\' && i + 2 == v.len && v.ptr[i + 1] == 'n')
			break;
		if (c == '\\' && v.len - i >= 6 && v.ptr[i + 1] == 'u') {
			foreign += 6;
			i += 5;
			continue;
		}
		if (c == ' ')
			blanks++;
		else if (c >= 0x80)
			foreign++;
		else if (is_digit(c))
			digits++;
		else if (!is_lower(c | 0x20u) && strchr(".,:;?!'()&/-{}", c) == NULL)
			marks++;
	}
	if (foreign * 2 > v.len)
		return true;
	if (marks != 0)
		return false;
	/* "fails.": the end of a sentence */
	if (digits == 0)
		return blanks != 0 || foreign >= 2 || strchr(".,", v.ptr[v.len - 1]) != NULL;
	return digits <= 2 && blanks >= 1;
}

/* "npm:^7.0.2", ">=1.4.0 <2" */
static bool is_version(struct sv_span v)
{
	size_t i = v.len > 4 && memcmp(v.ptr, "npm:", 4) == 0 ? 4 : 0, dots = 0;

	for (; i < v.len; i++) {
		if (!is_digit(v.ptr[i]) && strchr("^~<>=.| -v", v.ptr[i]) == NULL)
			return false;
		dots += v.ptr[i] == '.';
	}
	return dots >= 2;
}

/* "sha256:9f86…", "hmac-sha256-…": what was made of a secret */
static bool is_digest(struct sv_span v)
{
	static const char *const openings[] = {"hmac-sha", "sha256", "sha512", "sha384", "sha1", "sha-256", "md5", NULL};

	for (size_t i = 0; openings[i] != NULL; i++) {
		size_t n = strlen(openings[i]);

		if (v.len < n + 20 || strncasecmp((const char *)v.ptr, openings[i], n) != 0)
			continue;
		while (n < v.len && n < 12 && v.ptr[n] != ':' && v.ptr[n] != '-')
			n++;
		if (n < 12 && v.len - n > 16)
			return true;
	}
	return false;
}

/* "$argon2id$…", "{SSHA}…", "pbkdf2:sha256:…": what is stored of a password; rules of their own tell it */
static bool is_stored(struct sv_span v)
{
	static const char *const openings[] = {"{SSHA",	 "{SHA",      "{PBKDF2", "{bcrypt}", "{argon2", "{CRYPT",
					       "pbkdf2", "HMACSHA",   "scrypt:", "SCRAM-SHA", "md5:",	 "$2",
					       /* a key that a vault, and a session key that a machine encrypted */
					       "JkF6dXJlS2V5VmF1bHR", "AQIAAA5mAAAApAAA", "-----BEGIN CMS"};
	size_t n = 1;

	if (v.len < 24)
		return false;
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (memcmp(v.ptr, openings[i], strlen(openings[i])) == 0)
			return true;
	while (n < 20 && (is_lower(v.ptr[n]) || is_upper(v.ptr[n]) || is_digit(v.ptr[n]) || v.ptr[n] == '-'))
		n++;
	return v.ptr[0] == '$' && n > 1 && v.ptr[n] == '$';
}

/* Bytes that no text has, as test vectors write them: not UTF-8 */
static bool is_bytes(struct sv_span v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.ptr[i];
		size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : 0;

		if (c >= 0x80 && (more == 0 || i + more >= v.len))
			return true;
		for (; more > 0; more--)
			if ((v.ptr[++i] & 0xC0) != 0x80)
				return true;
	}
	return false;
}

/* 546:12, a line and a column; 2903893770411037897*10343500956293103928, a permission that a share keeps */
static bool is_position(struct sv_span v)
{
	size_t colons = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (!is_digit(v.ptr[i]) && v.ptr[i] != ':' && (v.ptr[i] != '*' || v.len < 30))
			return false;
		colons += !is_digit(v.ptr[i]);
	}
	return colons == 1;
}

/* 3D=3D: the end of a base64 text, as quoted-printable has it */
static bool is_quoted_padding(struct sv_span v)
{
	static const char padding[] = "3D=3D";

	return v.len >= 2 && v.len <= 5 && memcmp(v.ptr, padding, v.len) == 0;
}

/* 5m0s, 42h */
static bool is_duration(struct sv_span v)
{
	size_t units = 0;

	for (size_t i = 0; i < v.len; i++) {
		bool unit = strchr("hmsd", v.ptr[i]) != NULL;

		if (!is_digit(v.ptr[i]) && !unit)
			return false;
		units += unit;
	}
	return units != 0 && is_digit(v.ptr[0]);
}

/* \226\303: bytes that are no text, as a capture shows them */
static bool is_escaped_binary(struct sv_span v)
{
	size_t n = 0;

	for (size_t i = 0; i + 3 < v.len; i++)
		n += v.ptr[i] == '\\' && (((v.ptr[i + 1] == '2' || v.ptr[i + 1] == '3') &&
					   is_digit(v.ptr[i + 2]) && is_digit(v.ptr[i + 3])) ||
					  (v.ptr[i + 1] == 'x' && sv_hex_value(v.ptr[i + 2]) >= 8 &&
					   sv_hex_value(v.ptr[i + 3]) >= 0));
	return n >= 2;
}

/* 0x0102030405060708ULL */
static bool is_literal(struct sv_span v)
{
	size_t i = 2;

	if (v.len > 42 || v.ptr[0] != '0' || lower(v.ptr[1]) != 'x')
		return false;
	while (i < v.len && (is_digit(v.ptr[i]) || (lower(v.ptr[i]) >= 'a' && lower(v.ptr[i]) <= 'f')))
		i++;
	while (i < v.len && (lower(v.ptr[i]) == 'u' || lower(v.ptr[i]) == 'l'))
		i++;
	return i == v.len;
}

/* 2020-08-04, 2020/08/04 */
static bool is_date(struct sv_span v)
{
	/* a time may follow */
	if (v.len > 10 && v.len <= 30 && v.ptr[10] == 'T')
		v.len = 10;
	for (size_t i = 0; i < v.len; i++)
		if (i == 4 || i == 7 ? v.ptr[i] != '-' && v.ptr[i] != '/' : !is_digit(v.ptr[i]))
			return false;
	return v.len == 10;
}

/* "attrs==25.3.0" */
static bool asks_for_version(struct sv_span v)
{
	const uint8_t *at = memmem(v.ptr, v.len, "==", 2);

	return at != NULL && at + 2 < v.ptr + v.len && is_digit(at[2]);
}

/* "Schl\xFCssel", "m\u1EADt": letters of a language, as programs that shrink scripts write them */
static bool has_coded_letters(struct sv_span v)
{
	for (size_t i = 0; i + 4 <= v.len; i++) {
		unsigned digits = v.ptr[i + 1] == 'x'	? 2
				  : v.ptr[i + 1] == 'u' ? 4
							: 0,
			 code = 0, n = 0;

		if (v.ptr[i] != '\\' || digits == 0 || i + 2 + digits > v.len)
			continue;
		for (; n < digits && sv_hex_value(v.ptr[i + 2 + n]) >= 0; n++)
			code = code << 4 | (unsigned)sv_hex_value(v.ptr[i + 2 + n]);
		if (n == digits && code >= 0xC0)
			return true;
	}
	return false;
}

/* A text with its length. */
struct text {
	size_t len;
	const char *at;
};
#define WORD(word)                                                                                 \
	{                                                                                          \
		sizeof(word) - 1, word                                                             \
	}

/* Whatever the case, does s begin with word? */
static bool begins(struct sv_span s, const struct text *word)
{
	return s.len >= word->len && lower(s.ptr[0]) == lower((uint8_t)word->at[0]) &&
	       strncasecmp((const char *)s.ptr, word->at, word->len) == 0;
}

static bool holds(struct sv_span s, const struct counts *c, const struct text *word)
{
	const uint8_t *last = s.ptr + s.len - word->len, *at = s.ptr;

	if (word->len > s.len || !is_there(c, word->at[0]) || !is_there(c, word->at[1]) ||
	    (word->len > 2 && !is_there(c, word->at[2])))
		return false;
	while (at <= last && (at = memchr(at, word->at[0], (size_t)(last - at) + 1)) != NULL)
		if (memcmp(at++, word->at, word->len) == 0)
			return true;
	return false;
}

/* What sv_model_is_no_value() sees at a glance. */
static bool is_plainly_none(struct sv_span v)
{
	/* ") ? mask : text": what a call that was meant ends with */
	return strchr("=:)", v.ptr[0]) != NULL || (v.ptr[0] == '<' && v.ptr[v.len - 1] == '>') ||
	       is_text(v);
}

bool sv_model_is_no_value(struct sv_span v)
{
	static const struct text inside[] = {
		WORD("${"), WORD("{{"), WORD("#{"), WORD("$("), WORD("<%"), WORD("%("), WORD("%s"),
		WORD("%d"), WORD("%["), WORD("[^"), WORD(".*"), WORD("{}"), WORD("crwdns"),
		WORD("openpgp4fpr"), WORD("aabbccddeeff"), WORD("00112233445566"),
		WORD("AABBCCDDEEFF"), WORD("abcdef0"), WORD("fedcba0"), WORD("sample-"),
		WORD("..."), WORD("***"), WORD("xxxxx"), WORD("XXXXX"), WORD("!vault"), WORD("%>"),
		WORD("EXAMPLE"), WORD("FAKE"), WORD("[A-Z"), WORD("(?="), WORD("(?:"),
		WORD("\\u{"), WORD("\\e["), WORD("\\033["), WORD("\\x1b["), WORD("000102030405"),
		WORD("0123456789abcdef"), WORD("abcdefghijkl"), WORD("replace-me"),
		WORD("replace_me"), WORD("placeholder"), WORD("</"), WORD("<br"), WORD("{cipher}"),
		WORD("op://"), WORD("%02"), WORD("%0x"), WORD("\\("), WORD("HmacSHA"),
		WORD("WithHmac"), WORD("a-zA-Z"), WORD("A-Za-z"), WORD("0-9a-z"),
		WORD("0-9A-Z"), WORD("(?<"), WORD("(?!"), WORD("\\x00"), WORD("yyyy-"),
		WORD("YYYY-")};
	static const struct text whole[] = {
		WORD("null"), WORD("none"), WORD("true"), WORD("false"), WORD("undefined"),
		WORD("string"), WORD("nil"), WORD("required"), WORD("optional"), WORD("disabled"),
		WORD("enabled"), WORD("utf8"), WORD("utf-8"), WORD("base64"), WORD("hex"),
		WORD("ascii"), WORD("utf16le"), WORD("symbol"), WORD("number"), WORD("boolean"),
		WORD("object"), WORD("bytes"), WORD("string?"), WORD("string!"), WORD("str"),
		WORD("text"), WORD("unknown"), WORD("mschapv2"), WORD("mschap"),
		WORD("eap-mschapv2"), WORD("eap-tls"), WORD("eap-md5"), WORD("ntlmv1"),
		WORD("ntlmv2"), WORD("digest-md5"), WORD("cram-md5"), WORD("xoauth2"),
		WORD("oauth2"), WORD("oauthbearer"), WORD("scram-sha-256"), WORD("oidc"),
		WORD("ldap"), WORD("saml"), WORD("nfc"), WORD("nfd"), WORD("nfkc"), WORD("nfkd"),
		WORD("async"), WORD("await"), WORD("function"), WORD("lambda"), WORD("typeof"),
		WORD("nullptr"), WORD("prime256v1"), WORD("secp256k1"), WORD("secp256r1"),
		WORD("secp384r1"), WORD("secp521r1"), WORD("ed25519"), WORD("curve25519")};
	static const struct text openings[] = {
		WORD("idx_"), WORD("uniq_"), WORD("fk_"), WORD("'$"), WORD("&#"), WORD("&lt;"),
		WORD("&gt;"), WORD("&amp;"), WORD("-&gt;"), WORD("EJ[1:"), WORD(")."),
		WORD("[-._"), WORD("[a-z"), WORD("@color/"), WORD("ssh-rsa "),
		WORD("ssh-ed25519 "), WORD("required|"), WORD("nullable|"), WORD("sometimes|")};
	struct counts c = count(v);

	if (is_plainly_none(v) || is_digest(v) || is_version(v) || is_stored(v))
		return true;
	if (c.distinct < 3 || (c.space >= 3 && c.digit * 4 < v.len))
		return true;
	/* "Label: "+l(c(n,"x"): what stands between two texts that code joins */
	if (v.ptr[0] == '+' && memchr(v.ptr, '(', v.len) != NULL)
		return true;
	/* "-p$2": an option and a variable */
	if (v.ptr[0] == '-' && v.len < 8 && memchr(v.ptr, '$', v.len) != NULL)
		return true;
	/* #ff69b4 */
	if (v.ptr[0] == '#' && c.hex == v.len - 1 && v.len <= 9)
		return true;
	if (is_literal(v) || (c.high != 0 && is_bytes(v)) || is_position(v) || is_duration(v) ||
	    is_quoted_padding(v) || (is_there(&c, '\\') && is_escaped_binary(v)) ||
	    (v.len > 4 && (memcmp(v.ptr, "urn:", 4) == 0 || memcmp(v.ptr, "arn:", 4) == 0)) ||
	    is_date(v))
		return true;
	if (is_there(&c, '=') && asks_for_version(v))
		return true;
	/* "oaaXXXX" */
	if (v.len <= 16 && (is_there(&c, 'x') || is_there(&c, 'X')) && sv_holds_spelt(v, "xxxx"))
		return true;
	/* "whsec_", the beginning alone; "\f14e" */
	if (v.len <= 8 && (v.ptr[v.len - 1] == '_' || v.ptr[0] == '\\'))
		return true;
	/* names of a database's indexes; what a shell or a page puts in; what is encrypted; SSH's
	 * public keys */
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (v.len > openings[i].len && begins(v, &openings[i]))
			return true;
	/* a pattern, an expression */
	if (v.ptr[0] == '^' && v.ptr[v.len - 1] == '$')
		return true;
	if (v.ptr[0] == '/' && (memmem(v.ptr, v.len, "$/", 2) != NULL || v.ptr[v.len - 1] == '/'))
		return true;
	if (is_there(&c, '\\') && has_coded_letters(v))
		return true;
	/* "NOTE:": what is written before a value */
	if (v.len > 2 && v.ptr[v.len - 1] == ':')
		return true;
	/* a function of a template: [concat(variables('a'), …)] */
	if (v.len > 4 && v.ptr[0] == '[' && memcmp(v.ptr + v.len - 2, ")]", 2) == 0)
		return true;
	if (is_there(&c, '!') && memmem(v.ptr, v.len, "!=", 2) != NULL &&
	    memchr(v.ptr, '?', v.len) != NULL)
		return true;
	if (v.ptr[0] == '(' && v.ptr[v.len - 1] == ')')
		return true;
	/* what follows the scheme of an address */
	if (v.len > 2 && v.ptr[0] == '/' && v.ptr[1] == '/')
		return true;
	if (v.ptr[0] == '$' && c.other <= 2 && c.digit * 4 < v.len && (c.upper == 0 || c.lower == 0))
		return true;
	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		if (holds(v, &c, &inside[i]))
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (v.len == whole[i].len && begins(v, &whole[i]))
			return true;
	return false;
}

/* Its values are such as people choose. */
static bool is_chosen(const struct sv_check_input *in)
{
	const char *id = in->rule->id, *name = (const char *)in->text.ptr + in->match_start;

	if (strcmp(id, "generic-password") == 0 || strcmp(id, "generic-option") == 0)
		return true;
	/* an element or attribute: its match begins with the noun */
	return (strcmp(id, "generic-xml-element") == 0 || strcmp(id, "generic-named-value") == 0) &&
	       in->match_end - in->match_start > 4 &&
	       (strncasecmp(name, "pass", 4) == 0 || strncasecmp(name, "pwd", 3) == 0);
}

/*
 * What the model is in two minds about, as people make passwords or as machines make keys: letters and digits,
 * in both cases or with a mark, and no sign of a path, an address or a call.
 */
static bool is_as_made(const struct sv_check_input *in)
{
	struct sv_span v = in->secret;
	struct counts c = count(v);
	size_t letters = c.lower + c.upper;

	for (size_t i = 0; i < v.len; i++)
		if (v.ptr[i] >= 0x7F || strchr(" /\\()[]{}<>:;,&$%=\"'`", v.ptr[i]) != NULL)
			return false;
	if (is_chosen(in))
		return v.len >= 8 && v.len <= 32 && letters >= 4 && c.digit >= 2 &&
		       (letters + c.digit < v.len || (c.lower && c.upper));
	return v.len >= 24 && c.digit >= 3 && c.lower >= 6 && c.upper >= 6 && c.distinct >= 14;
}

static bool is_opened_by_quote(const struct sv_check_input *in)
{
	return in->secret.ptr > in->text.ptr && strchr("\"'`", in->secret.ptr[-1]) != NULL;
}

/* x509Options.passphrase: names that code reaches through each other */
static bool is_path_of_names(struct sv_span v)
{
	for (size_t i = 0; i < v.len; i++) {
		bool letter = is_lower(v.ptr[i]) || is_upper(v.ptr[i]) || v.ptr[i] == '_';

		if (!letter && (i == 0 || v.ptr[i - 1] == '.' || (!is_digit(v.ptr[i]) && v.ptr[i] != '.')))
			return false;
	}
	return true;
}

/*
 * What policies for passwords ask for, and neither text nor code has: letters of both cases, a number and
 * a mark; or with a number between the letters, which names have at their end. The model, which learns what
 * is rare from few, does not outvote it.
 */
static bool meets_a_policy(const struct sv_check_input *in)
{
	struct sv_span v = in->secret;
	size_t run = 0, i = 0;
	struct counts c;

	while (i < v.len && run < 3)
		run = is_digit(v.ptr[i++]) ? run + 1 : 0;
	while (i < v.len && is_digit(v.ptr[i]))
		i++;
	if (run < 3 || (!is_opened_by_quote(in) && is_path_of_names(v)))
		return false;
	c = count(v);
	if (c.lower < 3 || c.lower + c.upper + c.digit == v.len)
		return false;
	return (c.upper != 0 || (i < v.len && is_lower(v.ptr[i]))) && is_chosen(in) && is_as_made(in);
}

#define PIECE 8 /* bytes that can be judged */

/* Of a value with quotes that are escaped, what stands before the first; all of it if that is little. */
static struct sv_span before_quote(struct sv_span v)
{
	size_t n = 1;

	while (n < v.len && (v.ptr[n - 1] != '\\' || v.ptr[n] == '\0' || strchr("\"'`", v.ptr[n]) == NULL))
		n++;
	if (n >= v.len)
		return v;
	while (n > 0 && v.ptr[n - 1] == '\\')
		n--;
	return n < PIECE ? v : sv_span(v.ptr, n);
}

/* sv_model_is_no_value(), asked once of a value that comes again. */
static bool is_none(const struct sv_check_input *in)
{
	const struct sv_value none = {.none = true};
	const struct sv_value *kept = in->values ? sv_values_find(in->values, in->secret) : NULL;

	if (kept != NULL)
		return kept->none;
	if (!sv_model_is_no_value(in->secret))
		return false;
	if (in->values != NULL)
		sv_values_keep(in->values, in->secret, &none);
	return true;
}

/*
 * All that the model's refusal depends on: what features look at, and what is_chosen() and
 * is_opened_by_quote() see of it.
 */
static struct sv_memo_key key_of(const struct sv_check_input *in, const struct place *p)
{
	size_t low = p->before, high = p->end + AFTER_REACH, name = in->match_start;

	/* a match begins no later than its value, and more is looked at before it */
	_Static_assert(BEFORE_REACH <= KEY_REACH, "what is looked at before a value");
	if (low + KEY_REACH > name)
		low = name > KEY_REACH ? name - KEY_REACH : 0;
	if (high < p->after)
		high = p->after;
	if (high > in->text.len)
		high = in->text.len;
	return sv_memo_match_key(
		in->memo, sv_span(in->text.ptr + low, high - low),
		(size_t[]){(uintptr_t)in->rule, name - low, p->start - low, in->secret.len,
			   p->before - low,
			   p->times << 3 | (unsigned)is_chosen(in) << 2 |
				   (unsigned)(low == 0) << 1 | (high == in->text.len)},
		6);
}

struct sv_memo_key sv_model__key(const struct sv_check_input *in)
{
	struct place place = place_of(in);

	return key_of(in, &place);
}

/* What the model says of it, bounds of its own included. */
static bool is_unlikely(const struct sv_check_input *in, const struct place *place, int32_t *ret_sum)
{
	const struct sv_model *model = sv_model_builtin();
	struct sv_features f;
	int32_t sum;

	f.plain = !sv_has_avx512();
	make_features(model, in, place, &f);
	*ret_sum = sum = sv_model_sum(model, &f);
	return sum < model->low && !meets_a_policy(in) && !(sum >= 2 * model->low && is_as_made(in));
}

/* The same, asked once for what looks the same: lists and tests write it again and again. */
static bool is_known_unlikely(const struct sv_check_input *in, int32_t *ret_sum)
{
	struct place place = place_of(in);
	struct sv_memo_key key;

	if (in->memo == NULL)
		return is_unlikely(in, &place, ret_sum);
	key = key_of(in, &place);
	if (sv_memo_is_refused(in->memo, SV_MEMO_BY_MODEL, &key))
		return true;
	if (!is_unlikely(in, &place, ret_sum))
		return false;
	sv_memo_refuse(in->memo, SV_MEMO_BY_MODEL, &key);
	return true;
}

enum sv_verdict sv_check_learnt_secret(const struct sv_check_input *whole, struct sv_candidate *cand)
{
	/* a long row of signs reads as code: a piece of a drawn value is as telling */
	struct sv_check_input piece = *whole;
	const struct sv_check_input *in = &piece;
	const struct sv_model *model = sv_model_builtin();
	const char *why;
	int32_t sum;

	if (whole->secret.len == 0)
		return SV_CHECK_FAILED;
	piece.secret = before_quote(whole->secret);
	if (is_none(in) || is_known_unlikely(in, &sum))
		return SV_CHECK_FAILED;
	/* of a hundred, the model refuses 75, and these 25, for two thirds of its cost */
	if (sv_is_public(in) || sv_is_identifier(in))
		return SV_CHECK_FAILED;
	why = sv_is_stock(in->secret) ? "everybody writes this" : sv_form_only(in);
	if (why != NULL) {
		cand->confidence = SV_CONF_LOW;
		sv_candidate_reason(cand, why);
		return SV_CHECK_JUDGED;
	}
	cand->confidence = sum >= model->high			      ? SV_CONF_HIGH
			   : sum >= model->medium || is_as_made(in) ? SV_CONF_MEDIUM
						  : SV_CONF_LOW;
	sv_candidate_reason(cand, cand->confidence == SV_CONF_LOW ? "it stands beside the name of a secret, and may be none"
								  : "it stands beside the name of a secret");
	sv_candidate_reason(cand, sv_model_surprise(in->secret) > 36
					  ? "its characters are unlike text"
					  : "its characters could be text");
	return SV_CHECK_JUDGED;
}
