/* Containers and files of keys for examples: whole ones, with keys of random bytes that open
 * nothing. */
#include "detect/examples.h"
#include "detect/pkcs12.h"
#include "detect/der.h"
#include <endian.h>

/* tag, a length in two bytes, contents */
static int wrap(struct sv_buf *buf, uint8_t tag, size_t from)
{
	SV_AUTO(sv_buf) contents = {0};
	size_t n = buf->len - from;
	uint8_t head[4] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
	int status = sv_buf_append(&contents, buf->ptr + from, n);

	sv_buf_commit(buf, from);
	if (status == 0)
		status = sv_buf_append(buf, head, sizeof(head));
	return status < 0 ? status : sv_buf_append(buf, contents.ptr, n);
}

/* the same, with as few bytes of length as its size takes: less than 256 */
static int wrap_short(struct sv_buf *buf, uint8_t tag, size_t from)
{
	SV_AUTO(sv_buf) contents = {0};
	size_t n = buf->len - from;
	uint8_t head[3] = {tag, n < 128 ? (uint8_t)n : 0x81, (uint8_t)n};
	int status = sv_buf_append(&contents, buf->ptr + from, n);

	sv_buf_commit(buf, from);
	if (status == 0)
		status = sv_buf_append(buf, head, n < 128 ? 2 : 3);
	return status < 0 ? status : sv_buf_append(buf, contents.ptr, n);
}

static int put_random(struct sv_buf *buf, uint8_t tag, unsigned n, uint64_t *random)
{
	uint8_t raw[600];
	size_t from = buf->len;
	int status;

	sv_example__bytes(raw, n, random);
	status = sv_buf_append(buf, raw, n);
	return status < 0 ? status : wrap(buf, tag, from);
}

#define PUT(buf, bytes) sv_buf_append(buf, bytes, sizeof(bytes) - 1)
#define DATA		"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"
#define ENCRYPTED	"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"
#define BAG		"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01"
#define RSA		"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"
#define TRIPLE_DES	"\x30\x0C\x06\x0A\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x03"
#define SHA256		"\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"

/* PrivateKeyInfo, or the encrypted one, in its bag */
static int put_key_bag(struct sv_buf *buf, bool clear, uint64_t *random)
{
	size_t bag = buf->len, value, key;
	int status = PUT(buf, BAG);

	if (status == 0)
		status = sv_buf_putc(buf, clear ? 1 : 2);
	value = key = buf->len;
	if (status == 0)
		status = clear ? PUT(buf, "\x02\x01\x00" RSA) : PUT(buf, TRIPLE_DES);
	if (status == 0)
		status = put_random(buf, 0x04, 552, random);
	if (status == 0)
		status = wrap(buf, 0x30, key);
	if (status == 0)
		status = wrap(buf, 0xA0, value);
	return status < 0 ? status : wrap(buf, 0x30, bag);
}

static int put_safes(struct sv_buf *buf, bool clear, uint64_t *random)
{
	size_t safes = buf->len, info, value, bags;
	int status = PUT(buf, ENCRYPTED);

	info = safes;
	if (status == 0)
		status = put_random(buf, 0xA0, 300, random);
	if (status == 0)
		status = wrap(buf, 0x30, info);
	info = buf->len;
	if (status == 0)
		status = PUT(buf, DATA);
	value = bags = buf->len;
	if (status == 0)
		status = put_key_bag(buf, clear, random);
	if (status == 0)
		status = wrap(buf, 0x30, bags);
	if (status == 0)
		status = wrap(buf, 0x04, bags);
	if (status == 0)
		status = wrap(buf, 0xA0, value);
	if (status == 0)
		status = wrap(buf, 0x30, info);
	return status < 0 ? status : wrap(buf, 0x30, safes);
}

/* the MAC of sealed under an empty password, or one that no password makes */
static int put_mac(struct sv_buf *buf, struct sv_span sealed, bool empty, uint64_t *random)
{
	uint8_t salt[8], key[32], mac[32];
	size_t from = buf->len, digest = from;
	int status = PUT(buf, SHA256);

	sv_example__bytes(salt, sizeof(salt), random);
	if (status == 0)
		status = sv_pkcs12_mac_key(sv_span("\0\0", 2), sv_span(salt, sizeof(salt)), 2048, true, key);
	if (status == 0)
		status = sv_pkcs12_hmac(key, true, sealed, mac);
	mac[0] ^= !empty;
	if (status == 0)
		status = PUT(buf, "\x04\x20");
	if (status == 0)
		status = sv_buf_append(buf, mac, sizeof(mac));
	if (status == 0)
		status = wrap(buf, 0x30, digest);
	if (status == 0)
		status = PUT(buf, "\x04\x08");
	if (status == 0)
		status = sv_buf_append(buf, salt, sizeof(salt));
	if (status == 0)
		status = PUT(buf, "\x02\x02\x08\x00");
	return status < 0 ? status : wrap(buf, 0x30, from);
}

