/* What Hyperscan looks for: the anchors of all rules, a database for each gate. */
#include "rules/cache.h"
#include "rules/rules.h"
#include <stdio.h>

static const struct gate {
	const char *name, *anchor;
} gates[] = {
#define GATE(id, name, anchor) {name, anchor},
#include "rules/gates.def"
#undef GATE
};

/* generic CPU, so that a database built here runs anywhere */
static const hs_platform_info_t generic = {0};

enum sv_gate sv_rules__gate(const char *name)
{
	int gate = 0;

	while (name != NULL && gate < SV_GATES && strcmp(gates[gate].name, name) != 0)
		gate++;
	return (enum sv_gate)gate;
}

static int refuse(const struct sv_rule *rule, const char *why, struct sv_err *err)
{
	return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: %s: %s", rule->origin, rule->line,
			  rule->id, rule->anchor ? "anchor" : "pattern, which has no anchor", why);
}

int sv_rules__measure(const struct sv_rule *rule, uint8_t *ret_width, char why[256])
{
	enum sv_gate gate = sv_rules__gate(rule->gate);
	/* bounded, so that what stands far away decides nothing here */
	unsigned most = gate == SV_GATE_RUN	     ? SV_RUN_BEFORE + SV_RUN + SV_RUN_AFTER
			: gate == SV_GATE_ASSIGNMENT ? SV_ASSIGNMENT
						     : SV_ANCHOR_MAX;
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	int status = 0;

	if (hs_expression_info(sv_rule__anchor(rule), HS_FLAG_DOTALL, &info, &error) !=
	    HS_SUCCESS) {
		snprintf(why, 256, "%.255s", error->message);
		hs_free_compile_error(error);
		return SV_EINVAL;
	}
	if (info->max_width > most) {
		snprintf(why, 256, "it may match %s bytes; %u are the most",
			 info->max_width == UINT32_MAX ? "any number of" : "too many", most);
		status = SV_EINVAL;
	} else if (info->min_width == 0) {
		snprintf(why, 256, "it matches nothing at all");
		status = SV_EINVAL;
	}
	*ret_width = (uint8_t)info->max_width;
	free(info);
	return status;
}

static int measure_all(struct sv_ruleset *set, struct sv_err *err)
{
	const struct sv_rule *end = sv_rules_builtin + sv_rules_builtin_count;
	char why[256];

	for (size_t i = 0; i < set->rules.len; i++) {
		const struct sv_rule *rule = set->rules.ptr[i];

		if (rule >= sv_rules_builtin && rule < end)
			set->anchor_width[i] =
				sv_rules_builtin_anchor_width[rule - sv_rules_builtin];
		else if (sv_rules__measure(rule, &set->anchor_width[i], why) < 0)
			return refuse(rule, why, err);
	}
	return 0;
}

static int compile(struct sv_ruleset *set, enum sv_gate gate, struct sv_err *err)
{
	size_t n = 0, rules = set->rules.len, room = rules + SV_GATES;
	SV_AUTO_FREE const char **patterns = calloc(room, sizeof(*patterns));
	SV_AUTO_FREE unsigned *flags = calloc(room, sizeof(*flags));
	SV_AUTO_FREE unsigned *ids = calloc(room, sizeof(*ids));
	hs_compile_error_t *error = NULL;
	int status = 0;

	if (!patterns || !flags || !ids)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < rules; i++)
		if (set->gate[i] == gate) {
			patterns[n] = sv_rule__anchor(set->rules.ptr[i]);
			ids[n++] = (unsigned)i;
		}
	for (size_t g = 0; gate == SV_GATE_NONE && g < SV_GATES; g++)
		if (gates[g].anchor != NULL) {
			patterns[n] = gates[g].anchor;
			ids[n++] = (unsigned)(rules + g);
		}
	for (size_t i = 0; i < n; i++)
		flags[i] = HS_FLAG_DOTALL;
	if (n == 0)
		return 0;
	if (hs_compile_multi(patterns, flags, ids, (unsigned)n, HS_MODE_BLOCK, &generic,
			     &set->own_db[gate], &error) != HS_SUCCESS) {
		unsigned id = error->expression >= 0 ? ids[error->expression] : (unsigned)rules;

		status = id < rules ? refuse(set->rules.ptr[id], error->message, err)
				    : sv_err_set(err, SV_EINVAL, "the rules together: %s",
						 error->message);
		hs_free_compile_error(error);
	}
	return status;
}

