#include "git/gitdir.h"
#include "git/config.h"
#include "git/refs.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SMALL  65536
#define MAX_PACKED (1u << 30)

struct opening {
	struct sv_gitdir *g;
	struct sv_err *err;
};

static bool exists(const char *dir, const char *name)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, name);
	struct stat st;

	return path != NULL && stat(path, &st) == 0;
}

static bool is_git_dir(const char *path)
{
	return exists(path, "HEAD") &&
	       (exists(path, "commondir") || (exists(path, "objects") && exists(path, "refs")));
}

/* The first line of a small file, after prefix; NULL if it is not so. */
static char *first_line(struct sv_arena *arena, const char *dir, const char *name,
			const char *prefix)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, name);
	SV_AUTO(sv_buf) text = {.max = MAX_SMALL};
	size_t n = strlen(prefix);

	if (path == NULL || sv_file_read(path, &text, NULL) < 0 ||
	    !sv_span_starts_with(sv_buf_span(&text), prefix))
		return NULL;
	return sv_arena_strndup(arena, text.ptr + n, strcspn(sv_buf_str(&text) + n, "\r\n"));
}

/* path, which is meant from dir unless it is absolute */
static char *from_dir(struct sv_arena *arena, const char *dir, const char *path)
{
	if (path == NULL || *path == '/')
		return path ? sv_arena_strdup(arena, path) : NULL;
	return sv_arena_printf(arena, "%s/%s", dir, path);
}

static char *real_dir(struct sv_arena *arena, const char *path)
{
	SV_AUTO_FREE char *real = path ? realpath(path, NULL) : NULL;

	return real ? sv_arena_strdup(arena, real) : NULL;
}

static int find_dirs(struct opening *o, const char *path)
{
	struct sv_gitdir *g = o->g;
	const char *git = NULL, *common;
	SV_AUTO_FREE char *dot = sv_path_join(path, ".git");
	struct stat st;

	if (dot == NULL)
		return SV_ENOMEM;
	if (stat(dot, &st) == 0) {
		g->worktree = real_dir(&g->arena, path);
		git = S_ISDIR(st.st_mode)
			      ? dot
			      : from_dir(&g->arena, path,
					 first_line(&g->arena, path, ".git", "gitdir: "));
	} else {
		git = path;
	}
	if (git == NULL || !is_git_dir(git))
		return sv_err_set(o->err, SV_ENOTFOUND, "%s: not a git repository", path);
	g->git_dir = real_dir(&g->arena, git);
	if (g->git_dir == NULL)
		return sv_err_set(o->err, SV_EIO, "%s: %s", path, strerror(errno));
	common =
		from_dir(&g->arena, g->git_dir, first_line(&g->arena, g->git_dir, "commondir", ""));
	g->common_dir = common ? real_dir(&g->arena, common) : g->git_dir;
	if (g->common_dir == NULL)
		return sv_err_set(o->err, SV_EIO, "%s: its commondir leads nowhere", path);
	if (g->worktree == NULL) {
		/* a linked worktree's directory says where that is; else ".git" lies in its tree */
		const char *link = first_line(&g->arena, g->git_dir, "gitdir", "");
		const char *at = link ? link : g->git_dir, *slash = strrchr(at, '/');

		if (slash != NULL && slash != at && strcmp(slash, "/.git") == 0)
			g->worktree = sv_arena_strndup(&g->arena, at, (size_t)(slash - at));
	}
	g->objects_dir = sv_arena_printf(&g->arena, "%s/objects", g->common_dir);
	return g->objects_dir ? 0 : SV_ENOMEM;
}

static bool is_promisor(const char *name)
{
	const char *dot = strrchr(name, '.');

	return strncmp(name, "remote.", 7) == 0 && dot != NULL && strcmp(dot, ".promisor") == 0;
}

static int on_config(const char *name, const char *value, void *payload)
{
	struct opening *o = payload;
	struct sv_gitdir *g = o->g;
	bool yes = false, is_yes = sv_config_bool(value, &yes) == 0 && yes;

	if (value == NULL)
		value = "";
	if (strcmp(name, "extensions.objectformat") == 0)
		g->oid_len = strcmp(value, "sha256") == 0 ? 32 : 20;
	else if (strcmp(name, "extensions.refstorage") == 0)
		g->files_refs = strcmp(value, "files") == 0;
	else if (strcmp(name, "core.bare") == 0 && is_yes && !exists(g->git_dir, "gitdir"))
		g->worktree = NULL;
	else if (strcmp(name, "core.worktree") == 0 && g->git_dir == g->common_dir)
		g->worktree = from_dir(&g->arena, g->git_dir, value);
	else if (strcmp(name, "extensions.partialclone") == 0 || (is_promisor(name) && is_yes))
		g->partial = true;
	else if (strcmp(name, "core.repositoryformatversion") == 0 && atoi(value) > 1)
		return sv_err_set(o->err, SV_EUNSUPPORTED, "%s: repository format %d is not known",
				  g->git_dir, atoi(value));
	return 0;
}

