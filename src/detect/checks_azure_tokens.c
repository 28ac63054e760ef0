/* Microsoft tokens and containers that show their structure: JWT of Entra ID, PKCS#12. */
#include "detect/checks.h"
#include <ctype.h>

#define JWT_MAX	   6000
#define PKCS12_MAX 16000

/* ---- JSON Web Tokens ---- */

struct jwt {
	struct sv_span header, payload;
	uint8_t room[JWT_MAX];
};

static bool decode_object(struct sv_span text, uint8_t *room, struct sv_span *ret)
{
	ptrdiff_t n = text.len == 0 ? -1 : sv_base64_decode(text, room);

	if (n < 2 || room[0] != '{' || room[n - 1] != '}')
		return false;
	*ret = sv_span(room, (size_t)n);
	return true;
}

static bool parse_jwt(struct sv_span s, struct jwt *ret)
{
	const uint8_t *one = s.len ? memchr(s.ptr, '.', s.len) : NULL, *two;
	size_t left;

	if (one == NULL || s.len > JWT_MAX)
		return false;
	left = s.len - (size_t)(one + 1 - s.ptr);
	two = left ? memchr(one + 1, '.', left) : NULL;
	if (two == NULL)
		return false;
	/* decoded, each needs no more room than its characters and three bytes */
	return decode_object(sv_span(s.ptr, (size_t)(one - s.ptr)), ret->room, &ret->header) &&
	       decode_object(sv_span(one + 1, (size_t)(two - one - 1)), ret->room + ret->header.len,
			     &ret->payload);
}

/* The bytes after "name": in json, a string without its quotes or a number; false: not there. */
static bool json_value(struct sv_span json, const char *name, struct sv_span *ret)
{
	size_t n = strlen(name), i = 0, end;

	for (;; i++) {
		if (json.len < n + 2 || i > json.len - n - 2)
			return false;
		if (json.ptr[i] == '"' && json.ptr[i + n + 1] == '"' &&
		    memcmp(json.ptr + i + 1, name, n) == 0)
			break;
	}
	i += n + 2;
	while (i < json.len && (isspace(json.ptr[i]) || json.ptr[i] == ':' || json.ptr[i] == '"'))
		i++;
	end = i;
	while (end < json.len && json.ptr[end] != '"' && json.ptr[end] != ',' &&
	       json.ptr[end] != '}')
		end++;
	*ret = sv_span(json.ptr + i, end - i);
	return end > i;
}

/* Notes the time of expiry; an expired token tells of a habit, not of a way in. */
static void judge_expiry(const struct sv_check_input *in, const struct jwt *jwt,
			 struct sv_candidate *cand)
{
	struct sv_span text;
	uint64_t seconds;
	char day[16];

	if (!json_value(jwt->payload, "exp", &text) || sv_parse_u64(text, &seconds) < 0 ||
	    seconds > 253402300799ull) {
		sv_note(cand, "it does not expire");
		return;
	}
	sv_time_day((int64_t)seconds, day);
	if (in->now != 0 && (int64_t)seconds < in->now) {
		sv_note(cand, "expired %s", day);
		cand->severity = SV_INFO;
	} else {
		sv_note(cand, "until %s", day);
	}
}

static bool jwt_structure(const struct sv_check_input *in, struct jwt *jwt)
{
	struct sv_span value;

	return parse_jwt(in->secret, jwt) && json_value(jwt->header, "alg", &value) &&
	       !sv_holds(jwt->payload, "\"John Doe\"");
}

enum sv_verdict sv_check__jwt_entra(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const issuers[] = {"sts.windows.net", "login.microsoftonline.",
					      "sts.chinacloudapi.cn",
					      "login.partner.microsoftonline."};
	struct sv_span issuer, audience;
	struct jwt jwt;

	if (!jwt_structure(in, &jwt) || !json_value(jwt.payload, "iss", &issuer))
		return SV_CHECK_FAILED;
	for (size_t i = 0; i < sizeof(issuers) / sizeof(*issuers); i++) {
		size_t n = 0;

		if (!sv_holds(issuer, issuers[i]))
			continue;
		if (json_value(jwt.payload, "aud", &audience)) {
			while (n < audience.len && n < 80 &&
			       (isalnum(audience.ptr[n]) ||
				memchr(":/.-_", audience.ptr[n], 5) != NULL))
				n++;
			sv_note(cand, "for %.*s; ", (int)n, (const char *)audience.ptr);
		}
		judge_expiry(in, &jwt, cand);
		return SV_CHECK_PROVED;
	}
	return SV_CHECK_FAILED;
}

/* ---- DER: as much of it as tells a container from noise ---- */

/* Enters the element at the head of der if it has this tag; its contents may be cut off. */
static bool der_enter(struct sv_span *der, uint8_t tag, size_t *ret_length)
{
	size_t length, head = 2;

	if (der->len < 2 || der->ptr[0] != tag)
		return false;
	length = der->ptr[1];
	if (length >= 0x80) {
		unsigned n = (unsigned)length & 0x7F;

		if (n == 0 || n > 4 || der->len < 2 + n)
			return false;
		length = 0;
		for (unsigned i = 0; i < n; i++)
			length = length << 8 | der->ptr[2 + i];
		head += n;
	}
	*der = sv_span(der->ptr + head, der->len - head);
	*ret_length = length;
	return true;
}

/* ---- PKCS#12 ---- */

static bool contains(struct sv_span s, const char *bytes, size_t n)
{
	return s.len >= n && memmem(s.ptr, s.len, bytes, n) != NULL;
}

enum sv_verdict sv_check__pkcs12(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char data[] = "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07";
	static const char key_bag[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x01";
	uint8_t raw[PKCS12_MAX / 4 * 3 + 3];
	ptrdiff_t n = in->secret.len > PKCS12_MAX ? -1 : sv_base64_decode(in->secret, raw);
	struct sv_span inside;
	size_t length;

	if (n < 0)
		return SV_CHECK_FAILED;
	inside = sv_span(raw, (size_t)n);
	/* SEQUENCE { INTEGER 3, SEQUENCE { OID 1.2.840.113549.1.7.1 or .2 … */
	if (!der_enter(&inside, 0x30, &length) || !der_enter(&inside, 2, &length) || length != 1 ||
	    inside.len < 1 || inside.ptr[0] != 3)
		return SV_CHECK_FAILED;
	inside = sv_span(inside.ptr + 1, inside.len - 1);
	if (!der_enter(&inside, 0x30, &length) || inside.len < sizeof(data) ||
	    memcmp(inside.ptr, data, sizeof(data) - 1) != 0)
		return SV_CHECK_FAILED;
	if (contains(inside, key_bag, sizeof(key_bag) - 1)) {
		sv_note(cand, "with a private key that is not encrypted");
		cand->severity = SV_CRITICAL;
	} else if (sv_line_holds(in, "ManagementCertificate")) {
		sv_note(cand,
			"with a private key and an empty password, as publish settings have it");
	} else {
		sv_note(cand, "as safe as its password");
	}
	return SV_CHECK_PROVED;
}
