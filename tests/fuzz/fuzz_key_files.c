/* Files of keys: any bytes are answered, the same each time, and what is told lies inside. */
#include "detect/key_files.h"
#include "fuzz.h"

typedef bool reader(struct sv_span bytes, struct sv_key_file *ret);

static void read_as(reader *read, struct sv_span bytes)
{
	struct sv_key_file once, again;
	bool is = read(bytes, &once);

	FUZZ_HOLDS(is == read(bytes, &again));
	if (!is)
		return;
	FUZZ_HOLDS(once.length <= bytes.len && once.keys != 0);
	FUZZ_HOLDS(once.length == again.length && once.keys == again.keys &&
		   once.locked == again.locked && once.whole == again.whole);
	/* what follows a file that was read to its end changes nothing of it */
	if (!once.whole)
		return;
	FUZZ_HOLDS(read(sv_span(bytes.ptr, once.length), &again));
	FUZZ_HOLDS(again.whole && once.length == again.length && once.keys == again.keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(sv_der_key_read, sv_span(data, size));
	read_as(sv_key_store_read, sv_span(data, size));
	read_as(sv_key_blob_read, sv_span(data, size));
	return 0;
}
