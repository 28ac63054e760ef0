/* What Hyperscan looks for: the anchors of all rules, a database for each gate. */
#include "rules/cache.h"
#include "rules/hs_compiler.h"
#include "rules/rules.h"
#include <stdio.h>

static const struct gate {
	const char *name, *nouns;
} gates[] = {
#define GATE(id, name, nouns) {name, nouns},
#include "rules/gates.def"
#undef GATE
};

static const char *const tails[] = {
	"none",
#define TAIL(id, name) name,
#include "rules/tails.def"
#undef TAIL
};

/*
 * Two patterns that are looked for and never told, for how Hyperscan (5.4, src/fdr) parts its
 * literals decides most of its time. SHORTEST, in no UTF-8 text: steps are as long as the shortest
 * literal allows, and longer ones look at fewer bytes of each literal before they compare. SPREAD
 * words that no text has: from a thousand literals on a byte is told by 13 bits, not 12; and the
 * long ones, sorted by their ends, are halved into two buckets, of which words that end in \x7F
 * take the half that words in letters would crowd. 1.8, 2.5, 2.85 GB/s with neither, the first,
 * both.
 */
#define SHORTEST "\\xC1\\xC0"
#define SPREAD	 200
#define MANY	 64 /* patterns: with fewer, all of this gains nothing */

/* generic CPU, so that a database built here runs anywhere */
static const hs_platform_info_t generic = {0};

enum sv_gate sv_rules__gate(const char *name)
{
	int gate = 0;

	while (name != NULL && gate < SV_GATES && strcmp(gates[gate].name, name) != 0)
		gate++;
	return (enum sv_gate)gate;
}

enum sv_tail sv_rules__tail(const char *name)
{
	int tail = 0;

	while (name != NULL && tail < SV_TAILS && strcmp(tails[tail], name) != 0)
		tail++;
	return (enum sv_tail)tail;
}

static int refuse(const struct sv_rule *rule, const char *why, struct sv_err *err)
{
	return sv_err_set(err, SV_EINVAL, "%s:%u: rule %s: %s: %s", rule->origin, rule->line,
			  rule->id, rule->anchor ? "anchor" : "pattern, which has no anchor", why);
}

int sv_rules__measure(const struct sv_rule *rule, uint8_t *ret_width, char why[SV_WHY])
{
	enum sv_gate gate = sv_rules__gate(rule->gate);
	/* bounded, so that what stands far away decides nothing here */
	unsigned most = gate == SV_GATE_RUN	     ? SV_RUN_BEFORE + SV_RUN + SV_RUN_AFTER
			: gate == SV_GATE_ASSIGNMENT ? SV_ASSIGNMENT
						     : SV_ANCHOR_MAX;
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	struct sv_err absent;
	int status = 0;

	if (rule->word != 0) {
		*ret_width = (uint8_t)rule->word;
		return 0;
	}
	if (sv_hs_compiler_load(&absent) < 0) {
		snprintf(why, SV_WHY, "%.*s", SV_WHY - 1, absent.text);
		return SV_ENOTFOUND;
	}
	if (sv_hs_compiler.expression_info(sv_rule__anchor(rule), HS_FLAG_DOTALL, &info, &error) !=
	    HS_SUCCESS) {
		snprintf(why, SV_WHY, "%s", error->message);
		sv_hs_compiler.free_compile_error(error);
		return SV_EINVAL;
	}
	if (info->max_width > most) {
		snprintf(why, SV_WHY, "it may match %s bytes; %u are the most",
			 info->max_width == UINT32_MAX ? "any number of" : "too many", most);
		status = SV_EINVAL;
	} else if (info->min_width == 0) {
		snprintf(why, SV_WHY, "it matches nothing at all");
		status = SV_EINVAL;
	}
	*ret_width = (uint8_t)info->max_width;
	free(info);
	return status;
}

