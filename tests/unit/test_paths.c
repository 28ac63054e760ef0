#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/stat.h>
#include "detect/checks.h"
#include "detect/scanner.h"
#include "engine/paths.h"
#include <sievert/sievert.h>

static struct sv_ruleset *rules;

static int open_rules(void **state)
{
	(void)state;
	return sv_ruleset_open(NULL, &rules, NULL);
}

static int free_rules(void **state)
{
	(void)state;
	sv_ruleset_free(rules);
	return 0;
}

static void put(const char *root, const char *path, const char *template)
{
	SV_AUTO(sv_buf) text = {0};
	char whole[300];

	assert_int_equal(sv_template_expand(template, 11, &text, NULL), 0);
	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	assert_int_equal(sv_file_write(whole, sv_buf_span(&text), 0600, NULL), 0);
}

struct file {
	const char *path, *template;
};

/* What a scan of the files finds from least on; the caller frees it. */
static struct sv_report *scan(const struct file *files, size_t n, enum sv_confidence least)
{
	char root[] = "/tmp/sievert-paths-XXXXXX", command[64];
	struct sv_target target = {.kind = SV_TARGET_DIR};
	struct sv_scan_options options = {.ruleset = rules,
					  .targets = &target,
					  .n_targets = 1,
					  .jobs = 1,
					  .min_confidence = least};
	struct sv_report *report = NULL;

	assert_non_null(mkdtemp(root));
	target.path = root;
	for (size_t i = 0; i < n; i++)
		put(root, files[i].path, files[i].template);
	assert_int_equal(sv_scan_run(&options, &report, NULL), 0);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
	return report;
}

static bool is_reported(const char *path, const char *template)
{
	struct sv_report *report = scan(&(struct file){path, template}, 1, SV_CONF_MEDIUM);
	bool found = report->n_findings != 0;

	sv_report_free(report);
	return found;
}

