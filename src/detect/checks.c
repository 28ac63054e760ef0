#include "detect/checks.h"
#include "detect/checks_tokens.h"
#include "detect/model.h"
#include <math.h>

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
enum sv_verdict sv_check__github_crc(const struct sv_check_input *in, struct sv_candidate *cand)
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
		if (body[i] != (uint8_t)sv_base62_digits[crc % 62])
			return SV_CHECK_FAILED;
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
		if (checks[i].name[0] == name[0] && strcmp(checks[i].name, name) == 0)
			return &checks[i];
	return NULL;
}
