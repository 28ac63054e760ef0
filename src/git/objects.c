/* Opening what holds objects: packs with their indexes, loose files, alternates. */
#include "git/child.h"
#include "git/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_INDEX      (8ull << 30)
#define MAX_ALTERNATES 1000
#define MAX_LISTINGS   5  /* of a pack folder that changes while it is listed */
#define MAX_LATER      16 /* repacks during one run that are followed */

const char *sv_object_type_name(enum sv_object_type type)
{
	static const char *const names[] = {"object", "commit", "tree", "blob", "tag"};

	return names[type];
}

void sv_oid_hex(const struct sv_oid *oid, char ret_hex[65])
{
	sv_hex(oid->bytes, oid->len, ret_hex);
}

/* every line of every commit's header may be one: a table is what that is worth */
static const int8_t digit[256] = {
	[0 ... '0' - 1] = -1,	['0'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	['9' + 1 ... 'A' - 1] = -1, ['A'] = 10, 11, 12, 13, 14, 15,
	['F' + 1 ... 'a' - 1] = -1, ['a'] = 10, 11, 12, 13, 14, 15,
	['f' + 1 ... 255] = -1,
};

int sv_oid_parse(struct sv_span hex, struct sv_oid *ret_oid)
{
	struct sv_oid oid = {.len = (uint8_t)(hex.len / 2)};

	if (hex.len != 40 && hex.len != 64)
		return SV_EINVAL;
	for (size_t i = 0; i < hex.len; i += 2) {
		int high = digit[hex.ptr[i]], low = digit[hex.ptr[i + 1]];

		if ((high | low) < 0)
			return SV_EINVAL;
		oid.bytes[i / 2] = (uint8_t)(high << 4 | low);
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

/* The names of one pack folder that are done with, sorted. */
struct handled {
	struct sv_arena arena;
	SV_VEC(char *) names;
	size_t sorted;
};

static int gone(struct opening *o, const char *path, const char *words, bool tell)
{
	struct stat st;

	if (tell && lstat(path, &st) == 0)
		o->on_gap("corrupt-pack", path, words, o->payload);
	return SV_ENOTFOUND;
}

/* SV_ENOTFOUND: it is there no more (told if tell). What is wrong with it is told, and is no
 * failure. */
static int add_pack(struct opening *o, const char *pack, const char *idx_path, bool tell)
{
	struct sv_store store = {.kind = SV_STORE_PACK, .fd = -1};
	SV_AUTO(sv_buf) idx = {.max = MAX_INDEX};
	struct sv_err err = {.text = ""};
	uint8_t head[12];
	struct stat st;
	const char *reason = "corrupt-pack-index";
	int status;

	/* open first: from then on a repack that removes it does no harm */
	store.fd = open(pack, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (store.fd < 0 && errno == ENOENT)
		return gone(o, pack, "its pack is missing", tell);
	status = sv_file_read(idx_path, &idx, &err);
	if (status == SV_ENOTFOUND) {
		if (store.fd >= 0)
			close(store.fd);
		return gone(o, pack, "its index is missing", tell);
	}
	if (status == 0)
		status = sv_pack_index_parse(sv_buf_span(&idx), o->objects->oid_len, &store.index,
					     &err);
	if (status == 0) {
		reason = "corrupt-pack";
		if (store.fd < 0 || fstat(store.fd, &st) < 0 || !S_ISREG(st.st_mode))
			status = sv_err_set(&err, SV_EIO, "%s",
					    store.fd < 0 ? "it cannot be opened"
							 : "not a regular file");
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

/* Is the pack of that path open already, here or before? */
static bool is_open(const struct sv_objects *objects, const char *path)
{
	for (; objects != NULL; objects = objects->earlier)
		for (size_t i = 0; i < objects->stores.len; i++)
			if (objects->stores.ptr[i].kind == SV_STORE_PACK &&
			    strcmp(objects->stores.ptr[i].path, path) == 0)
				return true;
	return false;
}

/* One file of a pack folder. SV_ENOTFOUND: its other half is not there, or it went away. */
static int add_pack_file(struct opening *o, const char *dir, const char *name, bool tell)
{
	bool is_pack = has_suffix(name, ".pack");
	SV_AUTO_FREE char *path = sv_path_join(dir, name);
	SV_AUTO_FREE char *other = path ? malloc(strlen(path) + 2) : NULL;
	struct stat st;

	if (other == NULL)
		return SV_ENOMEM;
	sprintf(other, "%.*s.%s", (int)(strrchr(path, '.') - path), path, is_pack ? "idx" : "pack");
	if (!is_pack)
		return lstat(other, &st) == 0 ? 0 : gone(o, path, "its pack is missing", tell);
	return o->objects->earlier && is_open(o->objects->earlier, path)
		       ? 0
		       : add_pack(o, path, other, tell);
}

/*
 * Opens the packs of a folder that are not handled yet; ret_gone counts those that were listed but
 * are not there (any more), which a repack brings about: the caller lists again.
 */
static int add_packs(struct opening *o, const char *dir, struct handled *handled, bool tell,
		     size_t *ret_gone)
{
	struct sv_arena arena = {0};
	SV_AUTO_FREE char **names = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;
	size_t n = 0;

	*ret_gone = 0;
	if (fd < 0 && errno != ENOENT && tell)
		o->on_gap("unreadable", dir, strerror(errno), o->payload);
	status = list(&arena, fd, &names, &n);
	for (size_t i = 0; status == 0 && i < n; i++) {
		char *copy;

		if (strncmp(names[i], "pack-", 5) != 0 ||
		    (!has_suffix(names[i], ".pack") && !has_suffix(names[i], ".idx")) ||
		    (handled->sorted != 0 && bsearch(&names[i], handled->names.ptr, handled->sorted,
						     sizeof(*names), by_name) != NULL))
			continue;
		status = add_pack_file(o, dir, names[i], tell);
		if (status == SV_ENOTFOUND) {
			++*ret_gone;
			status = 0;
			continue;
		}
		copy = sv_arena_strdup(&handled->arena, names[i]);
		if (status == 0)
			status = copy ? sv_vec_push(&handled->names, copy) : SV_ENOMEM;
	}
	if (handled->names.len != 0)
		qsort(handled->names.ptr, handled->names.len, sizeof(*names), by_name);
	handled->sorted = handled->names.len;
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
	struct sv_store store = {.kind = SV_STORE_LOOSE,
				 .fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
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

/* A repack removes the files of a pack one after the other, and on a busy machine may rest between. */
static void pause_between_listings(int n)
{
	struct timespec pause = {.tv_nsec = 1000000l << n};

	if (n < MAX_LISTINGS)
		nanosleep(&pause, NULL);
}

/*
 * A repack may run meanwhile. What it moves from loose files into a pack, or back, is in the new
 * place before it leaves the old one: packs, loose files, and packs once more miss nothing.
 */
static int add_packs_and_loose(struct opening *o, const char *dir, const char *packs)
{
	struct handled handled = {.sorted = 0};
	size_t n_gone;
	int status = add_packs(o, packs, &handled, false, &n_gone);

	if (status == 0)
		status = add_loose(o, dir);
	for (int i = 1; status == 0 && i <= MAX_LISTINGS; i++) {
		status = add_packs(o, packs, &handled, i == MAX_LISTINGS, &n_gone);
		if (n_gone == 0)
			break;
		pause_between_listings(i);
	}
	sv_vec_release(&handled.names);
	sv_arena_release(&handled.arena);
	return status;
}

static int add_dir(struct opening *o, const char *dir, int depth)
{
	char *packs = sv_path_join(dir, "pack");
	struct stat st;
	int status = packs ? sv_vec_push(&o->objects->pack_dirs, packs) : SV_ENOMEM;

	if (status < 0) {
		free(packs);
		return status;
	}
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
	status = add_packs_and_loose(o, dir, packs);
	if (status == 0)
		status = add_alternates(o, dir, depth);
	return status;
}

/* ---- what comes after open ---- */

struct sv_later {
	pthread_mutex_t lock, large;
	struct sv_objects *objects; /* NULL: nothing yet */
	uint64_t stamp;		    /* of the folders when they were looked at last */
	time_t looked;
};

/* When the pack folders were changed, all together; newest is the last of them. */
static uint64_t stamp_folders(const struct sv_objects *objects, time_t *ret_newest)
{
	uint64_t stamp = 1;
	struct stat st;

	*ret_newest = 0;
	for (size_t i = 0; i < objects->pack_dirs.len; i++)
		if (stat(objects->pack_dirs.ptr[i], &st) == 0) {
			stamp = sv_hash64(&st.st_mtim, sizeof(st.st_mtim), stamp);
			if (st.st_mtim.tv_sec > *ret_newest)
				*ret_newest = st.st_mtim.tv_sec;
		}
	return stamp;
}

static struct sv_objects *new_objects(unsigned oid_len)
{
	struct sv_objects *objects = calloc(1, sizeof(*objects));

	if (objects == NULL)
		return NULL;
	objects->oid_len = oid_len;
	objects->later = calloc(1, sizeof(*objects->later));
	if (objects->later == NULL) {
		free(objects);
		return NULL;
	}
	pthread_mutex_init(&objects->later->lock, NULL);
	pthread_mutex_init(&objects->later->large, NULL);
	return objects;
}

static void no_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)reason, (void)what, (void)detail, (void)payload;
}

/* The packs that stand in the folders now and are not open; NULL if there are none. */
static struct sv_objects *look_again(const struct sv_objects *objects)
{
	SV_AUTO_FREE struct opening *o = calloc(1, sizeof(*o));
	struct sv_objects *now = new_objects(objects->oid_len);
	int status = o && now ? 0 : SV_ENOMEM;

	if (status == 0) {
		*o = (struct opening){.objects = now, .on_gap = no_gap};
		now->earlier = objects;
		now->partial = objects->partial;
	}
	for (size_t i = 0; status == 0 && i < objects->pack_dirs.len; i++) {
		struct handled handled = {.sorted = 0};
		char *dir = strdup(objects->pack_dirs.ptr[i]);
		size_t n_gone = 0;

		status = dir ? sv_vec_push(&now->pack_dirs, dir) : SV_ENOMEM;
		for (int k = 0; status == 0 && k < MAX_LISTINGS && (k == 0 || n_gone != 0); k++)
			status = add_packs(o, dir, &handled, false, &n_gone);
		sv_vec_release(&handled.names);
		sv_arena_release(&handled.arena);
	}
	if (status == 0 && now->stores.len != 0)
		return now;
	sv_objects_free(now);
	return NULL;
}

const struct sv_objects *sv_objects__later(const struct sv_objects *objects)
{
	struct sv_later *later = objects->later;
	struct sv_objects *found;
	unsigned generation = 0;
	uint64_t stamp;
	time_t newest;

	for (const struct sv_objects *e = objects; e != NULL; e = e->earlier)
		generation++;
	if (generation > MAX_LATER)
		return NULL;
	pthread_mutex_lock(&later->lock);
	stamp = stamp_folders(objects, &newest);
	/* the misses of a partial clone are many: a folder is listed again only when it was
	   changed, or may have been within the same tick of its clock */
	if (later->objects == NULL && (stamp != later->stamp || newest + 2 > later->looked)) {
		later->looked = time(NULL);
		later->stamp = stamp;
		later->objects = look_again(objects);
	}
	found = later->objects;
	pthread_mutex_unlock(&later->lock);
	return found;
}

void sv_objects__lock_large(const struct sv_objects *objects)
{
	pthread_mutex_lock(&objects->later->large);
}

void sv_objects__unlock_large(const struct sv_objects *objects)
{
	pthread_mutex_unlock(&objects->later->large);
}

int sv_objects_open(const char *const *dirs, size_t n, unsigned oid_len, sv_git_gap_fn *on_gap,
		    void *payload, struct sv_objects **ret_objects, struct sv_err *err)
{
	SV_AUTO_FREE struct opening *o = calloc(1, sizeof(*o));
	struct sv_objects *objects = new_objects(oid_len);
	int status = 0;

	if (o == NULL || objects == NULL) {
		sv_objects_free(objects);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
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

int sv_objects__add_git(struct sv_objects *objects, const char *path, struct sv_err *err)
{
	struct sv_store store = {.kind = SV_STORE_GIT, .fd = -1, .path = strdup(path)};
	unsigned len = objects->oid_len;
	SV_AUTO(sv_buf) oids = {0};
	int status = store.path ? sv_git_list_objects(path, len, &oids, err) : SV_ENOMEM;

	store.index.n = (uint32_t)(oids.len / len);
	store.index.oid_len = len;
	if (status == 0 && oids.len != 0)
		qsort(oids.ptr, store.index.n, len, len == 20 ? by_bytes20 : by_bytes32);
	store.index.oids = oids.ptr;
	if (status == 0)
		status = sv_vec_push(&objects->stores, store);
	if (status < 0)
		free(store.path);
	else
		oids = (struct sv_buf){0};
	return status;
}

void sv_objects_free(struct sv_objects *objects)
{
	if (objects == NULL)
		return;
	sv_objects_free(objects->later->objects);
	pthread_mutex_destroy(&objects->later->lock);
	pthread_mutex_destroy(&objects->later->large);
	free(objects->later);
	for (size_t i = 0; i < objects->stores.len; i++) {
		struct sv_store *store = &objects->stores.ptr[i];

		if (store->fd >= 0)
			close(store->fd);
		free(store->path);
		sv_pack_index_release(&store->index);
	}
	for (size_t i = 0; i < objects->pack_dirs.len; i++)
		free(objects->pack_dirs.ptr[i]);
	sv_vec_release(&objects->pack_dirs);
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
	size_t at = store->kind == SV_STORE_PACK ? store->index.sorted_of[ref.slot] : ref.slot;

	*ret_oid = (struct sv_oid){.len = (uint8_t)objects->oid_len};
	memcpy(ret_oid->bytes, store->index.oids + at * objects->oid_len, objects->oid_len);
}

static bool find_in_list(const struct sv_store *store, const struct sv_oid *oid, uint32_t *ret_slot)
{
	const uint8_t *at = store->index.n == 0
				    ? NULL
				    : bsearch(oid->bytes, store->index.oids, store->index.n,
					      store->index.oid_len,
					      store->index.oid_len == 20 ? by_bytes20 : by_bytes32);

	if (at == NULL)
		return false;
	*ret_slot = (uint32_t)((size_t)(at - store->index.oids) / store->index.oid_len);
	return true;
}

uint32_t *sv_objects__bases(const struct sv_objects *objects)
{
	uint32_t *bases = malloc((objects->stores.len + 1) * sizeof(*bases)), n = 0;

	for (size_t s = 0; bases != NULL && s < objects->stores.len; s++) {
		bases[s] = n;
		n += objects->stores.ptr[s].index.n;
	}
	return bases;
}

bool sv_objects__find_from(const struct sv_objects *objects, const struct sv_oid *oid,
			   uint32_t first, struct sv_object_ref *ret_ref)
{
	for (uint32_t s = first; s < objects->stores.len; s++) {
		const struct sv_store *store = &objects->stores.ptr[s];

		if (store->kind == SV_STORE_PACK
			    ? sv_pack_index_find(&store->index, oid, &ret_ref->slot)
			    : find_in_list(store, oid, &ret_ref->slot)) {
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

int sv_store__open_loose(const struct sv_store *store, const struct sv_oid *oid)
{
	char hex[65], path[70];

	sv_oid_hex(oid, hex);
	snprintf(path, sizeof(path), "%.2s/%s", hex, hex + 2);
	/* O_NONBLOCK: a FIFO of that name must not hold us */
	return openat(store->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}
