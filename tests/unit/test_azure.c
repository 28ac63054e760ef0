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

/* Expands and asks; at and by alter one character of the key (at counts from the end if negative).
 */
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
	{"marvin32-his", "{his:64:+ASt:Default0}", SV_CRITICAL, "signs SAS tokens"},
	{"marvin32-his", "{his:64:ACDb:MastRW00}", SV_CRITICAL, "read-write key"},
	{"marvin32-his", "{his:64:ACDb:MastRO00}", SV_HIGH, "read-only key"},
	{"marvin32-his", "{his:64:ACDb:SystRW00}", SV_CRITICAL, "system key with read-write"},
	{"marvin32-his", "{his:64:ACDb:SystRO00}", SV_HIGH, "system key with read access"},
	{"marvin32-his", "{his:64:ACDb:SysAll00}", SV_CRITICAL, "full access"},
	{"marvin32-his", "{his:64:ACDb:Resour00}", SV_CRITICAL, "resource tokens"},
	{"marvin32-his", "{his:64:ACDb:Encryp00}", SV_CRITICAL, "encryption key"},
	{"marvin32-his", "{his:64:+ABa:AbAcct00}", SV_CRITICAL, "pools"},
	{"marvin32-his", "{his:64:+AMC:Classic0}", SV_MEDIUM, "web service"},
	{"marvin32-his", "{his:64:APIM:Tenant00}", SV_CRITICAL, "direct management"},
	{"marvin32-his", "{his:64:APIM:IoTHub00}", SV_MEDIUM, "subscription key"},
	{"marvin32-his", "{his:64:APIM:Gatewy00}", SV_HIGH, "gateway"},
	{"marvin32-his", "{his:64:APIM:GitKey00}", SV_HIGH, "repository"},
	{"marvin32-his", "{his:32:+ASb:Manage00}", SV_CRITICAL, "may manage"},
	{"marvin32-his", "{his:32:+ASb:Send0000}", SV_HIGH, "may send"},
	{"marvin32-his", "{his:32:+ASb:Listen00}", SV_HIGH, "may listen"},
	{"marvin32-his", "{his:32:+AEh:Manage00}", SV_CRITICAL, "may manage"},
	{"marvin32-his", "{his:32:+AEh:Send0000}", SV_HIGH, "may send"},
	{"marvin32-his", "{his:32:+AEh:Listen00}", SV_HIGH, "may listen"},
	{"marvin32-his", "{his:32:+ARm:Manage00}", SV_HIGH, "may manage"},
	{"marvin32-his", "{his:32:+ARm:Send0000}", SV_HIGH, "may send"},
	{"marvin32-his", "{his:32:+ARm:Listen00}", SV_HIGH, "may listen"},
	{"marvin32-his", "{his:32:AIoT:IoTHub00}", SV_CRITICAL, "policy of the hub"},
	{"marvin32-his", "{his:32:AIoT:DpsKey00}", SV_HIGH, "provisioning"},
	{"marvin32-his", "{his:32:AIoT:Device00}", SV_MEDIUM, "one device"},
	{"marvin32-his", "{his:32:AzCa:Access00}", SV_HIGH, "whole cache"},
	{"marvin32-his", "{redis}", SV_HIGH, "whole cache"},
	{"marvin32-his", "{his:32:AZEG:SendRecv}", SV_MEDIUM, "publishes"},
	{"marvin32-his", "{his:32:AZEG:Default0}", SV_MEDIUM, "publishes"},
	{"marvin32-his", "{his:40:AzFu:Master00}", SV_CRITICAL, "master key"},
	{"marvin32-his", "{his:40:AzFu:System00}", SV_HIGH, "system key"},
	{"marvin32-his", "{his:40:AzFu:Functi00}", SV_MEDIUM, "function key"},
	{"marvin32-his", "{search:PAdmin00}", SV_HIGH, "admin key"},
	{"marvin32-his", "{search:Query000}", SV_LOW, "query key"},
	{"marvin32-his", "{his:39:+ACR:ACRDflt0}", SV_CRITICAL, "pulls and pushes"},
	{"azure-cask", "{cask2:AZDO:AAAS}", SV_CRITICAL, "made in 2025-0"},
	{"azure-cask", "{cask2long:AZDO:AAAS}", SV_CRITICAL, "made in 2025-0"},
	{"azure-cask", "{cask2old:AZDO:AAAA}", SV_CRITICAL, "made in 2025-0"},
	{"azure-cask", "{cask2:AZCR:AAAC}", SV_CRITICAL, "made in"},
	{"azure-cask", "{cask2:ACOG:AAAB}", SV_HIGH, "of Azure OpenAI, made in"},
	{"azure-cask", "{cask2:ACOG:AAAY}", SV_HIGH, "of Azure Speech, made in"},
	{"azure-cask", "{cask2:ACOG:AAAo}", SV_HIGH, "of Azure Bing Spell Check v7"},
	{"azure-cask", "{cask2:ACOG:AAAp}", SV_HIGH, "made in"},
	{"azure-cask", "{cask2:AZAC:AAAC}", SV_HIGH, "made in"},
	{"azure-cask", "{cask2:AZCS:AAAA}", SV_HIGH, "made in"},
	{"azure-cask", "{cask2:msql:AAAA}", SV_HIGH, "made in"},
	{"azure-cask", "{cask2:AZFR:AAAA}", SV_MEDIUM, "made in"},
	{"azure-cask", "{cask2:AZEG:AAAA}", SV_MEDIUM, "made in"},
	{"azure-cask", "{cask2:AZMR:AAAA}", SV_MEDIUM, "made in"},
	{"azure-cask", "{cask2:AZMP:AAAA}", SV_MEDIUM, "made in"},
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
			struct answer a =
				ask_template(keys[i].check, keys[i].template, seed * 77, 0);

			if (a.verdict != SV_CHECK_PROVED || a.cand.severity != keys[i].severity ||
			    !strstr(a.cand.note, keys[i].says))
				fail_msg("%s: verdict %d, severity %d, %s", keys[i].template,
					 a.verdict, a.cand.severity, a.cand.note);
		}
}

