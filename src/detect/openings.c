/* What opens the gate of assignments: values that may be tokens. */
#include "detect/tail_bytes.h"

#define OPENING_MAX                                                                                \
	(SV_ASSIGNMENT - SV_GATE_NOUN) /* after the noun, which stands within SV_ASSIGNMENT too */

/* =>, :- and the like with the blanks and quotes after it, or blanks alone; at if there is none */
static size_t skip_to_value(struct sv_span s, size_t at)
{
	size_t start = skip(s, at, SPACE, 8), end;
	uint8_t c = byte_at(s, start), next = byte_at(s, start + 1);

	if (c == '>' || (c == ':' && next == '-') || (c == '?' && next != '?'))
		end = start + 1 + (c != '>' && (next == '-' || next == '='));
	else if (c == '|' && next == '|')
		end = start + 2 + (byte_at(s, start + 2) == '=');
	else if (c == '=' || c == ':' || c == ',' || c == '(' || c == '?')
		end = sv_tail__skip_operator(s, start);
	else
		return start != at && (at_class(s, start) & QUOTE)
			       ? start + 1 +
					 ((at_class(s, start + 1) & QUOTE) ||
					  byte_at(s, start + 1) == '@')
			       : start;
	end = skip(s, end, SPACE, 8);
	for (int i = 0; i < 2 && ((at_class(s, end) & QUOTE) || byte_at(s, end) == '@'); i++)
		end++;
	return end;
}

/* Of a value beside a noun that ends here: passwords may be short, keys are not. */
unsigned sv_tail_opening_least(struct sv_span s, size_t at)
{
	bool w = (s.ptr[at - 2] | 0x20) == 'w', d = (s.ptr[at - 1] | 0x20) == 'd',
	     y = (s.ptr[at - 1] | 0x20) == 'y';

	return y ? SV_KEY_LEAST : (w && d) || (s.ptr[at - 1] | 0x20) == 's' ? 4 : 6;
}

/* Into ascending order, each once. */
static unsigned add_end(size_t *ends, unsigned n, size_t end)
{
	unsigned at = n;

	while (at > 0 && ends[at - 1] > end)
		at--;
	if (at > 0 && ends[at - 1] == end)
		return n;
	memmove(ends + at + 1, ends + at, (n - at) * sizeof(*ends));
	ends[at] = end;
	return n + 1;
}

/* Where the values may begin that are assigned as tokens often are; how many there are. */
static unsigned token_values(struct sv_span s, size_t name, size_t ret_starts[3])
{
	size_t from[3] = {0}, value;
	unsigned n = 0;

	for (int i = 0; i < 2 && ((at_class(s, name) & QUOTE) || byte_at(s, name) == ']'); i++)
		name++;
	if (!(at_class(s, name) & (SPACE | OPENS | QUOTE)))
		return 0;
	from[0] = name;
	/* value= between */
	value = skip(s, skip_byte(s, name, ',', 1), SPACE, 20);
	value += byte_at(s, value) == '"' || byte_at(s, value) == '\'';
	if (begins(s, value, "value", 5)) {
		value += 5;
		from[1] = value + (byte_at(s, value) == '"' || byte_at(s, value) == '\'');
	}
	/* a type between */
	value = skip(s, name, SPACE, 2);
	if (byte_at(s, value) == ':') {
		value = skip(s, value + 1, SPACE, 2);
		if (value < s.len && (IS_ALPHA(s.ptr[value]) || s.ptr[value] == '&'))
			from[2] = skip(s, value + 1, GATE_TYPE, 24);
	}
	for (int i = 0; i < 3; i++) {
		value = from[i] ? skip_to_value(s, from[i]) : 0;
		if (value > from[i])
			ret_starts[n++] = value;
	}
	return n;
}

/*
 * What is assigned in programs is mostly a name, a path or a word. What is none by its bytes: a
 * digit, or letters that change their case as no name's do (aBc, ABc) or never, or that it is long.
 */
#define LONG_VALUE  64
#define LONG_SECRET 16 /* in quotes, of a secret or a password: some are words alone */
#define WORD_OF_16  0xFFFFu

/* Of the bytes up to one, the last bit is its own: which are capitals, and which small letters. */
static bool is_odd(uint64_t capitals, uint64_t small)
{
	uint64_t changed =
		(capitals & small >> 1 & capitals >> 2) | (small & capitals >> 1 & capitals >> 2);

	return (changed & 1) || (capitals & WORD_OF_16) == WORD_OF_16 ||
	       (small & WORD_OF_16) == WORD_OF_16;
}

