/* From templates to files: kinds times carriers, hollow values in place of secrets, whole files. */
#include "cases.h"
#include <ctype.h>
#include <stdio.h>

struct carrier {
	const char *class, *name, *file, *body;
	char escape[16], group[24], view[24];
};

/* A section of forms.txt. */
struct form {
	const char *kinds, *class, *group;
	unsigned spread; /* carriers for each of its lines; 0: all of its class */
	char *names[16];
	size_t n_names;
};

struct maker {
	struct corpus *corpus;
	const char *folder;
	uint64_t seed;
	struct sv_err *err;
	struct sections carriers_text, forms, hollow;
	SV_VEC(const char *) hollows; /* lines of hollow.txt */
	SV_VEC(struct carrier) carriers;
	size_t turn; /* of a form's hollow and spread values among carriers */
};

/* ---- sections ---- */

int sections_read(struct sections *ret, struct sv_arena *arena, const char *folder, const char *file,
		  struct sv_err *err)
{
	SV_AUTO_FREE char *path = sv_path_join(folder, file);
	SV_AUTO(sv_buf) text = {0};
	char *line, *next;
	int status = path == NULL ? SV_ENOMEM : sv_file_read(path, &text, err);

	if (status < 0)
		return status;
	line = sv_arena_strndup(arena, text.ptr, text.len);
	for (; line != NULL && *line != '\0'; line = next) {
		char *end = strchr(line, '\n');

		next = end ? end + 1 : line + strlen(line);
		if (strncmp(line, "== ", 3) != 0)
			continue;
		/* the body before ends where this head begins */
		if (line[-1] == '\n')
			line[-1] = '\0';
		if (end != NULL)
			*end = '\0';
		status = sv_vec_push(&ret->all, ((struct section){line + 3, next}));
		if (status < 0)
			return status;
	}
	return 0;
}

/* ---- one case ---- */

/* Cuts the marks out of text and says where they were. */
static int cut_marks(struct corpus_case *c, const char *kinds, struct sv_arena *arena, struct sv_span text,
		     struct sv_buf *ret)
{
	const char *kind = kinds;
	int status = 0;

	for (size_t i = 0; status == 0 && i < text.len; i++) {
		bool open = text.len - i >= 2 && memcmp(text.ptr + i, OPEN, 2) == 0;
		bool close = text.len - i >= 2 && memcmp(text.ptr + i, CLOSE, 2) == 0;

		if (!open && !close) {
			status = sv_buf_putc(ret, (char)text.ptr[i]);
			continue;
		}
		i++;
		if (open && c->n_marks == MAX_MARKS)
			return SV_ETOOBIG;
		if (open) {
			size_t n = strcspn(kind, ",");

			c->marks[c->n_marks++] = (struct mark){sv_arena_strndup(arena, kind, n), ret->len, ret->len};
			kind += kind[n] == ',' ? n + 1 : 0;
		} else if (c->n_marks > 0) {
			c->marks[c->n_marks - 1].end = ret->len;
		}
	}
	return status;
}

static int add_case(struct maker *m, struct corpus_case c, const char *kinds, struct sv_span marked,
		    const char *whole_file)
{
	SV_AUTO(sv_buf) plain = {0}, bytes = {0};
	struct sv_arena *arena = &m->corpus->arena;
	int status = cut_marks(&c, kinds, arena, marked, &plain);

	if (status == 0 && whole_file[0] != '\0')
		status = values_encode(whole_file, sv_buf_span(&plain), &bytes);
	if (status < 0)
		return sv_err_set(m->err, status, "%s: cannot be made", c.label);
	c.bytes = whole_file[0] ? sv_buf_span(&bytes) : sv_buf_span(&plain);
	c.bytes.ptr = (const uint8_t *)sv_arena_strndup(arena, c.bytes.ptr, c.bytes.len);
	return c.bytes.ptr == NULL ? SV_ENOMEM : sv_vec_push(&m->corpus->cases, c);
}

/*
 * The seed of a case is made of what the case is, not of its place: one more form, carrier or file
 * leaves the values of all others as they are.
 */
static uint64_t mix(uint64_t seed, const char *text)
{
	return sv_hash64(text, strlen(text), seed);
}

static uint64_t seed_of(const struct maker *m, const struct form *form, const char *value,
			const struct carrier *carrier, size_t number)
{
	uint64_t parts[2] = {m->seed, number}, seed = sv_hash64(parts, sizeof(parts), 7);

	return mix(mix(mix(mix(seed, form->kinds), form->class), value), carrier->name);
}

