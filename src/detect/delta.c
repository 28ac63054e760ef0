#include "detect/delta.h"

/* Where new bytes or a seam begin and end, in op number i or before it. */
static bool zone(const struct sv_child *c, size_t i, size_t *ret_from, size_t *ret_to)
{
	const struct sv_delta_op *op = i < c->n ? &c->ops[i] : NULL;

	if (op != NULL && !sv_delta_is_copy(op)) {
		*ret_from = op->out;
		*ret_to = (size_t)op->out + op->len;
		return true;
	}
	/* before the first, between two, and after the last */
	*ret_from = *ret_to = op ? op->out : c->len;
	if (i == 0)
		return op == NULL || op->base != 0;
	if (op == NULL) {
		const struct sv_delta_op *last = &c->ops[c->n - 1];

		return !sv_delta_is_copy(last) || (size_t)last->base + last->len != c->base_len;
	}
	return true;
}

bool sv_delta_next_part(const struct sv_child *c, size_t *at, size_t before, size_t after,
			size_t *ret_from, size_t *ret_to)
{
	bool found = false;

	for (; *at <= c->n; ++*at) {
		size_t from, to;

		/* the seam where new bytes end is in their zone, and ends with it */
		if (*at != 0 && *at < c->n && sv_delta_is_copy(&c->ops[*at]) &&
		    !sv_delta_is_copy(&c->ops[*at - 1]))
			continue;
		if (!zone(c, *at, &from, &to))
			continue;
		from = from > before ? from - before : 0;
		to = c->len - to > after ? to + after : c->len;
		if (found && from > *ret_to)
			break;
		if (!found)
			*ret_from = from;
		*ret_to = to;
		found = true;
	}
	return found && *ret_from < *ret_to;
}