static int read_config(struct opening *o)
{
	SV_AUTO_FREE char *path = sv_path_join(o->g->common_dir, "config");

	o->g->oid_len = 20;
	o->g->files_refs = true;
	return path ? sv_config_read(path, on_config, o, o->err) : SV_ENOMEM;
}

/* ---- trust ---- */

static bool is_ours(const char *path)
{
	const char *sudo = getenv("SUDO_UID");
	struct stat st;
	uint64_t uid;

	if (path == NULL || lstat(path, &st) < 0)
		return path == NULL;
	if (st.st_uid == geteuid())
		return true;
	/* as git: who became root by sudo still owns what is theirs */
	return geteuid() == 0 && sudo && sv_parse_u64(sv_span_str(sudo), &uid) == 0 &&
	       st.st_uid == uid;
}

/* One value of safe.directory: "*", a path, or a folder followed by a slash and "*". */
static bool names(const char *value, const char *path)
{
	size_t n = strlen(value);

	if (path == NULL)
		return false;
	while (n > 1 && value[n - 1] == '/')
		n--;
	if (n > 2 && strcmp(value + n - 2, "/*") == 0)
		return strncmp(value, path, n - 1) == 0;
	return strcmp(value, "*") == 0 || (strlen(path) == n && strncmp(value, path, n) == 0);
}

struct trust {
	const struct sv_gitdir *g;
	bool safe;
};

static int on_safe(const char *name, const char *value, void *payload)
{
	struct trust *t = payload;

	/* an empty value takes back those before it */
	if (strcmp(name, "safe.directory") == 0 && value != NULL)
		t->safe = *value != '\0' &&
			  (t->safe || names(value, t->g->worktree) || names(value, t->g->git_dir));
	return 0;
}

static bool is_trusted(const struct sv_gitdir *g)
{
	struct trust trust = {g, false};

	if (is_ours(g->git_dir) && is_ours(g->worktree))
		return true;
	/* what the repository itself says does not count: only the user's and the system's files */
	(void)sv_config_read_users(on_safe, &trust, NULL);
	return trust.safe;
}

static int open_at(struct opening *o, const char *path, bool trust)
{
	int status = find_dirs(o, path);

	if (status == 0 && !trust && !is_trusted(o->g)) {
		const char *at = o->g->worktree ? o->g->worktree : o->g->git_dir;

		status = sv_err_set(
			o->err, SV_EINVAL,
			"%s: it is owned by someone else, so it is not trusted; to allow "
			"it, run: git config --global --add safe.directory '%s'",
			path, at);
	}
	return status == 0 ? read_config(o) : status;
}

/* The nearest folder from start upwards that is a repository; NULL: none is. */
static char *search_up(struct sv_arena *arena, const char *start)
{
	char *at = real_dir(arena, start), *slash;

	while (at != NULL && !exists(at, ".git") && !is_git_dir(at)) {
		slash = strrchr(at, '/');
		if (slash == NULL || at[1] == '\0')
			return NULL;
		slash[slash == at] = '\0';
	}
	return at;
}

int sv_gitdir_open(const char *path, bool search, bool trust, struct sv_gitdir **ret_gitdir,
		   struct sv_err *err)
{
	struct sv_gitdir *g = calloc(1, sizeof(*g));
	struct opening o = {.g = g, .err = err};
	const char *at = path;
	int status = g ? 0 : SV_ENOMEM;

	if (status == 0 && search) {
		at = search_up(&g->arena, path);
		if (at == NULL)
			status = sv_err_set(err, SV_ENOTFOUND, "%s: not in a git repository", path);
	}
	if (status == 0)
		status = open_at(&o, at, trust);
	if (status < 0) {
		sv_gitdir_free(g);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_gitdir = g;
	return 0;
}

void sv_gitdir_free(struct sv_gitdir *g)
{
	if (g == NULL)
		return;
	sv_arena_release(&g->arena);
	free(g);
}

/* ---- refs ---- */

/* "HEX NAME" or a comment; false unless it is a ref */
static bool packed_line(const struct sv_gitdir *g, struct sv_span line, struct sv_oid *oid,
			struct sv_span *name)
{
	size_t hex = 2 * g->oid_len;

