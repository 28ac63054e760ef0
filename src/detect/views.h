/**
 * @file Readings of bytes that differ from the bytes: escapes undone, base64 decoded, literals
 * joined.
 *
 * A *region* is a part of the input that reads differently in one view. Regions are found first, at
 * the speed of memory; only they are decoded. Everything here is a pure function of its input.
 *
 * Regions are local: whether there is one, and where it starts and ends, depends on nothing but its
 * own bytes and SV_VIEW_MARGIN bytes before and after it. So a region that lies with its margins in
 * a copied range of a delta is a region of the copy, and a window finds what the whole file has.
 */
#ifndef SV_DETECT_VIEWS_H
#define SV_DETECT_VIEWS_H

#include "base/base.h"
#include <sievert/report.h>

/** No region is longer. One that would be is cut off there, and says so. */
#define SV_VIEW_MAX_REGION 65536
/** Bytes around a region that decide about it. */
#define SV_VIEW_MARGIN 768
/** What makes a region stands in it, and is decided by so many bytes around; but for folded scalars. */
#define SV_VIEW_NEAR 320
/** What a window must hold before from and after to, so that it tells what the whole would. */
#define SV_VIEW_REACH (SV_VIEW_MAX_REGION + 4 * SV_VIEW_MARGIN)
/** Decoded bytes are at most this many for a region. */
#define SV_VIEW_MAX_DECODED (2 * SV_VIEW_MAX_REGION)

struct sv_region {
	enum sv_view view;
	bool cut; /**< it was longer than SV_VIEW_MAX_REGION: count a limit that was hit */
	size_t start, end;
};

/** Zero-initialised is empty. */
struct sv_regions {
	struct sv_region *ptr;
	size_t len, cap;
	bool folds; /**< something was seen that may begin a folded scalar: it may reach far */
};
void sv_regions_release(struct sv_regions *regions);

/**
 * Which bytes are of [A-Za-z0-9_+/-], a bit each, 64 in a word; those past the end are none. The first word
 * is of what is before them, none either; after the last, eight are readable.
 */
struct sv_token_bits {
	uint64_t *ptr;
	size_t len, cap;
};

/**
 * The regions of bytes that overlap [from, to), sorted by start, then view; what ret held is
 * replaced. Regions of one view may overlap where a long one was parted, so that what stands
 * across the parting is whole in one of them. Time is linear in to - from. SV_ENOMEM.
 */
int sv_views_find(struct sv_span bytes, size_t from, size_t to, struct sv_regions *ret);

/**
 * The same of all bytes. What it sees of tokens on the way goes to ret_tokens if that is not NULL,
 * for sv_matcher_finish().
 */
int sv_views_find_all(struct sv_span bytes, struct sv_regions *ret, struct sv_token_bits *ret_tokens);

/**
 * Might anything in [from, to) make a region? If so, sv_views_find() tells; false is an answer: what
 * overlaps it is there for something else, which stands in it too or within SV_VIEW_MARGIN of here.
 */
bool sv_views_any(struct sv_span bytes, size_t from, size_t to);

/** Decoded bytes out to out_end come, unit by unit, from the input at in. */
struct sv_decoded_run {
	uint32_t out, in;
	uint16_t unit_out, unit_in;
};

/**
 * One region, decoded, and the way back. Zero-initialised is empty; decoding again into it reuses
 * its memory. Borrows the reading that it was decoded from: that one must stay as it is.
 */
struct sv_decoded {
	struct sv_buf text; /**< with SV_SLACK zero bytes after it */
	unsigned views;	    /**< of enum sv_view: this one and those that it was decoded from */
	unsigned depth;	    /**< 1: decoded from the input */
	const struct sv_decoded *from; /**< NULL: the input */
	size_t start;		       /**< of the region in what it was decoded from */
	SV_VEC(struct sv_decoded_run) runs;
};
void sv_decoded_release(struct sv_decoded *decoded);

/**
 * Decodes a region that sv_views_find() gave. bytes is what it was found in: the input if from is
 * NULL, else from->text. Depends on the bytes of the region alone. SV_ENOMEM.
 */
int sv_view_decode(struct sv_span bytes, const struct sv_region *region,
		   const struct sv_decoded *from, struct sv_decoded *ret);

/**
 * The bytes of the input that [start, end) of the decoded text was made from, through every reading
 * in between. For an empty range, the place. end must not be past the text.
 */
void sv_decoded_source(const struct sv_decoded *decoded, size_t start, size_t end,
		       size_t *ret_start, size_t *ret_end);
#endif
