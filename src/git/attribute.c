#include "git/attribute.h"

#define PART	     256 /* commits that are taken at a time */
#define MAX_DEPTH    1000
#define MAX_PARENTS  64 /* further ones are not compared: more is shown, never less */
#define NO_REF	     UINT32_MAX
#define REFLOG	     (UINT32_MAX - 1)
#define TREE_OR_BLOB UINT32_MAX

struct sv_commit_node {
	struct sv_oid oid, tree;
	int64_t date;
	uint32_t first_parent, n_parents;
};

struct sv_sighting {
	uint32_t wanted, order;
	struct sv_span path;
};

int sv_commit_graph_add(struct sv_commit_graph *graph, const struct sv_oid *oid,
			const struct sv_commit *commit)
{
	struct sv_commit_node node = {*oid, commit->tree, commit->committer.date,
				      (uint32_t)graph->parents.len, commit->n_parents};
	int status = sv_vec_push(&graph->nodes, node);

	for (uint32_t i = 0; status == 0 && i < commit->n_parents; i++) {
		struct sv_oid parent = {0};

		sv_commit_parent(commit, i, &parent);
		status = sv_vec_push(&graph->parents, parent);
	}
	return status;
}

int sv_commit_graph_merge(struct sv_commit_graph *graph, struct sv_commit_graph *from)
{
	uint32_t base = (uint32_t)graph->parents.len;
	int status = 0;

	for (size_t i = 0; status == 0 && i < from->nodes.len; i++) {
		struct sv_commit_node node = from->nodes.ptr[i];

		node.first_parent += base;
		status = sv_vec_push(&graph->nodes, node);
	}
	for (size_t i = 0; status == 0 && i < from->parents.len; i++)
		status = sv_vec_push(&graph->parents, from->parents.ptr[i]);
	sv_commit_graph_release(from);
	return status;
}

void sv_commit_graph_release(struct sv_commit_graph *graph)
{
	sv_vec_release(&graph->nodes);
	sv_vec_release(&graph->parents);
}

/* ---- commits in order ---- */

struct ordered {
	const struct sv_commit_node *node;
	uint32_t ref;	  /* of repo->refs, REFLOG or NO_REF */
	uint32_t waiting; /* parents that are not placed yet */
	uint32_t place;
};

/* a tree or blob that a ref names itself, directly or through tags */
struct named {
	struct sv_oid oid;
	enum sv_object_type type;
	uint32_t ref;
};

/* a wanted name, and its number */
struct named_index {
	struct sv_span name;
	uint32_t index;
};

struct sv_attribution {
	const struct sv_repo *repo;
	const struct sv_commit_graph *graph;
	struct named_index *names; /* sorted */
	size_t n_names;
	SV_VEC(struct ordered) commits; /* sorted by id */
	uint32_t *by_place;		/* place → index in commits */
	SV_VEC(struct named) named;
	SV_VEC(struct named) tags; /* tag objects on the way from a ref */
	struct {
		struct sv_oid oid;
		uint32_t index;
	} * wanted; /* sorted by id */
	size_t n_wanted;
	uint8_t *filter; /* 8192 bytes: which first 16 bits wanted ids have */
	SV_VEC(struct sv_appearance) found;
	size_t *first; /* by wanted number: n_wanted + 1 */
	struct sv_arena arena;
};

static int by_oid(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return sv_oid_compare(&x->node->oid, &y->node->oid);
}

static struct ordered *find_commit(const struct sv_attribution *a, const struct sv_oid *oid)
{
	struct sv_commit_node node = {.oid = *oid};
	struct ordered key = {.node = &node};

	return a->commits.len ? bsearch(&key, a->commits.ptr, a->commits.len, sizeof(key), by_oid)
			      : NULL;
}

static uint32_t find_wanted(const struct sv_attribution *a, const uint8_t *oid)
{
	struct sv_oid key = {.len = (uint8_t)a->repo->oid_len};
	const char *at;

	if (!(a->filter[(oid[0] << 8 | oid[1]) >> 3] & 1 << (oid[1] & 7)))
		return UINT32_MAX;
	memcpy(key.bytes, oid, key.len);
	at = bsearch(&key, a->wanted, a->n_wanted, sizeof(*a->wanted), sv_oid_order);
	return at ? a->wanted[(size_t)(at - (const char *)a->wanted) / sizeof(*a->wanted)].index
		  : UINT32_MAX;
}