/* ---- whole files ---- */

static int add_files(struct maker *m, const char *file, const char *group)
{
	struct sections texts = {0};
	struct sv_arena *arena = &m->corpus->arena;
	int status = sections_read(&texts, arena, m->folder, file, m->err);

	for (size_t i = 0; status == 0 && i < texts.all.len; i++) {
		SV_AUTO(sv_buf) text = {0};
		char *kinds = texts.all.ptr[i].head, *name = strchr(kinds, ' ');
		uint64_t seed = mix(mix(m->seed, kinds), texts.all.ptr[i].body);
		struct corpus_case c = {.group = group};

		if (name == NULL)
			return sv_err_set(m->err, SV_EINVAL, "%s: == %s: no file", file, kinds);
		*name++ = '\0';
		c.label = sv_arena_printf(arena, "%s %zu: %s %s", file, i + 1, kinds, name);
		c.file = strstr(name, "{guid}") ? "key.xml" : name;
		status = values_expand(texts.all.ptr[i].body, seed, &text, m->err);
		if (status == 0)
			status = add_case(m, c, kinds, sv_buf_span(&text), "");
	}
	sv_vec_release(&texts.all);
	return status;
}

/* ---- kinds times carriers ---- */

/* "SOME_NAME" as the carrier spells it */
static int put_name(struct sv_buf *out, const char *how, const char *name)
{
	bool lower = how[0] == 'n' || how[0] == 'd', camel = how[0] == 'c', pascal = how[0] == 'N' && how[1] == 'a';
	bool begins = !camel;
	int status = 0;

	for (; status == 0 && *name != '\0'; name++) {
		char c = *name;

		if (camel || pascal) {
			if (c == '_') {
				begins = true;
				continue;
			}
			c = begins ? c : (char)tolower(c);
			begins = false;
		} else if (lower) {
			c = c == '_' && how[0] == 'd' ? '.' : (char)tolower(c);
		}
		status = sv_buf_putc(out, c);
	}
	return status;
}

static int fill_carrier(const char *body, const char *name, struct sv_span value, struct sv_buf *out)
{
	static const char *const spellings[] = {"NAME", "name", "Name", "camel", "dotted"};
	int status = 0;

	while (status == 0 && *body != '\0') {
		size_t i = 0;

		if (strncmp(body, "@VALUE@", 7) == 0) {
			status = sv_buf_append(out, value.ptr, value.len);
			body += 7;
			continue;
		}
		for (; *body == '@' && i < 5; i++) {
			size_t n = strlen(spellings[i]);

			if (strncmp(body + 1, spellings[i], n) == 0 && body[n + 1] == '@')
				break;
		}
		if (*body != '@' || i == 5) {
			status = sv_buf_putc(out, *body++);
			continue;
		}
		status = put_name(out, spellings[i], name);
		body += strlen(spellings[i]) + 2;
	}
	return status;
}

static bool encodes_file(const struct carrier *carrier)
{
	return strncmp(carrier->view, "utf16", 5) == 0;
}

static int add_carried(struct maker *m, const struct carrier *carrier, const char *kinds, const char *name,
		       struct sv_span value, const char *group)
{
	SV_AUTO(sv_buf) escaped = {0}, text = {0}, pair = {0};
	struct corpus_case c = {.group = group};
	int status;

	if (carrier->group[0] != '\0')
		c.group = sv_arena_strdup(&m->corpus->arena, carrier->group);
	c.decoded = carrier->view[0] != '\0';
	c.file = carrier->file;
	c.label = sv_arena_printf(&m->corpus->arena, "%s %s in %s", kinds, name, carrier->name);
	/* a name and its value, encoded as one */
	if (strncmp(carrier->view, "base64-", 7) == 0 || strcmp(carrier->view, "percent-pair") == 0) {
		const char *mark = strcmp(carrier->view, "base64-mark") == 0 ? "\xEF\xBB\xBF" : "";

		status = sv_buf_printf(&pair, "%s%s=%.*s\n", mark, name, (int)value.len,
				       (const char *)value.ptr);
		value = sv_buf_span(&pair);
		if (status == 0)
			status = values_encode(carrier->view[0] == 'b' ? "base64" : "percent", value, &escaped);
	} else if (carrier->view[0] != '\0' && !encodes_file(carrier)) {
		status = values_encode(carrier->view, value, &escaped);
	} else {
		status = carrier->escape[0] ? values_encode(carrier->escape, value, &escaped)
					    : sv_buf_append(&escaped, value.ptr, value.len);
	}
	if (status == 0)
		status = fill_carrier(carrier->body, name, sv_buf_span(&escaped), &text);
	/* what is encoded has no place of its own: one mark over the whole file */
	if (status == 0 && c.decoded)
		c.marks[c.n_marks++] = (struct mark){sv_arena_strdup(&m->corpus->arena, kinds), 0, SIZE_MAX};
	return status < 0 ? sv_err_set(m->err, status, "%s: cannot be made", c.label)
			  : add_case(m, c, kinds, sv_buf_span(&text), encodes_file(carrier) ? carrier->view : "");
}

