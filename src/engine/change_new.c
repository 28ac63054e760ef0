/*
 * What was found in a change, judged: where it shows, and whether its lines are new there. Lines
 * that any parent has in that file (or in one that the same commit removes, as a rename does) are
 * not: who touches a file is not told of what others left in it.
 */
#include "engine/change.h"
#include <fcntl.h>
#include <unistd.h>

#define MAX_PATHS   100		/* that are told for one object */
#define MAX_REMOVED 200		/* files that a rename is looked for in */
#define MAX_OLD	    (64u << 20) /* a larger old version is not compared: more is told, never less */
#define NO_COMMIT   UINT32_MAX

/* a blob's content, kept until another is asked for */
struct held {
	struct sv_oid oid;
	struct sv_buf content;
	bool good;
};

struct id_index {
	struct sv_oid oid; /* first: sv_oid_order() */
	uint32_t at;
};

struct placing {
	struct sv_run *run;
	struct sv_change *change;
	struct sv_lookup **lookups;	       /* by worker */
	struct sv_change_sightings *sightings; /* by worker; the first gets all */
	struct sv_oid *oids;		       /* wanted: sorted */
	struct sv_span *names;		       /* wanted: sorted */
	size_t n_oids, n_names;
	struct id_index *commits;      /* sorted by id */
	uint32_t *tip_of;	       /* by commit: the tip that leads there */
	SV_VEC(struct id_index) loose; /* trees and blobs that a tip names; at: the tip */
	struct held now, before;
	uint32_t removed_of; /* the commit that removed speaks of */
	SV_VEC(struct sv_oid) removed;
	atomic_size_t next;
};

/* ---- lines ---- */

/* The whole lines that hold the bytes from at on. */
static struct sv_span lines_at(struct sv_span content, uint64_t at, uint64_t len)
{
	const uint8_t *start, *end;

	if (at > content.len || len > content.len - at)
		return sv_span(NULL, 0);
	start = at ? memrchr(content.ptr, '\n', at) : NULL;
	start = start ? start + 1 : content.ptr;
	end = memchr(content.ptr + at + len, '\n', content.len - at - len);
	end = end ? end : content.ptr + content.len;
	while (end > start && end[-1] == '\r')
		end--;
	return sv_span(start, (size_t)(end - start));
}

static bool has_lines(struct sv_span old, struct sv_span lines)
{
	const uint8_t *end = old.ptr + old.len, *at = old.ptr;

	while (lines.len != 0 && at != NULL && (size_t)(end - at) >= lines.len) {
		at = memmem(at, (size_t)(end - at), lines.ptr, lines.len);
		if (at == NULL)
			return false;
		if ((at == old.ptr || at[-1] == '\n') &&
		    (at + lines.len == end || at[lines.len] == '\n' || at[lines.len] == '\r'))
			return true;
		at++;
	}
	return false;
}

static bool hold(struct placing *p, struct held *h, const struct sv_oid *oid)
{
	enum sv_object_type type;

	if (!sv_oid_equal(&h->oid, oid)) {
		h->oid = *oid;
		h->good = sv_lookup_read(p->lookups[0], oid, 0, &type, &h->content, NULL) == 0 &&
			  type == SV_OBJ_BLOB;
	}
	return h->good;
}

static bool blob_has(struct placing *p, const struct sv_oid *oid, struct sv_span lines)
{
	return hold(p, &p->before, oid) && p->before.content.len <= MAX_OLD &&
	       has_lines(sv_buf_span(&p->before.content), lines);
}

/* ---- what a commit removes ---- */

static int add_removed(struct placing *p, uint32_t mode, const struct sv_oid *oid, int depth)
{
	SV_AUTO(sv_tree) tree = {0};
	int status = 0;

	if (p->removed.len >= MAX_REMOVED || depth > 100 || (mode & 0170000) == 0160000)
		return 0;
	if ((mode & 0170000) != 0040000)
		return sv_vec_push(&p->removed, *oid);
	if (sv_tree_load(p->lookups[0], p->change->git->oid_len, oid, &tree) < 0)
		return 0;
	for (size_t i = 0; status == 0 && i < tree.list.len; i++) {
		struct sv_oid below = {.len = oid->len};

		memcpy(below.bytes, tree.list.ptr[i].oid, oid->len);
		status = add_removed(p, tree.list.ptr[i].mode, &below, depth + 1);
	}
	return status;
}

