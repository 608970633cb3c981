// Counts the allocations of the whole process, by being the malloc that its other libraries find.
#pragma once

#include <stdint.h>

// How often memory was asked for since the process began: malloc, calloc, realloc, aligned_alloc and posix_memalign.
uint64_t allocations_count(void);
