/*
 * PFX := SEQUENCE { INTEGER 3, ContentInfo data { bags }, MAC }. A reader of DER that goes down a
 * fixed number of levels and never back; of the encryption it knows the MAC alone, by which an
 * empty password is told.
 */
#include "detect/pkcs12.h"
#include "detect/der.h"
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <pthread.h>

#define BLOCK	 64 /* of SHA-1 and SHA-256 */
#define SALT_MAX 64

#define PKCS7_DATA	"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"
#define PKCS7_SIGNED	"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"
#define PKCS7_ENCRYPTED "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"
#define KEY_BAG		"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x01"
#define SHROUDED_BAG	"\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x02"
#define SHA1		"\x2B\x0E\x03\x02\x1A"
#define SHA256		"\x60\x86\x48\x01\x65\x03\x04\x02\x01"

/* ---- the MAC ---- */

/* It hashes with the processor's instructions; the first container with a MAC loads it. */
SV_LOADS(NETTLE_SONAME, "pkcs12", "tells whether an empty password opens a PKCS#12 container",
	 "required")

/* NULL until then, or if it is not there; containers of Windows and of older OpenSSL are sealed
 * with SHA-1 */
static struct {
	const struct nettle_hash *sha1, *sha256;
} nettle;

static void load(void)
{
	static const char *const names[] = {"nettle_sha1", "nettle_sha256"};

	(void)sv_functions_load(NETTLE_SONAME, names, 2, (void **)&nettle, NULL);
}

static const struct nettle_hash *hash_of(bool sha256)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return sha256 ? nettle.sha256 : nettle.sha1;
}

/* Of two parts, one after the other. */
static void digest(const struct nettle_hash *hash, struct sv_span first, struct sv_span rest,
		   uint8_t ret[32])
{
	union {
		struct sha1_ctx sha1;
		struct sha256_ctx sha256;
	} context;

	hash->init(&context);
	hash->update(&context, first.len, first.ptr);
	if (rest.len != 0)
		hash->update(&context, rest.len, rest.ptr);
	hash->digest(&context, hash->digest_size, ret);
}

/* text again and again, to whole blocks; nothing stays nothing */
static size_t fill(struct sv_span text, uint8_t *ret)
{
	size_t n = (text.len + BLOCK - 1) / BLOCK * BLOCK;

	for (size_t i = 0; i < n; i++)
		ret[i] = text.ptr[i % text.len];
	return n;
}

int sv_pkcs12_mac_key(struct sv_span password, struct sv_span salt, unsigned rounds, bool sha256,
		      uint8_t ret[32])
{
	const struct sv_span nothing = {NULL, 0};
	uint8_t text[BLOCK + SALT_MAX + 2 * BLOCK];
	const struct nettle_hash *hash = hash_of(sha256);
	size_t n = BLOCK;

	if (hash == NULL)
		return SV_ENOTFOUND;
	memset(text, 3, BLOCK);
	if (salt.len > SALT_MAX)
		salt.len = SALT_MAX;
	if (password.len > 2 * BLOCK)
		password.len = 2 * BLOCK;
	n += fill(salt, text + n);
	n += fill(password, text + n);
	digest(hash, sv_span(text, n), nothing, ret);
	for (unsigned i = 1; i < rounds; i++)
		digest(hash, sv_span(ret, hash->digest_size), nothing, ret);
	return 0;
}

int sv_pkcs12_hmac(const uint8_t *key, bool sha256, struct sv_span bytes, uint8_t ret[32])
{
	const struct nettle_hash *hash = hash_of(sha256);
	uint8_t pad[BLOCK], inner[32];

	if (hash == NULL)
		return SV_ENOTFOUND;
	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < hash->digest_size; i++)
		pad[i] ^= key[i];
	digest(hash, sv_span(pad, BLOCK), bytes, inner);
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5C;
	digest(hash, sv_span(pad, BLOCK), sv_span(inner, hash->digest_size), ret);
	return 0;
}

/* Programs disagree on what no password is: no bytes, or the end of an empty text. */
static enum sv_pkcs12_guard try_empty(struct sv_span salt, unsigned rounds, bool sha256,
				      struct sv_span sealed, struct sv_span mac)
{
	static const struct sv_span empty[] = {{NULL, 0}, {(const uint8_t *)"\0\0", 2}};

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		uint8_t key[32], made[32];

