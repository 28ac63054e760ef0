/* Compiles patterns/ when the project is built: rulec OUT.c OUT.db FOLDER. */
#include "rulec/sieve.h"
#include "rules/rules.h"
#include <inttypes.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

/* rulec reads files; it has nothing built in */
const struct sv_rule sv_rules_builtin[1];
const size_t sv_rules_builtin_count = 0;
const char *const sv_rules_builtin_digest = "";
const char *const sv_rules_builtin_libhs = "";
const unsigned char *const sv_rules_builtin_db = NULL;
const size_t sv_rules_builtin_db_at[SV_GATES];
const size_t sv_rules_builtin_sieve_at = SIZE_MAX;
const uint32_t sv_rules_builtin_code_at[1];
const uint8_t sv_rules_builtin_anchor_width[1];
const struct sv_need sv_rules_builtin_need[1];
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
	fprintf(out, "{.line=%u,.severity=%d,.confidence=%d,.cls=%d,.width=%u,.lead=%u,.word=%u,.least=%u,.entropy=%.17g",
		rule->line, (int)rule->severity, (int)rule->confidence, (int)rule->cls, rule->width,
		rule->lead, rule->word, rule->least, rule->entropy);
	put_member(out, "id", rule->id);
	put_member(out, "name", rule->name);
	put_member(out, "description", rule->description);
	put_member(out, "origin", rule->origin);
	put_member(out, "pattern", rule->pattern);
	put_member(out, "anchor", rule->anchor);
	put_member(out, "gate", rule->gate);
	put_member(out, "tail", rule->tail);
	put_member(out, "practice.instead", rule->practice.instead);
	put_member(out, "practice.rotate", rule->practice.rotate);
	put_member(out, "practice.docs", rule->practice.docs);
	put_list(out, "practice.mcsb", rule->practice.mcsb);
	put_list(out, "practice.mcsb_v2", rule->practice.mcsb_v2);
	put_list(out, "practice.policies", rule->practice.policies);
	put_list(out, "practice.cwe", rule->practice.cwe);
	put_list(out, "practice.sec101", rule->practice.sec101);
	put_list(out, "practice.github", rule->practice.github);
	put_list(out, "slot.types", rule->slot.types);
	put_list(out, "slot.within", rule->slot.within);
	put_list(out, "slot.outside", rule->slot.outside);
	put_list(out, "slot.with", rule->slot.with);
	put_list(out, "slot.without", rule->slot.without);
	put_list(out, "documents", rule->documents);
	put_list(out, "checks", rule->checks);
	put_list(out, "examples", rule->examples);
	put_list(out, "refuses", rule->refuses);
	fputs("},\n", out);
}

static void put_bytes(FILE *out, const struct sv_bytes *bytes)
{
	fputs("{{", out);
	for (int i = 0; i < 4; i++)
		fprintf(out, "%" PRIu64 "u,", bytes->of[i]);
	fputs("}},", out);
}

static void put_need(FILE *out, struct sv_need need)
{
	fprintf(out, "{%zu,", need.run);
	put_bytes(out, &need.of);
	fprintf(out, "%u,", need.first);
	put_bytes(out, &need.before);
	fputs("{", out);
	for (int i = 0; i < SV_NEED_FIRST; i++)
		put_bytes(out, &need.at[i]);
	fprintf(out, "},%d},\n", need.line);
}

/* Where in the blob each thing begins. */
struct places {
	size_t db[SV_GATES], sieve;
	SV_VEC(uint32_t) codes;
};

static int write_rules(const char *path, const struct sv_ruleset *set, const struct places *at)
{
	FILE *out = fopen(path, "w");

	if (out == NULL) {
		perror(path);
		return -1;
	}
	fputs("#include \"rules/rules.h\"\nconst struct sv_rule sv_rules_builtin[] = {\n", out);
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		put_rule(out, sv_ruleset_get(set, i));
	fprintf(out, "};\nconst size_t sv_rules_builtin_count = %zu;\n", sv_ruleset_count(set));
	fprintf(out, "const char *const sv_rules_builtin_digest = \"%s\";\n",
		sv_ruleset_digest(set));
	fputs("const uint8_t sv_rules_builtin_anchor_width[] = {", out);
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		fprintf(out, "%u,", set->anchor_width[i]);
	fputs("};\nconst struct sv_need sv_rules_builtin_need[] = {\n", out);
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		put_need(out, sv_need_of(sv_ruleset_get(set, i)->pattern));
	fputs("};\nconst size_t sv_rules_builtin_db_at[SV_GATES] = {", out);
	for (int gate = 0; gate < SV_GATES; gate++)
		fprintf(out, "%zuu,", at->db[gate]);
	fprintf(out, "};\nconst size_t sv_rules_builtin_sieve_at = %zuu", at->sieve);
	fputs(";\nconst uint32_t sv_rules_builtin_code_at[] = {", out);
	for (size_t i = 0; i < at->codes.len; i++)
		fprintf(out, "%" PRIu32 "u,", at->codes.ptr[i]);
	fputs("};\nconst char *const sv_rules_builtin_libhs = ", out);
	put_text(out, hs_version());
	fputs(";\n", out);
	if (fclose(out) != 0) {
		perror(path);
		return -1;
	}
	return 0;
}

