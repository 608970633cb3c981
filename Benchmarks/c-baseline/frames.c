#include "baseline.h"

#include <amqp_framing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static void take_method(struct frame_reader *reader, const amqp_method_t *method)
{
    switch (method->id) {
    case AMQP_BASIC_DELIVER_METHOD:
        reader->delivery.tag = ((amqp_basic_deliver_t *)method->decoded)->delivery_tag;
        break;
    case AMQP_BASIC_ACK_METHOD: {
        const amqp_basic_ack_t *ack = method->decoded;
        struct confirmation confirmation = { .tag = ack->delivery_tag, .multiple = ack->multiple, .accepted = true };
        reader->handler.confirmed(reader->handler.context, &confirmation);
        break;
    }
    case AMQP_BASIC_NACK_METHOD: {
        const amqp_basic_nack_t *nack = method->decoded;
        struct confirmation confirmation = { .tag = nack->delivery_tag, .multiple = nack->multiple };
        reader->handler.confirmed(reader->handler.context, &confirmation);
        break;
    }
    default:
        fail("RabbitMQ sends %s", amqp_method_name(method->id));
    }
}

static void complete(struct frame_reader *reader)
{
    reader->handler.delivered(reader->handler.context, &reader->delivery);
}

static void take_header(struct frame_reader *reader, const amqp_frame_t *frame)
{
    struct delivery *delivery = &reader->delivery;
    const amqp_basic_properties_t *properties = frame->payload.properties.decoded;
    if (!(properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)) fail("a message has no correlation id");
    if (properties->correlation_id.len > MAXIMUM_KEY) fail("a correlation id is too long");
    delivery->key_length = properties->correlation_id.len;
    memcpy(delivery->key, properties->correlation_id.bytes, delivery->key_length);
    delivery->body_length = frame->payload.properties.body_size;
    delivery->body_received = 0;
    if (delivery->body_length > delivery->body_capacity) {
        free(delivery->body);
        delivery->body = malloc(delivery->body_length);
        if (delivery->body == NULL) fail("no memory for a message");
        delivery->body_capacity = delivery->body_length;
    }
    if (delivery->body_length == 0) complete(reader);
}

static void take_body(struct frame_reader *reader, amqp_bytes_t fragment)
{
    struct delivery *delivery = &reader->delivery;
    if (fragment.len > delivery->body_length - delivery->body_received) fail("a message is longer than announced");
    memcpy(delivery->body + delivery->body_received, fragment.bytes, fragment.len);
    delivery->body_received += fragment.len;
    if (delivery->body_received == delivery->body_length) complete(reader);
}

void read_frames(struct frame_reader *reader)
{
    for (;;) {
        amqp_frame_t frame;
        struct timeval at_once = { 0, 0 };
        int status = amqp_simple_wait_frame_noblock(reader->connection, &frame, &at_once);
        if (status == AMQP_STATUS_TIMEOUT) break;
        check_status(status, "reading from RabbitMQ");
        switch (frame.frame_type) {
        case AMQP_FRAME_METHOD: take_method(reader, &frame.payload.method); break;
        case AMQP_FRAME_HEADER: take_header(reader, &frame); break;
        case AMQP_FRAME_BODY: take_body(reader, frame.payload.body_fragment); break;
        default: break;
        }
    }
    amqp_maybe_release_buffers(reader->connection);
}
