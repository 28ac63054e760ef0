#include "engine/names.h"
#include "git/parse.h"

/* Where the entries of a tree begin, ascending, and where the last one ends. */
struct sv_entry_starts {
	uint32_t *ptr;
	size_t len, cap;
	bool whole; /* all of the tree is in it */
};

void sv_names_release(struct sv_names *n)
{
	for (size_t i = 0; i < n->starts.len; i++)
		sv_vec_release(&n->starts.ptr[i]);
	sv_vec_release(&n->starts);
	sv_seen_release(&n->told);
	*n = (struct sv_names){0};
}

/* ---- one tree ---- */

static int starts_at(struct sv_names *n, unsigned depth)
{
	while (n->starts.len <= depth)
		if (sv_vec_push(&n->starts, (struct sv_entry_starts){0}) < 0)
			return SV_ENOMEM;
	n->starts.ptr[depth].len = 0;
	n->starts.ptr[depth].whole = false;
	return 0;
}

/* The first of the starts that is not before at. */
static size_t first_from(const struct sv_entry_starts *s, size_t at)
{
	size_t low = 0, high = s->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ptr[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Entries of the parent that op copies whole, from at on: their names are told, and as parsing goes on
 * from the same place over the same bytes, they are entries here too. *at moves behind them.
 */
static int take_over(struct sv_entry_starts *own, const struct sv_entry_starts *parent,
		     const struct sv_delta_op *op, size_t *at)
{
	size_t begin = *at - op->out + op->base, end = (size_t)op->base + op->len;
	size_t i = first_from(parent, begin), next = i;
	int status = 0;

	if (i == parent->len || parent->ptr[i] != begin)
		return 0;
	while (next + 1 < parent->len && parent->ptr[next + 1] <= end)
		next++;
	for (; status == 0 && i < next; i++)
		status = sv_vec_push(own, parent->ptr[i] + op->out - op->base);
	*at = *at + parent->ptr[next] - begin;
	return status;
}

int sv_names_walk(struct sv_names *n, const struct sv_family_object *tree, unsigned oid_len,
		  sv_name_fn *on_name, void *payload)
{
	struct sv_span all = sv_buf_span(tree->content);
	const struct sv_delta_op *op = tree->ops, *ops_end = op + tree->n_ops;
	const struct sv_entry_starts *parent = NULL;
	struct sv_entry_starts *own;
	int status = starts_at(n, tree->depth);
	size_t at = 0, before;

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

			status = take_over(own, parent, op, &at);
			if (status < 0 || at != was)
				continue;
		}
		status = sv_tree_next(&rest, oid_len, &e);
		if (status == 1)
			status = sv_vec_push(own, (uint32_t)at);
		at += e.len;
		if (status == 0)
			status = sv_seen_add(&n->told, sv_hash64(e.name.ptr, e.name.len, n->seed));
		if (status == 1)
			status = on_name(e.name, payload);
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
