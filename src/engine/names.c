#include "engine/names.h"

void sv_names_release(struct sv_names *n)
{
	sv_entries_release(&n->entries);
	sv_seen_release(&n->told);
	*n = (struct sv_names){0};
}

/* what the walk of a tree's entries gets */
struct teller {
	struct sv_names *names;
	const struct sv_name_events *on;
};

static int tell(const struct sv_tree_entry *e, void *payload)
{
	struct teller *t = payload;
	int status = sv_seen_add(&t->names->told, sv_hash64(e->name.ptr, e->name.len, t->names->seed));

	if (status == 1)
		status = t->on->on_name(e->name, t->on->payload);
	return status != 0 || t->on->on_entry == NULL ? status : t->on->on_entry(e, t->on->payload);
}

int sv_names_walk(struct sv_names *n, const struct sv_family_object *tree, unsigned oid_len,
		  const struct sv_name_events *on)
{
	struct teller teller = {n, on};
	/* names that are copied were told with the parent */
	struct sv_entry_events events = {NULL, tell, &teller};

	return sv_entries_walk(&n->entries, tree, oid_len, &events);
}
