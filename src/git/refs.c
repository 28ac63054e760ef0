#include "git/refs.h"
#include "git/parse.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define MAX_DEPTH  64
#define MAX_REF	   4096
#define MAX_PACKED (1u << 30)

struct reading {
	unsigned oid_len;
	const char *prefix;
	sv_ref_fn *on_ref;
	sv_git_gap_fn *on_gap;
	void *payload;
	struct sv_arena arena;
	SV_VEC(char *) loose; /* names; a file hides the packed ref of its name */
};

static int tell(struct reading *r, const char *name, const struct sv_oid *oid)
{
	const char *full = *r->prefix ? sv_arena_printf(&r->arena, "%s%s", r->prefix, name) : name;

	return full ? r->on_ref(full, oid, r->payload) : SV_ENOMEM;
}

static int read_file(struct reading *r, const char *path, const char *name)
{
	SV_AUTO(sv_buf) text = {.max = MAX_REF};
	size_t len = strlen(name);
	struct sv_oid oid;
	char *copy;
	int status = sv_file_read(path, &text, NULL);

	/* deleted since it was listed, or being written */
	if (status == SV_ENOTFOUND || (len > 5 && strcmp(name + len - 5, ".lock") == 0))
		return 0;
	status = status < 0 ? status : sv_ref_file_parse(sv_buf_span(&text), r->oid_len, &oid);
	if (status == SV_ENOMEM)
		return status;
	if (status < 0)
		r->on_gap("broken-ref", name,
			  status == SV_ECORRUPT || status == SV_ETOOBIG ? "it names no object"
									: "it cannot be read",
			  r->payload);
	if (status < 1)
		return 0;
	copy = sv_arena_strdup(&r->arena, name);
	status = copy ? sv_vec_push(&r->loose, copy) : SV_ENOMEM;
	return status == 0 ? tell(r, name, &oid) : status;
}

static int read_folder(struct reading *r, const char *path, const char *name, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int status = 0;

	if (dir == NULL) {
		if (errno != ENOENT)
			r->on_gap("unreadable", name, strerror(errno), r->payload);
		return 0;
	}
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		SV_AUTO_FREE char *child = sv_path_join(path, entry->d_name);
		SV_AUTO_FREE char *child_name = sv_path_join(name, entry->d_name);
		struct stat st;

		if (child == NULL || child_name == NULL)
			status = SV_ENOMEM;
		/* git itself never makes a ref that begins with a dot */
		else if (entry->d_name[0] == '.' || lstat(child, &st) < 0)
			continue;
		else if (S_ISLNK(st.st_mode) && stat(child, &st) == 0 && S_ISDIR(st.st_mode))
			/* folders that link to one another would have endless names */
			r->on_gap("unreadable", child_name, "a link to a folder", r->payload);
		else if (!S_ISDIR(st.st_mode))
			status = read_file(r, child, child_name);
		else if (depth < MAX_DEPTH)
			status = read_folder(r, child, child_name, depth + 1);
		else
			r->on_gap("broken-ref", child_name, "too many folders", r->payload);
	}
	closedir(dir);
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_packed(struct reading *r, const char *path)
{
	SV_AUTO(sv_buf) text = {.max = MAX_PACKED};
	struct sv_arena names = {0};
	int status = sv_file_read(path, &text, NULL);
	struct sv_span rest = sv_buf_span(&text);

	if (status == SV_ENOTFOUND || status == SV_ENOMEM)
		return status == SV_ENOMEM ? status : 0;
	if (status < 0)
		r->on_gap("unreadable", path, "the packed refs cannot be read", r->payload);
	if (r->loose.len != 0)
		qsort(r->loose.ptr, r->loose.len, sizeof(*r->loose.ptr), by_name);
	for (status = 0; status == 0 && rest.len != 0;) {
		struct sv_span line = sv_line_next(&rest), name;
		struct sv_oid oid;
		char *copy;

		/* "# pack-refs with: …" and "^ID", what the tag before it leads to */
		if (line.len == 0 || *line.ptr == '#' || *line.ptr == '^')
			continue;
		if (sv_packed_ref_parse(line, r->oid_len, &oid, &name) < 0) {
			r->on_gap("broken-ref", "packed-refs", "a line is no ref", r->payload);
			continue;
		}
		sv_arena_reset(&names);
		copy = sv_arena_strndup(&names, name.ptr, name.len);
		if (copy == NULL)
			status = SV_ENOMEM;
		else if (r->loose.len == 0 || bsearch(&copy, r->loose.ptr, r->loose.len,
						      sizeof(*r->loose.ptr), by_name) == NULL)
			status = tell(r, copy, &oid);
	}
	sv_arena_release(&names);
	return status;
}

int sv_refs_read(const char *dir, const char *prefix, unsigned oid_len, sv_ref_fn *on_ref,
		 sv_git_gap_fn *on_gap, void *payload)
{
	SV_AUTO_FREE char *refs = sv_path_join(dir, "refs");
	SV_AUTO_FREE char *packed = sv_path_join(dir, "packed-refs");
	struct reading r = {.oid_len = oid_len,
			    .prefix = prefix,
			    .on_ref = on_ref,
			    .on_gap = on_gap,
			    .payload = payload};
	int status = refs && packed ? read_folder(&r, refs, "refs", 0) : SV_ENOMEM;

	/* after the files: "git pack-refs" writes the packed ones before it removes those */
	if (status == 0)
		status = read_packed(&r, packed);
	sv_vec_release(&r.loose);
	sv_arena_release(&r.arena);
	return status;
}
