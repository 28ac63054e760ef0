/* What a hook says: it reaches people through "remote:" lines, a web page, or a terminal. */
#include "sink/redact.h"
#include <sievert/hook.h>
#include <stdio.h>

#define COLUMNS	   72
#define MAX_PLACES 3
#define MAX_GAPS   10

static const char *const names[SV_HOOK_KINDS] = {"pre-commit",	"commit-msg", "pre-push",
						 "pre-receive", "update",     "post-receive"};

const char *sv_hook_name(enum sv_hook_kind kind)
{
	return names[kind];
}

int sv_hook_parse(const char *name, enum sv_hook_kind *ret)
{
	for (int i = 0; i < SV_HOOK_KINDS; i++)
		if (strcmp(names[i], name) == 0) {
			*ret = (enum sv_hook_kind)i;
			return 0;
		}
	return SV_EINVAL;
}

static bool blocks(const struct sv_finding *f, const struct sv_hook_policy *policy)
{
	return f->cls == SV_CLASS_SECRET && !f->suppressed && f->severity >= policy->min_severity &&
	       f->confidence >= policy->min_confidence;
}

size_t sv_hook_blocking(const struct sv_report *report, const struct sv_hook_policy *policy)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_findings; i++)
		n += blocks(&report->findings[i], policy);
	return n;
}

/* ---- lines ---- */

struct out {
	const struct sv_hook_words *words;
	sv_write_fn *write;
	void *payload;
	struct sv_masks masks;
	struct sv_buf line, text, safe;
	int status;
};

/* The bytes of s that fit into room columns, cut at a space where there is one. A character is one
 * column: what is wider is rare in paths, and only looks uneven. */
static size_t fitting(struct sv_span s, size_t room)
{
	size_t n = 0, at = 0, space = 0;

	while (at < s.len) {
		bool starts = (s.ptr[at] & 0xC0) != 0x80;

		if (starts && n == room)
			return space ? space : at;
		if (s.ptr[at] == ' ' && at != 0)
			space = at;
		n += starts;
		at++;
	}
	return s.len;
}

static void put_line(struct out *o, const char *indent, struct sv_span s)
{
	if (o->status != 0)
		return;
	sv_buf_reset(&o->line);
	if (sv_buf_puts(&o->line, o->words->prefix) < 0 ||
	    sv_buf_puts(&o->line, s.len ? indent : "") < 0 ||
	    sv_buf_append(&o->line, s.ptr, s.len) < 0 || sv_buf_putc(&o->line, '\n') < 0)
		o->status = SV_ENOMEM;
	else
		o->status = o->write(o->line.ptr, o->line.len, o->payload);
}

/* Makes words fit for a terminal, then cuts them into lines: the first after head, the others
 * below it. */
static void put_words(struct out *o, const char *head, struct sv_span words)
{
	size_t need = sv_text_neutralise(words, NULL, 0), width = strlen(head);
	char blanks[COLUMNS];
	struct sv_span rest;

	sv_buf_reset(&o->safe);
	if (o->status != 0 || sv_buf_reserve(&o->safe, need + 1) < 0)
		return;
	sv_text_neutralise(words, (char *)o->safe.ptr, need + 1);
	sv_buf_commit(&o->safe, need);
	memset(blanks, ' ', sizeof(blanks));
	blanks[width] = '\0';
	rest = sv_buf_span(&o->safe);
	do {
		size_t n = fitting(rest, COLUMNS - strlen(o->words->prefix) - width);

		put_line(o, head, sv_span(rest.ptr, n));
		head = blanks;
		while (n < rest.len && rest.ptr[n] == ' ')
			n++;
		rest = sv_span(rest.ptr + n, rest.len - n);
	} while (rest.len != 0);
}

static void put(struct out *o, const char *head, const char *fmt, ...) SV_PRINTF(3, 4);
static void put(struct out *o, const char *head, const char *fmt, ...)
{
	char text[1200]; /* our own words, and short ones of rules */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_words(o, head, sv_span_str(text));
}

/* ---- findings ---- */

static struct sv_span masked(struct out *o, const struct sv_finding *f, struct sv_span s)
{
	struct sv_span ret = {0};

	if (o->status == 0)
		o->status = sv_mask(&o->masks, f->secret, s, &o->text, &ret);
	return ret;
}

