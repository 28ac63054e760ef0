/* Looking through a change: what is new, not yet what it holds. */
#include "engine/change.h"
#include "git/child.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_HEADS 65536

void sv_change__gap(const char *reason, const char *what, const char *detail, void *payload)
{
	struct sv_change *c = payload;
	struct sv_change_gap gap = {SV_GAP_UNREAD, reason, sv_arena_strdup(&c->arena, what),
				    sv_arena_strdup(&c->arena, detail)};

	if (gap.what && gap.detail)
		(void)sv_vec_push(&c->gaps, gap);
}

/* Objects that a broken pack held are missed one by one: that is told. */
static void no_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)reason;
	(void)what;
	(void)detail;
	(void)payload;
}

int sv_change__lookup(struct sv_change *c, struct sv_lookup **ret_lookup, struct sv_err *err)
{
	return sv_lookup_open(c->dirs, c->n_dirs, c->git->oid_len, no_gap, NULL, ret_lookup, err);
}

bool sv_change__is_known(const struct sv_change *c, const struct sv_oid *oid)
{
	return c->known.len &&
	       bsearch(oid, c->known.ptr, c->known.len, sizeof(*oid), sv_oid_order) != NULL;
}

static int add_dirs(struct sv_change *c)
{
	const struct sv_change_options *o = c->options;

	c->dirs = sv_arena_alloc(&c->arena, (o->n_alternates + 2) * sizeof(*c->dirs));
	if (c->dirs == NULL)
		return SV_ENOMEM;
	if (o->quarantine != NULL)
		c->dirs[c->n_dirs++] = o->quarantine;
	c->dirs[c->n_dirs++] = c->git->objects_dir;
	for (size_t i = 0; i < o->n_alternates; i++)
		c->dirs[c->n_dirs++] = o->alternates[i];
	return 0;
}

/* ---- what is staged ---- */

struct staging {
	struct sv_change *change;
	struct sv_buf path; /* of a folder that the index holds as one entry */
};

static int add_item(struct sv_change *c, const char *path, const struct sv_oid *oid, uint32_t mode,
		    const struct sv_oid *before)
{
	size_t n = c->bases.len ? c->bases.len : 1;
	struct sv_oid *all = sv_arena_alloc(&c->arena, n * sizeof(*all));
	struct sv_change_item item = {path, *oid, mode, all, n};

	if (all == NULL)
		return SV_ENOMEM;
	if (before != NULL)
		all[0] = *before;
	for (size_t i = 1; i < n; i++) {
		uint32_t other;

		if (sv_tree_find(c->lookup, c->git->oid_len, &c->bases.ptr[i], sv_span_str(path),
				 &other, &all[i]) < 0)
			all[i] = (struct sv_oid){0};
		/* a merge takes most files from one side as they are */
		if (sv_oid_equal(&all[i], oid))
			return 0;
	}
	return sv_vec_push(&c->items, item);
}

static bool is_file(uint32_t mode)
{
	return (mode & 0170000) == 0100000 || (mode & 0170000) == 0120000;
}

static struct sv_oid entry_oid(const struct sv_change *c, const struct sv_tree_entry *e)
{
	struct sv_oid oid = {.len = (uint8_t)c->git->oid_len};

	memcpy(oid.bytes, e->oid, oid.len);
	return oid;
}

static int on_sparse(const struct sv_tree_change *change, void *payload)
{
	struct staging *s = payload;
	struct sv_change *c = s->change;
	char *path;

	if (!is_file(change->mode))
		return 0;
	path = sv_arena_printf(&c->arena, "%s%.*s", sv_buf_str(&s->path), (int)change->path.len,
			       (const char *)change->path.ptr);
	return path ? add_item(c, path, &change->oid, change->mode, &change->before[0]) : SV_ENOMEM;
}

static int on_unread_tree(const struct sv_oid *tree, int status, void *payload)
{
	struct staging *s = payload;
	char hex[65];

	sv_oid_hex(tree, hex);
	if (status != SV_ENOMEM)
		sv_change__gap("unreadable-object", hex, "a tree cannot be read", s->change);
	return status == SV_ENOMEM ? status : 0;
}

