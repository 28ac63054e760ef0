/*
 * Values that their place makes secret: keys without a checksum beside the words of their service,
 * and passwords that people chose. Rules find the place; this looks at the value.
 */
#include "detect/checks.h"
#include <ctype.h>
#include <strings.h>

const char sv_reads_like_a_sample[] = "it reads like a sample";

/* ---- values that are none ---- */

bool sv_is_typed_to_fill(struct sv_span s)
{
	size_t steps = 0;

	for (size_t i = 1; i < s.len; i++) {
		int step = s.ptr[i] - s.ptr[i - 1];

		steps += step >= -1 && step <= 1;
	}
	return s.len > 1 && steps * 2 > s.len;
}

/* key without its percent escapes; as it is if it has none, or is longer than any key */
static struct sv_span unescaped(struct sv_span key, uint8_t room[256])
{
	size_t n = 0;

	if (memchr(key.ptr, '%', key.len) == NULL || key.len > 256)
		return key;
	for (size_t i = 0; i < key.len; i++) {
		int high = key.ptr[i] == '%' && key.len - i > 2 ? sv_hex_value(key.ptr[i + 1]) : -1;
		int low = high < 0 ? -1 : sv_hex_value(key.ptr[i + 2]);

		room[n++] = low < 0 ? key.ptr[i] : (uint8_t)(high * 16 + low);
		i += low < 0 ? 0 : 2;
	}
	return sv_span(room, n);
}

/* Base64 of n random bytes, as far as one can see; no key that another rule knows by its mark. */
static bool random_key(struct sv_span key, size_t n)
{
	/* of 24 characters, chance repeats more */
	double least = n < 32 ? 3.3 : 4;
	uint8_t raw[200], room[256];

	key = unescaped(key, room);

	if (key.len > 256 || sv_his_signed(key) || sv_base64_decode(key, raw) != (ptrdiff_t)n)
		return false;
	return !sv_printable(sv_span(raw, n)) && !sv_is_typed_to_fill(key) && sv_entropy(key) >= least &&
	       !sv_is_emulator_key(key);
}

/* ---- keys without a checksum ---- */

struct place {
	size_t bytes;		 /* that the key decodes to; 0: it is no base64 */
	const char *const *near; /* for sv_near_name(): names it, and proves the place */
	const char *const
		*elsewhere; /* words of other services: on the same line, not this one's */
	bool needs_near;
};

static const char *const storage_near[] = {
	"=AccountName", ".blob.core.",		 ".dfs.core.", ".file.core.", ".queue.core.",
	".table.core.", "=storage_account_name", NULL};
static const char *const storage_not[] = {"AccountEndpoint=", ".documents.azure.", ".batch.azure.",
					  "cosmos", NULL};
static const char *const cosmos_not[] = {"AccountName=", "EndpointSuffix=", ".core.windows.net",
					 NULL};
static const char *const cosmos_near[] = {
	".documents.azure.com",	       ".documents.azure.us",
	".documents.azure.cn",	       ".mongo.cosmos.azure.com",
	".table.cosmos.azure.com",     ".gremlin.cosmos.azure.com",
	".cassandra.cosmos.azure.com", NULL};
static const char *const messaging_near[] = {".servicebus.windows.net",
					     ".servicebus.chinacloudapi.cn",
					     ".servicebus.usgovcloudapi.net", NULL};
static const char *const hub_policies[] = {"DefaultFullSharedAccessSignature",
					   "DefaultListenSharedAccessSignature", NULL};
static const char *const messaging_not[] = {"DefaultFullSharedAccessSignature",
					    "DefaultListenSharedAccessSignature", ".azure-devices",
					    NULL};
static const char *const iot_not[] = {".servicebus.", NULL};
static const char *const iot_near[] = {".azure-devices.net", ".azure-devices-provisioning.net",
				       ".azure-devices.cn", ".azure-devices.us", NULL};
