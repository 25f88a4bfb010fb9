"""What a caller may do, and what each role of a tenant's members comes to."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class Permission(StrEnum):
    """Each permission is granted by itself; none includes another.

    `owner` is for what decides over the tenant itself, `platform` for what concerns the installation.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    OWNER = "owner"
    PLATFORM = "platform"


ALL_PERMISSIONS: Final = frozenset(Permission)


class Role(StrEnum):
    """What a member is in a tenant."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OWNER = "owner"


PERMISSIONS_OF: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Permission.READ}),
        Role.EDITOR: frozenset({Permission.READ, Permission.WRITE}),
        Role.ADMIN: frozenset({Permission.READ, Permission.WRITE, Permission.ADMIN}),
        Role.OWNER: frozenset({Permission.READ, Permission.WRITE, Permission.ADMIN, Permission.OWNER}),
    }
)


class PermissionMissing(Problem):
    """The credential is valid, but does not allow this."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "permission_missing"


def permissions_of(role: Role, *, is_platform_admin: bool) -> frozenset[Permission]:
    """What a member may do in a tenant."""
    return PERMISSIONS_OF[role] | ({Permission.PLATFORM} if is_platform_admin else frozenset())


def require(scope: Scope, permission: Permission) -> None:
    """Raises `PermissionMissing` unless the caller has the permission."""
    if permission not in scope.permissions:
        raise PermissionMissing(permission=permission)
