/* git's configuration: every entry has a section, and reading ends. */
#include "fuzz.h"
#include "git/config.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int on_entry(const char *name, const char *value, void *payload)
{
	size_t *n = payload;
	bool yes;

	FUZZ_HOLDS(strchr(name, '.') != NULL);
	(void)sv_config_bool(value, &yes);
	/* what the file includes is not ours to look at */
	return strcmp(name, "include.path") == 0 || ++*n > 100000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char path[64];
	size_t n = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)sv_config_read(path, on_entry, &n, NULL);
	close(fd);
	return 0;
}
