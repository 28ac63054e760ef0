/* The report in the formats that people and programs read. */
#include "base/base.h"
#include "sink/masks.h"
#include "sink/practice.h"
#include "sink/redact.h"
#include <sievert/report.h>
#include <stdio.h>
#include <time.h>

struct out {
	const struct sv_report *report;
	const struct sv_write_options *options;
	sv_write_fn *write;
	void *payload;
	struct sv_buf buf;  /* one record at a time */
	struct sv_buf line; /* of text, before it is made safe */
	struct sv_masks masks;
	/* what the last finding's rule says, which mostly is the next one's, too */
	const struct sv_rule *rule;
	struct sv_buf practice;
	int status;
};

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

static void release(struct sv_buf *buf)
{
	if (buf->ptr != NULL)
		sv_wipe(buf->ptr, buf->cap);
	sv_buf_release(buf);
}

static void put_bytes(struct out *o, struct sv_buf *buf, const void *bytes, size_t len)
{
	if (o->status == 0)
		o->status = make_room(buf, len);
	if (o->status == 0)
		o->status = sv_buf_append(buf, bytes, len);
}

static void put_format(struct out *o, struct sv_buf *buf, const char *fmt, va_list ap)
{
	char text[1200]; /* our own words and numbers: input goes by put_made() */
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	put_bytes(o, buf, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void put(struct out *o, const char *fmt, ...) SV_PRINTF(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	/* most is written as it stands here */
	if (strchr(fmt, '%') == NULL) {
		put_bytes(o, &o->buf, fmt, strlen(fmt));
		return;
	}
	va_start(ap, fmt);
	put_format(o, &o->buf, fmt, ap);
	va_end(ap);
}

static void flush(struct out *o)
{
	if (o->status == 0 && o->buf.len != 0)
		o->status = o->write(o->buf.ptr, o->buf.len, o->payload);
	if (o->buf.ptr != NULL && o->options->show_secrets)
		sv_wipe(o->buf.ptr, o->buf.len);
	sv_buf_reset(&o->buf);
}

/* What a maker such as sv_json_quote() makes of input bytes. */
static void put_made(struct out *o, size_t make(struct sv_span, char *, size_t), struct sv_span s)
{
	size_t need = make(s, NULL, 0);

	if (o->status == 0)
		o->status = make_room(&o->buf, need + 1);
	if (o->status < 0)
		return;
	make(s, (char *)o->buf.ptr + o->buf.len, need + 1);
	sv_buf_commit(&o->buf, o->buf.len + need);
}

static void redact(struct out *o, const struct sv_finding *f, struct sv_buf *ret)
{
	if (o->options->show_secrets)
		put_bytes(o, ret, f->secret.ptr, f->secret.len);
	else if (o->status == 0)
		o->status = sv_redact(f->secret, ret);
}

/* Of f, which may be NULL, and of all other findings. */
static struct sv_span mask(struct out *o, const struct sv_finding *f, struct sv_span s,
			   struct sv_buf *masked)
{
	struct sv_span none = {0}, ret = {0};

	if (o->options->show_secrets)
		return s;
	if (o->status == 0)
		o->status = sv_mask(&o->masks, f ? f->secret : none, s, masked, &ret);
	return ret;
}

/* ---- JSON ---- */

static void put_string(struct out *o, struct sv_span s)
{
	put_made(o, sv_json_quote, s);
}

static void put_member(struct out *o, const char *name, struct sv_span value)
{
	put(o, ",\"");
	put_bytes(o, &o->buf, name, strlen(name));
	put(o, "\":");
	put_string(o, value);
}

/* The same, with the values of findings masked. */
static void put_masked(struct out *o, const struct sv_finding *f, const char *name,
		       struct sv_span value)
{
	SV_AUTO(sv_buf) masked = {0};

	put_member(o, name, mask(o, f, value, &masked));
}

static void put_place(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	put(o, "{\"where\":\"%s\"", sv_where_name(p->where));
	put_masked(o, f, "root", p->root);
	put_masked(o, f, "path", p->path);
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
		put_masked(o, f, "author", p->author);
		put_member(o, "date", sv_span_str(date));
		put_masked(o, f, "ref", p->ref);
		put(o, ",\"versions\":%u", p->versions);
		put(o, ",\"reachable\":%s", p->reachable ? "true" : "false");
	}
	put(o, "}");
}

/* made apart: what the record at hand holds is wiped where it grows */
static void put_practice(struct out *o, const struct sv_finding *f)
{
	if (o->status == 0 && (f->rule != o->rule || f->n_also != 0)) {
		sv_buf_reset(&o->practice);
		o->status = sv_practice_json(f, &o->practice);
		o->rule = f->n_also == 0 ? f->rule : NULL;
	}
	put_bytes(o, &o->buf, o->practice.ptr, o->practice.len);
}

static void put_also(struct out *o, const struct sv_finding *f)
{
	if (f->n_also == 0)
		return;
	put(o, ",\"also\":[");
	for (size_t i = 0; i < f->n_also; i++) {
		put(o, "%s", i ? "," : "");
		put_string(o, sv_span_str(f->also[i]->id));
	}
	put(o, "]");
}

/* Of values that a machine made and a checksum or place proved: others could be guessed from it. */
static void put_c3id(struct out *o, const struct sv_finding *f)
{
	char id[21];

	if (f->cls != SV_CLASS_SECRET || f->confidence != SV_CONF_HIGH || f->secret.len < 32 ||
	    f->rule->practice.sec101 == NULL)
		return;
	sv_c3id(f->secret, id);
	put_member(o, "c3id", sv_span_str(id));
}

static void put_compliance(struct out *o,
			   int make(const struct sv_report *report, struct sv_buf *out))
{
	SV_AUTO(sv_buf) made = {0};

	if (o->status == 0)
		o->status = make(o->report, &made);
	put_bytes(o, &o->buf, made.ptr, made.len);
}

static void put_finding(struct out *o, const struct sv_finding *f)
{
	struct sv_buf secret = {0};
	const char *comma = "";

	redact(o, f, &secret);
	put(o, "{\"type\":\"finding\",\"class\":\"%s\",\"id\":\"%s\"", sv_class_name(f->cls),
	    f->id);
	put_member(o, "rule", sv_span_str(f->rule->id));
	put(o, ",\"severity\":\"%s\",\"confidence\":\"%s\",\"reasons\":[",
	    sv_severity_name(f->severity), sv_confidence_name(f->confidence));
	for (size_t i = 0; i < f->n_reasons; i++, comma = ",") {
		put(o, "%s", comma);
		put_string(o, sv_span_str(f->reasons[i]));
	}
	put(o, "]");
	put_masked(o, NULL, "message", sv_span_str(f->message));
	put_member(o, "secret", sv_buf_span(&secret));
	put_c3id(o, f);
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
	put(o, "]");
	put_also(o, f);
	put_practice(o, f);
	put(o, "}");
	release(&secret);
}

static void put_header(struct out *o)
{
	put(o,
	    "{\"type\":\"header\",\"schema\":1,\"version\":\"%s\",\"rules\":%zu,\"rules_digest\":"
	    "\"%s\"}",
	    SIEVERT_VERSION, o->report->n_rules, o->report->rules_digest);
}

static void put_trailer(struct out *o)
{
	const struct sv_coverage *c = &o->report->coverage;

	put(o, "{\"type\":\"trailer\",\"complete\":%s,\"findings\":%zu,\"suppressed\":%zu",
	    o->report->complete ? "true" : "false", o->report->n_findings, o->report->n_suppressed);
	if (o->report->stopped)
		put_member(o, "stopped", sv_span_str(o->report->stopped));
	put(o,
	    ",\"coverage\":{\"files\":%llu,\"index_entries\":%llu,\"blobs\":%llu,\"commits\":%llu,"
	    "\"tags\":%llu,\"trees\":%llu,\"refs\":%llu,\"texts\":%llu,",
	    (unsigned long long)c->files, (unsigned long long)c->index_entries,
	    (unsigned long long)c->blobs, (unsigned long long)c->commits,
	    (unsigned long long)c->tags, (unsigned long long)c->trees, (unsigned long long)c->refs,
	    (unsigned long long)c->texts);
	put(o, "\"bytes\":%llu,\"limits_hit\":%llu,\"skipped\":%llu,\"unread\":%llu,\"gaps\":[",
	    (unsigned long long)c->bytes, (unsigned long long)c->limits_hit,
	    (unsigned long long)c->skipped, (unsigned long long)c->unread);
	for (size_t i = 0; i < c->n_gaps; i++) {
		put(o, "%s{\"kind\":\"%s\",\"reason\":\"%s\"", i ? "," : "",
		    c->gaps[i].kind == SV_GAP_SKIPPED ? "skipped" : "unread", c->gaps[i].reason);
		put_masked(o, NULL, "root", c->gaps[i].root);
		put_masked(o, NULL, "what", c->gaps[i].what);
		put_masked(o, NULL, "detail", c->gaps[i].detail);
		put(o, "}");
	}
	put(o, "]}");
	if (o->options->compliance)
		put_compliance(o, sv_compliance_json);
	put(o, "}");
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

/* A line of text is gathered raw in o->line and made safe as a whole when it ends: "x:" and ":1"
 * are harmless alone. */
static void add(struct out *o, const char *fmt, ...) SV_PRINTF(2, 3);
static void add(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(o, &o->line, fmt, ap);
	va_end(ap);
}

static void add_span(struct out *o, struct sv_span s)
{
	put_bytes(o, &o->line, s.ptr, s.len);
}

static void end_piece(struct out *o)
{
	put_made(o, sv_text_neutralise, sv_buf_span(&o->line));
	if (o->line.ptr != NULL && o->options->show_secrets)
		sv_wipe(o->line.ptr, o->line.len);
	sv_buf_reset(&o->line);
}

static void end_line(struct out *o)
{
	end_piece(o);
	put(o, "\n");
}

static void add_masked(struct out *o, const struct sv_finding *f, struct sv_span s)
{
	SV_AUTO(sv_buf) masked = {0};

	add_span(o, mask(o, f, s, &masked));
}

/* "1 file", "2 files": nouns of ours only need an s */
static void add_count(struct out *o, uint64_t n, const char *noun)
{
	add(o, "%llu %s%s", (unsigned long long)n, noun, n == 1 ? "" : "s");
}

/* As it can be typed: the root before what lies below it. */
static void add_path(struct out *o, const struct sv_finding *f, struct sv_span root,
		     struct sv_span path)
{
	SV_AUTO(sv_buf) whole = {0};
	bool is_here = (root.len == 1 && root.ptr[0] == '.') || sv_span_starts_with(path, "/");

	if (path.len == 0 || !is_here)
		put_bytes(o, &whole, root.ptr, root.len);
	if (path.len != 0 && !is_here && root.len != 0 && root.ptr[root.len - 1] != '/')
		put_bytes(o, &whole, "/", 1);
	put_bytes(o, &whole, path.ptr, path.len);
	add_masked(o, f, sv_buf_span(&whole));
}

/* Where in history a place is: nothing for what lies in the working tree. */
static void add_history(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	if (!p->in_history) {
		if (p->where != SV_WHERE_WORKTREE && p->where != SV_WHERE_STDIN)
			add(o, "  (%s)", sv_where_name(p->where));
		return;
	}
	add(o, "  (%s", sv_where_name(p->where));
	if (p->commit[0] != '\0') {
		add(o, ", commit %.12s, ", p->commit);
		add_masked(o, f, p->author);
	}
	add(o, "%s)", p->reachable ? "" : ", unreachable");
}

static void text_place(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	add(o, "  at      ");
	add_path(o, f, p->root, p->path);
	add(o, ":%u:%u", p->line, p->column);
	add_history(o, f, p);
	end_line(o);
}

/* A label and words of a rule, which may be anybody's. */
static void text_advice(struct out *o, const char *label, const char *words)
{
	if (words == NULL)
		return;
	add(o, "  %-7s ", label);
	add_masked(o, NULL, sv_span_str(words));
	end_line(o);
}

static void text_list(struct out *o, const char *label, const char *const *list)
{
	if (list == NULL)
		return;
	add(o, "  %-7s", label);
	for (; *list != NULL; list++)
		add(o, " %.100s", *list);
	end_line(o);
}

static void text_advices(struct out *o, const char *label, const struct sv_finding *f,
			 enum sv_advice_of what)
{
	struct sv_advice advice;

	sv_advice(f, what, &advice);
	if (advice.n == 0)
		return;
	add(o, "  %-7s", label);
	for (size_t i = 0; i < advice.n; i++)
		add(o, " %.100s", advice.items[i]);
	end_line(o);
}

/* All that is known of best practice, of the rule and of those that found the value too. */
static void text_practice(struct out *o, const struct sv_finding *f)
{
	const struct sv_practice *p = &f->rule->practice;
	struct sv_advice documents;

	for (size_t i = 0; i < f->n_reasons; i++)
		text_advice(o, i ? "" : "because", f->reasons[i]);
	text_advice(o, "docs", p->docs);
	sv_advice(f, SV_ADVICE_DOCUMENTS, &documents);
	for (size_t i = 0; i < documents.n; i++) {
		const struct sv_document *document = sv_document_of(documents.items[i]);
		const char *clause = strchr(documents.items[i], '/');

		add(o, "  watches ");
		add_masked(o, NULL, sv_span_str(document ? document->title : documents.items[i]));
		if (document && clause)
			add(o, ", %.20s", clause + 1);
		end_line(o);
	}
	text_advices(o, "mcsb v1", f, SV_ADVICE_MCSB);
	text_advices(o, "mcsb v2", f, SV_ADVICE_MCSB_V2);
	text_advices(o, "policy", f, SV_ADVICE_POLICIES);
	text_advices(o, "cwe", f, SV_ADVICE_CWE);
	text_list(o, "sec101", p->sec101);
	text_list(o, "github", p->github);
}

/* What else stands there, with what to do about it: practices always, other kinds where all is told. */
static void text_also(struct out *o, const struct sv_finding *f)
{
	for (size_t i = 0; i < f->n_also; i++) {
		const struct sv_rule *rule = f->also[i];

		if (rule->cls != SV_CLASS_PRACTICE && !o->options->explain)
			continue;
		add(o, "  also    ");
		add_masked(o, NULL, sv_span_str(rule->name));
		if (rule->practice.instead) {
			add(o, ": ");
			add_masked(o, NULL, sv_span_str(rule->practice.instead));
		}
		add(o, "  [%.100s]", rule->id);
		end_line(o);
	}
}

static void text_head(struct out *o, const struct sv_finding *f)
{
	bool colour = o->options->colour;

	put(o, "%s%s%s  ", colour ? (f->severity >= SV_HIGH ? "\033[1;31m" : "\033[1;33m") : "",
	    sv_severity_name(f->severity), colour ? "\033[0m" : "");
	add_masked(o, NULL, sv_span_str(f->message));
	add(o, "  [");
	add_span(o, sv_span_str(f->rule->id));
	add(o, ", %s confidence]", sv_confidence_name(f->confidence));
	end_line(o);
}

static void text_finding(struct out *o, const struct sv_finding *f)
{
	size_t most = o->options->max_places;
	size_t shown = most && f->n_places > most ? most : f->n_places;

	text_head(o, f);
	add(o, "  secret  ");
	redact(o, f, &o->line);
	end_line(o);
	for (size_t i = 0; i < shown; i++)
		text_place(o, f, &f->places[i]);
	if (shown < f->n_places) {
		add(o, "          and ");
		add_count(o, f->n_places - shown, "more place");
		end_line(o);
	}
	text_advice(o, "allowed", f->suppressed);
	text_advice(o, "rotate", f->rule->practice.rotate);
	text_advice(o, "instead", f->rule->practice.instead);
	text_also(o, f);
	if (o->options->explain)
		text_practice(o, f);
	put(o, "\n");
	flush(o);
}

static void add_bytes(struct out *o, uint64_t n)
{
	static const char units[] = "kMGTPE";
	double rounded = (double)n;
	size_t unit = 0;

	if (n < 10000) {
		add_count(o, n, "byte");
		return;
	}
	for (rounded /= 1000; rounded >= 1000 && unit + 2 < sizeof(units); unit++)
		rounded /= 1000;
	add(o, "%.1f %cB", rounded, units[unit]);
}

/* "3 skipped by policy (2 gitignored, 1 too-large)": gaps come sorted by kind, not by reason. */
static void add_skipped(struct out *o)
{
	const struct sv_coverage *c = &o->report->coverage;
	uint64_t told = 0;

	add(o, "; %llu skipped by policy (", (unsigned long long)c->skipped);
	for (size_t i = 0; i < c->n_gaps; i++) {
		uint64_t n = 0;
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = c->gaps[k].kind == SV_GAP_SKIPPED &&
				 strcmp(c->gaps[k].reason, c->gaps[i].reason) == 0;
		if (before || c->gaps[i].kind != SV_GAP_SKIPPED)
			continue;
		for (size_t k = i; k < c->n_gaps; k++)
			n += c->gaps[k].kind == SV_GAP_SKIPPED &&
			     strcmp(c->gaps[k].reason, c->gaps[i].reason) == 0;
		add(o, "%s%llu %s", told ? ", " : "", (unsigned long long)n, c->gaps[i].reason);
		told += n;
	}
	if (told < c->skipped)
		add(o, "%s%llu more", told ? ", " : "", (unsigned long long)(c->skipped - told));
	add(o, ")");
}

static void add_covered(struct out *o)
{
	const struct sv_coverage *c = &o->report->coverage;
	const uint64_t objects = c->blobs + c->commits + c->tags + c->trees;
	const struct {
		uint64_t n;
		const char *noun;
	} parts[] = {{c->files, "file"}, {objects, "git object"}, {c->refs, "ref"}};

	/* a bare repository has no files; nothing at all is told as such */
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].n != 0 || (i == 0 && objects + c->refs == 0)) {
			add_count(o, parts[i].n, parts[i].noun);
			add(o, ", ");
		}
	add_bytes(o, c->bytes);
}

