/* Shared access signatures: what the token itself says it opens, how, and until when. */
#include "detect/checks.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define VALUE_MAX 128
#define DAY	  86400ll
#define SKEW	  (15 * 60)

enum name {
	SV,
	SS,
	SRT,
	SR,
	SP,
	ST,
	SE,
	SPR,
	SIP,
	SI,
	SKOID,
	SKE,
	TN,
	SDUOID,
	SKN,
	SDD,
	SES,
	NAMES
};
static const char *const names[NAMES] = {"sv", "ss",	 "srt", "sr",  "sp",	"st",
					 "se", "spr",	 "sip", "si",  "skoid", "ske",
					 "tn", "sduoid", "skn", "sdd", "ses"};

enum kind { NONE, ACCOUNT, SERVICE, DELEGATION, MESSAGING, WORKFLOW };

struct sas {
	char value[NAMES][VALUE_MAX]; /* percent decoded; "" where absent */
	char raw_sr[VALUE_MAX];	      /* as it stands: messaging tokens sign it so */
	char host[VALUE_MAX];	      /* lower case; "" if the token stands alone */
	enum kind kind;
};

/* Twice, because whole URLs are encoded once more inside of others. */
static void percent_decode(char *text)
{
	for (int round = 0; round < 2 && strchr(text, '%') != NULL; round++) {
		const uint8_t *in = (const uint8_t *)text;
		char *out = text;

		while (*in != '\0') {
			int high = in[0] == '%' ? sv_hex_value(in[1]) : -1,
			    low = high < 0 ? -1 : sv_hex_value(in[2]);
			int value = high * 16 + low;

			if (low >= 0 && value > 0x20 && value < 0x7F) {
				*out++ = (char)value;
				in += 3;
			} else {
				*out++ = (char)*in++;
			}
		}
		*out = '\0';
	}
}

static bool ends_run(uint8_t c)
{
	return c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c >= 0x7F;
}

/* "https://" that begins a URL of its own, not the resource of a messaging token */
static bool begins_url(struct sv_span text, size_t at)
{
	static const char *const mine[] = {"sr=https", "sr=http", "sr=sb", "sr=amqps"};

	if (at + 3 > text.len || memcmp(text.ptr + at, "://", 3) != 0)
		return false;
	for (size_t i = 0; i < sizeof(mine) / sizeof(*mine); i++) {
		size_t n = strlen(mine[i]);

		if (at >= n && strncasecmp((const char *)text.ptr + at - n, mine[i], n) == 0)
			return false;
	}
	return true;
}

#define PIECES 8

/* A token in pieces: string literals side by side, or with a zero-width space in it. */
struct run {
	struct sv_span piece[2 * PIECES];
	size_t n;
	uint8_t bytes[2048]; /* all of them */
	size_t len;
};

static bool in_joint(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '+' || c == '\\';
}

static bool is_zero_width(struct sv_span text, size_t at)
{
	return text.len - at >= 3 && memcmp(text.ptr + at, "\xE2\x80\x8B", 3) == 0;
}

/* Where the literal before ends, of which the one that begins at is the continuation; else at. */
static size_t before_joint(struct sv_span text, size_t at)
{
	size_t i = at;

	if (at >= 3 && is_zero_width(text, at - 3))
		return at - 3;
	if (i < 2 || (text.ptr[i - 1] != '"' && text.ptr[i - 1] != '\''))
		return at;
	for (i--; i > 0 && in_joint(text.ptr[i - 1]); i--)
		;
	return i > 0 && text.ptr[i - 1] == text.ptr[at - 1] && i != at - 1 ? i - 1 : at;
}

/* Where the literal begins that goes on with the one that ends at; else at. */
static size_t after_joint(struct sv_span text, size_t at)
{
	size_t i = at + 1;

	if (at < text.len && is_zero_width(text, at))
		return at + 3;
	if (at >= text.len || (text.ptr[at] != '"' && text.ptr[at] != '\''))
		return at;
	while (i < text.len && in_joint(text.ptr[i]))
		i++;
	return i < text.len && text.ptr[i] == text.ptr[at] && i != at + 1 ? i + 1 : at;
}

/* The unbroken run of bytes around the match, from the URL that the signature belongs to. */
static struct sv_span run_around(const struct sv_check_input *in, struct run *run)
{
	size_t from = in->match_start, to = in->match_end, end = to, next;

