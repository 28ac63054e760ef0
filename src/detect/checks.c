#include "detect/checks_tokens.h"
#include <math.h>

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

double sv_entropy(struct sv_span bytes)
{
	size_t count[256] = {0};
	double sum = 0;

	for (size_t i = 0; i < bytes.len; i++)
		count[bytes.ptr[i]]++;
	for (int c = 0; c < 256; c++) {
		double p = bytes.len ? (double)count[c] / (double)bytes.len : 0;

		if (p > 0)
			sum -= p * log2(p);
	}
	return sum;
}

/* prefix_, 30 characters, 6 of CRC-32 in base62; same form for GitHub and npm */
static enum sv_verdict check_github_crc(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	const uint8_t *body;
	uint32_t crc;

	(void)cand;
	if (s.len != 40)
		return SV_CHECK_OPEN;
	body = s.ptr + 4;
	crc = sv_crc32(0, body, 30);
	for (int i = 35; i >= 30; i--, crc /= 62)
		if (body[i] != (uint8_t)base62[crc % 62])
			return SV_CHECK_FAILED;
	return SV_CHECK_PROVED;
}

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

uint64_t sv_marvin64(const uint8_t *bytes, size_t len, uint64_t seed)
{
	uint32_t p0 = (uint32_t)seed, p1 = (uint32_t)(seed >> 32);

	for (size_t i = 0, end = 0; !end || i <= len / 4 * 4 + 4; i += 4) {
		uint32_t word = 0;

		for (unsigned b = 0; b < 4 && i <= len; b++)
			word |= (uint32_t)(i + b < len ? bytes[i + b] : i + b == len ? 0x80 : 0) << (8 * b);
		end = i > len;
		p0 += word;
		p1 ^= p0;
		p0 = rol(p0, 20) + p1;
		p1 = rol(p1, 9) ^ p0;
		p0 = rol(p0, 27) + p1;
		p1 = rol(p1, 19);
		if (end)
			break;
	}
	return (uint64_t)p1 << 32 | p0;
}

/* HIS keys: the last four bytes are the checksum of the others under the kind's seed */
static enum sv_verdict check_marvin32_his(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	static const char seeds[][9] = {
		"Default0", "MastRW00", "MastRO00", "SystRW00", "SystRO00", "SysAll00", "Resour00",
		"Encryp00", "AbAcct00", "Classic0", "Tenant00", "IoTHub00", "Gatewy00", "GitKey00",
		"Send0000", "Listen00", "Manage00", "DpsKey00", "Device00", "SendRecv", "Functi00",
		"Master00", "System00", "Query000", "PAdmin00", "ACRDflt0", "Access00", "UsrPwd00"};
	uint8_t raw[80];
	ptrdiff_t n = s.len > 96 ? -1 : sv_base64_decode(s, raw);

	(void)cand;
	if (n < 32)
		return SV_CHECK_FAILED;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
		uint64_t seed = 0, hash;
		uint32_t folded;

		for (int b = 0; b < 8; b++)
			seed = seed << 8 | (uint8_t)seeds[i][b];
		hash = sv_marvin64(raw, (size_t)n - 4, seed);
		folded = (uint32_t)hash ^ (uint32_t)(hash >> 32);
		if (raw[n - 4] == (uint8_t)folded && raw[n - 3] == (uint8_t)(folded >> 8) &&
		    raw[n - 2] == (uint8_t)(folded >> 16) && raw[n - 1] == (uint8_t)(folded >> 24))
			return SV_CHECK_PROVED;
	}
	/* older keys carry no checksum: a failure lowers, it does not drop */
	return SV_CHECK_OPEN;
}

/* Entra client secrets: three base-66 digits of the Marvin32 of the 37 characters before them */
static enum sv_verdict check_entra(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	static const char digits[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
	uint64_t hash;
	uint32_t folded;

	(void)cand;
	if (s.len != 40)
		return SV_CHECK_OPEN;
	hash = sv_marvin64(s.ptr, 37, 0x4161645077643030ull);
	folded = ((uint32_t)hash ^ (uint32_t)(hash >> 32)) / (66 * 66 * 66);
	for (int i = 39; i >= 37; i--, folded /= 66)
		if (s.ptr[i] != (uint8_t)digits[folded % 66])
			return SV_CHECK_OPEN;
	return SV_CHECK_PROVED;
}

const struct sv_check *sv_check_find(const char *name)
{
	static const struct sv_check checks[] = {
#define CHECK(name, run, proved) {name, run, proved},
#include "detect/checks.def"
#undef CHECK
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if (strcmp(checks[i].name, name) == 0)
			return &checks[i];
	return NULL;
}
