/* What Hyperscan looks for: the anchors of all rules, a database for each gate. */
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

static const char *anchor_of(const struct sv_rule *rule)
{
	return rule->anchor ? rule->anchor : rule->pattern;
}

static int refuse(const struct sv_rule *rule, const char *why, struct sv_err *err)
{
	return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: %s: %s", rule->origin, rule->line, rule->id,
			  rule->anchor ? "anchor" : "pattern, which has no anchor", why);
}

/* An anchor of bounded length, so that what stands far away decides nothing here. */
static int measure(const struct sv_rule *rule, enum sv_gate gate, uint8_t *ret_width, struct sv_err *err)
{
	unsigned most = gate == SV_GATE_RUN	   ? SV_RUN_BEFORE + SV_RUN + SV_RUN_AFTER
			: gate == SV_GATE_ASSIGNMENT ? SV_ASSIGNMENT
						     : SV_ANCHOR_MAX;
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	int status = 0;
	char why[96];

	if (hs_expression_info(anchor_of(rule), HS_FLAG_DOTALL, &info, &error) != HS_SUCCESS) {
		status = refuse(rule, error->message, err);
		hs_free_compile_error(error);
		return status;
	}
	if (info->max_width > most) {
		snprintf(why, sizeof(why), "it may match %s bytes; %u are the most",
			 info->max_width == UINT32_MAX ? "any number of" : "too many", most);
		status = refuse(rule, why, err);
	} else if (info->min_width == 0) {
		status = refuse(rule, "it matches nothing at all", err);
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
	int status = 0;

	if (!patterns || !flags || !ids)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < rules; i++)
		if (set->gate[i] == gate) {
			patterns[n] = anchor_of(set->rules.ptr[i]);
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
	if (hs_compile_multi(patterns, flags, ids, (unsigned)n, HS_MODE_BLOCK, &generic, &set->db[gate],
			     &error) != HS_SUCCESS) {
		unsigned id = error->expression >= 0 ? ids[error->expression] : (unsigned)rules;

		status = id < rules ? refuse(set->rules.ptr[id], error->message, err)
				    : sv_err_set(err, SV_EINVAL, "the rules together: %s", error->message);
		hs_free_compile_error(error);
	}
	return status;
}

static void drop_databases(struct sv_ruleset *set)
{
	for (int gate = 0; gate < SV_GATES; gate++) {
		hs_free_database(set->db[gate]);
		set->db[gate] = NULL;
	}
}

static bool take_embedded(struct sv_ruleset *set)
{
	for (int gate = 0; gate < SV_GATES; gate++)
		if (sv_rules_builtin_db_len[gate] != 0 &&
		    hs_deserialize_database((const char *)sv_rules_builtin_db[gate],
					    sv_rules_builtin_db_len[gate],
					    &set->db[gate]) != HS_SUCCESS) {
			drop_databases(set);
			return false;
		}
	return true;
}

int sv_rules__match_with(struct sv_ruleset *set, bool builtin, struct sv_err *err)
{
	size_t n = set->rules.len;
	int status = 0;

	set->gate = malloc(n);
	set->anchor_width = malloc(n);
	if (!set->gate || !set->anchor_width)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		set->gate[i] = (uint8_t)sv_rules__gate(set->rules.ptr[i]->gate);
	if (builtin && take_embedded(set)) {
		memcpy(set->anchor_width, sv_rules_builtin_anchor_width, n);
		set->matcher_source = "embedded";
		return 0;
	}
	for (size_t i = 0; status == 0 && i < n; i++)
		status = measure(set->rules.ptr[i], (enum sv_gate)set->gate[i], &set->anchor_width[i], err);
	for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
		status = compile(set, (enum sv_gate)gate, err);
	set->matcher_source = "compiled";
	return status;
}
