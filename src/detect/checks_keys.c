/* Checks of what whole files hold: wallets' words and keystores, OpenPGP's armour, PuTTY's keys, keys
 * in bytes. */
#include "detect/checks.h"
#include "detect/checks_tokens.h"
#include "detect/key_files.h"
#include <sodium.h>

static const char passphrase[] = "a passphrase protects it";

/* ---- BIP-39 ---- */

#define WORDS_MOST 24

static const char bip39_words[SV_BIP39_WORDS][9] = {
#include "detect/bip39.inc"
};

const char *sv_bip39_word(unsigned index)
{
	return bip39_words[index % SV_BIP39_WORDS];
}

/* the place of a word in the list, or -1 */
static int word_index(const uint8_t *word, size_t len)
{
	size_t low = 0, high = SV_BIP39_WORDS;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(bip39_words[middle], (const char *)word, len);

		if (order == 0 && bip39_words[middle][len] == '\0')
			return (int)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* Reads the words between anything else; 0 if one is not in the list or they are too many. */
static size_t read_words(struct sv_span text, uint16_t ret[WORDS_MOST])
{
	size_t n = 0, i = 0;

	while (i < text.len) {
		size_t start = i;
		int index;

		while (i < text.len && text.ptr[i] >= 'a' && text.ptr[i] <= 'z')
			i++;
		if (i == start) {
			i++;
			continue;
		}
		index = i - start > 8 ? -1 : word_index(text.ptr + start, i - start);
		if (index < 0 || n == WORDS_MOST)
			return 0;
		ret[n++] = (uint16_t)index;
	}
	return n;
}

uint8_t sv_bip39_checksum(const uint8_t *entropy, size_t len)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, entropy, len);
	return (uint8_t)(hash[0] >> (8 - len / 4));
}

/* three words of four are others in what chance makes; documentation repeats one */
static bool repeats_itself(const uint16_t *words, size_t n)
{
	size_t others = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < i && words[j] != words[i])
			j++;
		others += j == i;
	}
	return others <= n / 2;
}

/* Eleven bits a word: the entropy, then its checksum of a bit for three words. */
enum sv_verdict sv_check_bip39(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[WORDS_MOST * 11 / 8 + 1] = {0};
	uint16_t words[WORDS_MOST];
	size_t n = read_words(in->secret, words), len = n / 3 * 4;
	uint8_t sum = 0;

	if (n < 12 || n % 3 != 0)
		return SV_CHECK_FAILED;
	for (size_t bit = 0; bit < n * 11; bit++) {
		unsigned value = words[bit / 11] >> (10 - bit % 11) & 1u;

		if (bit < len * 8)
			raw[bit / 8] |= (uint8_t)(value << (7 - bit % 8));
		else
			sum = (uint8_t)(sum << 1 | value);
	}
	if (sum != sv_bip39_checksum(raw, len))
		return SV_CHECK_FAILED;
	if (repeats_itself(words, n)) {
		cand->confidence = SV_CONF_LOW;
		sv_candidate_reason(cand, "its words repeat, as in documentation");
		return SV_CHECK_JUDGED;
	}
	return SV_CHECK_PROVED;
}

/* ---- OpenPGP ---- */

uint32_t sv_crc24(const uint8_t *bytes, size_t len)
{
	uint32_t crc = 0xB704CE;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)bytes[i] << 16;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x800000 ? 0x1864CFB : 0);
	}
	return crc & 0xFFFFFF;
}

/* A line of text, whose ends may be written as \n; false at the end. */
static bool next_line(struct sv_span text, size_t *at, struct sv_span *ret)
{
	size_t i = *at, end;

	if (i >= text.len)
		return false;
	while (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != '\\')
		i++;
	end = i;
	if (i + 1 < text.len && text.ptr[i] == '\\' && text.ptr[i + 1] == 'r')
		i += 2;
	if (i + 1 < text.len && text.ptr[i] == '\\' && text.ptr[i + 1] == '\\')
		i++;
	i += i < text.len && text.ptr[i] == '\\' ? 2 : 1;
	while (end > *at && (text.ptr[end - 1] == '\r' || text.ptr[end - 1] == ' '))
		end--;
	while (*at < end && (text.ptr[*at] == ' ' || text.ptr[*at] == '\t'))
		(*at)++;
	*ret = sv_span(text.ptr + *at, end - *at);
	*at = i < text.len ? i : text.len;
	return true;
}

