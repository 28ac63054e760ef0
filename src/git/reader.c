/* One object by its id: the chain of deltas down to what is cached or whole, and up again. */
#include "git/child.h"
#include "git/store.h"
#include <errno.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CHAIN   20000 /* git makes at most 4095: more is a cycle */
#define CACHE_LINES 4096
#define LEAST_LARGE (1u << 20)
#define WINDOW	    8192
#define BEFORE	    1024 /* a window begins at a multiple of this */
#define PAGE	    4096 /* and ends with one: to read more is too much, as families are scattered */

struct sv_cache_line {
	struct sv_object_ref ref;
	enum sv_object_type type; /* SV_OBJ_NONE: empty */
	struct sv_buf content;
};

int sv_object_reader_new(const struct sv_objects *objects, size_t cache_bytes, uint64_t max_size,
			 struct sv_object_reader **ret_reader, struct sv_err *err)
{
	struct sv_object_reader *r = calloc(1, sizeof(*r));

	if (r != NULL) {
		r->objects = objects;
		r->cache_max = cache_bytes;
		r->large = cache_bytes / 4 > LEAST_LARGE ? cache_bytes / 4 : LEAST_LARGE;
		r->max_size = max_size && max_size < UINT32_MAX ? max_size : UINT32_MAX - 1;
		r->z = libdeflate_alloc_decompressor();
		r->z_fixed = libdeflate_alloc_decompressor();
		r->cache = calloc(CACHE_LINES, sizeof(*r->cache));
	}
	if (r == NULL || r->z == NULL || r->z_fixed == NULL || r->cache == NULL) {
		sv_object_reader_free(r);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	*ret_reader = r;
	return 0;
}

void sv_object_reader_free(struct sv_object_reader *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->cache && i < CACHE_LINES; i++)
		sv_buf_release(&r->cache[i].content);
	free(r->cache);
	sv_reader__end_large(r);
	sv_object_reader_free(r->later);
	sv_git_batch_free(r->git);
	libdeflate_free_decompressor(r->z);
	libdeflate_free_decompressor(r->z_fixed);
	for (size_t i = 0; i < r->spare.len; i++)
		sv_buf_release(&r->spare.ptr[i]);
	sv_vec_release(&r->spare);
	sv_buf_release(&r->raw);
	sv_buf_release(&r->delta);
	sv_buf_release(&r->work);
	sv_buf_release(&r->replaced);
	sv_vec_release(&r->chain);
	for (size_t i = 0; i < SV_WINDOWS; i++)
		free(r->windows[i].ptr);
	free(r);
}

void sv_reader__begin_large(struct sv_object_reader *r, uint64_t size)
{
	if (size <= r->large || r->holds_large)
		return;
	sv_objects__lock_large(r->objects);
	r->holds_large = true;
}

void sv_reader__end_large(struct sv_object_reader *r)
{
	struct sv_buf *const buffers[] = {&r->raw, &r->delta, &r->work, &r->replaced};

	if (!r->holds_large)
		return;
	for (size_t i = 0; i < sizeof(buffers) / sizeof(*buffers); i++)
		if (buffers[i]->cap > r->large)
			sv_buf_release(buffers[i]);
	r->holds_large = false;
	sv_objects__unlock_large(r->objects);
}

static size_t line_of(struct sv_object_ref ref)
{
	return (size_t)((((uint64_t)ref.store << 32 | ref.slot) * 0x9E3779B97F4A7C15ull) >> 52) %
	       CACHE_LINES;
}

static void drop(struct sv_object_reader *r, struct sv_cache_line *line)
{
	r->cache_used -= line->content.cap;
	sv_buf_release(&line->content);
	line->type = SV_OBJ_NONE;
}

/* Takes content's memory when it fits; content is empty then. */
static void cache_put(struct sv_object_reader *r, struct sv_object_ref ref,
		      enum sv_object_type type, struct sv_buf *content)
{
	struct sv_cache_line *line = &r->cache[line_of(ref)];

	if (content->cap > r->cache_max / 8)
		return;
	if (line->type != SV_OBJ_NONE)
		drop(r, line);
	for (size_t tried = 0; r->cache_used + content->cap > r->cache_max && tried < CACHE_LINES;
	     tried++) {
		struct sv_cache_line *old = &r->cache[r->hand++ % CACHE_LINES];

		if (old->type != SV_OBJ_NONE)
			drop(r, old);
	}
	*line = (struct sv_cache_line){ref, type, *content};
	r->cache_used += content->cap;
	*content = (struct sv_buf){0};
}

