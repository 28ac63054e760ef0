/* The values of the options: read from text, checked, kept with who said so. */
#include "cli.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct sv_cli_kept {
	struct sv_cli_kept *next;
	_Alignas(16) char bytes[];
};

void *sv_cli_keep(struct sv_cli *cli, size_t size)
{
	struct sv_cli_kept *kept = calloc(1, sizeof(*kept) + size);

	if (kept == NULL)
		exit(sv_cli_fail("out of memory"));
	kept->next = cli->kept;
	cli->kept = kept;
	return kept->bytes;
}

char *sv_cli_format(struct sv_cli *cli, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = sv_cli_keep(cli, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void sv_cli_release(struct sv_cli *cli)
{
	while (cli->kept != NULL) {
		struct sv_cli_kept *next = cli->kept->next;

		free(cli->kept);
		cli->kept = next;
	}
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		free(cli->settings[i].values);
	free(cli->args);
	*cli = (struct sv_cli){0};
}

/* ---- getters ---- */

bool sv_cli_is_set(const struct sv_cli *cli, enum sv_cli_option_id id)
{
	return cli->settings[id].n != 0;
}

uint64_t sv_cli_number(const struct sv_cli *cli, enum sv_cli_option_id id)
{
	return cli->settings[id].number;
}

bool sv_cli_on(const struct sv_cli *cli, enum sv_cli_option_id id)
{
	return cli->settings[id].number != 0;
}

const char *sv_cli_text(const struct sv_cli *cli, enum sv_cli_option_id id)
{
	return sv_cli_is_set(cli, id) ? cli->settings[id].values[0].text : NULL;
}

/* Where word stands in "one|two|three"; -1: nowhere. */
static int index_of(const char *values, const char *word, size_t len)
{
	for (int i = 0; values != NULL; i++) {
		size_t n = strcspn(values, "|");

		if (n == len && memcmp(values, word, n) == 0)
			return i;
		values = values[n] == '\0' ? NULL : values + n + 1;
	}
	return -1;
}

bool sv_cli_has_word(const struct sv_cli *cli, enum sv_cli_option_id id, const char *word)
{
	int at = index_of(sv_cli_options[id].values, word, strlen(word));

	return at >= 0 && (cli->settings[id].number & 1ull << at) != 0;
}

const char *const *sv_cli_list(struct sv_cli *cli, enum sv_cli_option_id id, size_t *ret_n)
{
	const struct sv_cli_setting *setting = &cli->settings[id];
	const char **list = sv_cli_keep(cli, (setting->n + 1) * sizeof(*list));

	for (size_t i = 0; i < setting->n; i++)
		list[i] = setting->values[i].text;
	*ret_n = setting->n;
	return list;
}

/* ---- reading values: NULL, or what is wrong with the text ---- */

static const char *read_switch(const char *text, bool negated, uint64_t *ret)
{
	static const char words[] = "no|yes|false|true|off|on|0|1";
	int at = index_of(words, text, strlen(text));

	if (at < 0)
		return "neither yes nor no";
	*ret = (uint64_t)(at & 1) ^ negated;
	return NULL;
}

static const char *read_count(const char *text, bool units, uint64_t *ret)
{
	char *end;
	unsigned shift = 0;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *text < '0' || *text > '9')
		return units ? "not a number of bytes, or one with K, M or G" : "not a number";
	if (units && *end != '\0' && strchr("kKmMgG", *end) != NULL)
		shift = *end == 'k' || *end == 'K'   ? 10
			: *end == 'm' || *end == 'M' ? 20
						     : 30,
		end++;
	if (*end != '\0')
		return units ? "not a number of bytes, or one with K, M or G" : "not a number";
	if (*ret > UINT64_MAX >> (shift + 1))
		return "too large";
	*ret <<= shift;
	return NULL;
}

/* 2026-01-31T12:00:00Z, with a fraction or an offset; or seconds since 1970 */
static const char *read_time(const char *text, uint64_t *ret)
{
	static const char wrong[] = "neither seconds since 1970 nor RFC 3339";
	struct tm tm = {0};
	char zone[8] = "";
	int hours = 0, minutes = 0, used = 0;
	time_t seconds;

	if (read_count(text, false, ret) == NULL)
		return *ret > INT64_MAX ? "too large" : NULL;
	if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
	    tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
	    tm.tm_sec > 60)
		return wrong;
	text += used;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0) {
		if (sscanf(text, "%1[+-]%2d:%2d%n", zone, &hours, &minutes, &used) != 3 ||
		    text[used] != '\0' || hours > 23 || minutes > 59)
			return wrong;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	seconds = timegm(&tm) - (*zone == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	if (seconds <= 0)
		return "before 1970";
	*ret = (uint64_t)seconds;
	return NULL;
}

static const char *read_words(const char *values, const char *text, uint64_t *ret)
{
	*ret = 0;
	for (;;) {
		size_t n = strcspn(text, ",");
		int at = index_of(values, text, n);

		if (at < 0)
			return values;
		*ret |= 1ull << at;
		if (text[n] == '\0')
			return NULL;
		text += n + 1;
	}
}

static const char *read_value(const struct sv_cli_option *o, const char *text, uint64_t *ret)
{
	unsigned long long least = 0, most = UINT64_MAX;
	const char *wrong = NULL;
	int at;

	switch (o->kind) {
	case SV_CLI_ON:
		return read_switch(text, false, ret);
	case SV_CLI_OFF:
		return read_switch(text, false, ret);
	case SV_CLI_NUMBER:
		wrong = read_count(text, false, ret);
		sscanf(o->values, "%llu..%llu", &least, &most);
		return wrong == NULL && *ret >= least && *ret <= most ? NULL : o->values;
	case SV_CLI_SIZE:
		return read_count(text, true, ret);
	case SV_CLI_TIME:
		return read_time(text, ret);
	case SV_CLI_CHOICE:
		at = index_of(o->values, text, strlen(text));
		*ret = (uint64_t)at;
		return at < 0 ? o->values : NULL;
	case SV_CLI_WORDS:
		return read_words(o->values, text, ret);
	case SV_CLI_TEXT:
	case SV_CLI_PATH:
	case SV_CLI_LIST:
	case SV_CLI_PATHS:
		return *text == '\0' ? "empty" : NULL;
	}
	return NULL;
}

/* "a, b or c" of "a|b|c"; "a number from 1 to 256" of "1..256"; other words as they are */
static const char *say_values(struct sv_cli *cli, const struct sv_cli_option *o, const char *wrong)
{
	unsigned long long least, most;
	char *words;
	const char *last;

	if (wrong != o->values)
		return sv_cli_format(cli, "is %s", wrong);
	if (sscanf(wrong, "%llu..%llu", &least, &most) == 2)
		return sv_cli_format(cli, "is not a number from %llu to %llu", least, most);
	words = sv_cli_format(cli, "is none of %s", wrong);
	last = strrchr(words, '|');
	words = sv_cli_format(cli, "%.*s or %s", (int)(last - words), words, last + 1);
	for (char *bar; (bar = strchr(words, '|')) != NULL;)
		words = sv_cli_format(cli, "%.*s, %s", (int)(bar - words), words, bar + 1);
	return words;
}

/* Numbers that a repository's own file may only lower; 0 is "no limit". */
static void lower_only(const struct sv_cli_setting *setting, const struct sv_cli_option *o,
		       const char *where, uint64_t *number, const char **text)
{
	uint64_t limit = setting->number ? setting->number : UINT64_MAX;

	if ((*number ? *number : UINT64_MAX) <= limit)
		return;
	sv_cli_note("%s: %s stays %s: a repository may not raise it", where, o->key,
		    setting->values[0].text);
	*number = setting->number;
	*text = setting->values[0].text;
}

int sv_cli_assign(struct sv_cli *cli, enum sv_cli_option_id id, const char *text,
		  enum sv_cli_source source, const char *where)
{
	const struct sv_cli_option *o = &sv_cli_options[id];
	struct sv_cli_setting *setting = &cli->settings[id];
	bool adds = o->kind == SV_CLI_LIST || o->kind == SV_CLI_PATHS;
	uint64_t number = 0;
	const char *wrong = read_value(o, text, &number);
	struct sv_cli_value *values;

	if (wrong != NULL) {
		sv_cli_fail("%s: \"%s\" %s", where ? where : o->name, text,
			    say_values(cli, o, wrong));
		return SV_EINVAL;
	}
	if (source == SV_FROM_REPO && !o->repo) {
		sv_cli_fail("%s: a repository's own file may not set \"%s\"", where, o->key);
		return SV_EINVAL;
	}
	text = sv_cli_format(cli, "%s", text);
	if (source == SV_FROM_REPO && (o->kind == SV_CLI_NUMBER || o->kind == SV_CLI_SIZE))
		lower_only(setting, o, where, &number, &text);
	values = realloc(setting->values, (setting->n + 1) * sizeof(*values));
	if (values == NULL)
		exit(sv_cli_fail("out of memory"));
	setting->values = values;
	setting->n = adds ? setting->n + 1 : 1;
	values[setting->n - 1] = (struct sv_cli_value){text, source, where};
	setting->number = number;
	return 0;
}