/* Marks every commit from oid on that has no ref yet. */
static int mark(struct sv_attribution *a, const struct sv_oid *oid, uint32_t ref)
{
	SV_VEC(struct ordered *) stack = {0};
	struct ordered *commit = find_commit(a, oid);
	int status = 0;

	if (commit != NULL && commit->ref == NO_REF) {
		commit->ref = ref;
		status = sv_vec_push(&stack, commit);
	}
	while (status == 0 && stack.len != 0) {
		const struct sv_commit_node *node = stack.ptr[--stack.len]->node;

		for (uint32_t p = 0; status == 0 && p < node->n_parents; p++) {
			commit = find_commit(a, &a->graph->parents.ptr[node->first_parent + p]);
			if (commit == NULL || commit->ref != NO_REF)
				continue;
			commit->ref = ref;
			status = sv_vec_push(&stack, commit);
		}
	}
	sv_vec_release(&stack);
	return status;
}

/* Follows tags from a ref to what it names. */
static int mark_ref(struct sv_attribution *a, uint32_t ref, struct sv_object_reader *reader)
{
	struct sv_oid oid = a->repo->refs[ref].oid;
	SV_AUTO(sv_buf) content = {0};
	int status = 0;

	for (int depth = 0; status == 0 && depth < 1000; depth++) {
		enum sv_object_type type;
		struct sv_tag tag;

		if (find_commit(a, &oid) != NULL)
			return mark(a, &oid, ref);
		if (sv_object_reader_read(reader, &oid, &type, &content, NULL) < 0)
			return 0; /* the walk of all objects has told it */
		if (type == SV_OBJ_TREE || type == SV_OBJ_BLOB)
			return sv_vec_push(&a->named, ((struct named){oid, type, ref}));
		if (type != SV_OBJ_TAG ||
		    sv_tag_parse(sv_buf_span(&content), a->repo->oid_len, &tag) < 0)
			return 0;
		status = sv_vec_push(&a->tags, ((struct named){oid, type, ref}));
		oid = tag.object;
	}
	return status;
}

static unsigned tier(const struct ordered *c)
{
	return c->ref == NO_REF ? 2 : c->ref == REFLOG ? 1 : 0;
}

static bool before(const struct ordered *x, const struct ordered *y)
{
	if (tier(x) != tier(y))
		return tier(x) < tier(y);
	if (x->node->date != y->node->date)
		return x->node->date < y->node->date;
	return sv_oid_compare(&x->node->oid, &y->node->oid) < 0;
}

struct heap {
	struct ordered **ptr;
	size_t len, cap;
};

static int heap_push(struct heap *h, struct ordered *c)
{
	int status = sv_vec_push(h, c);

	for (size_t i = h->len - 1; status == 0 && i > 0 && before(h->ptr[i], h->ptr[(i - 1) / 2]);
	     i = (i - 1) / 2) {
		struct ordered *swap = h->ptr[i];

		h->ptr[i] = h->ptr[(i - 1) / 2];
		h->ptr[(i - 1) / 2] = swap;
	}
	return status;
}

static struct ordered *heap_pop(struct heap *h)
{
	struct ordered *top = h->ptr[0];
	size_t i = 0;

	h->ptr[0] = h->ptr[--h->len];
	for (;;) {
		size_t least = i;
		struct ordered *swap = h->ptr[i];

		for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < h->len; c++)
			if (before(h->ptr[c], h->ptr[least]))
				least = c;
		if (least == i)
			return top;
		h->ptr[i] = h->ptr[least];
		h->ptr[least] = swap;
		i = least;
	}
}

/* Places: parents before children, as far as there is no cycle, which only a forged store can hold.
 */
