#include "detect/views.h"
#include "detect/views_blocks.h"
#include "detect/views_units.h"

/* bytes of its line that a region shows on each side of what it is there for */
#define CONTEXT		      384
#define CONTEXT_BASE64_BEFORE 256
#define CONTEXT_BASE64_AFTER  64
#define CONTEXT_UTF16	      1024
/* of a folded text, for what stands across a parting: a key of a few thousand bytes */
#define OVERLAP 4096
/* A long region is parted here on average: it then takes an accident of e^-16 to reach the maximum.
 */
#define PART 4096
/* characters of a line of quoted-printable */
#define QUOTED_LINE 76
/* of a URL, before where it is parted */
#define WORD_BEFORE 160
/* a name of 40 bytes, and as much of its value as is looked at */
#define ASSIGNMENT_MAX 64
/* bytes between two runs of UTF-16 that are one text: a remark in another script */
#define UTF16_GAP   256
#define UTF16_LEAST 24
/* distances above this say nothing: what decides about a region has to be near */
#define FAR 512
/* before from, at first; four times more, thrice, if a region that is there began earlier */
#define LOOK_BACK (SV_VIEW_MARGIN + 512)
/* after to: triggers up to here may be part of what began before */
#define LOOK_AHEAD (CONTEXT + SV_UNIT_LITERALS_MAX + SV_BLOCK)

/* the window is never too small to tell where a region starts: the last trigger before it has to be
 * seen, and what makes that one */
_Static_assert(CONTEXT + SV_UNIT_LITERALS_MAX + WORD_BEFORE + SV_BLOCK <= SV_VIEW_MARGIN, "margin");
_Static_assert(LOOK_AHEAD <= SV_VIEW_MARGIN && UTF16_GAP + UTF16_LEAST <= SV_VIEW_MARGIN, "margin");
_Static_assert(FAR <= CONTEXT_UTF16, "what parts a text of UTF-16 is in both parts");
/* what makes a region is seen from as far as it looks itself: ahead over a folded line to an
 * assignment, and back over a joint to the start of a word or over a remark in UTF-16; and so is
 * the quote before a joint */
_Static_assert(SV_UNIT_CONTINUATION_MAX + ASSIGNMENT_MAX + SV_UNIT_LITERALS_MAX <=
		       SV_VIEW_NEAR + SV_BLOCK,
	       "near");
_Static_assert(SV_UNIT_LITERALS_MAX + WORD_BEFORE < SV_VIEW_NEAR &&
		       UTF16_GAP + UTF16_LEAST < SV_VIEW_NEAR,
	       "near");

/* triggers of one view that are near each other, and so one region */
struct chain {
	bool is_open;
	bool is_sure; /* nothing before the first byte that was looked at can be part of it */
	size_t start, end, last;
};

/* the line of the last trigger, so that a line is searched once however many triggers it has */
struct line {
	size_t start; /* 0: CONTEXT bytes back and more */
	size_t end;   /* after its line feed, or how far none was found */
	bool has_end;
};

struct finder {
	struct sv_span bytes;
	size_t from, to;
	size_t first; /* the first byte that was looked at */
	struct sv_regions *regions;
	struct sv_token_bits *tokens; /* NULL: nobody asks */
	struct chain chains[SV_VIEW_MAX];
	struct line line, base64_line, joint_line;
	size_t folded; /* where the run is that continues the last base64 run */
	struct {
		bool in_run;
		size_t at;    /* the next unit */
		size_t start; /* of the run */
		size_t sure;  /* partings from here on are those of the whole */
		size_t part;  /* the last place where it could be parted */
	} utf16;
	bool is_unsure;
	bool asks;  /* whether there is anything at all, no more */
	bool any;   /* there is */
	bool folds; /* what may begin a folded scalar was seen */
	int status;
};

void sv_regions_release(struct sv_regions *regions)
{
	sv_vec_release(regions);
}

static void emit(struct finder *f, enum sv_view view, size_t start, size_t end, bool is_sure)
{
	struct sv_region region = {.view = view, .start = start, .end = end};

	if (region.end - region.start > SV_VIEW_MAX_REGION) {
		region.end = region.start + SV_VIEW_MAX_REGION;
		region.cut = true;
	}
	if (region.start >= f->to || region.end <= f->from || f->status < 0)
		return;
	f->is_unsure |= !is_sure;
	f->status = sv_vec_push(f->regions, region);
}

static struct chain *chain_of(struct finder *f, enum sv_view view)
{
	return &f->chains[__builtin_ctz(view)];
}

static void close_chain(struct finder *f, enum sv_view view)
{
	struct chain *c = chain_of(f, view);

	if (c->is_open)
		emit(f, view, c->start, c->end, c->is_sure);
	c->is_open = false;
}

/*
 * Where long regions are parted: by what stands there, so that the same bytes are parted in the
 * same places wherever they are; the further the last such place, the more likely, so that dense
 * and sparse triggers make regions of the same size.
 */
static bool parts_here(struct sv_span bytes, size_t at, size_t last)
{
	size_t distance = at - last < FAR ? at - last : FAR;
	size_t from = at > 8 ? at - 8 : 0, to = bytes.len - at > 16 ? at + 16 : bytes.len;

	return sv_hash64(bytes.ptr + from, to - from, 0) % PART < distance;
}

/* what a trigger is part of */
struct extent {
	size_t at, low, high;
	/* to what is before it: not parted here */
	bool is_glued;
	/* the line before it belongs to the same text: when parted, both parts show some of it */
	bool is_folded;
};

