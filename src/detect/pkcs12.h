/** @file PKCS#12: as much of a container's structure as tells what protects the keys inside. */
#ifndef SV_DETECT_PKCS12_H
#define SV_DETECT_PKCS12_H

#include "base/base.h"

/** What of a container is read at most. */
#define SV_PKCS12_MAX 16000
/** An empty password is tried on a container only if that takes no more rounds. */
#define SV_PKCS12_ROUNDS 10000

enum sv_pkcs12_guard {
	SV_PKCS12_UNKNOWN, /**< cut off, or in a form that is not read: it has a password perhaps */
	SV_PKCS12_PASSWORD, /**< its keys are encrypted, and the empty password does not fit */
	SV_PKCS12_EMPTY,    /**< its keys are encrypted with an empty password */
	SV_PKCS12_NONE,	    /**< a private key stands there in clear */
};
struct sv_pkcs12 {
	size_t length; /**< of the container in the bytes; all of them where that is not told */
	unsigned keys; /**< private keys that can be told; 0: those in what is encrypted, if any */
	bool encrypted_part; /**< holds a part that is encrypted as a whole */
	enum sv_pkcs12_guard guard;
};

/**
 * The containers on which an empty password was tried last: copies of one stand in several places
 * of a tree, and to try takes as long as to scan a megabyte. Locked inside.
 */
struct sv_pkcs12_tried;
struct sv_pkcs12_tried *sv_pkcs12_tried_new(void); /* NULL: no memory */
void sv_pkcs12_tried_free(struct sv_pkcs12_tried *tried);

/** Reads the container at the head of bytes; false: there is none. tried may be NULL. */
bool sv_pkcs12_read(struct sv_span bytes, struct sv_pkcs12_tried *tried, struct sv_pkcs12 *ret);

/**
 * The key of PKCS#12 (RFC 7292, B.2) for the MAC of id 3, as long as the hash (20 or 32 bytes).
 * SV_ENOTFOUND if the library that hashes is not there.
 */
int sv_pkcs12_mac_key(struct sv_span password, struct sv_span salt, unsigned rounds, bool sha256,
		      uint8_t ret[32]);
/** HMAC with that hash, of the bytes in one piece. SV_ENOTFOUND. */
int sv_pkcs12_hmac(const uint8_t *key, bool sha256, struct sv_span bytes, uint8_t ret[32]);
#endif
