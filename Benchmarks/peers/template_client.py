"""The template's protocol, store mode: one connection of each kind for all requests, which the template itself does not have."""

import pickle
import time
import uuid

import pika
import redis

import measuring

EVENT_PREFIX = b"__keyspace@0__:"


class Client:
    def __init__(self, chosen):
        (rabbit_host, rabbit_port), (redis_host, redis_port) = measuring.servers()
        self.in_flight = chosen.in_flight
        self.payload = measuring.payload(chosen.payload_bytes)
        self.store = redis.Redis(redis_host, redis_port)
        self.store.config_set("notify-keyspace-events", "Kgs")
        self.notifications = self.store.pubsub(ignore_subscribe_messages=True)
        self.notifications.psubscribe("__keyspace@*")
        self.connection = pika.BlockingConnection(pika.ConnectionParameters(rabbit_host, rabbit_port, heartbeat=0))
        self.channel = self.connection.channel()
        self.channel.queue_declare("template_peer", durable=True)
        self.pending = {}
        self.silences = 0

    def publish(self):
        identifier = str(uuid.uuid4())
        self.pending[identifier.encode()] = time.perf_counter()
        properties = pika.BasicProperties(delivery_mode=2, expiration="60000", headers={"X-Message-Id": identifier})
        self.channel.basic_publish("", "template_peer", pickle.dumps(self.payload), properties)

    def take(self):
        """Waits for the next event. Returns the latency of the request that it answers, if it answers one."""
        event = self.notifications.get_message(timeout=1)
        if event is None:  # also when the message was the confirmation of the subscription
            self.silences += 1
            if self.silences > 30:
                raise SystemExit("nothing has happened for 30 s")
            return None
        self.silences = 0
        if event["data"] != b"expire":
            return None
        identifier = event["channel"][len(EVENT_PREFIX) :]
        start = self.pending.pop(identifier, None)
        if start is None:
            return None
        pipeline = self.store.pipeline(transaction=False)
        pipeline.get(identifier)
        pipeline.unlink(identifier)
        if pickle.loads(pipeline.execute()[0]) != self.payload:
            raise SystemExit("the echo differs from what was sent")
        return time.perf_counter() - start

    def load(self, requests):
        latencies, begun = [], 0
        while len(latencies) < requests:
            while begun < requests and len(self.pending) < self.in_flight:
                self.publish()
                begun += 1
            latency = self.take()
            if latency is not None:
                latencies.append(latency)
        return latencies


def main():
    chosen = measuring.options()
    measuring.report(chosen, Client(chosen).load)


if __name__ == "__main__":
    main()
