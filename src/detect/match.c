#include "detect/match.h"
#include "detect/sift.h"
#include "detect/tails.h"
#include <limits.h>

#define IN_PLACE 2048	     /* pieces of so many bytes are worth a scan of their own */
#define BATCH	 (32u << 10) /* shorter ones are scanned together */
#define FEW	 16	     /* hits, which are put in order one by one */

/* Bytes of the input that stand in the batch. */
struct piece {
	size_t source, at, len;
};
struct run {
	size_t start, end;
};
/* A rule without an anchor, which looks at each word of least bytes. */
struct word_rule {
	uint32_t rule;
	unsigned least;
};

struct sv_matcher {
	const struct sv_ruleset *rules;
	hs_scratch_t *scratch;
	const struct sv_sieve *sieve; /* NULL: Hyperscan looks at everything */
	SV_VEC(struct sv_part) beside; /* what the sieve told: here an anchor could stand */
	SV_VEC(size_t) gates; /* where an assignment's gate opened, ascending */
	bool gates_known;     /* by who asked what follows all nouns of the content */
	size_t anchors_margin, gated_margin;
	SV_VEC(struct run) runs;
	SV_VEC(struct word_rule) word_rules;
	unsigned least; /* of them */
	SV_VEC(struct piece) pieces;
	struct sv_buf batch;
	const uint64_t *tokens; /* NULL: not known */
	/* of the scan at hand */
	struct sv_span bytes;
	const struct sv_part *parts;
	size_t n_parts;
	struct sv_anchor_hits *hits;
	struct sv_nouns *nouns;
	size_t next; /* piece that the next hit is in, or a later one */
	int status;
};

static void measure(struct sv_matcher *m)
{
	for (uint32_t i = 0; i < m->rules->rules.len; i++) {
		struct sv_footprint f = sv_matcher_footprint(m, i);
		size_t *margin = m->rules->gate[i] == SV_GATE_NONE ? &m->anchors_margin : &m->gated_margin;

		/* a tail is looked at wherever its noun is known */
		if (m->rules->tail[i] == SV_TAIL_NONE && *margin < (size_t)f.before + f.after)
			*margin = (size_t)f.before + f.after;
	}
	for (uint32_t i = 0; i < m->rules->nouns.len; i++) {
		struct sv_footprint f = sv_matcher_noun_footprint(m, i);

		if (m->anchors_margin < (size_t)f.before + f.after)
			m->anchors_margin = (size_t)f.before + f.after;
	}
}

