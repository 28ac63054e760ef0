#include "detect/tail_bytes.h"
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define LONGEST 40 /* bytes of a name that are looked at after its noun */

#define IS(c, set)  (__builtin_strchr(set, (c)) != 0 && (c) != 0)
#define IS_WORD(c)  (IS_ALPHA(c) || ((c) >= '0' && (c) <= '9') || (c) == '_')
#define IS_SPACE(c) ((c) == ' ' || ((c) >= '\t' && (c) <= '\r'))
#define CLOSERS	    "\\\"'`])"
#define OPERATORS   "=:,(<!?|-.+oOsSvV"
#define IS_BARE(c)  (!IS_SPACE(c) && !IS(c, "\"'`,;<>(){}[]|&\\"))
#define CLASSES(c)                                                                                 \
	((IS_WORD(c) ? WORD : 0) | (IS_WORD(c) || IS(c, ".$-") ? NAME : 0) |                       \
	 (IS_SPACE(c) ? SPACE : 0) | ((c) == ' ' || (c) == '\t' ? BLANK : 0) |                     \
	 (IS(c, CLOSERS) ? CLOSER : 0) | (IS_ALPHA(c) || IS(c, "&'[]<>?|. ") ? TYPE : 0) |         \
	 (IS_WORD(c) || IS(c, ".&:[]<>*") ? CALL : 0) | (IS(c, "bruflBRUFL@") ? PREFIX : 0) |      \
	 (IS_BARE(c) ? BARE : 0) | (!IS_BARE(c) || IS(c, "$%*-") ? NO_START : 0) |                 \
	 (IS_WORD(c) || IS(c, "+/.=-") ? TOKEN : 0) | (IS(c, "\"'`") ? QUOTE : 0) |                \
	 (!IS_SPACE(c) && !IS(c, ":/@\"'<>") ? USER : 0) |                                         \
	 (!IS_SPACE(c) && !IS(c, "\"'`\\|;&") ? ARGUMENT : 0) |                                    \
	 (IS_WORD(c) || IS(c, "<>&' ") ? GATE_TYPE : 0) | (IS(c, OPERATORS) ? OPERATOR : 0) |      \
	 (IS(c, "=:,(>|?") ? OPENS : 0) | (IS(c, "vVdDsScC") ? LABEL : 0) |                        \
	 (IS_SPACE(c) || IS(c, ",-:{") ? GAP : 0) | (IS(c, "<>{};()") ? NO_ATTRIBUTE : 0) |        \
	 (IS(c, "([{<") ? OPENER : 0) | (!IS_SPACE(c) && !IS(c, "\"':=;,(){}<>") ? SETTING : 0))
#define ALL_OF(of)                                                                                 \
	{                                                                                          \
		QUARTER(of, 0), QUARTER(of, 64), QUARTER(of, 128), QUARTER(of, 192)                \
	}
#define QUARTER(of, c)                                                                             \
	EIGHT(of, c), EIGHT(of, (c) + 8), EIGHT(of, (c) + 16), EIGHT(of, (c) + 24),                \
		EIGHT(of, (c) + 32), EIGHT(of, (c) + 40), EIGHT(of, (c) + 48), EIGHT(of, (c) + 56)
#define EIGHT(of, c)                                                                               \
	of(c), of((c) + 1), of((c) + 2), of((c) + 3), of((c) + 4), of((c) + 5), of((c) + 6),       \
		of((c) + 7)
const uint32_t sv_tail__classes[256] = ALL_OF(CLASSES);

/* ":", or ":=", "::=", ":::=" */
static size_t skip_colons(struct sv_span s, size_t at)
{
	size_t end = skip_byte(s, at, ':', 3);

	return byte_at(s, end) == '=' ? end + 1 : at + 1;
}

size_t sv_tail__skip_operator(struct sv_span s, size_t at)
{
	uint8_t next = byte_at(s, at + 1);
	size_t equals = at + 2 + (byte_at(s, at + 2) == '=');

	switch (byte_at(s, at)) {
	case '=':
		return next == '=' ? equals : at + 1 + (next == '>');
	case ':':
		return skip_colons(s, at);
	case '.':
	case '+':
		return next == '=' ? at + 2 : at;
	case ',':
	case '(':
		return at + 1;
	case '-':
		return next == '>' ? at + 2 : at;
	case '<':
		return next == '-' ? at + 2 : at;
	case '!':
		return next == '=' ? equals : at;
	case '?':
		return next == '?' ? equals : next == '=' ? at + 2 : at;
	case '|':
		return next == '|' ? equals : at;
	case 'o':
	case 'O':
		return (next | 0x20) == 'r' ? at + 2 : at;
	default:
		return at;
	}
}

