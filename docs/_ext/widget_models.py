"""Models of the package as files that a page can load, also from `file://`.

A model becomes scripts of about half a megabyte, each with a part of its weights in
Base64, since a page that was opened from a disk may load scripts and nothing else.
Large matrices are stored as 10-bit integers with a scale for each row, other weights
as float32. `docs/widgets/` has the JavaScript that computes with them.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

PART = 480_000  # bytes of weights in a script
# Small matrices that are stored as float32: rounding them changes the logits more than
# rounding all the others. Every text uses the same rows of the two embeddings, and rows
# of the head have outliers.
EXACT = ("positions", "segments", "maskHead.dense.weight")
# Parents of weights in KerasNLP's transformer blocks: name in the JavaScript.
_BLOCK = {
    "query": "query",
    "key": "key",
    "value": "value",
    "attention_output": "output",
    "self_attention_layer_norm": "attentionNorm",
    "feedforward_intermediate_dense": "widen",
    "feedforward_output_dense": "narrow",
    "feedforward_layer_norm": "outputNorm",
}
_HEAD = {"intermediate_dense": "dense", "intermediate_layer_norm": "norm"}
_KINDS = {"kernel": "weight", "gamma": "weight", "beta": "bias"}


def bert(name: str, masked_lm: Any) -> dict[str, Any]:
    """Return a `BertMaskedLM` as a description and tensors.

    Args:
        name: name for the page.
        masked_lm: the model.
    """
    head = masked_lm.get_layer("mlm_head")
    model = _bert(name, masked_lm)
    model["tensors"] |= _named(head.weights, "maskHead", _HEAD)
    (bias,) = (v for v in head.weights if v.path.endswith("/output_bias"))
    model["tensors"]["maskHead.bias"] = np.array(bias)
    model["config"]["headEpsilon"] = head.layer_norm_epsilon
    return model


def classifier(name: str, trained: Any) -> dict[str, Any]:
    """Return a trained model of chapter 4 as a description and tensors.

    Args:
        name: name for the page.
        trained: a `TrainedModel` with a `BertTextClassifier`.
    """
    model = _bert(name, trained.model)
    pooled = trained.model.backbone.get_layer("pooled_dense")
    model["tensors"] |= _dense("pooler", pooled)
    model["tensors"] |= _dense("classifier", trained.model.output_dense)
    model["config"] |= {
        "labels": trained.labels,
        "maxTokens": trained.config.sequence_length,
    }
    return model


def gpt2(name: str, causal_lm: Any) -> dict[str, Any]:
    """Return a `GPT2CausalLM` as a description and tensors.

    Args:
        name: name for the page.
        causal_lm: the model.
    """
    backbone, tokenizer = causal_lm.backbone, causal_lm.preprocessor.tokenizer
    tensors = _blocks(backbone)
    tensors |= _named(backbone.get_layer("layer_norm").weights, "norm")
    config = _sizes(backbone) | {"kind": "gpt2", "end": tokenizer.end_token_id}
    vocabulary = [tokenizer.id_to_token(i) for i in range(len(tokenizer.vocabulary))]
    tables = {"vocabulary": vocabulary, "merges": list(tokenizer.merges)}
    return {"name": name, "config": config, "tables": tables, "tensors": tensors}


def _bert(name: str, task: Any) -> dict[str, Any]:
    backbone, tokenizer = task.backbone, task.preprocessor.tokenizer
    tensors = _blocks(backbone)
    tensors["segments"] = np.array(backbone.get_layer("segment_embedding").weights[0])
    norm = backbone.get_layer("embeddings_layer_norm")
    tensors |= _named(norm.weights, "norm")
    special = [tokenizer.oov_token, *dict.fromkeys(tokenizer.special_tokens)]
    tables = {
        "vocabulary": list(tokenizer.get_vocabulary()),
        "special": list(dict.fromkeys(special)),
    }
    config = _sizes(backbone) | {"kind": "bert"}
    return {"name": name, "config": config, "tables": tables, "tensors": tensors}


def _sizes(backbone: Any) -> dict[str, Any]:
    first = backbone.get_layer("transformer_layer_0")
    return {
        "heads": backbone.num_heads,
        "maxTokens": backbone.max_sequence_length,
        "epsilon": first.layer_norm_epsilon,
        "activation": _activation(first.activation),
    }


def _activation(function: Any) -> str:
    """Return which GELU an activation is; the page has both."""
    at_one = float(np.array(function(np.ones(1, "float32")))[0])
    for name, expected in (("gelu", 0.8413447), ("geluTanh", 0.8411920)):
        if abs(at_one - expected) < 2e-5:
            return name
    raise ValueError(f"the page has no activation like {function}")


def _blocks(backbone: Any) -> dict[str, np.ndarray]:
    tensors = {
        "tokens": np.array(backbone.token_embedding.embeddings),
        "positions": np.array(backbone.get_layer("position_embedding").weights[0]),
    }
    for i in range(backbone.num_layers):
        layer = backbone.get_layer(f"transformer_layer_{i}")
        tensors |= _named(layer.weights, f"blocks.{i}", _BLOCK)
    return tensors


def _named(
    variables: Iterable[Any], prefix: str, names: dict[str, str] | None = None
) -> dict[str, np.ndarray]:
    """Return weights by the names that the JavaScript uses.

    Args:
        variables: the weights; those whose parent is not in `names` are left out.
        prefix: first part of the names.
        names: parent to its name; None if the prefix names the parent.
    """
    tensors = {}
    for variable in variables:
        *_, parent, kind = variable.path.split("/")
        if names is not None and parent not in names:
            continue
        middle = f".{names[parent]}" if names else ""
        value = np.array(variable)
        if kind == "kernel":
            value = _matrix(value, parent)
        elif kind == "bias":
            value = value.reshape(-1)
        tensors[f"{prefix}{middle}.{_KINDS.get(kind, kind)}"] = value
    return tensors


def _matrix(kernel: np.ndarray, parent: str) -> np.ndarray:
    """Return a kernel as (outputs, inputs); heads are joined."""
    inputs = -1 if parent == "attention_output" else kernel.shape[0]
    matrix = kernel.reshape(inputs, kernel.shape[-1] if inputs == -1 else -1)
    return np.ascontiguousarray(matrix.T)


def _dense(name: str, layer: Any) -> dict[str, np.ndarray]:
    return {
        f"{name}.weight": np.ascontiguousarray(np.array(layer.kernel).T),
        f"{name}.bias": np.array(layer.bias),
    }


# === Files ===


def quantize(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Round a matrix to 10 bits.

    Args:
        matrix: float array, (rows, columns).

    Returns:
        Scale of each row, float32, (rows,). The upper 8 bits of integers from -511 to
        511, int8, (rows, columns). Their lower 2 bits, four integers in a byte, the
        first one lowest, uint8. `scale * (4 * upper + lower)` is the matrix, up to
        half a scale.
    """
    largest = np.abs(matrix).max(axis=1)
    scales = (np.where(largest > 0, largest, 1) / 511).astype("float32")
    integers = np.rint(matrix / scales[:, None]).astype("int16")
    lower = np.pad((integers & 3).reshape(-1), (0, -matrix.size % 4)).reshape(-1, 4)
    packed = (lower << np.array([0, 2, 4, 6])).sum(axis=1).astype("uint8")
    return scales, (integers >> 2).astype("int8"), packed


