/* Delta families: who is made from whom, cut into units, each object built once from its parent. */
#include "git/store.h"
#include <errno.h>
#include <unistd.h>

#define NONE	    UINT32_MAX
#define LOOSE_BATCH 64 /* objects of one unit that are in no family */
#define WINDOW	    (1u << 18)
#define SHARE	    (1u << 14) /* headers that are read in a row */

/* one entry of a pack, by slot */
struct node {
	uint32_t base; /* slot in the same pack, or NONE */
	uint32_t first_child, next_sibling;
	uint8_t type; /* of the object: a delta's is its root's; 0 unknown */
	uint8_t skip; /* an earlier store has it */
	uint8_t cut;  /* a unit begins here */
	uint8_t reached;
};

struct unit {
	uint32_t store, slot,
		count; /* loose objects, or commits without a family: count from slot on */
};

/* entries of a pack whose headers are read in a row */
struct share {
	uint32_t store, slot, count;
};

struct sv_families {
	const struct sv_objects *objects;
	unsigned types;
	struct node **nodes; /* by store, then by slot; NULL for loose ones */
	SV_VEC(struct share) shares;
	SV_VEC(struct unit) units;
	size_t n_objects, most; /* of a unit's objects */
};

void sv_families_free(struct sv_families *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; f->nodes && i < f->objects->stores.len; i++)
		free(f->nodes[i]);
	free(f->nodes);
	sv_vec_release(&f->shares);
	sv_vec_release(&f->units);
	free(f);
}

size_t sv_families_shares(const struct sv_families *f)
{
	return f->shares.len;
}

size_t sv_families_units(const struct sv_families *f)
{
	return f->units.len;
}

size_t sv_families_objects(const struct sv_families *f)
{
	return f->n_objects;
}

/* The header bytes at offset, through a window that moves forward. */
static struct sv_span peek(const struct sv_store *store, uint64_t offset, struct sv_buf *window,
			   uint64_t *at)
{
	if (offset < *at || offset + SV_PACK_HEADER_MAX > *at + window->len) {
		ssize_t n = pread(store->fd, window->ptr, WINDOW, (off_t)offset);

		*at = offset;
		sv_buf_commit(window, n > 0 ? (size_t)n : 0);
	}
	offset -= *at;
	return offset < window->len ? sv_span(window->ptr + offset, window->len - offset)
				    : sv_span(NULL, 0);
}

/* Types of whole entries, bases of deltas. A wrong header keeps type 0. */
int sv_families_read(struct sv_families *f, size_t number)
{
	const struct share *share = &f->shares.ptr[number];
	const struct sv_store *store = &f->objects->stores.ptr[share->store];
	struct node *nodes = f->nodes[share->store];
	SV_AUTO(sv_buf) window = {0};
	uint64_t at = 0;
	int status = sv_buf_reserve(&window, WINDOW);

	for (uint32_t i = share->slot; status == 0 && i < share->slot + share->count; i++) {
		struct sv_pack_entry entry;
		uint32_t base;

		nodes[i].base = nodes[i].first_child = nodes[i].next_sibling = NONE;
		if (sv_pack_entry_parse(peek(store, store->index.offsets[i], &window, &at),
					store->index.offsets[i], f->objects->oid_len, &entry) < 0)
			continue;
		if (entry.type <= SV_OBJ_TAG)
			nodes[i].type = (uint8_t)entry.type;
		else if (entry.type == SV_PACK_OFS_DELTA
				 ? sv_pack_index_at(&store->index, entry.base_offset, &base)
				 : sv_pack_index_find(&store->index, &entry.base, &base))
			nodes[i].base = base;
	}
	return status;
}

/* Are bases before what is made from them, as git writes packs? */
static bool is_in_order(const struct node *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (nodes[i].base != NONE && nodes[i].base >= i)
			return false;
	return true;
}

/* Slots of a pack, each after its base; those of a cycle are left out. */
static uint32_t in_order(struct node *nodes, uint32_t n, uint32_t *order)
{
	bool as_they_are = is_in_order(nodes, n);
	uint32_t len = 0;

	for (uint32_t i = n; i-- > 0;)
		if (nodes[i].base != NONE) {
			nodes[i].next_sibling = nodes[nodes[i].base].first_child;
			nodes[nodes[i].base].first_child = i;
		}
	for (uint32_t i = 0; i < n; i++)
		if (nodes[i].base == NONE || as_they_are) {
			if (nodes[i].base != NONE)
				nodes[i].type = nodes[nodes[i].base].type;
			nodes[i].reached = 1;
			order[len++] = i;
		}
	if (as_they_are)
		return len;
	for (uint32_t done = 0; done < len; done++)
		for (uint32_t c = nodes[order[done]].first_child; c != NONE;
		     c = nodes[c].next_sibling) {
			nodes[c].type = nodes[order[done]].type;
			nodes[c].reached = 1;
			order[len++] = c;
		}
	return len;
}