static void one_altered_character_is_no_proof(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (uint64_t seed = 1; seed < 40; seed++) {
			/* not in the padding, and not in the low bits that it leaves unused */
			struct answer body = ask_template(keys[i].check, keys[i].template, seed, 7);
			struct answer tail =
				ask_template(keys[i].check, keys[i].template, seed, -4);

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
	assert_int_equal(
		ask_around("marvin32-his", "x: {base62:76}+ASt{base62:5}A==", 3, 88).verdict,
		SV_CHECK_FAILED);
	assert_int_equal(
		ask_around("marvin32-his", "key {base62:76}+ASt{base62:5}A==", 4, 88).verdict,
		SV_CHECK_OPEN);
	assert_int_equal(
		ask_around("azure-cask", "p: {base62:52}JQQJ99BA{base62:16}AZDO0000", 3, 84)
			.verdict,
		SV_CHECK_FAILED);
	assert_int_equal(ask_around("azure-cask",
				    "PAT, secret: {base62:52}JQQJ99BA{base62:16}AZDO0000", 13, 84)
				 .verdict,
			 SV_CHECK_OPEN);
	/* a checksum that production may compute otherwise says nothing when it fails */
	assert_int_equal(ask_around("marvin32-his", "{base62:42}+ACRA00000", 0, 52).verdict,
			 SV_CHECK_OPEN);
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
		assert_non_null(strstr(a.cand.note, "; for right"));
	}
}

static void a_key_of_three_years_ago_is_told_to_be_old(void **state)
{
	struct sv_check_input in = {.now = NOW + 3 * 366 * 86400ll};
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	struct sv_candidate cand = {0};

	(void)state;
	assert_int_equal(sv_template_expand("{cask2:AZMP:AAAA}", 1, &text, &err), 0);
	in.text = in.secret = sv_buf_span(&text);
	in.match_end = text.len;
	assert_int_equal(sv_check_find("azure-cask")->run(&in, &cand), SV_CHECK_PROVED);
	assert_non_null(strstr(cand.note, "older than two years"));
	in.now = NOW;
	memset(&cand, 0, sizeof(cand));
	assert_int_equal(sv_check_find("azure-cask")->run(&in, &cand), SV_CHECK_PROVED);
	assert_null(strstr(cand.note, "older"));
}

