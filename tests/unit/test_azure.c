#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/check.h"

/* 23 November 2025, noon */
#define NOW 1763899200

struct answer {
	enum sv_verdict verdict;
	struct sv_candidate cand;
};

/* What a check says of the text that begins at secret and is n long, in the text around it. */
static struct answer ask_in(const char *check, struct sv_span text, size_t secret, size_t n)
{
	static const struct sv_rule rule = {.id = "test"};
	struct sv_check_input in = {.rule = &rule,
				    .text = text,
				    .match_start = secret,
				    .match_end = secret + n,
				    .secret = sv_span(text.ptr + secret, n),
				    .now = NOW};
	struct answer a = {0};

	a.verdict = sv_check_find(check)->run(&in, &a.cand);
	return a;
}

static struct answer ask(const char *check, const char *text)
{
	return ask_in(check, sv_span_str(text), 0, strlen(text));
}

/* Expands and asks; at and by alter one character of the key (at counts from the end if negative). */
static struct answer ask_template(const char *check, const char *template, uint64_t seed, int at)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};

	if (sv_template_expand(template, seed, &text, &err) < 0)
		fail_msg("%s", err.text);
	if (at != 0) {
		uint8_t *c = &text.ptr[at < 0 ? text.len - (size_t)-at : (size_t)at];

		*c = *c == 'x' ? 'y' : 'x';
	}
	return ask(check, sv_buf_str(&text));
}

