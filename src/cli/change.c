/* sievert git --range, --since, --staged, --unstaged: what is new, by the code of the hooks. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>

static const enum sv_cli_option_id kinds[] = {SV_OPTION_RANGE, SV_OPTION_SINCE, SV_OPTION_STAGED,
					      SV_OPTION_UNSTAGED};

static bool wants(const struct sv_cli *cli, enum sv_cli_option_id id)
{
	return id == SV_OPTION_RANGE || id == SV_OPTION_SINCE ? sv_cli_text(cli, id) != NULL
							      : sv_cli_on(cli, id);
}

bool sv_cli_wants_change(const struct sv_cli *cli)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (wants(cli, kinds[i]))
			return true;
	return false;
}

static int scan_change(struct sv_cli *cli, const struct sv_change_options *change_options)
{
	struct sv_target target = {.kind = SV_TARGET_CHANGE, .path = change_options->path};
	struct sv_scan_options options;
	struct sv_err err = {0};
	int code;

	if (sv_change_open(change_options, &target.change, &err) < 0)
		return sv_cli_fail("%s", err.text);
	sv_cli_scan_options(cli, &options);
	options.targets = &target;
	options.n_targets = 1;
	code = sv_cli_run(cli, &options);
	sv_change_free(target.change);
	return code;
}

/* What is older than the word of --since goes to without, or to since. */
static int add_since(const char *path, const char *word, struct sv_revisions *ret)
{
	char date[512];
	struct sv_err err = {0};

	if (*word != '-' && sv_revisions_parse(path, word, ret, &err) == 0)
		return SV_CLI_CLEAN;
	snprintf(date, sizeof(date), "--since=%s", word);
	return sv_revisions_parse(path, date, ret, &err) == 0 && ret->since != 0
		       ? SV_CLI_CLEAN
		       : sv_cli_fail("--since: %s is no revision and no date", word);
}

static int scan_commits(struct sv_cli *cli, struct sv_change_options *options)
{
	const char *range = sv_cli_text(cli, SV_OPTION_RANGE),
		   *word = sv_cli_text(cli, SV_OPTION_SINCE);
	struct sv_revisions tips = {0}, since = {0};
	struct sv_err err = {0};
	const char **without;
	int code = SV_CLI_CLEAN;

	if (sv_revisions_parse(options->path, range ? range : "HEAD", &tips, &err) < 0)
		code = sv_cli_fail("%s", err.text);
	if (code == SV_CLI_CLEAN && word != NULL)
		code = add_since(options->path, word, &since);
	if (code == SV_CLI_CLEAN) {
		/* a revision of --since is where to stop */
		without = sv_cli_keep(cli, (tips.n_without + since.n_tips + 1) * sizeof(*without));
		for (size_t i = 0; i < tips.n_without; i++)
			without[options->n_without++] = tips.without[i];
		for (size_t i = 0; i < since.n_tips; i++)
			without[options->n_without++] = since.tips[i];
		options->kind = SV_CHANGE_COMMITS;
		options->tips = (const char *const *)tips.tips;
		options->n_tips = tips.n_tips;
		options->tip_names = NULL;
		options->without = without;
		options->since = since.since;
		code = scan_change(cli, options);
	}
	sv_revisions_free(&tips);
	sv_revisions_free(&since);
	return code;
}

int sv_cli_git_change(struct sv_cli *cli)
{
	struct sv_change_options options = {
		.path = cli->n_args ? cli->args[0] : ".",
		.search = cli->n_args == 0,
		.trust_repo = sv_cli_on(cli, SV_OPTION_TRUST_REPO),
		.whole_files = sv_cli_on(cli, SV_OPTION_WHOLE_FILES),
	};
	bool staged = wants(cli, SV_OPTION_STAGED), unstaged = wants(cli, SV_OPTION_UNSTAGED);

	if (cli->n_args > 1)
		return sv_cli_misuse(cli, "one REPO at a time");
	if (staged + unstaged + (wants(cli, SV_OPTION_RANGE) || wants(cli, SV_OPTION_SINCE)) > 1)
		return sv_cli_misuse(cli, "--staged, --unstaged and --range exclude one another");
	options.kind = staged ? SV_CHANGE_STAGED : SV_CHANGE_UNSTAGED;
	return staged || unstaged ? scan_change(cli, &options) : scan_commits(cli, &options);
}
