"""The truth: one library, its change log, its clock, and everything it ever was.

Items are immutable, so a moment of the past is a shallow copy of a dictionary.  An operation changes the
present, writes the rows of the log that a server would write, and keeps the moment it made.
"""

import datetime
from collections import namedtuple

DAY = 86_400_000
TICKS_AT_UNIX_EPOCH = 621355968000000000
SITE = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10"
WEB = "a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"
LIST = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66"
TITLE_FIELD = "fa564e0f-0c70-4ab9-b863-0177e6ddd247"

ADD, UPDATE, DELETE, RENAME, MOVE_AWAY, MOVE_INTO, RESTORE, SYSTEM_UPDATE = 1, 2, 3, 4, 5, 6, 7, 15

# parent is the UniqueId of the folder, None in the root folder; values maps internal names to Python values.
Item = namedtuple("Item", "id uid parent name folder version values")
Field = namedtuple("Field", "id name type display")
# object is "item", "field", "list" or "other" (another list of the same content database).
Row = namedtuple("Row", "number ms object kind id uid")
# log is shared by many moments; only its first `length` rows belong to this one.
Moment = namedtuple("Moment", "ms items fields version root_name log length")

TYPES = ("Text", "Note", "Number", "Boolean", "DateTime", "Choice", "MultiChoice", "URL")


def ticks(ms):
    return ms * 10_000 + TICKS_AT_UNIX_EPOCH


def on_grid(ms):
    """The server's clock counts in thirds of ten milliseconds."""
    return ms - ms % 10 + (0, 0, 0, 3, 3, 3, 7, 7, 7, 7)[ms % 10]


def instant(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)


