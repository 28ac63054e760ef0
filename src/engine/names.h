/** @file Names of tree entries, each told once by a thread, and looked at only where a tree is new. */
#ifndef SV_ENGINE_NAMES_H
#define SV_ENGINE_NAMES_H

#include "base/seen.h"
#include "git/entries.h"

/** One thread's. Zero-initialised is empty. */
struct sv_names {
	struct sv_seen told; /* hashes of the names */
	uint64_t seed; /* nobody outside can build two names of one hash */
	struct sv_entries entries;
};
void sv_names_release(struct sv_names *names);

/** Non-zero ends the walk and is returned by it. */
struct sv_name_events {
	int (*on_name)(struct sv_span name, void *payload); /**< it was not told before */
	/** One that the tree's parent in the family does not have. NULL: does not matter. */
	int (*on_entry)(const struct sv_tree_entry *entry, void *payload);
	void *payload;
};
/** Tells the names of a tree that were not told before. SV_ECORRUPT at a broken entry, SV_ENOMEM. */
int sv_names_walk(struct sv_names *names, const struct sv_family_object *tree, unsigned oid_len,
		  const struct sv_name_events *events);
#endif