static struct sv_cache_line *cache_get(struct sv_object_reader *r, struct sv_object_ref ref)
{
	struct sv_cache_line *line = &r->cache[line_of(ref)];

	return line->type != SV_OBJ_NONE && line->ref.store == ref.store &&
			       line->ref.slot == ref.slot
		       ? line
		       : NULL;
}

/* SV_EIO, or SV_ECORRUPT when the file ends early. */
static int read_at(int fd, uint8_t *to, size_t len, uint64_t at)
{
	while (len != 0) {
		ssize_t n = pread(fd, to, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? SV_EIO : SV_ECORRUPT;
		to += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Bytes at which a stream of size is read at most. What an index leaves out makes entries look as
 * if they reached farther; deflate itself makes nothing larger than this but on purpose.
 */
static uint64_t longest_stream(uint64_t size)
{
	return size + size / 2 + (64u << 10);
}

void sv_object_reader_time(struct sv_object_reader *r, struct sv_stopwatch *read,
			   struct sv_stopwatch *apply)
{
	r->read = read;
	r->apply = apply;
}

static int inflate(struct sv_object_reader *r, struct sv_span stream, uint64_t size, struct sv_buf *content)
{
	uint64_t started = sv_stopwatch_start(r->read);
	/* behind the two bytes of zlib's header: final block?, type of block */
	bool fixed = stream.len > 2 && (stream.ptr[2] >> 1 & 3) == 1;
	int status = sv_inflate(fixed ? r->z_fixed : r->z, stream, r->beyond, size, content);

	sv_stopwatch_stop(r->read, started);
	return status;
}

/*
 * len bytes at a place of a pack, through a window: members of a family lie near each other, so that
 * one call of the system reads several of them. NULL: it does not work out.
 */
static const uint8_t *look(struct sv_object_reader *r, uint32_t store, uint64_t at, size_t len)
{
	struct sv_window *oldest = r->windows;
	uint64_t from = at & ~(BEFORE - 1ull), to = (at + len + PAGE - 1) & ~(PAGE - 1ull);
	ssize_t n;

	for (struct sv_window *w = r->windows; w < r->windows + SV_WINDOWS; w++) {
		if (w->used != 0 && w->store == store && at >= w->at && at + len <= w->at + w->len) {
			w->used = ++r->uses;
			r->beyond = w->at + w->len - at - len + SV_SLACK;
			return w->ptr + (at - w->at);
		}
		if (w->used < oldest->used)
			oldest = w;
	}
	if (to - from > WINDOW ||
	    (oldest->ptr == NULL && (oldest->ptr = calloc(1, WINDOW + SV_SLACK)) == NULL))
		return NULL;
	n = pread(r->objects->stores.ptr[store].fd, oldest->ptr, to - from, (off_t)from);
	*oldest = (struct sv_window){store, from, ++r->uses, n > 0 ? (size_t)n : 0, oldest->ptr};
	if (at + len > oldest->at + oldest->len)
		return NULL;
	r->beyond = oldest->at + oldest->len - at - len + SV_SLACK;
	return oldest->ptr + (at - oldest->at);
}

/* An entry of len bytes at most, whole. */
static int look_at_entry(struct sv_object_reader *r, const uint8_t *bytes, uint64_t at, size_t len,
			 struct sv_pack_entry *ret_entry, struct sv_span *ret_stream)
{
	int status = sv_pack_entry_parse(sv_span(bytes, len), at, r->objects->oid_len, ret_entry);

	if (status == 0 && ret_entry->size > r->max_size)
		status = SV_ETOOBIG;
	if (status < 0)
		return status;
	sv_reader__begin_large(r, ret_entry->size);
	*ret_stream = sv_span(bytes + ret_entry->header_len, len - ret_entry->header_len);
	return 0;
}

static int read_entry(struct sv_object_reader *r, struct sv_object_ref ref,
		      struct sv_pack_entry *ret_entry, struct sv_span *ret_stream)
{
	const struct sv_store *store = &r->objects->stores.ptr[ref.store];
	uint64_t at = store->index.offsets[ref.slot];
	uint64_t end =
		ref.slot + 1 < store->index.n ? store->index.offsets[ref.slot + 1] : store->end;
	const uint8_t *near;
	size_t len, first;
	int status;

	if (end > store->end)
		end = store->end;
	if (at >= end)
		return SV_ECORRUPT;
	len = end - at;
	if (r->walks && (near = look(r, ref.store, at, len)) != NULL)
		return look_at_entry(r, near, at, len, ret_entry, ret_stream);
	/* of a large one first the header alone: it may be too large to read at all */
	first = len > (1u << 20) ? SV_PACK_HEADER_MAX : len;
	sv_buf_reset(&r->raw);
	status = sv_buf_reserve(&r->raw, first);
	if (status == 0)
		status = read_at(store->fd, r->raw.ptr, first, at);
	if (status == 0)
		status = sv_pack_entry_parse(sv_span(r->raw.ptr, first), at, r->objects->oid_len,
					     ret_entry);
	if (status == 0 && ret_entry->size > r->max_size)
		status = SV_ETOOBIG;
	if (status == 0)
		sv_reader__begin_large(r, ret_entry->size);
	if (status == 0 && len - ret_entry->header_len > longest_stream(ret_entry->size))
		len = ret_entry->header_len + longest_stream(ret_entry->size);
	if (status == 0 && first < len) {
		status = sv_buf_reserve(&r->raw, len);
		if (status == 0)
			status = read_at(store->fd, r->raw.ptr, len, at);
	}
	if (status < 0)
		return status;
	memset(r->raw.ptr + len, 0, SV_SLACK);
	r->beyond = SV_SLACK;
	*ret_stream = sv_span(r->raw.ptr + ret_entry->header_len, len - ret_entry->header_len);
	return 0;
}

int sv_reader__entry(struct sv_object_reader *r, struct sv_object_ref ref,
		     struct sv_pack_entry *ret_entry, struct sv_span *ret_stream)
{
	uint64_t started = sv_stopwatch_start(r->read);
	int status = read_entry(r, ref, ret_entry, ret_stream);

	sv_stopwatch_stop(r->read, started);
	return status;
}

/* The delta at ref, inflated. */
static int read_delta(struct sv_object_reader *r, struct sv_object_ref ref)
{
	struct sv_pack_entry entry;
	struct sv_span stream;
	uint64_t base_size, size;
	int status = sv_reader__entry(r, ref, &entry, &stream);

	sv_buf_reset(&r->delta);
	if (status == 0)
		status = inflate(r, stream, entry.size, &r->delta);
	if (status == 0)
		status = sv_delta_sizes(sv_buf_span(&r->delta), &base_size, &size);
	if (status == 0 && size <= r->max_size)
		sv_reader__begin_large(r, size);
	return status;
}

int sv_reader__apply(struct sv_object_reader *r, struct sv_object_ref ref, struct sv_span base,
		     struct sv_buf *content, struct sv_delta_ops *ops)
{
	int status = read_delta(r, ref);
	uint64_t started = sv_stopwatch_start(r->apply);

	if (status == 0)
		status = sv_delta_apply(base, sv_buf_span(&r->delta), r->max_size, content, ops);
	sv_stopwatch_stop(r->apply, started);
	return status;
}

int sv_reader__turn(struct sv_object_reader *r, struct sv_object_ref ref, struct sv_buf *base,
		    struct sv_buf *content, struct sv_delta_ops *ops)
{
	int status = read_delta(r, ref);
	uint64_t started = sv_stopwatch_start(r->apply);

	if (status == 0 && sv_delta_apply_here(base, sv_buf_span(&r->delta), ops, NULL)) {
		struct sv_buf swap = *content;

		*content = *base;
		*base = swap;
	} else if (status == 0) {
		status = sv_delta_apply(sv_buf_span(base), sv_buf_span(&r->delta), r->max_size,
					content, ops);
	}
	sv_stopwatch_stop(r->apply, started);
	return status;
}

int sv_reader__borrow(struct sv_object_reader *r, struct sv_object_ref ref, struct sv_buf *base,
		      struct sv_buf *content, struct sv_delta_ops *ops, bool *ret_borrowed)
{
	int status = read_delta(r, ref);
	uint64_t started = sv_stopwatch_start(r->apply);
	struct sv_span delta = sv_buf_span(&r->delta);
	bool borrowed = status == 0 && sv_delta_apply_here(base, delta, ops, &r->replaced);

	if (status == 0 && !borrowed)
		status = sv_delta_apply(sv_buf_span(base), delta, r->max_size, content, ops);
	sv_stopwatch_stop(r->apply, started);
	*ret_borrowed = borrowed;
	return status;
}

void sv_reader__give_back(struct sv_object_reader *r, struct sv_buf *base,
			  const struct sv_delta_ops *ops)
{
	sv_delta_undo_here(base, ops, sv_buf_span(&r->replaced));
}

static int read_loose(struct sv_object_reader *r, struct sv_object_ref ref,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	struct sv_oid oid;
	struct stat st;
	int fd, status = 0;

	sv_objects_oid(r->objects, ref, &oid);
	fd = sv_store__open_loose(&r->objects->stores.ptr[ref.store], &oid);
	if (fd < 0)
		return errno == ENOENT ? SV_ENOTFOUND : SV_EIO;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		status = SV_EIO;
	else if ((uint64_t)st.st_size > r->max_size)
		status = SV_ETOOBIG;
	sv_buf_reset(&r->raw);
	if (status == 0)
		sv_reader__begin_large(r, (uint64_t)st.st_size);
	if (status == 0)
		status = sv_buf_reserve(&r->raw, (size_t)st.st_size);
	if (status == 0)
		status = read_at(fd, r->raw.ptr, (size_t)st.st_size, 0);
	if (status == 0)
		sv_buf_commit(&r->raw, (size_t)st.st_size);
	close(fd);
	if (status == 0)
		status = sv_loose_inflate(r->z, sv_buf_span(&r->raw),
					  r->large < r->max_size ? r->large : r->max_size, ret_type,
					  content);
	/* its size is told inside of it: what is large is known by trying */
	if (status == SV_ETOOBIG && r->raw.len != 0 && r->large < r->max_size) {
		sv_reader__begin_large(r, r->large + 1);
		status = sv_loose_inflate(r->z, sv_buf_span(&r->raw), r->max_size, ret_type,
					  content);
	}
	return status;
}

/* From git, where it is asked. */
static int read_asked(struct sv_object_reader *r, struct sv_object_ref ref,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status =
		r->git ? 0
		       : sv_git_batch_new(r->objects->stores.ptr[ref.store].path, &r->git, NULL);
	struct sv_oid oid;

	if (status < 0)
		return status;
	sv_objects_oid(r->objects, ref, &oid);
	return sv_git_batch_read(r->git, &oid, r->max_size, ret_type, content);
}

static int base_of(const struct sv_object_reader *r, struct sv_object_ref ref,
		   const struct sv_pack_entry *entry, struct sv_object_ref *ret)
{
	const struct sv_store *store = &r->objects->stores.ptr[ref.store];

	if (entry->type == SV_PACK_OFS_DELTA) {
		ret->store = ref.store;
		return sv_pack_index_at(&store->index, entry->base_offset, &ret->slot) ? 0 : SV_ECORRUPT;
	}
	if (sv_pack_index_find(&store->index, &entry->base, &ret->slot)) {
		ret->store = ref.store;
		return 0;
	}
	return sv_objects_find(r->objects, &entry->base, ret) ? 0 : SV_ENOTFOUND;
}

/* Down the chain to something whole, which goes into content. */
static int find_root(struct sv_object_reader *r, struct sv_object_ref *at,
		     enum sv_object_type *ret_type, struct sv_buf *content)
{
	struct sv_object_ref mark = {UINT32_MAX, 0};

	for (r->chain.len = 0;;) {
		enum sv_store_kind kind = r->objects->stores.ptr[at->store].kind;
		struct sv_cache_line *line = cache_get(r, *at);
		struct sv_pack_entry entry;
		struct sv_span stream;
		int status;

		if (line != NULL) {
			*ret_type = line->type;
			sv_buf_reset(content);
			return sv_buf_append(content, line->content.ptr, line->content.len);
		}
		if (kind == SV_STORE_LOOSE)
			return read_loose(r, *at, ret_type, content);
		if (kind == SV_STORE_GIT)
			return read_asked(r, *at, ret_type, content);
		status = sv_reader__entry(r, *at, &entry, &stream);
		if (status < 0)
			return status;
		if (entry.type <= SV_OBJ_TAG) {
			*ret_type = (enum sv_object_type)entry.type;
			sv_buf_reset(content);
			return inflate(r, stream, entry.size, content);
		}
		/* a cycle comes back to where it was at the last power of two */
		if (r->chain.len == MAX_CHAIN || (at->store == mark.store && at->slot == mark.slot))
			return SV_ECORRUPT;
		if ((r->chain.len & (r->chain.len - 1)) == 0)
			mark = *at;
		if (sv_vec_push(&r->chain, *at) < 0)
			return SV_ENOMEM;
		status = base_of(r, *at, &entry, at);
		if (status < 0) {
			r->chain.len--; /* at is what fails, the chain what is made of it */
			return status;
		}
	}
}

/*
 * Content of what is at ref, which could not be built for status, from another store that has it:
 * one that is broken must not take along what is made of it. The chain stays as it is.
 */
static int other_copy(struct sv_object_reader *r, struct sv_object_ref ref, int status,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	__typeof__(r->chain) chain = r->chain;
	struct sv_object_ref other = {0};
	struct sv_oid oid;

	/* once: stores whose copies are broken in turn are not worth all their combinations */
	if (r->in_other || status == SV_ENOMEM || status == SV_ETOOBIG)
		return status;
	sv_objects_oid(r->objects, ref, &oid);
	r->in_other = true;
	memset(&r->chain, 0, sizeof(r->chain));
	for (uint32_t s = 0; status < 0 && sv_objects__find_from(r->objects, &oid, s, &other);
	     s = other.store + 1)
		if (other.store != ref.store)
			status = sv_reader__build(r, other, ret_type, content);
	sv_vec_release(&r->chain);
	r->chain = chain;
	r->in_other = false;
	return status;
}

int sv_reader__build(struct sv_object_reader *r, struct sv_object_ref ref,
		     enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status = find_root(r, &ref, ret_type, content);

	if (status < 0 && r->chain.len != 0)
		status = other_copy(r, ref, status, ret_type, content);
	while (status == 0 && r->chain.len != 0) {
		struct sv_object_ref next = r->chain.ptr[--r->chain.len];
		struct sv_buf swap;

		status = sv_reader__apply(r, next, sv_buf_span(content), &r->work, NULL);
		if (status == 0) {
			cache_put(r, ref, *ret_type, content);
			swap = *content;
			*content = r->work;
			r->work = swap;
		} else if (r->chain.len != 0) {
			status = other_copy(r, next, status, ret_type, content);
		}
		ref = next;
	}
	return status;
}

/* Every copy that was there at open, until a good one. */
static int read_copies(struct sv_object_reader *r, const struct sv_oid *oid,
		       enum sv_object_type *ret_type, struct sv_buf *content)
{
	struct sv_object_ref ref = {0};
	int status = SV_ENOTFOUND;

	for (uint32_t s = 0;
	     oid->len == r->objects->oid_len && sv_objects__find_from(r->objects, oid, s, &ref);
	     s = ref.store + 1) {
		status = sv_reader__build(r, ref, ret_type, content);
		if (status == 0 || status == SV_ENOMEM)
			break;
	}
	return status;
}

/* What is not where it was may have been packed anew. */
static int read_later(struct sv_object_reader *r, const struct sv_oid *oid,
		      enum sv_object_type *ret_type, struct sv_buf *content)
{
	const struct sv_objects *later = sv_objects__later(r->objects);
	int status;

	if (later == NULL)
		return SV_ENOTFOUND;
	if (r->later == NULL && (status = sv_object_reader_new(later, r->cache_max / 4, r->max_size,
							       &r->later, NULL)) < 0)
		return status;
	return sv_object_reader_read(r->later, oid, ret_type, content, NULL);
}

int sv_reader__read(struct sv_object_reader *r, const struct sv_oid *oid,
		    enum sv_object_type *ret_type, struct sv_buf *content)
{
	int status = read_copies(r, oid, ret_type, content);

	return status == SV_ENOTFOUND ? read_later(r, oid, ret_type, content) : status;
}

int sv_object_reader_read(struct sv_object_reader *r, const struct sv_oid *oid,
			  enum sv_object_type *ret_type, struct sv_buf *content, struct sv_err *err)
{
	bool held = r->holds_large;
	int status = sv_reader__read(r, oid, ret_type, content);
	char hex[65];

	if (!held)
		sv_reader__end_large(r);
	if (status == 0)
		return 0;
	sv_oid_hex(oid, hex);
	return sv_err_set(err, status, "object %s %s", hex,
			  status == SV_ENOTFOUND && r->objects->partial
				  ? "is promised by a remote and is not here"
			  : status == SV_ENOTFOUND ? "or its delta base is missing"
			  : status == SV_ETOOBIG   ? "is too large"
			  : status == SV_ECORRUPT  ? "is corrupt"
						   : "cannot be read");
}
