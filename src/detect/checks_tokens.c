/* Checks of token formats that carry a checksum or a structure of their own; see checks.def. */
#include "detect/checks.h"
#include "detect/checks_tokens.h"
#include <sodium.h>
#include <stdio.h>

const char sv_base62_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const char sv_base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const char sv_bech32_digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* ---- small readers ---- */

/* eight hex digits; false if they are none */
static bool read_hex32(const uint8_t *s, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		int v = sv_hex_value(s[i]);

		if (v < 0)
			return false;
		value = value << 4 | (uint32_t)v;
	}
	*ret = value;
	return true;
}

static bool ends_in_digits(uint32_t value, const char *digits, uint32_t base, const uint8_t *end,
			   int n)
{
	for (int i = 1; i <= n; i++, value /= base)
		if (end[-i] != (uint8_t)digits[value % base])
			return false;
	return true;
}

static uint32_t read_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A prefix that nobody else uses with a sum that does not hold: altered, mistyped or made up. */
static enum sv_verdict altered(struct sv_candidate *cand)
{
	cand->confidence = SV_CONF_LOW;
	sv_candidate_reason(cand, "its checksum does not hold");
	return SV_CHECK_OPEN;
}

/* ---- CRC-32 in several dresses ---- */

/* glsa_ + 32 characters + _ + CRC-32 of the 37 before, little-endian, in hex */
enum sv_verdict sv_check_grafana(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	uint32_t want;

	if (s.len != 46 || !read_hex32(s.ptr + 38, &want))
		return SV_CHECK_OPEN;
	return __builtin_bswap32(sv_crc32(0, s.ptr, 37)) == want ? SV_CHECK_PROVED : altered(cand);
}

/* eight hex digits at the end: CRC-32 of the bytes from skip up to tail bytes before the end */
static enum sv_verdict crc_hex(struct sv_span s, size_t skip, size_t tail)
{
	uint32_t want;

	if (s.len < skip + tail || !read_hex32(s.ptr + s.len - 8, &want))
		return SV_CHECK_OPEN;
	return sv_crc32(0, s.ptr + skip, s.len - skip - tail) == want ? SV_CHECK_PROVED
								      : SV_CHECK_OPEN;
}

/* Unpublished: found by others to hold for every key so far. A mismatch settles nothing. */
enum sv_verdict sv_check_atlassian(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)cand;
	return crc_hex(in->secret, 0, 8);
}

/* prefix_ + 40 characters + 8 hex; the vendor announces a checksum, not which */
enum sv_verdict sv_check_cloudflare(const struct sv_check_input *in, struct sv_candidate *cand)
{
	const uint8_t *bar = memchr(in->secret.ptr, '_', in->secret.len);

	(void)cand;
	return bar ? crc_hex(in->secret, (size_t)(bar + 1 - in->secret.ptr), 8) : SV_CHECK_OPEN;
}

/* zpka_ + 32 characters + _ + 8 hex */
enum sv_verdict sv_check_zuplo(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)cand;
	return crc_hex(in->secret, 5, 9);
}

/* cflt + 54 characters + 6 of base64: the CRC-32 of the 54, little-endian */
enum sv_verdict sv_check_confluent(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	uint8_t raw[8];
	uint32_t crc;

	(void)cand;
	if (s.len != 64 || sv_base64_decode(sv_span(s.ptr + 58, 6), raw) != 4)
		return SV_CHECK_OPEN;
	crc = sv_crc32(0, s.ptr + 4, 54);
	for (int i = 0; i < 4; i++)
		if (raw[i] != (uint8_t)(crc >> (8 * i)))
			return SV_CHECK_OPEN;
	return SV_CHECK_PROVED;
}

/*
 * payload.VVLLccccccc: LL is the length of the base64 part in base36, the c the CRC-32 of all
 * before them, the prefix included. An instance may put a prefix of its own in front that is not
 * ours to see: a mismatch settles nothing.
 */
