/* A change scanned: every new object whole, so that each rule sees its surroundings. */
#include "base/seen.h"
#include "engine/change.h"
#include "source/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READER_MEMORY (64u << 20)
#define WALK_MEMORY   (128u << 20)
#define MAX_MESSAGE   (64u << 20)

/* one thread's */
struct hand {
	struct sv_lookup *lookup;
	struct sv_object_reader *reader;
	struct sv_range range;	     /* commits and tags that it read in a quarantine */
	SV_VEC(struct sv_oid) blobs; /* that commits bring */
	struct sv_seen names;
	struct sv_buf text;
};

struct scan {
	struct sv_run *run;
	struct sv_change *change;
	struct sv_span root;
	struct hand *hands;
	const struct sv_oid *blobs;
	size_t n_blobs;
	uint64_t seed; /* of the hashes: nobody outside can build two that collide */
	int worktree;
	atomic_size_t next;
	atomic_bool stopped;
};

static struct hand *hand_of(struct scan *s, const struct sv_worker *w)
{
	return &s->hands[w - w->run->workers];
}

static bool is_over(const struct scan *s)
{
	return s->stopped || sv_run_cancelled(s->run) || sv_change__stopped(s->change, 1);
}

static void on_stop(void *payload)
{
	struct scan *s = payload;

	s->stopped = true;
}

/* The next number below n that no thread has taken; false: none, or the scan is over. */
static bool take(struct scan *s, struct sv_worker *w, size_t n, size_t *ret, int *status)
{
	if (*status != 0)
		return false;
	if (is_over(s)) {
		*status = SV_ECANCELLED;
		return false;
	}
	*ret = atomic_fetch_add(&s->next, 1);
	if (*ret >= n)
		return false;
	atomic_fetch_add_explicit(&w->done, 1, memory_order_relaxed);
	return true;
}

static int gap(struct scan *s, struct sv_worker *w, const struct sv_oid *oid, int status,
	       const char *detail)
{
	char hex[65];

	sv_oid_hex(oid, hex);
	if (status == SV_ETOOBIG)
		return sv_worker_gap(w, SV_GAP_SKIPPED, "too-large", s->root, sv_span_str(hex),
				     sv_span_str(detail));
	/* a clone that leaves objects out by intent is no broken one */
	if (status == SV_ENOTFOUND && s->change->git->partial)
		return sv_worker_gap(w, SV_GAP_SKIPPED, "partial-clone", s->root, sv_span_str(hex),
				     sv_span_str("it was not fetched"));
	return sv_worker_gap(w, SV_GAP_UNREAD,
			     status == SV_ECORRUPT ? "corrupt-object" : "unreadable-object",
			     s->root, sv_span_str(hex), sv_span_str(detail));
}

/* ---- texts ---- */

static int scan_text(struct scan *s, struct sv_worker *w, enum sv_where where, struct sv_span text)
{
	struct sv_origin origin = {.where = where, .root = s->root, .path = text};
	struct hand *hand = hand_of(s, w);
	int status;

	sv_buf_reset(&hand->text);
	status = sv_buf_append(&hand->text, text.ptr, text.len);
	if (status == 0)
		status = sv_worker_scan(w, &origin, &hand->text);
	/* how often a name is met depends on the threads */
	w->coverage.bytes -= text.len;
	return status;
}

static int scan_name(struct scan *s, struct sv_worker *w, struct sv_span name)
{
	int status = sv_seen_add(&hand_of(s, w)->names, sv_hash64(name.ptr, name.len, s->seed));

	return status == 1 ? scan_text(s, w, SV_WHERE_PATH, name) : status;
}

/* ---- objects ---- */

static int scan_tree(struct scan *s, struct sv_worker *w, const struct sv_oid *oid,
		     const struct sv_buf *content)
{
	struct sv_span rest = sv_buf_span(content);
	struct sv_tree_entry e;
	int status = 0, more = 1;

	w->coverage.trees++;
	while (status == 0 && (more = sv_tree_next(&rest, s->change->git->oid_len, &e)) == 1)
		status = scan_name(s, w, e.name);
	return status == 0 && more < 0 ? gap(s, w, oid, SV_ECORRUPT, "the tree has a broken entry")
				       : status;
}

