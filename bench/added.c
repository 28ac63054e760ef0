/*
 * What a group of rules and the decoded views add to a scan by one thread, in four ways, in turn:
 * with all, without the group, without views, without both. First of text in memory, the files of a
 * folder that are none of what git calls binary; then of the folder, with walking and reading it.
 * Where the program would look through a sieve, each set of rules has one of its own.
 *
 *   bench-added FOLDER GROUP [ROUNDS]     GROUP: of rules, by the folder of patterns/ that they are
 * in BYTES IN-MEMORY (four) OF-THE-FOLDER (four)               medians, nanoseconds of CPU time
 *
 * Views are left out by the linker (--wrap), so that the program itself has no switch for it.
 */
#include "detect/inside.h"
#include "detect/scanner.h"
#include "detect/sift.h"
#include "rulec/sieve.h"
#include "rules/rules.h"
#include "source/walk.h"
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (64u << 20)
#define WAYS	 4
#define FOLDER	 4  /* the same ways, from the folder */
#define ROUNDS	 99 /* at most */

static SV_VEC(struct sv_buf) files;
static size_t bytes;
static bool without_views;

int __real_sv_scanner__find_readings(struct sv_scanner *s);
int __wrap_sv_scanner__find_readings(struct sv_scanner *s);
int __wrap_sv_scanner__find_readings(struct sv_scanner *s)
{
	return without_views ? 0 : __real_sv_scanner__find_readings(s);
}

int __real_sv_scanner__scan_readings(struct sv_scanner *s, const struct sv_scan_base *base,
				     const struct sv_child *child);
int __wrap_sv_scanner__scan_readings(struct sv_scanner *s, const struct sv_scan_base *base,
				     const struct sv_child *child);
int __wrap_sv_scanner__scan_readings(struct sv_scanner *s, const struct sv_scan_base *base,
				     const struct sv_child *child)
{
	return without_views ? 0 : __real_sv_scanner__scan_readings(s, base, child);
}

static int on_file(int fd, uint64_t size, const char *path, void *payload)
{
	struct sv_buf content = {.max = FILE_MAX + 4096};
	bool end = false;
	int status = sv_read_more(fd, FILE_MAX, size, NULL, &content, &end);

	(void)path, (void)payload;
	/* what git calls binary is no source text */
	if (status < 0 ||
	    memchr(content.ptr, '\0', content.len < 8000 ? content.len : 8000) != NULL) {
		sv_buf_release(&content);
		return status == SV_EIO ? 0 : status;
	}
	bytes += content.len;
	return sv_vec_push(&files, content);
}

static int on_candidate(const struct sv_candidate *candidate, void *payload)
{
	(void)candidate, (void)payload;
	return 0;
}

/* One file of the folder, as the program comes to it. */
struct visit {
	struct sv_scanner *scanner;
	struct sv_buf content;
	struct sv_err err;
};

static int on_visit(int fd, uint64_t size, const char *path, void *payload)
{
	struct visit *v = payload;
	bool end = false;
	int status;

	(void)path;
	sv_buf_reset(&v->content);
	status = sv_read_more(fd, FILE_MAX, size == SV_WALK_UNTOLD ? 0 : size, NULL, &v->content,
			      &end);
	if (status == 0)
		status = sv_scanner_scan(v->scanner, &v->content, on_candidate, NULL, &v->err);
	return status == SV_EIO ? 0 : status;
}

static int on_link(struct sv_span text, const char *path, void *payload)
{
	(void)text, (void)path, (void)payload;
	return 0;
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	(void)kind, (void)reason, (void)path, (void)detail, (void)payload;
	return 0;
}

/* As rulec makes it of the built-in rules: those here are not exactly these, and would have none.
 */
static int make_sieve(struct sv_ruleset *rules, struct sv_err *err)
{
	struct sv_sieve *sieve = calloc(1, sizeof(*sieve));
	const char *anchor = "";

	if (sieve == NULL || !sv_sieve_make(rules, sieve, &anchor)) {
		free(sieve);
		return sv_err_set(err, SV_EINVAL, "no sieve can be made for %s", anchor);
	}
	/* for as long as the program runs, as the rules are */
	rules->sieve = sieve;
	return 0;
}

