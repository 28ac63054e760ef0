/*
 * Prints every object of a repository, a line each: ID TYPE SIZE HASH-OF-CONTENT, in any order.
 *
 *   objdump walk  [options] REPOSITORY      through sv_family_walk()
 *   objdump read  [options] REPOSITORY      each by its id through sv_object_reader_read()
 *   objdump one   [options] ID REPOSITORY   one of them
 *   objdump refs  REPOSITORY                ID NAME of each ref
 *   objdump batch <"git cat-file --batch"   what git says, in the same form
 *
 *   -d DIR    instead of REPOSITORY: an object directory; more than one are searched in order
 *   -l BYTES  length of an id where -d is used (20)
 *   -j N      threads (1)       -m BYTES  for parents (walk) or cached bases (read)
 *   -s BYTES  largest object    -o        check that the steps of each delta rebuild its result
 *   -q        count only
 *   -b        blobs only (walk)
 *   -g        ask git for the objects, as for a storage that we do not read
 *
 * What cannot be read is a line "ID broken STATUS", or "gap REASON WHAT: DETAIL" on stderr, where
 * the number of objects, the time and the peak of memory go, too.
 */
#include "git/repo.h"
#include "git/store.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_DIRS    8
#define MAX_THREADS 64

struct dump {
	const char *dirs[MAX_DIRS];
	size_t n_dirs, memory;
	unsigned jobs, oid_len;
	uint64_t max_size;
	bool check_ops, ask_git, quiet, blobs;
	struct sv_objects *objects;
	struct sv_families *families;
	atomic_size_t next;
	atomic_ullong n, bytes;
	atomic_int status;
};

/* one thread's */
struct hand {
	struct dump *dump;
	SV_VEC(struct sv_buf) parents; /* the last content shown at each depth */
};

static void die(const char *what, const struct sv_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	exit(2);
}

static void print(struct dump *d, const char *hex, const char *type, struct sv_span content)
{
	uint8_t digest[16];
	char sum[33];

	atomic_fetch_add(&d->n, 1);
	atomic_fetch_add(&d->bytes, content.len);
	if (d->quiet)
		return;
	sv_digest(digest, sizeof(digest), NULL, &content, 1);
	sv_hex(digest, sizeof(digest), sum);
	printf("%s %s %zu %s\n", hex, type, content.len, sum);
}

static bool rebuilds(const struct sv_family_object *object, struct sv_span parent)
{
	const struct sv_buf *content = object->content;
	uint64_t at = 0;

	for (size_t i = 0; i < object->n_ops; i++) {
		const struct sv_delta_op *op = &object->ops[i];

		if (op->len == 0 || op->out != at || op->len > content->len - at)
			return false;
		if (op->base != SV_DELTA_INSERT &&
		    (op->base > parent.len || op->len > parent.len - op->base ||
		     memcmp(content->ptr + at, parent.ptr + op->base, op->len) != 0))
			return false;
		at += op->len;
	}
	return at == content->len;
}

static int check_ops(struct hand *hand, const struct sv_family_object *object)
{
	struct sv_buf *parents;
	bool good;

	while (hand->parents.len <= object->depth)
		if (sv_vec_push(&hand->parents, (struct sv_buf){0}) < 0)
			return SV_ENOMEM;
	parents = hand->parents.ptr;
	good = object->ops == NULL ||
	       (object->depth != 0 && rebuilds(object, sv_buf_span(&parents[object->depth - 1])));
	sv_buf_reset(&parents[object->depth]);
	if (sv_buf_append(&parents[object->depth], object->content->ptr, object->content->len) < 0)
		return SV_ENOMEM;
	return good ? 0 : SV_EINVAL;
}

static int on_object(const struct sv_family_object *object, void *payload)
{
	struct hand *hand = payload;
	struct sv_oid oid;
	char hex[65];

	sv_family_oid(object, &oid);
	sv_oid_hex(&oid, hex);
	print(hand->dump, hex, sv_object_type_name(object->type), sv_buf_span(object->content));
	/* the slack that a scan relies on */
	for (size_t i = 0; object->content->ptr && i < SV_SLACK; i++)
		if (object->content->ptr[object->content->len + i] != 0)
			return SV_EINVAL;
	return hand->dump->check_ops ? check_ops(hand, object) : 0;
}