static void a_path_tells_what_kind_of_file_it_is(void **state)
{
	static const struct {
		const char *path;
		unsigned kinds;
	} cases[] = {{"src/main.c", 0},
		     {"src/test/java/UserIT.java", SV_PATH_TEST},
		     {"api/user_test.go", SV_PATH_TEST},
		     {"Shop.Tests/Login.cs", SV_PATH_TEST},
		     {"src/LoginTests.swift", SV_PATH_TEST},
		     {"src/latest.c", 0},
		     {"src/contest/run.py", 0},
		     {"README.md", SV_PATH_DOCUMENT},
		     {"Docs/setup.html", SV_PATH_DOCS | SV_PATH_TEXT},
		     {"docs/production.env", SV_PATH_DOCS | SV_PATH_SETTINGS},
		     {"src/docker.go", 0},
		     {"config/locales/de.yml", SV_PATH_TRANSLATION},
		     {"web/app.min.js", SV_PATH_MADE},
		     {".github/workflows/ui/cypress/login.js", SV_PATH_TEST},
		     {"ios/App.xcassets/keys.imageset/Contents.json", SV_PATH_MADE},
		     {"etc/app.conf.sample", SV_PATH_TEMPLATE},
		     {"share/tool.1", SV_PATH_DOCUMENT},
		     {"tests/docker-compose.ci.yml", SV_PATH_TEST | SV_PATH_SETTINGS},
		     {"test", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (sv_path_kinds(sv_span_str(cases[i].path)) != cases[i].kinds)
			fail_msg("%s: %u", cases[i].path,
				 sv_path_kinds(sv_span_str(cases[i].path)));
}

static void a_word_typed_for_a_test_is_left_out_and_one_that_starts_a_service_is_not(void **state)
{
	(void)state;
	assert_true(is_reported("src/login.py", "db_password = \"marmalade{digit:3}\"\n"));
	assert_false(is_reported("tests/test_login.py", "db_password = \"marmalade{digit:3}\"\n"));
	assert_true(is_reported(
		"tests/docker-compose.yml",
		"services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: marmalade\n"));
}

static void a_word_in_a_template_is_left_out_and_a_key_is_not(void **state)
{
	(void)state;
	assert_false(is_reported("app.env.sample", "DB_PASSWORD=marmalade\n"));
	assert_true(is_reported("app.env.sample", "SECRET_KEY={base62:32}\n"));
}

static void what_machines_made_is_reported_in_tests_too(void **state)
{
	(void)state;
	assert_true(is_reported("tests/test_login.py", "client_secret = \"{base62:32}\"\n"));
	assert_true(is_reported("src/__tests__/key.spec.ts", "const t = 'ghp_{crc62}';\n"));
}

static void an_example_in_a_document_is_left_out_unless_it_stands_elsewhere_too(void **state)
{
	struct file files[] = {{"README.md", "client_secret = \"{base62:32}\"\n"},
			       {"src/app.py", "client_secret = \"{base62:32}\"\n"}};
	struct sv_report *report;

	(void)state;
	assert_false(is_reported(files[0].path, files[0].template));
	report = scan(files, 2, SV_CONF_MEDIUM);
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(report->findings[0].n_places, 2);
	sv_report_free(report);
}

static void a_document_shows_elements_hashes_and_keys_as_examples(void **state)
{
	(void)state;
	assert_true(is_reported("src/a.xml", "<access_token>{base64:40}</access_token>\n"));
	assert_false(is_reported("doc/a.md", "<access_token>{base64:40}</access_token>\n"));
	assert_true(is_reported("a.sh", "LDAP_PASSWORD={base62:5}2b7{base62:12}x\n"));
	assert_false(is_reported("docs/a.md", "LDAP_PASSWORD={base62:5}2b7{base62:12}x\n"));
	assert_false(is_reported("docs/apache.md", "ada:$2y$10${base62:53}\n"));
	assert_false(is_reported("rfcs/done/key.md", "k = MC4CAQAwBQYDK2VuBCIEI{base64:43}\n"));
}

static void what_reads_like_words_is_left_out_of_tests(void **state)
{
	(void)state;
	assert_true(is_reported("config/app.yml", "db_password: fuss_do_rah\n"));
	assert_false(is_reported("tests/test_app.py", "c.password == \"fuss_do_rah\"\n"));
	assert_false(is_reported("tests/a.spec.ts", "const password = \"vErY-s3cur3-p@ss!\"\n"));
}

static void a_sealed_file_is_told_by_its_name(void **state)
{
	(void)state;
	assert_true(is_reported("config/keys.json", "{\"secretKey\": \"{base62:32}\"}\n"));
	assert_false(is_reported("config/keys.enc.json", "{\"secretKey\": \"{base62:32}\"}\n"));
}

static void a_token_that_somebody_filled_by_hand_is_left_out(void **state)
{
	static const char *const drawn[] = {"t = 'sbp_{hex:40}'\n", "id: AKIA2E{base32:14}\n"};
	static const char *const filled[] = {
		"t = 'sbp_aaaa0{hex:35}'\n", "t = 'sbp_{hex:35}00000'\n",
		"t = 'sbp_{hex:16}7777777{hex:17}'\n", "id: AKIA2E{base32:8}TESTID\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(drawn) / sizeof(*drawn); i++)
		if (!is_reported("src/app.py", drawn[i]))
			fail_msg("missed: %s", drawn[i]);
	for (size_t i = 0; i < sizeof(filled) / sizeof(*filled); i++)
		if (is_reported("src/app.py", filled[i]))
			fail_msg("reported: %s", filled[i]);
}

static void a_signed_token_that_is_announced_as_an_example_is_left_out(void **state)
{
	(void)state;
	assert_true(is_reported("src/a.ex", "  token:\n    \"Bearer {jwt:'iss':'ada'}\"\n"));
	assert_false(is_reported("src/a.ex", "  example:\n    \"Bearer {jwt:'iss':'ada'}\"\n"));
}

static void code_beside_the_name_of_an_administrator_is_no_password(void **state)
{
	(void)state;
	assert_true(is_reported("src/a.php", "'admin_password' => '{base62:14}',\n"));
	assert_false(is_reported("src/a.php", "'admin_password' => 'required|string',\n"));
	assert_false(is_reported("src/a.ts", "admin_password: configs.ADMIN_PASSWORD ?? ''\n"));
	assert_false(is_reported("src/a.hs", "\"admin_password = \" <> maybe \"\" fst pwds\n"));
}

static void a_path_silences_nothing_that_a_checksum_proves(void **state)
{
	(void)state;
	assert_true(is_reported("docs/tests/README.md", "token: ghp_{crc62}\n"));
	assert_true(is_reported("locales/de.yml", "token: ghp_{crc62}\n"));
}

static void what_is_left_out_is_there_for_who_asks(void **state)
{
	struct file file = {"README.md", "client_secret = \"{base62:32}\"\n"};
	struct sv_report *report = scan(&file, 1, SV_CONF_LOW);

	(void)state;
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(report->findings[0].confidence, SV_CONF_LOW);
	assert_string_equal(report->findings[0].reasons[0],
			    "it stands in a document, as an example");
	sv_report_free(report);
}

static void a_test_lowers_the_severity_by_one(void **state)
{
	struct file files[] = {{"src/key.py", "t = 'ghp_{crc62}'\n"},
			       {"tests/key.py", "t = 'ghp_{crc62}'\n"}};
	struct sv_report *plain = scan(&files[0], 1, SV_CONF_MEDIUM),
			 *test = scan(&files[1], 1, SV_CONF_MEDIUM),
			 *both = scan(files, 2, SV_CONF_MEDIUM);

	(void)state;
	assert_int_equal(plain->findings[0].severity, test->findings[0].severity + 1);
	assert_int_equal(both->findings[0].severity, plain->findings[0].severity);
	sv_report_free(plain);
	sv_report_free(test);
	sv_report_free(both);
}

static void one_secret_that_two_rules_know_is_one_finding(void **state)
{
	struct file files[] = {
		{"app/settings.py", "db_password = \"{base62:20}\"\n"},
		{"app/url.py", "url = \"postgres://app:{base62:20}@db.internal/app\"\n"}};
	struct sv_report *report = scan(files, 2, SV_CONF_MEDIUM);

	(void)state;
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(report->findings[0].n_places, 2);
	assert_string_equal(report->findings[0].rule->id, "database-url-password");
	sv_report_free(report);
}

static void what_people_type_is_told_from_what_machines_draw(void **state)
{
	static const char *const typed[] = {
		"marmalade77", "hunter2longpass", "fjdkslafjdk",      "nbvfdswe34567ujko098765",
		"wefwefe",     "Str0ngP@ss!",	  "c0rrecth0rse",     "p%40ss%23word",
		"12345678",    "AaBb2Cc3Dd4",	  "wobblE3",	      "cl13nts3cr3t",
		"s3kR37",      "cGFzc3dvcmQ=",	  "a0a1a2a3a4a5a6a7", "dksjnlvsnl2"};
	static const char *const drawn[] = {"x4VJz2r9x2NDss9KpC", "FzcLbKs2dY9mhL", "tpnIwJDz4e",
					    "kdy5x6ov8z94aem1"};

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++)
		if (!sv_is_typed(sv_span_str(typed[i])))
			fail_msg("not typed: %s", typed[i]);
	for (size_t i = 0; i < sizeof(drawn) / sizeof(*drawn); i++)
		if (sv_is_typed(sv_span_str(drawn[i])))
			fail_msg("typed: %s", drawn[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_tells_what_kind_of_file_it_is),
		cmocka_unit_test(
			a_word_typed_for_a_test_is_left_out_and_one_that_starts_a_service_is_not),
		cmocka_unit_test(a_word_in_a_template_is_left_out_and_a_key_is_not),
		cmocka_unit_test(what_machines_made_is_reported_in_tests_too),
		cmocka_unit_test(
			an_example_in_a_document_is_left_out_unless_it_stands_elsewhere_too),
		cmocka_unit_test(a_document_shows_elements_hashes_and_keys_as_examples),
		cmocka_unit_test(what_reads_like_words_is_left_out_of_tests),
		cmocka_unit_test(a_sealed_file_is_told_by_its_name),
		cmocka_unit_test(a_token_that_somebody_filled_by_hand_is_left_out),
		cmocka_unit_test(a_signed_token_that_is_announced_as_an_example_is_left_out),
		cmocka_unit_test(code_beside_the_name_of_an_administrator_is_no_password),
		cmocka_unit_test(a_path_silences_nothing_that_a_checksum_proves),
		cmocka_unit_test(what_is_left_out_is_there_for_who_asks),
		cmocka_unit_test(a_test_lowers_the_severity_by_one),
		cmocka_unit_test(one_secret_that_two_rules_know_is_one_finding),
		cmocka_unit_test(what_people_type_is_told_from_what_machines_draw),
	};

	return cmocka_run_group_tests(tests, open_rules, free_rules);
}
