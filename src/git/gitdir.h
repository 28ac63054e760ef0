/**
 * @file Where a repository lies and what it is, in a millisecond: for hooks. repo.h reads its refs,
 * reflogs and index, too.
 */
#ifndef SV_GIT_GITDIR_H
#define SV_GIT_GITDIR_H

#include "git/objects.h"

/** Immutable after open. Strings are borrowed from it. */
struct sv_gitdir {
	const char *git_dir;	/**< of this worktree */
	const char *common_dir; /**< where objects, refs and configuration live */
	const char *objects_dir;
	const char *worktree; /**< NULL if bare */
	unsigned oid_len;     /**< 20 or 32 */
	bool files_refs;      /**< refs are files: else sv_gitdir_refs() is SV_EUNSUPPORTED */
	bool partial;	      /**< a promisor remote: absent objects are expected */
	struct sv_arena arena;
};

/**
 * Opens a worktree's root, a git directory or a bare repository; with search, also from below.
 * Refuses what another user owns unless trust or safe.directory says otherwise; the message then is
 * git's own advice. SV_ENOTFOUND, SV_EINVAL (not trusted), SV_EUNSUPPORTED, SV_ENOMEM.
 */
int sv_gitdir_open(const char *path, bool search, bool trust, struct sv_gitdir **ret_gitdir,
		   struct sv_err *err);
void sv_gitdir_free(struct sv_gitdir *gitdir);

/** What a ref holds, through symbolic ones: SV_ENOTFOUND if unborn. name: "HEAD", "refs/…". */
int sv_gitdir_ref(const struct sv_gitdir *gitdir, const char *name, struct sv_oid *ret_oid);
typedef int sv_gitdir_ref_fn(const char *name, const struct sv_oid *oid, void *payload);
/** Every ref whose name begins with prefix, each once. */
int sv_gitdir_refs(const struct sv_gitdir *gitdir, const char *prefix, sv_gitdir_ref_fn *on_ref,
		   void *payload);
/** The commits at which a shallow clone ends. */
int sv_gitdir_shallow(const struct sv_gitdir *gitdir, sv_gitdir_ref_fn *on_commit, void *payload);
#endif
