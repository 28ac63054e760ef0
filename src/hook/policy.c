/* The owner's policy, from git's configuration: files that a push cannot reach. */
#include "git/gitdir.h"
#include <git2.h>
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

static int parse_bool(const char *value, bool *ret)
{
	int yes, status = git_config_parse_bool(&yes, value);

	if (status == 0)
		*ret = yes;
	return status < 0 ? SV_EINVAL : 0;
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
		return parse_bool(value, member);
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

/* Takes what config says of sievert.*, in order: the last word counts. */
static int take_all(struct reading *r, git_config *config, const char *from, struct sv_err *err)
{
	git_config_iterator *iter = NULL;
	git_config_entry *entry;
	int status = 0;

	if (git_config_iterator_new(&iter, config) < 0)
		return sv_err_set(err, SV_EIO, "%s: %s", from,
				  git_error_last() ? git_error_last()->message : "unreadable");
	while (status == 0 && git_config_next(&entry, iter) == 0) {
		if (strncmp(entry->name, "sievert.", 8) != 0)
			continue;
		status = take(r, entry->name + 8, entry->value ? entry->value : "true");
		if (status < 0 && status != SV_ENOMEM)
			status = sv_err_set(err, SV_EINVAL, "%s: %s = %s: %s", from, entry->name,
					    entry->value ? entry->value : "true",
					    status == SV_ENOTFOUND ? "there is no such setting"
								   : "that is no value for it");
	}
	git_config_iterator_free(iter);
	return status;
}

static int take_file(struct reading *r, const char *path, bool must, git_config_level_t level,
		     struct sv_err *err)
{
	git_config *config = NULL;
	struct stat st;
	int status = 0;

	if (stat(path, &st) < 0)
		return must ? sv_err_set(err, SV_ENOTFOUND, "%s: it cannot be read", path) : 0;
	if (git_config_new(&config) < 0 ||
	    git_config_add_file_ondisk(config, path, level, NULL, 0) < 0)
		status = sv_err_set(err, SV_EINVAL, "%s: %s", path,
				    git_error_last() ? git_error_last()->message : "unreadable");
	if (status == 0)
		status = take_all(r, config, path, err);
	git_config_free(config);
	return status;
}

/* Each of git's own files in their order: the repository's own is the last. */
static int take_git(struct reading *r, const char *git_dir, struct sv_err *err)
{
	static int (*const find[])(git_buf *) = {git_config_find_system, git_config_find_xdg,
						 git_config_find_global};
	SV_AUTO_FREE char *own = NULL;
	struct sv_gitdir *git = NULL;
	int status = 0;

	/* who owns it is asked when its objects are read */
	if (sv_gitdir_open(git_dir ? git_dir : ".", git_dir == NULL, true, &git, NULL) == 0)
		own = sv_path_join(git->common_dir, "config");
	sv_gitdir_free(git);
	for (size_t i = 0; status == 0 && i < sizeof(find) / sizeof(*find); i++) {
		git_buf path = {0};

		if (find[i](&path) == 0)
			status = take_file(r, path.ptr, false, GIT_CONFIG_LEVEL_GLOBAL, err);
		git_buf_dispose(&path);
	}
	if (status == 0 && own != NULL)
		status = take_file(r, own, false, GIT_CONFIG_LEVEL_LOCAL, err);
	return status;
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
	struct reading r = {.policy = &policy, .arena = arena};
	int status = arena ? 0 : SV_ENOMEM;

	/* until the policy is freed: libgit2 reads all certificates of the system at each start */
	git_libgit2_init();
	if (status == 0)
		status = file ? take_file(&r, file, true, GIT_CONFIG_LEVEL_APP, err)
			      : take_git(&r, git_dir, err);
	if (status == 0 && !file && r.file)
		status = take_file(&r, r.file, true, GIT_CONFIG_LEVEL_APP, err);
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
	git_libgit2_shutdown();
	*policy = (struct sv_hook_policy){0};
}