	if (line.len < hex + 2 || line.ptr[hex] != ' ' ||
	    sv_oid_parse(sv_span(line.ptr, hex), oid) < 0)
		return false;
	*name = sv_span(line.ptr + hex + 1, line.len - hex - 1);
	return true;
}

static bool find_packed(const struct sv_gitdir *g, const char *name, struct sv_oid *ret_oid)
{
	SV_AUTO_FREE char *path = sv_path_join(g->common_dir, "packed-refs");
	SV_AUTO(sv_buf) text = {.max = MAX_PACKED};
	bool found = false;

	if (path == NULL || sv_file_read(path, &text, NULL) < 0)
		return false;
	for (size_t at = 0; !found && at < text.len;) {
		const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
		size_t len = end ? (size_t)(end - text.ptr) - at : text.len - at;
		struct sv_span s;

		found = packed_line(g, sv_span(text.ptr + at, len), ret_oid, &s) &&
			sv_span_equal(s, sv_span_str(name));
		at += len + 1;
	}
	return found;
}

static bool is_safe_name(const char *name)
{
	return strncmp(name, "refs/", 5) == 0 && strstr(name, "..") == NULL;
}

int sv_gitdir_ref(const struct sv_gitdir *g, const char *name, struct sv_oid *ret_oid)
{
	struct sv_arena arena = {0};
	struct sv_oid oid;
	int status = SV_ENOTFOUND;

	if (!g->files_refs)
		return SV_EUNSUPPORTED;
	for (int depth = 0; depth < 5; depth++) {
		bool own = strncmp(name, "refs/", 5) != 0 ||
			   strncmp(name, "refs/worktree/", 14) == 0 ||
			   strncmp(name, "refs/bisect/", 12) == 0;
		char *line = first_line(&arena, own ? g->git_dir : g->common_dir, name, "");

		if (line != NULL && strncmp(line, "ref: ", 5) == 0 && is_safe_name(line + 5)) {
			name = line + 5;
			continue;
		}
		if (line != NULL)
			status = sv_oid_parse(sv_span_str(line), &oid) == 0 && oid.len == g->oid_len
					 ? 0
					 : SV_ECORRUPT;
		else
			status = find_packed(g, name, &oid) ? 0 : SV_ENOTFOUND;
		if (status == 0)
			*ret_oid = oid;
		break;
	}
	sv_arena_release(&arena);
	return status;
}

struct chosen {
	const char *prefix;
	sv_gitdir_ref_fn *on_ref;
	void *payload;
};

static int choose(const char *name, const struct sv_oid *oid, void *payload)
{
	struct chosen *c = payload;

	return strncmp(name, c->prefix, strlen(c->prefix)) == 0 ? c->on_ref(name, oid, c->payload)
								: 0;
}

/* A broken ref leaves nothing out: what it would have, is new. */
static void skip_broken(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)reason;
	(void)what;
	(void)detail;
	(void)payload;
}

int sv_gitdir_refs(const struct sv_gitdir *g, const char *prefix, sv_gitdir_ref_fn *on_ref,
		   void *payload)
{
	struct chosen chosen = {prefix, on_ref, payload};

	return g->files_refs
		       ? sv_refs_read(g->common_dir, "", g->oid_len, choose, skip_broken, &chosen)
		       : SV_EUNSUPPORTED;
}

int sv_gitdir_shallow(const struct sv_gitdir *g, sv_gitdir_ref_fn *on_commit, void *payload)
{
	SV_AUTO_FREE char *path = sv_path_join(g->common_dir, "shallow");
	SV_AUTO(sv_buf) text = {.max = MAX_PACKED};
	size_t stride = 2 * g->oid_len + 1;
	int status = path ? sv_file_read(path, &text, NULL) : SV_ENOMEM;
	struct sv_oid oid;

	if (status == SV_ENOTFOUND)
		return 0;
	for (size_t at = 0; status == 0 && at + stride <= text.len; at += stride)
		if (sv_oid_parse(sv_span(text.ptr + at, stride - 1), &oid) == 0)
			status = on_commit("", &oid, payload);
	return status;
}
