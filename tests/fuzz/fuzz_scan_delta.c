/*
 * Delta scanning with all built-in rules: what a content is made of, and what its base was found to
 * hold, must give the candidates of scanning it whole; and so for a child of that child. Base and
 * insertions are text in which placeholders of examples are expanded.
 */
#include "detect/scanner.h"
#include "fuzz.h"

#define MAX_FOUND   256
#define MAX_CONTENT (1u << 15)
#define GENERATIONS 2

struct found {
	struct {
		const struct sv_rule *rule;
		size_t start, end, secret_start, secret_end;
		enum sv_severity severity;
		enum sv_confidence confidence;
		unsigned views;
		uint64_t note, secret; /* hashes */
	} list[MAX_FOUND];
	size_t n;
};

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	struct found *found = payload;

	if (found->n == MAX_FOUND)
		return 1;
	memset(&found->list[found->n], 0, sizeof(found->list[0])); /* compared as bytes */
	found->list[found->n].rule = c->rule;
	found->list[found->n].start = c->start;
	found->list[found->n].end = c->end;
	found->list[found->n].secret_start = c->secret_start;
	found->list[found->n].secret_end = c->secret_end;
	found->list[found->n].severity = c->severity;
	found->list[found->n].confidence = c->confidence;
	found->list[found->n].views = c->views;
	found->list[found->n].note = sv_hash64(c->note, strlen(c->note), 0);
	found->list[found->n++].secret = sv_hash64(c->secret.ptr, c->secret.len, 0);
	return 0;
}

/* Text with its placeholders expanded, or as it is; appended. */
static void expand(struct sv_span text, struct sv_buf *ret)
{
	SV_AUTO(sv_buf) expanded = {.max = MAX_CONTENT};
	SV_AUTO_FREE char *template = text.len ? strndup((const char *)text.ptr, text.len) : NULL;

	if (template == NULL)
		return;
	if (strlen(template) == text.len && sv_template_expand(template, 7, &expanded, NULL) == 0)
		text = sv_buf_span(&expanded);
	if (ret->len + text.len <= MAX_CONTENT)
		sv_buf_append(ret, text.ptr, text.len);
}

struct ops {
	struct sv_delta_op *ptr;
	size_t len, cap;
};

/* Takes the steps of one child off in: content from base. */
static void build(struct sv_span *in, const struct sv_buf *base, struct sv_buf *content,
		  struct ops *ops)
{
	unsigned steps = 1 + fuzz_number(in, 1) % 8;

	sv_buf_reset(content);
	ops->len = 0;
	while (steps-- != 0 && in->len != 0) {
		unsigned flags = (unsigned)fuzz_number(in, 1);
		struct sv_delta_op op = {.out = (uint32_t)content->len, .base = SV_DELTA_INSERT};

		if (flags & 1) {
			size_t from = fuzz_number(in, 2), len = fuzz_number(in, 2);

			from = base->len ? from % base->len : 0;
			op.base = (uint32_t)from;
			if (len > base->len - from)
				len = base->len - from;
			if (content->len + len <= MAX_CONTENT)
				sv_buf_append(content, base->ptr + from, len);
		} else {
			expand(fuzz_take(in, fuzz_number(in, 1)), content);
		}
		op.len = (uint32_t)(content->len - op.out);
		if (op.len != 0)
			FUZZ_HOLDS(sv_vec_push(ops, op) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sv_ruleset *rules;
	static struct sv_scanner *scanner;
	static struct sv_trace traces[GENERATIONS + 1];
	static struct sv_buf contents[GENERATIONS + 1];
	static struct found whole, made;
	struct sv_span in = sv_span(data, size);
	struct ops ops = {0};

	if (size < 4)
		return 0;
	if (scanner == NULL) {
		FUZZ_HOLDS(sv_ruleset_open(NULL, &rules, NULL) == 0);
		FUZZ_HOLDS(sv_scanner_new(rules, &scanner, NULL) == 0);
		sv_scanner_set_now(scanner, 1700000000);
	}
	sv_buf_reset(&contents[0]);
	expand(fuzz_take(&in, fuzz_number(&in, 2)), &contents[0]);
	sv_buf_reserve(&contents[0], 1);
	made.n = 0;
	sv_trace_reset(&traces[0]);
	if (sv_scanner_scan_delta(scanner, &contents[0], NULL, &traces[0], on_candidate, &made,
				  NULL) != 0)
		return 0;
	for (int i = 1; i <= GENERATIONS && traces[i - 1].usable; i++) {
		struct sv_scan_base base = {.trace = &traces[i - 1]};

		build(&in, &contents[i - 1], &contents[i], &ops);
		sv_buf_reserve(&contents[i], 1);
		base.ops = ops.ptr;
		base.n_ops = ops.len;
		if (contents[i].len == 0)
			break;
		whole.n = made.n = 0;
		sv_trace_reset(&traces[i]);
		if (sv_scanner_scan(scanner, &contents[i], on_candidate, &whole, NULL) != 0)
			break;
		FUZZ_HOLDS(sv_scanner_scan_delta(scanner, &contents[i], &base, &traces[i],
						 on_candidate, &made, NULL) == 0);
		FUZZ_HOLDS(whole.n == made.n);
		FUZZ_HOLDS(memcmp(whole.list, made.list, whole.n * sizeof(whole.list[0])) == 0);
	}
	sv_vec_release(&ops);
	return 0;
}