static int place_all(struct sv_attribution *a)
{
	size_t n = a->commits.len;
	SV_AUTO_FREE uint32_t *start = calloc(n + 2, sizeof(*start));
	SV_AUTO_FREE uint32_t *children = malloc((a->graph->parents.len + 1) * sizeof(*children));
	struct heap heap = {0};
	uint32_t placed = 0;
	int status = start && children ? 0 : SV_ENOMEM;

	for (int pass = 0; status == 0 && pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			const struct sv_commit_node *node = a->commits.ptr[i].node;

			for (uint32_t p = 0; p < node->n_parents; p++) {
				struct ordered *parent = find_commit(
					a, &a->graph->parents.ptr[node->first_parent + p]);

				if (parent == NULL)
					continue;
				if (pass == 0) {
					start[parent - a->commits.ptr + 2]++;
					a->commits.ptr[i].waiting++;
				} else {
					children[start[parent - a->commits.ptr + 1]++] =
						(uint32_t)i;
				}
			}
		}
		for (size_t i = 2; pass == 0 && i < n + 2; i++)
			start[i] += start[i - 1];
	}
	for (size_t i = 0; status == 0 && i < n; i++)
		if (a->commits.ptr[i].waiting == 0)
			status = heap_push(&heap, &a->commits.ptr[i]);
	while (status == 0 && heap.len != 0) {
		struct ordered *c = heap_pop(&heap);
		size_t at = (size_t)(c - a->commits.ptr);

		c->place = placed;
		a->by_place[placed++] = (uint32_t)at;
		for (uint32_t i = start[at]; status == 0 && i < start[at + 1]; i++)
			if (--a->commits.ptr[children[i]].waiting == 0)
				status = heap_push(&heap, &a->commits.ptr[children[i]]);
	}
	sv_vec_release(&heap);
	for (size_t i = 0; status == 0 && i < n; i++)
		if (a->commits.ptr[i].waiting != 0) {
			a->commits.ptr[i].place = placed;
			a->by_place[placed++] = (uint32_t)i;
		}
	return status;
}

static int by_span(const void *a, const void *b)
{
	return sv_span_compare(*(const struct sv_span *)a,
			       *(const struct sv_span *)b); /* it comes first */
}

static int prepare(struct sv_attribution *a, const struct sv_wanted *all,
		   struct sv_object_reader *reader)
{
	const struct sv_oid *wanted = all->oids;
	size_t kept = 0, n = all->n_oids;
	int status = 0;

	for (size_t i = 0; status == 0 && i < a->graph->nodes.len; i++)
		status = sv_vec_push(&a->commits, ((struct ordered){.node = &a->graph->nodes.ptr[i],
								    .ref = NO_REF}));
	if (a->commits.len != 0)
		qsort(a->commits.ptr, a->commits.len, sizeof(*a->commits.ptr), by_oid);
	for (size_t i = 0; i < a->commits.len; i++)
		if (kept == 0 || !sv_oid_equal(&a->commits.ptr[i].node->oid,
					       &a->commits.ptr[kept - 1].node->oid))
			a->commits.ptr[kept++] = a->commits.ptr[i];
	a->commits.len = kept;
	a->by_place = calloc(kept + 1, sizeof(*a->by_place));
	a->wanted = calloc(n + 1, sizeof(*a->wanted));
	a->names = calloc(all->n_names + 1, sizeof(*a->names));
	a->first = calloc(n + all->n_names + 2, sizeof(*a->first));
	a->filter = calloc(1, 8192);
	if (!a->by_place || !a->wanted || !a->first || !a->filter || !a->names)
		return SV_ENOMEM;
	a->n_names = all->n_names;
	for (size_t i = 0; i < all->n_names; i++)
		a->names[i] = (struct named_index){all->names[i], (uint32_t)(n + i)};
	qsort(a->names, all->n_names, sizeof(*a->names), by_span);
	for (size_t i = 0; i < n; i++) {
		a->wanted[i].oid = wanted[i];
		a->wanted[i].index = (uint32_t)i;
		a->filter[(wanted[i].bytes[0] << 8 | wanted[i].bytes[1]) >> 3] |=
			(uint8_t)(1 << (wanted[i].bytes[1] & 7));
	}
	a->n_wanted = n;
	qsort(a->wanted, n, sizeof(*a->wanted), sv_oid_order);
	for (uint32_t i = 0; status == 0 && i < a->repo->n_refs; i++)
		status = mark_ref(a, i, reader);
	for (size_t i = 0; status == 0 && i < a->repo->n_reflog; i++)
		status = mark(a, &a->repo->reflog[i], REFLOG);
	return status < 0 ? status : place_all(a);
}

int sv_attribution_new(const struct sv_repo *repo, const struct sv_commit_graph *graph,
		       const struct sv_wanted *wanted, struct sv_object_reader *reader,
		       struct sv_attribution **ret_attribution, struct sv_err *err)
{
	struct sv_attribution *a = calloc(1, sizeof(*a));
	int status = a ? 0 : SV_ENOMEM;

	if (status == 0) {
		a->repo = repo;
		a->graph = graph;
		status = prepare(a, wanted, reader);
	}
	if (status < 0) {
		sv_attribution_free(a);
		return sv_err_set(err, status, "out of memory");
	}
	*ret_attribution = a;
	return 0;
}

