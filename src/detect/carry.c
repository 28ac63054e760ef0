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

	/* several hits share one match */
	if (hit->end > c->done) {
		/* the shift wraps around, and back */
		int status = sv_scanner__take_match(s, &base->trace->matches.ptr[theirs - 1],
						    (size_t)op->out - op->base);

		if (status < 0)
			return status;
		c->match = (uint32_t)s->trace->matches.len;
		c->done = s->trace->matches.ptr[c->match - 1].end;
	}
	hit->match = c->match;
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
	size_t at = 0, kept = 0;
	struct sv_part part;
	int status = 0;

	s->fresh.len = s->parts.len = 0;
	while (status == 0 && sv_delta_next_part(child, &at, SV_FOOTPRINT_MAX, SV_FOOTPRINT_MAX,
						 &part.from, &part.to))
		status = sv_vec_push(&s->parts, part);
	if (status == 0 && s->parts.len != 0)
		status = sv_scanner__match(s, s->parts.ptr, s->parts.len, &s->fresh);
	for (size_t i = 0; i < s->fresh.len; i++) {
		const struct sv_anchor_hit *hit = &s->fresh.ptr[i];
		const struct sv_delta_op *op = sv_delta_op_at(child, hit->end);

		if (op == NULL || !keeps_hit(s, child, op, hit))
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
	int status = match_new(s, child);

	return status < 0 ? status : take_over(s, base, child);
}
