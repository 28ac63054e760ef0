/** @file Makes the sieve of a set of rules. */
#ifndef SV_RULEC_SIEVE_H
#define SV_RULEC_SIEVE_H

#include "rules/rules.h"

/**
 * Fills a sieve of zeroes for a set that is compiled. False: *ret_anchor is an expression of which
 * no three bytes are seen that every match holds, or a noun that is more than a few words in any
 * case, or one too many.
 */
bool sv_sieve_make(const struct sv_ruleset *set, struct sv_sieve *ret_sieve,
		   const char **ret_anchor);

#endif
