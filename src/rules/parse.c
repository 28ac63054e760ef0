#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/rules.h"
#include <pcre2.h>
#include <stdio.h>
#include <yaml.h>

#define MAX_WIDTH   65536
#define MAX_RULES   20000 /* of a set */
#define MAX_ID	    100
#define MAX_PATTERN 15000 /* Hyperscan takes 16,000 */
#define MAX_ITEMS   1000  /* of one list */
#define MAX_DEPTH   8

struct parser {
	struct sv_ruleset *set;
	yaml_document_t doc;
	const char *origin;
	struct sv_err *err;
};

static int fail(struct parser *p, const yaml_node_t *node, const char *what, const char *detail)
{
	return sv_err_set(p->err, SV_EINVAL, "%s:%zu:%zu: %s%s%s", p->origin,
			  node->start_mark.line + 1, node->start_mark.column + 1, what,
			  detail ? ": " : "", detail ? detail : "");
}

static int read_text(struct parser *p, const yaml_node_t *node, const char **ret)
{
	if (node->type != YAML_SCALAR_NODE)
		return fail(p, node, "a text is wanted here", NULL);
	if (node->data.scalar.length == 0)
		return fail(p, node, "this is empty", NULL);
	if (memchr(node->data.scalar.value, '\0', node->data.scalar.length) != NULL)
		return fail(p, node, "a NUL character is not read here", NULL);
	*ret = sv_arena_strndup(&p->set->arena, node->data.scalar.value, node->data.scalar.length);
	return *ret == NULL ? SV_ENOMEM : 0;
}