static void text_summary(struct out *o)
{
	const struct sv_report *r = o->report;

	if (r->n_findings == 0)
		add(o, "No findings");
	else
		add_count(o, r->n_findings, "finding");
	add(o, " in ");
	add_covered(o);
	if (r->n_suppressed != 0)
		add(o, "; %zu allowed inline", r->n_suppressed);
	if (r->coverage.skipped != 0)
		add_skipped(o);
	if (r->coverage.limits_hit != 0) {
		add(o, "; ");
		add_count(o, r->coverage.limits_hit, "limit");
		add(o, " of an expression reached");
	}
	add(o, ".");
	end_line(o);
}

static void text_unread(struct out *o)
{
	const struct sv_report *r = o->report;
	uint64_t told = 0;

	add(o, "The scan is incomplete: ");
	if (r->stopped)
		add(o, "%s%s", r->stopped, r->coverage.unread ? ", and " : "");
	if (r->coverage.unread != 0) {
		add_count(o, r->coverage.unread, "item");
		add(o, " could not be read:");
	}
	end_line(o);
	for (size_t i = 0; i < r->coverage.n_gaps; i++) {
		const struct sv_gap *gap = &r->coverage.gaps[i];

		if (gap->kind != SV_GAP_UNREAD)
			continue;
		add(o, "  %s: ", gap->reason);
		add_path(o, NULL, gap->root, gap->what);
		if (gap->detail.len != 0) {
			add(o, " (");
			add_masked(o, NULL, gap->detail);
			add(o, ")");
		}
		end_line(o);
		told++;
	}
	if (told < r->coverage.unread) {
		add(o, "  and %llu more", (unsigned long long)(r->coverage.unread - told));
		end_line(o);
	}
}

static void write_text(struct out *o)
{
	const struct sv_report *r = o->report;

	for (size_t i = 0; i < r->n_findings; i++)
		text_finding(o, &r->findings[i]);
	if (!o->options->quiet)
		text_summary(o);
	/* "nothing found" must not be read into the silence of a scan that did not see everything
	 */
	if (!r->complete)
		text_unread(o);
	if (o->options->compliance) {
		put(o, "\n");
		put_compliance(o, sv_compliance_text);
	}
	flush(o);
}

int sv_report_write(const struct sv_report *report, const struct sv_write_options *options,
		    sv_write_fn *write, void *payload, struct sv_err *err)
{
	struct out o = {.report = report, .options = options, .write = write, .payload = payload};

	o.status = sv_masks_of(report, &o.masks);
	if (options->format == SV_FORMAT_TEXT)
		write_text(&o);
	else
		write_json(&o, options->format == SV_FORMAT_JSONL);
	release(&o.buf);
	release(&o.line);
	sv_buf_release(&o.practice);
	sv_masks_release(&o.masks);
	return o.status < 0 ? sv_err_set(err, o.status, "the report could not be written") : 0;
}
