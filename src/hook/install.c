/*
 * Hooks put where git looks for them. What is there stays and runs first: it is kept beside ours as
 * NAME.before-sievert, and is put back at the end.
 */
#include "git/repo.h"
#include "git/gitdir.h"
#include "git/libgit2.h"
#include <errno.h>
#include <sievert/hook.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK	  "# Installed by sievert; \"sievert hook uninstall\" takes it away.\n"
#define BEFORE	  ".before-sievert"
#define MAX_HOOK  (1u << 20)
#define IN_FOLDER "50-sievert" /* in a server's NAME.d: others may come before and after */

#define CLIENT (1u << SV_HOOK_PRE_COMMIT | 1u << SV_HOOK_COMMIT_MSG | 1u << SV_HOOK_PRE_PUSH)
#define SERVER (1u << SV_HOOK_PRE_RECEIVE | 1u << SV_HOOK_POST_RECEIVE)

/* core.hooksPath takes the place of a repository's own hooks: each of these is handed on. */
static const char *const handed_on[] = {
	"applypatch-msg",     "pre-applypatch",	       "post-applypatch", "pre-merge-commit",
	"prepare-commit-msg", "post-commit",	       "pre-rebase",	  "post-checkout",
	"post-merge",	      "pre-auto-gc",	       "post-rewrite",	  "sendemail-validate",
	"push-to-checkout",   "reference-transaction", "pre-receive",	  "update",
	"post-receive",	      "post-update",
};

struct site {
	const struct sv_hook_install *install;
	sv_hook_told_fn *told;
	void *payload;
	struct sv_err *err;
	struct sv_arena arena;
	char *folder; /* that holds NAME, or NAME.d */
	unsigned hooks;
	bool folders;	 /* NAME.d/50-sievert */
	bool hand_on;	 /* a folder of our own for all repositories */
	const char *key; /* of the user's configuration, that names the folder; NULL: none does */
	const char *value;
};

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_ours(const char *path)
{
	SV_AUTO(sv_buf) text = {.max = MAX_HOOK};
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       sv_file_read(path, &text, NULL) == 0 &&
	       memmem(text.ptr, text.len, MARK, sizeof(MARK) - 1) != NULL;
}

/* ---- where ---- */

/* A value of the user's own configuration, or of the repository's; NULL: not set. */
static char *read_config(struct site *s, const char *file, const char *key)
{
	git_config *config = NULL;
	git_config_entry *entry = NULL;
	char *value = NULL;
	int outcome =
		file ? sv_libgit2.config_open_ondisk(&config, file) : sv_libgit2.config_open_default(&config);

	if (outcome == 0 && sv_libgit2.config_get_entry(&entry, config, key) == 0 && entry->value)
		value = sv_arena_strdup(&s->arena, entry->value);
	sv_libgit2.config_entry_free(entry);
	sv_libgit2.config_free(config);
	return value;
}

static char *expand_home(struct site *s, char *path)
{
	const char *home = getenv("HOME");

	return path && home && strncmp(path, "~/", 2) == 0
		       ? sv_arena_printf(&s->arena, "%s/%s", home, path + 2)
		       : path;
}

static int find_repository(struct site *s)
{
	struct sv_gitdir *git = NULL;
	SV_AUTO_FREE char *file = NULL;
	char *own, *users;
	int status = sv_gitdir_open(s->install->path ? s->install->path : ".",
				    s->install->place == SV_PLACE_REPOSITORY,
				    s->install->trust_repo, &git, s->err);

	if (status < 0)
		return status;
	file = sv_path_join(git->common_dir, "config");
	own = file ? expand_home(s, read_config(s, file, "core.hookspath")) : NULL;
	users = read_config(s, NULL, "core.hookspath");
	if (own != NULL)
		s->folder = *own == '/'
				    ? own
				    : sv_arena_printf(&s->arena, "%s/%s",
						      git->worktree ? git->worktree : git->git_dir,
						      own);
	else
		s->folder = sv_arena_printf(&s->arena, "%s/hooks", git->common_dir);
	sv_gitdir_free(git);
	if (s->folder == NULL || file == NULL)
		return SV_ENOMEM;
	if (own == NULL && users != NULL)
		return sv_err_set(
			s->err, SV_EINVAL,
			"core.hooksPath of your own configuration (%s) takes the place of "
			"this repository's hooks: sievert hook install --global",
			users);
	/* husky's scripts go by their own name and folder: they cannot be moved aside */
	if (own != NULL && strstr(s->folder, ".husky/_") != NULL)
		return sv_err_set(
			s->err, SV_EINVAL,
			"%s belongs to husky: put the line \"sievert hook pre-commit\" into "
			".husky/pre-commit instead, and so for the others",
			s->folder);
	return 0;
}

