/** @file The block of a template around a match: its names, its resource, its members. */
#ifndef SV_DETECT_SLOTS_H
#define SV_DETECT_SLOTS_H

#include "detect/check.h"

/**
 * Does the match stand in a block that slot asks for? Reads JSON and ARM, Bicep, HCL, XML and YAML
 * within SV_CHECK_CONTEXT bytes of the match, tolerantly: what is cut off at either end is left out.
 */
bool sv_slot_fits(const struct sv_check_input *in, const struct sv_slot *slot);
#endif
