/**
 * @file The object interface: every object of a repository, in storage order, by id, whatever
 * holds it (packs, loose files, alternates, a quarantine).
 */
#ifndef SV_GIT_OBJECTS_H
#define SV_GIT_OBJECTS_H

#include "base/base.h"

enum sv_object_type { SV_OBJ_NONE = 0, SV_OBJ_COMMIT = 1, SV_OBJ_TREE = 2, SV_OBJ_BLOB = 3, SV_OBJ_TAG = 4 };

/** A SHA-1 (len 20) or SHA-256 (len 32) object id; unused bytes are zero, so memcmp compares. */
struct sv_oid {
	uint8_t bytes[32];
	uint8_t len;
};
void sv_oid_hex(const struct sv_oid *oid, char ret_hex[65]);
int sv_oid_parse(struct sv_span hex, struct sv_oid *ret_oid); /* SV_EINVAL */
bool sv_oid_equal(const struct sv_oid *a, const struct sv_oid *b);

/** Where an object lies; opaque outside of objects*.c. Ordered by storage: (store, offset). */
struct sv_object_ref {
	struct sv_oid oid;
	uint32_t store; /**< which pack or loose directory */
	uint64_t offset; /**< in the pack; 0 for loose */
};

/** Called for each thing that cannot be read. what is an object id or a file, detail is words. */
typedef void sv_git_gap_fn(const char *reason, const char *what, const char *detail, void *payload);

/**
 * The objects of one repository: its own directory and all alternates. Immutable after open, so
 * readers on any thread may share it.
 */
struct sv_objects;

/**
 * objects_dir is ".../objects"; oid_len 20 or 32. A broken pack, index or alternate is told to
 * on_gap and left out; only a missing objects_dir or no memory is an error.
 */
int sv_objects_open(const char *objects_dir, unsigned oid_len, sv_git_gap_fn *on_gap, void *payload,
		    struct sv_objects **ret_objects, struct sv_err *err);
void sv_objects_free(struct sv_objects *objects);

/** Every object once (an object in two packs: its first place), in storage order. Immutable. */
size_t sv_objects_count(const struct sv_objects *objects);
const struct sv_object_ref *sv_objects_at(const struct sv_objects *objects, size_t index);
/** NULL if there is none. Any thread. */
const struct sv_object_ref *sv_objects_find(const struct sv_objects *objects, const struct sv_oid *oid);

/** Reads objects; one thread at a time, one for each thread. Keeps file handles and a delta-base cache. */
struct sv_object_reader;
int sv_object_reader_new(const struct sv_objects *objects, size_t cache_bytes, struct sv_object_reader **ret_reader, struct sv_err *err);
void sv_object_reader_free(struct sv_object_reader *reader);

/** Type and size without the content. SV_ECORRUPT, SV_EIO, SV_ENOTFOUND (a delta's base). */
int sv_object_reader_stat(struct sv_object_reader *reader, const struct sv_object_ref *ref,
			  enum sv_object_type *ret_type, uint64_t *ret_size, struct sv_err *err);

/**
 * Reads a whole object into content (reset first; its maximum is the size limit: SV_ETOOBIG),
 * which has SV_SLACK zero bytes readable after its end.
 */
int sv_object_reader_read(struct sv_object_reader *reader, const struct sv_object_ref *ref,
			  enum sv_object_type *ret_type, struct sv_buf *content, struct sv_err *err);
#endif
