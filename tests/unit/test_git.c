/* Objects: what is broken, moved, or made to do harm. Packs are made here, byte by byte. */
#include "git/parse.h"
#include "git/repo.h"
#include "git/store.h"
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
// clang-format off: cmocka needs those before it
#include <cmocka.h>
// clang-format on

static char root[] = "/tmp/sievert-git-XXXXXX";
static char *objects_dir;

/* ---- making packs and loose objects ---- */

struct made {
	struct sv_buf pack;
	struct {
		struct sv_oid oid;
		uint64_t offset;
	} rows[64];
	size_t n;
};

static struct sv_oid oid_of(unsigned number)
{
	struct sv_oid oid = {.len = 20};

	memset(oid.bytes, (int)number, 20);
	return oid;
}

static void put(struct sv_buf *buf, const void *bytes, size_t len)
{
	assert_int_equal(sv_buf_append(buf, bytes, len), 0);
}

static void put_compressed(struct sv_buf *buf, struct sv_span content)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t room = libdeflate_zlib_compress_bound(c, content.len);

	assert_int_equal(sv_buf_reserve(buf, room), 0);
	sv_buf_commit(buf, buf->len + libdeflate_zlib_compress(c, content.ptr, content.len,
							       buf->ptr + buf->len, room));
	libdeflate_free_compressor(c);
}

/* size: what the header says; base: of a REF_DELTA, else NULL */
static void put_entry(struct made *m, const struct sv_oid *oid, unsigned type, uint64_t size,
		      const struct sv_oid *base, struct sv_span content)
{
	if (m->pack.len == 0)
		put(&m->pack, "PACK\0\0\0\2\0\0\0\0", 12);
	m->rows[m->n].oid = *oid;
	m->rows[m->n++].offset = m->pack.len;
	sv_buf_putc(&m->pack, (char)(type << 4 | (size & 15) | (size > 15 ? 128 : 0)));
	for (size >>= 4; size != 0; size >>= 7)
		sv_buf_putc(&m->pack, (char)((size & 127) | (size > 127 ? 128 : 0)));
	if (base)
		put(&m->pack, base->bytes, 20);
	put_compressed(&m->pack, content);
}

static void put_be32(struct sv_buf *buf, uint64_t value)
{
	const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 8), (uint8_t)value};

	put(buf, bytes, 4);
}

/* Writes NAME.pack and NAME.idx, whose trailers nobody checks; m is empty then. */
static void write_pack(struct made *m, const char *name)
{
	static const uint8_t trailer[40];
	SV_AUTO(sv_buf) index = {0};
	char path[512];

	qsort(m->rows, m->n, sizeof(m->rows[0]), sv_oid_order);
	put(&m->pack, trailer, 20);
	put(&index, "\377tOc\0\0\0\2", 8);
	for (unsigned i = 0; i < 256; i++) {
		size_t upto = 0;

		while (upto < m->n && m->rows[upto].oid.bytes[0] <= i)
			upto++;
		put_be32(&index, upto);
	}
	for (size_t i = 0; i < m->n; i++)
		put(&index, m->rows[i].oid.bytes, 20);
	for (size_t i = 0; i < m->n; i++)
		put_be32(&index, 0);
	for (size_t i = 0; i < m->n; i++)
		put_be32(&index, m->rows[i].offset);
	put(&index, trailer, 40);
	snprintf(path, sizeof(path), "%s/pack/%s.pack", objects_dir, name);
	assert_int_equal(sv_file_write(path, sv_buf_span(&m->pack), 0600, NULL), 0);
	snprintf(path, sizeof(path), "%s/pack/%s.idx", objects_dir, name);
	assert_int_equal(sv_file_write(path, sv_buf_span(&index), 0600, NULL), 0);
	sv_buf_release(&m->pack);
	m->n = 0;
}

static void loose_path(const struct sv_oid *oid, char ret[512])
{
	char hex[65];

	sv_oid_hex(oid, hex);
	snprintf(ret, 512, "%s/%.2s", objects_dir, hex);
	mkdir(ret, 0700);
	snprintf(ret, 512, "%s/%.2s/%s", objects_dir, hex, hex + 2);
}

