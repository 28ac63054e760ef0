#include "detect/tails.h"

enum {
	WORD = 1 << 0,	   /* \w */
	NAME = 1 << 1,	   /* of a name with its dots and dashes */
	SPACE = 1 << 2,	   /* \s */
	BLANK = 1 << 3,	   /* space, tab */
	CLOSER = 1 << 4,   /* what may close a name */
	TYPE = 1 << 5,	   /* of a declared type */
	CALL = 1 << 6,	   /* of a function's or a type's name before a bracket */
	PREFIX = 1 << 7,   /* letters before a string's quote */
	BARE = 1 << 8,	   /* of a value without quotes */
	NO_START = 1 << 9, /* what such a value does not begin with */
	TOKEN = 1 << 10,   /* of most tokens */
	QUOTE = 1 << 11,
	USER = 1 << 12,	    /* of a URL's user */
	ARGUMENT = 1 << 13, /* of a command's word */
	GATE_TYPE = 1 << 14,
	OPERATOR = 1 << 15,    /* of an operator, or of the type before it */
	OPENS = 1 << 16,       /* of what assigns a token */
	LABEL = 1 << 17,       /* begins a label */
	GAP = 1 << 18,	       /* between a name and a label */
	NO_ATTRIBUTE = 1 << 19 /* of an XML element: what ends it, or is code */
};

#define IS(c, set)    (__builtin_strchr(set, (c)) != 0 && (c) != 0)
#define IS_ALPHA(c)   (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))
#define IS_WORD(c)    (IS_ALPHA(c) || ((c) >= '0' && (c) <= '9') || (c) == '_')
#define IS_SPACE(c)   ((c) == ' ' || ((c) >= '\t' && (c) <= '\r'))
#define IS_BARE(c)    (!IS_SPACE(c) && !IS(c, "\"'`,;<>(){}[]|&\\"))
#define CLASSES(c)                                                                                 \
	((IS_WORD(c) ? WORD : 0) | (IS_WORD(c) || IS(c, ".$-") ? NAME : 0) |                       \
	 (IS_SPACE(c) ? SPACE : 0) | ((c) == ' ' || (c) == '\t' ? BLANK : 0) |                     \
	 (IS(c, "\\\"'`])") ? CLOSER : 0) | (IS_ALPHA(c) || IS(c, "&'[]<>?|. ") ? TYPE : 0) |      \
	 (IS_WORD(c) || IS(c, ".&:[]<>*") ? CALL : 0) | (IS(c, "bruflBRUFL@") ? PREFIX : 0) |      \
	 (IS_BARE(c) ? BARE : 0) | (!IS_BARE(c) || IS(c, "$%*-") ? NO_START : 0) |                 \
	 (IS_WORD(c) || IS(c, "+/.=-") ? TOKEN : 0) | (IS(c, "\"'`") ? QUOTE : 0) |                \
	 (!IS_SPACE(c) && !IS(c, ":/@\"'<>") ? USER : 0) |                                         \
	 (!IS_SPACE(c) && !IS(c, "\"'`\\|;&") ? ARGUMENT : 0) |                                    \
	 (IS_WORD(c) || IS(c, "<>&' ") ? GATE_TYPE : 0) |                                          \
	 (IS(c, "=:,(<!?|-.+oOsSvV") ? OPERATOR : 0) | (IS(c, "=:,(>|?") ? OPENS : 0) |            \
	 (IS(c, "vVdDsScC") ? LABEL : 0) | (IS_SPACE(c) || IS(c, ",-:{") ? GAP : 0) |              \
	 (IS(c, "<>{};()") ? NO_ATTRIBUTE : 0))
#define FOUR(c)	   CLASSES(c), CLASSES((c) + 1), CLASSES((c) + 2), CLASSES((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define LONGEST	   40 /* bytes of a name that are looked at after its noun */
#define MANY(c)	   SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)
static const uint32_t classes[256] = {MANY(0), MANY(64), MANY(128), MANY(192)};

/* 0 at the end: of no class but those that exclude some bytes, so ends are looked at where that matters */
static unsigned at_class(struct sv_span s, size_t at)
{
	return at < s.len ? classes[s.ptr[at]] : 0;
}

static uint8_t byte_at(struct sv_span s, size_t at)
{
	return at < s.len ? s.ptr[at] : 0;
}

static size_t skip(struct sv_span s, size_t at, unsigned class, size_t most)
{
	size_t end;

	/* mostly there is nothing to skip */
	if (!(at_class(s, at) & class))
		return at;
	end = s.len - at > most ? at + most : s.len;
	while (at < end && (classes[s.ptr[at]] & class))
		at++;
	return at;
}

