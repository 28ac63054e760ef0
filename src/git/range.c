/* Commits that are new: those painted by a tip alone. */
#include "git/range.h"

#define MAX_TAGS   1000
#define MAX_COMMIT (16u << 20)
#define SLOP	   16 /* old commits that are looked at when all seems done: clocks go wrong */

enum { WANTED = 1, UNWANTED = 2, QUEUED = 4, SHOWN = 8, ABSENT = 16 };

struct node {
	struct sv_oid oid, tree;
	int64_t date;
	uint32_t first_parent, n_parents; /* of walk.parents: numbers of nodes */
	uint8_t flags;
	bool parsed;
};

struct walk {
	struct sv_lookup *lookup;
	const struct sv_range_options *options;
	struct sv_range *range;
	SV_VEC(struct node) nodes;
	SV_VEC(uint32_t) parents;
	SV_VEC(uint32_t) heap; /* the latest on top */
	SV_VEC(uint32_t) stack;
	uint32_t *slots; /* node number + 1 by id; 0: free */
	size_t n_slots;
	size_t wanted_queued;
	struct sv_buf content;
};

void sv_range_release(struct sv_range *r)
{
	sv_vec_release(&r->commits);
	sv_vec_release(&r->parents);
	sv_vec_release(&r->tags);
	sv_vec_release(&r->loose);
}

int sv_range_add(struct sv_range *range, const struct sv_oid *oid, const struct sv_commit *commit)
{
	struct sv_range_commit c = {*oid, commit->tree, commit->committer.date,
				    (uint32_t)range->parents.len, commit->n_parents};
	int status = sv_vec_push(&range->commits, c);

	for (uint32_t i = 0; status == 0 && i < commit->n_parents; i++) {
		struct sv_oid parent = {0};

		sv_commit_parent(commit, i, &parent);
		status = sv_vec_push(&range->parents, parent);
	}
	return status;
}

int sv_range_merge(struct sv_range *range, struct sv_range *from)
{
	uint32_t base = (uint32_t)range->parents.len;
	int status = 0;

	for (size_t i = 0; status == 0 && i < from->commits.len; i++) {
		struct sv_range_commit c = from->commits.ptr[i];

		c.first_parent += base;
		status = sv_vec_push(&range->commits, c);
	}
	for (size_t i = 0; status == 0 && i < from->parents.len; i++)
		status = sv_vec_push(&range->parents, from->parents.ptr[i]);
	for (size_t i = 0; status == 0 && i < from->tags.len; i++)
		status = sv_vec_push(&range->tags, from->tags.ptr[i]);
	for (size_t i = 0; status == 0 && i < from->loose.len; i++)
		status = sv_vec_push(&range->loose, from->loose.ptr[i]);
	sv_range_release(from);
	return status;
}

/* ---- order ---- */

static int by_date(const void *a, const void *b)
{
	const struct sv_range_commit *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return sv_oid_compare(&x->oid, &y->oid);
}

static const struct sv_range_commit *find_commit(const struct sv_range_commit *by_id, size_t n,
						 const struct sv_oid *oid)
{
	return n ? bsearch(oid, by_id, n, sizeof(*by_id), sv_oid_order) : NULL;
}

/* Depth first from one commit: what it builds on goes first. state: 0 new, 1 begun, 2 placed. */
static int place(struct sv_range *r, const struct sv_range_commit *by_id, size_t n, size_t start,
		 uint8_t *state, uint32_t *stack, uint32_t *next, size_t *placed)
{
	size_t depth = 0;

	if (state[start] != 0)
		return 0;
	stack[depth++] = (uint32_t)start;
	state[start] = 1;
	while (depth != 0) {
		size_t at = stack[depth - 1];
		const struct sv_range_commit *c = &by_id[at];

		if (next[at] == c->n_parents) {
			state[at] = 2;
			r->commits.ptr[(*placed)++] = *c;
			depth--;
		} else {
			const struct sv_range_commit *p = find_commit(
				by_id, n, &r->parents.ptr[c->first_parent + next[at]++]);

			if (p != NULL && state[p - by_id] == 0) {
				state[p - by_id] = 1;
				stack[depth++] = (uint32_t)(p - by_id);
			}
		}
	}
	return 0;
}

