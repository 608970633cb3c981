// The C baseline: a consumer that echoes and a client that asks, over RabbitMQ and Redis.
//
// A request is a persistent message with its result key as correlation id. The consumer stores the body under that key and acknowledges
// afterwards; the client hears of the key by a keyspace notification and reads it. One process each, one thread each.
#pragma once

#include <hiredis.h>
#include <amqp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- options.c ---

struct options {
    const char *rabbit_host;
    int rabbit_port;
    const char *redis_host;
    int redis_port;
    const char *queue;
    const char *queue_type; // classic or quorum
    int prefetch;
    int time_to_live_ms; // of results
    long requests;
    int in_flight;
    long warm_up;
    size_t payload_bytes;
    bool confirms;
    pid_t consumer_pid; // 0: unknown
};

// Reads the command line, without the program's name and mode. Ends the process when it is wrong.
struct options read_options(int count, char **arguments);
void print_usage(void);

// Prints a message as printf does, and ends the process.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// --- servers.c ---

enum { CHANNEL = 1, MAXIMUM_KEY = 96 };

// Each ends the process when it fails: a benchmark that lost its connection has nothing to report.
amqp_connection_state_t open_broker(const struct options *options);
void declare_queue(amqp_connection_state_t connection, const struct options *options);
// The last call's answer, which has to be a normal one.
void check_answer(amqp_connection_state_t connection, const char *what);
void check_status(int status, const char *what);
void close_broker(amqp_connection_state_t connection);

redisContext *open_redis(const struct options *options);
// Sends a command and returns its answer, to be freed.
redisReply *ask_redis(redisContext *redis, const char *format, ...);
// Writes all appended commands to the socket.
void flush_redis(redisContext *redis);
// Reads what the socket holds, which must be readable.
void read_redis(redisContext *redis);
// The next complete reply of what was read, to be freed, or NULL.
redisReply *next_reply(redisContext *redis);
// Waits for the next reply.
redisReply *await_reply(redisContext *redis);

// --- frames.c ---

// A message, put together from its frames.
struct delivery {
    uint64_t tag;
    char key[MAXIMUM_KEY];
    size_t key_length;
    char *body;
    size_t body_length;
    size_t body_received;
    size_t body_capacity;
};

struct confirmation {
    uint64_t tag;
    bool multiple;
    bool accepted;
};

struct frame_handler {
    void *context;
    void (*delivered)(void *context, const struct delivery *delivery);
    void (*confirmed)(void *context, const struct confirmation *confirmation);
};

struct frame_reader {
    amqp_connection_state_t connection;
    struct frame_handler handler;
    struct delivery delivery;
};

// Hands on all messages and confirmations that have arrived, without waiting for more.
void read_frames(struct frame_reader *reader);

// --- measures.c ---

uint64_t now_ns(void);
// The processor time of this process so far.
uint64_t own_cpu_us(void);
// The processor time of another process so far, in steps of the kernel's clock tick.
uint64_t cpu_us_of(pid_t pid);
// The share of values below which the result lies, as 0.5 for the median. Sorts the values.
double percentile_ms(uint64_t *values_ns, size_t count, double share);

// --- consumer.c, client.c ---

int run_consumer(const struct options *options);
int run_client(const struct options *options);
