"""What a caller may do."""

from enum import StrEnum
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class Permission(StrEnum):
    """Each permission is granted by itself; none includes another."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


ALL_PERMISSIONS: Final = frozenset(Permission)


class PermissionMissing(Problem):
    """The credential is valid, but does not allow this."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "permission_missing"


def require(scope: Scope, permission: Permission) -> None:
    """Raises `PermissionMissing` unless the caller has the permission."""
    if permission not in scope.permissions:
        raise PermissionMissing(permission=permission)
