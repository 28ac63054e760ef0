/** @file How often bytes stand in source code. */
#ifndef SV_RULEC_RATES_H
#define SV_RULEC_RATES_H

#include "base/base.h"

#define SV_GRAM 4 /* bytes that are told together */

/** Of a byte, by its lower seven bits, in whatever case a letter is given. */
double sv_rate_of_byte(unsigned byte);
/** Of three or four bytes in a row. */
double sv_rate_of_gram(const uint8_t *gram, unsigned len);
/** Of the rarest gram of a text of three bytes or more. */
double sv_rate_of_text(const uint8_t *text, size_t len);

/** Those of four that are common, n of them in a row, the commonest first; letters are lower case, all
 * kinds of space a blank. */
const uint8_t *sv_common_grams(size_t *ret_n);
/** Of the one with this index. */
static inline double sv_rate_of_common(size_t index)
{
	return 0.13 / (double)(index + 130);
}

#endif
