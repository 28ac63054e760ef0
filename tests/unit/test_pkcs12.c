#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "detect/pkcs12.h"
#include "detect/scanner.h"

static void expand(const char *template, struct sv_buf *ret)
{
	assert_int_equal(sv_template_expand(template, 7, ret, NULL), 0);
}

static void from_hex(const char *hex, struct sv_buf *ret)
{
	for (; hex[0] != '\0'; hex += 2)
		assert_int_equal(sv_buf_putc(ret, (char)(sv_hex_value((uint8_t)hex[0]) * 16 +
							 sv_hex_value((uint8_t)hex[1]))),
				 0);
}

/* ---- what protects the keys ---- */

static void a_container_tells_its_keys_and_what_protects_them(void **state)
{
	static const struct {
		const char *template;
		enum sv_pkcs12_guard guard;
	} cases[] = {{"{pfx}", SV_PKCS12_PASSWORD},
		     {"{pfx:empty}", SV_PKCS12_EMPTY},
		     {"{pfx:clear}", SV_PKCS12_NONE}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_pkcs12 file;

		expand(cases[i].template, &bytes);
		assert_true(sv_pkcs12_read(sv_buf_span(&bytes), NULL, &file));
		assert_int_equal(file.guard, cases[i].guard);
		assert_int_equal(file.keys, 1);
		assert_true(file.encrypted_part);
		assert_int_equal(file.length, bytes.len);
	}
}

/* Of more containers than are remembered, each twice. */
static void what_was_tried_gives_the_same_answer(void **state)
{
	static const char *const templates[] = {"{pfx}", "{pfx:empty}"};
	struct sv_pkcs12_tried *tried = sv_pkcs12_tried_new();

	(void)state;
	assert_non_null(tried);
	for (unsigned seed = 0; seed < 80; seed++) {
		SV_AUTO(sv_buf) bytes = {.max = 1 << 20};
		struct sv_pkcs12 alone, known;

		assert_int_equal(sv_template_expand(templates[seed % 2], seed / 4, &bytes, NULL),
				 0);
		assert_true(sv_pkcs12_read(sv_buf_span(&bytes), NULL, &alone));
		assert_true(sv_pkcs12_read(sv_buf_span(&bytes), tried, &known));
		assert_int_equal(alone.guard, seed % 2 ? SV_PKCS12_EMPTY : SV_PKCS12_PASSWORD);
		assert_int_equal(known.guard, alone.guard);
		/* another salt, which stands at the end: another answer */
		bytes.ptr[bytes.len - 8] ^= 1;
		if (sv_pkcs12_read(sv_buf_span(&bytes), tried, &known))
			assert_int_not_equal(known.guard, SV_PKCS12_EMPTY);
	}
	sv_pkcs12_tried_free(tried);
}

static void what_follows_a_container_is_not_its_own(void **state)
{
	SV_AUTO(sv_buf) bytes = {0};
	struct sv_pkcs12 file;
	size_t n;

	(void)state;
	expand("{pfx:empty}", &bytes);
	n = bytes.len;
	assert_int_equal(sv_buf_puts(&bytes, "and more"), 0);
	assert_true(sv_pkcs12_read(sv_buf_span(&bytes), NULL, &file));
	assert_int_equal(file.length, n);
	assert_int_equal(file.guard, SV_PKCS12_EMPTY);
}

/* Of a container that is cut off one cannot say that it has no password. */
static void a_part_of_a_container_is_answered_whatever_is_left(void **state)
{
	SV_AUTO(sv_buf) bytes = {0};
	struct sv_pkcs12 file;

	(void)state;
	expand("{pfx:empty}", &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		/* of its own, so that a sanitizer sees what is read behind it */
		uint8_t *part = malloc(n + 1);

		assert_non_null(part);
		memcpy(part, bytes.ptr, n);
		if (sv_pkcs12_read(sv_span(part, n), NULL, &file)) {
			assert_int_equal(file.guard, SV_PKCS12_UNKNOWN);
			assert_int_equal(file.length, n);
		}
		free(part);
	}
}

static void other_things_in_der_are_none(void **state)
{
	static const char *const others[] = {"{cer}", "{p7b}", "", "0", "{base62:64}"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_pkcs12 file;

		expand(others[i], &bytes);
		assert_false(sv_pkcs12_read(sv_buf_span(&bytes), NULL, &file));
	}
}

/* ---- against OpenSSL: a certificate without a key, sealed in 1000 rounds ---- */

static const char empty_sha1[] =
	"3082020a020103308201d006092a864886f70d010701a08201c1048201bd308201b9308201b506092a864886"
	"f70d010701a08201a6048201a23082019e3082019a060b2a864886f70d010c0a0103a082018930820185060a"
	"2a864886f70d01091601a0820175048201713082016d30820113a00302010202140a80dec91f4f2d29039816"
	"d03f2bf895896a972c300a06082a8648ce3d040302300c310a300806035504030c0161301e170d3236313132"
	"363039333935355a170d3236313230353039333935355a300c310a300806035504030c01613059301306072a"
	"8648ce3d020106082a8648ce3d03010703420004e525505862d8e23b0706c455795799ade35b71ccdfe1c839"
	"8cd4a2250f9072f5d14a0b6e8ec1eabd93fc4cf79f7ef264a8d225482a3529d0c27b75396ebe432da3533051"
	"301d0603551d0e0416041446e239ed5334fdb7d5cb33b10645c57c673720a7301f0603551d23041830168014"
	"46e239ed5334fdb7d5cb33b10645c57c673720a7300f0603551d130101ff040530030101ff300a06082a8648"
	"ce3d0403020348003045022075a9a2b0d1ad9e3d74855949664b8fe3c37010875901b140582f90caf50ad8f7"
	"022100d1cef0a60b271c38335b624d3103c39e8e5a633c3f5d6d9dd8ad4c00fac37aa130313021300906052b"
	"0e03021a0500041434b11f913ad038a1a1469259ca816a4ce2a2784f0408f25f1078667bc9d9020203e8";