enum sv_verdict sv_check_gitlab(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char digits36[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct sv_span s = in->secret;

	(void)cand;
	if (s.len < 20)
		return SV_CHECK_OPEN;
	return ends_in_digits(sv_crc32(0, s.ptr, s.len - 7), digits36, 36, s.ptr + s.len, 7)
		       ? SV_CHECK_PROVED
		       : SV_CHECK_OPEN;
}

/* syt_user_secret_cccccc: CRC-32 of all before the last underscore; mct_ is another server's */
enum sv_verdict sv_check_synapse(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;

	if (s.len < 12 || !sv_span_starts_with(s, "syt_"))
		return SV_CHECK_OPEN;
	return ends_in_digits(sv_crc32(0, s.ptr, s.len - 7), sv_base62_digits, 62, s.ptr + s.len, 6)
		       ? SV_CHECK_PROVED
		       : altered(cand);
}

/* ---- CRC-16, base58check, bech32 ---- */

uint16_t sv_crc16_xmodem(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint16_t)(bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0));
	}
	return crc;
}

/* base32 without padding into at most cap bytes; leftover bits must be zero */
static ptrdiff_t decode_base32(struct sv_span s, uint8_t *ret, size_t cap)
{
	uint32_t bits = 0, n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		uint32_t v = c >= 'A' && c <= 'Z'   ? c - 'A' + 0u
			     : c >= '2' && c <= '7' ? c - '2' + 26u
						    : 32;

		if (v == 32)
			return -1;
		bits = bits << 5 | v;
		n_bits += 5;
		if (n_bits < 8)
			continue;
		if (n == cap)
			return -1;
		n_bits -= 8;
		ret[n++] = (uint8_t)(bits >> n_bits);
		bits &= (1u << n_bits) - 1;
	}
	return bits == 0 ? (ptrdiff_t)n : -1;
}

/* NATS seeds (36 bytes) and Stellar seeds (35): CRC-16/XMODEM of the rest at the end, little-endian
 */
enum sv_verdict sv_check_nkey(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[40];
	ptrdiff_t n = decode_base32(in->secret, raw, sizeof(raw));
	uint16_t crc;

	if (n < 35)
		return altered(cand);
	crc = sv_crc16_xmodem(raw, (size_t)n - 2);
	return raw[n - 2] == (uint8_t)crc && raw[n - 1] == (uint8_t)(crc >> 8) ? SV_CHECK_PROVED
									       : altered(cand);
}

/* Big-endian number of exactly len bytes; -1 if it does not fit or a digit is wrong. */
static int decode_base58(struct sv_span s, uint8_t *ret, size_t len)
{
	memset(ret, 0, len);
	for (size_t i = 0; i < s.len; i++) {
		const char *digit = s.ptr[i] ? strchr(sv_base58_digits, s.ptr[i]) : NULL;
		uint32_t carry;

		if (digit == NULL)
			return -1;
		carry = (uint32_t)(digit - sv_base58_digits);
		for (size_t b = len; b-- > 0; carry >>= 8) {
			carry += ret[b] * 58u;
			ret[b] = (uint8_t)carry;
		}
		if (carry != 0)
			return -1;
	}
	return 0;
}

void sv_base58_checksum(const uint8_t *bytes, size_t len, uint8_t ret[4])
{
	uint8_t hash[32];

	crypto_hash_sha256(hash, bytes, len);
	crypto_hash_sha256(hash, hash, sizeof(hash));
	memcpy(ret, hash, 4);
}

/*
 * The length of the text gives that of the bytes: WIF 37 or 38, BIP-38 43, xprv 82. But for xprv
 * a letter or two is all the prefix: without its sum it is any text.
 */
enum sv_verdict sv_check_base58(const struct sv_check_input *in, struct sv_candidate *cand)
{
	size_t chars = in->secret.len;
	size_t len = chars == 51 ? 37 : chars == 52 ? 38 : chars == 58 ? 43 : 82;
	uint8_t raw[82], sum[4];

	if (decode_base58(in->secret, raw, len) < 0)
		return SV_CHECK_FAILED;
	sv_base58_checksum(raw, len - 4, sum);
	if (memcmp(sum, raw + len - 4, 4) != 0)
		return sv_span_starts_with(in->secret, "xprv") ? altered(cand) : SV_CHECK_FAILED;
	if (chars <= 52 && raw[0] == 0xef)
		cand->severity = SV_LOW; /* the test network's coins are worth nothing */
	return SV_CHECK_PROVED;
}