static int without_marks(struct sv_span value, struct sv_buf *ret)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < value.len; i++)
		if (value.len - i >= 2 && (memcmp(value.ptr + i, OPEN, 2) == 0 || memcmp(value.ptr + i, CLOSE, 2) == 0))
			i++;
		else
			status = sv_buf_putc(ret, (char)value.ptr[i]);
	return status;
}

/* what stands between the marks becomes hollow */
static int hollowed(const char *form, const char *hollow, struct sv_buf *ret)
{
	const char *open = strstr(form, OPEN), *close = open ? strstr(open, CLOSE) : NULL;

	if (close == NULL)
		return SV_EINVAL;
	return sv_buf_printf(ret, "%.*s%s%s", (int)(open - form), form, hollow, close + 2);
}

static bool is_plain(const struct carrier *carrier, const char *class)
{
	return strcmp(carrier->class, class) == 0 && carrier->view[0] == '\0';
}

static bool has_class(const struct maker *m, const char *class)
{
	for (size_t i = 0; i < m->carriers.len; i++)
		if (is_plain(&m->carriers.ptr[i], class))
			return true;
	return false;
}

/* the next one of the class that decodes nothing; there is one */
static const struct carrier *next_carrier(struct maker *m, const char *class)
{
	size_t n = 0, i = 0;

	for (size_t k = 0; k < m->carriers.len; k++)
		n += is_plain(&m->carriers.ptr[k], class);
	for (size_t left = m->turn++ % n;; i++)
		if (is_plain(&m->carriers.ptr[i], class) && left-- == 0)
			return &m->carriers.ptr[i];
}

static int add_hollow(struct maker *m, const struct form *form, const char *value, size_t number,
		      const char *hollow)
{
	SV_AUTO(sv_buf) expanded = {0}, all = {0};
	const struct carrier *carrier = next_carrier(m, form->class);
	int status = values_expand(value, seed_of(m, form, value, carrier, number), &expanded, m->err);

	if (status == 0)
		status = hollowed(sv_buf_str(&expanded), hollow, &all);
	return status < 0 ? status
			  : add_carried(m, carrier, form->kinds, form->n_names ? form->names[0] : "",
					sv_buf_span(&all), "hollow");
}

/* every hollow value, or the next few where the form is spread */
static int add_hollows(struct maker *m, const struct form *form, const char *value)
{
	size_t n = form->spread ? form->spread : m->hollows.len;
	int status = 0;

	for (size_t i = 0; status == 0 && m->hollows.len != 0 && i < n; i++)
		status = add_hollow(m, form, value, i,
				    m->hollows.ptr[form->spread ? m->turn % m->hollows.len : i]);
	return status;
}

static int add_value(struct maker *m, const struct form *form, const struct carrier *carrier, size_t turn,
		     const char *value)
{
	SV_AUTO(sv_buf) marked = {0}, bare = {0};
	int status = values_expand(value, seed_of(m, form, value, carrier, turn), &marked, m->err);

	if (status == 0)
		status = without_marks(sv_buf_span(&marked), &bare);
	return status < 0 ? status
			  : add_carried(m, carrier, form->kinds,
					form->n_names ? form->names[turn % form->n_names] : "",
					sv_buf_span(carrier->view[0] ? &bare : &marked), form->group);
}

static int add_form(struct maker *m, const struct form *form, const char *value)
{
	size_t turn = 0;
	int status = 0;

	m->turn = (uint32_t)mix(mix(0, form->kinds), value);
	for (; status == 0 && turn < form->spread; turn++)
		status = add_value(m, form, next_carrier(m, form->class), turn, value);
	for (size_t i = 0; status == 0 && form->spread == 0 && i < m->carriers.len; i++)
		if (strcmp(m->carriers.ptr[i].class, form->class) == 0)
			status = add_value(m, form, &m->carriers.ptr[i], turn++, value);
	return status < 0 || strstr(value, OPEN) == NULL ? status : add_hollows(m, form, value);
}

