import pytest

from tests import programs

pytestmark = pytest.mark.once


def test_a_program_that_hangs_shows_where():
    process = programs.start(
        "-c", "import threading\ndef hangs(): threading.Event().wait()\nhangs()"
    )
    with pytest.raises(TimeoutError, match=r"(?s)did not end in 3 s.*in hangs"):
        programs.ended(process, 3)