static void write_loose(const struct sv_oid *oid, struct sv_span content)
{
	SV_AUTO(sv_buf) whole = {0};
	SV_AUTO(sv_buf) file = {0};
	char path[512];

	assert_int_equal(sv_buf_printf(&whole, "blob %zu", content.len), 0);
	sv_buf_putc(&whole, '\0');
	put(&whole, content.ptr, content.len);
	put_compressed(&file, sv_buf_span(&whole));
	loose_path(oid, path);
	assert_int_equal(sv_file_write(path, sv_buf_span(&file), 0600, NULL), 0);
}

/* ---- looking at them ---- */

struct look {
	unsigned shown, broken;
	int status; /* of the last broken one */
	unsigned gaps;
	char detail[256];
};

static int on_object(const struct sv_family_object *object, void *payload)
{
	struct look *look = payload;

	(void)object;
	look->shown++;
	return 0;
}

static int on_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
		     const char *detail, void *payload)
{
	struct look *look = payload;

	(void)oid, (void)type;
	look->broken++;
	look->status = status;
	snprintf(look->detail, sizeof(look->detail), "%s", detail);
	return 0;
}

static void on_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	struct look *look = payload;

	(void)reason, (void)what;
	look->gaps++;
	snprintf(look->detail, sizeof(look->detail), "%s", detail);
}

static struct sv_objects *open_objects(struct look *look)
{
	const char *dirs[] = {objects_dir};
	struct sv_objects *objects = NULL;
	struct sv_err err = {.text = ""};

	if (sv_objects_open(dirs, 1, 20, on_gap, look, &objects, &err) < 0)
		fail_msg("%s", err.text);
	return objects;
}

static struct sv_object_reader *new_reader(const struct sv_objects *objects, uint64_t max_size)
{
	struct sv_object_reader *reader = NULL;

	assert_int_equal(sv_object_reader_new(objects, 1 << 20, max_size, &reader, NULL), 0);
	return reader;
}

static void walk(const struct sv_objects *objects, uint64_t max_size, struct look *look)
{
	struct sv_object_reader *reader = new_reader(objects, max_size);
	struct sv_family_events events = {on_object, on_broken, look, 0, 0};
	struct sv_families *families = NULL;

	assert_int_equal(sv_families_new(objects, ~0u, 2, &families, NULL), 0);
	for (size_t i = 0; i < sv_families_units(families); i++)
		assert_int_equal(sv_family_walk(families, i, reader, 1 << 20, &events, NULL), 0);
	sv_families_free(families);
	sv_object_reader_free(reader);
}

static int read_one(struct sv_object_reader *reader, const struct sv_oid *oid, const char *want)
{
	SV_AUTO(sv_buf) content = {0};
	enum sv_object_type type;
	int status = sv_object_reader_read(reader, oid, &type, &content, NULL);

	if (status == 0 && want)
		assert_string_equal(sv_buf_str(&content), want);
	return status;
}

/* ---- every test begins with an empty object directory ---- */

static int begin(void **state)
{
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "rm -rf %s/objects && mkdir -p %s/objects/pack", root, root);
	return system(path);
}

static void a_cycle_of_deltas_costs_itself(void **state)
{
	/* base size 4, result size 4, copy all */
	static const uint8_t copy[] = {4, 4, 0x90, 4};
	struct sv_oid a = oid_of(1), b = oid_of(2), self = oid_of(3), good = oid_of(4),
		      child = oid_of(5);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;
	struct sv_object_reader *reader;

	(void)state;
	put_entry(&m, &a, SV_PACK_REF_DELTA, sizeof(copy), &b, sv_span(copy, sizeof(copy)));
	put_entry(&m, &b, SV_PACK_REF_DELTA, sizeof(copy), &a, sv_span(copy, sizeof(copy)));
	put_entry(&m, &self, SV_PACK_REF_DELTA, sizeof(copy), &self, sv_span(copy, sizeof(copy)));
	put_entry(&m, &good, SV_OBJ_BLOB, 4, NULL, sv_span_str("good"));
	put_entry(&m, &child, SV_PACK_REF_DELTA, sizeof(copy), &good, sv_span(copy, sizeof(copy)));
	write_pack(&m, "pack-cycle");
	objects = open_objects(&look);
	walk(objects, 0, &look);
	assert_int_equal(look.shown, 2);
	assert_int_equal(look.broken, 3);
	assert_int_equal(look.status, SV_ECORRUPT);
	reader = new_reader(objects, 0);
	assert_int_equal(read_one(reader, &a, NULL), SV_ECORRUPT);
	assert_int_equal(read_one(reader, &self, NULL), SV_ECORRUPT);
	assert_int_equal(read_one(reader, &child, "good"), 0);
	sv_object_reader_free(reader);
	sv_objects_free(objects);
}

