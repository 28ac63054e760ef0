/* Encoders for the placeholders of Azure rules; they share no more than Marvin32 with the checks.
 */
#include "detect/checks.h"
#include "detect/examples.h"
#include <stdio.h>

/* n bytes whose base64 has signature before its last six characters; n ≤ 72 */
static void make_his(uint8_t *raw, unsigned n, const char *signature, uint64_t *random)
{
	unsigned chars = (n * 8 + 5) / 6;

	sv_example__bytes(raw, n, random);
	for (unsigned i = 0; i < 24; i++) {
		unsigned bit = (chars - 10) * 6 + i,
			 value = (unsigned)sv_base64_value((uint8_t)signature[i / 6]);
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		raw[bit / 8] =
			(uint8_t)((raw[bit / 8] & ~mask) | (value >> (5 - i % 6) & 1 ? mask : 0));
	}
	/* what lies between signature and checksum is zero: hence the [A-P] and [A-D] of the rules
	 */
	for (unsigned bit = (chars - 10) * 6 + 24; bit < (n - 4) * 8; bit++)
		raw[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static void sign_his(uint8_t *raw, unsigned n, const char *seed_text)
{
	uint64_t seed = 0;
	uint32_t sum;

	for (int i = 0; i < 8; i++)
		seed = seed << 8 | (uint8_t)seed_text[i];
	sum = sv_marvin32(raw, n - 4, seed);
	for (unsigned i = 0; i < 4; i++)
		raw[n - 4 + i] = (uint8_t)(sum >> (8 * i));
}

static int put_his(struct sv_buf *out, unsigned n, const char *signature, const char *seed_text,
		   uint64_t *random)
{
	uint8_t raw[80];
	int status;

	if (n < 16 || n > 72 || strlen(signature) != 4 || strlen(seed_text) != 8)
		return SV_EINVAL;
	make_his(raw, n, signature, random);
	sign_his(raw, n, seed_text);
	status = sv_example__groups(out, raw, n, 6, sv_digits64);
	return status < 0 ? status : sv_buf_append(out, "==", (3 - n % 3) % 3);
}

/* keys of Azure AI Search are letters and digits only: tried until one is */
static int put_search(struct sv_buf *out, const char *seed_text, uint64_t *random)
{
	size_t start = out->len;

	for (int tries = 0; tries < 10000; tries++) {
		bool plain = true;
		int status = put_his(out, 39, "AzSe", seed_text, random);

		if (status < 0)
			return status;
		for (size_t i = start; i < out->len; i++)
			plain &= out->ptr[i] != '+' && out->ptr[i] != '/';
		if (plain)
			return 0;
		sv_buf_commit(out, start);
	}
	return SV_EINVAL;
}

static void rewrite(uint8_t *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = text[i] == '+' ? 'P' : text[i] == '/' ? 'F' : text[i];
}

/* + and / become P and F, in the body before the checksum is made and in the checksum after */
static int put_redis(struct sv_buf *out, uint64_t *random)
{
	uint8_t raw[48];
	size_t start = out->len;
	int status;

	make_his(raw, 32, "AzCa", random);
	status = sv_example__groups(out, raw, 32, 6, sv_digits64);
	if (status < 0)
		return status;
	rewrite(out->ptr + start, 37);
	sv_base64_decode(sv_span(out->ptr + start, 43), raw);
	sign_his(raw, 32, "Access00");
	sv_buf_commit(out, start);
	status = sv_example__groups(out, raw, 32, 6, sv_digits64);
	if (status < 0)
		return status;
	rewrite(out->ptr + start + 37, 6);
	return sv_buf_putc(out, '=');
}

/* form: 0 short, 1 long, 2 short with the base64 checksum of older producers */
static int put_cask2(struct sv_buf *out, int form, const char *signature, const char *data,
		     uint64_t *random)
{
	size_t start = out->len;
	uint8_t raw[64], sum[4];
	char tail[7] = "000000";
	uint64_t number = 0;
	uint32_t hash;
	unsigned zeroes = 0, length = 0;
	int status = sv_example__letters(out, sv_digits62, 52, random);

	if (status == 0)
		status = sv_buf_printf(out, "JQQJ99B%cAC%sXJ3w3%s%s",
				       "ABCDEF"[sv_example__random(random) % 6], "YeBjF", data,
				       signature);
	if (status < 0)
		return status;
	if (out->len - start != 80 || sv_base64_decode(sv_span(out->ptr + start, 80), raw) != 60)
		return SV_EINVAL;
	hash = sv_marvin32(raw, 60, 0x44656661756c7430ull);
	for (unsigned i = 0; i < 4; i++) {
		sum[i] = (uint8_t)(hash >> (8 * i));
		number = number << 8 | sum[i];
		zeroes += number == 0;
	}
	if (form == 2)
		return sv_example__groups(out, sum, 3, 6, sv_digits64);
	for (uint64_t rest = number; rest != 0; rest /= 62)
		length++;
	for (unsigned at = zeroes + length; at-- > zeroes; number /= 62)
		if (at < 6)
			tail[at] = sv_digits62[number % 62];
	if (form == 0)
		return sv_buf_append(out, tail, 4);
	tail[5] = sv_digits64[sv_base64_value((uint8_t)tail[5]) / 16 * 16];
	return sv_buf_printf(out, "%s==", tail);
}

static int put_cask1(struct sv_buf *out, unsigned bits, uint64_t *random)
{
	/* two more bytes than needed at most: the zeroes that fill up to whole groups */
	uint8_t raw[66] = {0};
	int status;

	if (bits != 256 && bits != 512)
		return SV_EINVAL;
	sv_example__bytes(raw, bits / 8, random);
	status = sv_example__groups(out, raw, (bits / 8 + 2) / 3 * 3, 6, sv_digits64url);
	return status < 0 ? status
			  : sv_buf_printf(out, "QJJQA%cAPTESTAAAHMUb7", bits == 256 ? 'B' : 'C');
}

static int put_entra(struct sv_buf *out, uint64_t *random)
{
	static const char digits[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
	static const uint32_t places[] = {66u * 66 * 66 * 66 * 66, 66u * 66 * 66 * 66,
					  66u * 66 * 66};
	size_t start = out->len;
	uint32_t sum;
	int status = sv_example__letters(out, sv_digits62, 3, random);

	if (status == 0)
		status = sv_buf_puts(out, "8Q~");
	if (status == 0)
		status = sv_example__letters(out, digits, 30, random);
	if (status == 0) /* a dot here would end a sentence */
		status = sv_example__letters(out, sv_digits62, 1, random);
	if (status < 0)
		return status;
	sum = sv_marvin32(out->ptr + start, 37, 0x4161645077643030ull);
	for (int i = 0; status == 0 && i < 3; i++)
		status = sv_buf_putc(out, digits[sum / places[i] % 66]);
	return status;
}

static int put_ado52(struct sv_buf *out, uint32_t mask, uint64_t *random)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t raw[33] = {0}, token[28];
	unsigned n = 0;
	uint32_t sum;
	int status = 0;

	sv_example__bytes(raw, 32, random);
	for (unsigned i = 0; i < 32; i++)
		if (i != 2 && i != 7 && i != 8 && i != 22)
			token[n++] = raw[i];
	sum = sv_crc32(0, token, 28) ^ mask;
	raw[22] = (uint8_t)sum;
	raw[8] = (uint8_t)(sum >> 8);
	raw[7] = (uint8_t)(sum >> 16);
	raw[2] = (uint8_t)(sum >> 24);
	for (unsigned bit = 0; status == 0 && bit < 256; bit += 5) {
		unsigned two = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];

		status = sv_buf_putc(out, digits[two >> (11 - bit % 8) & 31]);
	}
	return status;
}

static int put_b64(struct sv_buf *out, unsigned n, uint64_t *random)
{
	uint8_t raw[512];
	int status;

	if (n > sizeof(raw))
		return SV_EINVAL;
	sv_example__bytes(raw, n, random);
	status = sv_example__groups(out, raw, n, 6, sv_digits64);
	return status < 0 ? status : sv_buf_append(out, "==", (3 - n % 3) % 3);
}

/* 32 bytes as they stand in a URL: base64, percent encoded */
static int put_signature(struct sv_buf *out, uint64_t *random)
{
	SV_AUTO(sv_buf) plain = {0};
	int status = put_b64(&plain, 32, random);

	for (size_t i = 0; status == 0 && i < plain.len; i++)
		if (strchr("+/=", plain.ptr[i]) != NULL)
			status = sv_buf_printf(out, "%%%02X", plain.ptr[i]);
		else
			status = sv_buf_putc(out, (char)plain.ptr[i]);
	return status;
}

static int put_jwt(struct sv_buf *out, long long expiry, const char *issuer, uint64_t *random)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"RS256\"}";
	uint8_t raw[256];
	char payload[200];
	int n, status = sv_example__groups(out, (const uint8_t *)header, strlen(header), 6, sv_digits64url);

	n = snprintf(payload, sizeof(payload),
		     "{\"aud\":\"https://management.azure.com\",\"iss\":\"https://%s/"
		     "\",\"exp\":%lld,\"jti\":\"%u\"}",
		     issuer, expiry, sv_example__random(random));
	if (status == 0)
		status = sv_buf_putc(out, '.');
	if (status == 0)
		status = sv_example__groups(out, (const uint8_t *)payload, (size_t)n, 6, sv_digits64url);
	if (status == 0)
		status = sv_buf_putc(out, '.');
	sv_example__bytes(raw, sizeof(raw), random);
	return status < 0 ? status : sv_example__groups(out, raw, sizeof(raw), 6, sv_digits64url);
}

