/* sievert rules list, show, check. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED 1 /* of the examples that are shown and checked: the same each time */

/* ---- JSON ---- */

static void json_member(const char *name, const char *text)
{
	if (text == NULL)
		return;
	printf(",\"%s\":", name);
	sv_cli_print_json(text);
}

static void json_list(const char *name, const char *const *list)
{
	if (list == NULL)
		return;
	printf(",\"%s\":[", name);
	for (size_t i = 0; list[i] != NULL; i++) {
		fputs(i ? "," : "", stdout);
		sv_cli_print_json(list[i]);
	}
	fputs("]", stdout);
}

static void json_rule(const struct sv_rule *rule)
{
	char entropy[32];

	fputs("{\"id\":", stdout);
	sv_cli_print_json(rule->id);
	json_member("name", rule->name);
	json_member("description", rule->description);
	json_member("class", sv_class_name(rule->cls));
	json_member("severity", sv_severity_name(rule->severity));
	json_member("confidence", sv_confidence_name(rule->confidence));
	json_member("origin", rule->origin);
	printf(",\"line\":%u", rule->line);
	json_member("pattern", rule->pattern);
	json_member("anchor", rule->anchor);
	json_member("gate", rule->gate);
	printf(",\"width\":%u", rule->width);
	snprintf(entropy, sizeof(entropy), "%.17g", rule->entropy);
	if (rule->entropy > 0)
		printf(",\"entropy\":%s", entropy);
	json_list("checks", rule->checks);
	json_member("instead", rule->practice.instead);
	json_member("rotate", rule->practice.rotate);
	json_member("docs", rule->practice.docs);
	json_list("documents", rule->documents);
	json_list("mcsb", rule->practice.mcsb);
	json_list("mcsb_v2", rule->practice.mcsb_v2);
	json_list("policies", rule->practice.policies);
	json_list("cwe", rule->practice.cwe);
	json_list("sec101", rule->practice.sec101);
	json_list("github", rule->practice.github);
	json_list("examples", rule->examples);
	json_list("refuses", rule->refuses);
	fputs("}", stdout);
}

static void json_rules(const struct sv_rule *const *rules, size_t n, bool lines)
{
	fputs(lines ? "" : "[", stdout);
	for (size_t i = 0; i < n; i++) {
		fputs(!lines && i ? ",\n" : "", stdout);
		json_rule(rules[i]);
		fputs(lines ? "\n" : "", stdout);
	}
	fputs(lines ? "" : "]\n", stdout);
}

/* ---- list ---- */

static bool holds_all(const struct sv_rule *rule, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasestr(rule->id, words[i]) && !strcasestr(rule->name, words[i]) &&
		    !strcasestr(rule->origin, words[i]))
			return false;
	return true;
}

/* "azure" of "azure/storage.yml", or of "my/azure/storage.yml" */
static void provider_of(const struct sv_rule *rule, char *ret, size_t cap)
{
	const char *slash = strrchr(rule->origin, '/'), *start = slash;

	if (slash == NULL) {
		snprintf(ret, cap, "%.*s", (int)strcspn(rule->origin, "."), rule->origin);
		return;
	}
	while (start > rule->origin && start[-1] != '/')
		start--;
	snprintf(ret, cap, "%.*s", (int)(slash - start), start);
}

struct provider {
	char name[128];
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct provider *)a)->name, ((const struct provider *)b)->name);
}

