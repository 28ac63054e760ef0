#include "git/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
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

/* Runs git -C path args…; its output goes to ret. A wrong exit is SV_ECORRUPT. */
static int run(struct sv_git_child *c, const char *const *args, struct sv_buf *ret,
	       struct sv_err *err)
{
	const char *argv[MAX_ARGS] = {"git",
				      "-c",
				      "core.fsmonitor=false",
				      "-c",
				      "core.hooksPath=/dev/null",
				      "-c",
				      "protocol.allow=never"};
	char **env = scrubbed(c->arena);
	posix_spawn_file_actions_t actions;
	int n = 7, out[2], status = 0, code = 0, error;
	pid_t pid;

	/* trust was decided by libgit2's check or by the user before this */
	argv[n++] = "-c";
	argv[n++] = "safe.directory=*";
	argv[n++] = "-C";
	argv[n++] = c->path;
	while (*args)
		argv[n++] = *args++;
	if (env == NULL || pipe2(out, O_CLOEXEC) < 0)
		return sv_err_set(err, SV_ENOMEM, "git cannot be started: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, "git", &actions, NULL, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (error != 0) {
		close(out[0]);
		return sv_err_set(
			err, SV_EUNSUPPORTED,
			"%s: this repository needs git to be read, and git cannot be started: %s",
			c->path, strerror(error));
	}
	sv_buf_reset(ret);
	ret->max = MAX_OUTPUT;
	while (status == 0) {
		ssize_t got;

		status = sv_buf_reserve(ret, 65536);
		got = status == 0 ? read(out[0], ret->ptr + ret->len, ret->cap - ret->len) : -1;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		sv_buf_commit(ret, ret->len + (size_t)got);
	}
	close(out[0]);
	if (status < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &code, 0) < 0 && errno == EINTR)
		;
	if (status == 0 && (!WIFEXITED(code) || WEXITSTATUS(code) != 0))
		status = sv_err_set(err, SV_ECORRUPT,
				    "%s: git %s failed; is it a repository that git can read?",
				    c->path, args[-1]);
	return status;
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
	static const char *const partial[] = {
		"config", "--get-regexp", "^(extensions\\.partialclone|remote\\..*\\.promisor)$",
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
	c->repo->partial = run(c, partial, &out, NULL) == 0 && out.len != 0;
	status = read_refs(c, &out, err);
	return status == 0 && c->repo->worktree ? read_index(c, &out, err) : status;
}

int sv_git_run(const char *path, const char *const *args, struct sv_buf *ret, struct sv_err *err)
{
	struct sv_arena arena = {0};
	struct sv_git_child child = {.path = path, .arena = &arena};
	int status = run(&child, args, ret, err);

	sv_arena_release(&arena);
	return status;
}
