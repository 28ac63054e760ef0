/* What rules cost: how it is measured, and what of it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "engine/probe.h"
#include <sievert/sievert.h>

#define CONTENTS 200

/* contents of 100 to 299 bytes, told apart by their first two */
static void offer(struct sv_probe *probe, unsigned i)
{
	uint8_t bytes[300] = {(uint8_t)i, (uint8_t)(i >> 8)};

	assert_int_equal(sv_probe_offer(probe, sv_hash64(bytes, 2, 0), sv_span(bytes, 100 + i)), 0);
}

static bool holds(const struct sv_probe *probe, unsigned i)
{
	for (size_t k = 0; k < probe->sample.len; k++) {
		const struct sv_buf *b = &probe->sample.ptr[k].bytes;

		if (b->ptr[0] == (uint8_t)i && b->ptr[1] == (uint8_t)(i >> 8))
			return true;
	}
	return false;
}

static void release(struct sv_probe *probe)
{
	for (size_t k = 0; k < probe->sample.len; k++)
		sv_buf_release(&probe->sample.ptr[k].bytes);
	sv_vec_release(&probe->sample);
}

static void the_sample_is_the_same_in_any_order(void **state)
{
	struct sv_probe up = {.sample_max = 10000}, down = {.sample_max = 10000};

	(void)state;
	for (unsigned i = 0; i < CONTENTS; i++) {
		offer(&up, i);
		offer(&down, CONTENTS - 1 - i);
	}
	assert_in_range(up.sample_bytes, 1, 10000);
	assert_int_equal(up.sample_bytes, down.sample_bytes);
	for (unsigned i = 0; i < CONTENTS; i++)
		assert_int_equal(holds(&up, i), holds(&down, i));
	release(&up);
	release(&down);
}

static void one_large_content_is_a_part_of_the_sample_only(void **state)
{
	static const uint8_t large[5000];
	struct sv_probe probe = {.sample_max = 800};

	(void)state;
	assert_int_equal(sv_probe_offer(&probe, 7, sv_span(large, sizeof(large))), 0);
	assert_int_equal(probe.sample_bytes, 100);
	release(&probe);
}

/* ---- by way of the public header ---- */

static const char *const two_rules[] = {"jwt", "pgp-private-key"};

static struct sv_ruleset *open_rules(void)
{
	struct sv_ruleset_options options = {.only = two_rules, .n_only = 2};
	struct sv_ruleset *rules = NULL;
	struct sv_err err = {0};

	if (sv_ruleset_open(&options, &rules, &err) < 0)
		fail_msg("%s", err.text);
	return rules;
}

static int run(struct sv_bench_options *options, const struct sv_ruleset *rules,
	       const volatile int *cancel, struct sv_bench **ret, struct sv_err *err)
{
	static const char text[] = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n a word\n and another\n";
	struct sv_target target = {.kind = SV_TARGET_BYTES,
				   .bytes = {(const uint8_t *)text, strlen(text)}};
	/* jobs and confidence are not the caller's to say here */
	struct sv_scan_options scan = {.ruleset = rules,
				       .targets = &target,
				       .n_targets = 1,
				       .jobs = 3,
				       .min_confidence = SV_CONF_HIGH,
				       .cancel = cancel};

	options->scan = &scan;
	return sv_bench_run(options, ret, err);
}

static void only_the_named_rule_is_measured(void **state)
{
	struct sv_bench_options options = {.ids = two_rules + 1, .n_ids = 1, .n_costliest = 5};
	struct sv_ruleset *rules = open_rules();
	struct sv_bench *bench = NULL;
	struct sv_err err = {0};

	(void)state;
	if (run(&options, rules, NULL, &bench, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(bench->n_rules, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct sv_rule_cost *c = &bench->rules[i];
		bool named = strcmp(c->rule->id, two_rules[1]) == 0;

		assert_ptr_equal(c->rule, sv_ruleset_get(rules, i));
		assert_int_equal(c->is_measured, named);
		assert_int_equal(c->hits != 0, named);
	}
	assert_int_equal(bench->report->coverage.files, 1);
	assert_int_equal(bench->sample_bytes, bench->report->coverage.bytes);
	assert_true(bench->match_ns > 0 && bench->scan_ns > 0);
	sv_bench_free(bench);
	sv_ruleset_free(rules);
}

static void an_unknown_rule_and_a_wish_to_stop_are_told(void **state)
{
	static const char *const unknown[] = {"no-such-rule"};
	struct sv_bench_options options = {.ids = unknown, .n_ids = 1}, all = {.n_costliest = 5};
	struct sv_ruleset *rules = open_rules();
	struct sv_bench *bench = NULL;
	volatile int stop = 1;
	struct sv_err err = {0};

	(void)state;
	assert_int_equal(run(&options, rules, NULL, &bench, &err), SV_EINVAL);
	assert_non_null(strstr(err.text, "no-such-rule"));
	assert_int_equal(run(&all, rules, &stop, &bench, &err), SV_ECANCELLED);
	assert_null(bench);
	sv_ruleset_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_is_the_same_in_any_order),
		cmocka_unit_test(one_large_content_is_a_part_of_the_sample_only),
		cmocka_unit_test(only_the_named_rule_is_measured),
		cmocka_unit_test(an_unknown_rule_and_a_wish_to_stop_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
