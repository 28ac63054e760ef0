/*
 * The report as SARIF 2.1.0: one log of one run, as code scanning services and viewers read it.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
#include "sink/out.h"
#include "sink/practice.h"
#include <ctype.h>

#define MOST_PLACES 1000 /* of a result: GitHub refuses a file that has one with more */
#define MOST_TAGS   10	 /* of a rule: GitHub shows no more, and refuses more than twice that */

/* A rule that has results. */
struct row {
	const struct sv_rule *rule;
	enum sv_confidence surest; /* of them */
};

struct sarif {
	struct sv_out *o;
	SV_VEC(struct row) rules; /* sorted by id */
	struct sv_span base;	  /* the absolute root that all places have; else empty */
};

static const char *const levels[] = {[SV_INFO] = "note",
				     [SV_LOW] = "note",
				     [SV_MEDIUM] = "warning",
				     [SV_HIGH] = "error",
				     [SV_CRITICAL] = "error"};
/* in the middle of what GitHub calls so; 0 would be no severity */
static const char *const scores[] = {[SV_INFO] = "1.0",
				     [SV_LOW] = "3.0",
				     [SV_MEDIUM] = "5.5",
				     [SV_HIGH] = "8.0",
				     [SV_CRITICAL] = "9.5"};

static const char *level_of(enum sv_class cls, enum sv_severity severity)
{
	return cls == SV_CLASS_PRACTICE ? "note" : levels[severity];
}

/* ---- pieces of text: gathered in the line, which becomes one string ---- */

static void put_line(struct sv_out *o)
{
	sv_out_end_piece(o, sv_json_quote);
}

/* With a backslash before each of signs. */
static void add_escaped(struct sv_out *o, struct sv_span s, const char *signs)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\0' && strchr(signs, s.ptr[i]))
			sv_out_add(o, "\\");
		sv_out_add_span(o, sv_span(s.ptr + i, 1));
	}
}

/* Words as they are, but no link: a message may have some, as "[text](id)". */
static void add_literal(struct sv_out *o, const struct sv_finding *f, struct sv_span s)
{
	SV_AUTO(sv_buf) masked = {0};
	struct sv_span shown = sv_out_mask(o, f, s, &masked);

	add_escaped(o, shown, shown.len && memmem(shown.ptr, shown.len, "](", 2) ? "[]\\" : "");
}

static void add_markdown(struct sv_out *o, const char *words)
{
	SV_AUTO(sv_buf) masked = {0};

	add_escaped(o, sv_out_mask(o, NULL, sv_span_str(words), &masked), "\\`*_{}[]<>#|~&!$");
}

/* " Rotate: WORDS.": nothing if there are none. */
static void add_sentence(struct sv_out *o, const char *label, const char *words)
{
	if (words == NULL || *words == '\0')
		return;
	sv_out_add(o, " %s: ", label);
	add_literal(o, NULL, sv_span_str(words));
	sv_out_add(o, "%s", isalnum((unsigned char)words[strlen(words) - 1]) ? "." : "");
}

/* ---- where ---- */

/* Bytes of any encoding, as a URI has them: a colon could be a scheme's, a backslash a slash. */
static void put_uri(struct sv_out *o, struct sv_span path)
{
	for (size_t i = 0; i < path.len; i++) {
		uint8_t c = path.ptr[i];

		if (c < 0x80 && (isalnum(c) || (c != '\0' && strchr("/-._~", c))))
			sv_out_bytes(o, &o->buf, &path.ptr[i], 1);
		else
			sv_out_put(o, "%%%02X", c);
	}
}

/* What a place is in, as it can be typed; an object that has no path gets one that no tree can
 * hold. */
static void join_place(struct sarif *s, const struct sv_place *p, struct sv_buf *ret)
{
	SV_AUTO(sv_buf) name = {0};
	struct sv_span root = s->base.len ? sv_span_str(".") : p->root, path = p->path;

	if (p->where == SV_WHERE_REF_NAME || (path.len == 0 && p->object[0] != '\0')) {
		sv_out_bytes(s->o, &name, ".git/", 5);
		if (path.len == 0) {
			const char *where = sv_where_name(p->where);

			sv_out_bytes(s->o, &name, where, strlen(where));
			sv_out_bytes(s->o, &name, "/", 1);
			sv_out_bytes(s->o, &name, p->object, strlen(p->object));
		}
		sv_out_bytes(s->o, &name, path.ptr, path.len);
		path = sv_buf_span(&name);
	}
	sv_out_join(s->o, root, path, ret);
}

