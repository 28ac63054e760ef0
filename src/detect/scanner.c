#define PCRE2_CODE_UNIT_WIDTH 8
#include "detect/scanner.h"
#include <pcre2.h>

#define LIMIT_MATCH 200000
#define LIMIT_DEPTH 2000
#define LIMIT_HEAP_KIB 4096
/* bytes that a lookbehind or lookahead of a rule may see around its match */
#define CONTEXT 64

struct compiled {
	pcre2_code *code;
	int secret_group;
	size_t done; /* end of the last match in this buffer */
};

struct sv_scanner {
	const struct sv_ruleset *rules;
	hs_scratch_t *scratch;
	struct compiled *compiled; /* by rule; the expression is compiled at its first hit */
	pcre2_match_context *context;
	pcre2_match_data *match;
	uint64_t limits_hit;
	/* of the running scan */
	struct sv_span bytes;
	sv_candidate_fn *on_candidate;
	void *payload;
	struct sv_err *err;
	int status;
};

int sv_scanner_new(const struct sv_ruleset *rules, struct sv_scanner **ret_scanner,
		   struct sv_err *err)
{
	struct sv_scanner *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	s->rules = rules;
	s->compiled = calloc(rules->rules.len, sizeof(*s->compiled));
	s->context = pcre2_match_context_create(NULL);
	s->match = pcre2_match_data_create(32, NULL);
	if (!s->compiled || !s->context || !s->match ||
	    hs_alloc_scratch(rules->db, &s->scratch) != HS_SUCCESS) {
		sv_scanner_free(s);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	pcre2_set_match_limit(s->context, LIMIT_MATCH);
	pcre2_set_depth_limit(s->context, LIMIT_DEPTH);
	pcre2_set_heap_limit(s->context, LIMIT_HEAP_KIB);
	for (size_t i = 0; i < rules->rules.len; i++)
		for (const char *const *c = rules->rules.ptr[i]->checks; c && *c; c++)
			if (sv_check_find(*c) == NULL) {
				const struct sv_rule *r = rules->rules.ptr[i];

				sv_scanner_free(s);
				return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: no check is named %s",
						  r->origin, r->line, r->id, *c);
			}
	*ret_scanner = s;
	return 0;
}

void sv_scanner_free(struct sv_scanner *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->compiled && i < s->rules->rules.len; i++)
		pcre2_code_free(s->compiled[i].code);
	free(s->compiled);
	hs_free_scratch(s->scratch);
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	free(s);
}

uint64_t sv_scanner_limits_hit(const struct sv_scanner *s)
{
	return s->limits_hit;
}

static int compile_rule(struct sv_scanner *s, const struct sv_rule *rule, struct compiled *c)
{
	PCRE2_UCHAR words[200];
	PCRE2_SIZE at;
	int error;

	c->code = pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
	if (c->code == NULL) {
		pcre2_get_error_message(error, words, sizeof(words));
		return sv_err_set(s->err, SV_EINVAL, "%s:%u: rule %s: pattern, character %zu: %s",
				  rule->origin, rule->line, rule->id, at, (char *)words);
	}
	/* no JIT here is no error: the interpreter obeys the same limits */
	(void)pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE);
	c->secret_group = pcre2_substring_number_from_name(c->code, (PCRE2_SPTR) "secret");
	if (c->secret_group < 0)
		c->secret_group = 0;
	return 0;
}

