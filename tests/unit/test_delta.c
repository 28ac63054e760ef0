/* Parts find what the whole holds: windows of the match stage, and deltas of any shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include "dice.h"
#include "detect/views.h"
#include "detect/delta.h"
#include "detect/memo.h"
#include "detect/scanner.h"

static struct sv_ruleset *rules;
static struct sv_buf pool; /* an example of every rule, apart by other text */
static uint64_t seed = 0xde17a;

static size_t dice(size_t sides)
{
	return dice_from(&seed, sides);
}

static int is_ok(int status)
{
	assert_int_equal(status, 0);
	return status;
}

static void put_base64(struct sv_buf *b, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i + 3 <= len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

		for (int k = 18; k >= 0; k -= 6)
			is_ok(sv_buf_putc(b, digits[group >> k & 63]));
	}
}

/* A text as people keep it, sometimes read only through a view. */
static void put_somehow(struct sv_buf *b, struct sv_span text)
{
	switch (dice(8)) {
	case 0:
		put_base64(b, text.ptr, text.len);
		break;
	case 1:
		for (size_t i = 0; i < text.len; i++)
			is_ok(sv_buf_printf(b, dice(3) ? "%c" : "%%%02X", text.ptr[i]));
		break;
	case 2:
		for (size_t i = 0; i < text.len; i++) {
			is_ok(sv_buf_putc(b, (char)text.ptr[i]));
			is_ok(sv_buf_putc(b, '\0'));
		}
		break;
	default:
		is_ok(sv_buf_append(b, text.ptr, text.len));
	}
	is_ok(sv_buf_printf(b, "%s%.*s", dice(4) ? "\n" : " ", (int)dice(300),
			    "the quick brown fox jumps over the lazy dog and reads key = value; in a file of words "
			    "that has no secrets, if (token == NULL) return other_words_of_a_program(text, 12);\n"
			    "static const struct option_of_the_program options_of_all_commands[] = { 1, 2, 3 };\n"));
}

static int prepare(void **state)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err;

	(void)state;
	if (sv_ruleset_open(NULL, &rules, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sv_ruleset_count(rules); i++) {
		const struct sv_rule *rule = sv_ruleset_get(rules, i);

		is_ok(sv_template_expand(rule->examples[0],
					 sv_hash64(rule->id, strlen(rule->id), 0), &text, &err));
		put_somehow(&pool, sv_buf_span(&text));
	}
	return 0;
}

static int tidy(void **state)
{
	(void)state;
	sv_buf_release(&pool);
	sv_ruleset_free(rules);
	return 0;
}

static void runs_are_found_where_a_plain_loop_finds_them(void **state)
{
	static const char mix[] = "azAZ09_+/- .=:\n\xE2\x80";
	SV_AUTO(sv_buf) text = {0};
	struct sv_token_bits tokens = {0};
	struct sv_regions regions = {0};
	const int last = sv_run_best_way();

	(void)state;
	for (int round = 0; round < 3000; round++) {
		/* also over what is read at once */
		size_t len = dice(dice(30) ? 200 : 3 * SV_RUN_BLOCKS * 64), first;
		uint64_t rare = 2 + dice(60);

		sv_buf_reset(&text);
		for (size_t i = 0; i < len; i++)
			is_ok(sv_buf_putc(&text, mix[dice(dice(rare) ? 10 : sizeof(mix) - 1)]));
		is_ok(sv_buf_reserve(&text, text.len + SV_SLACK));
		is_ok(sv_views_find_all(sv_buf_span(&text), &regions, &tokens));
		first = len != 0 && dice(2) ? dice(len) : 0;
		for (int way = 0; way <= last; way++) {
			struct sv_runs runs;
			size_t from, to;

			sv_runs_init(&runs, (enum sv_run_way)way, sv_buf_span(&text), first);
			if (first == 0 && dice(2))
				runs.known = tokens.ptr;
			for (size_t start = first, end; start < len; start = end + 1) {
				for (end = start; end < len && memchr(mix, text.ptr[end], 10); end++)
					;
				if (end - start < SV_RUN)
					continue;
				assert_true(sv_runs_next(&runs, &from, &to));
				assert_int_equal(from, start);
				assert_int_equal(to, end);
			}
			assert_false(sv_runs_next(&runs, &from, &to));
		}
	}
	sv_vec_release(&tokens);
	sv_regions_release(&regions);
}

