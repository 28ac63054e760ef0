/** @file What rules cost on given files: for those who write rules. */
#ifndef SIEVERT_BENCH_H
#define SIEVERT_BENCH_H

#include <sievert/base.h>
#include <sievert/rules.h>
#include <sievert/scan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One rule's. Counts and confirm_ns are of all that was scanned, decoded readings included. */
struct sv_rule_cost {
	const struct sv_rule *rule;
	uint64_t hits;	     /**< places where its anchor stands, behind its gate */
	uint64_t searches;   /**< runs of its expression: a place that a match holds needs none */
	uint64_t searched;   /**< bytes that were before those runs */
	uint64_t matches;    /**< of its expression, before its checks */
	uint64_t confirm_ns; /**< CPU time of its expression and checks */
	uint64_t findings[SV_CONF_HIGH + 1]; /**< secrets reported as its, by confidence */
	bool is_measured;    /**< the two that follow have a meaning */
	/**
	 * How much less time the match stage takes without this rule: 0.03 is 3 %. It is the
	 * difference of two measurements, so it may be a little below 0.
	 */
	double match_share;
	double match_error; /**< two standard errors of it */
	/** Its part of a scan's time: confirming, and its share of matching if that is measured. */
	double cost;
};

struct sv_bench_options {
	/** What is scanned, with which rules. One thread does; every confidence counts. */
	const struct sv_scan_options *scan;
	/**
	 * Rules whose share of the match stage is measured, which takes about a second for each:
	 * those with one of n_ids ids, or, if there are none, n_costliest: half of them for what
	 * confirming took, half by an estimate of what their anchors do.
	 */
	const char *const *ids;
	size_t n_ids, n_costliest;
	uint64_t sample; /**< bytes of the files to measure by, kept in memory; 0: 16 MiB */
};

/** What there is to say. Owned by whoever asked; strings are borrowed from the ruleset. */
struct sv_bench {
	const struct sv_report *report;	  /**< of the scan */
	const struct sv_rule_cost *rules; /**< n_rules of them, in the ruleset's order */
	size_t n_rules;
	uint64_t sample_bytes;	    /**< what the following are of */
	uint64_t match_ns, scan_ns; /**< CPU time of one thread: the match stage; all of a scan */
};

/**
 * Scans, then measures. The counts are the same each time; the times are not. SV_EINVAL also for an
 * id that no rule has; SV_ECANCELLED after the scan's cancel became non-zero.
 */
SV_API int sv_bench_run(const struct sv_bench_options *options, struct sv_bench **ret_bench,
			struct sv_err *err);
SV_API void sv_bench_free(struct sv_bench *bench);

#ifdef __cplusplus
}
#endif
#endif
