#include "git/pack.h"
#include <libdeflate.h>
#include <stdio.h>

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

void sv_pack_index_release(struct sv_pack_index *index)
{
	free(index->oids);
	free(index->slot_of);
	free(index->sorted_of);
	free(index->offsets);
	free(index->starts);
	free(index->stretches);
	*index = (struct sv_pack_index){0};
}

struct placed {
	uint64_t offset;
	uint32_t sorted;
};

#define DIGIT 11 /* bits that a pass sorts by */

/*
 * By offset, equal ones as they were. A digit at a time, the lowest first: several times faster than
 * qsort(), which is most of the time to open a large repository.
 */
static int sort_by_offset(struct placed **items, uint32_t n)
{
	struct placed *from = *items, *to = malloc((n + 1ull) * sizeof(*to));
	uint64_t all = 0;

	if (to == NULL)
		return SV_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		all |= from[i].offset;
	for (unsigned shift = 0; shift < 64 && all >> shift != 0; shift += DIGIT) {
		uint32_t at[1u << DIGIT] = {0}, sum = 0;
		struct placed *swap = from;

		for (uint32_t i = 0; i < n; i++)
			at[from[i].offset >> shift & ((1u << DIGIT) - 1)]++;
		for (uint32_t d = 0; d < 1u << DIGIT; d++) {
			uint32_t count = at[d];

			at[d] = sum;
			sum += count;
		}
		for (uint32_t i = 0; i < n; i++)
			to[at[from[i].offset >> shift & ((1u << DIGIT) - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	free(to);
	*items = from;
	return 0;
}

/*
 * Where ids with each first bits begin. They are spread evenly: a few share theirs, so that to find one
 * of a million takes a look at two places in memory rather than at twenty.
 */
static int mark_starts(struct sv_pack_index *index)
{
	unsigned bits = 8;
	uint32_t at = 0;

	while (bits < 24 && index->n >> bits > 4)
		bits++;
	index->start_shift = 32 - bits;
	index->starts = malloc(((1u << bits) + 1) * sizeof(*index->starts));
	if (index->starts == NULL)
		return SV_ENOMEM;
	for (uint32_t first = 0; first < 1u << bits; first++) {
		index->starts[first] = at;
		while (at < index->n && be32(index->oids + (size_t)at * index->oid_len) >>
							index->start_shift == first)
			at++;
	}
	index->starts[1u << bits] = at;
	return 0;
}

/* For each stretch of 2^shift bytes the first slot that does not begin before it. */
static int mark_stretches(struct sv_pack_index *index)
{
	uint64_t last = index->n ? index->offsets[index->n - 1] : 0, n;

	while (last >> index->stretch_shift > index->n)
		index->stretch_shift++;
	n = (last >> index->stretch_shift) + 2;
	index->stretches = malloc(n * sizeof(*index->stretches));
	if (index->stretches == NULL)
		return SV_ENOMEM;
	for (uint64_t slot = 0, i = 0; i < n; i++) {
		while (slot < index->n && index->offsets[slot] >> index->stretch_shift < i)
			slot++;
		index->stretches[i] = (uint32_t)slot;
	}
	return 0;
}

int sv_pack_index_make_tables(struct sv_pack_index *index)
{
	int status = mark_starts(index);

	return status < 0 ? status : mark_stretches(index);
}

/* The tables by slot, from offsets in the order of ids. */
static int order_index(struct sv_pack_index *index, struct placed **placed)
{
	uint32_t n = index->n;
	int status = sort_by_offset(placed, n);

	index->slot_of = malloc((n + 1ull) * sizeof(*index->slot_of));
	index->sorted_of = malloc((n + 1ull) * sizeof(*index->sorted_of));
	index->offsets = malloc((n + 1ull) * sizeof(*index->offsets));
	if (status < 0 || !index->slot_of || !index->sorted_of || !index->offsets)
		return SV_ENOMEM;
	for (uint32_t slot = 0; slot < n; slot++) {
		index->offsets[slot] = (*placed)[slot].offset;
		index->sorted_of[slot] = (*placed)[slot].sorted;
		index->slot_of[(*placed)[slot].sorted] = slot;
	}
	return sv_pack_index_make_tables(index);
}

bool sv_pack_index_at(const struct sv_pack_index *index, uint64_t offset, uint32_t *ret_slot)
{
	uint32_t slot, end;

	if (index->n == 0 || offset > index->offsets[index->n - 1])
		return false;
	slot = index->stretches[offset >> index->stretch_shift];
	end = index->stretches[(offset >> index->stretch_shift) + 1];
	while (slot < end) {
		uint32_t middle = slot + (end - slot) / 2;

		if (index->offsets[middle] < offset)
			slot = middle + 1;
		else
			end = middle;
	}
	if (slot == index->n || index->offsets[slot] != offset)
		return false;
	*ret_slot = slot;
	return true;
}

int sv_pack_index_parse(struct sv_span bytes, unsigned oid_len, struct sv_pack_index *ret,
			struct sv_err *err)
{
	SV_AUTO(sv_pack_index) index = {.oid_len = oid_len};
	SV_AUTO_FREE struct placed *placed = NULL;
	const uint8_t *p = bytes.ptr, *fanout, *ids, *offsets, *large;
	size_t head, n, stride, n_large = 0;
	bool v2 = bytes.len >= 8 && be32(p) == 0xff744f63;
	int status;

	if (v2 && be32(p + 4) != 2)
		return sv_err_set(err, SV_EUNSUPPORTED, "index version %u", be32(p + 4));
	head = v2 ? 8 : 0;
	if (bytes.len < head + 1024 + 2 * oid_len)
		return sv_err_set(err, SV_ECORRUPT, "index is cut short");
	fanout = p + head;
	n = be32(fanout + 1020);
	stride = v2 ? oid_len + 8 : oid_len + 4;
	/* n < 2^32 and stride < 64: no overflow */
	if (bytes.len - head - 1024 - 2 * oid_len < n * stride)
		return sv_err_set(err, SV_ECORRUPT, "index is cut short");
	for (int i = 1; i < 256; i++)
		if (be32(fanout + 4 * i) < be32(fanout + 4 * i - 4))
			return sv_err_set(err, SV_ECORRUPT, "index fan-out is not ascending");
	ids = fanout + 1024 + (v2 ? 0 : 4);
	offsets = v2 ? ids + n * oid_len + n * 4 : fanout + 1024;
	large = offsets + n * 4;
	if (v2)
		n_large = (bytes.len - head - 1024 - 2 * oid_len - n * stride) / 8;
	index.n = (uint32_t)n;
	index.oids = malloc(n * oid_len + 1);
	placed = malloc((n + 1) * sizeof(*placed));
	if (!index.oids || !placed)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const uint8_t *id = ids + i * (v2 ? oid_len : stride);
		uint64_t offset = be32(offsets + i * (v2 ? 4 : stride));

		if (v2 && offset & 0x80000000) {
			if ((offset & 0x7fffffff) >= n_large)
				return sv_err_set(err, SV_ECORRUPT,
						  "index has a wrong large offset");
			offset = be64(large + (offset & 0x7fffffff) * 8);
		}
		memcpy(index.oids + i * oid_len, id, oid_len);
		placed[i] = (struct placed){offset, (uint32_t)i};
		if (i != 0 && memcmp(id - (v2 ? oid_len : stride), id, oid_len) > 0)
			return sv_err_set(err, SV_ECORRUPT, "index ids are not sorted");
	}
	status = order_index(&index, &placed);
	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	*ret = index;
	index = (struct sv_pack_index){0};
	return 0;
}

/* Most ids differ in their first bytes: no call for those. */
static inline int compare_ids(const uint8_t *a, const uint8_t *b, unsigned len)
{
	uint64_t x = be64(a), y = be64(b);

	return x != y ? (x > y ? 1 : -1) : memcmp(a, b, len);
}

bool sv_pack_index_find(const struct sv_pack_index *index, const struct sv_oid *oid,
			uint32_t *ret_slot)
{
	uint32_t first = be32(oid->bytes) >> index->start_shift;
	size_t low, high;

	if (index->n == 0)
		return false;
	low = index->starts[first];
	high = index->starts[first + 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_ids(index->oids + middle * index->oid_len, oid->bytes,
					index->oid_len);

		if (order == 0) {
			*ret_slot = index->slot_of[middle];
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

int sv_pack_entry_parse(struct sv_span bytes, uint64_t offset, unsigned oid_len,
			struct sv_pack_entry *ret)
{
	struct sv_pack_entry e = {0};
	size_t at = 0;
	unsigned shift = 4;

	if (bytes.len == 0)
		return SV_ECORRUPT;
	e.type = bytes.ptr[0] >> 4 & 7;
	e.size = bytes.ptr[0] & 15;
	while (bytes.ptr[at++] & 0x80) {
		if (at >= bytes.len || shift > 57)
			return SV_ECORRUPT;
		e.size |= (uint64_t)(bytes.ptr[at] & 0x7f) << shift;
		shift += 7;
	}
	if (e.type == 0 || e.type == 5)
		return SV_ECORRUPT;
	if (e.type == SV_PACK_OFS_DELTA) {
		uint64_t back;

		if (at >= bytes.len)
			return SV_ECORRUPT;
		back = bytes.ptr[at] & 0x7f;
		while (bytes.ptr[at++] & 0x80) {
			if (at >= bytes.len || back >> 56)
				return SV_ECORRUPT;
			back = (back + 1) << 7 | (bytes.ptr[at] & 0x7f);
		}
		if (back == 0 || back > offset)
			return SV_ECORRUPT;
		e.base_offset = offset - back;
	} else if (e.type == SV_PACK_REF_DELTA) {
		if (bytes.len - at < oid_len)
			return SV_ECORRUPT;
		memcpy(e.base.bytes, bytes.ptr + at, oid_len);
		e.base.len = (uint8_t)oid_len;
		at += oid_len;
	}
	e.header_len = (unsigned)at;
	*ret = e;
	return 0;
}

/* Room for size bytes in an empty buffer: what it held is not worth copying. */
static int make_room(struct sv_buf *content, uint64_t size)
{
	if (content->cap < size)
		sv_buf_release(content);
	return sv_buf_reserve(content, size);
}

static int varint(struct sv_span *s, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; s->len != 0 && shift < 63; shift += 7) {
		uint8_t byte = *s->ptr++;

		s->len--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return SV_ECORRUPT;
}

int sv_delta_sizes(struct sv_span delta, uint64_t *ret_base, uint64_t *ret_result)
{
	return varint(&delta, ret_base) < 0 || varint(&delta, ret_result) < 0 ? SV_ECORRUPT : 0;
}

static inline int note_op(struct sv_delta_ops *ops, uint32_t out, uint32_t len, uint32_t base)
{
	struct sv_delta_op *last = ops->len ? &ops->ptr[ops->len - 1] : NULL;

	/* what follows on at both ends is one range */
	if (last && base != SV_DELTA_INSERT && last->base != SV_DELTA_INSERT &&
	    last->base + last->len == base) {
		last->len += len;
		return 0;
	}
	if (len < ops->least)
		base = SV_DELTA_INSERT;
	if (last && base == SV_DELTA_INSERT && last->base == SV_DELTA_INSERT) {
		last->len += len;
		return 0;
	}
	return sv_vec_push(ops, ((struct sv_delta_op){out, len, base}));
}

/* Is size what the steps of a delta make in all? Looks at nothing else. */
static bool adds_up(struct sv_span steps, uint64_t size)
{
	uint64_t made = 0;

	for (size_t at = 0; at < steps.len;) {
		uint8_t op = steps.ptr[at++];
		uint64_t len = 0;

		if (!(op & 0x80)) {
			made += op;
			at += op;
			continue;
		}
		at += (size_t)__builtin_popcount(op & 15);
		for (int i = 0; i < 3; i++)
			if (op & 16 << i && at < steps.len)
				len |= (uint64_t)steps.ptr[at++] << (8 * i);
		made += len ? len : 0x10000;
	}
	return made == size;
}

/* One step of a delta. */
struct step {
	bool copies;
	uint32_t from, len;
	const uint8_t *bytes; /* new ones */
};

/* The next step at *p, of at most left bytes. SV_ECORRUPT. */
static inline int next_step(const uint8_t **at, const uint8_t *end, uint64_t base_len,
			    uint64_t left, struct step *ret)
{
	const uint8_t *p = *at;
	uint8_t op = *p++;

	if (op & 0x80) {
		uint32_t from = 0, len = 0;

		if (end - p < 7 && end - p < __builtin_popcount(op & 0x7f))
			return SV_ECORRUPT;
		for (int i = 0; i < 4; i++)
			if (op & 1 << i)
				from |= (uint32_t)*p++ << (8 * i);
		for (int i = 0; i < 3; i++)
			if (op & 16 << i)
				len |= (uint32_t)*p++ << (8 * i);
		if (len == 0)
			len = 0x10000;
		if (from > base_len || len > base_len - from || len > left)
			return SV_ECORRUPT;
		*ret = (struct step){true, from, len, NULL};
	} else {
		if (op == 0 || end - p < op || op > left)
			return SV_ECORRUPT;
		*ret = (struct step){false, SV_DELTA_INSERT, op, p};
		p += op;
	}
	*at = p;
	return 0;
}

#define SHORT 32

/*
 * Most ranges are short: those are copied with what stands after them, into what is written next,
 * where there is room on both sides.
 */
static inline void put(uint8_t *to, uint64_t room, const uint8_t *from, uint64_t there,
		       uint32_t len)
{
	if (len <= SHORT && room >= SHORT && there >= SHORT)
		memcpy(to, from, SHORT);
	else
		memcpy(to, from, len);
}

int sv_delta_apply(struct sv_span base, struct sv_span delta, uint64_t max, struct sv_buf *content,
		   struct sv_delta_ops *ops)
{
	const uint8_t *p, *end;
	uint8_t *out;
	uint64_t base_size, size, at = 0;
	int status;

	sv_buf_reset(content);
	if (ops)
		ops->len = 0;
	if (varint(&delta, &base_size) < 0 || varint(&delta, &size) < 0 || base_size != base.len)
		return SV_ECORRUPT;
	if (size > max || size >= UINT32_MAX)
		return SV_ETOOBIG;
	/* a lie must cost no memory */
	if (size / 16 > base.len + delta.len + 4096 && !adds_up(delta, size))
		return SV_ECORRUPT;
	status = make_room(content, size);
	if (status < 0)
		return status;
	p = delta.ptr;
	end = p + delta.len;
	out = content->ptr;
	while (p < end) {
		struct step step;

		if (next_step(&p, end, base.len, size - at, &step) < 0)
			return SV_ECORRUPT;
		if (step.copies)
			put(out + at, size - at, base.ptr + step.from, base.len - step.from,
			    step.len);
		else
			put(out + at, size - at, step.bytes, (uint64_t)(end - step.bytes),
			    step.len);
		if (ops && note_op(ops, (uint32_t)at, step.len, step.from) < 0)
			return SV_ENOMEM;
		at += step.len;
	}
	if (at != size)
		return SV_ECORRUPT;
	sv_buf_commit(content, size);
	return 0;
}

static bool keep_replaced(const struct sv_buf *content, const struct sv_delta_ops *ops,
			  struct sv_buf *ret_replaced)
{
	sv_buf_reset(ret_replaced);
	for (size_t i = 0; i < ops->len; i++)
		if (ops->ptr[i].base == SV_DELTA_INSERT &&
		    sv_buf_append(ret_replaced, content->ptr + ops->ptr[i].out, ops->ptr[i].len) <
			    0)
			return false;
	return true;
}

bool sv_delta_apply_here(struct sv_buf *content, struct sv_span delta, struct sv_delta_ops *ops,
			 struct sv_buf *ret_replaced)
{
	uint64_t base_size, size, at = 0;
	const uint8_t *p, *end;
	struct step step = {0};

	ops->len = 0;
	if (varint(&delta, &base_size) < 0 || varint(&delta, &size) < 0 ||
	    base_size != content->len || size != content->len || size >= UINT32_MAX)
		return false;
	end = delta.ptr + delta.len;
	for (p = delta.ptr; p < end; at += step.len)
		if (next_step(&p, end, size, size - at, &step) < 0 ||
		    (step.copies && step.from != at) ||
		    note_op(ops, (uint32_t)at, step.len, step.from) < 0)
			return false;
	if (at != size || (ret_replaced && !keep_replaced(content, ops, ret_replaced)))
		return false;
	at = 0;
	for (p = delta.ptr; p < end; at += step.len) {
		(void)next_step(&p, end, size, size - at, &step);
		if (!step.copies)
			memcpy(content->ptr + at, step.bytes, step.len);
	}
	return true;
}

void sv_delta_undo_here(struct sv_buf *content, const struct sv_delta_ops *ops,
			struct sv_span replaced)
{
	const uint8_t *from = replaced.ptr;

	for (size_t i = 0; i < ops->len; i++)
		if (ops->ptr[i].base == SV_DELTA_INSERT) {
			memcpy(content->ptr + ops->ptr[i].out, from, ops->ptr[i].len);
			from += ops->ptr[i].len;
		}
}

/*
 * So far from the end of its room, libdeflate decodes symbol by symbol: twice as slow, and all of a
 * short stream.
 */
#define ROOM 320

int sv_inflate(struct libdeflate_decompressor *z, struct sv_span stream, size_t beyond,
	       uint64_t size, struct sv_buf *content)
{
	enum libdeflate_result result;
	size_t room = size, used, made;
	int status;

	/* deflate makes at most 1032 bytes of one: a larger claim is a lie, and must cost no memory
	 */
	if (size > 64 && size / 1032 > stream.len)
		return SV_ECORRUPT;
	if (content->max == 0 || size + ROOM <= content->max - content->len)
		room = size + ROOM;
	status = sv_buf_reserve(content, room);
	if (status < 0)
		return status;
	result = libdeflate_zlib_decompress_ex(z, stream.ptr, stream.len + beyond,
					       content->ptr + content->len, room, &used, &made);
	if (result != LIBDEFLATE_SUCCESS || made != size || used > stream.len)
		return SV_ECORRUPT;
	sv_buf_commit(content, content->len + size);
	return 0;
}

#define LOOSE_HEADER_MAX 32 /* the longest, "commit 18446744073709551615\0", has 28 */

int sv_loose_header_parse(struct sv_span bytes, enum sv_object_type *ret_type, uint64_t *ret_size,
			  size_t *ret_len)
{
	const uint8_t *nul =
		memchr(bytes.ptr, 0, bytes.len < LOOSE_HEADER_MAX ? bytes.len : LOOSE_HEADER_MAX);
	const uint8_t *space = nul ? memchr(bytes.ptr, ' ', (size_t)(nul - bytes.ptr)) : NULL;

	if (space == NULL ||
	    sv_parse_u64(sv_span(space + 1, (size_t)(nul - space - 1)), ret_size) < 0)
		return SV_ECORRUPT;
	*ret_len = (size_t)(nul - bytes.ptr) + 1;
	for (int type = SV_OBJ_COMMIT; type <= SV_OBJ_TAG; type++)
		if (sv_span_equal(sv_span(bytes.ptr, (size_t)(space - bytes.ptr)),
				  sv_span_str(sv_object_type_name((enum sv_object_type)type)))) {
			*ret_type = (enum sv_object_type)type;
			return 0;
		}
	return SV_ECORRUPT;
}

int sv_loose_inflate(struct libdeflate_decompressor *z, struct sv_span file, uint64_t max,
		     enum sv_object_type *ret_type, struct sv_buf *content)
{
	uint64_t size = 0, room = file.len * 4ull + 256, most = file.len * 1032ull + 256;
	size_t used, made = 0, head;
	bool limited = max < most - LOOSE_HEADER_MAX;

	if (limited)
		most = max + LOOSE_HEADER_MAX;
	if (room > most)
		room = most;

	/* the size stands inside of the stream, so it is guessed and then doubled */
	for (;; room = room * 4 < most ? room * 4 : most) {
		enum libdeflate_result result;
		int status;

		sv_buf_reset(content);
		status = sv_buf_reserve(content, room);
		if (status < 0)
			return status;
		result = libdeflate_zlib_decompress_ex(z, file.ptr, file.len, content->ptr, room,
						       &used, &made);
		if (result == LIBDEFLATE_SUCCESS)
			break;
		if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
			return SV_ECORRUPT;
		if (room >= most)
			return limited ? SV_ETOOBIG : SV_ECORRUPT;
	}
	if (sv_loose_header_parse(sv_span(content->ptr, made), ret_type, &size, &head) < 0 ||
	    size != made - head)
		return SV_ECORRUPT;
	if (size > max)
		return SV_ETOOBIG;
	memmove(content->ptr, content->ptr + head, size);
	sv_buf_commit(content, size);
	return 0;
}
