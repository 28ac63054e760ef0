#include "git/lookup.h"
#include "git/pack.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DIRS    1000
#define MAX_DEPTH   5	  /* of alternates: git stops there, too */
#define MAX_CHAIN   20000 /* git makes at most 4095: more is a cycle */
#define FIRST_READ  4096
#define CACHE_LINES 1024
#define CACHE_BYTES (32u << 20)

/* One pack. Its index is opened when it is first asked, and read one bucket of ids at a time. */
struct pack {
	char *name; /* the path without ".pack" */
	int idx, fd;
	bool opened, broken;
	bool loaded; /* bucket holds ids of first */
	uint8_t first;
	uint32_t n, fanout[256];
	size_t table, stride, skip; /* where ids begin, how far apart, what stands before each */
	uint64_t offsets;	    /* version 2: where the offsets begin; 0: version 1 */
	uint64_t end;
	struct sv_buf bucket;
};

struct dir {
	char *path;
	int fd;
	dev_t dev;
	ino_t ino;
	struct timespec changed;      /* of its folder of packs, when that was listed */
	uint8_t asked[32], there[32]; /* bits: which folders of loose objects exist */
};

struct line {
	size_t pack;
	uint64_t offset;
	enum sv_object_type type; /* SV_OBJ_NONE: empty */
	struct sv_buf content;
};

struct step {
	size_t pack;
	uint64_t offset;
};

struct sv_lookup {
	unsigned oid_len;
	SV_VEC(struct dir) dirs;
	SV_VEC(struct pack) packs;
	size_t last; /* the pack that had the last one */
	struct libdeflate_decompressor *z;
	struct sv_buf raw, delta, work;
	SV_VEC(struct step) chain;
	struct line *cache;
	size_t cached;
	sv_git_gap_fn *on_gap;
	void *payload;
};

/* 0, SV_EIO, or SV_ECORRUPT when the file ends before least bytes are there */
static int read_at(int fd, struct sv_buf *buf, size_t least, size_t most, uint64_t at)
{
	size_t got = 0;
	int status;

	sv_buf_reset(buf);
	status = sv_buf_reserve(buf, most);
	while (status == 0 && got < most) {
		ssize_t n = pread(fd, buf->ptr + got, most - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SV_EIO;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	if (status < 0)
		return status;
	sv_buf_commit(buf, got);
	return got < least ? SV_ECORRUPT : 0;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- opening ---- */

static int open_regular(const char *path, uint64_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		*ret_size = (uint64_t)st.st_size;
	return fd;
}

static int read_fanout(struct sv_lookup *l, struct pack *p, uint64_t size)
{
	SV_AUTO(sv_buf) head = {0};
	const uint8_t *fanout;
	int status = read_at(p->idx, &head, 1024, 1032, 0);
	bool second;

	if (status < 0)
		return status;
	second = memcmp(head.ptr, "\377tOc", 4) == 0;
	if (second && (head.len < 1032 || be32(head.ptr + 4) != 2))
		return SV_EUNSUPPORTED;
	fanout = head.ptr + (second ? 8 : 0);
	for (int i = 0; i < 256; i++) {
		p->fanout[i] = be32(fanout + 4 * i);
		if (i > 0 && p->fanout[i] < p->fanout[i - 1])
			return SV_ECORRUPT;
	}
	p->n = p->fanout[255];
	p->table = second ? 1032 : 1024;
	p->skip = second ? 0 : 4;
	p->stride = l->oid_len + p->skip;
	p->offsets = second ? p->table + (uint64_t)p->n * (l->oid_len + 4) : 0;
	if (size < p->table + (uint64_t)p->n * (l->oid_len + (second ? 8 : 4)))
		return SV_ECORRUPT;
	return 0;
}

/* false if it cannot be used, which is told once */
static bool open_pack(struct sv_lookup *l, struct pack *p)
{
	SV_AUTO_FREE char *path = NULL;
	uint64_t size = 0;
	int status = SV_EIO;

	if (p->opened)
		return !p->broken;
	p->opened = true;
	if (asprintf(&path, "%s.idx", p->name) < 0) {
		path = NULL;
	} else {
		p->idx = open_regular(path, &size);
		status = p->idx < 0 ? SV_EIO : read_fanout(l, p, size);
	}
	p->broken = status < 0;
	if (p->broken)
		l->on_gap("corrupt-pack-index", path ? path : p->name,
			  status == SV_EIO ? strerror(errno) : "it is not as its format says",
			  l->payload);
	return !p->broken;
}

static bool open_data(struct sv_lookup *l, struct pack *p)
{
	SV_AUTO_FREE char *path = NULL;
	uint64_t size = 0;

	if (p->fd >= 0)
		return true;
	if (asprintf(&path, "%s.pack", p->name) < 0) {
		path = NULL;
		return false;
	}
	p->fd = open_regular(path, &size);
	p->end = size > l->oid_len ? size - l->oid_len : 0;
	return p->fd >= 0;
}

static bool is_listed(const struct sv_lookup *l, const char *name)
{
	for (size_t i = 0; i < l->packs.len; i++)
		if (strcmp(l->packs.ptr[i].name, name) == 0)
			return true;
	return false;
}

static int list_packs(struct sv_lookup *l, struct dir *d)
{
	SV_AUTO_FREE char *path = sv_path_join(d->path, "pack");
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int status = 0;

	if (path == NULL)
		return SV_ENOMEM;
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	if (fstat(dirfd(dir), &st) == 0)
		d->changed = st.st_mtim;
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);
		struct pack pack = {.idx = -1, .fd = -1};

		if (n < 10 || strncmp(entry->d_name, "pack-", 5) != 0 ||
		    strcmp(entry->d_name + n - 4, ".idx") != 0)
			continue;
		if (asprintf(&pack.name, "%s/%.*s", path, (int)n - 4, entry->d_name) < 0)
			status = SV_ENOMEM;
		else if (is_listed(l, pack.name))
			free(pack.name);
		else
			status = sv_vec_push(&l->packs, pack);
	}
	closedir(dir);
	return status;
}

static int add_dir(struct sv_lookup *l, const char *path, int depth);

static int add_alternates(struct sv_lookup *l, const char *dir, int depth)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, "info/alternates");
	SV_AUTO(sv_buf) text = {.max = 1u << 20};
	int status = path ? sv_file_read(path, &text, NULL) : SV_ENOMEM;

	if (status < 0)
		return status == SV_ENOMEM ? status : 0;
	for (char *line = (char *)(uintptr_t)sv_buf_str(&text), *next; status == 0 && *line;
	     line = next) {
		SV_AUTO_FREE char *joined = NULL;

		next = strchrnul(line, '\n');
		if (*next != '\0')
			*next++ = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		joined = *line == '/' ? strdup(line) : sv_path_join(dir, line);
		if (joined == NULL)
			return SV_ENOMEM;
		if (depth < MAX_DEPTH)
			status = add_dir(l, joined, depth + 1);
	}
	return status;
}

