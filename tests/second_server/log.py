"""The change log: its kinds, its rows, its clock."""

import datetime
from collections import namedtuple

DAY = 86_400_000
TICKS_AT_UNIX_EPOCH = 621355968000000000
SITE = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10"
COPIED_SITE = "0d5b3f7e-42c1-4e0a-8b6f-71c2a9d4e35b"
WEB = "a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"
LIST = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66"
OTHER_LIST = "c4d10f27-9b6e-4d83-8f15-27ae603b9d48"

ADD, UPDATE, DELETE, RENAME, MOVE_AWAY, MOVE_INTO, RESTORE = 1, 2, 3, 4, 5, 6, 7
ASSIGNMENT_ADD, ASSIGNMENT_DELETE, SYSTEM_UPDATE, SCOPE_ADD, SCOPE_DELETE = 11, 12, 15, 17, 18
RIGHTS = (ASSIGNMENT_ADD, ASSIGNMENT_DELETE, SCOPE_ADD, SCOPE_DELETE)

# object is "item", "field", "list" or "other" (another list of the same content database).
# after is where a MoveAway went to, list and item.
Row = namedtuple("Row", "number ms object kind id uid after", defaults=(None,))


def ticks(ms):
    return ms * 10_000 + TICKS_AT_UNIX_EPOCH


def on_grid(ms):
    """The server's clock counts in thirds of ten milliseconds."""
    return ms - ms % 10 + (0, 0, 0, 3, 3, 3, 7, 7, 7, 7)[ms % 10]


def instant(ms):
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=ms)
