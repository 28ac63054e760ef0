/* What a scan of the base answers for its child, and what is left to scan. */
#include "detect/inside.h"

int sv_scanner__take_match(struct sv_scanner *s, const struct sv_match *theirs, size_t shift)
{
	struct sv_match m = *theirs;

	m.start += shift;
	m.end += shift;
	m.secret_start += shift;
	m.secret_end += shift;
	m.note = *m.note ? sv_arena_strdup(&s->trace->arena, m.note) : "";
	if (m.views != 0)
		m.decoded.ptr = (const uint8_t *)sv_arena_strndup(&s->trace->arena, m.decoded.ptr,
								  m.decoded.len);
	if (m.note == NULL || (m.views != 0 && m.decoded.ptr == NULL) ||
	    sv_vec_push(&s->trace->matches, m) < 0)
		return sv_err_set(s->err, SV_ENOMEM, "out of memory");
	return 0;
}

/* The base's match that its hit became, where op puts it. */
static int carry_match(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_delta_op *op,
		       struct sv_anchor_hit *hit, uint32_t theirs)
{
	struct sv_compiled *c = sv_scanner__compiled(s, hit->rule);
	const struct sv_match *match = &base->trace->matches.ptr[theirs - 1];
	size_t shift = (size_t)op->out - op->base; /* wraps around, and back */
	int status = 0;

	/* several hits share one match */
	if (!sv_scanner__is_kept(s, c, match->start + shift, match->end + shift)) {
		status = sv_scanner__take_match(s, match, shift);
		if (status == 0)
			c->kept = (uint32_t)s->trace->matches.len;
	}
	hit->match = c->kept;
	return status;
}

/*
 * The first of n items, each of size bytes with its end first, that ends after end. Copies mostly follow on
 * each other in the base, so it is seldom far from hint, where the last one ended.
 */
static inline size_t first_after(const void *items, size_t size, size_t n, size_t end, size_t hint)
{
	const char *at = items;
	size_t low = 0, high = n;

#define END(i) (*(const uint32_t *)(const void *)(at + (i) * size))
	if (hint == 0 || END(hint - 1) <= end) {
		for (low = hint; low < n && low < hint + 8; low++)
			if (END(low) > end)
				return low;
	} else {
		high = hint;
	}
#undef END
	return sv_first_from(items, size, low, high, end + 1);
}

static bool keeps_hit(const struct sv_scanner *s, const struct sv_child *child,
		      const struct sv_delta_op *op, const struct sv_anchor_hit *hit)
{
	struct sv_footprint f = sv_matcher_footprint(s->matcher, hit->rule);

	return sv_delta_keeps(child, op, hit->end, (size_t)f.before + hit->tail, f.after);
}

static int parts_of(struct sv_scanner *s, const struct sv_child *child, size_t margin)
{
	size_t at = 0;
	struct sv_part part;
	int status = 0;

	s->parts.len = 0;
	while (status == 0 && sv_delta_next_part(child, &at, margin, margin, &part.from, &part.to))
		status = sv_vec_push(&s->parts, part);
	return status < 0 ? sv_err_set(s->err, status, "out of memory") : 0;
}

/* New nouns that stand before limit. */
static int push_fresh_nouns(struct sv_scanner *s, size_t *next, const struct sv_noun *limit)
{
	int status = 0;

	for (; status == 0 && *next < s->fresh_nouns.len &&
	       (limit == NULL || sv_noun_order(&s->fresh_nouns.ptr[*next], limit) < 0);
	     ++*next)
		status = sv_vec_push(&s->trace->nouns, s->fresh_nouns.ptr[*next]);
	return status;
}

/* One that stands near an end of op: it may be cut off, or its tail. */
static int carry_noun(struct sv_scanner *s, const struct sv_child *child, const struct sv_delta_op *op,
		      const struct sv_noun *noun, size_t *next)
{
	struct sv_footprint f = sv_matcher_noun_footprint(s->matcher, noun->set);
	int status;

	if (!sv_delta_keeps(child, op, noun->end, f.before, f.after))
		return 0;
	status = push_fresh_nouns(s, next, noun);
	if (status == 0)
		status = sv_vec_push(&s->trace->nouns, *noun);
	if (status == 0 && !sv_delta_keeps(child, op, noun->end, f.before, SV_TAIL_MAX))
		status = sv_matcher_tails(s->matcher, s->bytes, noun, 1, &s->fresh);
	return status;
}

/* Those from number i on that end before to, far from both ends of op: all are kept, and no new
 * ones stand there. */
