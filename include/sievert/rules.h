/** @file The rules of a run: read, compiled, listed, checked. */
#ifndef SIEVERT_RULES_H
#define SIEVERT_RULES_H

#include <sievert/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv_severity { SV_INFO, SV_LOW, SV_MEDIUM, SV_HIGH, SV_CRITICAL };
enum sv_confidence { SV_CONF_LOW, SV_CONF_MEDIUM, SV_CONF_HIGH };
enum sv_class { SV_CLASS_SECRET, SV_CLASS_PRACTICE };

SV_API const char *sv_severity_name(enum sv_severity s);	/* "info" … "critical"; static */
SV_API const char *sv_confidence_name(enum sv_confidence c);	/* "low" "medium" "high"; static */
SV_API const char *sv_class_name(enum sv_class c);		/* "secret" "practice"; static */
SV_API int sv_severity_parse(const char *name, enum sv_severity *ret);	    /* SV_EINVAL */
SV_API int sv_confidence_parse(const char *name, enum sv_confidence *ret); /* SV_EINVAL */

/** What to do instead; every member may be NULL. Lists end with NULL. */
struct sv_practice {
	const char *instead;
	const char *rotate;
	const char *docs;	     /**< the address of a page of the vendor's documentation */
	const char *const *mcsb;     /**< controls of the Microsoft cloud security benchmark v1 */
	const char *const *mcsb_v2;  /**< the same of v2 */
	const char *const *policies; /**< ids of built-in Azure Policy definitions that ask for it */
	const char *const *cwe;
	const char *const *sec101; /**< ids of Microsoft's catalogue of secrets */
	const char *const *github; /**< what GitHub's secret scanning calls it */
};

/**
 * The block of a template that a match must stand in, by words; every list may be NULL and ends
 * with NULL. A * at the end of a word stands for anything.
 */
struct sv_slot {
	const char *const *types;   /**< a block around it is a resource of one of these types */
	const char *const *within;  /**< a block around it has one of these names */
	const char *const *outside; /**< none of them has */
	const char *const *with;    /**< one of them has one of these members: "name" or "name=value" */
	const char *const *without; /**< none of them has */
};

/** A document of best practices that rules watch over. */
struct sv_document {
	const char *id;	   /**< what rules write before the slash */
	const char *title;
	const char *page;    /**< its address */
	const char *clauses; /**< letters of its parts that rules watch over; "" if it has none */
};
/** All of them, static, in the order of Azure's own list. */
SV_API const struct sv_document *sv_documents(size_t *ret_n);

struct sv_rule;
/**
 * What only a whole run can see, as one secret in several services: in no rule file and without a
 * pattern. Findings have them among their members "also". Static.
 */
SV_API const struct sv_rule *const *sv_rules_of_runs(size_t *ret_n);

/** One rule as its author wrote it. Borrowed from its ruleset; immutable. */
struct sv_rule {
	const char *id;
	const char *name;
	const char *description; /**< NULL if none */
	const char *origin;	 /**< file it came from, e.g. "azure/storage.yml" */
	unsigned line;		 /**< line in that file, from 1 */
	enum sv_severity severity;
	enum sv_confidence confidence; /**< of a hit before checks have spoken */
	enum sv_class cls;
	const char *pattern; /**< PCRE2; the group "secret" is the secret, else the whole match */
	const char *anchor;  /**< what Hyperscan looks for; NULL: the pattern itself */
	const char *gate;    /**< what must stand near the anchor: "run", "assignment"; NULL: nothing */
	unsigned word;	     /**< instead of an anchor: so many letters and digits, or more; 0: none */
	const char *tail;    /**< what must follow the anchor: "assigned", "element" …; NULL: nothing */
	unsigned least;	     /**< characters of the value that the tail asks for */
	unsigned width;	     /**< bytes a match may span at most */
	unsigned lead;	     /**< bytes from a match's start to its anchor's end at most; 0: width */
	double entropy;	     /**< least Shannon entropy of the secret, bits a byte; 0: not asked */
	const char *const *checks;
	struct sv_slot slot;
	const char *const *documents; /**< best-practice documents that it watches: "page/clause" */
	struct sv_practice practice;
	const char *const *examples;
	const char *const *refuses;
};

/**
 * The rules of one run, compiled. Immutable after sv_ruleset_open() returns, so any number of
 * threads may use it at once; it outlives every scan made with it.
 */
struct sv_ruleset;

struct sv_ruleset_options {
	const char *const *paths; /**< rule files or folders to add, n_paths of them */
	size_t n_paths;
	bool no_builtin;	    /**< only those */
	const char *const *disable; /**< ids of rules to leave out, n_disable of them */
	size_t n_disable;
	/**
	 * A folder that keeps what was compiled (seconds) for the next time; made when it is absent.
	 * Only files that are ours and whole are believed. NULL: nothing is kept. No error comes
	 * from it.
	 */
	const char *cache_dir;
	const char *const *only;    /**< if n_only is not 0: ids of the only rules to keep */
	size_t n_only;
	bool whole_paths; /**< origins of added rules are whole paths, not relative to their folder */
	bool uncompiled;  /**< to be listed only: no scan can be made with it */
};

/** options may be NULL: the built-in rules. A wrong rule is SV_EINVAL with file:line:column. */
SV_API int sv_ruleset_open(const struct sv_ruleset_options *options, struct sv_ruleset **ret_ruleset,
			   struct sv_err *err);
SV_API void sv_ruleset_free(struct sv_ruleset *ruleset);
SV_API size_t sv_ruleset_count(const struct sv_ruleset *ruleset);
SV_API const struct sv_rule *sv_ruleset_get(const struct sv_ruleset *ruleset, size_t index);
SV_API const struct sv_rule *sv_ruleset_find(const struct sv_ruleset *ruleset, const char *id);
/** 16 hex digits that change when any rule does; borrowed. */
SV_API const char *sv_ruleset_digest(const struct sv_ruleset *ruleset);
/** "embedded", "cache" or "compiled": where the matcher came from; static. */
SV_API const char *sv_ruleset_matcher_source(const struct sv_ruleset *ruleset);

/**
 * An example or refusal of a rule with its placeholders expanded from seed. Writes at most cap bytes
 * with the final NUL; returns the length that was needed, as snprintf does; 0 if it cannot be.
 */
SV_API size_t sv_rule_expand(const char *example, uint64_t seed, char *ret_text, size_t cap);

/** Called for each example that is not found and each refusal that is. Return non-zero to stop. */
typedef int sv_rule_problem_fn(const struct sv_rule *rule, const char *problem, void *payload);

/** Runs every rule's examples and refusals, expanded from seed. 0, or SV_EINVAL if any failed. */
SV_API int sv_ruleset_check(const struct sv_ruleset *ruleset, uint64_t seed,
			    sv_rule_problem_fn *on_problem, void *payload, struct sv_err *err);

#ifdef __cplusplus
}
#endif
#endif
