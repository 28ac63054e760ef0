/*
 * What is no secret whatever stands around it: values that everybody has, words that stand for a
 * value, and names of public things beside values that look random.
 */
#include "detect/checks.h"
#include "detect/checks_tokens.h"
#include <ctype.h>
#include <strings.h>

/* BLAKE2b of keys that everybody has: the storage and Cosmos DB emulators' */
static const char *const emulators[] = {"d81d43439cca571f29f16de988122fca",
					"1c063fe9133d942afa90bc78e13e27a1"};

bool sv_is_emulator_key(struct sv_span key)
{
	uint8_t raw[16];
	char hex[33];

	while (key.len != 0 && key.ptr[key.len - 1] == '=')
		key.len--;
	if (key.len != 86)
		return false;
	sv_digest(raw, sizeof(raw), NULL, &key, 1);
	sv_hex(raw, sizeof(raw), hex);
	for (size_t i = 0; i < sizeof(emulators) / sizeof(*emulators); i++)
		if (strcmp(hex, emulators[i]) == 0)
			return true;
	return false;
}

/* A connection string of an emulator: AccountEndpoint=https://localhost:8081/;AccountKey=… */
static bool is_of_emulator(struct sv_span s)
{
	static const char name[] = "AccountKey=";
	const uint8_t *at = memmem(s.ptr, s.len, name, sizeof(name) - 1);
	struct sv_span key;

	if (at == NULL)
		return false;
	key = sv_span(at + sizeof(name) - 1, s.len - (size_t)(at - s.ptr) - (sizeof(name) - 1));
	if (key.len > 88)
		key.len = 88;
	return sv_is_emulator_key(key);
}

static bool starts(struct sv_span s, const char *with)
{
	size_t n;

	/* mostly it does not, and its first letter tells */
	if (s.len == 0 || ((s.ptr[0] ^ (uint8_t)with[0]) & ~0x20) != 0)
		return false;
	n = strlen(with);
	return s.len >= n && strncasecmp((const char *)s.ptr, with, n) == 0;
}

static bool any_start(struct sv_span s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (starts(s, *words))
			return true;
	return false;
}

bool sv_is_any(struct sv_span s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (starts(s, *words) && s.len == strlen(*words))
			return true;
	return false;
}

/* Which characters s holds, whatever the case: a bit for each that differs in its last five. */
static uint32_t characters(struct sv_span s)
{
	uint32_t set = 0;

	/* a long text holds them all */
	if (s.len > 128)
		return UINT32_MAX;
	for (size_t i = 0; i < s.len; i++)
		set |= 1u << (s.ptr[i] & 31);
	return set;
}

/* Most names hold none of most words: their letters tell so. */
static bool may_hold(uint32_t set, const char *word)
{
	for (int i = 0; i < 4 && word[i] != '\0'; i++)
		if (!(set >> (word[i] & 31) & 1))
			return false;
	return true;
}

bool sv_holds_any(struct sv_span s, const char *const *words)
{
	uint32_t set = characters(s);

	for (; *words != NULL; words++)
		if (may_hold(set, *words) && sv_holds(s, *words))
			return true;
	return false;
}

/* "........", "0000-0000": one character but for separators */
static bool one_letter(struct sv_span s)
{
	uint8_t only = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '-' || s.ptr[i] == '=' || s.ptr[i] == '`')
			continue;
		if (only != 0 && s.ptr[i] != only)
			return false;
		only = s.ptr[i];
	}
	return true;
}

/* 0:1#9#4=8: how far a session with Cosmos DB has read */
static bool is_session(struct sv_span s)
{
	if (s.len < 5 || !isdigit(s.ptr[0]) || memchr(s.ptr, '#', s.len) == NULL)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit(s.ptr[i]) && (s.ptr[i] == '\0' || strchr("#:=-,", s.ptr[i]) == NULL))
			return false;
	return true;
}

/* Where a program sends what it measures: 32 hex digits, a GUID, four digits; in every copy of it. */
static bool is_telemetry_key(struct sv_span s)
{
	if (s.len != 74 || s.ptr[32] != '-' || s.ptr[69] != '-' ||
	    !sv_is_guid(sv_span(s.ptr + 33, 36)))
		return false;
	for (size_t i = 0; i < 32; i++)
		if (sv_hex_value(s.ptr[i]) < 0)
			return false;
	return true;
}

