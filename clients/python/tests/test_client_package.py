"""The package: its wheel, its reference, what it gives away of itself."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import feed_client

HERE = Path(__file__).parents[1]


def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", HERE / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_that_of_this_version() -> None:
    assert (HERE / "API.md").read_text() == reference().reference(), "run: python clients/python/reference.py"


def test_everything_public_is_in_the_reference_and_says_what_it_is() -> None:
    text = (HERE / "API.md").read_text()
    for name in feed_client.__all__:
        assert name == "__version__" or f"### {name}\n" in text


def test_it_needs_its_two_libraries_and_never_the_server() -> None:
    imported: set[str] = set()
    for path in (HERE / "feed_client").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == {"httpx2", "websockets"}


def test_the_wheel_has_the_package_and_works(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=HERE, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"feed_client-{feed_client.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {f"feed_client/{path.name}" for path in (HERE / "feed_client").glob("*.py")}
    assert names >= sources | {"feed_client/py.typed"}
    assert all(name.startswith(("feed_client/", "feed_client-")) for name in names)
    # From the wheel alone: what is installed for development is not looked at.
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import feed_client; print(feed_client.__file__)"
    imported = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert imported.stdout.startswith(str(wheel))
