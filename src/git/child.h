/** @file git as a child, for the repositories that libgit2 does not open: SHA-256 ids, other ref
 * storage. */
#ifndef SV_GIT_CHILD_H
#define SV_GIT_CHILD_H

#include "git/repo.h"

struct sv_git_child {
	const char *path; /**< as the user named it */
	bool trust;
	struct sv_arena *arena; /**< for repo's strings */
	struct sv_repo *
		repo; /**< git_dir, common_dir, worktree, oid_len, shallow and partial are filled */
	int (*on_ref)(const char *name, const struct sv_oid *oid, void *payload);
	int (*on_index)(const char *path, uint32_t mode, const struct sv_oid *oid, void *payload);
	void *payload;
};
/** Asks git with an environment in which no configuration runs a program. SV_EUNSUPPORTED without
 * git. */
int sv_git_child_read(struct sv_git_child *child, struct sv_err *err);
/** Runs "git args…" in path so; what it prints goes to ret. A wrong exit is SV_ECORRUPT. */
int sv_git_run(const char *path, const char *const *args, struct sv_buf *ret, struct sv_err *err);
#endif
