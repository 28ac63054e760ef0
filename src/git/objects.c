/* Opening what holds objects: packs with their indexes, loose files, alternates. */
#include "git/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_INDEX      (8ull << 30)
#define MAX_ALTERNATES 1000

const char *sv_object_type_name(enum sv_object_type type)
{
	static const char *const names[] = {"object", "commit", "tree", "blob", "tag"};

	return names[type];
}

void sv_oid_hex(const struct sv_oid *oid, char ret_hex[65])
{
	sv_hex(oid->bytes, oid->len, ret_hex);
}

int sv_oid_parse(struct sv_span hex, struct sv_oid *ret_oid)
{
	struct sv_oid oid = {.len = (uint8_t)(hex.len / 2)};

	if (hex.len != 40 && hex.len != 64)
		return SV_EINVAL;
	for (size_t i = 0; i < hex.len; i++) {
		int digit = sv_hex_value(hex.ptr[i]);

		if (digit < 0)
			return SV_EINVAL;
		oid.bytes[i / 2] = (uint8_t)(oid.bytes[i / 2] << 4 | digit);
	}
	*ret_oid = oid;
	return 0;
}

struct opening {
	struct sv_objects *objects;
	sv_git_gap_fn *on_gap;
	void *payload;
	struct {
		dev_t dev;
		ino_t ino;
	} seen[MAX_ALTERNATES];
	size_t n_seen;
	struct sv_err *err;
};

