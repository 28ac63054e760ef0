/* Opening a repository: where it is, whose it is, which format it has; refs from their files, the
 * index by libgit2, and both by git where that is needed. */
#include "git/repo.h"
#include "git/child.h"
#include "git/libgit2.h"
#include "git/parse.h"
#include "git/refs.h"
#include "git/store.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
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
	const git_error *e = sv_libgit2.error_last();

	return e && e->message ? e->message : "unknown error";
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
	if (sv_file_read(path, &text, NULL) < 0 ||
	    sv_ref_file_parse(sv_buf_span(&text), o->repo->oid_len, &oid) != 1)
		return 0;
	return add_ref(o, name, &oid);
}

static struct sv_oid from_git(const git_oid *id)
{
	struct sv_oid oid = {.len = 20};

	memcpy(oid.bytes, id->id, 20);
	return oid;
}

static int on_ref(const char *name, const struct sv_oid *oid, void *payload)
{
	struct open_repo *o = payload;

	o->repo->replaced |= strncmp(name, "refs/replace/", 13) == 0;
	return add_ref(o, name, oid);
}

static void on_ref_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	struct open_repo *o = payload;

	o->on_gap(reason, what, detail, o->payload);
}

/* dir: the common directory, or that of a linked worktree, whose refs are its own. */
static int add_refs(struct open_repo *o, const char *dir, const char *prefix)
{
	return sv_refs_read(dir, prefix, o->repo->oid_len, on_ref, on_ref_gap, o);
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
	if (!S_ISREG(st.st_mode) || sv_libgit2.index_open(&index, path) < 0) {
		o->on_gap("corrupt-index", path,
			  S_ISREG(st.st_mode) ? git_words() : "not a regular file", o->payload);
		return 0;
	}
	for (size_t i = 0; status == 0 && i < sv_libgit2.index_entrycount(index); i++) {
		const git_index_entry *e = sv_libgit2.index_get_byindex(index, i);
		struct sv_index_entry entry = {sv_arena_strdup(o->arena, e->path), from_git(&e->id),
					       e->mode};

		status = entry.path ? sv_vec_push(&o->index, entry) : SV_ENOMEM;
	}
	sv_libgit2.index_free(index);
	return status;
}

static int add_reflog_line(struct open_repo *o, struct sv_span line)
{
	struct sv_oid oids[2], zero = {.len = (uint8_t)o->repo->oid_len};
	int status = 0;

	if (sv_reflog_line_parse(line, o->repo->oid_len, oids) < 0)
		return 0;
	for (int side = 0; status == 0 && side < 2; side++)
		if (!sv_oid_equal(&oids[side], &zero))
			status = sv_vec_push(&o->reflog, oids[side]);
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
		for (struct sv_span rest = sv_buf_span(&text); status == 0 && rest.len != 0;)
			status = add_reflog_line(o, sv_line_next(&rest));
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
		char *prefix = sv_arena_printf(o->arena, "worktrees/%s/", entry->d_name);
		char *name = prefix ? sv_arena_printf(o->arena, "%sHEAD", prefix) : NULL;

		if (entry->d_name[0] == '.')
			continue;
		status = its_logs && name ? add_head(o, at, "HEAD", name) : SV_ENOMEM;
		if (status == 0 && exists(at, "refs"))
			status = add_refs(o, at, prefix);
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

/* ---- where it is, whose it is, which format it has ---- */

struct location {
	char *git_dir, *common_dir, *worktree; /* in the arena; worktree NULL: none is seen */
	char *git_file;			       /* NULL: none */
};

/* The first line of a small file, or of what follows prefix in it; NULL if there is none. */
static char *first_line(struct open_repo *o, const char *path, const char *prefix)
{
	SV_AUTO(sv_buf) text = {.max = 8192};
	struct sv_span rest, line;

	if (path == NULL || sv_file_read(path, &text, NULL) < 0)
		return NULL;
	rest = sv_buf_span(&text);
	line = sv_line_next(&rest);
	if (!sv_span_starts_with(line, prefix))
		return NULL;
	return sv_arena_strndup(o->arena, line.ptr + strlen(prefix), line.len - strlen(prefix));
}

/* target, from where it is named. */
static char *resolve(struct open_repo *o, const char *from, const char *target)
{
	return *target == '/' ? sv_arena_strdup(o->arena, target)
			      : sv_arena_printf(o->arena, "%s/%s", from, target);
}

static int locate(struct open_repo *o, const char *path, struct location *ret, struct sv_err *err)
{
	char *dot_git = sv_arena_printf(o->arena, "%s/.git", path), *target, *common;
	struct stat st;

	if (dot_git == NULL)
		return SV_ENOMEM;
	if (stat(path, &st) < 0)
		return sv_err_set(err, errno == ENOENT ? SV_ENOTFOUND : SV_EIO, "%s: %s", path,
				  strerror(errno));
	*ret = (struct location){.git_dir = sv_arena_strdup(o->arena, path)};
	if (stat(dot_git, &st) == 0) {
		ret->worktree = ret->git_dir;
		ret->git_dir = dot_git;
		if (S_ISREG(st.st_mode)) {
			ret->git_file = dot_git;
			target = first_line(o, dot_git, "gitdir: ");
			if (target == NULL)
				return sv_err_set(err, SV_ECORRUPT, "%s: not a gitdir file",
						  dot_git);
			ret->git_dir = resolve(o, path, target);
		}
	}
	if (ret->git_dir == NULL)
		return SV_ENOMEM;
	common = first_line(o, sv_arena_printf(o->arena, "%s/commondir", ret->git_dir), "");
	ret->common_dir = common ? resolve(o, ret->git_dir, common) : ret->git_dir;
	return ret->common_dir ? 0 : SV_ENOMEM;
}

static bool is_mine(const char *path)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	uint64_t uid;
	struct stat st;

	if (path == NULL)
		return true;
	if (stat(path, &st) < 0)
		return false;
	/* git, too, lets root look at what belongs to the user who became root by sudo */
	return st.st_uid == geteuid() ||
	       (sudo != NULL && sv_parse_u64(sv_span_str(sudo), &uid) == 0 && st.st_uid == uid);
}