/* As match.h says it of one place. */
static bool could_be_a_token(const uint8_t *p)
{
	unsigned digits = 0, capitals = 0, small = 0, others;

	for (unsigned i = 0; i < SV_RUN; i++) {
		digits += isdigit(p[i]) != 0;
		capitals += isupper(p[i]) != 0;
		small += islower(p[i]) != 0;
	}
	others = SV_RUN - digits - capitals - small;
	return digits != 0 || (capitals >= SV_RUN_CASES && small >= SV_RUN_CASES) ||
	       (others == 0 && (capitals == 0 || small == 0));
}

static void stretches_of_a_run_are_found_in_every_way(void **state)
{
	static const char mix[] = "ab_cd-ef/ZYXWVUy0";
	SV_AUTO(sv_buf) text = {0};
	const int last = sv_run_best_way();

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t len = SV_RUN + dice(300), start, end = 0, from = 0, to;
		unsigned kinds = 8 + dice(sizeof(mix) - 8), rare = dice(2) ? 60 : 2 + dice(4);

		sv_buf_reset(&text);
		for (size_t i = 0; i < len; i++)
			is_ok(sv_buf_putc(&text, mix[dice(dice(rare) ? 8 : kinds)]));
		for (size_t next = 0;; next = end - SV_RUN + 1) {
			for (start = next; start + SV_RUN <= len; start++)
				if (could_be_a_token(text.ptr + start))
					break;
			for (end = start; end + SV_RUN <= len; end++)
				if (!could_be_a_token(text.ptr + end))
					break;
			end += SV_RUN - 1;
			for (int way = 0; way <= last; way++) {
				bool found = sv_run_next_stretch_by(
					(enum sv_run_way)way, sv_buf_span(&text), next, &from, &to);

				assert_int_equal(found, start + SV_RUN <= len);
				assert_true(!found || (from == start && to == end));
			}
			if (start + SV_RUN > len)
				break;
		}
	}
}

static bool lies_in(struct sv_footprint f, size_t end, const struct sv_part *part, size_t len)
{
	return (part->from == 0 || end >= part->from + f.before) &&
	       (part->to == len || end + f.after <= part->to) && end <= part->to && end > part->from;
}

