/* What is written into the corpus's files: made values, and how files escape and encode them. */
#include "cases.h"
#include "detect/examples.h"
#include "detect/scanner.h"
#include <ctype.h>
#include <stdio.h>

/* ---- placeholders beyond those of examples ---- */

static const char *const words[] = {"Kestrel", "harbor",  "Granite", "willow", "Cobalt",  "meadow",
				    "Juniper", "lantern", "Marble",  "otter",  "Saffron", "tundra",
				    "Velvet",  "walnut",  "Zephyr",  "bramble"};

static const char *pick_word(uint64_t *seed)
{
	return words[sv_example__random(seed) % (sizeof(words) / sizeof(*words))];
}

/* as people make them: two words, digits, a mark; one draw a statement, for arguments have no order */
static int put_password(struct sv_buf *out, uint64_t *seed)
{
	uint32_t number = sv_example__random(seed) % 9000 + 1000;
	char mark = "!-_.@#"[sv_example__random(seed) % 4];
	const char *first = pick_word(seed);
	const char *second = pick_word(seed);

	return sv_buf_printf(out, "%s%c%u%s", first, mark, number, second);
}

static int put_percent(struct sv_buf *out, struct sv_span text)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < text.len; i++)
		if (isalnum(text.ptr[i]) || strchr("-_.~", text.ptr[i]) != NULL)
			status = sv_buf_putc(out, (char)text.ptr[i]);
		else
			status = sv_buf_printf(out, "%%%02X", text.ptr[i]);
	return status;
}

static int put_base64(struct sv_buf *out, struct sv_span text)
{
	int status = sv_example__groups(out, text.ptr, text.len, 6, sv_digits64);

	return status < 0 ? status : sv_buf_append(out, "==", (3 - text.len % 3) % 3);
}

/* template, with width characters a line where width is not 0 */
static int put_wrapped(struct sv_buf *out, const char *template, size_t width, uint64_t seed)
{
	SV_AUTO(sv_buf) text = {0};
	int status = sv_template_expand(template, seed, &text, NULL);

	for (size_t i = 0; status == 0 && i < text.len; i++) {
		if (width != 0 && i != 0 && i % width == 0)
			status = sv_buf_putc(out, '\n');
		if (status == 0)
			status = sv_buf_putc(out, (char)text.ptr[i]);
	}
	return status;
}

static int put_percent_key(struct sv_buf *out, unsigned n, uint64_t seed)
{
	SV_AUTO(sv_buf) key = {0};
	char template[24];
	int status;

	snprintf(template, sizeof(template), "{b64:%u}", n);
	status = sv_template_expand(template, seed, &key, NULL);
	return status < 0 ? status : put_percent(out, sv_buf_span(&key));
}

static int put_pem_base64(struct sv_buf *out, uint64_t seed)
{
	SV_AUTO(sv_buf) pem = {0};
	int status = sv_buf_puts(&pem, "-----BEGIN PRIVATE KEY-----\n");

	if (status == 0)
		status = put_wrapped(&pem, "{pkcs8}", 64, seed);
	if (status == 0)
		status = sv_buf_puts(&pem, "\n-----END PRIVATE KEY-----\n");
	return status < 0 ? status : put_base64(out, sv_buf_span(&pem));
}

/* keys that everybody has; in parts, since tools that look for keys do not know that */
static const struct {
	const char *name, *half, *other;
} emulators[] = {
	{"azurite", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U",
	 "VErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="},
	{"cosmosemulator", "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqo",
	 "bD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="},
};

/* SV_ENOTFOUND: body is none of ours */
static int put_own(struct sv_buf *out, const char *body, uint64_t *seed)
{
	unsigned n;

	(void)sv_example__random(seed);
	for (size_t i = 0; i < sizeof(emulators) / sizeof(*emulators); i++)
		if (strcmp(body, emulators[i].name) == 0)
			return sv_buf_printf(out, "%s%s", emulators[i].half, emulators[i].other);
	if (strcmp(body, "password") == 0)
		return put_password(out, seed);
	if (strcmp(body, "guid") == 0)
		return put_wrapped(out, "{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}", 0, *seed);
	if (strcmp(body, "nuget") == 0)
		return sv_example__letters(out, "abcdefghijklmnopqrstuvwxyz234567", 43, seed);
	if (strcmp(body, "pkcs8wrap") == 0)
		return put_wrapped(out, "{pkcs8}", 64, *seed);
	if (strcmp(body, "b64pem") == 0)
		return put_pem_base64(out, *seed);
	if (sscanf(body, "b64pct:%u", &n) == 1)
		return put_percent_key(out, n, *seed);
	return SV_ENOTFOUND;
}

static int expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err)
{
	SV_AUTO(sv_buf) ours = {0};
	uint64_t own = seed ^ 0x9E3779B97F4A7C15ull;
	int status = 0;

	while (status == 0 && *text != '\0') {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;
		char body[24];

		status = SV_ENOTFOUND;
		if (close != NULL && (size_t)(close - text) <= sizeof(body)) {
			memcpy(body, text + 1, (size_t)(close - text - 1));
			body[close - text - 1] = '\0';
			status = put_own(&ours, body, &own);
			text = status == 0 ? close + 1 : text;
		}
		if (status == SV_ENOTFOUND)
			status = sv_buf_putc(&ours, *text++);
	}
	return status < 0 ? status : sv_template_expand(sv_buf_str(&ours), seed, ret, err);
}