/* git's own rule, for which libgit2 1.5 has no "*". */
static bool is_safe(const struct location *at)
{
	SV_AUTO_FREE char *real = realpath(at->worktree ? at->worktree : at->git_dir, NULL);
	git_config *config = NULL;
	git_config_iterator *iter = NULL;
	git_config_entry *entry;
	bool safe = false;

	if (is_mine(at->git_dir) && is_mine(at->git_file) && is_mine(at->worktree))
		return true;
	if (real != NULL && sv_libgit2.config_open_default(&config) == 0 &&
	    sv_libgit2.config_multivar_iterator_new(&iter, config, "safe.directory", NULL) == 0)
		while (sv_libgit2.config_next(&entry, iter) == 0) {
			size_t len = strlen(entry->value);

			/* an empty one takes back those before it */
			if (len == 0)
				safe = false;
			else if (strcmp(entry->value, "*") == 0 ||
				 strcmp(entry->value, real) == 0 ||
				 (len > 2 && strcmp(entry->value + len - 2, "/*") == 0 &&
				  strncmp(entry->value, real, len - 1) == 0))
				safe = true;
		}
	sv_libgit2.config_iterator_free(iter);
	sv_libgit2.config_free(config);
	return safe;
}

/* What the repository's own configuration says of its format. */
struct format {
	int64_t version;
	bool sha256;
	bool other_refs;   /* not in files */
	char unknown[128]; /* an extension that we do not know; "" for none */
};

/* remote.NAME.promisor */
static bool is_promisor(const char *name)
{
	const char *dot = strrchr(name, '.');

	return strncmp(name, "remote.", 7) == 0 && dot != NULL && strcmp(dot, ".promisor") == 0;
}

