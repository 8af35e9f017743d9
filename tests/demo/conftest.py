"""Models too small to be right, which answer all the same."""

import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.demo.models import DemoModel
from kerasnlp_tutorial.runs import TrainedModel

TEXTS = ["티끌 모아 태산이다", "가는 말이 고와야 오는 말이 곱다"]


def untrained(chapter):
    """A chapter's model with random weights."""
    module = registry.find(chapter).load()
    config = module.Config.quick(vocabulary_size=600)
    splits = module.load_examples(config)
    return TrainedModel(module.build_model(config, splits), splits.labels, config)


def language_model():
    """A GPT-2 with random weights and a vocabulary of bytes, nearly."""
    import keras
    import keras_nlp

    from kerasnlp_tutorial.tokenizers import ByteLevelBPE

    bpe = ByteLevelBPE.train(TEXTS, 260)
    keras.utils.set_random_seed(7)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    size = len(bpe.vocabulary)
    backbone = keras_nlp.models.GPT2Backbone(size, 1, 2, 16, 32, max_sequence_length=96)
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 96)
    return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


@pytest.fixture(scope="session")
def writer():
    model = TrainedModel(language_model(), (), None)
    return DemoModel("ch08", "문장 생성하기", lambda: model)


@pytest.fixture(scope="session")
def demos(writer):
    chapters = ("ch04", "ch05", "ch06", "ch07")
    models = [
        DemoModel(name, registry.find(name).title, lambda name=name: untrained(name))
        for name in chapters
    ]
    return [*models, writer]
