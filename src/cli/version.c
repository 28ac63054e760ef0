/* sievert version: one line, or all that a bug report wants to know. */
#include "cli.h"

static void print_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const char *const names[] = {"sse4.2",  "popcnt",   "avx2",
					    "avx512f", "avx512bw", "avx512vbmi"};
	bool has[] = {__builtin_cpu_supports("sse4.2"),	  __builtin_cpu_supports("popcnt"),
		      __builtin_cpu_supports("avx2"),	  __builtin_cpu_supports("avx512f"),
		      __builtin_cpu_supports("avx512bw"), __builtin_cpu_supports("avx512vbmi")};

	printf("processor:");
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++)
		if (has[i])
			printf(" %s", names[i]);
	puts("");
#else
	puts("processor: no features asked for");
#endif
}

int sv_cli_version(struct sv_cli *cli)
{
	struct sv_ruleset *rules = NULL;
	struct sv_library library;
	int code;

	puts(sv_version());
	if (!sv_cli_on(cli, SV_OPTION_VERBOSE) || sv_cli_on(cli, SV_OPTION_PRINT_VERSION))
		return sv_cli_finish_stdout();
	code = sv_cli_open_rules(cli, true, &rules);
	if (code != SV_CLI_CLEAN)
		return code;
	for (size_t i = 0; sv_library_get(i, &library); i++)
		printf("library: %s %s\n", library.name, library.version);
	print_processor();
	printf("rules: %zu, digest %s, matcher %s\n", sv_ruleset_count(rules),
	       sv_ruleset_digest(rules), sv_ruleset_matcher_source(rules));
	sv_ruleset_free(rules);
	return sv_cli_finish_stdout();
}
