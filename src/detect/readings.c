/* Decoded readings of a content: the same rules, over what its regions say when they are decoded. */
#include "detect/inside.h"

/* of larger contents it is not kept which bytes are of tokens: that takes an eighth of them */
#define TOKENS_MAX (8u << 20)

/* Matches from number first on are in d's text: where they stand in the content, and what they read. */
static int bring_back(struct sv_scanner *s, const struct sv_decoded *d, size_t first)
{
	for (size_t i = first; i < s->trace->matches.len; i++) {
		struct sv_match *m = &s->trace->matches.ptr[i];
		size_t len = m->secret_end - m->secret_start;

		m->views = d->views;
		m->decoded = sv_span(sv_arena_strndup(&s->trace->arena, d->text.ptr + m->secret_start, len),
				     len);
		if (m->decoded.ptr == NULL)
			return sv_err_set(s->err, SV_ENOMEM, "out of memory");
		sv_decoded_source(d, m->secret_start, m->secret_end, &m->secret_start, &m->secret_end);
		sv_decoded_source(d, m->start, m->end, &m->start, &m->end);
	}
	return 0;
}

static int scan_reading(struct sv_scanner *s, struct sv_span bytes, const struct sv_region *region,
			const struct sv_decoded *from, unsigned depth, uint32_t *limited)
{
	struct sv_decoded *d = &s->decoded[depth];
	struct sv_anchor_hits *hits = &s->decoded_hits;
	size_t first = s->trace->matches.len;
	int status = sv_view_decode(bytes, region, from, d);

	*limited += region->cut;
	if (status < 0)
		return sv_err_set(s->err, status, "out of memory");
	hits->len = 0;
	sv_scanner__take(s, sv_buf_span(&d->text));
	if (d->text.len != 0)
		status = sv_scanner__match(s, &s->decoded_nouns, hits);
	for (size_t i = 0; status == 0 && i < hits->len; i++) {
		status = sv_scanner__confirm(s, &hits->ptr[i]);
		*limited += hits->ptr[i].limited;
	}
	if (status == 0)
		status = bring_back(s, d, first);
	if (status < 0 || depth + 1 == SV_READINGS)
		return status;
	status = sv_views_find(sv_buf_span(&d->text), 0, d->text.len, &s->regions[depth + 1]);
	for (size_t i = 0; status == 0 && i < s->regions[depth + 1].len; i++)
		status = scan_reading(s, sv_buf_span(&d->text), &s->regions[depth + 1].ptr[i], d, depth + 1,
				      limited);
	return status;
}

static int scan_region(struct sv_scanner *s, struct sv_span content, const struct sv_region *region)
{
	struct sv_read_region read = {.view = region->view,
				      .start = region->start,
				      .end = region->end,
				      .first = (uint32_t)s->trace->matches.len};
	int status = scan_reading(s, content, region, NULL, 0, &read.limited);

	read.n = (uint32_t)s->trace->matches.len - read.first;
	return status < 0 ? status : sv_vec_push(&s->trace->regions, read);
}

static bool keeps_region(const struct sv_child *child, const struct sv_delta_op *op, size_t start,
			 size_t end)
{
	return sv_delta_keeps(child, op, end, end - start + SV_VIEW_MARGIN, SV_VIEW_MARGIN);
}

/* How far the regions reach that begin at or before each. */
static int note_reach(struct sv_scanner *s, const struct sv_trace *base)
{
	uint32_t reach = 0;

	s->reached.len = 0;
	for (size_t i = 0; i < base->regions.len; i++) {
		if (base->regions.ptr[i].end > reach)
			reach = base->regions.ptr[i].end;
		if (sv_vec_push(&s->reached, reach) < 0)
			return SV_ENOMEM;
	}
	return 0;
}