	run->n = run->len = 0;
	/* backward: the pieces are gathered in reverse */
	for (;;) {
		while (from > 0 && !ends_run(in->text.ptr[from - 1]) && !begins_url(in->text, from))
			from--;
		run->piece[run->n++] = sv_span(in->text.ptr + from, end - from);
		next = begins_url(in->text, from) ? from : before_joint(in->text, from);
		if (next == from || run->n == PIECES)
			break;
		from = end = next;
	}
	for (size_t i = 0, n = run->n; i < n / 2; i++) {
		struct sv_span other = run->piece[i];

		run->piece[i] = run->piece[n - 1 - i];
		run->piece[n - 1 - i] = other;
	}
	for (from = to;;) {
		while (to < in->text.len && !ends_run(in->text.ptr[to]) &&
		       !begins_url(in->text, to))
			to++;
		run->piece[run->n++] = sv_span(in->text.ptr + from, to - from);
		next = begins_url(in->text, to) ? to : after_joint(in->text, to);
		if (next == to || run->n == 2 * PIECES)
			break;
		from = to = next;
	}
	for (size_t i = 0; i < run->n; i++) {
		size_t n = run->piece[i].len, room = sizeof(run->bytes) - run->len;

		memcpy(run->bytes + run->len, run->piece[i].ptr, n < room ? n : room);
		run->len += n < room ? n : room;
	}
	return sv_span(run->bytes, run->len);
}

static bool in_value(uint8_t c)
{
	return isalnum(c) || (c != '\0' && strchr("%:._~,/+*-", c) != NULL);
}

/* part is "name=value", or has something before the name: "SharedAccessSignature=sv=…", "…?sv=…" */
static void take(struct sas *sas, struct sv_span part)
{
	for (int tries = 0; tries < 2; tries++) {
		const uint8_t *equals = part.len ? memchr(part.ptr, '=', part.len) : NULL;
		struct sv_span name, value;
		size_t n = 0;

		if (equals == NULL)
			return;
		name = sv_span(part.ptr, (size_t)(equals - part.ptr));
		value = sv_span(equals + 1, part.len - name.len - 1);
		while (n < value.len && n + 1 < VALUE_MAX && in_value(value.ptr[n]))
			n++;
		while (n > 0 && (value.ptr[n - 1] == '.' || value.ptr[n - 1] == ','))
			n--;
		for (int i = 0; i < NAMES; i++) {
			if (name.len != strlen(names[i]) ||
			    memcmp(name.ptr, names[i], name.len) != 0)
				continue;
			if (sas->value[i][0] == '\0') {
				memcpy(sas->value[i], value.ptr, n);
				sas->value[i][n] = '\0';
				if (i == SR)
					memcpy(sas->raw_sr, sas->value[i], VALUE_MAX);
				percent_decode(sas->value[i]);
			}
			return;
		}
		part = value;
	}
}

/* & ; ? and their JSON escape part the parameters; ^ and \ before them are a shell's and fall away
 */
static void take_all(struct sas *sas, struct sv_span run)
{
	size_t start = 0;

	for (size_t i = 0; i <= run.len; i++) {
		bool escape = run.len - i >= 6 &&
			      strncasecmp((const char *)run.ptr + i, "\\u0026", 6) == 0;

		if (i < run.len && !escape && run.ptr[i] != '&' && run.ptr[i] != ';' &&
		    run.ptr[i] != '?')
			continue;
		take(sas, sv_span(run.ptr + start, i - start));
		i += escape ? 5 : 0;
		start = i + 1;
	}
}

static void take_host(struct sas *sas, struct sv_span run)
{
	size_t n = 0;

	if (!sv_span_starts_with(run, "://"))
		return;
	while (n + 1 < VALUE_MAX && 3 + n < run.len &&
	       (isalnum(run.ptr[3 + n]) || run.ptr[3 + n] == '.' || run.ptr[3 + n] == '-')) {
		sas->host[n] = (char)tolower(run.ptr[3 + n]);
		n++;
	}
}

static bool has(const struct sas *sas, enum name name)
{
	return sas->value[name][0] != '\0';
}

static enum kind kind_of(const struct sas *sas)
{
	bool known = has(sas, SV) || has(sas, SP) || has(sas, SI);

