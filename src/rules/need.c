/*
 * Most places where an anchor stands are none of its token: what follows is too short, or of other
 * characters. To see that takes no compiled expression, and compiling one takes as long as scanning
 * 50 KB.
 */
#include "rules/need.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define LEAST	 8 /* shorter runs are everywhere */
#define MOST	 65535
#define DEEP	 32
#define SETTINGS "ismx"

/* A wrong reading would lose findings: whatever is not plain ends it. */
struct reader {
	const char *at;
	unsigned depth;
	bool caseless, spaced, lost; /* spaced: (?x) */
};

/* So many bytes in a row, or more, all of these. */
struct run {
	size_t n;
	struct sv_bytes of;
};

/*
 * What is known of the words that a part of an expression matches. Where at has more than a word is
 * long it says nothing of it.
 */
struct part {
	struct run best;  /* that every word holds */
	struct run all;	  /* words are nothing but this; of no length: they may be anything */
	bool single;	  /* words are the bytes of at[0], each of them */
	unsigned lengths; /* a bit for each that words may have; the last stands for all longer ones
			   */
	struct sv_bytes before, at[SV_NEED_FIRST];
	struct sv_bytes rest; /* that words may hold after their first */
};

static const struct sv_bytes any = {{~0ull, ~0ull, ~0ull, ~0ull}};
static const struct part empty = {.lengths = 1, .before = {{~0ull, ~0ull, ~0ull, ~0ull}}};

static void lose(struct reader *r)
{
	r->lost = true;
	r->at = ""; /* nothing more is read */
}

static void set(struct sv_bytes *b, uint8_t c)
{
	b->of[c / 64] |= 1ull << c % 64;
}

static bool has(const struct sv_bytes *b, uint8_t c)
{
	return b->of[c / 64] >> c % 64 & 1;
}

static void unite(struct sv_bytes *b, const struct sv_bytes *other)
{
	for (int i = 0; i < 4; i++)
		b->of[i] |= other->of[i];
}

static bool is_any(const struct sv_bytes *b)
{
	return memcmp(b, &any, sizeof(any)) == 0;
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

static void set_cased(struct sv_bytes *b, uint8_t c, bool caseless)
{
	set(b, c);
	if (caseless && is_letter(c))
		set(b, c ^ 0x20);
}

/* \d \w \s after the backslash; false: it is none of these */
static bool set_kind(struct sv_bytes *b, char kind)
{
	if (kind != 'd' && kind != 'w' && kind != 's')
		return false;
	for (unsigned c = 0; c < 128; c++) {
		bool digit = is_digit((uint8_t)c),
		     word = digit || is_letter((uint8_t)c) || c == '_';

		if (kind == 'd' ? digit : kind == 'w' ? word : c == ' ' || (c >= 9 && c <= 13))
			set(b, (uint8_t)c);
	}
	return true;
}

/* A character that stands for itself after a backslash; 0 if it does not. */
static uint8_t escaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return (uint8_t)c < 0x80 && !is_letter((uint8_t)c) && !is_digit((uint8_t)c)
			       ? (uint8_t)c
			       : 0;
	}
}

/* One member of a class, from r->at on; -1: it was a kind of characters, or there is no reading it.
 */
static int read_member(struct reader *r, struct sv_bytes *b)
{
	uint8_t c = (uint8_t)*r->at;

	if (c == '\0' || (c == '[' && (r->at[1] == ':' || r->at[1] == '.' || r->at[1] == '='))) {
		lose(r);
		return -1;
	}
	r->at++;
	if (c != '\\')
		return c;
	if (set_kind(b, *r->at)) {
		r->at++;
		return -1;
	}
	c = escaped(*r->at);
	if (c == 0) {
		lose(r);
		return -1;
	}
	r->at++;
	return c;
}

/* After the [ of a class. */
static void read_class(struct reader *r, struct sv_bytes *b)
{
	bool negated = *r->at == '^', first = true;

	r->at += negated;
	for (; !r->lost && (first || *r->at != ']'); first = false) {
		int low = read_member(r, b), high = low;

		if (r->at[0] == '-' && r->at[1] != ']' && low >= 0) {
			r->at++;
			high = read_member(r, b);
			if (high < low)
				lose(r);
		}
		for (int c = low; !r->lost && c >= 0 && c <= high; c++)
			set_cased(b, (uint8_t)c, r->caseless);
	}
	r->at += !r->lost;
	for (int i = 0; negated && i < 4; i++)
		b->of[i] = ~b->of[i];
}

