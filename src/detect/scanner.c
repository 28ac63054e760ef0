#include "detect/inside.h"
#include <stdio.h>

/* with more hits than this (and one for so many bytes) a content is scanned anew rather than remembered */
#define TRACE_HITS	4096
#define TRACE_HIT_BYTES 64

/* Takes over the caller's use of expressions. */
static int new_scanner(const struct sv_ruleset *rules, struct sv_expressions *expressions,
		       struct sv_scanner **ret_scanner, struct sv_err *err)
{
	struct sv_scanner *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		sv_expressions_leave(expressions);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	s->rules = rules;
	s->expressions = expressions;
	s->compiled = calloc(rules->rules.len, sizeof(*s->compiled));
	s->context = pcre2_match_context_create(NULL);
	s->match = pcre2_match_data_create(32, NULL);
	s->values = sv_values_new();
	s->memo = sv_memo_new();
	if (!s->expressions || !s->compiled || !s->context || !s->match || !s->values || !s->memo ||
	    sv_matcher_new(rules, &s->matcher, err) < 0) {
		sv_scanner_free(s);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	sv_scanner__set_limits(s);
	*ret_scanner = s;
	return 0;
}

static size_t reach_of(const struct sv_ruleset *rules)
{
	size_t reach = 0;

	for (size_t i = 0; i < rules->rules.len; i++)
		if (rules->rules.ptr[i]->width > reach)
			reach = rules->rules.ptr[i]->width;
	reach += SV_CHECK_CONTEXT + 2 * SV_LOOKAROUND;
	return reach < SV_VIEW_REACH ? SV_VIEW_REACH : reach;
}

static int find_checks(const struct sv_ruleset *rules, struct sv_err *err)
{
	for (size_t i = 0; i < rules->rules.len; i++) {
		const struct sv_rule *r = rules->rules.ptr[i];

		for (const char *const *c = r->checks; c && *c; c++)
			if (sv_check_find(*c) == NULL)
				return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: no check is named %s",
						  r->origin, r->line, r->id, *c);
	}
	return 0;
}

int sv_scanner_new(const struct sv_ruleset *rules, struct sv_scanner **ret_scanner,
		   struct sv_err *err)
{
	int status = find_checks(rules, err);

	if (status < 0)
		return status;
	status = new_scanner(rules, sv_expressions_new(rules->rules.len), ret_scanner, err);
	if (status == 0)
		(*ret_scanner)->reach = reach_of(rules);
	return status;
}

int sv_scanner_new_sibling(const struct sv_scanner *s, struct sv_scanner **ret_sibling,
			   struct sv_err *err)
{
	int status = new_scanner(s->rules, sv_expressions_join(s->expressions), ret_sibling, err);

	if (status == 0)
		(*ret_sibling)->reach = s->reach;
	return status;
}

void sv_scanner_free(struct sv_scanner *s)
{
	if (s == NULL)
		return;
	sv_expressions_leave(s->expressions);
	free(s->compiled);
	sv_arena_release(&s->arena);
	sv_matcher_free(s->matcher);
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	pcre2_jit_stack_free(s->stack);
	sv_trace_release(&s->own);
	sv_vec_release(&s->fresh);
	sv_vec_release(&s->fresh_nouns);
	sv_vec_release(&s->decoded_nouns);
	sv_vec_release(&s->parts);
	sv_memo_free(s->memo);
	sv_values_free(s->values);
	sv_vec_release(&s->unknown);
	sv_vec_release(&s->keys);
	sv_vec_release(&s->found);
	sv_vec_release(&s->found_nouns);
	sv_vec_release(&s->items);
	sv_vec_release(&s->reached);
	sv_chosen_release(&s->chosen);
	for (int i = 0; i < SV_READINGS; i++) {
		sv_decoded_release(&s->decoded[i]);
		sv_regions_release(&s->regions[i]);
	}
	sv_vec_release(&s->decoded_hits);
	sv_vec_release(&s->tokens);
	free(s);
}

void sv_scanner_set_now(struct sv_scanner *s, int64_t now)
{
	s->now = now;
}

void sv_scanner_tally(struct sv_scanner *s, struct sv_rule_tally *tallies)
{
	s->tallies = tallies;
	s->clock_ns = UINT64_MAX;
	for (int i = 0; i < 100; i++) {
		uint64_t started = sv_cpu_ns(), took = sv_cpu_ns() - started;

		s->clock_ns = took < s->clock_ns ? took : s->clock_ns;
	}
}