static const char *const redis_near[] = {".redis.cache.windows.net", ".redis.azure.net",
					 ".redisenterprise.cache.azure.net", NULL};
static const char *const config_near[] = {".azconfig.io", NULL};
static const char *const signalr_near[] = {".service.signalr.net", NULL};
static const char *const signalr_not[] = {".webpubsub.", NULL};
static const char *const pubsub_not[] = {".signalr.", NULL};
static const char *const pubsub_near[] = {".webpubsub.azure.com", NULL};
static const char *const communication_near[] = {".communication.azure.com", NULL};
static const char *const batch_near[] = {".batch.azure.com", NULL};
static const char *const functions_near[] = {".azurewebsites.net", NULL};
static const char *const grid_near[] = {".eventgrid.azure.net", NULL};
static const char *const monitor_near[] = {"=WorkspaceId", "=workspace_id", "=customerId", NULL};
static const char *const search_near[] = {".search.windows.net", NULL};
static const char *const ai_near[] = {".openai.azure.com", ".cognitiveservices.azure.com",
				      ".api.cognitive.microsoft.com", ".services.ai.azure.com",
				      NULL};
static const char *const ai_not[] = {".azure-api.net", NULL};
static const char *const apim_not[] = {".openai.azure.", ".cognitiveservices.azure.",
				       ".microsoft.com", NULL};
static const char *const apim_near[] = {".azure-api.net", NULL};
static const char *const maps_near[] = {".microsoft.com", NULL};
static const char *const registry_near[] = {".azurecr.io", NULL};
static const char *const nothing[] = {NULL};

static bool any_word(const struct sv_check_input *in, const char *const *words)
{
	for (; *words != NULL; words++)
		if (sv_line_holds(in, *words))
			return true;
	return false;
}

static enum sv_verdict judge(const struct sv_check_input *in, struct sv_candidate *cand,
			     const struct place *place)
{
	char name[SV_NEAR_MAX];

	if (place->bytes != 0 && !random_key(in->secret, place->bytes))
		return SV_CHECK_FAILED;
	if (place->bytes == 0 && (sv_is_typed_to_fill(in->secret) || sv_entropy(in->secret) < 3))
		return SV_CHECK_FAILED;
	if (any_word(in, place->elsewhere))
		return SV_CHECK_FAILED;
	if (sv_near_name(in, place->near, name)) {
		sv_note(cand, "for %s", name);
		return SV_CHECK_PROVED;
	}
	if (place->needs_near)
		return SV_CHECK_FAILED;
	return SV_CHECK_OPEN;
}

#define PLACE(id, ...)                                                                             \
	enum sv_verdict sv_check__place_##id(const struct sv_check_input *in,                      \
					     struct sv_candidate *cand)                            \
	{                                                                                          \
		static const struct place place = {__VA_ARGS__};                                   \
                                                                                                   \
		return judge(in, cand, &place);                                                    \
	}
PLACE(storage, 64, storage_near, storage_not, false)
PLACE(storage_host, 64, storage_near, storage_not, true)
PLACE(cosmos, 64, cosmos_near, cosmos_not, true)
PLACE(cosmos_named, 64, cosmos_near, cosmos_not, false)
PLACE(redis, 32, redis_near, nothing, true)
PLACE(appconfig, 32, config_near, nothing, true)
PLACE(signalr, 32, signalr_near, signalr_not, true)
PLACE(webpubsub, 32, pubsub_near, pubsub_not, true)
PLACE(communication, 64, communication_near, nothing, true)
PLACE(batch, 64, batch_near, nothing, false)
PLACE(functions, 40, functions_near, nothing, true)
PLACE(eventgrid, 32, grid_near, nothing, false)
PLACE(monitor, 64, monitor_near, nothing, true)
PLACE(search, 0, search_near, nothing, true)
PLACE(ai, 0, ai_near, ai_not, false)
PLACE(ai_header, 0, ai_near, ai_not, true)
PLACE(apim, 0, apim_near, apim_not, true)
PLACE(maps, 0, maps_near, nothing, true)
PLACE(maps_named, 0, maps_near, nothing, false)
PLACE(registry, 0, registry_near, nothing, true)

