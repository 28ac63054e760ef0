#include "base/base.h"
#include <stdio.h>

int sv_err_set(struct sv_err *err, int status, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return status;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

int sv_err_wrap(struct sv_err *err, int status, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	va_list ap;
	int n;

	if (err == NULL)
		return status;
	memcpy(inner, err->text, sizeof(inner));
	inner[sizeof(inner) - 1] = '\0';
	err->status = status;
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %.900s", inner);
	return status;
}
