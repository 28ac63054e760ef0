/**
 * @file The object interface: every object of a repository, whatever holds it (packs, loose files,
 * alternates, a quarantine), in delta families for a scan of all, or by id for a look at one.
 */
#ifndef SV_GIT_OBJECTS_H
#define SV_GIT_OBJECTS_H

#include "base/base.h"

enum sv_object_type {
	SV_OBJ_NONE = 0,
	SV_OBJ_COMMIT = 1,
	SV_OBJ_TREE = 2,
	SV_OBJ_BLOB = 3,
	SV_OBJ_TAG = 4
};
const char *sv_object_type_name(enum sv_object_type type); /* "commit" …; static */

#define SV_OID_MAX 32
/** A SHA-1 (len 20) or SHA-256 (len 32) object id; unused bytes are zero, so memcmp compares. */
struct sv_oid {
	uint8_t bytes[SV_OID_MAX];
	uint8_t len;
};
void sv_oid_hex(const struct sv_oid *oid, char ret_hex[65]);
int sv_oid_parse(struct sv_span hex, struct sv_oid *ret_oid); /* SV_EINVAL */
static inline int sv_oid_compare(const struct sv_oid *a, const struct sv_oid *b)
{
	return memcmp(a->bytes, b->bytes, SV_OID_MAX);
}
/** sv_oid_compare() for qsort and bsearch over things that begin with their id. */
static inline int sv_oid_order(const void *a, const void *b)
{
	return sv_oid_compare((const struct sv_oid *)a, (const struct sv_oid *)b);
}
static inline bool sv_oid_equal(const struct sv_oid *a, const struct sv_oid *b)
{
	return a->len == b->len && sv_oid_compare(a, b) == 0;
}

/** Where an object lies: a pack and its place in pack order, or the loose files of a directory. */
struct sv_object_ref {
	uint32_t store, slot;
};

/** Called for each thing that cannot be read. what is an object id or a file, detail is words. */
typedef void sv_git_gap_fn(const char *reason, const char *what, const char *detail, void *payload);

/**
 * The objects of one repository: its own directory, further ones and all alternates. Immutable
 * after open, so readers on any thread may share it. Packs stay open: a repack that removes them
 * does no harm.
 */
struct sv_objects;

/**
 * dirs: n object directories (".../objects"), the first one must exist; oid_len 20 or 32. A broken
 * pack, index or alternate is told to on_gap and left out. SV_ENOTFOUND, SV_ENOMEM.
 */
int sv_objects_open(const char *const *dirs, size_t n, unsigned oid_len, sv_git_gap_fn *on_gap,
		    void *payload, struct sv_objects **ret_objects, struct sv_err *err);
void sv_objects_free(struct sv_objects *objects);
/** Places in all stores; an object that two stores hold counts twice. */
size_t sv_objects_count(const struct sv_objects *objects);
void sv_objects_oid(const struct sv_objects *objects, struct sv_object_ref ref,
		    struct sv_oid *ret_oid);
/** The first store's; false if there is none. */
bool sv_objects_find(const struct sv_objects *objects, const struct sv_oid *oid,
		     struct sv_object_ref *ret_ref);

/** Reads objects; one thread at a time, one for each thread. Keeps a cache of delta bases. */
struct sv_object_reader;
/** No object above max_size bytes is built (0: none above 4 GiB). */
int sv_object_reader_new(const struct sv_objects *objects, size_t cache_bytes, uint64_t max_size,
			 struct sv_object_reader **ret_reader, struct sv_err *err);
void sv_object_reader_free(struct sv_object_reader *reader);
/** Counts the time of reading and inflating, and of applying deltas. Borrowed; NULL: not counted. */
void sv_object_reader_time(struct sv_object_reader *reader, struct sv_stopwatch *read,
			   struct sv_stopwatch *apply);
/**
 * Reads a whole object into content (reset first), with SV_SLACK zero bytes after its end; of
 * several copies the first good one. SV_ECORRUPT, SV_EIO, SV_ENOTFOUND (it, or a delta's base),
 * SV_ETOOBIG.
 */
int sv_object_reader_read(struct sv_object_reader *reader, const struct sv_oid *oid,
			  enum sv_object_type *ret_type, struct sv_buf *content,
			  struct sv_err *err);

/** An object of a family, built. Borrowed for the call. */
struct sv_family_object {
	const struct sv_objects *objects;
	struct sv_object_ref ref; /* where sv_objects_find() finds it */
	enum sv_object_type type;
	const struct sv_buf *content;
	unsigned depth; /**< in the walk */
	/** How it was made, in order of out, from the last object shown at depth - 1; NULL: none
	 * was. */
	const struct sv_delta_op *ops;
	size_t n_ops;
};
/**
 * Its id. Few are worth asking for: ids are in an order of their own, so that each is a wait for
 * memory as long as a small object takes.
 */
void sv_family_oid(const struct sv_family_object *object, struct sv_oid *ret_oid);
struct sv_family_events {
	int (*on_object)(const struct sv_family_object *object,
			 void *payload); /* non-zero ends the walk */
	/** status: SV_ECORRUPT …, or SV_ETOOBIG for one above the reader's limit. type may be
	 * SV_OBJ_NONE. */
	int (*on_broken)(const struct sv_oid *oid, enum sv_object_type type, int status,
			 const char *detail, void *payload);
	void *payload;
	unsigned types; /**< of those of the families, bits 1 << sv_object_type; 0: all */
	/** Copies of fewer bytes are told as new ones, but in trees: deltas are full of them, and
	 * who looks at what stands around new bytes has no use for them. */
	uint32_t least_copy;
};

/**
 * All objects of the wanted types, once each, cut into units of related ones that any thread may
 * take in any order. Immutable after new, or plan.
 */
struct sv_families;
/** types: bits 1 << sv_object_type. Units are cut small enough to keep jobs threads busy. */
int sv_families_new(const struct sv_objects *objects, unsigned types, unsigned jobs,
		    struct sv_families **ret_families, struct sv_err *err);
/*
 * The same in steps, as the headers of all objects are read for it: begin; each of the shares once,
 * by any thread; plan.
 */
int sv_families_begin(const struct sv_objects *objects, unsigned types, unsigned jobs,
		      struct sv_families **ret_families, struct sv_err *err);
size_t sv_families_shares(const struct sv_families *families);
int sv_families_read(struct sv_families *families, size_t share); /* SV_ENOMEM */
int sv_families_plan(struct sv_families *families, struct sv_err *err);
void sv_families_free(struct sv_families *families);
size_t sv_families_units(const struct sv_families *families);
/** Of the wanted types. */
size_t sv_families_objects(const struct sv_families *families);
/**
 * Builds every object of one unit, each from its parent, depth first. memory: bytes of parents to
 * hold; past that they are built again when needed.
 */
int sv_family_walk(const struct sv_families *families, size_t unit, struct sv_object_reader *reader,
		   size_t memory, const struct sv_family_events *events, struct sv_err *err);
#endif
