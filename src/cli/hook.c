/*
 * sievert hook pre-commit … post-receive: git's word in, a verdict out. What cannot be judged is
 * not let through, unless the policy says otherwise and the audit log holds that it was.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PASS = 0, STOP = 1, BROKEN = 2 };

/* What git's documentation says a hook may read of the environment; the rest of GIT_* is dropped.
 */
struct environment {
	const char *git_dir, *index_file, *quarantine, *objects, *alternates;
	const char *skip; /* the reason of a push option "sievert.skip=REASON"; NULL: none */
};

struct hook {
	struct sv_cli *cli;
	enum sv_hook_kind kind;
	struct environment env;
	struct sv_hook_policy policy;
	struct sv_hook_words words;
	struct sv_hook_lines lines;
	struct sv_change *change;
	struct sv_ruleset *rules; /* these live until the process ends, which frees them faster */
	struct sv_report *report;
	const char *repository; /* as the audit log names it */
	int slot;
	volatile int cancel;	      /* see sv_change_options */
	_Atomic uint64_t done, total; /* of the scan, for whoever must tell how far it came */
	/* Who holds it has the word, and what the clock reads is written under it: the lines and
	 * the number of objects. Both verdicts end the process, so the first one counts. */
	pthread_mutex_t word;
	bool has_word; /* the main thread's, which never gives it back */
	uint64_t objects;
};

static struct timespec started;

/* The deadline counts from the start of the process. */
__attribute__((constructor)) static void note_start(void)
{
	clock_gettime(CLOCK_MONOTONIC, &started);
}

/* ---- words ---- */