static int on_removed(struct sv_span path, uint32_t mode, const struct sv_oid *oid, void *payload)
{
	(void)path;
	return add_removed(payload, mode, oid, 0);
}

static int skip_change(const struct sv_tree_change *change, void *payload)
{
	(void)change;
	(void)payload;
	return 0;
}

static int skip_unread(const struct sv_oid *tree, int status, void *payload)
{
	(void)tree;
	(void)payload;
	return status == SV_ENOMEM ? status : 0; /* the scan has told it */
}

static size_t parent_trees(const struct sv_change *c, struct sv_lookup *lookup,
			   const struct sv_range_commit *commit,
			   struct sv_oid ret[SV_RANGE_PARENTS])
{
	size_t n = 0;

	for (; n < commit->n_parents && n < SV_RANGE_PARENTS; n++)
		if (sv_commit_tree(lookup, &c->range.parents.ptr[commit->first_parent + n],
				   c->git->oid_len, &ret[n]) < 0)
			ret[n] = (struct sv_oid){0};
	return n;
}

static int find_removed(struct placing *p, uint32_t commit)
{
	struct sv_change *c = p->change;
	struct sv_tree_diff diff = {
		p->lookups[0], c->git->oid_len, skip_change, on_removed, skip_unread, NULL, p};
	struct sv_oid parents[SV_RANGE_PARENTS];
	int status = 0;

	if (p->removed_of == commit)
		return 0;
	p->removed_of = commit;
	p->removed.len = 0;
	if (commit != NO_COMMIT) {
		const struct sv_range_commit *rc = &c->range.commits.ptr[commit];
		size_t n = parent_trees(c, p->lookups[0], rc, parents);

		return sv_tree_diff(&diff, &rc->tree, parents, n);
	}
	for (size_t i = 0; status == 0 && i < c->removed.len; i++) {
		enum sv_object_type type;
		SV_AUTO(sv_buf) content = {0};

		/* the index does not say which of them are folders */
		if (sv_lookup_read(p->lookups[0], &c->removed.ptr[i], MAX_OLD, &type, &content,
				   NULL) == 0)
			status = add_removed(p, type == SV_OBJ_TREE ? 0040000 : 0100644,
					     &c->removed.ptr[i], 0);
	}
	return status;
}

/* 1: no parent has these lines; 0: one has them; SV_ENOMEM */
static int are_new(struct placing *p, struct sv_span lines, const struct sv_oid *before, size_t n,
		   uint32_t commit)
{
	bool had_file = false;
	int status = 0;

	for (size_t i = 0; i < n; i++) {
		had_file |= before[i].len != 0;
		if (before[i].len != 0 && blob_has(p, &before[i], lines))
			return 0;
	}
	if (!had_file)
		status = find_removed(p, commit);
	for (size_t i = 0; status == 0 && !had_file && i < p->removed.len; i++)
		if (blob_has(p, &p->removed.ptr[i], lines))
			return 0;
	return status < 0 ? status : 1;
}

/* ---- files of the index and the working tree ---- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sv_change_item *)a)->path,
		      ((const struct sv_change_item *)b)->path);
}

static int read_file(struct placing *p, const struct sv_change_item *item)
{
	SV_AUTO_FREE char *path = sv_path_join(p->change->git->worktree, item->path);

	/* its lines are only compared: what lies behind a link put there meanwhile shows nothing */
	p->now.oid = (struct sv_oid){0};
	p->now.good = path && sv_file_read(path, &p->now.content, NULL) == 0;
	return p->now.good ? 0 : SV_EIO;
}

static bool name_is_old(struct placing *p, const struct sv_hit *hit)
{
	struct sv_span path = hit->place.path;
	size_t end = (size_t)(hit->place.offset + hit->place.length);
	const uint8_t *slash = end < path.len ? memchr(path.ptr + end, '/', path.len - end) : NULL;
	struct sv_oid oid;
	uint32_t mode;

	if (slash != NULL)
		path.len = (size_t)(slash - path.ptr);
	for (size_t i = 0; i < p->change->bases.len; i++)
		if (sv_tree_find(p->lookups[0], p->change->git->oid_len, &p->change->bases.ptr[i],
				 path, &mode, &oid) == 0)
			return true;
	return false;
}

