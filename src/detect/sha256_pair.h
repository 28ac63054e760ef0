/** @file SHA-256 of what SHA-256 gave, of two texts at once. */
#ifndef SV_DETECT_SHA256_PAIR_H
#define SV_DETECT_SHA256_PAIR_H

#include "base/base.h"

/**
 * Puts in place of each of two digests that of its bytes, and of those again: times times. One such
 * row is a chain in which each step waits for the one before; two of them side by side take hardly
 * longer. False, and nothing is done, if the processor has no instructions for it.
 */
bool sv_sha256_pair(uint8_t first[32], uint8_t second[32], unsigned times);
#endif