static void of_two_copies_the_good_one_is_read(void **state)
{
	struct sv_oid oid = oid_of(7);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;

	(void)state;
	put_entry(&m, &oid, SV_OBJ_BLOB, 9, NULL, sv_span_str("four")); /* a wrong size */
	write_pack(&m, "pack-bad");
	put_entry(&m, &oid, SV_OBJ_BLOB, 4, NULL, sv_span_str("good"));
	write_pack(&m, "pack-good");
	objects = open_objects(&look);
	walk(objects, 0, &look);
	assert_int_equal(look.shown, 1);
	assert_int_equal(look.broken, 0);
	sv_objects_free(objects);
}

static void a_broken_base_does_not_take_along_what_another_copy_gives(void **state)
{
	static const uint8_t copy[] = {4, 4, 0x90, 4};
	struct sv_oid base = oid_of(1), middle = oid_of(2), child = oid_of(3);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;
	struct sv_object_reader *reader;

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		put_entry(&m, &base, SV_OBJ_BLOB, broken == 0 ? 9 : 4, NULL, sv_span_str("good"));
		put_entry(&m, &middle, SV_PACK_REF_DELTA, broken == 1 ? 9 : 4, &base,
			  sv_span(copy, sizeof(copy)));
		put_entry(&m, &child, SV_PACK_REF_DELTA, 4, &middle, sv_span(copy, sizeof(copy)));
		write_pack(&m, "pack-bad");
		put_entry(&m, broken == 0 ? &base : &middle, SV_OBJ_BLOB, 4, NULL,
			  sv_span_str("good"));
		write_pack(&m, "pack-good");
		look = (struct look){0};
		objects = open_objects(&look);
		reader = new_reader(objects, 0);
		assert_int_equal(read_one(reader, &child, "good"), 0);
		walk(objects, 0, &look);
		assert_int_equal(look.shown, 3);
		assert_int_equal(look.broken, 0);
		sv_object_reader_free(reader);
		sv_objects_free(objects);
	}
}

static void a_base_that_is_nowhere_is_named(void **state)
{
	static const uint8_t copy[] = {4, 4, 0x90, 4};
	struct sv_oid orphan = oid_of(1), base = oid_of(9);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;

	(void)state;
	put_entry(&m, &orphan, SV_PACK_REF_DELTA, sizeof(copy), &base, sv_span(copy, sizeof(copy)));
	write_pack(&m, "pack-thin");
	objects = open_objects(&look);
	walk(objects, 0, &look);
	assert_int_equal(look.broken, 1);
	assert_int_equal(look.status, SV_ENOTFOUND);
	assert_string_equal(look.detail, "its delta base is missing");
	sv_objects_free(objects);
}

static long peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

static void what_is_claimed_costs_no_memory(void **state)
{
	/* results of 3 GiB: a claim with one byte of truth, and 2^36 that no limit lets pass */
	static const uint8_t claim[] = {4, 0x80, 0x80, 0x80, 0x80, 0x0c, 1, 'x'},
			     larger[] = {4, 0x80, 0x80, 0x80, 0x80, 0x80, 2, 1, 'x'};
	struct sv_oid base = oid_of(1), a = oid_of(2), b = oid_of(3), c = oid_of(4);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;
	long before = peak();

	(void)state;
	put_entry(&m, &base, SV_OBJ_BLOB, 4, NULL, sv_span_str("base"));
	put_entry(&m, &a, SV_PACK_REF_DELTA, sizeof(claim), &base, sv_span(claim, sizeof(claim)));
	put_entry(&m, &b, SV_PACK_REF_DELTA, sizeof(larger), &base,
		  sv_span(larger, sizeof(larger)));
	put_entry(&m, &c, SV_OBJ_BLOB, 3ull << 30, NULL, sv_span_str("small"));
	write_pack(&m, "pack-claims");
	objects = open_objects(&look);
	walk(objects, 0, &look);
	assert_int_equal(look.shown, 1);
	assert_int_equal(look.broken, 3);
	assert_true(peak() - before < 200);
	sv_objects_free(objects);
}