static int write_error(const void *bytes, size_t len, void *payload)
{
	const char *at = bytes;

	(void)payload;
	while (len != 0) {
		ssize_t n = write(2, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SV_EIO; /* nobody listens any more; the verdict stands */
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static void say(struct hook *h, const char *fmt, ...) SV_PRINTF(2, 3);
static void say(struct hook *h, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)sv_hook_tell(&h->words, text, write_error, NULL);
}

/* From here on the clock is not heard any more. The main thread's only. */
static void take_word(struct hook *h)
{
	if (!h->has_word)
		pthread_mutex_lock(&h->word);
	h->has_word = true;
}

static bool is_server(const struct hook *h)
{
	return h->kind >= SV_HOOK_PRE_RECEIVE;
}

/* ---- the environment ---- */

static char *copy_env(struct sv_cli *cli, const char *name)
{
	const char *value = getenv(name);

	return value ? sv_cli_format(cli, "%s", value) : NULL;
}

static const char *push_option(struct sv_cli *cli)
{
	const char *count = getenv("GIT_PUSH_OPTION_COUNT"), *found = NULL;
	long n = count ? strtol(count, NULL, 10) : 0;

	for (long i = 0; i < n && i < 1000 && found == NULL; i++) {
		char name[64];
		const char *value;

		snprintf(name, sizeof(name), "GIT_PUSH_OPTION_%ld", i);
		value = getenv(name);
		if (value && strncmp(value, "sievert.skip", 12) == 0 &&
		    (!value[12] || value[12] == '='))
			found = sv_cli_format(cli, "%s", value[12] ? value + 13 : "");
	}
	return found;
}

static void read_environment(struct hook *h)
{
	struct sv_cli *cli = h->cli;

	h->env = (struct environment){
		.git_dir = copy_env(cli, "GIT_DIR"),
		.index_file = copy_env(cli, "GIT_INDEX_FILE"),
		.quarantine = copy_env(cli, "GIT_QUARANTINE_PATH"),
		.objects = copy_env(cli, "GIT_OBJECT_DIRECTORY"),
		.alternates = copy_env(cli, "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
		.skip = push_option(cli),
	};
	for (char **at = environ; *at != NULL;) {
		char name[256];
		size_t n = strcspn(*at, "=");

		if (strncmp(*at, "GIT_", 4) != 0 || n >= sizeof(name)) {
			at++;
			continue;
		}
		memcpy(name, *at, n);
		name[n] = '\0';
		unsetenv(name); /* what follows moves down to at */
	}
}

static const char *repository(const struct hook *h)
{
	return h->env.git_dir ? h->env.git_dir : ".";
}

/* The parts of a list with colons; one that begins with a quote is C-quoted, as git writes it. */
static const char **split_paths(struct sv_cli *cli, const char *list, size_t *ret_n)
{
	size_t len = list ? strlen(list) : 0;
	const char **paths = sv_cli_keep(cli, (len / 2 + 2) * sizeof(*paths));

	*ret_n = 0;
	while (list && *list) {
		char *part = sv_cli_keep(cli, strlen(list) + 1), *to = part;
		bool quoted = *list == '"';

		list += quoted;
		while (*list && (quoted ? *list != '"' : *list != ':')) {
			if (quoted && *list == '\\' && list[1] >= '0' && list[1] <= '3' &&
			    list[2] && list[3]) {
				*to++ = (char)((list[1] - '0') << 6 | (list[2] - '0') << 3 |
					       (list[3] - '0'));
				list += 4;
			} else {
				list += quoted && *list == '\\' && list[1];
				*to++ = *list++;
			}
		}
		*to = '\0';
		list += quoted && *list == '"';
		list += *list == ':';
		if (*part)
			paths[(*ret_n)++] = part;
	}
	return paths;
}

/* ---- the audit log ---- */

/* false: it must not be relied on */
static bool remember(struct hook *h, const char *event, const char *reason,
		     const struct sv_report *report)
{
	struct sv_hook_event e = {
		.event = event,
		.hook = sv_hook_name(h->kind),
		.repository = h->repository,
		.reason = reason,
		.lines = &h->lines,
		.report = report,
		.objects = h->objects,
	};
	struct sv_err err = {0};

	if (!is_server(h) || sv_hook_audit(&h->policy, &e, &err) == 0)
		return true;
	say(h, "Sievert: %s. Tell whoever runs this server.", err.text);
	return false;
}

/* The policy would let it through: so it does, if that can be remembered. */
static int accept_anyway(struct hook *h, const char *event, const char *reason,
			 const struct sv_report *report)
{
	if (remember(h, event, reason, report))
		return PASS;
	say(h,
	    "It is refused: what was not scanned is let through only when that can be recorded.");
	return STOP;
}

static int broken(struct hook *h, const char *words)
{
	take_word(h);
	say(h, "Sievert: %s", words);
	say(h, "So it cannot be judged, and is not let through.");
	remember(h, "error", words, NULL);
	return BROKEN;
}

/* ---- time ---- */

static double seconds_since_start(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - started.tv_sec) +
	       (double)(now.tv_nsec - started.tv_nsec) / 1e9;
}

static int tell_timeout(struct hook *h, const struct sv_report *report, const char *why)
{
	uint64_t done = h->done, total = h->total;
	char words[256];

	if (report != NULL)
		done = report->coverage.blobs + report->coverage.commits + report->coverage.trees +
		       report->coverage.tags + report->coverage.index_entries +
		       report->coverage.files;
	if (total == 0)
		snprintf(words, sizeof(words), "%s after %.1f s: no object was scanned, %zu refs",
			 why, seconds_since_start(), h->lines.n);
	else
		snprintf(words, sizeof(words),
			 "%s after %.1f s: %llu of %llu objects were scanned, %zu refs", why,
			 seconds_since_start(), (unsigned long long)(done < total ? done : total),
			 (unsigned long long)total, h->lines.n);
	say(h, "SCAN NOT FINISHED: %s.", words);
	say(h, "Nothing was found in what was scanned; the rest was not looked at.");
	if (h->policy.accept_on_timeout) {
		say(h, "The policy lets it through%s.",
		    is_server(h) ? "; the rest is scanned afterwards where a post-receive hook is "
				   "installed"
				 : "");
		return accept_anyway(h, "timeout", words, report);
	}
	say(h, "The policy refuses what could not be scanned. Push less at a time, or try again "
	       "later.");
	remember(h, "timeout", words, report);
	return STOP;
}

static int out_of_time(struct hook *h, const struct sv_report *report, const char *why)
{
	take_word(h);
	return tell_timeout(h, report, why);
}

static void sleep_until(uint64_t milliseconds)
{
	struct timespec until = started;

	until.tv_sec += (time_t)(milliseconds / 1000);
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* First the scan is asked to stop, then the placing of what it found; what still runs is cut off.
 */
static void *watch_clock(void *payload)
{
	struct hook *h = payload;
	uint64_t end = h->policy.deadline;

	sleep_until(end * 80 / 100);
	__atomic_store_n(&h->cancel, 1, __ATOMIC_RELAXED);
	sleep_until(end * 92 / 100);
	__atomic_store_n(&h->cancel, 2, __ATOMIC_RELAXED);
	sleep_until(end * 97 / 100);
	pthread_mutex_lock(&h->word);
	_exit(tell_timeout(h, NULL, "time was up"));
}

static int start_clock(struct hook *h)
{
	pthread_t thread;

	if (h->policy.deadline == 0)
		return PASS;
	if (pthread_create(&thread, NULL, watch_clock, h) != 0)
		return broken(h, "no thread could be started");
	pthread_detach(thread);
	return PASS;
}

static void on_progress(const struct sv_progress *p, void *payload)
{
	struct hook *h = payload;

	if (strcmp(p->phase, "placing") != 0)
		h->done = p->done;
}

/* ---- the verdict ---- */

static int judge(struct hook *h, const struct sv_report *report)
{
	size_t found = sv_hook_blocking(report, &h->policy);
	char words[64];

	take_word(h);
	if (found != 0) {
		(void)sv_hook_tell_findings(&h->words, report, write_error, NULL);
		snprintf(words, sizeof(words), "%zu secrets", found);
		remember(h, h->kind == SV_HOOK_POST_RECEIVE ? "deep-scan" : "reject", words,
			 report);
		return STOP;
	}
	if (report->stopped)
		return out_of_time(h, report, "time was up");
	if (report->coverage.skipped != 0)
		say(h,
		    "Sievert: %llu objects were not scanned, by policy: too large, or not in this "
		    "clone.",
		    (unsigned long long)report->coverage.skipped);
	if (report->complete)
		return PASS;
	say(h, "Not everything could be read:");
	(void)sv_hook_tell_gaps(&h->words, report, write_error, NULL);
	snprintf(words, sizeof(words), "%llu unread", (unsigned long long)report->coverage.unread);
	if (h->policy.accept_incomplete)
		return accept_anyway(h, "incomplete", words, report);
	say(h, "What cannot be read is not let through.");
	remember(h, "incomplete", words, report);
	return STOP;
}

static unsigned jobs_for(const struct hook *h)
{
	uint64_t n = sv_change_size(h->change);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (h->policy.jobs != 0)
		return (unsigned)h->policy.jobs;
	/* a thread for a handful of objects costs more than it saves; commits bring many each */
	if (n < 16 && h->kind <= SV_HOOK_COMMIT_MSG)
		return 1;
	return cpus > 0 && cpus < 64 ? (unsigned)cpus : 1;
}

static int run_scan(struct hook *h)
{
	struct sv_ruleset_options rules = {.paths = h->policy.rules,
					   .n_paths = h->policy.n_rules,
					   .disable = h->policy.disable,
					   .n_disable = h->policy.n_disable};
	struct sv_target target = {
		.kind = SV_TARGET_CHANGE, .path = h->repository, .change = h->change};
	struct sv_scan_options options = {
		.targets = &target,
		.n_targets = 1,
		.jobs = jobs_for(h),
		.max_size = h->policy.max_size,
		.min_confidence = h->policy.min_confidence,
		.no_inline_allow = !h->policy.inline_allow,
		.on_progress = h->policy.deadline ? on_progress : NULL,
		.progress_payload = h,
		.cancel = &h->cancel,
	};
	struct sv_err err = {0};
	int status = sv_ruleset_open(&rules, &h->rules, &err);

	options.ruleset = h->rules;
	if (status == 0)
		status = sv_scan_run(&options, &h->report, &err);
	return status < 0 ? broken(h, err.text) : PASS;
}

static int scan(struct hook *h)
{
	struct sv_err err = {0};
	int code;

	if (h->objects == 0)
		return PASS;
	if (h->policy.slots != 0) {
		int status = sv_hook_slot_take(h->policy.slot_directory, h->policy.slots,
					       &h->cancel, &h->slot, &err);

		if (status == SV_ETOOBIG ||
		    (status < 0 && __atomic_load_n(&h->cancel, __ATOMIC_RELAXED)))
			return out_of_time(h, NULL,
					   "all slots for scans were busy, and time was up");
		if (status < 0)
			return broken(h, err.text);
	}
	code = run_scan(h);
	return code == PASS ? judge(h, h->report) : code;
}

/* ---- what each hook scans ---- */

static void use_lines(struct hook *h, struct sv_change_options *o)
{
	size_t n = h->lines.n + 1;
	const char **tips = sv_cli_keep(h->cli, n * sizeof(*tips));
	const char **names = sv_cli_keep(h->cli, n * sizeof(*names));
	const char **made = sv_cli_keep(h->cli, n * sizeof(*made));

	for (size_t i = 0; i < h->lines.n; i++) {
		const struct sv_hook_line *line = &h->lines.lines[i];

		if (line->deletes)
			continue;
		tips[o->n_tips] = line->new_id;
		names[o->n_tips++] = line->ref;
		if (line->creates)
			made[o->n_new_refs++] = line->ref;
	}
	o->tips = tips;
	o->tip_names = names;
	o->new_refs = made;
}

/* Ids that the other side had, and one word more. */
static void leave_out_old(struct hook *h, struct sv_change_options *o, const char *more)
{
	const char **without = sv_cli_keep(h->cli, (h->lines.n + 2) * sizeof(*without));

	for (size_t i = 0; i < h->lines.n; i++)
		if (!h->lines.lines[i].creates)
			without[o->n_without++] = h->lines.lines[i].old_id;
	if (more != NULL)
		without[o->n_without++] = more;
	o->without = without;
}

static int open_change(struct hook *h, struct sv_change_options *o, struct sv_err *err)
{
	int status;

	o->path = repository(h);
	o->search = h->env.git_dir == NULL;
	o->trust_repo = sv_cli_on(h->cli, SV_OPTION_TRUST_REPO);
	o->whole_files |= h->policy.whole_files;
	o->cancel = &h->cancel;
	status = sv_change_open(o, &h->change, err);
	if (status == 0 && !h->has_word) {
		pthread_mutex_lock(&h->word);
		h->objects = sv_change_size(h->change);
		pthread_mutex_unlock(&h->word);
	}
	h->total = h->objects;
	return status;
}

static int open_and_scan(struct hook *h, struct sv_change_options *o)
{
	struct sv_err err = {0};
	int status = open_change(h, o, &err);

	if (status == SV_ECANCELLED)
		return out_of_time(h, NULL, "time was up");
	return status < 0 ? broken(h, err.text) : scan(h);
}

static int pre_commit(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_STAGED, .index_file = h->env.index_file};

	return open_and_scan(h, &o);
}

static int commit_msg(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_MESSAGE,
				      .message_file = h->cli->n_args ? h->cli->args[0] : NULL};

	return o.message_file ? open_and_scan(h, &o) : broken(h, "git gave no message FILE");
}

/* The pre-commit framework has read the lines itself and tells one range of them. */
static void use_framework(struct hook *h, struct sv_change_options *o)
{
	const char *to = getenv("PRE_COMMIT_TO_REF"), *from = getenv("PRE_COMMIT_FROM_REF");
	const char *remote = getenv("PRE_COMMIT_REMOTE_NAME");
	const char **words = sv_cli_keep(h->cli, 3 * sizeof(*words));

	if (h->lines.n != 0 || to == NULL)
		return;
	words[0] = to;
	o->tips = o->tip_names = words;
	o->n_tips = 1;
	o->without = words + 1;
	if (from && *from && strspn(from, "0") != strlen(from))
		words[1 + o->n_without++] = from;
	if (remote && *remote)
		words[1 + o->n_without++] = sv_cli_format(h->cli, "refs/remotes/%s/", remote);
}

static int pre_push(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_COMMITS};
	const char *name = h->cli->n_args ? h->cli->args[0] : NULL;
	/* without a name of its own, a remote is called by its URL, and nothing is known of it */
	bool named = name && h->cli->n_args > 1 && strcmp(name, h->cli->args[1]) != 0;

	use_lines(h, &o);
	leave_out_old(h, &o, named ? sv_cli_format(h->cli, "refs/remotes/%s/", name) : NULL);
	use_framework(h, &o);
	return o.n_tips ? open_and_scan(h, &o) : PASS;
}

