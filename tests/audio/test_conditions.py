import numpy as np
import pytest

from gankit.audio import conditions
from gankit.audio.data import Recordings
from gankit.files.waves import Waves

NAMES = {"label": ["no", "yes"], "speaker": ["ann", "bob", "cid"]}


def recordings(labels, speakers, of_validation):
    def some(numbers, speakers):
        n = len(speakers)
        return Waves(
            np.ones(10, "int16"),
            np.zeros(n, int),
            np.full(n, 10),
            None if numbers is None else np.asarray(numbers),
            np.asarray(speakers),
            n * ["a"],
        )

    n = len(of_validation)
    held_out = some(None if labels is None else n * [0], of_validation)
    names = None if labels is None else ["no", "yes"]
    return Recordings(
        "test", 8000, some(labels, speakers), held_out, names, ["ann", "bob", "cid", "dan"]
    )


def test_held_out_speakers_can_not_be_asked_for():
    data = recordings([0, 1, 1], [0, 1, 2], [3, 1])
    names = conditions.names_of(data)
    assert names == NAMES
    asked = conditions.askable(data, names)
    np.testing.assert_array_equal(asked.train.speakers, [0, 1, 2])
    np.testing.assert_array_equal(asked.validation.speakers, [0, 1])  # 3 counts as 0
    np.testing.assert_array_equal(data.validation.speakers, [3, 1])


def test_what_has_one_value_is_not_told():
    data = recordings([0, 0, 0], [0, 1, 1], [0])
    names = conditions.names_of(data)
    assert names == {"speaker": ["ann", "bob"]}
    assert conditions.askable(data, names).train.labels is None
    assert conditions.names_of(recordings(None, [0, 0], [0])) == {}


def test_in_turn():
    """All labels of a speaker, and then those of the next."""
    found = conditions.in_turn(NAMES, 7)
    np.testing.assert_array_equal(found["label"], [0, 1, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(found["speaker"], [0, 0, 1, 1, 2, 2, 0])
    assert conditions.titles(NAMES, found, 7)[:3] == ["no, ann", "yes, ann", "no, bob"]
    assert conditions.in_turn({}, 3) is None
    assert conditions.titles({}, None, 2) == ["1", "2"]


def test_names_and_numbers():
    assert conditions.number(NAMES, "speaker", "cid") == 2
    with pytest.raises(ValueError, match="Unknown label. Known: no, yes. Received: 'perhaps'"):
        conditions.number(NAMES, "label", "perhaps")
    with pytest.raises(ValueError, match="was told no speakers"):
        conditions.number({"label": ["no"]}, "speaker", "ann")
