/** @file git's index, read: what the next commit will hold. gitformat-index(5). */
#ifndef SV_GIT_INDEX_H
#define SV_GIT_INDEX_H

#include "git/objects.h"

struct sv_staged_entry {
	const char *path;
	struct sv_oid oid;
	uint32_t mode, stage;
	uint32_t mtime, mtime_ns, size; /**< of the file when it was added */
	bool intent_to_add, skip_worktree, assume_valid;
};

/** A folder of which the index knows the tree object. */
struct sv_staged_tree {
	struct sv_span name;
	int32_t entries; /**< below it; -1: the id is not known */
	struct sv_oid oid;
	uint32_t n_children; /**< that follow it, each with its own */
	uint32_t n_all;	     /**< this and all below */
};

/** Immutable after open. Strings are borrowed from it. */
struct sv_staged {
	struct sv_staged_entry *entries;
	size_t n_entries;
	struct sv_staged_tree *trees; /**< the root first; none: n_trees 0 */
	size_t n_trees;
	struct sv_arena arena;
	struct sv_buf bytes;
};

/** No file is an empty index. SV_ECORRUPT, SV_EUNSUPPORTED (split index), SV_EIO, SV_ENOMEM. */
int sv_staged_open(const char *path, unsigned oid_len, struct sv_staged **ret_staged,
		   struct sv_err *err);
void sv_staged_free(struct sv_staged *staged);
#endif
