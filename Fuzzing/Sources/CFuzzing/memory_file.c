#define _GNU_SOURCE

#include "CFuzzing.h"

#include <sys/mman.h>

int mlserving_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
