#include "git/index.h"
#include <stdio.h>

#define MAX_INDEX (2ull << 30)

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* what is left to read */
struct cursor {
	const uint8_t *p, *end;
	unsigned oid_len;
	uint32_t version;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if ((size_t)(c->end - p) < n)
		return NULL;
	c->p += n;
	return p;
}

/* the number of bytes to cut off the last path, as in a pack's offset */
static int take_varint(struct cursor *c, size_t *ret)
{
	const uint8_t *p = take(c, 1);
	size_t n;

	if (p == NULL)
		return SV_ECORRUPT;
	n = *p & 0x7f;
	while (*p & 0x80) {
		p = take(c, 1);
		if (p == NULL || n > 1u << 24)
			return SV_ECORRUPT;
		n = ((n + 1) << 7) | (*p & 0x7f);
	}
	*ret = n;
	return 0;
}

static int take_path(struct cursor *c, struct sv_staged *s, const char *last, size_t head,
		     struct sv_staged_entry *e)
{
	const uint8_t *nul;
	size_t cut, len;

	if (c->version == 4) {
		size_t kept = strlen(last);
		char *path;

		if (take_varint(c, &cut) < 0 || cut > kept)
			return SV_ECORRUPT;
		kept -= cut;
		nul = memchr(c->p, 0, (size_t)(c->end - c->p));
		if (nul == NULL)
			return SV_ECORRUPT;
		len = (size_t)(nul - c->p);
		path = sv_arena_alloc(&s->arena, kept + len + 1);
		if (path == NULL)
			return SV_ENOMEM;
		memcpy(path, last, kept);
		memcpy(path + kept, c->p, len);
		e->path = path;
		c->p = nul + 1;
		return 0;
	}
	nul = memchr(c->p, 0, (size_t)(c->end - c->p));
	if (nul == NULL)
		return SV_ECORRUPT;
	/* the buffer lives as long as the index, and the path ends with a NUL there */
	e->path = (const char *)c->p;
	len = (size_t)(nul - c->p);
	return take(c, len + 8 - (head + len) % 8) ? 0 : SV_ECORRUPT;
}

static int take_entry(struct cursor *c, struct sv_staged *s, const char *last,
		      struct sv_staged_entry *e)
{
	const uint8_t *p = take(c, 40 + c->oid_len + 2), *more;
	size_t head = 40 + c->oid_len + 2;
	uint32_t flags;

	if (p == NULL)
		return SV_ECORRUPT;
	e->mtime = be32(p + 8);
	e->mtime_ns = be32(p + 12);
	e->mode = be32(p + 24);
	e->size = be32(p + 36);
	e->oid.len = (uint8_t)c->oid_len;
	memcpy(e->oid.bytes, p + 40, c->oid_len);
	flags = (uint32_t)p[head - 2] << 8 | p[head - 1];
	e->assume_valid = flags & 0x8000;
	e->stage = flags >> 12 & 3;
	if (flags & 0x4000) {
		more = take(c, 2);
		if (more == NULL || c->version < 3)
			return SV_ECORRUPT;
		head += 2;
		e->skip_worktree = *more & 0x40;
		e->intent_to_add = *more & 0x20;
	}
	return take_path(c, s, last, head, e);
}

