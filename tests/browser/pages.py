"""What is asked of a page in a browser."""

import os
import pathlib

from selenium.webdriver.support.ui import WebDriverWait

# Every element of the page, those inside of other elements' shadow trees too.
EVERYTHING = """
const found = [];
const walk = root => root.querySelectorAll('*').forEach(one => {
    found.push(one);
    if (one.shadowRoot) walk(one.shadowRoot);
});
walk(document);
"""
# Of the text a reader sees: the ratio of its lightness to what is behind it, by WCAG 2.1.
CONTRAST = """
const parts = color => (color.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = color => {
    const [r, g, b] = parts(color).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = one => {
    for (; one; one = one.parentElement) {
        const color = getComputedStyle(one).backgroundColor;
        const alpha = parts(color)[3];
        if (alpha === undefined || alpha === 1) return color;
    }
    return 'rgb(255, 255, 255)';
};
const seen = {};
for (const one of document.querySelectorAll('.md-content :is(p, a, li, th, td, h1, h2, h3)')) {
    if (one.matches('.headerlink, .md-content__button') || !one.innerText.trim()) continue;
    const style = getComputedStyle(one);
    if (style.opacity !== '1') continue;
    const [low, high] = [light(style.color), light(behind(one))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) seen[one.tagName + ' ' + style.color + ' on ' + behind(one)] = ratio.toFixed(2);
}
return seen;
"""


def width(browser, pixels):
    """Makes the window so wide, as a telephone or a desk shows it."""
    measures = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": pixels < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", measures)


def wait(browser, until, message, seconds=60):
    """What a function of the browser gives, as soon as that is something."""
    return WebDriverWait(browser, seconds).until(until, message)


def complaints(browser):
    """What the console holds since it was last asked: errors, and files that did not come."""
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def picture(browser, name):
    """Keeps a picture of the window in the folder GANKIT_SCREENSHOTS, if there is one."""
    folder = os.environ.get("GANKIT_SCREENSHOTS")
    if folder:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(pathlib.Path(folder, f"{name}.png")))
