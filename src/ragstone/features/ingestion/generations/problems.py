"""What can be wrong with a change of the embedding model."""

from typing import ClassVar

from ragstone.kit.problem import Kind, Problem


class CollectionMoving(Problem):
    """A job is changing the embedding model of the collection already."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "collection_moving"


class ModelInUse(Problem):
    """The collection has this embedding model already."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "embedding_model_in_use"


class NoPreviousModel(Problem):
    """Nothing is kept of an embedding model the collection had before."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "no_previous_model"
