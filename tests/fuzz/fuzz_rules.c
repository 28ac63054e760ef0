/* Rule files: any text is read or refused with words, and what is read has what every rule has. */
#include "fuzz.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_ruleset set = {0};
	struct sv_err err = {.text = ""};
	int status = sv_rules__parse(&set, sv_span(data, size), "fuzz.yml", &err);

	FUZZ_HOLDS(status == 0 || err.text[0] != '\0');
	for (size_t i = 0; status == 0 && i < set.rules.len; i++) {
		const struct sv_rule *rule = set.rules.ptr[i];

		FUZZ_HOLDS(rule->id != NULL && *rule->id != '\0' && rule->pattern != NULL);
		FUZZ_HOLDS(rule->severity <= SV_CRITICAL && rule->confidence <= SV_CONF_HIGH);
	}
	sv_vec_release(&set.rules);
	sv_arena_release(&set.arena);
	return 0;
}