static int skip(struct hook *h, const char **ret_words)
{
	*ret_words = NULL;
	if (h->env.skip == NULL)
		return STOP;
	if (!h->policy.allow_skip)
		*ret_words = "sievert.skip is not allowed here, so the push is scanned.";
	else if (h->env.skip[strspn(h->env.skip, " \t")] == '\0')
		*ret_words = "sievert.skip needs a reason: -o sievert.skip=\"why\". The push is "
			     "scanned.";
	else if (h->policy.audit_log == NULL)
		*ret_words = "sievert.skip needs an audit log (sievert.auditLog), and none is set. "
			     "The push is scanned.";
	return *ret_words ? STOP : PASS;
}

static int pre_receive(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_RECEIVED};
	const char *words;

	use_lines(h, &o);
	if (o.n_tips == 0)
		return PASS; /* only deletions */
	o.quarantine = h->env.quarantine ? h->env.quarantine : h->env.objects;
	o.alternates = split_paths(h->cli, h->env.alternates, &o.n_alternates);
	if (o.quarantine == NULL) {
		/* a server that takes objects in at once: what no ref leads to yet is new */
		o.kind = SV_CHANGE_COMMITS;
		leave_out_old(h, &o, "refs/");
	}
	if (skip(h, &words) == PASS) {
		(void)open_change(h, &o, NULL); /* the log tells how many objects came */
		take_word(h);
		if (accept_anyway(h, "skip", h->env.skip, NULL) != PASS)
			return STOP;
		say(h, "Sievert: not scanned, as asked. It is recorded: %s", h->env.skip);
		return PASS;
	}
	if (words != NULL)
		say(h, "%s", words);
	return open_and_scan(h, &o);
}

