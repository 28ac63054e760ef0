/* The owner's policy, from git's configuration: files that a push cannot reach. */
#include "git/config.h"
#include "git/gitdir.h"
#include <sievert/hook.h>
#include <sys/stat.h>

#define MAX_LIST 1000

enum how { DURATION, ACCEPT, NUMBER, WORDS, BOOL, CONFIDENCE, SEVERITY };

static const struct {
	const char *name;
	size_t offset;
	enum how how;
} keys[] = {
#define POLICY(name, member, how) {name, offsetof(struct sv_hook_policy, member), how},
#include "hook/policy.def"
#undef POLICY
};

struct reading {
	const char *from; /* the file at hand */
	struct sv_err *err;
	struct sv_hook_policy *policy;
	struct sv_arena *arena;
	SV_VEC(const char *) rules, disable;
	const char *file; /* that the configuration names */
};

int sv_duration_parse(const char *text, uint64_t *ret)
{
	static const struct {
		const char *unit;
		uint64_t milliseconds;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (sv_parse_u64(sv_span(text, digits), &n) < 0 || n > 1000000000)
		return SV_EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(text + digits, units[i].unit) == 0) {
			*ret = n * units[i].milliseconds;
			return 0;
		}
	return SV_EINVAL;
}

static int parse_accept(const char *value, bool *ret)
{
	*ret = strcmp(value, "accept") == 0;
	return *ret || strcmp(value, "reject") == 0 ? 0 : SV_EINVAL;
}

static int set(struct reading *r, size_t key, const char *value)
{
	void *member = (char *)r->policy + keys[key].offset;
	const char *copy;

	switch (keys[key].how) {
	case DURATION:
		return sv_duration_parse(value, member);
	case ACCEPT:
		return parse_accept(value, member);
	case NUMBER:
		return sv_parse_size(sv_span_str(value), member);
	case BOOL:
		return sv_config_bool(value, member);
	case CONFIDENCE:
		return sv_confidence_parse(value, member);
	case SEVERITY:
		return sv_severity_parse(value, member);
	default:
		copy = sv_arena_strdup(r->arena, value);
		*(const char **)member = copy;
		return copy ? 0 : SV_ENOMEM;
	}
}

static int take(struct reading *r, const char *name, const char *value)
{
	const char *copy = sv_arena_strdup(r->arena, value);

	if (copy == NULL)
		return SV_ENOMEM;
	if (strcmp(name, "rules") == 0)
		return r->rules.len < MAX_LIST ? sv_vec_push(&r->rules, copy) : SV_ETOOBIG;
	if (strcmp(name, "disable") == 0)
		return r->disable.len < MAX_LIST ? sv_vec_push(&r->disable, copy) : SV_ETOOBIG;
	if (strcmp(name, "configfile") == 0) {
		r->file = copy;
		return 0;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(name, keys[i].name) == 0)
			return set(r, i, value);
	return SV_ENOTFOUND;
}

/* Takes what a file says of sievert.*, in order: the last word counts. */
static int on_entry(const char *name, const char *value, void *payload)
{
	struct reading *r = payload;
	int status;

	if (strncmp(name, "sievert.", 8) != 0)
		return 0;
	value = value ? value : "true";
	status = take(r, name + 8, value);
	return status == 0 || status == SV_ENOMEM
		       ? status
		       : sv_err_set(r->err, SV_EINVAL, "%s: %s = %s: %s", r->from, name, value,
				    status == SV_ENOTFOUND ? "there is no such setting"
							   : "that is no value for it");
}

static int take_file(struct reading *r, const char *path, bool must)
{
	struct stat st;

	r->from = path;
	if (must && stat(path, &st) < 0)
		return sv_err_set(r->err, SV_ENOTFOUND, "%s: it cannot be read", path);
	return sv_config_read(path, on_entry, r, r->err);
}

/* Each of git's own files in their order: the repository's own is the last. */
static int take_git(struct reading *r, const char *git_dir)
{
	SV_AUTO_FREE char *own = NULL;
	struct sv_gitdir *git = NULL;
	int status;

	r->from = "git's configuration";
	status = sv_config_read_users(on_entry, r, r->err);
	/* who owns the repository is asked when its objects are read */
	if (sv_gitdir_open(git_dir ? git_dir : ".", git_dir == NULL, true, &git, NULL) == 0)
		own = sv_path_join(git->common_dir, "config");
	sv_gitdir_free(git);
	return status == 0 && own ? take_file(r, own, false) : status;
}

int sv_hook_policy_read(const char *git_dir, const char *file, bool server,
			struct sv_hook_policy *ret, struct sv_err *err)
{
	struct sv_arena *arena = calloc(1, sizeof(*arena));
	struct sv_hook_policy policy = {
		.deadline = server ? 60000 : 0,
		.syslog = server,
		.inline_allow = true,
		.min_confidence = SV_CONF_MEDIUM,
		.min_severity = SV_LOW,
		.deep_scan = true,
		.max_size = 256u << 20,
		.max_shown = 10,
		.memory = arena,
	};
	struct reading r = {.policy = &policy, .arena = arena, .err = err};
	int status = arena ? 0 : SV_ENOMEM;

	if (status == 0)
		status = file ? take_file(&r, file, true) : take_git(&r, git_dir);
	if (status == 0 && !file && r.file)
		status = take_file(&r, r.file, true);
	policy.rules = r.rules.ptr;
	policy.n_rules = r.rules.len;
	policy.disable = r.disable.ptr;
	policy.n_disable = r.disable.len;
	if (status < 0) {
		sv_hook_policy_free(&policy);
		return status == SV_ENOMEM ? sv_err_set(err, status, "out of memory") : status;
	}
	*ret = policy;
	return 0;
}

void sv_hook_policy_free(struct sv_hook_policy *policy)
{
	if (policy->memory)
		sv_arena_release(policy->memory);
	free(policy->memory);
	free((void *)(uintptr_t)policy->rules);
	free((void *)(uintptr_t)policy->disable);
	*policy = (struct sv_hook_policy){0};
}
