/** @file What every match of an expression must hold, read off the expression without compiling it.
 */
#ifndef SV_RULES_NEED_H
#define SV_RULES_NEED_H

#include "base/base.h"

/** How many of the first bytes of matches are known. */
#define SV_NEED_FIRST 4

/** Some bytes of the 256: a bit for each. */
struct sv_bytes {
	uint64_t of[4];
};

/** A number of bytes in a row, and what matches begin with. */
struct sv_need {
	size_t run; /**< so many, all of these; 0: nothing is known */
	struct sv_bytes of;
	unsigned first; /**< so many of a match's first bytes are known; 0: none, nor the one before
			 */
	struct sv_bytes before, at[SV_NEED_FIRST];
	bool line; /**< no line ends in a match: only its first byte may be a newline */
};
/** Expressions of PCRE2; what this does not understand needs nothing. */
struct sv_need sv_need_of(const char *pattern);
/** Is the run in bytes? A look at few of them tells, mostly. */
bool sv_need_is_in(const struct sv_need *need, struct sv_span bytes);
/** The same of a run that is known, as on any processor. */
bool sv_need__is_in_plain(const struct sv_need *need, struct sv_span bytes);
/** The first place in [from, to) of bytes where a match may begin that holds the byte before to;
 * to: there is none. */
size_t sv_need_start(const struct sv_need *need, struct sv_span bytes, size_t from, size_t to);
/** The same of an expression whose first bytes are known, as on any processor. */
size_t sv_need__start_plain(const struct sv_need *need, struct sv_span bytes, size_t from,
			    size_t to);
#endif
