/* Runs of token characters. */
#include "detect/match.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define BLOCK 64

static const bool in_run[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['_'] = true,
	['+'] = true,	      ['/'] = true,	    ['-'] = true,
};

/* ---- bits of n blocks at p: bytes that are in a run ---- */

static void ones_plain(const uint8_t *p, size_t n, uint64_t *ret_ones)
{
	for (size_t i = 0; i < n; i++, p += BLOCK) {
		ret_ones[i] = 0;
		for (unsigned k = 0; k < BLOCK; k++)
			ret_ones[i] |= (uint64_t)in_run[p[k]] << k;
	}
}

#ifdef __x86_64__
static inline uint64_t ones_of_quarter(const uint8_t *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('/')); /* '/' stands before '0' */
	__m128i in = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
				  _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(10)), digit));

	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
	in = _mm_or_si128(in, _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
	return (uint16_t)_mm_movemask_epi8(in);
}

static void ones_sse2(const uint8_t *p, size_t n, uint64_t *ret_ones)
{
	for (size_t i = 0; i < n; i++, p += BLOCK)
		ret_ones[i] = ones_of_quarter(p) | ones_of_quarter(p + 16) << 16 |
			      ones_of_quarter(p + 32) << 32 | ones_of_quarter(p + 48) << 48;
}

#define AVX2 __attribute__((target("avx2,bmi")))

AVX2 static inline uint32_t ones_of_half(const uint8_t *p)
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

