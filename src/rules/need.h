/** @file What every match of an expression must hold, read off the expression without compiling it.
 */
#ifndef SV_RULES_NEED_H
#define SV_RULES_NEED_H

#include "base/base.h"

/** So many bytes in a row, all of these. */
struct sv_need {
	size_t run;	/**< 0: nothing is known */
	uint64_t of[4]; /**< a bit for each byte */
};
/** Expressions of PCRE2; what this does not understand needs nothing. */
struct sv_need sv_need_of(const char *pattern);
/** Is it in bytes? A look at few of them tells, mostly. */
bool sv_need_is_in(const struct sv_need *need, struct sv_span bytes);
#endif
