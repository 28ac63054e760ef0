#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/slots.h"

static bool fits(struct sv_span text, size_t at, const struct sv_slot *slot)
{
	struct sv_check_input in = {.wide = text, .secret = sv_span(text.ptr + at, 1)};

	return sv_slot_fits(&in, slot);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* In each text @ stands before the place that is asked about. */
static const struct {
	const char *text;
	struct sv_slot slot;
	bool fits;
} cases[] = {
	/* JSON: the type is a member, wherever it stands */
	{"{\"type\": \"Microsoft.X/y\", \"properties\": {\"value\": \"@v\"}}",
	 {.types = LIST("Microsoft.X/y")},
	 true},
	{"{\"properties\": {\"value\": \"@v\"}, \"type\": \"microsoft.x/Y\"}",
	 {.types = LIST("Microsoft.X/y")},
	 true},
	{"{\"a\": {\"type\": \"Microsoft.X/y\"}, \"value\": \"@v\"}",
	 {.types = LIST("Microsoft.X/y")},
	 false},
	{"{\"type\": \"Microsoft.X/yz\", \"value\": \"@v\"}",
	 {.types = LIST("Microsoft.X/y")},
	 false},
	{"{\"type\": \"Microsoft.X/yz\", \"value\": \"@v\"}",
	 {.types = LIST("Microsoft.X/*")},
	 true},
	{"\"settings\": {\"command\": \"@v\"}", {.within = LIST("settings")}, true},
	{"\"settings\": {}, \"protectedSettings\": {\"command\": \"@v\"}",
	 {.within = LIST("settings")},
	 false},
	{"\"settings\": {\"inner\": {\"command\": \"@v\"}}",
	 {.within = LIST("settings"), .outside = LIST("inner")},
	 false},
	{"\"outputs\": {\"k\": {\"type\": \"securestring\", \"value\": \"@v\"}}",
	 {.within = LIST("outputs"), .without = LIST("type=securestring")},
	 false},
	{"\"outputs\": {\"k\": {\"type\": \"string\", \"value\": \"@v\"}}",
	 {.within = LIST("outputs"), .without = LIST("type=securestring")},
	 true},
	/* braces in strings and comments are none */
	{"\"settings\": {\"a\": \"}\", \"b\": \"@v\"}", {.within = LIST("settings")}, true},
	{"settings: { // }\n  b: '@v'\n}", {.within = LIST("settings")}, true},
	/* Bicep: the type is in the head, before an @ */
	{"resource s 'Microsoft.X/y@2023-01-01' = {\n  properties: {\n    value: '@v'\n  }\n}",
	 {.types = LIST("Microsoft.X/y")},
	 true},
	{"resource s 'Microsoft.X/y@2023-01-01' = {\n}\nvar x = {\n  value: '@v'\n}",
	 {.types = LIST("Microsoft.X/y")},
	 false},
	{"resource s 'Microsoft.X/y@2023-01-01' = {\n  secret: true\n  properties: {\n    value: "
	 "'@v'\n  }\n}",
	 {.types = LIST("Microsoft.X/y"), .with = LIST("secret=true")},
	 true},
	{"secrets: [\n  {\n    name: 'a'\n    value: '@v'\n  }\n]",
	 {.within = LIST("secrets"), .with = LIST("name=*")},
	 true},
	/* HCL */
	{"resource \"azurerm_x\" \"a\" {\n  inner {\n    value = \"@v\"\n  }\n}",
	 {.types = LIST("azurerm_x"), .within = LIST("inner")},
	 true},
	{"resource \"azurerm_x\" \"a\" {\n  value = \"@v\"\n  expiration_date = var.e\n}",
	 {.types = LIST("azurerm_x"), .without = LIST("expiration_date")},
	 false},
	/* XML: tags, and attributes of theirs */
	{"<a><masterKey x=\"1\"><value>@v</value></masterKey></a>",
	 {.within = LIST("masterKey")},
	 true},
	{"<a><masterKey/><value>@v</value></a>", {.within = LIST("masterKey")}, false},
	{"<p name=\"n\" value=\"@v\" encrypted=\"true\"/>",
	 {.without = LIST("encrypted=true")},
	 false},
	{"<p name=\"n\" value=\"@v\" encrypted=\"false\"/>",
	 {.without = LIST("encrypted=true")},
	 true},
	/* YAML: indentation */
	{"type: azure_open_ai\nname: x\napi_key: @v\n", {.with = LIST("type=azure_open_ai")}, true},
	{"a:\n  b: 1\nc:\n  secrets:\n    - name: n\n      value: @v\n",
	 {.within = LIST("secrets"), .outside = LIST("a")},
	 true},
	{"a:\n  b: 1\nc:\n  value: @v\n", {.within = LIST("a")}, false},
	/* names with words inside */
	{"\"x\": {\"name\": \"MyPasswordHere\", \"value\": \"@v\"}",
	 {.with = LIST("name=*password*")},
	 true},
	{"\"x\": {\"name\": \"PasswordLength\", \"value\": \"@v\"}",
	 {.with = LIST("name=*password")},
	 false},
};

static size_t without_mark(const char *text, char *ret)
{
	/* the last: a type of Bicep has one too */
	size_t at = (size_t)(strrchr(text, '@') - text);

	memcpy(ret, text, at);
	strcpy(ret + at, text + at + 1);
	return at;
}

static void a_slot_is_found_in_each_syntax(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[400];
		size_t at = without_mark(cases[i].text, text);

		if (fits(sv_span_str(text), at, &cases[i].slot) != cases[i].fits)
			fail_msg("%s: %s", cases[i].text, cases[i].fits ? "does not fit" : "fits");
	}
}

