/*
 * What tells things apart, what was made of other bytes, and the half of a pair that everybody may
 * have: values that look drawn by lot and open nothing.
 */
#include "detect/checks.h"
#include <ctype.h>

bool sv_is_hex(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (sv_hex_value(s.ptr[i]) < 0)
			return false;
	return s.len != 0;
}

bool sv_is_guid(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s.ptr[i] != '-'
							    : sv_hex_value(s.ptr[i]) < 0)
			return false;
	return s.len == 36;
}

/* "007bd7bd-d421-49a9-9925-03ce561d044f.pdf", "3-5-034efa97-f628-450e-b212-009801b1470b": a thing's
 * name, with what kind of thing it is */
static bool is_named_by_guid(struct sv_span s)
{
	for (size_t i = 0; s.len > 36 && s.len <= 44 && i + 36 <= s.len; i++)
		if (sv_is_guid(sv_span(s.ptr + i, 36)))
			return true;
	return false;
}

/* "appmetadata-<GUID>", "idtoken-<GUID>-<GUID>-": a word and what it is of */
static bool is_named_by_guids(struct sv_span s)
{
	size_t i = 0;

	while (i < s.len && islower(s.ptr[i]))
		i++;
	if (i < 4)
		return false;
	while (i + 37 <= s.len && s.ptr[i] == '-' && sv_is_guid(sv_span(s.ptr + i + 1, 36)))
		i += 37;
	return i >= 37 && i + 1 >= s.len;
}

/* A GUID of the first version (RFC 9562): the time of 1998 to 2040 and the address of a machine,
 * which draw no lots. Without its dashes too. */
static bool is_guid_of_time(struct sv_span s)
{
	size_t version = sv_is_guid(s) ? 14 : s.len == 32 && sv_is_hex(s) ? 12 : 0;
	const uint8_t *at = s.ptr + version;

	if (version == 0 || at[0] != '1' || (at[1] != '1' && at[1] != '2'))
		return false;
	return strchr(at[1] == '1' ? "def" : "012", tolower(at[2])) != NULL &&
	       strchr("89ab", tolower(at[version == 14 ? 5 : 4])) != NULL;
}

/* An id of a document database: seconds since 1970 (of 2009 to 2036), a machine, a counter. */
static bool is_object_id(struct sv_span s)
{
	if (s.len != 24 || !sv_is_hex(s) || s.ptr[0] < '4' || s.ptr[0] > '7')
		return false;
	return s.ptr[0] != '4' || tolower(s.ptr[1]) >= 'a';
}

/* 1769070189829214200: nanoseconds, or microseconds, since 1970 */
static bool is_instant(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit(s.ptr[i]))
			return false;
	return (s.len == 19 || s.len == 16) && s.ptr[0] == '1' && s.ptr[1] >= '4' &&
	       s.ptr[1] <= '8';
}

/* where the letters and digits behind "strm_" begin; 0: it has no such beginning */
static size_t prefix_of(struct sv_span s)
{
	size_t n = 0;

	while (n < s.len && n < 8 && islower(s.ptr[n]))
		n++;
	if (n < 2 || n + 12 > s.len || s.ptr[n] != '_')
		return 0;
	for (size_t i = ++n; i < s.len; i++)
		if (!isalnum(s.ptr[i]))
			return 0;
	return n;
}

/* "strm_31Dc0DD72P5AddYUguyBd" beside "sink_31Dc11sPYY9aLDkwPuGvN": things are told apart in that
 * form */
static bool is_among_its_like(const struct sv_check_input *in)
{
	static const char *const keys[] = {"sk", "key",	 "tok",	 "sec",	 "pat", "pk",
					   "rk", "auth", "pass", "whsk", NULL};
	size_t prefix = prefix_of(in->secret);
	const uint8_t *at = in->text.ptr, *end = in->text.ptr + in->text.len;

	if (prefix == 0 || sv_holds_any(sv_span(in->secret.ptr, prefix), keys))
		return false;
	for (; (size_t)(end - at) >= in->secret.len; at++) {
		struct sv_span word;
		size_t n = 0;

		if (at > in->text.ptr && (isalnum(at[-1]) || at[-1] == '_'))
			continue;
		while (at + n < end && (isalnum(at[n]) || at[n] == '_'))
			n++;
		word = sv_span(at, n);
		at += n;
		/* another kind of thing; the first letters after the prefix hold the time */
		if (n >= in->secret.len - 3 && n <= in->secret.len + 3 && prefix_of(word) != 0 &&
		    (word.len != in->secret.len || memcmp(word.ptr, in->secret.ptr, prefix) != 0) &&
		    !sv_holds_any(sv_span(word.ptr, prefix_of(word)), keys))
			return true;
		if (at >= end)
			break;
	}
	return false;
}

