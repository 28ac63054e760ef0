/*
 * Makes the weights of the learnt model (detect/model.h). learn.py drives it; its README tells how.
 *
 *	sievert-learn language ROOT SKIP... >MODEL          costs of letter sequences, no weights
 *yet sievert-learn features MODEL ROOT >FEATURES         every candidate below ROOT, one a line
 *	sievert-learn fit MODEL FEATURES LABELS >MODEL      weights; LABELS: "1 weight", "0 weight"
 *or "-" sievert-learn sums MODEL FEATURES                   the sum of each candidate sievert-learn
 *words MODEL LIST >MODEL               the words that LIST has, one a line, in place of its own
 */
#include "detect/model.h"
#include "source/walk.h"
#include <math.h>
#include <stdio.h>

#define EPOCHS 12
#define RATE 0.12
#define L2 0.000004
#define MAX_WEIGHT 2.0 /* what 127 stands for */
#define RULES "generic-"

static int fail(const char *words)
{
	fprintf(stderr, "sievert-learn: %s\n", words);
	return 1;
}

static int write_model(const struct sv_model *model)
{
	return fwrite(model, sizeof(*model), 1, stdout) == 1 && fflush(stdout) == 0 ? 0 : fail("cannot write");
}

static struct sv_model *read_model(const char *path)
{
	SV_AUTO(sv_buf) bytes = {0};
	struct sv_err err = {0};
	struct sv_model *model;

	if (sv_file_read(path, &bytes, &err) < 0 || bytes.len != sizeof(*model))
		return NULL;
	model = malloc(sizeof(*model));
	if (model != NULL)
		memcpy(model, bytes.ptr, sizeof(*model));
	return model;
}

static int on_gap(enum sv_gap_kind kind, const char *reason, const char *path, const char *detail,
		  void *payload)
{
	(void)kind;
	(void)detail;
	(void)payload;
	fprintf(stderr, "sievert-learn: %s: %s\n", path, reason);
	return 0;
}

/* ---- language ---- */

struct language {
	unsigned a, b;
	unsigned count[SV_MODEL_SYMBOLS][SV_MODEL_SYMBOLS][SV_MODEL_SYMBOLS];
	char **skip;
	int n_skip;
};

static void count_symbol(unsigned c, void *payload)
{
	struct language *l = payload;

	l->count[l->a][l->b][c]++;
	l->a = l->b;
	l->b = c;
}

/* Paths below a folder, gathered to be read in byte order: a walk tells them in any. */
struct paths {
	char **ptr;
	size_t len, cap;
};

static int note_path(int fd, uint64_t size, const char *path, void *payload)
{
	char *copy = strdup(path);

	(void)fd;
	(void)size;
	return copy ? sv_vec_push((struct paths *)payload, copy) : SV_ENOMEM;
}

