#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "detect/views.h"
#include "engine/run.h"
#include <fcntl.h>
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

/* up to 256 KiB are read before the size is asked for */
static void a_file_is_read_to_its_last_byte_whatever_its_size(void **state)
{
	static const size_t sizes[] = {100, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 700000};
	char folder[] = "/tmp/sievert-sizes-XXXXXX", path[64];
	SV_AUTO(sv_buf) secret = {0};
	struct sv_err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	assert_int_equal(sv_template_expand("\nghp_{crc62}", 42, &secret, &err), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct sv_target target = {.kind = SV_TARGET_DIR, .path = folder};
		struct sv_scan_options options = {.ruleset = rules, .targets = &target, .n_targets = 1};
		SV_AUTO(sv_buf) text = {0};
		struct sv_report *report;

		while (text.len + secret.len < sizes[i])
			assert_int_equal(sv_buf_putc(&text, "a \n"[text.len % 3]), 0);
		assert_int_equal(sv_buf_append(&text, secret.ptr, secret.len), 0);
		assert_int_equal(sv_file_write(path, sv_buf_span(&text), 0600, &err), 0);
		assert_int_equal(sv_scan_run(&options, &report, &err), 0);
		assert_int_equal(report->coverage.bytes, sizes[i]);
		assert_int_equal(report->n_findings, 1);
		assert_int_equal(report->findings[0].places[0].offset, sizes[i] - secret.len + 1);
		sv_report_free(report);
		/* what is larger than allowed is told, however it was read */
		options.max_size = sizes[i] - 1;
		assert_int_equal(sv_scan_run(&options, &report, &err), 0);
		assert_int_equal(report->n_findings, 0);
		assert_int_equal(report->coverage.skipped, 1);
		assert_string_equal(report->coverage.gaps[0].reason, "too-large");
		sv_report_free(report);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
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

/* "two" and what is before it, in several encodings: an umlaut is one unit, a key of the emoji two. */
static void columns_in_utf16_are_what_an_editor_counts(void **state)
{
	static const struct {
		const char *name, *before, *after;
		uint32_t column, units;
	} cases[] = {
		{"ascii", "two ", "", 5, 5},
		{"bytes after", "two ", " \xc3\xbc", 5, 5},
		{"utf-8", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91 ", "", 11, 6},
		{"byte order mark", "\xef\xbb\xbf" "two ", "", 8, 5},
		{"latin-1", "f\xfc\xdf" "e ", "", 6, 6},
		{"cut off", "\xf0\x9f ", "", 4, 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sv_target target = {.kind = SV_TARGET_BYTES, .path = cases[i].name};
		struct sv_scan_options options = {.ruleset = rules, .targets = &target, .n_targets = 1};
		SV_AUTO(sv_buf) text = {0};
		SV_AUTO(sv_buf) token = {0};
		struct sv_report *report;
		const struct sv_place *p;
		struct sv_err err;

		assert_int_equal(sv_template_expand("ghp_{crc62}", 42, &token, &err), 0);
		assert_int_equal(sv_buf_printf(&text, "%s", i % 2 ? "" : cases[i].before), 0);
		if (i % 2) /* on a later line, too; but a mark is one at the beginning only */
			assert_int_equal(sv_buf_printf(&text, "%s%s", i == 3 ? "" : "\xc3\xbc\n", cases[i].before), 0);
		assert_int_equal(sv_buf_append(&text, token.ptr, token.len), 0);
		assert_int_equal(sv_buf_puts(&text, cases[i].after), 0);
		target.bytes = sv_buf_span(&text);
		assert_int_equal(sv_scan_run(&options, &report, &err), 0);
		assert_int_equal(report->n_findings, 1);
		p = report->findings[0].places;
		assert_int_equal(p->column, cases[i].column);
		assert_int_equal(p->utf16_column, cases[i].units);
		assert_int_equal(p->utf16_end, cases[i].units + 40);
		sv_report_free(report);
	}
}

static void columns_of_a_text_in_utf16_are_its_units(void **state)
{
	for (int big = 0; big < 2; big++)
		for (int mark = 0; mark < 2; mark++)
			for (int line = 0; line < 2; line++) {
				struct sv_target target = {.kind = SV_TARGET_BYTES, .path = "utf-16"};
				struct sv_scan_options options = {.ruleset = rules, .targets = &target, .n_targets = 1};
				SV_AUTO(sv_buf) text = {0};
				SV_AUTO(sv_buf) wide = {0};
				struct sv_report *report;
				const struct sv_place *p;
				struct sv_err err;

				assert_int_equal(sv_buf_puts(&text, line ? "one\n" : ""), 0);
				assert_int_equal(sv_template_expand("two ghp_{crc62}", 42, &wide, &err), 0);
				assert_int_equal(sv_buf_append(&text, wide.ptr, wide.len), 0);
				sv_buf_reset(&wide);
				if (mark)
					assert_int_equal(sv_buf_puts(&wide, big ? "\xfe\xff" : "\xff\xfe"), 0);
				for (size_t i = 0; i < text.len; i++) {
					const char unit[] = {big ? 0 : (char)text.ptr[i], big ? (char)text.ptr[i] : 0};

					assert_int_equal(sv_buf_append(&wide, unit, 2), 0);
				}
				target.bytes = sv_buf_span(&wide);
				assert_int_equal(sv_scan_run(&options, &report, &err), 0);
				assert_int_equal(report->n_findings, 1);
				p = report->findings[0].places;
				assert_int_equal(p->line, 1 + line);
				assert_int_equal(p->utf16_column, 5);
				assert_int_equal(p->utf16_end, 45);
				sv_report_free(report);
			}
	(void)state;
}

/* Everything that a worker found in the file, one line for each hit. */
static void scan_in_windows(const struct sv_ruleset *set, const char *path, size_t chunk,
			    struct sv_buf *ret)
{
	struct sv_scan_options options = {.ruleset = set};
	struct sv_worker worker = {0};
	struct sv_run run = {.options = &options, .jobs = 1, .workers = &worker};
	struct sv_origin origin = {
		.where = SV_WHERE_WORKTREE, .root = sv_span_str("."), .path = sv_span_str("f")};
	struct sv_err err;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	worker.run = &run;
	assert_int_equal(sv_scanner_new(set, &worker.scanner, &err), 0);
	assert_int_equal(sv_worker_scan_file(&worker, &origin, fd, chunk), 0);
	close(fd);
	sv_buf_reset(ret);
	for (size_t i = 0; i < worker.hits.len; i++) {
		const struct sv_hit *hit = &worker.hits.ptr[i];
		const struct sv_place *p = &hit->place;

		assert_int_equal(sv_buf_printf(ret, "%s %llu+%llu %u:%u(%u)-%u:%u(%u) %.*s\n",
					       hit->rule->id, (unsigned long long)p->offset,
					       (unsigned long long)p->length, p->line, p->column,
					       p->utf16_column, p->end_line, p->end_column,
					       p->utf16_end, (int)hit->secret.len,
					       (const char *)hit->secret.ptr),
				 0);
	}
	assert_int_equal(sv_buf_printf(ret, "%llu bytes, %llu allowed\n",
				       (unsigned long long)worker.coverage.bytes,
				       (unsigned long long)worker.n_suppressed),
			 0);
	sv_scanner_free(worker.scanner);
	sv_arena_release(&worker.arena);
	sv_vec_release(&worker.hits);
	sv_vec_release(&worker.gaps);
	sv_buf_release(&worker.content);
}

/* An input of several windows, however small the pieces: tokens, some over two lines, some allowed,
 * some to be read only through a view. */
static void windows_of_any_size_find_what_the_whole_holds(void **state)
{
	static const char rule[] = "- id: t\n  name: T\n  pattern: "
				   "'tk_(?<secret>[a-z0-9]{8}(?:\\n[a-z0-9]{4})?)(?![a-z0-9])'\n"
				   "  anchor: 'tk_[a-z0-9]{8}'\n  width: 24\n  examples: "
				   "['tk_{base36:8}']\n  refuses: ['tk_']\n";
	SV_AUTO_FREE char *rules_path = sv_path_join(root, "rules.yml"),
			  *text_path = sv_path_join(root, "windows.txt");
	const char *paths[] = {rules_path};
	struct sv_ruleset_options options = {.paths = paths, .n_paths = 1, .no_builtin = true};
	struct sv_ruleset *set = NULL;
	SV_AUTO(sv_buf) text = {0};
	SV_AUTO(sv_buf) whole = {0};
	SV_AUTO(sv_buf) parts = {0};
	struct sv_err err;

	(void)state;
	for (unsigned i = 0; i < 14000; i++)
		assert_int_equal(sv_buf_printf(&text, "%s%*s%stk_%08x%s%s", i % 5 ? "" : "\n",
					       (int)(i * 7 % 31), "",
					       i % 2 ? "" : "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91 ",
					       i * 2654435761u,
					       i % 3 ? "" : "\nab1c",
					       i % 11 ? " " : " sievert:allow\n"),
				 0);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(sv_buf_printf(&text, "\"\\u0074k_%08x\" %%74k%%5f%08x\n", i, i), 0);
	assert_int_equal(sv_file_write(rules_path, sv_span(rule, sizeof(rule) - 1), 0600, &err), 0);
	assert_int_equal(sv_file_write(text_path, sv_buf_span(&text), 0600, &err), 0);
	if (sv_ruleset_open(&options, &set, &err) < 0)
		fail_msg("%s", err.text);
	scan_in_windows(set, text_path, 0, &whole);
	assert_true(whole.len > 10000 && text.len > 4 * SV_VIEW_REACH);
	for (size_t chunk = 3001; chunk < text.len + 2; chunk += chunk / 3) {
		scan_in_windows(set, text_path, chunk, &parts);
		if (!sv_span_equal(sv_buf_span(&whole), sv_buf_span(&parts)))
			fail_msg("windows of %zu bytes give something else", chunk);
	}
	sv_ruleset_free(set);
	unlink(rules_path);
	unlink(text_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_secret_in_two_files_is_one_finding_with_two_places),
		cmocka_unit_test(what_is_no_file_is_listed_and_never_waited_for),
		cmocka_unit_test(a_file_is_read_to_its_last_byte_whatever_its_size),
		cmocka_unit_test(exclusions_and_sizes_are_policy_gaps),
		cmocka_unit_test(columns_in_utf16_are_what_an_editor_counts),
		cmocka_unit_test(columns_of_a_text_in_utf16_are_its_units),
		cmocka_unit_test(windows_of_any_size_find_what_the_whole_holds),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
