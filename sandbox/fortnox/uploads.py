"""Reading a file out of multipart/form-data."""

from io import BytesIO

from python_multipart.multipart import parse_form

from sandbox.fortnox.api import Upload
from sandbox.fortnox.errors import wrong_data


def read_upload(content_type: str, body: bytes) -> Upload:
    """Read the part named ``file``."""
    found: list[Upload] = []

    def on_file(part: object) -> None:
        name, stream = getattr(part, "file_name", b"") or b"", getattr(part, "file_object", BytesIO())
        stream.seek(0)
        if getattr(part, "field_name", b"") == b"file":
            found.append(Upload(name.decode("utf-8", "replace"), stream.read()))

    headers = {"Content-Type": content_type.encode(), "Content-Length": str(len(body)).encode()}
    parse_form(headers, BytesIO(body), None, on_file)
    if not found:
        raise wrong_data()
    return found[0]
