#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "rules/rules.h"

/* The day the installed libhs is another one: what it says of itself is ours to choose here. */
static const char *libhs_says;
const char *hs_version(void)
{
	const char *(*real)(void);

	if (libhs_says != NULL)
		return libhs_says;
	*(void **)&real = dlsym(RTLD_NEXT, "hs_version");
	return real();
}

static char folder[] = "/tmp/sievert-rules-XXXXXX";

static const char *in_folder(const char *name)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void put_file(const char *path, const void *bytes, size_t len)
{
	assert_int_equal(sv_file_write(path, sv_span(bytes, len), 0600, NULL), 0);
}

/* ---- what is wrong in a rule file is told with its line and column ---- */

#define REST "  pattern: 'aaaa'\n  width: 4\n  examples: [aaaa]\n  refuses: [bbbb]\n"
#define HEAD "- id: a\n  name: b\n"
#define TAIL "  examples: [aaaa]\n  refuses: [bbbb]\n"

static const struct {
	const char *text, *message;
} wrong[] = {
	{"", "x.yml:1:1: a list of rules is wanted"},
	{"{a: b}", "x.yml:1:1: a list of rules is wanted here"},
	{"- 5", "x.yml:1:3: a map is wanted here"},
	{"- id: a\n  nmae: b\n", "x.yml:2:3: unknown key: nmae"},
	{"- id: a\n  id: b\n", "x.yml:2:3: key given twice: id"},
	{"- id: a\n  name: [b]\n", "x.yml:2:9: a text is wanted here"},
	{"- [id]: a\n", "x.yml:1:3: a text is wanted here"},
	{"- id: ''\n", "x.yml:1:7: this is empty"},
	{"- id: \"a\\0b\"\n", "x.yml:1:7: a NUL character is not read here"},
	{"- id: A_b\n", "x.yml:1:7: an id is made of a-z, 0-9 and -"},
	{"- id: a\n  name: \"b\\e[2J\"\n",
	 "x.yml:2:9: one line without control characters is wanted here"},
	{"- id: a\n  description: \"b\\nc\"\n", "x.yml:2:16: one line without control"},
	{"- id: a\n  practice:\n    rotate: \"b\\nc\"\n", "x.yml:3:13: one line without control"},
	{"- id: a\n  practice: b\n", "x.yml:2:13: a map is wanted here"},
	{"- id: a\n  practice: {instaed: b}\n", "x.yml:2:14: unknown key: instaed"},
	{"- id: a\n  examples: b\n", "x.yml:2:13: a list is wanted here"},
	{"- id: a\n  examples: [b, []]\n", "x.yml:2:17: a text is wanted here"},
	{"- id: a\n  severity: hihg\n", "x.yml:2:13: unknown value: hihg"},
	{"- id: a\n  confidence: sure\n", "x.yml:2:15: unknown value: sure"},
	{"- id: a\n  class: smell\n", "x.yml:2:10: unknown value: smell"},
	{"- id: a\n  width: 0\n", "x.yml:2:10: not a number in range: 0"},
	{"- id: a\n  width: 65537\n", "x.yml:2:10: not a number in range: 65537"},
	{"- id: a\n  width: ten\n", "x.yml:2:10: not a number in range: ten"},
	{"- id: a\n  width: 0x10\n", "x.yml:2:10: not a number in range: 0x10"},
	{"- id: a\n  width: 1.5\n", "x.yml:2:10: a whole number is wanted here"},
	{"- id: a\n  entropy: nan\n", "x.yml:2:12: not a number in range: nan"},
	{"- id: a\n  entropy: 9\n", "x.yml:2:12: not a number in range: 9"},
	{"- name: b\n" REST, "x.yml:1:3: this rule is without: id"},
	{"- id: a\n" REST, "x.yml:1:3: this rule is without: name"},
	{HEAD "  width: 4\n" TAIL, "x.yml:1:3: this rule is without: pattern"},
	{HEAD "  pattern: aaaa\n" TAIL, "x.yml:1:3: this rule is without: width"},
	{HEAD "  pattern: aaaa\n  width: 4\n  refuses: [b]\n",
	 "x.yml:1:3: this rule is without: examples"},
	{HEAD "  pattern: aaaa\n  width: 4\n  examples: [b]\n  refuses: []\n",
	 "x.yml:1:3: this rule is without: refuses"},
	{HEAD REST HEAD REST, "x.yml:7:7: this id is taken: a"},
	{HEAD "  pattern: 'a(b'\n",
	 "x.yml:3:12: PCRE2 does not take this: at its byte 4: missing closing parenthesis"},
	{HEAD "  pattern: '(?<=a)bcd'\n  width: 4\n" TAIL,
	 "x.yml:3:12: not to be looked for without an anchor: "},
	{HEAD "  pattern: 'aaaa'\n  anchor: 'a(?=b)'\n  width: 4\n" TAIL,
	 "x.yml:4:11: not to be looked for: "},
	{HEAD "  pattern: 'aaaa'\n  anchor: 'a{0,9}'\n  width: 4\n" TAIL,
	 "x.yml:4:11: not to be looked for: it matches nothing at all"},
	{HEAD "  pattern: 'aaaa'\n  anchor: 'a+'\n  width: 4\n" TAIL,
	 "x.yml:4:11: not to be looked for: it may match any number of bytes; 255 are the most"},
	{HEAD "  pattern: 'a{256}'\n  width: 256\n" TAIL,
	 "x.yml:3:12: not to be looked for without an anchor: it may match too many bytes"},
	{"- id: a\n  gate: door\n", "x.yml:2:9: unknown value: door"},
	{"- id: a\n name: b\n", "x.yml:2:2: "},
	{"- 'a", "x.yml:1:5: found unexpected end of stream"},
	{"- id: a\n  name: \xff\n", "x.yml:2:9: invalid leading UTF-8 octet"},
	{"- id: a\n  name: \x01\n", "x.yml:2:9: control characters are not allowed"},
	{"- &x a\n- *x\n", "x.yml:2:3: aliases are not read here"},
	{"- [[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]\n", "x.yml:1:10: this is nested too deep"},
	{HEAD REST "---\n" HEAD REST, "x.yml:7:1: one document is wanted in a file"},
};