/* Fills confidence and reasons; false: this is no secret. */
static bool classify(struct sv_candidate *cand, struct sv_span secret)
{
	size_t n = 0;
	bool open = false, proved = false;

	cand->confidence = cand->rule->confidence;
	for (const char *const *name = cand->rule->checks; name && *name; name++) {
		const struct sv_check *check = sv_check_find(*name);
		enum sv_verdict verdict = check->run(secret);

		if (verdict == SV_CHECK_FAILED)
			return false;
		open |= verdict == SV_CHECK_OPEN;
		if (verdict == SV_CHECK_PROVED && n < 2)
			cand->reasons[n++] = check->proved;
		proved |= verdict == SV_CHECK_PROVED;
	}
	if (proved) {
		cand->confidence = SV_CONF_HIGH;
		return true;
	}
	if (cand->rule->entropy > 0 && sv_entropy(secret) < cand->rule->entropy)
		return false;
	cand->reasons[n++] = cand->rule->entropy > 0 ? "its bytes look random"
						     : "it has the form of this token";
	/* a checksum was asked for and does not speak: an old key, or an altered one */
	if (open) {
		cand->reasons[n++] = "no checksum proves it";
		if (cand->confidence > SV_CONF_MEDIUM)
			cand->confidence = SV_CONF_MEDIUM;
	}
	return true;
}

/* The match of rule whose span holds the byte before hit; called in order of hit. */
static int confirm(struct sv_scanner *s, size_t index, size_t hit)
{
	const struct sv_rule *rule = s->rules->rules.ptr[index];
	struct compiled *c = &s->compiled[index];
	size_t reach = (size_t)rule->width + CONTEXT, from, low, high;

	if (c->code == NULL) {
		int status = compile_rule(s, rule, c);

		if (status < 0)
			return status;
	}
	low = hit > reach ? hit - reach : 0;
	high = s->bytes.len - hit > reach ? hit + reach : s->bytes.len;
	from = hit > rule->width ? hit - rule->width : 0;
	if (from < c->done)
		from = c->done;
	while (from < hit) {
		const PCRE2_SIZE *at;
		struct sv_candidate cand = {.rule = rule};
		int n = pcre2_match(c->code, s->bytes.ptr + low, high - low, from - low, 0, s->match,
				    s->context);

		if (n == PCRE2_ERROR_NOMATCH)
			return 0;
		if (n < 0) {
			s->limits_hit++;
			return 0;
		}
		at = pcre2_get_ovector_pointer(s->match);
		cand.start = low + at[0];
		cand.end = low + at[1];
		if (cand.start >= hit)
			return 0;
		if (cand.end < hit || cand.end <= cand.start) {
			from = cand.end > from ? cand.end : from + 1;
			continue;
		}
		c->done = cand.end;
		/* an alternative without the group: the whole match is the secret */
		at += at[2 * c->secret_group] == PCRE2_UNSET ? 0 : 2 * c->secret_group;
		cand.secret_start = low + at[0];
		cand.secret_end = low + at[1];
		if (!classify(&cand, sv_span(s->bytes.ptr + cand.secret_start,
					     cand.secret_end - cand.secret_start)))
			return 0;
		return s->on_candidate(&cand, s->payload);
	}
	return 0;
}

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *payload)
{
	struct sv_scanner *s = payload;

	(void)from;
	(void)flags;
	if (to > s->compiled[id].done)
		s->status = confirm(s, id, (size_t)to);
	return s->status != 0;
}

int sv_scanner_scan(struct sv_scanner *s, const struct sv_buf *content,
		    sv_candidate_fn *on_candidate, void *payload, struct sv_err *err)
{
	hs_error_t outcome;

	if (content->len == 0)
		return 0;
	if (content->len > UINT32_MAX)
		return sv_err_set(err, SV_ETOOBIG, "more than 4 GiB in one piece");
	for (size_t i = 0; i < s->rules->rules.len; i++)
		s->compiled[i].done = 0;
	s->bytes = sv_buf_span(content);
	s->on_candidate = on_candidate;
	s->payload = payload;
	s->err = err;
	s->status = 0;
	outcome = hs_scan(s->rules->db, (const char *)content->ptr, (unsigned)content->len, 0,
			  s->scratch, on_hit, s);
	if (outcome != HS_SUCCESS && outcome != HS_SCAN_TERMINATED)
		return sv_err_set(err, SV_EINVAL, "Hyperscan failed with %d", outcome);
	return s->status;
}
