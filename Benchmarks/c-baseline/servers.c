#include "baseline.h"

#include <amqp_tcp_socket.h>
#include <stdarg.h>
#include <string.h>

void check_status(int status, const char *what)
{
    if (status != AMQP_STATUS_OK) fail("%s: %s", what, amqp_error_string2(status));
}

void check_answer(amqp_connection_state_t connection, const char *what)
{
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) fail("%s: %s", what, amqp_error_string2(reply.library_error));
    fail("%s: the broker refuses it", what);
}

amqp_connection_state_t open_broker(const struct options *options)
{
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    if (socket == NULL) fail("no memory for a connection");
    check_status(amqp_socket_open(socket, options->rabbit_host, options->rabbit_port), "connecting to RabbitMQ");
    amqp_rpc_reply_t reply = amqp_login(
        connection, "/", AMQP_DEFAULT_MAX_CHANNELS, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("RabbitMQ refuses the login");
    amqp_channel_open(connection, CHANNEL);
    check_answer(connection, "opening a channel");
    return connection;
}

void declare_queue(amqp_connection_state_t connection, const struct options *options)
{
    amqp_table_entry_t type = {
        .key = amqp_cstring_bytes("x-queue-type"),
        .value = { .kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum") },
    };
    amqp_table_t arguments = { .num_entries = strcmp(options->queue_type, "quorum") == 0 ? 1 : 0, .entries = &type };
    amqp_queue_declare(connection, CHANNEL, amqp_cstring_bytes(options->queue), 0, 1, 0, 0, arguments);
    check_answer(connection, "declaring the queue");
}

void close_broker(amqp_connection_state_t connection)
{
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
}

redisContext *open_redis(const struct options *options)
{
    redisContext *redis = redisConnect(options->redis_host, options->redis_port);
    if (redis == NULL) fail("no memory for a connection");
    if (redis->err != 0) fail("connecting to Redis: %s", redis->errstr);
    return redis;
}

static redisReply *checked(redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) fail("Redis answers: %s", reply->str);
    return reply;
}

redisReply *ask_redis(redisContext *redis, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    redisReply *reply = redisvCommand(redis, format, values);
    va_end(values);
    if (reply == NULL) fail("asking Redis: %s", redis->errstr);
    return checked(reply);
}

void flush_redis(redisContext *redis)
{
    int is_done = 0;
    while (!is_done)
        if (redisBufferWrite(redis, &is_done) != REDIS_OK) fail("writing to Redis: %s", redis->errstr);
}

void read_redis(redisContext *redis)
{
    if (redisBufferRead(redis) != REDIS_OK) fail("reading from Redis: %s", redis->errstr);
}

redisReply *next_reply(redisContext *redis)
{
    void *reply = NULL;
    if (redisGetReplyFromReader(redis, &reply) != REDIS_OK) fail("reading from Redis: %s", redis->errstr);
    return reply == NULL ? NULL : checked(reply);
}

redisReply *await_reply(redisContext *redis)
{
    redisReply *reply = next_reply(redis);
    while (reply == NULL) {
        read_redis(redis);
        reply = next_reply(redis);
    }
    return reply;
}
