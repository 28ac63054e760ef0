/* Of what several rules say of one place, what is told. */
#include "detect/check.h"
#include "detect/choose.h"
#include <sievert/report.h>

static int by_reasons(const struct sv_match *x, const struct sv_match *y)
{
	for (size_t i = 0; i < SV_MAX_REASONS && (x->reasons[i] || y->reasons[i]); i++) {
		int order = !x->reasons[i]   ? -1
			    : !y->reasons[i] ? 1
					     : strcmp(x->reasons[i], y->reasons[i]);

		if (order != 0)
			return order;
	}
	return strcmp(x->note, y->note);
}

/* Two that are equal by it say the same, so that it does not matter in which order regions were read. */
static int by_place(const void *a, const void *b)
{
	const struct sv_match *x = *(const struct sv_match *const *)a,
			      *y = *(const struct sv_match *const *)b;
	int order;

	if (x->secret_start != y->secret_start)
		return x->secret_start < y->secret_start ? -1 : 1;
	if (x->secret_end != y->secret_end)
		return x->secret_end > y->secret_end ? -1 : 1;
	if (x->rule != y->rule)
		return strcmp(x->rule->id, y->rule->id);
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	if (x->views != y->views)
		return x->views < y->views ? -1 : 1;
	order = sv_span_compare(x->decoded, y->decoded);
	if (order != 0)
		return order;
	/* two regions may decode to one text here, and to others around */
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return by_reasons(x, y);
}

static bool is_same(const struct sv_match *a, const struct sv_match *b)
{
	return a->rule == b->rule && a->secret_start == b->secret_start && a->secret_end == b->secret_end &&
	       a->start == b->start && a->end == b->end && a->views == b->views &&
	       sv_span_equal(a->decoded, b->decoded);
}

static bool is_generic(const struct sv_match *c)
{
	return sv_rule__is_generic(c->rule);
}

/* Does b begin with the "3D" of quoted-printable, and a with what comes after it? */
static bool is_read_on(const struct sv_match *a, const struct sv_match *b)
{
	return (a->views & SV_VIEW_QUOTED) && !(b->views & SV_VIEW_QUOTED) &&
	       a->secret_start == b->secret_start + 2 && a->secret_start < b->secret_end;
}

/*
 * Then that reading is the right one: if it is of a rule that knows a form and b's does not, or says no
 * less, unless b has a form that is sure.
 */
static bool reads_on(const struct sv_match *a, const struct sv_match *b)
{
	if (is_generic(a) != is_generic(b))
		return is_generic(b);
	return a->confidence >= b->confidence && (is_generic(b) || b->rule->confidence < SV_CONF_HIGH);
}

/*
 * Does a make b superfluous? Decided by the two alone, so that a chain of overlaps cannot carry a
 * decision from far away.
 */
static bool outdoes(const struct sv_match *a, const struct sv_match *b)
{
	bool a_holds_b = a->secret_start <= b->secret_start && b->secret_end <= a->secret_end;
	bool b_holds_a = b->secret_start <= a->secret_start && a->secret_end <= b->secret_end;

	if (is_read_on(a, b))
		return reads_on(a, b);
	if (is_read_on(b, a))
		return !reads_on(b, a);
	if (a->rule == b->rule && a->start < b->end && b->start < a->end) {
		/* as it stands before any reading of it, unless that says more */
		if (a->views != b->views && a->confidence != b->confidence)
			return a->confidence > b->confidence;
		if (a->views != b->views && a->severity != b->severity)
			return a->severity > b->severity;
		if (a->views != b->views)
			return a->views < b->views;
		return a->start != b->start ? a->start < b->start : a->end > b->end;
	}
	if (!a_holds_b && !b_holds_a)
		return false;
	/* what is there says more than what could be */
	if (a->rule->cls != b->rule->cls)
		return a->rule->cls == SV_CLASS_SECRET;
	/* a rule that knows a form says more than one that knows a name beside any value */
	if (is_generic(a) != is_generic(b))
		return is_generic(b);
	if (a->confidence != b->confidence)
		return a->confidence > b->confidence;
	if (a->severity != b->severity)
		return a->severity > b->severity;
	if (a_holds_b && b_holds_a)
		return strcmp(a->rule->id, b->rule->id) < 0;
	/* as above: or two rules and two readings would outdo each other in a circle */
	if (a->views != b->views)
		return a->views < b->views;
	return b_holds_a;
}

/* What the model is sure of, the rule that gives the value its name is sure of too. */
static enum sv_confidence shared_confidence(const struct sv_match *m, const struct sv_match *other)
{
	bool nested = (other->secret_start <= m->secret_start && m->secret_end <= other->secret_end) ||
		      (m->secret_start <= other->secret_start && other->secret_end <= m->secret_end);

	for (size_t i = 0; i < SV_MAX_REASONS; i++)
		if (m->reasons[i] == sv_reads_like_a_sample)
			return SV_CONF_LOW;
	return nested && is_generic(other) && !is_generic(m) ? other->confidence : SV_CONF_LOW;
}

/*
 * The rule of what m makes superfluous has something to say of best practice: it is told with m. The
 * first ones by id, so that it does not matter in which order they come.
 */
static void add_also(struct sv_choice *choice, const struct sv_match *m)
{
	const struct sv_rule *rule = m->rule;
	size_t i = 0, n = 0;

	if (rule == choice->match->rule || rule->documents == NULL || m->confidence == SV_CONF_LOW)
		return;
	while (n < SV_MAX_ALSO && choice->also[n] != NULL)
		n++;
	for (; i < n && strcmp(choice->also[i]->id, rule->id) < 0; i++)
		;
	if (i == SV_MAX_ALSO || (i < n && choice->also[i] == rule))
		return;
	for (size_t k = n < SV_MAX_ALSO ? n : SV_MAX_ALSO - 1; k > i; k--)
		choice->also[k] = choice->also[k - 1];
	choice->also[i] = rule;
}

int sv_choose(const struct sv_match *matches, size_t n, struct sv_chosen *ret)
{
	const struct sv_match **all;
	size_t longest = 0;
	int status = 0;

	ret->len = ret->all.len = 0;
	for (size_t i = 0; status == 0 && i < n; i++) {
		status = sv_vec_push(&ret->all, &matches[i]);
		if (matches[i].end - matches[i].start > longest)
			longest = matches[i].end - matches[i].start;
	}
	all = ret->all.ptr;
	if (n > 1 && status == 0)
		qsort(all, n, sizeof(*all), by_place);
	for (size_t i = 0; status == 0 && i < n; i++) {
		struct sv_choice choice = {.match = all[i], .confidence = all[i]->confidence};
		bool out = false;
		size_t j = i;

		/* the same, read twice */
		if (i > 0 && is_same(all[i - 1], all[i]))
			continue;
		while (j > 0 && all[i]->secret_start - all[j - 1]->secret_start <= 2 * longest)
			j--;
		for (; !out && j < n && all[j]->secret_start <= all[i]->secret_start + 2 * longest; j++) {
			enum sv_confidence shared;

			if (j == i)
				continue;
			out = outdoes(all[j], all[i]);
			shared = shared_confidence(all[i], all[j]);
			if (shared > choice.confidence)
				choice.confidence = shared;
			if (!out && outdoes(all[i], all[j]))
				add_also(&choice, all[j]);
		}
		if (!out)
			status = sv_vec_push(ret, choice);
	}
	return status;
}

void sv_chosen_release(struct sv_chosen *chosen)
{
	sv_vec_release(&chosen->all);
	sv_vec_release(chosen);
}
