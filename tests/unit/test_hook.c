#include "base/base.h"
#include "git/config.h"
#include <fcntl.h>
#include <setjmp.h>
#include <sievert/hook.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* after those it needs */
#include <cmocka.h>

static char folder[] = "/tmp/sievert-hook-XXXXXX";

static char *put_file(const char *name, const char *text)
{
	char *path = sv_path_join(folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static int gather(const char *name, const char *value, void *payload)
{
	/* as "git config --list -z" writes it */
	sv_buf_puts(payload, name);
	if (value != NULL)
		sv_buf_printf(payload, "\n%s", value);
	sv_buf_putc(payload, '\0');
	return 0;
}

static void configuration_is_read_as_git_reads_it(void **state)
{
	static const char *const texts[] = {
		"[core]\n\tbare = true\n",
		"[A]\nKey-1=value   \n  other  =  two  words  ; comment\n",
		"[remote \"Some \\\"x\\\\ y\"]\n url = \"  quoted  \" # not this\n push\n",
		"[a.B]\nk = x\\\n  y\\t\\\"z\\\"\n[A]b=c\n",
		"\xEF\xBB\xBF[a]\r\n\tb = c\r\n\r\n# x\r\n[d] e = f\r\n",
		"[a]\nb = \"x # y\" z\nc = x\"y\"z\nd=\ne = \"\"\n",
		"[section \"with.dot\"]\nkey = a=b\n[a] ; comment\nx\ny = 1",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		SV_AUTO_FREE char *path = put_file("config", texts[i]);
		SV_AUTO(sv_buf) ours = {0}, theirs = {0};
		struct sv_err err = {0};
		char command[256];
		FILE *git;
		int c;

		assert_int_equal(sv_config_read(path, gather, &ours, &err), 0);
		snprintf(command, sizeof(command), "git config --list -z -f '%s'", path);
		git = popen(command, "r");
		assert_non_null(git);
		while ((c = getc(git)) != EOF)
			sv_buf_putc(&theirs, (char)c);
		assert_int_equal(pclose(git), 0);
		assert_int_equal(ours.len, theirs.len);
		if (ours.len != 0)
			assert_memory_equal(ours.ptr, theirs.ptr, ours.len);
	}
}

static void a_broken_configuration_is_refused_with_its_line(void **state)
{
	static const char *const texts[] = {"x = 1\n",	      "[a\nb=c\n",	"[a \"b\n\"]\n",
					    "[a]\nb = \"c\n", "[a]\nb = \\q\n", "[a]\n=c\n",
					    "[a]\nb c\n",     "[a]\nb # c\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		SV_AUTO_FREE char *path = put_file("config", texts[i]);
		SV_AUTO(sv_buf) ours = {0};
		struct sv_err err = {0};

		assert_int_equal(sv_config_read(path, gather, &ours, &err), SV_ECORRUPT);
		assert_non_null(strstr(err.text, "line "));
	}
}

static void files_that_include_one_another_end(void **state)
{
	SV_AUTO_FREE char *path = put_file("loop", "[include]\npath = loop\n");
	SV_AUTO(sv_buf) ours = {0};

	(void)state;
	assert_int_equal(sv_config_read(path, gather, &ours, NULL), SV_ECORRUPT);
}

static void an_included_file_counts_where_it_is_included(void **state)
{
	SV_AUTO_FREE char *other = put_file("other", "[sievert]\ndeadline = 2s\nslots = 3\n");
	SV_AUTO_FREE char *path =
		put_file("first", "[sievert]\ndeadline = 1s\n[include]\npath = other\n"
				  "[sievert]\nslots = 4\n");
	struct sv_hook_policy policy = {0};

	(void)state;
	assert_non_null(other);
	assert_int_equal(sv_hook_policy_read(NULL, path, true, &policy, NULL), 0);
	assert_int_equal(policy.deadline, 2000);
	assert_int_equal(policy.slots, 4);
	assert_false(policy.accept_on_timeout);
	assert_false(policy.allow_skip);
	sv_hook_policy_free(&policy);
}

static void a_policy_with_a_word_that_is_not_known_is_no_policy(void **state)
{
	static const char *const texts[] = {
		"[sievert]\ndeadlines = 1s\n", "[sievert]\ndeadline = soon\n",
		"[sievert]\nonTimeout = maybe\n", "[sievert]\nslots = -1\n",
		"[sievert]\nminConfidence = very\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		SV_AUTO_FREE char *path = put_file("policy", texts[i]);
		struct sv_hook_policy policy = {0};
		struct sv_err err = {0};

		assert_int_equal(sv_hook_policy_read(NULL, path, true, &policy, &err), SV_EINVAL);
		assert_non_null(strstr(err.text, "sievert."));
	}
}

static void a_duration_has_a_unit_or_means_seconds(void **state)
{
	uint64_t ms;

	(void)state;
	assert_int_equal(sv_duration_parse("4s", &ms), 0);
	assert_int_equal(ms, 4000);
	assert_int_equal(sv_duration_parse("150ms", &ms), 0);
	assert_int_equal(ms, 150);
	assert_int_equal(sv_duration_parse("2m", &ms), 0);
	assert_int_equal(ms, 120000);
	assert_int_equal(sv_duration_parse("0", &ms), 0);
	assert_int_equal(ms, 0);
	assert_int_equal(sv_duration_parse("", &ms), SV_EINVAL);
	assert_int_equal(sv_duration_parse("4h", &ms), SV_EINVAL);
	assert_int_equal(sv_duration_parse("-4s", &ms), SV_EINVAL);
	assert_int_equal(sv_duration_parse("99999999999999999999", &ms), SV_EINVAL);
}

static struct sv_hook_lines read_lines(const char *text, bool pre_push, int wanted)
{
	SV_AUTO_FREE char *path = put_file("lines", text);
	struct sv_hook_lines lines = {0};
	int fd = open(path, O_RDONLY);

	assert_int_equal(sv_hook_lines_read(fd, pre_push, &lines, NULL), wanted);
	close(fd);
	return lines;
}

#define ZERO "0000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111"

static void what_was_typed_for_a_push_may_hold_blanks(void **state)
{
	struct sv_hook_lines lines = read_lines("HEAD@{5 days ago} " ONES " refs/heads/x " ZERO
						"\n(delete) " ZERO " refs/heads/y " ONES,
						true, 0);

	(void)state;
	assert_int_equal(lines.n, 2);
	assert_string_equal(lines.lines[0].local, "HEAD@{5 days ago}");
	assert_string_equal(lines.lines[0].ref, "refs/heads/x");
	assert_true(lines.lines[0].creates);
	assert_true(lines.lines[1].deletes);
	sv_hook_lines_free(&lines);
}

static void capitals_in_ids_are_made_small(void **state)
{
	struct sv_hook_lines lines = read_lines(
		ZERO " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA refs/heads/x\n", false, 0);

	(void)state;
	assert_string_equal(lines.lines[0].new_id, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	sv_hook_lines_free(&lines);
}

static void lines_that_git_does_not_write_are_refused(void **state)
{
	static const char *const texts[] = {"\n",
					    "x\n",
					    ZERO " " ONES "\n",
					    ZERO " " ONES " \n",
					    ZERO "  " ONES " refs/x\n",
					    ZERO " " ONES " a b\n",
					    ZERO "0 " ONES " refs/x\n",
					    ZERO " " ONES " refs/x\n\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct sv_hook_lines lines = read_lines(texts[i], false, SV_EINVAL);

		sv_hook_lines_free(&lines);
	}
}

static void a_slot_is_taken_by_one_at_a_time(void **state)
{
	SV_AUTO_FREE char *path = sv_path_join(folder, "slots");
	volatile int cancel = 1;
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	cancel = 0;
	assert_int_equal(sv_hook_slot_take(path, 1, &cancel, &first, NULL), 0);
	cancel = 1;
	assert_int_equal(sv_hook_slot_take(path, 1, &cancel, &second, NULL), SV_ETOOBIG);
	cancel = 0;
	assert_int_equal(sv_hook_slot_take(path, 2, &cancel, &second, NULL), 0);
	close(first);
	close(second);
	assert_int_equal(sv_hook_slot_take(path, 1, &cancel, &first, NULL), 0);
	close(first);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration_is_read_as_git_reads_it),
		cmocka_unit_test(a_broken_configuration_is_refused_with_its_line),
		cmocka_unit_test(files_that_include_one_another_end),
		cmocka_unit_test(an_included_file_counts_where_it_is_included),
		cmocka_unit_test(a_policy_with_a_word_that_is_not_known_is_no_policy),
		cmocka_unit_test(a_duration_has_a_unit_or_means_seconds),
		cmocka_unit_test(what_was_typed_for_a_push_may_hold_blanks),
		cmocka_unit_test(capitals_in_ids_are_made_small),
		cmocka_unit_test(lines_that_git_does_not_write_are_refused),
		cmocka_unit_test(a_slot_is_taken_by_one_at_a_time),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
