/* expand [SEED]: standard input to standard output, {base62:36} and its like become values. */
#include "detect/scanner.h"
#include <stdio.h>

int main(int argc, char **argv)
{
	SV_AUTO(sv_buf) in = {0};
	SV_AUTO(sv_buf) out = {0};
	struct sv_err err = {0};
	uint64_t seed = 1;
	char piece[4096];
	size_t n;

	if (argc > 1 && sv_parse_u64(sv_span_str(argv[1]), &seed) < 0)
		return 2;
	while ((n = fread(piece, 1, sizeof(piece), stdin)) != 0)
		if (sv_buf_append(&in, piece, n) < 0)
			return 2;
	/* templates are C strings: what stands between NUL bytes is one, and the last has one too
	 */
	for (size_t at = 0; at < in.len; at++) {
		const char *text = (const char *)in.ptr + at;

		if (sv_template_expand(text, seed, &out, &err) < 0) {
			fprintf(stderr, "expand: %s\n", err.text);
			return 2;
		}
		at += strlen(text);
		if (at < in.len && sv_buf_putc(&out, '\0') < 0)
			return 2;
		fwrite(out.ptr, 1, out.len, stdout);
	}
	return fflush(stdout) != 0;
}
