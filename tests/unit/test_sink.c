#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "sink/masks.h"
#include "base/base.h"
#include <sievert/report.h>

static int gather(const void *bytes, size_t len, void *payload)
{
	return sv_buf_append(payload, bytes, len);
}

static void text_from_input_cannot_command_a_terminal_or_a_ci_runner(void **state)
{
	char text[200];

	(void)state;
	sv_text_neutralise(sv_span_str("a\033[31mb\xe2\x80\xae::error ##vso[x ##[y \xff\r\n"), text, sizeof(text));
	assert_string_equal(text, "a\\x1b[31mb\\u202e:\\:error #\\#vso[x #\\#[y \\xff\\x0d\\x0a");
	assert_int_equal(sv_text_neutralise(sv_span_str("abcdef"), text, 4), 6);
	assert_string_equal(text, "abc");
}

static void what_changes_text_unseen_is_escaped_and_commands_are_broken_in_any_case(void **state)
{
	char text[200];

	(void)state;
	sv_text_neutralise(sv_span_str("##VSO[x a\xc2\xad\xe2\x81\xa0\xe2\x81\xa4\xf3\xa0\x80\x81\xf3\xa0\x81\xbf"
				       "b"),
			   text, sizeof(text));
	assert_string_equal(text, "#\\#VSO[x a\\xad\\u2060\\u2064\\ue0001\\ue007fb");
	sv_json_quote(sv_span_str("##vso[\"\\\x01\xf3\xa0\x80\x81\xff::"), text, sizeof(text));
	assert_string_equal(text, "\"\\u0023#vso[\\\"\\\\\\u0001\\udb40\\udc01\\ufffd::\"");
}

static void write_all(enum sv_format format, bool show, struct sv_buf *ret)
{
	static const struct sv_rule rule = {.id = "r"};
	static const char *const reasons[] = {"because"};
	struct sv_place place = {.root = sv_span_str("."), .path = sv_span_str("x\xff\"y/s3cr3tvalue!"), .line = 1,
				 .column = 2, .end_line = 1, .end_column = 13, .offset = 1, .length = 12};
	struct sv_finding finding = {.rule = &rule, .id = "00", .severity = SV_HIGH,
				     .secret = sv_span_str("s3cr3tvalue!"), .message = "m",
				     .reasons = reasons, .n_reasons = 1, .places = &place, .n_places = 1};
	struct sv_report report = {.rules_digest = "d", .n_rules = 1, .findings = &finding,
				   .n_findings = 1, .complete = true};
	struct sv_write_options options = {.format = format, .show_secrets = show};
	struct sv_err err;

	sv_buf_reset(ret);
	assert_int_equal(sv_report_write(&report, &options, gather, ret, &err), 0);
}

static void a_secret_is_in_no_format_unless_asked_for(void **state)
{
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	for (int f = SV_FORMAT_TEXT; f <= SV_FORMAT_SARIF; f++) {
		write_all((enum sv_format)f, false, &out);
		assert_null(strstr(sv_buf_str(&out), "s3cr3t"));
		write_all((enum sv_format)f, true, &out);
		assert_non_null(strstr(sv_buf_str(&out), "s3cr3tvalue!"));
	}
}

static void jsonl_is_a_header_a_record_a_finding_and_a_trailer(void **state)
{
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_all(SV_FORMAT_JSONL, false, &out);
	assert_string_equal(
		sv_buf_str(&out),
		"{\"type\":\"header\",\"schema\":1,\"version\":\"" SIEVERT_VERSION "\",\"rules\":1,\"rules_digest\":\"d\"}\n"
		"{\"type\":\"finding\",\"class\":\"secret\",\"id\":\"00\",\"rule\":\"r\",\"severity\":\"high\","
		"\"confidence\":\"low\",\"reasons\":[\"because\"],\"message\":\"m\",\"secret\":\"s3c***(12)\","
		"\"decoded\":[],\"places\":[{\"where\":\"worktree\",\"root\":\".\",\"path\":\"x\\ufffd\\\"y/************\","
		"\"line\":1,\"column\":2,\"end_line\":1,\"end_column\":13,\"offset\":1,\"length\":12}],"
		"\"practice\":{\"documents\":[\"secrets-best-practices/a\"],\"mcsb\":[\"IM-8\",\"DS-3\"],"
		"\"mcsb_v2\":[\"IM-8.1\",\"IM-8.2\",\"DS-3\"]}}\n"
		"{\"type\":\"trailer\",\"complete\":true,\"findings\":1,\"suppressed\":0,\"coverage\":{\"files\":0,"
		"\"index_entries\":0,\"blobs\":0,\"commits\":0,\"tags\":0,\"trees\":0,\"refs\":0,\"texts\":0,"
		"\"bytes\":0,\"limits_hit\":0,\"skipped\":0,\"unread\":0,\"gaps\":[]}}\n");
}

