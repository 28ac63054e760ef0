#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/memo.h"
#include "detect/model.h"
#include "detect/values.h"
#include "dice.h"
#include "rules/rules.h"

/* the best confidence of a generic rule in the expanded text; -1: nothing is found */
static int best(const struct sv_candidate *c, void *payload)
{
	int *most = payload;

	if (strncmp(c->rule->id, "generic-", 8) == 0 && (int)c->confidence > *most)
		*most = (int)c->confidence;
	return 0;
}

static int confidence_of(const char *template)
{
	struct sv_ruleset *set = NULL;
	struct sv_scanner *scanner = NULL;
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	int most = -1;

	assert_int_equal(sv_ruleset_open(NULL, &set, &err), 0);
	assert_int_equal(sv_scanner_new(set, &scanner, &err), 0);
	assert_int_equal(sv_template_expand(template, 11, &text, &err), 0);
	assert_int_equal(sv_scanner_scan(scanner, &text, best, &most, &err), 0);
	sv_scanner_free(scanner);
	sv_ruleset_free(set);
	return most;
}

static void machine_made_values_beside_secret_names_are_reported_in_every_syntax(void **state)
{
	static const char *const texts[] = {
		"db:\n  user: app\n  password: {base62:18}\n",
		"MYSQL_ROOT_PASSWORD={base62:16}\n",
		"const char *password = \"{base62:16}\";\n",
		"\"password\": \"{base62:16}\",\n",
		"'password' => '{base62:16}',\n",
		"password := \"{base62:16}\"\n",
		"<add key=\"DbPassword\" value=\"{base62:16}\" />\n",
		"client.setPassword(\"{base62:16}\");\n",
		"api_key = \"{hex:32}\"\n",
		"ENV SECRET_KEY {base62:1}\nENV CLIENT_SECRET={base62:40}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) < SV_CONF_MEDIUM)
			fail_msg("missed: %s", texts[i]);
}

static void what_signs_in_is_reported_beside_names_of_payments_and_code(void **state)
{
	static const char *const texts[] = {
		"headers = {\"Authorization\": \"Bearer 9f{hex:6}c1\"}\n",
		"authorization = '17|{base62:40}'\n",
		"\"token\": \"card_{base62:22}\",\n",
		"client_secret={base62:50}&scope=%2Fcapture\n",
		("const kGatewayOne = '{hex:32}';\nconst kGatewayTwo = '{hex:32}';\n"
		 "const kGatewayPay = '{hex:32}';\nconst kGatewayOAuthSecret = '{hex:32}';\n"),
		"#define API_KEY \"{base62:32}\"\n",
		"<script>load(\"//maps.fabrikam.net/js?key={base62:35}\")</script>\n",
		"\"order\": 17, \"token\": \"{base62:32}\",\n",
		"token = '/{base62:40}'\n",
		"+ Password: v7{base62:9}@<-RN\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) < SV_CONF_MEDIUM)
			fail_msg("missed: %s", texts[i]);
}

static void passwords_as_policies_ask_for_them_are_reported_whatever_the_words(void **state)
{
	static const char *const texts[] = {
		"database_password = \"Saffron.6307Kestrel\"\n",
		"database_password = \"lantern.9197otter\"\n",
		"[client]\nuser=app\npassword=Granite.8480Kestrel\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) < SV_CONF_MEDIUM)
			fail_msg("missed: %s", texts[i]);
}

static void references_code_and_ordinary_words_are_not(void **state)
{
	static const char *const texts[] = {
		"password: ${DB_PASSWORD}\n",
		"password = os.environ['DB_PASSWORD']\n",
		"password = config.password\n",
		"private String password;\n",
		"token = get_token(request)\n",
		"<label for=\"password\">Password:</label>\n",
		"\"PASSWORD_CHANGED\": \"Your password was changed\",\n",
		"secretName: my-application-secret\n",
		"password = '********'\n",
		"api_key = \"<your-api-key>\"\n",
		"{\"sha\":\"{hex:40}\"}\n",
		"key: \"created_at\",\n",
		"connect(\"?sv=2021-06-08&sig=<key>&sr=c\", from_connection_string(\"?sig=<key>&sv=2021-06-08\"))\n",
		"httpOptions.passphrase = x509Options.passphrase;\n",
		"\"x-ms-file-permission-key\": \"2903893770411{digit:6}*103435009562931{digit:6}\",\n",
		"\"nextLink\":\"https://x.vault.azure.net/keys?api-version=7.1&$skiptoken={base64url:80}&x=1\"\n",
		"\"creationToken\": \"vol01-nfsv41\",\n",
		"[14:00:02 INF] Creating Azure KeyVault: keyvault-16598 ...\n",
		"PCS_AUTH_TENANT={hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\n",
		"\"aiKey\": \"AIF-{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\",\n",
		"\"{\\\"TokenForAccessing\\\":9223372036854775807,\"\n",
		"std::string NonDebugEnclave = \"AQAAAAIAAADoEQAAA{base64:30}\"\n",
		"#define TEST_YELLOW_KEY \"yellowkey\"\n",
		"primaryKey = \"aaabbbcccdddeeefffggghhhiiijjjkkklllmmmnnnoo\";\n",
		"parent: serverless? PassDb: QPDB\n",
		"rediss://:#{SecretValue}#@mdpone.redis.cache.windows.net:6380/0\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) >= SV_CONF_MEDIUM)
			fail_msg("reported: %s", texts[i]);
}

/* found, but left out of the default report */
static void a_secret_in_form_only_has_little_confidence(void **state)
{
	static const char *const texts[] = {
		/* beside a secret, not one */
		"\"hashedSaltedValue\": \"{base64:88}\",\n",
		"\"salt\": \"{base64:22}==\",\n",
		"oauth_verifier = \"{base62:32}\"\n",
		"<input name=\"_csrf_token\" value=\"{base64url:40}\">\n_csrf_token = "
		"\"{base64url:40}\"\n",
		"deviceToken: '{hex:64}',\n",
		"appsecret_proof={hex:64}\n",
		/* names of payments, of messages, of what other fields name too */
		"@authorization = 'ECZ7U0SO423E|{hex:32}'\n",
		"authorization = '|922e-{hex:12}'\n",
		"\"authorization\": \"rn{digit:3}vlqd7uh\",\n",
		"\"token\": \"ch_K{base62:7}_{base62:5}-{base62:8}\",\n",
		"\"transaction\": \"3JAKFW7LPS3E\",\n\"n\": 1,\n\"token\": \"3JAKFW7LPS3E\",\n",
		"\"accessKey\": \"ARIA2ZJZYVUEREEIHAKY\",\n",
		"\"key\": \"OGQ1NTk2YjQtMTgxMy00MjM4LWIyNGItNmRhZDhlM2QxYzBj\",\n",
		"X-MS-Exchange-Organization-AuthSource: HE1EUR02FT026.eop-EUR02.prod.example.com\n",
		/* names of code */
		"if (Token == \"*MINLNG\")\n",
		"WHEN '18' THEN SET `token` = 'BT_Draz_Nurakk';\n",
		"const val SHOW_MODAL_2025_KEY = \"EndOfYearModalShowModal2025Key\"\n",
		"    pub password: Base64Data,\n",
		"card_token = "
		"'/v1/shops/MP6oR9hHNlu2BLVsRRoQL3Gg/cards/CC7m1Mtqk6rVJo5tcD1qitAC'\n",
		"#define LOG_VHOST_IP_KEY \"server_ip\"\n",
		"'config.passwd' => '--wx--x--x',\n",
		"fi # $pass = dlopen\n",
		"{\"token\":\"{hex:50}\",\"country\":\"US\",\"timestamp\":\"1659551891\"}\n",
		"const kGatewayOne = '{hex:32}';\nconst kGatewayTwo = '{hex:32}';\nconst "
		"kGatewayPay = "
		"'{hex:32}';\nconst kGatewayOAuth = '{hex:32}';\n",
		"<script async src=\"//maps.fabrikam.net/js?key=AIza{base62:35}\"></script>\n",
		/* how far something was read, and what is new in each answer */
		"\"@odata.deltaLink\": "
		"\"https://graph.example/delta?$deltatoken={base64url:90}\",\n",
		"\"createaccounttoken\": \"{hex:40}+\\\\\"\n",
		"\"uplink_token\": \"{base64:68}\",\n",
		"\"&oauth_nonce={base62:22}&oauth_timestamp=137131201\"\n",
		/* what others call a thing, and where it lies */
		"final String bundleExternalKey = \"543414{digit:2}sttfs1\";\n",
		"key: \"79964539{digit:10}\",\n",
		"key = '/uploads/{hex:40}.jpeg';\n",
		"\"key\": \"bill/{hex:40}\", \"size\": 7, \"eTag\": \"x\"\n",
		"serviceKey = \"appmetadata-{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\";\n",
		"<keyword xml:lang=\"fi\">lukija</keyword>\n",
		"get(t, "
		"\"/"
		"ids?credentials_identifier=SAML:{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\")\n",
		/* public halves, sealed values, digests by their names */
		"dummyKey = \"MCowBQYDK2VuAyEA{base64:43}=\"\n",
		"const PRIV_KEY_2_JWK_X: &str = \"{base64url:43}\";\n",
		"\"awsAccessKey\": \"{hex:64}.{hex:32}\"\n",
		"\"encKeyCheck\": \"2.{base64:22}==|{base64:60}|{base64:43}=\",\n",
		"SSE_CUSTOMER_KEY_MD5={base64:22}==\n",
		"id: 'GTM-ABCD123',\n auth: '{base62:22}',\n",
		"&keys_jwk=eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6Ing5LUltQjJveDM0LTV6c1VmbW5sNEp0"
		"Ti14elV2eFZlZXJHTFRXRV9BT0kifQ&\"\n",
		/* names and expressions of code */
		"recordIDs[token] = \"{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\"\n",
		"\"k8s.auth.pod.uid\": \"{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\",\n",
		"{ NSDB_PASSWD, \"getpwnam_r\", __nss_compat_getpwnam_r },\n",
		"	my_passwd = getpwuid (geteuid ());\n",
		"const WALLET_PW_KEY: &str = \"wallet-hmac-v2\";\n",
		"check(generate(text, SecretKey), \"{base64:27}=\")\n",
		"key: 'yyyy-MM-dd_HH:mm_12H',\n",
		"\"other\",\n  \"x%3Apassword\",\n  \"VSFTmdEZ9U2HI\",\n",
		"{\"key\": \"!@#$%^&*()_+\"},\n",
		"plugin_keystone_install_branch: {hex:40}\n",
		"var a = all.Single(at => at.Secret == \"obo_at_A\");\n",
		"const secretForm = `v1/[a-zA-Z0-9_]{44}`;\n",
		"let password = b\"\\x00\\x00\\x00\\x00\\x00\\x00\";\n",
		"\"initial_id_token\":\"746869732073686f756c6420746578740a\"\n",
		"data TokenRecord = TNMRv1 NtfTokenId PNMessageData\n",
		"	password = p.psk\n",
		"{warning:\"This is a very common password\":\"english\"===e.name?1:2}\n",
		"\"password\": r\"^|(.{3,})$\",\n",
		"token: 42414e414e41\n",
		"\"token\": \"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0..{base64url:43}\"\n",
		/* examples that are announced */
		"def answer():\n    \"\"\"\n    200 and\n    {\n      token: \"{base62:16}\",\n",
		"<pre><code>HTTP/1.1 200 OK\n\"access_token\": \"{base64:86}\",\n",
		"It must look like this:\n\n[one.example]\nkey = {HEX:16}\nsecret = {HEX:16}\n",
		"{{.HelpName}} play --api-key {hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\n",
		"{{.HelpName}} add\n  Enter Secret Key: {base62:40}\n",
		/* written by hand */
		"let token = \"dummyToken.eyJhdWQiOlsianNvbndlYnRva2VudGVzdCJd.{base64url:43}\";\n",
		"val legitimateToken = \"Aa0Bc5dEfGhIjKlMnOpQrStUvWxYz12\";\n",
		"secret = \"c2xrZmpoYWRsZmFramhkc2xma2phaHNkbGZramhhc2xkZmtqaGFzZGxrZmpobGtq\"\n",
		"secret_access_key => \"{base64:30}TESTKEY+\",\n",
		"\"auth_value\": \"E0Mvq8AAABEiMwARIjNEVWZ3iJk=\",\n",
		"\"client_secret\": \"pi_3NfRruAWOtgoysog1FxgDwtf_secret_f4ke\",\n",
		"<Token>EC-0XOMGOMGOMG</Token>\n",
		"{\"authorization\", \"Bearer ya29.c.Kp0B9Acz3QK1\"}\n",
		"\"password\": \"seed*{digit:4},{hex:64}\",\n",
		/* everybody's */
		"Set-Cookie: auth=session={base64:44}; HttpOnly; Path=/\n",
		"[![c](https://codecov.example/badge.svg?token={base62:10})](x)\n",
		"docsearch({ apiKey: '{hex:32}', indexName: 'docs' })\n",
		/* words, also in base64 */
		"password: cG9ya2Nob3A=\n",
		"TOKEN = \"Z29vZC1ndXk6c2VjcmV0\";\n",
		"client.setPassword('porkchop');\n",
		"users = [ { user: \"svcuser\", password: \"svcuser\" } ]\n",
		"password = \"s3cr3t!\"\n",
		"admin_password = \"P@55w0rd1234\"\n",
		"\"RadiusSecret\": \"Radius-hemlighet\",\n",
		"hotpinked: \"{hex:24}\"\n",
		"\"HOTPINK\": \"FF69B4\",\n",
		"\"passwordType\": \"Ab{digit:6}xyz\",\n",
		"docker_repokey: '{HEX:40}'\n",
		"\"S3Key\": \"{hex:64}.zip\"\n",
		"\"access_token\": \"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9\",\n",
		"[![b](https://api.example/v2/badges/21183?token={hex:64})](x)\n",
		"signing_salt: \"{base62:8}\"\n",
		"REACT_APP_POSTHOG_TOKEN = '{base62:43}',\n",
		"include \":servlet:username-password:ldapserver\"\n",
		/* words of a manual */
		"# Set up\n\n```yaml\ndb_password: chainloop\n```\n",
		"# db.password=tutorial\n",
		"\"totp\": \"NBSWY3DPEB3W64TM\",\n",
		"  \"one\",\n  \"sun1password\",\n  \"2lbxGdv34C\",\n  \"zkvipl56r7\",\n",
		"<key>{HEX:24}</key>\n",
		"csrfmiddlewaretoken: \"{base62:64}\"\n",
		"@fa-var-compass: \"f14e9\";\n",
		"label_password_char_class_digits: \"chiffres\"\n",
		"	/*\n	  Response:\n	  \"access_token\": \"{hex:32}\",\n	*/\n",
		"# client.login(password=\"asdfasdfsdf\")\n",
		".setCredID(\"{base64url:86}\")\n",
		"(analyticsKey:'{hex:32}',x:1)\n",
		"token = \"MIIBIjANBgkqhkiG9w0BAQEFAAOC{base64:60}\"\n",
		"HMACSecret: \"dfgdfgdzfgdgdfgdfg\",\n",
		"secret: sdhjcbjsdhcb,\n",
		"password_rpc_port = '84431';\n",
		"ctr_drbg_validate_reseed_between:\"{hex:32}\":\"{hex:64}\"\n",
		"aead_decrypt:PSA_KEY_TYPE_AES:\"{hex:32}\"\n",
		"mdp_smmu_pass: iommu@d00000 {\n",
		"\"publicResourceKey\": \"{base62:32}\",\n",
		"\"ticket-outline\":\"M4,4A2,2 0 0,0 2,6V10A2,2 0 0,1 4,12A2,2 0 0,1 2,1\"\n",
		"passport-oauth: \"npm:1.0.x\"\n",
		"\"mobile-app-secret\": \"Anwendungsgeheimnis\",\n",
		"\"wifi_password\": \"EB6B\",\n",
		"PasswordUpperCaseLetters = \"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"\n",
		"'Enable \"Forget Password\"' => 'Omogu\xc4\x87i \"Zaboravljena lozinka\"',\n",
		"user := User{Password: \"asasdasdsadASD!@#\"}\n",
		"compatible = \"qcom,x1e-pass\", \"qcom,sc8280xp-lpasscc\";\n",
		"\"password\":\"merlin1\",\"salt\":\"EzM0ibwM\",\"md5\":\"{hex:32}\",\"sha1\":\"{"
		"hex:40}\"\n",
		"\"ClientRequestToken\": \"{hex:32}\",\n",
		"\"KeyArn\": \"arn:aws:kms:us-east-2:111122223333:key/339963f2-e523-49d3\",\n",
		"rightauth=eap-mschapv2\n",
		"\n```\nexport API_TOKEN={base62:32}\n```\n",
		"// access_token = \"{base62:32}\"\n",
		"            application/json:\n              example:\n                token: "
		"{base62:24}\n",
		"password = '{hex:40}'\n",
		"'passwordSalt' => '{base64:14}==',\n",
		"let k = \"{base62:4}\"; key = key*2862933555777941757 + 1\n",
		"window.NREUM=licenseKey:\"{hex:10}\",x:1\n",
		"api_key = \"phc_{base62:43}\"\n",
		"token = \"098f6bcd4621d373cade4e832627b4f6\"\n",
		"[\"proxy-authorization\"] = \"hmac :dXNlcm5hbWU6cGFzc3dvcmQ=\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) >= SV_CONF_MEDIUM)
			fail_msg("reported: %s", texts[i]);
}

static void what_tells_things_apart_and_digests_have_little_confidence(void **state)
{
	static const char *const texts[] = {
		/* ids, by the time that they hold, by others of their form, by what is done with
		   them */
		"token = \"6ce466d0-fd6a-11e5-82f5-{hex:12}\"\n",
		"session_key = \"6ce466d0fd6a11e582f5{hex:12}\"\n",
		"'facebookKey': '5e7e1298{hex:16}',\n",
		"fileKey: '{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}.pdf',\n",
		"{\"key\": \"3-5-{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\"}\n",
		"getStreamToken(\"strm_{base62:21}\", \"sink_{base62:21}\");\n",
		"endpoint.get_secret(\"ep_{base62:27}\")\n",
		"key: 1769070189829214200\n",
		"const TestTokenID = \"{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\"\n",
		"reset-password.template: {hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\n",
		/* what was made of something */
		".hashToken(\"{hex:64}\")\n",
		"// the app's SHA1\nString APP_KEY = \"{hex:40}\";\n",
		"val encodedPassword = \"S:{HEX:60}\"\n",
		/* a key to be shown */
		"api.key.public = \"{base62:32}\"\n",
		"stripe_key = \"pk_live_{base62:24}\"\n",
		/* cells, arguments and members beside a name */
		"x,Minor,\"Ada\",PASS,\"| {HEX:12}\",\"Wed\"\n",
		"validate(token, \"{base62:28}\", url);\n",
		"{\"filename\" : \"Passwords.pdf\",\n \"id{base62:6}\" : \"universal\"}\n",
		"\"_csrf\", \"token\" : \"{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\"\n",
		"#define REG_AUTH_DEFAULT_ALG \"AKAv2-MD5\"\n",
		"password = os.getenv('VNC_PW{HEX:4}')\n",
		"<token>\"{base62:20}\"</token>\n",
		"secret = \"root@tcp(localhost:3306)/certdb_development\"\n",
		/* numbers */
		"Registration: 500px, Login & Password: 300px\n",
		"config.reset_password_within = 30.minutes\n",
		"static let savePasswordMinHeight = 340.0\n",
		"{\"form-textbox-password\":63476,\"x\":1}\n",
		"SECRET_LIMIT: 5_242_880,\n",
		/* begun, or made up for a test */
		"token = \"eyJhbGciOiJSUzI1NiIsInR5c\"\n",
		"assert_eq!(token, \"whsec_Zm9v\");\n",
		"export API_SECRET_KEY=ntauhnaehuntaeeuntehnatu\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) >= SV_CONF_MEDIUM)
			fail_msg("reported: %s", texts[i]);
}

static void what_works_as_committed_is_reported_though_it_is_a_word(void **state)
{
	static const char *const texts[] = {
		"      POSTGRES_PASSWORD: freshrss\n",
		"process.env.JWT_SECRET = \"{base62:24}\";\n",
		"SECURITY_PASSWORD_SALT = \"{digit:38}7\"\n",
		"session_secret_id = \"{base62:32}\"\n",
		"if ($user == \"mrbennett\" && $password == \"becareful\") \n",
		"client.setPassword('{base62:14}');\n",
		"# db.password={base62:14}\n",
		"assert_eq!(password, \"{base62:24}\");\n",
		"os:putenv(\"APP_SECRET\", \"{base62:40}\"),\n",
		"API_KEY=\"{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}\"\n",
		"{\"encryption_key\": \"{hex:24}\"}\n",
		"auth_token = \"key_{base62:24}\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (confidence_of(texts[i]) < SV_CONF_MEDIUM)
			fail_msg("missed: %s", texts[i]);
}

static void what_is_stored_of_a_password_and_other_forms_are_no_values(void **state)
{
	static const char *const values[] = {"#ff69b4",
					     "0x0102030405060708ULL",
					     "2020-08-04",
					     "urn:uuid:a515cfa4",
					     ":Argon2",
					     "symbol",
					     "string?",
					     "fails.",
					     "whsec_",
					     "\\f14e",
					     "\xfb\x66\x52\x2c\x33\x2f\xcc\x4c",
					     "S3-hemmelig nyckel",
					     "(haijawekwa)",
					     "Zdravo,",
					     "546:12",
					     "prime256v1",
					     "$P$Br387rwferoKN7uwHZqNMu98q3U8RO.",
					     "42h0m0s",
					     "\\226\\303!\\375",
					     "2022-08-26T09:21:05Z",
					     "crwdns780:0crwdne780:0",
					     "^.*[!@#$%^&*].*$",
					     "{PBKDF2-SHA256}10000$9JjBuTTp9OCwANV",
					     "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy",
					     "$argon2id$v=19$m=32,t=2,p=4$cm94YnRVOW5jZzF",
					     "-p$2",
					     ")) if has(",
					     "+l(c(n,",
					     "\\xF0\\x9F\\x94\\x91",
					     "attrs==25.3.0",
					     "2+t64tZZVaz0FAKEyVAL",
					     "8f51exxxxxx7211dd",
					     "prefix-%[2]s"};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (!sv_model_is_no_value(sv_span_str(values[i])))
			fail_msg("a value: %s", values[i]);
	assert_false(sv_model_is_no_value(sv_span_str("q7#ff69b4x")));
}

static void count_symbol(unsigned symbol, void *payload)
{
	char *text = payload;
	size_t n = strlen(text);

	text[n] = symbol < 26	 ? (char)('a' + symbol)
		  : symbol == 26 ? '|'
		  : symbol == 27 ? '0'
				 : '?';
	text[n + 1] = '\0';
}

static void words_are_told_apart_in_names_of_every_style(void **state)
{
	char text[64] = "";

	(void)state;
	sv_model_symbols(sv_span_str("getURL_of x9\xc3"), count_symbol, text);
	assert_string_equal(text, "|get|url|of|x0?|");
}

static void a_value_that_cannot_be_one_is_told_without_the_model(void **state)
{
	(void)state;
	assert_true(sv_model_is_no_value(sv_span_str("${HOME}")));
	assert_true(sv_model_is_no_value(sv_span_str("{{ secret }}")));
	assert_true(sv_model_is_no_value(sv_span_str("<your key>")));
	assert_true(sv_model_is_no_value(sv_span_str("xxxxxxxxxxxx")));
	assert_true(sv_model_is_no_value(sv_span_str("NULL")));
	assert_true(sv_model_is_no_value(sv_span_str("please enter a new password here")));
	assert_false(sv_model_is_no_value(sv_span_str("pa$$w0rd!x")));
	assert_false(sv_model_is_no_value(sv_span_str("hunter2")));
}

/* The features of a value of len bytes in a text of n, both of dice. */
static void features_of_dice(uint64_t seed,
			     void make(const struct sv_model *, const struct sv_check_input *,
				       struct sv_features *),
			     struct sv_features *ret)
{
	static const struct sv_rule rule = {.id = "generic-password"};
	static const char letters[] = "abcXYZ019_-=:'\"\n \t\x80\xff";
	uint8_t text[600];
	size_t n = 40 + dice_from(&seed, sizeof(text) - 40), start = 8 + dice_from(&seed, n - 20);
	struct sv_check_input in = {
		.rule = &rule, .text = sv_span(text, n), .match_start = start - 4};

	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)letters[dice_from(&seed, sizeof(letters) - 1)];
	in.secret = sv_span(text + start, 1 + dice_from(&seed, n - start - 1));
	in.match_end = start + in.secret.len;
	in.wide = in.text;
	make(sv_model_builtin(), &in, ret);
}

static void features_are_the_same_whatever_the_processor_has(void **state)
{
	static struct sv_features fast, plain;

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		features_of_dice(seed, sv_model_features, &fast);
		features_of_dice(seed, sv_model__plain_features, &plain);
		assert_true(plain.plain);
		assert_true(plain.n > 50);
		assert_int_equal(fast.n, plain.n);
		assert_memory_equal(fast.id, plain.id, fast.n * sizeof(*fast.id));
	}
}

/* One of few values of dice, somewhere in a text of dice. */
static struct sv_check_input few_values(uint64_t seed, uint8_t text[600])
{
	static const struct sv_rule rules[] = {{.id = "generic-password"}, {.id = "generic-key"}};
	static const char letters[] = "abcXYZ019_-=:'\"\n \t\x80\xff";
	/* as of names, which the model refuses, and as of keys */
	static const char *const signs[] = {"aeeioourstnlc._", "abkprsTUVW0123456789_$"};
	const char *of;
	uint64_t value = 1000 + dice_from(&seed, 24);
	size_t n = 200 + dice_from(&seed, 400), len = 3 + dice_from(&value, 60),
	       start = 8 + dice_from(&seed, n - len - 8);
	struct sv_check_input in = {.rule = &rules[dice_from(&seed, 2)],
				    .text = sv_span(text, n),
				    .wide = sv_span(text, n),
				    .secret = sv_span(text + start, len),
				    .match_start = start - 4,
				    .match_end = start + len};

	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)letters[dice_from(&seed, sizeof(letters) - 1)];
	of = signs[dice_from(&value, 2)];
	for (size_t i = 0; i < len; i++)
		text[start + i] = (uint8_t)of[dice_from(&value, strlen(of))];
	return in;
}

static void what_is_remembered_of_values_changes_no_answer(void **state)
{
	struct sv_values *values = sv_values_new();
	struct sv_memo *memo = sv_memo_new();
	unsigned refused = 0;

	(void)state;
	assert_non_null(values);
	assert_non_null(memo);
	for (uint64_t seed = 0; seed < 4000; seed++) {
		struct sv_candidate cands[2] = {0};
		enum sv_verdict verdicts[2];
		uint8_t text[600];
		/* each text comes twice */
		struct sv_check_input in = few_values(seed / 2, text), known = in;

		known.values = values;
		known.memo = memo;
		verdicts[0] = sv_check_learnt_secret(&in, &cands[0]);
		verdicts[1] = sv_check_learnt_secret(&known, &cands[1]);
		assert_int_equal(verdicts[0], verdicts[1]);
		assert_int_equal(cands[0].confidence, cands[1].confidence);
		assert_memory_equal(cands[0].reasons, cands[1].reasons, sizeof(cands[0].reasons));
		refused += verdicts[0] == SV_CHECK_FAILED;
	}
	assert_in_range(refused, 500, 3500);
	sv_values_free(values);
	sv_memo_free(memo);
}

/* Another byte somewhere, the value once more, or fewer bytes on either side. */
static void change(struct sv_check_input *in, uint8_t text[600], uint64_t seed)
{
	size_t start = (size_t)(in->secret.ptr - text), len = in->secret.len;
	size_t at = dice_from(&seed, in->text.len), cut, near = start < 60 ? start : 60;

	switch (dice_from(&seed, 8)) {
	case 0:
		if (at + len <= start || (at >= start + len && at + len <= in->text.len))
			memcpy(text + at, in->secret.ptr, len);
		break;
	case 1:
		in->text.len -= dice_from(&seed, in->text.len - start - len + 1);
		break;
	case 2:
		cut = dice_from(&seed, in->match_start + 1);
		in->text = sv_span(in->text.ptr + cut, in->text.len - cut);
		in->match_start -= cut;
		in->match_end -= cut;
		break;
	case 3:
		text[at] = text[at] == 'a' ? 'b' : 'a';
		break;
	default:
		text[start - near + dice_from(&seed, near)] = "\n .a9=\""[dice_from(&seed, 7)];
	}
}

static void what_is_remembered_by_one_key_has_the_same_features(void **state)
{
	static struct sv_features first, other;
	struct sv_memo *memo = sv_memo_new();
	unsigned same = 0, n = 20000;

	(void)state;
	assert_non_null(memo);
	for (uint64_t seed = 0; seed < n; seed++) {
		uint8_t text[600];
		struct sv_check_input in = few_values(seed / 20, text);
		struct sv_memo_key key, its;

		in.memo = memo;
		key = sv_model__key(&in);
		sv_model_features(sv_model_builtin(), &in, &first);
		change(&in, text, seed);
		its = sv_model__key(&in);
		if (key.hash.low != its.hash.low || key.hash.high != its.hash.high)
			continue;
		same++;
		sv_model_features(sv_model_builtin(), &in, &other);
		assert_int_equal(first.n, other.n);
		assert_memory_equal(first.id, other.id, first.n * sizeof(*first.id));
	}
	assert_in_range(same, n / 10, n);
	sv_memo_free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			machine_made_values_beside_secret_names_are_reported_in_every_syntax),
		cmocka_unit_test(
			passwords_as_policies_ask_for_them_are_reported_whatever_the_words),
		cmocka_unit_test(references_code_and_ordinary_words_are_not),
		cmocka_unit_test(what_signs_in_is_reported_beside_names_of_payments_and_code),
		cmocka_unit_test(a_secret_in_form_only_has_little_confidence),
		cmocka_unit_test(what_tells_things_apart_and_digests_have_little_confidence),
		cmocka_unit_test(what_works_as_committed_is_reported_though_it_is_a_word),
		cmocka_unit_test(what_is_stored_of_a_password_and_other_forms_are_no_values),
		cmocka_unit_test(features_are_the_same_whatever_the_processor_has),
		cmocka_unit_test(what_is_remembered_of_values_changes_no_answer),
		cmocka_unit_test(what_is_remembered_by_one_key_has_the_same_features),
		cmocka_unit_test(words_are_told_apart_in_names_of_every_style),
		cmocka_unit_test(a_value_that_cannot_be_one_is_told_without_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