static void put_artifact(struct sarif *s, const struct sv_finding *f, const struct sv_place *p)
{
	SV_AUTO(sv_buf) path = {0}, masked = {0};
	struct sv_span shown;

	join_place(s, p, &path);
	shown = sv_out_mask(s->o, f, sv_buf_span(&path), &masked);
	while (sv_span_starts_with(shown, "./") && shown.len > 2)
		shown = sv_span(shown.ptr + 2, shown.len - 2);
	if (sv_span_starts_with(shown, "/")) {
		sv_out_put(s->o, "\"artifactLocation\":{\"uri\":\"file://");
		put_uri(s->o, shown);
		sv_out_put(s->o, "\"}");
	} else {
		sv_out_put(s->o, "\"artifactLocation\":{\"uri\":\"");
		put_uri(s->o, shown);
		sv_out_put(s->o, "\",\"uriBaseId\":\"%%SRCROOT%%\"}");
	}
}

/* What stands in a name is nowhere in its file: told at the beginning. */
static void put_region(struct sv_out *o, const struct sv_place *p)
{
	const struct sv_place start = {.line = 1, .end_line = 1, .utf16_column = 1, .utf16_end = 1};
	bool in_name = p->where == SV_WHERE_PATH || p->where == SV_WHERE_REF_NAME;
	const struct sv_place *r = in_name ? &start : p;

	sv_out_put(o, ",\"region\":{\"startLine\":%u,\"startColumn\":%u", r->line, r->utf16_column);
	sv_out_put(o, ",\"endLine\":%u,\"endColumn\":%u", r->end_line, r->utf16_end);
	if (!in_name)
		sv_out_put(o, ",\"byteOffset\":%llu,\"byteLength\":%llu",
			   (unsigned long long)p->offset, (unsigned long long)p->length);
	sv_out_put(o, "}");
}

/* id 0: nothing refers to it */
static void put_location(struct sarif *s, const struct sv_finding *f, const struct sv_place *p,
			 size_t id)
{
	struct sv_out *o = s->o;

	sv_out_put(o, "{");
	if (id != 0)
		sv_out_put(o, "\"id\":%zu,", id);
	sv_out_put(o, "\"physicalLocation\":{");
	put_artifact(s, f, p);
	put_region(o, p);
	sv_out_put(o, "}");
	if (p->in_history) {
		sv_out_put(o, ",\"message\":{\"text\":");
		sv_out_add_history(o, f, p);
		put_line(o);
		sv_out_put(o, "}");
	}
	sv_out_put(o, ",\"properties\":{\"where\":\"%s\"", sv_where_name(p->where));
	sv_json__history(o, f, p);
	sv_out_put(o, "}}");
}

/*
 * The place that is shown, where a service shows one only: a file that is there rather than one
 * that was, and a file rather than a message.
 */
static size_t first_place(const struct sv_finding *f)
{
	size_t first = 0;

	for (size_t i = 1; i < f->n_places; i++)
		if (f->places[i].where < f->places[first].where ||
		    (f->places[i].where == f->places[first].where && f->places[i].reachable &&
		     !f->places[first].reachable))
			first = i;
	return first;
}

/* The others, as links to relatedLocations. */
static void add_other_places(struct sarif *s, const struct sv_finding *f, size_t first)
{
	struct sv_out *o = s->o;
	size_t n = f->n_places - 1, most = o->options->max_places, shown = 0;

	most = most == 0 || most > MOST_PLACES - 1 ? MOST_PLACES - 1 : most;
	for (size_t i = 0; i < f->n_places && shown < most; i++) {
		const struct sv_place *p = &f->places[i];
		SV_AUTO(sv_buf) path = {0}, masked = {0};

		if (i == first)
			continue;
		sv_out_add(o, "%s[", shown == 0 ? " Also in " : ", ");
		join_place(s, p, &path);
		add_escaped(o, sv_out_mask(o, f, sv_buf_span(&path), &masked), "[]\\");
		sv_out_add(o, ":%u](%zu)", p->line, ++shown);
	}
	if (shown < n) {
		sv_out_add(o, " and ");
		sv_out_add_count(o, n - shown, "more place");
	}
	sv_out_add(o, "%s", n ? "." : "");
}

