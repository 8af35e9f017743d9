"""Texts on which tokenizers disagree, by class."""

import unicodedata

PLAIN = [
    "이 영화 정말 재미있어요!",
    "별로... 시간이 아까움",
    "아버지가방에들어가신다",
    '연기는 좋은데(특히 주연), 결말이 "글쎄"',
    "100점 만점에 3.5점, 2시간 15분",
    "http://example.com/a?b=c&d=한글",
    "e-mail: abc_def@example.co.kr",
    "Café naïve Straße İstanbul ŠKODA",
    "MiXeD CaSe 영화 OST는 BEST",
    "１００％ ＡＢＣ ａｂｃ ￦５０００",
    "①②③ Ⅳ ™ ℃ ㎏ ㈜ №",
    "$100+20%=^^;;~|`",
    "«인용» „따옴표‟ “둥근” ‘작은’ 『겹』 「홑」 〈꺾〉 《겹》",
    "가운데·점 말줄임… 물결〜 붙임표‐ 긴—줄",
    "ㅋㅋㅋㅋ ㅎㅎ ㅠㅠ ㅜㅜ ㅡㅡ ㅇㅇ ㄴㄴ ㄷㄷ ㅗ",
    "ㄱㅏㄴㅏㄷㅏ ㅏㅏㅏ 아ㅏㅏ 꿀잼ㅋ핵노잼ㅠ",
    "ㆍㆆㅿㆁ ᄒᆞᆫ글 훈민졍ᅙᅳᆷ",
    "大韓民國 韓國영화 人生영화 漢字混用文",
    "㐀䶵 豈羅 﨑 𠀀𪛖 𫜴 𫝀 丽",
    "𫠠𫡀",
    "すごい 映画 カタカナ ﾊﾝｶｸ",
    "привет мир שלום مرحبا नमस्ते สวัสดี",
    "😀😂👍🏻👨‍👩‍👧‍👦🇰🇷❤️✨",
    "최고👍최고👍🏽최고",
    "( ͡° ͜ʖ ͡°) ¯\\_(ツ)_/¯ ヽ(´▽`)/",
    "뷁 쀍 똠방각하 펲시 믜듸어 샾",
    "é é ñ ñ Å Å",
    "",
    " ",
    "   앞뒤   여러   공백   ",
]

_HIDDEN = [
    "\x00",
    "\x01",
    "\x07",
    "\x08",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x1f",
    "\x7f",
    "\x80",
    "\x85",
    "\x9f",
    "\xad",
    "\u061c",
    "\u180e",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2060",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\ufff9",
    "\ufffd",
    "\ue000",
    "\ue004",
    "\ue00f",
    "\ue010",
    "\uf8ff",
    "\U000f0000",
    "\U0010fffd",
    "\U000e0001",
    "\U000e0041",
]
_SPACES = [
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\xa0",
    "\u1680",
    "\u2000",
    "\u2002",
    "\u2003",
    "\u2007",
    "\u2008",
    "\u2009",
    "\u200a",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u205f",
    "\u3000",
]
_OTHER = [
    "\u3164",
    "\u115f",
    "\u1160",
    "\u2800",
    "\uffa0",
    "\ufe0f",
    "\u0301",
    "\u20e3",
    "\u034f",
]
_PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list(
    "·…、。？！～「」‧※′″¡¿§¶†‡"
)

HIDDEN = [
    template.format(c) for c in _HIDDEN for template in ("영{0}화", " {0} 앞뒤 {0}")
]
SPACES = [f"영화{c}최고{c}" for c in _SPACES]
OTHER = [f"영{c}화 {c}" for c in _OTHER]
PUNCTUATION = [f"영화{c}최고 {c}{c}" for c in _PUNCTUATION]

LONG = [
    "가" * 33,
    "가" * 34,
    "가" * 99,
    "가" * 100,
    "가" * 101,
    "a" * 100,
    "a" * 101,
    "가" * 100 + "!" + "나" * 101,
    "ㅋ" * 120 + " 영화",
    "영화 " + "😀" * 101,
    "가" * 60 + "\u200b" + "가" * 60,
    "가" * 50 + "大" + "가" * 60,
    "a" * 300 + " 최고",
]

SPECIAL = [
    "[MASK]",
    "이 영화는 [MASK] 좋다",
    "[CLS]영화[SEP]",
    "[PAD][PAD]",
    "[UNK] 영화",
    "[MASK][MASK]!",
    "[mask] [Mask]",
    "[ MASK ]",
    "[MA\u200bSK]",
    "[MASK",
    "MASK]",
    "[[MASK]]",
    "##영화 ## #",
    "[영화]",
    "영화[MASK]는",
    "[MASK]\u3000[MASK]",
    "[\ue004]",
    "\ue004[MASK]\ue004",
    "[MA\ue000SK]",
]

NFD = [
    unicodedata.normalize("NFD", text)
    for text in ("영화 최고", "가각힣", "한글 NFD", "값없다 닭볶음탕", "Café ñ Å")
] + ["영" + unicodedata.normalize("NFD", "화")]

TRAINABLE = PLAIN + HIDDEN + SPACES + OTHER + PUNCTUATION + SPECIAL + NFD
"""Texts that a vocabulary can be trained on; long words would become long tokens."""

STRINGS = TRAINABLE + LONG