/* ---- a value without quotes ---- */

/* Where its first least characters end; 0: there is none. So the others. */
static size_t bare_follows(struct sv_span s, size_t at, unsigned least)
{
	size_t value;

	at = skip(s, at, BLANK, 16);
	if (((byte_at(s, at) == '?' || byte_at(s, at) == '+') && byte_at(s, at + 1) == '=') ||
	    (byte_at(s, at) == '=' && byte_at(s, at + 1) == '>'))
		at += 2;
	else if (byte_at(s, at) == ':')
		at = skip_colons(s, at);
	else if (byte_at(s, at) == '=')
		at++;
	else
		return 0;
	value = skip(s, at, BLANK, 16);
	return has(s, value, BARE, least) && !(at_class(s, value) & NO_START) ? value + least : 0;
}

/* ---- a quoted value ---- */

#define ALIGNED 48 /* blanks after a name, where a block of names has its operators in one column  \
		    */

/*
 * Where the first least bytes end of a text that begins with the quote at byte at; backslashes
 * before it begin at byte from. Its quote ends it, unless it is escaped; a word holds neither
 * quotes nor blanks.
 */
static size_t text_at(struct sv_span s, size_t at, size_t from, unsigned least, bool word)
{
	uint8_t quote = byte_at(s, at);
	unsigned none = word ? SPACE | QUOTE : 0;

	if (!(at_class(s, at) & QUOTE))
		return 0;
	/* two of them are one in some texts */
	at += quote == '`' && byte_at(s, at + 1) == quote;
	if (s.len - at - 1 < least)
		return 0;
	for (size_t i = at + 1; i <= at + least; i++) {
		uint8_t c = s.ptr[i];

		if (c == '\r' || c == '\n' || (sv_tail__classes[c] & none) || (word && c == '\\') ||
		    (c == quote && at == from && s.ptr[i - 1] != '\\'))
			return 0;
	}
	return at + 1 + least;
}

static size_t quoted_at(struct sv_span s, size_t at, unsigned least, bool word)
{
	/* a call, a list or a type around it */
	for (int depth = 0; depth < 3; depth++) {
		size_t end = skip(s, at, CALL, 40);

		if (end == at || (byte_at(s, end) != '(' && byte_at(s, end) != '{'))
			break;
		at = skip(s, end + 1, SPACE, 4);
	}
	at = skip(s, at, PREFIX, 2);
	return text_at(s, skip_byte(s, at, '\\', 3), at, least, word);
}

static size_t quoted_follows_operator(struct sv_span s, size_t at, unsigned least, bool word)
{
	size_t end;

	at = skip(s, at, SPACE, ALIGNED);
	end = sv_tail__skip_operator(s, at);
	return end != at ? quoted_at(s, skip(s, end, SPACE, 16), least, word) : 0;
}

/* A type of SQL, as in "token varchar(40) = '...'". */
static size_t skip_sql_type(struct sv_span s, size_t at)
{
	size_t start = skip(s, at, BLANK, 4), end;

	if (start == at)
		return at;
	if (begins(s, start, "string", 6))
		return start + 6;
	if (begins(s, start, "varchar(", 8)) {
		end = skip(s, start + 8, WORD, 4);
		return byte_at(s, end) == ')' ? end + 1 : at;
	}
	return begins(s, start, "str", 3) ? start + 3 : at;
}

/* A declared type, as in "token: &str = ..."; where its = stands, or at. */
static size_t skip_declared_type(struct sv_span s, size_t at)
{
	size_t start = skip_byte(s, at, '?', 1), end;

	if (byte_at(s, start) != ':')
		return at;
	start = skip(s, start + 1, BLANK, 1);
	end = skip(s, start, TYPE, 24);
	return end - start >= 2 && byte_at(s, end) == '=' ? end : at;
}