static size_t find_feed(struct sv_span bytes, size_t from, size_t to, bool *ret_found)
{
	const uint8_t *feed;

	if (to > bytes.len)
		to = bytes.len;
	feed = from < to ? memchr(bytes.ptr + from, '\n', to - from) : NULL;
	*ret_found = feed != NULL;
	return feed != NULL ? (size_t)(feed - bytes.ptr) + 1 : to;
}

/* where the later part of a folded text starts: OVERLAP before, at the start of a line */
static size_t overlap_start(const struct finder *f, const struct chain *c, size_t at,
			    bool *ret_sure)
{
	size_t low = at > OVERLAP ? at - OVERLAP : 0;
	bool found;

	*ret_sure = low >= c->start || c->is_sure;
	return low <= c->start ? c->start : find_feed(f->bytes, low - 1, at, &found);
}

static void add(struct finder *f, enum sv_view view, struct extent e)
{
	struct chain *c = chain_of(f, view);
	bool is_near = c->is_open && e.low <= c->end && c->last + FAR + CONTEXT >= e.low;
	bool is_sure = is_near || f->first == 0 || e.low >= f->first + SV_VIEW_MARGIN;

	f->any = true;
	if (f->asks)
		return;
	if (is_near && (e.is_glued || !parts_here(f->bytes, e.at, c->last))) {
		if (e.high > c->end)
			c->end = e.high;
		c->last = e.at;
		return;
	}
	if (is_near && e.is_folded)
		e.low = overlap_start(f, c, e.at, &is_sure);
	close_chain(f, view);
	*c = (struct chain){
		.is_open = true, .is_sure = is_sure, .start = e.low, .end = e.high, .last = e.at};
}

/* at never decreases from call to call with the same line */
static struct extent line_around(struct line *line, struct sv_span bytes, size_t at, size_t before,
				 size_t end, size_t after)
{
	struct extent e = {.at = at};
	bool found;
	size_t low = at > CONTEXT ? at - CONTEXT : 0;

	if (at >= line->end) {
		const uint8_t *feed = memrchr(bytes.ptr + low, '\n', at - low);

		line->start = feed != NULL ? (size_t)(feed - bytes.ptr) + 1 : 0;
		line->end = at;
		line->has_end = false;
	}
	if (!line->has_end && line->end < end + after)
		line->end = find_feed(bytes, line->end, end + after, &line->has_end);
	e.low = at > before ? at - before : 0;
	if (e.low < line->start)
		e.low = line->start;
	e.high = bytes.len - end > after ? end + after : bytes.len;
	if (line->has_end && line->end <= end)
		/* literals and folded lines end on another line than they begin */
		e.high = find_feed(bytes, end, end + after, &found);
	else if (line->has_end && line->end < e.high)
		e.high = line->end;
	return e;
}

static struct extent around(struct finder *f, size_t at, size_t end)
{
	return line_around(&f->line, f->bytes, at, CONTEXT, end, CONTEXT);
}

/* does a line of quoted-printable go on after the line feed? */
static bool is_soft(struct sv_span bytes, size_t feed)
{
	feed -= feed > 0 && bytes.ptr[feed - 1] == '\r';
	return feed > 0 && bytes.ptr[feed - 1] == '=';
}

/* the lines that are one in quoted-printable */
static struct extent around_quoted(struct finder *f, size_t at, size_t end)
{
	struct sv_span s = f->bytes;
	size_t least = at > CONTEXT ? at - CONTEXT : 0;
	size_t most = s.len - end > CONTEXT ? end + CONTEXT : s.len;
	struct extent e = {.at = at, .low = least, .high = most};
	const uint8_t *feed;

	for (size_t i = at; (feed = memrchr(s.ptr + least, '\n', i - least)) != NULL;) {
		i = (size_t)(feed - s.ptr);
		if (!is_soft(s, i)) {
			e.low = i + 1;
			break;
		}
	}
	for (size_t i = end; (feed = memchr(s.ptr + i, '\n', most - i)) != NULL;) {
		i = (size_t)(feed - s.ptr) + 1;
		if (!is_soft(s, i - 1)) {
			e.high = i;
			break;
		}
	}
	return e;
}

/* ---- what is worth reading again ---- */

static uint8_t byte_at(struct sv_span s, size_t at)
{
	return at < s.len ? s.ptr[at] : 0;
}

static uint8_t byte_before(struct sv_span s, size_t at)
{
	return at > 0 ? s.ptr[at - 1] : 0;
}

/* for sets of a few, so that no function is called */
static inline __attribute__((always_inline)) bool is_one_of(uint8_t c, const char *set)
{
	bool is = false;

	for (; *set != '\0'; set++)
		is |= (uint8_t)*set == c;
	return is;
}

static bool is_sign(uint8_t c)
{
	return (sv_unit_class[c] & SV_UNIT_SIGN) != 0;
}

static bool is_graphic(uint8_t c)
{
	return (sv_unit_class[c] & SV_UNIT_GRAPHIC) != 0;
}

static bool is_of_word(uint8_t c)
{
	return (sv_unit_class[c] & (SV_UNIT_GRAPHIC | SV_UNIT_STOP)) == SV_UNIT_GRAPHIC;
}

/* Could a value that is worth a look begin here, after at most a blank and a quote? */
static bool has_value(struct sv_span s, size_t at)
{
	size_t n = 0;

	at += byte_at(s, at) == ' ';
	/* escaped, and escaped once more */
	for (unsigned i = 0; i < 7 && byte_at(s, at) == '\\'; i++)
		at++;
	at += is_one_of(byte_at(s, at), "\"'");
	while (n < 8 && is_of_word(byte_at(s, at + n)))
		n++;
	return n == 8 || (n >= 6 && sv_unit_has_digit(s, at, n));
}