/* (word|word|...): eight bytes each, of control characters that end in \x7F, each once. */
static int spread(struct sv_buf *ret_pattern)
{
	static const uint8_t control[] = {1,  2,  3,  4,  5,  6,  7,  8,  14, 15, 16, 17, 18,
					  19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
	const unsigned n = sizeof(control);
	int status = 0;

	for (unsigned i = 0; status == 0 && i < SPREAD; i++) {
		status = sv_buf_append(ret_pattern, i == 0 ? "(" : "|", 1);
		for (unsigned k = 3; status == 0 && k < 8; k++)
			status =
				sv_buf_printf(ret_pattern, "\\x%02x", control[(i * k + k * k) % n]);
		if (status == 0)
			status = sv_buf_printf(ret_pattern, "\\x%02x\\x%02x\\x7f",
					       control[i / n % n], control[i % n]);
	}
	return status < 0 ? status : sv_buf_append(ret_pattern, ")", 2);
}

static int compile(struct sv_ruleset *set, enum sv_gate gate, struct sv_err *err)
{
	size_t n = 0, rules = set->rules.len, room = rules + set->nouns.len + 2;
	SV_AUTO_FREE const char **patterns = calloc(room, sizeof(*patterns));
	SV_AUTO_FREE unsigned *flags = calloc(room, sizeof(*flags));
	SV_AUTO_FREE unsigned *ids = calloc(room, sizeof(*ids));
	SV_AUTO(sv_buf) words = {0};
	hs_compile_error_t *error = NULL;
	int status = sv_hs_compiler_load(err);

	if (status < 0)
		return status;
	if (!patterns || !flags || !ids)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < rules; i++)
		if (set->gate[i] == gate && set->rules.ptr[i]->word == 0 && set->tail[i] == SV_TAIL_NONE) {
			patterns[n] = sv_rule__anchor(set->rules.ptr[i]);
			ids[n++] = (unsigned)i;
		}
	for (size_t i = 0; gate == SV_GATE_NONE && i < set->nouns.len; i++) {
		patterns[n] = set->nouns.ptr[i].anchor;
		ids[n++] = (unsigned)(rules + i);
	}
	for (size_t i = 0; i < n; i++)
		flags[i] = HS_FLAG_DOTALL;
	if (n == 0)
		return 0;
	if (n >= MANY && spread(&words) < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t k = 0; n >= MANY && k < 2; k++) {
		patterns[n] = k == 0 ? SHORTEST : (const char *)words.ptr;
		flags[n] = HS_FLAG_QUIET;
		ids[n++] = (unsigned)(rules + set->nouns.len + k);
	}
	if (sv_hs_compiler.compile_multi(patterns, flags, ids, (unsigned)n, HS_MODE_BLOCK, &generic,
			     &set->own_db[gate], &error) != HS_SUCCESS) {
		unsigned id = error->expression >= 0 ? ids[error->expression] : (unsigned)rules;

		if (id > rules && id < rules + set->nouns.len)
			id = set->nouns.ptr[id - rules].rules[0];
		status = id < rules ? refuse(set->rules.ptr[id], error->message, err)
				    : sv_err_set(err, SV_EINVAL, "the rules together: %s",
						 error->message);
		sv_hs_compiler.free_compile_error(error);
	}
	return status;
}

/*
 * What the program holds is databases as libhs lays them out in memory: they are neither copied nor
 * deserialised. Another libhs may lay them out otherwise. (hs_alloc_scratch() checks their sums.)
 */
static bool use_embedded(struct sv_ruleset *set)
{
	if (strcmp(hs_version(), sv_rules_builtin_libhs) != 0)
		return false;
	for (int gate = 0; gate < SV_GATES; gate++)
		if (sv_rules_builtin_db_at[gate] != SIZE_MAX)
			set->db[gate] =
				(const hs_database_t *)(const void *)(sv_rules_builtin_db +
								      sv_rules_builtin_db_at[gate]);
	if (sv_rules_builtin_sieve_at != SIZE_MAX)
		set->sieve = (const struct sv_sieve *)(const void *)(sv_rules_builtin_db +
								     sv_rules_builtin_sieve_at);
	set->matcher_source = "embedded";
	return true;
}

/* All that decides what compile() makes. */
static int cache_key(const struct sv_ruleset *set, enum sv_gate gate, char ret_key[33])
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_span all;
	uint8_t raw[16];
	int status = sv_buf_printf(&text, "%s\n%s\ngeneric %s %u\n%s\n", SIEVERT_VERSION,
				   hs_version(), SHORTEST, SPREAD, gates[gate].name);

	for (size_t i = 0; status == 0 && i < set->rules.len; i++) {
		const char *anchor = set->gate[i] == gate && set->tail[i] == SV_TAIL_NONE
					     ? sv_rule__anchor(set->rules.ptr[i])
					     : "";

		/* with its NUL, so that no two lists look alike */
		status = sv_buf_append(&text, anchor, strlen(anchor) + 1);
	}
	for (size_t i = 0; status == 0 && i < set->nouns.len; i++)
		status = sv_buf_append(&text, set->nouns.ptr[i].anchor,
				       strlen(set->nouns.ptr[i].anchor) + 1);
	all = sv_buf_span(&text);
	sv_digest(raw, sizeof(raw), NULL, &all, 1);
	sv_hex(raw, sizeof(raw), ret_key);
	return status;
}

static int make_database(struct sv_ruleset *set, enum sv_gate gate, const char *cache_dir,
			 struct sv_err *err)
{
	char key[33];
	int status;

	if (gate != SV_GATE_NONE && memchr(set->gate, (int)gate, set->rules.len) == NULL)
		return 0;
	status = cache_key(set, gate, key);
	if (status < 0)
		return sv_err_set(err, status, "out of memory");
	if (cache_dir == NULL || sv_cache_load(cache_dir, key, &set->own_db[gate]) < 0) {
		status = compile(set, gate, err);
		set->matcher_source = "compiled";
		/* a cache that cannot be written costs time, nothing else */
		if (status == 0 && cache_dir != NULL && set->own_db[gate] != NULL)
			(void)sv_cache_store(cache_dir, key, set->own_db[gate]);
	}
	set->db[gate] = set->own_db[gate];
	return status;
}

static bool is_builtin(const struct sv_rule *rule)
{
	return (uintptr_t)rule >= (uintptr_t)sv_rules_builtin &&
	       (uintptr_t)rule < (uintptr_t)(sv_rules_builtin + sv_rules_builtin_count);
}