void sv_attribution_free(struct sv_attribution *a)
{
	if (a == NULL)
		return;
	sv_vec_release(&a->commits);
	sv_vec_release(&a->named);
	sv_vec_release(&a->tags);
	sv_vec_release(&a->found);
	free(a->by_place);
	free(a->wanted);
	free(a->names);
	free(a->first);
	free(a->filter);
	sv_arena_release(&a->arena);
	free(a);
}

void sv_sightings_release(struct sv_sightings *s)
{
	sv_vec_release(&s->list);
	sv_arena_release(&s->arena);
}

/* ---- what a commit changes ---- */

struct differ {
	const struct sv_attribution *a;
	struct sv_object_reader *reader;
	struct sv_sightings *out;
	struct sv_buf path;
	uint32_t order;
};

static int see(struct differ *d, uint32_t wanted)
{
	struct sv_sighting s = {wanted, d->order, {0}};

	if (wanted == UINT32_MAX)
		return 0;
	s.path = sv_span(sv_arena_strndup(&d->out->arena, sv_buf_str(&d->path), d->path.len),
			 d->path.len);
	return s.path.ptr ? sv_vec_push(&d->out->list, s) : SV_ENOMEM;
}

static uint32_t find_name(const struct sv_attribution *a, struct sv_span name)
{
	const struct named_index *at =
		bsearch(&name, a->names, a->n_names, sizeof(*a->names), by_span);

	return at ? at->index : UINT32_MAX;
}

static int read_tree(struct differ *d, const struct sv_oid *oid, struct sv_buf *content)
{
	enum sv_object_type type;
	int status = sv_object_reader_read(d->reader, oid, &type, content, NULL);

	return status == 0 && type != SV_OBJ_TREE ? SV_ECORRUPT : status;
}

/* The order of git's trees: a folder sorts as if its name ended in "/". */
static int compare_names(const struct sv_tree_entry *x, const struct sv_tree_entry *y)
{
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.ptr, y->name.ptr, n), a, b;

	if (order != 0)
		return order;
	a = n < x->name.len ? x->name.ptr[n] : sv_tree_entry_is_tree(x) ? '/' : 0;
	b = n < y->name.len ? y->name.ptr[n] : sv_tree_entry_is_tree(y) ? '/' : 0;
	return a - b;
}

/* A parent's version of the tree at hand. */
struct side {
	struct sv_buf content;
	struct sv_span rest;
	struct sv_tree_entry entry;
	int state; /* 1: entry holds */
};

/* Bytes that both begin with are entries that both have, up to the last whole one: skip them fast.
 */
static void skip_common(struct sv_span *x, struct sv_span *y, unsigned oid_len)
{
	size_t n = x->len < y->len ? x->len : y->len, same = 0;

	while (n - same >= 4096 && memcmp(x->ptr + same, y->ptr + same, 4096) == 0)
		same += 4096;
	while (same < n && x->ptr[same] == y->ptr[same])
		same++;
	for (struct sv_tree_entry e; same != 0;) {
		struct sv_span rest = *x;

		if (sv_tree_next(&rest, oid_len, &e) != 1 || e.len > same)
			return;
		same -= e.len;
		x->ptr += e.len, x->len -= e.len;
		y->ptr += e.len, y->len -= e.len;
	}
}

static int diff(struct differ *d, const struct sv_oid *tree, const struct sv_oid *parents, size_t n,
		int depth);

static int diff_entry(struct differ *d, const struct sv_tree_entry *e, struct side *sides, size_t n,
		      int depth)
{
	struct sv_oid child = {.len = (uint8_t)d->a->repo->oid_len}, parents[MAX_PARENTS];
	unsigned oid_len = d->a->repo->oid_len;
	size_t below = 0, base = d->path.len;
	int status;

	for (size_t i = 0; i < n; i++) {
		struct side *s = &sides[i];

		while (s->state == 1 && compare_names(&s->entry, e) < 0)
			s->state = sv_tree_next(&s->rest, oid_len, &s->entry);
		if (s->state != 1 || compare_names(&s->entry, e) != 0)
			continue;
		if (memcmp(s->entry.oid, e->oid, oid_len) == 0)
			return 0; /* a parent has it: nothing new below */
		if (!sv_tree_entry_is_tree(&s->entry))
			continue;
		parents[below] = (struct sv_oid){.len = (uint8_t)oid_len};
		memcpy(parents[below++].bytes, s->entry.oid, oid_len);
	}
	status = base ? sv_buf_putc(&d->path, '/') : 0;
	if (status == 0)
		status = sv_buf_append(&d->path, e->name.ptr, e->name.len);
	if (status == 0)
		status = see(d, find_wanted(d->a, e->oid));
	if (status == 0 && d->a->n_names != 0)
		status = see(d, find_name(d->a, e->name));
	if (status == 0 && sv_tree_entry_is_tree(e)) {
		memcpy(child.bytes, e->oid, oid_len);
		status = diff(d, &child, parents, below, depth + 1);
	}
	sv_buf_commit(&d->path, base);
	return status;
}

