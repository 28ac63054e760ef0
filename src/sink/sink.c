/* The report in the formats that people and programs read. */
#include "base/base.h"
#include <sievert/report.h>
#include <stdio.h>
#include <time.h>

struct out {
	const struct sv_report *report;
	const struct sv_write_options *options;
	sv_write_fn *write;
	void *payload;
	struct sv_buf buf; /* one record at a time */
	int status;
};

static void put(struct out *o, const char *fmt, ...) SV_PRINTF(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (o->status == 0)
		o->status = sv_buf_puts(&o->buf, text);
}

static void flush(struct out *o)
{
	if (o->status == 0 && o->buf.len != 0)
		o->status = o->write(o->buf.ptr, o->buf.len, o->payload);
	sv_buf_reset(&o->buf);
}

/* Up to four characters, at most a quarter of them: enough to find it, too little to use it. */
static void redact(const struct sv_finding *f, bool show, struct sv_buf *ret)
{
	size_t shown = f->secret.len / 4 < 4 ? f->secret.len / 4 : 4;

	sv_buf_append(ret, f->secret.ptr, show ? f->secret.len : shown);
	if (!show)
		sv_buf_printf(ret, "***(%zu)", f->secret.len);
}

/* A path or name may hold the very value that is redacted: stars stand for it there. */
static struct sv_span mask(struct out *o, const struct sv_finding *f, struct sv_span s,
			   struct sv_buf *masked)
{
	uint8_t *at;

	if (o->options->show_secrets || f->secret.len == 0 || o->status < 0)
		return s;
	sv_buf_reset(masked);
	o->status = sv_buf_append(masked, s.ptr, s.len);
	if (o->status < 0)
		return sv_span(NULL, 0);
	while (masked->len != 0 &&
	       (at = memmem(masked->ptr, masked->len, f->secret.ptr, f->secret.len)) != NULL)
		memset(at, '*', f->secret.len);
	return sv_buf_span(masked);
}

/* ---- JSON ---- */