/* Base64 of a CMS envelope (SEQUENCE { OID 1.2.840.113549.1.7.3 …): encrypted for a certificate. */
static bool is_envelope(struct sv_span s)
{
	return s.len > 40 && s.ptr[0] == 'M' && s.ptr[1] == 'I' &&
	       memcmp(s.ptr + 6, "YJKoZIhvcNAQcDo", 15) == 0;
}

/* Values that are the same everywhere, or that a tool wrote in place of one. */
static bool is_public(struct sv_span s)
{
	static const char *const whole[] = {"UseDevelopmentStorage=true",
					    "SAS_KEY_VALUE",
					    "DEMO_KEY",
					    "*SENSITIVE*DATA*DELETED*",
					    "REDACTED",
					    "[REDACTED]",
					    "TODO",
					    NULL};
	static const char *const openings[] = {"your_",		 "your-",
					       "<your",		 "%[",
					       "RunAs=",	 "PrivateSettingsRef:",
					       "GEN-",		 "UseDevelopment",
					       "secretref:",	 "@Microsoft.KeyVault",
					       "keyvaultref",	 "akvs://",
					       "AQAAANCMnd8",	 "01000000d08c9ddf",
					       "ENC[",		 "encrypted:", "env://", "file://",
					       "$ANSIBLE_VAULT", "op://",
					       "vault:",	 NULL};
	static const char *const inside[] = {".vault.azure.net/", "placeholder", "to-be-replaced",
					     "UseDevelopmentEmulator=true", NULL};

	if (sv_is_guid(s) && (starts(s, "12345678-1234") || starts(s, "00000000-0000")))
		return true;
	return one_letter(s) || sv_is_any(s, whole) || any_start(s, openings) ||
	       sv_holds_any(s, inside) || sv_is_emulator_key(s) || is_envelope(s) ||
	       (s.len > 88 && is_of_emulator(s)) || is_session(s) || is_telemetry_key(s);
}

/* "Пароль администратора": what is typed into a field has its name in every language */
static bool is_foreign(struct sv_span s)
{
	size_t foreign = 0;

	for (size_t i = 0; i < s.len; i++) {
		foreign += s.ptr[i] >= 0x80;
		if (isdigit(s.ptr[i]))
			return false;
	}
	return foreign >= 2;
}

/* "AZURE_RESOURCE_APP_ID=": the setting before was empty, and this is the next one's name */
static bool is_next_setting(struct sv_span s)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (!isupper(s.ptr[i]) && !isdigit(s.ptr[i]) && s.ptr[i] != '_')
			return false;
	return s.len > 4 && s.ptr[s.len - 1] == '=' && memchr(s.ptr, '_', s.len) != NULL;
}

bool sv_stands_for(struct sv_span s)
{
	static const char *const openings[] = {"$",
					       "<",
					       "{",
					       "[",
					       "%",
					       "#{",
					       "*",
					       "__",
					       "...",
					       "env.",
					       "env(",
					       "var.",
					       "local.",
					       "data.",
					       "module.",
					       "each.",
					       "random_password",
					       "azurerm_",
					       "getenv",
					       "process.env",
					       "os.environ",
					       "os.getenv",
					       "Environment.",
					       "Microsoft.",
					       "keyvault",
					       "parameters(",
					       "variables(",
					       "reference(",
					       "concat(",
					       "listKeys(",
					       "newGuid(",
					       "uniqueString(",
					       "getSecret(",
					       "!vault",
					       "file(",
					       "!Ref",
					       "&lt;",
					       "\\u003c",
					       "args.",
					       "config.",
					       "self.",
					       "this.",
					       NULL};
	static const char *const words[] = {
		"placeholder", "replace", "redacted", "example", "removed", "insert", "enter-", "****",
		"to-be-",      "dummy",	  "not-a-",   "${",	 "{{",	    "$(",     "%(",	"#{",
		NULL};
	static const char *const whole[] = {"null",	"none",	     "todo",   "true", "false",
					    "password", "undefined", "secret", "pwd",  "key",
					    "value",	"string",    "tbd",    "securestring",
					    "secure-string", NULL};

	/* four letters: random ones may be these, but hardly so spelt */
	if (sv_holds_spelt(s, "your") || sv_holds_spelt(s, "xxxx"))
		return true;
	/* '$2' of a shell */
	if (s.len > 2 && s.ptr[0] == '\'' && s.ptr[1] == '$')
		return true;
	return is_public(s) || is_foreign(s) || is_next_setting(s) || any_start(s, openings) ||
	       sv_holds_any(s, words) || sv_is_any(s, whole);
}