/*
 * Leaves out children that begin units of their own, and puts the child with the largest family
 * last. Its parent is needed no more by then, so that no more parents wait for a child at once than
 * the logarithm of the family's size, however deep it is.
 */
static void order_children(struct node *nodes, uint32_t parent, const uint32_t *weight)
{
	uint32_t *link = &nodes[parent].first_child, *heaviest = NULL, last = NONE, moved;
	size_t most = 0;

	for (; *link != NONE; link = &nodes[*link].next_sibling) {
		while (*link != NONE && nodes[*link].cut)
			*link = nodes[*link].next_sibling;
		if (*link == NONE)
			break;
		last = *link;
		if (weight[last] >= most) {
			most = weight[last];
			heaviest = link;
		}
	}
	if (heaviest == NULL || *heaviest == last)
		return;
	moved = *heaviest;
	*heaviest = nodes[moved].next_sibling;
	nodes[moved].next_sibling = NONE;
	nodes[last].next_sibling = moved;
}

/*
 * Commits mostly have no family, and stand in a row: some of them are one unit, as two threads that
 * take them in turn would each read all bytes that they are in.
 */
static int add_unit(struct sv_families *f, uint32_t s, uint32_t slot)
{
	const struct node *node = &f->nodes[s][slot];
	struct unit *last = f->units.len ? &f->units.ptr[f->units.len - 1] : NULL;
	bool alone = node->base == NONE && node->first_child == NONE;

	if (alone && node->type == SV_OBJ_COMMIT && last && last->store == s &&
	    last->count < LOOSE_BATCH && last->slot + last->count == slot &&
	    node[-1].type == SV_OBJ_COMMIT && node[-1].base == NONE &&
	    node[-1].first_child == NONE) {
		last->count++;
		return 0;
	}
	return sv_vec_push(&f->units, ((struct unit){s, slot, 1}));
}

static int plan_pack(struct sv_families *f, uint32_t s)
{
	const struct sv_store *store = &f->objects->stores.ptr[s];
	uint32_t n = store->index.n, len;
	size_t most = f->most < 256 ? 256 : f->most;
	struct node *nodes = f->nodes[s];
	SV_AUTO_FREE uint32_t *order = malloc((n + 1ull) * sizeof(*order));
	SV_AUTO_FREE uint32_t *weight = calloc(n + 1ull, sizeof(*weight));
	SV_AUTO_FREE uint32_t *depth = calloc(n + 1ull, sizeof(*depth));
	int status = 0;

	if (order == NULL || weight == NULL || depth == NULL)
		return SV_ENOMEM;
	len = in_order(nodes, n, order);
	for (uint32_t i = 0; i < len; i++)
		if (nodes[order[i]].base != NONE)
			depth[order[i]] = depth[nodes[order[i]].base] + 1;
	for (uint32_t i = len; i-- > 0;) {
		uint32_t slot = order[i];

		/* a unit's root is built through its whole chain: that must be little beside the
		 * rest */
		if (++weight[slot] >= most && weight[slot] / 4 >= depth[slot] &&
		    nodes[slot].base != NONE)
			nodes[slot].cut = 1;
		else if (nodes[slot].base != NONE)
			weight[nodes[slot].base] += weight[slot];
	}
	/* what an index names twice, or what lies in a cycle, is a unit of its own */
	for (uint32_t i = 0; i < n; i++)
		nodes[i].cut |= !nodes[i].reached;
	for (uint32_t i = 0; i < n; i++)
		order_children(nodes, i, weight);
	for (uint32_t i = 0; status == 0 && i < n; i++) {
		struct sv_object_ref first = {s, i};

		if (s != 0) {
			struct sv_oid oid;

			sv_objects_oid(f->objects, (struct sv_object_ref){s, i}, &oid);
			sv_objects_find(f->objects, &oid, &first);
			nodes[i].skip = first.store != s;
		}
		f->n_objects +=
			!nodes[i].skip && (nodes[i].type == 0 || f->types & 1u << nodes[i].type);
		if ((nodes[i].base == NONE || nodes[i].cut) &&
		    (nodes[i].type == 0 || f->types & 1u << nodes[i].type))
			status = add_unit(f, s, i);
	}
	return status;
}

