/* Where a report goes: standard output, or a file that is there whole or not at all. */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

/* A device or a pipe is written to where it is, not replaced. */
static bool is_in_place(const char *path, mode_t *ret_mode)
{
	struct stat st;
	bool exists = stat(path, &st) == 0;

	*ret_mode = exists ? st.st_mode & 0777 : 0;
	return exists && !S_ISREG(st.st_mode);
}

static int check_log(void)
{
	struct stat st;

	if (!sv_cli_is_ci() || (fstat(1, &st) == 0 && S_ISREG(st.st_mode)))
		return SV_CLI_CLEAN;
	return sv_cli_fail("--show-secrets: the log of this CI run would keep them; "
			   "write them to a file with --output");
}

/* Lists of rules come in the other formats; a file's "sarif" means reports. */
static int check_format(struct sv_cli *cli)
{
	struct sv_cli_value *value = cli->settings[SV_OPTION_FORMAT].values;

	if (!sv_cli_takes(cli->verb, &sv_cli_options[SV_OPTION_FORMAT]) ||
	    sv_cli_takes(cli->verb, &sv_cli_options[SV_OPTION_OUTPUT]) || strcmp(value->text, "sarif") != 0)
		return SV_CLI_CLEAN;
	if (value->source == SV_FROM_COMMAND_LINE && strcmp(value->where, "--format") == 0)
		return sv_cli_misuse(cli, "sievert %s writes no sarif", cli->verb->name);
	value->text = sv_cli_options[SV_OPTION_FORMAT].fallback;
	return SV_CLI_CLEAN;
}

int sv_cli_output_check(struct sv_cli *cli)
{
	const char *path = sv_cli_text(cli, SV_OPTION_OUTPUT), *written;
	mode_t mode;

	if (check_format(cli) != SV_CLI_CLEAN)
		return SV_CLI_FAILED;
	/* "-o -" says that secrets shall be shown even there */
	if (path == NULL)
		return sv_cli_on(cli, SV_OPTION_SHOW_SECRETS) ? check_log() : SV_CLI_CLEAN;
	if (strcmp(path, "-") == 0)
		return SV_CLI_CLEAN;
	written = followed(cli, path);
	if (!is_in_place(written, &mode))
		written = dirname(sv_cli_format(cli, "%s", written));
	return access(written, W_OK) == 0 ? SV_CLI_CLEAN
					  : sv_cli_fail("--output: %s: %s", path, strerror(errno));
}

/* A new file beside path, which becomes it; with the mode that path has, or that a new one gets. */
static int open_temp(struct sv_cli *cli, struct sv_cli_output *output, mode_t mode)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (mode == 0)
		mode = 0666 & ~mask;
	if (sv_cli_on(cli, SV_OPTION_SHOW_SECRETS))
		mode &= 0700;
	output->temp = sv_cli_format(cli, "%s.XXXXXX", output->path);
	fd = mkostemp(output->temp, O_CLOEXEC);
	if (fd >= 0)
		fchmod(fd, mode);
	return fd;
}

int sv_cli_output_open(struct sv_cli *cli, struct sv_cli_output *ret)
{
	const char *path = sv_cli_text(cli, SV_OPTION_OUTPUT);
	mode_t mode;
	int fd;

	*ret = (struct sv_cli_output){.file = stdout};
	if (path == NULL || strcmp(path, "-") == 0) {
		setvbuf(stdout, gathered, _IOFBF, sizeof(gathered));
		return SV_CLI_CLEAN;
	}
	ret->path = followed(cli, path);
	fd = is_in_place(ret->path, &mode) ? open(ret->path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
					   : open_temp(cli, ret, mode);
	ret->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (ret->file == NULL)
		return sv_cli_fail("--output: %s: %s", path, strerror(errno));
	setvbuf(ret->file, gathered, _IOFBF, sizeof(gathered));
	return SV_CLI_CLEAN;
}

int sv_cli_output_write(const void *bytes, size_t len, void *payload)
{
	struct sv_cli_output *output = payload;

	output->written += len;
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

	/* no more of it was used */
	explicit_bzero(gathered, output->written < sizeof(gathered) ? output->written : sizeof(gathered));
	return code;
}
