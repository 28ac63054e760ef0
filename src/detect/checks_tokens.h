/** @file Checks of token formats: what checks.def names, and the arithmetic that examples share. */
#ifndef SV_DETECT_CHECKS_TOKENS_H
#define SV_DETECT_CHECKS_TOKENS_H

#include "detect/check.h"

sv_check_fn sv_check_grafana, sv_check_atlassian, sv_check_cloudflare, sv_check_zuplo,
	sv_check_confluent, sv_check_gitlab, sv_check_synapse, sv_check_nkey, sv_check_base58,
	sv_check_bech32, sv_check_base64_pair, sv_check_atlassian_dc, sv_check_macaroon,
	sv_check_discord, sv_check_aws_account, sv_check_jwt, sv_check_pem, sv_check_bip39,
	sv_check_pgp, sv_check_putty, sv_check_keystore, sv_check_key_file,
	sv_check_key_file_base64;

extern const char sv_base62_digits[], sv_base58_digits[], sv_bech32_digits[];
uint16_t sv_crc16_xmodem(const uint8_t *bytes, size_t len); /* polynomial 0x1021, start 0 */
/** The first four bytes of SHA-256 of SHA-256. */
void sv_base58_checksum(const uint8_t *bytes, size_t len, uint8_t ret[4]);
uint32_t sv_crc24(const uint8_t *bytes, size_t len); /* OpenPGP's */
#define SV_BIP39_WORDS 2048
const char *sv_bip39_word(unsigned index);
/** The bits, one for three words, that follow len bytes of entropy. */
uint8_t sv_bip39_checksum(const uint8_t *entropy, size_t len);
/** One step of BIP-173's checksum. */
uint32_t sv_bech32_step(uint32_t sum, uint32_t value);

/** Expands the body of a placeholder that needs a checksum; SV_ENOTFOUND if it is none of those. */
int sv_template__token(struct sv_buf *out, const char *body, uint64_t *seed);
#endif
