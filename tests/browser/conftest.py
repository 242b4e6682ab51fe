"""A headless Chromium, the built site behind a local server, and TensorBoard on a run of each domain."""

import contextlib
import functools
import http.server
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
import threading

import pytest

from tests.programs import output, run

PHONE, DESK = 375, 1280  # widths in pixels
DOMAINS = ("points", "images", "segmentation", "audio", "text")
if importlib.util.find_spec("selenium") is None:
    collect_ignore_glob = ["test_*.py"]  # they import it


def missing():
    """What these tests need and the machine lacks, or an empty text."""
    programs = [one for one in ("chromium", "chromedriver") if shutil.which(one) is None]
    return ", ".join(programs + ["mkdocs"] * (importlib.util.find_spec("mkdocs") is None))


def pytest_collection_modifyitems(items):
    lacking = missing()
    for item in items:
        if pathlib.Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.once)
            item.add_marker(pytest.mark.browser)
            if lacking:
                item.add_marker(pytest.mark.skip(reason=f"a real browser: {lacking} not found"))


@pytest.fixture(scope="session")
def browser():
    """Chromium that reaches this machine alone."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    driver.set_page_load_timeout(120)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site's address, and its pages relative to it."""
    folder = tmp_path_factory.mktemp("site")
    output("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder)
    pages = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if path.name != "404.html"
    )
    with served(folder) as address:
        yield address, pages


@contextlib.contextmanager
def served(folder):
    """The address of a folder's files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def tensorboard(tmp_path_factory):
    """The address of TensorBoard on a short run of every domain."""
    runs = tmp_path_factory.mktemp("runs")
    for domain in DOMAINS:
        code, _, err = run(f"recipes/{domain}.py", "--smoke", "--out", runs / domain)
        assert code == 0, err
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0", "--load_fast", "false"],
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    for line in process.stderr:
        said.append(line)
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            break
    else:
        pytest.fail("".join(said))
    drain = threading.Thread(target=process.stderr.read, daemon=True)  # so that it never blocks
    drain.start()
    yield found[0]
    process.terminate()
    process.wait()
    drain.join()
    process.stderr.close()
