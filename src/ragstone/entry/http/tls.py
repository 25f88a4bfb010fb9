"""Encryption of the server's own port."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.settings import TlsSettings

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TlsUnusable(Problem):
    """A certificate or key cannot be read, does not fit the other, or is locked."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "tls_unusable"


def server_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """What the server speaks TLS with, or None if it is not to. Raises `TlsUnusable`."""
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = _VERSIONS[settings.minimum_version]
    password = settings.key_password.get_secret_value() if settings.key_password else ""
    with _told(settings.certificate):
        # An empty password fails where one is wanted; without any, OpenSSL would stop and ask the terminal.
        context.load_cert_chain(settings.certificate, settings.key, lambda: password)
    if settings.client_ca is not None:
        with _told(settings.client_ca):
            context.load_verify_locations(settings.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """For the command line on the server's own machine: trusts the server's certificate alone, whatever its name.

    Raises `TlsUnusable`.
    """
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with _told(settings.certificate):
        context.load_verify_locations(settings.certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # The certificate need not be its own authority.
    context.check_hostname = False  # It is the very certificate; the name is that of the outside.
    return context


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise TlsUnusable(path=str(path), reason=error.reason or str(error)) from error
    except OSError as error:
        raise TlsUnusable(path=str(path), reason=error.strerror or str(error)) from error
