/* The report as people read it; and the way to the other formats. */
#include "sink/out.h"
#include "sink/practice.h"
#include <stdio.h>

static void end_line(struct sv_out *o)
{
	sv_out_end_piece(o, sv_text_neutralise);
	sv_out_put(o, "\n");
}

/* Where in history a place is: nothing for what lies in the working tree. */
static void text_history(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p)
{
	if (!p->in_history && (p->where == SV_WHERE_WORKTREE || p->where == SV_WHERE_STDIN))
		return;
	sv_out_add(o, "  (");
	sv_out_add_history(o, f, p);
	sv_out_add(o, ")");
}

static void text_place(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p)
{
	sv_out_add(o, "  at      ");
	sv_out_add_path(o, f, p->root, p->path);
	sv_out_add(o, ":%u:%u", p->line, p->column);
	text_history(o, f, p);
	end_line(o);
}

/* A label and words of a rule, which may be anybody's. */
static void text_advice(struct sv_out *o, const char *label, const char *words)
{
	if (words == NULL)
		return;
	sv_out_add(o, "  %-7s ", label);
	sv_out_add_masked(o, NULL, sv_span_str(words));
	end_line(o);
}

static void text_list(struct sv_out *o, const char *label, const char *const *list)
{
	if (list == NULL)
		return;
	sv_out_add(o, "  %-7s", label);
	for (; *list != NULL; list++)
		sv_out_add(o, " %.100s", *list);
	end_line(o);
}

static void text_advices(struct sv_out *o, const char *label, const struct sv_finding *f,
			 enum sv_advice_of what)
{
	struct sv_advice advice;

	sv_advice(f, what, &advice);
	if (advice.n == 0)
		return;
	sv_out_add(o, "  %-7s", label);
	for (size_t i = 0; i < advice.n; i++)
		sv_out_add(o, " %.100s", advice.items[i]);
	end_line(o);
}

/* All that is known of best practice, of the rule and of those that found the value too. */
static void text_practice(struct sv_out *o, const struct sv_finding *f)
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

		sv_out_add(o, "  watches ");
		sv_out_add_masked(o, NULL,
				  sv_span_str(document ? document->title : documents.items[i]));
		if (document && clause)
			sv_out_add(o, ", %.20s", clause + 1);
		end_line(o);
	}
	text_advices(o, "mcsb v1", f, SV_ADVICE_MCSB);
	text_advices(o, "mcsb v2", f, SV_ADVICE_MCSB_V2);
	text_advices(o, "policy", f, SV_ADVICE_POLICIES);
	text_advices(o, "cwe", f, SV_ADVICE_CWE);
	text_list(o, "sec101", p->sec101);
	text_list(o, "github", p->github);
}

/* What else stands there, with what to do about it: practices always, other kinds where all is
 * told. */
static void text_also(struct sv_out *o, const struct sv_finding *f)
{
	for (size_t i = 0; i < f->n_also; i++) {
		const struct sv_rule *rule = f->also[i];

		if (rule->cls != SV_CLASS_PRACTICE && !o->options->explain)
			continue;
		sv_out_add(o, "  also    ");
		sv_out_add_masked(o, NULL, sv_span_str(rule->name));
		if (rule->practice.instead) {
			sv_out_add(o, ": ");
			sv_out_add_masked(o, NULL, sv_span_str(rule->practice.instead));
		}
		sv_out_add(o, "  [%.100s]", rule->id);
		end_line(o);
	}
}

static void text_head(struct sv_out *o, const struct sv_finding *f)
{
	bool colour = o->options->colour;

	sv_out_put(o, "%s%s%s  ",
		   colour ? (f->severity >= SV_HIGH ? "\033[1;31m" : "\033[1;33m") : "",
		   sv_severity_name(f->severity), colour ? "\033[0m" : "");
	sv_out_add_masked(o, NULL, sv_span_str(f->message));
	sv_out_add(o, "  [");
	sv_out_add_span(o, sv_span_str(f->rule->id));
	sv_out_add(o, ", %s confidence]", sv_confidence_name(f->confidence));
	end_line(o);
}

static void text_finding(struct sv_out *o, const struct sv_finding *f)
{
	size_t most = o->options->max_places;
	size_t shown = most && f->n_places > most ? most : f->n_places;

	text_head(o, f);
	sv_out_add(o, "  secret  ");
	sv_out_redact(o, f, &o->line);
	end_line(o);
	for (size_t i = 0; i < shown; i++)
		text_place(o, f, &f->places[i]);
	if (shown < f->n_places) {
		sv_out_add(o, "          and ");
		sv_out_add_count(o, f->n_places - shown, "more place");
		end_line(o);
	}
	text_advice(o, "allowed", f->suppressed);
	text_advice(o, "rotate", f->rule->practice.rotate);
	text_advice(o, "instead", f->rule->practice.instead);
	text_also(o, f);
	if (o->options->explain)
		text_practice(o, f);
	sv_out_put(o, "\n");
	sv_out_flush(o);
}

