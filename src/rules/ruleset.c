#include "rules/cache.h"
#include "rules/rules.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#define MAX_RULE_FILE (4u << 20)
#define MAX_DEPTH     8

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_rule_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot != name && (!strcmp(dot, ".yml") || !strcmp(dot, ".yaml"));
}

static int load_path(struct sv_ruleset *set, const char *path, const char *origin, int depth,
		     struct sv_err *err);

static int load_dir(struct sv_ruleset *set, const char *path, const char *origin, int depth,
		    struct sv_err *err)
{
	SV_VEC(char *) names = {0};
	struct dirent *entry;
	DIR *dir = depth > MAX_DEPTH ? NULL : opendir(path);
	int status = 0;

	if (dir == NULL)
		return sv_err_set(err, SV_EIO, "%s: cannot be listed", path);
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		char *name;

		if (entry->d_name[0] == '.')
			continue;
		name = sv_arena_strdup(&set->arena, entry->d_name);
		status = name == NULL ? SV_ENOMEM : sv_vec_push(&names, name);
	}
	closedir(dir);
	if (names.len != 0)
		qsort(names.ptr, names.len, sizeof(*names.ptr), by_name);
	for (size_t i = 0; status == 0 && i < names.len; i++) {
		SV_AUTO_FREE char *child = sv_path_join(path, names.ptr[i]);
		SV_AUTO_FREE char *label =
			depth == 0 && !set->whole_paths ? strdup(names.ptr[i])
							: sv_path_join(origin, names.ptr[i]);

		status = child && label ? load_path(set, child, label, depth + 1, err) : SV_ENOMEM;
	}
	sv_vec_release(&names);
	return status;
}

/* origin of "patterns/azure/x.yml" added as the folder "patterns" is "azure/x.yml" */
static int load_path(struct sv_ruleset *set, const char *path, const char *origin, int depth,
		     struct sv_err *err)
{
	SV_AUTO(sv_buf) text = {.max = MAX_RULE_FILE};
	size_t before = set->rules.len;
	struct stat st;
	int status;

	if (stat(path, &st) < 0)
		return sv_err_set(err, SV_ENOTFOUND, "%s: no such rule file or folder", path);
	if (S_ISDIR(st.st_mode)) {
		status = load_dir(set, path, origin, depth, err);
		if (status == 0 && depth == 0 && set->rules.len == before)
			status = sv_err_set(err, SV_EINVAL, "%s: no rules in its .yml files", path);
		return status;
	}
	if (depth != 0 && !is_rule_file(origin))
		return 0;
	status = sv_file_read(path, &text, err);
	return status < 0 ? status : sv_rules__parse(set, sv_buf_span(&text), origin, err);
}

static int load_builtin(struct sv_ruleset *set)
{
	int status = 0;

	/* the set never writes to a rule: parsed ones and these are alike to it */
	for (size_t i = 0; status == 0 && i < sv_rules_builtin_count; i++)
		status =
			sv_vec_push(&set->rules, (struct sv_rule *)(uintptr_t)&sv_rules_builtin[i]);
	return status;
}

/* what decides a finding: ids, expressions, limits, checks, and the learnt model */
static int digest(struct sv_ruleset *set)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_span parts[2];
	uint8_t raw[16];
	int status = 0;

	for (size_t i = 0; status == 0 && i < set->rules.len; i++) {
		const struct sv_rule *r = set->rules.ptr[i];

		status = sv_buf_printf(&text, "%s\n%s\n%s\n%s\n%s\n%u %u %u %u %u %u %u %g\n", r->id,
				       r->pattern, r->anchor ? r->anchor : "",
				       r->gate ? r->gate : "", r->tail ? r->tail : "", r->least, r->width,
				       r->lead, r->word, r->severity,
				       r->confidence, r->cls, r->entropy);
		for (const char *const *c = r->checks; status == 0 && c && *c; c++)
			status = sv_buf_printf(&text, "%s\n", *c);
	}
	parts[0] = sv_buf_span(&text);
	parts[1] = sv_span(sv_rules_builtin_model,
			   (size_t)(sv_rules_builtin_model_end - sv_rules_builtin_model));
	sv_digest(raw, sizeof(raw), NULL, parts, 2);
	sv_hex(raw, 8, set->digest);
	return status;
}

static bool holds(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static void keep_wanted(struct sv_ruleset *set, const struct sv_ruleset_options *options)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->rules.len; i++) {
		const char *id = set->rules.ptr[i]->id;

		if (!holds(options->disable, options->n_disable, id) &&
		    (options->n_only == 0 || holds(options->only, options->n_only, id)))
			set->rules.ptr[kept++] = set->rules.ptr[i];
	}
	set->rules.len = kept;
}

int sv_ruleset_open(const struct sv_ruleset_options *options, struct sv_ruleset **ret_ruleset,
		    struct sv_err *err)
{
	static const struct sv_ruleset_options defaults;
	struct sv_ruleset *set = calloc(1, sizeof(*set));
	bool only_builtin;
	int status = 0;

	if (set == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	if (options == NULL)
		options = &defaults;
	set->whole_paths = options->whole_paths;
	only_builtin = !options->no_builtin && options->n_paths == 0 && options->n_disable == 0 &&
		       options->n_only == 0;
	if (!options->no_builtin)
		status = load_builtin(set);
	for (size_t i = 0; status == 0 && i < options->n_paths; i++) {
		const char *base = strrchr(options->paths[i], '/');

		base = base && !options->whole_paths ? base + 1 : options->paths[i];
		status = load_path(set, options->paths[i], base, 0, err);
	}
	if (status == 0)
		keep_wanted(set, options);
	if (status == 0 && set->rules.len == 0)
		status = sv_err_set(err, SV_EINVAL, "no rules are left");
	if (status == 0 && only_builtin)
		strcpy(set->digest, sv_rules_builtin_digest);
	else if (status == 0)
		status = digest(set);
	if (status == 0 && options->uncompiled)
		set->matcher_source = "none";
	else if (status == 0)
		status = sv_rules__match_with(set, only_builtin, options->cache_dir, err);
	if (status < 0) {
		sv_ruleset_free(set);
		return status;
	}
	*ret_ruleset = set;
	return 0;
}

void sv_ruleset_free(struct sv_ruleset *ruleset)
{
	if (ruleset == NULL)
		return;
	hs_free_scratch(ruleset->scratch);
	for (int gate = 0; gate < SV_GATES; gate++)
		hs_free_database(ruleset->own_db[gate]);
	free(ruleset->anchor_width);
	free(ruleset->gate);
	free(ruleset->tail);
	sv_vec_release(&ruleset->nouns);
	sv_vec_release(&ruleset->rules);
	sv_arena_release(&ruleset->arena);
	free(ruleset);
}

size_t sv_ruleset_count(const struct sv_ruleset *ruleset)
{
	return ruleset->rules.len;
}

const struct sv_rule *sv_ruleset_get(const struct sv_ruleset *ruleset, size_t index)
{
	return index < ruleset->rules.len ? ruleset->rules.ptr[index] : NULL;
}

const struct sv_rule *sv_ruleset_find(const struct sv_ruleset *ruleset, const char *id)
{
	for (size_t i = 0; i < ruleset->rules.len; i++)
		if (strcmp(ruleset->rules.ptr[i]->id, id) == 0)
			return ruleset->rules.ptr[i];
	return NULL;
}

const char *sv_ruleset_digest(const struct sv_ruleset *ruleset)
{
	return ruleset->digest;
}

const char *sv_ruleset_matcher_source(const struct sv_ruleset *ruleset)
{
	return ruleset->matcher_source;
}
