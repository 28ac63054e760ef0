/* UTF-8, base64, hex and numbers: what is decoded encodes back, and the other way round. */
#include "fuzz.h"
#include <sodium.h>
#include <stdio.h>

static void base64(struct sv_span in)
{
	size_t room = in.len / 4 * 3 + 3;
	SV_AUTO_FREE uint8_t *bytes = malloc(room), *back = NULL;
	SV_AUTO_FREE char *text = NULL;
	ptrdiff_t n = sv_base64_decode(in, bytes);

	FUZZ_HOLDS(n >= -1 && (n < 0 || (size_t)n <= room));
	for (int variant = 0; variant < 2; variant++) {
		static const int variants[] = {sodium_base64_VARIANT_ORIGINAL,
					       sodium_base64_VARIANT_URLSAFE_NO_PADDING};
		size_t len = sodium_base64_encoded_len(in.len, variants[variant]);

		free(text);
		free(back);
		text = malloc(len);
		back = malloc(len / 4 * 3 + 3);
		sodium_bin2base64(text, len, in.ptr, in.len, variants[variant]);
		n = sv_base64_decode(sv_span_str(text), back);
		FUZZ_HOLDS(n == (ptrdiff_t)in.len && memcmp(back, in.ptr, in.len) == 0);
	}
}

static void utf8(struct sv_span in)
{
	while (in.len != 0) {
		uint32_t code;
		uint8_t back[4];
		unsigned n = sv_utf8_decode(in, &code);

		FUZZ_HOLDS(n <= 4 && n <= in.len);
		if (n != 0)
			FUZZ_HOLDS(sv_utf8_encode(code, back) == n && memcmp(back, in.ptr, n) == 0);
		(void)fuzz_take(&in, n ? n : 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	SV_AUTO_FREE char *hex = malloc(2 * size + 1);
	uint64_t value;
	char digits[24];

	if (sodium_init() < 0)
		return 0;
	base64(in);
	utf8(in);
	sv_hex(in.ptr, in.len, hex);
	for (size_t i = 0; i < in.len; i++)
		FUZZ_HOLDS(sv_hex_value((uint8_t)hex[2 * i]) * 16 +
				   sv_hex_value((uint8_t)hex[2 * i + 1]) ==
			   in.ptr[i]);
	if (sv_parse_u64(in, &value) == 0) {
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
		FUZZ_HOLDS(in.len >= strlen(digits) &&
			   memcmp(in.ptr + in.len - strlen(digits), digits, strlen(digits)) == 0);
	}
	(void)sv_parse_size(in, &value);
	return 0;
}
