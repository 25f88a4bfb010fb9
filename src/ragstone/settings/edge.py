"""Settings of the server's outer edge: TLS, where secrets come from, and forms of names and networks."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ragstone.settings.section import Section


class TlsSettings(Section):
    """Encryption of the server's own port; unset where a proxy in front does it."""

    certificate: Path | None = Field(None, description="PEM file with the certificate and those it is signed with.")
    key: Path | None = Field(None, description="PEM file with the private key.")
    key_password: SecretStr | None = Field(None, description="What opens the private key, if it is encrypted.")
    minimum_version: Literal["1.2", "1.3"] = Field("1.2", description="Oldest version of TLS spoken.")
    client_ca: Path | None = Field(
        None, description="PEM file with the authorities that must have signed a caller's certificate; unset asks none."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "TlsSettings":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("tls.certificate and tls.key belong together; give both or neither")
        if self.certificate is None and self.client_ca is not None:
            raise ValueError("tls.client_ca needs tls.certificate and tls.key, as callers are asked within TLS")
        return self


class SecretSettings(Section):
    """A store of secrets that settings are read from at the start; the environment beats it, as it beats the file."""

    provider: Literal["none", "vault", "aws", "aws-parameters", "gcp", "azure"] = Field(
        "none",
        description="`vault`: HashiCorp Vault, KV version 2. `aws`: a secret of AWS Secrets Manager. `aws-parameters`: "
        "the SSM parameters below a path. `gcp`: Secret Manager. `azure`: Key Vault. All but `vault` need an extra.",
    )
    url: str | None = Field(
        None, description="Where Vault or the Key Vault is; for AWS an endpoint of one's own instead of the region's."
    )
    name: str = Field(
        "ragstone",
        min_length=1,
        description="The secret's path in Vault or name in AWS, the path of the parameters, or what names begin with.",
    )
    mount: str = Field("secret", min_length=1, description="Where the KV engine of Vault is mounted.")
    namespace: str | None = Field(None, description="Vault's namespace.")
    token: SecretStr | None = Field(None, description="Vault's token.")
    role_id: str | None = Field(None, description="Vault's AppRole, instead of a token.")
    secret_id: SecretStr | None = Field(None, description="What goes with the AppRole.")
    region: str | None = Field(None, description="AWS region; unset means what the machine is set up for.")
    project: str | None = Field(None, description="Google Cloud project; unset means that of the machine.")
    ca_file: Path | None = Field(None, description="PEM file with the authorities of Vault's certificate.")
    timeout_s: float = Field(10.0, gt=0, description="Longest wait for the store, in seconds.")

    @model_validator(mode="after")
    def _is_whole(self) -> "SecretSettings":
        if self.provider in {"vault", "azure"} and not self.url:
            raise ValueError(f"secrets.url is needed with secrets.provider={self.provider}")
        if self.provider == "vault" and self.token is None and (self.role_id is None or self.secret_id is None):
            raise ValueError("vault wants secrets.token, or secrets.role_id with secrets.secret_id")
        return self


def _networks(given: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(item)) for item in given)
    except ValueError as error:
        raise ValueError(f"{error}; write addresses or networks, as 10.0.0.0/8 or 2001:db8::1") from error


def _origins(given: tuple[str, ...]) -> tuple[str, ...]:
    for origin in given:
        parts = urlsplit(origin)
        if origin != "*" and (not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}"):
            raise ValueError(f"{origin!r} is no origin; write scheme, host and port alone, as https://app.example.org")
    return given


def _hosts(given: tuple[str, ...]) -> tuple[str, ...]:
    for host in given:
        if not host or any(letter in host for letter in "/ ,") or "*" in host.removeprefix("*."):
            raise ValueError(f"{host!r} is no host name; write rag.example.org, or *.example.org for all below it")
    return given


Networks = Annotated[tuple[str, ...], AfterValidator(_networks)]
Origins = Annotated[tuple[str, ...], AfterValidator(_origins)]
Hosts = Annotated[tuple[str, ...], AfterValidator(_hosts)]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
