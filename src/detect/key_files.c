#include "detect/key_files.h"
#include "detect/der.h"

#define RSA	   "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"
#define EC	   "\x2A\x86\x48\xCE\x3D\x02\x01"
#define PKCS5	   "\x2A\x86\x48\x86\xF7\x0D\x01\x05" /* and the scheme */
#define PKCS12_PBE "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01"

static bool begins(struct sv_span s, const char *head, size_t n)
{
	return s.len > n && memcmp(s.ptr, head, n) == 0;
}
#define BEGINS(s, head) begins(s, head, sizeof(head) - 1)

/* ---- DER ---- */

/* The last 32 bits of a number whose last byte comes last. */
static uint32_t low_bits(struct sv_span number)
{
	uint32_t low = 0;

	for (size_t i = number.len < 4 ? 0 : number.len - 4; i < number.len; i++)
		low = low << 8 | number.ptr[i];
	return low;
}

/* RSAPrivateKey without its version: n e d p q dp dq qinv */
static bool is_rsa(struct sv_span key)
{
	struct sv_span of[8];
	bool whole = true;

	for (size_t i = 0; i < 8; i++)
		if (!sv_der_take(&key, SV_DER_INTEGER, &of[i], &whole) || of[i].len == 0)
			return false;
	return whole && key.len == 0 && of[0].len > 64 &&
	       low_bits(of[0]) == low_bits(of[3]) * low_bits(of[4]);
}

/* ECPrivateKey without its version: OCTETS, [0] curve, [1] public key; alone it names its curve. */
static bool is_ec(struct sv_span key, bool alone)
{
	struct sv_span number, curve, oid, public;
	bool whole = true, named;

	if (!sv_der_take(&key, SV_DER_OCTETS, &number, &whole) || number.len < 16 ||
	    number.len > 72)
		return false;
	named = sv_der_take(&key, SV_DER_EXPLICIT, &curve, &whole);
	if (named && !sv_der_take(&curve, SV_DER_OID, &oid, &whole))
		return false;
	(void)sv_der_take(&key, SV_DER_EXPLICIT + 1, &public, &whole);
	return whole && key.len == 0 && (named || !alone);
}

/* What PKCS#8 wraps, by its algorithm; of the others that it is no less than a key. */
static bool is_wrapped(struct sv_span oid, struct sv_span key)
{
	bool rsa = SV_DER_IS(oid, RSA), whole = true;
	uint32_t version;

	if (!rsa && !SV_DER_IS(oid, EC))
		return key.len >= 16;
	if (!sv_der_take(&key, SV_DER_SEQUENCE, &key, &whole) || !whole ||
	    !sv_der_take_small(&key, &version))
		return false;
	return rsa ? is_rsa(key) : is_ec(key, false);
}

/* PrivateKeyInfo without its version: { OID, … }, OCTETS, [0] attributes, [1] public key */
static bool is_pkcs8(struct sv_span key)
{
	struct sv_span algorithm, oid, inner, rest;
	bool whole = true;

	if (!sv_der_take(&key, SV_DER_SEQUENCE, &algorithm, &whole) ||
	    !sv_der_take(&algorithm, SV_DER_OID, &oid, &whole) ||
	    !sv_der_take(&key, SV_DER_OCTETS, &inner, &whole))
		return false;
	(void)sv_der_take(&key, SV_DER_EXPLICIT, &rest, &whole);
	(void)(sv_der_take(&key, SV_DER_EXPLICIT + 1, &rest, &whole) ||
	       sv_der_take(&key, 0x81, &rest, &whole));
	return whole && key.len == 0 && is_wrapped(oid, inner);
}

/* EncryptedPrivateKeyInfo: { OID of a scheme with a password, … }, OCTETS */
static bool is_encrypted(struct sv_span key)
{
	struct sv_span algorithm, oid, inner;
	bool whole = true;

	return sv_der_take(&key, SV_DER_SEQUENCE, &algorithm, &whole) &&
	       sv_der_take(&algorithm, SV_DER_OID, &oid, &whole) &&
	       (BEGINS(oid, PKCS5) || BEGINS(oid, PKCS12_PBE)) &&
	       sv_der_take(&key, SV_DER_OCTETS, &inner, &whole) && whole && key.len == 0 &&
	       inner.len > 48; /* more than a key of AES */
}

static bool is_open(struct sv_span key)
{
	uint32_t version;

	if (!sv_der_take_small(&key, &version) || key.len == 0 || version > 1)
		return false;
	switch (key.ptr[0]) {
	case SV_DER_INTEGER:
		return version == 0 && is_rsa(key);
	case SV_DER_OCTETS:
		return version == 1 && is_ec(key, true);
	default:
		return is_pkcs8(key);
	}
}

bool sv_der_key_read(struct sv_span bytes, struct sv_key_file *ret)
{
	struct sv_span all =
		sv_span(bytes.ptr, bytes.len < SV_KEY_FILE_MAX ? bytes.len : SV_KEY_FILE_MAX);
	struct sv_span key;
	bool whole = true;

	if (!sv_der_take(&all, SV_DER_SEQUENCE, &key, &whole) || !whole)
		return false;
	*ret = (struct sv_key_file){.length = (size_t)(all.ptr - bytes.ptr),
				    .keys = 1,
				    .locked = is_encrypted(key),
				    .whole = true};
	return ret->locked || is_open(key);
}