static size_t read_number(const char **at)
{
	size_t n = 0;

	for (; is_digit((uint8_t) * *at); ++*at)
		n = n < MOST ? n * 10 + (size_t)(**at - '0') : MOST;
	return n;
}

/* Of (?x): what is there for those who read it. */
static void skip_space(struct reader *r)
{
	while (r->spaced && (*r->at == '#' || (*r->at != '\0' && strchr(" \t\n\v\f\r", *r->at)))) {
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		else
			r->at++;
	}
}

/* How often what stands before it is there. */
struct times {
	size_t least, most;
};

static struct times read_quantifier(struct reader *r)
{
	struct times n = {1, 1};
	const char *at;

	skip_space(r);
	at = r->at;
	if (*at == '?' || *at == '*' || *at == '+') {
		n.least = *at == '+';
		n.most = *at++ == '?' ? 1 : MOST;
	} else if (*at == '{' && is_digit((uint8_t)at[1])) {
		at++;
		n.least = n.most = read_number(&at);
		if (*at == ',') {
			at++;
			n.most = is_digit((uint8_t)*at) ? read_number(&at) : MOST;
		}
		if (*at++ != '}') {
			lose(r);
			return n;
		}
	} else {
		return n;
	}
	r->at = at;
	if (*r->at == '?' || *r->at == '+')
		r->at++;
	return n;
}

/* ---- of parts, what their words begin with ---- */

/* next follows p. */
static void follow(struct part *p, const struct part *next)
{
	unsigned lengths = 0;

	for (int i = 0; p->lengths == 1 && i < 4; i++)
		p->before.of[i] &= next->before.of[i];
	/* the first byte of what is next is a word's first only where nothing precedes it */
	if (p->lengths != 1)
		unite(&p->rest, &next->at[0]);
	unite(&p->rest, &next->rest);
	for (unsigned n = 0; n <= SV_NEED_FIRST; n++) {
		if (!(p->lengths >> n & 1))
			continue;
		for (unsigned i = 0; n + i < SV_NEED_FIRST; i++)
			unite(&p->at[n + i], &next->at[i]);
		for (unsigned k = 0; k <= SV_NEED_FIRST; k++)
			if (next->lengths >> k & 1)
				lengths |= 1u << (n + k < SV_NEED_FIRST ? n + k : SV_NEED_FIRST);
	}
	p->lengths = lengths;
}

/* Or it is other. */
static void admit(struct part *p, const struct part *other)
{
	unite(&p->before, &other->before);
	for (unsigned i = 0; i < SV_NEED_FIRST; i++)
		unite(&p->at[i], &other->at[i]);
	unite(&p->rest, &other->rest);
	p->lengths |= other->lengths;
}

static void follow_times(struct part *p, const struct part *next, struct times n)
{
	struct part perhaps = *next;

	admit(&perhaps, &empty);
	for (size_t i = 0; i < n.most && i < n.least + SV_NEED_FIRST && i < 2 * SV_NEED_FIRST; i++)
		follow(p, i < n.least ? next : &perhaps);
}

/* Words of which nothing is known. */
static struct part unknown(void)
{
	struct part p = {.lengths = (2u << SV_NEED_FIRST) - 1, .before = any, .rest = any};

	for (unsigned i = 0; i < SV_NEED_FIRST; i++)
		p.at[i] = any;
	return p;
}

static struct part of_one(const struct sv_bytes *bytes)
{
	return (struct part){.single = !is_any(bytes), .lengths = 2, .before = any, .at = {*bytes}};
}

enum opening { CONSUMES, LOOKS, FOLLOWS, FOLLOWS_NOT };

/* What begins a group, after its parenthesis. */
static enum opening read_opening(struct reader *r)
{
	const char *at = r->at;
	enum opening kind = CONSUMES;

