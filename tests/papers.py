"""Small whole files for tests: a PDF, a picture with a place in it, an office paper. Hostile ones are made from them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
DOCUMENT = '<?xml version="1.0"?><w:document xmlns:w="x"><w:body><w:p>会议记录</w:p></w:body></w:document>'


def pdf(text: str = "paper", *, extra: bytes = b"") -> bytes:
    """Return a PDF of one empty page; `text` makes it different from others, `extra` stands among its objects."""
    head = b"%PDF-1.4\n%" + text.encode() + b"\n"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
    body, places = head, []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    body += extra
    start = len(body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"xref\n0 4\n0000000000 65535 f \n" + table
    return body + b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def picture(kind: str = "PNG", *, size: tuple[int, int] = (12, 8), **options: Any) -> bytes:
    """Return a picture of one colour as PNG or JPEG."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", size, (10, 120, 110)).save(stream, format=kind, **options)
    return stream.getvalue()


def photograph() -> bytes:
    """Return a JPEG with the place, the camera and a comment in it, held sideways."""
    from PIL import Image

    data = Image.Exif()
    data[0x010F], data[0x0110], data[0x0112] = "CameraMaker", "Camera-7", 6
    data.get_ifd(0x8825).update({1: "N", 2: (31.0, 57.0, 11.0), 3: "E", 4: (120.0, 30.0, 5.0)})
    return picture("JPEG", exif=data, comment=b"patient: somebody")


def office(
    main: str = "word/document.xml", members: Mapping[str, str | bytes] | None = None, *, content: str = DOCUMENT
) -> bytes:
    """Return an office paper with more members beside its main part."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr(main, content)
        for name, text in (members or {}).items():
            archive.writestr(name, text)
    return stream.getvalue()