/* ---- keys whose policy says what they open ---- */

static bool policy_is(const char *policy, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcasecmp(policy, *names) == 0)
			return true;
	return false;
}

enum sv_verdict sv_check__place_messaging(const struct sv_check_input *in,
					  struct sv_candidate *cand)
{
	static const struct place place = {32, messaging_near, messaging_not, true};
	static const char *const roots[] = {"RootManageSharedAccessKey", NULL};
	enum sv_verdict verdict = judge(in, cand, &place);
	char policy[SV_NEAR_MAX];

	if (verdict == SV_CHECK_PROVED && sv_line_value(in, "SharedAccessKeyName", policy)) {
		sv_note(cand, "; policy %s", policy);
		if (policy_is(policy, roots)) {
			sv_note(cand, " may manage, send and listen in the whole namespace");
			cand->severity = SV_CRITICAL;
		}
	}
	return verdict;
}

enum sv_verdict sv_check__place_notification(const struct sv_check_input *in,
					     struct sv_candidate *cand)
{
	static const struct place place = {32, messaging_near, nothing, true};
	char policy[SV_NEAR_MAX];

	if (!sv_line_value(in, "SharedAccessKeyName", policy) || !policy_is(policy, hub_policies))
		return SV_CHECK_FAILED;
	/* clients may embed the one that only listens */
	cand->severity = strcasecmp(policy, hub_policies[1]) == 0 ? SV_LOW : SV_HIGH;
	return judge(in, cand, &place);
}

enum sv_verdict sv_check__place_iot(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const struct place place = {32, iot_near, iot_not, true};
	static const char *const owners[] = {"iothubowner", "registryReadWrite", NULL};
	enum sv_verdict verdict = judge(in, cand, &place);
	char name[SV_NEAR_MAX], host[SV_NEAR_MAX];

	/* a device may reach its hub by a name of its owner, or through a gateway */
	if (verdict != SV_CHECK_PROVED) {
		if (!random_key(in->secret, 32) || any_word(in, iot_not) ||
		    !sv_line_value(in, "HostName", host) || !sv_line_value(in, "DeviceId", name))
			return SV_CHECK_FAILED;
		sv_note(cand, "for %s", host);
		verdict = SV_CHECK_OPEN;
	}
	if (sv_line_value(in, "SharedAccessKeyName", name)) {
		sv_note(cand, "; policy %s", name);
		cand->severity = policy_is(name, owners) ? SV_CRITICAL : SV_HIGH;
	} else if (sv_line_value(in, "DeviceId", name)) {
		sv_note(cand, "; of the device %s alone%c%s", name, SV_NOTE_DEVICE, name);
		cand->severity = SV_MEDIUM;
	}
	return verdict;
}

/* Of 32 or 64 bytes, where the rule itself knows the place. */
enum sv_verdict sv_check__random_key(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)cand;
	return random_key(in->secret, 32) || random_key(in->secret, 64) ? SV_CHECK_OPEN
									: SV_CHECK_FAILED;
}

/* Devices have keys of 32 bytes, groups of them also of 64; firmware names no hub beside it. */
enum sv_verdict sv_check__device_key(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const ids[] = {"=DEVICE_ID", "=DeviceId", "=device_id", NULL};
	char name[SV_NEAR_MAX];

	if (!random_key(in->secret, 32) && !random_key(in->secret, 64))
		return SV_CHECK_FAILED;
	if (sv_near_name(in, ids, name))
		sv_note(cand, "for the device %s%c%s", name, SV_NOTE_DEVICE, name);
	return SV_CHECK_OPEN;
}