/* The name that the value is given to: from the start of its word to the value. */
static struct sv_span name_before(const struct sv_check_input *in)
{
	size_t from = in->match_start, to = (size_t)(in->secret.ptr - in->text.ptr);

	while (from > 0 && in->match_start - from < 48 &&
	       (isalnum(in->text.ptr[from - 1]) ||
		(in->text.ptr[from - 1] != '\0' && strchr("_-.", in->text.ptr[from - 1]))))
		from--;
	return to > from ? sv_span(in->text.ptr + from, to - from) : sv_span(in->text.ptr, 0);
}

/* "key": "GUID" tells things apart; so do roles and applications. */
static bool names_things(struct sv_span name)
{
	static const char *const words[] = {"guid",   "roleid",	 "role_id", "appid",
					    "app_id", "timeout", "insightskey", "insights_key",
					    "locktoken", "lock_token", "tenant", NULL};

	/* Application Insights' */
	if (starts(name, "ikey") || starts(name, "aikey"))
		return true;
	if (starts(name, "key") && name.len > 3 && !isalnum(name.ptr[3]) && name.ptr[3] != '_')
		return true;
	return sv_holds_any(name, words);
}

/* What follows the value on its line. */
static struct sv_span after(const struct sv_check_input *in)
{
	size_t from = (size_t)(in->secret.ptr - in->text.ptr) + in->secret.len, to = from;

	while (to < in->text.len && to - from < 80 && in->text.ptr[to] != '\n' &&
	       in->text.ptr[to] != '>')
		to++;
	return sv_span(in->text.ptr + from, to - from);
}

/* 5432 of …@host.of.pswd.example:5432: the port of an address */
static bool is_port(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), end = at + in->secret.len;
	bool host = false;

	for (size_t i = at; i < end; i++)
		if (!isdigit(in->text.ptr[i]))
			return false;
	if (end - at < 2 || end - at > 5 || at < 2 || in->text.ptr[at - 1] != ':' ||
	    (end < in->text.len && in->text.ptr[end] == '@'))
		return false;
	for (at--; at > 0 && (isalnum(in->text.ptr[at - 1]) || in->text.ptr[at - 1] == '-' ||
			      in->text.ptr[at - 1] == '.');
	     at--)
		host |= in->text.ptr[at - 1] == '.';
	return host && at > 0 && (in->text.ptr[at - 1] == '@' || in->text.ptr[at - 1] == '/');
}

/* "5432/main?sslmode=require", "6380/0", "@host.example.net:6380": what follows the host of an address */
static bool is_rest_of_address(struct sv_span s)
{
	size_t digits = 0, i;

	if (starts(s, "@") && memmem(s.ptr, s.len, ".net:", 5) != NULL)
		return true;
	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	if (digits < 2 || digits > 5 || digits == s.len || s.ptr[digits] != '/')
		return false;
	/* Redis numbers its databases */
	if (s.len == digits + 2 && isdigit(s.ptr[digits + 1]))
		return true;
	for (i = digits; i < s.len; i++)
		if ((s.ptr[i] < 'a' || s.ptr[i] > 'z') && strchr("/?=&_-.", s.ptr[i]) == NULL)
			return false;
	return true;
}

/* "?sv=2021-06-08&sig=<key>": a URL's query, or a connection string, that says where its secret goes */
static bool has_gap(struct sv_span s)
{
	const uint8_t *open = memmem(s.ptr, s.len, "=<", 2), *end = s.ptr + s.len, *at;

	if (open == NULL)
		return false;
	for (at = open + 2; at < end && (isalnum(*at) || strchr("_- ", *at) != NULL);)
		at++;
	return at > open + 2 && at < end && *at == '>' && (at + 1 == end || at[1] == '&' || at[1] == ';');
}

/* "redis://:null@host": an address with nothing in the place of its password */
static bool is_empty_address(struct sv_span s)
{
	const uint8_t *scheme = memmem(s.ptr, s.len, "://", 3), *colon, *end;
	struct sv_span rest;

	if (scheme == NULL)
		return false;
	rest = sv_span(scheme + 3, s.len - (size_t)(scheme + 3 - s.ptr));
	end = memchr(rest.ptr, '@', rest.len);
	colon = end == NULL ? NULL : memrchr(rest.ptr, ':', (size_t)(end - rest.ptr));
	return colon != NULL && sv_stands_for(sv_span(colon + 1, (size_t)(end - colon - 1)));
}

