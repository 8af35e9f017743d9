from collections import Counter

import pytest

from kerasnlp_tutorial.tokenizers import train_wordpiece
from kerasnlp_tutorial.tokenizers.particles import split_particles

NOUN = ["영화를", "영화는", "영화가", "영화의"]


def split(*words, times=200):
    return split_particles(Counter(dict.fromkeys(words, times)))


def test_a_noun_is_seen_from_four_kinds_of_particles_the_object_among_them():
    assert split(*NOUN) == {"영화": 800}
    assert split(*NOUN[:3]) == Counter(dict.fromkeys(NOUN[:3], 200))
    no_object = ["영화에", "영화는", "영화가", "영화의", "영화와"]
    assert split(*no_object) == Counter(dict.fromkeys(no_object, 200))


def test_all_particles_of_a_noun_are_taken_off_the_longest_first():
    stems = split(*NOUN, "영화에서는", "영화들이", "영화로", "영화관", "영화")
    assert stems == {"영화": 8 * 200, "영화관": 200}


def test_the_form_has_to_fit_the_sound_before():
    words = ["서울을", "서울은", "서울이", "서울의"]
    assert split(*words, "서울로")["서울"] == 1000
    # 가 follows a vowel, so this is another word.
    assert split(*words, "서울가")["서울가"] == 200
    assert split(*words, "서울으로")["서울으로"] == 200


def test_what_is_a_noun_itself_stays_whole():
    ilsan = ["고양을", "고양은", "고양에", "고양의", "고양이"]
    cat = ["고양이를", "고양이는", "고양이가", "고양이의"]
    stems = split(*ilsan, *cat)
    assert stems == {"고양": 800, "고양이": 1000}


@pytest.mark.parametrize(
    ("word", "times", "stem"),
    [
        ("카시야스는", 3, "카시야스"),  # a name that is not seen with other particles
        ("재미있는", 200, "재미있는"),  # frequent, and its stem is no noun
        ("하는", 3, "하는"),
        ("7은", 300, "7"),
        ("는", 3, "는"),
        ("Keras는", 3, "Keras"),
        ("Keras은", 3, "Keras"),  # how it is read is not known
    ],
)
def test_rare_words_numbers_and_other_letters(word, times, stem):
    assert split_particles(Counter({word: times})) == {stem: times}


def test_a_vocabulary_of_stems_and_particles():
    texts = [" ".join(NOUN)] * 200
    whole = train_wordpiece(texts, 300)
    stems = train_wordpiece(texts, 300, without_particles=True)
    assert {"영화", *NOUN} <= set(whole)
    assert "영화" in stems and not set(NOUN) & set(stems)
    assert {"##를", "##의", "##에서"} <= set(stems)