static size_t skip_byte(struct sv_span s, size_t at, uint8_t byte, size_t most)
{
	for (; most != 0 && byte_at(s, at) == byte; most--)
		at++;
	return at;
}

static bool has(struct sv_span s, size_t at, unsigned class, size_t n)
{
	return s.len - at >= n && skip(s, at, class, n) == at + n;
}

static bool begins(struct sv_span s, size_t at, const char *word, size_t n)
{
	return s.len - at >= n && (s.ptr[at] | 0x20) == (uint8_t)word[0] &&
	       strncasecmp((const char *)s.ptr + at, word, n) == 0;
}

/* ":", or ":=", "::=", ":::=" */
static size_t skip_colons(struct sv_span s, size_t at)
{
	size_t end = skip_byte(s, at, ':', 3);

	return byte_at(s, end) == '=' ? end + 1 : at + 1;
}

/* := and the like; the byte after it, or at if there is none */
static size_t skip_operator(struct sv_span s, size_t at)
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

#define ALIGNED 48 /* blanks after a name, where a block of names has its operators in one column */

static size_t quoted_at(struct sv_span s, size_t at, unsigned least)
{
	/* a call, a list or a type around it */
	for (int depth = 0; depth < 3; depth++) {
		size_t end = skip(s, at, CALL, 40);

		if (end == at || (byte_at(s, end) != '(' && byte_at(s, end) != '{'))
			break;
		at = skip(s, end + 1, SPACE, 4);
	}
	at = skip_byte(s, skip(s, at, PREFIX, 2), '\\', 3);
	if (!(at_class(s, at) & QUOTE) || s.len - at - 1 < least)
		return 0;
	for (unsigned i = 1; i <= least; i++)
		if (s.ptr[at + i] == '\r' || s.ptr[at + i] == '\n')
			return 0;
	return at + 1 + least;
}

