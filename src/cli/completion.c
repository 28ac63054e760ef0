/* sievert _completion bash|zsh|fish: from the tables. Run when the project is built. */
#include "cli.h"
#include <string.h>

enum wants { NOTHING, FILES, RULE_IDS, VALUES, COMMANDS };

static enum wants wants_of(const char *argument)
{
	if (argument == NULL)
		return NOTHING;
	if (strstr(argument, "FILE") || strstr(argument, "PATH") || strstr(argument, "DIR") ||
	    strstr(argument, "REPO"))
		return FILES;
	if (strstr(argument, "COMMAND"))
		return COMMANDS;
	return strstr(argument, "RULE") ? RULE_IDS : NOTHING;
}

static enum wants option_wants(const struct sv_cli_option *o)
{
	if (o->kind == SV_CLI_CHOICE || o->kind == SV_CLI_WORDS)
		return VALUES;
	return wants_of(o->argument);
}

/* "one|two" with another byte between */
static void put_values(const char *values, char between)
{
	for (; *values != '\0'; values++)
		putchar(*values == '|' ? between : *values);
}

/* The first words of the commands, each once. */
static void put_first_words(char between)
{
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const char *name = sv_cli_verbs[i].name;
		size_t n = strcspn(name, " ");

		if (sv_cli_verb_is_hidden(&sv_cli_verbs[i]) ||
		    (i > 0 && strncmp(sv_cli_verbs[i - 1].name, name, n + 1) == 0 &&
		     name[n] == ' '))
			continue;
		printf("%.*s%c", (int)n, name, between);
	}
}

/* The second words that may follow a first one. */
static void put_second_words(const char *first, size_t n, char between)
{
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const char *name = sv_cli_verbs[i].name;

		if (strncmp(name, first, n) == 0 && name[n] == ' ')
			printf("%s%c", name + n + 1, between);
	}
}

static bool begins_group(size_t i)
{
	const char *name = sv_cli_verbs[i].name;
	size_t n = strcspn(name, " ");

	return name[n] == ' ' && (i == 0 || strncmp(sv_cli_verbs[i - 1].name, name, n + 1) != 0);
}

static const char ids[] = "sievert rules list 2>/dev/null | cut -d\" \" -f1";

/* ---- bash ---- */

static void bash_candidates(enum wants wants, const char *values)
{
	switch (wants) {
	case FILES:
		fputs("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))", stdout);
		break;
	case RULE_IDS:
		printf("COMPREPLY=($(compgen -W \"$(%s)\" -- \"$cur\"))", ids);
		break;
	case VALUES:
		fputs("COMPREPLY=($(compgen -W \"", stdout);
		put_values(values, ' ');
		fputs("\" -- \"$cur\"))", stdout);
		break;
	case COMMANDS:
		fputs("COMPREPLY=($(compgen -W \"", stdout);
		put_first_words(' ');
		fputs("\" -- \"$cur\"))", stdout);
		break;
	case NOTHING:
		fputs(":", stdout);
		break;
	}
}

static void bash_options(const struct sv_cli_verb *verb)
{
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		if (sv_cli_takes(verb, &sv_cli_options[i]))
			printf("--%s ", sv_cli_options[i].name);
}

/* "--exclude | -x | …": the options that take an argument */
static void bash_arguments(void)
{
	const char *bar = "";

	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];

		if (o->name == NULL || o->argument == NULL)
			continue;
		printf("%s--%s", bar, o->name);
		if (o->letter)
			printf(" | -%c", o->letter);
		bar = " | ";
	}
}

