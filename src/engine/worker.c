/* One thread's work on one content: scan it, and note what was found and what could not be read. */
#include "engine/run.h"
#include "source/walk.h"
#include <errno.h>

#define CHUNK (64u << 20)
/* How far from a secret its line is searched for an allow comment: lines of minified files have no
 * end. */
#define LINE_REACH 4096
#define MAX_GAPS   1000 /* of each kind that are listed; all are counted */

int sv_worker_equip(struct sv_worker *w, struct sv_err *err)
{
	const struct sv_run *run = w->run;
	int status;

	if (w->scanner != NULL)
		return 0;
	if (w == run->workers)
		status = sv_scanner_new(run->options->ruleset, &w->scanner, err);
	else
		status = sv_scanner_new_sibling(run->workers->scanner, &w->scanner, err);
	if (status < 0)
		return status;
	sv_scanner_set_now(w->scanner, run->now);
	if (run->options->timing)
		sv_scanner_time(w->scanner, &w->watches[SV_STAGE_MATCH], &w->watches[SV_STAGE_CONFIRM],
				&w->watches[SV_STAGE_READINGS]);
	if (run->probe)
		sv_scanner_tally(w->scanner, run->probe->tallies);
	return 0;
}

static struct sv_span keep(struct sv_worker *w, struct sv_span s)
{
	char *copy = sv_arena_strndup(&w->arena, s.ptr, s.len);

	return sv_span(copy, copy ? s.len : 0);
}

static int by_gap(const void *a, const void *b)
{
	const struct sv_gap *x = a, *y = b;
	int order = (int)x->kind - (int)y->kind;

	if (order == 0)
		order = sv_span_compare(x->root, y->root);
	if (order == 0)
		order = sv_span_compare(x->what, y->what);
	if (order == 0)
		order = strcmp(x->reason, y->reason);
	return order ? order : sv_span_compare(x->detail, y->detail);
}

size_t sv_gaps__trim(struct sv_gap *gaps, size_t n)
{
	size_t kept = 0, of_kind[2] = {0};

	if (n != 0)
		qsort(gaps, n, sizeof(*gaps), by_gap);
	for (size_t i = 0; i < n; i++)
		if (of_kind[gaps[i].kind]++ < MAX_GAPS)
			gaps[kept++] = gaps[i];
	return kept;
}

int sv_worker_gap(struct sv_worker *w, enum sv_gap_kind kind, const char *reason,
		  struct sv_span root, struct sv_span what, struct sv_span detail)
{
	struct sv_gap gap = {kind, reason, root, {0}, {0}};

	*(kind == SV_GAP_SKIPPED ? &w->coverage.skipped : &w->coverage.unread) += 1;
	/* the first ones in order are listed, whoever met them: so the rest may go at any time */
	if (w->gaps.len >= 8 * MAX_GAPS)
		w->gaps.len = sv_gaps__trim(w->gaps.ptr, w->gaps.len);
	gap.what = keep(w, what);
	gap.detail = keep(w, detail);
	return gap.what.ptr && gap.detail.ptr ? sv_vec_push(&w->gaps, gap) : SV_ENOMEM;
}

static void rewind_lines(struct sv_worker *w)
{
	w->line_at = 0;
	w->line = w->first_line;
	w->line_start = w->first_line_at;
	w->line_units = w->first_line_units;
}

/* Where the character begins that the byte at offset is of. */
static size_t char_start(const struct sv_worker *w, size_t offset)
{
	size_t least = offset > 3 ? offset - 3 : 0;

	while (offset > least && (w->window->ptr[offset] & 0xC0) == 0x80)
		offset--;
	return offset;
}

/* UTF-16 code units of a part of the window; a byte that is no UTF-8 is one. */
static uint32_t count_units(const struct sv_worker *w, size_t from, size_t to)
{
	const struct sv_span mark = sv_span_str("\xEF\xBB\xBF");
	const uint64_t high = 0x8080808080808080u;
	uint32_t units = 0, code;
	uint64_t eight;

	if (w->window_at + from == 0 && to >= mark.len && memcmp(w->window->ptr, mark.ptr, mark.len) == 0)
		from = mark.len;
	while (from < to) {
		unsigned n;

		/* a line may be as long as a file, and is ASCII mostly */
		if (to - from >= sizeof(eight) &&
		    (memcpy(&eight, w->window->ptr + from, sizeof(eight)), (eight & high) == 0)) {
			units += sizeof(eight);
			from += sizeof(eight);
			continue;
		}
		n = sv_utf8_decode(sv_span(w->window->ptr + from, to - from), &code);
		units += n == 4 ? 2 : 1;
		from += n ? n : 1;
	}
	return units;
}