int sv_range_sort(struct sv_range *r)
{
	size_t n = r->commits.len, kept = 0, placed = 0;
	SV_AUTO_FREE struct sv_range_commit *by_id = malloc((n + 1) * sizeof(*by_id));
	SV_AUTO_FREE struct sv_range_commit *dated = malloc((n + 1) * sizeof(*dated));
	SV_AUTO_FREE uint32_t *stack = malloc((n + 1) * sizeof(*stack));
	SV_AUTO_FREE uint32_t *next = calloc(n + 1, sizeof(*next));
	SV_AUTO_FREE uint8_t *state = calloc(n + 1, 1);

	if (!by_id || !dated || !stack || !next || !state)
		return SV_ENOMEM;
	if (n == 0)
		return 0;
	memcpy(by_id, r->commits.ptr, n * sizeof(*by_id));
	qsort(by_id, n, sizeof(*by_id), sv_oid_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !sv_oid_equal(&by_id[i].oid, &by_id[kept - 1].oid))
			by_id[kept++] = by_id[i];
	memcpy(dated, by_id, kept * sizeof(*dated));
	qsort(dated, kept, sizeof(*dated), by_date);
	for (size_t i = 0; i < kept; i++)
		place(r, by_id, kept, (size_t)(find_commit(by_id, kept, &dated[i].oid) - by_id),
		      state, stack, next, &placed);
	r->commits.len = placed;
	return 0;
}

/* ---- the walk ---- */

static size_t slot_of(const struct walk *w, const struct sv_oid *oid)
{
	size_t at = (size_t)sv_hash64(oid->bytes, oid->len, 0);

	for (;; at++) {
		uint32_t n = w->slots[at & (w->n_slots - 1)];

		if (n == 0 || sv_oid_equal(&w->nodes.ptr[n - 1].oid, oid))
			return at & (w->n_slots - 1);
	}
}

static int grow_slots(struct walk *w)
{
	size_t n = w->n_slots ? w->n_slots * 2 : 1024;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return SV_ENOMEM;
	free(w->slots);
	w->slots = slots;
	w->n_slots = n;
	for (size_t i = 0; i < w->nodes.len; i++)
		w->slots[slot_of(w, &w->nodes.ptr[i].oid)] = (uint32_t)i + 1;
	return 0;
}

/* The node of an id, made if there is none. */
static int node_of(struct walk *w, const struct sv_oid *oid, uint32_t *ret)
{
	size_t slot;
	int status = 0;

	if (w->nodes.len * 2 >= w->n_slots)
		status = grow_slots(w);
	if (status < 0)
		return status;
	slot = slot_of(w, oid);
	if (w->slots[slot] == 0) {
		status = sv_vec_push(&w->nodes, ((struct node){.oid = *oid}));
		w->slots[slot] = (uint32_t)w->nodes.len;
	}
	*ret = w->slots[slot] - 1;
	return status;
}

static bool later(const struct walk *w, uint32_t a, uint32_t b)
{
	return w->nodes.ptr[a].date > w->nodes.ptr[b].date;
}

static int push(struct walk *w, uint32_t n)
{
	int status = sv_vec_push(&w->heap, n);
	uint32_t *h = w->heap.ptr;

	w->nodes.ptr[n].flags |= QUEUED;
	w->wanted_queued += !(w->nodes.ptr[n].flags & UNWANTED);
	for (size_t i = w->heap.len - 1; status == 0 && i > 0 && later(w, h[i], h[(i - 1) / 2]);
	     i = (i - 1) / 2) {
		uint32_t swap = h[i];

		h[i] = h[(i - 1) / 2];
		h[(i - 1) / 2] = swap;
	}
	return status;
}

static uint32_t pop(struct walk *w)
{
	uint32_t *h = w->heap.ptr, top = h[0];
	size_t i = 0;

	h[0] = h[--w->heap.len];
	for (;;) {
		size_t first = i;
		uint32_t swap = h[i];

		for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < w->heap.len; c++)
			if (later(w, h[c], h[first]))
				first = c;
		if (first == i)
			break;
		h[i] = h[first];
		h[first] = swap;
		i = first;
	}
	w->nodes.ptr[top].flags &= (uint8_t)~QUEUED;
	w->wanted_queued -= !(w->nodes.ptr[top].flags & UNWANTED);
	return top;
}