/* What is read of a pack's headers, and in which shares. */
static int begin_pack(struct sv_families *f, uint32_t s)
{
	uint32_t n = f->objects->stores.ptr[s].index.n;
	int status = 0;

	f->nodes[s] = calloc(n + 1ull, sizeof(**f->nodes));
	if (f->nodes[s] == NULL)
		return SV_ENOMEM;
	for (uint32_t i = 0; status == 0 && i < n; i += SHARE)
		status = sv_vec_push(&f->shares,
				     ((struct share){s, i, n - i < SHARE ? n - i : SHARE}));
	return status;
}

int sv_families_begin(const struct sv_objects *objects, unsigned types, unsigned jobs,
		      struct sv_families **ret_families, struct sv_err *err)
{
	struct sv_families *f = calloc(1, sizeof(*f));
	int status = f ? 0 : SV_ENOMEM;

	if (status == 0) {
		f->objects = objects;
		f->types = types;
		f->most = jobs < 2 ? SIZE_MAX : sv_objects_count(objects) / (jobs * 32ull + 1);
		f->nodes = calloc(objects->stores.len + 1, sizeof(*f->nodes));
		status = f->nodes ? 0 : SV_ENOMEM;
	}
	for (uint32_t s = 0; status == 0 && s < objects->stores.len; s++)
		if (objects->stores.ptr[s].kind == SV_STORE_PACK)
			status = begin_pack(f, s);
	if (status < 0) {
		sv_families_free(f);
		return sv_err_set(err, status, "out of memory");
	}
	*ret_families = f;
	return 0;
}

static int plan_loose(struct sv_families *f, uint32_t s)
{
	uint32_t n = f->objects->stores.ptr[s].index.n;
	int status = 0;

	f->n_objects += n;
	for (uint32_t i = 0; status == 0 && i < n; i += LOOSE_BATCH)
		status = sv_vec_push(
			&f->units,
			((struct unit){s, i, n - i < LOOSE_BATCH ? n - i : LOOSE_BATCH}));
	return status;
}

int sv_families_plan(struct sv_families *f, struct sv_err *err)
{
	int status = 0;

	for (uint32_t s = 0; status == 0 && s < f->objects->stores.len; s++)
		status = f->nodes[s] ? plan_pack(f, s) : plan_loose(f, s);
	return status < 0 ? sv_err_set(err, status, "out of memory") : 0;
}

int sv_families_new(const struct sv_objects *objects, unsigned types, unsigned jobs,
		    struct sv_families **ret_families, struct sv_err *err)
{
	struct sv_families *f;
	int status = sv_families_begin(objects, types, jobs, &f, err);

	if (status < 0)
		return status;
	for (size_t i = 0; status == 0 && i < f->shares.len; i++)
		status = sv_families_read(f, i);
	status = status < 0 ? sv_err_set(err, status, "out of memory") : sv_families_plan(f, err);
	if (status < 0)
		sv_families_free(f);
	else
		*ret_families = f;
	return status;
}

/* ---- the walk ---- */

struct frame {
	uint32_t slot, next_child;
	enum sv_object_type type;
	struct sv_buf content; /* empty when it was given up, or could not be built */
	bool shown, built;
};

struct walk {
	const struct sv_families *f;
	struct sv_object_reader *reader;
	const struct sv_family_events *on;
	unsigned types;
	size_t memory, held;
	const struct unit *unit;
	const struct node *nodes;
	SV_VEC(struct frame) frames;
	size_t lowest; /* below this frame no content is held */
	struct sv_delta_ops ops;
};

static const char *words(int status)
{
	return status == SV_ENOTFOUND ? "its delta base is missing"
	       : status == SV_EIO     ? "it cannot be read"
	       : status == SV_ETOOBIG ? "its delta base is too large"
				      : "it is corrupt";
}

static struct sv_buf take(struct walk *w)
{
	struct sv_object_reader *r = w->reader;
	struct sv_buf buf = r->spare.len ? r->spare.ptr[--r->spare.len] : (struct sv_buf){0};

	r->spared -= buf.cap;
	return buf;
}

