"""What a client is configured by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, cast

from mlserving.checking import check
from mlserving.environment import Environment
from mlserving.errors import ConfigurationError
from mlserving.tls import TLSSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Node = tuple[str, int]
"""Where a server listens: a name or an address, and a TCP port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Servers, queue and limits. Times are in seconds.

    ``Settings.load()`` reads them by the keys that programs in Swift read too; those keys stand behind the names here.

    Attributes:
        rabbit_nodes: The nodes of RabbitMQ, tried in random order (``RABBIT_NODES``).
        rabbit_user: The user there (``RABBIT_USER``).
        rabbit_password: The user's password (``RABBIT_PASSWORD``).
        rabbit_virtual_host: The virtual host (``RABBIT_VHOST``).
        rabbit_authentication: ``plain`` or ``external`` (``RABBIT_AUTH_MECHANISM``).
        rabbit_tls: How connections to RabbitMQ are encrypted (``RABBIT_TLS``); ``None``: not at all.
        rabbit_heartbeat: The interval of heartbeats (``RABBIT_HEARTBEAT_TIMEOUT``).
        rabbit_blocked_timeout: How long publishes wait while RabbitMQ is short of memory or disk (``RABBIT_BLOCKED_CONNECTION_TIMEOUT``).
        redis_nodes: The Redis servers (``REDIS_NODES``).
        redis_cluster: Whether they are nodes of a Redis Cluster (``REDIS_CLUSTER``).
        redis_sentinel_nodes: The sentinels to ask for the server (``REDIS_SENTINEL_NODES``).
        redis_sentinel_master: The name by which they watch it (``REDIS_SENTINEL_MASTER``).
        redis_sentinel_user: The user at the sentinels (``REDIS_SENTINEL_USER``).
        redis_sentinel_password: That user's password (``REDIS_SENTINEL_PASSWORD``).
        redis_user: The user at Redis (``REDIS_USER``).
        redis_password: That user's password (``REDIS_PASSWORD``).
        redis_database: The number of the database (``REDIS_DATABASE``).
        redis_tls: How connections to Redis are encrypted (``REDIS_TLS``).
        queue: The queue of requests that name no model (``QUEUE_NAME``).
        exchange: The exchange in front of it and of the queues of models; empty: the default exchange (``EXCHANGE_NAME``).
        result_mode: ``store``: results come through Redis; ``queue``: as replies (``QUEUE_ONLY``, 0 or 1).
        protocol: ``native``, or ``template`` to be served by consumers of the template. ``PRODUCER_PROTOCOL`` has both in one word:
            ``native``, ``template-store`` or ``template-queue``, which are ``template`` with that ``result_mode``.
        result_queue: The queue by which results are fetched without a store (``CACHE_QUEUE_NAME``).
        timeout: How long a caller waits who does not say (``RABBIT_TTL``, in milliseconds).
        key_prefix: What the keys of results begin with (``RESULT_PREFIX``).
        maximum_in_flight: How many requests may be under way at once for each model (``MAX_IN_FLIGHT``).
        compression_minimum: The size from which on requests and results are compressed; ``None``: none is (``COMPRESSION``,
            ``COMPRESSION_MINIMUM``).
        sweep_interval: How often results are read without having been announced.
        poll_interval: How often results are read while Redis cannot announce them (``CACHE_POOLING_TIMEOUT``).
    """

    rabbit_nodes: tuple[Node, ...] = (("localhost", 5672),)
    """The nodes of RabbitMQ, tried in random order."""
    rabbit_user: str = "guest"
    rabbit_password: str = field(default="guest", repr=False)
    rabbit_virtual_host: str = "/"
    rabbit_authentication: Literal["plain", "external"] = "plain"
    """How we prove to RabbitMQ who we are: by password, or by the certificate in ``rabbit_tls``."""
    rabbit_tls: TLSSettings | None = None
    rabbit_heartbeat: int = 60
    """How often RabbitMQ and the client show each other that they live."""
    rabbit_blocked_timeout: float = 300
    """How long publishes wait while RabbitMQ is short of memory or disk."""

    redis_nodes: tuple[Node, ...] = (("localhost", 6379),)
    """The Redis servers, of which the first that takes writes is used; with ``redis_cluster`` some nodes of the cluster."""
    redis_cluster: bool = False
    redis_sentinel_nodes: tuple[Node, ...] = ()
    """The sentinels that tell where the server is that takes writes; none: it is one of ``redis_nodes``."""
    redis_sentinel_master: str = "mymaster"
    redis_sentinel_user: str | None = None
    redis_sentinel_password: str | None = field(default=None, repr=False)
    redis_user: str | None = None
    redis_password: str | None = field(default=None, repr=False)
    redis_database: int = 0
    redis_tls: TLSSettings | None = None

    queue: str = "task_queue"
    """The queue of requests that name no model; the consumer declares it."""
    exchange: str = ""
    """The exchange that routes requests to queues, by their names; empty: the default exchange."""
    result_mode: Literal["store", "queue"] = "store"
    """How results come: through Redis, or as replies, so that the client needs to reach RabbitMQ only, and cannot submit work for later."""
    protocol: Literal["native", "template"] = "native"
    """``native``: consumers of this project are asked in their own way; ``template``: consumers that speak the protocols of the template,
    which pickle, are asked in theirs.
    """
    result_queue: str | None = None
    """The queue by which stored results are fetched while ``result_mode`` is ``queue``; without it such a client cannot submit work."""
    timeout: float = 60
    """How long a caller waits who does not say."""
    key_prefix: str = "mlserving"
    """What the keys of results begin with."""
    maximum_in_flight: int = 4096
    """How many requests may be under way at once for each model; more wait for their turn, within their deadlines."""
    compression_minimum: int | None = None
    """The size in bytes from which on requests are compressed for consumers that take that, and results may be; ``None``: nothing is.
    Without the package ``zstandard`` nothing is either.
    """
    sweep_interval: float = 1
    """How often results are read without having been announced, in case an announcement was lost."""
    poll_interval: float = 0.1
    """How often results are read while Redis cannot announce them."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ConfigurationError: It names the key of the environment.
        """
        check(self)
        if self.rabbit_authentication == "external" and (self.rabbit_tls is None or self.rabbit_tls.certificate_file is None):
            message = "external needs a certificate: set RABBIT_TLS to 1, RABBIT_TLS_CERTIFICATE_FILE and RABBIT_TLS_KEY_FILE"
            raise ConfigurationError("RABBIT_AUTH_MECHANISM", message)
        if self.redis_user is not None and self.redis_password is None:
            raise ConfigurationError("REDIS_USER", "needs REDIS_PASSWORD or REDIS_PASSWORD_FILE: Redis logs a user in by a password")
        if self.redis_sentinel_nodes and self.redis_sentinel_user is not None and self.redis_sentinel_password is None:
            message = "needs REDIS_SENTINEL_PASSWORD or REDIS_SENTINEL_PASSWORD_FILE: a user logs in by a password"
            raise ConfigurationError("REDIS_SENTINEL_USER", message)
        if not self.rabbit_nodes or not (self.redis_nodes or self.redis_sentinel_nodes):
            raise ConfigurationError("RABBIT_NODES" if not self.rabbit_nodes else "REDIS_NODES", "names no server")
        if not self.redis_cluster:
            return
        if self.protocol == "template" and self.result_mode == "store":
            message = "template-store contradicts REDIS_CLUSTER=1: its keys have nothing that keeps them on one node"
            raise ConfigurationError("PRODUCER_PROTOCOL", message)
        if self.redis_database != 0:
            raise ConfigurationError("REDIS_DATABASE", f"{self.redis_database} is not 0, the only database of a Redis Cluster")
        if self.redis_sentinel_nodes:
            message = "1 contradicts REDIS_SENTINEL_NODES; a Redis Cluster has no sentinels"
            raise ConfigurationError("REDIS_CLUSTER", message)

    @classmethod
    def load(cls, files: Sequence[str | Path] | None = None, overrides: Mapping[str, str] | None = None) -> Settings:
        """Read settings from the environment, and from ``*.env`` files for what the environment leaves open.

        Args:
            files: The files, of which each must exist. ``None``: those that ``MLSERVING_ENV_FILES`` names, separated by colons, else
                ``variables.env`` in the working directory if there is one.
            overrides: Values that come before all others, by the same keys.

        Raises:
            ConfigurationError: It names the key, the value and the expected form.
        """
        return cls.read(Environment.load(files, overrides))

    @classmethod
    def read(cls, environment: Environment) -> Settings:
        """Read settings from given sources. The keys are those of ``variables.env`` in the project's root that concern producers.

        Raises:
            ConfigurationError: It names the key, the value and the expected form.
        """
        defaults = cls()
        rabbit_tls = TLSSettings.read(environment, "RABBIT")
        # Unless told otherwise RabbitMQ listens for TLS on this port.
        rabbit_nodes = environment.nodes("RABBIT_NODES", (("localhost", 5671),) if rabbit_tls else defaults.rabbit_nodes)
        # Where there are other nodes to go to, a silent one is left sooner.
        messaging = environment.choice("PRODUCER_PROTOCOL", "native", ("native", "template-store", "template-queue"))
        is_queue_only = environment.flag("QUEUE_ONLY", default=messaging == "template-queue")
        if messaging != "native" and is_queue_only != (messaging == "template-queue"):
            raise ConfigurationError("PRODUCER_PROTOCOL", f"{messaging} contradicts QUEUE_ONLY={int(is_queue_only)}")
        heartbeat = 10 if len(rabbit_nodes) > 1 else defaults.rabbit_heartbeat
        rabbit_user = environment.string("RABBIT_USER") or defaults.rabbit_user
        rabbit_password = environment.secret("RABBIT_PASSWORD")
        settings = cls(
            rabbit_nodes=rabbit_nodes,
            rabbit_user=rabbit_user,
            rabbit_password=rabbit_password or defaults.rabbit_password,
            rabbit_virtual_host=environment.string("RABBIT_VHOST") or defaults.rabbit_virtual_host,
            rabbit_authentication=cast(
                'Literal["plain", "external"]',
                environment.choice("RABBIT_AUTH_MECHANISM", "plain", ("plain", "external")),
            ),
            rabbit_tls=rabbit_tls,
            rabbit_heartbeat=environment.integer("RABBIT_HEARTBEAT_TIMEOUT", heartbeat, 1, 65_535),
            rabbit_blocked_timeout=environment.seconds("RABBIT_BLOCKED_CONNECTION_TIMEOUT", defaults.rabbit_blocked_timeout),
            queue=environment.string("QUEUE_NAME") or defaults.queue,
            exchange=environment.string("EXCHANGE_NAME") or defaults.exchange,
            result_mode="queue" if is_queue_only else "store",
            protocol="native" if messaging == "native" else "template",
            result_queue=environment.string("CACHE_QUEUE_NAME"),
            timeout=environment.integer("RABBIT_TTL", 60_000, 1, 31_536_000_000) / 1000,
            key_prefix=environment.string("RESULT_PREFIX") or defaults.key_prefix,
            maximum_in_flight=environment.integer("MAX_IN_FLIGHT", defaults.maximum_in_flight, 1, 1_000_000),
            compression_minimum=(
                environment.integer("COMPRESSION_MINIMUM", 16_384, 0, 1 << 40) if environment.flag("COMPRESSION") else None
            ),
            poll_interval=environment.seconds("CACHE_POOLING_TIMEOUT", defaults.poll_interval),
        )
        # Only guest has a password that everybody knows.
        if settings.rabbit_authentication == "plain" and rabbit_user != defaults.rabbit_user and rabbit_password is None:
            raise ConfigurationError("RABBIT_USER", "needs RABBIT_PASSWORD or RABBIT_PASSWORD_FILE: RabbitMQ logs a user in by a password")
        return settings._with_redis(environment)

    def _with_redis(self, environment: Environment) -> Settings:
        return replace(
            self,
            redis_nodes=environment.nodes("REDIS_NODES", self.redis_nodes),
            redis_cluster=environment.flag("REDIS_CLUSTER"),
            redis_sentinel_nodes=environment.nodes("REDIS_SENTINEL_NODES", ()),
            redis_sentinel_master=environment.string("REDIS_SENTINEL_MASTER") or self.redis_sentinel_master,
            redis_sentinel_user=environment.string("REDIS_SENTINEL_USER"),
            redis_sentinel_password=environment.secret("REDIS_SENTINEL_PASSWORD"),
            redis_user=environment.string("REDIS_USER"),
            redis_password=environment.secret("REDIS_PASSWORD"),
            redis_database=environment.integer("REDIS_DATABASE", 0, 0, 65_535),
            redis_tls=TLSSettings.read(environment, "REDIS"),
        )
