/* Azure keys that carry a checksum: what it proves, and what the seed that fits says they open. */
#include "detect/checks.h"

static const char digits62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t rol(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void marvin_block(uint32_t p[2], uint32_t word)
{
	p[0] += word;
	p[1] ^= p[0];
	p[0] = rol(p[0], 20) + p[1];
	p[1] = rol(p[1], 9) ^ p[0];
	p[0] = rol(p[0], 27) + p[1];
	p[1] = rol(p[1], 19);
}

uint64_t sv_marvin64(const uint8_t *bytes, size_t len, uint64_t seed)
{
	uint32_t p[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, tail = 0;
	size_t i = 0;

	for (; len - i >= 4; i += 4)
		marvin_block(p, (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
					(uint32_t)bytes[i + 2] << 16 |
					(uint32_t)bytes[i + 3] << 24);
	for (size_t b = 0; b < len - i; b++)
		tail |= (uint32_t)bytes[i + b] << (8 * b);
	marvin_block(p, tail | 0x80u << (8 * (len - i)));
	marvin_block(p, 0);
	return (uint64_t)p[1] << 32 | p[0];
}

uint32_t sv_marvin32(const uint8_t *bytes, size_t len, uint64_t seed)
{
	uint64_t hash = sv_marvin64(bytes, len, seed);

	return (uint32_t)hash ^ (uint32_t)(hash >> 32);
}

/* eight letters, the first in the highest byte */
static uint64_t seed_of(const char *text)
{
	uint64_t seed = 0;

	for (int i = 0; i < 8; i++)
		seed = seed << 8 | (uint8_t)text[i];
	return seed;
}

static struct sv_span unpadded(struct sv_span s)
{
	while (s.len != 0 && s.ptr[s.len - 1] == '=')
		s.len--;
	return s;
}

static const char not_holding[] = "its checksum does not hold, so it was altered or made up";

/* ---- HIS: a signature of four characters, and a checksum in the last four bytes ---- */

struct his_kind {
	char seed[9];
	enum sv_severity severity;
	const char *opens;
};
struct his_family {
	char signature[5];
	unsigned chars;		  /* without padding; the signature stands ten before the end */
	const char *const *place; /* where the account is named */
	struct his_kind kinds[8];
};

static const char *const in_storage[] = {
	"=AccountName", ".blob.core.", ".file.core.", ".queue.core.",
	".table.core.", ".dfs.core.",  NULL};
static const char *const in_cosmos[] = {".documents.azure.com", ".mongo.cosmos.azure.com", NULL};
static const char *const in_batch[] = {".batch.azure.com", NULL};
static const char *const in_apim[] = {".azure-api.net", NULL};
static const char *const in_messaging[] = {".servicebus.windows.net", NULL};
static const char *const in_iot[] = {".azure-devices.net", ".azure-devices-provisioning.net", NULL};
static const char *const in_redis[] = {".redis.cache.windows.net", ".redis.azure.net", NULL};
static const char *const in_functions[] = {".azurewebsites.net", NULL};
static const char *const in_search[] = {".search.windows.net", NULL};
static const char *const in_registry[] = {".azurecr.io", NULL};
static const char *const in_grid[] = {".eventgrid.azure.net", NULL};
static const char *const nowhere[] = {NULL};

#define KINDS_OF_MESSAGING                                                                         \
	{"Manage00", SV_CRITICAL, "may manage, send and listen"},                                  \
		{"Send0000", SV_HIGH, "may send"},                                                 \
	{                                                                                          \
		"Listen00", SV_HIGH, "may listen"                                                  \
	}

static const struct his_family families[] = {
	{"+ASt",
	 86,
	 in_storage,
	 {{"Default0", SV_CRITICAL,
	   "reads and changes everything in the account, and signs SAS tokens"}}},
	{"ACDb",
	 86,
	 in_cosmos,
	 {{"MastRW00", SV_CRITICAL, "primary or secondary read-write key: all data of the account"},
	  {"MastRO00", SV_HIGH, "read-only key: reads all data of the account"},
	  {"SystRW00", SV_CRITICAL, "system key with read-write access"},
	  {"SystRO00", SV_HIGH, "system key with read access"},
	  {"SysAll00", SV_CRITICAL, "system key with full access"},
	  {"Resour00", SV_CRITICAL, "seed of resource tokens"},
	  {"Encryp00", SV_CRITICAL, "data encryption key"}}},
	{"+ABa",
	 86,
	 in_batch,
	 {{"AbAcct00", SV_CRITICAL, "runs code on the pools of the account"}}},
	{"+AMC", 86, nowhere, {{"Classic0", SV_MEDIUM, "calls the web service"}}},
	{"APIM",
	 86,
	 in_apim,
	 {{"Tenant00", SV_CRITICAL, "direct management key: administers the service"},
	  {"IoTHub00", SV_MEDIUM, "subscription key: calls the published APIs"},
	  {"Gatewy00", SV_HIGH, "key of a self-hosted gateway"},
	  {"GitKey00", SV_HIGH, "key of the configuration repository"}}},
	{"+ASb", 43, in_messaging, {KINDS_OF_MESSAGING}},
	{"+AEh", 43, in_messaging, {KINDS_OF_MESSAGING}},
	{"+ARm",
	 43,
	 in_messaging,
	 {{"Manage00", SV_HIGH, "may manage, send and listen"},
	  {"Send0000", SV_HIGH, "may send"},
	  {"Listen00", SV_HIGH, "may listen"}}},
	{"AIoT",
	 43,
	 in_iot,
	 {{"IoTHub00", SV_CRITICAL, "key of a policy of the hub"},
	  {"DpsKey00", SV_HIGH, "provisioning key: enrols devices"},
	  {"Device00", SV_MEDIUM, "key of one device"}}},
	{"AzCa", 43, in_redis, {{"Access00", SV_HIGH, "reads and changes the whole cache"}}},
	/* the source says SendRecv, the published vector holds with Default0 */
	{"AZEG",
	 43,
	 in_grid,
	 {{"SendRecv", SV_MEDIUM, "publishes events to the topic"},
	  {"Default0", SV_MEDIUM, "publishes events to the topic"}}},
	{"AzFu",
	 54,
	 in_functions,
	 {{"Master00", SV_CRITICAL, "master key: calls and administers the whole app"},
	  {"System00", SV_HIGH, "system key: calls an extension's endpoints"},
	  {"Functi00", SV_MEDIUM, "function key: calls the function"}}},
	{"AzSe",
	 52,
	 in_search,
	 {{"PAdmin00", SV_HIGH, "admin key: reads, changes and deletes indexes"},
	  {"Query000", SV_LOW, "query key: reads indexes"}}},
	{"+ACR", 52, in_registry, {{"ACRDflt0", SV_CRITICAL, "pulls and pushes images"}}},
};

static const struct his_family *family_of(struct sv_span key)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (families[i].chars == key.len &&
		    memcmp(key.ptr + key.len - 10, families[i].signature, 4) == 0)
			return &families[i];
	return NULL;
}

bool sv_his_signed(struct sv_span key)
{
	return family_of(unpadded(key)) != NULL;
}

/*
 * Keys of Azure Cache for Redis hold no + or /: both became P and F, in the body before the
 * checksum was made, in the checksum after. So what is compared is the checksum's characters.
 */
static bool redis_holds(struct sv_span key, uint8_t raw[32], uint32_t sum)
{
	for (int i = 0; i < 4; i++)
		raw[28 + i] = (uint8_t)(sum >> (8 * i));
	for (unsigned i = 37; i < 43; i++) {
		unsigned bit = i * 6,
			 two = (unsigned)raw[bit / 8] << 8 | (bit / 8 < 31 ? raw[bit / 8 + 1] : 0u);
		char c = digits64[two >> (10 - bit % 8) & 63];

		if (key.ptr[i] != (uint8_t)(c == '+' ? 'P' : c == '/' ? 'F' : c))
			return false;
	}
	return true;
}

static bool his_holds(struct sv_span key, const char *seed)
{
	uint8_t raw[80];
	ptrdiff_t n = key.len > 96 ? -1 : sv_base64_decode(key, raw);
	uint32_t sum, kept;

	if (n < 32)
		return false;
	sum = sv_marvin32(raw, (size_t)n - 4, seed_of(seed));
	kept = (uint32_t)raw[n - 4] | (uint32_t)raw[n - 3] << 8 | (uint32_t)raw[n - 2] << 16 |
	       (uint32_t)raw[n - 1] << 24;
	if (sum == kept)
		return true;
	return n == 32 && memcmp(key.ptr + 33, "AzCa", 4) == 0 && redis_holds(key, raw, sum);
}

static bool has_policies(const struct his_family *family)
{
	return family->place == in_messaging || family->place == in_iot;
}

enum sv_verdict sv_check__his(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span key = unpadded(in->secret);
	const struct his_family *family = family_of(key);
	const struct his_kind *kind;
	char name[SV_NEAR_MAX];
	bool registry;

	if (family == NULL)
		return SV_CHECK_FAILED;
	for (kind = family->kinds; kind->opens != NULL && !his_holds(key, kind->seed); kind++)
		;
	registry = family->place == in_registry;
	if (kind->opens == NULL && !registry && !sv_speaks_of_keys(in))
		return SV_CHECK_FAILED;
	/* registries of production may use another seed: not holding says nothing there */
	sv_note(cand, "%s",
		kind->opens ? kind->opens
		: registry  ? "its checksum cannot be told"
			    : not_holding);
	if (sv_near_name(in, family->place, name))
		sv_note(cand, "; for %s", name);
	if (has_policies(family) && sv_line_value(in, "SharedAccessKeyName", name))
		sv_note(cand, "; policy %s", name);
	if (family->place == in_iot && sv_line_value(in, "DeviceId", name))
		sv_note(cand, "; of the device %s%c%s", name, SV_NOTE_DEVICE, name);
	if (kind->opens == NULL)
		return SV_CHECK_OPEN;
	cand->severity = kind->severity;
	return SV_CHECK_PROVED;
}

/* ---- JQQJ99: 52 random characters, a date, data of platform and provider, a checksum ---- */

struct cask_provider {
	char signature[5];
	enum sv_severity severity;
};

static const struct cask_provider providers[] = {
	{"AZDO", SV_CRITICAL}, {"AZCR", SV_CRITICAL}, {"ACOG", SV_HIGH},   {"AZAC", SV_HIGH},
	{"AZCS", SV_HIGH},     {"msql", SV_HIGH},     {"AZFR", SV_MEDIUM}, {"AZEG", SV_MEDIUM},
	{"AZMR", SV_MEDIUM},   {"AZMP", SV_MEDIUM},
};
/* by the last of the four characters before ACOG; the others are AAA */
static const char *const services[] = {"AI Services",
				       "OpenAI",
				       "Anomaly Detector EE",
				       "Anomaly Detector",
				       "Cognitive Services",
				       "Computer Vision",
				       "Content Moderator",
				       "Content Safety",
				       "Custom Vision prediction",
				       "Custom Vision training",
				       "Face",
				       "Form Recognizer",
				       "Health Decision Support",
				       "Health Insights",
				       "Immersive Reader",
				       "Internal All-in-One",
				       "Knowledge",
				       "LUIS authoring",
				       "LUIS",
				       "Metrics Advisor",
				       "Personalizer",
				       "QnA Maker",
				       "QnA Maker v2",
				       "Speaker Recognition",
				       "Speech",
				       "Speech Translation",
				       "Text Analytics",
				       "Text Translation",
				       "Dummy",
				       "Transcription Intelligence",
				       "Video Intelligence",
				       "Bing Autosuggest",
				       "Bing Autosuggest v7",
				       "Bing Custom Search",
				       "Bing Custom Visual Search",
				       "Bing Entity Search",
				       "Bing Search",
				       "Bing Search v7",
				       "Bing Speech",
				       "Bing Spell Check",
				       "Bing Spell Check v7"};

/* The checksum's six characters: base 62 of its bytes as one big-endian number, zeroes kept. */
static void cask_base62(uint32_t sum, char ret[7])
{
	uint32_t value = __builtin_bswap32(sum);
	char reversed[8];
	int n = 0, at = 0;

	for (uint32_t top = 0xFF000000u; top != 0 && !(value & top); top >>= 8)
		ret[at++] = '0';
	for (; value != 0; value /= 62)
		reversed[n++] = digits62[value % 62];
	while (n > 0 && at < 6)
		ret[at++] = reversed[--n];
	while (at < 6)
		ret[at++] = '0';
	ret[6] = '\0';
}

static void cask_base64(uint32_t sum, char ret[7])
{
	const uint8_t b[6] = {(uint8_t)sum, (uint8_t)(sum >> 8), (uint8_t)(sum >> 16),
			      (uint8_t)(sum >> 24)};

	for (unsigned i = 0; i < 6; i++) {
		unsigned bit = i * 6, two = (unsigned)b[bit / 8] << 8 | b[bit / 8 + 1];

		ret[i] = digits64[two >> (10 - bit % 8) & 63];
	}
	ret[6] = '\0';
}

static bool cask_holds(struct sv_span key)
{
	size_t n = key.len - 80; /* 4, or 6 in the long form */
	uint8_t raw[63];
	char told[7];
	uint32_t sum;

	if (sv_base64_decode(sv_span(key.ptr, 80), raw) != 60)
		return false;
	sum = sv_marvin32(raw, 60, seed_of("Default0"));
	cask_base62(sum, told);
	if (n ==
	    6) /* only the two bits that the fourth byte needs are kept of the last character */
		told[5] = digits64[sv_base64_value((uint8_t)told[5]) & 0x30];
	if (memcmp(told, key.ptr + 80, n) == 0)
		return true;
	cask_base64(sum, told);
	return memcmp(told, key.ptr + 80, n) == 0;
}

static void note_made(const struct sv_check_input *in, const uint8_t *date,
		      struct sv_candidate *cand)
{
	int year = sv_base64_value(date[0]) + 2024, month = date[1] - 'A' + 1;
	int64_t then = sv_days(year, (unsigned)month, 1) * 86400;

	if (in->now != 0 && then > in->now + 40 * 86400)
		return;
	sv_note(cand, "%smade in %d-%02d", cand->note[0] ? ", " : "", year, month);
	if (in->now - then > 2 * 366 * 86400ll)
		sv_note(cand, " and older than two years");
}

static const struct cask_provider *cask_provider_of(const uint8_t *signature)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++)
		if (memcmp(providers[i].signature, signature, 4) == 0)
			return &providers[i];
	return NULL;
}