static int scan_object(struct scan *s, struct sv_worker *w, const struct sv_oid *oid,
		       enum sv_object_type type, const struct sv_buf *content)
{
	struct sv_origin origin = {.where = SV_WHERE_BLOB, .root = s->root, .oid = *oid};
	struct hand *hand = hand_of(s, w);
	bool received = s->change->options->kind == SV_CHANGE_RECEIVED;
	struct sv_commit commit;
	struct sv_tag tag;
	int status = 0;

	switch (type) {
	case SV_OBJ_TREE:
		return scan_tree(s, w, oid, content);
	case SV_OBJ_COMMIT:
		w->coverage.commits++;
		origin.where = SV_WHERE_COMMIT_MESSAGE;
		if (sv_commit_parse(sv_buf_span(content), s->change->git->oid_len, &commit) == 0) {
			origin.message = commit.message;
			if (received)
				status = sv_range_add(&hand->range, oid, &commit);
		}
		break;
	case SV_OBJ_TAG:
		w->coverage.tags++;
		origin.where = SV_WHERE_TAG_MESSAGE;
		if (sv_tag_parse(sv_buf_span(content), s->change->git->oid_len, &tag) == 0)
			origin.message = tag.message;
		if (received)
			status = sv_vec_push(&hand->range.tags, *oid);
		break;
	default:
		w->coverage.blobs++;
	}
	return status < 0 ? status : sv_worker_scan(w, &origin, content);
}

static int read_and_scan(struct scan *s, struct sv_worker *w, const struct sv_oid *oid)
{
	enum sv_object_type type;
	struct sv_err err = {.text = ""};
	int status = sv_lookup_read(hand_of(s, w)->lookup, oid, s->run->options->max_size, &type,
				    &w->content, &err);

	if (status == SV_ENOMEM)
		return status;
	return status < 0 ? gap(s, w, oid, status, err.text)
			  : scan_object(s, w, oid, type, &w->content);
}

/* ---- a push: all that came ---- */

struct walker {
	struct scan *scan;
	struct sv_worker *worker;
};

static int on_object(const struct sv_family_object *object, void *payload)
{
	struct walker *walker = payload;
	struct scan *s = walker->scan;
	struct sv_oid oid;

	if (is_over(s))
		return SV_ECANCELLED;
	sv_family_oid(object, &oid);
	if (sv_change__is_known(s->change, &oid))
		return 0;
	atomic_fetch_add_explicit(&walker->worker->done, 1, memory_order_relaxed);
	return scan_object(s, walker->worker, &oid, object->type, object->content);
}

static int on_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
		     const char *detail, void *payload)
{
	struct walker *walker = payload;

	(void)type;
	return sv_change__is_known(walker->scan->change, oid)
		       ? 0
		       : gap(walker->scan, walker->worker, oid, status, detail);
}

static int scan_received(struct sv_worker *w, void *payload)
{
	struct scan *s = payload;
	struct walker walker = {s, w};
	struct sv_family_events events = {on_object, on_broken, &walker, 0, 0};
	size_t unit, units = sv_families_units(s->change->families);
	int status = 0;

	while (status == 0 && !is_over(s) && (unit = atomic_fetch_add(&s->next, 1)) < units)
		status = sv_family_walk(s->change->families, unit, hand_of(s, w)->reader,
					WALK_MEMORY, &events, &w->err);
	return status == 0 && is_over(s) ? SV_ECANCELLED : status;
}

static int run_received(struct scan *s)
{
	struct sv_change *c = s->change;
	struct sv_run *run = s->run;
	int status = 0;

	if (c->n_received == c->known.len)
		return 0;
	status = sv_families_new(c->received, ~0u, run->jobs, &c->families, run->err);
	for (unsigned i = 0; status == 0 && i < run->jobs; i++)
		status = sv_object_reader_new(c->received, READER_MEMORY, run->options->max_size,
					      &s->hands[i].reader, run->err);
	if (status == 0)
		status = sv_run_work(run, "objects", c->n_received - c->known.len, scan_received,
				     on_stop, s);
	/* what was read so far can be placed */
	for (unsigned i = 0; i < run->jobs; i++)
		if (sv_range_merge(&c->range, &s->hands[i].range) < 0)
			return SV_ENOMEM;
	if (sv_range_sort(&c->range) < 0)
		return SV_ENOMEM;
	return status;
}

