#include "sink/masks.h"

int sv_masks_init(struct sv_masks *masks, size_t n)
{
	*masks = (struct sv_masks){.n_slots = 16};
	while (masks->n_slots / 2 < n)
		masks->n_slots *= 2;
	masks->values = calloc(masks->n_slots, sizeof(*masks->values));
	return masks->values ? 0 : SV_ENOMEM;
}

void sv_masks_release(struct sv_masks *masks)
{
	free(masks->values);
	sv_vec_release(&masks->lengths);
	*masks = (struct sv_masks){0};
}

/* The slot that holds value, or the free one where it belongs. */
static struct sv_span *slot_of(const struct sv_masks *masks, struct sv_span value)
{
	size_t i = sv_hash64(value.ptr, value.len, 0) & (masks->n_slots - 1);

	while (masks->values[i].len != 0 && !sv_span_equal(masks->values[i], value))
		i = (i + 1) & (masks->n_slots - 1);
	return &masks->values[i];
}

static unsigned prefix_bit(const uint8_t *bytes)
{
	return (unsigned)(sv_hash64(bytes, SV_MASK_LEAST, 1) &
			  (8 * sizeof(((struct sv_masks *)0)->prefixes) - 1));
}

int sv_masks_add(struct sv_masks *masks, struct sv_span value)
{
	unsigned bit;

	if (value.len < SV_MASK_LEAST)
		return 0;
	*slot_of(masks, value) = value;
	bit = prefix_bit(value.ptr);
	masks->prefixes[bit / 8] |= (uint8_t)(1u << bit % 8);
	return sv_vec_push(&masks->lengths, value.len);
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

void sv_masks_seal(struct sv_masks *masks)
{
	size_t kept = 0;

	if (masks->lengths.len != 0)
		qsort(masks->lengths.ptr, masks->lengths.len, sizeof(*masks->lengths.ptr), by_size);
	for (size_t i = 0; i < masks->lengths.len; i++)
		if (kept == 0 || masks->lengths.ptr[kept - 1] != masks->lengths.ptr[i])
			masks->lengths.ptr[kept++] = masks->lengths.ptr[i];
	masks->lengths.len = kept;
}

/*
 * A short word of small letters, as people choose for a password. It is the name of folders and projects
 * too: with it masked everywhere, no path of "libgit2" could be read.
 */
static bool is_word(struct sv_span value)
{
	size_t letters = 0;

	while (letters < value.len && value.ptr[letters] >= 'a' && value.ptr[letters] <= 'z')
		letters++;
	return value.len < 12 && letters >= 4 && value.len - letters <= 1 &&
	       (letters == value.len || (value.ptr[letters] >= '0' && value.ptr[letters] <= '9'));
}

int sv_masks_of(const struct sv_report *report, struct sv_masks *ret_masks)
{
	size_t n = report ? report->n_findings : 0;
	int status = sv_masks_init(ret_masks, n);

	for (size_t i = 0; status == 0 && i < n; i++)
		if (!is_word(report->findings[i].secret))
			status = sv_masks_add(ret_masks, report->findings[i].secret);
	if (status == 0)
		sv_masks_seal(ret_masks);
	return status;
}

/* Length of the longest value at the beginning of text; 0: none. */
static size_t longest_at(const struct sv_masks *masks, struct sv_span text)
{
	size_t longest = 0;

	for (size_t i = 0; i < masks->lengths.len && masks->lengths.ptr[i] <= text.len; i++)
		if (slot_of(masks, sv_span(text.ptr, masks->lengths.ptr[i]))->len != 0)
			longest = masks->lengths.ptr[i];
	return longest;
}

void sv_masks_apply(const struct sv_masks *masks, struct sv_span original, uint8_t *text)
{
	if (masks->lengths.len == 0)
		return;
	for (size_t i = 0; i + SV_MASK_LEAST <= original.len; i++) {
		unsigned bit = prefix_bit(original.ptr + i);

		/* nearly no place gets past this: what follows is only for those that do */
		if (masks->prefixes[bit / 8] & 1u << bit % 8)
			memset(text + i, '*',
			       longest_at(masks, sv_span(original.ptr + i, original.len - i)));
	}
}
