#include "detect/der.h"

bool sv_der_take(struct sv_span *der, unsigned tag, struct sv_span *contents, bool *whole)
{
	size_t length, head = 2;
	struct sv_span inside;
	unsigned n;

	if (der->len < 2 || der->ptr[0] != tag)
		return false;
	length = der->ptr[1];
	n = length > 0x80 ? (unsigned)length & 0x7F : 0;
	if (n > 4 || der->len < 2 + n)
		return false;
	if (n != 0)
		length = 0;
	for (unsigned i = 0; i < n; i++)
		length = length << 8 | der->ptr[2 + i];
	head += n;
	*whole &= der->ptr[1] != 0x80 && length <= der->len - head;
	if (der->ptr[1] == 0x80 || length > der->len - head)
		length = der->len - head;
	inside = sv_span(der->ptr + head, length);
	*der = sv_span(der->ptr + head + length, der->len - head - length);
	*contents = inside;
	return true;
}

bool sv_der_take_small(struct sv_span *der, uint32_t *ret)
{
	struct sv_span number;
	bool whole = true;

	if (!sv_der_take(der, SV_DER_INTEGER, &number, &whole) || number.len == 0 ||
	    number.len > 4 || number.ptr[0] >= 0x80)
		return false;
	*ret = 0;
	for (size_t i = 0; i < number.len; i++)
		*ret = *ret << 8 | number.ptr[i];
	return true;
}
