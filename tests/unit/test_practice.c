#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/scanner.h"
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

/* ---- each document has what finds something ---- */

struct asked {
	const struct sv_rule *rule;
	bool found;
};

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	struct asked *a = payload;

	a->found |= c->rule == a->rule;
	for (size_t i = 0; i < SV_MAX_ALSO; i++)
		a->found |= c->also[i] == a->rule;
	return 0;
}

/* Does an example of rule, made anew, lead to it? */
static bool works(struct sv_scanner *scanner, const struct sv_rule *rule)
{
	struct asked asked = {.rule = rule};

	for (const char *const *e = rule->examples; !asked.found && *e; e++) {
		SV_AUTO(sv_buf) text = {0};

		assert_int_equal(sv_template_expand(*e, 20260115, &text, NULL), 0);
		assert_int_equal(sv_scanner_scan(scanner, &text, on_candidate, &asked, NULL), 0);
	}
	return asked.found;
}

static bool names(const struct sv_rule *rule, const char *page_and_clause)
{
	for (const char *const *d = rule->documents; d && *d; d++)
		if (strcmp(*d, page_and_clause) == 0)
			return true;
	return false;
}

/* Rules that only whole runs can see have a test of their own. */
static bool is_seen_by_runs(const char *page_and_clause)
{
	size_t n;
	const struct sv_rule *const *rules = sv_rules_of_runs(&n);

	for (size_t i = 0; i < n; i++)
		if (names(rules[i], page_and_clause))
			return true;
	return false;
}

static bool is_detected(const struct sv_ruleset *rules, struct sv_scanner *scanner, const char *page_and_clause)
{
	for (size_t i = 0; i < sv_ruleset_count(rules); i++) {
		const struct sv_rule *rule = sv_ruleset_get(rules, i);

		if (names(rule, page_and_clause) && works(scanner, rule))
			return true;
	}
	return is_seen_by_runs(page_and_clause);
}