static void a_cask_v1_key_must_have_its_structure(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 0).verdict,
				 SV_CHECK_OPEN);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:512}", seed, 0).verdict,
				 SV_CHECK_OPEN);
		/* the byte of padding, the size, the month, the hour */
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 43).verdict,
				 SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, 49).verdict,
				 SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:256}", seed, -5).verdict,
				 SV_CHECK_FAILED);
		assert_int_equal(ask_template("azure-cask-v1", "{cask1:512}", seed, -3).verdict,
				 SV_CHECK_FAILED);
	}
}

/* NOW is 2025-11-23T12:00Z; each token is looked at with its signature in the middle of things. */
static const struct {
	const char *check, *text;
	enum sv_severity severity;
	const char *note;
} tokens[] = {
	{"sas-account",
	 "https://contoso.blob.core.windows.net/"
	 "?sv=2022-11-02&ss=bfqt&srt=sco&sp=rwdlacupiytfx&se=2053-12-31&spr=https,http&sig={sig}",
	 SV_CRITICAL,
	 "for contoso: blobs, files, queues, tables at the level of service, container, object; "
	 "may read, write, delete, list, add, create, update, process or set ACL, delete version, "
	 "delete permanently, tag, filter by tag, set immutability; also over HTTP; from any "
	 "address; "
	 "until 2053-12-31 (28 years left)"},
	{"sas-service",
	 "https://contoso.blob.core.windows.net/c/"
	 "b.zip?sp=r&st=2025-11-23T08:00:00Z&se=2025-11-23T20:00:00Z&spr=https&sv=2022-11-02&sr=b&"
	 "sig={sig}",
	 SV_LOW,
	 "for contoso: one blob; may read; from any address; until 2025-11-23 (0 days left)"},
	{"sas-service",
	 "\"https://contoso.blob.core.windows.net/"
	 "c?sv=2019-02-02&sr=c&sp=racwdl&sig={sig}&se=2021-03-01T00:00Z\"",
	 SV_INFO,
	 "for contoso: a whole container; may read, write, delete, list, add, create; also over "
	 "HTTP; from any address; expired 2021-03-01 (4 years ago)"},
	{"sas-user-delegation",
	 "https://contoso.blob.core.windows.net/"
	 "c?sig={sig}&skoid=x&sktid=y&skt=2025-11-20&ske=2025-11-27&sks=b&skv=2022-11-02&sv=2022-"
	 "11-02&se=2025-12-30&sr=c&spr=https&sp=racwdl",
	 SV_MEDIUM,
	 "for contoso: a whole container; may read, write, delete, list, add, create; "
	 "from any address; until 2025-11-27 (3 days left)"},
	{"sas-service",
	 "BlobEndpoint=https://contoso.blob.core.windows.net/"
	 ";SharedAccessSignature=sv=2022-11-02&sr=c&si=readers&sig={sig}",
	 SV_HIGH,
	 "for contoso: a whole container; stored access policy readers; also over HTTP; from "
	 "any address; its policy decides until when"},
	{"sas-messaging",
	 "SharedAccessSignature "
	 "sr=https%3a%2f%2fns.servicebus.windows.net%2f&sig={sig}&se=4102444800&skn="
	 "RootManageSharedAccessKey",
	 SV_CRITICAL,
	 "for ns.servicebus.windows.net/ as a whole; policy "
	 "RootManageSharedAccessKey; until 2100-01-01 (74 years left)"},
	{"sas-messaging",
	 "SharedAccessSignature sr=hub.azure-devices.net%2Fdevices%2Fd1&sig={sig}&se=1764000000",
	 SV_LOW, "for hub.azure-devices.net/devices/d1; until 2025-11-24 (1 day left)"},
	{"sas-logic-app",
	 "https://prod-12.westeurope.logic.azure.com:443/workflows/"
	 "0123456789abcdef0123456789abcdef/triggers/manual/paths/"
	 "invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={base64url:43}",
	 SV_INFO, "whoever holds the URL runs the workflow; it does not expire"},
	{"sas-power-automate",
	 "https://x.01.environment.api.powerplatform.com/powerautomate/automations/direct/"
	 "workflows/0/triggers/manual/paths/"
	 "invoke?sv=1.0&sig={base64url:43}&api-version=1&sp=%2Ftriggers%2Fmanual%2Frun",
	 SV_INFO, "whoever holds the URL runs the workflow; it does not expire"},
	{"sas-service",
	 "http://127.0.0.1:10000/devstoreaccount1/"
	 "c?sv=2022-11-02&sr=c&sp=rwdl&se=2053-12-31&sig={sig}",
	 SV_INFO,
	 "for an emulator on this machine: a whole container; may read, write, delete, list; also "
	 "over "
	 "HTTP; from any address; until 2053-12-31 (28 years left)"},
	/* the separators of XML, JSON, cmd and shells; a private range and a user of its own are
	   less */
	{"sas-account",
	 "<a "
	 "href=\"https://c.file.core.windows.net/"
	 "s?sv=2022-11-02&amp;ss=f&amp;srt=o&amp;sp=rw&amp;se=2026-01-01&amp;spr=https&amp;sip=10."
	 "0.0.1-10.0.0.9&amp;sig={sig}\">",
	 SV_MEDIUM,
	 "for c: files at the level of object; may read, write; only from 10.0.0.1-10.0.0.9; "
	 "until 2026-01-01 (38 days left)"},
	{"sas-account",
	 "\"url\": "
	 "\"https://c.queue.core.windows.net/"
	 "?sv=2022-11-02\\u0026ss=q\\u0026srt=o\\u0026sp=p\\u0026se=2026-01-01\\u0026spr="
	 "https\\u0026sig={sig}\"",
	 SV_HIGH,
	 "for c: queues at the level of object; may process or set ACL; from any address; "
	 "until 2026-01-01 (38 days left)"},
	{"sas-account",
	 "azcopy sync "
	 "https://c.blob.core.windows.net/"
	 "?sv=2022-11-02^&ss=b^&srt=o^&sp=r^&se=2025-12-01^&spr=https^&sig={sig} .",
	 SV_MEDIUM,
	 "for c: blobs at the level of object; may read; from any address; until 2025-12-01 (7 "
	 "days left)"},
	{"sas-service",
	 "AZURE_STORAGE_SAS_TOKEN=?sv=2022-11-02&tn=people&sp=r&st=2026-01-01&se=2026-01-02&spr="
	 "https&sduoid=u&sig={sig}",
	 SV_LOW,
	 "table people; may read; from any address; only with a token of one user; until "
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
			fail_msg("%s: verdict %d, severity %d", tokens[i].text, a.verdict,
				 a.cand.severity);
		a.cand.note[strcspn(a.cand.note, (char[]){SV_NOTE_SIGNS, 0})] = '\0';
		assert_string_equal(a.cand.note, tokens[i].note);
	}
}

