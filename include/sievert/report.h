/** @file What a scan found and what it covered: plain data, owned by the report. */
#ifndef SIEVERT_REPORT_H
#define SIEVERT_REPORT_H

#include <sievert/base.h>
#include <sievert/rules.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv_where {
	SV_WHERE_WORKTREE,
	SV_WHERE_INDEX,
	SV_WHERE_BLOB,
	SV_WHERE_COMMIT_MESSAGE,
	SV_WHERE_TAG_MESSAGE,
	SV_WHERE_AUTHOR,
	SV_WHERE_REF_NAME,
	SV_WHERE_PATH,
	SV_WHERE_CONFIG,
	SV_WHERE_STDIN,
};
SV_API const char *sv_where_name(enum sv_where where); /* "worktree", "commit-message" …; static */

/** Readings of the bytes through which a secret was seen; bits. */
enum sv_view {
	SV_VIEW_UTF16 = 1u << 0,
	SV_VIEW_BASE64 = 1u << 1,
	SV_VIEW_ESCAPES = 1u << 2,
	SV_VIEW_PERCENT = 1u << 3,
	SV_VIEW_ENTITIES = 1u << 4,  /**< of XML and HTML */
	SV_VIEW_JOINED = 1u << 5,    /**< string literals that a language joins: "a" + "b" */
	SV_VIEW_FOLDED = 1u << 6,    /**< lines that a format joins: YAML's >, a backslash at the end */
	SV_VIEW_INVISIBLE = 1u << 7, /**< without zero-width characters and soft hyphens */
	SV_VIEW_QUOTED = 1u << 8,    /**< mail's quoted-printable */
};
#define SV_VIEW_MAX 9
SV_API const char *sv_view_name(enum sv_view view); /* "utf-16" "base64" …; static */

/** One place where a secret stands. Strings are NUL-free bytes of the input: print them escaped. */
struct sv_place {
	enum sv_where where;
	struct sv_span root;	   /**< the target as the user named it; of a single file, its folder */
	struct sv_span path;	   /**< relative to root; may be empty */
	uint64_t offset;	   /**< of the secret, in bytes from the start of the original bytes */
	uint64_t length;	   /**< of the secret in the original bytes */
	uint32_t line, column;	   /**< from 1; columns count bytes */
	uint32_t end_line, end_column; /**< of the last byte, inclusive */
	uint32_t utf16_column;	   /**< column in UTF-16 code units, as editors count; a byte order mark is none */
	uint32_t utf16_end;	   /**< the same, behind the last byte */
	char object[65];	   /**< git object that holds it, hex; "" outside of git */
	char commit[65];	   /**< earliest commit that shows it there; "" if none */
	struct sv_span author;	   /**< "Name <mail>" of that commit */
	int64_t date;		   /**< author date, seconds since 1970, UTC; 0 if no commit */
	struct sv_span ref;	   /**< a ref or "reflog" that leads there; may be empty */
	bool in_history;	   /**< the members from object on have a meaning */
	bool reachable;		   /**< from a ref (reflogs do not count) */
	uint32_t versions;	   /**< objects of this history that hold it at this path; this is the earliest */
};

/** One secret of one kind, with every place it stands in. */
struct sv_finding {
	const struct sv_rule *rule; /**< borrowed from the ruleset */
	char id[33];		    /**< fingerprint: 32 hex digits of (rule, secret) */
	enum sv_class cls;
	enum sv_severity severity;
	enum sv_confidence confidence;
	unsigned views;		    /**< of enum sv_view */
	struct sv_span secret;	    /**< the value itself: never print it unasked */
	const char *message;	    /**< one sentence, without the secret */
	const char *const *reasons; /**< words, n_reasons of them */
	size_t n_reasons;
	const char *suppressed;	    /**< why it does not count; NULL if it does */
	const struct sv_place *places; /**< sorted; n_places of them, at least one */
	size_t n_places;
	/** Rules that found the same value where this one did and would have told it, and those of
	    sv_rules_of_runs() that its places together fit; n_also of them, sorted by id. */
	const struct sv_rule *const *also;
	size_t n_also;
};

enum sv_gap_kind {
	SV_GAP_SKIPPED, /**< left out by policy: the run is complete all the same */
	SV_GAP_UNREAD,	/**< could not be read: the run is incomplete */
};

/** One thing that was not scanned. */
struct sv_gap {
	enum sv_gap_kind kind;
	const char *reason;   /**< stable word, e.g. "too-large", "corrupt-object"; static */
	struct sv_span root;
	struct sv_span what;  /**< path, object id or pack */
	struct sv_span detail; /**< words, may be empty */
};

/** The coverage ledger. */
struct sv_coverage {
	uint64_t files, index_entries, blobs, commits, tags, trees, refs, texts;
	uint64_t bytes;		/**< of content that was covered */
	uint64_t limits_hit;	/**< PCRE2 match, depth or heap limits reached */
	uint64_t skipped, unread; /**< totals; gaps lists at most gaps_max of each kind */
	const struct sv_gap *gaps; /**< sorted */
	size_t n_gaps;
};

/** Everything a run has to say. Immutable. */
struct sv_report {
	const char *rules_digest;
	size_t n_rules;
	const struct sv_finding *findings; /**< sorted by severity, rule, first place */
	size_t n_findings;
	size_t n_suppressed; /**< findings that a "sievert:allow" kept out; they are not among those */
	size_t n_not_new;    /**< of a change: hits on lines that a parent has; they are not listed */
	struct sv_coverage coverage;
	bool complete; /**< nothing was unread and nothing stopped early */
	const char *stopped; /**< why the run ended early; NULL if it did not */
};

enum sv_format { SV_FORMAT_TEXT, SV_FORMAT_JSON, SV_FORMAT_JSONL, SV_FORMAT_SARIF };
SV_API int sv_format_parse(const char *name, enum sv_format *ret); /* "text" "json" "jsonl" "sarif" */

struct sv_write_options {
	enum sv_format format;
	bool colour;	   /**< text only */
	bool show_secrets; /**< else every secret is redacted */
	unsigned max_places; /**< places that text, or SARIF's message, lists for a finding; 0: all */
	bool quiet;	   /**< text only: findings and what could not be read, without the summary */
	bool explain;	 /**< text only: also reasons, documents, controls and policies */
	bool compliance; /**< add a summary by control and by document of best practice */
	const int *exit_code; /**< SARIF only: what the process will end with; NULL: not told */
};

/** Takes bytes; returns 0 or a negative sv_status, which ends the writing. */
typedef int sv_write_fn(const void *bytes, size_t len, void *payload);

/** Writes the whole report. Output depends on the report and options alone. */
SV_API int sv_report_write(const struct sv_report *report, const struct sv_write_options *options,
			   sv_write_fn *write, void *payload, struct sv_err *err);

/**
 * Input bytes made fit for a terminal or a CI log: control characters, bidirectional marks and
 * invalid UTF-8 become visible escapes, and "::" and "##[" / "##vso[" are broken up. Writes at
 * most cap bytes with the final NUL; returns the length that was needed, as snprintf does.
 */
SV_API size_t sv_text_neutralise(struct sv_span bytes, char *ret_text, size_t cap);

/**
 * Input bytes as a JSON string with its quotes: always valid UTF-8, with what a terminal could
 * obey or hide escaped. Writes and returns as sv_text_neutralise() does.
 */
SV_API size_t sv_json_quote(struct sv_span bytes, char *ret_text, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