static bool is_shallow(const struct sv_range_options *o, const struct sv_oid *oid)
{
	for (size_t i = 0; i < o->n_shallow; i++)
		if (sv_oid_equal(&o->shallow[i], oid))
			return true;
	return false;
}

static void tell(struct walk *w, const struct sv_oid *oid, const char *words)
{
	char hex[65];

	sv_oid_hex(oid, hex);
	w->options->on_gap("unreadable-object", hex, words, w->options->payload);
}

/* Fills the node from a commit's bytes. */
static int fill(struct walk *w, uint32_t n)
{
	struct sv_commit c;
	uint32_t first = (uint32_t)w->parents.len;
	int status = 0;

	if (sv_commit_parse(sv_buf_span(&w->content), w->options->oid_len, &c) < 0) {
		w->nodes.ptr[n].flags |= ABSENT;
		tell(w, &w->nodes.ptr[n].oid, "the commit is corrupt");
		return 0;
	}
	if (is_shallow(w->options, &w->nodes.ptr[n].oid))
		c.n_parents = 0;
	for (uint32_t i = 0; status == 0 && i < c.n_parents; i++) {
		struct sv_oid parent = {0};
		uint32_t p;

		sv_commit_parent(&c, i, &parent);
		status = node_of(w, &parent, &p);
		if (status == 0)
			status = sv_vec_push(&w->parents, p);
	}
	w->nodes.ptr[n].tree = c.tree;
	w->nodes.ptr[n].date = c.committer.date;
	w->nodes.ptr[n].first_parent = first;
	w->nodes.ptr[n].n_parents = c.n_parents;
	w->nodes.ptr[n].parsed = true;
	return status;
}

static int parse(struct walk *w, uint32_t n)
{
	struct sv_oid oid = w->nodes.ptr[n].oid;
	enum sv_object_type type;
	struct sv_err err;
	int status;

	if (w->nodes.ptr[n].parsed || w->nodes.ptr[n].flags & ABSENT)
		return 0;
	status = sv_lookup_read(w->lookup, &oid, MAX_COMMIT, &type, &w->content, &err);
	if (status == 0 && type == SV_OBJ_COMMIT)
		return fill(w, n);
	if (status == SV_ENOMEM)
		return status;
	w->nodes.ptr[n].flags |= ABSENT;
	/* what is not wanted may be missing: another's tip that was never fetched */
	if (!(w->nodes.ptr[n].flags & UNWANTED))
		tell(w, &oid, status < 0 ? err.text : "it is not a commit");
	return 0;
}

/* Paints a commit and all of its known ancestors. */
static int paint_unwanted(struct walk *w, uint32_t n)
{
	int status = 0;

	w->stack.len = 0;
	if (!(w->nodes.ptr[n].flags & UNWANTED))
		status = sv_vec_push(&w->stack, n);
	while (status == 0 && w->stack.len != 0) {
		struct node *node = &w->nodes.ptr[w->stack.ptr[--w->stack.len]];

		if (node->flags & UNWANTED)
			continue;
		node->flags |= UNWANTED;
		w->wanted_queued -= (node->flags & QUEUED) != 0;
		for (uint32_t i = 0; status == 0 && node->parsed && i < node->n_parents; i++)
			status = sv_vec_push(&w->stack, w->parents.ptr[node->first_parent + i]);
	}
	return status;
}