static int carry_inner_nouns(struct sv_scanner *s, const struct sv_nouns *theirs,
			     const struct sv_delta_op *op, size_t to, size_t *next, size_t *i)
{
	size_t end = first_after(theirs->ptr, sizeof(*theirs->ptr), theirs->len, to - 1, *i),
	       n = end - *i;
	struct sv_nouns *own = &s->trace->nouns;
	struct sv_noun first;
	int status;

	if (n == 0)
		return 0;
	/* the shift wraps around, and back */
	first = (struct sv_noun){theirs->ptr[*i].end + (op->out - op->base), theirs->ptr[*i].set};
	status = push_fresh_nouns(s, next, &first);
	while (status == 0 && own->cap - own->len < n)
		status = sv_vec__grow((void **)&own->ptr, own->cap, &own->cap, sizeof(*own->ptr));
	if (status < 0)
		return status;
	for (size_t k = 0; k < n; k++)
		own->ptr[own->len + k] = (struct sv_noun){
			theirs->ptr[*i + k].end + (op->out - op->base), theirs->ptr[*i + k].set};
	own->len += n;
	*i = end;
	return 0;
}

static int carry_nouns(struct sv_scanner *s, const struct sv_nouns *theirs, const struct sv_child *child,
		       const struct sv_delta_op *op, size_t *next, size_t *i)
{
	size_t margin = sv_matcher_anchors_margin(s->matcher), end = (size_t)op->base + op->len;
	int status = 0;

	*i = first_after(theirs->ptr, sizeof(*theirs->ptr), theirs->len, op->base, *i);
	while (status == 0 && *i < theirs->len && theirs->ptr[*i].end <= end) {
		struct sv_noun noun = theirs->ptr[*i];

		if (noun.end >= op->base + margin && noun.end + SV_TAIL_MAX <= end) {
			status = carry_inner_nouns(s, theirs, op, end - SV_TAIL_MAX + 1, next, i);
			continue;
		}
		noun.end += op->out - op->base;
		status = carry_noun(s, child, op, &noun, next);
		++*i;
	}
	return status;
}

/*
 * The base's nouns that copies keep, and between them the new ones, s->fresh_nouns; and the hits of
 * those whose tail no copy keeps.
 */
static int merge_nouns(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_child *child)
{
	size_t next = 0, at = 0;
	int status = 0;

	for (size_t o = 0; status == 0 && o < child->n; o++)
		if (sv_delta_is_copy(&child->ops[o]))
			status = carry_nouns(s, &base->trace->nouns, child, &child->ops[o], &next, &at);
	if (status == 0)
		status = push_fresh_nouns(s, &next, NULL);
	if (status == 0)
		status = sv_matcher_tails(s->matcher, s->bytes, s->fresh_nouns.ptr,
					  s->fresh_nouns.len, &s->fresh);
	return status < 0 ? sv_err_set(s->err, status, "out of memory") : 0;
}

/* Nouns of the parts that are new; of those, only the ones that no copy holds whole. */
static void keep_new_nouns(struct sv_scanner *s, const struct sv_child *child)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->fresh_nouns.len; i++) {
		const struct sv_noun *noun = &s->fresh_nouns.ptr[i];
		const struct sv_delta_op *op = sv_delta_op_at(child, noun->end);
		struct sv_footprint f = sv_matcher_noun_footprint(s->matcher, noun->set);

		if (op == NULL || !sv_delta_keeps(child, op, noun->end, f.before, f.after))
			s->fresh_nouns.ptr[kept++] = *noun;
	}
	s->fresh_nouns.len = kept;
}

/* What is remembered of a part that begins at from. */
static int recall(struct sv_scanner *s, const struct sv_memo_item *items, size_t n, size_t from)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < n; i++) {
		uint32_t end = items[i].end + (uint32_t)from, id = items[i].id & ~SV_MEMO_NOUN;

		status = items[i].id & SV_MEMO_NOUN
				 ? sv_vec_push(&s->fresh_nouns, ((struct sv_noun){end, id}))
				 : sv_vec_push(&s->fresh,
					       ((struct sv_anchor_hit){.end = end, .rule = id}));
	}
	return status;
}

/* Answers for those of the parts that are remembered; the others are unknown. */
static int recall_parts(struct sv_scanner *s, enum sv_memo_question question)
{
	int status = 0;

	s->keys.len = s->unknown.len = 0;
	/* all before any is looked for: it is on its way from memory meanwhile */
	for (size_t i = 0; status == 0 && i < s->parts.len; i++)
		status = sv_vec_push(&s->keys,
				     sv_memo_key(s->memo, question, s->bytes, s->parts.ptr[i].from,
						 s->parts.ptr[i].to));
	for (size_t i = 0; status == 0 && i < s->parts.len; i++) {
		const struct sv_memo_item *items;
		size_t n;

		if (sv_memo_find(s->memo, &s->keys.ptr[i], &items, &n)) {
			status = recall(s, items, n, s->parts.ptr[i].from);
			continue;
		}
		/* the keys of the unknown ones move to the front */
		s->keys.ptr[s->unknown.len] = s->keys.ptr[i];
		status = sv_vec_push(&s->unknown, s->parts.ptr[i]);
	}
	return status;
}

