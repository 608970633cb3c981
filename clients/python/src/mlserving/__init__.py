"""Asks for predictions of models that MLServing serves through RabbitMQ and Redis.

A program makes one ``Client``, which all its threads share, or one ``AsyncClient`` for the tasks of an event loop::

    from mlserving import Client, ServingError

    with Client() as client:  # configured by the environment, or by Client(Settings(…))
        print(client.predict("hello", timeout=5))
        for outcome in client.predict_many(["one", "two"]):
            print(outcome.value if outcome.error is None else outcome.error)
        ticket = client.submit("later")
        print(client.result(ticket, timeout=60))

What both can do: ``predict``, ``prediction``, ``predict_many`` and ``predict_iter``; ``submit``, ``result`` and ``cancel``; ``close``. They
ask the model of the configured queue; ``model="embedder:2"`` asks another one, and ``client.model("embedder:2")`` is a view of it.

``Settings`` lists what can be configured, by the keys of the environment in the project's ``variables.env``. What goes wrong with a request
is a ``ServingError``, whose ``code`` says what, and whose subclasses have the codes of this version. ``mlserving.testing`` has a fake for
tests without servers.
"""

from mlserving.aio import AsyncClient
from mlserving.aiomodel import AsyncModel
from mlserving.client import Client
from mlserving.codec import Codec, JSONCodec, MessagePackCodec
from mlserving.configuration import Settings
from mlserving.errors import (
    CancelledError,
    ClosedError,
    ConfigurationError,
    CrashedError,
    ExpiredError,
    InvalidInputError,
    InvalidOutputError,
    MalformedRequestError,
    OverloadedError,
    PredictionFailedError,
    RefusedError,
    ResultRefusedError,
    ServingError,
    TooLargeError,
    UnavailableError,
    UnroutableError,
    UnsupportedContentTypeError,
)
from mlserving.model import Model
from mlserving.records import Outcome, Prediction, Times
from mlserving.tensors import ElementType, Tensor, TensorError
from mlserving.tickets import Ticket
from mlserving.tls import TLSSettings
from mlserving.version import __version__

__all__ = [
    "AsyncClient",
    "AsyncModel",
    "CancelledError",
    "Client",
    "ClosedError",
    "Codec",
    "ConfigurationError",
    "CrashedError",
    "ElementType",
    "ExpiredError",
    "InvalidInputError",
    "InvalidOutputError",
    "JSONCodec",
    "MalformedRequestError",
    "MessagePackCodec",
    "Model",
    "Outcome",
    "OverloadedError",
    "Prediction",
    "PredictionFailedError",
    "RefusedError",
    "ResultRefusedError",
    "ServingError",
    "Settings",
    "TLSSettings",
    "Tensor",
    "TensorError",
    "Ticket",
    "Times",
    "TooLargeError",
    "UnavailableError",
    "UnroutableError",
    "UnsupportedContentTypeError",
    "__version__",
]
