#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sodium.h>
#include "detect/checks.h"
#include "detect/checks_tokens.h"

/*
 * Encoders of our own, written another way than those of the library: sums bit by bit, numbers as
 * decimal-like digit strings. What they make must be proved; one altered character must not be.
 */

static enum sv_verdict run(const char *check, const char *secret, struct sv_candidate *cand,
			   int64_t now)
{
	static const struct sv_rule rule = {.name = "Token", .severity = SV_HIGH};
	struct sv_check_input in = {.rule = &rule, .secret = sv_span_str(secret), .now = now};

	*cand = (struct sv_candidate){
		.rule = &rule, .severity = rule.severity, .confidence = SV_CONF_HIGH};
	in.text = in.secret;
	in.match_end = in.text.len;
	assert_non_null(sv_check_find(check));
	return sv_check_find(check)->run(&in, cand);
}

static enum sv_verdict verdict(const char *check, const char *secret)
{
	struct sv_candidate cand;

	return run(check, secret, &cand, 0);
}

/* a prefix of its own, and a sum that does not hold: kept, with low confidence */
static bool is_altered(const char *check, const char *secret)
{
	struct sv_candidate cand;

	return run(check, secret, &cand, 0) == SV_CHECK_OPEN && cand.confidence == SV_CONF_LOW &&
	       strcmp(cand.reasons[0], "its checksum does not hold") == 0;
}

static uint64_t random_state;
static unsigned next_byte(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(random_state >> 40) & 255;
}

static char *put_random(char *at, const char *digits, int n)
{
	while (n-- > 0)
		*at++ = digits[next_byte() % strlen(digits)];
	*at = '\0';
	return at;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BASE64	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* reflected CRC-32, one bit at a time */
static uint32_t slow_crc32(const char *text)
{
	uint32_t crc = ~0u;

	for (; *text; text++)
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^
			      (((crc ^ (uint32_t)(uint8_t)*text >> bit) & 1) ? 0xedb88320 : 0);
	return ~crc;
}

/* n digits of value in base, most significant first */
static char *put_digits(char *at, uint32_t value, const char *digits, int n)
{
	uint32_t base = (uint32_t)strlen(digits), power = 1;

	for (int i = 1; i < n; i++)
		power *= base;
	for (; n-- > 0; power /= base)
		*at++ = digits[value / power % base];
	*at = '\0';
	return at;
}

static void put_base64(char *at, const uint8_t *raw, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)raw[i] << 16 | (i + 1 < n ? raw[i + 1] << 8 : 0) |
			     (i + 2 < n ? raw[i + 2] : 0);

		for (size_t c = 0; c < 4; c++)
			*at++ = i + c > n ? '=' : BASE64[v >> (18 - 6 * c) & 63];
	}
	*at = '\0';
}

