"""What can be wrong with a model on disk, each with the facts that say what to do about it."""

from typing import ClassVar

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.embedder import EmbedderUnavailable


class ModelNotInstalled(EmbedderUnavailable):
    """No folder has the model. Facts: `model`, `missing` (a file not found), `command` (what installs it)."""

    code: ClassVar[str] = "embedder_model_not_installed"


class ModelDamaged(EmbedderUnavailable):
    """A file of the model cannot be read or is not the published one. Facts: `model`, `path`, `reason`, `command`."""

    code: ClassVar[str] = "embedder_model_damaged"


class ModelUnsupported(EmbedderUnavailable):
    """The model is not of a kind this backend can run. Facts: `model`, `path`, `reason`."""

    code: ClassVar[str] = "embedder_model_unsupported"


class ModelUnknown(Problem):
    """No model of that name can be installed. Facts: `model`, `known` (the names that can be)."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "embedder_model_unknown"


class ModelInstallFailed(Problem):
    """The model could not be fetched. Facts: `model`, `source`, `reason`. What was installed before is untouched."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "embedder_model_install_failed"


def install_command(model: str) -> str:
    """The command that puts the model in place."""
    return f"ragstone models install {model}"