int sv_matcher_new(const struct sv_ruleset *rules, struct sv_matcher **ret_matcher, struct sv_err *err)
{
	struct sv_matcher *m = calloc(1, sizeof(*m));

	if (m == NULL || hs_clone_scratch(rules->scratch, &m->scratch) != HS_SUCCESS) {
		sv_matcher_free(m);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	m->rules = rules;
	m->sieve = sv_sift_is_fast() ? rules->sieve : NULL;
	m->least = UINT_MAX;
	for (uint32_t i = 0; i < rules->rules.len; i++) {
		unsigned word = rules->rules.ptr[i]->word;

		if (word != 0 && sv_vec_push(&m->word_rules, ((struct word_rule){i, word})) < 0) {
			sv_matcher_free(m);
			return sv_err_set(err, SV_ENOMEM, "out of memory");
		}
		if (word != 0 && word < m->least)
			m->least = word;
	}
	measure(m);
	*ret_matcher = m;
	return 0;
}

void sv_matcher_free(struct sv_matcher *m)
{
	if (m == NULL)
		return;
	hs_free_scratch(m->scratch);
	sv_vec_release(&m->beside);
	sv_vec_release(&m->gates);
	sv_vec_release(&m->runs);
	sv_vec_release(&m->word_rules);
	sv_vec_release(&m->pieces);
	sv_buf_release(&m->batch);
	free(m);
}

/* Of what one of these tails follows, its own width; some of them look before it. */
static uint16_t before_noun(uint16_t width, uint32_t tails)
{
	bool looks = tails & (1u << SV_TAIL_OPTION | 1u << SV_TAIL_LINE);

	return looks && width < SV_TAIL_BEFORE ? SV_TAIL_BEFORE : width;
}

struct sv_footprint sv_matcher_footprint(const struct sv_matcher *m, size_t rule)
{
	uint16_t width = (uint16_t)(m->rules->anchor_width[rule] + 1);

	if (m->rules->gate[rule] == SV_GATE_ASSIGNMENT)
		return (struct sv_footprint){SV_ASSIGNMENT + 1, 1};
	if (m->rules->gate[rule] == SV_GATE_RUN)
		return (struct sv_footprint){width > SV_RUN + SV_RUN_AFTER ? width : SV_RUN + SV_RUN_AFTER + 1,
					     SV_RUN_BEFORE + SV_RUN};
	return (struct sv_footprint){before_noun(width, 1u << m->rules->tail[rule]), 1};
}

struct sv_footprint sv_matcher_noun_footprint(const struct sv_matcher *m, size_t set)
{
	const struct sv_noun_set *nouns = &m->rules->nouns.ptr[set];

	return (struct sv_footprint){before_noun((uint16_t)(nouns->width + 1), nouns->tails), 1};
}

size_t sv_matcher_anchors_margin(const struct sv_matcher *m)
{
	return m->anchors_margin;
}

size_t sv_matcher_gated_margin(const struct sv_matcher *m)
{
	return m->gated_margin;
}

static bool holds(const struct sv_matcher *m, const struct sv_part *part, size_t end,
		  struct sv_footprint f)
{
	return (part->from == 0 || end >= part->from + f.before) &&
	       (part->to == m->bytes.len || end + f.after <= part->to);
}

static bool is_inside_some(const struct sv_matcher *m, size_t end, struct sv_footprint f)
{
	size_t low = 0, high = m->n_parts;
	/* the first part that does not end too early */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->parts[middle].to < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < m->n_parts && holds(m, &m->parts[low], end, f);
}

static inline bool is_inside(const struct sv_matcher *m, size_t end, struct sv_footprint f)
{
	const struct sv_part *all = m->parts;

	/* all of a content is one part; behind it stands what parts pieces of the batch */
	return m->n_parts == 1 ? end <= all->to && holds(m, all, end, f)
			       : is_inside_some(m, end, f);
}

static int add(struct sv_matcher *m, size_t rule, size_t end)
{
	if (!is_inside(m, end, sv_matcher_footprint(m, rule)))
		return 0;
	return sv_vec_push(m->hits, ((struct sv_anchor_hit){.end = (uint32_t)end, .rule = (uint32_t)rule}));
}

/* ---- pieces of the input, scanned together: a call of Hyperscan costs as much as some hundred bytes ---- */

/* Where the byte before to of the batch stands in the input. */
static size_t source_of(struct sv_matcher *m, size_t to)
{
	const struct piece *p = &m->pieces.ptr[m->next];

	while (m->next + 1 < m->pieces.len && p->at + p->len < to)
		p = &m->pieces.ptr[++m->next];
	return p->source + (to - p->at);
}

static int scan_with(struct sv_matcher *m, enum sv_gate gate, const uint8_t *ptr, size_t len,
		     match_event_handler on_hit, struct sv_err *err)
{
	hs_error_t outcome = hs_scan(m->rules->db[gate], (const char *)ptr, (unsigned)len, 0,
				     m->scratch, on_hit, m);

	if (m->status < 0)
		return sv_err_set(err, m->status, "out of memory");
	if (outcome != HS_SUCCESS)
		return sv_err_set(err, SV_EINVAL, "Hyperscan failed with %d", outcome);
	return 0;
}

static int flush(struct sv_matcher *m, enum sv_gate gate, match_event_handler on_hit, struct sv_err *err)
{
	int status = 0;

	m->next = 0;
	if (m->pieces.len != 0)
		sv_buf_commit(&m->batch, m->batch.len);
	if (m->pieces.len != 0)
		status = scan_with(m, gate, m->batch.ptr, m->batch.len, on_hit, err);
	m->pieces.len = 0;
	sv_buf_reset(&m->batch);
	return status;
}

/* Looks at bytes [start, end) behind gate, now or with others. */
static int look(struct sv_matcher *m, enum sv_gate gate, size_t start, size_t end,
		match_event_handler on_hit, struct sv_err *err)
{
	struct piece piece = {start, m->batch.len, end - start};
	int status = 0;

	if (m->rules->db[gate] == NULL)
		return 0;
	if (end - start >= IN_PLACE) {
		status = flush(m, gate, on_hit, err);
		piece.at = 0;
		if (status == 0)
			status = sv_vec_push(&m->pieces, piece);
		m->next = 0;
		if (status == 0)
			status = scan_with(m, gate, m->bytes.ptr + start, end - start, on_hit, err);
		m->pieces.len = 0;
		return status;
	}
	if (m->batch.len + piece.len + 1 > BATCH) {
		status = flush(m, gate, on_hit, err);
		piece.at = 0;
	}
	if (status == 0)
		status = sv_vec_push(&m->pieces, piece);
	/* there is room for all of a batch; the slack after it is written when it is full */
	if (status == 0 && m->batch.cap == 0)
		status = sv_buf_reserve(&m->batch, BATCH);
	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	memcpy(m->batch.ptr + m->batch.len, m->bytes.ptr + start, piece.len);
	m->batch.len += piece.len;
	m->batch.ptr[m->batch.len++] = '\0';
	return 0;
}

static int put_noun(struct sv_nouns *nouns, struct sv_noun noun)
{
	size_t at = nouns->len;
	int status;

	while (at > 0 && sv_noun_order(&nouns->ptr[at - 1], &noun) > 0)
		at--;
	if (at > 0 && sv_noun_order(&nouns->ptr[at - 1], &noun) == 0)
		return 0;
	status = sv_vec_push(nouns, noun);
	if (status == 0 && at + 1 < nouns->len) {
		memmove(&nouns->ptr[at + 1], &nouns->ptr[at], (nouns->len - 1 - at) * sizeof(noun));
		nouns->ptr[at] = noun;
	}
	return status;
}

/* As sv_noun_order() has them. */
static inline uint64_t place_of(struct sv_noun noun)
{
	return (uint64_t)noun.end << 32 | noun.set;
}

/* In order: Hyperscan tells ends in order, but those of one end in any. */
static inline int add_noun(struct sv_nouns *nouns, struct sv_noun noun)
{
	size_t n = nouns->len;

	if (n == nouns->cap || (n != 0 && place_of(nouns->ptr[n - 1]) >= place_of(noun)))
		return put_noun(nouns, noun);
	nouns->ptr[nouns->len++] = noun;
	return 0;
}

static int on_anchor(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		     void *payload)
{
	struct sv_matcher *m = payload;
	size_t end = source_of(m, (size_t)to);

	(void)from;
	(void)flags;
	if (id < m->rules->rules.len) {
		m->status = add(m, id, end);
	} else {
		id -= (unsigned)m->rules->rules.len;
		if (is_inside(m, end, sv_matcher_noun_footprint(m, id)))
			m->status = add_noun(m->nouns, (struct sv_noun){(uint32_t)end, id});
	}
	return m->status != 0;
}

/* ---- through the sieve: it tells the nouns, and where Hyperscan has to look ---- */

/* One part on its way. */
struct sifting {
	struct sv_matcher *m;
	const struct sv_part *part;
};

static int look_beside(struct sv_matcher *m, const struct sv_part *part,
		       const struct sv_sieve_entry *e, size_t at)
{
	struct sv_part beside = *part;

	if (at - part->from > e->before)
		beside.from = at - e->before;
	if (part->to - at > e->after)
		beside.to = at + e->after;
	/* places come in order, but what is beside one may reach over what is beside others */
	while (m->beside.len != 0 && beside.from <= m->beside.ptr[m->beside.len - 1].to) {
		const struct sv_part *last = &m->beside.ptr[--m->beside.len];

		beside.from = last->from < beside.from ? last->from : beside.from;
		beside.to = last->to > beside.to ? last->to : beside.to;
	}
	return sv_vec_push(&m->beside, beside);
}

static int on_text(const struct sv_sieve_entry *e, size_t at, size_t end, void *payload)
{
	const struct sifting *s = payload;
	struct sv_matcher *m = s->m;
	int status = e->after != 0 ? look_beside(m, s->part, e, s->part->from + at) : 0;

	end += s->part->from;
	for (uint32_t sets = e->sets; status == 0 && sets != 0; sets &= sets - 1) {
		uint32_t set = (uint32_t)__builtin_ctz(sets);

		if (holds(m, s->part, end, sv_matcher_noun_footprint(m, set)))
			status = add_noun(m->nouns, (struct sv_noun){(uint32_t)end, set});
	}
	return status;
}

static int on_anchor_beside(unsigned id, unsigned long long from, unsigned long long to,
			    unsigned flags, void *payload)
{
	struct sv_matcher *m = payload;

	return id < m->rules->rules.len ? on_anchor(id, from, to, flags, payload) : 0;
}

static int sift(struct sv_matcher *m, struct sv_err *err)
{
	int status = 0;

	m->beside.len = 0;
	for (size_t i = 0; status == 0 && i < m->n_parts; i++) {
		const struct sv_part *part = &m->parts[i];
		struct sifting s = {m, part};

		status =
			sv_sift(m->sieve, sv_span(m->bytes.ptr + part->from, part->to - part->from),
				on_text, &s);
	}
	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	m->parts = m->beside.ptr;
	m->n_parts = m->beside.len;
	for (size_t i = 0; status == 0 && i < m->n_parts; i++)
		status = look(m, SV_GATE_NONE, m->parts[i].from, m->parts[i].to, on_anchor_beside,
			      err);
	return status < 0 ? status : flush(m, SV_GATE_NONE, on_anchor_beside, err);
}

/* ---- behind a gate: the bytes near where it opened ---- */

static int on_behind_run(unsigned rule, unsigned long long from, unsigned long long to,
			 unsigned flags, void *payload)
{
	struct sv_matcher *m = payload;
	size_t end = source_of(m, (size_t)to), width = m->rules->anchor_width[rule], low = 0,
	       high = m->runs.len;

	(void)from;
	(void)flags;
	/* the first run that does not end too early: if it begins too late, so do all others */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->runs.ptr[middle].end + SV_RUN_AFTER < end)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < m->runs.len && m->runs.ptr[low].start + width <= end + SV_RUN_BEFORE)
		m->status = add(m, rule, end);
	return m->status != 0;
}

