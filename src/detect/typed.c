/*
 * What a person typed, told by the value alone: words, what stands for letters, walks over the
 * keyboard, numbers and bytes counted up.
 */
#include "detect/checks.h"
#include "detect/model.h"
#include <ctype.h>
#include <strings.h>

/* Letters that people would say: "porkchop", "Hello-World". */
bool sv_is_word(struct sv_span s)
{
	size_t letters = 0, end = s.len;

	while (end > 0 && (isdigit(s.ptr[end - 1]) || strchr("!.#@", s.ptr[end - 1]) != NULL) &&
	       s.len - end < 3)
		end--;
	for (size_t i = 0; i < end; i++) {
		/* "pass%40word" */
		if (s.ptr[i] == '%' && i + 2 < end && sv_hex_value(s.ptr[i + 1]) >= 0 &&
		    sv_hex_value(s.ptr[i + 2]) >= 0) {
			i += 2;
			continue;
		}
		if (!isalpha(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && s.ptr[i] != ' ')
			return false;
		letters += isalpha(s.ptr[i]) != 0;
		/* capitals begin words, or all are capitals */
		if (i > 0 && isupper(s.ptr[i]) && islower(s.ptr[i - 1]) && i + 1 < end &&
		    !islower(s.ptr[i + 1]))
			return false;
	}
	return letters >= 2 && s.len <= 32 && sv_model_is_words(sv_span(s.ptr, end));
}

/* The letter that a digit or a mark stands for in words that shall look like none. */
static uint8_t letter_of(uint8_t c)
{
	static const char from[] = "0134578@$!", to[] = "oleastbasi";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	return at != NULL ? (uint8_t)to[at - from] : c;
}

/* "s3cr3t!" and "P@55w0rd": read as letters, they say what they are */
bool sv_says_secret(struct sv_span s)
{
	static const char *const words[] = {
		"password", "passwort",	   "passwd",	"secret",     "letmein",  "changeme",
		"invalid",  "wrong",	   "incorrect", "fake",	      "dummy",	  "bogus",
		"example",  "placeholder", "notreal",	"notasecret", "admin123", NULL};
	static const char *const plainly[] = {"notareal", "notreal", "notasecret", "changeme",
					      NULL};
	uint8_t plain[64];
	size_t n = 0;

	if (s.len > 24)
		return s.len < 80 && sv_holds_any(s, plainly);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '-' && s.ptr[i] != '_' && s.ptr[i] != '.' && s.ptr[i] != ' ')
			plain[n++] = letter_of(s.ptr[i]);
	return sv_holds_any(sv_span(plain, n), words);
}

/* "a0a1a2a3a4a5a6a7": bytes in hex, each one more than the last */
static bool has_counted_bytes(struct sv_span s)
{
	size_t steps = 0;

	if (s.len < 16 || s.len % 2 != 0)
		return false;
	for (size_t i = 0, last = 0; i < s.len; i += 2) {
		int high = sv_hex_value(s.ptr[i]), low = sv_hex_value(s.ptr[i + 1]);

		if (high < 0 || low < 0)
			return false;
		steps += i != 0 && (size_t)(high << 4 | low) == last + 1;
		last = (size_t)(high << 4 | low);
	}
	return steps * 5 >= (s.len / 2 - 1) * 4;
}

/* "AaBb2Cc3Dd4": letters and digits, each as they follow */
static bool has_letters_in_order(struct sv_span s)
{
	uint8_t letter = 0, digit = 0;
	size_t letters = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)tolower(s.ptr[i]), *last = isalpha(c) ? &letter : &digit;

		if (!isalnum(c) || (*last != 0 && c != *last && c != *last + 1))
			return false;
		letters += isalpha(c) && c != letter;
		*last = c;
	}
	return letters >= 4;
}

/* "ABCD-EFGH-IJKL-MNOP", "1234567890123456", "fedcba9876543210": up or down, one by one */
bool sv_is_counted(struct sv_span s)
{
	size_t steps = 0, all = 0;
	uint8_t last = 0;

	if (has_counted_bytes(s) || has_letters_in_order(s))
		return true;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '-' || s.ptr[i] == ' ' || s.ptr[i] == '=')
			continue;
		all += last != 0;
		steps += last != 0 && (s.ptr[i] == last + 1 || s.ptr[i] + 1 == last);
		last = s.ptr[i];
	}
	return s.len <= 128 && all >= 15 && steps * 5 >= all * 4;
}

/* "Hello, world" */
static bool is_few_words(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalpha(s.ptr[i]) && strchr(" ,.!?'-", s.ptr[i]) == NULL)
			return false;
	return s.len <= 256 && sv_model_is_of_words(s);
}