/* ---- key stores ---- */

#define JAVA_SERIAL "\xAC\xED\x00\x05"
#define DIGEST	    20 /* of all before it and the password */
#define ENTRIES	    10000
#define CHAIN	    100
#define YEAR_2300   10413792000000u

enum entry { PRIVATE_KEY = 1, CERTIFICATE, SECRET_KEY };

/* Takes a number of n bytes, first the high ones. */
static bool take_number(struct sv_span *from, unsigned n, uint64_t *ret)
{
	if (from->len < n)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < n; i++)
		*ret = *ret << 8 | from->ptr[i];
	*from = sv_span(from->ptr + n, from->len - n);
	return true;
}

/* Takes what a length of n bytes says. */
static bool take_counted(struct sv_span *from, unsigned n, struct sv_span *ret)
{
	struct sv_span rest = *from;
	uint64_t length;

	if (!take_number(&rest, n, &length) || length > rest.len)
		return false;
	*ret = sv_span(rest.ptr, (size_t)length);
	*from = sv_span(rest.ptr + length, rest.len - (size_t)length);
	return true;
}

/* In version 2 the kind of certificate, then a SEQUENCE. */
static bool take_certificate(struct sv_span *from, uint64_t version)
{
	struct sv_span kind, bytes;

	return (version == 1 || take_counted(from, 2, &kind)) && take_counted(from, 4, &bytes) &&
	       bytes.len != 0 && bytes.ptr[0] == SV_DER_SEQUENCE;
}

static bool take_chain(struct sv_span *from, uint64_t version)
{
	uint64_t n;

	if (!take_number(from, 4, &n) || n > CHAIN)
		return false;
	while (n > 0 && take_certificate(from, version))
		n--;
	return n == 0;
}

/* One SEQUENCE, encrypted in a way of its own. */
static bool take_key(struct sv_span *from)
{
	struct sv_span key, inside;
	bool whole = true;

	return take_counted(from, 4, &key) && sv_der_take(&key, SV_DER_SEQUENCE, &inside, &whole) &&
	       whole && key.len == 0;
}

/* One entry; false where it is cut off, is none, or is of no told length. */
static bool take_entry(struct sv_span *from, uint64_t version, struct sv_key_file *ret)
{
	uint64_t sort, created;
	struct sv_span alias;

	if (!take_number(from, 4, &sort) || !take_counted(from, 2, &alias) ||
	    !take_number(from, 8, &created) || created >= YEAR_2300)
		return false;
	switch (sort) {
	case PRIVATE_KEY:
		if (!take_key(from))
			return false;
		ret->keys++;
		return take_chain(from, version);
	case CERTIFICATE:
		return take_certificate(from, version);
	case SECRET_KEY:
		/* an object of Java, whose end is not told */
		ret->keys += BEGINS(*from, JAVA_SERIAL);
		return false;
	default:
		return false;
	}
}

bool sv_key_store_read(struct sv_span bytes, struct sv_key_file *ret)
{
	struct sv_span from =
		sv_span(bytes.ptr, bytes.len < SV_KEY_FILE_MAX ? bytes.len : SV_KEY_FILE_MAX);
	uint64_t magic, version, entries;

	*ret = (struct sv_key_file){.length = from.len, .locked = true};
	if (!take_number(&from, 4, &magic) || (magic != 0xFEEDFEED && magic != 0xCECECECE) ||
	    !take_number(&from, 4, &version) || version == 0 || version > 2 ||
	    !take_number(&from, 4, &entries) || entries > ENTRIES)
		return false;
	while (entries > 0 && take_entry(&from, version, ret))
		entries--;
	ret->whole = entries == 0 && from.len >= DIGEST;
	if (ret->whole)
		ret->length = (size_t)(from.ptr - bytes.ptr) + DIGEST;
	return ret->keys != 0;
}

/* ---- blobs of Windows ---- */

#define BLOB_HEAD 20 /* a header, "RSA2", bits, the public exponent */

/* The first 32 bits of a number whose first byte comes last, as those of Windows. */
static uint32_t little(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* n of so many bits, then p q dp dq qinv of half as many, then d */
bool sv_key_blob_read(struct sv_span bytes, struct sv_key_file *ret)
{
	uint32_t bits = bytes.len < BLOB_HEAD ? 0 : little(bytes.ptr + 12);
	size_t n = bits / 8, length = BLOB_HEAD + n * 2 + n / 2 * 5;
	const uint8_t *modulus;

	if (bits < 384 || bits > 16384 || bits % 16 != 0 || length > bytes.len ||
	    !BEGINS(bytes, "\x07\x02\x00\x00\x00") || memcmp(bytes.ptr + 8, "RSA2", 4) != 0)
		return false;
	*ret = (struct sv_key_file){.length = length, .keys = 1, .whole = true};
	modulus = bytes.ptr + BLOB_HEAD;
	return little(modulus) == little(modulus + n) * little(modulus + n + n / 2);
}