	if (has(sas, SKOID) && has(sas, SKE))
		return DELEGATION;
	if (has(sas, SS) && has(sas, SRT))
		return ACCOUNT;
	if (sas->value[SP][0] == '/')
		return WORKFLOW;
	if (has(sas, SKN) || strpbrk(sas->value[SR], "./") != NULL)
		return has(sas, SR) && has(sas, SE) ? MESSAGING : NONE;
	if (known && (has(sas, SR) || has(sas, TN) || has(sas, SV)) &&
	    (has(sas, SE) || has(sas, SI)))
		return SERVICE;
	return NONE;
}

/* 32 bytes that look like a signature; secret may be percent encoded */
static bool signs(struct sv_span secret)
{
	char text[VALUE_MAX + 64];
	uint8_t raw[160];
	size_t n;

	if (secret.len >= sizeof(text))
		return false;
	memcpy(text, secret.ptr, secret.len);
	text[secret.len] = '\0';
	percent_decode(text);
	n = strcspn(text, "=\\&");
	return n == 43 && sv_base64_decode(sv_span(text, n), raw) == 32 &&
	       sv_entropy(sv_span(text, n)) >= 4;
}

static enum kind parse(const struct sv_check_input *in, struct sas *ret)
{
	struct run pieces = {.n = 0};
	struct sv_span run;

	memset(ret, 0, sizeof(*ret));
	if (!signs(in->secret))
		return NONE;
	run = run_around(in, &pieces);
	take_host(ret, run);
	take_all(ret, run);
	ret->kind = kind_of(ret);
	return ret->kind;
}

/* ---- what it opens ---- */

static bool any(const char *letters, const char *of)
{
	return strpbrk(letters, of) != NULL;
}

static void note_list(struct sv_candidate *cand, const char *letters, const char *const words[])
{
	bool first = true;

	for (const char *const *w = words; *w != NULL; w++)
		if (strchr(letters, (*w)[0]) != NULL) {
			sv_note(cand, "%s%s", first ? "" : ", ", *w + 1);
			first = false;
		}
}

/* the first letter is the one in the token */
static const char *const permissions[] = {"rread",
					  "wwrite",
					  "ddelete",
					  "llist",
					  "aadd",
					  "ccreate",
					  "uupdate",
					  "pprocess or set ACL",
					  "xdelete version",
					  "ydelete permanently",
					  "ttag",
					  "ffilter by tag",
					  "mmove",
					  "eexecute",
					  "oown",
					  "iset immutability",
					  NULL};

static int score_permissions(const struct sas *sas)
{
	const char *sp = sas->value[SP];
	bool acl = sas->value[SR][0] == 'd' || has(sas, SDD);

	if (sp[0] == '\0')
		return 1;
	if (any(sp, "dxyio") || (acl && any(sp, "p")))
		return 2;
	return any(sp, "wacutlfmpe") ? 1 : 0;
}

static void note_permissions(const struct sas *sas, struct sv_candidate *cand)
{
	if (any(sas->value[SP], "rwdlacupxytfmeoi")) {
		sv_note(cand, "; may ");
		note_list(cand, sas->value[SP], permissions);
	}
	if (has(sas, SI))
		sv_note(cand, "; stored access policy %.40s", sas->value[SI]);
}

static int score_account(const struct sas *sas, struct sv_candidate *cand)
{
	static const char *const of[] = {"bblobs", "ffiles", "qqueues", "ttables", NULL};
	static const char *const levels[] = {"sservice", "ccontainer", "oobject", NULL};

	note_list(cand, sas->value[SS], of);
	sv_note(cand, " at the level of ");
	note_list(cand, sas->value[SRT], levels);
	return any(sas->value[SRT], "sc") + (strlen(sas->value[SS]) > 1);
}

static int score_resource(const struct sas *sas, struct sv_candidate *cand)
{
	static const struct {
		const char *sr, *opens;
		int points;
	} kinds[] = {{"b", "one blob", 0},	     {"bv", "one blob version", 0},
		     {"bs", "one blob snapshot", 0}, {"f", "one file", 0},
		     {"c", "a whole container", 1},  {"d", "a directory", 1},
		     {"s", "a whole share", 1}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(sas->value[SR], kinds[i].sr) == 0) {
			sv_note(cand, "%s", kinds[i].opens);
			return kinds[i].points;
		}
	sv_note(cand, has(sas, TN) ? "table %.60s" : "a queue", sas->value[TN]);
	return 1;
}

/* ---- who may use it, and how ---- */

static bool private_range(const char *ip)
{
	unsigned a = 0, b = 0;

	if (sscanf(ip, "%3u.%3u.", &a, &b) != 2)
		return false;
	return a == 10 || a == 127 || (a == 192 && b == 168) || (a == 172 && b >= 16 && b < 32);
}