/* 1: keep it; 0: it is not new; SV_ENOMEM */
static int judge_item(struct placing *p, const struct sv_hit *hit)
{
	const struct sv_change *c = p->change;
	SV_AUTO_FREE char *path = strndup((const char *)hit->place.path.ptr, hit->place.path.len);
	struct sv_change_item key = {.path = path}, *item;
	struct sv_span lines;
	bool good;

	if (path == NULL)
		return SV_ENOMEM;
	if (hit->place.where == SV_WHERE_PATH)
		return !name_is_old(p, hit);
	item = c->items.len ? bsearch(&key, c->items.ptr, c->items.len, sizeof(key), by_path)
			    : NULL;
	if (item == NULL)
		return 1;
	good = c->options->kind == SV_CHANGE_STAGED ? hold(p, &p->now, &item->oid)
						    : read_file(p, item) == 0;
	lines = good ? lines_at(sv_buf_span(&p->now.content), hit->place.offset, hit->place.length)
		     : sv_span(NULL, 0);
	return lines.len ? are_new(p, lines, item->before, item->n_before, NO_COMMIT) : 1;
}

static int place_items(struct placing *p, size_t first)
{
	struct sv_run *run = p->run;
	size_t kept = first;
	int status = 0;

	if (p->change->items.len != 0)
		qsort(p->change->items.ptr, p->change->items.len, sizeof(*p->change->items.ptr),
		      by_path);
	for (size_t i = first; i < run->hits.len; i++) {
		if (status >= 0 && !sv_change__stopped(p->change, 2))
			status = judge_item(p, &run->hits.ptr[i]);
		if (status < 0 || status == 1)
			run->hits.ptr[kept++] = run->hits.ptr[i];
		else
			run->report.n_not_new++;
	}
	run->hits.len = kept;
	return status < 0 ? status : 0;
}

/* ---- commits ---- */

static int by_span(const void *a, const void *b)
{
	return sv_span_compare(*(const struct sv_span *)a, *(const struct sv_span *)b);
}

static int collect_wanted(struct placing *p, size_t first)
{
	const struct sv_run *run = p->run;
	size_t n = run->hits.len - first, oids = 0, names = 0;

	p->oids = calloc(n + 1, sizeof(*p->oids));
	p->names = calloc(n + 1, sizeof(*p->names));
	if (p->oids == NULL || p->names == NULL)
		return SV_ENOMEM;
	for (size_t i = first; i < run->hits.len; i++) {
		const struct sv_hit *hit = &run->hits.ptr[i];

		if (hit->place.where == SV_WHERE_BLOB)
			p->oids[oids++] = hit->oid;
		else if (hit->place.where == SV_WHERE_PATH)
			p->names[names++] = hit->place.path;
	}
	qsort(p->oids, oids, sizeof(*p->oids), sv_oid_order);
	qsort(p->names, names, sizeof(*p->names), by_span);
	for (size_t i = 0; i < oids; i++)
		if (i == 0 || !sv_oid_equal(&p->oids[i], &p->oids[p->n_oids - 1]))
			p->oids[p->n_oids++] = p->oids[i];
	for (size_t i = 0; i < names; i++)
		if (i == 0 || !sv_span_equal(p->names[i], p->names[p->n_names - 1]))
			p->names[p->n_names++] = p->names[i];
	return 0;
}

struct looker {
	struct placing *p;
	struct sv_change_sightings *sightings;
	uint32_t commit, tip;
};

static int add_sighting(struct looker *l, uint32_t wanted, const struct sv_tree_change *change)
{
	struct sv_arena *arena = &l->sightings->arena;
	char *path = sv_arena_strndup(arena, change->path.ptr, change->path.len);
	struct sv_oid *before = sv_arena_alloc(arena, (change->n_before + 1) * sizeof(*before));
	struct sv_change_sighting s = {
		.wanted = wanted,
		.commit = l->commit,
		.tip = l->tip,
		.path = sv_span(path, change->path.len),
		.before = before,
		.n_before = (uint32_t)change->n_before,
	};

	if (path == NULL || before == NULL)
		return SV_ENOMEM;
	if (change->n_before != 0)
		memcpy(before, change->before, change->n_before * sizeof(*before));
	return sv_vec_push(&l->sightings->list, s);
}

