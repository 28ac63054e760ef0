/** @file The command from the inside: its tables, one call's settings, what commands share. */
#ifndef SV_CLI_CLI_H
#define SV_CLI_CLI_H

#include <sievert/sievert.h>
#include <stdio.h>

/** Exit codes; 128+N is a signal. */
enum { SV_CLI_CLEAN = 0, SV_CLI_FINDINGS = 1, SV_CLI_FAILED = 2, SV_CLI_INCOMPLETE = 3 };

/* ---- the tables: verbs.def and options.def say what their members mean ---- */
struct sv_cli;
typedef int sv_cli_verb_fn(struct sv_cli *cli); /* returns the exit code */

#define VERB(id, name, args, function, repo_config, brief, more, examples) SV_VERB_##id,
enum sv_cli_verb_id {
#include "verbs.def"
	SV_VERB_COUNT
};
#undef VERB

struct sv_cli_verb {
	const char *name, *arguments;
	sv_cli_verb_fn *run;
	bool repo_config;
	const char *brief, *more, *examples;
};
extern const struct sv_cli_verb sv_cli_verbs[SV_VERB_COUNT];

enum sv_cli_kind {
	SV_CLI_ON,
	SV_CLI_OFF,
	SV_CLI_NUMBER,
	SV_CLI_SIZE,
	SV_CLI_TIME,
	SV_CLI_TEXT,
	SV_CLI_PATH,
	SV_CLI_CHOICE,
	SV_CLI_WORDS,
	SV_CLI_LIST,
	SV_CLI_PATHS,
};

#define SECTION(id, title) SV_SECTION_##id,
#define OPTION(id, name, letter, argument, kind, values, fallback, verbs, key, from, brief, more)  \
	SV_OPTION_##id,
enum sv_cli_option_id {
#include "options.def"
	SV_OPTION_COUNT
};
#undef SECTION
#undef OPTION

struct sv_cli_option {
	const char *section; /* a heading, and nothing else */
	const char *name;
	char letter;
	const char *argument;
	enum sv_cli_kind kind;
	const char *values, *fallback;
	uint64_t verbs; /* a bit for each */
	const char *key;
	bool repo; /* a repository's own file may set it */
	const char *brief, *more;
};
extern const struct sv_cli_option sv_cli_options[SV_OPTION_COUNT];

bool sv_cli_verb_is_hidden(const struct sv_cli_verb *verb);
/** Does the verb take the option? False for headings. */
bool sv_cli_takes(const struct sv_cli_verb *verb, const struct sv_cli_option *option);

/* ---- settings ---- */
/** Who set a value: the later ones win. */
enum sv_cli_source {
	SV_FROM_DEFAULT,
	SV_FROM_SYSTEM,
	SV_FROM_USER,
	SV_FROM_REPO,
	SV_FROM_ENVIRONMENT,
	SV_FROM_COMMAND_LINE,
};

struct sv_cli_value {
	const char *text; /* as it was written */
	enum sv_cli_source source;
	const char *where; /* "file:line:column", "SIEVERT_JOBS", "--jobs"; NULL for a default */
};

struct sv_cli_setting {
	struct sv_cli_value *values; /* one; any number for lists */
	size_t n;
	uint64_t number; /* NUMBER, SIZE, TIME; ON, OFF: 1 or 0; CHOICE: index; WORDS: bits */
};

/** One call of the command. */
struct sv_cli {
	const struct sv_cli_verb *verb;
	const char **args; /* what follows the verb, n_args of them */
	size_t n_args;
	bool short_help; /* -h, not --help */
	bool is_group;	 /* the verb was named by its first word, which others share */
	struct sv_cli_setting settings[SV_OPTION_COUNT];
	struct sv_cli_kept *kept; /* what sv_cli_keep() made */
};

bool sv_cli_on(const struct sv_cli *cli, enum sv_cli_option_id id); /* of OFF: is the key true? */
uint64_t sv_cli_number(const struct sv_cli *cli, enum sv_cli_option_id id);
bool sv_cli_is_set(const struct sv_cli *cli, enum sv_cli_option_id id);
/** NULL if nobody set it; for lists the first. */
const char *sv_cli_text(const struct sv_cli *cli, enum sv_cli_option_id id);
bool sv_cli_has_word(const struct sv_cli *cli, enum sv_cli_option_id id, const char *word);
/** The texts of a list, kept with cli. */
const char *const *sv_cli_list(struct sv_cli *cli, enum sv_cli_option_id id, size_t *ret_n);

/** Sets a value; checks it. On error says so on stderr, after where, and returns SV_EINVAL. */
int sv_cli_assign(struct sv_cli *cli, enum sv_cli_option_id id, const char *text,
		  enum sv_cli_source source, const char *where);
