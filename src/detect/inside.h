/** @file What the parts of the scanner share; nobody else includes it. */
#ifndef SV_DETECT_INSIDE_H
#define SV_DETECT_INSIDE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include "detect/check.h"
#include "detect/choose.h"
#include "detect/delta.h"
#include "detect/memo.h"
#include "detect/pkcs12.h"
#include "detect/tails.h"
#include "detect/values.h"
#include "detect/views.h"
#include <pcre2.h>
#include <stdatomic.h>

/* bytes that a lookbehind or lookahead of a rule may see around its match */
#define SV_LOOKAROUND 64
/* how deep readings nest: base64 of JSON with escapes is two */
#define SV_READINGS 3

/* The expression of a rule: NULLs until it is needed; immutable then. */
struct sv_expression {
	_Atomic(pcre2_code *) plain; /* to be interpreted */
	_Atomic(pcre2_code *) fast;  /* machine code */
};
/* By rule: all scanners of a family share them, and what was tried. */
struct sv_expressions {
	atomic_uint users;
	struct sv_pkcs12_tried *tried;
	size_t n;
	struct sv_expression of[];
};
struct sv_expressions *sv_expressions_new(size_t n); /* NULL: no memory */
struct sv_expressions *sv_expressions_join(struct sv_expressions *expressions);
/** The last one who leaves frees them. */
void sv_expressions_leave(struct sv_expressions *expressions);

/* What is kept of a rule: its expression, and how far it is in the text at hand. */
struct sv_compiled {
	const struct sv_need *need; /* NULL until the first hit */
	const pcre2_code *code; /* borrowed from the expressions; NULL until what is needed stands by a hit */
	int secret_group;
	uint8_t tries; /* matches with the plain expression */
	bool is_fast;  /* the code is machine code, for pcre2_jit_match() */
	uint64_t scan; /* the buffer that the others speak of: there are many rules, and most are never hit */
	/* the last match that was found in this buffer, and from where on it is the leftmost; none:
	 * end 0 */
	struct {
		size_t from, start, end;
		uint32_t match; /* what it became: as sv_anchor_hit.match */
	} last;
	uint32_t kept; /* the last one that stands: likewise */
	size_t clear; /* starts before this one have no match that ends at or after the next hit */
};

struct sv_scanner {
	const struct sv_ruleset *rules;
	struct sv_matcher *matcher;
	struct sv_expressions *expressions;
	struct sv_compiled *compiled; /* by rule */
	struct sv_arena arena;
	pcre2_match_context *context;
	pcre2_match_data *match;
	pcre2_jit_stack *stack;
	uint64_t limits_hit;
	int64_t now;
	struct sv_rule_tally *tallies; /* by rule; NULL: nobody asks */
	struct sv_rule_tally untold;
	uint64_t clock_ns; /* that asking the clock of tallies takes */
	struct sv_stopwatch *match_watch, *confirm_watch, *readings_watch;
	struct sv_values *values; /* what the model saw in values that come again */
	size_t reach;
	struct sv_trace own; /* when the caller wants none */
	struct sv_anchor_hits fresh;
	struct sv_nouns fresh_nouns;
	SV_VEC(struct sv_part) parts;
	/* parts that were looked at before are not looked at again */
	struct sv_memo *memo;
	bool made_by_delta;   /* the content at hand */
	SV_VEC(struct sv_part) unknown;
	SV_VEC(struct sv_memo_key) keys; /* of the unknown ones */
	struct sv_anchor_hits found;
	struct sv_nouns found_nouns;
	SV_VEC(struct sv_memo_item) items;
	SV_VEC(uint32_t) reached;
	struct sv_chosen chosen;
	/* for decoded readings, by depth */
	struct sv_decoded decoded[SV_READINGS];
	struct sv_regions regions[SV_READINGS];
	struct sv_token_bits tokens; /* of the content, if it was looked through for readings before */
	struct sv_anchor_hits decoded_hits;
	struct sv_nouns decoded_nouns;
	/* of the text at hand: the content, or a reading of it */
	struct sv_span bytes;
	uint64_t scan; /* its number */
	struct sv_trace *trace;
	struct sv_err *err;
};

/* what sv_check_group() reads */
struct sv_groups {
	const struct sv_compiled *compiled;
	const PCRE2_SIZE *at;
	uint32_t n;
	size_t low; /* of the subject in bytes */
	const uint8_t *bytes;
};


/** Starts with another text: what was remembered of the last one is void. */
static inline void sv_scanner__take(struct sv_scanner *s, struct sv_span bytes)
{
	s->bytes = bytes;
	s->scan++;
}
/** What is kept of the rule, reset if it is of an earlier text. */
struct sv_compiled *sv_scanner__compiled(struct sv_scanner *s, size_t rule);
/** Is the last match of the rule that stands [start, end)? */
bool sv_scanner__is_kept(const struct sv_scanner *s, const struct sv_compiled *c, size_t start,
			 size_t end);
/** What of the expression's limits is the same for all matches. */
void sv_scanner__set_limits(struct sv_scanner *s);
/**
 * Moves *from on to where a match of the rule may begin in subject; to limit if there is none
 * before. If there is, the rule's expression is there, for sv_scanner__run().
 */
int sv_scanner__prepare(struct sv_scanner *s, size_t rule, struct sv_compiled *c,
			struct sv_span subject, size_t *from, size_t limit);
/** Makes the rule's expression, to the last, before it is needed. */
int sv_scanner__make(struct sv_scanner *s, size_t rule);
/** pcre2_match() with the rule's expression, into s->match. */
int sv_scanner__run(struct sv_scanner *s, size_t rule, struct sv_compiled *c, struct sv_span subject,
		    size_t from, uint32_t flags);
/** Fills hit's match and limited. Hits of one text come in order. */
int sv_scanner__confirm(struct sv_scanner *s, struct sv_anchor_hit *hit);
/** sv_matcher_scan() with the time counted. */
int sv_scanner__match(struct sv_scanner *s, struct sv_nouns *ret_nouns, struct sv_anchor_hits *ret_hits);
/** sv_classify(), unless it is known to refuse. */
bool sv_scanner__classify(struct sv_scanner *s, const struct sv_check_input *in,
			  const struct sv_groups *groups, struct sv_candidate *cand);
/** Puts what regions were read in order of start. */
void sv_trace__sort_regions(struct sv_trace *trace);
/** The base's hits and verdicts, where its delta keeps them, and the others, into the trace. */
int sv_scanner__scan_child(struct sv_scanner *s, const struct sv_scan_base *base,
			   const struct sv_child *child);
/** The base's match, shifted, into the trace. */
int sv_scanner__take_match(struct sv_scanner *s, const struct sv_match *theirs, size_t shift);
/** Where the content, without a base, has decoded readings; and where its tokens are. */
int sv_scanner__find_readings(struct sv_scanner *s);
/** Decoded readings of the content into the trace: all that were found, or what base does not answer. */
int sv_scanner__scan_readings(struct sv_scanner *s, const struct sv_scan_base *base,
			      const struct sv_child *child);
#endif