static size_t first_region(const struct sv_trace *trace, size_t start)
{
	size_t low = 0, high = trace->regions.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trace->regions.ptr[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Does a region of the base overlap what copies put into [from, to)? */
static bool has_copied_region(const struct sv_scanner *s, const struct sv_trace *base,
			      const struct sv_child *child, size_t from, size_t to)
{
	const struct sv_delta_op *op = base->regions.len ? sv_delta_op_at(child, from + 1) : NULL;

	for (; op != NULL && op < child->ops + child->n && op->out < to; op++) {
		size_t skipped = from > op->out ? from - op->out : 0;
		size_t len = to - op->out < op->len ? to - op->out : op->len, last;

		if (!sv_delta_is_copy(op))
			continue;
		last = first_region(base, op->base + len);
		if (last != 0 && s->reached.ptr[last - 1] > op->base + skipped)
			return true;
	}
	return false;
}

/*
 * Is there nothing to read in part [from, to), whose ops begin with number op? What makes a region
 * there stands near what is new, or else was copied, and so made one in the base.
 */
static bool is_quiet(const struct sv_scanner *s, struct sv_span content,
		     const struct sv_trace *base, const struct sv_child *child, size_t op,
		     size_t from, size_t to)
{
	size_t near_from, near_to;

	if (base->folds ||
	    has_copied_region(s, base, child, from > SV_VIEW_MARGIN ? from - SV_VIEW_MARGIN : 0,
			      to + SV_VIEW_MARGIN))
		return false;
	while (sv_delta_next_part(child, &op, SV_VIEW_NEAR, SV_VIEW_NEAR, &near_from, &near_to) &&
	       near_from < to)
		if (sv_views_any(content, near_from, near_to))
			return false;
	return true;
}

/* One is as long as can be: what there is behind its end is not known. */
static bool has_cut_region(const struct sv_trace *trace)
{
	for (size_t i = 0; i < trace->regions.len; i++)
		if (trace->regions.ptr[i].end - trace->regions.ptr[i].start >= SV_VIEW_MAX_REGION)
			return true;
	return false;
}

/* The regions that no copy holds whole. */
static int scan_new(struct sv_scanner *s, struct sv_span content, const struct sv_scan_base *base,
		    const struct sv_child *child)
{
	size_t at = 0, first = 0, from, to, before = 0;
	bool cut = has_cut_region(base->trace);
	int status = note_reach(s, base->trace);

	s->trace->folds = base->trace->folds;
	for (; status == 0 &&
	       sv_delta_next_part(child, &at, SV_VIEW_MARGIN, SV_VIEW_MARGIN, &from, &to);
	     first = at) {
		struct sv_regions *found = &s->regions[0];

		if (!cut && is_quiet(s, content, base->trace, child, first, from, to))
			continue;
		status = sv_views_find(content, from, to, found);
		s->trace->folds |= found->folds;
		for (size_t i = 0; status == 0 && i < found->len; i++) {
			const struct sv_region *r = &found->ptr[i];
			const struct sv_delta_op *op = sv_delta_op_at(child, r->end);

			/* the part before this one had it too */
			if (r->start < before)
				continue;
			if (op == NULL || !keeps_region(child, op, r->start, r->end))
				status = scan_region(s, content, r);
		}
		before = to;
	}
	return status;
}

static int carry_regions(struct sv_scanner *s, const struct sv_scan_base *base, const struct sv_child *child,
			 const struct sv_delta_op *op)
{
	size_t low, shift = (size_t)op->out - op->base;
	bool at_end = op->out == 0 || (size_t)op->out + op->len == child->len;
	int status = 0;

	/* most are too short to keep one */
	if (base->trace->regions.len == 0 || (op->len < 2 * SV_VIEW_MARGIN && !at_end))
		return 0;
	for (low = first_region(base->trace, op->base);
	     status == 0 && low < base->trace->regions.len; low++) {
		struct sv_read_region r = base->trace->regions.ptr[low];
		uint32_t first = r.first;

		if (r.start >= (size_t)op->base + op->len)
			break;
		r.start += shift;
		r.end += shift;
		if (!keeps_region(child, op, r.start, r.end))
			continue;
		r.first = (uint32_t)s->trace->matches.len;
		for (uint32_t i = 0; status == 0 && i < r.n; i++)
			status = sv_scanner__take_match(s, &base->trace->matches.ptr[first + i], shift);
		if (status == 0)
			status = sv_vec_push(&s->trace->regions, r);
	}
	return status;
}

int sv_scanner__find_readings(struct sv_scanner *s)
{
	int status = sv_views_find_all(s->bytes, &s->regions[0], s->bytes.len <= TOKENS_MAX ? &s->tokens : NULL);

	s->trace->folds = s->regions[0].folds;
	return status < 0 ? sv_err_set(s->err, status, "out of memory") : 0;
}

int sv_scanner__scan_readings(struct sv_scanner *s, const struct sv_scan_base *base,
			      const struct sv_child *child)
{
	struct sv_span content = s->bytes;
	int status = 0;

	if (base != NULL) {
		status = scan_new(s, content, base, child);
		for (size_t i = 0; status == 0 && i < child->n; i++)
			if (sv_delta_is_copy(&child->ops[i]))
				status = carry_regions(s, base, child, &child->ops[i]);
		sv_trace__sort_regions(s->trace);
	} else {
		for (size_t i = 0; status == 0 && i < s->regions[0].len; i++)
			status = scan_region(s, content, &s->regions[0].ptr[i]);
	}
	s->bytes = content;
	return status == SV_ENOMEM ? sv_err_set(s->err, status, "out of memory") : status;
}