static void put_string(struct out *o, struct sv_span s)
{
	put(o, "\"");
	for (size_t i = 0; i < s.len;) {
		uint32_t code;
		unsigned n = sv_utf8_decode(sv_span(s.ptr + i, s.len - i), &code);

		if (n == 0) {
			put(o, "\\ufffd");
			n = 1;
		} else if (code == '"' || code == '\\') {
			put(o, "\\%c", (char)code);
		} else if (code < 0x20 || (code >= 0x7F && code < 0xA0) ||
			   (code >= 0x200B && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) {
			put(o, "\\u%04x", code);
		} else {
			put(o, "%.*s", (int)n, (const char *)s.ptr + i);
		}
		i += n;
	}
	put(o, "\"");
}

static void put_member(struct out *o, const char *name, struct sv_span value)
{
	put(o, ",\"%s\":", name);
	put_string(o, value);
}

static void put_place(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	SV_AUTO(sv_buf) masked = {0};

	put(o, "{\"where\":\"%s\"", sv_where_name(p->where));
	put_member(o, "root", mask(o, f, p->root, &masked));
	put_member(o, "path", mask(o, f, p->path, &masked));
	put(o, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", p->line, p->column,
	    p->end_line, p->end_column);
	put(o, ",\"offset\":%llu,\"length\":%llu", (unsigned long long)p->offset,
	    (unsigned long long)p->length);
	if (p->in_history) {
		char date[32] = "";
		struct tm tm;
		time_t when = (time_t)p->date;

		if (p->commit[0] && gmtime_r(&when, &tm))
			strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
		put_member(o, "blob", sv_span_str(p->object));
		put_member(o, "commit", sv_span_str(p->commit));
		put_member(o, "author", mask(o, f, p->author, &masked));
		put_member(o, "date", sv_span_str(date));
		put_member(o, "ref", mask(o, f, p->ref, &masked));
		put(o, ",\"versions\":%u", p->versions);
		put(o, ",\"reachable\":%s", p->reachable ? "true" : "false");
	}
	put(o, "}");
}

static void put_finding(struct out *o, const struct sv_finding *f)
{
	SV_AUTO(sv_buf) secret = {0};
	const char *comma = "";

	redact(f, o->options->show_secrets, &secret);
	put(o, "{\"type\":\"finding\",\"class\":\"%s\",\"id\":\"%s\"", sv_class_name(f->cls), f->id);
	put_member(o, "rule", sv_span_str(f->rule->id));
	put(o, ",\"severity\":\"%s\",\"confidence\":\"%s\",\"reasons\":[",
	    sv_severity_name(f->severity), sv_confidence_name(f->confidence));
	for (size_t i = 0; i < f->n_reasons; i++, comma = ",") {
		put(o, "%s", comma);
		put_string(o, sv_span_str(f->reasons[i]));
	}
	put(o, "]");
	put_member(o, "message", sv_span_str(f->message));
	put_member(o, "secret", sv_buf_span(&secret));
	if (f->suppressed)
		put_member(o, "suppressed", sv_span_str(f->suppressed));
	put(o, ",\"decoded\":[");
	comma = "";
	for (int v = 0; v < SV_VIEW_MAX; v++)
		if (f->views & 1u << v) {
			put(o, "%s\"%s\"", comma, sv_view_name(1u << v));
			comma = ",";
		}
	put(o, "],\"places\":[");
	for (size_t i = 0; i < f->n_places; i++) {
		put(o, "%s", i ? "," : "");
		put_place(o, f, &f->places[i]);
	}
	put(o, "]}");
	sv_wipe(secret.ptr, secret.len);
}

static void put_header(struct out *o)
{
	put(o, "{\"type\":\"header\",\"schema\":1,\"version\":\"%s\",\"rules\":%zu,\"rules_digest\":\"%s\"}",
	    SIEVERT_VERSION, o->report->n_rules, o->report->rules_digest);
}

static void put_trailer(struct out *o)
{
	const struct sv_coverage *c = &o->report->coverage;

	put(o, "{\"type\":\"trailer\",\"complete\":%s,\"findings\":%zu,\"suppressed\":%zu",
	    o->report->complete ? "true" : "false", o->report->n_findings, o->report->n_suppressed);
	if (o->report->stopped)
		put_member(o, "stopped", sv_span_str(o->report->stopped));
	put(o, ",\"coverage\":{\"files\":%llu,\"index_entries\":%llu,\"blobs\":%llu,\"commits\":%llu,\"tags\":%llu,\"trees\":%llu,\"refs\":%llu,\"texts\":%llu,",
	    (unsigned long long)c->files, (unsigned long long)c->index_entries, (unsigned long long)c->blobs,
	    (unsigned long long)c->commits, (unsigned long long)c->tags, (unsigned long long)c->trees,
	    (unsigned long long)c->refs, (unsigned long long)c->texts);
	put(o, "\"bytes\":%llu,\"limits_hit\":%llu,\"skipped\":%llu,\"unread\":%llu,\"gaps\":[",
	    (unsigned long long)c->bytes, (unsigned long long)c->limits_hit, (unsigned long long)c->skipped,
	    (unsigned long long)c->unread);
	for (size_t i = 0; i < c->n_gaps; i++) {
		put(o, "%s{\"kind\":\"%s\",\"reason\":\"%s\"", i ? "," : "",
		    c->gaps[i].kind == SV_GAP_SKIPPED ? "skipped" : "unread", c->gaps[i].reason);
		put_member(o, "root", c->gaps[i].root);
		put_member(o, "what", c->gaps[i].what);
		put_member(o, "detail", c->gaps[i].detail);
		put(o, "}");
	}
	put(o, "]}}");
}

static void write_json(struct out *o, bool lines)
{
	put(o, lines ? "" : "{\"header\":");
	put_header(o);
	put(o, lines ? "\n" : ",\"findings\":[");
	for (size_t i = 0; i < o->report->n_findings; i++) {
		put(o, "%s", !lines && i ? "," : "");
		put_finding(o, &o->report->findings[i]);
		put(o, "\n");
		flush(o);
	}
	put(o, lines ? "" : "],\"trailer\":");
	put_trailer(o);
	put(o, lines ? "\n" : "}\n");
	flush(o);
}

/* ---- text ---- */

static void put_safe(struct out *o, struct sv_span s)
{
	size_t need = sv_text_neutralise(s, NULL, 0);

	if (o->status == 0)
		o->status = sv_buf_reserve(&o->buf, need + 1);
	if (o->status < 0)
		return;
	sv_text_neutralise(s, (char *)o->buf.ptr + o->buf.len, need + 1);
	sv_buf_commit(&o->buf, o->buf.len + need);
}

/* Where in history a place is: nothing for what lies in the working tree. */
static void put_history(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	SV_AUTO(sv_buf) masked = {0};

	if (!p->in_history) {
		if (p->where != SV_WHERE_WORKTREE)
			put(o, "  (%s)", sv_where_name(p->where));
		return;
	}
	put(o, "  (%s", sv_where_name(p->where));
	if (p->commit[0] != '\0') {
		put(o, ", commit %.12s, ", p->commit);
		put_safe(o, mask(o, f, p->author, &masked));
	}
	put(o, "%s)", p->reachable ? "" : ", unreachable");
}

static void text_finding(struct out *o, const struct sv_finding *f)
{
	bool colour = o->options->colour;
	size_t shown = o->options->max_places && f->n_places > o->options->max_places
			       ? o->options->max_places
			       : f->n_places;
	SV_AUTO(sv_buf) secret = {0};
	SV_AUTO(sv_buf) masked = {0};

	redact(f, o->options->show_secrets, &secret);
	put(o, "%s%s%s  ", colour ? (f->severity >= SV_HIGH ? "\033[1;31m" : "\033[1;33m") : "",
	    sv_severity_name(f->severity), colour ? "\033[0m" : "");
	put_safe(o, sv_span_str(f->message));
	put(o, "  [%s, %s confidence]\n  secret  ", f->rule->id, sv_confidence_name(f->confidence));
	put_safe(o, sv_buf_span(&secret));
	put(o, "\n");
	for (size_t i = 0; i < shown; i++) {
		put(o, "  at      ");
		put_safe(o, mask(o, f, f->places[i].path.len ? f->places[i].path : f->places[i].root,
				 &masked));
		put(o, ":%u:%u", f->places[i].line, f->places[i].column);
		put_history(o, f, &f->places[i]);
		put(o, "\n");
	}
	if (shown < f->n_places)
		put(o, "          and %zu more places\n", f->n_places - shown);
	if (f->rule->practice.rotate)
		put(o, "  rotate  %s\n", f->rule->practice.rotate);
	if (f->rule->practice.instead)
		put(o, "  instead %s\n", f->rule->practice.instead);
	put(o, "\n");
	sv_wipe(secret.ptr, secret.len);
	flush(o);
}

static void write_text(struct out *o)
{
	const struct sv_report *r = o->report;

	for (size_t i = 0; i < r->n_findings; i++)
		text_finding(o, &r->findings[i]);
	if (o->options->quiet)
		return;
	put(o, "%zu findings in %llu files, %llu bytes; %zu allowed inline; %llu skipped by policy; %llu unread.%s\n",
	    r->n_findings, (unsigned long long)r->coverage.files, (unsigned long long)r->coverage.bytes,
	    r->n_suppressed, (unsigned long long)r->coverage.skipped,
	    (unsigned long long)r->coverage.unread, r->complete ? "" : " The scan is incomplete.");
	for (size_t i = 0; i < r->coverage.n_gaps; i++) {
		const struct sv_gap *gap = &r->coverage.gaps[i];

		if (gap->kind != SV_GAP_UNREAD)
			continue;
		put(o, "  %s: ", gap->reason);
		put_safe(o, gap->what.len ? gap->what : gap->root);
		put(o, " (");
		put_safe(o, gap->detail);
		put(o, ")\n");
	}
	flush(o);
}

int sv_report_write(const struct sv_report *report, const struct sv_write_options *options,
		    sv_write_fn *write, void *payload, struct sv_err *err)
{
	struct out o = {.report = report, .options = options, .write = write, .payload = payload};

	if (options->format == SV_FORMAT_TEXT)
		write_text(&o);
	else
		write_json(&o, options->format == SV_FORMAT_JSONL);
	sv_buf_release(&o.buf);
	return o.status < 0 ? sv_err_set(err, o.status, "the report could not be written") : 0;
}