static void parse_wrong(const char *text, size_t len, const char *message)
{
	struct sv_ruleset set = {0};
	struct sv_err err = {0};

	assert_int_equal(sv_rules__parse(&set, sv_span(text, len), "x.yml", &err), SV_EINVAL);
	if (strncmp(err.text, message, strlen(message)) != 0)
		fail_msg("\"%s\" where \"%s\" is wanted", err.text, message);
	sv_vec_release(&set.rules);
	sv_arena_release(&set.arena);
}

static void what_is_wrong_in_a_rule_is_told_with_line_and_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		parse_wrong(wrong[i].text, strlen(wrong[i].text), wrong[i].message);
}

static void repeat(struct sv_buf *buf, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sv_buf_puts(buf, text), 0);
}

static void rules_have_limits(void **state)
{
	SV_AUTO(sv_buf) text = {0};

	(void)state;
	repeat(&text, HEAD "  pattern: ", 1);
	repeat(&text, "ab", 7501);
	parse_wrong((char *)text.ptr, text.len,
		    "x.yml:3:12: an expression has at most 15000 characters");
	sv_buf_reset(&text);
	repeat(&text, "- id: ", 1);
	repeat(&text, "a", 101);
	parse_wrong((char *)text.ptr, text.len, "x.yml:1:7: an id has at most 100 characters");
	sv_buf_reset(&text);
	repeat(&text, "- id: a\n  examples: [", 1);
	repeat(&text, "a,", 1001);
	repeat(&text, "]", 1);
	parse_wrong((char *)text.ptr, text.len, "x.yml:2:13: a list has at most 1000 items");
	sv_buf_reset(&text);
	for (int i = 0; i <= 20000; i++)
		assert_int_equal(sv_buf_printf(&text,
					       "- {id: a%d, name: b, pattern: aaaa, width: 4, "
					       "examples: [a], refuses: [b]}\n",
					       i),
				 0);
	parse_wrong((char *)text.ptr, text.len, "x.yml:20001:3: more than 20000 rules");
}

/* ---- files and folders ---- */

static int open_rules(const char *path, const char *cache, struct sv_ruleset **ret,
		      struct sv_err *err)
{
	struct sv_ruleset_options options = {
		.paths = &path, .n_paths = 1, .no_builtin = true, .cache_dir = cache};

	return sv_ruleset_open(&options, ret, err);
}

static void open_wrong(const char *path, int status, const char *message)
{
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};

	assert_int_equal(open_rules(path, NULL, &set, &err), status);
	if (strstr(err.text, message) == NULL)
		fail_msg("\"%s\" where \"%s\" is wanted", err.text, message);
}