/* Follows tags from a tip to what they name; a commit among it is queued. */
static int add_tip(struct walk *w, const struct sv_oid *tip, bool wanted)
{
	struct sv_oid oid = *tip;
	int status = 0;

	for (int depth = 0; status == 0 && depth < MAX_TAGS; depth++) {
		enum sv_object_type type = SV_OBJ_NONE;
		struct sv_tag tag;
		struct sv_err err;
		uint32_t n;

		status = sv_lookup_read(w->lookup, &oid, 0, &type, &w->content, &err);
		if (status < 0) {
			if (wanted && status != SV_ENOMEM)
				tell(w, &oid, err.text);
			return status == SV_ENOMEM ? status : 0;
		}
		if (type == SV_OBJ_COMMIT) {
			status = node_of(w, &oid, &n);
			if (status == 0 && !w->nodes.ptr[n].parsed)
				status = fill(w, n);
			if (status == 0 && !wanted)
				status = paint_unwanted(w, n);
			if (status == 0 && wanted)
				w->nodes.ptr[n].flags |= WANTED;
			if (status == 0 && !(w->nodes.ptr[n].flags & (QUEUED | ABSENT)))
				status = push(w, n);
			return status;
		}
		if (type == SV_OBJ_TREE || type == SV_OBJ_BLOB)
			return wanted ? sv_vec_push(&w->range->loose, oid) : 0;
		if (wanted)
			status = sv_vec_push(&w->range->tags, oid);
		if (sv_tag_parse(sv_buf_span(&w->content), w->options->oid_len, &tag) < 0) {
			if (wanted)
				tell(w, &oid, "the tag is corrupt");
			return status;
		}
		oid = tag.object;
	}
	return status;
}

static int visit(struct walk *w, uint32_t n)
{
	bool unwanted = w->nodes.ptr[n].flags & UNWANTED;
	uint32_t n_parents = w->nodes.ptr[n].n_parents;
	int status = 0;

	w->nodes.ptr[n].flags |= SHOWN;
	for (uint32_t i = 0; status == 0 && i < n_parents; i++) {
		uint32_t p = w->parents.ptr[w->nodes.ptr[n].first_parent + i];

		if (unwanted)
			status = paint_unwanted(w, p);
		else
			w->nodes.ptr[p].flags |= WANTED;
		if (status == 0)
			status = parse(w, p);
		if (status == 0 && !(w->nodes.ptr[p].flags & (QUEUED | SHOWN | ABSENT)) &&
		    (unwanted || w->nodes.ptr[p].date >= w->options->since))
			status = push(w, p);
	}
	return status;
}

static int take_result(struct walk *w)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < w->nodes.len; i++) {
		const struct node *n = &w->nodes.ptr[i];
		struct sv_range_commit c = {n->oid, n->tree, n->date,
					    (uint32_t)w->range->parents.len, n->n_parents};

		if (!(n->flags & SHOWN) || n->flags & UNWANTED || n->date < w->options->since)
			continue;
		status = sv_vec_push(&w->range->commits, c);
		for (uint32_t p = 0; status == 0 && p < n->n_parents; p++)
			status = sv_vec_push(&w->range->parents,
					     w->nodes.ptr[w->parents.ptr[n->first_parent + p]].oid);
	}
	return status == 0 ? sv_range_sort(w->range) : status;
}

int sv_range_walk(struct sv_lookup *lookup, const struct sv_range_options *options,
		  struct sv_range *ret_range, struct sv_err *err)
{
	struct walk w = {.lookup = lookup, .options = options, .range = ret_range};
	int64_t oldest = INT64_MAX;
	int status = 0, slop = SLOP;

	for (size_t i = 0; status == 0 && i < options->n_without; i++)
		status = add_tip(&w, &options->without[i], false);
	for (size_t i = 0; status == 0 && i < options->n_tips; i++)
		status = add_tip(&w, &options->tips[i], true);
	while (status == 0 && w.heap.len != 0) {
		uint32_t n;

		if (sv_cancel_level(options->cancel) != 0) {
			status = SV_ECANCELLED;
			break;
		}
		/* done when only unwanted ones are left, none of which can still reach ours */
		if (w.wanted_queued == 0 && w.nodes.ptr[w.heap.ptr[0]].date < oldest && --slop < 0)
			break;
		n = pop(&w);
		if (!(w.nodes.ptr[n].flags & UNWANTED)) {
			slop = SLOP;
			if (w.nodes.ptr[n].date < oldest)
				oldest = w.nodes.ptr[n].date;
		}
		status = visit(&w, n);
	}
	if (status == 0)
		status = take_result(&w);
	sv_vec_release(&w.nodes);
	sv_vec_release(&w.parents);
	sv_vec_release(&w.heap);
	sv_vec_release(&w.stack);
	free(w.slots);
	sv_buf_release(&w.content);
	return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
}