int sv_example__pkcs12(struct sv_buf *out, const char *guard, uint64_t *random)
{
	bool clear = strcmp(guard, "clear") == 0;
	SV_AUTO(sv_buf) safes = {0};
	size_t pfx = out->len, info, value;
	int status = put_safes(&safes, clear, random);

	if (status == 0)
		status = PUT(out, "\x02\x01\x03");
	info = out->len;
	if (status == 0)
		status = PUT(out, DATA);
	value = out->len;
	if (status == 0)
		status = sv_buf_append(out, safes.ptr, safes.len);
	if (status == 0)
		status = wrap(out, 0x04, value);
	if (status == 0)
		status = wrap(out, 0xA0, value);
	if (status == 0)
		status = wrap(out, 0x30, info);
	if (status == 0)
		status = put_mac(out, sv_buf_span(&safes), strcmp(guard, "empty") == 0, random);
	return status < 0 ? status : wrap(out, 0x30, pfx);
}

/* ---- keys alone ---- */

/* An RSA key's numbers, lowest byte first: the lowest four of n are those of p times q. */
struct numbers {
	uint8_t n[128], p[64], q[64];
};

static void make_numbers(struct numbers *of, uint64_t *random)
{
	uint32_t p, q;

	sv_example__bytes((uint8_t *)of, sizeof(*of), random);
	of->n[127] = of->p[63] = of->q[63] = 0xC5;
	of->p[0] |= 1;
	of->q[0] |= 1;
	memcpy(&p, of->p, 4);
	memcpy(&q, of->q, 4);
	p = htole32(le32toh(p) * le32toh(q));
	memcpy(of->n, &p, 4);
}

/* INTEGER, its highest byte first and not negative */
static int put_integer(struct sv_buf *buf, const uint8_t *number, size_t n)
{
	size_t from = buf->len;
	int status = sv_buf_putc(buf, 0);

	while (status == 0 && n > 0)
		status = sv_buf_putc(buf, (char)number[--n]);
	return status < 0 ? status : wrap_short(buf, SV_DER_INTEGER, from);
}

static int put_rsa(struct sv_buf *buf, uint64_t *random)
{
	static const uint8_t exponent[] = {1, 0, 1};
	size_t from = buf->len;
	struct numbers of;
	uint8_t rest[3][64];
	int status = PUT(buf, "\x02\x01\x00");

	make_numbers(&of, random);
	sv_example__bytes(rest[0], sizeof(rest), random);
	if (status == 0)
		status = put_integer(buf, of.n, sizeof(of.n));
	if (status == 0)
		status = put_integer(buf, exponent, sizeof(exponent));
	if (status == 0)
		status = put_integer(buf, of.n, sizeof(of.n));
	if (status == 0)
		status = put_integer(buf, of.p, sizeof(of.p));
	if (status == 0)
		status = put_integer(buf, of.q, sizeof(of.q));
	for (size_t i = 0; status == 0 && i < 3; i++)
		status = put_integer(buf, rest[i], sizeof(rest[i]));
	return status < 0 ? status : wrap(buf, SV_DER_SEQUENCE, from);
}

/* a SEQUENCE of head, that many random bytes, tail */
static int put_fixed(struct sv_buf *buf, struct sv_span head, unsigned n, struct sv_span tail,
		     uint64_t *random)
{
	uint8_t raw[64];
	size_t from = buf->len;
	int status = sv_buf_append(buf, head.ptr, head.len);

	sv_example__bytes(raw, n, random);
	if (status == 0)
		status = sv_buf_append(buf, raw, n);
	if (status == 0)
		status = sv_buf_append(buf, tail.ptr, tail.len);
	return status < 0 ? status : wrap_short(buf, SV_DER_SEQUENCE, from);
}
#define TEXT(bytes) sv_span(bytes, sizeof(bytes) - 1)

