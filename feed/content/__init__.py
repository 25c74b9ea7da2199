"""Content: what a producer sends becomes sanitised blocks. Nothing from a producer reaches a page another way.

Every function takes any text whatever, and raises nothing but InvalidInput (without `field`, which the caller knows):
for what is nested too deep, has too many elements, or is too long for one block.
"""

from __future__ import annotations

from .hypertext import blocks_from_html, clean_inline
from .markdown import blocks_from_markdown
from .plain import blocks_from_text, plain_text
from .sent_blocks import clean_address, clean_blocks

__all__ = [
    "blocks_from_html",
    "blocks_from_markdown",
    "blocks_from_text",
    "clean_address",
    "clean_blocks",
    "clean_inline",
    "plain_text",
]
