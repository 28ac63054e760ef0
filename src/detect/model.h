/** @file The learnt model: does a value that stands beside a secret-like name look like a secret? */
#ifndef SV_DETECT_MODEL_H
#define SV_DETECT_MODEL_H

#include "detect/check.h"
#include "detect/memo.h"

/** Weights are kept for 2^17 hashed features: more did not separate better. */
#define SV_MODEL_BITS 17
/** Letters, boundary, digit, other: what the table of letter sequences tells apart. */
#define SV_MODEL_SYMBOLS 29
#define SV_MODEL_MAX_FEATURES 4096
/** 2^20 bits for some 70,000 words: of a thousand that are none, one passes. */
#define SV_MODEL_WORD_BITS 20
/** Letters of a word that is kept, and that is looked for inside of a value. */
#define SV_MODEL_WORD_LEAST 4
#define SV_MODEL_WORD_MOST  16

/**
 * Learnt numbers, as they lie in patterns/generic/model.weights (all little-endian). Immutable.
 * A sum below low is dropped; from medium and from high on the confidence is that.
 */
struct sv_model {
	char magic[4]; /**< "SVM2" */
	int32_t bias, low, medium, high;
	/** cost[a][b][c]: how unexpected c is after a and b in text and code, eighths of a bit. */
	uint8_t cost[SV_MODEL_SYMBOLS][SV_MODEL_SYMBOLS][SV_MODEL_SYMBOLS];
	uint8_t unused[3]; /**< rounds the size up */
	int8_t weight[1 << SV_MODEL_BITS];
	uint8_t words[1 << (SV_MODEL_WORD_BITS -
			    3)]; /**< a Bloom filter of words in small letters */
};
/** The model that this build embeds. */
const struct sv_model *sv_model_builtin(void);

/** What a value and its surroundings show: each feature once, in a fixed order. */
struct sv_features {
	size_t n;
	uint32_t id[SV_MODEL_MAX_FEATURES];
	size_t summed; /**< of so many, the first, the sum is known already */
	int32_t sum;
	uint64_t *seen; /**< while they are made: a bit for each */
	bool plain;	/**< made without what only some processors have */
};
/** Depends on the input and on model's costs alone. */
void sv_model_features(const struct sv_model *model, const struct sv_check_input *in,
		       struct sv_features *ret);
/** The same, as on any processor. */
void sv_model__plain_features(const struct sv_model *model, const struct sv_check_input *in,
			      struct sv_features *ret);
/** By what a refusal is remembered in in->memo: whoever has the same key has the same features. */
struct sv_memo_key sv_model__key(const struct sv_check_input *in);
int32_t sv_model_sum(const struct sv_model *model, const struct sv_features *features);

/** Can never be a secret: a reference, a template, one character over and over, a sentence. */
bool sv_model_is_no_value(struct sv_span value);
/** How unlike text it is, in eighths of a bit a letter: of random letters, one value in twenty stays below 46. */
unsigned sv_model_surprise(struct sv_span value);
/** Adds a word in small letters to those that model knows. */
void sv_model_add_word(struct sv_model *model, struct sv_span word);
/** Do its letters read as words, or are they made of known ones, whatever digits and marks stand
 * between them? */
bool sv_model_is_words(struct sv_span value);
/** Are nearly all of its letters those of known words? */
bool sv_model_is_of_words(struct sv_span value);
/** Calls on_symbol for each symbol of text, a boundary before each word and after the last. */
void sv_model_symbols(struct sv_span text, void (*on_symbol)(unsigned symbol, void *payload),
		      void *payload);
/** The check "learnt-secret". */
sv_check_fn sv_check_learnt_secret;
#endif
