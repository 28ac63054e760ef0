/** @file A content through a sieve: where its entries stand. */
#ifndef SV_DETECT_SIFT_H
#define SV_DETECT_SIFT_H

#include "base/base.h"
#include "rules/sieve.h"

/** An entry's text stands in front of the byte at end; at is where its gram begins. Not 0: that
 * ends it. */
typedef int sv_sift_fn(const struct sv_sieve_entry *entry, size_t at, size_t end, void *payload);

/** Whether this processor sifts faster than Hyperscan looks at everything. */
bool sv_sift_is_fast(void);

/**
 * Tells where texts of the sieve's entries stand in bytes, by the places of their grams. After the
 * last of bytes there are SV_SLACK readable ones. To be called only where it is fast.
 */
int sv_sift(const struct sv_sieve *sieve, struct sv_span bytes, sv_sift_fn *on_text, void *payload);

#endif
