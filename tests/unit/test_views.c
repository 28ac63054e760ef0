#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>
#include <ctype.h>
#include "dice.h"
#include "detect/views.h"
#include "detect/views_blocks.h"

#define DEPTH 3

/* ---- values, made anew from a seed ---- */

static uint64_t seed = 0x5eed;

static uint64_t dice(uint64_t sides)
{
	return dice_from(&seed, sides);
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_token(struct sv_buf *b, size_t n)
{
	/* a digit in the middle: no name of a program */
	for (size_t i = 0; i < n; i++)
		sv_buf_putc(b, i == n / 2 || i == 3 ? '7' : letters[dice(62)]);
}

static const char *token(size_t n)
{
	static struct sv_buf kept[8];
	static unsigned next;
	struct sv_buf *b = &kept[next++ % 8];

	sv_buf_reset(b);
	put_token(b, n);
	return sv_buf_str(b);
}

static void put_base64(struct sv_buf *b, struct sv_span s, size_t width)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t group = (uint32_t)s.ptr[i] << 16 |
				 (n > 1 ? (uint32_t)s.ptr[i + 1] << 8 : 0) |
				 (n > 2 ? s.ptr[i + 2] : 0);

		if (width != 0 && column == width) {
			sv_buf_puts(b, "\n  ");
			column = 0;
		}
		for (unsigned k = 0; k < 4; k++)
			sv_buf_putc(b, k > n ? '=' : letters[group >> (18 - 6 * k) & 63]);
		column += 4;
	}
}

static void put_utf16(struct sv_buf *b, const char *text, bool big_endian)
{
	for (; *text != '\0'; text++) {
		if (big_endian)
			sv_buf_putc(b, 0);
		sv_buf_putc(b, *text);
		if (!big_endian)
			sv_buf_putc(b, 0);
	}
}

/* little-endian, of any characters */
static void put_wide(struct sv_buf *b, const char *text)
{
	struct sv_span rest = sv_span_str(text);

	while (rest.len != 0) {
		uint32_t code;
		unsigned n = sv_utf8_decode(rest, &code);

		if (code >= 0x10000) {
			code -= 0x10000;
			sv_buf_putc(b, (char)(code >> 10));
			sv_buf_putc(b, (char)(0xD8 | code >> 18));
			code = 0xDC00 | (code & 0x3FF);
		}
		sv_buf_putc(b, (char)code);
		sv_buf_putc(b, (char)(code >> 8));
		rest = sv_span(rest.ptr + n, rest.len - n);
	}
}

/* ---- reading as a scanner does ---- */

struct seen {
	unsigned views;
	size_t start, end; /* in the input */
	unsigned depth;
};

/* every reading of bytes, DEPTH deep; true when one holds the needle */
static bool read_all(struct sv_span bytes, const struct sv_decoded *from, const char *needle,
		     struct seen *ret)
{
	struct sv_regions regions = {0};
	bool found = false;

	assert_int_equal(sv_views_find(bytes, 0, bytes.len, &regions), 0);
	for (size_t i = 0; !found && i < regions.len; i++) {
		SV_AUTO(sv_decoded) d = {0};
		const uint8_t *at;

		assert_int_equal(sv_view_decode(bytes, &regions.ptr[i], from, &d), 0);
		at = memmem(d.text.ptr, d.text.len, needle, strlen(needle));
		if (at != NULL) {
			size_t offset = (size_t)(at - d.text.ptr);

			ret->views = d.views;
			ret->depth = d.depth;
			sv_decoded_source(&d, offset, offset + strlen(needle), &ret->start,
					  &ret->end);
			found = true;
		} else if (d.depth < DEPTH) {
			found = read_all(sv_buf_span(&d.text), &d, needle, ret);
		}
	}
	sv_regions_release(&regions);
	return found;
}

/*
 * input, in ordinary surroundings, is read as something that holds needle, through views; and what
 * it was made from is input's part from `first` to the end of `last`
 */
static void reads_as(struct sv_span input, const char *needle, unsigned views, const char *first,
		     const char *last)
{
	static const char before[] = "# An ordinary line, and one more.\nname: value\n";
	SV_AUTO(sv_buf) b = {0};
	struct seen seen = {0};
	const uint8_t *at, *end;

	sv_buf_puts(&b, before);
	sv_buf_append(&b, input.ptr, input.len);
	sv_buf_puts(&b, "\nlast: line\n");
	assert_null(memmem(b.ptr, b.len, needle, strlen(needle)));
	if (!read_all(sv_buf_span(&b), NULL, needle, &seen))
		fail_msg("not read: %s", needle);
	assert_int_equal(seen.views, views);
	at = memmem(b.ptr, b.len, first, strlen(first));
	assert_non_null(at);
	assert_int_equal(seen.start, at - b.ptr);
	if (last != NULL) {
		end = memmem(at, b.len - (size_t)(at - b.ptr), last, strlen(last));
		assert_non_null(end);
		assert_int_equal(seen.end, (size_t)(end - b.ptr) + strlen(last));
	}
}

static void text_reads_as(const char *input, const char *needle, unsigned views, const char *first,
			  const char *last)
{
	reads_as(sv_span_str(input), needle, views, first, last);
}

static const char *words(const char *fmt, ...) SV_PRINTF(1, 2);
static const char *words(const char *fmt, ...)
{
	static char kept[8][9000];
	static unsigned next;
	char *text = kept[next++ % 8];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(kept[0]), fmt, ap);
	va_end(ap);
	return text;
}

/* ---- each view ---- */

