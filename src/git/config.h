/**
 * @file Files of git's configuration, read: git-config(1). For hooks: libgit2 takes 4 ms to start,
 * since it reads all certificates of the system, and a hook has 20.
 */
#ifndef SV_GIT_CONFIG_H
#define SV_GIT_CONFIG_H

#include "base/base.h"

/** name is "section.key" or "section.Subsection.key", lower case but for the subsection; value is
 * NULL for a key without "=". Non-zero ends the reading and is returned. */
typedef int sv_config_fn(const char *name, const char *value, void *payload);
/**
 * Tells every entry in order, those of include.path in its place (includeIf is not looked at). No
 * file is an empty one. SV_ECORRUPT with the line, SV_EIO, SV_ENOMEM.
 */
int sv_config_read(const char *path, sv_config_fn *on_entry, void *payload, struct sv_err *err);
/** The same for the system's file and the user's two. One that cannot be read is left out. */
int sv_config_read_users(sv_config_fn *on_entry, void *payload, struct sv_err *err);
/** As git understands it: yes, on, true, 1, a key without value. SV_EINVAL. */
int sv_config_bool(const char *value, bool *ret);
#endif