static void a_window_has_the_hits_whose_footprints_lie_in_it(void **state)
{
	struct sv_matcher *matcher = NULL;
	struct sv_anchor_hits whole = {0}, part = {0};
	struct sv_nouns nouns = {0}, part_nouns = {0};
	struct sv_span all = sv_buf_span(&pool);
	struct sv_err err;

	(void)state;
	is_ok(sv_matcher_new(rules, &matcher, &err));
	is_ok(sv_matcher_scan(matcher, all, &nouns, &whole, &err));
	assert_true(whole.len > sv_ruleset_count(rules));
	assert_true(nouns.len > 1000);
	for (int round = 0; round < 3000; round++) {
		size_t from = dice(all.len), to = from + dice(round % 3 ? 1500 : all.len - from), k = 0;
		struct sv_part window;

		if (to > all.len)
			to = all.len;
		if (round % 50 == 0)
			from = 0;
		window = (struct sv_part){from, to};
		part.len = part_nouns.len = 0;
		is_ok(sv_matcher_anchors(matcher, all, &window, 1, &part, &part_nouns, &err));
		for (size_t i = 0; i < nouns.len; i++)
			if (lies_in(sv_matcher_noun_footprint(matcher, nouns.ptr[i].set), nouns.ptr[i].end, &window,
				    all.len)) {
				assert_true(k < part_nouns.len);
				assert_int_equal(sv_noun_order(&part_nouns.ptr[k], &nouns.ptr[i]), 0);
				k++;
			}
		assert_int_equal(k, part_nouns.len);
		is_ok(sv_matcher_gated(matcher, all, &window, 1, &nouns, &part, &err));
		sv_anchor_hits_sort(&part);
		k = 0;
		for (size_t i = 0; i < whole.len; i++) {
			struct sv_footprint f = sv_matcher_footprint(matcher, whole.ptr[i].rule);

			/* tails are looked at noun by noun */
			if (rules->tail[whole.ptr[i].rule] != SV_TAIL_NONE ||
			    !lies_in(f, whole.ptr[i].end, &window, all.len))
				continue;
			if (k >= part.len || sv_anchor_hit_order(&part.ptr[k], &whole.ptr[i]) != 0)
				fail_msg("[%zu, %zu): %s at %u is not found", from, to,
					 sv_ruleset_get(rules, whole.ptr[i].rule)->id, whole.ptr[i].end);
			k++;
		}
		assert_int_equal(k, part.len);
	}
	sv_vec_release(&whole);
	sv_vec_release(&part);
	sv_vec_release(&nouns);
	sv_vec_release(&part_nouns);
	sv_matcher_free(matcher);
}

struct ops {
	struct sv_delta_op *ptr;
	size_t len, cap;
};

/* Copies and new bytes, as a delta has them: neighbours that follow on are one op. */
static void make_child(const struct sv_buf *base, struct sv_buf *child, struct ops *ops)
{
	size_t at = 0, steps = 1 + dice(12);

	sv_buf_reset(child);
	ops->len = 0;
	for (size_t i = 0; i < steps; i++) {
		struct sv_delta_op op = {.out = (uint32_t)child->len, .base = SV_DELTA_INSERT};

		if (i % 2 == 0 && base->len != 0) {
			size_t from = dice(5) ? at : dice(base->len), len;

			if (from > base->len)
				from = base->len;
			len = dice(9) ? dice(base->len - from + 1) / (1 + dice(4)) : base->len - from;
			if (len == 0)
				continue;
			op.base = (uint32_t)from;
			op.len = (uint32_t)len;
			is_ok(sv_buf_append(child, base->ptr + from, len));
			at = from + len + dice(40) * dice(2);
		} else {
			size_t from = dice(pool.len), len = dice(dice(2) ? 12 : 400);

			if (len > pool.len - from)
				len = pool.len - from;
			if (len == 0)
				continue;
			op.len = (uint32_t)len;
			is_ok(sv_buf_append(child, pool.ptr + from, len));
		}
		if (ops->len != 0 && op.base == SV_DELTA_INSERT &&
		    ops->ptr[ops->len - 1].base == SV_DELTA_INSERT)
			ops->ptr[ops->len - 1].len += op.len;
		else
			is_ok(sv_vec_push(ops, op));
	}
}

static int nothing(const struct sv_candidate *candidate, void *payload)
{
	(void)candidate;
	++*(size_t *)payload;
	return 0;
}