static void escaped_text_is_read_as_what_it_stands_for(void **state)
{
	const char *a = token(20), *b = token(24);

	(void)state;
	text_reads_as(words("{\"url\": \"https://x.example/?se=1\\u0026sig=%s\\u003d\"}", b),
		      words("&sig=%s=", b), SV_VIEW_ESCAPES, "\\u0026", "\\u003d");
	text_reads_as(words("k = \"%s\\/%s\"", a, b), words("%s/%s", a, b), SV_VIEW_ESCAPES, a, b);
	text_reads_as(words("\"{\\\"password\\\": \\\"%s\\\"}\"", a),
		      words("\"password\": \"%s\"", a), SV_VIEW_ESCAPES, "\\\"password",
		      words("%s\\\"", a));
	text_reads_as(words("\"{\\\\\\\"password\\\\\\\":\\\\\\\"%s\\\\\\\"}\"", a),
		      words("\"password\":\"%s\"", a), SV_VIEW_ESCAPES, "\\\\\\\"password",
		      words("%s\\\\\\\"", a));
	text_reads_as(words("text=one\\n%s\\nthree", b), words("one\n%s", b), SV_VIEW_ESCAPES,
		      "one\\n", b);
	text_reads_as(words("run: export DB=1\\nDB_PASSWORD=%s\\n", a),
		      words("\nDB_PASSWORD=%s\n", a), SV_VIEW_ESCAPES, "\\nDB", words("%s\\n", a));
	text_reads_as(words("storage.key\\=%s\\=\\=", b), words("key=%s==", b), SV_VIEW_ESCAPES,
		      "key", "\\=\\=");
	text_reads_as(words("k = '%s\\x2b%s'", a, b), words("%s+%s", a, b), SV_VIEW_ESCAPES, a, b);
	text_reads_as(words("k = '%s\\053%s'", a, b), words("%s+%s", a, b), SV_VIEW_ESCAPES, a, b);
	text_reads_as(words("https:\\/\\/ada:%s@example.org\\/", a), words("https://ada:%s@", a),
		      SV_VIEW_ESCAPES, "https", words("%s@", a));
	text_reads_as(words("the key is sk\\_live\\_%s", b), words("sk_live_%s", b),
		      SV_VIEW_ESCAPES, "sk", b);
}

static void a_pem_block_on_one_line_is_read_line_by_line(void **state)
{
	SV_AUTO(sv_buf) in = {0};
	SV_AUTO(sv_buf) out = {0};

	(void)state;
	sv_buf_puts(&out, "-----BEGIN "
			  "PRIVATE KEY-----\n");
	sv_buf_puts(&in, "{\"private_key\": \"-----BEGIN "
			 "PRIVATE KEY-----\\n");
	for (int i = 0; i < 50; i++) {
		const char *line = token(64);

		sv_buf_printf(&in, "%s\\n", line);
		sv_buf_printf(&out, "%s\n", line);
	}
	sv_buf_puts(&in, "-----END PRIVATE KEY-----\\n\"}");
	sv_buf_puts(&out, "-----END PRIVATE KEY-----\n");
	reads_as(sv_buf_span(&in), sv_buf_str(&out), SV_VIEW_ESCAPES, "-----BEGIN",
		 "END PRIVATE KEY-----\\n");
}

static void percent_encoded_text_is_read_as_what_it_stands_for(void **state)
{
	const char *a = token(30);

	(void)state;
	text_reads_as(words("set AccountKey%%3D%s%%3D%%3D", a), words("AccountKey=%s==", a),
		      SV_VIEW_PERCENT, "AccountKey", "%3D%3D");
	text_reads_as(words("x=%s%%2b%s", a, a), words("%s+%s", a, a), SV_VIEW_PERCENT, a,
		      words("%%2b%s", a));
	text_reads_as(words("u=amqp://ada:%s%%40@h", a), words("ada:%s@@h", a), SV_VIEW_PERCENT,
		      "ada", "@h");
	text_reads_as(words("q=%%7B%%22password%%22%%3A%%22%.9s%%22%%7D", a),
		      words("{\"password\":\"%.9s\"}", a), SV_VIEW_PERCENT, "%7B", "%7D");
	/* twice: from AMQP in a URL in a URL */
	text_reads_as(words("u=key%%253D%s", a), words("key=%s", a), SV_VIEW_PERCENT, "key%", a);
}

static void a_doubled_percent_sign_of_a_batch_file_is_one(void **state)
{
	const char *a = token(24);

	(void)state;
	text_reads_as(words("set C=AccountName%%%%3Dada%%%%3BAccountKey%%%%3D%s%%%%3D%%%%3D", a),
		      words("AccountName=ada;AccountKey=%s==", a), SV_VIEW_PERCENT, "AccountName", "%%3D%%3D");
}

static void entities_are_read_as_what_they_stand_for(void **state)
{
	const char *a = token(30);

	(void)state;
	text_reads_as(words("<add value=\"?sv=1&amp;sig=%s\"/>", a), words("&sig=%s", a),
		      SV_VIEW_ENTITIES, "&amp;", a);
	text_reads_as(words("<a b=\"Password=&quot;%s&quot;\"/>", a), words("Password=\"%s\"", a),
		      SV_VIEW_ENTITIES, "Password", words("%s&quot;", a));
	text_reads_as(words("<a b=\"key&#61;%s&#x3D;\"/>", a), words("key=%s=", a),
		      SV_VIEW_ENTITIES, "key", "&#x3D;");
	text_reads_as(words("<a b=\"k=v&amp;amp;sig=%s\"/>", a), words("v&sig=%s", a),
		      SV_VIEW_ENTITIES, "v&amp;", a);
	text_reads_as(words("&lt;password&gt;%s&lt;/password&gt;", a), words("<password>%s</", a),
		      SV_VIEW_ENTITIES, "&lt;password", words("%s&lt;/", a));
}

static void base64_of_text_is_read_in_its_place_in_the_line(void **state)
{
	const char *a = token(18);
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	sv_buf_puts(&in, "  password: ");
	put_base64(&in, sv_span_str(a), 0);
	reads_as(sv_buf_span(&in), words("  password: %s\n", a), SV_VIEW_BASE64, "  password",
		 NULL);

	sv_buf_reset(&in);
	sv_buf_puts(&in, "\"auth\": \"");
	put_base64(&in, sv_span_str(words("ada:%s", a)), 0);
	sv_buf_puts(&in, "\",");
	reads_as(sv_buf_span(&in), words("\"auth\": \"ada:%s\",", a), SV_VIEW_BASE64, "\"auth",
		 "\",");
}

static void base64_folded_over_lines_is_one_text(void **state)
{
	static const size_t widths[] = {64, 76};
	SV_AUTO(sv_buf) text = {0};
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	for (size_t w = 0; w < 2; w++)
		for (size_t rest = 1; rest < 40; rest++) {
			sv_buf_reset(&in);
			sv_buf_reset(&text);
			sv_buf_printf(&text,
				      "{\"note\": \"gr\303\266\303\237e %0150d\", \"secret\": "
				      "\"%s\", %.*s}",
				      5, token(40), (int)rest,
				      "0123456789012345678901234567890123456789");
			sv_buf_puts(&in, "data: >\n  ");
			put_base64(&in, sv_buf_span(&text), widths[w]);
			reads_as(sv_buf_span(&in), sv_buf_str(&text), SV_VIEW_BASE64, "eyJ", NULL);
		}
}

