/** @file What 64 bytes at a time say about views, as bit masks: the fast half of finding. */
#ifndef SV_DETECT_VIEWS_BLOCKS_H
#define SV_DETECT_VIEWS_BLOCKS_H

#include "base/base.h"

#define SV_BLOCK 64

/** Bit i speaks of byte i of the block. */
struct sv_block {
	uint64_t hot;	 /**< it and the two bytes after it may begin something: ask views.c */
	uint64_t joints; /**< a quote, before it nothing but what joins literals, and before that
			    the quote that ends a literal */
	uint64_t runs;	 /**< a run of base64 began SV_BLOCK_RUN before, and four groups that decode
			    to ASCII begin there */
	uint64_t nul;	 /**< 0 */
};
#define SV_BLOCK_RUN 12

/** What a block has to know of the one before it: zeros if there is none. */
struct sv_block_state {
	uint64_t base64; /**< a character of either base64 alphabet */
	uint64_t starts; /**< a run of those begins */
	uint64_t low;	 /**< such a character of a value below 32: begins a group that decodes to
			    ASCII */
	uint64_t pairs;	 /**< and so did one four bytes before */
	uint64_t piece;	 /**< may end a literal that is a piece of a token */
	uint64_t ends_in_quote; /**< 0 or 1: its last byte is a quote that ends such a literal */
	uint64_t is_joining;	/**< 0 or 1: it ends with what joins literals after such a quote */
};

/**
 * n blocks, at most 64, from bytes[at] on; bytes past the end count as 0. state is of the block
 * before, and then of the last. Bit i of the result: block i has something hot, a joint, a NUL or a
 * run.
 */
uint64_t sv_blocks_read(struct sv_span bytes, size_t at, struct sv_block_state *state,
			struct sv_block *blocks, size_t n);
/** The ways to do that, plain first, which this machine has; NULL after the last. For the tests. */
typedef uint64_t sv_blocks_fn(struct sv_span bytes, size_t at, struct sv_block_state *state,
			      struct sv_block *blocks, size_t n);
sv_blocks_fn *sv_blocks_reader(unsigned index);
#endif