static void a_delta_gives_what_the_whole_gives(void **state)
{
	struct sv_buf text[2] = {0};
	struct sv_trace trace[2] = {0}, whole = {0};
	struct sv_scanner *scanner = NULL, *plain = NULL;
	struct ops ops = {0};
	size_t by_delta = 0, by_whole = 0;
	struct sv_err err;

	(void)state;
	is_ok(sv_scanner_new(rules, &scanner, &err));
	is_ok(sv_scanner_new(rules, &plain, &err));
	for (int family = 0; family < 150; family++) {
		size_t from = dice(pool.len), len = 1 + dice(40000);

		sv_buf_reset(&text[0]);
		is_ok(sv_buf_append(&text[0], pool.ptr + from, len > pool.len - from ? pool.len - from : len));
		is_ok(sv_scanner_scan_delta(scanner, &text[0], NULL, &trace[0], nothing, &by_delta, &err));
		is_ok(sv_scanner_scan_delta(plain, &text[0], NULL, &whole, nothing, &by_whole, &err));
		for (int child = 1; child < 12; child++) {
			struct sv_scan_base base = {.trace = &trace[(child - 1) % 2]};
			struct sv_buf *content = &text[child % 2];

			/* where hits are too dense, nobody asks for a delta */
			if (!base.trace->usable)
				break;
			make_child(&text[(child - 1) % 2], content, &ops);
			base.ops = ops.ptr;
			base.n_ops = ops.len;
			is_ok(sv_scanner_scan_delta(scanner, content, &base, &trace[child % 2], nothing,
						    &by_delta, &err));
			is_ok(sv_scanner_scan_delta(plain, content, NULL, &whole, nothing, &by_whole, &err));
			if (!sv_trace_equal(&trace[child % 2], &whole))
				fail_msg("family %d, child %d: its delta of %zu parts gives something else",
					 family, child, ops.len);
			assert_int_equal(by_delta, by_whole);
		}
	}
	assert_true(by_whole > 10000);
	assert_int_equal(sv_scanner_limits_hit(scanner), sv_scanner_limits_hit(plain));
	sv_trace_release(&trace[0]);
	sv_trace_release(&trace[1]);
	sv_trace_release(&whole);
	sv_buf_release(&text[0]);
	sv_buf_release(&text[1]);
	sv_vec_release(&ops);
	sv_scanner_free(scanner);
	sv_scanner_free(plain);
}

/* ---- what is remembered ---- */

static struct sv_span some(size_t n)
{
	return sv_span(pool.ptr + dice(pool.len - n), n);
}

static void join(struct sv_buf *ret, struct sv_span a, struct sv_span b, struct sv_span c)
{
	sv_buf_reset(ret);
	is_ok(sv_buf_append(ret, a.ptr, a.len));
	is_ok(sv_buf_append(ret, b.ptr, b.len));
	is_ok(sv_buf_append(ret, c.ptr, c.len));
}

/* Scans before + after, and then before + new + after as what a delta makes of it; false: not as
 * the whole. */
static bool is_inserted_well(struct sv_scanner *scanner, struct sv_scanner *plain,
			     struct sv_span before, struct sv_span new, struct sv_span after)
{
	struct sv_delta_op ops[3];
	struct sv_trace traces[3] = {0};
	struct sv_scan_base base = {.trace = &traces[0], .ops = ops};
	SV_AUTO(sv_buf) parent = {0};
	SV_AUTO(sv_buf) child = {0};
	size_t ignored = 0;
	struct sv_err err;
	bool same;

	join(&parent, before, after, sv_span(NULL, 0));
	join(&child, before, new, after);
	if (before.len != 0)
		ops[base.n_ops++] = (struct sv_delta_op){0, (uint32_t)before.len, 0};
	ops[base.n_ops++] =
		(struct sv_delta_op){(uint32_t)before.len, (uint32_t) new.len, SV_DELTA_INSERT};
	if (after.len != 0)
		ops[base.n_ops++] = (struct sv_delta_op){(uint32_t)(before.len + new.len),
							 (uint32_t)after.len, (uint32_t)before.len};
	is_ok(sv_scanner_scan_delta(scanner, &parent, NULL, &traces[0], nothing, &ignored, &err));
	is_ok(sv_scanner_scan_delta(scanner, &child, &base, &traces[1], nothing, &ignored, &err));
	is_ok(sv_scanner_scan_delta(plain, &child, NULL, &traces[2], nothing, &ignored, &err));
	same = sv_trace_equal(&traces[1], &traces[2]);
	for (int i = 0; i < 3; i++)
		sv_trace_release(&traces[i]);
	return same;
}

/* The same bytes are looked at within a text, and then where they begin or end one: more is found
 * there. */