static void read_extension(struct open_repo *o, struct format *f, const char *name,
			   const char *value)
{
	/* those that say nothing of how objects and refs are stored */
	static const char *const harmless[] = {
		"noop",		  "noop-v1",	       "preciousobjects",
		"worktreeconfig", "relativeworktrees", "compatobjectformat"};

	if (strcmp(name, "partialclone") == 0) {
		o->repo->partial = true;
		return;
	}
	if (strcmp(name, "objectformat") == 0 &&
	    (strcmp(value, "sha1") == 0 || strcmp(value, "sha256") == 0)) {
		f->sha256 = strcmp(value, "sha256") == 0;
		return;
	}
	if (strcmp(name, "refstorage") == 0) {
		f->other_refs = strcmp(value, "files") != 0;
		return;
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (strcmp(name, harmless[i]) == 0)
			return;
	snprintf(f->unknown, sizeof(f->unknown), "extensions.%s = %s", name, value);
}

static int read_format(struct open_repo *o, const struct location *at, struct format *ret,
		       struct sv_err *err)
{
	char *path = sv_arena_printf(o->arena, "%s/config", at->common_dir);
	git_config *config = NULL;
	git_config_iterator *iter = NULL;
	git_config_entry *entry;
	struct stat st;
	int yes;

	if (path == NULL)
		return SV_ENOMEM;
	if (stat(path, &st) < 0)
		return 0;
	/* libgit2 would wait for the writer of a FIFO */
	if (!S_ISREG(st.st_mode))
		return sv_err_set(err, SV_ECORRUPT, "%s: not a regular file", path);
	if (sv_libgit2.config_open_ondisk(&config, path) < 0 ||
	    sv_libgit2.config_iterator_new(&iter, config) < 0) {
		sv_err_set(err, SV_ECORRUPT, "%s: %s", path, git_words());
		sv_libgit2.config_free(config);
		return SV_ECORRUPT;
	}
	(void)sv_libgit2.config_get_int64(&ret->version, config, "core.repositoryformatversion");
	while (sv_libgit2.config_next(&entry, iter) == 0) {
		const char *value = entry->value ? entry->value : "true";

		if (strncmp(entry->name, "extensions.", 11) == 0)
			read_extension(o, ret, entry->name + 11, value);
		else if (is_promisor(entry->name) && sv_libgit2.config_parse_bool(&yes, value) == 0 && yes)
			o->repo->partial = true;
	}
	sv_libgit2.config_iterator_free(iter);
	sv_libgit2.config_free(config);
	/* extensions are obeyed from version 1 on only, but for the two that could do harm */
	if (ret->version < 1) {
		ret->other_refs = false;
		ret->unknown[0] = '\0';
	} else if (ret->version > 1 && ret->unknown[0] == '\0') {
		snprintf(ret->unknown, sizeof(ret->unknown), "core.repositoryformatversion = %lld",
			 (long long)ret->version);
	}
	return 0;
}

/* ---- by libgit2 ---- */

static pthread_mutex_t libgit2_lock = PTHREAD_MUTEX_INITIALIZER;

/* Ownership was judged by is_safe() or is the caller's affair: libgit2 is not asked about it. */
static int open_git(const char *path, unsigned flags, git_repository **ret)
{
	/* whose values read_extension() has seen */
	static const char *extensions[] = {"worktreeconfig", "preciousobjects",
					   "partialclone",   "relativeworktrees",
					   "refstorage",     "compatobjectformat"};
	int before = 1, outcome;

	pthread_mutex_lock(&libgit2_lock);
	sv_libgit2.libgit2_opts(GIT_OPT_GET_OWNER_VALIDATION, &before);
	sv_libgit2.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	sv_libgit2.libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
			 sizeof(extensions) / sizeof(*extensions));
	outcome = sv_libgit2.repository_open_ext(ret, path, GIT_REPOSITORY_OPEN_NO_SEARCH | flags, NULL);
	sv_libgit2.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, before);
	pthread_mutex_unlock(&libgit2_lock);
	return outcome;
}

struct git_repository *sv_repo__by_libgit2(const char *git_dir)
{
	git_repository *git = NULL;

	return open_git(git_dir, GIT_REPOSITORY_OPEN_NO_DOTGIT, &git) == 0 ? git : NULL;
}

static char *keep_dir(struct open_repo *o, const char *path)
{
	size_t n = path ? strlen(path) : 0;

	while (n > 1 && path[n - 1] == '/')
		n--;
	return path ? sv_arena_strndup(o->arena, path, n) : NULL;
}

static int read_by_libgit2(struct open_repo *o, const char *path, struct sv_err *err)
{
	git_repository *git = NULL;
	int status;

	if (open_git(path, 0, &git) < 0)
		return sv_err_set(err, SV_ECORRUPT, "%s: %s", path, git_words());
	o->repo->git_dir = keep_dir(o, sv_libgit2.repository_path(git));
	o->repo->common_dir = keep_dir(o, sv_libgit2.repository_commondir(git));
	o->repo->worktree = keep_dir(o, sv_libgit2.repository_workdir(git));
	o->repo->shallow = sv_libgit2.repository_is_shallow(git) == 1;
	status = o->repo->git_dir && o->repo->common_dir ? add_index(o) : SV_ENOMEM;
	sv_libgit2.repository_free(git);
	return status;
}

/* ---- by git ---- */

