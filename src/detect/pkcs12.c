/*
 * PFX := SEQUENCE { INTEGER 3, ContentInfo data { bags }, MAC }. A reader of DER that goes down a
 * fixed number of levels and never back; of the encryption it knows the MAC alone, by which an
 * empty password is told.
 */
#include "detect/pkcs12.h"
#include <sodium.h>

#define BLOCK	 64 /* of SHA-1 and SHA-256 */
#define SALT_MAX 64

enum tag { INTEGER = 2, OCTETS = 4, OID = 6, SEQUENCE = 0x30, EXPLICIT = 0xA0 };

/* ---- DER ---- */

/*
 * Takes the element with this tag off the head of der. contents, which may be der itself to go into
 * it, end where der does if they are cut off; of an indefinite length (0x80) they are all that
 * follows.
 */
static bool take(struct sv_span *der, uint8_t tag, struct sv_span *contents, bool *whole)
{
	size_t length, head = 2;
	struct sv_span inside;
	unsigned n;

	if (der->len < 2 || der->ptr[0] != tag)
		return false;
	length = der->ptr[1];
	n = length > 0x80 ? (unsigned)length & 0x7F : 0;
	if (n > 4 || der->len < 2 + n)
		return false;
	if (n != 0)
		length = 0;
	for (unsigned i = 0; i < n; i++)
		length = length << 8 | der->ptr[2 + i];
	head += n;
	*whole &= der->ptr[1] != 0x80 && length <= der->len - head;
	if (der->ptr[1] == 0x80 || length > der->len - head)
		length = der->len - head;
	inside = sv_span(der->ptr + head, length);
	*der = sv_span(der->ptr + head + length, der->len - head - length);
	*contents = inside;
	return true;
}

static bool take_small(struct sv_span *der, uint32_t *ret)
{
	struct sv_span number;
	bool whole = true;

	if (!take(der, INTEGER, &number, &whole) || number.len == 0 || number.len > 4 ||
	    number.ptr[0] >= 0x80)
		return false;
	*ret = 0;
	for (size_t i = 0; i < number.len; i++)
		*ret = *ret << 8 | number.ptr[i];
	return true;
}

static bool ends(struct sv_span oid, const char *bytes, size_t n)
{
	return oid.len == n && memcmp(oid.ptr, bytes, n) == 0;
}
#define IS(oid, bytes) ends(oid, bytes, sizeof(bytes) - 1)

#define PKCS7_DATA	"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"
#define PKCS7_SIGNED	"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"
#define PKCS7_ENCRYPTED "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"
#define KEY_BAG		"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x01"
#define SHROUDED_BAG	"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x02"
#define SHA1		"\x2B\x0E\x03\x02\x1A"
#define SHA256		"\x60\x86\x48\x01\x65\x03\x04\x02\x01"

/* ---- SHA-1: containers of Windows and of older OpenSSL are sealed with it ---- */

