"""The embedding models of a server: by the name the settings give them, and by the generation of vectors they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ragstone.kit.problem import Problem
from ragstone.ports.embedder import Embedder, EmbeddingModelMissing, EmbeddingModelUnknown


@dataclass(frozen=True, slots=True)
class Embedders:
    """`default` is None when the server runs on words alone; it is in `by_name` like the others."""

    default: Embedder | None = None
    by_name: Mapping[str, Embedder] = field(default_factory=dict)

    def find(self, generation: str) -> Embedder | None:
        """The model that makes the vectors of a generation, if the server has it."""
        return next((item for item in self.by_name.values() if _generation(item) == generation), None)

    def get(self, generation: str, name: str) -> Embedder:
        """The same; `name` is what a collection says of it. Raises `EmbeddingModelMissing`."""
        found = self.find(generation)
        if found is None:
            raise EmbeddingModelMissing(model=name, generation=generation)
        return found

    def named(self, name: str) -> Embedder:
        """The model of that name. Raises `EmbeddingModelUnknown`."""
        if name not in self.by_name:
            raise EmbeddingModelUnknown(model=name, known=", ".join(sorted(self.by_name)) or "none")
        return self.by_name[name]


def _generation(embedder: Embedder) -> str | None:
    """What it makes vectors of; None for a model on a server that has yet to answer for the first time."""
    try:
        return embedder.profile.generation
    except Problem as problem:
        if not problem.is_retryable:
            raise
        return None