/* at: behind the name; end: behind the space there */
static size_t quoted_follows(struct sv_span s, size_t at, size_t end, unsigned least, bool word)
{
	size_t value = sv_tail__skip_operator(s, end), type, declared;

	value = value != end ? quoted_at(s, skip(s, value, SPACE, 16), least, word) : 0;
	if (value != 0 || (!(at_class(s, at) & BLANK) && s.ptr[at] != '?' && s.ptr[at] != ':'))
		return value;
	type = skip_sql_type(s, at);
	if (type != at)
		value = quoted_follows_operator(s, type, least, word);
	if (value != 0)
		return value;
	declared = skip_declared_type(s, type);
	return declared != type ? quoted_follows_operator(s, declared, least, word) : 0;
}

/* ---- the tails ---- */

/* A word that is neither "or" nor begins a type of SQL, as those of text are. */
static bool is_other_word(struct sv_span s, size_t at)
{
	uint8_t next = byte_at(s, at + 1) | 0x20;

	switch (byte_at(s, at) | 0x20) {
	case 'o':
		return next != 'r';
	case 's':
		return next != 't' || (byte_at(s, at + 2) | 0x20) != 'r';
	case 'v':
		return next != 'a' || (byte_at(s, at + 2) | 0x20) != 'r';
	default:
		return false;
	}
}

static size_t value_of(struct sv_span s, const struct sv_tail_place *p, unsigned least, bool word)
{
	size_t name = p->name, end, value;

	/* the dash of -> is one of a name too */
	if (byte_at(s, name) == '>' && name > p->at && s.ptr[name - 1] == '-')
		name--;
	name = skip(s, name, CLOSER, 6);
	/* most nouns of a program are followed by none of these */
	end = skip(s, name, SPACE, ALIGNED);
	if (!(at_class(s, end) & OPERATOR) || is_other_word(s, end))
		return 0;
	value = IS(s.ptr[end], "=:?+") ? bare_follows(s, name, least) : 0;
	return value ? value : quoted_follows(s, name, end, least, word);
}

static size_t assigned(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	return value_of(s, p, least, false);
}

static size_t key(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	return value_of(s, p, least, true);
}

static size_t element(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end = p->name, text;

	if (at_class(s, end) & SPACE)
		for (size_t most = end + 81;
		     end < most && end < s.len && !(sv_tail__classes[s.ptr[end]] & NO_ATTRIBUTE);)
			end++;
	/* -> is an arrow of a program */
	if (byte_at(s, end) != '>' || s.ptr[end - 1] == '-')
		return 0;
	text = end = skip(s, end + 1, SPACE, 20);
	while (end < s.len && end - text < least && !(sv_tail__classes[s.ptr[end]] & SPACE) &&
	       s.ptr[end] != '<' && s.ptr[end] != '>')
		end++;
	return end - text == least ? end : 0;
}

/* The label that begins at byte at, or ends there; its length. */
static size_t label_at(struct sv_span s, size_t at, bool ends)
{
	static const char *const labels[] = {"defaultvalue", "stringvalue", "value",
					     "val",	     "default",	    "content"};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		size_t n = strlen(labels[i]);

		if ((!ends || at >= n) && begins(s, ends ? at - n : at, labels[i], n))
			return n;
	}
	return 0;
}

static size_t after_label(struct sv_span s, size_t at)
{
	at = skip_byte(s, at, '\\', 3);
	at = skip(s, at + ((at_class(s, at) & QUOTE) != 0), SPACE, 4);
	return byte_at(s, at) == ':' || byte_at(s, at) == '=' ? at + 1 : 0;
}

static size_t skip_quote(struct sv_span s, size_t at)
{
	at = skip_byte(s, at, '\\', 3);
	return at + ((at_class(s, at) & QUOTE) != 0);
}

/* "</key> <string>" after a name, or the rest of an element whose attribute it is: the first bytes
 * of its text */
static size_t text_of_named(struct sv_span s, size_t at)
{
	size_t end = at;

	if (begins(s, at, "</key>", 6)) {
		end = skip(s, at + 6, SPACE, 40);
		return begins(s, end, "<string>", 8) ? end + 8 : 0;
	}
	if (!(at_class(s, at) & QUOTE))
		return 0;
	for (end++; end < s.len && end - at < 80 && !(sv_tail__classes[s.ptr[end]] & NO_ATTRIBUTE);)
		end++;
	if (byte_at(s, end) != '>')
		return 0;
	end = skip(s, end + 1, SPACE, 40);
	if (begins(s, end, "<value>", 7))
		end += 7;
	return has(s, end, BARE, 4) ? end + 4 : 0;
}

