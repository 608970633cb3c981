"""A fake for tests without servers: clients that are as they are, and a consumer in the test's own process.

Values are encoded, sent, decoded, predicted, encoded and read as with RabbitMQ and Redis, by the client's own code: what cannot be encoded,
times out, is cancelled or is too large fails as it does there. ``server.serve("embedder:2", function)`` adds a model, and
``current_request()`` tells a predictor what the caller said beside the input::

    import pytest
    from mlserving.testing import FakeServer


    @pytest.fixture
    def client():
        with FakeServer(str.upper) as server, server.client() as client:
            yield client


    def test_shouting(client):
        assert client.predict("hello") == "HELLO"
"""

from mlserving.testing.request import PredictionRequest, current_request
from mlserving.testing.server import FakeServer

__all__ = ["FakeServer", "PredictionRequest", "current_request"]
