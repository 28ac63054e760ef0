/** @file What the path of a place says of a secret that stands there. */
#ifndef SV_ENGINE_PATHS_H
#define SV_ENGINE_PATHS_H

#include "engine/run.h"

/** Kinds of files, by their paths (paths.def); bits. */
enum sv_path_kind {
	SV_PATH_TEST = 1u << 0,
	SV_PATH_DOCUMENT = 1u << 1,
	SV_PATH_TRANSLATION = 1u << 2,
	SV_PATH_MADE = 1u << 3,
	SV_PATH_SETTINGS = 1u << 4,
	SV_PATH_DOCS = 1u << 5, /* a folder of documents: not all in it is one */
	SV_PATH_TEMPLATE = 1u << 6,
	SV_PATH_TEXT = 1u << 7, /* to be read; in a folder of documents a document */
};
unsigned sv_path_kinds(struct sv_span path);

/**
 * Lowers the confidence of what is a secret in form only where it stands, and the severity of what
 * stands in a test. What a checksum or a structure proves, or a vendor's form tells, keeps its
 * confidence.
 */
void sv_path_judge(struct sv_hit *hit, unsigned path);
#endif