static int skip_link(struct sv_span text, const char *path, void *payload)
{
	(void)text;
	(void)path;
	(void)payload;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef int read_fn(const char *path, struct sv_buf *content, void *payload);

static int each_file(const char *root, read_fn *read_one, void *payload, struct sv_err *err)
{
	struct paths paths = {0};
	struct sv_walk_events events = {note_path, skip_link, on_gap, NULL, &paths};
	SV_AUTO(sv_buf) content = {0};
	struct sv_walk *walk = NULL;
	int status = sv_walk_new(root, &walk, err);

	if (status == 0)
		status = sv_walk_work(walk, &events);
	sv_walk_free(walk);
	if (paths.len != 0)
		qsort(paths.ptr, paths.len, sizeof(*paths.ptr), by_path);
	for (size_t i = 0; i < paths.len; i++) {
		SV_AUTO_FREE char *path = sv_path_join(root, paths.ptr[i]);

		sv_buf_reset(&content);
		if (status == 0)
			status = path ? sv_file_read(path, &content, err) : SV_ENOMEM;
		if (status == 0)
			status = read_one(paths.ptr[i], &content, payload);
		free(paths.ptr[i]);
	}
	sv_vec_release(&paths);
	return status;
}

static int read_language(const char *path, struct sv_buf *content, void *payload)
{
	struct language *l = payload;
	size_t n = strcspn(path, "/");

	for (int i = 0; i < l->n_skip; i++)
		if (strlen(l->skip[i]) == n && memcmp(l->skip[i], path, n) == 0)
			return 0;
	l->a = l->b = 26;
	/* one long file shall not speak for all */
	sv_model_symbols(sv_span(content->ptr, content->len < 65536 ? content->len : 65536),
			 count_symbol, l);
	return 0;
}

static int learn_language(const char *root, char **skip, int n_skip)
{
	struct language *l = calloc(1, sizeof(*l));
	struct sv_model *model = calloc(1, sizeof(*model));
	struct sv_err err = {0};
	int status;

	if (l == NULL || model == NULL)
		return fail("out of memory");
	l->skip = skip;
	l->n_skip = n_skip;
	if (each_file(root, read_language, l, &err) < 0)
		return fail(err.text);
	memcpy(model->magic, "SVM2", 4);
	for (unsigned a = 0; a < SV_MODEL_SYMBOLS; a++)
		for (unsigned b = 0; b < SV_MODEL_SYMBOLS; b++) {
			double total = 0;

			for (unsigned c = 0; c < SV_MODEL_SYMBOLS; c++)
				total += l->count[a][b][c];
			for (unsigned c = 0; c < SV_MODEL_SYMBOLS; c++) {
				double p = (l->count[a][b][c] + 0.3) / (total + 0.3 * SV_MODEL_SYMBOLS);
				double cost = -8 * log2(p);

				model->cost[a][b][c] = (uint8_t)(cost > 255 ? 255 : cost + 0.5);
			}
		}
	status = write_model(model);
	free(l);
	free(model);
	return status;
}

/* ---- features ---- */

struct extraction {
	const struct sv_model *model;
	struct sv_scanner *scanner;
	const char *path;
	const struct sv_buf *content;
	struct sv_features *features;
	struct sv_err err;
};

static unsigned line_of(const struct sv_buf *content, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += content->ptr[i] == '\n';
	return line;
}

static int put_candidate(const struct sv_candidate *c, void *payload)
{
	struct extraction *x = payload;
	size_t from = c->start > SV_NEAR_CONTEXT ? c->start - SV_NEAR_CONTEXT : 0;
	size_t to = x->content->len - c->end > SV_NEAR_CONTEXT ? c->end + SV_NEAR_CONTEXT : x->content->len;
	struct sv_check_input in = {.rule = c->rule,
				    .text = sv_span(x->content->ptr + from, to - from),
				    .match_start = c->start - from,
				    .match_end = c->end - from,
				    .secret = sv_span(x->content->ptr + c->secret_start,
						      c->secret_end - c->secret_start)};

	if (sv_model_is_no_value(in.secret))
		return 0;
	sv_model_features(x->model, &in, x->features);
	printf("%s\t%u\t%u\t%s\t%zu\t", x->path, line_of(x->content, c->secret_start),
	       line_of(x->content, c->secret_end), c->rule->id, c->secret_start);
	for (size_t i = 0; i < in.secret.len; i++)
		printf("%02x", in.secret.ptr[i]);
	putchar('\t');
	for (size_t i = 0; i < x->features->n; i++)
		printf("%u ", x->features->id[i]);
	putchar('\n');
	return 0;
}

static int read_candidates(const char *path, struct sv_buf *content, void *payload)
{
	struct extraction *x = payload;

	x->path = path;
	x->content = content;
	return sv_scanner_scan(x->scanner, content, put_candidate, x, &x->err);
}

/* with one rule at a time, so that none hides another's candidates; without its checks */
static int extract_rule(struct extraction *x, const char *root, const struct sv_ruleset *all, size_t wanted)
{
	SV_AUTO_FREE const char **others = calloc(sv_ruleset_count(all), sizeof(*others));
	struct sv_ruleset_options options = {.disable = others};
	struct sv_ruleset *one = NULL;
	struct sv_rule bare;
	int status;

	if (others == NULL)
		return fail("out of memory");
	for (size_t i = 0; i < sv_ruleset_count(all); i++)
		if (i != wanted)
			others[options.n_disable++] = sv_ruleset_get(all, i)->id;
	status = sv_ruleset_open(&options, &one, &x->err);
	if (status == 0) {
		bare = *one->rules.ptr[0];
		bare.checks = NULL;
		one->rules.ptr[0] = &bare;
		status = sv_scanner_new(one, &x->scanner, &x->err);
	}
	if (status == 0)
		status = each_file(root, read_candidates, x, &x->err);
	sv_scanner_free(x->scanner);
	sv_ruleset_free(one);
	return status < 0 ? fail(x->err.text) : 0;
}

static int extract(const char *model_path, const char *root)
{
	struct extraction x = {.model = read_model(model_path), .features = malloc(sizeof(*x.features))};
	struct sv_ruleset *all = NULL;
	struct sv_err err = {0};
	int status = 0;

	if (x.model == NULL || x.features == NULL)
		return fail("no model");
	if (sv_ruleset_open(NULL, &all, &err) < 0)
		return fail(err.text);
	for (size_t i = 0; status == 0 && i < sv_ruleset_count(all); i++)
		if (strncmp(sv_ruleset_get(all, i)->id, RULES, strlen(RULES)) == 0)
			status = extract_rule(&x, root, all, i);
	sv_ruleset_free(all);
	free(x.features);
	return status;
}

/* ---- fit ---- */

struct sample {
	size_t first, n; /* in ids */
	double weight;	 /* 0: left out */
	bool secret;
};

struct samples {
	SV_VEC(struct sample) all;
	SV_VEC(uint32_t) ids;
};

static int read_samples(const char *path, struct samples *ret)
{
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (in == NULL)
		return fail("no features");
	while (getline(&line, &cap, in) > 0) {
		struct sample s = {.first = ret->ids.len};
		char *at = strrchr(line, '\t'), *end;

		for (at = at ? at + 1 : line; *at >= '0' && *at <= '9'; at = end + 1) {
			if (sv_vec_push(&ret->ids, (uint32_t)strtoul(at, &end, 10)) < 0)
				return fail("out of memory");
			s.n++;
		}
		if (sv_vec_push(&ret->all, s) < 0)
			return fail("out of memory");
	}
	free(line);
	fclose(in);
	return 0;
}

static int read_labels(const char *path, struct samples *samples)
{
	FILE *in = fopen(path, "r");
	char line[64];

	if (in == NULL)
		return fail("no labels");
	for (size_t i = 0; i < samples->all.len; i++) {
		if (fgets(line, sizeof(line), in) == NULL)
			return fail("fewer labels than candidates");
		samples->all.ptr[i].secret = line[0] == '1';
		samples->all.ptr[i].weight = line[0] == '-' ? 0 : strtod(line + 1, NULL);
	}
	fclose(in);
	return 0;
}

/* logistic regression by AdaGrad; the order is shuffled by a fixed seed */
static void descend(const struct samples *s, double *w, double *bias)
{
	double *g = calloc(1 << SV_MODEL_BITS, sizeof(*g)), bias_g = 1e-6;
	size_t *order = calloc(s->all.len + 1, sizeof(*order));

	if (g == NULL || order == NULL)
		abort();
	for (size_t i = 0; i < s->all.len; i++)
		order[i] = i;
	for (int epoch = 0; epoch < EPOCHS; epoch++) {
		for (size_t i = s->all.len; i > 1; i--) {
			uint64_t seed[2] = {(uint64_t)epoch, i};
			size_t j = sv_hash64(seed, sizeof(seed), 7) % i, keep = order[i - 1];

			order[i - 1] = order[j];
			order[j] = keep;
		}
		for (size_t i = 0; i < s->all.len; i++) {
			const struct sample *x = &s->all.ptr[order[i]];
			const uint32_t *id = s->ids.ptr + x->first;
			double sum = *bias, slope;

			if (x->weight == 0)
				continue;
			for (size_t k = 0; k < x->n; k++)
				sum += w[id[k]];
			slope = x->weight * (1 / (1 + exp(-sum)) - x->secret);
			for (size_t k = 0; k < x->n; k++) {
				double d = slope + L2 * w[id[k]];

				g[id[k]] += d * d;
				w[id[k]] -= RATE * d / (sqrt(g[id[k]]) + 0.3);
			}
			bias_g += slope * slope;
			*bias -= RATE * slope / sqrt(bias_g);
		}
	}
	free(g);
	free(order);
}

static int fit(const char *model_path, const char *features, const char *labels)
{
	struct sv_model *model = read_model(model_path);
	struct samples samples = {0};
	double *w = calloc(1 << SV_MODEL_BITS, sizeof(*w)), bias = 0;

	if (model == NULL || w == NULL)
		return fail("no model");
	if (read_samples(features, &samples) != 0 || read_labels(labels, &samples) != 0)
		return 1;
	descend(&samples, w, &bias);
	for (size_t i = 0; i < 1 << SV_MODEL_BITS; i++) {
		double units = w[i] * (127 / MAX_WEIGHT);

		model->weight[i] = (int8_t)lround(units > 127 ? 127 : units < -127 ? -127 : units);
	}
	model->bias = (int32_t)lround(bias * (127 / MAX_WEIGHT));
	/* odds of secrets: 1 to 32, 1 to 2, 9 to 1 */
	model->medium = -(int32_t)lround(log(2) * (127 / MAX_WEIGHT));
	model->low = -(int32_t)lround(log(32) * (127 / MAX_WEIGHT));
	model->high = (int32_t)lround(log(9) * (127 / MAX_WEIGHT));
	return write_model(model);
}

static int print_sums(const char *model_path, const char *features)
{
	struct sv_model *model = read_model(model_path);
	struct samples samples = {0};

	if (model == NULL || read_samples(features, &samples) != 0)
		return fail("no model");
	for (size_t i = 0; i < samples.all.len; i++) {
		int32_t sum = model->bias;

		for (size_t k = 0; k < samples.all.ptr[i].n; k++)
			sum += model->weight[samples.ids.ptr[samples.all.ptr[i].first + k]];
		printf("%d\n", sum);
	}
	return 0;
}

/* A line of letters as they are kept, small; names of people are words too. */
static bool read_word(struct sv_span line, uint8_t ret[SV_MODEL_WORD_MOST])
{
	if (line.len < 3 || line.len > SV_MODEL_WORD_MOST)
		return false;
	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.ptr[i] | 0x20;

		if (c < 'a' || c > 'z')
			return false;
		ret[i] = c;
	}
	return true;
}

