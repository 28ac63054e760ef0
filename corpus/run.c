/*
 * run FOLDER SEED [-v]: makes the corpus, scans it, and compares what was
 * found with the labels: recall and precision by kind and by group. Fails below FOLDER/expect.txt.
 * run FOLDER SEED NUMBER: writes the file that -v tells with [NUMBER].
 */
#include "cases.h"
#include <sievert/sievert.h>
#include <stdio.h>

/* 15 January 2026: what expires in the corpus expires by this */
#define NOW 1768435200

struct tally {
	char name[96];
	size_t wanted, found, wrong;
};

struct run {
	struct corpus corpus;
	SV_VEC(struct tally) kinds, groups;
	bool *marked; /* MAX_MARKS a case: found */
	bool verbose;
};

static struct tally *tally_of(struct run *run, bool group, const char *name)
{
	struct tally fresh = {0};
	size_t n = group ? run->groups.len : run->kinds.len;
	struct tally *all = group ? run->groups.ptr : run->kinds.ptr;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	snprintf(fresh.name, sizeof(fresh.name), "%s", name);
	if ((group ? sv_vec_push(&run->groups, fresh) : sv_vec_push(&run->kinds, fresh)) < 0)
		abort();
	return group ? &run->groups.ptr[n] : &run->kinds.ptr[n];
}

/* ---- files, as bytes in memory that are named by their number ---- */

static struct sv_target *targets_of(struct run *run)
{
	struct sv_target *targets = calloc(run->corpus.cases.len + 1, sizeof(*targets));

	for (size_t i = 0; targets != NULL && i < run->corpus.cases.len; i++) {
		targets[i].kind = SV_TARGET_BYTES;
		targets[i].path = sv_arena_printf(&run->corpus.arena, "%zu", i);
		targets[i].bytes = run->corpus.cases.ptr[i].bytes;
		if (targets[i].path == NULL)
			abort();
	}
	return targets;
}

/* ---- findings against labels ---- */

/* kinds: ids with | between; "generic*" is any that begins so */
static bool is_kind(const char *kinds, const char *id)
{
	for (const char *at = kinds; at != NULL; at = strchr(at, '|')) {
		size_t n;

		at += *at == '|';
		n = strcspn(at, "|");
		if (n > 0 && at[n - 1] == '*' ? strncmp(at, id, n - 1) == 0
					      : strncmp(at, id, n) == 0 && id[n] == '\0')
			return true;
	}
	return false;
}

/* A secret is found where it stands, but for padding; a practice is found where it is touched. */
static bool fits(const struct corpus_case *c, const struct mark *mark, const struct sv_finding *f,
		 const struct sv_place *p)
{
	size_t start = (size_t)p->offset, end = start + (size_t)p->length;
	/* a line end that is encoded too takes a group of four */
	size_t slack = f->views ? 8 : 3;

	if (c->decoded)
		return true;
	if (f->cls == SV_CLASS_PRACTICE)
		return start < mark->end && mark->start < end;
	return start + slack >= mark->start && start <= mark->start + slack && end + slack >= mark->end &&
	       end <= mark->end + slack;
}

/* What is a finding here: the default report's, and those of rules that never say more than low. */
static bool counts(const struct sv_finding *f)
{
	return f->confidence >= SV_CONF_MEDIUM || f->rule->confidence == SV_CONF_LOW;
}

static bool is_wrong(const struct corpus_case *c, const struct sv_finding *f)
{
	/* a file with a secret may also state a practice */
	if (f->cls == SV_CLASS_PRACTICE && c->n_marks != 0 && strcmp(c->group, "practice") != 0)
		return false;
	if (c->refuses != NULL)
		return is_kind(c->refuses, f->rule->id);
	return f->confidence >= SV_CONF_MEDIUM;
}

static void judge_place(struct run *run, const struct sv_finding *f, const struct sv_place *p)
{
	size_t index = (size_t)strtoul((const char *)p->root.ptr, NULL, 10);
	const struct corpus_case *c = &run->corpus.cases.ptr[index];

	if (!counts(f))
		return;
	for (size_t i = 0; i < c->n_marks; i++)
		if (is_kind(c->marks[i].kind, f->rule->id) && fits(c, &c->marks[i], f, p)) {
			run->marked[index * MAX_MARKS + i] = true;
			return;
		}
	if (!is_wrong(c, f))
		return;
	tally_of(run, false, f->rule->id)->wrong++;
	tally_of(run, true, c->group)->wrong++;
	if (run->verbose)
		printf("wrong   %-34s %s [%zu]: %.*s\n", f->rule->id, c->label, index, (int)(f->secret.len > 60 ? 60 : f->secret.len),
		       (const char *)f->secret.ptr);
}

static void print_missed(const struct corpus_case *c, const struct mark *mark, size_t index)
{
	size_t from = mark->start < 40 ? 0 : mark->start - 40, n = c->bytes.len - from < 120 ? c->bytes.len - from : 120;

	printf("missed  %-34s %s [%zu]: %.*s\n", mark->kind, c->label, index, (int)n,
	       (const char *)c->bytes.ptr + from);
}

static void judge(struct run *run, const struct sv_report *report)
{
	for (size_t i = 0; i < report->n_findings; i++)
		for (size_t j = 0; j < report->findings[i].n_places; j++)
			judge_place(run, &report->findings[i], &report->findings[i].places[j]);
	for (size_t i = 0; i < run->corpus.cases.len; i++) {
		const struct corpus_case *c = &run->corpus.cases.ptr[i];

		for (size_t k = 0; k < c->n_marks; k++) {
			bool found = run->marked[i * MAX_MARKS + k], decoded = c->decoded;
			struct tally *kind = tally_of(run, false, c->marks[k].kind);

			kind->wanted += !decoded;
			kind->found += !decoded && found;
			tally_of(run, true, c->group)->wanted++;
			tally_of(run, true, c->group)->found += found;
			if (run->verbose && !found)
				print_missed(c, &c->marks[k], i);
		}
		tally_of(run, true, c->group);
	}
}

