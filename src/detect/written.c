/*
 * Values that somebody wrote down and that look drawn by lot: names of code, the same few
 * characters again and again, the bytes of a sample counted up.
 */
#include "detect/checks.h"
#include <ctype.h>
#include <strings.h>

static bool has_no_digit(struct sv_span s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.len; i++)
		digits += isdigit(s.ptr[i]) != 0;
	return digits == 0;
}

/* "BT_Draz_Nurakk", "STATE_OPEN": members of an enumeration, parts of letters that capitals begin
 */
static bool is_enumerator(struct sv_span s)
{
	size_t parts = 0, i = 0;

	while (i < s.len) {
		size_t from = i;
		bool small;

		while (i < s.len && isupper(s.ptr[i]))
			i++;
		small = i == from + 1;
		while (small && i < s.len && islower(s.ptr[i]))
			i++;
		if (i == from || (i < s.len && s.ptr[i] != '_') || i + 1 == s.len)
			return false;
		parts++;
		i++;
	}
	return parts >= 2 && s.len <= 40;
}

/* "EndOfYearModal2025Key", "open.last.tab.key": the name of a setting, with its noun at its end */
static bool is_name_of_setting(struct sv_span s)
{
	size_t runs = 0;
	uint8_t before;

	if (s.len < 10 || strncasecmp((const char *)s.ptr + s.len - 3, "key", 3) != 0)
		return false;
	before = s.ptr[s.len - 4];
	if (strchr("_-.", before) == NULL &&
	    (isupper(before) || s.ptr[s.len - 3] != 'K' || s.ptr[s.len - 1] != 'y'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum(s.ptr[i]) && strchr("_-.", s.ptr[i]) == NULL)
			return false;
		runs += isdigit(s.ptr[i]) && !isdigit(s.ptr[i - (i > 0)]);
	}
	return runs <= 1 && !isdigit(s.ptr[0]);
}

/* "*MINLNG": a word of the language that a parser reads */
static bool is_keyword(struct sv_span s)
{
	size_t i = 0;

	while (i < s.len && s.len <= 12 && (isupper(s.ptr[i]) || (i == 0 && ispunct(s.ptr[i]))))
		i++;
	return i == s.len && i > 0;
}

/* "pub password: Base64Data,": what has no quotes and a declaration before it is a type */
static bool is_type(const struct sv_check_input *in)
{
	static const char *const words[] = {"pub ",	 "public ",    "private ",
					    "readonly ", "protected ", "internal "};
	const uint8_t *at = in->text.ptr + in->match_start, *line = at;
	const uint8_t *after = in->secret.ptr + in->secret.len;

	if (in->secret.ptr - at < 2 || in->secret.ptr[-1] != ' ' || in->secret.ptr[-2] != ':' ||
	    !isupper(in->secret.ptr[0]) ||
	    (after < in->text.ptr + in->text.len && strchr(",;<\r\n", *after) == NULL))
		return false;
	for (size_t i = 0; i < in->secret.len; i++)
		if (!isalnum(in->secret.ptr[i]))
			return false;
	while (line > in->text.ptr && line[-1] != '\n')
		line--;
	while (line < at && (*line == ' ' || *line == '\t'))
		line++;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (sv_span_starts_with(sv_span(line, (size_t)(at - line)), words[i]))
			return true;
	return false;
}

/* /v1/shops/MP6oR9hHNlu2BLVsRR/cards/CC7m1Mtqk6rVJo5: two kinds of things, each with a name */
static bool is_path_of_things(struct sv_span s)
{
	size_t words = 0, i = 0;

	if (s.len < 8 || s.ptr[0] != '/')
		return false;
	while (i < s.len) {
		size_t from = ++i;
		bool word = true;

		for (; i < s.len && s.ptr[i] != '/'; i++) {
			if (!isalnum(s.ptr[i]) && strchr("_-.~", s.ptr[i]) == NULL)
				return false;
			word &= islower(s.ptr[i]) || s.ptr[i] == '_' || s.ptr[i] == '-';
		}
		if (i == from && i < s.len)
			return false;
		words += word && i >= from + 4;
	}
	return words >= 2;
}

/* "--wx--x--x": who may read a file */
static bool is_mode_of_file(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\0' || strchr("-rwxsStTdl", s.ptr[i]) == NULL)
			return false;
	return s.len == 10 && memchr(s.ptr, '-', s.len) != NULL;
}

/* "fi # $pass = dlopen": what a variable of a shell is, no more */
static bool is_said_of_variable(const struct sv_check_input *in)
{
	const uint8_t *key = in->text.ptr + in->match_start;

	for (size_t i = 0; i < in->secret.len; i++)
		if (!islower(in->secret.ptr[i]))
			return false;
	return key > in->text.ptr && key[-1] == '$' && in->secret.ptr[-1] == ' ';
}

/* "password = p.psk" at the end of a line: a member of a variable, with blanks around the sign as
 * code has them */
static bool is_member(const struct sv_check_input *in)
{
	struct sv_span s = in->secret;
	const uint8_t *dot = s.len ? memchr(s.ptr, '.', s.len) : NULL, *end = s.ptr + s.len;

	if (dot == NULL || dot == s.ptr || dot + 1 == end || end >= in->text.ptr + in->text.len ||
	    (*end != '\n' && *end != '\r') || s.ptr - in->text.ptr < 3 ||
	    memcmp(s.ptr - 3, " = ", 3) != 0)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!islower(s.ptr[i]) && s.ptr[i] != '_' && s.ptr + i != dot)
			return false;
	return true;
}