/* 4 MiB from 65 bytes of delta, and a loose object of the same */
static void what_is_above_the_limit_is_told_as_that(void **state)
{
	struct sv_oid base = oid_of(1), a = oid_of(2), loose = oid_of(3), small = oid_of(4);
	SV_AUTO(sv_buf) delta = {0};
	SV_AUTO(sv_buf) large = {0};
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;

	(void)state;
	assert_int_equal(sv_buf_reserve(&large, 4 << 20), 0);
	memset(large.ptr, 'y', 4 << 20);
	sv_buf_commit(&large, 0x10000);
	put(&delta, "\x80\x80\x04\x80\x80\x80\x02", 7);
	for (int i = 0; i < 64; i++)
		sv_buf_putc(&delta, (char)0x80);
	put_entry(&m, &base, SV_OBJ_BLOB, large.len, NULL, sv_buf_span(&large));
	put_entry(&m, &a, SV_PACK_REF_DELTA, delta.len, &base, sv_buf_span(&delta));
	write_pack(&m, "pack-large");
	sv_buf_commit(&large, 4 << 20);
	write_loose(&loose, sv_buf_span(&large));
	write_loose(&small, sv_span_str("small"));
	objects = open_objects(&look);
	walk(objects, 1 << 20, &look);
	assert_int_equal(look.shown, 2);
	assert_int_equal(look.broken, 2);
	assert_int_equal(look.status, SV_ETOOBIG);
	assert_string_equal(look.detail, ""); /* by policy: nothing is wrong with it */
	look = (struct look){0};
	walk(objects, 0, &look);
	assert_int_equal(look.shown, 4);
	walk(objects, 4 << 20, &look); /* as large as is allowed */
	assert_int_equal(look.shown, 8);
	sv_objects_free(objects);
}

static void an_index_that_hides_entries_is_no_reason_to_read_the_whole_pack(void **state)
{
	struct sv_oid first = oid_of(1), hidden = oid_of(2);
	SV_AUTO(sv_buf) noise = {0};
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;
	struct sv_object_reader *reader;

	(void)state;
	for (uint32_t i = 0, x = 1; i < 8u << 20; i++, x = x * 1664525 + 1013904223)
		sv_buf_putc(&noise, (char)(x >> 24));
	put_entry(&m, &first, SV_OBJ_BLOB, 5, NULL, sv_span_str("first"));
	put_entry(&m, &hidden, SV_OBJ_BLOB, noise.len, NULL, sv_buf_span(&noise));
	m.n = 1;
	write_pack(&m, "pack-hiding");
	objects = open_objects(&look);
	reader = new_reader(objects, 0);
	assert_int_equal(read_one(reader, &first, "first"), 0);
	assert_true(reader->raw.cap < 1 << 20);
	sv_object_reader_free(reader);
	sv_objects_free(objects);
}

static void what_a_repack_moves_is_found_again(void **state)
{
	struct sv_oid first = oid_of(1), second = oid_of(2), third = oid_of(3);
	struct made m = {.n = 0};
	struct look look = {0};
	struct sv_objects *objects;
	struct sv_object_reader *reader;
	char path[512];

	(void)state;
	write_loose(&first, sv_span_str("first"));
	write_loose(&second, sv_span_str("second"));
	put_entry(&m, &third, SV_OBJ_BLOB, 5, NULL, sv_span_str("third"));
	write_pack(&m, "pack-old");
	objects = open_objects(&look);
	reader = new_reader(objects, 0);

	/* one is packed and pruned; the pack that is open goes away */
	put_entry(&m, &first, SV_OBJ_BLOB, 5, NULL, sv_span_str("first"));
	write_pack(&m, "pack-new");
	loose_path(&first, path);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/pack/pack-old.pack", objects_dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_one(reader, &first, "first"), 0);
	assert_int_equal(read_one(reader, &third, "third"), 0);

	/* and once more, after that was looked for */
	put_entry(&m, &second, SV_OBJ_BLOB, 6, NULL, sv_span_str("second"));
	write_pack(&m, "pack-newer");
	loose_path(&second, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_one(reader, &second, "second"), 0);
	walk(objects, 0, &look);
	assert_int_equal(look.shown, 3);
	assert_int_equal(look.broken + look.gaps, 0);

	/* what is nowhere is not found */
	first = oid_of(9);
	assert_int_equal(read_one(reader, &first, NULL), SV_ENOTFOUND);
	sv_object_reader_free(reader);
	sv_objects_free(objects);
}