/* ---- what is printed, and what is asked ---- */

static double share(size_t part, size_t whole)
{
	return whole == 0 ? 1 : (double)part / (double)whole;
}

static void print_tally(const struct tally *t)
{
	double recall = share(t->found, t->wanted), precision = share(t->found, t->found + t->wrong);

	printf("%-52s %6zu %6zu %7.4f %6zu %9.4f %7.4f\n", t->name, t->wanted, t->found, recall, t->wrong, precision,
	       2 * recall * precision / (recall + precision + 1e-9));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static int compare(struct run *run, const char *folder, struct sv_err *err)
{
	SV_AUTO_FREE char *path = sv_path_join(folder, "expect.txt");
	SV_AUTO(sv_buf) text = {0};
	char *rest = NULL, *line;
	int failed = 0, status = sv_file_read(path, &text, err);

	if (status < 0)
		return status;
	for (line = strtok_r((char *)sv_buf_str(&text), "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char name[64];
		double recall = 0;
		size_t wrong = 0;
		const struct tally *t;

		if (line[0] == '#' || sscanf(line, "%63s %lf %zu", name, &recall, &wrong) != 3)
			continue;
		t = tally_of(run, true, name);
		if (share(t->found, t->wanted) < recall || t->wrong > wrong) {
			printf("%s: wanted recall %.4f and at most %zu wrong\n", name, recall, wrong);
			failed = 1;
		}
	}
	return failed;
}

/* the same for a seed, whatever compiled this */
static void print_digest(const struct corpus *corpus)
{
	SV_AUTO_FREE struct sv_span *parts = calloc(corpus->cases.len + 1, sizeof(*parts));
	uint8_t digest[16];
	char hex[33];

	if (parts == NULL)
		abort();
	for (size_t i = 0; i < corpus->cases.len; i++)
		parts[i] = corpus->cases.ptr[i].bytes;
	sv_digest(digest, sizeof(digest), NULL, parts, corpus->cases.len);
	sv_hex(digest, sizeof(digest), hex);
	printf("digest of the files: %s\n", hex);
}

static int report(struct run *run, const char *folder, struct sv_err *err)
{
	size_t wanted = 0, empty = 0;

	qsort(run->kinds.ptr, run->kinds.len, sizeof(struct tally), by_name);
	printf("%-52s %6s %6s %7s %6s %9s %7s\n", "kind", "wanted", "found", "recall", "wrong", "precision", "F1");
	for (size_t i = 0; i < run->kinds.len; i++)
		print_tally(&run->kinds.ptr[i]);
	printf("\n");
	for (size_t i = 0; i < run->groups.len; i++)
		print_tally(&run->groups.ptr[i]);
	for (size_t i = 0; i < run->kinds.len; i++)
		wanted += run->kinds.ptr[i].wanted != 0;
	for (size_t i = 0; i < run->corpus.cases.len; i++)
		empty += run->corpus.cases.ptr[i].n_marks == 0;
	printf("\n%zu kinds; %zu files, %zu of them without anything to find\n", wanted, run->corpus.cases.len, empty);
	print_digest(&run->corpus);
	return compare(run, folder, err);
}

static int scan(struct run *run, const char *folder, struct sv_err *err)
{
	SV_AUTO_FREE struct sv_target *targets = targets_of(run);
	struct sv_scan_options options = {.targets = targets,
					  .n_targets = run->corpus.cases.len,
					  .jobs = 1,
					  .now = NOW,
					  .no_inline_allow = true,
					  /* counts() parts them */
					  .min_confidence = SV_CONF_LOW};
	struct sv_ruleset *rules = NULL;
	struct sv_report *result = NULL;
	int status = targets ? sv_ruleset_open(NULL, &rules, err) : SV_ENOMEM;

	options.ruleset = rules;
	if (status == 0)
		status = sv_scan_run(&options, &result, err);
	if (status == 0) {
		judge(run, result);
		status = report(run, folder, err);
	}
	sv_report_free(result);
	sv_ruleset_free(rules);
	return status;
}

static int write_case(const struct corpus *corpus, const char *number)
{
	uint64_t i;

	if (sv_parse_u64(sv_span_str(number), &i) < 0 || i >= corpus->cases.len)
		return 2;
	fwrite(corpus->cases.ptr[i].bytes.ptr, 1, corpus->cases.ptr[i].bytes.len, stdout);
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	struct run run = {.verbose = argc == 4 && strcmp(argv[3], "-v") == 0};
	struct sv_err err = {0};
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: sievert-corpus FOLDER SEED [-v|NUMBER]\n");
		return 2;
	}
	status = corpus_make(&run.corpus, argv[1], strtoul(argv[2], NULL, 10), &err);
	run.marked = calloc(run.corpus.cases.len + 1, MAX_MARKS * sizeof(*run.marked));
	if (status == 0 && argc == 4 && !run.verbose)
		status = write_case(&run.corpus, argv[3]);
	else if (status == 0)
		status = run.marked ? scan(&run, argv[1], &err) : SV_ENOMEM;
	if (status < 0)
		fprintf(stderr, "sievert-corpus: %s\n", err.text);
	free(run.marked);
	sv_vec_release(&run.kinds);
	sv_vec_release(&run.groups);
	corpus_release(&run.corpus);
	return status < 0 ? 2 : status;
}