/* What is used in place begins at a multiple of 64. */
static int align(struct sv_buf *out)
{
	static const uint8_t zeroes[64];

	return sv_buf_append(out, zeroes, -out->len & 63);
}

/* The database as it lies in memory at a multiple of 64, made from its serialised form. */
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
 * Appends a database's image to out. The library uses it where it was linked,
 * without a copy. That is sound only if nothing in it depends on the address: two copies at different
 * addresses must be the same bytes.
 */
static int put_image(struct sv_buf *out, const hs_database_t *database, size_t *ret_at)
{
	SV_AUTO_FREE uint8_t *image = NULL;
	SV_AUTO_FREE uint8_t *twin = NULL;
	SV_AUTO_FREE char *db = NULL;
	size_t db_len = 0, size = 0;

	if (hs_serialize_database(database, &db, &db_len) != HS_SUCCESS ||
	    hs_serialized_database_size(db, db_len, &size) != HS_SUCCESS) {
		fputs("rulec: the database cannot be serialised\n", stderr);
		return -1;
	}
	image = make_image(db, db_len, size);
	twin = make_image(db, db_len, size);
	if (image == NULL || twin == NULL || memcmp(image, twin, size) != 0) {
		fputs("rulec: this libhs makes databases that cannot be moved\n", stderr);
		return -1;
	}
	if (align(out) < 0)
		return -1;
	*ret_at = out->len;
	return sv_buf_append(out, image, size);
}

static int put_sieve(struct sv_buf *out, const struct sv_ruleset *set, size_t *ret_at)
{
	SV_AUTO_FREE struct sv_sieve *sieve = calloc(1, sizeof(*sieve));
	const char *anchor = "";

	if (sieve == NULL || !sv_sieve_make(set, sieve, &anchor)) {
		fprintf(stderr,
			"rulec: it needs a gate, or three letters or signs that each match holds: %s\n",
			anchor);
		return -1;
	}
	if (align(out) < 0)
		return -1;
	*ret_at = out->len;
	return sv_buf_append(out, sieve, sizeof(*sieve));
}

static int put_code(struct sv_buf *out, const struct sv_rule *rule)
{
	int error, status = -1;
	PCRE2_SIZE at, len;
	uint8_t *bytes = NULL;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED,
					 SV_PATTERN_OPTIONS, &error, &at, NULL);
	const pcre2_code *codes[] = {code};

	if (code != NULL && pcre2_serialize_encode(codes, 1, &bytes, &len, NULL) == 1)
		status = sv_buf_append(out, bytes, len);
	else
		fprintf(stderr, "rulec: the pattern of %s cannot be compiled\n", rule->id);
	pcre2_serialize_free(bytes);
	pcre2_code_free(code);
	return status;
}

static int put_codes(struct sv_buf *out, const struct sv_ruleset *set, struct places *at)
{
	for (size_t i = 0; i < sv_ruleset_count(set); i++)
		if (align(out) < 0 || sv_vec_push(&at->codes, (uint32_t)out->len) < 0 ||
		    put_code(out, sv_ruleset_get(set, i)) < 0)
			return -1;
	return 0;
}

static int write_blob(const char *path, const struct sv_ruleset *set, struct places *at)
{
	SV_AUTO(sv_buf) out = {0};
	struct sv_err err = {0};

	for (int gate = 0; gate < SV_GATES; gate++) {
		at->db[gate] = SIZE_MAX;
		if (set->db[gate] != NULL && put_image(&out, set->db[gate], &at->db[gate]) < 0)
			return -1;
	}
	if (put_sieve(&out, set, &at->sieve) < 0 || put_codes(&out, set, at) < 0)
		return -1;
	if (sv_file_write(path, sv_buf_span(&out), 0644, &err) == 0)
		return 0;
	fprintf(stderr, "rulec: %s\n", err.text);
	return -1;
}

int main(int argc, char **argv)
{
	struct sv_ruleset_options options = {.no_builtin = true, .n_paths = 1};
	const char *folder = argc == 4 ? argv[3] : NULL;
	struct sv_ruleset *set = NULL;
	struct sv_err err = {0};
	struct places at = {.sieve = SIZE_MAX};
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
	status = write_blob(argv[2], set, &at);
	if (status == 0)
		status = write_rules(argv[1], set, &at);
	sv_vec_release(&at.codes);
	sv_ruleset_free(set);
	return status < 0;
}
