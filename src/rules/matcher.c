/* What Hyperscan looks for: the anchors of all rules, a database for each gate. */
#include "rules/cache.h"
#include "rules/hs_compiler.h"
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

int sv_rules__measure(const struct sv_rule *rule, uint8_t *ret_width, char why[SV_WHY])
{
	enum sv_gate gate = sv_rules__gate(rule->gate);
	/* bounded, so that what stands far away decides nothing here */
	unsigned most = gate == SV_GATE_RUN	     ? SV_RUN_BEFORE + SV_RUN + SV_RUN_AFTER
			: gate == SV_GATE_ASSIGNMENT ? SV_ASSIGNMENT
						     : SV_ANCHOR_MAX;
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	struct sv_err absent;
	int status = 0;

	if (rule->word != 0) {
		*ret_width = (uint8_t)rule->word;
		return 0;
	}
	if (sv_hs_compiler_load(&absent) < 0) {
		snprintf(why, SV_WHY, "%.*s", SV_WHY - 1, absent.text);
		return SV_ENOTFOUND;
	}
	if (sv_hs_compiler.expression_info(sv_rule__anchor(rule), HS_FLAG_DOTALL, &info, &error) !=
	    HS_SUCCESS) {
		snprintf(why, SV_WHY, "%s", error->message);
		sv_hs_compiler.free_compile_error(error);
		return SV_EINVAL;
	}
	if (info->max_width > most) {
		snprintf(why, SV_WHY, "it may match %s bytes; %u are the most",
			 info->max_width == UINT32_MAX ? "any number of" : "too many", most);
		status = SV_EINVAL;
	} else if (info->min_width == 0) {
		snprintf(why, SV_WHY, "it matches nothing at all");
		status = SV_EINVAL;
	}
	*ret_width = (uint8_t)info->max_width;
	free(info);
	return status;
}

static int compile(struct sv_ruleset *set, enum sv_gate gate, struct sv_err *err)
{
	size_t n = 0, rules = set->rules.len, room = rules + SV_GATES;
	SV_AUTO_FREE const char **patterns = calloc(room, sizeof(*patterns));
	SV_AUTO_FREE unsigned *flags = calloc(room, sizeof(*flags));
	SV_AUTO_FREE unsigned *ids = calloc(room, sizeof(*ids));
	hs_compile_error_t *error = NULL;
	int status = sv_hs_compiler_load(err);

	if (status < 0)
		return status;
	if (!patterns || !flags || !ids)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < rules; i++)
		if (set->gate[i] == gate && set->rules.ptr[i]->word == 0) {
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
	if (sv_hs_compiler.compile_multi(patterns, flags, ids, (unsigned)n, HS_MODE_BLOCK, &generic,
			     &set->own_db[gate], &error) != HS_SUCCESS) {
		unsigned id = error->expression >= 0 ? ids[error->expression] : (unsigned)rules;

		status = id < rules ? refuse(set->rules.ptr[id], error->message, err)
				    : sv_err_set(err, SV_EINVAL, "the rules together: %s",
						 error->message);
		sv_hs_compiler.free_compile_error(error);
	}
	return status;
}

/*
 * What the program holds is databases as libhs lays them out in memory: they are neither copied nor
 * deserialised. Another libhs may lay them out otherwise. (hs_alloc_scratch() checks their sums.)
 */
static bool use_embedded(struct sv_ruleset *set)
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
static int cache_key(const struct sv_ruleset *set, enum sv_gate gate, char ret_key[33])
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_span all;
	uint8_t raw[16];
	int status = sv_buf_printf(&text, "%s\n%s\ngeneric\n%s\n", SIEVERT_VERSION, hs_version(),
				   gates[gate].name);

	for (size_t i = 0; status == 0 && i < set->rules.len; i++) {
		const char *anchor = set->gate[i] == gate ? sv_rule__anchor(set->rules.ptr[i]) : "";

		/* with its NUL, so that no two lists look alike */
		status = sv_buf_append(&text, anchor, strlen(anchor) + 1);
	}
	for (int g = 0; status == 0 && g < SV_GATES; g++)
		if (gates[g].anchor != NULL)
			status = sv_buf_append(&text, gates[g].anchor, strlen(gates[g].anchor) + 1);
	all = sv_buf_span(&text);
	sv_digest(raw, sizeof(raw), NULL, &all, 1);
	sv_hex(raw, sizeof(raw), ret_key);
	return status;
}

static int make_database(struct sv_ruleset *set, enum sv_gate gate, const char *cache_dir,
			 struct sv_err *err)
{
	char key[33];
	int status;

	if (gate != SV_GATE_NONE && memchr(set->gate, (int)gate, set->rules.len) == NULL)
		return 0;
	status = cache_key(set, gate, key);
	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	if (cache_dir == NULL || sv_cache_load(cache_dir, key, &set->own_db[gate]) < 0) {
		status = compile(set, gate, err);
		set->matcher_source = "compiled";
		/* a cache that cannot be written costs time, nothing else */
		if (status == 0 && cache_dir != NULL && set->own_db[gate] != NULL)
			(void)sv_cache_store(cache_dir, key, set->own_db[gate]);
	}
	set->db[gate] = set->own_db[gate];
	return status;
}

static bool is_builtin(const struct sv_rule *rule)
{
	return (uintptr_t)rule >= (uintptr_t)sv_rules_builtin &&
	       (uintptr_t)rule < (uintptr_t)(sv_rules_builtin + sv_rules_builtin_count);
}

static int measure_all(struct sv_ruleset *set, struct sv_err *err)
{
	size_t n = set->rules.len;
	char why[SV_WHY];

	set->gate = malloc(n);
	set->opens = malloc(n);
	set->anchor_width = malloc(n);
	if (!set->gate || !set->opens || !set->anchor_width)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct sv_rule *rule = set->rules.ptr[i];

		set->gate[i] = (uint8_t)(rule->word ? SV_GATE_RUN : sv_rules__gate(rule->gate));
		set->opens[i] = (uint8_t)sv_rules__gate(rule->opens);
		if (is_builtin(rule))
			set->anchor_width[i] =
				sv_rules_builtin_anchor_width[rule - sv_rules_builtin];
		else if (sv_rules__measure(rule, &set->anchor_width[i], why) < 0)
			return refuse(rule, why, err);
	}
	return 0;
}

int sv_rules__match_with(struct sv_ruleset *set, bool builtin, const char *cache_dir,
			 struct sv_err *err)
{
	int status = measure_all(set, err);

	if (status == 0 && !(builtin && use_embedded(set))) {
		set->matcher_source = "cache";
		for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
			status = make_database(set, (enum sv_gate)gate, cache_dir, err);
	}
	for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
		if (set->db[gate] != NULL &&
		    hs_alloc_scratch(set->db[gate], &set->scratch) != HS_SUCCESS)
			status = sv_err_set(err, SV_ENOMEM, "Hyperscan has no memory to scan with");
	return status;
}
