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

/* NOW is 2025-11-23T12:00Z; each token is looked at with its signature in the middle of things. */
static const struct {
	const char *check, *text;
	enum sv_severity severity;
	const char *note;
} tokens[] = {
	{"sas-account",
	 "https://contoso.blob.core.windows.net/?sv=2022-11-02&ss=bfqt&srt=sco&sp=rwdlacupiytfx&se=2053-12-31&spr=https,http&sig={sig}",
	 SV_CRITICAL,
	 "Account SAS for contoso: blobs, files, queues, tables at the level of service, container, object; "
	 "may read, write, delete, list, add, create, update, process or set ACL, delete version, "
	 "delete permanently, tag, filter by tag, set immutability; also over HTTP; from any address; "
	 "until 2053-12-31 (28 years left)"},
	{"sas-service",
	 "https://contoso.blob.core.windows.net/c/b.zip?sp=r&st=2025-11-23T08:00:00Z&se=2025-11-23T20:00:00Z&spr=https&sv=2022-11-02&sr=b&sig={sig}",
	 SV_LOW,
	 "Service SAS for contoso: one blob; may read; from any address; until 2025-11-23 (0 days left)"},
	{"sas-service",
	 "\"https://contoso.blob.core.windows.net/c?sv=2019-02-02&sr=c&sp=racwdl&sig={sig}&se=2021-03-01T00:00Z\"",
	 SV_INFO,
	 "Service SAS for contoso: a whole container; may read, write, delete, list, add, create; also over "
	 "HTTP; from any address; expired 2021-03-01 (4 years ago)"},
	{"sas-user-delegation",
	 "https://contoso.blob.core.windows.net/c?sig={sig}&skoid=x&sktid=y&skt=2025-11-20&ske=2025-11-27&sks=b&skv=2022-11-02&sv=2022-11-02&se=2025-12-30&sr=c&spr=https&sp=racwdl",
	 SV_MEDIUM,
	 "User delegation SAS for contoso: a whole container; may read, write, delete, list, add, create; "
	 "from any address; until 2025-11-27 (3 days left)"},
	{"sas-service",
	 "BlobEndpoint=https://contoso.blob.core.windows.net/;SharedAccessSignature=sv=2022-11-02&sr=c&si=readers&sig={sig}",
	 SV_HIGH,
	 "Service SAS for contoso: a whole container; stored access policy readers; also over HTTP; from "
	 "any address; its policy decides until when"},
	{"sas-messaging",
	 "SharedAccessSignature sr=https%3a%2f%2fns.servicebus.windows.net%2f&sig={sig}&se=4102444800&skn=RootManageSharedAccessKey",
	 SV_CRITICAL,
	 "Service Bus or Event Hubs SAS for ns.servicebus.windows.net/ as a whole; policy "
	 "RootManageSharedAccessKey; until 2100-01-01 (74 years left)"},
	{"sas-messaging",
	 "SharedAccessSignature sr=hub.azure-devices.net%2Fdevices%2Fd1&sig={sig}&se=1764000000", SV_LOW,
	 "Azure IoT SAS for hub.azure-devices.net/devices/d1; until 2025-11-24 (1 day left)"},
	{"sas-logic-app",
	 "https://prod-12.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={base64url:43}",
	 SV_INFO, "Logic Apps trigger: whoever holds the URL runs the workflow; it does not expire"},
	{"sas-power-automate",
	 "https://x.01.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0/triggers/manual/paths/invoke?sv=1.0&sig={base64url:43}&api-version=1&sp=%2Ftriggers%2Fmanual%2Frun",
	 SV_INFO, "Power Automate trigger: whoever holds the URL runs the workflow; it does not expire"},
	/* the separators of XML, JSON, cmd and shells; a private range and a user of its own are less */
	{"sas-account",
	 "<a href=\"https://c.file.core.windows.net/s?sv=2022-11-02&amp;ss=f&amp;srt=o&amp;sp=rw&amp;se=2026-01-01&amp;spr=https&amp;sip=10.0.0.1-10.0.0.9&amp;sig={sig}\">",
	 SV_MEDIUM,
	 "Account SAS for c: files at the level of object; may read, write; only from 10.0.0.1-10.0.0.9; "
	 "until 2026-01-01 (38 days left)"},
	{"sas-account",
	 "\"url\": \"https://c.queue.core.windows.net/?sv=2022-11-02\\u0026ss=q\\u0026srt=o\\u0026sp=p\\u0026se=2026-01-01\\u0026spr=https\\u0026sig={sig}\"",
	 SV_HIGH,
	 "Account SAS for c: queues at the level of object; may process or set ACL; from any address; "
	 "until 2026-01-01 (38 days left)"},
	{"sas-account",
	 "azcopy sync https://c.blob.core.windows.net/?sv=2022-11-02^&ss=b^&srt=o^&sp=r^&se=2025-12-01^&spr=https^&sig={sig} .",
	 SV_MEDIUM,
	 "Account SAS for c: blobs at the level of object; may read; from any address; until 2025-12-01 (7 "
	 "days left)"},
	{"sas-service",
	 "AZURE_STORAGE_SAS_TOKEN=?sv=2022-11-02&tn=people&sp=r&st=2026-01-01&se=2026-01-02&spr=https&sduoid=u&sig={sig}",
	 SV_LOW,
	 "Service SAS: table people; may read; from any address; only with a token of one user; until "
	 "2026-01-02 (39 days left), not before 2026-01-01"},
};

