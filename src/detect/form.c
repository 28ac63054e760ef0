/*
 * A secret in form only: a value that stands where secrets stand and opens nothing, or a word that
 * somebody made up for a test. Such findings are kept, with little confidence.
 */
#include "detect/checks.h"
#include "detect/model.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

static bool is_name(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.' || c == '$';
}

/* The name that the value is given to, whole: "spring.datasource.password". */
static struct sv_span key_of(const struct sv_check_input *in)
{
	size_t from = in->match_start, to, end = (size_t)(in->secret.ptr - in->text.ptr);

	/* "#define NAME" */
	if (end - from > 7 && memcmp(in->text.ptr + from, "define", 6) == 0 &&
	    (in->text.ptr[from + 6] == ' ' || in->text.ptr[from + 6] == '\t'))
		for (from += 6; from < end && !is_name(in->text.ptr[from]);)
			from++;
	to = from;
	while (from > 0 && to == in->match_start && in->match_start - from < 48 &&
	       is_name(in->text.ptr[from - 1]))
		from--;
	while (to < end && is_name(in->text.ptr[to]))
		to++;
	return sv_span(in->text.ptr + from, to - from);
}

/* "userName", "USER_NAME", "user-name2": Name, NAME, name */
static struct sv_span last_word(struct sv_span key)
{
	size_t end = key.len, from;

	while (end > 0 && !isalpha(key.ptr[end - 1]))
		end--;
	for (from = end; from > 0 && isalpha(key.ptr[from - 1]); from--)
		if (from < end && islower(key.ptr[from]) && isupper(key.ptr[from - 1]))
			return sv_span(key.ptr + from - 1, end - from + 1);
		else if (from < end && isupper(key.ptr[from]) && islower(key.ptr[from - 1]))
			break;
	return sv_span(key.ptr + from, end - from);
}

static bool is_word_of(struct sv_span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp((const char *)s.ptr, word, s.len) == 0;
}

static bool is_rule(const struct sv_check_input *in, const char *const *ids)
{
	return sv_is_any(sv_span_str(in->rule->id), ids);
}

/* "Position.KEY_ICCID": the name by which something else is found */
static bool is_name_of_field(struct sv_span key)
{
	static const char *const nouns[] = {"secret", "pass", "token", "private",
					    "pwd",    "pem",  NULL};
	const uint8_t *dot = key.len ? memrchr(key.ptr, '.', key.len) : NULL;
	struct sv_span name = dot ? sv_span(dot + 1, (size_t)(key.ptr + key.len - dot - 1)) : key;

	return name.len > 4 && memcmp(name.ptr, "KEY_", 4) == 0 && !sv_holds_any(name, nouns);
}

/* "RSPAMD_KEY_PUB1", "pubKey": the half that everybody may have */
static bool is_name_of_public(struct sv_span key)
{
	static const char *const kept[] = {"secret", "private", "pass", "token", NULL};

	/* PRIV_KEY_1_JWK_Y: a coordinate of the point */
	if (sv_holds(key, "jwk_x") || sv_holds(key, "jwk_y"))
		return true;
	if (sv_holds_any(key, kept))
		return false;
	for (size_t i = 0; i + 3 <= key.len; i++)
		if (strncasecmp((const char *)key.ptr + i, "pub", 3) == 0 &&
		    (i == 0 || !isalpha(key.ptr[i - 1])) &&
		    (i + 3 == key.len || !islower(key.ptr[i + 3]) || !islower(key.ptr[i + 2])))
			return true;
	return false;
}

static const struct {
	enum { LAST, INSIDE } where;
	const char *text;
} details[] = {
#define DETAIL(where, text) {where, text},
#include "detect/details.def"
#undef DETAIL
};

/* "tokenName", "secret_type", "authFailureMode": what is named is something about a secret */
static bool names_a_detail(struct sv_span key)
{
	static const char *const ids[] = {"id", "ids", NULL};
	static const char *const tokens[] = {"token", "middlewaretoken", "csrfmiddlewaretoken",
					     NULL};
	static const char *const keys[] = {"key", "keys", "token", NULL};
	static const char *const kept[] = {"secret", "session", "cookie", NULL};
	struct sv_span last = last_word(key);

	if (sv_holds(key, "csrf") && sv_is_any(last, tokens))
		return true;
	/* publicResourceKey */
	if (sv_holds(key, "public") && sv_is_any(last, keys))
		return true;
	if (key.len > 6 && (memcmp(key.ptr, "label_", 6) == 0 || memcmp(key.ptr, "text_", 5) == 0))
		return true;
	if (is_name_of_field(key) || is_name_of_public(key))
		return true;
	if (sv_is_any(last, ids))
		return !sv_holds_any(key, kept);
	for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++)
		if (details[i].where == LAST ? is_word_of(last, details[i].text)
					     : sv_holds(key, details[i].text))
			return true;
	return false;
}

/* What is mixed into hashes lies beside them and keeps nothing secret; an application's own salt
 * may. */
static bool is_bare_salt(struct sv_span key)
{
	static const char *const words[] = {"salt", "seed", "iv", NULL};
	static const char *const own[] = {"secret", "auth", "secur", "hashid", "app", NULL};

	return sv_is_any(last_word(key), words) && !sv_holds_any(key, own);
}