static void base64_of_keys_hashes_and_pictures_is_no_text(void **state)
{
	SV_AUTO(sv_buf) in = {0};
	SV_AUTO(sv_buf) raw = {0};
	struct sv_regions regions = {0};

	(void)state;
	sv_buf_puts(&in, "-----BEGIN "
			 "PRIVATE KEY-----\n");
	for (int round = 0; round < 40; round++) {
		sv_buf_reset(&raw);
		sv_buf_puts(&raw, round % 3 == 0   ? "\x89PNG\r\n\x1A\n"
				  : round % 3 == 1 ? "\x30\x82\x04\xBE\x02"
						   : "");
		for (int i = 0; i < 200; i++)
			sv_buf_putc(&raw, (char)dice(256));
		put_base64(&in, sv_buf_span(&raw), 64);
		sv_buf_puts(&in, "\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAt"
				 "zc2gtZW\n");
		for (int i = 0; i < 32; i++)
			sv_buf_printf(&in, "%02x", (unsigned)dice(256));
		sv_buf_puts(&in, "\n");
	}
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	assert_int_equal(regions.len, 0);
	sv_regions_release(&regions);
}

static void utf16_is_read_with_and_without_mark_in_either_order(void **state)
{
	const char *a = token(30), *text = words("name=ada\r\npassword=%s\r\n", a);
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	for (int way = 0; way < 4; way++) {
		struct seen seen;
		SV_AUTO(sv_buf) first = {0};
		const uint8_t *at;

		sv_buf_reset(&in);
		/* somewhere in other bytes: an odd place too */
		for (uint64_t i = dice(70); i != 0; i--)
			sv_buf_putc(&in, (char)(1 + dice(30)));
		if (way & 1)
			sv_buf_append(&in, way & 2 ? "\xFE\xFF" : "\xFF\xFE", 2);
		put_utf16(&in, text, way & 2);
		sv_buf_puts(&in, "\x01\x02\x03");
		assert_true(read_all(sv_buf_span(&in), NULL, words("password=%s\r", a), &seen));
		assert_int_equal(seen.views, SV_VIEW_UTF16);
		sv_buf_putc(&first, 'p');
		sv_buf_putc(&first, 0);
		at = memmem(in.ptr, in.len, first.ptr, 2);
		assert_int_equal(seen.start, at - in.ptr);
		assert_int_equal(seen.end - seen.start, 2 * (strlen(a) + 10));
	}
}

static void remarks_in_any_script_do_not_end_a_text_of_utf16(void **state)
{
	static const char *const remarks[] = {"\u043a\u043b\u044e\u0447 \u043e\u0442 base",
					      "\u5bc6\u7801\uff1a",
					      "\u2019s \u2014 ",
					      "\U0001F511",
					      "\u0645\u0641\u062a\u0627\u062d",
					      "\u010d\u0159\u017e"};
	const char *a = token(30), *text;

	(void)state;
	for (size_t i = 0; i < sizeof(remarks) / sizeof(*remarks); i++) {
		SV_AUTO(sv_buf) in = {0};
		struct seen seen;

		text = words("name=ada and so on ; %s;password=%s", remarks[i], a);
		sv_buf_puts(&in, "\x01\x02");
		put_wide(&in, text);
		sv_buf_puts(&in, "\x01\x02\x03");
		assert_true(read_all(sv_buf_span(&in), NULL, text, &seen));
		assert_int_equal(seen.views, SV_VIEW_UTF16);
		assert_int_equal(seen.start, 2);
		assert_int_equal(seen.end, in.len - 3);
	}
}

static void text_that_is_not_utf16_ends_one_of_it(void **state)
{
	struct sv_regions regions = {0};
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	put_wide(&in, "some text, and a bit more");
	sv_buf_puts(&in, "plain ASCII goes on for as long as one likes, and longer than that");
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	assert_int_equal(regions.len, 1);
	assert_int_equal(regions.ptr[0].end, 50);
	/* nor are two strings of a program one text */
	sv_buf_append(&in, "\0\x2A", 2);
	put_wide(&in, "some other text, without the name");
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	assert_int_equal(regions.len, 2);
	assert_int_equal(regions.ptr[0].end, 50);
	sv_buf_reset(&in);
	put_wide(&in, "some text, and a bit more");
	/* a gap is not endless */
	for (int i = 0; i < 200; i++)
		put_wide(&in, "\u0430");
	put_wide(&in, "some text, and a bit more");
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	assert_int_equal(regions.len, 2);
	assert_int_equal(regions.ptr[0].end, 50);
	sv_regions_release(&regions);
}

static void adjacent_literals_are_read_as_one(void **state)
{
	static const char *const joints[] = {"\" \"",	    "\" + \"",	     "\"\n    \"",
					     "\" . \"",	    "\" \\\n  \"",   "\"\n  + \"",
					     "\" +\n  f\"", "\" & _\r\n  \""};

	(void)state;
	for (size_t i = 0; i < sizeof(joints) / sizeof(*joints); i++) {
		const char *a = token(14), *b = token(17);

		text_reads_as(words("key = \"%s%s%s\";", a, joints[i], b), words("\"%s%s\"", a, b),
			      SV_VIEW_JOINED, words("\"%s", a), words("%s\"", b));
		text_reads_as(words("c = \"AccountName=ada;%sAccountKey=%s\"", joints[i], b),
			      words("ada;AccountKey=%s", b), SV_VIEW_JOINED, "ada;", b);
	}
	/* a digit is far from the joint */
	text_reads_as("c = \"a7fMnGkWZoXLFYYpKRMzsRs\" + \"oeMuHJmWmKuQuccYye9CKYM\"", "a7fMnGkWZoXLFYYpKRMzsRsoeMuHJmWmKuQuccYye9CKYM",
		      SV_VIEW_JOINED, "a7f", "9CKYM");
}

static void folded_lines_are_read_as_one(void **state)
{
	const char *a = token(30), *b = token(30);

	(void)state;
	text_reads_as(
		words("conn: >-\n  AccountName=ada;\n  AccountKey=%s\n  %s==;\n  Suffix=x\nnext: 1",
		      a, b),
		words("ada;AccountKey=%s%s==;Suffix=x\n", a, b), SV_VIEW_FOLDED, "ada;",
		"Suffix=x\n");
	text_reads_as(words("conn: >\r\n  AccountName=ada;\r\n  AccountKey=%s\r\n\r\nnext: 1", a),
		      words("ada;AccountKey=%s", a), SV_VIEW_FOLDED, "ada;", a);
	text_reads_as(words("conn: \"AccountName=ada;\\\n   AccountKey=%s\"", a),
		      words("ada;AccountKey=%s", a), SV_VIEW_FOLDED, "ada;", a);
	text_reads_as(words("KEY=%s\\\n%s", a, b), words("KEY=%s%s", a, b), SV_VIEW_FOLDED, "KEY",
		      b);
}

