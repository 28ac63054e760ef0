/* Opening a repository: libgit2 finds it and reads refs, index and configuration; git where libgit2
 * cannot. */
#include "git/repo.h"
#include "git/child.h"
#include <dirent.h>
#include <errno.h>
#include <git2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_REFLOG (64u << 20)

struct open_repo {
	struct sv_repo *repo;
	struct sv_arena *arena;
	sv_git_gap_fn *on_gap;
	void *payload;
	SV_VEC(struct sv_ref) refs;
	SV_VEC(struct sv_oid) reflog;
	SV_VEC(struct sv_index_entry) index;
};

static bool exists(const char *dir, const char *name)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, name);
	struct stat st;

	return path != NULL && stat(path, &st) == 0;
}

bool sv_repo_is(const char *path)
{
	/* a commondir file marks the git directory of a linked worktree */
	return exists(path, ".git") ||
	       (exists(path, "HEAD") &&
		((exists(path, "objects") && exists(path, "refs")) || exists(path, "commondir")));
}

/* The words of libgit2's last error. */
static const char *git_words(void)
{
	const git_error *e = git_error_last();

	return e && e->message ? e->message : "unknown error";
}

/* In a line "ref: X" or hex id; false unless it is an id. */
static bool head_id(struct sv_span text, struct sv_oid *ret)
{
	while (text.len != 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == ' '))
		text.len--;
	return sv_oid_parse(text, ret) == 0;
}

static int add_ref(struct open_repo *o, const char *name, const struct sv_oid *oid)
{
	struct sv_ref ref = {sv_arena_strdup(o->arena, name), *oid};

	return ref.name ? sv_vec_push(&o->refs, ref) : SV_ENOMEM;
}

/* A detached HEAD of this or a linked worktree; a symbolic one names a ref that is listed anyway.
 */
static int add_head(struct open_repo *o, const char *dir, const char *file, const char *name)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, file);
	SV_AUTO(sv_buf) text = {.max = 4096};
	struct sv_oid oid;

	if (path == NULL)
		return SV_ENOMEM;
	if (sv_file_read(path, &text, NULL) < 0 || !head_id(sv_buf_span(&text), &oid))
		return 0;
	return add_ref(o, name, &oid);
}

static struct sv_oid from_git(const git_oid *id)
{
	struct sv_oid oid = {.len = 20};

	memcpy(oid.bytes, id->id, 20);
	return oid;
}

static int add_refs(struct open_repo *o, git_repository *git)
{
	git_reference_iterator *iter = NULL;
	git_reference *ref = NULL;
	int status = 0, outcome;

	if (git_reference_iterator_new(&iter, git) < 0) {
		o->on_gap("unreadable", "refs", git_words(), o->payload);
		return 0;
	}
	while (status == 0 && (outcome = git_reference_next(&ref, iter)) != GIT_ITEROVER) {
		if (outcome < 0) {
			o->on_gap("broken-ref", "refs", git_words(), o->payload);
			break; /* an error that repeats would never end */
		}
		if (git_reference_type(ref) == GIT_REFERENCE_DIRECT) {
			struct sv_oid oid = from_git(git_reference_target(ref));

			status = add_ref(o, git_reference_name(ref), &oid);
		}
		git_reference_free(ref);
	}
	git_reference_iterator_free(iter);
	return status;
}

static int add_index(struct open_repo *o)
{
	SV_AUTO_FREE char *path = sv_path_join(o->repo->git_dir, "index");
	git_index *index = NULL;
	int status = 0;
	struct stat st;

	if (path == NULL)
		return SV_ENOMEM;
	if (stat(path, &st) < 0)
		return 0;
	/* libgit2 maps a file of any kind */
	if (!S_ISREG(st.st_mode) || git_index_open(&index, path) < 0) {
		o->on_gap("corrupt-index", path,
			  S_ISREG(st.st_mode) ? git_words() : "not a regular file", o->payload);
		return 0;
	}
	for (size_t i = 0; status == 0 && i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		struct sv_index_entry entry = {sv_arena_strdup(o->arena, e->path), from_git(&e->id),
					       e->mode};

		status = entry.path ? sv_vec_push(&o->index, entry) : SV_ENOMEM;
	}
	git_index_free(index);
	return status;
}

static int add_reflog_line(struct open_repo *o, struct sv_span line)
{
	size_t hex = 2 * o->repo->oid_len;
	int status = 0;

	for (int side = 0; status == 0 && side < 2; side++) {
		struct sv_oid oid, zero = {.len = (uint8_t)o->repo->oid_len};

		if (line.len < (hex + 1) * 2 ||
		    sv_oid_parse(sv_span(line.ptr + (size_t)side * (hex + 1), hex), &oid) < 0)
			return 0;
		if (!sv_oid_equal(&oid, &zero))
			status = sv_vec_push(&o->reflog, oid);
	}
	return status;
}

