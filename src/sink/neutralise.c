/* Bytes of the input made fit for terminals, CI logs and JSON. */
#include "base/base.h"
#include <sievert/report.h>
#include <stdio.h>
#include <strings.h>

/* Bidirectional marks and other characters that change what a reader sees without being seen:
 * controls, the soft hyphen, zero-width and tag characters. */
static const struct {
	uint32_t first, last;
} deceptive[] = {
	{0x00, 0x1F},	  {0x7F, 0x9F},	    {0xAD, 0xAD},	{0x61C, 0x61C},
	{0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},	{0x2060, 0x206F},
	{0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static bool is_deceptive(uint32_t code)
{
	for (size_t i = 0; i < sizeof(deceptive) / sizeof(*deceptive); i++)
		if (code >= deceptive[i].first && code <= deceptive[i].last)
			return true;
	return false;
}

/* "::" and "##[" / "##vso[" are commands to a CI runner that reads our output, in any case */
static bool is_command(struct sv_span rest)
{
	return sv_span_starts_with(rest, "::") || sv_span_starts_with(rest, "##[") ||
	       (rest.len >= 6 && strncasecmp((const char *)rest.ptr, "##vso[", 6) == 0);
}

/* One piece of output, as snprintf would append it to a text of cap bytes. */
static size_t append(const char *piece, size_t size, char *ret_text, size_t cap, size_t need)
{
	if (need + size < cap) {
		memcpy(ret_text + need, piece, size);
		ret_text[need + size] = '\0';
	} else if (need < cap) {
		ret_text[need] = '\0';
	}
	return need + size;
}

/* How many bytes from here on are printable ASCII and none of stops. */
static size_t plain_run(struct sv_span rest, const char stops[3])
{
	size_t n = 0;

	while (n < rest.len && rest.ptr[n] >= ' ' && rest.ptr[n] <= '~' &&
	       rest.ptr[n] != stops[0] && rest.ptr[n] != stops[1] && rest.ptr[n] != stops[2])
		n++;
	return n;
}

/* The same for a piece that may be cut anywhere. */
static size_t append_plain(struct sv_span piece, char *ret_text, size_t cap, size_t need)
{
	size_t room = need < cap ? cap - need - 1 : 0;

	append((const char *)piece.ptr, piece.len < room ? piece.len : room, ret_text, cap, need);
	return need + piece.len;
}

size_t sv_text_neutralise(struct sv_span bytes, char *ret_text, size_t cap)
{
	size_t need = append("", 0, ret_text, cap, 0);

	for (size_t i = 0; i < bytes.len;) {
		struct sv_span rest = sv_span(bytes.ptr + i, bytes.len - i);
		char piece[16];
		size_t plain = plain_run(rest, "::#");
		uint32_t code = 0;
		unsigned n;
		int size;

		if (plain != 0) {
			need = append_plain(sv_span(rest.ptr, plain), ret_text, cap, need);
			i += plain;
			continue;
		}
		n = sv_utf8_decode(rest, &code);
		if (n == 0)
			size = snprintf(piece, sizeof(piece), "\\x%02x", rest.ptr[n++]);
		else if (is_deceptive(code))
			size = snprintf(piece, sizeof(piece), code < 0x100 ? "\\x%02x" : "\\u%04x",
					code);
		else if (is_command(rest))
			size = snprintf(piece, sizeof(piece), "%c\\", (char)code);
		else
			size = snprintf(piece, sizeof(piece), "%.*s", (int)n,
					(const char *)rest.ptr);
		need = append(piece, (size_t)size, ret_text, cap, need);
		i += n;
	}
	return need;
}

size_t sv_json_quote(struct sv_span bytes, char *ret_text, size_t cap)
{
	size_t need = append("\"", 1, ret_text, cap, 0);

	for (size_t i = 0; i < bytes.len;) {
		struct sv_span rest = sv_span(bytes.ptr + i, bytes.len - i);
		char piece[16];
		size_t plain = plain_run(rest, "\"\\#");
		uint32_t code = 0;
		unsigned n;
		int size;

		if (plain != 0) {
			need = append_plain(sv_span(rest.ptr, plain), ret_text, cap, need);
			i += plain;
			continue;
		}
		n = sv_utf8_decode(rest, &code);
		if (n == 0)
			size = snprintf(piece, sizeof(piece), "\\ufffd");
		else if (code == '"' || code == '\\')
			size = snprintf(piece, sizeof(piece), "\\%c", (char)code);
		else if (code == '#' && is_command(rest))
			size = snprintf(piece, sizeof(piece), "\\u0023");
		else if (is_deceptive(code) && code > 0xFFFF)
			size = snprintf(piece, sizeof(piece), "\\u%04x\\u%04x",
					0xD800 + ((code - 0x10000) >> 10),
					0xDC00 + ((code - 0x10000) & 0x3FF));
		else if (is_deceptive(code))
			size = snprintf(piece, sizeof(piece), "\\u%04x", code);
		else
			size = snprintf(piece, sizeof(piece), "%.*s", (int)n,
					(const char *)rest.ptr);
		need = append(piece, (size_t)size, ret_text, cap, need);
		i += n == 0 ? 1 : n;
	}
	return append("\"", 1, ret_text, cap, need);
}
