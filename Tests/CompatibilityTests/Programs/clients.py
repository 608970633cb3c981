"""Clients of the template's two protocols."""

import pickle
import time
import uuid

import pika

import servers


class StoreClient:
    """Store mode: the result comes through Redis, announced by the event that its time to live was set."""

    def __init__(self, queue):
        self.queue = queue
        self.connection = servers.broker()
        self.channel = self.connection.channel()
        self.channel.queue_declare(queue=queue, durable=True)
        self.cache = servers.cache()
        self.cache.config_set("notify-keyspace-events", "Kgs$")
        self.events = self.cache.pubsub()
        self.events.psubscribe("__keyspace@*")

    def predict(self, data):
        identifier = str(uuid.uuid4())
        self.channel.basic_publish(
            exchange="",
            routing_key=self.queue,
            body=pickle.dumps(data),
            properties=pika.BasicProperties(delivery_mode=2, expiration="60000", headers={"X-Message-Id": identifier}),
        )
        for event in self.events.listen():
            if event["type"] == "pmessage" and event["data"] == b"expire" and event["channel"].endswith(b":" + identifier.encode()):
                break
        result = self.cache.get(identifier)
        self.cache.unlink(identifier)
        return pickle.loads(result)


class QueueClient:
    """Queue mode: the result is a reply. This client reaches RabbitMQ only."""

    def __init__(self, queue, cache_queue):
        self.queue, self.cache_queue = queue, cache_queue
        self.connection = servers.broker()
        self.channel = self.connection.channel()
        self.channel.queue_declare(queue=queue, durable=True)
        self.callback_queue = self.channel.queue_declare(queue="", exclusive=True).method.queue
        self.channel.basic_consume(queue=self.callback_queue, on_message_callback=self.on_response, auto_ack=True)

    def on_response(self, _channel, _method, properties, body):
        if properties.correlation_id == self.correlation_id:
            self.response = body

    def call(self, queue, body, identifier):
        self.response, self.correlation_id = None, identifier
        properties = pika.BasicProperties(reply_to=self.callback_queue, correlation_id=identifier, delivery_mode=2, expiration="60000")
        self.channel.basic_publish(exchange="", routing_key=queue, properties=properties, body=body)
        while self.response is None:
            self.connection.process_data_events(time_limit=1)
        return pickle.loads(self.response)

    def predict_sync(self, data):
        return self.call(self.queue, pickle.dumps(data), str(uuid.uuid4()))

    def predict_async(self, data):
        identifier = str(uuid.uuid4())
        properties = pika.BasicProperties(correlation_id=identifier, delivery_mode=2, expiration="60000")
        self.channel.basic_publish(exchange="", routing_key=self.queue, properties=properties, body=pickle.dumps(data))
        return identifier

    def get_result(self, identifier):
        return self.call(self.cache_queue, b"", identifier)

    def await_result(self, identifier):
        deadline = time.monotonic() + 60
        while (result := self.get_result(identifier)) is None:
            if time.monotonic() > deadline:
                raise SystemExit("no result in time")
            time.sleep(0.01)
        return result
