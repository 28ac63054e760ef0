/**
 * @file libgit2, loaded when a repository needs it: with the TLS, SSH and Kerberos libraries that
 * it brings along, it takes longer to load than a small scan does.
 */
#ifndef SV_GIT_LIBGIT2_H
#define SV_GIT_LIBGIT2_H

#include "base/base.h"
#include <git2.h>

/** sv_libgit2.config_next is git_config_next(). */
struct sv_libgit2 {
#define LIBGIT2(name) __typeof__(git_##name) *name;
#include "git/libgit2.def"
#undef LIBGIT2
};
/** NULLs until sv_libgit2_start() has returned 0, immutable from then on. */
extern struct sv_libgit2 sv_libgit2;

/**
 * Loads and starts libgit2, once for the process. It frees what it keeps for a thread when the
 * thread ends, but only while it is started, and threads end in any order: so it is not stopped.
 * Any thread. SV_ENOTFOUND.
 */
int sv_libgit2_start(struct sv_err *err);
#endif