/* "hotpink", "incredible", "reseed": the name of a secret within another word */
static bool is_within_word(const struct sv_check_input *in)
{
	static const char *const keys[] = {"otp", "cred", "seed", "salt", "ticket", "cookie", NULL};
	const uint8_t *start = in->text.ptr + in->match_start, *end = in->text.ptr + in->text.len;

	if (in->match_start == 0 || !isalpha(start[-1]) ||
	    !islower(start[-1]) != !islower(start[0]))
		return false;
	for (size_t i = 0; keys[i] != NULL; i++) {
		size_t n = strlen(keys[i]);

		if ((size_t)(end - start) > n && strncasecmp((const char *)start, keys[i], n) == 0)
			return isalpha(start[n]) != 0;
	}
	return false;
}

/* What is between quotes, and what comes after them. */
static bool is_quoted(const struct sv_check_input *in)
{
	return in->secret.ptr > in->text.ptr && strchr("\"'`", in->secret.ptr[-1]) != NULL;
}

/* A token that is asked for; a password that is asked for opens a door. */
static bool is_compared(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *at = key.ptr + key.len;

	for (; at + 1 < in->secret.ptr; at++)
		if (at[1] == '=' && (at[0] == '=' || at[0] == '!'))
			return true;
	return false;
}

/* "let key = …", "String key = …", "key := …" */
static bool is_declared(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const words[] = {"const", "let",   "var",	"val",
					    "auto",  "final", "string", NULL};
	size_t from, to = (size_t)(key.ptr - in->text.ptr);

	if (memmem(key.ptr + key.len, (size_t)(in->secret.ptr - key.ptr) - key.len, ":=", 2) !=
	    NULL)
		return true;
	while (to > 0 && in->text.ptr[to - 1] == ' ')
		to--;
	for (from = to; from > 0 && isalpha(in->text.ptr[from - 1]);)
		from--;
	return in->text.ptr + to < key.ptr &&
	       sv_is_any(sv_span(in->text.ptr + from, to - from), words);
}

/* "context->password" */
static bool is_member(const struct sv_check_input *in, struct sv_span key)
{
	return key.ptr >= in->text.ptr + 2 && key.ptr[-1] == '>' && key.ptr[-2] == '-';
}

/*
 * Written into code, not into settings: an argument, a member of a literal, a comparison. Settings
 * have names in quotes (JSON) or in capitals (the environment), or end their line after the value.
 */
static bool is_in_code(const struct sv_check_input *in)
{
	const uint8_t *end = in->text.ptr + in->text.len, *after = in->secret.ptr + in->secret.len;
	struct sv_span key = key_of(in);
	bool capitals = true;

	/* process.env.JWT_SECRET */
	for (size_t i = 0; i < key.len; i++)
		capitals = key.ptr[i] == '.' || (capitals && !islower(key.ptr[i]));
	if (capitals || key.len == 0)
		return false;
	if (is_quoted(in) && is_declared(in, key))
		return true;
	if (!is_quoted(in))
		return after < end &&
		       (*after == '}' || *after == ',' || (*after == ';' && is_member(in, key)));
	if (key.ptr > in->text.ptr && key.ptr[-1] == '"' && key.ptr[key.len] == '"' &&
	    key.ptr[key.len + 1] == ':')
		return false;
	if (after < end)
		after++;
	while (after < end && (*after == ' ' || *after == '\''))
		after++;
	return after < end && strchr(",);}].?", *after) != NULL;
}

/* "Radius-hemlighet", as lists of translations have it */
static bool is_title(struct sv_span s)
{
	return isupper(s.ptr[0]) || memchr(s.ptr, ' ', s.len) != NULL ||
	       memchr(s.ptr, '-', s.len) != NULL;
}

/* "6D6167696320636F6F6B6965": text in hex */
static bool is_text_in_hex(struct sv_span s)
{
	/* its line end */
	if (s.len > 2 && (memcmp(s.ptr + s.len - 2, "0a", 2) == 0))
		s.len -= 2;
	if (s.len < 10 || s.len % 2 != 0 || s.len > 256)
		return false;
	for (size_t i = 0; i < s.len; i += 2) {
		int high = sv_hex_value(s.ptr[i]), low = sv_hex_value(s.ptr[i + 1]);

		if (high < 2 || low < 0 || high > 7 || (high == 7 && low == 15))
			return false;
	}
	return true;
}

/* base32 of text: the seed of a one-time password that somebody typed */
static bool is_typed_base32(struct sv_span s)
{
	unsigned bits = 0, held = 0;

	if (s.len < 16)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		unsigned value = c >= 'A' && c <= 'Z'	? c - 65u
				 : c >= '2' && c <= '7' ? c - 24u
							: 32;

		if (value == 32)
			return false;
		bits = (bits << 5 | value) & 0xFFF;
		held += 5;
		if (held >= 8) {
			held -= 8;
			if ((bits >> held & 0xFF) < ' ' || (bits >> held & 0xFF) > '~')
				return false;
		}
	}
	return true;
}

/* the name that stands for the user beside it: {user: ivan, password: ivan} */
static bool is_beside_itself(const struct sv_check_input *in)
{
	size_t from = in->match_start > 64 ? in->match_start - 64 : 0;
	struct sv_span before = sv_span(in->text.ptr + from, in->match_start - from);
	const uint8_t *at = memmem(before.ptr, before.len, in->secret.ptr, in->secret.len);

	return at != NULL && (sv_holds(before, "user") || sv_holds(before, "login")) &&
	       !isalnum(at[in->secret.len]) && at > before.ptr && !isalnum(at[-1]);
}

