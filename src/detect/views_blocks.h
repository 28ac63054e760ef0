/** @file What 64 bytes at a time say about views, as bit masks: the fast half of finding. */
#ifndef SV_DETECT_VIEWS_BLOCKS_H
#define SV_DETECT_VIEWS_BLOCKS_H

#include "base/base.h"

#define SV_BLOCK       64
#define SV_BLOCK_RUN   12
#define SV_BLOCKS_MOST 64
/* element 0, and as many more that those of all arrays begin at the same place of a cache line */
#define SV_BLOCK_ELEMENTS (SV_BLOCKS_MOST + 8)

/**
 * Up to SV_BLOCKS_MOST blocks in a row: bit i of element k speaks of byte i of block k - 1, and
 * element 0 of the block before the first. Zero-initialised (or sv_blocks_init()), there is none.
 */
struct sv_blocks {
	_Alignas(64) size_t n;
	bool is_joining;    /* the last block ends with what joins literals, after such a quote */
	uint64_t unused[4]; /* so that element 1 of what follows begins a cache line */
	/** Bit i: element i + 1 of utf16 is there. */
	uint64_t has_utf16;
	/** It and the two bytes after it may begin something: ask views.c. */
	uint64_t hot[SV_BLOCK_ELEMENTS];
	/** A quote before what may be of a word, before it nothing but what joins literals, and
	 * before that the quote that ends a literal. */
	uint64_t joints[SV_BLOCK_ELEMENTS];
	/** A run of base64 began SV_BLOCK_RUN before, and its first four groups may be text. */
	uint64_t runs[SV_BLOCK_ELEMENTS];
	/** The NUL that ends twelve units of UTF-16. */
	uint64_t utf16[SV_BLOCK_ELEMENTS];
	/* what these are found with */
	uint64_t tokens[SV_BLOCK_ELEMENTS]; /* a character of either alphabet of base64 */
	uint64_t groups[SV_BLOCK_ELEMENTS]; /* four of them may begin here that stand for text */
	uint64_t nul[SV_BLOCK_ELEMENTS];
	uint64_t quotes[SV_BLOCK_ELEMENTS];
	uint64_t words[SV_BLOCK_ELEMENTS]; /* may begin or end a literal that is to be joined */
	uint64_t joining[SV_BLOCK_ELEMENTS];
	uint64_t sums[SV_BLOCK_ELEMENTS]; /* what joins and where that begins, added */
};
void sv_blocks_init(struct sv_blocks *blocks);

/**
 * The next n blocks, at most SV_BLOCKS_MOST, from bytes[at] on; bytes past the end count as 0. Bit
 * i of the result: the block of element i + 1 may have any of those; settle it, then look.
 */
uint64_t sv_blocks_read(struct sv_blocks *blocks, struct sv_span bytes, size_t at, size_t n);
/**
 * Takes out of element i, whose block begins at bytes[at], what only looked like being there. False:
 * nothing is left.
 */
bool sv_blocks_settle(struct sv_blocks *blocks, size_t i, struct sv_span bytes, size_t at);
/** Is what the quote ends a literal that may be a piece of a token? */
bool sv_blocks_ends_piece(struct sv_span bytes, size_t quote);
/** The ways to do that, plain first, which this machine has; NULL after the last. For the tests. */
typedef uint64_t sv_blocks_fn(struct sv_blocks *blocks, struct sv_span bytes, size_t at, size_t n);
sv_blocks_fn *sv_blocks_reader(unsigned index);
#endif
