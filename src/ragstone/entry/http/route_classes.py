"""What sort of work a request is, told by its method and path before anything else is done for it."""

import re
from collections.abc import Sequence
from typing import Final

from ragstone.features.accounts.limits import RouteClass

_TABLE: Final[Sequence[tuple[RouteClass, str, str]]] = (
    (RouteClass.AUTH, "GET|POST", r"/auth/.+"),
    (RouteClass.SEARCH, "POST", r"/search|/documents/search"),
    (RouteClass.SEARCH, "GET", r"/search/suggest"),
    (RouteClass.ANSWER, "POST", r"/answers|/chat|/chats/[^/]+/messages"),
    (RouteClass.INGEST, "POST", r"/ingest|/collections/[^/]+/documents"),
    (RouteClass.INGEST, "PUT", r"/documents/[^/]+/content"),
    (RouteClass.READ, "POST", r"/citations/verify|/collections/[^/]+/embedding/estimate"),
    (RouteClass.READ, "GET|HEAD|OPTIONS", r".*"),
)
"""Class, methods and path below the prefix; the first that fits. Whatever fits none changes something."""

_CLASSES: Final = tuple(
    (route_class, re.compile(rf"(?:{methods}) (?:/api/v1)?(?:{path})")) for route_class, methods, path in _TABLE
)


def route_class_of(method: str, path: str) -> RouteClass:
    """The class of a request."""
    request = f"{method} {path}"
    return next((found for found, pattern in _CLASSES if pattern.fullmatch(request)), RouteClass.WRITE)
