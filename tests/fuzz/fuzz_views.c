/* Every reading of any bytes, three deep; its way back stays within the bytes; a part finds what
 * the whole does. */
#include "fuzz.h"
#include "detect/views.h"
#include "detect/views_blocks.h"

#define DEPTH 3

static void check_way_back(const struct sv_decoded *d, size_t input)
{
	size_t start, end;

	for (size_t i = 0; i < d->text.len; i++) {
		sv_decoded_source(d, i, i + 1, &start, &end);
		FUZZ_HOLDS(start < end && end <= input);
	}
	sv_decoded_source(d, 0, d->text.len, &start, &end);
	FUZZ_HOLDS(start <= end && end <= input);
	sv_decoded_source(d, d->text.len, d->text.len, &start, &end);
	FUZZ_HOLDS(start == end && end <= input);
}

static void read_all(struct sv_span bytes, const struct sv_decoded *from, size_t input)
{
	struct sv_regions regions = {0};
	SV_AUTO(sv_decoded) d = {0};

	FUZZ_HOLDS(sv_views_find(bytes, 0, bytes.len, &regions) == 0);
	for (size_t i = 0; i < regions.len && i < 64; i++) {
		FUZZ_HOLDS(regions.ptr[i].start < regions.ptr[i].end &&
			   regions.ptr[i].end <= bytes.len);
		FUZZ_HOLDS(i == 0 || regions.ptr[i - 1].start <= regions.ptr[i].start);
		FUZZ_HOLDS(sv_view_decode(bytes, &regions.ptr[i], from, &d) == 0);
		check_way_back(&d, input);
		if (d.depth < DEPTH)
			read_all(sv_buf_span(&d.text), &d, input);
	}
	sv_regions_release(&regions);
}

/* any view of any bytes, wanted or not */
static void read_as_anything(struct sv_span bytes)
{
	SV_AUTO(sv_decoded) d = {0};

	for (unsigned v = 0; v < SV_VIEW_MAX; v++) {
		struct sv_region region = {.view = (enum sv_view)(1u << v), .end = bytes.len};

		FUZZ_HOLDS(sv_view_decode(bytes, &region, NULL, &d) == 0);
		check_way_back(&d, bytes.len);
	}
}

static void compare_part(struct sv_span bytes, size_t from, size_t to)
{
	struct sv_regions whole = {0}, part = {0};
	size_t k = 0;

	FUZZ_HOLDS(sv_views_find(bytes, 0, bytes.len, &whole) == 0);
	FUZZ_HOLDS(sv_views_find(bytes, from, to, &part) == 0);
	for (size_t i = 0; from < to && i < whole.len; i++) {
		if (whole.ptr[i].start >= to || whole.ptr[i].end <= from)
			continue;
		FUZZ_HOLDS(k < part.len && part.ptr[k].start == whole.ptr[i].start &&
			   part.ptr[k].end == whole.ptr[i].end &&
			   part.ptr[k].view == whole.ptr[i].view);
		k++;
	}
	FUZZ_HOLDS(k == part.len);
	sv_regions_release(&whole);
	sv_regions_release(&part);
}

/* n blocks from `at` on, as the first way and another see them */
static void compare_blocks(struct sv_blocks *first, struct sv_blocks *other, struct sv_span bytes,
			   size_t at, size_t n)
{
	uint64_t busy = sv_blocks_reader(0)(first, bytes, at, n);

	for (size_t i = 1; i <= n; i++) {
		sv_blocks_settle(first, i, bytes, at + (i - 1) * SV_BLOCK);
		sv_blocks_settle(other, i, bytes, at + (i - 1) * SV_BLOCK);
		FUZZ_HOLDS(first->hot[i] == other->hot[i] && first->joints[i] == other->joints[i] &&
			   first->runs[i] == other->runs[i]);
		FUZZ_HOLDS((busy >> (i - 1) & 1) ||
			   (first->hot[i] | first->joints[i] | first->runs[i]) == 0);
		if (first->has_utf16 >> (i - 1) & 1)
			FUZZ_HOLDS(first->utf16[i] == other->utf16[i]);
	}
	FUZZ_HOLDS(first->has_utf16 == other->has_utf16);
}

/* whatever the processor has */
static void compare_ways(struct sv_span bytes, size_t step)
{
	sv_blocks_fn *reader;

	for (unsigned way = 1; (reader = sv_blocks_reader(way)) != NULL; way++) {
		struct sv_blocks first = {0}, other = {0};

		for (size_t at = 0, n; at < bytes.len; at += n * SV_BLOCK) {
			n = (bytes.len - at + SV_BLOCK - 1) / SV_BLOCK;
			n = n < step ? n : step;
			reader(&other, bytes, at, n);
			compare_blocks(&first, &other, bytes, at, n);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct sv_span input;

	if (len < 3 || len > SV_VIEW_MAX_REGION)
		return 0;
	input = (struct sv_span){bytes + 2, len - 2};
	read_all(input, NULL, input.len);
	compare_ways(input, 1 + bytes[1] % SV_BLOCKS_MOST);
	read_as_anything(input);
	compare_part(input, input.len * bytes[0] / 256, input.len * bytes[1] / 256);
	return 0;
}
