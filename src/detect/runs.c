/* Runs of token characters. */
#include "detect/match.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 16
#define STEP  (2 * BLOCK)

static const bool in_run[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
	['_'] = true,	      ['+'] = true,	    ['/'] = true,	  ['-'] = true,
};

/* Bits of the bytes at p that are in no run. */
static unsigned breaks(const uint8_t *p)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('/')); /* '/' stands before '0' */
	__m128i in = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
				  _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(10)), digit));

	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
	return ~(unsigned)_mm_movemask_epi8(in) & 0xffff;
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		bits |= (unsigned)!in_run[p[i]] << i;
	return bits;
#endif
}

/* Bits at which SV_RUN set ones begin. */
static uint64_t starts_of_runs(uint64_t ones)
{
	ones &= ones >> 1;
	ones &= ones >> 2;
	ones &= ones >> 4;
	ones &= ones >> 8;
	return ones & ones >> (SV_RUN - 16);
}

/*
 * Steps of fixed length: what is found in one decides nothing about the next load, which a jump by what
 * was found would have to wait for (3 GB/s instead of 10).
 */
bool sv_run_next(struct sv_span bytes, size_t from, size_t *ret_start, size_t *ret_end)
{
	const uint8_t *p = bytes.ptr;
	uint64_t window = 0; /* of the last two steps: ones are bytes in a run */

	for (size_t at = from; at < bytes.len; at += STEP) {
		uint32_t ones = ~(breaks(p + at) | breaks(p + at + BLOCK) << BLOCK);
		uint64_t starts;
		size_t end;

		if (bytes.len - at < STEP)
			ones &= (1u << (bytes.len - at)) - 1;
		window = window >> STEP | (uint64_t)ones << STEP;
		starts = starts_of_runs(window);
		if (starts == 0)
			continue;
		*ret_start = at + (size_t)__builtin_ctzll(starts) - STEP;
		for (end = *ret_start + SV_RUN; end < bytes.len && in_run[p[end]]; end++)
			;
		*ret_end = end;
		return true;
	}
	return false;
}
