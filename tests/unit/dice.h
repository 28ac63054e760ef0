/** @file Numbers that look random and are the same in each run. */
#ifndef SV_TESTS_DICE_H
#define SV_TESTS_DICE_H

#include <stdint.h>

/** A number below sides; seed, the caller's, moves on. splitmix64. */
static inline uint64_t dice_from(uint64_t *seed, uint64_t sides)
{
	uint64_t z = *seed += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (z ^ z >> 31) % sides;
}
#endif
