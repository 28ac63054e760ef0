#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/key_files.h"
#include "detect/scanner.h"

static void expand(const char *template, struct sv_buf *ret)
{
	assert_int_equal(sv_template_expand(template, 7, ret, NULL), 0);
}

static bool read_any(struct sv_span bytes, struct sv_key_file *ret)
{
	return sv_der_key_read(bytes, ret) || sv_key_store_read(bytes, ret) ||
	       sv_key_blob_read(bytes, ret);
}

static void a_file_tells_its_key_and_whether_a_passphrase_protects_it(void **state)
{
	static const struct {
		const char *template;
		bool locked;
	} cases[] = {{"{keys:rsa}", false},	{"{keys:ec}", false},	 {"{keys:pkcs8}", false},
		     {"{keys:ed25519}", false}, {"{keys:locked}", true}, {"{keys:jks}", true},
		     {"{keys:snk}", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_key_file file;
		size_t n;

		expand(cases[i].template, &bytes);
		n = bytes.len;
		assert_int_equal(sv_buf_puts(&bytes, "and more"), 0);
		assert_true(read_any(sv_buf_span(&bytes), &file));
		assert_int_equal(file.locked, cases[i].locked);
		assert_int_equal(file.keys, 1);
		assert_int_equal(file.length, n);
		assert_true(file.whole);
	}
}

static void what_holds_no_private_key_is_none(void **state)
{
	static const char *const others[] = {
		"{keys:trust}", "{keys:snkpublic}", "{cer}", "{p7b}", "{pfx}", "", "0",
		"{base62:900}"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_key_file file;

		expand(others[i], &bytes);
		assert_false(read_any(sv_buf_span(&bytes), &file));
	}
}

static void a_modulus_that_its_primes_do_not_make_is_no_key(void **state)
{
	static const struct {
		const char *template;
		size_t at; /* a byte of the modulus, not its first or last */
	} cases[] = {{"{keys:rsa}", 138}, {"{keys:snk}", 20}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_key_file file;

		expand(cases[i].template, &bytes);
		bytes.ptr[cases[i].at] ^= 0x40;
		assert_false(read_any(sv_buf_span(&bytes), &file));
	}
}

/* Of a store that is cut off, the keys that stood before; all else is told whole or not at all. */
static void a_part_of_a_file_is_answered_whatever_is_left(void **state)
{
	static const char *const templates[] = {"{keys:rsa}",	 "{keys:ec}",  "{keys:pkcs8}",
						"{keys:locked}", "{keys:jks}", "{keys:jceks}",
						"{keys:trust}",	 "{keys:snk}"};

	(void)state;
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_key_file file;

		expand(templates[i], &bytes);
		for (size_t n = 0; n < bytes.len; n++) {
			/* of its own, so that a sanitizer sees what is read behind it */
			uint8_t *part = malloc(n + 1);

			assert_non_null(part);
			memcpy(part, bytes.ptr, n);
			if (read_any(sv_span(part, n), &file)) {
				assert_false(file.whole);
				assert_int_equal(file.length, n);
				assert_int_equal(file.keys, 1);
			}
			free(part);
		}
	}
}

static void a_store_says_how_many_keys_it_has(void **state)
{
	SV_AUTO(sv_buf) store = {0};
	struct sv_key_file file;
	size_t entry;

	(void)state;
	expand("{keys:jks}", &store);
	/* the entry once more, in place of the digest and behind it */
	entry = store.len - 20 - 12;
	store.len -= 20;
	assert_int_equal(sv_buf_reserve(&store, entry + 20), 0);
	assert_int_equal(sv_buf_append(&store, store.ptr + 12, entry), 0);
	assert_int_equal(sv_buf_puts(&store, "twenty bytes of hash"), 0);
	store.ptr[11] = 2;
	assert_true(sv_key_store_read(sv_buf_span(&store), &file));
	assert_int_equal(file.keys, 2);
	assert_true(file.whole);
	assert_int_equal(file.length, store.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_tells_its_key_and_whether_a_passphrase_protects_it),
		cmocka_unit_test(what_holds_no_private_key_is_none),
		cmocka_unit_test(a_modulus_that_its_primes_do_not_make_is_no_key),
		cmocka_unit_test(a_part_of_a_file_is_answered_whatever_is_left),
		cmocka_unit_test(a_store_says_how_many_keys_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
