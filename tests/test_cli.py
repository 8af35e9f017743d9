import io
import json
import resource
import subprocess
import sys

import keras
import pytest
from helpers import REVIEWS, printed_by

from kerasnlp_tutorial import cli
from kerasnlp_tutorial.datasets import SAMPLE
from kerasnlp_tutorial.pretraining import PRESET_SIZES

QUICK = {
    "backbone": "scratch",
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 32,
    "intermediate_dim": 64,
    "vocabulary_size": 600,
    "epochs": 1,
}
QUICK_OPTIONS = [
    word for item in QUICK.items() for word in ("--set", "{}={}".format(*item))
]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as error:  # argparse
            code = error.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of three classes, trained from a file of the reader's own."""
    folder = tmp_path_factory.mktemp("cli")
    rows = [
        f"{text} {i}\t{label}"
        for i in range(40)
        for text, label in [
            ("정말 좋다", "긍정"),
            ("정말 싫다", "부정"),
            ("그냥 그렇다", "중립"),
        ]
    ]
    (folder / "own.tsv").write_text(
        "글\t감정\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    output = folder / "model"
    arguments = ["train", "ch04", "--train-file", str(folder / "own.tsv"), "--json"]
    arguments += ["--set", "text_column=글", "--set", "label_column=감정"]
    # As in the test of chapter 4: smaller or shorter, it may stay on a plateau.
    longer = {"num_heads": 4, "hidden_dim": 64, "epochs": 40}
    fields = QUICK | longer | {"learning_rate": 0.002, "batch_size": 8}
    options = [w for k, v in fields.items() for w in ("--set", f"{k}={v}")]
    assert cli.main([*arguments, *options, "--output", str(output)]) == 0
    return output


def test_start_up_is_fast_and_imports_no_framework():
    code = (
        "import sys, kerasnlp_tutorial.cli\n"
        "print([m for m in ('keras', 'tensorflow', 'numpy') if m in sys.modules])"
    )
    best = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = subprocess.run(
            [sys.executable, "-m", "kerasnlp_tutorial.cli", "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Seconds of the processor, so that a busy machine does not count.
        used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        best = min(best, used)
    assert "train a chapter's model" in output
    assert best < 0.3
    assert printed_by(code) == ["[]"]


def test_chapters_are_listed(run):
    code, out, _ = run("chapters")
    assert code == 0
    assert "ch04  문서에 꼬리표 달기" in out


def test_train_prints_one_json_line_last(run):
    code, out, _ = run(
        "train", "ch04", "--json", "--set", "max_train_examples=100", *QUICK_OPTIONS
    )
    report = json.loads(out.splitlines()[-1])
    assert code == 0
    assert report["n"] == 1040
    assert 0 < report["accuracy"] < 1 and report["seconds"] > 0
    assert report["baselines"]["majority"] == 0.5
    assert report["output"] == "runs/ch04-1"


def test_evaluate_a_model_of_ones_own(run, trained, tmp_path):
    code, out, _ = run("evaluate", trained, "--json")
    assert code == 0
    report = json.loads(out.splitlines()[-1])
    assert (
        report["n"] == 12 and report["accuracy"] == 1.0
    )  # held out from the training file
    test_file = tmp_path / "test.csv"
    test_file.write_text(
        '감정,글\n긍정,"정말 좋다 3"\n부정,정말 좋다 5\n', encoding="utf-8"
    )
    _, out, _ = run("evaluate", trained, "--test-file", test_file, "--json")
    assert json.loads(out) == {
        "accuracy": 0.5,
        "macro_f1": pytest.approx(1 / 3),
        "n": 2,
    }


def test_predict_texts_and_standard_input_agree(run, trained):
    texts = ["정말 좋다 3", "정말 싫다 7", ""]
    _, out, _ = run("predict", trained, *texts, "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    assert [answer["label"] for answer in answers[:2]] == ["긍정", "부정"]
    for answer in answers:
        assert list(answer["probabilities"]) == ["긍정", "부정", "중립"]
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    _, from_stdin, _ = run(
        "predict", trained, "--json", stdin="\n".join([*texts, ""]).encode()
    )
    assert from_stdin == out
    code, plain, _ = run("predict", trained, texts[0])
    assert (
        code == 0 and plain.startswith("긍정\t0.") and plain.endswith("\t정말 좋다 3\n")
    )
    assert run("predict", trained, stdin=b"")[:2] == (0, "")


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["trane"], "invalid choice: 'trane'"),
        (["train"], "required: CHAPTER"),
        (
            ["train", "ch99"],
            "no chapter 'ch99'; the chapters are: ch01, ch02, ch03, ch04, ch05, ch06",
        ),
        (
            ["train", "ch04", "--dataset", "imdb"],
            "dataset must be one of ['hard', 'nsmc', 'sample']",
        ),
        (["train", "ch04", "--set", "epoch=3"], "there is no setting 'epoch'"),
        (
            ["train", "ch04", "--set", "epochs"],
            "--set takes FIELD=VALUE; received 'epochs'",
        ),
        (
            ["train", "ch04", "--set", "epochs=x"],
            "epochs must be of type int; received 'x'",
        ),
        (["train", "ch04", "--max-minutes", "0"], "max_minutes must be above 0"),
        (
            ["train", "ch04", "--max-minutes", "1", "--set", "max_minutes=2"],
            "given twice",
        ),
        (
            ["train", "ch04", "--backbone", "bert"],
            "no preset 'bert'; expected",
        ),
        (["train", "ch04", "--train-file", "none.tsv"], "none.tsv does not exist"),
        (["train", "ch04", "--test-file", "none.tsv"], "none.tsv does not exist"),
        (["train", "ch04", "--dataset", "nsmc", "--train-file", "a"], "not both"),
        (
            ["train", "ch04", "--data-dir", "nowhere"],
            "nowhere/ratings_train.txt does not exist",
        ),
        (["train", "ch04", "--resume"], "--resume needs the --output"),
        (["train", "ch04", "--resume", "--dataset", "nsmc"], "leave out: dataset"),
        (
            ["evaluate", ".", "--dataset", "nsmc", "--test-file", "a"],
            "--test-file, not both",
        ),
        (["evaluate", "nowhere"], "nowhere is not a trained model"),
        (["predict", "nowhere", "글"], "nowhere is not a trained model"),
        (["predict", ".", "글"], ". is not a trained model"),
        (
            ["train", "ch04", "--method", "half"],
            "method must be one of full, frozen, lora, prompt",
        ),
        (
            ["classify-in-context", "nowhere", "글", "--labels", "긍정,부정"],
            "expected LABEL=WORD,LABEL=WORD; received '긍정,부정'",
        ),
        (
            ["classify-in-context", "nowhere", "글", "--labels", "긍정=좋다,부정=싫다"],
            "no preset 'nowhere'; expected",
        ),
    ],
)
def test_wrong_use_gets_one_message_and_exit_code_2(run, arguments, message):
    code, out, err = run(*arguments)
    assert code == 2
    assert message in err and "Traceback" not in err
    assert out == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "own.tsv is empty"),
        ("text\tlabel\n", "has a header but no rows"),
        ("글\t감정\n좋다\t긍정\n", "own.tsv:1: the header must have one column 'text'"),
        ("text\tlabel\n좋다\t긍정\n싫다\n", "own.tsv:3: 1 columns, expected 2"),
        ("text\tlabel\n좋다\t긍정\n더 좋다\t긍정\n", "needs at least two classes"),
        ("text\tlabel\n좋다\t긍정\n".encode("cp949"), "own.tsv:2: not UTF-8"),
    ],
)
def test_a_bad_training_file_gets_one_message_and_leaves_nothing(
    run, tmp_path, content, message
):
    path = write(tmp_path / "own.tsv", content)
    code, _, err = run("train", "ch04", "--train-file", path)
    assert code == 2
    assert message in err and "Traceback" not in err
    assert not list((tmp_path / "runs").glob("*"))


