/*
 * What only the places of one secret together show: that several services use it, or several
 * devices. It is told with the finding of the secret, as what other rules say of it is.
 */
#include "detect/check.h"
#include "engine/run.h"

#define MANY 64 /* places of a finding that are compared with each other */

static const char *const reuse_pages[] = {"secrets-best-practices/e", NULL};
static const char *const device_pages[] = {"iot-overview-security/c", NULL};
static const char *const dp6[] = {"DP-6", NULL}, *const cwe[] = {"CWE-798", NULL},
			 *const none[] = {NULL};

static const struct sv_rule secret_reuse = {
	.id = "secret-reuse",
	.name = "Several services use one secret",
	.description = "The same value stands in the settings of several repositories or "
		       "services: whoever gets into one has all of them, and it cannot be "
		       "replaced for one alone.",
	.origin = "engine/shared.c",
	.severity = SV_LOW,
	.confidence = SV_CONF_HIGH,
	.cls = SV_CLASS_PRACTICE,
	.pattern = "",
	.documents = reuse_pages,
	.practice = {.instead = "A secret for each consumer.", .mcsb = dp6, .mcsb_v2 = dp6},
	.examples = none,
	.refuses = none};
static const struct sv_rule iot_key_shared = {
	.id = "iot-key-shared",
	.name = "Several devices have one key",
	.description =
		"The same key stands beside different device ids: one device that is taken apart "
		"gives the identity of all.",
	.origin = "engine/shared.c",
	.severity = SV_LOW,
	.confidence = SV_CONF_HIGH,
	.cls = SV_CLASS_PRACTICE,
	.pattern = "",
	.documents = device_pages,
	.practice = {.instead = "A key for each device, or X.509 certificates.",
		     .mcsb = dp6,
		     .mcsb_v2 = dp6,
		     .cwe = cwe},
	.examples = none,
	.refuses = none};
static const struct sv_rule *const rules[] = {&iot_key_shared, &secret_reuse};

const struct sv_rule *const *sv_rules_of_runs(size_t *ret_n)
{
	*ret_n = sizeof(rules) / sizeof(*rules);
	return rules;
}

/* ---- one secret in several services ---- */

static struct sv_span folder_of(struct sv_span path)
{
	while (path.len > 0 && path.ptr[path.len - 1] != '/')
		path.len--;
	return path;
}

static struct sv_span name_of(struct sv_span path)
{
	struct sv_span folder = folder_of(path);

	return sv_span(path.ptr + folder.len, path.len - folder.len);
}

static bool begins(struct sv_span text, struct sv_span with)
{
	return text.len >= with.len && (with.len == 0 || memcmp(text.ptr, with.ptr, with.len) == 0);
}

/* Files of one name in folders that lie apart, there at the same time: services, each with settings
 * of its own. */
static bool lie_apart(const struct sv_place *a, const struct sv_place *b)
{
	struct sv_span one = folder_of(a->path), two = folder_of(b->path);

	if (a->where != SV_WHERE_WORKTREE || b->where != SV_WHERE_WORKTREE)
		return false;
	return sv_span_equal(name_of(a->path), name_of(b->path)) && !begins(one, two) &&
	       !begins(two, one);
}

/* One object, or one commit, in two repositories: the one was made from the other. */
static bool is_fork(const struct sv_place *a, const struct sv_place *b)
{
	return (a->object[0] != '\0' && strcmp(a->object, b->object) == 0) ||
	       (a->commit[0] != '\0' && strcmp(a->commit, b->commit) == 0);
}

static bool is_reused(const struct sv_finding *f)
{
	size_t n = f->n_places < MANY ? f->n_places : MANY;

	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			const struct sv_place *a = &f->places[i], *b = &f->places[k];

			if (sv_span_equal(a->root, b->root) ? lie_apart(a, b) : !is_fork(a, b))
				return true;
		}
	return false;
}

/* ---- one key of several devices ---- */

static const char *device_of(const struct sv_hit *hit)
{
	const char *mark = hit->note ? strchr(hit->note, SV_NOTE_DEVICE) : NULL;

	return mark ? mark + 1 : NULL;
}

int sv_run_part_devices(struct sv_run *run)
{
	for (size_t i = 0; i < run->hits.len; i++) {
		struct sv_hit *hit = &run->hits.ptr[i];

		hit->device = device_of(hit);
		if (hit->device == NULL)
			continue;
		hit->note = sv_arena_strndup(&run->arena, hit->note,
					     (size_t)(hit->device - 1 - hit->note));
		if (hit->note == NULL)
			return SV_ENOMEM;
	}
	return 0;
}

/* ---- both ---- */

static int by_id(const void *a, const void *b)
{
	return strcmp((*(const struct sv_rule *const *)a)->id,
		      (*(const struct sv_rule *const *)b)->id);
}

/* Adds rules to those that f has; what is there already stays once. */
static int add(struct sv_run *run, struct sv_finding *f, const struct sv_rule *const *more,
	       size_t n)
{
	const struct sv_rule **all =
		sv_arena_alloc(&run->arena, (f->n_also + n + 1) * sizeof(*all));
	size_t kept = 0;

	if (all == NULL)
		return SV_ENOMEM;
	if (f->n_also != 0)
		memcpy(all, f->also, f->n_also * sizeof(*all));
	memcpy(all + f->n_also, more, n * sizeof(*all));
	n += f->n_also;
	qsort(all, n, sizeof(*all), by_id);
	for (size_t i = 0; i < n; i++)
		if (all[i] != f->rule && (kept == 0 || all[kept - 1] != all[i]))
			all[kept++] = all[i];
	f->also = all;
	f->n_also = kept;
	return 0;
}

int sv_run_also(struct sv_run *run, struct sv_finding *f, const struct sv_hit *hit)
{
	size_t n = 0;

	while (n < SV_MAX_ALSO && hit->also[n] != NULL)
		n++;
	for (size_t i = 0, k = 0; i < n; i++, k = 0) {
		while (k < f->n_also && f->also[k] != hit->also[i])
			k++;
		if (k == f->n_also)
			return add(run, f, hit->also, n);
	}
	return 0;
}

int sv_run_also_shared(struct sv_run *run, struct sv_finding *f, bool devices_differ)
{
	const struct sv_rule *more[2];
	size_t n = 0;

	if (f->cls != SV_CLASS_SECRET || f->severity < SV_MEDIUM || f->confidence < SV_CONF_MEDIUM)
		return 0;
	if (devices_differ)
		more[n++] = &iot_key_shared;
	if (is_reused(f))
		more[n++] = &secret_reuse;
	return n == 0 ? 0 : add(run, f, more, n);
}
