"""Celery: RabbitMQ as broker, Redis for results. Imported by the worker; run, it is the client."""

import celery
import kombu

import measuring

rabbit, redis = measuring.servers()
application = celery.Celery(
    "benchmark",
    broker="amqp://guest:guest@%s:%d//" % rabbit,
    backend="redis://%s:%d/2" % redis,
)
application.conf.update(
    task_queues=[kombu.Queue("celery_peer", routing_key="celery_peer", durable=True)],
    task_default_queue="celery_peer",
    task_default_delivery_mode="persistent",
    # As MLServing does: a message is settled when its result is there.
    task_acks_late=True,
    worker_prefetch_multiplier=512,
    # Everything that costs time and need not be.
    worker_send_task_events=False,
    task_send_sent_event=False,
    worker_hijack_root_logger=False,
    task_serializer="msgpack",
    result_serializer="msgpack",
    accept_content=["msgpack"],
    result_expires=60,
    broker_pool_limit=1,
)


@application.task(name="echo", ignore_result=False)
def echo(value):
    return value


def main():
    chosen = measuring.options()
    measuring.report(
        chosen,
        measuring.window_in_order(chosen, echo.delay, lambda result: result.get(timeout=60, interval=0.001)),
    )


if __name__ == "__main__":
    main()
