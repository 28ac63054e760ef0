/* Placeholders of examples for tokens that carry a checksum: {b58check:80:32:01}, {bech:nsec:32} … */
#include "detect/checks_tokens.h"
#include "detect/examples.h"
#include <stdio.h>

#define MAX_RAW 120

static size_t read_hex(const char *hex, uint8_t *ret, size_t cap)
{
	size_t n = 0;
	unsigned value;

	for (; n < cap && sscanf(hex, "%2x", &value) == 1; hex += 2)
		ret[n++] = (uint8_t)value;
	return n;
}

/* version bytes, n random bytes, perhaps a suffix; then the double SHA-256 */
static int put_base58(struct sv_buf *out, const char *version, unsigned n, const char *suffix,
		      uint64_t *seed)
{
	uint8_t raw[MAX_RAW];
	char text[2 * MAX_RAW];
	size_t len = read_hex(version, raw, 8), chars = 0;
	int status = 0;

	if (n > 80)
		return SV_EINVAL;
	sv_example__bytes(raw + len, n, seed);
	len += n;
	len += read_hex(suffix, raw + len, 4);
	sv_base58_checksum(raw, len, raw + len);
	len += 4;
	for (size_t start = 0; start < len;) {
		unsigned rest = 0;

		for (size_t i = start; i < len; i++) {
			rest = rest << 8 | raw[i];
			raw[i] = (uint8_t)(rest / 58);
			rest %= 58;
		}
		text[chars++] = sv_base58_digits[rest];
		while (start < len && raw[start] == 0)
			start++;
	}
	while (status == 0 && chars-- > 0)
		status = sv_buf_putc(out, text[chars]);
	return status;
}

/* hrp, 1, n random bytes in fives, six of checksum; upper case if hrp is */
static int put_bech32(struct sv_buf *out, const char *hrp, unsigned n, uint64_t *seed)
{
	bool upper = hrp[0] >= 'A' && hrp[0] <= 'Z';
	size_t from = out->len, data;
	uint8_t raw[MAX_RAW];
	uint32_t sum = 1;
	int status = n > 80 ? SV_EINVAL : sv_buf_printf(out, "%s1", hrp);

	if (status < 0)
		return status;
	data = out->len;
	sv_example__bytes(raw, n, seed);
	status = sv_example__groups(out, raw, n, 5, sv_bech32_digits);
	for (const char *p = hrp; *p; p++)
		sum = sv_bech32_step(sum, (unsigned)(upper && *p != '-' ? *p | 0x20 : *p) >> 5);
	sum = sv_bech32_step(sum, 0);
	for (const char *p = hrp; *p; p++)
		sum = sv_bech32_step(sum, (unsigned)(upper && *p != '-' ? *p | 0x20 : *p) & 31);
	for (size_t i = data; i < out->len; i++)
		sum = sv_bech32_step(
			sum, (uint32_t)(strchr(sv_bech32_digits, out->ptr[i]) - sv_bech32_digits));
	for (int i = 0; i < 6; i++)
		sum = sv_bech32_step(sum, 0);
	sum ^= 1;
	for (int i = 5; status == 0 && i >= 0; i--)
		status = sv_buf_putc(out, sv_bech32_digits[sum >> (5 * i) & 31]);
	for (size_t i = from; upper && i < out->len; i++)
		if (out->ptr[i] >= 'a' && out->ptr[i] <= 'z')
			out->ptr[i] = (uint8_t)(out->ptr[i] - 32);
	return status;
}