static void each_clause_of_each_document_has_a_detection_whose_example_is_found(void **state)
{
	struct sv_ruleset *rules = NULL;
	struct sv_scanner *scanner = NULL;
	size_t n, n_clauses = 0;
	const struct sv_document *documents = sv_documents(&n);

	(void)state;
	assert_int_equal(sv_ruleset_open(NULL, &rules, NULL), 0);
	assert_int_equal(sv_scanner_new(rules, &scanner, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		char asked[100];

		assert_memory_equal(documents[i].page, "https://learn.microsoft.com/", 28);
		if (documents[i].clauses[0] == '\0' && !is_detected(rules, scanner, documents[i].id))
			fail_msg("nothing finds what is of %s", documents[i].id);
		for (const char *c = documents[i].clauses; *c != '\0'; c++, n_clauses++) {
			snprintf(asked, sizeof(asked), "%s/%c", documents[i].id, *c);
			if (!is_detected(rules, scanner, asked))
				fail_msg("nothing finds what is of %s", asked);
		}
	}
	assert_in_range(n_clauses, 40, 60);
	sv_scanner_free(scanner);
	sv_ruleset_free(rules);
}

static bool has_clause(const struct sv_document *document, const char *page_and_clause)
{
	const char *slash = strchr(page_and_clause, '/');

	return slash ? slash[1] != '\0' && slash[2] == '\0' && strchr(document->clauses, slash[1]) != NULL
		     : document->clauses[0] == '\0';
}

static void each_rule_names_clauses_that_there_are_and_pages_that_open(void **state)
{
	struct sv_ruleset *rules = NULL;

	(void)state;
	assert_int_equal(sv_ruleset_open(NULL, &rules, NULL), 0);
	for (size_t i = 0; i < sv_ruleset_count(rules); i++) {
		const struct sv_rule *rule = sv_ruleset_get(rules, i);

		for (const char *const *d = rule->documents; d && *d; d++)
			if (!has_clause(sv_document_of(*d), *d))
				fail_msg("%s: no clause is %s", rule->id, *d);
		if (rule->practice.docs && strncmp(rule->practice.docs, "https://", 8) != 0)
			fail_msg("%s: %s is no address", rule->id, rule->practice.docs);
		if (strncmp(rule->origin, "azure/", 6) == 0 && rule->practice.docs == NULL &&
		    rule->documents != NULL)
			fail_msg("%s: no page says more", rule->id);
	}
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
	struct sv_finding f = {.rule = &silent, .cls = SV_CLASS_PRACTICE};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	assert_int_equal(sv_practice_json(&f, &out), 0);
	assert_string_equal(sv_buf_str(&out), "");
	f.rule = &rule;
	assert_int_equal(sv_practice_json(&f, &out), 0);
	assert_string_equal(
		sv_buf_str(&out),
		",\"practice\":{\"instead\":\"\\\"this\\\"\",\"documents\":[\"iaas/b\"],"
		"\"mcsb\":[\"IM-8\"],\"mcsb_v2\":[\"IM-8.1\"]}");
}

/* Whatever a secret is, it should not be there; and what other rules saw in it is told with it. */
static void any_secret_has_the_controls_of_secrets_and_those_of_rules_found_with_it(void **state)
{
	static const struct sv_rule silent = {.id = "s"};
	static const struct sv_rule *const others[] = {&rule};
	struct sv_finding f = {.rule = &silent, .cls = SV_CLASS_SECRET};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	assert_int_equal(sv_practice_json(&f, &out), 0);
	assert_string_equal(sv_buf_str(&out),
			    ",\"practice\":{\"documents\":[\"secrets-best-practices/a\"],"
			    "\"mcsb\":[\"IM-8\",\"DS-3\"],\"mcsb_v2\":[\"IM-8.1\",\"IM-8.2\",\"DS-3\"]}");
	f.also = others;
	f.n_also = 1;
	sv_buf_reset(&out);
	assert_int_equal(sv_practice_json(&f, &out), 0);
	assert_non_null(strstr(sv_buf_str(&out), "[\"secrets-best-practices/a\",\"iaas/b\"]"));
}

static void a_secret_has_the_id_that_microsoft_correlates_by(void **state)
{
	char id[21];

	(void)state;
	sv_c3id(sv_span_str("test"), id);
	assert_string_equal(id, "rPHgxCVAOw6CZsT9xXEw");
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
	assert_non_null(strstr(sv_buf_str(&out), "  IM-8            1        1        1  high      Restrict the "));
	assert_non_null(
		strstr(sv_buf_str(&out), "         1        1  high      Best practices for IaaS"));
	assert_non_null(strstr(sv_buf_str(&out), "none found  Azure network"));
	assert_non_null(strstr(sv_buf_str(&out), "distinct: 1 secrets, 1 practice findings; 2 of 15 documents"));
	report.complete = false;
	sv_buf_reset(&out);
	assert_int_equal(sv_compliance_text(&report, &out), 0);
	assert_null(strstr(sv_buf_str(&out), "none found"));
	assert_non_null(strstr(sv_buf_str(&out), "unknown  Azure network"));
	sv_buf_reset(&out);
	assert_int_equal(sv_compliance_json(&report, &out), 0);
	assert_non_null(strstr(sv_buf_str(&out),
			       "{\"id\":\"IM-8.1\",\"secrets\":1,\"practices\":1,"
			       "\"suppressed\":1,\"worst\":\"high\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_document_is_watched_and_no_rule_names_another),
		cmocka_unit_test(
			each_clause_of_each_document_has_a_detection_whose_example_is_found),
		cmocka_unit_test(each_rule_names_clauses_that_there_are_and_pages_that_open),
		cmocka_unit_test(a_rule_tells_what_it_knows_as_json),
		cmocka_unit_test(
			any_secret_has_the_controls_of_secrets_and_those_of_rules_found_with_it),
		cmocka_unit_test(a_secret_has_the_id_that_microsoft_correlates_by),
		cmocka_unit_test(
			findings_count_by_control_and_document_and_what_was_not_read_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
