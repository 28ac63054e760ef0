/* What the configuration files and the environment say. Each later source wins; lists add up. */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define REPO_FILE ".sievert.yml"
#define MAX_FILE  (1u << 20)

struct reading {
	struct sv_cli *cli;
	const char *path;
	enum sv_cli_source source;
	yaml_parser_t yaml;
	bool seen[SV_OPTION_COUNT]; /* the options that this file has set */
};

static char *folder_of(struct sv_cli *cli, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return sv_cli_format(cli, ".");
	return sv_cli_format(cli, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* ---- one file ---- */

/* Whole file, NUL-terminated; *ret NULL if there is none. */
static int read_file(struct reading *r, char **ret, size_t *ret_len)
{
	/* a repository's file is foreign: not through a link, and no waiting for a FIFO */
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
				       (r->source == SV_FROM_REPO ? O_NOFOLLOW : 0));
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	*ret = NULL;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && r->source != SV_FROM_COMMAND_LINE)
		return 0;
	if (fd < 0) {
		sv_cli_fail("%s: %s", r->path,
			    errno == ELOOP ? "a symbolic link, which is not followed"
					   : strerror(errno));
		return SV_EIO;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		sv_cli_fail("%s: %s", r->path,
			    S_ISREG(st.st_mode) ? "larger than 1 MiB" : "not a regular file");
		close(fd);
		return SV_EINVAL;
	}
	*ret = sv_cli_keep(r->cli, MAX_FILE + 1);
	while (n > 0 && len < MAX_FILE) {
		n = read(fd, *ret + len, MAX_FILE - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0) {
		sv_cli_fail("%s: %s", r->path, strerror(errno));
		return SV_EIO;
	}
	*ret_len = len;
	return 0;
}

static int wrong(const struct reading *r, yaml_mark_t mark, const char *what, const char *detail)
{
	sv_cli_fail("%s:%zu:%zu: %s%s%s", r->path, mark.line + 1, mark.column + 1, what,
		    detail ? ": " : "", detail ? detail : "");
	return SV_EINVAL;
}

static int next(struct reading *r, yaml_event_t *ret)
{
	if (!yaml_parser_parse(&r->yaml, ret))
		return wrong(r, r->yaml.problem_mark,
			     r->yaml.problem ? r->yaml.problem : "not YAML", NULL);
	/* an alias stands for any amount of text */
	if (ret->type == YAML_ALIAS_EVENT) {
		yaml_mark_t mark = ret->start_mark;

		yaml_event_delete(ret);
		return wrong(r, mark, "aliases are not read here", NULL);
	}
	return 0;
}

static enum sv_cli_option_id option_of_key(const char *key)
{
	size_t i = 0;

	while (i < SV_OPTION_COUNT &&
	       (sv_cli_options[i].key == NULL || strcmp(sv_cli_options[i].key, key) != 0))
		i++;
	return (enum sv_cli_option_id)i;
}

static int complain_key(const struct reading *r, yaml_mark_t mark, const char *key)
{
	const char *keys[SV_OPTION_COUNT];
	const char *guess;
	char words[160];

	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		keys[i] = sv_cli_options[i].key;
	guess = sv_cli_guess(key, keys, SV_OPTION_COUNT);
	snprintf(words, sizeof(words), "%.60s%s%.60s%s", key, guess ? "; did you mean " : "",
		 guess ? guess : "", guess ? "?" : "");
	return wrong(r, mark, "unknown key", words);
}

/* Does path, with its links followed, lie in folder? */
static bool is_inside(const char *path, const char *folder)
{
	char *whole = realpath(path, NULL), *top = realpath(folder, NULL);
	size_t n = top ? strlen(top) : 0;
	bool inside = whole && top && strncmp(whole, top, n) == 0 &&
		      (n == 1 || whole[n] == '/' || whole[n] == '\0');

	free(whole);
	free(top);
	return inside;
}

static int set_value(struct reading *r, enum sv_cli_option_id id, const yaml_event_t *event)
{
	const struct sv_cli_option *o = &sv_cli_options[id];
	const char *text = (const char *)event->data.scalar.value;
	const char *folder = folder_of(r->cli, r->path);

	if (strlen(text) != event->data.scalar.length)
		return wrong(r, event->start_mark, "a NUL byte in a value", o->key);
	if ((o->kind == SV_CLI_PATH || o->kind == SV_CLI_PATHS) && *text != '\0') {
		if (*text != '/')
			text = sv_cli_format(r->cli, "%s/%s", folder, text);
		if (r->source == SV_FROM_REPO && !is_inside(text, folder))
			return wrong(r, event->start_mark,
				     "a repository's own file names what is not inside it", text);
	}
	return sv_cli_assign(r->cli, id, text, r->source,
			     sv_cli_format(r->cli, "%s:%zu:%zu", r->path,
					   event->start_mark.line + 1,
					   event->start_mark.column + 1));
}

static int set_list(struct reading *r, enum sv_cli_option_id id)
{
	yaml_event_t event;
	int status;

	while ((status = next(r, &event)) == 0 && event.type != YAML_SEQUENCE_END_EVENT) {
		status = event.type == YAML_SCALAR_EVENT
				 ? set_value(r, id, &event)
				 : wrong(r, event.start_mark, "a text is wanted here", NULL);
		yaml_event_delete(&event);
		if (status < 0)
			return status;
	}
	if (status == 0)
		yaml_event_delete(&event);
	return status;
}

static int read_pair(struct reading *r, const yaml_event_t *key)
{
	enum sv_cli_option_id id;
	yaml_event_t value;
	bool list;
	int status;

	if (key->type != YAML_SCALAR_EVENT)
		return wrong(r, key->start_mark, "a key is wanted here", NULL);
	id = option_of_key((const char *)key->data.scalar.value);
	if (id == SV_OPTION_COUNT)
		return complain_key(r, key->start_mark, (const char *)key->data.scalar.value);
	if (r->seen[id])
		return wrong(r, key->start_mark, "key given twice", sv_cli_options[id].key);
	r->seen[id] = true;
	status = next(r, &value);
	if (status < 0)
		return status;
	list = sv_cli_options[id].kind == SV_CLI_LIST || sv_cli_options[id].kind == SV_CLI_PATHS;
	if (value.type == YAML_SCALAR_EVENT)
		status = set_value(r, id, &value);
	else if (value.type == YAML_SEQUENCE_START_EVENT && list)
		status = set_list(r, id);
	else
		status = wrong(r, value.start_mark,
			       list ? "a text or a list is wanted here" : "a text is wanted here",
			       sv_cli_options[id].key);
	yaml_event_delete(&value);
	return status;
}

/* A document that is empty or one map of our keys. */
static int read_document(struct reading *r)
{
	bool in_map = false, end = false;
	int status = 0;

	while (status == 0 && !end) {
		yaml_event_t event;

		status = next(r, &event);
		if (status < 0)
			return status;
		if (event.type == YAML_STREAM_END_EVENT)
			end = true;
		else if (in_map && event.type == YAML_MAPPING_END_EVENT)
			in_map = false;
		else if (in_map)
			status = read_pair(r, &event);
		else if (event.type == YAML_MAPPING_START_EVENT)
			in_map = true;
		else if (event.type == YAML_SEQUENCE_START_EVENT ||
			 (event.type == YAML_SCALAR_EVENT && event.data.scalar.length != 0))
			status = wrong(r, event.start_mark, "a map of settings is wanted here",
				       NULL);
		yaml_event_delete(&event);
	}
	return status;
}

static int read_source(struct sv_cli *cli, const char *path, enum sv_cli_source source)
{
	struct reading r = {.cli = cli, .path = path, .source = source};
	char *text;
	size_t len = 0;
	int status;

	if (path == NULL)
		return 0;
	status = read_file(&r, &text, &len);
	if (status < 0 || text == NULL)
		return status;
	if (!yaml_parser_initialize(&r.yaml)) {
		sv_cli_fail("out of memory");
		return SV_ENOMEM;
	}
	yaml_parser_set_input_string(&r.yaml, (unsigned char *)text, len);
	status = read_document(&r);
	yaml_parser_delete(&r.yaml);
	return status;
}

/* ---- where the files are ---- */

static const char *user_file(struct sv_cli *cli)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (folder != NULL && *folder == '/')
		return sv_cli_format(cli, "%s/sievert/config.yml", folder);
	return home && *home == '/' ? sv_cli_format(cli, "%s/.config/sievert/config.yml", home)
				    : NULL;
}

