/** @file The entries of trees in a family walk: those that a delta copies are known from the parent. */
#ifndef SV_GIT_ENTRIES_H
#define SV_GIT_ENTRIES_H

#include "git/parse.h"

/** What is remembered of the trees above the one at hand. One thread's; zero-initialised is empty. */
struct sv_entries {
	SV_VEC(struct sv_entry_starts) starts; /* by depth in the walk */
	size_t held, memory; /* bytes of them, and the most there may be */
};
void sv_entries_release(struct sv_entries *entries);

/** Non-zero ends the walk of a tree and is returned by it. */
struct sv_entry_events {
	/** Entries first … first + n - 1 of the parent come next here, too. NULL: does not matter. */
	int (*on_copied)(size_t first, size_t n, void *payload);
	/** One that the parent does not have, or not for certain. */
	int (*on_new)(const struct sv_tree_entry *entry, void *payload);
	void *payload;
};
/** Tells the entries of a tree in order. SV_ECORRUPT at a broken one, SV_ENOMEM. */
int sv_entries_walk(struct sv_entries *entries, const struct sv_family_object *tree, unsigned oid_len,
		    const struct sv_entry_events *events);
/** Can children of the last tree at depth be told copies? Not if it is broken, or memory is short. */
bool sv_entries_kept(const struct sv_entries *entries, unsigned depth);
#endif