/* What reports print beside a finding: it must not be able to draw on a terminal. */
static int read_line(struct parser *p, const yaml_node_t *node, const char **ret)
{
	int status = read_text(p, node, ret);

	for (const char *c = *ret; status == 0 && *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			return fail(p, node, "one line without control characters is wanted here",
				    NULL);
	return status;
}

static int read_id(struct parser *p, const yaml_node_t *node, const char **ret)
{
	int status = read_text(p, node, ret);

	if (status < 0)
		return status;
	if (node->data.scalar.length > MAX_ID)
		return fail(p, node, "an id has at most 100 characters", NULL);
	if ((*ret)[strspn(*ret, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return fail(p, node, "an id is made of a-z, 0-9 and -", NULL);
	return 0;
}

/* The expression as detect/scanner.c will compile it: better told now than at its first hit. */
static int read_pattern(struct parser *p, const yaml_node_t *node, const char **ret)
{
	PCRE2_UCHAR words[200];
	char detail[240];
	PCRE2_SIZE at;
	pcre2_code *code;
	int error, status = read_text(p, node, ret);

	if (status < 0)
		return status;
	if (node->data.scalar.length > MAX_PATTERN)
		return fail(p, node, "an expression has at most 15000 characters", NULL);
	code = pcre2_compile((PCRE2_SPTR)*ret, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
	pcre2_code_free(code);
	if (code != NULL)
		return 0;
	pcre2_get_error_message(error, words, sizeof(words));
	snprintf(detail, sizeof(detail), "at its byte %zu: %s", at + 1, (const char *)words);
	return fail(p, node, "PCRE2 does not take this", detail);
}

static int read_list(struct parser *p, const yaml_node_t *node, const char *const **ret)
{
	const char **list;
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE)
		return fail(p, node, "a list is wanted here", NULL);
	n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (n > MAX_ITEMS)
		return fail(p, node, "a list has at most 1000 items", NULL);
	list = sv_arena_alloc(&p->set->arena, (n + 1) * sizeof(*list));
	if (list == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int status = read_text(
			p, yaml_document_get_node(&p->doc, node->data.sequence.items.start[i]),
			&list[i]);

		if (status < 0)
			return status;
	}
	*ret = list;
	return 0;
}

static int read_number(struct parser *p, const yaml_node_t *node, double least, double most,
		       double *ret)
{
	const char *text = NULL;
	char *end;
	int status = read_text(p, node, &text);

	if (status < 0)
		return status;
	*ret = strtod(text, &end);
	if (*end != '\0' || strspn(text, "0123456789.") != strlen(text) ||
	    !(*ret >= least && *ret <= most))
		return fail(p, node, "not a number in range", text);
	return 0;
}

enum kind {
	ID,
	LINE,
	TEXT,
	EXPRESSION,
	LIST,
	SEVERITY,
	CONFIDENCE,
	CLASS,
	GATE_NAME,
	TAIL_NAME,
	LEAST,
	WORD,
	WIDTH,
	ENTROPY,
	PRACTICE,
	SLOT
};
struct key {
	const char *name;
	enum kind kind;
	size_t offset;
};
#define RULE(member) offsetof(struct sv_rule, member)
static const struct key rule_keys[] = {
	{"id", ID, RULE(id)},
	{"name", LINE, RULE(name)},
	{"description", LINE, RULE(description)},
	{"severity", SEVERITY, RULE(severity)},
	{"confidence", CONFIDENCE, RULE(confidence)},
	{"class", CLASS, RULE(cls)},
	{"pattern", EXPRESSION, RULE(pattern)},
	{"anchor", TEXT, RULE(anchor)},
	{"gate", GATE_NAME, RULE(gate)},
	{"tail", TAIL_NAME, RULE(tail)},
	{"least", LEAST, RULE(least)},
	{"word", WORD, RULE(word)},
	{"width", WIDTH, RULE(width)},
	{"lead", WIDTH, RULE(lead)},
	{"entropy", ENTROPY, RULE(entropy)},
	{"checks", LIST, RULE(checks)},
	{"slot", SLOT, RULE(slot)},
	{"documents", LIST, RULE(documents)},
	{"practice", PRACTICE, RULE(practice)},
	{"examples", LIST, RULE(examples)},
	{"refuses", LIST, RULE(refuses)},
	{0},
};
static const struct key practice_keys[] = {
	{"instead", LINE, RULE(practice.instead)}, {"rotate", LINE, RULE(practice.rotate)},
	{"docs", LINE, RULE(practice.docs)},	   {"mcsb", LIST, RULE(practice.mcsb)},
	{"mcsb-v2", LIST, RULE(practice.mcsb_v2)}, {"policies", LIST, RULE(practice.policies)},
	{"cwe", LIST, RULE(practice.cwe)},	   {"sec101", LIST, RULE(practice.sec101)},
	{"github", LIST, RULE(practice.github)},   {0},
};
static const struct key slot_keys[] = {
	{"types", LIST, RULE(slot.types)},     {"within", LIST, RULE(slot.within)},
	{"outside", LIST, RULE(slot.outside)}, {"with", LIST, RULE(slot.with)},
	{"without", LIST, RULE(slot.without)}, {0},
};

static int read_map(struct parser *p, const yaml_node_t *map, const struct key *keys,
		    struct sv_rule *rule);

static int read_member(struct parser *p, const yaml_node_t *node, const struct key *key,
		       struct sv_rule *rule)
{
	void *at = (char *)rule + key->offset;
	const char *text = NULL;
	double number = 0;
	int status = 0;

	switch (key->kind) {
	case ID:
		return read_id(p, node, at);
	case LINE:
		return read_line(p, node, at);
	case TEXT:
		return read_text(p, node, at);
	case EXPRESSION:
		return read_pattern(p, node, at);
	case LIST:
		return read_list(p, node, at);
	case PRACTICE:
		return read_map(p, node, practice_keys, rule);
	case SLOT:
		return read_map(p, node, slot_keys, rule);
	case ENTROPY:
		return read_number(p, node, 0, 8, at);
	case WORD:
		status = read_number(p, node, SV_RUN, SV_RUN_BEFORE + SV_RUN, &number);
		if (status == 0)
			*(unsigned *)at = (unsigned)number;
		return status;
	case WIDTH:
	case LEAST:
		status = read_number(p, node, 1, key->kind == WIDTH ? MAX_WIDTH : SV_LEAST_MAX, &number);
		if (status == 0 && number != (double)(unsigned)number)
			return fail(p, node, "a whole number is wanted here", NULL);
		if (status == 0)
			*(unsigned *)at = (unsigned)number;
		return status;
	case SEVERITY:
	case CONFIDENCE:
	case CLASS:
	case GATE_NAME:
	case TAIL_NAME:
		status = read_text(p, node, &text);
		break;
	}
	if (status < 0)
		return status;
	if (key->kind == GATE_NAME)
		status = sv_rules__gate(*(const char **)at = text) == SV_GATES ? SV_EINVAL : 0;
	else if (key->kind == TAIL_NAME)
		status = sv_rules__tail(*(const char **)at = text) == SV_TAILS ? SV_EINVAL : 0;
	else if (key->kind == SEVERITY)
		status = sv_severity_parse(text, at);
	else if (key->kind == CONFIDENCE)
		status = sv_confidence_parse(text, at);
	else if (strcmp(text, "secret") != 0 && strcmp(text, "practice") != 0)
		status = SV_EINVAL;
	else
		*(enum sv_class *)at = text[0] == 's' ? SV_CLASS_SECRET : SV_CLASS_PRACTICE;
	return status < 0 ? fail(p, node, "unknown value", text) : 0;
}

static int read_map(struct parser *p, const yaml_node_t *map, const struct key *keys,
		    struct sv_rule *rule)
{
	uint32_t seen = 0;

	if (map->type != YAML_MAPPING_NODE)
		return fail(p, map, "a map is wanted here", NULL);
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(&p->doc, pair->key);
		const struct key *key = keys;
		const char *text = NULL;
		int status = read_text(p, name, &text);

		if (status < 0)
			return status;
		while (key->name != NULL && strcmp(key->name, text) != 0)
			key++;
		if (key->name == NULL)
			return fail(p, name, "unknown key", text);
		if (seen & 1u << (key - keys))
			return fail(p, name, "key given twice", text);
		seen |= 1u << (key - keys);
		status = read_member(p, yaml_document_get_node(&p->doc, pair->value), key, rule);
		if (status < 0)
			return status;
	}
	return 0;
}

/* The value of a key that the map has. */
static const yaml_node_t *value_of(struct parser *p, const yaml_node_t *map, const char *key)
{
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(&p->doc, pair->key);

		if (strcmp((const char *)name->data.scalar.value, key) == 0)
			return yaml_document_get_node(&p->doc, pair->value);
	}
	return map;
}

/* What Hyperscan will look for: an anchor, or the pattern itself. */
static int check_anchor(struct parser *p, const yaml_node_t *map, const struct sv_rule *rule)
{
	const yaml_node_t *node = value_of(p, map, rule->anchor ? "anchor" : "pattern");
	char why[SV_WHY];
	uint8_t width;

	if (strlen(sv_rule__anchor(rule)) > MAX_PATTERN)
		return fail(p, node, "an expression has at most 15000 characters", NULL);
	if (rule->tail && (!rule->anchor || rule->gate))
		return fail(p, value_of(p, map, "tail"), "a tail is of a rule with an anchor and no gate", NULL);
	if (sv_rules__measure(rule, &width, why) < 0)
		return fail(p, node,
			    rule->anchor ? "not to be looked for"
					 : "not to be looked for without an anchor",
			    why);
	return 0;
}

static const char *missing(const struct sv_rule *rule)
{
	return !rule->id			       ? "id"
	       : !rule->name			       ? "name"
	       : !rule->pattern			       ? "pattern"
	       : !rule->width			       ? "width"
	       : !rule->examples || !rule->examples[0] ? "examples"
	       : !rule->refuses || !rule->refuses[0]   ? "refuses"
						       : NULL;
}

static int read_rule(struct parser *p, const yaml_node_t *node)
{
	struct sv_rule *rule = sv_arena_alloc(&p->set->arena, sizeof(*rule));
	int status;

	if (rule == NULL)
		return SV_ENOMEM;
	if (p->set->rules.len >= MAX_RULES)
		return fail(p, node, "more than 20000 rules", NULL);
	rule->confidence = SV_CONF_MEDIUM;
	rule->severity = SV_HIGH;
	rule->line = (unsigned)node->start_mark.line + 1;
	rule->origin = sv_arena_strdup(&p->set->arena, p->origin);
	if (rule->origin == NULL)
		return SV_ENOMEM;
	status = read_map(p, node, rule_keys, rule);
	if (status < 0)
		return status;
	if (missing(rule) != NULL)
		return fail(p, node, "this rule is without", missing(rule));
	if (sv_ruleset_find(p->set, rule->id) != NULL)
		return fail(p, value_of(p, node, "id"), "this id is taken", rule->id);
	status = check_anchor(p, node, rule);
	return status < 0 ? status : sv_vec_push(&p->set->rules, rule);
}

static int yaml_problem(struct parser *p, const yaml_parser_t *yaml, struct sv_span text)
{
	size_t line = yaml->problem_mark.line + 1, column = yaml->problem_mark.column + 1;

	/* bytes that are no characters have an offset only */
	if (yaml->error == YAML_READER_ERROR) {
		line = column = 1;
		for (size_t i = 0; i < yaml->problem_offset && i < text.len; i++, column++)
			if (text.ptr[i] == '\n') {
				line++;
				column = 0;
			}
	}
	return sv_err_set(p->err, SV_EINVAL, "%s:%zu:%zu: %s", p->origin, line, column,
			  yaml->problem ? yaml->problem : "not YAML");
}

/*
 * What could make a small file a large document (aliases, nesting), and what would be left out in
 * silence (a second document), is refused before a document is built.
 */
static const char *refuse_event(const yaml_event_t *event, int *depth, int *documents)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "aliases are not read here";
	case YAML_DOCUMENT_START_EVENT:
		return ++*documents > 1 ? "one document is wanted in a file" : NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return ++*depth > MAX_DEPTH ? "this is nested too deep" : NULL;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		return NULL;
	default:
		return NULL;
	}
}

