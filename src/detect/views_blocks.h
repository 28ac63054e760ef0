/** @file What 64 bytes at a time say about views, as bit masks: the fast half of finding. */
#ifndef SV_DETECT_VIEWS_BLOCKS_H
#define SV_DETECT_VIEWS_BLOCKS_H

#include "base/base.h"

#define SV_BLOCK 64

/** Bit i speaks of byte i of the block. */
struct sv_block {
	uint64_t hot;	 /**< it and the two bytes after it may begin something: ask views.c */
	uint64_t nul;	 /**< 0 */
	uint64_t base64; /**< a character of either base64 alphabet */
	uint64_t low;	 /**< such a character of a value below 32: begins a group that decodes to
			    ASCII */
};

/** Blocks from bytes[at] on; bytes past the end count as 0. */
void sv_blocks_read(struct sv_span bytes, size_t at, struct sv_block *ret, size_t n);
/** The same without vector instructions: what the others are tested against. */
void sv_blocks_read_plain(struct sv_span bytes, size_t at, struct sv_block *ret, size_t n);
#endif