static size_t named(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t name = p->name, label, end;

	(void)least;
	/* the label may be the end of the name itself */
	end = name - p->at >= 3 ? after_label(s, name) : 0;
	if (end != 0) {
		size_t n = label_at(s, name, true);

		if (n != 0 && n <= name - p->at)
			return end;
	}
	label = skip_quote(s, skip(s, skip_quote(s, name), GAP, 64));
	if (at_class(s, label) & LABEL) {
		end = label + label_at(s, label, false);
		end = end > label ? after_label(s, end) : 0;
		if (end != 0)
			return end;
	}
	return text_of_named(s, name);
}

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper_case(struct sv_span s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (is_lower(s.ptr[i]))
			return false;
	return true;
}

static size_t macro(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t name = p->word, value = skip(s, name, BLANK, 24);

	if (value == name)
		return 0;
	if (least != 0 && is_upper_case(s, p->at - 1, name) && has(s, value, BARE, least) &&
	    !(at_class(s, value) & NO_START))
		return value + least;
	/* L"..." u8"..." @"..." */
	for (int i = 0; i < 2 && value < s.len && IS(s.ptr[value], "LlUu8@"); i++)
		value++;
	return byte_at(s, value) == '"' || byte_at(s, value) == '\'' ? value + 1 : 0;
}

#define OPTION_REST 6 /* letters after its noun */
#define OPTION_NAME SV_TAIL_BEFORE

/* An option's name begins with one dash or two. at: where its noun ends. */
static bool is_in_option(struct sv_span s, size_t at)
{
	size_t start = at, least = at > OPTION_NAME ? at - OPTION_NAME : 0;

	while (start > least && (IS_WORD(s.ptr[start - 1]) || s.ptr[start - 1] == '-'))
		start--;
	return s.ptr[start] == '-' && (start == 0 || start > least);
}

/* What follows decides first: it is there more seldom. */
static size_t option(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t name = p->word, value;

	value = byte_at(s, name) == '=' ? name + 1 : skip_byte(s, name, ' ', 2);
	if (value == name || name - p->at > OPTION_REST)
		return 0;
	if (byte_at(s, value) == '"' || byte_at(s, value) == '\'')
		value++;
	for (size_t i = p->at; i < name; i++)
		if (!IS_ALPHA(s.ptr[i]))
			return 0;
	return has(s, value, ARGUMENT, least) && !IS(s.ptr[value], "-$<%{[") &&
			       is_in_option(s, p->at)
		       ? value + least
		       : 0;
}

static size_t userinfo(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t password = skip(s, p->at, USER, 128) + 1, end;

	if (byte_at(s, password - 1) != ':')
		return 0;
	end = skip(s, password, USER, 256);
	return end - password >= least && byte_at(s, end) == '@' ? end + 1 : 0;
}

static size_t block(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t name = skip_quote(s, p->name);

	(void)least;
	name = skip(s, name, SPACE, 4);
	if (byte_at(s, name) != ':')
		return 0;
	name = skip(s, name + 1, SPACE, 4);
	if (byte_at(s, name) != '{')
		return 0;
	name = skip(s, name + 1, SPACE, 40);
	return begins(s, name, "\"type\"", 6) ? name + 6 : 0;
}

static size_t typed(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t name = p->word, type = skip(s, name, SPACE, 8);

	(void)least;
	return type != name && begins(s, type, "string", 6) ? type + 6 : 0;
}

static size_t equals(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end = skip(s, skip(s, p->at, CLOSER, 3), SPACE, 2), quote;

	(void)least;
	if (byte_at(s, end) == '=' || byte_at(s, end) == ':')
		return end + 1;
	quote = skip(s, end + 1, SPACE, 4);
	return byte_at(s, end) == '(' && (at_class(s, quote) & QUOTE) ? quote + 1 : 0;
}

