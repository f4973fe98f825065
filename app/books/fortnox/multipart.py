"""A file as the body of a form, as Fortnox takes uploads (fortnox-api.md 3.14: field `file`). Pure."""

from __future__ import annotations

import hashlib

from app.books.fortnox.render import Upload


def form_of(upload: Upload) -> tuple[str, bytes]:
    """Content type and body. The same file makes the same bytes."""
    boundary = f"bokbro{hashlib.sha256(upload.content).hexdigest()[:32]}"
    name = "".join(one if one.isprintable() and one not in '"\\' else "_" for one in upload.name)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + upload.content + f"\r\n--{boundary}--\r\n".encode(),
    )
