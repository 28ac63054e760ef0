#define PCRE2_CODE_UNIT_WIDTH 8
#include "detect/check.h"
#include "detect/choose.h"
#include "detect/delta.h"
#include <pcre2.h>
#include <stdio.h>

#define LIMIT_MATCH 200000
#define LIMIT_DEPTH 2000
#define LIMIT_HEAP_KIB 4096
/* bytes that a lookbehind or lookahead of a rule may see around its match */
#define CONTEXT 64
/* with more hits than this (and one for so many bytes) a content is scanned anew rather than remembered */
#define TRACE_HITS	4096
#define TRACE_HIT_BYTES 64

struct compiled {
	pcre2_code *code;
	int secret_group;
	uint64_t scan; /* the buffer that the others speak of: there are many rules, and most are never hit */
	size_t done;  /* end of the last match in this buffer */
	uint32_t match; /* what it became: as sv_anchor_hit.match */
	size_t clear; /* starts before this one have no match that ends at or after the next hit */
	/* of the last match that was carried over: which of the base's, and by which op */
	uint32_t carried;
	const struct sv_delta_op *carried_by;
	uint32_t carried_to;
};

struct sv_scanner {
	const struct sv_ruleset *rules;
	struct sv_matcher *matcher;
	struct compiled *compiled; /* by rule; the expression is compiled at its first hit */
	pcre2_match_context *context;
	pcre2_match_data *match;
	pcre2_jit_stack *stack;
	uint64_t limits_hit;
	int64_t now;
	size_t reach;
	struct sv_trace own; /* when the caller wants none */
	struct sv_anchor_hits fresh;
	struct sv_chosen chosen;
	/* of the buffer at hand */
	struct sv_span bytes;
	uint64_t scan; /* its number */
	struct sv_trace *trace;
	struct sv_err *err;
};

/* what sv_check_group() reads */
struct groups {
	const struct compiled *compiled;
	const PCRE2_SIZE *at;
	uint32_t n;
	size_t low; /* of the subject in bytes */
	const uint8_t *bytes;
};

int sv_scanner_new(const struct sv_ruleset *rules, struct sv_scanner **ret_scanner,
		   struct sv_err *err)
{
	struct sv_scanner *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	s->rules = rules;
	s->compiled = calloc(rules->rules.len, sizeof(*s->compiled));
	s->context = pcre2_match_context_create(NULL);
	s->match = pcre2_match_data_create(32, NULL);
	if (!s->compiled || !s->context || !s->match || sv_matcher_new(rules, &s->matcher, err) < 0) {
		sv_scanner_free(s);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	pcre2_set_match_limit(s->context, LIMIT_MATCH);
	pcre2_set_depth_limit(s->context, LIMIT_DEPTH);
	pcre2_set_heap_limit(s->context, LIMIT_HEAP_KIB);
	s->stack = pcre2_jit_stack_create(32 * 1024, 1024 * 1024, NULL);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	for (size_t i = 0; i < rules->rules.len; i++)
		if (rules->rules.ptr[i]->width > s->reach)
			s->reach = rules->rules.ptr[i]->width;
	s->reach += SV_CHECK_CONTEXT + 2 * CONTEXT;
	for (size_t i = 0; i < rules->rules.len; i++)
		for (const char *const *c = rules->rules.ptr[i]->checks; c && *c; c++)
			if (sv_check_find(*c) == NULL) {
				const struct sv_rule *r = rules->rules.ptr[i];

				sv_scanner_free(s);
				return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: no check is named %s",
						  r->origin, r->line, r->id, *c);
			}
	*ret_scanner = s;
	return 0;
}

void sv_scanner_free(struct sv_scanner *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->compiled && i < s->rules->rules.len; i++)
		pcre2_code_free(s->compiled[i].code);
	free(s->compiled);
	sv_matcher_free(s->matcher);
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	pcre2_jit_stack_free(s->stack);
	sv_trace_release(&s->own);
	sv_vec_release(&s->fresh);
	sv_chosen_release(&s->chosen);
	free(s);
}

void sv_scanner_set_now(struct sv_scanner *s, int64_t now)
{
	s->now = now;
}

size_t sv_scanner_reach(const struct sv_scanner *s)
{
	return s->reach;
}

uint64_t sv_scanner_limits_hit(const struct sv_scanner *s)
{
	return s->limits_hit;
}