/* NAME=value or NAME: value, or the rest of it, `least` bytes of the name and more */
static bool has_rest_of_assignment(struct sv_span s, size_t at, size_t least)
{
	size_t n = 0;

	while (n < 40 && sv_unit_is_token(byte_at(s, at + n)))
		n++;
	return n >= least && n < 40 && is_one_of(byte_at(s, at + n), "=:") &&
	       has_value(s, at + n + 1);
}

static bool has_assignment(struct sv_span s, size_t at)
{
	return has_rest_of_assignment(s, at, 2);
}

/* A sign of a URL or of pairs, as far away as their words are looked at. */
static bool is_near_url(struct sv_span s, size_t at, size_t end)
{
	size_t from = at > WORD_BEFORE ? at - WORD_BEFORE : 0;
	size_t n = (s.len - end > 64 ? end + 64 : s.len) - from;

	return memchr(s.ptr + from, ':', n) || memchr(s.ptr + from, '=', n) ||
	       memchr(s.ptr + from, '%', n);
}

/*
 * Do the bytes on both sides of [at, end) make one word of a URL or of pairs, and with a digit?
 * Such a word may be parted where nothing near looks like a token.
 */
static bool is_in_word(struct sv_span s, size_t at, size_t end)
{
	size_t left = 0, right = 0;
	bool digit = false, pairs = false, slashes = false;

	/* mostly there is none */
	if (!is_near_url(s, at, end))
		return false;
	for (uint8_t c; right < 64 && is_of_word(c = byte_at(s, end + right)); right++) {
		digit |= (sv_unit_class[c] & SV_UNIT_DIGIT) != 0;
		pairs |= c == '=' || c == '%';
		slashes |= c == '/' && byte_at(s, end + right + 1) == '/';
	}
	if (right < 4)
		return false;
	for (uint8_t c; left < WORD_BEFORE && left < at && is_of_word(c = s.ptr[at - left - 1]);
	     left++) {
		digit |= (sv_unit_class[c] & SV_UNIT_DIGIT) != 0;
		pairs |= c == '=' || c == '%';
		slashes |= c == '/' && s.ptr[at - left] == '/';
	}
	if (left < 4 || left + right < 12)
		return false;
	return digit && (pairs || slashes);
}

/* of directories, as in the lists of what a program imports: '/', no capital, and few digits near
 */
static bool is_in_path(struct sv_span s, size_t at, size_t end)
{
	size_t left = sv_unit_left(s, at, 16), right = sv_unit_right(s, end, 16), digits = 0;
	bool slash = false;

	for (size_t i = 0; i < left + right; i++) {
		uint8_t c = i < left ? s.ptr[at - left + i] : s.ptr[end + i - left];

		if (c >= 'A' && c <= 'Z')
			return false;
		digits += c >= '0' && c <= '9';
		slash |= c == '/';
	}
	return slash && 3 * digits < left + right;
}

/* ... and one name, before a value */
static bool is_in_name(struct sv_span s, size_t at, size_t end)
{
	return sv_unit_left(s, at, 1) == 1 && has_rest_of_assignment(s, end, 1);
}

/* Between capitals and small letters as often as chance would go: no words that are written as one.
 */
static bool changes_case(const uint8_t *letters, size_t n)
{
	size_t turns = 0;

	for (size_t i = 1; i < n; i++)
		turns += ((letters[i] ^ letters[i - 1]) & 0x20) != 0;
	return turns * 3 >= n;
}

/*
 * Letters and digits on both sides of [at, end) that make one token with what it stands for: with a
 * digit, which one in 250 of 32 random letters is without.
 */
static bool is_in_token(struct sv_span s, size_t at, size_t end, size_t least)
{
	size_t left = sv_unit_left(s, at, 16), right = sv_unit_right(s, end, 16);

	if (left + right < least)
		return false;
	return sv_unit_has_digit(s, at - left, left) || sv_unit_has_digit(s, end, right) ||
	       (left == 16 && right == 16 && changes_case(s.ptr + at - left, left) &&
		changes_case(s.ptr + end, right));
}

/* a quote, by whatever unit, that closes a name or opens a value */
static bool is_quote_of_pair(struct sv_span s, size_t at, size_t end)
{
	size_t before, after = end + (byte_at(s, end) == ' ');

	for (unsigned i = 0; i < 6 && byte_before(s, at) == '\\'; i++)
		at--;
	before = at - (byte_before(s, at) == ' ');
	if (is_one_of(byte_at(s, after), ":="))
		return has_value(s, after + 1);
	return is_one_of(byte_before(s, before), ":=") && has_value(s, end);
}

/* letters and digits, and the signs that names, values and base64 are written with */
static bool is_percent_of_text(struct sv_span s, size_t at)
{
	struct sv_unit u = sv_unit_percent(s, at);

	return u.len != 0 && (is_sign(u.bytes[0]) || sv_unit_is_token(u.bytes[0]));
}

static bool wants_percent(struct sv_span s, size_t at)
{
	struct sv_unit u = sv_unit_percent(s, at);
	size_t end = at + u.len, left = sv_unit_left(s, at, 20), right = sv_unit_right(s, end, 20);
	size_t to = s.len - at > 64 ? at + 64 : s.len;
	uint8_t next = byte_at(s, end);
	bool is_upper;

	if (!is_percent_of_text(s, at))
		return false;
	/* the digits of an escape before it say nothing */
	if (left >= 2 && left < 20 && byte_before(s, at - left) == '%')
		left -= 2;
	is_upper = (s.ptr[end - 2] >= 'A' && s.ptr[end - 2] <= 'F') ||
		   (s.ptr[end - 1] >= 'A' && s.ptr[end - 1] <= 'F');
	/* "%3d" is what programs print with */
	if (!is_upper && (sv_unit_left(s, at, 1) == 0 || next == '"' || next == '\'' ||
			  !(sv_unit_is_token(next) || is_sign(next))))
		return false;
	if (is_sign(u.bytes[0]))
		return left + right >= 20 ||
		       (left + right >= 8 && (sv_unit_has_digit(s, at - left, left) ||
					      sv_unit_has_digit(s, end, right)));
	for (size_t i = end; i < to && s.ptr[i] != '\n'; i++)
		if (s.ptr[i] == '%' && is_percent_of_text(s, i))
			return true;
	return false;
}