/* 16, 24 or 32 bytes, in hex or base64: what ciphers take. */
enum sv_verdict sv_check__cipher_key(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	size_t digits = 0;

	(void)cand;
	for (size_t i = 0; i < s.len; i++)
		digits += sv_hex_value(s.ptr[i]) >= 0;
	if (sv_stands_for(s) || sv_is_public(in) || sv_is_typed_to_fill(s))
		return SV_CHECK_FAILED;
	if (digits == s.len)
		return sv_entropy(s) >= 3 ? SV_CHECK_OPEN : SV_CHECK_FAILED;
	return random_key(s, 32) || random_key(s, 24) || random_key(s, 16) ? SV_CHECK_OPEN
									   : SV_CHECK_FAILED;
}

/* ---- what people chose, or left open ---- */

static bool starts(struct sv_span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && strncasecmp((const char *)s.ptr, with, n) == 0;
}

/* How many digits stand in a row at i. */
static size_t digits_at(struct sv_span s, size_t i)
{
	size_t from = i, to = i;

	while (from > 0 && isdigit(s.ptr[from - 1]))
		from--;
	while (to < s.len && isdigit(s.ptr[to]))
		to++;
	return to - from;
}

/* A letter for the sign that people write in its place: P@$$w0rd. Four digits are a number: 7357. */
static char plain_letter(struct sv_span s, size_t i)
{
	static const char signs[] = "@4$5013!7", letters[] = "aassoieit";
	uint8_t c = s.ptr[i];
	const char *at = c == '\0' || (isdigit(c) && digits_at(s, i) >= 4) ? NULL : strchr(signs, c);

	return at ? letters[at - signs] : (char)tolower(c);
}

/* Nobody's password, but what every sample says: told, with little confidence. */
static bool of_samples(struct sv_span s)
{
	static const char *const words[] = {"password", "passwd", "passw", "change", "secret", "test",
					    "demo",	"sample", "admin", "qwerty", "12345"};
	char plain[48];
	size_t n = s.len < sizeof(plain) ? s.len : sizeof(plain);

	for (size_t i = 0; i < n; i++)
		plain[i] = plain_letter(s, i);
	/* in a long value such a word may stand by chance */
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) * 4 >= s.len &&
		    (sv_holds(s, words[i]) || sv_holds(sv_span(plain, n), words[i])))
			return true;
	return s.len < 8;
}

/* "/var/run/token.json": where the secret is */
static bool is_path(struct sv_span s)
{
	size_t parts = 0;
	bool lower = false, upper = false;

	/* a part is in one case: /app/secrets/SMTP_PASSWORD */
	for (size_t i = 0; i < s.len; i++) {
		if (!isalpha(s.ptr[i]) && !isdigit(s.ptr[i]) && memchr("/._-", s.ptr[i], 4) == NULL)
			return false;
		if (s.ptr[i] == '/')
			lower = upper = false;
		lower |= islower(s.ptr[i]);
		upper |= isupper(s.ptr[i]) || (upper && isdigit(s.ptr[i]));
		if (lower && upper)
			return false;
		parts += s.ptr[i] == '/';
	}
	return parts >= 2 && (s.ptr[0] == '/' || s.ptr[0] == '.');
}

bool sv_is_its_name(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), n = in->secret.len, i = n;

	while (at > 0 && memchr("\"'`:= \t", in->text.ptr[at - 1], 7) != NULL)
		at--;
	for (; i > 0 && at > 0; at--) {
		if (in->text.ptr[at - 1] == '_' || in->text.ptr[at - 1] == '-')
			continue;
		while (i > 0 && (in->secret.ptr[i - 1] == '_' || in->secret.ptr[i - 1] == '-'))
			i--;
		if (i == 0 || tolower(in->text.ptr[at - 1]) != tolower(in->secret.ptr[i - 1]))
			break;
		i--;
	}
	return i == 0 && n >= 4;
}

static unsigned kind_of_letter(uint8_t c)
{
	return isdigit(c) ? 1 : isupper(c) ? 2 : islower(c) ? 4 : 0;
}

