/** @file Elements of DER, one after the other, within the bytes that are given. */
#ifndef SV_DETECT_DER_H
#define SV_DETECT_DER_H

#include "base/base.h"

enum sv_der_tag {
	SV_DER_INTEGER = 2,
	SV_DER_OCTETS = 4,
	SV_DER_OID = 6,
	SV_DER_SEQUENCE = 0x30,
	SV_DER_EXPLICIT = 0xA0, /**< [0], one more each: [1], [2] … */
};

/**
 * Takes the element with this tag off the head of der; false: another one stands there. contents,
 * which may be der itself to go into it, end where der does if they are cut off, which makes whole
 * false; of an indefinite length (0x80) they are all that follows.
 */
bool sv_der_take(struct sv_span *der, unsigned tag, struct sv_span *contents, bool *whole);
/** An INTEGER that is not negative and of four bytes at most. */
bool sv_der_take_small(struct sv_span *der, uint32_t *ret);
/** Is an OID's content these bytes, a literal? */
#define SV_DER_IS(oid, bytes)                                                                      \
	((oid).len == sizeof(bytes) - 1 && memcmp((oid).ptr, bytes, sizeof(bytes) - 1) == 0)
#endif