static void what_is_remembered_is_not_told_at_another_end(void **state)
{
	struct sv_scanner *scanner = NULL, *plain = NULL;
	SV_AUTO(sv_buf) at_end = {0};
	struct sv_err err;
	size_t margin;

	(void)state;
	is_ok(sv_scanner_new(rules, &scanner, &err));
	is_ok(sv_scanner_new(rules, &plain, &err));
	margin = sv_scanner_least_copy(scanner) / 2;
	for (int i = 0; i < 1500; i++) {
		struct sv_span far = some(700), near = some(margin), new = some(1 + dice(40));

		join(&at_end, far, near, sv_span(NULL, 0));
		assert_true(is_inserted_well(scanner, plain, sv_buf_span(&at_end), new, far));
		join(&at_end, near, new, sv_span(NULL, 0));
		assert_true(is_inserted_well(scanner, plain, sv_span(NULL, 0), sv_buf_span(&at_end),
					     far));
		join(&at_end, near, far, sv_span(NULL, 0));
		assert_true(is_inserted_well(scanner, plain, far, new, sv_buf_span(&at_end)));
		join(&at_end, new, near, sv_span(NULL, 0));
		assert_true(is_inserted_well(scanner, plain, far, sv_buf_span(&at_end),
					     sv_span(NULL, 0)));
	}
	sv_scanner_free(scanner);
	sv_scanner_free(plain);
}

/* ---- readings: what makes one may stand far from what is new, but not be decided there ---- */

static const char *const makers[] = {
	"Server=db.example;\" +\n      \"Password=Sieve7Basket;Port=1433",
	"x = 'aGVsbG8gd29ybGQh' 'aGVsbG8gd29ybGQh1';",
	"\\nSTORAGE_KEY=Sieve7Basket9Net\\n",
	"\\u0026token\\u003dSieve7Basket\\u0026",
	"name%3DSieve7Basket%26other%3D7Net",
	"&amp;secret=Sieve7Basket7&amp;sig=Net77Sieve",
	"cGFzc3dvcmQ9U2lldmU3QmFza2V0JnRva2VuPU5ldDc3U2lldmU=",
	"data: >-\n  Server=db.example;\n  Password=Sieve7Basket;\n  Port=1433\nnext: 1\n",
	"p\0a\0s\0s\0w\0o\0r\0d\0=\0S\0i\0e\0v\0e\0007\0B\0a\0s\0k\0",
	("pass\xe2\x80\x8bword=Sieve7\xe2\x80\x8b"
	 "Basket9\n"),
	"https://example.org/a?user=ada&password=Sieve7Bas\\\n      ket9Net&n=1",
	"The key of this is=3DSieve7Basket9NetSieve7Basket9NetSieve7Basket9NetSiev=\ne7Basket9\n",
	"\n\n",
	"\n",
	" ",
	"=",
	"\\",
	"\"",
	"7",
};

static size_t length_of(size_t maker)
{
	/* the one in UTF-16 ends with a NUL of its own */
	return maker == 8 ? 38 : strlen(makers[maker]);
}

/* Words without anything to read; n bytes. */
static void put_words(struct sv_buf *b, size_t n)
{
	static const char words[] =
		"a sieve parts what is wanted from what is not and the mesh says how fine ";

	while (n != 0) {
		size_t from = dice(sizeof(words) - 1), len = sizeof(words) - 1 - from;

		len = len < n ? len : n;
		is_ok(sv_buf_append(b, words + from, len));
		n -= len;
		if (n != 0 && dice(3) == 0) {
			is_ok(sv_buf_putc(b, '\n'));
			n--;
		}
	}
}

/* Some of what makes a reading, mostly all of it. */
static void put_maker(struct sv_buf *b)
{
	size_t maker = dice(sizeof(makers) / sizeof(*makers)), len = length_of(maker);
	size_t from = dice(3) ? 0 : dice(len), to = dice(3) ? len : from + dice(len - from + 1);

	is_ok(sv_buf_append(b, makers[maker] + from, to - from));
}