void sv_scanner_time(struct sv_scanner *s, struct sv_stopwatch *match, struct sv_stopwatch *confirm,
		     struct sv_stopwatch *readings)
{
	s->match_watch = match;
	s->confirm_watch = confirm;
	s->readings_watch = readings;
}

int sv_scanner__match(struct sv_scanner *s, struct sv_nouns *ret_nouns, struct sv_anchor_hits *ret_hits)
{
	uint64_t started = sv_stopwatch_start(s->match_watch);
	int status = sv_matcher_scan(s->matcher, s->bytes, ret_nouns, ret_hits, s->err);

	sv_stopwatch_stop(s->match_watch, started);
	return status;
}

size_t sv_scanner_reach(const struct sv_scanner *s)
{
	return s->reach;
}

size_t sv_scanner_least_copy(const struct sv_scanner *s)
{
	return 2 * sv_matcher_anchors_margin(s->matcher);
}

uint64_t sv_scanner_limits_hit(const struct sv_scanner *s)
{
	return s->limits_hit;
}

/* ---- one content ---- */

/*
 * Readings are found where the matcher has read the content once, which takes it from memory, and before it
 * looks for runs: those are made of the tokens that finding sees.
 */
static int match_whole(struct sv_scanner *s)
{
	struct sv_anchor_hits *hits = &s->trace->hits;
	struct sv_nouns *nouns = &s->trace->nouns;
	uint64_t started = sv_stopwatch_start(s->match_watch);
	int status = sv_matcher_start(s->matcher, s->bytes, nouns, hits, s->err);

	sv_stopwatch_stop(s->match_watch, started);
	started = sv_stopwatch_start(s->readings_watch);
	s->tokens.len = s->regions[0].len = 0;
	if (status == 0)
		status = sv_scanner__find_readings(s);
	sv_stopwatch_stop(s->readings_watch, started);
	started = sv_stopwatch_start(s->match_watch);
	if (status == 0)
		status = sv_matcher_finish(s->matcher, s->bytes,
					   s->tokens.len != 0 ? s->tokens.ptr : NULL, nouns, hits,
					   s->err);
	sv_stopwatch_stop(s->match_watch, started);
	return status;
}

static int scan_whole(struct sv_scanner *s)
{
	struct sv_anchor_hits *hits = &s->trace->hits;
	int status = match_whole(s);

	for (size_t i = 0; status == 0 && i < hits->len; i++)
		status = sv_scanner__confirm(s, &hits->ptr[i]);
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
					 .confidence = s->chosen.ptr[i].confidence,
					 .views = m->views};

		snprintf(c.note, sizeof(c.note), "%s", m->note);
		c.secret = m->views ? m->decoded
				    : sv_span(s->bytes.ptr + m->secret_start,
					      m->secret_end - m->secret_start);
		memcpy(c.reasons, m->reasons, sizeof(c.reasons));
		memcpy(c.also, s->chosen.ptr[i].also, sizeof(c.also));
		status = on_candidate(&c, payload);
	}
	return status;
}

static uint64_t limits_of(const struct sv_trace *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->hits.len; i++)
		n += t->hits.ptr[i].limited;
	for (size_t i = 0; i < t->regions.len; i++)
		n += t->regions.ptr[i].limited;
	return n;
}

int sv_scanner_scan_delta(struct sv_scanner *s, const struct sv_buf *content,
			  const struct sv_scan_base *base, struct sv_trace *trace,
			  sv_candidate_fn *on_candidate, void *payload, struct sv_err *err)
{
	struct sv_child child = {0};
	uint64_t started;
	int status = 0;

	if (content->len >= UINT32_MAX)
		return sv_err_set(err, SV_ETOOBIG, "more than 4 GiB in one piece");
	s->trace = trace ? trace : &s->own;
	s->err = err;
	sv_trace_reset(s->trace);
	sv_scanner__take(s, sv_buf_span(content));
	s->made_by_delta = base != NULL;
	if (base != NULL)
		child = (struct sv_child){base->ops, base->n_ops, base->trace->content_len, content->len};
	if (content->len != 0) {
		status = base ? sv_scanner__scan_child(s, base, &child) : scan_whole(s);
		started = sv_stopwatch_start(s->readings_watch);
		if (status == 0)
			status = sv_scanner__scan_readings(s, base, &child);
		sv_stopwatch_stop(s->readings_watch, started);
	}
	s->limits_hit += limits_of(s->trace);
	s->trace->content_len = content->len;
	s->trace->usable = status == 0 && s->trace->hits.len + s->trace->nouns.len + s->trace->regions.len <=
						  TRACE_HITS + content->len / TRACE_HIT_BYTES;
	return status < 0 || s->trace->matches.len == 0 ? status : tell(s, on_candidate, payload);
}

