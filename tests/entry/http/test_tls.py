"""What is wrong with TLS files is told before the server starts."""

import re
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.certificates import Authority

from ragstone.entry.http.tls import TlsUnusable, client_context, server_context
from ragstone.settings import TlsSettings


def test_without_a_certificate_there_is_no_tls() -> None:
    assert server_context(TlsSettings()) is None
    assert client_context(TlsSettings()) is None


def test_a_locked_key_opens_with_its_password_alone(tmp_path: Path) -> None:
    files = Authority(tmp_path).certificate("rag.example", b"open")
    locked = {"certificate": files.certificate, "key": files.key}
    assert server_context(TlsSettings(**locked, key_password=SecretStr("open"))) is not None
    for wrong in (None, SecretStr("shut")):
        with pytest.raises(TlsUnusable, match=re.escape(files.certificate.name)):
            server_context(TlsSettings(**locked, key_password=wrong))


def test_a_key_must_fit_its_certificate_and_files_must_be_there(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.certificate("one"), authority.certificate("other")
    with pytest.raises(TlsUnusable):
        server_context(TlsSettings(certificate=one.certificate, key=other.key))
    with pytest.raises(TlsUnusable, match="No such file"):
        server_context(TlsSettings(certificate=tmp_path / "nowhere", key=one.key))
    with pytest.raises(TlsUnusable, match=r"other\.key"):
        server_context(TlsSettings(certificate=one.certificate, key=one.key, client_ca=other.key))


def test_the_command_line_trusts_the_certificate_of_the_settings_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ours, other = (
        TlsSettings(certificate=files.certificate, key=files.key)
        for files in (authority.certificate("rag.example"), authority.certificate("other.example"))
    )
    assert shake_hands(ours, ours) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(other, ours)


def shake_hands(server: TlsSettings, client: TlsSettings) -> str | None:
    """The version that a server and the command line of its machine agree on."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_side, client_side = server_context(server), client_context(client)
    assert server_side is not None
    assert client_side is not None
    ends = client_side.wrap_bio(down, up), server_side.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].version()