static int put_bitlocker(struct sv_buf *out, uint64_t *random)
{
	int status = 0;

	for (int i = 0; status == 0 && i < 8; i++)
		status = sv_buf_printf(out, "%s%06u", i == 0 ? "" : "-",
				       sv_example__random(random) % 65536 * 11);
	return status;
}

/* A SEQUENCE of length bytes that begins with head and goes on at random; in base64, or as it is. */
static int put_der(struct sv_buf *out, const uint8_t *head, size_t n, size_t length, bool binary,
		   uint64_t *random)
{
	uint8_t raw[700];

	raw[0] = 0x30;
	raw[1] = 0x82;
	raw[2] = (uint8_t)(length >> 8);
	raw[3] = (uint8_t)length;
	sv_example__bytes(raw + 4, (unsigned)length, random);
	memcpy(raw + 4, head, n);
	return binary ? sv_buf_append(out, raw, 4 + length)
		      : sv_example__groups(out, raw, 4 + length, 6, sv_digits64);
}

/* A file of keys or a container, in base64. */
static int put_base64(struct sv_buf *out, sv_example__file *make, const char *kind, uint64_t *random)
{
	SV_AUTO(sv_buf) raw = {0};
	int status = make(&raw, kind, random);

	if (status == 0)
		status = sv_example__groups(out, raw.ptr, raw.len, 6, sv_digits64);
	return status < 0 ? status : sv_buf_append(out, "==", (3 - raw.len % 3) % 3);
}

