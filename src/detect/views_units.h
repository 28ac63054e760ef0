/** @file One escape, one joint, one run at a time: what finding and decoding views both read. */
#ifndef SV_DETECT_VIEWS_UNITS_H
#define SV_DETECT_VIEWS_UNITS_H

#include "base/base.h"

/** A unit of encoded text and what it stands for. */
struct sv_unit {
	size_t len; /**< bytes of input; 0: there is none here */
	uint8_t bytes[4];
	unsigned n_bytes;
};

/** %41 */
struct sv_unit sv_unit_percent(struct sv_span s, size_t at);
/** \u0041 and its surrogate pairs, \x41, \101, \n, \/ and other escaped punctuation; ^& of cmd. */
struct sv_unit sv_unit_escape(struct sv_span s, size_t at);
/** &amp; &#65; &#x41; */
struct sv_unit sv_unit_entity(struct sv_span s, size_t at);
/** =3D, and a line break after '=', which stands for nothing. */
struct sv_unit sv_unit_quoted(struct sv_span s, size_t at);
/** A zero-width character, a soft hyphen: stands for nothing. */
struct sv_unit sv_unit_invisible(struct sv_span s, size_t at);

/** What a byte can be part of. */
enum {
	SV_UNIT_TOKEN = 1u << 0,   /**< base64 of either alphabet */
	SV_UNIT_RUN = 1u << 1,	   /**< those, '=' and '.' */
	SV_UNIT_GRAPHIC = 1u << 2, /**< printable ASCII but the blank */
	SV_UNIT_DIGIT = 1u << 3,
	SV_UNIT_TEXT = 1u << 4,	 /**< printable ASCII, tab, line breaks */
	SV_UNIT_SIGN = 1u << 5,	 /**< parts names from values, and values from each other */
	SV_UNIT_STOP = 1u << 6,	 /**< ends a value */
	SV_UNIT_SMALL = 1u << 7, /**< a small letter or a digit */
};
extern const uint8_t sv_unit_class[256];
/** A character that tokens are made of. */
static inline bool sv_unit_is_token(uint8_t c)
{
	return (sv_unit_class[c] & SV_UNIT_TOKEN) != 0;
}
/** Characters of SV_UNIT_RUN before and after at; counting ends at most. */
size_t sv_unit_left(struct sv_span s, size_t at, size_t most);
size_t sv_unit_right(struct sv_span s, size_t at, size_t most);

/** "a" + "b": from the closing quote at `at` to after the opening one; 0 if nothing is joined. */
size_t sv_unit_literals(struct sv_span s, size_t at);
#define SV_UNIT_LITERALS_MAX 128
/** A backslash at the end of a line, to the next line's first character that is no blank; or 0. */
size_t sv_unit_continuation(struct sv_span s, size_t at);
#define SV_UNIT_CONTINUATION_MAX 128

#define SV_BASE64_LEAST 16
/** A run of base64 characters; its first byte must begin one. */
struct sv_base64_run {
	size_t chars; /**< without padding; at most `most` */
	size_t len;   /**< with it */
	bool mixed;   /**< both alphabets: no base64 */
};
struct sv_base64_run sv_base64_run(struct sv_span s, size_t at, size_t most);
/** A cheap look at the first SV_BASE64_LEAST characters of a run: false if it decodes to no text.
 */
bool sv_base64_may_be_text(struct sv_span s, size_t at);
/** Does the head of a run decode to text: ASCII, UTF-8, UTF-16? */
bool sv_base64_is_text(struct sv_span run);
/**
 * Is a line of text that was encoded as one run folded after the run that ends at `end`? Then the
 * bytes to the next line's run (a line break and blanks), else 0. next gets that run.
 */
size_t sv_base64_fold(struct sv_span s, size_t end, const struct sv_base64_run *run,
		      struct sv_base64_run *next);
#define SV_BASE64_FOLD_WIDTH 128

/**
 * A folded scalar of YAML: `at` is the '>' of its header, the result the end of its last line, at
 * most SV_UNIT_FOLD_MAX away; 0 if it is none. The header's line is s.ptr[line] on.
 */
size_t sv_unit_folded(struct sv_span s, size_t line, size_t at);
#define SV_UNIT_FOLD_MAX 2048
/** Is what two lines of it hold one token, or pairs of one connection string? `at`: line feed,
 * `next`: after blanks. */
bool sv_unit_fold_is_tight(struct sv_span s, size_t at, size_t next);
/** After the line feed at `at` and the blanks that follow. */
size_t sv_unit_skip_blanks(struct sv_span s, size_t at);

bool sv_unit_has_digit(struct sv_span s, size_t at, size_t n);
/** Text as UTF-16 has it, one byte of two: printable, a blank, a line break, Latin-1. */
bool sv_unit_is_utf16(uint8_t c);
#endif
