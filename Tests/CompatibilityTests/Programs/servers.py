"""Where the servers are, and how a program of the template connects to them."""

import os

import pika
import redis


def address(name):
    host, _, port = os.environ[name].rpartition(":")
    return host, int(port)


def broker():
    host, port = address("MLSERVING_TEST_RABBIT")
    return pika.BlockingConnection(pika.ConnectionParameters(host=host, port=port, heartbeat=60, blocked_connection_timeout=300))


def cache():
    host, port = address("MLSERVING_TEST_REDIS")
    return redis.Redis(host=host, port=port)
