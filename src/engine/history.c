/* A repository: its objects, refs, index and configuration; then where in history the finds are. */
#include "engine/names.h"
#include "engine/run.h"
#include "git/absent.h"
#include "git/attribute.h"
#include "source/walk.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#define MAX_APPEARANCES 100 /* paths that are told for one object */
#define DEFAULT_MEMORY	(512ull << 20)

/* one thread's */
struct hand {
	struct sv_object_reader *reader;
	struct sv_commit_graph graph;
	struct sv_tree_notes notes;
	struct sv_names names;
	struct sv_buf text;
	SV_VEC(struct sv_trace) traces; /* by depth in the family at hand */
	size_t traced;			/* bytes that they hold */
	struct sv_trace whole;		/* --verify-deltas: what a scan of all of it gives */
	struct sv_absent absent; /* in a partial clone */
};

struct history {
	struct sv_run *run;
	struct sv_span root;
	struct sv_repo *repo;
	struct sv_objects *objects;
	struct sv_families *families;
	struct sv_commit_graph graph;
	struct sv_attribution *attribution;
	const struct sv_index_entry **by_blob; /* sorted */
	struct sv_walk *walk;
	struct hand *hands; /* by worker */
	size_t memory;	    /* for each thread's objects */
	uint64_t seed;	    /* of the hashes of names: nobody outside can build two that collide */
	atomic_size_t next;
	atomic_bool stopped;
};

static struct hand *hand_of(struct history *h, const struct sv_worker *w)
{
	return &h->hands[w - w->run->workers];
}

static void on_git_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	struct history *h = payload;

	(void)sv_worker_gap(h->run->workers, SV_GAP_UNREAD, reason, h->root, sv_span_str(what),
			    sv_span_str(detail));
}

static void on_stop(void *payload)
{
	struct history *h = payload;

	h->stopped = true;
	if (h->walk != NULL)
		sv_walk_stop(h->walk);
}

/* ---- the git directory's own files ---- */

struct config_hand {
	struct history *history;
	struct sv_worker *worker;
	struct sv_buf path;
};

static struct sv_span config_path(struct config_hand *c, const char *path)
{
	sv_buf_reset(&c->path);
	if ((c->history->repo->worktree && sv_buf_puts(&c->path, ".git/") < 0) ||
	    sv_buf_puts(&c->path, path) < 0)
		return sv_span_str(path);
	return sv_buf_span(&c->path);
}

static int on_config_gap(enum sv_gap_kind kind, const char *reason, const char *path,
			 const char *detail, void *payload)
{
	struct config_hand *c = payload;

	return sv_worker_gap(c->worker, kind, reason, c->history->root, config_path(c, path),
			     sv_span_str(detail));
}

static int on_config(int fd, uint64_t size, const char *path, void *payload)
{
	struct config_hand *c = payload;
	struct sv_origin origin = {
		.where = SV_WHERE_CONFIG, .root = c->history->root, .path = config_path(c, path)};
	int status;

	(void)size;
	errno = 0;
	status = sv_worker_scan_file(c->worker, &origin, fd, 0);
	c->worker->coverage.texts++;
	return status == SV_EIO
		       ? on_config_gap(SV_GAP_UNREAD, "unreadable", path, strerror(errno), c)
		       : status;
}

static int on_config_link(struct sv_span text, const char *path, void *payload)
{
	(void)text;
	return on_config_gap(SV_GAP_SKIPPED, "symbolic-link", path, "", payload);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), s = strlen(suffix);

	return n >= s && strcmp(text + n - s, suffix) == 0;
}

/* Objects, refs and index are read in their own way; samples are git's. */
static const char *exclude_config(const char *path, bool is_dir, void *payload)
{
	const char *base = strrchr(path, '/');
	bool top = base == NULL;

	(void)payload;
	base = base ? base + 1 : path;
	if (is_dir && strcmp(base, "objects") == 0)
		return top ? "" : "nested-repository";
	if (is_dir && (strcmp(base, "refs") == 0 || strcmp(path, "objects") == 0))
		return "";
	if (!is_dir && (strcmp(base, "index") == 0 || has_suffix(base, ".sample") ||
			strcmp(base, "packed-refs") == 0))
		return "";
	return NULL;
}