uint32_t sv_bech32_step(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					     0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		sum ^= top >> i & 1 ? generator[i] : 0;
	return sum;
}

/* BIP-173: polymod over the expanded prefix and the data is 1; the separator is the last "1" */
enum sv_verdict sv_check_bech32(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	const uint8_t *one = memrchr(s.ptr, '1', s.len);
	uint32_t sum = 1;

	if (one == NULL)
		return SV_CHECK_FAILED;
	for (const uint8_t *p = s.ptr; p < one; p++)
		sum = sv_bech32_step(sum, (uint32_t)(*p | 0x20) >> 5);
	sum = sv_bech32_step(sum, 0);
	for (const uint8_t *p = s.ptr; p < one; p++)
		sum = sv_bech32_step(sum, (*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p) & 31);
	for (const uint8_t *p = one + 1; p < s.ptr + s.len; p++) {
		const char *digit =
			*p ? strchr(sv_bech32_digits, *p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p)
			   : NULL;

		if (digit == NULL)
			return SV_CHECK_FAILED;
		sum = sv_bech32_step(sum, (uint32_t)(digit - sv_bech32_digits));
	}
	return sum == 1 ? SV_CHECK_PROVED : altered(cand);
}

/* ---- structures inside of base64 ---- */

/* The base64 of a name, a colon and a value, all printable: registry and basic-auth logins, API
 * keys */
enum sv_verdict sv_check_base64_pair(const struct sv_check_input *in, struct sv_candidate *cand)
{
	/* the words of examples and manuals */
	static const char *const words[] = {"pass", "password", "passwd", "secret", "bar"};
	struct sv_span name, value;
	uint8_t raw[1024];
	ptrdiff_t n = in->secret.len > 1300 ? -1 : sv_base64_decode(in->secret, raw);
	const uint8_t *colon = n > 0 ? memchr(raw, ':', (size_t)n) : NULL;

	if (colon == NULL || colon == raw || colon + 1 == raw + n || !sv_printable(sv_span(raw, (size_t)n)))
		return SV_CHECK_FAILED;
	name = sv_span(raw, (size_t)(colon - raw));
	value = sv_span(colon + 1, (size_t)n - name.len - 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (sv_span_equal(value, sv_span_str(words[i])))
			return SV_CHECK_FAILED;
	if (sv_span_equal(name, value))
		return SV_CHECK_FAILED;
	if (!sv_is_stock(value) && !sv_is_made_up(value) && !sv_is_counted(value) &&
	    value.len > 3 && !(sv_is_in_test(in) && sv_is_typed(value)))
		return SV_CHECK_PROVED;
	cand->confidence = SV_CONF_LOW;
	sv_candidate_reason(cand, "it decodes to plain words");
	return SV_CHECK_JUDGED;
}

/* Data Center tokens: base64 of a decimal id, a colon and 20 bytes, perhaps after "BBDC-" */
enum sv_verdict sv_check_atlassian_dc(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	uint8_t raw[64];
	size_t digits = 0;
	ptrdiff_t n;

	(void)cand;
	if (sv_span_starts_with(s, "BBDC-"))
		s = sv_span(s.ptr + 5, s.len - 5);
	n = s.len > 64 ? -1 : sv_base64_decode(s, raw);
	while (n > 0 && digits < (size_t)n && raw[digits] >= '0' && raw[digits] <= '9')
		digits++;
	return n > 0 && digits >= 8 && digits <= 13 && raw[digits] == ':' &&
			       (size_t)n >= digits + 20
		       ? SV_CHECK_PROVED
		       : SV_CHECK_FAILED;
}

/* pypi- and a version-2 macaroon: 02 01 location, 02 identifier, 00, caveats, 00 00, 06 signature
 */
enum sv_verdict sv_check_macaroon(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[1024];
	struct sv_span s = in->secret;
	ptrdiff_t n;
	size_t at = 1;

	(void)cand;
	if (s.len < 5 || s.len > 1300)
		return SV_CHECK_OPEN;
	n = sv_base64_decode(sv_span(s.ptr + 5, s.len - 5), raw);
	if (n < 48 || raw[0] != 2)
		return SV_CHECK_OPEN;
	/* fields of the header: 01 location, 02 identifier; lengths below 128 take one byte */
	while (at + 1 < (size_t)n && (raw[at] == 1 || raw[at] == 2)) {
		size_t len = raw[at + 1], head = 2;

		if (len >= 128 && at + 2 < (size_t)n) {
			len = (len & 127) | (size_t)raw[at + 2] << 7;
			head = 3;
		}
		at += head + len;
	}
	return at < (size_t)n && raw[at] == 0 && raw[n - 34] == 6 && raw[n - 33] == 32 &&
			       raw[n - 35] == 0
		       ? SV_CHECK_PROVED
		       : SV_CHECK_OPEN;
}

/* The first part of a Discord token is the base64 of a snowflake made after 2015 and before now. */
enum sv_verdict sv_check_discord(const struct sv_check_input *in, struct sv_candidate *cand)
{
	const uint8_t *dot = memchr(in->secret.ptr, '.', in->secret.len);
	size_t len = dot ? (size_t)(dot - in->secret.ptr) : 0;
	uint8_t raw[32];
	uint64_t id, born;
	ptrdiff_t n =
		len == 0 || len > 28 ? -1 : sv_base64_decode(sv_span(in->secret.ptr, len), raw);

