"""Small models with random weights."""

import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.demo import server, views
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.demo.preset_models import PresetModels, masked
from kerasnlp_tutorial.runs import TrainedModel

TEXTS = ["티끌 모아 태산이다", "가는 말이 고와야 오는 말이 곱다"]


def untrained(chapter):
    """A chapter's model with random weights."""
    module = registry.find(chapter).load()
    config = module.Config.quick(vocabulary_size=600)
    splits = module.load_examples(config)
    return TrainedModel(module.build_model(config, splits), splits.labels, config)


def language_model():
    """A GPT-2 with random weights and a small vocabulary."""
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


class CannedModel(DemoModel):
    """A model that gives every input the same answer, at once."""

    def __init__(self, chapter, answer, name=""):
        title = registry.find(chapter).title
        super().__init__(chapter, title, lambda: None, name=name)
        self.answer = answer

    is_open = True  # there is nothing to load

    def predict(self, texts):
        return self.answer

    def max_new_tokens(self):
        return 100

    def write(self, prompt, options, seed):
        yield from (" 글", f" {seed}")


def canned_models():
    """A model for each chapter, whose answers have every color of the page."""
    types = list(views.ENTITY_NAMES)
    text = " 그리고 ".join(types)
    entities = [
        {
            "text": name,
            "start": text.index(name),
            "end": text.index(name) + len(name),
            "label": name,
            "probability": 0.9,
        }
        for name in types
    ]
    span = {"start": 0, "end": 2, "probability": 0.8}
    answers = {
        "ch04": {"probabilities": {"긍정": 0.7, "부정": 0.3}},
        "ch05": {"probabilities": {"참": 0.5, "중립": 0.3, "거짓": 0.2}},
        "ch06": {"text": text, "entities": entities},
        "ch07": {"answer": "김치", **span, "candidates": [{"text": "김치", **span}]},
        "ch08": {},
    }
    return [CannedModel(chapter, answer) for chapter, answer in answers.items()]


class CannedPresets(PresetModels):
    """The presets of the package, but with the same answer for every text."""

    def fill(self, text):
        return [{"가는": 0.9, "##다": 0.05}] * masked(text).count("[MASK]")

    def next_tokens(self, text):
        return {"<ec 9b>": 0.6, " 모르고": 0.3}

    def tokens(self, text):
        return {
            "bert_mini_ko": [("배우", 1), ("##들", 2)],
            "gpt2_mini_ko": [(" 배", 3)],
        }


@pytest.fixture(scope="module")
def canned():
    """The address of a demo whose models answer at once."""
    pytest.importorskip("gradio")
    with server.running(canned_models(), presets=CannedPresets()) as blocks:
        yield blocks.local_url


@pytest.fixture(scope="module")
def compared():
    """The address of a demo of two models of chapter 4."""
    pytest.importorskip("gradio")
    models = [
        CannedModel("ch04", {"probabilities": {"긍정": p, "부정": 1 - p}}, name)
        for name, p in (("runs/<b>", 0.9), ("runs/ch04-2", 0.2))
    ]
    with server.running(models) as blocks:
        yield blocks.local_url


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
