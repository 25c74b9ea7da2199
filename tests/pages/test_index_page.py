from __future__ import annotations

from feed.model import Picture
from feed.pages import render_index, render_problem

from .samples import ORIGIN, at, coverage, ended, picture


def test_the_list_shows_live_ones_first_then_what_comes_then_what_has_ended() -> None:
    html = render_index(
        [
            ended(id="over", title="Over"),
            coverage(id="soon", title="Soon", status="scheduled", starts_at=at("18:00")),
            coverage(id="next", title="Next", status="scheduled", starts_at=at("17:00")),
            coverage(id="early", title="Early", started_at=at("05:00")),
            coverage(id="late", title="Late", started_at=at("15:00"), image=Picture(**picture())),
        ],
        ORIGIN,
    )
    places = [html.index(f'href="/c/{name}"') for name in ("late", "early", "next", "soon", "over")]
    assert places == sorted(places)
    assert "Coverage begins at" in html
    assert 'src="/pictures/river.svg"' in html
    assert f'<link rel="canonical" href="{ORIGIN}/">' in html


def test_an_empty_list_says_so() -> None:
    assert "There is no coverage yet." in render_index([], ORIGIN)


def test_titles_in_the_list_are_text() -> None:
    assert "<b>x" not in render_index([coverage(title="<b>x")], ORIGIN)


def test_a_problem_page_says_what_is_wrong_and_leads_on() -> None:
    html = render_problem(404, "No such page", "Nothing is at <this> address.")
    assert "404" in html
    assert "No such page" in html
    assert "&lt;this&gt;" in html
    assert 'href="/"' in html


def test_the_list_and_problems_speak_the_readers_language() -> None:
    assert "Es gibt noch keine Berichterstattung." in render_index([], ORIGIN, "de")
    html = render_problem(404, "No such page", "English words.", "ar")
    assert '<html lang="ar" dir="rtl">' in html
    assert "English words." not in html
