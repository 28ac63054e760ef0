/* Containers for examples: whole ones, with keys of random bytes that open nothing. */
#include "detect/examples.h"
#include "detect/pkcs12.h"

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
