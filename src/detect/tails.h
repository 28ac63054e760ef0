/** @file What follows an anchor, told by a few bytes: src/rules/tails.def says what each tail is. */
#ifndef SV_DETECT_TAILS_H
#define SV_DETECT_TAILS_H

#include "base/base.h"
#include "rules/rules.h"

/** Bytes of a tail at most: whether it is there depends on them alone. */
#define SV_TAIL_MAX 400

/** The end of the tail that begins at byte `at` of bytes; 0: none does. least is the rule's, in bytes. */
size_t sv_tail_end(enum sv_tail tail, unsigned least, struct sv_span bytes, size_t at);

#define SV_OPENINGS 6
/**
 * Where a noun that ends before byte `at` opens SV_GATE_ASSIGNMENT: within what is assigned to it, or after the
 * 15th character of what may be. Returns how many there are, ascending. Whether one is there depends on
 * the bytes from the noun to it alone, SV_ASSIGNMENT of them at most.
 */
unsigned sv_tail_openings(struct sv_span bytes, size_t at, size_t ret_ends[SV_OPENINGS]);
#endif