/** Reads the command line into cli, and nothing else. 0, or SV_EINVAL having said why. */
int sv_cli_parse(struct sv_cli *cli, int argc, char **argv);
/** Adds what defaults, files and the environment say, below what the command line said. */
int sv_cli_configure(struct sv_cli *cli);
void sv_cli_release(struct sv_cli *cli);

/* ---- memory that lives as long as the call; never NULL: the command gives up instead ---- */
void *sv_cli_keep(struct sv_cli *cli, size_t size);
char *sv_cli_format(struct sv_cli *cli, const char *fmt, ...) SV_PRINTF(2, 3);

/* ---- words to the user ---- */
/** Says "sievert: WORDS" on stderr, made safe for a terminal. Returns SV_CLI_FAILED. */
int sv_cli_fail(const char *fmt, ...) SV_PRINTF(1, 2);
/** The same, followed by the way to the help of the verb at hand. */
int sv_cli_misuse(const struct sv_cli *cli, const char *fmt, ...) SV_PRINTF(2, 3);
void sv_cli_note(const char *fmt, ...) SV_PRINTF(1, 2);
/** To stdout, made safe for a terminal: rule files may be anybody's, as any input is. */
void sv_cli_print_safe(const char *text);
/** The same as a JSON string. */
void sv_cli_print_json(const char *text);
/** Of n words the one that was probably meant (edit distance at most 2); NULL: none. */
const char *sv_cli_guess(const char *word, const char *const *words, size_t n);
void sv_cli_print_help(const struct sv_cli *cli, const struct sv_cli_verb *verb, FILE *out);
/** Did everything printed to stdout arrive? Returns CLEAN or, having said so, FAILED. */
int sv_cli_finish_stdout(void);

/* ---- what commands that scan share ---- */
/**
 * The rules of the settings; those that are listed only are not compiled, which can take seconds.
 * SV_CLI_CLEAN, or another exit code, having said why.
 */
int sv_cli_open_rules(struct sv_cli *cli, bool to_scan, struct sv_ruleset **ret_rules);
/** FAILED, having said which, if a value of the option is the id of none of the rules. */
int sv_cli_check_ids(struct sv_cli *cli, const struct sv_ruleset *rules, enum sv_cli_option_id id);
/** Everything of a scan that settings decide, but rules and targets; borrowed from cli. */
void sv_cli_scan_options(struct sv_cli *cli, struct sv_scan_options *ret);
/** Runs a scan with progress, signals, report and exit code. options->ruleset may be NULL. */
int sv_cli_run(struct sv_cli *cli, struct sv_scan_options *options);
/** sievert git --range, --since, --staged, --unstaged: is one of them set? */
bool sv_cli_wants_change(const struct sv_cli *cli);
int sv_cli_git_change(struct sv_cli *cli);
/** Writes the report of a run that will end with code as the settings say. code, or FAILED having said why. */
int sv_cli_write_report(struct sv_cli *cli, const struct sv_report *report, int code);
/** The exit code that findings and gaps make. */
int sv_cli_judge(const struct sv_cli *cli, const struct sv_report *report);

/* ---- a report's way out: standard output, or a file that is there whole or not at all ---- */
struct sv_cli_output {
	FILE *file;
	const char *path; /* NULL: standard output */
	char *temp;	  /* what becomes path; NULL if path is written in place */
	size_t written;
};
/** Before the work: FAILED, having said why, if the output cannot be written, or if shown secrets
 * would stay in a CI log. */
int sv_cli_output_check(struct sv_cli *cli);
int sv_cli_output_open(struct sv_cli *cli, struct sv_cli_output *ret); /* an exit code */
int sv_cli_output_close(struct sv_cli_output *output, bool keep);      /* an exit code */
int sv_cli_output_write(const void *bytes, size_t len, void *output);  /* an sv_write_fn */

/* ---- signals ---- */
extern volatile int sv_cli_stopped; /* the first SIGINT or SIGTERM */
void sv_cli_catch_signals(void);

/* ---- the progress line ---- */
struct sv_cli_progress {
	double started, drawn;
	const char *phase;
	double phase_started;
	uint64_t phase_bytes; /* that were done when it began */
	bool shown;
};
/** Does a CI service run us, and keep what we print in its log? */
bool sv_cli_is_ci(void);
bool sv_cli_progress_is_wanted(const struct sv_cli *cli);
void sv_cli_progress_draw(const struct sv_progress *progress, void *payload);
void sv_cli_progress_clear(struct sv_cli_progress *progress);

/* ---- verbs ---- */
#define VERB(id, name, args, function, repo_config, brief, more, examples) sv_cli_verb_fn function;
#include "verbs.def"
#undef VERB
#endif
