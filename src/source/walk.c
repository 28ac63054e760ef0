#include "source/walk.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <poll.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH  64	   /* names of one folder that are enough for a thread that has none */
#define LISTED (32u << 10) /* bytes of entries that are asked for at a time */
#define PIECE  (1u << 20)  /* bytes that are read at a time */
/* what one thread has scanned before another has started */
#define FEW	 16
#define SMALL	 (64u << 10)
#define MAX_PATH (1u << 16)

/* A folder to list, or some names of it to open. */
struct task {
	char *dir;   /* relative to the root; "" is the root */
	char *names; /* NUL-separated, each after its kind, ends with an empty one; NULL: list dir
		      */
};

/* Before each name. */
#define REGULAR 'r' /* a file, as the folder says */
#define ANY	'?'

struct sv_walk {
	int root;   /* the folder, or the folder of a single file */
	bool plain; /* its file system is one where a read that comes short has reached the end */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	SV_VEC(struct task) tasks;
	size_t busy;
	atomic_uint idle; /* threads that wait for a task */
	bool single;	  /* the root is a file */
	atomic_bool stopped;
};

/* A stream may be silent for hours: then a signal must not wait for its next byte. */
static bool wait_for_bytes(int fd, const volatile int *cancel)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	while (*cancel == 0) {
		int n = poll(&wanted, 1, 100);

		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
	}
	return false;
}

int sv_read_more(int fd, size_t want, uint64_t left, const volatile int *cancel,
		 struct sv_buf *content, bool *ret_end)
{
	*ret_end = false;
	while (want != 0) {
		size_t piece = want < PIECE		   ? want
			       : left != 0 && left < PIECE ? (size_t)left + 1
							   : PIECE;
		int status = sv_buf_reserve(content, piece);
		ssize_t n;

		if (status < 0)
			return status;
		if (cancel != NULL && !wait_for_bytes(fd, cancel))
			return SV_ECANCELLED;
		n = read(fd, content->ptr + content->len, piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SV_EIO;
		sv_buf_commit(content, content->len + (size_t)n);
		want -= (size_t)n;
		/* it has what it was said to have, and no byte more */
		if (n == 0 || ((uint64_t)n == left && (size_t)n < piece)) {
			*ret_end = true;
			return 0;
		}
		left = left > (uint64_t)n ? left - (uint64_t)n : 0;
	}
	return 0;
}

static int push(struct sv_walk *w, char *dir, char *names)
{
	struct task task = {dir, names};
	int status = SV_ENOMEM;

	pthread_mutex_lock(&w->lock);
	if (dir != NULL)
		status = sv_vec_push(&w->tasks, task);
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (status < 0) {
		free(dir);
		free(names);
	}
	return status;
}

/* Those whose reads come from the page cache. Not among them: what makes files up as they are read
 * (procfs). */
static bool is_plain(int fd)
{
	static const uint32_t magics[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
					  F2FS_SUPER_MAGIC, TMPFS_MAGIC,     OVERLAYFS_SUPER_MAGIC,
					  RAMFS_MAGIC};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if ((uint32_t)fs.f_type == magics[i])
			return true;
	return false;
}

int sv_walk_new(const char *root, struct sv_walk **ret_walk, struct sv_err *err)
{
	struct sv_walk *w = calloc(1, sizeof(*w));
	const char *slash = strrchr(root, '/');
	SV_AUTO_FREE char *parent =
		slash ? strndup(root, slash == root ? 1 : (size_t)(slash - root)) : strdup(".");
	char *names = NULL;
	struct stat st;
	int status = 0;

	if (w == NULL || parent == NULL) {
		free(w);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	w->root = -1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	/* a root that the user named may be a link */
	if (stat(root, &st) < 0)
		status = sv_err_set(err, errno == ENOENT ? SV_ENOTFOUND : SV_EIO, "%s: %s", root,
				    strerror(errno));
	if (status == 0 && !S_ISDIR(st.st_mode)) {
		const char *base = slash ? slash + 1 : root;

		names = calloc(1, strlen(base) + 3);
		if (names == NULL)
			status = SV_ENOMEM;
		else
			names[0] = ANY, strcpy(names + 1, base);
		w->single = true;
	}
	if (status == 0) {
		w->root = open(names ? parent : root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (w->root < 0)
			status = sv_err_set(err, SV_EIO, "%s: %s", root, strerror(errno));
		else
			w->plain = is_plain(w->root);
	}
	if (status == 0)
		status = push(w, strdup(""), names);
	else
		free(names);
	if (status < 0) {
		sv_walk_free(w);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret_walk = w;
	return 0;
}

void sv_walk_free(struct sv_walk *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->tasks.len; i++) {
		free(w->tasks.ptr[i].dir);
		free(w->tasks.ptr[i].names);
	}
	sv_vec_release(&w->tasks);
	if (w->root >= 0)
		close(w->root);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	free(w);
}

void sv_walk_stop(struct sv_walk *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopped = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/*
 * Opens a folder below root without a link on the way, even one that is put there meanwhile. *same:
 * it is known to lie on root's file system.
 */
static int open_below(int root, const char *path, bool *same)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
	int fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));

	*same = fd >= 0;
	if (fd < 0 && errno == EXDEV) {
		how.resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
		fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
	}

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != E2BIG))
		return fd;
	/* an older kernel: part by part */
	fd = dup(root);
	while (fd >= 0 && *path != '\0') {
		const char *end = strchrnul(path, '/');
		char part[256];
		int next = -1;

		if ((size_t)(end - path) < sizeof(part)) {
			memcpy(part, path, (size_t)(end - path));
			part[end - path] = '\0';
			next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		}
		close(fd);
		fd = next;
		path = *end ? end + 1 : end;
	}
	return fd;
}