static void list_providers(struct sv_cli *cli, const struct sv_rule *const *rules, size_t n)
{
	struct provider *all = sv_cli_keep(cli, (n + 1) * sizeof(*all));
	const char *format = sv_cli_text(cli, SV_OPTION_FORMAT);
	bool text = strcmp(format, "text") == 0, lines = strcmp(format, "jsonl") == 0;
	const char *comma = "";

	for (size_t i = 0; i < n; i++) {
		provider_of(rules[i], all[i].name, sizeof(all[i].name));
		all[i].n = 1;
	}
	qsort(all, n, sizeof(*all), by_name);
	fputs(text || lines ? "" : "[", stdout);
	for (size_t i = 0, last = 0; i < n; i++) {
		if (i != last && strcmp(all[i].name, all[last].name) == 0)
			all[last].n += 1;
		else
			last = i;
		if (i + 1 < n && strcmp(all[i + 1].name, all[last].name) == 0)
			continue;
		if (text) {
			printf("%6zu  ", all[last].n);
			sv_cli_print_safe(all[last].name);
			puts("");
			continue;
		}
		printf("%s{\"provider\":", comma);
		sv_cli_print_json(all[last].name);
		printf(",\"rules\":%zu}%s", all[last].n, lines ? "\n" : "");
		comma = lines ? "" : ",\n";
	}
	fputs(text || lines ? "" : "]\n", stdout);
}

/* ---- by document ---- */

static bool watches(const struct sv_rule *rule, const struct sv_document *document)
{
	size_t n = strlen(document->id);

	for (const char *const *d = rule->documents; d && *d; d++)
		if (strncmp(*d, document->id, n) == 0 && ((*d)[n] == '/' || (*d)[n] == '\0'))
			return true;
	return false;
}

/* "a b" of rule in document */
static void print_clauses(const struct sv_rule *rule, const struct sv_document *document)
{
	size_t n = strlen(document->id);

	for (const char *const *d = rule->documents; d && *d; d++)
		if (strncmp(*d, document->id, n) == 0 && (*d)[n] == '/')
			printf("%s ", *d + n + 1);
}

static void list_watching(const struct sv_rule *rule, const struct sv_document *document, bool text,
			  const char **comma)
{
	if (text) {
		printf("  %-8s ", sv_class_name(rule->cls));
		print_clauses(rule, document);
		sv_cli_print_safe(rule->id);
		puts("");
		return;
	}
	fputs(*comma, stdout);
	sv_cli_print_json(rule->id);
	*comma = ",";
}

/* Any secret is what the first document warns of; text counts those that do not say so themselves. */
static void list_document(const struct sv_document *document, const struct sv_rule *const *rules,
			  size_t n, bool text)
{
	const char *comma = "";
	size_t n_runs, others = 0, n_documents;
	const struct sv_rule *const *runs = sv_rules_of_runs(&n_runs);
	bool is_first = document == sv_documents(&n_documents);

	if (text)
		printf("%s\n", document->title);
	for (size_t i = 0; i < n; i++) {
		bool other = is_first && rules[i]->cls == SV_CLASS_SECRET && !watches(rules[i], document);

		others += other;
		if (watches(rules[i], document) || (other && !text))
			list_watching(rules[i], document, text, &comma);
	}
	for (size_t i = 0; i < n_runs; i++)
		if (watches(runs[i], document))
			list_watching(runs[i], document, text, &comma);
	if (text && others != 0)
		printf("  secret   a and %zu more rules: whatever is a secret\n", others);
}

static void list_documents(struct sv_cli *cli, const struct sv_rule *const *rules, size_t n)
{
	const char *format = sv_cli_text(cli, SV_OPTION_FORMAT);
	bool text = strcmp(format, "text") == 0, lines = strcmp(format, "jsonl") == 0;
	size_t n_documents;
	const struct sv_document *documents = sv_documents(&n_documents);

	fputs(text || lines ? "" : "[", stdout);
	for (size_t i = 0; i < n_documents; i++) {
		if (!text) {
			printf("%s{\"document\":", !lines && i ? ",\n" : "");
			sv_cli_print_json(documents[i].id);
			json_member("title", documents[i].title);
			fputs(",\"rules\":[", stdout);
		}
		list_document(&documents[i], rules, n, text);
		fputs(text ? "" : lines ? "]}\n" : "]}", stdout);
	}
	fputs(text || lines ? "" : "]\n", stdout);
}

