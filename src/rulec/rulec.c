/* Compiles patterns/ when the project is built: rulec OUT.c OUT.db FOLDER. */
#include "rules/rules.h"
#include <stdio.h>

/* rulec reads files; it has nothing built in */
const struct sv_rule sv_rules_builtin[1];
const size_t sv_rules_builtin_count = 0;
const char *const sv_rules_builtin_digest = "";
const uint8_t sv_rules_builtin_anchor_width[1];
const unsigned char *const sv_rules_builtin_db = NULL;
const size_t sv_rules_builtin_db_at[SV_GATES];
const char *const sv_rules_builtin_libhs = "";
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
	fprintf(out,
		"{.line=%u,.severity=%d,.confidence=%d,.cls=%d,.width=%u,.lead=%u,.entropy=%.17g",
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

/* A database as it lies in memory at a multiple of 64, made from its serialised form. */
static uint8_t *make_image(const char *db, size_t db_len, size_t size)
{
	uint8_t *image = aligned_alloc(64, (size + 63) & ~(size_t)63);

	if (image == NULL)
		return NULL;
	memset(image, 0, size);
	if (hs_deserialize_database_at(db, db_len, (hs_database_t *)image) == HS_SUCCESS)
		return image;
	free(image);
	return NULL;
}

/*
 * The library uses the image where it was linked, without a copy. That is sound only if nothing
 * in it depends on the address: two copies at different addresses must be the same bytes.
 */
static int add_image(struct sv_buf *images, const hs_database_t *database)
{
	SV_AUTO_FREE uint8_t *image = NULL;
	SV_AUTO_FREE uint8_t *twin = NULL;
	SV_AUTO_FREE char *db = NULL;
	size_t db_len = 0, size = 0;
	int status = 0;

	if (hs_serialize_database(database, &db, &db_len) != HS_SUCCESS ||
	    hs_serialized_database_size(db, db_len, &size) != HS_SUCCESS) {
		fputs("rulec: a database cannot be serialised\n", stderr);
		return SV_EINVAL;
	}
	image = make_image(db, db_len, size);
	twin = make_image(db, db_len, size);
	if (image == NULL || twin == NULL || memcmp(image, twin, size) != 0) {
		fputs("rulec: this libhs makes databases that cannot be moved\n", stderr);
		return SV_EINVAL;
	}
	while (status == 0 && images->len % 64 != 0)
		status = sv_buf_putc(images, 0);
	return status < 0 ? status : sv_buf_append(images, image, size);
}

/* One after another in one file; ret_at says where. */
static int write_images(const char *path, const struct sv_ruleset *set, size_t ret_at[SV_GATES])
{
	SV_AUTO(sv_buf) images = {0};
	struct sv_err err = {0};
	int status = 0;

	for (int gate = 0; status == 0 && gate < SV_GATES; gate++) {
		ret_at[gate] = SIZE_MAX;
		if (set->db[gate] == NULL)
			continue;
		ret_at[gate] = (images.len + 63) & ~(size_t)63;
		status = add_image(&images, set->db[gate]);
	}
	if (status == 0)
		status = sv_file_write(path, sv_buf_span(&images), 0644, &err);
	if (err.text[0] != '\0')
		fprintf(stderr, "rulec: %s\n", err.text);
	return status;
}

static int write_rules(const char *path, const struct sv_ruleset *set, const size_t at[SV_GATES])
{
	size_t n = sv_ruleset_count(set);
	FILE *out = fopen(path, "w");

	if (out == NULL) {
		perror(path);
		return SV_EIO;
	}
	fputs("#include \"rules/rules.h\"\nconst struct sv_rule sv_rules_builtin[] = {\n", out);
	for (size_t i = 0; i < n; i++)
		put_rule(out, sv_ruleset_get(set, i));
	fprintf(out, "};\nconst size_t sv_rules_builtin_count = %zu;\n", n);
	fprintf(out, "const char *const sv_rules_builtin_digest = \"%s\";\n",
		sv_ruleset_digest(set));
	fputs("const uint8_t sv_rules_builtin_anchor_width[] = {", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", set->anchor_width[i]);
	fputs("};\nconst size_t sv_rules_builtin_db_at[SV_GATES] = {", out);
	for (int gate = 0; gate < SV_GATES; gate++)
		fprintf(out, at[gate] == SIZE_MAX ? "SIZE_MAX," : "%zu,", at[gate]);
	fputs("};\nconst char *const sv_rules_builtin_libhs = ", out);
	put_text(out, hs_version());
	fputs(";\n", out);
	if (fclose(out) != 0) {
		perror(path);
		return SV_EIO;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sv_ruleset_options options = {.no_builtin = true, .n_paths = 1};
	const char *folder = argc == 4 ? argv[3] : NULL;
	struct sv_ruleset *set = NULL;
	size_t at[SV_GATES];
	struct sv_err err = {0};
	int status;

	if (folder == NULL) {
		fputs("usage: rulec OUT.c OUT.db FOLDER\n", stderr);
		return 2;
	}
	options.paths = &folder;
	if (sv_ruleset_open(&options, &set, &err) < 0) {
		fprintf(stderr, "rulec: %s\n", err.text);
		return 1;
	}
	status = write_images(argv[2], set, at);
	if (status == 0)
		status = write_rules(argv[1], set, at);
	sv_ruleset_free(set);
	return status < 0;
}
