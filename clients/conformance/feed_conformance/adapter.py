"""The program that stands for a client: JSON lines to it, one line back for each."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self, cast

from .log import Json

ANSWERS_WITHIN_S = 30.0


class AdapterFault(Exception):
    """The adapter broke, fell silent, or said what is no answer."""


class Adapter:
    """`name` and `transports` are what it says of itself. `lines` are those of the present case, as they were."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - whoever runs this names the command
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(cast(IO[str], self._process.stdout),), daemon=True).start()
        self.lines: list[str] = []
        said = self.ask({"do": "hello", "conformance": 1})
        self.name = str(said.get("name", command[-1]))
        self.transports: list[str] = said.get("transports") or ["websocket"]
        self.can: list[str] = said.get("can") or []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def reset(self) -> None:
        self.lines.clear()
        self.ask({"do": "reset"})

    def ask(self, request: Json) -> Json:
        line = json.dumps(request, ensure_ascii=False)
        self.lines.append(f"> {line}")
        to = cast(IO[str], self._process.stdin)
        try:
            to.write(line + "\n")
            to.flush()
        except OSError as error:
            raise AdapterFault(f"the adapter has ended: {error}") from None
        try:
            answer = self._answers.get(timeout=ANSWERS_WITHIN_S)
        except queue.Empty:
            raise AdapterFault(f"no answer within {ANSWERS_WITHIN_S:.0f} s to {line}") from None
        if answer is None:
            raise AdapterFault(f"the adapter ended without an answer to {line}")
        self.lines.append(f"< {answer}")
        try:
            document = json.loads(answer)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise AdapterFault(f"the adapter answered with what is no JSON object: {answer[:200]!r}")
        return document

    def close(self) -> None:
        with suppress(OSError):  # what it did not read
            cast(IO[str], self._process.stdin).close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _listen(self, lines: IO[str]) -> None:
        for line in lines:
            if line.strip():
                self._answers.put(line.rstrip("\n"))
        self._answers.put(None)