	if (*at == '*') {
		lose(r);
		return kind;
	}
	if (*at != '?')
		return kind;
	at++;
	if (*at == '=' || *at == '!') {
		kind = LOOKS;
		r->at = at + 1;
	} else if (*at == '<' && (at[1] == '=' || at[1] == '!')) {
		kind = at[1] == '=' ? FOLLOWS : FOLLOWS_NOT;
		r->at = at + 2;
	} else if (*at == ':' || *at == '|' || *at == '>') {
		r->at = at + 1;
	} else if (*at == '<') {
		at = strchr(at, '>');
		if (at == NULL)
			lose(r);
		else
			r->at = at + 1;
	} else {
		for (; *at != '\0' && strchr(SETTINGS, *at); at++) {
			r->caseless |= *at == 'i';
			r->spaced |= *at == 'x';
			if (at[0] == 'x' && at[1] == 'x')
				lose(r);
		}
		/* (?i) itself, or (?i: which begins a group */
		if (*at != ')' && *at != ':')
			lose(r);
		else
			r->at = at + (*at == ':');
	}
	return kind;
}

static bool is_setting(const char *at)
{
	return at[0] == '?' && at[1 + strspn(at + 1, SETTINGS)] == ')';
}

static void take_longer(struct run *best, const struct run *other)
{
	if (other->n > best->n)
		*best = *other;
}

/* It is one of two. */
static void take_either(struct run *run, const struct run *other)
{
	if (other->n < run->n)
		run->n = other->n;
	unite(&run->of, &other->of);
}

static void prolong(struct run *run, const struct sv_bytes *of, size_t n)
{
	run->n = run->n + n < MOST ? run->n + n : MOST;
	unite(&run->of, of);
}

static struct part read_alternatives(struct reader *r);

/* A group after its parenthesis. */
static struct part read_group(struct reader *r, bool *ret_consumes)
{
	bool caseless = r->caseless, spaced = r->spaced;
	struct part inside, looked = empty;
	enum opening kind = read_opening(r);

	*ret_consumes = kind == CONSUMES;
	if (++r->depth > DEEP)
		lose(r);
	inside = read_alternatives(r);
	if (*r->at++ != ')') {
		lose(r);
		return inside;
	}
	r->depth--;
	r->caseless = caseless;
	r->spaced = spaced;
	if (kind == CONSUMES)
		return inside;
	/* one byte before what follows */
	if (kind == FOLLOWS && inside.lengths == 2)
		looked.before = inside.at[0];
	for (int i = 0; kind == FOLLOWS_NOT && inside.single && i < 4; i++)
		looked.before.of[i] = ~inside.at[0].of[i];
	return looked;
}

/* "\g{-2}", "\k<sort>": what a group has matched, after the backslash. */
static bool read_reference(struct reader *r)
{
	const char *end = NULL;

	if (r->at[0] == 'g' && r->at[1] == '{')
		end = strchr(r->at, '}');
	else if (r->at[0] == 'k' && r->at[1] == '<')
		end = strchr(r->at, '>');
	if (end != NULL)
		r->at = end + 1;
	return end != NULL;
}

/* One character or class, or what stands between two. */
static struct part read_one(struct reader *r)
{
	uint8_t c = (uint8_t)*r->at++;
	struct sv_bytes bytes = {{0}};

	if (c == '^' || c == '$')
		return empty;
	if (c == '.')
		return of_one(&any);
	if (c == '[') {
		read_class(r, &bytes);
		return of_one(&bytes);
	}
	/* versions of PCRE2 do not agree whether {,3} asks for a number; others stand after nothing
	 */
	if (strchr("{?*+", c))
		lose(r);
	if (c != '\\') {
		set_cased(&bytes, c, r->caseless);
		return of_one(&bytes);
	}
	if (read_reference(r))
		return unknown();
	c = (uint8_t)*r->at++;
	if (c == 'b' || c == 'B')
		return empty;
	if (set_kind(&bytes, (char)c))
		return of_one(&bytes);
	c = escaped((char)c);
	if (c == 0)
		lose(r);
	else
		set(&bytes, c);
	return of_one(&bytes);
}

/* What is read of a sequence. */
struct sequence {
	struct part part;
	struct run run; /* that may go on with what follows */
	bool mixed;	/* it is more than one run */
};

static void add_run(struct sequence *s, const struct sv_bytes *of, size_t n)
{
	prolong(&s->run, of, n);
	prolong(&s->part.all, of, n);
	take_longer(&s->part.best, &s->run);
}

