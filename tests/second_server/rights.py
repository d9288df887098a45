"""Who may read what: an item's own rights, or those of the nearest folder above it that has some."""

from log import ASSIGNMENT_ADD, ASSIGNMENT_DELETE, SCOPE_ADD, SCOPE_DELETE


def seen(items):
    """The items that the account may read.

    `rights` of an item is None when it inherits, else whether its own let the account read it.
    """
    if all(item.rights is None for item in items.values()):
        return items
    folders = {item.uid: item for item in items.values() if item.folder}
    return {id: item for id, item in items.items() if readable(folders, item)}


def readable(folders, item):
    while item.rights is None and item.parent is not None:
        item = folders[item.parent]
    return item.rights is not False


class Rights:
    """What people do to rights; the list feed tells none of it."""

    def place_is_readable(self, uid):
        folders = {item.uid: item for item in self.items.values() if item.folder}
        return uid is None or readable(folders, folders[uid])

    def begin_with_hidden_folders(self):
        """Two of those in the root folder; with a habit, half of what is in them is shared nevertheless."""
        for folder in [item for item in self.items.values() if item.folder and item.parent is None][:2]:
            self.put(folder, rights=False)
            for each in self.below(folder.uid) if "shared_inside_hidden" in self.habits else ():
                if self.rng.random() < 0.5:
                    self.put(each, rights=True)

    def hide(self):
        """Taken from the account; what had rights of its own below inherits again."""
        seen_ = list(seen(self.items).values())
        item = self.rng.choice(seen_) if seen_ else None
        if item and sum(each.rights is False for each in self.items.values()) < 6:
            for each in self.below(item.uid) if item.folder and "shared_inside_hidden" not in self.habits else ():
                if each.rights is not None:
                    self.write_item(SCOPE_DELETE, self.put(each, rights=None))
            if item.rights is None:
                self.write_item(SCOPE_ADD, item)
            self.write_item(ASSIGNMENT_DELETE, item)
            return self.put(item, rights=False)

    def share(self):
        """Given back: an assignment of its own, or the rights of its folder."""
        hidden = [item for item in self.items.values() if item.rights is False and self.place_is_readable(item.parent)]
        item = self.rng.choice(hidden) if hidden else None
        if item and self.rng.random() < 0.5:
            self.write_item(SCOPE_DELETE, item)
            return self.put(item, rights=None)
        if item:
            self.write_item(ASSIGNMENT_ADD, item)
            return self.put(item, rights=True)

    def share_anew(self):
        """An item gets rights of its own, the account among those who have some; three rows, as recorded."""
        reached = seen(self.items)
        fitting = [item for item in self.items.values() if item.rights is None and (
            item.id in reached or "shared_inside_hidden" in self.habits)]
        item = self.rng.choice(fitting) if fitting else None
        if item:
            self.write_item(ASSIGNMENT_ADD, item)
            self.write_item(SCOPE_ADD, item)
            self.pass_time(40)
            self.write_item(ASSIGNMENT_ADD, item)
            return self.put(item, rights=True)
