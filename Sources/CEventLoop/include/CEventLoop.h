#ifndef MLSERVING_CEVENTLOOP_H
#define MLSERVING_CEVENTLOOP_H

// What the Glibc module does not import: eventfd, thread names, and ppoll, whose timeout is finer than poll's millisecond.

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/// A non-blocking, close-on-exec event descriptor with count 0; -1 with errno set on failure.
static inline int mlserving_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Adds one to the count, which makes the descriptor readable.
static inline void mlserving_eventfd_signal(int fd) {
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}

/// Sets the count back to zero.
static inline void mlserving_eventfd_reset(int fd) {
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
}

/// Names the calling thread; the system keeps the first 15 bytes.
void mlserving_name_thread(const char *name);

/// Waits for readiness, and returns as `poll(2)` does: a negative timeout waits without end, zero only looks.
int mlserving_poll(struct pollfd *descriptors, unsigned long count, int64_t timeout_nanoseconds);

#endif