static int learn_words(const char *model_path, const char *list)
{
	SV_AUTO(sv_buf) bytes = {0};
	struct sv_model *model = read_model(model_path);
	struct sv_err err = {0};

	if (model == NULL)
		return fail("no model");
	if (sv_file_read(list, &bytes, &err) < 0)
		return fail(err.text);
	memset(model->words, 0, sizeof(model->words));
	for (size_t from = 0, to; from < bytes.len; from = to + 1) {
		const uint8_t *end = memchr(bytes.ptr + from, '\n', bytes.len - from);
		uint8_t word[SV_MODEL_WORD_MOST];

		to = end ? (size_t)(end - bytes.ptr) : bytes.len;
		if (read_word(sv_span(bytes.ptr + from, to - from), word))
			sv_model_add_word(model, sv_span(word, to - from));
	}
	return write_model(model);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "language") == 0 && argc > 2)
		return learn_language(argv[2], argv + 3, argc - 3);
	if (strcmp(verb, "features") == 0 && argc == 4)
		return extract(argv[2], argv[3]);
	if (strcmp(verb, "fit") == 0 && argc == 5)
		return fit(argv[2], argv[3], argv[4]);
	if (strcmp(verb, "sums") == 0 && argc == 4)
		return print_sums(argv[2], argv[3]);
	if (strcmp(verb, "words") == 0 && argc == 4)
		return learn_words(argv[2], argv[3]);
	return fail("usage: language ROOT SKIP... | features MODEL ROOT | fit MODEL FEATURES "
		    "LABELS | sums MODEL FEATURES | "
		    "words MODEL LIST");
}
