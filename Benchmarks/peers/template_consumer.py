"""The template's protocol, store mode: unpickle, echo, SET under X-Message-Id with a time to live, acknowledge."""

import pickle
import signal
import sys

import pika
import redis

import measuring


def main():
    (rabbit_host, rabbit_port), (redis_host, redis_port) = measuring.servers()
    store = redis.Redis(redis_host, redis_port)
    connection = pika.BlockingConnection(pika.ConnectionParameters(rabbit_host, rabbit_port, heartbeat=0))
    channel = connection.channel()
    channel.queue_declare("template_peer", durable=True)
    channel.basic_qos(prefetch_count=512)

    def answer(_, delivery, properties, body):
        store.set(properties.headers["X-Message-Id"], pickle.dumps(pickle.loads(body)), ex=60)
        channel.basic_ack(delivery.delivery_tag)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    channel.basic_consume("template_peer", answer)
    print("consumer ready", file=sys.stderr, flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
