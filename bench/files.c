/*
 * Reads all files of a folder and does nothing with them: what the same walk costs without a scan.
 *
 *   bench-files THREADS FOLDER
 */
#include "source/walk.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST (64u << 20) /* bytes of a file that are kept at a time, as in a scan */

static struct sv_walk *walk;
static atomic_uint unread;

static int on_file(int fd, uint64_t size, const char *path, void *payload)
{
	struct sv_buf *content = payload;
	bool end = false;

	(void)path;
	while (!end) {
		int status;

		sv_buf_reset(content);
		status = sv_read_more(fd, MOST, size, NULL, content, &end);
		if (status == SV_EIO) {
			unread++;
			break;
		}
		if (status < 0)
			return status;
		size = size > content->len ? size - content->len : 0;
	}
	return 0;
}

static int on_link(struct sv_span text, const char *path, void *payload)
{
	(void)text, (void)path, (void)payload;
	return 0;
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	(void)reason, (void)path, (void)detail, (void)payload;
	unread += kind == SV_GAP_UNREAD;
	return 0;
}

static void *work(void *payload)
{
	struct sv_buf content = {0};
	struct sv_walk_events events = {
		.on_file = on_file, .on_link = on_link, .on_gap = on_gap, .payload = &content};

	(void)payload;
	if (sv_walk_work(walk, &events) < 0)
		unread++;
	sv_buf_release(&content);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[256];
	struct sv_err err;
	int n = argc == 3 ? atoi(argv[1]) : 0;

	if (n < 1 || n > 256) {
		fprintf(stderr, "usage: bench-files THREADS FOLDER\n");
		return 2;
	}
	if (sv_walk_new(argv[2], &walk, &err) < 0) {
		fprintf(stderr, "bench-files: %s\n", err.text);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		errno = pthread_create(&threads[i], NULL, work, NULL);
		if (errno != 0) {
			perror("bench-files");
			return 2;
		}
	}
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	sv_walk_free(walk);
	if (unread != 0)
		fprintf(stderr, "bench-files: %u files or folders were not read\n",
			(unsigned)unread);
	return unread != 0;
}