static int on_behind_assignment(unsigned rule, unsigned long long from, unsigned long long to,
				unsigned flags, void *payload)
{
	struct sv_matcher *m = payload;
	size_t end = source_of(m, (size_t)to), width = m->rules->anchor_width[rule], low = 0,
	       high = m->gates.len;

	(void)from;
	(void)flags;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->gates.ptr[middle] < end)
			low = middle + 1;
		else
			high = middle;
	}
	for (; m->status == 0 && low < m->gates.len &&
	       m->gates.ptr[low] + width <= end + SV_ASSIGNMENT;
	     low++)
		m->status = add(m, rule, m->gates.ptr[low]);
	return m->status != 0;
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Are letters and digits, so many, no name of a program? Those have few capitals, and no digit. */
static bool is_no_name(const uint8_t *p, size_t n)
{
	unsigned digits = 0, capitals = 0;

	for (size_t i = 0; i < n; i++) {
		digits += p[i] <= '9';
		capitals += p[i] >= 'A' && p[i] <= 'Z';
	}
	return digits != 0 || capitals == 0 || capitals >= n / 4;
}

/* Words of a run: a hit ends after the bytes that a rule asks for, wherever the word ends. */
static int look_at_words(struct sv_matcher *m, size_t from, size_t to)
{
	const uint8_t *p = m->bytes.ptr;
	int status = 0;
	bool token;

	for (size_t start = from; status == 0 && start + m->least <= to;) {
		size_t end = start + m->least, last = end;

		/* from its end back: most words are short, and those before them need no look */
		while (last > start && is_alnum(p[last - 1]))
			last--;
		if (last > start) {
			start = last;
			continue;
		}
		while (end < to && is_alnum(p[end]))
			end++;
		token = is_no_name(p + start, m->least);
		for (size_t i = 0; status == 0 && token && i < m->word_rules.len; i++)
			if (end - start >= m->word_rules.ptr[i].least)
				status = add(m, m->word_rules.ptr[i].rule,
					     start + m->word_rules.ptr[i].least);
		start = end + 1;
	}
	return status;
}

