/*
 * Trees in a family: the entries that are told, copied or new, are those of a plain walk over each tree,
 * for any bytes and any steps from a base to its child and grandchild.
 */
#include "fuzz.h"
#include "git/entries.h"

#define MAX_TREE (1u << 16)
#define TREES	 3

struct tree {
	struct sv_buf bytes;
	SV_VEC(struct sv_delta_op) ops;
	SV_VEC(struct sv_tree_entry) told;
};

static struct tree trees[TREES];

static int on_copied(size_t first, size_t n, void *payload)
{
	struct tree *t = payload;

	FUZZ_HOLDS(t != trees && n != 0 && first + n <= t[-1].told.len);
	for (size_t i = first; i < first + n; i++)
		FUZZ_HOLDS(sv_vec_push(&t->told, t[-1].told.ptr[i]) == 0);
	return 0;
}

static int on_new(const struct sv_tree_entry *entry, void *payload)
{
	struct tree *t = payload;

	FUZZ_HOLDS(fuzz_inside(entry->name, sv_buf_span(&t->bytes)));
	return sv_vec_push(&t->told, *entry);
}

/* Steps: a byte below 128 inserts so many of the bytes that follow, others copy. */
static void grow(const struct tree *base, struct tree *t, struct sv_span *in)
{
	size_t steps = fuzz_number(in, 1);

	for (size_t i = 0; i < steps && in->len != 0 && t->bytes.len < MAX_TREE; i++) {
		unsigned step = (unsigned)fuzz_number(in, 1);
		struct sv_delta_op op = {(uint32_t)t->bytes.len, 0, SV_DELTA_INSERT};
		struct sv_span bytes;

		if (step < 128) {
			bytes = fuzz_take(in, step);
		} else {
			size_t from = fuzz_number(in, step & 1 ? 2 : 1), len = fuzz_number(in, step & 2 ? 2 : 1);

			from = from < base->bytes.len ? from : base->bytes.len;
			len = len < base->bytes.len - from ? len : base->bytes.len - from;
			bytes = sv_span(base->bytes.ptr + from, len);
			op.base = (uint32_t)from;
		}
		op.len = (uint32_t)bytes.len;
		if (op.len == 0)
			continue;
		FUZZ_HOLDS(sv_buf_append(&t->bytes, bytes.ptr, bytes.len) == 0);
		FUZZ_HOLDS(sv_vec_push(&t->ops, op) == 0);
	}
}

static void same_as_plain(const struct tree *t, unsigned oid_len, int status)
{
	struct sv_span rest = sv_buf_span(&t->bytes);
	struct sv_tree_entry e;
	size_t n = 0;
	int more;

	for (; (more = sv_tree_next(&rest, oid_len, &e)) == 1; n++) {
		const struct sv_tree_entry *told = &t->told.ptr[n];

		FUZZ_HOLDS(n < t->told.len && told->mode == e.mode && told->len == e.len);
		FUZZ_HOLDS(sv_span_equal(told->name, e.name) && memcmp(told->oid, e.oid, oid_len) == 0);
	}
	FUZZ_HOLDS(n == t->told.len && status == more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size), bytes;
	unsigned flags = (unsigned)fuzz_number(&in, 1), oid_len = flags & 1 ? 32 : 20;
	struct sv_entries entries = {.memory = flags & 2 ? 64 : 1u << 20};

	bytes = fuzz_take(&in, fuzz_number(&in, 2));
	FUZZ_HOLDS(sv_buf_append(&trees[0].bytes, bytes.ptr, bytes.len) == 0);
	for (unsigned i = 0; i < TREES; i++) {
		struct sv_entry_events events = {on_copied, on_new, &trees[i]};
		struct sv_family_object object = {.content = &trees[i].bytes, .depth = i};

		if (i != 0) {
			grow(&trees[i - 1], &trees[i], &in);
			object.ops = trees[i].ops.ptr;
			object.n_ops = trees[i].ops.len;
		}
		same_as_plain(&trees[i], oid_len, sv_entries_walk(&entries, &object, oid_len, &events));
	}
	sv_entries_release(&entries);
	for (unsigned i = 0; i < TREES; i++) {
		sv_buf_reset(&trees[i].bytes);
		trees[i].ops.len = trees[i].told.len = 0;
	}
	return 0;
}
