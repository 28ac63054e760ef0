/* What trees hold, told from notes of their families, is what a plain search of the trees finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "dice.h"
#include "git/holders.h"
#include "git/store.h"

#define OID	 20
#define TREES	 40
#define BLOBS	 6 /* ids of blobs; those of even number are wanted */
#define MAX_TOLD 20000
#define PATH	 256

static uint64_t seed = 0x401d;

static size_t dice(size_t sides)
{
	return dice_from(&seed, sides);
}

struct tree {
	struct sv_buf bytes;
	size_t starts[12], n;
	unsigned parent, depth; /* in its family; itself: it has none */
};

/* objects that hold the trees, by id, and nothing else */
struct world {
	struct sv_objects objects;
	struct tree trees[TREES];
	unsigned n;
	struct sv_oid blobs[BLOBS / 2];
	struct sv_span names[1];
	struct sv_wanted wanted;
};

static struct sv_oid id(unsigned first, unsigned number)
{
	struct sv_oid oid = {.len = OID, .bytes = {(uint8_t)first, (uint8_t)number}};

	return oid;
}

static void put_entry(struct tree *t, bool is_tree, const char *name, struct sv_oid oid)
{
	t->starts[t->n++] = t->bytes.len;
	assert_int_equal(sv_buf_printf(&t->bytes, "%s %s", is_tree ? "40000" : "100644", name), 0);
	assert_int_equal(sv_buf_putc(&t->bytes, '\0'), 0);
	assert_int_equal(sv_buf_append(&t->bytes, oid.bytes, OID), 0);
	t->starts[t->n] = t->bytes.len;
}

/* Tree number holds only trees of smaller numbers; at times it is like another one but for an entry. */
static void make_tree(struct world *w, unsigned number)
{
	struct tree *t = &w->trees[number];
	const struct tree *like = number && dice(4) ? &w->trees[dice(number)] : NULL;
	size_t n = like ? like->n : dice(8);

	for (size_t i = 0; i < n && t->n < 9; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%c%zu", "nm"[dice(20) == 0], i);
		if (like && dice(5)) {
			t->starts[t->n++] = t->bytes.len;
			assert_int_equal(sv_buf_append(&t->bytes, like->bytes.ptr + like->starts[i],
						       like->starts[i + 1] - like->starts[i]),
					 0);
			t->starts[t->n] = t->bytes.len;
		} else if (number && dice(2)) {
			put_entry(t, true, name, id(1, (unsigned)dice(number)));
		} else {
			put_entry(t, dice(9) == 0, name, id(2, (unsigned)dice(BLOBS)));
		}
	}
	/* one that breaks off: what stands before that counts */
	if (dice(12) == 0)
		assert_int_equal(sv_buf_puts(&t->bytes, "100644 broken"), 0);
	t->parent = like && dice(5) ? (unsigned)(like - w->trees) : number;
	t->depth = t->parent == number ? 0 : w->trees[t->parent].depth + 1;
}

static void make_world(struct world *w)
{
	struct sv_store store = {.kind = SV_STORE_LOOSE, .fd = -1};

	*w = (struct world){.objects.oid_len = OID, .n = 1 + (unsigned)dice(TREES)};
	store.index.n = w->n;
	store.index.oid_len = OID;
	store.index.oids = calloc(w->n, OID);
	for (unsigned i = 0; i < w->n; i++) {
		memcpy(store.index.oids + i * OID, id(1, i).bytes, OID);
		make_tree(w, i);
	}
	assert_int_equal(sv_vec_push(&w->objects.stores, store), 0);
	for (unsigned i = 0; i < BLOBS / 2; i++)
		w->blobs[i] = id(2, 2 * i);
	w->names[0] = sv_span_str("m3");
	w->wanted = (struct sv_wanted){w->blobs, BLOBS / 2, w->names, 1};
}

static void drop_world(struct world *w)
{
	free(w->objects.stores.ptr->index.oids);
	sv_vec_release(&w->objects.stores);
	for (unsigned i = 0; i < w->n; i++)
		sv_buf_release(&w->trees[i].bytes);
}

/* ---- what a plain search finds ---- */

struct told {
	char text[MAX_TOLD][PATH];
	size_t n;
};
static struct told expected, told;

static void add(struct told *t, size_t wanted, struct sv_span path)
{
	assert_true(t->n < MAX_TOLD);
	snprintf(t->text[t->n++], PATH, "%zu %.*s", wanted, (int)path.len, (const char *)path.ptr);
}

static bool has(const struct told *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->text[i], text) == 0)
			return true;
	return false;
}

static void search(const struct world *w, unsigned number, const char *path)
{
	struct sv_span rest = sv_buf_span(&w->trees[number].bytes);
	struct sv_tree_entry e;

	while (sv_tree_next(&rest, OID, &e) == 1) {
		char at[PATH];
		struct sv_oid oid = {.len = OID};
		size_t wanted;

		snprintf(at, sizeof(at), "%s%s%.*s", path, *path ? "/" : "", (int)e.name.len, e.name.ptr);
		memcpy(oid.bytes, e.oid, OID);
		wanted = sv_wanted_oid(&w->wanted, &oid);
		if (wanted != SIZE_MAX)
			add(&expected, wanted, sv_span_str(at));
		if (sv_span_equal(e.name, w->names[0]))
			add(&expected, BLOBS / 2, sv_span_str(at));
		if (sv_tree_entry_is_tree(&e) && oid.bytes[0] == 1)
			search(w, oid.bytes[1], at);
	}
}

/* ---- what the notes give ---- */

