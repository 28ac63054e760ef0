#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/scanner.h"

struct answer {
	struct sv_span secret;
	bool found, proved;
};

static int look(const struct sv_candidate *cand, void *payload)
{
	struct answer *answer = payload;

	if (cand->secret.len + 2 < answer->secret.len)
		return 0;
	answer->found = true;
	/* the reason of every checksum that holds */
	for (size_t i = 0; i < SV_MAX_REASONS && cand->reasons[i]; i++)
		answer->proved |= strstr(cand->reasons[i], " holds") != NULL;
	return 0;
}

static struct answer ask(struct sv_scanner *scanner, const char *key)
{
	struct answer answer = {.secret = sv_span_str(key)};
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};

	if (sv_buf_printf(&text, "k = \"%s\"\n", key) < 0 ||
	    sv_scanner_scan(scanner, &text, look, &answer, &err) < 0)
		fail_msg("%s", err.text);
	return answer;
}

static void each_valid_key_is_proved_and_no_altered_one(void **state)
{
	struct sv_ruleset *rules = NULL;
	struct sv_scanner *scanner = NULL;
	FILE *file = fopen(SV_VECTORS, "r");
	unsigned n[2] = {0};
	char line[400], family[40], kind[40], word[8], half[160], other[160];

	(void)state;
	assert_non_null(file);
	assert_int_equal(sv_ruleset_open(NULL, &rules, NULL), 0);
	assert_int_equal(sv_scanner_new(rules, &scanner, NULL), 0);
	while (fgets(line, sizeof(line), file) != NULL) {
		char key[320];
		struct answer answer;
		bool good, structure;

		if (line[0] == '#')
			continue;
		assert_int_equal(
			sscanf(line, "%39s %39s %7s %159s %159s", family, kind, word, half, other),
			5);
		snprintf(key, sizeof(key), "%s%s", half, other);
		good = strcmp(word, "ok") == 0;
		/* this form carries no checksum: found or not is all there is */
		structure = strcmp(family, "cask1") == 0;
		answer = ask(scanner, key);
		if ((structure ? answer.found : answer.proved) != good)
			fail_msg("%s %s: %s is %s", family, kind, key,
				 good ? "not proved" : "proved");
		n[good]++;
	}
	assert_int_equal(n[1], 165);
	assert_int_equal(n[0], 164);
	fclose(file);
	sv_scanner_free(scanner);
	sv_ruleset_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_valid_key_is_proved_and_no_altered_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
