/* The command: words of the command line in, a report out. Uses the public headers only. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sievert/sievert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { CLEAN = 0, FINDINGS = 1, FAILED = 2, INCOMPLETE = 3 };

static volatile int cancelled;

static void on_signal(int number)
{
	cancelled = number;
	signal(number, SIG_DFL); /* the second one ends us at once */
}

static const char help[] =
	"Usage: sievert scan [OPTION]... PATH...   a repository: history, index, configuration, files; or a folder\n"
	"       sievert git [OPTION]... REPO...    a repository without its working tree; bare ones too\n"
	"       sievert dir [OPTION]... PATH...    files and folders as they lie there\n"
	"       sievert stdin [OPTION]...          standard input\n"
	"       sievert rules                      list the rules\n"
	"       sievert version\n"
	"\n"
	"Examples:\n"
	"  sievert scan .                           all that this repository exposes\n"
	"  git diff | sievert stdin                 what a change adds\n"
	"  sievert git -f jsonl /srv/x.git >x.jsonl every object of a bare repository\n"
	"\n"
	"Options:\n"
	"  -f, --format text|json|jsonl   how to report (text)\n"
	"  -r, --rules FILE|DIR           add rules; may be given again\n"
	"  -x, --exclude GLOB             leave out files; may be given again\n"
	"  -j, --jobs N                   threads (one for each CPU at hand)\n"
	"      --max-size BYTES           skip larger files and objects, and say so (256M)\n"
	"      --max-memory BYTES         for object buffers, all threads together (512M)\n"
	"      --min-confidence LEVEL     low, medium or high: leave out what is below (medium)\n"
	"      --no-ignore                also files that .gitignore leaves out\n"
	"      --no-inline-allow          do not obey \"sievert:allow\" in lines\n"
	"      --trust-repo               read repositories that someone else owns\n"
	"      --exit-zero                exit 0 whatever is found\n"
	"      --show-secrets             print values instead of redacting them\n"
	"  -q, --quiet                    findings without the summary, and no progress\n"
	"  -h, --help\n"
	"\n"
	"Exit codes: 0 nothing found, 1 findings, 2 wrong usage or failure, 3 something could not be\n"
	"read and nothing was found, 128+N signal. Findings of practice or severity info do not count.\n"
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

/* Is there a finding that fails a run? */
static bool counts(const struct sv_report *report)
{
	for (size_t i = 0; i < report->n_findings; i++)
		if (report->findings[i].cls == SV_CLASS_SECRET && report->findings[i].severity > SV_INFO)
			return true;
	return false;
}

struct progress {
	double started;
	bool shown;
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One line on a terminal, drawn over itself. */
static void show_progress(const struct sv_progress *p, void *payload)
{
	struct progress *progress = payload;
	double seconds = seconds_now() - progress->started;

	if (seconds < 0.5)
		return; /* most runs are over before that */
	fprintf(stderr, "\r\033[K%s: %llu", p->phase, (unsigned long long)p->done);
	if (p->total != 0)
		fprintf(stderr, " of %llu", (unsigned long long)p->total);
	fprintf(stderr, ", %.0f MB, %.0f MB/s, %llu found", (double)p->bytes / 1e6, (double)p->bytes / 1e6 / seconds,
		(unsigned long long)p->findings);
	progress->shown = true;
}

static int scan(struct sv_scan_options *scan_options, struct sv_write_options *write_options, bool exit_zero)
{
	struct sv_report *report = NULL;
	struct sv_err err = {0};
	struct progress progress = {seconds_now(), false};
	int code = CLEAN, status;

	if (!write_options->quiet && isatty(2) && !getenv("CI") && getenv("TERM") && strcmp(getenv("TERM"), "dumb") != 0) {
		scan_options->on_progress = show_progress;
		scan_options->progress_payload = &progress;
	}
	status = sv_scan_run(scan_options, &report, &err);
	if (progress.shown)
		fputs("\r\033[K", stderr);
	if (status < 0)
		return fail(err.text);
	if (sv_report_write(report, write_options, write_stdout, NULL, &err) < 0 || fflush(stdout) != 0) {
		fprintf(stderr, "sievert: cannot write the report: %s\n", strerror(errno));
		code = FAILED;
	} else if (cancelled) {
		code = 128 + cancelled;
	} else if (!exit_zero) {
		code = counts(report) ? FINDINGS : report->complete ? CLEAN : INCOMPLETE;
	}
	sv_report_free(report);
	return code;
}

int main(int argc, char **argv)
{
	enum { MAX_SIZE = 256, SHOW, MAX_MEMORY, MIN_CONFIDENCE, NO_IGNORE, NO_ALLOW, TRUST, EXIT_ZERO };
	static const struct option longs[] = {
		{"format", 1, 0, 'f'},	      {"rules", 1, 0, 'r'},
		{"exclude", 1, 0, 'x'},	      {"max-size", 1, 0, MAX_SIZE},
		{"show-secrets", 0, 0, SHOW}, {"max-memory", 1, 0, MAX_MEMORY},
		{"min-confidence", 1, 0, MIN_CONFIDENCE}, {"no-ignore", 0, 0, NO_IGNORE},
		{"no-inline-allow", 0, 0, NO_ALLOW}, {"trust-repo", 0, 0, TRUST},
		{"exit-zero", 0, 0, EXIT_ZERO}, {"quiet", 0, 0, 'q'}, {"jobs", 1, 0, 'j'},
		{"help", 0, 0, 'h'},	      {0}};
	const char **rules = calloc((size_t)argc, sizeof(*rules));
	const char **excludes = calloc((size_t)argc, sizeof(*excludes));
	struct sv_target *targets = calloc((size_t)argc + 1, sizeof(*targets));
	struct sv_scan_options options = {.max_size = 256u << 20, .targets = targets,
					  .exclude = excludes, .min_confidence = SV_CONF_MEDIUM, .cancel = &cancelled};
	struct sv_write_options out = {.colour = wants_colour(), .max_places = 5};
	struct sv_ruleset_options rule_options = {.paths = rules};
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	const char *verb = argc > 1 ? argv[1] : "--help";
	bool exit_zero = false;
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
			options.jobs = (unsigned)parse_size(optarg);
			if (options.jobs == 0)
				return fail("--jobs is a number from 1 on");
			break;
		case MAX_MEMORY:
			options.max_memory = parse_size(optarg);
			if (options.max_memory == 0)
				return fail("--max-memory is a number of bytes, or one with K, M or G");
			break;
		case MIN_CONFIDENCE:
			if (sv_confidence_parse(optarg, &options.min_confidence) < 0)
				return fail("--min-confidence is low, medium or high");
			break;
		case NO_IGNORE:
			options.no_ignore = true;
			break;
		case NO_ALLOW:
			options.no_inline_allow = true;
			break;
		case TRUST:
			options.trust_repo = true;
			break;
		case EXIT_ZERO:
			exit_zero = true;
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
		code = options.n_targets ? scan(&options, &out, exit_zero) : fail("a PATH is needed");
	} else if (strcmp(verb, "stdin") == 0) {
		targets[0] = (struct sv_target){.kind = SV_TARGET_FD};
		options.n_targets = 1;
		code = scan(&options, &out, exit_zero);
	} else {
		code = fail("there is no such command");
	}
	sv_ruleset_free(set);
	free(rules);
	free(excludes);
	free(targets);
	return code;
}