/* Django's dump of a user, which it loads as it is: its fields are in any order. */
static bool is_of_loaded_user(const struct sv_check_input *in)
{
	size_t from = in->match_start > 300 ? in->match_start - 300 : 0;
	struct sv_span before = sv_span(in->text.ptr + from, in->match_start - from);
	struct sv_span after = sv_span(in->text.ptr + in->match_end, in->text.len - in->match_end);

	after.len = after.len < 300 ? after.len : 300;
	return sv_holds(before, "\"fields\"") &&
	       (sv_holds(before, "\"is_superuser\"") || sv_holds(after, "\"is_superuser\""));
}

/* A row of a table of people: INSERT INTO users … */
static bool is_of_inserted_user(const struct sv_check_input *in)
{
	static const char *const people[] = {"user",	 "account", "admin",  "member",
					     "customer", "person",  "people", "employee"};
	static const char insert[] = "insert into ";
	struct sv_span table = {0};

	for (size_t i = 0; i + sizeof(insert) <= in->match_start; i++)
		if (strncasecmp((const char *)in->text.ptr + i, insert, sizeof(insert) - 1) == 0)
			table = sv_span(in->text.ptr + i + sizeof(insert) - 1, 0);
	if (table.ptr == NULL)
		return false;
	while (table.ptr + table.len < in->text.ptr + in->match_start && table.len < 64 &&
	       strchr(" (;\n", table.ptr[table.len]) == NULL)
		table.len++;
	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++)
		if (sv_holds(table, people[i]))
			return true;
	return false;
}

/*
 * A hash of a password opens nothing before it is broken, and code is full of them: told with
 * little confidence, but for files that systems check passwords against: "name:hash" on a line of
 * its own, and accounts that a system starts with.
 */
enum sv_verdict sv_check__signs_in(const struct sv_check_input *in, struct sv_candidate *cand)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), from = at;

	if (from > 0 && in->text.ptr[from - 1] == ':')
		for (from--; from > 0 && at - from < 64 &&
			     (isalnum(in->text.ptr[from - 1]) ||
			      strchr("._-@$+", in->text.ptr[from - 1]) != NULL);)
			from--;
	/* a file of such lines has neither quotes nor code */
	if (from + 1 < at && (from == 0 || in->text.ptr[from - 1] == '\n') &&
	    memchr(in->text.ptr, '"', in->text.len) == NULL &&
	    memchr(in->text.ptr, '`', in->text.len) == NULL) {
		cand->confidence = SV_CONF_HIGH;
	} else if (is_of_loaded_user(in) || is_of_inserted_user(in)) {
		cand->confidence = is_of_loaded_user(in) ? SV_CONF_HIGH : SV_CONF_MEDIUM;
		sv_candidate_reason(cand, "an account is made with it");
	} else {
		sv_candidate_reason(cand, "a hash signs nobody in");
	}
	return SV_CHECK_PASSED;
}

/* docsearch and its like: a key that every reader's browser has */
static bool is_of_docsearch(const struct sv_check_input *in)
{
	static const char *const beside[] = {"indexName", "index_name", "docsearch", "algolia",
					     NULL};

	return in->secret.len == 32 && sv_holds_any(in->text, beside);
}

/* what runs in browsers and on telephones, and so is known to all */
static bool is_in_every_client(const struct sv_check_input *in)
{
	/* keys of analytics and of monitoring in the browser */
	if (in->secret.len > 4 && memcmp(in->secret.ptr, "phc_", 4) == 0)
		return true;
	if (sv_find_bytes(in->text, sv_span_str("NREUM")) != NULL ||
	    sv_find_bytes(in->text, sv_span_str("GTM-")) != NULL)
		return true;
	return is_of_docsearch(in);
}

/* a badge's address holds a token that shows nothing but the badge */
static bool is_badge(const struct sv_check_input *in)
{
	size_t from = in->match_start;
	struct sv_span address;

	while (from > 0 && in->match_start - from < 120 &&
	       strchr(" ()<>\"'\n", in->text.ptr[from - 1]) == NULL)
		from--;
	address = sv_span(in->text.ptr + from, in->match_start - from);
	if (sv_holds(address, "shields.io"))
		return true;
	return sv_holds(address, ".svg?") || sv_holds(address, "/badge");
}

/* "sid=Vx81…; Path=/": what a server once set */
static bool is_set_cookie(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *equals = memchr(in->secret.ptr, '=', in->secret.len);

	return sv_holds(key, "cookie") && equals != NULL &&
	       equals + 2 < in->secret.ptr + in->secret.len;
}