/* ch_3KzQ…, cus_4bJ…: what payment services call charges, customers and the like in their answers
 */
static bool is_of_a_record(struct sv_span s)
{
	static const char *const kinds[] = {"ch_",   "cus_",  "src_",	 "sub_",  "pi_",
					    "pm_",   "py_",   "po_",   "re_",	 "si_",	  "evt_",
					    "txn_",  "acct_", "prod_", "price_", "tfer_", "order_",
					    "cust_", "req_",  "charge_", "refund_", NULL};

	for (const char *const *kind = kinds; *kind != NULL; kind++) {
		size_t n = strlen(*kind), i = n;

		if (s.len < n + 12 || memcmp(s.ptr, *kind, n) != 0)
			continue;
		while (i < s.len && (isalnum(s.ptr[i]) || s.ptr[i] == '_' || s.ptr[i] == '-'))
			i++;
		if (i == s.len && !sv_holds(s, "secret"))
			return true;
	}
	return false;
}

/* "ECZ7U0SO423E|d40f8a8007ba", "|922e-59fc86a36c03": what gateways of payment call a payment they
 * have authorized, in parts */
static bool is_of_a_payment(struct sv_span s, struct sv_span key)
{
	const uint8_t *bar = s.len ? memrchr(s.ptr, '|', s.len) : NULL;
	size_t bars = 0;

	/* "Bearer 1a2b3c", and "17|" before a token: what signs in */
	if ((key.len != 0 && s.ptr[-1] == ' ') || (bar != NULL && s.ptr + s.len - bar > 40))
		return false;

	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum(s.ptr[i]) && strchr("|-;#_.", s.ptr[i]) == NULL)
			return false;
		bars += s.ptr[i] == '|' || s.ptr[i] == ';' || s.ptr[i] == '#';
	}
	if (sv_holds(key, "transaction"))
		return sv_holds(key, "auth");
	/* a header of that name says how one signs in, or is as long as what signs in */
	return key.len >= 13 && sv_holds(key, "authorization") && (bars != 0 || s.len < 16);
}

/* The name before a value, with quotes and an operator between them. */
static struct sv_span name_of(const uint8_t *value, const uint8_t *start)
{
	const uint8_t *end = value, *from;

	while (end > start && value - end < 8 && memchr("\"'`\\:=> ", end[-1], 8) != NULL)
		end--;
	for (from = end; from > start && (isalnum(from[-1]) || from[-1] == '_');)
		from--;
	return sv_span(from, end == value ? 0 : (size_t)(end - from));
}

/* "transaction": "3JAKFW7LPS3E" near "token": "3JAKFW7LPS3E": it is that thing's name */
static bool names_a_thing_beside(const struct sv_check_input *in)
{
	static const char *const things[] = {"transaction", "reference", "order", "charge",
					     "payment",	    "purchase",	 "refund", NULL};
	static const char *const kept[] = {"token", "secret", "key", "auth", NULL};
	const uint8_t *at = in->text.ptr, *end = in->text.ptr + in->text.len;
	struct sv_span s = in->secret;

	for (; s.len >= 8 && (at = memmem(at, (size_t)(end - at), s.ptr, s.len)) != NULL; at++) {
		struct sv_span name = name_of(at, in->text.ptr);

		if (at != s.ptr && name.len != 0 && sv_holds_any(name, things) &&
		    !sv_holds_any(name, kept) && (at + s.len == end || !isalnum(at[s.len])))
			return true;
	}
	return false;
}

/* ARIA2ZJZYVUEREEIHAKY: what tells users, roles and the like of AWS apart; what signs has rules of
 * its own */