/* Bytes that are looked at together behind a gate; none yet if end is 0. */
struct stretch {
	size_t start, end;
};

static int look_at_stretch(struct sv_matcher *m, const struct stretch *s, struct sv_err *err)
{
	return s->end != 0 ? look(m, SV_GATE_RUN, s->start, s->end, on_behind_run, err) : 0;
}

/* Stretches of the run [start, end) open the gate around them; near ones are looked at together. */
static int open_around(struct sv_matcher *m, const struct sv_part *part, size_t start, size_t end,
		       struct stretch *s, struct sv_err *err)
{
	struct sv_span run = {m->bytes.ptr + start, end - start};
	size_t at = 0, from, to;
	int status = 0;

	while (status == 0 && sv_run_next_stretch(run, at, &from, &to)) {
		struct run opened = {start + from, start + to};

		/* the next one that could begin does so after the last that this one holds */
		at = to - SV_RUN + 1;
		if (sv_vec_push(&m->runs, opened) < 0)
			return sv_err_set(err, SV_ENOMEM, "out of memory");
		from = opened.start - part->from > SV_RUN_BEFORE + 1
			       ? opened.start - SV_RUN_BEFORE - 1
			       : part->from;
		to = part->to - opened.end > SV_RUN_AFTER + 1 ? opened.end + SV_RUN_AFTER + 1
							      : part->to;
		if (s->end == 0 || from > s->end) {
			status = look_at_stretch(m, s, err);
			s->start = from;
		}
		s->end = to;
	}
	return status;
}