/* "M4,4A2,2 0 0,0 2,6V10": how a pen goes over an icon */
static bool is_drawn(struct sv_span s)
{
	size_t strokes = 0, blanks = 0;

	if (s.len < 12 || (s.ptr[0] != 'M' && s.ptr[0] != 'm') || !isdigit(s.ptr[1]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (isalpha(s.ptr[i]) && strchr("MmLlHhVvCcSsQqTtAaZz", s.ptr[i]) == NULL)
			return false;
		strokes += isalpha(s.ptr[i]) != 0;
		blanks += s.ptr[i] == ' ' || s.ptr[i] == ',';
	}
	return strokes >= 3 && blanks >= 2;
}

/* "Anwendungsgeheimnis": a machine would not write one capital and then small letters only */
static bool is_noun(struct sv_span s)
{
	for (size_t i = 1; i < s.len; i++)
		if (!islower(s.ptr[i]))
			return false;
	return s.len >= 4 && isupper(s.ptr[0]);
}

/* "1f3ab": a small picture of Unicode */
static bool is_pictograph(struct sv_span s)
{
	return s.len == 5 && s.ptr[0] == '1' && tolower(s.ptr[1]) == 'f' && sv_is_hex(s);
}

/* "Ctrl-Shift-Z|Ctrl-Y": keys of a keyboard, pressed together */
static bool is_chord(struct sv_span s)
{
	static const char *const keys[] = {"Ctrl-",  "Ctrl+",  "Cmd-", "Cmd+", "Command-",
					   "Shift-", "Shift+", "Alt-", "Alt+"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (sv_span_starts_with(s, keys[i]))
			return true;
	return false;
}

/* "EB6B": the place of an icon in its font */
static bool is_code_point(struct sv_span s)
{
	bool digit = false, letter = false;

	for (size_t i = 0; i < s.len; i++) {
		if (sv_hex_value(s.ptr[i]) < 0 || islower(s.ptr[i]))
			return false;
		digit |= isdigit(s.ptr[i]) != 0;
		letter |= isalpha(s.ptr[i]) != 0;
	}
	return s.len == 4 && digit && letter;
}

/* 'Omogući "Zaboravljena lozinka"': words of another language */
static bool is_foreign_phrase(struct sv_span s)
{
	bool foreign = false;

	for (size_t i = 0; i < s.len; i++) {
		if (isdigit(s.ptr[i]))
			return false;
		foreign |= s.ptr[i] >= 0x80;
	}
	return foreign && memchr(s.ptr, ' ', s.len) != NULL;
}

/* zoneIDs[token] = "…": what is found by the token */
static bool is_index(const struct sv_check_input *in, struct sv_span key)
{
	return key.ptr > in->text.ptr && key.ptr[-1] == '[' && key.len != 0 &&
	       key.ptr + key.len < in->secret.ptr && key.ptr[key.len] == ']';
}

/* a colour, a fingerprint of a key, the name of a file, the version of a package */
static bool is_other_thing(struct sv_span s)
{
	static const char *const ends[] = {".zip",  ".gz",   ".tgz",  ".jar",  ".png",
					   ".jpg",  ".svg",  ".yml",  ".yaml", ".pem",
					   ".html", ".json", ".jpeg", ".gif",  ".crt",
					   ".cer",  ".asc",  ".txt",  ".pdf",  ".conf"};
	bool upper = true, hex = true;

	for (size_t i = 0; i < s.len; i++) {
		hex &= sv_hex_value(s.ptr[i]) >= 0;
		upper &= !islower(s.ptr[i]);
	}
	if (hex && (s.len == 6 || (s.len == 40 && upper)))
		return true;
	if (is_chord(s) || sv_holds(s, ".png") || sv_holds(s, ".jpg") || is_drawn(s))
		return true;
	if (s.len > 4 && memcmp(s.ptr, "npm:", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i]);

		if (s.len > n && strncasecmp((const char *)s.ptr + s.len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

static bool decodes_to_text(struct sv_span s)
{
	uint8_t text[1024];
	ptrdiff_t n = s.len > 1300 ? -1 : sv_base64_decode(s, text);

	return n > 0 && sv_printable(sv_span(text, (size_t)n));
}

/* SEQUENCE { SEQUENCE { algorithm }, BIT STRING }: the public key of any algorithm */
static bool is_public_key_info(struct sv_span s)
{
	uint8_t raw[100];
	ptrdiff_t n, at;

	/* its start tells */
	if (s.len < 40 || s.ptr[0] != 'M')
		return false;
	n = sv_base64_decode(sv_span(s.ptr, s.len < 128 ? s.len : 128), raw);
	if (n < 30 || raw[0] != 0x30)
		return false;
	at = 2 + (raw[1] >= 0x80 ? raw[1] & 3 : 0);
	if (raw[at] != 0x30 || raw[at + 1] >= 0x80)
		return false;
	at += 2 + raw[at + 1];
	return at < n && raw[at] == 0x03;
}

/* base64 of a certificate or of a public key, which is no more than a name */
static bool is_public_der(struct sv_span s)
{
	/* SEQUENCE, SEQUENCE, the version of a certificate or its number */
	return is_public_key_info(s) || (s.len > 24 && memcmp(s.ptr, "MII", 3) == 0 &&
					 (memmem(s.ptr, 24, "oAMCAQICA", 9) != NULL ||
					  memmem(s.ptr, 24, "gAwIBAgI", 8) != NULL));
}

/* {"crv":"P-256","kty":"EC","x":… without "d": the key that a page is told to encrypt for */
static bool is_public_jwk(struct sv_span s)
{
	uint8_t json[300];
	ptrdiff_t n = s.len < 60 || s.len > 380 || memcmp(s.ptr, "eyJ", 3) != 0
			      ? -1
			      : sv_base64_decode(s, json);

	return n > 0 && memmem(json, (size_t)n, "\"kty\":", 6) != NULL &&
	       memmem(json, (size_t)n, "\"d\":", 4) == NULL &&
	       memmem(json, (size_t)n, "\"k\":", 4) == NULL;
}

/* {"alg":"RSA-OAEP-256","enc":"A256CBC-HS512" … */
static bool is_encrypted_web_token(struct sv_span header)
{
	uint8_t text[1024];
	ptrdiff_t n = header.len > 1300 ? -1 : sv_base64_decode(header, text);

	return n > 0 && sv_holds(sv_span(text, (size_t)n), "\"enc\":");
}

/* header.payload.signature, or its start: the rule for such tokens knows which are worth telling */
static bool is_web_token(struct sv_span s)
{
	const uint8_t *dot = memchr(s.ptr, '.', s.len), *end = s.ptr + s.len, *second = NULL;

	/* "dummyToken.eyJhdWQ…": a test has put something in the place of its header */
	if (dot != NULL && end - dot > 12 && memcmp(dot + 1, "eyJ", 3) == 0 && dot - s.ptr < 16)
		return true;
	if (s.len < 12 || memcmp(s.ptr, "eyJ", 3) != 0 || (dot == NULL && s.len > 60))
		return false;
	/* what was cut off may end within a group */
	if (dot == NULL)
		return decodes_to_text(sv_span(s.ptr, s.len % 4 == 1 ? s.len - 1 : s.len));
	/* a header alone, to which code adds the rest, or without claims; what is encrypted to
	 * somebody */
	if (dot + 1 == end || dot[1] == '.' ||
	    is_encrypted_web_token(sv_span(s.ptr, (size_t)(dot - s.ptr))))
		return decodes_to_text(sv_span(s.ptr, (size_t)(dot - s.ptr)));
	second = memchr(dot + 1, '.', (size_t)(end - dot - 1));
	return decodes_to_text(sv_span(s.ptr, (size_t)(dot - s.ptr))) &&
	       decodes_to_text(sv_span(dot + 1, (size_t)((second ? second : end) - dot - 1)));
}

/* "password = buffer1;": where no quote opens it and a semicolon ends it, it is a variable's name
 */
static bool is_variable_of_c(const struct sv_check_input *in)
{
	struct sv_span s = in->secret;
	const uint8_t *end = in->text.ptr + in->text.len, *after = s.ptr + s.len, *at = s.ptr;
	size_t digits = 0;

	if (is_quoted(in) || after == end || *after != ';' || s.len > 24)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!islower(s.ptr[i]) && s.ptr[i] != '_' && (i == 0 || !isdigit(s.ptr[i])))
			return false;
		digits += isdigit(s.ptr[i]) != 0;
	}
	while (at > in->text.ptr && at[-1] == ' ')
		at--;
	return digits <= 1 && at > in->text.ptr && at[-1] == '=' && at < s.ptr;
}

/* "key = key*31": code goes on with what it names */
static bool begins_with(struct sv_span s, struct sv_span key)
{
	return key.len > 2 && s.len > key.len && memcmp(s.ptr, key.ptr, key.len) == 0 &&
	       strchr("*+.([-", s.ptr[key.len]) != NULL;
}

/* ":project:username-password:ldap", "decrypt:KEY_AES:"fe96eab1":ALG": fields of a line */
static bool is_in_path(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *end = in->text.ptr + in->text.len, *after = in->secret.ptr + in->secret.len;

	if (key.ptr > in->text.ptr && key.ptr[-1] == ':' && key.ptr[key.len] == ':' &&
	    in->secret.ptr <= key.ptr + key.len + 2)
		return true;
	return is_quoted(in) && after + 2 < end && after[0] == in->secret.ptr[-1] &&
	       after[1] == ':' && strchr(" \t\r\n:", after[2]) == NULL;
}

/* "mmu: iommu@d00000 {", where no quote opens it: a block has this name */
static bool opens_block(const struct sv_check_input *in)
{
	const uint8_t *end = in->text.ptr + in->text.len, *after = in->secret.ptr + in->secret.len;

	/* "pass = strdup (x)": or a call */
	return !is_quoted(in) && after + 1 < end && after[0] == ' ' &&
	       (after[1] == '{' || (after[1] == '(' && sv_is_name_in_letters(in->secret)));
}

/* "qcom,sc8280xp-lpasscc": a maker and its part */
static bool is_part_of_maker(struct sv_span s)
{
	size_t commas = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!islower(s.ptr[i]) && !isdigit(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != ',')
			return false;
		commas += s.ptr[i] == ',';
	}
	return commas == 1 && isalpha(s.ptr[0]);
}

/* "password":"merlin1","salt":"EzM0","md5":"ebe6": people that a generator made up */
static bool is_of_made_up_person(const struct sv_check_input *in)
{
	const uint8_t *after = in->secret.ptr + in->secret.len;
	size_t left = (size_t)(in->text.ptr + in->text.len - after);

	return left > 80 && memmem(after, 60, "\"salt\":", 7) != NULL &&
	       memmem(after, 80, "\"md5\":", 6) != NULL;
}

/* "S:39BA463D…": hex, but for what says of what kind it is */
static bool is_mostly_hex(struct sv_span s)
{
	size_t hex = 0;

	/* "$5$…" is stored to let people in */
	for (size_t i = 0; i < s.len && s.ptr[i] != '$' && s.ptr[i] != '\\'; i++)
		hex += sv_hex_value(s.ptr[i]) >= 0;
	return hex * 10 >= s.len * 9;
}

/* SHA-1, SHA-256 and SHA-512 of a password, as tests and seeds store them */
static bool is_digest(struct sv_span s)
{
	const uint8_t *comma = memchr(s.ptr, ',', s.len < 40 ? s.len : 40);

	/* "salt,digest" */
	if (comma != NULL && s.ptr + s.len - comma > 64)
		s = sv_span(comma + 1, (size_t)(s.ptr + s.len - comma - 1));
	if (!sv_is_hex(s))
		return false;
	return s.len == 40 || s.len == 64 || s.len == 128;
}

/* What a hash function leaves of a password, its salt beside it: hex, cut short by some that write
 * it. */
static bool is_stored_hash(const struct sv_check_input *in)
{
	const uint8_t *after = in->secret.ptr + in->secret.len;
	size_t left = (size_t)(in->text.ptr + in->text.len - after), hex = 0;

	for (size_t i = 0; i < in->secret.len; i++)
		hex += sv_hex_value(in->secret.ptr[i]) >= 0;
	return in->secret.len >= 32 && hex * 8 >= in->secret.len * 7 &&
	       sv_holds(sv_span(after, left < 160 ? left : 160), "salt");
}

/* "iv:ciphertext" in hex, one of them as long as a block or as a nonce; "2.iv|ciphertext|mac": who
 * reads it needs a key */
static bool is_sealed(struct sv_span s)
{
	size_t first = 0, second;

	if (s.len >= 26 && isdigit(s.ptr[0]) && s.ptr[1] == '.' && memcmp(s.ptr + 24, "==", 2) == 0)
		return true;
	while (first < s.len && sv_hex_value(s.ptr[first]) >= 0)
		first++;
	if (first < 24 || first == s.len || (s.ptr[first] != ':' && s.ptr[first] != '.'))
		return false;
	second = s.len - first - 1;
	return second >= 24 && sv_is_hex(sv_span(s.ptr + first + 1, second)) &&
	       (first == 32 || first == 24 || second == 32 || second == 24);
}

/* "key" of an object in a store, beside its ETag */
static bool is_of_stored_object(const struct sv_check_input *in, struct sv_span key)
{
	return is_word_of(key, "key") &&
	       (sv_find_bytes(in->text, sv_span_str("\"eTag\"")) != NULL ||
		sv_find_bytes(in->text, sv_span_str("<ETag>")) != NULL);
}

/* "data Token = TNMRv1 …" of Haskell: how a type is made */
static bool is_constructor(const struct sv_check_input *in)
{
	struct sv_span line = sv_line_start(in);

	return !is_quoted(in) &&
	       (sv_span_starts_with(line, "data ") || sv_span_starts_with(line, "newtype ") ||
		sv_span_starts_with(line, "type "));
}

/* The public half of a pair on the curve that is named beside it: 32 bytes, as agreed keys and
 * devices' keys are. */
static bool is_public_point(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const kept[] = {"private", "secret", "recovery", "backup",
					   "session", "seed",	"decrypt",  NULL};
	uint8_t raw[36];

	if (in->secret.len < 43 || in->secret.len > 44 || sv_holds_any(key, kept) ||
	    !sv_holds(in->text, "25519"))
		return false;
	return sv_base64_decode(in->secret, raw) == 32;
}

/* "primary-500 (p500)": machines write no blanks, but for "Basic", "Bearer" and the like before the
 * value */
static bool has_blanks(struct sv_span s)
{
	const uint8_t *first = memchr(s.ptr, ' ', s.len);

	return first != NULL &&
	       (first > s.ptr + 8 ||
		memchr(first + 1, ' ', (size_t)(s.ptr + s.len - first - 1)) != NULL);
}

static bool is_lettered(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!islower(s.ptr[i]))
			return false;
	return s.len >= 16;
}

/* "hbfvdkhjbvk", badhmac: hands on a keyboard or a variable; machines use digits or both cases */
static bool is_typed(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!islower(s.ptr[i]))
			return false;
	return s.len <= 40;
}