static bool exists(struct sv_cli *cli, const char *folder, const char *name)
{
	return access(sv_cli_format(cli, "%s/%s", folder, name), F_OK) == 0;
}

/* The top of the working tree that path lies in, else its folder; NULL for a bare repository. */
static const char *top_of(struct sv_cli *cli, const char *path)
{
	char *whole = realpath(path, NULL);
	char *folder = sv_cli_format(cli, "%s", whole ? whole : path), *up;
	struct stat st;

	free(whole);
	if (stat(folder, &st) < 0)
		return NULL;
	if (!S_ISDIR(st.st_mode))
		folder = folder_of(cli, folder);
	for (up = folder;; up = folder_of(cli, up)) {
		if (exists(cli, up, ".git"))
			return up;
		if (exists(cli, up, "HEAD") && exists(cli, up, "objects") &&
		    exists(cli, up, "refs"))
			return NULL;
		if (strcmp(up, "/") == 0)
			return folder;
	}
}

/* The file of the repository that all PATHs lie in, or of the one that we stand in. */
static const char *repo_file(struct sv_cli *cli)
{
	size_t n = strstr(cli->verb->arguments, "PATH") ? cli->n_args : 0;
	const char *top;

	if (!cli->verb->repo_config)
		return NULL;
	top = top_of(cli, n == 0 || strcmp(cli->args[0], "-") == 0 ? "." : cli->args[0]);
	for (size_t i = 1; i < n; i++) {
		const char *other =
			top_of(cli, strcmp(cli->args[i], "-") == 0 ? "." : cli->args[i]);

		if (top != NULL && other != NULL && strcmp(top, other) == 0)
			continue;
		/* one scan has one set of settings */
		if ((top && exists(cli, top, REPO_FILE)) ||
		    (other && exists(cli, other, REPO_FILE)))
			sv_cli_note("several repositories or folders at once: their " REPO_FILE
				    " is not obeyed");
		return NULL;
	}
	return top ? sv_cli_format(cli, "%s%s" REPO_FILE, top, strcmp(top, "/") == 0 ? "" : "/")
		   : NULL;
}

