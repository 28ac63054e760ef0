/* Where a report goes: standard output, or a file that is there whole or not at all. */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stdio gathers before it writes: it may be shown secrets, so it is ours to wipe. */
static char gathered[1 << 16];

/* path with its links followed: the file is replaced, not the link */
static const char *followed(struct sv_cli *cli, const char *path)
{
	char *whole = realpath(path, NULL);
	const char *kept = whole ? sv_cli_format(cli, "%s", whole) : path;

	free(whole);
	return kept;
}

int sv_cli_output_check(const struct sv_cli *cli)
{
	struct stat st;

	/* "-o -" says that they shall */
	if (!sv_cli_on(cli, SV_OPTION_SHOW_SECRETS) || !sv_cli_is_ci() ||
	    sv_cli_text(cli, SV_OPTION_OUTPUT) || (fstat(1, &st) == 0 && S_ISREG(st.st_mode)))
		return SV_CLI_CLEAN;
	return sv_cli_fail("--show-secrets: the log of this CI run would keep them; write them to "
			   "a file with --output");
}

int sv_cli_output_open(struct sv_cli *cli, struct sv_cli_output *ret)
{
	const char *path = sv_cli_text(cli, SV_OPTION_OUTPUT);
	mode_t mode = sv_cli_on(cli, SV_OPTION_SHOW_SECRETS) ? 0600 : 0666;
	struct stat st;
	bool exists;
	int fd;

	*ret = (struct sv_cli_output){.file = stdout};
	if (path == NULL || strcmp(path, "-") == 0) {
		setvbuf(stdout, gathered, _IOFBF, sizeof(gathered));
		return SV_CLI_CLEAN;
	}
	ret->path = followed(cli, path);
	exists = stat(ret->path, &st) == 0;
	if (exists && !S_ISREG(st.st_mode)) {
		/* a device or a pipe is written to, not replaced */
		fd = open(ret->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		ret->temp = sv_cli_format(cli, "%s.%ld.tmp", ret->path, (long)getpid());
		fd = open(ret->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 && exists)
			fchmod(fd, st.st_mode & (mode | 0111));
	}
	ret->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (ret->file)
		setvbuf(ret->file, gathered, _IOFBF, sizeof(gathered));
	return ret->file ? SV_CLI_CLEAN : sv_cli_fail("--output: %s: %s", path, strerror(errno));
}

int sv_cli_output_write(const void *bytes, size_t len, void *payload)
{
	struct sv_cli_output *output = payload;

	return fwrite(bytes, 1, len, output->file) == len ? 0 : SV_EIO;
}

static int close_file(struct sv_cli_output *output, bool keep)
{
	int error = 0;

	if (!keep || fflush(output->file) != 0 ||
	    (output->temp && fsync(fileno(output->file)) != 0))
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

int sv_cli_output_close(struct sv_cli_output *output, bool keep)
{
	int code = output->path ? close_file(output, keep) : sv_cli_finish_stdout();

	explicit_bzero(gathered, sizeof(gathered));
	return code;
}
