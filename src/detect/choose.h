/** @file Of what several rules say of one place, what is told. */
#ifndef SV_DETECT_CHOOSE_H
#define SV_DETECT_CHOOSE_H

#include "detect/scanner.h"

struct sv_choice {
	const struct sv_match *match;
	enum sv_confidence confidence; /* with what other rules are sure of */
	const struct sv_rule *also[SV_MAX_ALSO]; /* others that it makes superfluous; NULL after the last */
};
/** Zero-initialised is empty. */
struct sv_chosen {
	struct sv_choice *ptr;
	size_t len, cap;
	SV_VEC(const struct sv_match *) all; /* scratch: sorted */
};
void sv_chosen_release(struct sv_chosen *chosen);
/** Those of n matches that no other makes superfluous, in order of place. Depends on the set alone. */
int sv_choose(const struct sv_match *matches, size_t n, struct sv_chosen *ret);
#endif
