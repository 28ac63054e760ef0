/* The threads of a run, and what they found brought together. */
#include "engine/paths.h"
#include "engine/run.h"
#include <pthread.h>
#include <time.h>

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t done;
	unsigned working;
	bool failed;
	sv_worker_fn *fn;
	void *payload;
};

struct hand {
	struct crew *crew;
	struct sv_worker *worker;
};

static void *work(void *payload)
{
	struct hand *hand = payload;
	struct crew *crew = hand->crew;

	hand->worker->status = sv_worker_equip(hand->worker, &hand->worker->err);
	if (hand->worker->status == 0)
		hand->worker->status = crew->fn(hand->worker, crew->payload);
	pthread_mutex_lock(&crew->lock);
	crew->working--;
	crew->failed |= hand->worker->status != 0;
	pthread_cond_signal(&crew->done);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static void tell_progress(const struct sv_run *run)
{
	struct sv_progress p = {
		.total = run->total, .phase = run->phase, .findings = run->hits.len};

	for (unsigned i = 0; i < run->jobs; i++) {
		p.done += atomic_load_explicit(&run->workers[i].done, memory_order_relaxed);
		p.bytes += atomic_load_explicit(&run->workers[i].bytes, memory_order_relaxed);
		p.findings += atomic_load_explicit(&run->workers[i].found, memory_order_relaxed);
	}
	if (run->options->on_progress)
		run->options->on_progress(&p, run->options->progress_payload);
}

int sv_run_work_here(struct sv_run *run, sv_worker_fn *fn, void *payload)
{
	int status = fn(run->workers, payload);

	if (status < 0 && run->err)
		*run->err = run->workers->err;
	return status;
}

int sv_run_work(struct sv_run *run, const char *phase, uint64_t total, sv_worker_fn *fn,
		void (*on_stop)(void *payload), void *payload)
{
	struct crew crew = {
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false, fn, payload};
	SV_AUTO_FREE pthread_t *threads = calloc(run->jobs, sizeof(*threads));
	SV_AUTO_FREE struct hand *hands = calloc(run->jobs, sizeof(*hands));
	unsigned started = 0;
	bool stopped = false;
	int status = 0;

	if (threads == NULL || hands == NULL)
		return sv_err_set(run->err, SV_ENOMEM, "out of memory");
	run->phase = phase;
	run->total = total;
	for (unsigned i = 0; i < run->jobs; i++)
		atomic_store_explicit(&run->workers[i].done, 0, memory_order_relaxed);
	/* one worker and nobody to tell meanwhile, as in a hook for a few files: no thread */
	if (run->jobs == 1 && !run->options->on_progress)
		return sv_run_work_here(run, fn, payload);
	pthread_mutex_lock(&crew.lock);
	for (; started < run->jobs; started++) {
		hands[started] = (struct hand){&crew, &run->workers[started]};
		crew.working++;
		if (pthread_create(&threads[started], NULL, work, &hands[started]) != 0) {
			crew.working--;
			break;
		}
	}
	while (crew.working != 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 50 * 1000 * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_cond_timedwait(&crew.done, &crew.lock, &until) == 0 && !crew.failed)
			continue;
		if (!stopped && on_stop != NULL && (crew.failed || sv_run_cancelled(run))) {
			stopped = true;
			on_stop(payload);
		}
		pthread_mutex_unlock(&crew.lock);
		tell_progress(run);
		pthread_mutex_lock(&crew.lock);
	}
	pthread_mutex_unlock(&crew.lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	/* fewer threads than asked for do the same work; none do nothing */
	if (started == 0)
		return sv_err_set(run->err, SV_ENOMEM, "no thread could be started");
	for (unsigned i = 0; i < started && status == 0; i++) {
		status = run->workers[i].status;
		if (status < 0 && run->err)
			*run->err = run->workers[i].err;
	}
	return status;
}

int sv_run_gather(struct sv_run *run)
{
	struct sv_coverage *total = &run->report.coverage;
	int status = 0;

	for (unsigned i = 0; i < run->jobs; i++) {
		struct sv_worker *w = &run->workers[i];

		for (size_t k = 0; status == 0 && k < w->hits.len; k++)
			status = sv_vec_push(&run->hits, w->hits.ptr[k]);
		for (size_t k = 0; status == 0 && k < w->gaps.len; k++)
			status = sv_vec_push(&run->gaps, w->gaps.ptr[k]);
		w->hits.len = w->gaps.len = 0;
		atomic_store_explicit(&w->found, 0, memory_order_relaxed);
		total->files += w->coverage.files;
		total->index_entries += w->coverage.index_entries;
		total->blobs += w->coverage.blobs;
		total->commits += w->coverage.commits;
		total->tags += w->coverage.tags;
		total->trees += w->coverage.trees;
		total->refs += w->coverage.refs;
		total->texts += w->coverage.texts;
		total->bytes += w->coverage.bytes;
		total->skipped += w->coverage.skipped;
		total->unread += w->coverage.unread;
		w->coverage = (struct sv_coverage){0};
		run->report.n_suppressed += w->n_suppressed;
		w->n_suppressed = 0;
	}
	return status < 0 ? sv_err_set(run->err, status, "out of memory") : 0;
}

/* ---- the report ---- */

static int by_secret(const void *a, const void *b)
{
	const struct sv_hit *x = a, *y = b;
	int order = strcmp(x->rule->id, y->rule->id);

	if (order == 0)
		order = sv_span_compare(x->secret, y->secret);
	if (order == 0)
		order = sv_span_compare(x->place.root, y->place.root);
	if (order == 0)
		order = sv_span_compare(x->place.path, y->place.path);
	if (order == 0)
		order = (int)x->place.where - (int)y->place.where;
	if (order == 0)
		order = (int)y->place.reachable - (int)x->place.reachable;
	if (order == 0)
		order = (x->order > y->order) - (x->order < y->order);
	if (order == 0)
		order = sv_oid_compare(&x->oid, &y->oid);
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
		order = (x->places->offset > y->places->offset) -
			(x->places->offset < y->places->offset);
	return order ? order : strcmp(x->id, y->id);
}

/* Versions of one file that hold one secret are one place: the earliest. */
static bool is_same_place(const struct sv_hit *x, const struct sv_hit *y)
{
	return x->oid.len != 0 && y->oid.len != 0 && x->place.where == y->place.where &&
	       x->place.where == SV_WHERE_BLOB && x->place.path.len != 0 &&
	       x->place.reachable == y->place.reachable &&
	       sv_span_equal(x->place.root, y->place.root) &&
	       sv_span_equal(x->place.path, y->place.path);
}

/* The strongest hit speaks for all of them. */
static int describe(struct sv_run *run, struct sv_finding *f, const struct sv_hit *hit)
{
	const char **reasons = sv_arena_alloc(&run->arena, sizeof(hit->reasons));
	const struct sv_rule *rule = hit->rule;

	if (reasons == NULL)
		return SV_ENOMEM;
	memcpy(reasons, hit->reasons, sizeof(hit->reasons));
	f->severity = hit->severity;
	f->confidence = hit->confidence;
	f->reasons = reasons;
	for (f->n_reasons = 0; f->n_reasons < SV_MAX_REASONS && reasons[f->n_reasons];
	     f->n_reasons++)
		;
	f->message = sv_arena_printf(&run->arena, "%s: %s", rule->name,
				     hit->note	    ? hit->note
				     : f->n_reasons ? reasons[0]
						    : "found");
	return f->message ? 0 : SV_ENOMEM;
}

static bool is_stronger(const struct sv_hit *hit, const struct sv_finding *f)
{
	if (hit->confidence != f->confidence)
		return hit->confidence > f->confidence;
	return hit->severity > f->severity;
}

static int new_finding(struct sv_run *run, const struct sv_hit *hit, size_t first_place)
{
	struct sv_span parts[2] = {sv_span_str(hit->rule->id), hit->secret};
	struct sv_finding f = {.rule = hit->rule, .cls = hit->rule->cls, .secret = hit->secret};
	uint8_t id[16];
	int status = describe(run, &f, hit);

	/* the vector of places still moves: their index is kept until it stands */
	f.places = (const struct sv_place *)(uintptr_t)first_place;
	sv_digest(id, sizeof(id), run->options->fingerprint_key, parts, 2);
	sv_hex(id, sizeof(id), f.id);
	return status == 0 ? sv_vec_push(&run->findings, f) : status;
}

/* Do the n hits, all of one secret, stand beside different devices? */
static bool devices_differ(const struct sv_hit *hits, size_t n)
{
	const char *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (first == NULL)
			first = hits[i].device;
		else if (hits[i].device != NULL && strcmp(first, hits[i].device) != 0)
			return true;
	}
	return false;
}

