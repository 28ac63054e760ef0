/* A fuzz target without a fuzzer: runs it once on each file of the folders that are named. */
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>

static int run_file(const char *path)
{
	SV_AUTO(sv_buf) file = {0};
	struct sv_err err = {.text = ""};
	uint8_t *exact;

	if (sv_file_read(path, &file, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	/* no byte more than the input: AddressSanitizer then sees a read past it */
	exact = malloc(file.len ? file.len : 1);
	if (exact == NULL)
		return -1;
	memcpy(exact, file.ptr ? (const void *)file.ptr : "", file.len);
	LLVMFuzzerTestOneInput(exact, file.len);
	free(exact);
	return 0;
}

static long run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	long n = 0;

	if (dir == NULL) {
		perror(path);
		return -1;
	}
	while (n >= 0 && (entry = readdir(dir)) != NULL) {
		SV_AUTO_FREE char *file = sv_path_join(path, entry->d_name);

		if (entry->d_name[0] != '.')
			n = file && run_file(file) == 0 ? n + 1 : -1;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	long all = 0;

	for (int i = 1; i < argc; i++) {
		long n = run_folder(argv[i]);

		if (n < 0)
			return 1;
		all += n;
	}
	printf("%ld inputs\n", all);
	return all == 0; /* a corpus that is gone must not pass */
}
