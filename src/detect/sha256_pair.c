#include "detect/sha256_pair.h"
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1")))

static const uint32_t constants[64] = {
	0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4,
	0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE,
	0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
	0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7,
	0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC,
	0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B,
	0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116,
	0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
	0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7,
	0xC67178F2};

/* One of the two: the last 16 words of its message, four in each, and the eight of its state as
 * the instructions want them. */
struct lane {
	__m128i words[4], abef, cdgh;
};

/* Four rounds, the words of which are complete; with them, the words of sixteen rounds later but
 * for the last step. */
SHA static inline void rounds(struct lane *l, unsigned i)
{
	__m128i now = l->words[i % 4];
	__m128i sum = _mm_add_epi32(
		now, _mm_loadu_si128((const __m128i *)(const void *)(constants + 4 * i)));

	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, sum);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

/* The words of the rounds i, from the sixteen before them. */
SHA static inline void extend(struct lane *l, unsigned i)
{
	__m128i *oldest = &l->words[i % 4], newest = l->words[(i + 3) % 4];
	__m128i sum = _mm_sha256msg1_epu32(*oldest, l->words[(i + 1) % 4]);

	sum = _mm_add_epi32(sum, _mm_alignr_epi8(newest, l->words[(i + 2) % 4], 4));
	*oldest = _mm_sha256msg2_epu32(sum, newest);
}

/* The digest in the first eight words; the next message is that, a bit, and its length. */
SHA static inline void begin(struct lane *l)
{
	l->words[2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
	l->words[3] = _mm_set_epi32(256, 0, 0, 0);
	l->abef = _mm_set_epi32(0x6A09E667, (int)0xBB67AE85, 0x510E527F, (int)0x9B05688C);
	l->cdgh = _mm_set_epi32(0x3C6EF372, (int)0xA54FF53A, 0x1F83D9AB, 0x5BE0CD19);
}

SHA static inline void end(struct lane *l)
{
	__m128i feba, dchg;

	feba = _mm_add_epi32(
		l->abef, _mm_set_epi32(0x6A09E667, (int)0xBB67AE85, 0x510E527F, (int)0x9B05688C));
	dchg = _mm_add_epi32(l->cdgh,
			     _mm_set_epi32(0x3C6EF372, (int)0xA54FF53A, 0x1F83D9AB, 0x5BE0CD19));
	feba = _mm_shuffle_epi32(feba, 0x1B);
	dchg = _mm_shuffle_epi32(dchg, 0xB1);
	l->words[0] = _mm_blend_epi16(feba, dchg, 0xF0);
	l->words[1] = _mm_alignr_epi8(dchg, feba, 8);
}

/* The bytes of a digest are its words, the highest first. */
SHA static inline __m128i turned(__m128i words)
{
	return _mm_shuffle_epi8(words,
				_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

SHA static void take(struct lane *l, const uint8_t digest[32])
{
	for (unsigned i = 0; i < 2; i++)
		l->words[i] =
			turned(_mm_loadu_si128((const __m128i *)(const void *)(digest + 16 * i)));
}

SHA static void give(const struct lane *l, uint8_t digest[32])
{
	for (unsigned i = 0; i < 2; i++)
		_mm_storeu_si128((__m128i *)(void *)(digest + 16 * i), turned(l->words[i]));
}

SHA static void hash_pair(uint8_t first[32], uint8_t second[32], unsigned times)
{
	struct lane a, b;

	take(&a, first);
	take(&b, second);
	for (; times > 0; times--) {
		begin(&a);
		begin(&b);
#pragma GCC unroll 16
		for (unsigned i = 0; i < 16; i++) {
			if (i >= 4) {
				extend(&a, i);
				extend(&b, i);
			}
			rounds(&a, i);
			rounds(&b, i);
		}
		end(&a);
		end(&b);
	}
	give(&a, first);
	give(&b, second);
}

/* SHA: leaf 7, bit 29 of EBX; not every compiler's list of names has it */
static bool has_sha(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) &&
	       __builtin_cpu_supports("sse4.1");
}

bool sv_sha256_pair(uint8_t first[32], uint8_t second[32], unsigned times)
{
	if (!has_sha())
		return false;
	hash_pair(first, second, times);
	return true;
}
#else
bool sv_sha256_pair(uint8_t first[32], uint8_t second[32], unsigned times)
{
	(void)first, (void)second, (void)times;
	return false;
}
#endif