/* a word signs as well as any other value: "JWT_SECRET" */
static bool signs(struct sv_span key)
{
	static const char *const words[] = {"jwt",    "session", "app",	    "cookie",
					    "sign",   "hmac",	 "encrypt", "flask",
					    "django", "rails",	 NULL};

	return sv_holds_any(key, words);
}

/* get_secret("ep_33ZI…"), hashToken("60c9…"): a call that is given the name of what it looks for,
 * or that makes something of it */
static bool is_asked_for(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const verbs[] = {"get",	"load",	  "find",    "fetch",  "read",
					    "rotate",	"delete", "remove",  "revoke", "list",
					    "lookup",	"hash",	  "seed",    "show",   "rename",
					    "describe", "expire",  "retrieve", "contains", "has",     "recover", NULL};
	const uint8_t *dot = key.len ? memrchr(key.ptr, '.', key.len) : NULL;
	const uint8_t *from = dot ? dot + 1 : key.ptr, *end = key.ptr + key.len, *to = from;

	if (end >= in->secret.ptr || *end != '(' || in->secret.ptr > end + 4)
		return false;
	while (to < end && islower(*to))
		to++;
	return to < end && sv_is_any(sv_span(from, (size_t)(to - from)), verbs);
}

/* "filename": "Passwords.pdf", "idiom": …: what stands there is a name itself */
static bool names_what_follows(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *at = in->secret.ptr + in->secret.len, *end = in->text.ptr + in->text.len;

	/* {…:"english"===e.name?…}: an expression begins with it */
	if (is_quoted(in) && end - at > 3 && at[1] == '=' && at[2] == '=')
		return true;
	if (!is_quoted(in) ||
	    memchr(key.ptr + key.len, ',', (size_t)(in->secret.ptr - key.ptr) - key.len) == NULL)
		return false;
	for (at += at < end; at < end && *at == ' ';)
		at++;
	return at < end && *at == ':';
}

