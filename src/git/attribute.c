#include "git/attribute.h"
#include <sodium.h>

#define NO_REF	     UINT32_MAX
#define REFLOG	     (UINT32_MAX - 1)
#define TREE_OR_BLOB UINT32_MAX

struct sv_commit_node {
	struct sv_oid oid, tree;
	int64_t date;
	uint32_t first_parent, n_parents;
};

struct sighting {
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

struct sv_attribution {
	const struct sv_repo *repo;
	const struct sv_commit_graph *graph;
	const struct sv_wanted *wanted;
	struct sv_holders *holders;
	SV_VEC(struct ordered) commits; /* sorted by id */
	uint32_t *table;		/* of them, by hash: number + 1; 0: free */
	size_t n_table;
	uint64_t seed; /* nobody outside can build many commits of one hash */
	struct ordered **parents; /* by number in graph: NULL for one that is not here */
	uint32_t *by_place;		/* place → index in commits */
	SV_VEC(struct named) named;
	SV_VEC(struct named) tags; /* tag objects on the way from a ref */
	SV_VEC(struct sighting) sightings;
	SV_VEC(struct sv_appearance) found;
	size_t *first; /* by wanted number, and the end */
	struct sv_arena arena;
};

static int by_oid(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return sv_oid_compare(&x->node->oid, &y->node->oid);
}

static struct ordered *find_commit(const struct sv_attribution *a, const struct sv_oid *oid)
{
	for (size_t at = sv_hash64(oid->bytes, oid->len, a->seed);; at++) {
		uint32_t slot = a->table[at & (a->n_table - 1)];

		if (slot == 0)
			return NULL;
		if (sv_oid_equal(&a->commits.ptr[slot - 1].node->oid, oid))
			return &a->commits.ptr[slot - 1];
	}
}

/* The table of commits, and from it which of them the parents are. */
static int resolve_parents(struct sv_attribution *a)
{
	size_t n = a->graph->parents.len;

	for (a->n_table = 1024; a->n_table < 2 * a->commits.len;)
		a->n_table *= 2;
	a->table = calloc(a->n_table, sizeof(*a->table));
	a->parents = malloc((n + 1) * sizeof(*a->parents));
	if (a->table == NULL || a->parents == NULL)
		return SV_ENOMEM;
	randombytes_buf(&a->seed, sizeof(a->seed));
	for (size_t i = 0; i < a->commits.len; i++) {
		const struct sv_oid *oid = &a->commits.ptr[i].node->oid;
		size_t at = sv_hash64(oid->bytes, oid->len, a->seed);

		while (a->table[at & (a->n_table - 1)] != 0)
			at++;
		a->table[at & (a->n_table - 1)] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < n; i++)
		a->parents[i] = find_commit(a, &a->graph->parents.ptr[i]);
	return 0;
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
			commit = a->parents[node->first_parent + p];
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
				struct ordered *parent = a->parents[node->first_parent + p];

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

static int prepare(struct sv_attribution *a, struct sv_object_reader *reader)
{
	size_t kept = 0;
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
	a->first = calloc(a->wanted->n_oids + a->wanted->n_names + 2, sizeof(*a->first));
	if (!a->by_place || !a->first)
		return SV_ENOMEM;
	if (status == 0)
		status = resolve_parents(a);
	for (uint32_t i = 0; status == 0 && i < a->repo->n_refs; i++)
		status = mark_ref(a, i, reader);
	for (size_t i = 0; status == 0 && i < a->repo->n_reflog; i++)
		status = mark(a, &a->repo->reflog[i], REFLOG);
	return status < 0 ? status : place_all(a);
}

int sv_attribution_new(const struct sv_repo *repo, const struct sv_objects *objects,
		       const struct sv_commit_graph *graph, const struct sv_wanted *wanted,
		       struct sv_object_reader *reader, struct sv_attribution **ret_attribution,
		       struct sv_err *err)
{
	struct sv_attribution *a = calloc(1, sizeof(*a));
	int status = a ? 0 : SV_ENOMEM;

	if (status == 0) {
		a->repo = repo;
		a->graph = graph;
		a->wanted = wanted;
		status = sv_holders_new(objects, repo->oid_len, wanted, &a->holders);
	}
	if (status == 0)
		status = prepare(a, reader);
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
	sv_vec_release(&a->sightings);
	sv_vec_release(&a->found);
	sv_holders_free(a->holders);
	free(a->by_place);
	free(a->table);
	free(a->parents);
	free(a->first);
	sv_arena_release(&a->arena);
	free(a);
}

const struct sv_holders *sv_attribution_holders(const struct sv_attribution *a)
{
	return a->holders;
}

/* ---- what commits show ---- */

/* what the walk from a tree gets */
struct seer {
	struct sv_attribution *a;
	uint32_t order;
};

static int see(size_t wanted, struct sv_span path, void *payload)
{
	struct seer *seer = payload;
	struct sv_attribution *a = seer->a;
	struct sighting s = {(uint32_t)wanted, seer->order, {0}};

	if (wanted == SIZE_MAX)
		return 0;
	s.path = sv_span(sv_arena_strndup(&a->arena, path.ptr, path.len), path.len);
	return s.path.ptr ? sv_vec_push(&a->sightings, s) : SV_ENOMEM;
}

/* Has the commit at place no parent that comes before it? */
static bool is_root(const struct sv_attribution *a, uint32_t place)
{
	const struct sv_commit_node *node = a->commits.ptr[a->by_place[place]].node;

	for (uint32_t p = 0; p < node->n_parents; p++) {
		const struct ordered *parent = a->parents[node->first_parent + p];

		if (parent != NULL && parent->place < place)
			return false;
	}
	return true;
}

/*
 * The first commit in order that has a thing at a path is the one that brought it there: its parents
 * come before it. What comes later adds nothing, so one walk from all commits in order is enough.
 */
static int see_all(struct sv_attribution *a)
{
	struct seer seer = {a, 0};
	int status = 0;

	for (uint32_t place = 0; status == 0 && place < a->commits.len; place++) {
		const struct sv_commit_node *node = a->commits.ptr[a->by_place[place]].node;
		size_t itself = sv_wanted_oid(a->wanted, &node->tree);

		seer.order = place;
		if (itself != SIZE_MAX && is_root(a, place))
			status = see(itself, sv_span("", 0), &seer);
		if (status == 0)
			status = sv_holders_walk(a->holders, &node->tree, see, &seer);
	}
	for (size_t i = a->named.len; status == 0 && i-- > 0;) {
		const struct named *named = &a->named.ptr[i];

		seer.order = TREE_OR_BLOB - 1 - named->ref;
		status = see(sv_wanted_oid(a->wanted, &named->oid), sv_span("", 0), &seer);
		if (status == 0 && named->type == SV_OBJ_TREE)
			status = sv_holders_walk(a->holders, &named->oid, see, &seer);
	}
	return status;
}

/* ---- the answers ---- */

static int by_wanted(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;
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

static int add_appearance(struct sv_attribution *a, const struct sighting *s,
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

int sv_attribution_finish(struct sv_attribution *a, struct sv_tree_notes *const *notes, size_t n,
			  struct sv_object_reader *reader, struct sv_err *err)
{
	size_t n_wanted = a->wanted->n_oids + a->wanted->n_names, at = 0;
	int status = sv_holders_finish(a->holders, notes, n);

	if (status == 0)
		status = see_all(a);
	if (a->sightings.len != 0)
		qsort(a->sightings.ptr, a->sightings.len, sizeof(*a->sightings.ptr), by_wanted);
	for (size_t w = 0; status == 0 && w < n_wanted; w++) {
		const struct sighting *list = a->sightings.ptr;

		a->first[w] = a->found.len;
		if (w < a->wanted->n_oids)
			status = add_itself(a, &a->wanted->oids[w], reader);
		for (size_t start = at;
		     status == 0 && at < a->sightings.len && list[at].wanted == w; at++)
			if (at == start || !sv_span_equal(list[at].path, list[at - 1].path))
				status = add_appearance(a, &list[at], reader);
	}
	a->first[n_wanted] = a->found.len;
	return status < 0 ? sv_err_set(err, status, "out of memory") : 0;
}

const struct sv_appearance *sv_attribution_get(const struct sv_attribution *a, size_t index,
					       size_t *ret_n)
{
	*ret_n = a->first[index + 1] - a->first[index];
	return a->found.ptr + a->first[index];
}