static void crc32_tokens_are_proved_and_altered_ones_are_not(void **state)
{
	char text[400], *at;
	uint32_t crc;

	(void)state;
	random_state = 1;
	at = put_random(strcpy(text, "glsa_") + 5, LETTERS "0123456789", 32);
	crc = slow_crc32(text);
	sprintf(at, "_%02x%02x%02x%02x", crc & 255, crc >> 8 & 255, crc >> 16 & 255, crc >> 24);
	assert_int_equal(verdict("grafana-crc", text), SV_CHECK_PROVED);
	text[7] = text[7] == 'a' ? 'b' : 'a';
	assert_true(is_altered("grafana-crc", text));

	at = put_random(strcpy(text, "ATATT3xFfGF0") + 12, LETTERS "-_", 171);
	*at++ = '=';
	*at = '\0';
	sprintf(at, "%08X", slow_crc32(text));
	assert_int_equal(verdict("atlassian-crc", text), SV_CHECK_PROVED);
	text[30] = text[30] == 'a' ? 'b' : 'a';
	assert_int_equal(verdict("atlassian-crc", text), SV_CHECK_OPEN);

	at = put_random(strcpy(text, "cfut_") + 5, LETTERS, 40);
	sprintf(at, "%08x", slow_crc32(text + 5));
	assert_int_equal(verdict("cloudflare-crc", text), SV_CHECK_PROVED);
	text[5] = text[5] == 'a' ? 'b' : 'a';
	assert_int_equal(verdict("cloudflare-crc", text), SV_CHECK_OPEN);

	at = put_random(strcpy(text, "zpka_") + 5, "abcdef0123456789", 32);
	sprintf(at, "_%08x", slow_crc32(text + 5));
	assert_int_equal(verdict("zuplo-crc", text), SV_CHECK_PROVED);
	text[6] = text[6] == 'a' ? 'b' : 'a';
	assert_int_equal(verdict("zuplo-crc", text), SV_CHECK_OPEN);

	at = put_random(strcpy(text, "cflt") + 4, BASE64, 54);
	crc = slow_crc32(text + 4);
	put_base64(at,
		   (uint8_t[]){(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
			       (uint8_t)(crc >> 24)},
		   4);
	at[6] = '\0';
	assert_int_equal(verdict("confluent-crc", text), SV_CHECK_PROVED);
	text[9] = text[9] == 'a' ? 'b' : 'a';
	assert_int_equal(verdict("confluent-crc", text), SV_CHECK_OPEN);

	at = put_random(strcpy(text, "glpat-") + 6, LETTERS "-_", 40);
	at = strcpy(at, ".01.14") + 6;
	put_digits(at, slow_crc32(text), "0123456789abcdefghijklmnopqrstuvwxyz", 7);
	assert_int_equal(verdict("gitlab-crc", text), SV_CHECK_PROVED);
	text[9] = text[9] == 'a' ? 'b' : 'a';
	assert_int_equal(verdict("gitlab-crc", text), SV_CHECK_OPEN);

	at = put_random(strcpy(text, "syt_YWxpY2U_") + 12, LETTERS, 20);
	crc = slow_crc32(text);
	*at++ = '_';
	put_digits(at, crc, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 6);
	assert_int_equal(verdict("synapse-crc", text), SV_CHECK_PROVED);
	text[15] = text[15] == 'a' ? 'b' : 'a';
	assert_true(is_altered("synapse-crc", text));
}

static void crc16_gives_the_published_check_value(void **state)
{
	(void)state;
	assert_int_equal(sv_crc16_xmodem((const uint8_t *)"123456789", 9), 0x31c3);
}

/* CRC-16 as the remainder of a long division over the bits of the message and 16 zeros */
static unsigned slow_crc16(const uint8_t *raw, size_t n)
{
	unsigned rest = 0;

	for (size_t bit = 0; bit < n * 8 + 16; bit++) {
		rest = rest << 1 | (bit < n * 8 ? raw[bit / 8] >> (7 - bit % 8) & 1u : 0);
		if (rest & 0x10000)
			rest ^= 0x11021;
	}
	return rest;
}

/* base32 of whole five-byte groups, the last one zero-filled and cut */
static void put_base32(char *at, const uint8_t *raw, size_t n)
{
	for (size_t bit = 0; bit < n * 8; bit += 5) {
		uint32_t two =
			(uint32_t)raw[bit / 8] << 8 | (bit / 8 + 1 < n ? raw[bit / 8 + 1] : 0);

		*at++ = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[two >> (11 - bit % 8) & 31];
	}
	*at = '\0';
}

static void nats_and_stellar_seeds_need_their_crc16(void **state)
{
	uint8_t raw[36] = {0x95, 0x00};
	char text[80];
	unsigned crc;

	(void)state;
	random_state = 2;
	for (int i = 2; i < 34; i++)
		raw[i] = (uint8_t)next_byte();
	crc = slow_crc16(raw, 34);
	raw[34] = (uint8_t)crc;
	raw[35] = (uint8_t)(crc >> 8);
	put_base32(text, raw, 36);
	assert_int_equal(strlen(text), 58);
	assert_memory_equal(text, "SU", 2);
	assert_int_equal(verdict("nkey-crc", text), SV_CHECK_PROVED);
	text[20] = text[20] == 'A' ? 'B' : 'A';
	assert_true(is_altered("nkey-crc", text));

	raw[0] = 0x90;
	crc = slow_crc16(raw, 33);
	raw[33] = (uint8_t)crc;
	raw[34] = (uint8_t)(crc >> 8);
	put_base32(text, raw, 35);
	assert_int_equal(strlen(text), 56);
	assert_int_equal(verdict("nkey-crc", text), SV_CHECK_PROVED);
	text[55] = text[55] == 'A' ? 'B' : 'A';
	assert_true(is_altered("nkey-crc", text));
}

/* base58 by multiplying a number kept as base-58 digits, least significant first */
static void put_base58(char *ret, const uint8_t *raw, size_t n)
{
	uint8_t digits[160] = {0};
	size_t len = 0, at = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned carry = raw[i];

		for (size_t d = 0; d < len || carry != 0; d++) {
			carry += d < len ? digits[d] * 256u : 0;
			digits[d] = (uint8_t)(carry % 58);
			carry /= 58;
			len = d >= len ? d + 1 : len;
		}
	}
	while (len-- > 0)
		ret[at++] =
			"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digits[len]];
	ret[at] = '\0';
}

