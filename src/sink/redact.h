/** @file What is shown of a secret, and of words that may hold one. */
#ifndef SV_SINK_REDACT_H
#define SV_SINK_REDACT_H

#include "sink/masks.h"

/** Appends what may be shown of a secret: "ghp_***(40)". */
int sv_redact(struct sv_span secret, struct sv_buf *ret);
/**
 * s with stars for secret, however short that is, and for all values of masks. masked (reset first)
 * holds what *ret_s borrows.
 */
int sv_mask(const struct sv_masks *masks, struct sv_span secret, struct sv_span s,
	    struct sv_buf *masked, struct sv_span *ret_s);
#endif