/* Long, and between capitals, small letters and digits as often as chance would go: no phrase. */
static bool made_by_machine(struct sv_span s)
{
	unsigned kinds = 0;
	size_t turns = 0;

	for (size_t i = 0; i < s.len; i++) {
		kinds |= kind_of_letter(s.ptr[i]);
		turns += i > 0 && kind_of_letter(s.ptr[i]) != kind_of_letter(s.ptr[i - 1]);
	}
	return s.len >= 16 && kinds == 7 && turns * 3 > s.len && sv_entropy(s) >= 3.5;
}

/*
 * Names in a list, as code has them: "admin_password", "custom_data". A value that is given so has
 * more than the letters of a name.
 */
static bool in_list_of_names(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr);
	unsigned kinds = 0, digits = 0, last = 0;
	size_t turns = 0;

	while (at > 0 && memchr("\"'` \t\r\n", in->text.ptr[at - 1], 7) != NULL)
		at--;
	if (at == 0 || in->text.ptr[at - 1] != ',')
		return false;
	for (size_t i = 0; i < in->secret.len; i++) {
		uint8_t c = in->secret.ptr[i];

		if (!isalnum(c) && c != '_' && c != '.' && c != '-' && c != '/' && c != '#')
			return false;
		kinds |= kind_of_letter(c);
		digits += isdigit(c) != 0;
		/* what parts the words of a name is no turn */
		turns += kind_of_letter(c) != 0 && last != 0 && kind_of_letter(c) != last;
		last = kind_of_letter(c) != 0 ? kind_of_letter(c) : last;
	}
	/* no name has a number in it, digits among capitals and small letters, or changes that
	 * often */
	return kinds != 7 && digits < 3 && turns * 3 < in->secret.len;
}

static bool has_bracket(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (memchr("(){}[]:", s.ptr[i], 7) != NULL)
			return true;
	return false;
}

/* deployedSecret, provider.?clientSecret: a symbol of Bicep or of another language, without a digit */
static bool is_symbol(struct sv_span s)
{
	static const char *const nouns[] = {"Secret", "Password", "Pass", "Pwd", "Key", "Token", "Value", "Values"};
	bool humps = false, named = false;

	for (size_t i = 0; i < s.len; i++) {
		if (!isalpha(s.ptr[i]) && (s.ptr[i] == '\0' || strchr("._?!", s.ptr[i]) == NULL))
			return false;
		humps |= i > 0 && isupper(s.ptr[i]) && islower(s.ptr[i - 1]);
	}
	while (s.len > 0 && (s.ptr[s.len - 1] == '!' || s.ptr[s.len - 1] == '?'))
		s.len--;
	for (size_t i = 0; i < sizeof(nouns) / sizeof(*nouns); i++) {
		size_t n = strlen(nouns[i]);

		named |= s.len > n && memcmp(s.ptr + s.len - n, nouns[i], n) == 0;
	}
	return humps && named && islower(s.ptr[0]);
}

/* machine.disk.secret, azuread_password.test2.value: members of members; digits only number a name */
static bool is_member(struct sv_span s)
{
	size_t parts = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t next = i + 1 < s.len ? s.ptr[i + 1] : '.';

		if (isdigit(s.ptr[i]) ? next != '.' && !isdigit(next)
				      : !isalpha(s.ptr[i]) && s.ptr[i] != '.' && s.ptr[i] != '_')
			return false;
		parts += s.ptr[i] == '.';
	}
	return parts >= 2 && isalpha(s.ptr[0]) && s.ptr[s.len - 1] != '.';
}

/* configs.CLIENT_SECRET: a member of a variable */
static bool is_member_in_letters(struct sv_span s)
{
	const uint8_t *dot = s.len ? memchr(s.ptr, '.', s.len) : NULL;

	if (dot == NULL || dot == s.ptr || dot + 1 == s.ptr + s.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr + i < dot ? !islower(s.ptr[i])
				    : !isalpha(s.ptr[i]) && s.ptr[i] != '_' && s.ptr + i != dot)
			return false;
	return true;
}

