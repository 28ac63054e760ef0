/** @file What follows an anchor, told by a few bytes: src/rules/tails.def says what each tail is.
 */
#ifndef SV_DETECT_TAILS_H
#define SV_DETECT_TAILS_H

#include "base/base.h"
#include "rules/rules.h"

/** Bytes of a tail at most: whether it is there depends on them alone. */
#define SV_TAIL_MAX 400
/** Bytes before the end of its noun that decide about SV_TAIL_OPTION, too; about no other tail. */
#define SV_TAIL_BEFORE 37

/** Where a noun ends, before byte `at`: looked at once for all that may follow it. */
struct sv_tail_place {
	size_t at;
	size_t word, name; /* where the word ends that it stands in, and the name, with its dots and
			      dashes */
	uint32_t possible; /* tails that the byte after the name allows: a bit for each */
};
struct sv_tail_place sv_tail_place(struct sv_span bytes, size_t at);

/** The end of the tail that begins at a place of bytes; 0: none does. least is the rule's, in
 * bytes. */
size_t sv_tail_end(enum sv_tail tail, unsigned least, struct sv_span bytes,
		   const struct sv_tail_place *place);

#define SV_OPENINGS 6
/**
 * Where a noun that ends at a place opens SV_GATE_ASSIGNMENT: within what is assigned to it, or
 * after the 15th character of what may be. Returns how many there are, ascending. Whether one is
 * there depends on the bytes from the noun to it alone, SV_ASSIGNMENT of them at most. assigned is
 * what sv_tail_end() says of SV_TAIL_ASSIGNED and sv_tail_opening_least().
 */
unsigned sv_tail_openings(struct sv_span bytes, const struct sv_tail_place *place, size_t assigned,
			  size_t ret_ends[SV_OPENINGS]);
/** Bytes that the value has at least that opens the gate after a noun that ends at byte at. */
unsigned sv_tail_opening_least(struct sv_span bytes, size_t at);
#endif