/* One thread at work. */
struct work {
	struct sv_walk *walk;
	const struct sv_walk_events *on;
	struct sv_buf path;
	struct sv_buf names;   /* of the folder at hand: as a task's */
	struct sv_buf entries; /* as the system tells them */
	bool plain;	       /* of the folder at hand: as the walk's */
};

static int gap(struct work *w, enum sv_gap_kind kind, const char *reason, const char *detail)
{
	return w->on->on_gap(kind, reason, sv_buf_str(&w->path), detail, w->on->payload);
}

/*
 * What a folder listed and nobody can open: gone since, as a lock that git took away, and then
 * there is nothing to read, or here and unread. What was asked for by name is never merely gone.
 */
static int unopened(struct work *w)
{
	return errno == ENOENT && !w->walk->single
		       ? gap(w, SV_GAP_SKIPPED, "vanished", "")
		       : gap(w, SV_GAP_UNREAD, "unreadable", strerror(errno));
}

static int visit_link(struct work *w, int dir, const char *name)
{
	SV_AUTO(sv_buf) text = {0};
	int status = sv_buf_reserve(&text, 4096);
	ssize_t n = status == 0 ? readlinkat(dir, name, (char *)text.ptr, 4096) : -1;

	if (status < 0)
		return status;
	if (n < 0)
		return unopened(w);
	sv_buf_commit(&text, (size_t)n);
	return w->on->on_link(sv_buf_span(&text), sv_buf_str(&w->path), w->on->payload);
}