int sv_scanner_scan(struct sv_scanner *s, const struct sv_buf *content, sv_candidate_fn *on_candidate,
		    void *payload, struct sv_err *err)
{
	return sv_scanner_scan_delta(s, content, NULL, NULL, on_candidate, payload, err);
}

void sv_trace_reset(struct sv_trace *t)
{
	t->hits.len = t->nouns.len = t->matches.len = t->regions.len = t->content_len = 0;
	t->usable = t->folds = false;
	sv_arena_reset(&t->arena);
}

static bool same_match(const struct sv_match *a, const struct sv_match *b)
{
	return a->rule == b->rule && a->start == b->start && a->end == b->end &&
	       a->secret_start == b->secret_start && a->secret_end == b->secret_end &&
	       a->severity == b->severity && a->confidence == b->confidence &&
	       a->views == b->views &&
	       sv_span_equal(a->decoded, b->decoded) &&
	       memcmp(a->reasons, b->reasons, sizeof(a->reasons)) == 0 && strcmp(a->note, b->note) == 0;
}

static bool same_region(const struct sv_trace *ta, const struct sv_read_region *a,
			const struct sv_trace *tb, const struct sv_read_region *b)
{
	if (a->view != b->view || a->start != b->start || a->end != b->end || a->n != b->n ||
	    a->limited != b->limited)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!same_match(&ta->matches.ptr[a->first + i], &tb->matches.ptr[b->first + i]))
			return false;
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct sv_read_region *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->view < y->view ? -1 : x->view > y->view;
}

void sv_trace__sort_regions(struct sv_trace *t)
{
	if (t->regions.len > 1)
		qsort(t->regions.ptr, t->regions.len, sizeof(*t->regions.ptr), by_start);
}

bool sv_trace_equal(struct sv_trace *a, struct sv_trace *b)
{
	if (a->nouns.len != b->nouns.len || a->hits.len != b->hits.len || a->matches.len != b->matches.len ||
	    a->regions.len != b->regions.len)
		return false;
	for (size_t i = 0; i < a->nouns.len; i++)
		if (sv_noun_order(&a->nouns.ptr[i], &b->nouns.ptr[i]) != 0)
			return false;
	sv_trace__sort_regions(a);
	sv_trace__sort_regions(b);
	for (size_t i = 0; i < a->regions.len; i++)
		if (!same_region(a, &a->regions.ptr[i], b, &b->regions.ptr[i]))
			return false;
	if (a->hits.len != 0) {
		qsort(a->hits.ptr, a->hits.len, sizeof(*a->hits.ptr), sv_anchor_hit_order);
		qsort(b->hits.ptr, b->hits.len, sizeof(*b->hits.ptr), sv_anchor_hit_order);
	}
	for (size_t i = 0; i < a->hits.len; i++) {
		const struct sv_anchor_hit *x = &a->hits.ptr[i], *y = &b->hits.ptr[i];

		if (sv_anchor_hit_order(x, y) != 0 || x->limited != y->limited || !x->match != !y->match)
			return false;
		if (x->match && !same_match(&a->matches.ptr[x->match - 1], &b->matches.ptr[y->match - 1]))
			return false;
	}
	return true;
}

void sv_trace_release(struct sv_trace *t)
{
	sv_vec_release(&t->hits);
	sv_vec_release(&t->nouns);
	sv_vec_release(&t->matches);
	sv_vec_release(&t->regions);
	sv_arena_release(&t->arena);
	*t = (struct sv_trace){0};
}

size_t sv_trace_bytes(const struct sv_trace *t)
{
	return t->hits.cap * sizeof(*t->hits.ptr) + t->nouns.cap * sizeof(*t->nouns.ptr) + t->matches.cap * sizeof(*t->matches.ptr) +
	       t->regions.cap * sizeof(*t->regions.ptr) + t->arena.cap;
}
