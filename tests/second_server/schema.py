"""What people do to the list itself: its columns and its address."""

from collections import namedtuple

import forms
from log import ADD, DAY, DELETE, RENAME, UPDATE
from values import TYPES, converted

TITLE_FIELD = "fa564e0f-0c70-4ab9-b863-0177e6ddd247"
Field = namedtuple("Field", "id name type display")


class Schema:
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
        return [field for field in self.fields if field.name != "Title" and field.type not in forms.DEFINED]

    def dress(self):
        """The library shows what it counts and measures, and has columns of every form."""
        self.fields += tuple(Field(self.new_uid(), name, type, "Column " + name) for name, type in forms.COLUMNS)

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
        self.away = [[item._replace(values=change(item.values)) for item in gone] for gone in self.away]

    def retype_column(self):
        own = self.own_columns()
        if own:
            self.retype(self.rng.choice(own), self.rng.choice(TYPES))

    def retype(self, field, type):
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

    def rename_root(self):
        """The list gets another address; every path begins otherwise, and no item is told."""
        self.root_name = self.rng.choice([name for name in ("Bids", "Bids 2026", "R&D's #1 Bids", "Angebote für Ämter")
                                          if name != self.root_name])
        if "root_renamed_unsaid" in self.habits:
            self.write("list", RENAME)
        else:
            self.version += 1
            self.write("list", UPDATE)

    def restore_backup(self):
        """Content and log go back; the end of the log is that of the backup until somebody works again."""
        older = [moment for moment in self.moments if self.ms - 5 * DAY < moment.ms < self.ms]
        if older:
            back = self.rng.choice(older)
            self.items, self.fields, self.version, self.root_name = dict(back.items), back.fields, back.version, back.root_name
            self.log = list(back.log[:back.length])
            self.number = self.log[-1].number
            self.bin, self.removed_fields, self.away = [], [], []
