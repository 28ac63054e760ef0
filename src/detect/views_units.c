#include "detect/views_units.h"

static const struct sv_unit no_unit;

#define ALNUM (SV_UNIT_TOKEN | SV_UNIT_RUN | SV_UNIT_GRAPHIC | SV_UNIT_TEXT)
#define MARK  (SV_UNIT_GRAPHIC | SV_UNIT_TEXT)
const uint8_t sv_unit_class[256] = {
	['\t'] = SV_UNIT_TEXT,
	['\n'] = SV_UNIT_TEXT,
	['\r'] = SV_UNIT_TEXT,
	[' '] = SV_UNIT_TEXT,
	['!'] = MARK,
	['"'] = MARK | SV_UNIT_SIGN | SV_UNIT_STOP,
	['#'] = MARK,
	['$'] = MARK | SV_UNIT_STOP,
	['%'] = MARK | SV_UNIT_SIGN,
	['&'] = MARK | SV_UNIT_SIGN,
	['\''] = MARK | SV_UNIT_SIGN | SV_UNIT_STOP,
	['('] = MARK | SV_UNIT_STOP,
	[')'] = MARK | SV_UNIT_STOP,
	['*'] = MARK,
	['+'] = ALNUM | SV_UNIT_SIGN,
	[','] = MARK | SV_UNIT_STOP,
	['-'] = ALNUM,
	['.'] = MARK | SV_UNIT_RUN,
	['/'] = ALNUM | SV_UNIT_SIGN,
	['0' ... '9'] = ALNUM | SV_UNIT_DIGIT | SV_UNIT_SMALL,
	[':'] = MARK | SV_UNIT_SIGN,
	[';'] = MARK | SV_UNIT_SIGN,
	['<'] = MARK | SV_UNIT_STOP,
	['='] = MARK | SV_UNIT_RUN | SV_UNIT_SIGN,
	['>'] = MARK | SV_UNIT_STOP,
	['?'] = MARK | SV_UNIT_SIGN,
	['@'] = MARK | SV_UNIT_SIGN,
	['A' ... 'Z'] = ALNUM,
	['['] = MARK,
	['\\'] = MARK | SV_UNIT_STOP,
	[']'] = MARK,
	['^'] = MARK,
	['_'] = ALNUM,
	['`'] = MARK | SV_UNIT_STOP,
	['a' ... 'z'] = ALNUM | SV_UNIT_SMALL,
	['{'] = MARK | SV_UNIT_STOP,
	['|'] = MARK,
	['}'] = MARK | SV_UNIT_STOP,
	['~'] = MARK,
};

static struct sv_unit unit_of(size_t len, uint32_t code)
{
	struct sv_unit u = {.len = len};

	u.n_bytes = sv_utf8_encode(code, u.bytes);
	return u.n_bytes == 0 ? no_unit : u;
}

