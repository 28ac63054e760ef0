/* sievert _man: the manual page, in mdoc, from the tables. Run when the project is built. */
#include "cli.h"
#include <string.h>

/* Text inside a line of roff. */
static void put_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			fputs("\\e", stdout);
		else if (text[i] == '-')
			fputs("\\-", stdout);
		else if (text[i] == '"')
			fputs("\\(dq", stdout);
		else if ((text[i] == '.' || text[i] == '\'') && (i == 0 || text[i - 1] == '\n'))
			printf("\\&%c", text[i]);
		else
			putchar(text[i]);
	}
}

#define WIDTH 70 /* of a source line, before escapes: mandoc warns beyond 80 */

/* Sentences begin a line each, as mdoc wants it, and long ones are broken. */
static void put_sentences(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column != 0 && column + 1 + n > WIDTH) {
			putchar('\n');
			column = 0;
		} else if (column != 0) {
			putchar(' ');
			column++;
		}
		put_text(text, n);
		column += n;
		if (text[n] == '\0' || text[n - 1] == '.') {
			putchar('\n');
			column = 0;
		}
		text += n + strspn(text + n, " ");
	}
}

/* The first letter as a sentence has it, and a full stop. */
static void put_brief(const char *brief)
{
	char first = *brief >= 'a' && *brief <= 'z' ? (char)(*brief - 'a' + 'A') : *brief;

	put_text(&first, 1);
	put_text(brief + 1, strlen(brief + 1));
	puts(".");
}

static void put_examples(const char *examples)
{
	while (*examples != '\0') {
		size_t n = strcspn(examples, "\t"), m = strcspn(examples, "\n");

		fputs(".It ", stdout);
		put_text(examples + n + 1, m - n - 1);
		fputs(":\n.Dl ", stdout);
		put_text(examples, n);
		putchar('\n');
		examples += m + 1;
	}
}

static void put_verb(const struct sv_cli_verb *verb)
{
	fputs(".It Ic ", stdout);
	put_text(verb->name, strlen(verb->name));
	if (*verb->arguments != '\0') {
		fputs(" Ar ", stdout);
		put_text(verb->arguments, strlen(verb->arguments));
	}
	putchar('\n');
	put_brief(verb->brief);
	put_sentences(verb->more);
}

static void put_takers(const struct sv_cli_option *o)
{
	char text[2048] = "Taken by ";
	size_t n = strlen(text);

	if (o->verbs == ~0ull)
		return;
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		if (sv_cli_takes(&sv_cli_verbs[i], o) && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s, ",
					      sv_cli_verbs[i].name);
	/* the last comma is the full stop */
	if (n < sizeof(text))
		text[n - 2] = '.', text[n - 1] = '\0';
	put_sentences(text);
}

static void put_option(const struct sv_cli_option *o)
{
	fputs(".It ", stdout);
	if (o->letter)
		printf("Fl %c , ", o->letter);
	fputs("Fl \\-", stdout);
	put_text(o->name, strlen(o->name));
	if (o->argument != NULL) {
		fputs(" Ar ", stdout);
		put_text(o->argument, strlen(o->argument));
	}
	putchar('\n');
	put_brief(o->brief);
	if (o->kind == SV_CLI_CHOICE || o->kind == SV_CLI_WORDS) {
		fputs(o->kind == SV_CLI_CHOICE ? "One of " : "Some of ", stdout);
		for (const char *v = o->values; *v != '\0';) {
			size_t n = strcspn(v, "|");

			put_text(v, n);
			fputs(v[n] ? ", " : ".\n", stdout);
			v += n + (v[n] != '\0');
		}
	}
	put_sentences(o->more);
	if (o->argument != NULL && o->fallback != NULL) {
		fputs("Default: ", stdout);
		put_text(o->fallback, strlen(o->fallback));
		puts(".");
	}
	if (o->key != NULL)
		printf("Key:\n.Li %s .\n", o->key);
	put_takers(o);
}

static void put_options(void)
{
	bool open = false;

	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		if (sv_cli_options[i].section != NULL) {
			printf("%s.Ss %s\n.Bl -tag -width Ds\n", open ? ".El\n" : "",
			       sv_cli_options[i].section);
			open = true;
		} else {
			put_option(&sv_cli_options[i]);
		}
	}
	puts(".El");
}