static void each_signature_is_of_one_kind(void **state)
{
	static const char *const checks[] = {"sas-account",	    "sas-service",
					     "sas-user-delegation", "sas-messaging",
					     "sas-logic-app",	    "sas-power-automate"};

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
		"https://c.blob.core.windows.net/"
		"c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig={base62:20}",
		"https://c.blob.core.windows.net/"
		"c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig="
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"https://c.blob.core.windows.net/"
		"c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01&sig=F%"
		"6GRVAZ5Cdj2Pw4tgU7IlSTkWgn7bUkkAg8P6HESXwmf4B",
		"https://c.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2030-01-01 "
		"https://d.example/?sig={sig}",
		"SharedAccessSignature sr=ns.servicebus.windows.net&se=tomorrow&skn=x&sig={sig}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(ask_sas("sas-service", texts[i]).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_sas("sas-account", texts[i]).verdict, SV_CHECK_FAILED);
		assert_int_equal(ask_sas("sas-messaging", texts[i]).verdict, SV_CHECK_FAILED);
	}
}

/* The bytes of template after before, up to any of ends: what a rule would call the secret. */
static struct answer ask_after(const char *check, const char *template, const char *before,
			       const char *ends)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	const char *at;

	if (sv_template_expand(template, 11, &text, &err) < 0)
		fail_msg("%s", err.text);
	at = strstr(sv_buf_str(&text), before);
	assert_non_null(at);
	at += strlen(before);
	return ask_in(check, sv_buf_span(&text), (size_t)((const uint8_t *)at - text.ptr),
		      strcspn(at, ends));
}

