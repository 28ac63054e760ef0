/** @file One run from the inside: its workers, what they find, and the report it becomes. */
#ifndef SV_ENGINE_RUN_H
#define SV_ENGINE_RUN_H

#include "detect/scanner.h"
#include "engine/probe.h"
#include "git/repo.h"
#include <sievert/scan.h>
#include <stdatomic.h>

/** A candidate where it stands. Strings live in the arena of the worker that found it. */
struct sv_hit {
	const struct sv_rule *rule;
	struct sv_span secret;
	enum sv_severity severity;
	enum sv_confidence confidence;
	const char *reasons[SV_MAX_REASONS];
	const struct sv_rule *also[SV_MAX_ALSO];
	const char *note; /* NULL if none */
	const char *device; /* that has the key, as its place tells; NULL if it does not */
	unsigned views;	  /* of enum sv_view */
	struct sv_place place;
	struct sv_oid oid; /* len 0 outside of history */
	uint64_t order;	   /* in history: of the commit that it is attributed to */
};

/** Where the content at hand comes from; borrowed. */
struct sv_origin {
	enum sv_where where;
	struct sv_span root, path;
	struct sv_oid oid; /* len 0 outside of history */
	const struct sv_family_object *object; /* whose id oid is, when it is asked for; or NULL */
	uint64_t size;	/* of a file, as the file system tells; 0: unknown */
	size_t message; /* of a commit or tag: where its message begins; lines count from there */
};

/** One thread's own: nothing of it is shared while it works. */
struct sv_worker {
	struct sv_run *run;
	struct sv_scanner *scanner; /* NULL until sv_worker_equip() */
	struct sv_arena arena;
	SV_VEC(struct sv_hit) hits;
	SV_VEC(struct sv_gap) gaps;
	struct sv_coverage coverage; /* totals; gaps is unused */
	uint64_t n_suppressed;
	struct sv_buf content;
	struct sv_err err;
	int status;
	struct sv_stopwatch watches[SV_STAGES];
	/* told to the progress line: written by the worker alone */
	_Atomic uint64_t done, bytes, found;
	/* of the content at hand */
	const struct sv_origin *origin;
	const struct sv_buf *window;
	uint64_t window_at;	 /* of the window's first byte in the content */
	size_t own_from, own_to; /* matches that begin in this part of the window are ours */
	uint32_t first_line;	 /* of the window */
	uint64_t first_line_at;	 /* where that line begins in the content */
	uint32_t first_line_units; /* UTF-16 code units of that line before the window */
	size_t line_at;		 /* in the window: lines are counted up to here */
	uint32_t line;
	uint64_t line_start; /* in the content */
	uint32_t line_units; /* UTF-16 code units from there to line_at */
};

struct sv_run {
	struct sv_report report; /* first: sv_report_free() gets this pointer */
	const struct sv_scan_options *options;
	struct sv_probe *probe; /* borrowed; NULL: nobody measures */
	unsigned jobs;
	int64_t now;
	struct sv_worker
		*workers; /* jobs of them; the caller's thread uses the first when none works */
	struct sv_arena arena;
	SV_VEC(struct sv_finding) findings;
	SV_VEC(struct sv_place) places;
	SV_VEC(struct sv_hit) hits; /* of the targets that are done */
	SV_VEC(struct sv_gap) gaps;
	const char *phase;
	uint64_t total; /* of the phase at hand; 0: unknown */
	struct sv_err *err;
};

/** sv_scan_run(), measured: probe's members are filled. With a probe options->jobs is 1. */
int sv_run_scan(const struct sv_scan_options *options, struct sv_probe *probe,
		struct sv_report **ret_report, struct sv_err *err);

/** True once the caller asked to stop. */
static inline bool sv_run_cancelled(const struct sv_run *run)
{
	return sv_cancel_level(run->options->cancel) != 0;
}

/** Work that every worker does until it returns. Non-zero of one becomes the result. */
typedef int sv_worker_fn(struct sv_worker *worker, void *payload);
/**
 * Runs fn on all workers; the calling thread tells progress meanwhile. on_stop, if not NULL, is
 * called when the caller asks to stop or a worker failed, to wake those that wait.
 */
int sv_run_work(struct sv_run *run, const char *phase, uint64_t total, sv_worker_fn *fn,
		void (*on_stop)(void *payload), void *payload);
/** The same for little work: the calling thread does it as the first worker, and starts none. */
int sv_run_work_here(struct sv_run *run, sv_worker_fn *fn, void *payload);

/** Gives worker a scanner, once: the first one's, or one beside it. */
int sv_worker_equip(struct sv_worker *worker, struct sv_err *err);
/** Notes a gap. Strings are copied. */
int sv_worker_gap(struct sv_worker *worker, enum sv_gap_kind kind, const char *reason,
		  struct sv_span root, struct sv_span what, struct sv_span detail);
/** Scans content as a whole; lines are counted from its beginning (or its message's). */
int sv_worker_scan(struct sv_worker *worker, const struct sv_origin *origin,
		   const struct sv_buf *content);
/** The same for content that a delta made: base and trace as for sv_scanner_scan_delta(). */
int sv_worker_scan_delta(struct sv_worker *worker, const struct sv_origin *origin,
			 const struct sv_buf *content, const struct sv_scan_base *base,
			 struct sv_trace *trace);
/** Scans an open file, in pieces of chunk bytes (0: the default) whose result is the whole's.
 * SV_EIO with errno. */
int sv_worker_scan_file(struct sv_worker *worker, const struct sv_origin *origin, int fd,
			size_t chunk);
/** The same for a file whose beginning, as far as it was read, is the worker's content already. */
int sv_worker_scan_rest(struct sv_worker *worker, const struct sv_origin *origin, int fd,
			size_t chunk);

/** The two kinds of target; they leave their hits and gaps in the run. */
int sv_run_tree(struct sv_run *run, const char *root, struct sv_span root_name,
		const struct sv_repo *repo);
int sv_run_history(struct sv_run *run, const char *path, struct sv_span root_name, bool worktree);

/** What is new to somebody; leaves its hits and gaps in the run, too. */
int sv_run_change(struct sv_run *run, struct sv_change *change, struct sv_span root_name);

/** Sorts gaps and keeps those that are listed; returns how many. */
size_t sv_gaps__trim(struct sv_gap *gaps, size_t n);
/** Moves what the workers found into the run. */
int sv_run_gather(struct sv_run *run);
/** Tells of tokens whose signing key was found in the same run. SV_ENOMEM. */
int sv_run_crossproof(struct sv_run *run);
/** Parts the device from each note. SV_ENOMEM. */
int sv_run_part_devices(struct sv_run *run);
/** Adds the rules that hit was found by too to what f is told with. SV_ENOMEM. */
int sv_run_also(struct sv_run *run, struct sv_finding *f, const struct sv_hit *hit);
/** Adds what only all places of f together show; f is whole. SV_ENOMEM. */
int sv_run_also_shared(struct sv_run *run, struct sv_finding *f, bool devices_differ);
/** Groups hits into findings, sorts everything, fills the report. */
int sv_run_finish(struct sv_run *run);
#endif
