/**
 * @file git as a child, for what we do not read: SHA-256 repositories' refs and index, other ref
 * storage, unknown object storage. Its environment is scrubbed: no configuration runs a program,
 * nothing is fetched, nothing is replaced.
 */
#ifndef SV_GIT_CHILD_H
#define SV_GIT_CHILD_H

#include "git/repo.h"

struct sv_git_child {
	const char *path; /**< as the user named it */
	bool trust;
	struct sv_arena *arena; /**< for repo's strings */
	struct sv_repo *repo; /**< git_dir, common_dir, worktree, oid_len and shallow are filled */
	/** NULL: refs are not asked for */
	int (*on_ref)(const char *name, const struct sv_oid *oid, void *payload);
	int (*on_index)(const char *path, uint32_t mode, const struct sv_oid *oid, void *payload);
	void *payload;
};
/** Asks git with an environment in which no configuration runs a program. SV_EUNSUPPORTED without
 * git. */
int sv_git_child_read(struct sv_git_child *child, struct sv_err *err);
/** Runs "git args…" in path so; what it prints goes to ret. A wrong exit is SV_ECORRUPT. */
int sv_git_run(const char *path, const char *const *args, struct sv_buf *ret, struct sv_err *err);

/** The ids of all objects that git at path has, oid_len bytes each, appended to oids in any order.
 */
int sv_git_list_objects(const char *path, unsigned oid_len, struct sv_buf *oids,
			struct sv_err *err);

/** A running "git cat-file --batch", which is started again when it must be. One thread at a time.
 */
struct sv_git_batch;
int sv_git_batch_new(const char *path, struct sv_git_batch **ret_batch, struct sv_err *err);
void sv_git_batch_free(struct sv_git_batch *batch);
/** Reads one object into content (reset first). SV_ENOTFOUND, SV_ETOOBIG above max, SV_EIO. */
int sv_git_batch_read(struct sv_git_batch *batch, const struct sv_oid *oid, uint64_t max,
		      enum sv_object_type *ret_type, struct sv_buf *content);
#endif
