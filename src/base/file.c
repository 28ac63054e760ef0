#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *sv_path_join(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	bool slash = n != 0 && a[n - 1] != '/';
	char *joined = malloc(n + m + 2);

	if (joined == NULL)
		return NULL;
	memcpy(joined, a, n);
	if (slash)
		joined[n++] = '/';
	memcpy(joined + n, b, m + 1);
	return joined;
}

int sv_file_read(const char *path, struct sv_buf *buf, struct sv_err *err)
{
	/* O_NONBLOCK: a FIFO without a writer must not hold us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int status = 0;

	if (fd < 0)
		return sv_err_set(err, errno == ENOENT ? SV_ENOTFOUND : SV_EIO, "%s: %s", path,
				  strerror(errno));
	sv_buf_reset(buf);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		status = sv_err_set(err, SV_EIO, "%s: not a regular file", path);
		goto out;
	}
	status = sv_buf_reserve(buf, (size_t)st.st_size + 1);
	for (;;) {
		ssize_t n;

		if (status == 0)
			status = sv_buf_reserve(buf, 1);
		if (status < 0) {
			sv_err_set(err, status, "%s: %s", path,
				   status == SV_ETOOBIG ? "too large" : "out of memory");
			break;
		}
		n = read(fd, buf->ptr + buf->len, buf->cap - buf->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = sv_err_set(err, SV_EIO, "%s: %s", path, strerror(errno));
		if (n <= 0)
			break;
		sv_buf_commit(buf, buf->len + (size_t)n);
	}
out:
	close(fd);
	return status;
}

int sv_file_write(const char *path, struct sv_span bytes, unsigned mode, struct sv_err *err)
{
	SV_AUTO_FREE char *temp = malloc(strlen(path) + 16);
	int fd, status = 0;

	if (temp == NULL)
		return sv_err_set(err, SV_ENOMEM, "%s: out of memory", path);
	sprintf(temp, "%s.XXXXXX", path);
	fd = mkstemp(temp);
	if (fd < 0)
		return sv_err_set(err, SV_EIO, "%s: %s", path, strerror(errno));
	for (size_t done = 0; done < bytes.len;) {
		ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			status = SV_EIO;
			break;
		}
		done += (size_t)n;
	}
	if (status == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		status = SV_EIO;
	if (close(fd) < 0)
		status = SV_EIO;
	if (status == 0 && rename(temp, path) < 0)
		status = SV_EIO;
	if (status < 0) {
		sv_err_set(err, status, "%s: %s", path, strerror(errno));
		unlink(temp);
	}
	return status;
}

int sv_dir_make(const char *path, unsigned mode, struct sv_err *err)
{
	SV_AUTO_FREE char *copy = strdup(path);

	if (copy == NULL)
		return sv_err_set(err, SV_ENOMEM, "%s: out of memory", path);
	for (char *p = copy + 1;; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return sv_err_set(err, SV_EIO, "%s: %s", copy, strerror(errno));
		*p = was;
		if (was == '\0')
			return 0;
	}
}
