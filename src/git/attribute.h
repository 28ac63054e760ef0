/** @file Where in history an object shows: earliest commit, author, date, path, and how to reach it. */
#ifndef SV_GIT_ATTRIBUTE_H
#define SV_GIT_ATTRIBUTE_H

#include "base/base.h"
#include "git/objects.h"
#include "git/repo.h"

/** One appearance of an object. Strings are borrowed from the attribution. */
struct sv_appearance {
	const char *path;   /**< in the tree; "" for commits, tags, and blobs that only a tag holds */
	struct sv_oid commit; /**< len 0 if no commit shows it */
	const char *author; /**< "Name <mail>" as stored; "" if no commit */
	int64_t date;	    /**< author date, seconds since 1970 UTC */
	const char *ref;    /**< a ref that leads there, "reflog", or "" */
	bool reachable;	    /**< from a ref; reflogs do not count */
};

/** The answers for one set of objects. Immutable after new. */
struct sv_attribution;

/**
 * For each wanted object (blob, commit or tag; n of them): one appearance for each distinct path,
 * with the earliest commit (parents before children, then commit date, then id) that has it there;
 * for a commit, itself. Looked for in this order, the first that reaches a commit names it: branches and HEAD,
 * remote refs, tags, other refs, refs/stash, reflogs, then unreachable commits, then nothing. At most max_paths appearances for
 * an object. A tree is examined once for each path it stands at, and not at all if nothing wanted is under it.
 * Commits and trees that cannot be read are told to on_gap. cancel may be NULL.
 */
int sv_attribution_new(const struct sv_repo *repo, const struct sv_objects *objects,
		       const struct sv_oid *wanted, size_t n, size_t max_paths,
		       sv_git_gap_fn *on_gap, void *payload, const volatile int *cancel,
		       struct sv_attribution **ret_attribution, struct sv_err *err);
void sv_attribution_free(struct sv_attribution *attribution);
/** The appearances of one wanted object: at least one (all-empty, unreachable, if nothing is known). */
const struct sv_appearance *sv_attribution_get(const struct sv_attribution *attribution,
					       const struct sv_oid *oid, size_t *ret_n);
#endif