static size_t append_base64(struct sv_span line, uint8_t *ret, size_t n, size_t cap,
			    uint32_t state[2])
{
	for (size_t i = 0; i < line.len && line.ptr[i] != '='; i++) {
		int v = sv_base64_value(line.ptr[i]);

		if (v < 0)
			return SIZE_MAX;
		state[0] = state[0] << 6 | (uint32_t)v;
		state[1] += 6;
		if (state[1] < 8)
			continue;
		state[1] -= 8;
		if (n == cap)
			return SIZE_MAX;
		ret[n++] = (uint8_t)(state[0] >> state[1]);
	}
	return n;
}

/* The bytes of an armoured block, and its checksum if it has one; 0 if it is none. */
static size_t read_armour(struct sv_span text, uint8_t *ret, size_t cap, uint32_t *ret_crc,
			  bool *ret_has_crc)
{
	uint32_t state[2] = {0, 0};
	struct sv_span line;
	size_t at = 0, n = 0;

	*ret_has_crc = false;
	while (next_line(text, &at, &line) && n != SIZE_MAX) {
		uint8_t crc[3];
		uint32_t own[2] = {0, 0};

		if (line.len == 0 || line.ptr[0] == '-' || memchr(line.ptr, ':', line.len) != NULL)
			continue;
		if (line.ptr[0] != '=') {
			n = append_base64(line, ret, n, cap, state);
			continue;
		}
		if (line.len == 5 &&
		    append_base64(sv_span(line.ptr + 1, 4), crc, 0, sizeof(crc), own) == 3) {
			*ret_crc = (uint32_t)crc[0] << 16 | (uint32_t)crc[1] << 8 | crc[2];
			*ret_has_crc = true;
		}
	}
	return n == SIZE_MAX ? 0 : n;
}

/* Skips multiprecision integers; false where they run past the end. */
static bool skip_mpis(struct sv_span s, size_t *at, unsigned n)
{
	while (n-- > 0) {
		size_t bits;

		if (s.len - *at < 2)
			return false;
		bits = (size_t)s.ptr[*at] << 8 | s.ptr[*at + 1];
		*at += 2 + (bits + 7) / 8;
		if (*at > s.len)
			return false;
	}
	return true;
}

static bool skip_counted(struct sv_span s, size_t *at)
{
	if (*at >= s.len || s.ptr[*at] >= s.len - *at)
		return false;
	*at += 1u + s.ptr[*at];
	return true;
}

/* From the body of a secret key packet of version 4: is what follows the public part encrypted? */
static bool pgp_is_locked(struct sv_span body)
{
	static const uint8_t public_mpis[256] = {[1] = 2, [2] = 2, [3] = 2, [16] = 3, [17] = 4};
	size_t at = 6;
	uint8_t algorithm = body.len > 6 ? body.ptr[5] : 0;
	bool whole;

	if (body.len < 8 || body.ptr[0] != 4)
		return false;
	if (algorithm == 18 || algorithm == 19 || algorithm == 22)
		whole = skip_counted(body, &at) && skip_mpis(body, &at, 1) &&
			(algorithm != 18 || skip_counted(body, &at));
	else
		whole = public_mpis[algorithm] != 0 && skip_mpis(body, &at, public_mpis[algorithm]);
	return whole && at < body.len && body.ptr[at] != 0;
}

/* The body of the first packet if it is a secret key; its header is old or new. */
static bool secret_packet(struct sv_span key, struct sv_span *ret)
{
	bool fresh = key.len > 6 && (key.ptr[0] & 0x40) != 0;
	unsigned tag = fresh ? key.ptr[0] & 0x3Fu : key.len > 6 ? key.ptr[0] >> 2 & 0xFu : 0;
	size_t head = fresh ? (key.ptr[1] < 192	  ? 2
			       : key.ptr[1] < 224 ? 3
						  : 6)
			    : 1 + ((size_t)1 << (key.len > 6 ? key.ptr[0] & 3u : 0));

	if (key.len <= 6 || (key.ptr[0] & 0x80) == 0 || (tag != 5 && tag != 7) || head >= key.len)
		return false;
	*ret = sv_span(key.ptr + head, key.len - head);
	return true;
}

