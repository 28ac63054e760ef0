#include "git/lookup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
/* after those it needs */
#include <cmocka.h>

static char folder[] = "/tmp/sievert-lookup-XXXXXX";

static void no_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)reason;
	(void)what;
	(void)detail;
	++*(int *)payload;
}

static void shell(const char *script)
{
	SV_AUTO_FREE char *command = NULL;

	assert_true(
		asprintf(&command,
			 "cd '%s' && export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null "
			 "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A "
			 "GIT_COMMITTER_EMAIL=a@example.org && %s",
			 folder, script) > 0);
	assert_int_equal(system(command), 0);
}

/* Every object by the one reader and by the other. */
static size_t compare_all(unsigned oid_len)
{
	SV_AUTO_FREE char *path = sv_path_join(folder, "r/.git/objects");
	const char *const dirs[] = {path};
	SV_AUTO(sv_buf) ours = {0}, theirs = {0};
	struct sv_object_reader *reader = NULL;
	struct sv_objects *objects = NULL;
	struct sv_lookup *lookup = NULL;
	struct sv_oid *ids = NULL, absent = {.len = (uint8_t)oid_len};
	size_t n = 0;
	int gaps = 0;

	assert_int_equal(sv_objects_open(dirs, 1, oid_len, no_gap, &gaps, &objects, NULL), 0);
	assert_int_equal(sv_object_reader_new(objects, 1 << 20, 0, &reader, NULL), 0);
	assert_int_equal(sv_lookup_open(dirs, 1, oid_len, no_gap, &gaps, &lookup, NULL), 0);
	assert_int_equal(sv_objects_ids(objects, &ids, &n), 0);
	for (size_t i = 0; i < n; i++) {
		/* in no order that a pack knows */
		const struct sv_oid *oid = &ids[i * 7919 % n];
		enum sv_object_type type, other;

		assert_true(sv_lookup_has(lookup, oid));
		assert_int_equal(sv_lookup_read(lookup, oid, 0, &type, &ours, NULL), 0);
		assert_int_equal(sv_object_reader_read(reader, oid, &other, &theirs, NULL), 0);
		assert_int_equal(type, other);
		assert_true(sv_span_equal(sv_buf_span(&ours), sv_buf_span(&theirs)));
		if (ours.len > 1)
			assert_int_equal(
				sv_lookup_read(lookup, oid, ours.len - 1, &type, &ours, NULL),
				SV_ETOOBIG);
	}
	memset(absent.bytes, 0xAB, oid_len);
	assert_false(sv_lookup_has(lookup, &absent));
	assert_int_equal(sv_lookup_read(lookup, &absent, 0, &(enum sv_object_type){0}, &ours, NULL),
			 SV_ENOTFOUND);
	assert_int_equal(gaps, 0);
	free(ids);
	sv_lookup_free(lookup);
	sv_object_reader_free(reader);
	sv_objects_free(objects);
	return n;
}

static void make_history(const char *format)
{
	SV_AUTO_FREE char *script = NULL;

	assert_true(asprintf(&script,
			     "rm -rf r && git init -q --object-format=%s r && cd r && for i in "
			     "$(seq 30); do "
			     "seq $i $((i + 2000)) >f; seq $i | sort -R >g$i; git add . && "
			     "git commit -qm $i; done; git tag -a -m tag v1; head -c 300000 "
			     "/dev/urandom "
			     "| git hash-object -w --stdin >/dev/null; : | git hash-object -w "
			     "--stdin >/dev/null",
			     format) > 0);
	shell(script);
}

static void all_objects_are_read_as_the_other_reader_reads_them(void **state)
{
	static const struct {
		const char *format;
		unsigned oid_len;
	} formats[] = {{"sha1", 20}, {"sha256", 32}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t n;

		make_history(formats[i].format);
		n = compare_all(formats[i].oid_len);
		assert_true(n > 100);
		shell("cd r && git repack -q -d");
		assert_int_equal(compare_all(formats[i].oid_len), n);
		shell("cd r && git repack -q -a -d -f --depth=50 --window=50 -k");
		assert_int_equal(compare_all(formats[i].oid_len), n);
		/* no compression: streams are longer than what they hold */
		shell("cd r && git -c core.compression=0 repack -q -a -d -F -k");
		assert_int_equal(compare_all(formats[i].oid_len), n);
		shell("cd r && cd .git/objects/pack && for p in *.pack; do git index-pack "
		      "--index-version=1 -o ${p%.pack}.idx $p >/dev/null 2>&1 || exit; done; "
		      "chmod -R u+w .");
		assert_int_equal(compare_all(formats[i].oid_len), n);
		shell("cd r && cd .git/objects/pack && for p in *.pack; do rm ${p%.pack}.idx; git "
		      "index-pack "
		      "--index-version=2,0x40 -o ${p%.pack}.idx $p >/dev/null || exit; done");
		assert_int_equal(compare_all(formats[i].oid_len), n);
	}
}

static void what_a_repack_moves_is_found_again(void **state)
{
	SV_AUTO_FREE char *path = sv_path_join(folder, "r/.git/objects");
	const char *const dirs[] = {path};
	SV_AUTO(sv_buf) content = {0};
	struct sv_objects *objects = NULL;
	struct sv_lookup *lookup = NULL;
	struct sv_oid *ids = NULL;
	enum sv_object_type type;
	size_t n = 0;
	int gaps = 0;

	(void)state;
	make_history("sha1");
	assert_int_equal(sv_objects_open(dirs, 1, 20, no_gap, &gaps, &objects, NULL), 0);
	assert_int_equal(sv_objects_ids(objects, &ids, &n), 0);
	assert_int_equal(sv_lookup_open(dirs, 1, 20, no_gap, &gaps, &lookup, NULL), 0);
	shell("cd r && git repack -q -a -d -k");
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sv_lookup_read(lookup, &ids[i], 0, &type, &content, NULL), 0);
	free(ids);
	sv_lookup_free(lookup);
	sv_objects_free(objects);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	shell("rm -rf r && rmdir \"$PWD\"");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_objects_are_read_as_the_other_reader_reads_them),
		cmocka_unit_test(what_a_repack_moves_is_found_again),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