static int compile_rule(struct sv_scanner *s, const struct sv_rule *rule, struct compiled *c)
{
	PCRE2_UCHAR words[200];
	PCRE2_SIZE at;
	int error;

	c->code = pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
	if (c->code == NULL) {
		pcre2_get_error_message(error, words, sizeof(words));
		return sv_err_set(s->err, SV_EINVAL, "%s:%u: rule %s: pattern, character %zu: %s",
				  rule->origin, rule->line, rule->id, at, (char *)words);
	}
	/* no JIT here is no error: the interpreter obeys the same limits */
	(void)pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE);
	c->secret_group = pcre2_substring_number_from_name(c->code, (PCRE2_SPTR) "secret");
	if (c->secret_group < 0)
		c->secret_group = 0;
	return 0;
}

bool sv_check_group(const struct sv_check_input *in, const char *name, struct sv_span *ret)
{
	const struct groups *g = in->groups;
	int n = pcre2_substring_number_from_name(g->compiled->code, (PCRE2_SPTR)name);

	if (n <= 0 || (uint32_t)n >= g->n || g->at[2 * n] == PCRE2_UNSET)
		return false;
	*ret = sv_span(g->bytes + g->low + g->at[2 * n], g->at[2 * n + 1] - g->at[2 * n]);
	return true;
}

/* A match that stands: ask its checks, and keep it. */
static int keep(struct sv_scanner *s, const struct sv_rule *rule, const struct groups *g, uint32_t *ret)
{
	const PCRE2_SIZE *secret = g->at;
	struct sv_candidate cand = {.rule = rule};
	struct sv_check_input in = {.rule = rule, .now = s->now, .groups = g};
	struct sv_match match = {.rule = rule, .start = g->low + g->at[0], .end = g->low + g->at[1], .note = ""};
	size_t from, to;
	int status;

	*ret = 0;
	/* an alternative without the group: the whole match is the secret */
	if ((uint32_t)g->compiled->secret_group < g->n && g->at[2 * g->compiled->secret_group] != PCRE2_UNSET)
		secret += 2 * g->compiled->secret_group;
	from = match.start > SV_CHECK_CONTEXT ? match.start - SV_CHECK_CONTEXT : 0;
	to = s->bytes.len - match.end > SV_CHECK_CONTEXT ? match.end + SV_CHECK_CONTEXT : s->bytes.len;
	in.text = sv_span(s->bytes.ptr + from, to - from);
	in.match_start = match.start - from;
	in.match_end = match.end - from;
	in.secret = sv_span(s->bytes.ptr + g->low + secret[0], secret[1] - secret[0]);
	if (in.secret.len == 0 || !sv_classify(&in, &cand))
		return 0;
	match.secret_start = g->low + secret[0];
	match.secret_end = g->low + secret[1];
	match.severity = cand.severity;
	match.confidence = cand.confidence;
	memcpy(match.reasons, cand.reasons, sizeof(match.reasons));
	if (cand.note[0] != '\0')
		match.note = sv_arena_strdup(&s->trace->arena, cand.note);
	status = match.note == NULL ? SV_ENOMEM : sv_vec_push(&s->trace->matches, match);
	if (status < 0)
		return sv_err_set(s->err, status, "out of memory");
	*ret = (uint32_t)s->trace->matches.len;
	return 0;
}

static struct compiled *compiled_of(struct sv_scanner *s, size_t rule)
{
	struct compiled *c = &s->compiled[rule];

	if (c->scan != s->scan) {
		c->scan = s->scan;
		c->done = c->clear = 0;
		c->match = 0;
		c->carried_by = NULL;
	}
	return c;
}

/*
 * The leftmost match that holds the byte before the hit. Whether there is one depends on the bytes
 * within width + CONTEXT of it alone, never on what was matched before: so a part of a buffer gives what
 * the whole gives there. What is remembered only saves work: hits come in order.
 */