static bool is_of_aws(struct sv_span s)
{
	if (s.len != 20 || s.ptr[0] != 'A' || s.ptr[3] != 'A' || memcmp(s.ptr, "AKIA", 4) == 0 ||
	    memcmp(s.ptr, "ASIA", 4) == 0 || (s.ptr[2] != 'I' && s.ptr[2] != 'P' && s.ptr[2] != 'O'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isupper(s.ptr[i]) && !isdigit(s.ptr[i]))
			return false;
	return true;
}

/* "OGQ1NTk2YjQtMTgxMy00…": base64 of a GUID */
static bool hides_a_guid(struct sv_span s)
{
	uint8_t raw[40];

	return s.len == 48 && sv_base64_decode(s, raw) == 36 && sv_is_guid(sv_span(raw, 36));
}

static struct sv_span line_at(struct sv_span text, const uint8_t *from)
{
	const uint8_t *end = memchr(from, '\n', (size_t)(text.ptr + text.len - from));

	return sv_span(from, (size_t)((end != NULL ? end : text.ptr + text.len) - from));
}

/* What a name that says that it is a secret holds. */
static const char *const names_of_secrets[] = {"secret", "key", "token", "pass", "pwd", NULL};

/* Does another line give a thing named as this one a value of the same form? Neither name says that
 * it is a secret: sign-in is named in both or neither. */
static bool is_line_like(struct sv_span line, struct sv_span start, size_t digits)
{
	size_t n = 0, run = 0;

	if (line.len < start.len || memcmp(line.ptr, start.ptr, start.len) != 0)
		return false;
	while (n < line.len && strchr("=:", line.ptr[n]) == NULL)
		n++;
	if (sv_holds_any(sv_span(line.ptr, n), names_of_secrets))
		return false;
	for (; n < line.len && run < digits; n++)
		run = sv_hex_value(line.ptr[n]) >= 0 ? run + 1 : 0;
	return run == digits && n < line.len && !isalnum(line.ptr[n]);
}

/* kGatewayOne = '…', kGatewayAuthTwo = '…', kGatewayThree = '…': a table of ids, and the name of one
 * holds that of a secret */
static bool is_in_table_of_ids(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *line = key.ptr, *at = in->text.ptr, *end = in->text.ptr + in->text.len;
	size_t like = 0, lower = 0;
	struct sv_span start;

	if (!sv_is_hex(in->secret) || in->secret.len < 16 || sv_holds_any(key, names_of_secrets))
		return false;
	while (line > at && line[-1] != '\n')
		line--;
	/* the first word of the name: "kGateway", "GATEWAY_" */
	while (lower < key.len && (islower(key.ptr[lower]) || lower < 2))
		lower++;
	while (lower < key.len && !isupper(key.ptr[lower]) && key.ptr[lower] != '_')
		lower++;
	start = sv_span(line, (size_t)(key.ptr + lower - line));
	if (lower < 4 || start.len > 64)
		return false;
	while (at < end) {
		struct sv_span other = line_at(in->text, at);

		like += at != line && is_line_like(other, start, in->secret.len);
		at += other.len + 1;
	}
	return like >= 3;
}

/* Digits alone, as long as a card's number, or as what numbers users, messages and programs: some
 * keys are so, but shorter ones */
static bool is_number_of_a_thing(struct sv_span s, struct sv_span key)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit(s.ptr[i]))
			return false;
	return s.len >= (sv_holds(key, "key") ? 17 : 13) && s.len <= 20;
}

bool sv_is_id(const struct sv_check_input *in, struct sv_span key, bool of_a_key)
{
	struct sv_span s = in->secret;

	if (is_guid_of_time(s) || is_instant(s) || is_among_its_like(in) || is_of_a_record(s) ||
	    is_number_of_a_thing(s, key) || is_of_aws(s) || is_of_a_payment(s, key) ||
	    names_a_thing_beside(in) || is_in_table_of_ids(in, key))
		return true;
	return of_a_key &&
	       (is_object_id(s) || is_named_by_guid(s) || is_named_by_guids(s) || hides_a_guid(s));
}

/* SHA-1, SHA-256, SHA-384 and SHA-512, or MD5, in hex */
static bool is_long_as_digest(struct sv_span s)
{
	return sv_is_hex(s) &&
	       (s.len == 32 || s.len == 40 || s.len == 64 || s.len == 96 || s.len == 128);
}

