import dataclasses

import keras_nlp
import numpy as np
import pytest
from helpers import tracing_count

from kerasnlp_tutorial import language_models as lm
from kerasnlp_tutorial import runs, training
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch08_text_generation as ch08
from kerasnlp_tutorial.datasets import PromptedText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator, continued
from kerasnlp_tutorial.trained import load_trained

PRAISE = ["정말 재미있다", "연기가 좋았다", "또 보고 싶다", "아주 감동했다"]
BLAME = ["너무 지루하다", "연기가 나빴다", "돈이 아깝다", "아주 실망했다"]
LENGTHS = DecodingOptions(max_new_tokens=16)


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "reviews.tsv"
    rows = [("긍정", text) for text in PRAISE] + [("부정", text) for text in BLAME]
    lines = [f"{prompt}\t{text}\n" for prompt, text in rows * 12]
    path.write_text("prompt\ttext\n" + "".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def trained(own_file, tmp_path_factory):
    """Knows eight reviews by heart, and which are praise."""
    config = ch08.Config.quick(
        output=str(tmp_path_factory.mktemp("ch08") / "run"),
        train_file=own_file,
        hidden_dim=64,
        vocabulary_size=330,
        learning_rate=0.005,
        batch_size=16,
        epochs=30,
        sequence_length=40,
        contrast=0.0,
    )
    # By heart means that training, validation and test set are the same.
    examples = ch08.read_examples(config, "train")
    splits = Splits(examples, examples, examples, ("긍정", "부정"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ch08, "load_examples", lambda config: splits)
        return ch08.train(config)


def test_it_learns_to_write_and_to_stop(trained):
    assert trained.labels == ("긍정", "부정")
    assert trained.metrics["perplexity"] < 1.5
    assert trained.metrics["baselines"]["perplexity_before"] > 100
    for label, known in zip(trained.labels, (PRAISE, BLAME), strict=True):
        answers = ch08.predict(
            trained, [label] * 8, DecodingOptions(temperature=0.8, max_new_tokens=36)
        )
        right = [answer["text"].strip() in known for answer in answers]
        assert sum(right) >= 6
        assert {answer["prompt"] for answer in answers} == {label}


def test_samples_are_kept(trained):
    samples = runs.describe(trained.path)["metrics"]["samples"]
    assert len(samples) == 6 and set(samples) >= {"1 긍정", "2 부정"}
    assert "control_accuracy" not in trained.metrics  # these are no movie reviews


def test_perplexity_by_hand(trained):
    example = PromptedText("긍정", "연기가 좋았다")
    tokenizer = trained.model.preprocessor.tokenizer
    end = tokenizer.end_token_id
    ids = [end, *map(int, tokenizer("긍정 연기가 좋았다")), end]
    x = {"token_ids": np.array([ids[:-1]]), "padding_mask": np.ones((1, len(ids) - 1))}
    logits = np.array(trained.model(x))[0].astype("float64")
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    surprise = -sum(row[id] for row, id in zip(logs, ids[1:], strict=True))
    scores = ch08.evaluate(trained, [example])
    assert scores["perplexity"] == pytest.approx(
        np.exp(surprise / (len(ids) - 1)), rel=1e-4
    )
    characters = len("긍정 연기가 좋았다") + 1  # the end
    assert scores["character_perplexity"] == pytest.approx(
        np.exp(surprise / characters), rel=1e-4
    )
    # Beside longer texts, the padding changes nothing.
    many = ch08.evaluate(trained, [example] * 3 + [PromptedText("", "긍정 " * 5)])
    alone = ch08.evaluate(trained, [PromptedText("", "긍정 " * 5)])
    assert many["n"] == 4 and many["perplexity"] > scores["perplexity"]
    assert alone["perplexity"] > many["perplexity"]


@pytest.mark.parametrize("separator", [" ", "", " → ", "\n"])
@pytest.mark.parametrize("prompt", ["긍정", "왜 그래?", ""])
def test_ids_are_those_of_the_whole_text(trained, separator, prompt):
    config = dataclasses.replace(trained.config, separator=separator)
    tokenizer = trained.model.preprocessor.tokenizer
    example = PromptedText(prompt, "아주 감동했다")
    (row,), (start,) = ch08.encode_examples([example], tokenizer, config)
    whole = prompt + separator + example.text if prompt else example.text
    end = tokenizer.end_token_id
    assert row == [end, *map(int, tokenizer(whole)), end]
    text = np.asarray(tokenizer.detokenize(row[start:-1])).item()
    assert text.strip() == example.text


def test_what_is_learnt(trained):
    examples = [PromptedText("긍정", "좋다"), PromptedText("부정", "아주 실망했다")]
    tokenizer = trained.model.preprocessor.tokenizer
    for response_only in (False, True):
        config = dataclasses.replace(trained.config, response_only=response_only)
        rows, starts = ch08.encode_examples(examples, tokenizer, config)
        dataset = ch08.make_dataset(examples, trained.model, (), config)
        ((x, targets, weights),) = dataset
        assert x["token_ids"].shape == targets.shape == weights.shape
        assert sorted(x) == ["padding_mask", "token_ids"]
        for i, (row, start) in enumerate(zip(rows, starts, strict=True)):
            length = len(row) - 1
            assert x["token_ids"][i, :length].numpy().tolist() == row[:-1]
            assert targets[i, :length].numpy().tolist() == row[1:]  # the end as well
            learnt = [float(j >= start * response_only) for j in range(1, len(row))]
            assert weights[i, :length].numpy().tolist() == learnt
            assert not weights[i, length:].numpy().any()


def test_padding_adds_nothing_to_the_loss(trained):
    texts = ["좋다", "아주 실망했다", "정말 정말 재미있다"]
    examples = [PromptedText("긍정", text) for text in texts]
    ch08_model = ch08.build_model(trained.config, ch08.load_examples(trained.config))
    ch08_model.set_weights(trained.model.get_weights())
    losses = []
    for parts in ([examples], [[example] for example in examples]):
        total = tokens = 0.0
        for part in parts:
            dataset = ch08.make_dataset(part, ch08_model, (), trained.config)
            with training.already_encoded(ch08_model):
                loss = ch08_model.evaluate(dataset, verbose=0, return_dict=True)
            count = sum(float(np.sum(w)) for *_, w in dataset)
            total, tokens = total + loss["loss"] * count, tokens + count
        losses.append(total / tokens)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_a_loaded_model_writes_the_same(trained):
    loaded = load_trained(trained.path)
    expected = ch08.predict(trained, ["긍정", "부정 연기가"], LENGTHS)
    assert ch08.predict(loaded, ["긍정", "부정 연기가"], LENGTHS) == expected
    assert ch08.format_answer(expected[0]).startswith("긍정")
    assert ch08.predict(loaded, []) == []


def test_the_separator_goes_between(own_file, trained):
    model = dataclasses.replace(
        trained, config=dataclasses.replace(trained.config, separator=" → ")
    )
    seen = []

    class Spy(TextGenerator):
        def __call__(self, prompts, seed=0):
            seen.extend(prompts)
            return super().__call__(prompts, seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ch08, "TextGenerator", Spy)
        ch08.predict(model, ["왜", "왜 → 그", ""], LENGTHS)
    assert seen == ["왜 →", "왜 → 그", ""]


def test_odd_prompts(trained):
    prompts = ["", " ", "😀", "大韓", "뷁", "\u200b", "<|endoftext|>"]
    answers = ch08.predict(trained, prompts, LENGTHS)
    assert [answer["prompt"] for answer in answers] == prompts
    with pytest.raises(InputError, match="the model reads 40 tokens"):
        ch08.predict(trained, ["긍정 " * 30], LENGTHS)
    # With no limit of their own they write as far as there is room.
    assert ch08.predict(trained, ["긍정 " * 6])


def adjusted_by_keras_nlp(logits, options, seen):
    """What the real sampler would draw from."""
    from keras import ops

    sampler = DecodingOptions(**options).sampler(end_token_id=0)
    sampler.max_new_tokens = None
    prompt = np.array([[*seen, 0]], "int32")
    given = np.array([[1] * len(seen) + [0]], "int32")
    edited = sampler.edit(ops.convert_to_tensor(logits[None]), prompt, len(seen), given)
    return np.array(sampler.base.compute_probabilities(edited))[0]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.5},
        {"temperature": 2.0},
        {"temperature": 1.0, "repetition_penalty": 1.7},
        {"temperature": 0.7, "repetition_penalty": 0.5},
    ],
    ids=str,
)
def test_probabilities_by_hand_equal_the_samplers(options):
    logits = np.random.default_rng(7).normal(size=9).astype("float32")
    found = ch08.adjusted(logits, **options, seen=[1, 4, 4])
    expected = adjusted_by_keras_nlp(logits, options, [1, 4, 4])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_top_k_and_top_p_keep():
    logits = np.log([0.1, 0.4, 0.05, 0.3, 0.15])
    np.testing.assert_allclose(
        ch08.adjusted(logits, top_k=2), [0, 4 / 7, 0, 3 / 7, 0], atol=1e-9
    )
    for top_p, kept in ((0.39, 1), (0.41, 2), (0.71, 3), (0.99, 5), (1.0, 5)):
        assert (ch08.adjusted(logits, top_p=top_p) > 0).sum() == kept
    assert ch08.adjusted(logits, top_k=1).max() == 1