/* The byte before which a value of least bytes or more has shown that it may be a token, or has so
 * many that it may be anything; 0: it does not. */
static size_t proof_of(struct sv_span s, size_t at, unsigned least, unsigned many)
{
	unsigned ends = SPACE | QUOTE | (at_class(s, at - 1) & QUOTE ? 0 : OPENER);
	uint64_t capitals = 0, small = 0;
	bool digit = false, odd = false;

	for (size_t i = at; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		size_t n = i + 1 - at;

		if (sv_tail__classes[c] & ends)
			return 0;
		digit |= c >= '0' && c <= '9';
		capitals = capitals << 1 | (c >= 'A' && c <= 'Z');
		small = small << 1 | (c >= 'a' && c <= 'z');
		odd |= is_odd(capitals, small);
		if ((digit && n >= least) || (odd && n >= SV_TOKEN_LEAST) || n == many)
			return i + 1;
	}
	return 0;
}

/* Bytes that a value beside a noun that ends here has at least, if it is a word of some kind. */
static unsigned least_of_word(struct sv_span s, size_t at)
{
	uint8_t c = s.ptr[at - 1] | 0x20;

	/* passwords, keys of accounts and connection strings of Azure's templates */
	if (c == 's' || c == 'g' || (c == 'd' && (s.ptr[at - 2] | 0x20) == 'w'))
		return 8;
	return c == 'y' ? SV_KEY_LEAST : SV_TOKEN_LEAST;
}

/* ;password= as of a connection string, or "password= that begins one */
static bool is_in_pairs(struct sv_span s, size_t at)
{
	size_t start = at - password_noun(s, at), before = start;

	if (start == at || start == 0)
		return false;
	while (before > 1 && start - before < 2 && (sv_tail__classes[s.ptr[before - 1]] & SPACE))
		before--;
	return s.ptr[before - 1] == ';' || (sv_tail__classes[s.ptr[start - 1]] & QUOTE);
}

/*
 * Where a value opens the gate that may be any: of a secret of templates, of pairs, in a single
 * quote after an equals sign (Bicep, SQL), or of four letters, as mail programs have them. end:
 * that of its first bytes; 0: it is none of these.
 */
static size_t opened_by_any(struct sv_span s, const struct sv_tail_place *p, size_t value,
			    size_t end)
{
	size_t sign = skip(s, p->name, SPACE, 4);

	/* of all nouns securevalue alone ends so */
	if ((s.ptr[p->at - 1] | 0x20) == 'e')
		return end;
	if (byte_at(s, sign) == '=' &&
	    (is_in_pairs(s, p->at) ||
	     (s.ptr[value - 1] == '\'' && skip(s, sign + 1, SPACE, 4) == value - 1)))
		return end;
	for (size_t i = value; i < value + 4; i++)
		if (!IS_ALPHA(byte_at(s, i)))
			return 0;
	return password_noun(s, p->at) && byte_at(s, value + 4) == ' ' &&
			       IS_ALPHA(byte_at(s, value + 5))
		       ? value + 6
		       : 0;
}

/* Where what is assigned opens the gate, whose first bytes end here; 0: it does not. */
static size_t opened_by(struct sv_span s, const struct sv_tail_place *p, size_t assigned_end)
{
	size_t value = assigned_end - sv_tail_opening_least(s, p->at), end;
	bool secret;

	if (assigned_end == 0)
		return 0;
	end = opened_by_any(s, p, value, assigned_end);
	if (end != 0)
		return end;
	secret = (s.ptr[p->at - 1] | 0x20) == 't' || password_noun(s, p->at);
	return proof_of(s, value, least_of_word(s, p->at),
			secret && (at_class(s, value - 1) & QUOTE) ? LONG_SECRET : LONG_VALUE);
}

unsigned sv_tail_openings(struct sv_span s, const struct sv_tail_place *p,
			  const struct sv_tail_ends *ends, size_t ret_ends[SV_OPENINGS])
{
	size_t at = p->at, found[SV_OPENINGS] = {
				   opened_by(s, p, ends->assigned),
				   ends->named,
				   ends->macro,
			   };
	unsigned n = 0, starts = token_values(s, p->name, found + 3);

	for (unsigned i = 0; i < 3 + starts; i++) {
		size_t end = found[i];

		if (i >= 3)
			end = has(s, end, TOKEN, SV_TOKEN_LEAST)
				      ? proof_of(s, end, SV_TOKEN_LEAST, LONG_VALUE)
				      : 0;
		if (end != 0 && end - at <= OPENING_MAX)
			n = add_end(ret_ends, n, end);
	}
	return n;
}