int sv_example__azure(struct sv_buf *out, const char *body, uint64_t *seed)
{
	/* version 0, rsaEncryption, an OCTET STRING */
	static const uint8_t pkcs8[] = {2,    1,    0, 0x30, 0x0D, 6, 9, 0x2A, 0x86, 0x48, 0x86,
					0xF7, 0x0D, 1, 1,    1,	   5, 0, 4,    0x82, 2,	   0x28};
	/* a serial number and an algorithm, as certificates begin; and what is signed */
	static const uint8_t certificate[] = {0x30, 0x82, 2,	0x10, 0xA0, 3, 2, 1, 2,
					      2,    4,	  0x11, 0x22, 0x33, 4, 0x30};
	static const uint8_t pkcs7[] = {6, 9,	 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D,
					1, 7,	 2,    0xA0, 0x82, 2,	 0x10, 0x30};
	char name[12], signature[5], text[24];
	long long expiry;
	unsigned n;

	if (sscanf(body, "his:%u:%4[^:]:%8s", &n, signature, text) == 3)
		return put_his(out, n, signature, text, seed);
	if (sscanf(body, "search:%8s", text) == 1)
		return put_search(out, text, seed);
	if (sscanf(body, "%11[a-z2]:%4[A-Za-z]:%4s", name, signature, text) == 3 &&
	    strncmp(name, "cask2", 5) == 0)
		return put_cask2(out,
				 name[5] == 'l'	  ? 1
				 : name[5] == 'o' ? 2
						  : 0,
				 signature, text, seed);
	if (sscanf(body, "cask1:%u", &n) == 1)
		return put_cask1(out, n, seed);
	if (sscanf(body, "b64:%u", &n) == 1)
		return put_b64(out, n, seed);
	if (sscanf(body, "entrajwt:%lld:%23s", &expiry, text) == 2)
		return put_jwt(out, expiry, text, seed);
	if (strcmp(body, "sig") == 0)
		return put_signature(out, seed);
	if (strcmp(body, "redis") == 0)
		return put_redis(out, seed);
	if (strcmp(body, "entra") == 0)
		return put_entra(out, seed);
	if (strcmp(body, "ado52:user") == 0)
		return put_ado52(out, 0xE0B9692Du, seed);
	if (strcmp(body, "ado52:app") == 0)
		return put_ado52(out, 0x1019F92Eu, seed);
	if (strcmp(body, "bitlocker") == 0)
		return put_bitlocker(out, seed);
	if (strcmp(body, "pkcs8") == 0)
		return put_der(out, pkcs8, sizeof(pkcs8), 0x23E, false, seed);
	if (strncmp(body, "pkcs12", 6) == 0 && (body[6] == '\0' || body[6] == ':'))
		return put_base64(out, sv_example__pkcs12, body + 6 + (body[6] == ':'), seed);
	if (strncmp(body, "pfx", 3) == 0 && (body[3] == '\0' || body[3] == ':'))
		return sv_example__pkcs12(out, body + 3 + (body[3] == ':'), seed);
	if (strncmp(body, "keys:", 5) == 0)
		return sv_example__keys(out, body + 5, seed);
	if (strncmp(body, "keys64:", 7) == 0)
		return put_base64(out, sv_example__keys, body + 7, seed);
	if (strcmp(body, "cer") == 0)
		return put_der(out, certificate, sizeof(certificate), 0x23E, true, seed);
	if (strcmp(body, "p7b") == 0)
		return put_der(out, pkcs7, sizeof(pkcs7), 0x23E, true, seed);
	return SV_ENOTFOUND;
}
