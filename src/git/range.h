/** @file What is new: commits that some tips reach and others do not, and what a tree changes. */
#ifndef SV_GIT_RANGE_H
#define SV_GIT_RANGE_H

#include "git/lookup.h"
#include "git/parse.h"

struct sv_range_commit {
	struct sv_oid oid, tree;
	int64_t date;			  /**< committer's */
	uint32_t first_parent, n_parents; /**< of the range's parents */
};

/** Zero-initialised is empty. */
struct sv_range {
	SV_VEC(struct sv_range_commit) commits; /**< after sv_range_sort(): parents first */
	SV_VEC(struct sv_oid) parents;
	SV_VEC(struct sv_oid) tags;  /**< tag objects on the way from a tip */
	SV_VEC(struct sv_oid) loose; /**< trees and blobs that a tip names itself or by tags */
};
void sv_range_release(struct sv_range *range);
int sv_range_add(struct sv_range *range, const struct sv_oid *oid, const struct sv_commit *commit);
/** Parents before children, then by date, then by id; each commit once. */
int sv_range_sort(struct sv_range *range);
/** Moves what from holds into range. */
int sv_range_merge(struct sv_range *range, struct sv_range *from);

struct sv_range_options {
	unsigned oid_len;
	const struct sv_oid *tips, *without; /**< n_tips and n_without objects of any type */
	size_t n_tips, n_without;
	const struct sv_oid *shallow; /**< n_shallow commits whose parents are absent by intent */
	size_t n_shallow;
	int64_t since; /**< commits before this are left out; 0: none */
	const volatile int *cancel;
	sv_git_gap_fn *on_gap; /**< a tip, or a commit on the way, that cannot be read */
	void *payload;
};
/** Finds the commits that a tip reaches and none of without does. SV_ECANCELLED, SV_ENOMEM. */
int sv_range_walk(struct sv_lookup *lookup, const struct sv_range_options *options,
		  struct sv_range *ret_range, struct sv_err *err);

/** A tree, read. Zero-initialised is empty. */
struct sv_tree {
	struct sv_buf bytes;
	SV_VEC(struct sv_tree_entry) list; /**< sorted by name, bytewise */
};
void sv_tree_release(struct sv_tree *tree);
/** An id of len 0 is an empty tree. */
int sv_tree_load(struct sv_lookup *lookup, unsigned oid_len, const struct sv_oid *id,
		 struct sv_tree *ret_tree);
const struct sv_tree_entry *sv_tree_get(const struct sv_tree *tree, struct sv_span name);

#define SV_RANGE_PARENTS 16 /* further ones are not compared: more is shown, never less */

/** An entry of a tree that differs from the same path in every parent. Borrowed for the call. */
struct sv_tree_change {
	struct sv_span path, name;
	uint32_t mode;
	struct sv_oid oid;
	const struct sv_oid *before; /**< by parent: what is at that path there; len 0: nothing */
	size_t n_before;
	bool is_new_name; /**< no parent has that path */
};
struct sv_tree_diff {
	struct sv_lookup *lookup;
	unsigned oid_len;
	int (*on_change)(const struct sv_tree_change *change, void *payload);
	/** What one parent has and the tree does not; may be NULL. */
	int (*on_removed)(struct sv_span path, uint32_t mode, const struct sv_oid *oid,
			  void *payload);
	int (*on_unread)(const struct sv_oid *tree, int status, void *payload);
	const volatile int *cancel;
	void *payload;
};
/** Compares a tree with those of all parents (n ≤ SV_RANGE_PARENTS; len 0: an empty one). */
int sv_tree_diff(const struct sv_tree_diff *diff, const struct sv_oid *tree,
		 const struct sv_oid *parents, size_t n);
/** What stands at path in tree: SV_ENOTFOUND if nothing does. */
int sv_tree_find(struct sv_lookup *lookup, unsigned oid_len, const struct sv_oid *tree,
		 struct sv_span path, uint32_t *ret_mode, struct sv_oid *ret_oid);
/** The tree of a commit. */
int sv_commit_tree(struct sv_lookup *lookup, const struct sv_oid *commit, unsigned oid_len,
		   struct sv_oid *ret_tree);
#endif