static void note_cask(const struct sv_check_input *in, struct sv_span key,
		      struct sv_candidate *cand)
{
	const struct cask_provider *provider = cask_provider_of(key.ptr + 76);
	bool ai = memcmp(key.ptr + 72, "AAA", 3) == 0 && memcmp(key.ptr + 76, "ACOG", 4) == 0;
	int service = ai ? sv_base64_value(key.ptr[75]) : -1;

	if (provider == NULL)
		sv_note(cand, "of the provider %.4s", (const char *)key.ptr + 76);
	else if (service >= 0 && service < (int)(sizeof(services) / sizeof(*services)))
		sv_note(cand, "of Azure %s", services[service]);
	cand->severity = provider ? provider->severity : SV_HIGH;
	if (key.ptr[57] == 'D')
		sv_note(cand, "%sderived from another key", cand->note[0] ? ", " : "");
	if (key.ptr[57] == 'H')
		sv_note(cand, "%sa hash of a key", cand->note[0] ? ", " : "");
	note_made(in, key.ptr + 58, cand);
}

static bool cask_formed(struct sv_span key)
{
	if ((key.len != 84 && key.len != 86) || memcmp(key.ptr + 52, "JQQJ9", 5) != 0)
		return false;
	if (key.ptr[57] != '9' && key.ptr[57] != 'D' && key.ptr[57] != 'H')
		return false;
	if (key.ptr[59] < 'A' || key.ptr[59] > 'L')
		return false;
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] == '-' || key.ptr[i] == '_' || sv_base64_value(key.ptr[i]) < 0)
			return false;
	return true;
}

