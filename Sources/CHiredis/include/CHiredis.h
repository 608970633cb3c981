#ifndef MLSERVING_CHIREDIS_H
#define MLSERVING_CHIREDIS_H

// hiredis's parser of replies, with what changed between hiredis 0.14 and 1.x hidden behind one interface: the fields of `redisReader`
// and the signatures of its object functions. Nothing here does I/O.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a piece of text in a reply is.
typedef enum {
    mlserving_reply_text_simple,
    mlserving_reply_text_error,
    mlserving_reply_text_bulk,
} mlserving_reply_text;

/// Receives the parts of a reply in wire order: an array is followed by its elements. Returning false refuses the reply, and the reader
/// fails. The bytes of a text are valid during the call only.
typedef struct {
    void *context;
    bool (*text)(void *context, mlserving_reply_text kind, const uint8_t *bytes, size_t count);
    bool (*integer)(void *context, int64_t value);
    bool (*null)(void *context);
    bool (*array)(void *context, size_t count);
} mlserving_reply_sink;

/// An incremental parser of RESP2 replies.
typedef struct mlserving_reply_reader mlserving_reply_reader;

typedef enum {
    mlserving_reply_failed = -1,
    mlserving_reply_incomplete = 0,
    mlserving_reply_complete = 1,
} mlserving_reply_progress;

/// What the reader waits for after `mlserving_reply_incomplete`.
typedef struct {
    /// The bytes that have been fed and not been parsed.
    size_t buffered;
    /// Whether the length of a bulk string has been read and its bytes are awaited.
    bool is_bulk;
    /// The length that the awaited bulk string announced; INT64_MAX when larger than that.
    int64_t announced;
} mlserving_reply_wait;

/// A reader that hands replies to `sink`, or NULL without memory. An empty buffer of more than `kept` bytes is given back.
mlserving_reply_reader *mlserving_reply_reader_create(mlserving_reply_sink sink, size_t kept);
void mlserving_reply_reader_free(mlserving_reply_reader *reader);

/// Copies bytes into the reader; false once it has failed.
bool mlserving_reply_reader_feed(mlserving_reply_reader *reader, const void *bytes, size_t count);

/// Parses up to the end of one reply.
mlserving_reply_progress mlserving_reply_reader_next(mlserving_reply_reader *reader);

mlserving_reply_wait mlserving_reply_reader_wait(const mlserving_reply_reader *reader);

/// hiredis's description of the failure; valid as long as the reader.
const char *mlserving_reply_reader_error(const mlserving_reply_reader *reader);

#endif
