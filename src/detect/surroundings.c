/* What checks read around a match, and how they put it into words. */
#include "detect/checks.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

void sv_note(struct sv_candidate *cand, const char *fmt, ...)
{
	size_t used = strlen(cand->note);
	va_list args;

	va_start(args, fmt);
	vsnprintf(cand->note + used, sizeof(cand->note) - used, fmt, args);
	va_end(args);
}

#ifdef __SSE2__
/* Three letters of a word, where they stand in it, and small. */
struct letters {
	size_t middle, last;
	uint8_t small[3];
};

static struct letters letters_of(const char *word, size_t n)
{
	return (struct letters){n / 2,
				n - 1,
				{(uint8_t)(word[0] | 0x20), (uint8_t)(word[n / 2] | 0x20),
				 (uint8_t)(word[n - 1] | 0x20)}};
}

/*
 * Of the places at p, as many as one step looks at, those where a word may stand, by three of its
 * letters whatever the case.
 */
static inline uint64_t maybe_sse2(const uint8_t *p, const struct letters *l)
{
#define EQUALS(at, letter)                                                                         \
	_mm_cmpeq_epi8(_mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)(at)),          \
				    _mm_set1_epi8(0x20)),                                          \
		       _mm_set1_epi8((char)(letter)))

	return (unsigned)_mm_movemask_epi8(_mm_and_si128(
		_mm_and_si128(EQUALS(p, l->small[0]), EQUALS(p + l->middle, l->small[1])),
		EQUALS(p + l->last, l->small[2])));
#undef EQUALS
}

#define AVX2 __attribute__((target("avx2")))
AVX2 static inline uint64_t maybe_avx2(const uint8_t *p, const struct letters *l)
{
#define EQUALS(at, letter)                                                                         \
	_mm256_cmpeq_epi8(_mm256_or_si256(_mm256_loadu_si256((const __m256i *)(const void *)(at)), \
					  _mm256_set1_epi8(0x20)),                                 \
			  _mm256_set1_epi8((char)(letter)))

	return (unsigned)_mm256_movemask_epi8(_mm256_and_si256(
		_mm256_and_si256(EQUALS(p, l->small[0]), EQUALS(p + l->middle, l->small[1])),
		EQUALS(p + l->last, l->small[2])));
#undef EQUALS
}

#define AVX512 __attribute__((target("avx512f,avx512bw,bmi")))
AVX512 static inline uint64_t maybe_avx512(const uint8_t *p, const struct letters *l)
{
#define EQUALS(among, at, letter)                                                                  \
	_mm512_mask_cmpeq_epi8_mask(                                                               \
		among, _mm512_or_si512(_mm512_loadu_si512(at), _mm512_set1_epi8(0x20)),            \
		_mm512_set1_epi8((char)(letter)))
	uint64_t first = EQUALS(~0ull, p, l->small[0]);

	return EQUALS(EQUALS(first, p + l->last, l->small[2]), p + l->middle, l->small[1]);
#undef EQUALS
}

static inline bool is_word(const uint8_t *at, const char *word, size_t n)
{
	return strncasecmp((const char *)at, word, n) == 0;
}

static inline bool is_same(const uint8_t *at, const char *word, size_t n)
{
	return memcmp(at, word, n) == 0;
}

/*
 * find() as far as whole steps go, the last one over places that were looked at already; *from is
 * where they end.
 */
#define FIND_BY_STEP(name, step, maybe, is)                                                        \
	static bool name(struct sv_span text, const char *word, size_t n, size_t *from)            \
	{                                                                                          \
		struct letters letters = letters_of(word, n);                                      \
		size_t at = *from, end = text.len >= n ? text.len - n + 1 : 0;                     \
                                                                                                   \
		if (end < (step))                                                                  \
			return false;                                                              \
		for (; at < end; at += (step)) {                                                   \
			uint64_t places;                                                           \
                                                                                                   \
			if (at > end - (step))                                                     \
				at = end - (step);                                                 \
			places = maybe(text.ptr + at, &letters);                                   \
			for (; places != 0; places &= places - 1) {                                \
				size_t place = at + (size_t)__builtin_ctzll(places);               \
                                                                                                   \
				if (place >= *from && is(text.ptr + place, word, n)) {             \
					*from = place;                                             \
					return true;                                               \
				}                                                                  \
			}                                                                          \
		}                                                                                  \
		*from = end;                                                                       \
		return false;                                                                      \
	}