static void files_that_are_none_are_told(void **state)
{
	SV_AUTO(sv_buf) large = {0};

	(void)state;
	open_wrong(in_folder("none"), SV_ENOTFOUND, "no such rule file or folder");
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	open_wrong(in_folder("fifo"), SV_EIO, "not a regular file");
	assert_int_equal(mkdir(in_folder("dir"), 0700), 0);
	put_file(in_folder("dir/notes.txt"), "not: [a rule", 12);
	open_wrong(in_folder("dir"), SV_EINVAL, "no rules in its .yml files");
	assert_int_equal(sv_buf_reserve(&large, (4 << 20) + 1), 0);
	memset(large.ptr, '#', (4 << 20) + 1);
	put_file(in_folder("large.yml"), large.ptr, (4 << 20) + 1);
	open_wrong(in_folder("large.yml"), SV_ETOOBIG, "too large");
}

static void a_folder_gives_its_rule_files_in_order_of_name(void **state)
{
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};

	(void)state;
	assert_int_equal(sv_dir_make(in_folder("two/b"), 0700, NULL), 0);
	put_file(in_folder("two/c.yaml"), "- id: c\n  name: b\n" REST,
		 sizeof("- id: c\n  name: b\n" REST) - 1);
	put_file(in_folder("two/b/x.yml"), HEAD REST, sizeof(HEAD REST) - 1);
	if (open_rules(in_folder("two"), NULL, &set, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(sv_ruleset_count(set), 2);
	assert_string_equal(sv_ruleset_get(set, 0)->origin, "b/x.yml");
	assert_string_equal(sv_ruleset_get(set, 1)->id, "c");
	sv_ruleset_free(set);
}

/* ---- the cache ---- */

static const char *cache_dir, *rules_file;

static const char *source_now(void)
{
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	const char *source;

	if (open_rules(rules_file, cache_dir, &set, &err) < 0)
		fail_msg("%s", err.text);
	source = sv_ruleset_matcher_source(set);
	sv_ruleset_free(set);
	return source;
}

/* The only file of the cache folder. */
static const char *cached_file(void)
{
	static char path[600];
	struct dirent *entry;
	DIR *dir = opendir(cache_dir);

	assert_non_null(dir);
	path[0] = '\0';
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.') {
			assert_string_equal(path, "");
			snprintf(path, sizeof(path), "%s/%s", cache_dir, entry->d_name);
		}
	closedir(dir);
	assert_string_not_equal(path, "");
	return path;
}

static void start_cache(const char *name)
{
	static char rules[256], cache[256];

	snprintf(cache, sizeof(cache), "%s/%s/below", folder, name);
	snprintf(rules, sizeof(rules), "%s/%s.yml", folder, name);
	cache_dir = cache;
	rules_file = rules;
	put_file(rules_file, HEAD REST, sizeof(HEAD REST) - 1);
	assert_string_equal(source_now(), "compiled");
	assert_string_equal(source_now(), "cache");
}

