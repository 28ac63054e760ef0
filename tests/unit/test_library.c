/* What the public headers promise to whoever calls them, by way of them alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <pthread.h>
#include <sievert/sievert.h>

#define THREADS 4

/* a line that holds AKIA and 16 base32 characters, another one for each i */
static size_t put_key(char *text, size_t cap, unsigned i)
{
	static const char letters[] = "QWERTYUIOPASDFGHJKLZXCVBNM234567";
	char value[17] = "";

	for (unsigned k = 0; k < 16; k++)
		value[k] = letters[(k * 7 + i * 5 + k * k * (i + 3)) % 32];
	return (size_t)snprintf(text, cap, "one\nid = %s%s\n", "AKIA", value);
}

static int scan(const struct sv_ruleset *rules, const void *bytes, size_t len,
		struct sv_report **ret)
{
	struct sv_target target = {.kind = SV_TARGET_BYTES, .bytes = {bytes, len}};
	struct sv_scan_options options = {
		.ruleset = rules, .targets = &target, .n_targets = 1, .jobs = 2};

	return sv_scan_run(&options, ret, NULL);
}

static struct sv_ruleset *open_rules(void)
{
	struct sv_ruleset *rules = NULL;
	struct sv_err err = {0};

	if (sv_ruleset_open(NULL, &rules, &err) < 0)
		fail_msg("%s", err.text);
	return rules;
}

static void bytes_in_memory_are_a_target(void **state)
{
	struct sv_ruleset *rules = open_rules();
	struct sv_report *report = NULL;
	char text[128];
	size_t len = put_key(text, sizeof(text), 1);

	(void)state;
	assert_int_equal(scan(rules, text, len, &report), 0);
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(report->findings[0].secret.len, 20);
	assert_memory_equal(report->findings[0].secret.ptr, text + 9, 20);
	assert_int_equal(report->findings[0].places[0].line, 2);
	assert_int_equal(report->findings[0].places[0].offset, 9);
	assert_int_equal(report->findings[0].places[0].root.len, strlen("(memory)"));
	assert_int_equal(report->coverage.bytes, len);
	assert_true(report->complete);
	sv_report_free(report);
	assert_int_equal(scan(rules, NULL, 0, &report), 0);
	assert_int_equal(report->n_findings, 0);
	sv_report_free(report);
	/* bytes after the end are not looked at: a key that is cut short is none */
	assert_int_equal(scan(rules, text, len - 3, &report), 0);
	assert_int_equal(report->n_findings, 0);
	sv_report_free(report);
	sv_ruleset_free(rules);
}

struct hand {
	const struct sv_ruleset *rules;
	unsigned number, found;
};

static void *work(void *payload)
{
	struct hand *h = payload;

	for (unsigned i = 0; i < 8; i++) {
		struct sv_report *report = NULL;
		char text[128];
		size_t len = put_key(text, sizeof(text), h->number * 8 + i);

		if (scan(h->rules, text, len, &report) == 0 && report->n_findings == 1 &&
		    memcmp(report->findings[0].secret.ptr, text + 9, 20) == 0)
			h->found++;
		sv_report_free(report);
	}
	return NULL;
}

static void threads_share_a_ruleset(void **state)
{
	struct sv_ruleset *rules = open_rules();
	struct hand hands[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		hands[i] = (struct hand){rules, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &hands[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(hands[i].found, 8);
	}
	sv_ruleset_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_in_memory_are_a_target),
		cmocka_unit_test(threads_share_a_ruleset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
