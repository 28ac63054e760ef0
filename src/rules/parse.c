#include "rules/rules.h"
#include <yaml.h>

#define MAX_WIDTH 65536

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
	*ret = sv_arena_strndup(&p->set->arena, node->data.scalar.value, node->data.scalar.length);
	return *ret == NULL ? SV_ENOMEM : 0;
}

static int read_list(struct parser *p, const yaml_node_t *node, const char *const **ret)
{
	const char **list;
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE)
		return fail(p, node, "a list is wanted here", NULL);
	n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	list = sv_arena_alloc(&p->set->arena, (n + 1) * sizeof(*list));
	if (list == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int status = read_text(
			p, yaml_document_get_node(&p->doc, node->data.sequence.items.start[i]), &list[i]);

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
	if (*end != '\0' || !(*ret >= least && *ret <= most))
		return fail(p, node, "not a number in range", text);
	return 0;
}

enum kind { TEXT, LIST, SEVERITY, CONFIDENCE, CLASS, GATE_NAME, WIDTH, ENTROPY, PRACTICE };
struct key {
	const char *name;
	enum kind kind;
	size_t offset;
};
#define RULE(member) offsetof(struct sv_rule, member)
static const struct key rule_keys[] = {
	{"id", TEXT, RULE(id)},
	{"name", TEXT, RULE(name)},
	{"description", TEXT, RULE(description)},
	{"severity", SEVERITY, RULE(severity)},
	{"confidence", CONFIDENCE, RULE(confidence)},
	{"class", CLASS, RULE(cls)},
	{"pattern", TEXT, RULE(pattern)},
	{"anchor", TEXT, RULE(anchor)},
	{"gate", GATE_NAME, RULE(gate)},
	{"width", WIDTH, RULE(width)},
	{"lead", WIDTH, RULE(lead)},
	{"entropy", ENTROPY, RULE(entropy)},
	{"checks", LIST, RULE(checks)},
	{"practice", PRACTICE, RULE(practice)},
	{"examples", LIST, RULE(examples)},
	{"refuses", LIST, RULE(refuses)},
	{0},
};
static const struct key practice_keys[] = {
	{"instead", TEXT, RULE(practice.instead)}, {"rotate", TEXT, RULE(practice.rotate)},
	{"docs", TEXT, RULE(practice.docs)},	   {"mcsb", LIST, RULE(practice.mcsb)},
	{"cwe", LIST, RULE(practice.cwe)},	   {0},
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
	case TEXT:
		return read_text(p, node, at);
	case LIST:
		return read_list(p, node, at);
	case PRACTICE:
		return read_map(p, node, practice_keys, rule);
	case ENTROPY:
		return read_number(p, node, 0, 8, at);
	case WIDTH:
		status = read_number(p, node, 1, MAX_WIDTH, &number);
		if (status == 0)
			*(unsigned *)at = (unsigned)number;
		return status;
	case SEVERITY:
	case CONFIDENCE:
	case CLASS:
	case GATE_NAME:
		status = read_text(p, node, &text);
		break;
	}
	if (status < 0)
		return status;
	if (key->kind == GATE_NAME)
		status = sv_rules__gate(*(const char **)at = text) == SV_GATES ? SV_EINVAL : 0;
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

static int read_rule(struct parser *p, const yaml_node_t *node)
{
	struct sv_rule *rule = sv_arena_alloc(&p->set->arena, sizeof(*rule));
	int status;

	if (rule == NULL)
		return SV_ENOMEM;
	rule->confidence = SV_CONF_MEDIUM;
	rule->severity = SV_HIGH;
	rule->line = (unsigned)node->start_mark.line + 1;
	rule->origin = sv_arena_strdup(&p->set->arena, p->origin);
	status = read_map(p, node, rule_keys, rule);
	if (status < 0)
		return status;
	if (!rule->id || !rule->name || !rule->pattern || !rule->width || !rule->examples ||
	    !rule->refuses || !rule->examples[0] || !rule->refuses[0])
		return fail(p, node, "a rule needs id, name, pattern, width, examples and refuses",
			    rule->id);
	if (sv_ruleset_find(p->set, rule->id) != NULL)
		return fail(p, node, "this id is taken", rule->id);
	return sv_vec_push(&p->set->rules, rule);
}

int sv_rules__parse(struct sv_ruleset *set, struct sv_span text, const char *origin,
		    struct sv_err *err)
{
	struct parser p = {.set = set, .origin = origin, .err = err};
	yaml_parser_t yaml;
	const yaml_node_t *root;
	int status = 0;

	if (!yaml_parser_initialize(&yaml))
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	yaml_parser_set_input_string(&yaml, text.ptr, text.len);
	if (!yaml_parser_load(&yaml, &p.doc)) {
		status = sv_err_set(err, SV_EINVAL, "%s:%zu:%zu: %s", origin,
				    yaml.problem_mark.line + 1, yaml.problem_mark.column + 1,
				    yaml.problem ? yaml.problem : "not YAML");
		yaml_parser_delete(&yaml);
		return status;
	}
	root = yaml_document_get_root_node(&p.doc);
	if (root == NULL || root->type != YAML_SEQUENCE_NODE)
		status = sv_err_set(err, SV_EINVAL, "%s:1:1: a list of rules is wanted", origin);
	for (size_t i = 0; status == 0 &&
			   i < (size_t)(root->data.sequence.items.top -
					root->data.sequence.items.start);
	     i++)
		status = read_rule(&p, yaml_document_get_node(
					       &p.doc, root->data.sequence.items.start[i]));
	yaml_document_delete(&p.doc);
	yaml_parser_delete(&yaml);
	return status;
}
