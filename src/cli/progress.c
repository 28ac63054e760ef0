/* One line on a terminal, drawn over itself. */
#include "cli.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER 0.5 /* most runs are over before that */
#define EVERY	    0.1

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool sv_cli_is_ci(void)
{
	const char *ci = getenv("CI"), *azure = getenv("TF_BUILD");

	return (ci && *ci) || (azure && *azure);
}

bool sv_cli_progress_is_wanted(const struct sv_cli *cli)
{
	const char *term = getenv("TERM");

	return !sv_cli_on(cli, SV_OPTION_QUIET) && isatty(2) && !sv_cli_is_ci() && term &&
	       strcmp(term, "dumb") != 0;
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

/* Appends to a line of cap bytes; what does not fit is cut. */
static void append(char *line, size_t cap, const char *fmt, ...) SV_PRINTF(3, 4);
static void append(char *line, size_t cap, const char *fmt, ...)
{
	size_t n = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, cap - n, fmt, ap);
	va_end(ap);
}

static void append_left(char *line, size_t cap, double seconds)
{
	unsigned left = (unsigned)(seconds + 1);

	if (left < 60)
		append(line, cap, ", %u s left", left);
	else if (left < 6000)
		append(line, cap, ", %u min %u s left", left / 60, left % 60);
	else
		append(line, cap, ", %u h left", left / 3600);
}

void sv_cli_progress_draw(const struct sv_progress *p, void *payload)
{
	struct sv_cli_progress *progress = payload;
	double now = seconds_now(), seconds;
	char line[256] = "";
	size_t width = columns();

	if (progress->started == 0)
		progress->started = now;
	if (progress->phase != p->phase) {
		progress->phase_bytes = progress->phase ? p->bytes : 0;
		progress->phase = p->phase;
		progress->phase_started = now;
	}
	if (now - progress->started < FIRST_AFTER || now - progress->drawn < EVERY)
		return;
	seconds = now - progress->phase_started;
	append(line, sizeof(line), "%s: %llu", p->phase, (unsigned long long)p->done);
	if (p->total != 0)
		append(line, sizeof(line), " of %llu", (unsigned long long)p->total);
	/* some phases read nothing new */
	if (p->bytes > progress->phase_bytes)
		append(line, sizeof(line), ", %.0f MB, %.0f MB/s", (double)p->bytes / 1e6,
		       (double)(p->bytes - progress->phase_bytes) / 1e6 / seconds);
	if (p->done != 0 && p->total > p->done && seconds > 1)
		append_left(line, sizeof(line),
			    seconds / (double)p->done * (double)(p->total - p->done));
	append(line, sizeof(line), ", %llu hits", (unsigned long long)p->findings);
	/* a line that wraps cannot be drawn over */
	fprintf(stderr, "\r%.*s\033[K", (int)(width - 1), line);
	progress->drawn = now;
	progress->shown = true;
}

void sv_cli_progress_clear(struct sv_cli_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