static void broken_indexes_cost_their_pack(void **state)
{
	struct sv_oid good = oid_of(1), bad = oid_of(2);
	char path[512];

	(void)state;
	for (long cut = 1; cut < 1100; cut += 37) {
		struct made m = {.n = 0};
		struct look look = {0};
		struct sv_objects *objects;

		put_entry(&m, &good, SV_OBJ_BLOB, 4, NULL, sv_span_str("good"));
		write_pack(&m, "pack-good");
		put_entry(&m, &bad, SV_OBJ_BLOB, 3, NULL, sv_span_str("bad"));
		write_pack(&m, "pack-bad");
		snprintf(path, sizeof(path), "%s/pack/pack-bad.%s", objects_dir,
			 cut % 2 ? "idx" : "pack");
		assert_int_equal(truncate(path, cut % 2 ? cut : cut % 12), 0);
		objects = open_objects(&look);
		assert_int_equal(look.gaps, 1);
		walk(objects, 0, &look);
		assert_int_equal(look.shown, 1);
		sv_objects_free(objects);
	}
}

/* ---- every byte of a pack, and of its index, wrong in turn ---- */

static char shown_as[8][16]; /* by number: what it was shown as; "" if not */
static unsigned times_told[8];

static int on_numbered(const struct sv_family_object *object, void *payload)
{
	struct sv_oid oid;
	unsigned number;

	(void)payload;
	sv_family_oid(object, &oid);
	number = oid.bytes[0] & 7;
	times_told[number]++;
	snprintf(shown_as[number], sizeof(shown_as[number]), "%.15s",
		 object->content->len ? (const char *)object->content->ptr : "");
	return 0;
}

static int on_numbered_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
			      const char *detail, void *payload)
{
	(void)type, (void)status, (void)detail, (void)payload;
	times_told[oid->bytes[0] & 7]++;
	return 0;
}

static void walk_numbered(void)
{
	struct look look = {0};
	struct sv_objects *objects = open_objects(&look);
	struct sv_object_reader *reader = new_reader(objects, 1 << 20);
	struct sv_family_events events = {on_numbered, on_numbered_broken, NULL, 0, 0};
	struct sv_families *families = NULL;

	memset(shown_as, 0, sizeof(shown_as));
	memset(times_told, 0, sizeof(times_told));
	assert_int_equal(sv_families_new(objects, ~0u, 1, &families, NULL), 0);
	for (size_t i = 0; i < sv_families_units(families); i++)
		assert_int_equal(sv_family_walk(families, i, reader, 1 << 20, &events, NULL), 0);
	sv_families_free(families);
	sv_object_reader_free(reader);
	sv_objects_free(objects);
}

/* Entries 1 (whole), 2 (of 1), 3 (of 2), 4 (whole), 5 (of 4); ret_offsets by number. */
static void write_numbered(uint64_t ret_offsets[6])
{
	static const uint8_t change[] = {5, 5, 1, 'x', 0x91, 1, 4}; /* its first byte becomes x */
	static const unsigned base_of[] = {0, 0, 1, 2, 0, 4};
	static const char *const whole[] = {NULL, "first", NULL, NULL, "forth", NULL};
	struct made m = {.n = 0};

	for (unsigned i = 1; i <= 5; i++) {
		struct sv_oid oid = oid_of(i), base = oid_of(base_of[i]);

		ret_offsets[i] = m.pack.len ? m.pack.len : 12;
		if (whole[i])
			put_entry(&m, &oid, SV_OBJ_BLOB, 5, NULL, sv_span_str(whole[i]));
		else
			put_entry(&m, &oid, SV_PACK_REF_DELTA, sizeof(change), &base,
				  sv_span(change, sizeof(change)));
	}
	write_pack(&m, "pack-numbered");
}

