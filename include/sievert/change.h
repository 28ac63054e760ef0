/** @file What is new: the next commit, a range of commits, a push. */
#ifndef SIEVERT_CHANGE_H
#define SIEVERT_CHANGE_H

#include <sievert/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv_change_kind {
	SV_CHANGE_STAGED,   /**< what the index holds and the commit under it does not */
	SV_CHANGE_UNSTAGED, /**< what tracked files hold and the index does not */
	SV_CHANGE_COMMITS,  /**< what the tips reach and the others do not */
	SV_CHANGE_RECEIVED, /**< objects of a quarantine that the repository did not have */
	SV_CHANGE_MESSAGE,  /**< the message of a commit that is being made */
};

/** Strings are borrowed until the change is freed. */
struct sv_change_options {
	enum sv_change_kind kind;
	const char *path; /**< a repository, its git directory, or with search a folder below */
	bool search;
	bool trust_repo;	       /**< safe.directory is not asked */
	const char *index_file;	       /**< staged: NULL: the repository's own */
	const char *quarantine;	       /**< received: the objects directory of the push */
	const char *const *alternates; /**< received: further object directories that were there */
	size_t n_alternates;
	const char *const *tips;      /**< commits, received: ids in hex, or names of refs */
	const char *const *tip_names; /**< as long: what to call each; NULL: as it is */
	size_t n_tips;
	const char *const *new_refs; /**< names of refs that are made: content, too */
	size_t n_new_refs;
	const char *const *without; /**< commits: ids, names of refs; "refs/x/" all that begin so */
	size_t n_without;
	const char *const *except; /**< names of refs that those do not mean */
	size_t n_except;
	int64_t since;		  /**< commits: not those before; 0: all */
	const char *message_file; /**< message */
	bool whole_files;	  /**< findings on lines that are not new count, too */
	/** Becomes 1: stop scanning soon; 2: stop placing what was found, too. NULL: never. */
	const volatile int *cancel;
};

/**
 * One change, looked through but not scanned: for SV_TARGET_CHANGE, once. Objects are matched
 * whole, so that every rule sees its surroundings; a finding counts only when its lines are in no
 * parent's version of the file.
 */
struct sv_change;

/** SV_ENOTFOUND (no repository), SV_EINVAL (not trusted, no such ref), SV_ECORRUPT, … */
SV_API int sv_change_open(const struct sv_change_options *options, struct sv_change **ret_change,
			  struct sv_err *err);
SV_API void sv_change_free(struct sv_change *change);
/** How many things there are to scan: 0: nothing is new, and no rules are needed. */
SV_API uint64_t sv_change_size(const struct sv_change *change);

/**
 * Asks git what a range means ("A..B", "A...B", "^A B", "--since=DATE"): ids of tips and of what to
 * leave out, in hex, ended by NULL. Free with sv_revisions_free().
 */
struct sv_revisions {
	char **tips, **without;
	size_t n_tips, n_without;
	int64_t since;
};
SV_API int sv_revisions_parse(const char *path, const char *range, struct sv_revisions *ret,
			      struct sv_err *err);
SV_API void sv_revisions_free(struct sv_revisions *revisions);

#ifdef __cplusplus
}
#endif
#endif