static int scan_runs(struct sv_matcher *m, const struct sv_part *part, struct sv_err *err)
{
	struct sv_span window = {m->bytes.ptr, part->to};
	struct stretch stretch = {0, 0};
	struct sv_runs runs;
	size_t from, to;
	int status = 0;

	sv_runs_init(&runs, sv_run_best_way(), window, part->from);
	if (part->from == 0 && part->to == m->bytes.len)
		runs.known = m->tokens;
	while (status == 0 && sv_runs_next(&runs, &from, &to)) {
		if (to - from >= m->least && look_at_words(m, from, to) < 0)
			return sv_err_set(err, SV_ENOMEM, "out of memory");
		status = open_around(m, part, from, to, &stretch, err);
	}
	return status < 0 ? status : look_at_stretch(m, &stretch, err);
}

/* The gates that opened in this part, from number *next on. */
static int scan_assignments(struct sv_matcher *m, const struct sv_part *part, size_t *next,
			    struct sv_err *err)
{
	int status = 0;

	/* of a noun in the part before, whose value is not */
	while (*next < m->gates.len && m->gates.ptr[*next] <= part->from)
		++*next;
	while (status == 0 && *next < m->gates.len && m->gates.ptr[*next] <= part->to) {
		size_t end = m->gates.ptr[*next], start = part->from;

		if (end - part->from > SV_ASSIGNMENT + 1)
			start = end - SV_ASSIGNMENT - 1;
		while (++*next < m->gates.len && m->gates.ptr[*next] <= part->to &&
		       m->gates.ptr[*next] <= end + SV_ASSIGNMENT + 1)
			end = m->gates.ptr[*next];
		status = look(m, SV_GATE_ASSIGNMENT, start, end, on_behind_assignment, err);
	}
	return status;
}

/* ---- nouns ---- */

int sv_noun_order(const void *a, const void *b)
{
	const struct sv_noun *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->set < y->set ? -1 : x->set > y->set;
}

