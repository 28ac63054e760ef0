/* Text for terminals and CI logs: what comes out is printable UTF-8 without a runner's commands. */
#include "fuzz.h"
#include <sievert/report.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size), rest;
	size_t cap = (size_t)fuzz_number(&in, 2);
	SV_AUTO_FREE char *part = malloc(cap ? cap : 1);
	size_t need = sv_text_neutralise(in, part, cap), again;
	SV_AUTO_FREE char *whole = malloc(need + 1);

	again = sv_text_neutralise(in, whole, need + 1);
	FUZZ_HOLDS(again == need && strlen(whole) == need);
	if (cap != 0) /* a beginning of it, ended by a NUL */
		FUZZ_HOLDS(strlen(part) < cap && strncmp(part, whole, strlen(part)) == 0);
	FUZZ_HOLDS(strstr(whole, "::") == NULL && strstr(whole, "##[") == NULL &&
		   strstr(whole, "##vso[") == NULL);
	for (rest = sv_span(whole, need); rest.len != 0;) {
		uint32_t code = 0;
		unsigned n = sv_utf8_decode(rest, &code);

		FUZZ_HOLDS(n != 0 && code >= 0x20 && (code < 0x7f || code >= 0xa0));
		FUZZ_HOLDS(code < 0x202a || code > 0x202e);
		(void)fuzz_take(&rest, n);
	}
	return 0;
}