FIND_BY_STEP(find_by_16, 16, maybe_sse2, is_word)
AVX2 FIND_BY_STEP(find_by_32, 32, maybe_avx2, is_word)
AVX512 FIND_BY_STEP(find_by_64, 64, maybe_avx512, is_word)
	FIND_BY_STEP(find_bytes_by_16, 16, maybe_sse2, is_same) AVX512
	FIND_BY_STEP(find_bytes_by_64, 64, maybe_avx512, is_same)

		static bool find_by_step(struct sv_span text, const char *word, size_t n,
					 size_t *from)
{
	if (text.len >= 64 + n && __builtin_cpu_supports("avx512bw"))
		return find_by_64(text, word, n, from);
	if (text.len >= 32 + n && __builtin_cpu_supports("avx2"))
		return find_by_32(text, word, n, from);
	return text.len >= 16 + n && find_by_16(text, word, n, from);
}

const uint8_t *sv_find_bytes(struct sv_span text, struct sv_span bytes)
{
	size_t from = 0;
	bool found;

	if (bytes.len == 0 || text.len < 16 + bytes.len)
		return memmem(text.ptr, text.len, bytes.ptr, bytes.len);
	if (text.len >= 64 + bytes.len && __builtin_cpu_supports("avx512bw"))
		found = find_bytes_by_64(text, (const char *)bytes.ptr, bytes.len, &from);
	else
		found = find_bytes_by_16(text, (const char *)bytes.ptr, bytes.len, &from);
	return found ? text.ptr + from : NULL;
}
#else
static bool find_by_step(struct sv_span text, const char *word, size_t n, size_t *from)
{
	(void)text, (void)word, (void)n, (void)from;
	return false;
}

const uint8_t *sv_find_bytes(struct sv_span text, struct sv_span bytes)
{
	return memmem(text.ptr, text.len, bytes.ptr, bytes.len);
}
#endif

/* The first place of word in text at or after from; text.len if there is none. */
static size_t find(struct sv_span text, const char *word, size_t from)
{
	size_t n = strlen(word);
	uint8_t first = (uint8_t)(word[0] | 0x20);

	if (find_by_step(text, word, n, &from))
		return from;
	for (; n <= text.len && from <= text.len - n; from++)
		if ((text.ptr[from] | 0x20) == first &&
		    strncasecmp((const char *)text.ptr + from, word, n) == 0)
			return from;
	return text.len;
}

bool sv_printable(struct sv_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] < 0x20 || bytes.ptr[i] > 0x7E)
			return false;
	return true;
}

bool sv_holds(struct sv_span text, const char *word)
{
	return find(text, word, 0) < text.len;
}

/* key, KEY, Key: not keY */
static bool is_spelt(const uint8_t *word, size_t n)
{
	size_t capitals = 0;

	for (size_t i = 0; i < n; i++)
		capitals += isupper(word[i]) != 0;
	return capitals == 0 || capitals == n || (capitals == 1 && isupper(word[0]));
}

bool sv_holds_spelt(struct sv_span text, const char *word)
{
	for (size_t i = find(text, word, 0); i < text.len; i = find(text, word, i + 1))
		if (is_spelt(text.ptr + i, strlen(word)))
			return true;
	return false;
}

/* A word of text, not three letters of a long run of random ones. */
static bool holds_word(struct sv_span text, const char *word)
{
	for (size_t i = find(text, word, 0); i < text.len; i = find(text, word, i + 1)) {
		size_t from = i, to = i;

		while (from > 0 && sv_base64_value(text.ptr[from - 1]) >= 0 &&
		       text.ptr[from - 1] != '_')
			from--;
		while (to < text.len && sv_base64_value(text.ptr[to]) >= 0 && text.ptr[to] != '_')
			to++;
		if (to - from <= 32 && is_spelt(text.ptr + i, strlen(word)))
			return true;
	}
	return false;
}

bool sv_speaks_of_keys(const struct sv_check_input *in)
{
	static const char *const words[] = {"key",	  "secret", "token",	  "passw",
					    "pwd",	  "azure",  "account",	  "connection",
					    "credential", "auth",   "windows.net"};
	size_t secret = (size_t)(in->secret.ptr - in->text.ptr), end = secret + in->secret.len;
	size_t from = secret > 256 ? secret - 256 : 0,
	       to = in->text.len - end > 128 ? end + 128 : in->text.len;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (holds_word(sv_span(in->text.ptr + from, secret - from), words[i]) ||
		    holds_word(sv_span(in->text.ptr + end, to - end), words[i]))
			return true;
	return false;
}

static bool in_name(uint8_t c)
{
	return isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/' || c == ':';
}