/* \u0026 \x41 \101: at least what they stand for has to be text */
static bool wants_code(struct sv_span s, size_t at, const struct sv_unit *u)
{
	size_t left, right, n = 0;

	if (u->n_bytes != 1 || !is_graphic(u->bytes[0]))
		return false;
	left = sv_unit_left(s, at, 16);
	right = sv_unit_right(s, at + u->len, 16);
	if (is_sign(u->bytes[0]) && (left > 0 && right > 0))
		return true;
	if (is_sign(u->bytes[0]) && s.ptr[at + 1] == 'u' && (left > 0 || right > 0))
		return true;
	if (left + right >= 16)
		return true;
	for (size_t i = at; n < 3 && i < s.len; n++) {
		struct sv_unit next = sv_unit_escape(s, i);

		if (next.n_bytes != 1 || next.len != u->len || !is_graphic(next.bytes[0]))
			break;
		i += next.len;
	}
	return n == 3;
}

/* \n before a token or an assignment, or in a PEM block; glued: within one */
static bool wants_line_break(struct sv_span s, size_t at, bool *ret_glued)
{
	size_t left = sv_unit_left(s, at, 16), right = sv_unit_right(s, at + 2, 16);

	*ret_glued = left == 16 && right == 16;
	if (at >= 5 && memcmp(s.ptr + at - 5, "-----", 5) == 0)
		return true;
	if (right == 16 && (left == 16 || sv_unit_has_digit(s, at + 2, 24)))
		return true;
	return has_assignment(s, at + 2);
}

static bool wants_punctuation(struct sv_span s, size_t at)
{
	size_t left, right;

	if (s.ptr[at + 1] == '"')
		return is_quote_of_pair(s, at, at + 2);
	left = sv_unit_left(s, at, 16);
	right = sv_unit_right(s, at + 2, 16);
	switch (s.ptr[at + 1]) {
	case '/':
		if (byte_before(s, at) == ':')
			return byte_at(s, at + 2) == '\\' && byte_at(s, at + 3) == '/' &&
			       sv_unit_is_token(byte_at(s, at + 4));
		/* a key may begin or end with it */
		if (left == 16 || right == 16)
			return is_in_token(s, at, at + 2, 16);
		return left >= 4 && right >= 4 && is_in_token(s, at, at + 2, 20);
	case '_':
		return left >= 2 && right == 16 && is_in_token(s, at, at + 2, 16);
	case '=':
	case ':':
	case ';':
	case '&':
		return left >= 2 && (right >= 2 || left == 16 || byte_at(s, at + 2) == '\\') &&
		       (left >= 8 || right >= 8) && is_in_token(s, at, at + 2, 10);
	case '+':
		return left >= 4 && right >= 4 && is_in_token(s, at, at + 2, 20);
	default:
		return false;
	}
}

static bool wants_caret(struct sv_span s, size_t at)
{
	size_t left = sv_unit_left(s, at, 4), right = sv_unit_right(s, at + 2, 4);

	if (byte_at(s, at + 1) != '&' || left == 0)
		return false;
	return has_assignment(s, at + 2) ||
	       (left == 4 && right == 4 && is_in_token(s, at, at + 2, 8));
}

/* of \u \x \0 \1 alone it has to be asked whether they are escapes at all */
static bool wants_escape(struct sv_span s, size_t at, bool *ret_glued)
{
	struct sv_unit u;

	if (s.ptr[at] == '^')
		return wants_caret(s, at);
	switch (byte_at(s, at + 1)) {
	case 'n':
	case 'r':
	case 't':
		return wants_line_break(s, at, ret_glued);
	case 'u':
	case 'x':
	case '0':
	case '1':
		u = sv_unit_escape(s, at);
		return u.len != 0 && wants_code(s, at, &u);
	default:
		return wants_punctuation(s, at);
	}
}

static bool wants_entity(struct sv_span s, size_t at, size_t *ret_len)
{
	struct sv_unit u = sv_unit_entity(s, at);
	size_t end = at + u.len, left, right;

	*ret_len = u.len;
	if (u.len == 0 || u.n_bytes != 1 || !is_graphic(u.bytes[0]))
		return false;
	left = sv_unit_left(s, at, 16);
	right = sv_unit_right(s, end, 16);
	switch (u.bytes[0]) {
	case '"':
	case '\'':
		return is_quote_of_pair(s, at, end);
	case '&':
		/* of an entity that was written as text once more */
		for (size_t i = end; i < end + 8; i++)
			if (byte_at(s, i) == ';')
				return left > 0;
		return left > 0 && right > 0 &&
		       (has_assignment(s, end) ||
			(left >= 4 && right >= 4 && is_in_token(s, at, end, 8)));
	case '<':
		return byte_at(s, end) == '/' && left >= 6 && is_in_token(s, at, at, 6);
	case '>':
		return false;
	default:
		return (left > 0 && right > 0) || left + right >= 8;
	}
}

