/* What must be remembered: a JSON object a line, on the disk before anything is let through. */
#include "sink/redact.h"
#include <errno.h>
#include <fcntl.h>
#include <sievert/hook.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Who pushes, by those that know it: the first that is set. */
static const char *const identities[] = {"GL_USERNAME",
					 "GITEA_PUSHER_NAME",
					 "FORGEJO_PUSHER_NAME",
					 "GITHUB_USER_LOGIN",
					 "GL_USER",
					 "REMOTE_USER",
					 "LOGNAME",
					 "USER"};

static const char *who(const char **ret_source)
{
	for (size_t i = 0; i < sizeof(identities) / sizeof(*identities); i++) {
		const char *value = getenv(identities[i]);

		if (value && *value) {
			*ret_source = identities[i];
			return value;
		}
	}
	*ret_source = "";
	return "unknown";
}

static void put_string(struct sv_buf *b, struct sv_span s)
{
	size_t need = sv_json_quote(s, NULL, 0);

	if (sv_buf_reserve(b, need + 1) < 0)
		return;
	sv_json_quote(s, (char *)b->ptr + b->len, need + 1);
	sv_buf_commit(b, b->len + need);
}

static void put_member(struct sv_buf *b, const char *name, const char *value)
{
	sv_buf_printf(b, ",\"%s\":", name);
	put_string(b, sv_span_str(value ? value : ""));
}

/* Ids, rules and places: never a value. */
static void put_findings(struct sv_buf *b, const struct sv_report *report,
			 const struct sv_masks *masks)
{
	sv_buf_puts(b, ",\"findings\":[");
	for (size_t i = 0; report && i < report->n_findings; i++) {
		const struct sv_finding *f = &report->findings[i];

		sv_buf_printf(b, "%s{\"rule\":", i ? "," : "");
		put_string(b, sv_span_str(f->rule->id));
		put_member(b, "id", f->id);
		put_member(b, "severity", sv_severity_name(f->severity));
		put_member(b, "confidence", sv_confidence_name(f->confidence));
		sv_buf_puts(b, ",\"places\":[");
		for (size_t k = 0; k < f->n_places; k++) {
			const struct sv_place *p = &f->places[k];
			SV_AUTO(sv_buf) masked = {0};
			struct sv_span path = {0};

			(void)sv_mask(masks, f->secret, p->path, &masked, &path);
			sv_buf_printf(b, "%s{\"where\":\"%s\",\"path\":", k ? "," : "",
				      sv_where_name(p->where));
			put_string(b, path);
			sv_buf_printf(b, ",\"line\":%u,\"commit\":\"%s\",\"object\":\"%s\"}",
				      p->line, p->commit, p->object);
		}
		sv_buf_puts(b, "]}");
	}
	sv_buf_putc(b, ']');
}

static void put_refs(struct sv_buf *b, const struct sv_hook_lines *lines)
{
	sv_buf_puts(b, ",\"refs\":[");
	for (size_t i = 0; lines && i < lines->n; i++) {
		sv_buf_printf(b, "%s{\"ref\":", i ? "," : "");
		put_string(b, sv_span_str(lines->lines[i].ref));
		put_member(b, "old", lines->lines[i].old_id);
		put_member(b, "new", lines->lines[i].new_id);
		sv_buf_putc(b, '}');
	}
	sv_buf_putc(b, ']');
}

/* Appends the line whole and waits until the disk has it. */
static int append(const char *path, const struct sv_buf *line, struct sv_err *err)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	ssize_t n = fd < 0 ? -1 : write(fd, line->ptr, line->len);
	int error = n < 0 ? errno : ENOSPC;
	struct stat st;

	if (n == (ssize_t)line->len) {
		error = 0;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fsync(fd) < 0)
			error = errno;
	}
	if (fd >= 0)
		close(fd);
	return error ? sv_err_set(err, SV_EIO, "the audit log %s: %s", path, strerror(error)) : 0;
}

static void tell_syslog(const struct sv_hook_event *e, const char *user)
{
	char words[512], name[128];

	sv_text_neutralise(sv_span_str(e->reason ? e->reason : ""), words, sizeof(words));
	sv_text_neutralise(sv_span_str(user), name, sizeof(name));
	openlog("sievert", LOG_PID, LOG_AUTH);
	syslog(LOG_NOTICE, "%s %s: %s by %s, %zu refs, %llu objects, %zu findings: %s", e->hook,
	       e->event, e->repository ? e->repository : "", name, e->lines ? e->lines->n : 0,
	       (unsigned long long)e->objects, e->report ? e->report->n_findings : 0, words);
	closelog();
}

int sv_hook_audit(const struct sv_hook_policy *policy, const struct sv_hook_event *e,
		  struct sv_err *err)
{
	SV_AUTO(sv_buf) line = {.max = 1u << 30};
	SV_AUTO(sv_masks) masks = {0};
	const char *source, *user = who(&source);
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sv_buf_printf(&line, "{\"time\":\"%s\"", date);
	put_member(&line, "event", e->event);
	put_member(&line, "hook", e->hook);
	put_member(&line, "repository", e->repository);
	put_member(&line, "user", user);
	put_member(&line, "user_from", source);
	put_member(&line, "reason", e->reason);
	sv_buf_printf(&line, ",\"objects\":%llu", (unsigned long long)e->objects);
	put_refs(&line, e->lines);
	if (sv_masks_of(e->report, &masks) < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	put_findings(&line, e->report, &masks);
	if (sv_buf_puts(&line, "}\n") < 0)
		return sv_err_set(err, SV_ENOMEM, "out of memory");
	if (policy->syslog)
		tell_syslog(e, user);
	return policy->audit_log ? append(policy->audit_log, &line, err) : 0;
}