/* what looks like a kind: "!" must not be found as that, "!!" not as anything */
static int add_look_alike(struct maker *m, const struct form *form, const char *value)
{
	size_t from = m->corpus->cases.len;
	bool any = value[1] == '!';
	int status = add_form(m, form, value + 1 + any);

	for (size_t i = from; !any && i < m->corpus->cases.len; i++)
		m->corpus->cases.ptr[i].refuses = form->kinds;
	return status;
}

static int read_form(char *head, struct form *ret, struct sv_err *err)
{
	char *rest = NULL;

	*ret = (struct form){.kinds = strtok_r(head, " ", &rest), .group = "plain"};
	ret->class = strtok_r(NULL, " ", &rest);
	for (char *word = strtok_r(NULL, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		if (strncmp(word, "group=", 6) == 0)
			ret->group = word + 6;
		else if (sscanf(word, "spread=%u", &ret->spread) != 1 && ret->n_names < 16)
			ret->names[ret->n_names++] = word;
	return ret->class ? 0 : sv_err_set(err, SV_EINVAL, "forms.txt: a head needs kind and class");
}

static int add_forms(struct maker *m)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < m->forms.all.len; i++) {
		struct form form;
		char *rest = NULL;

		status = read_form(m->forms.all.ptr[i].head, &form, m->err);
		if (status == 0 && !has_class(m, form.class))
			status = sv_err_set(m->err, SV_EINVAL, "no carrier of class %s", form.class);
		for (char *line = strtok_r(m->forms.all.ptr[i].body, "\n", &rest); status == 0 && line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			if (line[0] == '!')
				status = add_look_alike(m, &form, line);
			else if (line[0] != '#')
				status = add_form(m, &form, line);
	}
	return status;
}

static int read_hollows(struct maker *m)
{
	int status = 0;

	for (size_t i = 0; i < m->hollow.all.len; i++) {
		char *rest = NULL;

		for (char *line = strtok_r(m->hollow.all.ptr[i].body, "\n", &rest); status == 0 && line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			status = sv_vec_push(&m->hollows, line);
	}
	return status;
}

static int read_carriers(struct maker *m)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < m->carriers_text.all.len; i++) {
		struct carrier c = {.body = m->carriers_text.all.ptr[i].body};
		char *rest = NULL;

		c.class = strtok_r(m->carriers_text.all.ptr[i].head, " ", &rest);
		c.name = strtok_r(NULL, " ", &rest);
		c.file = strtok_r(NULL, " ", &rest);
		for (char *word = strtok_r(NULL, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
			sscanf(word, "escape=%15s", c.escape);
			sscanf(word, "group=%23s", c.group);
			sscanf(word, "view=%23s", c.view);
		}
		status = c.file ? sv_vec_push(&m->carriers, c)
				: sv_err_set(m->err, SV_EINVAL, "carriers.txt: a head needs class, name and file");
	}
	return status;
}

int corpus_make(struct corpus *corpus, const char *folder, uint64_t seed, struct sv_err *err)
{
	struct maker m = {.corpus = corpus, .folder = folder, .seed = seed, .err = err};
	int status = sections_read(&m.carriers_text, &corpus->arena, folder, "carriers.txt", err);

	if (status == 0)
		status = sections_read(&m.forms, &corpus->arena, folder, "forms.txt", err);
	if (status == 0)
		status = sections_read(&m.hollow, &corpus->arena, folder, "hollow.txt", err);
	if (status == 0)
		status = read_carriers(&m);
	if (status == 0)
		status = read_hollows(&m);
	if (status == 0)
		status = add_forms(&m);
	if (status == 0)
		status = add_files(&m, "cases.txt", "plain");
	if (status == 0)
		status = add_files(&m, "practices.txt", "practice");
	if (status == 0)
		status = add_files(&m, "clean.txt", "clean");
	sv_vec_release(&m.carriers_text.all);
	sv_vec_release(&m.forms.all);
	sv_vec_release(&m.hollow.all);
	sv_vec_release(&m.hollows);
	sv_vec_release(&m.carriers);
	return status;
}

void corpus_release(struct corpus *corpus)
{
	sv_vec_release(&corpus->cases);
	sv_arena_release(&corpus->arena);
}
