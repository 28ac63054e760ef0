/* Runs of token characters. */
#include "detect/match.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define STEP 32

static const bool in_run[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
	['_'] = true,	      ['+'] = true,	    ['/'] = true,	  ['-'] = true,
};

/* Bits of the STEP bytes at p that are in a run. */
static inline uint32_t ones_of_plain(const uint8_t *p)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < STEP; i++)
		bits |= (uint32_t)in_run[p[i]] << i;
	return bits;
}

#ifdef __x86_64__
static inline uint32_t ones_of_half(const uint8_t *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('/')); /* '/' stands before '0' */
	__m128i in = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
				  _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(10)), digit));

	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
	return (uint32_t)_mm_movemask_epi8(in);
}

static inline uint32_t ones_of_sse2(const uint8_t *p)
{
	return ones_of_half(p) | ones_of_half(p + STEP / 2) << (STEP / 2);
}

__attribute__((target("avx2"))) static inline uint32_t ones_of_avx2(const uint8_t *p)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)p);
	__m256i letter =
		_mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
	__m256i digit = _mm256_sub_epi8(v, _mm256_set1_epi8('/'));
	__m256i in = _mm256_or_si256(
		_mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(25)), letter),
		_mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(10)), digit));

	in = _mm256_or_si256(in, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_')));
	in = _mm256_or_si256(in, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('-')));
	in = _mm256_or_si256(in, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('+')));
	return (uint32_t)_mm256_movemask_epi8(in);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* A byte of ASCII is looked up in two tables of 64: of one above it, in that of the one 128 below.
 */
AVX512 static inline uint64_t ones_of_avx512(const uint8_t *p, __m512i low, __m512i high)
{
	__m512i v = _mm512_loadu_si512((const void *)p);
	__m512i in = _mm512_permutex2var_epi8(low, v, high);

	return _mm512_test_epi8_mask(in, in) & ~_mm512_movepi8_mask(v);
}
#endif

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
#define RUN_NEXT(name, ones_of)                                                                    \
	static bool name(struct sv_span bytes, size_t from, size_t *ret_start, size_t *ret_end)    \
	{                                                                                          \
		const uint8_t *p = bytes.ptr;                                                      \
		uint64_t window = 0; /* of the last two steps: ones are bytes in a run */          \
                                                                                                   \
		for (size_t at = from; at < bytes.len; at += STEP) {                               \
			uint32_t ones = ones_of(p + at);                                           \
			uint64_t starts;                                                           \
			size_t end;                                                                \
                                                                                                   \
			if (bytes.len - at < STEP)                                                 \
				ones &= (1u << (bytes.len - at)) - 1;                              \
			window = window >> STEP | (uint64_t)ones << STEP;                          \
			starts = starts_of_runs(window);                                           \
			if (starts == 0)                                                           \
				continue;                                                          \
			*ret_start = at + (size_t)__builtin_ctzll(starts) - STEP;                  \
			for (end = *ret_start + SV_RUN; end < bytes.len && in_run[p[end]]; end++)  \
				;                                                                  \
			*ret_end = end;                                                            \
			return true;                                                               \
		}                                                                                  \
		return false;                                                                      \
	}

#ifdef __x86_64__
/* Two steps at once. */
AVX512 static bool next_avx512(struct sv_span bytes, size_t from, size_t *ret_start,
			       size_t *ret_end)
{
	const uint8_t *p = bytes.ptr;
	__m512i low = _mm512_loadu_si512((const void *)in_run);
	__m512i high = _mm512_loadu_si512((const void *)(in_run + 64));
	uint64_t window = 0;

	for (size_t at = from; at < bytes.len; at += 2 * STEP) {
		uint64_t ones = ones_of_avx512(p + at, low, high), starts;
		size_t begin = at, end;

		if (bytes.len - at < 64)
			ones &= (1ull << (bytes.len - at)) - 1;
		window = window >> STEP | ones << STEP;
		starts = starts_of_runs(window);
		if (starts == 0) {
			window = ones;
			starts = starts_of_runs(window);
			begin += STEP;
		}
		if (starts == 0)
			continue;
		*ret_start = begin + (size_t)__builtin_ctzll(starts) - STEP;
		for (end = *ret_start + SV_RUN; end < bytes.len && in_run[p[end]]; end++)
			;
		*ret_end = end;
		return true;
	}
	return false;
}
#endif

RUN_NEXT(next_plain, ones_of_plain)
#ifdef __x86_64__
RUN_NEXT(next_sse2, ones_of_sse2)
__attribute__((target("avx2"))) RUN_NEXT(next_avx2, ones_of_avx2)
#endif

bool sv_run_next_by(enum sv_run_way way, struct sv_span bytes, size_t from, size_t *ret_start,
		    size_t *ret_end)
{
#ifdef __x86_64__
	if (way == SV_RUN_AVX512)
		return next_avx512(bytes, from, ret_start, ret_end);
	if (way == SV_RUN_AVX2)
		return next_avx2(bytes, from, ret_start, ret_end);
	if (way == SV_RUN_SSE2)
		return next_sse2(bytes, from, ret_start, ret_end);
#endif
	return next_plain(bytes, from, ret_start, ret_end);
}

enum sv_run_way sv_run_best_way(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi"))
		return SV_RUN_AVX512;
	return __builtin_cpu_supports("avx2") ? SV_RUN_AVX2 : SV_RUN_SSE2;
#else
	return SV_RUN_PLAIN;
#endif
}

bool sv_run_next(struct sv_span bytes, size_t from, size_t *ret_start, size_t *ret_end)
{
	return sv_run_next_by(sv_run_best_way(), bytes, from, ret_start, ret_end);
}
