/* sievert config show. */
#include "cli.h"

static const char *const sources[] = {"default",    "system",	   "user",
				      "repository", "environment", "command line"};

static void print_value(const struct sv_cli_value *value)
{
	/* quoted as YAML wants it: what is printed can be a configuration file */
	putchar('"');
	for (const char *p = value->text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c == 0x7F)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_origin(const struct sv_cli_value *value)
{
	char safe[4096];
	struct sv_span where = {(const uint8_t *)value->where, 0};

	printf("  # %s", sources[value->source]);
	if (value->where == NULL)
		return;
	while (value->where[where.len] != '\0')
		where.len++;
	sv_text_neutralise(where, safe, sizeof(safe));
	printf(", %s", safe);
}

int sv_cli_config_show(struct sv_cli *cli)
{
	bool origin = sv_cli_on(cli, SV_OPTION_ORIGIN);

	if (cli->n_args > 1)
		return sv_cli_misuse(cli, "config show takes one PATH");
	for (size_t i = 0; i < SV_OPTION_COUNT; i++) {
		const struct sv_cli_option *o = &sv_cli_options[i];
		const struct sv_cli_setting *setting = &cli->settings[i];
		bool list = o->kind == SV_CLI_LIST || o->kind == SV_CLI_PATHS;

		if (o->key == NULL)
			continue;
		if (setting->n == 0) {
			printf("# %s is not set\n", o->key);
			continue;
		}
		printf("%s:%s", o->key, list ? "\n" : " ");
		for (size_t k = 0; k < setting->n; k++) {
			printf("%s", list ? "  - " : "");
			print_value(&setting->values[k]);
			if (origin)
				print_origin(&setting->values[k]);
			puts("");
		}
	}
	return sv_cli_finish_stdout();
}