static const struct {
	const char *check, *template;
	enum sv_severity severity;
	const char *says;
} keys[] = {
	{"marvin32-his", "{his:64:+ASt:Default0}", SV_CRITICAL, "Azure Storage account key"},
	{"marvin32-his", "{his:64:ACDb:MastRW00}", SV_CRITICAL, "read-write key"},
	{"marvin32-his", "{his:64:ACDb:MastRO00}", SV_HIGH, "read-only key"},
	{"marvin32-his", "{his:64:ACDb:SystRW00}", SV_CRITICAL, "system key with read-write"},
	{"marvin32-his", "{his:64:ACDb:SystRO00}", SV_HIGH, "system key with read access"},
	{"marvin32-his", "{his:64:ACDb:SysAll00}", SV_CRITICAL, "full access"},
	{"marvin32-his", "{his:64:ACDb:Resour00}", SV_CRITICAL, "resource tokens"},
	{"marvin32-his", "{his:64:ACDb:Encryp00}", SV_CRITICAL, "encryption key"},
	{"marvin32-his", "{his:64:+ABa:AbAcct00}", SV_CRITICAL, "Azure Batch"},
	{"marvin32-his", "{his:64:+AMC:Classic0}", SV_MEDIUM, "Machine Learning classic"},
	{"marvin32-his", "{his:64:APIM:Tenant00}", SV_CRITICAL, "direct management"},
	{"marvin32-his", "{his:64:APIM:IoTHub00}", SV_MEDIUM, "subscription key"},
	{"marvin32-his", "{his:64:APIM:Gatewy00}", SV_HIGH, "gateway"},
	{"marvin32-his", "{his:64:APIM:GitKey00}", SV_HIGH, "repository"},
	{"marvin32-his", "{his:32:+ASb:Manage00}", SV_CRITICAL, "Service Bus key: may manage"},
	{"marvin32-his", "{his:32:+ASb:Send0000}", SV_HIGH, "Service Bus key: may send"},
	{"marvin32-his", "{his:32:+ASb:Listen00}", SV_HIGH, "Service Bus key: may listen"},
	{"marvin32-his", "{his:32:+AEh:Manage00}", SV_CRITICAL, "Event Hubs key: may manage"},
	{"marvin32-his", "{his:32:+AEh:Send0000}", SV_HIGH, "Event Hubs key: may send"},
	{"marvin32-his", "{his:32:+AEh:Listen00}", SV_HIGH, "Event Hubs key: may listen"},
	{"marvin32-his", "{his:32:+ARm:Manage00}", SV_HIGH, "Relay key: may manage"},
	{"marvin32-his", "{his:32:+ARm:Send0000}", SV_HIGH, "Relay key: may send"},
	{"marvin32-his", "{his:32:+ARm:Listen00}", SV_HIGH, "Relay key: may listen"},
	{"marvin32-his", "{his:32:AIoT:IoTHub00}", SV_CRITICAL, "policy of the hub"},
	{"marvin32-his", "{his:32:AIoT:DpsKey00}", SV_HIGH, "provisioning"},
	{"marvin32-his", "{his:32:AIoT:Device00}", SV_MEDIUM, "one device"},
	{"marvin32-his", "{his:32:AzCa:Access00}", SV_HIGH, "Redis"},
	{"marvin32-his", "{redis}", SV_HIGH, "Redis"},
	{"marvin32-his", "{his:32:AZEG:SendRecv}", SV_MEDIUM, "Event Grid"},
	{"marvin32-his", "{his:32:AZEG:Default0}", SV_MEDIUM, "Event Grid"},
	{"marvin32-his", "{his:40:AzFu:Master00}", SV_CRITICAL, "master key"},
	{"marvin32-his", "{his:40:AzFu:System00}", SV_HIGH, "system key"},
	{"marvin32-his", "{his:40:AzFu:Functi00}", SV_MEDIUM, "function key"},
	{"marvin32-his", "{search:PAdmin00}", SV_HIGH, "admin key"},
	{"marvin32-his", "{search:Query000}", SV_LOW, "query key"},
	{"marvin32-his", "{his:39:+ACR:ACRDflt0}", SV_CRITICAL, "Container Registry"},
	{"azure-cask", "{cask2:AZDO:AAAS}", SV_CRITICAL, "Azure DevOps personal access token, made in 2025-0"},
	{"azure-cask", "{cask2long:AZDO:AAAS}", SV_CRITICAL, "Azure DevOps"},
	{"azure-cask", "{cask2old:AZDO:AAAA}", SV_CRITICAL, "Azure DevOps"},
	{"azure-cask", "{cask2:AZCR:AAAC}", SV_CRITICAL, "Container Registry"},
	{"azure-cask", "{cask2:ACOG:AAAB}", SV_HIGH, "Azure OpenAI key"},
	{"azure-cask", "{cask2:ACOG:AAAY}", SV_HIGH, "Azure Speech key"},
	{"azure-cask", "{cask2:ACOG:AAAo}", SV_HIGH, "Bing Spell Check v7"},
	{"azure-cask", "{cask2:ACOG:AAAp}", SV_HIGH, "Azure AI key"},
	{"azure-cask", "{cask2:AZAC:AAAC}", SV_HIGH, "App Configuration"},
	{"azure-cask", "{cask2:AZCS:AAAA}", SV_HIGH, "Communication"},
	{"azure-cask", "{cask2:msql:AAAA}", SV_HIGH, "SQL"},
	{"azure-cask", "{cask2:AZFR:AAAA}", SV_MEDIUM, "Fluid Relay"},
	{"azure-cask", "{cask2:AZEG:AAAA}", SV_MEDIUM, "Event Grid"},
	{"azure-cask", "{cask2:AZMR:AAAA}", SV_MEDIUM, "Mixed Reality"},
	{"azure-cask", "{cask2:AZMP:AAAA}", SV_MEDIUM, "Maps"},
	{"azure-cask-other", "{cask2:TEST:AAAA}", SV_HIGH, "provider TEST"},
	{"entra-8q", "{entra}", SV_INFO, ""},
	{"azure-devops-crc", "{ado52:user}", SV_INFO, "personal access token"},
	{"azure-devops-crc", "{ado52:app}", SV_INFO, "application secret"},
};

static void a_checksum_that_holds_tells_what_the_key_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (uint64_t seed = 1; seed < 40; seed++) {
			struct answer a = ask_template(keys[i].check, keys[i].template, seed * 77, 0);

			if (a.verdict != SV_CHECK_PROVED || a.cand.severity != keys[i].severity ||
			    !strstr(a.cand.note, keys[i].says))
				fail_msg("%s: verdict %d, severity %d, %s", keys[i].template, a.verdict,
					 a.cand.severity, a.cand.note);
		}
}

static void one_altered_character_is_no_proof(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (uint64_t seed = 1; seed < 40; seed++) {
			/* not in the padding, and not in the low bits that it leaves unused */
			struct answer body = ask_template(keys[i].check, keys[i].template, seed, 7);
			struct answer tail = ask_template(keys[i].check, keys[i].template, seed, -4);

			if (body.verdict == SV_CHECK_PROVED || tail.verdict == SV_CHECK_PROVED)
				fail_msg("%s: an altered key is proved", keys[i].template);
		}
}

