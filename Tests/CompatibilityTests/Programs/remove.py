"""Removes what a test has left at the broker: remove.py QUEUE CACHE_QUEUE."""

import sys

import servers

connection = servers.broker()
queue, cache_queue = sys.argv[1:]
for name in [queue, queue + ".suspects", queue + ".dead-letters", cache_queue]:
    connection.channel().queue_delete(name)
connection.close()
