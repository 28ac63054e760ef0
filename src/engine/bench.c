/* What each rule costs: counted in a scan, measured on a part of what was scanned. */
#include "engine/run.h"
#include <math.h>
#include <sievert/bench.h>

#define SAMPLE	     (16u << 20)
#define PIECES	     8	/* of the sample at least, however large the files are */
#define ROUNDS	     21 /* of a comparison; odd: they have a median */
#define SCAN_ROUNDS  7	/* of a whole scan; the least counts */
#define ROUND_BYTES  (4u << 20) /* a smaller sample is read again */
#define PASSES_MAX   4096
#define ESTIMATES    4		/* of an anchor alone; the least counts */
#define ESTIMATE_MAX (2u << 20) /* bytes are enough to tell the costly rules from the others */

/* ---- the sample ---- */

static bool is_kept(const struct sv_probe *probe, uint64_t key)
{
	return (key & ((1ull << probe->halvings) - 1)) == 0;
}

static void drop_half(struct sv_probe *probe)
{
	size_t kept = 0;

	probe->halvings++;
	for (size_t i = 0; i < probe->sample.len; i++) {
		struct sv_probe_piece *piece = &probe->sample.ptr[i];

		if (is_kept(probe, piece->key)) {
			probe->sample.ptr[kept++] = *piece;
			continue;
		}
		probe->sample_bytes -= piece->bytes.len;
		sv_buf_release(&piece->bytes);
	}
	probe->sample.len = kept;
}

int sv_probe_offer(struct sv_probe *probe, uint64_t key, struct sv_span content)
{
	struct sv_probe_piece piece = {.key = key};
	size_t len =
		content.len < probe->sample_max / PIECES ? content.len : probe->sample_max / PIECES;
	int status;

	if (len == 0 || !is_kept(probe, key))
		return 0;
	status = sv_buf_append(&piece.bytes, content.ptr, len);
	if (status == 0)
		status = sv_vec_push(&probe->sample, piece);
	if (status < 0) {
		sv_buf_release(&piece.bytes);
		return status;
	}
	probe->sample_bytes += len;
	while (probe->sample_bytes > probe->sample_max)
		drop_half(probe);
	return 0;
}

static void release_probe(struct sv_probe *probe)
{
	for (size_t i = 0; i < probe->sample.len; i++)
		sv_buf_release(&probe->sample.ptr[i].bytes);
	sv_vec_release(&probe->sample);
	free(probe->tallies);
	*probe = (struct sv_probe){0};
}

/* ---- the bench ---- */

struct bench {
	struct sv_bench told; /* first: sv_bench_free() gets this pointer */
	const struct sv_bench_options *options;
	const struct sv_ruleset *rules;
	struct sv_probe probe;
	struct sv_rule_cost *costs; /* by rule */
	struct sv_err *err;
};

void sv_bench_free(struct sv_bench *told)
{
	struct bench *bench = (struct bench *)told;

	if (bench == NULL)
		return;
	sv_report_free((struct sv_report *)(uintptr_t)told->report);
	release_probe(&bench->probe);
	free(bench->costs);
	free(bench);
}

static int out_of_memory(const struct bench *bench)
{
	return sv_err_set(bench->err, SV_ENOMEM, "out of memory");
}

static int scan(struct bench *bench)
{
	struct sv_scan_options options = *bench->options->scan;
	size_t n = bench->rules->rules.len;
	struct sv_report *report = NULL;
	int status;

	options.jobs = 1;
	options.min_confidence = SV_CONF_LOW;
	bench->costs = calloc(n, sizeof(*bench->costs));
	bench->probe.tallies = calloc(n, sizeof(*bench->probe.tallies));
	bench->probe.sample_max = bench->options->sample ? bench->options->sample : SAMPLE;
	if (!bench->costs || !bench->probe.tallies)
		return out_of_memory(bench);
	status = sv_run_scan(&options, &bench->probe, &report, bench->err);
	bench->told.report = report;
	for (size_t i = 0; status == 0 && i < n; i++) {
		const struct sv_rule_tally *t = &bench->probe.tallies[i];

		bench->costs[i] = (struct sv_rule_cost){.rule = bench->rules->rules.ptr[i],
							.hits = t->hits,
							.searches = t->searches,
							.searched = t->searched,
							.matches = t->matches,
							.confirm_ns = t->ns};
		for (size_t k = 0; k < report->n_findings; k++)
			if (report->findings[k].rule == bench->costs[i].rule)
				bench->costs[i].findings[report->findings[k].confidence]++;
	}
	return status;
}