/* What follows one place, as far as it was asked: nouns of several sets end there. */
struct following {
	struct sv_tail_place place;
	uint32_t known; /* a bit for each tail */
	uint8_t least[SV_TAILS];
	size_t end[SV_TAILS];
};
_Static_assert(SV_TAILS < 32, "a bit for each");

static size_t end_of_tail(struct following *f, struct sv_span bytes, unsigned tail, unsigned least)
{
	bool known = f->known >> tail & 1;

	if (!(f->place.possible >> tail & 1))
		return 0;
	/* what does not hold a few characters does not hold more */
	if (known && (f->least[tail] == least || (f->end[tail] == 0 && f->least[tail] < least)))
		return f->end[tail];
	f->known |= 1u << tail;
	f->least[tail] = (uint8_t)least;
	return f->end[tail] = sv_tail_end((enum sv_tail)tail, least, bytes, &f->place);
}

static int add_tails(const struct sv_noun_set *set, struct following *f, struct sv_span bytes,
		     struct sv_anchor_hits *hits)
{
	const uint32_t *rule = set->rules;
	int status = 0;

	for (size_t g = 0; g < set->n_groups; rule += set->groups[g++].n) {
		const struct sv_tail_group *group = &set->groups[g];
		size_t end = end_of_tail(f, bytes, group->tail, group->least);

		for (size_t k = 0; status == 0 && end != 0 && k < group->n; k++)
			status = sv_vec_push(hits, ((struct sv_anchor_hit){
							   .end = (uint32_t)end,
							   .rule = rule[k],
							   .tail = (uint16_t)(end - f->place.at)}));
	}
	return status;
}

/* Where what follows opens the gate. */
static int add_gates(struct sv_matcher *m, struct following *f, struct sv_span bytes)
{
	unsigned least = sv_tail_opening_least(bytes, f->place.at);
	struct sv_tail_ends tails = {
		end_of_tail(f, bytes, least < SV_KEY_LEAST ? SV_TAIL_ASSIGNED : SV_TAIL_KEY, least),
		end_of_tail(f, bytes, SV_TAIL_NAMED, 0),
		end_of_tail(f, bytes, SV_TAIL_MACRO, SV_TOKEN_LEAST),
	};
	size_t ends[SV_OPENINGS];
	unsigned n = sv_tail_openings(bytes, &f->place, &tails, ends);
	int status = 0;

	for (unsigned k = 0; status == 0 && k < n; k++)
		status = sv_vec_push(&m->gates, ends[k]);
	return status;
}

static int look_behind(struct sv_matcher *m, struct sv_span bytes, const struct sv_noun *nouns,
		       size_t n, bool gates, struct sv_anchor_hits *hits)
{
	struct following f = {.place.at = SIZE_MAX};
	int status = 0;

	for (size_t i = 0; status == 0 && i < n; i++) {
		const struct sv_noun_set *set = &m->rules->nouns.ptr[nouns[i].set];

		if (f.place.at != nouns[i].end) {
			sv_tail_place(bytes, nouns[i].end, &f.place);
			f.known = 0;
		}
		if (f.place.possible & set->tails)
			status = add_tails(set, &f, bytes, hits);
		if (status == 0 && gates && nouns[i].set == SV_GATE_ASSIGNMENT_NOUNS &&
		    (f.place.possible & SV_TAIL_OPENS))
			status = add_gates(m, &f, bytes);
	}
	return status;
}

