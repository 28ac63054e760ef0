#include "rules/hs_compiler.h"
#include <pthread.h>

#define TEXT_OF(number) TEXT(number)
#define TEXT(number)	#number
#define FILE_NAME	"libhs.so." TEXT_OF(HS_MAJOR)

SV_LOADS(FILE_NAME, "rules", "compiles rules that are not built in", "required")

struct sv_hs_compiler sv_hs_compiler;
static int outcome;
static struct sv_err words;

static void load(void)
{
	static const char *const names[] = {
#define HS(name) "hs_" #name,
#include "rules/hs_compiler.def"
#undef HS
	};

	outcome = sv_functions_load(FILE_NAME, names, sizeof(names) / sizeof(*names),
				    (void **)&sv_hs_compiler, &words);
}

int sv_hs_compiler_load(struct sv_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return outcome < 0 ? sv_err_set(err, outcome, "%s", words.text) : 0;
}
