"""Fetches what runs the live page's generator in a browser, into docs/live/runtime: once, before mkdocs.

    python docs/live/vendor.py       # needs npm, and the licences in the Python package onnxruntime

Of npm's onnxruntime-web two files are needed, 14 MB of WebAssembly and 73 kB of JavaScript; its licence and
those of what it is made of go beside them. The site is built without them, too: the page then says so.
"""

import base64
import hashlib
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

VERSION = "1.30.0"
INTEGRITY = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
LICENCES = ("LICENSE", "ThirdPartyNotices.txt")
RUNTIME = pathlib.Path(__file__).resolve().parent / "runtime"


def fetch(folder):
    """The package of npm, checked.

    Raises:
        ValueError: it is not what it was.
    """
    package = f"onnxruntime-web@{VERSION}"
    command = ["npm", "pack", package, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (path,) = pathlib.Path(folder).glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise ValueError(f"{package} is another one than expected: its SHA-512 is {digest}.")
    return path


def licences():
    """The licences that the Python package of the same project has.

    Raises:
        ValueError: it is not installed.
    """
    found = importlib.util.find_spec("onnxruntime")
    if found is None:
        raise ValueError(
            "The licences are in the package onnxruntime: pip install 'gankit[export]'."
        )
    return [pathlib.Path(found.origin).with_name(name) for name in LICENCES]


def main():
    stamp = RUNTIME / "VERSION"
    if stamp.is_file() and stamp.read_text().strip() == VERSION:
        return
    if shutil.which("npm") is None:
        sys.exit("npm is needed to fetch onnxruntime-web, and is not found.")
    shutil.rmtree(RUNTIME, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = pathlib.Path(folder, "runtime")  # nothing of it is published without its licence
        whole.mkdir()
        try:
            for path in licences():
                shutil.copy(path, whole)
            with tarfile.open(fetch(folder)) as package:
                for name in FILES:
                    (whole / name).write_bytes(package.extractfile(f"package/dist/{name}").read())
        except (ValueError, subprocess.CalledProcessError) as error:
            sys.exit(str(error))
        shutil.copytree(whole, RUNTIME)
    stamp.write_text(f"{VERSION}\n")


if __name__ == "__main__":
    main()
