/* The report as JSON: one document, or a record a line. */
#include "sink/out.h"
#include "sink/practice.h"
#include <stdio.h>
#include <time.h>

void sv_json__history(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p)
{
	char date[32] = "";
	struct tm tm;
	time_t when = (time_t)p->date;

	if (!p->in_history)
		return;
	if (p->commit[0] && gmtime_r(&when, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sv_out_member(o, "blob", sv_span_str(p->object));
	sv_out_member(o, "commit", sv_span_str(p->commit));
	sv_out_masked(o, f, "author", p->author);
	sv_out_member(o, "date", sv_span_str(date));
	sv_out_masked(o, f, "ref", p->ref);
	sv_out_put(o, ",\"versions\":%u", p->versions);
	sv_out_put(o, ",\"reachable\":%s", p->reachable ? "true" : "false");
}

static void put_place(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p)
{
	sv_out_put(o, "{\"where\":\"%s\"", sv_where_name(p->where));
	sv_out_masked(o, f, "root", p->root);
	sv_out_masked(o, f, "path", p->path);
	sv_out_put(o, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", p->line,
		   p->column, p->end_line, p->end_column);
	sv_out_put(o, ",\"offset\":%llu,\"length\":%llu", (unsigned long long)p->offset,
		   (unsigned long long)p->length);
	sv_json__history(o, f, p);
	sv_out_put(o, "}");
}

/* made apart: what the record at hand holds is wiped where it grows */
void sv_json__practice(struct sv_out *o, const struct sv_finding *f)
{
	if (o->status == 0 && (f->rule != o->rule || f->n_also != 0)) {
		sv_buf_reset(&o->practice);
		o->status = sv_practice_json(f, &o->practice);
		o->rule = f->n_also == 0 ? f->rule : NULL;
	}
	sv_out_bytes(o, &o->buf, o->practice.ptr, o->practice.len);
}

void sv_json__also(struct sv_out *o, const struct sv_finding *f)
{
	if (f->n_also == 0)
		return;
	sv_out_put(o, ",\"also\":[");
	for (size_t i = 0; i < f->n_also; i++) {
		sv_out_put(o, "%s", i ? "," : "");
		sv_out_string(o, sv_span_str(f->also[i]->id));
	}
	sv_out_put(o, "]");
}

/* Of values that a machine made and a checksum or place proved: others could be guessed from it. */
void sv_json__c3id(struct sv_out *o, const struct sv_finding *f)
{
	char id[21];

	if (f->cls != SV_CLASS_SECRET || f->confidence != SV_CONF_HIGH || f->secret.len < 32 ||
	    f->rule->practice.sec101 == NULL)
		return;
	sv_c3id(f->secret, id);
	sv_out_member(o, "c3id", sv_span_str(id));
}

void sv_json__sureness(struct sv_out *o, const struct sv_finding *f)
{
	sv_out_put(o, ",\"severity\":\"%s\",\"confidence\":\"%s\",\"reasons\":[",
		   sv_severity_name(f->severity), sv_confidence_name(f->confidence));
	for (size_t i = 0; i < f->n_reasons; i++) {
		sv_out_put(o, "%s", i ? "," : "");
		sv_out_string(o, sv_span_str(f->reasons[i]));
	}
	sv_out_put(o, "]");
}

void sv_json__secret(struct sv_out *o, const struct sv_finding *f)
{
	struct sv_buf secret = {0};

	sv_out_redact(o, f, &secret);
	sv_out_member(o, "secret", sv_buf_span(&secret));
	sv_out_release(&secret);
}

void sv_json__decoded(struct sv_out *o, const struct sv_finding *f)
{
	const char *comma = "";

	sv_out_put(o, ",\"decoded\":[");
	for (int v = 0; v < SV_VIEW_MAX; v++)
		if (f->views & 1u << v) {
			sv_out_put(o, "%s\"%s\"", comma, sv_view_name(1u << v));
			comma = ",";
		}
	sv_out_put(o, "]");
}

static void put_finding(struct sv_out *o, const struct sv_finding *f)
{
	sv_out_put(o, "{\"type\":\"finding\",\"class\":\"%s\",\"id\":\"%s\"", sv_class_name(f->cls),
		   f->id);
	sv_out_member(o, "rule", sv_span_str(f->rule->id));
	sv_json__sureness(o, f);
	sv_out_masked(o, NULL, "message", sv_span_str(f->message));
	sv_json__secret(o, f);
	sv_json__c3id(o, f);
	if (f->suppressed)
		sv_out_member(o, "suppressed", sv_span_str(f->suppressed));
	sv_json__decoded(o, f);
	sv_out_put(o, ",\"places\":[");
	for (size_t i = 0; i < f->n_places; i++) {
		sv_out_put(o, "%s", i ? "," : "");
		put_place(o, f, &f->places[i]);
	}
	sv_out_put(o, "]");
	sv_json__also(o, f);
	sv_json__practice(o, f);
	sv_out_put(o, "}");
}

static void put_header(struct sv_out *o)
{
	sv_out_put(o,
		   "{\"type\":\"header\",\"schema\":1,\"version\":\"%s\",\"rules\":%zu,\"rules_"
		   "digest\":"
		   "\"%s\"}",
		   SIEVERT_VERSION, o->report->n_rules, o->report->rules_digest);
}

void sv_json__totals(struct sv_out *o)
{
	sv_out_put(o, ",\"complete\":%s,\"findings\":%zu,\"suppressed\":%zu",
		   o->report->complete ? "true" : "false", o->report->n_findings,
		   o->report->n_suppressed);
	if (o->report->stopped)
		sv_out_member(o, "stopped", sv_span_str(o->report->stopped));
}

void sv_json__counts(struct sv_out *o)
{
	const struct sv_coverage *c = &o->report->coverage;

	sv_out_put(o,
		   "\"files\":%llu,\"index_entries\":%llu,\"blobs\":%llu,\"commits\":%llu,"
		   "\"tags\":%llu,\"trees\":%llu,\"refs\":%llu,\"texts\":%llu,",
		   (unsigned long long)c->files, (unsigned long long)c->index_entries,
		   (unsigned long long)c->blobs, (unsigned long long)c->commits,
		   (unsigned long long)c->tags, (unsigned long long)c->trees,
		   (unsigned long long)c->refs, (unsigned long long)c->texts);
	sv_out_put(o, "\"bytes\":%llu,\"limits_hit\":%llu,\"skipped\":%llu,\"unread\":%llu",
		   (unsigned long long)c->bytes, (unsigned long long)c->limits_hit,
		   (unsigned long long)c->skipped, (unsigned long long)c->unread);
}

void sv_json__gap(struct sv_out *o, const struct sv_gap *gap)
{
	sv_out_put(o, "{\"kind\":\"%s\",\"reason\":\"%s\"",
		   gap->kind == SV_GAP_SKIPPED ? "skipped" : "unread", gap->reason);
	sv_out_masked(o, NULL, "root", gap->root);
	sv_out_masked(o, NULL, "what", gap->what);
	sv_out_masked(o, NULL, "detail", gap->detail);
	sv_out_put(o, "}");
}

static void put_trailer(struct sv_out *o)
{
	const struct sv_coverage *c = &o->report->coverage;

	sv_out_put(o, "{\"type\":\"trailer\"");
	sv_json__totals(o);
	sv_out_put(o, ",\"coverage\":{");
	sv_json__counts(o);
	sv_out_put(o, ",\"gaps\":[");
	for (size_t i = 0; i < c->n_gaps; i++) {
		sv_out_put(o, "%s", i ? "," : "");
		sv_json__gap(o, &c->gaps[i]);
	}
	sv_out_put(o, "]}");
	sv_out_compliance(o, sv_compliance_json);
	sv_out_put(o, "}");
}

static void write_all(struct sv_out *o, bool lines)
{
	sv_out_put(o, lines ? "" : "{\"header\":");
	put_header(o);
	sv_out_put(o, lines ? "\n" : ",\"findings\":[");
	for (size_t i = 0; i < o->report->n_findings; i++) {
		sv_out_put(o, "%s", !lines && i ? "," : "");
		put_finding(o, &o->report->findings[i]);
		sv_out_put(o, "\n");
		sv_out_flush(o);
	}
	sv_out_put(o, lines ? "" : "],\"trailer\":");
	put_trailer(o);
	sv_out_put(o, lines ? "\n" : "}\n");
	sv_out_flush(o);
}

void sv_json__write(struct sv_out *o)
{
	write_all(o, false);
}

void sv_json__write_lines(struct sv_out *o)
{
	write_all(o, true);
}
