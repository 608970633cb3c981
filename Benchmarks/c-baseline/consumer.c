#include "baseline.h"

#include <amqp_framing.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct consumer {
    amqp_connection_state_t broker;
    redisContext *redis;
    char time_to_live[16];
    // Of the messages whose results are on their way to the store.
    int count;
    uint64_t last_tag;
};

static volatile sig_atomic_t is_stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopping = 1;
}

static void store(void *context, const struct delivery *delivery)
{
    struct consumer *consumer = context;
    const char *parts[] = { "SET", delivery->key, delivery->body, "PX", consumer->time_to_live };
    size_t lengths[] = { 3, delivery->key_length, delivery->body_length, 2, strlen(consumer->time_to_live) };
    if (redisAppendCommandArgv(consumer->redis, 5, parts, lengths) != REDIS_OK) fail("no memory for a command");
    consumer->count += 1;
    consumer->last_tag = delivery->tag;
}

static void confirm(void *context, const struct confirmation *confirmation)
{
    (void)context;
    (void)confirmation;
    fail("RabbitMQ confirms, but nothing was published");
}

// Stores what has arrived, in one round trip, and acknowledges it as one.
static void settle(struct consumer *consumer)
{
    if (consumer->count == 0) return;
    flush_redis(consumer->redis);
    for (; consumer->count > 0; consumer->count -= 1) freeReplyObject(await_reply(consumer->redis));
    check_status(amqp_basic_ack(consumer->broker, CHANNEL, consumer->last_tag, 1), "acknowledging");
}

int run_consumer(const struct options *options)
{
    // Signals are heard while waiting only, so that none is missed on the way into the wait.
    sigset_t blocked, unblocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    struct consumer consumer = { .broker = open_broker(options), .redis = open_redis(options) };
    snprintf(consumer.time_to_live, sizeof consumer.time_to_live, "%d", options->time_to_live_ms);
    declare_queue(consumer.broker, options);
    amqp_basic_qos(consumer.broker, CHANNEL, 0, (uint16_t)options->prefetch, 0);
    check_answer(consumer.broker, "setting the prefetch");
    amqp_basic_consume(
        consumer.broker, CHANNEL, amqp_cstring_bytes(options->queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check_answer(consumer.broker, "consuming");
    fputs("consumer ready\n", stderr);

    struct frame_reader reader = {
        .connection = consumer.broker,
        .handler = { .context = &consumer, .delivered = store, .confirmed = confirm },
    };
    while (!is_stopping) {
        // Before the wait, since deliveries may have come with the answer to basic.consume.
        read_frames(&reader);
        settle(&consumer);
        struct pollfd socket = { .fd = amqp_get_sockfd(consumer.broker), .events = POLLIN };
        if (ppoll(&socket, 1, NULL, &unblocked) < 0 && errno != EINTR) fail("waiting: %s", strerror(errno));
    }
    close_broker(consumer.broker);
    redisFree(consumer.redis);
    return 0;
}
