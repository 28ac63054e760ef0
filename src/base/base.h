/** @file The ground that every folder stands on: errors, memory, buffers, hashes, numbers. */
#ifndef SV_BASE_BASE_H
#define SV_BASE_BASE_H

#include <sievert/base.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/** Zero bytes readable after the end of every buffer that Hyperscan sees: 5.4.0 reads past its input. */
#define SV_SLACK 64

/* ---- cleanup where the thing is born ---- */
static inline void sv_free_ptr(void *p)
{
	free(*(void **)p);
}
#define SV_AUTO_FREE  __attribute__((cleanup(sv_free_ptr)))
#define SV_AUTO(type) __attribute__((cleanup(type##_release))) struct type
#define sv_steal(p)                                                                                \
	({                                                                                         \
		__typeof__(p) stolen__ = (p);                                                      \
		(p) = NULL;                                                                        \
		stolen__;                                                                          \
	})

/* ---- errors ---- */
/** Fills err (may be NULL) and returns status. */
int sv_err_set(struct sv_err *err, int status, const char *fmt, ...) SV_PRINTF(3, 4);
/** Puts "words: " before what err says already; returns status. */
int sv_err_wrap(struct sv_err *err, int status, const char *fmt, ...) SV_PRINTF(3, 4);

/* ---- spans ---- */
static inline struct sv_span sv_span(const void *ptr, size_t len)
{
	return (struct sv_span){ptr, len};
}
static inline struct sv_span sv_span_str(const char *s)
{
	return (struct sv_span){(const uint8_t *)s, s ? strlen(s) : 0};
}
static inline bool sv_span_equal(struct sv_span a, struct sv_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
/** Bytewise order, shorter first on a tie. */
int sv_span_compare(struct sv_span a, struct sv_span b);
bool sv_span_starts_with(struct sv_span s, const char *prefix);

/* ---- the processor ---- */
/** Has it all of AVX-512 that our vectors of 64 bytes are written with? */
static inline bool sv_has_avx512(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2");
#else
	return false;
#endif
}

/* ---- being asked to stop, by a signal or another thread ---- */
/** What the flag says; 0 if there is none. */
static inline int sv_cancel_level(const volatile int *cancel)
{
	return cancel ? __atomic_load_n(cancel, __ATOMIC_RELAXED) : 0;
}

/* ---- sizes and numbers ---- */
static inline bool sv_size_mul(size_t a, size_t b, size_t *ret)
{
	return !__builtin_mul_overflow(a, b, ret);
}
static inline bool sv_size_add(size_t a, size_t b, size_t *ret)
{
	return !__builtin_add_overflow(a, b, ret);
}
/** Decimal, whole span, no sign. SV_EINVAL. */
int sv_parse_u64(struct sv_span text, uint64_t *ret_value);
/** A number with an optional K, M, G (powers of 1024). SV_EINVAL. */
int sv_parse_size(struct sv_span text, uint64_t *ret_value);

/* ---- buffers: grow up to a maximum, always SV_SLACK zero bytes after the end ---- */
/** Zero-initialised is empty and unbounded. */
struct sv_buf {
	uint8_t *ptr;
	size_t len, cap, max;
};
void sv_buf_init(struct sv_buf *buf, size_t max);
void sv_buf_release(struct sv_buf *buf);
void sv_buf_reset(struct sv_buf *buf); /* empties, keeps capacity */
/** Room for extra more bytes after the end; SV_ENOMEM, or SV_ETOOBIG past the maximum. */
int sv_buf_reserve(struct sv_buf *buf, size_t extra);
int sv_buf_append(struct sv_buf *buf, const void *bytes, size_t len);
int sv_buf_puts(struct sv_buf *buf, const char *text);
int sv_buf_putc(struct sv_buf *buf, char c);
int sv_buf_printf(struct sv_buf *buf, const char *fmt, ...) SV_PRINTF(2, 3);
/** Sets len (≤ what was reserved) and zeroes the slack; after writing into ptr directly. */
void sv_buf_commit(struct sv_buf *buf, size_t len);
/** NUL-terminated view; valid until the next change. "" for an empty one. */
const char *sv_buf_str(struct sv_buf *buf);
static inline struct sv_span sv_buf_span(const struct sv_buf *buf)
{
	return (struct sv_span){buf->ptr, buf->len};
}

/* ---- vectors: struct { T *ptr; size_t len, cap; } ---- */
#define SV_VEC(T)                                                                                  \
	struct {                                                                                   \
		T *ptr;                                                                            \
		size_t len, cap;                                                                   \
	}
int sv_vec__grow(void **ptr, size_t len, size_t *cap, size_t item);
/** Appends item; 0 or SV_ENOMEM. */
#define sv_vec_push(vec, item)                                                                     \
	({                                                                                         \
		int status__ = 0;                                                                  \
		if ((vec)->len == (vec)->cap)                                                      \
			status__ = sv_vec__grow((void **)&(vec)->ptr, (vec)->len, &(vec)->cap,     \
						sizeof(*(vec)->ptr));                              \
		if (status__ == 0)                                                                 \
			(vec)->ptr[(vec)->len++] = (item);                                         \
		status__;                                                                          \
	})
#define sv_vec_release(vec) (free((vec)->ptr), (vec)->ptr = NULL, (vec)->len = (vec)->cap = 0)

/**
 * Of n items, each of size bytes that begin with a uint32_t by which they ascend: the first from number low
 * on that is not below least; n if there is none.
 */
static inline size_t sv_first_from(const void *items, size_t size, size_t low, size_t n, size_t least)
{
	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (*(const uint32_t *)(const void *)((const char *)items + middle * size) < least)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

/* ---- arenas: many small things with one end of life. One thread at a time. ---- */
struct sv_arena_block;
/** Zero-initialised is empty. */
struct sv_arena {
	struct sv_arena_block *blocks;
	size_t used, cap;
};
void sv_arena_release(struct sv_arena *arena);
void sv_arena_reset(struct sv_arena *arena); /* keeps one block */
void *sv_arena_alloc(struct sv_arena *arena, size_t size); /* zeroed, 16-aligned; NULL: no memory */
char *sv_arena_strdup(struct sv_arena *arena, const char *text);
char *sv_arena_strndup(struct sv_arena *arena, const void *bytes, size_t len); /* adds a NUL */
char *sv_arena_printf(struct sv_arena *arena, const char *fmt, ...) SV_PRINTF(2, 3);

/* ---- where time goes: one thread at a time; NULL costs nothing ---- */
struct sv_stopwatch {
	uint64_t ns;
	/* Millions of short stretches are told by a clock that only ticks: it costs a fifth of the other, and a
	   tick falls into what runs as often as it runs, so the sum is right where no stretch is. */
	bool by_ticks;
};
uint64_t sv_clock_ns(void); /* monotonic */
uint64_t sv_tick_ns(void);  /* the same of the last tick, a few milliseconds ago */
uint64_t sv_cpu_ns(void);   /* of this thread: what others do does not count, but asking costs much more */
static inline uint64_t sv_stopwatch_start(const struct sv_stopwatch *watch)
{
	return watch == NULL ? 0 : watch->by_ticks ? sv_tick_ns() : sv_clock_ns();
}
static inline void sv_stopwatch_stop(struct sv_stopwatch *watch, uint64_t started)
{
	if (watch)
		watch->ns += (watch->by_ticks ? sv_tick_ns() : sv_clock_ns()) - started;
}

/* ---- bytes made from others ---- */
/** One step of how a delta makes its result: len bytes at out, from the base at base, or new ones. */
struct sv_delta_op {
	uint32_t out, len;
	uint32_t base; /**< SV_DELTA_INSERT: the bytes are new */
};
#define SV_DELTA_INSERT UINT32_MAX

/* ---- hashes ---- */
/** How many of len bytes are byte. */
size_t sv_count_byte(const uint8_t *bytes, uint8_t byte, size_t len);
uint64_t sv_hash64(const void *bytes, size_t len, uint64_t seed); /* XXH3: in-run tables only */
struct sv_hash128 {
	uint64_t low, high;
};
#define SV_HASH_SECRET 192 /* random bytes: who does not know them builds no two inputs that collide */
struct sv_hash128 sv_hash128(const void *bytes, size_t len, const uint8_t *secret); /* XXH3, too */
/** BLAKE2b, for what is stored or published; key is 32 bytes or NULL. len ≤ 64. */
void sv_digest(uint8_t *ret, size_t len, const uint8_t *key, const struct sv_span *parts, size_t n);
void sv_hex(const uint8_t *bytes, size_t len, char *ret_hex); /* 2·len + 1 */
/** Value 0–15 of a hex digit of either case, -1 otherwise. */
int sv_hex_value(uint8_t c);
uint32_t sv_crc32(uint32_t crc, const void *bytes, size_t len); /* IEEE, start with 0 */
/** Clears memory that held a secret. */
void sv_wipe(void *bytes, size_t len);

/* ---- encodings ---- */
/** Bytes of one valid UTF-8 character at s, 0 if it is none; the code point goes to *ret. */
unsigned sv_utf8_decode(struct sv_span s, uint32_t *ret);
unsigned sv_utf8_encode(uint32_t code, uint8_t ret[4]); /* length, 0 for surrogates and > 10FFFF */
/** One more than the value of a base64 character, 0 otherwise. Branches would be guessed wrong at random ones. */
extern const uint8_t sv_base64_digits[256];
/** Value 0–63 of a base64 character (both alphabets), -1 otherwise. */
static inline int sv_base64_value(uint8_t c)
{
	return sv_base64_digits[c] - 1;
}
/** Decodes either alphabet, padding optional; -1 if it is none. ret needs len/4·3+3 bytes. */
ptrdiff_t sv_base64_decode(struct sv_span text, uint8_t *ret);

/* ---- libraries that most runs do not need: they are loaded by what does ---- */
/**
 * Loads a shared library for as long as the process lives, and fills in the addresses of n functions.
 * SV_ENOTFOUND if it, or one of them, is not there.
 */
int sv_functions_load(const char *file, const char *const *names, size_t n, void **ret_functions,
		      struct sv_err *err);
/**
 * Notes in the program that file will be loaded, for what makes packages: the dependency shows nowhere
 * else. https://systemd.io/ELF_DLOPEN_METADATA
 */
#define SV_LOADS(file, feature, description, priority)                                             \
	__attribute__((used, section(".note.dlopen"))) _Alignas(4) static const struct {           \
		uint32_t name_size, json_size, type;                                               \
		char name[4];                                                                      \
		_Alignas(4) char json[sizeof(SV_LOADS__JSON(file, feature, description, priority))]; \
	} loads = {4,                                                                              \
		   sizeof(SV_LOADS__JSON(file, feature, description, priority)),                   \
		   0x407c0c0a,                                                                     \
		   "FDO",                                                                          \
		   SV_LOADS__JSON(file, feature, description, priority)};
#define SV_LOADS__JSON(file, feature, description, priority)                                       \
	"[{\"feature\":\"" feature "\",\"description\":\"" description "\",\"priority\":\"" priority    \
	"\",\"soname\":[\"" file "\"]}]"

/* ---- files ---- */
/** a/b on the heap. NULL: no memory. */
char *sv_path_join(const char *a, const char *b);
/** Reads a regular file (never blocks on a FIFO or device) into buf. SV_EIO, SV_ENOTFOUND, SV_ETOOBIG. */
int sv_file_read(const char *path, struct sv_buf *buf, struct sv_err *err);
/** Writes path whole or not at all: a temporary file beside it, fsync, rename. mode e.g. 0600. */
int sv_file_write(const char *path, struct sv_span bytes, unsigned mode, struct sv_err *err);
/** mkdir -p with mode. */
int sv_dir_make(const char *path, unsigned mode, struct sv_err *err);
#endif
