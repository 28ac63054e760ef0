/** @file What a delta leaves as it was: where a hit of the base is a hit of its child. */
#ifndef SV_DETECT_DELTA_H
#define SV_DETECT_DELTA_H

#include "base/base.h"

/** A child that ops (n of them, in order of out, covering it) make from its base. */
struct sv_child {
	const struct sv_delta_op *ops;
	size_t n;
	size_t base_len, len;
};
static inline bool sv_delta_is_copy(const struct sv_delta_op *op)
{
	return op->base != SV_DELTA_INSERT;
}
/**
 * Do the bytes [end - before, end + after) of the child stand in the base as op copies them? Where both
 * begin or end with op, nothing stands beyond.
 */
static inline bool sv_delta_keeps(const struct sv_child *c, const struct sv_delta_op *op, size_t end,
				  size_t before, size_t after)
{
	size_t op_end = (size_t)op->out + op->len;
	bool at_start = op->out == 0 && op->base == 0;
	bool at_end = op_end == c->len && (size_t)op->base + op->len == c->base_len;

	return sv_delta_is_copy(op) && end >= op->out && end <= op_end &&
	       (at_start || end - op->out >= before) && (at_end || op_end - end >= after);
}
/** The op that makes the byte before end; NULL if none does. */
static inline const struct sv_delta_op *sv_delta_op_at(const struct sv_child *c, size_t end)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((size_t)c->ops[middle].out + c->ops[middle].len < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->n ? &c->ops[low] : NULL;
}
/**
 * The next part of the child, from op *at on, in which a copy does not keep all bytes within before and
 * after: [*ret_from, *ret_to), moving *at. Parts that touch are one. false: there is none.
 */
bool sv_delta_next_part(const struct sv_child *child, size_t *at, size_t before, size_t after,
			size_t *ret_from, size_t *ret_to);
#endif
