/** @file What a git hook needs around a scan: its input, the server's policy, words, and a place.
 */
#ifndef SIEVERT_HOOK_H
#define SIEVERT_HOOK_H

#include <sievert/base.h>
#include <sievert/report.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what git says on standard input ---- */

/** One ref of a push. Strings are owned by the lines. */
struct sv_hook_line {
	const char *local;	     /**< pre-push: what was typed; else NULL */
	const char *ref;	     /**< on the receiving side */
	const char *old_id, *new_id; /**< in hex, lower case; all zeros: none */
	bool creates, deletes;
};
struct sv_hook_lines {
	struct sv_hook_line *lines;
	size_t n;
	void *memory;
};
/**
 * Reads all of fd: "OLD NEW REF" lines, or pre-push's "LOCAL ID REF ID". A line that is not so is
 * SV_EINVAL and names its number: what is not understood is not let through.
 */
SV_API int sv_hook_lines_read(int fd, bool pre_push, struct sv_hook_lines *ret_lines,
			      struct sv_err *err);
/** The same from three words: the update hook's. */
SV_API int sv_hook_lines_one(const char *ref, const char *old_id, const char *new_id,
			     struct sv_hook_lines *ret_lines, struct sv_err *err);
SV_API void sv_hook_lines_free(struct sv_hook_lines *lines);

/* ---- policy ---- */

/** The owner's rules for a repository: nothing that is pushed can change them. */
struct sv_hook_policy {
	uint64_t deadline;	    /**< milliseconds from the start of the process; 0: none */
	bool accept_on_timeout;	    /**< else what could not be scanned in time is refused */
	bool accept_incomplete;	    /**< else what could not be read is refused */
	uint64_t slots;		    /**< scans at one time on this machine; 0: any number */
	const char *slot_directory; /**< NULL: one of this user's */
	bool allow_skip;	    /**< a push may say -o sievert.skip=REASON */
	const char *audit_log;	    /**< JSONL; NULL: none */
	bool syslog;
	bool inline_allow; /**< "sievert:allow" in a line counts */
	enum sv_confidence min_confidence;
	enum sv_severity min_severity;
	bool whole_files;
	bool deep_scan; /**< post-receive: whole files of what came, after the push */
	uint64_t max_size;
	uint64_t jobs;
	uint64_t max_shown;			   /**< findings that a message tells */
	const char *const *rules, *const *disable; /**< n of them */
	size_t n_rules, n_disable;
	const char *help; /**< whom to ask; NULL */
	void *memory;
};
/**
 * Reads sievert.* of git's configuration: the system's, the user's and the repository's, then the
 * file that sievert.configFile names. With file: that file alone. git_dir NULL: of the
 * repository around the working directory. A word that
 * is not known is SV_EINVAL: a policy with a slip of the pen is no policy.
 */
SV_API int sv_hook_policy_read(const char *git_dir, const char *file, bool server,
			       struct sv_hook_policy *ret_policy, struct sv_err *err);
SV_API void sv_hook_policy_free(struct sv_hook_policy *policy);
/** "4s", "500ms", "2m", or seconds; 0 is none. SV_EINVAL. */
SV_API int sv_duration_parse(const char *text, uint64_t *ret_milliseconds);

/**
 * Waits for one of n slots: a lock on a file of directory (NULL: the user's own). *ret_slot is to
 * be closed. SV_ETOOBIG: none came free until *cancel; SV_EIO.
 */
SV_API int sv_hook_slot_take(const char *directory, uint64_t n, const volatile int *cancel,
			     int *ret_slot, struct sv_err *err);

/* ---- the audit log ---- */

struct sv_hook_event {
	const char *event; /**< "skip" "reject" "timeout" "incomplete" "error" "deep-scan" */
	const char *hook, *repository, *reason;
	const struct sv_hook_lines *lines;
	const struct sv_report *report; /**< may be NULL */
	uint64_t objects;
};
/**
 * Writes one line to the log, to the disk, and to syslog. An error says that the log does not hold
 * it; nothing may be let through on the strength of such an event.
 */
SV_API int sv_hook_audit(const struct sv_hook_policy *policy, const struct sv_hook_event *event,
			 struct sv_err *err);

/* ---- words ---- */

enum sv_hook_kind {
	SV_HOOK_PRE_COMMIT,
	SV_HOOK_COMMIT_MSG,
	SV_HOOK_PRE_PUSH,
	SV_HOOK_PRE_RECEIVE,
	SV_HOOK_UPDATE,
	SV_HOOK_POST_RECEIVE,
};
#define SV_HOOK_KINDS 6
SV_API const char *sv_hook_name(enum sv_hook_kind kind); /* "pre-commit" …; static */
SV_API int sv_hook_parse(const char *name, enum sv_hook_kind *ret);

struct sv_hook_words {
	enum sv_hook_kind hook;
	const struct sv_hook_policy *policy;
	const char *prefix; /**< of each line, e.g. "GL-HOOK-ERR: "; "" */
	bool web;	    /**< short, for a page: no advice on git's command line */
};
/** Does the report hold a finding that stops the hook? */
SV_API size_t sv_hook_blocking(const struct sv_report *report, const struct sv_hook_policy *policy);
/** Tells what was found and what to do, in lines of at most 72 columns without control characters.
 */
SV_API int sv_hook_tell_findings(const struct sv_hook_words *words, const struct sv_report *report,
				 sv_write_fn *write, void *payload);
/** Tells what was not read. */
SV_API int sv_hook_tell_gaps(const struct sv_hook_words *words, const struct sv_report *report,
			     sv_write_fn *write, void *payload);
/** One paragraph, wrapped and neutralised in the same way. */
SV_API int sv_hook_tell(const struct sv_hook_words *words, const char *text, sv_write_fn *write,
			void *payload);

/* ---- where hooks live ---- */

enum sv_hook_place {
	SV_PLACE_REPOSITORY, /**< where git looks for the hooks of the repository at path */
	SV_PLACE_GLOBAL,     /**< core.hooksPath of the user: all repositories */
	SV_PLACE_TEMPLATE,   /**< init.templateDir of the user: repositories to come */
	SV_PLACE_SERVER,     /**< a server's directory, or a bare repository: NAME.d/50-sievert */
};
struct sv_hook_install {
	enum sv_hook_place place;
	const char *path;      /**< repository or server directory */
	const char *program;   /**< absolute path of the command */
	const char *arguments; /**< further words for the hook's command line, or NULL */
	unsigned hooks;	       /**< bits 1 << sv_hook_kind; 0: the usual ones of that place */
	bool trust_repo;
};
/** Called for each hook with its file and what became of it. */
typedef void sv_hook_told_fn(const char *hook, const char *file, const char *what, void *payload);
/**
 * Installing twice changes nothing. A hook that is there stays: it is kept beside ours and runs
 * first. Uninstalling puts it back.
 */
SV_API int sv_hook_install(const struct sv_hook_install *install, sv_hook_told_fn *told,
			   void *payload, struct sv_err *err);
SV_API int sv_hook_uninstall(const struct sv_hook_install *install, sv_hook_told_fn *told,
			     void *payload, struct sv_err *err);
/** SV_ENOTFOUND if none of them is ours. */
SV_API int sv_hook_status(const struct sv_hook_install *install, sv_hook_told_fn *told,
			  void *payload, struct sv_err *err);

#ifdef __cplusplus
}
#endif
#endif
