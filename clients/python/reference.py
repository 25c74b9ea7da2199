"""Makes API.md from the docstrings: python clients/python/reference.py"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, is_typeddict

import feed_client

PLACE = Path(__file__).parent / "API.md"
FIRST = ["follow", "Timeline", "Connections", "Session"]


def reference() -> str:
    """Everything that `from feed_client import …` gives, by what it is for."""
    things = {name: getattr(feed_client, name) for name in feed_client.__all__ if not name.startswith("__")}
    errors = [name for name, thing in things.items() if isinstance(thing, type) and issubclass(thing, Exception)]
    shapes = [name for name, thing in things.items() if is_typeddict(thing)]
    others = [name for name in aliases() if name in things]
    actions = [name for name, thing in things.items() if is_dataclass(thing)]
    doing = ["Action", "SessionAction"]
    named = {*errors, *shapes, *others, *actions, *FIRST}
    groups = {
        "Following": [*FIRST, *doing, *actions],
        "Publishing": [name for name in things if name not in named],
        "Errors": sorted(errors, key=lambda name: (len(things[name].__mro__), name)),
        "Shapes": [*shapes, *(name for name in others if name not in doing)],
    }
    parts = ["# feed-client: reference\n\nMade from the docstrings by `reference.py`."]
    for group, names in groups.items():
        parts.append(f"## {group}")
        if group == "Shapes":
            parts.append("Objects of JSON. Fields with a question mark may be missing.")
        parts += [section(name, things[name]) for name in names]
    return "\n\n".join(parts) + "\n"


def section(name: str, thing: Any) -> str:
    if name in aliases():
        written, words = aliases()[name]
        line = f"{name} = {written}"
        if len(line) > 100:
            line = re.sub(r", ", ",\n    ", line).replace("[", "[\n    ", 1).removesuffix("]") + ",\n]"
        return "\n\n".join(part for part in (f"### {name}", f"```python\n{line}\n```", words) if part)
    if is_typeddict(thing) or is_dataclass(thing):
        return "\n\n".join(part for part in (f"### {name}", prose(thing), fields(thing)) if part)
    if isinstance(thing, type):
        parts = [f"### {name}", prose(thing)]
        if not issubclass(thing, Exception):
            parts.insert(1, code(name, thing.__init__))
            parts += list(attributes(thing))
            parts += list(members(thing))
        else:
            kind = thing.__bases__[0].__name__
            meaning = f" {vars(thing)['meaning']}." if "meaning" in vars(thing) else ""
            parts.insert(1, f"{'An' if kind[0] in 'AEIOU' else 'A'} `{kind}`.{meaning}".replace("?.", "?"))
        return "\n\n".join(part for part in parts if part)
    return "\n\n".join(part for part in (f"### {name}", code(name, thing), prose(thing)) if part)


def aliases() -> dict[str, tuple[str, str]]:
    """Names of types, by modules: what each stands for and the words below it."""
    found = {}
    for module in pkgutil.iter_modules(feed_client.__path__):
        body = ast.parse(inspect.getsource(importlib.import_module(f"feed_client.{module.name}"))).body
        for target, value, words in documented(body):
            if isinstance(target, ast.Name) and re.match("[A-Z][a-z]", target.id) and value is not None:
                found[target.id] = (ast.unparse(value).replace("'", '"'), words)
    return found


def documented(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | None, str]]:
    """What is assigned to or declared, its value, and the text right below it."""
    for statement, below in itertools.pairwise([*body, ast.Pass()]):
        match statement:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
                match below:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield target, value, inspect.cleandoc(text)
                    case _:
                        yield target, value, ""


def body_of(thing: Any) -> list[ast.stmt]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    return tree.body if isinstance(tree, ast.ClassDef | ast.FunctionDef) else []


def attributes(thing: type) -> Iterator[str]:
    """What `__init__` sets for everybody."""
    for target, _, words in documented(body_of(thing.__init__)):  # type: ignore[misc]
        if isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
            yield f"**`.{target.attr}`**" + (f": {words}" if words else "")


def members(thing: type) -> Iterator[str]:
    for name, member in vars(thing).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"**`.{name}`**" + (f": {prose(member)}" if member.__doc__ else "")
        elif inspect.isfunction(member):
            yield "\n\n".join(part for part in (code(f".{name}", member), prose(member)) if part)


def code(name: str, function: Any) -> str:
    """The signature as it is written, without `self`; a long one with a line for each parameter."""
    signature = inspect.signature(function)
    kept = [parameter for key, parameter in signature.parameters.items() if key != "self"]
    written = str(signature.replace(parameters=kept, return_annotation=signature.empty))[1:-1]
    written = re.sub(r": '((?:[^'\\]|\\.)*)'", r": \1", written)
    returned = signature.return_annotation
    end = "" if returned in (signature.empty, "None") else f" -> {returned}"
    prefix = "await " if inspect.iscoroutinefunction(function) else ""
    line = f"{prefix}{name}({written}){end}"
    if len(line) > 100:
        parts = re.split(r", (?=\*|/|[a-z_]+[:=])", written)
        line = f"{prefix}{name}(\n" + "".join(f"    {one},\n" for one in parts) + f"){end}"
    return f"```python\n{line}\n```"


def prose(thing: Any) -> str:
    """The docstring; what is set in from the rest of it is code."""
    own = thing.__doc__ if not isinstance(thing, type) else vars(thing).get("__doc__")
    text = inspect.cleandoc(own or "")
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def fields(shape: Any) -> str:
    """A table; a field with a question mark may be missing."""
    words = said(shape)
    rows = []
    for name, kind in inspect.get_annotations(shape).items():
        written = str(getattr(kind, "__forward_arg__", kind)).replace("|", "or")
        needed = written.startswith("Required[") or getattr(shape, "__total__", True)
        written = written.removeprefix("Required[").removesuffix("]") if written.startswith("Required[") else written
        rows.append(f"| `{name}{'' if needed else '?'}` | `{written}` | {words.get(name, '')} |".replace("|  |", "| |"))
    return "\n".join(["| field | | |", "| --- | --- | --- |", *rows]) if rows else ""


def said(shape: Any) -> dict[str, str]:
    """Of the fields that a shape has or inherits, the words below them."""
    found: dict[str, str] = {}
    for one in reversed([shape, *getattr(shape, "__orig_bases__", ())]):
        if not isinstance(one, type):
            continue
        for target, _, words in documented(body_of(one)):
            if isinstance(target, ast.Name):
                found[target.id] = " ".join(words.split())
    return found


if __name__ == "__main__":
    PLACE.write_text(reference())
