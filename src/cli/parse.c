/* The command line, by the tables. */
#include "cli.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_LONG = 256 }; /* getopt's values above characters: FIRST_LONG + id */

/* What is given, in the words of the key: --no-ignore and --no-ignore=yes are "ignore: no". */
static const char *value_of(const struct sv_cli_option *o, const char *given)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	if (o->argument != NULL)
		return given;
	if (given == NULL)
		return o->kind == SV_CLI_OFF ? "no" : "yes";
	for (size_t i = 0; o->kind == SV_CLI_OFF && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], given) == 0)
			return words[i ^ 1];
	return given;
}

static void make_getopt_tables(struct option *longs, char *letters)
{
	*letters++ = '-'; /* words come in their order, whatever POSIXLY_CORRECT says */
	*letters++ = ':';
	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];

		if (o->name == NULL)
			continue;
		*longs++ = (struct option){o->name,
					   o->argument ? required_argument : optional_argument,
					   NULL, FIRST_LONG + (int)i};
		if (o->letter == 0)
			continue;
		*letters++ = o->letter;
		if (o->argument != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	*longs = (struct option){0};
}

static size_t by_letter(int letter)
{
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		if (sv_cli_options[i].name != NULL && sv_cli_options[i].letter == letter)
			return i;
	return SV_OPTION_COUNT;
}

/* ---- verbs ---- */

/* Length of the verb's first word; its second begins after a space, if it has one. */
static size_t group_length(const char *name)
{
	return strcspn(name, " ");
}

static bool is_word(const char *name, size_t len, const char *word)
{
	return word != NULL && strlen(word) == len && memcmp(name, word, len) == 0;
}

/* Commands that only tell: what a group's word alone may mean. */
static bool only_tells(const char *second)
{
	static const char *const words[] = {"list", "show", "status"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], second) == 0)
			return true;
	return false;
}

/* The row that the words begin with; used says how many of them it takes. */
static const struct sv_cli_verb *find_verb(const char *first, const char *second, size_t *ret_used)
{
	const struct sv_cli_verb *group = NULL;

	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const char *name = sv_cli_verbs[i].name;
		size_t n = group_length(name);

		if (!is_word(name, n, first))
			continue;
		*ret_used = name[n] == '\0' ? 1 : 2;
		if (name[n] == '\0' || is_word(name + n + 1, strlen(name + n + 1), second))
			return &sv_cli_verbs[i];
		if (group == NULL && only_tells(name + n + 1))
			group = &sv_cli_verbs[i];
	}
	*ret_used = 1;
	return second == NULL ? group : NULL;
}

static int complain_verb(const struct sv_cli *cli, const char *first, const char *second)
{
	const char *names[SV_VERB_COUNT] = {0};
	char given[128], alone[SV_VERB_COUNT][32];
	const char *guess;
	bool group = false;

	if (access(first, F_OK) == 0)
		return sv_cli_misuse(
			cli, "there is no command \"%s\"; did you mean \"sievert scan %s\"?", first,
			first);
	for (size_t i = 0; i < SV_VERB_COUNT; i++)
		group |= is_word(sv_cli_verbs[i].name, group_length(sv_cli_verbs[i].name), first);
	snprintf(given, sizeof(given), "%.60s%s%.60s", first, group && second ? " " : "",
		 group && second ? second : "");
	for (size_t i = 0; i < SV_VERB_COUNT; i++) {
		const char *name = sv_cli_verbs[i].name;

		snprintf(alone[i], sizeof(alone[i]), "%.*s",
			 (int)(group ? strlen(name) : group_length(name)), name);
		if (!sv_cli_verb_is_hidden(&sv_cli_verbs[i]))
			names[i] = alone[i];
	}
	guess = sv_cli_guess(given, names, SV_VERB_COUNT);
	if (guess != NULL)
		return sv_cli_misuse(cli, "there is no command \"%s\"; did you mean \"%s\"?", given,
				     guess);
	return sv_cli_misuse(cli, "there is no command \"%s\"", given);
}

