/* verbs.def and options.def as tables. */
#include "cli.h"
#include <string.h>

#define VERB(id, name, args, function, repo_config, brief, more, examples)                         \
	[SV_VERB_##id] = {name, args, function, repo_config, brief, more, examples},
const struct sv_cli_verb sv_cli_verbs[SV_VERB_COUNT] = {
#include "verbs.def"
};
#undef VERB

#define V(verb)		   (1ull << SV_VERB_##verb)
#define SCANS		   (V(SCAN) | V(GIT) | V(DIR) | V(STDIN) | V(EXPLAIN))
#define HOOKS                                                                                      \
	(V(HOOK_PRE_COMMIT) | V(HOOK_COMMIT_MSG) | V(HOOK_PRE_PUSH) | V(HOOK_PRE_RECEIVE) |        \
	 V(HOOK_UPDATE) | V(HOOK_POST_RECEIVE))
#define PLACES		   (V(HOOK_INSTALL) | V(HOOK_UNINSTALL) | V(HOOK_STATUS))
#define ALL		   (~0ull)
#define REPO		   true
#define OPERATOR	   false
#define SECTION(id, title) [SV_SECTION_##id] = {.section = title},
#define OPTION(id, name, letter, argument, kind, values, fallback, verbs, key, from, brief, more)  \
	[SV_OPTION_##id] = {NULL,     name,  letter, argument, SV_CLI_##kind, values,              \
			    fallback, verbs, key,    from,     brief,	      more},
const struct sv_cli_option sv_cli_options[SV_OPTION_COUNT] = {
#include "options.def"
};
_Static_assert(SV_VERB_COUNT <= 64, "verbs are bits of an uint64_t");

bool sv_cli_verb_is_hidden(const struct sv_cli_verb *verb)
{
	return verb->name[0] == '_';
}

bool sv_cli_takes(const struct sv_cli_verb *verb, const struct sv_cli_option *option)
{
	return option->name != NULL && (option->verbs & 1ull << (verb - sv_cli_verbs)) != 0;
}