/* At a quote: the byte before which `least` bytes of its text stand, or 0. */
static size_t quoted_text(struct sv_span s, size_t at, unsigned least)
{
	size_t text = at + 1, end = text;

	while (end < s.len && end - text < least && !IS(s.ptr[end], "\"'\r\n"))
		end++;
	return end - text == least ? end : 0;
}

static size_t entry(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end =
		skip(s, p->at + (byte_at(s, p->at) == '"' || byte_at(s, p->at) == '\''), SPACE, 4);

	if (byte_at(s, end) != ':')
		return 0;
	end = skip(s, end + 1, SPACE, 4);
	return byte_at(s, end) == '"' || byte_at(s, end) == '\'' ? quoted_text(s, end, least) : 0;
}

static size_t attribute(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end = skip(s, p->at, SPACE, 24);

	if (byte_at(s, end) != '=')
		return 0;
	end = skip(s, end + 1, SPACE, 4);
	return byte_at(s, end) == '"' ? quoted_text(s, end, least) : 0;
}

static size_t member(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end = entry(s, p, least);

	return end != 0 ? end : attribute(s, p, least);
}

static size_t reference(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	(void)least;
	return byte_at(s, p->name) == ')' ? p->name + 1 : 0;
}

static size_t line(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t start = p->at - password_noun(s, p->at), name = p->at, value;

	if (p->at - start != 4 || s.ptr[start] != 'p')
		return 0;
	for (int i = 0; i < 8 && start > 0 && (sv_tail__classes[s.ptr[start - 1]] & BLANK); i++)
		start--;
	if (start == 0 || s.ptr[start - 1] != '\n')
		return 0;
	name += begins(s, name, "word", 4) ? 4 : 0;
	value = skip(s, name, BLANK, 8);
	if (value == name)
		return 0;
	value += byte_at(s, value) == '"' || byte_at(s, value) == '\'';
	return has(s, value, SETTING, least) ? value + least : 0;
}

#define BIT(tail) (1u << SV_TAIL_##tail)
/* of tails, those that begin right after the noun rather than after its name */
#define AT_NOUN (BIT(EQUALS) | BIT(ENTRY) | BIT(ATTRIBUTE) | BIT(MEMBER))
/* those that ask for a blank after a word */
#define AT_WORD (BIT(MACRO) | BIT(TYPED))

/* What the byte after a name allows; and the first after the blanks that stand there. */
#define AFTER_NAME(c)                                                                              \
	((IS(c, CLOSERS OPERATORS ">") || IS_SPACE(c) ? BIT(ASSIGNED) : 0) |                       \
	 (IS(c, "\"'`,-:{\\=<") || IS_SPACE(c) ? BIT(NAMED) : 0) |                                 \
	 (IS(c, "\"'`\\:") || IS_SPACE(c) ? BIT(BLOCK) : 0) |                                      \
	 (IS_SPACE(c) || (c) == '>' ? BIT(ELEMENT) : 0) | (IS_SPACE(c) ? AT_WORD : 0) |            \
	 ((c) == ')' ? BIT(REFERENCE) : 0))
#define AFTER_BLANKS(c)                                                                            \
	((IS_SPACE(c) || IS(c, OPERATORS) ? BIT(ASSIGNED) : 0) |                                   \
	 (IS_SPACE(c) || IS(c, "\"'`,-:{\\=vVdDsScC") ? BIT(NAMED) : 0) |                          \
	 (IS_SPACE(c) || (c) == ':' ? BIT(BLOCK) : 0) | (!IS(c, "<{};()") ? BIT(ELEMENT) : 0) |    \
	 (IS(c, "\"'LlUu8@") ? BIT(MACRO) : 0) | (IS(c, "sS") ? BIT(TYPED) : 0))
static const uint32_t after_name[256] = ALL_OF(AFTER_NAME);
static const uint32_t after_blanks[256] = ALL_OF(AFTER_BLANKS);

static uint32_t beyond_blanks(struct sv_span s, const struct sv_tail_place *p)
{
	uint32_t ret = after_blanks[byte_at(s, p->beyond)];

	/* of a macro in capitals the value may be a word */
	return is_lower(s.ptr[p->at - 1]) ? ret : ret | BIT(MACRO);
}

