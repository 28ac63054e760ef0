/* From where an anchor stands to a match: PCRE2 in a bounded window, then the checks of the rule. */
#include "detect/inside.h"

/* The expression of a rule, made by whoever needs it first. */
static int compile_rule(struct sv_scanner *s, const struct sv_rule *rule, _Atomic(pcre2_code *) *shared)
{
	PCRE2_UCHAR words[200];
	pcre2_code *mine, *theirs = NULL;
	PCRE2_SIZE at;
	int error;

	mine = pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, PCRE2_USE_OFFSET_LIMIT,
			     &error, &at, NULL);
	if (mine == NULL) {
		pcre2_get_error_message(error, words, sizeof(words));
		return sv_err_set(s->err, SV_EINVAL, "%s:%u: rule %s: pattern, character %zu: %s",
				  rule->origin, rule->line, rule->id, at, (char *)words);
	}
	/* no JIT here is no error: the interpreter obeys the same limits */
	(void)pcre2_jit_compile(mine, PCRE2_JIT_COMPLETE);
	if (!atomic_compare_exchange_strong(shared, &theirs, mine))
		pcre2_code_free(mine);
	return 0;
}

/* The first expression of this scanner gets it a stack to match on. Without one a small one serves. */
static void need_stack(struct sv_scanner *s)
{
	if (s->stack != NULL)
		return;
	s->stack = pcre2_jit_stack_create(32 * 1024, 1024 * 1024, NULL);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
}

static int take_expression(struct sv_scanner *s, size_t rule, struct sv_compiled *c)
{
	_Atomic(pcre2_code *) *shared = &s->expressions->codes[rule];

	if (atomic_load(shared) == NULL) {
		int status = compile_rule(s, s->rules->rules.ptr[rule], shared);

		if (status < 0)
			return status;
	}
	need_stack(s);
	c->code = atomic_load(shared);
	c->secret_group = pcre2_substring_number_from_name(c->code, (PCRE2_SPTR) "secret");
	if (c->secret_group < 0)
		c->secret_group = 0;
	return 0;
}

/* Does enough of the right characters stand in bytes? Whatever matches there needs it. */
static int look_for_need(struct sv_scanner *s, const struct sv_rule *rule, struct sv_compiled *c,
			 struct sv_span bytes, bool *ret_there)
{
	if (c->need == NULL) {
		struct sv_need *need = sv_arena_alloc(&s->arena, sizeof(*need));

		if (need == NULL)
			return sv_err_set(s->err, SV_ENOMEM, "out of memory");
		*need = sv_need_of(rule->pattern);
		c->need = need;
	}
	*ret_there = sv_need_is_in(c->need, bytes);
	return 0;
}

bool sv_check_group(const struct sv_check_input *in, const char *name, struct sv_span *ret)
{
	const struct sv_groups *g = in->groups;
	int n = pcre2_substring_number_from_name(g->compiled->code, (PCRE2_SPTR)name);

	if (n <= 0 || (uint32_t)n >= g->n || g->at[2 * n] == PCRE2_UNSET)
		return false;
	*ret = sv_span(g->bytes + g->low + g->at[2 * n], g->at[2 * n + 1] - g->at[2 * n]);
	return true;
}

/* A match that stands: ask its checks, and keep it. */
static int keep(struct sv_scanner *s, const struct sv_rule *rule, const struct sv_groups *g, uint32_t *ret)
{
	const PCRE2_SIZE *secret = g->at;
	struct sv_candidate cand = {.rule = rule};
	struct sv_check_input in = {.rule = rule, .now = s->now, .groups = g};
	struct sv_match match = {.rule = rule, .start = g->low + g->at[0], .end = g->low + g->at[1], .note = ""};
	size_t context = sv_rule_context(rule), from, to;
	int status;

	*ret = 0;
	/* an alternative without the group: the whole match is the secret */
	if ((uint32_t)g->compiled->secret_group < g->n && g->at[2 * g->compiled->secret_group] != PCRE2_UNSET)
		secret += 2 * g->compiled->secret_group;
	from = match.start > context ? match.start - context : 0;
	to = s->bytes.len - match.end > context ? match.end + context : s->bytes.len;
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

struct sv_compiled *sv_scanner__compiled(struct sv_scanner *s, size_t rule)
{
	struct sv_compiled *c = &s->compiled[rule];

	if (c->scan != s->scan) {
		c->scan = s->scan;
		c->done = c->clear = 0;
		c->match = 0;
	}
	return c;
}

/*
 * The leftmost match that holds the byte before the hit. Whether there is one depends on the bytes
 * within width + SV_LOOKAROUND of it alone, never on what was matched before: so a part of a buffer gives what
 * the whole gives there. What is remembered only saves work: hits come in order.
 */
static int confirm(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	const struct sv_rule *rule = s->rules->rules.ptr[hit->rule];
	struct sv_compiled *c = sv_scanner__compiled(s, hit->rule);
	size_t reach = (size_t)rule->width + SV_LOOKAROUND, end = hit->end, from, low, high;
	size_t lead = rule->lead ? rule->lead : rule->width;
	uint32_t flags = 0;
	bool there = false;
	int status;

	if (end <= c->done) {
		hit->match = c->match;
		return 0;
	}
	low = end > reach ? end - reach : 0;
	high = s->bytes.len - end > reach ? end + reach : s->bytes.len;
	flags = (low ? PCRE2_NOTBOL : 0) | (high < s->bytes.len ? PCRE2_NOTEOL : 0);
	from = end > lead ? end - lead : 0;
	if (from < c->clear)
		from = c->clear;
	status = look_for_need(s, rule, c, sv_span(s->bytes.ptr + from, high - from), &there);
	if (status == 0 && there && c->code == NULL)
		status = take_expression(s, hit->rule, c);
	if (status < 0)
		return status;
	if (!there)
		from = end;
	/* what begins after the hit is another hit's */
	pcre2_set_offset_limit(s->context, end - 1 - low);
	while (from < end) {
		int n = pcre2_match(c->code, s->bytes.ptr + low, high - low, from - low, flags, s->match,
				    s->context);
		struct sv_groups g = {c, pcre2_get_ovector_pointer(s->match), (uint32_t)n, low, s->bytes.ptr};
		size_t match_start, match_end;

		if (n < 0) {
			hit->limited = n != PCRE2_ERROR_NOMATCH;
			break;
		}
		match_start = low + g.at[0];
		match_end = low + g.at[1];
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

int sv_scanner__confirm(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	uint64_t started = sv_stopwatch_start(s->confirm_watch);
	int status = confirm(s, hit);

	sv_stopwatch_stop(s->confirm_watch, started);
	return status;
}
