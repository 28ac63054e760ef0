/** @file The ruleset as the library's other folders see it. */
#ifndef SV_RULES_RULES_H
#define SV_RULES_RULES_H

#include "base/base.h"
#include <hs.h>
#include <sievert/rules.h>

struct sv_ruleset {
	struct sv_arena arena; /* everything below lives here, but for the database */
	SV_VEC(struct sv_rule *) rules;
	const hs_database_t *db; /* pattern id i is rules.ptr[i]'s anchor */
	hs_database_t *own_db;	 /* the same on the heap; NULL: db is part of the program */
	const char *matcher_source;
	char digest[17];
};

/** What Hyperscan looks for. */
static inline const char *sv_rule__anchor(const struct sv_rule *rule)
{
	return rule->anchor ? rule->anchor : rule->pattern;
}

/** Reads one file's rules into the set. origin is what messages call the file. */
int sv_rules__parse(struct sv_ruleset *set, struct sv_span text, const char *origin,
		    struct sv_err *err);

/** The built-in rules, made by rulec: parsed already, in the order of the database's ids. */
extern const struct sv_rule sv_rules_builtin[];
extern const size_t sv_rules_builtin_count;
extern const char *const sv_rules_builtin_digest; /* of all of them */
/** Their database as it lies in memory, to be used in place; fits this libhs only. */
extern const unsigned char *const sv_rules_builtin_db;
extern const char *const sv_rules_builtin_libhs; /* hs_version() of the libhs that made it */
/** The learnt model's numbers (detect/model.h). */
extern const unsigned char *const sv_rules_builtin_model;
extern const unsigned char *const sv_rules_builtin_model_end;
#endif
