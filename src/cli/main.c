/* The command: words of the command line in, a report out. Uses the public headers only. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sievert/sievert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { CLEAN = 0, FINDINGS = 1, FAILED = 2, INCOMPLETE = 3 };

static volatile int cancelled;

static void on_signal(int number)
{
	cancelled = number;
	signal(number, SIG_DFL); /* the second one ends us at once */
}

static const char help[] =
	"Usage: sievert dir [OPTION]... PATH...    scan files and folders\n"
	"       sievert stdin [OPTION]...          scan standard input\n"
	"       sievert rules                      list the rules\n"
	"       sievert version\n"
	"\n"
	"Examples:\n"
	"  sievert dir .                            everything below this folder\n"
	"  git diff | sievert stdin                 what a change adds\n"
	"  sievert dir --format jsonl src >out.jsonl\n"
	"\n"
	"Options:\n"
	"  -f, --format text|json|jsonl   how to report (text)\n"
	"  -r, --rules FILE|DIR           add rules; may be given again\n"
	"  -x, --exclude GLOB             leave out paths; may be given again\n"
	"      --max-size BYTES           skip larger files, and say so (256M)\n"
	"      --show-secrets             print values instead of redacting them\n"
	"  -q, --quiet                    findings without the summary\n"
	"  -h, --help\n"
	"\n"
	"Exit codes: 0 clean, 1 findings, 2 wrong usage or failure, 3 incomplete without findings.\n"
	"A line that holds \"sievert:allow\" is not reported.\n";

static int write_stdout(const void *bytes, size_t len, void *payload)
{
	(void)payload;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : SV_EIO;
}

static int fail(const char *words)
{
	char safe[2048]; /* the words may hold a path of the input */

	sv_text_neutralise((struct sv_span){(const uint8_t *)words, strlen(words)}, safe, sizeof(safe));
	fprintf(stderr, "sievert: %s\nTry 'sievert --help'.\n", safe);
	return FAILED;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && isatty(1) && term && strcmp(term, "dumb") != 0;
}

static uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *text == '-')
		return 0;
	if (*end == 'K' || *end == 'M' || *end == 'G')
		n <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 30, end++;
	return *end ? 0 : n;
}

static int list_rules(const struct sv_ruleset *rules)
{
	for (size_t i = 0; i < sv_ruleset_count(rules); i++) {
		const struct sv_rule *rule = sv_ruleset_get(rules, i);

		printf("%-36s %-9s %s\n", rule->id, sv_severity_name(rule->severity), rule->name);
	}
	return fflush(stdout) == 0 ? CLEAN : fail("cannot write the output");
}

static int scan(struct sv_scan_options *scan_options, struct sv_write_options *write_options)
{
	struct sv_report *report = NULL;
	struct sv_err err = {0};
	int code = CLEAN;

	if (sv_scan_run(scan_options, &report, &err) < 0)
		return fail(err.text);
	if (sv_report_write(report, write_options, write_stdout, NULL, &err) < 0 || fflush(stdout) != 0) {
		fprintf(stderr, "sievert: cannot write the report: %s\n", strerror(errno));
		code = FAILED;
	} else if (cancelled) {
		code = 128 + cancelled;
	} else if (report->n_findings != 0) {
		code = FINDINGS;
	} else if (!report->complete) {
		code = INCOMPLETE;
	}
	sv_report_free(report);
	return code;
}

int main(int argc, char **argv)
{
	enum { MAX_SIZE = 256, SHOW };
	static const struct option longs[] = {
		{"format", 1, 0, 'f'},	      {"rules", 1, 0, 'r'},
		{"exclude", 1, 0, 'x'},	      {"max-size", 1, 0, MAX_SIZE},
		{"show-secrets", 0, 0, SHOW}, {"quiet", 0, 0, 'q'}, {"jobs", 1, 0, 'j'},
		{"help", 0, 0, 'h'},	      {0}};
	const char **rules = calloc((size_t)argc, sizeof(*rules));
	const char **excludes = calloc((size_t)argc, sizeof(*excludes));
	struct sv_target *targets = calloc((size_t)argc + 1, sizeof(*targets));
	struct sv_scan_options options = {.max_size = 256u << 20, .targets = targets,
					  .exclude = excludes, .cancel = &cancelled};
	struct sv_write_options out = {.colour = wants_colour(), .max_places = 5};
	struct sv_ruleset_options rule_options = {.paths = rules};
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	const char *verb = argc > 1 ? argv[1] : "--help";
	int option, code = FAILED;

	prctl(PR_SET_DUMPABLE, 0); /* a core dump would hold secrets */
	if (!rules || !excludes || !targets)
		return fail("out of memory");
	while ((option = getopt_long(argc, argv, "f:r:x:j:qh", longs, NULL)) != -1) {
		switch (option) {
		case 'f':
			if (sv_format_parse(optarg, &out.format) < 0)
				return fail("--format is text, json or jsonl");
			break;
		case 'r':
			rules[rule_options.n_paths++] = optarg;
			break;
		case 'x':
			excludes[options.n_exclude++] = optarg;
			break;
		case MAX_SIZE:
			options.max_size = parse_size(optarg);
			if (options.max_size == 0)
				return fail("--max-size is a number of bytes, or one with K, M or G");
			break;
		case SHOW:
			out.show_secrets = true;
			break;
		case 'j':
			options.jobs = (unsigned)atoi(optarg);
			break;
		case 'q':
			out.quiet = true;
			break;
		case 'h':
			fputs(help, stdout);
			return CLEAN;
		default:
			return FAILED;
		}
	}
	verb = optind < argc ? argv[optind++] : verb;
	if (strcmp(verb, "version") == 0) {
		puts(sv_version());
		return CLEAN;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (sv_ruleset_open(&rule_options, &set, &err) < 0)
		return fail(err.text);
	options.ruleset = set;
	for (; optind < argc; optind++)
		targets[options.n_targets++] =
			(struct sv_target){.kind = SV_TARGET_DIR, .path = argv[optind]};
	if (strcmp(verb, "rules") == 0) {
		code = list_rules(set);
	} else if (strcmp(verb, "dir") == 0 || strcmp(verb, "git") == 0 || strcmp(verb, "scan") == 0) {
		for (size_t i = 0; i < options.n_targets; i++)
			targets[i].kind = *verb == 'd' ? SV_TARGET_DIR : *verb == 'g' ? SV_TARGET_GIT : SV_TARGET_AUTO;
		code = options.n_targets ? scan(&options, &out) : fail("dir needs a PATH");
	} else if (strcmp(verb, "stdin") == 0) {
		targets[0] = (struct sv_target){.kind = SV_TARGET_FD};
		options.n_targets = 1;
		code = scan(&options, &out);
	} else {
		code = fail("there is no such command");
	}
	sv_ruleset_free(set);
	free(rules);
	free(excludes);
	free(targets);
	return code;
}
