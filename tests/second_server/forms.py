"""Values that come in a dress: what a library counts and measures, ratings, results of formulas, references.

A type here is the one that the world knows; `DEFINED` says how the list's definition tells it.  The texts behind ids
never change, because nobody works in the lists that they are of.
"""

import json

from log import DAY, instant

DOCS = ' List="Docs" FieldRef="ID" ShowField="%s" JoinColName="DoclibRowId" JoinType="INNER" ReadOnly="TRUE"'
OTHER = ' List="{3A9D1C55-8E02-4B7C-9F61-D27F0E5B4A18}" ShowField="Title"'
PEOPLE = ' List="UserInfo" ShowField="ImnName"'
FORMULA = ' ResultType="%s" ReadOnly="TRUE"'
# By type: the Type of the definition, and its attributes.
DEFINED = {"Size": ("Lookup", DOCS % "SizeInKB"), "Items below": ("Lookup", DOCS % "ItemChildCount"),
           "Folders below": ("Lookup", DOCS % "FolderChildCount"), "Status": ("ModStat", ' ReadOnly="TRUE"'),
           "Average": ("AverageRating", ' ReadOnly="TRUE"'), "Ratings": ("RatingCount", ' ReadOnly="TRUE"'),
           "Likes": ("Likes", ' ReadOnly="TRUE"'), "Whole": ("Integer", ""),
           "Number result": ("Calculated", FORMULA % "Number"), "Money result": ("Calculated", FORMULA % "Currency"),
           "Text result": ("Calculated", FORMULA % "Text"), "Date result": ("Calculated", FORMULA % "DateTime"),
           "Boolean result": ("Calculated", FORMULA % "Boolean"),
           "Lookup": ("Lookup", OTHER), "Lookups": ("LookupMulti", OTHER + ' Mult="TRUE"'),
           "Person": ("User", PEOPLE), "People": ("UserMulti", PEOPLE + ' Mult="TRUE"')}
# The columns of a library with the habit; the first ones have the names that they have everywhere.
COLUMNS = (("File_x0020_Size", "Size"), ("ItemChildCount", "Items below"), ("FolderChildCount", "Folders below"),
           ("_ModerationStatus", "Status"), ("AverageRating", "Average"), ("RatingCount", "Ratings"), ("LikesCount", "Likes"),
           ("Whole", "Whole"), ("Product", "Number result"), ("Price", "Money result"), ("Label", "Text result"),
           ("Until", "Date result"), ("Late", "Boolean result"), ("Customer", "Lookup"), ("Partners", "Lookups"),
           ("Owner", "Person"), ("Team", "People"))
COUNTED = ("Items below", "Folders below")
COUNTS = ("Ratings", "Likes", "Whole")
WORDS = ("Approved", "Rejected", "Pending", "Draft", "Scheduled")
SHOWN = {1: "Wolf, Bär & Söhne", 2: "17", 12: "a;b", 15: "3.5", 407: "O'Neil \"x\""}
NAMES = {7: "Ana Ruiz", 9: "Bo", 1073741823: "System Account"}

SIZES = (0, 1, 999, 1_000_000, 1_000_001, 2 ** 31, 5_000_000_000, 9_007_199_254_740_993)
AVERAGES = (0.0, 1.0, 3.0, 4.5, 4.33333333333333, 2.66666666666667, 5.0)
RESULTS = (0.0, 1.5, -1.5, 12500.5, 0.333333333333333, -0.25, 1e20, 1e-7)
ERROR = "#DIV/0!"
# What no column of its type can hold.
BROKEN = {"Whole": ("n/a", "9223372036854775808", "7;#3"), "Size": ("4 KB", "0;#4567"), "Ratings": ("many", "1e999")}


def draw(rng, type, now, text):
    """A value of a type; None is drawn elsewhere.  `text` draws a text.  What is in a tuple of one text is no value: the
    error of a formula, or something that is not of the type."""
    if type in COUNTED:
        return None
    if type in BROKEN and rng.random() < 0.05:
        return (rng.choice(BROKEN[type]),)
    if type == "Size":
        return rng.choice(SIZES) if rng.random() < 0.5 else rng.randrange(10_000_000)
    if type == "Status":
        return rng.randrange(5)
    if type == "Average":
        return rng.choice(AVERAGES)
    if type in COUNTS:
        return rng.choice((0, 1, 9, 10, 200, 10 ** 15)) * (rng.choice((1, -1)) if type == "Whole" else 1)
    if type == "Date result":
        return rng.choice((now - now % 1000 - rng.randrange(100) * DAY, "", (ERROR,)))
    if type == "Boolean result":
        return rng.random() < 0.5
    if type == "Text result":
        return rng.choice((text(), text(), "", (ERROR,)))
    if type in ("Number result", "Money result"):
        # A formula may give a number or an empty text.
        return rng.choice(RESULTS + ("", (ERROR,)))
    among = NAMES if type in ("Person", "People") else SHOWN
    if type in ("Lookup", "Person"):
        return rng.choice(sorted(among))
    return tuple(rng.sample(sorted(among), rng.randrange(1, 4)))


def wire(rng, type, value, item, number):
    """The text of a value, None where it has none; `number` writes a number with its 15 digits."""
    own = "%d;#" % item.id
    if type in COUNTED:
        return own + str(value)
    if type == "Size" and (item.folder or value is None):
        return rng.choice((own, None))
    if type in BROKEN and isinstance(value, tuple):
        return value[0]
    if type == "Size":
        return own + str(value) if rng.random() < 0.8 else str(value)
    if value is None:
        return None
    if type == "Status":
        return str(value) if rng.random() < 0.5 else "%d;#%s" % (value, WORDS[value])
    if type == "Average":
        return number(value)
    if type == "Whole":
        return str(value)
    if type in COUNTS:
        return number(float(value))
    if type.endswith(" result"):
        return result(type, value, number)
    among = NAMES if type in ("Person", "People") else SHOWN
    return ";#".join("%d;#%s" % (id, among[id]) for id in (value if isinstance(value, tuple) else (value,)))


def result(type, value, number):
    if value == "" and type != "Boolean result":
        return "string;#"
    if isinstance(value, tuple):
        return "error;#" + value[0]
    if type == "Date result":
        return "datetime;#" + instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    if type == "Boolean result":
        return "boolean;#%d" % value
    return "string;#" + value if type == "Text result" else "float;#" + number(value)


def kept(type, value, folder):
    """What is to be kept of a value that no column holds, as it came; None of others."""
    if not isinstance(value, tuple) or type in ("Lookups", "People") or type == "Size" and folder:
        return None
    return value[0] if type in BROKEN else "error;#" + value[0]


def held(field, value, folder, clean):
    """What the copy's columns are to hold, by part; `clean` takes out what XML cannot say."""
    name, type = field.name, field.type
    if type in ("Lookup", "Person"):
        shown = (NAMES if type == "Person" else SHOWN).get(value)
        return {(name, ""): shown, (name, "id"): value}
    if value is not None and type in ("Lookups", "People"):
        key, among = ("name", NAMES) if type == "People" else ("text", SHOWN)
        value = json.dumps([{"id": id, key: among[id]} for id in value], ensure_ascii=False, separators=(",", ":"))
    elif value == "" or isinstance(value, tuple) or type == "Size" and folder:
        value = None
    elif value is not None and type == "Date result":
        value = instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    elif value is not None and type == "Boolean result":
        value = int(value)
    elif value is not None and type == "Text result":
        value = clean(value)
    return {(name, ""): value}
