"""How text falls into words, and how words become text again."""

import re

# Scripts that put no spaces between words, whose characters are a word each: Thai, Lao, Burmese,
# Khmer, kana, Chinese.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# In Oniguruma's syntax, which `tokenizers` reads: a character of these scripts with its marks; or
# letters and digits, with what may stand inside a word (don't, well-known, U.S) or a number (1,000
# or 10:30); or one character, as people count them, of anything else.
_LETTER = rf"[\p{{L}}\p{{M}}\p{{N}}&&[^{UNSPACED}]]"
PATTERN = (
    rf"[{UNSPACED}]\p{{M}}*"
    rf"|{_LETTER}+(?:(?:['’._\-\u200c\u200d]|(?<=\p{{N}})[,:](?=\p{{N}})){_LETTER}+)*"
    r"|(?!\s)\X"
)

_WIDE = "、。，．！？：；（）［］｛｝「」『』《》〈〉【】〔〕…—～·"
_NO_SPACE_BEFORE = frozenset(".,!?;:%)]}»”’°،؛؟۔।॥" + _WIDE)
_NO_SPACE_AFTER = frozenset("([{«“‘#$£€¥¿¡" + _WIDE)
_ENDINGS = frozenset(["s", "t", "re", "ve", "ll", "d", "m"])  # behind an apostrophe
_UNSPACED = re.compile(f"[{UNSPACED}]")


def join(words):
    """Words as text, with spaces where English, and Chinese, put them.

    A straight quotation mark opens and closes by turns; one that is left over closes. An apostrophe that
    stands apart from its word, as in "Iran 's" or "won 't", stays with its ending. Splitting the text
    gives the same words again.

    Args:
        words: a list of strings, as `PATTERN` finds them.

    Returns:
        A string.
    """
    apostrophes = [
        word == "'" and right.lower() in _ENDINGS for word, right in zip(words, [*words[1:], ""])
    ]
    quotes = [word for word, apostrophe in zip(words, apostrophes) if not apostrophe]
    marks = {mark: quotes.count(mark) for mark in "\"'"}
    seen = dict.fromkeys(marks, 0)
    text, glued = "", True  # whether the next word follows without a space
    for left, word, opens in zip(["", *words], words, apostrophes):
        if word in marks and not opens:
            seen[word] += 1
            opens = seen[word] % 2 == 1 and seen[word] < marks[word]
        closes = word in _NO_SPACE_BEFORE or (word in marks and not opens)
        unspaced = _UNSPACED.match(left) and _UNSPACED.match(word)
        text += word if glued or closes or word == "/" or unspaced else f" {word}"
        glued = opens or word == "/" or word in _NO_SPACE_AFTER
    return text