static const char empty_sha256[] =
	"3082021a020103308201d006092a864886f70d010701a08201c1048201bd308201b9308201b506092a864886"
	"f70d010701a08201a6048201a23082019e3082019a060b2a864886f70d010c0a0103a082018930820185060a"
	"2a864886f70d01091601a0820175048201713082016d30820113a00302010202140a80dec91f4f2d29039816"
	"d03f2bf895896a972c300a06082a8648ce3d040302300c310a300806035504030c0161301e170d3236313132"
	"363039333935355a170d3236313230353039333935355a300c310a300806035504030c01613059301306072a"
	"8648ce3d020106082a8648ce3d03010703420004e525505862d8e23b0706c455795799ade35b71ccdfe1c839"
	"8cd4a2250f9072f5d14a0b6e8ec1eabd93fc4cf79f7ef264a8d225482a3529d0c27b75396ebe432da3533051"
	"301d0603551d0e0416041446e239ed5334fdb7d5cb33b10645c57c673720a7301f0603551d23041830168014"
	"46e239ed5334fdb7d5cb33b10645c57c673720a7300f0603551d130101ff040530030101ff300a06082a8648"
	"ce3d0403020348003045022075a9a2b0d1ad9e3d74855949664b8fe3c37010875901b140582f90caf50ad8f7"
	"022100d1cef0a60b271c38335b624d3103c39e8e5a633c3f5d6d9dd8ad4c00fac37aa130413031300d060960"
	"86480165030402010500042085d9b79ba9a5ab8de2196a9a7e967618cdd18dd983e8cae662704e4965c06163"
	"04087152d9676f95de1e020203e8";
static const char password_sha1[] =
	"3082020a020103308201d006092a864886f70d010701a08201c1048201bd308201b9308201b506092a864886"
	"f70d010701a08201a6048201a23082019e3082019a060b2a864886f70d010c0a0103a082018930820185060a"
	"2a864886f70d01091601a0820175048201713082016d30820113a00302010202140a80dec91f4f2d29039816"
	"d03f2bf895896a972c300a06082a8648ce3d040302300c310a300806035504030c0161301e170d3236313132"
	"363039333935355a170d3236313230353039333935355a300c310a300806035504030c01613059301306072a"
	"8648ce3d020106082a8648ce3d03010703420004e525505862d8e23b0706c455795799ade35b71ccdfe1c839"
	"8cd4a2250f9072f5d14a0b6e8ec1eabd93fc4cf79f7ef264a8d225482a3529d0c27b75396ebe432da3533051"
	"301d0603551d0e0416041446e239ed5334fdb7d5cb33b10645c57c673720a7301f0603551d23041830168014"
	"46e239ed5334fdb7d5cb33b10645c57c673720a7300f0603551d130101ff040530030101ff300a06082a8648"
	"ce3d0403020348003045022075a9a2b0d1ad9e3d74855949664b8fe3c37010875901b140582f90caf50ad8f7"
	"022100d1cef0a60b271c38335b624d3103c39e8e5a633c3f5d6d9dd8ad4c00fac37aa130313021300906052b"
	"0e03021a050004149229c5a8882903cb4d7b582e6fb817782c4892fb0408d9db7fef598923db020203e8";

static void an_empty_password_is_told_from_any_other(void **state)
{
	static const struct {
		const char *hex;
		enum sv_pkcs12_guard guard;
	} cases[] = {{empty_sha1, SV_PKCS12_EMPTY},
		     {empty_sha256, SV_PKCS12_EMPTY},
		     {password_sha1, SV_PKCS12_PASSWORD}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SV_AUTO(sv_buf) bytes = {0};
		struct sv_pkcs12 file;

		from_hex(cases[i].hex, &bytes);
		assert_true(sv_pkcs12_read(sv_buf_span(&bytes), NULL, &file));
		assert_int_equal(file.guard, cases[i].guard);
		assert_int_equal(file.keys, 0);
		assert_false(file.encrypted_part);
	}
}

/* RFC 2202 and RFC 4231, the first of each; a key is filled up with zeroes */
static void the_hmacs_are_those_of_the_rfcs(void **state)
{
	uint8_t key[32] = {0}, mac[32];
	char hex[65];

	(void)state;
	memset(key, 0x0b, 20);
	assert_int_equal(sv_pkcs12_hmac(key, false, sv_span_str("Hi There"), mac), 0);
	sv_hex(mac, 20, hex);
	assert_string_equal(hex, "b617318655057264e28bc0b6fb378c8ef146be00");
	assert_int_equal(sv_pkcs12_hmac(key, true, sv_span_str("Hi There"), mac), 0);
	sv_hex(mac, 32, hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b"
				 "881dc200c9833da726e9376c2e32cff7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_tells_its_keys_and_what_protects_them),
		cmocka_unit_test(what_was_tried_gives_the_same_answer),
		cmocka_unit_test(what_follows_a_container_is_not_its_own),
		cmocka_unit_test(a_part_of_a_container_is_answered_whatever_is_left),
		cmocka_unit_test(other_things_in_der_are_none),
		cmocka_unit_test(an_empty_password_is_told_from_any_other),
		cmocka_unit_test(the_hmacs_are_those_of_the_rfcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
