/** @file What expands the placeholders of examples. Every value comes from a seed. */
#ifndef SV_DETECT_EXAMPLES_H
#define SV_DETECT_EXAMPLES_H

#include "detect/check.h"

extern const char sv_digits62[], sv_digits64[], sv_digits64url[];

uint32_t sv_example__random(uint64_t *seed);
void sv_example__bytes(uint8_t *ret, size_t n, uint64_t *seed);
/** The bits of n bytes in groups of width, most significant first, zero-filled: base64 has width 6. */
int sv_example__groups(struct sv_buf *out, const uint8_t *bytes, size_t n, unsigned width,
		       const char *digits);
int sv_example__letters(struct sv_buf *out, const char *letters, unsigned n, uint64_t *seed);
/**
 * Azure keys with their checksums, and tokens with their structure; SV_ENOTFOUND: body is none:
 * his:BYTES:SIGNATURE:SEED, search:SEED, redis, cask2:SIGNATURE:DATA (also cask2long, cask2old),
 * cask1:256, cask1:512, entra, ado52:user, ado52:app, b64:BYTES, sig, entrajwt:EXPIRY:ISSUER, pkcs8,
 * pkcs12, pkcs12:clear, pkcs12:empty (a container in base64, its key encrypted, in clear, with an
 * empty password), pfx, pfx:clear, pfx:empty (the same in bytes), cer, p7b (public things in bytes),
 * bitlocker, keys:KIND and keys64:KIND.
 */
int sv_example__azure(struct sv_buf *out, const char *body, uint64_t *seed);
/** Puts a file of a kind, in bytes. */
typedef int sv_example__file(struct sv_buf *out, const char *kind, uint64_t *random);
/** A PKCS#12 container in bytes; guard is "clear", "empty" or anything else. */
sv_example__file sv_example__pkcs12;
/**
 * rsa, ec, pkcs8, ed25519, locked: a key in DER. jks, jceks: a store with a key; trust: with a
 * certificate alone. snk: an RSA key as Windows has it; snkpublic: its public half.
 */
sv_example__file sv_example__keys;
#endif