static void put_message(struct sarif *s, const struct sv_finding *f, size_t first)
{
	struct sv_out *o = s->o;

	add_literal(o, NULL, sv_span_str(f->message));
	if (f->cls == SV_CLASS_SECRET) {
		sv_out_add(o, ", ");
		sv_out_redact(o, f, &o->line);
	}
	sv_out_add(o, ".");
	add_sentence(o, "Rotate", f->rule->practice.rotate);
	add_sentence(o, "Instead", f->rule->practice.instead);
	for (size_t i = 0; i < f->n_also; i++)
		if (f->also[i]->cls == SV_CLASS_PRACTICE)
			add_sentence(o, "Also", f->also[i]->name);
	add_other_places(s, f, first);
	put_line(o);
}

/* ---- results ---- */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->rule->id, ((const struct row *)b)->rule->id);
}

static size_t index_of(const struct sarif *s, const struct sv_rule *rule)
{
	struct row key = {.rule = rule};
	const struct row *row =
		s->rules.len == 0 ? NULL
				  : bsearch(&key, s->rules.ptr, s->rules.len, sizeof(key), by_id);

	return row ? (size_t)(row - s->rules.ptr) : 0;
}

static void put_places(struct sarif *s, const struct sv_finding *f, size_t first)
{
	struct sv_out *o = s->o;
	size_t id = 0;

	sv_out_put(o, ",\"locations\":[");
	put_location(s, f, &f->places[first], 0);
	sv_out_put(o, "]");
	if (f->n_places == 1)
		return;
	sv_out_put(o, ",\"relatedLocations\":[");
	for (size_t i = 0; i < f->n_places && id < MOST_PLACES - 1; i++)
		if (i != first) {
			sv_out_put(o, "%s", id ? "," : "");
			put_location(s, f, &f->places[i], ++id);
		}
	sv_out_put(o, "]");
}

/*
 * One result a finding: a secret at ten places is rotated once. GitHub knows a result again by the
 * first place's path, the rule, and primaryLocationLineHash alone, so that is the fingerprint, too.
 */
static void put_result(struct sarif *s, const struct sv_finding *f)
{
	struct sv_out *o = s->o;
	size_t first = first_place(f);

	sv_out_put(o, "{\"ruleId\":");
	sv_out_string(o, sv_span_str(f->rule->id));
	sv_out_put(o, ",\"ruleIndex\":%zu,\"level\":\"%s\",\"message\":{\"text\":",
		   index_of(s, f->rule), level_of(f->cls, f->severity));
	put_message(s, f, first);
	sv_out_put(o, "}");
	put_places(s, f, first);
	sv_out_put(o, ",\"fingerprints\":{\"sievert/v1\":\"%s\"", f->id);
	sv_json__c3id(o, f);
	sv_out_put(o, "},\"partialFingerprints\":{\"primaryLocationLineHash\":\"%s\"}", f->id);
	if (f->suppressed) {
		sv_out_put(o, ",\"suppressions\":[{\"kind\":\"inSource\"");
		sv_out_member(o, "justification", sv_span_str(f->suppressed));
		sv_out_put(o, "}]");
	}
	sv_out_put(o, ",\"properties\":{\"class\":\"%s\"", sv_class_name(f->cls));
	sv_json__sureness(o, f);
	sv_json__secret(o, f);
	sv_json__decoded(o, f);
	sv_out_put(o, ",\"places\":%zu", f->n_places);
	sv_json__also(o, f);
	if (f->n_also != 0) /* else it is the rule's */
		sv_json__practice(o, f);
	sv_out_put(o, "}}");
}

/* ---- rules ---- */