enum sv_verdict sv_check__cask(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span key = unpadded(in->secret);

	if (!cask_formed(key))
		return SV_CHECK_FAILED;
	note_cask(in, key, cand);
	if (cask_holds(key))
		return SV_CHECK_PROVED;
	if (!sv_speaks_of_keys(in))
		return SV_CHECK_FAILED;
	sv_note(cand, "%s%s", cand->note[0] ? "; " : "", not_holding);
	return SV_CHECK_OPEN;
}

/* A provider that is not known: only the checksum makes it a key. */
enum sv_verdict sv_check__cask_other(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span key = unpadded(in->secret);

	if (!cask_formed(key) || cask_provider_of(key.ptr + 76) != NULL || !cask_holds(key))
		return SV_CHECK_FAILED;
	note_cask(in, key, cand);
	return SV_CHECK_PROVED;
}

/* ---- CASK v1: no checksum, but much structure ---- */

enum sv_verdict sv_check__cask_v1(const struct sv_check_input *in, struct sv_candidate *cand)
{
	const uint8_t *p = in->secret.ptr, *at;
	size_t n = in->secret.len, big = n >= 108 && memcmp(p + 88, "QJJQ", 4) == 0;
	size_t mark = big ? 88 : 44, data;

	if (n < mark + 20 || memcmp(p + mark, "QJJQ", 4) != 0)
		return SV_CHECK_FAILED;
	/* 32 or 64 bytes of key, filled up with zero bytes to a multiple of three */
	if (big ? (sv_base64_value(p[85]) & 15) != 0 || p[86] != 'A' || p[87] != 'A'
		: (sv_base64_value(p[42]) & 3) != 0 || p[43] != 'A')
		return SV_CHECK_FAILED;
	at = p + mark + 4;
	if (at[0] != 'A' || at[1] != (big ? 'C' : 'B') || at[2] < 'A' || at[2] > 'K')
		return SV_CHECK_FAILED;
	data = 4 * (size_t)(at[2] - 'A');
	if (n != mark + 20 + data)
		return SV_CHECK_FAILED;
	at += 8 + data;
	if (at[0] != 'A' || at[1] != 'A' || at[3] > 'L' || at[3] < 'A' || at[5] > 'X' ||
	    at[5] < 'A' || sv_base64_value(at[4]) > 30 || sv_base64_value(at[6]) > 59 ||
	    sv_base64_value(at[7]) > 59)
		return SV_CHECK_FAILED;
	sv_note(cand, "of the provider %.4s, made in %d-%02d", (const char *)p + mark + 8,
		2025 + sv_base64_value(at[2]), at[3] - 'A' + 1);
	return SV_CHECK_OPEN;
}

