"""How an answer is written down: bytes, compression, chunks, and the freedoms of XML."""

import gzip
import re

PROLOGS = ("", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\r\n')


def rewritten(text, rng):
    """The same document in another hand."""
    changes = (
        lambda all: re.sub(r"^<\?xml[^>]*\?>", rng.choice(PROLOGS), all),
        lambda all: re.sub(r"='([^']*)'", lambda found: '="%s"' % found[1].replace('"', "&quot;"), all),
        lambda all: re.sub(r"(<z:row [^>]*?) />", r"\1></z:row>", all),
        lambda all: re.sub(r">(<(?:z:row|Id|List|rs:data|Field) )", ">\r\n  <!-- next -->\\1", all),
        lambda all: re.sub(r">(\d+)</Id>", r"><![CDATA[\1]]></Id>", all),
        lambda all: re.sub(r"[^\x00-\x7f]", lambda found: "&#x%X;" % ord(found[0]), all),
        lambda all: all.replace("&apos;", "&#39;").replace("&lt;", "&#60;").replace("&amp;", "&#38;"),
    )
    for change in changes:
        if rng.random() < 0.4:
            text = change(text)
    return text


def send(handler, status, headers, text, habits, rng):
    """Writes a whole answer but its first line and Date."""
    xml = "xml" in headers.get("Content-Type", "")
    if xml and "xml_variants" in habits:
        text = rewritten(text, rng)
    data = (b"\xef\xbb\xbf" if xml and "bom" in habits else b"") + text.encode("utf-8")
    for name, value in headers.items():
        handler.send_header(name, value)
    if "gzip" in habits and "gzip" in (handler.headers.get("Accept-Encoding") or ""):
        data = gzip.compress(data, rng.choice((1, 9)))
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Vary", "Origin,Accept-Encoding")
    if "chunked" not in habits:
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
    else:
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while data:
            size = rng.choice((1, 7, 500, 16_000))
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(data[:size]), data[:size]))
            data = data[size:]
        handler.wfile.write(b"0\r\n\r\n")
    handler.wfile.flush()