/* "root@tcp(localhost:3306)/app": a user without a password */
static bool is_without_password(struct sv_span s)
{
	const uint8_t *at = memmem(s.ptr, s.len, "@tcp(", 5);

	return at != NULL && memchr(s.ptr, ':', (size_t)(at - s.ptr)) == NULL;
}

/* "Azure KeyVault: contoso-16598": what holds secrets has a name */
static bool names_vault(struct sv_span name)
{
	static const char *const spellings[] = {"keyvault", "key_vault", "key-vault"};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		size_t n = strlen(spellings[i]);

		if (starts(name, spellings[i]) && name.len > n && !isalnum(name.ptr[n]) && name.ptr[n] != '_' &&
		    name.ptr[n] != '-')
			return true;
	}
	return false;
}

bool sv_is_public(const struct sv_check_input *in)
{
	static const char *const names[] = {"instrumentation",
					    "thumbprint",
					    "keyVersion",
					    "endorsementKey",
					    "endorsement_key",
					    "partitionKey",
					    "partition_key",
					    "rowKey",
					    "key-sha256",
					    "key_sha256",
					    "customKeyIdentifier",
					    "cacheKey",
					    "cache_key",
					    "PublicKey",
					    "public-key",
					    "public_key",
					    "UserSecretsId",
					    "AccountEncryptedPassword",
					    "SecretIdentifier",
					    "keyVaultSecretId",
					    "secretUri",
					    "SecretName",
					    "secretref",
					    "ErrorCode",
					    "keyVaultName",
					    "keyvault_name",
					    "nameseed",
					    "keyId\"",
					    "StorageCredentials(",
					    "SharedKeyCredential(",
					    "getSecret(",
					    NULL};
	/* a manifest says that the value is encrypted, T-SQL that it is a hash */
	static const char *const marks[] = {"IsEncrypted=\"true\"",
					    "PasswordEncrypted=\"true\"",
					    "Type=\"Encrypted\"",
					    "Type=\"KeyVaultReference\"",
					    " HASHED",
					    NULL};
	struct sv_span name = name_before(in);

	/* the nonce of a sign-in is in every browser's history */
	if (starts(name, "nonce=") && in->match_start > 0 &&
	    strchr("?&", in->text.ptr[in->match_start - 1]) != NULL)
		return true;
	/* what is secret in an address has a rule that says what */
	if (starts(in->secret, "https://") && sv_holds(name, "conn"))
		return true;
	if (sv_is_guid(in->secret) && names_things(name))
		return true;
	/* where extensions of editors send what they measure */
	if (in->secret.len == 40 && starts(in->secret, "AIF-") &&
	    sv_is_guid(sv_span(in->secret.ptr + 4, 36)))
		return true;
	if (names_vault(name) || starts(in->secret, "InstrumentationKey="))
		return true;
	if (is_port(in) || is_rest_of_address(in->secret) || is_empty_address(in->secret) ||
	    is_without_password(in->secret) || has_gap(in->secret))
		return true;
	return is_public(in->secret) || sv_holds_any(name, names) ||
	       sv_holds_any(after(in), marks) || (starts(in->secret, "0x") && in->secret.len > 40);
}

enum sv_verdict sv_check__not_hollow(const struct sv_check_input *in, struct sv_candidate *cand)
{
	(void)cand;
	return sv_stands_for(in->secret) || sv_is_public(in) ? SV_CHECK_FAILED : SV_CHECK_PASSED;
}

static bool is_public_form(struct sv_span s)
{
	/* SSH's public keys */
	static const char *const openings[] = {"AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", NULL};
	static const char *const wallets[] = {"xpub", "tpub", "ypub", "zpub", "upub", "vpub", NULL};

	if (s.len == 38 && s.ptr[0] == '{' && s.ptr[37] == '}' &&
	    sv_is_guid(sv_span(s.ptr + 1, 36)))
		return true;
	/* of a wallet, from which addresses are made */
	return any_start(s, openings) || (s.len >= 100 && s.len <= 120 && any_start(s, wallets));
}