/* "NAME\0ENTRIES SUBTREES\n" and, if it is known, the id; then each subtree */
static int take_tree(struct cursor *c, struct sv_staged *s, size_t *cap, int depth)
{
	size_t at = s->n_trees;
	struct sv_staged_tree t = {0};
	const uint8_t *nul = memchr(c->p, 0, (size_t)(c->end - c->p)), *newline;
	int entries, children, used = 0;
	int status = 0;

	newline = nul ? memchr(nul, '\n', (size_t)(c->end - nul)) : NULL;
	/* the buffer has slack after it, so the number ends somewhere */
	if (newline == NULL || depth > 1000 ||
	    sscanf((const char *)nul + 1, "%9d %9d%n", &entries, &children, &used) != 2 ||
	    nul + 1 + used != newline || children < 0)
		return SV_ECORRUPT;
	t.name = sv_span(c->p, (size_t)(nul - c->p));
	t.entries = entries;
	t.n_children = (uint32_t)children;
	c->p = newline + 1;
	if (entries >= 0) {
		const uint8_t *id = take(c, c->oid_len);

		if (id == NULL)
			return SV_ECORRUPT;
		t.oid.len = (uint8_t)c->oid_len;
		memcpy(t.oid.bytes, id, c->oid_len);
	}
	if (s->n_trees == *cap) {
		size_t next = *cap ? *cap * 2 : 64;
		struct sv_staged_tree *grown = realloc(s->trees, next * sizeof(*grown));

		if (grown == NULL)
			return SV_ENOMEM;
		s->trees = grown;
		*cap = next;
	}
	s->trees[s->n_trees++] = t;
	for (int i = 0; status == 0 && i < children; i++)
		status = take_tree(c, s, cap, depth + 1);
	s->trees[at].n_all = (uint32_t)(s->n_trees - at);
	return status;
}

static int take_extensions(struct cursor *c, struct sv_staged *s, const char *path,
			   struct sv_err *err)
{
	while (c->end - c->p >= 8) {
		const uint8_t *p = take(c, 8);
		uint32_t size = be32(p + 4);
		struct cursor inner = *c;
		size_t cap = 0;

		if (take(c, size) == NULL)
			return sv_err_set(err, SV_ECORRUPT, "%s: an extension is cut", path);
		inner.end = inner.p + size;
		if (memcmp(p, "TREE", 4) == 0) {
			/* it only saves work */
			if (take_tree(&inner, s, &cap, 0) < 0)
				s->n_trees = 0;
		} else if (memcmp(p, "sdir", 4) != 0 && (*p < 'A' || *p > 'Z')) {
			return sv_err_set(err, SV_EUNSUPPORTED,
					  "%s: the index has an extension '%.4s' that is not known",
					  path, (const char *)p);
		}
	}
	return 0;
}

static int parse(struct sv_staged *s, const char *path, unsigned oid_len, struct sv_err *err)
{
	struct cursor c = {s->bytes.ptr, s->bytes.ptr + s->bytes.len, oid_len, 0};
	const uint8_t *head = s->bytes.len >= 12 + oid_len ? take(&c, 12) : NULL;
	const char *last = "";
	uint32_t n;
	int status = 0;

	c.end -= head ? oid_len : 0; /* the checksum */
	if (head != NULL)
		c.version = be32(head + 4);
	if (head == NULL || memcmp(head, "DIRC", 4) != 0 || c.version < 2 || c.version > 4)
		return sv_err_set(err, SV_ECORRUPT, "%s: not an index of version 2 to 4", path);
	n = be32(head + 8);
	/* an entry takes at least this much */
	if (n > s->bytes.len / (oid_len + 44))
		return sv_err_set(err, SV_ECORRUPT, "%s: it is shorter than it says", path);
	s->entries = calloc(n + 1ull, sizeof(*s->entries));
	if (s->entries == NULL)
		return SV_ENOMEM;
	for (; status == 0 && s->n_entries < n; s->n_entries++) {
		status = take_entry(&c, s, last, &s->entries[s->n_entries]);
		last = s->entries[s->n_entries].path;
	}
	if (status < 0)
		return status == SV_ENOMEM
			       ? status
			       : sv_err_set(err, status, "%s: an entry is broken", path);
	return take_extensions(&c, s, path, err);
}

int sv_staged_open(const char *path, unsigned oid_len, struct sv_staged **ret_staged,
		   struct sv_err *err)
{
	struct sv_staged *s = calloc(1, sizeof(*s));
	int status;

	if (s == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	s->bytes.max = MAX_INDEX;
	status = sv_file_read(path, &s->bytes, err);
	status = status == SV_ENOTFOUND ? 0 : status == 0 ? parse(s, path, oid_len, err) : status;
	if (status < 0) {
		sv_staged_free(s);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_staged = s;
	return 0;
}

void sv_staged_free(struct sv_staged *s)
{
	if (s == NULL)
		return;
	free(s->entries);
	free(s->trees);
	sv_arena_release(&s->arena);
	sv_buf_release(&s->bytes);
	free(s);
}
