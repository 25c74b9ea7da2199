"""The bytes of a file as text or as JSON."""

from __future__ import annotations

import codecs
import json
from typing import Any

from feed.errors import ImportFormatError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes) -> tuple[str, str | None]:
    """The text, and what had to be assumed about its encoding. Raises ImportFormatError for what is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), None
            except UnicodeDecodeError as error:
                raise ImportFormatError(
                    f"The file says that it is {encoding.upper()}, but is not from byte {error.start} on. "
                    "Save it as UTF-8 and import it again."
                ) from None
    if b"\x00" in data:
        raise ImportFormatError("The file is binary, not text. Import a text, JSON, HTML or XML file.")
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        try:
            return data.decode("cp1252"), f"the file is not UTF-8 (line {line}); it was read as Windows-1252"
        except UnicodeDecodeError:
            raise ImportFormatError(
                f"Line {line} of the file is neither UTF-8 nor Windows-1252. Save the file as UTF-8."
            ) from None


def json_document(text: str) -> Any:
    """Tolerates line breaks within strings, as content systems write them. Raises ImportFormatError."""
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise ImportFormatError(f"Line {error.lineno} is not valid JSON: {error.msg}.") from None
    except ValueError:
        raise ImportFormatError("The JSON holds a number too long to be read.") from None
    except RecursionError:
        raise ImportFormatError("The JSON is nested too deeply.") from None