static int update(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_COMMITS};

	use_lines(h, &o);
	leave_out_old(h, &o, "refs/");
	return o.n_tips ? open_and_scan(h, &o) : PASS;
}

/* Leaves the push behind: git waits for all that hold its pipes. */
static bool detach(void)
{
	int null;
	pid_t pid = fork();

	if (pid != 0)
		return pid < 0;
	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	setpriority(PRIO_PROCESS, 0, 10);
	return true;
}

static int post_receive(struct hook *h)
{
	struct sv_change_options o = {.kind = SV_CHANGE_COMMITS, .whole_files = true};
	const char **except = sv_cli_keep(h->cli, (h->lines.n + 1) * sizeof(*except));
	int code;

	use_lines(h, &o);
	if (o.n_tips == 0 || !h->policy.deep_scan)
		return PASS;
	/* the refs have moved: they themselves say nothing of what was there */
	for (size_t i = 0; i < h->lines.n; i++)
		except[o.n_except++] = h->lines.lines[i].ref;
	o.except = except;
	leave_out_old(h, &o, "refs/");
	h->policy.deadline = 0;
	if (!detach())
		return PASS; /* this is who git waits for */
	code = open_and_scan(h, &o);
	if (code == PASS)
		remember(h, "deep-scan", "nothing found", NULL);
	return PASS;
}

