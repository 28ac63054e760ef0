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
	sv_name_fn *on_name;
	void *payload;
};

static int tell(const struct sv_tree_entry *e, void *payload)
{
	struct teller *t = payload;
	int status = sv_seen_add(&t->names->told, sv_hash64(e->name.ptr, e->name.len, t->names->seed));

	return status == 1 ? t->on_name(e->name, t->payload) : status;
}

int sv_names_walk(struct sv_names *n, const struct sv_family_object *tree, unsigned oid_len,
		  sv_name_fn *on_name, void *payload)
{
	struct teller teller = {n, on_name, payload};
	/* names that are copied were told with the parent */
	struct sv_entry_events events = {NULL, tell, &teller};

	return sv_entries_walk(&n->entries, tree, oid_len, &events);
}