static void seal(uint8_t *raw, size_t n)
{
	uint8_t once[32], twice[32];

	crypto_hash_sha256(once, raw, n);
	crypto_hash_sha256(twice, once, 32);
	memcpy(raw + n, twice, 4);
}

static void wallet_keys_need_their_base58_checksum(void **state)
{
	uint8_t raw[82] = {0x04, 0x88, 0xad, 0xe4};
	struct sv_candidate cand;
	char text[160];

	(void)state;
	random_state = 3;
	for (int i = 4; i < 78; i++)
		raw[i] = (uint8_t)next_byte();
	seal(raw, 78);
	put_base58(text, raw, 82);
	assert_int_equal(strlen(text), 111);
	assert_memory_equal(text, "xprv", 4);
	assert_int_equal(verdict("base58check", text), SV_CHECK_PROVED);
	text[50] = text[50] == '2' ? '3' : '2';
	assert_true(is_altered("base58check", text));

	raw[0] = 0x80;
	raw[33] = 1;
	seal(raw, 34);
	put_base58(text, raw, 38);
	assert_int_equal(strlen(text), 52);
	assert_int_equal(run("base58check", text, &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_HIGH);
	raw[0] = 0xef;
	seal(raw, 34);
	put_base58(text, raw, 38);
	assert_int_equal(run("base58check", text, &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_LOW);
	text[30] = text[30] == '2' ? '3' : '2';
	assert_int_equal(verdict("base58check", text), SV_CHECK_FAILED);
}

static void bech32_gives_the_published_answers(void **state)
{
	(void)state;
	/* BIP-173's valid and invalid strings; none of them is a key */
	assert_int_equal(verdict("bech32", "A12UEL5L"), SV_CHECK_PROVED);
	assert_int_equal(verdict("bech32", "a12uel5l"), SV_CHECK_PROVED);
	assert_int_equal(verdict("bech32", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
			 SV_CHECK_PROVED);
	assert_int_equal(
		verdict("bech32", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"),
		SV_CHECK_PROVED);
	assert_true(is_altered("bech32", "A1G7SGD8"));
	assert_int_equal(verdict("bech32", "x1b4n0q5v"), SV_CHECK_FAILED);
	assert_int_equal(verdict("bech32", "pzry9x0s0muk"), SV_CHECK_FAILED);
}

static void only_a_line_that_signs_somebody_in_makes_a_hash_sure(void **state)
{
	static const char line[] = "\njoe.doe:$apr1$VeUA5kt.$IjjRk//8miRxDsZvD4daF1\n", code[] = "hash = \"x:$apr1$VeUA5kt.",
			  tested[] = "input := `\njoe.do:$apr1$VeUA5kt.$IjjRk//8miRxDsZvD4daF1\n`";
	struct sv_check_input in = {.text = sv_span_str(line), .secret = sv_span((const uint8_t *)line + 9, 37)};
	struct sv_candidate cand = {.confidence = SV_CONF_LOW};

	(void)state;
	assert_int_equal(sv_check_find("signs-in")->run(&in, &cand), SV_CHECK_PASSED);
	assert_int_equal(cand.confidence, SV_CONF_HIGH);
	cand.confidence = SV_CONF_LOW;
	in.text = sv_span_str(code);
	in.secret = sv_span((const uint8_t *)code + 10, 15);
	sv_check_find("signs-in")->run(&in, &cand);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
	/* such a line that a test holds between its quotes */
	in.text = sv_span_str(tested);
	in.secret = sv_span((const uint8_t *)tested + 18, 37);
	sv_check_find("signs-in")->run(&in, &cand);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
}

static void a_base64_login_is_told_from_random_base64(void **state)
{
	char text[100];

	(void)state;
	put_base64(text, (const uint8_t *)"deploy:c0rrect+h0rse", 20);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_PROVED);
	put_base64(text, (const uint8_t *)"deploy:correct horse", 20);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_JUDGED);
	put_base64(text, (const uint8_t *)"test:123", 8);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_JUDGED);
	put_base64(text, (const uint8_t *)"username:password", 17);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_FAILED);
	put_base64(text, (const uint8_t *)"test:test", 9);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_FAILED);
	put_base64(text, (const uint8_t *)"no colon in this one", 20);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_FAILED);
	put_base64(text, (const uint8_t *)"bin\x01y:\xff\xfe\xfd", 10);
	assert_int_equal(verdict("base64-pair", text), SV_CHECK_FAILED);
	put_base64(text,
		   (const uint8_t *)"123456789012:"
				    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
				    "\x10\x11\x12\x13\x14",
		   33);
	assert_int_equal(verdict("atlassian-dc", text), SV_CHECK_PROVED);
	put_base64(text, (const uint8_t *)"12345:aaaaaaaaaaaaaaaaaaaaaaaaaaa", 33);
	assert_int_equal(verdict("atlassian-dc", text), SV_CHECK_FAILED);
}