/* ---- the time of the match stage ---- */

/* Nanoseconds for up to max bytes of the sample, read so many times. */
static int time_match(const struct bench *bench, struct sv_matcher *matcher, size_t max,
		      size_t passes, double *ret_ns)
{
	struct sv_anchor_hits hits = {0};
	struct sv_nouns nouns = {0};
	uint64_t started = sv_cpu_ns();
	size_t n = bench->probe.sample.len;
	int status = 0;

	for (size_t pass = 0; status == 0 && pass < passes; pass++)
		for (size_t i = 0, done = 0; status == 0 && i < n && done < max; i++) {
			struct sv_span bytes = sv_buf_span(&bench->probe.sample.ptr[i].bytes);

			hits.len = nouns.len = 0;
			status = sv_matcher_scan(matcher, bytes, &nouns, &hits, bench->err);
			done += bytes.len;
		}
	*ret_ns = (double)(sv_cpu_ns() - started);
	free(hits.ptr);
	free(nouns.ptr);
	return status;
}

/* A ruleset of some of the rules, and its matcher. */
struct some_rules {
	struct sv_ruleset *rules;
	struct sv_matcher *matcher;
};

static void release_some(struct some_rules *some)
{
	sv_matcher_free(some->matcher);
	sv_ruleset_free(some->rules);
}

static int make_matcher(struct some_rules *some, struct sv_err *err)
{
	int status = sv_rules__match_with(some->rules, false, NULL, err);

	return status < 0 ? status : sv_matcher_new(some->rules, &some->matcher, err);
}

/* The rules numbered [from, to), without the one numbered without. */
static int take_some(const struct bench *bench, size_t from, size_t to, size_t without,
		     struct some_rules *ret)
{
	int status = 0;

	*ret = (struct some_rules){.rules = calloc(1, sizeof(*ret->rules))};
	if (ret->rules == NULL)
		return out_of_memory(bench);
	for (size_t i = from; status == 0 && i < to; i++)
		if (i != without)
			status = sv_vec_push(&ret->rules->rules, bench->rules->rules.ptr[i]);
	status = status < 0 ? out_of_memory(bench) : make_matcher(ret, bench->err);
	if (status < 0)
		release_some(ret);
	return status;
}

struct comparison {
	double share;  /* of the time of all that goes without others */
	double error;  /* two standard errors of it */
	double all_ns; /* the least that all took */
};

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

/*
 * In turn, now the one first and now the other: what the machine does besides falls on both. The
 * median of the rounds, since on a busy machine the least of them is no better for there being
 * more.
 */
static int compare(const struct bench *bench, struct sv_matcher *all, struct sv_matcher *others,
		   struct comparison *ret)
{
	struct sv_matcher *matchers[2] = {all, others};
	double shares[ROUNDS] = {0}, ns[2] = {1, 1}, least = HUGE_VAL;
	size_t passes = 1 + ROUND_BYTES / (bench->probe.sample_bytes + 1);
	int status = 0;

	/* of so little nothing can be told that more of it would tell */
	if (passes > PASSES_MAX)
		passes = PASSES_MAX;
	for (int round = 0; status == 0 && round < ROUNDS; round++) {
		for (int k = 0; status == 0 && k < 2; k++) {
			int which = (round + k) % 2;

			status = time_match(bench, matchers[which], SIZE_MAX, passes, &ns[which]);
		}
		shares[round] = 1 - ns[1] / ns[0];
		least = fmin(least, ns[0]);
	}
	ret->all_ns = least / (double)passes;
	ret->share = median(shares);
	for (int round = 0; round < ROUNDS; round++)
		shares[round] = fabs(shares[round] - ret->share);
	/* of a normal distribution: its deviation from the median's, and that of the median of so
	 * many */
	ret->error = 2 * 1.4826 * median(shares) * 1.2533 / sqrt(ROUNDS);
	return status;
}

static int on_candidate(const struct sv_candidate *candidate, void *payload)
{
	(void)candidate, (void)payload;
	return 0;
}

