#include "detect/views.h"
#include "detect/views_units.h"
#include <assert.h>

/* one region at work; there is room for all that it can become */
struct decoder {
	struct sv_span in;
	struct sv_decoded *ret;
	size_t folded; /* end of the YAML scalar that is being read */
	size_t line;   /* start of the line */
	int status;
};

/* ---- writing, and the way back ---- */

static void note_run(struct decoder *d, size_t in, unsigned unit_out, size_t unit_in)
{
	struct sv_decoded *r = d->ret;
	struct sv_decoded_run run = {(uint32_t)r->text.len, (uint32_t)in, (uint16_t)unit_out,
				     (uint16_t)unit_in};

	if (r->runs.len != 0) {
		const struct sv_decoded_run *last = &r->runs.ptr[r->runs.len - 1];
		uint32_t out = run.out - last->out;

		if (last->unit_out == run.unit_out && last->unit_in == run.unit_in &&
		    out % run.unit_out == 0 &&
		    run.in - last->in == out / run.unit_out * run.unit_in)
			return;
	}
	if (d->status == 0)
		d->status = sv_vec_push(&r->runs, run);
}

static void put(struct decoder *d, size_t in, const uint8_t *bytes, unsigned n, size_t unit_in)
{
	struct sv_buf *text = &d->ret->text;

	if (n == 0)
		return;
	note_run(d, in, n, unit_in);
	assert(text->len + n <= text->cap);
	memcpy(text->ptr + text->len, bytes, n);
	text->len += n;
}

static void copy(struct decoder *d, size_t in, size_t n)
{
	struct sv_buf *text = &d->ret->text;

	if (n == 0)
		return;
	note_run(d, in, 1, 1);
	assert(text->len + n <= text->cap);
	memcpy(text->ptr + text->len, d->in.ptr + in, n);
	text->len += n;
}

/* ---- views that replace units and keep the rest ---- */

typedef struct sv_unit unit_fn(struct decoder *d, size_t at);

static struct sv_unit percent(struct decoder *d, size_t at)
{
	return sv_unit_percent(d->in, at);
}

static struct sv_unit escape(struct decoder *d, size_t at)
{
	return sv_unit_escape(d->in, at);
}

static struct sv_unit entity(struct decoder *d, size_t at)
{
	return sv_unit_entity(d->in, at);
}

static struct sv_unit quoted(struct decoder *d, size_t at)
{
	return sv_unit_quoted(d->in, at);
}

static struct sv_unit invisible(struct decoder *d, size_t at)
{
	return sv_unit_invisible(d->in, at);
}

static struct sv_unit literals(struct decoder *d, size_t at)
{
	bool is_quote = d->in.ptr[at] == '"' || d->in.ptr[at] == '\'';

	return (struct sv_unit){.len = is_quote ? sv_unit_literals(d->in, at) : 0};
}

static struct sv_unit fold(struct decoder *d, size_t at)
{
	struct sv_unit u = {0};
	size_t next;

	switch (d->in.ptr[at]) {
	case '\\':
		u.len = sv_unit_continuation(d->in, at);
		break;
	case '>':
		if (at >= d->folded && (next = sv_unit_folded(d->in, d->line, at)) != 0) {
			/* the header's own line break stays */
			const uint8_t *feed = memchr(d->in.ptr + at, '\n', d->in.len - at);

			d->folded = next;
			u.len = 0;
			if (feed != NULL)
				d->line = (size_t)(feed - d->in.ptr) + 1;
		}
		break;
	case '\r':
		/* of a line break in the scalar, with which it goes */
		if (at + 1 < d->folded && d->in.ptr[at + 1] == '\n') {
			u = fold(d, at + 1);
			u.len += u.len != 0;
		}
		break;
	case '\n':
		/* d->line is ahead of the header's line break, and of no other */
		if (at >= d->line && at < d->folded) {
			next = sv_unit_skip_blanks(d->in, at);
			if (next < d->folded) {
				u = (struct sv_unit){
					.len = next - at, .bytes = {' '}, .n_bytes = 1};
				u.n_bytes = !sv_unit_fold_is_tight(d->in, at, next);
			}
		}
		d->line = at + 1;
		break;
	default:
		break;
	}
	return u;
}

static void replace(struct decoder *d, unit_fn *read, const char *starts)
{
	bool is_start[256] = {false};
	size_t kept = 0;

	for (unsigned c = 0x80; starts == NULL && c < 256; c++)
		is_start[c] = true;
	for (; starts != NULL && *starts != '\0'; starts++)
		is_start[(uint8_t)*starts] = true;
	for (size_t i = 0; i < d->in.len;) {
		struct sv_unit u = {0};

		if (is_start[d->in.ptr[i]])
			u = read(d, i);
		if (u.len == 0) {
			i++;
			continue;
		}
		copy(d, kept, i - kept);
		put(d, i, u.bytes, u.n_bytes, u.len);
		i += u.len;
		kept = i;
	}
	copy(d, kept, d->in.len - kept);
}

/* ---- UTF-16 ---- */

static uint32_t utf16_at(struct sv_span s, size_t at)
{
	return at + 1 < s.len ? s.ptr[at] | (uint32_t)s.ptr[at + 1] << 8 : 0;
}

