/* Compiles patterns/ when the project is built: rulec OUT.c FOLDER. */
#include "rules/rules.h"
#include <stdio.h>

/* rulec reads files; it has nothing built in */
const struct sv_rule sv_rules_builtin[1];
const size_t sv_rules_builtin_count = 0;
const char *const sv_rules_builtin_digest = "";
const unsigned char *const sv_rules_builtin_db[SV_GATES];
const size_t sv_rules_builtin_db_len[SV_GATES];
const uint8_t sv_rules_builtin_anchor_width[1];
const unsigned char *const sv_rules_builtin_model = NULL;
const unsigned char *const sv_rules_builtin_model_end = NULL;

static void put_text(FILE *out, const char *text)
{
	if (text == NULL) {
		fputs("0", out);
		return;
	}
	fputc('"', out);
	/* octal: a hexadecimal escape would swallow the digits that follow it */
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\' || *text == '?' || *text < ' ' || *text > '~')
			fprintf(out, "\\%03o", (unsigned char)*text);
		else
			fputc(*text, out);
	fputc('"', out);
}

static void put_list(FILE *out, const char *name, const char *const *list)
{
	fprintf(out, ",.%s=", name);
	if (list == NULL) {
		fputs("0", out);
		return;
	}
	fputs("(const char*const[]){", out);
	for (; *list != NULL; list++) {
		put_text(out, *list);
		fputc(',', out);
	}
	fputs("0}", out);
}

static void put_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",.%s=", name);
	put_text(out, text);
}

static void put_rule(FILE *out, const struct sv_rule *rule)
{
	fprintf(out, "{.line=%u,.severity=%d,.confidence=%d,.cls=%d,.width=%u,.lead=%u,.entropy=%.17g",
		rule->line, (int)rule->severity, (int)rule->confidence, (int)rule->cls, rule->width,
		rule->lead, rule->entropy);
	put_member(out, "id", rule->id);
	put_member(out, "name", rule->name);
	put_member(out, "description", rule->description);
	put_member(out, "origin", rule->origin);
	put_member(out, "pattern", rule->pattern);
	put_member(out, "anchor", rule->anchor);
	put_member(out, "gate", rule->gate);
	put_member(out, "practice.instead", rule->practice.instead);
	put_member(out, "practice.rotate", rule->practice.rotate);
	put_member(out, "practice.docs", rule->practice.docs);
	put_list(out, "practice.mcsb", rule->practice.mcsb);
	put_list(out, "practice.cwe", rule->practice.cwe);
	put_list(out, "checks", rule->checks);
	put_list(out, "examples", rule->examples);
	put_list(out, "refuses", rule->refuses);
	fputs("},\n", out);
}

static void put_bytes(FILE *out, const char *name, const uint8_t *bytes, size_t len)
{
	/* 8-aligned: Hyperscan wants its serialised form so */
	fprintf(out, "const unsigned char %s[] __attribute__((aligned(8))) = {", name);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
	fputs("0};\n", out);
}

static int put_databases(FILE *out, const struct sv_ruleset *set)
{
	size_t lens[SV_GATES] = {0};

	for (int gate = 0; gate < SV_GATES; gate++) {
		char *db = NULL, name[16];

		if (set->db[gate] == NULL)
			continue;
		if (hs_serialize_database(set->db[gate], &db, &lens[gate]) != HS_SUCCESS)
			return SV_EINVAL;
		snprintf(name, sizeof(name), "db%d", gate);
		fputs("static ", out);
		put_bytes(out, name, (const uint8_t *)db, lens[gate]);
		free(db);
	}
	fputs("const unsigned char *const sv_rules_builtin_db[SV_GATES] = {", out);
	for (int gate = 0; gate < SV_GATES; gate++)
		fprintf(out, set->db[gate] ? "db%d," : "0,", gate);
	fputs("};\nconst size_t sv_rules_builtin_db_len[SV_GATES] = {", out);
	for (int gate = 0; gate < SV_GATES; gate++)
		fprintf(out, "%zu,", lens[gate]);
	fputs("};\n", out);
	return 0;
}

int main(int argc, char **argv)
{
	struct sv_ruleset_options options = {.no_builtin = true, .n_paths = 1};
	const char *folder = argc == 3 ? argv[2] : NULL;
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	FILE *out;

	if (folder == NULL) {
		fputs("usage: rulec OUT.c FOLDER\n", stderr);
		return 2;
	}
	options.paths = &folder;
	if (sv_ruleset_open(&options, &set, &err) < 0) {
		fprintf(stderr, "rulec: %s\n", err.text);
		return 1;
	}
	out = fopen(argv[1], "w");
	if (out == NULL) {
		perror(argv[1]);
		return 1;
	}
	fputs("#include \"rules/rules.h\"\nconst struct sv_rule sv_rules_builtin[] = {\n", out);
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		put_rule(out, sv_ruleset_get(set, i));
	fprintf(out, "};\nconst size_t sv_rules_builtin_count = %zu;\n", sv_ruleset_count(set));
	fprintf(out, "const char *const sv_rules_builtin_digest = \"%s\";\n", sv_ruleset_digest(set));
	put_bytes(out, "sv_rules_builtin_anchor_width", set->anchor_width, sv_ruleset_count(set));
	if (put_databases(out, set) < 0)
		return 1;
	sv_ruleset_free(set);
	if (fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