static void add_bytes(struct sv_out *o, uint64_t n)
{
	static const char units[] = "kMGTPE";
	double rounded = (double)n;
	size_t unit = 0;

	if (n < 10000) {
		sv_out_add_count(o, n, "byte");
		return;
	}
	for (rounded /= 1000; rounded >= 1000 && unit + 2 < sizeof(units); unit++)
		rounded /= 1000;
	sv_out_add(o, "%.1f %cB", rounded, units[unit]);
}

/* "3 skipped by policy (2 gitignored, 1 too-large)": gaps come sorted by kind, not by reason. */
static void add_skipped(struct sv_out *o)
{
	const struct sv_coverage *c = &o->report->coverage;
	uint64_t told = 0;

	sv_out_add(o, "; %llu skipped by policy (", (unsigned long long)c->skipped);
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
		sv_out_add(o, "%s%llu %s", told ? ", " : "", (unsigned long long)n,
			   c->gaps[i].reason);
		told += n;
	}
	if (told < c->skipped)
		sv_out_add(o, "%s%llu more", told ? ", " : "",
			   (unsigned long long)(c->skipped - told));
	sv_out_add(o, ")");
}

static void add_covered(struct sv_out *o)
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
			sv_out_add_count(o, parts[i].n, parts[i].noun);
			sv_out_add(o, ", ");
		}
	add_bytes(o, c->bytes);
}

static void text_summary(struct sv_out *o)
{
	const struct sv_report *r = o->report;

	if (r->n_findings == 0)
		sv_out_add(o, "No findings");
	else
		sv_out_add_count(o, r->n_findings, "finding");
	sv_out_add(o, " in ");
	add_covered(o);
	if (r->n_suppressed != 0)
		sv_out_add(o, "; %zu allowed inline", r->n_suppressed);
	if (r->coverage.skipped != 0)
		add_skipped(o);
	if (r->coverage.limits_hit != 0) {
		sv_out_add(o, "; ");
		sv_out_add_count(o, r->coverage.limits_hit, "limit");
		sv_out_add(o, " of an expression reached");
	}
	sv_out_add(o, ".");
	end_line(o);
}

static void text_unread(struct sv_out *o)
{
	const struct sv_report *r = o->report;
	uint64_t told = 0;

	sv_out_add(o, "The scan is incomplete: ");
	if (r->stopped)
		sv_out_add(o, "%s%s", r->stopped, r->coverage.unread ? ", and " : "");
	if (r->coverage.unread != 0) {
		sv_out_add_count(o, r->coverage.unread, "item");
		sv_out_add(o, " could not be read:");
	}
	end_line(o);
	for (size_t i = 0; i < r->coverage.n_gaps; i++) {
		const struct sv_gap *gap = &r->coverage.gaps[i];

		if (gap->kind != SV_GAP_UNREAD)
			continue;
		sv_out_add(o, "  %s: ", gap->reason);
		sv_out_add_gap(o, gap);
		end_line(o);
		told++;
	}
	if (told < r->coverage.unread) {
		sv_out_add(o, "  and %llu more", (unsigned long long)(r->coverage.unread - told));
		end_line(o);
	}
}

static void write_text(struct sv_out *o)
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
	if (o->options->compliance)
		sv_out_put(o, "\n");
	sv_out_compliance(o, sv_compliance_text);
	sv_out_flush(o);
}

int sv_report_write(const struct sv_report *report, const struct sv_write_options *options,
		    sv_write_fn *write, void *payload, struct sv_err *err)
{
	static void (*const formats[])(struct sv_out *) = {[SV_FORMAT_TEXT] = write_text,
							   [SV_FORMAT_JSON] = sv_json__write,
							   [SV_FORMAT_JSONL] = sv_json__write_lines,
							   [SV_FORMAT_SARIF] = sv_sarif__write};
	struct sv_out o = {
		.report = report, .options = options, .write = write, .payload = payload};

	o.status = sv_masks_of(report, &o.masks);
	formats[options->format](&o);
	sv_out_release(&o.buf);
	sv_out_release(&o.line);
	sv_buf_release(&o.practice);
	sv_masks_release(&o.masks);
	return o.status < 0 ? sv_err_set(err, o.status, "the report could not be written") : 0;
}
