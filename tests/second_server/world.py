"""The truth: one library, its change log, its clock, and everything it ever was.

Items are immutable, so a moment of the past is a shallow copy of a dictionary.  An operation changes the
present, writes the rows of the log that a server would write, and keeps the moment it made.
"""

from collections import namedtuple

from log import ADD, DAY, Row, instant, on_grid
from rights import Rights, seen
from schema import TITLE_FIELD, Field, Schema
from values import draw, draw_name
from work import Work

# parent is the UniqueId of the folder, None in the root folder; values maps internal names to Python values;
# rights is told in rights.py.
Item = namedtuple("Item", "id uid parent name folder version values rights", defaults=(None,))
# log is shared by many moments; only its first `length` rows belong to this one.
Moment = namedtuple("Moment", "ms items fields version root_name log length")

ORDINARY = {"add": 5, "edit": 9, "system_update": 4, "rename": 3, "move": 5, "delete": 4, "restore": 3, "add_folder": 2,
            "rename_folder": 2, "move_folder": 2, "delete_folder": 1, "copy_folder": 2, "move_in_and_delete": 3, "name_passes": 1,
            "elsewhere": 2, "edit_many": 1}
# What is done besides, by habit.
BESIDES = {"schema": {"add_column": 1, "remove_column": 1, "readd_column": 2, "retype_column": 1, "column_round_trip": 2},
           "rights": {"hide": 4, "share": 5, "share_anew": 2},
           "between_lists": {"move_away": 3, "move_folder_away": 1, "move_back": 4},
           "large": {"edit_many": 8},
           "root_renamed": {"rename_root": 2}, "root_renamed_unsaid": {"rename_root": 2}}


class World(Work, Schema, Rights):
    def __init__(self, rng, habits):
        self.rng, self.habits = rng, habits
        self.ms = 1_772_619_330_447
        self.number = rng.randrange(400_000_000, 900_000_000)
        self.items, self.bin, self.away, self.removed_fields = {}, [], [], []
        self.next_id = 1
        self.root_uid = self.new_uid()
        self.root_name = "Bids"
        self.fields = (Field(TITLE_FIELD, "Title", "Text", "Title"),)
        self.version = 1
        self.log, self.moments, self.told = [], [], []
        self.retention = rng.choice((60, 60, 75, 145)) * DAY
        self.purged = 0
        self.served = []  # ids of the rows that the last answer brought
        self.operations = dict(ORDINARY)
        for habit in BESIDES:
            if habit in habits:
                self.operations.update(BESIDES[habit])
        self.counted = {}  # by item and column: what was ever served of what lies below it
        self.write("list", ADD)
        if "dressed_values" in habits:
            self.dress()
        for _ in range(rng.randrange(1, 5)):
            self.add_column()
        for _ in range(rng.randrange(2, 6)):
            self.add(folder=True)
        size = rng.choice((3, 20, 60))
        for _ in range(size * 9 + 130 if "large" in habits else size):
            self.add()
        if habits & {"rights_by_move", "shared_inside_hidden"}:
            self.begin_with_hidden_folders()
        self.remember()

    # What every operation needs

    def new_uid(self):
        bits = "%032x" % self.rng.getrandbits(128)
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def write(self, object, kind, id=0, uid=None, after=None):
        self.number += self.rng.choice((1, 1, 2, 7, 90))
        self.log.append(Row(self.number, on_grid(self.ms), object, kind, id, uid, after))

    def write_item(self, kind, item):
        self.write("item", kind, item.id, item.uid)

    def put(self, item, **what):
        self.items[item.id] = item._replace(**what)
        return self.items[item.id]

    def change_item(self, kind, item, **what):
        changed = self.put(item, version=item.version + 1, **what)
        self.write_item(kind, changed)
        return changed

    def add_at(self, parent, folder, silent=False):
        item = Item(self.next_id, self.new_uid(), parent, self.free_name(parent, folder), folder, 1, self.values())
        self.next_id += 1
        self.items[item.id] = item
        if not silent:
            self.write_item(ADD, item)
        return item

    def value(self, type):
        return draw(self.rng, type, self.ms, self.habits)

    def values(self):
        return {field.name: self.value(field.type) for field in self.fields}

    # Time

    def remember(self):
        self.moments.append(Moment(self.ms, dict(self.items), self.fields, self.version, self.root_name,
                                   self.log, len(self.log)))

    def pass_time(self, ms):
        self.ms += ms

    def purge(self):
        """What is older than the retention; the last row stays, for the end of the log needs one."""
        old = [row.number for row in self.log[:-1] if row.ms < self.ms - self.retention]
        if old:
            self.purged = max(self.purged, old[-1])

    def moment_at(self, ms):
        """The last moment not later; the first when all are."""
        for moment in reversed(self.moments):
            if moment.ms <= ms:
                return moment
        return self.moments[0]

    # Choosing

    def some(self, folder=None):
        fitting = [item for item in self.items.values() if folder is None or item.folder == folder]
        return self.rng.choice(fitting) if fitting else None

    def below(self, uid):
        found, open_ = [], [uid]
        while open_:
            at = open_.pop()
            for item in self.items.values():
                if item.parent == at:
                    found.append(item)
                    if item.folder:
                        open_.append(item.uid)
        return found

    def some_place(self, moving=None):
        forbidden = set()
        if moving is not None and moving.folder:
            forbidden = {moving.uid} | {item.uid for item in self.below(moving.uid)}
        places = [None] + [item.uid for item in self.items.values() if item.folder and item.uid not in forbidden]
        if moving is not None:
            places = [place for place in places if self.may_move(moving, place)]
        return self.rng.choice(places)

    def may_move(self, item, place):
        """Whether the move leaves to the account what it may read; a habit lets it change that."""
        return "rights_by_move" in self.habits or self.place_is_readable(item.parent) == self.place_is_readable(place)

    def free_name(self, parent, folder):
        taken = {item.name for item in self.items.values() if item.parent == parent}
        while True:
            name = draw_name(self.rng, folder, len(taken), self.habits)
            if name not in taken:
                return name

    def fitting_name(self, item, place):
        taken = {other.name for other in self.items.values() if other.parent == place}
        return item.name if item.name not in taken else self.free_name(place, item.folder)

    def operate(self):
        name, = self.rng.choices(list(self.operations), list(self.operations.values()))
        self.pass_time(self.rng.choice((4, 90, 700, 3_000, 20_000)))
        if len(self.items) > (1_000 if "large" in self.habits else 150) and name in ("add", "copy_folder", "move_back"):
            name = "delete"
        who = getattr(self, name)()
        self.told.append("%s %s%s" % (instant(self.ms).isoformat()[:19], name,
                                      " %d %s" % (who.id, who.name) if isinstance(who, Item) else ""))
        self.remember()

    def truth(self):
        """The items that a correct copy holds."""
        return seen(self.items)


def path_of(moment_or_world, root_path, item):
    """Server-relative, with a leading slash."""
    folders = {other.uid: other for other in moment_or_world.items.values() if other.folder}
    return path_below(folders, root_path, item)


def path_below(folders, root_path, item):
    names = [item.name]
    while item.parent is not None:
        item = folders[item.parent]
        names.append(item.name)
    return "/".join([root_path] + names[::-1])