/* validate(token, "y77kIzt2…"): another argument; constants, what has quotes and the id of a key
 * name what follows */
static bool is_argument_before(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const equals[] = {"assert", "expect", "equal", "require", NULL};
	const uint8_t *after = key.ptr + key.len;

	/* sign(text, secretKey), "…": what it gives */
	if (key.len > 1 && memchr(key.ptr, '.', key.len) == NULL && after + 2 < in->secret.ptr &&
	    after[0] == ')' && after[1] == ',' &&
	    memchr(after, '(', (size_t)(in->secret.ptr - after)) == NULL)
		return true;
	/* {token, "…"} of Erlang is an assignment */
	if (sv_holds_any(sv_line_start(in), equals) || (key.ptr > in->text.ptr && key.ptr[-1] == '{'))
		return false;
	if (key.len < 2 || after >= in->secret.ptr || *after != ',' || !is_quoted(in) ||
	    strncasecmp((const char *)after - 2, "id", 2) == 0)
		return false;
	for (size_t i = 0; i < key.len; i++)
		if (islower(key.ptr[i]))
			return true;
	return false;
}

/* the token that goes with a form: "_csrf" before it, or hex and a "+\" behind it, as MediaWiki has
 * it */
static bool is_of_form(const struct sv_check_input *in, struct sv_span key)
{
	static const char *const tokens[] = {"token", NULL};
	size_t at = in->match_start, from = at > 80 ? at - 80 : 0;
	const uint8_t *end = in->text.ptr + in->text.len;
	size_t hex = 0;

	while (hex < in->secret.len && sv_hex_value(in->secret.ptr[hex]) >= 0)
		hex++;
	if (hex >= 32 && end - in->secret.ptr > (ptrdiff_t)hex + 1 && memcmp(in->secret.ptr + hex, "+\\", 2) == 0)
		return true;
	return sv_is_any(last_word(key), tokens) &&
	       sv_holds(sv_span(in->text.ptr + from, at - from), "csrf");
}

