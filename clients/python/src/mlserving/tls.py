"""How connections to a server are encrypted, whom they trust, and who we are there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlserving.errors import ConfigurationError, shown
from mlserving.files import refuse_irregular

if TYPE_CHECKING:
    from mlserving.environment import Environment

_VERIFICATIONS = ("full", "authority", "none")
_DETAILS = ("CA_FILE", "CERTIFICATE_FILE", "KEY_FILE", "KEY_PASSWORD", "KEY_PASSWORD_FILE", "VERIFY", "SERVER_NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class TLSSettings:
    """Encryption with TLS 1.2 or later.

    The files are read for every connection, so that renewed certificates are used from the next one on.

    Attributes:
        authority_file: A PEM file of the authorities to trust; ``None``: those of the system.
        certificate_file: A PEM file of our certificate, followed by those between it and its authority.
        key_file: A PEM file of our private key.
        key_password: What the private key is encrypted with.
        verification: ``full``, ``authority`` or ``none``.
        server_name: The name that the server's certificate must be for; ``None``: the host of the node.

    Raises:
        ConfigurationError: One of them is of another type, or is no verification.
    """

    authority_file: str | None = None
    """A PEM file of the authorities to trust; ``None``: those of the system."""
    certificate_file: str | None = None
    """A PEM file of our certificate, followed by those between it and its authority."""
    key_file: str | None = None
    """A PEM file of our private key."""
    key_password: str | None = field(default=None, repr=False)
    """What the private key is encrypted with; ``None``: it is not."""
    verification: str = "full"
    """``full``; ``authority``: whichever host the certificate is for; ``none``: nothing is checked, for tests only."""
    server_name: str | None = None
    """The name that the server's certificate must be for; ``None``: the host of the node."""

    def __post_init__(self) -> None:
        """Refuse what is of another type, or no verification: a word that is misspelt must not switch it off.

        Raises:
            ConfigurationError: It names the member.
        """
        for member in ("authority_file", "certificate_file", "key_file", "key_password", "server_name"):
            value = getattr(self, member)
            if value is not None and not isinstance(value, str):
                raise ConfigurationError(member, f"is a text or None, not a {type(value).__name__}")
        if self.verification not in _VERIFICATIONS:
            raise ConfigurationError("verification", f"is one of {', '.join(_VERIFICATIONS)}; {shown(self.verification)} is not")

    @staticmethod
    def read(environment: Environment, prefix: str) -> TLSSettings | None:
        """Read settings by the key ``<prefix>_TLS`` and those that begin with it; ``None``: no encryption.

        Raises:
            ConfigurationError: A value or a file cannot be used, or there are details of an encryption that nobody switched on or off.
        """
        key = prefix + "_TLS"
        if environment.string(key) is None:
            for detail in _DETAILS:
                if environment.string(f"{key}_{detail}") is not None:
                    message = f"is set, but {key} is not: set {key} to 1 to encrypt, or to 0 not to"
                    raise ConfigurationError(f"{key}_{detail}", message)
            return None
        if not environment.flag(key):
            return None
        settings = TLSSettings(
            authority_file=environment.string(key + "_CA_FILE"),
            certificate_file=environment.string(key + "_CERTIFICATE_FILE"),
            key_file=environment.string(key + "_KEY_FILE"),
            key_password=environment.secret(key + "_KEY_PASSWORD"),
            verification=environment.choice(key + "_VERIFY", "full", _VERIFICATIONS),
            server_name=environment.string(key + "_SERVER_NAME"),
        )
        settings.check(key)
        return settings

    def check(self, key: str) -> None:
        """See whether the files can be used.

        Raises:
            ConfigurationError: One of them cannot; ``key`` is what the keys of the settings begin with.
        """
        if (self.certificate_file is None) != (self.key_file is None):
            raise ConfigurationError(key, f"{key}_CERTIFICATE_FILE and {key}_KEY_FILE go together")
        try:
            for file in (self.authority_file, self.certificate_file, self.key_file):
                # OpenSSL would wait for whoever writes into a pipe. What else is wrong with a file it says by itself, without the path.
                if file is not None and Path(file).exists():
                    refuse_irregular(Path(file).stat())
            self.context()
        except (OSError, ValueError) as error:
            files = ", ".join(shown(file, is_path=True) for file in (self.authority_file, self.certificate_file, self.key_file) if file)
            raise ConfigurationError(key, f"one of the files cannot be used: {files}: {error}") from error

    def context(self) -> ssl.SSLContext:
        """Make what a connection is encrypted by."""
        context = ssl.create_default_context(cafile=self.authority_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = self.verification == "full"
        context.hostname_checks_common_name = False
        # Python 3.13 began to refuse authorities without the extensions of RFC 5280, which the project's other programs accept.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.verification == "none":
            context.verify_mode = ssl.CERT_NONE
        if self.certificate_file is not None:
            # Without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(self.certificate_file, self.key_file, self.key_password or "")
        return context