static int scan_config(struct sv_worker *w, void *payload)
{
	struct config_hand hand = {payload, w, {0}};
	struct sv_walk_events events = {on_config, on_config_link, on_config_gap, exclude_config,
					&hand};
	int status = sv_walk_work(hand.history->walk, &events);

	sv_buf_release(&hand.path);
	return status;
}

/* What comes before all objects, and can be shared. */
static int scan_config_and_read_headers(struct sv_worker *w, void *payload)
{
	struct history *h = payload;
	int status = scan_config(w, payload);
	size_t share;

	while (status == 0 &&
	       (share = atomic_fetch_add(&h->next, 1)) < sv_families_shares(h->families))
		status = sv_families_read(h->families, share);
	return status;
}

static int scan_refs(struct history *h)
{
	struct sv_worker *w = h->run->workers;
	int status = 0;

	for (size_t i = 0; status == 0 && i < h->repo->n_refs; i++) {
		struct sv_span name = sv_span_str(h->repo->refs[i].name);
		struct sv_origin origin = {
			.where = SV_WHERE_REF_NAME, .root = h->root, .path = name};

		w->coverage.refs++;
		sv_buf_reset(&w->content);
		status = sv_buf_append(&w->content, name.ptr, name.len);
		if (status == 0)
			status = sv_worker_scan(w, &origin, &w->content);
	}
	return status;
}

/* ---- objects ---- */

/* what the walk of a tree gets */
struct namer {
	struct history *history;
	struct sv_worker *worker;
};

static int scan_name(struct sv_span name, void *payload)
{
	struct namer *namer = payload;
	struct sv_worker *w = namer->worker;
	/* which tree is told by attribution: here it would depend on who met the name first */
	struct sv_origin origin = {
		.where = SV_WHERE_PATH, .root = namer->history->root, .path = name};
	struct hand *hand = hand_of(namer->history, w);
	int status;

	sv_buf_reset(&hand->text);
	status = sv_buf_append(&hand->text, name.ptr, name.len);
	if (status == 0)
		status = sv_worker_scan(w, &origin, &hand->text);
	/* how often a name is met depends on the threads; trees are counted, their names are not */
	w->coverage.bytes -= name.len;
	return status;
}

static int note_absent(const struct sv_tree_entry *entry, void *payload)
{
	struct namer *namer = payload;
	struct history *h = namer->history;

	return sv_absent_look(&hand_of(h, namer->worker)->absent, h->objects, h->repo->oid_len, entry);
}

static int scan_tree(struct history *h, struct sv_worker *w, const struct sv_family_object *object)
{
	struct sv_stopwatch *watch = h->run->options->timing ? &w->watches[SV_STAGE_NAMES] : NULL;
	uint64_t started = sv_stopwatch_start(watch);
	struct hand *hand = hand_of(h, w);
	struct namer namer = {h, w};
	struct sv_name_events events = {scan_name, h->repo->partial ? note_absent : NULL, &namer};
	struct sv_oid oid;
	int status;
	char hex[65];

	w->coverage.trees++;
	status = sv_names_walk(&hand->names, object, h->repo->oid_len, &events);
	if (status == SV_ECORRUPT) {
		sv_family_oid(object, &oid);
		sv_oid_hex(&oid, hex);
		status = sv_worker_gap(w, SV_GAP_UNREAD, "corrupt-object", h->root, sv_span_str(hex),
				       sv_span_str("the tree has a broken entry"));
	}
	sv_stopwatch_stop(watch, started);
	return status;
}

/* what the walk of a family gets */
struct walker {
	struct history *history;
	struct sv_worker *worker;
};