		if (sv_pkcs12_mac_key(empty[i], salt, rounds, sha256, key) < 0 ||
		    sv_pkcs12_hmac(key, sha256, sealed, made) < 0)
			return SV_PKCS12_UNKNOWN;
		if (memcmp(made, mac.ptr, mac.len) == 0)
			return SV_PKCS12_EMPTY;
	}
	return SV_PKCS12_PASSWORD;
}

/* ---- what was tried ---- */

#define MOST_TRIED 32

struct sv_pkcs12_tried {
	pthread_mutex_t lock;
	size_t n; /* ever; the oldest is overwritten */
	struct {
		uint8_t of[32];
		enum sv_pkcs12_guard guard;
	} at[MOST_TRIED];
};

struct sv_pkcs12_tried *sv_pkcs12_tried_new(void)
{
	struct sv_pkcs12_tried *tried = calloc(1, sizeof(*tried));

	if (tried != NULL)
		(void)pthread_mutex_init(&tried->lock, NULL);
	return tried;
}

void sv_pkcs12_tried_free(struct sv_pkcs12_tried *tried)
{
	if (tried != NULL)
		(void)pthread_mutex_destroy(&tried->lock);
	free(tried);
}

static bool find_tried(struct sv_pkcs12_tried *tried, const uint8_t of[32],
		       enum sv_pkcs12_guard *ret)
{
	bool found = false;

	(void)pthread_mutex_lock(&tried->lock);
	for (size_t i = 0; !found && i < MOST_TRIED && i < tried->n; i++) {
		found = memcmp(tried->at[i].of, of, sizeof(tried->at[i].of)) == 0;
		if (found)
			*ret = tried->at[i].guard;
	}
	(void)pthread_mutex_unlock(&tried->lock);
	return found;
}

static void keep_tried(struct sv_pkcs12_tried *tried, const uint8_t of[32],
		       enum sv_pkcs12_guard guard)
{
	size_t i;

	(void)pthread_mutex_lock(&tried->lock);
	i = tried->n++ % MOST_TRIED;
	memcpy(tried->at[i].of, of, sizeof(tried->at[i].of));
	tried->at[i].guard = guard;
	(void)pthread_mutex_unlock(&tried->lock);
}

/* What an answer depends on, as its digest: how it is sealed, and the digest of what is. */
static bool digest_of(struct sv_span mac_data, struct sv_span sealed, uint8_t ret[32])
{
	const struct nettle_hash *hash = hash_of(true);
	uint8_t inner[32];

	if (hash == NULL)
		return false;
	digest(hash, sealed, sv_span(NULL, 0), inner);
	digest(hash, mac_data, sv_span(inner, sizeof(inner)), ret);
	return true;
}

/* MacData := SEQUENCE { DigestInfo { { OID, … }, OCTETS }, OCTETS salt, INTEGER rounds } */
static enum sv_pkcs12_guard guard_of(struct sv_span mac_data, struct sv_span sealed,
				     struct sv_pkcs12_tried *tried)
{
	struct sv_span all = mac_data, info, algorithm, oid, mac, salt;
	enum sv_pkcs12_guard guard;
	uint32_t rounds = 1;
	bool whole = true, sha256;
	uint8_t of[32];

	if (!sv_der_take(&mac_data, SV_DER_SEQUENCE, &info, &whole) ||
	    !sv_der_take(&info, SV_DER_SEQUENCE, &algorithm, &whole) ||
	    !sv_der_take(&algorithm, SV_DER_OID, &oid, &whole) ||
	    !sv_der_take(&info, SV_DER_OCTETS, &mac, &whole) ||
	    !sv_der_take(&mac_data, SV_DER_OCTETS, &salt, &whole) || !whole)
		return SV_PKCS12_PASSWORD;
	sha256 = SV_DER_IS(oid, SHA256);
	if ((!sha256 && !SV_DER_IS(oid, SHA1)) || mac.len != (sha256 ? 32 : 20) ||
	    salt.len > SALT_MAX)
		return SV_PKCS12_PASSWORD;
	if (mac_data.len != 0 && !sv_der_take_small(&mac_data, &rounds))
		return SV_PKCS12_PASSWORD;
	if (rounds == 0 || rounds > SV_PKCS12_ROUNDS)
		return SV_PKCS12_PASSWORD;
	if (tried == NULL || !digest_of(all, sealed, of))
		return try_empty(salt, rounds, sha256, sealed, mac);
	if (!find_tried(tried, of, &guard)) {
		guard = try_empty(salt, rounds, sha256, sealed, mac);
		keep_tried(tried, of, guard);
	}
	return guard;
}

