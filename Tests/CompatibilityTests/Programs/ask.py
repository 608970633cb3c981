"""Asks a consumer in one of the template's ways and checks the answers: ask.py WAY QUEUE CACHE_QUEUE."""

import sys

import numpy as np

import clients

VALUES = [
    0, -1, 2**70, 1.5, True, "text – ünïcode 漢", b"\x00\xff", [1, [2.0, None], ("a", b"b")], {"a": 1, "b": [1, 2]}, {1, 2, 3}, "x" * 300_000,
]
ARRAYS = [np.arange(12, dtype="f4").reshape(3, 4), np.array([[1, 2], [3, 4]], dtype="i8").T, np.float64(0.25), np.zeros((900, 1000), "f4")]


def same(left, right):
    if isinstance(left, (np.ndarray, np.generic)):
        return type(left) is type(right) and left.dtype == right.dtype and np.array_equal(left, right)
    return type(left) is type(right) and left == right


def check_echo(predict):
    for value in VALUES + ARRAYS:
        answer = predict(value)
        assert same(value, answer), f"{value!r} became {answer!r}"


def check_embedding(predict):
    vector = predict("door house window")
    assert len(vector) == 96 and all(type(number) is float for number in vector), vector
    vectors = predict(["door house window", "cow", ""])
    assert len(vectors) == 3 and vectors[0] == vector and vectors[1] != vector, vectors
    assert np.asarray(vectors, dtype="f4").shape == (3, 96)
    failure = predict(7)
    assert failure["error"]["code"] == "invalid_input" and failure["error"]["retryable"] is False, failure


def main():
    way, model, queue, cache_queue = sys.argv[1:]
    check = {"echo": check_echo, "embedding": check_embedding}[model]
    if way == "store":
        check(clients.StoreClient(queue).predict)
        return
    client = clients.QueueClient(queue, cache_queue)
    if way == "sync":
        check(client.predict_sync)
    else:
        check(lambda value: client.await_result(client.predict_async(value)))
        identifier = client.predict_async("once")
        assert client.await_result(identifier) is not None
        assert client.get_result(identifier) is None, "a result was handed over twice"


if __name__ == "__main__":
    main()