/* Two findings whose places, and a gap, hold each other's values. */
static void write_two(const struct sv_write_options *options, const char *other, struct sv_buf *ret)
{
	static const struct sv_rule rule = {.id = "r::\x1b", .practice = {.rotate = "turn\x1b[2J it"}};
	struct sv_place places[] = {
		{.root = sv_span_str("a"), .path = sv_span_str("x:"), .line = 7, .column = 2},
		{.root = sv_span_str("b/"), .path = sv_span_str("in-first-value-"), .line = 1, .column = 1},
	};
	struct sv_gap gap = {SV_GAP_UNREAD, "unreadable", sv_span_str("a"), sv_span_str("gap-first-value"),
			     sv_span_str("first-value")};
	struct sv_finding findings[] = {
		{.rule = &rule, .id = "0", .secret = sv_span_str("first-value"), .message = "m", .places = &places[0],
		 .n_places = 1},
		{.rule = &rule, .id = "1", .secret = sv_span_str(other), .message = "m", .places = &places[1],
		 .n_places = 1},
	};
	struct sv_report report = {.rules_digest = "d", .findings = findings, .n_findings = 2,
				   .coverage = {.files = 1, .bytes = 1, .unread = 1, .gaps = &gap, .n_gaps = 1}};
	struct sv_err err;

	sv_buf_reset(ret);
	assert_int_equal(sv_report_write(&report, options, gather, ret, &err), 0);
}

static void the_value_of_one_finding_is_masked_in_all_others_and_in_gaps(void **state)
{
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	for (int f = SV_FORMAT_TEXT; f <= SV_FORMAT_SARIF; f++) {
		write_two(&(struct sv_write_options){.format = (enum sv_format)f}, "in-fir", &out);
		assert_null(strstr(sv_buf_str(&out), "first-value"));
		/* a path of SARIF is a URI */
		assert_non_null(strstr(sv_buf_str(&out), f == SV_FORMAT_SARIF ? "%2A%2A%2A%2A-"
									       : "**************-"));
		assert_non_null(strstr(sv_buf_str(&out), "gap-***********"));
	}
}

static void a_short_word_is_masked_in_no_path(void **state)
{
	struct sv_finding findings[] = {{.secret = sv_span_str("libgit2")}, {.secret = sv_span_str("Libgit2")}};
	struct sv_report report = {.findings = findings, .n_findings = 2};
	uint8_t text[] = "src/libgit2/Libgit2.c";
	struct sv_masks masks;

	(void)state;
	assert_int_equal(sv_masks_of(&report, &masks), 0);
	sv_masks_apply(&masks, sv_span_str("src/libgit2/Libgit2.c"), text);
	assert_string_equal((char *)text, "src/libgit2/*******.c");
	sv_masks_release(&masks);
}

static void text_tells_roots_and_neutralises_lines_as_a_whole(void **state)
{
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_two(&(struct sv_write_options){.format = SV_FORMAT_TEXT}, "other", &out);
	assert_non_null(strstr(sv_buf_str(&out), "  at      a/x:\\:7:2\n"));
	assert_non_null(strstr(sv_buf_str(&out), "  at      b/in-"));
	assert_non_null(strstr(sv_buf_str(&out), "[r:\\:\\x1b, low confidence]"));
	assert_non_null(strstr(sv_buf_str(&out), "turn\\x1b[2J it"));
	assert_non_null(strstr(sv_buf_str(&out), "2 findings in 1 file, 1 byte.\n"));
	assert_non_null(strstr(sv_buf_str(&out), "The scan is incomplete: 1 item could not be read:\n"));
}

static void redaction_of_a_pem_block_shows_its_length_only(void **state)
{
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	write_two(&(struct sv_write_options){.format = SV_FORMAT_TEXT}, "-----BEGIN X-----abc", &out);
	assert_non_null(strstr(sv_buf_str(&out), "  secret  ***(20)\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_from_input_cannot_command_a_terminal_or_a_ci_runner),
		cmocka_unit_test(what_changes_text_unseen_is_escaped_and_commands_are_broken_in_any_case),
		cmocka_unit_test(the_value_of_one_finding_is_masked_in_all_others_and_in_gaps),
		cmocka_unit_test(a_short_word_is_masked_in_no_path),
		cmocka_unit_test(text_tells_roots_and_neutralises_lines_as_a_whole),
		cmocka_unit_test(redaction_of_a_pem_block_shows_its_length_only),
		cmocka_unit_test(a_secret_is_in_no_format_unless_asked_for),
		cmocka_unit_test(jsonl_is_a_header_a_record_a_finding_and_a_trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
