/** @file Compiled databases kept on disk between runs. */
#ifndef SV_RULES_CACHE_H
#define SV_RULES_CACHE_H

#include "base/base.h"
#include <hs.h>

/**
 * The database kept under key (hex digits) in the folder dir. SV_ENOTFOUND if there is none, or
 * none to be trusted: the folder and the file must be ours, writable by nobody else, and whole.
 */
int sv_cache_load(const char *dir, const char *key, hs_database_t **ret_db);
/** Keeps db for later runs, whole or not at all; a few databases are kept, the oldest go. */
int sv_cache_store(const char *dir, const char *key, const hs_database_t *db);
#endif
