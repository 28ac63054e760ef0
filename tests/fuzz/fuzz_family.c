/*
 * Whole packs: the input says which entries two packs have (whole ones, OFS and REF deltas of any
 * entry, also of themselves and of each other), and what lies in them. The family walk and the
 * reader must give what a plain recursion gives, each object once, and name the others as broken.
 */
#include "fuzz.h"
#include "git/store.h"
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_ENTRIES 40
#define MAX_RESULT  4096

struct item {
	unsigned pack, type; /* SV_OBJ_BLOB …, or one of the deltas */
	unsigned base;	     /* number of another item */
	struct sv_span bytes;
	uint64_t offset;
	/* by the plain recursion: */
	int status;
	enum sv_object_type is;
	struct sv_buf content;
	unsigned told;
};

static struct item items[MAX_ENTRIES];
static unsigned n_items;

static struct sv_oid id_of(unsigned number)
{
	struct sv_oid oid = {.len = 20};

	oid.bytes[0] = (uint8_t)(number * 37);
	oid.bytes[1] = (uint8_t)number;
	return oid;
}

static unsigned number_of(const struct sv_oid *oid)
{
	FUZZ_HOLDS(oid->bytes[1] < n_items);
	return oid->bytes[1];
}

static void resolve(unsigned number, unsigned depth)
{
	struct item *item = &items[number], *base = &items[item->base];

	if (item->status <= 0)
		return;
	if (item->type <= SV_OBJ_TAG) {
		item->is = (enum sv_object_type)item->type;
		item->status =
			item->bytes.len > MAX_RESULT
				? SV_ETOOBIG
				: sv_buf_append(&item->content, item->bytes.ptr, item->bytes.len);
		return;
	}
	if (depth > MAX_ENTRIES) {
		item->status = SV_ECORRUPT;
		return;
	}
	resolve(item->base, depth + 1);
	if (item->status <= 0) /* by the cycle */
		return;
	item->is = base->is;
	item->status = base->status < 0 ? base->status
					: sv_delta_apply(sv_buf_span(&base->content), item->bytes,
							 MAX_RESULT, &item->content, NULL);
}

/* ---- what they become ---- */

static void put_entry(struct sv_buf *pack, unsigned number)
{
	static struct libdeflate_compressor *c;
	struct item *item = &items[number];
	struct sv_oid base = id_of(item->base);
	uint64_t size = item->bytes.len;
	size_t room;

	if (c == NULL)
		c = libdeflate_alloc_compressor(1);
	item->offset = pack->len;
	sv_buf_putc(pack, (char)(item->type << 4 | (size & 15) | (size > 15 ? 128 : 0)));
	for (size >>= 4; size != 0; size >>= 7)
		sv_buf_putc(pack, (char)((size & 127) | (size > 127 ? 128 : 0)));
	if (item->type == SV_PACK_REF_DELTA) {
		sv_buf_append(pack, base.bytes, base.len);
	} else if (item->type == SV_PACK_OFS_DELTA) {
		uint64_t back = item->offset - items[item->base].offset;
		uint8_t digits[10];
		size_t n = sizeof(digits);

		digits[--n] = back & 127;
		while (back >>= 7)
			digits[--n] = (uint8_t)(128 | (--back & 127));
		sv_buf_append(pack, digits + n, sizeof(digits) - n);
	}
	room = libdeflate_zlib_compress_bound(c, item->bytes.len);
	FUZZ_HOLDS(sv_buf_reserve(pack, room) == 0);
	sv_buf_commit(pack,
		      pack->len + libdeflate_zlib_compress(c, item->bytes.ptr, item->bytes.len,
							   pack->ptr + pack->len, room));
}

static void add_pack(struct sv_objects *objects, unsigned which)
{
	struct sv_store store = {.kind = SV_STORE_PACK, .path = strdup("pack")};
	struct sv_pack_index *index = &store.index;
	unsigned by_slot[MAX_ENTRIES];
	SV_AUTO(sv_buf) pack = {0};

	sv_buf_append(&pack, "PACK\0\0\0\2\0\0\0\0", 12);
	index->oid_len = 20;
	index->oids = malloc(MAX_ENTRIES * 20);
	index->slot_of = malloc(MAX_ENTRIES * 4);
	index->sorted_of = malloc(MAX_ENTRIES * 4);
	index->offsets = malloc(MAX_ENTRIES * 8);
	for (unsigned i = 0; i < n_items; i++) {
		if (items[i].pack != which)
			continue;
		put_entry(&pack, i);
		by_slot[index->n] = i;
		index->offsets[index->n++] = items[i].offset;
	}
	/* a slot's place among the sorted ids is the number of smaller ones */
	for (uint32_t slot = 0; slot < index->n; slot++) {
		struct sv_oid oid = id_of(by_slot[slot]);
		uint32_t at = 0;

		for (uint32_t k = 0; k < index->n; k++) {
			struct sv_oid other = id_of(by_slot[k]);

			at += sv_oid_compare(&other, &oid) < 0;
		}
		index->slot_of[at] = slot;
		index->sorted_of[slot] = at;
		memcpy(index->oids + (size_t)at * 20, oid.bytes, 20);
	}
	FUZZ_HOLDS(sv_pack_index_make_tables(index) == 0);
	store.end = pack.len;
	store.fd = memfd_create("pack", MFD_CLOEXEC);
	FUZZ_HOLDS(store.fd >= 0 && write(store.fd, pack.ptr, pack.len) == (ssize_t)pack.len);
	FUZZ_HOLDS(sv_vec_push(&objects->stores, store) == 0);
}

