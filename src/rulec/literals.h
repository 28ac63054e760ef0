/** @file What stands in every match of an expression, read off the expression. */
#ifndef SV_RULEC_LITERALS_H
#define SV_RULEC_LITERALS_H

#include "base/base.h"

#define SV_LITERALS_MOST 128
#define SV_LITERAL_LEN	 40

/** A letter, lower case here, stands for either case, a blank for any space. */
struct sv_literal {
	uint8_t len;
	uint8_t text[SV_LITERAL_LEN];
};

struct sv_literals {
	size_t n;
	bool whole; /* every match is one of them in some case, and every such one is a match */
	struct sv_literal of[SV_LITERALS_MOST];
};

/**
 * Texts of which every match of the expression holds one, in whatever case. False, and no result,
 * if none are seen: they may be too short, too many, or the expression beyond what this reads.
 */
bool sv_literals_of(const char *expression, struct sv_literals *ret_literals);

/** Where text i of n stands, a shorter one of them does: to look for all others is enough. */
bool sv_literal_is_told(const struct sv_literal *of, size_t n, size_t i);

#endif