/* Keeps what was found in each unknown part. */
static int remember(struct sv_scanner *s)
{
	size_t hit = 0, noun = 0;
	int status = 0;

	sv_anchor_hits_sort(&s->found);
	for (size_t i = 0; status == 0 && i < s->unknown.len; i++) {
		struct sv_part part = s->unknown.ptr[i];

		s->items.len = 0;
		for (; status == 0 && noun < s->found_nouns.len &&
		       s->found_nouns.ptr[noun].end <= part.to;
		     noun++)
			status = sv_vec_push(
				&s->items,
				((struct sv_memo_item){
					s->found_nouns.ptr[noun].end - (uint32_t)part.from,
					s->found_nouns.ptr[noun].set | SV_MEMO_NOUN}));
		for (; status == 0 && hit < s->found.len && s->found.ptr[hit].end <= part.to; hit++)
			status = sv_vec_push(
				&s->items,
				((struct sv_memo_item){s->found.ptr[hit].end - (uint32_t)part.from,
						       s->found.ptr[hit].rule}));
		if (status == 0)
			sv_memo_keep(s->memo, &s->keys.ptr[i], s->items.ptr, s->items.len);
	}
	return status;
}

/* Appends what stands in the parts, as the matcher answers the question. */
static int match_parts(struct sv_scanner *s, enum sv_memo_question question)
{
	int status = recall_parts(s, question);

	s->found.len = s->found_nouns.len = 0;
	if (status == 0 && s->unknown.len != 0)
		status = question == SV_MEMO_ANCHORS
				 ? sv_matcher_anchors(s->matcher, s->bytes, s->unknown.ptr,
						      s->unknown.len, &s->found, &s->found_nouns,
						      s->err)
				 : sv_matcher_gated(s->matcher, s->bytes, s->unknown.ptr,
						    s->unknown.len, &s->trace->nouns, &s->found,
						    s->err);
	if (status == 0)
		status = remember(s);
	for (size_t i = 0; status == 0 && i < s->found.len; i++)
		status = sv_vec_push(&s->fresh, s->found.ptr[i]);
	for (size_t i = 0; status == 0 && i < s->found_nouns.len; i++)
		status = sv_vec_push(&s->fresh_nouns, s->found_nouns.ptr[i]);
	/* some were remembered before others were found */
	if (s->found_nouns.len != 0 && s->fresh_nouns.len != s->found_nouns.len)
		qsort(s->fresh_nouns.ptr, s->fresh_nouns.len, sizeof(*s->fresh_nouns.ptr),
		      sv_noun_order);
	return status == SV_ENOMEM ? sv_err_set(s->err, status, "out of memory") : status;
}

/* Hits of what is new; of those, only the ones that no copy holds whole. */
static int match_new(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_child *child)
{
	uint64_t started = sv_stopwatch_start(s->match_watch);
	size_t kept = 0;
	int status;

	s->fresh.len = s->fresh_nouns.len = 0;
	status = parts_of(s, child, sv_matcher_anchors_margin(s->matcher));
	if (status == 0)
		status = match_parts(s, SV_MEMO_ANCHORS);
	keep_new_nouns(s, child);
	if (status == 0)
		status = merge_nouns(s, base, child);
	if (status == 0)
		status = parts_of(s, child, sv_matcher_gated_margin(s->matcher));
	if (status == 0)
		status = match_parts(s, SV_MEMO_GATED);
	for (size_t i = 0; i < s->fresh.len; i++) {
		const struct sv_anchor_hit *hit = &s->fresh.ptr[i];
		const struct sv_delta_op *op = sv_delta_op_at(child, hit->end);

		if (op == NULL || !keeps_hit(s, child, op, hit))
			s->fresh.ptr[kept++] = *hit;
	}
	s->fresh.len = kept;
	if (status == 0)
		sv_anchor_hits_sort(&s->fresh);
	sv_stopwatch_stop(s->match_watch, started);
	return status;
}

/*
 * The base's hits that op keeps, and the verdict on those whose neighbourhood it keeps too; the others are
 * confirmed as if they were new, in order with the new ones.
 */
static int take_over(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_child *child)
{
	const struct sv_anchor_hits *theirs = &base->trace->hits;
	size_t fresh = 0, i = 0;
	int status = 0;

	for (size_t o = 0; status == 0 && o <= child->n; o++) {
		const struct sv_delta_op *op = o < child->n ? &child->ops[o] : NULL;
		bool copies = op != NULL && sv_delta_is_copy(op);

		if (copies)
			i = first_after(theirs->ptr, sizeof(*theirs->ptr), theirs->len, op->base, i);
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
			reach = s->rules->rules.ptr[hit.rule]->width +
				sv_rule_context(s->rules->rules.ptr[hit.rule]);
			if (their && sv_delta_keeps(child, op, hit.end, reach, reach)) {
				hit.limited = their->limited;
				if (their->match != 0)
					status = carry_match(s, base, op, &hit, their->match);
			} else {
				status = sv_scanner__confirm(s, &hit);
			}
			if (status == 0)
				status = sv_vec_push(&s->trace->hits, hit);
		}
	}
	return status;
}

int sv_scanner__scan_child(struct sv_scanner *s, const struct sv_scan_base *base,
			   const struct sv_child *child)
{
	int status = match_new(s, base, child);

	return status < 0 ? status : take_over(s, base, child);
}
