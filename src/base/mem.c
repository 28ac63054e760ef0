#include "base/base.h"
#include <assert.h>
#include <stdio.h>

void sv_buf_init(struct sv_buf *buf, size_t max)
{
	*buf = (struct sv_buf){.max = max};
}

void sv_buf_release(struct sv_buf *buf)
{
	free(buf->ptr);
	*buf = (struct sv_buf){.max = buf->max};
}

void sv_buf_reset(struct sv_buf *buf)
{
	buf->len = 0;
	if (buf->ptr != NULL)
		memset(buf->ptr, 0, SV_SLACK);
}

int sv_buf_reserve(struct sv_buf *buf, size_t extra)
{
	size_t need, cap;
	uint8_t *ptr;

	if (!sv_size_add(buf->len, extra, &need) || (buf->max != 0 && need > buf->max))
		return SV_ETOOBIG;
	if (need <= buf->cap && buf->ptr != NULL)
		return 0;
	cap = buf->cap + buf->cap / 2;
	if (cap < need)
		cap = need;
	if (cap < 256)
		cap = 256;
	if (buf->max != 0 && cap > buf->max)
		cap = buf->max;
	if (cap > SIZE_MAX - SV_SLACK)
		return SV_ENOMEM;
	ptr = realloc(buf->ptr, cap + SV_SLACK);
	if (ptr == NULL)
		return SV_ENOMEM;
	buf->ptr = ptr;
	buf->cap = cap;
	memset(ptr + buf->len, 0, SV_SLACK);
	return 0;
}

void sv_buf_commit(struct sv_buf *buf, size_t len)
{
	assert(len <= buf->cap);
	buf->len = len;
	if (buf->ptr != NULL)
		memset(buf->ptr + len, 0, SV_SLACK);
}

int sv_buf_append(struct sv_buf *buf, const void *bytes, size_t len)
{
	int status = sv_buf_reserve(buf, len);

	if (status < 0)
		return status;
	if (len != 0)
		memcpy(buf->ptr + buf->len, bytes, len);
	sv_buf_commit(buf, buf->len + len);
	return 0;
}

int sv_buf_puts(struct sv_buf *buf, const char *text)
{
	return sv_buf_append(buf, text, strlen(text));
}

int sv_buf_putc(struct sv_buf *buf, char c)
{
	return sv_buf_append(buf, &c, 1);
}

int sv_buf_printf(struct sv_buf *buf, const char *fmt, ...)
{
	va_list ap, again;
	int n, status;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		va_end(again);
		return SV_EINVAL;
	}
	status = sv_buf_reserve(buf, (size_t)n);
	if (status == 0) {
		/* the final NUL lands in the slack */
		vsnprintf((char *)buf->ptr + buf->len, (size_t)n + 1, fmt, again);
		sv_buf_commit(buf, buf->len + (size_t)n);
	}
	va_end(again);
	return status;
}

const char *sv_buf_str(struct sv_buf *buf)
{
	return buf->ptr == NULL ? "" : (const char *)buf->ptr;
}

int sv_vec__grow(void **ptr, size_t len, size_t *cap, size_t item)
{
	size_t wanted = len < 8 ? 8 : len + len / 2, bytes;
	void *grown;

	if (!sv_size_mul(wanted, item, &bytes))
		return SV_ENOMEM;
	grown = realloc(*ptr, bytes);
	if (grown == NULL)
		return SV_ENOMEM;
	*ptr = grown;
	*cap = wanted;
	return 0;
}

struct sv_arena_block {
	struct sv_arena_block *next;
	size_t size;
	_Alignas(16) uint8_t bytes[];
};

void sv_arena_release(struct sv_arena *arena)
{
	while (arena->blocks != NULL) {
		struct sv_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct sv_arena){0};
}

void sv_arena_reset(struct sv_arena *arena)
{
	struct sv_arena_block *keep = arena->blocks;

	if (keep == NULL)
		return;
	while (keep->next != NULL) {
		struct sv_arena_block *next = keep->next->next;

		free(keep->next);
		keep->next = next;
	}
	arena->used = 0;
}

void *sv_arena_alloc(struct sv_arena *arena, size_t size)
{
	struct sv_arena_block *block = arena->blocks;
	size_t room, rounded;

	if (!sv_size_add(size, 15, &rounded))
		return NULL;
	rounded &= ~(size_t)15;
	if (block == NULL || arena->used + rounded > block->size) {
		room = 16384;
		if (block != NULL && block->size < 1u << 20)
			room = block->size * 2;
		if (room < rounded)
			room = rounded;
		block = malloc(sizeof(*block) + room);
		if (block == NULL)
			return NULL;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->used = 0;
	}
	arena->used += rounded;
	return memset(block->bytes + arena->used - rounded, 0, rounded);
}

char *sv_arena_strndup(struct sv_arena *arena, const void *bytes, size_t len)
{
	char *copy = sv_arena_alloc(arena, len + 1);

	if (copy != NULL && len != 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *sv_arena_strdup(struct sv_arena *arena, const char *text)
{
	return sv_arena_strndup(arena, text, strlen(text));
}

char *sv_arena_printf(struct sv_arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0)
		text = sv_arena_alloc(arena, (size_t)n + 1);
	if (text != NULL)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}