static bool wants_literals(struct sv_span s, size_t quote, size_t end)
{
	uint8_t before = byte_before(s, quote);

	if (is_one_of(before, ";&?:,"))
		return sv_unit_right(s, end, 8) == 8 &&
		       (has_assignment(s, end) || (before != ',' && is_in_token(s, end, end, 8)));
	if (is_in_word(s, quote, end) || is_in_name(s, quote, end))
		return true;
	return sv_unit_left(s, quote, 4) == 4 && sv_unit_right(s, end, 4) == 4 &&
	       is_in_token(s, quote, end, 12) && !is_in_path(s, quote, end);
}

static bool wants_continuation(struct sv_span s, size_t at, size_t end)
{
	if (is_one_of(byte_before(s, at), ";&"))
		return has_assignment(s, end);
	return sv_unit_left(s, at, 8) == 8 && sv_unit_right(s, end, 8) == 8 &&
	       is_in_token(s, at, end, 24);
}

/* =3D after a name and before a value, or of a token */
static bool wants_quoted(struct sv_span s, size_t at)
{
	size_t left = sv_unit_left(s, at, 16), right = sv_unit_right(s, at + 3, 4);

	if (sv_unit_quoted(s, at).len == 0 || left == 0)
		return false;
	/* of a URL's query a name may be one letter */
	if (left == 1)
		return is_one_of(byte_before(s, at - 1), "?&") && has_value(s, at + 3);
	/* the padding of a key */
	if (left == 16 && sv_unit_has_digit(s, at - left, left))
		return true;
	return has_value(s, at + 3) || (left >= 4 && right == 4 && is_in_token(s, at, at + 3, 12));
}

/* '=' at the end of a line as long as mail's are, within a word; at is behind others */
static bool wants_soft_break(struct sv_span s, size_t at, size_t end)
{
	size_t low = at > QUOTED_LINE ? at - QUOTED_LINE : 0;
	const uint8_t *feed = memrchr(s.ptr + low, '\n', at - low);

	if (feed == NULL ? at > QUOTED_LINE : at - (size_t)(feed - s.ptr) < QUOTED_LINE - 3)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!is_of_word(byte_before(s, at - i)) || !is_of_word(byte_at(s, end + i)))
			return false;
	return true;
}

static bool wants_folded(struct sv_span s, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++) {
		const uint8_t *feed = memchr(s.ptr + i, '\n', end - i);
		size_t next;

		if (feed == NULL)
			return false;
		i = (size_t)(feed - s.ptr);
		next = sv_unit_skip_blanks(s, i);
		if (next < end && sv_unit_fold_is_tight(s, i, next))
			return true;
	}
	return false;
}

/* ---- one look at each place that the blocks call hot ---- */

static void look_at_fold(struct finder *f, size_t at)
{
	size_t low = at > CONTEXT ? at - CONTEXT : 0, end;
	const uint8_t *feed = memrchr(f->bytes.ptr + low, '\n', at - low);

	f->any = f->folds = true;
	if (f->asks)
		return;
	if (feed != NULL)
		low = (size_t)(feed - f->bytes.ptr) + 1;
	else if (low > 0)
		return;
	end = sv_unit_folded(f->bytes, low, at);
	/* not in a chain: its end may be further away than what decides about a chain */
	if (end != 0 && wants_folded(f->bytes, at, end))
		emit(f, SV_VIEW_FOLDED, low, end, true);
}

/* Folded scalars whose header stands before what is read, but not so far that they end there. */
static void look_back_for_folds(struct finder *f)
{
	size_t at = f->from > SV_UNIT_FOLD_MAX + 1 ? f->from - SV_UNIT_FOLD_MAX - 1 : 1;
	const uint8_t *sign;

	for (; at <= f->first; at = (size_t)(sign - f->bytes.ptr) + 1) {
		sign = memchr(f->bytes.ptr + at, '>', f->first + 1 - at);
		if (sign == NULL)
			break;
		/* as the blocks see it */
		if (sign[-1] == ' ' &&
		    is_one_of(byte_at(f->bytes, (size_t)(sign - f->bytes.ptr) + 1), "\r\n+-"))
			look_at_fold(f, (size_t)(sign - f->bytes.ptr));
	}
}

static void look_at_invisible(struct finder *f, size_t at)
{
	size_t end = at;
	struct sv_unit u;

	while (end < f->bytes.len && end - at < 16 &&
	       (u = sv_unit_invisible(f->bytes, end)).len != 0)
		end += u.len;
	if (end != at && (is_in_token(f->bytes, at, end, 12) || is_in_word(f->bytes, at, end) ||
			  is_in_name(f->bytes, at, end)))
		add(f, SV_VIEW_INVISIBLE, around(f, at, end));
}

static void look_at_soft_break(struct finder *f, size_t at)
{
	struct sv_unit u = sv_unit_quoted(f->bytes, at);

	if (u.len != 0 && wants_soft_break(f->bytes, at, at + u.len))
		add(f, SV_VIEW_QUOTED, around_quoted(f, at, at + u.len));
}

/* the end of a line after a token */
static void look_at_continuation(struct finder *f, size_t at)
{
	size_t len;

	if (byte_at(f->bytes, at) == '=') {
		look_at_soft_break(f, at);
		return;
	}
	len = sv_unit_continuation(f->bytes, at);
	if (len != 0 && wants_continuation(f->bytes, at, at + len))
		add(f, SV_VIEW_FOLDED, around(f, at, at + len));
}

