/* Trees compared: what one changes against all of its parents'. */
#include "base/seen.h"
#include "git/range.h"

#define MAX_DEPTH 1000
#define MAX_TREE  (256u << 20)
#define MANY_VISITS                                                                                \
	20000 /* trees of one comparison; past that a pair that was met is not met again */

struct compare {
	const struct sv_tree_diff *diff;
	struct sv_buf path;
	size_t visits;
	struct sv_seen met;
};

void sv_tree_release(struct sv_tree *e)
{
	sv_buf_release(&e->bytes);
	sv_vec_release(&e->list);
}

static int by_name(const void *a, const void *b)
{
	const struct sv_tree_entry *x = a, *y = b;

	return sv_span_compare(x->name, y->name);
}

int sv_tree_load(struct sv_lookup *lookup, unsigned oid_len, const struct sv_oid *tree,
		 struct sv_tree *ret)
{
	enum sv_object_type type;
	struct sv_tree_entry e;
	struct sv_span rest;
	int status, more = 1;

	if (tree->len == 0)
		return 0;
	status = sv_lookup_read(lookup, tree, MAX_TREE, &type, &ret->bytes, NULL);
	if (status == 0 && type != SV_OBJ_TREE)
		status = SV_ECORRUPT;
	rest = sv_buf_span(&ret->bytes);
	while (status == 0 && (more = sv_tree_next(&rest, oid_len, &e)) == 1)
		status = sv_vec_push(&ret->list, e);
	if (status == 0 && ret->list.len != 0)
		qsort(ret->list.ptr, ret->list.len, sizeof(*ret->list.ptr), by_name);
	return status == 0 && more < 0 ? more : status;
}

const struct sv_tree_entry *sv_tree_get(const struct sv_tree *e, struct sv_span name)
{
	struct sv_tree_entry key = {.name = name};

	return e->list.len ? bsearch(&key, e->list.ptr, e->list.len, sizeof(key), by_name) : NULL;
}

static struct sv_oid oid_of(const struct sv_tree_entry *e, unsigned oid_len)
{
	struct sv_oid oid = {.len = (uint8_t)oid_len};

	memcpy(oid.bytes, e->oid, oid_len);
	return oid;
}

/* 0: these trees were compared before, at another path; their blobs are known then */
static int is_new_pair(struct compare *c, const struct sv_oid *tree, const struct sv_oid *parents,
		       size_t n)
{
	uint64_t hash = sv_hash64(tree->bytes, SV_OID_MAX, 1);

	for (size_t i = 0; i < n; i++)
		hash = sv_hash64(parents[i].bytes, SV_OID_MAX, hash);
	return sv_seen_add(&c->met, hash);
}

static int compare(struct compare *c, const struct sv_oid *tree, const struct sv_oid *parents,
		   size_t n, int depth);

static int push_name(struct compare *c, struct sv_span name)
{
	int status = c->path.len ? sv_buf_putc(&c->path, '/') : 0;

	return status == 0 ? sv_buf_append(&c->path, name.ptr, name.len) : status;
}

static int on_entry(struct compare *c, const struct sv_tree_entry *e, const struct sv_tree *olds,
		    size_t n, int depth)
{
	const struct sv_tree_diff *diff = c->diff;
	struct sv_oid before[SV_RANGE_PARENTS], oid = oid_of(e, diff->oid_len);
	struct sv_oid trees[SV_RANGE_PARENTS];
	struct sv_tree_change change = {.name = e->name,
					.mode = e->mode,
					.oid = oid,
					.before = before,
					.n_before = n,
					.is_new_name = true};
	bool is_tree = sv_tree_entry_is_tree(e);
	size_t len = c->path.len;
	int status;

	for (size_t i = 0; i < n; i++) {
		const struct sv_tree_entry *old = sv_tree_get(&olds[i], e->name);
		bool old_is_tree = old && sv_tree_entry_is_tree(old);

		before[i] = trees[i] = (struct sv_oid){0};
		if (old == NULL)
			continue;
		change.is_new_name = false;
		if (old_is_tree)
			trees[i] = oid_of(old, diff->oid_len);
		else if ((old->mode & 0170000) != 0160000)
			before[i] = oid_of(old, diff->oid_len);
		if (old_is_tree == is_tree && memcmp(old->oid, e->oid, diff->oid_len) == 0)
			return 0;
	}
	status = push_name(c, e->name);
	change.path = sv_buf_span(&c->path);
	if (status == 0)
		status = diff->on_change(&change, diff->payload);
	if (status == 0 && is_tree)
		status = compare(c, &oid, trees, n, depth + 1);
	sv_buf_commit(&c->path, len);
	return status;
}

