/** @file What a run keeps for whoever measures by it. */
#ifndef SV_ENGINE_PROBE_H
#define SV_ENGINE_PROBE_H

#include "detect/scanner.h"

struct sv_probe_piece {
	uint64_t key; /* decides whether it stays */
	struct sv_buf bytes;
};

/** One thread at a time: a run that has one has one worker. */
struct sv_probe {
	struct sv_rule_tally *tallies; /* by rule */
	SV_VEC(struct sv_probe_piece) sample;
	size_t sample_bytes, sample_max;
	unsigned halvings; /* of what there is, this often half was dropped */
};

/**
 * Keeps a copy of the beginning of content, if it is of the sample: which contents are depends on
 * their keys alone, not on their order. SV_ENOMEM.
 */
int sv_probe_offer(struct sv_probe *probe, uint64_t key, struct sv_span content);
#endif