/* digits hexadecimal digits at s[at]; -1 if they are not there */
static int32_t hex_at(struct sv_span s, size_t at, unsigned digits)
{
	int32_t value = 0;

	if (at + digits > s.len)
		return -1;
	for (unsigned i = 0; i < digits; i++) {
		int digit = sv_hex_value(s.ptr[at + i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

struct sv_unit sv_unit_percent(struct sv_span s, size_t at)
{
	/* batch files double the sign */
	size_t doubled = at + 1 < s.len && s.ptr[at] == '%' && s.ptr[at + 1] == '%';
	int32_t value = s.ptr[at] == '%' ? hex_at(s, at + 1 + doubled, 2) : -1;

	if (value < 0)
		return no_unit;
	return (struct sv_unit){.len = 3 + doubled, .bytes = {(uint8_t)value}, .n_bytes = 1};
}

static struct sv_unit utf16_escape(struct sv_span s, size_t at)
{
	int32_t high = hex_at(s, at + 2, 4), low;

	if (high < 0xD800 || high > 0xDBFF)
		return high < 0 ? no_unit : unit_of(6, (uint32_t)high);
	low = at + 7 < s.len && s.ptr[at + 6] == '\\' && s.ptr[at + 7] == 'u' ? hex_at(s, at + 8, 4)
									      : -1;
	if (low < 0xDC00 || low > 0xDFFF)
		return no_unit;
	return unit_of(12, 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
}

static struct sv_unit byte_unit(size_t len, int32_t value)
{
	return value < 0 || value > 255
		       ? no_unit
		       : (struct sv_unit){.len = len, .bytes = {(uint8_t)value}, .n_bytes = 1};
}

static int32_t octal_at(struct sv_span s, size_t at)
{
	int32_t value = 0;

	if (at + 3 > s.len)
		return -1;
	for (unsigned i = 0; i < 3; i++) {
		if (s.ptr[at + i] < '0' || s.ptr[at + i] > '7')
			return -1;
		value = value << 3 | (s.ptr[at + i] - '0');
	}
	return value;
}

struct sv_unit sv_unit_escape(struct sv_span s, size_t at)
{
	static const char letters[] = "n\nr\rt\t";
	uint8_t c;

	if (at + 1 >= s.len)
		return no_unit;
	c = s.ptr[at + 1];
	if (s.ptr[at] == '^' && (c == '&' || c == '|' || c == '<' || c == '>' || c == '^'))
		return byte_unit(2, c);
	if (s.ptr[at] != '\\')
		return no_unit;
	if (c == 'u')
		return utf16_escape(s, at);
	if (c == 'x')
		return byte_unit(4, hex_at(s, at + 2, 2));
	if (c >= '0' && c <= '3')
		return byte_unit(4, octal_at(s, at + 1));
	for (const char *l = letters; *l != '\0'; l += 2)
		if (c == (uint8_t)*l)
			return byte_unit(2, l[1]);
	if ((c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') ||
	    (c > 'z' && c < 0x7F))
		return byte_unit(2, c);
	return no_unit;
}

struct sv_unit sv_unit_entity(struct sv_span s, size_t at)
{
	static const struct {
		const char *name;
		uint8_t stands_for;
	} named[] = {{"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}, {"lt;", '<'}, {"gt;", '>'}};
	struct sv_span rest = {s.ptr + at + 1, s.len - at - 1};
	uint32_t code = 0, base = 10;
	size_t i = 1;

	if (s.ptr[at] != '&' || rest.len < 3)
		return no_unit;
	for (size_t k = 0; k < sizeof(named) / sizeof(*named); k++)
		if (rest.ptr[0] == (uint8_t)named[k].name[0] &&
		    sv_span_starts_with(rest, named[k].name))
			return byte_unit(1 + strlen(named[k].name), named[k].stands_for);
	if (rest.ptr[0] != '#')
		return no_unit;
	if (rest.ptr[1] == 'x' || rest.ptr[1] == 'X') {
		base = 16;
		i = 2;
	}
	for (size_t digits = 0; digits < 8 && i < rest.len; digits++, i++) {
		int digit = sv_hex_value(rest.ptr[i]);

		if (rest.ptr[i] == ';')
			return digits == 0 ? no_unit : unit_of(i + 2, code);
		if (digit < 0 || (uint32_t)digit >= base || code > 0x10FFFF)
			return no_unit;
		code = code * base + (uint32_t)digit;
	}
	return no_unit;
}

struct sv_unit sv_unit_quoted(struct sv_span s, size_t at)
{
	size_t i = at + 1;
	int32_t value;

	if (s.ptr[at] != '=')
		return no_unit;
	i += i < s.len && s.ptr[i] == '\r';
	if (i < s.len && s.ptr[i] == '\n')
		return (struct sv_unit){.len = i + 1 - at};
	/* capitals: "=3d" is no mail's */
	for (i = at + 1; i < at + 3; i++)
		if (i >= s.len || s.ptr[i] > 'F')
			return no_unit;
	value = hex_at(s, at + 1, 2);
	return value < 0 ? no_unit
			 : (struct sv_unit){.len = 3, .bytes = {(uint8_t)value}, .n_bytes = 1};
}

struct sv_unit sv_unit_invisible(struct sv_span s, size_t at)
{
	uint32_t code;
	unsigned n = sv_utf8_decode((struct sv_span){s.ptr + at, s.len - at}, &code);

	if (n < 2)
		return no_unit;
	if (code == 0xAD || (code >= 0x200B && code <= 0x200F) ||
	    (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
	    code == 0xFEFF)
		return (struct sv_unit){.len = n};
	return no_unit;
}

size_t sv_unit_left(struct sv_span s, size_t at, size_t most)
{
	size_t n = 0;

	while (n < most && n < at && (sv_unit_class[s.ptr[at - n - 1]] & SV_UNIT_RUN))
		n++;
	return n;
}

size_t sv_unit_right(struct sv_span s, size_t at, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < s.len && (sv_unit_class[s.ptr[at + n]] & SV_UNIT_RUN))
		n++;
	return n;
}

/* of f"", r"", L"", @"", $"" */
static bool is_prefix(uint8_t c)
{
	switch (c | 0x20) {
	case 'b':
	case 'f':
	case 'l':
	case 'r':
	case 'u':
		return true;
	default:
		return c == '@' || c == '$';
	}
}

size_t sv_unit_literals(struct sv_span s, size_t at)
{
	size_t to = s.len - at > SV_UNIT_LITERALS_MAX ? at + SV_UNIT_LITERALS_MAX : s.len,
	       i = at + 1;
	uint8_t quote = s.ptr[at];
	bool joined = false;

	for (; i < to; i++) {
		uint8_t c = s.ptr[i];

		if (c == '+' || c == '.' || c == '&') {
			if (joined)
				return 0;
			joined = true;
		} else if (c == '\\' || c == '_') {
			/* the line goes on: of C, Python, Visual Basic */
			if (i + 1 >= to || (s.ptr[i + 1] != '\n' && s.ptr[i + 1] != '\r'))
				return 0;
		} else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
			break;
		}
	}
	if (i == at + 1)
		return 0;
	for (unsigned prefix = 0; prefix < 2 && i < to && is_prefix(s.ptr[i]); prefix++)
		i++;
	return i < to && s.ptr[i] == quote ? i + 1 - at : 0;
}

size_t sv_unit_continuation(struct sv_span s, size_t at)
{
	size_t to = s.len - at > SV_UNIT_CONTINUATION_MAX ? at + SV_UNIT_CONTINUATION_MAX : s.len;
	size_t i = at + 1;

	if (s.ptr[at] != '\\')
		return 0;
	i += i < to && s.ptr[i] == '\r';
	if (i >= to || s.ptr[i] != '\n')
		return 0;
	for (i++; i < to && (s.ptr[i] == ' ' || s.ptr[i] == '\t');)
		i++;
	return i - at;
}

struct sv_base64_run sv_base64_run(struct sv_span s, size_t at, size_t most)
{
	struct sv_base64_run run = {0};
	bool standard = false, url = false;
	size_t to = s.len - at > most ? at + most : s.len, i = at;

	for (; i < to && sv_unit_is_token(s.ptr[i]); i++) {
		standard |= s.ptr[i] == '+' || s.ptr[i] == '/';
		url |= s.ptr[i] == '-' || s.ptr[i] == '_';
	}
	run.chars = i - at;
	for (; i < s.len && i - at < run.chars + 2 && s.ptr[i] == '=' && (i - at) % 4 != 0;)
		i++;
	run.len = i - at;
	run.mixed = standard && url;
	return run;
}

static bool is_text(uint8_t c)
{
	return (sv_unit_class[c] & SV_UNIT_TEXT) != 0;
}

/* the first bytes of a character whose last ones are not there */
static bool is_utf8_begun(struct sv_span s)
{
	if (s.ptr[0] < 0xC2 || s.ptr[0] > 0xF4 ||
	    s.len >= (s.ptr[0] >= 0xF0	 ? 4
		      : s.ptr[0] >= 0xE0 ? 3
					 : 2))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if ((s.ptr[i] & 0xC0) != 0x80)
			return false;
	return true;
}

/* bytes may end within a character, and, as a line of a folded run, begin within one */
static bool is_utf8(struct sv_span s)
{
	size_t i = 0;

	while (i < s.len && i < 3 && (s.ptr[i] & 0xC0) == 0x80)
		i++;
	while (i < s.len) {
		struct sv_span rest = {s.ptr + i, s.len - i};
		uint32_t code;
		unsigned n = sv_utf8_decode(rest, &code);

		if (n == 0)
			return is_utf8_begun(rest);
		if (n == 1 && !is_text(s.ptr[i]))
			return false;
		i += n;
	}
	return true;
}

/* ASCII in every other byte, NUL between */
static bool is_utf16(struct sv_span s)
{
	size_t text;

	if (s.len >= 4 && (memcmp(s.ptr, "\xFF\xFE", 2) == 0 || memcmp(s.ptr, "\xFE\xFF", 2) == 0))
		s = (struct sv_span){s.ptr + 2, s.len - 2};
	if (s.len < 8)
		return false;
	text = s.ptr[0] == 0;
	for (size_t i = 0; i < s.len; i++)
		if (i % 2 == text ? !is_text(s.ptr[i]) : s.ptr[i] != 0)
			return false;
	return true;
}

/* values of both alphabets, without a call */
static const uint8_t values[256] = {
#define V(c) [c] = (c) - 'A'
	V('A'),	    V('B'),	V('C'),	    V('D'),	V('E'), V('F'), V('G'), V('H'), V('I'),
	V('J'),	    V('K'),	V('L'),	    V('M'),	V('N'), V('O'), V('P'), V('Q'), V('R'),
	V('S'),	    V('T'),	V('U'),	    V('V'),	V('W'), V('X'), V('Y'), V('Z'),
#undef V
#define V(c) [c] = (c) - 'a' + 26
	V('a'),	    V('b'),	V('c'),	    V('d'),	V('e'), V('f'), V('g'), V('h'), V('i'),
	V('j'),	    V('k'),	V('l'),	    V('m'),	V('n'), V('o'), V('p'), V('q'), V('r'),
	V('s'),	    V('t'),	V('u'),	    V('v'),	V('w'), V('x'), V('y'), V('z'),
#undef V
#define V(c) [c] = (c) - '0' + 52
	V('0'),	    V('1'),	V('2'),	    V('3'),	V('4'), V('5'), V('6'), V('7'), V('8'),
	V('9'),
#undef V
	['+'] = 62, ['-'] = 62, ['/'] = 63, ['_'] = 63,
};

/*
 * Most runs are names and numbers of programs: the first group or two that decode to what text does
 * not hold say so. A NUL may be of UTF-16, and what begins the run the rest of a character.
 */
static bool is_soon_no_text(struct sv_span run)
{
	uint8_t last = 'a';

	for (size_t i = 0; i + 4 <= run.len; i += 4) {
		const uint8_t *p = run.ptr + i;
		uint32_t group = (uint32_t)values[p[0]] << 18 | (uint32_t)values[p[1]] << 12 |
				 (uint32_t)values[p[2]] << 6 | values[p[3]];
		uint8_t bytes[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};

		for (unsigned k = 0; k < 3; k++) {
			bool is_rest = bytes[k] >= 0x80 && bytes[k] < 0xC0;

			if (bytes[k] == 0 || (i == 0 && k == 0 && !is_text(bytes[k])))
				return false;
			if (last >= 0xC2 ? !is_rest
					 : !is_rest && bytes[k] < 0xC2 && !is_text(bytes[k]))
				return true;
			if (last < 0x80 && is_rest)
				return true;
			last = bytes[k];
		}
	}
	return false;
}

bool sv_base64_may_be_text(struct sv_span s, size_t at)
{
	/* most runs are shorter */
	return s.len - at >= SV_BASE64_LEAST && sv_unit_is_token(s.ptr[at + 12]) &&
	       sv_unit_is_token(s.ptr[at + 13]) && sv_unit_is_token(s.ptr[at + 14]) &&
	       sv_unit_is_token(s.ptr[at + 15]) &&
	       !is_soon_no_text((struct sv_span){s.ptr + at, SV_BASE64_LEAST});
}

bool sv_base64_is_text(struct sv_span run)
{
	uint8_t head[40];
	ptrdiff_t n;

	while (run.len > 0 && run.ptr[run.len - 1] == '=')
		run.len--;
	if (run.len > 32)
		run.len = 32;
	if (is_soon_no_text(run))
		return false;
	/* one character too many is a run that was cut short */
	if (run.len % 4 == 1)
		run.len--;
	n = sv_base64_decode(run, head);
	return n > 0 && (is_utf8(sv_span(head, (size_t)n)) || is_utf16(sv_span(head, (size_t)n)));
}

size_t sv_base64_fold(struct sv_span s, size_t end, const struct sv_base64_run *run,
		      struct sv_base64_run *next)
{
	size_t i = end, blanks;

	if (run->len != run->chars || run->chars % 4 != 0 || run->chars < 32 ||
	    run->chars > SV_BASE64_FOLD_WIDTH)
		return 0;
	i += i < s.len && s.ptr[i] == '\r';
	if (i >= s.len || s.ptr[i] != '\n')
		return 0;
	for (blanks = ++i; i < s.len && i - blanks < 64 && (s.ptr[i] == ' ' || s.ptr[i] == '\t');)
		i++;
	*next = sv_base64_run(s, i, SV_BASE64_FOLD_WIDTH + 1);
	if (next->chars == 0 || next->chars > run->chars || next->mixed ||
	    !sv_base64_is_text((struct sv_span){s.ptr + i, next->len}))
		return 0;
	/* only the last line is shorter, and it ends there */
	if (next->chars < run->chars && i + next->len < s.len &&
	    strchr("\r\n\"' ", s.ptr[i + next->len]) == NULL)
		return 0;
	return i - end;
}

size_t sv_unit_skip_blanks(struct sv_span s, size_t at)
{
	size_t i = at + 1;

	while (i < s.len && i - at < 256 && (s.ptr[i] == ' ' || s.ptr[i] == '\t'))
		i++;
	return i;
}

static size_t indent_of(struct sv_span s, size_t line)
{
	size_t n = 0;

	while (line + n < s.len && n < 256 && s.ptr[line + n] == ' ')
		n++;
	return n;
}

size_t sv_unit_folded(struct sv_span s, size_t line, size_t at)
{
	size_t indent = indent_of(s, line), i = at + 1, to, end = 0;

	to = s.len - at > SV_UNIT_FOLD_MAX ? at + SV_UNIT_FOLD_MAX : s.len;
	if (at < line + 2 || s.ptr[at] != '>' || s.ptr[at - 1] != ' ' ||
	    (s.ptr[at - 2] != ':' && s.ptr[at - 2] != '-'))
		return 0;
	while (i < to && i - at < 3 &&
	       (s.ptr[i] == '-' || s.ptr[i] == '+' || (sv_unit_class[s.ptr[i]] & SV_UNIT_DIGIT)))
		i++;
	i += i < to && s.ptr[i] == '\r';
	if (i >= to || s.ptr[i] != '\n')
		return 0;
	for (i++; i < to;) {
		const uint8_t *feed = memchr(s.ptr + i, '\n', to - i);
		size_t next = feed == NULL ? to : (size_t)(feed - s.ptr) + 1;
		size_t here = indent_of(s, i);

		/* an empty line belongs to it */
		if (here <= indent && i + here < s.len && s.ptr[i + here] != '\n' &&
		    s.ptr[i + here] != '\r')
			break;
		end = i = next;
	}
	return end;
}

bool sv_unit_has_digit(struct sv_span s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n && i < s.len; i++)
		if (sv_unit_class[s.ptr[i]] & SV_UNIT_DIGIT)
			return true;
	return false;
}

bool sv_unit_fold_is_tight(struct sv_span s, size_t at, size_t next)
{
	size_t left, right = sv_unit_right(s, next, 16);

	at -= at > 0 && s.ptr[at - 1] == '\r';
	left = sv_unit_left(s, at, 16);
	if (at > 0 && (s.ptr[at - 1] == ';' || s.ptr[at - 1] == '&'))
		return right >= 4;
	return left == 16 && right >= 4 && sv_unit_has_digit(s, at - left, left);
}

bool sv_unit_is_utf16(uint8_t c)
{
	return is_text(c) || c >= 0xA0;
}
