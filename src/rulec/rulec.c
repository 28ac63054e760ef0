/* Compiles patterns/ when the project is built: rulec OUT.c FOLDER FILE… (FILEs relative to FOLDER). */
#include "rules/rules.h"
#include <stdio.h>

/* rulec reads files; it has nothing built in */
const struct sv_rules_builtin sv_rules_builtin[1];
const size_t sv_rules_builtin_count = 0;
const unsigned char *const sv_rules_builtin_db = NULL;
const size_t sv_rules_builtin_db_len = 0;

/* The order in which folders are walked: "npm/x" before "npm-scopes/x", though '-' sorts before '/'. */
static int by_path(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	return (*x == '/' ? 1 : (uint8_t)*x) - (*y == '/' ? 1 : (uint8_t)*y);
}

static void put_bytes(FILE *out, const char *name, const uint8_t *bytes, size_t len)
{
	/* 8-aligned: Hyperscan wants its serialised form so */
	fprintf(out, "static const unsigned char %s[] __attribute__((aligned(8))) = {", name);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", bytes[i]);
	fputs("0};\n", out);
}

int main(int argc, char **argv)
{
	struct sv_ruleset_options options = {.no_builtin = true, .n_paths = 1};
	const char *folder = argc > 3 ? argv[2] : NULL;
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	char *db = NULL, name[32];
	size_t db_len = 0;
	FILE *out;

	if (argc < 4) {
		fputs("usage: rulec OUT.c FOLDER FILE...\n", stderr);
		return 2;
	}
	/* ids of the database are places in this order: it must be the one in which texts are read */
	qsort(argv + 3, (size_t)argc - 3, sizeof(*argv), by_path);
	options.paths = &folder;
	if (sv_ruleset_open(&options, &set, &err) < 0) {
		fprintf(stderr, "rulec: %s\n", err.text);
		return 1;
	}
	if (hs_serialize_database(set->db, &db, &db_len) != HS_SUCCESS)
		return 1;
	out = fopen(argv[1], "w");
	if (out == NULL) {
		perror(argv[1]);
		return 1;
	}
	fputs("#include \"rules/rules.h\"\n", out);
	for (int i = 3; i < argc; i++) {
		SV_AUTO_FREE char *path = sv_path_join(folder, argv[i]);
		SV_AUTO(sv_buf) text = {0};

		if (path == NULL || sv_file_read(path, &text, &err) < 0) {
			fprintf(stderr, "rulec: %s\n", err.text);
			return 1;
		}
		snprintf(name, sizeof(name), "text_%d", i);
		put_bytes(out, name, text.ptr, text.len);
	}
	fputs("const struct sv_rules_builtin sv_rules_builtin[] = {\n", out);
	for (int i = 3; i < argc; i++)
		fprintf(out, "{\"%s\", (const char *)text_%d, sizeof(text_%d) - 1},\n", argv[i], i, i);
	fprintf(out, "};\nconst size_t sv_rules_builtin_count = %d;\n", argc - 3);
	put_bytes(out, "db", (const uint8_t *)db, db_len);
	fputs("const unsigned char *const sv_rules_builtin_db = db;\n", out);
	fprintf(out, "const size_t sv_rules_builtin_db_len = %zu;\n", db_len);
	free(db);
	sv_ruleset_free(set);
	if (fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
