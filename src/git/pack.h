/** @file Formats of git's object storage, as pure functions over foreign bytes. gitformat-pack(5).
 */
#ifndef SV_GIT_PACK_H
#define SV_GIT_PACK_H

#include "git/objects.h"

enum { SV_PACK_OFS_DELTA = 6, SV_PACK_REF_DELTA = 7 };

/** A pack's index, read. Arrays by slot are in pack order. */
struct sv_pack_index {
	uint32_t n;
	unsigned oid_len;
	uint8_t *oids;	     /* n · oid_len bytes, sorted */
	uint32_t *slot_of;   /* position in oids → slot */
	uint32_t *sorted_of; /* slot → position in oids */
	uint64_t *offsets;   /* by slot, ascending */
	uint32_t *starts;    /* by the first bits of an id: the first that has them, or follows */
	unsigned start_shift;
	uint32_t *stretches; /* of 2^stretch_shift bytes of the pack: the first slot in or after each */
	unsigned stretch_shift;
};
void sv_pack_index_release(struct sv_pack_index *index);
/** The tables for finding (starts, stretches) from the others. SV_ENOMEM. */
int sv_pack_index_make_tables(struct sv_pack_index *index);
/** idx version 1 or 2. SV_ECORRUPT, SV_EUNSUPPORTED (version), SV_ENOMEM. */
int sv_pack_index_parse(struct sv_span bytes, unsigned oid_len, struct sv_pack_index *ret,
			struct sv_err *err);
/** false if it is not there. */
bool sv_pack_index_find(const struct sv_pack_index *index, const struct sv_oid *oid,
			uint32_t *ret_slot);
/** The slot that begins at offset; false if none does. */
bool sv_pack_index_at(const struct sv_pack_index *index, uint64_t offset, uint32_t *ret_slot);

/** The header of one pack entry. */
struct sv_pack_entry {
	unsigned type;	      /* sv_object_type, or one of the deltas */
	uint64_t size;	      /* of the inflated data */
	unsigned header_len;  /* where the zlib stream begins */
	uint64_t base_offset; /* OFS_DELTA */
	struct sv_oid base;   /* REF_DELTA */
};
/** bytes start at the entry, which is at offset of its pack. SV_ECORRUPT. */
int sv_pack_entry_parse(struct sv_span bytes, uint64_t offset, unsigned oid_len,
			struct sv_pack_entry *ret);
#define SV_PACK_HEADER_MAX 64 /* bytes that a header can take at most */

/** The sizes that a delta states for its base and its result. SV_ECORRUPT. */
int sv_delta_sizes(struct sv_span delta, uint64_t *ret_base, uint64_t *ret_result);
struct sv_delta_ops {
	struct sv_delta_op *ptr;
	size_t len, cap;
	uint32_t least; /**< copies of fewer bytes are told as new ones */
};
/**
 * Builds a delta's result into content (reset first; at most max bytes) and, unless ops is NULL,
 * how. SV_ECORRUPT, SV_ETOOBIG, SV_ENOMEM.
 */
int sv_delta_apply(struct sv_span base, struct sv_span delta, uint64_t max, struct sv_buf *content,
		   struct sv_delta_ops *ops);

/**
 * Turns a delta's base into its result, where all that is copied stays where it is, as in most
 * trees; and tells how. false: it does not, or anything is wrong, and content is as it was.
 * ret_replaced gets what sv_delta_undo_here() needs; NULL: nobody wants to.
 */
bool sv_delta_apply_here(struct sv_buf *content, struct sv_span delta, struct sv_delta_ops *ops,
			 struct sv_buf *ret_replaced);
/** Turns it back into its base. */
void sv_delta_undo_here(struct sv_buf *content, const struct sv_delta_ops *ops,
			struct sv_span replaced);

/** "blob 12\0" at the start of a loose object. SV_ECORRUPT. */
int sv_loose_header_parse(struct sv_span bytes, enum sv_object_type *ret_type, uint64_t *ret_size,
			  size_t *ret_len);

struct libdeflate_decompressor;
/**
 * Inflates one zlib stream of exactly size bytes into content (appended). So many bytes beyond the
 * stream may be read, which is faster, but are no part of it. SV_ECORRUPT, SV_ENOMEM, SV_ETOOBIG.
 */
int sv_inflate(struct libdeflate_decompressor *z, struct sv_span stream, size_t beyond,
	       uint64_t size, struct sv_buf *content);
/** Inflates a whole loose file: header and content, at most max bytes. */
int sv_loose_inflate(struct libdeflate_decompressor *z, struct sv_span file, uint64_t max,
		     enum sv_object_type *ret_type, struct sv_buf *content);
#endif