static int on_broken(const struct sv_oid *oid, enum sv_object_type type, int status,
		     const char *detail, void *payload)
{
	char hex[65];

	(void)type, (void)payload;
	sv_oid_hex(oid, hex);
	printf("%s broken %d\n", hex, status);
	fprintf(stderr, "gap %s: %s\n", hex, detail);
	return 0;
}

static void on_gap(const char *reason, const char *what, const char *detail, void *payload)
{
	(void)payload;
	fprintf(stderr, "gap %s %s: %s\n", reason, what, detail);
}

static void *walk(void *payload)
{
	struct hand hand = {.dump = payload};
	struct dump *d = payload;
	struct sv_family_events events = {on_object, on_broken, &hand, 0, 0};
	struct sv_object_reader *reader;
	struct sv_err err = {.text = ""};
	size_t unit;

	if (sv_object_reader_new(d->objects, d->memory / d->jobs / 2, d->max_size, &reader, &err) <
	    0)
		die("reader", &err);
	while (d->status == 0 &&
	       (unit = atomic_fetch_add(&d->next, 1)) < sv_families_units(d->families)) {
		int status = sv_family_walk(d->families, unit, reader, d->memory / d->jobs, &events,
					    &err);

		if (status < 0) {
			fprintf(stderr, "walk: status %d: %s\n", status, err.text);
			d->status = status;
		}
	}
	sv_object_reader_free(reader);
	for (size_t i = 0; i < hand.parents.len; i++)
		sv_buf_release(&hand.parents.ptr[i]);
	sv_vec_release(&hand.parents);
	return NULL;
}

static void walk_all(struct dump *d)
{
	pthread_t threads[MAX_THREADS];
	struct sv_err err = {.text = ""};

	if (sv_families_new(d->objects, d->blobs ? 1u << SV_OBJ_BLOB : ~0u, d->jobs, &d->families, &err) < 0)
		die("families", &err);
	for (unsigned i = 0; i < d->jobs; i++)
		if (pthread_create(&threads[i], NULL, walk, d) != 0)
			exit(2);
	for (unsigned i = 0; i < d->jobs; i++)
		pthread_join(threads[i], NULL);
	sv_families_free(d->families);
}

static void read_one(struct dump *d, struct sv_object_reader *reader, const struct sv_oid *oid)
{
	SV_AUTO(sv_buf) content = {0};
	struct sv_err err = {.text = ""};
	enum sv_object_type type;
	char hex[65];
	int status = sv_object_reader_read(reader, oid, &type, &content, &err);

	sv_oid_hex(oid, hex);
	if (status == 0)
		print(d, hex, sv_object_type_name(type), sv_buf_span(&content));
	else
		on_broken(oid, SV_OBJ_NONE, status, err.text, NULL);
}

/* Every id once, in the order of the ids: the hardest for a reader. */
static void read_all(struct dump *d)
{
	struct sv_object_reader *reader;
	SV_VEC(struct sv_oid) oids = {0};
	struct sv_err err = {.text = ""};
	struct sv_oid oid;

	for (uint32_t s = 0; s < d->objects->stores.len; s++)
		for (uint32_t slot = 0; slot < d->objects->stores.ptr[s].index.n; slot++) {
			sv_objects_oid(d->objects, (struct sv_object_ref){s, slot}, &oid);
			if (sv_vec_push(&oids, oid) < 0)
				exit(2);
		}
	if (oids.len != 0)
		qsort(oids.ptr, oids.len, sizeof(*oids.ptr), sv_oid_order);
	if (sv_object_reader_new(d->objects, d->memory, d->max_size, &reader, &err) < 0)
		die("reader", &err);
	for (size_t i = 0; i < oids.len; i++)
		if (i == 0 || !sv_oid_equal(&oids.ptr[i], &oids.ptr[i - 1]))
			read_one(d, reader, &oids.ptr[i]);
	sv_object_reader_free(reader);
	sv_vec_release(&oids);
}

static void one(struct dump *d, const char *id)
{
	struct sv_object_reader *reader;
	struct sv_err err = {.text = ""};
	struct sv_oid oid;

	if (sv_oid_parse(sv_span_str(id), &oid) < 0 ||
	    sv_object_reader_new(d->objects, d->memory, d->max_size, &reader, &err) < 0)
		exit(2);
	read_one(d, reader, &oid);
	sv_object_reader_free(reader);
	if (d->n == 0)
		exit(1);
}