static void mail_is_read_without_its_encoding(void **state)
{
	const char *a = token(30), *b = token(25);

	(void)state;
	text_reads_as(words("Password=3D\"%s\"", a), words("Password=\"%s\"", a), SV_VIEW_QUOTED,
		      "Password", words("%s\"", a));
	text_reads_as(words("the key=3D%s=3D=3D is=20new", a), words("key=%s== is new", a),
		      SV_VIEW_QUOTED, "key", "=3D=3D is=20new");
	text_reads_as(words("https://x.example/embed?s=3D%s", a), words("embed?s=%s", a), SV_VIEW_QUOTED, "embed", a);
	text_reads_as(words("Hello, this is a line of a mail, it has a key %.29s=\n%s", a, b),
		      words("key %.29s%s", a, b), SV_VIEW_QUOTED, "key", b);
	text_reads_as(words("Hello, this is a line of a mail, it has a key %.29s=\r\n%s", a, b),
		      words("key %.29s%s", a, b), SV_VIEW_QUOTED, "key", b);
}

static void a_caret_before_a_sign_of_cmd_is_left_out(void **state)
{
	const char *a = token(30);

	(void)state;
	text_reads_as(words("set URL=https://x.example/?se=1^&sig=%s", a), words("?se=1&sig=%s", a),
		      SV_VIEW_ESCAPES, "?se=1", a);
}

static void base64_of_text_with_a_mark_is_read(void **state)
{
	const char *a = token(24);
	SV_AUTO(sv_buf) text = {0};
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	sv_buf_puts(&in, "  config: ");
	put_base64(&in, sv_span_str(words("\uFEFFpassword=%s\n", a)), 0);
	reads_as(sv_buf_span(&in), words("password=%s", a), SV_VIEW_BASE64, "cGFzc3d", NULL);
	for (int big = 0; big < 2; big++) {
		sv_buf_reset(&in);
		sv_buf_reset(&text);
		sv_buf_append(&text, big ? "\xFE\xFF" : "\xFF\xFE", 2);
		put_utf16(&text, words("password=%s and so on", a), big);
		sv_buf_puts(&in, "data=");
		put_base64(&in, sv_buf_span(&text), 0);
		reads_as(sv_buf_span(&in), words("password=%s", a), SV_VIEW_BASE64 | SV_VIEW_UTF16,
			 (const char *)in.ptr + 5 + (big ? 4 : 2), NULL);
	}
}

static void invisible_characters_within_a_token_are_left_out(void **state)
{
	static const char *const hidden[] = {"\u200B", "\u00AD", "\u2060", "\uFEFF",
					     "\u200D\u200B"};

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		const char *a = token(10), *b = token(20);

		text_reads_as(words("token: %s%s%s", a, hidden[i], b), words("%s%s", a, b),
			      SV_VIEW_INVISIBLE, a, b);
	}
}

static void readings_nest_and_lead_back_to_the_first_bytes(void **state)
{
	const char *a = token(33);
	SV_AUTO(sv_buf) wide = {0};
	SV_AUTO(sv_buf) base64 = {0};
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	/* what a command line of PowerShell carries */
	put_utf16(&wide, words("$key = '%s'; echo $key", a), false);
	put_base64(&base64, sv_buf_span(&wide), 0);
	sv_buf_printf(&in, "powershell -EncodedCommand %s", sv_buf_str(&base64));
	reads_as(sv_buf_span(&in), words("$key = '%s'", a), SV_VIEW_BASE64 | SV_VIEW_UTF16,
		 sv_buf_str(&base64), NULL);

	/* JSON in JSON in base64 */
	sv_buf_reset(&base64);
	sv_buf_reset(&in);
	put_base64(&base64, sv_span_str(words("{\"config\": \"{\\\"secret\\\":\\\"%s\\\"}\"}", a)),
		   0);
	sv_buf_printf(&in, "config: %s", sv_buf_str(&base64));
	reads_as(sv_buf_span(&in), words("\"secret\":\"%s\"", a), SV_VIEW_BASE64 | SV_VIEW_ESCAPES,
		 sv_buf_str(&base64) + 17, NULL);

	/* base64, percent-encoded in two places */
	sv_buf_reset(&base64);
	sv_buf_reset(&in);
	put_base64(&base64, sv_span_str(words("secret=%s~~~ ok", a)), 0);
	sv_buf_puts(&in, "u=k%3D");
	for (size_t i = 0; i < base64.len; i++)
		sv_buf_printf(
			&in, letters[63] == base64.ptr[i] || base64.ptr[i] == '=' ? "%%%02X" : "%c",
			base64.ptr[i]);
	reads_as(sv_buf_span(&in), words("secret=%s~~~ ok", a), SV_VIEW_BASE64 | SV_VIEW_PERCENT,
		 "c2VjcmV0", NULL);
}

/* ---- the way back ---- */

/* text as it is written in a view, and for each byte of it which bytes it is written with */
struct written {
	struct sv_buf in, text;
	size_t start[2000], end[2000];
};

static void write_unit(struct written *w, struct sv_span text, const char *as, size_t len)
{
	for (size_t i = 0; i < text.len; i++) {
		w->start[w->text.len + i] = w->in.len;
		w->end[w->text.len + i] = w->in.len + len;
	}
	sv_buf_append(&w->text, text.ptr, text.len);
	sv_buf_append(&w->in, as, len);
}

static void write_any(struct written *w, enum sv_view view)
{
	uint8_t utf8[4], c = (uint8_t)letters[dice(62)];
	uint32_t code = (uint32_t)(0x3B1 + dice(20));
	struct sv_span one = {&c, 1}, greek = {utf8, sv_utf8_encode(code, utf8)};
	const char *as = NULL;

	switch (dice(3) == 0 ? view : 0) {
	case SV_VIEW_PERCENT:
		as = words(dice(2) ? "%%%02x" : "%%%02X", c);
		break;
	case SV_VIEW_ESCAPES:
		switch (dice(5)) {
		case 0:
			as = words("\\u%04x", c);
			break;
		case 1:
			as = words("\\x%02X", c);
			break;
		case 2:
			as = words("\\%03o", c);
			break;
		case 3:
			write_unit(w, greek, words("\\u%04X", code), 6);
			return;
		default:
			code = (uint32_t)(0x1F600 + dice(64));
			greek.len = sv_utf8_encode(code, utf8);
			write_unit(w, greek,
				   words("\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
					 0xDC00 + (code & 0x3FF)),
				   12);
			return;
		}
		break;
	case SV_VIEW_ENTITIES:
		if (dice(2)) {
			as = words(dice(2) ? "&#%d;" : "&#x%x;", c);
			break;
		}
		write_unit(w, greek, words("&#%u;", code), strlen(words("&#%u;", code)));
		return;
	case SV_VIEW_JOINED:
		write_unit(w, (struct sv_span){0}, "\" + \"", 5);
		return;
	case SV_VIEW_FOLDED:
		write_unit(w, (struct sv_span){0}, "\\\n\t ", 4);
		return;
	case SV_VIEW_QUOTED:
		if (dice(2)) {
			write_unit(w, (struct sv_span){0}, "=\r\n", 3);
			return;
		}
		as = words("=%02X", c);
		break;
	case SV_VIEW_INVISIBLE:
		write_unit(w, (struct sv_span){0}, "\u200B", 3);
		return;
	default:
		break;
	}
	write_unit(w, one, as == NULL ? (const char *)&c : as, as == NULL ? 1 : strlen(as));
}

