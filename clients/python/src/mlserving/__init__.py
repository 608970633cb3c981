"""Asks for predictions of models that MLServing serves through RabbitMQ and Redis."""

from mlserving.aio import AsyncClient
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
    ResultRefusedError,
    ServingError,
    TooLargeError,
    UnavailableError,
    UnroutableError,
    UnsupportedContentTypeError,
)
from mlserving.records import Outcome, Prediction, Times
from mlserving.tensors import ElementType, Tensor, TensorError
from mlserving.tickets import Ticket
from mlserving.tls import TLSSettings
from mlserving.version import __version__

__all__ = [
    "AsyncClient",
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
    "Outcome",
    "OverloadedError",
    "Prediction",
    "PredictionFailedError",
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
