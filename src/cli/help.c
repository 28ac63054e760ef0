/* sievert help: in short (-h) and in full (--help), from the tables. */
#include "cli.h"
#include <ctype.h>
#include <string.h>

#define INDENT 30 /* where the words about an option begin */
#define WIDTH  96

/* Words broken into lines; the first line has begun at column indent already. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column > indent && column + 1 + n > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)n, text);
		column += n;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', out);
}

static void print_examples(FILE *out, const char *examples)
{
	while (*examples != '\0') {
		size_t n = strcspn(examples, "\t"), m = strcspn(examples, "\n");

		fprintf(out, "  %-44.*s %.*s\n", (int)n, examples, (int)(m - n - 1),
			examples + n + 1);
		examples += m + 1;
	}
}

static void print_option(FILE *out, const struct sv_cli_option *o, bool full)
{
	char head[160], choices[80] = "";
	int n;

	if (o->kind == SV_CLI_CHOICE)
		snprintf(choices, sizeof(choices), " %s", o->values);
	else if (o->argument != NULL)
		snprintf(choices, sizeof(choices), " %s", o->argument);
	n = snprintf(head, sizeof(head), "  %c%c%s --%s%s", o->letter ? '-' : ' ',
		     o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, choices);
	fprintf(out, "%-*s", INDENT, head);
	if (n >= INDENT)
		fprintf(out, "\n%*s", INDENT, "");
	if (o->argument != NULL && o->fallback != NULL)
		snprintf(head, sizeof(head), "%s (%s)", o->brief, o->fallback);
	else
		snprintf(head, sizeof(head), "%s", o->brief);
	print_wrapped(out, head, INDENT);
	if (full && o->kind == SV_CLI_WORDS) {
		snprintf(head, sizeof(head), "One of %s.", o->values);
		fprintf(out, "%*s", INDENT, "");
		print_wrapped(out, head, INDENT);
	}
	if (full && *o->more != '\0') {
		fprintf(out, "%*s", INDENT, "");
		print_wrapped(out, o->more, INDENT);
	}
}

static void print_options(FILE *out, const struct sv_cli_verb *verb, bool full)
{
	const char *section = NULL;

	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];

		if (o->section != NULL)
			section = o->section;
		else if (sv_cli_takes(verb, o)) {
			if (section != NULL)
				fprintf(out, "\n%s:\n", section);
			section = NULL;
			print_option(out, o, full);
		}
	}
}

static bool is_listed(const struct sv_cli_verb *verb, const char *group, size_t n)
{
	return !sv_cli_verb_is_hidden(verb) && strncmp(verb->name, group, n) == 0;
}

/* All commands, or those whose names begin with the n bytes of group. */
static void print_commands(FILE *out, const char *group, size_t n)
{
	size_t longest = 0;

	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		if (is_listed(&sv_cli_verbs[i], group, n) && strlen(sv_cli_verbs[i].name) > longest)
			longest = strlen(sv_cli_verbs[i].name);
	fputs("\nCommands:\n", out);
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		if (is_listed(&sv_cli_verbs[i], group, n))
			fprintf(out, "  %-*s  %s\n", (int)longest, sv_cli_verbs[i].name,
				sv_cli_verbs[i].brief);
}

static const char codes[] = "\nExit codes:\n"
			    "  0    complete, and no findings that count\n"
			    "  1    findings (--exit-code N: another; --fail-on says which count)\n"
			    "  2    wrong usage, a wrong configuration, or a failure\n"
			    "  3    something could not be read, and nothing was found (--strict: "
			    "even if something was)\n"
			    "  128+N  ended by signal N; the report says that it is not complete\n";

static void print_overview(FILE *out, bool full)
{
	fputs("Usage: sievert COMMAND [OPTION...] [ARGUMENT...]\n", out);
	if (full) {
		fputs("\nExamples:\n", out);
		for (size_t i = 0; i < SV_VERB_COUNT; i++)
			print_examples(out, sv_cli_verbs[i].examples);
	}
	print_commands(out, "", 0);
	if (full) {
		fputs("\nSettings come from /etc/sievert/config.yml, ~/.config/sievert/config.yml, "
		      "the repository's\n"
		      ".sievert.yml, SIEVERT_* variables and the command line; each later one "
		      "wins.\n",
		      out);
		fputs(codes, out);
	}
	fputs("\n'sievert help COMMAND' tells more about a command, 'man sievert' all.\n", out);
}

static void print_verb(FILE *out, const struct sv_cli_verb *verb, bool full)
{
	fprintf(out, "Usage: sievert %s [OPTION...]%s%s\n", verb->name, *verb->arguments ? " " : "",
		verb->arguments);
	if (full && *verb->examples != '\0') {
		fputs("\nExamples:\n", out);
		print_examples(out, verb->examples);
	}
	fprintf(out, "\n%c%s.\n", toupper((unsigned char)*verb->brief), verb->brief + 1);
	if (full && *verb->more != '\0')
		print_wrapped(out, verb->more, 0);
	print_options(out, verb, full);
	if (full && sv_cli_takes(verb, &sv_cli_options[SV_OPTION_FAIL_ON]))
		fputs(codes, out);
}

/* "rules" of "rules list", "rules show" */
static void print_group(FILE *out, const struct sv_cli_verb *first)
{
	size_t n = strcspn(first->name, " ");

	fprintf(out, "Usage: sievert %.*s COMMAND [OPTION...] [ARGUMENT...]\n", (int)n,
		first->name);
	print_commands(out, first->name, n + 1);
	fprintf(out,
		"\n'sievert %.*s' alone is 'sievert %s'; 'sievert help %s' tells more about it.\n",
		(int)n, first->name, first->name, first->name);
}

void sv_cli_print_help(const struct sv_cli *cli, const struct sv_cli_verb *verb, FILE *out)
{
	size_t members = 0;

	for (size_t i = 0; verb && i < SV_VERB_COUNT; i++)
		members += is_listed(&sv_cli_verbs[i], verb->name, strcspn(verb->name, " ") + 1);
	if (verb == NULL)
		print_overview(out, !cli->short_help);
	else if (cli->is_group && members > 1) /* a group of one is its only command */
		print_group(out, verb);
	else
		print_verb(out, verb, !cli->short_help);
}

int sv_cli_help(struct sv_cli *cli)
{
	struct sv_cli about = {0};
	int code = SV_CLI_CLEAN;
	size_t argc = cli->n_args + 1;
	char **argv = sv_cli_keep(cli, (argc + 1) * sizeof(*argv));

	/* what follows is read as a command line: "help rules show" is about "rules show" */
	argv[0] = sv_cli_format(cli, "sievert");
	for (size_t i = 0; i < cli->n_args; i++)
		argv[i + 1] = sv_cli_format(cli, "%s", cli->args[i]);
	if (sv_cli_parse(&about, (int)argc, argv) < 0)
		code = SV_CLI_FAILED;
	else
		sv_cli_print_help(&about, about.verb, stdout);
	sv_cli_release(&about);
	return code == SV_CLI_CLEAN ? sv_cli_finish_stdout() : code;
}