static int scan_commit(struct history *h, struct sv_worker *w,
		       const struct sv_family_object *object, struct sv_origin *origin)
{
	struct sv_commit commit;
	struct sv_oid oid;

	w->coverage.commits++;
	origin->where = SV_WHERE_COMMIT_MESSAGE;
	if (sv_commit_parse(sv_buf_span(object->content), h->repo->oid_len, &commit) < 0)
		return 0;
	origin->message = commit.message;
	sv_family_oid(object, &oid);
	return sv_commit_graph_add(&hand_of(h, w)->graph, &oid, &commit);
}

static void scan_tag(struct history *h, struct sv_worker *w, const struct sv_family_object *object,
		     struct sv_origin *origin)
{
	struct sv_tag tag;

	w->coverage.tags++;
	origin->where = SV_WHERE_TAG_MESSAGE;
	if (sv_tag_parse(sv_buf_span(object->content), h->repo->oid_len, &tag) == 0)
		origin->message = tag.message;
}

static int no_candidate(const struct sv_candidate *candidate, void *payload)
{
	(void)candidate;
	(void)payload;
	return 0;
}

static int verify(struct history *h, struct sv_worker *w, const struct sv_family_object *object,
		  struct sv_trace *trace)
{
	struct sv_trace *whole = &hand_of(h, w)->whole;
	int status = sv_scanner_scan_delta(w->scanner, object->content, NULL, whole, no_candidate, NULL,
					   &w->err);
	struct sv_oid oid;
	char hex[65];

	if (status != 0 || sv_trace_equal(trace, whole))
		return status;
	sv_family_oid(object, &oid);
	sv_oid_hex(&oid, hex);
	return sv_worker_gap(w, SV_GAP_UNREAD, "delta-scan-differs", h->root, sv_span_str(hex),
			     sv_span_str("what its delta adds gave other findings than all of it: "
					 "please report this as a bug of sievert"));
}

/* Scans what the object's delta adds to its parent in the family, or all of it. */
static int scan_content(struct history *h, struct sv_worker *w, const struct sv_family_object *object,
			const struct sv_origin *origin)
{
	struct hand *hand = hand_of(h, w);
	struct sv_scan_base base = {NULL, object->ops, object->n_ops};
	struct sv_trace *trace;
	int status;

	while (hand->traces.len <= object->depth)
		if (sv_vec_push(&hand->traces, (struct sv_trace){0}) < 0)
			return SV_ENOMEM;
	trace = &hand->traces.ptr[object->depth];
	if (object->ops != NULL && object->depth > 0 && trace[-1].usable)
		base.trace = &trace[-1];
	hand->traced -= sv_trace_bytes(trace);
	status = sv_worker_scan_delta(w, origin, object->content, base.trace ? &base : NULL, trace);
	if (status == 0 && base.trace && h->run->options->verify_deltas)
		status = verify(h, w, object, trace);
	/* children of what is not remembered are scanned whole */
	if (hand->traced + sv_trace_bytes(trace) > h->memory / 4)
		sv_trace_release(trace);
	hand->traced += sv_trace_bytes(trace);
	return status;
}

static int on_object(const struct sv_family_object *object, void *payload)
{
	struct walker *walker = payload;
	struct history *h = walker->history;
	struct sv_worker *w = walker->worker;
	struct sv_origin origin = {.where = SV_WHERE_BLOB, .root = h->root, .object = object};
	int status = 0;

	if (h->stopped || sv_run_cancelled(h->run))
		return SV_ECANCELLED;
	atomic_fetch_add_explicit(&w->done, 1, memory_order_relaxed);
	if (object->type == SV_OBJ_TREE)
		return scan_tree(h, w, object);
	if (object->type == SV_OBJ_COMMIT)
		status = scan_commit(h, w, object, &origin);
	else if (object->type == SV_OBJ_TAG)
		scan_tag(h, w, object, &origin);
	else
		w->coverage.blobs++;
	return status < 0 ? status : scan_content(h, w, object, &origin);
}

static int on_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
		     const char *detail, void *payload)
{
	struct walker *walker = payload;
	bool by_policy = status == SV_ETOOBIG && *detail == '\0';
	char hex[65];

	(void)type;
	sv_oid_hex(oid, hex);
	return sv_worker_gap(walker->worker, by_policy ? SV_GAP_SKIPPED : SV_GAP_UNREAD,
			     by_policy ? "too-large" : "corrupt-object", walker->history->root,
			     sv_span_str(hex), sv_span_str(detail));
}

