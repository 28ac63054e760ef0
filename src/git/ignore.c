#include "git/ignore.h"
#include "git/libgit2.h"
#include <stdio.h>

struct sv_ignore {
	const struct sv_repo *repo;
	git_repository *git;
	struct sv_buf path;
};

int sv_ignore_new(const struct sv_repo *repo, struct sv_ignore **ret_ignore, struct sv_err *err)
{
	int status = sv_libgit2_start(err);
	struct sv_ignore *ignore = status < 0 ? NULL : calloc(1, sizeof(*ignore));

	if (ignore == NULL)
		return status < 0 ? status : sv_err_set(err, SV_ENOMEM, "out of memory");
	ignore->repo = repo;
	/* what libgit2 does not read (SHA-256) has no ignore rules here, so that more is scanned,
	   never less */
	ignore->git = sv_repo__by_libgit2(repo->git_dir);
	*ret_ignore = ignore;
	return 0;
}

void sv_ignore_free(struct sv_ignore *ignore)
{
	if (ignore == NULL)
		return;
	sv_libgit2.repository_free(ignore->git);
	sv_buf_release(&ignore->path);
	free(ignore);
}

/* Does the index hold path, or anything below it? Its entries are in byte order. */
static bool is_tracked(const struct sv_repo *repo, const char *path, bool is_dir)
{
	size_t low = 0, high = repo->n_index, len = strlen(path);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(repo->index[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < repo->n_index && strncmp(repo->index[low].path, path, len) == 0; low++) {
		char after = repo->index[low].path[len];

		if (after == '\0' || (is_dir && after == '/'))
			return true;
		if (after > '/')
			return false;
	}
	return false;
}

bool sv_ignore_check(struct sv_ignore *ignore, const char *path, bool is_dir)
{
	int ignored = 0;

	if (ignore->git == NULL)
		return false;
	sv_buf_reset(&ignore->path);
	/* a pattern that ends in "/" is asked by a path that does */
	if (sv_buf_puts(&ignore->path, path) < 0 || (is_dir && sv_buf_putc(&ignore->path, '/') < 0))
		return false;
	return sv_libgit2.ignore_path_is_ignored(&ignored, ignore->git, sv_buf_str(&ignore->path)) == 0 &&
	       ignored && !is_tracked(ignore->repo, path, is_dir);
}