/* A number; long ones may be keys, but for the ends of what a computer counts with. */
bool sv_is_number(struct sv_span s)
{
	static const char *const ends[] = {"9223372036854775807",
					   "-9223372036854775808",
					   "9223372036854775808",
					   "18446744073709551615",
					   "9007199254740991",
					   "-9007199254740991",
					   NULL};

	if (s.len == 0 || s.len >= 16)
		return sv_is_any(s, ends);
	for (size_t i = s.ptr[0] == '-'; i < s.len; i++)
		if (!isdigit(s.ptr[i]) && s.ptr[i] != '_')
			return false;
	return true;
}

/* {"test":"test"}: what is a secret in it is told by itself */
static bool is_object(struct sv_span s)
{
	return s.len >= 2 && s.ptr[0] == '{' && s.ptr[s.len - 1] == '}';
}

/* "asdfasdf", "asdasdASD!@#": one row of the keyboard, and what tests of passwords put behind it */
bool sv_is_mash(struct sv_span s)
{
	static const char *const rows[] = {"asdfghjkl", "qwertyuiop", "zxcvbnm"};

	while (s.len > 6 && !isalpha(s.ptr[s.len - 1]))
		s.len--;

	for (size_t row = 0; row < 3; row++) {
		size_t i = 0;

		while (i < s.len && s.ptr[i] != '\0' &&
		       strchr(rows[row], tolower(s.ptr[i])) != NULL)
			i++;
		if (i == s.len)
			return true;
	}
	return false;
}

/* Do two keys lie beside each other, by row and by thirds of a key? */
static bool are_neighbours(uint8_t a, uint8_t b)
{
	static const char *const rows[] = {"1234567890", "qwertyuiop", "asdfghjkl;", "zxcvbnm,./"};
	int row[2] = {-1, -1}, at[2] = {0, 0};

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 2; k++) {
			const char *key = strchr(rows[i], tolower(k ? b : a));

			if (key == NULL || *key == '\0')
				continue;
			row[k] = i;
			at[k] = (int)(key - rows[i]) * 3 + i;
		}
	return row[0] >= 0 && row[1] >= 0 && abs(row[0] - row[1]) <= 1 && abs(at[0] - at[1]) <= 4;
}

/* "nbvfdswe34567ujko098765", "NgdfaXasARggr": hands that wander over the keyboard */
static bool is_wandering(struct sv_span s)
{
	size_t steps = 0, all = 0;

	if (s.len > 64)
		return false;
	for (size_t i = 1; i < s.len; i++) {
		if (!isalnum(s.ptr[i]) || !isalnum(s.ptr[i - 1]) || s.ptr[i] == s.ptr[i - 1])
			continue;
		all++;
		steps += are_neighbours(s.ptr[i - 1], s.ptr[i]);
	}
	return all >= 7 && steps * 5 >= all * 3;
}

/* "wefwefe", "45ligj345ligj4wl5igj4lw5": the same few keys again and again */
bool sv_has_few_keys(struct sv_span s)
{
	bool seen[256] = {false};
	size_t distinct = 0, letters = 0, run = 1, repeated = 1;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)tolower(s.ptr[i]);

		letters += isalpha(c) != 0;
		distinct += !seen[c];
		seen[c] = true;
		run = i > 0 && s.ptr[i] == s.ptr[i - 1] ? run + 1 : 1;
		if (run > repeated)
			repeated = run;
	}
	if (repeated >= 5)
		return true;
	/* of hex that is drawn, too many have as few */
	if (s.len >= 16 && (s.len > 24 || sv_is_hex(s)))
		return s.len <= 64 && distinct <= 10 && distinct * 3 <= s.len;
	/* of letters and digits that are drawn, one value in a hundred has so few */
	if (s.len >= 12)
		return distinct * 2 <= s.len && letters * 2 > s.len;
	return s.len >= 5 && letters * 4 >= s.len * 3 && distinct <= 4;
}

/* "dksjnlvsnl2": the fingers never left their row */
static bool is_home_row(struct sv_span s)
{
	size_t letters = 0, home = 0;

	for (size_t i = 0; i < s.len; i++) {
		letters += isalpha(s.ptr[i]) != 0;
		home += isalpha(s.ptr[i]) && strchr("asdfghjkl", tolower(s.ptr[i])) != NULL;
	}
	return letters >= 8 && letters * 3 >= s.len * 2 && home * 10 >= letters * 7;
}

