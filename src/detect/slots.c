/*
 * One reader for each way that templates nest: braces (JSON, ARM, Bicep, HCL), tags (XML),
 * indentation (YAML). It finds the blocks around an offset, innermost last, and looks up members of
 * a block. It never fails: text that is none of these has no blocks.
 */
#include "detect/slots.h"
#include "detect/checks.h"
#include <ctype.h>
#include <strings.h>

#define MAX_BLOCKS 48

enum syntax { BRACES, TAGS, LINES };
struct block {
	struct sv_span head; /* what stands before it: "settings", resource "x" "y", a tag's name */
	size_t from,
		to;   /* its members: after the brace, in the tag, the lines of one indentation */
	size_t close; /* of braces: where the one that ends it stands, or the text does */
};
struct blocks {
	enum syntax syntax;
	struct sv_span text;
	struct block at[MAX_BLOCKS];
	size_t n;
};

static bool in_word(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

static size_t line_of(struct sv_span text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct sv_span text, size_t at)
{
	const uint8_t *end = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;

	return end ? (size_t)(end - text.ptr) : text.len;
}

static struct sv_span trimmed(struct sv_span s)
{
	static const char dressing[] = " \t\r\"'`,;\\";

	while (s.len != 0 && memchr(dressing, s.ptr[0], sizeof(dressing) - 1) != NULL)
		s = sv_span(s.ptr + 1, s.len - 1);
	while (s.len != 0 && memchr(dressing, s.ptr[s.len - 1], sizeof(dressing) - 1) != NULL)
		s.len--;
	return s;
}

/* ---- braces ---- */

/* What the readers of braces stop at; a line and a comma only where members are looked for. */
static const bool marks[256] = {
	['{'] = true, ['['] = true,  ['}'] = true,  [']'] = true, ['"'] = true,
	['/'] = true, ['\''] = true, ['\n'] = true, [','] = true,
};

static size_t next_mark(struct sv_span text, size_t at)
{
	while (at < text.len && !marks[text.ptr[at]])
		at++;
	return at;
}

/* Goes on by one character of text outside of strings and comments; strings end with their line. */
static size_t step(struct sv_span text, size_t at)
{
	uint8_t quote = text.ptr[at];

	if (quote == '/' && at + 1 < text.len && text.ptr[at + 1] == '/')
		return line_end(text, at);
	if (quote != '"' && quote != '\'')
		return at + 1;
	for (at++; at < text.len && text.ptr[at] != '\n'; at++) {
		if (text.ptr[at] == '\\')
			at++;
		else if (text.ptr[at] == quote)
			return at + 1;
	}
	return at < text.len ? at : text.len;
}

/*
 * Where each block ends: from the innermost on, and of every other one from where the one inside of
 * it ends, so that nothing is read twice.
 */
static void find_closes(struct blocks *b)
{
	struct sv_span text = b->text;
	size_t at = b->n > 0 ? b->at[b->n - 1].from : 0;

	for (size_t i = b->n; i-- > 0;) {
		size_t depth = 0;

		for (at = next_mark(text, at); at < text.len;
		     at = next_mark(text, step(text, at))) {
			uint8_t c = text.ptr[at];

			depth += c == '{' || c == '[';
			if ((c == '}' || c == ']') && depth-- == 0)
				break;
		}
		b->at[i].close = at < text.len ? at : text.len;
		at += at < text.len;
	}
}

static void find_braces(struct blocks *b, size_t hit)
{
	struct sv_span text = b->text;

	b->syntax = BRACES;
	for (size_t at = 0; at < hit;) {
		uint8_t c = text.ptr[at];
		size_t next = marks[c] ? step(text, at) : next_mark(text, at);

		if ((c == '{' || c == '[') && b->n < MAX_BLOCKS) {
			size_t line = line_of(text, at);

			b->at[b->n++] = (struct block){sv_span(text.ptr + line, at - line), at + 1,
						       text.len, text.len};
		} else if ((c == '}' || c == ']') && b->n > 0) {
			b->n--;
		}
		/* the hit may be inside of a string */
		at = next > hit ? hit : next;
	}
	/* "properties: { sharedKey: 'x'" on one line: the head ends at the brace before */
	for (size_t i = 0; i < b->n; i++) {
		struct sv_span head = b->at[i].head;

		for (size_t n = head.len; n > 0; n--)
			if (head.ptr[n - 1] == '{' || head.ptr[n - 1] == '[' ||
			    head.ptr[n - 1] == ',') {
				b->at[i].head = sv_span(head.ptr + n, head.len - n);
				break;
			}
	}
	find_closes(b);
}

/* A key at i of a block, and its value: "name": value, name: value, name = value. */
static bool member_at(struct sv_span text, size_t i, struct sv_span *key, struct sv_span *value)
{
	size_t start = i, end, at;
	uint8_t quote = text.ptr[i] == '"' || text.ptr[i] == '\'' ? text.ptr[i] : 0;

	i += quote != 0;
	at = i;
	while (at < text.len && (isalnum(text.ptr[at]) || text.ptr[at] == '_' ||
				 text.ptr[at] == '-' || text.ptr[at] == '.'))
		at++;
	*key = sv_span(text.ptr + i, at - i);
	at += quote != 0;
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
		at++;
	if (key->len == 0 || at >= text.len || (text.ptr[at] != ':' && text.ptr[at] != '='))
		return false;
	(void)start;
	for (end = ++at; end < text.len && text.ptr[end] != '\n' && text.ptr[end] != ',' &&
			 text.ptr[end] != '}';)
		end = step(text, end);
	*value = trimmed(sv_span(text.ptr + at, (end < text.len ? end : text.len) - at));
	return true;
}

static bool find_member(const struct blocks *b, const struct block *block, const char *name,
			size_t n, struct sv_span *ret)
{
	struct sv_span text = sv_span(b->text.ptr, block->to), key, value;
	const struct block *inner = block + 1 < b->at + b->n ? block + 1 : NULL;
	size_t depth = 0;
	bool fresh = true;

	for (size_t at = block->from; at < text.len; at = step(text, at)) {
		uint8_t c;

		/* the block inside has no members of this one */
		if (inner != NULL && at == inner->from - 1) {
			at = inner->close;
			fresh = false;
			if (at >= text.len)
				return false;
			continue;
		}
		c = text.ptr[at];

		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && depth-- == 0)
			return false;
		if (fresh && depth == 0 && (c == '"' || c == '\'' || isalpha(c) || c == '_') &&
		    member_at(text, at, &key, &value) && key.len == n &&
		    strncasecmp((const char *)key.ptr, name, n) == 0) {
			*ret = value;
			return true;
		}
		fresh = c == '\n' || c == ',' || c == '{' ||
			(fresh && (c == ' ' || c == '\t' || c == '\r'));
		/* in the midst of a member: on to where it may end */
		if (!fresh && !marks[c])
			at = next_mark(text, at) - 1;
	}
	return false;
}