/* Where the signature is in text: what follows sig=. */
static struct answer ask_sas(const char *check, const char *template)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	const char *sig;

	if (sv_template_expand(template, 3, &text, &err) < 0)
		fail_msg("%s", err.text);
	sig = strstr(sv_buf_str(&text), "sig=");
	assert_non_null(sig);
	return ask_in(check, sv_buf_span(&text), (size_t)((const uint8_t *)sig + 4 - text.ptr),
		      strcspn(sig + 4, "&\"^\\ "));
}

static void a_shared_access_signature_tells_what_it_opens_and_until_when(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
		struct answer a = ask_sas(tokens[i].check, tokens[i].text);

		if (a.verdict != SV_CHECK_PROVED || a.cand.severity != tokens[i].severity)
			fail_msg("%s: verdict %d, severity %d", tokens[i].text, a.verdict, a.cand.severity);
		assert_string_equal(a.cand.note, tokens[i].note);
	}
}

static void each_signature_is_of_one_kind(void **state)
{
	static const char *const checks[] = {"sas-account",   "sas-service",   "sas-user-delegation",
					     "sas-messaging", "sas-logic-app", "sas-power-automate"};

	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
		for (size_t c = 0; c < sizeof(checks) / sizeof(*checks); c++)
			assert_int_equal(ask_sas(checks[c], tokens[i].text).verdict,
					 strcmp(checks[c], tokens[i].check) == 0 ? SV_CHECK_PROVED
										 : SV_CHECK_FAILED);
}

static void a_query_that_is_no_complete_signature_is_dropped(void **state)
{
	static const char *const texts[] = {
		"https://example.com/?a=1&sig={sig}",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&sig={sig}",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig={base62:20}",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig=F%6GRVAZ5Cdj2Pw4tgU7IlSTkWgn7bUkkAg8P6HESXwmf4B",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01 https://d.example/?sig={sig}",
		"SharedAccessSignature sr=ns.servicebus.windows.net&se=tomorrow&skn=x&sig={sig}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(ask_sas("sas-service", texts[i]).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_sas("sas-account", texts[i]).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_sas("sas-messaging", texts[i]).verdict, SV_CHECK_FAILED);
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
	for (unsigned round = 0; round < 5000; round++) {
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
		cmocka_unit_test(a_shared_access_signature_tells_what_it_opens_and_until_when),
		cmocka_unit_test(each_signature_is_of_one_kind),
		cmocka_unit_test(a_query_that_is_no_complete_signature_is_dropped),
		cmocka_unit_test(hostile_bytes_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
