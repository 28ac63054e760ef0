/** @file Files of a folder, in byte order of their paths, without following a link or waiting for a FIFO. */
#ifndef SV_SOURCE_WALK_H
#define SV_SOURCE_WALK_H

#include "base/base.h"
#include <sievert/report.h>

struct sv_walk_events {
	/** content is valid during the call. Non-zero ends the walk. */
	int (*on_file)(const char *path, struct sv_buf *content, void *payload);
	int (*on_gap)(enum sv_gap_kind kind, const char *reason, const char *path,
		      const char *detail, void *payload);
	bool (*is_excluded)(const char *path, void *payload); /* NULL: nothing is */
	void *payload;
};

/**
 * Walks root (a file or folder). Paths given are relative to a folder root, and root's last part
 * for a file. Files above max_size (0: none) are a policy gap. SV_ENOTFOUND if there is no root.
 */
int sv_walk(const char *root, uint64_t max_size, const struct sv_walk_events *events,
	    struct sv_err *err);
/** Reads fd to its end or to max bytes (SV_ETOOBIG; 0: no limit). SV_EIO with errno kept. */
int sv_read_all(int fd, uint64_t max, struct sv_buf *content);
#endif