/* A sparse index holds a folder that is not checked out as one entry. */
static int stage_sparse(struct staging *s, const struct sv_staged_entry *e,
			const struct sv_tree_entry *old)
{
	struct sv_oid before = {0};
	struct sv_tree_diff diff = {s->change->lookup,
				    s->change->git->oid_len,
				    on_sparse,
				    NULL,
				    on_unread_tree,
				    NULL,
				    s};

	if (old != NULL && sv_tree_entry_is_tree(old))
		before = entry_oid(s->change, old);
	sv_buf_reset(&s->path);
	if (sv_buf_puts(&s->path, e->path) < 0)
		return SV_ENOMEM;
	return sv_tree_diff(&diff, &e->oid, &before, 1);
}

static int stage_file(struct staging *s, const struct sv_staged_entry *e,
		      const struct sv_tree_entry *old)
{
	struct sv_change *c = s->change;
	struct sv_oid before = {0};

	if (old != NULL && !sv_tree_entry_is_tree(old))
		before = entry_oid(c, old);
	if (e->intent_to_add || !is_file(e->mode) || sv_oid_equal(&before, &e->oid))
		return 0;
	if (old != NULL && !is_file(old->mode))
		before = (struct sv_oid){0};
	return add_item(c, e->path, &e->oid, e->mode, &before);
}

/* What the index knows of the folder name below node; NULL: nothing. */
static const struct sv_staged_tree *child_tree(const struct sv_staged_tree *node,
					       struct sv_span name)
{
	const struct sv_staged_tree *at = node ? node + 1 : NULL;

	for (uint32_t i = 0; node && i < node->n_children; i++, at += at->n_all)
		if (sv_span_equal(at->name, name))
			return at;
	return NULL;
}

static size_t folder_end(const struct sv_staged *s, size_t at, size_t end, size_t len)
{
	const char *path = s->entries[at].path;

	while (++at < end && strncmp(s->entries[at].path, path, len) == 0)
		;
	return at;
}

static int add_removed(struct sv_change *c, const struct sv_tree *tree, const uint8_t *met)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < tree->list.len; i++)
		if (!met[i])
			status = sv_vec_push(&c->removed, entry_oid(c, &tree->list.ptr[i]));
	return status;
}

/* The entries from first to end, all below one folder, against the tree that it was. */
static int stage_folder(struct staging *s, const struct sv_staged_tree *node,
			const struct sv_oid *id, size_t prefix, size_t first, size_t end, int depth)
{
	struct sv_change *c = s->change;
	const struct sv_staged *staged = c->staged;
	SV_AUTO(sv_tree) tree = {0};
	SV_AUTO_FREE uint8_t *met = NULL;
	int status;

	if (node && node->entries >= 0 && sv_oid_equal(&node->oid, id))
		return 0;
	if (depth > 1000)
		return SV_ECORRUPT;
	status = sv_tree_load(c->lookup, c->git->oid_len, id, &tree);
	if (status < 0)
		return on_unread_tree(id, status, s);
	met = calloc(tree.list.len + 1, 1);
	if (met == NULL)
		return SV_ENOMEM;
	while (status == 0 && first < end) {
		const struct sv_staged_entry *e = &staged->entries[first];
		const char *name = e->path + prefix, *slash = strchr(name, '/');
		struct sv_span part = sv_span(name, slash ? (size_t)(slash - name) : strlen(name));
		const struct sv_tree_entry *old = sv_tree_get(&tree, part);
		size_t next =
			slash ? folder_end(staged, first, end, prefix + part.len + 1) : first + 1;

		if (old != NULL)
			met[old - tree.list.ptr] = 1;
		if (slash == NULL) {
			status = stage_file(s, e, old);
		} else if (slash[1] == '\0') {
			status = stage_sparse(s, e, old);
		} else {
			struct sv_oid below = {0};

			if (old != NULL && sv_tree_entry_is_tree(old))
				below = entry_oid(c, old);
			status = stage_folder(s, child_tree(node, part), &below,
					      prefix + part.len + 1, first, next, depth + 1);
		}
		first = next;
	}
	return status == 0 ? add_removed(c, &tree, met) : status;
}

static int add_base(struct sv_change *c, const struct sv_oid *commit)
{
	struct sv_oid tree;
	char hex[65];

	if (sv_commit_tree(c->lookup, commit, c->git->oid_len, &tree) == 0)
		return sv_vec_push(&c->bases, tree);
	sv_oid_hex(commit, hex);
	sv_change__gap("unreadable-object", hex, "a parent commit cannot be read", c);
	return 0;
}