static int on_change(const struct sv_tree_change *change, void *payload)
{
	struct looker *l = payload;
	const struct placing *p = l->p;
	const struct sv_oid *oid =
		p->n_oids ? bsearch(&change->oid, p->oids, p->n_oids, sizeof(*oid), sv_oid_order)
			  : NULL;
	const struct sv_span *name;
	int status = 0;

	if (oid != NULL)
		status = add_sighting(l, (uint32_t)(oid - p->oids), change);
	if (status < 0 || !change->is_new_name || p->n_names == 0)
		return status;
	name = bsearch(&change->name, p->names, p->n_names, sizeof(*name), by_span);
	return name ? add_sighting(l, (uint32_t)(p->n_oids + (size_t)(name - p->names)), change)
		    : 0;
}

static int look_at_commits(struct sv_worker *w, void *payload)
{
	struct placing *p = payload;
	const struct sv_change *c = p->change;
	size_t me = (size_t)(w - w->run->workers), at;
	struct looker l = {p, &p->sightings[me], 0, 0};
	struct sv_tree_diff diff = {
		p->lookups[me], c->git->oid_len, on_change, NULL, skip_unread, NULL, &l};
	int status = 0;

	while (status == 0 && !sv_change__stopped(c, 2) &&
	       (at = atomic_fetch_add(&p->next, 1)) < c->range.commits.len) {
		const struct sv_range_commit *commit = &c->range.commits.ptr[at];
		struct sv_oid parents[SV_RANGE_PARENTS];
		size_t n = parent_trees(c, diff.lookup, commit, parents);

		l.commit = (uint32_t)at;
		status = sv_tree_diff(&diff, &commit->tree, parents, n);
		atomic_fetch_add_explicit(&w->done, 1, memory_order_relaxed);
	}
	return status;
}

static int index_commits(struct placing *p)
{
	const struct sv_range *r = &p->change->range;

	p->commits = calloc(r->commits.len + 1, sizeof(*p->commits));
	p->tip_of = malloc((r->commits.len + 1) * sizeof(*p->tip_of));
	if (p->commits == NULL || p->tip_of == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < r->commits.len; i++) {
		p->commits[i] = (struct id_index){r->commits.ptr[i].oid, (uint32_t)i};
		p->tip_of[i] = UINT32_MAX;
	}
	qsort(p->commits, r->commits.len, sizeof(*p->commits), sv_oid_order);
	return 0;
}

/* The number of a commit of the range; NO_COMMIT: it is not in it. */
static uint32_t commit_at(const struct placing *p, const struct sv_oid *oid)
{
	const struct id_index *found =
		p->change->range.commits.len
			? bsearch(oid, p->commits, p->change->range.commits.len,
				  sizeof(*p->commits), sv_oid_order)
			: NULL;

	return found ? found->at : NO_COMMIT;
}

/* What a tip leads to is that tip's; of several, the first one's. */
static void spread_tips(struct placing *p)
{
	const struct sv_range *r = &p->change->range;

	/* parents come before children, so one pass down marks all */
	for (size_t i = r->commits.len; i-- > 0;) {
		const struct sv_range_commit *c = &r->commits.ptr[i];

		for (uint32_t k = 0; k < c->n_parents; k++) {
			uint32_t at = commit_at(p, &r->parents.ptr[c->first_parent + k]);

			if (at != NO_COMMIT && p->tip_of[i] < p->tip_of[at])
				p->tip_of[at] = p->tip_of[i];
		}
	}
}

/* What each tip names, through its tags. */
static int follow_tips(struct placing *p)
{
	const struct sv_change *c = p->change;
	SV_AUTO(sv_buf) content = {0};
	int status = 0;

	for (size_t i = 0; status == 0 && i < c->tips.len; i++) {
		struct sv_oid oid = c->tips.ptr[i];

		for (int depth = 0; status == 0 && depth < 1000; depth++) {
			uint32_t commit = commit_at(p, &oid);
			enum sv_object_type type;
			struct sv_tag tag;

			if (commit != NO_COMMIT && p->tip_of[commit] > i)
				p->tip_of[commit] = (uint32_t)i;
			if (commit != NO_COMMIT ||
			    sv_lookup_read(p->lookups[0], &oid, 0, &type, &content, NULL) < 0 ||
			    type == SV_OBJ_COMMIT)
				break;
			status = sv_vec_push(&p->loose, ((struct id_index){oid, (uint32_t)i}));
			if (type != SV_OBJ_TAG ||
			    sv_tag_parse(sv_buf_span(&content), c->git->oid_len, &tag) < 0)
				break;
			oid = tag.object;
		}
	}
	spread_tips(p);
	return status;
}