static int add_reflogs(struct open_repo *o, const char *path, int depth)
{
	struct stat st;
	int status = 0;

	if (lstat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && depth < 64) {
		DIR *dir = opendir(path);
		struct dirent *entry;

		if (dir == NULL)
			o->on_gap("unreadable", path, strerror(errno), o->payload);
		while (dir != NULL && status == 0 && (entry = readdir(dir)) != NULL) {
			SV_AUTO_FREE char *child = sv_path_join(path, entry->d_name);

			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			status = child ? add_reflogs(o, child, depth + 1) : SV_ENOMEM;
		}
		if (dir != NULL)
			closedir(dir);
	} else if (S_ISREG(st.st_mode)) {
		SV_AUTO(sv_buf) text = {.max = MAX_REFLOG};

		if (sv_file_read(path, &text, NULL) < 0)
			o->on_gap("unreadable", path, "the reflog cannot be read", o->payload);
		for (size_t at = 0; status == 0 && at < text.len;) {
			const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
			size_t len = end ? (size_t)(end - text.ptr) - at : text.len - at;

			status = add_reflog_line(o, sv_span(text.ptr + at, len));
			at += len + 1;
		}
	}
	return status;
}

/* The heads and reflogs of this worktree, then of each linked one. */
static int add_worktrees(struct open_repo *o)
{
	static const char *const names[] = {
		"HEAD",	       "ORIG_HEAD",   "MERGE_HEAD", "CHERRY_PICK_HEAD",
		"REVERT_HEAD", "BISECT_HEAD", "REBASE_HEAD"};
	SV_AUTO_FREE char *logs = sv_path_join(o->repo->common_dir, "logs");
	SV_AUTO_FREE char *trees = sv_path_join(o->repo->common_dir, "worktrees");
	DIR *dir = trees ? opendir(trees) : NULL;
	struct dirent *entry;
	int status = logs && trees ? add_reflogs(o, logs, 0) : SV_ENOMEM;

	for (size_t i = 0; status == 0 && i < sizeof(names) / sizeof(*names); i++)
		status = add_head(o, o->repo->common_dir, names[i], names[i]);
	while (dir != NULL && status == 0 && (entry = readdir(dir)) != NULL) {
		SV_AUTO_FREE char *at = sv_path_join(trees, entry->d_name);
		SV_AUTO_FREE char *its_logs = at ? sv_path_join(at, "logs") : NULL;
		char *name = sv_arena_printf(o->arena, "worktrees/%s/HEAD", entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		status = its_logs && name ? add_head(o, at, "HEAD", name) : SV_ENOMEM;
		if (status == 0)
			status = add_reflogs(o, its_logs, 0);
	}
	if (dir != NULL)
		closedir(dir);
	return status;
}

/* How well a ref explains where a commit is: branches before remotes before tags before the others.
 */
static int rank(const char *name)
{
	static const char *const order[] = {"HEAD",	  "refs/heads/", "refs/remotes/",
					    "refs/tags/", "refs/",	 ""};
	int i = 0;

	if (strcmp(name, "refs/stash") == 0)
		return 99;
	while (strncmp(name, order[i], strlen(order[i])) != 0)
		i++;
	return i;
}

static int by_rank(const void *a, const void *b)
{
	const struct sv_ref *x = a, *y = b;
	int order = rank(x->name) - rank(y->name);

	return order ? order : strcmp(x->name, y->name);
}

/* What git's own rule says of path: libgit2 1.5 does not know safe.directory = *. */
static bool is_safe(const char *path)
{
	SV_AUTO_FREE char *real = realpath(path, NULL);
	git_config *config = NULL;
	git_config_iterator *iter = NULL;
	git_config_entry *entry;
	struct stat st;
	bool safe = stat(path, &st) == 0 && st.st_uid == geteuid();

	if (git_config_open_default(&config) == 0 &&
	    git_config_multivar_iterator_new(&iter, config, "safe.directory", NULL) == 0)
		while (!safe && git_config_next(&entry, iter) == 0)
			safe = strcmp(entry->value, "*") == 0 ||
			       (real != NULL && strcmp(entry->value, real) == 0);
	git_config_iterator_free(iter);
	git_config_free(config);
	return safe;
}

static int open_git(const char *path, bool trust, git_repository **ret, struct sv_err *err)
{
	static const char *extensions[] = {"worktreeconfig", "preciousobjects", "partialclone",
					   "relativeworktrees"};
	bool safe = trust || is_safe(path);
	int outcome;

	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
			 sizeof(extensions) / sizeof(*extensions));
	if (safe)
		git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	outcome = git_repository_open_ext(ret, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	if (outcome == 0)
		return 0;
	/* libgit2 looks at extensions before it looks at the owner */
	if (!safe)
		return sv_err_set(err, SV_EINVAL,
				  "%s: it is owned by someone else, so it is not trusted; to allow "
				  "it, run: git config --global --add safe.directory '%s'",
				  path, path);
	return sv_err_set(err,
			  strstr(git_words(), "objectformat") || strstr(git_words(), "refstorage")
				  ? SV_EUNSUPPORTED
				  : SV_ECORRUPT,
			  "%s: %s", path, git_words());
}

static char *keep_dir(struct open_repo *o, const char *path)
{
	size_t n = path ? strlen(path) : 0;

	while (n > 1 && path[n - 1] == '/')
		n--;
	return path ? sv_arena_strndup(o->arena, path, n) : NULL;
}

/* remote.NAME.promisor */
static bool is_promisor(const char *name)
{
	const char *dot = strrchr(name, '.');

	return strncmp(name, "remote.", 7) == 0 && dot != NULL && strcmp(dot, ".promisor") == 0;
}

static int read_all(struct open_repo *o, git_repository *git)
{
	git_config *config = NULL;
	int status;

	o->repo->oid_len = 20;
	o->repo->git_dir = keep_dir(o, git_repository_path(git));
	o->repo->common_dir = keep_dir(o, git_repository_commondir(git));
	o->repo->worktree = keep_dir(o, git_repository_workdir(git));
	o->repo->shallow = git_repository_is_shallow(git) == 1;
	if (git_repository_config_snapshot(&config, git) == 0) {
		git_config_iterator *iter = NULL;
		git_config_entry *entry;
		int yes;

		/* all entries: libgit2 1.5 leaks memory when it is asked by an expression */
		if (git_config_iterator_new(&iter, config) == 0)
			while (git_config_next(&entry, iter) == 0)
				o->repo->partial |=
					strcmp(entry->name, "extensions.partialclone") == 0 ||
					(is_promisor(entry->name) &&
					 git_config_parse_bool(&yes, entry->value) == 0 && yes);
		git_config_iterator_free(iter);
	}
	git_config_free(config);
	status = o->repo->git_dir && o->repo->common_dir ? add_refs(o, git) : SV_ENOMEM;
	return status == 0 ? add_index(o) : status;
}

static int add_line_ref(const char *name, const struct sv_oid *oid, void *payload)
{
	return add_ref(payload, name, oid);
}

static int add_line_index(const char *path, uint32_t mode, const struct sv_oid *oid, void *payload)
{
	struct open_repo *o = payload;
	struct sv_index_entry entry = {sv_arena_strdup(o->arena, path), *oid, mode};

	return entry.path ? sv_vec_push(&o->index, entry) : SV_ENOMEM;
}

int sv_repo_open(const char *path, bool trust, sv_git_gap_fn *on_gap, void *payload,
		 struct sv_repo **ret_repo, struct sv_err *err)
{
	struct sv_repo *repo = calloc(1, sizeof(*repo));
	struct open_repo o = {.repo = repo, .on_gap = on_gap, .payload = payload};
	git_repository *git = NULL;
	struct stat st;
	size_t kept = 0;
	int status;

	if (repo == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	o.arena = &repo->arena;
	git_libgit2_init();
	if (stat(path, &st) < 0)
		status = sv_err_set(err, errno == ENOENT ? SV_ENOTFOUND : SV_EIO, "%s: %s", path,
				    strerror(errno));
	else
		status = open_git(path, trust, &git, err);
	if (status == 0) {
		status = read_all(&o, git);
	} else if (status == SV_EUNSUPPORTED) {
		/* SHA-256 ids or another ref storage: git itself tells what we need */
		struct sv_git_child child = {.path = path,
					     .trust = trust,
					     .arena = o.arena,
					     .repo = repo,
					     .on_ref = add_line_ref,
					     .on_index = add_line_index,
					     .payload = &o};

		status = sv_git_child_read(&child, err);
	}
	git_repository_free(git);
	git_libgit2_shutdown();
	if (status == 0)
		repo->objects_dir = sv_arena_printf(o.arena, "%s/objects", repo->common_dir);
	if (status == 0)
		status = repo->objects_dir ? add_worktrees(&o) : SV_ENOMEM;
	if (o.refs.len != 0)
		qsort(o.refs.ptr, o.refs.len, sizeof(*o.refs.ptr), by_rank);
	if (o.reflog.len != 0)
		qsort(o.reflog.ptr, o.reflog.len, sizeof(*o.reflog.ptr), sv_oid_order);
	for (size_t i = 0; i < o.reflog.len; i++)
		if (kept == 0 || !sv_oid_equal(&o.reflog.ptr[i], &o.reflog.ptr[kept - 1]))
			o.reflog.ptr[kept++] = o.reflog.ptr[i];
	repo->refs = o.refs.ptr;
	repo->n_refs = o.refs.len;
	repo->reflog = o.reflog.ptr;
	repo->n_reflog = kept;
	repo->index = o.index.ptr;
	repo->n_index = o.index.len;
	if (status < 0) {
		sv_repo_free(repo);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_repo = repo;
	return 0;
}

void sv_repo_free(struct sv_repo *repo)
{
	if (repo == NULL)
		return;
	free((void *)(uintptr_t)repo->refs);
	free((void *)(uintptr_t)repo->reflog);
	free((void *)(uintptr_t)repo->index);
	sv_arena_release(&repo->arena);
	free(repo);
}