static void a_macaroon_is_whole_or_leaves_it_open(void **state)
{
	uint8_t raw[256] = {2, 1, 8}, *at = raw + 3;
	char text[400] = "pypi-";

	(void)state;
	random_state = 4;
	memcpy(at, "idx.test", 8);
	at += 8;
	*at++ = 2;
	*at++ = 36;
	for (int i = 0; i < 36; i++)
		*at++ = (uint8_t)('a' + next_byte() % 26);
	*at++ = 0; /* end of header */
	*at++ = 2; /* one caveat */
	*at++ = 4;
	memcpy(at, "[1,]", 4);
	at += 4;
	*at++ = 0;
	*at++ = 0;
	*at++ = 6;
	*at++ = 32;
	for (int i = 0; i < 32; i++)
		*at++ = (uint8_t)next_byte();
	put_base64(text + 5, raw, (size_t)(at - raw));
	assert_int_equal(verdict("macaroon", text), SV_CHECK_PROVED);
	text[60] = '\0';
	assert_int_equal(verdict("macaroon", text), SV_CHECK_OPEN);
}

static void a_discord_token_names_a_bot_of_the_past(void **state)
{
	char text[100];

	(void)state;
	/* born 2016-04-30, by the documented snowflake 175928847299117063 */
	put_base64(text, (const uint8_t *)"175928847299117063", 18);
	strcat(text, ".abcdef.abcdefghijklmnopqrstuvwxyz0");
	assert_int_equal(verdict("discord-id", text), SV_CHECK_PROVED);
	struct sv_candidate cand;
	assert_int_equal(run("discord-id", text, &cand, 1700000000), SV_CHECK_PROVED);
	assert_int_equal(run("discord-id", text, &cand, 1450000000), SV_CHECK_FAILED);
	put_base64(text, (const uint8_t *)"no number here, 18", 18);
	strcat(text, ".abcdef.abcdefghijklmnopqrstuvwxyz0");
	assert_int_equal(verdict("discord-id", text), SV_CHECK_FAILED);
}

