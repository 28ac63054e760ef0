/* The command: the table of verbs decides what runs. Uses the public headers only. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	struct sv_cli cli = {0};
	int code = SV_CLI_FAILED;

	prctl(PR_SET_DUMPABLE, 0); /* a core dump would hold secrets */
	if (sv_cli_parse(&cli, argc, argv) < 0)
		goto out;
	if (sv_cli_on(&cli, SV_OPTION_HELP)) {
		sv_cli_print_help(&cli, cli.verb, stdout);
		code = sv_cli_finish_stdout();
	} else if (sv_cli_on(&cli, SV_OPTION_PRINT_VERSION)) {
		code = sv_cli_version(&cli);
	} else if (cli.verb == NULL) {
		cli.short_help = true;
		sv_cli_print_help(&cli, NULL, stderr);
	} else if (sv_cli_configure(&cli) == 0 && sv_cli_output_check(&cli) == SV_CLI_CLEAN) {
		code = cli.verb->run(&cli);
	}
out:
	sv_cli_release(&cli);
	return code;
}