/* ---- tags ---- */

static bool is_tag(struct sv_span text, size_t at)
{
	return text.ptr[at] == '<' && at + 1 < text.len &&
	       (isalpha(text.ptr[at + 1]) || text.ptr[at + 1] == '/');
}

static bool looks_like_tags(struct sv_span text, size_t hit)
{
	for (size_t at = hit; at-- > 0 && hit - at < 1024;) {
		if (text.ptr[at] == '<')
			return is_tag(text, at);
		if (text.ptr[at] == '>' && at > 0 && text.ptr[at - 1] != '=' &&
		    text.ptr[at - 1] != '-')
			return memchr(text.ptr, '<', at) != NULL;
		if (text.ptr[at] == '{' || text.ptr[at] == '}')
			return false;
	}
	return false;
}

static void find_tags(struct blocks *b, size_t hit)
{
	struct sv_span text = b->text;

	b->syntax = TAGS;
	for (size_t at = 0; at < hit; at++) {
		size_t name = at + 1, end = at + 1;
		const uint8_t *close;

		if (!is_tag(text, at))
			continue;
		while (end < text.len && in_word(text.ptr[end]))
			end++;
		close = memchr(text.ptr + end, '>', text.len - end);
		if (text.ptr[name] == '/') {
			b->n -= b->n > 0;
			continue;
		}
		if (b->n < MAX_BLOCKS)
			b->at[b->n++] = (struct block){
				sv_span(text.ptr + name, end - name), end,
				close ? (size_t)(close - text.ptr) : text.len, text.len};
		/* closed in itself before the hit: it holds nothing */
		if (close != NULL && close[-1] == '/' && (size_t)(close - text.ptr) < hit)
			b->n--;
	}
}