static bool take_name(struct sv_span text, size_t from, char ret[SV_NEAR_MAX])
{
	size_t n = 0;

	while (n + 1 < SV_NEAR_MAX && from + n < text.len && in_name(text.ptr[from + n])) {
		ret[n] = (char)text.ptr[from + n];
		n++;
	}
	ret[n] = '\0';
	return n != 0;
}

/* "#define SOME_KEY" needs no sign before the value. */
static bool is_defined(struct sv_span text, size_t i)
{
	while (i > 0 && (isalnum(text.ptr[i - 1]) || text.ptr[i - 1] == '_'))
		i--;
	while (i > 0 && (text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\t'))
		i--;
	return i >= 7 && memcmp(text.ptr + i - 7, "#define", 7) == 0;
}

/* The value that follows key at i of text: after = or :, with quotes and spaces around. */
static bool value_at(struct sv_span text, size_t i, const char *key, char ret[SV_NEAR_MAX])
{
	size_t at = i + strlen(key);
	bool given = is_defined(text, i);

	/* a longer word is another key: AccountNames is not AccountName */
	for (unsigned n = 0; n < 8 && at < text.len; n++, at++) {
		uint8_t c = text.ptr[at];

		if (c == '=' || c == ':')
			given = true;
		else if (c != ' ' && c != '"' && c != '\'' && c != '\\' && c != '\t')
			break;
	}
	return given && take_name(text, at, ret);
}

typedef bool look_fn(struct sv_span text, const char *what, bool last, char ret[SV_NEAR_MAX]);

static bool look_value(struct sv_span text, const char *key, bool last, char ret[SV_NEAR_MAX])
{
	bool found = false;

	for (size_t i = find(text, key, 0); i < text.len; i = find(text, key, i + 1)) {
		char value[SV_NEAR_MAX];

		if (!value_at(text, i, key, value))
			continue;
		memcpy(ret, value, sizeof(value));
		found = true;
		if (!last)
			break;
	}
	return found;
}

static bool look_host(struct sv_span text, const char *suffix, bool last, char ret[SV_NEAR_MAX])
{
	bool found = false;

	for (size_t i = find(text, suffix, 0); i < text.len; i = find(text, suffix, i + 1)) {
		size_t start = i;

		while (start > 0 && i - start + 1 < SV_NEAR_MAX &&
		       (isalnum(text.ptr[start - 1]) || text.ptr[start - 1] == '-' ||
			text.ptr[start - 1] == '.'))
			start--;
		if (start == i)
			continue;
		memcpy(ret, text.ptr + start, i - start);
		ret[i - start] = '\0';
		found = true;
		if (!last)
			break;
	}
	return found;
}

static size_t back_to(const struct sv_check_input *in, size_t from, const char *stops)
{
	while (from > 0 && memchr(stops, in->text.ptr[from - 1], strlen(stops)) == NULL)
		from--;
	return from;
}

static size_t on_to(const struct sv_check_input *in, size_t from, const char *stops)
{
	while (from < in->text.len && memchr(stops, in->text.ptr[from], strlen(stops)) == NULL)
		from++;
	return from;
}

static bool look_near(const struct sv_check_input *in, look_fn *look, const char *what,
		      char ret[SV_NEAR_MAX])
{
	size_t secret = (size_t)(in->secret.ptr - in->text.ptr), end = secret + in->secret.len;
	static const char *const bounds[] = {"\"'`\n\r<>", "\n\r"};

	for (int i = 0; i < 2; i++) {
		size_t from = back_to(in, secret, bounds[i]), to = on_to(in, end, bounds[i]);

		if (look(sv_span(in->text.ptr + from, secret - from), what, true, ret) ||
		    look(sv_span(in->text.ptr + end, to - end), what, false, ret))
			return true;
	}
	return look(sv_span(in->text.ptr, secret), what, true, ret) ||
	       look(sv_span(in->text.ptr + end, in->text.len - end), what, false, ret);
}

/* Does a connection string go on over the line end at i: folded, or in literals side by side? */
static bool goes_on(struct sv_span text, size_t i)
{
	while (i > 0 && text.ptr[i - 1] != '\0' && strchr("\r\n\t \"'+\\", text.ptr[i - 1]) != NULL)
		i--;
	return i > 0 && text.ptr[i - 1] == ';';
}

/* The match's line with those that its connection string spans. */
static void lines_around(const struct sv_check_input *in, size_t *from, size_t *to)
{
	size_t secret = (size_t)(in->secret.ptr - in->text.ptr);

	*from = back_to(in, secret, "\n\r");
	while (*from > 0 && goes_on(in->text, *from))
		*from = back_to(in, *from - 1, "\n\r");
	*to = on_to(in, secret + in->secret.len, "\n\r");
	while (*to < in->text.len && goes_on(in->text, *to))
		*to = on_to(in, *to + 1, "\n\r");
}

bool sv_line_value(const struct sv_check_input *in, const char *key, char ret[SV_NEAR_MAX])
{
	size_t secret = (size_t)(in->secret.ptr - in->text.ptr), end = secret + in->secret.len,
	       from, to;

	lines_around(in, &from, &to);
	return look_value(sv_span(in->text.ptr + from, secret - from), key, true, ret) ||
	       look_value(sv_span(in->text.ptr + end, to - end), key, false, ret);
}

bool sv_line_holds(const struct sv_check_input *in, const char *word)
{
	size_t from, to;

	lines_around(in, &from, &to);
	return sv_holds(sv_span(in->text.ptr + from, to - from), word);
}

bool sv_near_name(const struct sv_check_input *in, const char *const *hints, char ret[SV_NEAR_MAX])
{
	for (; *hints != NULL; hints++) {
		char *last;

		/* mostly it is nowhere: one look at all instead of six at the parts */
		if (!sv_holds(in->text, *hints + (**hints == '=')))
			continue;
		if (**hints == '=' && look_near(in, look_value, *hints + 1, ret))
			return true;
		if (**hints == '=' || !look_near(in, look_host, *hints, ret))
			continue;
		last = strrchr(ret, '.');
		if (last != NULL && strstr(*hints, ".core.") != NULL)
			memmove(ret, last + 1, strlen(last));
		else
			ret[strcspn(ret, ".")] = '\0';
		return ret[0] != '\0';
	}
	return false;
}

/* ---- time ---- */

int64_t sv_days(int64_t year, unsigned month, unsigned day)
{
	/* years that begin in March: the leap day comes last */
	int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400, m = month > 2 ? month - 3 : month + 9;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

static bool number(struct sv_span *s, unsigned n, unsigned least, unsigned most, unsigned *ret)
{
	uint64_t value;

	if (s->len < n || sv_parse_u64(sv_span(s->ptr, n), &value) < 0 || value < least ||
	    value > most)
		return false;
	*ret = (unsigned)value;
	*s = sv_span(s->ptr + n, s->len - n);
	return true;
}

static bool skip(struct sv_span *s, char c)
{
	if (s->len == 0 || s->ptr[0] != (uint8_t)c)
		return false;
	*s = sv_span(s->ptr + 1, s->len - 1);
	return true;
}

int sv_time_parse(struct sv_span s, int64_t *ret)
{
	unsigned year, month, day, hour = 0, minute = 0, second = 0;

	if (!number(&s, 4, 1900, 9999, &year) || !skip(&s, '-') || !number(&s, 2, 1, 12, &month) ||
	    !skip(&s, '-') || !number(&s, 2, 1, 31, &day))
		return SV_EINVAL;
	if (skip(&s, 'T')) {
		if (!number(&s, 2, 0, 23, &hour) || !skip(&s, ':') ||
		    !number(&s, 2, 0, 59, &minute))
			return SV_EINVAL;
		if (skip(&s, ':') && !number(&s, 2, 0, 60, &second))
			return SV_EINVAL;
		if (skip(&s, '.'))
			while (s.len != 0 && isdigit(s.ptr[0]))
				skip(&s, (char)s.ptr[0]);
		skip(&s, 'Z');
	}
	if (s.len != 0)
		return SV_EINVAL;
	*ret = sv_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}

void sv_time_day(int64_t seconds, char ret[16])
{
	int64_t days = seconds / 86400 - (seconds % 86400 < 0), year = 1970 + days / 366;
	unsigned month = 1;

	if (seconds < -62135596800ll || seconds > 253402300799ll) {
		snprintf(ret, 16, "beyond 9999");
		return;
	}
	if (days < 0)
		year = 1970 + days / 365 - 1;
	while (sv_days(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && sv_days(year, month + 1, 1) <= days)
		month++;
	snprintf(ret, 16, "%04d-%02u-%02u", (int)year, month,
		 (unsigned)(days - sv_days(year, month, 1) + 1));
}

void sv_time_span(int64_t seconds, char ret[32])
{
	int64_t days = seconds / 86400;

	if (days >= 2 * 365)
		snprintf(ret, 32, "%lld years", (long long)(days / 365));
	else if (days >= 2 * 31)
		snprintf(ret, 32, "%lld months", (long long)(days / 30));
	else
		snprintf(ret, 32, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}
