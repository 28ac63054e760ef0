#include "source/walk.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* deeper than any tree that people keep; each level holds a descriptor */
#define MAX_DEPTH 400

struct walk {
	const struct sv_walk_events *on;
	uint64_t max_size;
	struct sv_buf content, path;
};

int sv_read_all(int fd, uint64_t max, struct sv_buf *content)
{
	for (;;) {
		int status = sv_buf_reserve(content, 65536);
		ssize_t n;

		if (status < 0)
			return status;
		n = read(fd, content->ptr + content->len, content->cap - content->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SV_EIO;
		if (n == 0)
			return 0;
		sv_buf_commit(content, content->len + (size_t)n);
		if (max != 0 && content->len > max)
			return SV_ETOOBIG;
	}
}

static int gap(struct walk *w, enum sv_gap_kind kind, const char *reason, const char *detail)
{
	return w->on->on_gap(kind, reason, sv_buf_str(&w->path), detail, w->on->payload);
}

static int walk_file(struct walk *w, int fd, uint64_t size)
{
	int status;

	if (w->max_size != 0 && size > w->max_size)
		return gap(w, SV_GAP_SKIPPED, "too-large", "");
	sv_buf_reset(&w->content);
	status = sv_read_all(fd, w->max_size, &w->content);
	if (status == SV_ENOMEM)
		return status;
	if (status == SV_ETOOBIG)
		return gap(w, SV_GAP_SKIPPED, "too-large", "it grew while it was read");
	if (status < 0)
		return gap(w, SV_GAP_UNREAD, "unreadable", strerror(errno));
	return w->on->on_file(sv_buf_str(&w->path), &w->content, w->on->payload);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk_at(struct walk *w, int dir_fd, const char *name, int depth);

/* takes fd */
static int walk_dir(struct walk *w, int fd, int depth)
{
	SV_VEC(char *) names = {0};
	size_t base = w->path.len;
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (dir == NULL || depth > MAX_DEPTH) {
		if (dir != NULL)
			closedir(dir);
		else
			close(fd);
		return gap(w, SV_GAP_UNREAD, "unreadable", depth > MAX_DEPTH ? "too deep" : strerror(errno));
	}
	errno = 0;
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		char *name;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, ".git") == 0)
			continue;
		name = strdup(entry->d_name);
		status = name == NULL ? SV_ENOMEM : sv_vec_push(&names, name);
	}
	if (status == 0 && errno != 0)
		status = gap(w, SV_GAP_UNREAD, "unreadable", strerror(errno));
	if (names.len != 0)
		qsort(names.ptr, names.len, sizeof(*names.ptr), by_name);
	for (size_t i = 0; i < names.len; i++) {
		if (status == 0 && base != 0)
			status = sv_buf_putc(&w->path, '/');
		if (status == 0)
			status = sv_buf_puts(&w->path, names.ptr[i]);
		if (status == 0)
			status = walk_at(w, dirfd(dir), names.ptr[i], depth + 1);
		sv_buf_commit(&w->path, base);
		free(names.ptr[i]);
	}
	sv_vec_release(&names);
	closedir(dir);
	return status;
}

static int walk_at(struct walk *w, int dir_fd, const char *name, int depth)
{
	struct stat st;
	int fd, status;

	if (w->path.len != 0 && w->on->is_excluded && w->on->is_excluded(sv_buf_str(&w->path), w->on->payload))
		return gap(w, SV_GAP_SKIPPED, "excluded", "");
	/* O_NOFOLLOW: a link may lead out of the tree; O_NONBLOCK: a FIFO must not hold us. A root
	   that the user named may be a link. */
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (depth ? O_NOFOLLOW : 0));
	if (fd < 0) {
		int error = errno;

		if (error == ELOOP)
			return gap(w, SV_GAP_SKIPPED, "symbolic-link", "");
		if (error == ENXIO)
			return gap(w, SV_GAP_SKIPPED, "special-file", "");
		return gap(w, SV_GAP_UNREAD, "unreadable", strerror(error));
	}
	if (fstat(fd, &st) < 0) {
		status = gap(w, SV_GAP_UNREAD, "unreadable", strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		return walk_dir(w, fd, depth);
	} else if (!S_ISREG(st.st_mode)) {
		status = gap(w, SV_GAP_SKIPPED, "special-file", "");
	} else {
		status = walk_file(w, fd, (uint64_t)st.st_size);
	}
	close(fd);
	return status;
}

int sv_walk(const char *root, uint64_t max_size, const struct sv_walk_events *events,
	    struct sv_err *err)
{
	struct walk w = {.on = events, .max_size = max_size};
	const char *slash = strrchr(root, '/');
	struct stat st;
	int status = 0;

	if (stat(root, &st) < 0)
		return sv_err_set(err, errno == ENOENT ? SV_ENOTFOUND : SV_EIO, "%s: %s", root,
				  strerror(errno));
	if (!S_ISDIR(st.st_mode))
		status = sv_buf_puts(&w.path, slash ? slash + 1 : root);
	if (status == 0)
		status = walk_at(&w, AT_FDCWD, root, 0);
	sv_buf_release(&w.content);
	sv_buf_release(&w.path);
	return status;
}
