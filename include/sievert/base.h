/** @file What every part of Sievert's interface shares: bytes, outcomes, errors. */
#ifndef SIEVERT_BASE_H
#define SIEVERT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SV_API __attribute__((visibility("default")))
#define SV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SV_API
#define SV_PRINTF(fmt, args)
#endif

/** Borrowed bytes: never NUL-terminated, any value allowed. Offsets into one count from 0. */
struct sv_span {
	const uint8_t *ptr;
	size_t len;
};

/** What a call returns: 0, or one of the negative outcomes. */
enum sv_status {
	SV_OK = 0,
	SV_ENOMEM = -1,
	SV_EINVAL = -2,	      /**< the caller, a rule or a configuration is wrong */
	SV_EIO = -3,	      /**< the operating system refused */
	SV_ECORRUPT = -4,     /**< foreign bytes are not what their format says */
	SV_ETOOBIG = -5,      /**< a limit of ours was reached */
	SV_ENOTFOUND = -6,
	SV_EUNSUPPORTED = -7, /**< a format or feature that this build does not read */
	SV_ECANCELLED = -8,   /**< the caller asked to stop */
};

/** The words of an error; owned by the caller, filled by the callee. NULL is accepted everywhere. */
struct sv_err {
	int status;
	char text[1024];
};

/** One line, e.g. "sievert 0.1.0". Static. */
SV_API const char *sv_version(void);

/** A library that this one runs on; static. */
struct sv_library {
	const char *name, *version; /**< as loaded, not as built with, where the library tells */
};
/** The index-th of them; false past the last. */
SV_API bool sv_library_get(size_t index, struct sv_library *ret_library);

#ifdef __cplusplus
}
#endif
#endif
