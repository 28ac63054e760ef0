/* Where a value is shown rather than used: comments, manuals, docstrings, what is announced as an
 * example, tests. */
#include "detect/checks.h"
#include <ctype.h>
#include <strings.h>

struct sv_span sv_line_start(const struct sv_check_input *in)
{
	size_t to = in->match_start, from = to;

	while (from > 0 && in->text.ptr[from - 1] != '\n')
		from--;
	while (from < to && (in->text.ptr[from] == ' ' || in->text.ptr[from] == '\t'))
		from++;
	return sv_span(in->text.ptr + from, to - from);
}

/* The end of a block. One with a star on each side stands for any kind of content. */
static const uint8_t *comment_end(struct sv_span text)
{
	const uint8_t *end = text.ptr + text.len, *at = text.ptr;

	while ((at = memmem(at, (size_t)(end - at), "*/", 2)) != NULL && at + 2 < end &&
	       at[2] == '*')
		at += 2;
	return at;
}

/* a block that began above and has not ended */
static bool is_in_block_comment(const struct sv_check_input *in)
{
	struct sv_span before = sv_span(in->text.ptr, in->match_start);
	struct sv_span rest = sv_span(in->text.ptr + in->match_end, in->text.len - in->match_end);
	const uint8_t *last = NULL, *at = before.ptr, *close = comment_end(rest);

	/* one that ends below and began farther above than is looked at */
	if (close != NULL && memmem(rest.ptr, (size_t)(close - rest.ptr), "/*", 2) == NULL &&
	    close > rest.ptr && strchr(" \t\n*", close[-1]) != NULL)
		return true;

	while ((at = memmem(at, (size_t)(before.ptr + before.len - at), "/*", 2)) != NULL)
		last = at++;
	/* neither a path nor a pattern */
	if (last == NULL || (last > before.ptr && strchr(" \t\n", last[-1]) == NULL))
		return false;
	return memmem(last, (size_t)(before.ptr + before.len - last), "*/", 2) == NULL;
}

/* def f():
 *     """… until the next three quotes */
static bool is_in_docstring(const struct sv_check_input *in)
{
	const uint8_t *first = in->text.ptr, *at = in->text.ptr + in->match_start;

	while (at - first > 3 && memcmp(at - 3, "\"\"\"", 3) != 0)
		at--;
	if (at - first <= 3)
		return false;
	for (at -= 3; at > first && strchr(" \t\r\n", at[-1]) != NULL;)
		at--;
	return at > first && at[-1] == ':';
}

static bool is_commented(const struct sv_check_input *in)
{
	static const char *const openings[] = {"# ",   "//", "/*",   "* ", "-- ",
					       "<!--", ";",  "REM ", "%%"};
	struct sv_span line = sv_line_start(in);

	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (line.len >= strlen(openings[i]) &&
		    memcmp(line.ptr, openings[i], strlen(openings[i])) == 0)
			return true;
	/* #db.password=x, not #define PASSWORD */
	return line.len > 1 && line.ptr[0] == '#' && strchr("{!", line.ptr[1]) == NULL &&
	       !(line.len > 6 && memcmp(line.ptr, "#define", 7) == 0);
}

static bool is_in_manual(const struct sv_check_input *in)
{
	static const char *const marks[] = {"\n```",
					    "\n[source",
					    "\n.. code",
					    "\n.. sourcecode",
					    "\n|===",
					    "\n....\n",
					    "\n$ curl",
					    "</code>",
					    "<pre><code",
					    "<screen>",
					    "<programlisting",
					    "\n## ",
					    "\n### ",
					    "\n>>> ",
					    "iex> ",
					    "::\n\n",
					    "example:\n",
					    "examples:\n",
					    "application/json:",
					    "operationId"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (sv_find_bytes(in->text, sv_span_str(marks[i])) != NULL)
			return true;
	return false;
}

bool sv_is_remark(const struct sv_check_input *in)
{
	return is_commented(in) || is_in_block_comment(in) || is_in_docstring(in) ||
	       is_in_manual(in);
}

/* "example = …", "for example …" shortly before, "it must look like this:" and what is shown */
bool sv_is_announced(const struct sv_check_input *in)
{
	static const char *const words[] = {"example=",	  "example:",	 "example =", "examples:",
					    "example\":", "for example", NULL};
	static const char *const openings[] = {"look like this:", "looks like this:",
					       "will look like:", "will look like `",
					       "{{.HelpName}}",	  NULL};
	size_t from = in->match_start > 150 ? in->match_start - 150 : 0;

	if (sv_holds_any(sv_span(in->text.ptr + from, in->match_start - from), words))
		return true;
	from = in->match_start > 320 ? in->match_start - 320 : 0;
	return sv_holds_any(sv_span(in->text.ptr + from, in->match_start - from), openings);
}

/* In some languages tests are among the code. */
bool sv_is_in_test(const struct sv_check_input *in)
{
	static const char *const marks[] = {"#[test]",	     "#[tokio::test]",
					    "#[cfg(test)]",  "assert_eq!(",
					    "assertEquals(", "assertThat(",
					    "@Test\n",	     "[Fact]",
					    "[Test]",	     ".unwrap();\n\n        assert"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (sv_find_bytes(in->text, sv_span_str(marks[i])) != NULL)
			return true;
	return false;
}