/* ---- bags ---- */

static void read_bags(struct sv_span bags, struct sv_pkcs12 *ret, bool *whole)
{
	struct sv_span bag, oid;

	while (sv_der_take(&bags, SV_DER_SEQUENCE, &bag, whole))
		if (sv_der_take(&bag, SV_DER_OID, &oid, whole)) {
			ret->keys += SV_DER_IS(oid, KEY_BAG) || SV_DER_IS(oid, SHROUDED_BAG);
			if (SV_DER_IS(oid, KEY_BAG))
				ret->guard = SV_PKCS12_NONE;
		}
}

/* SEQUENCE OF ContentInfo { OID, [0] { … } }: bags in clear, or something encrypted */
static void read_safes(struct sv_span safes, struct sv_pkcs12 *ret, bool *whole)
{
	struct sv_span info, oid, contents;

	if (!sv_der_take(&safes, SV_DER_SEQUENCE, &safes, whole))
		return;
	while (sv_der_take(&safes, SV_DER_SEQUENCE, &info, whole)) {
		if (!sv_der_take(&info, SV_DER_OID, &oid, whole))
			continue;
		ret->encrypted_part |= SV_DER_IS(oid, PKCS7_ENCRYPTED);
		if (!SV_DER_IS(oid, PKCS7_DATA) ||
		    !sv_der_take(&info, SV_DER_EXPLICIT, &contents, whole) ||
		    !sv_der_take(&contents, SV_DER_OCTETS, &contents, whole) ||
		    !sv_der_take(&contents, SV_DER_SEQUENCE, &contents, whole))
			continue;
		read_bags(contents, ret, whole);
	}
}

bool sv_pkcs12_read(struct sv_span bytes, struct sv_pkcs12_tried *tried, struct sv_pkcs12 *ret)
{
	struct sv_span all =
		sv_span(bytes.ptr, bytes.len < SV_PKCS12_MAX ? bytes.len : SV_PKCS12_MAX);
	struct sv_span pfx, info, oid, sealed = {0}, mac;
	bool whole = true, has_mac;
	uint32_t version;

	*ret = (struct sv_pkcs12){.length = bytes.len};
	if (!sv_der_take(&all, SV_DER_SEQUENCE, &pfx, &whole))
		return false;
	if (whole)
		ret->length = (size_t)(all.ptr - bytes.ptr);
	if (!sv_der_take_small(&pfx, &version) || version != 3 ||
	    !sv_der_take(&pfx, SV_DER_SEQUENCE, &info, &whole) ||
	    !sv_der_take(&info, SV_DER_OID, &oid, &whole) ||
	    (!SV_DER_IS(oid, PKCS7_DATA) && !SV_DER_IS(oid, PKCS7_SIGNED)))
		return false;
	if (!SV_DER_IS(oid, PKCS7_DATA) || !sv_der_take(&info, SV_DER_EXPLICIT, &info, &whole) ||
	    !sv_der_take(&info, SV_DER_OCTETS, &sealed, &whole)) {
		/* signed, or in pieces of no told length: one cannot look inside */
		ret->guard = SV_PKCS12_UNKNOWN;
		return true;
	}
	read_safes(sealed, ret, &whole);
	has_mac = sv_der_take(&pfx, SV_DER_SEQUENCE, &mac, &whole);
	if (ret->guard == SV_PKCS12_NONE)
		return true;
	ret->guard = whole && has_mac ? guard_of(mac, sealed, tried) : SV_PKCS12_UNKNOWN;
	return true;
}