/* ---- all of them ---- */

static int use_options(struct hook *h)
{
	const char *deadline = sv_cli_text(h->cli, SV_OPTION_DEADLINE);
	const char *word = sv_cli_text(h->cli, SV_OPTION_ON_TIMEOUT);

	if (deadline && sv_duration_parse(deadline, &h->policy.deadline) < 0)
		return broken(h, "--deadline is a time such as 4s, 500ms or 2m");
	if (word != NULL)
		h->policy.accept_on_timeout = strcmp(word, "accept") == 0;
	if (sv_cli_on(h->cli, SV_OPTION_WHOLE_FILES))
		h->policy.whole_files = true;
	return PASS;
}

static int read_input(const struct hook *h, struct sv_hook_lines *lines, struct sv_err *err)
{
	const struct sv_cli *cli = h->cli;

	switch (h->kind) {
	case SV_HOOK_PRE_PUSH:
		/* who runs it by hand, or under the framework, tells nothing */
		if (isatty(0))
			return 0;
		return sv_hook_lines_read(0, true, lines, err);
	case SV_HOOK_PRE_RECEIVE:
	case SV_HOOK_POST_RECEIVE:
		return sv_hook_lines_read(0, false, lines, err);
	case SV_HOOK_UPDATE:
		if (cli->n_args == 3)
			return sv_hook_lines_one(cli->args[0], cli->args[1], cli->args[2], lines,
						 err);
		snprintf(err->text, sizeof(err->text), "the words are REF OLD NEW");
		return SV_EINVAL;
	default:
		return 0;
	}
}