static const struct {
	const char *check, *text, *before;
	enum sv_verdict verdict;
	enum sv_severity severity;
	const char *note;
} places[] = {
	{"azure-storage-place",
	 "AccountKey={b64:64};AccountName=contoso;EndpointSuffix=core.windows.net",
	 "Key=", SV_CHECK_PROVED, SV_INFO, "for contoso"},
	{"azure-storage-place",
	 "AccountName=other;AccountKey=x\nAccountName=contoso;AccountKey={b64:64}\nAccountName="
	 "third",
	 "contoso;AccountKey=", SV_CHECK_PROVED, SV_INFO, "for contoso"},
	{"azure-storage-place",
	 "\"fs.azure.account.key.contoso.dfs.core.windows.net\", \"{b64:64}\"", ", \"",
	 SV_CHECK_PROVED, SV_INFO, "for contoso"},
	{"azure-storage-place", "STORAGE_KEY={b64:64}", "=", SV_CHECK_OPEN, SV_INFO, ""},
	/* what another line says is not about this one */
	{"azure-storage-place",
	 "AccountName=contoso;AccountKey={b64:64}\nhttps://x.documents.azure.com",
	 "Key=", SV_CHECK_PROVED, SV_INFO, "for contoso"},
	{"azure-cosmos-place",
	 "AccountName=contoso;AccountKey={b64:64}\nhttps://x.documents.azure.com",
	 "Key=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-cosmos-place",
	 "\"endpoint\": \"https://x.documents.azure.com\",\n\"accountKey\": \"{b64:64}\"",
	 "Key\": \"", SV_CHECK_PROVED, SV_INFO, "for x"},
	{"azure-iot-place",
	 "HostName=contoso.azure-devices.net;DeviceId=d1;SharedAccessKey={b64:32}"
	 "\nSharedAccessKeyName=iothubowner",
	 "SharedAccessKey=", SV_CHECK_PROVED, SV_MEDIUM, "for contoso; of the device d1 alone\x1e" "d1"},
	/* another service, another length, a key that is known by its mark, text in base64, a
	   pattern */
	{"azure-storage-place",
	 "AccountEndpoint=https://x.documents.azure.com/;AccountKey={b64:64}",
	 "Key=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-storage-place", "AccountName=x;AccountKey={b64:32}", "Key=", SV_CHECK_FAILED,
	 SV_INFO, ""},
	{"azure-storage-place", "AccountName=x;AccountKey={his:64:+ASt:Default0}",
	 "Key=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-storage-place",
	 "AccountName=x;AccountKey="
	 "VGhpcyBpcyBub3QgYSBrZXkgYXQgYWxsLCBidXQgYSBzZW50ZW5jZSB0aGF0IHNvbWVvbmUgZW5jb2RlZCBhcyBvb"
	 "mU=",
	 "Key=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-storage-place",
	 "AccountName=x;AccountKey="
	 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567==",
	 "Key=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-messaging-place",
	 "Endpoint=sb://contoso.servicebus.windows.net/"
	 ";SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey={b64:32}",
	 "SharedAccessKey=", SV_CHECK_PROVED, SV_CRITICAL,
	 "for contoso; policy RootManageSharedAccessKey may manage, "
	 "send and listen in the whole namespace"},
	{"azure-messaging-place", "SharedAccessKey={b64:32}", "=", SV_CHECK_FAILED, SV_INFO, ""},
	{"azure-notification-place",
	 "Endpoint=sb://contoso.servicebus.windows.net/"
	 ";SharedAccessKeyName=DefaultListenSharedAccessSignature;SharedAccessKey={b64:32}",
	 "SharedAccessKey=", SV_CHECK_PROVED, SV_LOW, "for contoso"},
	{"azure-iot-place",
	 "HostName=contoso.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey={b64:"
	 "32}",
	 "SharedAccessKey=", SV_CHECK_PROVED, SV_CRITICAL, "for contoso; policy iothubowner"},
	{"azure-iot-place",
	 "HostName=contoso.azure-devices.net;DeviceId=d1;SharedAccessKey={b64:32}",
	 "SharedAccessKey=", SV_CHECK_PROVED, SV_MEDIUM, "for contoso; of the device d1 alone\x1e" "d1"},
	{"azure-sql-place",
	 "Server=tcp:contoso.database.windows.net,1433;User ID=sa;Password=Tr0ub4dor&3;",
	 "Password=", SV_CHECK_OPEN, SV_CRITICAL, "for contoso.database.windows.net, user sa"},
	{"azure-sql-place", "Server=db.example.com;User ID=sa;Password=Tr0ub4dor;",
	 "Password=", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='${PASSWORD}'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='$(password)'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='{{ password }}'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='%PASSWORD%'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='@Microsoft.KeyVault(SecretUri=x)'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='your-password-here'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='--------'", "'", SV_CHECK_FAILED, SV_INFO, ""},
	{"literal", "p='{base62:24}'", "'", SV_CHECK_PROVED, SV_INFO, ""},
	{"literal", "p='CorrectHorseBatteryStaple2024'", "'", SV_CHECK_OPEN, SV_INFO, ""},
	{"literal", "p='Autumn-Rain-7'", "'", SV_CHECK_OPEN, SV_INFO, ""},
	{"jwt-entra", "{entrajwt:4102444800:sts.windows.net}", "", SV_CHECK_PROVED, SV_INFO,
	 "for https://management.azure.com; until 2100-01-01"},
	{"jwt-entra", "{entrajwt:1600000000:sts.windows.net}", "", SV_CHECK_PROVED, SV_INFO,
	 "for https://management.azure.com; expired 2020-09-13"},
	{"jwt-entra", "eyJ{base62:30}.eyJ{base62:60}.{base62:43}", "", SV_CHECK_FAILED, SV_INFO,
	 ""},
	{"jwt-entra", "{entrajwt:4102444800:auth.example.com}", "", SV_CHECK_FAILED, SV_INFO, ""},
	{"pkcs12", "{pkcs12}", "", SV_CHECK_PROVED, SV_INFO,
	 "with a private key, as safe as its password"},
	{"pkcs12", "{pkcs12:clear}", "", SV_CHECK_PROVED, SV_CRITICAL,
	 "with a private key that is not encrypted"},
	{"pkcs12", "{pkcs12:empty}", "", SV_CHECK_PROVED, SV_CRITICAL,
	 "with a private key and an empty password"},
	{"pkcs12", "{pkcs8}", "", SV_CHECK_FAILED, SV_INFO, ""},
};

static void the_place_of_a_value_is_judged_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct answer a =
			ask_after(places[i].check, places[i].text, places[i].before, "';\"\n");

		if (a.verdict != places[i].verdict || a.cand.severity != places[i].severity)
			fail_msg("%s: verdict %d, severity %d", places[i].text, a.verdict,
				 a.cand.severity);
		if (a.verdict != SV_CHECK_FAILED)
			assert_string_equal(a.cand.note, places[i].note);
	}
}

