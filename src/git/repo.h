/** @file A repository: where it is, its refs, reflogs and index. */
#ifndef SV_GIT_REPO_H
#define SV_GIT_REPO_H

#include "git/objects.h"

struct sv_ref {
	const char *name;  /**< "refs/heads/main", "HEAD", "worktrees/x/HEAD" */
	struct sv_oid oid; /**< as stored: a tag object, a commit, a tree or a blob */
};

struct sv_index_entry {
	const char *path; /**< bytes of the index; NUL-terminated */
	struct sv_oid oid;
	uint32_t mode;
};

/** One repository, read once. Immutable after open. Strings are borrowed from it. */
struct sv_repo {
	const char *git_dir;	/**< of this worktree */
	const char *common_dir; /**< where objects and refs live */
	const char *objects_dir;
	const char *worktree; /**< NULL if bare */
	unsigned oid_len;     /**< 20 or 32 */
	bool shallow;
	bool partial;		   /**< a promisor remote: absent objects are expected */
	bool replaced;		   /**< it has replacement objects, which are not applied */
	bool grafted;		   /**< it has grafts, which are not applied */
	bool ask_git;		   /**< its objects are stored in a way that only git may know */
	const struct sv_ref *refs; /**< every ref, and HEAD of each worktree; in order of how well
				      it explains a commit */
	size_t n_refs;
	const struct sv_oid *reflog; /**< every id that a reflog names, sorted, once */
	size_t n_reflog;
	const struct sv_index_entry *index; /**< in index order; unmerged stages included */
	size_t n_index;
	struct sv_arena arena;
};

/** True if path is a repository (worktree root, git dir, bare, or a .git file); no search upwards.
 */
bool sv_repo_is(const char *path);

/**
 * Opens path. safe.directory is honoured unless trust; the message then gives git's own advice.
 * A broken ref, reflog or index is told to on_gap and left out. One thread at a time.
 */
int sv_repo_open(const char *path, bool trust, sv_git_gap_fn *on_gap, void *payload,
		 struct sv_repo **ret_repo, struct sv_err *err);
void sv_repo_free(struct sv_repo *repo);

/** The objects of repo, which need not outlive it; as sv_objects_open(). */
int sv_repo_objects(const struct sv_repo *repo, sv_git_gap_fn *on_gap, void *payload,
		    struct sv_objects **ret_objects, struct sv_err *err);

/**
 * Opens a git directory by libgit2 whoever owns it, since that was judged when the repository was
 * opened. NULL: libgit2 does not read it. Locked inside: libgit2's switches are the process's.
 */
struct git_repository *sv_repo__by_libgit2(const char *git_dir);
#endif
