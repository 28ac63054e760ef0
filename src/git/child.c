#include "git/child.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OUTPUT (1u << 30)
#define MAX_ARGS   24

/* Nothing of the caller's environment but where programs and the user's own settings are. */
static char **scrubbed(struct sv_arena *arena)
{
	static const char *const set[] = {"GIT_CONFIG_NOSYSTEM=1",
					  "GIT_CONFIG_GLOBAL=/dev/null",
					  "GIT_NO_REPLACE_OBJECTS=1",
					  "GIT_NO_LAZY_FETCH=1",
					  "GIT_OPTIONAL_LOCKS=0",
					  "GIT_TERMINAL_PROMPT=0",
					  "LC_ALL=C"};
	const char *path = getenv("PATH");
	size_t n = sizeof(set) / sizeof(*set);
	char **env = sv_arena_alloc(arena, (n + 2) * sizeof(*env));

	if (env == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		env[i] = (char *)(uintptr_t)set[i];
	env[n] = sv_arena_printf(arena, "PATH=%s", path ? path : "/usr/bin:/bin");
	return env[n] ? env : NULL;
}

/*
 * Starts git -C path args…. Its output is *ret_out to read; in is its input, -1 for none, and is
 * not closed here.
 */
static int start(const char *path, struct sv_arena *arena, const char *const *args, int in,
		 pid_t *ret_pid, int *ret_out, struct sv_err *err)
{
	const char *argv[MAX_ARGS] = {"git",
				      "-c",
				      "core.fsmonitor=false",
				      "-c",
				      "core.hooksPath=/dev/null",
				      "-c",
				      "protocol.allow=never"};
	char **env = scrubbed(arena);
	posix_spawn_file_actions_t actions;
	int n = 7, out[2], error;

	/* trust was decided by our check or by the user before this */
	argv[n++] = "-c";
	argv[n++] = "safe.directory=*";
	argv[n++] = "-C";
	argv[n++] = path;
	while (*args)
		argv[n++] = *args++;
	if (env == NULL || pipe2(out, O_CLOEXEC) < 0)
		return sv_err_set(err, SV_ENOMEM, "git cannot be started: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(ret_pid, "git", &actions, NULL, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (error != 0) {
		close(out[0]);
		return sv_err_set(
			err, SV_EUNSUPPORTED,
			"%s: this repository needs git to be read, and git cannot be started: %s",
			path, strerror(error));
	}
	*ret_out = out[0];
	return 0;
}

/* Waits for the child's end: true if it was a good one. */
static bool ended_well(pid_t pid)
{
	int code = 0;

	while (waitpid(pid, &code, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(code) && WEXITSTATUS(code) == 0;
}

/* Runs git -C path args…; its output goes to ret. A wrong exit is SV_ECORRUPT. */
static int run_at(const char *path, struct sv_arena *arena, const char *const *args,
		  struct sv_buf *ret, struct sv_err *err)
{
	pid_t pid;
	int out, status = start(path, arena, args, -1, &pid, &out, err);

	if (status < 0)
		return status;
	sv_buf_reset(ret);
	ret->max = MAX_OUTPUT;
	while (status == 0) {
		ssize_t got;

		status = sv_buf_reserve(ret, 65536);
		got = status == 0 ? read(out, ret->ptr + ret->len, ret->cap - ret->len) : -1;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		sv_buf_commit(ret, ret->len + (size_t)got);
	}
	close(out);
	if (status < 0)
		kill(pid, SIGKILL);
	if (!ended_well(pid) && status == 0)
		status = sv_err_set(err, SV_ECORRUPT,
				    "%s: git %s failed; is it a repository that git can read?",
				    path, args[0]);
	return status;
}

static int run(struct sv_git_child *c, const char *const *args, struct sv_buf *ret,
	       struct sv_err *err)
{
	return run_at(c->path, c->arena, args, ret, err);
}

/* Cuts text at the next separator: the part before it, NUL-terminated; NULL at the end. */
static char *next(char **text, char *end, char separator)
{
	char *part = *text, *at = part < end ? memchr(part, separator, (size_t)(end - part)) : NULL;

	if (at == NULL)
		return NULL;
	*at = '\0';
	*text = at + 1;
	return part;
}

static int read_refs(struct sv_git_child *c, struct sv_buf *out, struct sv_err *err)
{
	static const char *const args[] = {"for-each-ref", "--format=%(objectname) %(refname)",
					   NULL};
	int status = run(c, args, out, err);
	char *text = (char *)out->ptr, *end = text + out->len, *line;

	while (status == 0 && (line = next(&text, end, '\n')) != NULL) {
		size_t hex = 2 * c->repo->oid_len;
		struct sv_oid oid;

		if (strlen(line) > hex + 1 && sv_oid_parse(sv_span(line, hex), &oid) == 0)
			status = c->on_ref(line + hex + 1, &oid, c->payload);
	}
	return status;
}

static int read_index(struct sv_git_child *c, struct sv_buf *out, struct sv_err *err)
{
	static const char *const args[] = {"ls-files", "-s", "-z", NULL};
	int status = run(c, args, out, err);
	char *text = (char *)out->ptr, *end = text + out->len, *entry;

	while (status == 0 && (entry = next(&text, end, '\0')) != NULL) {
		char *tab = strchr(entry, '\t'), *hex = strchr(entry, ' ');
		struct sv_oid oid;

		if (tab != NULL && hex != NULL &&
		    sv_oid_parse(sv_span(hex + 1, 2 * c->repo->oid_len), &oid) == 0)
			status = c->on_index(tab + 1, (uint32_t)strtoul(entry, NULL, 8), &oid,
					     c->payload);
	}
	return status;
}

int sv_git_child_read(struct sv_git_child *c, struct sv_err *err)
{
	static const char *const where[] = {"rev-parse",
					    "--path-format=absolute",
					    "--absolute-git-dir",
					    "--git-common-dir",
					    "--show-object-format",
					    "--is-shallow-repository",
					    "--is-bare-repository",
					    NULL};
	static const char *const top[] = {"rev-parse", "--path-format=absolute", "--show-toplevel",
					  NULL};
	SV_AUTO(sv_buf) out = {0};
	char *words[5] = {0}, *text, *end;
	int status = run(c, where, &out, err);

	text = (char *)out.ptr;
	end = text + out.len;
	for (int i = 0; status == 0 && i < 5; i++) {
		words[i] = next(&text, end, '\n');
		if (words[i] == NULL)
			status = sv_err_set(
				err, SV_EUNSUPPORTED,
				"%s: this git is too old to say where the repository is", c->path);
	}
	if (status < 0)
		return status;
	c->repo->git_dir = sv_arena_strdup(c->arena, words[0]);
	c->repo->common_dir = sv_arena_strdup(c->arena, words[1]);
	c->repo->oid_len = strcmp(words[2], "sha256") == 0 ? 32 : 20;
	c->repo->shallow = strcmp(words[3], "true") == 0;
	if (c->repo->git_dir == NULL || c->repo->common_dir == NULL)
		return SV_ENOMEM;
	if (strcmp(words[4], "true") != 0 && run(c, top, &out, NULL) == 0) {
		text = (char *)out.ptr;
		text = next(&text, text + out.len, '\n');
		c->repo->worktree = text ? sv_arena_strdup(c->arena, text) : NULL;
	}
	status = c->on_ref ? read_refs(c, &out, err) : 0;
	return status == 0 && c->repo->worktree ? read_index(c, &out, err) : status;
}

int sv_git_list_objects(const char *path, unsigned oid_len, struct sv_buf *oids, struct sv_err *err)
{
	static const char *const args[] = {"cat-file", "--batch-all-objects", "--unordered",
					   "--batch-check=%(objectname)", NULL};
	struct sv_arena arena = {0};
	SV_AUTO(sv_buf) out = {0};
	int status = run_at(path, &arena, args, &out, err);
	char *text = (char *)out.ptr, *end = text + out.len, *line;

	while (status == 0 && (line = next(&text, end, '\n')) != NULL) {
		struct sv_oid oid;

		if (sv_oid_parse(sv_span_str(line), &oid) == 0 && oid.len == oid_len)
			status = sv_buf_append(oids, oid.bytes, oid_len);
	}
	sv_arena_release(&arena);
	return status;
}

/* ---- git cat-file --batch ---- */

#define ANSWER_SECONDS 60 /* without a byte from git: it hangs, and is ended */

struct sv_git_batch {
	char *path;
	pid_t pid; /* 0: none runs */
	int in, out;
	struct sv_buf ahead; /* read, not used */
	size_t used;
};

int sv_git_batch_new(const char *path, struct sv_git_batch **ret_batch, struct sv_err *err)
{
	struct sv_git_batch *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->path = strdup(path);
	if (b == NULL || b->path == NULL) {
		free(b);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	*ret_batch = b;
	return 0;
}

static void end_batch(struct sv_git_batch *b)
{
	if (b->pid == 0)
		return;
	close(b->in);
	close(b->out);
	kill(b->pid, SIGKILL);
	(void)ended_well(b->pid);
	b->pid = 0;
}

void sv_git_batch_free(struct sv_git_batch *b)
{
	if (b == NULL)
		return;
	end_batch(b);
	sv_buf_release(&b->ahead);
	free(b->path);
	free(b);
}

static int start_batch(struct sv_git_batch *b)
{
	static const char *const args[] = {"cat-file", "--batch", NULL};
	struct sv_arena arena = {0};
	int pair[2], status;

	/* a socket, not a pipe: writing to a child that died must not raise SIGPIPE */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return SV_EIO;
	status = start(b->path, &arena, args, pair[1], &b->pid, &b->out, NULL);
	sv_arena_release(&arena);
	close(pair[1]);
	if (status < 0) {
		close(pair[0]);
		b->pid = 0;
		return SV_EIO;
	}
	b->in = pair[0];
	sv_buf_reset(&b->ahead);
	b->used = 0;
	return 0;
}

static int ask(struct sv_git_batch *b, const struct sv_oid *oid)
{
	char line[66];
	size_t len;

	sv_oid_hex(oid, line);
	len = strlen(line);
	line[len++] = '\n';
	return send(b->in, line, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : SV_EIO;
}

/* At least one more byte into ahead. */
static int fill(struct sv_git_batch *b)
{
	struct pollfd p = {.fd = b->out, .events = POLLIN};
	ssize_t got;
	int ready;

	if (b->used == b->ahead.len) {
		sv_buf_reset(&b->ahead);
		b->used = 0;
	}
	if (sv_buf_reserve(&b->ahead, 65536) < 0)
		return SV_ENOMEM;
	do {
		ready = poll(&p, 1, ANSWER_SECONDS * 1000);
		got = ready > 0 ? read(b->out, b->ahead.ptr + b->ahead.len, 65536) : 0;
	} while ((ready < 0 || got < 0) && errno == EINTR);
	if (got <= 0)
		return ready > 0 && got == 0 ? SV_ECORRUPT : SV_EIO; /* git gave up : was lost */
	sv_buf_commit(&b->ahead, b->ahead.len + (size_t)got);
	return 0;
}

/* The next line of the answer, without its newline; valid until the next call. */
static int answer_line(struct sv_git_batch *b, char ret[256])
{
	for (;;) {
		size_t left = b->ahead.len - b->used;
		const uint8_t *from = b->ahead.ptr + b->used,
			      *end = left ? memchr(from, '\n', left) : NULL;
		int status;

		if (end != NULL && end - from < 256) {
			memcpy(ret, from, (size_t)(end - from));
			ret[end - from] = '\0';
			b->used += (size_t)(end - from) + 1;
			return 0;
		}
		if (left >= 256)
			return SV_EIO;
		status = fill(b);
		if (status < 0)
			return status;
	}
}

static int answer_bytes(struct sv_git_batch *b, uint64_t size, struct sv_buf *content)
{
	int status = 0;

	while (status == 0 && content->len < size) {
		size_t left = b->ahead.len - b->used, want = size - content->len;

		if (left == 0) {
			status = fill(b);
			continue;
		}
		if (want > left)
			want = left;
		status = sv_buf_append(content, b->ahead.ptr + b->used, want);
		b->used += want;
	}
	return status;
}

static int read_answer(struct sv_git_batch *b, const struct sv_oid *oid, uint64_t max,
		       enum sv_object_type *ret_type, struct sv_buf *content)
{
	char line[256], hex[65], type[16];
	unsigned long long size;
	int status = answer_line(b, line);

	if (status < 0)
		return status;
	sv_oid_hex(oid, hex);
	/* "ID missing", or "ID TYPE SIZE" */
	if (strncmp(line, hex, strlen(hex)) != 0)
		return SV_EIO;
	if (strcmp(line + strlen(hex), " missing") == 0)
		return SV_ENOTFOUND;
	if (sscanf(line + strlen(hex), " %15s %llu", type, &size) != 2)
		return SV_EIO;
	if (size > max)
		return SV_ETOOBIG;
	*ret_type = SV_OBJ_NONE;
	for (int t = SV_OBJ_COMMIT; t <= SV_OBJ_TAG; t++)
		if (strcmp(type, sv_object_type_name((enum sv_object_type)t)) == 0)
			*ret_type = (enum sv_object_type)t;
	status = answer_bytes(b, size, content);
	if (status == 0)
		status = answer_line(b, line);
	if (status == 0 && (*ret_type == SV_OBJ_NONE || line[0] != '\0'))
		return SV_EIO;
	return status;
}

int sv_git_batch_read(struct sv_git_batch *b, const struct sv_oid *oid, uint64_t max,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status = b->pid ? 0 : start_batch(b);

	sv_buf_reset(content);
	if (status == 0)
		status = ask(b, oid);
	if (status == 0)
		status = read_answer(b, oid, max, ret_type, content);
	/* what follows is not at a known place, or a content too large that nobody wants: git dies
	   of a corrupt object, too */
	if (status < 0 && status != SV_ENOTFOUND)
		end_batch(b);
	return status;
}

int sv_git_run(const char *path, const char *const *args, struct sv_buf *ret, struct sv_err *err)
{
	struct sv_arena arena = {0};
	int status = run_at(path, &arena, args, ret, err);

	sv_arena_release(&arena);
	return status;
}