def test_blocked_tokens_leave_their_shares_to_the_others():
    logits = np.log([0.1, 0.4, 0.05, 0.3, 0.15])
    np.testing.assert_allclose(
        ch08.adjusted(logits, blocked=[1, 4]), np.array([2, 0, 1, 6, 0]) / 9
    )
    logits = np.random.default_rng(7).normal(size=9).astype("float32")
    found = ch08.adjusted(logits, temperature=0.7, blocked=[1, 4])
    options = {"temperature": 0.7, "no_repeat_ngram": 1}
    expected = adjusted_by_keras_nlp(logits, options, [1, 4])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_was_asked_before_is_not_compiled_again(trained):
    options = DecodingOptions(max_new_tokens=5)
    for prompt in ("긍정", "부정 연기가"):
        ch08.predict(trained, [prompt], options)
        compiled = trained.model.make_generate_function()
        assert tracing_count(compiled) in (1, None)
    other = DecodingOptions(max_new_tokens=6)
    assert len(ch08.predict(trained, ["긍정"], other)) == 1
    ch08.predict(trained, ["긍정"], options)
    assert trained.model.make_generate_function() is compiled


def test_classifying_by_likelihood(trained):
    texts = [*PRAISE, *BLAME]
    right = ["긍정"] * 4 + ["부정"] * 4
    found = ch08.likelier_prompts(trained, texts)
    assert sum(a == b for a, b in zip(found, right, strict=True)) >= 7


