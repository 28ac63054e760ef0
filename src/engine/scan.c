/* One run: targets in, report out. */
#include "detect/scanner.h"
#include "source/walk.h"
#include <errno.h>
#include <fnmatch.h>
#include <sievert/scan.h>
#include <time.h>

#define MAX_GAPS 1000 /* of each kind that are listed; all are counted */

struct hit {
	const struct sv_rule *rule;
	struct sv_span secret;
	enum sv_confidence confidence;
	const char *const *reasons;
	size_t n_reasons;
	struct sv_place place;
};

/* the report and everything it points at */
struct run {
	struct sv_report report; /* first: sv_report_free() gets this pointer */
	struct sv_arena arena;
	const struct sv_scan_options *options;
	struct sv_scanner *scanner;
	SV_VEC(struct hit) hits;
	SV_VEC(struct sv_gap) gaps;
	struct sv_span root;
	struct timespec told;
	/* of the file at hand */
	struct sv_span path;
	enum sv_where where;
	const struct sv_buf *content;
	size_t line_at; /* offset up to which lines are counted */
	uint32_t line;
	size_t line_start;
	struct sv_err *err;
};

static struct sv_span keep(struct run *run, const void *bytes, size_t len)
{
	char *copy = sv_arena_strndup(&run->arena, bytes, len);

	return sv_span(copy, copy ? len : 0);
}

static void line_of(const struct sv_buf *content, size_t offset, size_t *at, uint32_t *line,
		    size_t *line_start)
{
	const uint8_t *newline;

	while ((newline = memchr(content->ptr + *at, '\n', offset - *at)) != NULL) {
		*at = (size_t)(newline - content->ptr) + 1;
		*line_start = *at;
		++*line;
	}
	*at = offset;
}

/* the line that offset is in says so itself */
static bool is_allowed_inline(const struct sv_buf *content, size_t offset, size_t line_start)
{
	const uint8_t *end = memchr(content->ptr + offset, '\n', content->len - offset);
	size_t stop = end ? (size_t)(end - content->ptr) : content->len;

	return memmem(content->ptr + line_start, stop - line_start, "sievert:allow", 13) != NULL;
}

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	struct run *run = payload;
	struct hit hit = {.rule = c->rule, .confidence = c->confidence};
	struct sv_place *p = &hit.place;
	const char **reasons;
	size_t at, last_start;

	if (c->confidence < run->options->min_confidence)
		return 0;
	/* hits come in order of their ends, so a start may lie behind the last one */
	if (c->secret_start < run->line_at)
		run->line_at = run->line_start = 0, run->line = 1;
	line_of(run->content, c->secret_start, &run->line_at, &run->line, &run->line_start);
	p->where = run->where;
	p->root = run->root;
	p->path = run->path;
	p->offset = c->secret_start;
	p->length = c->secret_end - c->secret_start;
	p->line = p->end_line = run->line;
	p->column = (uint32_t)(c->secret_start - run->line_start + 1);
	at = c->secret_start;
	last_start = run->line_start;
	line_of(run->content, c->secret_end ? c->secret_end - 1 : 0, &at, &p->end_line, &last_start);
	p->end_column = (uint32_t)(c->secret_end - last_start);
	if (!run->options->no_inline_allow &&
	    is_allowed_inline(run->content, c->secret_start, run->line_start)) {
		run->report.n_suppressed++;
		return 0;
	}
	hit.secret = keep(run, c->secret.ptr, c->secret.len);
	reasons = sv_arena_alloc(&run->arena, sizeof(c->reasons));
	if (hit.secret.ptr == NULL || reasons == NULL)
		return sv_err_set(run->err, SV_ENOMEM, "out of memory");
	for (; hit.n_reasons < 4 && c->reasons[hit.n_reasons]; hit.n_reasons++)
		reasons[hit.n_reasons] = c->reasons[hit.n_reasons];
	hit.reasons = reasons;
	return sv_vec_push(&run->hits, hit);
}

