#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/stat.h>
#include "base/base.h"
#include "detect/scanner.h"
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

static bool has(const struct sv_report *report, const char *id)
{
	for (size_t i = 0; i < report->n_findings; i++)
		for (size_t k = 0; k < report->findings[i].n_also; k++)
			if (strcmp(report->findings[i].also[k]->id, id) == 0)
				return true;
	return false;
}

static bool run_has(const struct sv_target *targets, size_t n, const char *id)
{
	struct sv_scan_options options = {
		.ruleset = rules, .targets = targets, .n_targets = n, .jobs = 1};
	struct sv_report *report = NULL;
	struct sv_err err = {0};
	bool found;

	if (sv_scan_run(&options, &report, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(report->n_findings > 0);
	found = has(report, id);
	sv_report_free(report);
	return found;
}

/* The text of template, the same each time. */
static struct sv_span expand(const char *template, struct sv_buf *buf)
{
	assert_int_equal(sv_template_expand(template, 7, buf, NULL), 0);
	return sv_buf_span(buf);
}

static void a_secret_in_two_repositories_is_used_by_two(void **state)
{
	SV_AUTO(sv_buf) one = {0}, other = {0};
	struct sv_target targets[2] = {{.kind = SV_TARGET_BYTES,
					.path = "orders",
					.bytes = expand("AccountKey={his:64:+ASt:Default0}", &one)},
				       {.kind = SV_TARGET_BYTES, .path = "billing"}};

	(void)state;
	targets[1].bytes = targets[0].bytes;
	assert_true(run_has(targets, 2, "secret-reuse"));
	targets[1].path = "orders";
	assert_false(run_has(targets, 2, "secret-reuse"));
	/* another key there */
	assert_int_equal(sv_template_expand("AccountKey={his:64:+ASt:Default0}", 8, &other, NULL),
			 0);
	targets[1] = (struct sv_target){
		.kind = SV_TARGET_BYTES, .path = "billing", .bytes = sv_buf_span(&other)};
	assert_false(run_has(targets, 2, "secret-reuse"));
}

/* ---- files ---- */

static void put(const char *root, const char *path, struct sv_span bytes)
{
	char whole[300];

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	assert_int_equal(sv_file_write(whole, bytes, 0600, NULL), 0);
}

static void services_are_told_by_their_files(void **state)
{
	static const struct {
		const char *one, *two;
		bool reused;
	} cases[] = {{"orders/appsettings.json", "billing/appsettings.json", true},
		     {"src/orders/.env", "src/billing/.env", true},
		     {"orders/appsettings.json", "README.md", false},
		     {"orders/appsettings.json", "orders/appsettings.Production.json", false},
		     {"appsettings.json", "orders/appsettings.json", false},
		     {"orders/appsettings.json", "orders/old/appsettings.json", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char root[] = "/tmp/sievert-shared-XXXXXX", command[64];
		SV_AUTO(sv_buf) text = {0};
		struct sv_target target = {.kind = SV_TARGET_DIR};

		assert_non_null(mkdtemp(root));
		target.path = root;
		expand("{\"key\": \"AccountKey={his:64:+ASt:Default0}\"}", &text);
		put(root, cases[i].one, sv_buf_span(&text));
		put(root, cases[i].two, sv_buf_span(&text));
		if (run_has(&target, 1, "secret-reuse") != cases[i].reused)
			fail_msg("%s and %s", cases[i].one, cases[i].two);
		snprintf(command, sizeof(command), "rm -r %s", root);
		assert_int_equal(system(command), 0);
	}
}

/* ---- devices ---- */

static void one_key_of_two_devices_is_told(void **state)
{
	static const struct {
		const char *text;
		bool shared;
	} cases[] = {
		{"HostName=contoso.azure-devices.net;DeviceId=d1;SharedAccessKey={b64:32}\n"
		 "HostName=contoso.azure-devices.net;DeviceId=%s;SharedAccessKey=",
		 true},
		{"#define IOT_CONFIG_DEVICE_ID \"d1\"\n#define IOT_CONFIG_DEVICE_KEY \"{b64:32}\"\n"
		 "#define IOT_CONFIG_DEVICE_ID \"%s\"\n#define IOT_CONFIG_DEVICE_KEY \"",
		 true},
		{"HostName=contoso.azure-devices.net;DeviceId=d1;SharedAccessKey={his:32:AIoT:"
		 "Device00}\n"
		 "HostName=contoso.azure-devices.net;DeviceId=%s;SharedAccessKey=",
		 true}};
	static const char *const devices[] = {"d2", "d1"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		SV_AUTO(sv_buf) first = {0}, all = {0};
		char template[400];
		struct sv_target target = {.kind = SV_TARGET_BYTES, .path = "devices"};
		const char *key;

		snprintf(template, sizeof(template), cases[i / 2].text, devices[i % 2]);
		expand(template, &first);
		/* the same key again: it ends its line */
		key = strchr(sv_buf_str(&first), '\n');
		for (size_t lines = i / 2 == 1; lines > 0; lines--)
			key = strchr(key + 1, '\n');
		key -= i / 2 == 1 ? 45 : 44;
		assert_int_equal(sv_buf_append(&all, first.ptr, first.len), 0);
		assert_int_equal(sv_buf_append(&all, key, 44), 0);
		assert_int_equal(sv_buf_puts(&all, "\"\n"), 0);
		target.bytes = sv_buf_span(&all);
		if (run_has(&target, 1, "iot-key-shared") != (i % 2 == 0))
			fail_msg("%s", sv_buf_str(&all));
	}
}

/* ---- rules that found the same ---- */

static void what_another_rule_saw_there_is_told_with_the_finding(void **state)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_target target = {.kind = SV_TARGET_BYTES, .path = "vault.bicep"};

	(void)state;
	expand("resource s 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {\n  properties: {\n"
	       "    value: '{entra}'\n  }\n}",
	       &text);
	target.bytes = sv_buf_span(&text);
	assert_true(run_has(&target, 1, "azure-keyvault-secret-literal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_in_two_repositories_is_used_by_two),
		cmocka_unit_test(services_are_told_by_their_files),
		cmocka_unit_test(one_key_of_two_devices_is_told),
		cmocka_unit_test(what_another_rule_saw_there_is_told_with_the_finding),
	};

	return cmocka_run_group_tests(tests, open_rules, free_rules);
}
