/* Where a report goes: standard output, or a file that is there whole or not at all. */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* path with its links followed: the file is replaced, not the link */
static const char *followed(struct sv_cli *cli, const char *path)
{
	char *whole = realpath(path, NULL);
	const char *kept = whole ? sv_cli_format(cli, "%s", whole) : path;

	free(whole);
	return kept;
}

int sv_cli_output_open(struct sv_cli *cli, struct sv_cli_output *ret)
{
	const char *path = sv_cli_text(cli, SV_OPTION_OUTPUT);
	mode_t mode = sv_cli_on(cli, SV_OPTION_SHOW_SECRETS) ? 0600 : 0666;
	struct stat st;
	int fd;

	*ret = (struct sv_cli_output){.file = stdout};
	if (path == NULL || strcmp(path, "-") == 0)
		return SV_CLI_CLEAN;
	ret->path = followed(cli, path);
	if (stat(ret->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* a device or a pipe is written to, not replaced */
		fd = open(ret->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		ret->temp = sv_cli_format(cli, "%s.%ld.tmp", ret->path, (long)getpid());
		fd = open(ret->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	}
	ret->file = fd < 0 ? NULL : fdopen(fd, "w");
	return ret->file ? SV_CLI_CLEAN : sv_cli_fail("--output: %s: %s", path, strerror(errno));
}

int sv_cli_output_write(const void *bytes, size_t len, void *payload)
{
	struct sv_cli_output *output = payload;

	return fwrite(bytes, 1, len, output->file) == len ? 0 : SV_EIO;
}

int sv_cli_output_close(struct sv_cli_output *output, bool keep)
{
	int error = 0;

	if (output->path == NULL)
		return sv_cli_finish_stdout();
	if (!keep || fflush(output->file) != 0 || (output->temp && fsync(fileno(output->file)) != 0))
		error = errno ? errno : EIO;
	if (fclose(output->file) != 0 && error == 0)
		error = errno;
	if (error == 0 && output->temp && rename(output->temp, output->path) != 0)
		error = errno;
	if (error == 0)
		return SV_CLI_CLEAN;
	if (output->temp)
		unlink(output->temp);
	return sv_cli_fail("--output: %s: %s", output->path, strerror(error));
}
