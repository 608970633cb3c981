#ifndef MLSERVING_CFUZZING_H
#define MLSERVING_CFUZZING_H

#include <stddef.h>

/// Begins to count what is allocated and freed, on whatever thread. Counting does not nest.
void mlserving_allocations_begin(void);

/// Ends the count.
///
/// Returns the most bytes that were allocated at a time since it began, beyond those that were allocated before.
size_t mlserving_allocations_end(void);

/// A descriptor of a new, empty file in memory; negative with `errno` set if there is none.
int mlserving_memory_file(const char *name);

#endif