enum sv_verdict sv_check_pgp(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[12 * 1024];
	uint32_t crc = 0;
	bool has_crc;
	size_t n = read_armour(in->secret, raw, sizeof(raw), &crc, &has_crc);
	struct sv_span body;

	if (n == 0)
		return SV_CHECK_OPEN;
	if (has_crc && sv_crc24(raw, n) != crc) {
		cand->confidence = SV_CONF_MEDIUM;
		sv_candidate_reason(cand, "its checksum does not hold");
		return SV_CHECK_JUDGED;
	}
	if (!secret_packet(sv_span(raw, n), &body))
		return SV_CHECK_OPEN;
	if (pgp_is_locked(body)) {
		cand->severity = SV_LOW;
		sv_candidate_reason(cand, passphrase);
	}
	return has_crc ? SV_CHECK_PROVED : SV_CHECK_OPEN;
}

/* ---- PuTTY ---- */

/* Reads "Name: value" of a line; false if it is not of that name. */
static bool field(struct sv_span line, const char *name, struct sv_span *ret)
{
	size_t n = strlen(name);

	if (line.len < n + 2 || memcmp(line.ptr, name, n) != 0 || line.ptr[n] != ':')
		return false;
	*ret = sv_span(line.ptr + n + 2, line.len - n - 2);
	return true;
}

/* The lines that Public-Lines or Private-Lines promises: as many, and of base64. */
static bool promised_lines(struct sv_span text, size_t *at, struct sv_span count, uint8_t *ret,
			   size_t cap, size_t *ret_n)
{
	uint32_t state[2] = {0, 0};
	uint64_t lines;
	struct sv_span line;

	*ret_n = 0;
	if (sv_parse_u64(count, &lines) < 0 || lines == 0 || lines > 200)
		return false;
	while (lines-- > 0) {
		if (!next_line(text, at, &line))
			return false;
		*ret_n = append_base64(line, ret, *ret_n, cap, state);
		if (*ret_n == SIZE_MAX)
			return false;
	}
	return true;
}

/* The public part begins with the algorithm that the first line names. */
static bool names_algorithm(const uint8_t *blob, size_t n, struct sv_span algorithm)
{
	return n >= 4 + algorithm.len && blob[0] == 0 && blob[1] == 0 && blob[2] == 0 &&
	       blob[3] == algorithm.len && memcmp(blob + 4, algorithm.ptr, algorithm.len) == 0;
}

enum sv_verdict sv_check_putty(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span line, value, algorithm = {0};
	uint8_t raw[8 * 1024];
	bool named = false, whole = false;
	size_t at = 0, n;

	while (next_line(in->secret, &at, &line)) {
		if (line.len > 24 && memcmp(line.ptr, "PuTTY-User-Key-File-", 20) == 0)
			algorithm = sv_span(line.ptr + 23, line.len - 23);
		else if (field(line, "Encryption", &value) &&
			 !sv_span_equal(value, sv_span_str("none"))) {
			cand->severity = SV_LOW;
			sv_candidate_reason(cand, passphrase);
		} else if (field(line, "Public-Lines", &value))
			named = promised_lines(in->secret, &at, value, raw, sizeof(raw), &n) &&
				names_algorithm(raw, n, algorithm);
		else if (field(line, "Private-Lines", &value))
			whole = promised_lines(in->secret, &at, value, raw, sizeof(raw), &n);
	}
	sodium_memzero(raw, sizeof(raw));
	return named && whole ? SV_CHECK_PROVED : SV_CHECK_OPEN;
}

/* ---- Ethereum ---- */

/* "name": "n hex digits" somewhere in text */
static bool has_hex_member(struct sv_span text, const char *name, size_t n)
{
	const uint8_t *at = memmem(text.ptr, text.len, name, strlen(name));
	size_t i = at ? (size_t)(at - text.ptr) + strlen(name) : text.len, digits = 0;

	while (i < text.len && strchr("\\\": \t\r\n", text.ptr[i]) != NULL && text.ptr[i] != '\0')
		i++;
	while (i + digits < text.len && sv_hex_value(text.ptr[i + digits]) >= 0)
		digits++;
	return digits == n;
}