static int add_shared(struct sv_run *run)
{
	int status = 0;

	/* hits stand in the order of the findings that they became */
	for (size_t i = 0, f = 0, n; status == 0 && i < run->hits.len; i += n, f++) {
		const struct sv_hit *hit = &run->hits.ptr[i];

		for (n = 1; i + n < run->hits.len && hit[n].rule == hit->rule &&
			    sv_span_equal(hit[n].secret, hit->secret);
		     n++)
			;
		status = sv_run_also_shared(run, &run->findings.ptr[f], devices_differ(hit, n));
	}
	return status;
}

static int by_value(const void *a, const void *b)
{
	return sv_span_compare(((const struct sv_hit *)a)->secret,
			       ((const struct sv_hit *)b)->secret);
}

/* Does a say more of their secret than b? What knows a form does, then what is surer. */
static bool knows_more(const struct sv_hit *a, const struct sv_hit *b)
{
	if (sv_rule__is_generic(a->rule) != sv_rule__is_generic(b->rule))
		return sv_rule__is_generic(b->rule);
	if (a->confidence != b->confidence)
		return a->confidence > b->confidence;
	return strcmp(a->rule->id, b->rule->id) < 0;
}

/*
 * A value that a rule knows at one place, and only the name beside it tells at another, is one
 * secret: the generic hits take the rule that knows most.
 */
