/**
 * @file Files of a folder, by as many threads as call it, without following a link, leaving the
 * folder, or waiting for a FIFO.
 */
#ifndef SV_SOURCE_WALK_H
#define SV_SOURCE_WALK_H

#include "base/base.h"
#include <sievert/report.h>

/** One walk of one root (a file or folder). Locked inside. */
struct sv_walk;

/**
 * Instead of a size: it was not asked for. The folder called it a regular file, of a file system where a
 * read that comes short has reached the end; asking would cost as much as reading some 16 KB.
 */
#define SV_WALK_UNTOLD UINT64_MAX

/** What a thread does with what it meets. Non-zero ends the walk and is returned by its
 * sv_walk_work(). */
struct sv_walk_events {
	/** fd is open at the start of a regular file and is closed after the call. size may be
	 * SV_WALK_UNTOLD. */
	int (*on_file)(int fd, uint64_t size, const char *path, void *payload);
	/** A symbolic link's text. */
	int (*on_link)(struct sv_span text, const char *path, void *payload);
	int (*on_gap)(enum sv_gap_kind kind, const char *reason, const char *path,
		      const char *detail, void *payload);
	/** The reason to leave path out, "" to do so without a gap, or NULL to read it. */
	const char *(*exclude)(const char *path, bool is_dir, void *payload);
	void *payload;
};

/** Paths told are relative to a folder root, and root's last part for a file. SV_ENOTFOUND, SV_EIO.
 */
int sv_walk_new(const char *root, struct sv_walk **ret_walk, struct sv_err *err);
void sv_walk_free(struct sv_walk *walk);
/** True if threads would cost more than they save: a file, or a folder with a few small ones. */
bool sv_walk_is_small(const struct sv_walk *walk);
/** Works until nothing is left to do; several threads may work at once. */
int sv_walk_work(struct sv_walk *walk, const struct sv_walk_events *events);
/** Makes every sv_walk_work() return soon. */
void sv_walk_stop(struct sv_walk *walk);
/**
 * Appends up to want bytes of fd to content. left, if not 0, is what a file is said to have from here on:
 * where it ends there, that need not be asked for. 0; SV_EIO with errno kept, SV_ENOMEM; SV_ECANCELLED,
 * with what came until then, soon after *cancel (may be NULL) is not 0. *ret_end: the file ended.
 */
int sv_read_more(int fd, size_t want, uint64_t left, const volatile int *cancel,
		 struct sv_buf *content, bool *ret_end);
#endif
