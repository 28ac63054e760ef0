/** @file What .gitignore leaves out of a working tree, by libgit2. */
#ifndef SV_GIT_IGNORE_H
#define SV_GIT_IGNORE_H

#include "git/repo.h"

/** One thread at a time: one for each thread. */
struct sv_ignore;
int sv_ignore_new(const struct sv_repo *repo, struct sv_ignore **ret_ignore, struct sv_err *err);
void sv_ignore_free(struct sv_ignore *ignore);
/** path relative to the working tree. A path that the index holds, or a folder of one, is never
 * ignored. */
bool sv_ignore_check(struct sv_ignore *ignore, const char *path, bool is_dir);
#endif
