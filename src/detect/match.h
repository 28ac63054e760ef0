/** @file The match stage: where anchors stand. Knows the ruleset's databases and gates, no patterns. */
#ifndef SV_DETECT_MATCH_H
#define SV_DETECT_MATCH_H

#include "base/base.h"
#include "rules/rules.h"

/** The anchor of a rule ends (or its gate opened) before the byte at end. */
struct sv_anchor_hit {
	uint32_t end;
	uint32_t rule;	   /* its index in the ruleset */
	uint32_t match;	   /* for the scanner: 1 + the index of the match that confirms it; 0: none */
	uint32_t limited;  /* for the scanner: PCRE2 gave up */
};
struct sv_anchor_hits {
	struct sv_anchor_hit *ptr;
	size_t len, cap;
};

/** For qsort: by end, then rule. */
int sv_anchor_hit_order(const void *a, const void *b);

/** Bytes before and after a hit's end that decide whether it is one: none further away does. */
struct sv_footprint {
	uint16_t before, after;
};
/** No footprint is longer, before and after together. */
#define SV_FOOTPRINT_MAX (SV_ANCHOR_MAX + 2)

/** Scratch memory of one thread. */
struct sv_matcher;
int sv_matcher_new(const struct sv_ruleset *rules, struct sv_matcher **ret_matcher, struct sv_err *err);
void sv_matcher_free(struct sv_matcher *matcher);
struct sv_footprint sv_matcher_footprint(const struct sv_matcher *matcher, size_t rule);
/** Bytes [from, to) of a content. */
struct sv_part {
	size_t from, to;
};
/**
 * Appends the hits whose footprints lie in one of n parts of bytes, which are in order and apart: by end
 * and rule, each once. A footprint ends at the ends of bytes. After the last of bytes there are
 * SV_SLACK readable ones.
 */
int sv_matcher_scan(struct sv_matcher *matcher, struct sv_span bytes, const struct sv_part *parts,
		    size_t n, struct sv_anchor_hits *hits, struct sv_err *err);

/**
 * The next run of SV_RUN or more characters of [A-Za-z0-9_+/-] in bytes at or after from; false if there
 * is none. After the last of bytes there are SV_SLACK readable ones.
 */
bool sv_run_next(struct sv_span bytes, size_t from, size_t *ret_start, size_t *ret_end);
/** The same in one way; AVX2 where the processor has it. */
enum sv_run_way { SV_RUN_PLAIN, SV_RUN_SSE2, SV_RUN_AVX2 };
bool sv_run_next_by(enum sv_run_way way, struct sv_span bytes, size_t from, size_t *ret_start,
		    size_t *ret_end);
#endif