/* At either end, so that a sanitizer sees what is read beyond. */
static void text_that_is_cut_anywhere_is_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[400];
		size_t at = without_mark(cases[i].text, text), len = strlen(text);

		for (size_t from = 0; from <= at; from++)
			for (size_t to = at + 1; to <= len; to += 1 + (from != 0) * 7) {
				uint8_t *cut = malloc(to - from);

				assert_non_null(cut);
				memcpy(cut, text + from, to - from);
				(void)fits(sv_span(cut, to - from), at - from, &cases[i].slot);
				free(cut);
			}
	}
}

/* ---- how far a block may reach ---- */

static int on_candidate(const struct sv_candidate *c, void *payload)
{
	bool *found = payload;

	*found |= strcmp(c->rule->id, "azure-terraform-argument") == 0;
	return 0;
}

/* Is the password found with n bytes of other arguments between it and the head of its resource? */
static bool is_found_after(struct sv_scanner *scanner, size_t n)
{
	SV_AUTO(sv_buf) text = {0};
	bool found = false;

	assert_int_equal(sv_buf_puts(&text, "resource \"azurerm_x\" \"a\" {\n"), 0);
	while (text.len < n)
		assert_int_equal(sv_buf_puts(&text, "  some_argument = \"and its value\"\n"), 0);
	assert_int_equal(sv_buf_puts(&text, "  run_as_password = \"Kestrel-4711-otter\"\n}\n"), 0);
	assert_int_equal(sv_scanner_scan(scanner, &text, on_candidate, &found, NULL), 0);
	return found;
}

static void a_block_is_seen_within_8_kib_and_not_beyond(void **state)
{
	struct sv_ruleset *rules = NULL;
	struct sv_scanner *scanner = NULL;

	(void)state;
	assert_int_equal(sv_ruleset_open(NULL, &rules, NULL), 0);
	assert_int_equal(sv_scanner_new(rules, &scanner, NULL), 0);
	assert_true(is_found_after(scanner, 100));
	assert_true(is_found_after(scanner, 8000));
	assert_false(is_found_after(scanner, 9000));
	sv_scanner_free(scanner);
	sv_ruleset_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_is_found_in_each_syntax),
		cmocka_unit_test(text_that_is_cut_anywhere_is_answered),
		cmocka_unit_test(a_block_is_seen_within_8_kib_and_not_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