static void put_bash(void)
{
	puts("# bash completion for sievert; made by \"sievert _completion bash\"\n"
	     "_sievert() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= verb= words=() i\n"
	     "\t[ \"$COMP_CWORD\" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	     "\tCOMPREPLY=()\n"
	     "\t# \"--color=x\" comes in three words\n"
	     "\tif [ \"$cur\" = = ]; then cur=\n"
	     "\telif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tcase ${COMP_WORDS[i]} in");
	fputs("\t\t", stdout);
	bash_arguments();
	puts(")\n\t\t\t[ \"${COMP_WORDS[i + 1]-}\" = = ] && ((i++))\n\t\t\t((i++)) ;;\n"
	     "\t\t-*) ;;\n\t\t*) words+=(\"${COMP_WORDS[i]}\") ;;\n\t\tesac\n\tdone\n\tcase $prev "
	     "in");
	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];

		if (o->name == NULL || o->argument == NULL)
			continue;
		printf("\t--%s", o->name);
		if (o->letter)
			printf(" | -%c", o->letter);
		fputs(") ", stdout);
		bash_candidates(option_wants(o), o->values);
		puts("; return ;;");
	}
	puts("\tesac\n\tverb=${words[0]-}\n\tcase $verb in");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		size_t n = strcspn(sv_cli_verbs[i].name, " ");

		if (!begins_group(i))
			continue;
		printf("\t%.*s)\n\t\tif [ ${#words[@]} -eq 1 ]; then\n\t\t\tCOMPREPLY=($(compgen "
		       "-W \"",
		       (int)n, sv_cli_verbs[i].name);
		put_second_words(sv_cli_verbs[i].name, n, ' ');
		puts("\" -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n\t\tverb=\"$verb "
		     "${words[1]}\"\n\t\t;;");
	}
	puts("\tesac\n\tcase $verb in");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const struct sv_cli_verb *verb = &sv_cli_verbs[i];

		if (sv_cli_verb_is_hidden(verb))
			continue;
		printf("\t\"%s\")\n\t\tif [[ $cur == -* ]]; then\n\t\t\tCOMPREPLY=($(compgen -W \"",
		       verb->name);
		bash_options(verb);
		fputs("\" -- \"$cur\"))\n\t\telse\n\t\t\t", stdout);
		bash_candidates(wants_of(verb->arguments), NULL);
		puts("\n\t\tfi\n\t\t;;");
	}
	fputs("\t\"\") COMPREPLY=($(compgen -W \"", stdout);
	put_first_words(' ');
	puts("--help --version\" -- \"$cur\")) ;;\n\tesac\n}\ncomplete -F _sievert sievert");
}

/* ---- zsh ---- */

/* Inside '…' of an _arguments specification. */
static void zsh_quote(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr("[]:\\", *text) != NULL)
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_action(enum wants wants, const char *argument, const char *values)
{
	fputs(":", stdout);
	zsh_quote(argument);
	fputs(":", stdout);
	if (wants == FILES)
		fputs("_files", stdout);
	else if (wants == RULE_IDS)
		fputs("_sievert_rules", stdout);
	else if (wants == VALUES || wants == COMMANDS) {
		fputs("(", stdout);
		if (wants == VALUES)
			put_values(values, ' ');
		else
			put_first_words(' ');
		fputs(")", stdout);
	}
}

static void zsh_option(const struct sv_cli_option *o)
{
	const char *many = o->kind == SV_CLI_LIST || o->kind == SV_CLI_PATHS ? "*" : "";

	for (int form = o->letter ? 0 : 1; form < 2; form++) {
		if (form == 0)
			printf(" \\\n\t\t\t'%s-%c[", many, o->letter);
		else
			printf(" \\\n\t\t\t'%s--%s%s[", many, o->name, o->argument ? "=" : "");
		zsh_quote(o->brief);
		fputs("]", stdout);
		if (o->argument != NULL)
			zsh_action(option_wants(o), o->argument, o->values);
		fputs("'", stdout);
	}
}