static struct answer ask_around(const char *check, const char *template, size_t secret, size_t n)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};

	if (sv_template_expand(template, 5, &text, &err) < 0)
		fail_msg("%s", err.text);
	return ask_in(check, sv_buf_span(&text), secret, n);
}

static void a_key_whose_checksum_does_not_hold_needs_words_around_it(void **state)
{
	(void)state;
	assert_int_equal(ask("marvin32-his", "").verdict, SV_CHECK_FAILED);
	assert_int_equal(ask_around("marvin32-his", "x: {base62:76}+ASt{base62:5}A==", 3, 88).verdict,
			 SV_CHECK_FAILED);
	assert_int_equal(ask_around("marvin32-his", "key {base62:76}+ASt{base62:5}A==", 4, 88).verdict,
			 SV_CHECK_OPEN);
	assert_int_equal(ask_around("azure-cask", "p: {base62:52}JQQJ99BA{base62:16}AZDO0000", 3, 84).verdict,
			 SV_CHECK_FAILED);
	assert_int_equal(ask_around("azure-cask", "PAT, secret: {base62:52}JQQJ99BA{base62:16}AZDO0000", 13, 84).verdict,
			 SV_CHECK_OPEN);
	/* a checksum that production may compute otherwise says nothing when it fails */
	assert_int_equal(ask_around("marvin32-his", "{base62:42}+ACRA00000", 0, 52).verdict, SV_CHECK_OPEN);
}

static void the_account_of_a_key_is_named_wherever_it_stands(void **state)
{
	static const char *const texts[] = {
		"AccountName=right;AccountKey={his:64:+ASt:Default0}",
		"x {base62:20}         key={his:64:+ASt:Default0};AccountName=right",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct answer a = ask_around("marvin32-his", texts[i], i == 0 ? 29 : 35, 88);

		assert_int_equal(a.verdict, SV_CHECK_PROVED);
		assert_non_null(strstr(a.cand.note, "key for right"));
	}
}

static void a_cask_v1_key_must_have_its_structure(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 0).verdict, SV_CHECK_OPEN);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:512}", seed, 0).verdict, SV_CHECK_OPEN);
		/* the byte of padding, the size, the month, the hour */
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 43).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 49).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, -5).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:512}", seed, -3).verdict, SV_CHECK_FAILED);
	}
}

/* Every check, on bytes that no rule would have let through. */
static void hostile_bytes_are_answered(void **state)
{
	static const char *const names[] = {
#define CHECK(name, run, proved) name,
#include "detect/checks.def"
#undef CHECK
	};
	static const char *const marks[] = {"",     "+ASt", "JQQJ99BA", "8Q~",	"QJJQ", "eyJ", "sig=",
					    "MIIE", "%",    "&sv=",	"-----BEGIN PRIVATE KEY-----"};
	uint8_t text[1400];
	uint64_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t from, n;

		for (size_t i = 0; i < sizeof(text); i++) {
			random = sv_hash64(&random, sizeof(random), 9);
			text[i] = round % 3 == 0 ? (uint8_t)random : (uint8_t)("AB=;&.+/%\"z9\n~"[random % 14]);
		}
		for (int i = 0; i < 4; i++) {
			const char *mark = marks[(random >> (8 * i)) % (sizeof(marks) / sizeof(*marks))];

			memcpy(text + (random >> (4 + 9 * i)) % 1300, mark, strlen(mark));
		}
		n = (random >> 20) % 300;
		from = (random >> 40) % (sizeof(text) - n);
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			/* a copy of its own size, so that a sanitizer sees the edges */
			uint8_t *copy = malloc(sizeof(text));
			struct answer a;

			assert_non_null(copy);
			memcpy(copy, text, sizeof(text));
			a = ask_in(names[i], sv_span(copy, sizeof(text)), from, n);
			assert_true(a.verdict >= SV_CHECK_FAILED && a.verdict <= SV_CHECK_PROVED);
			assert_true(strlen(a.cand.note) < sizeof(a.cand.note));
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checksum_that_holds_tells_what_the_key_opens),
		cmocka_unit_test(one_altered_character_is_no_proof),
		cmocka_unit_test(a_key_whose_checksum_does_not_hold_needs_words_around_it),
		cmocka_unit_test(the_account_of_a_key_is_named_wherever_it_stands),
		cmocka_unit_test(a_cask_v1_key_must_have_its_structure),
		cmocka_unit_test(hostile_bytes_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