static void put_keys(bool repo)
{
	const char *comma = "";

	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		if (sv_cli_options[i].key != NULL && (sv_cli_options[i].repo || !repo)) {
			printf("%s%s", comma, sv_cli_options[i].key);
			comma = ",\n";
		}
	puts(".");
}

static const char configuration[] =
	".Sh CONFIGURATION\n"
	"A configuration file is YAML: one map from keys to values, at most\n"
	"1 MiB, without aliases.\n"
	"A key that is not known is an error.\n"
	"Settings come from these places, and each later one wins;\n"
	"entries of lists add up:\n"
	".Bl -enum -compact\n"
	".It\n"
	"what is built in\n"
	".It\n"
	".Pa /etc/sievert/config.yml\n"
	".It\n"
	".Pa $XDG_CONFIG_HOME/sievert/config.yml\n"
	".It\n"
	".Pa .sievert.yml\n"
	"of the top of the repository, or of the folder that is scanned\n"
	".It\n"
	"the environment\n"
	".It\n"
	"the command line\n"
	".El\n"
	".Pp\n"
	".Fl \\-config Ar FILE\n"
	"takes the place of all three files.\n"
	".Pp\n"
	"The repository's own file is foreign.\n"
	"It may name rules inside its own tree only.\n"
	"It may lower numbers, not raise them.\n"
	"With\n"
	".Fl \\-no\\-repo\\-config ,\n"
	"with the key\n"
	".Li trust_repo_config\n"
	"set to false, and for the git command it is not read.\n"
	".Pp\n"
	"The keys are:\n";

static const char environment[] = ".Sh ENVIRONMENT\n"
				  "Each key is also a variable: its name in capitals after\n"
				  ".Ev SIEVERT_ ,\n"
				  "as in\n"
				  ".Ev SIEVERT_FAIL_ON .\n"
				  "The entries of a list are separated by colons.\n"
				  ".Bl -tag -width Ds\n"
				  ".It Ev NO_COLOR , CLICOLOR_FORCE , FORCE_COLOR\n"
				  "See\n"
				  ".Fl \\-color .\n"
				  ".It Ev CI\n"
				  "No progress is shown when it is set.\n"
				  ".El\n";

static const char exit_status[] =
	".Sh EXIT STATUS\n"
	".Bl -tag -width Ds\n"
	".It 0\n"
	"The scan was complete, and there are no findings that count.\n"
	".It 1\n"
	"There are findings.\n"
	".It 2\n"
	"The usage or the configuration is wrong, or the run failed.\n"
	".It 3\n"
	"Something could not be read, and nothing was found.\n"
	".It 128+N\n"
	"Signal N ended the run.\n"
	"For SIGINT and SIGTERM the report is written first, and says that it is\n"
	"not complete.\n"
	"A second signal ends the run at once.\n"
	".El\n";

int sv_cli_man(struct sv_cli *cli)
{
	(void)cli;
	puts(".\\\" Made by \"sievert _man\" from the tables of the command.\n"
	     ".Dd November 26, 2026\n.Dt SIEVERT 1\n.Os\n"
	     ".Sh NAME\n.Nm sievert\n.Nd find the secrets that a repository, a folder or a stream "
	     "exposes\n"
	     ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Op Ar argument ...\n"
	     ".Sh DESCRIPTION\n.Nm\n"
	     "reads files, streams, and every object of git repositories.\n"
	     "It reports the secrets that stand there, where, and what to do instead.\n"
	     "Values are redacted unless they are asked for.\n"
	     "What could not be read is part of the report.\n"
	     ".Pp\nThe commands are:\n.Bl -tag -width Ds");
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		if (!sv_cli_verb_is_hidden(&sv_cli_verbs[i]))
			put_verb(&sv_cli_verbs[i]);
	puts(".El\n.Sh OPTIONS\nA switch may also be given as\n.Fl \\-switch Ns =no ,\n"
	     "to undo what a configuration says.\n.Pp\nAfter\n.Fl \\-\nthere are no more options.");
	put_options();
	fputs(configuration, stdout);
	put_keys(false);
	fputs("A repository's own file may set:\n", stdout);
	put_keys(true);
	fputs(environment, stdout);
	fputs(exit_status, stdout);
	puts(".Sh EXAMPLES\n.Bl -tag -width Ds");
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		put_examples(sv_cli_verbs[i].examples);
	puts(".El\n.Sh SEE ALSO\n.Xr git 1");
	return sv_cli_finish_stdout();
}