/*
 * What the program holds are the databases as libhs lays them out in memory: neither copied nor
 * deserialised. Another libhs may lay them out otherwise. (hs_alloc_scratch() checks their sums.)
 */
static bool take_embedded(struct sv_ruleset *set)
{
	if (strcmp(hs_version(), sv_rules_builtin_libhs) != 0)
		return false;
	for (int gate = 0; gate < SV_GATES; gate++)
		if (sv_rules_builtin_db_at[gate] != SIZE_MAX)
			set->db[gate] =
				(const hs_database_t *)(const void *)(sv_rules_builtin_db +
								      sv_rules_builtin_db_at[gate]);
	set->matcher_source = "embedded";
	return true;
}

/* All that decides what compile() makes. */
static int cache_key(const struct sv_ruleset *set, char ret_key[33])
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_span all;
	uint8_t raw[16];
	int status = sv_buf_printf(&text, "%s\n%s\ngeneric\n", SIEVERT_VERSION, hs_version());

	/* with their NULs, so that no two lists look alike */
	for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
		if (gates[gate].anchor != NULL)
			status = sv_buf_append(&text, gates[gate].anchor,
					       strlen(gates[gate].anchor) + 1);
	for (size_t i = 0; status == 0 && i < set->rules.len; i++) {
		const char *anchor = sv_rule__anchor(set->rules.ptr[i]);

		status = sv_buf_putc(&text, (char)('0' + set->gate[i]));
		if (status == 0)
			status = sv_buf_append(&text, anchor, strlen(anchor) + 1);
	}
	all = sv_buf_span(&text);
	sv_digest(raw, sizeof(raw), NULL, &all, 1);
	sv_hex(raw, sizeof(raw), ret_key);
	return status;
}

static int take_cached_or_compile(struct sv_ruleset *set, const char *cache_dir, struct sv_err *err)
{
	char key[33];
	int status = cache_key(set, key);

	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	set->matcher_source = "cache";
	if (cache_dir == NULL || sv_cache_load(cache_dir, key, set->own_db, SV_GATES) < 0) {
		for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
			status = compile(set, (enum sv_gate)gate, err);
		set->matcher_source = "compiled";
		/* a cache that cannot be written costs time, nothing else */
		if (status == 0 && cache_dir != NULL)
			(void)sv_cache_store(cache_dir, key, set->own_db, SV_GATES);
	}
	for (int gate = 0; gate < SV_GATES; gate++)
		set->db[gate] = set->own_db[gate];
	return status;
}

static int alloc_scratch(struct sv_ruleset *set, struct sv_err *err)
{
	for (int gate = 0; gate < SV_GATES; gate++)
		if (set->db[gate] != NULL &&
		    hs_alloc_scratch(set->db[gate], &set->scratch) != HS_SUCCESS)
			return sv_err_set(err, SV_ENOMEM, "Hyperscan has no memory to scan with");
	return 0;
}

int sv_rules__match_with(struct sv_ruleset *set, bool builtin, const char *cache_dir,
			 struct sv_err *err)
{
	size_t n = set->rules.len;
	int status;

	set->gate = malloc(n);
	set->anchor_width = malloc(n);
	if (!set->gate || !set->anchor_width)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		set->gate[i] = (uint8_t)sv_rules__gate(set->rules.ptr[i]->gate);
	status = measure_all(set, err);
	if (status == 0 && !(builtin && take_embedded(set)))
		status = take_cached_or_compile(set, cache_dir, err);
	return status < 0 ? status : alloc_scratch(set, err);
}
