/** @file What objects.c, reader.c and family.c share. */
#ifndef SV_GIT_STORE_H
#define SV_GIT_STORE_H

#include "git/pack.h"

enum sv_store_kind {
	SV_STORE_PACK,
	SV_STORE_LOOSE, /* the loose files of one directory */
	SV_STORE_GIT,	/* what git has, asked for one by one */
};
struct sv_store {
	enum sv_store_kind kind;
	char *path;   /* the pack, the objects directory, or the repository */
	int fd;	      /* of it; -1 for none */
	uint64_t end; /* pack: where its entries end */
	/* others than packs: n and oids only, slot = position in oids */
	struct sv_pack_index index;
};

struct sv_objects {
	unsigned oid_len;
	bool partial; /* absent objects are promised by a remote */
	SV_VEC(struct sv_store) stores;
	SV_VEC(char *) pack_dirs;
	const struct sv_objects *earlier; /* what was open before, for what came later */
	struct sv_later *later;		  /* locked inside */
};

/**
 * Packs that have come since open, as a repack makes them; NULL if there are none. For what is not
 * found where it was. Owned by objects.
 */
const struct sv_objects *sv_objects__later(const struct sv_objects *objects);
void sv_objects__lock_large(const struct sv_objects *objects);
void sv_objects__unlock_large(const struct sv_objects *objects);
/** Adds what git at path has, as a store. */
int sv_objects__add_git(struct sv_objects *objects, const char *path, struct sv_err *err);

/** By store, the number of its first object when all are counted through; free() it. NULL: no memory. */
uint32_t *sv_objects__bases(const struct sv_objects *objects);
/** Asks memory for where the object is, and for its id: they are wanted soon. */
static inline void sv_objects__expect(const struct sv_objects *objects, struct sv_object_ref ref)
{
	__builtin_prefetch(&objects->stores.ptr[ref.store].index.offsets[ref.slot]);
}
static inline void sv_objects__expect_oid(const struct sv_objects *objects,
					  struct sv_object_ref ref)
{
	const struct sv_pack_index *index = &objects->stores.ptr[ref.store].index;

	__builtin_prefetch(index->oids + (size_t)index->sorted_of[ref.slot] * index->oid_len);
}
/** As sv_objects_find, from store first on. */
bool sv_objects__find_from(const struct sv_objects *objects, const struct sv_oid *oid,
			   uint32_t first, struct sv_object_ref *ret_ref);
/** Opens a loose object's file for reading, never blocking. -1 with errno. */
int sv_store__open_loose(const struct sv_store *store, const struct sv_oid *oid);

/* ---- a reader's parts that a family walk uses ---- */
#define SV_WINDOWS 16
/** A stretch of a pack that was read at once. */
struct sv_window {
	uint32_t store;
	uint64_t at, used; /* where it begins; when it was used last, 0: never */
	size_t len;
	uint8_t *ptr;
};
struct sv_object_reader {
	const struct sv_objects *objects;
	/* the second for streams of fixed codes: it keeps their table, which dynamic ones overwrite */
	struct libdeflate_decompressor *z, *z_fixed;
	struct sv_git_batch *git;	/* NULL until needed */
	struct sv_object_reader *later; /* of sv_objects__later(); NULL until needed */
	uint64_t max_size;
	uint64_t large; /* an object of more bytes than these waits until no other one is in memory
			 */
	bool holds_large, in_other;
	struct sv_buf raw, delta, work, replaced;
	bool walks; /* a family: what lies beside an entry is soon asked for, too */
	struct sv_window windows[SV_WINDOWS];
	uint64_t uses; /* of windows */
	size_t beyond; /* readable bytes behind the last entry */
	SV_VEC(struct sv_object_ref) chain;
	struct sv_cache_line *cache;
	struct sv_stopwatch *read, *apply;
	SV_VEC(struct sv_buf) spare; /* for the next objects of a walk */
	size_t spared;		     /* bytes in spare */
	size_t cache_used, cache_max, hand;
};
/**
 * Before size bytes are built: of large objects only one thread at a time has some, so that many
 * threads need no more memory for them than one. Kept until sv_reader__end_large().
 */
void sv_reader__begin_large(struct sv_object_reader *reader, uint64_t size);
/** When nothing large is held any more but by the reader itself, which lets go of it. */
void sv_reader__end_large(struct sv_object_reader *reader);
/** Reads one pack entry: its header, and its zlib stream (borrowed until the next call). */
int sv_reader__entry(struct sv_object_reader *reader, struct sv_object_ref ref,
		     struct sv_pack_entry *ret_entry, struct sv_span *ret_stream);
/** As sv_object_reader_read(), but what is large stays accounted for. */
int sv_reader__read(struct sv_object_reader *reader, const struct sv_oid *oid,
		    enum sv_object_type *ret_type, struct sv_buf *content);
/** Builds the object at ref, this copy only. */
int sv_reader__build(struct sv_object_reader *reader, struct sv_object_ref ref,
		     enum sv_object_type *ret_type, struct sv_buf *content);
/** Builds the object at ref, a delta entry, from its base's content, and tells how unless ops is
 * NULL. */
int sv_reader__apply(struct sv_object_reader *reader, struct sv_object_ref ref, struct sv_span base,
		     struct sv_buf *content, struct sv_delta_ops *ops);
/** The same for a base that is needed no more: its bytes may be taken, and base is void then. */
int sv_reader__turn(struct sv_object_reader *reader, struct sv_object_ref ref, struct sv_buf *base,
		    struct sv_buf *content, struct sv_delta_ops *ops);
/**
 * The same for a base that is needed again: where that is little work, *ret_borrowed tells that
 * base itself was made the object, and content is void, until sv_reader__give_back().
 */
int sv_reader__borrow(struct sv_object_reader *reader, struct sv_object_ref ref,
		      struct sv_buf *base, struct sv_buf *content, struct sv_delta_ops *ops,
		      bool *ret_borrowed);
void sv_reader__give_back(struct sv_object_reader *reader, struct sv_buf *base,
			  const struct sv_delta_ops *ops);
#endif