/* A run ends at a group that is there once: it would be longer, but of more bytes, and tell less.
 */
static void add_group(struct sequence *s, const struct part *group, size_t least)
{
	s->run = (struct run){0};
	s->mixed |= least == 0 || group->all.n == 0;
	if (least == 0)
		return;
	take_longer(&s->part.best, &group->best);
	if (least == 1)
		prolong(&s->part.all, &group->all.of, group->all.n);
	else if (group->all.n != 0)
		add_run(s, &group->all.of, group->all.n * least);
}

static void add_one(struct sequence *s, const struct part *one, size_t least)
{
	if (least != 0 && !is_any(&one->at[0])) {
		add_run(s, &one->at[0], least);
		return;
	}
	s->run = (struct run){0};
	s->mixed = true;
}

/* Up to the end, a bar or a closing parenthesis. */
static struct part read_sequence(struct reader *r)
{
	struct sequence s = {.part = empty};
	bool consumes, single = true;
	size_t items = 0;

	for (skip_space(r); !r->lost && *r->at != '\0' && *r->at != '|' && *r->at != ')';
	     skip_space(r)) {
		struct part one;
		struct times n;

		if (r->at[0] == '(' && is_setting(r->at + 1)) {
			r->at++;
			(void)read_opening(r);
			r->at++;
			continue;
		}
		if (*r->at == '(') {
			r->at++;
			one = read_group(r, &consumes);
			n = read_quantifier(r);
			if (consumes)
				add_group(&s, &one, n.least);
			single = false;
		} else {
			one = read_one(r);
			n = read_quantifier(r);
			/* what is between characters has no length */
			if (one.lengths != 1)
				add_one(&s, &one, n.least);
			single &= one.single && n.least == 1 && n.most == 1;
		}
		items++;
		follow_times(&s.part, &one, n);
	}
	if (s.mixed)
		s.part.all = (struct run){0};
	s.part.single = single && items == 1;
	return s.part;
}

static struct part read_alternatives(struct reader *r)
{
	bool caseless = r->caseless, spaced = r->spaced;
	struct part any_of = read_sequence(r);

	/* whichever it is, it has the shortest of their runs, of some of their characters */
	while (!r->lost && *r->at == '|') {
		struct part other;

		r->at++;
		other = read_sequence(r);
		take_either(&any_of.best, &other.best);
		take_either(&any_of.all, &other.all);
		any_of.single &= other.single;
		admit(&any_of, &other);
	}
	r->caseless = caseless;
	r->spaced = spaced;
	return any_of;
}

/* How many of the first bytes are known: all words have them, and they are not any. */
static unsigned known_first(const struct part *p)
{
	unsigned n = (unsigned)__builtin_ctz(p->lengths | 1u << SV_NEED_FIRST);

	while (n != 0 && is_any(&p->at[n - 1]))
		n--;
	return n;
}

struct sv_need sv_need_of(const char *pattern)
{
	struct reader r = {.at = pattern};
	struct part part = read_alternatives(&r);
	struct sv_need need = {0};

	if (r.lost || *r.at != '\0')
		return need;
	if (part.best.n >= LEAST) {
		need.run = part.best.n;
		need.of = part.best.of;
	}
	need.line = !has(&part.rest, '\n');
	need.first = known_first(&part);
	if (need.first != 0) {
		need.before = part.before;
		memcpy(need.at, part.at, sizeof(need.at));
	}
	return need;
}

#ifdef __x86_64__
/* Do n bits in a row stand in word, n below 64? */
static bool has_row(uint64_t word, size_t n)
{
	for (size_t have = 1, step; word != 0 && have < n; have += step) {
		step = have < n - have ? have : n - have;
		word &= word >> step;
	}
	return word != 0;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi,lzcnt")))

/* A bit for each of the up to 64 bytes from at on that is one of set. */
AVX512 static inline uint64_t members(const struct sv_bytes *set, struct sv_span bytes, size_t at)
{
	size_t left = at < bytes.len ? bytes.len - at : 0;
	__mmask64 there = left < 64 ? (1ull << left) - 1 : ~0ull;
	__m512i table =
		_mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(const void *)set->of));
	__m512i b = _mm512_maskz_loadu_epi8(there, bytes.ptr + at);
	__m512i eighth = _mm512_permutexvar_epi8(
		_mm512_and_si512(_mm512_srli_epi16(b, 3), _mm512_set1_epi8(31)), table);

	return _mm512_mask_test_epi8_mask(
		there, eighth,
		_mm512_shuffle_epi8(_mm512_set1_epi64((long long)0x8040201008040201),
				    _mm512_and_si512(b, _mm512_set1_epi8(7))));
}

