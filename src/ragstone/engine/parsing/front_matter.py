"""The YAML head of a Markdown file, read as plain texts: no type is guessed and no YAML feature is executed."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import yaml

_FRONT_MATTER: Final = re.compile(r"---[ \t]*\n(.*?)\n?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_MAX_CHARS: Final = 1 << 16
_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "author": "author",
        "authors": "author",
        "category": "category",
        "date": "date",
        "description": "description",
        "keywords": "tags",
        "lang": "language",
        "language": "language",
        "tags": "tags",
        "title": "title",
    }
)


def split_front_matter(text: str) -> tuple[int, dict[str, str]]:
    """Where the front matter of `text` ends (0 if it has none), and the fields of it that are known.

    A list becomes one text, its items parted by commas. Only the first 65,536 characters are looked at.
    """
    match = _FRONT_MATTER.match(text, 0, _MAX_CHARS)
    root = _compose(match.group(1)) if match else None
    if match is None or not isinstance(root, yaml.MappingNode):
        return 0, {}
    found = {
        _FIELDS[key.value.lower()]: _as_text(value)
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode) and key.value.lower() in _FIELDS
    }
    return match.end(), {name: value for name, value in found.items() if value}


def _compose(source: str) -> yaml.Node | None:
    """The node graph of a YAML text, or None if it is not YAML: then the dashes were only a rule across the page.

    Nodes are not made into objects: aliases and merge keys, which a few lines can blow up to gigabytes, stay unread.
    """
    try:
        node: yaml.Node | None = yaml.compose(source, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return node


def _as_text(node: yaml.Node) -> str:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return ", ".join(" ".join(item.value.split()) for item in items if isinstance(item, yaml.ScalarNode) and item.value)
