/* One run: targets in, report out. */
#include "engine/run.h"
#include "git/repo.h"
#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#define MAX_JOBS 256

static unsigned cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 0 ? (unsigned)n : 1;
}

static int start(struct sv_run *run)
{
	const struct sv_scan_options *options = run->options;

	run->jobs = options->jobs ? options->jobs : cpus();
	if (run->jobs > MAX_JOBS)
		return sv_err_set(run->err, SV_EINVAL, "at most %d jobs", MAX_JOBS);
	run->now = options->now ? options->now : (int64_t)time(NULL);
	run->workers = calloc(run->jobs, sizeof(*run->workers));
	if (run->workers == NULL)
		return sv_err_set(run->err, SV_ENOMEM, "out of memory");
	run->report.rules_digest = sv_ruleset_digest(options->ruleset);
	run->report.n_rules = sv_ruleset_count(options->ruleset);
	for (unsigned i = 0; i < run->jobs; i++)
		run->workers[i].run = run;
	return sv_worker_equip(run->workers, run->err);
}

struct stream {
	int fd;
	struct sv_span bytes, root;
};

static int scan_fd(struct sv_worker *w, void *payload)
{
	const struct stream *stream = payload;
	struct sv_origin origin = {.where = SV_WHERE_STDIN, .root = stream->root};
	int status;

	/* a stream has one end, and one thread reads it */
	if (w != w->run->workers)
		return 0;
	errno = 0;
	status = sv_worker_scan_file(w, &origin, stream->fd, 0);
	if (status == SV_EIO)
		return sv_worker_gap(w, SV_GAP_UNREAD, "unreadable", origin.root, sv_span(NULL, 0),
				     sv_span_str(strerror(errno)));
	w->coverage.files++;
	return status;
}

static int scan_bytes(struct sv_worker *w, void *payload)
{
	const struct stream *stream = payload;
	struct sv_origin origin = {.where = SV_WHERE_STDIN, .root = stream->root};
	int status;

	if (w != w->run->workers)
		return 0;
	/* a copy: what Hyperscan sees needs readable bytes after its end */
	sv_buf_reset(&w->content);
	status = sv_buf_append(&w->content, stream->bytes.ptr, stream->bytes.len);
	if (status < 0)
		return sv_err_set(&w->err, status, "out of memory");
	w->coverage.files++;
	return sv_worker_scan(w, &origin, &w->content);
}

/* Of a target that is one file, the folder: then root and path tell where it lies, as ever. */
static struct sv_span folder_of_file(const char *path, struct sv_span root)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st) < 0 || S_ISDIR(st.st_mode))
		return root;
	return slash ? sv_span(root.ptr, slash == path ? 1 : (size_t)(slash - path)) : sv_span_str(".");
}

static int scan_target(struct sv_run *run, const struct sv_target *target)
{
	bool is_bytes = target->kind == SV_TARGET_BYTES, is_stream = is_bytes || target->kind == SV_TARGET_FD;
	const char *unnamed = is_bytes ? "(memory)" : "(standard input)";
	char *name = sv_arena_strdup(&run->arena, target->path ? target->path : unnamed);
	struct sv_span root = sv_span_str(name);

	if (name == NULL)
		return sv_err_set(run->err, SV_ENOMEM, "out of memory");
	if (is_stream) {
		struct stream stream = {target->fd, target->bytes, root};

		return sv_run_work(run, "stream", 0, is_bytes ? scan_bytes : scan_fd, NULL, &stream);
	}
	if (target->kind == SV_TARGET_CHANGE)
		return sv_run_change(run, target->change, root);
	if (target->kind == SV_TARGET_GIT ||
	    (target->kind == SV_TARGET_AUTO && sv_repo_is(target->path)))
		return sv_run_history(run, target->path, root, target->kind == SV_TARGET_AUTO);
	return sv_run_tree(run, target->path, folder_of_file(target->path, root), NULL);
}

static void tell_timing(const struct sv_run *run, uint64_t started)
{
	struct sv_timing *timing = run->options->timing;

	*timing = (struct sv_timing){0};
	for (unsigned i = 0; i < run->jobs; i++)
		for (int stage = 0; stage < SV_STAGES; stage++)
			timing->ns[stage] += run->workers[i].watches[stage].ns;
	timing->ns[SV_STAGE_ALL] = sv_clock_ns() - started;
}

int sv_run_scan(const struct sv_scan_options *options, struct sv_probe *probe,
		struct sv_report **ret_report, struct sv_err *err)
{
	struct sv_run *run = calloc(1, sizeof(*run));
	uint64_t started = sv_clock_ns();
	int status;

	if (run == NULL)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	run->options = options;
	run->probe = probe;
	run->err = err;
	status = start(run);
	for (size_t i = 0; status == 0 && i < options->n_targets; i++)
		status = scan_target(run, &options->targets[i]);
	if (status == SV_ECANCELLED) {
		run->report.stopped = "interrupted";
		status = 0;
	}
	if (status == 0)
		status = sv_run_gather(run);
	if (status == 0)
		status = sv_run_finish(run);
	if (status < 0) {
		sv_report_free(&run->report);
		return status;
	}
	if (options->timing)
		tell_timing(run, started);
	*ret_report = &run->report;
	return 0;
}

int sv_scan_run(const struct sv_scan_options *options, struct sv_report **ret_report,
		struct sv_err *err)
{
	return sv_run_scan(options, NULL, ret_report, err);
}

void sv_report_free(struct sv_report *report)
{
	struct sv_run *run = (struct sv_run *)report;

	if (run == NULL)
		return;
	for (size_t i = 0; i < run->hits.len; i++)
		sv_wipe((void *)(uintptr_t)run->hits.ptr[i].secret.ptr,
			run->hits.ptr[i].secret.len);
	for (unsigned i = 0; run->workers && i < run->jobs; i++) {
		struct sv_worker *w = &run->workers[i];

		for (size_t k = 0; k < w->hits.len; k++)
			sv_wipe((void *)(uintptr_t)w->hits.ptr[k].secret.ptr,
				w->hits.ptr[k].secret.len);
		sv_scanner_free(w->scanner);
		sv_arena_release(&w->arena);
		sv_vec_release(&w->hits);
		sv_vec_release(&w->gaps);
		sv_buf_release(&w->content);
	}
	free(run->workers);
	sv_vec_release(&run->hits);
	sv_vec_release(&run->gaps);
	sv_vec_release(&run->findings);
	sv_vec_release(&run->places);
	sv_arena_release(&run->arena);
	free(run);
}