	(void)cand;
	if (n < 17 || n > 20 || sv_parse_u64(sv_span(raw, (size_t)n), &id) < 0)
		return SV_CHECK_FAILED;
	born = (id >> 22) / 1000 + 1420070400;
	return in->now == 0 || born <= (uint64_t)in->now + 86400 ? SV_CHECK_PROVED
								 : SV_CHECK_FAILED;
}

/* Ids made since about 2019 hold the account in base32; says which, proves nothing. */
enum sv_verdict sv_check_aws_account(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[10];
	uint64_t value = 0;

	if (in->secret.len != 20 ||
	    decode_base32(sv_span(in->secret.ptr + 4, 16), raw, sizeof(raw)) != 10)
		return SV_CHECK_FAILED;
	for (int i = 0; i < 6; i++)
		value = value << 8 | raw[i];
	value = (value & 0x7fffffffff80) >> 7;
	/* account numbers have twelve digits: a larger value shows an id of the older kind */
	if (value < 1000000000000)
		snprintf(cand->note, sizeof(cand->note), "%s of account %012llu", in->rule->name,
			 (unsigned long long)value);
	return SV_CHECK_OPEN;
}

/* ---- JSON Web Tokens ---- */

/* The value after "key": in flat JSON: a string without its quotes, or a bare number or word. */
static bool json_member(struct sv_span json, const char *key, struct sv_span *ret)
{
	size_t n = strlen(key);

	for (size_t i = 0; i + n + 2 < json.len; i++) {
		const uint8_t *p = json.ptr + i, *end = json.ptr + json.len, *from;
		bool quoted;

		if (p[0] != '"' || memcmp(p + 1, key, n) != 0 || p[n + 1] != '"')
			continue;
		for (p += n + 2; p < end && (*p == ' ' || *p == ':'); p++)
			;
		quoted = p < end && *p == '"';
		for (from = p += quoted; p < end && (quoted ? *p != '"' : *p != ',' && *p != '}');
		     p++)
			;
		*ret = sv_span(from, (size_t)(p - from));
		return true;
	}
	return false;
}

static bool json_is(struct sv_span json, const char *key, const char *value)
{
	struct sv_span v;

	return json_member(json, key, &v) && sv_span_equal(v, sv_span_str(value));
}

static bool is_json_object(const uint8_t *s, ptrdiff_t n)
{
	/* pretty-printed headers exist: line ends and tabs pass */
	for (ptrdiff_t i = 0; i < n; i++)
		if (s[i] < 0x20 && s[i] != '\n' && s[i] != '\r' && s[i] != '\t')
			return false;
	return n >= 2 && s[0] == '{' && s[n - 1] == '}';
}

/* What manuals of libraries sign to show how: what they publish, or somebody's first name alone. */
static bool is_sample(struct sv_span claims)
{
	static const struct {
		const char *name, *value;
	} published[] = {{"name", "John Doe"}, {"iss", "supabase-demo"}, {"foo", "bar"},
			 {"some", "payload"},  {"hello", "world"}};
	static const char *const users[] = {"John Doe",	  "Joe",  "joe",   "admin",  "me",
					    "1234567890", "1234", "12345", "123456", "user"};
	static const char *const known[] = {"iss",  "aud", "exp",   "iat",
					    "role", "jti", "scope", "sid"};
	struct sv_span value;

	for (size_t i = 0; i < sizeof(published) / sizeof(*published); i++)
		if (json_is(claims, published[i].name, published[i].value))
			return true;
	/* the time that jwt.io fills in */
	if (json_is(claims, "iat", "1516239022") && !json_member(claims, "iss", &value))
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (json_member(claims, known[i], &value))
			return false;
	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++)
		if (json_is(claims, "sub", users[i]))
			return true;
	return false;
}

