#define _GNU_SOURCE
#include "CEventLoop.h"

#include <pthread.h>
#include <string.h>

int mlserving_poll(struct pollfd *descriptors, unsigned long count, int64_t timeout_nanoseconds) {
    if (timeout_nanoseconds < 0) { return ppoll(descriptors, count, NULL, NULL); }
    struct timespec timeout = {
        .tv_sec = timeout_nanoseconds / 1000000000,
        .tv_nsec = timeout_nanoseconds % 1000000000,
    };
    return ppoll(descriptors, count, &timeout, NULL);
}

void mlserving_name_thread(const char *name) {
    char shortened[16] = {0};
    strncpy(shortened, name, sizeof shortened - 1);
    pthread_setname_np(pthread_self(), shortened);
}