static int scan_objects(struct sv_worker *w, void *payload)
{
	struct history *h = payload;
	struct walker walker = {h, w};
	struct sv_family_events events = {on_object, on_broken, &walker, 0,
					  (uint32_t)sv_scanner_least_copy(w->scanner)};
	size_t unit;
	int status = 0;

	while (status == 0 &&
	       (unit = atomic_fetch_add(&h->next, 1)) < sv_families_units(h->families))
		status = sv_family_walk(h->families, unit, hand_of(h, w)->reader, h->memory,
					&events, &w->err);
	return status;
}

/* ---- attribution ---- */

static int note_tree(const struct sv_family_object *object, void *payload)
{
	struct walker *walker = payload;
	struct history *h = walker->history;

	if (h->stopped)
		return SV_ECANCELLED;
	atomic_fetch_add_explicit(&walker->worker->done, 1, memory_order_relaxed);
	return sv_holders_note(sv_attribution_holders(h->attribution),
			       &hand_of(h, walker->worker)->notes, object);
}

/* The walk of all objects has told it. */
static int ignore_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
			 const char *detail, void *payload)
{
	(void)oid;
	(void)type;
	(void)detail;
	(void)payload;
	return status == SV_ENOMEM ? status : 0;
}

static int note_trees(struct sv_worker *w, void *payload)
{
	struct history *h = payload;
	struct walker walker = {h, w};
	struct sv_family_events events = {note_tree, ignore_broken, &walker, 1u << SV_OBJ_TREE, 0};
	size_t unit;
	int status = 0;

	while (status == 0 &&
	       (unit = atomic_fetch_add(&h->next, 1)) < sv_families_units(h->families)) {
		status = sv_holders_begin(&hand_of(h, w)->notes);
		if (status == 0)
			status = sv_family_walk(h->families, unit, hand_of(h, w)->reader, h->memory,
						&events, &w->err);
	}
	return status;
}

static int by_span(const void *a, const void *b)
{
	return sv_span_compare(*(const struct sv_span *)a, *(const struct sv_span *)b);
}

/* What the hits from number first on want to know: objects, and names of tree entries. */
static int collect_wanted(const struct sv_run *run, size_t first, struct sv_oid **ret_oids,
			  struct sv_span **ret_names, struct sv_wanted *ret)
{
	size_t n = run->hits.len - first, oids = 0, names = 0;

	*ret_oids = calloc(n + 1, sizeof(**ret_oids));
	*ret_names = calloc(n + 1, sizeof(**ret_names));
	if (*ret_oids == NULL || *ret_names == NULL)
		return SV_ENOMEM;
	for (size_t i = first; i < run->hits.len; i++) {
		const struct sv_hit *hit = &run->hits.ptr[i];

		if (hit->oid.len != 0)
			(*ret_oids)[oids++] = hit->oid;
		else if (hit->place.where == SV_WHERE_PATH)
			(*ret_names)[names++] = hit->place.path;
	}
	qsort(*ret_oids, oids, sizeof(**ret_oids), sv_oid_order);
	qsort(*ret_names, names, sizeof(**ret_names), by_span);
	for (size_t i = 0; i < oids; i++)
		if (i == 0 || !sv_oid_equal(&(*ret_oids)[i], &(*ret_oids)[ret->n_oids - 1]))
			(*ret_oids)[ret->n_oids++] = (*ret_oids)[i];
	for (size_t i = 0; i < names; i++)
		if (i == 0 || !sv_span_equal((*ret_names)[i], (*ret_names)[ret->n_names - 1]))
			(*ret_names)[ret->n_names++] = (*ret_names)[i];
	ret->oids = *ret_oids;
	ret->names = *ret_names;
	return 0;
}

static struct sv_span keep(struct sv_run *run, const char *text)
{
	const char *copy = sv_arena_strdup(&run->arena, text);

	return sv_span_str(copy);
}

