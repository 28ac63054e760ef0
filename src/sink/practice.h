/** @file What best practice says of a rule, and of a report as a whole. */
#ifndef SV_SINK_PRACTICE_H
#define SV_SINK_PRACTICE_H

#include "base/base.h"
#include <sievert/report.h>

/** The document of a rule's "page/clause"; NULL if it is none of documents.def. */
const struct sv_document *sv_document_of(const char *page_and_clause);

/** What is told of a finding: its rule's words, those of the rules found with it, and what holds of any secret. */
#define SV_ADVICE_MAX 64
struct sv_advice {
	const char *items[SV_ADVICE_MAX + 1]; /* NULL after the last */
	size_t n;
};
enum sv_advice_of { SV_ADVICE_DOCUMENTS, SV_ADVICE_MCSB, SV_ADVICE_MCSB_V2, SV_ADVICE_POLICIES, SV_ADVICE_CWE };
/** Each once, the rule's own first. */
void sv_advice(const struct sv_finding *f, enum sv_advice_of what, struct sv_advice *ret);

/** Appends ,"practice":{…}; nothing for a practice finding whose rule says nothing. */
int sv_practice_json(const struct sv_finding *f, struct sv_buf *out);
/**
 * Microsoft's id for correlating one secret among companies and tools, of 20 characters: base64 of 15
 * bytes of a hash of the secret. It has no key, so it is only for values that nobody can guess.
 */
void sv_c3id(struct sv_span secret, char ret[21]);
/** Appends ,"compliance":{…}: findings by control and by document. */
int sv_compliance_json(const struct sv_report *report, struct sv_buf *out);
/** The same for people. Words come from our tables and from rules that passed the parser. */
int sv_compliance_text(const struct sv_report *report, struct sv_buf *out);
#endif