static void count_lines(struct sv_worker *w, size_t offset)
{
	const uint8_t *from = w->window->ptr + w->line_at, *last;
	size_t newlines = sv_count_byte(from, '\n', offset - w->line_at);

	if (newlines != 0) {
		last = memrchr(from, '\n', offset - w->line_at);
		w->line_at = (size_t)(last - w->window->ptr) + 1;
		w->line_start = w->window_at + w->line_at;
		w->line += (uint32_t)newlines;
		w->line_units = 0;
	}
	w->line_units += count_units(w, w->line_at, offset);
	w->line_at = offset;
}

static bool is_allowed_inline(const struct sv_buf *content, size_t offset)
{
	size_t from = offset > LINE_REACH ? offset - LINE_REACH : 0;
	size_t to = content->len - offset > LINE_REACH ? offset + LINE_REACH : content->len;
	const uint8_t *start =
		offset > from ? memrchr(content->ptr + from, '\n', offset - from) : NULL;
	const uint8_t *end = memchr(content->ptr + offset, '\n', to - offset);

	if (start != NULL)
		from = (size_t)(start - content->ptr) + 1;
	if (end != NULL)
		to = (size_t)(end - content->ptr);
	return memmem(content->ptr + from, to - from, "sievert:allow", 13) != NULL;
}

/* In a text that is UTF-16 itself, bytes tell: a newline's second one may stand at a line's beginning. */
static uint32_t utf16_column(const struct sv_worker *w, const struct sv_candidate *c, uint32_t column,
			     uint32_t units)
{
	const uint8_t *b = w->window->ptr;
	bool has_mark = column > 2 && w->line_start == 0 && w->window_at == 0 && w->window->len >= 2 &&
			((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF));

	return c->views & SV_VIEW_UTF16 ? (column - 1) / 2 + 1 - has_mark : units + 1;
}

static void place(struct sv_worker *w, const struct sv_candidate *c, struct sv_place *p)
{
	size_t last = c->secret_end > c->secret_start ? c->secret_end - 1 : c->secret_start;
	bool is_header = c->secret_start < w->origin->message;
	uint32_t units;
	size_t end;

	/* they come in order of place, so counting mostly goes on from the last one */
	if (c->secret_start < w->line_at)
		rewind_lines(w);
	if (!is_header && w->line_at < w->origin->message) {
		w->line_at = w->origin->message;
		w->line_start = w->origin->message;
		w->line = 1;
		w->line_units = 0;
	}
	count_lines(w, c->secret_start);
	p->where = is_header ? SV_WHERE_AUTHOR : w->origin->where;
	p->root = w->origin->root;
	p->offset = w->window_at + c->secret_start;
	p->length = c->secret_end - c->secret_start;
	p->line = w->line;
	p->column = (uint32_t)(p->offset - w->line_start + 1);
	p->utf16_column = utf16_column(w, c, p->column, w->line_units);
	end = char_start(w, last);
	end = end < c->secret_start ? c->secret_start : end;
	count_lines(w, end);
	units = count_units(w, w->line_at, last + 1);
	p->end_line = w->line;
	p->end_column = (uint32_t)(w->window_at + last - w->line_start + 1);
	p->utf16_end = utf16_column(w, c, p->end_column + 1, w->line_units + units);
}

static struct sv_oid oid_of(const struct sv_origin *origin)
{
	struct sv_oid oid = origin->oid;

	if (origin->object != NULL)
		sv_family_oid(origin->object, &oid);
	return oid;
}

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	struct sv_worker *w = payload;
	const struct sv_origin *origin = w->origin;
	struct sv_hit hit = {.rule = c->rule,
			     .severity = c->severity,
			     .confidence = c->confidence,
			     .views = c->views};

	if (c->start < w->own_from || c->start >= w->own_to ||
	    c->confidence < w->run->options->min_confidence)
		return 0;
	if (!w->run->options->no_inline_allow && is_allowed_inline(w->window, c->secret_start)) {
		w->n_suppressed++;
		return 0;
	}
	place(w, c, &hit.place);
	hit.oid = oid_of(origin);
	hit.place.in_history = hit.oid.len != 0;
	hit.place.path = keep(w, origin->path);
	hit.secret = keep(w, c->secret);
	if (c->note[0] != '\0')
		hit.note = sv_arena_strdup(&w->arena, c->note);
	if (!hit.secret.ptr || !hit.place.path.ptr || (c->note[0] && !hit.note))
		return sv_err_set(&w->err, SV_ENOMEM, "out of memory");
	memcpy(hit.reasons, c->reasons, sizeof(hit.reasons));
	memcpy(hit.also, c->also, sizeof(hit.also));
	atomic_store_explicit(&w->found, w->hits.len + 1, memory_order_relaxed);
	return sv_vec_push(&w->hits, hit);
}

