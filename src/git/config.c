#include "git/config.h"
#include <stdio.h>
#include <strings.h>

#define MAX_FILE  (16u << 20)
#define MAX_DEPTH 10 /* of includes: git stops there, too */

struct parser {
	const char *path;
	const uint8_t *at, *end;
	unsigned line;
	int depth;
	struct sv_buf section, name, value;
	sv_config_fn *on_entry;
	void *payload;
	struct sv_err *err;
};

static int read_file(const char *path, int depth, sv_config_fn *on_entry, void *payload,
		     struct sv_err *err);

static int wrong(struct parser *p, const char *what)
{
	return sv_err_set(p->err, SV_ECORRUPT, "%s: line %u: %s", p->path, p->line, what);
}

static int peek(const struct parser *p)
{
	return p->at < p->end ? *p->at : -1;
}

/* The next character, "\r\n" as one newline; -1 at the end. */
static int next(struct parser *p)
{
	if (p->end - p->at > 1 && p->at[0] == '\r' && p->at[1] == '\n')
		p->at++;
	if (p->at == p->end)
		return -1;
	p->line += *p->at == '\n';
	return *p->at++;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_name(int c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-';
}

static char lower(int c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void skip_line(struct parser *p)
{
	int c;

	while ((c = next(p)) != -1 && c != '\n')
		;
}

/* "[section]", "[section.sub]" or "[section "Sub"]", after its bracket */
static int parse_section(struct parser *p)
{
	int c, status = 0;

	sv_buf_reset(&p->section);
	while (status == 0 && (is_name(peek(p)) || peek(p) == '.'))
		status = sv_buf_putc(&p->section, lower(next(p)));
	while (is_blank(peek(p)))
		next(p);
	if (status == 0 && peek(p) == '"') {
		next(p);
		status = sv_buf_putc(&p->section, '.');
		while (status == 0 && (c = next(p)) != '"') {
			if (c == '\\')
				c = next(p);
			if (c == -1 || c == '\n' || c == 0)
				return wrong(p, "a section has no end");
			status = sv_buf_putc(&p->section, (char)c);
		}
	}
	if (status == 0 && next(p) != ']')
		return wrong(p, "a section has no end");
	return status;
}

static int put_escaped(struct parser *p, int c)
{
	static const char from[] = "ntb\\\"", to[] = "\n\t\b\\\"";
	const char *found = c > 0 ? strchr(from, c) : NULL;

	if (c == '\n')
		return 0; /* goes on in the next line */
	return found ? sv_buf_putc(&p->value, to[found - from]) : wrong(p, "no such escape");
}

/* What follows "=": blanks at its ends do not count, unless they are quoted. */
static int parse_value(struct parser *p)
{
	size_t kept = 0;
	bool quoted = false;
	int c, status = 0;

	sv_buf_reset(&p->value);
	while (is_blank(peek(p)))
		next(p);
	while (status == 0 && (c = next(p)) != -1 && c != '\n') {
		if (!quoted && (c == '#' || c == ';')) {
			skip_line(p);
			break;
		}
		if (c == 0)
			return wrong(p, "a NUL");
		if (c == '"') {
			quoted = !quoted;
			kept = p->value.len;
			continue;
		}
		status = c == '\\' ? put_escaped(p, next(p)) : sv_buf_putc(&p->value, (char)c);
		if (quoted || c == '\\' || !is_blank(c))
			kept = p->value.len;
	}
	if (status == 0 && quoted)
		return wrong(p, "a quote has no end");
	if (status == 0 && p->value.ptr != NULL)
		sv_buf_commit(&p->value, kept);
	return status;
}

static int include(struct parser *p)
{
	const char *path = sv_buf_str(&p->value), *slash = strrchr(p->path, '/');
	const char *home = getenv("HOME");
	SV_AUTO_FREE char *full = NULL;

	if (p->depth >= MAX_DEPTH)
		return wrong(p, "files include one another too deep");
	if (strncmp(path, "~/", 2) == 0 && home)
		full = sv_path_join(home, path + 2);
	else if (*path == '/' || slash == NULL)
		full = strdup(path);
	else if (asprintf(&full, "%.*s/%s", (int)(slash - p->path), p->path, path) < 0)
		full = NULL;
	return full ? read_file(full, p->depth + 1, p->on_entry, p->payload, p->err) : SV_ENOMEM;
}

static int parse_entry(struct parser *p)
{
	bool has_value = false;
	int status;

	if (p->section.len == 0)
		return wrong(p, "a key stands outside of any section");
	sv_buf_reset(&p->name);
	status = sv_buf_append(&p->name, p->section.ptr, p->section.len);
	if (status == 0)
		status = sv_buf_putc(&p->name, '.');
	while (status == 0 && is_name(peek(p)))
		status = sv_buf_putc(&p->name, lower(next(p)));
	while (is_blank(peek(p)))
		next(p);
	if (status == 0 && peek(p) == '=') {
		next(p);
		has_value = true;
		status = parse_value(p);
	} else if (status == 0 && peek(p) != -1 && next(p) != '\n') {
		return wrong(p, "neither a key nor a section");
	}
	if (status != 0)
		return status;
	status = p->on_entry(sv_buf_str(&p->name), has_value ? sv_buf_str(&p->value) : NULL,
			     p->payload);
	if (status == 0 && has_value && strcmp(sv_buf_str(&p->name), "include.path") == 0)
		status = include(p);
	return status;
}

static int parse(struct parser *p)
{
	int status = 0, c;

	if (p->end - p->at >= 3 && memcmp(p->at, "\xEF\xBB\xBF", 3) == 0)
		p->at += 3;
	while (status == 0 && (c = peek(p)) != -1) {
		if (c == '\n' || is_blank(c)) {
			next(p);
		} else if (c == '#' || c == ';') {
			skip_line(p);
		} else if (c == '[') {
			next(p);
			status = parse_section(p);
		} else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
			status = parse_entry(p);
		} else {
			status = wrong(p, "neither a key nor a section");
		}
	}
	return status;
}

static int read_file(const char *path, int depth, sv_config_fn *on_entry, void *payload,
		     struct sv_err *err)
{
	SV_AUTO(sv_buf) text = {.max = MAX_FILE};
	struct parser p = {.path = path,
			   .line = 1,
			   .depth = depth,
			   .on_entry = on_entry,
			   .payload = payload,
			   .err = err};
	int status = sv_file_read(path, &text, err);

	if (status == SV_ENOTFOUND)
		return 0;
	if (status == 0) {
		p.at = text.ptr;
		p.end = text.ptr + text.len;
		status = parse(&p);
	}
	sv_buf_release(&p.section);
	sv_buf_release(&p.name);
	sv_buf_release(&p.value);
	return status;
}

int sv_config_read(const char *path, sv_config_fn *on_entry, void *payload, struct sv_err *err)
{
	return read_file(path, 0, on_entry, payload, err);
}

int sv_config_read_users(sv_config_fn *on_entry, void *payload, struct sv_err *err)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	SV_AUTO_FREE char *own = home ? sv_path_join(home, ".gitconfig") : NULL;
	SV_AUTO_FREE char *config = xdg && *xdg ? sv_path_join(xdg, "git/config")
				    : home	? sv_path_join(home, ".config/git/config")
						: NULL;
	const char *const paths[] = {"/etc/gitconfig", config, own};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(paths) / sizeof(*paths); i++)
		if (paths[i] != NULL)
			status = sv_config_read(paths[i], on_entry, payload, err);
	return status;
}

int sv_config_bool(const char *value, bool *ret)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = {{"true", true}, {"yes", true},  {"on", true}, {"1", true}, {"false", false},
		     {"no", false},  {"off", false}, {"0", false}, {"", false}};

	for (size_t i = 0; value && i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(words[i].word, value) == 0) {
			*ret = words[i].yes;
			return 0;
		}
	if (value == NULL)
		*ret = true;
	return value ? SV_EINVAL : 0;
}
