"""What columns and names hold, and how a value turns into another type."""

import datetime

import forms
from log import DAY

TYPES = ("Text", "Note", "Number", "Boolean", "DateTime", "Choice", "MultiChoice", "URL")

PLAIN = ("a & b", "x<y", "plain", "ümlaut '\"", "17", "3.5")
# What XML, JSON, CAML and SharePoint's own separators could take for something else.
STRANGE = (
    "\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea", "שלום \u202eעולם\u202c", "e\u0301 é", "\u0001be\u0008ll\u000b\u001f",
    "a\u0085b\u2028c\ufeffd\u007f", "12;#not a lookup", "a;#b;#", ";#", "string;#text", "1,, 2, 3", "it's \"both\"", "]]> <![CDATA[x]]>", "&amp; &#x41; &lt;",
    "  spaces  ", "{braces}", "%41 %s {0}", "</z:row>", "\\u0041 \\n", "null", "-0", "\U0010ffff\ufffd", "𝔘𝔫𝔦 漢字 ไทย",
    "x" * 255)
BROKEN_LINES = ("one\r\ntwo\n\tthree\rfour", "\n", "<div class=\"x\">a&nbsp;b</div>\r\n", "long " * 4_000)
# Every character that a name in SharePoint Online may have, and some that look like separators.
STRANGE_NAMES = ("it's & %d", "100%% #%d", "a;#b %d", "%d;#c", "😀 %d", "שלום %d", "e\u0301 %d", "{%d}", "+~,%d=[1]", "a..b %d")

# As many digits as the wire has, 15.
EDGE_NUMBERS = (0.0, -0.0, 1e-7, -1e-300, 0.1, 1e15, 1e20, 123456789012345.0, -999999999999999.0, 1.79769313486231e308,
                0.000123456789012345, 4e-5)
EDGE_DATES = tuple(round(datetime.datetime(*parts, tzinfo=datetime.timezone.utc).timestamp() * 1000) for parts in (
    (1900, 1, 1), (8900, 12, 31, 23, 59, 59), (1969, 12, 31, 23, 59, 59), (1970, 1, 1), (2000, 2, 29, 12), (2038, 1, 19, 3, 14, 8),
    (1901, 12, 13, 20, 45, 51)))


def draw(rng, type, now, habits):
    """A value of a type, or None."""
    strange, edges = "strange_text" in habits and rng.random() < 0.5, "edge_values" in habits and rng.random() < 0.5
    if rng.random() < 0.15:
        return None
    if type in forms.DEFINED:
        return forms.draw(rng, type, now, lambda: rng.choice(STRANGE if strange else PLAIN))
    if type in ("Text", "Note"):
        texts = PLAIN if not strange else STRANGE if type == "Text" else STRANGE + BROKEN_LINES
        return rng.choice(texts) + rng.choice(("", str(rng.randrange(99))))
    if type == "Number":
        return rng.choice(EDGE_NUMBERS) if edges else rng.randrange(-4000, 4000) / 4
    if type == "Boolean":
        return rng.random() < 0.5
    if type == "DateTime":
        return rng.choice(EDGE_DATES) if edges else now - now % 1000 - rng.randrange(100) * DAY
    if type == "Choice":
        return rng.choice(("R&D \"x\"", "שלום", "a;b") if strange else ("Open", "Held"))
    if type == "MultiChoice":
        return tuple(rng.sample(("Open", "R&D, 'x'", "a;b", "#1 😀") if strange else ("Open", "Held", "Lost"), rng.randrange(1, 4)))
    if strange:
        return rng.choice((("https://x.example/a,b,?q=1&r=%d" % rng.randrange(99), "Caption, with 'commas'"),
                           ("https://x.example/%%20%d" % rng.randrange(99), "שלום; 😀")))
    return ("https://x.example/%d" % rng.randrange(99), "Caption %d" % rng.randrange(99))


def draw_name(rng, folder, taken, habits):
    """Few names of folders, so that names pass from one folder to another."""
    number = rng.randrange(9 + taken) if folder else rng.randrange(100_000)
    if "strange_text" in habits and rng.random() < 0.4:
        return rng.choice(STRANGE_NAMES) % number + ("" if folder else ".txt")
    return "F%d" % number if folder else "d%d.txt" % number


def without_invalid_xml(text):
    """What RemoveInvalidXmlCharacters leaves."""
    return "".join(each for each in text if each >= " " and each not in "\ufffe\uffff" or each in "\t\r\n")


def converted(value, old, new):
    """A value stays where it still is one of the new type; text and numbers turn into each other."""
    if value is None or old == new:
        return value
    texts = ("Text", "Note", "Choice")
    if old in texts and new in ("Text", "Note"):
        return value
    if old == "Number" and new in ("Text", "Note"):
        return "%.2f" % value
    if old in texts and new == "Number":
        try:
            return float(value)
        except ValueError:
            return None
    return None
