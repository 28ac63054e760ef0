/* Microsoft tokens and containers that show their structure: JWT of Entra ID, PKCS#12. */
#include "detect/checks.h"
#include "detect/pkcs12.h"
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

/* ---- PKCS#12 ---- */

static void note_keys(const struct sv_pkcs12 *file, struct sv_candidate *cand)
{
	if (file->keys > 1)
		sv_note(cand, "with %u private keys", file->keys);
	else
		sv_note(cand, file->keys ? "with a private key" : "with keys or certificates");
}

static enum sv_verdict judge_pkcs12(const struct sv_pkcs12 *file, bool empty,
				    struct sv_candidate *cand)
{
	bool open = file->guard == SV_PKCS12_NONE || file->guard == SV_PKCS12_EMPTY || empty;

	/* certificates alone, and nothing that could hide a key */
	if (file->keys == 0 && !file->encrypted_part && file->guard != SV_PKCS12_UNKNOWN)
		return SV_CHECK_FAILED;
	note_keys(file, cand);
	if (open)
		cand->severity = SV_CRITICAL;
	/* keys stand in bags of their own; who hides certificates alone has others' */
	if (file->keys == 0 && file->guard != SV_PKCS12_UNKNOWN && !empty) {
		cand->confidence = SV_CONF_LOW;
		cand->severity = SV_LOW;
		sv_candidate_reason(cand, "what it holds are certificates, as far as it tells");
		return SV_CHECK_JUDGED;
	}
	sv_note(cand, file->guard == SV_PKCS12_NONE ? " that is not encrypted"
		      : open			    ? " and an empty password"
		      : file->guard == SV_PKCS12_UNKNOWN
			      ? ", as safe as its password, if it has one"
			      : ", as safe as its password");
	return SV_CHECK_PROVED;
}

/* In base64. Publish settings have an empty password, whatever their MAC is made with. */
enum sv_verdict sv_check__pkcs12(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[PKCS12_MAX / 4 * 3 + 3];
	ptrdiff_t n = in->secret.len > PKCS12_MAX ? -1 : sv_base64_decode(in->secret, raw);
	struct sv_pkcs12 file;

	if (n < 0 || !sv_pkcs12_read(sv_span(raw, (size_t)n), in->tried, &file))
		return SV_CHECK_FAILED;
	return judge_pkcs12(&file, sv_line_holds(in, "ManagementCertificate"), cand);
}

/* In bytes, as files of that kind are; what follows the container is not the secret's. */
enum sv_verdict sv_check__pkcs12_file(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_pkcs12 file;

	if (!sv_pkcs12_read(in->secret, in->tried, &file))
		return SV_CHECK_FAILED;
	cand->kept = file.length;
	return judge_pkcs12(&file, false, cand);
}
