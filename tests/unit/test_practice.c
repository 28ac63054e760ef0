#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "sink/practice.h"

/* ---- what the built-in rules say ---- */

static void each_document_is_watched_and_no_rule_names_another(void **state)
{
	struct sv_ruleset *rules = NULL;
	size_t n, watched[32] = {0};
	const struct sv_document *documents = sv_documents(&n);

	(void)state;
	assert_in_range(n, 15, 32);
	assert_int_equal(sv_ruleset_open(NULL, &rules, NULL), 0);
	for (size_t i = 0; i < sv_ruleset_count(rules); i++) {
		const struct sv_rule *rule = sv_ruleset_get(rules, i);

		for (const char *const *d = rule->documents; d && *d; d++) {
			const struct sv_document *document = sv_document_of(*d);

			if (document == NULL)
				fail_msg("%s: no document is %s", rule->id, *d);
			watched[document - documents]++;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (watched[i] == 0)
			fail_msg("no rule watches %s", documents[i].id);
	sv_ruleset_free(rules);
}

/* ---- reports ---- */

static const char *const controls[] = {"IM-8", NULL}, *const controls_v2[] = {"IM-8.1", NULL},
			 *const pages[] = {"iaas/b", NULL};
static const struct sv_rule rule = {
	.id = "r",
	.documents = pages,
	.practice = {.instead = "\"this\"", .mcsb = controls, .mcsb_v2 = controls_v2}};

static void a_rule_tells_what_it_knows_as_json(void **state)
{
	static const struct sv_rule silent = {.id = "s"};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	assert_int_equal(sv_practice_json(&silent, &out), 0);
	assert_string_equal(sv_buf_str(&out), "");
	assert_int_equal(sv_practice_json(&rule, &out), 0);
	assert_string_equal(
		sv_buf_str(&out),
		",\"practice\":{\"instead\":\"\\\"this\\\"\",\"documents\":[\"iaas/b\"],"
		"\"mcsb\":[\"IM-8\"],\"mcsb_v2\":[\"IM-8.1\"]}");
}

static void findings_count_by_control_and_document_and_what_was_not_read_is_unknown(void **state)
{
	struct sv_finding findings[] = {
		{.rule = &rule, .cls = SV_CLASS_SECRET, .severity = SV_LOW},
		{.rule = &rule, .cls = SV_CLASS_PRACTICE, .severity = SV_HIGH},
		{.rule = &rule, .severity = SV_CRITICAL, .suppressed = "allowed"}};
	struct sv_report report = {.findings = findings, .n_findings = 3, .complete = true};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	assert_int_equal(sv_compliance_text(&report, &out), 0);
	assert_non_null(strstr(sv_buf_str(&out), "  IM-8            1        1        1  high\n"));
	assert_non_null(
		strstr(sv_buf_str(&out), "         1        1  high      Best practices for IaaS"));
	assert_non_null(strstr(sv_buf_str(&out), "none found  Azure network"));
	assert_non_null(strstr(sv_buf_str(&out), "distinct: 1 secrets, 1 practice findings"));
	report.complete = false;
	sv_buf_reset(&out);
	assert_int_equal(sv_compliance_text(&report, &out), 0);
	assert_null(strstr(sv_buf_str(&out), "none found"));
	assert_non_null(strstr(sv_buf_str(&out), "unknown  Azure network"));
	sv_buf_reset(&out);
	assert_int_equal(sv_compliance_json(&report, &out), 0);
	assert_non_null(strstr(sv_buf_str(&out),
			       "\"mcsb_v2\":[{\"id\":\"IM-8.1\",\"secrets\":1,\"practices\":1,"
			       "\"suppressed\":1,\"worst\":\"high\"}]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_document_is_watched_and_no_rule_names_another),
		cmocka_unit_test(a_rule_tells_what_it_knows_as_json),
		cmocka_unit_test(
			findings_count_by_control_and_document_and_what_was_not_read_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
