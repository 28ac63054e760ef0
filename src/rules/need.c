/*
 * Most places where an anchor stands are none of its token: what follows is too short, or of other
 * characters. To see that takes no compiled expression, and compiling one takes as long as scanning
 * 50 KB.
 */
#include "rules/need.h"

#define LEAST 8 /* shorter runs are everywhere */
#define MOST  65535
#define DEEP  32

/* A wrong reading would lose findings: whatever is not plain ends it. */
struct reader {
	const char *at;
	unsigned depth;
	bool caseless, lost;
};

static void lose(struct reader *r)
{
	r->lost = true;
	r->at = ""; /* nothing more is read */
}

static void set(struct sv_need *n, uint8_t c)
{
	n->of[c / 64] |= 1ull << c % 64;
}

static bool has(const struct sv_need *n, uint8_t c)
{
	return n->of[c / 64] >> c % 64 & 1;
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

static void set_cased(struct sv_need *n, uint8_t c, bool caseless)
{
	set(n, c);
	if (caseless && is_letter(c))
		set(n, c ^ 0x20);
}

/* \d \w \s after the backslash; false: it is none of these */
static bool set_kind(struct sv_need *n, char kind)
{
	if (kind != 'd' && kind != 'w' && kind != 's')
		return false;
	for (unsigned c = 0; c < 128; c++) {
		bool digit = is_digit((uint8_t)c),
		     word = digit || is_letter((uint8_t)c) || c == '_';

		if (kind == 'd' ? digit : kind == 'w' ? word : c == ' ' || (c >= 9 && c <= 13))
			set(n, (uint8_t)c);
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
static int read_member(struct reader *r, struct sv_need *n)
{
	uint8_t c = (uint8_t)*r->at;

	if (c == '\0' || (c == '[' && (r->at[1] == ':' || r->at[1] == '.' || r->at[1] == '='))) {
		lose(r);
		return -1;
	}
	r->at++;
	if (c != '\\')
		return c;
	if (set_kind(n, *r->at)) {
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
static void read_class(struct reader *r, struct sv_need *n)
{
	bool negated = *r->at == '^', first = true;

	r->at += negated;
	for (; !r->lost && (first || *r->at != ']'); first = false) {
		int low = read_member(r, n), high = low;

		if (r->at[0] == '-' && r->at[1] != ']' && low >= 0) {
			r->at++;
			high = read_member(r, n);
			if (high < low)
				lose(r);
		}
		for (int c = low; !r->lost && c >= 0 && c <= high; c++)
			set_cased(n, (uint8_t)c, r->caseless);
	}
	r->at += !r->lost;
	for (int i = 0; negated && i < 4; i++)
		n->of[i] = ~n->of[i];
}

static size_t read_number(const char **at)
{
	size_t n = 0;

	for (; is_digit((uint8_t) * *at); ++*at)
		n = n < MOST ? n * 10 + (size_t)(**at - '0') : MOST;
	return n;
}

/* The least number of times that a quantifier asks for; 1 if there is none. */
static size_t read_quantifier(struct reader *r)
{
	const char *at = r->at;
	size_t least = 1;

	if (*at == '?' || *at == '*' || *at == '+') {
		least = *at++ == '+';
	} else if (*at == '{' && is_digit((uint8_t)at[1])) {
		at++;
		least = read_number(&at);
		if (*at == ',')
			at++;
		read_number(&at);
		if (*at++ != '}') {
			lose(r);
			return 1;
		}
	} else {
		return 1;
	}
	r->at = at;
	if (*r->at == '?' || *r->at == '+')
		r->at++;
	return least;
}

/* What begins a group, after its parenthesis. *ret_consumes: what it matches is part of the match.
 */
static void read_opening(struct reader *r, bool *ret_consumes)
{
	const char *at = r->at;

	*ret_consumes = true;
	if (*at == '*') {
		lose(r);
		return;
	}
	if (*at != '?')
		return;
	at++;
	if (*at == '=' || *at == '!' || (*at == '<' && (at[1] == '=' || at[1] == '!'))) {
		*ret_consumes = false;
		r->at = at + 1 + (*at == '<');
	} else if (*at == ':' || *at == '|' || *at == '>') {
		r->at = at + 1;
	} else if (*at == '<') {
		at = strchr(at, '>');
		if (at == NULL)
			lose(r);
		else
			r->at = at + 1;
	} else {
		for (; *at == 'i' || *at == 's' || *at == 'm'; at++)
			r->caseless |= *at == 'i';
		/* (?i) itself, or (?i: which begins a group */
		if (*at != ')' && *at != ':')
			lose(r);
		else
			r->at = at + (*at == ':');
	}
}

static bool is_setting(const char *at)
{
	return at[0] == '?' && at[1 + strspn(at + 1, "ism")] == ')';
}

static void take_longer(struct sv_need *best, const struct sv_need *other)
{
	if (other->run > best->run)
		*best = *other;
}

static struct sv_need read_alternatives(struct reader *r);

/* A group after its parenthesis: what of it is needed. */
static struct sv_need read_group(struct reader *r)
{
	bool caseless = r->caseless, consumes;
	struct sv_need inside = {0};

	read_opening(r, &consumes);
	if (++r->depth > DEEP)
		lose(r);
	inside = read_alternatives(r);
	if (*r->at++ != ')') {
		lose(r);
		return inside;
	}
	r->depth--;
	r->caseless = caseless;
	if (read_quantifier(r) == 0 || !consumes)
		inside.run = 0;
	return inside;
}

/* One character or class; false: it is nothing that a run goes on over. */
static bool read_one(struct reader *r, struct sv_need *n)
{
	uint8_t c = (uint8_t)*r->at++;

	if (c == '[') {
		read_class(r, n);
		return true;
	}
	if (c == '.' || c == '^' || c == '$')
		return false;
	/* versions of PCRE2 do not agree whether {,3} asks for a number */
	if (c == '{')
		lose(r);
	if (c != '\\') {
		set_cased(n, c, r->caseless);
		return true;
	}
	c = (uint8_t)*r->at++;
	if (c == 'b' || c == 'B')
		return false;
	if (set_kind(n, (char)c))
		return true;
	c = escaped((char)c);
	if (c == 0)
		lose(r);
	else
		set(n, c);
	return true;
}

/* Up to the end, a bar or a closing parenthesis. */
static struct sv_need read_sequence(struct reader *r)
{
	struct sv_need best = {0}, run = {0};

	while (!r->lost && *r->at != '\0' && *r->at != '|' && *r->at != ')') {
		struct sv_need one = {0};
		size_t times;

		if (r->at[0] == '(' && is_setting(r->at + 1)) {
			bool consumes;

			r->at++;
			read_opening(r, &consumes);
			r->at++;
			continue;
		}
		if (*r->at == '(') {
			r->at++;
			one = read_group(r);
			take_longer(&best, &one);
			run = (struct sv_need){0};
			continue;
		}
		if (!read_one(r, &one)) {
			read_quantifier(r);
			run = (struct sv_need){0};
			continue;
		}
		times = read_quantifier(r);
		if (times == 0) {
			run = (struct sv_need){0};
			continue;
		}
		run.run += times;
		for (int i = 0; i < 4; i++)
			run.of[i] |= one.of[i];
		take_longer(&best, &run);
	}
	return best;
}

static struct sv_need read_alternatives(struct reader *r)
{
	bool caseless = r->caseless;
	struct sv_need all = read_sequence(r);

	/* whichever it is, it has the shortest of their runs, of some of their characters */
	while (!r->lost && *r->at == '|') {
		struct sv_need other;

		r->at++;
		other = read_sequence(r);
		if (other.run < all.run)
			all.run = other.run;
		for (int i = 0; i < 4; i++)
			all.of[i] |= other.of[i];
	}
	r->caseless = caseless;
	return all;
}

struct sv_need sv_need_of(const char *pattern)
{
	struct reader r = {.at = pattern};
	struct sv_need need = read_alternatives(&r);

	if (r.lost || *r.at != '\0' || need.run < LEAST)
		return (struct sv_need){0};
	return need;
}

bool sv_need_is_in(const struct sv_need *need, struct sv_span bytes)
{
	size_t from = 0;

	if (need->run == 0)
		return true;
	while (from + need->run <= bytes.len) {
		size_t at = from + need->run;

		while (at > from && has(need, bytes.ptr[at - 1]))
			at--;
		if (at == from)
			return true;
		from = at;
	}
	return false;
}