/* ---- what we say of them ---- */

static struct sv_buf parents[MAX_ENTRIES + 1];

static int on_object(const struct sv_family_object *object, void *payload)
{
	struct sv_oid oid;
	struct item *item;
	uint64_t at = 0;

	(void)payload;
	sv_family_oid(object, &oid);
	item = &items[number_of(&oid)];
	FUZZ_HOLDS(item->told++ == 0 && item->status == 0 && object->type == item->is);
	FUZZ_HOLDS(sv_span_equal(sv_buf_span(object->content), sv_buf_span(&item->content)));
	FUZZ_HOLDS(object->depth <= MAX_ENTRIES);
	for (size_t i = 0; i < object->n_ops; i++) {
		const struct sv_delta_op *op = &object->ops[i];
		const struct sv_buf *parent = &parents[object->depth - 1];

		FUZZ_HOLDS(op->out == at && op->len <= object->content->len - at);
		FUZZ_HOLDS(
			op->base == SV_DELTA_INSERT ||
			(op->base <= parent->len && op->len <= parent->len - op->base &&
			 memcmp(object->content->ptr + at, parent->ptr + op->base, op->len) == 0));
		at += op->len;
	}
	FUZZ_HOLDS(object->ops == NULL || at == object->content->len);
	sv_buf_reset(&parents[object->depth]);
	sv_buf_append(&parents[object->depth], object->content->ptr, object->content->len);
	return 0;
}

static int on_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
		     const char *detail, void *payload)
{
	struct item *item = &items[number_of(oid)];

	(void)type, (void)detail, (void)payload;
	FUZZ_HOLDS(item->told++ == 0 && item->status < 0 && status < 0);
	return 0;
}

static void no_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)reason, (void)what, (void)detail, (void)payload;
}

static void compare(const struct sv_objects *objects, size_t memory, unsigned jobs)
{
	struct sv_family_events events = {on_object, on_broken, NULL, 0, 0};
	struct sv_object_reader *reader = NULL;
	struct sv_families *families = NULL;
	SV_AUTO(sv_buf) content = {0};

	FUZZ_HOLDS(sv_object_reader_new(objects, memory * 8, MAX_RESULT, &reader, NULL) == 0);
	FUZZ_HOLDS(sv_families_new(objects, ~0u, jobs, &families, NULL) == 0);
	for (size_t i = 0; i < sv_families_units(families); i++)
		FUZZ_HOLDS(sv_family_walk(families, i, reader, memory, &events, NULL) == 0);
	sv_families_free(families);
	for (unsigned i = 0; i < n_items; i++) {
		struct sv_oid oid = id_of(i);
		enum sv_object_type type;
		int status = sv_object_reader_read(reader, &oid, &type, &content, NULL);

		FUZZ_HOLDS(items[i].told == 1 && (status == 0) == (items[i].status == 0));
		FUZZ_HOLDS(status < 0 ||
			   (type == items[i].is &&
			    sv_span_equal(sv_buf_span(&content), sv_buf_span(&items[i].content))));
	}
	sv_object_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned types[] = {SV_OBJ_BLOB, SV_PACK_OFS_DELTA, SV_PACK_REF_DELTA,
					 SV_OBJ_TREE};
	struct sv_span in = sv_span(data, size);
	size_t memory = fuzz_number(&in, 1) * 16;
	struct sv_objects *objects = NULL;

	for (n_items = 0; in.len != 0 && n_items < MAX_ENTRIES; n_items++) {
		unsigned flags = (unsigned)fuzz_number(&in, 1);
		struct item *item = &items[n_items];

		*item = (struct item){
			.pack = flags >> 2 & 1, .type = types[flags & 3], .status = 1};
		item->base = (unsigned)fuzz_number(&in, 1);
		item->bytes = fuzz_take(&in, fuzz_number(&in, flags & 128 ? 2 : 1));
	}
	for (unsigned i = 0; i < n_items; i++) {
		struct item *item = &items[i];

		item->base %= n_items;
		/* backwards in one pack is all that an offset can say */
		if (item->type == SV_PACK_OFS_DELTA &&
		    (item->base >= i || items[item->base].pack != item->pack))
			item->type = SV_PACK_REF_DELTA;
	}
	for (unsigned i = 0; i < n_items; i++)
		resolve(i, 0);
	FUZZ_HOLDS(sv_objects_open(NULL, 0, 20, no_gap, NULL, &objects, NULL) == 0);
	add_pack(objects, 0);
	add_pack(objects, 1);
	compare(objects, memory, 1 + (memory & 16 ? 1 : 0));
	sv_objects_free(objects);
	for (unsigned i = 0; i < n_items; i++)
		sv_buf_release(&items[i].content);
	return 0;
}