static int put_pkcs8(struct sv_buf *buf, uint64_t *random)
{
	size_t from = buf->len, key;
	int status = PUT(buf, "\x02\x01\x00" RSA);

	key = buf->len;
	if (status == 0)
		status = put_rsa(buf, random);
	if (status == 0)
		status = wrap(buf, SV_DER_OCTETS, key);
	return status < 0 ? status : wrap(buf, SV_DER_SEQUENCE, from);
}

#define PBES2 "\x30\x10\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D\x30\x03\x04\x01\x07"

static int put_locked(struct sv_buf *buf, uint64_t *random)
{
	size_t from = buf->len;
	int status = PUT(buf, PBES2);

	if (status == 0)
		status = put_random(buf, SV_DER_OCTETS, 330, random);
	return status < 0 ? status : wrap(buf, SV_DER_SEQUENCE, from);
}

/* a length in four bytes, and a SEQUENCE */
static int put_counted(struct sv_buf *buf, unsigned n, uint64_t *random)
{
	uint8_t count[4] = {0, 0, (uint8_t)((n + 4) >> 8), (uint8_t)(n + 4)};
	int status = sv_buf_append(buf, count, sizeof(count));

	return status < 0 ? status : put_random(buf, SV_DER_SEQUENCE, n, random);
}

#define ALIAS "\x00\x04main\x00\x00\x01\x57\xF3\xF6\xAA\x00"

static int put_store(struct sv_buf *buf, const char *kind, uint64_t *random)
{
	bool jceks = strcmp(kind, "jceks") == 0, key = strcmp(kind, "trust") != 0;
	uint8_t digest[20];
	int status = jceks ? PUT(buf, "\xCE\xCE\xCE\xCE") : PUT(buf, "\xFE\xED\xFE\xED");

	if (status == 0)
		status = PUT(buf, "\0\0\0\x02\0\0\0\x01\0\0\0");
	if (status == 0)
		status = sv_buf_putc(buf, key ? 1 : 2);
	if (status == 0)
		status = PUT(buf, ALIAS);
	if (status == 0 && key)
		status = put_counted(buf, 590, random);
	if (status == 0 && key)
		status = PUT(buf, "\0\0\0\x01");
	if (status == 0)
		status = PUT(buf, "\0\x05X.509");
	if (status == 0)
		status = put_counted(buf, 500, random);
	sv_example__bytes(digest, sizeof(digest), random);
	return status < 0 ? status : sv_buf_append(buf, digest, sizeof(digest));
}

/* n p q dp dq qinv d of 1024 bits */
static int put_blob(struct sv_buf *buf, uint64_t *random)
{
	int status = PUT(buf, "\x07\x02\0\0\0\x24\0\0RSA2\0\x04\0\0\x01\0\x01\0");
	uint8_t rest[3 * 64 + 128];
	struct numbers of;

	make_numbers(&of, random);
	sv_example__bytes(rest, sizeof(rest), random);
	if (status == 0)
		status = sv_buf_append(buf, &of, sizeof(of));
	return status < 0 ? status : sv_buf_append(buf, rest, sizeof(rest));
}

static int put_public_blob(struct sv_buf *buf, uint64_t *random)
{
	uint8_t modulus[128];
	int status = PUT(buf, "\x06\x02\0\0\0\x24\0\0RSA1\0\x04\0\0\x01\0\x01\0");

	sv_example__bytes(modulus, sizeof(modulus), random);
	return status < 0 ? status : sv_buf_append(buf, modulus, sizeof(modulus));
}

#define P256	"\xA0\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define ED25519 "\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20"

int sv_example__keys(struct sv_buf *out, const char *kind, uint64_t *random)
{
	if (strcmp(kind, "rsa") == 0)
		return put_rsa(out, random);
	if (strcmp(kind, "ec") == 0)
		return put_fixed(out, TEXT("\x02\x01\x01\x04\x20"), 32, TEXT(P256), random);
	if (strcmp(kind, "pkcs8") == 0)
		return put_pkcs8(out, random);
	if (strcmp(kind, "ed25519") == 0)
		return put_fixed(out, TEXT(ED25519), 32, TEXT(""), random);
	if (strcmp(kind, "locked") == 0)
		return put_locked(out, random);
	if (strcmp(kind, "snk") == 0)
		return put_blob(out, random);
	if (strcmp(kind, "snkpublic") == 0)
		return put_public_blob(out, random);
	return put_store(out, kind, random);
}
