/** @file Bytes by their classes: what tails.c and openings.c read texts with. Nobody else includes
 * it. */
#ifndef SV_DETECT_TAIL_BYTES_H
#define SV_DETECT_TAIL_BYTES_H

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
	OPERATOR = 1 << 15,	/* of an operator, or of the type before it */
	OPENS = 1 << 16,	/* of what assigns a token */
	LABEL = 1 << 17,	/* begins a label */
	GAP = 1 << 18,		/* between a name and a label */
	NO_ATTRIBUTE = 1 << 19, /* of an XML element: what ends it, or is code */
	OPENER = 1 << 20,	/* ends a name that is used, in a program */
	SETTING = 1 << 21	/* of a word of a setting */
};

extern const uint32_t sv_tail__classes[256];

#define IS_ALPHA(c) (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))

/* 0 at the end: of no class but those that exclude some bytes, so ends are looked at where that
 * matters */
static inline unsigned at_class(struct sv_span s, size_t at)
{
	return at < s.len ? sv_tail__classes[s.ptr[at]] : 0;
}

static inline uint8_t byte_at(struct sv_span s, size_t at)
{
	return at < s.len ? s.ptr[at] : 0;
}

static inline size_t skip(struct sv_span s, size_t at, unsigned class, size_t most)
{
	size_t end;

	/* mostly there is nothing to skip */
	if (!(at_class(s, at) & class))
		return at;
	end = s.len - at > most ? at + most : s.len;
	while (at < end && (sv_tail__classes[s.ptr[at]] & class))
		at++;
	return at;
}

static inline size_t skip_byte(struct sv_span s, size_t at, uint8_t byte, size_t most)
{
	for (; most != 0 && byte_at(s, at) == byte; most--)
		at++;
	return at;
}

static inline bool has(struct sv_span s, size_t at, unsigned class, size_t n)
{
	return s.len - at >= n && skip(s, at, class, n) == at + n;
}

/* word in small letters */
static inline bool begins(struct sv_span s, size_t at, const char *word, size_t n)
{
	if (s.len - at < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.ptr[at + i];

		if ((IS_ALPHA(c) ? c | 0x20 : c) != (uint8_t)word[i])
			return false;
	}
	return true;
}

/* Bytes of "pass" or "pwd" that end here; 0: neither does. */
static inline size_t password_noun(struct sv_span s, size_t at)
{
	if (at >= 4 && strncasecmp((const char *)s.ptr + at - 4, "pass", 4) == 0)
		return 4;
	return at >= 3 && strncasecmp((const char *)s.ptr + at - 3, "pwd", 3) == 0 ? 3 : 0;
}

/** := and the like; the byte after it, or at if there is none. */
size_t sv_tail__skip_operator(struct sv_span s, size_t at);
#endif