static void a_wrong_byte_of_a_pack_costs_what_is_made_of_it(void **state)
{
	/* those that an entry is part of, itself included */
	static const char *const touched[] = {"", "123", "23", "3", "45", "5"};
	static const char *const good[] = {"", "first", "xirst", "xirst", "forth", "xorth"};
	uint64_t offsets[6];
	char path[512];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/pack/pack-numbered.pack", objects_dir);
	write_numbered(offsets);
	assert_int_equal(stat(path, &st), 0);
	walk_numbered();
	for (unsigned i = 1; i <= 5; i++)
		assert_string_equal(shown_as[i], good[i]);
	for (off_t at = 12; at < st.st_size - 20; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			unsigned entry = 5;
			uint8_t byte;
			int fd;

			while (offsets[entry] > (uint64_t)at)
				entry--;
			fd = open(path, O_RDWR);
			assert_int_equal(pread(fd, &byte, 1, at), 1);
			byte ^= (uint8_t)(1u << bit);
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
			walk_numbered();
			byte ^= (uint8_t)(1u << bit);
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
			close(fd);
			for (unsigned i = 1; i <= 5; i++) {
				assert_int_equal(times_told[i], 1);
				if (strchr(touched[entry], (int)('0' + i)) == NULL)
					assert_string_equal(shown_as[i], good[i]);
			}
		}
}

static void siblings_do_not_see_what_each_other_changes(void **state)
{
	const struct sv_span changes[] = {
		{(const uint8_t[]){5, 5, 1, 'x', 0x91, 1, 4}, 7},
		{(const uint8_t[]){5, 5, 0x90, 1, 1, 'y', 0x91, 2, 3}, 9},
		{(const uint8_t[]){5, 5, 0x90, 4, 1, 'z'}, 6},
		{(const uint8_t[]){5, 2, 0x91, 3, 2}, 5},
	};
	static const char *const good[] = {"", "first", "xirst", "fyrst", "firsz", "st"};
	struct sv_oid base = oid_of(1);
	struct made m = {.n = 0};

	(void)state;
	put_entry(&m, &base, SV_OBJ_BLOB, 5, NULL, sv_span_str("first"));
	for (unsigned i = 2; i <= 5; i++) {
		struct sv_oid oid = oid_of(i);

		put_entry(&m, &oid, SV_PACK_REF_DELTA, changes[i - 2].len, &base, changes[i - 2]);
	}
	write_pack(&m, "pack-siblings");
	walk_numbered();
	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(times_told[i], 1);
		assert_string_equal(shown_as[i], good[i]);
	}
}

static void a_wrong_byte_of_an_index_is_survived(void **state)
{
	uint64_t offsets[6];
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/pack/pack-numbered.idx", objects_dir);
	write_numbered(offsets);
	for (off_t at = 0; at < 8 + 1024 + 5 * 28; at++) {
		static const uint8_t wrong[] = {0, 1, 0x7f, 0x80, 0xff};
		uint8_t was;
		int fd = open(path, O_RDWR);

		assert_int_equal(pread(fd, &was, 1, at), 1);
		for (size_t i = 0; i < sizeof(wrong); i++) {
			assert_int_equal(pwrite(fd, &wrong[i], 1, at), 1);
			walk_numbered();
		}
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
		close(fd);
	}
	walk_numbered();
	assert_string_equal(shown_as[3], "xirst");
}

static void lines_of_refs_and_reflogs_are_read_or_refused(void **state)
{
	static const char hex[] = "0123456789abcdef0123456789abcdef01234567";
	char line[256];
	struct sv_oid oid, pair[2];
	struct sv_span name;

	(void)state;
	snprintf(line, sizeof(line), "%s refs/heads/main", hex);
	assert_int_equal(sv_packed_ref_parse(sv_span_str(line), 20, &oid, &name), 0);
	assert_true(sv_span_equal(name, sv_span_str("refs/heads/main")));
	assert_int_equal(sv_packed_ref_parse(sv_span_str(line), 32, &oid, &name), SV_ECORRUPT);
	assert_int_equal(sv_packed_ref_parse(sv_span(line, 41), 20, &oid, &name), SV_ECORRUPT);
	snprintf(line, sizeof(line), "%s %s A <a@example.org> 1 +0000\tx", hex, hex);
	assert_int_equal(sv_reflog_line_parse(sv_span_str(line), 20, pair), 0);
	assert_int_equal(sv_reflog_line_parse(sv_span(line, 81), 20, pair), SV_ECORRUPT);
	assert_int_equal(sv_ref_file_parse(sv_span_str("ref: refs/heads/main\n"), 20, &oid), 0);
	snprintf(line, sizeof(line), "%s\n", hex);
	assert_int_equal(sv_ref_file_parse(sv_span_str(line), 20, &oid), 1);
	line[3] = 'g';
	assert_int_equal(sv_ref_file_parse(sv_span_str(line), 20, &oid), SV_ECORRUPT);
}