static void leads_back(struct sv_decoded *d, const struct written *w)
{
	assert_true(sv_span_equal(sv_buf_span(&d->text), sv_buf_span(&w->text)));
	for (size_t s = 0; s < SV_SLACK; s++)
		assert_int_equal(d->text.ptr[d->text.len + s], 0);
	for (size_t i = 0; i < d->text.len; i++) {
		size_t n = 1 + dice(d->text.len - i), start, end;

		sv_decoded_source(d, i, i + n, &start, &end);
		assert_int_equal(start, w->start[i]);
		assert_int_equal(end, w->end[i + n - 1]);
	}
}

static void every_decoded_byte_leads_back_to_what_it_was_written_with(void **state)
{
	static const enum sv_view views[] = {SV_VIEW_ESCAPES, SV_VIEW_PERCENT, SV_VIEW_ENTITIES,
					     SV_VIEW_JOINED,  SV_VIEW_FOLDED,  SV_VIEW_INVISIBLE,
					     SV_VIEW_QUOTED};
	static struct written w;
	SV_AUTO(sv_decoded) d = {0};

	(void)state;
	for (int round = 0; round < 600; round++) {
		struct sv_region region = {.view = views[round % 7]};
		SV_AUTO_FREE uint8_t *copy = NULL;

		sv_buf_reset(&w.in);
		sv_buf_reset(&w.text);
		for (uint64_t n = 1 + dice(400); n != 0; n--)
			write_any(&w, region.view);
		region.end = w.in.len;
		/* of its exact size, so that a byte read past it is seen */
		copy = malloc(w.in.len);
		memcpy(copy, w.in.ptr, w.in.len);
		assert_int_equal(sv_view_decode(sv_span(copy, w.in.len), &region, NULL, &d), 0);
		leads_back(&d, &w);
	}
	sv_buf_release(&w.in);
	sv_buf_release(&w.text);
}

static void a_byte_of_base64_leads_back_to_the_two_characters_that_hold_it(void **state)
{
	SV_AUTO(sv_decoded) d = {0};

	(void)state;
	for (size_t n = 12; n < 100; n++) {
		struct sv_region region = {.view = SV_VIEW_BASE64};
		SV_AUTO(sv_buf) in = {0};
		const char *text = token(n);

		sv_buf_puts(&in, "key: ");
		put_base64(&in, sv_span_str(text), 0);
		region.end = in.len;
		assert_int_equal(sv_view_decode(sv_buf_span(&in), &region, NULL, &d), 0);
		assert_string_equal(sv_buf_str(&d.text), words("key: %s", text));
		for (size_t i = 0; i < n; i++) {
			size_t start, end;

			sv_decoded_source(&d, 5 + i, 5 + i + 1, &start, &end);
			assert_int_equal(start, 5 + i * 8 / 6);
			assert_int_equal(end, 5 + (i * 8 + 7) / 6 + 1);
		}
	}
}

static void decoding_again_needs_no_memory(void **state)
{
	SV_AUTO(sv_decoded) d = {0};
	struct sv_region region = {.view = SV_VIEW_ESCAPES};
	SV_AUTO(sv_buf) in = {0};
	const void *text, *runs;

	(void)state;
	for (int i = 0; i < 1000; i++)
		sv_buf_puts(&in, "a\\u0041b");
	region.end = in.len;
	assert_int_equal(sv_view_decode(sv_buf_span(&in), &region, NULL, &d), 0);
	text = d.text.ptr;
	runs = d.runs.ptr;
	for (int i = 0; i < 10; i++)
		assert_int_equal(sv_view_decode(sv_buf_span(&in), &region, NULL, &d), 0);
	assert_ptr_equal(d.text.ptr, text);
	assert_ptr_equal(d.runs.ptr, runs);
	assert_int_equal(d.text.len, 3000);
}

/* ---- a part finds what the whole finds ---- */

static void put_noise(struct sv_buf *b)
{
	static const char *const pieces[] = {
		"\n",
		"\n\n",
		" ",
		"  ",
		"\t",
		"\"",
		"'",
		"\\",
		"\\n",
		"%",
		"%3D",
		"%2B",
		"&amp;",
		"&quot;",
		"&#61;",
		"\\u0026",
		"\\u003d",
		"\\\"",
		"\\\":",
		"=",
		": ",
		";",
		"\" + \"",
		"\"\n\"",
		"\\\n",
		"key=",
		"\u200B",
		"x: >-\n  ",
		"y: >2\n   ",
		"-----\\n",
		"\\/",
		"://",
		":\\/\\/",
		"{",
		",",
		"word",
		"int main(void)",
		"sig=",
		"=3D",
		"=\n",
		"^&",
		"77u/",
		"//4A",
	};
	SV_AUTO(sv_buf) text = {0};

	switch (dice(12)) {
	case 0:
		put_token(b, 1 + dice(60));
		break;
	case 1:
		sv_buf_printf(&text, "user:%s", token(10 + dice(60)));
		put_base64(b, sv_buf_span(&text), dice(2) ? 64 : 0);
		break;
	case 2:
		put_utf16(b, words("password = %s\r\nand more, and more", token(10 + dice(20))),
			  dice(2));
		break;
	case 3:
		sv_buf_putc(b, (char)dice(256));
		if (dice(4) == 0) {
			put_wide(b, words("password = %s", token(dice(20))));
			for (uint64_t n = dice(160); n != 0; n--)
				put_wide(b, dice(9) ? "\u0436" : "x, ");
			put_wide(b, words(" # %s\r\nand more, and more", token(dice(20))));
		}
		break;
	case 4:
		for (uint64_t n = dice(30); n != 0; n--)
			sv_buf_printf(b, "%s%s", token(1 + dice(20)),
				      pieces[dice(sizeof(pieces) / sizeof(*pieces))]);
		break;
	default:
		sv_buf_puts(b, pieces[dice(sizeof(pieces) / sizeof(*pieces))]);
		break;
	}
}

