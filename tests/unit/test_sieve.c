/* The sieve before Hyperscan: what an expression's matches hold, and that nothing is lost by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/match.h"
#include "detect/scanner.h"
#include "detect/sift.h"
#include "dice.h"
#include "rulec/literals.h"

static struct sv_ruleset *rules;
static uint64_t seed = 0x51e7e;

static size_t dice(size_t sides)
{
	return dice_from(&seed, sides);
}

static int is_ok(int status)
{
	assert_int_equal(status, 0);
	return status;
}

/* ---- what is read off an expression ---- */

/* The texts with bars between them, and an = before them if they are all that it matches. */
static const char *texts_of(const char *expression, struct sv_buf *text)
{
	static struct sv_literals literals;

	sv_buf_reset(text);
	if (!sv_literals_of(expression, &literals))
		return "none";
	is_ok(sv_buf_printf(text, "%s", literals.whole ? "=" : ""));
	for (size_t i = 0; i < literals.n; i++)
		is_ok(sv_buf_printf(text, "%s%.*s", i ? "|" : "", (int)literals.of[i].len,
				    (const char *)literals.of[i].text));
	return sv_buf_str(text);
}

static void every_match_holds_one_of_the_texts_that_are_read_off(void **state)
{
	static const struct {
		const char *expression, *texts;
	} cases[] = {
		{"(?i)(token|secret)", "=token|secret"},
		{"(token|secret)", "token|secret"},
		{"(?i)conn(ection)?[_-]?str",
		 "=connstr|conn-str|conn_str|connectionstr|connection-str|connection_str"},
		{"(?i)\\btoken", "token"},
		{"(?i)token\\s", "token "},
		{"LTAI[A-Za-z0-9]{6}", "ltai"},
		{"[A-Za-z0-9]{4}_mmk", "_mmk"},
		{"A(KIA|BIA|3T[A-Z2-7])[A-Z2-7]{16}", "akia|abia|a3t"},
		{"gl(dt|rtr?)-[a-z]{8}", "gldt-|glrt-|glrtr-"},
		{"x\\+y\\?z\\x41*", "x+y?z"},
		{"(abc){2}d", "abcabcd"},
		{"(abc)+d", "abcd"},
		{"(abc)+.d", "abc"},
		{"psk\\s{0,2}=", "psk=|psk =|psk  ="},
		{"psk\\s{0,20}=", "psk"},
		{"[^a]xyz[]b]q?", "xyz]|xyz]q|xyzb|xyzbq"},
		{"abc{x", "abc{x"},
		/* the rarer of the two */
		{"the [a-z]{1,9} zqj", " zqj"},
		{"ab|cdef", "none"},
		{"[a-z]{3}", "none"},
		{"(abc)?", "none"},
		{"(abc)*[0-9]", "none"},
		{"a.c", "none"},
		{"(?=abc)abc", "none"},
		{"abc(", "none"},
		{"abc\\Qd", "none"},
		{"((((((((((abc))))))))))", "none"},
	};
	SV_AUTO(sv_buf) text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (strcmp(texts_of(cases[i].expression, &text), cases[i].texts) != 0)
			fail_msg("%s: %s", cases[i].expression,
				 texts_of(cases[i].expression, &text));
}

/* ---- texts that an expression matches ---- */

/* Puts one of [at, the end of the group), or nothing if text is NULL; returns where it ends. */
static const char *draw(const char *at, struct sv_buf *text);

static const char *draw_class(const char *at, struct sv_buf *text)
{
	bool in[128] = {false}, negated = *at == '^';
	size_t n = 0, which;
	const char *first = at += negated;

	for (; *at != ']' || at == first; at++) {
		unsigned c = (unsigned char)*at, last;

		if (c == '\\' && strchr("swdntrx", at[1]) != NULL) {
			/* one of them is enough */
			in[at[1] == 's' ? ' ' : at[1] == 'n' ? '\n' : '7'] = true;
			at += at[1] == 'x' ? 3 : 1;
			continue;
		}
		if (c == '\\')
			c = (unsigned char)*++at;
		last = c;
		if (at[1] == '-' && at[2] != ']' && at[2] != '\\')
			last = (unsigned char)*(at += 2);
		for (; c <= last && c < 128; c++)
			in[c] = true;
	}
	for (unsigned c = ' '; c < 127; c++)
		n += in[c] != negated;
	which = n ? dice(n) : 0;
	for (unsigned c = ' '; text && c < 127; c++)
		if (in[c] != negated && which-- == 0)
			is_ok(sv_buf_putc(text, (char)c));
	return at + 1;
}

