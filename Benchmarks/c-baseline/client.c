#include "baseline.h"

#include <amqp_framing.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    const struct options *options;
    struct frame_reader reader;
    // One connection cannot both be subscribed and read values.
    redisContext *subscription, *redis;
    char key_prefix[48];
    char *payload;
    // When each request began, by its number, which ends its key.
    uint64_t *begun_ns;
    uint64_t *latencies_ns;
    long published, answered, total;
    // Which requests the broker has confirmed, by their tags, and the tag below which it has confirmed all.
    bool *is_confirmed;
    uint64_t confirmed_below;
    long confirmed;
    // The numbers of the values asked for, in the order of the questions.
    long *asked;
    size_t asked_head, asked_count, asked_capacity;
};

static void take_confirmation(void *context, const struct confirmation *confirmation)
{
    struct client *client = context;
    if (!confirmation->accepted) fail("RabbitMQ refuses a request");
    if (confirmation->tag == 0 || confirmation->tag > (uint64_t)client->published) fail("RabbitMQ confirms what was not published");
    uint64_t first = confirmation->multiple ? client->confirmed_below : confirmation->tag;
    for (uint64_t tag = first; tag <= confirmation->tag; tag += 1) {
        if (!client->is_confirmed[tag]) client->confirmed += 1;
        client->is_confirmed[tag] = true;
    }
    if (confirmation->multiple && confirmation->tag >= client->confirmed_below) client->confirmed_below = confirmation->tag + 1;
}

static void take_delivery(void *context, const struct delivery *delivery)
{
    (void)context;
    (void)delivery;
    fail("RabbitMQ delivers to a client that does not consume");
}

static void publish(struct client *client)
{
    char key[MAXIMUM_KEY], expiration[16];
    long number = client->published;
    int length = snprintf(key, sizeof key, "%s%ld", client->key_prefix, number);
    snprintf(expiration, sizeof expiration, "%d", client->options->time_to_live_ms);
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_EXPIRATION_FLAG,
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .correlation_id = { .bytes = key, .len = (size_t)length },
        .expiration = amqp_cstring_bytes(expiration),
    };
    amqp_bytes_t body = { .bytes = client->payload, .len = client->options->payload_bytes };
    client->begun_ns[number] = now_ns();
    check_status(
        amqp_basic_publish(
            client->reader.connection, CHANNEL, amqp_empty_bytes, amqp_cstring_bytes(client->options->queue), 1, 0, &properties, body),
        "publishing");
    client->published += 1;
}