/* Code that makes the value, where no quote opens it: pointer.To(x[, &Type{, ConvertTo-SecureString
 */
static bool is_code(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr);
	bool only_letters = true;

	if (at == 0 || strchr("\"'`>", in->text.ptr[at - 1]) != NULL)
		return false;
	if (is_member(in->secret) || is_symbol(in->secret) || is_member_in_letters(in->secret))
		return true;
	for (size_t i = 0; i < in->secret.len; i++) {
		uint8_t c = in->secret.ptr[i];

		if (isdigit(c))
			return false;
		only_letters &= isalpha(c) || c == '-';
	}
	return only_letters ? memchr(in->secret.ptr, '-', in->secret.len) != NULL
			    : has_bracket(in->secret) &&
				      memchr(in->secret.ptr, '=', in->secret.len) == NULL;
}

/* 'secret' = 'password' = …: the name of the next one, where this one has no value */
static bool is_next_name(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr) + in->secret.len;

	if (at >= in->text.len || (in->text.ptr[at] != '"' && in->text.ptr[at] != '\''))
		return false;
	for (at++; at < in->text.len && (in->text.ptr[at] == ' ' || in->text.ptr[at] == '\t'); at++)
		;
	return at + 1 < in->text.len && (in->text.ptr[at] == '=' || in->text.ptr[at] == ':') &&
	       (in->text.ptr[at + 1] == ' ' || in->text.ptr[at + 1] == '>');
}

/* AZURE_STORAGE_SPN_CLIENT_SECRET: the variable that has it */
static bool is_variable(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isupper(s.ptr[i]) && s.ptr[i] != '_')
			return false;
	return s.len > 4 && isupper(s.ptr[0]) && memchr(s.ptr, '_', s.len) != NULL;
}

/* include "manage" (dict "key" "admin-password" "providedValues" …): words beside each other */
static bool is_argument(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), blanks = 0;

	for (size_t i = 0; i < in->secret.len; i++)
		if (!isalpha(in->secret.ptr[i]))
			return false;
	if (at == 0 || (in->text.ptr[at - 1] != '"' && in->text.ptr[at - 1] != '\''))
		return false;
	for (at--; at > 0 && in->text.ptr[at - 1] == ' '; at--)
		blanks++;
	return blanks != 0 && at > 0 && strchr("\"')", in->text.ptr[at - 1]) != NULL;
}

enum sv_verdict sv_check__literal(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;

	/* no password begins with a blank or a closed bracket: what stands between two texts of
	 * code does; what follows is how one shall be */
	if (s.len == 0 || s.ptr[0] == ' ' || s.ptr[0] == ')' ||
	    sv_span_starts_with(s, "required|") || sv_stands_for(s) || sv_is_public(in) ||
	    sv_his_signed(s) || in_list_of_names(in) || is_code(in) || is_path(s) ||
	    sv_is_its_name(in) || is_next_name(in) || is_argument(in) || is_variable(s))
		return SV_CHECK_FAILED;
	if (of_samples(s)) {
		cand->confidence = SV_CONF_LOW;
		sv_candidate_reason(cand, sv_reads_like_a_sample);
		return SV_CHECK_OPEN;
	}
	return made_by_machine(s) ? SV_CHECK_PROVED : SV_CHECK_OPEN;
}

/* For rules that know less of the value than others that find it too: those shall win. */
enum sv_verdict sv_check__literal_unproved(const struct sv_check_input *in,
					   struct sv_candidate *cand)
{
	enum sv_verdict verdict = sv_check__literal(in, cand);

	return verdict == SV_CHECK_PROVED ? SV_CHECK_PASSED : verdict;
}

