/** @file A change from the inside: what change.c finds, change_scan.c scans and change_new.c
 * judges. */
#ifndef SV_ENGINE_CHANGE_H
#define SV_ENGINE_CHANGE_H

#include "engine/run.h"
#include "git/gitdir.h"
#include "git/index.h"
#include "git/range.h"

/** A file of the index, or of the working tree, that is not as it was. */
struct sv_change_item {
	const char *path;
	struct sv_oid oid; /* the blob; unstaged: what the index has */
	uint32_t mode;
	const struct sv_oid *before; /* n_before blobs at that path in the parents; len 0: none */
	size_t n_before;
};

struct sv_change_gap {
	enum sv_gap_kind kind;
	const char *reason, *what, *detail;
};

struct sv_change {
	const struct sv_change_options *options; /* a copy; its strings are the caller's */
	struct sv_gitdir *git;
	const char **dirs; /* object directories, a quarantine first */
	size_t n_dirs;
	struct sv_lookup *lookup; /* of the thread that opens and places */
	struct sv_staged *staged;
	SV_VEC(struct sv_change_item) items;
	SV_VEC(struct sv_oid) removed; /* blobs that the parents have and the change does not */
	SV_VEC(struct sv_oid) bases;   /* trees of the parents of what is staged */
	struct sv_objects *received;
	struct sv_families *families;
	SV_VEC(struct sv_oid) known; /* received objects that were there; sorted */
	size_t n_received;
	struct sv_range range;
	SV_VEC(struct sv_oid) tips;
	SV_VEC(struct sv_oid) shallow;
	SV_VEC(struct sv_change_gap) gaps;
	struct sv_arena arena;
};

/** Opens one more reader of the change's objects, for another thread. */
int sv_change__lookup(struct sv_change *change, struct sv_lookup **ret_lookup, struct sv_err *err);
/** sv_git_gap_fn of the thread that opens: the gap is told when the change is scanned. */
void sv_change__gap(const char *reason, const char *what, const char *detail, void *change);
bool sv_change__is_known(const struct sv_change *change, const struct sv_oid *oid);

static inline bool sv_change__stopped(const struct sv_change *change, int level)
{
	return sv_cancel_level(change->options->cancel) >= level;
}

/** Where in the change a wanted object or name shows. */
struct sv_change_sighting {
	uint32_t wanted; /* number of the object, or of the name past the objects */
	uint32_t commit; /* of range.commits; UINT32_MAX: none, a tip names it */
	struct sv_span path;
	const struct sv_oid *before;
	uint32_t n_before;
	uint32_t tip; /* of options.tips if there is no commit */
};
struct sv_change_sightings {
	SV_VEC(struct sv_change_sighting) list;
	struct sv_arena arena;
};

/** Places the hits from number first on and drops those that are not new. */
int sv_change__place(struct sv_run *run, struct sv_change *change, size_t first);
#endif