/* "path:line", or what stands for it, with what leads there */
static void put_place(struct out *o, const struct sv_finding *f, const struct sv_place *p)
{
	SV_AUTO(sv_buf) at = {0};
	struct sv_span s =
		masked(o, f, p->path.len ? p->path : sv_span_str(sv_where_name(p->where)));

	(void)sv_buf_append(&at, s.ptr, s.len);
	if (p->where != SV_WHERE_PATH && p->where != SV_WHERE_REF_NAME &&
	    p->where != SV_WHERE_AUTHOR)
		(void)sv_buf_printf(&at, ":%u", p->line);
	if (p->path.len != 0 && p->where != SV_WHERE_BLOB && p->where != SV_WHERE_INDEX &&
	    p->where != SV_WHERE_WORKTREE)
		(void)sv_buf_printf(&at, " (%s)", sv_where_name(p->where));
	if (p->commit[0] != '\0')
		(void)sv_buf_printf(&at, " commit %.10s", p->commit);
	else if (p->object[0] != '\0')
		(void)sv_buf_printf(&at, " object %.10s", p->object);
	if (p->ref.len != 0) {
		s = masked(o, f, p->ref);
		(void)sv_buf_puts(&at, " on ");
		(void)sv_buf_append(&at, s.ptr, s.len);
	}
	put_words(o, "   at      ", sv_buf_span(&at));
}

static void put_finding(struct out *o, const struct sv_finding *f, size_t number)
{
	SV_AUTO(sv_buf) secret = {0};
	char head[32];

	snprintf(head, sizeof(head), "%zu. ", number);
	put_words(o, head, sv_span_str(f->message));
	(void)sv_redact(f->secret, &secret);
	put_words(o, "   secret  ", sv_buf_span(&secret));
	for (size_t i = 0; i < f->n_places && i < MAX_PLACES; i++)
		put_place(o, f, &f->places[i]);
	if (f->n_places > MAX_PLACES)
		put(o, "           ", "and %zu more places", f->n_places - MAX_PLACES);
	if (f->rule->practice.rotate)
		put_words(o, "   rotate  ", sv_span_str(f->rule->practice.rotate));
	if (f->rule->practice.instead)
		put_words(o, "   instead ", sv_span_str(f->rule->practice.instead));
	put(o, "   rule    ", "%s (%s, %s confidence)", f->rule->id, sv_severity_name(f->severity),
	    sv_confidence_name(f->confidence));
}

/* One paragraph for a web page, where nobody has a command line at hand. */
static void put_web(struct out *o, const struct sv_finding *f)
{
	const struct sv_place *p = f->places;
	SV_AUTO(sv_buf) text = {0};
	struct sv_span s =
		masked(o, f, p->path.len ? p->path : sv_span_str(sv_where_name(p->where)));

	(void)sv_buf_append(&text, s.ptr, s.len);
	(void)sv_buf_printf(&text, ":%u: %s (", p->line, f->message);
	(void)sv_redact(f->secret, &text);
	(void)sv_buf_puts(&text, "). ");
	if (f->rule->practice.rotate)
		(void)sv_buf_puts(&text, f->rule->practice.rotate);
	put_words(o, "", sv_buf_span(&text));
}

/* ---- what to do ---- */

static const struct {
	const char *what, *stopped, *skip;
} hooks[SV_HOOK_KINDS] = {
	[SV_HOOK_PRE_COMMIT] = {"what is about to be committed", "COMMIT STOPPED",
				"git commit --no-verify"},
	[SV_HOOK_COMMIT_MSG] = {"the commit message", "COMMIT STOPPED", "git commit --no-verify"},
	[SV_HOOK_PRE_PUSH] = {"what is about to be pushed", "PUSH STOPPED", "git push --no-verify"},
	[SV_HOOK_PRE_RECEIVE] = {"what you push", "PUSH REJECTED",
				 "git push -o sievert.skip=\"why it is no secret\""},
	[SV_HOOK_UPDATE] = {"what you push", "REF REJECTED", NULL},
	[SV_HOOK_POST_RECEIVE] = {"what was pushed", "FOUND", NULL},
};

/* The one commit that all blocking findings lie in; NULL: there are several, or none. */
static const char *only_commit(const struct sv_report *report, const struct sv_hook_policy *policy,
			       const char **ret_first)
{
	const char *only = NULL;
	bool several = false;

	*ret_first = NULL;
	for (size_t i = 0; i < report->n_findings; i++)
		for (size_t k = 0;
		     blocks(&report->findings[i], policy) && k < report->findings[i].n_places;
		     k++) {
			const char *commit = report->findings[i].places[k].commit;

			if (*commit == '\0')
				continue;
			if (*ret_first == NULL)
				*ret_first = commit;
			several |= only != NULL && strcmp(only, commit) != 0;
			only = commit;
		}
	return several ? NULL : only;
}

static void put_commit_fix(struct out *o, enum sv_hook_kind hook)
{
	if (hook == SV_HOOK_COMMIT_MSG) {
		put(o, "To fix: ", "take it out of the message and commit again.");
		return;
	}
	put(o, "To fix: ",
	    "take it out of the file, \"git add\" the file, and commit again. If it was shown to "
	    "anyone, rotate it.");
}