/* Wanted things below trees that a tip names itself, and such blobs. */
static int look_at_tips(struct placing *p)
{
	struct looker l = {p, &p->sightings[0], NO_COMMIT, 0};
	struct sv_tree_diff diff = {
		p->lookups[0], p->change->git->oid_len, on_change, NULL, skip_unread, NULL, &l};
	int status = 0;

	for (size_t i = 0; status == 0 && i < p->loose.len; i++) {
		struct sv_tree_change change = {.oid = p->loose.ptr[i].oid};
		enum sv_object_type type;
		SV_AUTO(sv_buf) content = {0};

		l.tip = p->loose.ptr[i].at;
		if (sv_lookup_read(p->lookups[0], &change.oid, 0, &type, &content, NULL) < 0)
			continue;
		if (type == SV_OBJ_TREE)
			status = sv_tree_diff(&diff, &change.oid, NULL, 0);
		else if (type == SV_OBJ_BLOB)
			status = on_change(&change, &l);
	}
	return status;
}

static int by_sighting(const void *a, const void *b)
{
	const struct sv_change_sighting *x = a, *y = b;
	int order = (x->wanted > y->wanted) - (x->wanted < y->wanted);

	if (order == 0)
		order = sv_span_compare(x->path, y->path);
	return order ? order : (x->commit > y->commit) - (x->commit < y->commit);
}

static int gather_sightings(struct placing *p)
{
	struct sv_change_sightings *all = &p->sightings[0];
	int status = 0;

	for (unsigned i = 1; i < p->run->jobs; i++)
		for (size_t k = 0; status == 0 && k < p->sightings[i].list.len; k++)
			status = sv_vec_push(&all->list, p->sightings[i].list.ptr[k]);
	if (all->list.len != 0)
		qsort(all->list.ptr, all->list.len, sizeof(*all->list.ptr), by_sighting);
	return status;
}