static size_t quoted_follows_operator(struct sv_span s, size_t at, unsigned least)
{
	size_t end;

	at = skip(s, at, SPACE, ALIGNED);
	end = skip_operator(s, at);
	return end != at ? quoted_at(s, skip(s, end, SPACE, 16), least) : 0;
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
static size_t quoted_follows(struct sv_span s, size_t at, size_t end, unsigned least)
{
	size_t value = skip_operator(s, end), type, declared;

	value = value != end ? quoted_at(s, skip(s, value, SPACE, 16), least) : 0;
	if (value != 0 || (!(at_class(s, at) & BLANK) && s.ptr[at] != '?' && s.ptr[at] != ':'))
		return value;
	type = skip_sql_type(s, at);
	if (type != at)
		value = quoted_follows_operator(s, type, least);
	if (value != 0)
		return value;
	declared = skip_declared_type(s, type);
	return declared != type ? quoted_follows_operator(s, declared, least) : 0;
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

static size_t assigned(struct sv_span s, const struct sv_tail_place *p, unsigned least)
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
	return value ? value : quoted_follows(s, name, end, least);
}

static size_t element(struct sv_span s, const struct sv_tail_place *p, unsigned least)
{
	size_t end = p->name, text;

	if (at_class(s, end) & SPACE)
		for (size_t most = end + 81;
		     end < most && end < s.len && !(classes[s.ptr[end]] & NO_ATTRIBUTE);)
			end++;
	/* -> is an arrow of a program */
	if (byte_at(s, end) != '>' || s.ptr[end - 1] == '-')
		return 0;
	text = end = skip(s, end + 1, SPACE, 20);
	while (end < s.len && end - text < least && !(classes[s.ptr[end]] & SPACE) && s.ptr[end] != '<' &&
	       s.ptr[end] != '>')
		end++;
	return end - text == least ? end : 0;
}

/* The label that begins at byte at, or ends there; its length. */
static size_t label_at(struct sv_span s, size_t at, bool ends)
{
	static const char *const labels[] = {"defaultvalue", "stringvalue", "value", "val", "default", "content"};

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
	for (end++; end < s.len && end - at < 80 && !(classes[s.ptr[end]] & NO_ATTRIBUTE);)
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
	size_t end = skip(s, p->at + (byte_at(s, p->at) == '"' || byte_at(s, p->at) == '\''), SPACE, 4);

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

#define BIT(tail) (1u << SV_TAIL_##tail)
/* of tails, those that begin right after the noun rather than after its name */
#define AT_NOUN (BIT(EQUALS) | BIT(ENTRY) | BIT(ATTRIBUTE) | BIT(MEMBER))
/* those that ask for a blank after a word */
#define AT_WORD (BIT(MACRO) | BIT(TYPED))

/* What the byte after a name allows; and the first after the blanks that stand there. */
#define AFTER_NAME(c)                                                                              \
	((IS(c, "\\\"'`])") || IS_SPACE(c) || IS(c, "=:,(<!?|-.+oOsSvV>") ? BIT(ASSIGNED) : 0) |   \
	 (IS(c, "\"'`,-:{\\=<") || IS_SPACE(c) ? BIT(NAMED) : 0) |                                 \
	 (IS(c, "\"'`\\:") || IS_SPACE(c) ? BIT(BLOCK) : 0) |                                      \
	 (IS_SPACE(c) || (c) == '>' ? BIT(ELEMENT) : 0) | (IS_SPACE(c) ? AT_WORD : 0) |            \
	 ((c) == ')' ? BIT(REFERENCE) : 0))
#define AFTER_BLANKS(c)                                                                            \
	((IS_SPACE(c) || IS(c, "=:,(<!?|-.+oOsSvV") ? BIT(ASSIGNED) : 0) |                         \
	 (IS_SPACE(c) || IS(c, "\"'`,-:{\\=vVdDsScC") ? BIT(NAMED) : 0) |                          \
	 (IS_SPACE(c) || (c) == ':' ? BIT(BLOCK) : 0) | (!IS(c, "<{};()") ? BIT(ELEMENT) : 0) |    \
	 (IS(c, "\"'LlUu8@") ? BIT(MACRO) : 0) | (IS(c, "sS") ? BIT(TYPED) : 0))
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
static const uint32_t after_name[256] = ALL_OF(AFTER_NAME);
static const uint32_t after_blanks[256] = ALL_OF(AFTER_BLANKS);

static uint32_t beyond_blanks(struct sv_span s, const struct sv_tail_place *p)
{
	uint32_t ret = after_blanks[byte_at(s, skip(s, p->name, SPACE, ALIGNED))];

	/* of a macro in capitals the value may be a word */
	return is_lower(s.ptr[p->at - 1]) ? ret : ret | BIT(MACRO);
}

/* Most nouns of a program stand in a name that is followed by none of what most tails ask. */
static uint32_t possible(struct sv_span s, const struct sv_tail_place *p)
{
	uint8_t c = byte_at(s, p->name), word = byte_at(s, p->word), next = byte_at(s, p->at);
	uint32_t ret = after_name[c];

	/* longer than a tail looks */
	if (p->name - p->at == LONGEST)
		ret |= ~(AT_WORD | BIT(REFERENCE));
	else if (classes[c] & SPACE)
		ret &= beyond_blanks(s, p);
	if (p->word != p->name)
		ret &= ~AT_WORD;
	if ((classes[next] & (CLOSER | SPACE)) || IS(next, "=:("))
		ret |= AT_NOUN;
	if (p->word - p->at <= OPTION_REST && (word == '=' || word == ' '))
		ret |= BIT(OPTION);
	return ret | BIT(USERINFO);
}

struct sv_tail_place sv_tail_place(struct sv_span bytes, size_t at)
{
	struct sv_tail_place p = {.at = at, .word = skip(bytes, at, WORD, 24)};

	p.name = skip(bytes, p.word, NAME, LONGEST - (p.word - at));
	p.possible = possible(bytes, &p);
	return p;
}

size_t sv_tail_end(enum sv_tail tail, unsigned least, struct sv_span bytes,
		   const struct sv_tail_place *place)
{
	static size_t (*const tails[SV_TAILS])(struct sv_span, const struct sv_tail_place *,
					       unsigned) = {
		[SV_TAIL_ASSIGNED] = assigned,	 [SV_TAIL_ELEMENT] = element,
		[SV_TAIL_NAMED] = named,	 [SV_TAIL_MACRO] = macro,
		[SV_TAIL_OPTION] = option,	 [SV_TAIL_USERINFO] = userinfo,
		[SV_TAIL_BLOCK] = block,	 [SV_TAIL_TYPED] = typed,
		[SV_TAIL_EQUALS] = equals,	 [SV_TAIL_ENTRY] = entry,
		[SV_TAIL_ATTRIBUTE] = attribute, [SV_TAIL_MEMBER] = member,
		[SV_TAIL_REFERENCE] = reference,
	};

	return place->possible >> tail & 1 ? tails[tail](bytes, place, least) : 0;
}

/* ---- what opens the gate of assignments ---- */

#define OPENING_MAX                                                                                \
	(SV_ASSIGNMENT - SV_GATE_NOUN) /* after the noun, which stands within SV_ASSIGNMENT too */

/* =>, :- and the like with the blanks and quotes after it, or blanks alone; at if there is none */
static size_t skip_to_value(struct sv_span s, size_t at)
{
	size_t start = skip(s, at, SPACE, 8), end;
	uint8_t c = byte_at(s, start), next = byte_at(s, start + 1);

	if (c == '>' || (c == ':' && next == '-') || (c == '?' && next != '?'))
		end = start + 1 + (c != '>' && (next == '-' || next == '='));
	else if (c == '|' && next == '|')
		end = start + 2 + (byte_at(s, start + 2) == '=');
	else if (c == '=' || c == ':' || c == ',' || c == '(' || c == '?')
		end = skip_operator(s, start);
	else
		return start != at && (at_class(s, start) & QUOTE)
			       ? start + 1 + ((at_class(s, start + 1) & QUOTE) || byte_at(s, start + 1) == '@')
			       : start;
	end = skip(s, end, SPACE, 8);
	for (int i = 0; i < 2 && ((at_class(s, end) & QUOTE) || byte_at(s, end) == '@'); i++)
		end++;
	return end;
}

/* Of a value beside a noun that ends here: passwords may be short, keys are not. */
unsigned sv_tail_opening_least(struct sv_span s, size_t at)
{
	bool w = (s.ptr[at - 2] | 0x20) == 'w', d = (s.ptr[at - 1] | 0x20) == 'd', y = (s.ptr[at - 1] | 0x20) == 'y';

	return y ? 10 : (w && d) || (s.ptr[at - 1] | 0x20) == 's' ? 4 : 6;
}

/* Into ascending order, each once. */
static unsigned add_end(size_t *ends, unsigned n, size_t end)
{
	unsigned at = n;

	while (at > 0 && ends[at - 1] > end)
		at--;
	if (at > 0 && ends[at - 1] == end)
		return n;
	memmove(ends + at + 1, ends + at, (n - at) * sizeof(*ends));
	ends[at] = end;
	return n + 1;
}

/* Where the values may begin that are assigned as tokens often are; how many there are. */
static unsigned token_values(struct sv_span s, size_t name, size_t ret_starts[3])
{
	size_t from[3] = {0}, value;
	unsigned n = 0;

	for (int i = 0; i < 2 && ((at_class(s, name) & QUOTE) || byte_at(s, name) == ']'); i++)
		name++;
	if (!(at_class(s, name) & (SPACE | OPENS | QUOTE)))
		return 0;
	from[0] = name;
	/* value= between */
	value = skip(s, skip_byte(s, name, ',', 1), SPACE, 20);
	value += byte_at(s, value) == '"' || byte_at(s, value) == '\'';
	if (begins(s, value, "value", 5)) {
		value += 5;
		from[1] = value + (byte_at(s, value) == '"' || byte_at(s, value) == '\'');
	}
	/* a type between */
	value = skip(s, name, SPACE, 2);
	if (byte_at(s, value) == ':') {
		value = skip(s, value + 1, SPACE, 2);
		if (value < s.len && (IS_ALPHA(s.ptr[value]) || s.ptr[value] == '&'))
			from[2] = skip(s, value + 1, GATE_TYPE, 24);
	}
	for (int i = 0; i < 3; i++) {
		value = from[i] ? skip_to_value(s, from[i]) : 0;
		if (value > from[i])
			ret_starts[n++] = value;
	}
	return n;
}

/*
 * What is assigned in programs is mostly a name, a path or a word. What is none by its bytes: a
 * digit, or letters that change their case as no name's do (aBc, ABc) or never, or that it is long.
 */
#define LONG_VALUE   64
#define LONG_SECRET  16 /* in quotes, of a secret or a password: some are words alone */
#define TOKEN_LEAST  15 /* of the tokens that need a name */
#define LONGEST_WORD 15

struct letters {
	unsigned upper, lower; /* of the word: capitals, and small ones after them */
	bool odd;
};

static void take_letter(struct letters *l, uint8_t c)
{
	if (c >= 'A' && c <= 'Z') {
		l->odd |= l->upper != 0 && l->lower == 1;
		l->upper = l->lower ? 1 : l->upper + 1;
		l->lower = 0;
	} else if (c >= 'a' && c <= 'z') {
		l->odd |= l->upper > 1 && l->lower == 0;
		l->lower++;
	} else {
		l->upper = l->lower = 0;
	}
	l->odd |= l->upper > LONGEST_WORD || l->lower > LONGEST_WORD;
}

/* The byte before which a value of least bytes or more has shown that it may be a token, or has so
 * many that it may be anything; 0: it does not. */
static size_t proof_of(struct sv_span s, size_t at, unsigned least, unsigned many)
{
	bool quoted = at_class(s, at - 1) & QUOTE, digit = false;
	struct letters letters = {0};

	for (size_t i = at; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		size_t n = i + 1 - at;

		if ((classes[c] & (SPACE | QUOTE)) || (!quoted && IS(c, "([{<")))
			return 0;
		digit |= c >= '0' && c <= '9';
		take_letter(&letters, c);
		if ((digit && n >= least) || (letters.odd && n >= TOKEN_LEAST) || n == many)
			return i + 1;
	}
	return 0;
}

/* Bytes that a value beside a noun that ends here has at least, if it is a word of some kind. */
static unsigned least_of_word(struct sv_span s, size_t at)
{
	uint8_t c = s.ptr[at - 1] | 0x20;

	/* passwords, keys of accounts and connection strings of Azure's templates */
	if (c == 's' || c == 'g' || (c == 'd' && (s.ptr[at - 2] | 0x20) == 'w'))
		return 8;
	return c == 'y' ? 10 : TOKEN_LEAST;
}

/* Bytes of "pass" or "pwd" that end here; 0: neither does. */
static size_t password_noun(struct sv_span s, size_t at)
{
	if (at >= 4 && strncasecmp((const char *)s.ptr + at - 4, "pass", 4) == 0)
		return 4;
	return at >= 3 && strncasecmp((const char *)s.ptr + at - 3, "pwd", 3) == 0 ? 3 : 0;
}

/* ;password= as of a connection string, or "password= that begins one */
static bool is_in_pairs(struct sv_span s, size_t at)
{
	size_t start = at - password_noun(s, at), before = start;

	if (start == at || start == 0)
		return false;
	while (before > 1 && start - before < 2 && (classes[s.ptr[before - 1]] & SPACE))
		before--;
	return s.ptr[before - 1] == ';' || (classes[s.ptr[start - 1]] & QUOTE);
}

/*
 * Where a value opens the gate that may be any: of a secret of templates, of pairs, in a single
 * quote after an equals sign (Bicep, SQL), or of four letters, as mail programs have them. end:
 * that of its first bytes; 0: it is none of these.
 */
static size_t opened_by_any(struct sv_span s, const struct sv_tail_place *p, size_t value,
			    size_t end)
{
	size_t sign = skip(s, p->name, SPACE, 4);

	/* of all nouns securevalue alone ends so */
	if ((s.ptr[p->at - 1] | 0x20) == 'e')
		return end;
	if (byte_at(s, sign) == '=' &&
	    (is_in_pairs(s, p->at) ||
	     (s.ptr[value - 1] == '\'' && skip(s, sign + 1, SPACE, 4) == value - 1)))
		return end;
	for (size_t i = value; i < value + 4; i++)
		if (!IS_ALPHA(byte_at(s, i)))
			return 0;
	return password_noun(s, p->at) && byte_at(s, value + 4) == ' ' &&
			       IS_ALPHA(byte_at(s, value + 5))
		       ? value + 6
		       : 0;
}

/* Where what is assigned opens the gate, whose first bytes end here; 0: it does not. */
static size_t opened_by(struct sv_span s, const struct sv_tail_place *p, size_t assigned_end)
{
	size_t value = assigned_end - sv_tail_opening_least(s, p->at), end;
	bool secret;

	if (assigned_end == 0)
		return 0;
	end = opened_by_any(s, p, value, assigned_end);
	if (end != 0)
		return end;
	secret = (s.ptr[p->at - 1] | 0x20) == 't' || password_noun(s, p->at);
	return proof_of(s, value, least_of_word(s, p->at),
			secret && (at_class(s, value - 1) & QUOTE) ? LONG_SECRET : LONG_VALUE);
}

unsigned sv_tail_openings(struct sv_span s, const struct sv_tail_place *p, size_t assigned_end,
			  size_t ret_ends[SV_OPENINGS])
{
	size_t at = p->at, found[SV_OPENINGS] = {
				   opened_by(s, p, assigned_end),
				   sv_tail_end(SV_TAIL_NAMED, 0, s, p),
				   sv_tail_end(SV_TAIL_MACRO, TOKEN_LEAST, s, p),
			   };
	unsigned n = 0, starts = token_values(s, p->name, found + 3);

	for (unsigned i = 0; i < 3 + starts; i++) {
		size_t end = found[i];

		if (i >= 3)
			end = has(s, end, TOKEN, TOKEN_LEAST)
				      ? proof_of(s, end, TOKEN_LEAST, LONG_VALUE)
				      : 0;
		if (end != 0 && end - at <= OPENING_MAX)
			n = add_end(ret_ends, n, end);
	}
	return n;
}
