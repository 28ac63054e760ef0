/* PKCS#12 containers: any bytes are answered, the same each time, and what is told lies inside. */
#include "detect/pkcs12.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_pkcs12 once, again;
	bool is = sv_pkcs12_read(sv_span(data, size), NULL, &once);

	FUZZ_HOLDS(is == sv_pkcs12_read(sv_span(data, size), NULL, &again));
	FUZZ_HOLDS(once.length <= size);
	if (!is)
		return 0;
	FUZZ_HOLDS(once.guard == again.guard && once.keys == again.keys);
	/* what follows the container changes nothing of it */
	if (once.length < size && once.length < SV_PKCS12_MAX) {
		FUZZ_HOLDS(sv_pkcs12_read(sv_span(data, once.length), NULL, &again));
		FUZZ_HOLDS(once.guard == again.guard && once.length == again.length);
	}
	return 0;
}