/* sv_need_is_in() by 64 bytes. */
AVX512 static bool is_in_by_64(const struct sv_need *need, struct sv_span bytes)
{
	size_t row = 0; /* of those, how many end where the next 64 begin */

	for (size_t at = 0; at < bytes.len; at += 64) {
		uint64_t word = members(&need->of, bytes, at);

		if (word == ~0ull) {
			row += 64;
			if (row >= need->run)
				return true;
			continue;
		}
		if (row + (size_t)__builtin_ctzll(~word) >= need->run ||
		    (need->run < 64 && has_row(word, need->run)))
			return true;
		row = (size_t)__builtin_clzll(~word);
	}
	return false;
}

/* The first of 64 places at a time where all that is known of a match's beginning stands. */
AVX512 static size_t start_by_64(const struct sv_need *need, struct sv_span bytes, size_t from,
				 size_t to)
{
	for (; from < to; from += 64) {
		uint64_t places = to - from < 64 ? (1ull << (to - from)) - 1 : ~0ull;

		for (unsigned n = 0; n < need->first && places != 0; n++)
			places &= members(&need->at[n], bytes, from + n);
		if (places == 0)
			continue;
		places &= from ? members(&need->before, bytes, from - 1)
			       : members(&need->before, bytes, 0) << 1 | 1;
		if (places != 0)
			return from + (size_t)__builtin_ctzll(places);
	}
	return to;
}
#else
#define is_in_by_64 sv_need__is_in_plain
#define start_by_64 sv_need__start_plain
#endif

bool sv_need_is_in(const struct sv_need *need, struct sv_span bytes)
{
	if (need->run == 0)
		return true;
	return (sv_has_avx512() ? is_in_by_64 : sv_need__is_in_plain)(need, bytes);
}

bool sv_need__is_in_plain(const struct sv_need *need, struct sv_span bytes)
{
	size_t from = 0;

	while (from + need->run <= bytes.len) {
		size_t at = from + need->run;

		while (at > from && has(&need->of, bytes.ptr[at - 1]))
			at--;
		if (at == from)
			return true;
		from = at;
	}
	return false;
}

/* The byte, where there is but one; -1 */
static int only_byte(const struct sv_bytes *b)
{
	int only = -1;

	for (int i = 0; i < 4; i++) {
		if (b->of[i] == 0)
			continue;
		if (only >= 0 || (b->of[i] & (b->of[i] - 1)) != 0)
			return -1;
		only = i * 64 + __builtin_ctzll(b->of[i]);
	}
	return only;
}

static size_t next_byte(struct sv_span bytes, size_t from, size_t to, int byte)
{
	const uint8_t *at = memchr(bytes.ptr + from, byte, to - from);

	return at ? (size_t)(at - bytes.ptr) : to;
}

size_t sv_need__start_plain(const struct sv_need *need, struct sv_span bytes, size_t from,
			    size_t to)
{
	int only = only_byte(&need->at[0]);

	for (; from < to; from++) {
		unsigned n = 0;

		if (only >= 0)
			from = next_byte(bytes, from, to, only);
		if (from == to)
			break;
		if (!has(&need->at[0], bytes.ptr[from]) ||
		    (from != 0 && !has(&need->before, bytes.ptr[from - 1])))
			continue;
		while (++n < need->first && from + n < bytes.len &&
		       has(&need->at[n], bytes.ptr[from + n]))
			;
		if (n == need->first)
			break;
	}
	return from;
}

size_t sv_need_start(const struct sv_need *need, struct sv_span bytes, size_t from, size_t to)
{
	const uint8_t *end =
		need->line && from < to ? memrchr(bytes.ptr + from, '\n', to - from) : NULL;

	if (end != NULL)
		from = (size_t)(end - bytes.ptr);
	if (need->first == 0 || from >= to)
		return from;
	return (sv_has_avx512() ? start_by_64 : sv_need__start_plain)(need, bytes, from, to);
}