static void decode_utf16(struct decoder *d)
{
	struct sv_span s = d->in;

	for (size_t i = 0, len; i < s.len; i += len) {
		/* the NUL of the last may be missing */
		uint32_t code = i + 1 < s.len ? utf16_at(s, i) : s.ptr[i], low = utf16_at(s, i + 2);
		uint8_t bytes[4];

		len = s.len - i < 2 ? 1 : 2;
		if (code >= 0xD800 && code < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			len = 4;
		}
		put(d, i, bytes, sv_utf8_encode(code, bytes), len);
	}
}

/* ---- base64, in its place in the line: what stands beside it is kept ---- */

static void decode_run(struct decoder *d, size_t at, const struct sv_base64_run *run)
{
	struct sv_buf *text = &d->ret->text;
	size_t chars = run->chars - (run->chars % 4 == 1);
	ptrdiff_t n;

	note_run(d, at, 3, 4);
	n = sv_base64_decode((struct sv_span){d->in.ptr + at, chars}, text->ptr + text->len);
	if (n > 0)
		text->len += (size_t)n;
}

static void decode_base64(struct decoder *d)
{
	struct sv_span s = d->in;
	size_t kept = 0;

	for (size_t i = 0; i < s.len;) {
		struct sv_base64_run run, next;
		size_t fold;

		if (!sv_unit_is_token(s.ptr[i])) {
			i++;
			continue;
		}
		run = sv_base64_run(s, i, s.len);
		if (run.chars < SV_BASE64_LEAST || run.mixed ||
		    !sv_base64_is_text((struct sv_span){s.ptr + i, run.chars})) {
			i += run.len;
			continue;
		}
		copy(d, kept, i - kept);
		decode_run(d, i, &run);
		while ((fold = sv_base64_fold(s, i + run.len, &run, &next)) != 0) {
			i += run.len + fold;
			run = next;
			decode_run(d, i, &run);
		}
		kept = i += run.len;
	}
	copy(d, kept, s.len - kept);
}

/* ---- */

static const struct {
	unit_fn *read;
	const char *starts; /* bytes that units begin with; NULL: those above ASCII */
} units[SV_VIEW_MAX] = {
	[__builtin_ctz(SV_VIEW_ESCAPES)] = {escape, "\\^"},
	[__builtin_ctz(SV_VIEW_PERCENT)] = {percent, "%"},
	[__builtin_ctz(SV_VIEW_ENTITIES)] = {entity, "&"},
	[__builtin_ctz(SV_VIEW_JOINED)] = {literals, "\"'"},
	[__builtin_ctz(SV_VIEW_FOLDED)] = {fold, "\\>\r\n"},
	[__builtin_ctz(SV_VIEW_INVISIBLE)] = {invisible, NULL},
	[__builtin_ctz(SV_VIEW_QUOTED)] = {quoted, "="},
};

int sv_view_decode(struct sv_span bytes, const struct sv_region *region,
		   const struct sv_decoded *from, struct sv_decoded *ret)
{
	unsigned view = (unsigned)__builtin_ctz(region->view);
	struct decoder d = {.in = {bytes.ptr + region->start, region->end - region->start},
			    .ret = ret};
	int status;

	assert(region->start <= region->end && region->end <= bytes.len &&
	       d.in.len <= SV_VIEW_MAX_REGION);
	ret->views = region->view | (from != NULL ? from->views : 0);
	ret->depth = from != NULL ? from->depth + 1 : 1;
	ret->from = from;
	ret->start = region->start;
	ret->runs.len = 0;
	sv_buf_reset(&ret->text);
	ret->text.max = SV_VIEW_MAX_DECODED + SV_SLACK;
	status = sv_buf_reserve(&ret->text, 2 * d.in.len + 4);
	if (status < 0)
		return status;
	if (region->view == SV_VIEW_UTF16)
		decode_utf16(&d);
	else if (region->view == SV_VIEW_BASE64)
		decode_base64(&d);
	else
		replace(&d, units[view].read, units[view].starts);
	sv_buf_commit(&ret->text, ret->text.len);
	return d.status;
}

void sv_decoded_release(struct sv_decoded *decoded)
{
	sv_buf_release(&decoded->text);
	sv_vec_release(&decoded->runs);
}

/* ---- the way back ---- */

/* the part of what was decoded that the byte at `at` came from */
static void source_of(const struct sv_decoded *d, size_t at, size_t *ret_start, size_t *ret_end)
{
	size_t low = 0, high = d->runs.len, in, within;
	const struct sv_decoded_run *run;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (d->runs.ptr[middle].out <= at)
			low = middle;
		else
			high = middle;
	}
	run = &d->runs.ptr[low];
	within = (at - run->out) % run->unit_out;
	in = d->start + run->in + (at - run->out) / run->unit_out * run->unit_in;
	if (run->unit_out == 3 && run->unit_in == 4) {
		/* base64: eight of its twelve bits */
		*ret_start = in + within;
		*ret_end = in + within + 2;
		return;
	}
	*ret_start = in;
	*ret_end = in + run->unit_in;
}

void sv_decoded_source(const struct sv_decoded *d, size_t start, size_t end, size_t *ret_start,
		       size_t *ret_end)
{
	for (; d != NULL; d = d->from) {
		size_t first = d->start, last = d->start, unused;

		assert(start <= end && end <= d->text.len);
		if (start < d->text.len)
			source_of(d, start, &first, &last);
		else if (start > 0)
			source_of(d, start - 1, &unused, &first);
		last = first;
		if (end > start)
			source_of(d, end - 1, &unused, &last);
		start = first;
		end = last;
	}
	*ret_start = start;
	*ret_end = end;
}
