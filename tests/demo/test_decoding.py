import pytest

from kerasnlp_tutorial.demo.book_api import read_generation
from kerasnlp_tutorial.demo.decoding import SETTINGS, decoding_options
from kerasnlp_tutorial.demo.example_inputs import GENERATION_REQUEST
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions

DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}


def test_a_way_of_decoding_takes_its_own_settings():
    drawn = decoding_options("sampling", DEFAULTS)
    assert drawn == {
        "temperature": 1.0,
        "top_k": 50,
        "top_p": 0.92,
        "repetition_penalty": 1.0,
        "no_repeat_ngram": 0,
        "min_new_tokens": 0,
        "max_new_tokens": 64,
    }
    assert decoding_options("greedy", DEFAULTS).keys() == drawn.keys() - {
        "temperature",
        "top_k",
        "top_p",
    }
    assert decoding_options("beam", DEFAULTS)["beams"] == 3


@pytest.mark.parametrize("method", ["sampling", "greedy", "beam"])
@pytest.mark.parametrize("end", ["low", "default", "high"])
def test_the_ends_of_the_ranges_are_valid_options(method, end):
    values = {name: getattr(setting, end) for name, setting in SETTINGS.items()}
    DecodingOptions(**decoding_options(method, values))


def test_zero_and_one_switch_off():
    options = decoding_options("sampling", DEFAULTS | {"top_k": "0", "top_p": "1"})
    assert "top_k" not in options and "top_p" not in options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", float("nan")),
        ("temperature", "뜨겁게"),
        ("temperature", 10**400),
        ("top_k", 2.5),
        ("top_k", -1),
        ("top_p", float("inf")),
        ("top_p", True),
        ("repetition_penalty", None),
        ("max_new_tokens", 257),
        ("max_new_tokens", []),
    ],
)
def test_a_value_outside_its_range(name, value):
    with pytest.raises(InputError, match="받은 값") as raised:
        decoding_options("sampling", DEFAULTS | {name: value})
    assert SETTINGS[name].label in str(raised.value)


def test_lengths_that_contradict_each_other():
    with pytest.raises(InputError, match="보다 큽니다"):
        decoding_options("greedy", DEFAULTS | {"min_new_tokens": 65})
    with pytest.raises(InputError, match="sampling"):
        decoding_options("차례로", DEFAULTS)


def test_the_books_lengths_count_the_prompt():
    request = read_generation(GENERATION_REQUEST)
    assert request.options(prompt_tokens=4) == {
        "temperature": 0.9,
        "top_k": 50,
        "top_p": 0.92,
        "repetition_penalty": 1.5,
        "no_repeat_ngram": 3,
        "min_new_tokens": 6,
        "max_new_tokens": 36,
    }
    assert request.options(prompt_tokens=12)["min_new_tokens"] == 0
    with pytest.raises(InputError, match="max_length"):
        request.options(prompt_tokens=40)


@pytest.mark.parametrize("temperature", [0.01, 1.0, 1e8])
def test_the_books_temperatures(temperature):
    body = {"prompt": "안녕하세요", "temperature": temperature, "top_k": 50}
    options = read_generation(body).options(prompt_tokens=4)
    assert options["temperature"] == temperature
    DecodingOptions(**options)


def test_a_client_may_ask_for_other_ways_than_the_books():
    body = {"prompt": "안녕", "method": "beam", "beams": 4}
    assert read_generation(body).options(prompt_tokens=1)["beams"] == 4
    assert read_generation(body).seed is None
    assert read_generation(body | {"seed": "3"}).seed == 3
    greedy = read_generation({"prompt": "안녕", "method": "greedy"})
    assert "temperature" not in greedy.options(prompt_tokens=1)
    for wrong in ({"method": "차례로"}, {"method": []}, {"seed": -1}):
        with pytest.raises(InputError):
            read_generation({"prompt": "안녕"} | wrong).options(prompt_tokens=1)


def test_numbers_as_the_books_page_sends_them():
    body = {name: str(value) for name, value in GENERATION_REQUEST.items()}
    numbers = read_generation(GENERATION_REQUEST).options(prompt_tokens=4)
    assert read_generation(body).options(prompt_tokens=4) == numbers
    empty = dict.fromkeys(body, "") | {"prompt": "안녕"}
    assert read_generation(empty) == read_generation({"prompt": "안녕"})
    # Defaults of the book's page: the most probable token, 10 to 30 tokens.
    assert read_generation(empty).options(prompt_tokens=4) == {
        "temperature": 1.0,
        "top_k": 1,
        "repetition_penalty": 1.0,
        "no_repeat_ngram": 0,
        "min_new_tokens": 6,
        "max_new_tokens": 26,
    }
    assert read_generation(empty | {"min_length": 50}).max_length == 50
    with pytest.raises(InputError, match="min_length가"):
        read_generation({"prompt": "", "min_length": 50, "max_length": 20})
    for body in ("안녕", None, [], {}):
        with pytest.raises(InputError, match=r"prompt|JSON"):
            read_generation(body)
