/** @file What best practice says of a rule, and of a report as a whole. */
#ifndef SV_SINK_PRACTICE_H
#define SV_SINK_PRACTICE_H

#include "base/base.h"
#include <sievert/report.h>

/** The document of a rule's "page/clause"; NULL if it is none of documents.def. */
const struct sv_document *sv_document_of(const char *page_and_clause);

/** Appends ,"practice":{…}; nothing for a rule that says nothing. */
int sv_practice_json(const struct sv_rule *rule, struct sv_buf *out);
/** Appends ,"compliance":{…}: findings by control and by document. */
int sv_compliance_json(const struct sv_report *report, struct sv_buf *out);
/** The same for people. Words come from our tables and from rules that passed the parser. */
int sv_compliance_text(const struct sv_report *report, struct sv_buf *out);
#endif