static size_t count_marks(struct sv_span text)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < text.len; i++)
		n += memcmp(text.ptr + i, OPEN, 2) == 0 || memcmp(text.ptr + i, CLOSE, 2) == 0;
	return n;
}

int values_expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err)
{
	SV_AUTO(sv_buf) made = {0};
	size_t marks = count_marks(sv_span_str(text));
	int status;

	/* bytes of a file that look like a mark are drawn again */
	do {
		status = expand(text, seed, &made, err);
		seed = sv_hash64(&seed, sizeof(seed), 1);
	} while (status == 0 && count_marks(sv_buf_span(&made)) != marks);
	return status < 0 ? status : sv_buf_append(ret, made.ptr, made.len);
}

/* ---- escapes and encodings ---- */

static int each(struct sv_span text, struct sv_buf *ret, const char *const pairs[][2])
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < text.len; i++) {
		size_t p = 0;

		while (pairs[p][0] != NULL && pairs[p][0][0] != (char)text.ptr[i])
			p++;
		status = pairs[p][0] ? sv_buf_puts(ret, pairs[p][1])
				     : sv_buf_putc(ret, (char)text.ptr[i]);
	}
	return status;
}

static int utf16(struct sv_span text, struct sv_buf *ret, bool big, bool mark)
{
	int status = mark ? sv_buf_append(ret, big ? "\xFE\xFF" : "\xFF\xFE", 2) : 0;

	for (size_t i = 0; status == 0 && i < text.len; i++)
		status = sv_buf_append(
			ret, big ? (char[]){0, (char)text.ptr[i]} : (char[]){(char)text.ptr[i], 0},
			2);
	return status;
}

/* between after every ; but the last, or once in the middle where there is none and once is set */
static int parted(struct sv_span text, struct sv_buf *ret, const char *between, bool once)
{
	bool has = memchr(text.ptr, ';', text.len) != NULL || !once;
	int status = 0;

	for (size_t i = 0; status == 0 && i < text.len; i++) {
		status = sv_buf_putc(ret, (char)text.ptr[i]);
		if (status == 0 && i + 1 < text.len &&
		    (has ? text.ptr[i] == ';' : i == text.len / 2))
			status = sv_buf_puts(ret, between);
	}
	return status;
}

/* as mail has it: from the start of a line, none of which is longer than 76 characters */
static int put_quoted(struct sv_span text, struct sv_buf *ret)
{
	size_t column = 0;
	int status = 0;

	for (size_t i = 0; status == 0 && i < text.len; i++) {
		bool plain = text.ptr[i] >= ' ' && text.ptr[i] <= '~' && text.ptr[i] != '=';
		size_t n = plain ? 1 : 3;

		if (column + n > 75) {
			status = sv_buf_puts(ret, "=\n");
			column = 0;
		}
		column += n;
		if (status == 0)
			status = plain ? sv_buf_putc(ret, (char)text.ptr[i])
				       : sv_buf_printf(ret, "=%02X", text.ptr[i]);
	}
	return status;
}

static const char *const in_json[][2] = {{"\"", "\\\""}, {"\\", "\\\\"}, {NULL}};
static const char *const in_xml[][2] = {
	{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {NULL}};
static const char *const in_unicode[][2] = {
	{"&", "\\u0026"}, {"=", "\\u003d"}, {"+", "\\u002b"}, {"/", "\\/"}, {NULL}};
static const char *const in_numbers[][2] = {
	{"&", "&#38;"}, {"=", "&#x3D;"}, {"+", "&#43;"}, {"\"", "&#34;"}, {NULL}};
static const char *const in_cmd[][2] = {{"&", "^&"}, {"|", "^|"}, {"<", "^<"}, {">", "^>"}, {NULL}};
static const char *const in_properties[][2] = {{"=", "\\="}, {":", "\\:"}, {NULL}};

int values_encode(const char *how, struct sv_span text, struct sv_buf *ret)
{
	SV_AUTO(sv_buf) once = {0};

	if (strcmp(how, "json") == 0)
		return each(text, ret, in_json);
	if (strcmp(how, "json2") == 0)
		return each(text, &once, in_json) < 0 ? SV_ENOMEM
						      : each(sv_buf_span(&once), ret, in_json);
	if (strcmp(how, "xml") == 0)
		return each(text, ret, in_xml);
	if (strcmp(how, "u-escape") == 0)
		return each(text, ret, in_unicode);
	if (strcmp(how, "xml-numeric") == 0)
		return each(text, ret, in_numbers);
	if (strcmp(how, "properties") == 0)
		return each(text, ret, in_properties);
	if (strcmp(how, "cmd") == 0)
		return each(text, ret, in_cmd);
	if (strcmp(how, "quoted") == 0)
		return put_quoted(text, ret);
	if (strcmp(how, "percent") == 0)
		return put_percent(ret, text);
	if (strcmp(how, "base64") == 0)
		return put_base64(ret, text);
	if (strcmp(how, "adjacent-cs") == 0)
		return parted(text, ret, "\" +\n                 \"", true);
	if (strcmp(how, "adjacent-py") == 0)
		return parted(text, ret, "\"\n              \"", true);
	if (strcmp(how, "fold") == 0)
		return parted(text, ret, "\n  ", false); /* a folded line end becomes a space */
	if (strcmp(how, "zero-width") == 0)
		return parted(text, ret, "\xE2\x80\x8B", true);
	if (strncmp(how, "utf16", 5) == 0)
		return utf16(text, ret, how[5] == 'b', strstr(how, "-bare") == NULL);
	return SV_EINVAL;
}