def test_predict_refuses_arguments_of_another_encoding(run, trained):
    argument = "재미있다".encode("cp949").decode("utf-8", "surrogateescape")
    for command, name in (
        (("predict", trained, argument), "TEXT"),
        (("classify-in-context", "x", argument, "--labels", "가=나,다=라"), "TEXT"),
        (("classify-in-context", "x", "글", "--labels", argument), "--labels"),
        (("generate", "x", "--prompt", argument), "--prompt"),
    ):
        code, _, err = run(*command)
        assert code == 2 and f"{name} must be UTF-8; received b'" in err


def test_a_label_seen_only_in_test_gets_a_message_before_training(run, tmp_path):
    train_file = write(tmp_path / "train.tsv", "text\tlabel\n좋다\t긍정\n싫다\t부정\n")
    test_file = write(tmp_path / "test.tsv", "text\tlabel\n그냥\t중립\n")
    code, _, err = run(
        "train", "ch04", "--train-file", train_file, "--test-file", test_file
    )
    assert code == 2
    assert "test.tsv:2: label '중립', expected '긍정' or '부정'" in err


def test_predict_refuses_another_encoding(run, trained):
    code, _, err = run("predict", trained, stdin="재미있다".encode("cp949"))
    assert code == 2 and "standard input:1: not UTF-8" in err


