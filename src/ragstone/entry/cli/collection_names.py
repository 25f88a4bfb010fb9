"""Collections by the name people know them by, or by their id."""

from typing import Any, ClassVar

from ragstone.entry.cli.api import Api
from ragstone.kit.problem import Kind, Problem


class CollectionUnknown(Problem):
    """No collection has that name or id."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "collection_unknown"


async def find_collection(api: Api, name: str) -> dict[str, Any] | None:
    """The collection of that name or id, if there is one."""
    async for item in api.iter_items("/collections"):
        if name in {item["name"], item["id"]}:
            found: dict[str, Any] = item
            return found
    return None


async def get_collection(api: Api, name: str) -> dict[str, Any]:
    """The collection of that name or id. Raises `CollectionUnknown`."""
    found = await find_collection(api, name)
    if found is None:
        raise CollectionUnknown(name=name)
    return found


async def get_or_create_collection(api: Api, name: str) -> dict[str, Any]:
    """The collection of that name or id; made with that name if there is none."""
    found: dict[str, Any] = await find_collection(api, name) or await api.post("/collections", {"name": name})
    return found


async def collection_ids(api: Api, names: list[str]) -> list[str] | None:
    """The ids of the collections named; None, which stands for all, if none is."""
    return [(await get_collection(api, name))["id"] for name in names] or None
