/*
 * The scanner with all built-in rules. The input is text in which placeholders of examples are
 * expanded, so that keys with checksums, signatures and certificates are within the fuzzer's reach.
 * A part of it must give the whole's candidates wherever sv_scanner_reach() bytes lie around them.
 */
#include "detect/scanner.h"
#include "fuzz.h"

#define MAX_FOUND 256

struct found {
	struct {
		const struct sv_rule *rule;
		size_t start, end, secret_start, secret_end;
		enum sv_severity severity;
		enum sv_confidence confidence;
	} list[MAX_FOUND];
	size_t n;
	struct sv_span bytes;
};

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	struct found *found = payload;

	FUZZ_HOLDS(c->start <= c->secret_start && c->secret_start <= c->secret_end &&
		   c->secret_end <= c->end && c->end <= found->bytes.len);
	/* what is read through a view may stand there at more length */
	FUZZ_HOLDS(c->views != 0 || c->rule->width == 0 || c->end - c->start <= c->rule->width);
	FUZZ_HOLDS(memchr(c->note, 0, sizeof(c->note)) != NULL);
	if (found->n == MAX_FOUND)
		return 1;
	found->list[found->n].rule = c->rule;
	found->list[found->n].start = c->start;
	found->list[found->n].end = c->end;
	found->list[found->n].secret_start = c->secret_start;
	found->list[found->n].secret_end = c->secret_end;
	found->list[found->n].severity = c->severity;
	found->list[found->n++].confidence = c->confidence;
	return 0;
}

static int scan(struct sv_scanner *scanner, struct sv_span bytes, struct found *found)
{
	SV_AUTO(sv_buf) buf = {0};

	FUZZ_HOLDS(sv_buf_append(&buf, bytes.ptr, bytes.len) == 0);
	found->n = 0;
	found->bytes = bytes;
	return sv_scanner_scan(scanner, &buf, on_candidate, found, NULL);
}

/* The candidates of found that lie in [low, high) of the whole, which begins before at. */
static size_t next_between(const struct found *found, size_t i, size_t at, size_t low, size_t high)
{
	while (i < found->n && (found->list[i].start + at < low || found->list[i].end + at > high))
		i++;
	return i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sv_ruleset *rules;
	static struct sv_scanner *scanner;
	static struct found whole, part;
	struct sv_span in = sv_span(data, size);
	size_t at, len, low, high, i = 0, k = 0, reach;
	SV_AUTO(sv_buf) text = {.max = 1 << 16};
	SV_AUTO_FREE char *template = NULL;

	if (scanner == NULL) {
		FUZZ_HOLDS(sv_ruleset_open(NULL, &rules, NULL) == 0);
		FUZZ_HOLDS(sv_scanner_new(rules, &scanner, NULL) == 0);
		sv_scanner_set_now(scanner, 1700000000);
	}
	if (size < 5)
		return 0;
	at = fuzz_number(&in, 2);
	len = fuzz_number(&in, 2);
	template = strndup((const char *)in.ptr, in.len);
	/* with a NUL in it, or a wrong placeholder: as it is */
	if (strlen(template) != in.len || sv_template_expand(template, 7, &text, NULL) < 0) {
		sv_buf_reset(&text);
		if (sv_buf_append(&text, in.ptr, in.len) < 0)
			return 0;
	}
	if (scan(scanner, sv_buf_span(&text), &whole) != 0)
		return 0;
	at = text.len ? at % text.len : 0;
	len = at + len < text.len ? len : text.len - at;
	if (scan(scanner, sv_span(text.ptr + at, len), &part) != 0)
		return 0;
	reach = sv_scanner_reach(scanner);
	low = at == 0 ? 0 : at + reach;
	high = at + len == text.len ? text.len : at + len > reach ? at + len - reach : 0;
	for (;; i++, k++) {
		i = next_between(&whole, i, 0, low, high);
		k = next_between(&part, k, at, low, high);
		if (i == whole.n || k == part.n)
			break;
		FUZZ_HOLDS(whole.list[i].rule == part.list[k].rule);
		FUZZ_HOLDS(whole.list[i].start == part.list[k].start + at);
		FUZZ_HOLDS(whole.list[i].end == part.list[k].end + at);
		FUZZ_HOLDS(whole.list[i].secret_start == part.list[k].secret_start + at);
		FUZZ_HOLDS(whole.list[i].secret_end == part.list[k].secret_end + at);
		FUZZ_HOLDS(whole.list[i].severity == part.list[k].severity);
		FUZZ_HOLDS(whole.list[i].confidence == part.list[k].confidence);
	}
	FUZZ_HOLDS(i == whole.n && k == part.n);
	return 0;
}
