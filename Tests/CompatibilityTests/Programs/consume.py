"""Consumers of the template's two protocols: consume.py WAY QUEUE CACHE_QUEUE. Texts come back in capitals, all else as it is."""

import pickle
import sys

import pika

import servers


def predict(data):
    return data.upper() if isinstance(data, str) else data


def main():
    way, queue, cache_queue = sys.argv[1:]
    cache = servers.cache()
    channel = servers.broker().channel()
    channel.queue_declare(queue=queue, durable=True)
    channel.basic_qos(prefetch_count=10)

    def reply(properties, body):
        answer = pika.BasicProperties(correlation_id=properties.correlation_id)
        channel.basic_publish(exchange="", routing_key=properties.reply_to, properties=answer, body=body)

    def on_store_request(_, method, properties, body):
        cache.set(properties.headers["X-Message-Id"], pickle.dumps(predict(pickle.loads(body))), ex=60)
        channel.basic_ack(method.delivery_tag)

    def on_queue_request(_, method, properties, body):
        result = pickle.dumps(predict(pickle.loads(body)))
        if properties.reply_to:
            reply(properties, result)
        else:
            cache.set(properties.correlation_id, result, ex=60)
        channel.basic_ack(method.delivery_tag)

    def on_result_request(_, method, properties, _body):
        result = cache.get(properties.correlation_id)
        cache.delete(properties.correlation_id)
        reply(properties, pickle.dumps(None) if result is None else result)
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(queue, on_store_request if way == "store" else on_queue_request)
    if way == "queue":
        channel.queue_declare(queue=cache_queue, durable=True)
        channel.basic_consume(cache_queue, on_result_request)
    print("consumer ready", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