static void note_claims(const struct sv_check_input *in, struct sv_span claims,
			struct sv_candidate *cand)
{
	struct sv_span issuer;

	if (json_is(claims, "role", "service_role"))
		cand->severity = SV_CRITICAL;
	if (json_is(claims, "iss", "kubernetes/serviceaccount")) {
		cand->severity = SV_CRITICAL;
		snprintf(cand->note, sizeof(cand->note), "Kubernetes service account token");
	} else if (json_member(claims, "iss", &issuer) && issuer.len != 0 && issuer.len < 100 &&
		   sv_printable(issuer)) {
		snprintf(cand->note, sizeof(cand->note), "%s issued by %.*s", in->rule->name,
			 (int)issuer.len, (const char *)issuer.ptr);
	}
}

static bool has_expired(const struct sv_check_input *in, struct sv_span claims)
{
	struct sv_span exp;
	uint64_t until;

	return in->now > 0 && json_member(claims, "exp", &exp) && sv_parse_u64(exp, &until) == 0 &&
	       until < (uint64_t)in->now;
}

/* Anybody may have it, or make it. */
static bool opens_nothing(struct sv_span header, struct sv_span claims, struct sv_candidate *cand)
{
	bool anonymous = json_is(claims, "role", "anon");

	if (!anonymous && !json_is(header, "alg", "none"))
		return false;
	cand->severity = anonymous ? SV_INFO : SV_LOW;
	sv_candidate_reason(cand, anonymous ? "its role is anonymous: it is meant to be public"
					    : "it is not signed");
	return true;
}

/* What was once signed is told: it says who signs such tokens, and for whom. */
static enum sv_verdict judge_claims(const struct sv_check_input *in, struct sv_span header,
				    struct sv_span claims, struct sv_candidate *cand)
{
	bool expired = has_expired(in, claims), sample, announced;

	note_claims(in, claims, cand);
	if (opens_nothing(header, claims, cand)) {
		cand->confidence = SV_CONF_LOW;
		return SV_CHECK_JUDGED;
	}
	if (expired) {
		cand->severity = SV_INFO;
		sv_candidate_reason(cand, "it has expired");
	}
	sample = is_sample(claims);
	announced = sv_is_announced(in);
	if (sample)
		sv_candidate_reason(cand, "its claims are those of a sample");
	else if (announced)
		sv_candidate_reason(cand, "an example is announced");
	if (!sample && !announced && !(expired && sv_is_remark(in)))
		return SV_CHECK_PROVED;
	cand->confidence = SV_CONF_LOW;
	return SV_CHECK_JUDGED;
}

enum sv_verdict sv_check_jwt(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	const uint8_t *dot = memchr(s.ptr, '.', s.len), *second;
	uint8_t header[1024], claims[4096];
	ptrdiff_t n_header, n_claims;
	struct sv_span kty;
	size_t len, rest;

	if (dot == NULL)
		return SV_CHECK_FAILED;
	len = (size_t)(dot - s.ptr);
	rest = s.len - len - 1;
	second = memchr(dot + 1, '.', rest);
	if (second == NULL || len > 1300 || second - dot > 5400)
		return SV_CHECK_FAILED;
	n_header = sv_base64_decode(sv_span(s.ptr, len), header);
	n_claims = sv_base64_decode(sv_span(dot + 1, (size_t)(second - dot - 1)), claims);
	if (!is_json_object(header, n_header) || !is_json_object(claims, n_claims))
		return SV_CHECK_FAILED;
	/* a public key that is signed, so that programs trust it */
	if (json_member(sv_span(claims, (size_t)n_claims), "kty", &kty) &&
	    !json_member(sv_span(claims, (size_t)n_claims), "d", &kty))
		return SV_CHECK_FAILED;
	return judge_claims(in, sv_span(header, (size_t)n_header),
			    sv_span(claims, (size_t)n_claims), cand);
}