static void name_alike(struct sv_run *run)
{
	struct sv_hit *hits = run->hits.ptr;

	if (run->hits.len > 1)
		qsort(hits, run->hits.len, sizeof(*hits), by_value);
	for (size_t i = 0, n; i < run->hits.len; i += n) {
		const struct sv_hit *best = &hits[i];
		const struct sv_rule *rule;

		for (n = 1;
		     i + n < run->hits.len && sv_span_equal(hits[i + n].secret, hits[i].secret);
		     n++)
			if (knows_more(&hits[i + n], best))
				best = &hits[i + n];
		rule = best->rule;
		for (size_t k = i; k < i + n && rule->cls == SV_CLASS_SECRET; k++)
			if (sv_rule__is_generic(hits[k].rule))
				hits[k].rule = rule;
	}
}

static int group(struct sv_run *run)
{
	const struct sv_hit *last = NULL;
	int status = 0;

	name_alike(run);
	if (run->hits.len != 0)
		qsort(run->hits.ptr, run->hits.len, sizeof(*run->hits.ptr), by_secret);
	for (size_t i = 0; status == 0 && i < run->hits.len; i++) {
		const struct sv_hit *hit = &run->hits.ptr[i];
		bool same =
			last && last->rule == hit->rule && sv_span_equal(last->secret, hit->secret);
		struct sv_finding *f;

		if (!same)
			status = new_finding(run, hit, run->places.len);
		if (status < 0)
			break;
		f = &run->findings.ptr[run->findings.len - 1];
		f->views |= hit->views;
		status = sv_run_also(run, f, hit);
		if (status == 0 && same && is_stronger(hit, f))
			status = describe(run, f, hit);
		if (same && is_same_place(last, hit)) {
			run->places.ptr[run->places.len - 1].versions +=
				!sv_oid_equal(&last->oid, &hit->oid);
		} else if (status == 0) {
			f->n_places++;
			status = sv_vec_push(&run->places, hit->place);
		}
		last = hit;
	}
	for (size_t i = 0; i < run->findings.len; i++)
		run->findings.ptr[i].places =
			run->places.ptr + (uintptr_t)run->findings.ptr[i].places;
	return status == 0 ? add_shared(run) : status;
}

/* What its paths made doubtful is left out as what was doubtful from the start. */
static void drop_doubtful(struct sv_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->findings.len; i++)
		if (run->findings.ptr[i].confidence >= run->options->min_confidence)
			run->findings.ptr[n++] = run->findings.ptr[i];
	run->findings.len = n;
}

/* Hits of one file mostly stand together. */
static void judge_paths(struct sv_run *run)
{
	struct sv_span path = {0};
	unsigned kinds = sv_path_kinds(path);

	for (size_t i = 0; i < run->hits.len; i++) {
		struct sv_hit *hit = &run->hits.ptr[i];

		if (!sv_span_equal(hit->place.path, path)) {
			path = hit->place.path;
			kinds = sv_path_kinds(path);
		}
		sv_path_judge(hit, kinds);
	}
}

int sv_run_finish(struct sv_run *run)
{
	int status = sv_run_crossproof(run);

	judge_paths(run);
	if (status == 0)
		status = sv_run_part_devices(run);
	if (status == 0)
		status = group(run);
	if (status < 0)
		return sv_err_set(run->err, status, "out of memory");
	drop_doubtful(run);
	if (run->findings.len != 0)
		qsort(run->findings.ptr, run->findings.len, sizeof(*run->findings.ptr), by_weight);
	run->gaps.len = sv_gaps__trim(run->gaps.ptr, run->gaps.len);
	run->report.findings = run->findings.ptr;
	run->report.n_findings = run->findings.len;
	run->report.coverage.gaps = run->gaps.ptr;
	run->report.coverage.n_gaps = run->gaps.len;
	for (unsigned i = 0; i < run->jobs; i++)
		if (run->workers[i].scanner != NULL)
			run->report.coverage.limits_hit += sv_scanner_limits_hit(run->workers[i].scanner);
	run->report.complete = run->report.coverage.unread == 0 && run->report.stopped == NULL;
	return 0;
}