static const char *draw_one(const char *at, struct sv_buf *text)
{
	const char *end = at + 1;
	char c = *at;

	if (c == '(') {
		at += strncmp(end, "?i)", 3) == 0 || strncmp(end, "?i:", 3) == 0 ? 4
		      : strncmp(end, "?:", 2) == 0				 ? 3
										 : 1;
		return at[-1] == ')' ? at : draw(at, text) + 1;
	}
	if (c == '[')
		return draw_class(end, text);
	if (c == '^' || c == '$')
		return end;
	if (c == '\\') {
		end++;
		c = at[1] == 's'		   ? (dice(2) ? ' ' : '\t')
		    : at[1] == 'd' || at[1] == 'w' ? '4'
		    : at[1] == 'n'		   ? '\n'
		    : at[1] == 't'		   ? '\t'
		    : at[1] == 'r'		   ? '\r'
						   : at[1];
		if (at[1] == 'b')
			return end;
		if (at[1] == 'x') {
			c = (char)strtoul((const char[]){at[2], at[3], '\0'}, NULL, 16);
			end += 2;
		}
	}
	if (text)
		is_ok(sv_buf_putc(text, c));
	return end;
}

static const char *draw_sequence(const char *at, struct sv_buf *text)
{
	while (*at != '\0' && *at != '|' && *at != ')') {
		const char *end = draw_one(at, NULL), *item = at;
		unsigned least = 1, most = 1;
		int len = 0;

		if (*end == '?' || *end == '*' || *end == '+') {
			least = *end == '+';
			most = *end++ == '?' ? 1 : 3;
		} else if (sscanf(end, "{%u,%u}%n", &least, &most, &len) == 2 && len) {
			end += len;
		} else if (sscanf(end, "{%u}%n", &least, &len) == 1 && len) {
			most = least;
			end += len;
		}
		if (most > least + 3)
			most = least + 3;
		for (size_t n = least + dice(most - least + 1); text && n != 0; n--)
			(void)draw_one(item, text);
		at = end;
	}
	return at;
}

static const char *draw(const char *at, struct sv_buf *text)
{
	const char *end = at;
	size_t n = 0, which;

	do
		end = draw_sequence(n++ ? end + 1 : end, NULL);
	while (*end == '|');
	which = dice(n);
	for (size_t i = 0; i < n; i++)
		at = draw_sequence(i ? at + 1 : at, i == which ? text : NULL);
	return end;
}

/* ---- with it and without ---- */

struct found {
	struct sv_matcher *matcher;
	struct sv_anchor_hits hits;
	struct sv_nouns nouns;
};

static void find(struct found *f, const struct sv_buf *text)
{
	struct sv_err err;

	is_ok(sv_matcher_scan(f->matcher, sv_buf_span(text), &f->nouns, &f->hits, &err));
}

/* In parts of it. */
static void find_in(struct found *f, const struct sv_buf *text, const struct sv_part *parts,
		    size_t n)
{
	struct sv_err err;

	f->nouns.len = f->hits.len = 0;
	is_ok(sv_matcher_anchors(f->matcher, sv_buf_span(text), parts, n, &f->hits, &f->nouns,
				 &err));
	sv_anchor_hits_sort(&f->hits);
}

static size_t cut(struct sv_part *parts, size_t most, size_t len)
{
	size_t n = 0, at = dice(20);

	while (n < most && at < len) {
		parts[n].from = at;
		at += 1 + dice(dice(2) ? 20 : 300);
		parts[n].to = at < len ? at : len;
		at += 1 + dice(100);
		n++;
	}
	return n;
}

