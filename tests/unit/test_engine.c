#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "detect/scanner.h"
#include <sievert/sievert.h>

static char root[] = "/tmp/sievert-engine-XXXXXX";
static struct sv_ruleset *rules;

static void put(const char *name, const char *template)
{
	SV_AUTO_FREE char *path = sv_path_join(root, name);
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err;

	assert_int_equal(sv_template_expand(template, 42, &text, &err), 0);
	assert_int_equal(sv_file_write(path, sv_buf_span(&text), 0600, &err), 0);
}

static int prepare(void **state)
{
	SV_AUTO_FREE char *sub = NULL, *fifo = NULL, *link = NULL;
	struct sv_err err;

	(void)state;
	assert_non_null(mkdtemp(root));
	sub = sv_path_join(root, "sub");
	fifo = sv_path_join(root, "fifo");
	link = sv_path_join(root, "link");
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/etc", link), 0);
	put("a.txt", "one\ntwo ghp_{crc62}\n");
	put("sub/b.txt", "two ghp_{crc62}\n");
	put("sub/c.txt", "two ghp_{crc62} # sievert:allow\n");
	put("sub/d.txt", "two ghp_{base62:36}\n");
	return sv_ruleset_open(NULL, &rules, &err);
}

static int tidy(void **state)
{
	char command[100];

	(void)state;
	sv_ruleset_free(rules);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct sv_report *scan(struct sv_scan_options options)
{
	struct sv_target target = {.kind = SV_TARGET_DIR, .path = root};
	struct sv_report *report = NULL;
	struct sv_err err = {0};

	options.ruleset = rules;
	options.targets = &target;
	options.n_targets = 1;
	if (sv_scan_run(&options, &report, &err) < 0)
		fail_msg("%s", err.text);
	return report;
}

static void one_secret_in_two_files_is_one_finding_with_two_places(void **state)
{
	struct sv_report *report = scan((struct sv_scan_options){0});
	const struct sv_finding *f = report->findings;

	(void)state;
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(f->confidence, SV_CONF_HIGH);
	assert_int_equal(f->n_places, 2);
	assert_true(sv_span_equal(f->places[0].path, sv_span_str("a.txt")));
	assert_true(sv_span_equal(f->places[1].path, sv_span_str("sub/b.txt")));
	assert_int_equal(f->places[0].line, 2);
	assert_int_equal(f->places[0].column, 5);
	assert_int_equal(f->places[0].end_column, 44);
	assert_int_equal(f->places[0].offset, 8);
	assert_int_equal(report->n_suppressed, 1);
	sv_report_free(report);
}

static void what_is_no_file_is_listed_and_never_waited_for(void **state)
{
	struct sv_report *report = scan((struct sv_scan_options){0});

	(void)state;
	assert_true(report->complete);
	assert_int_equal(report->coverage.files, 4);
	assert_int_equal(report->coverage.skipped, 1);
	assert_string_equal(report->coverage.gaps[0].reason, "special-file");
	assert_int_equal(report->coverage.texts, 1); /* the link's text */
	sv_report_free(report);
}

static void exclusions_and_sizes_are_policy_gaps(void **state)
{
	const char *globs[] = {"sub/*"};
	struct sv_report *report =
		scan((struct sv_scan_options){.exclude = globs, .n_exclude = 1, .max_size = 10});

	(void)state;
	assert_int_equal(report->n_findings, 0);
	assert_int_equal(report->coverage.files, 0);
	assert_int_equal(report->coverage.skipped, 5);
	assert_true(report->complete);
	sv_report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_secret_in_two_files_is_one_finding_with_two_places),
		cmocka_unit_test(what_is_no_file_is_listed_and_never_waited_for),
		cmocka_unit_test(exclusions_and_sizes_are_policy_gaps),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