static void note(const struct world *w, const struct sv_holders *h, struct sv_tree_notes *notes,
		 unsigned number)
{
	const struct tree *t = &w->trees[number], *parent = &w->trees[t->parent];
	struct sv_delta_op ops[3];
	struct sv_family_object object = {
		.ref = {0, number}, .content = &t->bytes, .depth = t->depth};
	size_t n = t->bytes.len < parent->bytes.len ? t->bytes.len : parent->bytes.len, first = 0, last = 0;

	if (parent != t && dice(9)) {
		while (first < n && t->bytes.ptr[first] == parent->bytes.ptr[first])
			first++;
		while (last < n - first && t->bytes.ptr[t->bytes.len - 1 - last] ==
						   parent->bytes.ptr[parent->bytes.len - 1 - last])
			last++;
		if (first != 0)
			ops[object.n_ops++] = (struct sv_delta_op){0, (uint32_t)first, 0};
		if (t->bytes.len != first + last)
			ops[object.n_ops++] =
				(struct sv_delta_op){(uint32_t)first, (uint32_t)(t->bytes.len - first - last),
						     SV_DELTA_INSERT};
		if (last != 0)
			ops[object.n_ops++] = (struct sv_delta_op){(uint32_t)(t->bytes.len - last),
								   (uint32_t)last,
								   (uint32_t)(parent->bytes.len - last)};
		object.ops = ops;
	}
	assert_int_equal(sv_holders_note(h, notes, &object), 0);
	for (unsigned i = 0; i < w->n; i++)
		if (i != number && w->trees[i].parent == number)
			note(w, h, notes, i);
}

static int on_told(size_t wanted, struct sv_span path, void *payload)
{
	(void)payload;
	add(&told, wanted, path);
	return 0;
}

static void what_trees_hold_is_told_once_for_each_path(void **state)
{
	static struct world w;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct sv_tree_notes notes[2] = {{.entries.memory = round % 5 ? 1u << 20 : 60},
						 {.entries.memory = 1u << 20}};
		struct sv_tree_notes *const all[2] = {&notes[0], &notes[1]};
		struct sv_holders *h = NULL;

		make_world(&w);
		assert_int_equal(sv_holders_new(&w.objects, OID, &w.wanted, &h), 0);
		for (unsigned i = 0; i < w.n; i++) {
			struct sv_tree_notes *mine = &notes[dice(2)];

			if (w.trees[i].parent != i)
				continue;
			assert_int_equal(sv_holders_begin(mine), 0);
			note(&w, h, mine, i);
		}
		assert_int_equal(sv_holders_finish(h, all, 2), 0);
		expected.n = told.n = 0;
		/* a later tree adds what no earlier one had */
		for (int i = 0; i < 4; i++) {
			unsigned tree = (unsigned)dice(w.n);
			struct sv_oid oid = id(1, tree);

			if (expected.n < 300)
				search(&w, tree, "");
			else
				break;
			assert_int_equal(sv_holders_walk(h, &oid, on_told, NULL), 0);
		}
		for (size_t i = 0; i < told.n; i++)
			assert_true(has(&expected, told.text[i]));
		for (size_t i = 0; i < expected.n; i++)
			assert_true(has(&told, expected.text[i]));
		for (size_t i = 0; i < told.n && i < 200; i++)
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(told.text[i], told.text[k]);
		sv_holders_free(h);
		for (int i = 0; i < 2; i++)
			sv_tree_notes_release(&notes[i]);
		drop_world(&w);
	}
}

static int count(size_t wanted, struct sv_span path, void *payload)
{
	(void)wanted;
	(void)path;
	++*(size_t *)payload;
	return 0;
}

/* A tree that holds the one before it ten times, and so on: a thousand million paths to one blob. */
static void of_endless_paths_so_many_are_told(void **state)
{
	static struct world w;
	struct sv_tree_notes notes = {.entries.memory = 1u << 20};
	struct sv_tree_notes *const all[1] = {&notes};
	struct sv_holders *h = NULL;
	struct sv_oid top = id(1, 8);
	size_t n = 0;

	(void)state;
	make_world(&w);
	drop_world(&w);
	w = (struct world){.objects.oid_len = OID, .n = 9};
	{
		struct sv_store store = {.kind = SV_STORE_LOOSE, .fd = -1};

		store.index.n = w.n;
		store.index.oid_len = OID;
		store.index.oids = calloc(w.n, OID);
		assert_int_equal(sv_vec_push(&w.objects.stores, store), 0);
	}
	w.blobs[0] = id(2, 0);
	w.wanted = (struct sv_wanted){w.blobs, 1, NULL, 0};
	assert_int_equal(sv_holders_new(&w.objects, OID, &w.wanted, &h), 0);
	for (unsigned i = 0; i < w.n; i++) {
		struct tree *t = &w.trees[i];

		memcpy(w.objects.stores.ptr->index.oids + i * OID, id(1, i).bytes, OID);
		t->parent = i;
		for (int k = 0; k < 10; k++) {
			char name[16];

			snprintf(name, sizeof(name), "d%d", k);
			put_entry(t, i != 0, name, i ? id(1, i - 1) : id(2, 0));
		}
	}
	for (unsigned i = 0; i < w.n; i++) {
		assert_int_equal(sv_holders_begin(&notes), 0);
		note(&w, h, &notes, i);
	}
	assert_int_equal(sv_holders_finish(h, all, 1), 0);
	assert_int_equal(sv_holders_walk(h, &top, count, &n), 0);
	assert_int_equal(n, SV_HOLDER_PATHS);
	sv_holders_free(h);
	sv_tree_notes_release(&notes);
	drop_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_trees_hold_is_told_once_for_each_path),
		cmocka_unit_test(of_endless_paths_so_many_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
