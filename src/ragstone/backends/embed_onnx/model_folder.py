"""Where a model's files are, and whether they are the published ones. It never imports a weights package."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ragstone.backends.embed_onnx.bert_config import CONFIG
from ragstone.backends.embed_onnx.known_models import WEIGHTS, KnownModel, WeightsPackage, find_known_model
from ragstone.backends.embed_onnx.problems import ModelDamaged, ModelNotInstalled, install_command
from ragstone.backends.embed_onnx.tokeniser import TOKENIZER

_NEEDED: Final = (CONFIG, TOKENIZER, WEIGHTS)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with all files of a model. `known` is set where the files must be the published ones."""

    name: str
    path: Path
    known: KnownModel | None

    def weights_sha256(self) -> str:
        """The digest that names the weights. Pinned for a known model; else the file is read, or `ModelDamaged`."""
        return self.known.files[WEIGHTS] if self.known else _readable_sha256(self.name, self.path / WEIGHTS)

    def verify(self) -> None:
        """Read every pinned file. Raises `ModelDamaged` if one is not the published one."""
        pins = self.known.files if self.known else {}
        for file_name, sha256 in pins.items():
            verify_file(self.name, self.path / file_name, sha256)


def find_model_folder(name: str, *, folder: Path | None = None, data_dir: Path | None = None) -> ModelFolder:
    """The first place that has the model: `folder` alone if given; else the data folder, then the weights package.

    Nothing is read. Raises `ModelNotInstalled`.
    """
    known = find_known_model(name)
    needed = known.files if known else _NEEDED
    missing = ""
    for candidate in _candidates(name, known, folder, data_dir):
        lacking = [file_name for file_name in needed if not (candidate / file_name).is_file()]
        if not lacking:
            return ModelFolder(name, candidate, known)
        missing = missing or str(candidate / lacking[0])
    raise ModelNotInstalled(model=name, missing=missing, command=install_command(name))


def installed_folder(name: str, data_dir: Path) -> Path:
    """Where `ragstone models install` puts the model of that name."""
    return data_dir / "models" / name


def package_folder(package: WeightsPackage) -> Path | None:
    """The folder of weights inside an installed package, found without importing it."""
    spec = find_spec(package.module)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / package.folder if places else None


def verify_file(model: str, path: Path, sha256: str) -> None:
    """Raises `ModelDamaged` unless the file can be read and has that digest."""
    actual = _readable_sha256(model, path)
    if actual != sha256:
        raise damaged(model, path, f"its SHA-256 is {actual}, not {sha256}")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(model: str, path: Path, reason: str) -> ModelDamaged:
    """The problem that a file of the model is of no use."""
    return ModelDamaged(model=model, path=str(path), reason=reason, command=install_command(model))


def _readable_sha256(model: str, path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise damaged(model, path, str(error)) from error


def _candidates(name: str, known: KnownModel | None, folder: Path | None, data_dir: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    if data_dir is not None:
        yield installed_folder(name, data_dir)
    if known and known.package and (inside := package_folder(known.package)):
        yield inside
