/* The names that a family of trees tells are those that stand in its trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "dice.h"
#include "engine/names.h"

#define OID 20

static uint64_t seed = 0x7e11;

static size_t dice(size_t sides)
{
	return dice_from(&seed, sides);
}

struct set {
	bool has[5000];
};

static void put_entry(struct sv_buf *b, unsigned name)
{
	assert_int_equal(sv_buf_printf(b, "%s n%04u.c", dice(3) ? "100644" : "40000", name), 0);
	/* ids hold any bytes, such as those that end a name or look like an entry */
	assert_int_equal(sv_buf_putc(b, '\0'), 0);
	for (int i = 0; i < OID; i++)
		assert_int_equal(sv_buf_putc(b, "\0 140644n\xff"[dice(9)]), 0);
}

static int tell(struct sv_span name, void *payload)
{
	struct set *set = payload;
	unsigned n = 0;

	assert_int_equal(name.len, 7);
	assert_int_equal(sscanf((const char *)name.ptr, "n%4u.c", &n), 1);
	assert_false(set->has[n]); /* once */
	set->has[n] = true;
	return 0;
}

struct tree {
	unsigned names[64];
	size_t starts[65], n;
	struct sv_buf bytes;
};

static void put(struct tree *t, unsigned name)
{
	t->names[t->n] = name;
	t->starts[t->n++] = t->bytes.len;
	put_entry(&t->bytes, name);
	t->starts[t->n] = t->bytes.len;
}

/* Runs of the base's entries, cut within an entry at times, and new ones. */
static void grow(const struct tree *base, struct tree *t, struct sv_delta_op *ops, size_t *n_ops, struct set *all)
{
	*n_ops = 0;
	t->n = t->bytes.len = 0;
	for (size_t i = 0; i < base->n && t->n < 40;) {
		size_t run = 1 + dice(base->n - i), from = base->starts[i], out = t->bytes.len, len;

		if (dice(3) == 0) {
			unsigned name = (unsigned)dice(5000);

			put(t, name);
			all->has[name] = true;
			ops[(*n_ops)++] = (struct sv_delta_op){(uint32_t)out, (uint32_t)(t->bytes.len - out),
							       SV_DELTA_INSERT};
			out = t->bytes.len;
		}
		if (run > 20)
			run = 20;
		len = base->starts[i + run] - from;
		for (size_t k = 0; k < run; k++) {
			t->names[t->n] = base->names[i + k];
			t->starts[t->n++] = t->bytes.len + base->starts[i + k] - from;
		}
		assert_int_equal(sv_buf_append(&t->bytes, base->bytes.ptr + from, len), 0);
		t->starts[t->n] = t->bytes.len;
		/* one copy, or two that part an entry */
		if (dice(2) && len > 40) {
			size_t cut = 1 + dice(len - 1);

			ops[(*n_ops)++] = (struct sv_delta_op){(uint32_t)out, (uint32_t)cut, (uint32_t)from};
			ops[(*n_ops)++] = (struct sv_delta_op){(uint32_t)(out + cut), (uint32_t)(len - cut),
							       (uint32_t)(from + cut)};
		} else {
			ops[(*n_ops)++] = (struct sv_delta_op){(uint32_t)out, (uint32_t)len, (uint32_t)from};
		}
		i += run + dice(3);
	}
}

static void a_family_tells_each_name_once(void **state)
{
	struct sv_delta_op ops[200];

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct sv_names names = {.seed = 7, .entries.memory = round % 5 ? 1u << 20 : 100};
		struct set told = {0}, all = {0};
		struct sv_name_events events = {tell, NULL, &told};
		struct tree trees[6] = {0};

		for (size_t i = 0; i < 1 + dice(40); i++) {
			unsigned name = (unsigned)dice(5000);

			put(&trees[0], name);
			all.has[name] = true;
		}
		for (unsigned depth = 0; depth < 6; depth++) {
			struct sv_family_object object = {.content = &trees[depth].bytes, .depth = depth};

			if (depth > 0) {
				grow(&trees[depth - 1], &trees[depth], ops, &object.n_ops, &all);
				object.ops = ops;
			}
			assert_int_equal(sv_names_walk(&names, &object, OID, &events), 0);
		}
		assert_memory_equal(&told, &all, sizeof(all));
		for (int i = 0; i < 6; i++)
			sv_buf_release(&trees[i].bytes);
		sv_names_release(&names);
	}
}

static void a_broken_entry_ends_the_walk_after_what_stands_before_it(void **state)
{
	struct sv_names names = {.entries.memory = 1u << 20};
	struct set told = {0};
	struct sv_name_events events = {tell, NULL, &told};
	struct tree tree = {0};
	struct sv_family_object object = {.content = &tree.bytes};

	(void)state;
	put(&tree, 1);
	put(&tree, 2);
	sv_buf_commit(&tree.bytes, tree.bytes.len - 1);
	assert_int_equal(sv_names_walk(&names, &object, OID, &events), SV_ECORRUPT);
	assert_true(told.has[1]);
	assert_false(told.has[2]);
	sv_names_release(&names);
	sv_buf_release(&tree.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_tells_each_name_once),
		cmocka_unit_test(a_broken_entry_ends_the_walk_after_what_stands_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