static uint32_t rol(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t block[BLOCK])
{
	static const uint32_t constants[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20		 ? (b & c) | (~b & d)
			     : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d)
						 : b ^ c ^ d;
		uint32_t next = rol(a, 5) + f + e + constants[i / 20] + w[i];

		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* Of two parts, one after the other; the first is whole blocks, at most three of them. */
static void sha1(struct sv_span first, struct sv_span rest, uint8_t ret[20])
{
	uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
	uint64_t bits = (uint64_t)(first.len + rest.len) * 8;
	uint8_t tail[2 * BLOCK] = {0};
	size_t left, n;

	for (size_t i = 0; i + BLOCK <= first.len; i += BLOCK)
		sha1_block(h, first.ptr + i);
	for (left = rest.len; left >= BLOCK; left -= BLOCK)
		sha1_block(h, rest.ptr + rest.len - left);
	if (left != 0)
		memcpy(tail, rest.ptr + rest.len - left, left);
	tail[left] = 0x80;
	n = left + 9 > BLOCK ? 2 * BLOCK : BLOCK;
	for (unsigned i = 0; i < 8; i++)
		tail[n - 1 - i] = (uint8_t)(bits >> (8 * i));
	for (size_t i = 0; i < n; i += BLOCK)
		sha1_block(h, tail + i);
	for (unsigned i = 0; i < 20; i++)
		ret[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void hash(bool sha256, struct sv_span first, struct sv_span rest, uint8_t ret[32])
{
	crypto_hash_sha256_state state;

	if (!sha256) {
		sha1(first, rest, ret);
		return;
	}
	crypto_hash_sha256_init(&state);
	if (first.len != 0)
		crypto_hash_sha256_update(&state, first.ptr, first.len);
	if (rest.len != 0)
		crypto_hash_sha256_update(&state, rest.ptr, rest.len);
	crypto_hash_sha256_final(&state, ret);
}

/* ---- the MAC ---- */

/* text again and again, to whole blocks; nothing stays nothing */
static size_t fill(struct sv_span text, uint8_t *ret)
{
	size_t n = (text.len + BLOCK - 1) / BLOCK * BLOCK;

	for (size_t i = 0; i < n; i++)
		ret[i] = text.ptr[i % text.len];
	return n;
}

void sv_pkcs12_mac_key(struct sv_span password, struct sv_span salt, unsigned rounds, bool sha256,
		       uint8_t ret[32])
{
	struct sv_span nothing = {NULL, 0};
	uint8_t text[BLOCK + SALT_MAX + 2 * BLOCK];
	size_t n = BLOCK;

	memset(text, 3, BLOCK);
	if (salt.len > SALT_MAX)
		salt.len = SALT_MAX;
	if (password.len > 2 * BLOCK)
		password.len = 2 * BLOCK;
	n += fill(salt, text + n);
	n += fill(password, text + n);
	hash(sha256, nothing, sv_span(text, n), ret);
	for (unsigned i = 1; i < rounds; i++)
		hash(sha256, nothing, sv_span(ret, sha256 ? 32 : 20), ret);
}

void sv_pkcs12_hmac(const uint8_t *key, bool sha256, struct sv_span bytes, uint8_t ret[32])
{
	uint8_t pad[BLOCK], inner[32];
	size_t n = sha256 ? 32 : 20;

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < n; i++)
		pad[i] ^= key[i];
	hash(sha256, sv_span(pad, BLOCK), bytes, inner);
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5C;
	hash(sha256, sv_span(pad, BLOCK), sv_span(inner, n), ret);
}

/* Programs disagree on what no password is: no bytes, or the end of an empty text. */
static bool fits_empty(struct sv_span salt, unsigned rounds, bool sha256, struct sv_span sealed,
		       struct sv_span mac)
{
	static const struct sv_span empty[] = {{NULL, 0}, {(const uint8_t *)"\0\0", 2}};

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		uint8_t key[32], made[32];

		sv_pkcs12_mac_key(empty[i], salt, rounds, sha256, key);
		sv_pkcs12_hmac(key, sha256, sealed, made);
		if (memcmp(made, mac.ptr, mac.len) == 0)
			return true;
	}
	return false;
}

/* MacData := SEQUENCE { DigestInfo { { OID, … }, OCTETS }, OCTETS salt, INTEGER rounds } */
static bool has_empty_password(struct sv_span mac_data, struct sv_span sealed)
{
	struct sv_span info, algorithm, oid, mac, salt;
	uint32_t rounds = 1;
	bool whole = true, sha256;

	if (!take(&mac_data, SEQUENCE, &info, &whole) ||
	    !take(&info, SEQUENCE, &algorithm, &whole) || !take(&algorithm, OID, &oid, &whole) ||
	    !take(&info, OCTETS, &mac, &whole) || !take(&mac_data, OCTETS, &salt, &whole) || !whole)
		return false;
	sha256 = IS(oid, SHA256);
	if ((!sha256 && !IS(oid, SHA1)) || mac.len != (sha256 ? 32 : 20) || salt.len > SALT_MAX)
		return false;
	if (mac_data.len != 0 && !take_small(&mac_data, &rounds))
		return false;
	return rounds != 0 && rounds <= SV_PKCS12_ROUNDS &&
	       fits_empty(salt, rounds, sha256, sealed, mac);
}

/* ---- bags ---- */

static void read_bags(struct sv_span bags, struct sv_pkcs12 *ret, bool *whole)
{
	struct sv_span bag, oid;

	while (take(&bags, SEQUENCE, &bag, whole))
		if (take(&bag, OID, &oid, whole)) {
			ret->keys += IS(oid, KEY_BAG) || IS(oid, SHROUDED_BAG);
			if (IS(oid, KEY_BAG))
				ret->guard = SV_PKCS12_NONE;
		}
}

/* SEQUENCE OF ContentInfo { OID, [0] { … } }: bags in clear, or something encrypted */
static void read_safes(struct sv_span safes, struct sv_pkcs12 *ret, bool *whole)
{
	struct sv_span info, oid, contents;

	if (!take(&safes, SEQUENCE, &safes, whole))
		return;
	while (take(&safes, SEQUENCE, &info, whole)) {
		if (!take(&info, OID, &oid, whole))
			continue;
		ret->encrypted_part |= IS(oid, PKCS7_ENCRYPTED);
		if (!IS(oid, PKCS7_DATA) || !take(&info, EXPLICIT, &contents, whole) ||
		    !take(&contents, OCTETS, &contents, whole) ||
		    !take(&contents, SEQUENCE, &contents, whole))
			continue;
		read_bags(contents, ret, whole);
	}
}

bool sv_pkcs12_read(struct sv_span bytes, struct sv_pkcs12 *ret)
{
	struct sv_span all =
		sv_span(bytes.ptr, bytes.len < SV_PKCS12_MAX ? bytes.len : SV_PKCS12_MAX);
	struct sv_span pfx, info, oid, sealed = {0}, mac;
	bool whole = true, has_mac;
	uint32_t version;

	*ret = (struct sv_pkcs12){.length = bytes.len};
	if (!take(&all, SEQUENCE, &pfx, &whole))
		return false;
	if (whole)
		ret->length = (size_t)(all.ptr - bytes.ptr);
	if (!take_small(&pfx, &version) || version != 3 || !take(&pfx, SEQUENCE, &info, &whole) ||
	    !take(&info, OID, &oid, &whole) || (!IS(oid, PKCS7_DATA) && !IS(oid, PKCS7_SIGNED)))
		return false;
	if (!IS(oid, PKCS7_DATA) || !take(&info, EXPLICIT, &info, &whole) ||
	    !take(&info, OCTETS, &sealed, &whole)) {
		/* signed, or in pieces of no told length: one cannot look inside */
		ret->guard = SV_PKCS12_UNKNOWN;
		return true;
	}
	read_safes(sealed, ret, &whole);
	has_mac = take(&pfx, SEQUENCE, &mac, &whole);
	if (ret->guard == SV_PKCS12_NONE)
		return true;
	ret->guard = !whole || !has_mac		       ? SV_PKCS12_UNKNOWN
		     : has_empty_password(mac, sealed) ? SV_PKCS12_EMPTY
						       : SV_PKCS12_PASSWORD;
	return true;
}
