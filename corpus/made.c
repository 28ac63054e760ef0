/*
 * sievert-corpus-made FILE: holds that placeholders are made into the same text by every compiler and
 * on every machine. A line of FILE is a placeholder and the digest of what seed 1 makes of it; where a
 * change was meant, what is printed is the new line.
 */
#include "cases.h"
#include <stdio.h>

static int digest_of(const char *placeholder, char ret_hex[17], struct sv_err *err)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_span made;
	uint8_t digest[16];
	int status = values_expand(placeholder, 1, &text, err);

	if (status < 0)
		return status;
	made = sv_buf_span(&text);
	/* what is no placeholder stands for itself */
	if (made.len == strlen(placeholder) && memcmp(made.ptr, placeholder, made.len) == 0)
		return sv_err_set(err, SV_EINVAL, "%s: no such placeholder", placeholder);
	sv_digest(digest, sizeof(digest), NULL, &made, 1);
	sv_hex(digest, 8, ret_hex);
	return 0;
}

static int check_line(const char *line, bool *ret_same, struct sv_err *err)
{
	char placeholder[80], wanted[17] = "", is[17];
	int status;

	if (line[0] == '#' || sscanf(line, "%79s %16s", placeholder, wanted) < 1)
		return 0;
	status = digest_of(placeholder, is, err);
	if (status == 0 && strcmp(is, wanted) != 0) {
		printf("%s %s\n", placeholder, is);
		*ret_same = false;
	}
	return status;
}

int main(int argc, char **argv)
{
	SV_AUTO(sv_buf) text = {0};
	struct sv_err err = {0};
	bool same = true;
	char *rest = NULL;
	int status;

	if (argc != 2) {
		fprintf(stderr, "usage: sievert-corpus-made FILE\n");
		return 2;
	}
	status = sv_file_read(argv[1], &text, &err);
	for (char *line = status < 0 ? NULL : strtok_r((char *)sv_buf_str(&text), "\n", &rest);
	     status == 0 && line != NULL; line = strtok_r(NULL, "\n", &rest))
		status = check_line(line, &same, &err);
	if (status < 0)
		fprintf(stderr, "sievert-corpus-made: %s\n", err.text);
	return status < 0 ? 2 : !same;
}