static int fill_place(struct sv_run *run, struct sv_hit *hit, const struct sv_appearance *app)
{
	struct sv_place *p = &hit->place;

	if (hit->oid.len != 0)
		sv_oid_hex(&hit->oid, p->object);
	p->in_history = true;
	p->versions = 1;
	if (app == NULL)
		return 0;
	if (hit->place.where == SV_WHERE_BLOB || hit->place.where == SV_WHERE_PATH)
		p->path = keep(run, app->path);
	if (app->commit.len != 0)
		sv_oid_hex(&app->commit, p->commit);
	p->author = keep(run, app->author);
	p->ref = keep(run, app->ref);
	p->date = app->date;
	p->reachable = app->reachable;
	hit->order = app->order;
	return p->path.ptr && p->author.ptr && p->ref.ptr ? 0 : SV_ENOMEM;
}

static int by_blob(const void *a, const void *b)
{
	const struct sv_index_entry *const *x = a, *const *y = b;
	int order = sv_oid_compare(&(*x)->oid, &(*y)->oid);

	/* entries of one blob in the order of the index, which is that of their paths */
	return order ? order : (*x > *y) - (*x < *y);
}

/* The index by blob: each hit asks it. */
static int sort_index(struct history *h)
{
	const struct sv_repo *repo = h->repo;

	h->by_blob = calloc(repo->n_index + 1, sizeof(*h->by_blob));
	if (h->by_blob == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < repo->n_index; i++)
		h->by_blob[i] = &repo->index[i];
	qsort(h->by_blob, repo->n_index, sizeof(*h->by_blob), by_blob);
	return 0;
}

