/* What git tells a hook: ids are hex and alike in length, names hold no blanks. */
#include "fuzz.h"
#include <sievert/hook.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	bool pre_push = fuzz_number(&in, 1) & 1;
	struct sv_hook_lines lines = {0};
	int fd = memfd_create("lines", MFD_CLOEXEC);

	if (fd < 0 || write(fd, in.ptr, in.len) != (ssize_t)in.len || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	if (sv_hook_lines_read(fd, pre_push, &lines, NULL) == 0)
		for (size_t i = 0; i < lines.n; i++) {
			const struct sv_hook_line *l = &lines.lines[i];

			FUZZ_HOLDS(strspn(l->old_id, "0123456789abcdef") == strlen(l->old_id));
			FUZZ_HOLDS(strlen(l->old_id) == strlen(lines.lines[0].new_id));
			FUZZ_HOLDS(*l->ref != '\0' && strchr(l->ref, ' ') == NULL);
			FUZZ_HOLDS((l->local != NULL) == pre_push);
		}
	sv_hook_lines_free(&lines);
	close(fd);
	return 0;
}
