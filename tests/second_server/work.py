"""What people do to items: each operation changes the present and writes the rows of the log that a server would write."""

from log import ADD, DELETE, LIST, MOVE_AWAY, MOVE_INTO, OTHER_LIST, RENAME, RESTORE, SYSTEM_UPDATE, UPDATE


class Work:
    def add(self, folder=False):
        return self.add_at(self.some_place(), folder)

    def add_folder(self):
        return self.add(folder=True)

    def edit(self):
        item = self.some()
        if item:
            changed = dict(item.values)
            for field in self.fields:
                if self.rng.random() < 0.6:
                    changed[field.name] = self.value(field.type)
            return self.change_item(UPDATE, item, values=changed)

    def edit_many(self):
        ids = list(self.items)
        first = self.rng.randrange(len(ids)) if ids and "large" in self.habits else 0
        for id in ids[first:first + self.rng.choice((120, 350) if "large" in self.habits else (45, 90))]:
            self.retitle(UPDATE, self.items[id])

    def system_update(self):
        item = self.some()
        return item and self.retitle(SYSTEM_UPDATE, item)

    def retitle(self, kind, item):
        return self.change_item(kind, item, values=dict(item.values, Title=self.value("Text")))

    def rename(self, folder=False):
        item = self.some(folder)
        return item and self.change_item(RENAME, item, name=self.free_name(item.parent, folder))

    def rename_folder(self):
        return self.rename(folder=True)

    def move(self, folder=False):
        item = self.some(folder)
        return item and self.move_to(item, self.some_place(item))

    def move_folder(self):
        return self.move(folder=True)

    def move_to(self, item, place):
        if self.habits & {"moves_as_5_and_6", "moves_told_as_away"}:
            self.write("item", MOVE_AWAY, item.id, item.uid, (LIST, item.id))
        return self.change_item(MOVE_INTO, item, parent=place, name=self.fitting_name(item, place))

    def delete(self, folder=False):
        item = self.some(folder)
        return item and self.delete_it(item)

    def delete_folder(self):
        return self.delete(folder=True)

    def delete_it(self, item):
        """One row of the log, whatever lies below."""
        self.bin.append(self.take_off(item))
        self.write_item(DELETE, item)
        return item

    def take_off(self, item):
        gone = [item] + (self.below(item.uid) if item.folder else [])
        for each in gone:
            del self.items[each.id]
        return gone

    def move_in_and_delete(self):
        """An item goes into a folder, and with it."""
        folder, item = self.some(folder=True), self.some(folder=False)
        served = [self.items[id] for id in self.served if id in self.items and not self.items[id].folder]
        if served and self.rng.random() < 0.7:
            item = self.rng.choice(served)
        if folder and item and self.may_move(item, folder.uid):
            self.move_to(item, folder.uid)
            self.delete_it(self.items[folder.id])
            return item

    def restore(self):
        """From the bin to where it was; to the root folder when that place is gone.  One row."""
        if not self.bin:
            return None
        gone = self.bin.pop(self.rng.randrange(len(self.bin)))
        head = gone[0]
        holders = {item.uid for item in self.items.values() if item.folder}
        parent = head.parent if head.parent in holders else None
        name = self.fitting_name(head, parent)
        self.put_back(gone, [item.id for item in gone], self.place_is_readable(parent))
        return self.change_item(RESTORE, self.items[head.id], parent=parent, name=name)

    def put_back(self, gone, ids, readable):
        known = {field.name for field in self.fields}
        for id, each in zip(ids, gone):
            kept = {name: value for name, value in each.values.items() if name in known}
            self.items[id] = each._replace(id=id, values=kept, rights=each.rights if readable else None)

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
            self.change_item(RENAME, item, name=self.free_name(item.parent, True))
            new = self.add_at(item.parent, True)
            self.put(new, name=item.name)
            for _ in range(self.rng.randrange(4)):
                self.add_at(new.uid, False)
            return new

    def elsewhere(self):
        """Somebody works in another list of the database."""
        self.write("other", UPDATE)

    # Between lists

    def move_away(self, folder=False):
        """Into another list, where everything gets another id; one row, whatever lies below."""
        item = self.some(folder)
        if item:
            self.away.append(self.take_off(item))
            self.write("item", MOVE_AWAY, item.id, item.uid, (OTHER_LIST, self.rng.randrange(1, 999)))
            return item

    def move_folder_away(self):
        return self.move_away(folder=True)

    def move_back(self):
        """What went to another list comes back with its UniqueIds and with new ids; one row."""
        if not self.away:
            return None
        gone = self.away.pop(self.rng.randrange(len(self.away)))
        place = self.some_place()
        name = self.fitting_name(gone[0], place)
        head_id = self.next_id
        ids = list(range(head_id, head_id + len(gone)))
        self.next_id += len(gone)
        self.put_back(gone, ids, False)
        head = self.put(self.items[head_id], parent=place, name=name, version=1)
        self.write_item(self.rng.choice((MOVE_INTO, MOVE_INTO, ADD)), head)
        return head
