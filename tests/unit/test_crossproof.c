#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sodium.h>
#include "detect/examples.h"
#include "detect/scanner.h"
#include <sievert/sievert.h>

/* 15 January 2026 */
#define NOW 1768435200

static void expand(const char *template, uint64_t seed, struct sv_buf *ret)
{
	struct sv_err err = {0};

	if (sv_template_expand(template, seed, ret, &err) < 0)
		fail_msg("%s", err.text);
}

/* The HMAC of text in base64, as it stands in a URL. */
static void sign(struct sv_span key, const char *text, struct sv_buf *ret)
{
	crypto_auth_hmacsha256_state state;
	uint8_t mac[32];
	struct sv_buf plain = {0};

	crypto_auth_hmacsha256_init(&state, key.ptr, key.len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, mac);
	assert_int_equal(sv_example__groups(&plain, mac, 32, 6, sv_digits64), 0);
	for (size_t i = 0; i < plain.len; i++)
		assert_int_equal(strchr("+/", plain.ptr[i])
					 ? sv_buf_printf(ret, "%%%02X", plain.ptr[i])
					 : sv_buf_putc(ret, (char)plain.ptr[i]),
				 0);
	assert_int_equal(sv_buf_puts(ret, "%3D"), 0);
	sv_buf_release(&plain);
}

struct answer {
	enum sv_severity severity;
	char message[600], reasons[300];
};

/* What a run says of the token that rule finds; text and other are two files. */
static struct answer ask(const char *rule, struct sv_buf *text, struct sv_buf *other)
{
	struct sv_target targets[2] = {{.kind = SV_TARGET_BYTES, .bytes = sv_buf_span(text)},
				       {.kind = SV_TARGET_BYTES, .bytes = sv_buf_span(other)}};
	struct sv_ruleset *rules = NULL;
	struct sv_report *report = NULL;
	struct sv_err err = {0};
	struct answer answer = {0};

	assert_int_equal(sv_ruleset_open(NULL, &rules, &err), 0);
	struct sv_scan_options options = {
		.ruleset = rules, .targets = targets, .n_targets = 2, .now = NOW};
	assert_int_equal(sv_scan_run(&options, &report, &err), 0);
	for (size_t i = 0; i < report->n_findings; i++) {
		const struct sv_finding *f = &report->findings[i];

		assert_null(strchr(f->message, SV_NOTE_SIGNS));
		if (strcmp(f->rule->id, rule) != 0)
			continue;
		answer.severity = f->severity;
		snprintf(answer.message, sizeof(answer.message), "%s", f->message);
		for (size_t r = 0; r < f->n_reasons; r++)
			strncat(answer.reasons, f->reasons[r],
				sizeof(answer.reasons) - strlen(answer.reasons) - 1);
	}
	assert_true(answer.message[0] != '\0');
	sv_report_free(report);
	sv_ruleset_free(rules);
	return answer;
}

static struct answer ask_account(const char *signed_account, const char *key_template,
				 uint64_t seed)
{
	SV_AUTO(sv_buf) key = {0}, text = {0}, other = {0}, sig = {0};
	uint8_t raw[96];
	char to_sign[200];
	ptrdiff_t n;

	expand(key_template, seed, &key);
	n = sv_base64_decode(sv_buf_span(&key), raw);
	assert_int_equal(n, 64);
	snprintf(to_sign, sizeof(to_sign),
		 "%s\nrl\nb\nco\n\n2040-01-01T00:00:00Z\n\nhttps\n2022-11-02\n\n", signed_account);
	sign(sv_span(raw, 64), to_sign, &sig);
	assert_int_equal(
		sv_buf_printf(
			&text,
			"https://contoso.blob.core.windows.net/?sv=2022-11-02&ss=b&srt=co&sp=rl&"
			"se=2040-01-01T00%%3A00%%3A00Z&spr=https&sig=%s\n",
			sv_buf_str(&sig)),
		0);
	assert_int_equal(
		sv_buf_printf(&other, "AccountName=contoso;AccountKey=%s\n", sv_buf_str(&key)), 0);
	return ask("azure-sas-account", &text, &other);
}

static void a_key_that_is_found_too_proves_the_account_sas_that_it_signed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 4; seed++) {
		struct answer yes = ask_account("contoso", "{his:64:+ASt:Default0}", seed);
		struct answer no = ask_account("fabrikam", "{his:64:+ASt:Default0}", seed);

		assert_non_null(strstr(yes.message, "signed with a key that was found too"));
		assert_non_null(strstr(yes.reasons, "a key that was found too signed it"));
		assert_int_equal(yes.severity, SV_CRITICAL);
		assert_null(strstr(no.message, "found too"));
		assert_int_equal(no.severity, SV_CRITICAL);
	}
}

static void what_the_emulator_s_key_signed_opens_nothing(void **state)
{
	struct answer a = ask_account("contoso",
				      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U"
				      "VErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
				      1);

	(void)state;
	assert_int_equal(a.severity, SV_INFO);
	assert_non_null(strstr(a.message, "the emulator's key signed it"));
}

static void messaging_signs_with_the_letters_of_the_key_and_iot_with_its_bytes(void **state)
{
	static const struct {
		const char *key, *sr, *beside;
		bool decoded;
	} kinds[] = {
		{"{his:32:+ASb:Send0000}", "https%3a%2f%2fcontoso.servicebus.windows.net%2fjobs",
		 "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=send", false},
		{"{his:32:AIoT:Device00}", "contoso.azure-devices.net%2Fdevices%2Fd1",
		 "HostName=contoso.azure-devices.net;DeviceId=d1", true},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		SV_AUTO(sv_buf) key = {0}, text = {0}, other = {0}, sig = {0};
		char to_sign[200];
		uint8_t raw[48];

		expand(kinds[i].key, 5, &key);
		assert_int_equal(sv_base64_decode(sv_buf_span(&key), raw), 32);
		snprintf(to_sign, sizeof(to_sign), "%s\n2208988800", kinds[i].sr);
		sign(kinds[i].decoded ? sv_span(raw, 32) : sv_buf_span(&key), to_sign, &sig);
		assert_int_equal(sv_buf_printf(&text,
					       "SharedAccessSignature sr=%s&sig=%s&se=2208988800\n",
					       kinds[i].sr, sv_buf_str(&sig)),
				 0);
		assert_int_equal(sv_buf_printf(&other, "%s;SharedAccessKey=%s\n", kinds[i].beside,
					       sv_buf_str(&key)),
				 0);
		assert_non_null(
			strstr(ask("azure-messaging-sas", &text, &other).message, "found too"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_is_found_too_proves_the_account_sas_that_it_signed),
		cmocka_unit_test(what_the_emulator_s_key_signed_opens_nothing),
		cmocka_unit_test(
			messaging_signs_with_the_letters_of_the_key_and_iot_with_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