static int add_dir(struct sv_lookup *l, const char *path, int depth)
{
	struct dir d = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	struct stat st;
	int status;

	if (d.fd < 0 || fstat(d.fd, &st) < 0) {
		l->on_gap(depth ? "missing-alternate" : "unreadable", path, strerror(errno),
			  l->payload);
		if (d.fd >= 0)
			close(d.fd);
		return 0;
	}
	d.dev = st.st_dev;
	d.ino = st.st_ino;
	for (size_t i = 0; i < l->dirs.len; i++)
		if ((l->dirs.ptr[i].dev == d.dev && l->dirs.ptr[i].ino == d.ino) ||
		    l->dirs.len == MAX_DIRS) {
			close(d.fd);
			return 0;
		}
	d.path = strdup(path);
	if (d.path == NULL || sv_vec_push(&l->dirs, d) < 0) {
		close(d.fd);
		free(d.path);
		return SV_ENOMEM;
	}
	status = list_packs(l, &l->dirs.ptr[l->dirs.len - 1]);
	return status == 0 ? add_alternates(l, path, depth) : status;
}

int sv_lookup_open(const char *const *dirs, size_t n, unsigned oid_len, sv_git_gap_fn *on_gap,
		   void *payload, struct sv_lookup **ret_lookup, struct sv_err *err)
{
	struct sv_lookup *l = calloc(1, sizeof(*l));
	int status = l ? 0 : SV_ENOMEM;

	if (l != NULL) {
		l->oid_len = oid_len;
		l->on_gap = on_gap;
		l->payload = payload;
		l->z = libdeflate_alloc_decompressor();
		l->cache = calloc(CACHE_LINES, sizeof(*l->cache));
		status = l->z && l->cache ? 0 : SV_ENOMEM;
	}
	for (size_t i = 0; status == 0 && i < n; i++)
		status = add_dir(l, dirs[i], 0);
	if (status < 0) {
		sv_lookup_free(l);
		return sv_err_set(err, status, "out of memory");
	}
	*ret_lookup = l;
	return 0;
}

