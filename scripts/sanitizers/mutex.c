// Tells the sanitizer of threads about contended locks of Swift's Mutex. Preloaded by run_sanitizers.sh.
//
// The compiler puts the attempt to take a Mutex that nobody holds into the caller, where the sanitizer sees an atomic operation. What
// follows when another thread holds it is a system call in libswiftSynchronization, which is not built with the sanitizer: the owner
// changes unseen, and whatever the lock protects is reported as a race. The functions below stand before those of the library and
// say what happens. So no report has to be suppressed, and a real race on protected state is still found.
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Weak: swift test is preloaded as well, and is no program with a sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == 0) { __builtin_trap(); }
    return function;
}

// _MutexHandle._lockSlow(_: UInt32)
SWIFT void lock_slow(uint32_t thread, SELF void *self) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lock_slow(uint32_t thread, SELF void *self) {
    SWIFT void (*lock)(uint32_t, SELF void *) = next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    lock(thread, self);
    if (__tsan_acquire) { __tsan_acquire(self); }
}

// _MutexHandle._tryLockSlow() -> Bool
SWIFT bool try_lock_slow(SELF void *self) __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT bool try_lock_slow(SELF void *self) {
    SWIFT bool (*try_lock)(SELF void *) = next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
    bool is_locked = try_lock(self);
    if (is_locked && __tsan_acquire) { __tsan_acquire(self); }
    return is_locked;
}

// _MutexHandle._unlockSlow()
SWIFT void unlock_slow(SELF void *self) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlock_slow(SELF void *self) {
    SWIFT void (*unlock)(SELF void *) = next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    if (__tsan_release) { __tsan_release(self); }
    unlock(self);
}
