/** @file A set of hashes: what was met before. */
#ifndef SV_BASE_SEEN_H
#define SV_BASE_SEEN_H

#include "base/base.h"

/** Zero-initialised is empty. Hashes that differ in their lowest bit only are one. */
struct sv_seen {
	uint64_t *slots; /* open addressing; 0: free */
	size_t n, cap;
};
/** 1: it is new; 0: it was seen; SV_ENOMEM. */
int sv_seen_add(struct sv_seen *seen, uint64_t hash);
void sv_seen_release(struct sv_seen *seen);
#endif