/* ---- commits: what each changes against all of its parents ---- */

static int on_change(const struct sv_tree_change *change, void *payload)
{
	struct walker *walker = payload;
	struct hand *hand = hand_of(walker->scan, walker->worker);
	uint32_t kind = change->mode & 0170000;
	int status = 0;

	if (change->is_new_name)
		status = scan_name(walker->scan, walker->worker, change->name);
	if (status == 0 && kind != 0040000 && kind != 0160000)
		status = sv_vec_push(&hand->blobs, change->oid);
	return status;
}

static int on_unread(const struct sv_oid *tree, int status, void *payload)
{
	struct walker *walker = payload;

	return status == SV_ENOMEM
		       ? status
		       : gap(walker->scan, walker->worker, tree, status, "a tree cannot be read");
}

static int list_commits(struct sv_worker *w, void *payload)
{
	struct scan *s = payload;
	struct sv_change *c = s->change;
	struct walker walker = {s, w};
	struct sv_tree_diff diff = {
		hand_of(s, w)->lookup, c->git->oid_len, on_change, NULL, on_unread,
		c->options->cancel,    &walker};
	size_t at;
	int status = 0;

	while (take(s, w, c->range.commits.len, &at, &status)) {
		const struct sv_range_commit *commit = &c->range.commits.ptr[at];
		struct sv_oid parents[SV_RANGE_PARENTS];
		size_t n = 0;

		for (; n < commit->n_parents && n < SV_RANGE_PARENTS; n++)
			if (sv_commit_tree(diff.lookup,
					   &c->range.parents.ptr[commit->first_parent + n],
					   c->git->oid_len, &parents[n]) < 0)
				parents[n] = (struct sv_oid){0};
		status = sv_tree_diff(&diff, &commit->tree, parents, n);
		if (status == 0)
			status = read_and_scan(s, w, &commit->oid);
	}
	return status;
}

static int scan_blobs(struct sv_worker *w, void *payload)
{
	struct scan *s = payload;
	size_t at;
	int status = 0;

	while (take(s, w, s->n_blobs, &at, &status))
		status = read_and_scan(s, w, &s->blobs[at]);
	return status;
}

/* Tags, and trees and blobs that a tip names itself: few. */
static int list_tips(struct sv_worker *w, void *payload)
{
	struct scan *s = payload;
	struct sv_change *c = s->change;
	struct walker walker = {s, w};
	struct sv_tree_diff diff = {
		hand_of(s, w)->lookup, c->git->oid_len, on_change, NULL, on_unread,
		c->options->cancel,    &walker};
	size_t at, tags = c->range.tags.len;
	int status = 0;

	while (take(s, w, tags + c->range.loose.len, &at, &status)) {
		enum sv_object_type type;

		if (at < tags) {
			status = read_and_scan(s, w, &c->range.tags.ptr[at]);
			continue;
		}
		status = sv_lookup_read(diff.lookup, &c->range.loose.ptr[at - tags], 0, &type,
					&w->content, &w->err);
		if (status < 0)
			status = gap(s, w, &c->range.loose.ptr[at - tags], status, w->err.text);
		else if (type == SV_OBJ_TREE)
			status = sv_tree_diff(&diff, &c->range.loose.ptr[at - tags], NULL, 0);
		else
			status = sv_vec_push(&hand_of(s, w)->blobs, c->range.loose.ptr[at - tags]);
	}
	return status;
}

static int gather_blobs(struct scan *s, struct sv_oid **ret, size_t *ret_n)
{
	SV_VEC(struct sv_oid) all = {0};
	size_t kept = 0;
	int status = 0;

	for (unsigned i = 0; i < s->run->jobs; i++)
		for (size_t k = 0; status == 0 && k < s->hands[i].blobs.len; k++)
			status = sv_vec_push(&all, s->hands[i].blobs.ptr[k]);
	if (all.len != 0)
		qsort(all.ptr, all.len, sizeof(*all.ptr), sv_oid_order);
	for (size_t i = 0; i < all.len; i++)
		if (kept == 0 || !sv_oid_equal(&all.ptr[i], &all.ptr[kept - 1]))
			all.ptr[kept++] = all.ptr[i];
	*ret = all.ptr;
	*ret_n = kept;
	return status;
}

