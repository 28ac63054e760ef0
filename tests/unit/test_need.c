#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/need.h"
#include "detect/scanner.h"
#include "dice.h"
#include <pcre2.h>

static void the_longest_run_that_every_match_holds_is_read_off(void **state)
{
	static const struct {
		const char *pattern, *holds, *lacks;
		size_t run;
	} cases[] = {
		{"key=(?<secret>[0-9a-f]{32})", "0123456789abcdef0123456789abcdef",
		 "0123456789abcdef0123456789abcde.", 32},
		{"(?i:key)=(?<secret>[a-f]{8,})", "abcdefab", "ABCDEFAB", 8},
		{"(?i)key=(?<secret>[a-f]{8,})", "ABcdefAB", "abcdefgh", 8},
		{"ph[xs]_[a-z]{43,47}", "phx_abcdefghijabcdefghijabcdefghijabcdefghijabc", "phx_",
		 47},
		{"[ab]{9}x?[ab]{8}", "aaaaaaaaa", "aaaaaaaa", 9},
		{"[ab]{9}(?![c]{20})[ab]{8}", "aaaaaaaaaaaaaaaaa", "cccccccccccccccccccc", 17},
		{"x(?:[ab]{3}-){3}[ab]{3}", "aaa-aaa-aaa-aaa", "aaa-aaa-aaa-aa", 15},
		{"x(?:ab|cd|c{4}){5}", "abcdabcdab", "abcdabcda", 10},
		{"x(?:ab|.d){5}[a-f]{8}", "abcdefab", "abcdefgh", 8},
		{"(?x) [a-z] {20} # [0-9]{30}", "abcdefghijklmnopqrst", "abcdefghijklmnopqrs", 20},
		{"[a-z]{20}(?<a>x)\\k<a>", "abcdefghijklmnopqrst", "abcdefghijklmnopqrs", 20},
		{"[ab]{9}|[cd]{12}", "acacacaca", "aaaaaaaa", 9},
		{"(?:live_|test_)[0-9]{10}", "0123456789", "live_live_live", 10},
		{"[^a-z\\]\\\\]{8}", "ABCD1234", "ABCD]234", 8},
		{"[]a-]{8}", "]a-]a-]a", "]a-]a-]b", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sv_need need = sv_need_of(cases[i].pattern);

		if (need.run != cases[i].run ||
		    !sv_need_is_in(&need, sv_span_str(cases[i].holds)) ||
		    sv_need_is_in(&need, sv_span_str(cases[i].lacks)))
			fail_msg("%s needs %zu", cases[i].pattern, need.run);
	}
}

static void nothing_is_needed_where_an_expression_is_short_or_not_understood(void **state)
{
	static const char *const patterns[] = {
		"",
		"abc",
		"[a-z]{7}",
		"(?:[a-z]{20})?",
		"[a-z]{20}|x",
		"[a-z]{0,20}",
		"(?xx) [a-z]{20}",
		"(?x) [a-z]{20} * *",
		"\\x41[a-z]{20}",
		"[[:alpha:]]{20}",
		"[a-z]{20}\\1",
		"(?#[)[a-z]{20}",
		"(*UTF)[a-z]{20}",
		"[a-z]{20}{,3}",
		"(?(1)a|b)[a-z]{20}",
		"(?!=[a-z]{20})",
		"[a-z",
		"([a-z]{20}",
		"[a-z]{20})",
		"[a-z]{20}\\",
		"[z-a]{20}",
		"(?-i)[a-z]{20}",
		"\\Qa\\E[a-z]{20}",
		"(?P<n>[a-z]{20})",
		"(?",
		"[\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (sv_need_of(patterns[i]).run != 0)
			fail_msg("%s needs %zu", patterns[i], sv_need_of(patterns[i]).run);
}

static void what_a_match_begins_with_is_read_off(void **state)
{
	static const struct {
		const char *pattern, *text;
		size_t start; /* where a match may begin; the text's length: nowhere */
	} cases[] = {
		{"(?:mqtts?|wss?)://x", "http://", 7},
		{"(?:mqtts?|wss?)://x", "a mqtt://", 2},
		{"(?:mqtts?|wss?)://x", "a ws://", 2},
		{"(?i)param\\s", "the PARAM ", 4},
		{"param\\s", "the PARAM ", 10},
		{"(?<![\\w-])-{1,2}pass", "a-pass -pass", 7},
		{"(?<=\\n)[ ]{1,3}x", "a   \n x", 5},
		{"(?<=[\\n:])(?:ab|a)c", " ac abc\nabc", 8},
		{"(?<!ab|c)d", "cd", 1},
		{"(?<!a|c)d", "cdd", 2},
		{"(?<!a)?d", "ad", 1},
		{"(?=x)d", "ad", 1},
		{"a?b?c?d", "xbxxbd", 1},
		{"(?:ab|)cd", "xacxcd", 4},
		{"(?x) a b # c\n c", "abxabc", 3},
		{"(?x) (?<! [ ] ) a", " a", 2},
		{".bcd", "xxbcc bcd", 5},
		{"(a|bc)\\g{1}d", "xxa", 2},
		{"\\bkey", "akeb key", 5},
		{"abcdef", "abc", 3},
		{"a[^\\n]{1,9}b", "a\na b", 2},
		{"\\n[ ]b?", "  \n \n b", 4},
		{"[^a]{2}", "bb\nb", 0},
		{"a(?=\\n)b?", "a\na", 2},
		{"a\\s?b?", "a\na", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sv_need need = sv_need_of(cases[i].pattern);
		struct sv_span text = sv_span_str(cases[i].text);

		if (sv_need_start(&need, text, 0, text.len) != cases[i].start)
			fail_msg("%s may begin at %zu of %s", cases[i].pattern,
				 sv_need_start(&need, text, 0, text.len), cases[i].text);
	}
}

static pcre2_code *compiled(const char *pattern)
{
	PCRE2_SIZE at;
	int error;

	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
}

/* Every match of pattern in text holds what is needed; how many there are. */
static unsigned holds_in_matches(const char *pattern, struct sv_span text)
{
	struct sv_need need = sv_need_of(pattern);
	pcre2_code *code = compiled(pattern);
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	size_t from = 0;
	unsigned n = 0;

	assert_non_null(code);
	while (from <= text.len &&
	       pcre2_match(code, text.ptr, text.len, from, 0, match, NULL) >= 0) {
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(match);

		if (at[0] < text.len && sv_need_start(&need, text, at[0], at[0] + 1) != at[0])
			fail_msg("%s cannot begin at %zu of \"%.*s\", and does", pattern, at[0],
				 (int)text.len, (const char *)text.ptr);

		if (!sv_need_is_in(&need, sv_span(text.ptr + at[0], at[1] - at[0])))
			fail_msg("%s needs %zu, and matches \"%.*s\"", pattern, need.run,
				 (int)(at[1] - at[0]), (const char *)text.ptr + at[0]);
		if (need.line && at[1] > at[0] + 1 &&
		    memchr(text.ptr + at[0] + 1, '\n', at[1] - at[0] - 1) != NULL)
			fail_msg("%s holds no end of a line, and matches \"%.*s\"", pattern,
				 (int)(at[1] - at[0]), (const char *)text.ptr + at[0]);
		from = at[0] + 1;
		n++;
	}
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	return n;
}

static void examples_of_all_rules_hold_what_their_expressions_need(void **state)
{
	struct sv_ruleset_options options = {.uncompiled = true};
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	size_t matches = 0, known = 0;

	(void)state;
	assert_int_equal(sv_ruleset_open(&options, &set, &err), 0);
	for (size_t i = 0; i < sv_ruleset_count(set); i++) {
		const struct sv_rule *rule = sv_ruleset_get(set, i);

		known += sv_need_of(rule->pattern).run != 0;
		for (uint64_t seed = 0; seed < 3; seed++)
			for (const char *const *e = rule->examples; e && *e; e++) {
				SV_AUTO(sv_buf) text = {0};

				assert_int_equal(sv_template_expand(*e, seed, &text, &err), 0);
				matches += holds_in_matches(rule->pattern, sv_buf_span(&text));
			}
	}
	assert_true(matches >= 3 * sv_ruleset_count(set));
	assert_true(known > sv_ruleset_count(set) / 2);
	sv_ruleset_free(set);
}

/* ---- expressions that dice make, each with a text that it matches ---- */

struct maker {
	uint64_t seed;
	struct sv_buf pattern, text;
	unsigned depth;
	bool caseless, mute; /* mute: what is written now is no part of the text */
};

static unsigned roll(struct maker *m, size_t sides)
{
	return (unsigned)dice_from(&m->seed, sides);
}

static void say(struct maker *m, uint8_t c)
{
	bool letter = (uint8_t)((c | 0x20) - 'a') < 26;

	if (m->caseless && letter && roll(m, 2))
		c ^= 0x20;
	if (!m->mute)
		assert_int_equal(sv_buf_putc(&m->text, (char)c), 0);
}

/* A quantifier, and how often the text has what it stands after. */
static unsigned make_quantifier(struct maker *m)
{
	static const struct {
		const char *text;
		unsigned least, most;
	} all[] = {{"", 1, 1},	     {"", 1, 1},      {"?", 0, 1},	 {"*", 0, 9},
		   {"+", 1, 9},	     {"{8}", 8, 8},   {"{9,12}", 9, 12}, {"{3,}", 3, 12},
		   {"{0,3}?", 0, 3}, {"{5,9}?", 5, 9}};
	unsigned i = roll(m, sizeof(all) / sizeof(*all));

	assert_int_equal(sv_buf_puts(&m->pattern, all[i].text), 0);
	return all[i].least + roll(m, all[i].most - all[i].least + 1);
}

static void make_one(struct maker *m)
{
	static const struct {
		const char *text, *members;
	} all[] = {{"a", "a"},	   {"B", "B"},		{"-", "-"},	  {"\\.", "."},
		   {"[ab]", "ab"}, {"[a-f]", "abcdef"}, {"[^a]", "bB1-"}, {"[\\w-]", "aB_1-"},
		   {"\\d", "12"},  {".", "aB-"},	{"[]x]", "]x"},	  {"[A-C1-3]", "AC13"}};
	unsigned i = roll(m, sizeof(all) / sizeof(*all));
	unsigned n;

	assert_int_equal(sv_buf_puts(&m->pattern, all[i].text), 0);
	for (n = make_quantifier(m); n != 0; n--) {
		uint8_t c = (uint8_t)all[i].members[roll(m, strlen(all[i].members))];

		/* the other case of what a class leaves out is left out, too */
		say(m, c);
	}
}

static void make_sequence(struct maker *m);

static void make_group(struct maker *m)
{
	static const char *const openings[] = {"(", "(?:", "(?>", "(?i:", "(?i:", "(?s:"};
	unsigned opening = roll(m, 6), chosen, n = 1 + roll(m, 3);
	bool caseless = m->caseless, mute = m->mute;

	assert_int_equal(sv_buf_puts(&m->pattern, openings[opening]), 0);
	m->caseless |= openings[opening][1] == '?' && openings[opening][2] == 'i';
	chosen = roll(m, n);
	for (unsigned i = 0; i < n; i++) {
		if (i != 0)
			assert_int_equal(sv_buf_putc(&m->pattern, '|'), 0);
		m->mute = mute || i != chosen;
		make_sequence(m);
	}
	m->mute = mute;
	m->caseless = caseless;
	assert_int_equal(sv_buf_puts(&m->pattern, roll(m, 3) ? ")" : ")?"), 0);
}

static void make_sequence(struct maker *m)
{
	if (m->depth == 0 && roll(m, 4) == 0) {
		assert_int_equal(sv_buf_puts(&m->pattern, "(?i)"), 0);
		m->caseless = true;
	}
	m->depth++;
	for (unsigned n = 1 + roll(m, 4); n != 0; n--) {
		unsigned what = roll(m, 10);

		if (what == 0)
			assert_int_equal(sv_buf_puts(&m->pattern, "(?!%)(?<!%{9})"), 0);
		else if (what == 1 && m->mute)
			assert_int_equal(sv_buf_puts(&m->pattern, " (?<![a%]|B)"), 0);
		else if (what < 4 && m->depth < 4)
			make_group(m);
		else
			make_one(m);
	}
	m->depth--;
}

static void what_dice_make_holds_what_its_expression_needs(void **state)
{
	unsigned matches = 0, known = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct maker m = {.seed = i};

		make_sequence(&m);
		known += sv_need_of(sv_buf_str(&m.pattern)).run != 0;
		matches += holds_in_matches(sv_buf_str(&m.pattern), sv_buf_span(&m.text)) != 0;
		sv_buf_release(&m.pattern);
		sv_buf_release(&m.text);
	}
	assert_true(matches > 10000);
	assert_true(known > 2000);
}

/* Letters of two kinds, in rows that are about as long as the run. */
static void a_run_is_told_whatever_the_processor_has(void **state)
{
	struct sv_need need = {0};
	uint64_t seed = 5;
	unsigned there = 0;

	(void)state;
	need.of.of['a' / 64] = 1ull << 'a' % 64;
	need.of.of[3] = 1ull << 0xFF % 64;
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t text[400];
		size_t n = 1 + dice_from(&seed, sizeof(text));

		need.run = 8 + dice_from(&seed, 140);
		for (size_t i = 0, rest = 0; i < n; i++) {
			text[i] = rest == 0 ? 'b' : i % 3 ? 'a' : 0xFF;
			rest = rest == 0 ? dice_from(&seed, 2 * need.run) : rest - 1;
		}
		there += sv_need__is_in_plain(&need, sv_span(text, n));
		assert_int_equal(sv_need_is_in(&need, sv_span(text, n)),
				 sv_need__is_in_plain(&need, sv_span(text, n)));
	}
	assert_in_range(there, 2000, 18000);
}

static void a_beginning_is_told_whatever_the_processor_has(void **state)
{
	static const char *const patterns[] = {"[ab]c?[^a]b", "(?<![ac])ab", "a",
					       "(?<=b)(?:ab|c)a*c", "abca"};
	static const char letters[] = "abcd\xff";
	uint64_t seed = 9;
	unsigned there = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct sv_need need = sv_need_of(patterns[round % 5]);
		uint8_t text[300];
		size_t n = 1 + dice_from(&seed, sizeof(text)), to = 1 + dice_from(&seed, n),
		       from = dice_from(&seed, to), kinds = 2 + dice_from(&seed, 4), start;

		for (size_t i = 0; i < n; i++)
			text[i] = (uint8_t)
				letters[dice_from(&seed, 6) < 5 ? dice_from(&seed, kinds) : 4];
		assert_true(need.first != 0);
		start = sv_need_start(&need, sv_span(text, n), from, to);
		assert_int_equal(start, sv_need__start_plain(&need, sv_span(text, n), from, to));
		there += start < to;
	}
	assert_in_range(there, 5000, 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_run_that_every_match_holds_is_read_off),
		cmocka_unit_test(what_a_match_begins_with_is_read_off),
		cmocka_unit_test(nothing_is_needed_where_an_expression_is_short_or_not_understood),
		cmocka_unit_test(examples_of_all_rules_hold_what_their_expressions_need),
		cmocka_unit_test(what_dice_make_holds_what_its_expression_needs),
		cmocka_unit_test(a_run_is_told_whatever_the_processor_has),
		cmocka_unit_test(a_beginning_is_told_whatever_the_processor_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