static void tell_progress(struct run *run)
{
	struct sv_progress p = {.done = run->report.coverage.files,
				.bytes = run->report.coverage.bytes,
				.findings = run->hits.len,
				.phase = "reading"};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - run->told.tv_sec) * 1000 + (now.tv_nsec - run->told.tv_nsec) / 1000000 < 200)
		return;
	run->told = now;
	run->options->on_progress(&p, run->options->progress_payload);
}

static int scan_content(struct run *run, const char *path, struct sv_buf *content)
{
	run->path = keep(run, path, strlen(path));
	run->content = content;
	run->line_at = run->line_start = 0;
	run->line = 1;
	run->report.coverage.files++;
	run->report.coverage.bytes += content->len;
	if (run->options->on_progress)
		tell_progress(run);
	if (run->options->cancel && *run->options->cancel)
		return SV_ECANCELLED;
	return sv_scanner_scan(run->scanner, content, on_candidate, run, run->err);
}

static int on_file(const char *path, struct sv_buf *content, void *payload)
{
	struct run *run = payload;

	run->where = SV_WHERE_WORKTREE;
	return scan_content(run, path, content);
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	struct run *run = payload;
	uint64_t *total = kind == SV_GAP_SKIPPED ? &run->report.coverage.skipped
						 : &run->report.coverage.unread;
	struct sv_gap gap = {.kind = kind, .reason = reason, .root = run->root};

	if (++*total > MAX_GAPS)
		return 0;
	gap.what = keep(run, path, strlen(path));
	gap.detail = keep(run, detail, strlen(detail));
	return sv_vec_push(&run->gaps, gap);
}

static bool is_excluded(const char *path, void *payload)
{
	const struct run *run = payload;

	for (size_t i = 0; i < run->options->n_exclude; i++)
		if (fnmatch(run->options->exclude[i], path, 0) == 0)
			return true;
	return false;
}

static int scan_target(struct run *run, const struct sv_target *target)
{
	struct sv_walk_events events = {on_file, on_gap, is_excluded, run};
	const char *name = target->path ? target->path : "(standard input)";
	SV_AUTO(sv_buf) content = {0};
	int status;

	run->root = keep(run, name, strlen(name));
	if (target->kind == SV_TARGET_GIT)
		return sv_err_set(run->err, SV_EUNSUPPORTED,
				  "%s: git history is not read yet; scan its files with 'dir'", name);
	if (target->kind != SV_TARGET_FD)
		return sv_walk(target->path, run->options->max_size, &events, run->err);
	status = sv_read_all(target->fd, run->options->max_size, &content);
	if (status == SV_ETOOBIG)
		return on_gap(SV_GAP_SKIPPED, "too-large", name, "", run);
	if (status < 0)
		return on_gap(SV_GAP_UNREAD, "unreadable", name, strerror(errno), run);
	run->where = SV_WHERE_STDIN;
	return scan_content(run, "", &content);
}

static int by_secret(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int order = strcmp(x->rule->id, y->rule->id);

	if (order == 0)
		order = sv_span_compare(x->secret, y->secret);
	if (order == 0)
		order = sv_span_compare(x->place.root, y->place.root);
	if (order == 0)
		order = sv_span_compare(x->place.path, y->place.path);
	if (order == 0)
		order = (x->place.offset > y->place.offset) - (x->place.offset < y->place.offset);
	return order;
}

static int by_weight(const void *a, const void *b)
{
	const struct sv_finding *x = a, *y = b;
	int order = (int)y->severity - (int)x->severity;

	if (order == 0)
		order = strcmp(x->rule->id, y->rule->id);
	if (order == 0)
		order = sv_span_compare(x->places->root, y->places->root);
	if (order == 0)
		order = sv_span_compare(x->places->path, y->places->path);
	if (order == 0)
		order = (x->places->offset > y->places->offset) - (x->places->offset < y->places->offset);
	return order;
}

