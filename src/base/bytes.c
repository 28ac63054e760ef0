#include "base/base.h"
#include <time.h>
#include <libdeflate.h>
#include <sodium.h>
#define XXH_INLINE_ALL /* most inputs are a few bytes: a call costs more than their hash */
#include <xxhash.h>

int sv_span_compare(struct sv_span a, struct sv_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool sv_span_starts_with(struct sv_span s, const char *prefix)
{
	size_t n;

	/* mostly the first byte tells */
	if (prefix[0] != '\0' && (s.len == 0 || s.ptr[0] != (uint8_t)prefix[0]))
		return false;
	n = strlen(prefix);
	return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

int sv_parse_u64(struct sv_span text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (text.len == 0)
		return SV_EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value))
			return SV_EINVAL;
	}
	*ret_value = value;
	return 0;
}

int sv_parse_size(struct sv_span text, uint64_t *ret_value)
{
	uint64_t value, unit = 1;

	if (text.len > 1) {
		switch (text.ptr[text.len - 1] | 0x20) {
		case 'k':
			unit = 1u << 10;
			break;
		case 'm':
			unit = 1u << 20;
			break;
		case 'g':
			unit = 1u << 30;
			break;
		default:
			break;
		}
		if (unit != 1)
			text.len--;
	}
	if (sv_parse_u64(text, &value) < 0 || __builtin_mul_overflow(value, unit, &value))
		return SV_EINVAL;
	*ret_value = value;
	return 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t sv_clock_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t sv_tick_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t sv_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

size_t sv_count_byte(const uint8_t *bytes, uint8_t byte, size_t len)
{
	size_t n = 0;

	/* sums of one byte each, in pieces that cannot overflow them: so the compiler counts many at once */
	while (len != 0) {
		size_t piece = len < 240 ? len : 240;
		uint8_t sum = 0;

		for (size_t i = 0; i < piece; i++)
			sum = (uint8_t)(sum + (bytes[i] == byte));
		n += sum;
		bytes += piece;
		len -= piece;
	}
	return n;
}

uint64_t sv_hash64(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

struct sv_hash128 sv_hash128(const void *bytes, size_t len, const uint8_t *secret)
{
	XXH128_hash_t hash = XXH3_128bits_withSecret(bytes, len, secret, SV_HASH_SECRET);

	return (struct sv_hash128){hash.low64, hash.high64};
}

void sv_digest(uint8_t *ret, size_t len, const uint8_t *key, const struct sv_span *parts, size_t n)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, key == NULL ? 0 : 32, len);
	for (size_t i = 0; i < n; i++) {
		/* the length first, so that ("ab","c") and ("a","bc") differ */
		uint64_t size = parts[i].len;
		uint8_t le[8];

		for (int b = 0; b < 8; b++)
			le[b] = (uint8_t)(size >> (8 * b));
		crypto_generichash_update(&state, le, sizeof(le));
		crypto_generichash_update(&state, parts[i].ptr, parts[i].len);
	}
	crypto_generichash_final(&state, ret, len);
	sodium_memzero(&state, sizeof(state));
}

int sv_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void sv_hex(const uint8_t *bytes, size_t len, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * len] = '\0';
}

uint32_t sv_crc32(uint32_t crc, const void *bytes, size_t len)
{
	return libdeflate_crc32(crc, bytes, len);
}

void sv_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

unsigned sv_utf8_decode(struct sv_span s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n;
	uint32_t code;

	if (s.len == 0)
		return 0;
	if (s.ptr[0] < 0x80) {
		*ret = s.ptr[0];
		return 1;
	}
	n = s.ptr[0] >= 0xF0 ? 4 : s.ptr[0] >= 0xE0 ? 3 : 2;
	if (s.ptr[0] < 0xC2 || s.ptr[0] > 0xF4 || s.len < n)
		return 0;
	code = s.ptr[0] & (0x7Fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((s.ptr[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (s.ptr[i] & 0x3F);
	}
	if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
		return 0;
	*ret = code;
	return n;
}

unsigned sv_utf8_encode(uint32_t code, uint8_t ret[4])
{
	if (code < 0x80) {
		ret[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (uint8_t)(0xC0 | code >> 6);
		ret[1] = (uint8_t)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code >= 0xD800 && code < 0xE000)
		return 0;
	if (code < 0x10000) {
		ret[0] = (uint8_t)(0xE0 | code >> 12);
		ret[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
		ret[2] = (uint8_t)(0x80 | (code & 0x3F));
		return 3;
	}
	if (code > 0x10FFFF)
		return 0;
	ret[0] = (uint8_t)(0xF0 | code >> 18);
	ret[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
	ret[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	ret[3] = (uint8_t)(0x80 | (code & 0x3F));
	return 4;
}

/* clang-format off */
const uint8_t sv_base64_digits[256] = {
	['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
};
/* clang-format on */

ptrdiff_t sv_base64_decode(struct sv_span text, uint8_t *ret)
{
	uint32_t bits = 0;
	size_t n = 0;

	while (text.len != 0 && text.ptr[text.len - 1] == '=')
		text.len--;
	if (text.len % 4 == 1)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		int value = sv_base64_value(text.ptr[i]);

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 == 3) {
			ret[n++] = (uint8_t)(bits >> 16);
			ret[n++] = (uint8_t)(bits >> 8);
			ret[n++] = (uint8_t)bits;
			bits = 0;
		}
	}
	if (text.len % 4 == 2) {
		ret[n++] = (uint8_t)(bits >> 4);
	} else if (text.len % 4 == 3) {
		ret[n++] = (uint8_t)(bits >> 10);
		ret[n++] = (uint8_t)(bits >> 2);
	}
	return (ptrdiff_t)n;
}
