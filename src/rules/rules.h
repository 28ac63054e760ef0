/** @file The ruleset as the library's other folders see it. */
#ifndef SV_RULES_RULES_H
#define SV_RULES_RULES_H

#include "base/base.h"
#include "rules/need.h"
#include "rules/sieve.h"
#include <hs.h>
#include <sievert/rules.h>

/** Where a rule's anchor is looked for; gates.def says what each is. */
enum sv_gate {
#define GATE(id, name, anchor) SV_GATE_##id,
#include "rules/gates.def"
#undef GATE
	SV_GATES
};

/** What must follow a rule's anchor; tails.def says what each is. */
enum sv_tail {
	SV_TAIL_NONE,
#define TAIL(id, name) SV_TAIL_##id,
#include "rules/tails.def"
#undef TAIL
	SV_TAILS
};

/* Bytes around a run of SV_RUN characters in which anchors behind SV_GATE_RUN stand, whole. */
#define SV_RUN	      24
#define SV_RUN_CASES  6 /* letters of each case in so many without a digit */
#define SV_RUN_BEFORE 64
#define SV_RUN_AFTER  16
/* Bytes before the end of an assignment's gate in which anchors behind it stand, whole. */
#define SV_ASSIGNMENT 224
/* Bytes of a noun that opens it, at most. */
#define SV_GATE_NOUN 16
/* What an anchor may match at most: whether it stands somewhere depends on so many bytes before. */
#define SV_ANCHOR_MAX 255
/* What a rule may ask of its tail at most. */
#define SV_LEAST_MAX 64

/**
 * An anchor that counts only with what follows it: what opens a gate, or what rules with a tail share.
 */
#define SV_GATE_ASSIGNMENT_NOUNS 0 /* the number of the set that opens it */
struct sv_noun_set {
	const char *anchor;
	const uint32_t *rules; /* indexes, n of them, those of one group together */
	const struct sv_tail_group *groups;
	size_t n, n_groups;
	uint32_t tails; /* of the groups: a bit for each */
	uint8_t width;
};
/* n rules that ask the same of what follows. */
struct sv_tail_group {
	uint8_t tail, least;
	uint16_t n;
};

struct sv_ruleset {
	struct sv_arena arena; /* everything below lives here, but for the databases */
	SV_VEC(struct sv_rule *) rules;
	uint8_t *anchor_width; /* by rule: bytes its anchor matches at most */
	uint8_t *gate;	       /* by rule, of enum sv_gate */
	uint8_t *tail;	       /* by rule, of enum sv_tail */
	SV_VEC(struct sv_noun_set) nouns; /* the first opens SV_GATE_ASSIGNMENT */
	/* pattern i is the anchor of rule i; NULL where no rule has this gate. Sets of nouns are patterns of
	   the first database, numbered from the count of rules on. */
	const hs_database_t *db[SV_GATES];
	hs_database_t *own_db[SV_GATES]; /* the same on the heap; NULL: db is part of the program */
	const struct sv_sieve *sieve; /* of the first database; NULL: these rules have none */
	/* for all of them; what scanners clone: hs_alloc_scratch() sums up a whole database each time */
	hs_scratch_t *scratch;
	const char *matcher_source;
	bool whole_paths; /* origins of rule files are whole paths */
	char digest[17];
};

/** It knows no form: only the name beside a value tells that it is a secret. */
static inline bool sv_rule__is_generic(const struct sv_rule *rule)
{
	return strncmp(rule->id, "generic-", 8) == 0 || strcmp(rule->id, "bearer-header") == 0;
}

/** What Hyperscan looks for. */
static inline const char *sv_rule__anchor(const struct sv_rule *rule)
{
	return rule->anchor ? rule->anchor : rule->pattern;
}

/** What the program knows of its pattern; NULL for a rule that is not built in. */
const struct sv_need *sv_rules__need(const struct sv_rule *rule);
/** The pattern of a built-in rule for pcre2_serialize_decode(); NULL for others. It is the program's. */
const uint8_t *sv_rules__code(const struct sv_rule *rule);

/** Reads one file's rules into the set. origin is what messages call the file. */
int sv_rules__parse(struct sv_ruleset *set, struct sv_span text, const char *origin,
		    struct sv_err *err);

/** The tail of that name; SV_TAIL_NONE for NULL, SV_TAILS if there is none. */
enum sv_tail sv_rules__tail(const char *name);
/** The gate of that name; SV_GATE_NONE for NULL, SV_GATES if there is none. */
enum sv_gate sv_rules__gate(const char *name);

/** How patterns are compiled to be searched for; for who includes pcre2.h. */
#define SV_PATTERN_OPTIONS PCRE2_USE_OFFSET_LIMIT

#define SV_WHY 256 /* bytes for a reason */
/**
 * The most bytes that what Hyperscan looks for may match. SV_EINVAL, with the reason in why, for an
 * anchor that it does not take, that is longer than the rule's gate allows, or that matches nothing.
 */
int sv_rules__measure(const struct sv_rule *rule, uint8_t *ret_width, char why[SV_WHY]);

/**
 * Fills all that is of Hyperscan in a set whose rules are all there: from what the program holds if they
 * are the built-in ones and this libhs is the one that made it, from cache_dir (may be NULL), or anew.
 * SV_EINVAL for an anchor that is wrong, or that matches more bytes than it may.
 */
int sv_rules__match_with(struct sv_ruleset *set, bool builtin, const char *cache_dir,
			 struct sv_err *err);

/** The built-in rules, made by rulec: parsed already, in the order of the databases' ids. */
extern const struct sv_rule sv_rules_builtin[];
extern const size_t sv_rules_builtin_count;
extern const char *const sv_rules_builtin_digest; /* of all of them */
extern const uint8_t sv_rules_builtin_anchor_width[];
extern const struct sv_need sv_rules_builtin_need[]; /* of their patterns */
/** Their databases as they lie in memory, to be used in place; they fit this libhs only. */
extern const unsigned char *const sv_rules_builtin_db;
extern const size_t sv_rules_builtin_db_at[SV_GATES]; /* where each begins; SIZE_MAX: there is none */
extern const size_t sv_rules_builtin_sieve_at; /* where among them the sieve is; SIZE_MAX: there is none */
extern const char *const sv_rules_builtin_libhs; /* hs_version() of the libhs that made them */
/** Where behind the databases each pattern is, as pcre2_serialize_encode() made it. */
extern const uint32_t sv_rules_builtin_code_at[];
/** The learnt model's numbers (detect/model.h). */
extern const unsigned char *const sv_rules_builtin_model;
extern const unsigned char *const sv_rules_builtin_model_end;
#endif