/* ---- private keys ---- */

/* The base64 of a PEM body, cut at the first byte that is none; line ends may be escaped. */
static size_t pem_body(struct sv_span pem, uint8_t *ret, size_t cap)
{
	uint32_t bits = 0, n_bits = 0;
	size_t n = 0, i = 0;

	/* "-----BEGIN … -----" */
	while (i < pem.len && pem.ptr[i] == '-')
		i++;
	while (i < pem.len && pem.ptr[i] != '-')
		i++;
	while (i < pem.len && pem.ptr[i] == '-')
		i++;
	for (; i < pem.len && pem.ptr[i] != '-' && pem.ptr[i] != '='; i++) {
		int v = sv_base64_value(pem.ptr[i]);

		if (pem.ptr[i] == '\\' && i + 1 < pem.len) {
			i++; /* \n, \r */
			continue;
		}
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (n == cap)
			break;
		ret[n++] = (uint8_t)(bits >> n_bits);
	}
	return n;
}

/* A string of the SSH wire format at *at; false if it runs past the end. */
static bool ssh_string(struct sv_span s, size_t *at, struct sv_span *ret)
{
	uint32_t len;

	if (s.len - *at < 4)
		return false;
	len = read_be32(s.ptr + *at);
	if (len > s.len - *at - 4)
		return false;
	*ret = sv_span(s.ptr + *at + 4, len);
	*at += 4 + (size_t)len;
	return true;
}

static enum sv_verdict check_openssh(struct sv_span key, struct sv_candidate *cand)
{
	static const char magic[] = "openssh-key-v1";
	struct sv_span cipher, kdf, options, public, private;
	size_t at = sizeof(magic);

	if (key.len < sizeof(magic) + 4 || memcmp(key.ptr, magic, sizeof(magic)) != 0 ||
	    !ssh_string(key, &at, &cipher) || !ssh_string(key, &at, &kdf) ||
	    !ssh_string(key, &at, &options) || key.len - at < 4)
		return SV_CHECK_OPEN;
	at += 4; /* how many keys */
	if (!ssh_string(key, &at, &public) || !ssh_string(key, &at, &private))
		return SV_CHECK_OPEN;
	if (!sv_span_equal(cipher, sv_span_str("none"))) {
		cand->severity = SV_LOW;
		sv_candidate_reason(cand, "a passphrase protects it");
		return SV_CHECK_PROVED;
	}
	/* two equal numbers show that it was decrypted rightly, here with no cipher at all */
	return private.len >= 8 && memcmp(private.ptr, private.ptr + 4, 4) == 0 ? SV_CHECK_PROVED
										: SV_CHECK_OPEN;
}

static bool contains(struct sv_span s, const char *what)
{
	return memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

/* A DER SEQUENCE as long as it says, or OpenSSH's own form. A passphrase lowers the severity. */
enum sv_verdict sv_check_pem(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span head = sv_span(in->secret.ptr, in->secret.len < 200 ? in->secret.len : 200);
	uint8_t raw[12 * 1024];
	size_t n, len;

	if (contains(head, "4,ENCRYPTED") || contains(head, "BEGIN ENCRYPTED")) {
		cand->severity = SV_LOW;
		sv_candidate_reason(cand, "a passphrase protects it");
		/* the headers of the older form are no base64 */
		return SV_CHECK_OPEN;
	}
	n = pem_body(in->secret, raw, sizeof(raw));
	if (contains(head, "OPENSSH"))
		return check_openssh(sv_span(raw, n), cand);
	if (n < 16 || raw[0] != 0x30)
		return SV_CHECK_OPEN;
	len = raw[1] < 0x80    ? raw[1] + 2u
	      : raw[1] == 0x81 ? raw[2] + 3u
	      : raw[1] == 0x82 ? ((size_t)raw[2] << 8 | raw[3]) + 4
			       : 0;
	return len == n ? SV_CHECK_PROVED : SV_CHECK_OPEN;
}