/* The time of all of a scan of the sample; the first round compiles expressions. */
static int time_scan(struct bench *bench)
{
	struct sv_scanner *scanner;
	int status = sv_scanner_new(bench->rules, &scanner, bench->err);

	if (status < 0)
		return status;
	bench->told.scan_ns = UINT64_MAX;
	for (int round = 0; status == 0 && round < SCAN_ROUNDS; round++) {
		uint64_t started = sv_cpu_ns(), took;

		for (size_t i = 0; status == 0 && i < bench->probe.sample.len; i++)
			status = sv_scanner_scan(scanner, &bench->probe.sample.ptr[i].bytes,
						 on_candidate, NULL, bench->err);
		took = sv_cpu_ns() - started;
		bench->told.scan_ns = took < bench->told.scan_ns ? took : bench->told.scan_ns;
	}
	sv_scanner_free(scanner);
	return status;
}

static int tell(const struct bench *bench, const char *phase, uint64_t done, uint64_t total)
{
	const struct sv_scan_options *scan_options = bench->options->scan;
	struct sv_progress progress = {.done = done, .total = total, .phase = phase};

	if (scan_options->on_progress)
		scan_options->on_progress(&progress, scan_options->progress_payload);
	return sv_cancel_level(scan_options->cancel) ? SV_ECANCELLED : 0;
}

/* ---- which rules to measure ---- */

struct estimate {
	size_t rule;
	double ns; /* a byte */
};