@pytest.mark.slow
def test_contrast_tells_prompts_apart_and_texts_are_still_learnt(trained, tmp_path):
    """Reviews end in the same words; only the first word is told by the prompt."""
    rows = [("긍정", f"좋은 {x}") for x in ["영화", "연기", "음악", "이야기"]]
    rows += [("부정", f"나쁜 {x}") for x in ["영화", "연기", "음악", "이야기"]]
    path = tmp_path / "reviews.tsv"
    lines = [f"{prompt}\t{text}\n" for prompt, text in rows * 12]
    path.write_text("prompt\ttext\n" + "".join(lines), encoding="utf-8")
    margins = {}
    for contrast in (0.0, 0.8):
        config = dataclasses.replace(
            trained.config,
            contrast=contrast,
            epochs=6,
            output=str(tmp_path / str(contrast)),
            train_file=str(path),
        )
        steered = ch08.train(config)
        tokenizer = steered.model.preprocessor.tokenizer
        surprise = {}
        for prompt in ("긍정", "부정"):
            examples = [PromptedText(prompt, text) for _, text in rows]
            ids, starts = ch08.encode_examples(examples, tokenizer, config)
            scores = lm.token_log_probabilities(steered.model, ids)
            surprise[prompt] = np.array(
                [-x[n - 1 :].sum() for x, n in zip(scores, starts, strict=True)]
            )
        sign = np.array([1 if prompt == "긍정" else -1 for prompt, _ in rows])
        margins[contrast] = (sign * (surprise["부정"] - surprise["긍정"])).mean()
        assert steered.metrics["perplexity"] < 30
    assert margins[0.8] > 1.5 * margins[0.0] and margins[0.8] > 4