static int put_nkey(struct sv_buf *out, const char *prefix, unsigned n, uint64_t *seed)
{
	uint8_t raw[MAX_RAW];
	size_t len = read_hex(prefix, raw, 4);
	uint16_t crc;

	if (n > 80)
		return SV_EINVAL;
	sv_example__bytes(raw + len, n, seed);
	len += n;
	crc = sv_crc16_xmodem(raw, len);
	raw[len++] = (uint8_t)crc;
	raw[len++] = (uint8_t)(crc >> 8);
	return sv_example__groups(out, raw, len, 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

/* user, 20 letters, CRC-32 in base62 */
static int put_synapse(struct sv_buf *out, uint64_t *seed)
{
	size_t from = out->len;
	char tail[7] = {0};
	uint32_t crc;
	int status = sv_buf_puts(out, "syt_Ym9i_");

	if (status == 0)
		status = sv_example__letters(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 20,
				    seed);
	crc = status < 0 ? 0 : sv_crc32(0, out->ptr + from, out->len - from);
	for (int i = 5; i >= 0; i--, crc /= 62)
		tail[i] = sv_digits62[crc % 62];
	return status < 0 ? status : sv_buf_printf(out, "_%s", tail);
}

static int put_grafana(struct sv_buf *out, uint64_t *seed)
{
	size_t from = out->len;
	int status = sv_buf_puts(out, "glsa_");

	if (status == 0)
		status = sv_example__letters(out, sv_digits62, 32, seed);
	return status < 0 ? status
			  : sv_buf_printf(out, "_%08x",
					  __builtin_bswap32(sv_crc32(0, out->ptr + from, 37)));
}

/* a bot id of the years 2015 to 2020, a time, a secret */
static int put_discord(struct sv_buf *out, uint64_t *seed)
{
	char id[24];
	int status;

	(void)sv_example__random(seed);
	snprintf(id, sizeof(id), "%llu",
		 200000000000000000ull + (unsigned long long)(*seed % 500000000000000000ull));
	status = sv_example__groups(out, (const uint8_t *)id, strlen(id), 6, sv_digits64url);
	if (status == 0)
		status = sv_buf_putc(out, '.');
	if (status == 0)
		status = sv_example__letters(out, sv_digits64url, 6, seed);
	if (status == 0)
		status = sv_buf_putc(out, '.');
	return status < 0 ? status : sv_example__letters(out, sv_digits64url, 38, seed);
}

/* claims is the body of a JSON object with ' for " */
static int put_jwt(struct sv_buf *out, const char *claims, uint64_t *seed)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	char json[160];
	int n = snprintf(json, sizeof(json), "{%s}", claims), status;

	if (n < 0 || (size_t)n >= sizeof(json))
		return SV_EINVAL;
	for (int i = 0; i < n; i++)
		if (json[i] == '\'')
			json[i] = '"';
	status = sv_example__groups(out, (const uint8_t *)header, sizeof(header) - 1, 6, sv_digits64url);
	if (status == 0)
		status = sv_buf_putc(out, '.');
	if (status == 0)
		status = sv_example__groups(out, (const uint8_t *)json, (size_t)n, 6, sv_digits64url);
	if (status == 0)
		status = sv_buf_putc(out, '.');
	return status < 0 ? status : sv_example__letters(out, sv_digits62, 43, seed);
}

/* base64 of n digits or letters, the text between, and m random letters: logins, Data Center tokens
 */
static int put_pair(struct sv_buf *out, const char *kind, unsigned n, unsigned m, uint64_t *seed)
{
	SV_AUTO(sv_buf) text = {0};
	int status = n > 200 || m > 200 ? SV_EINVAL : 0;

	if (status == 0)
		status =
			sv_example__letters(&text, kind[0] == 'd' ? "123456789" : sv_digits62, n, seed);
	if (status == 0)
		status = sv_buf_putc(&text, ':');
	if (status == 0)
		status = sv_example__letters(&text, sv_digits62, m, seed);
	if (status == 0)
		status = sv_example__groups(
			out, text.ptr, text.len, 6,
			sv_digits64);
	return status < 0 ? status : sv_buf_append(out, "==", (3 - text.len % 3) % 3);
}

/* n words that a wallet could have made */
static int put_bip39(struct sv_buf *out, unsigned n, uint64_t *seed)
{
	uint8_t raw[33];
	unsigned len = n / 3 * 4;
	int status = n < 12 || n > 24 || n % 3 != 0 ? SV_EINVAL : 0;

	if (status < 0)
		return status;
	sv_example__bytes(raw, len, seed);
	raw[len] = (uint8_t)(sv_bip39_checksum(raw, len) << (8 - len / 4));
	for (unsigned word = 0; status == 0 && word < n; word++) {
		unsigned index = 0;

		for (unsigned bit = word * 11; bit < word * 11 + 11; bit++)
			index = index << 1 | (raw[bit / 8] >> (7 - bit % 8) & 1u);
		status = sv_buf_printf(out, "%s%s", word ? " " : "", sv_bip39_word(index));
	}
	return status;
}

/* base64 in lines of 64 */
static int put_lines(struct sv_buf *out, const uint8_t *raw, size_t n)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < n; i += 48) {
		size_t part = n - i < 48 ? n - i : 48;

		if (i != 0)
			status = sv_buf_putc(out, '\n');
		if (status == 0)
			status = sv_example__groups(out, raw + i, part, 6, sv_digits64);
		if (status == 0)
			status = sv_buf_append(out, "==", (3 - part % 3) % 3);
	}
	return status;
}

