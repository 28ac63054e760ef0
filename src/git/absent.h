/** @file What a partial clone lacks: objects that its trees name and that are not here. */
#ifndef SV_GIT_ABSENT_H
#define SV_GIT_ABSENT_H

#include "git/parse.h"

/** A set of ids; one thread at a time, one for each thread, merged at the end. Zero-initialised is
 * empty. */
struct sv_absent {
	struct sv_oid *slots; /* len 0: free */
	size_t n, cap;
};
void sv_absent_release(struct sv_absent *absent);
/** Adds what entry names if objects do not hold it; submodules' commits are not missed. SV_ENOMEM. */
int sv_absent_look(struct sv_absent *absent, const struct sv_objects *objects, unsigned oid_len,
		   const struct sv_tree_entry *entry);
int sv_absent_merge(struct sv_absent *absent, const struct sv_absent *from);
/** All ids in order, n of them; free() them. NULL: no memory. */
struct sv_oid *sv_absent_sorted(const struct sv_absent *absent);
#endif
