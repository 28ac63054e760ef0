/** @file What is a secret: match, confirm, check. Knows bytes and rules, nothing of files or git. */
#ifndef SV_DETECT_SCANNER_H
#define SV_DETECT_SCANNER_H

#include "base/base.h"
#include "detect/match.h"
#include "rules/rules.h"

#define SV_MAX_REASONS 4
#define SV_MAX_ALSO    3

/** One secret in one buffer. Offsets are into the original bytes, end exclusive. */
struct sv_candidate {
	const struct sv_rule *rule;
	size_t start, end;
	size_t secret_start, secret_end;
	size_t kept; /**< set by a check: so many bytes of what matched are the secret; 0: all */
	struct sv_span secret; /**< borrowed for the call: as it reads, which is not as it stands there if
				    views is not 0 */
	unsigned views; /**< of enum sv_view, through which it was seen */
	enum sv_severity severity;
	enum sv_confidence confidence;
	const char *reasons[SV_MAX_REASONS]; /**< static; NULL after the last */
	const struct sv_rule *also[SV_MAX_ALSO]; /**< others that tell of the same place; NULL after the last */
	char note[512]; /**< a sentence that a check computed, without the secret; "" if none */
};

/** A candidate while its content is scanned: without what the content itself tells. */
struct sv_match {
	const struct sv_rule *rule;
	size_t start, end, secret_start, secret_end;
	enum sv_severity severity;
	enum sv_confidence confidence;
	const char *reasons[SV_MAX_REASONS];
	const char *note; /* "" if none */
	unsigned views;	  /* of enum sv_view, through which it was seen */
	struct sv_span decoded; /* if it was seen through any: the secret as they read it */
};

/** A region of the content that was read in a view, with all that nests in it. */
struct sv_read_region {
	unsigned view;
	uint32_t first, n; /* its matches in the trace */
	uint32_t limited;  /* limits that were hit in it */
	size_t start, end;
};

/** Non-zero ends the scan and is returned by it. */
typedef int sv_candidate_fn(const struct sv_candidate *candidate, void *payload);

/** Scratch memory for one ruleset; one thread at a time. */
struct sv_scanner;
int sv_scanner_new(const struct sv_ruleset *rules, struct sv_scanner **ret_scanner,
		   struct sv_err *err);
/** Another one for the same rules and another thread: what one has compiled serves both. */
int sv_scanner_new_sibling(const struct sv_scanner *scanner, struct sv_scanner **ret_sibling,
			   struct sv_err *err);
void sv_scanner_free(struct sv_scanner *scanner);
/** The clock by which checks judge expiry, seconds since 1970; 0 until set. */
void sv_scanner_set_now(struct sv_scanner *scanner, int64_t now);
/** What one rule did. */
struct sv_rule_tally {
	uint64_t hits;	   /**< places where its anchor stands, behind its gate */
	uint64_t searches; /**< runs of its expression for them */
	uint64_t searched; /**< bytes that were before those */
	uint64_t matches;  /**< of the expression, before its checks */
	uint64_t ns;	   /**< CPU time of expression and checks */
};
/** Counts what each rule does from now on, by its place in the ruleset. Borrowed. */
void sv_scanner_tally(struct sv_scanner *scanner, struct sv_rule_tally *tallies);
/** Counts the time of matching, of confirming, and of decoded readings with both in them. Borrowed. */
void sv_scanner_time(struct sv_scanner *scanner, struct sv_stopwatch *match,
		     struct sv_stopwatch *confirm, struct sv_stopwatch *readings);
/**
 * Bytes around a match that decide about it: a part of the input gives the whole's candidates
 * wherever this many bytes of it lie on both sides.
 */
size_t sv_scanner_reach(const struct sv_scanner *scanner);
/** All of a copy of fewer bytes is scanned, so that it may be told as new. */
size_t sv_scanner_least_copy(const struct sv_scanner *scanner);
/** content needs SV_SLACK readable bytes after it, as a sv_buf has. Candidates in order of place. */
int sv_scanner_scan(struct sv_scanner *scanner, const struct sv_buf *content,
		    sv_candidate_fn *on_candidate, void *payload, struct sv_err *err);

/**
 * What a scan found before anything was dropped: from it, a scan of what a delta makes of the same
 * content need look only at what is new. Zero-initialised is empty and unusable.
 */
struct sv_trace {
	struct sv_anchor_hits hits;
	struct sv_nouns nouns;
	SV_VEC(struct sv_match) matches;
	SV_VEC(struct sv_read_region) regions; /* in order of start */
	struct sv_arena arena; /* for the matches' notes and decoded secrets */
	size_t content_len;
	bool usable;
	bool folds; /* as sv_regions.folds, of any part */
};
void sv_trace_release(struct sv_trace *trace);
void sv_trace_reset(struct sv_trace *trace); /* empties, keeps capacity */
/** Bytes that it holds. */
size_t sv_trace_bytes(const struct sv_trace *trace);
/** Do both say the same? Sorts what they hold: no scan can start from them then. */
bool sv_trace_equal(struct sv_trace *a, struct sv_trace *b);

/** What content was made from. */
struct sv_scan_base {
	const struct sv_trace *trace; /**< of the base, usable */
	const struct sv_delta_op *ops; /**< n_ops of them, in order of out, covering content */
	size_t n_ops;
};
/**
 * sv_scanner_scan() that tells the same candidates, scanning only what base does not answer (NULL: all
 * of content), and leaves in trace (NULL: nothing) what children of content can start from.
 */
int sv_scanner_scan_delta(struct sv_scanner *scanner, const struct sv_buf *content,
			  const struct sv_scan_base *base, struct sv_trace *trace,
			  sv_candidate_fn *on_candidate, void *payload, struct sv_err *err);
/** PCRE2 match, depth and heap limits reached since new. */
uint64_t sv_scanner_limits_hit(const struct sv_scanner *scanner);

/** Expands {base62:36}-like placeholders of an example from seed. SV_EINVAL names the wrong one. */
int sv_template_expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err);
#endif
