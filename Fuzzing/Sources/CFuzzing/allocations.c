#include "CFuzzing.h"

#include <sanitizer/allocator_interface.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool is_counting;
static atomic_long held;
static atomic_long most_held;

static void allocated(const volatile void *address, size_t count) {
    (void)address;
    if (!atomic_load_explicit(&is_counting, memory_order_relaxed)) { return; }
    long now = atomic_fetch_add(&held, (long)count) + (long)count;
    long most = atomic_load(&most_held);
    while (now > most && !atomic_compare_exchange_weak(&most_held, &most, now)) {}
}

static void freed(const volatile void *address) {
    if (address == NULL || !atomic_load_explicit(&is_counting, memory_order_relaxed)) { return; }
    atomic_fetch_sub(&held, (long)__sanitizer_get_allocated_size(address));
}

void mlserving_allocations_begin(void) {
    static bool is_installed = false;
    if (!is_installed) {
        is_installed = true;
        __sanitizer_install_malloc_and_free_hooks(allocated, freed);
    }
    atomic_store(&held, 0);
    atomic_store(&most_held, 0);
    atomic_store(&is_counting, true);
}

size_t mlserving_allocations_end(void) {
    atomic_store(&is_counting, false);
    return (size_t)atomic_load(&most_held);
}
