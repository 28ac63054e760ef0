/*
 * What the rules' anchors cost on the files of a folder. A line for each rule, tab-separated:
 *
 *   bench-anchors FOLDER [MAX-BYTES]
 *   RULE GATE NS-PER-MB HITS HITS-BEHIND-THE-GATE SHARE
 *
 * NS-PER-MB is of Hyperscan with this anchor alone, which is what a rule costs at worst: together
 * they share their work. SHARE is how much faster, in percent, the database of those that are
 * looked for everywhere is without it; "-" behind a gate. It is a difference of two measurements,
 * so a few percent either way are noise. Hits behind the gate are what the confirm stage looks at,
 * which is what a rule costs after the match stage. Lines that begin with "=" tell of all of them
 * together:
 *
 *   =bytes N     =gate NAME MB-PER-SECOND     =match MB-PER-SECOND     =scan MB-PER-SECOND
 *
 * a gate's database over all bytes, the match stage, and all of a scan, each in one thread.
 */
#include "base/base.h"
#include "detect/match.h"
#include "detect/scanner.h"
#include "rules/rules.h"
#include "source/walk.h"
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_MAX (16u << 20) /* of one file */

struct sample {
	SV_VEC(struct sv_buf) files;
	size_t bytes, max;
};

static void die(const char *what, const struct sv_err *err)
{
	fprintf(stderr, "bench-anchors: %s: %s\n", what, err->text);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the sample ---- */

static int on_file(int fd, uint64_t size, const char *path, void *payload)
{
	struct sample *sample = payload;
	struct sv_buf content = {0};
	bool end;
	int status;

	(void)path;
	if (size == 0 || size > FILE_MAX || sample->bytes + size > sample->max)
		return 0;
	status = sv_read_more(fd, (size_t)size, 0, NULL, &content, &end);
	sample->bytes += content.len;
	return status < 0 ? status : sv_vec_push(&sample->files, content);
}

static int on_link(struct sv_span text, const char *path, void *payload)
{
	(void)text, (void)path, (void)payload;
	return 0;
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	(void)kind, (void)payload;
	fprintf(stderr, "bench-anchors: %s: %s %s\n", path, reason, detail);
	return 0;
}

static void read_sample(const char *folder, struct sample *sample)
{
	struct sv_walk_events events = {on_file, on_link, on_gap, NULL, sample};
	struct sv_walk *walk = NULL;
	struct sv_err err = {.text = ""};

	if (sv_walk_new(folder, &walk, &err) < 0 || sv_walk_work(walk, &events) < 0)
		die(folder, &err);
	sv_walk_free(walk);
	if (sample->bytes == 0) {
		fprintf(stderr, "bench-anchors: %s: no files\n", folder);
		exit(2);
	}
}

/* ---- Hyperscan ---- */

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		 void *payload)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(size_t *)payload;
	return 0;
}

/* Seconds for db over all files. */
static double scan_all(const hs_database_t *db, const struct sample *sample, size_t *ret_hits)
{
	hs_scratch_t *scratch = NULL;
	size_t hits = 0;
	double begin;

	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
		die("scratch", &(struct sv_err){.text = "out of memory"});
	begin = now();
	for (size_t i = 0; i < sample->files.len; i++) {
		const struct sv_buf *file = &sample->files.ptr[i];

		if (hs_scan(db, (const char *)file->ptr, (unsigned)file->len, 0, scratch, count,
			    &hits) != HS_SUCCESS)
			die("hs_scan", &(struct sv_err){.text = "failed"});
	}
	begin = now() - begin;
	hs_free_scratch(scratch);
	*ret_hits = hits;
	return begin;
}

static hs_database_t *compile(const char *const *patterns, unsigned n)
{
	static const hs_platform_info_t generic = {0}; /* as the embedded databases */
	unsigned *flags = calloc(n, sizeof(*flags));
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;

	if (flags == NULL)
		die("anchors", &(struct sv_err){.text = "out of memory"});
	for (unsigned i = 0; i < n; i++)
		flags[i] = HS_FLAG_DOTALL;
	if (hs_compile_multi(patterns, flags, NULL, n, HS_MODE_BLOCK, &generic, &db, &error) !=
	    HS_SUCCESS) {
		fprintf(stderr, "bench-anchors: %s\n", error->message);
		exit(2);
	}
	free(flags);
	return db;
}

static double alone(const struct sv_rule *rule, const struct sample *sample, size_t *ret_hits)
{
	const char *anchor = sv_rule__anchor(rule);
	hs_database_t *db = compile(&anchor, 1);
	double took = scan_all(db, sample, ret_hits);

	hs_free_database(db);
	return took;
}

/* All anchors that are looked for everywhere, but that of the rule numbered without. */
static hs_database_t *everywhere(const struct sv_ruleset *rules, size_t without)
{
	const char **patterns = calloc(rules->rules.len + rules->nouns.len, sizeof(*patterns));
	hs_database_t *db;
	unsigned n = 0;

	if (patterns == NULL)
		die("anchors", &(struct sv_err){.text = "out of memory"});
	for (size_t i = 0; i < rules->rules.len; i++)
		if (rules->gate[i] == SV_GATE_NONE && rules->tail[i] == SV_TAIL_NONE && i != without)
			patterns[n++] = sv_rule__anchor(rules->rules.ptr[i]);
	/* nouns that other rules share stay */
	for (size_t i = 0; i < rules->nouns.len; i++)
		if (rules->nouns.ptr[i].n != 1 || rules->nouns.ptr[i].rules[0] != without)
			patterns[n++] = rules->nouns.ptr[i].anchor;
	db = compile(patterns, n);
	free(patterns);
	return db;
}