/* …,"Sam Im",PASS,"see below",…: a cell of a table */
static bool is_in_table(const struct sv_check_input *in, struct sv_span key)
{
	const uint8_t *after = key.ptr + key.len;

	return key.len != 0 && after < in->secret.ptr && *after == ',' &&
	       (key.ptr == in->text.ptr || key.ptr[-1] == ',' || key.ptr[-1] == '\n');
}

/* os.getenv("VNC_PW"): the name of a variable */
static bool is_asked_of_environment(const struct sv_check_input *in)
{
	static const char *const calls[] = {"getenv(", "environ[",   "environ.get(",
					    "env(",    "ENV[",	     "env::var(",
					    "Getenv(", "ENV.fetch(", "GetEnvironmentVariable("};
	size_t at = (size_t)(in->secret.ptr - in->text.ptr);

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		size_t n = strlen(calls[i]);

		if (at > n && is_quoted(in) && memcmp(in->secret.ptr - 1 - n, calls[i], n) == 0)
			return true;
	}
	return false;
}

static bool is_unit(struct sv_span s)
{
	static const char *const units[] = {"px", "em", "rem", "pt", "ms", "vh", "vw",
					    "kb", "mb", "gb",  "dp", "sp", NULL};

	return sv_is_any(s, units);
}

/* 340.0, 300px, 30.minutes; also "form-textbox-password":63476 of JSON, where what is secret has
 * quotes */
static bool is_measured(const struct sv_check_input *in, struct sv_span key)
{
	struct sv_span s = in->secret;
	size_t digits = 0, i;

	while (digits < s.len && isdigit(s.ptr[digits]))
		digits++;
	if (is_quoted(in) || digits == 0)
		return false;
	if (digits == s.len)
		return key.ptr + key.len + 3 >= s.ptr && key.ptr[key.len] == '"' &&
		       key.ptr[key.len + 1] == ':';
	for (i = digits + 1; i < s.len && isdigit(s.ptr[i]);)
		i++;
	if (is_unit(sv_span(s.ptr + digits, s.len - digits)))
		return true;
	if (s.ptr[digits] != '.' || i > digits + 1)
		return s.ptr[digits] == '.' && i == s.len;
	while (i < s.len && (islower(s.ptr[i]) || s.ptr[i] == '_' || s.ptr[i] == '.'))
		i++;
	return i == s.len;
}

/* "obo_at_A", where code makes or compares it */
static bool is_name_of_few_letters(struct sv_span s)
{
	size_t lines = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!isalpha(s.ptr[i]) && s.ptr[i] != '_')
			return false;
		lines += s.ptr[i] == '_';
	}
	return lines != 0 && s.len <= 12;
}

/* "TEST_TOKEN", "dummySecret" */
static bool says_test(struct sv_span key)
{
	static const char *const words[] = {"test",    "dummy",  "fake", "mock",
					    "invalid", "sample", NULL};

	return sv_holds_any(key, words);
}

