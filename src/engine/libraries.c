/* What a bug report wants to know: the libraries below this one. */
#include "base/base.h"
#include "git/libgit2.h"
#include <hs.h>
#include <libdeflate.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <xxhash.h>
#include <yaml.h>

static char pcre2[64], git2[32], xxhash[32];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void ask(void)
{
	int major, minor, revision;

	if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) < (int)sizeof(pcre2))
		pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	if (sv_libgit2_start(NULL) < 0) {
		strcpy(git2, "(absent)");
	} else {
		sv_libgit2.libgit2_version(&major, &minor, &revision);
		snprintf(git2, sizeof(git2), "%d.%d.%d", major, minor, revision);
	}
	snprintf(xxhash, sizeof(xxhash), "%u", (unsigned)XXH_VERSION_NUMBER);
}

bool sv_library_get(size_t index, struct sv_library *ret_library)
{
	const struct sv_library all[] = {
		{"hyperscan", hs_version()},
		{"pcre2", pcre2},
		{"libgit2", git2},
		{"libyaml", yaml_get_version_string()},
		{"libdeflate", LIBDEFLATE_VERSION_STRING},
		{"libsodium", sodium_version_string()},
		{"xxhash", xxhash},
	};

	pthread_once(&once, ask);
	if (index >= sizeof(all) / sizeof(*all))
		return false;
	*ret_library = all[index];
	return true;
}