static int add_pack(struct opening *o, const char *pack, const char *idx_path)
{
	struct sv_store store = {.is_pack = true, .fd = -1};
	SV_AUTO(sv_buf) idx = {.max = MAX_INDEX};
	struct sv_err err = {.text = ""};
	uint8_t head[12];
	struct stat st;
	const char *reason = "corrupt-pack-index";
	int status = sv_file_read(idx_path, &idx, &err);

	if (status == 0)
		status = sv_pack_index_parse(sv_buf_span(&idx), o->objects->oid_len, &store.index,
					     &err);
	if (status == 0) {
		reason = "corrupt-pack";
		store.fd = open(pack, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (store.fd < 0 || fstat(store.fd, &st) < 0 || !S_ISREG(st.st_mode))
			status = sv_err_set(&err, SV_EIO, "%s",
					    store.fd < 0 ? strerror(errno) : "not a regular file");
	}
	if (status == 0 && (pread(store.fd, head, sizeof(head), 0) != sizeof(head) ||
			    memcmp(head, "PACK\0\0\0", 7) != 0 || head[7] < 2 || head[7] > 3))
		status = sv_err_set(&err, SV_ECORRUPT, "it is not a pack of version 2 or 3");
	if (status < 0) {
		o->on_gap(reason, pack, err.text, o->payload);
	} else {
		store.end = (uint64_t)st.st_size > o->objects->oid_len
				    ? (uint64_t)st.st_size - o->objects->oid_len
				    : 0;
		if (store.index.n != 0 && store.index.offsets[store.index.n - 1] >= store.end)
			o->on_gap("corrupt-pack", pack, "it is shorter than its index says",
				  o->payload);
		store.path = strdup(pack);
		if (store.path != NULL && sv_vec_push(&o->objects->stores, store) == 0)
			return 0;
	}
	free(store.path);
	if (store.fd >= 0)
		close(store.fd);
	sv_pack_index_release(&store.index);
	return status == SV_ENOMEM || status == 0 ? SV_ENOMEM : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory, sorted. Takes fd; -1 is an empty one. */
static int list(struct sv_arena *arena, int fd, char ***ret, size_t *ret_n)
{
	SV_VEC(char *) names = {0};
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (fd >= 0 && dir == NULL)
		close(fd);
	while (status == 0 && dir != NULL && (entry = readdir(dir)) != NULL) {
		char *name = sv_arena_strdup(arena, entry->d_name);

		status = name ? sv_vec_push(&names, name) : SV_ENOMEM;
	}
	if (dir != NULL)
		closedir(dir);
	if (names.len != 0)
		qsort(names.ptr, names.len, sizeof(*names.ptr), by_name);
	*ret = names.ptr;
	*ret_n = names.len;
	return status;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && strcmp(name + n - s, suffix) == 0;
}

static int add_packs(struct opening *o, const char *dir)
{
	struct sv_arena arena = {0};
	SV_AUTO_FREE char **names = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;
	size_t n = 0;

	if (fd < 0 && errno != ENOENT)
		o->on_gap("unreadable", dir, strerror(errno), o->payload);
	status = list(&arena, fd, &names, &n);
	for (size_t i = 0; status == 0 && i < n; i++) {
		bool pack = has_suffix(names[i], ".pack"), idx = has_suffix(names[i], ".idx");
		char *other, *path, *other_path;

		if (strncmp(names[i], "pack-", 5) != 0 || (!pack && !idx))
			continue;
		other = sv_arena_printf(&arena, "%.*s.%s", (int)(strrchr(names[i], '.') - names[i]),
					names[i], pack ? "idx" : "pack");
		path = sv_arena_printf(&arena, "%s/%s", dir, names[i]);
		other_path = other ? sv_arena_printf(&arena, "%s/%s", dir, other) : NULL;
		if (path == NULL || other_path == NULL)
			status = SV_ENOMEM;
		else if (bsearch(&other, names, n, sizeof(*names), by_name) == NULL)
			o->on_gap("corrupt-pack", path,
				  pack ? "its index is missing" : "its pack is missing",
				  o->payload);
		else if (pack)
			status = add_pack(o, path, other_path);
	}
	sv_arena_release(&arena);
	return status;
}

static int by_bytes20(const void *a, const void *b)
{
	return memcmp(a, b, 20);
}

static int by_bytes32(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static int add_loose(struct opening *o, const char *dir)
{
	struct sv_store store = {.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	struct sv_arena arena = {0};
	SV_AUTO(sv_buf) oids = {0};
	unsigned len = o->objects->oid_len;
	int status = store.fd < 0 ? SV_EIO : 0;

	for (int high = 0; status == 0 && high < 256; high++) {
		SV_AUTO_FREE char **names = NULL;
		char part[3];
		size_t n = 0;
		int fd;

		snprintf(part, sizeof(part), "%02x", high);
		fd = openat(store.fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT) {
			SV_AUTO_FREE char *path = sv_path_join(dir, part);

			o->on_gap("unreadable", path ? path : part, strerror(errno), o->payload);
		}
		status = list(&arena, fd, &names, &n);
		for (size_t i = 0; status == 0 && i < n; i++) {
			struct sv_oid oid;
			char hex[67];

			if (strlen(names[i]) != 2 * len - 2)
				continue;
			snprintf(hex, sizeof(hex), "%s%s", part, names[i]);
			if (sv_oid_parse(sv_span_str(hex), &oid) == 0)
				status = sv_buf_append(&oids, oid.bytes, len);
		}
		sv_arena_reset(&arena);
	}
	sv_arena_release(&arena);
	store.index.n = (uint32_t)(oids.len / len);
	store.index.oid_len = len;
	if (status == 0 && store.index.n != 0) {
		qsort(oids.ptr, store.index.n, len, len == 20 ? by_bytes20 : by_bytes32);
		store.index.oids = oids.ptr;
		oids = (struct sv_buf){0};
		store.path = strdup(dir);
		status = store.path ? sv_vec_push(&o->objects->stores, store) : SV_ENOMEM;
		if (status == 0)
			return 0;
	}
	if (store.fd >= 0)
		close(store.fd);
	free(store.index.oids);
	free(store.path);
	return status;
}

static int add_dir(struct opening *o, const char *dir, int depth);

static int add_alternates(struct opening *o, const char *dir, int depth)
{
	SV_AUTO_FREE char *path = sv_path_join(dir, "info/alternates");
	SV_AUTO(sv_buf) text = {.max = 1u << 20};
	int status = path ? sv_file_read(path, &text, NULL) : SV_ENOMEM;

	if (status == SV_ENOTFOUND)
		return 0;
	if (status < 0 && status != SV_ENOMEM) {
		o->on_gap("unreadable", path, "the list of alternates cannot be read", o->payload);
		return 0;
	}
	for (char *line = status == 0 ? (char *)(uintptr_t)sv_buf_str(&text) : NULL, *next;
	     status == 0 && line && *line; line = next) {
		SV_AUTO_FREE char *joined = NULL;

		next = strchrnul(line, '\n');
		if (*next != '\0')
			*next++ = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		joined = *line == '/' ? strdup(line) : sv_path_join(dir, line);
		if (joined == NULL)
			return SV_ENOMEM;
		/* git stops at five, too */
		if (depth >= 5)
			o->on_gap("alternate-too-deep", joined, "", o->payload);
		else
			status = add_dir(o, joined, depth + 1);
	}
	return status;
}

static int add_dir(struct opening *o, const char *dir, int depth)
{
	SV_AUTO_FREE char *packs = sv_path_join(dir, "pack");
	struct stat st;
	int status;

	if (packs == NULL)
		return SV_ENOMEM;
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (depth == 0)
			return sv_err_set(o->err, SV_ENOTFOUND, "%s: no such objects directory",
					  dir);
		o->on_gap("missing-alternate", dir, "no such objects directory", o->payload);
		return 0;
	}
	for (size_t i = 0; i < o->n_seen; i++)
		if (o->seen[i].dev == st.st_dev && o->seen[i].ino == st.st_ino)
			return 0;
	if (o->n_seen == MAX_ALTERNATES) {
		o->on_gap("alternate-too-deep", dir, "too many alternates", o->payload);
		return 0;
	}
	o->seen[o->n_seen].dev = st.st_dev;
	o->seen[o->n_seen++].ino = st.st_ino;
	status = add_packs(o, packs);
	if (status == 0)
		status = add_loose(o, dir);
	if (status == 0)
		status = add_alternates(o, dir, depth);
	return status;
}

int sv_objects_open(const char *const *dirs, size_t n, unsigned oid_len, sv_git_gap_fn *on_gap,
		    void *payload, struct sv_objects **ret_objects, struct sv_err *err)
{
	SV_AUTO_FREE struct opening *o = calloc(1, sizeof(*o));
	struct sv_objects *objects = calloc(1, sizeof(*objects));
	int status = 0;

	if (o == NULL || objects == NULL) {
		free(objects);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	objects->oid_len = oid_len;
	*o = (struct opening){.objects = objects, .on_gap = on_gap, .payload = payload, .err = err};
	for (size_t i = 0; status == 0 && i < n; i++)
		status = add_dir(o, dirs[i], i == 0 ? 0 : 1);
	if (status < 0) {
		sv_objects_free(objects);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_objects = objects;
	return 0;
}

void sv_objects_free(struct sv_objects *objects)
{
	if (objects == NULL)
		return;
	for (size_t i = 0; i < objects->stores.len; i++) {
		struct sv_store *store = &objects->stores.ptr[i];

		if (store->fd >= 0)
			close(store->fd);
		free(store->path);
		sv_pack_index_release(&store->index);
	}
	sv_vec_release(&objects->stores);
	free(objects);
}

size_t sv_objects_count(const struct sv_objects *objects)
{
	size_t n = 0;

	for (size_t i = 0; i < objects->stores.len; i++)
		n += objects->stores.ptr[i].index.n;
	return n;
}

void sv_objects_oid(const struct sv_objects *objects, struct sv_object_ref ref,
		    struct sv_oid *ret_oid)
{
	const struct sv_store *store = &objects->stores.ptr[ref.store];
	size_t at = store->is_pack ? store->index.sorted_of[ref.slot] : ref.slot;

	*ret_oid = (struct sv_oid){.len = (uint8_t)objects->oid_len};
	memcpy(ret_oid->bytes, store->index.oids + at * objects->oid_len, objects->oid_len);
}

static bool find_loose(const struct sv_store *store, const struct sv_oid *oid, uint32_t *ret_slot)
{
	const uint8_t *at =
		bsearch(oid->bytes, store->index.oids, store->index.n, store->index.oid_len,
			store->index.oid_len == 20 ? by_bytes20 : by_bytes32);

	if (at == NULL)
		return false;
	*ret_slot = (uint32_t)((size_t)(at - store->index.oids) / store->index.oid_len);
	return true;
}

bool sv_objects__find_from(const struct sv_objects *objects, const struct sv_oid *oid,
			   uint32_t first, struct sv_object_ref *ret_ref)
{
	for (uint32_t s = first; s < objects->stores.len; s++) {
		const struct sv_store *store = &objects->stores.ptr[s];

		if (store->is_pack ? sv_pack_index_find(&store->index, oid, &ret_ref->slot)
				   : find_loose(store, oid, &ret_ref->slot)) {
			ret_ref->store = s;
			return true;
		}
	}
	return false;
}

bool sv_objects_find(const struct sv_objects *objects, const struct sv_oid *oid,
		     struct sv_object_ref *ret_ref)
{
	return oid->len == objects->oid_len && sv_objects__find_from(objects, oid, 0, ret_ref);
}

bool sv_store__slot_at(const struct sv_store *store, uint64_t offset, uint32_t *ret_slot)
{
	uint32_t low = 0, high = store->index.n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (store->index.offsets[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_slot = low;
	return low < store->index.n && store->index.offsets[low] == offset;
}

int sv_store__open_loose(const struct sv_store *store, const struct sv_oid *oid)
{
	char hex[65], path[70];

	sv_oid_hex(oid, hex);
	snprintf(path, sizeof(path), "%.2s/%s", hex, hex + 2);
	/* O_NONBLOCK: a FIFO of that name must not hold us */
	return openat(store->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}