const struct sv_need *sv_rules__need(const struct sv_rule *rule)
{
	return is_builtin(rule) ? &sv_rules_builtin_need[rule - sv_rules_builtin] : NULL;
}

const uint8_t *sv_rules__code(const struct sv_rule *rule)
{
	return is_builtin(rule)
		       ? sv_rules_builtin_db + sv_rules_builtin_code_at[rule - sv_rules_builtin]
		       : NULL;
}

static bool asks_less(const struct sv_ruleset *set, uint32_t a, uint32_t b)
{
	return set->tail[a] != set->tail[b] ? set->tail[a] < set->tail[b]
					    : set->rules.ptr[a]->least < set->rules.ptr[b]->least;
}

/* Rule number i, whose anchor wants a tail, joins those that share it. */
static int add_to_nouns(struct sv_ruleset *set, uint32_t i)
{
	const char *anchor = sv_rule__anchor(set->rules.ptr[i]);
	struct sv_noun_set *with = NULL;
	size_t before = 0;
	uint32_t *rules;

	for (size_t k = 0; with == NULL && k < set->nouns.len; k++)
		if (strcmp(set->nouns.ptr[k].anchor, anchor) == 0)
			with = &set->nouns.ptr[k];
	if (with == NULL) {
		if (sv_vec_push(&set->nouns, ((struct sv_noun_set){.anchor = anchor,
								   .width = set->anchor_width[i]})) < 0)
			return SV_ENOMEM;
		with = &set->nouns.ptr[set->nouns.len - 1];
	}
	/* sets are small and few: the old list stays with the arena */
	rules = sv_arena_alloc(&set->arena, (with->n + 1) * sizeof(*rules));
	if (rules == NULL)
		return SV_ENOMEM;
	/* those of one tail together: it is looked for once */
	while (before < with->n && !asks_less(set, i, with->rules[before]))
		before++;
	if (with->n != 0) {
		memcpy(rules, with->rules, before * sizeof(*rules));
		memcpy(rules + before + 1, with->rules + before, (with->n - before) * sizeof(*rules));
	}
	rules[before] = i;
	with->n++;
	with->rules = rules;
	return 0;
}

static int group_by_tail(struct sv_ruleset *set, struct sv_noun_set *nouns)
{
	struct sv_tail_group *groups =
		sv_arena_alloc(&set->arena, (nouns->n + 1) * sizeof(*groups));
	size_t n = 0;

	if (groups == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < nouns->n; i++) {
		uint32_t rule = nouns->rules[i];
		uint8_t tail = set->tail[rule], least = (uint8_t)set->rules.ptr[rule]->least;

		if (n == 0 || groups[n - 1].tail != tail || groups[n - 1].least != least)
			groups[n++] = (struct sv_tail_group){tail, least, 0};
		groups[n - 1].n++;
		nouns->tails |= 1u << tail;
	}
	nouns->groups = groups;
	nouns->n_groups = n;
	return 0;
}

static int measure_all(struct sv_ruleset *set, struct sv_err *err)
{
	size_t n = set->rules.len;
	char why[SV_WHY];

	set->gate = malloc(n);
	set->tail = malloc(n);
	set->anchor_width = malloc(n);
	if (!set->gate || !set->tail || !set->anchor_width ||
	    sv_vec_push(&set->nouns, ((struct sv_noun_set){.anchor = gates[SV_GATE_ASSIGNMENT].nouns,
							   .width = SV_GATE_NOUN})) < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct sv_rule *rule = set->rules.ptr[i];

		set->gate[i] = (uint8_t)(rule->word ? SV_GATE_RUN : sv_rules__gate(rule->gate));
		set->tail[i] = (uint8_t)sv_rules__tail(rule->tail);
		if (is_builtin(rule))
			set->anchor_width[i] =
				sv_rules_builtin_anchor_width[rule - sv_rules_builtin];
		else if (sv_rules__measure(rule, &set->anchor_width[i], why) < 0)
			return refuse(rule, why, err);
		if (set->tail[i] != SV_TAIL_NONE && add_to_nouns(set, (uint32_t)i) < 0)
			return sv_err_set(err, SV_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < set->nouns.len; i++)
		if (group_by_tail(set, &set->nouns.ptr[i]) < 0)
			return sv_err_set(err, SV_ENOMEM, "out of memory");
	return 0;
}

int sv_rules__match_with(struct sv_ruleset *set, bool builtin, const char *cache_dir,
			 struct sv_err *err)
{
	int status = measure_all(set, err);

	if (status == 0 && !(builtin && use_embedded(set))) {
		set->matcher_source = "cache";
		for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
			status = make_database(set, (enum sv_gate)gate, cache_dir, err);
	}
	for (int gate = 0; status == 0 && gate < SV_GATES; gate++)
		if (set->db[gate] != NULL &&
		    hs_alloc_scratch(set->db[gate], &set->scratch) != HS_SUCCESS)
			status = sv_err_set(err, SV_ENOMEM, "Hyperscan has no memory to scan with");
	return status;
}
