"""Makes API.md from the docstrings: python clients/python/reference.py"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, is_typeddict

import feed_client

PLACE = Path(__file__).parent / "API.md"


def reference() -> str:
    """Everything that `from feed_client import …` gives, by what it is for."""
    things = {name: getattr(feed_client, name) for name in feed_client.__all__ if not name.startswith("__")}
    errors = [name for name, thing in things.items() if isinstance(thing, type) and issubclass(thing, Exception)]
    shapes = [name for name, thing in things.items() if is_typeddict(thing)]
    following = ["follow", "Timeline", "Connections", "Session"]
    groups = {
        "Following": following,
        "Publishing": [name for name in things if name not in {*errors, *shapes, *following}],
        "Errors": sorted(errors, key=lambda name: (len(things[name].__mro__), name)),
        "Shapes": shapes,
    }
    parts = ["# feed-client: reference\n\nMade from the docstrings by `reference.py`."]
    for group, names in groups.items():
        parts.append(f"## {group}")
        parts += [section(name, things[name]) for name in names]
    return "\n\n".join(parts) + "\n"


def section(name: str, thing: Any) -> str:
    if is_typeddict(thing):
        return "\n\n".join(part for part in (f"### {name}", prose(thing), fields(thing)) if part)
    if isinstance(thing, type):
        parts = [f"### {name}", prose(thing)]
        if not issubclass(thing, Exception):
            parts.insert(1, code(name, thing.__init__))
            parts += list(members(thing))
        else:
            kind = thing.__bases__[0].__name__
            meaning = f" {vars(thing)['meaning']}." if "meaning" in vars(thing) else ""
            parts.insert(1, f"{'An' if kind[0] in 'AEIOU' else 'A'} `{kind}`.{meaning}".replace("?.", "?"))
        return "\n\n".join(part for part in parts if part)
    return "\n\n".join(part for part in (f"### {name}", code(name, thing), prose(thing)) if part)


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
    kinds = ((name, getattr(kind, "__forward_arg__", kind)) for name, kind in inspect.get_annotations(shape).items())
    rows = [f"| `{name}` | `{str(kind).replace('|', 'or')}` |" for name, kind in kinds]
    return "\n".join(["| field | |", "| --- | --- |", *rows])


if __name__ == "__main__":
    PLACE.write_text(reference())