static int confirm(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	const struct sv_rule *rule = s->rules->rules.ptr[hit->rule];
	struct compiled *c = compiled_of(s, hit->rule);
	size_t reach = (size_t)rule->width + CONTEXT, end = hit->end, from, low, high;
	size_t lead = rule->lead ? rule->lead : rule->width;
	uint32_t flags = 0;

	if (end <= c->done) {
		hit->match = c->match;
		return 0;
	}
	if (c->code == NULL) {
		int status = compile_rule(s, rule, c);

		if (status < 0)
			return status;
	}
	low = end > reach ? end - reach : 0;
	high = s->bytes.len - end > reach ? end + reach : s->bytes.len;
	flags = (low ? PCRE2_NOTBOL : 0) | (high < s->bytes.len ? PCRE2_NOTEOL : 0);
	from = end > lead ? end - lead : 0;
	if (from < c->clear)
		from = c->clear;
	while (from < end) {
		int n = pcre2_match(c->code, s->bytes.ptr + low, high - low, from - low, flags, s->match,
				    s->context);
		struct groups g = {c, pcre2_get_ovector_pointer(s->match), (uint32_t)n, low, s->bytes.ptr};
		size_t match_start, match_end;

		if (n < 0) {
			hit->limited = n != PCRE2_ERROR_NOMATCH;
			break;
		}
		match_start = low + g.at[0];
		match_end = low + g.at[1];
		if (match_start >= end)
			break;
		c->clear = from = match_start + 1;
		if (match_end < end || match_end <= match_start || match_end - match_start > rule->width)
			continue;
		c->done = match_end;
		n = keep(s, rule, &g, &hit->match);
		c->match = hit->match;
		return n;
	}
	c->clear = end;
	return 0;
}

/* ---- what a base answers ---- */

/* The base's match that its hit became, where op puts it. */
static int carry_match(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_delta_op *op,
		       struct sv_anchor_hit *hit, uint32_t theirs)
{
	struct compiled *c = compiled_of(s, hit->rule);
	size_t shift = (size_t)op->out - op->base; /* wraps around, and back */
	struct sv_match match;

	/* neighbouring hits share one match */
	if (c->carried_by != op || c->carried != theirs) {
		match = base->trace->matches.ptr[theirs - 1];
		match.start += shift;
		match.end += shift;
		match.secret_start += shift;
		match.secret_end += shift;
		match.note = *match.note ? sv_arena_strdup(&s->trace->arena, match.note) : "";
		if (match.note == NULL || sv_vec_push(&s->trace->matches, match) < 0)
			return sv_err_set(s->err, SV_ENOMEM, "out of memory");
		c->carried_by = op;
		c->carried = theirs;
		c->carried_to = (uint32_t)s->trace->matches.len;
		c->done = match.end;
		c->match = c->carried_to;
	}
	hit->match = c->carried_to;
	return 0;
}

static size_t first_after(const struct sv_anchor_hits *hits, size_t end)
{
	size_t low = 0, high = hits->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->ptr[middle].end <= end)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool keeps_hit(const struct sv_scanner *s, const struct sv_child *child,
		      const struct sv_delta_op *op, const struct sv_anchor_hit *hit)
{
	struct sv_footprint f = sv_matcher_footprint(s->matcher, hit->rule);

	return sv_delta_keeps(child, op, hit->end, f.before, f.after);
}

/* Hits of the parts that are new; of those, only the ones that no copy holds whole. */
static int match_new(struct sv_scanner *s, const struct sv_child *child)
{
	const size_t margin = SV_FOOTPRINT_BEFORE + SV_FOOTPRINT_AFTER;
	size_t at = 0, op = 0, kept = 0, from, to;
	int status = 0;

	s->fresh.len = 0;
	while (status == 0 && sv_delta_next_part(child, &at, margin, margin, &from, &to))
		status = sv_matcher_scan(s->matcher, s->bytes, from, to, &s->fresh, s->err);
	for (size_t i = 0; i < s->fresh.len; i++) {
		const struct sv_anchor_hit *hit = &s->fresh.ptr[i];

		while (op < child->n && (size_t)child->ops[op].out + child->ops[op].len < hit->end)
			op++;
		if (op == child->n || !keeps_hit(s, child, &child->ops[op], hit))
			s->fresh.ptr[kept++] = *hit;
	}
	s->fresh.len = kept;
	return status;
}

/*
 * The base's hits that op keeps, and the verdict on those whose neighbourhood it keeps too; the others are
 * confirmed as if they were new, in order with the new ones.
 */