/* The first sighting of a wanted thing; its number is where the next ones follow. */
static size_t first_sighting(const struct placing *p, uint32_t wanted)
{
	size_t low = 0, high = p->sightings[0].list.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->sightings[0].list.ptr[middle].wanted < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const char *tip_name(const struct sv_change *c, uint32_t tip)
{
	if (tip >= c->options->n_tips)
		return "";
	return c->options->tip_names ? c->options->tip_names[tip] : c->options->tips[tip];
}

/* Who made the commit, and when. */
static int fill_commit(struct placing *p, struct sv_hit *hit, uint32_t commit)
{
	const struct sv_change *c = p->change;
	const struct sv_range_commit *rc = &c->range.commits.ptr[commit];
	const char *ref = tip_name(c, p->tip_of[commit]);
	SV_AUTO(sv_buf) content = {0};
	enum sv_object_type type;
	struct sv_commit parsed;
	char *author = NULL;

	sv_oid_hex(&rc->oid, hit->place.commit);
	hit->order = commit;
	hit->place.reachable = p->tip_of[commit] != UINT32_MAX;
	ref = sv_arena_strdup(&p->run->arena, ref);
	if (sv_lookup_read(p->lookups[0], &rc->oid, 0, &type, &content, NULL) == 0 &&
	    sv_commit_parse(sv_buf_span(&content), c->git->oid_len, &parsed) == 0) {
		author = sv_arena_strndup(&p->run->arena, parsed.author.who.ptr,
					  parsed.author.who.len);
		hit->place.date = parsed.author.date;
		if (author == NULL)
			return SV_ENOMEM;
	}
	hit->place.author = sv_span_str(author ? author : "");
	hit->place.ref = sv_span_str(ref);
	return ref ? 0 : SV_ENOMEM;
}

static int fill(struct placing *p, struct sv_hit *hit, const struct sv_change_sighting *s)
{
	const char *path = sv_arena_strndup(&p->run->arena, s->path.ptr, s->path.len);

	if (path == NULL)
		return SV_ENOMEM;
	hit->place.path = sv_span(path, s->path.len);
	hit->place.in_history = true;
	if (s->commit != NO_COMMIT)
		return fill_commit(p, hit, s->commit);
	hit->place.reachable = true;
	path = sv_arena_strdup(&p->run->arena, tip_name(p->change, s->tip));
	hit->place.ref = sv_span_str(path);
	return path ? 0 : SV_ENOMEM;
}

/* 1, 0 or SV_ENOMEM */
static int is_new(struct placing *p, const struct sv_hit *hit, const struct sv_change_sighting *s)
{
	struct sv_span lines;

	/* names were looked for among the new ones only */
	if (hit->place.where != SV_WHERE_BLOB || s->commit == NO_COMMIT ||
	    !hold(p, &p->now, &hit->oid))
		return 1;
	lines = lines_at(sv_buf_span(&p->now.content), hit->place.offset, hit->place.length);
	return lines.len ? are_new(p, lines, s->before, s->n_before, s->commit) : 1;
}

/* A commit, a tag, or an object to which nothing leads. */
static int place_object(struct placing *p, struct sv_hit *hit)
{
	uint32_t commit = commit_at(p, &hit->oid);

	hit->place.in_history = hit->oid.len != 0;
	if (commit != NO_COMMIT)
		return fill_commit(p, hit, commit);
	for (size_t i = 0; i < p->loose.len; i++)
		if (sv_oid_equal(&p->loose.ptr[i].oid, &hit->oid)) {
			const char *ref = sv_arena_strdup(&p->run->arena,
							  tip_name(p->change, p->loose.ptr[i].at));

			hit->place.reachable = true;
			hit->place.ref = sv_span_str(ref);
			return ref ? 0 : SV_ENOMEM;
		}
	return 0;
}

static int wanted_number(const struct placing *p, const struct sv_hit *hit)
{
	if (hit->place.where == SV_WHERE_BLOB) {
		const struct sv_oid *found =
			bsearch(&hit->oid, p->oids, p->n_oids, sizeof(*found), sv_oid_order);

		return (int)(found - p->oids);
	}
	if (hit->place.where == SV_WHERE_PATH) {
		const struct sv_span *found =
			bsearch(&hit->place.path, p->names, p->n_names, sizeof(*found), by_span);

		return (int)(p->n_oids + (size_t)(found - p->names));
	}
	return -1;
}

/* Appends the hit once for each path at which it is new. */
static int place_hit(struct placing *p, const struct sv_hit *found, struct sv_hit **ret, size_t *n,
		     size_t *cap)
{
	const struct sv_change_sightings *all = &p->sightings[0];
	int wanted = wanted_number(p, found), status = 0;
	size_t at = wanted < 0 ? all->list.len : first_sighting(p, (uint32_t)wanted);
	bool seen = false, placed = false;
	const struct sv_span *last = NULL;
	struct {
		struct sv_hit *ptr;
		size_t len, cap;
	} out = {*ret, *n, *cap};

	for (size_t paths = 0; status >= 0 && paths < MAX_PATHS && at < all->list.len &&
			       all->list.ptr[at].wanted == (uint32_t)wanted;
	     at++) {
		const struct sv_change_sighting *s = &all->list.ptr[at];
		struct sv_hit hit = *found;

		seen = true;
		if (last != NULL && sv_span_equal(*last, s->path))
			continue; /* the earliest commit speaks for a path */
		status = p->change->options->whole_files ? 1 : is_new(p, &hit, s);
		if (status != 1)
			continue;
		last = &s->path;
		placed = true;
		paths++;
		if (found->oid.len != 0)
			sv_oid_hex(&found->oid, hit.place.object);
		status = fill(p, &hit, s);
		if (status == 0)
			status = sv_vec_push(&out, hit);
	}
	if (status >= 0 && !seen && found->place.where != SV_WHERE_PATH) {
		struct sv_hit hit = *found;

		if (found->oid.len != 0)
			sv_oid_hex(&found->oid, hit.place.object);
		status = place_object(p, &hit);
		if (status == 0)
			status = sv_vec_push(&out, hit);
	} else if (status >= 0 && !placed) {
		p->run->report.n_not_new++;
	}
	*ret = out.ptr;
	*n = out.len;
	*cap = out.cap;
	return status < 0 ? status : 0;
}

static int by_hit(const void *a, const void *b)
{
	const struct sv_hit *x = a, *y = b;
	int order = sv_oid_compare(&x->oid, &y->oid);

	if (order == 0)
		order = (int)x->place.where - (int)y->place.where;
	if (order == 0)
		order = sv_span_compare(x->place.path, y->place.path);
	if (order == 0)
		order = (x->place.offset > y->place.offset) - (x->place.offset < y->place.offset);
	if (order == 0)
		order = (x->place.length > y->place.length) - (x->place.length < y->place.length);
	return order ? order : strcmp(x->rule->id, y->rule->id);
}

/* In order of what they need read; two threads may have met the same name. */
static void sort_hits(struct sv_run *run, size_t first)
{
	size_t n = run->hits.len - first, kept = 0;
	struct sv_hit *hits = run->hits.ptr + first;

	if (n == 0)
		return;
	qsort(hits, n, sizeof(*hits), by_hit);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || by_hit(&hits[i], &hits[kept - 1]) != 0)
			hits[kept++] = hits[i];
	run->hits.len = first + kept;
}

