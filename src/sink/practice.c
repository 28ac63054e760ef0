/* Best practice in reports: what a rule says of it, and how a report stands by control and
 * document. */
#include "sink/practice.h"
#include <sievert/report.h>

static const struct sv_document documents[] = {
#define DOCUMENT(id, title) {id, title},
#include "sink/documents.def"
#undef DOCUMENT
};

const struct sv_document *sv_documents(size_t *ret_n)
{
	*ret_n = sizeof(documents) / sizeof(*documents);
	return documents;
}

const struct sv_document *sv_document_of(const char *page_and_clause)
{
	size_t n = strcspn(page_and_clause, "/");

	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
		if (strlen(documents[i].id) == n &&
		    strncmp(documents[i].id, page_and_clause, n) == 0)
			return &documents[i];
	return NULL;
}

/* ---- JSON of a rule ---- */

static int put_quoted(struct sv_buf *out, const char *text)
{
	struct sv_span span = sv_span_str(text);
	size_t need = sv_json_quote(span, NULL, 0);
	int status = sv_buf_reserve(out, need + 1);

	if (status < 0)
		return status;
	sv_json_quote(span, (char *)out->ptr + out->len, need + 1);
	sv_buf_commit(out, out->len + need);
	return 0;
}

/* separated from what stands before, but not right after the opening brace */
static int put_name(struct sv_buf *out, const char *name)
{
	return sv_buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", name);
}

static int put_text(struct sv_buf *out, const char *name, const char *text)
{
	int status = text == NULL ? 0 : put_name(out, name);

	return text == NULL || status < 0 ? status : put_quoted(out, text);
}

static int put_list(struct sv_buf *out, const char *name, const char *const *list)
{
	int status = list == NULL ? 0 : put_name(out, name);

	if (list == NULL || status < 0)
		return status;
	status = sv_buf_putc(out, '[');
	for (size_t i = 0; status == 0 && list[i] != NULL; i++) {
		status = i == 0 ? 0 : sv_buf_putc(out, ',');
		if (status == 0)
			status = put_quoted(out, list[i]);
	}
	return status < 0 ? status : sv_buf_putc(out, ']');
}

int sv_practice_json(const struct sv_rule *rule, struct sv_buf *out)
{
	const struct sv_practice *p = &rule->practice;
	const struct {
		const char *name;
		const char *const *list;
	} lists[] = {{"documents", rule->documents}, {"mcsb", p->mcsb}, {"mcsb_v2", p->mcsb_v2},
		     {"policies", p->policies},	     {"cwe", p->cwe},	{"sec101", p->sec101},
		     {"github", p->github}};
	bool any = p->instead || p->rotate || p->docs;
	int status;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		any |= lists[i].list != NULL;
	if (!any)
		return 0;
	status = sv_buf_puts(out, ",\"practice\":{");
	if (status == 0)
		status = put_text(out, "instead", p->instead);
	if (status == 0)
		status = put_text(out, "rotate", p->rotate);
	if (status == 0)
		status = put_text(out, "docs", p->docs);
	for (size_t i = 0; status == 0 && i < sizeof(lists) / sizeof(*lists); i++)
		status = put_list(out, lists[i].name, lists[i].list);
	return status < 0 ? status : sv_buf_putc(out, '}');
}

/* ---- a report by control and document ---- */

struct row {
	const char *id;
	size_t secrets, practices, suppressed;
	enum sv_severity worst;
};
struct rows {
	SV_VEC(struct row) all;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static int count_at(struct rows *rows, const char *id, const struct sv_finding *f)
{
	struct row *row = NULL;
	int status = 0;

	for (size_t i = 0; i < rows->all.len && row == NULL; i++)
		row = strcmp(rows->all.ptr[i].id, id) == 0 ? &rows->all.ptr[i] : NULL;
	if (row == NULL) {
		status = sv_vec_push(&rows->all, (struct row){.id = id});
		row = status < 0 ? NULL : &rows->all.ptr[rows->all.len - 1];
	}
	if (row == NULL)
		return status;
	if (f->suppressed) {
		row->suppressed++;
		return 0;
	}
	row->secrets += f->cls == SV_CLASS_SECRET;
	row->practices += f->cls == SV_CLASS_PRACTICE;
	row->worst = f->severity > row->worst ? f->severity : row->worst;
	return 0;
}

/* A finding counts at each control that its rule names; so the rows do not add up. */
static int count_controls(const struct sv_report *report, bool v2, struct rows *ret)
{
	int status = 0;

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct sv_practice *p = &report->findings[i].rule->practice;

		for (const char *const *id = v2 ? p->mcsb_v2 : p->mcsb; status == 0 && id && *id;
		     id++)
			status = count_at(ret, *id, &report->findings[i]);
	}
	if (ret->all.len > 1)
		qsort(ret->all.ptr, ret->all.len, sizeof(struct row), by_id);
	return status;
}

static bool names_document(const struct sv_rule *rule, const struct sv_document *document)
{
	for (const char *const *d = rule->documents; d && *d; d++)
		if (sv_document_of(*d) == document)
			return true;
	return false;
}

