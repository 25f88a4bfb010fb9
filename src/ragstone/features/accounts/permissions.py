"""What a caller may do, and what each role of a tenant's members comes to."""

from collections.abc import Iterable, Mapping
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


class ScopeTooNarrow(Problem):
    """The credential is for some collections only, and this concerns the whole tenant."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "scope_too_narrow"


def permissions_of(role: Role, *, is_platform_admin: bool) -> frozenset[Permission]:
    """What a member may do in a tenant."""
    return PERMISSIONS_OF[role] | ({Permission.PLATFORM} if is_platform_admin else frozenset())


def require(scope: Scope, permission: Permission) -> None:
    """Raises `PermissionMissing` unless the caller has the permission."""
    if permission not in scope.permissions:
        raise PermissionMissing(permission=permission)


class GrantExceeded(Problem):
    """The caller would give away more than it has itself."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "grant_exceeded"


def check_grant(scope: Scope, permissions: Iterable[str], collection_ids: frozenset[str] | None = None) -> None:
    """Raises `GrantExceeded` unless the caller itself has all it wants to give. None stands for every collection."""
    if missing := sorted(set(permissions) - scope.permissions):
        raise GrantExceeded(what=", ".join(missing))
    own = scope.collection_ids
    if own is not None and (collection_ids is None or not collection_ids <= own):
        raise GrantExceeded(what=", ".join(sorted((collection_ids or frozenset()) - own)) or "collection_ids")


def require_every_collection(scope: Scope) -> None:
    """Raises `ScopeTooNarrow` if the caller is limited to some collections."""
    if scope.collection_ids is not None:
        raise ScopeTooNarrow
