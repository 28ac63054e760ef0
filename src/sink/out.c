/* What every format writes with. */
#include "sink/out.h"
#include "sink/redact.h"
#include <stdio.h>

/* Room in a buffer that may hold a shown secret: what it grows out of is wiped. */
static int make_room(struct sv_buf *buf, size_t extra)
{
	struct sv_buf grown = {0};
	int status;

	if (buf->ptr != NULL && buf->cap - buf->len >= extra)
		return 0;
	status = sv_buf_reserve(&grown, 2 * buf->len + extra + 4096);
	if (status == 0)
		status = sv_buf_append(&grown, buf->ptr, buf->len);
	if (status < 0)
		return status;
	if (buf->ptr != NULL)
		sv_wipe(buf->ptr, buf->len);
	sv_buf_release(buf);
	*buf = grown;
	return 0;
}

void sv_out_release(struct sv_buf *buf)
{
	if (buf->ptr != NULL)
		sv_wipe(buf->ptr, buf->cap);
	sv_buf_release(buf);
}

void sv_out_bytes(struct sv_out *o, struct sv_buf *buf, const void *bytes, size_t len)
{
	if (o->status == 0)
		o->status = make_room(buf, len);
	if (o->status == 0)
		o->status = sv_buf_append(buf, bytes, len);
}

static void put_format(struct sv_out *o, struct sv_buf *buf, const char *fmt, va_list ap)
{
	char text[1200]; /* our own words and numbers: input goes by sv_out_made() */
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	sv_out_bytes(o, buf, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void sv_out_put(struct sv_out *o, const char *fmt, ...)
{
	va_list ap;

	/* most is written as it stands here */
	if (strchr(fmt, '%') == NULL) {
		sv_out_bytes(o, &o->buf, fmt, strlen(fmt));
		return;
	}
	va_start(ap, fmt);
	put_format(o, &o->buf, fmt, ap);
	va_end(ap);
}

void sv_out_compliance(struct sv_out *o, int make(const struct sv_report *, struct sv_buf *))
{
	SV_AUTO(sv_buf) made = {0};

	if (o->status == 0 && o->options->compliance)
		o->status = make(o->report, &made);
	sv_out_bytes(o, &o->buf, made.ptr, made.len);
}

void sv_out_flush(struct sv_out *o)
{
	if (o->status == 0 && o->buf.len != 0)
		o->status = o->write(o->buf.ptr, o->buf.len, o->payload);
	if (o->buf.ptr != NULL && o->options->show_secrets)
		sv_wipe(o->buf.ptr, o->buf.len);
	sv_buf_reset(&o->buf);
}

void sv_out_made(struct sv_out *o, size_t make(struct sv_span, char *, size_t), struct sv_span s)
{
	size_t need = make(s, NULL, 0);

	if (o->status == 0)
		o->status = make_room(&o->buf, need + 1);
	if (o->status < 0)
		return;
	make(s, (char *)o->buf.ptr + o->buf.len, need + 1);
	sv_buf_commit(&o->buf, o->buf.len + need);
}

void sv_out_redact(struct sv_out *o, const struct sv_finding *f, struct sv_buf *ret)
{
	if (o->options->show_secrets)
		sv_out_bytes(o, ret, f->secret.ptr, f->secret.len);
	else if (o->status == 0)
		o->status = sv_redact(f->secret, ret);
}

struct sv_span sv_out_mask(struct sv_out *o, const struct sv_finding *f, struct sv_span s,
			   struct sv_buf *masked)
{
	struct sv_span none = {0}, ret = {0};

	if (o->options->show_secrets)
		return s;
	if (o->status == 0)
		o->status = sv_mask(&o->masks, f ? f->secret : none, s, masked, &ret);
	return ret;
}

/* ---- the line of text ---- */

void sv_out_add(struct sv_out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(o, &o->line, fmt, ap);
	va_end(ap);
}

void sv_out_add_span(struct sv_out *o, struct sv_span s)
{
	sv_out_bytes(o, &o->line, s.ptr, s.len);
}

void sv_out_end_piece(struct sv_out *o, size_t make(struct sv_span, char *, size_t))
{
	sv_out_made(o, make, sv_buf_span(&o->line));
	if (o->line.ptr != NULL && o->options->show_secrets)
		sv_wipe(o->line.ptr, o->line.len);
	sv_buf_reset(&o->line);
}

void sv_out_add_masked(struct sv_out *o, const struct sv_finding *f, struct sv_span s)
{
	SV_AUTO(sv_buf) masked = {0};

	sv_out_add_span(o, sv_out_mask(o, f, s, &masked));
}

void sv_out_add_count(struct sv_out *o, uint64_t n, const char *noun)
{
	sv_out_add(o, "%llu %s%s", (unsigned long long)n, noun, n == 1 ? "" : "s");
}

void sv_out_join(struct sv_out *o, struct sv_span root, struct sv_span path, struct sv_buf *ret)
{
	bool is_here = (root.len == 1 && root.ptr[0] == '.') || sv_span_starts_with(path, "/");

	if (path.len == 0 || !is_here)
		sv_out_bytes(o, ret, root.ptr, root.len);
	if (path.len != 0 && !is_here && root.len != 0 && root.ptr[root.len - 1] != '/')
		sv_out_bytes(o, ret, "/", 1);
	sv_out_bytes(o, ret, path.ptr, path.len);
}

void sv_out_add_path(struct sv_out *o, const struct sv_finding *f, struct sv_span root,
		     struct sv_span path)
{
	SV_AUTO(sv_buf) whole = {0};

	sv_out_join(o, root, path, &whole);
	sv_out_add_masked(o, f, sv_buf_span(&whole));
}

void sv_out_add_gap(struct sv_out *o, const struct sv_gap *gap)
{
	sv_out_add_path(o, NULL, gap->root, gap->what);
	if (gap->detail.len == 0)
		return;
	sv_out_add(o, " (");
	sv_out_add_masked(o, NULL, gap->detail);
	sv_out_add(o, ")");
}

void sv_out_add_history(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p)
{
	sv_out_add(o, "%s", sv_where_name(p->where));
	if (!p->in_history)
		return;
	if (p->commit[0] != '\0') {
		sv_out_add(o, ", commit %.12s, ", p->commit);
		sv_out_add_masked(o, f, p->author);
	}
	sv_out_add(o, "%s", p->reachable ? "" : ", unreachable");
}

/* ---- JSON ---- */

void sv_out_string(struct sv_out *o, struct sv_span s)
{
	sv_out_made(o, sv_json_quote, s);
}

void sv_out_member(struct sv_out *o, const char *name, struct sv_span value)
{
	sv_out_put(o, ",\"");
	sv_out_bytes(o, &o->buf, name, strlen(name));
	sv_out_put(o, "\":");
	sv_out_string(o, value);
}

void sv_out_masked(struct sv_out *o, const struct sv_finding *f, const char *name,
		   struct sv_span value)
{
	SV_AUTO(sv_buf) masked = {0};

	sv_out_member(o, name, sv_out_mask(o, f, value, &masked));
}