static int on_line_index(const char *path, uint32_t mode, const struct sv_oid *oid, void *payload)
{
	struct open_repo *o = payload;
	struct sv_index_entry entry = {sv_arena_strdup(o->arena, path), *oid, mode};

	return entry.path ? sv_vec_push(&o->index, entry) : SV_ENOMEM;
}

/* What git can not tell is told as a gap where the objects can be read all the same. */
static int read_by_git(struct open_repo *o, const char *path, bool trust, const struct format *f,
		       const struct location *at, struct sv_err *err)
{
	struct sv_git_child child = {.path = path,
				     .trust = trust,
				     .arena = o->arena,
				     .repo = o->repo,
				     .on_ref = f->other_refs || f->unknown[0] ? on_ref : NULL,
				     .on_index = on_line_index,
				     .payload = o};
	struct sv_err words = {.text = ""};
	int status = sv_git_child_read(&child, &words);

	o->repo->ask_git = f->unknown[0] != '\0';
	if (status == 0 || status == SV_ENOMEM)
		return status;
	if (f->unknown[0])
		return sv_err_set(
			err, SV_EUNSUPPORTED,
			"%s: %s: neither this program nor the git that is installed reads "
			"this format",
			path, f->unknown);
	o->repo->git_dir = keep_dir(o, at->git_dir);
	o->repo->common_dir = keep_dir(o, at->common_dir);
	o->repo->worktree = keep_dir(o, at->worktree);
	o->repo->shallow = exists(at->common_dir, "shallow");
	if (f->other_refs)
		o->on_gap("unreadable", "refs",
			  "neither this program nor the git that is installed reads how they are "
			  "stored",
			  o->payload);
	if (exists(at->git_dir, "index"))
		o->on_gap("unreadable", "index", "git is needed for it and does not read it",
			  o->payload);
	return o->repo->git_dir && o->repo->common_dir ? 0 : SV_ENOMEM;
}

/* ---- all of it ---- */

static int read_all(struct open_repo *o, const char *path, bool trust, struct sv_err *err)
{
	struct location at = {0};
	struct format format = {0};
	SV_AUTO_FREE char *grafts = NULL;
	struct stat st;
	int status = locate(o, path, &at, err);

	if (status == 0 && !trust && !is_safe(&at))
		status = sv_err_set(
			err, SV_EINVAL,
			"%s: it is owned by someone else, so it is not trusted; to allow "
			"it, run: git config --global --add safe.directory '%s'",
			path, path);
	if (status == 0)
		status = read_format(o, &at, &format, err);
	if (status < 0)
		return status;
	o->repo->oid_len = format.sha256 ? 32 : 20;
	status = format.sha256 || format.other_refs || format.unknown[0]
			 ? read_by_git(o, path, trust, &format, &at, err)
			 : read_by_libgit2(o, path, err);
	if (status == 0 && !format.other_refs && !format.unknown[0])
		status = add_refs(o, o->repo->common_dir, "");
	if (status < 0)
		return status;
	o->repo->objects_dir = sv_arena_printf(o->arena, "%s/objects", o->repo->common_dir);
	grafts = sv_path_join(o->repo->common_dir, "info/grafts");
	if (o->repo->objects_dir == NULL || grafts == NULL)
		return SV_ENOMEM;
	o->repo->grafted = stat(grafts, &st) == 0 && st.st_size != 0;
	return add_worktrees(o);
}

int sv_repo_open(const char *path, bool trust, sv_git_gap_fn *on_gap, void *payload,
		 struct sv_repo **ret_repo, struct sv_err *err)
{
	struct sv_repo *repo = calloc(1, sizeof(*repo));
	struct open_repo o = {.repo = repo, .on_gap = on_gap, .payload = payload};
	size_t kept = 0;
	int status;

	if (repo == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	o.arena = &repo->arena;
	status = sv_libgit2_start(err);
	if (status == 0)
		status = read_all(&o, path, trust, err);
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

int sv_repo_objects(const struct sv_repo *repo, sv_git_gap_fn *on_gap, void *payload,
		    struct sv_objects **ret_objects, struct sv_err *err)
{
	struct sv_objects *objects = NULL;
	int status = sv_objects_open(&repo->objects_dir, repo->ask_git ? 0 : 1, repo->oid_len,
				     on_gap, payload, &objects, err);

	if (status < 0)
		return status;
	objects->partial = repo->partial;
	if (repo->ask_git)
		status = sv_objects__add_git(objects, repo->git_dir, err);
	if (status < 0) {
		sv_objects_free(objects);
		return status;
	}
	*ret_objects = objects;
	return 0;
}