static void are_same(const struct found *a, const struct found *b, const struct sv_buf *text)
{
	bool same = a->hits.len == b->hits.len && a->nouns.len == b->nouns.len;

	for (size_t i = 0; same && i < a->hits.len; i++)
		same = sv_anchor_hit_order(&a->hits.ptr[i], &b->hits.ptr[i]) == 0;
	for (size_t i = 0; same && i < a->nouns.len; i++)
		same = sv_noun_order(&a->nouns.ptr[i], &b->nouns.ptr[i]) == 0;
	if (!same)
		fail_msg("%.*s", (int)text->len, (const char *)text->ptr);
}

static void free_found(struct found *f)
{
	sv_matcher_free(f->matcher);
	sv_vec_release(&f->hits);
	sv_vec_release(&f->nouns);
}

/* What an anchor or a noun matches, or an example, in some case, with bytes of others or of its
 * own. */
static void put_something(struct sv_buf *text)
{
	const struct sv_rule *rule = sv_ruleset_get(rules, dice(sv_ruleset_count(rules)));
	SV_AUTO(sv_buf) one = {0};
	struct sv_err err;
	size_t from = text->len;

	if (dice(3) == 0)
		is_ok(sv_template_expand(rule->examples[0], dice(1000), &one, &err));
	else
		(void)draw(sv_rule__anchor(rule), &one);
	is_ok(sv_buf_append(text, one.ptr, one.len));
	for (size_t i = from; dice(2) && i < text->len; i++) {
		uint8_t c = text->ptr[i];

		if (((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && dice(3) == 0) || dice(40) == 0)
			text->ptr[i] = c ^ 0x20;
	}
	for (size_t n = dice(4) ? dice(3) : dice(150); n != 0; n--)
		is_ok(sv_buf_putc(text, dice(9) ? " \n\"'=:kesoa"[dice(11)] : (char)dice(256)));
}

static void hyperscan_alone_finds_no_more(void **state)
{
	struct sv_ruleset plain = *rules;
	struct found with = {0}, without = {0};
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err;
	struct sv_part parts[8];
	size_t hits = 0, n;

	(void)state;
	assert_non_null(rules->sieve);
	plain.sieve = NULL;
	is_ok(sv_matcher_new(rules, &with.matcher, &err));
	is_ok(sv_matcher_new(&plain, &without.matcher, &err));
	for (int round = 0; round < 20000; round++) {
		sv_buf_reset(&text);
		for (size_t k = dice(9); k != 0; k--)
			put_something(&text);
		find(&with, &text);
		find(&without, &text);
		are_same(&with, &without, &text);
		hits += without.hits.len;
		n = cut(parts, sizeof(parts) / sizeof(*parts), text.len);
		find_in(&with, &text, parts, n);
		find_in(&without, &text, parts, n);
		are_same(&with, &without, &text);
	}
	/* it was about something */
	assert_true(hits > 100000);
	free_found(&with);
	free_found(&without);
}

static int count_first(const struct sv_sieve_entry *entry, size_t at, size_t end, void *payload)
{
	(void)entry, (void)at, (void)end;
	return --*(int *)payload == 0;
}

static void who_is_told_may_end_it(void **state)
{
	SV_AUTO(sv_buf) text = {0};
	int left = 3;

	(void)state;
	if (!sv_sift_is_fast())
		skip();
	for (int i = 0; i < 20; i++)
		is_ok(sv_buf_puts(&text, "password and token, "));
	assert_int_equal(sv_sift(rules->sieve, sv_buf_span(&text), count_first, &left), 1);
	assert_int_equal(left, 0);
}

static int prepare(void **state)
{
	struct sv_err err;

	(void)state;
	if (sv_ruleset_open(NULL, &rules, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int tidy(void **state)
{
	(void)state;
	sv_ruleset_free(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_match_holds_one_of_the_texts_that_are_read_off),
		cmocka_unit_test(hyperscan_alone_finds_no_more),
		cmocka_unit_test(who_is_told_may_end_it),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
