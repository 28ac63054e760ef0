/*
 * Expressions of rules, made when they are needed and shared by all scanners of a family. Most
 * rules are hit a few times in a run: their expressions are interpreted. Machine code for one takes
 * as long to make as a good many matches.
 */
#include "detect/inside.h"

#define LIMIT_MATCH    200000
#define LIMIT_DEPTH    2000
#define LIMIT_HEAP_KIB 4096
/* Interpreted matches before there is machine code. */
#define TRIES 8
/* What stays far below the limits is within them for machine code too, which counts otherwise: so
   what is found does not depend on who matched. */
#define LIMIT_TRY 5000

struct sv_expressions *sv_expressions_new(size_t n)
{
	struct sv_expressions *e = calloc(1, sizeof(*e) + n * sizeof(*e->of));

	if (e == NULL)
		return NULL;
	e->n = n;
	e->users = 1;
	e->tried = sv_pkcs12_tried_new();
	if (e->tried != NULL)
		return e;
	free(e);
	return NULL;
}

struct sv_expressions *sv_expressions_join(struct sv_expressions *e)
{
	atomic_fetch_add(&e->users, 1);
	return e;
}

void sv_expressions_leave(struct sv_expressions *e)
{
	if (e == NULL || atomic_fetch_sub(&e->users, 1) != 1)
		return;
	for (size_t i = 0; i < e->n; i++) {
		if (e->of[i].plain != NULL)
			pcre2_code_free(e->of[i].plain);
		if (e->of[i].fast != NULL)
			pcre2_code_free(e->of[i].fast);
	}
	sv_pkcs12_tried_free(e->tried);
	free(e);
}

void sv_scanner__set_limits(struct sv_scanner *s)
{
	pcre2_set_match_limit(s->context, LIMIT_MATCH);
	pcre2_set_depth_limit(s->context, LIMIT_DEPTH);
	pcre2_set_heap_limit(s->context, LIMIT_HEAP_KIB);
}

/* What another thread has made meanwhile serves as well. */
static const pcre2_code *publish(_Atomic(pcre2_code *) *shared, pcre2_code *mine)
{
	pcre2_code *theirs = NULL;

	if (atomic_compare_exchange_strong(shared, &theirs, mine))
		return mine;
	pcre2_code_free(mine);
	return theirs;
}

/* A pattern that the program holds is not compiled, if this PCRE2 can read what that of rulec made. */
static pcre2_code *code_of(const struct sv_rule *rule, int *ret_error, PCRE2_SIZE *ret_at)
{
	const uint8_t *stored = sv_rules__code(rule);
	pcre2_code *code = NULL;

	if (stored != NULL && pcre2_serialize_decode(&code, 1, stored, NULL) == 1)
		return code;
	return pcre2_compile((PCRE2_SPTR)rule->pattern, PCRE2_ZERO_TERMINATED, SV_PATTERN_OPTIONS,
			     ret_error, ret_at, NULL);
}

static int take_plain(struct sv_scanner *s, const struct sv_rule *rule,
		      struct sv_expression *shared, struct sv_compiled *c)
{
	PCRE2_UCHAR words[200];
	pcre2_code *mine;
	PCRE2_SIZE at;
	int error;

	c->code = atomic_load(&shared->plain);
	if (c->code == NULL) {
		mine = code_of(rule, &error, &at);
		if (mine == NULL) {
			pcre2_get_error_message(error, words, sizeof(words));
			return sv_err_set(s->err, SV_EINVAL,
					  "%s:%u: rule %s: pattern, character %zu: %s",
					  rule->origin, rule->line, rule->id, at, (char *)words);
		}
		c->code = publish(&shared->plain, mine);
	}
	c->secret_group = pcre2_substring_number_from_name(c->code, (PCRE2_SPTR) "secret");
	if (c->secret_group < 0)
		c->secret_group = 0;
	return 0;
}

/* No machine code is no error: the interpreter obeys the same limits. */
static void take_fast(struct sv_scanner *s, struct sv_expression *shared, struct sv_compiled *c)
{
	const pcre2_code *fast = atomic_load(&shared->fast);
	size_t size = 0;

	c->tries = TRIES + 1;
	if (s->stack == NULL) {
		s->stack = pcre2_jit_stack_create(32 * 1024, 1024 * 1024, NULL);
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	}
	if (fast == NULL) {
		pcre2_code *mine = pcre2_code_copy(c->code);

		if (mine != NULL)
			(void)pcre2_jit_compile(mine, PCRE2_JIT_COMPLETE);
		fast = mine ? publish(&shared->fast, mine) : NULL;
	}
	if (fast != NULL) {
		c->code = fast;
		c->is_fast = pcre2_pattern_info(fast, PCRE2_INFO_JITSIZE, &size) == 0 && size != 0;
	}
}

int sv_scanner__make(struct sv_scanner *s, size_t rule)
{
	struct sv_expression *shared = &s->expressions->of[rule];
	struct sv_compiled *c = sv_scanner__compiled(s, rule);
	int status = c->code ? 0 : take_plain(s, s->rules->rules.ptr[rule], shared, c);

	if (status == 0 && c->tries <= TRIES)
		take_fast(s, shared, c);
	return status;
}

static int find_need(struct sv_scanner *s, const struct sv_rule *rule, struct sv_compiled *c)
{
	struct sv_need *need;

	c->need = sv_rules__need(rule);
	if (c->need != NULL)
		return 0;
	need = sv_arena_alloc(&s->arena, sizeof(*need));
	if (need == NULL)
		return sv_err_set(s->err, SV_ENOMEM, "out of memory");
	*need = sv_need_of(rule->pattern);
	c->need = need;
	return 0;
}

int sv_scanner__prepare(struct sv_scanner *s, size_t rule, struct sv_compiled *c,
			struct sv_span subject, size_t *from, size_t limit)
{
	const struct sv_rule *r = s->rules->rules.ptr[rule];
	int status = c->need ? 0 : find_need(s, r, c);
	size_t last;

	if (status < 0)
		return status;
	/* no match that is told goes beyond the rule's width */
	last = subject.len - limit < r->width ? subject.len : limit + r->width;
	if (*from < limit && sv_need_is_in(c->need, sv_span(subject.ptr + *from, last - *from)))
		*from = sv_need_start(c->need, subject, *from, limit);
	else
		*from = limit;
	return *from < limit && c->code == NULL ? take_plain(s, r, &s->expressions->of[rule], c)
						: 0;
}

int sv_scanner__run(struct sv_scanner *s, size_t rule, struct sv_compiled *c,
		    struct sv_span subject, size_t from, uint32_t flags)
{
	struct sv_expression *shared = &s->expressions->of[rule];
	int n;

	/* another thread may have made machine code of it */
	if (c->tries < TRIES && atomic_load_explicit(&shared->fast, memory_order_relaxed) == NULL) {
		c->tries++;
		pcre2_set_match_limit(s->context, LIMIT_TRY);
		n = pcre2_match(c->code, subject.ptr, subject.len, from, flags, s->match,
				s->context);
		pcre2_set_match_limit(s->context, LIMIT_MATCH);
		if (n >= 0 || n == PCRE2_ERROR_NOMATCH)
			return n;
	}
	if (c->tries <= TRIES)
		take_fast(s, shared, c);
	if (c->is_fast)
		return pcre2_jit_match(c->code, subject.ptr, subject.len, from, flags, s->match,
				       s->context);
	return pcre2_match(c->code, subject.ptr, subject.len, from, flags, s->match, s->context);
}