static void put_push_fix(struct out *o, const struct sv_report *report)
{
	const char *first, *only = only_commit(report, o->words->policy, &first);

	put(o, "To fix: ", "1. Rotate the secret if it is in use: it has left its place.");
	put(o, "        ", "2. Take it out of the commit that brings it, not in a later one:");
	if (only != NULL || first != NULL)
		put(o, "           ", "last commit: git commit --amend");
	if (first != NULL)
		put(o, "           ", "earlier: git rebase -i %.10s^, \"edit\" it, then --continue",
		    only ? only : first);
	put(o, "        ", "3. Push again.");
}

static void put_skip(struct out *o)
{
	const struct sv_hook_policy *policy = o->words->policy;
	enum sv_hook_kind hook = o->words->hook;
	bool server = hook >= SV_HOOK_PRE_RECEIVE;

	if (policy->inline_allow && hook != SV_HOOK_COMMIT_MSG)
		put(o, "No secret? ", "End its line with a comment that says sievert:allow.");
	if (hooks[hook].skip != NULL && (!server || policy->allow_skip))
		put(o, "To skip: ", "%s%s", hooks[hook].skip, server ? " (it is logged)" : "");
	if (policy->help)
		put_words(o, "Help: ", sv_span_str(policy->help));
}

static void release(struct out *o)
{
	sv_masks_release(&o->masks);
	sv_buf_release(&o->line);
	sv_buf_release(&o->text);
	sv_buf_release(&o->safe);
}

int sv_hook_tell_findings(const struct sv_hook_words *words, const struct sv_report *report,
			  sv_write_fn *write, void *payload)
{
	const struct sv_hook_policy *policy = words->policy;
	struct out o = {.words = words, .write = write, .payload = payload};
	size_t n = sv_hook_blocking(report, policy), told = 0;

	o.status = sv_masks_of(report, &o.masks);
	put(&o, "", "%s: %zu secret%s in %s", hooks[words->hook].stopped, n, n == 1 ? "" : "s",
	    hooks[words->hook].what);
	for (size_t i = 0; i < report->n_findings && told < policy->max_shown; i++) {
		const struct sv_finding *f = &report->findings[i];

		if (!blocks(f, policy))
			continue;
		told++;
		if (words->web) {
			put_web(&o, f);
			continue;
		}
		put_line(&o, "", sv_span(NULL, 0));
		put_finding(&o, f, told);
	}
	if (told < n)
		put(&o, "", "... and %zu more.", n - told);
	if (words->web) {
		put(&o, "", "Take it out and commit again.");
	} else {
		put_line(&o, "", sv_span(NULL, 0));
		if (words->hook <= SV_HOOK_COMMIT_MSG)
			put_commit_fix(&o, words->hook);
		else
			put_push_fix(&o, report);
	}
	if (!words->web)
		put_skip(&o);
	else if (policy->help)
		put_words(&o, "Help: ", sv_span_str(policy->help));
	release(&o);
	return o.status;
}

int sv_hook_tell_gaps(const struct sv_hook_words *words, const struct sv_report *report,
		      sv_write_fn *write, void *payload)
{
	struct out o = {.words = words, .write = write, .payload = payload};
	size_t told = 0;

	o.status = sv_masks_of(report, &o.masks);
	for (size_t i = 0; i < report->coverage.n_gaps && told < MAX_GAPS; i++) {
		const struct sv_gap *g = &report->coverage.gaps[i];
		SV_AUTO(sv_buf) text = {0};
		struct sv_span none = {0}, safe = {0};

		if (g->kind != SV_GAP_UNREAD)
			continue;
		told++;
		(void)sv_buf_printf(&text, "%s: ", g->reason);
		(void)sv_buf_append(&text, g->what.ptr, g->what.len);
		if (g->detail.len != 0) {
			(void)sv_buf_puts(&text, " (");
			(void)sv_buf_append(&text, g->detail.ptr, g->detail.len);
			(void)sv_buf_puts(&text, ")");
		}
		if (o.status == 0)
			o.status = sv_mask(&o.masks, none, sv_buf_span(&text), &o.text, &safe);
		put_words(&o, "  ", safe);
	}
	if (told < report->coverage.unread)
		put(&o, "  ", "and %llu more", (unsigned long long)report->coverage.unread - told);
	release(&o);
	return o.status;
}

int sv_hook_tell(const struct sv_hook_words *words, const char *text, sv_write_fn *write,
		 void *payload)
{
	struct out o = {.words = words, .write = write, .payload = payload};

	put_words(&o, "", sv_span_str(text));
	release(&o);
	return o.status;
}
