/* Templates of examples: any text expands or is refused, the same each time. */
#include "detect/scanner.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	uint64_t seed = fuzz_number(&in, 1);
	SV_AUTO(sv_buf) once = {.max = 1 << 20};
	SV_AUTO(sv_buf) again = {.max = 1 << 20};
	struct sv_err err = {.text = ""};
	SV_AUTO_FREE char *text = strndup((const char *)in.ptr, in.len);
	int status = sv_template_expand(text, seed, &once, &err);

	FUZZ_HOLDS(status == sv_template_expand(text, seed, &again, NULL));
	if (status == 0)
		FUZZ_HOLDS(sv_span_equal(sv_buf_span(&once), sv_buf_span(&again)));
	else
		FUZZ_HOLDS(err.text[0] != '\0');
	return 0;
}