def _packed(tensors: dict[str, np.ndarray]) -> tuple[list[dict[str, Any]], bytes]:
    entries, parts, offset = [], [], 0
    for name, value in tensors.items():
        if name in EXACT:
            value = value.reshape(-1)
        arrays = quantize(value) if value.ndim == 2 else (value.astype("float32"),)
        entries.append({"name": name, "shape": value.shape, "offset": offset})
        data = b"".join(array.tobytes() for array in arrays)
        data += bytes(-len(data) % 4)  # float32 begins at multiples of 4
        parts.append(data)
        offset += len(data)
    return entries, b"".join(parts)


def write(model: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write the scripts of a model.

    Args:
        model: a description and tensors, from `bert`, `classifier` or `gpt2`.
        folder: folder for the scripts; it must exist.

    Returns:
        What the page must know before it loads them: `kind`, `parts` (number of scripts
        with weights), `bytes` of weights, `tableBytes` of everything else, and
        `version`, which changes with the content.
    """
    entries, data = _packed(model["tensors"])
    config = model["config"] | {"tensors": entries}
    tables = _call("tables", model["name"], model["tables"], config)
    (folder / "tables.js").write_text(tables, encoding="utf-8")
    parts = [data[start : start + PART] for start in range(0, len(data), PART)]
    for i, part in enumerate(parts):
        script = _call("part", model["name"], i, base64.b64encode(part).decode())
        (folder / f"{i}.js").write_text(script, encoding="utf-8")
    return {
        "kind": config["kind"],
        "parts": len(parts),
        "bytes": len(data),
        "tableBytes": len(tables.encode()),
        "version": hashlib.sha256(data + tables.encode()).hexdigest()[:12],
    }


def _call(function: str, *arguments: Any) -> str:
    values = (json.dumps(a, ensure_ascii=False) for a in arguments)
    return f"KoreanModels.{function}({','.join(values)});\n"


def program(paths: Iterable[Path]) -> str:
    """Return a script that hands the page the source of the worker.

    Args:
        paths: JavaScript files, in the order in which they run.
    """
    return _call("program", "\n".join(p.read_text(encoding="utf-8") for p in paths))


def model_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that a model depends on."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            yield path
