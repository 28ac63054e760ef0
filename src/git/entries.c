#include "git/entries.h"

/* Where the entries of a tree begin, ascending, and where the last one ends. */
struct sv_entry_starts {
	uint32_t *ptr;
	size_t len, cap;
	bool whole; /* all of the tree is in it */
};

void sv_entries_release(struct sv_entries *n)
{
	for (size_t i = 0; i < n->starts.len; i++)
		sv_vec_release(&n->starts.ptr[i]);
	sv_vec_release(&n->starts);
	*n = (struct sv_entries){0};
}

bool sv_entries_kept(const struct sv_entries *n, unsigned depth)
{
	return depth < n->starts.len && n->starts.ptr[depth].whole;
}

static int starts_at(struct sv_entries *n, unsigned depth)
{
	while (n->starts.len <= depth)
		if (sv_vec_push(&n->starts, (struct sv_entry_starts){0}) < 0)
			return SV_ENOMEM;
	n->starts.ptr[depth].len = 0;
	n->starts.ptr[depth].whole = false;
	return 0;
}

/*
 * The first of the starts that is not before at. Copies mostly go on behind an entry that is left
 * out, and to the end: it is looked for there, at hint and behind the last, before anywhere else.
 */
static size_t first_from(const struct sv_entry_starts *s, size_t hint, size_t at)
{
	size_t low = 0, high = s->len;

	if (high == 0 || s->ptr[high - 1] < at)
		return high;
	if (hint == 0 || (hint <= high && s->ptr[hint - 1] < at)) {
		/* it ends before the last, which is not before at */
		for (low = hint; low < hint + 2; low++)
			if (s->ptr[low] >= at)
				return low;
	} else if (hint <= high) {
		high = hint;
	}
	return sv_first_from(s->ptr, sizeof(*s->ptr), low, high, at);
}

/* Starts first … end - 1 of from, moved. */
static int append(struct sv_entry_starts *s, const struct sv_entry_starts *from, size_t first,
		  size_t end, uint32_t moved)
{
	int status = 0;

	while (status == 0 && s->cap - s->len < end - first)
		status = sv_vec__grow((void **)&s->ptr, s->cap, &s->cap, sizeof(*s->ptr));
	if (status < 0)
		return status;
	/* most entries of most histories pass here: a loop that the compiler makes wide */
	for (size_t i = first; i < end; i++)
		s->ptr[s->len + i - first] = from->ptr[i] + moved;
	s->len += end - first;
	return 0;
}

/*
 * Entries of the parent that op copies whole, from at on: as parsing goes on from the same place over
 * the same bytes, they are entries here too. *at moves behind them.
 */
static int take_over(struct sv_entry_starts *own, const struct sv_entry_starts *parent,
		     const struct sv_delta_op *op, size_t *at, size_t *hint,
		     const struct sv_entry_events *on)
{
	size_t begin = *at - op->out + op->base, end = (size_t)op->base + op->len;
	size_t first = first_from(parent, *hint, begin), last;
	int status;

	if (first == parent->len || parent->ptr[first] != begin)
		return 0;
	/* the last start that is not behind the end: entries before it are whole */
	last = first_from(parent, first, end + 1) - 1;
	*hint = last;
	if (last == first)
		return 0;
	*at += parent->ptr[last] - begin;
	status = append(own, parent, first, last, op->out - op->base);
	return status < 0 || on->on_copied == NULL ? status
						   : on->on_copied(first, last - first, on->payload);
}

int sv_entries_walk(struct sv_entries *n, const struct sv_family_object *tree, unsigned oid_len,
		    const struct sv_entry_events *on)
{
	struct sv_span all = sv_buf_span(tree->content);
	const struct sv_delta_op *op = tree->ops, *ops_end = op ? op + tree->n_ops : NULL;
	const struct sv_entry_starts *parent = NULL;
	struct sv_entry_starts *own;
	int status = starts_at(n, tree->depth);
	size_t at = 0, hint = 0, before;

	if (status < 0)
		return status;
	own = &n->starts.ptr[tree->depth];
	before = own->cap;
	if (tree->ops != NULL && tree->depth > 0 && own[-1].whole)
		parent = &own[-1];
	while (status == 0 && at < all.len) {
		struct sv_span rest = sv_span(all.ptr + at, all.len - at);
		struct sv_tree_entry e;

		while (parent && op < ops_end && (size_t)op->out + op->len <= at)
			op++;
		if (parent && op < ops_end && op->base != SV_DELTA_INSERT) {
			size_t was = at;

			status = take_over(own, parent, op, &at, &hint, on);
			if (status != 0 || at != was)
				continue;
		}
		status = sv_tree_next(&rest, oid_len, &e);
		if (status == 1)
			status = sv_vec_push(own, (uint32_t)at);
		if (status == 0)
			status = on->on_new(&e, on->payload);
		if (status == 0)
			at += e.len;
	}
	if (status == 0)
		status = sv_vec_push(own, (uint32_t)at);
	own->whole = status == 0;
	n->held += (own->cap - before) * sizeof(*own->ptr);
	/* children of what is not remembered are read whole */
	if (n->held > n->memory) {
		n->held -= own->cap * sizeof(*own->ptr);
		sv_vec_release(own);
		own->whole = false;
	}
	return status;
}
