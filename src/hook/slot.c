/* So many scans at a time: a lock on one of so many files. The system gives it back, come what may.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <sievert/hook.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_SLOTS 1024
#define PAUSE	  (5 * 1000 * 1000) /* nanoseconds between two looks */

/* A folder that only this user can write to: nobody else can hold our locks. */
static int open_directory(const char *directory, struct sv_err *err)
{
	char own[64];
	struct stat st;
	int fd;

	if (directory == NULL) {
		snprintf(own, sizeof(own), "%s/sievert-%u",
			 access("/run/lock", W_OK) == 0 ? "/run/lock" : "/tmp",
			 (unsigned)geteuid());
		directory = own;
	}
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return sv_err_set(err, SV_EIO, "%s: %s", directory, strerror(errno));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)) {
		if (fd >= 0)
			close(fd);
		return sv_err_set(
			err, SV_EIO,
			"%s: the folder of slots must be this user's, and nobody else may "
			"write to it",
			directory);
	}
	return fd;
}

static int try_all(int dir, uint64_t n, struct sv_err *err)
{
	for (uint64_t i = 0; i < n; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "slot-%llu", (unsigned long long)i);
		fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return sv_err_set(err, SV_EIO, "%s: %s", name, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		close(fd);
	}
	return SV_ETOOBIG;
}

int sv_hook_slot_take(const char *directory, uint64_t n, const volatile int *cancel, int *ret_slot,
		      struct sv_err *err)
{
	int dir = open_directory(directory, err), fd;

	if (dir < 0)
		return dir;
	n = n < MAX_SLOTS ? n : MAX_SLOTS;
	while ((fd = try_all(dir, n, err)) == SV_ETOOBIG && sv_cancel_level(cancel) == 0)
		nanosleep(&(struct timespec){0, PAUSE}, NULL);
	close(dir);
	if (fd == SV_ETOOBIG)
		return sv_err_set(err, fd, "all %llu slots for scans were busy",
				  (unsigned long long)n);
	if (fd >= 0)
		*ret_slot = fd;
	return fd < 0 ? fd : 0;
}