/* what base64 hides: "cGFzc3dvcmQ=", also the password of a pair "user:password" */
bool sv_decodes_to_words(struct sv_span s)
{
	uint8_t raw[400];
	struct sv_span text;
	const uint8_t *colon, *blank, *line;
	ptrdiff_t n;

	/* "Basic dXNlcjpw", "hmac :dXNlcjpw" */
	blank = memchr(s.ptr, ' ', s.len < 12 ? s.len : 12);
	if (blank != NULL)
		s = sv_span(blank + 1, (size_t)(s.ptr + s.len - blank - 1));
	if (s.len > 0 && s.ptr[0] == ':')
		s = sv_span(s.ptr + 1, s.len - 1);
	/* "whsec_Zm9v" */
	line = memchr(s.ptr, '_', s.len < 8 ? s.len : 8);
	if (line != NULL && line > s.ptr + 1 && s.len > 8)
		s = sv_span(line + 1, (size_t)(s.ptr + s.len - line - 1));
	n = s.len < 4 || s.len > 512 ? -1 : sv_base64_decode(s, raw);
	if (n < 3)
		return false;
	while (n > 0 && (raw[n - 1] == '\n' || raw[n - 1] == '\r'))
		n--;
	text = sv_span(raw, (size_t)n);
	if (!sv_printable(text))
		return false;
	colon = memchr(raw, ':', (size_t)n);
	if (colon != NULL)
		text = sv_span(colon + 1, (size_t)(raw + n - colon - 1));
	return text.len == 0 || sv_is_stock(text) || sv_stands_for(text) || sv_is_word(text) ||
	       sv_says_secret(text) || sv_is_counted(text) || is_few_words(text) ||
	       sv_is_number(text) || is_object(text) || is_wandering(text) || is_home_row(text);
}

/* "Str0ngP@ss" in letters */
static bool is_words_in_disguise(struct sv_span s)
{
	uint8_t plain[32];
	size_t upper = 0;

	/* a mark at its end stands for no letter */
	if (s.len > 8 && s.ptr[s.len - 1] == '!')
		s.len--;
	if (s.len > sizeof(plain))
		return false;
	for (size_t i = 0; i < s.len; i++)
		plain[i] = letter_of(s.ptr[i]);
	if (sv_model_is_of_words(sv_span(plain, s.len)))
		return true;
	/* "cl13nt": a one is an i as well */
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '1')
			plain[i] = 'i';
	if (sv_model_is_of_words(sv_span(plain, s.len)))
		return true;
	for (size_t i = 0; i < s.len; i++) {
		upper += isupper(s.ptr[i]) != 0;
		plain[i] = (uint8_t)tolower(letter_of(s.ptr[i]));
	}
	/* "wobblE3" */
	return sv_is_stock(sv_span(plain, s.len)) ||
	       ((s.len <= 12 || memchr(s.ptr, '-', s.len) != NULL) && upper <= 2 &&
		sv_model_is_of_words(sv_span(plain, s.len)));
}

/* "p%40ss%23word" without its codes */
static struct sv_span decode_percent(struct sv_span s, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n < cap; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && sv_hex_value(s.ptr[i + 1]) >= 0 &&
		    sv_hex_value(s.ptr[i + 2]) >= 0) {
			ret[n++] = (uint8_t)(sv_hex_value(s.ptr[i + 1]) << 4 |
					     sv_hex_value(s.ptr[i + 2]));
			i += 2;
		} else {
			ret[n++] = s.ptr[i];
		}
	}
	return sv_span(ret, n);
}

/* "4adin88n95ywg9z7": letters and digits in turn, as no word has them */
static bool is_interleaved(struct sv_span s)
{
	size_t turns = 0;

	for (size_t i = 1; i < s.len; i++)
		turns += (isdigit(s.ptr[i]) != 0) != (isdigit(s.ptr[i - 1]) != 0);
	return turns > 4;
}

bool sv_is_typed(struct sv_span value)
{
	uint8_t plain[128];
	struct sv_span s;

	const uint8_t *blank = memchr(value.ptr, ' ', value.len < 8 ? value.len : 8);

	/* "Basic Wv0dTjLryp==" */
	if (blank != NULL)
		value = sv_span(blank + 1, (size_t)(value.ptr + value.len - blank - 1));
	if (value.len == 0 || value.len > sizeof(plain))
		return false;
	s = decode_percent(value, plain, sizeof(plain));
	return sv_is_stock(s) || sv_is_made_up(s) || sv_is_number(s) || sv_is_counted(s) ||
	       is_wandering(s) || is_home_row(s) || sv_has_few_keys(s) ||
	       (sv_model_is_words(s) && !is_interleaved(s)) || is_words_in_disguise(s) ||
	       sv_decodes_to_words(s);
}

/* "fuss_do_rah", "ouchmyrib": small letters, far more like text than letters that are drawn */
static bool is_said(struct sv_span s)
{
	size_t first = 0;

	for (size_t i = 0; i < s.len; i++)
		if (!islower(s.ptr[i]) && s.ptr[i] != '_' && s.ptr[i] != '-')
			return false;
	while (first < s.len && strchr("aeiouy", s.ptr[first]) == NULL)
		first++;
	return s.len >= 6 && s.len <= 20 && first <= 2 && sv_model_surprise(s) < 44;
}

bool sv_is_typed_for_test(struct sv_span s)
{
	return is_said(s) || sv_is_typed(s);
}

bool sv_is_made_up(struct sv_span s)
{
	return sv_is_mash(s) || sv_is_word(s) || sv_says_secret(s);
}