bool sv_is_digest_beside_its_name(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const names[] = {"hash", "digest", "checksum", "md5",
					    "sha1", "sha256", "etag",	  NULL};
	static const char *const beside[] = {"sha1",	 "sha-1",   "signature_sha", "sha256sum",
					     "checksum", "digest(", "fingerprint",   NULL};
	static const char *const kept[] = {"hmac", "secret", "pass", "private", NULL};
	size_t hex = 0;

	for (size_t i = 0; i < in->secret.len; i++)
		hex += sv_hex_value(in->secret.ptr[i]) >= 0;
	/* what people are checked against may stand in a seed */
	if (in->secret.len >= 32 && hex * 10 >= in->secret.len * 9 && sv_holds_any(key, names) &&
	    !sv_holds(key, "pass"))
		return true;
	return is_long_as_digest(in->secret) && !sv_holds_any(key, kept) &&
	       sv_holds_any(in->text, beside);
}

/* What a shop's page tells every browser, so that it may pay. */
bool sv_is_published(struct sv_span s)
{
	return sv_span_starts_with(s, "pk_live_") || sv_span_starts_with(s, "pk_test_");
}

/* From the brace before the value to the one after it. */
static struct sv_span object_around(const struct sv_check_input *in)
{
	const uint8_t *end = in->text.ptr + in->text.len, *after = in->secret.ptr + in->secret.len;
	const uint8_t *open = memrchr(in->text.ptr, '{', (size_t)(in->secret.ptr - in->text.ptr));
	const uint8_t *close = memchr(after, '}', (size_t)(end - after));

	/* it may be farther away than is looked at */
	if (open == NULL)
		open = in->text.ptr;
	if (close == NULL)
		close = end;
	return sv_span(open, (size_t)(close - open));
}

/* "signature": {"timestamp": …, "token": …, "signature": …}: a webhook's call brings another each
 * time */
bool sv_is_of_one_call(const struct sv_check_input *in, struct sv_span key)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), from = at > 240 ? at - 240 : 0,
	       to = in->text.len - at > 240 + in->secret.len ? at + in->secret.len + 240
							     : in->text.len;
	struct sv_span near = sv_span(in->text.ptr + from, to - from), wide = object_around(in);

	/* oauth_nonce=…&: of one request, as the others beside it */
	if (sv_holds(key, "nonce") && at + in->secret.len < in->text.len &&
	    in->secret.ptr[in->secret.len] == '&')
		return true;
	if (key.len != 5 || strncasecmp((const char *)key.ptr, "token", 5) != 0 ||
	    sv_holds(near, "oauth"))
		return false;
	/* as long as no key is */
	if (in->secret.len == 50 && sv_is_hex(in->secret) &&
	    (sv_holds(in->text, "\"timestamp\"") || sv_holds(in->text, "\"signature\"")))
		return true;
	/* farther away where they are members of the same object */
	return (sv_holds(near, "timestamp") && sv_holds(near, "signature")) ||
	       (sv_holds(wide, "\"timestamp\"") && sv_holds(wide, "\"signature\""));
}

/* A point of P-256 as web push gives it: 04, and twice 32 bytes. The private half is 32 bytes. */
bool sv_is_point_of_p256(struct sv_span s)
{
	uint8_t raw[72];

	return (s.len == 87 || s.len == 88) && s.ptr[0] == 'B' && sv_base64_decode(s, raw) == 65 &&
	       raw[0] == 4;
}

/* <script src="//maps.example/api/js?key=…">: who opens the page is given the key */
bool sv_is_in_script_address(const struct sv_check_input *in)
{
	static const char tag[] = "<script";
	size_t quote = (size_t)(in->secret.ptr - in->text.ptr), from;

	for (size_t at = quote; quote > 0 && at - quote < 300; quote--)
		if (strchr("<>\"'\r\n", in->text.ptr[quote - 1]) != NULL)
			break;
	for (from = quote; from > 0 && quote - from < 120;)
		if (in->text.ptr[--from] == '<')
			break;
	return quote - from > sizeof(tag) + 4 &&
	       memcmp(in->text.ptr + from, tag, sizeof(tag) - 1) == 0 &&
	       memcmp(in->text.ptr + quote - 5, "src=", 4) == 0;
}

enum sv_verdict sv_check__script_address(const struct sv_check_input *in, struct sv_candidate *cand)
{
	if (!sv_is_in_script_address(in))
		return SV_CHECK_PASSED;
	cand->confidence = SV_CONF_LOW;
	sv_candidate_reason(cand, "every visitor is given it");
	return SV_CHECK_JUDGED;
}
