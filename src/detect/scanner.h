/** @file What is a secret: match, confirm, check. Knows bytes and rules, nothing of files or git. */
#ifndef SV_DETECT_SCANNER_H
#define SV_DETECT_SCANNER_H

#include "base/base.h"
#include "rules/rules.h"

/** One secret in one buffer; offsets into it, end exclusive. Reasons are static, NULL-terminated. */
struct sv_candidate {
	const struct sv_rule *rule;
	size_t start, end;
	size_t secret_start, secret_end;
	enum sv_confidence confidence;
	const char *reasons[4];
};

/** Non-zero ends the scan and is returned by it. */
typedef int sv_candidate_fn(const struct sv_candidate *candidate, void *payload);

/** Scratch memory for one ruleset; one thread at a time. */
struct sv_scanner;
int sv_scanner_new(const struct sv_ruleset *rules, struct sv_scanner **ret_scanner,
		   struct sv_err *err);
void sv_scanner_free(struct sv_scanner *scanner);
/** content needs SV_SLACK readable bytes after it, as a sv_buf has. Candidates in order of end. */
int sv_scanner_scan(struct sv_scanner *scanner, const struct sv_buf *content,
		    sv_candidate_fn *on_candidate, void *payload, struct sv_err *err);
/** PCRE2 match, depth and heap limits reached since new. */
uint64_t sv_scanner_limits_hit(const struct sv_scanner *scanner);

enum sv_verdict { SV_CHECK_FAILED = -1, SV_CHECK_OPEN = 0, SV_CHECK_PROVED = 1 };
typedef enum sv_verdict sv_check_fn(struct sv_span secret);
struct sv_check {
	const char *name;
	sv_check_fn *run;
	const char *proved; /* the reason given */
};
/** NULL if there is none of that name. */
const struct sv_check *sv_check_find(const char *name);
/** Microsoft's Marvin32, all 64 bits; the published vectors are in the tests. */
uint64_t sv_marvin64(const uint8_t *bytes, size_t len, uint64_t seed);
double sv_entropy(struct sv_span bytes); /* Shannon, bits a byte */

/** Expands {base62:36}-like placeholders of an example from seed. SV_EINVAL names the wrong one. */
int sv_template_expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err);
#endif
