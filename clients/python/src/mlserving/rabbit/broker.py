"""A connection to RabbitMQ that keeps itself connected, and publishes with confirms."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import re
from collections import deque
from typing import TYPE_CHECKING, Any

import pika
from pika import exceptions

from mlserving.rabbit import connecting
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.rabbit.judge import Judge, Publication
from mlserving.rabbit.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.asyncio_connection import AsyncioConnection
    from pika.channel import Channel

    from mlserving.configuration import Settings
    from mlserving.rabbit.message import Message

_REPLY_QUEUE = "amq.rabbitmq.reply-to"
_LONGEST_DELAY = 3.0
_PATIENCE = 10.0
# Codes with which the broker closes a channel (AMQP 0-9-1, 1.2): access refused, not found.
_NOT_FOUND = 404
_ABOUT_THE_ROUTE = (403, _NOT_FOUND)
_TOPIC = re.compile(r"access to topic '(.*)' in exchange", re.DOTALL)
_log = logging.getLogger("mlserving")


class Broker:
    """Publishes messages through one exchange, on one channel at a time.

    What has not been confirmed when a connection is lost is forgotten here: whoever published it does so again when ``on_open`` is called.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        takes_replies: bool,
        on_open: Callable[[], None],
        on_reply: Callable[[str, bytes], object],
    ) -> None:
        """Prepare a connection.

        Args:
            settings: Where the nodes are, and where messages go.
            name: What the connection is called.
            takes_replies: Whether messages ask for replies, which come on the same channel.
            on_open: Is told when messages can be published, for the first time or anew.
            on_reply: Is told of a reply's correlation id and its body.
        """
        self._settings = settings
        self._name = name
        self._takes_replies = takes_replies
        self._on_open = on_open
        self._on_reply = on_reply
        self._channel: Channel | None = None
        self._unconfirmed: dict[int, Publication] = {}
        self._judge = Judge()
        # What waits for its turn while suspects are sent one at a time.
        self._held: deque[Publication] = deque()
        self._returned: dict[str, str] = {}
        self._is_about_messages = False
        self._last_tag = 0
        self._failures = 0
        self.obstacle: RabbitError | None = None
        """Why nothing can be published at the moment."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be published."""
        return self._channel is not None

    async def run(self) -> None:
        """Connect, and keep connected until cancelled.

        Raises:
            RabbitError: The broker refuses us, and will do so again.
        """
        while True:
            try:
                await self._serve()
            except RabbitError as error:
                if error.failure is Failure.REFUSED:
                    raise
                self.obstacle = error
                _log.info("connecting to the broker again: %s", error)
            if self._is_about_messages:
                # What the broker disliked is not sent again, or alone: the others need not wait.
                self._is_about_messages = False
                continue
            self._failures += 1
            await asyncio.sleep(random.uniform(0, min(_LONGEST_DELAY, 0.1 * 2**self._failures)))  # noqa: S311

    def publish(self, message: Message, completion: Callable[[RabbitError | None], None]) -> None:
        """Publish a message, while the broker is open.

        Args:
            message: The request.
            completion: Is told of the broker's confirmation, or why there is none; never, if the connection is lost before.
        """
        if self._channel is None:
            return
        publication = Publication(message, completion)
        limit = self._judge.limit
        if limit is not None and len(message.body) > limit:
            # Sending it would close the channel, at the expense of all others.
            error = RabbitError(
                Failure.TOO_LARGE, f"message size {len(message.body)} is larger than {limit}, the most that the broker takes"
            )
            asyncio.get_running_loop().call_soon(completion, error)
        elif self._held or self._judge.suspects(message):
            self._held.append(publication)
            self._send_held()
        else:
            self._send(publication)

    def _send_held(self) -> None:
        """Send what was held back: suspects one at a time and nothing beside them, then all others."""
        while self._held and self._channel is not None:
            if self._unconfirmed and (self._judge.suspects(self._held[0].message) or self._is_suspect_under_way()):
                return
            self._send(self._held.popleft())

    def _is_suspect_under_way(self) -> bool:
        return any(self._judge.suspects(publication.message) for publication in self._unconfirmed.values())

    def _send(self, publication: Publication) -> None:
        message = publication.message
        if self._channel is None:
            return
        properties = Properties(
            content_type=message.content_type,
            content_encoding=message.content_encoding,
            delivery_mode=2,
            message_id=message.message_id,
            correlation_id=message.message_id,
            reply_to=_REPLY_QUEUE if message.wants_reply else None,
            expiration=str(message.expiration),
            timestamp=message.timestamp,
            headers=message.headers,
        )
        try:
            self._channel.basic_publish(self._settings.exchange, message.queue, message.body, properties, mandatory=True)
        except (exceptions.ChannelWrongStateError, exceptions.ConnectionWrongStateError) as error:
            # The channel is about to tell that it has been closed; whoever published publishes again then.
            _log.debug("a message could not be written: %s", error)
        except Exception as error:
            # Nothing was sent, and the broker does not count it.
            refusal = RabbitError(Failure.REFUSED, f"AMQP has no form for the message: {error}")
            asyncio.get_running_loop().call_soon(publication.completion, refusal)
        else:
            self._last_tag += 1
            self._unconfirmed[self._last_tag] = publication

    async def _serve(self) -> None:
        """Hold one connection until it is lost."""
        connection = await connecting.connect(self._settings, self._name)
        lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def lose(reason: BaseException) -> None:
            self._channel = None
            if not lost.done():
                lost.set_exception(self._judged(reason))

        connection.add_on_close_callback(lambda _, reason: lose(reason))
        try:
            channel = await self._open_channel(connection, lost, lose)
            self._last_tag = 0
            self._unconfirmed.clear()
            self._held.clear()
            self._returned.clear()
            self._channel = channel
            self.obstacle = None
            self._on_open()
            await lost
        finally:
            self._channel = None
            self._unconfirmed.clear()
            self._held.clear()
            lost.cancel()
            await connecting.end(connection)

    async def _open_channel(
        self, connection: AsyncioConnection, lost: asyncio.Future[None], lose: Callable[[BaseException], None]
    ) -> Channel:
        opened: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()

        def on_ready(channel: Channel) -> None:
            if not opened.done():
                opened.set_result(channel)

        def on_channel(channel: Channel) -> None:
            channel.add_on_close_callback(lambda _, reason: lose(reason))
            channel.add_on_return_callback(self._take_returned)
            channel.confirm_delivery(self._take_confirmation, callback=lambda _: on_confirming(channel))

        def on_confirming(channel: Channel) -> None:
            if self._takes_replies:
                channel.basic_consume(_REPLY_QUEUE, self._take_reply, auto_ack=True, callback=lambda _: on_ready(channel))
            else:
                on_ready(channel)

        try:
            connection.channel(on_open_callback=on_channel)
        except exceptions.AMQPError as error:
            raise RabbitError(Failure.UNAVAILABLE, f"the connection was lost at once: {error}") from error
        both: set[asyncio.Future[Any]] = {opened, lost}
        done, _ = await asyncio.wait(both, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if lost in done:
            lost.result()
        if opened not in done:
            raise RabbitError(Failure.UNAVAILABLE, f"no channel could be opened within {_PATIENCE:g} s")
        return opened.result()

    def _judged(self, reason: BaseException) -> RabbitError:
        """Tell those whose messages the broker refuses for good, and return why the channel is lost."""
        if not isinstance(reason, exceptions.ChannelClosedByBroker | exceptions.ConnectionClosedByBroker):
            return RabbitError(Failure.UNAVAILABLE, str(reason) or type(reason).__name__)
        code, text = reason.reply_code, reason.reply_text
        unconfirmed = list(self._unconfirmed.values())
        refused: list[Publication] = []
        failure = Failure.REFUSED
        if isinstance(reason, exceptions.ChannelClosedByBroker) and code in _ABOUT_THE_ROUTE:
            topic = _TOPIC.search(text)
            # With a topic exchange users may have rights for some routing keys only: the others go on.
            concerned = [publication for publication in unconfirmed if topic is not None and publication.message.queue == topic[1]]
            refused, self._is_about_messages = concerned or unconfirmed, True
            failure = Failure.UNROUTABLE if code == _NOT_FOUND else Failure.REFUSED
        elif self._judge.is_about_messages(code):
            self._is_about_messages = bool(unconfirmed)
            failure, refused = self._judge.verdict(code, text, unconfirmed, [publication.message for publication in self._held])
        self._unconfirmed.clear()
        for publication in refused:
            publication.completion(RabbitError(failure, text))
        return RabbitError(Failure.UNAVAILABLE, text)

    def _take_returned(self, _channel: object, method: Any, properties: Any, _body: bytes) -> None:
        if properties.message_id is not None:
            self._returned[properties.message_id] = f"no queue takes the message: {method.reply_text}"

    def _take_confirmation(self, frame: Any) -> None:
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        # Tags are in order.
        tags = list(itertools.takewhile(lambda known: known <= tag, self._unconfirmed)) if multiple else [tag]
        for known in tags:
            if known not in self._unconfirmed:
                continue
            publication = self._unconfirmed.pop(known)
            message, completion = publication.message, publication.completion
            self._judge.acquit(message)
            reason = self._returned.pop(message.message_id, None)
            if reason is not None:
                completion(RabbitError(Failure.UNROUTABLE, reason))
            elif isinstance(frame.method, pika.spec.Basic.Nack):
                completion(RabbitError(Failure.OVERLOADED, "the queue is full, or has no leader at the moment"))
            else:
                self._failures = 0
                completion(None)
        self._send_held()

    def _take_reply(self, _channel: object, _method: object, properties: Any, body: bytes) -> None:
        if properties.correlation_id is not None:
            self._on_reply(properties.correlation_id, body)