/* ---- a repository that is someone else's, opened with trust and without, at once ---- */

static char foreign[512];

static void *open_often(void *payload)
{
	const bool *trust = payload;
	intptr_t wrong = 0;

	for (int i = 0; i < 100; i++) {
		struct look look = {0};
		struct sv_repo *repo = NULL;
		int status = sv_repo_open(foreign, *trust, on_gap, &look, &repo, NULL);

		wrong += status != (*trust ? 0 : SV_EINVAL);
		sv_repo_free(repo);
	}
	return (void *)wrong;
}

static void trust_of_one_scan_is_not_that_of_another(void **state)
{
	static const bool answers[] = {true, false, true, false};
	pthread_t threads[4];
	char command[1200];
	void *wrong;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can give a repository away */
	snprintf(foreign, sizeof(foreign), "%s/foreign", root);
	snprintf(command, sizeof(command), "git init -q %s && chown -R 65534 %s", foreign, foreign);
	assert_int_equal(system(command), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_often,
						(void *)(uintptr_t)&answers[i]),
				 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_int_equal((intptr_t)wrong, 0);
	}
}

/* A folder of ours whose .git is someone else's, as an archive unpacked by root may have it. */
static void a_foreign_git_directory_in_an_own_folder_is_not_trusted(void **state)
{
	struct look look = {0};
	struct sv_repo *repo = NULL;
	char command[1200];

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(foreign, sizeof(foreign), "%s/mixed", root);
	snprintf(command, sizeof(command), "git init -q %s && chown -R 65534 %s/.git", foreign,
		 foreign);
	assert_int_equal(system(command), 0);
	assert_int_equal(sv_repo_open(foreign, false, on_gap, &look, &repo, NULL), SV_EINVAL);
	assert_int_equal(sv_repo_open(foreign, true, on_gap, &look, &repo, NULL), 0);
	sv_repo_free(repo);
}

static int start(void **state)
{
	(void)state;
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	unsetenv("SUDO_UID");
	if (mkdtemp(root) == NULL)
		return -1;
	setenv("HOME", root, 1);
	objects_dir = sv_path_join(root, "objects");
	return objects_dir ? 0 : -1;
}

static int finish(void **state)
{
	char command[64];

	(void)state;
	free(objects_dir);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_cycle_of_deltas_costs_itself, begin),
		cmocka_unit_test_setup(of_two_copies_the_good_one_is_read, begin),
		cmocka_unit_test_setup(a_broken_base_does_not_take_along_what_another_copy_gives,
				       begin),
		cmocka_unit_test_setup(a_base_that_is_nowhere_is_named, begin),
		cmocka_unit_test_setup(what_is_claimed_costs_no_memory, begin),
		cmocka_unit_test_setup(what_is_above_the_limit_is_told_as_that, begin),
		cmocka_unit_test_setup(
			an_index_that_hides_entries_is_no_reason_to_read_the_whole_pack, begin),
		cmocka_unit_test_setup(what_a_repack_moves_is_found_again, begin),
		cmocka_unit_test_setup(broken_indexes_cost_their_pack, begin),
		cmocka_unit_test_setup(a_wrong_byte_of_a_pack_costs_what_is_made_of_it, begin),
		cmocka_unit_test_setup(siblings_do_not_see_what_each_other_changes, begin),
		cmocka_unit_test_setup(a_wrong_byte_of_an_index_is_survived, begin),
		cmocka_unit_test(lines_of_refs_and_reflogs_are_read_or_refused),
		cmocka_unit_test(trust_of_one_scan_is_not_that_of_another),
		cmocka_unit_test(a_foreign_git_directory_in_an_own_folder_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, start, finish);
}
