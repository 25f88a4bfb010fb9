"""A loaded model: batches of token ids to unit vectors, on the calling thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # The package ships no types.

from ragstone.backends.embed_onnx.bert_config import BertConfig
from ragstone.backends.embed_onnx.bert_graph import EMBEDDING, IDS, MASK, bert_graph
from ragstone.backends.embed_onnx.known_models import WEIGHTS
from ragstone.backends.embed_onnx.model_folder import ModelFolder, damaged
from ragstone.backends.embed_onnx.safetensors import read_entries
from ragstone.ports.embedder import EmbedderUnavailable
from ragstone.ports.vectors import DenseMatrix


class Encoder:
    """One ONNX Runtime session, which many threads may use at once; each call runs on its caller's thread alone.

    The weights stay in their file, mapped into memory. Raises `ModelDamaged` if they are not what `config` describes.
    """

    def __init__(self, folder: ModelFolder, config: BertConfig) -> None:
        folder.verify()
        self._model = folder.name
        # The runtime refuses a weights file that is a link out of its folder, as the hub's cache makes them.
        path = (folder.path / WEIGHTS).resolve()
        try:
            graph = bert_graph(config, read_entries(path), path.name)
            self._session = onnxruntime.InferenceSession(graph, _options(path.parent), ["CPUExecutionProvider"])
        except Exception as error:  # The runtime's own exceptions have no base class but `Exception`.
            raise damaged(folder.name, path, str(error)) from error

    def embed(self, batch: Sequence[Sequence[int]]) -> DenseMatrix:
        """Vectors of the token sequences, none of them empty, in their order. Raises `EmbedderUnavailable`."""
        lengths = np.array([len(ids) for ids in batch])
        mask = (np.arange(lengths.max()) < lengths[:, np.newaxis]).astype(np.int64)
        ids = np.zeros_like(mask)
        ids[mask == 1] = np.concatenate(batch)
        try:
            (vectors,) = self._session.run([EMBEDDING], {IDS: ids, MASK: mask})
        except Exception as error:
            raise EmbedderUnavailable(model=self._model, reason=str(error)) from error
        result: DenseMatrix = vectors
        return result


def _options(weights_dir: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # Errors only; whatever matters is raised.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights_dir))
    return options
