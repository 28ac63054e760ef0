/* The refs of a push, as git tells them to a hook. */
#include "base/base.h"
#include <errno.h>
#include <sievert/hook.h>
#include <unistd.h>

#define MAX_INPUT (256u << 20)
#define MAX_LINE  65536

struct reading {
	struct sv_arena arena;
	SV_VEC(struct sv_hook_line) lines;
	size_t hex; /* of ids: all alike; 0: not known yet */
};

/* Takes the last word off text; NULL: there is none. */
static char *last_word(char *text)
{
	char *space = strrchr(text, ' ');

	if (space == NULL)
		return NULL;
	*space = '\0';
	return space + 1;
}

static bool is_id(struct reading *r, char *word)
{
	size_t n = word ? strlen(word) : 0;

	if ((n != 40 && n != 64) || (r->hex != 0 && n != r->hex))
		return false;
	r->hex = n;
	for (size_t i = 0; i < n; i++) {
		if (sv_hex_value((uint8_t)word[i]) < 0)
			return false;
		if (word[i] >= 'A' && word[i] <= 'F')
			word[i] += 'a' - 'A';
	}
	return true;
}

static bool is_zero(const char *id)
{
	return strspn(id, "0") == strlen(id);
}

static bool is_ref(const char *name)
{
	for (const char *c = name ? name : ""; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return name != NULL && *name != '\0';
}

static int add(struct reading *r, const char *local, const char *ref, const char *old_id,
	       const char *new_id)
{
	struct sv_hook_line line = {local, ref, old_id, new_id, is_zero(old_id), is_zero(new_id)};

	return sv_vec_push(&r->lines, line);
}

/* What was typed may hold spaces, so it is read from the right. */
static int parse_push(struct reading *r, char *text)
{
	char *old_id = last_word(text), *ref = old_id ? last_word(text) : NULL;
	char *new_id = ref ? last_word(text) : NULL;

	if (!is_id(r, old_id) || !is_id(r, new_id) || !is_ref(ref))
		return SV_EINVAL;
	return add(r, text, ref, old_id, new_id);
}

static int parse_receive(struct reading *r, char *text)
{
	char *new_id = strchr(text, ' '), *ref = new_id ? strchr(new_id + 1, ' ') : NULL;

	if (ref == NULL)
		return SV_EINVAL;
	*new_id++ = '\0';
	*ref++ = '\0';
	if (!is_id(r, text) || !is_id(r, new_id) || !is_ref(ref))
		return SV_EINVAL;
	return add(r, NULL, ref, text, new_id);
}

static int read_all(int fd, struct sv_buf *text)
{
	for (;;) {
		int status = sv_buf_reserve(text, MAX_LINE);
		ssize_t n;

		if (status < 0)
			return status;
		n = read(fd, text->ptr + text->len, MAX_LINE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EBADF ? 0 : SV_EIO; /* closed: nothing is said */
		if (n == 0)
			return 0;
		sv_buf_commit(text, text->len + (size_t)n);
	}
}

static int finish(struct reading *r, int status, struct sv_hook_lines *ret)
{
	struct sv_arena *arena = malloc(sizeof(*arena));

	if (arena == NULL || status < 0) {
		free(arena);
		sv_arena_release(&r->arena);
		sv_vec_release(&r->lines);
		return status < 0 ? status : SV_ENOMEM;
	}
	*arena = r->arena;
	*ret = (struct sv_hook_lines){r->lines.ptr, r->lines.len, arena};
	return 0;
}

int sv_hook_lines_read(int fd, bool pre_push, struct sv_hook_lines *ret_lines, struct sv_err *err)
{
	struct reading r = {0};
	SV_AUTO(sv_buf) text = {.max = MAX_INPUT};
	int status = read_all(fd, &text);
	size_t number = 0;

	if (status < 0)
		return sv_err_set(err, status, "standard input cannot be read%s",
				  status == SV_ETOOBIG ? ": it is too long" : "");
	for (size_t at = 0; status == 0 && at < text.len;) {
		const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
		size_t len = end ? (size_t)(end - text.ptr) - at : text.len - at;
		char *line =
			len <= MAX_LINE ? sv_arena_strndup(&r.arena, text.ptr + at, len) : NULL;

		number++;
		if (len > MAX_LINE || (line && strlen(line) != len))
			status = SV_EINVAL;
		else if (line == NULL)
			status = SV_ENOMEM;
		else
			status = pre_push ? parse_push(&r, line) : parse_receive(&r, line);
		at += len + 1;
	}
	status = finish(&r, status, ret_lines);
	if (status == SV_EINVAL)
		sv_err_set(err, status, "line %zu of standard input is not what git writes",
			   number);
	return status;
}

int sv_hook_lines_one(const char *ref, const char *old_id, const char *new_id,
		      struct sv_hook_lines *ret_lines, struct sv_err *err)
{
	struct reading r = {0};
	char *old_copy = sv_arena_strdup(&r.arena, old_id);
	char *new_copy = sv_arena_strdup(&r.arena, new_id), *name = sv_arena_strdup(&r.arena, ref);
	int status = old_copy && new_copy && name ? 0 : SV_ENOMEM;

	if (status == 0 && (!is_id(&r, old_copy) || !is_id(&r, new_copy) || !is_ref(name)))
		status = sv_err_set(err, SV_EINVAL, "the words are not REF OLD NEW");
	if (status == 0)
		status = add(&r, NULL, name, old_copy, new_copy);
	return finish(&r, status, ret_lines);
}

void sv_hook_lines_free(struct sv_hook_lines *lines)
{
	if (lines->memory)
		sv_arena_release(lines->memory);
	free(lines->memory);
	free(lines->lines);
	*lines = (struct sv_hook_lines){0};
}