/* What carries the mark of newer client secrets is another rule's. */
enum sv_verdict sv_check__entra_literal(const struct sv_check_input *in, struct sv_candidate *cand)
{
	if (in->secret.len > 6 && (memcmp(in->secret.ptr + 3, "8Q~", 3) == 0 ||
				   memcmp(in->secret.ptr + 3, "7Q~", 3) == 0))
		return SV_CHECK_FAILED;
	return sv_check__literal(in, cand);
}

/* The settings of an application of Microsoft Entra ID say which tenant it is of. */
enum sv_verdict sv_check__beside_tenant(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const words[] = {"tenant", "microsoftonline", "azurerm",
					    "servicePrincipalProfile", "sts.windows.net"};

	(void)cand;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (sv_holds(in->text, words[i]))
			return SV_CHECK_PASSED;
	return SV_CHECK_FAILED;
}

/* The name and value of a password grant, in a request's body, a command's option or a list of pairs. */
static bool asks_by_password(struct sv_span s)
{
	for (size_t i = 0; i + 20 < s.len; i++) {
		const uint8_t *at =
			sv_find_bytes(sv_span(s.ptr + i, s.len - i), sv_span_str("grant_type"));

		if (at == NULL)
			return false;
		i = (size_t)(at - s.ptr) + 10;
		for (size_t k = 0; k < 8 && i < s.len && memchr("\"' =:,\t[", s.ptr[i], 8) != NULL; k++)
			i++;
		if (starts(sv_span(s.ptr + i, s.len - i), "password") &&
		    (i + 8 == s.len || (!isalpha(s.ptr[i + 8]) && s.ptr[i + 8] != '_')))
			return true;
	}
	return false;
}

enum sv_verdict sv_check__user_grant(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const hosts[] = {"login.microsoft", "login.windows.net", "onmicrosoft.com", "b2clogin.com",
					    "ciamlogin.com",   "graph.microsoft",   "management.azure"};

	(void)cand;
	if (!asks_by_password(in->text))
		return SV_CHECK_FAILED;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (sv_holds(in->text, hosts[i]))
			return SV_CHECK_PASSED;
	return SV_CHECK_FAILED;
}

/* Of an instance of MSFT_Credential, as a compiled configuration has them. */
enum sv_verdict sv_check__dsc_credential(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span before = sv_span(in->text.ptr, in->match_start);
	const uint8_t *open = memrchr(before.ptr, '{', before.len);

	(void)cand;
	if (open == NULL || memchr(open, '}', (size_t)(before.ptr + before.len - open)) != NULL)
		return SV_CHECK_FAILED;
	before.len = (size_t)(open - before.ptr);
	if (before.len > 80)
		before = sv_span(open - 80, 80);
	return sv_holds(before, "of MSFT_Credential") ? SV_CHECK_PASSED : SV_CHECK_FAILED;
}

/* What a database stores in place of a password signs nobody in. */
enum sv_verdict sv_check__not_hashed(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const openings[] = {"SCRAM-SHA-256$", "$5$", "$6$", "$y$", "$2b$", "*"};
	struct sv_span s = in->secret;

	(void)cand;
	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (starts(s, openings[i]))
			return SV_CHECK_FAILED;
	return s.len == 35 && starts(s, "md5") ? SV_CHECK_FAILED : SV_CHECK_PASSED;
}

/* Keys of 32 or 64 bytes belong to rules that know whose they are. */
enum sv_verdict sv_check__not_base64(const struct sv_check_input *in, struct sv_candidate *cand)
{
	uint8_t raw[200];
	ptrdiff_t n = in->secret.len > 256 ? -1 : sv_base64_decode(in->secret, raw);

	(void)cand;
	return n == 32 || n == 64 ? SV_CHECK_FAILED : SV_CHECK_PASSED;
}