int sv_matcher_tails(struct sv_matcher *m, struct sv_span bytes, const struct sv_noun *nouns,
		     size_t n, struct sv_anchor_hits *hits)
{
	return look_behind(m, bytes, nouns, n, false, hits);
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Into ascending order, each once. */
static void sort_gates(struct sv_matcher *m)
{
	size_t kept = 0, i = 1;

	while (i < m->gates.len && m->gates.ptr[i - 1] < m->gates.ptr[i])
		i++;
	if (i >= m->gates.len)
		return;
	qsort(m->gates.ptr, m->gates.len, sizeof(*m->gates.ptr), by_size);
	for (i = 0; i < m->gates.len; i++)
		if (kept == 0 || m->gates.ptr[kept - 1] != m->gates.ptr[i])
			m->gates.ptr[kept++] = m->gates.ptr[i];
	m->gates.len = kept;
}

/* Where nouns in the parts open the gate. */
static int open_gates(struct sv_matcher *m, const struct sv_nouns *nouns)
{
	struct following f = {.place.at = SIZE_MAX};
	size_t part = 0;

	if (m->gates_known)
		return 0;
	m->gates.len = 0;
	for (size_t i = 0; i < nouns->len && part < m->n_parts; i++) {
		if (nouns->ptr[i].set != SV_GATE_ASSIGNMENT_NOUNS)
			continue;
		while (part < m->n_parts && m->parts[part].to < nouns->ptr[i].end)
			part++;
		if (part == m->n_parts || nouns->ptr[i].end <= m->parts[part].from)
			continue;
		sv_tail_place(m->bytes, nouns->ptr[i].end, &f.place);
		f.known = 0;
		if ((f.place.possible & SV_TAIL_OPENS) && add_gates(m, &f, m->bytes) < 0)
			return SV_ENOMEM;
	}
	sort_gates(m);
	return 0;
}

/* ---- all of it ---- */

static bool precedes(const struct sv_anchor_hit *x, const struct sv_anchor_hit *y)
{
	if (x->end != y->end)
		return x->end < y->end;
	return x->rule != y->rule ? x->rule < y->rule : x->tail > y->tail;
}

int sv_anchor_hit_order(const void *a, const void *b)
{
	return precedes(a, b) ? -1 : precedes(b, a);
}

/* Hits that are a few places from where they belong: those of one end, and of nouns with tails. */
static void sort_few(struct sv_anchor_hit *hits, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sv_anchor_hit hit = hits[i];
		size_t at = i;

		for (; at > 0 && precedes(&hit, &hits[at - 1]); at--)
			hits[at] = hits[at - 1];
		hits[at] = hit;
	}
}

static void merge(const struct sv_anchor_hit *a, size_t n_a, const struct sv_anchor_hit *b,
		  size_t n_b, struct sv_anchor_hit *ret)
{
	while (n_a != 0 && n_b != 0)
		if (precedes(b, a))
			*ret++ = *b++, n_b--;
		else
			*ret++ = *a++, n_a--;
	memcpy(ret, a, n_a * sizeof(*a));
	memcpy(ret + n_a, b, n_b * sizeof(*b));
}

/* As qsort() with sv_anchor_hit_order(), which calls it for each two and is most of the cost. */
static void sort(struct sv_anchor_hits *hits)
{
	size_t n = hits->len;
	SV_AUTO_FREE struct sv_anchor_hit *room = n > FEW ? malloc(n * sizeof(*room)) : NULL;
	struct sv_anchor_hit *from = hits->ptr, *to = room;

	if (n > FEW && room == NULL) {
		qsort(hits->ptr, n, sizeof(*hits->ptr), sv_anchor_hit_order);
		return;
	}
	for (size_t i = 0; i < n; i += FEW)
		sort_few(hits->ptr + i, n - i < FEW ? n - i : FEW);
	for (size_t width = FEW; width < n; width *= 2) {
		struct sv_anchor_hit *sorted = to;

		for (size_t i = 0; i < n; i += 2 * width) {
			size_t n_a = n - i < width ? n - i : width, left = n - i - n_a;

			merge(from + i, n_a, from + i + n_a, left < width ? left : width, to + i);
		}
		to = from;
		from = sorted;
	}
	if (from != hits->ptr)
		memcpy(hits->ptr, from, n * sizeof(*from));
}

/* Hyperscan may tell one end of one anchor more than once. */
void sv_anchor_hits_sort(struct sv_anchor_hits *hits)
{
	size_t kept = 0, sorted = 1;

	while (sorted < hits->len && sv_anchor_hit_order(&hits->ptr[sorted - 1], &hits->ptr[sorted]) < 0)
		sorted++;
	if (sorted >= hits->len)
		return;
	sort(hits);
	for (size_t i = 0; i < hits->len; i++)
		if (kept == 0 || sv_anchor_hit_order(&hits->ptr[kept - 1], &hits->ptr[i]) != 0)
			hits->ptr[kept++] = hits->ptr[i];
	hits->len = kept;
}

