/* sievert rules bench: what each rule costs on given files. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>

/* Scans the arguments' files and measures. An exit code; *ret_bench is NULL unless it is CLEAN. */
static int measure(struct sv_cli *cli, const struct sv_ruleset *rules, struct sv_bench **ret_bench)
{
	size_t n = cli->n_args ? cli->n_args : 1;
	struct sv_target *targets = sv_cli_keep(cli, n * sizeof(*targets));
	uint64_t top = sv_cli_number(cli, SV_OPTION_TOP);
	bool by_cost = strcmp(sv_cli_text(cli, SV_OPTION_SORT), "cost") == 0;
	struct sv_cli_progress progress = {0};
	struct sv_scan_options scan;
	struct sv_bench_options options = {.scan = &scan,
					   .n_costliest = !by_cost ? 0
							  : top	   ? top
								   : SIZE_MAX};
	struct sv_err err = {0};
	int status;

	for (size_t i = 0; i < n; i++)
		targets[i] = (struct sv_target){.kind = SV_TARGET_DIR,
						.path = cli->n_args ? cli->args[i] : "."};
	sv_cli_scan_options(cli, &scan);
	scan.ruleset = rules;
	scan.targets = targets;
	scan.n_targets = n;
	options.ids = sv_cli_list(cli, SV_OPTION_RULE, &options.n_ids);
	sv_cli_catch_signals();
	if (sv_cli_progress_is_wanted(cli)) {
		scan.on_progress = sv_cli_progress_draw;
		scan.progress_payload = &progress;
	}
	status = sv_bench_run(&options, ret_bench, &err);
	sv_cli_progress_clear(&progress);
	if (status == SV_ECANCELLED)
		return 128 + sv_cli_stopped;
	return status < 0 ? sv_cli_fail("%s", err.text) : SV_CLI_CLEAN;
}

/* ---- order ---- */

static uint64_t findings_of(const struct sv_rule_cost *c)
{
	uint64_t n = 0;

	for (int confidence = 0; confidence <= SV_CONF_HIGH; confidence++)
		n += c->findings[confidence];
	return n;
}

static double cost_of(const struct sv_rule_cost *c)
{
	return c->cost;
}

static double hits_of(const struct sv_rule_cost *c)
{
	return (double)c->hits;
}

static double number_of_findings(const struct sv_rule_cost *c)
{
	return (double)findings_of(c);
}

typedef double measure_fn(const struct sv_rule_cost *c);
static const struct order {
	const char *word;
	measure_fn *of;
} orders[] = {{"cost", cost_of}, {"hits", hits_of}, {"findings", number_of_findings}};

static measure_fn *order; /* qsort() hands nothing on */

static int by_order(const void *a, const void *b)
{
	const struct sv_rule_cost *x = *(const struct sv_rule_cost *const *)a;
	const struct sv_rule_cost *y = *(const struct sv_rule_cost *const *)b;

	if (order(x) != order(y))
		return order(x) > order(y) ? -1 : 1;
	return strcmp(x->rule->id, y->rule->id);
}

static bool is_wanted(const struct sv_cli *cli, const struct sv_rule_cost *c)
{
	const struct sv_cli_setting *ids = &cli->settings[SV_OPTION_RULE];

	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->values[i].text, c->rule->id) == 0)
			return true;
	return ids->n == 0;
}

static const struct sv_rule_cost **sorted(struct sv_cli *cli, const struct sv_bench *bench,
					  size_t *ret_n)
{
	const struct sv_rule_cost **costs = sv_cli_keep(cli, (bench->n_rules + 1) * sizeof(*costs));
	uint64_t top = sv_cli_number(cli, SV_OPTION_TOP);
	size_t n = 0;

	for (size_t i = 0; i < bench->n_rules; i++)
		if (is_wanted(cli, &bench->rules[i]))
			costs[n++] = &bench->rules[i];
	order = orders[cli->settings[SV_OPTION_SORT].number].of;
	qsort(costs, n, sizeof(*costs), by_order);
	*ret_n = top && top < n ? top : n;
	return costs;
}

/* ---- as text ---- */

static double mb_per_second(uint64_t bytes, uint64_t ns)
{
	return ns ? (double)bytes * 1e3 / (double)ns : 0;
}

static void text_head(const struct sv_bench *bench)
{
	const struct sv_coverage *covered = &bench->report->coverage;

	printf("%llu file%s, %.1f MB, %zu rules; of %.1f MB, one thread: matching %.0f MB/s, all "
	       "of a scan %.0f MB/s\n\n",
	       (unsigned long long)covered->files, covered->files == 1 ? "" : "s",
	       (double)covered->bytes / 1e6, bench->n_rules, (double)bench->sample_bytes / 1e6,
	       mb_per_second(bench->sample_bytes, bench->match_ns),
	       mb_per_second(bench->sample_bytes, bench->scan_ns));
	printf("%8s %12s %11s %10s %10s %8s %6s %7s %6s  %s\n", "cost", "matching", "confirming",
	       "hits", "searches", "matches", "high", "medium", "low", "rule");
}