/* `at` is the second quote of what may join two literals */
static void look_at_joint(struct finder *f, size_t at)
{
	size_t least = at > SV_UNIT_LITERALS_MAX ? at - SV_UNIT_LITERALS_MAX : 0, quote = at;

	/* most have nothing after it that a word could go on with */
	if (!is_of_word(byte_at(f->bytes, at + 1)))
		return;
	while (quote > least && f->bytes.ptr[quote - 1] != '"' && f->bytes.ptr[quote - 1] != '\'')
		quote--;
	if (quote-- > least && sv_blocks_ends_piece(f->bytes, quote) &&
	    sv_unit_literals(f->bytes, quote) == at + 1 - quote &&
	    wants_literals(f->bytes, quote, at + 1))
		add(f, SV_VIEW_JOINED,
		    line_around(&f->joint_line, f->bytes, quote, CONTEXT, at + 1, CONTEXT));
}

static void look_at_base64(struct finder *f, size_t at)
{
	struct sv_base64_run run, next;
	struct extent e;
	size_t end, fold, n = 0;
	unsigned classes = 0;

	while (n < 32 && sv_unit_is_token(byte_at(f->bytes, at + n)))
		classes |= sv_unit_class[f->bytes.ptr[at + n++]];
	/* CONSTANTS_OF_PROGRAMS would pass often */
	if (n < SV_BASE64_LEAST || !(classes & SV_UNIT_SMALL) ||
	    !sv_base64_is_text((struct sv_span){f->bytes.ptr + at, n}))
		return;
	run = sv_base64_run(f->bytes, at, SV_VIEW_MAX_REGION + 1);
	if (run.mixed)
		return;
	end = at + run.len;
	e = line_around(&f->base64_line, f->bytes, at, CONTEXT_BASE64_BEFORE, end,
			CONTEXT_BASE64_AFTER);
	e.is_folded = f->folded == at;
	fold = sv_base64_fold(f->bytes, end, &run, &next);
	f->folded = fold != 0 ? end + fold : 0;
	if (fold != 0) {
		bool found;

		e.high = find_feed(f->bytes, end + fold,
				   end + fold + next.len + CONTEXT_BASE64_AFTER, &found);
	}
	add(f, SV_VIEW_BASE64, e);
}

/* a run of base64 may begin here with a byte order mark, of UTF-8 or UTF-16 */
static void look_at_mark(struct finder *f, size_t at)
{
	static const char marks[][4] = {"77u", "//4", "//5", "/v8"};

	if (sv_unit_is_token(byte_before(f->bytes, at)))
		return;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (f->bytes.len - at >= SV_BASE64_LEAST &&
		    memcmp(f->bytes.ptr + at, marks[i], 3) == 0)
			look_at_base64(f, at);
}

/* '=' that ends a line, or '\\', after at: could at end a piece of a token? */
static inline bool ends_piece(struct sv_span s, size_t at)
{
	if (byte_at(s, at + 1) == '=')
		return byte_at(s, at + 2) == '\n' || byte_at(s, at + 2) == '\r';
	if (byte_at(s, at + 1) != '\\')
		return false;
	if (sv_unit_class[s.ptr[at]] & SV_UNIT_RUN)
		return at >= 3 && (sv_unit_class[s.ptr[at - 1]] & sv_unit_class[s.ptr[at - 2]] &
				   sv_unit_class[s.ptr[at - 3]] & SV_UNIT_RUN);
	return (sv_unit_class[s.ptr[at]] & SV_UNIT_SIGN) && s.ptr[at] != '"' && s.ptr[at] != '\'';
}

static void look(struct finder *f, size_t at)
{
	struct sv_span s = f->bytes;
	bool is_glued = false;
	struct extent e;
	size_t len;

	if (at >= s.len)
		return;
	switch (s.ptr[at]) {
	case '%':
		if (wants_percent(s, at))
			add(f, SV_VIEW_PERCENT, around(f, at, at + 3));
		break;
	case '=':
		if (wants_quoted(s, at))
			add(f, SV_VIEW_QUOTED, around_quoted(f, at, at + 3));
		break;
	case '^':
	case '\\':
		if (wants_escape(s, at, &is_glued)) {
			e = around(f, at, at + 2);
			e.is_glued = is_glued;
			add(f, SV_VIEW_ESCAPES, e);
		}
		break;
	case '&':
		if (wants_entity(s, at, &len))
			add(f, SV_VIEW_ENTITIES, around(f, at, at + len));
		break;
	case ' ':
		if (byte_at(s, at + 1) == '>')
			look_at_fold(f, at + 1);
		break;
	case '7':
	case '/':
		look_at_mark(f, at);
		break;
	default:
		if (s.ptr[at] >= 0x80)
			look_at_invisible(f, at);
		break;
	}
	/* the token's last byte is what the blocks told of */
	if (ends_piece(s, at))
		look_at_continuation(f, at + 1);
}

/* ---- UTF-16 ---- */

static bool is_utf16_unit(struct sv_span s, size_t at)
{
	return at < s.len && sv_unit_is_utf16(s.ptr[at]) && (at + 1 >= s.len || s.ptr[at + 1] == 0);
}

/*
 * Anything else that text holds: not of private use, no control character. U+4E00 and U+3000 are
 * common; any other multiple of 256 is rather a length between two strings of a program. Big-endian
 * text reads shifted by a byte there, which changes nothing around it.
 */
static bool is_wide_unit(struct sv_span s, size_t at)
{
	uint8_t low, high;

	if (at + 1 >= s.len)
		return false;
	low = s.ptr[at];
	high = s.ptr[at + 1];
	if (low == 0)
		return high == 0x30 || high == 0x4E;
	return high != 0 && (high < 0xE0 || high > 0xF8) && (high != 0xFF || low < 0xFE);
}

/* Of a run that ends at `at`: where the run begins that goes on with the same text; 0 if none does.
 */