static int diff(struct differ *d, const struct sv_oid *tree, const struct sv_oid *parents, size_t n,
		int depth)
{
	unsigned oid_len = d->a->repo->oid_len;
	SV_AUTO(sv_buf) content = {0};
	struct sv_tree_entry e;
	struct sv_span rest;
	struct side *sides;
	int status, more = 1;

	for (size_t i = 0; i < n; i++)
		if (sv_oid_equal(tree, &parents[i]))
			return 0;
	status = depth > MAX_DEPTH ? SV_ECORRUPT : read_tree(d, tree, &content);
	if (status == SV_ENOMEM)
		return status;
	if (status < 0) {
		d->out->unread++;
		return 0;
	}
	sides = calloc(n + 1, sizeof(*sides));
	if (sides == NULL)
		return SV_ENOMEM;
	rest = sv_buf_span(&content);
	for (size_t i = 0; i < n; i++) {
		/* a parent's tree that is missing hides nothing: all of ours is then new */
		if (read_tree(d, &parents[i], &sides[i].content) < 0)
			continue;
		sides[i].rest = sv_buf_span(&sides[i].content);
		if (n == 1)
			skip_common(&rest, &sides[i].rest, oid_len);
		sides[i].state = sv_tree_next(&sides[i].rest, oid_len, &sides[i].entry);
	}
	while (status == 0 && (more = sv_tree_next(&rest, oid_len, &e)) == 1)
		status = diff_entry(d, &e, sides, n, depth);
	d->out->unread += more < 0;
	for (size_t i = 0; i < n; i++)
		sv_buf_release(&sides[i].content);
	free(sides);
	return status;
}

size_t sv_attribution_parts(const struct sv_attribution *a)
{
	return (a->commits.len + PART - 1) / PART + (a->named.len != 0);
}

static int part_of_named(struct differ *d)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < d->a->named.len; i++) {
		const struct named *named = &d->a->named.ptr[i];

		d->order = TREE_OR_BLOB - 1 - named->ref;
		status = see(d, find_wanted(d->a, named->oid.bytes));
		if (status == 0 && named->type == SV_OBJ_TREE)
			status = diff(d, &named->oid, NULL, 0, 0);
	}
	return status;
}

int sv_attribution_part(const struct sv_attribution *a, size_t part,
			struct sv_object_reader *reader, struct sv_sightings *sightings)
{
	struct differ d = {.a = a, .reader = reader, .out = sightings};
	size_t from = part * PART, to = from + PART < a->commits.len ? from + PART : a->commits.len;
	int status = 0;

	if (from >= a->commits.len)
		status = part_of_named(&d);
	for (size_t place = from; status == 0 && place < to; place++) {
		const struct sv_commit_node *node = a->commits.ptr[a->by_place[place]].node;
		struct sv_oid parents[MAX_PARENTS];
		size_t n = 0;

		for (uint32_t p = 0; p < node->n_parents && n < MAX_PARENTS; p++) {
			const struct ordered *parent =
				find_commit(a, &a->graph->parents.ptr[node->first_parent + p]);

			/* in a forged cycle a commit comes before its parent: all of it is then new
			 */
			if (parent != NULL && parent->place < place)
				parents[n++] = parent->node->tree;
		}
		d.order = (uint32_t)place;
		if (n == 0)
			status = see(&d, find_wanted(a, node->tree.bytes));
		if (status == 0)
			status = diff(&d, &node->tree, parents, n, 0);
	}
	sv_buf_release(&d.path);
	return status;
}

/* ---- the answers ---- */

