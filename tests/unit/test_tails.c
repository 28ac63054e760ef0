/* What follows a noun: found where people write it, and decided by the bytes up to its end alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/tails.h"
#include "dice.h"

static size_t tail_end(enum sv_tail tail, unsigned least, struct sv_span text, size_t at)
{
	struct sv_tail_place place = sv_tail_place(text, at);
	size_t end = sv_tail_end(tail, least, text, &place);

	/* what the byte after the name does not allow is not there */
	place.possible = ~0u;
	assert_int_equal(sv_tail_end(tail, least, text, &place), end);
	return end;
}

static unsigned openings(struct sv_span text, size_t at, size_t ret_ends[SV_OPENINGS])
{
	struct sv_tail_place place = sv_tail_place(text, at);

	return sv_tail_openings(
		text, &place,
		sv_tail_end(SV_TAIL_ASSIGNED, sv_tail_opening_least(text, at), text, &place),
		ret_ends);
}

static void a_tail_ends_where_enough_of_the_value_is_there(void **state)
{
	static const struct {
		enum sv_tail tail;
		unsigned least;
		const char *text, *tail_of_it; /* after the noun; NULL: there is none */
	} cases[] = {
		{SV_TAIL_ASSIGNED, 4, "word = 'abcdef'", "word = 'abcd"},
		{SV_TAIL_ASSIGNED, 4, "=abcdef", "=abcd"},
		{SV_TAIL_ASSIGNED, 4, "_OF_USER:  abcdef", "_OF_USER:  abcd"},
		{SV_TAIL_ASSIGNED, 4, "\": \"abcdef\"", "\": \"abcd"},
		{SV_TAIL_ASSIGNED, 4, "\\\":\\\"abcdef\\\"", "\\\":\\\"abcd"},
		{SV_TAIL_ASSIGNED, 4, " := []byte(\"abcdef\")", " := []byte(\"abcd"},
		{SV_TAIL_ASSIGNED, 4, ": Option<String> = Some(\"abcdef\")", ": Opti"},
		{SV_TAIL_ASSIGNED, 9, ": &'a str = b\"abcdefghij\"", ": &'a str = b\"abcdefghi"},
		{SV_TAIL_ASSIGNED, 4, "->setValue(x)", NULL},
		{SV_TAIL_ASSIGNED, 4, " varchar(40) = 'abcdef'", " varchar(40) = 'abcd"},
		{SV_TAIL_ASSIGNED, 4, "?: string = 'abcdef'", "?: string = 'abcd"},
		{SV_TAIL_ASSIGNED, 4, " || r\"abcdef\"", " || r\"abcd"},
		{SV_TAIL_ASSIGNED, 4, "] ?\?= 'abcdef'", "] ?\?= 'abcd"},
		{SV_TAIL_ASSIGNED, 4, " .= 'abcdef'", " .= 'abcd"},
		{SV_TAIL_ASSIGNED, 4, " ||= 'abcdef'", " ||= 'abcd"},
		{SV_TAIL_ASSIGNED, 4, " :::= abcdef", " :::= abcd"},
		{SV_TAIL_ASSIGNED, 4, " ?= abcdef", " ?= abcd"},
		{SV_TAIL_ASSIGNED, 4, " += abcdef", " += abcd"},
		{SV_TAIL_ASSIGNED, 4, " = abc", NULL},
		{SV_TAIL_ASSIGNED, 4, " = 'ab\ncd'", NULL},
		{SV_TAIL_ASSIGNED, 4, " = ${abcdef}", NULL},
		{SV_TAIL_ASSIGNED, 4, ") {", NULL},
		{SV_TAIL_ASSIGNED, 4, " of the house", NULL},
		{SV_TAIL_ELEMENT, 4, ">abcdef<", ">abcd"},
		{SV_TAIL_ELEMENT, 4, "Text type=\"x\" > abcdef<", "Text type=\"x\" > abcd"},
		{SV_TAIL_ELEMENT, 4, "->abcdef", NULL},
		{SV_TAIL_ELEMENT, 4, "></key>", NULL},
		{SV_TAIL_NAMED, 0, "\" value=\"abcdef\"", "\" value="},
		{SV_TAIL_NAMED, 0, "\",\n  \"value\": \"abcdef\"", "\",\n  \"value\":"},
		{SV_TAIL_NAMED, 0, "DefaultValue: abc", "DefaultValue:"},
		{SV_TAIL_NAMED, 0, "\": { \"value\": 1", "\": { \"value\":"},
		{SV_TAIL_NAMED, 0, " valid = 1", NULL},
		{SV_TAIL_MACRO, 4, "_NAME  L\"abcdef\"", "_NAME  L\""},
		{SV_TAIL_NAMED, 0, "_x</key>\n\t<string>abcdef", "_x</key>\n\t<string>"},
		{SV_TAIL_NAMED, 0, "_x\" type='y'>abcdef</", "_x\" type='y'>abcd"},
		{SV_TAIL_NAMED, 0, "\"><value>abcdef</", "\"><value>abcd"},
		{SV_TAIL_NAMED, 0, "\"> </", NULL},
		{SV_TAIL_MACRO, 4, "_NAME 1", NULL},
		{SV_TAIL_MACRO, 4, "_name abcdef", NULL},
		{SV_TAIL_MACRO, 4, "_name 'abcdef'", "_name '"},
		{SV_TAIL_OPTION, 5, "word abcdef", "word abcde"},
		{SV_TAIL_OPTION, 5, "=\"abcdef\"", "=\"abcde"},
		{SV_TAIL_OPTION, 5, " $abcdef", NULL},
		{SV_TAIL_USERINFO, 4, "joe:abcdef@host", "joe:abcdef@"},
		{SV_TAIL_USERINFO, 4, ":abcdef@host", ":abcdef@"},
		{SV_TAIL_USERINFO, 4, "localhost:8080/x@y", NULL},
		{SV_TAIL_BLOCK, 0, "word\": { \"type\"", "word\": { \"type\""},
		{SV_TAIL_BLOCK, 0, "word\": \"x\"", NULL},
		{SV_TAIL_BLOCK, 0, "word\": { \"value\"", NULL},
		{SV_TAIL_ENTRY, 6, "\": \"hunter22\"", "\": \"hunter"},
		{SV_TAIL_ENTRY, 6, " : 'hunter22'", " : 'hunter"},
		{SV_TAIL_ENTRY, 6, "word\": \"hunter22\"", NULL},
		{SV_TAIL_ENTRY, 6, "\": \"hunt\"", NULL},
		{SV_TAIL_ENTRY, 6, " = 'hunter22'", NULL},
		{SV_TAIL_ATTRIBUTE, 4, "    = \"hunter22\"", "    = \"hunt"},
		{SV_TAIL_ATTRIBUTE, 4, " = 'hunter22'", NULL},
		{SV_TAIL_TYPED, 0, "word string", "word string"},
		{SV_TAIL_TYPED, 0, "word int", NULL},
		{SV_TAIL_EQUALS, 0, "\" = x", "\" ="},
		{SV_TAIL_EQUALS, 0, "( 'x'", "( '"},
		{SV_TAIL_EQUALS, 0, "(x)", NULL},
		{SV_TAIL_REFERENCE, 0, "-2.word)", "-2.word)"},
		{SV_TAIL_REFERENCE, 0, " word)", NULL},
		{SV_TAIL_MEMBER, 4, "\": 'hunter22'", "\": 'hunt"},
		{SV_TAIL_MEMBER, 4, " = \"hunter22\"", " = \"hunt"},
		{SV_TAIL_MEMBER, 4, "(\"hunter22\")", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[200];
		size_t at = 4, end, wanted;

		snprintf(text, sizeof(text), "pass%s", cases[i].text);
		end = tail_end(cases[i].tail, cases[i].least, sv_span_str(text), at);
		wanted = cases[i].tail_of_it ? at + strlen(cases[i].tail_of_it) : 0;
		if (end != wanted)
			fail_msg("%s: its tail ends at %zu, wanted %zu", text, end, wanted);
	}
}

static void a_value_that_is_assigned_opens_the_gate(void **state)
{
	static const char *const opening[] = {
		"=a", "\": \"", " || '", "\" value=\"", "_FILE \"", " ", ": &str = \"", "\": { \"value\": \"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opening) / sizeof(*opening); i++) {
		size_t ends[SV_OPENINGS];
		char text[200];

		snprintf(text, sizeof(text), "key%sa1b2c3d4e5f6g7h8", opening[i]);
		if (openings(sv_span_str(text), 3, ends) == 0)
			fail_msg("%s opens nothing", text);
	}
}

static unsigned count_openings(const char *text)
{
	size_t ends[SV_OPENINGS], noun = strcspn(text, "|");
	char plain[200];

	snprintf(plain, sizeof(plain), "%.*s%s", (int)noun, text, text + noun + 1);
	return openings(sv_span_str(plain), noun, ends);
}

/* The noun ends at the bar. */
static void a_name_that_is_assigned_opens_nothing(void **state)
{
	static const char *const opening[] = {
		"key| = a1bcdefghi",
		"key| = \"aBcDeFgHiJkLmNo\"",
		"TOKEN|=ABCDEFGHIJKLMNOP",
		"token| = getThe15thTokenOf()",
		"pass|word: hunter22",
		"pass|: abcd efgh ijkl mnop",
		"\"pass| = some words\"",
		"; pwd|=some words",
		"param apiKey| = 'only-a-name'",
		"\"securevalue|\": \"a-name\"",
		"secret| = \"fake_client_secret\"",
	};
	static const char *const closed[] = {
		"key| = theNameFromSomewhere",
		"key| = \"some.property.of.the.program\"",
		"token| = provider.getDelegationToken(0)",
		"KEY|(SOME_NAME_OF_A_CONSTANT)",
		"pass|word = Passw1",
		"pass|, \"Failed to\"",
		"priv|ate SomethingReferred x1",
		"secret| = fakeClientSecret",
		"auth| = \"a1b2c3\"",
		"key| == 'some-name'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(opening) / sizeof(*opening); i++)
		if (count_openings(opening[i]) == 0)
			fail_msg("%s opens nothing", opening[i]);
	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++)
		if (count_openings(closed[i]) != 0)
			fail_msg("%s opens the gate", closed[i]);
}

/* As a delta's child takes over what its base had: what stands behind an end decides nothing before it. */
static void whether_a_tail_is_there_depends_on_the_bytes_up_to_its_end(void **state)
{
	static const char *const parts[] = {"a",
					    "b1",
					    "_",
					    "value",
					    "\"",
					    "'",
					    " ",
					    "\t",
					    "\n",
					    "=",
					    ":",
					    ":=",
					    "=>",
					    "->",
					    "(",
					    "f(",
					    ")",
					    "{",
					    "<",
					    ">",
					    "-",
					    "or",
					    "||",
					    "?",
					    "??",
					    ",",
					    "String",
					    "varchar(9)",
					    "@",
					    "L\"",
					    "\\",
					    "/",
					    ".",
					    "+",
					    "</key>",
					    "<string>",
					    "abcdefghijklmnop",
					    "a1b2c3d4e5f6g7h8",
					    "aBcDeFg",
					    "pass",
					    "; pwd",
					    "default",
					    "&",
					    "]",
					    "$"};
	uint64_t seed = 1;
	size_t found = 0, opened = 0;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		char text[400] = "key";
		size_t at = 3, len, n_parts = 1 + dice_from(&seed, 12), all[SV_OPENINGS], some[SV_OPENINGS];
		unsigned n_all;

		for (size_t i = 0; i < n_parts; i++)
			strcat(text, parts[dice_from(&seed, sizeof(parts) / sizeof(*parts))]);
		len = strlen(text);
		for (int tail = SV_TAIL_NONE + 1; tail < SV_TAILS; tail++) {
			size_t end = tail_end((enum sv_tail)tail, 4, sv_span_str(text), at);

			assert_true(end <= len && end <= at + SV_TAIL_MAX);
			found += end != 0;
			for (size_t k = at; k <= len; k++) {
				size_t then = tail_end((enum sv_tail)tail, 4, sv_span((uint8_t *)text, k), at);

				if (then != (k >= end ? end : 0))
					fail_msg("tail %d of %s: %zu, of its first %zu bytes: %zu", tail, text,
						 end, k, then);
			}
		}
		n_all = openings(sv_span_str(text), at, all);
		opened += n_all;
		for (size_t k = at; k <= len; k++) {
			unsigned n = openings(sv_span((uint8_t *)text, k), at, some), wanted = 0;

			while (wanted < n_all && all[wanted] <= k)
				wanted++;
			if (n != wanted || memcmp(some, all, n * sizeof(*all)) != 0)
				fail_msg("%s opens %u times, its first %zu bytes %u times", text, n_all, k, n);
		}
	}
	assert_true(found > 2000);
	assert_true(opened > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tail_ends_where_enough_of_the_value_is_there),
		cmocka_unit_test(a_value_that_is_assigned_opens_the_gate),
		cmocka_unit_test(a_name_that_is_assigned_opens_nothing),
		cmocka_unit_test(whether_a_tail_is_there_depends_on_the_bytes_up_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