int sv_cli_rules_list(struct sv_cli *cli)
{
	const char *format = sv_cli_text(cli, SV_OPTION_FORMAT);
	const struct sv_rule **rules;
	struct sv_ruleset *set = NULL;
	size_t n = 0;
	int code = sv_cli_open_rules(cli, false, &set);

	if (code != SV_CLI_CLEAN)
		return code;
	rules = sv_cli_keep(cli, (sv_ruleset_count(set) + 1) * sizeof(*rules));
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		if (holds_all(sv_ruleset_get(set, i), cli->args, cli->n_args))
			rules[n++] = sv_ruleset_get(set, i);
	if (strcmp(sv_cli_text(cli, SV_OPTION_BY), "provider") == 0) {
		list_providers(cli, rules, n);
	} else if (strcmp(sv_cli_text(cli, SV_OPTION_BY), "document") == 0) {
		list_documents(cli, rules, n);
	} else if (strcmp(format, "text") != 0) {
		json_rules(rules, n, strcmp(format, "jsonl") == 0);
	} else {
		for (size_t i = 0; i < n; i++) {
			sv_cli_print_safe(rules[i]->id);
			printf("%*s %-9s ",
			       (int)(strlen(rules[i]->id) < 36 ? 36 - strlen(rules[i]->id) : 0), "",
			       sv_severity_name(rules[i]->severity));
			sv_cli_print_safe(rules[i]->name);
			puts("");
		}
	}
	sv_ruleset_free(set);
	return sv_cli_finish_stdout();
}

/* ---- show ---- */

static void show_line(const char *label, const char *text)
{
	if (text == NULL)
		return;
	printf("  %-11s ", label);
	sv_cli_print_safe(text);
	puts("");
}

static void show_list(const char *label, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++, label = "")
		show_line(label, *list);
}

static void show_example(const char *label, const char *example)
{
	size_t need = sv_rule_expand(example, SEED, NULL, 0);
	char *text = malloc(need + 1);

	if (text == NULL)
		exit(sv_cli_fail("out of memory"));
	sv_rule_expand(example, SEED, text, need + 1);
	show_line(label, text);
	free(text);
}

static void show_rule(const struct sv_rule *rule)
{
	sv_cli_print_safe(rule->id);
	puts("");
	show_line("name", rule->name);
	show_line("about", rule->description);
	show_line("class", sv_class_name(rule->cls));
	show_line("severity", sv_severity_name(rule->severity));
	show_line("confidence", sv_confidence_name(rule->confidence));
	if (rule->pattern[0] != '\0') {
		show_line("pattern", rule->pattern);
		show_line("anchor", rule->anchor ? rule->anchor
				    : rule->word ? "(long words of letters and digits)"
						 : "(the pattern)");
		show_line("gate", rule->gate);
		printf("  %-11s at most %u bytes\n", "width", rule->width);
	}
	if (rule->entropy > 0)
		printf("  %-11s at least %g bits a byte\n", "entropy", rule->entropy);
	show_list("checks", rule->checks);
	show_line("instead", rule->practice.instead);
	show_line("rotate", rule->practice.rotate);
	show_line("docs", rule->practice.docs);
	show_list("documents", rule->documents);
	show_list("mcsb", rule->practice.mcsb);
	show_list("mcsb v2", rule->practice.mcsb_v2);
	show_list("policies", rule->practice.policies);
	show_list("cwe", rule->practice.cwe);
	show_list("sec101", rule->practice.sec101);
	show_list("github", rule->practice.github);
	show_list("in a", rule->slot.types);
	show_list("within", rule->slot.within);
	show_list("not within", rule->slot.outside);
	show_list("beside", rule->slot.with);
	show_list("not beside", rule->slot.without);
	if (rule->pattern[0] == '\0') {
		show_line("from", "what a whole run shows");
		return;
	}
	show_example("example", rule->examples[0]);
	show_example("not", rule->refuses[0]);
	printf("  %-11s ", "from");
	sv_cli_print_safe(rule->origin);
	printf(":%u\n", rule->line);
}

