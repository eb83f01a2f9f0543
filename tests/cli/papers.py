"""PDFs for tests, written by hand."""

from collections.abc import Sequence


def pdf(
    lines: Sequence[tuple[int, int, str]], *, trailer: str = "", extra: Sequence[str] = ()
) -> bytes:
    """Return a PDF of one page of 600 by 800 points; `lines`: left, bottom, text."""
    shown = "\n".join(f"BT /F1 14 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in lines)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
            " /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *extra,
    ]
    out = "%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n"
    return (out + f"startxref\n{start}\n%%EOF\n").encode("latin-1")


def locked() -> bytes:
    """Return a PDF that wants a password."""
    key = "00" * 32
    crypt = f"<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>"
    return pdf([(50, 700, "secret")], trailer="/Encrypt 6 0 R /ID [<00> <00>]", extra=[crypt])
