/** @file Checks: what a rule may ask of a match, and what a check may say of it. */
#ifndef SV_DETECT_CHECK_H
#define SV_DETECT_CHECK_H

#include "detect/scanner.h"

/** Bytes on both sides of a match that anything may look at: no more, so that a finding depends on
    nothing farther away (delta scanning carries findings over by that). Slots read all of it. */
#define SV_CHECK_CONTEXT 8192
/** The part of it that checks see: what is named farther away belongs to something else. */
#define SV_NEAR_CONTEXT 512

/** How far from a match of rule anything may look. */
static inline size_t sv_rule_context(const struct sv_rule *rule)
{
	const struct sv_slot *s = &rule->slot;

	return s->types || s->within || s->outside || s->with || s->without ? SV_CHECK_CONTEXT
									    : SV_NEAR_CONTEXT;
}

/** What a check sees. Spans are borrowed for the call. */
struct sv_check_input {
	const struct sv_rule *rule;
	struct sv_span text;	   /**< the match with up to SV_NEAR_CONTEXT bytes around it */
	size_t match_start, match_end; /**< in text */
	struct sv_span wide;	   /**< the match with up to SV_CHECK_CONTEXT bytes around it */
	struct sv_span secret;	   /**< inside of text */
	int64_t now;		   /**< seconds since 1970, UTC: the clock of this run */
	const void *groups;	   /**< for sv_check_group() */
	struct sv_values *values;  /**< what is known already; may be NULL, changes no answer */
	struct sv_memo *memo;	   /**< likewise */
	struct sv_pkcs12_tried *tried; /**< likewise */
};
/** The bytes of a named group of the rule's pattern; false if it took no part. */
bool sv_check_group(const struct sv_check_input *in, const char *name, struct sv_span *ret);

/**
 * In a note: ends the sentence. After it stands the text that the token's signature signs, for
 * engine/crossproof.c, which takes it out again.
 */
#define SV_NOTE_SIGNS '\x1f'
/** The same, before the id of the device that has the key, for engine/shared.c. */
#define SV_NOTE_DEVICE '\x1e'

enum sv_verdict {
	SV_CHECK_FAILED = -1, /**< this is no secret of this kind: drop it */
	SV_CHECK_OPEN = 0,    /**< the check does not settle it */
	SV_CHECK_PROVED = 1,  /**< it holds: confidence becomes high */
	SV_CHECK_JUDGED = 2,  /**< it has set confidence and reasons itself */
	SV_CHECK_PASSED = 3,  /**< nothing speaks against it, and nothing is proved */
};
/**
 * May lower or raise cand's severity and confidence, add reasons, and write its note; the verdict
 * is applied after that. Pure: the same input gives the same answer on any thread.
 */
typedef enum sv_verdict sv_check_fn(const struct sv_check_input *in, struct sv_candidate *cand);
struct sv_check {
	const char *name;
	sv_check_fn *run;
	const char *proved; /**< the reason given when it holds */
};
/** The reason that a check gives for little confidence, which no other rule may raise. */
extern const char sv_reads_like_a_sample[];
/** NULL if there is none of that name. */
const struct sv_check *sv_check_find(const char *name);
/** Adds a static reason; more than SV_MAX_REASONS are left out. */
void sv_candidate_reason(struct sv_candidate *cand, const char *reason);

/**
 * Runs the slot and the checks of cand's rule and fills confidence, severity, reasons and note;
 * false: no secret. in->text is the match with SV_CHECK_CONTEXT bytes around it.
 */
bool sv_classify(const struct sv_check_input *in, struct sv_candidate *cand);

/** Microsoft's Marvin32, all 64 bits; the published vectors are in the tests. */
uint64_t sv_marvin64(const uint8_t *bytes, size_t len, uint64_t seed);
double sv_entropy(struct sv_span bytes); /* Shannon, bits a byte */
#endif