/* A bare repository, or a folder that a server looks into for NAME.d. */
static int find_server(struct site *s)
{
	const char *path = s->install->path;
	char *hooks = sv_arena_printf(&s->arena, "%s/hooks", path);
	char *objects = sv_arena_printf(&s->arena, "%s/objects", path);
	char *inside = sv_arena_printf(&s->arena, "%s/hooks/pre-receive.d", path);
	bool repository;

	if (!hooks || !objects || !inside)
		return SV_ENOMEM;
	if (!exists(path))
		return sv_err_set(s->err, SV_ENOTFOUND, "%s: %s", path, strerror(ENOENT));
	repository = exists(objects);
	/* Gitea and Forgejo make the folder; plain git runs one file */
	s->folders = !repository || exists(inside);
	if (repository && !s->folders)
		return find_repository(s);
	s->folder = repository ? hooks : sv_arena_strdup(&s->arena, path);
	return s->folder ? 0 : SV_ENOMEM;
}

static int find_users(struct site *s, const char *key, const char *last)
{
	char *value = expand_home(s, read_config(s, NULL, key));
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const char *own = config && *config
				  ? sv_arena_printf(&s->arena, "%s/sievert/%s", config, last)
				  : sv_arena_printf(&s->arena, "%s/.config/sievert/%s",
						    home ? home : "", last);
	bool global = s->install->place == SV_PLACE_GLOBAL;

	if (own == NULL)
		return SV_ENOMEM;
	if (home == NULL && config == NULL)
		return sv_err_set(s->err, SV_EINVAL, "HOME is not set");
	if (value == NULL || strcmp(value, own) == 0) {
		s->key = key;
		s->value = own;
		s->hand_on = global;
	}
	s->folder = sv_arena_printf(&s->arena, "%s%s", value ? value : own, global ? "" : "/hooks");
	return s->folder ? 0 : SV_ENOMEM;
}

static int find_site(struct site *s)
{
	bool server = s->install->place == SV_PLACE_SERVER;

	s->hooks = s->install->hooks ? s->install->hooks : server ? SERVER : CLIENT;
	switch (s->install->place) {
	case SV_PLACE_REPOSITORY:
		return find_repository(s);
	case SV_PLACE_SERVER:
		return find_server(s);
	case SV_PLACE_GLOBAL:
		return find_users(s, "core.hookspath", "hooks");
	default:
		return find_users(s, "init.templatedir", "template");
	}
}

static char *file_of(struct site *s, const char *hook)
{
	return s->folders ? sv_arena_printf(&s->arena, "%s/%s.d/" IN_FOLDER, s->folder, hook)
			  : sv_arena_printf(&s->arena, "%s/%s", s->folder, hook);
}

/* ---- the script ---- */

static int put_quoted(struct sv_buf *b, const char *word)
{
	int status = sv_buf_putc(b, '\'');

	for (; status == 0 && *word; word++)
		status = *word == '\'' ? sv_buf_puts(b, "'\\''") : sv_buf_putc(b, *word);
	return status == 0 ? sv_buf_putc(b, '\'') : status;
}

static bool has_input(const char *hook)
{
	static const char *const with[] = {"pre-push",	   "pre-receive",	    "post-receive",
					   "post-rewrite", "reference-transaction", NULL};

	for (size_t i = 0; with[i]; i++)
		if (strcmp(with[i], hook) == 0)
			return true;
	return false;
}

/* What runs before us, and what it and we read. */
static int put_before(struct site *s, struct sv_buf *b, const char *hook)
{
	if (s->hand_on)
		/* a hook of the repository that is ours as well would scan twice */
		return sv_buf_printf(
			b,
			"before=$(git rev-parse --git-common-dir 2>/dev/null)/hooks/%s\n"
			"if grep -qs '^# Installed by sievert' \"$before\"; then before=; fi\n",
			hook);
	return sv_buf_printf(b, "before=${0%%/*}/%s" BEFORE "\n", hook);
}