/* The commits that the next one will have as parents. */
static int add_bases(struct sv_change *c, struct sv_err *err)
{
	SV_AUTO_FREE char *path = sv_path_join(c->git->git_dir, "MERGE_HEAD");
	SV_AUTO(sv_buf) text = {.max = MAX_HEADS};
	size_t hex = 2 * c->git->oid_len;
	struct sv_oid oid;
	int status = sv_gitdir_ref(c->git, "HEAD", &oid);

	if (status == 0)
		status = add_base(c, &oid);
	else if (status == SV_ENOTFOUND)
		status = 0; /* unborn */
	else
		return sv_err_set(err, status, "%s: HEAD cannot be read", c->git->git_dir);
	if (path == NULL)
		return SV_ENOMEM;
	if (status == 0 && sv_file_read(path, &text, NULL) == 0)
		for (size_t at = 0; status == 0 && at + hex <= text.len; at += hex + 1)
			if (sv_oid_parse(sv_span(text.ptr + at, hex), &oid) == 0)
				status = add_base(c, &oid);
	return status;
}

static int open_index(struct sv_change *c, struct sv_err *err)
{
	const char *path = c->options->index_file;

	if (path == NULL)
		path = sv_arena_printf(&c->arena, "%s/index", c->git->git_dir);
	return path ? sv_staged_open(path, c->git->oid_len, &c->staged, err) : SV_ENOMEM;
}

static int open_staged(struct sv_change *c, struct sv_err *err)
{
	struct staging s = {c, {0}};
	struct sv_oid none = {0};
	int status = add_bases(c, err);

	if (status == 0)
		status = open_index(c, err);
	if (status == 0)
		status = stage_folder(&s, c->staged->n_trees ? c->staged->trees : NULL,
				      c->bases.len ? &c->bases.ptr[0] : &none, 0, 0,
				      c->staged->n_entries, 0);
	sv_buf_release(&s.path);
	return status;
}