/* A public key of NATS or Stellar: base32 of a prefix, 32 bytes and their CRC-16; the first letter tells which. */
static bool is_public_nkey(struct sv_span s)
{
	uint8_t raw[35] = {0};

	if (s.len != 56 || memchr("ACDGNOUX", s.ptr[0], 8) == NULL)
		return false;
	for (size_t bit = 0; bit < 280; bit++) {
		uint8_t c = s.ptr[bit / 5];
		unsigned value = c >= 'A' && c <= 'Z' ? c - 65u : c >= '2' && c <= '7' ? c - 24u : 32;

		if (value == 32)
			return false;
		raw[bit / 8] |= (uint8_t)((value >> (4 - bit % 5) & 1) << (7 - bit % 8));
	}
	return sv_crc16_xmodem(raw, 33) == (raw[33] | raw[34] << 8);
}

/* Bytes of a picture or a program: text has tabs and line ends, and no other controls. */
static bool is_binary(struct sv_span s)
{
	size_t controls = 0;

	for (size_t i = 0; i < s.len; i++)
		controls += s.ptr[i] < ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\n' && s.ptr[i] != '\r' && s.ptr[i] != 27;
	return controls > 3;
}

/* KEY, NONCE, IN and OUT of a cipher's test vectors */
static bool is_vector(const struct sv_check_input *in)
{
	static const char *const beside[] = {"tcId", "tc_id", "test vector", "testvector", NULL};
	static const char *const parts[] = {"nonce", "ciphertext", "plaintext", "keystream", "randomness", NULL};

	if (sv_holds_any(in->text, beside))
		return true;
	for (size_t i = 0; i < in->secret.len; i++)
		if (sv_hex_value(in->secret.ptr[i]) < 0)
			return false;
	return in->rule != NULL && sv_rule__is_generic(in->rule) && sv_holds_any(in->text, parts);
}

/* The name is a part of a longer run of base64: chance wrote it. */
static bool is_inside_run(const struct sv_check_input *in)
{
	size_t n = 0;

	while (n < in->match_start && n < 32) {
		uint8_t c = in->text.ptr[in->match_start - n - 1];

		if (!isalnum(c) && c != '+' && c != '/')
			break;
		n++;
	}
	return n >= 32;
}

/* SOME_CONSTANT where a machine-made value is wanted: those hold digits */
static bool is_constant(const struct sv_check_input *in)
{
	const char *rule = in->rule ? in->rule->id : NULL;

	if (rule == NULL || (strcmp(rule, "generic-secret") != 0 && strcmp(rule, "generic-key") != 0))
		return false;
	for (size_t i = 0; i < in->secret.len; i++)
		if (!(in->secret.ptr[i] >= 'A' && in->secret.ptr[i] <= 'Z') && in->secret.ptr[i] != '_')
			return false;
	/* base32 has digits too, though not always */
	return in->secret.len < 16 || memchr(in->secret.ptr, '_', in->secret.len) != NULL;
}

/* the word for a password or a secret in some language, as lists of translations hold it */
static bool is_translation(struct sv_span s)
{
	static const char *const words[] = {
		"passwort", "kennwort", "geheim", "wachtwoord", "adgangskode", "kodeord", "passord", "salasana", "parola",
		"senha", "segredo", "clave", "contrase", "motdepasse", "mot de passe", "haslo", "heslo", "jelsz", "sifre",
		"contrasinal", "kata sandi", "secreto", "segreto", "jeton", "wachtwoordbevestiging", "losenord", NULL};

	return any_start(s, words) && memchr(s.ptr, '_', s.len) == NULL && s.len < 32;
}

static bool letters_only(struct sv_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalpha(s.ptr[i]) && s.ptr[i] < 0x80 && strchr(".,:!?-", s.ptr[i]) == NULL)
			return false;
	return true;
}