static int score_transport(const struct sas *sas, struct sv_candidate *cand)
{
	bool http = strcmp(sas->value[SPR], "https") != 0;
	int points = http;

	if (http) {
		sv_note(cand, "; also over HTTP");
		sv_candidate_reason(cand, "it may be used without encryption");
	}
	if (has(sas, SIP)) {
		sv_note(cand, "; only from %.32s", sas->value[SIP]);
		points -= private_range(sas->value[SIP]) ? 2 : 1;
	} else {
		sv_note(cand, "; from any address");
	}
	if (has(sas, SDUOID)) {
		sv_note(cand, "; only with a token of one user");
		points -= 2;
	}
	return points;
}

/* ---- for how long ---- */

/* Points for the life left from now to end; *expired says that there is none. */
static int score_life(int64_t now, int64_t end, bool *expired, struct sv_candidate *cand)
{
	char day[16], life[32];
	int64_t left = end - now;

	sv_time_day(end, day);
	if (now == 0) {
		sv_note(cand, "%suntil %s", cand->note[0] ? "; " : "", day);
		return 0;
	}
	sv_time_span(left < 0 ? -left : left, life);
	*expired = left < -SKEW;
	sv_note(cand, "%s", cand->note[0] ? "; " : "");
	sv_note(cand, *expired ? "expired %s (%s ago)" : "until %s (%s left)", day, life);
	if (*expired)
		return 0;
	if (left > 7 * DAY)
		sv_candidate_reason(cand, "it is valid for more than seven days");
	return left > 365 * DAY	 ? 2
	       : left > 30 * DAY ? 1
	       : left > 7 * DAY	 ? 0
	       : left > DAY	 ? -1
				 : -2;
}

static bool time_of(const struct sas *sas, enum name name, int64_t *ret)
{
	return sv_time_parse(sv_span_str(sas->value[name]), ret) == 0;
}

static int score_storage_life(const struct sas *sas, int64_t now, bool *expired,
			      struct sv_candidate *cand)
{
	int64_t end, key_end, start;
	int points;

	if (!time_of(sas, SE, &end)) {
		sv_note(cand, has(sas, SI) ? "; its policy decides until when" : "; no expiry");
		return 1;
	}
	if (sas->kind == DELEGATION && time_of(sas, SKE, &key_end) && key_end < end)
		end = key_end;
	points = score_life(now, end, expired, cand);
	if (now != 0 && time_of(sas, ST, &start) && start > now + SKEW && !*expired) {
		char day[16];

		sv_time_day(start, day);
		sv_note(cand, ", not before %s", day);
	}
	return points;
}

static enum sv_severity severity_of(int points)
{
	return points >= 7 ? SV_CRITICAL : points >= 5 ? SV_HIGH : points >= 3 ? SV_MEDIUM : SV_LOW;
}

/* ---- the checks ---- */

/* The name of the account, "" if nothing tells it. */
static void account_of(const struct sv_check_input *in, const struct sas *sas,
		       char ret[SV_NEAR_MAX])
{
	static const char *const hints[] = {
		".blob.core.",	".dfs.core.", ".file.core.", ".queue.core.",
		".table.core.", ".web.core.", NULL};

	ret[0] = '\0';
	if (sas->host[0] != '\0')
		snprintf(ret, SV_NEAR_MAX, "%.*s", (int)strcspn(sas->host, "."), sas->host);
	else if (!sv_near_name(in, hints, ret))
		ret[0] = '\0';
}

/* What an account SAS signs, as the service puts it together; since 2020-12-06 with the scope too.
 */
static void note_signed(const struct sas *sas, const char *account, struct sv_candidate *cand)
{
	static const enum name order[] = {SP, SS, SRT, ST, SE, SIP, SPR, SV};

	if (account[0] == '\0')
		return;
	sv_note(cand, "%c%s\n", SV_NOTE_SIGNS, account);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		sv_note(cand, "%s\n", sas->value[order[i]]);
	if (strcmp(sas->value[SV], "2020-12-06") >= 0)
		sv_note(cand, "%s\n", sas->value[SES]);
}

static bool on_this_machine(const struct sas *sas)
{
	return strcmp(sas->host, "127.0.0.1") == 0 || strcmp(sas->host, "localhost") == 0;
}

static enum sv_verdict storage(const struct sv_check_input *in, struct sv_candidate *cand,
			       enum kind kind, int points)
{
	char account[SV_NEAR_MAX];
	struct sas sas;
	bool expired = false;

