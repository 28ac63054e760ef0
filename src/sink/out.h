/** @file What every format writes with: one record at a time, and nothing unmasked. */
#ifndef SV_SINK_OUT_H
#define SV_SINK_OUT_H

#include "base/base.h"
#include "sink/masks.h"
#include <sievert/report.h>

/** A report being written. The first error stays, and nothing is written after it. */
struct sv_out {
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

/* ---- the record at hand ---- */
/** Our own words and numbers; input goes by sv_out_made(). */
void sv_out_put(struct sv_out *o, const char *fmt, ...) SV_PRINTF(2, 3);
/** To buf, which may hold a shown secret: what it grows out of is wiped. */
void sv_out_bytes(struct sv_out *o, struct sv_buf *buf, const void *bytes, size_t len);
/** What a maker such as sv_json_quote() makes of input bytes. */
void sv_out_made(struct sv_out *o, size_t make(struct sv_span, char *, size_t), struct sv_span s);
/** What a maker such as sv_compliance_text() makes of the report, if that is asked for. */
void sv_out_compliance(struct sv_out *o, int make(const struct sv_report *, struct sv_buf *));
/** Hands the record on. */
void sv_out_flush(struct sv_out *o);
/** Wipes and releases a buffer that may hold a shown secret. */
void sv_out_release(struct sv_buf *buf);

/* ---- the line of text: gathered raw, made safe as a whole ("x:" and ":1" are harmless alone) ----
 */
void sv_out_add(struct sv_out *o, const char *fmt, ...) SV_PRINTF(2, 3);
void sv_out_add_span(struct sv_out *o, struct sv_span s);
/** With the values of f, which may be NULL, and of all other findings masked. */
void sv_out_add_masked(struct sv_out *o, const struct sv_finding *f, struct sv_span s);
/** "1 file", "2 files": nouns of ours only need an s. */
void sv_out_add_count(struct sv_out *o, uint64_t n, const char *noun);
/** As it can be typed: the root before what lies below it. */
void sv_out_add_path(struct sv_out *o, const struct sv_finding *f, struct sv_span root,
		     struct sv_span path);
/** Where in history a place is: "blob, commit 0123456789ab, Name <mail>, unreachable". */
void sv_out_add_history(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p);
/** What a gap is about, and what is known of it: "path (why)". */
void sv_out_add_gap(struct sv_out *o, const struct sv_gap *gap);
/** Ends the line: its bytes go to the record as the maker makes them. */
void sv_out_end_piece(struct sv_out *o, size_t make(struct sv_span, char *, size_t));

/* ---- values ---- */
/** Appends the secret as it may be shown. */
void sv_out_redact(struct sv_out *o, const struct sv_finding *f, struct sv_buf *ret);
/** s without the values of f, which may be NULL, and of all other findings; masked holds it. */
struct sv_span sv_out_mask(struct sv_out *o, const struct sv_finding *f, struct sv_span s,
			   struct sv_buf *masked);
/** As can be typed, unmasked. */
void sv_out_join(struct sv_out *o, struct sv_span root, struct sv_span path, struct sv_buf *ret);

/* ---- JSON ---- */
void sv_out_string(struct sv_out *o, struct sv_span s);
/** ,"name":"value" */
void sv_out_member(struct sv_out *o, const char *name, struct sv_span value);
void sv_out_masked(struct sv_out *o, const struct sv_finding *f, const char *name,
		   struct sv_span value);

/* ---- parts of a report that several formats tell alike: members, each with a comma before it ----
 */
void sv_json__sureness(struct sv_out *o,
		       const struct sv_finding *f); /* severity, confidence, reasons */
void sv_json__secret(struct sv_out *o, const struct sv_finding *f);
void sv_json__c3id(struct sv_out *o, const struct sv_finding *f); /* of some findings */
void sv_json__decoded(struct sv_out *o, const struct sv_finding *f);
void sv_json__also(struct sv_out *o, const struct sv_finding *f);
void sv_json__practice(struct sv_out *o, const struct sv_finding *f);
void sv_json__history(struct sv_out *o, const struct sv_finding *f, const struct sv_place *p);
void sv_json__totals(struct sv_out *o); /* complete, findings, suppressed, stopped */
void sv_json__counts(struct sv_out *o); /* of coverage, without the first comma */
/** An object. */
void sv_json__gap(struct sv_out *o, const struct sv_gap *gap);

/* ---- the formats ---- */
void sv_json__write(struct sv_out *o);
void sv_json__write_lines(struct sv_out *o);
void sv_sarif__write(struct sv_out *o);
#endif
