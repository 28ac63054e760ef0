/* Runs the examples and refusals of rules, with values made from a seed: no literal token is kept. */
#include "detect/examples.h"
#include "detect/checks_tokens.h"
#include <stdio.h>

const char sv_digits62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const char sv_digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const char sv_digits64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const struct {
	const char *name, *letters;
} alphabets[] = {
	{"base62", sv_digits62},
	{"hex", "0123456789abcdef"},
	{"HEX", "0123456789ABCDEF"},
	{"base64", sv_digits64},
	{"base64url", sv_digits64url},
	{"base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"},
	{"lower32", "abcdefghijklmnopqrstuvwxyz234567"},
	{"alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
	{"lower", "abcdefghijklmnopqrstuvwxyz"},
	{"upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"digit", "0123456789"},
	{"base36", "0123456789abcdefghijklmnopqrstuvwxyz"},
	{"BASE36", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"base58", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
	{"bech32", "023456789acdefghjklmnpqrstuvwxyz"},
};

uint32_t sv_example__random(uint64_t *seed)
{
	*seed = sv_hash64(seed, sizeof(*seed), 0x5165766572ull);
	return (uint32_t)*seed;
}

void sv_example__bytes(uint8_t *ret, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint8_t)sv_example__random(seed);
}

int sv_example__groups(struct sv_buf *out, const uint8_t *bytes, size_t n, unsigned width,
		       const char *digits)
{
	int status = 0;

	for (size_t bit = 0; status == 0 && bit < n * 8; bit += width) {
		unsigned value = 0;

		for (size_t b = bit; b < bit + width; b++)
			value = value << 1 | (b < n * 8 ? bytes[b / 8] >> (7 - b % 8) & 1u : 0);
		status = sv_buf_putc(out, digits[value]);
	}
	return status;
}

int sv_example__letters(struct sv_buf *out, const char *letters, unsigned n, uint64_t *seed)
{
	int status = 0;

	for (unsigned i = 0; status == 0 && i < n; i++)
		status = sv_buf_putc(out, letters[sv_example__random(seed) % strlen(letters)]);
	return status;
}

static int put_crc62(struct sv_buf *out, uint64_t *seed)
{
	char tail[7] = {0};
	uint32_t crc;
	int status = sv_example__letters(out, sv_digits62, 30, seed);

	if (status < 0)
		return status;
	crc = sv_crc32(0, out->ptr + out->len - 30, 30);
	for (int i = 5; i >= 0; i--, crc /= 62)
		tail[i] = sv_digits62[crc % 62];
	return sv_buf_puts(out, tail);
}

static int put_placeholder(struct sv_buf *out, const char *body, uint64_t *seed)
{
	char name[16];
	unsigned n;
	int status;

	if (strcmp(body, "crc62") == 0)
		return put_crc62(out, seed);
	status = sv_example__azure(out, body, seed);
	if (status != SV_ENOTFOUND)
		return status;
	if (sscanf(body, "%15[a-zA-Z0-9]:%u", name, &n) == 2 && n <= 8192)
		for (size_t i = 0; i < sizeof(alphabets) / sizeof(*alphabets); i++)
			if (strcmp(name, alphabets[i].name) == 0)
				return sv_example__letters(out, alphabets[i].letters, n, seed);
	return sv_template__token(out, body, seed);
}

int sv_template_expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err)
{
	sv_buf_reset(ret);
	while (*text != '\0') {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;
		char body[64];
		int status = SV_ENOTFOUND;

		if (close != NULL && (size_t)(close - text) <= sizeof(body)) {
			memcpy(body, text + 1, (size_t)(close - text - 1));
			body[close - text - 1] = '\0';
			status = put_placeholder(ret, body, &seed);
			text = status == 0 ? close + 1 : text;
		}
		/* any other brace stands for itself: "${VAR}", JSON */
		if (status == SV_ENOTFOUND)
			status = sv_buf_putc(ret, *text++);
		if (status < 0)
			return sv_err_set(err, status, "cannot expand {%s}", body);
	}
	return 0;
}

size_t sv_rule_expand(const char *example, uint64_t seed, char *ret_text, size_t cap)
{
	SV_AUTO(sv_buf) text = {0};

	if (sv_template_expand(example, seed, &text, NULL) < 0)
		sv_buf_reset(&text);
	if (cap != 0) {
		size_t n = text.len < cap ? text.len : cap - 1;

		memcpy(ret_text, sv_buf_str(&text), n);
		ret_text[n] = '\0';
	}
	return text.len;
}

struct looking {
	const struct sv_rule *rule;
	bool found;
};

static int look(const struct sv_candidate *candidate, void *payload)
{
	struct looking *l = payload;

	l->found |= candidate->rule == l->rule;
	return 0;
}

/* of the rule and the number of its example: another rule, or one more example, changes no value */
static uint64_t seed_of(const struct sv_rule *rule, size_t number, uint64_t seed)
{
	uint64_t parts[2] = {seed, number};

	return sv_hash64(rule->id, strlen(rule->id), sv_hash64(parts, sizeof(parts), 0));
}

int sv_ruleset_check(const struct sv_ruleset *ruleset, uint64_t seed,
		     sv_rule_problem_fn *on_problem, void *payload, struct sv_err *err)
{
	struct sv_scanner *scanner = NULL;
	SV_AUTO(sv_buf) text = {0};
	size_t problems = 0;
	int status = sv_scanner_new(ruleset, &scanner, err);

	for (size_t i = 0; status == 0 && i < 2 * ruleset->rules.len; i++) {
		const struct sv_rule *rule = ruleset->rules.ptr[i / 2];
		bool wanted = i % 2 == 0;
		const char *const *first = wanted ? rule->examples : rule->refuses;

		for (const char *const *t = first; status == 0 && *t; t++) {
			struct looking l = {.rule = rule};
			char problem[300];

			status = sv_template_expand(*t, seed_of(rule, (size_t)(t - first), seed), &text, err);
			if (status == 0)
				status = sv_scanner_scan(scanner, &text, look, &l, err);
			if (status < 0 || l.found == wanted)
				continue;
			snprintf(problem, sizeof(problem), "%s: %.200s",
				 wanted ? "example is not found" : "refusal is found", *t);
			problems++;
			if (on_problem && on_problem(rule, problem, payload) != 0)
				status = SV_ECANCELLED;
		}
	}
	sv_scanner_free(scanner);
	if (status == 0 && problems != 0)
		status = sv_err_set(err, SV_EINVAL, "%zu examples or refusals are wrong", problems);
	return status;
}
