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

/* ---- stretches of a run that a token could be in ---- */

/* Of 64 bytes of a run, which are digits, capitals, small letters: the others are separators. */
struct classes {
	uint64_t digit, upper, lower;
};

static inline uint64_t in_range(const uint8_t *p, unsigned n, uint8_t first, uint8_t count)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= (uint64_t)((uint8_t)(p[i] - first) < count) << i;
	return bits;
}

static struct classes classes_plain(const uint8_t *p)
{
	return (struct classes){in_range(p, 64, '0', 10), in_range(p, 64, 'A', 26),
				in_range(p, 64, 'a', 26)};
}

#ifdef __x86_64__
static inline uint16_t in_range_sse2(__m128i v, char first, char count)
{
	__m128i from_first = _mm_sub_epi8(v, _mm_set1_epi8(first));

	return (uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(
		_mm_min_epu8(from_first, _mm_set1_epi8((char)(count - 1))), from_first));
}

static struct classes classes_sse2(const uint8_t *p)
{
	struct classes c = {0, 0, 0};

	for (unsigned i = 0; i < 64; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + i));

		c.digit |= (uint64_t)in_range_sse2(v, '0', 10) << i;
		c.upper |= (uint64_t)in_range_sse2(v, 'A', 26) << i;
		c.lower |= (uint64_t)in_range_sse2(v, 'a', 26) << i;
	}
	return c;
}

AVX512 static struct classes classes_avx512(const uint8_t *p)
{
	__m512i v = _mm512_loadu_si512((const void *)p);

	return (struct classes){_mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('0')),
						       _mm512_set1_epi8(10)),
				_mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('A')),
						       _mm512_set1_epi8(26)),
				_mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('a')),
						       _mm512_set1_epi8(26))};
}
#endif

static struct classes classes_by(enum sv_run_way way, const uint8_t *p)
{
#ifdef __x86_64__
	if (way == SV_RUN_AVX512)
		return classes_avx512(p);
	if (way != SV_RUN_PLAIN)
		return classes_sse2(p);
#endif
	return classes_plain(p);
}

/* Bits at which SV_RUN bits begin of which one is set. */
static uint64_t starts_with_any(uint64_t bits)
{
	bits |= bits >> 1;
	bits |= bits >> 2;
	bits |= bits >> 4;
	bits |= bits >> 8;
	return bits | bits >> (SV_RUN - 16);
}

/* Of the n bytes at p, all in a run: bits at which SV_RUN of them begin that could be a token's. */
static uint64_t starts_of_tokens(enum sv_run_way way, const uint8_t *p, size_t n)
{
	struct classes c = classes_by(way, p);
	uint64_t all = n < 64 ? (1ull << n) - 1 : ~0ull, separator, starts;

	c.digit &= all;
	c.upper &= all;
	c.lower &= all;
	separator = all & ~(c.digit | c.upper | c.lower);
	/* most runs are names of one case and rulers: no more is asked */
	if (c.digit == 0 && (c.upper == 0 || c.lower == 0) && starts_of_runs(all & ~separator) == 0)
		return 0;
	starts = starts_with_any(c.digit) | (starts_with_any(c.upper) & starts_with_any(c.lower)) |
		 ~starts_with_any(separator);
	return starts & all >> (SV_RUN - 1);
}

bool sv_run_next_stretch_by(enum sv_run_way way, struct sv_span run, size_t from, size_t *ret_start,
			    size_t *ret_end)
{
	bool found = false;

	for (size_t at = from; at + SV_RUN <= run.len;) {
		size_t n = run.len - at < 64 ? run.len - at : 64;
		uint64_t starts = starts_of_tokens(way, run.ptr + at, n);
		unsigned first = 0, last;

		if (!found && starts != 0) {
			first = (unsigned)__builtin_ctzll(starts);
			*ret_start = at + first;
			found = true;
		}
		/* n - SV_RUN + 1 of the bits are known */
		last = found ? (unsigned)__builtin_ctzll(~(starts >> first)) + first : 0;
		if (found && last != 0)
			*ret_end = at + last - 1 + SV_RUN;
		if (found && last <= n - SV_RUN)
			return true;
		at += n - SV_RUN + 1;
	}
	return found;
}

bool sv_run_next_stretch(struct sv_span run, size_t from, size_t *ret_start, size_t *ret_end)
{
	return sv_run_next_stretch_by(sv_run_best_way(), run, from, ret_start, ret_end);
}
