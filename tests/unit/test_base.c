#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "base/base.h"

static void a_buffer_keeps_zeroed_slack_after_every_change(void **state)
{
	SV_AUTO(sv_buf) buf = {0};

	(void)state;
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(sv_buf_putc(&buf, 'x'), 0);
		for (size_t s = 0; s < SV_SLACK; s++)
			assert_int_equal(buf.ptr[buf.len + s], 0);
	}
	sv_buf_reset(&buf);
	assert_string_equal(sv_buf_str(&buf), "");
}

static void a_buffer_past_its_maximum_is_too_big_and_keeps_what_it_had(void **state)
{
	SV_AUTO(sv_buf) buf = {0};

	(void)state;
	sv_buf_init(&buf, 8);
	assert_int_equal(sv_buf_puts(&buf, "12345678"), 0);
	assert_int_equal(sv_buf_putc(&buf, '9'), SV_ETOOBIG);
	assert_string_equal(sv_buf_str(&buf), "12345678");
}

static void an_error_gathers_words_on_its_way_up(void **state)
{
	struct sv_err err;

	(void)state;
	assert_int_equal(sv_err_set(&err, SV_EINVAL, "line %d", 12), SV_EINVAL);
	assert_int_equal(sv_err_wrap(&err, SV_EINVAL, "aws.yml"), SV_EINVAL);
	assert_string_equal(err.text, "aws.yml: line 12");
	assert_int_equal(sv_err_wrap(NULL, SV_EIO, "x"), SV_EIO);
}

static void numbers_and_sizes_refuse_overflow_and_garbage(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(sv_parse_u64(sv_span_str("18446744073709551615"), &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(sv_parse_u64(sv_span_str("18446744073709551616"), &v), SV_EINVAL);
	assert_int_equal(sv_parse_u64(sv_span_str("1 "), &v), SV_EINVAL);
	assert_int_equal(sv_parse_u64(sv_span_str(""), &v), SV_EINVAL);
	assert_int_equal(sv_parse_size(sv_span_str("3M"), &v), 0);
	assert_true(v == 3u << 20);
	assert_int_equal(sv_parse_size(sv_span_str("99999999999999999G"), &v), SV_EINVAL);
}

static void utf8_is_read_strictly_and_written_back_the_same(void **state)
{
	uint8_t bytes[4];
	uint32_t code;

	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		unsigned n = sv_utf8_encode(c, bytes);

		if (c >= 0xD800 && c < 0xE000) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(sv_utf8_decode(sv_span(bytes, n), &code), n);
		assert_true(code == c);
		assert_int_equal(sv_utf8_decode(sv_span(bytes, n - 1), &code), 0);
	}
	assert_int_equal(sv_utf8_decode(sv_span("\xC0\xAF", 2), &code), 0);
	assert_int_equal(sv_utf8_decode(sv_span("\xED\xA0\x80", 3), &code), 0);
}

static void base64_decodes_both_alphabets_and_refuses_the_rest(void **state)
{
	uint8_t out[16];

	(void)state;
	assert_int_equal(sv_base64_decode(sv_span_str("Zm9vYg=="), out), 4);
	assert_memory_equal(out, "foob", 4);
	assert_int_equal(sv_base64_decode(sv_span_str("-_-_"), out), 3);
	assert_memory_equal(out, "\xFB\xFF\xBF", 3);
	assert_int_equal(sv_base64_decode(sv_span_str("Zm9vY"), out), -1);
	assert_int_equal(sv_base64_decode(sv_span_str("Zm 9"), out), -1);
}

static void crc32_is_the_ieee_one(void **state)
{
	(void)state;
	assert_true(sv_crc32(0, "123456789", 9) == 0xCBF43926u);
}

static void a_digest_depends_on_where_parts_end_and_on_the_key(void **state)
{
	struct sv_span a[] = {sv_span_str("ab"), sv_span_str("c")};
	struct sv_span b[] = {sv_span_str("a"), sv_span_str("bc")};
	uint8_t key[32] = {1}, x[16], y[16];

	(void)state;
	sv_digest(x, 16, NULL, a, 2);
	sv_digest(y, 16, NULL, b, 2);
	assert_memory_not_equal(x, y, 16);
	sv_digest(y, 16, key, a, 2);
	assert_memory_not_equal(x, y, 16);
}

static void functions_are_loaded_all_or_the_missing_one_is_named(void **state)
{
	static const char *const there[] = {"puts", "strlen"}, *const absent[] = {"puts", "no_such_function"};
	void *functions[2] = {NULL, NULL};
	struct sv_err err = {0};

	(void)state;
	assert_int_equal(sv_functions_load("libc.so.6", there, 2, functions, &err), 0);
	assert_non_null(functions[0]);
	assert_non_null(functions[1]);
	assert_int_equal(sv_functions_load("libc.so.6", absent, 2, functions, &err), SV_ENOTFOUND);
	assert_non_null(strstr(err.text, "no_such_function"));
	assert_int_equal(sv_functions_load("libabsent.so.0", there, 2, functions, &err), SV_ENOTFOUND);
	assert_non_null(strstr(err.text, "libabsent.so.0"));
}

static void a_fifo_is_refused_without_waiting_for_its_writer(void **state)
{
	char dir[] = "/tmp/sievert-test-XXXXXX";
	SV_AUTO(sv_buf) buf = {0};
	SV_AUTO_FREE char *path = NULL;
	struct sv_err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = sv_path_join(dir, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sv_file_read(path, &buf, &err), SV_EIO);
	assert_non_null(strstr(err.text, "not a regular file"));
	unlink(path);
	assert_int_equal(sv_file_write(path, sv_span_str("whole"), 0600, &err), 0);
	assert_int_equal(sv_file_read(path, &buf, &err), 0);
	assert_string_equal(sv_buf_str(&buf), "whole");
	unlink(path);
	rmdir(dir);
}

static void an_arena_gives_zeroed_memory_again_after_a_reset(void **state)
{
	struct sv_arena arena = {0};

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t n = 1; n < 40000; n += 977) {
			uint8_t *p = sv_arena_alloc(&arena, n);

			assert_non_null(p);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xAA, n);
		}
		sv_arena_reset(&arena);
	}
	sv_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_keeps_zeroed_slack_after_every_change),
		cmocka_unit_test(a_buffer_past_its_maximum_is_too_big_and_keeps_what_it_had),
		cmocka_unit_test(an_error_gathers_words_on_its_way_up),
		cmocka_unit_test(numbers_and_sizes_refuse_overflow_and_garbage),
		cmocka_unit_test(utf8_is_read_strictly_and_written_back_the_same),
		cmocka_unit_test(base64_decodes_both_alphabets_and_refuses_the_rest),
		cmocka_unit_test(crc32_is_the_ieee_one),
		cmocka_unit_test(a_digest_depends_on_where_parts_end_and_on_the_key),
		cmocka_unit_test(functions_are_loaded_all_or_the_missing_one_is_named),
		cmocka_unit_test(a_fifo_is_refused_without_waiting_for_its_writer),
		cmocka_unit_test(an_arena_gives_zeroed_memory_again_after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