void sv_lookup_free(struct sv_lookup *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->packs.len; i++) {
		struct pack *p = &l->packs.ptr[i];

		if (p->idx >= 0)
			close(p->idx);
		if (p->fd >= 0)
			close(p->fd);
		free(p->name);
		sv_buf_release(&p->bucket);
	}
	for (size_t i = 0; i < l->dirs.len; i++) {
		close(l->dirs.ptr[i].fd);
		free(l->dirs.ptr[i].path);
	}
	for (size_t i = 0; l->cache && i < CACHE_LINES; i++)
		sv_buf_release(&l->cache[i].content);
	free(l->cache);
	sv_vec_release(&l->packs);
	sv_vec_release(&l->dirs);
	sv_vec_release(&l->chain);
	if (l->z)
		libdeflate_free_decompressor(l->z);
	sv_buf_release(&l->raw);
	sv_buf_release(&l->delta);
	sv_buf_release(&l->work);
	free(l);
}

/* ---- finding ---- */

static int load_bucket(struct pack *p, uint8_t first)
{
	uint32_t from = first ? p->fanout[first - 1] : 0, n = p->fanout[first] - from;
	int status = 0;

	if (p->loaded && p->first == first)
		return 0;
	p->loaded = false;
	if (n != 0)
		status = read_at(p->idx, &p->bucket, n * p->stride, n * p->stride,
				 p->table + (uint64_t)from * p->stride);
	p->first = first;
	p->loaded = status == 0;
	return status;
}