static int check_events(struct parser *p, struct sv_span text)
{
	yaml_parser_t yaml;
	int depth = 0, documents = 0, status = 0;
	bool end = false;

	if (!yaml_parser_initialize(&yaml))
		return sv_err_set(p->err, SV_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&yaml, text.ptr, text.len);
	while (status == 0 && !end) {
		yaml_event_t event;
		const char *why;

		if (!yaml_parser_parse(&yaml, &event)) {
			status = yaml_problem(p, &yaml, text);
			break;
		}
		why = refuse_event(&event, &depth, &documents);
		if (why != NULL)
			status = sv_err_set(p->err, SV_EINVAL, "%s:%zu:%zu: %s", p->origin,
					    event.start_mark.line + 1, event.start_mark.column + 1,
					    why);
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&yaml);
	return status;
}

static int read_rules(struct parser *p)
{
	const yaml_node_t *root = yaml_document_get_root_node(&p->doc);
	int status = 0;

	if (root == NULL)
		return sv_err_set(p->err, SV_EINVAL, "%s:1:1: a list of rules is wanted",
				  p->origin);
	if (root->type != YAML_SEQUENCE_NODE)
		return fail(p, root, "a list of rules is wanted here", NULL);
	for (const yaml_node_item_t *item = root->data.sequence.items.start;
	     status == 0 && item < root->data.sequence.items.top; item++)
		status = read_rule(p, yaml_document_get_node(&p->doc, *item));
	return status;
}

int sv_rules__parse(struct sv_ruleset *set, struct sv_span text, const char *origin,
		    struct sv_err *err)
{
	struct parser p = {.set = set, .origin = origin, .err = err};
	yaml_parser_t yaml;
	int status = check_events(&p, text);

	if (status < 0)
		return status;
	if (!yaml_parser_initialize(&yaml))
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&yaml, text.ptr, text.len);
	if (yaml_parser_load(&yaml, &p.doc)) {
		status = read_rules(&p);
		yaml_document_delete(&p.doc);
	} else {
		status = yaml_problem(&p, &yaml, text);
	}
	yaml_parser_delete(&yaml);
	return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
}