static int run_commits(struct scan *s)
{
	struct sv_change *c = s->change;
	SV_AUTO_FREE struct sv_oid *blobs = NULL;
	int status = sv_run_work(s->run, "commits", c->range.commits.len, list_commits, on_stop, s);

	s->next = 0;
	if (status == 0 && c->range.tags.len + c->range.loose.len != 0)
		status = sv_run_work(s->run, "tags", 0, list_tips, on_stop, s);
	if (status == 0)
		status = gather_blobs(s, &blobs, &s->n_blobs);
	s->blobs = blobs;
	s->next = 0;
	return status == 0 && s->n_blobs != 0
		       ? sv_run_work(s->run, "objects", s->n_blobs, scan_blobs, on_stop, s)
		       : status;
}

/* ---- the index and the working tree ---- */

/* Opens a file of the working tree without a link on the way. */
static int open_file(int root, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	return fd;
}

static int scan_link(struct sv_worker *w, struct scan *s, struct sv_origin *origin,
		     const char *path)
{
	char text[4096];
	ssize_t n = readlinkat(s->worktree, path, text, sizeof(text));
	int status = 0;

	sv_buf_reset(&w->content);
	if (n > 0)
		status = sv_buf_append(&w->content, text, (size_t)n);
	w->coverage.texts++;
	return status < 0 ? status : sv_worker_scan(w, origin, &w->content);
}

static int scan_file(struct sv_worker *w, struct scan *s, const struct sv_change_item *item)
{
	struct sv_origin origin = {
		.where = SV_WHERE_WORKTREE, .root = s->root, .path = sv_span_str(item->path)};
	int fd, status;
	struct stat st;

	if (item->mode == 0120000)
		return scan_link(w, s, &origin, item->path);
	fd = open_file(s->worktree, item->path);
	errno = fd >= 0 ? 0 : errno;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		status = SV_EIO;
	else if (s->run->options->max_size && (uint64_t)st.st_size > s->run->options->max_size)
		status = sv_worker_gap(w, SV_GAP_SKIPPED, "too-large", s->root, origin.path,
				       sv_span(NULL, 0));
	else
		status = sv_worker_scan_file(w, &origin, fd, 0);
	if (status == SV_EIO)
		status = sv_worker_gap(w, SV_GAP_UNREAD, "unreadable", s->root, origin.path,
				       sv_span_str(strerror(errno)));
	if (fd >= 0)
		close(fd);
	w->coverage.files++;
	return status;
}

static int scan_staged(struct sv_worker *w, struct scan *s, const struct sv_change_item *item)
{
	struct sv_origin origin = {
		.where = SV_WHERE_INDEX, .root = s->root, .path = sv_span_str(item->path)};
	enum sv_object_type type;
	struct sv_err err = {.text = ""};
	int status = sv_lookup_read(hand_of(s, w)->lookup, &item->oid, s->run->options->max_size,
				    &type, &w->content, &err);

	w->coverage.index_entries++;
	if (status == SV_ENOMEM)
		return status;
	return status < 0 ? gap(s, w, &item->oid, status, err.text)
			  : sv_worker_scan(w, &origin, &w->content);
}

static bool is_new_path(const struct sv_change_item *item)
{
	for (size_t i = 0; i < item->n_before; i++)
		if (item->before[i].len != 0)
			return false;
	return true;
}

static int scan_items(struct sv_worker *w, void *payload)
{
	struct scan *s = payload;
	struct sv_change *c = s->change;
	size_t at;
	int status = 0;

	while (take(s, w, c->items.len, &at, &status)) {
		const struct sv_change_item *item = &c->items.ptr[at];

		status = c->options->kind == SV_CHANGE_STAGED ? scan_staged(w, s, item)
							      : scan_file(w, s, item);
		if (status == 0 && is_new_path(item))
			status = scan_text(s, w, SV_WHERE_PATH, sv_span_str(item->path));
	}
	return status;
}

static int run_items(struct scan *s)
{
	struct sv_change *c = s->change;
	int status;

	if (c->options->kind == SV_CHANGE_UNSTAGED) {
		s->worktree = open(c->git->worktree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->worktree < 0)
			return sv_err_set(s->run->err, SV_EIO, "%s: %s", c->git->worktree,
					  strerror(errno));
	}
	status = sv_run_work(s->run, "files", c->items.len, scan_items, on_stop, s);
	if (s->worktree >= 0)
		close(s->worktree);
	return status;
}