static void gather_rules(struct sarif *s)
{
	const struct sv_report *r = s->o->report;
	size_t kept = 0;

	for (size_t i = 0; s->o->status == 0 && i < r->n_findings; i++) {
		struct row row = {r->findings[i].rule, r->findings[i].confidence};
		struct row *last = s->rules.len ? &s->rules.ptr[s->rules.len - 1] : NULL;

		/* they are sorted by severity and rule: mostly it is the last one's */
		if (last == NULL || last->rule != row.rule)
			s->o->status = sv_vec_push(&s->rules, row);
		else if (row.surest > last->surest)
			last->surest = row.surest;
	}
	if (s->rules.len > 1)
		qsort(s->rules.ptr, s->rules.len, sizeof(struct row), by_id);
	for (size_t i = 0; i < s->rules.len; i++) {
		struct row *last = kept ? &s->rules.ptr[kept - 1] : NULL;

		if (last == NULL || by_id(last, &s->rules.ptr[i]) != 0)
			s->rules.ptr[kept++] = s->rules.ptr[i];
		else if (s->rules.ptr[i].surest > last->surest)
			last->surest = s->rules.ptr[i].surest;
	}
	s->rules.len = kept;
}

/* A rule of anybody's may say anything. */
static bool is_address(const char *text)
{
	if (text == NULL || (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}()", *c))
			return false;
	return true;
}

static const char *page_of(const struct sv_rule *rule, const struct sv_advice *documents)
{
	const struct sv_document *document;

	if (is_address(rule->practice.docs))
		return rule->practice.docs;
	document = documents->n ? sv_document_of(documents->items[0]) : NULL;
	return document ? document->page : NULL;
}

static void add_help_text(struct sv_out *o, const struct sv_rule *rule, const char *page)
{
	sv_out_add_masked(o, NULL, sv_span_str(rule->name ? rule->name : rule->id));
	sv_out_add(o, ".");
	add_sentence(o, "Rotate", rule->practice.rotate);
	add_sentence(o, "Instead", rule->practice.instead);
	if (page) {
		sv_out_add(o, " See ");
		sv_out_add_span(o, sv_span_str(page));
	}
}

static void add_paragraph(struct sv_out *o, const char *label, const char *words)
{
	if (words == NULL)
		return;
	sv_out_add(o, "\n\n**%s:** ", label);
	add_markdown(o, words);
}

static void add_help_markdown(struct sv_out *o, const struct sv_rule *rule,
			      const struct sv_advice *documents)
{
	const char *docs = is_address(rule->practice.docs) ? rule->practice.docs : NULL;

	add_markdown(o, rule->description ? rule->description : rule->name ? rule->name : rule->id);
	add_paragraph(o, "Rotate", rule->practice.rotate);
	add_paragraph(o, "Instead", rule->practice.instead);
	for (size_t i = 0; i < documents->n; i++) {
		const struct sv_document *document = sv_document_of(documents->items[i]);

		if (document == NULL)
			continue;
		sv_out_add(o, "\n\n[%s](%s)", document->title, document->page);
		if (docs && strcmp(docs, document->page) == 0)
			docs = NULL;
	}
	if (docs) {
		sv_out_add(o, "\n\n[Documentation](");
		sv_out_add_span(o, sv_span_str(docs));
		sv_out_add(o, ")");
	}
}

/* "external/cwe/cwe-798" is how CodeQL's own rules say it, which GitHub shows as a weakness. */
static void put_tags(struct sv_out *o, const struct sv_finding *any)
{
	static const struct {
		enum sv_advice_of what;
		const char *prefix;
	} kinds[] = {{SV_ADVICE_CWE, "external/cwe/"},
		     {SV_ADVICE_MCSB_V2, "mcsb-v2/"},
		     {SV_ADVICE_MCSB, "mcsb/"}};
	size_t n = 2;

	sv_out_put(o, "\"tags\":[\"security\",\"%s\"", sv_class_name(any->cls));
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		struct sv_advice advice;

		sv_advice(any, kinds[k].what, &advice);
		for (size_t i = 0; i < advice.n && n < MOST_TAGS; i++, n++) {
			sv_out_put(o, ",");
			sv_out_add(o, "%s", kinds[k].prefix);
			for (const char *c = advice.items[i]; *c != '\0'; c++)
				sv_out_add(o, "%c", k == 0 ? tolower((unsigned char)*c) : *c);
			put_line(o);
		}
	}
	sv_out_put(o, "]");
}