const char *sv_form_only(const struct sv_check_input *in)
{
	static const char *const chosen[] = {"generic-password",    "generic-option",
					     "generic-named-value", "generic-define",
					     "generic-xml-element", NULL};
	static const char *const made[] = {"generic-secret", "generic-key", NULL};
	static const char *const option[] = {"generic-option", NULL};
	static const char *const keys[] = {"generic-key", NULL}, *const define[] = {
									 "generic-define", NULL};
	static const char *const opening[] = {"api",	 "secret",  "access",  "private",
					      "auth",	 "token",   "encrypt", "sign",
					      "license", "licence", "master",  NULL};
	static const char *const plain_key[] = {"key", NULL};
	struct sv_span s = in->secret, key = key_of(in);
	bool by_machine = is_rule(in, made), by_people = is_rule(in, chosen), code,
	     shown = by_machine || is_rule(in, option);

	if (s.len == 0)
		return NULL;
	if (names_a_detail(key) || (by_machine && is_of_form(in, key)) ||
	    (by_machine && is_bare_salt(key)))
		return "its name is that of something beside a secret";
	if (is_within_word(in))
		return "its name is a part of another word";
	if (is_in_path(in, key) || opens_block(in) || is_variable_of_c(in) || is_part_of_maker(s) ||
	    begins_with(s, key) || is_web_token(s) || is_public_der(s) || is_public_jwk(s) ||
	    (by_machine && (is_other_thing(s) || is_sealed(s) || is_of_stored_object(in, key))) ||
	    is_constructor(in) || (by_people && (is_code_point(s) || is_pictograph(s))))
		return "it is a thing of another kind";
	if (is_asked_for(in, key) || names_what_follows(in, key) || is_in_table(in, key) ||
	    (by_machine && is_index(in, key)) || is_argument_before(in, key) ||
	    is_asked_of_environment(in))
		return "it is a name among others";
	if (is_badge(in) || is_in_every_client(in) || is_set_cookie(in, key) ||
	    sv_is_published(s) || sv_is_of_one_call(in, key) || sv_is_in_script_address(in))
		return "every visitor is given it";
	/* an element with a value in quotes shows code */
	if (sv_span_equal(sv_span_str(in->rule->id), sv_span_str("generic-xml-element")) &&
	    (sv_is_any(key, plain_key) || (s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')))
		return "it is a name among others";
	if (sv_decodes_to_words(s) || is_typed_base32(s) || is_text_in_hex(s))
		return "it decodes to plain words";
	code = is_in_code(in) || (by_machine && is_compared(in, key));
	if (is_measured(in, key) ||
	    (by_machine && !signs(key) && !isdigit(s.ptr[0]) && is_lettered(s) && sv_has_few_keys(s)))
		return "it is a word or a number";
	if (by_machine &&
	    (sv_is_number(s) || is_noun(s) || (code && (is_typed(s) || is_name_of_few_letters(s))) ||
	     (sv_is_word(s) && (code || is_title(s) || !signs(key)))))
		return "it is a word or a number";
	if (sv_is_named_in_code(in, by_machine && is_compared(in, key),
				!by_machine || signs(key) || sv_holds(key, "secret") ||
					(is_rule(in, keys) && sv_holds_any(key, opening))))
		return "it is a name among others";
	if (is_rule(in, define) && ((s.len < 12 && is_typed(s)) ||
				    (sv_is_any(last_word(key), plain_key) &&
				     !sv_holds_any(key, opening) && sv_is_name_in_letters(s))))
		return "it is a word or a number";
	if ((by_machine || by_people) && (sv_is_counted(s) || sv_is_typed_to_fill(s)))
		return "it is counted, not drawn";
	if ((by_machine || sv_holds(key, "token") || sv_holds(key, "auth")) && sv_is_written_by_hand(s))
		return "it was written by hand";
	if ((by_machine || by_people) && sv_is_its_name(in))
		return "its name again stands for it";
	if (by_people && is_of_made_up_person(in))
		return "it is of a person that was made up";
	if (by_people &&
	    (is_digest(s) || (code && is_mostly_hex(s) && s.len >= 32) || is_stored_hash(in)))
		return "it has the form of a digest";
	if (sv_is_id(in, key, is_rule(in, keys) && !sv_holds_any(key, opening)))
		return "it tells things apart";
	if (sv_is_digest_beside_its_name(in, key))
		return "it has the form of a digest";
	if (sv_is_guid(s) &&
	    ((code && by_people) || (is_rule(in, keys) && !sv_holds_any(key, opening))))
		return "it tells things apart";
	if ((is_rule(in, keys) && is_public_point(in, key)) ||
	    (by_machine && sv_is_point_of_p256(s)))
		return "it is a public key";
	if (by_machine && has_blanks(s))
		return "it is a phrase";
	if (by_machine && s.len > 24 && sv_says_secret(s))
		return "it says that it is none";
	if (shown && sv_is_announced(in))
		return "an example is announced";
	if (by_people && sv_holds(last_word(key), "salt"))
		return "its name is that of something beside a secret";
	if (by_people && is_quoted(in) && ((sv_is_word(s) && is_title(s)) || is_foreign_phrase(s)))
		return "it is a phrase";
	if (by_people &&
	    (sv_says_secret(s) ||
	     (code && !is_compared(in, key) && (sv_is_word(s) || sv_is_mash(s) || is_beside_itself(in)))))
		return "it reads as if made up for a test";
	if (is_quoted(in) && says_test(key) && sv_is_typed(s))
		return "it reads as if made up for a test";
	if (code && sv_is_in_test(in) && sv_is_typed(s))
		return "it reads as if made up for a test";
	if ((sv_is_made_up(s) || by_machine) && sv_is_remark(in))
		return "it stands in a comment or a manual";
	return NULL;
}