/* A name that its folder did not call a folder. */
static int visit_file(struct work *w, int dir, char kind, const char *name)
{
	/* O_NONBLOCK: a FIFO must not hold us */
	int fd = openat(dir, name,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
				(w->walk->single ? 0 : O_NOFOLLOW)),
	    status;
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return visit_link(w, dir, name);
	if (fd < 0)
		return errno == ENXIO ? gap(w, SV_GAP_SKIPPED, "special-file", "") : unopened(w);
	if (kind == REGULAR && w->plain)
		status = w->on->on_file(fd, SV_WALK_UNTOLD, sv_buf_str(&w->path), w->on->payload);
	else if (fstat(fd, &st) < 0)
		status = gap(w, SV_GAP_UNREAD, "unreadable", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		status = gap(w, SV_GAP_SKIPPED, "special-file", "");
	else
		status = w->on->on_file(fd, (uint64_t)st.st_size, sv_buf_str(&w->path),
					w->on->payload);
	close(fd);
	return status;
}

static int set_path(struct work *w, const char *dir, const char *name)
{
	int status;

	sv_buf_reset(&w->path);
	status = sv_buf_puts(&w->path, dir);
	if (status == 0 && *dir && *name)
		status = sv_buf_putc(&w->path, '/');
	return status == 0 ? sv_buf_puts(&w->path, name) : status;
}

/* Names up to an empty one become a task. */
static int push_names(struct work *w, const char *dir, const char *names, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return SV_ENOMEM;
	memcpy(copy, names, len);
	copy[len] = '\0';
	return push(w->walk, strdup(dir), copy);
}

static bool others_wait(const struct work *w)
{
	return atomic_load_explicit(&w->walk->idle, memory_order_relaxed) != 0;
}

static int list_entry(struct work *w, int fd, const char *dir, const struct dirent64 *entry,
		      size_t *n)
{
	bool is_dir = entry->d_type == DT_DIR;
	const char *reason;
	struct stat st;
	int status = set_path(w, dir, entry->d_name);

	if (status < 0)
		return status;
	if (entry->d_type == DT_UNKNOWN)
		is_dir = fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			 S_ISDIR(st.st_mode);
	reason = w->on->exclude ? w->on->exclude(sv_buf_str(&w->path), is_dir, w->on->payload)
				: NULL;
	if (reason != NULL)
		return *reason == '\0' ? 0 : gap(w, SV_GAP_SKIPPED, reason, "");
	if (is_dir)
		return w->path.len > MAX_PATH ? gap(w, SV_GAP_UNREAD, "unreadable", "too deep")
					      : push(w->walk, strdup(sv_buf_str(&w->path)), NULL);
	status = sv_buf_putc(&w->names, entry->d_type == DT_REG ? REGULAR : ANY);
	if (status == 0)
		status = sv_buf_append(&w->names, entry->d_name, strlen(entry->d_name) + 1);
	if (status == 0 && ++*n >= BATCH && others_wait(w)) {
		status = push_names(w, dir, (const char *)w->names.ptr, w->names.len);
		sv_buf_reset(&w->names);
		*n = 0;
	}
	return status;
}

/* Without readdir(): a buffer and two calls less for each folder. */
static int list(struct work *w, int fd, const char *dir)
{
	int status = sv_buf_reserve(&w->entries, LISTED);
	size_t n = 0;

	sv_buf_reset(&w->names);
	while (status == 0) {
		ssize_t len = getdents64(fd, w->entries.ptr, LISTED);

		if (len < 0) {
			const char *why = strerror(errno);

			status = set_path(w, dir, "");
			return status < 0 ? status : gap(w, SV_GAP_UNREAD, "unreadable", why);
		}
		if (len == 0)
			break;
		for (ssize_t at = 0; status == 0 && at < len;) {
			const struct dirent64 *entry =
				(const struct dirent64 *)(const void *)(w->entries.ptr + at);

			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				status = list_entry(w, fd, dir, entry, &n);
			at += entry->d_reclen;
		}
	}
	return status;
}

/* The second half of the names from here on becomes a task, for a thread that has none. */
static int share(struct work *w, const char *dir, char *names)
{
	char *rest = names, *end = names;
	size_t n = 0;
	int status;

	for (; *end; end += strlen(end) + 1)
		n++;
	for (n -= n / 2; n != 0; n--)
		rest += strlen(rest) + 1;
	if (*rest == '\0')
		return 0;
	status = push_names(w, dir, rest, (size_t)(end - rest));
	*rest = '\0';
	return status;
}

static int visit_names(struct work *w, int fd, const char *dir, char *names)
{
	int status = 0;

	for (char *name = names; status == 0 && *name; name += strlen(name) + 1) {
		if (others_wait(w))
			status = share(w, dir, name);
		if (status == 0)
			status = set_path(w, dir, name + 1);
		if (status == 0)
			status = visit_file(w, fd, *name, name + 1);
		if (w->walk->stopped)
			break;
	}
	return status;
}

static int do_task(struct work *w, const struct task *task)
{
	int status = set_path(w, task->dir, ""), fd;
	bool same;

	fd = open_below(w->walk->root, task->dir, &same);
	w->plain = same && w->walk->plain;
	if (fd < 0)
		return status < 0 ? status : unopened(w);
	if (status == 0 && task->names == NULL)
		status = list(w, fd, task->dir);
	if (status == 0 && task->names == NULL)
		status = sv_buf_putc(&w->names, '\0');
	if (status == 0)
		status = visit_names(w, fd, task->dir,
				     task->names ? task->names : (char *)w->names.ptr);
	close(fd);
	return status;
}

bool sv_walk_is_small(const struct sv_walk *w)
{
	int fd = w->single ? -1 : openat(w->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint64_t bytes = 0;
	struct dirent *entry;
	struct stat st;
	size_t n = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	while (n <= FEW && bytes <= SMALL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, "..")))
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
			n = FEW;
		bytes += (uint64_t)st.st_size;
		n++;
	}
	closedir(dir);
	return n <= FEW && bytes <= SMALL;
}

int sv_walk_work(struct sv_walk *walk, const struct sv_walk_events *events)
{
	struct work w = {.walk = walk, .on = events};
	int status = 0;

	pthread_mutex_lock(&walk->lock);
	while (status == 0) {
		struct task task;

		while (!walk->stopped && walk->tasks.len == 0 && walk->busy != 0) {
			walk->idle++;
			pthread_cond_wait(&walk->changed, &walk->lock);
			walk->idle--;
		}
		if (walk->stopped || walk->tasks.len == 0)
			break;
		task = walk->tasks.ptr[--walk->tasks.len];
		walk->busy++;
		pthread_mutex_unlock(&walk->lock);
		status = do_task(&w, &task);
		free(task.dir);
		free(task.names);
		pthread_mutex_lock(&walk->lock);
		walk->busy--;
		if (status != 0)
			walk->stopped = true;
		if (walk->stopped || (walk->tasks.len == 0 && walk->busy == 0))
			pthread_cond_broadcast(&walk->changed);
	}
	pthread_mutex_unlock(&walk->lock);
	sv_buf_release(&w.path);
	sv_buf_release(&w.names);
	sv_buf_release(&w.entries);
	return status;
}