/* A secret key packet of version 4, Ed25519, without a passphrase; n bytes follow; the checksum. */
static int put_pgp(struct sv_buf *out, unsigned n, uint64_t *seed)
{
	uint8_t raw[1200] = {0x95, 0, 0, 4, 0x65, 0, 0, 0, 22, 9, 0x2B, 6, 1, 4, 1, 0xDA, 0x47, 0x0F, 1, 1, 7, 0x40}, crc[3];
	size_t len = 22 + 32 + 1 + n;
	uint32_t sum;
	int status = len > sizeof(raw) ? SV_EINVAL : 0;

	if (status < 0)
		return status;
	raw[1] = (uint8_t)((len - 3) >> 8);
	raw[2] = (uint8_t)(len - 3);
	sv_example__bytes(raw + 22, 32, seed);
	sv_example__bytes(raw + 55, n, seed);
	sum = sv_crc24(raw, len);
	crc[0] = (uint8_t)(sum >> 16);
	crc[1] = (uint8_t)(sum >> 8);
	crc[2] = (uint8_t)sum;
	status = put_lines(out, raw, len);
	if (status == 0)
		status = sv_buf_puts(out, "\n=");
	return status < 0 ? status : sv_example__groups(out, crc, 3, 6, sv_digits64);
}

static size_t put_ssh_string(uint8_t *at, const void *bytes, size_t n)
{
	memcpy(at, (uint8_t[]){0, 0, (uint8_t)(n >> 8), (uint8_t)n}, 4);
	memcpy(at + 4, bytes, n);
	return n + 4;
}

/* what stands between BEGIN and END of an OpenSSH key; cipher "none" has no passphrase */
static int put_openssh(struct sv_buf *out, const char *cipher, uint64_t *seed)
{
	uint8_t raw[400] = "openssh-key-v1", private[128], public[51];
	size_t n = 15;

	sv_example__bytes(private, sizeof(private), seed);
	memcpy(private + 4, private, 4);
	put_ssh_string(public, "ssh-ed25519", 11);
	put_ssh_string(public + 15, private + 60, 32);
	n += put_ssh_string(raw + n, cipher, strlen(cipher));
	n += put_ssh_string(raw + n, strcmp(cipher, "none") ? "bcrypt" : "none", strcmp(cipher, "none") ? 6 : 4);
	n += put_ssh_string(raw + n, "", 0);
	memcpy(raw + n, "\0\0\0\1", 4);
	n += 4;
	n += put_ssh_string(raw + n, public, sizeof(public));
	n += put_ssh_string(raw + n, private, sizeof(private));
	return put_lines(out, raw, n);
}

/* the public lines of a PuTTY key, of Ed25519 */
static int put_putty(struct sv_buf *out, uint64_t *seed)
{
	uint8_t raw[51], key[32];

	sv_example__bytes(key, sizeof(key), seed);
	put_ssh_string(raw, "ssh-ed25519", 11);
	put_ssh_string(raw + 15, key, sizeof(key));
	return put_lines(out, raw, sizeof(raw));
}

/* 32 bytes as `wg genkey` clamps them */
static int put_wireguard(struct sv_buf *out, uint64_t *seed)
{
	uint8_t key[32];

	sv_example__bytes(key, sizeof(key), seed);
	key[0] &= 248;
	key[31] = (uint8_t)((key[31] & 127) | 64);
	return put_lines(out, key, sizeof(key));
}

int sv_template__token(struct sv_buf *out, const char *body, uint64_t *seed)
{
	char a[24], b[12] = "";
	unsigned n, m;

	if (strcmp(body, "glsa") == 0)
		return put_grafana(out, seed);
	if (strcmp(body, "synapse") == 0)
		return put_synapse(out, seed);
	if (strcmp(body, "discord") == 0)
		return put_discord(out, seed);
	if (strcmp(body, "puttypublic") == 0)
		return put_putty(out, seed);
	if (strcmp(body, "wireguard") == 0)
		return put_wireguard(out, seed);
	if (sscanf(body, "bip39:%u", &n) == 1)
		return put_bip39(out, n, seed);
	if (sscanf(body, "pgp:%u", &n) == 1)
		return put_pgp(out, n, seed);
	if (sscanf(body, "openssh:%20[a-z0-9-]", a) == 1)
		return put_openssh(out, a, seed);
	if (strncmp(body, "jwt:", 4) == 0)
		return put_jwt(out, body + 4, seed);
	if (sscanf(body, "b58check:%20[0-9a-f]:%u:%8[0-9a-f]", a, &n, b) >= 2)
		return put_base58(out, a, n, b, seed);
	if (sscanf(body, "bech:%20[A-Za-z-]:%u", a, &n) == 2)
		return put_bech32(out, a, n, seed);
	if (sscanf(body, "nkey:%8[0-9a-f]:%u", a, &n) == 2)
		return put_nkey(out, a, n, seed);
	if (sscanf(body, "pair:%8[a-z0-9]:%u:%u", a, &n, &m) == 3)
		return put_pair(out, a, n, m, seed);
	return SV_ENOTFOUND;
}