static void an_aws_id_names_its_account(void **state)
{
	/* account 581039954779, as it lies in bits 1 to 40 of the ten bytes */
	uint64_t bits = 581039954779ull << 7 | 1ull << 47;
	uint8_t raw[10] = {0};
	struct sv_candidate cand;
	char text[40] = "AKIA";

	(void)state;
	for (int i = 0; i < 6; i++)
		raw[i] = (uint8_t)(bits >> (40 - 8 * i));
	put_base32(text + 4, raw, 10);
	assert_int_equal(run("aws-account", text, &cand, 0), SV_CHECK_OPEN);
	assert_string_equal(cand.note, "Token of account 581039954779");
	text[10] = '1';
	assert_int_equal(verdict("aws-account", text), SV_CHECK_FAILED);
}

static void jwt_of(char *ret, const char *header, const char *claims)
{
	char part[400];

	put_base64(part, (const uint8_t *)header, strlen(header));
	ret += sprintf(ret, "%.*s.", (int)strcspn(part, "="), part);
	put_base64(part, (const uint8_t *)claims, strlen(claims));
	sprintf(ret, "%.*s.c2lnbmF0dXJl", (int)strcspn(part, "="), part);
}

static void a_jwt_is_judged_by_its_claims(void **state)
{
	static const char hs[] = "{\"alg\":\"HS256\"}";
	struct sv_candidate cand;
	char text[1000];

	(void)state;
	jwt_of(text, hs, "{\"iss\":\"https://id.example\",\"exp\":1600000000}");
	assert_int_equal(run("jwt", text, &cand, 1500000000), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_HIGH);
	assert_string_equal(cand.note, "Token issued by https://id.example");
	assert_int_equal(run("jwt", text, &cand, 1700000000), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_INFO);
	assert_string_equal(cand.reasons[0], "it has expired");
	jwt_of(text, hs, "{\"iss\":\"supabase\",\"role\":\"anon\"}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_JUDGED);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
	assert_int_equal(cand.severity, SV_INFO);
	jwt_of(text, hs, "{\"iss\":\"supabase\",\"role\":\"service_role\"}");
	run("jwt", text, &cand, 0);
	assert_int_equal(cand.severity, SV_CRITICAL);
	jwt_of(text, "{\"alg\":\"none\"}", "{\"sub\":\"1\"}");
	run("jwt", text, &cand, 0);
	assert_int_equal(cand.severity, SV_LOW);
	jwt_of(text, hs, "{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_JUDGED);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
	jwt_of(text, hs, "{\"sub\":\"1234567890\"}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_JUDGED);
	jwt_of(text, hs, "{\"some\":\"payload\"}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_JUDGED);
	jwt_of(text, hs, "{\"sub\":\"ada\",\"iat\":1516239022}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_JUDGED);
	jwt_of(text, hs, "{\"scopes\":[1,2]}");
	assert_int_equal(run("jwt", text, &cand, 0), SV_CHECK_PROVED);
	jwt_of(text, hs, "not JSON at all");
	assert_int_equal(verdict("jwt", text), SV_CHECK_FAILED);
	jwt_of(text, "nor is this", "{\"sub\":\"1\"}");
	assert_int_equal(verdict("jwt", text), SV_CHECK_FAILED);
}

static uint8_t *put_ssh_string(uint8_t *at, const void *bytes, size_t n)
{
	*at++ = (uint8_t)(n >> 24);
	*at++ = (uint8_t)(n >> 16);
	*at++ = (uint8_t)(n >> 8);
	*at++ = (uint8_t)n;
	memcpy(at, bytes, n);
	return at + n;
}

static void openssh_pem(char *ret, const char *cipher, uint8_t second)
{
	uint8_t raw[300] = "openssh-key-v1", private[64], *at = raw + 15;
	char body[500];

	for (size_t i = 0; i < sizeof(private); i++)
	private[i] = (uint8_t)next_byte();
	memcpy(private + 4, private, 4);
	private[7] ^= second;
	at = put_ssh_string(at, cipher, strlen(cipher));
	at = put_ssh_string(at, "none", 4);
	at = put_ssh_string(at, "", 0);
	memcpy(at, "\0\0\0\1", 4);
	at = put_ssh_string(at + 4, private + 20, 40);
	at = put_ssh_string(at, private, sizeof(private));
	put_base64(body, raw, (size_t)(at - raw));
	sprintf(ret,
		"-----BEGIN OPENSSH PRIVATE KEY-----\n%.70s\n%s\n-----END OPENSSH PRIVATE KEY-----",
		body, body + 70);
}

static void a_private_key_is_proved_by_what_is_inside(void **state)
{
	uint8_t der[200] = {0x30, 0x81, 120, 2, 1, 0};
	struct sv_candidate cand;
	char text[1000], body[400];

	(void)state;
	random_state = 5;
	openssh_pem(text, "none", 0);
	assert_int_equal(run("pem", text, &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_HIGH);
	openssh_pem(text, "none", 1);
	assert_int_equal(verdict("pem", text), SV_CHECK_OPEN);
	openssh_pem(text, "aes256-ctr", 1);
	assert_int_equal(run("pem", text, &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_LOW);

	put_base64(body, der, 123);
	sprintf(text, "-----BEGIN PRIVATE KEY-----\\n%.64s\\n%s\\n-----END PRIVATE KEY-----", body,
		body + 64);
	assert_int_equal(verdict("pem", text), SV_CHECK_PROVED);
	put_base64(body, der, 100);
	sprintf(text, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----", body);
	assert_int_equal(verdict("pem", text), SV_CHECK_OPEN);
	sprintf(text,
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%s\n-----END ENCRYPTED PRIVATE KEY-----",
		body);
	run("pem", text, &cand, 0);
	assert_int_equal(cand.severity, SV_LOW);
}

/* a template of rules' examples, with values from a seed */
static const char *expanded(const char *template, uint64_t seed, struct sv_buf *buf)
{
	assert_int_equal(sv_template_expand(template, seed, buf, NULL), 0);
	return sv_buf_str(buf);
}

static void a_mnemonic_needs_words_of_the_list_and_their_checksum(void **state)
{
	/* a vector of the standard: the entropy is sixteen times 0x7F */
	static const char legal[] = "legal winner thank year wave sausage worth useful legal winner thank yellow";
	SV_AUTO(sv_buf) buf = {0};
	char template[16];

	(void)state;
	assert_string_equal(sv_bip39_word(0), "abandon");
	assert_string_equal(sv_bip39_word(2047), "zoo");
	assert_int_equal(verdict("bip39", legal), SV_CHECK_PROVED);
	assert_int_equal(verdict("bip39", "winner legal thank year wave sausage worth useful legal winner thank yellow"),
			 SV_CHECK_FAILED);
	for (unsigned n = 12; n <= 24; n += 3)
		for (uint64_t seed = 1; seed < 20; seed++) {
			snprintf(template, sizeof(template), "{bip39:%u}", n);
			assert_int_equal(verdict("bip39", expanded(template, seed, &buf)), SV_CHECK_PROVED);
		}
}

static void words_that_no_wallet_made_are_no_mnemonic(void **state)
{
	struct sv_candidate cand;

	(void)state;
	assert_int_equal(verdict("bip39", "abandon ability able about above absent absorb abstract absurd abuse access"),
			 SV_CHECK_FAILED);
	assert_int_equal(verdict("bip39", "the quick brown fox jumps over a lazy dog and runs away"), SV_CHECK_FAILED);
	/* what documentation shows has a checksum that holds */
	assert_int_equal(run("bip39",
			     "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
			     &cand, 0),
			 SV_CHECK_JUDGED);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
}

static void crc24_gives_the_published_check_value(void **state)
{
	(void)state;
	assert_int_equal(sv_crc24((const uint8_t *)"123456789", 9), 0x21CF02);
	assert_int_equal(sv_crc24(NULL, 0), 0xB704CE);
}

#define PGP(body) "-----BEGIN PGP PRIVATE KEY BLOCK-----\n" body "\n-----END PGP PRIVATE KEY BLOCK-----"

static void an_openpgp_key_is_proved_by_its_crc24(void **state)
{
	SV_AUTO(sv_buf) buf = {0};
	struct sv_candidate cand;
	char line[600], *text;
	size_t n;

	(void)state;
	text = strdup(expanded(PGP("Version: GnuPG v2\n\n{pgp:200}"), 3, &buf));
	assert_int_equal(run("pgp-armour", text, &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_HIGH);
	text[80] = text[80] == 'A' ? 'B' : 'A';
	assert_int_equal(run("pgp-armour", text, &cand, 0), SV_CHECK_JUDGED);
	assert_string_equal(cand.reasons[0], "its checksum does not hold");
	free(text);
	/* on one line, with escaped ends */
	n = 0;
	for (const char *from = expanded("-----BEGIN PGP PRIVATE KEY BLOCK-----\\n\\n{pgp:0}", 4, &buf); *from; from++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%c", *from == '\n' ? "\\" : "", *from == '\n' ? 'n' : *from);
	assert_int_equal(verdict("pgp-armour", line), SV_CHECK_PROVED);
	assert_int_equal(verdict("pgp-armour", PGP("\nmQENBFq=")), SV_CHECK_OPEN);
	assert_int_equal(verdict("pgp-armour", PGP("(cut)")), SV_CHECK_OPEN);
}

/* a packet of tag 5, version 4, of RSA with numbers of 8 bits, then what tells of a passphrase */
static void a_passphrase_lowers_an_openpgp_key(void **state)
{
	uint8_t raw[16] = {0xC5, 14, 4, 0, 0, 0, 0, 1, 0, 8, 0xFF, 0, 8, 0xFF, 254, 9};
	struct sv_candidate cand;
	char text[200], body[40], sum[8];
	uint8_t crc[3];

	(void)state;
	for (unsigned locked = 0; locked < 2; locked++) {
		uint32_t value;

		raw[14] = locked ? 254 : 0;
		value = sv_crc24(raw, sizeof(raw));
		crc[0] = (uint8_t)(value >> 16);
		crc[1] = (uint8_t)(value >> 8);
		crc[2] = (uint8_t)value;
		put_base64(body, raw, sizeof(raw));
		put_base64(sum, crc, 3);
		sprintf(text, PGP("\n%s\n=%s"), body, sum);
		assert_int_equal(run("pgp-armour", text, &cand, 0), SV_CHECK_PROVED);
		assert_int_equal(cand.severity, locked ? SV_LOW : SV_HIGH);
	}
}

static void a_putty_key_is_proved_by_its_lines(void **state)
{
	static const char ppk[] = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: %s\nComment: a\nPublic-Lines: 2\n"
				  "{puttypublic}\nPrivate-Lines: %s\n{base64:48}\nPrivate-MAC: {hex:64}";
	SV_AUTO(sv_buf) buf = {0};
	struct sv_candidate cand;
	char template[400];

	(void)state;
	sprintf(template, ppk, "none", "1");
	assert_int_equal(run("putty", expanded(template, 7, &buf), &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_HIGH);
	sprintf(template, ppk, "aes256-cbc", "1");
	assert_int_equal(run("putty", expanded(template, 7, &buf), &cand, 0), SV_CHECK_PROVED);
	assert_int_equal(cand.severity, SV_LOW);
	/* more lines than there are: the next ones are no base64 */
	sprintf(template, ppk, "none", "3");
	assert_int_equal(verdict("putty", expanded(template, 7, &buf)), SV_CHECK_OPEN);
}

static void a_keystore_is_whole_with_vector_and_code(void **state)
{
	SV_AUTO(sv_buf) buf = {0};

	(void)state;
	assert_int_equal(verdict("ethereum-keystore",
				 expanded("\"cipherparams\": {\"iv\": \"{hex:32}\"}, \"mac\": \"{hex:64}\"", 1, &buf)),
			 SV_CHECK_PROVED);
	assert_int_equal(verdict("ethereum-keystore", expanded("{\"iv\":\"{hex:32}\",\"mac\":\"{hex:60}\"}", 1, &buf)),
			 SV_CHECK_OPEN);
	assert_int_equal(verdict("ethereum-keystore", "\"iv\": \"\", \"mac\""), SV_CHECK_OPEN);
}

static bool is_identifier(const char *text, const char *value)
{
	struct sv_check_input in = {.text = sv_span_str(text), .secret = sv_span_str(strstr(text, value))};

	in.secret.len = strlen(value);
	return sv_is_identifier(&in);
}

static void what_tells_things_apart_is_no_secret(void **state)
{
	SV_AUTO(sv_buf) buf = {0};
	const char *key;

	(void)state;
	key = expanded("nkey: {nkey:a0:32}", 5, &buf);
	assert_true(is_identifier(key, key + 6));
	key = expanded("nkey: U{base32:55}", 5, &buf);
	assert_false(is_identifier(key, key + 6));
	assert_true(is_identifier("client_id = q8ZtWn5", "q8ZtWn5"));
	assert_false(is_identifier("client_secret = q8ZtWn5", "q8ZtWn5"));
	assert_true(is_identifier("Release GPG key: 9554F04D7259", "9554F04D7259"));
	assert_true(is_identifier("token=q8ZtWn5\1\2\3\4", "q8ZtWn5"));
}

static void what_everybody_writes_is_a_password_in_form_only(void **state)
{
	struct sv_candidate cand;

	(void)state;
	assert_int_equal(verdict("chosen", "${DB_PASSWORD}"), SV_CHECK_FAILED);
	assert_int_equal(verdict("chosen", "your-password"), SV_CHECK_FAILED);
	assert_int_equal(verdict("chosen", "q8Zt-winter"), SV_CHECK_PASSED);
	assert_int_equal(run("chosen", "changeme", &cand, 0), SV_CHECK_JUDGED);
	assert_int_equal(cand.confidence, SV_CONF_LOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32_tokens_are_proved_and_altered_ones_are_not),
		cmocka_unit_test(crc16_gives_the_published_check_value),
		cmocka_unit_test(nats_and_stellar_seeds_need_their_crc16),
		cmocka_unit_test(wallet_keys_need_their_base58_checksum),
		cmocka_unit_test(bech32_gives_the_published_answers),
		cmocka_unit_test(only_a_line_that_signs_somebody_in_makes_a_hash_sure),
		cmocka_unit_test(a_base64_login_is_told_from_random_base64),
		cmocka_unit_test(a_macaroon_is_whole_or_leaves_it_open),
		cmocka_unit_test(a_discord_token_names_a_bot_of_the_past),
		cmocka_unit_test(an_aws_id_names_its_account),
		cmocka_unit_test(a_jwt_is_judged_by_its_claims),
		cmocka_unit_test(a_private_key_is_proved_by_what_is_inside),
		cmocka_unit_test(a_mnemonic_needs_words_of_the_list_and_their_checksum),
		cmocka_unit_test(words_that_no_wallet_made_are_no_mnemonic),
		cmocka_unit_test(crc24_gives_the_published_check_value),
		cmocka_unit_test(an_openpgp_key_is_proved_by_its_crc24),
		cmocka_unit_test(a_passphrase_lowers_an_openpgp_key),
		cmocka_unit_test(a_putty_key_is_proved_by_its_lines),
		cmocka_unit_test(a_keystore_is_whole_with_vector_and_code),
		cmocka_unit_test(what_tells_things_apart_is_no_secret),
		cmocka_unit_test(what_everybody_writes_is_a_password_in_form_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
