/** @file Values that must not be printed, found wherever they stand. */
#ifndef SV_SINK_MASKS_H
#define SV_SINK_MASKS_H

#include "base/base.h"
#include <sievert/report.h>

/** Shorter values are in too many innocent words to be looked for everywhere. */
#define SV_MASK_LEAST 6

/** Zero-initialised is empty. Values are borrowed. One thread at a time. */
struct sv_masks {
	struct sv_span *values; /* a hash table, open addressing */
	size_t n_slots;
	SV_VEC(size_t) lengths; /* of the values: ascending, each once */
	uint8_t prefixes[8192]; /* bits: hashes that a value's first bytes have */
};
/** Room for n values. SV_ENOMEM. */
int sv_masks_init(struct sv_masks *masks, size_t n);
void sv_masks_release(struct sv_masks *masks);
/** Values shorter than SV_MASK_LEAST are left out. At most as many as there is room for. */
int sv_masks_add(struct sv_masks *masks, struct sv_span value);
/** To be called once after the last value. */
void sv_masks_seal(struct sv_masks *masks);
/** The values of all findings but short words, which outlive it; sealed. report may be NULL. SV_ENOMEM. */
int sv_masks_of(const struct sv_report *report, struct sv_masks *ret_masks);
/** Writes stars into text, which is as long as original, where a value stands in original. */
void sv_masks_apply(const struct sv_masks *masks, struct sv_span original, uint8_t *text);
#endif
