/*
 * While trees are walked in their families, each notes its marks: entries that are wanted, and those
 * that are trees. What a delta copies is noted as a range of its parent's marks. Then, without a look
 * at any tree, what each holds is worked out from the notes: its class, which says what is wanted
 * below it at which relative paths. Nearly all trees of a history are in a handful of classes, so
 * that the walk from commits to paths ends at the first class that was seen there.
 */
#include "git/holders.h"
#include "git/store.h"
#include <sodium.h>

#define MAX_DEPTH 1000
#define COPIED	  0x80000000u /* a step: marks of the parent from here on, their number follows */
#define WANTED	  0x80000000u /* a mark's target: the number of a wanted thing, not of an object */
#define FILTER	  (1u << 16)

/* an entry that matters */
struct sv_tree_mark {
	uint32_t name; /* where it begins in the notes' names */
	uint32_t target;
};

/* which entries of a tree are marks, ascending; an entry may be more than one */
struct sv_marked {
	uint32_t *ptr;
	size_t len, cap;
};

struct sv_noted_unit {
	size_t step, mark; /* the first of them */
};

/* a unit when all are noted */
struct unit {
	const struct sv_tree_notes *notes;
	size_t step, step_end, mark, mark_end;
	uint32_t worked; /* tick when it was worked out; 0: not yet */
};

/* an entry of a class: a wanted thing, or a tree of another class */
struct entry {
	const char *name;
	uint32_t target;
};

struct class {
	uint64_t hash; /* of its entries */
	uint32_t first, n;
	bool done; /* all in it is told at enough paths */
};

/* a mark that leads to something wanted, and which of its tree's marks it is */
struct held {
	uint32_t at, mark;
};

/* the tree at a depth of the family at hand */
struct level {
	struct held *ptr;
	size_t len, cap;
	uint32_t n_marks, class;
};

struct sv_holders {
	const struct sv_objects *objects;
	const struct sv_wanted *wanted;
	unsigned oid_len;
	uint8_t filter[FILTER / 8]; /* the first bits of wanted ids */
	uint32_t *base;		    /* by store: number of its first object */
	uint32_t n_objects;
	uint64_t seed; /* nobody outside can build two things of one hash */
	SV_VEC(struct unit) units;
	SV_VEC(struct class) classes; /* the first is empty: nothing wanted */
	SV_VEC(struct entry) entries;
	uint32_t *slots; /* hash table of classes; 0: free */
	size_t n_slots;
	uint32_t *class_of, *changed; /* by object: its class, and the tick when it became that */
	SV_VEC(struct level) levels;
	struct sv_seen seen; /* classes and wanted things at paths */
	uint32_t *told;	     /* by wanted thing: at how many paths */
	struct sv_buf path;
};

static size_t n_wanted(const struct sv_wanted *w)
{
	return w->n_oids + w->n_names;
}

size_t sv_wanted_oid(const struct sv_wanted *w, const struct sv_oid *oid)
{
	const struct sv_oid *at =
		w->n_oids ? bsearch(oid, w->oids, w->n_oids, sizeof(*at), sv_oid_order) : NULL;

	return at ? (size_t)(at - w->oids) : SIZE_MAX;
}

static int by_span(const void *a, const void *b)
{
	return sv_span_compare(*(const struct sv_span *)a, *(const struct sv_span *)b);
}

static size_t wanted_name(const struct sv_wanted *w, struct sv_span name)
{
	const struct sv_span *at =
		w->n_names ? bsearch(&name, w->names, w->n_names, sizeof(*at), by_span) : NULL;

	return at ? w->n_oids + (size_t)(at - w->names) : SIZE_MAX;
}

int sv_holders_new(const struct sv_objects *objects, unsigned oid_len, const struct sv_wanted *wanted,
		   struct sv_holders **ret_holders)
{
	struct sv_holders *h = calloc(1, sizeof(*h));
	size_t n = sv_objects_count(objects);

