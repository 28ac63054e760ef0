#include "rulec/rates.h"
#include "rulec/grams.h"

#define ANY_OTHER 3e-6 /* of a gram that is not common */
#define ANY_THREE 1e-4 /* of three bytes that begin no common one */

/* Of 10,000 bytes, by the lower seven bits. */
static const uint16_t rates[128] = {
	['\t'] = 300, ['\n'] = 300, [' '] = 1136, ['!'] = 12,  ['"'] = 222, ['#'] = 30,
	['$'] = 8,    ['%'] = 42,   ['&'] = 7,	  ['\''] = 36, ['('] = 75,  [')'] = 76,
	['*'] = 18,   ['+'] = 7,    [','] = 102,  ['-'] = 127, ['.'] = 137, ['/'] = 54,
	['0'] = 42,   ['1'] = 32,   ['2'] = 28,	  ['3'] = 16,  ['4'] = 18,  ['5'] = 25,
	['6'] = 13,   ['7'] = 13,   ['8'] = 23,	  ['9'] = 9,   [':'] = 95,  [';'] = 16,
	['<'] = 25,   ['='] = 64,   ['>'] = 31,	  ['?'] = 9,   ['['] = 21,  ['\\'] = 20,
	[']'] = 21,   ['_'] = 60,   ['`'] = 14,	  ['a'] = 419, ['b'] = 119, ['c'] = 310,
	['d'] = 248,  ['e'] = 742,  ['f'] = 176,  ['g'] = 198, ['h'] = 157, ['i'] = 438,
	['j'] = 30,   ['k'] = 65,   ['l'] = 250,  ['m'] = 257, ['n'] = 415, ['o'] = 402,
	['p'] = 283,  ['q'] = 74,   ['r'] = 490,  ['s'] = 525, ['t'] = 584, ['u'] = 205,
	['v'] = 56,   ['w'] = 65,   ['x'] = 31,	  ['y'] = 63,  ['z'] = 15,  ['{'] = 27,
	['|'] = 5,    ['}'] = 27,   ['~'] = 3,
};

static uint8_t folded(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c | 0x20;
	return c >= '\t' && c <= '\r' ? ' ' : c;
}

double sv_rate_of_byte(unsigned byte)
{
	byte &= 0x7F;
	return (rates[byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte] + 1) / 10000.0;
}

const uint8_t *sv_common_grams(size_t *ret_n)
{
	*ret_n = (sizeof(grams) - 1) / SV_GRAM;
	return (const uint8_t *)grams;
}

double sv_rate_of_gram(const uint8_t *gram, unsigned len)
{
	double sum = len < SV_GRAM ? ANY_THREE : ANY_OTHER;
	size_t n;
	const uint8_t *common = sv_common_grams(&n);

	for (size_t i = 0; i < n; i++, common += SV_GRAM) {
		unsigned same = 0;

		while (same < len && folded(gram[same]) == common[same])
			same++;
		sum += same == len ? sv_rate_of_common(i) : 0;
	}
	return sum;
}

double sv_rate_of_text(const uint8_t *text, size_t len)
{
	unsigned wide = len < SV_GRAM ? (unsigned)len : SV_GRAM;
	double least = 1;

	for (size_t at = 0; at + wide <= len; at++) {
		double rate = sv_rate_of_gram(text + at, wide);

		least = rate < least ? rate : least;
	}
	return least;
}