/* Where what closes a name ends, and the blanks there. */
static size_t beyond_closers(struct sv_span s, const struct sv_tail_place *p)
{
	return at_class(s, p->name) & CLOSER ? skip(s, skip(s, p->name, CLOSER, 6), SPACE, ALIGNED)
					     : p->beyond;
}

/* What an operator needs for its second byte, or a type before it, or a label; letters small. */
static const uint8_t second_of[256] = {
	['<'] = '-', ['!'] = '=', ['|'] = '|', ['-'] = '>', ['.'] = '=', ['+'] = '=',
	['o'] = 'r', ['O'] = 'r', ['s'] = 't', ['S'] = 't', ['v'] = 'a', ['V'] = 'a',
	['c'] = 'o', ['C'] = 'o', ['d'] = 'e', ['D'] = 'e',
};

static bool has_second(struct sv_span s, size_t at)
{
	return (byte_at(s, at + 1) | 0x20) == second_of[byte_at(s, at)];
}

static bool may_assign(struct sv_span s, const struct sv_tail_place *p, size_t sign, size_t value)
{
	uint8_t c = byte_at(s, sign);

	if (!(sv_tail__classes[c] & OPERATOR))
		/* the dash of -> is one of a name too */
		return c == '>' && sign == p->name && s.ptr[sign - 1] == '-';
	if (second_of[c] != 0)
		return has_second(s, sign);
	return value == sign || (at_class(s, value) & (CALL | PREFIX | QUOTE)) ||
	       byte_at(s, value) == '\\';
}

/* A label, or what may stand before one. */
static bool may_be_label(struct sv_span s, size_t at)
{
	return at_class(s, at) & LABEL
		       ? has_second(s, at)
		       : (at_class(s, at) & (QUOTE | GAP)) || byte_at(s, at) == '\\';
}

static bool may_name(struct sv_span s, const struct sv_tail_place *p, size_t sign, size_t value)
{
	uint8_t c = byte_at(s, sign), last = s.ptr[p->name - 1] | 0x20;

	if (sign != p->beyond)
		return true;
	/* a label that ends the name */
	if (c == '=')
		return p->name - p->at >= 3 && (last == 'e' || last == 'l' || last == 't');
	if (c == '<')
		return byte_at(s, sign + 1) == '/';
	return may_be_label(s, c == ',' ? value : sign);
}

/* Whether a token could stand there as the gate of assignments wants it, by blanks alone or a sign.
 */
static bool may_open(struct sv_span s, const struct sv_tail_place *p, size_t sign, size_t value)
{
	unsigned class = at_class(s, sign);

	if (value == sign && ((class & (OPENS | QUOTE)) || at_class(s, p->name) & QUOTE ||
			      byte_at(s, p->name) == ']'))
		return true;
	if (value == sign && !(at_class(s, p->name) & SPACE))
		return false;
	return (at_class(s, value) & (QUOTE | SPACE)) || byte_at(s, value) == '@' ||
	       has(s, value, TOKEN, SV_TOKEN_LEAST);
}

/* Most nouns of a program stand in a name that is followed by none of what most tails ask. */
static uint32_t possible(struct sv_span s, const struct sv_tail_place *p)
{
	uint8_t c = byte_at(s, p->name), word = byte_at(s, p->word), next = byte_at(s, p->at);
	uint32_t ret = after_name[c];
	/* what may assign, and what it does if that may be any call's or list's */
	size_t sign = beyond_closers(s, p), value = sign;

	if (byte_at(s, sign) == ',' || byte_at(s, sign) == '(')
		value = skip(s, sign + 1, SPACE, 16);
	/* longer than a tail looks */
	if (p->name - p->at == LONGEST) {
		ret |= ~(AT_WORD | BIT(REFERENCE));
	} else {
		if (sv_tail__classes[c] & SPACE)
			ret &= beyond_blanks(s, p);
		if (!may_assign(s, p, sign, value))
			ret &= ~BIT(ASSIGNED);
		if ((ret & BIT(NAMED)) && !may_name(s, p, sign, value))
			ret &= ~BIT(NAMED);
	}
	if (p->word != p->name)
		ret &= ~AT_WORD;
	if ((sv_tail__classes[next] & (CLOSER | SPACE)) || next == '=' || next == ':' ||
	    next == '(')
		ret |= AT_NOUN;
	if (p->word - p->at <= OPTION_REST && (word == '=' || word == ' '))
		ret |= BIT(OPTION);
	if ((sv_tail__classes[word] & BLANK) && (s.ptr[p->at - 1] | 0x20) == 's' &&
	    (p->word == p->at || p->word == p->at + 4))
		ret |= BIT(LINE);
	if (ret & BIT(ASSIGNED))
		ret |= BIT(KEY);
	if ((ret & (BIT(ASSIGNED) | BIT(NAMED) | BIT(MACRO))) || may_open(s, p, sign, value))
		ret |= SV_TAIL_OPENS;
	return ret | BIT(USERINFO);
}

