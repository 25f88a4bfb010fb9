"""Which passwords are accepted: long ones, whatever they are made of (NIST SP 800-63B, section 3.1.1.2)."""

from typing import ClassVar

from ragstone.kit.problem import Kind, Problem
from ragstone.settings import AuthSettings


class PasswordWeak(Problem):
    """The password is too short, or the first that anybody would try."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "password_weak"


def check_password(settings: AuthSettings, password: str, email: str) -> None:
    """Raises `PasswordWeak` for one that is short, is the address, or repeats a character or two."""
    is_obvious = password.lower() in {email, email.partition("@")[0]} or len(set(password)) < 3  # noqa: PLR2004
    if len(password) < settings.password_min_length or is_obvious:
        raise PasswordWeak(min_length=settings.password_min_length)