def test_another_test_set(run, trained):
    code, out, _ = run("evaluate", trained, "--dataset", "sample", "--json")
    assert code == 0 and json.loads(out)["n"] == 1040  # its labels are two of the three
    path = SAMPLE.path("ratings_test.txt")
    code, _, err = run("evaluate", trained, "--test-file", path)
    assert code == 2 and "the header must have one column '글'" in err


def test_a_chapter_without_training_says_so(run):
    code, _, error = run("train", "ch02")
    assert code == 2 and "ch02 has nothing to train" in error


@pytest.mark.parametrize("kind", ["wordpiece", "bpe"])
def test_tokenizer_train(run, tmp_path, kind):
    (tmp_path / "text.txt").write_text("배우들 연기가 좋네요\n" * 9, encoding="utf-8")
    command = ["tokenizer", "train", "--kind", kind, "--text", "text.txt"]
    code, _, error = run(*command, "--size", "300", "--output", "vocabulary")
    assert code == 0, error
    names = {path.name for path in (tmp_path / "vocabulary").iterdir()}
    assert names == (
        {"vocab.txt"} if kind == "wordpiece" else {"vocab.json", "merges.txt"}
    )
    code, _, error = run(*command, "--output", "vocabulary")
    assert code == 2 and "vocabulary exists" in error
    code, _, error = run(*command, "--size", "-1", "--output", "other")
    assert code == 2 and "--size must be 300 or more; received -1" in error


def test_tokenizer_train_without_particles(run, tmp_path):
    words = " ".join(f"영화{particle}" for particle in ("를", "는", "가", "의", "도"))
    (tmp_path / "text.txt").write_text(f"{words}\n" * 9, encoding="utf-8")
    command = ["tokenizer", "train", "--text", "text.txt", "--size", "300"]
    plain = [*command, "--kind", "wordpiece"]
    for output, more in (("a", []), ("b", ["--without-particles", "--alphabet", "5"])):
        code, _, error = run(*plain, "--output", output, *more)
        assert code == 0, error
    vocabularies = [(tmp_path / n / "vocab.txt").read_text().split() for n in "ab"]
    assert ["영화를" in vocabulary for vocabulary in vocabularies] == [True, False]
    assert ["##의" in vocabulary for vocabulary in vocabularies] == [True, False]
    code, _, error = run(*plain, "--output", "c", "--alphabet", "0")
    assert code == 2 and "--alphabet must be 1 or more; received 0" in error
    code, _, error = run(*command, "--kind", "bpe", "--alphabet", "9", "--output", "c")
    assert code == 2 and "are for wordpiece" in error


def test_pretrain(run, tmp_path):
    lines = "배우들 연기가 살아 있네요\n두 시간이 이렇게 길 줄이야\n" * 900
    (tmp_path / "text.txt").write_text(lines, encoding="utf-8")
    settings = ["steps=3", "sequence_length=16", "batch_size=4", "vocabulary_size=300"]
    options = [word for setting in settings for word in ("--set", setting)]
    command = ["pretrain", "bert", "--text", "text.txt", "--output", "p", "--json"]
    code, output, error = run(*command, *options)
    assert code == 0, error
    assert json.loads(output.splitlines()[-1])["step"] == 3
    assert (tmp_path / "p" / "task.json").is_file()


def test_pretrain_with_nothing_to_read_or_no_end(run):
    code, _, error = run("pretrain", "gpt2", "--max-minutes", "1")
    assert code == 2 and "text must be one file or more" in error
    code, _, error = run("pretrain", "gpt2", "--text", "none.txt")
    assert code == 2 and "max_minutes must be given" in error
    code, _, error = run("pretrain", "gpt2", "--text", "none.txt", "--max-minutes", "1")
    assert code == 2 and "none.txt does not exist" in error