static void set_words(struct hook *h)
{
	const char *protocol = getenv("GL_PROTOCOL");
	bool gitlab = protocol || getenv("GL_ID") || getenv("GL_REPOSITORY");

	/* GitLab shows its users the lines that begin so, and no others */
	h->words = (struct sv_hook_words){.hook = h->kind,
					  .policy = &h->policy,
					  .prefix = gitlab && is_server(h) ? "GL-HOOK-ERR: " : "",
					  .web = protocol && strcmp(protocol, "web") == 0};
}

static int run_hook(struct sv_cli *cli, enum sv_hook_kind kind, int body(struct hook *))
{
	static struct hook hook; /* the clock's thread sees it until the process ends */
	struct hook *h = &hook;
	struct sv_hook_lines lines = {0};
	char here[4096];
	struct sv_err err = {0};
	int code;

	h->cli = cli;
	h->kind = kind;
	pthread_mutex_init(&h->word, NULL);
	set_words(h);
	signal(SIGPIPE, SIG_IGN); /* a client that went away changes no verdict */
	read_environment(h);
	h->repository = getcwd(here, sizeof(here)) ? sv_cli_format(cli, "%s", here) : ".";
	if (sv_hook_policy_read(h->env.git_dir, sv_cli_text(cli, SV_OPTION_POLICY), is_server(h),
				&h->policy, &err) < 0)
		return broken(h, err.text);
	code = use_options(h);
	if (code == PASS && kind != SV_HOOK_POST_RECEIVE)
		code = start_clock(h);
	if (code != PASS)
		return code;
	if (read_input(h, &lines, &err) < 0)
		return broken(h, err.text);
	pthread_mutex_lock(&h->word);
	h->lines = lines;
	pthread_mutex_unlock(&h->word);
	code = body(h);
	take_word(h); /* if the clock spoke first, its word ends the process */
	return code;
}

int sv_cli_hook_pre_commit(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_PRE_COMMIT, pre_commit);
}

int sv_cli_hook_commit_msg(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_COMMIT_MSG, commit_msg);
}

int sv_cli_hook_pre_push(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_PRE_PUSH, pre_push);
}

int sv_cli_hook_pre_receive(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_PRE_RECEIVE, pre_receive);
}

int sv_cli_hook_update(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_UPDATE, update);
}

int sv_cli_hook_post_receive(struct sv_cli *cli)
{
	return run_hook(cli, SV_HOOK_POST_RECEIVE, post_receive);
}
