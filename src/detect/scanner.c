#define PCRE2_CODE_UNIT_WIDTH 8
#include "detect/check.h"
#include <pcre2.h>

#define LIMIT_MATCH 200000
#define LIMIT_DEPTH 2000
#define LIMIT_HEAP_KIB 4096
/* bytes that a lookbehind or lookahead of a rule may see around its match */
#define CONTEXT 64

struct compiled {
	pcre2_code *code;
	int secret_group;
	uint64_t scan; /* the buffer that the others speak of: there are many rules, and most are never hit */
	size_t done;  /* end of the last match in this buffer */
	size_t clear; /* starts before this one have no match that ends at or after the next hit */
};

struct sv_scanner {
	const struct sv_ruleset *rules;
	hs_scratch_t *scratch;
	struct compiled *compiled; /* by rule; the expression is compiled at its first hit */
	pcre2_match_context *context;
	pcre2_match_data *match;
	pcre2_jit_stack *stack;
	uint64_t limits_hit;
	int64_t now;
	size_t reach;
	SV_VEC(struct sv_candidate) found;
	/* of the buffer at hand */
	struct sv_span bytes;
	uint64_t scan; /* its number */
	struct sv_err *err;
	int status;
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
	if (!s->compiled || !s->context || !s->match ||
	    hs_clone_scratch(rules->scratch, &s->scratch) != HS_SUCCESS) {
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
	hs_free_scratch(s->scratch);
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	pcre2_jit_stack_free(s->stack);
	sv_vec_release(&s->found);
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
static int keep(struct sv_scanner *s, const struct sv_rule *rule, const struct groups *g)
{
	const PCRE2_SIZE *secret = g->at;
	struct sv_candidate cand = {.rule = rule};
	struct sv_check_input in = {.rule = rule, .now = s->now, .groups = g};
	size_t start = g->low + g->at[0], end = g->low + g->at[1], from, to;

	/* an alternative without the group: the whole match is the secret */
	if ((uint32_t)g->compiled->secret_group < g->n && g->at[2 * g->compiled->secret_group] != PCRE2_UNSET)
		secret += 2 * g->compiled->secret_group;
	from = start > SV_CHECK_CONTEXT ? start - SV_CHECK_CONTEXT : 0;
	to = s->bytes.len - end > SV_CHECK_CONTEXT ? end + SV_CHECK_CONTEXT : s->bytes.len;
	in.text = sv_span(s->bytes.ptr + from, to - from);
	in.match_start = start - from;
	in.match_end = end - from;
	in.secret = sv_span(s->bytes.ptr + g->low + secret[0], secret[1] - secret[0]);
	if (in.secret.len == 0 || !sv_classify(&in, &cand))
		return 0;
	cand.start = start;
	cand.end = end;
	cand.secret_start = g->low + secret[0];
	cand.secret_end = g->low + secret[1];
	cand.secret = in.secret;
	return sv_vec_push(&s->found, cand);
}

/*
 * The leftmost match that holds the byte before hit. Whether there is one depends on the bytes
 * within width + CONTEXT of hit alone, never on what was matched before: so a part of a buffer gives what
 * the whole gives there. What is remembered only saves work: hits come in order.
 */
static int confirm(struct sv_scanner *s, size_t index, size_t hit)
{
	const struct sv_rule *rule = s->rules->rules.ptr[index];
	struct compiled *c = &s->compiled[index];
	size_t reach = (size_t)rule->width + CONTEXT, from, low, high;
	uint32_t flags = 0;

	if (c->code == NULL) {
		int status = compile_rule(s, rule, c);

		if (status < 0)
			return status;
	}
	low = hit > reach ? hit - reach : 0;
	high = s->bytes.len - hit > reach ? hit + reach : s->bytes.len;
	flags = (low ? PCRE2_NOTBOL : 0) | (high < s->bytes.len ? PCRE2_NOTEOL : 0);
	from = hit > rule->width ? hit - rule->width : 0;
	if (from < c->clear)
		from = c->clear;
	while (from < hit) {
		int n = pcre2_match(c->code, s->bytes.ptr + low, high - low, from - low, flags, s->match,
				    s->context);
		struct groups g = {c, pcre2_get_ovector_pointer(s->match), (uint32_t)n, low, s->bytes.ptr};
		size_t start, end;

		if (n < 0) {
			s->limits_hit += n != PCRE2_ERROR_NOMATCH;
			break;
		}
		start = low + g.at[0];
		end = low + g.at[1];
		if (start >= hit)
			break;
		c->clear = from = start + 1;
		if (end < hit || end <= start || end - start > rule->width)
			continue;
		c->done = end;
		return keep(s, rule, &g);
	}
	c->clear = hit;
	return 0;
}

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *payload)
{
	struct sv_scanner *s = payload;
	struct compiled *c = &s->compiled[id];

	(void)from;
	(void)flags;
	if (c->scan != s->scan) {
		c->scan = s->scan;
		c->done = c->clear = 0;
	}
	if (to > c->done)
		s->status = confirm(s, id, (size_t)to);
	return s->status != 0;
}

static int by_place(const void *a, const void *b)
{
	const struct sv_candidate *x = a, *y = b;

	if (x->secret_start != y->secret_start)
		return x->secret_start < y->secret_start ? -1 : 1;
	if (x->secret_end != y->secret_end)
		return x->secret_end > y->secret_end ? -1 : 1;
	return strcmp(x->rule->id, y->rule->id);
}

static bool is_generic(const struct sv_candidate *c)
{
	return strncmp(c->rule->id, "generic-", 8) == 0;
}

/*
 * Does a make b superfluous? Decided by the two alone, so that a chain of overlaps cannot carry a
 * decision from far away.
 */
static bool outdoes(const struct sv_candidate *a, const struct sv_candidate *b)
{
	bool a_holds_b = a->secret_start <= b->secret_start && b->secret_end <= a->secret_end;
	bool b_holds_a = b->secret_start <= a->secret_start && a->secret_end <= b->secret_end;

	if (a->rule == b->rule && a->start < b->end && b->start < a->end)
		return a->start != b->start ? a->start < b->start : a->end > b->end;
	if (!a_holds_b && !b_holds_a)
		return false;
	/* a rule that knows a form says more than one that knows a name beside any value */
	if (is_generic(a) != is_generic(b))
		return is_generic(b);
	if (a->confidence != b->confidence)
		return a->confidence > b->confidence;
	if (a->severity != b->severity)
		return a->severity > b->severity;
	if (a->rule->cls != b->rule->cls)
		return a->rule->cls == SV_CLASS_SECRET;
	if (!a_holds_b || !b_holds_a)
		return b_holds_a;
	return strcmp(a->rule->id, b->rule->id) < 0;
}

/* What the model is sure of, the rule that gives the value its name is sure of too. */
static void share_confidence(struct sv_candidate *c, const struct sv_candidate *other)
{
	bool nested = (other->secret_start <= c->secret_start && c->secret_end <= other->secret_end) ||
		      (c->secret_start <= other->secret_start && other->secret_end <= c->secret_end);

	if (nested && is_generic(other) && !is_generic(c) && other->confidence > c->confidence)
		c->confidence = other->confidence;
}

static int tell(struct sv_scanner *s, sv_candidate_fn *on_candidate, void *payload)
{
	struct sv_candidate *all = s->found.ptr;
	size_t n = s->found.len, longest = 0;
	int status = 0;

	if (n > 1)
		qsort(all, n, sizeof(*all), by_place);
	for (size_t i = 0; i < n; i++)
		if (all[i].end - all[i].start > longest)
			longest = all[i].end - all[i].start;
	for (size_t i = 0; status == 0 && i < n; i++) {
		struct sv_candidate c = all[i];
		bool out = false;
		size_t j = i;

		while (j > 0 && c.secret_start - all[j - 1].secret_start <= 2 * longest)
			j--;
		for (; !out && j < n && all[j].secret_start <= c.secret_start + 2 * longest; j++) {
			if (j == i)
				continue;
			out = outdoes(&all[j], &all[i]);
			share_confidence(&c, &all[j]);
		}
		if (!out)
			status = on_candidate(&c, payload);
	}
	return status;
}

int sv_scanner_scan(struct sv_scanner *s, const struct sv_buf *content,
		    sv_candidate_fn *on_candidate, void *payload, struct sv_err *err)
{
	hs_error_t outcome;

	if (content->len == 0)
		return 0;
	if (content->len > UINT32_MAX)
		return sv_err_set(err, SV_ETOOBIG, "more than 4 GiB in one piece");
	s->bytes = sv_buf_span(content);
	s->scan++;
	s->err = err;
	s->status = 0;
	s->found.len = 0;
	outcome = hs_scan(s->rules->db, (const char *)content->ptr, (unsigned)content->len, 0,
			  s->scratch, on_hit, s);
	if (outcome != HS_SUCCESS && outcome != HS_SCAN_TERMINATED)
		return sv_err_set(err, SV_EINVAL, "Hyperscan failed with %d", outcome);
	return s->status < 0 || s->found.len == 0 ? s->status : tell(s, on_candidate, payload);
}