static int scan_window(struct sv_worker *w, const struct sv_origin *origin,
		       const struct sv_buf *window, const struct sv_scan_base *base,
		       struct sv_trace *trace)
{
	struct sv_probe *probe = w->run->probe;
	uint64_t key = probe ? sv_hash64(origin->path.ptr, origin->path.len, w->window_at) : 0;

	w->origin = origin;
	w->window = window;
	rewind_lines(w);
	if (probe && sv_probe_offer(probe, key, sv_buf_span(window)) < 0)
		return sv_err_set(&w->err, SV_ENOMEM, "out of memory");
	return sv_scanner_scan_delta(w->scanner, window, base, trace, on_candidate, w, &w->err);
}

static void count(struct sv_worker *w, uint64_t bytes)
{
	w->coverage.bytes += bytes;
	atomic_store_explicit(&w->bytes, w->coverage.bytes, memory_order_relaxed);
}

static void begin(struct sv_worker *w)
{
	w->window_at = w->own_from = 0;
	w->first_line = 1;
	w->first_line_at = 0;
	w->first_line_units = 0;
}

int sv_worker_scan_delta(struct sv_worker *w, const struct sv_origin *origin,
			 const struct sv_buf *content, const struct sv_scan_base *base,
			 struct sv_trace *trace)
{
	begin(w);
	w->own_to = SIZE_MAX;
	count(w, content->len);
	return scan_window(w, origin, content, base, trace);
}

int sv_worker_scan(struct sv_worker *w, const struct sv_origin *origin,
		   const struct sv_buf *content)
{
	return sv_worker_scan_delta(w, origin, content, NULL, NULL);
}

int sv_worker_scan_rest(struct sv_worker *w, const struct sv_origin *origin, int fd, size_t chunk)
{
	size_t reach = sv_scanner_reach(w->scanner);
	struct sv_buf *b = &w->content;
	bool end = false, cancelled = false;
	uint64_t read = b->len;
	/* files come at once, streams when they like */
	const volatile int *cancel =
		origin->where == SV_WHERE_STDIN ? w->run->options->cancel : NULL;

	if (reach < LINE_REACH)
		reach = LINE_REACH;
	begin(w);
	count(w, b->len);
	while (!end) {
		size_t before = b->len, drop;
		uint64_t left = origin->size > read ? origin->size - read : 0;
		int status = sv_read_more(fd, chunk ? chunk : CHUNK, left, cancel, b, &end);

		read += b->len - before;
		/* what has come is scanned, as if the stream ended here */
		cancelled = status == SV_ECANCELLED;
		end |= cancelled;
		if (status < 0 && !cancelled)
			return status;
		count(w, b->len - before);
		/* what begins in the last part may need bytes that are not here yet */
		w->own_to = end ? SIZE_MAX : b->len > reach ? b->len - reach : 0;
		if (w->own_to <= w->own_from)
			continue;
		status = scan_window(w, origin, b, NULL, NULL);
		if (status != 0 || end)
			return status == 0 && cancelled ? SV_ECANCELLED : status;
		/* the next window keeps what our matches may look back at */
		drop = w->own_to > reach ? char_start(w, w->own_to - reach) : 0;
		rewind_lines(w);
		count_lines(w, drop);
		w->first_line = w->line;
		w->first_line_at = w->line_start;
		w->first_line_units = w->line_units;
		memmove(b->ptr, b->ptr + drop, b->len - drop);
		sv_buf_commit(b, b->len - drop);
		w->window_at += drop;
		w->own_from = w->own_to - drop;
	}
	return 0;
}

int sv_worker_scan_file(struct sv_worker *w, const struct sv_origin *origin, int fd, size_t chunk)
{
	sv_buf_reset(&w->content);
	return sv_worker_scan_rest(w, origin, fd, chunk);
}