def test_texts_without_prompts_have_no_contrast(trained, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{text}\n" for text in PRAISE * 12), encoding="utf-8")
    settings = {"train_file": str(path), "output": str(tmp_path / "run")}
    config = dataclasses.replace(trained.config, contrast=0.5, **settings)
    with pytest.raises(InputError, match="two or more different prompts; received 0"):
        ch08.train(config)


def test_contrast_needs_a_few_prompts_by_default():
    assert ch08.choose_contrast(ch08.Config(), ("긍정", "부정")) == 0.1
    assert ch08.choose_contrast(ch08.Config(), ()) == 0.0
    assert ch08.choose_contrast(ch08.Config(contrast=0.0), ("긍정", "부정")) == 0.0


@pytest.mark.parametrize("beams", [1, 3])
def test_beam_search_by_hand_is_that_of_the_generator(trained, beams):
    tokenizer = trained.model.preprocessor.tokenizer
    prompt = "긍정 연기가"
    given = [tokenizer.end_token_id, *map(int, tokenizer(prompt))]
    paths = ch08.beam_search(trained.model, given, beams, steps=16)
    assert len(paths) == beams and paths == sorted(paths, reverse=True)
    options = {"beams": beams, "max_new_tokens": 16}
    text = continued(trained.model, prompt, **options)
    score, path = paths[0]
    new = [token for token in path[len(given) :] if token != path[0]]
    assert lm.tokens_text(tokenizer, new).rstrip("\ufffd") == text
    (logs,) = lm.token_log_probabilities(trained.model, [path])
    assert score == pytest.approx(float(logs[len(given) - 1 :].sum()), abs=1e-3)
    shares = ch08.next_probabilities(trained.model, given)
    assert shares.sum() == pytest.approx(1.0)
    expected = np.exp(logs[len(given) - 1])
    assert shares[path[len(given)]] == pytest.approx(expected, rel=1e-3)


def test_token_log_probabilities_do_not_depend_on_the_batch(trained):
    generator = np.random.default_rng(7)
    rows = [generator.integers(2, 300, n).tolist() for n in (2, 9, 40, 3, 17)]
    together = lm.token_log_probabilities(trained.model, rows, batch_size=2)
    for row, scores in zip(rows, together, strict=True):
        (alone,) = lm.token_log_probabilities(trained.model, [row])
        assert len(scores) == len(row) - 1
        np.testing.assert_allclose(scores, alone, atol=1e-4)


def test_own_texts_without_prompts(tmp_path):
    path = tmp_path / "diary.txt"
    days = [f"{i}일에는 비가 왔다\n\n{i}일 밤에 갰다\n" for i in range(10)]
    path.write_text("".join(days), encoding="utf-8")
    config = ch08.Config.quick(train_file=str(path))
    splits = ch08.load_examples(config)
    assert splits.labels == ()
    assert {example.prompt for example in splits.train} == {""}
    sizes = [len(part) for part in (splits.train, splits.validation, splits.test)]
    assert sizes == [16, 2, 2]


def test_the_published_chatbot_format(tmp_path):
    rows = [f'"{i}시, 땡!",하루가 또 가네요.,0' for i in range(40)]
    path = tmp_path / "ChatbotData.csv"
    path.write_text("Q,A,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    config = ch08.Config.quick(dataset="chatbot", data_dir=str(tmp_path))
    splits = ch08.load_examples(config)
    assert splits.labels == ()
    every = [*splits.train, *splits.validation, *splits.test]
    assert len(every) == 40 and len(splits.test) == 4
    assert PromptedText("7시, 땡!", "하루가 또 가네요.") in every
    again = ch08.load_examples(dataclasses.replace(config, seed=8))
    assert again.test == splits.test


def test_texts_that_were_cut_are_not_scored(trained):
    whole, cut = PromptedText("긍정", "연기가 좋았다"), PromptedText("", "긍정 " * 40)
    assert ch08.evaluate(trained, [cut, whole]) == ch08.evaluate(trained, [whole])
    with pytest.raises(InputError, match="every text is longer than 40 tokens"):
        ch08.evaluate(trained, [cut])
    config = dataclasses.replace(trained.config, response_only=True)
    model = dataclasses.replace(trained, config=config)
    (row,), (start,) = ch08.encode_examples(
        [whole], trained.model.preprocessor.tokenizer, config
    )
    (score,) = lm.token_log_probabilities(trained.model, [row])
    surprise = -float(score[start - 1 :].sum())
    assert ch08.evaluate(model, [whole]) == {
        "perplexity": pytest.approx(np.exp(surprise / (len(row) - start)), rel=1e-4),
        "character_perplexity": pytest.approx(
            np.exp(surprise / (len(whole.text) + 1)), rel=1e-4
        ),
        "n": 1,
    }


def test_a_classifier_judges(trained, monkeypatch):
    judged, asked = [], []

    def evaluate(classifier, examples):
        judged.append(examples)
        return {"accuracy": 1 / len(judged)}

    class Spy(TextGenerator):
        def __call__(self, prompts, seed=0):
            asked.extend(prompts)
            return super().__call__(prompts, seed)

    monkeypatch.setattr(ch04, "evaluate", evaluate)
    monkeypatch.setattr(ch08, "DRAWN", LENGTHS)
    monkeypatch.setattr(ch08, "TextGenerator", Spy)
    config = dataclasses.replace(trained.config, judged=5, separator=": ")
    model = dataclasses.replace(trained, config=config)
    scores = ch08.judge(model, None, [PromptedText("긍정", "좋다")])
    assert scores == {"control_accuracy": 1.0, "classifier_accuracy": 0.5}
    written, real = judged
    assert [x.label for x in written] == ["긍정"] * 5 + ["부정"] * 5
    assert [(x.label, x.text) for x in real] == [("긍정", "좋다")]
    assert set(asked) == {"긍정:", "부정:"}  # as the texts that were learnt


def test_who_judges(own_file, monkeypatch):
    class Chapter4:
        labels = ("긍정", "부정")

    monkeypatch.setattr(ch08, "load_trained", lambda path: Chapter4())
    monkeypatch.setattr(ch08, "trained_once", lambda *names: Chapter4())
    labels = ("긍정", "부정")
    assert ch08.find_judge(ch08.Config(train_file=own_file), labels) is None
    assert ch08.find_judge(ch08.Config(dataset="chatbot"), ()) is None
    assert ch08.find_judge(ch08.Config(), labels).labels == labels
    own = ch08.Config(train_file=own_file, classifier="somewhere")
    assert ch08.find_judge(own, labels).labels == labels
    with pytest.raises(
        InputError, match=r"the classifier knows .* the prompts are \(\)"
    ):
        ch08.find_judge(own, ())


def test_kogpt2s_kind_of_tokenizer(tmp_path, monkeypatch):
    tokenizers = pytest.importorskip("tokenizers")
    from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, encode_texts

    inner = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    inner.decoder = tokenizers.decoders.Metaspace()
    inner.train_from_iterator(
        [*PRAISE, *BLAME, "긍정 부정"] * 3,
        tokenizers.trainers.BpeTrainer(
            vocab_size=90, special_tokens=["</s>", "<pad>", "<unk>"]
        ),
    )
    tokenizer = HuggingFaceTokenizer(
        inner.to_str(),
        {"start_token": "</s>", "end_token": "</s>", "pad_token": "<pad>"},
    )
    assert encode_texts(tokenizer, PRAISE) == [inner.encode(t).ids for t in PRAISE]
    config = ch08.Config.quick()
    example = PromptedText("긍정", PRAISE[0])
    (row,), _ = ch08.encode_examples([example], tokenizer, config)
    assert row == [0, *inner.encode(f"긍정 {PRAISE[0]}").ids, 0]
    backbone = keras_nlp.models.GPT2Backbone(
        tokenizer.vocabulary_size(), 1, 2, 16, 32, max_sequence_length=24
    )
    model = keras_nlp.models.GPT2CausalLM(
        backbone, keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 24)
    )
    examples = [example, PromptedText("긍정", " ".join(PRAISE))]
    (batch,) = ch08.make_dataset(examples, model, (), config)
    assert batch[0]["token_ids"][0, -1] == 1  # padded with its own token


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "klue-nli"}, "dataset must be one of"),
        ({"contrast": 1.5}, "contrast must be 0 to 1"),
        ({"judged": -1}, "judged must be 0 or more"),
    ],
)
def test_settings_that_cannot_work(changes, message):
    with pytest.raises(InputError, match=message):
        ch08.Config(**changes)