static int make_script(struct site *s, const char *hook, bool ours, struct sv_buf *b)
{
	const char *arguments = s->install->arguments ? s->install->arguments : "";
	int status = sv_buf_puts(b, "#!/bin/sh\n" MARK);

	if (status == 0 && !s->folders)
		status = put_before(s, b, hook);
	if (status == 0 && !ours)
		return sv_buf_puts(b, "[ -x \"$before\" ] || exit 0\nexec \"$before\" \"$@\"\n");
	if (status == 0)
		status = sv_buf_puts(b, "sievert=");
	if (status == 0)
		status = put_quoted(b, s->install->program);
	if (status == 0)
		status = sv_buf_puts(
			b, "\nif [ ! -x \"$sievert\" ]; then\n"
			   "\techo \"$sievert is not there, so nothing can be scanned\" >&2\n"
			   "\texit 1\nfi\n");
	if (status == 0 && !s->folders)
		status = has_input(hook) ? sv_buf_printf(b,
							 "if [ -x \"$before\" ]; then\n"
							 "\tsaid=$(cat; echo .)\n"
							 "\tprintf %%s \"${said%%.}\" | "
							 "\"$before\" \"$@\" || exit\n"
							 "\tprintf %%s \"${said%%.}\" | "
							 "\"$sievert\" hook %s %s -- \"$@\"\n"
							 "\texit\nfi\n",
							 hook, arguments)
					 : sv_buf_puts(b, "if [ -x \"$before\" ]; then\n"
							  "\t\"$before\" \"$@\" || exit\nfi\n");
	if (status == 0)
		status = sv_buf_printf(b, "exec \"$sievert\" hook %s %s -- \"$@\"\n", hook,
				       arguments);
	return status;
}

/* ---- one hook ---- */

static int make_folder(const char *file, struct sv_err *err)
{
	SV_AUTO_FREE char *folder = strdup(file);

	if (folder == NULL)
		return SV_ENOMEM;
	*strrchr(folder, '/') = '\0';
	return sv_dir_make(folder, 0755, err);
}

static int put_aside(struct site *s, const char *file, const char *before)
{
	if (exists(before))
		return sv_err_set(s->err, SV_EINVAL, "%s and %s are both there: one must go", file,
				  before);
	if (rename(file, before) < 0)
		return sv_err_set(s->err, SV_EIO, "%s: %s", file, strerror(errno));
	return 0;
}

static int install_one(struct site *s, const char *hook, bool ours)
{
	char *file = file_of(s, hook);
	char *before = file ? sv_arena_printf(&s->arena, "%s" BEFORE, file) : NULL;
	SV_AUTO(sv_buf) script = {0}, old = {.max = MAX_HOOK};
	const char *what = "installed";
	int status = file && before ? make_script(s, hook, ours, &script) : SV_ENOMEM;

	if (status == 0)
		status = make_folder(file, s->err);
	if (status == 0 && is_ours(file)) {
		bool same = sv_file_read(file, &old, NULL) == 0 &&
			    sv_span_equal(sv_buf_span(&old), sv_buf_span(&script));

		what = same ? "unchanged" : "updated";
	} else if (status == 0 && exists(file)) {
		what = "installed; what was there runs first";
		status = s->folders ? sv_err_set(s->err, SV_EINVAL, "%s is another's", file)
				    : put_aside(s, file, before);
	}
	if (status == 0 && strcmp(what, "unchanged") != 0)
		status = sv_file_write(file, sv_buf_span(&script), 0755, s->err);
	if (status == 0 && ours)
		s->told(hook, file, what, s->payload);
	return status;
}

static int uninstall_one(struct site *s, const char *hook, bool ours)
{
	char *file = file_of(s, hook);
	char *before = file ? sv_arena_printf(&s->arena, "%s" BEFORE, file) : NULL;
	const char *what = "removed";

	if (before == NULL)
		return SV_ENOMEM;
	if (!is_ours(file))
		return 0;
	if (exists(before)) {
		what = "removed; what was there before is back";
		if (rename(before, file) < 0)
			return sv_err_set(s->err, SV_EIO, "%s: %s", before, strerror(errno));
	} else if (unlink(file) < 0) {
		return sv_err_set(s->err, SV_EIO, "%s: %s", file, strerror(errno));
	}
	if (ours)
		s->told(hook, file, what, s->payload);
	return 0;
}