	if (h == NULL)
		return SV_ENOMEM;
	h->objects = objects;
	h->wanted = wanted;
	h->oid_len = oid_len;
	h->n_objects = (uint32_t)n;
	h->base = sv_objects__bases(objects);
	h->class_of = calloc(n + 1, sizeof(*h->class_of));
	h->changed = calloc(n + 1, sizeof(*h->changed));
	h->told = calloc(n_wanted(wanted) + 1, sizeof(*h->told));
	if (!h->base || !h->class_of || !h->changed || !h->told || n >= WANTED ||
	    n_wanted(wanted) >= WANTED || sv_vec_push(&h->classes, (struct class){0}) < 0) {
		sv_holders_free(h);
		return SV_ENOMEM;
	}
	randombytes_buf(&h->seed, sizeof(h->seed));
	for (size_t i = 0; i < wanted->n_oids; i++) {
		unsigned bits = wanted->oids[i].bytes[0] << 8 | wanted->oids[i].bytes[1];

		h->filter[bits / 8] |= (uint8_t)(1 << bits % 8);
	}
	*ret_holders = h;
	return 0;
}

void sv_holders_free(struct sv_holders *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->levels.len; i++)
		sv_vec_release(&h->levels.ptr[i]);
	sv_vec_release(&h->levels);
	sv_vec_release(&h->units);
	sv_vec_release(&h->classes);
	sv_vec_release(&h->entries);
	sv_seen_release(&h->seen);
	sv_buf_release(&h->path);
	free(h->base);
	free(h->slots);
	free(h->class_of);
	free(h->changed);
	free(h->told);
	free(h);
}

void sv_tree_notes_release(struct sv_tree_notes *notes)
{
	for (size_t i = 0; i < notes->marked.len; i++)
		sv_vec_release(&notes->marked.ptr[i]);
	sv_vec_release(&notes->marked);
	sv_vec_release(&notes->steps);
	sv_vec_release(&notes->marks);
	sv_vec_release(&notes->units);
	sv_buf_release(&notes->names);
	sv_entries_release(&notes->entries);
}

/* ---- notes of one tree ---- */

/* what the walk of a tree's entries gets */
struct noter {
	const struct sv_holders *holders;
	struct sv_tree_notes *notes;
	struct sv_marked *own;
	const struct sv_marked *parent;
	uint32_t at;	     /* number of the entry that comes next */
	size_t last_copied;  /* place in steps, if the last step is that; else 0 */
	uint32_t name;	     /* of the entry at hand in the notes; UINT32_MAX: not there yet */
};

int sv_holders_begin(struct sv_tree_notes *notes)
{
	return sv_vec_push(&notes->units, ((struct sv_noted_unit){notes->steps.len, notes->marks.len}));
}

static size_t first_mark(const struct sv_marked *m, size_t entry)
{
	return sv_first_from(m->ptr, sizeof(*m->ptr), 0, m->len, entry);
}

static int on_copied(size_t first, size_t n, void *payload)
{
	struct noter *w = payload;
	size_t mark = first_mark(w->parent, first), end = first_mark(w->parent, first + n);
	uint32_t *steps = w->notes->steps.ptr;
	int status = 0;

	for (size_t i = mark; status == 0 && i < end; i++)
		status = sv_vec_push(w->own, w->parent->ptr[i] - (uint32_t)first + w->at);
	w->at += (uint32_t)n;
	if (mark == end)
		return status;
	if (w->last_copied != 0 &&
	    (steps[w->last_copied] & ~COPIED) + steps[w->last_copied + 1] == mark) {
		steps[w->last_copied + 1] += (uint32_t)(end - mark);
		return status;
	}
	w->last_copied = w->notes->steps.len;
	if (status == 0)
		status = sv_vec_push(&w->notes->steps, COPIED | (uint32_t)mark);
	return status < 0 ? status : sv_vec_push(&w->notes->steps, (uint32_t)(end - mark));
}

