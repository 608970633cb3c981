#include "CHiredis.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <stdlib.h>
#include <string.h>

struct mlserving_reply_reader {
    redisReader *parser;
    mlserving_reply_sink sink;
};

// hiredis wants an object for each part, and takes NULL for "out of memory". The sink keeps the objects, so any other address will do.
// NULL also refuses what RESP3 added, which hiredis 1.x parses unasked.
static int accepted;
static void *object_for(bool is_accepted) { return is_accepted ? &accepted : NULL; }

static const mlserving_reply_sink *sink_of(const redisReadTask *task) {
    return &((mlserving_reply_reader *)task->privdata)->sink;
}

static void *create_string(const redisReadTask *task, char *bytes, size_t count) {
    const mlserving_reply_sink *sink = sink_of(task);
    mlserving_reply_text kind;
    switch (task->type) {
    case REDIS_REPLY_STATUS: kind = mlserving_reply_text_simple; break;
    case REDIS_REPLY_ERROR: kind = mlserving_reply_text_error; break;
    case REDIS_REPLY_STRING: kind = mlserving_reply_text_bulk; break;
    default: return NULL;
    }
    return object_for(sink->text(sink->context, kind, (const uint8_t *)bytes, count));
}

#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count) {
#else
static void *create_array(const redisReadTask *task, int count) {
#endif
    const mlserving_reply_sink *sink = sink_of(task);
    if (task->type != REDIS_REPLY_ARRAY) { return NULL; }
    return object_for(sink->array(sink->context, (size_t)count));
}

static void *create_integer(const redisReadTask *task, long long value) {
    const mlserving_reply_sink *sink = sink_of(task);
    return object_for(sink->integer(sink->context, value));
}

static void *create_nil(const redisReadTask *task) {
    const mlserving_reply_sink *sink = sink_of(task);
    if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_ARRAY) { return NULL; }
    return object_for(sink->null(sink->context));
}

#if HIREDIS_MAJOR >= 1
static void *create_double(const redisReadTask *task, double value, char *bytes, size_t count) {
    (void)task, (void)value, (void)bytes, (void)count;
    return NULL;
}

static void *create_bool(const redisReadTask *task, int value) {
    (void)task, (void)value;
    return NULL;
}
#endif

static void free_object(void *object) { (void)object; }

static redisReplyObjectFunctions functions = {
    .createString = create_string,
    .createArray = create_array,
    .createInteger = create_integer,
    .createNil = create_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = create_double,
    .createBool = create_bool,
#endif
    .freeObject = free_object,
};

mlserving_reply_reader *mlserving_reply_reader_create(mlserving_reply_sink sink, size_t kept) {
    mlserving_reply_reader *reader = malloc(sizeof *reader);
    if (reader == NULL) { return NULL; }
    reader->sink = sink;
    reader->parser = redisReaderCreateWithFunctions(&functions);
    if (reader->parser == NULL) {
        free(reader);
        return NULL;
    }
    reader->parser->privdata = reader;
    reader->parser->maxbuf = kept;
    return reader;
}

void mlserving_reply_reader_free(mlserving_reply_reader *reader) {
    if (reader == NULL) { return; }
    redisReaderFree(reader->parser);
    free(reader);
}

bool mlserving_reply_reader_feed(mlserving_reply_reader *reader, const void *bytes, size_t count) {
    return redisReaderFeed(reader->parser, bytes, count) == REDIS_OK;
}

mlserving_reply_progress mlserving_reply_reader_next(mlserving_reply_reader *reader) {
    void *object = NULL;
    if (redisReaderGetReply(reader->parser, &object) != REDIS_OK) { return mlserving_reply_failed; }
    return object == NULL ? mlserving_reply_incomplete : mlserving_reply_complete;
}

static const redisReadTask *current_task(const redisReader *parser) {
    if (parser->ridx < 0) { return NULL; }
#if HIREDIS_MAJOR >= 1
    return parser->task[parser->ridx];
#else
    return &parser->rstack[parser->ridx];
#endif
}

// The number before the end of the line, once the whole line is there.
static bool parse_announced(const char *bytes, size_t count, int64_t *announced) {
    int64_t value = 0;
    for (size_t index = 0; index < count; index++) {
        if (bytes[index] == '\r') {
            *announced = value;
            return index + 1 < count;
        }
        if (bytes[index] < '0' || bytes[index] > '9') { return false; }
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, bytes[index] - '0', &value)) {
            *announced = INT64_MAX;
            return true;
        }
    }
    return false;
}

mlserving_reply_wait mlserving_reply_reader_wait(const mlserving_reply_reader *reader) {
    const redisReader *parser = reader->parser;
    mlserving_reply_wait wait = {.buffered = parser->len - parser->pos};
    const redisReadTask *task = current_task(parser);
    if (task != NULL && task->type == REDIS_REPLY_STRING) {
        wait.is_bulk = parse_announced(parser->buf + parser->pos, wait.buffered, &wait.announced);
    }
    return wait;
}

const char *mlserving_reply_reader_error(const mlserving_reply_reader *reader) { return reader->parser->errstr; }
