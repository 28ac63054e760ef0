/* What the library carries as plain bytes: of the rules what rulec made, the learnt model's weights. */
#include "rules/rules.h"

/* by the assembler: as C text the database takes a compiler 6 s */
#define BLOB(name, file)                                                                           \
	__asm__(".section .rodata.sv_" name ",\"a\"\n"                                             \
		".balign 64\n"                                                                     \
		"sv_blob_" name ":\n"                                                              \
		".incbin \"" file "\"\n"                                                           \
		"sv_blob_" name "_end:\n"                                                          \
		".byte 0\n"                                                                        \
		".previous\n")

BLOB("db", SV_RULES_DB);
BLOB("model", SV_MODEL_WEIGHTS);

#define HIDDEN __attribute__((visibility("hidden")))
extern const unsigned char sv_blob_db[] HIDDEN, sv_blob_model[] HIDDEN, sv_blob_model_end[] HIDDEN;

const unsigned char *const sv_rules_builtin_db = sv_blob_db;
const unsigned char *const sv_rules_builtin_model = sv_blob_model;
const unsigned char *const sv_rules_builtin_model_end = sv_blob_model_end;