AVX2 static void ones_avx2(const uint8_t *p, size_t n, uint64_t *ret_ones)
{
	for (size_t i = 0; i < n; i++, p += BLOCK)
		ret_ones[i] = ones_of_half(p) | (uint64_t)ones_of_half(p + 32) << 32;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi")))

/* A byte of ASCII is looked up in two tables of 64: of one above it, in that of the one 128 below
 * it. */
AVX512 static void ones_avx512(const uint8_t *p, size_t n, uint64_t *ret_ones)
{
	__m512i low = _mm512_loadu_si512((const void *)in_run);
	__m512i high = _mm512_loadu_si512((const void *)(in_run + 64));

	for (size_t i = 0; i < n; i++, p += BLOCK) {
		__m512i v = _mm512_loadu_si512((const void *)p);
		__m512i in = _mm512_permutex2var_epi8(low, v, high);

		/* above ASCII the highest bit is set: neither is, then */
		ret_ones[i] = _mm512_test_epi8_mask(in, in) & ~_mm512_movepi8_mask(v);
	}
}
#endif

/* ---- bits at which SV_RUN ones end that no other ends before; element 0 is there for the next
 * ---- */

static inline uint64_t shift(uint64_t before, uint64_t now, unsigned n)
{
	return now << n | before >> (BLOCK - n);
}

_Static_assert(SV_RUN == 24, "16 ones, and 8 before them");

/* of elements up to n: loops without a branch, so that compilers make vectors of them */
static inline __attribute__((always_inline)) uint64_t runs_plain(const uint64_t *ones, size_t n,
								 uint64_t *ret_runs)
{
	uint64_t a[SV_RUN_BLOCKS + 1] = {0}, b[SV_RUN_BLOCKS + 1] = {0}, some = 0;

	for (size_t i = 1; i <= n; i++)
		a[i] = ones[i] & shift(ones[i - 1], ones[i], 1);
	a[0] = ones[0] & ones[0] << 1;
	for (size_t i = 1; i <= n; i++)
		b[i] = a[i] & shift(a[i - 1], a[i], 2);
	b[0] = a[0] & a[0] << 2;
	for (size_t i = 1; i <= n; i++)
		a[i] = b[i] & shift(b[i - 1], b[i], 4);
	a[0] = b[0] & b[0] << 4;
	for (size_t i = 1; i <= n; i++)
		b[i] = a[i] & shift(a[i - 1], a[i], 8) & shift(a[i - 1], a[i], 16);
	b[0] = a[0] & a[0] << 8 & a[0] << 16;
	for (size_t i = 1; i <= n; i++) {
		ret_runs[i] = b[i] & ~shift(b[i - 1], b[i], 1);
		some |= (uint64_t)(ret_runs[i] != 0) << (i - 1);
	}
	return some;
}

#ifdef __x86_64__
/* eight elements at once, each with the one before it */
AVX512 static inline uint64_t runs_avx512(const uint64_t *ones, size_t n, uint64_t *ret_runs)
{
#define BEFORE(now, last)   _mm512_alignr_epi64(now, last, 7)
#define SHIFT(now, last, n) _mm512_shldi_epi64(now, BEFORE(now, last), n)
#define AND		    _mm512_and_si512
	/* of the element before the first: of it alone, all is in the last of eight */
	__m512i one = _mm512_maskz_set1_epi64(128, (long long)ones[0]),
		zero = _mm512_setzero_si512();
	__m512i two = AND(one, SHIFT(one, zero, 1)), four = AND(two, SHIFT(two, zero, 2));
	__m512i eight = AND(four, SHIFT(four, zero, 4)), run;
	uint64_t some = 0;

	run = AND(AND(eight, SHIFT(eight, zero, 8)), SHIFT(eight, zero, 16));
	for (size_t i = 1; i <= n; i += 8) {
		__m512i last = one, last_two = two, last_four = four, last_eight = eight;
		__m512i last_run = run, begins;

		one = _mm512_loadu_si512(&ones[i]);
		two = AND(one, SHIFT(one, last, 1));
		four = AND(two, SHIFT(two, last_two, 2));
		eight = AND(four, SHIFT(four, last_four, 4));
		run = AND(AND(eight, SHIFT(eight, last_eight, 8)), SHIFT(eight, last_eight, 16));
		begins = _mm512_andnot_si512(SHIFT(run, last_run, 1), run);
		_mm512_storeu_si512(&ret_runs[i], begins);
		some |= (uint64_t)_mm512_test_epi64_mask(begins, begins) << (i - 1);
	}
	return some;
}
#endif

/* ---- one run after the other ---- */

void sv_runs_init(struct sv_runs *r, enum sv_run_way way, struct sv_span bytes, size_t from)
{
	r->way = way;
	r->known = NULL;
	r->bytes = bytes;
	r->at = r->next = from;
	r->n = 0;
	r->some = r->seen[0] = 0;
	r->ones = r->seen;
}

#define READ(name, isa)                                                                            \
	isa static void read_##name(struct sv_runs *r, size_t n)                                   \
	{                                                                                          \
		size_t left = r->bytes.len - r->at;                                                \
                                                                                                   \
		if (r->known == NULL)                                                              \
			ones_##name(r->bytes.ptr + r->at, n, r->seen + 1);                         \
		if (r->known == NULL && left < n * BLOCK)                                          \
			r->seen[n] &= ((uint64_t)1 << left % BLOCK) - 1;                           \
		r->some = RUNS_##name(r->ones, (n + 7) & ~(size_t)7, r->runs);                     \
		if (n < SV_RUN_BLOCKS)                                                             \
			r->some &= ((uint64_t)1 << n) - 1;                                         \
	}
#define RUNS_plain  runs_plain
#define RUNS_sse2   runs_plain
#define RUNS_avx2   runs_plain
#define RUNS_avx512 runs_avx512
READ(plain, )
#ifdef __x86_64__
READ(sse2, )
READ(avx2, AVX2)
READ(avx512, AVX512)
#endif

static void read_blocks(struct sv_runs *r)
{
	size_t n = (r->bytes.len - r->next + BLOCK - 1) / BLOCK;

	r->seen[0] = r->n != 0 ? r->ones[r->n] : 0;
	r->at = r->next;
	if (r->known != NULL)
		r->ones = r->known + r->at / BLOCK;
	r->n = n < SV_RUN_BLOCKS ? n : SV_RUN_BLOCKS;
	r->next += r->n * BLOCK;
#ifdef __x86_64__
	if (r->way == SV_RUN_AVX512)
		read_avx512(r, r->n);
	else if (r->way == SV_RUN_AVX2)
		read_avx2(r, r->n);
	else if (r->way == SV_RUN_SSE2)
		read_sse2(r, r->n);
	else
#endif
		read_plain(r, r->n);
}

/* after the run of which the byte before `at` is part */
static size_t end_of_run(const struct sv_runs *r, size_t at)
{
	for (; at < r->next && at < r->bytes.len; at += BLOCK - (at - r->at) % BLOCK) {
		size_t within = (at - r->at) % BLOCK;
		uint64_t others = ~r->ones[(at - r->at) / BLOCK + 1] >> within;

		if (others != 0)
			return at + (unsigned)__builtin_ctzll(others);
	}
	while (at < r->bytes.len && in_run[r->bytes.ptr[at]])
		at++;
	return at;
}

bool sv_runs_next(struct sv_runs *r, size_t *ret_start, size_t *ret_end)
{
	size_t i, last;

	while (r->some == 0) {
		if (r->next >= r->bytes.len)
			return false;
		read_blocks(r);
	}
	i = (size_t)__builtin_ctzll(r->some);
	last = r->at + i * BLOCK + (unsigned)__builtin_ctzll(r->runs[i + 1]);
	r->runs[i + 1] &= r->runs[i + 1] - 1;
	if (r->runs[i + 1] == 0)
		r->some &= r->some - 1;
	*ret_start = last + 1 - SV_RUN;
	*ret_end = end_of_run(r, last + 1);
	return true;
}

enum sv_run_way sv_run_best_way(void)
{
#ifdef __x86_64__
	if (sv_has_avx512())
		return SV_RUN_AVX512;
	return __builtin_cpu_supports("avx2") ? SV_RUN_AVX2 : SV_RUN_SSE2;
#else
	return SV_RUN_PLAIN;
#endif
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

/* Bits at which SV_RUN set ones begin. */
static uint64_t starts_of_runs(uint64_t ones)
{
	ones &= ones >> 1;
	ones &= ones >> 2;
	ones &= ones >> 4;
	ones &= ones >> 8;
	return ones & ones >> (SV_RUN - 16);
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

/* Bits at which SV_RUN bits begin of which at least so many, more than one, are set. */
static uint64_t starts_with(unsigned least, uint64_t bits)
{
	uint64_t first = bits, last = bits, starts = 0;

	for (unsigned i = 1; i < least; i++)
		last &= last - 1;
	for (; last != 0; first &= first - 1, last &= last - 1) {
		unsigned from = (unsigned)__builtin_ctzll(first),
			 to = (unsigned)__builtin_ctzll(last);
		unsigned before = to < SV_RUN ? 0 : to - SV_RUN + 1;

		if (before <= from)
			starts |= ~0ull << before & ~0ull >> (63 - from);
	}
	return starts;
}

/* Of the n bytes at p, all in a run: bits at which SV_RUN of them begin that could be a token's. */
static uint64_t starts_of_tokens(enum sv_run_way way, const uint8_t *p, size_t n)
{
	struct classes c = classes_by(way, p);
	uint64_t all = n < 64 ? (1ull << n) - 1 : ~0ull, most = all >> (SV_RUN - 1);
	uint64_t separator, starts, mixed = 0;

	c.digit &= all;
	c.upper &= all;
	c.lower &= all;
	separator = all & ~(c.digit | c.upper | c.lower);
	starts = starts_with_any(c.digit) & most;
	if (starts == most)
		return starts;
	/* most runs are names and rulers: no more is asked */
	if (starts_of_runs(all & ~separator) != 0)
		starts |= ~starts_with_any(separator) &
			  ~(starts_with_any(c.upper) & starts_with_any(c.lower));
	/* names have more small letters */
	if (c.lower != 0)
		mixed = starts_with(SV_RUN_CASES, c.upper);
	if (mixed != 0)
		starts |= mixed & starts_with(SV_RUN_CASES, c.lower);
	return starts & most;
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