static int open_unstaged(struct sv_change *c, struct sv_err *err)
{
	int root, status = open_index(c, err);

	if (status < 0)
		return status;
	if (c->git->worktree == NULL)
		return sv_err_set(err, SV_EINVAL, "%s: there is no working tree", c->git->git_dir);
	root = open(c->git->worktree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return sv_err_set(err, SV_EIO, "%s: cannot be opened", c->git->worktree);
	for (size_t i = 0; status == 0 && i < c->staged->n_entries; i++) {
		const struct sv_staged_entry *e = &c->staged->entries[i];
		struct stat st;

		if (!is_file(e->mode) || e->skip_worktree || e->assume_valid)
			continue;
		if (fstatat(root, e->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			status = sv_vec_push(&c->removed, e->oid);
		else if ((S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) &&
			 (e->intent_to_add || (uint32_t)st.st_size != e->size ||
			  (uint32_t)st.st_mtim.tv_sec != e->mtime ||
			  (uint32_t)st.st_mtim.tv_nsec != e->mtime_ns))
			status = add_item(c, e->path, &e->oid,
					  S_ISLNK(st.st_mode) ? 0120000 : 0100644,
					  e->intent_to_add ? NULL : &e->oid);
	}
	close(root);
	return status;
}

/* ---- commits ---- */

struct collecting {
	struct sv_change *change;
	SV_VEC(struct sv_oid) oids;
};

static int on_ref(const char *name, const struct sv_oid *oid, void *payload)
{
	struct collecting *k = payload;
	const struct sv_change_options *o = k->change->options;

	for (size_t i = 0; i < o->n_except; i++)
		if (strcmp(o->except[i], name) == 0)
			return 0;
	return sv_vec_push(&k->oids, *oid);
}

/* An id in hex, a ref, or (a word that ends with a slash) all refs that begin so. */
static int resolve(struct collecting *k, const char *word, bool must, struct sv_err *err)
{
	const struct sv_gitdir *git = k->change->git;
	size_t len = strlen(word);
	struct sv_oid oid;
	int status;

	if (len == 2 * git->oid_len && sv_oid_parse(sv_span_str(word), &oid) == 0)
		return sv_vec_push(&k->oids, oid);
	if (len != 0 && word[len - 1] == '/')
		status = sv_gitdir_refs(git, word, on_ref, k);
	else
		status = sv_gitdir_ref(git, word, &oid);
	if (len != 0 && word[len - 1] != '/' && status == 0)
		status = sv_vec_push(&k->oids, oid);
	if (status == SV_ENOTFOUND && !must)
		return 0;
	return status < 0 ? sv_err_set(err, status, "%s: there is no such ref", word) : 0;
}

static int on_shallow(const char *name, const struct sv_oid *oid, void *payload)
{
	struct sv_change *c = payload;

	(void)name;
	return sv_vec_push(&c->shallow, *oid);
}

static int resolve_tips(struct sv_change *c, struct sv_err *err)
{
	struct collecting k = {.change = c};
	int status = 0;

	for (size_t i = 0; status == 0 && i < c->options->n_tips; i++) {
		status = resolve(&k, c->options->tips[i], true, err);
		/* one tip, one id: their numbers are those of the names */
		if (status == 0 && k.oids.len != i + 1)
			status = sv_err_set(err, SV_EINVAL, "%s: it is not one tip",
					    c->options->tips[i]);
	}
	c->tips.ptr = k.oids.ptr;
	c->tips.len = k.oids.len;
	c->tips.cap = k.oids.cap;
	return status;
}

static int open_commits(struct sv_change *c, struct sv_err *err)
{
	struct collecting k = {.change = c};
	int status = resolve_tips(c, err);

	for (size_t i = 0; status == 0 && i < c->options->n_without; i++)
		status = resolve(&k, c->options->without[i], false, err);
	if (status == 0)
		status = sv_gitdir_shallow(c->git, on_shallow, c);
	if (status == 0) {
		struct sv_range_options range = {
			.oid_len = c->git->oid_len,
			.tips = c->tips.ptr,
			.n_tips = c->tips.len,
			.without = k.oids.ptr,
			.n_without = k.oids.len,
			.shallow = c->shallow.ptr,
			.n_shallow = c->shallow.len,
			.since = c->options->since,
			.cancel = c->options->cancel,
			.on_gap = sv_change__gap,
			.payload = c,
		};

		status = sv_range_walk(c->lookup, &range, &c->range, err);
	}
	sv_vec_release(&k.oids);
	return status;
}

/* ---- a push ---- */

/* What completes a thin pack, or was sent for nothing, was there before. */
static int find_known(struct sv_change *c, struct sv_err *err)
{
	SV_AUTO_FREE struct sv_oid *oids = NULL;
	struct sv_lookup *there = NULL;
	int status = sv_objects_ids(c->received, &oids, &c->n_received);

	if (status == 0 && c->n_received != 0)
		status = sv_lookup_open(c->dirs + 1, c->n_dirs - 1, c->git->oid_len, sv_change__gap,
					c, &there, err);
	for (size_t i = 0; status == 0 && i < c->n_received; i++) {
		if (sv_change__stopped(c, 1))
			status = SV_ECANCELLED;
		else if (sv_lookup_has(there, &oids[i]))
			status = sv_vec_push(&c->known, oids[i]);
	}
	sv_lookup_free(there);
	return status;
}

static int open_received(struct sv_change *c, struct sv_err *err)
{
	const char *dirs[1] = {c->options->quarantine};
	int status = resolve_tips(c, err);

	if (status < 0 || c->options->quarantine == NULL)
		return status;
	status = sv_objects_open(dirs, 1, c->git->oid_len, sv_change__gap, c, &c->received, err);
	if (status == SV_ENOTFOUND)
		return 0; /* nothing came */
	return status == 0 ? find_known(c, err) : status;
}

static const struct {
	enum sv_change_kind kind;
	bool needs_objects;
	int (*open)(struct sv_change *change, struct sv_err *err);
} kinds[] = {
	{SV_CHANGE_STAGED, true, open_staged},	 {SV_CHANGE_UNSTAGED, true, open_unstaged},
	{SV_CHANGE_COMMITS, true, open_commits}, {SV_CHANGE_RECEIVED, false, open_received},
	{SV_CHANGE_MESSAGE, false, NULL},
};

static int open_change(struct sv_change *c, struct sv_err *err)
{
	const struct sv_change_options *o = c->options;
	int status;

	if (o->kind == SV_CHANGE_MESSAGE)
		return 0;
	status = sv_gitdir_open(o->path ? o->path : ".", o->search, o->trust_repo, &c->git, err);
	if (status == 0)
		status = add_dirs(c);
	if (status == 0 && kinds[o->kind].needs_objects)
		status = sv_lookup_open(c->dirs, c->n_dirs, c->git->oid_len, sv_change__gap, c,
					&c->lookup, err);
	return status == 0 ? kinds[o->kind].open(c, err) : status;
}

int sv_change_open(const struct sv_change_options *options, struct sv_change **ret_change,
		   struct sv_err *err)
{
	struct sv_change *c = calloc(1, sizeof(*c));
	struct sv_change_options *copy = c ? sv_arena_alloc(&c->arena, sizeof(*copy)) : NULL;
	int status = copy ? 0 : SV_ENOMEM;

	if (status == 0) {
		*copy = *options;
		c->options = copy;
		status = open_change(c, err);
	}
	if (status < 0) {
		sv_change_free(c);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_change = c;
	return 0;
}

void sv_change_free(struct sv_change *c)
{
	if (c == NULL)
		return;
	sv_families_free(c->families);
	sv_objects_free(c->received);
	sv_staged_free(c->staged);
	sv_lookup_free(c->lookup);
	sv_gitdir_free(c->git);
	sv_range_release(&c->range);
	sv_vec_release(&c->items);
	sv_vec_release(&c->removed);
	sv_vec_release(&c->bases);
	sv_vec_release(&c->known);
	sv_vec_release(&c->tips);
	sv_vec_release(&c->shallow);
	sv_vec_release(&c->gaps);
	sv_arena_release(&c->arena);
	free(c);
}

uint64_t sv_change_size(const struct sv_change *c)
{
	if (c->options->kind == SV_CHANGE_MESSAGE)
		return 1;
	/* what could not be looked through must reach a report */
	return c->items.len + c->range.commits.len + c->range.tags.len + c->range.loose.len +
	       (c->n_received - c->known.len) + c->options->n_new_refs + c->gaps.len;
}

/* ---- words for git ---- */

static int add_revision(struct sv_revisions *r, const char *line, size_t room)
{
	bool without = *line == '^';
	char **list = without ? r->without : r->tips;
	size_t *n = without ? &r->n_without : &r->n_tips;

	if (*n == room)
		return SV_ETOOBIG;
	list[*n] = strdup(line + without);
	return list[(*n)++] ? 0 : SV_ENOMEM;
}

int sv_revisions_parse(const char *path, const char *range, struct sv_revisions *ret,
		       struct sv_err *err)
{
	enum { ROOM = 64 };
	bool since = strncmp(range, "--since=", 8) == 0;
	const char *args[] = {"rev-parse", range, since ? NULL : "--", NULL};
	struct sv_revisions r = {0};
	SV_AUTO(sv_buf) out = {0};
	int status = 0;

	if (*range == '-' && !since)
		return sv_err_set(err, SV_EINVAL, "%s: a range is needed, not an option", range);
	r.tips = calloc(ROOM + 1, sizeof(*r.tips));
	r.without = calloc(ROOM + 1, sizeof(*r.without));
	if (r.tips == NULL || r.without == NULL)
		status = sv_err_set(err, SV_ENOMEM, "out of memory");
	if (status == 0 && sv_git_run(path, args, &out, NULL) < 0)
		status = sv_err_set(err, SV_EINVAL, "%s: git does not know what that means", range);
	for (char *line = status == 0 ? (char *)(uintptr_t)sv_buf_str(&out) : NULL, *end;
	     status == 0 && line && *line; line = end) {
		uint64_t age;

		end = strchrnul(line, '\n');
		if (*end != '\0')
			*end++ = '\0';
		if (strncmp(line, "--max-age=", 10) == 0 &&
		    sv_parse_u64(sv_span_str(line + 10), &age) == 0)
			r.since = (int64_t)age;
		else if (strcmp(line, "--") != 0)
			status = add_revision(&r, line, ROOM);
	}
	if (status < 0)
		sv_revisions_free(&r);
	else
		*ret = r;
	return status;
}

void sv_revisions_free(struct sv_revisions *r)
{
	for (size_t i = 0; i < r->n_tips; i++)
		free(r->tips[i]);
	for (size_t i = 0; i < r->n_without; i++)
		free(r->without[i]);
	free(r->tips);
	free(r->without);
	*r = (struct sv_revisions){0};
}
