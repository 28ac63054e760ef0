/**
 * @file Hyperscan's compiler, loaded when rules are not compiled yet. What scans is a library of
 * its own, a small one in C: most runs need no more.
 */
#ifndef SV_RULES_HS_COMPILER_H
#define SV_RULES_HS_COMPILER_H

#include "base/base.h"
#include <hs.h>

/** sv_hs_compiler.compile_multi is hs_compile_multi(). */
struct sv_hs_compiler {
#define HS(name) __typeof__(hs_##name) *name;
#include "rules/hs_compiler.def"
#undef HS
};
/** NULLs until sv_hs_compiler_load() has returned 0, immutable from then on. */
extern struct sv_hs_compiler sv_hs_compiler;

/** Loads it, once for the process. Any thread. SV_ENOTFOUND. */
int sv_hs_compiler_load(struct sv_err *err);
#endif
