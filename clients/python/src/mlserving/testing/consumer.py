"""Decodes requests, predicts, and answers, as consumers of the project do."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import time
from typing import TYPE_CHECKING, Any

from mlserving import compression, pickles
from mlserving.codec import CODECS, Codec
from mlserving.errors import (
    CancelledError,
    CrashedError,
    InvalidInputError,
    MalformedRequestError,
    PredictionFailedError,
    ServingError,
    UnsupportedContentTypeError,
)
from mlserving.marks import mark_keys
from mlserving.testing.request import PredictionRequest, begin_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlserving.rabbit.message import Message
    from mlserving.testing.broker import FakeBroker
    from mlserving.testing.store import Keys

_COMPRESSION_MINIMUM = 16_384


class _PickleCodec(Codec):
    content_type = ""

    def encode(self, value: Any) -> bytes:
        return pickle.dumps(value, pickles.PROTOCOL)

    def decode(self, payload: bytes) -> Any:
        return pickles.loads(payload)


class FakeConsumer:
    """Answers the requests of one queue, one at a time."""

    def __init__(
        self, predict: Callable[[Any], Any], keys: Keys, queue: str, result_lifetime: float, inputs: list[Any], codecs: Iterable[Codec]
    ) -> None:
        self.predict = predict
        self._keys = keys
        self._queue = queue
        self._result_lifetime = result_lifetime
        self._inputs = inputs
        self._codecs = {codec.content_type: codec for codec in (*CODECS.values(), *codecs)}

    def serve(self, message: Message, broker: FakeBroker) -> None:
        """Answer a request, wherever its answer is to go."""
        key = self._key(message)
        arrival = time.monotonic()
        codec = _PickleCodec() if message.content_type is None else self._codecs.get(message.content_type)
        if codec is None:
            refusal = UnsupportedContentTypeError(f"{message.content_type} is not decoded here")
            answer = self._record(CODECS["msgpack"], message, [refusal], arrival)
        else:
            found = self._outcomes(codec, message, key)
            answer = self._bare(codec, found[0]) if message.content_type is None else self._record(codec, message, found, arrival)
        if message.wants_reply:
            broker.reply(message.message_id, answer)
        elif key is not None:
            lifetime = message.headers.get("x-result-ttl")
            self._keys.put(key, answer, self._result_lifetime if lifetime is None else lifetime / 1000)

    def stored(self, question: Message) -> bytes:
        """Answer the question for a result: with it, or with nothing in the encoding of the question."""
        found = self._keys.get(question.message_id)
        if question.content_type is not None:
            return found or (b"null" if question.content_type == "application/json" else b"\xc0")
        self._keys.remove([question.message_id])
        return found or pickle.dumps(None, pickles.PROTOCOL)

    @staticmethod
    def _key(message: Message) -> str | None:
        """The key that the result is stored under; in queue mode there is none."""
        if message.wants_reply:
            return None
        key = message.headers.get("x-result-key") or message.headers.get("X-Message-Id")
        return str(key) if key else message.message_id

    def _outcomes(self, codec: Codec, message: Message, key: str | None) -> list[Any]:
        """Return an output or an error for each input."""
        items = message.headers.get("x-items")
        try:
            value = codec.decode(compression.expanded(message.body))
        except Exception as error:
            return [InvalidInputError(f"the input cannot be decoded: {error}")]
        if items is None:
            return [self._outcome(codec, value, key, message, 0)]
        if not isinstance(value, list) or len(value) != items:
            return [MalformedRequestError(f"the body is not a list of {items} inputs")]
        return [self._outcome(codec, member, key, message, index) for index, member in enumerate(value)]

    def _outcome(self, codec: Codec, value: Any, key: str | None, message: Message, index: int) -> Any:
        if key is not None and any(self._keys.get(mark) is not None for mark in mark_keys(self._queue, key)):
            return CancelledError("the request was cancelled")
        self._inputs.append(value)
        said = [dict(message.headers.get(name, {})) for name in ("x-parameters", "x-metadata")]
        begin_request(PredictionRequest(message.message_id, self._queue, index, *said))
        try:
            output = self.predict(value)
            if inspect.isawaitable(output):
                output = asyncio.run(_awaited(output))
        except ServingError as error:
            return error
        except Exception as error:
            return PredictionFailedError(f"{type(error).__name__}: {error}")
        except BaseException as error:
            return CrashedError(f"the predictor ended its consumer: {type(error).__name__}: {error}")
        try:
            codec.encode(output)
        except Exception as error:
            return PredictionFailedError(f"the output cannot be encoded as {codec.content_type}: {error}")
        return _Output(output)

    def _record(self, codec: Codec, message: Message, found: list[Any], arrival: float) -> bytes:
        record: dict[str, Any] = {
            "id": message.message_id,
            "outcomes": [{"value": outcome.value} if isinstance(outcome, _Output) else {"error": _error(outcome)} for outcome in found],
            "times": {"queued_us": 0, "batching_us": 0, "predicting_us": int((time.monotonic() - arrival) * 1_000_000)},
        }
        accepts = message.headers.get("x-accept-encoding") == compression.ENCODING and compression.is_available()
        if accepts:
            record["accepts"] = compression.ENCODING
        payload = codec.encode(record)
        return (compression.compressed(payload, _COMPRESSION_MINIMUM) if accepts else None) or payload

    @staticmethod
    def _bare(codec: Codec, outcome: Any) -> bytes:
        return codec.encode(outcome.value if isinstance(outcome, _Output) else {"error": _error(outcome)})


class _Output:
    """What was predicted."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _error(error: ServingError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


async def _awaited(value: Any) -> Any:
    return await value