class World:
    def __init__(self, rng):
        self.rng = rng
        self.ms = 1_772_619_330_447
        self.number = rng.randrange(400_000_000, 900_000_000)
        self.items, self.bin, self.removed_fields = {}, [], []
        self.next_id = 1
        self.root_uid = self.new_uid()
        self.root_name = "Bids"
        self.fields = (Field(TITLE_FIELD, "Title", "Text", "Title"),)
        self.version = 1
        self.log, self.moments, self.told = [], [], []
        self.retention = rng.choice((60, 60, 75, 145)) * DAY
        self.purged = 0
        self.served = []  # ids of the rows that the last answer brought
        self.write("list", ADD)
        for _ in range(rng.randrange(1, 5)):
            self.add_column()
        for _ in range(rng.randrange(2, 6)):
            self.add(folder=True)
        for _ in range(rng.choice((3, 20, 60))):
            self.add()
        self.remember()

    # What every operation needs

    def new_uid(self):
        bits = "%032x" % self.rng.getrandbits(128)
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def write(self, object, kind, id=0, uid=None):
        self.number += self.rng.choice((1, 1, 2, 7, 90))
        self.log.append(Row(self.number, on_grid(self.ms), object, kind, id, uid))

    def write_item(self, kind, item):
        self.write("item", kind, item.id, item.uid)

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
        return self.rng.choice(places)

    def free_name(self, parent, folder):
        taken = {item.name for item in self.items.values() if item.parent == parent}
        while True:
            # Few names of folders, so that names pass from one folder to another.
            name = ("F%d" % self.rng.randrange(9 + len(taken))) if folder else ("d%d.txt" % self.rng.randrange(100000))
            if name not in taken:
                return name

    def value(self, type):
        rng = self.rng
        if rng.random() < 0.15:
            return None
        if type in ("Text", "Note"):
            return rng.choice(("a & b", "x<y", "plain", "ümlaut '\"", "17", "3.5")) + rng.choice(("", str(rng.randrange(99))))
        if type == "Number":
            return rng.randrange(-4000, 4000) / 4
        if type == "Boolean":
            return rng.random() < 0.5
        if type == "DateTime":
            return self.ms - self.ms % 1000 - rng.randrange(100) * DAY
        if type == "Choice":
            return rng.choice(("Open", "Held"))
        if type == "MultiChoice":
            return tuple(rng.sample(("Open", "Held", "Lost"), rng.randrange(1, 4)))
        return ("https://x.example/%d" % rng.randrange(99), "Caption %d" % rng.randrange(99))

    def values(self):
        return {field.name: self.value(field.type) for field in self.fields}

    def put(self, item, **what):
        self.items[item.id] = item._replace(**what)
        return self.items[item.id]

    # Operations on items

    def add(self, folder=False):
        parent = self.some_place()
        return self.add_at(parent, folder)

    def add_at(self, parent, folder, silent=False):
        item = Item(self.next_id, self.new_uid(), parent, self.free_name(parent, folder), folder, 1, self.values())
        self.next_id += 1
        self.items[item.id] = item
        if not silent:
            self.write_item(ADD, item)
        return item

    def add_folder(self):
        return self.add(folder=True)

    def edit(self):
        item = self.some()
        if item:
            changed = dict(item.values)
            for field in self.fields:
                if self.rng.random() < 0.6:
                    changed[field.name] = self.value(field.type)
            self.write_item(UPDATE, self.put(item, values=changed, version=item.version + 1))
            return item

    def edit_many(self):
        for item in list(self.items.values())[:self.rng.choice((45, 90))]:
            changed = dict(item.values, Title=self.value("Text"))
            self.write_item(UPDATE, self.put(item, values=changed, version=item.version + 1))

    def system_update(self):
        item = self.some()
        if item:
            changed = dict(item.values, Title=self.value("Text"))
            self.write_item(SYSTEM_UPDATE, self.put(item, values=changed, version=item.version + 1))
            return item

    def rename(self, folder=False):
        item = self.some(folder)
        if item:
            name = self.free_name(item.parent, folder)
            self.write_item(RENAME, self.put(item, name=name, version=item.version + 1))
            return item

    def rename_folder(self):
        return self.rename(folder=True)

    def move(self, folder=False):
        item = self.some(folder)
        if item:
            return self.move_to(item, self.some_place(item))

    def move_to(self, item, place):
        taken = {other.name for other in self.items.values() if other.parent == place}
        name = item.name if item.name not in taken else self.free_name(place, item.folder)
        moved = self.put(item, parent=place, name=name, version=item.version + 1)
        self.write_item(MOVE_INTO, moved)
        return moved

    def move_folder(self):
        return self.move(folder=True)

    def delete(self, folder=False):
        item = self.some(folder)
        return item and self.delete_it(item)

    def delete_it(self, item):
        """One row of the log, whatever lies below."""
        gone = [item] + (self.below(item.uid) if item.folder else [])
        for each in gone:
            del self.items[each.id]
        self.bin.append(gone)
        self.write_item(DELETE, item)
        return item

    def delete_folder(self):
        return self.delete(folder=True)

    def move_in_and_delete(self):
        """An item goes into a folder, and with it."""
        folder, item = self.some(folder=True), self.some(folder=False)
        served = [self.items[id] for id in self.served if id in self.items and not self.items[id].folder]
        if served and self.rng.random() < 0.7:
            item = self.rng.choice(served)
        if folder and item:
            self.move_to(item, folder.uid)
            self.delete_it(self.items[folder.id])
            return item

    def restore(self):
        """From the bin to where it was; to the root folder when that place is gone.  One row."""
        if not self.bin:
            return None
        gone = self.bin.pop(self.rng.randrange(len(self.bin)))
        known = {field.name: field.type for field in self.fields}
        head = gone[0]
        holders = {item.uid for item in self.items.values() if item.folder}
        parent = head.parent if head.parent in holders else None
        taken = {item.name for item in self.items.values() if item.parent == parent}
        name = head.name if head.name not in taken else self.free_name(parent, head.folder)
        for each in gone:
            kept = {name_: value for name_, value in each.values.items() if name_ in known}
            self.items[each.id] = each._replace(values=kept)
        head = self.put(self.items[head.id], parent=parent, name=name, version=head.version + 1)
        self.write_item(RESTORE, head)
        return head

    def copy_folder(self):
        """A folder with content arrives; only the folder itself is told."""
        head = self.add(folder=True)
        inner = self.add_at(head.uid, True, silent=True) if self.rng.random() < 0.4 else None
        for _ in range(self.rng.randrange(1, 6)):
            self.add_at(self.rng.choice((head, inner or head)).uid, False, silent=True)
        return head

    def name_passes(self):
        """A folder gets another name, and a new one its old name."""
        item = self.some(folder=True)
        if item:
            self.write_item(RENAME, self.put(item, name=self.free_name(item.parent, True), version=item.version + 1))
            new = self.add_at(item.parent, True)
            self.put(new, name=item.name)
            for _ in range(self.rng.randrange(4)):
                self.add_at(new.uid, False)
            return new

    # Operations on the list

    def schema_changed(self, kind):
        self.version += 1
        self.write("field", kind)
        self.write("list", UPDATE)

    def add_column(self):
        name = "C%d" % self.rng.randrange(1000)
        if name not in {field.name for field in self.fields} | {field.name for field in self.removed_fields}:
            self.fields += (Field(self.new_uid(), name, self.rng.choice(TYPES), "Column " + name),)
            self.schema_changed(ADD)

    def own_columns(self):
        return [field for field in self.fields if field.name != "Title"]

    def remove_column(self):
        own = self.own_columns()
        if own:
            field = self.rng.choice(own)
            self.fields = tuple(other for other in self.fields if other != field)
            self.removed_fields.append(field)
            self.forget_values(field.name)
            self.schema_changed(DELETE)

    def readd_column(self):
        """A site column is put on again, with its id and without its values."""
        if self.removed_fields:
            self.fields += (self.removed_fields.pop(),)
            self.schema_changed(ADD)

    def forget_values(self, name):
        self.change_values(lambda values: {key: value for key, value in values.items() if key != name})

    def change_values(self, change):
        """In the list and in the bin, without a word in the log."""
        for item in list(self.items.values()):
            self.put(item, values=change(item.values))
        self.bin = [[item._replace(values=change(item.values)) for item in gone] for gone in self.bin]

    def retype_column(self):
        own = self.own_columns()
        if own:
            field = self.rng.choice(own)
            self.retype(field, self.rng.choice(TYPES))

    def retype(self, field, type):
        """A value stays where it still is one of the new type; text and numbers turn into each other."""
        self.change_values(lambda values: dict(values, **{field.name: converted(values.get(field.name), field.type, type)}))
        self.fields = tuple(other._replace(type=type) if other.id == field.id else other for other in self.fields)
        self.schema_changed(UPDATE)

    def column_round_trip(self):
        own = self.own_columns()
        if own:
            field = self.rng.choice(own)
            if self.rng.random() < 0.5:
                self.fields = tuple(other for other in self.fields if other != field)
                self.forget_values(field.name)
                self.schema_changed(DELETE)
                self.fields += (field,)
                self.schema_changed(ADD)
            else:
                self.retype(field, "Boolean" if field.type == "Number" else "Number")
                self.retype(field._replace(type="Number"), field.type)

    def elsewhere(self):
        """Somebody works in another list of the database."""
        self.write("other", UPDATE)

    def restore_backup(self):
        """Content and log go back; the end of the log is that of the backup until somebody works again."""
        older = [moment for moment in self.moments if self.ms - 5 * DAY < moment.ms < self.ms]
        if older:
            back = self.rng.choice(older)
            self.items, self.fields, self.version = dict(back.items), back.fields, back.version
            self.log = list(back.log[:back.length])
            self.number = self.log[-1].number
            self.bin, self.removed_fields = [], []

    ORDINARY = (("add", 5), ("edit", 9), ("system_update", 4), ("rename", 3), ("move", 5), ("delete", 4), ("restore", 3),
                ("add_folder", 2), ("rename_folder", 2), ("move_folder", 2), ("delete_folder", 1), ("copy_folder", 2),
                ("move_in_and_delete", 3), ("name_passes", 1), ("elsewhere", 2), ("edit_many", 1))
    SCHEMA = (("add_column", 1), ("remove_column", 1), ("readd_column", 2), ("retype_column", 1), ("column_round_trip", 2))

    def operate(self, schema):
        names = self.ORDINARY + (self.SCHEMA if schema else ())
        name = self.rng.choices([name for name, _ in names], [weight for _, weight in names])[0]
        self.pass_time(self.rng.choice((4, 90, 700, 3_000, 20_000)))
        if len(self.items) > 150 and name in ("add", "copy_folder"):
            name = "delete"
        who = getattr(self, name)()
        self.told.append("%s %s%s" % (instant(self.ms).isoformat()[:19], name,
                                      " %d %s" % (who.id, who.name) if isinstance(who, Item) else ""))
        self.remember()


def converted(value, old, new):
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


def path_of(moment_or_world, root_path, item):
    """Server-relative, with a leading slash."""
    folders = {other.uid: other for other in moment_or_world.items.values() if other.folder}
    names = [item.name]
    while item.parent is not None:
        item = folders[item.parent]
        names.append(item.name)
    return "/".join([root_path] + names[::-1])
