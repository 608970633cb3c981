"""Dramatiq: RabbitMQ as broker, Redis for results. Imported by the worker; run, it is the client."""

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.encoder import PickleEncoder
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

import measuring

rabbit, redis = measuring.servers()
# Faster than JSON for lists of numbers.
dramatiq.set_encoder(PickleEncoder())
# Its queues are durable and its messages persistent; publisher confirms are off, as they are by default.
broker = RabbitmqBroker(url="amqp://guest:guest@%s:%d/%%2F?heartbeat=0" % rabbit)
broker.add_middleware(Results(backend=RedisBackend(host=redis[0], port=redis[1], db=3, encoder=PickleEncoder()), result_ttl=60000))
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="dramatiq_peer", store_results=True, max_retries=0)
def echo(value):
    return value


def main():
    chosen = measuring.options()
    measuring.report(
        chosen,
        measuring.window_in_order(chosen, echo.send, lambda message: message.get_result(block=True, timeout=60000)),
    )


if __name__ == "__main__":
    main()