/* ---- the environment ---- */

static const char *variable(struct sv_cli *cli, const struct sv_cli_option *o)
{
	char *name = sv_cli_format(cli, "SIEVERT_%s", o->key);

	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return name;
}

/* Mostly there is none of ours: then no name is made to ask for. */
static bool has_variables(void)
{
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "SIEVERT_", 8) == 0)
			return true;
	return false;
}

static int read_variable(struct sv_cli *cli, enum sv_cli_option_id id)
{
	const struct sv_cli_option *o = &sv_cli_options[id];
	const char *name = o->key && has_variables() ? variable(cli, o) : NULL;
	const char *value = name ? getenv(name) : NULL;
	bool list = o->kind == SV_CLI_LIST || o->kind == SV_CLI_PATHS;
	int status = 0;

	if (value == NULL || *value == '\0')
		return 0;
	if (!list)
		return sv_cli_assign(cli, id, value, SV_FROM_ENVIRONMENT, name);
	/* as in PATH */
	for (const char *p = value; status == 0 && *p != '\0';) {
		size_t n = strcspn(p, ":");

		if (n != 0)
			status = sv_cli_assign(cli, id, sv_cli_format(cli, "%.*s", (int)n, p),
					       SV_FROM_ENVIRONMENT, name);
		p += n + (p[n] == ':');
	}
	return status;
}

