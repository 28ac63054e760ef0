/** @file What the learnt model saw in a value itself, for when it comes again: most do, beside
 * other names. */
#ifndef SV_DETECT_VALUES_H
#define SV_DETECT_VALUES_H

#include "base/base.h"

/** Bytes of a value; what is longer is not kept. */
#define SV_VALUE_MAX 160

/** What depends on the bytes of a value alone. */
struct sv_value {
	bool none; /**< it can never be a secret; nothing else is known then */
	unsigned mean, known, len, form; /**< numbers that are features with others beside them */
	size_t n;			 /**< 0: it has none */
	int32_t sum;			 /**< of the weights of its features */
	const uint32_t *features;	 /**< borrowed until the next value is kept */
};

/** The last some hundred of them. One thread at a time. */
struct sv_values;
struct sv_values *sv_values_new(void); /* NULL: no memory */
void sv_values_free(struct sv_values *values);
/** NULL if it is not among them. */
const struct sv_value *sv_values_find(struct sv_values *values, struct sv_span bytes);
/** One that is among them is replaced; one that is too long, or has too many features, is left out.
 */
void sv_values_keep(struct sv_values *values, struct sv_span bytes, const struct sv_value *value);
#endif
