/** @file What the checks share among themselves; each row of checks.def is one of them. */
#ifndef SV_DETECT_CHECKS_H
#define SV_DETECT_CHECKS_H

#include "detect/check.h"

#define CHECK(name, run, proved) sv_check_fn run;
#include "detect/checks.def"
#undef CHECK

/** The 32 bits that Azure keys carry: both halves of sv_marvin64(). */
uint32_t sv_marvin32(const uint8_t *bytes, size_t len, uint64_t seed);

/** Adds to the note; what does not fit is left out. */
void sv_note(struct sv_candidate *cand, const char *fmt, ...) SV_PRINTF(2, 3);

/** Are all bytes printable ASCII? */
bool sv_printable(struct sv_span bytes);
/** Does text hold word, whatever the case? */
bool sv_holds(struct sv_span text, const char *word);
/** The first place of bytes in text, as memmem() tells it; many times faster for short ones. */
const uint8_t *sv_find_bytes(struct sv_span text, struct sv_span bytes);
/** One of the words, after the last of which stands NULL. */
bool sv_holds_any(struct sv_span text, const char *const *words);
/** sharedKey: 'sharedkey': the name again stands for the value. */
bool sv_is_its_name(const struct sv_check_input *in);
/** Letters in order, or the same again: what people type to fill a field. */
bool sv_is_typed_to_fill(struct sv_span s);
/** The same, as words are spelt: key, KEY, Key; not keY. */
bool sv_holds_spelt(struct sv_span text, const char *word);
/** Do the bytes around the match speak of credentials? Needed by keys whose checksum does not hold.
 */
bool sv_speaks_of_keys(const struct sv_check_input *in);

/** Room for a name out of the input; only letters, digits and ._-/ get in, the rest is cut off. */
#define SV_NEAR_MAX 64
/** The value given to key on the match's own line: "Policy=x", "Policy": "x"; whatever the case. */
bool sv_line_value(const struct sv_check_input *in, const char *key, char ret[SV_NEAR_MAX]);
/** Does the match's own line hold word? */
bool sv_line_holds(const struct sv_check_input *in, const char *word);
/**
 * The name that one of hints gives near the match: "=AccountName" is a key with a value,
 * ".documents.azure.com" an end of a host name, of which the first label is the name (the last
 * where it ends in ".core.": "fs.azure.account.key.NAME.dfs.core."). Looked for in the same quoted
 * text, then on the same line, then before, then after. hints end with NULL.
 */
bool sv_near_name(const struct sv_check_input *in, const char *const *hints, char ret[SV_NEAR_MAX]);
/** Keys that every emulator has. */
bool sv_is_emulator_key(struct sv_span key);
/** Something that stands for a value: a variable, a reference into a vault, a gap to fill. */
bool sv_stands_for(struct sv_span value);
/** The value, its name or what follows says that it is public, encrypted or a hash. */
bool sv_is_public(const struct sv_check_input *in);
/** What everybody writes: a password in form only. */
bool sv_is_stock(struct sv_span value);
/** Why it is a secret in form only, as a reason: a detail, a word, what a test made up. NULL if it is not. */
const char *sv_form_only(const struct sv_check_input *in);
/** Digits in hex, one at least. */
bool sv_is_hex(struct sv_span s);
/** 8-4-4-4-12 digits in hex. */
bool sv_is_guid(struct sv_span s);
/** It tells a thing apart by its form: the time that it holds, others of its form beside it;
 * of_a_key: where only a key is spoken of, also forms that secrets may have. */
bool sv_is_id(const struct sv_check_input *in, struct sv_span key, bool of_a_key);
/** Is the value a name of code or a path? Compared: the code asks whether its name is this value; opens: a
 * word under this name may open something. */
bool sv_is_named_in_code(const struct sv_check_input *in, bool compared, bool opens);
/** "server_ip": small letters, and what parts words of code. */
bool sv_is_name_in_letters(struct sv_span s);
/** "OMGOMGOMG", "…_f4ke", bytes counted up in base64: nobody drew it by lot. */
bool sv_is_written_by_hand(struct sv_span s);
/** "sk_live_1234567890abcdefghijklmnop": twelve letters or more of the alphabet in its order. */
bool sv_has_alphabet(struct sv_span s);
/** "AKIAIH54ALYGMZTESTID": what was drawn by lot was written over with words that say so. */
bool sv_says_fake(struct sv_span s);
/** Hex, and its name or what stands beside it says that it is a digest. */
bool sv_is_digest_beside_its_name(const struct sv_check_input *in, struct sv_span key);
/** Somebody says shortly before that an example follows. */
bool sv_is_announced(const struct sv_check_input *in);
/** The line that the match begins in, up to the match. */
struct sv_span sv_line_start(const struct sv_check_input *in);
/** It stands in a comment or a manual. */
bool sv_is_remark(const struct sv_check_input *in);
/** What stands around it is a test, whatever the file. */
bool sv_is_in_test(const struct sv_check_input *in);
/** It is in the address of a script that a page loads. */
bool sv_is_in_script_address(const struct sv_check_input *in);
/** A key that is made to be shown. */
bool sv_is_published(struct sv_span s);
/** Is it the token of one call of a webhook, beside its time and signature? */
bool sv_is_of_one_call(const struct sv_check_input *in, struct sv_span key);
/** Is it a point of the curve P-256, the public half of a pair, in base64? */
bool sv_is_point_of_p256(struct sv_span s);
/** Words that somebody typed: nobody is kept out by them. */
bool sv_is_made_up(struct sv_span value);
/** "ABCD-EFGH-IJKL-MNOP", "12345678901234567890": it goes up or down, one by one. */
bool sv_is_counted(struct sv_span value);
/** A person typed it: words, a walk over the keyboard, numbers counted up. Also of what base64 or
 * percent codes hide. */
bool sv_is_typed(struct sv_span value);
/** The same, also of what only reads like words: for where nothing is kept behind it. */
bool sv_is_typed_for_test(struct sv_span value);
/** Letters that people would say: "porkchop", "Hello-World". */
bool sv_is_word(struct sv_span value);
/** A number; long ones may be keys, but for the ends of what a computer counts with. */
bool sv_is_number(struct sv_span value);
/** "asdfasdf": one row of the keyboard, and what tests of passwords put behind it. */
bool sv_is_mash(struct sv_span value);
/** Few keys of the keyboard, again and again. */
bool sv_has_few_keys(struct sv_span value);
/** What base64 hides are words: "cGFzc3dvcmQ=". */
bool sv_decodes_to_words(struct sv_span value);
/** It is one of words, whatever the case; words end with NULL. */
bool sv_is_any(struct sv_span s, const char *const *words);
/** "s3cr3t!", "change-password": it says that it is one, or a false one. */
bool sv_says_secret(struct sv_span value);
/** Its name or form says that it tells something apart, or that it is the public half or a part of a protocol. */
bool sv_is_identifier(const struct sv_check_input *in);
/** A signature of identifiable keys stands where it should: another rule's business. */
bool sv_his_signed(struct sv_span key);

/* ---- time, UTC ---- */
/** 2025-06-30, with T12:30Z, T12:30:05Z or T12:30:05.5Z after it. SV_EINVAL. */
int sv_time_parse(struct sv_span text, int64_t *ret);
/** A day, "2025-06-30". */
void sv_time_day(int64_t seconds, char ret[16]);
/** Days from 1970 of a civil date. */
int64_t sv_days(int64_t year, unsigned month, unsigned day);
/** "3 days", "14 months", "28 years". */
void sv_time_span(int64_t seconds, char ret[32]);
#endif
