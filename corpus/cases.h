/** @file The labelled files of a corpus, made from its templates and a seed. */
#ifndef SV_CORPUS_CASES_H
#define SV_CORPUS_CASES_H

#include "base/base.h"

#define MAX_MARKS 4
/* around what must be found */
#define OPEN	  "\xC2\xAB" /* « */
#define CLOSE	  "\xC2\xBB" /* » */

/** A place in a case that must be found; kind is a rule's id, or several with | between. */
struct mark {
	const char *kind;
	size_t start, end;
};
/** One file. A case without marks holds no secret. */
struct corpus_case {
	const char *group; /* a line of expect.txt */
	const char *label; /* what messages call it */
	const char *file;
	struct sv_span bytes;
	struct mark marks[MAX_MARKS];
	size_t n_marks;
	const char *refuses; /* without marks: only these kinds are wrong here; NULL: any is */
	bool decoded;	     /* the bytes are encoded: marks hold for the whole file */
};
struct corpus {
	struct sv_arena arena;
	SV_VEC(struct corpus_case) cases;
};

/** Reads folder and makes its cases; the same seed gives the same bytes. */
int corpus_make(struct corpus *corpus, const char *folder, uint64_t seed, struct sv_err *err);
void corpus_release(struct corpus *corpus);

/** Text in sections: a line "== HEAD", then the body. Lines before the first are a comment. */
struct section {
	char *head, *body;
};
struct sections {
	SV_VEC(struct section) all;
};
int sections_read(struct sections *ret, struct sv_arena *arena, const char *folder,
		  const char *file, struct sv_err *err);

/** Expands the placeholders of examples, and the corpus's own; appends to ret. */
int values_expand(const char *text, uint64_t seed, struct sv_buf *ret, struct sv_err *err);
/** Escapes or encodes text as HOW says ("json", "percent", "utf16le" …). SV_EINVAL: no such way. */
int values_encode(const char *how, struct sv_span text, struct sv_buf *ret);
#endif