static void put_text(struct sv_buf *b)
{
	sv_buf_reset(b);
	for (size_t i = dice(8); i != 0; i--) {
		put_words(b, dice(dice(2) ? 60 : 1500));
		put_maker(b);
	}
	put_words(b, dice(3000));
}

static void push_op(struct ops *ops, size_t out, size_t len, uint32_t base)
{
	if (len != 0)
		is_ok(sv_vec_push(ops, ((struct sv_delta_op){(uint32_t)out, (uint32_t)len, base})));
}

/* A few small changes. */
static void edit(const struct sv_buf *base, struct sv_buf *child, struct ops *ops)
{
	size_t at = 0;

	sv_buf_reset(child);
	ops->len = 0;
	for (size_t i = 1 + dice(3); i != 0; i--) {
		size_t copied = dice(base->len - at + 1), out;

		push_op(ops, child->len, copied, (uint32_t)at);
		is_ok(sv_buf_append(child, base->ptr + at, copied));
		at += copied;
		out = child->len;
		if (dice(2))
			put_words(child, dice(10));
		if (dice(2))
			put_maker(child);
		push_op(ops, out, child->len - out, SV_DELTA_INSERT);
		copied = dice(3) ? 0 : dice(40);
		at += copied < base->len - at ? copied : base->len - at;
	}
	push_op(ops, child->len, base->len - at, (uint32_t)at);
	is_ok(sv_buf_append(child, base->ptr + at, base->len - at));
}

static void put_times(struct sv_buf *b, const char *text, size_t n)
{
	while (n-- != 0)
		is_ok(sv_buf_puts(b, text));
}

/* What is decided by bytes as far from it as any are. */
static void put_far_maker(struct sv_buf *b)
{
	switch (dice(6)) {
	case 0:
		is_ok(sv_buf_puts(b, "\"Server="));
		put_times(b, "x", dice(152));
		is_ok(sv_buf_puts(b, "\" +"));
		put_times(b, "\t", dice(122));
		is_ok(sv_buf_puts(b, "\""));
		put_times(b, "y", 4 + dice(58));
		is_ok(sv_buf_puts(b, "7\""));
		break;
	case 1:
		is_ok(sv_buf_puts(b, "basket;\\\n"));
		put_times(b, " ", dice(126));
		put_times(b, "n", 2 + dice(37));
		is_ok(sv_buf_puts(b, "='Sieve7Basket'"));
		break;
	case 2:
		is_ok(sv_buf_puts(b, "name%41"));
		put_times(b, "z", dice(60));
		is_ok(sv_buf_puts(b, "%42"));
		break;
	case 3:
		is_ok(sv_buf_puts(b, "data: >-\n"));
		put_times(b, "  a sieve, and what it holds\n", dice(60));
		is_ok(sv_buf_puts(
			b,
			"  Server=db.example;\n  Password=Sieve7Basket;\n  Port=1433\nnext: 1\n"));
		break;
	case 4:
		is_ok(sv_buf_puts(b, "\n"));
		put_times(b, "q", 73 + dice(4));
		is_ok(sv_buf_puts(b, "=\nrrrr"));
		break;
	default:
		is_ok(sv_buf_puts(b, " cGFzc3dvcmQ9U2lldmU3QmFza2V0"));
		put_times(b, "JnRva2VuPU5l", dice(80));
		is_ok(sv_buf_puts(b, "ab+ "));
	}
}

/* A byte or two of [from, to) become others, or go. */
static void edit_within(const struct sv_buf *base, size_t from, size_t to, struct sv_buf *child,
			struct ops *ops)
{
	static const char others[] = "aZ7=+-/_%&;:\\\"'\n ";
	size_t at = from + dice(to - from), gone = dice(3), out = at;