static struct row count_document(const struct sv_report *report, const struct sv_document *document)
{
	struct row row = {.id = document->id};

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct sv_finding *f = &report->findings[i];

		if (!names_document(f->rule, document))
			continue;
		row.secrets += !f->suppressed && f->cls == SV_CLASS_SECRET;
		row.practices += !f->suppressed && f->cls == SV_CLASS_PRACTICE;
		row.suppressed += f->suppressed != NULL;
		if (!f->suppressed && f->severity > row.worst)
			row.worst = f->severity;
	}
	return row;
}

static int put_row_json(struct sv_buf *out, const struct row *row, bool first)
{
	int status = sv_buf_puts(out, first ? "{\"id\":" : ",{\"id\":");

	if (status == 0)
		status = put_quoted(out, row->id);
	if (status == 0)
		status = sv_buf_printf(out, ",\"secrets\":%zu,\"practices\":%zu,\"suppressed\":%zu",
				       row->secrets, row->practices, row->suppressed);
	/* nothing open has no worst */
	if (status == 0 && row->secrets + row->practices != 0)
		status = sv_buf_printf(out, ",\"worst\":\"%s\"", sv_severity_name(row->worst));
	return status < 0 ? status : sv_buf_putc(out, '}');
}

static int put_controls_json(const struct sv_report *report, bool v2, struct sv_buf *out)
{
	struct rows rows = {0};
	int status = count_controls(report, v2, &rows);

	if (status == 0)
		status = sv_buf_printf(out, "\"%s\":[", v2 ? "mcsb_v2" : "mcsb");
	for (size_t i = 0; status == 0 && i < rows.all.len; i++)
		status = put_row_json(out, &rows.all.ptr[i], i == 0);
	sv_vec_release(&rows.all);
	return status < 0 ? status : sv_buf_puts(out, "],");
}

int sv_compliance_json(const struct sv_report *report, struct sv_buf *out)
{
	int status = sv_buf_puts(out, ",\"compliance\":{");

	if (status == 0)
		status = put_controls_json(report, false, out);
	if (status == 0)
		status = put_controls_json(report, true, out);
	if (status == 0)
		status = sv_buf_puts(out, "\"documents\":[");
	for (size_t i = 0; status == 0 && i < sizeof(documents) / sizeof(*documents); i++) {
		struct row row = count_document(report, &documents[i]);

		status = put_row_json(out, &row, i == 0);
	}
	return status < 0 ? status : sv_buf_puts(out, "]}");
}

/* ---- for people ---- */

static int put_controls_text(const struct sv_report *report, bool v2, struct sv_buf *out)
{
	struct rows rows = {0};
	int status = count_controls(report, v2, &rows);

	if (status == 0)
		status = sv_buf_printf(out, "Microsoft cloud security benchmark %s%s\n",
				       v2 ? "v2" : "v1",
				       rows.all.len	  ? ""
				       : report->complete ? ": none found"
							  : ": unknown");
	if (status == 0 && rows.all.len != 0)
		status = sv_buf_puts(out, "  control   secrets practice  allowed  worst\n");
	for (size_t i = 0; status == 0 && i < rows.all.len; i++) {
		const struct row *r = &rows.all.ptr[i];

		status =
			sv_buf_printf(out, "  %-8s %8zu %8zu %8zu  %s\n", r->id, r->secrets,
				      r->practices, r->suppressed,
				      r->secrets + r->practices ? sv_severity_name(r->worst) : "-");
	}
	sv_vec_release(&rows.all);
	return status;
}

static int put_documents_text(const struct sv_report *report, struct sv_buf *out)
{
	int status = sv_buf_puts(out, "Documents of best practice\n");

	for (size_t i = 0; status == 0 && i < sizeof(documents) / sizeof(*documents); i++) {
		struct row r = count_document(report, &documents[i]);

		if (r.secrets + r.practices != 0)
			status = sv_buf_printf(out, "  %8zu %8zu  %-8s  %s\n", r.secrets,
					       r.practices, sv_severity_name(r.worst),
					       documents[i].title);
		else /* what was not read could hold anything */
			status = sv_buf_printf(out, "  %27s  %s\n",
					       report->complete ? "none found" : "unknown",
					       documents[i].title);
	}
	return status;
}

int sv_compliance_text(const struct sv_report *report, struct sv_buf *out)
{
	size_t secrets = 0, practices = 0;
	int status = put_controls_text(report, false, out);

	if (status == 0)
		status = put_controls_text(report, true, out);
	if (status == 0)
		status = put_documents_text(report, out);
	for (size_t i = 0; i < report->n_findings; i++) {
		secrets += !report->findings[i].suppressed &&
			   report->findings[i].cls == SV_CLASS_SECRET;
		practices += !report->findings[i].suppressed &&
			     report->findings[i].cls == SV_CLASS_PRACTICE;
	}
	return status < 0 ? status
			  : sv_buf_printf(out,
					  "distinct: %zu secrets, %zu practice findings; files and "
					  "history only%s\n",
					  secrets, practices,
					  report->complete ? "" : "; not all was read");
}