static void give(struct walk *w, struct sv_buf *buf)
{
	struct sv_object_reader *r = w->reader;

	/* a large buffer is not worth keeping for the small ones that follow */
	if (buf->cap > (4u << 20) || r->spared + buf->cap > w->memory / 8 || r->spare.len > 16 ||
	    sv_vec_push(&r->spare, *buf) < 0)
		sv_buf_release(buf);
	r->spared += buf->cap;
	*buf = (struct sv_buf){0};
}

/* Parents at the bottom of the stack are given up first: they are needed last. */
static void hold(struct walk *w, size_t more)
{
	w->held += more;
	for (; w->held > w->memory && w->lowest + 1 < w->frames.len; w->lowest++) {
		struct frame *f = &w->frames.ptr[w->lowest];

		if (f->content.ptr == NULL)
			continue;
		w->held -= f->content.cap;
		sv_buf_release(&f->content);
	}
}

static int tell_broken(struct walk *w, const struct sv_family_object *object, unsigned type,
		       int status, bool own)
{
	struct sv_oid oid;

	if (status == SV_ENOMEM)
		return status;
	sv_family_oid(object, &oid);
	return w->on->on_broken(&oid, (enum sv_object_type)type, status,
				status == SV_ETOOBIG && own ? "" : words(status), w->on->payload);
}

void sv_family_oid(const struct sv_family_object *object, struct sv_oid *ret_oid)
{
	sv_objects_oid(object->objects, object->ref, ret_oid);
}

/* Builds slot into frame: from its parent where that is at hand, else by itself, else another copy.
 */
static int build(struct walk *w, struct frame *frame, struct frame *parent, bool is_last,
		 struct sv_family_object *object)
{
	struct sv_object_ref ref = {w->unit->store, frame->slot};
	bool borrowed = false;
	int status = SV_ENOTFOUND;

	object->ops = NULL;
	object->n_ops = 0;
	if (parent && parent->built && parent->content.ptr == NULL) {
		struct sv_object_ref up = {w->unit->store, parent->slot};
		enum sv_object_type type;

		/* given up for memory */
		if (sv_reader__build(w->reader, up, &type, &parent->content) < 0)
			sv_buf_release(&parent->content);
	}
	if (parent && parent->built && parent->content.ptr != NULL) {
		w->ops.least = parent->type == SV_OBJ_TREE ? 0 : w->on->least_copy;
		if (is_last)
			status = sv_reader__turn(w->reader, ref, &parent->content, &frame->content,
						 &w->ops);
		else if (frame->next_child == NONE)
			status = sv_reader__borrow(w->reader, ref, &parent->content,
						   &frame->content, &w->ops, &borrowed);
		else
			status = sv_reader__apply(w->reader, ref, sv_buf_span(&parent->content),
						  &frame->content, &w->ops);
		if (borrowed)
			object->content = &parent->content;
		object->type = parent->type;
		if (status == 0 && parent->shown) {
			object->ops = w->ops.ptr;
			object->n_ops = w->ops.len;
		}
		if (status == 0 || status == SV_ETOOBIG)
			return status;
	} else {
		status = sv_reader__build(w->reader, ref, &object->type, &frame->content);
	}
	if (status < 0 && status != SV_ENOMEM && status != SV_ETOOBIG) {
		enum sv_object_type type;
		struct sv_oid oid;

		sv_family_oid(object, &oid);
		if (sv_reader__read(w->reader, &oid, &type, &frame->content) == 0) {
			object->type = type;
			status = 0;
		}
	}
	return status;
}

/* What a visit reads first. It takes memory as long to bring it as a small object to be built. */
static inline void expect(const struct walk *w, uint32_t slot)
{
	if (slot == NONE)
		return;
	__builtin_prefetch(&w->nodes[slot]);
	sv_objects__expect(w->f->objects, (struct sv_object_ref){w->unit->store, slot});
}

