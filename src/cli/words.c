/* Words to the user, made safe, and guesses at what was meant. */
#include "cli.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What is said may hold a path or a name of the input. */
static void say(const char *fmt, va_list ap)
{
	char words[4096], safe[2 * sizeof(words)];

	vsnprintf(words, sizeof(words), fmt, ap);
	sv_text_neutralise((struct sv_span){(const uint8_t *)words, strlen(words)}, safe,
			   sizeof(safe));
	fprintf(stderr, "sievert: %s\n", safe);
}

static void print_made(size_t make(struct sv_span bytes, char *ret_text, size_t cap),
		       const char *text)
{
	struct sv_span span = {(const uint8_t *)text, strlen(text)};
	size_t need = make(span, NULL, 0);
	char *made = malloc(need + 1);

	if (made == NULL)
		exit(sv_cli_fail("out of memory"));
	make(span, made, need + 1);
	fputs(made, stdout);
	free(made);
}

void sv_cli_print_safe(const char *text)
{
	print_made(sv_text_neutralise, text);
}

void sv_cli_print_json(const char *text)
{
	print_made(sv_json_quote, text);
}

int sv_cli_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return SV_CLI_FAILED;
}

void sv_cli_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

int sv_cli_misuse(const struct sv_cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	if (cli->verb != NULL)
		fprintf(stderr, "Try 'sievert help %s'.\n", cli->verb->name);
	else
		fputs("Try 'sievert --help'.\n", stderr);
	return SV_CLI_FAILED;
}

int sv_cli_finish_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return SV_CLI_CLEAN;
	/* whoever closed the pipe has read enough */
	if (errno == EPIPE)
		return 128 + 13;
	return sv_cli_fail("cannot write the output: %s", strerror(errno));
}

#define LONGEST 63 /* words beyond this are nobody's typing errors */

/* Edit distance with neighbours swapped as one step. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), rows[3][LONGEST + 1];

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    second[j - 2] + 1 < best)
				best = second[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *sv_cli_guess(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t least = 3;

	for (size_t i = 0; i < n; i++) {
		size_t d = words[i] ? distance(word, words[i]) : LONGEST;

		/* two changes make any word of three letters: then it is no guess */
		if (d < least && d < strlen(words[i])) {
			least = d;
			best = words[i];
		}
	}
	return best;
}
