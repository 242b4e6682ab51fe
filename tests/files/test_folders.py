import itertools

import pytest

from gankit.files import folders


def odd(number):
    if number % 2 == 0:
        raise ValueError(f"{number} is even.")
    return number


def test_each_keeps_the_order_beyond_what_is_held_at_once(monkeypatch):
    monkeypatch.setattr(folders, "AT_ONCE", 3)
    results, bad = folders.each(odd, range(10), skip=True)
    assert results == [1, 3, 5, 7, 9]
    assert bad == [(i, f"{i} is even.") for i in range(0, 10, 2)]
    with pytest.raises(ValueError, match="0 is even. So do 4 more files.*--skip-bad-files"):
        folders.each(odd, range(10))


def test_each_holds_few_of_what_comes_one_by_one(monkeypatch):
    monkeypatch.setattr(folders, "AT_ONCE", 3)
    given, done, held = itertools.count(), [], []

    def items():
        for _ in range(10):
            number = next(given)
            held.append(number + 1 - len(done))
            yield number

    results, _ = folders.each(lambda i: done.append(i) or i, items())
    assert results == list(range(10))
    assert max(held) <= 3