/* ---- the user's configuration ---- */

static int write_config(struct site *s, const char *value)
{
	git_config *all = NULL, *own = NULL;
	git_buf path = {0};
	int outcome;

	if (sv_libgit2.config_find_global(&path) < 0) {
		const char *home = getenv("HOME");
		SV_AUTO_FREE char *file = sv_path_join(home ? home : "", ".gitconfig");

		outcome = file ? sv_libgit2.config_open_ondisk(&own, file) : -1;
	} else {
		outcome = sv_libgit2.config_open_ondisk(&own, path.ptr);
	}
	sv_libgit2.buf_dispose(&path);
	if (outcome == 0)
		outcome = value ? sv_libgit2.config_set_string(own, s->key, value)
				: sv_libgit2.config_delete_entry(own, s->key);
	sv_libgit2.config_free(own);
	sv_libgit2.config_free(all);
	return outcome == 0 || (!value && outcome == GIT_ENOTFOUND)
		       ? 0
		       : sv_err_set(s->err, SV_EIO, "%s cannot be set: %s", s->key,
				    sv_libgit2.error_last() ? sv_libgit2.error_last()->message : "unknown");
}

/* ---- all of them ---- */

static bool is_chosen(const struct site *s, const char *hook)
{
	enum sv_hook_kind kind;

	return sv_hook_parse(hook, &kind) == 0 && s->hooks & 1u << kind;
}

static int each(struct site *s, int one(struct site *s, const char *hook, bool ours), bool all)
{
	int status = 0;

	for (int i = 0; status == 0 && i < SV_HOOK_KINDS; i++)
		if (all || s->hooks & 1u << i)
			status = one(s, sv_hook_name((enum sv_hook_kind)i), true);
	for (size_t i = 0; status == 0 && s->hand_on && i < sizeof(handed_on) / sizeof(*handed_on);
	     i++)
		if (!is_chosen(s, handed_on[i]))
			status = one(s, handed_on[i], false);
	return status;
}

static int begin(struct site *s, const struct sv_hook_install *install, sv_hook_told_fn *told,
		 void *payload, struct sv_err *err)
{
	int status = sv_libgit2_start(err);

	*s = (struct site){.install = install, .told = told, .payload = payload, .err = err};
	return status < 0 ? status : find_site(s);
}

static int end(struct site *s, int status)
{
	sv_arena_release(&s->arena);
	return status == SV_ENOMEM ? sv_err_set(s->err, status, "out of memory") : status;
}

int sv_hook_install(const struct sv_hook_install *install, sv_hook_told_fn *told, void *payload,
		    struct sv_err *err)
{
	struct site s;
	int status = begin(&s, install, told, payload, err);

	if (status == 0)
		status = each(&s, install_one, false);
	if (status == 0 && s.key)
		status = write_config(&s, s.value);
	return end(&s, status);
}

int sv_hook_uninstall(const struct sv_hook_install *install, sv_hook_told_fn *told, void *payload,
		      struct sv_err *err)
{
	struct site s;
	int status = begin(&s, install, told, payload, err);

	if (status == 0)
		status = each(&s, uninstall_one, install->hooks == 0);
	if (status == 0 && s.key && install->hooks == 0)
		status = write_config(&s, NULL);
	return end(&s, status);
}

static int status_one(struct site *s, const char *hook, bool ours)
{
	char *file = file_of(s, hook);

	if (file == NULL)
		return SV_ENOMEM;
	if (ours)
		s->told(hook, file,
			is_ours(file)  ? "installed"
			: exists(file) ? "another hook"
				       : "not installed",
			s->payload);
	return 0;
}

int sv_hook_status(const struct sv_hook_install *install, sv_hook_told_fn *told, void *payload,
		   struct sv_err *err)
{
	struct site s;
	bool any = false;
	int status = begin(&s, install, told, payload, err);

	if (status == 0)
		status = each(&s, status_one, false);
	for (int i = 0; status == 0 && i < SV_HOOK_KINDS; i++) {
		char *file = file_of(&s, sv_hook_name((enum sv_hook_kind)i));

		any |= file && s.hooks & 1u << i && is_ours(file);
	}
	if (status == 0 && !any)
		status = sv_err_set(err, SV_ENOTFOUND, "no hook of sievert is there");
	return end(&s, status);
}