static int mark(struct noter *w, const struct sv_tree_entry *e, uint32_t target)
{
	struct sv_tree_notes *notes = w->notes;
	int status = 0;

	if (w->name == UINT32_MAX) {
		w->name = (uint32_t)notes->names.len;
		if (notes->names.len >= UINT32_MAX - e->name.len || notes->marks.len >= COPIED)
			return SV_ENOMEM;
		status = sv_buf_append(&notes->names, e->name.ptr, e->name.len);
		if (status == 0)
			status = sv_buf_putc(&notes->names, '\0');
	}
	w->last_copied = 0;
	if (status == 0)
		status = sv_vec_push(&notes->steps, (uint32_t)notes->marks.len);
	if (status == 0)
		status = sv_vec_push(&notes->marks, ((struct sv_tree_mark){w->name, target}));
	return status < 0 ? status : sv_vec_push(w->own, w->at);
}

static int on_new(const struct sv_tree_entry *e, void *payload)
{
	struct noter *w = payload;
	const struct sv_holders *h = w->holders;
	unsigned bits = e->oid[0] << 8 | e->oid[1];
	struct sv_oid oid = {.len = (uint8_t)h->oid_len};
	bool may_be_wanted = h->filter[bits / 8] >> bits % 8 & 1, tree = sv_tree_entry_is_tree(e);
	struct sv_object_ref ref;
	size_t wanted;
	int status = 0;

	w->name = UINT32_MAX;
	if (may_be_wanted || tree)
		memcpy(oid.bytes, e->oid, h->oid_len);
	if (may_be_wanted && (wanted = sv_wanted_oid(h->wanted, &oid)) != SIZE_MAX)
		status = mark(w, e, WANTED | (uint32_t)wanted);
	if (status == 0 && (wanted = wanted_name(h->wanted, e->name)) != SIZE_MAX)
		status = mark(w, e, WANTED | (uint32_t)wanted);
	if (status == 0 && tree && sv_objects_find(h->objects, &oid, &ref))
		status = mark(w, e, h->base[ref.store] + ref.slot);
	w->at++;
	return status;
}

int sv_holders_note(const struct sv_holders *h, struct sv_tree_notes *notes,
		    const struct sv_family_object *tree)
{
	struct noter noter = {.holders = h, .notes = notes};
	struct sv_entry_events events = {on_copied, on_new, &noter};
	size_t head = notes->steps.len;
	int status = 0;

	while (status == 0 && notes->marked.len <= tree->depth)
		status = sv_vec_push(&notes->marked, (struct sv_marked){0});
	if (status < 0)
		return status;
	noter.own = &notes->marked.ptr[tree->depth];
	noter.parent = tree->depth ? noter.own - 1 : NULL;
	noter.own->len = 0;
	status = sv_vec_push(&notes->steps, h->base[tree->ref.store] + tree->ref.slot);
	if (status == 0)
		status = sv_vec_push(&notes->steps, tree->depth);
	if (status == 0)
		status = sv_vec_push(&notes->steps, 0);
	if (status == 0)
		status = sv_entries_walk(&notes->entries, tree, h->oid_len, &events);
	if (status < 0 && status != SV_ECORRUPT)
		return status;
	notes->steps.ptr[head + 2] = (uint32_t)(notes->steps.len - head - 3);
	if (!sv_entries_kept(&notes->entries, tree->depth))
		sv_vec_release(noter.own);
	return 0;
}

/* ---- what each tree holds ---- */

static struct entry entry_of(const struct sv_holders *h, const struct sv_tree_notes *notes,
			     uint32_t number)
{
	const struct sv_tree_mark *m = &notes->marks.ptr[number];

	return (struct entry){(const char *)notes->names.ptr + m->name,
			      m->target & WANTED ? m->target : h->class_of[m->target]};
}

static int grow_slots(struct sv_holders *h)
{
	size_t n = h->n_slots ? 2 * h->n_slots : 1024;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return SV_ENOMEM;
	for (size_t i = 1; i < h->classes.len; i++) {
		size_t at = h->classes.ptr[i].hash & (n - 1);

		while (slots[at] != 0)
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i;
	}
	free(h->slots);
	h->slots = slots;
	h->n_slots = n;
	return 0;
}