static void find_ends(struct sv_span s, struct sv_tail_place *p)
{
	p->word = skip(s, p->at, WORD, 24);
	p->name = skip(s, p->word, NAME, LONGEST - (p->word - p->at));
	p->beyond = skip(s, p->name, SPACE, ALIGNED);
}

#ifdef __SSE2__
#define AHEAD 16

static __m128i all_of(char c)
{
	return _mm_set1_epi8(c);
}

/* Which bytes are one of n from first on. */
static __m128i are_of(__m128i v, char first, char n)
{
	__m128i from = _mm_sub_epi8(v, all_of(first));

	return _mm_cmpeq_epi8(_mm_min_epu8(from, all_of((char)(n - 1))), from);
}

static size_t first_of(__m128i bytes, unsigned from)
{
	unsigned none = ~(unsigned)_mm_movemask_epi8(bytes) >> from;

	return from + (unsigned)__builtin_ctz(none);
}

/* The same, if all of it is seen in the next bytes: without jumps, which nothing could foretell. */
static bool see_ends(struct sv_span s, struct sv_tail_place *p)
{
	__m128i v = _mm_loadu_si128((const void *)(s.ptr + p->at));
	__m128i word =
		_mm_or_si128(are_of(_mm_or_si128(v, all_of(0x20)), 'a', 26),
			     _mm_or_si128(are_of(v, '0', 10), _mm_cmpeq_epi8(v, all_of('_'))));
	__m128i name = _mm_or_si128(
		_mm_or_si128(word, _mm_cmpeq_epi8(v, all_of('.'))),
		_mm_or_si128(_mm_cmpeq_epi8(v, all_of('$')), _mm_cmpeq_epi8(v, all_of('-'))));
	__m128i space = _mm_or_si128(are_of(v, '\t', 5), _mm_cmpeq_epi8(v, all_of(' ')));
	size_t word_ends = first_of(word, 0), name_ends = first_of(name, (unsigned)word_ends),
	       beyond = first_of(space, (unsigned)name_ends);

	p->word = p->at + word_ends;
	p->name = p->at + name_ends;
	p->beyond = p->at + beyond;
	return beyond < AHEAD;
}
#endif

void sv_tail_place(struct sv_span bytes, size_t at, struct sv_tail_place *ret)
{
	ret->at = at;
#ifdef __SSE2__
	if (bytes.len - at < AHEAD || !see_ends(bytes, ret))
#endif
		find_ends(bytes, ret);
	ret->possible = possible(bytes, ret);
}

size_t sv_tail_end(enum sv_tail tail, unsigned least, struct sv_span bytes,
		   const struct sv_tail_place *place)
{
	static size_t (*const tails[SV_TAILS])(struct sv_span, const struct sv_tail_place *,
					       unsigned) = {
		[SV_TAIL_ASSIGNED] = assigned,
		[SV_TAIL_ELEMENT] = element,
		[SV_TAIL_NAMED] = named,
		[SV_TAIL_MACRO] = macro,
		[SV_TAIL_OPTION] = option,
		[SV_TAIL_USERINFO] = userinfo,
		[SV_TAIL_BLOCK] = block,
		[SV_TAIL_TYPED] = typed,
		[SV_TAIL_EQUALS] = equals,
		[SV_TAIL_ENTRY] = entry,
		[SV_TAIL_ATTRIBUTE] = attribute,
		[SV_TAIL_MEMBER] = member,
		[SV_TAIL_REFERENCE] = reference,
		[SV_TAIL_LINE] = line,
		[SV_TAIL_KEY] = key,
	};

	return place->possible >> tail & 1 ? tails[tail](bytes, place, least) : 0;
}
