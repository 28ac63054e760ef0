/* What the reports as SARIF say; tests/schema holds real ones against the files that they tell of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/base.h"
#include <sievert/report.h>

static const struct sv_rule rule = {.id = "r", .name = "A key", .severity = SV_HIGH};

static int gather(const void *bytes, size_t len, void *payload)
{
	return sv_buf_append(payload, bytes, len);
}

static struct sv_place place(enum sv_where where, const char *root, const char *path)
{
	return (struct sv_place){.where = where, .root = sv_span_str(root), .path = sv_span_str(path), .line = 3,
				 .utf16_column = 2, .end_line = 3, .utf16_end = 8, .offset = 20, .length = 6};
}

static void write_report(const struct sv_report *report, struct sv_buf *ret)
{
	struct sv_write_options options = {.format = SV_FORMAT_SARIF, .max_places = 2};
	struct sv_err err;

	sv_buf_reset(ret);
	assert_int_equal(sv_report_write(report, &options, gather, ret, &err), 0);
}

static void write_places(const struct sv_place *places, size_t n, struct sv_buf *ret)
{
	struct sv_finding finding = {.rule = &rule, .id = "00", .severity = SV_HIGH, .message = "A key",
				     .secret = sv_span_str("s3cr3tvalue!"), .places = places, .n_places = n};
	struct sv_report report = {.rules_digest = "d", .n_rules = 1, .findings = &finding, .n_findings = 1,
				   .complete = true};

	write_report(&report, ret);
}

static void assert_holds(struct sv_buf *out, const char *words)
{
	if (strstr(sv_buf_str(out), words) == NULL)
		fail_msg("%s\nis not in\n%s", words, sv_buf_str(out));
}

static void a_path_of_any_bytes_is_a_uri(void **state)
{
	struct sv_place p = place(SV_WHERE_WORKTREE, ".", "a b/#1%20?\\:*\"<>|\xc3\xa4\xff[id].c");
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_places(&p, 1, &out);
	assert_holds(&out, "{\"uri\":\"a%20b/%231%2520%3F%5C%3A%2A%22%3C%3E%7C%C3%A4%FF%5Bid%5D.c\",\"uriBaseId\":\"%SRCROOT%\"}");
	assert_holds(&out, "\"region\":{\"startLine\":3,\"startColumn\":2,\"endLine\":3,\"endColumn\":8,\"byteOffset\":20,"
			   "\"byteLength\":6}");
}

static void a_path_is_relative_to_where_the_command_ran_or_to_the_one_absolute_root(void **state)
{
	struct sv_place some[] = {place(SV_WHERE_WORKTREE, "./sub", "x"), place(SV_WHERE_WORKTREE, "/srv/a", "y")};
	struct sv_place same[] = {place(SV_WHERE_WORKTREE, "/srv/a b", "x"), place(SV_WHERE_BLOB, "/srv/a b", "y")};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_places(some, 2, &out);
	assert_holds(&out, "{\"uri\":\"sub/x\",\"uriBaseId\"");
	assert_holds(&out, "{\"uri\":\"file:///srv/a/y\"}");
	assert_holds(&out, "{\"%SRCROOT%\":{\"description\"");
	write_places(same, 2, &out);
	assert_holds(&out, "{\"uri\":\"x\",\"uriBaseId\"");
	assert_holds(&out, "{\"uri\":\"y\",\"uriBaseId\"");
	assert_holds(&out, "\"originalUriBaseIds\":{\"%SRCROOT%\":{\"uri\":\"file:///srv/a%20b/\"}}");
}

static void an_object_without_a_path_has_one_below_dot_git(void **state)
{
	struct sv_place message = place(SV_WHERE_COMMIT_MESSAGE, "/srv/x.git", "");
	struct sv_place ref = place(SV_WHERE_REF_NAME, ".", "refs/heads/x");
	struct sv_place input = place(SV_WHERE_STDIN, "(standard input)", "");
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	memcpy(message.object, "0123", 5);
	message.in_history = true;
	write_places(&message, 1, &out);
	assert_holds(&out, "\"uri\":\".git/commit-message/0123\"");
	assert_holds(&out, "\"message\":{\"text\":\"commit-message, unreachable\"}");
	write_places(&ref, 1, &out);
	assert_holds(&out, "\"uri\":\".git/refs/heads/x\"");
	assert_holds(&out, "\"region\":{\"startLine\":1,\"startColumn\":1,\"endLine\":1,\"endColumn\":1}");
	write_places(&input, 1, &out);
	assert_holds(&out, "\"uri\":\"%28standard%20input%29\"");
}

static void the_place_that_is_shown_is_a_file_that_is_there_and_the_message_links_to_others(void **state)
{
	struct sv_place p[] = {place(SV_WHERE_COMMIT_MESSAGE, ".", ""), place(SV_WHERE_BLOB, ".", "a[1].c"),
			       place(SV_WHERE_WORKTREE, ".", "now"), place(SV_WHERE_INDEX, ".", "now")};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	memcpy(p[0].object, "0123", 5);
	write_places(p, 4, &out);
	assert_holds(&out, "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"now\"");
	assert_holds(&out, "\"relatedLocations\":[{\"id\":1,\"physicalLocation\":{\"artifactLocation\":{\"uri\":\".git/commit-message/0123\"");
	assert_holds(&out, "{\"text\":\"A key, s3c***(12). Also in [.git/commit-message/0123:3](1), [a\\\\[1\\\\].c:3](2) and 1 more place.\"}");
}

static void a_finding_of_many_places_has_as_many_as_a_service_takes(void **state)
{
	static struct sv_place p[1500];
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	for (size_t i = 0; i < 1500; i++)
		p[i] = place(SV_WHERE_WORKTREE, ".", "x");
	write_places(p, 1500, &out);
	assert_holds(&out, "{\"id\":999,");
	assert_null(strstr(sv_buf_str(&out), "{\"id\":1000,"));
	assert_holds(&out, "and 1497 more places.");
	assert_holds(&out, "\"places\":1500");
}

static void rules_are_those_of_results_and_each_once(void **state)
{
	static const struct sv_rule rules[] = {{.id = "b", .name = "B", .severity = SV_CRITICAL},
					       {.id = "a", .name = "A <x> *", .description = "Of an [A](x)",
						.severity = SV_MEDIUM, .cls = SV_CLASS_PRACTICE,
						.practice = {.instead = "Use {c}", .docs = "javascript:alert(1)"}}};
	struct sv_place p = place(SV_WHERE_WORKTREE, ".", "x");
	struct sv_finding findings[] = {
		{.rule = &rules[0], .id = "0", .severity = SV_CRITICAL, .message = "B", .places = &p, .n_places = 1},
		{.rule = &rules[1], .id = "1", .severity = SV_HIGH, .cls = SV_CLASS_PRACTICE, .message = "A",
		 .confidence = SV_CONF_HIGH, .places = &p, .n_places = 1},
		{.rule = &rules[0], .id = "2", .severity = SV_LOW, .message = "B", .confidence = SV_CONF_MEDIUM,
		 .places = &p, .n_places = 1},
	};
	struct sv_report report = {.rules_digest = "d", .n_rules = 9, .findings = findings, .n_findings = 3,
				   .complete = true};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_report(&report, &out);
	assert_holds(&out, "\"rules\":[{\"id\":\"a\",\"name\":\"A <x> *\",\"shortDescription\":{\"text\":\"A <x> *\"},"
			   "\"fullDescription\":{\"text\":\"Of an [A](x)\"},\"help\":{\"text\":\"A <x> *. Instead: Use {c}\","
			   "\"markdown\":\"Of an \\\\[A\\\\](x)\\u000a\\u000a**Instead:** Use \\\\{c\\\\}\"},"
			   "\"defaultConfiguration\":{\"level\":\"note\"},\"properties\":{\"tags\":[\"security\",\"practice\"],"
			   "\"security-severity\":\"5.5\",\"precision\":\"high\"");
	assert_holds(&out, "},\n{\"id\":\"b\",");
	assert_holds(&out, "\"security-severity\":\"9.5\",\"precision\":\"medium\"");
	assert_holds(&out, "{\"ruleId\":\"b\",\"ruleIndex\":1,\"level\":\"error\"");
	assert_holds(&out, "{\"ruleId\":\"a\",\"ruleIndex\":0,\"level\":\"note\"");
	assert_holds(&out, "{\"ruleId\":\"b\",\"ruleIndex\":1,\"level\":\"note\"");
}

static void what_was_not_read_is_notified_and_the_run_no_success(void **state)
{
	struct sv_gap gaps[] = {{SV_GAP_SKIPPED, "too-large", sv_span_str("."), sv_span_str("big"), {0}},
				{SV_GAP_UNREAD, "corrupt-object", sv_span_str("a"), sv_span_str("b"), sv_span_str("c")}};
	struct sv_report report = {.rules_digest = "d", .stopped = "stopped by a signal", .n_suppressed = 1,
				   .coverage = {.skipped = 3, .unread = 1, .limits_hit = 2, .gaps = gaps, .n_gaps = 2}};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_report(&report, &out);
	assert_holds(&out, "\"executionSuccessful\":false,\"toolExecutionNotifications\"");
	assert_holds(&out, "{\"level\":\"error\",\"descriptor\":{\"id\":\"stopped\"},\"message\":{\"text\":\"The scan is incomplete: stopped by a signal\"}}");
	assert_holds(&out, "{\"level\":\"note\",\"descriptor\":{\"id\":\"too-large\"},\"message\":{\"text\":\"Skipped by policy (too-large): big\"},\"properties\":{\"kind\":\"skipped\"");
	assert_holds(&out, "{\"text\":\"Could not be read (corrupt-object): a/b (c)\"}");
	assert_holds(&out, "{\"text\":\"Skipped by policy: 2 more\"}");
	assert_holds(&out, "{\"text\":\"2 limits of an expression reached\"}");
	assert_holds(&out, "{\"text\":\"1 finding allowed inline\"}");
	assert_holds(&out, "\"results\":[]}]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_of_any_bytes_is_a_uri),
		cmocka_unit_test(a_path_is_relative_to_where_the_command_ran_or_to_the_one_absolute_root),
		cmocka_unit_test(an_object_without_a_path_has_one_below_dot_git),
		cmocka_unit_test(the_place_that_is_shown_is_a_file_that_is_there_and_the_message_links_to_others),
		cmocka_unit_test(a_finding_of_many_places_has_as_many_as_a_service_takes),
		cmocka_unit_test(rules_are_those_of_results_and_each_once),
		cmocka_unit_test(what_was_not_read_is_notified_and_the_run_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
