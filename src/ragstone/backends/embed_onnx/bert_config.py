"""What a sentence-transformers folder says about its BERT model: sizes, pooling, limits. It reads no weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ragstone.backends.embed_onnx.problems import ModelDamaged, ModelUnsupported, install_command

CONFIG: Final = "config.json"
SENTENCE_CONFIG: Final = "sentence_bert_config.json"
POOLING_CONFIG: Final = "1_Pooling/config.json"

_GELU_APPROXIMATIONS: Final = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


@dataclass(frozen=True, slots=True)
class BertConfig:
    """A `BertModel` and how its token vectors become one.

    `gelu_approximation` is `none` or `tanh`, as the ONNX operator Gelu names them. With `pools_first_token` the vector
    of a text is that of its first token; else it is the mean over its tokens.
    """

    hidden_size: int
    n_layers: int
    n_heads: int
    layer_norm_epsilon: float
    gelu_approximation: str
    pools_first_token: bool
    max_tokens: int


def read_bert_config(model: str, folder: Path) -> BertConfig:
    """The configuration in `folder`.

    Raises `ModelDamaged` if a file cannot be read, `ModelUnsupported` if the model is not a BERT that can be run here.
    """
    config = _read_json(model, folder / CONFIG)
    pooling = _read_json(model, folder / POOLING_CONFIG, optional=True)
    sentence = _read_json(model, folder / SENTENCE_CONFIG, optional=True)
    for reason in _objections(config, pooling):
        raise ModelUnsupported(model=model, path=str(folder), reason=reason)
    try:
        positions = int(config["max_position_embeddings"])
        return BertConfig(
            hidden_size=int(config["hidden_size"]),
            n_layers=int(config["num_hidden_layers"]),
            n_heads=int(config["num_attention_heads"]),
            layer_norm_epsilon=float(config["layer_norm_eps"]),
            gelu_approximation=_GELU_APPROXIMATIONS[config["hidden_act"]],
            pools_first_token=bool(pooling.get("pooling_mode_cls_token", False)),
            max_tokens=min(int(sentence.get("max_seq_length") or positions), positions),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(model, folder / CONFIG, f"no valid value for {error}") from error


def _objections(config: Mapping[str, Any], pooling: Mapping[str, Any]) -> list[str]:
    """Why the model cannot be run, worst first."""
    facts = {
        f"the model type is {config.get('model_type')!r}, not 'bert'": config.get("model_type") != "bert",
        f"the activation is {config.get('hidden_act')!r}": config.get("hidden_act") not in _GELU_APPROXIMATIONS,
        "its positions are not absolute": config.get("position_embedding_type", "absolute") != "absolute",
        "it pools neither by mean nor by the first token": bool(pooling)
        and pooling.get("pooling_mode_mean_tokens", False) == pooling.get("pooling_mode_cls_token", False),
    }
    return [reason for reason, applies in facts.items() if applies]


def _read_json(model: str, path: Path, *, optional: bool = False) -> dict[str, Any]:
    if optional and not path.exists():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(model, path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(model, path, "not a JSON object")
    return content


def _damaged(model: str, path: Path, reason: str) -> ModelDamaged:
    return ModelDamaged(model=model, path=str(path), reason=reason, command=install_command(model))