static size_t next_utf16(struct sv_span s, size_t at)
{
	size_t start = at;

	for (size_t i = at; start - at <= UTF16_GAP; i += 2) {
		if (is_utf16_unit(s, i)) {
			if (i + 2 - start >= UTF16_LEAST)
				return start;
		} else if (is_wide_unit(s, i)) {
			start = i + 2;
		} else {
			break;
		}
	}
	return 0;
}

/* The unit before `at`, or all of the run before a remark; SIZE_MAX: the text begins at `at`. */
static size_t utf16_before(struct sv_span s, size_t at)
{
	size_t end = at;

	if (at >= 2 && is_utf16_unit(s, at - 2))
		return at - 2;
	for (size_t i = at; i >= 2 && at - end <= UTF16_GAP; i -= 2) {
		if (is_utf16_unit(s, i - 2)) {
			if (end - (i - 2) >= UTF16_LEAST)
				return i - 2;
		} else if (is_wide_unit(s, i - 2)) {
			end = i - 2;
		} else {
			break;
		}
	}
	return SIZE_MAX;
}

/* within a PEM body: lines that belong together */
static bool is_glued_utf16(struct sv_span s, size_t at)
{
	size_t end = at, start = at;

	while (start >= 2 && is_one_of(s.ptr[start - 2], "\r\n"))
		start -= 2;
	for (unsigned i = 0; i < 16; i++) {
		if (end >= s.len || start < 2 || !sv_unit_is_token(s.ptr[end]) ||
		    !sv_unit_is_token(s.ptr[start - 2]))
			return false;
		end += 2;
		start -= 2;
	}
	return true;
}

/* A long run of UTF-16 is parted at `at`, or not. */
static void part_utf16(struct finder *f, size_t at)
{
	struct sv_span s = f->bytes;
	struct chain *c = chain_of(f, SV_VIEW_UTF16);

	if (!is_one_of(s.ptr[at - 2], "\n ,;"))
		return;
	if (parts_here(s, at, f->utf16.part) && !is_glued_utf16(s, at)) {
		c->end = at;
		close_chain(f, SV_VIEW_UTF16);
		c->is_open = true;
		c->is_sure = at >= f->utf16.sure;
		c->start =
			at - f->utf16.start > CONTEXT_UTF16 ? at - CONTEXT_UTF16 : f->utf16.start;
	}
	f->utf16.part = at;
}

static void read_utf16(struct finder *f, size_t to)
{
	struct sv_span s = f->bytes;
	struct chain *c = chain_of(f, SV_VIEW_UTF16);
	size_t at = f->utf16.at, next = at;

	while (next != 0) {
		for (at = next; at < to && is_utf16_unit(s, at); at += 2)
			part_utf16(f, at);
		next = at < to ? next_utf16(s, at) : 0;
	}
	f->utf16.at = at;
	c->end = at < s.len ? at : s.len;
	if (at >= to)
		return;
	f->utf16.in_run = false;
	close_chain(f, SV_VIEW_UTF16);
}

/* twelve units end with the NUL at `at` */
static void look_at_utf16(struct finder *f, size_t at)
{
	size_t start = at + 1, least, before;

	/* a zero of the slack ends nothing, however far the last block reaches into it */
	if (start <= f->utf16.at || at >= f->bytes.len)
		return;
	least = start > UTF16_LEAST + SV_VIEW_MARGIN ? start - UTF16_LEAST - SV_VIEW_MARGIN : 0;
	while ((before = utf16_before(f->bytes, start)) != SIZE_MAX && before >= least)
		start = before;
	if (at + 1 - start < UTF16_LEAST)
		return;
	f->any = true;
	if (f->asks)
		return;
	f->utf16.in_run = true;
	f->utf16.start = f->utf16.part = start;
	f->utf16.at = start + 2;
	f->utf16.sure = before == SIZE_MAX ? start : start + CONTEXT_UTF16;
	*chain_of(f, SV_VIEW_UTF16) = (struct chain){
		.is_open = true,
		.is_sure = before == SIZE_MAX,
		.start = start,
		.end = start,
	};
}

/* ---- the pass ---- */

/* element i of blocks, which begins at `at` */
static void look_at_block(struct finder *f, size_t at, struct sv_blocks *blocks, size_t i)
{
	uint64_t runs, hot, joints;

	runs = blocks->runs[i];
	hot = blocks->hot[i];
	joints = blocks->joints[i];
	for (uint64_t bits = runs | hot | joints; bits != 0; bits &= bits - 1) {
		uint64_t bit = bits & -bits;
		size_t place = at + (unsigned)__builtin_ctzll(bits);

		if (hot & bit)
			look(f, place);
		else if (joints & bit)
			look_at_joint(f, place);
		if (runs & bit)
			look_at_base64(f, place - SV_BLOCK_RUN);
	}
	if (f->utf16.in_run)
		read_utf16(f, at + SV_BLOCK);
	if (!(blocks->has_utf16 >> (i - 1) & 1))
		return;
	for (uint64_t bits = blocks->utf16[i]; bits != 0; bits &= bits - 1) {
		look_at_utf16(f, at + (unsigned)__builtin_ctzll(bits));
		if (f->utf16.in_run)
			read_utf16(f, at + SV_BLOCK);
	}
}

/* Those of busy, blocks from `at` on, that have something: all are asked before one is read. */
static uint64_t settle(struct finder *f, size_t at, struct sv_blocks *blocks, uint64_t busy)
{
	uint64_t kept = 0;

	for (; busy != 0; busy &= busy - 1) {
		size_t i = (size_t)__builtin_ctzll(busy);

		kept |= (uint64_t)sv_blocks_settle(blocks, i + 1, f->bytes, at + i * SV_BLOCK) << i;
	}
	return kept;
}

