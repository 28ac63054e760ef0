/**
 * @file A few objects by their ids, without reading whole stores first: what a hook needs, which
 * has milliseconds. For all objects of a store see objects.h.
 */
#ifndef SV_GIT_LOOKUP_H
#define SV_GIT_LOOKUP_H

#include "git/objects.h"

/** Object directories and their alternates, seen through small reads. One thread at a time. */
struct sv_lookup;
/** dirs: n object directories; one that is not there is told to on_gap. SV_ENOMEM. */
int sv_lookup_open(const char *const *dirs, size_t n, unsigned oid_len, sv_git_gap_fn *on_gap,
		   void *payload, struct sv_lookup **ret_lookup, struct sv_err *err);
void sv_lookup_free(struct sv_lookup *lookup);
/** Fastest when asked in order of ids. */
bool sv_lookup_has(struct sv_lookup *lookup, const struct sv_oid *oid);
/**
 * Reads a whole object into content (reset first), with SV_SLACK zero bytes after its end; at most
 * max_size bytes (0: none above 4 GiB). SV_ENOTFOUND, SV_ECORRUPT, SV_EIO, SV_ETOOBIG, SV_ENOMEM.
 */
int sv_lookup_read(struct sv_lookup *lookup, const struct sv_oid *oid, uint64_t max_size,
		   enum sv_object_type *ret_type, struct sv_buf *content, struct sv_err *err);

/** The ids of all objects of opened stores, sorted, each once; free() them. SV_ENOMEM. */
int sv_objects_ids(const struct sv_objects *objects, struct sv_oid **ret_ids, size_t *ret_n);
#endif
