#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "source/walk.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES	2000
#define FOLDERS 40
#define THREADS 4

static char root[] = "/tmp/sievert-walk-XXXXXX";

struct seen {
	atomic_uint flat[FILES], deep[FOLDERS];
	atomic_uint files, gaps;
};

struct hand {
	struct sv_walk *walk;
	struct seen *seen;
	unsigned files; /* that this thread visited */
	useconds_t pause;
	int dir;       /* the folder under walk, where a file is taken away from it */
	unsigned gaps; /* likewise */
};

static void put(const char *name)
{
	SV_AUTO_FREE char *path = sv_path_join(root, name);
	FILE *file = fopen(path, "w"); /* sv_file_write() waits for the disk */

	assert_non_null(file);
	assert_true(fputs(name, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int prepare(void **state)
{
	char name[100];

	(void)state;
	assert_non_null(mkdtemp(root));
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "flat%u", i);
		put(name);
	}
	for (unsigned i = 0; i < FOLDERS; i++) {
		snprintf(name, sizeof(name), "%s/folder%u", root, i);
		assert_int_equal(mkdir(name, 0700), 0);
		snprintf(name, sizeof(name), "folder%u/deep%u", i, i);
		put(name);
	}
	return 0;
}

static int tidy(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static int on_file(int fd, uint64_t size, const char *path, void *payload)
{
	struct hand *hand = payload;
	SV_AUTO(sv_buf) content = {0};
	unsigned i, j;
	bool end;

	/* a file is named by what it holds */
	if (sv_read_more(fd, 1 << 20, size, NULL, &content, &end) < 0 || !end ||
	    !sv_span_equal(sv_buf_span(&content), sv_span_str(path)))
		return SV_EINVAL;
	if (sscanf(path, "flat%u", &i) == 1)
		hand->seen->flat[i]++;
	else if (sscanf(path, "folder%u/deep%u", &i, &j) == 2 && i == j)
		hand->seen->deep[i]++;
	hand->seen->files++;
	hand->files++;
	if (hand->pause != 0)
		usleep(hand->pause);
	return 0;
}

static int on_link(struct sv_span text, const char *path, void *payload)
{
	(void)text, (void)path, (void)payload;
	return SV_EINVAL;
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	struct hand *hand = payload;

	(void)kind, (void)reason, (void)path, (void)detail;
	hand->seen->gaps++;
	return 0;
}

static void *work(void *payload)
{
	struct hand *hand = payload;
	struct sv_walk_events events = {
		.on_file = on_file, .on_link = on_link, .on_gap = on_gap, .payload = hand};

	return (void *)(intptr_t)sv_walk_work(hand->walk, &events);
}

/* How many threads visited a file. */
static unsigned walk_with(unsigned threads, useconds_t pause, struct seen *seen)
{
	struct hand hands[THREADS] = {0};
	pthread_t ids[THREADS];
	struct sv_walk *walk;
	struct sv_err err;
	unsigned busy = 0;

	assert_int_equal(sv_walk_new(root, &walk, &err), 0);
	for (unsigned i = 0; i < threads; i++) {
		hands[i] = (struct hand){.walk = walk, .seen = seen, .pause = pause};
		assert_int_equal(pthread_create(&ids[i], NULL, work, &hands[i]), 0);
	}
	for (unsigned i = 0; i < threads; i++) {
		void *status;

		pthread_join(ids[i], &status);
		assert_null(status);
		busy += hands[i].files != 0;
	}
	sv_walk_free(walk);
	return busy;
}

static void assert_all_once(const struct seen *seen)
{
	assert_int_equal(seen->files, FILES + FOLDERS);
	assert_int_equal(seen->gaps, 0);
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(seen->flat[i], 1);
	for (unsigned i = 0; i < FOLDERS; i++)
		assert_int_equal(seen->deep[i], 1);
}

static void one_thread_visits_every_file_once(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(walk_with(1, 0, &seen), 1);
	assert_all_once(&seen);
}

static void several_threads_visit_every_file_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct seen seen = {0};

		walk_with(THREADS, 0, &seen);
		assert_all_once(&seen);
	}
}

static void the_names_of_one_folder_are_shared_with_threads_that_have_none(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(walk_with(THREADS, 200, &seen), THREADS);
	assert_all_once(&seen);
}

/* Of a folder of two files, whichever is visited first takes the other away. */
static int on_file_take_the_other(int fd, uint64_t size, const char *path, void *payload)
{
	struct hand *hand = payload;

	(void)fd, (void)size;
	hand->files++;
	return unlinkat(hand->dir, strcmp(path, "one") == 0 ? "two" : "one", 0);
}

static int on_gap_vanished(enum sv_gap_kind kind, const char *reason, const char *path,
			   const char *detail, void *payload)
{
	struct hand *hand = payload;

	(void)path, (void)detail;
	assert_int_equal(kind, SV_GAP_SKIPPED);
	assert_string_equal(reason, "vanished");
	hand->gaps++;
	return 0;
}

static void a_file_that_vanished_since_it_was_listed_is_not_told_as_unread(void **state)
{
	SV_AUTO_FREE char *folder = sv_path_join(root, "vanishing");
	struct hand hand = {0};
	struct sv_walk_events events = {.on_file = on_file_take_the_other,
					.on_link = on_link,
					.on_gap = on_gap_vanished,
					.payload = &hand};
	struct sv_walk *walk;
	struct sv_err err;

	(void)state;
	assert_int_equal(mkdir(folder, 0700), 0);
	put("vanishing/one");
	put("vanishing/two");
	hand.dir = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(hand.dir >= 0);
	assert_int_equal(sv_walk_new(folder, &walk, &err), 0);
	assert_int_equal(sv_walk_work(walk, &events), 0);
	assert_int_equal(hand.files, 1);
	assert_int_equal(hand.gaps, 1);
	sv_walk_free(walk);
	close(hand.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_visits_every_file_once),
		cmocka_unit_test(several_threads_visit_every_file_once),
		cmocka_unit_test(the_names_of_one_folder_are_shared_with_threads_that_have_none),
		cmocka_unit_test(a_file_that_vanished_since_it_was_listed_is_not_told_as_unread),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