/* A keystore of version 3 has its cipher's vector, a salt and a code that tells a right password.
 */
enum sv_verdict sv_check_keystore(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)cand;
	return has_hex_member(in->text, "\"iv", 32) && has_hex_member(in->text, "\"mac", 64)
		       ? SV_CHECK_PROVED
		       : SV_CHECK_OPEN;
}

/* ---- DER in base64 ---- */

#define NEXT_LINE 24 /* bytes from one line of base64 to the next, quotes and signs between them   \
		      */

/* Does a run of base64 as long as NEXT_LINE begin within as many bytes? */
static bool goes_on_after(const struct sv_check_input *in)
{
	const uint8_t *at = in->secret.ptr + in->secret.len, *end = in->text.ptr + in->text.len;
	size_t gap = 0, run = 0;

	for (; at < end && gap < NEXT_LINE && run < NEXT_LINE; at++) {
		run = sv_base64_value(*at) >= 0 ? run + 1 : 0;
		gap += run == 0;
	}
	return run == NEXT_LINE;
}

/* SEQUENCE, and a length of two bytes that tells how much there should be: documents show how keys
 * begin */
enum sv_verdict sv_check_der_goes_on(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t head[6];
	size_t digits = 0;

	for (size_t i = 0; i < in->secret.len; i++)
		digits += sv_base64_value(in->secret.ptr[i]) >= 0;
	if (digits < 8 || sv_base64_decode(sv_span(in->secret.ptr, 8), head) != 6 ||
	    head[0] != 0x30 || head[1] != 0x82 ||
	    digits * 3 / 4 >= ((size_t)head[2] << 8 | head[3]) || goes_on_after(in))
		return SV_CHECK_PASSED;
	cand->confidence = SV_CONF_LOW;
	sv_candidate_reason(cand, "it is the beginning of a key alone");
	return SV_CHECK_JUDGED;
}

/* ---- keys in bytes ---- */

static void note_keys(const struct sv_key_file *store, struct sv_candidate *cand)
{
	if (store->keys > 1)
		sv_note(cand, "with %u keys, as safe as its password", store->keys);
	else
		sv_note(cand, "with a private key, as safe as its password");
}

static bool read_key_file(struct sv_span bytes, struct sv_candidate *cand, size_t *ret_length)
{
	struct sv_key_file file;

	if (sv_key_store_read(bytes, &file)) {
		note_keys(&file, cand);
	} else if (!sv_der_key_read(bytes, &file) && !sv_key_blob_read(bytes, &file)) {
		return false;
	} else if (file.locked) {
		cand->severity = SV_LOW;
		sv_candidate_reason(cand, passphrase);
	}
	*ret_length = file.length;
	return true;
}

#define BAG "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01" /* and which one */
#define BAG_HEAD 64 /* bytes from there to a key, or to one that PKCS#8 wraps */

/* In a bag of PKCS#12, whose container is told with all that it holds. */
static bool is_in_bag(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), n = at < BAG_HEAD ? at : BAG_HEAD;

	return memmem(in->secret.ptr - n, n, BAG, sizeof(BAG) - 1) != NULL;
}

/* What follows in the file is not the key's. */
enum sv_verdict sv_check_key_file(const struct sv_check_input *in, struct sv_candidate *cand)
{
	if (is_in_bag(in))
		return SV_CHECK_FAILED;
	return read_key_file(in->secret, cand, &cand->kept) ? SV_CHECK_PROVED : SV_CHECK_FAILED;
}

enum sv_verdict sv_check_key_file_base64(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[SV_KEY_FILE_MAX / 4 * 3 + 3];
	ptrdiff_t n = in->secret.len > SV_KEY_FILE_MAX ? -1 : sv_base64_decode(in->secret, raw);
	size_t length;
	bool is = n > 0 && read_key_file(sv_span(raw, (size_t)n), cand, &length);

	sodium_memzero(raw, sizeof(raw));
	return is ? SV_CHECK_PROVED : SV_CHECK_FAILED;
}
