"""What a predictor can know of the request that it works for."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlserving.options import Parameter


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """A request, as the predictor that works for it may see it.

    Attributes:
        request_id: Its id, which answers and errors have too. Inputs of one message share it.
        queue: The queue of the model.
        input_index: Which of the request's inputs this is, from 0.
        parameters: What the caller said beside the input.
        metadata: What the caller noted on the request.
    """

    request_id: str
    queue: str
    input_index: int
    parameters: dict[str, Parameter]
    metadata: dict[str, str]


_current: ContextVar[PredictionRequest] = ContextVar("mlserving_testing_request")


def current_request() -> PredictionRequest:
    """Return the request that is predicted at the moment, to a predictor of ``FakeServer``.

    Raises:
        LookupError: The caller is no such predictor.
    """
    try:
        return _current.get()
    except LookupError:
        raise LookupError("current_request() is for predictors of a FakeServer, while they predict") from None


def begin_request(request: PredictionRequest) -> None:
    """Let a request be the current one of this thread."""
    _current.set(request)
