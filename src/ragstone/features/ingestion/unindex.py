"""Remove what versions that will not be published may have left in the index."""

from collections.abc import Sequence

from ragstone.kit.scope import Scope
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime


async def unindex(runtime: Runtime, scope: Scope, version_ids: Sequence[str]) -> None:
    """Remove the points of versions from every space of the tenant, as their collection may have moved meanwhile."""
    for space in await runtime.index.list_spaces():
        if space.tenant_id == scope.tenant_id:
            await runtime.index.delete(space, Condition("version_id", Op.IN, tuple(version_ids)))