/* ---- a message that is being written ---- */

static int run_message(struct scan *s)
{
	static const char scissors[] = "------------------------ >8 ------------------------";
	struct sv_worker *w = s->run->workers;
	const char *path = s->change->options->message_file;
	struct sv_origin origin = {.where = SV_WHERE_COMMIT_MESSAGE, .root = s->root};
	const uint8_t *cut;
	int status;

	w->content.max = MAX_MESSAGE;
	status = sv_file_read(path, &w->content, s->run->err);
	if (status < 0)
		return status;
	/* what git commit -v shows below is no part of the message */
	cut = memmem(w->content.ptr, w->content.len, scissors, sizeof(scissors) - 1);
	cut = cut ? memrchr(w->content.ptr, '\n', (size_t)(cut - w->content.ptr)) : NULL;
	if (cut != NULL)
		sv_buf_commit(&w->content, (size_t)(cut - w->content.ptr) + 1);
	w->coverage.texts++;
	return sv_worker_scan(w, &origin, &w->content);
}

/* ---- all of it ---- */

static int open_hands(struct scan *s)
{
	bool wants_lookup = s->change->options->kind != SV_CHANGE_RECEIVED &&
			    s->change->options->kind != SV_CHANGE_MESSAGE;
	int status = 0;

	s->hands = calloc(s->run->jobs, sizeof(*s->hands));
	if (s->hands == NULL)
		return SV_ENOMEM;
	for (unsigned i = 0; status == 0 && wants_lookup && i < s->run->jobs; i++)
		status = sv_change__lookup(s->change, &s->hands[i].lookup, s->run->err);
	return status;
}

static void close_hands(struct scan *s)
{
	for (unsigned i = 0; s->hands && i < s->run->jobs; i++) {
		struct hand *hand = &s->hands[i];

		sv_lookup_free(hand->lookup);
		sv_object_reader_free(hand->reader);
		sv_range_release(&hand->range);
		sv_vec_release(&hand->blobs);
		sv_seen_release(&hand->names);
		sv_buf_release(&hand->text);
	}
	free(s->hands);
}

static int tell_gaps(struct scan *s)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < s->change->gaps.len; i++) {
		const struct sv_change_gap *g = &s->change->gaps.ptr[i];

		status = sv_worker_gap(s->run->workers, g->kind, g->reason, s->root,
				       sv_span_str(g->what), sv_span_str(g->detail));
	}
	s->change->gaps.len = 0;
	return status;
}

static int scan_refs(struct scan *s)
{
	const struct sv_change_options *o = s->change->options;
	int status = 0;

	for (size_t i = 0; status == 0 && i < o->n_new_refs; i++) {
		s->run->workers[0].coverage.refs++;
		status = scan_text(s, s->run->workers, SV_WHERE_REF_NAME,
				   sv_span_str(o->new_refs[i]));
	}
	return status;
}

static int (*const runs[])(struct scan *s) = {
	[SV_CHANGE_STAGED] = run_items,	   [SV_CHANGE_UNSTAGED] = run_items,
	[SV_CHANGE_COMMITS] = run_commits, [SV_CHANGE_RECEIVED] = run_received,
	[SV_CHANGE_MESSAGE] = run_message,
};

int sv_run_change(struct sv_run *run, struct sv_change *change, struct sv_span root_name)
{
	struct scan s = {.run = run, .change = change, .root = root_name, .worktree = -1};
	size_t first;
	int status = sv_run_gather(run);

	first = run->hits.len;
	randombytes_buf(&s.seed, sizeof(s.seed));
	if (status == 0)
		status = open_hands(&s);
	if (status == 0)
		status = scan_refs(&s);
	if (status == 0)
		status = runs[change->options->kind](&s);
	if (status == 0 || status == SV_ECANCELLED) {
		int placed = tell_gaps(&s);

		if (placed == 0)
			placed = sv_run_gather(run);
		if (placed == 0)
			placed = sv_change__place(run, change, first);
		/* gaps that came up while placing */
		if (placed == 0)
			placed = tell_gaps(&s);
		status = placed < 0 ? placed : status;
	}
	close_hands(&s);
	return status == SV_ENOMEM ? sv_err_set(run->err, status, "out of memory") : status;
}
