/* From a match to a finding: the checks of its rule, then confidence, severity and reasons. */
#include "detect/checks.h"
#include "detect/slots.h"
#include <ctype.h>

void sv_candidate_reason(struct sv_candidate *cand, const char *reason)
{
	for (size_t i = 0; i < SV_MAX_REASONS; i++)
		if (cand->reasons[i] == NULL) {
			cand->reasons[i] = reason;
			return;
		}
}

/* What checks see: the part of the text that is near the match. */
static struct sv_check_input near(const struct sv_check_input *in)
{
	struct sv_check_input near = *in;
	size_t from = in->match_start > SV_NEAR_CONTEXT ? in->match_start - SV_NEAR_CONTEXT : 0;
	size_t to = in->text.len - in->match_end > SV_NEAR_CONTEXT ? in->match_end + SV_NEAR_CONTEXT
								   : in->text.len;

	near.wide = in->text;
	near.text = sv_span(in->text.ptr + from, to - from);
	near.match_start -= from;
	near.match_end -= from;
	return near;
}

/* "GOCSPX-2k8gsR0000000000000000": somebody held a key down; long runs of A are in some tokens */
static bool is_filled_up(struct sv_span s)
{
	size_t run = 0;

	for (size_t i = 0; i < s.len && run < 10; i++)
		run = i > 0 && s.ptr[i] == s.ptr[i - 1] && s.ptr[i] != 'A' ? run + 1 : 1;
	return run == 10 && s.len <= 128;
}

/* "Set admin password with provided hash": words where a value is wanted; a wallet's words are
 * proved */
static bool is_phrase(struct sv_span s)
{
	size_t blanks = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!isalpha(s.ptr[i]) && s.ptr[i] < 0x80 && strchr(" .,:;!?'-", s.ptr[i]) == NULL)
			return false;
		blanks += s.ptr[i] == ' ';
	}
	return blanks >= 2 && s.len <= 80;
}

/* "-----BEGIN EC PRIVATE KEY----- dGhlc2UgYXJlIGp1c3Qg": what its base64 holds is text */
static bool is_text_in_armour(struct sv_span s)
{
	uint8_t line[16], bytes[16];
	const uint8_t *end = memmem(s.ptr, s.len, "KEY-----", 8), *stop = s.ptr + s.len;
	size_t n = 0;
	ptrdiff_t decoded;

	if (s.len < 60 || memcmp(s.ptr, "-----BEGIN", 10) != 0 || end == NULL)
		return false;
	for (end += 8; end < stop && n < sizeof(line); end++)
		if (sv_base64_value(*end) >= 0)
			line[n++] = *end;
		else if (strchr(" \t\r\n", *end) == NULL || *end == '\0')
			return false;
	decoded = n == sizeof(line) ? sv_base64_decode(sv_span(line, n), bytes) : -1;
	/* OpenSSH's own form begins with its name, cosign's is JSON */
	return decoded > 0 && sv_printable(sv_span(bytes, (size_t)decoded)) && bytes[0] != '{' &&
	       memcmp(bytes, "openssh-key", 11) != 0;
}

static const char *const samples[] = {
#define SAMPLE(beginning) beginning,
#include "detect/samples.def"
#undef SAMPLE
};

static bool is_of_specification(struct sv_span s)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (sv_span_starts_with(s, samples[i]))
			return true;
	return false;
}

/* "hooks.example.com/catch/123456/abcdef" */
static bool ends_counted(struct sv_span s)
{
	const uint8_t *slash = s.len ? memrchr(s.ptr, '/', s.len) : NULL;

	return slash != NULL && slash + 6 < s.ptr + s.len &&
	       sv_is_typed_to_fill(sv_span(slash + 1, (size_t)(s.ptr + s.len - slash - 1)));
}

static size_t run_from(struct sv_span s, size_t at)
{
	size_t n = 1;

	while (at + n < s.len && s.ptr[at + n] == s.ptr[at])
		n++;
	return n;
}

/* "sbp_aaaa00d2…", "112233d2…84120000": the same again and again at one of its ends and once more
 * beside it or at the other end, or longer than that. Lots draw it once in ten thousand; zeroes are
 * A in base64. */