/* The number of oid in the pack's index. */
static bool find_number(struct sv_lookup *l, struct pack *p, const struct sv_oid *oid,
			uint32_t *ret)
{
	uint8_t first = oid->bytes[0];
	uint32_t low = 0, high;

	if (!open_pack(l, p))
		return false;
	high = p->fanout[first] - (first ? p->fanout[first - 1] : 0);
	if (high == 0 || load_bucket(p, first) < 0)
		return false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = memcmp(p->bucket.ptr + middle * p->stride + p->skip, oid->bytes,
				   l->oid_len);

		if (order == 0) {
			*ret = middle + (first ? p->fanout[first - 1] : 0);
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int offset_of(struct pack *p, uint32_t number, uint64_t *ret)
{
	SV_AUTO(sv_buf) bytes = {0};
	int status;

	if (p->offsets == 0) {
		uint32_t from = p->first ? p->fanout[p->first - 1] : 0;

		*ret = be32(p->bucket.ptr + (number - from) * p->stride);
		return 0;
	}
	status = read_at(p->idx, &bytes, 4, 4, p->offsets + 4ull * number);
	if (status < 0)
		return status;
	*ret = be32(bytes.ptr);
	if (*ret & 0x80000000u) {
		uint64_t at = p->offsets + 4ull * p->n + 8 * (*ret & 0x7FFFFFFFu);

		status = read_at(p->idx, &bytes, 8, 8, at);
		if (status == 0)
			*ret = (uint64_t)be32(bytes.ptr) << 32 | be32(bytes.ptr + 4);
	}
	return status;
}

static bool find_packed(struct sv_lookup *l, const struct sv_oid *oid, size_t *ret_pack,
			uint32_t *ret_number)
{
	for (size_t i = 0; i < l->packs.len; i++) {
		/* what is asked next is mostly where the last one was */
		size_t at = (l->last + i) % l->packs.len;

		if (find_number(l, &l->packs.ptr[at], oid, ret_number)) {
			l->last = *ret_pack = at;
			return true;
		}
	}
	return false;
}

static void loose_path(const struct sv_oid *oid, char ret[70])
{
	char hex[65];

	sv_oid_hex(oid, hex);
	snprintf(ret, 70, "%.2s/%s", hex, hex + 2);
}

static bool may_be_loose(struct dir *d, uint8_t first)
{
	uint8_t bit = (uint8_t)(1 << (first & 7));

	if (!(d->asked[first >> 3] & bit)) {
		char part[3];

		snprintf(part, sizeof(part), "%02x", first);
		d->asked[first >> 3] |= bit;
		if (faccessat(d->fd, part, F_OK, 0) == 0)
			d->there[first >> 3] |= bit;
	}
	return d->there[first >> 3] & bit;
}

bool sv_lookup_has(struct sv_lookup *l, const struct sv_oid *oid)
{
	uint32_t number;
	char path[70];
	size_t pack;

	if (oid->len != l->oid_len)
		return false;
	if (find_packed(l, oid, &pack, &number))
		return true;
	loose_path(oid, path);
	for (size_t i = 0; i < l->dirs.len; i++)
		if (may_be_loose(&l->dirs.ptr[i], oid->bytes[0]) &&
		    faccessat(l->dirs.ptr[i].fd, path, F_OK, 0) == 0)
			return true;
	return false;
}

/* ---- reading ---- */

static struct line *line_of(struct sv_lookup *l, struct step s)
{
	return &l->cache[(((uint64_t)s.pack << 40 ^ s.offset) * 0x9E3779B97F4A7C15ull) >> 54];
}

static void cache_put(struct sv_lookup *l, struct step s, enum sv_object_type type,
		      const struct sv_buf *content)
{
	struct line *line = line_of(l, s);

	if (content->len > CACHE_BYTES / 16)
		return;
	if (l->cached + content->len > CACHE_BYTES) {
		for (size_t i = 0; i < CACHE_LINES; i++) {
			sv_buf_release(&l->cache[i].content);
			l->cache[i].type = SV_OBJ_NONE;
		}
		l->cached = 0;
	}
	l->cached -= line->type == SV_OBJ_NONE ? 0 : line->content.len;
	line->type = SV_OBJ_NONE;
	sv_buf_reset(&line->content);
	if (sv_buf_append(&line->content, content->ptr, content->len) < 0)
		return;
	line->pack = s.pack;
	line->offset = s.offset;
	line->type = type;
	l->cached += content->len;
}

/* Reads the entry at s: its header, and its data inflated into content (appended). */
static int read_entry(struct sv_lookup *l, struct step s, uint64_t max, struct sv_pack_entry *e,
		      struct sv_buf *content)
{
	struct pack *p = &l->packs.ptr[s.pack];
	uint64_t room, most;
	int status;

	if (!open_data(l, p))
		return SV_EIO;
	if (s.offset >= p->end)
		return SV_ECORRUPT;
	room = p->end - s.offset;
	status = read_at(p->fd, &l->raw, 1, room < FIRST_READ ? room : FIRST_READ, s.offset);
	if (status == 0)
		status = sv_pack_entry_parse(sv_buf_span(&l->raw), s.offset, l->oid_len, e);
	if (status == 0 && e->size > max)
		status = SV_ETOOBIG;
	/* where the stream ends is not known: more than deflate needs for that size is read, and
	 * all there is at the second try, for a stream that wastes space */
	most = e->size + e->size / 8 + 512 + e->header_len;
	for (int attempt = 0; status == 0; attempt++, most = most * 16) {
		uint64_t want = most < room ? most : room;

		if (want > l->raw.len)
			status = read_at(p->fd, &l->raw, want, want, s.offset);
		if (status < 0)
			break;
		status = sv_inflate(l->z,
				    sv_span(l->raw.ptr + e->header_len, l->raw.len - e->header_len),
				    SV_SLACK, e->size, content);
		if (status != SV_ECORRUPT || attempt == 1 || want == room)
			break;
		status = 0;
	}
	return status;
}

static int read_loose_at(struct sv_lookup *l, const struct dir *d, const char *path, uint64_t max,
			 enum sv_object_type *ret_type, struct sv_buf *content)
{
	/* O_NONBLOCK: a FIFO of that name must not hold us */
	int fd = openat(d->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), status = 0;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? SV_ENOTFOUND : SV_EIO;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		status = SV_EIO;
	else if ((uint64_t)st.st_size > max)
		status = SV_ETOOBIG;
	if (status == 0)
		status = read_at(fd, &l->raw, (size_t)st.st_size, (size_t)st.st_size, 0);
	close(fd);
	return status < 0 ? status
			  : sv_loose_inflate(l->z, sv_buf_span(&l->raw), max, ret_type, content);
}

static int read_loose(struct sv_lookup *l, const struct sv_oid *oid, uint64_t max,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status = SV_ENOTFOUND;
	char path[70];

	loose_path(oid, path);
	for (size_t i = 0; i < l->dirs.len && status != 0; i++) {
		int outcome = read_loose_at(l, &l->dirs.ptr[i], path, max, ret_type, content);

		/* a broken copy says more than a missing one */
		if (outcome != SV_ENOTFOUND || status == SV_ENOTFOUND)
			status = outcome;
	}
	return status;
}

static int base_of(struct sv_lookup *l, struct step *s, const struct sv_pack_entry *e)
{
	uint32_t number;

	if (e->type == SV_PACK_OFS_DELTA) {
		s->offset = e->base_offset;
		return 0;
	}
	if (find_number(l, &l->packs.ptr[s->pack], &e->base, &number) ||
	    find_packed(l, &e->base, &s->pack, &number))
		return offset_of(&l->packs.ptr[s->pack], number, &s->offset);
	return SV_ENOTFOUND;
}

/* Down the chain to something whole, which goes into content. */
static int find_root(struct sv_lookup *l, struct step *s, uint64_t max,
		     enum sv_object_type *ret_type, struct sv_buf *content)
{
	for (l->chain.len = 0;;) {
		const struct line *line = line_of(l, *s);
		struct sv_pack_entry e;
		int status;

		if (line->type != SV_OBJ_NONE && line->pack == s->pack &&
		    line->offset == s->offset) {
			*ret_type = line->type;
			return sv_buf_append(content, line->content.ptr, line->content.len);
		}
		sv_buf_reset(&l->delta);
		status = read_entry(l, *s, max, &e, &l->delta);
		if (status < 0)
			return status;
		if (e.type <= SV_OBJ_TAG) {
			*ret_type = (enum sv_object_type)e.type;
			cache_put(l, *s, *ret_type, &l->delta);
			return sv_buf_append(content, l->delta.ptr, l->delta.len);
		}
		if (l->chain.len == MAX_CHAIN || sv_vec_push(&l->chain, *s) < 0)
			return SV_ECORRUPT;
		status = base_of(l, s, &e);
		if (status == SV_ENOTFOUND && e.type == SV_PACK_REF_DELTA)
			return read_loose(l, &e.base, max, ret_type, content);
		if (status < 0)
			return status;
	}
}

static int read_packed(struct sv_lookup *l, struct step s, uint64_t max,
		       enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status = find_root(l, &s, max, ret_type, content);

	while (status == 0 && l->chain.len != 0) {
		struct sv_pack_entry e;
		struct sv_buf swap;

		s = l->chain.ptr[--l->chain.len];
		sv_buf_reset(&l->delta);
		status = read_entry(l, s, max, &e, &l->delta);
		if (status == 0)
			status = sv_delta_apply(sv_buf_span(content), sv_buf_span(&l->delta), max,
						&l->work, NULL);
		if (status < 0)
			break;
		swap = *content;
		*content = l->work;
		l->work = swap;
		cache_put(l, s, *ret_type, content);
	}
	return status;
}

/* A repack may have moved what was listed: true if there are new packs. */
static bool refresh(struct sv_lookup *l)
{
	size_t before = l->packs.len;

	for (size_t i = 0; i < l->dirs.len; i++) {
		SV_AUTO_FREE char *path = sv_path_join(l->dirs.ptr[i].path, "pack");
		struct stat st;

		if (path != NULL && stat(path, &st) == 0 &&
		    (st.st_mtim.tv_sec != l->dirs.ptr[i].changed.tv_sec ||
		     st.st_mtim.tv_nsec != l->dirs.ptr[i].changed.tv_nsec))
			(void)list_packs(l, &l->dirs.ptr[i]);
	}
	return l->packs.len > before;
}

int sv_lookup_read(struct sv_lookup *l, const struct sv_oid *oid, uint64_t max_size,
		   enum sv_object_type *ret_type, struct sv_buf *content, struct sv_err *err)
{
	uint64_t max = max_size && max_size < UINT32_MAX ? max_size : UINT32_MAX - 1;
	int status = SV_ENOTFOUND;
	struct step s = {0};
	uint32_t number;
	char hex[65];

	sv_buf_reset(content);
	if (oid->len == l->oid_len) {
		if (find_packed(l, oid, &s.pack, &number)) {
			status = offset_of(&l->packs.ptr[s.pack], number, &s.offset);
			if (status == 0)
				status = read_packed(l, s, max, ret_type, content);
		} else {
			status = read_loose(l, oid, max, ret_type, content);
			if (status == SV_ENOTFOUND && refresh(l))
				return sv_lookup_read(l, oid, max_size, ret_type, content, err);
		}
	}
	/* one that is held was read under another limit */
	if (status == 0 && content->len > max)
		status = SV_ETOOBIG;
	if (status == 0)
		return 0;
	sv_oid_hex(oid, hex);
	return sv_err_set(err, status, "object %s %s", hex,
			  status == SV_ENOTFOUND  ? "or its delta base is missing"
			  : status == SV_ETOOBIG  ? "is too large"
			  : status == SV_ECORRUPT ? "is corrupt"
						  : "cannot be read");
}
