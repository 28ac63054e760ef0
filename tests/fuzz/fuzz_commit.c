/* Commits: all that is told lies inside of the object, and each parent is an id. */
#include "fuzz.h"
#include "git/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	unsigned oid_len = fuzz_number(&in, 1) & 1 ? 32 : 20;
	struct sv_commit commit;

	if (sv_commit_parse(in, oid_len, &commit) < 0)
		return 0;
	FUZZ_HOLDS(commit.message <= in.len && commit.tree.len == oid_len);
	FUZZ_HOLDS(fuzz_inside(commit.parents, in));
	FUZZ_HOLDS(fuzz_inside(commit.author.who, in) && fuzz_inside(commit.committer.who, in));
	FUZZ_HOLDS(commit.author.date >= 0 && commit.committer.date >= 0);
	for (uint32_t i = 0; i < commit.n_parents; i++) {
		struct sv_oid parent = {.len = 0};

		sv_commit_parent(&commit, i, &parent);
		FUZZ_HOLDS(parent.len == oid_len);
	}
	return 0;
}