	if (parse(in, &sas) != kind)
		return SV_CHECK_FAILED;
	account_of(in, &sas, account);
	if (on_this_machine(&sas))
		sv_note(cand, "for an emulator on this machine: ");
	else if (account[0] != '\0')
		sv_note(cand, "for %s: ", account);
	points += kind == ACCOUNT ? score_account(&sas, cand) : score_resource(&sas, cand);
	note_permissions(&sas, cand);
	points += score_permissions(&sas);
	points += score_transport(&sas, cand);
	points += score_storage_life(&sas, in->now, &expired, cand);
	cand->severity = expired || on_this_machine(&sas) ? SV_INFO : severity_of(points);
	if (kind == ACCOUNT)
		note_signed(&sas, on_this_machine(&sas) ? "devstoreaccount1" : account, cand);
	return SV_CHECK_PROVED;
}

enum sv_verdict sv_check__sas_account(const struct sv_check_input *in, struct sv_candidate *cand)
{
	return storage(in, cand, ACCOUNT, 3);
}

enum sv_verdict sv_check__sas_service(const struct sv_check_input *in, struct sv_candidate *cand)
{
	return storage(in, cand, SERVICE, 2);
}

enum sv_verdict sv_check__sas_delegation(const struct sv_check_input *in, struct sv_candidate *cand)
{
	return storage(in, cand, DELEGATION, 1);
}

static bool may_everything(const char *policy)
{
	return strcasecmp(policy, "RootManageSharedAccessKey") == 0 ||
	       strcasecmp(policy, "iothubowner") == 0;
}

enum sv_verdict sv_check__sas_messaging(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sas sas;
	const char *host, *path;
	bool expired = false;
	uint64_t end;
	int points = 3;

	if (parse(in, &sas) != MESSAGING || sv_parse_u64(sv_span_str(sas.value[SE]), &end) < 0 ||
	    end > INT64_MAX / 2)
		return SV_CHECK_FAILED;
	host = strstr(sas.value[SR], "://");
	host = host ? host + 3 : sas.value[SR];
	path = strchr(host, '/');
	sv_note(cand, "for %.80s", host);
	if (path == NULL || path[1] == '\0') {
		sv_note(cand, " as a whole");
		points++;
	}
	if (has(&sas, SKN))
		sv_note(cand, "; policy %.60s", sas.value[SKN]);
	points += may_everything(sas.value[SKN]) ? 2 : 0;
	points += score_life(in->now, (int64_t)end, &expired, cand);
	cand->severity = expired ? SV_INFO : severity_of(points);
	sv_note(cand, "%c%s\n%s", SV_NOTE_SIGNS, sas.raw_sr, sas.value[SE]);
	return SV_CHECK_PROVED;
}

/* "NAME&yyyyMMddHHmm&KEY", of API Management. */
enum sv_verdict sv_check__apim_token(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span group = {0};
	const char *date;
	char iso[24];
	bool expired = false;
	int64_t end;

	if (in->groups == NULL || !sv_check_group(in, "date", &group) || group.len != 12)
		return SV_CHECK_FAILED;
	date = (const char *)group.ptr;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2sZ", date, date + 4, date + 6, date + 8,
		 date + 10);
	if (sv_time_parse(sv_span_str(iso), &end) < 0 || sv_entropy(in->secret) < 4)
		return SV_CHECK_FAILED;
	score_life(in->now, end, &expired, cand);
	if (expired)
		cand->severity = SV_INFO;
	return SV_CHECK_PROVED;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static enum sv_verdict workflow(const struct sv_check_input *in, struct sv_candidate *cand,
				bool flow)
{
	struct sas sas;

	if (parse(in, &sas) != WORKFLOW)
		return SV_CHECK_FAILED;
	if ((ends_with(sas.host, ".powerplatform.com") ||
	     ends_with(sas.host, ".flow.microsoft.com")) != flow)
		return SV_CHECK_FAILED;
	sv_note(cand, "whoever holds the URL runs the workflow; it does not expire");
	return SV_CHECK_PROVED;
}

enum sv_verdict sv_check__sas_logic_app(const struct sv_check_input *in, struct sv_candidate *cand)
{
	return workflow(in, cand, false);
}

enum sv_verdict sv_check__sas_flow(const struct sv_check_input *in, struct sv_candidate *cand)
{
	return workflow(in, cand, true);
}
