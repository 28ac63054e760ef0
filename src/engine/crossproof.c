/*
 * A shared access signature is an HMAC by a key. Where a run finds both, the one proves the other,
 * without any network; and a token that the storage emulator's key signed opens nothing.
 */
#include "detect/check.h"
#include "engine/run.h"
#include <sodium.h>
#include <stdio.h>

#define MAX_KEY	   64
#define MAX_TRIALS 1000000 /* of one key on one token: a second or two of work at most */

struct key {
	struct sv_span text;
	uint8_t bytes[MAX_KEY]; /* decoded */
	size_t n;
};
struct keys {
	SV_VEC(struct key) all;
};

/* Keys of storage accounts have 64 bytes, those of messaging and IoT 32. */
static bool read_key(struct sv_span text, struct key *ret)
{
	uint8_t raw[MAX_KEY + 8];
	ptrdiff_t n = text.len >= 43 && text.len <= 88 ? sv_base64_decode(text, raw) : -1;

	if (n != 32 && n != MAX_KEY)
		return false;
	ret->text = text;
	ret->n = (size_t)n;
	memcpy(ret->bytes, raw, (size_t)n);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return sv_span_compare(((const struct key *)a)->text, ((const struct key *)b)->text);
}

static int gather_keys(const struct sv_run *run, struct keys *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < run->hits.len; i++) {
		const struct sv_hit *hit = &run->hits.ptr[i];
		struct key key = {0};

		if (strncmp(hit->rule->id, "azure-", 6) == 0 && hit->rule->cls == SV_CLASS_SECRET &&
		    read_key(hit->secret, &key) && sv_vec_push(&ret->all, key) < 0)
			return SV_ENOMEM;
	}
	if (ret->all.len > 1)
		qsort(ret->all.ptr, ret->all.len, sizeof(struct key), by_text);
	for (size_t i = 0; i < ret->all.len; i++)
		if (i == 0 || !sv_span_equal(ret->all.ptr[i].text, ret->all.ptr[n - 1].text))
			ret->all.ptr[n++] = ret->all.ptr[i];
	ret->all.len = n;
	return 0;
}

static bool signs(const uint8_t *key, size_t n, struct sv_span text, const uint8_t signature[32])
{
	crypto_auth_hmacsha256_state state;
	uint8_t made[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&state, key, n);
	crypto_auth_hmacsha256_update(&state, text.ptr, text.len);
	crypto_auth_hmacsha256_final(&state, made);
	return memcmp(made, signature, sizeof(made)) == 0;
}

/* Storage and IoT sign with the bytes of the key, Service Bus and Event Hubs with its letters. */
static bool key_signs(const struct key *key, struct sv_span text, const uint8_t signature[32])
{
	return signs(key->bytes, key->n, text, signature) ||
	       (key->n == 32 && signs(key->text.ptr, key->text.len, text, signature));
}

/* The 32 bytes of a signature, percent encoded or not. */
static bool read_signature(struct sv_span secret, uint8_t ret[32])
{
	uint8_t text[160], raw[160];
	size_t n = 0;

	for (size_t i = 0; i < secret.len; i++) {
		int high = secret.ptr[i] == '%' && secret.len - i > 2
				   ? sv_hex_value(secret.ptr[i + 1])
				   : -1;
		int low = high < 0 ? -1 : sv_hex_value(secret.ptr[i + 2]);

		if (n == sizeof(text))
			return false;
		text[n++] = low < 0 ? secret.ptr[i] : (uint8_t)(high * 16 + low);
		i += low < 0 ? 0 : 2;
	}
	while (n > 0 && text[n - 1] == '=')
		n--;
	if (n != 43 || sv_base64_decode(sv_span(text, n), raw) != 32)
		return false;
	memcpy(ret, raw, 32);
	return true;
}

/* The key of the storage emulator, which is the same everywhere; in two parts, so that tools that
 * look for keys do not take it for one. */
static bool emulator_signs(struct sv_span text, const uint8_t signature[32])
{
	static const char *const halves[] = {"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U",
					     "VErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="};
	char whole[96];
	struct key key = {0};

	snprintf(whole, sizeof(whole), "%s%s", halves[0], halves[1]);
	return read_key(sv_span_str(whole), &key) && key_signs(&key, text, signature);
}

static void add_reason(struct sv_hit *hit, const char *reason)
{
	for (size_t i = 0; i < SV_MAX_REASONS; i++)
		if (hit->reasons[i] == NULL) {
			hit->reasons[i] = reason;
			return;
		}
}

/* The sentence alone, with words after it. */
static int set_note(struct sv_run *run, struct sv_hit *hit, const char *words)
{
	hit->note = sv_arena_printf(&run->arena, "%.*s%s",
				    (int)strcspn(hit->note, (char[]){SV_NOTE_SIGNS, 0}), hit->note,
				    words);
	return hit->note == NULL ? SV_ENOMEM : 0;
}

static int prove(struct sv_run *run, struct sv_hit *hit, const struct keys *keys, size_t n_keys)
{
	const char *mark = strchr(hit->note, SV_NOTE_SIGNS);
	struct sv_span text = sv_span_str(mark + 1);
	uint8_t signature[32];

	if (!read_signature(hit->secret, signature))
		return set_note(run, hit, "");
	if (emulator_signs(text, signature)) {
		hit->severity = SV_INFO;
		add_reason(hit, "the key of the emulator signed it, which everybody has");
		return set_note(run, hit, "; the emulator's key signed it");
	}
	for (size_t i = 0; i < n_keys; i++)
		if (key_signs(&keys->all.ptr[i], text, signature)) {
			add_reason(hit, "a key that was found too signed it");
			return set_note(run, hit, "; signed with a key that was found too");
		}
	return set_note(run, hit, "");
}

static bool is_token(const struct sv_hit *hit)
{
	return hit->note != NULL && strchr(hit->note, SV_NOTE_SIGNS) != NULL;
}

int sv_run_crossproof(struct sv_run *run)
{
	struct keys keys = {0};
	size_t n_tokens = 0, n_keys;
	int status = gather_keys(run, &keys);

	for (size_t i = 0; i < run->hits.len; i++)
		n_tokens += is_token(&run->hits.ptr[i]);
	/* the first of the sorted keys: the same ones in whatever order hits came */
	n_keys = n_tokens == 0 || keys.all.len < MAX_TRIALS / n_tokens ? keys.all.len
								       : MAX_TRIALS / n_tokens;
	for (size_t i = 0; status == 0 && i < run->hits.len; i++)
		if (is_token(&run->hits.ptr[i]))
			status = prove(run, &run->hits.ptr[i], &keys, n_keys);
	if (keys.all.ptr != NULL)
		sv_wipe(keys.all.ptr, keys.all.len * sizeof(struct key));
	sv_vec_release(&keys.all);
	return status;
}