static int by_wanted(const void *a, const void *b)
{
	const struct sv_sighting *x = a, *y = b;
	int order;

	if (x->wanted != y->wanted)
		return x->wanted < y->wanted ? -1 : 1;
	order = sv_span_compare(x->path, y->path);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Author and date of the commit at place; read again, for only a few are named. */
static int describe(struct sv_attribution *a, uint32_t place, struct sv_object_reader *reader,
		    struct sv_appearance *ret)
{
	const struct ordered *c = &a->commits.ptr[a->by_place[place]];
	SV_AUTO(sv_buf) content = {0};
	enum sv_object_type type;
	struct sv_commit commit;

	ret->commit = c->node->oid;
	ret->reachable = tier(c) == 0;
	ret->ref = c->ref == NO_REF ? "" : c->ref == REFLOG ? "reflog" : a->repo->refs[c->ref].name;
	ret->order = place;
	if (sv_object_reader_read(reader, &c->node->oid, &type, &content, NULL) == 0 &&
	    type == SV_OBJ_COMMIT &&
	    sv_commit_parse(sv_buf_span(&content), a->repo->oid_len, &commit) == 0) {
		ret->author =
			sv_arena_strndup(&a->arena, commit.author.who.ptr, commit.author.who.len);
		ret->date = commit.author.date;
	}
	return ret->author ? 0 : SV_ENOMEM;
}

static int add_appearance(struct sv_attribution *a, const struct sv_sighting *s,
			  struct sv_object_reader *reader)
{
	struct sv_appearance app = {.author = "", .ref = "", .order = s->order};
	int status = 0;

	app.path = sv_arena_strndup(&a->arena, s->path.ptr, s->path.len);
	if (app.path == NULL)
		return SV_ENOMEM;
	if (s->order < a->commits.len) {
		status = describe(a, s->order, reader, &app);
	} else {
		app.reachable = true;
		app.ref = a->repo->refs[TREE_OR_BLOB - 1 - s->order].name;
	}
	return status < 0 ? status : sv_vec_push(&a->found, app);
}

/* Commits and tags that are wanted themselves. */
static int add_itself(struct sv_attribution *a, const struct sv_oid *oid,
		      struct sv_object_reader *reader)
{
	const struct ordered *c = find_commit(a, oid);
	struct sv_appearance app = {.path = "", .author = "", .ref = ""};
	int status;

	if (c != NULL) {
		status = describe(a, c->place, reader, &app);
		return status < 0 ? status : sv_vec_push(&a->found, app);
	}
	for (size_t i = 0; i < a->tags.len; i++)
		if (sv_oid_equal(&a->tags.ptr[i].oid, oid)) {
			app.reachable = true;
			app.ref = a->repo->refs[a->tags.ptr[i].ref].name;
			return sv_vec_push(&a->found, app);
		}
	return 0;
}

int sv_attribution_finish(struct sv_attribution *a, struct sv_sightings *const *all, size_t n,
			  struct sv_object_reader *reader, struct sv_err *err)
{
	SV_VEC(struct sv_sighting) list = {0};
	SV_AUTO_FREE const struct sv_oid **by_index = calloc(a->n_wanted + 1, sizeof(*by_index));
	size_t at = 0;
	int status = by_index ? 0 : SV_ENOMEM;

	for (size_t i = 0; status == 0 && i < n; i++)
		for (size_t k = 0; status == 0 && k < all[i]->list.len; k++)
			status = sv_vec_push(&list, all[i]->list.ptr[k]);
	if (list.len != 0)
		qsort(list.ptr, list.len, sizeof(*list.ptr), by_wanted);
	for (size_t i = 0; status == 0 && i < a->n_wanted; i++)
		by_index[a->wanted[i].index] = &a->wanted[i].oid;
	for (uint32_t w = 0; status == 0 && w < a->n_wanted + a->n_names; w++) {
		a->first[w] = a->found.len;
		if (w < a->n_wanted)
			status = add_itself(a, by_index[w], reader);
		for (size_t start = at; status == 0 && at < list.len && list.ptr[at].wanted == w;
		     at++)
			if (at == start || !sv_span_equal(list.ptr[at].path, list.ptr[at - 1].path))
				status = add_appearance(a, &list.ptr[at], reader);
	}
	a->first[a->n_wanted + a->n_names] = a->found.len;
	sv_vec_release(&list);
	return status < 0 ? sv_err_set(err, status, "out of memory") : 0;
}

const struct sv_appearance *sv_attribution_get(const struct sv_attribution *a, size_t index,
					       size_t *ret_n)
{
	*ret_n = a->first[index + 1] - a->first[index];
	return a->found.ptr + a->first[index];
}