/* "password_invalid = Ungültig", "help=Das Passwort wird …": a text that begins where a value would */
static bool begins_text(struct sv_span name, struct sv_span value, struct sv_span rest)
{
	static const char *const nouns[] = {"password", "passwd", "pass", "pwd", "passphrase", "passcode", "secret",
					    "token", "key", "credential", "credentials", "auth", NULL};
	size_t end = name.len, start;

	if (!letters_only(value))
		return false;
	/* one word, written as a sentence begins */
	if (value.len >= 4 && isupper(value.ptr[0]) && islower(value.ptr[1]) && islower(value.ptr[2]) &&
	    islower(value.ptr[value.len - 1]) && value.ptr > name.ptr && value.ptr[-1] == ' ')
		return true;
	if (rest.len > 2 && rest.ptr[0] == ' ' && (isalpha(rest.ptr[1]) || rest.ptr[1] >= 0x80) &&
	    memchr(rest.ptr, '=', rest.len) == NULL)
		return true;
	if (value.ptr > name.ptr && strchr("\"'`", value.ptr[-1]) != NULL)
		return false;
	while (end > 0 && !isalnum(name.ptr[end - 1]))
		end--;
	for (start = end; start > 0 && isalpha(name.ptr[start - 1]);)
		start--;
	/* the name goes on after a separator: what it names is a text about the secret */
	return start > 0 && strchr("_.-", name.ptr[start - 1]) != NULL &&
	       !sv_is_any(sv_span(name.ptr + start, end - start), nouns);
}

