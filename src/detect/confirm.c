/* From where an anchor stands to a match: PCRE2 in a bounded window, then the checks of the rule. */
#include "detect/inside.h"

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
	struct sv_check_input in = {.rule = rule,
				    .now = s->now,
				    .groups = g,
				    .values = s->values,
				    .memo = s->memo,
				    .tried = s->expressions->tried};
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
	if (in.secret.len == 0 || !sv_scanner__classify(s, &in, g, &cand))
		return 0;
	match.secret_start = g->low + secret[0];
	match.secret_end = g->low + (cand.kept != 0 && cand.kept < secret[1] - secret[0] ? secret[0] + cand.kept : secret[1]);
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
		memset(&c->last, 0, sizeof(c->last));
		c->kept = 0;
		c->clear = 0;
	}
	return c;
}

bool sv_scanner__is_kept(const struct sv_scanner *s, const struct sv_compiled *c, size_t start,
			 size_t end)
{
	const struct sv_match *kept = c->kept ? &s->trace->matches.ptr[c->kept - 1] : NULL;

	return kept != NULL && kept->start == start && kept->end == end;
}

/* What the match that begins at from or later became: hits share one. */
static int stand(struct sv_scanner *s, const struct sv_rule *rule, struct sv_compiled *c,
		 const struct sv_groups *g, size_t from, uint32_t *ret)
{
	size_t start = g->low + g->at[0], end = g->low + g->at[1];
	int status = 0;

	if (sv_scanner__is_kept(s, c, start, end))
		*ret = c->kept;
	else if (start == c->last.start && end == c->last.end)
		*ret = c->last.match;
	else
		status = keep(s, rule, g, ret);
	c->last.from = from;
	c->last.start = start;
	c->last.end = end;
	c->last.match = *ret;
	c->kept = *ret ? *ret : c->kept;
	return status;
}

/*
 * The leftmost match that begins as far before the hit as the rule's may and holds the byte before
 * it. Whether there is one depends on the bytes within width + SV_LOOKAROUND of it alone, never on
 * what was matched before: so a part of a buffer gives what the whole gives there. What is
 * remembered only saves work: hits come in order.
 */
static int confirm(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	const struct sv_rule *rule = s->rules->rules.ptr[hit->rule];
	struct sv_compiled *c = sv_scanner__compiled(s, hit->rule);
	size_t reach = (size_t)rule->width + SV_LOOKAROUND, end = hit->end, from, low, high;
	size_t limit = end - hit->tail, first;
	struct sv_rule_tally *tally = s->tallies ? &s->tallies[hit->rule] : &s->untold;
	size_t lead = rule->lead ? rule->lead : rule->width;
	struct sv_span subject;
	uint32_t flags = 0;
	int status;

	first = limit > lead ? limit - lead : 0;
	if (end <= c->last.end && c->last.start < limit && c->last.start >= first &&
	    c->last.from <= first) {
		hit->match = c->last.match;
		return 0;
	}
	low = end > reach ? end - reach : 0;
	high = s->bytes.len - end > reach ? end + reach : s->bytes.len;
	flags = (low ? PCRE2_NOTBOL : 0) | (high < s->bytes.len ? PCRE2_NOTEOL : 0);
	subject = sv_span(s->bytes.ptr + low, high - low);
	from = (hit->tail == 0 && first < c->clear ? c->clear : first) - low;
	limit -= low;
	status = sv_scanner__prepare(s, hit->rule, c, subject, &from, limit);
	if (status < 0)
		return status;
	/* what begins after the hit is another hit's, and nothing begins in the tail */
	(void)pcre2_set_offset_limit(s->context, limit - 1);
	while (from < limit) {
		int n = sv_scanner__run(s, hit->rule, c, subject, from, flags);
		struct sv_groups g = {c, pcre2_get_ovector_pointer(s->match), (uint32_t)n, low, s->bytes.ptr};
		size_t match_start, match_end;

		tally->searches++;
		tally->searched += subject.len - from;
		if (n < 0) {
			hit->limited = n != PCRE2_ERROR_NOMATCH;
			break;
		}
		match_start = low + g.at[0];
		match_end = low + g.at[1];
		from = g.at[0] + 1;
		if (hit->tail == 0)
			c->clear = match_start + 1;
		if (match_end < end || match_end <= match_start || match_end - match_start > rule->width)
			continue;
		tally->matches++;
		return stand(s, rule, c, &g, first, &hit->match);
	}
	/* of nouns, one that stands later may have the shorter tail */
	if (hit->tail == 0)
		c->clear = end;
	return 0;
}

/* The same, with its time counted: without that of making the expression, which is once in a run. */
static int confirm_told(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	struct sv_rule_tally *tally = &s->tallies[hit->rule];
	int status = sv_scanner__make(s, hit->rule);
	uint64_t started = sv_cpu_ns(), took;

	if (status == 0)
		status = confirm(s, hit);
	took = sv_cpu_ns() - started;
	tally->ns += took > s->clock_ns ? took - s->clock_ns : 0;
	tally->hits++;
	return status;
}

int sv_scanner__confirm(struct sv_scanner *s, struct sv_anchor_hit *hit)
{
	uint64_t started = sv_stopwatch_start(s->confirm_watch);
	int status = s->tallies ? confirm_told(s, hit) : confirm(s, hit);

	sv_stopwatch_stop(s->confirm_watch, started);
	return status;
}
