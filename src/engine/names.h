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
typedef int sv_name_fn(struct sv_span name, void *payload);
/** Tells the names of a tree that were not told before. SV_ECORRUPT at a broken entry, SV_ENOMEM. */
int sv_names_walk(struct sv_names *names, const struct sv_family_object *tree, unsigned oid_len,
		  sv_name_fn *on_name, void *payload);
#endif
