#include "rulec/literals.h"
#include "rulec/rates.h"
#include <stdio.h>

#define CROSSED 24 /* texts that two parts may make together */
#define REPEATS 12 /* and a part that is repeated */
#define CLASS	6  /* characters of a class that are looked at one by one */
#define LEAST	3  /* bytes of a text that is worth looking for */
#define DEEP	8

/* What is known of a part of an expression: all that it matches, what each match begins with, ends
 * with, holds. */
struct set {
	size_t n; /* 0: unknown */
	struct sv_literal of[SV_LITERALS_MOST];
};
struct part {
	struct set exact, head, tail, need;
};

struct reader {
	const char *at;
	unsigned depth;
	bool caseless, lost;
	bool picky; /* a letter or a space stands for itself alone, or what is beside matters */
};

static const struct set nothing = {.n = 1}; /* the empty text */

static void lose(struct reader *r)
{
	r->lost = true;
	r->at = "";
}

static bool is_letter(unsigned c)
{
	return (c | 0x20) - 'a' < 26;
}

/* ---- sets of texts ---- */

/* Each of a before each of b; false: they become too many or too long. */
static bool cross(const struct set *a, const struct set *b, size_t most, struct set *ret)
{
	struct set both;

	if (a->n == 0 || b->n == 0 || (a->n != 1 && b->n != 1 && a->n * b->n > most))
		return false;
	both.n = 0;
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++) {
			struct sv_literal *l = &both.of[both.n++];

			if (a->of[i].len + b->of[k].len > SV_LITERAL_LEN)
				return false;
			*l = a->of[i];
			memcpy(l->text + l->len, b->of[k].text, b->of[k].len);
			l->len = (uint8_t)(l->len + b->of[k].len);
		}
	*ret = both;
	return true;
}

/* Unknown if one is, or if they are too many. */
static void unite(struct set *a, const struct set *b)
{
	if (a->n == 0 || b->n == 0 || a->n + b->n > SV_LITERALS_MOST) {
		a->n = 0;
		return;
	}
	memcpy(a->of + a->n, b->of, b->n * sizeof(*b->of));
	a->n += b->n;
}

bool sv_literal_is_told(const struct sv_literal *of, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (of[k].len < of[i].len &&
		    memmem(of[i].text, of[i].len, of[k].text, of[k].len) != NULL)
			return true;
	return false;
}

static double rate_of(const struct set *s)
{
	double rate = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!sv_literal_is_told(s->of, s->n, i))
			rate += sv_rate_of_text(s->of[i].text, s->of[i].len);
	return rate;
}

static bool is_worth_it(const struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->of[i].len < LEAST)
			return false;
	return s->n != 0;
}

/* The rarer one. */
static void offer(struct set *best, const struct set *other)
{
	if (is_worth_it(other) && (best->n == 0 || rate_of(other) < rate_of(best)))
		*best = *other;
}

/* ---- the expression ---- */

static void alternatives(struct reader *r, struct part *ret);

/* A character that stands for itself, after a backslash or not; false: it stands for something
 * else. */
static bool plain(struct reader *r, char c, unsigned *ret)
{
	static const char from[] = "nrtfv", to[] = "\n\r\t\f\v";
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'x') {
		unsigned value = 0;

		for (int i = 0; i < 2; i++, r->at++) {
			unsigned digit = (unsigned)*r->at - '0', letter = (*r->at | 0x20u) - 'a';

			if (digit > 9 && letter > 5)
				return false;
			value = value * 16 + (digit <= 9 ? digit : letter + 10);
		}
		*ret = value;
		return true;
	}
	if (known == NULL && (is_letter((unsigned char)c) || (c >= '0' && c <= '9') || c == '\0'))
		return false;
	*ret = known ? (unsigned char)to[known - from] : (unsigned char)c;
	return true;
}

/* \s \d \w into a set of bytes; false: it is none of these. */
static bool kind(char c, bool in[256])
{
	if (c != 's' && c != 'd' && c != 'w')
		return false;
	for (unsigned i = 0; i < 128; i++)
		if (c == 's' ? i == ' ' || (i >= '\t' && i <= '\r')
			     : (i >= '0' && i <= '9') || (c == 'w' && (is_letter(i) || i == '_')))
			in[i] = true;
	return true;
}