static int choose_verb(struct sv_cli *cli)
{
	const char *first = cli->n_args > 0 ? cli->args[0] : NULL;
	const char *second = cli->n_args > 1 ? cli->args[1] : NULL;
	size_t used = 0;

	if (first == NULL)
		return 0;
	cli->verb = find_verb(first, second, &used);
	if (cli->verb == NULL) {
		complain_verb(cli, first, second);
		return SV_EINVAL;
	}
	cli->is_group = cli->verb->name[group_length(cli->verb->name)] != '\0' && used == 1;
	cli->n_args -= used;
	memmove(cli->args, cli->args + used, (cli->n_args + 1) * sizeof(*cli->args));
	return 0;
}

static int check_options(const struct sv_cli *cli)
{
	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];
		const struct sv_cli_setting *s = &cli->settings[i];

		if (s->n == 0 || s->values[s->n - 1].source != SV_FROM_COMMAND_LINE)
			continue;
		if (cli->verb != NULL && !sv_cli_takes(cli->verb, o)) {
			sv_cli_misuse(cli, "sievert %s takes no --%s", cli->verb->name, o->name);
			return SV_EINVAL;
		}
	}
	return 0;
}

/* getopt says '?' or ':'; of a letter or a known name, optopt is what it was. */
static int complain(struct sv_cli *cli, int got, const char *word)
{
	const char *names[SV_OPTION_COUNT];
	const char *guess = NULL;
	char name[64];
	size_t used;

	/* whose help to point at */
	if (cli->n_args > 0)
		cli->verb = find_verb(cli->args[0], cli->n_args > 1 ? cli->args[1] : NULL, &used);
	if (got == ':' && optopt >= FIRST_LONG)
		return sv_cli_misuse(cli, "--%s wants a value",
				     sv_cli_options[optopt - FIRST_LONG].name);
	if (got == ':')
		return sv_cli_misuse(cli, "-%c wants a value", optopt);
	if (optopt != 0)
		return sv_cli_misuse(cli, "there is no option -%c", optopt);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (size_t i = 0; i < SV_OPTION_COUNT; i++)
		names[i] = sv_cli_options[i].name;
	guess = sv_cli_guess(name, names, SV_OPTION_COUNT);
	if (guess != NULL)
		return sv_cli_misuse(cli, "there is no option --%s; did you mean --%s?", name,
				     guess);
	return sv_cli_misuse(cli, "there is no option --%s", name);
}

/* One turn of getopt; 0 or SV_EINVAL. */
static int take(struct sv_cli *cli, int got, char **argv)
{
	size_t id = got >= FIRST_LONG ? (size_t)(got - FIRST_LONG) : by_letter(got);
	const struct sv_cli_option *o;

	if (got == 1) { /* a word that is no option */
		cli->args[cli->n_args++] = optarg;
		return 0;
	}
	if (got == ':' || got == '?') {
		complain(cli, got, argv[optind - 1]);
		return SV_EINVAL;
	}
	o = &sv_cli_options[id];
	if (id == SV_OPTION_HELP && got < FIRST_LONG)
		cli->short_help = true;
	return sv_cli_assign(cli, (enum sv_cli_option_id)id, value_of(o, optarg),
			     SV_FROM_COMMAND_LINE, sv_cli_format(cli, "--%s", o->name));
}

int sv_cli_parse(struct sv_cli *cli, int argc, char **argv)
{
	struct option longs[SV_OPTION_COUNT + 1];
	char letters[2 * SV_OPTION_COUNT + 3];
	int got, status = 0;

	cli->args = calloc((size_t)argc + 1, sizeof(*cli->args));
	if (cli->args == NULL)
		exit(sv_cli_fail("out of memory"));
	make_getopt_tables(longs, letters);
	opterr = 0;
	optind = 0; /* glibc: begin anew, "help" reads a second line */
	while (status == 0 && (got = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		status = take(cli, got, argv);
	for (; status == 0 && optind < argc; optind++)
		cli->args[cli->n_args++] = argv[optind];
	if (status == 0)
		status = choose_verb(cli);
	return status == 0 ? check_options(cli) : status;
}