static void put_rule(struct sv_out *o, const struct row *row)
{
	const struct sv_rule *rule = row->rule;
	const struct sv_finding any = {.rule = rule, .cls = rule->cls};
	const char *name = rule->name ? rule->name : rule->id, *page;
	struct sv_advice documents;

	sv_advice(&any, SV_ADVICE_DOCUMENTS, &documents);
	page = page_of(rule, &documents);
	sv_out_put(o, "{\"id\":");
	sv_out_string(o, sv_span_str(rule->id));
	sv_out_masked(o, NULL, "name", sv_span_str(name));
	sv_out_put(o, ",\"shortDescription\":{\"text\":");
	sv_out_add_masked(o, NULL, sv_span_str(name));
	put_line(o);
	sv_out_put(o, "},\"fullDescription\":{\"text\":");
	sv_out_add_masked(o, NULL, sv_span_str(rule->description ? rule->description : name));
	put_line(o);
	sv_out_put(o, "}");
	if (page)
		sv_out_member(o, "helpUri", sv_span_str(page));
	sv_out_put(o, ",\"help\":{\"text\":");
	add_help_text(o, rule, page);
	put_line(o);
	sv_out_put(o, ",\"markdown\":");
	add_help_markdown(o, rule, &documents);
	put_line(o);
	sv_out_put(o, "},\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{",
		   level_of(rule->cls, rule->severity));
	put_tags(o, &any);
	sv_out_put(o, ",\"security-severity\":\"%s\",\"precision\":\"%s\"", scores[rule->severity],
		   sv_confidence_name(row->surest));
	sv_json__practice(o, &any);
	sv_out_put(o, "}}");
}

static void put_tool(struct sarif *s)
{
	struct sv_out *o = s->o;

	sv_out_put(
		o,
		"\"tool\":{\"driver\":{\"name\":\"Sievert\",\"fullName\":\"Sievert " SIEVERT_VERSION
		"\",\"version\":\"" SIEVERT_VERSION "\",\"semanticVersion\":\"" SIEVERT_VERSION
		"\",\"rules\":[");
	for (size_t i = 0; i < s->rules.len; i++) {
		sv_out_put(o, "%s", i ? ",\n" : "");
		put_rule(o, &s->rules.ptr[i]);
		sv_out_flush(o);
	}
	sv_out_put(o, "]}}");
}

/* ---- what was not read ---- */

/* Of the words in the line. */
static void put_notice(struct sv_out *o, const char **comma, const char *level, const char *kind)
{
	sv_out_put(o, "%s{\"level\":\"%s\",\"descriptor\":{\"id\":\"%s\"},\"message\":{\"text\":",
		   *comma, level, kind);
	put_line(o);
	sv_out_put(o, "}");
	*comma = ",\n";
}

static const struct {
	const char *level, *words;
} gap_kinds[] = {[SV_GAP_SKIPPED] = {"note", "Skipped by policy"},
		 [SV_GAP_UNREAD] = {"error", "Could not be read"}};

static void put_gap(struct sv_out *o, const struct sv_gap *gap, const char **comma)
{
	sv_out_add(o, "%s (%s): ", gap_kinds[gap->kind].words, gap->reason);
	sv_out_add_gap(o, gap);
	put_notice(o, comma, gap_kinds[gap->kind].level, gap->reason);
	sv_out_put(o, ",\"properties\":");
	sv_json__gap(o, gap);
	sv_out_put(o, "}");
}

static void put_notices(struct sv_out *o)
{
	const struct sv_report *r = o->report;
	const uint64_t totals[] = {
		[SV_GAP_SKIPPED] = r->coverage.skipped, [SV_GAP_UNREAD] = r->coverage.unread};
	uint64_t told[] = {0, 0};
	const char *comma = "";

	if (r->stopped) {
		sv_out_add(o, "The scan is incomplete: %s", r->stopped);
		put_notice(o, &comma, "error", "stopped");
		sv_out_put(o, "}");
	}
	for (size_t i = 0; i < r->coverage.n_gaps; i++, sv_out_flush(o)) {
		put_gap(o, &r->coverage.gaps[i], &comma);
		told[r->coverage.gaps[i].kind]++;
	}
	for (int kind = SV_GAP_SKIPPED; kind <= SV_GAP_UNREAD; kind++)
		if (told[kind] < totals[kind]) {
			sv_out_add(o, "%s: %llu more", gap_kinds[kind].words,
				   (unsigned long long)(totals[kind] - told[kind]));
			put_notice(o, &comma, gap_kinds[kind].level, "more");
			sv_out_put(o, "}");
		}
	if (r->coverage.limits_hit != 0) {
		sv_out_add_count(o, r->coverage.limits_hit, "limit");
		sv_out_add(o, " of an expression reached");
		put_notice(o, &comma, "warning", "limit");
		sv_out_put(o, "}");
	}
	if (r->n_suppressed != 0) {
		sv_out_add_count(o, r->n_suppressed, "finding");
		sv_out_add(o, " allowed inline");
		put_notice(o, &comma, "note", "allowed");
		sv_out_put(o, "}");
	}
}

