/* A folder's files, or one file. */
#include "engine/run.h"
#include "git/ignore.h"
#include "source/walk.h"
#include <errno.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

/* bytes of a file that are read before its size is asked for: few files have more */
#define FIRST (256 << 10)

struct tree {
	struct sv_run *run;
	struct sv_walk *walk;
	struct sv_span root;
	const struct sv_repo *repo; /* whose working tree it is; NULL: none */
};

/* one thread's */
struct hand {
	struct tree *tree;
	struct sv_worker *worker;
	struct sv_ignore *ignore;
};

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	struct hand *h = payload;

	return sv_worker_gap(h->worker, kind, reason, h->tree->root, sv_span_str(path),
			     sv_span_str(detail));
}

/*
 * The first FIRST bytes of a file whose size was not asked for, into the content of h's worker. *ret_whole:
 * it has no more; if not, *ret_size is its size.
 */
static int read_untold(struct hand *h, int fd, bool *ret_whole, uint64_t *ret_size)
{
	struct sv_buf *content = &h->worker->content;
	int status = sv_buf_reserve(content, FIRST);
	struct stat st;
	ssize_t n;

	if (status < 0)
		return status;
	do
		n = read(fd, content->ptr, FIRST);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == FIRST && fstat(fd, &st) < 0))
		return SV_EIO;
	/* something else was put there meanwhile */
	if (n == FIRST && !S_ISREG(st.st_mode))
		return SV_ENOTFOUND;
	*ret_whole = n < FIRST;
	*ret_size = *ret_whole ? (uint64_t)n : (uint64_t)st.st_size;
	sv_buf_commit(content, (size_t)n);
	return 0;
}

static int on_file(int fd, uint64_t size, const char *path, void *payload)
{
	struct hand *h = payload;
	struct sv_worker *w = h->worker;
	struct sv_origin origin = {
		.where = SV_WHERE_WORKTREE, .root = h->tree->root, .path = sv_span_str(path)};
	uint64_t max = w->run->options->max_size;
	bool whole = false;
	int status = 0;

	if (sv_run_cancelled(w->run))
		return SV_ECANCELLED;
	errno = 0;
	sv_buf_reset(&w->content);
	if (size == SV_WALK_UNTOLD)
		status = read_untold(h, fd, &whole, &size);
	if (status == SV_ENOTFOUND)
		return on_gap(SV_GAP_SKIPPED, "special-file", path, "", payload);
	if (status == 0 && max != 0 && size > max)
		return on_gap(SV_GAP_SKIPPED, "too-large", path, "", payload);
	origin.size = size;
	if (status == 0)
		status = whole ? sv_worker_scan(w, &origin, &w->content)
			       : sv_worker_scan_rest(w, &origin, fd, 0);
	if (status == SV_EIO)
		return on_gap(SV_GAP_UNREAD, "unreadable", path, strerror(errno), payload);
	w->coverage.files++;
	atomic_fetch_add_explicit(&w->done, 1, memory_order_relaxed);
	return status;
}

static int on_link(struct sv_span text, const char *path, void *payload)
{
	struct hand *h = payload;
	struct sv_origin origin = {
		.where = SV_WHERE_WORKTREE, .root = h->tree->root, .path = sv_span_str(path)};
	struct sv_worker *w = h->worker;
	int status;

	/* what it points at is read where that lies, if it lies here at all; its text is content */
	sv_buf_reset(&w->content);
	status = sv_buf_append(&w->content, text.ptr, text.len);
	w->coverage.texts++;
	return status < 0 ? status : sv_worker_scan(w, &origin, &w->content);
}

static const char *exclude(const char *path, bool is_dir, void *payload)
{
	struct hand *h = payload;
	const struct sv_scan_options *options = h->tree->run->options;
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (strcmp(base, ".git") == 0)
		return h->tree->repo && base == path ? "" : is_dir ? "git-directory" : NULL;
	for (size_t i = 0; i < options->n_exclude; i++)
		if (fnmatch(options->exclude[i], path, 0) == 0)
			return "excluded";
	if (h->ignore != NULL && sv_ignore_check(h->ignore, path, is_dir))
		return "gitignored";
	return NULL;
}

static int work(struct sv_worker *worker, void *payload)
{
	struct hand hand = {payload, worker, NULL};
	struct sv_walk_events events = {on_file, on_link, on_gap, exclude, &hand};
	int status = 0;

	if (hand.tree->repo && !worker->run->options->no_ignore)
		status = sv_ignore_new(hand.tree->repo, &hand.ignore, &worker->err);
	if (status == 0)
		status = sv_walk_work(hand.tree->walk, &events);
	sv_ignore_free(hand.ignore);
	return status;
}

static void on_stop(void *payload)
{
	struct tree *tree = payload;

	sv_walk_stop(tree->walk);
}

int sv_run_tree(struct sv_run *run, const char *root, struct sv_span root_name,
		const struct sv_repo *repo)
{
	struct tree tree = {.run = run, .root = root_name, .repo = repo};
	int status = sv_walk_new(root, &tree.walk, run->err);

	if (status == 0 && !run->options->on_progress && sv_walk_is_small(tree.walk))
		status = sv_run_work_here(run, work, &tree);
	else if (status == 0)
		status = sv_run_work(run, "files", 0, work, on_stop, &tree);
	sv_walk_free(tree.walk);
	return status;
}
