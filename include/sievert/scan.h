/** @file A scan: what to read, how, and the report of it. */
#ifndef SIEVERT_SCAN_H
#define SIEVERT_SCAN_H

#include <sievert/base.h>
#include <sievert/change.h>
#include <sievert/report.h>
#include <sievert/rules.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv_target_kind {
	SV_TARGET_AUTO, /**< a repository: SV_TARGET_GIT and its working tree; else SV_TARGET_DIR */
	SV_TARGET_GIT,	/**< a repository: every object, refs, reflogs, index and configuration */
	SV_TARGET_DIR,	/**< files as they lie there, .git left out */
	SV_TARGET_FD,	/**< one stream, e.g. standard input */
	SV_TARGET_CHANGE, /**< what is new: see change.h */
	SV_TARGET_BYTES, /**< bytes in memory */
};

struct sv_target {
	enum sv_target_kind kind;
	const char *path; /**< borrowed; for SV_TARGET_FD and _BYTES the name to report, or NULL */
	int fd;		  /**< SV_TARGET_FD only; stays open */
	struct sv_change *change; /**< SV_TARGET_CHANGE only; borrowed */
	struct sv_span bytes; /**< SV_TARGET_BYTES only; borrowed for the run */
};

/** Numbers for a progress line; total is 0 while unknown. */
struct sv_progress {
	uint64_t done, total; /**< things to scan: files, objects, texts */
	uint64_t bytes;
	uint64_t findings;
	const char *phase; /**< "files", "configuration", "objects", "attributing", "stream"; static */
};
typedef void sv_progress_fn(const struct sv_progress *progress, void *payload);

/** Where the time of a scan goes, for those who measure: nanoseconds, summed over threads. */
enum sv_stage {
	SV_STAGE_READ,	    /**< objects: reading packs, inflating */
	SV_STAGE_APPLY,	    /**< objects: applying deltas */
	SV_STAGE_NAMES,	    /**< names in trees */
	SV_STAGE_MATCH,	    /**< Hyperscan */
	SV_STAGE_CONFIRM,   /**< PCRE2 and checks */
	SV_STAGE_READINGS,  /**< decoded readings, with all that is done in them */
	SV_STAGE_ATTRIBUTE, /**< where in history the finds are: wall time */
	SV_STAGE_ALL,	    /**< the whole run: wall time */
	SV_STAGES
};
SV_API const char *sv_stage_name(enum sv_stage stage); /* "read" "apply" …; static */
struct sv_timing {
	uint64_t ns[SV_STAGES];
};

struct sv_scan_options {
	const struct sv_ruleset *ruleset; /**< borrowed */
	const struct sv_target *targets;
	size_t n_targets;
	unsigned jobs;		/**< worker threads; 0: one for each CPU that this process may use */
	uint64_t max_memory;	/**< for object and delta buffers, bytes; 0: 512 MiB */
	int64_t now;		/**< seconds since 1970 by which expiry is judged; 0: the clock */
	bool no_ignore;		/**< working tree: also what .gitignore leaves out */
	bool verify_deltas;	/**< scan what a delta adds, and the whole too; a difference is a gap */
	bool trust_repo;	/**< read repositories of other owners (safe.directory is not asked) */
	uint64_t max_size;	/**< files and blobs above this are skipped by policy; 0: no limit */
	enum sv_confidence min_confidence; /**< lower ones are left out */
	const char *const *exclude; /**< globs (fnmatch) of paths to leave out, n_exclude of them */
	size_t n_exclude;
	bool no_inline_allow;	/**< do not honour "sievert:allow" comments */
	const uint8_t *fingerprint_key; /**< 32 bytes to key finding ids with, or NULL */
	sv_progress_fn *on_progress;	/**< from the calling thread, a few times a second; or NULL */
	void *progress_payload;
	struct sv_timing *timing;	/**< filled, which costs a few per cent; or NULL */
	const volatile int *cancel; /**< becomes non-zero: stop soon, report what there is; or NULL */
};

/**
 * Runs one scan; callbacks come on the calling thread. The report is the same bytes for any jobs.
 * Input that cannot be read is in the report's ledger, not an error; errors are wrong options, targets that do not exist, no memory.
 */
SV_API int sv_scan_run(const struct sv_scan_options *options, struct sv_report **ret_report,
		       struct sv_err *err);
SV_API void sv_report_free(struct sv_report *report);

#ifdef __cplusplus
}
#endif
#endif
