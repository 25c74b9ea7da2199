"""The JavaScript client as a server hands it out, in a page of another site that has no build of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import expect

from tests.running import ServerProcess

from .conftest import Opener
from .desk import Desk
from .site import other_site

README = (Path(__file__).parents[2] / "README.md").read_text()

PRIVATE = """<!doctype html>
<p id="transport"></p>
<ol id="entries"></ol>
<script type="module">
  import { follow } from "SERVER/static/sdk/index.js";

  const coverage = follow("SERVER", "COVERAGE", { token: () => "TOKEN", transports: ["TRANSPORT"] });
  coverage.on("change", ({ entries: shown }) => {
    entries.innerHTML = shown.map(({ headline }) => `<li>${headline}</li>`).join("");
  });
  coverage.on("state", (state) => (transport.innerText = `${state} by ${coverage.transport}`));
</script>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which its files are."""
    with other_site(tmp_path) as address:
        yield tmp_path, address


async def test_the_page_of_the_readme_follows_a_coverage(
    site: tuple[Path, str], server: ServerProcess, desk: Desk, open_page: Opener
) -> None:
    (written,) = re.findall(r"```html\n(<script type=\"module\">.*?)```", README, re.DOTALL)
    assert written.count("http://127.0.0.1:8000") == 2
    folder, address = site
    page_of_it = written.replace("http://127.0.0.1:8000", server.url).replace('"budget"', f'"{desk.coverage}"')
    (folder / "page.html").write_text(f"<!doctype html><body></body>{page_of_it}")
    desk.publish("First")
    page = await open_page(f"{address}/page.html")
    await expect(page.locator("body")).to_have_text("First")
    desk.publish("Second")
    await expect(page.locator("body")).to_have_text(re.compile(r"Second\s*First"))


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_a_private_coverage_is_followed_from_another_site_with_a_token(
    site: tuple[Path, str], server: ServerProcess, producer: httpx2.Client, open_page: Opener, transport: str
) -> None:
    desk = Desk(producer, server.url, visibility="private")
    answer = producer.post("/v1/tokens", json={"scopes": [f"read:{desk.coverage}"]}).raise_for_status()
    folder, address = site
    words = {"SERVER": server.url, "COVERAGE": desk.coverage, "TOKEN": answer.json()["token"], "TRANSPORT": transport}
    page_of_it = PRIVATE
    for word, meaning in words.items():
        page_of_it = page_of_it.replace(word, meaning)
    (folder / "page.html").write_text(page_of_it)
    desk.publish("First")
    asked: list[str] = []
    page = await open_page("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    await page.goto(f"{address}/page.html")
    await expect(page.locator("#transport")).to_have_text(f"live by {transport}")
    desk.publish("Second")
    desk.end(entry={"headline": "Goodbye", "text": "Thank you."})
    await expect(page.locator("#entries > li")).to_have_text(["Goodbye", "Second", "First"])
    await expect(page.locator("#transport")).to_have_text(re.compile("ended"))
    assert any(desk.coverage in url for url in asked)
    assert not any(words["TOKEN"] in url for url in asked)