static void text_rule(const struct sv_rule_cost *c)
{
	char share[32] = "-";

	if (c->is_measured)
		snprintf(share, sizeof(share), "%.1f (%.1f) %%", 100 * c->match_share,
			 100 * c->match_error);
	printf("%6.1f %% %12s %8.1f ms %10llu %10llu %8llu %6llu %7llu %6llu  ", 100 * c->cost,
	       share, (double)c->confirm_ns / 1e6, (unsigned long long)c->hits,
	       (unsigned long long)c->searches, (unsigned long long)c->matches,
	       (unsigned long long)c->findings[SV_CONF_HIGH],
	       (unsigned long long)c->findings[SV_CONF_MEDIUM],
	       (unsigned long long)c->findings[SV_CONF_LOW]);
	sv_cli_print_safe(c->rule->id);
	puts("");
}

/* ---- as JSON ---- */

static void json_head(const struct sv_bench *bench)
{
	const struct sv_coverage *covered = &bench->report->coverage;

	printf("\"files\":%llu,\"bytes\":%llu,\"n_rules\":%zu,\"complete\":%s,\"sample_bytes\":%"
	       "llu,\"match_ns\":%llu,\"scan_ns\":%llu",
	       (unsigned long long)covered->files, (unsigned long long)covered->bytes,
	       bench->n_rules, bench->report->complete ? "true" : "false",
	       (unsigned long long)bench->sample_bytes, (unsigned long long)bench->match_ns,
	       (unsigned long long)bench->scan_ns);
}

static void json_rule(const struct sv_rule_cost *c)
{
	fputs("\"rule\":", stdout);
	sv_cli_print_json(c->rule->id);
	printf(",\"cost\":%.5f", c->cost);
	if (c->is_measured)
		printf(",\"match_share\":%.5f,\"match_error\":%.5f", c->match_share,
		       c->match_error);
	printf(",\"confirm_ns\":%llu,\"hits\":%llu,\"searches\":%llu,\"searched\":%llu,\"matches\":"
	       "%llu,\"findings\":{",
	       (unsigned long long)c->confirm_ns, (unsigned long long)c->hits,
	       (unsigned long long)c->searches, (unsigned long long)c->searched,
	       (unsigned long long)c->matches);
	for (int confidence = SV_CONF_HIGH; confidence >= 0; confidence--)
		printf("\"%s\":%llu%s", sv_confidence_name((enum sv_confidence)confidence),
		       (unsigned long long)c->findings[confidence], confidence ? "," : "}");
}

static void print(struct sv_cli *cli, const struct sv_bench *bench)
{
	const char *format = sv_cli_text(cli, SV_OPTION_FORMAT);
	bool text = strcmp(format, "text") == 0, lines = strcmp(format, "jsonl") == 0;
	size_t n;
	const struct sv_rule_cost **costs = sorted(cli, bench, &n);

	if (text) {
		text_head(bench);
	} else {
		fputs(lines ? "{\"type\":\"bench\"," : "{", stdout);
		json_head(bench);
		fputs(lines ? "}\n" : ",\"rules\":[", stdout);
	}
	for (size_t i = 0; i < n; i++) {
		if (text) {
			text_rule(costs[i]);
			continue;
		}
		fputs(lines ? "{\"type\":\"rule\"," : i ? ",\n{" : "{", stdout);
		json_rule(costs[i]);
		fputs(lines ? "}\n" : "}", stdout);
	}
	fputs(text || lines ? "" : "]}\n", stdout);
}

int sv_cli_rules_bench(struct sv_cli *cli)
{
	struct sv_ruleset *rules = NULL;
	struct sv_bench *bench = NULL;
	int code = sv_cli_open_rules(cli, true, &rules);

	if (code == SV_CLI_CLEAN)
		code = sv_cli_check_ids(cli, rules, SV_OPTION_RULE);
	if (code == SV_CLI_CLEAN)
		code = measure(cli, rules, &bench);
	if (code == SV_CLI_CLEAN) {
		print(cli, bench);
		code = sv_cli_finish_stdout();
	}
	if (code == SV_CLI_CLEAN && !bench->report->complete) {
		sv_cli_note("%llu places could not be read",
			    (unsigned long long)bench->report->coverage.unread);
		code = SV_CLI_INCOMPLETE;
	}
	sv_bench_free(bench);
	sv_ruleset_free(rules);
	return code;
}