static int place_commits(struct placing *p, size_t first)
{
	struct sv_run *run = p->run;
	struct sv_hit *placed = NULL;
	size_t n = 0, cap = 0;
	int status = collect_wanted(p, first);

	if (status == 0)
		status = index_commits(p);
	if (status == 0)
		status = follow_tips(p);
	if (status == 0 && p->n_oids + p->n_names != 0 && p->change->range.commits.len != 0)
		status = sv_run_work(run, "placing", p->change->range.commits.len, look_at_commits,
				     NULL, p);
	if (status == 0 && p->n_oids + p->n_names != 0)
		status = look_at_tips(p);
	if (status == 0)
		status = gather_sightings(p);
	for (size_t i = first; status == 0 && i < run->hits.len; i++) {
		if (sv_change__stopped(p->change, 2))
			break; /* what was found counts, placed or not */
		status = place_hit(p, &run->hits.ptr[i], &placed, &n, &cap);
	}
	if (status == 0 && !sv_change__stopped(p->change, 2)) {
		run->hits.len = first;
		for (size_t i = 0; status == 0 && i < n; i++)
			status = sv_vec_push(&run->hits, placed[i]);
	}
	free(placed);
	return status;
}

static int open_lookups(struct placing *p)
{
	int status = 0;

	p->lookups = calloc(p->run->jobs, sizeof(*p->lookups));
	p->sightings = calloc(p->run->jobs, sizeof(*p->sightings));
	if (p->lookups == NULL || p->sightings == NULL)
		return SV_ENOMEM;
	for (unsigned i = 0; status == 0 && i < p->run->jobs; i++)
		status = sv_change__lookup(p->change, &p->lookups[i], p->run->err);
	return status;
}

static void release(struct placing *p)
{
	for (unsigned i = 0; i < p->run->jobs; i++) {
		if (p->lookups)
			sv_lookup_free(p->lookups[i]);
		if (p->sightings) {
			sv_vec_release(&p->sightings[i].list);
			sv_arena_release(&p->sightings[i].arena);
		}
	}
	free(p->lookups);
	free(p->sightings);
	free(p->oids);
	free(p->names);
	free(p->commits);
	free(p->tip_of);
	sv_vec_release(&p->loose);
	sv_vec_release(&p->removed);
	/* they held secrets */
	if (p->now.content.ptr)
		sv_wipe(p->now.content.ptr, p->now.content.cap);
	sv_buf_release(&p->now.content);
	sv_buf_release(&p->before.content);
}

int sv_change__place(struct sv_run *run, struct sv_change *change, size_t first)
{
	struct placing p = {.run = run, .change = change, .removed_of = NO_COMMIT - 1};
	enum sv_change_kind kind = change->options->kind;
	bool items = kind == SV_CHANGE_STAGED || kind == SV_CHANGE_UNSTAGED;
	int status;

	if (run->hits.len == first || kind == SV_CHANGE_MESSAGE ||
	    (items && change->options->whole_files))
		return 0;
	sort_hits(run, first);
	status = open_lookups(&p);
	if (status == 0)
		status = items ? place_items(&p, first) : place_commits(&p, first);
	release(&p);
	return status;
}
