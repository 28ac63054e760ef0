/*
 * Matches that their checks refuse, once for all that look the same: most of what a history's
 * deltas touch was refused before, in another version of the file, and to refuse it costs more than
 * to find it.
 */
#include "detect/inside.h"

#define MOST_GROUPS 16

/*
 * What decides about a match: the bytes near it, and where in them the expression put its groups.
 * false: one is not among them.
 */
static bool key_of(const struct sv_memo *memo, const struct sv_check_input *in,
		   const struct sv_groups *g, struct sv_memo_key *ret)
{
	size_t numbers[4 + 2 * MOST_GROUPS], n = 0;
	size_t from = (size_t)(in->text.ptr - g->bytes);

	if (g->n > MOST_GROUPS)
		return false;
	numbers[n++] = (uintptr_t)in->rule;
	/* the same group is not the secret in all matches of a rule */
	numbers[n++] = (size_t)(in->secret.ptr - in->text.ptr);
	numbers[n++] = in->secret.len;
	for (uint32_t i = 0; i < 2 * g->n; i++) {
		/* what begins before the text is a very large number */
		size_t at = g->at[i] == PCRE2_UNSET ? SIZE_MAX : g->low + g->at[i] - from;

		if (at > in->text.len && at != SIZE_MAX)
			return false;
		numbers[n++] = at;
	}
	*ret = sv_memo_match_key(memo, in->text, numbers, n);
	return true;
}

bool sv_scanner__classify(struct sv_scanner *s, const struct sv_check_input *in,
			  const struct sv_groups *g, struct sv_candidate *cand)
{
	struct sv_memo_key key;
	bool known = s->made_by_delta && key_of(s->memo, in, g, &key);

	if (known && sv_memo_is_refused(s->memo, SV_MEMO_BY_CHECKS, &key))
		return false;
	if (sv_classify(in, cand))
		return true;
	if (known)
		sv_memo_refuse(s->memo, SV_MEMO_BY_CHECKS, &key);
	return false;
}
