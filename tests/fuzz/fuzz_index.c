/* git's index: paths lie inside of it, and trees count what is below them. */
#include "fuzz.h"
#include "git/index.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	struct sv_staged *staged = NULL;
	int fd = memfd_create("index", MFD_CLOEXEC), status;
	char path[64];

	if (fd < 0 || write(fd, in.ptr, in.len) != (ssize_t)in.len)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = sv_staged_open(path, oid_len, &staged, NULL);
	FUZZ_HOLDS(status <= 0);
	for (size_t i = 0; status == 0 && i < staged->n_entries; i++)
		FUZZ_HOLDS(strlen(staged->entries[i].path) <= in.len * (i + 1) &&
			   staged->entries[i].oid.len == oid_len);
	for (size_t i = 0; status == 0 && i < staged->n_trees; i++)
		FUZZ_HOLDS(staged->trees[i].n_all >= 1 &&
			   staged->trees[i].n_all <= staged->n_trees - i &&
			   fuzz_inside(staged->trees[i].name, sv_buf_span(&staged->bytes)));
	sv_staged_free(staged);
	close(fd);
	return 0;
}
