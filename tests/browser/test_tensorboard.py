"""A short run of each domain in TensorBoard: curves, pictures, sound and text, as a browser shows them."""

import pytest

from tests.browser.conftest import DESK, DOMAINS
from tests.browser.pages import EVERYTHING, picture, wait, width

OPENED = """
found.filter(one => one.tagName === 'TF-CATEGORY-PANE' && !one.opened)
    .forEach(one => { one.opened = true; });
"""
TEXT = "return found.map(one => one.shadowRoot ? one.shadowRoot.textContent : '').join(' ')"
PICTURES = """
return found.filter(one => one.tagName === 'IMG' && one.naturalWidth > 1)
    .map(one => one.src).filter(one => one.includes('individualImage'));
"""
SOUNDS = "return found.filter(one => one.tagName === 'AUDIO').map(one => one.src)"


@pytest.fixture(autouse=True)
def wide(browser):
    width(browser, DESK)


def opened(browser, address, plugin):
    browser.get(f"{address}/?darkMode=false#{plugin}")


def look(browser, script):
    return browser.execute_script(EVERYTHING + OPENED + script)


def shows(browser, address, plugin, found):
    """Waits until `found` of the page's shadow text is true."""
    opened(browser, address, plugin)
    wait(browser, lambda _: found(look(browser, TEXT)), f"{plugin} does not show what it should")
    picture(browser, f"tensorboard-{plugin}")


def test_curves(browser, tensorboard):
    """Scalars, grouped by player, of every run."""
    groups = ("discriminator", "generator", "validation", "final")
    shows(browser, tensorboard, "scalars", lambda text: all(one in text for one in groups))
    text = look(browser, TEXT)
    assert all(f"{domain}/tensorboard" in text for domain in DOMAINS)


def test_pictures(browser, tensorboard):
    """Samples of the domains that can be seen."""
    opened(browser, tensorboard, "images")
    drawn = ("points", "images", "segmentation", "audio")

    def found(_):
        sources = look(browser, PICTURES)
        return all(any(f"run={one}" in source for source in sources) for one in drawn)

    wait(browser, found, "not every run shows its samples")
    picture(browser, "tensorboard-images")


def test_sound(browser, tensorboard):
    """The vowels can be played: the browser knows how long they are."""
    opened(browser, tensorboard, "audio")
    (first, *_) = wait(browser, lambda _: look(browser, SOUNDS), "there is no sound")
    picture(browser, "tensorboard-audio")
    length = browser.execute_async_script(
        """
        const [source, done] = arguments;
        const sound = new Audio(source);
        sound.onloadedmetadata = () => done(sound.duration);
        sound.onerror = () => done(0);
        """,
        first,
    )
    assert length > 0.1


def test_text(browser, tensorboard):
    """The options of every run, and the samples of the one on text."""
    shows(
        browser,
        tensorboard,
        "text",
        lambda text: "nats a token" in text and text.count("batch_size") >= len(DOMAINS),
    )


def test_histograms(browser, tensorboard):
    """Logits of every domain's discriminators."""
    shows(browser, tensorboard, "histograms", lambda text: text.count("logits/real_0") >= 5)


def test_hyperparameters(browser, tensorboard):
    """Options beside final numbers."""
    opened(browser, tensorboard, "hparams")
    found = "return document.body.innerText + found.map(e => e.innerText || '').join(' ')"
    wait(browser, lambda _: "preset" in look(browser, found), "no options are shown")
    picture(browser, "tensorboard-hparams")