/* The number of the first entry that is not before oid. */
static size_t first_entry(const struct history *h, const struct sv_oid *oid)
{
	size_t low = 0, high = h->repo->n_index;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sv_oid_compare(&h->by_blob[middle]->oid, oid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A blob that the index holds at a path where no commit has it. */
static int add_index_places(struct history *h, const struct sv_hit *hit,
			    const struct sv_appearance *apps, size_t n)
{
	int status = 0;

	for (size_t i = first_entry(h, &hit->oid);
	     status == 0 && i < h->repo->n_index && sv_oid_equal(&h->by_blob[i]->oid, &hit->oid);
	     i++) {
		const struct sv_index_entry *e = h->by_blob[i];
		struct sv_hit copy = *hit;
		bool committed = false;

		for (size_t k = 0; k < n; k++)
			committed |= apps[k].reachable && strcmp(apps[k].path, e->path) == 0;
		if (committed)
			continue;
		status = fill_place(h->run, &copy, NULL);
		copy.place.where = SV_WHERE_INDEX;
		copy.place.path = keep(h->run, e->path);
		if (status == 0)
			status = copy.place.path.ptr ? sv_vec_push(&h->run->hits, copy) : SV_ENOMEM;
	}
	return status;
}

/* Each hit becomes one for each appearance; those past the hits at hand are appended. */
static int place_hit(struct history *h, size_t at, const struct sv_wanted *wanted)
{
	struct sv_run *run = h->run;
	struct sv_hit hit = run->hits.ptr[at];
	const struct sv_appearance *apps = NULL;
	size_t before = run->hits.len, n = 0, index;
	int status = 0;

	if (hit.oid.len != 0) {
		const struct sv_oid *found = bsearch(&hit.oid, wanted->oids, wanted->n_oids,
						     sizeof(*found), sv_oid_order);

		index = (size_t)(found - wanted->oids);
	} else {
		const struct sv_span *found = bsearch(&hit.place.path, wanted->names,
						      wanted->n_names, sizeof(*found), by_span);

		index = wanted->n_oids + (size_t)(found - wanted->names);
	}
	apps = sv_attribution_get(h->attribution, index, &n);
	if (hit.place.where == SV_WHERE_BLOB)
		status = add_index_places(h, &hit, apps, n);
	/* what only the index holds is told by that */
	if (n == 0 && run->hits.len > before) {
		run->hits.ptr[at] = run->hits.ptr[--run->hits.len];
		return status;
	}
	if (n == 0)
		return status < 0 ? status : fill_place(run, &run->hits.ptr[at], NULL);
	for (size_t i = 0; status == 0 && i < n && i < MAX_APPEARANCES; i++) {
		struct sv_hit copy = hit;

		status = fill_place(run, &copy, &apps[i]);
		if (status == 0 && i == 0)
			run->hits.ptr[at] = copy;
		else if (status == 0)
			status = sv_vec_push(&run->hits, copy);
	}
	return status;
}

static int attribute(struct history *h, size_t first)
{
	SV_AUTO_FREE struct sv_oid *oids = NULL;
	SV_AUTO_FREE struct sv_span *names = NULL;
	SV_AUTO_FREE struct sv_tree_notes **notes = calloc(h->run->jobs, sizeof(*notes));
	struct sv_wanted wanted = {0};
	uint64_t trees = h->run->report.coverage.trees;
	size_t end = h->run->hits.len;
	int status = notes ? collect_wanted(h->run, first, &oids, &names, &wanted) : SV_ENOMEM;

	if (status < 0 || wanted.n_oids + wanted.n_names == 0)
		return status;
	status = sort_index(h);
	for (unsigned i = 0; status == 0 && i < h->run->jobs; i++) {
		status = sv_commit_graph_merge(&h->graph, &h->hands[i].graph);
		notes[i] = &h->hands[i].notes;
	}
	if (status == 0)
		status = sv_attribution_new(h->repo, h->objects, &h->graph, &wanted,
					    h->hands[0].reader, &h->attribution, h->run->err);
	if (status == 0) {
		h->next = 0;
		status = sv_run_work(h->run, "attributing", trees, note_trees, on_stop, h);
	}
	if (status == 0)
		status = sv_attribution_finish(h->attribution, notes, h->run->jobs,
					       h->hands[0].reader, h->run->err);
	for (size_t i = first; status == 0 && i < end; i++)
		if (h->run->hits.ptr[i].oid.len != 0 ||
		    h->run->hits.ptr[i].place.where == SV_WHERE_PATH)
			status = place_hit(h, i, &wanted);
	return status;
}

/* ---- all of it ---- */

static int open_history(struct history *h, const char *path)
{
	struct sv_run *run = h->run;
	uint64_t memory = run->options->max_memory ? run->options->max_memory : DEFAULT_MEMORY;
	int status =
		sv_repo_open(path, run->options->trust_repo, on_git_gap, h, &h->repo, run->err);

	if (status < 0)
		return status;
	status = sv_repo_objects(h->repo, on_git_gap, h, &h->objects, run->err);
	if (status == 0)
		status = sv_families_begin(h->objects, ~0u, run->jobs, &h->families, run->err);
	h->hands = calloc(run->jobs, sizeof(*h->hands));
	if (status == 0 && h->hands == NULL)
		status = SV_ENOMEM;
	/* a share for each thread: half for the parents of a walk, a quarter for cached bases */
	h->memory = memory / run->jobs / 2;
	for (unsigned i = 0; status == 0 && i < run->jobs; i++) {
		status =
			sv_object_reader_new(h->objects, memory / run->jobs / 4,
					     run->options->max_size, &h->hands[i].reader, run->err);
		h->hands[i].names.seed = h->seed;
		h->hands[i].names.entries.memory = h->memory / 8;
		h->hands[i].notes.entries.memory = h->memory / 8;
		for (int stage = 0; stage < SV_STAGES; stage++)
			run->workers[i].watches[stage].by_ticks = true;
		if (status == 0 && run->options->timing)
			sv_object_reader_time(h->hands[i].reader,
					      &run->workers[i].watches[SV_STAGE_READ],
					      &run->workers[i].watches[SV_STAGE_APPLY]);
	}
	return status;
}

static void close_history(struct history *h)
{
	for (unsigned i = 0; h->hands && i < h->run->jobs; i++) {
		sv_object_reader_free(h->hands[i].reader);
		sv_commit_graph_release(&h->hands[i].graph);
		sv_tree_notes_release(&h->hands[i].notes);
		sv_names_release(&h->hands[i].names);
		for (size_t k = 0; k < h->hands[i].traces.len; k++)
			sv_trace_release(&h->hands[i].traces.ptr[k]);
		sv_vec_release(&h->hands[i].traces);
		sv_trace_release(&h->hands[i].whole);
		sv_buf_release(&h->hands[i].text);
		sv_absent_release(&h->hands[i].absent);
	}
	free(h->hands);
	free(h->by_blob);
	sv_attribution_free(h->attribution);
	sv_commit_graph_release(&h->graph);
	sv_families_free(h->families);
	sv_objects_free(h->objects);
	sv_repo_free(h->repo);
}

/* What this copy of the repository does not have or mean, by its own word. */
static int tell_absent(struct history *h)
{
	const struct {
		bool holds;
		const char *reason, *what, *detail;
	} rows[] = {
		{h->repo->shallow, "shallow", "history",
		 "older commits are not in this clone: git fetch --unshallow"},
		{h->repo->partial, "partial-clone", "objects",
		 "objects that were not fetched are not scanned"},
		{h->repo->replaced, "replace-refs", "refs/replace",
		 "replacement objects are scanned, but not put in the place of others"},
		{h->repo->grafted, "grafts", "info/grafts",
		 "grafts are not applied: commits have the parents that they name"},
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].holds)
			status = sv_worker_gap(h->run->workers, SV_GAP_SKIPPED, rows[i].reason,
					       h->root, sv_span_str(rows[i].what),
					       sv_span_str(rows[i].detail));
	return status;
}

/* Each object that a tree names and that was never fetched. */
static int tell_promised(struct history *h)
{
	struct sv_absent *all = &h->hands[0].absent;
	SV_AUTO_FREE struct sv_oid *oids = NULL;
	int status = 0;

	for (unsigned i = 1; status == 0 && i < h->run->jobs; i++)
		status = sv_absent_merge(all, &h->hands[i].absent);
	oids = sv_absent_sorted(all);
	if (oids == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; status == 0 && i < all->n; i++) {
		char hex[65];

		sv_oid_hex(&oids[i], hex);
		status = sv_worker_gap(h->run->workers, SV_GAP_SKIPPED, "promised-object", h->root,
				       sv_span_str(hex),
				       sv_span_str("promised by a remote and not here"));
	}
	return status;
}

int sv_run_history(struct sv_run *run, const char *path, struct sv_span root_name, bool worktree)
{
	struct history h = {.run = run, .root = root_name};
	uint64_t started;
	size_t first;
	int status = sv_run_gather(run);

	first = run->hits.len;
	randombytes_buf(&h.seed, sizeof(h.seed));
	if (status == 0)
		status = open_history(&h, path);
	if (status == 0)
		status = tell_absent(&h);
	if (status == 0)
		status = scan_refs(&h);
	if (status == 0)
		status = sv_walk_new(h.repo->common_dir, &h.walk, run->err);
	if (status == 0)
		status = sv_run_work(run, "configuration", 0, scan_config_and_read_headers, on_stop, &h);
	sv_walk_free(h.walk);
	h.walk = NULL;
	if (status == 0)
		status = sv_families_plan(h.families, run->err);
	h.next = 0;
	if (status == 0)
		status = sv_run_work(run, "objects", sv_families_objects(h.families), scan_objects,
				     on_stop, &h);
	if (status == 0)
		status = tell_promised(&h);
	if (status == 0)
		run->workers[0].coverage.index_entries += h.repo->n_index;
	if (status == 0)
		status = sv_run_gather(run);
	started = sv_clock_ns();
	if (status == 0)
		status = attribute(&h, first);
	run->workers[0].watches[SV_STAGE_ATTRIBUTE].ns += sv_clock_ns() - started;
	if (status == 0 && worktree && h.repo->worktree)
		status = sv_run_tree(run, h.repo->worktree, root_name, h.repo);
	close_history(&h);
	if (status == SV_ENOMEM)
		return sv_err_set(run->err, status, "out of memory");
	return status;
}
