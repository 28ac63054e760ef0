/* Best practice in reports: what a rule says of it, and how a report stands by control and
 * document. */
#include "sink/practice.h"
#include <sievert/report.h>
#include <sodium.h>
#include <stdio.h>

static const struct sv_document documents[] = {
#define DOCUMENT(id, title, page, clauses) {id, title, page, clauses},
#include "sink/documents.def"
#undef DOCUMENT
};

const struct sv_document *sv_documents(size_t *ret_n)
{
	*ret_n = sizeof(documents) / sizeof(*documents);
	return documents;
}

/* The title of a control; "" if it is not told. */
static const char *title_of(const char *control)
{
	static const struct {
		const char *id, *title;
	} controls[] = {
#define CONTROL(id, title) {id, title},
#include "sink/controls.def"
#undef CONTROL
	};

	for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		if (strcmp(controls[i].id, control) == 0)
			return controls[i].title;
	return "";
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

/* ---- what is told of a finding ---- */

static const char *const any_secret_documents[] = {"secrets-best-practices/a", NULL};
static const char *const any_secret_mcsb[] = {"IM-8", "DS-3", NULL};
static const char *const any_secret_mcsb_v2[] = {"IM-8.1", "IM-8.2", "DS-3", NULL};

static void add_advice(struct sv_advice *advice, const char *const *list)
{
	for (; list && *list; list++) {
		size_t i = 0;

		while (i < advice->n && strcmp(advice->items[i], *list) != 0)
			i++;
		if (i == advice->n && i < SV_ADVICE_MAX)
			advice->items[advice->n++] = *list;
	}
}

static const char *const *list_of(const struct sv_rule *rule, enum sv_advice_of what)
{
	const struct sv_practice *p = &rule->practice;
	const char *const *const lists[] = {[SV_ADVICE_DOCUMENTS] = rule->documents,
					    [SV_ADVICE_MCSB] = p->mcsb,
					    [SV_ADVICE_MCSB_V2] = p->mcsb_v2,
					    [SV_ADVICE_POLICIES] = p->policies,
					    [SV_ADVICE_CWE] = p->cwe};

	return lists[what];
}

void sv_advice(const struct sv_finding *f, enum sv_advice_of what, struct sv_advice *ret)
{
	static const char *const *const any_secret[] = {[SV_ADVICE_DOCUMENTS] = any_secret_documents,
							[SV_ADVICE_MCSB] = any_secret_mcsb,
							[SV_ADVICE_MCSB_V2] = any_secret_mcsb_v2,
							[SV_ADVICE_CWE] = NULL};

	*ret = (struct sv_advice){.n = 0};
	add_advice(ret, list_of(f->rule, what));
	if (f->cls == SV_CLASS_SECRET && what != SV_ADVICE_CWE && what != SV_ADVICE_POLICIES)
		add_advice(ret, any_secret[what]);
	for (size_t i = 0; i < f->n_also; i++)
		add_advice(ret, list_of(f->also[i], what));
}

static int put_advice(struct sv_buf *out, const char *name, const struct sv_finding *f,
		      enum sv_advice_of what)
{
	struct sv_advice advice;

	sv_advice(f, what, &advice);
	if (advice.n == 0)
		return 0;
	return put_list(out, name, advice.items);
}

static bool says_anything(const struct sv_finding *f)
{
	const struct sv_practice *p = &f->rule->practice;

	return f->cls == SV_CLASS_SECRET || f->n_also != 0 || f->rule->documents || p->instead ||
	       p->rotate || p->docs || p->mcsb || p->mcsb_v2 || p->policies || p->cwe || p->sec101 ||
	       p->github;
}

int sv_practice_json(const struct sv_finding *f, struct sv_buf *out)
{
	const struct sv_practice *p = &f->rule->practice;
	static const struct {
		const char *name;
		enum sv_advice_of what;
	} lists[] = {{"documents", SV_ADVICE_DOCUMENTS},
		     {"mcsb", SV_ADVICE_MCSB},
		     {"mcsb_v2", SV_ADVICE_MCSB_V2},
		     {"policies", SV_ADVICE_POLICIES},
		     {"cwe", SV_ADVICE_CWE}};
	int status;

	if (!says_anything(f))
		return 0;
	status = sv_buf_puts(out, ",\"practice\":{");
	if (status == 0)
		status = put_text(out, "instead", p->instead);
	if (status == 0)
		status = put_text(out, "rotate", p->rotate);
	if (status == 0)
		status = put_text(out, "docs", p->docs);
	for (size_t i = 0; status == 0 && i < sizeof(lists) / sizeof(*lists); i++)
		status = put_advice(out, lists[i].name, f, lists[i].what);
	if (status == 0)
		status = put_list(out, "sec101", p->sec101);
	if (status == 0)
		status = put_list(out, "github", p->github);
	return status < 0 ? status : sv_buf_putc(out, '}');
}

/* ---- C3ID ---- */

void sv_c3id(struct sv_span secret, char ret[21])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t hash[crypto_hash_sha256_BYTES];
	char text[28 + 64 + 1] = "CrossMicrosoftCorrelatingId:";

	crypto_hash_sha256(hash, secret.ptr, secret.len);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 28 + 2 * i, 3, "%02X", hash[i]);
	crypto_hash_sha256(hash, (const uint8_t *)text, 28 + 64);
	for (size_t i = 0; i < 20; i++) {
		size_t bit = i * 6;
		unsigned two = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];

		ret[i] = digits[two >> (10 - bit % 8) & 63];
	}
	ret[20] = '\0';
	sv_wipe(text, sizeof(text));
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