// Publishes as many requests as may be under way. Several leave as few packets as possible.
static void fill(struct client *client)
{
    long room = client->options->in_flight - (client->published - client->answered);
    if (room > client->total - client->published) room = client->total - client->published;
    if (room <= 0) return;
    int broker = amqp_get_sockfd(client->reader.connection);
    int corked = room > 1;
    if (corked) setsockopt(broker, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
    for (long index = 0; index < room; index += 1) publish(client);
    if (corked) {
        corked = 0;
        setsockopt(broker, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
    }
}

// Asks for the value of each key that was announced.
static void take_notifications(struct client *client)
{
    size_t prefix_length = strlen(client->key_prefix);
    read_redis(client->subscription);
    redisReply *reply;
    while ((reply = next_reply(client->subscription)) != NULL) {
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4) fail("a notification cannot be read");
        const char *key = strchr(reply->element[2]->str, ':');
        if (key != NULL && strcmp(reply->element[3]->str, "set") == 0) {
            key += 1;
            const char *parts[] = { "GET", key };
            size_t lengths[] = { 3, strlen(key) };
            if (redisAppendCommandArgv(client->redis, 2, parts, lengths) != REDIS_OK) fail("no memory for a command");
            long number = strtol(key + prefix_length, NULL, 10);
            if (number < 0 || number >= client->published || client->asked_count == client->asked_capacity)
                fail("an unknown key was announced: %s", key);
            client->asked[(client->asked_head + client->asked_count) % client->asked_capacity] = number;
            client->asked_count += 1;
        }
        freeReplyObject(reply);
    }
    flush_redis(client->redis);
}

static void take_values(struct client *client)
{
    read_redis(client->redis);
    redisReply *reply;
    while ((reply = next_reply(client->redis)) != NULL) {
        if (client->asked_count == 0) fail("Redis answers what was not asked");
        long number = client->asked[client->asked_head];
        client->asked_head = (client->asked_head + 1) % client->asked_capacity;
        client->asked_count -= 1;
        if (reply->type != REDIS_REPLY_STRING || (size_t)reply->len != client->options->payload_bytes ||
            memcmp(reply->str, client->payload, client->options->payload_bytes) != 0)
            fail("the echo of request %ld differs from what was sent", number);
        client->latencies_ns[number] = now_ns() - client->begun_ns[number];
        client->answered += 1;
        freeReplyObject(reply);
    }
}

// Makes requests until `total` have been answered and, if they are to be, confirmed.
static void load(struct client *client, long total)
{
    client->total = total;
    fill(client);
    while (client->answered < total || (client->options->confirms && client->confirmed < total)) {
        struct pollfd sockets[] = {
            { .fd = client->subscription->fd, .events = POLLIN },
            { .fd = client->redis->fd, .events = POLLIN },
            { .fd = amqp_get_sockfd(client->reader.connection), .events = POLLIN },
        };
        int ready = poll(sockets, 3, 30000);
        if (ready == 0) fail("nothing has happened for 30 s, with %ld of %ld requests answered", client->answered, total);
        if (ready < 0 && errno != EINTR) fail("waiting: %s", strerror(errno));
        if (sockets[1].revents != 0) take_values(client);
        if (sockets[0].revents != 0) take_notifications(client);
        if (sockets[2].revents != 0) read_frames(&client->reader);
        fill(client);
    }
}

static void subscribe(struct client *client)
{
    freeReplyObject(ask_redis(client->redis, "CONFIG SET notify-keyspace-events K$"));
    freeReplyObject(ask_redis(client->subscription, "PSUBSCRIBE __keyspace@0__:%s*", client->key_prefix));
}

int run_client(const struct options *options)
{
    long all = options->warm_up + options->requests;
    struct client client = {
        .options = options,
        .subscription = open_redis(options),
        .redis = open_redis(options),
        .payload = malloc(options->payload_bytes),
        .begun_ns = calloc((size_t)all, sizeof(uint64_t)),
        .latencies_ns = calloc((size_t)all, sizeof(uint64_t)),
        .is_confirmed = calloc((size_t)all + 1, sizeof(bool)),
        .confirmed_below = 1,
        .asked = calloc((size_t)options->in_flight, sizeof(long)),
        .asked_capacity = (size_t)options->in_flight,
    };
    if (client.payload == NULL || client.begun_ns == NULL || client.latencies_ns == NULL || client.is_confirmed == NULL ||
        client.asked == NULL)
        fail("no memory");
    for (size_t index = 0; index < options->payload_bytes; index += 1) client.payload[index] = (char)(index * 31);
    snprintf(client.key_prefix, sizeof client.key_prefix, "c-baseline:%d-%llx:", (int)getpid(), (unsigned long long)now_ns());
    client.reader = (struct frame_reader) {
        .connection = open_broker(options),
        .handler = { .context = &client, .delivered = take_delivery, .confirmed = take_confirmation },
    };
    declare_queue(client.reader.connection, options);
    if (options->confirms) {
        amqp_confirm_select(client.reader.connection, CHANNEL);
        check_answer(client.reader.connection, "asking for confirmations");
    }
    subscribe(&client);

    load(&client, options->warm_up);
    uint64_t consumer_cpu = options->consumer_pid == 0 ? 0 : cpu_us_of(options->consumer_pid);
    uint64_t cpu = own_cpu_us(), begin = now_ns();
    load(&client, all);
    double seconds = (double)(now_ns() - begin) / 1e9;
    cpu = own_cpu_us() - cpu;
    if (options->consumer_pid != 0) consumer_cpu = cpu_us_of(options->consumer_pid) - consumer_cpu;

    uint64_t *measured = client.latencies_ns + options->warm_up;
    size_t count = (size_t)options->requests;
    printf("{\"requests\": %ld, \"errors\": 0, \"seconds\": %.6f, \"requests_per_second\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, "
           "\"p999_ms\": %.4f, \"cpu_us_per_request\": %.3f, \"confirms\": %s",
        options->requests, seconds, (double)count / seconds, percentile_ms(measured, count, 0.5), percentile_ms(measured, count, 0.99),
        percentile_ms(measured, count, 0.999), (double)cpu / (double)count, options->confirms ? "true" : "false");
    if (options->consumer_pid != 0) printf(", \"consumer_cpu_us_per_request\": %.3f", (double)consumer_cpu / (double)count);
    puts("}");
    close_broker(client.reader.connection);
    return 0;
}
