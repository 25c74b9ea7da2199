"""Text that was written to become something else on a page."""

from __future__ import annotations

from tests.content.hostile import HOSTILE

# What ends a title, an attribute, a script, a comment, a CDATA section or a header, if something lets it.
BREAKERS = [
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</ScRiPt ><img src=x onerror=alert(1)>",
    "<!--<script>alert(1)",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    '" onmouseover="alert(1)" x="',
    "' onmouseover='alert(1)' x='",
    "` onmouseover=alert(1) `",
    "{{ 7 * 7 }}${7*7}<%= 7*7 %>#{7*7}",
    "{% include 'base.html' %}{{ config }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\u2028alert(1)\u2029",
    "\u202ealert(1)\u2066",
    "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    '=HYPERLINK("http://evil.example")',
    "%3Cscript%3Ealert(1)%3C/script%3E",
]
PAYLOADS = [*BREAKERS, *(payload for family in HOSTILE.values() for payload in family)]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://a.example/1",
    "file:///etc/passwd",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "/\\evil.example",
    "https://",
    "http:evil",
]
