/* sievert scan, git, dir, stdin: targets from the command line, and what every scan shares. */
#include "cli.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile int sv_cli_stopped;

static void on_signal(int number)
{
	sv_cli_stopped = number;
	/* the second one ends us at once */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

void sv_cli_catch_signals(void)
{
	/* who runs us with a signal ignored, as nohup does, means it */
	if (signal(SIGINT, on_signal) == SIG_IGN)
		signal(SIGINT, SIG_IGN);
	if (signal(SIGTERM, on_signal) == SIG_IGN)
		signal(SIGTERM, SIG_IGN);
}

/* ---- rules ---- */

int sv_cli_check_ids(struct sv_cli *cli, const struct sv_ruleset *rules, enum sv_cli_option_id id)
{
	const struct sv_cli_setting *setting = &cli->settings[id];
	size_t n = sv_ruleset_count(rules);
	const char **ids = sv_cli_keep(cli, (n + 1) * sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = sv_ruleset_get(rules, i)->id;
	for (size_t i = 0; i < setting->n; i++) {
		const struct sv_cli_value *value = &setting->values[i];
		const char *guess;

		if (sv_ruleset_find(rules, value->text) != NULL)
			continue;
		guess = sv_cli_guess(value->text, ids, n);
		return sv_cli_misuse(cli, "%s: there is no rule \"%s\"%s%s%s", value->where,
				     value->text, guess ? "; did you mean " : "",
				     guess ? guess : "", guess ? "?" : "");
	}
	return SV_CLI_CLEAN;
}

static const char *cache_folder(struct sv_cli *cli)
{
	const char *folder = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (!sv_cli_on(cli, SV_OPTION_NO_CACHE))
		return NULL;
	if (folder != NULL && *folder == '/')
		return sv_cli_format(cli, "%s/sievert", folder);
	return home && *home == '/' ? sv_cli_format(cli, "%s/.cache/sievert", home) : NULL;
}

int sv_cli_open_rules(struct sv_cli *cli, bool to_scan, struct sv_ruleset **ret_rules)
{
	struct sv_ruleset_options options = {
		.no_builtin = !sv_cli_on(cli, SV_OPTION_NO_BUILTIN_RULES), .whole_paths = true};
	struct sv_ruleset *all = NULL;
	struct sv_err err = {0};
	int code = SV_CLI_CLEAN;

	options.paths = sv_cli_list(cli, SV_OPTION_RULES, &options.n_paths);
	/* a misspelt id must not pass as "left out": the whole set knows */
	if (sv_cli_is_set(cli, SV_OPTION_DISABLE) || sv_cli_is_set(cli, SV_OPTION_ONLY)) {
		options.uncompiled = true;
		if (sv_ruleset_open(&options, &all, &err) < 0)
			return sv_cli_fail("%s", err.text);
		code = sv_cli_check_ids(cli, all, SV_OPTION_DISABLE);
		if (code == SV_CLI_CLEAN)
			code = sv_cli_check_ids(cli, all, SV_OPTION_ONLY);
		sv_ruleset_free(all);
	}
	options.uncompiled = !to_scan;
	options.cache_dir = cache_folder(cli);
	options.disable = sv_cli_list(cli, SV_OPTION_DISABLE, &options.n_disable);
	options.only = sv_cli_list(cli, SV_OPTION_ONLY, &options.n_only);
	if (code == SV_CLI_CLEAN && sv_ruleset_open(&options, ret_rules, &err) < 0)
		return sv_cli_fail("%s", err.text);
	return code;
}

/* ---- one scan ---- */

void sv_cli_scan_options(struct sv_cli *cli, struct sv_scan_options *ret)
{
	*ret = (struct sv_scan_options){
		.jobs = (unsigned)sv_cli_number(cli, SV_OPTION_JOBS),
		.max_memory = sv_cli_number(cli, SV_OPTION_MAX_MEMORY),
		.now = (int64_t)sv_cli_number(cli, SV_OPTION_NOW),
		.no_ignore = !sv_cli_on(cli, SV_OPTION_NO_IGNORE),
		.verify_deltas = sv_cli_on(cli, SV_OPTION_VERIFY_DELTAS),
		.trust_repo = sv_cli_on(cli, SV_OPTION_TRUST_REPO),
		.max_size = sv_cli_number(cli, SV_OPTION_MAX_SIZE),
		.no_inline_allow = !sv_cli_on(cli, SV_OPTION_NO_INLINE_ALLOW),
		.cancel = &sv_cli_stopped,
	};
	ret->exclude = sv_cli_list(cli, SV_OPTION_EXCLUDE, &ret->n_exclude);
	sv_confidence_parse(sv_cli_text(cli, SV_OPTION_MIN_CONFIDENCE), &ret->min_confidence);
}

static bool fails_the_run(const struct sv_cli *cli, const struct sv_finding *f)
{
	uint64_t words = sv_cli_number(cli, SV_OPTION_FAIL_ON);
	bool least_is_said = (words & ((1u << (SV_CRITICAL + 1)) - 1)) != 0;

	if (f->suppressed || sv_cli_has_word(cli, SV_OPTION_FAIL_ON, "never"))
		return false;
	if (f->cls == SV_CLASS_PRACTICE)
		return sv_cli_has_word(cli, SV_OPTION_FAIL_ON, "practice");
	for (int s = f->severity; s >= SV_INFO; s--)
		if (sv_cli_has_word(cli, SV_OPTION_FAIL_ON, sv_severity_name((enum sv_severity)s)))
			return true;
	/* "practice" alone adds to the usual */
	return !least_is_said && f->severity > SV_INFO;
}

int sv_cli_judge(const struct sv_cli *cli, const struct sv_report *report)
{
	bool findings = false;

	if (sv_cli_on(cli, SV_OPTION_EXIT_ZERO))
		return SV_CLI_CLEAN;
	for (size_t i = 0; i < report->n_findings; i++)
		findings |= fails_the_run(cli, &report->findings[i]);
	if (!report->complete && (!findings || sv_cli_on(cli, SV_OPTION_STRICT)))
		return SV_CLI_INCOMPLETE;
	return findings ? (int)sv_cli_number(cli, SV_OPTION_EXIT_CODE) : SV_CLI_CLEAN;
}

static bool wants_colour(const struct sv_cli *cli)
{
	const char *when = sv_cli_text(cli, SV_OPTION_COLOR), *term = getenv("TERM");
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"),
		   *also = getenv("FORCE_COLOR");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (no && *no)
		return false;
	if ((force && *force && strcmp(force, "0") != 0) ||
	    (also && *also && strcmp(also, "0") != 0))
		return true;
	return !sv_cli_text(cli, SV_OPTION_OUTPUT) && isatty(1) && term &&
	       strcmp(term, "dumb") != 0;
}

int sv_cli_write_report(struct sv_cli *cli, const struct sv_report *report, int code)
{
	struct sv_write_options options = {
		.colour = wants_colour(cli),
		.show_secrets = sv_cli_on(cli, SV_OPTION_SHOW_SECRETS),
		.max_places = (unsigned)sv_cli_number(cli, SV_OPTION_MAX_PLACES),
		.quiet = sv_cli_on(cli, SV_OPTION_QUIET),
		.explain = cli->verb == &sv_cli_verbs[SV_VERB_EXPLAIN],
		.compliance = sv_cli_on(cli, SV_OPTION_COMPLIANCE),
		.exit_code = &code,
	};
	struct sv_cli_output output;
	struct sv_err err = {0};
	int failed = sv_cli_output_open(cli, &output);
	bool written;

	if (failed != SV_CLI_CLEAN)
		return failed;
	sv_format_parse(sv_cli_text(cli, SV_OPTION_FORMAT), &options.format);
	written = sv_report_write(report, &options, sv_cli_output_write, &output, &err) == 0;
	failed = sv_cli_output_close(&output, written);
	if (failed != SV_CLI_CLEAN)
		return failed;
	return written ? code : sv_cli_fail("%s", err.text);
}

static void tell_timing(const struct sv_timing *timing)
{
	for (int stage = 0; stage < SV_STAGES; stage++)
		fprintf(stderr, "timing: %s %.3f s\n", sv_stage_name((enum sv_stage)stage),
			(double)timing->ns[stage] / 1e9);
}

int sv_cli_run(struct sv_cli *cli, struct sv_scan_options *options)
{
	struct sv_ruleset *rules = NULL;
	struct sv_report *report = NULL;
	struct sv_err err = {0};
	struct sv_cli_progress progress = {0};
	struct sv_timing timing;
	int code = SV_CLI_CLEAN;

	if (options->ruleset == NULL) {
		code = sv_cli_open_rules(cli, true, &rules);
		options->ruleset = rules;
	}
	if (code != SV_CLI_CLEAN)
		return code;
	if (sv_cli_on(cli, SV_OPTION_TIMING))
		options->timing = &timing;
	sv_cli_catch_signals();
	if (sv_cli_progress_is_wanted(cli)) {
		options->on_progress = sv_cli_progress_draw;
		options->progress_payload = &progress;
	}
	if (sv_scan_run(options, &report, &err) < 0) {
		sv_cli_progress_clear(&progress);
		code = sv_cli_fail("%s", err.text);
	} else {
		sv_cli_progress_clear(&progress);
		if (options->timing)
			tell_timing(&timing);
		code = sv_cli_stopped ? 128 + sv_cli_stopped : sv_cli_judge(cli, report);
		code = sv_cli_write_report(cli, report, code);
		if (sv_cli_stopped && code != SV_CLI_FAILED)
			code = 128 + sv_cli_stopped;
	}
	sv_report_free(report);
	sv_ruleset_free(rules);
	return code;
}

/* ---- targets ---- */

struct targets {
	struct sv_target *ptr;
	size_t n, cap;
	enum sv_target_kind kind;
};

static void add(struct targets *t, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->ptr = realloc(t->ptr, t->cap * sizeof(*t->ptr));
		if (t->ptr == NULL)
			exit(sv_cli_fail("out of memory"));
	}
	t->ptr[t->n++] = (struct sv_target){.kind = is_stdin ? SV_TARGET_FD : t->kind,
					    .path = is_stdin ? NULL : path};
}

static int add_files_from(struct sv_cli *cli, struct targets *t)
{
	const char *name = sv_cli_text(cli, SV_OPTION_FILES_FROM);
	int end = sv_cli_on(cli, SV_OPTION_FROM0) ? '\0' : '\n';
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	FILE *file;
	bool bad;

	if (name == NULL)
		return SV_CLI_CLEAN;
	file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	if (file == NULL)
		return sv_cli_fail("--files-from: %s: %s", name, strerror(errno));
	while ((n = getdelim(&line, &cap, end, file)) > 0) {
		if (line[n - 1] == end)
			line[--n] = '\0';
		if (n > 0)
			add(t, sv_cli_format(cli, "%s", line));
	}
	bad = ferror(file);
	free(line);
	if (file != stdin)
		fclose(file);
	return bad ? sv_cli_fail("--files-from: %s: %s", name, strerror(errno)) : SV_CLI_CLEAN;
}

static int scan_paths(struct sv_cli *cli, enum sv_target_kind kind)
{
	struct targets targets = {.kind = kind};
	struct sv_scan_options options;
	int code;

	for (size_t i = 0; i < cli->n_args; i++)
		add(&targets, cli->args[i]);
	code = add_files_from(cli, &targets);
	if (code == SV_CLI_CLEAN && targets.n == 0 && !sv_cli_is_set(cli, SV_OPTION_FILES_FROM))
		code = sv_cli_misuse(cli, "a %s is wanted, such as \".\"",
				     kind == SV_TARGET_GIT ? "REPO" : "PATH");
	if (code == SV_CLI_CLEAN) {
		sv_cli_scan_options(cli, &options);
		options.targets = targets.ptr;
		options.n_targets = targets.n;
		code = sv_cli_run(cli, &options);
	}
	free(targets.ptr);
	return code;
}

int sv_cli_scan(struct sv_cli *cli)
{
	return scan_paths(cli, SV_TARGET_AUTO);
}

int sv_cli_git(struct sv_cli *cli)
{
	return sv_cli_wants_change(cli) ? sv_cli_git_change(cli) : scan_paths(cli, SV_TARGET_GIT);
}

int sv_cli_dir(struct sv_cli *cli)
{
	return scan_paths(cli, SV_TARGET_DIR);
}

int sv_cli_stdin(struct sv_cli *cli)
{
	static const struct sv_target target = {.kind = SV_TARGET_FD};
	struct sv_scan_options options;

	if (cli->n_args != 0)
		return sv_cli_misuse(cli, "stdin takes no PATH");
	if (isatty(0) && isatty(2) && !sv_cli_on(cli, SV_OPTION_QUIET))
		sv_cli_note("reading what is typed, until Ctrl-D");
	sv_cli_scan_options(cli, &options);
	options.targets = &target;
	options.n_targets = 1;
	return sv_cli_run(cli, &options);
}