/* one thing over and over: long chains, which have to be parted */
static void put_monotony(struct sv_buf *b, size_t n)
{
	uint64_t kind = dice(8);
	SV_AUTO(sv_buf) text = {0};

	for (size_t end = b->len + n; b->len < end;)
		switch (kind) {
		case 0:
			sv_buf_printf(b, "%s\\u0026", token(4 + dice(60)));
			break;
		case 1:
			put_utf16(b, words("%s;%s ", token(4 + dice(60)), dice(9) ? "" : "\r\n"),
				  false);
			break;
		case 2:
			sv_buf_printf(b, "a%%3D%s%s", token(1 + dice(200)), dice(5) ? "" : "\n");
			break;
		case 3:
			sv_buf_reset(&text);
			sv_buf_printf(&text, "user:%s", token(10 + dice(60)));
			put_base64(b, sv_buf_span(&text), 0);
			sv_buf_putc(b, dice(3) ? ' ' : '\n');
			break;
		case 4:
			sv_buf_printf(b, "\"%s\"\n  + ", token(8 + dice(60)));
			break;
		case 5:
			sv_buf_puts(b, "\\x41");
			break;
		case 6:
			sv_buf_reset(&text);
			put_token(&text, 1000 + dice(9000));
			put_base64(b, sv_buf_span(&text), 64);
			sv_buf_putc(b, '\n');
			break;
		default:
			sv_buf_puts(b, "QUJD");
			break;
		}
}

static void make_haystack(struct sv_buf *b, size_t n)
{
	sv_buf_reset(b);
	while (b->len < n) {
		if (dice(400) == 0)
			put_monotony(b, dice(dice(8) ? 8000 : 150000));
		put_noise(b);
	}
}

static void same_regions(const struct sv_regions *whole, const struct sv_regions *part,
			 size_t shift, size_t from, size_t to)
{
	size_t k = 0;

	for (size_t i = 0; i < whole->len; i++) {
		const struct sv_region *w = &whole->ptr[i];

		if (w->start >= to || w->end <= from)
			continue;
		assert_true(k < part->len);
		assert_int_equal(part->ptr[k].start + shift, w->start);
		assert_int_equal(part->ptr[k].end + shift, w->end);
		assert_int_equal(part->ptr[k].view, w->view);
		assert_int_equal(part->ptr[k].cut, w->cut);
		k++;
	}
	assert_int_equal(k, part->len);
}

static void a_window_finds_the_regions_of_the_whole(void **state)
{
	SV_AUTO(sv_buf) in = {0};
	struct sv_regions whole = {0}, part = {0};

	(void)state;
	for (int round = 0; round < 40; round++) {
		make_haystack(&in, 1000 + dice(200000));
		assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &whole), 0);
		for (int i = 0; i < 40; i++) {
			size_t from = dice(in.len), to = from + 1 + dice(dice(2) ? 100 : 20000),
			       low, high;

			to = to < in.len ? to : in.len;
			/* all of it at hand */
			assert_int_equal(sv_views_find(sv_buf_span(&in), from, to, &part), 0);
			same_regions(&whole, &part, 0, from, to);
			/* only what the header promises to be enough */
			low = from > SV_VIEW_REACH ? from - SV_VIEW_REACH : 0;
			high = in.len - to > SV_VIEW_REACH ? to + SV_VIEW_REACH : in.len;
			assert_int_equal(sv_views_find(sv_span(in.ptr + low, high - low),
						       from - low, to - low, &part),
					 0);
			same_regions(&whole, &part, low, from, to);
		}
	}
	sv_regions_release(&whole);
	sv_regions_release(&part);
}

static void a_region_and_its_margins_are_enough_to_find_it(void **state)
{
	SV_AUTO(sv_buf) in = {0};
	struct sv_regions whole = {0}, part = {0};
	const unsigned all = (1u << SV_VIEW_MAX) - 1;
	unsigned views = 0, n_cut = 0;

	(void)state;
	/* until there was something of each kind to lose, which no round has for sure */
	for (int round = 0; round < 30 || (round < 300 && (views != all || n_cut == 0)); round++) {
		make_haystack(&in, 1000 + dice(150000));
		assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &whole), 0);
		for (size_t i = 0; i < whole.len; i++) {
			const struct sv_region *r = &whole.ptr[i];
			size_t low = r->start > SV_VIEW_MARGIN ? r->start - SV_VIEW_MARGIN : 0;
			size_t high =
				in.len - r->end > SV_VIEW_MARGIN ? r->end + SV_VIEW_MARGIN : in.len;
			bool found = false;

			assert_true(r->start < r->end && r->end - r->start <= SV_VIEW_MAX_REGION);
			assert_int_equal(sv_views_find(sv_span(in.ptr + low, high - low), 0,
						       high - low, &part),
					 0);
			for (size_t k = 0; !found && k < part.len; k++)
				found = part.ptr[k].start + low == r->start &&
					part.ptr[k].end + low == r->end &&
					part.ptr[k].view == r->view && part.ptr[k].cut == r->cut;
			if (!found)
				fail_msg("round %d: %s %zu-%zu", round, sv_view_name(r->view),
					 r->start, r->end);
			views |= r->view;
			n_cut += r->cut;
		}
	}
	assert_int_equal(views, all);
	assert_true(n_cut > 0);
	sv_regions_release(&whole);
	sv_regions_release(&part);
}

