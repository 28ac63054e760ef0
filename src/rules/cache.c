#include "rules/cache.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC	  "sievert-matcher1" /* 16 bytes, without the NUL */
#define MAGIC_LEN 16
#define SUM_LEN	  32
#define HEAD_LEN  (MAGIC_LEN + SUM_LEN)
#define MAX_FILE  (256u << 20)
#define KEPT	  16 /* files: a database for each gate, and another one for each change of a rule */
#define PREFIX	  "matcher-"

/* A deserialiser is no place for bytes that someone else could have written. */
static bool is_ours_alone(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A descriptor of the folder, -1 if it is not there or not to be trusted. */
static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !is_ours_alone(&st))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_file(const char *dir, const char *name, struct stat *st)
{
	int folder = open_dir(dir), fd;

	if (folder < 0)
		return -1;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	close(folder);
	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || !is_ours_alone(st) ||
			st->st_size <= HEAD_LEN || st->st_size > MAX_FILE)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Over the key too, so that a file under another's name is refused. */
static void sum_up(const char *key, struct sv_span db, uint8_t ret[SUM_LEN])
{
	struct sv_span parts[] = {sv_span_str(key), db};

	sv_digest(ret, SUM_LEN, NULL, parts, 2);
}

static int read_whole(int fd, size_t len, struct sv_buf *buf)
{
	int status = sv_buf_reserve(buf, len);

	while (status == 0 && buf->len < len) {
		ssize_t n = read(fd, buf->ptr + buf->len, len - buf->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SV_EIO;
		sv_buf_commit(buf, buf->len + (size_t)n);
	}
	return status;
}

int sv_cache_load(const char *dir, const char *key, hs_database_t **ret_db)
{
	SV_AUTO(sv_buf) file = {0};
	uint8_t sum[SUM_LEN];
	struct sv_span db;
	struct stat st;
	char name[128];
	int fd, status;

	snprintf(name, sizeof(name), PREFIX "%s", key);
	fd = open_file(dir, name, &st);
	if (fd < 0)
		return SV_ENOTFOUND;
	status = read_whole(fd, (size_t)st.st_size, &file);
	(void)futimens(fd, NULL); /* the least recently used go first */
	close(fd);
	if (status < 0)
		return SV_ENOTFOUND;
	db = sv_span(file.ptr + HEAD_LEN, file.len - HEAD_LEN);
	sum_up(key, db, sum);
	if (memcmp(file.ptr, MAGIC, MAGIC_LEN) != 0 ||
	    memcmp(file.ptr + MAGIC_LEN, sum, SUM_LEN) != 0 ||
	    hs_deserialize_database((const char *)db.ptr, db.len, ret_db) != HS_SUCCESS)
		return SV_ENOTFOUND;
	return 0;
}

struct kept {
	char *name;
	struct timespec used;
};

static int newest_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct kept *)a)->used;
	const struct timespec *y = &((const struct kept *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec > y->tv_sec ? -1 : 1;
	return x->tv_nsec > y->tv_nsec ? -1 : x->tv_nsec < y->tv_nsec;
}

/* What a killed run left half-written goes this way too: it has our prefix, and becomes old. */
static void drop_oldest(int folder)
{
	SV_VEC(struct kept) all = {0};
	struct dirent *entry;
	struct stat st;
	DIR *dir = fdopendir(folder);

	if (dir == NULL) {
		close(folder);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct kept one = {0};

		if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0 ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		one.used = st.st_mtim;
		one.name = strdup(entry->d_name);
		if (one.name == NULL || sv_vec_push(&all, one) < 0) {
			free(one.name);
			break;
		}
	}
	if (all.len != 0)
		qsort(all.ptr, all.len, sizeof(*all.ptr), newest_first);
	for (size_t i = 0; i < all.len; i++) {
		if (i >= KEPT)
			(void)unlinkat(folder, all.ptr[i].name, 0);
		free(all.ptr[i].name);
	}
	sv_vec_release(&all);
	closedir(dir);
}

int sv_cache_store(const char *dir, const char *key, const hs_database_t *db)
{
	SV_AUTO(sv_buf) file = {.max = MAX_FILE};
	SV_AUTO_FREE char *bytes = NULL;
	SV_AUTO_FREE char *path = NULL;
	uint8_t sum[SUM_LEN];
	char name[128];
	size_t len = 0;
	int folder, status;

	if (hs_serialize_database(db, &bytes, &len) != HS_SUCCESS)
		return SV_ENOMEM;
	sum_up(key, sv_span(bytes, len), sum);
	status = sv_buf_append(&file, MAGIC, MAGIC_LEN);
	if (status == 0)
		status = sv_buf_append(&file, sum, sizeof(sum));
	if (status == 0)
		status = sv_buf_append(&file, bytes, len);
	if (status == 0)
		status = sv_dir_make(dir, 0700, NULL);
	if (status < 0)
		return status;
	folder = open_dir(dir);
	snprintf(name, sizeof(name), PREFIX "%s", key);
	path = sv_path_join(dir, name);
	if (folder < 0 || path == NULL) {
		if (folder >= 0)
			close(folder);
		return folder < 0 ? SV_EIO : SV_ENOMEM;
	}
	status = sv_file_write(path, sv_buf_span(&file), 0600, NULL);
	drop_oldest(folder);
	return status;
}