	if (gone > base->len - at)
		gone = base->len - at;
	sv_buf_reset(child);
	ops->len = 0;
	is_ok(sv_buf_append(child, base->ptr, at));
	push_op(ops, 0, at, 0);
	for (size_t i = dice(3); i != 0; i--)
		is_ok(sv_buf_putc(child, others[dice(sizeof(others) - 1)]));
	push_op(ops, out, child->len - out, SV_DELTA_INSERT);
	push_op(ops, child->len, base->len - at - gone, (uint32_t)(at + gone));
	is_ok(sv_buf_append(child, base->ptr + at + gone, base->len - at - gone));
}

/* Back and forth between two texts: each is the other with a change. */
static void undo(const struct sv_buf *base, const struct sv_buf *to, struct sv_buf *child,
		 struct ops *ops)
{
	size_t same = 0, end = 0, most = base->len < to->len ? base->len : to->len;

	while (same < most && base->ptr[same] == to->ptr[same])
		same++;
	while (end < most - same && base->ptr[base->len - 1 - end] == to->ptr[to->len - 1 - end])
		end++;
	sv_buf_reset(child);
	ops->len = 0;
	is_ok(sv_buf_append(child, to->ptr, to->len));
	push_op(ops, 0, same, 0);
	push_op(ops, same, to->len - end - same, SV_DELTA_INSERT);
	push_op(ops, to->len - end, end, (uint32_t)(base->len - end));
}

static void what_was_refused_is_known_by_its_bytes_its_place_and_its_rule(void **state)
{
	const size_t numbers[] = {1, 12, 8}, other[] = {1, 13, 8}, fewer[] = {1, 12};
	struct sv_memo *memo = sv_memo_new();
	struct sv_memo_key keys[4];

	(void)state;
	assert_non_null(memo);
	keys[0] = sv_memo_match_key(memo, sv_span_str("password = changeme;"), numbers, 3);
	keys[1] = sv_memo_match_key(memo, sv_span_str("password = changeMe;"), numbers, 3);
	keys[2] = sv_memo_match_key(memo, sv_span_str("password = changeme;"), other, 3);
	keys[3] = sv_memo_match_key(memo, sv_span_str("password = changeme;"), fewer, 2);
	assert_false(sv_memo_is_refused(memo, SV_MEMO_BY_CHECKS, &keys[0]));
	sv_memo_refuse(memo, SV_MEMO_BY_CHECKS, &keys[0]);
	for (int i = 0; i < 4; i++)
		assert_int_equal(sv_memo_is_refused(memo, SV_MEMO_BY_CHECKS, &keys[i]), i == 0);
	sv_memo_free(memo);
}

static void what_is_far_from_a_change_is_read_again_if_it_decides(void **state)
{
	struct sv_buf text[3] = {0}; /* the last: as it was before any change */
	struct sv_trace trace[2] = {0}, whole = {0};
	struct sv_scanner *scanner = NULL, *plain = NULL;
	size_t ignored = 0, appeared = 0;
	struct ops ops = {0};
	struct sv_err err;

	(void)state;
	is_ok(sv_scanner_new(rules, &scanner, &err));
	is_ok(sv_scanner_new(rules, &plain, &err));
	for (int family = 0; family < 4000; family++) {
		size_t from, to, had = 0;

		sv_buf_reset(&text[0]);
		put_words(&text[0], 1 + dice(2500));
		from = text[0].len - 1;
		put_far_maker(&text[0]);
		to = text[0].len + 1;
		put_words(&text[0], 20 + dice(2500));
		sv_buf_reset(&text[2]);
		is_ok(sv_buf_append(&text[2], text[0].ptr, text[0].len));
		is_ok(sv_scanner_scan_delta(scanner, &text[0], NULL, &trace[0], nothing, &ignored,
					    &err));
		for (int child = 1; child < 7; child++) {
			struct sv_buf *parent = &text[(child - 1) % 2], *content = &text[child % 2];
			struct sv_scan_base base = {.trace = &trace[(child - 1) % 2]};

			if (child % 2 == 0)
				undo(parent, &text[2], content, &ops);
			else
				edit_within(parent, from, to, content, &ops);
			base.ops = ops.ptr;
			base.n_ops = ops.len;
			is_ok(sv_scanner_scan_delta(scanner, content, &base, &trace[child % 2],
						    nothing, &ignored, &err));
			is_ok(sv_scanner_scan_delta(plain, content, NULL, &whole, nothing, &ignored,
						    &err));
			appeared += whole.regions.len > had;
			had = whole.regions.len;
			if (!sv_trace_equal(&trace[child % 2], &whole))
				fail_msg("family %d, child %d gives something else", family, child);
		}
	}
	assert_true(appeared > 4000);
	for (int i = 0; i < 3; i++)
		sv_buf_release(&text[i]);
	sv_trace_release(&trace[0]);
	sv_trace_release(&trace[1]);
	sv_trace_release(&whole);
	sv_vec_release(&ops);
	sv_scanner_free(scanner);
	sv_scanner_free(plain);
}