/* is_last: of the parent's children. */
static int visit(struct walk *w, uint32_t slot, struct frame *parent, bool is_last, unsigned depth)
{
	struct frame frame = {
		.slot = slot, .next_child = w->nodes[slot].first_child, .content = take(w)};
	struct sv_object_ref ref = {w->unit->store, slot};
	struct sv_family_object object = {
		.objects = w->f->objects, .ref = ref, .depth = depth, .content = &frame.content};
	uint32_t child = frame.next_child;
	int status;

	expect(w, child);
	if (w->nodes[slot].type == SV_OBJ_COMMIT)
		sv_objects__expect_oid(w->f->objects, ref);
	status = build(w, &frame, parent, is_last, &object);
	frame.built = status == 0;
	frame.type = object.type;
	if (!w->nodes[slot].skip) {
		if (status < 0) {
			struct sv_pack_entry entry;
			struct sv_span stream;
			bool own = status == SV_ETOOBIG && parent && parent->built;

			own |= status == SV_ETOOBIG &&
			       sv_reader__entry(w->reader, ref, &entry, &stream) == SV_ETOOBIG;
			status = tell_broken(w, &object, w->nodes[slot].type, status, own);
		} else if (w->types & 1u << object.type) {
			frame.shown = true;
			status = w->on->on_object(&object, w->on->payload);
		}
	} else if (status != SV_ENOMEM) {
		status = 0;
	}
	if (object.content != &frame.content)
		sv_reader__give_back(w->reader, &parent->content, &w->ops);
	if (status != 0 || child == NONE) {
		give(w, &frame.content);
		return status;
	}
	status = sv_vec_push(&w->frames, frame);
	if (status == 0)
		hold(w, frame.content.cap);
	return status;
}

static int walk_members(struct walk *w, uint32_t root)
{
	int status = visit(w, root, NULL, false, 0);

	while (status == 0 && w->frames.len != 0) {
		struct frame *top = &w->frames.ptr[w->frames.len - 1], parent;
		uint32_t child = top->next_child;
		size_t at;
		bool more;

		if (child == NONE) {
			w->held -= top->content.ptr ? top->content.cap : 0;
			give(w, &top->content);
			if (--w->frames.len < w->lowest)
				w->lowest = w->frames.len;
			continue;
		}
		top->next_child = w->nodes[child].next_sibling;
		expect(w, top->next_child);
		more = top->next_child != NONE;
		/* the vector may move below us: work on a copy that owns the content meanwhile */
		parent = *top;
		w->held -= parent.content.ptr ? parent.content.cap : 0;
		top->content = (struct sv_buf){0};
		at = w->frames.len - 1;
		status = visit(w, child, &parent, !more, (unsigned)at + 1);
		if (more && parent.content.ptr != NULL) {
			w->frames.ptr[at].content = parent.content;
			if (at < w->lowest)
				w->lowest = at;
			hold(w, parent.content.cap);
		} else {
			give(w, &parent.content);
		}
	}
	return status;
}

static int walk_pack(struct walk *w)
{
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < w->unit->count; i++)
		status = walk_members(w, w->unit->slot + i);
	return status;
}

static int walk_loose(struct walk *w)
{
	struct frame frame = {.content = take(w)};
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < w->unit->count; i++) {
		struct sv_object_ref first = {0}, ref = {w->unit->store, w->unit->slot + i};
		struct sv_family_object object = {
			.objects = w->f->objects, .ref = ref, .content = &frame.content};
		struct sv_oid oid;

		sv_family_oid(&object, &oid);
		sv_objects_find(w->f->objects, &oid, &first);
		if (first.store != w->unit->store)
			continue;
		status = sv_reader__read(w->reader, &oid, &object.type, &frame.content);
		if (status < 0)
			status = tell_broken(w, &object, SV_OBJ_NONE, status, true);
		else if (w->types & 1u << object.type)
			status = w->on->on_object(&object, w->on->payload);
		if (w->reader->holds_large) {
			sv_buf_release(&frame.content);
			sv_reader__end_large(w->reader);
		}
	}
	give(w, &frame.content);
	return status;
}

int sv_family_walk(const struct sv_families *families, size_t unit, struct sv_object_reader *reader,
		   size_t memory, const struct sv_family_events *events, struct sv_err *err)
{
	struct walk w = {.f = families,
			 .reader = reader,
			 .on = events,
			 .types = events->types ? events->types & families->types : families->types,
			 .memory = memory,
			 .unit = &families->units.ptr[unit]};
	int status;

	w.nodes = families->nodes[w.unit->store];
	if (w.nodes && w.nodes[w.unit->slot].type != 0 &&
	    !(w.types & 1u << w.nodes[w.unit->slot].type))
		return 0;
	reader->walks = true;
	status = w.nodes ? walk_pack(&w) : walk_loose(&w);
	reader->walks = false;
	for (size_t i = 0; i < w.frames.len; i++)
		sv_buf_release(&w.frames.ptr[i].content);
	sv_reader__end_large(reader);
	sv_vec_release(&w.frames);
	sv_vec_release(&w.ops);
	return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
}