static const char *const all_checks[] = {
#define CHECK(name, run, proved) name,
#include "detect/checks.def"
#undef CHECK
};

/* Every check on a copy that has its own size, so that a sanitizer sees both edges. */
static void ask_all(const uint8_t *text, size_t len, size_t secret, size_t n)
{
	for (size_t i = 0; i < sizeof(all_checks) / sizeof(*all_checks); i++) {
		uint8_t *copy = malloc(len + 1);
		struct answer a;

		assert_non_null(copy);
		memcpy(copy + 1, text, len);
		a = ask_in(all_checks[i], sv_span(copy + 1, len), secret, n);
		assert_true(a.verdict >= SV_CHECK_FAILED && a.verdict <= SV_CHECK_PASSED);
		assert_true(strlen(a.cand.note) < sizeof(a.cand.note));
		free(copy);
	}
}

static uint64_t next(uint64_t *random)
{
	return *random = sv_hash64(random, sizeof(*random), 9);
}

static void bytes_that_no_rule_would_let_through_are_answered(void **state)
{
	static const char *const marks[] = {"+ASt",
					    "JQQJ99BA",
					    "8Q~",
					    "QJJQ",
					    "eyJ",
					    "sig=",
					    "MIIE",
					    "%",
					    "&sv=",
					    "\\u0026",
					    "://",
					    "AccountName=",
					    ".core.windows.net"};
	uint8_t text[1300];
	uint64_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		size_t len = next(&random) % 3 ? next(&random) % 200 : next(&random) % sizeof(text),
		       n;

		for (size_t i = 0; i < len; i++)
			text[i] = round % 3 ? (uint8_t)("AB=;&.+/%\"z9\n~"[next(&random) % 14])
					    : (uint8_t)next(&random);
		for (int i = 0; i < 4; i++) {
			const char *mark = marks[next(&random) % (sizeof(marks) / sizeof(*marks))];

			if (len > strlen(mark))
				memcpy(text + next(&random) % (len - strlen(mark)), mark,
				       strlen(mark));
		}
		n = next(&random) % (len + 1);
		ask_all(text, len, next(&random) % 2 ? len - n : next(&random) % (len - n + 1), n);
	}
}

