#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <strings.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "detect/check.h"
#include "detect/checks.h"
#include "dice.h"

static bool pcre2_is_another;
static unsigned patterns_read;

/* in place of the library's */
int32_t pcre2_serialize_decode_8(pcre2_code **codes, int32_t n, const uint8_t *bytes,
				 pcre2_general_context *context)
{
	int32_t (*read)(pcre2_code **, int32_t, const uint8_t *, pcre2_general_context *);

	if (pcre2_is_another)
		return PCRE2_ERROR_BADMAGIC;
	*(void **)&read = dlsym(RTLD_NEXT, "pcre2_serialize_decode_8");
	n = read(codes, n, bytes, context);
	patterns_read += n == 1;
	return n;
}

static int tell(const struct sv_rule *rule, const char *problem, void *payload)
{
	(void)payload;
	print_error("%s:%u: %s: %s\n", rule->origin, rule->line, rule->id, problem);
	return 0;
}

static void every_builtin_rule_finds_its_examples_and_nothing_it_refuses(void **state)
{
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};

	(void)state;
	if (sv_ruleset_open(NULL, &set, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(sv_ruleset_matcher_source(set), "embedded");
	for (uint64_t seed = 1; seed < 6; seed++)
		if (sv_ruleset_check(set, seed * 1000, tell, NULL, &err) < 0)
			fail_msg("%s", err.text);
	sv_ruleset_free(set);
}

static void marvin32_gives_the_published_vectors(void **state)
{
	(void)state;
	assert_true(sv_marvin64((const uint8_t *)"abc", 3, 0xd53cd9cecd0893b7) == 0x22c74339492769bf);
	assert_true(sv_marvin64((const uint8_t *)"abcdefghijklmnopqrstuvwxyz", 26,
				0x0ddddeeeeffff000) == 0xa128eb7e7260aca2);
	assert_true(sv_marvin64(NULL, 0, 0x004fb61a001bdbcc) == 0x30ed35c100cd3c7d);
	assert_true(sv_marvin64((const uint8_t *)"\xe7\x0f", 2, 0x004fb61a001bdbcc) ==
		    0xb5f6e1fc485dbff8);
}

static int note_confidence(const struct sv_candidate *c, void *payload)
{
	*(int *)payload = (int)c->confidence;
	return 0;
}

static int confidence_of(const char *template, bool alter)
{
	struct sv_ruleset *set = NULL;
	struct sv_scanner *scanner = NULL;
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	size_t at;
	int confidence = -1;

	assert_int_equal(sv_ruleset_open(NULL, &set, &err), 0);
	assert_int_equal(sv_scanner_new(set, &scanner, &err), 0);
	assert_int_equal(sv_template_expand(template, 7, &text, &err), 0);
	/* within the token, which ends the text */
	at = text.len - 30;
	if (alter)
		text.ptr[at] = text.ptr[at] == 'x' ? 'y' : 'x';
	assert_int_equal(sv_scanner_scan(scanner, &text, note_confidence, &confidence, &err), 0);
	sv_scanner_free(scanner);
	sv_ruleset_free(set);
	return confidence;
}

static void a_built_in_pattern_is_read_and_compiled_only_by_another_PCRE2(void **state)
{
	(void)state;
	patterns_read = 0;
	assert_int_equal(confidence_of("ghp_{crc62}", false), SV_CONF_HIGH);
	assert_int_equal(patterns_read, 1);
	pcre2_is_another = true;
	assert_int_equal(confidence_of("ghp_{crc62}", false), SV_CONF_HIGH);
	assert_int_equal(patterns_read, 1);
	pcre2_is_another = false;
}

static void a_checksum_that_holds_is_high_and_one_that_does_not_is_lowered_or_dropped(void **state)
{
	(void)state;
	assert_int_equal(confidence_of("AccountKey as made: {his:64:+ASt:Default0}", false), SV_CONF_HIGH);
	assert_int_equal(confidence_of("AccountKey as made: {his:64:+ASt:Default0}", true), SV_CONF_MEDIUM);
	assert_int_equal(confidence_of("ghp_{crc62}", false), SV_CONF_HIGH);
	assert_int_equal(confidence_of("ghp_{crc62}", true), -1);
}

static int open_text(const char *text, struct sv_err *err)
{
	char path[] = "/tmp/sievert-rules-XXXXXX";
	const char *paths[] = {path};
	struct sv_ruleset_options options = {.paths = paths, .n_paths = 1, .no_builtin = true};
	struct sv_ruleset *set = NULL;
	int fd = mkstemp(path), status;

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	status = sv_ruleset_open(&options, &set, err);
	unlink(path);
	sv_ruleset_free(set);
	return status;
}

static void a_wrong_rule_is_told_with_its_line_and_column(void **state)
{
	struct sv_err err = {0};

	(void)state;
	assert_int_equal(open_text("- id: a\n  nmae: b\n", &err), SV_EINVAL);
	assert_non_null(strstr(err.text, ":2:3: unknown key: nmae"));
	assert_int_equal(open_text("- id: a\n  id: b\n", &err), SV_EINVAL);
	assert_non_null(strstr(err.text, "key given twice"));
	assert_int_equal(open_text("- id: [\n", &err), SV_EINVAL);
	assert_int_equal(open_text("- id: a\n  severity: loud\n", &err), SV_EINVAL);
	assert_int_equal(open_text("", &err), SV_EINVAL);
	assert_int_equal(open_text("- {id: a, name: b, pattern: '(', width: 9, examples: [x], refuses: [y]}\n",
				   &err), SV_EINVAL);
}

/* What is looked for in steps of 64, 32 and 16 bytes stands where a look at each place finds it. */
static void a_word_is_found_where_it_stands_in_a_text_of_any_length(void **state)
{
	static const char letters[] = "aAbB-_";
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		uint8_t text[200];
		char word[6] = {0};
		size_t n = dice_from(&seed, sizeof(text)), len = 2 + dice_from(&seed, 4), at = 0;
		struct sv_span all = sv_span(text, n), same;
		bool held = false;

		for (size_t k = 0; k < n; k++)
			text[k] = (uint8_t)letters[dice_from(&seed, 6)];
		for (size_t k = 0; k < len; k++)
			word[k] = letters[dice_from(&seed, 6)];
		same = sv_span_str(word);
		for (; !held && at + len <= n; at++)
			held = strncasecmp((const char *)text + at, word, len) == 0;
		assert_int_equal(sv_holds(all, word), held);
		assert_ptr_equal(sv_find_bytes(all, same), memmem(text, n, word, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_builtin_rule_finds_its_examples_and_nothing_it_refuses),
		cmocka_unit_test(marvin32_gives_the_published_vectors),
		cmocka_unit_test(a_built_in_pattern_is_read_and_compiled_only_by_another_PCRE2),
		cmocka_unit_test(
			a_checksum_that_holds_is_high_and_one_that_does_not_is_lowered_or_dropped),
		cmocka_unit_test(a_word_is_found_where_it_stands_in_a_text_of_any_length),
		cmocka_unit_test(a_wrong_rule_is_told_with_its_line_and_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