static void batch(struct dump *d)
{
	SV_AUTO(sv_buf) content = {0};
	char line[256], hex[65], type[16];
	uint64_t size;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%64s %15s %" SCNu64, hex, type, &size) != 3) {
			fprintf(stderr, "batch: %s", line);
			exit(2);
		}
		sv_buf_reset(&content);
		if (sv_buf_reserve(&content, size) < 0 ||
		    fread(content.ptr, 1, size, stdin) != size || getchar() != '\n') {
			fprintf(stderr, "batch: %s is cut short\n", hex);
			exit(2);
		}
		print(d, hex, type, sv_span(content.ptr, size));
	}
}

static void open_objects(struct dump *d, const char *path)
{
	struct sv_err err = {.text = ""};
	struct sv_repo *repo = NULL;
	int status;

	if (d->n_dirs != 0) {
		status = sv_objects_open(d->dirs, d->n_dirs, d->oid_len, on_gap, NULL, &d->objects,
					 &err);
	} else {
		status = sv_repo_open(path, true, on_gap, NULL, &repo, &err);
		if (status == 0 && d->ask_git)
			repo->ask_git = true;
		if (status == 0)
			status = sv_repo_objects(repo, on_gap, NULL, &d->objects, &err);
	}
	if (status < 0)
		die(path, &err);
	sv_repo_free(repo);
}

static void print_refs(const char *path)
{
	struct sv_err err = {.text = ""};
	struct sv_repo *repo = NULL;
	char hex[65];

	if (sv_repo_open(path, true, on_gap, NULL, &repo, &err) < 0)
		die(path, &err);
	for (size_t i = 0; i < repo->n_refs; i++) {
		sv_oid_hex(&repo->refs[i].oid, hex);
		printf("%s %s\n", hex, repo->refs[i].name);
	}
	sv_repo_free(repo);
}

static uint64_t size_option(const char *text)
{
	uint64_t value;

	if (sv_parse_size(sv_span_str(text), &value) < 0)
		exit(2);
	return value;
}

int main(int argc, char **argv)
{
	struct dump d = {.jobs = 1, .memory = 128u << 20, .oid_len = 20};
	const char *verb = argc > 1 ? argv[1] : "";
	struct timespec begin, end;
	struct rusage usage;
	int option;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	optind = 2;
	while ((option = getopt(argc, argv, "d:l:j:m:s:ogqb")) != -1) {
		if (option == 'd' && d.n_dirs < MAX_DIRS)
			d.dirs[d.n_dirs++] = optarg;
		else if (option == 'l')
			d.oid_len = (unsigned)size_option(optarg);
		else if (option == 'j')
			d.jobs = (unsigned)size_option(optarg);
		else if (option == 'm')
			d.memory = size_option(optarg);
		else if (option == 's')
			d.max_size = size_option(optarg);
		else if (option == 'o')
			d.check_ops = true;
		else if (option == 'q')
			d.quiet = true;
		else if (option == 'g')
			d.ask_git = true;
		else if (option == 'b')
			d.blobs = true;
		else
			return 2;
	}
	if (d.jobs == 0 || d.jobs > MAX_THREADS)
		return 2;
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (strcmp(verb, "refs") == 0) {
		print_refs(argv[argc - 1]);
		return fflush(stdout) != 0;
	}
	if (strcmp(verb, "batch") != 0)
		open_objects(&d, argv[argc - 1]);
	if (strcmp(verb, "walk") == 0)
		walk_all(&d);
	else if (strcmp(verb, "read") == 0)
		read_all(&d);
	else if (strcmp(verb, "one") == 0)
		one(&d, argv[optind]);
	else if (strcmp(verb, "batch") == 0)
		batch(&d);
	else
		return 2;
	sv_objects_free(d.objects);
	getrusage(RUSAGE_SELF, &usage);
	clock_gettime(CLOCK_MONOTONIC, &end);
	fprintf(stderr, "%llu objects, %llu bytes, %.2f s, peak %ld KiB\n", d.n, d.bytes,
		(double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
		usage.ru_maxrss);
	return fflush(stdout) != 0 || d.status != 0;
}