static void altered_and_cut_secrets_are_answered(void **state)
{
	const char *templates[sizeof(keys) / sizeof(*keys) + sizeof(tokens) / sizeof(*tokens) +
			      sizeof(places) / sizeof(*places)];
	size_t count = 0;
	uint64_t random = 2;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		templates[count++] = keys[i].template;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
		templates[count++] = tokens[i].text;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		templates[count++] = places[i].text;
	for (size_t i = 0; i < 12 * count; i++) {
		SV_AUTO(sv_buf) text = {0};
		struct sv_err err = {0};
		size_t from, to;

		assert_int_equal(sv_template_expand(templates[i % count], i, &text, &err), 0);
		for (uint64_t changes = next(&random) % 4; changes != 0; changes--)
			text.ptr[next(&random) % text.len] = (uint8_t)next(&random);
		from = next(&random) % 4 ? 0 : next(&random) % text.len;
		to = next(&random) % 4 ? text.len : from + next(&random) % (text.len - from + 1);
		ask_all(text.ptr, next(&random) % 2 ? to : text.len, from, to - from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checksum_that_holds_tells_what_the_key_opens),
		cmocka_unit_test(one_altered_character_is_no_proof),
		cmocka_unit_test(a_key_whose_checksum_does_not_hold_needs_words_around_it),
		cmocka_unit_test(the_account_of_a_key_is_named_wherever_it_stands),
		cmocka_unit_test(a_key_of_three_years_ago_is_told_to_be_old),
		cmocka_unit_test(a_cask_v1_key_must_have_its_structure),
		cmocka_unit_test(a_shared_access_signature_tells_what_it_opens_and_until_when),
		cmocka_unit_test(each_signature_is_of_one_kind),
		cmocka_unit_test(a_query_that_is_no_complete_signature_is_dropped),
		cmocka_unit_test(the_place_of_a_value_is_judged_and_named),
		cmocka_unit_test(bytes_that_no_rule_would_let_through_are_answered),
		cmocka_unit_test(altered_and_cut_secrets_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
