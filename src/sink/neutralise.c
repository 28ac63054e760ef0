#include "base/base.h"
#include <sievert/report.h>
#include <stdio.h>

/* bidirectional marks and other characters that change what a reader sees without being seen */
static bool is_deceptive(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0xFEFF ||
	       (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* "::" and "##[" / "##vso[" are commands to a CI runner that reads our output */
static bool is_command(struct sv_span rest)
{
	return sv_span_starts_with(rest, "::") || sv_span_starts_with(rest, "##[") ||
	       sv_span_starts_with(rest, "##vso[");
}

size_t sv_text_neutralise(struct sv_span bytes, char *ret_text, size_t cap)
{
	size_t need = 0;

	for (size_t i = 0; i < bytes.len;) {
		struct sv_span rest = sv_span(bytes.ptr + i, bytes.len - i);
		char piece[16];
		uint32_t code = 0;
		unsigned n = sv_utf8_decode(rest, &code);
		int size;

		if (n == 0)
			size = snprintf(piece, sizeof(piece), "\\x%02x", rest.ptr[n++]);
		else if (is_deceptive(code))
			size = snprintf(piece, sizeof(piece), code < 0x100 ? "\\x%02x" : "\\u%04x", code);
		else if (is_command(rest))
			size = snprintf(piece, sizeof(piece), "%c\\", (char)code);
		else
			size = snprintf(piece, sizeof(piece), "%.*s", (int)n, (const char *)rest.ptr);
		if (need + (size_t)size < cap)
			memcpy(ret_text + need, piece, (size_t)size + 1);
		else if (need < cap)
			ret_text[need] = '\0';
		need += (size_t)size;
		i += n;
	}
	if (need == 0 && cap != 0)
		*ret_text = '\0';
	return need;
}