@pytest.mark.slow
def test_a_pretrained_model_is_a_backbone(run, tmp_path, reviews_file, monkeypatch):
    size = {"num_layers": 1, "num_heads": 2, "hidden_dim": 32}
    monkeypatch.setitem(PRESET_SIZES, "mini", size)
    text = tmp_path / "text.txt"
    text.write_text("\n".join(REVIEWS * 100), encoding="utf-8")
    code, out, _ = run(
        *("pretrain", "bert", "--text", text, "--output", "my-bert"),
        *("--set", "steps=2", "--set", "vocabulary_size=300", "--set", "batch_size=2"),
        *("--set", "sequence_length=32", "--set", "held_out=0.2"),
    )
    assert code == 0 and "saved to my-bert" in out
    code, _, err = run("train", "ch04", "--backbone", "my-bert")
    assert code == 2 and "sequence_length must be at most 32" in err
    code, out, err = run(
        *("train", "ch04", "--backbone", "my-bert", "--train-file", reviews_file()),
        *("--set", "sequence_length=32", "--set", "epochs=1", "--output", "run"),
    )
    assert code == 0, err
    assert "saved to run" in out
    vocabulary = [
        (tmp_path / folder / "assets/tokenizer/vocabulary.txt").read_text("utf-8")
        for folder in ("my-bert", "run")
    ]
    assert vocabulary[0] == vocabulary[1]


def test_generate(run, tmp_path, monkeypatch):
    size = {"num_layers": 1, "num_heads": 2, "hidden_dim": 32}
    monkeypatch.setitem(PRESET_SIZES, "mini", size)
    text = tmp_path / "text.txt"
    text.write_text("티끌 모아 태산이다\n가는 말이 곱다\n" * 300, encoding="utf-8")
    code, _, _ = run(
        *("pretrain", "gpt2", "--text", text, "--output", "my-gpt"),
        *("--set", "steps=300", "--set", "vocabulary_size=300"),
        *("--set", "batch_size=4"),
        *("--set", "sequence_length=32", "--set", "learning_rate=0.01"),
        *("--set", "held_out=0.2"),
    )
    assert code == 0
    short = ("--max-new-tokens", "20")
    code, out, _ = run("generate", "my-gpt", "--prompt", "티끌", *short)
    assert (code, out) == (0, "티끌 모아 태산이다\n")
    if keras.backend.backend() == "tensorflow":
        half = run("generate", "my-gpt", "--prompt", "티끌", *short, "--half-precision")
        assert half[:2] == (code, out)
    command = ("generate", "my-gpt", "--prompt", "티끌", "--prompt", "", "--n", "2")
    code, out, _ = run(*command, "--json", "--top-p", "0.5", "--seed", "3", *short)
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [a["prompt"] for a in answers] == ["티끌", "티끌", "", ""]
    assert answers[0]["text"] == " 모아 태산이다"
    shots = write(tmp_path / "shots.tsv", "text\tlabel\n티끌 모아\t가\n")
    command = ("classify-in-context", "my-gpt", "--labels", "가=태산이다,나=곱다")
    for more in ((), ("--shots", shots), ("--no-calibration",)):
        code, out, _ = run(*command, *more, "--json", "티끌 모아", "가는 말이")
        answers = [json.loads(line) for line in out.splitlines()]
        assert code == 0 and [a["text"] for a in answers] == ["티끌 모아", "가는 말이"]
        for answer in answers:
            probabilities = answer["probabilities"]
            assert sum(probabilities.values()) == pytest.approx(1)
            assert answer["label"] == max(probabilities, key=probabilities.get)
    assert [a["label"] for a in answers] == ["가", "나"]  # without calibration
    code, out, _ = run(*command, "--no-calibration", stdin="티끌 모아\n".encode())
    assert code == 0 and out.startswith("가\t") and out.endswith("\t티끌 모아\n")
    for arguments, message in (
        (("my-gpt", "--top-p", "2"), "top_p must be above 0, at most 1"),
        (("my-gpt", "--top-k", "x"), "top_k must be of type int; received 'x'"),
        (
            ("my-gpt", "--beams", "2", "--top-k", "3"),
            "beams must be 1 if tokens are sampled",
        ),
        (("my-gpt", "--n", "0"), "n must be 1 or more"),
        (("my-gpt", "--max-new-tokens", "64"), "the model reads 32 tokens"),
        (("my-gpt", "--seed", "-1"), "seed must be 0 to 4294967295; received -1"),
        (("bert_mini_ko",), "must be a causal language model"),
        (("nowhere",), "no preset 'nowhere'"),
    ):
        code, _, error = run("generate", *arguments, "--prompt", "티끌")
        assert code == 2 and message in error and "Traceback" not in error