/* Can what is read from at on still say something about [from, to)? */
static bool is_wanted(const struct finder *f, size_t at)
{
	if (at >= f->bytes.len)
		return false;
	if (f->asks)
		return at < f->to && !f->any;
	if (at < f->to + LOOK_AHEAD)
		return true;
	for (unsigned v = 0; v < SV_VIEW_MAX; v++) {
		const struct chain *c = &f->chains[v];

		if (c->is_open && c->start < f->to && at < c->end + SV_VIEW_MARGIN &&
		    at < c->start + SV_VIEW_MAX_REGION + SV_VIEW_MARGIN)
			return true;
	}
	return false;
}

/* Not within a run of base64 characters: where it starts would be missed. */
static size_t out_of_run(struct sv_span bytes, size_t at)
{
	size_t least = at > SV_VIEW_MAX_REGION ? at - SV_VIEW_MAX_REGION : 0, start = at;

	if (at >= bytes.len)
		return at;
	while (start > least && sv_unit_is_token(bytes.ptr[start - 1]))
		start--;
	/* it is longer than any region: what is read of it ends before */
	return start == least && least != 0 ? at : start;
}

/* There is room. Eight words at a time, of a length that is known: those are no call. */
static void keep_tokens(struct finder *f, const struct sv_blocks *blocks, size_t n)
{
	uint64_t *to = f->tokens->ptr + f->tokens->len;

	for (size_t i = 0; i < n; i += 8)
		memcpy(to + i, blocks->tokens + 1 + i, 8 * sizeof(*to));
	f->tokens->len += n;
}

static void pass(struct finder *f)
{
	size_t until = f->asks ? f->to : f->to + LOOK_AHEAD;
	struct sv_blocks blocks;

	sv_blocks_init(&blocks);
	if (f->first != 0)
		sv_blocks_read(&blocks, f->bytes, f->first - SV_BLOCK, 1);
	for (size_t at = f->first; is_wanted(f, at);) {
		size_t n = (f->bytes.len - at + SV_BLOCK - 1) / SV_BLOCK;
		uint64_t busy;

		if (n > SV_BLOCKS_MOST)
			n = SV_BLOCKS_MOST;
		/* small windows are many: read no more than is wanted */
		if (at < until && n > (until - at) / SV_BLOCK + 1)
			n = (until - at) / SV_BLOCK + 1;
		busy = settle(f, at, &blocks, sv_blocks_read(&blocks, f->bytes, at, n));
		if (f->tokens != NULL)
			keep_tokens(f, &blocks, n);
		for (size_t i = 0; i < n; i++) {
			if (!f->utf16.in_run) {
				busy = busy >> i << i;
				if (busy == 0)
					break;
				i = (size_t)__builtin_ctzll(busy);
			}
			look_at_block(f, at + i * SV_BLOCK, &blocks, i + 1);
		}
		at += n * SV_BLOCK;
	}
	for (unsigned v = 0; v < SV_VIEW_MAX; v++)
		close_chain(f, (enum sv_view)(1u << v));
}

static int by_start(const void *a, const void *b)
{
	const struct sv_region *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->view < y->view ? -1 : x->view > y->view;
}

static int find(struct sv_span bytes, size_t from, size_t to, struct sv_regions *ret,
		struct sv_token_bits *tokens)
{
	size_t most = SV_VIEW_MAX_REGION + 2 * SV_VIEW_MARGIN;

	if (to > bytes.len)
		to = bytes.len;
	ret->len = 0;
	ret->folds = false;
	if (from >= to)
		return 0;
	for (size_t back = LOOK_BACK;; back *= 4) {
		struct finder f = {
			.bytes = bytes, .from = from, .to = to, .regions = ret, .tokens = tokens};

		if (back > most)
			back = most;
		f.first = from > back ? out_of_run(bytes, from - back) : 0;
		if (f.first < SV_BLOCK)
			f.first = 0;
		ret->len = 0;
		if (f.first != 0)
			look_back_for_folds(&f);
		pass(&f);
		ret->folds |= f.folds;
		if (f.status < 0)
			return f.status;
		if (!f.is_unsure || f.first == 0 || back == most)
			break;
	}
	if (ret->len > 1)
		qsort(ret->ptr, ret->len, sizeof(*ret->ptr), by_start);
	return 0;
}

int sv_views_find_all(struct sv_span bytes, struct sv_regions *ret,
		      struct sv_token_bits *ret_tokens)
{
	size_t n = 1 + (bytes.len + SV_BLOCK - 1) / SV_BLOCK + 8;
	int status = 0;

	if (ret_tokens != NULL) {
		while (status == 0 && ret_tokens->cap < n)
			status = sv_vec__grow((void **)&ret_tokens->ptr, ret_tokens->cap,
					      &ret_tokens->cap, sizeof(*ret_tokens->ptr));
	}
	if (status < 0)
		return status;
	if (ret_tokens != NULL) {
		ret_tokens->ptr[0] = 0;
		ret_tokens->len = 1;
	}
	return find(bytes, 0, bytes.len, ret, ret_tokens);
}

int sv_views_find(struct sv_span bytes, size_t from, size_t to, struct sv_regions *ret)
{
	return find(bytes, from, to, ret, NULL);
}

bool sv_views_any(struct sv_span bytes, size_t from, size_t to)
{
	struct finder f = {
		.bytes = bytes, .from = from, .to = to < bytes.len ? to : bytes.len, .asks = true};

	f.first = out_of_run(bytes, from);
	if (f.first < SV_BLOCK)
		f.first = 0;
	pass(&f);
	return f.any;
}
