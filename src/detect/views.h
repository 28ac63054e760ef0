/**
 * @file Decoded readings of bytes, each with a map back to where its bytes came from. A view is a
 * pure function of a bounded region of the input, so that a change elsewhere leaves it as it was.
 */
#ifndef SV_DETECT_VIEWS_H
#define SV_DETECT_VIEWS_H

#include "base/base.h"
#include <sievert/report.h>

/** The most input bytes that one view reads; longer runs are read in overlapping regions. */
#define SV_VIEW_REGION 65536

/** One decoded reading. Borrowed for the call. */
struct sv_reading {
	unsigned views;		 /**< of enum sv_view: one bit, or several when nested */
	size_t start, end;	 /**< the region of the original bytes that it reads */
	const struct sv_buf *text; /**< decoded bytes, with slack */
	/** Where byte i of text begins in the original; text->len + 1 entries, never descending. */
	const uint32_t *map;	 /**< relative to start */
};
/** Non-zero ends the reading and is returned. */
typedef int sv_reading_fn(const struct sv_reading *reading, void *payload);

/** Buffers for reading; one thread at a time. Zero-initialised is valid. */
struct sv_views {
	struct sv_buf text[3]; /* one for each depth of nesting */
	SV_VEC(uint32_t) map[3];
};
void sv_views_release(struct sv_views *views);

/** Calls on_reading for every decoded reading of bytes, in order of start. At most two deep. */
int sv_views_each(struct sv_views *views, struct sv_span bytes, sv_reading_fn *on_reading,
		  void *payload);
#endif
