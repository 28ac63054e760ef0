/*
 * The bytes decide what is a candidate; here the path has its say, when it is known: in history a
 * blob has its path only after attribution.
 */
#include "engine/paths.h"
#include "detect/checks.h"
#include <ctype.h>

enum where { FOLDER, FOLDER_BEGINS, FOLDER_ENDS, NAME, NAME_BEGINS, NAME_ENDS, STEM_ENDS };

static const struct {
	unsigned kind;
	enum where where;
	const char *text;
	size_t len;
} kinds[] = {
#define PATH(kind, where, text) {SV_PATH_##kind, where, text, sizeof(text) - 1},
#include "engine/paths.def"
#undef PATH
};

/* A small letter of word stands for both, a capital for itself. */
static bool is_written(const uint8_t *s, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		/* a capital of s differs from its small letter, and it alone, in one bit */
		if (s[i] != (uint8_t)word[i] && ((s[i] | 0x20) != word[i] || !isupper(s[i])))
			return false;
	return true;
}

static bool begins(struct sv_span s, const char *with, size_t n)
{
	return s.len >= n && is_written(s.ptr, with, n);
}

static bool ends(struct sv_span s, const char *with, size_t n)
{
	return s.len >= n && is_written(s.ptr + s.len - n, with, n);
}

static struct sv_span stem(struct sv_span name)
{
	const uint8_t *dot = name.len ? memrchr(name.ptr, '.', name.len) : NULL;

	return dot ? sv_span(name.ptr, (size_t)(dot - name.ptr)) : name;
}

/* part is a folder of the path, or the name of the file */
static bool fits(struct sv_span part, bool is_folder, enum where where, const char *text,
		 size_t len)
{
	if (is_folder != (where <= FOLDER_ENDS))
		return false;
	switch (where) {
	case FOLDER:
	case NAME:
		return part.len == len && begins(part, text, len);
	case FOLDER_BEGINS:
	case NAME_BEGINS:
		return begins(part, text, len);
	case FOLDER_ENDS:
	case NAME_ENDS:
		return ends(part, text, len);
	case STEM_ENDS:
		return ends(stem(part), text, len);
	}
	return false;
}

unsigned sv_path_kinds(struct sv_span path)
{
	unsigned ret = 0;

	while (path.len != 0) {
		const uint8_t *slash = memchr(path.ptr, '/', path.len);
		struct sv_span part = slash ? sv_span(path.ptr, (size_t)(slash - path.ptr)) : path;

		unsigned of_part = 0;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (part.len >= kinds[i].len &&
			    fits(part, slash != NULL, kinds[i].where, kinds[i].text, kinds[i].len))
				of_part |= kinds[i].kind;
		/* tests below a folder of settings are tests */
		if (slash != NULL && of_part == SV_PATH_TEST)
			ret &= ~(unsigned)SV_PATH_SETTINGS;
		ret |= of_part;
		if (slash == NULL)
			break;
		path = sv_span(slash + 1, path.len - part.len - 1);
	}
	return ret;
}

/* ---- what a path says of a value ---- */

static bool is_any(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool asks(const struct sv_rule *rule, const char *const *checks)
{
	for (const char *const *check = rule->checks; check && *check; check++)
		if (is_any(*check, checks))
			return true;
	return false;
}

/* Nothing but the words around it says that the value is a secret. */
static bool is_known_by_place(const struct sv_rule *rule)
{
	static const char *const checks[] = {
		"learnt-secret",    "chosen",	     "stated", "literal",
		"literal-unproved", "entra-literal", NULL};
	static const char *const rules[] = {"basic-auth-header",      "bearer-header",
					    "symmetric-key-hex",      "azure-admin-password",
					    "database-role-password", NULL};

	return asks(rule, checks) || is_any(rule->id, rules);
}

/* Of such rules, those whose values machines make: documents show what an answer looks like. */
static bool is_of_machines(const struct sv_rule *rule)
{
	static const char *const rules[] = {
		"generic-secret",      "generic-key",	    "generic-named-value",
		"generic-xml-element", "bearer-header",	    "totp-seed",
		"totp-seed-bare",      "symmetric-key-hex", NULL};

	return is_any(rule->id, rules);
}

/* Digits among letters, and long: nobody would choose it to remember it. */
static bool is_drawn(struct sv_span s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.len; i++)
		digits += isdigit(s.ptr[i]) != 0;
	return s.len >= 12 && digits >= 2 && !isdigit(s.ptr[s.len - 1]);
}

static const char *why_doubtful(const struct sv_hit *hit, unsigned path)
{
	static const char *const hashes[] = {"signs-in", NULL};
	static const char *const shown[] = {"private-key-pem",
					    "pem-private-key-base64",
					    "der-ec-private-key-base64",
					    "jwk-private",
					    "jwt",
					    "tsig-key",
					    NULL};

	if (path & SV_PATH_DOCS && path & SV_PATH_TEXT)
		path |= SV_PATH_DOCUMENT;
	if (path & SV_PATH_DOCUMENT && (is_any(hit->rule->id, shown) || asks(hit->rule, hashes)))
		return "it stands in a document, as an example";
	if (path & SV_PATH_TEST && asks(hit->rule, hashes) && hit->confidence < SV_CONF_HIGH)
		return "a test compares it";
	if (hit->rule->cls != SV_CLASS_SECRET || !is_known_by_place(hit->rule))
		return NULL;
	if (path & SV_PATH_TRANSLATION)
		return "it stands among translations";
	if (path & SV_PATH_MADE && sv_rule__is_generic(hit->rule))
		return "it stands in what a program wrote";
	if (path & SV_PATH_DOCS && !(path & SV_PATH_SETTINGS))
		path |= SV_PATH_DOCUMENT;
	if (path & SV_PATH_DOCUMENT && (is_of_machines(hit->rule) || sv_is_typed(hit->secret) ||
					(sv_rule__is_generic(hit->rule) && is_drawn(hit->secret))))
		return "it stands in a document, as an example";
	if (path & SV_PATH_TEST && !(path & SV_PATH_SETTINGS) && sv_is_typed_for_test(hit->secret))
		return "somebody typed it for a test";
	if (path & SV_PATH_TEMPLATE && sv_is_typed(hit->secret))
		return "it stands in a template, to be filled in";
	return NULL;
}

/* The first reason is what the report's sentence says. */
static void put_first(struct sv_hit *hit, const char *reason)
{
	for (size_t i = SV_MAX_REASONS - 1; i > 0; i--)
		hit->reasons[i] = hit->reasons[i - 1];
	hit->reasons[0] = reason;
}

void sv_path_judge(struct sv_hit *hit, unsigned path)
{
	const char *why = hit->confidence > SV_CONF_LOW ? why_doubtful(hit, path) : NULL;

	if (why != NULL) {
		hit->confidence = SV_CONF_LOW;
		put_first(hit, why);
	}
	if (path & SV_PATH_TEST && hit->rule->cls == SV_CLASS_SECRET && hit->severity > SV_LOW)
		hit->severity--;
}