/* ---- Entra client secrets: three base-66 digits of the Marvin32 of the characters before ---- */

enum sv_verdict sv_check__entra(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char digits[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
	struct sv_span s = in->secret;
	uint32_t sum;

	if (s.len != 40 || memcmp(s.ptr + 3, "8Q~", 3) != 0)
		return SV_CHECK_FAILED;
	sum = sv_marvin32(s.ptr, 37, seed_of("AadPwd00")) / (66 * 66 * 66);
	for (int i = 39; i >= 37; i--, sum /= 66)
		if (s.ptr[i] != (uint8_t)digits[sum % 66])
			break;
		else if (i == 37)
			return SV_CHECK_PROVED;
	if (!sv_speaks_of_keys(in))
		return SV_CHECK_FAILED;
	sv_note(cand, "%s", not_holding);
	return SV_CHECK_OPEN;
}

/* ---- Azure DevOps, 52 characters of base32: a CRC-32 that is spread over the 32 bytes ---- */

#define DEVOPS_USER 0xE0B9692Du
#define DEVOPS_APP  0x1019F92Eu

static bool base32_decode(struct sv_span s, uint8_t raw[33])
{
	uint64_t bits = 0;
	unsigned have = 0, n = 0;

	if (s.len != 52)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		int value = c >= 'a' && c <= 'z'   ? c - 'a'
			    : c >= '2' && c <= '7' ? c - '2' + 26
						   : -1;

		if (value < 0)
			return false;
		bits = bits << 5 | (uint64_t)value;
		for (have += 5; have >= 8; have -= 8)
			raw[n++] = (uint8_t)(bits >> (have - 8));
	}
	return n == 32;
}

enum sv_verdict sv_check__devops_crc(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t b[33], token[28];
	uint32_t kept, crc;

	if (!base32_decode(in->secret, b))
		return SV_CHECK_FAILED;
	memcpy(token, b, 2);
	memcpy(token + 2, b + 3, 4);
	memcpy(token + 6, b + 9, 13);
	memcpy(token + 19, b + 23, 9);
	kept = (uint32_t)b[22] | (uint32_t)b[8] << 8 | (uint32_t)b[7] << 16 | (uint32_t)b[2] << 24;
	crc = sv_crc32(0, token, sizeof(token)) ^ kept;
	if (crc != DEVOPS_USER && crc != DEVOPS_APP) {
		/* 52 letters are nothing by themselves; under this name they are an altered token
		 */
		if (!sv_line_holds(in, "AZURE_DEVOPS_EXT_PAT"))
			return SV_CHECK_FAILED;
		sv_note(cand, "%s", not_holding);
		return SV_CHECK_OPEN;
	}
	sv_note(cand, crc == DEVOPS_USER ? "a personal access token" : "an application secret");
	return SV_CHECK_PROVED;
}
