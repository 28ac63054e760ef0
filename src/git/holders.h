/** @file Which trees hold what is wanted, and at which paths: each tree is looked at once, in its family. */
#ifndef SV_GIT_HOLDERS_H
#define SV_GIT_HOLDERS_H

#include "base/seen.h"
#include "git/entries.h"

/** What to find. Borrowed by what is made from it. */
struct sv_wanted {
	const struct sv_oid *oids; /**< n_oids objects of any type, sorted, each once */
	size_t n_oids;
	const struct sv_span *names; /**< n_names names of tree entries, sorted, each once */
	size_t n_names;
};
/** Number of the wanted object; SIZE_MAX if it is not wanted. */
size_t sv_wanted_oid(const struct sv_wanted *wanted, const struct sv_oid *oid);

/**
 * What one thread notes of the trees that it walks: entries that are wanted or trees themselves, in
 * steps from parent to child as the pack has them, so that it takes memory as the pack does.
 * Zero-initialised is empty.
 */
struct sv_tree_notes {
	SV_VEC(uint32_t) steps;
	SV_VEC(struct sv_tree_mark) marks;
	SV_VEC(struct sv_noted_unit) units;
	struct sv_buf names; /* of the marks, ending in NUL */
	struct sv_entries entries;
	SV_VEC(struct sv_marked) marked; /* by depth: which entries are marks */
};
void sv_tree_notes_release(struct sv_tree_notes *notes);

/** Trees by what they hold. Immutable while trees are noted; one thread at a time after that. */
struct sv_holders;
int sv_holders_new(const struct sv_objects *objects, unsigned oid_len, const struct sv_wanted *wanted,
		   struct sv_holders **ret_holders);
void sv_holders_free(struct sv_holders *holders);
/** Before the trees of a unit of families. */
int sv_holders_begin(struct sv_tree_notes *notes);
/** Trees in the order of sv_family_walk(). A broken one is noted as far as it can be read. */
int sv_holders_note(const struct sv_holders *holders, struct sv_tree_notes *notes,
		    const struct sv_family_object *tree);
/** When all trees are noted: which of them hold anything. Borrows the notes. */
int sv_holders_finish(struct sv_holders *holders, struct sv_tree_notes *const *notes, size_t n);

/** Object number wanted, or name number wanted - n_oids, at path. Non-zero ends the walk. */
typedef int sv_holder_fn(size_t wanted, struct sv_span path, void *payload);
/**
 * Tells what is below a tree, unless it was told at the same path before; of one wanted thing no
 * more than SV_HOLDER_PATHS.
 */
int sv_holders_walk(struct sv_holders *holders, const struct sv_oid *tree, sv_holder_fn *fn,
		    void *payload);
#define SV_HOLDER_PATHS 1000
#endif
