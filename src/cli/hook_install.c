/* sievert hook install, uninstall, status. */
#include "cli.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void told(const char *hook, const char *file, const char *what, void *payload)
{
	char safe[PATH_MAX + 64];

	(void)payload;
	sv_text_neutralise((struct sv_span){(const uint8_t *)file, strlen(file)}, safe,
			   sizeof(safe));
	printf("%-12s %s: %s\n", hook, safe, what);
}

/* The path by which hooks will call us: a link that a package manages may stay one. */
static const char *own_path(struct sv_cli *cli)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return "/usr/bin/sievert";
	path[n] = '\0';
	return sv_cli_format(cli, "%s", path);
}

static int describe(struct sv_cli *cli, struct sv_hook_install *install)
{
	const char *server = sv_cli_text(cli, SV_OPTION_SERVER);
	bool global = sv_cli_on(cli, SV_OPTION_GLOBAL),
	     template = sv_cli_on(cli, SV_OPTION_TEMPLATE);

	if ((server != NULL) + global + template > 1)
		return sv_cli_misuse(cli, "--global, --template and --server exclude one another");
	*install = (struct sv_hook_install){
		.place = server	    ? SV_PLACE_SERVER
			 : global   ? SV_PLACE_GLOBAL
			 : template ? SV_PLACE_TEMPLATE
				    : SV_PLACE_REPOSITORY,
		.path = server ? server : ".",
		.program = own_path(cli),
		.trust_repo = sv_cli_on(cli, SV_OPTION_TRUST_REPO),
	};
	for (size_t i = 0; i < cli->n_args; i++) {
		enum sv_hook_kind kind;

		if (sv_hook_parse(cli->args[i], &kind) < 0)
			return sv_cli_misuse(cli, "there is no hook \"%s\"", cli->args[i]);
		install->hooks |= 1u << kind;
	}
	return SV_CLI_CLEAN;
}

static int run(struct sv_cli *cli,
	       int verb(const struct sv_hook_install *, sv_hook_told_fn *, void *, struct sv_err *))
{
	struct sv_hook_install install;
	struct sv_err err = {0};
	int code = describe(cli, &install), status;

	if (code != SV_CLI_CLEAN)
		return code;
	status = verb(&install, told, NULL, &err);
	if (status == SV_ENOTFOUND && verb == sv_hook_status)
		code = SV_CLI_FINDINGS;
	else if (status < 0)
		return sv_cli_fail("%s", err.text);
	return sv_cli_finish_stdout() == SV_CLI_CLEAN ? code : SV_CLI_FAILED;
}

int sv_cli_hook_install(struct sv_cli *cli)
{
	return run(cli, sv_hook_install);
}

int sv_cli_hook_uninstall(struct sv_cli *cli)
{
	return run(cli, sv_hook_uninstall);
}

int sv_cli_hook_status(struct sv_cli *cli)
{
	return run(cli, sv_hook_status);
}
