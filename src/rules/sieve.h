/**
 * @file Where the first database's anchors could be, told by four bytes at a time: Hyperscan then
 * looks beside these places alone. Nouns are told by the sieve itself. src/rulec makes it of the
 * built-in rules; it holds no pointers, so that the program can carry it.
 */
#ifndef SV_RULES_SIEVE_H
#define SV_RULES_SIEVE_H

#include "base/base.h"

#define SV_SIEVE_BYTES	 4 /* of a gram; of some the last one may be any */
#define SV_SIEVE_PAIRS	 3 /* of them, neighbours, that are looked at together too */
/* of a byte: by its lower six bits, which are one register of AVX-512. That ':' is 'z' then lets a
 * few more places through, for half the work */
#define SV_SIEVE_TOLD	 64
#define SV_SIEVE_GROUPS	 2 /* of eight buckets */
#define SV_SIEVE_BITS	 11
#define SV_SIEVE_ENTRIES 1024
#define SV_SIEVE_AT_ONCE 8 /* entries that are compared together */
#define SV_SIEVE_TEXT	 16384

/** A text that every match of some anchors holds, or that is a noun of some sets. */
struct sv_sieve_entry {
	uint32_t sets;	 /* of nouns: a bit for each */
	uint16_t text;	 /* where its bytes are: letters lower case, any space a blank */
	uint8_t len, at; /* and of these, where the gram is */
	/* bytes around the gram's first one that decide about an anchor there; 0: it is of none */
	uint16_t before, after;
	bool sure; /* its word and its head say all of it */
};

struct sv_sieve {
	uint32_t n;
	/* by a byte's lower six bits: buckets that have it at this byte of a gram */
	uint8_t buckets[SV_SIEVE_GROUPS][SV_SIEVE_BYTES][SV_SIEVE_TOLD];
	/* the same by sv_sieve_pair() of this byte of a gram and the next */
	uint8_t pairs[SV_SIEVE_GROUPS][SV_SIEVE_PAIRS][128];
	uint32_t known[1 << (SV_SIEVE_BITS + 4 -
			     5)]; /* a bit for each gram that there is, and for few others */
	/* entries of slot i are number slots[i] to slots[i + 1] */
	uint16_t slots[(1 << SV_SIEVE_BITS) + 1];
	/* by entry: its bytes from the gram on, as sv_sieve_fold() tells them, and which of eight
	 * there are; and the same of those before it */
	uint64_t words[SV_SIEVE_ENTRIES + SV_SIEVE_AT_ONCE],
		masks[SV_SIEVE_ENTRIES + SV_SIEVE_AT_ONCE],
		heads[SV_SIEVE_ENTRIES + SV_SIEVE_AT_ONCE],
		head_masks[SV_SIEVE_ENTRIES + SV_SIEVE_AT_ONCE];
	struct sv_sieve_entry entries[SV_SIEVE_ENTRIES];
	uint8_t text[SV_SIEVE_TEXT];
};

#define SV_SIEVE_FACTOR 0x9E3779B1u
#define SV_SIEVE_THREE	0xFFFFFFu /* of a gram of three bytes */

/** Eight bytes as one number: letters of either case alike, and spaces (all below a blank: it is a
 * number only). */
static inline uint64_t sv_sieve_fold(const uint8_t *bytes)
{
	uint64_t all, seen;

	memcpy(&all, bytes, sizeof(all));
	seen = (all >> 5 | all >> 6 | all >> 7) & 0x0101010101010101;
	return (all & ((seen << 8) - seen)) | 0x2020202020202020;
}

/** Two bytes as one of seven bits: most of what the bytes alone let through is not let through. */
static inline uint8_t sv_sieve_pair(uint8_t first, uint8_t second)
{
	return (uint8_t)((first | 0x20) + 5 * (second | 0x20)) & 0x7F;
}

/** Of a gram, its bit among those that are known; its slot is what is left without the last four.
 */
static inline uint32_t sv_sieve_bit(uint32_t gram)
{
	return gram * SV_SIEVE_FACTOR >> (32 - SV_SIEVE_BITS - 4);
}

#endif
