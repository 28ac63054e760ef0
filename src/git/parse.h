/** @file What commits, tags and trees say. Pure functions over foreign bytes; spans are borrowed
 * from them. */
#ifndef SV_GIT_PARSE_H
#define SV_GIT_PARSE_H

#include "git/objects.h"

/** "Name <mail> 1700000000 +0100" */
struct sv_signature {
	struct sv_span who; /* "Name <mail>" */
	int64_t date;	    /* seconds since 1970, UTC; 0 if it is not readable */
};

struct sv_commit {
	struct sv_oid tree;
	struct sv_span parents; /* the lines "parent HEX\n", n_parents of them */
	uint32_t n_parents;
	struct sv_signature author, committer;
	size_t message; /* offset where it begins */
};
/** A commit without a readable tree line is SV_ECORRUPT; all else may be missing. */
int sv_commit_parse(struct sv_span bytes, unsigned oid_len, struct sv_commit *ret);
void sv_commit_parent(const struct sv_commit *commit, uint32_t index, struct sv_oid *ret_oid);

struct sv_tag {
	struct sv_oid object;
	enum sv_object_type type;
	struct sv_signature tagger;
	size_t message;
};
int sv_tag_parse(struct sv_span bytes, unsigned oid_len, struct sv_tag *ret);

struct sv_tree_entry {
	uint32_t mode;
	struct sv_span name;
	const uint8_t *oid;
	size_t len; /* of the whole entry, which begins at its mode */
};
static inline bool sv_tree_entry_is_tree(const struct sv_tree_entry *e)
{
	return (e->mode & 0170000) == 040000;
}
/** Takes the first entry off rest: 1, 0 at the end, SV_ECORRUPT. */
int sv_tree_next(struct sv_span *rest, unsigned oid_len, struct sv_tree_entry *ret);

/* ---- lines of the git directory's files, without their newline ---- */
/** "OLD NEW who": both ids of a line of a reflog. SV_ECORRUPT. */
int sv_reflog_line_parse(struct sv_span line, unsigned oid_len, struct sv_oid ret_oids[2]);
/** "ID refs/heads/main" of packed-refs. SV_ECORRUPT: it is a comment, a peeled id, or broken. */
int sv_packed_ref_parse(struct sv_span line, unsigned oid_len, struct sv_oid *ret_oid,
			struct sv_span *ret_name);
/** The content of a ref's own file: 1 and its id, 0 for a symbolic one, SV_ECORRUPT. */
int sv_ref_file_parse(struct sv_span content, unsigned oid_len, struct sv_oid *ret_oid);
/** Takes a line off text, without its newline. */
struct sv_span sv_line_next(struct sv_span *text);
#endif
