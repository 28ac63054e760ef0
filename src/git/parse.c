#include "git/parse.h"

struct sv_span sv_line_next(struct sv_span *text)
{
	const uint8_t *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->ptr) : text->len;
	struct sv_span s = sv_span(text->ptr, len);

	text->ptr += end ? len + 1 : len;
	text->len -= end ? len + 1 : len;
	return s;
}

static bool oid_after(struct sv_span s, const char *key, unsigned oid_len, struct sv_oid *ret)
{
	size_t n = strlen(key);

	return s.len == n + 2 * oid_len && sv_span_starts_with(s, key) &&
	       sv_oid_parse(sv_span(s.ptr + n, s.len - n), ret) == 0;
}

static struct sv_signature signature(struct sv_span s, size_t key)
{
	struct sv_signature sig = {.who = sv_span(s.ptr + key, s.len - key)};
	const uint8_t *close = memrchr(sig.who.ptr, '>', sig.who.len);
	uint64_t seconds;

	if (close != NULL) {
		struct sv_span rest = sv_span(close + 1, (size_t)(s.ptr + s.len - close - 1));
		const uint8_t *space;

		sig.who.len = (size_t)(close + 1 - sig.who.ptr);
		if (rest.len != 0 && *rest.ptr == ' ')
			rest.ptr++, rest.len--;
		space = rest.len ? memchr(rest.ptr, ' ', rest.len) : NULL;
		if (space != NULL)
			rest.len = (size_t)(space - rest.ptr);
		/* past the year 9999 it is no date */
		if (sv_parse_u64(rest, &seconds) == 0 && seconds < 253402300800)
			sig.date = (int64_t)seconds;
	}
	return sig;
}

int sv_commit_parse(struct sv_span bytes, unsigned oid_len, struct sv_commit *ret)
{
	struct sv_commit c = {0};
	struct sv_span rest = bytes, s = sv_line_next(&rest);
	struct sv_oid parent;

	if (!oid_after(s, "tree ", oid_len, &c.tree))
		return SV_ECORRUPT;
	c.parents = sv_span(rest.ptr, 0);
	while (rest.len != 0 && (s = sv_line_next(&rest)).len != 0) {
		if (c.author.who.ptr == NULL && oid_after(s, "parent ", oid_len, &parent)) {
			c.parents.len = (size_t)(rest.ptr - c.parents.ptr);
			c.n_parents++;
		} else if (sv_span_starts_with(s, "author ") && c.author.who.ptr == NULL) {
			c.author = signature(s, 7);
		} else if (sv_span_starts_with(s, "committer ") && c.committer.who.ptr == NULL) {
			c.committer = signature(s, 10);
		}
	}
	/* parents that do not follow on one another cannot be told by their number */
	if (c.parents.len != c.n_parents * (8ull + 2 * oid_len))
		return SV_ECORRUPT;
	c.message = (size_t)(rest.ptr - bytes.ptr);
	*ret = c;
	return 0;
}

void sv_commit_parent(const struct sv_commit *commit, uint32_t index, struct sv_oid *ret_oid)
{
	size_t stride = commit->parents.len / commit->n_parents;

	(void)sv_oid_parse(sv_span(commit->parents.ptr + index * stride + 7, stride - 8), ret_oid);
}

int sv_tag_parse(struct sv_span bytes, unsigned oid_len, struct sv_tag *ret)
{
	struct sv_tag t = {0};
	struct sv_span rest = bytes, s = sv_line_next(&rest);

	if (!oid_after(s, "object ", oid_len, &t.object))
		return SV_ECORRUPT;
	while (rest.len != 0 && (s = sv_line_next(&rest)).len != 0) {
		if (sv_span_starts_with(s, "tagger ") && t.tagger.who.ptr == NULL)
			t.tagger = signature(s, 7);
		for (int type = SV_OBJ_COMMIT;
		     sv_span_starts_with(s, "type ") && type <= SV_OBJ_TAG; type++)
			if (sv_span_equal(
				    sv_span(s.ptr + 5, s.len - 5),
				    sv_span_str(sv_object_type_name((enum sv_object_type)type))))
				t.type = (enum sv_object_type)type;
	}
	t.message = (size_t)(rest.ptr - bytes.ptr);
	*ret = t;
	return 0;
}

int sv_tree_next(struct sv_span *rest, unsigned oid_len, struct sv_tree_entry *ret)
{
	const uint8_t *p = rest->ptr, *end, *nul;
	uint32_t mode = 0;

	if (rest->len == 0)
		return 0;
	end = p + rest->len;
	while (p < end && *p >= '0' && *p <= '7' && p - rest->ptr < 8)
		mode = mode << 3 | (uint32_t)(*p++ - '0');
	if (p == rest->ptr || p == end || *p++ != ' ')
		return SV_ECORRUPT;
	nul = memchr(p, 0, (size_t)(end - p));
	if (nul == NULL || (size_t)(end - nul) < oid_len + 1)
		return SV_ECORRUPT;
	*ret = (struct sv_tree_entry){mode, sv_span(p, (size_t)(nul - p)), nul + 1,
				      (size_t)(nul - rest->ptr) + 1 + oid_len};
	rest->ptr += ret->len;
	rest->len -= ret->len;
	return 1;
}

int sv_reflog_line_parse(struct sv_span line, unsigned oid_len, struct sv_oid ret_oids[2])
{
	size_t hex = 2 * oid_len;

	if (line.len < 2 * hex + 2 || line.ptr[hex] != ' ' || line.ptr[2 * hex + 1] != ' ' ||
	    sv_oid_parse(sv_span(line.ptr, hex), &ret_oids[0]) < 0 ||
	    sv_oid_parse(sv_span(line.ptr + hex + 1, hex), &ret_oids[1]) < 0)
		return SV_ECORRUPT;
	return 0;
}

int sv_packed_ref_parse(struct sv_span line, unsigned oid_len, struct sv_oid *ret_oid,
			struct sv_span *ret_name)
{
	size_t hex = 2 * oid_len;

	if (line.len < hex + 2 || line.ptr[hex] != ' ' || memchr(line.ptr, 0, line.len) != NULL ||
	    sv_oid_parse(sv_span(line.ptr, hex), ret_oid) < 0)
		return SV_ECORRUPT;
	*ret_name = sv_span(line.ptr + hex + 1, line.len - hex - 1);
	return 0;
}

int sv_ref_file_parse(struct sv_span content, unsigned oid_len, struct sv_oid *ret_oid)
{
	size_t hex = 2 * oid_len;

	if (sv_span_starts_with(content, "ref:"))
		return 0;
	if (content.len < hex || (content.len > hex && content.ptr[hex] > ' ') ||
	    sv_oid_parse(sv_span(content.ptr, hex), ret_oid) < 0)
		return SV_ECORRUPT;
	return 1;
}