/* What stands for a byte in a text: a letter for both cases, a blank for any space. */
static uint8_t folded(struct reader *r, unsigned c, const bool in[256])
{
	if (is_letter(c)) {
		r->picky |= !r->caseless && !(in[c | 0x20] && in[c & ~0x20u]);
		return (uint8_t)(c | 0x20);
	}
	r->picky |= c == ' ' || (c >= '\t' && c <= '\r');
	return (uint8_t)(c >= '\t' && c <= '\r' ? ' ' : c);
}

/* Few bytes are looked at one by one; of many, nothing is known. */
static void part_of_bytes(struct reader *r, const bool in[256], struct part *ret)
{
	bool seen[256] = {false};

	*ret = (struct part){0};
	for (unsigned i = 0; i < 256; i++)
		if (in[i])
			seen[folded(r, i, in)] = true;
	for (unsigned i = 0; i < 256; i++) {
		if (!seen[i])
			continue;
		if (ret->exact.n == CLASS) {
			ret->exact.n = 0;
			return;
		}
		ret->exact.of[ret->exact.n++] = (struct sv_literal){1, {(uint8_t)i}};
	}
	ret->head = ret->tail = ret->exact;
}

static void class(struct reader *r, struct part *ret)
{
	bool in[256] = {false}, negated = *r->at == '^';
	bool first = true;

	r->at += negated;
	for (; *r->at != ']' || first; first = false) {
		unsigned c = (unsigned char)*r->at, last;

		if (c == '\0' || (c == '[' && r->at[1] == ':')) {
			lose(r);
			return;
		}
		r->at++;
		if (c == '\\' && kind(*r->at, in)) {
			r->at++;
			continue;
		}
		if (c == '\\' && !plain(r, *r->at++, &c)) {
			lose(r);
			return;
		}
		last = c;
		if (*r->at == '-' && r->at[1] != ']') {
			last = (unsigned char)r->at[1];
			r->at += 2;
			if (last == '\\' && !plain(r, *r->at++, &last)) {
				lose(r);
				return;
			}
		}
		for (; c <= last; c++)
			in[c] = true;
	}
	r->at++;
	for (unsigned i = 0; negated && i < 256; i++)
		in[i] = !in[i];
	part_of_bytes(r, in, ret);
}

static void group(struct reader *r, struct part *ret)
{
	bool caseless = r->caseless;

	if (++r->depth > DEEP) {
		lose(r);
		return;
	}
	if (strncmp(r->at, "?i)", 3) == 0) {
		/* until the group around it ends */
		r->at += 3;
		r->caseless = true;
		*ret = (struct part){.exact = nothing, .head = nothing, .tail = nothing};
		r->depth--;
		return;
	}
	if (strncmp(r->at, "?i:", 3) == 0) {
		r->caseless = true;
		r->at += 3;
	} else if (strncmp(r->at, "?:", 2) == 0) {
		r->at += 2;
	}
	alternatives(r, ret);
	if (*r->at != ')')
		lose(r);
	else
		r->at++;
	r->caseless = caseless;
	r->depth--;
}

static void one(struct reader *r, struct part *ret)
{
	bool in[256] = {false};
	unsigned c = (unsigned char)*r->at++;

	if (c == '(') {
		group(r, ret);
		return;
	}
	if (c == '[') {
		class(r, ret);
		return;
	}
	if (c == '^' || c == '$' || (c == '\\' && *r->at == 'b')) {
		r->at += c == '\\';
		r->picky = true;
		*ret = (struct part){.exact = nothing, .head = nothing, .tail = nothing};
		return;
	}
	if (c == '.')
		memset(in, true, sizeof(in));
	else if (c == '\\' && kind(*r->at, in))
		r->at++;
	else if (c == '\\' ? !plain(r, *r->at++, &c) : strchr("*+?", (int)c) != NULL)
		lose(r);
	else
		in[c] = true;
	part_of_bytes(r, in, ret);
}