/* A variable that is nearly one of ours was probably meant to be one. */
static void note_misspelt(struct sv_cli *cli)
{
	const char *names[SV_OPTION_COUNT] = {0};

	if (!has_variables())
		return;
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		names[i] = sv_cli_options[i].key ? variable(cli, &sv_cli_options[i]) : NULL;
	for (char **e = environ; *e != NULL; e++) {
		const char *name = sv_cli_format(cli, "%.*s", (int)strcspn(*e, "="), *e);
		const char *guess;

		if (strncmp(name, "SIEVERT_", 8) != 0)
			continue;
		guess = sv_cli_guess(name, names, SV_OPTION_COUNT);
		if (guess != NULL && strcmp(guess, name) != 0)
			sv_cli_note("%s is no setting; did you mean %s?", name, guess);
	}
}

/* ---- all of them, in their order ---- */

static int set_defaults(struct sv_cli *cli)
{
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		if (sv_cli_options[i].fallback != NULL &&
		    sv_cli_assign(cli, (enum sv_cli_option_id)i, sv_cli_options[i].fallback,
				  SV_FROM_DEFAULT, NULL) < 0)
			return SV_EINVAL;
	return 0;
}

/* What the environment and the command line say decides here before its turn. */
static int read_repo_file(struct sv_cli *cli, const struct sv_cli_setting *given)
{
	struct sv_cli_setting *trust = &cli->settings[SV_OPTION_NO_REPO_CONFIG];
	struct sv_cli_value value = trust->values[0];
	bool trusted;
	uint64_t number = trust->number;

	if (read_variable(cli, SV_OPTION_NO_REPO_CONFIG) < 0)
		return SV_EINVAL;
	trusted = given->n != 0 ? given->number != 0 : trust->number != 0;
	trust->values[0] = value;
	trust->number = number;
	return trusted ? read_source(cli, repo_file(cli), SV_FROM_REPO) : 0;
}

static int read_files(struct sv_cli *cli, const struct sv_cli_setting *given)
{
	int status;

	if (given[SV_OPTION_CONFIG].n != 0)
		return read_source(cli, given[SV_OPTION_CONFIG].values[0].text,
				   SV_FROM_COMMAND_LINE);
	status = read_source(cli, "/etc/sievert/config.yml", SV_FROM_SYSTEM);
	if (status == 0)
		status = read_source(cli, user_file(cli), SV_FROM_USER);
	return status == 0 ? read_repo_file(cli, &given[SV_OPTION_NO_REPO_CONFIG]) : status;
}

/* Puts back what the command line said, over all else. */
static int restore(struct sv_cli *cli, struct sv_cli_setting *given)
{
	int status = 0;

	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		for (size_t k = 0; status == 0 && k < given[i].n; k++)
			status = sv_cli_assign(cli, (enum sv_cli_option_id)i,
					       given[i].values[k].text, SV_FROM_COMMAND_LINE,
					       given[i].values[k].where);
		free(given[i].values);
	}
	return status;
}

int sv_cli_configure(struct sv_cli *cli)
{
	struct sv_cli_setting given[SV_OPTION_COUNT];
	int status;

	memcpy(given, cli->settings, sizeof(given));
	memset(cli->settings, 0, sizeof(cli->settings));
	status = set_defaults(cli);
	if (status == 0 && sv_cli_takes(cli->verb, &sv_cli_options[SV_OPTION_CONFIG])) {
		note_misspelt(cli);
		status = read_files(cli, given);
		for (size_t i = 0; status == 0 && i < SV_OPTION_COUNT; i++)
			status = read_variable(cli, (enum sv_cli_option_id)i);
	}
	return restore(cli, given) < 0 ? SV_EINVAL : status;
}