/* "getpwnam_r" beside __nss_compat_getpwnam_r: a name of code within another */
static bool is_within_a_name(const struct sv_check_input *in)
{
	struct sv_span s = in->secret, text = in->text;
	const uint8_t *at = text.ptr, *end = text.ptr + text.len;

	if (!sv_is_name_in_letters(s) || memchr(s.ptr, '_', s.len) == NULL)
		return false;
	for (; (at = memmem(at, (size_t)(end - at), s.ptr, s.len)) != NULL; at++)
		if (at > text.ptr + 1 && at[-1] == '_' && islower(at[-2]))
			return true;
	return false;
}

/* "kanidm-hmac-v2": words and a version */
static bool is_versioned_name(struct sv_span s)
{
	const uint8_t *dash = s.len ? memrchr(s.ptr, '-', s.len) : NULL;

	return dash != NULL && s.ptr + s.len - dash <= 4 && s.ptr + s.len - dash >= 3 &&
	       dash[1] == 'v' && isdigit(dash[2]) && isdigit(s.ptr[s.len - 1]) &&
	       sv_is_name_in_letters(sv_span(s.ptr, (size_t)(dash - s.ptr)));
}

bool sv_is_named_in_code(const struct sv_check_input *in, bool compared, bool opens)
{
	struct sv_span s = in->secret;

	if (is_type(in) || is_member(in) || is_within_a_name(in) || is_path_of_things(s) ||
	    is_mode_of_file(s) || is_said_of_variable(in))
		return true;
	if (compared && is_keyword(s))
		return true;
	return !opens && ((has_no_digit(s) && is_enumerator(s)) || is_name_of_setting(s) ||
			  is_versioned_name(s));
}

/* "OMGOMGOMG", "a1b2a1b2a1b2a1b2": two to four characters, three times and more; in small letters
 * alone it may be a password */
static bool comes_again(struct sv_span s)
{
	size_t small = 0;

	while (small < s.len && islower(s.ptr[small]))
		small++;
	if (small == s.len)
		return false;
	for (size_t period = 2; period <= 4 && s.len <= 128; period++)
		for (size_t i = period, run = 0; i < s.len; i++) {
			run = isalnum(s.ptr[i]) && s.ptr[i] == s.ptr[i - period] ? run + 1 : 0;
			/* zeroes are AAAA in base64 */
			if (run >= 2 * period && run + period >= 9 && s.ptr[i] != s.ptr[i - 1])
				return true;
		}
	return false;
}

/* base64 of … 11 22 33 44 55 66 77 88 99: the bytes of a sample */
static bool hides_counted_bytes(struct sv_span s)
{
	uint8_t raw[72];
	ptrdiff_t n = s.len < 16 || s.len > 88 ? -1 : sv_base64_decode(s, raw);
	size_t run = 0;

	/* what somebody typed may open something */
	if (n > 0 && sv_printable(sv_span(raw, (size_t)n)))
		return false;
	for (ptrdiff_t i = 2; i < n; i++) {
		uint8_t step = (uint8_t)(raw[i] - raw[i - 1]);

		run = step != 0 && step == (uint8_t)(raw[i - 1] - raw[i - 2]) ? run + 1 : 0;
		if (run >= 5)
			return true;
	}
	return false;
}

/* "pi_3NfRruAWOtgoysog1FxgDwtf_secret_f4ke": its last part says so */
static bool ends_in_fake(struct sv_span s)
{
	static const char *const words[] = {"fake", "f4ke", "dummy", "sample", "example", "mock"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (s.len > n + 4 && strchr("_-.", s.ptr[s.len - n - 1]) != NULL &&
		    strncasecmp((const char *)s.ptr + s.len - n, words[i], n) == 0)
			return true;
	}
	return false;
}

bool sv_has_alphabet(struct sv_span s)
{
	size_t run = 1;

	for (size_t i = 1; i < s.len && run < 12; i++)
		run = isalpha(s.ptr[i]) && tolower(s.ptr[i]) == tolower(s.ptr[i - 1]) + 1 ? run + 1
											  : 1;
	return run == 12;
}

bool sv_says_fake(struct sv_span s)
{
	static const char *const words[] = {"FAKE",	 "DUMMY",     "EXAMPLE",    "TESTKEY",
					    "TESTID",	 "TESTTOKEN", "TESTSECRET", "TestKey",
					    "TestToken", "TestSecret"};

	for (size_t i = 0; s.len >= 16 && s.len <= 128 && i < sizeof(words) / sizeof(*words); i++)
		if (memmem(s.ptr, s.len, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

/* "ya29.c.Kp0B9Acz3QK1": Google's are longer than a hundred */
static bool is_shortened(struct sv_span s)
{
	return sv_span_starts_with(s, "ya29.") && s.len < 60;
}

bool sv_is_name_in_letters(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!islower(s.ptr[i]) && strchr("_-.", s.ptr[i]) == NULL)
			return false;
	return s.len <= 40 && s.len != 0 && islower(s.ptr[0]) && islower(s.ptr[s.len - 1]);
}

/* "!@#$%^&*()_+": what machines draw has letters and digits */
static bool is_of_marks(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (isalnum(s.ptr[i]) || s.ptr[i] >= 0x80)
			return false;
	return true;
}

bool sv_is_written_by_hand(struct sv_span s)
{
	return comes_again(s) || is_of_marks(s) || sv_has_alphabet(s) || sv_says_fake(s) ||
	       hides_counted_bytes(s) || ends_in_fake(s) || is_shortened(s);
}
