/* sievert explain: one finding, with all that is known of it. */
#include "cli.h"
#include <ctype.h>
#include <string.h>

#define LEAST_ID 6

/* The findings whose id begins so, as a report of their own that borrows from report. */
static struct sv_report chosen(struct sv_cli *cli, const struct sv_report *report, const char *id)
{
	struct sv_finding *findings =
		sv_cli_keep(cli, (report->n_findings + 1) * sizeof(*findings));
	struct sv_report ret = *report;

	ret.findings = findings;
	ret.n_findings = 0;
	for (size_t i = 0; i < report->n_findings; i++)
		if (strncmp(report->findings[i].id, id, strlen(id)) == 0)
			findings[ret.n_findings++] = report->findings[i];
	return ret;
}

static int explain(struct sv_cli *cli, struct sv_scan_options *options, const char *id)
{
	struct sv_report *report = NULL, found;
	struct sv_err err = {0};
	int code;

	sv_cli_catch_signals();
	if (sv_scan_run(options, &report, &err) < 0)
		return sv_cli_fail("%s", err.text);
	found = chosen(cli, report, id);
	if (sv_cli_stopped)
		code = 128 + sv_cli_stopped;
	else if (found.n_findings == 0)
		code = sv_cli_fail("no finding's id begins with %s there%s", id,
				   report->complete ? "" : ", and not all could be read");
	else
		code = sv_cli_write_report(cli, &found, SV_CLI_CLEAN);
	sv_report_free(report);
	return code;
}

int sv_cli_explain(struct sv_cli *cli)
{
	static const char *const here = ".";
	const char *const *paths = cli->n_args > 1 ? cli->args + 1 : &here;
	size_t n = cli->n_args > 1 ? cli->n_args - 1 : 1;
	struct sv_target *targets = sv_cli_keep(cli, n * sizeof(*targets));
	struct sv_scan_options options;
	struct sv_ruleset *rules = NULL;
	int code;

	if (cli->n_args == 0)
		return sv_cli_misuse(
			cli, "a FINDING is wanted: the id that json and jsonl reports have");
	for (const char *c = cli->args[0]; *c != '\0' || c - cli->args[0] < LEAST_ID; c++)
		if (!isxdigit((unsigned char)*c))
			return sv_cli_misuse(cli,
					     "\"%s\" is no id of a finding: %d or more hexadecimal "
					     "digits are wanted",
					     cli->args[0], LEAST_ID);
	code = sv_cli_open_rules(cli, true, &rules);
	if (code != SV_CLI_CLEAN)
		return code;
	sv_cli_scan_options(cli, &options);
	for (size_t i = 0; i < n; i++)
		targets[i] = (struct sv_target){.kind = SV_TARGET_AUTO, .path = paths[i]};
	options.targets = targets;
	options.n_targets = n;
	options.ruleset = rules;
	options.min_confidence = SV_CONF_LOW;
	code = explain(cli, &options, cli->args[0]);
	sv_ruleset_free(rules);
	return code;
}