static void a_small_change_gives_the_readings_of_the_whole(void **state)
{
	struct sv_buf text[2] = {0};
	struct sv_trace trace[2] = {0}, whole = {0};
	struct sv_scanner *scanner = NULL, *plain = NULL;
	size_t by_delta = 0, by_whole = 0, regions = 0;
	struct ops ops = {0};
	struct sv_err err;

	(void)state;
	is_ok(sv_scanner_new(rules, &scanner, &err));
	is_ok(sv_scanner_new(rules, &plain, &err));
	for (int family = 0; family < 400; family++) {
		put_text(&text[0]);
		is_ok(sv_scanner_scan_delta(scanner, &text[0], NULL, &trace[0], nothing, &by_delta,
					    &err));
		is_ok(sv_scanner_scan_delta(plain, &text[0], NULL, &whole, nothing, &by_whole,
					    &err));
		for (int child = 1; child < 12; child++) {
			struct sv_scan_base base = {.trace = &trace[(child - 1) % 2]};

			edit(&text[(child - 1) % 2], &text[child % 2], &ops);
			base.ops = ops.ptr;
			base.n_ops = ops.len;
			is_ok(sv_scanner_scan_delta(scanner, &text[child % 2], &base,
						    &trace[child % 2], nothing, &by_delta, &err));
			is_ok(sv_scanner_scan_delta(plain, &text[child % 2], NULL, &whole, nothing,
						    &by_whole, &err));
			regions += whole.regions.len;
			if (!sv_trace_equal(&trace[child % 2], &whole))
				fail_msg("family %d, child %d: its delta of %zu parts gives "
					 "something else",
					 family, child, ops.len);
			assert_int_equal(by_delta, by_whole);
		}
	}
	assert_true(regions > 10000);
	sv_trace_release(&trace[0]);
	sv_trace_release(&trace[1]);
	sv_trace_release(&whole);
	sv_buf_release(&text[0]);
	sv_buf_release(&text[1]);
	sv_vec_release(&ops);
	sv_scanner_free(scanner);
	sv_scanner_free(plain);
}

/* Another seed may be given: it is worth it after a change of what is matched. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_found_where_a_plain_loop_finds_them),
		cmocka_unit_test(stretches_of_a_run_are_found_in_every_way),
		cmocka_unit_test(a_window_has_the_hits_whose_footprints_lie_in_it),
		cmocka_unit_test(a_delta_gives_what_the_whole_gives),
		cmocka_unit_test(what_is_remembered_is_not_told_at_another_end),
		cmocka_unit_test(what_was_refused_is_known_by_its_bytes_its_place_and_its_rule),
		cmocka_unit_test(what_is_far_from_a_change_is_read_again_if_it_decides),
		cmocka_unit_test(a_small_change_gives_the_readings_of_the_whole),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	return cmocka_run_group_tests(tests, prepare, tidy);
}