static const struct sv_rule *find_rule(const struct sv_ruleset *set, const char *id)
{
	size_t n;
	const struct sv_rule *const *runs = sv_rules_of_runs(&n);
	const struct sv_rule *rule = sv_ruleset_find(set, id);

	for (size_t i = 0; rule == NULL && i < n; i++)
		if (strcmp(runs[i]->id, id) == 0)
			rule = runs[i];
	return rule;
}

static int unknown_rule(struct sv_cli *cli, const struct sv_ruleset *set, const char *id)
{
	size_t n = sv_ruleset_count(set);
	const char **ids = sv_cli_keep(cli, (n + 1) * sizeof(*ids));
	const char *guess;

	for (size_t i = 0; i < n; i++)
		ids[i] = sv_ruleset_get(set, i)->id;
	guess = sv_cli_guess(id, ids, n);
	if (guess != NULL)
		return sv_cli_fail("there is no rule \"%s\"; did you mean %s?", id, guess);
	return sv_cli_fail("there is no rule \"%s\"; 'sievert rules list WORD' searches them", id);
}

int sv_cli_rules_show(struct sv_cli *cli)
{
	const char *format = sv_cli_text(cli, SV_OPTION_FORMAT);
	const struct sv_rule **rules = sv_cli_keep(cli, (cli->n_args + 1) * sizeof(*rules));
	struct sv_ruleset *set = NULL;
	int code;

	if (cli->n_args == 0)
		return sv_cli_misuse(cli, "a RULE is wanted; 'sievert rules list' tells them");
	code = sv_cli_open_rules(cli, false, &set);
	for (size_t i = 0; code == SV_CLI_CLEAN && i < cli->n_args; i++) {
		rules[i] = find_rule(set, cli->args[i]);
		if (rules[i] == NULL)
			code = unknown_rule(cli, set, cli->args[i]);
	}
	if (code == SV_CLI_CLEAN && strcmp(format, "text") != 0)
		json_rules(rules, cli->n_args, strcmp(format, "jsonl") == 0);
	for (size_t i = 0; code == SV_CLI_CLEAN && strcmp(format, "text") == 0 && i < cli->n_args;
	     i++) {
		fputs(i ? "\n" : "", stdout);
		show_rule(rules[i]);
	}
	sv_ruleset_free(set);
	return code == SV_CLI_CLEAN ? sv_cli_finish_stdout() : code;
}

/* ---- check ---- */

static int on_problem(const struct sv_rule *rule, const char *problem, void *payload)
{
	size_t *problems = payload;

	sv_cli_print_safe(rule->origin);
	printf(":%u: ", rule->line);
	sv_cli_print_safe(rule->id);
	fputs(": ", stdout);
	sv_cli_print_safe(problem);
	puts("");
	*problems += 1;
	return 0;
}

int sv_cli_rules_check(struct sv_cli *cli)
{
	struct sv_ruleset_options options = {.paths = cli->args,
					     .n_paths = cli->n_args,
					     .no_builtin = true,
					     .whole_paths = true};
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	size_t problems = 0;
	int code;

	if (cli->n_args == 0)
		return sv_cli_misuse(cli, "a FILE or DIR is wanted");
	if (sv_ruleset_open(&options, &set, &err) < 0)
		return sv_cli_fail("%s", err.text);
	if (sv_ruleset_check(set, SEED, on_problem, &problems, &err) < 0 && problems == 0) {
		sv_ruleset_free(set);
		return sv_cli_fail("%s", err.text);
	}
	if (problems == 0)
		printf("%zu rule%s: all examples are found, no refusal is\n", sv_ruleset_count(set),
		       sv_ruleset_count(set) == 1 ? "" : "s");
	sv_ruleset_free(set);
	code = sv_cli_finish_stdout();
	return code == SV_CLI_CLEAN && problems != 0 ? SV_CLI_FINDINGS : code;
}
