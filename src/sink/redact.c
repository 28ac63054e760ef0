#include "sink/redact.h"

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Up to four characters, at most a quarter of them: enough to find it, too little to use it. The
 * dashes of a PEM block tell nothing, so nothing of such a value is shown. */
int sv_redact(struct sv_span secret, struct sv_buf *ret)
{
	size_t shown = secret.len / 4 < 4 ? secret.len / 4 : 4;
	int status;

	if (shown != 0 && !is_alnum(secret.ptr[0]) && !is_alnum(secret.ptr[shown - 1]))
		shown = 0;
	status = sv_buf_append(ret, secret.ptr, shown);
	return status == 0 ? sv_buf_printf(ret, "***(%zu)", secret.len) : status;
}

int sv_mask(const struct sv_masks *masks, struct sv_span secret, struct sv_span s,
	    struct sv_buf *masked, struct sv_span *ret_s)
{
	size_t n = secret.len;
	int status;

	sv_buf_reset(masked);
	status = sv_buf_append(masked, s.ptr, s.len);
	if (status < 0)
		return status;
	sv_masks_apply(masks, s, masked->ptr);
	for (size_t i = 0; n != 0 && i + n <= s.len; i++)
		if (memcmp(s.ptr + i, secret.ptr, n) == 0)
			memset(masked->ptr + i, '*', n);
	*ret_s = sv_buf_span(masked);
	return 0;
}