/* The class of a tree that holds these. */
static int find_class(struct sv_holders *h, const struct sv_tree_notes *notes, const struct level *own,
		      uint32_t *ret)
{
	struct class class = {h->seed, (uint32_t)h->entries.len, (uint32_t)own->len, false};
	int status = 0;
	size_t at;

	*ret = 0;
	if (own->len == 0)
		return 0;
	for (size_t i = 0; i < own->len; i++) {
		struct entry e = entry_of(h, notes, own->ptr[i].mark);

		class.hash = sv_hash64(e.name, strlen(e.name) + 1, class.hash ^ e.target);
	}
	if (2 * h->classes.len >= h->n_slots && grow_slots(h) < 0)
		return SV_ENOMEM;
	for (at = class.hash & (h->n_slots - 1); h->slots[at] != 0; at = (at + 1) & (h->n_slots - 1))
		if (h->classes.ptr[h->slots[at]].hash == class.hash) {
			*ret = h->slots[at];
			return 0;
		}
	if (h->entries.len + own->len >= UINT32_MAX)
		return SV_ENOMEM;
	for (size_t i = 0; status == 0 && i < own->len; i++)
		status = sv_vec_push(&h->entries, entry_of(h, notes, own->ptr[i].mark));
	h->slots[at] = *ret = (uint32_t)h->classes.len;
	return status < 0 ? status : sv_vec_push(&h->classes, class);
}

static int copy_held(struct level *own, const struct level *parent, uint32_t first, uint32_t n)
{
	size_t low = sv_first_from(parent->ptr, sizeof(*parent->ptr), 0, parent->len, first);
	int status = 0;

	for (; status == 0 && low < parent->len && parent->ptr[low].at < first + n; low++)
		status = sv_vec_push(own, ((struct held){parent->ptr[low].at - first + own->n_marks,
							 parent->ptr[low].mark}));
	own->n_marks += n;
	return status;
}

/* One tree, whose n steps these are: what it holds, as far as that is known by now. */
static int work_tree(struct sv_holders *h, const struct sv_tree_notes *notes, const uint32_t *steps,
		     uint32_t n, struct level *own)
{
	/* a tree that changes nothing that matters holds what its parent holds */
	bool same = n == 2 && *steps == COPIED && steps[1] == own[-1].n_marks;
	int status = 0;

	own->len = own->n_marks = 0;
	for (uint32_t i = 0; status == 0 && i < n; i++) {
		const struct sv_tree_mark *m;

		if (steps[i] & COPIED) {
			status = copy_held(own, own - 1, steps[i] & ~COPIED, steps[i + 1]);
			i++;
			continue;
		}
		m = &notes->marks.ptr[steps[i]];
		if (m->target & WANTED || h->class_of[m->target] != 0)
			status = sv_vec_push(own, ((struct held){own->n_marks, steps[i]}));
		own->n_marks++;
	}
	if (status == 0 && same)
		own->class = own[-1].class;
	else if (status == 0)
		status = find_class(h, notes, own, &own->class);
	return status;
}

static bool needs_work(const struct sv_holders *h, const struct unit *u)
{
	bool needs = u->worked == 0;

	for (size_t i = u->mark; !needs && i < u->mark_end; i++) {
		uint32_t target = u->notes->marks.ptr[i].target;

		needs = !(target & WANTED) && h->changed[target] > u->worked;
	}
	return needs;
}

static int work_unit(struct sv_holders *h, struct unit *u, uint32_t tick)
{
	const uint32_t *steps = u->notes->steps.ptr;
	int status = 0;

	for (size_t at = u->step; status == 0 && at < u->step_end; at += 3 + steps[at + 2]) {
		uint32_t tree = steps[at], depth = steps[at + 1];

		while (status == 0 && h->levels.len <= depth)
			status = sv_vec_push(&h->levels, (struct level){0});
		if (status == 0)
			status = work_tree(h, u->notes, steps + at + 3, steps[at + 2],
					   &h->levels.ptr[depth]);
		if (status == 0 && h->class_of[tree] != h->levels.ptr[depth].class) {
			h->class_of[tree] = h->levels.ptr[depth].class;
			h->changed[tree] = tick + 1;
		}
	}
	u->worked = tick;
	return status;
}