static int take_over(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_child *child)
{
	const struct sv_anchor_hits *theirs = &base->trace->hits;
	size_t fresh = 0;
	int status = 0;

	for (size_t o = 0; status == 0 && o <= child->n; o++) {
		const struct sv_delta_op *op = o < child->n ? &child->ops[o] : NULL;
		bool copies = op != NULL && sv_delta_is_copy(op);
		size_t i = copies ? first_after(theirs, op->base) : 0;

		while (status == 0) {
			struct sv_anchor_hit hit;
			const struct sv_anchor_hit *their = NULL;
			size_t reach;

			for (; copies && i < theirs->len && theirs->ptr[i].end <= op->base + op->len; i++) {
				hit = theirs->ptr[i];
				hit.end += op->out - op->base;
				if (keeps_hit(s, child, op, &hit)) {
					their = &theirs->ptr[i];
					break;
				}
			}
			/* a new one that stands before it, or at the end of op */
			if (fresh < s->fresh.len &&
			    (op == NULL || (their ? s->fresh.ptr[fresh].end <= hit.end
						  : s->fresh.ptr[fresh].end <= op->out + op->len))) {
				hit = s->fresh.ptr[fresh++];
				their = NULL;
			} else if (their == NULL) {
				break;
			} else {
				i++;
			}
			hit.match = hit.limited = 0;
			reach = s->rules->rules.ptr[hit.rule]->width + SV_CHECK_CONTEXT;
			if (their && sv_delta_keeps(child, op, hit.end, reach, reach)) {
				hit.limited = their->limited;
				if (their->match != 0)
					status = carry_match(s, base, op, &hit, their->match);
			} else {
				status = confirm(s, &hit);
			}
			if (status == 0)
				status = sv_vec_push(&s->trace->hits, hit);
		}
	}
	return status;
}

/* ---- one content ---- */

static int scan_whole(struct sv_scanner *s)
{
	struct sv_anchor_hits *hits = &s->trace->hits;
	int status = sv_matcher_scan(s->matcher, s->bytes, 0, s->bytes.len, hits, s->err);

	for (size_t i = 0; status == 0 && i < hits->len; i++)
		status = confirm(s, &hits->ptr[i]);
	return status;
}

static int tell(struct sv_scanner *s, sv_candidate_fn *on_candidate, void *payload)
{
	int status = sv_choose(s->trace->matches.ptr, s->trace->matches.len, &s->chosen);

	for (size_t i = 0; status == 0 && i < s->chosen.len; i++) {
		const struct sv_match *m = s->chosen.ptr[i].match;
		struct sv_candidate c = {.rule = m->rule,
					 .start = m->start,
					 .end = m->end,
					 .secret_start = m->secret_start,
					 .secret_end = m->secret_end,
					 .severity = m->severity,
					 .confidence = s->chosen.ptr[i].confidence};

		snprintf(c.note, sizeof(c.note), "%s", m->note);
		c.secret = sv_span(s->bytes.ptr + m->secret_start, m->secret_end - m->secret_start);
		memcpy(c.reasons, m->reasons, sizeof(c.reasons));
		status = on_candidate(&c, payload);
	}
	return status;
}

int sv_scanner_scan_delta(struct sv_scanner *s, const struct sv_buf *content,
			  const struct sv_scan_base *base, struct sv_trace *trace,
			  sv_candidate_fn *on_candidate, void *payload, struct sv_err *err)
{
	int status = 0;

	if (content->len >= UINT32_MAX)
		return sv_err_set(err, SV_ETOOBIG, "more than 4 GiB in one piece");
	s->trace = trace ? trace : &s->own;
	sv_trace_reset(s->trace);
	s->bytes = sv_buf_span(content);
	s->scan++;
	s->err = err;
	if (content->len != 0 && base != NULL) {
		struct sv_child child = {base->ops, base->n_ops, base->trace->content_len, content->len};

		status = match_new(s, &child);
		if (status == 0)
			status = take_over(s, base, &child);
	} else if (content->len != 0) {
		status = scan_whole(s);
	}
	for (size_t i = 0; i < s->trace->hits.len; i++)
		s->limits_hit += s->trace->hits.ptr[i].limited;
	s->trace->content_len = content->len;
	s->trace->usable = status == 0 &&
			   s->trace->hits.len <= TRACE_HITS + content->len / TRACE_HIT_BYTES;
	return status < 0 || s->trace->matches.len == 0 ? status : tell(s, on_candidate, payload);
}

int sv_scanner_scan(struct sv_scanner *s, const struct sv_buf *content, sv_candidate_fn *on_candidate,
		    void *payload, struct sv_err *err)
{
	return sv_scanner_scan_delta(s, content, NULL, NULL, on_candidate, payload, err);
}

void sv_trace_reset(struct sv_trace *t)
{
	t->hits.len = t->matches.len = t->content_len = 0;
	t->usable = false;
	sv_arena_reset(&t->arena);
}

void sv_trace_release(struct sv_trace *t)
{
	sv_vec_release(&t->hits);
	sv_vec_release(&t->matches);
	sv_arena_release(&t->arena);
}

size_t sv_trace_bytes(const struct sv_trace *t)
{
	return t->hits.cap * sizeof(*t->hits.ptr) + t->matches.cap * sizeof(*t->matches.ptr) + t->arena.cap;
}
