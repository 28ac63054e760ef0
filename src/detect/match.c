#include "detect/match.h"
#include <limits.h>

#define IN_PLACE 2048	     /* pieces of so many bytes are worth a scan of their own */
#define BATCH	 (32u << 10) /* shorter ones are scanned together */

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
	SV_VEC(size_t) gates; /* where an assignment's gate opened, ascending */
	SV_VEC(struct run) runs;
	SV_VEC(struct word_rule) word_rules;
	unsigned least; /* of them */
	SV_VEC(struct piece) pieces;
	struct sv_buf batch;
	/* of the scan at hand */
	struct sv_span bytes;
	const struct sv_part *parts;
	size_t n_parts;
	struct sv_anchor_hits *hits;
	size_t next; /* piece that the next hit is in, or a later one */
	int status;
};

int sv_matcher_new(const struct sv_ruleset *rules, struct sv_matcher **ret_matcher, struct sv_err *err)
{
	struct sv_matcher *m = calloc(1, sizeof(*m));

	if (m == NULL || hs_clone_scratch(rules->scratch, &m->scratch) != HS_SUCCESS) {
		sv_matcher_free(m);
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	m->rules = rules;
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
	*ret_matcher = m;
	return 0;
}

void sv_matcher_free(struct sv_matcher *m)
{
	if (m == NULL)
		return;
	hs_free_scratch(m->scratch);
	sv_vec_release(&m->gates);
	sv_vec_release(&m->runs);
	sv_vec_release(&m->word_rules);
	sv_vec_release(&m->pieces);
	sv_buf_release(&m->batch);
	free(m);
}

struct sv_footprint sv_matcher_footprint(const struct sv_matcher *m, size_t rule)
{
	uint16_t width = (uint16_t)(m->rules->anchor_width[rule] + 1);

	if (m->rules->gate[rule] == SV_GATE_ASSIGNMENT)
		/* what opens the gate may be as long as any anchor */
		return (struct sv_footprint){SV_ANCHOR_MAX + 1, 1};
	if (m->rules->gate[rule] == SV_GATE_RUN)
		return (struct sv_footprint){width > SV_RUN + SV_RUN_AFTER ? width : SV_RUN + SV_RUN_AFTER + 1,
					     SV_RUN_BEFORE + SV_RUN};
	return (struct sv_footprint){width, 1};
}

static bool is_inside(const struct sv_matcher *m, size_t end, struct sv_footprint f)
{
	size_t low = 0, high = m->n_parts;
	const struct sv_part *part;

	/* the first part that does not end too early */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->parts[middle].to < end)
			low = middle + 1;
		else
			high = middle;
	}
	part = &m->parts[low];
	return low < m->n_parts && (part->from == 0 || end >= part->from + f.before) &&
	       (part->to == m->bytes.len || end + f.after <= part->to);
}