static void put_invocation(struct sv_out *o)
{
	sv_out_put(o, "\"invocations\":[{\"executionSuccessful\":%s",
		   o->report->complete ? "true" : "false");
	if (o->options->exit_code)
		sv_out_put(o, ",\"exitCode\":%d", *o->options->exit_code);
	sv_out_put(o, ",\"toolExecutionNotifications\":[");
	put_notices(o);
	sv_out_put(o, "]}]");
}

/* ---- the log ---- */

/* The root of all places, if it is one and absolute: relative to it, paths are those of the
 * repository. */
static struct sv_span find_base(const struct sv_report *r)
{
	struct sv_span base = {0};

	for (size_t i = 0; i < r->n_findings; i++)
		for (size_t k = 0; k < r->findings[i].n_places; k++) {
			struct sv_span root = r->findings[i].places[k].root;

			if (!sv_span_starts_with(root, "/") ||
			    (base.len && !sv_span_equal(base, root)))
				return (struct sv_span){0};
			base = root;
		}
	return base;
}

static void put_base(struct sarif *s)
{
	SV_AUTO(sv_buf) masked = {0};
	struct sv_span base = sv_out_mask(s->o, NULL, s->base, &masked);

	sv_out_put(s->o, "\"originalUriBaseIds\":{\"%%SRCROOT%%\":{");
	if (base.len != 0) {
		sv_out_put(s->o, "\"uri\":\"file://");
		put_uri(s->o, base);
		sv_out_put(s->o, "%s\"", base.ptr[base.len - 1] == '/' ? "" : "/");
	} else {
		sv_out_put(s->o, "\"description\":{\"text\":\"The folder that sievert ran in\"}");
	}
	sv_out_put(s->o, "}}");
}

static void put_run_properties(struct sv_out *o)
{
	sv_out_put(o, "\"properties\":{\"rules\":%zu,\"rules_digest\":\"%s\"", o->report->n_rules,
		   o->report->rules_digest);
	sv_json__totals(o);
	sv_out_put(o, ",\"coverage\":{");
	sv_json__counts(o);
	sv_out_put(o, "}");
	sv_out_compliance(o, sv_compliance_json);
	sv_out_put(o, "}");
}

/* No automationDetails: who uploads fills them in with the category that the user chose, unless
 * they are there. */
void sv_sarif__write(struct sv_out *o)
{
	struct sarif s = {.o = o, .base = find_base(o->report)};

	gather_rules(&s);
	sv_out_put(o, "{\"$schema\":\"https://json.schemastore.org/"
		      "sarif-2.1.0.json\",\"version\":\"2.1.0\","
		      "\"runs\":[{");
	put_tool(&s);
	sv_out_put(o, ",\n");
	put_invocation(o);
	sv_out_put(o, ",\n\"columnKind\":\"utf16CodeUnits\",");
	if (!o->options->show_secrets)
		sv_out_put(o, "\"redactionTokens\":[\"***\"],");
	put_base(&s);
	sv_out_put(o, ",\n");
	put_run_properties(o);
	sv_out_put(o, ",\n\"results\":[");
	for (size_t i = 0; i < o->report->n_findings; i++) {
		sv_out_put(o, "%s", i ? ",\n" : "");
		put_result(&s, &o->report->findings[i]);
		sv_out_flush(o);
	}
	sv_out_put(o, "]}]}\n");
	sv_out_flush(o);
	sv_vec_release(&s.rules);
}
