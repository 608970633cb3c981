#include "baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

uint64_t own_cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

uint64_t cpu_us_of(pid_t pid)
{
    char path[32], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail("there is no process %d", (int)pid);
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    // The name, in parentheses, may hold anything; the times are the 12th and 13th field after it.
    const char *rest = strrchr(line, ')');
    unsigned long user, kernel;
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        fail("%s cannot be read", path);
    return (uint64_t)(user + kernel) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

double percentile_ms(uint64_t *values_ns, size_t count, double share)
{
    if (count == 0) return 0;
    qsort(values_ns, count, sizeof *values_ns, compare);
    size_t index = (size_t)(share * (double)count);
    return (double)values_ns[index < count ? index : count - 1] / 1e6;
}
