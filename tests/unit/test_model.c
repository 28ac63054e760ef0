#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/model.h"

/* the best confidence of a generic rule in the expanded text; -1: nothing is found */
static int best(const struct sv_candidate *c, void *payload)
{
	int *most = payload;

	if (strncmp(c->rule->id, "generic-", 8) == 0 && (int)c->confidence > *most)
		*most = (int)c->confidence;
	return 0;
}

static int confidence_of(const char *template)
{
	struct sv_ruleset *set = NULL;
	struct sv_scanner *scanner = NULL;
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	int most = -1;

	assert_int_equal(sv_ruleset_open(NULL, &set, &err), 0);
	assert_int_equal(sv_scanner_new(set, &scanner, &err), 0);
	assert_int_equal(sv_template_expand(template, 11, &text, &err), 0);
	assert_int_equal(sv_scanner_scan(scanner, &text, best, &most, &err), 0);
	sv_scanner_free(scanner);
	sv_ruleset_free(set);
	return most;
}

static void machine_made_values_beside_secret_names_are_reported_in_every_syntax(void **state)
{
	static const char *const texts[] = {
		"db:\n  user: app\n  password: {base62:18}\n",
		"MYSQL_ROOT_PASSWORD={base62:16}\n",
		"const char *password = \"{base62:16}\";\n",
		"\"password\": \"{base62:16}\",\n",
		"'password' => '{base62:16}',\n",
		"password := \"{base62:16}\"\n",
		"<add key=\"DbPassword\" value=\"{base62:16}\" />\n",
		"client.setPassword(\"{base62:16}\");\n",
		"api_key = \"{hex:32}\"\n",
		"ENV SECRET_KEY {base62:1}\nENV CLIENT_SECRET={base62:40}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) < SV_CONF_MEDIUM)
			fail_msg("missed: %s", texts[i]);
}

static void references_code_and_ordinary_words_are_not(void **state)
{
	static const char *const texts[] = {
		"password: ${DB_PASSWORD}\n",
		"password = os.environ['DB_PASSWORD']\n",
		"password = config.password\n",
		"private String password;\n",
		"token = get_token(request)\n",
		"<label for=\"password\">Password:</label>\n",
		"\"PASSWORD_CHANGED\": \"Your password was changed\",\n",
		"secretName: my-application-secret\n",
		"password = '********'\n",
		"api_key = \"<your-api-key>\"\n",
		"{\"sha\":\"{hex:40}\"}\n",
		"key: \"created_at\",\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) >= SV_CONF_MEDIUM)
			fail_msg("reported: %s", texts[i]);
}

static void count_symbol(unsigned symbol, void *payload)
{
	char *text = payload;
	size_t n = strlen(text);

	text[n] = symbol < 26 ? (char)('a' + symbol) : symbol == 26 ? '|' : symbol == 27 ? '0' : '?';
	text[n + 1] = '\0';
}

static void words_are_told_apart_in_names_of_every_style(void **state)
{
	char text[64] = "";

	(void)state;
	sv_model_symbols(sv_span_str("getURL_of x9\xc3"), count_symbol, text);
	assert_string_equal(text, "|get|url|of|x0?|");
}

static void a_value_that_cannot_be_one_is_told_without_the_model(void **state)
{
	(void)state;
	assert_true(sv_model_is_no_value(sv_span_str("${HOME}")));
	assert_true(sv_model_is_no_value(sv_span_str("{{ secret }}")));
	assert_true(sv_model_is_no_value(sv_span_str("<your key>")));
	assert_true(sv_model_is_no_value(sv_span_str("xxxxxxxxxxxx")));
	assert_true(sv_model_is_no_value(sv_span_str("NULL")));
	assert_true(sv_model_is_no_value(sv_span_str("please enter a new password here")));
	assert_false(sv_model_is_no_value(sv_span_str("pa$$w0rd!x")));
	assert_false(sv_model_is_no_value(sv_span_str("hunter2")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_made_values_beside_secret_names_are_reported_in_every_syntax),
		cmocka_unit_test(references_code_and_ordinary_words_are_not),
		cmocka_unit_test(words_are_told_apart_in_names_of_every_style),
		cmocka_unit_test(a_value_that_cannot_be_one_is_told_without_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
