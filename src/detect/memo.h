/**
 * @file What was found in parts of texts that were looked at before: the deltas of one family add
 * the same again and again, as branches do the same change, and as a change is undone and done
 * again.
 */
#ifndef SV_DETECT_MEMO_H
#define SV_DETECT_MEMO_H

#include "base/base.h"

/** By which question was asked, as they have different margins. */
enum sv_memo_question { SV_MEMO_ANCHORS, SV_MEMO_GATED };

struct sv_memo_key {
	struct sv_hash128 hash;
};
/** A hit or a noun in a part. */
struct sv_memo_item {
	uint32_t end; /**< from where the part begins */
	uint32_t id;  /**< a rule's index, or SV_MEMO_NOUN and a set's */
};
#define SV_MEMO_NOUN 0x80000000u

/** One thread at a time. Forgets what is older. */
struct sv_memo;
struct sv_memo *sv_memo_new(void); /* NULL: no memory */
void sv_memo_free(struct sv_memo *memo);
/** What decides about all that is found in [from, to) of bytes: those, and whether more stand
 * around. */
struct sv_memo_key sv_memo_key(const struct sv_memo *memo, enum sv_memo_question question,
			       struct sv_span bytes, size_t from, size_t to);
/** The ret_n items that were kept by this key, borrowed until the next is kept; false: it is not
 * known. */
bool sv_memo_find(const struct sv_memo *memo, const struct sv_memo_key *key,
		  const struct sv_memo_item **ret_items, size_t *ret_n);
/** Keeps n items by key, if they are few. */
void sv_memo_keep(struct sv_memo *memo, const struct sv_memo_key *key,
		  const struct sv_memo_item *items, size_t n);

/** What decides about a match: text, and n numbers that tell where in it, and whose. */
struct sv_memo_key sv_memo_match_key(const struct sv_memo *memo, struct sv_span text,
				     const size_t *numbers, size_t n);
/** By whom: they look at more or less of what is around. */
enum sv_memo_refusal { SV_MEMO_BY_CHECKS, SV_MEMO_BY_MODEL };
/** Was a match with this key refused? */
bool sv_memo_is_refused(const struct sv_memo *memo, enum sv_memo_refusal by,
			const struct sv_memo_key *key);
void sv_memo_refuse(struct sv_memo *memo, enum sv_memo_refusal by, const struct sv_memo_key *key);
#endif