static int tell_removed(struct compare *c, const struct sv_tree *now, const struct sv_tree *olds,
			size_t n)
{
	size_t len = c->path.len;
	int status = 0;

	for (size_t p = 0; p < n; p++)
		for (size_t i = 0; status == 0 && i < olds[p].list.len; i++) {
			const struct sv_tree_entry *e = &olds[p].list.ptr[i];
			struct sv_oid oid = oid_of(e, c->diff->oid_len);

			if (sv_tree_get(now, e->name) != NULL)
				continue;
			status = push_name(c, e->name);
			if (status == 0)
				status = c->diff->on_removed(sv_buf_span(&c->path), e->mode, &oid,
							     c->diff->payload);
			sv_buf_commit(&c->path, len);
		}
	return status;
}

static int compare(struct compare *c, const struct sv_oid *tree, const struct sv_oid *parents,
		   size_t n, int depth)
{
	struct sv_tree now = {0};
	struct sv_tree *olds = NULL;
	int status;

	if (sv_cancel_level(c->diff->cancel) != 0)
		return SV_ECANCELLED;
	if (depth > MAX_DEPTH)
		return c->diff->on_unread(tree, SV_ETOOBIG, c->diff->payload);
	if (++c->visits > MANY_VISITS) {
		status = is_new_pair(c, tree, parents, n);
		if (status != 1)
			return status;
	}
	status = sv_tree_load(c->diff->lookup, c->diff->oid_len, tree, &now);
	if (status < 0 && status != SV_ENOMEM)
		status = c->diff->on_unread(tree, status, c->diff->payload);
	olds = calloc(n + 1, sizeof(*olds));
	if (olds == NULL)
		status = SV_ENOMEM;
	/* a parent that cannot be read has nothing: more is shown, never less */
	for (size_t i = 0; status == 0 && i < n; i++)
		if (sv_tree_load(c->diff->lookup, c->diff->oid_len, &parents[i], &olds[i]) ==
		    SV_ENOMEM)
			status = SV_ENOMEM;
	for (size_t i = 0; status == 0 && i < now.list.len; i++)
		status = on_entry(c, &now.list.ptr[i], olds, n, depth);
	if (status == 0 && c->diff->on_removed)
		status = tell_removed(c, &now, olds, n);
	for (size_t i = 0; olds && i < n; i++)
		sv_tree_release(&olds[i]);
	free(olds);
	sv_tree_release(&now);
	return status;
}

int sv_tree_diff(const struct sv_tree_diff *diff, const struct sv_oid *tree,
		 const struct sv_oid *parents, size_t n)
{
	struct compare c = {.diff = diff};
	int status = 0;

	for (size_t i = 0; i < n; i++)
		if (sv_oid_equal(&parents[i], tree))
			return 0;
	status = compare(&c, tree, parents, n, 0);
	sv_buf_release(&c.path);
	sv_seen_release(&c.met);
	return status;
}

int sv_tree_find(struct sv_lookup *lookup, unsigned oid_len, const struct sv_oid *tree,
		 struct sv_span path, uint32_t *ret_mode, struct sv_oid *ret_oid)
{
	struct sv_oid at = *tree;
	int status = 0;

	for (int depth = 0; status == 0 && depth < MAX_DEPTH; depth++) {
		const uint8_t *slash = path.len ? memchr(path.ptr, '/', path.len) : NULL;
		struct sv_span name =
			sv_span(path.ptr, slash ? (size_t)(slash - path.ptr) : path.len);
		struct sv_tree e = {0};
		const struct sv_tree_entry *found;

		status = sv_tree_load(lookup, oid_len, &at, &e);
		found = status == 0 ? sv_tree_get(&e, name) : NULL;
		if (found != NULL) {
			at = oid_of(found, oid_len);
			*ret_mode = found->mode;
		}
		sv_tree_release(&e);
		if (found == NULL || (slash && (*ret_mode & 0170000) != 040000))
			return status < 0 ? status : SV_ENOTFOUND;
		if (slash == NULL) {
			*ret_oid = at;
			return 0;
		}
		path = sv_span(slash + 1, path.len - name.len - 1);
	}
	return status < 0 ? status : SV_ENOTFOUND;
}

int sv_commit_tree(struct sv_lookup *lookup, const struct sv_oid *commit, unsigned oid_len,
		   struct sv_oid *ret_tree)
{
	SV_AUTO(sv_buf) content = {0};
	enum sv_object_type type;
	struct sv_commit c;
	int status = sv_lookup_read(lookup, commit, 0, &type, &content, NULL);

	if (status == 0 && type != SV_OBJ_COMMIT)
		status = SV_EINVAL;
	if (status == 0)
		status = sv_commit_parse(sv_buf_span(&content), oid_len, &c);
	if (status == 0)
		*ret_tree = c.tree;
	return status;
}