/* Later in a pack first: there are the trees that earlier ones hold. */
static int by_first_tree(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	uint32_t i = x->notes->steps.ptr[x->step], k = y->notes->steps.ptr[y->step];

	return (i < k) - (i > k);
}

static int gather_units(struct sv_holders *h, const struct sv_tree_notes *notes)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < notes->units.len; i++) {
		const struct sv_noted_unit *from = &notes->units.ptr[i];
		bool last = i + 1 == notes->units.len;
		struct unit u = {notes, from->step, last ? notes->steps.len : from[1].step,
				 from->mark, last ? notes->marks.len : from[1].mark, 0};

		if (u.step != u.step_end)
			status = sv_vec_push(&h->units, u);
	}
	return status;
}

int sv_holders_finish(struct sv_holders *h, struct sv_tree_notes *const *notes, size_t n)
{
	uint32_t tick = 1;
	bool any = true;
	int status = 0;

	for (size_t i = 0; status == 0 && i < n; i++)
		status = gather_units(h, notes[i]);
	if (h->units.len != 0)
		qsort(h->units.ptr, h->units.len, sizeof(*h->units.ptr), by_first_tree);
	/* a class rises by one folder in a round at least; in a forged cycle it would for ever */
	for (int round = 0; any && status == 0 && round <= MAX_DEPTH; round++) {
		any = false;
		for (size_t i = 0; status == 0 && i < h->units.len; i++) {
			if (!needs_work(h, &h->units.ptr[i]))
				continue;
			any = true;
			status = work_unit(h, &h->units.ptr[i], tick++);
		}
	}
	return status;
}

/* ---- paths ---- */

struct telling {
	struct sv_holders *holders;
	sv_holder_fn *fn;
	void *payload;
};

/* Is it the first time at the path at hand? 1, 0, SV_ENOMEM. */
static int first_here(struct sv_holders *h, uint32_t what)
{
	return sv_seen_add(&h->seen, sv_hash64(h->path.ptr, h->path.len,
					       h->seed + what * 0x9E3779B97F4A7C15ull));
}

static int tell(struct telling *t, uint32_t wanted)
{
	struct sv_holders *h = t->holders;
	int status;

	if (h->told[wanted] == SV_HOLDER_PATHS)
		return 0;
	status = first_here(h, WANTED | wanted);
	if (status != 1)
		return status;
	h->told[wanted]++;
	return t->fn(wanted, sv_buf_span(&h->path), t->payload);
}

static bool is_done(const struct sv_holders *h, uint32_t target)
{
	return target & WANTED ? h->told[target & ~WANTED] == SV_HOLDER_PATHS
			       : h->classes.ptr[target].done;
}

static int visit(struct telling *t, uint32_t class, int depth)
{
	struct sv_holders *h = t->holders;
	size_t base = h->path.len;
	bool done = true;
	int status;

	if (class == 0 || h->classes.ptr[class].done || depth > MAX_DEPTH)
		return 0;
	status = first_here(h, class);
	if (status != 1)
		return status;
	status = 0;
	for (uint32_t i = 0; status == 0 && i < h->classes.ptr[class].n; i++) {
		const struct entry *e = &h->entries.ptr[h->classes.ptr[class].first + i];

		if (base != 0)
			status = sv_buf_putc(&h->path, '/');
		if (status == 0)
			status = sv_buf_puts(&h->path, e->name);
		if (status == 0)
			status = e->target & WANTED ? tell(t, e->target & ~WANTED)
						    : visit(t, e->target, depth + 1);
		sv_buf_commit(&h->path, base);
		done &= is_done(h, e->target);
	}
	h->classes.ptr[class].done = done;
	return status;
}

int sv_holders_walk(struct sv_holders *h, const struct sv_oid *tree, sv_holder_fn *fn, void *payload)
{
	struct telling t = {h, fn, payload};
	struct sv_object_ref ref;

	sv_buf_reset(&h->path);
	if (!sv_objects_find(h->objects, tree, &ref))
		return 0;
	return visit(&t, h->class_of[h->base[ref.store] + ref.slot], 0);
}
