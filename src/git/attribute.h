/** @file Where in history an object shows: earliest commit, author, date, paths, and how it is
 * reached. */
#ifndef SV_GIT_ATTRIBUTE_H
#define SV_GIT_ATTRIBUTE_H

#include "git/holders.h"
#include "git/repo.h"

/** Every commit that was read, in any order; made by one thread each and merged. Zero-initialised
 * is empty. */
struct sv_commit_graph {
	SV_VEC(struct sv_commit_node) nodes;
	SV_VEC(struct sv_oid) parents;
};
int sv_commit_graph_add(struct sv_commit_graph *graph, const struct sv_oid *oid,
			const struct sv_commit *commit);
/** Takes from's commits; from is empty then. */
int sv_commit_graph_merge(struct sv_commit_graph *graph, struct sv_commit_graph *from);
void sv_commit_graph_release(struct sv_commit_graph *graph);

/** One appearance of an object. Strings are borrowed from the attribution. */
struct sv_appearance {
	const char *path; /**< in the tree; "" for commits, tags, and blobs that only a tag holds */
	struct sv_oid commit; /**< len 0 if no commit shows it */
	const char *author;   /**< "Name <mail>" as stored; "" if no commit */
	int64_t date;	      /**< author date, seconds since 1970 UTC */
	const char *ref;      /**< a ref that leads there, "reflog", or "" */
	bool reachable;	      /**< from a ref; reflogs do not count */
	uint32_t order;	      /**< of its commit: earlier is smaller */
};

/** The answers for one set of objects. */
struct sv_attribution;

/**
 * Puts commits in order: reachable from a ref first, then from a reflog, then the others; in each,
 * parents before children, then commit date, then id.
 */
int sv_attribution_new(const struct sv_repo *repo, const struct sv_objects *objects,
		       const struct sv_commit_graph *graph, const struct sv_wanted *wanted,
		       struct sv_object_reader *reader, struct sv_attribution **ret_attribution,
		       struct sv_err *err);
void sv_attribution_free(struct sv_attribution *attribution);
/** For the notes of all trees, which any threads may walk in any order. Borrowed. */
const struct sv_holders *sv_attribution_holders(const struct sv_attribution *attribution);
/** When all trees are noted: one appearance for each object and path, the earliest. */
int sv_attribution_finish(struct sv_attribution *attribution, struct sv_tree_notes *const *notes,
			  size_t n, struct sv_object_reader *reader, struct sv_err *err);
/** The appearances of wanted object number index, or of name number index - n_oids: perhaps none,
 * sorted by path. */
const struct sv_appearance *sv_attribution_get(const struct sv_attribution *attribution,
					       size_t index, size_t *ret_n);
#endif
