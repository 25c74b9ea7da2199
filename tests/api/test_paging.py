"""Pages of a timeline, from the newest entry to the oldest."""

from __future__ import annotations

from typing import Any

from tests.newsroom import Newsroom


def paged(newsroom: Newsroom, coverage: str, limit: int) -> list[Any]:
    entries: list[Any] = []
    query: dict[str, Any] = {}
    while True:
        page = newsroom.entries(coverage, limit=limit, **query)
        entries += page["entries"]
        if page["next"] is None:
            return entries
        assert len(page["entries"]) == limit
        query = {"before": page["next"]}


def test_a_long_timeline_is_paged_without_gap_or_duplicate_also_at_equal_times(
    newsroom: Newsroom, coverage: str
) -> None:
    times = [f"2026-11-23T0{hour}:00:00Z" for hour in range(4)]
    drafts = [{"id": f"e-{number * 7 % 130}", "text": "x", "display_at": times[number % 4]} for number in range(130)]
    newsroom.publish_many(coverage, drafts)
    expected = sorted(((draft["display_at"].replace("Z", ".000Z"), draft["id"]) for draft in drafts), reverse=True)
    for limit in (1, 7, 50, 130, 500):
        entries = paged(newsroom, coverage, limit)
        assert [(entry["display_at"], entry["id"]) for entry in entries] == expected
    assert len(newsroom.entries(coverage)["entries"]) == 50


def test_a_page_goes_on_where_it_stopped_also_when_that_entry_is_gone(newsroom: Newsroom, coverage: str) -> None:
    at = "2026-11-23T00:00:00Z"
    newsroom.publish_many(coverage, [{"id": f"e{number}", "text": "x", "display_at": at} for number in range(6)])
    page = newsroom.entries(coverage, limit=3)
    newsroom.delete(coverage, page["entries"][-1]["id"])
    newsroom.publish(coverage, text="new")
    rest = newsroom.entries(coverage, limit=3, before=page["next"])
    assert [entry["id"] for entry in rest["entries"]] == ["e2", "e1", "e0"]
    assert rest["next"] is None


def test_an_unchanged_page_is_not_sent_again(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage)
    path = f"/v1/coverages/{coverage}/entries"
    answer = newsroom.ask("GET", path)
    tag = answer.headers["etag"]
    assert tag == f'"{answer.json()["cursor"]}"'
    assert answer.headers["cache-control"].startswith("public, max-age=1")
    assert newsroom.ask("GET", path, headers={"If-None-Match": tag}).status_code == 304
    newsroom.publish(coverage)
    assert newsroom.ask("GET", path, headers={"If-None-Match": tag}).status_code == 200
