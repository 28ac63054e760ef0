/* The words of the enumerations, in one table each. */
#include "base/base.h"
#include <sievert/report.h>
#include <sievert/scan.h>

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};
static const char *const confidences[] = {"low", "medium", "high"};
static const char *const classes[] = {"secret", "practice"};
static const char *const wheres[] = {"worktree",    "index",  "blob",	  "commit-message",
				     "tag-message", "author", "ref-name", "path",
				     "config",	    "stdin"};
static const char *const formats[] = {"text", "json", "jsonl", "sarif"};

static int find(const char *const *words, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], name) == 0)
			return (int)i;
	return SV_EINVAL;
}

const char *sv_stage_name(enum sv_stage stage)
{
	static const char *const stages[] = {"read",	"apply",    "names",	 "match",
					     "confirm", "readings", "attribute", "all"};

	return stages[stage];
}

const char *sv_view_name(enum sv_view view)
{
	static const char *const views[] = {"utf-16",   "base64", "escapes", "percent",
					   "entities", "joined", "folded",  "invisible",
					   "quoted-printable"};

	return views[__builtin_ctz(view)];
}

const char *sv_severity_name(enum sv_severity s)
{
	return severities[s];
}

const char *sv_confidence_name(enum sv_confidence c)
{
	return confidences[c];
}

const char *sv_class_name(enum sv_class c)
{
	return classes[c];
}

const char *sv_where_name(enum sv_where where)
{
	return wheres[where];
}

int sv_severity_parse(const char *name, enum sv_severity *ret)
{
	int at = find(severities, COUNT(severities), name);

	if (at >= 0)
		*ret = (enum sv_severity)at;
	return at < 0 ? at : 0;
}

int sv_confidence_parse(const char *name, enum sv_confidence *ret)
{
	int at = find(confidences, COUNT(confidences), name);

	if (at >= 0)
		*ret = (enum sv_confidence)at;
	return at < 0 ? at : 0;
}

int sv_format_parse(const char *name, enum sv_format *ret)
{
	int at = find(formats, COUNT(formats), name);

	if (at >= 0)
		*ret = (enum sv_format)at;
	return at < 0 ? at : 0;
}