/* b64Pwd, userPassword: a variable that holds one, where no quote says otherwise */
static bool is_variable(const struct sv_check_input *in)
{
	static const char *const ends[] = {"Pwd", "Password", "Pass", "Secret", "Token", "Key", "Passphrase"};
	struct sv_span s = in->secret;

	if (s.ptr > in->text.ptr && strchr("\"'`", s.ptr[-1]) != NULL)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.ptr[i]))
			return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i]);

		if (s.len > n && s.len < 40 && memcmp(s.ptr + s.len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

/* "x%3Apassword",
 * "VSFTmdEZ9U2HI",: one quoted text a line, and the first ends in the name */
static bool is_next_line_of_list(const struct sv_check_input *in)
{
	const uint8_t *first = in->text.ptr, *at = in->secret.ptr - 1, *end = in->text.ptr + in->text.len;
	const uint8_t *after = in->secret.ptr + in->secret.len;

	if (at <= first || *at != '"' || end - after < 2 || after[1] != ',')
		return false;
	while (at > first && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	if (at - first < 4 || at[-1] != '\n' || memcmp(at - 3, "\",", 2) != 0)
		return false;
	for (at -= 3; at > first && at[-1] != '\n' && at[-1] != '"';)
		at--;
	if (at == first || at[-1] != '"')
		return false;
	for (at--; at > first && (at[-1] == ' ' || at[-1] == '\t');)
		at--;
	return at - first > 2 && at[-1] == '\n' && at[-2] == ',';
}

/* "…","PASSWORD","NOTOGGLETOOFF","…": a list of words, of which one happens to be a name */
static bool is_in_list(const struct sv_check_input *in, struct sv_span name)
{
	const uint8_t *start = name.ptr, *end = in->secret.ptr + in->secret.len;
	const uint8_t *first = in->text.ptr, *last = in->text.ptr + in->text.len;
	uint8_t quote;

	if (start - first < 3 || last - end < 2 || in->secret.ptr - first < 3)
		return false;
	quote = *--start;
	if ((quote != '"' && quote != '\'') || end[0] != quote || (end[1] != ',' && end[1] != ']') ||
	    in->secret.ptr[-1] != quote)
		return false;
	/* one in a line, or all in one */
	while (start > first && strchr(" \t\r\n", start[-1]) != NULL)
		start--;
	for (end = in->secret.ptr - 1; end > first && strchr(" \t\r\n", end[-1]) != NULL;)
		end--;
	return start > first && start[-1] == ',' && end[-1] == ',';
}

/* The value goes on with something that is filled in: valid_<%= name %>, prefix-${NAME} */
static bool goes_on(struct sv_span rest)
{
	static const char *const openings[] = {"<%", "${", "#{", "{{", "$(", NULL};

	return any_start(rest, openings);
}

/* "serverless ? passDb : keyDb": the other of two names */
static bool is_alternative(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), from = in->match_start;

	/* the query of a URL has an equals sign there */
	while (at > 0 && in->text.ptr[at - 1] == ' ')
		at--;
	if (at == 0 || in->text.ptr[at - 1] != ':')
		return false;
	while (from > 0 && (isalnum(in->text.ptr[from - 1]) || in->text.ptr[from - 1] == '_'))
		from--;
	while (from > 0 && in->text.ptr[from - 1] == ' ')
		from--;
	return from > 0 && in->text.ptr[from - 1] == '?';
}

/* "tokenSignature", not the "signatureSecret" that makes them */
static bool is_signature(struct sv_span name)
{
	static const char *const makes[] = {"signaturesecret", "signature_secret", "signature-secret",
					    "signaturekey",    "signature_key",	   "signature-key",
					    NULL};

	return sv_holds(name, "signature") && !sv_holds_any(name, makes);
}

bool sv_is_identifier(const struct sv_check_input *in)
{
	static const char *const names[] = {"client_id", "client-id", "clientid", "key_id", "keyid", "key-id",
					    "encrypted_key", "encryptedkey", "websocket-key", "websocketkey",
					    "websocket-accept", "fingerprint", "gpg key", "pgp key", "gpg_key",
					    "cookie.name", "cookiename", "cookie_name", "tokenname", "token_name", "keyname",
					    "key_name", "secretname", "secret_name", "existing", "mtime", "sha256", "sha512", "sha3_", "sha1", "digest",
					    "checksum", "hash_of", ".zip:", ".gz:", ".xz:", ".tgz:", "keyhash", "key_hash", "key-hash", "page_token", "pagetoken", "skiptoken", "creationtoken",
					    "next_token", "nexttoken", "sitekey", "site_key", "site-key", "pubkey", "pub_key", "pub-key", "sonar.projectkey", NULL};
	size_t start = (size_t)(in->secret.ptr - in->text.ptr), end = start + in->secret.len;
	size_t from = start > 60 ? start - 60 : 0, to = in->text.len - end > 60 ? end + 60 : in->text.len;
	struct sv_span name = name_before(in), line = sv_span(in->text.ptr + from, start - from);
	const uint8_t *last = memrchr(line.ptr, '\n', line.len);

	if (last != NULL)
		line = sv_span(last + 1, (size_t)(line.ptr + line.len - last - 1));
	if (is_vector(in) || is_inside_run(in))
		return true;
	if (is_public_form(in->secret) || is_translation(in->secret) || is_variable(in) ||
	    begins_text(name, in->secret, after(in)) || is_in_list(in, name) ||
	    is_next_line_of_list(in))
		return true;
	if (is_constant(in) || is_alternative(in) || goes_on(sv_span(in->text.ptr + end, in->text.len - end)))
		return true;
	return sv_holds_any(name, names) || is_signature(name) || sv_holds(line, "GPG key") ||
	       sv_holds(line, "fingerprint") || sv_holds(line, "credentials(") ||
	       sv_holds(line, " digest(") || is_public_nkey(in->secret) ||
	       is_binary(sv_span(in->text.ptr + from, to - from));
}

/* What everybody writes, and what says by itself that it is for tries: a secret in form only. */
bool sv_is_stock(struct sv_span s)
{
	static const char *const whole[] = {
		"guest", "pass", "passwd", "password1", "password123", "passw0rd", "p@ssw0rd",
		"changeme", "changeit", "change_me", "test", "test123", "testing", "tester",
		"testpass", "testpassword", "admin", "admin123", "letmein123", "adminpass",
		"password2", "user", "username", "root", "postgres", "mysql", "mongo", "redis",
		"rabbitmq", "minio", "1234", "12345", "123456", "12345678", "123456789", "qwerty",
		"letmein", "foo", "bar", "foobar", "foobarbaz", "baz", "quux", "abc", "abc123", "hunter2",
		"hello", "welcome", "default", "demo", "sample", "token", "pwd", "pw", "passphrase",
		"mypassword", "tiger", "mysecret", "supersecret", "somepassword", "secretpassword", "s3cr3t",
		"secr3t", "sekret", "host", "xxx", "nopass", "p4ssw0rd", "userpass", "mypass",
		"api_key", "apikey", "access_token", "auth_token", "secret_key", "JBSWY3DPEHPK3PXP",
		/* those of specifications */
		"dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00",
		"SlAV32hkKG", "2YotnFZFEjr1zCsicMWpAA", "h480djs93hd8", "9djdj82h48djs9d2",
		"A3ddj3w", "wIjqoS", "tGzv3JOkF0XG5Qx2TlKWIA", "mF_9.B5f-4.1JqM", "gX1fBat3bV",
		"czZCaGRSa3F0MzpnWDFmQmF0M2JW",
		/* hashes of nothing, of "test" and of "password" */
		"d41d8cd98f00b204e9800998ecf8427e", "098f6bcd4621d373cade4e832627b4f6",
		"5f4dcc3b5aa765d61d8327deb882cf99", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
		"{md5}X03MO1qnZdYdgyfeuILPmQ==", "{sha1}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
		"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709", NULL};

	struct sv_span base = s;

	/* admin2024, Test1234! */
	while (base.len > 3 && (isdigit(base.ptr[base.len - 1]) || strchr("!@#$", base.ptr[base.len - 1]) != NULL))
		base.len--;
	if (sv_is_any(s, whole) || sv_is_any(base, whole) || starts(s, "xoxb-") ||
	    starts(s, "xoxp-") || starts(s, "JBSWY3DPEHPK3PXP"))
		return true;
	/* one word, written as a sentence begins */
	if (s.len < 4 || s.len > 16 || !isupper(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!islower(s.ptr[i]))
			return false;
	return true;
}

/* the user of an address before its password is one of those that examples have */
static bool is_anybody(const struct sv_check_input *in)
{
	static const char *const users[] = {"foo", "bar", "username", "a", "me", NULL};
	size_t end = (size_t)(in->secret.ptr - in->text.ptr), start;

	if (end < 3 || in->text.ptr[--end] != ':')
		return false;
	for (start = end; start > 0 && isalnum(in->text.ptr[start - 1]);)
		start--;
	return start > 0 && in->text.ptr[start - 1] == '/' &&
	       sv_is_any(sv_span(in->text.ptr + start, end - start), users);
}

/* the name of the user before the password of an address */
static bool is_own_user(const struct sv_check_input *in)
{
	size_t at = (size_t)(in->secret.ptr - in->text.ptr), n = in->secret.len;

	return at > n + 1 && in->text.ptr[at - 1] == ':' && in->text.ptr[at - n - 2] == '/' &&
	       memcmp(in->text.ptr + at - n - 1, in->secret.ptr, n) == 0;
}

/* "%0D%0A" in an address: a test of how addresses are read */
static bool has_coded_controls(struct sv_span s)
{
	for (size_t i = 0; i + 2 < s.len; i++)
		if (s.ptr[i] == '%' && (s.ptr[i + 1] == '0' || s.ptr[i + 1] == '1') && sv_hex_value(s.ptr[i + 2]) >= 0)
			return true;
	return false;
}

/* "…@db.example.com:5432": nobody's host */
static bool is_of_sample_host(const struct sv_check_input *in)
{
	static const char *const hosts[] = {"example.com", "example.org", "yourdomain",
					   "your-", "your_", NULL};
	struct sv_span host = after(in);
	size_t n = 1;

	if (host.len < 2 || host.ptr[0] != '@')
		return false;
	while (n < host.len &&
	       (isalnum(host.ptr[n]) || (host.ptr[n] != 0 && strchr(".-_", host.ptr[n]) != NULL)))
		n++;
	return sv_holds_any(sv_span(host.ptr, n), hosts);
}

/* Addresses that tests and manuals make up by the dozen; a database's is mostly of one that runs. */
static bool is_of_any_host(const struct sv_check_input *in)
{
	static const char *const rules[] = {"url-userinfo-password", "ssh-password-uri", "ftp-uri", "smtp-uri", "netrc-entry",
					    "proxy-uri", "curl-user-option", "basic-auth-header", NULL};

	return in->rule != NULL && sv_is_any(sv_span_str(in->rule->id), rules);
}

enum sv_verdict sv_check__chosen(const struct sv_check_input *in, struct sv_candidate *cand)
{
	struct sv_span s = in->secret;

	while (s.len > 1 && strchr("\\])}>", s.ptr[s.len - 1]) != NULL)
		s.len--;
	/* imap://user:password;AUTH=PLAIN@host */
	if (memchr(s.ptr, ';', s.len) != NULL && in->rule != NULL && strcmp(in->rule->id, "smtp-uri") == 0)
		s.len = (size_t)((const uint8_t *)memchr(s.ptr, ';', s.len) - s.ptr);
	if (s.len == 0 || sv_stands_for(s) || has_coded_controls(s))
		return SV_CHECK_FAILED;
	if (!sv_is_stock(s) && !is_own_user(in) && !is_anybody(in) && !sv_says_secret(s) &&
	    !(is_of_sample_host(in) && s.len < 16 && sv_is_typed(s)) &&
	    !(is_of_any_host(in) && sv_is_made_up(s)))
		return SV_CHECK_PASSED;
	cand->confidence = SV_CONF_LOW;
	sv_candidate_reason(cand, "everybody writes this");
	return SV_CHECK_JUDGED;
}