/* A finding counts at each control that is told with it; so the rows do not add up. */
static int count_controls(const struct sv_report *report, bool v2, struct rows *ret)
{
	int status = 0;

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct sv_finding *f = &report->findings[i];
		struct sv_advice advice;

		sv_advice(f, v2 ? SV_ADVICE_MCSB_V2 : SV_ADVICE_MCSB, &advice);
		for (size_t k = 0; status == 0 && k < advice.n; k++)
			status = count_at(ret, advice.items[k], f);
	}
	if (ret->all.len > 1)
		qsort(ret->all.ptr, ret->all.len, sizeof(struct row), by_id);
	return status;
}

static bool names_document(const struct sv_finding *f, const struct sv_document *document)
{
	struct sv_advice advice;

	sv_advice(f, SV_ADVICE_DOCUMENTS, &advice);
	for (size_t i = 0; i < advice.n; i++)
		if (sv_document_of(advice.items[i]) == document)
			return true;
	return false;
}

static struct row count_document(const struct sv_report *report, const struct sv_document *document)
{
	struct row row = {.id = document->id};

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct sv_finding *f = &report->findings[i];

		if (!names_document(f, document))
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
		status = sv_buf_printf(out, "  control   secrets practice  allowed  worst%s\n",
				       v2 ? "" : "     title");
	for (size_t i = 0; status == 0 && i < rows.all.len; i++) {
		const struct row *r = &rows.all.ptr[i];

		status = sv_buf_printf(
			out, v2 ? "  %-8s %8zu %8zu %8zu  %s\n" : "  %-8s %8zu %8zu %8zu  %-8s  %s\n",
			r->id, r->secrets, r->practices, r->suppressed,
			r->secrets + r->practices ? sv_severity_name(r->worst) : "-", title_of(r->id));
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
	const size_t n_documents = sizeof(documents) / sizeof(*documents);
	size_t secrets = 0, practices = 0, touched = 0;
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
	for (size_t i = 0; i < n_documents; i++) {
		struct row row = count_document(report, &documents[i]);

		touched += row.secrets + row.practices != 0;
	}
	return status < 0 ? status
			  : sv_buf_printf(out,
					  "distinct: %zu secrets, %zu practice findings; %zu of %zu "
					  "documents; files and history only%s\n",
					  secrets, practices, touched, n_documents,
					  report->complete ? "" : "; not all was read");
}