static void vectors_and_plain_code_see_the_same(void **state)
{
	SV_AUTO(sv_buf) in = {0};

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct sv_blocks fast, plain = {0};
		SV_AUTO_FREE uint8_t *copy = NULL;
		size_t n, n_blocks, half;
		sv_blocks_fn *reader;
		uint64_t busy;

		sv_buf_reset(&in);
		for (n = 1 + dice(1200); in.len < n;)
			put_noise(&in);
		n = in.len < 1280 ? in.len : 1280;
		n_blocks = (n + SV_BLOCK - 1) / SV_BLOCK;
		copy = malloc(n);
		memcpy(copy, in.ptr, n);
		n_blocks = n_blocks > 20 ? 20 : n_blocks;
		half = dice(n_blocks + 1);
		for (unsigned way = 0; (reader = sv_blocks_reader(way)) != NULL; way++) {
			fast = (struct sv_blocks){0};
			reader(&fast, sv_span(copy, n), 0, half);
			busy = reader(&fast, sv_span(copy, n), half * SV_BLOCK, n_blocks - half);
			for (size_t i = 1; i <= n_blocks - half; i++) {
				if (busy >> (i - 1) & 1)
					sv_blocks_settle(&fast, i, sv_span(copy, n),
							 (half + i - 1) * SV_BLOCK);
				if (way == 0)
					continue;
				assert_int_equal(fast.hot[i], plain.hot[i]);
				assert_int_equal(fast.joints[i], plain.joints[i]);
				assert_int_equal(fast.tokens[i], plain.tokens[i]);
				assert_int_equal(fast.runs[i], plain.runs[i]);
				assert_int_equal(fast.has_utf16, plain.has_utf16);
				if (fast.has_utf16 >> (i - 1) & 1)
					assert_int_equal(fast.utf16[i], plain.utf16[i]);
			}
			if (way == 0)
				plain = fast;
		}
	}
}

static void what_is_seen_of_tokens_is_told_bit_by_bit(void **state)
{
	SV_AUTO(sv_buf) in = {0};
	struct sv_token_bits tokens = {0};
	struct sv_regions regions = {0};

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = 1 + dice(9000);

		sv_buf_reset(&in);
		while (in.len < n)
			put_noise(&in);
		assert_int_equal(sv_views_find_all(sv_buf_span(&in), &regions, &tokens), 0);
		assert_int_equal(tokens.len, 1 + (in.len + 63) / 64);
		assert_int_equal(tokens.ptr[0], 0);
		for (size_t i = 0; i < (tokens.len - 1) * 64; i++) {
			uint8_t c = i < in.len ? in.ptr[i] : 0;
			bool is = c != 0 && c < 0x80 && (isalnum(c) || strchr("_+/-", c) != NULL);

			assert_int_equal(tokens.ptr[1 + i / 64] >> i % 64 & 1, is);
		}
	}
	sv_vec_release(&tokens);
	sv_regions_release(&regions);
}

/* a carry from the first literal's end on, through blocks that hold nothing else */
static void a_joint_is_seen_across_any_number_of_blanks(void **state)
{
	const char *first = "x = \"abcd\"", *second = "\"efgh\"";

	(void)state;
	for (size_t gap = 1; gap < 400; gap++) {
		SV_AUTO(sv_buf) in = {0};
		size_t at = strlen(first) + gap, n_blocks = (at + strlen(second)) / SV_BLOCK + 1;

		assert_int_equal(sv_buf_puts(&in, first), 0);
		for (size_t i = 0; i < gap; i++)
			assert_int_equal(sv_buf_putc(&in, ' '), 0);
		assert_int_equal(sv_buf_puts(&in, second), 0);
		for (size_t part = 1; part <= n_blocks; part++) {
			struct sv_blocks blocks = {0};

			for (size_t from = 0, n; from < n_blocks; from += n) {
				n = n_blocks - from < part ? n_blocks - from : part;
				sv_blocks_read(&blocks, sv_buf_span(&in), from * SV_BLOCK, n);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(blocks.joints[i + 1],
							 at / SV_BLOCK == from + i
								 ? (uint64_t)1 << at % SV_BLOCK
								 : 0);
			}
		}
	}
}

/* ---- what is not read again, and what it costs ---- */

static void prose_and_programs_have_no_regions(void **state)
{
	static const char *const samples[] = {
		"He said \"yes\" - and she, 100% sure, said 'no' & left; it's 50%25 of nothing.\n",
		"#include \"list.h\"\n\tprintf(\"%s: %3d%% of %-20s\\n\", name, n, \"done\");\n",
		"static const char *usage[] = {\n\t\"git foo [<options>]\\n\"\n\t\"   or: git "
		"bar\\n\",\n\tNULL\n};\n",
		"#define for_each(a, b) \\\n\tfor (b = (a)->first; b; b = b->next) \\\n\t\tif "
		"(b->used)\n",
		"if (!strcmp(arg, \"--help\") || c == '\\0' || c == '\\'' || c == '\\\"') return "
		"&list[0];\n",
		"re = /^https?:\\/\\/[^\\/]+\\.example\\.org\\/(\\d+)\\b/;\n",
		"x = 'foo' + bar + \"baz\" + 'quux';\nprint(\"a\" \"b\")\n",
		"<p class=\"a b\">Fish &amp; chips &lt;b&gt; &quot;hot&quot; caf\u00e9 "
		"\u201cquoted\u201d&nbsp;x</p>\n",
		"description: >-\n  A long sentence that is folded over\n  two lines, as prose "
		"is.\nname: x\n",
		"sed -e 's/\\/usr\\/local/\\/opt/g' -e 's/\\./_/' file >>out && cd \"$HOME\" \\\n  "
		"&& make\n",
		"{\"name\": \"left-pad\", \"version\": \"1.3.0\", \"main\": \"lib\\/index.js\"}\n",
		"see <a href=\"x?search=vec%3A%3Aiter\">it</a>, "
		"x?q=is%3Aopen+label%3AT-doc#impl-Add%3C%26str%3E-for-A\n",
		"see https://example.org/My%20Documents/A%20file.pdf and "
		"C:\\users\\ada\\new\\table\n",
		"int repository_format_version_is_supported(struct repository_format_information "
		"*info);\n",
		"#define REPOSITORY_FORMAT_VERSION_READ REPOSITORY_FORMAT_VERSION_READ_LATEST\n",
		"commit 0123456789abcdef0123456789abcdef01234567\ntree "
		"89abcdef0123456789abcdef0123456789abcdef\n",
		"Donau\u00addampf\u00adschiff\u00adfahrt und "
		"Rechts\u00adschutz\u00adversicherung\n",
		"\x7f"
		"ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0\xa0\x61\0\0\0\0\0\0\x40\0"
		"\0\0\0\0\0\0",
	};
	struct sv_regions regions = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		assert_int_equal(
			sv_views_find(sv_span_str(samples[i]), 0, strlen(samples[i]), &regions), 0);
		if (regions.len != 0)
			fail_msg("%s: %s", sv_view_name(regions.ptr[0].view), samples[i]);
	}
	sv_regions_release(&regions);
}