static bool find_attribute(const struct blocks *b, const struct block *block, const char *name,
			   size_t n, struct sv_span *ret)
{
	for (size_t at = block->from; at + n + 3 < block->to; at++) {
		const uint8_t *p = b->text.ptr + at;
		size_t end;

		if (!isspace(p[0]) || strncasecmp((const char *)p + 1, name, n) != 0 ||
		    p[n + 1] != '=')
			continue;
		for (end = at + n + 3;
		     end < block->to && b->text.ptr[end] != b->text.ptr[at + n + 2]; end++)
			;
		*ret = trimmed(sv_span(p + n + 2, end - (at + n + 2)));
		return true;
	}
	return false;
}

/* ---- lines ---- */

static size_t indent_of(struct sv_span text, size_t line)
{
	size_t at = line;

	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '-'))
		at++;
	return at - line;
}

static bool is_blank(struct sv_span text, size_t line)
{
	size_t at = line + indent_of(text, line);

	return at >= text.len || text.ptr[at] == '\n' || text.ptr[at] == '\r' ||
	       text.ptr[at] == '#';
}

static void find_lines(struct blocks *b, size_t hit)
{
	struct sv_span text = b->text;
	size_t line = line_of(text, hit), indent = indent_of(text, line), from = line;
	struct block found[MAX_BLOCKS];
	size_t n = 0;

	b->syntax = LINES;
	while (line > 0 && n < MAX_BLOCKS) {
		size_t above = line_of(text, line - 1), its = indent_of(text, above);

		line = above;
		if (is_blank(text, above))
			continue;
		if (its >= indent) {
			from = above;
			continue;
		}
		found[n++] =
			(struct block){sv_span(text.ptr + above, line_end(text, above) - above),
				       from, text.len, text.len};
		indent = its;
		from = above;
	}
	if (n < MAX_BLOCKS)
		found[n++] = (struct block){{NULL, 0}, from, text.len, text.len};
	for (size_t i = 0; i < n; i++)
		b->at[b->n++] = found[n - 1 - i];
}

static bool find_line(const struct blocks *b, const struct block *block, const char *name, size_t n,
		      struct sv_span *ret)
{
	struct sv_span text = b->text, key;
	size_t indent = indent_of(text, block->from);

	for (size_t line = block->from; line < block->to; line = line_end(text, line) + 1) {
		size_t its = indent_of(text, line);

		if (is_blank(text, line))
			continue;
		if (its < indent)
			return false;
		if (its == indent &&
		    member_at(sv_span(text.ptr, line_end(text, line)), line + its, &key, ret) &&
		    key.len == n && strncasecmp((const char *)key.ptr, name, n) == 0)
			return true;
	}
	return false;
}

/* ---- all of them ---- */

static void find_blocks(struct blocks *b, struct sv_span text, size_t hit)
{
	b->text = text;
	b->n = 0;
	if (looks_like_tags(text, hit)) {
		find_tags(b, hit);
		return;
	}
	find_braces(b, hit);
	if (b->n == 0)
		find_lines(b, hit);
}

static bool find(const struct blocks *b, const struct block *block, const char *name, size_t n,
		 struct sv_span *ret)
{
	return b->syntax == BRACES ? find_member(b, block, name, n, ret)
	       : b->syntax == TAGS ? find_attribute(b, block, name, n, ret)
				   : find_line(b, block, name, n, ret);
}

/* word, with * at its ends for anything there; whatever the case */
static bool is_word(struct sv_span s, const char *word)
{
	size_t n = strlen(word);

	if (n == 1 && word[0] == '*')
		return true;
	if (n > 0 && word[0] == '*') {
		for (word++; s.len != 0; s = sv_span(s.ptr + 1, s.len - 1))
			if (is_word(s, word))
				return true;
		return false;
	}
	if (n > 0 && word[n - 1] == '*')
		return s.len >= n - 1 && strncasecmp((const char *)s.ptr, word, n - 1) == 0;
	return s.len == n && strncasecmp((const char *)s.ptr, word, n) == 0;
}

