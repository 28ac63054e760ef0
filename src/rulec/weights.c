/* The learnt model's weights, as they lie in patterns/generic/model.weights. */
#include "rules/rules.h"

__asm__(".section .rodata.sv_model\n"
	".balign 8\n"
	"sv_model_bytes:\n"
	".incbin \"" SV_MODEL_WEIGHTS "\"\n"
	"sv_model_bytes_end:\n"
	".byte 0\n"
	".previous\n");
extern const unsigned char sv_model_bytes[] __attribute__((visibility("hidden")));
extern const unsigned char sv_model_bytes_end[] __attribute__((visibility("hidden")));

const unsigned char *const sv_rules_builtin_model = sv_model_bytes;
const unsigned char *const sv_rules_builtin_model_end = sv_model_bytes_end;