static int add(struct sv_matcher *m, size_t rule, size_t end)
{
	if (!is_inside(m, end, sv_matcher_footprint(m, rule)))
		return 0;
	return sv_vec_push(m->hits, ((struct sv_anchor_hit){(uint32_t)end, (uint32_t)rule, 0, 0}));
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

static int on_anchor(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		     void *payload)
{
	struct sv_matcher *m = payload;
	size_t end = source_of(m, (size_t)to);
	bool is_rule = id < m->rules->rules.len;

	(void)from;
	(void)flags;
	if (is_rule)
		m->status = add(m, id, end);
	if (m->status == 0 && (!is_rule || m->rules->opens[id] == SV_GATE_ASSIGNMENT) &&
	    (m->gates.len == 0 || m->gates.ptr[m->gates.len - 1] != end))
		m->status = sv_vec_push(&m->gates, end);
	return m->status != 0;
}

/* ---- behind a gate: the bytes near where it opened ---- */

static int on_behind_run(unsigned rule, unsigned long long from, unsigned long long to, unsigned flags,
			 void *payload)
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

/* Words of a run: a hit ends after the bytes that a rule asks for, wherever the word ends. */
static int look_at_words(struct sv_matcher *m, size_t from, size_t to)
{
	int status = 0;

	for (size_t start = from, end; status == 0 && start + m->least <= to; start = end + 1) {
		for (end = start; end < to && is_alnum(m->bytes.ptr[end]); end++)
			;
		for (size_t i = 0; status == 0 && i < m->word_rules.len; i++)
			if (end - start >= m->word_rules.ptr[i].least)
				status = add(m, m->word_rules.ptr[i].rule,
					     start + m->word_rules.ptr[i].least);
	}
	return status;
}

static int scan_runs(struct sv_matcher *m, const struct sv_part *part, struct sv_err *err)
{
	struct sv_span window = {m->bytes.ptr, part->to};
	size_t start = 0, end = 0, from, to, at = part->from;
	int status = 0;

	while (status == 0 && sv_run_next(window, at, &from, &to)) {
		status = sv_vec_push(&m->runs, ((struct run){from, to}));
		if (status == 0 && to - from >= m->least)
			status = look_at_words(m, from, to);
		at = to;
		from = from - part->from > SV_RUN_BEFORE + 1 ? from - SV_RUN_BEFORE - 1 : part->from;
		to = part->to - to > SV_RUN_AFTER + 1 ? to + SV_RUN_AFTER + 1 : part->to;
		if (from > end && end != 0) {
			status = status < 0 ? status : look(m, SV_GATE_RUN, start, end, on_behind_run, err);
			end = 0;
		}
		if (end == 0)
			start = from;
		end = to;
	}
	if (status == 0 && end != 0)
		status = look(m, SV_GATE_RUN, start, end, on_behind_run, err);
	return status;
}

/* The gates that opened in this part, from number *next on. */
static int scan_assignments(struct sv_matcher *m, const struct sv_part *part, size_t *next,
			    struct sv_err *err)
{
	int status = 0;

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

/* ---- all of it ---- */

int sv_anchor_hit_order(const void *a, const void *b)
{
	const struct sv_anchor_hit *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Hyperscan may tell one end of one anchor more than once. */
static void sort_unique(struct sv_anchor_hits *hits, size_t first)
{
	size_t kept = first, sorted = first + 1;

	while (sorted < hits->len && sv_anchor_hit_order(&hits->ptr[sorted - 1], &hits->ptr[sorted]) < 0)
		sorted++;
	if (sorted >= hits->len)
		return;
	qsort(hits->ptr + first, hits->len - first, sizeof(*hits->ptr), sv_anchor_hit_order);
	for (size_t i = first; i < hits->len; i++)
		if (kept == first || sv_anchor_hit_order(&hits->ptr[kept - 1], &hits->ptr[i]) != 0)
			hits->ptr[kept++] = hits->ptr[i];
	hits->len = kept;
}

int sv_matcher_scan(struct sv_matcher *m, struct sv_span bytes, const struct sv_part *parts, size_t n,
		    struct sv_anchor_hits *hits, struct sv_err *err)
{
	size_t first = hits->len, next = 0;
	int status = 0;

	m->bytes = bytes;
	m->parts = parts;
	m->n_parts = n;
	m->hits = hits;
	m->status = 0;
	m->gates.len = m->runs.len = m->pieces.len = 0;
	sv_buf_reset(&m->batch);
	for (size_t i = 0; status == 0 && m->rules->db[SV_GATE_NONE] && i < n; i++)
		status = look(m, SV_GATE_NONE, parts[i].from, parts[i].to, on_anchor, err);
	if (status == 0)
		status = flush(m, SV_GATE_NONE, on_anchor, err);
	for (size_t i = 0; status == 0 && m->rules->db[SV_GATE_ASSIGNMENT] && i < n; i++)
		status = scan_assignments(m, &parts[i], &next, err);
	if (status == 0)
		status = flush(m, SV_GATE_ASSIGNMENT, on_behind_assignment, err);
	for (size_t i = 0; status == 0 && (m->rules->db[SV_GATE_RUN] || m->word_rules.len) && i < n; i++)
		status = scan_runs(m, &parts[i], err);
	if (status == 0)
		status = flush(m, SV_GATE_RUN, on_behind_run, err);
	if (status == 0)
		sort_unique(hits, first);
	return status;
}
