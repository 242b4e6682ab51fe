"""The live page: a trained generator in the browser, moved by its controls, on a desk and a telephone."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import complaints, picture, wait, width
from tests.programs import ROOT

PIXELS = "return document.getElementById('live-picture').toDataURL()"
STRIP = "return [...document.querySelectorAll('#live-strip canvas')].map(one => one.toDataURL())"
NAMELESS = """
return [...document.querySelectorAll('.live :is(input, select)')]
    .filter(one => !one.labels.length).map(one => one.id);
"""


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def size(request):
    return request.param


@pytest.fixture
def live(browser, site, size):
    """The page, with its generator loaded, and the first picture painted."""
    if not (ROOT / "docs/live/runtime/VERSION").is_file():
        pytest.skip("the runtime for browsers is not here: python docs/live/vendor.py")
    width(browser, size)
    complaints(browser)
    browser.get(f"{site[0]}/live/")
    control(browser, "start").send_keys(Keys.ENTER)
    wait(browser, lambda _: control(browser, "status").text != "Loading …", "it loads and loads")
    assert not control(browser, "status").text
    wait(
        browser,
        lambda _: "generated 0" in control(browser, "picture").accessible_name,
        "no picture",
    )
    return browser


def control(browser, name):
    return browser.find_element(By.ID, f"live-{name}")


def changes(browser, what, act):
    """Does something, and waits until the picture is another one."""
    before = browser.execute_script(PIXELS)
    act()
    wait(browser, lambda _: browser.execute_script(PIXELS) != before, f"{what} changes nothing")


def test_controls(live, size):
    """Every one of them, by keyboard, changes the picture; none is wider than the window or unnamed."""
    changes(live, "a slider", lambda: control(live, "direction-0").send_keys(Keys.END))
    assert control(live, "direction-0").get_attribute("value") == "3"
    changes(live, "the class", lambda: Select(control(live, "class")).select_by_visible_text("7"))
    assert control(live, "picture").accessible_name == "A generated 7"
    changes(live, "a new sample", lambda: control(live, "new").send_keys(Keys.ENTER))
    picture(live, f"live-{size}")
    assert live.execute_script("return document.documentElement.scrollWidth") <= size
    assert not live.execute_script(NAMELESS)
    assert not complaints(live)


def test_the_way_to_another_sample(live, size):
    """It begins at the sample, and ends at the other one, which another end changes."""
    assert live.execute_script(PIXELS) == live.execute_script(STRIP)[0]
    changes(live, "the way", lambda: control(live, "way").send_keys(Keys.END))
    strip = live.execute_script(STRIP)
    assert len(set(strip)) == len(strip)
    assert live.execute_script(PIXELS) == strip[-1]
    live.execute_script("arguments[0].scrollIntoView()", control(live, "strip"))
    picture(live, f"live-way-{size}")
    changes(live, "another end", lambda: control(live, "other").send_keys(Keys.ENTER))
    assert live.execute_script(STRIP)[0] == strip[0]