static void a_text_longer_than_a_region_is_read_up_to_there_and_says_so(void **state)
{
	SV_AUTO(sv_buf) text = {0};
	SV_AUTO(sv_buf) in = {0};
	struct sv_regions regions = {0};

	(void)state;
	put_token(&text, SV_VIEW_MAX_REGION);
	sv_buf_puts(&in, "x: ");
	put_base64(&in, sv_buf_span(&text), 0);
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	assert_int_equal(regions.len, 1);
	assert_true(regions.ptr[0].cut);
	assert_int_equal(regions.ptr[0].end, SV_VIEW_MAX_REGION);
	assert_int_equal(sv_views_find(sv_buf_span(&in), SV_VIEW_MAX_REGION, in.len, &regions), 0);
	assert_int_equal(regions.len, 0);
	sv_regions_release(&regions);
}

static void a_long_folded_text_is_read_in_parts_that_overlap(void **state)
{
	SV_AUTO(sv_buf) text = {0};
	SV_AUTO(sv_buf) in = {0};
	struct sv_regions regions = {0};
	SV_AUTO(sv_decoded) d = {0};
	size_t covered = 0, n_regions = 0;

	(void)state;
	put_token(&text, 3 * SV_VIEW_MAX_REGION);
	put_base64(&in, sv_buf_span(&text), 76);
	assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
	for (size_t i = 0; i < regions.len; i++) {
		const char *line;
		size_t n;

		assert_false(regions.ptr[i].cut);
		/* or there is no more before it */
		assert_true(regions.ptr[i].start == regions.ptr[0].start ||
			    covered - regions.ptr[i].start >= 2000);
		covered = regions.ptr[i].end;
		assert_int_equal(sv_view_decode(sv_buf_span(&in), &regions.ptr[i], NULL, &d), 0);
		/* but for the first line's blanks and the last line break it is that text, gapless
		 */
		line = sv_buf_str(&d.text);
		line += strspn(line, " ");
		n = strcspn(line, "\n");
		assert_true(n + 4 >= d.text.len);
		assert_non_null(memmem(text.ptr, text.len, line, n));
		n_regions++;
	}
	assert_int_equal(covered, in.len);
	assert_true(n_regions > 10);
	sv_regions_release(&regions);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A quadratic search would need minutes for what this gives seconds. */
static void hostile_monotony_costs_linear_time(void **state)
{
	static const struct sv_span pieces[] = {
		{(const uint8_t *)"\\", 1},
		{(const uint8_t *)"A", 1},
		{(const uint8_t *)"\0", 1},
		{(const uint8_t *)"a\0", 2},
		{(const uint8_t *)"a\0\n\0", 4},
		{(const uint8_t *)"%", 1},
		{(const uint8_t *)"%41", 3},
		{(const uint8_t *)"a%3D", 4},
		{(const uint8_t *)"&amp;", 5},
		{(const uint8_t *)"\"", 1},
		{(const uint8_t *)"abcd7\" ", 7},
		{(const uint8_t *)"\\\n", 2},
		{(const uint8_t *)"a: >-\n", 6},
		{(const uint8_t *)" - >-\n", 6},
		{(const uint8_t *)"\n", 1},
		{(const uint8_t *)"QUJD", 4},
		{(const uint8_t *)"\\x41", 4},
		{(const uint8_t *)"\u200B", 3},
		{(const uint8_t *)"\\u0041", 6},
		{(const uint8_t *)"\\n", 2},
		{(const uint8_t *)"=\\\"", 3},
		{(const uint8_t *)"7aaaaaaaaaaaaaaaaaaaaaaaaaaaa\" + \"", 34},
		{(const uint8_t *)"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn\n", 45},
		{(const uint8_t *)"QUJDREVGR0hJSktMTU5 ", 20},
	};
	SV_AUTO(sv_buf) in = {0};
	struct sv_regions regions = {0};
	SV_AUTO(sv_decoded) d = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		double before;

		sv_buf_reset(&in);
		while (in.len < 1u << 20)
			sv_buf_append(&in, pieces[i].ptr, pieces[i].len);
		before = seconds();
		assert_int_equal(sv_views_find(sv_buf_span(&in), 0, in.len, &regions), 0);
		for (size_t k = 0; k < regions.len; k++)
			assert_int_equal(
				sv_view_decode(sv_buf_span(&in), &regions.ptr[k], NULL, &d), 0);
		if (seconds() - before > 4)
			fail_msg("%.*s: %.1f s", (int)pieces[i].len, pieces[i].ptr,
				 seconds() - before);
	}
	sv_regions_release(&regions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escaped_text_is_read_as_what_it_stands_for),
		cmocka_unit_test(a_pem_block_on_one_line_is_read_line_by_line),
		cmocka_unit_test(percent_encoded_text_is_read_as_what_it_stands_for),
		cmocka_unit_test(a_doubled_percent_sign_of_a_batch_file_is_one),
		cmocka_unit_test(entities_are_read_as_what_they_stand_for),
		cmocka_unit_test(base64_of_text_is_read_in_its_place_in_the_line),
		cmocka_unit_test(base64_folded_over_lines_is_one_text),
		cmocka_unit_test(base64_of_keys_hashes_and_pictures_is_no_text),
		cmocka_unit_test(utf16_is_read_with_and_without_mark_in_either_order),
		cmocka_unit_test(remarks_in_any_script_do_not_end_a_text_of_utf16),
		cmocka_unit_test(text_that_is_not_utf16_ends_one_of_it),
		cmocka_unit_test(adjacent_literals_are_read_as_one),
		cmocka_unit_test(folded_lines_are_read_as_one),
		cmocka_unit_test(mail_is_read_without_its_encoding),
		cmocka_unit_test(a_caret_before_a_sign_of_cmd_is_left_out),
		cmocka_unit_test(base64_of_text_with_a_mark_is_read),
		cmocka_unit_test(invisible_characters_within_a_token_are_left_out),
		cmocka_unit_test(readings_nest_and_lead_back_to_the_first_bytes),
		cmocka_unit_test(every_decoded_byte_leads_back_to_what_it_was_written_with),
		cmocka_unit_test(a_byte_of_base64_leads_back_to_the_two_characters_that_hold_it),
		cmocka_unit_test(decoding_again_needs_no_memory),
		cmocka_unit_test(a_window_finds_the_regions_of_the_whole),
		cmocka_unit_test(a_region_and_its_margins_are_enough_to_find_it),
		cmocka_unit_test(vectors_and_plain_code_see_the_same),
		cmocka_unit_test(what_is_seen_of_tokens_is_told_bit_by_bit),
		cmocka_unit_test(a_joint_is_seen_across_any_number_of_blanks),
		cmocka_unit_test(prose_and_programs_have_no_regions),
		cmocka_unit_test(a_text_longer_than_a_region_is_read_up_to_there_and_says_so),
		cmocka_unit_test(a_long_folded_text_is_read_in_parts_that_overlap),
		cmocka_unit_test(hostile_monotony_costs_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
