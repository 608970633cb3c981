#include "baseline.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    exit(1);
}

void print_usage(void)
{
    puts("Usage: c-baseline consumer|client [OPTION]...\n"
         "\n"
         "  --rabbit-host HOST --rabbit-port PORT    the broker (127.0.0.1, 5672)\n"
         "  --redis-host HOST --redis-port PORT      the store (127.0.0.1, 6379)\n"
         "  --queue NAME                             the queue of requests (c_baseline)\n"
         "  --queue-type classic|quorum              its kind, always durable (classic)\n"
         "  --time-to-live MILLISECONDS              of results and requests (60000)\n"
         "\n"
         "consumer: echoes until SIGTERM or SIGINT. Prints \"consumer ready\" when it consumes.\n"
         "  --prefetch N             messages to hold at once (512)\n"
         "\n"
         "client: asks, and prints its measures as JSON.\n"
         "  --requests N             to measure (10000)\n"
         "  --in-flight W            under way at once (1)\n"
         "  --warm-up N              requests before the measured ones (500)\n"
         "  --payload-bytes B        the size of the body (2400)\n"
         "  --confirms on|off        have the broker confirm each request (on)\n"
         "  --consumer-pid PID       the consumer whose processor time to report as well");
}

static long number(const char *name, const char *text, long minimum, long maximum)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < minimum || value > maximum)
        fail("%s needs a number between %ld and %ld, not %s", name, minimum, maximum, text);
    return value;
}

static const char *one_of(const char *name, const char *text, const char *first, const char *second)
{
    if (strcmp(text, first) != 0 && strcmp(text, second) != 0)
        fail("%s is either %s or %s, not %s", name, first, second, text);
    return text;
}

struct options read_options(int count, char **arguments)
{
    struct options options = {
        .rabbit_host = "127.0.0.1", .rabbit_port = 5672,
        .redis_host = "127.0.0.1", .redis_port = 6379,
        .queue = "c_baseline", .queue_type = "classic",
        .prefetch = 512, .time_to_live_ms = 60000,
        .requests = 10000, .in_flight = 1, .warm_up = 500, .payload_bytes = 2400,
        .confirms = true,
    };
    for (int index = 0; index < count; index += 2) {
        const char *name = arguments[index];
        if (index + 1 == count) fail("%s needs a value", name);
        const char *value = arguments[index + 1];
        if (strcmp(name, "--rabbit-host") == 0) options.rabbit_host = value;
        else if (strcmp(name, "--rabbit-port") == 0) options.rabbit_port = (int)number(name, value, 1, 65535);
        else if (strcmp(name, "--redis-host") == 0) options.redis_host = value;
        else if (strcmp(name, "--redis-port") == 0) options.redis_port = (int)number(name, value, 1, 65535);
        else if (strcmp(name, "--queue") == 0) options.queue = value;
        else if (strcmp(name, "--queue-type") == 0) options.queue_type = one_of(name, value, "classic", "quorum");
        else if (strcmp(name, "--time-to-live") == 0) options.time_to_live_ms = (int)number(name, value, 1, INT_MAX);
        else if (strcmp(name, "--prefetch") == 0) options.prefetch = (int)number(name, value, 1, 65535);
        else if (strcmp(name, "--requests") == 0) options.requests = number(name, value, 1, 100000000);
        else if (strcmp(name, "--in-flight") == 0) options.in_flight = (int)number(name, value, 1, 65536);
        else if (strcmp(name, "--warm-up") == 0) options.warm_up = number(name, value, 0, 100000000);
        else if (strcmp(name, "--payload-bytes") == 0) options.payload_bytes = (size_t)number(name, value, 1, 100000000);
        else if (strcmp(name, "--confirms") == 0) options.confirms = strcmp(one_of(name, value, "on", "off"), "on") == 0;
        else if (strcmp(name, "--consumer-pid") == 0) options.consumer_pid = (pid_t)number(name, value, 1, INT_MAX);
        else fail("unknown option: %s", name);
    }
    return options;
}