/* The share of the time of all that goes without the rule's anchor. */
static double share(const struct sv_ruleset *rules, const hs_database_t *all, size_t rule,
		    const struct sample *sample)
{
	hs_database_t *others = everywhere(rules, rule);
	double with = 1e9, without = 1e9;
	size_t hits;

	/* in turn, and the least of each: what else the machine does only adds */
	for (int i = 0; i < 3; i++) {
		with = fmin(with, scan_all(all, sample, &hits));
		without = fmin(without, scan_all(others, sample, &hits));
	}
	hs_free_database(others);
	return 1 - without / with;
}

/* ---- the stages ---- */

static double match_all(const struct sv_ruleset *rules, const struct sample *sample,
			size_t *hits_of)
{
	struct sv_matcher *matcher;
	struct sv_anchor_hits hits = {0};
	struct sv_nouns nouns = {0};
	struct sv_err err = {.text = ""};
	double begin;

	if (sv_matcher_new(rules, &matcher, &err) < 0)
		die("matcher", &err);
	begin = now();
	for (size_t i = 0; i < sample->files.len; i++) {
		struct sv_span bytes = sv_buf_span(&sample->files.ptr[i]);

		if (sv_matcher_scan(matcher, bytes, &nouns, &hits, &err) < 0)
			die("match", &err);
		for (size_t k = 0; k < hits.len; k++)
			hits_of[hits.ptr[k].rule]++;
	}
	begin = now() - begin;
	sv_matcher_free(matcher);
	free(hits.ptr);
	free(nouns.ptr);
	return begin;
}

static int on_candidate(const struct sv_candidate *candidate, void *payload)
{
	(void)candidate, (void)payload;
	return 0;
}

static double scan_stages(const struct sv_ruleset *rules, const struct sample *sample)
{
	struct sv_scanner *scanner;
	struct sv_err err = {.text = ""};
	double begin;

	if (sv_scanner_new(rules, &scanner, &err) < 0)
		die("scanner", &err);
	begin = now();
	for (size_t i = 0; i < sample->files.len; i++)
		if (sv_scanner_scan(scanner, &sample->files.ptr[i], on_candidate, NULL, &err) < 0)
			die("scan", &err);
	begin = now() - begin;
	sv_scanner_free(scanner);
	return begin;
}

int main(int argc, char **argv)
{
	static const char *const gates[] = {
#define GATE(id, name, anchor) name,
#include "rules/gates.def"
#undef GATE
	};
	struct sample sample = {.max = 64u << 20};
	struct sv_ruleset *rules;
	struct sv_err err = {.text = ""};
	size_t *hits_of, hits;
	uint64_t max;
	hs_database_t *all;
	double mb;

	if (argc < 2 || (argc > 2 && sv_parse_size(sv_span_str(argv[2]), &max) < 0)) {
		fprintf(stderr, "usage: bench-anchors FOLDER [MAX-BYTES]\n");
		return 2;
	}
	sample.max = argc > 2 ? (size_t)max : sample.max;
	read_sample(argv[1], &sample);
	mb = (double)sample.bytes / 1e6;
	if (sv_ruleset_open(NULL, &rules, &err) < 0)
		die("rules", &err);
	hits_of = calloc(rules->rules.len, sizeof(*hits_of));
	if (hits_of == NULL)
		die("rules", &(struct sv_err){.text = "out of memory"});
	printf("=bytes\t%zu\n", sample.bytes);
	for (int gate = 0; gate < SV_GATES; gate++)
		if (rules->db[gate] != NULL)
			printf("=gate %s\t%.0f\n", gates[gate],
			       mb / scan_all(rules->db[gate], &sample, &hits));
	printf("=match\t%.0f\n", mb / match_all(rules, &sample, hits_of));
	printf("=scan\t%.0f\n", mb / scan_stages(rules, &sample));
	all = everywhere(rules, SIZE_MAX);
	for (size_t i = 0; i < rules->rules.len; i++) {
		double took = alone(rules->rules.ptr[i], &sample, &hits);

		printf("%s\t%s\t%.0f\t%zu\t%zu\t", rules->rules.ptr[i]->id, gates[rules->gate[i]],
		       took * 1e9 / mb, hits, hits_of[i]);
		if (rules->gate[i] == SV_GATE_NONE)
			printf("%.1f\n", 100 * share(rules, all, i, &sample));
		else
			printf("-\n");
	}
	hs_free_database(all);
	free(hits_of);
	sv_ruleset_free(rules);
	for (size_t i = 0; i < sample.files.len; i++)
		sv_buf_release(&sample.files.ptr[i]);
	sv_vec_release(&sample.files);
	return fflush(stdout) != 0;
}
