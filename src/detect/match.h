/** @file The match stage: where anchors stand. Knows the ruleset's databases and gates, no patterns. */
#ifndef SV_DETECT_MATCH_H
#define SV_DETECT_MATCH_H

#include "base/base.h"
#include "rules/rules.h"

/** The anchor of a rule or its tail ends (or its gate opened) before the byte at end. */
struct sv_anchor_hit {
	uint32_t end;
	uint32_t rule;	   /* its index in the ruleset */
	uint32_t match;	   /* for the scanner: 1 + the index of the match that confirms it; 0: none */
	uint16_t limited;  /* for the scanner: PCRE2 gave up */
	uint16_t tail;	   /* bytes of its tail, in which no match begins */
};
struct sv_anchor_hits {
	struct sv_anchor_hit *ptr;
	size_t len, cap;
};

/** For qsort: by end, then rule, the longest tail first. */
int sv_anchor_hit_order(const void *a, const void *b);

/** A noun ends before the byte at end: an anchor that counts only with what follows it. */
struct sv_noun {
	uint32_t end;
	uint32_t set; /* its number among the ruleset's sets of nouns */
};
struct sv_nouns {
	struct sv_noun *ptr;
	size_t len, cap;
};
/** For qsort: by end, then set. */
int sv_noun_order(const void *a, const void *b);

/** Bytes before and after an end that decide whether a hit or a noun is there: none further away does. */
struct sv_footprint {
	uint16_t before, after;
};

/** Bytes [from, to) of a content. */
struct sv_part {
	size_t from, to;
};

/** Scratch memory of one thread. */
struct sv_matcher;
int sv_matcher_new(const struct sv_ruleset *rules, struct sv_matcher **ret_matcher, struct sv_err *err);
void sv_matcher_free(struct sv_matcher *matcher);
/** Of a hit of rule, without its tail. */
struct sv_footprint sv_matcher_footprint(const struct sv_matcher *matcher, size_t rule);
struct sv_footprint sv_matcher_noun_footprint(const struct sv_matcher *matcher, size_t set);
/** Before and after together at most: of what sv_matcher_anchors() finds, and sv_matcher_gated(). */
size_t sv_matcher_anchors_margin(const struct sv_matcher *matcher);
size_t sv_matcher_gated_margin(const struct sv_matcher *matcher);

/**
 * The hits of a content, by end and rule, each once; nouns are by the way. After the last of bytes there
 * are SV_SLACK readable ones.
 */
int sv_matcher_scan(struct sv_matcher *matcher, struct sv_span bytes, struct sv_nouns *ret_nouns,
		    struct sv_anchor_hits *ret_hits, struct sv_err *err);

/**
 * The same in two steps, with time between them to look at the content: what is told anywhere and
 * what follows nouns, then what stands behind gates, and all in order. tokens: which bytes are of
 * SV_RUN's characters, as struct sv_token_bits has them; NULL: not known.
 */
int sv_matcher_start(struct sv_matcher *matcher, struct sv_span bytes, struct sv_nouns *ret_nouns,
		     struct sv_anchor_hits *ret_hits, struct sv_err *err);
int sv_matcher_finish(struct sv_matcher *matcher, struct sv_span bytes, const uint64_t *tokens,
		      const struct sv_nouns *nouns, struct sv_anchor_hits *hits,
		      struct sv_err *err);

/*
 * The same in steps, for one who knows some of it already. Parts are n, in order and apart; what is told is
 * what has its footprint in one of them. A footprint ends at the ends of bytes.
 */

/** Appends the hits of rules without gate or tail, in any order, and the nouns, in order, each once. */
int sv_matcher_anchors(struct sv_matcher *matcher, struct sv_span bytes, const struct sv_part *parts,
		       size_t n, struct sv_anchor_hits *hits, struct sv_nouns *nouns, struct sv_err *err);
/** Appends the hits of rules whose tail follows one of n nouns, which are in order. */
int sv_matcher_tails(struct sv_matcher *matcher, struct sv_span bytes, const struct sv_noun *nouns,
		     size_t n, struct sv_anchor_hits *hits);
/** Appends the hits of rules behind gates, in any order. nouns are all that there are in the parts. */
int sv_matcher_gated(struct sv_matcher *matcher, struct sv_span bytes, const struct sv_part *parts,
		     size_t n, const struct sv_nouns *nouns, struct sv_anchor_hits *hits,
		     struct sv_err *err);
/** By end and rule, each once. */
void sv_anchor_hits_sort(struct sv_anchor_hits *hits);

enum sv_run_way { SV_RUN_PLAIN, SV_RUN_SSE2, SV_RUN_AVX2, SV_RUN_AVX512 };
/** The last that this processor can. */
enum sv_run_way sv_run_best_way(void);
#define SV_RUN_BLOCKS 64
/**
 * Runs of SV_RUN or more characters of [A-Za-z0-9_+/-], one after the other: as they stand in bytes,
 * of which those before from count for nothing. After the last of bytes there are SV_SLACK readable
 * ones. Filled by sv_runs_init(); owns nothing.
 */
struct sv_runs {
	enum sv_run_way way;
	const uint64_t
		*known; /* as sv_matcher_finish() gets it, of all bytes; the caller's to set */
	struct sv_span bytes;
	size_t at, n;  /* n blocks from there on are known */
	size_t next;   /* those after them begin there */
	uint64_t some; /* blocks in which runs begin that were not told */
	const uint64_t *ones; /* bytes that are in a run; element 0: of the block before */
	uint64_t seen[SV_RUN_BLOCKS + 1]; /* the same, unless they were known */
	uint64_t runs[SV_RUN_BLOCKS + 1]; /* the SV_RUNth of each run that was not told */
};
void sv_runs_init(struct sv_runs *runs, enum sv_run_way way, struct sv_span bytes, size_t from);
/** False if there is none. */
bool sv_runs_next(struct sv_runs *runs, size_t *ret_start, size_t *ret_end);
/**
 * The next stretch of a run, from place from of it on, in which each SV_RUN bytes could be a
 * token's: they hold a digit, or SV_RUN_CASES small letters and as many capitals, or nothing but
 * letters of one case. Names in one case or two (lower_case_names, namesOfManyWords), paths and
 * rulers are nearly all the other runs in source text. Of random tokens of 24 letters and digits
 * one in 10,000 is none of these, of 34 letters one in 4,600, and of [a-z0-9] one in 2,500 if it
 * has a separator too. After the last of run there are SV_SLACK readable bytes. False if there is none.
 */
bool sv_run_next_stretch(struct sv_span run, size_t from, size_t *ret_start, size_t *ret_end);
/** The same in one way. */
bool sv_run_next_stretch_by(enum sv_run_way way, struct sv_span run, size_t from, size_t *ret_start,
			    size_t *ret_end);
#endif