/* A scanner of all rules but those of a folder of patterns/; NULL: of nearly all, compiled as those
 * are. */
static int make_scanner(const char *group, struct sv_scanner **ret_scanner, struct sv_err *err)
{
	static struct sv_ruleset *all;
	size_t len = group ? strlen(group) : 0;
	struct sv_ruleset_options options = {0};
	SV_VEC(const char *) out = {0};
	struct sv_ruleset *rules;
	int status = all ? 0 : sv_ruleset_open(NULL, &all, err);

	for (size_t i = 0; status == 0 && i < sv_ruleset_count(all); i++) {
		const struct sv_rule *rule = sv_ruleset_get(all, i);
		bool leave =
			group ? strncmp(rule->origin, group, len) == 0 && rule->origin[len] == '/'
			      : strcmp(rule->id, "zulip-key") == 0;

		if (leave && sv_vec_push(&out, rule->id) < 0)
			status = sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	if (status == 0 && out.len == 0)
		status = sv_err_set(err, SV_ENOTFOUND, "no rules in %s", group);
	options.disable = out.ptr;
	options.n_disable = out.len;
	if (status == 0)
		status = sv_ruleset_open(&options, &rules, err);
	if (status == 0 && sv_sift_is_fast())
		status = make_sieve(rules, err);
	if (status == 0)
		status = sv_scanner_new(rules, ret_scanner, err);
	sv_vec_release(&out);
	return status;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int scan_files(struct sv_scanner *scanner, struct sv_err *err)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < files.len; i++)
		status = sv_scanner_scan(scanner, &files.ptr[i], on_candidate, NULL, err);
	return status;
}

static int walk(const char *folder, int (*on_each)(int, uint64_t, const char *, void *),
		void *payload, struct sv_err *err)
{
	struct sv_walk_events events = {
		.on_file = on_each, .on_link = on_link, .on_gap = on_gap, .payload = payload};
	struct sv_walk *walk;
	int status = sv_walk_new(folder, &walk, err);

	if (status < 0)
		return status;
	status = sv_walk_work(walk, &events);
	sv_walk_free(walk);
	return status < 0 ? sv_err_set(err, status, "%s cannot be read", folder) : 0;
}

static int scan_folder(const char *folder, struct sv_scanner *scanner, struct sv_err *err)
{
	struct visit visit = {.scanner = scanner, .content = {.max = FILE_MAX + 4096}};
	int status = walk(folder, on_visit, &visit, err);

	sv_buf_release(&visit.content);
	return status;
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[3]) : 9, status = 0;
	struct sv_scanner *scanners[2] = {NULL};
	uint64_t took[WAYS + FOLDER][ROUNDS];
	struct sv_err err = {0};

	if (argc < 3 || rounds < 1 || rounds > ROUNDS) {
		fprintf(stderr, "usage: bench-added FOLDER GROUP [ROUNDS]\n");
		return 2;
	}
	if (walk(argv[1], on_file, NULL, &err) < 0 || make_scanner(NULL, &scanners[0], &err) < 0 ||
	    make_scanner(argv[2], &scanners[1], &err) < 0) {
		fprintf(stderr, "bench-added: %s\n", err.text);
		return 2;
	}
	/* apart: what is read anew drives what is in memory out of the caches */
	for (int first = 0; first < WAYS + FOLDER; first += WAYS)
		for (int turn = 0; status == 0 && turn < rounds * WAYS; turn++) {
			int way = turn % WAYS;
			uint64_t started = sv_cpu_ns();

			without_views = way >= 2;
			status = first == 0 ? scan_files(scanners[way % 2], &err)
					    : scan_folder(argv[1], scanners[way % 2], &err);
			took[first + way][turn / WAYS] = sv_cpu_ns() - started;
		}
	if (status < 0) {
		fprintf(stderr, "bench-added: the scan failed\n");
		return 2;
	}
	printf("%zu", bytes);
	for (int way = 0; way < WAYS + FOLDER; way++) {
		qsort(took[way], (size_t)rounds, sizeof(took[way][0]), by_size);
		printf(" %llu", (unsigned long long)took[way][rounds / 2]);
	}
	printf("\n");
	return 0;
}