static bool is_filled_by_hand(struct sv_span s)
{
	const uint8_t *line = s.len ? memrchr(s.ptr, '_', s.len) : NULL;
	size_t first, last = 0, before = 0;

	if (line != NULL)
		s = sv_span(line + 1, (size_t)(s.ptr + s.len - line - 1));
	if (s.len < 20 || s.len > 64)
		return false;
	first = run_from(s, 0);
	for (size_t i = 0; i < s.len; i += last) {
		before = last;
		last = run_from(s, i);
		if (last >= 6 && isalnum(s.ptr[i]) && s.ptr[i] != 'A')
			return true;
	}
	if (!isalnum(s.ptr[0]) || s.ptr[0] == 'A' || !isalnum(s.ptr[s.len - 1]) ||
	    s.ptr[s.len - 1] == 'A')
		return false;
	return first >= 5 || last >= 5 || (first == 4 && (run_from(s, first) >= 2 || last >= 2)) ||
	       (last == 4 && (before >= 2 || first >= 2));
}

/* A key that is the alphabet, or says so, stands for one. */
static bool stands_for_key(struct sv_span s)
{
	const uint8_t *line = s.len ? memrchr(s.ptr, '_', s.len) : NULL;

	/* "sk_test_123456789012345678901234" */
	if (line != NULL && sv_is_counted(sv_span(line + 1, (size_t)(s.ptr + s.len - line - 1))))
		return true;
	return sv_has_alphabet(s) ||
	       (s.len >= 16 && memmem(s.ptr + s.len - 10, 10, "EXAMPLE", 7) != NULL) ||
	       (s.len >= 20 && sv_is_counted(s)) || is_filled_by_hand(s) || sv_says_fake(s) ||
	       is_text_in_armour(s);
}

static bool judge(const struct sv_check_input *in, struct sv_candidate *cand)
{
	bool open = false, proved = false, judged = false;

	cand->confidence = in->rule->confidence;
	cand->severity = in->rule->severity;
	for (const char *const *name = in->rule->checks; name && *name; name++) {
		const struct sv_check *check = sv_check_find(*name);
		enum sv_verdict verdict = check->run(in, cand);

		if (verdict == SV_CHECK_FAILED)
			return false;
		open |= verdict == SV_CHECK_OPEN;
		proved |= verdict == SV_CHECK_PROVED;
		judged |= verdict == SV_CHECK_JUDGED;
		if (verdict == SV_CHECK_PROVED)
			sv_candidate_reason(cand, check->proved);
	}
	if (is_of_specification(in->secret)) {
		cand->confidence = SV_CONF_LOW;
		sv_candidate_reason(cand, sv_reads_like_a_sample);
		return true;
	}
	if (proved) {
		cand->confidence = SV_CONF_HIGH;
		return true;
	}
	if (judged)
		return true;
	if (is_filled_up(in->secret))
		return false;
	if (in->rule->entropy > 0 && sv_entropy(in->secret) < in->rule->entropy)
		return false;
	if (ends_counted(in->secret) || stands_for_key(in->secret) || is_phrase(in->secret)) {
		cand->confidence = SV_CONF_LOW;
		sv_candidate_reason(cand, sv_reads_like_a_sample);
		return true;
	}
	sv_candidate_reason(cand, in->rule->entropy > 0 ? "its bytes look random"
							: "it has the form of this token");
	/* a checksum was asked for and does not speak: an old key, or an altered one */
	if (open) {
		sv_candidate_reason(cand, "no checksum proves it");
		if (cand->confidence > SV_CONF_MEDIUM)
			cand->confidence = SV_CONF_MEDIUM;
	}
	return true;
}

/* The slot comes last: most values of templates are references, which a check tells for less. */
bool sv_classify(const struct sv_check_input *whole, struct sv_candidate *cand)
{
	struct sv_check_input in = near(whole);

	return judge(&in, cand) &&
	       (sv_rule_context(in.rule) <= SV_NEAR_CONTEXT || sv_slot_fits(&in, &in.rule->slot));
}
