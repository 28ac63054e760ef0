/** @file Files that hold a private key: in DER, in Java's key stores, in the blobs of Windows. */
#ifndef SV_DETECT_KEY_FILES_H
#define SV_DETECT_KEY_FILES_H

#include "base/base.h"

/** What of a file is read at most. */
#define SV_KEY_FILE_MAX 16000

struct sv_key_file {
	size_t length; /**< in the bytes; all of them where that is not told */
	unsigned keys; /**< private or symmetric ones that stand there whole, one at least */
	bool locked;   /**< a passphrase protects them */
	bool whole;    /**< read to its end */
};

/**
 * A key in DER alone: PKCS#1, SEC 1, PKCS#8, in clear or encrypted, whole. An RSA key has to be the
 * product of its primes, as far as 32 bits tell.
 */
bool sv_der_key_read(struct sv_span bytes, struct sv_key_file *ret);
/** A JKS or JCEKS store with a key; false for one that holds nothing but certificates. */
bool sv_key_store_read(struct sv_span bytes, struct sv_key_file *ret);
/** PRIVATEKEYBLOB with an RSA key, as .snk files are. */
bool sv_key_blob_read(struct sv_span bytes, struct sv_key_file *ret);
#endif