/* {n}, {n,}, {n,m}; false: a brace stands for itself */
static bool braces(struct reader *r, unsigned *ret_least, unsigned *ret_most)
{
	unsigned least, most;
	int len = 0;

	if (sscanf(r->at, "{%3u}%n", &least, &len) == 1 && len > 0)
		most = least;
	else if (sscanf(r->at, "{%3u,%3u}%n", &least, &most, &len) == 2 && len > 0)
		;
	else if (sscanf(r->at, "{%3u,}%n", &least, &len) == 1 && len > 0)
		most = UINT32_MAX;
	else
		return false;
	r->at += len;
	*ret_least = least;
	*ret_most = most;
	return true;
}

static void repeat(struct part *p, unsigned least, unsigned most)
{
	struct set power = nothing, all;
	bool fits = p->exact.n != 0;
	unsigned copies = 0;

	while (fits && copies < least) {
		fits = cross(&power, &p->exact, least == most ? CROSSED : REPEATS, &power);
		copies += fits;
	}
	if (least == 0)
		p->head.n = p->tail.n = p->need.n = 0;
	else if (copies != 0)
		p->head = p->tail = p->need = power;
	all = power;
	while (fits && copies < most) {
		fits = most != UINT32_MAX && cross(&power, &p->exact, REPEATS, &power) &&
		       power.n <= REPEATS && all.n + power.n <= REPEATS;
		if (fits)
			unite(&all, &power);
		copies++;
	}
	if (fits)
		p->exact = p->head = p->tail = all;
	else
		p->exact.n = 0;
}

static void repeated(struct reader *r, struct part *ret)
{
	unsigned least = 1, most = 1;

	one(r, ret);
	if (*r->at == '*' || *r->at == '+' || *r->at == '?') {
		least = *r->at == '+';
		most = *r->at == '?' ? 1 : UINT32_MAX;
		r->at++;
	} else if (*r->at != '{' || !braces(r, &least, &most)) {
		return;
	}
	if (*r->at == '?' || *r->at == '+')
		r->at++;
	repeat(ret, least, most);
}

static void sequence(struct reader *r, struct part *ret)
{
	struct set so_far = nothing, head, best = {0};
	bool broken = false;

	while (*r->at != '\0' && *r->at != '|' && *r->at != ')') {
		struct set longer = so_far;
		struct part p;

		repeated(r, &p);
		if (r->lost)
			return;
		if (cross(&so_far, &p.exact, CROSSED, &so_far))
			continue;
		/* what goes on is not known whole */
		(void)cross(&so_far, &p.head, CROSSED, &longer);
		offer(&best, &longer);
		offer(&best, &p.need);
		if (!broken)
			head = longer;
		so_far = p.tail.n ? p.tail : nothing;
		broken = true;
	}
	offer(&best, &so_far);
	*ret = (struct part){.need = best, .head = broken ? head : so_far, .tail = so_far};
	if (!broken)
		ret->exact = so_far;
}

static void alternatives(struct reader *r, struct part *ret)
{
	sequence(r, ret);
	while (*r->at == '|') {
		struct part other;

		r->at++;
		sequence(r, &other);
		if (r->lost)
			return;
		unite(&ret->exact, &other.exact);
		unite(&ret->head, &other.head);
		unite(&ret->tail, &other.tail);
		unite(&ret->need, &other.need);
	}
}

bool sv_literals_of(const char *expression, struct sv_literals *ret_literals)
{
	struct reader r = {.at = expression};
	struct set *texts;
	struct part p;

	alternatives(&r, &p);
	if (r.lost || *r.at != '\0')
		return false;
	ret_literals->whole = p.exact.n != 0 && !r.picky;
	texts = ret_literals->whole ? &p.exact : &p.need;
	if (!is_worth_it(texts))
		return false;
	ret_literals->n = texts->n;
	memcpy(ret_literals->of, texts->of, texts->n * sizeof(*texts->of));
	return true;
}
