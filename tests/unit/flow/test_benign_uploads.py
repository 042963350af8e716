"""Papers as offices make them come in: links, charts, boxes with comments, forms, quirks of WPS, scanners and archives of PDF."""

import io
import zipfile

import pytest

from anlan.flow.uploads.child import look
from tests.hostile import STRICT, TYPES, archive, cell, field, listed, packed, rels, saved, sheet, text, typed
from tests.papers import CONTENT_TYPES, office, pdf


def streamed() -> bytes:
    """An archive written to a pipe: sizes stand behind the members, as Java and web services write it."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, data):  # type: ignore[no-untyped-def]
            self.parts.append(bytes(data))
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[arg-type]
        made.writestr("[Content_Types].xml", CONTENT_TYPES)
        made.writestr("word/document.xml", text("文"))
    return b"".join(pipe.parts)


def chinese_names() -> bytes:
    return archive(
        {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": text(""), "word/media/图片1.png": b"\x89PNG"}
    )


def chart() -> bytes:
    book = office("xl/workbook.xml", {"xl/worksheets/sheet1.xml": "<worksheet/>"})
    relation = f'<Relationships xmlns="r"><Relationship Id="r1" Type="{TYPES}/package" Target="../embeddings/Sheet1.xlsx"/></Relationships>'
    return office(
        members={
            "word/charts/chart1.xml": "<c:chart xmlns:c='c'><c:f>Sheet1!$A$1</c:f></c:chart>",
            "word/charts/_rels/chart1.xml.rels": relation,
            "word/embeddings/Sheet1.xlsx": book,
        }
    )


def other_main_part() -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    said = CONTENT_TYPES.replace("</Types>", f'<Override PartName="/word/document2.xml" ContentType="{kind}"/></Types>')
    return archive({"[Content_Types].xml": said, "word/document2.xml": text("")})


def _title(paper, pikepdf):  # type: ignore[no-untyped-def]
    with paper.open_metadata() as told:
        told["dc:title"] = "扫描件"
        told["pdfaid:part"] = "2"


def _outline(paper, pikepdf):  # type: ignore[no-untyped-def]
    with paper.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("第一章", 0))


def updated() -> bytes:
    """A PDF that was saved twice: the old catalog stays in the file, the new one stands on the newer table."""
    first = pdf()
    start = first.rfind(b"xref\n0 4")
    place = len(first)
    added = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) >>\nendobj\n"
    table = b"xref\n1 1\n%010d 00000 n \n" % place
    closing = b"trailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (start, place + len(added))
    return first + added + table + closing


BENIGN = (
    ("a text with links to pages, mail and places", "docx", lambda: rels("hyperlink", "https://www.nhc.gov.cn/a?b=1&amp;c=2")),
    ("a link to an e-mail", "docx", lambda: rels("hyperlink", "mailto:a@example.cn")),
    ("a link to a place in the paper", "docx", lambda: rels("hyperlink", "#第一章")),
    ("a link to a neighbouring paper", "docx", lambda: rels("hyperlink", "附件/制度汇编.docx")),
    ("a link of the strict form", "docx", lambda: rels("hyperlink", "https://example.cn", base=STRICT)),
    ("a template on the writer's own disk", "docx", lambda: rels("attachedTemplate", "file:///C:\\Users\\li\\Normal.dotm", of="word/_rels/settings.xml.rels")),
    ("a picture of WPS that is not there", "docx", lambda: rels("image", "NULL")),
    ("a table of contents", "docx", lambda: office(content=text(field(' TOC \\o "1-3" \\h ') + field(" PAGEREF _Toc1 \\h ") + field(' HYPERLINK \\l "_Toc1" ')))),
    ("page numbers that are reckoned", "docx", lambda: office(content=text(field("= </w:instrText></w:r>" + field("PAGE") + "<w:r><w:instrText> - 1")))),
    ("a box to click on", "docx", lambda: office(content=text(field(" MACROBUTTON NoMacro [请填写] ")))),
    ("a link as a field", "docx", lambda: office(content=text(field(' HYPERLINK "https://example.cn/DDE" ')))),
    ("a link as a field with what is shown over it", "docx", lambda: office(content=text(field(' HYPERLINK "https://example.cn" \\o "说明: 见附件" \\t "_blank" ')))),
    ("a table of contents without a space", "docx", lambda: office(content=text('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>' + field(" PAGEREF _Toc1 \\h ") + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'))),
    ("a text that speaks of DDE", "docx", lambda: office(content=text("<w:r><w:t>DDEAUTO 与 INCLUDEPICTURE</w:t></w:r>"))),
    ("a text with a chart", "docx", chart),
    ("a text in UTF-16", "docx", lambda: office(members={"customXml/item1.xml": '<?xml version="1.0" encoding="utf-16"?><a>文</a>'.encode("utf-16")})),
    ("a text whose main part has another name", "docx", other_main_part),
    ("a text written to a pipe", "docx", streamed),
    ("members with Chinese names", "docx", chinese_names),
    ("a formula of mathematics", "docx", lambda: office(content=text('<m:f xmlns:m="m"><m:num><m:r><m:t>x|y</m:t></m:r></m:num></m:f>'))),
    ("marks of WPS", "docx", lambda: office(members={"docProps/custom.xml": "<Properties><property name='KSOProductBuildVer'/></Properties>"})),
    ("an embedded font", "docx", lambda: typed("word/fonts/font1.odttf", "application/vnd.openxmlformats-officedocument.obfuscatedFont", "x")),
    ("a workbook with links", "xlsx", lambda: sheet(cell('HYPERLINK("https://example.cn","看")'.replace('"', "&quot;")))),
    ("a workbook with formulas", "xlsx", lambda: sheet(cell("SUM(A1:A9)&amp;IF(B1=&quot;a|b!&quot;,1,'张|李'!A1)"))),
    ("a workbook with a formula over a table", "xlsx", lambda: sheet(cell("SUM(表[[#This Row],[本月|上月]])"))),
    ("a workbook with a table of figures that is reckoned on opening", "xlsx", lambda: office("xl/workbook.xml", {"xl/pivotCache/a.xml": '<pivotCacheDefinition refreshOnLoad="1"><cacheSource type="worksheet"><worksheetSource ref="A1:B9" sheet="a"/></cacheSource></pivotCacheDefinition>'})),
    ("a workbook with comments", "xlsx", lambda: office("xl/workbook.xml", {"xl/comments1.xml": "<comments/>", "xl/drawings/vmlDrawing1.vml": "<xml xmlns:v='v'><v:shape>a<br>b<br>c</v:shape></xml>"})),
    ("a workbook with a chart", "xlsx", lambda: office("xl/workbook.xml", {"xl/charts/chart1.xml": "<c:chart xmlns:c='c'><c:f>Sheet1!$A$1:$A$9</c:f></c:chart>"})),
    ("a workbook with boxes to tick", "xlsx", lambda: typed_sheet("xl/ctrlProps/ctrlProp1.xml", "application/vnd.ms-excel.controlproperties+xml")),
    ("a workbook with settings of a printer", "xlsx", lambda: office("xl/workbook.xml", {"xl/printerSettings/printerSettings1.bin": "x"})),
    ("a workbook with a connection at rest", "xlsx", lambda: office("xl/workbook.xml", {"xl/connections.xml": '<connections><connection id="1" refreshOnLoad="0"/></connections>'})),
    ("a PDF that opens at its first page", "pdf", lambda: listed(catalog=b"/OpenAction [3 0 R /XYZ null null 0]")),
    ("a PDF that opens by an action", "pdf", lambda: listed(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>")),
    ("a PDF with links", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://example.cn/Launch) >> >> << /Subtype /Link /Dest [3 0 R /Fit] >>]")),
    ("a PDF with a link named like a script", "pdf", lambda: listed(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://example.cn/JavaScript) >> >>]")),
    ("a PDF with a form to fill in", "pdf", lambda: listed(catalog=b"/AcroForm << /Fields [] /DA (/Helv 0 Tf) /NeedAppearances true >>", page=b"/Annots [<< /Subtype /Widget /FT /Tx /T (a) >>]")),
    ("a PDF of a scanner with its description", "pdf", lambda: saved(_title)),
    ("a PDF packed into streams of objects", "pdf", lambda: packed(_title)),
    ("a PDF with an outline", "pdf", lambda: packed(_outline)),
    ("a PDF saved twice", "pdf", updated),
    ("a PDF for the web", "pdf", lambda: saved(_title, linearize=True)),
    ("a PDF with tags", "pdf", lambda: listed(b"<< /Type /StructTreeRoot /K << /S /Document /K << /S /P /Pg 3 0 R >> >> >>", catalog=b"/StructTreeRoot 4 0 R /MarkInfo << /Marked true >>")),
    ("a PDF with a purpose of output", "pdf", lambda: listed(catalog=b"/OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 >>] /Names << /Dests << /Names [] >> >>")),
)  # fmt: skip


def typed_sheet(name: str, kind: str) -> bytes:
    said = CONTENT_TYPES.replace("</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/></Types>')
    controls = "<worksheet xmlns:r='r'><controls><control shapeId='1' r:id='r1' name='a'/></controls></worksheet>"
    return archive(
        {
            "[Content_Types].xml": said,
            "xl/workbook.xml": "<workbook/>",
            name: "<a/>",
            "xl/worksheets/sheet1.xml": controls,
        }
    )


@pytest.mark.parametrize(("kind", "make"), [case[1:] for case in BENIGN], ids=[case[0] for case in BENIGN])
def test_a_paper_of_an_office_comes_in(kind, make):
    assert look(kind, make()) == ({"code": "", "part": ""}, b"")
