#ifndef MLSERVING_CZSTANDARD_SHIM_H
#define MLSERVING_CZSTANDARD_SHIM_H

// Zstandard, and what Swift cannot import of it: macros with casts.

#include <zstd.h>

static inline unsigned long long mlserving_zstd_size_unknown(void) { return ZSTD_CONTENTSIZE_UNKNOWN; }
static inline unsigned long long mlserving_zstd_size_error(void) { return ZSTD_CONTENTSIZE_ERROR; }

#endif
