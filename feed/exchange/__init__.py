"""Exchange: live pages out of files, and coverage into files. No server and no store: bytes in, drafts out, and back.

imported = read(path.read_bytes(), name=path.name)
imported.coverage, imported.entries, imported.ending, imported.notes
"""

from __future__ import annotations

from .export import export_html, export_jsonfeed
from .formats import FORMATS, read
from .imported import Imported, Note
from .own import export_json

__all__ = ["FORMATS", "Imported", "Note", "export_html", "export_json", "export_jsonfeed", "read"]
