#include "base/seen.h"

static int grow(struct sv_seen *s)
{
	struct sv_seen next = {.cap = s->cap ? s->cap * 2 : 1024, .n = s->n};

	next.slots = calloc(next.cap, sizeof(*next.slots));
	if (next.slots == NULL)
		return SV_ENOMEM;
	for (size_t i = 0; i < s->cap; i++)
		for (size_t at = s->slots[i]; s->slots[i] != 0; at++)
			if (next.slots[at & (next.cap - 1)] == 0) {
				next.slots[at & (next.cap - 1)] = s->slots[i];
				break;
			}
	free(s->slots);
	*s = next;
	return 0;
}

int sv_seen_add(struct sv_seen *s, uint64_t hash)
{
	size_t at = hash |= 1;

	if (s->n * 2 >= s->cap && grow(s) < 0)
		return SV_ENOMEM;
	for (;; at++) {
		uint64_t *slot = &s->slots[at & (s->cap - 1)];

		if (*slot == hash)
			return 0;
		if (*slot == 0) {
			*slot = hash;
			s->n++;
			return 1;
		}
	}
}

void sv_seen_release(struct sv_seen *s)
{
	free(s->slots);
	*s = (struct sv_seen){0};
}