static void begin(struct sv_matcher *m, struct sv_span bytes, const struct sv_part *parts, size_t n,
		  struct sv_anchor_hits *hits)
{
	m->bytes = bytes;
	m->parts = parts;
	m->n_parts = n;
	m->hits = hits;
	m->status = 0;
	m->runs.len = m->pieces.len = 0;
	sv_buf_reset(&m->batch);
}

int sv_matcher_anchors(struct sv_matcher *m, struct sv_span bytes, const struct sv_part *parts, size_t n,
		       struct sv_anchor_hits *hits, struct sv_nouns *nouns, struct sv_err *err)
{
	int status = 0;

	begin(m, bytes, parts, n, hits);
	m->nouns = nouns;
	if (m->sieve != NULL)
		return sift(m, err);
	for (size_t i = 0; status == 0 && i < n; i++)
		status = look(m, SV_GATE_NONE, parts[i].from, parts[i].to, on_anchor, err);
	if (status == 0)
		status = flush(m, SV_GATE_NONE, on_anchor, err);
	return status;
}

int sv_matcher_gated(struct sv_matcher *m, struct sv_span bytes, const struct sv_part *parts, size_t n,
		     const struct sv_nouns *nouns, struct sv_anchor_hits *hits, struct sv_err *err)
{
	bool runs = m->rules->db[SV_GATE_RUN] || m->word_rules.len;
	size_t next = 0;
	int status = 0;

	begin(m, bytes, parts, n, hits);
	if (m->rules->db[SV_GATE_ASSIGNMENT] && open_gates(m, nouns) < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; status == 0 && m->rules->db[SV_GATE_ASSIGNMENT] && i < n; i++)
		status = scan_assignments(m, &parts[i], &next, err);
	if (status == 0)
		status = flush(m, SV_GATE_ASSIGNMENT, on_behind_assignment, err);
	for (size_t i = 0; status == 0 && runs && i < n; i++)
		status = scan_runs(m, &parts[i], err);
	if (status == 0)
		status = flush(m, SV_GATE_RUN, on_behind_run, err);
	return status;
}

int sv_matcher_start(struct sv_matcher *m, struct sv_span bytes, struct sv_nouns *ret_nouns,
		     struct sv_anchor_hits *ret_hits, struct sv_err *err)
{
	struct sv_part all = {0, bytes.len};
	int status;

	ret_nouns->len = ret_hits->len = m->gates.len = 0;
	status = sv_matcher_anchors(m, bytes, &all, 1, ret_hits, ret_nouns, err);
	if (status < 0)
		return status;
	/* what follows a noun is looked at once for its rules and for the gate */
	if (look_behind(m, bytes, ret_nouns->ptr, ret_nouns->len,
			m->rules->db[SV_GATE_ASSIGNMENT] != NULL, ret_hits) < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	sort_gates(m);
	return 0;
}

int sv_matcher_finish(struct sv_matcher *m, struct sv_span bytes, const uint64_t *tokens,
		      const struct sv_nouns *nouns, struct sv_anchor_hits *hits, struct sv_err *err)
{
	struct sv_part all = {0, bytes.len};
	int status;

	m->tokens = tokens;
	m->gates_known = true;
	status = sv_matcher_gated(m, bytes, &all, 1, nouns, hits, err);
	m->tokens = NULL;
	m->gates_known = false;
	if (status == 0)
		sv_anchor_hits_sort(hits);
	return status;
}

int sv_matcher_scan(struct sv_matcher *m, struct sv_span bytes, struct sv_nouns *ret_nouns,
		    struct sv_anchor_hits *ret_hits, struct sv_err *err)
{
	int status = sv_matcher_start(m, bytes, ret_nouns, ret_hits, err);

	return status < 0 ? status : sv_matcher_finish(m, bytes, NULL, ret_nouns, ret_hits, err);
}