static int by_gap(const void *a, const void *b)
{
	const struct sv_gap *x = a, *y = b;
	int order = sv_span_compare(x->root, y->root);

	if (order == 0)
		order = sv_span_compare(x->what, y->what);
	return order ? order : strcmp(x->reason, y->reason);
}

static int group(struct run *run)
{
	size_t n = run->hits.len;
	struct sv_finding *findings = sv_arena_alloc(&run->arena, (n + 1) * sizeof(*findings));
	struct sv_place *places = sv_arena_alloc(&run->arena, (n + 1) * sizeof(*places));
	struct sv_finding *f = findings - 1;

	if (findings == NULL || places == NULL)
		return sv_err_set(run->err, SV_ENOMEM, "out of memory");
	if (n != 0)
		qsort(run->hits.ptr, n, sizeof(*run->hits.ptr), by_secret);
	for (size_t i = 0; i < n; i++) {
		const struct hit *hit = &run->hits.ptr[i];
		struct sv_span parts[2] = {sv_span_str(hit->rule->id), hit->secret};
		uint8_t id[16];

		places[i] = hit->place;
		if (f >= findings && f->rule == hit->rule && sv_span_equal(f->secret, hit->secret)) {
			f->n_places++;
			continue;
		}
		*++f = (struct sv_finding){.rule = hit->rule,
					   .cls = hit->rule->cls,
					   .severity = hit->rule->severity,
					   .confidence = hit->confidence,
					   .secret = hit->secret,
					   .reasons = hit->reasons,
					   .n_reasons = hit->n_reasons,
					   .places = &places[i],
					   .n_places = 1};
		f->message = sv_arena_printf(&run->arena, "%s: %s", hit->rule->name,
					     hit->n_reasons ? hit->reasons[0] : "found");
		if (f->message == NULL)
			return sv_err_set(run->err, SV_ENOMEM, "out of memory");
		sv_digest(id, sizeof(id), run->options->fingerprint_key, parts, 2);
		sv_hex(id, sizeof(id), f->id);
	}
	run->report.findings = findings;
	run->report.n_findings = (size_t)(f + 1 - findings);
	qsort(findings, run->report.n_findings, sizeof(*findings), by_weight);
	if (run->gaps.len != 0)
		qsort(run->gaps.ptr, run->gaps.len, sizeof(*run->gaps.ptr), by_gap);
	run->report.coverage.gaps = run->gaps.ptr;
	run->report.coverage.n_gaps = run->gaps.len;
	return 0;
}

int sv_scan_run(const struct sv_scan_options *options, struct sv_report **ret_report,
		struct sv_err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	int status;

	if (run == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	run->options = options;
	run->err = err;
	run->report.rules_digest = sv_ruleset_digest(options->ruleset);
	run->report.n_rules = sv_ruleset_count(options->ruleset);
	status = sv_scanner_new(options->ruleset, &run->scanner, err);
	for (size_t i = 0; status == 0 && i < options->n_targets; i++)
		status = scan_target(run, &options->targets[i]);
	if (status == SV_ECANCELLED) {
		run->report.stopped = "interrupted";
		status = 0;
	}
	if (run->scanner)
		run->report.coverage.limits_hit = sv_scanner_limits_hit(run->scanner);
	if (status == 0)
		status = group(run);
	sv_scanner_free(run->scanner);
	run->scanner = NULL;
	run->report.complete = run->report.coverage.unread == 0 && run->report.stopped == NULL;
	if (status < 0) {
		sv_report_free(&run->report);
		return status;
	}
	*ret_report = &run->report;
	return 0;
}

void sv_report_free(struct sv_report *report)
{
	struct run *run = (struct run *)report;

	if (run == NULL)
		return;
	for (size_t i = 0; i < run->hits.len; i++)
		sv_wipe((void *)(uintptr_t)run->hits.ptr[i].secret.ptr, run->hits.ptr[i].secret.len);
	sv_vec_release(&run->hits);
	sv_vec_release(&run->gaps);
	sv_arena_release(&run->arena);
	free(run);
}
