/** @file Refs that stand in files: refs/ and packed-refs. */
#ifndef SV_GIT_REFS_H
#define SV_GIT_REFS_H

#include "git/objects.h"

typedef int sv_ref_fn(const char *name, const struct sv_oid *oid, void *payload);

/**
 * Every ref below dir/refs and in dir/packed-refs, each once, in any order; symbolic ones lead to
 * another and are left out. What is broken is told and costs only itself. prefix goes before each
 * name. A non-zero return of on_ref ends it. SV_ENOMEM.
 */
int sv_refs_read(const char *dir, const char *prefix, unsigned oid_len, sv_ref_fn *on_ref,
		 sv_git_gap_fn *on_gap, void *payload);
#endif