static void the_second_start_takes_what_the_first_compiled(void **state)
{
	struct stat st;

	(void)state;
	start_cache("second");
	assert_int_equal(stat(cache_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(cached_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* another libhs is another key, and so is another expression */
	libhs_says = "5.9.9 2031-01-01";
	assert_string_equal(source_now(), "compiled");
	libhs_says = NULL;
	assert_string_equal(source_now(), "cache");
	put_file(rules_file, "- id: a\n  name: b\n  pattern: 'aaaaa'\n  width: 5\n" TAIL,
		 sizeof("- id: a\n  name: b\n  pattern: 'aaaaa'\n  width: 5\n" TAIL) - 1);
	assert_string_equal(source_now(), "compiled");
}

static void a_damaged_cache_is_made_again(void **state)
{
	SV_AUTO(sv_buf) whole = {0};
	SV_AUTO(sv_buf) part = {0};

	(void)state;
	start_cache("damaged");
	assert_int_equal(sv_file_read(cached_file(), &whole, NULL), 0);
	for (size_t at = 0; at < whole.len; at += at < 64 ? 1 : whole.len / 16) {
		whole.ptr[at] ^= 1;
		put_file(cached_file(), whole.ptr, whole.len);
		assert_string_equal(source_now(), "compiled");
		whole.ptr[at] ^= 1;
	}
	for (size_t len = 0; len < whole.len; len += whole.len / 8 + 1) {
		put_file(cached_file(), whole.ptr, len);
		assert_string_equal(source_now(), "compiled");
	}
	assert_int_equal(sv_buf_append(&part, whole.ptr, whole.len), 0);
	assert_int_equal(sv_buf_putc(&part, 0), 0);
	put_file(cached_file(), part.ptr, part.len);
	assert_string_equal(source_now(), "compiled");
	assert_string_equal(source_now(), "cache");
}

static void a_cache_that_others_could_write_is_not_believed(void **state)
{
	char path[600], target[600];

	(void)state;
	start_cache("foreign");
	snprintf(path, sizeof(path), "%s", cached_file());
	assert_int_equal(chmod(path, 0620), 0);
	assert_string_equal(source_now(), "compiled"); /* and written anew */
	assert_string_equal(source_now(), "cache");
	assert_int_equal(chmod(path, 0602), 0);
	assert_string_equal(source_now(), "compiled");
	snprintf(target, sizeof(target), "%s/moved", folder);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_string_equal(source_now(), "compiled");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_string_equal(source_now(), "compiled");
	assert_string_equal(source_now(), "cache");
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_string_equal(source_now(), "compiled");
		assert_string_equal(source_now(), "cache");
		assert_int_equal(chown(cache_dir, 65534, 65534), 0);
		assert_string_equal(source_now(), "compiled");
		assert_string_equal(source_now(), "compiled");
		assert_int_equal(chown(cache_dir, geteuid(), getegid()), 0);
	}
	assert_int_equal(chmod(cache_dir, 0770), 0);
	assert_string_equal(source_now(), "compiled");
	assert_string_equal(source_now(), "compiled");
}

static void a_cache_that_cannot_be_is_no_error(void **state)
{
	static char file[256], below[300];

	(void)state;
	start_cache("none-at-all");
	snprintf(file, sizeof(file), "%s/plain", folder);
	put_file(file, "x", 1);
	cache_dir = file;
	assert_string_equal(source_now(), "compiled");
	snprintf(below, sizeof(below), "%s/below", file);
	cache_dir = below;
	assert_string_equal(source_now(), "compiled");
	cache_dir = "/proc/self/nothing";
	assert_string_equal(source_now(), "compiled");
	cache_dir = NULL;
	assert_string_equal(source_now(), "compiled");
}

static void writers_at_once_leave_one_whole_file(void **state)
{
	pid_t children[8];

	(void)state;
	start_cache("crowd");
	for (int round = 0; round < 4; round++) {
		assert_int_equal(unlink(cached_file()), 0);
		for (int i = 0; i < 8; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				struct sv_ruleset *set = NULL;
				int status = open_rules(rules_file, cache_dir, &set, NULL);

				sv_ruleset_free(set);
				_exit(status != 0);
			}
		}
		for (int i = 0; i < 8; i++) {
			int status = -1;

			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_int_equal(status, 0);
		}
		assert_string_equal(source_now(), "cache");
	}
}

static void a_few_databases_are_kept(void **state)
{
	char text[200];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)state;
	start_cache("few");
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text),
			 "- id: a\n  name: b\n  pattern: 'aaaa%d'\n  width: 9\n" TAIL, i);
		put_file(rules_file, text, strlen(text));
		assert_string_equal(source_now(), "compiled");
		assert_string_equal(source_now(), "cache");
	}
	dir = opendir(cache_dir);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	assert_int_equal(n, 16);
}

static void built_in_rules_do_with_another_libhs_too(void **state)
{
	struct sv_ruleset_options options = {.cache_dir = in_folder("builtin")};
	static const char *const sources[] = {"embedded", "compiled", "cache"};
	char digests[3][17];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct sv_ruleset *set = NULL;
		struct sv_err err = {0};

		libhs_says = i == 0 ? NULL : "5.9.9 2031-01-01";
		if (sv_ruleset_open(&options, &set, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(sv_ruleset_matcher_source(set), sources[i]);
		strcpy(digests[i], sv_ruleset_digest(set));
		assert_string_equal(digests[i], digests[0]);
		sv_ruleset_free(set);
	}
	libhs_says = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_in_a_rule_is_told_with_line_and_column),
		cmocka_unit_test(rules_have_limits),
		cmocka_unit_test(files_that_are_none_are_told),
		cmocka_unit_test(a_folder_gives_its_rule_files_in_order_of_name),
		cmocka_unit_test(the_second_start_takes_what_the_first_compiled),
		cmocka_unit_test(a_damaged_cache_is_made_again),
		cmocka_unit_test(a_cache_that_others_could_write_is_not_believed),
		cmocka_unit_test(a_cache_that_cannot_be_is_no_error),
		cmocka_unit_test(writers_at_once_leave_one_whole_file),
		cmocka_unit_test(a_few_databases_are_kept),
		cmocka_unit_test(built_in_rules_do_with_another_libhs_too),
	};
	char command[300];
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "chmod -R u+rwx '%s' && rm -rf '%s'", folder, folder);
	return system(command) != 0 || failed;
}
