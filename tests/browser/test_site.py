"""The built site, as a reader meets it: on a desk, on a telephone, by keyboard, without a network."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import CONTRAST, complaints, picture, wait, width

NAMELESS = "return [...document.images].filter(one => !one.alt).map(one => one.src)"
TOO_WIDE = "return document.documentElement.scrollWidth"
HEADINGS = "return [...document.querySelectorAll('.md-content h1')].length"


def every_page(browser, site, problems_of):
    """What is wrong with which page: `{page: problems}` without those that have none."""
    address, pages = site
    found = {}
    for page in pages:
        browser.get(f"{address}/{page}")
        problems = problems_of(page)
        if problems:
            found[page] = problems
    return found


def test_every_page_on_a_desk(browser, site):
    """No error in the console, a title of its own, one heading above all, a text for every picture."""
    width(browser, DESK)
    titles = {}

    def problems(page):
        titles.setdefault(browser.title, []).append(page)
        picture(browser, f"desk-{page.replace('/', '-')}")
        wrong = complaints(browser) + browser.execute_script(NAMELESS)
        if browser.execute_script(HEADINGS) != 1:
            wrong.append("not one h1")
        return wrong

    complaints(browser)
    assert not every_page(browser, site, problems)
    assert len(titles) == len(site[1]), [pages for pages in titles.values() if len(pages) > 1]
    assert all("gankit" in title for title in titles)


def test_every_page_on_a_telephone(browser, site):
    """Nothing is wider than the window; long tables and code scroll by themselves."""
    width(browser, PHONE)

    def problems(page):
        picture(browser, f"phone-{page.replace('/', '-')}")
        found = browser.execute_script(TOO_WIDE)
        return f"{found} pixels wide" if found > PHONE else None

    assert not every_page(browser, site, problems)


def test_contrast(browser, site):
    """Text and what is behind it, 4.5 to 1 at least (WCAG 2.1, AA), by day and by night."""
    width(browser, DESK)
    for scheme in ("light", "dark"):
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
        found = every_page(browser, site, lambda page: browser.execute_script(CONTRAST))
        picture(browser, f"scheme-{scheme}")
        assert not found, scheme
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_search(browser, site):
    """It finds a word in the guides and in the reference, though no other machine can be reached."""
    width(browser, DESK)
    browser.get(site[0])
    for word, page in (
        ("penalties", "losses-and-penalties"),
        ("SpectralNormalization", "api/layers"),
    ):
        box = browser.find_element(By.CSS_SELECTOR, ".md-search__input")
        browser.execute_script("arguments[0].focus()", box)
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(word)

        def links(_, page=page):
            results = browser.find_elements(By.CSS_SELECTOR, ".md-search-result__link")
            return any(page in (one.get_attribute("href") or "") for one in results)

        wait(browser, links, f"searching for {word} does not find {page}")
        picture(browser, f"search-{word}")
    box.send_keys(Keys.ESCAPE)


def test_keyboard(browser, site):
    """The first key leads past the navigation, and every link shows that it has the focus."""
    width(browser, DESK)
    browser.get(f"{site[0]}/getting-started/")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert "md-skip" in browser.switch_to.active_element.get_attribute("class")
    link = browser.find_element(By.CSS_SELECTOR, ".md-content p a")
    before = browser.execute_script(OUTLINE, link)
    browser.execute_script("arguments[0].focus({focusVisible: true})", link)
    assert browser.execute_script(OUTLINE, link) != before


OUTLINE = "const s = getComputedStyle(arguments[0]); return s.outlineStyle + s.color"