static int by_estimate(const void *a, const void *b)
{
	const struct estimate *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/*
 * What a rule's anchor takes when it is looked for alone, above the cheapest one behind the same
 * gate. That is not what it costs among others, but what is costly there is so here.
 */
static int estimate_anchors(const struct bench *bench, struct estimate *estimates)
{
	size_t n = bench->rules->rules.len;
	size_t bytes =
		bench->probe.sample_bytes < ESTIMATE_MAX ? bench->probe.sample_bytes : ESTIMATE_MAX;
	double least[SV_GATES];
	int status = 0;

	for (int gate = 0; gate < SV_GATES; gate++)
		least[gate] = HUGE_VAL;
	for (size_t i = 0; status == 0 && i < n; i++) {
		struct some_rules one;
		double ns;

		status = tell(bench, "estimating", i, n);
		if (status == 0)
			status = take_some(bench, i, i + 1, SIZE_MAX, &one);
		if (status < 0)
			break;
		estimates[i] = (struct estimate){i, HUGE_VAL};
		for (int round = 0; status == 0 && round < ESTIMATES; round++) {
			status = time_match(bench, one.matcher, bytes, 1, &ns);
			estimates[i].ns = fmin(estimates[i].ns, ns / (double)bytes);
		}
		release_some(&one);
		least[bench->rules->gate[i]] = fmin(least[bench->rules->gate[i]], estimates[i].ns);
	}
	for (size_t i = 0; status == 0 && i < n; i++)
		estimates[i].ns -= least[bench->rules->gate[i]];
	return status;
}

/* Those with the highest estimates, so many more than there are. */
static void mark_first(const struct bench *bench, struct estimate *estimates, size_t wanted)
{
	size_t n = bench->rules->rules.len;

	qsort(estimates, n, sizeof(*estimates), by_estimate);
	for (size_t i = 0; i < n && wanted != 0; i++) {
		struct sv_rule_cost *cost = &bench->costs[estimates[i].rule];

		wanted -= !cost->is_measured;
		cost->is_measured = true;
	}
}

static int mark_costliest(const struct bench *bench)
{
	size_t n = bench->rules->rules.len, wanted = bench->options->n_costliest;
	SV_AUTO_FREE struct estimate *estimates = NULL;
	int status;

	if (wanted >= n) {
		for (size_t i = 0; i < n; i++)
			bench->costs[i].is_measured = true;
		return 0;
	}
	if (wanted == 0)
		return 0;
	estimates = calloc(n, sizeof(*estimates));
	if (estimates == NULL)
		return out_of_memory(bench);
	/* half of them for what confirming took, which is known already */
	for (size_t i = 0; i < n; i++)
		estimates[i] = (struct estimate){i, (double)bench->costs[i].confirm_ns};
	mark_first(bench, estimates, (wanted + 1) / 2);
	status = estimate_anchors(bench, estimates);
	if (status == 0)
		mark_first(bench, estimates, wanted / 2);
	return status;
}

static int mark_ids(const struct bench *bench)
{
	const struct sv_bench_options *options = bench->options;

	for (size_t i = 0; i < options->n_ids; i++) {
		size_t k = 0;

		while (k < bench->rules->rules.len &&
		       strcmp(bench->rules->rules.ptr[k]->id, options->ids[i]) != 0)
			k++;
		if (k == bench->rules->rules.len)
			return sv_err_set(bench->err, SV_EINVAL, "there is no rule \"%s\"",
					  options->ids[i]);
		bench->costs[k].is_measured = true;
	}
	return 0;
}

/* ---- all of it ---- */

static int measure_rule(const struct bench *bench, size_t rule, struct sv_matcher *all)
{
	struct sv_rule_cost *cost = &bench->costs[rule];
	struct comparison comparison;
	struct some_rules others;
	int status;

	/* a set of one rule: without it nothing is left to look for */
	if (bench->rules->rules.len == 1) {
		cost->match_share = 1;
		return 0;
	}
	status = take_some(bench, 0, bench->rules->rules.len, rule, &others);
	if (status < 0)
		return status;
	status = compare(bench, all, others.matcher, &comparison);
	cost->match_share = comparison.share;
	cost->match_error = comparison.error;
	release_some(&others);
	return status;
}

static int time_whole(struct bench *bench, struct sv_matcher *matcher)
{
	struct comparison same;
	int status = compare(bench, matcher, matcher, &same);

	bench->told.match_ns = (uint64_t)same.all_ns;
	return status;
}

/* When nothing is to be compared: the databases as scans use them. */
static int time_only(struct bench *bench)
{
	struct sv_matcher *matcher;
	int status = sv_matcher_new(bench->rules, &matcher, bench->err);

	if (status < 0)
		return status;
	status = time_whole(bench, matcher);
	sv_matcher_free(matcher);
	return status;
}

static int measure_all(struct bench *bench)
{
	size_t n = bench->rules->rules.len, total = 0, done = 0;
	struct some_rules all;
	int status;

	for (size_t i = 0; i < n; i++)
		total += bench->costs[i].is_measured;
	if (total == 0)
		return time_only(bench);
	/* anew, too: where a database lies in memory is a part of its speed */
	status = take_some(bench, 0, n, SIZE_MAX, &all);
	if (status < 0)
		return status;
	status = time_whole(bench, all.matcher);
	for (size_t i = 0; status == 0 && i < n; i++) {
		if (!bench->costs[i].is_measured)
			continue;
		status = tell(bench, "measuring", done++, total);
		if (status == 0)
			status = measure_rule(bench, i, all.matcher);
	}
	release_some(&all);
	return status;
}

static void sum_up(struct bench *bench)
{
	double scan_ns = (double)bench->told.scan_ns,
	       match_part = (double)bench->told.match_ns / scan_ns;
	double scan_of_all = scan_ns / (double)bench->probe.sample_bytes *
			     (double)bench->told.report->coverage.bytes;

	for (size_t i = 0; i < bench->rules->rules.len; i++) {
		struct sv_rule_cost *c = &bench->costs[i];

		c->cost = (double)c->confirm_ns / scan_of_all;
		if (c->is_measured && c->match_share > 0)
			c->cost += c->match_share * match_part;
	}
}

static int measure(struct bench *bench)
{
	int status = bench->options->n_ids ? mark_ids(bench) : mark_costliest(bench);

	if (status == 0)
		status = time_scan(bench);
	if (status == 0)
		status = measure_all(bench);
	if (status == 0)
		sum_up(bench);
	return status;
}

int sv_bench_run(const struct sv_bench_options *options, struct sv_bench **ret_bench,
		 struct sv_err *err)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int status;

	if (bench == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	bench->options = options;
	bench->rules = options->scan->ruleset;
	bench->err = err;
	status = scan(bench);
	if (status == 0 && bench->told.report->stopped != NULL)
		status = SV_ECANCELLED;
	if (status == 0 && bench->probe.sample_bytes == 0)
		status = sv_err_set(err, SV_EINVAL, "there is nothing to scan");
	if (status == 0)
		status = measure(bench);
	if (status == SV_ECANCELLED)
		sv_err_set(err, status, "stopped");
	if (status < 0) {
		sv_bench_free(&bench->told);
		return status;
	}
	bench->told.rules = bench->costs;
	bench->told.n_rules = bench->rules->rules.len;
	bench->told.sample_bytes = bench->probe.sample_bytes;
	*ret_bench = &bench->told;
	return 0;
}