static bool is_any(struct sv_span s, const char *const *words)
{
	for (; words && *words; words++)
		if (is_word(s, *words))
			return true;
	return false;
}

/* "settings" of settings: {, "settings": {, settings = {, and of a line "  settings:" */
static struct sv_span name_of(struct sv_span head)
{
	size_t n = head.len, end;

	if (n == 0)
		return head;
	while (n > 0 && !isalnum(head.ptr[n - 1]) && head.ptr[n - 1] != '_')
		n--;
	end = n;
	while (n > 0 && (isalnum(head.ptr[n - 1]) || head.ptr[n - 1] == '_'))
		n--;
	return sv_span(head.ptr + n, end - n);
}

/* the first text in quotes of a head: resource "azurerm_x" "y", resource x
 * 'Microsoft.X/y@2023-01-01' */
static struct sv_span quoted_of(struct sv_span head)
{
	for (size_t i = 0; i < head.len; i++) {
		size_t end = i + 1;

		if (head.ptr[i] != '"' && head.ptr[i] != '\'')
			continue;
		while (end < head.len && head.ptr[end] != head.ptr[i] && head.ptr[end] != '@')
			end++;
		return sv_span(head.ptr + i + 1, end - i - 1);
	}
	return sv_span(NULL, 0);
}

static bool is_type(const struct blocks *b, const struct block *block, const char *const *types)
{
	struct sv_span type;

	if (is_any(quoted_of(block->head), types))
		return true;
	return find(b, block, "type", 4, &type) && is_any(type, types);
}

/* "name" or "name=value" among the members of block */
static bool has_member(const struct blocks *b, const struct block *block, const char *asked)
{
	size_t n = strcspn(asked, "=");
	struct sv_span value;

	if (!find(b, block, asked, n, &value))
		return false;
	return asked[n] == '\0' || is_word(value, asked + n + 1);
}

static bool any_member(const struct blocks *b, size_t from, const char *const *asked)
{
	for (size_t i = from; i < b->n; i++)
		for (const char *const *a = asked; a && *a; a++)
			if (has_member(b, &b->at[i], *a))
				return true;
	return false;
}

/* Is any of these words, or of those before their "=", anywhere in text? Yes if there are none. */
static bool may_speak_of(struct sv_span text, const char *const *words)
{
	bool none = words == NULL;

	for (; words != NULL && *words != NULL; words++) {
		size_t from = strspn(*words, "*"), n = strcspn(*words + from, "*=");
		char plain[64];

		if (n == 0 || n >= sizeof(plain))
			return true;
		memcpy(plain, *words + from, n);
		plain[n] = '\0';
		if (sv_holds(text, plain))
			return true;
	}
	return none;
}

bool sv_slot_fits(const struct sv_check_input *in, const struct sv_slot *slot)
{
	size_t secret = (size_t)(in->secret.ptr - in->wide.ptr), from = 0;
	struct blocks b;
	bool within = slot->within == NULL;

	/* most text is no template: that is seen without reading it as one */
	if (!may_speak_of(in->wide, slot->types) || !may_speak_of(in->wide, slot->within) ||
	    !may_speak_of(in->wide, slot->with))
		return false;
	find_blocks(&b, in->wide, secret);
	for (size_t i = 0; i < b.n && !within; i++)
		within = is_any(name_of(b.at[i].head), slot->within);
	if (!within)
		return false;
	within = slot->within == NULL;
	/* from the innermost block of such a type on: what lies around it is another's */
	if (slot->types != NULL) {
		size_t i = b.n;

		while (i > 0 && !is_type(&b, &b.at[i - 1], slot->types))
			i--;
		if (i == 0)
			return false;
		from = i - 1;
	}
	for (size_t i = from; i < b.n; i++) {
		struct sv_span name = name_of(b.at[i].head);

		within |= is_any(name, slot->within);
		if (is_any(name, slot->outside))
			return false;
	}
	if (!within || (slot->with != NULL && !any_member(&b, from, slot->with)))
		return false;
	return !any_member(&b, from, slot->without);
}
