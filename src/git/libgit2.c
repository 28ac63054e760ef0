#include "git/libgit2.h"
#include <pthread.h>

#define FILE_NAME "libgit2.so." LIBGIT2_SOVERSION

SV_LOADS(FILE_NAME, "git", "repositories: their configuration, index and ignore rules", "required")

struct sv_libgit2 sv_libgit2;
static int outcome;
static struct sv_err words;

static void start(void)
{
	static const char *const names[] = {
#define LIBGIT2(name) "git_" #name,
#include "git/libgit2.def"
#undef LIBGIT2
	};

	outcome = sv_functions_load(FILE_NAME, names, sizeof(names) / sizeof(*names),
				    (void **)&sv_libgit2, &words);
	if (outcome == 0)
		sv_libgit2.libgit2_init();
}

int sv_libgit2_start(struct sv_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
	return outcome < 0 ? sv_err_set(err, outcome, "%s", words.text) : 0;
}