/* Eight groups of six digits: 16 bits each, times eleven. */
enum sv_verdict sv_check__bitlocker(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;
	uint64_t group, first = 0;
	bool same = true;

	(void)cand;
	if (s.len != 55)
		return SV_CHECK_FAILED;
	for (size_t i = 0; i < 8; i++) {
		if (sv_parse_u64(sv_span(s.ptr + 7 * i, 6), &group) < 0 || group % 11 != 0 ||
		    group > 720885)
			return SV_CHECK_FAILED;
		first = i == 0 ? group : first;
		same &= group == first;
	}
	return same ? SV_CHECK_FAILED : SV_CHECK_PROVED;
}

/* A literal beside the host of an Azure database. */
enum sv_verdict sv_check__place_sql(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const hosts[] = {
		".database.windows.net",       ".database.chinacloudapi.cn",
		".database.usgovcloudapi.net", ".sql.azuresynapse.net",
		".mysql.database.azure.com",   ".postgres.database.azure.com",
		".mariadb.database.azure.com", NULL};
	static const char *const users[] = {"User ID",	"UID",	     "User",
					    "username", "user name", NULL};
	static const char *const admins[] = {"sa",	 "admin",   "administrator",
					     "sqladmin", "dbadmin", NULL};
	char name[SV_NEAR_MAX];

	/* most literals are beside none: what is in all of them is looked for first */
	if (!sv_holds(in->text, ".database.") && !sv_holds(in->text, ".sql.azuresynapse."))
		return SV_CHECK_FAILED;
	for (const char *const *host = hosts; *host != NULL; host++) {
		const char *const hint[] = {*host, NULL};

		if (!sv_near_name(in, hint, name))
			continue;
		sv_note(cand, "for %s%s", name, *host);
		for (const char *const *user = users; *user != NULL; user++)
			if (sv_line_value(in, *user, name)) {
				sv_note(cand, ", user %s", name);
				if (policy_is(name, admins))
					cand->severity = SV_CRITICAL;
				break;
			}
		return sv_check__literal(in, cand);
	}
	return SV_CHECK_FAILED;
}

/* ---- practices: the match itself is what the file states ---- */

enum sv_verdict sv_check__stated(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)in;
	(void)cand;
	return SV_CHECK_PROVED;
}

/* "name": or \"name\": of JSON, also within a string */
static bool has_member(struct sv_span text, const char *name)
{
	size_t n = strlen(name);
	const uint8_t *at, *end = text.ptr + text.len;

	while ((at = memmem(text.ptr, text.len, name, n)) != NULL) {
		bool opened = at > text.ptr && at[-1] == '"';

		for (at += n; at < end && (*at == '\\' || *at == '"' || *at == ' '); at++)
			;
		if (opened && at < end && *at == ':')
			return true;
		text = sv_span(at, (size_t)(end - at));
	}
	return false;
}

/* What Resource Manager answers, as tests record it, states nothing: no template has these members. */
enum sv_verdict sv_check__not_answered(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const members[] = {"provisioningState", "systemData", "x-ms-request-id"};

	(void)cand;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (has_member(in->text, members[i]))
			return SV_CHECK_FAILED;
	return SV_CHECK_PASSED;
}

/* Bicep marks a parameter or output with @secure() among the decorators above it. */
enum sv_verdict sv_check__not_secure(const struct sv_check_input *in, struct sv_candidate *cand)
{
	static const char *const others[] = {"\nparam ", "\noutput ", "\nvar ", "\nresource ",
					     "\nmodule "};
	size_t from = in->match_start > 256 ? in->match_start - 256 : 0;
	struct sv_span above = sv_span(in->text.ptr + from, in->match_start - from);

	(void)cand;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const uint8_t *at;
		size_t n = strlen(others[i]);

		while ((at = memmem(above.ptr, above.len, others[i], n)) != NULL)
			above = sv_span(at + n, above.len - (size_t)(at + n - above.ptr));
	}
	/* what may only be one of a few words is no secret */
	return sv_holds(above, "@secure") || sv_holds(above, "@allowed") ? SV_CHECK_FAILED : SV_CHECK_PROVED;
}