static void put_zsh(void)
{
	puts("#compdef sievert\n# made by \"sievert _completion zsh\"\n"
	     "_sievert_rules() {\n"
	     "\tlocal -a rules");
	printf("\trules=(${(f)\"$(%s)\"})\n", ids);
	puts("\t_describe rule rules\n}\n"
	     "_sievert() {\n"
	     "\tlocal verb=${words[2]-}\n"
	     "\tif ((CURRENT == 2)); then\n"
	     "\t\tlocal -a commands\n"
	     "\t\tcommands=(");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const char *name = sv_cli_verbs[i].name;
		size_t n = strcspn(name, " ");

		if (sv_cli_verb_is_hidden(&sv_cli_verbs[i]) || (name[n] == ' ' && !begins_group(i)))
			continue;
		printf("\t\t\t'%.*s:", (int)n, name);
		zsh_quote(sv_cli_verbs[i].brief);
		puts("'");
	}
	puts("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tcase $verb in");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		size_t n = strcspn(sv_cli_verbs[i].name, " ");

		if (!begins_group(i))
			continue;
		printf("\t%.*s)\n\t\tif ((CURRENT == 3)); then\n\t\t\tcompadd -- ", (int)n,
		       sv_cli_verbs[i].name);
		put_second_words(sv_cli_verbs[i].name, n, ' ');
		puts("\n\t\t\treturn\n\t\tfi\n\t\tverb=\"$verb ${words[3]}\"\n\t\tshift "
		     "words\n\t\t((CURRENT--))\n\t\t;;");
	}
	puts("\tesac\n\tshift words\n\t((CURRENT--))\n\tcase $verb in");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const struct sv_cli_verb *verb = &sv_cli_verbs[i];

		if (sv_cli_verb_is_hidden(verb))
			continue;
		printf("\t'%s')\n\t\t_arguments -s", verb->name);
		for (size_t k = 0; k < SV_OPTION_COUNT; k++)
			if (sv_cli_takes(verb, &sv_cli_options[k]))
				zsh_option(&sv_cli_options[k]);
		if (wants_of(verb->arguments) != NOTHING) {
			fputs(" \\\n\t\t\t'*", stdout);
			zsh_action(wants_of(verb->arguments), verb->arguments, NULL);
			fputs("'", stdout);
		}
		puts("\n\t\t;;");
	}
	puts("\tesac\n}\n_sievert \"$@\"");
}

/* ---- fish ---- */

static void fish_quote(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void fish_condition(const struct sv_cli_verb *verb)
{
	const char *space = strchr(verb->name, ' ');

	printf("'__fish_seen_subcommand_from %.*s", (int)strcspn(verb->name, " "), verb->name);
	if (space != NULL)
		printf("; and __fish_seen_subcommand_from %s", space + 1);
	putchar('\'');
}

static void fish_candidates(enum wants wants, const char *values)
{
	if (wants == FILES)
		fputs(" -F", stdout);
	else if (wants == RULE_IDS)
		printf(" -a '(%s)'", ids);
	else if (wants == VALUES) {
		fputs(" -a '", stdout);
		put_values(values, ' ');
		putchar('\'');
	} else if (wants == COMMANDS) {
		fputs(" -a '", stdout);
		put_first_words(' ');
		putchar('\'');
	}
}

static void fish_verb(size_t i)
{
	const struct sv_cli_verb *verb = &sv_cli_verbs[i];
	const char *space = strchr(verb->name, ' ');

	if (space == NULL || begins_group(i)) {
		printf("complete -c sievert -n __fish_use_subcommand -a %.*s -d ",
		       (int)strcspn(verb->name, " "), verb->name);
		fish_quote(verb->brief);
		puts("");
	}
	if (space != NULL) {
		printf("complete -c sievert -n '__fish_seen_subcommand_from %.*s' -a %s -d ",
		       (int)(space - verb->name), verb->name, space + 1);
		fish_quote(verb->brief);
		puts("");
	}
	if (wants_of(verb->arguments) != NOTHING) {
		fputs("complete -c sievert -n ", stdout);
		fish_condition(verb);
		fish_candidates(wants_of(verb->arguments), NULL);
		puts("");
	}
	for (size_t k = 0; k < SV_OPTION_COUNT; k++) {
		const struct sv_cli_option *o = &sv_cli_options[k];

		if (!sv_cli_takes(verb, o))
			continue;
		fputs("complete -c sievert -n ", stdout);
		fish_condition(verb);
		printf(" -l %s", o->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (o->argument != NULL)
			fputs(option_wants(o) == FILES ? " -r" : " -x", stdout);
		fish_candidates(option_wants(o), o->values);
		fputs(" -d ", stdout);
		fish_quote(o->brief);
		puts("");
	}
}

static void put_fish(void)
{
	puts("# fish completion for sievert; made by \"sievert _completion fish\"\ncomplete -c "
	     "sievert -f");
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		if (!sv_cli_verb_is_hidden(&sv_cli_verbs[i]))
			fish_verb(i);
}

int sv_cli_completion(struct sv_cli *cli)
{
	static const struct {
		const char *name;
		void (*put)(void);
	} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

	for (size_t i = 0; cli->n_args == 1 && i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(shells[i].name, cli->args[0]) == 0) {
			shells[i].put();
			return sv_cli_finish_stdout();
		}
	return sv_cli_misuse(cli, "bash, zsh or fish is wanted");
}
