"""GetListItemChangesSinceToken: the listing, the increment, and how rows and values are written."""

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import forms
from log import DELETE, LIST, MOVE_AWAY, MOVE_INTO, RENAME, RESTORE, RIGHTS, SYSTEM_UPDATE, WEB, instant
from schema import TITLE_FIELD
from values import without_invalid_xml
from view import WEB_PATH, View, parse_token, token_of


def quoted(text):
    return "'" + escape(text, {"'": "&apos;", "\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;"}) + "'"


def number_text(value):
    """15 digits, and as C writes exponents on Windows."""
    return re.sub(r"e([+-])(\d\d)$", r"e\g<1>0\2", "%#.15g" % value)


def wire_value(type, value):
    if type == "Number":
        return number_text(value)
    if type == "Boolean":
        return "1" if value else "0"
    if type == "DateTime":
        return instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    if type == "MultiChoice":
        return ";#" + ";#".join(value) + ";#"
    if type == "URL":
        return "%s, %s" % (value[0].replace(",", ",,"), value[1])
    return value


class Feed(View):
    def answer(self, query):
        options = ET.fromstring(query.get("QueryOptions") or "<QueryOptions/>")
        self.clean = (options.findtext("RemoveInvalidXmlCharacters") or "").upper() == "TRUE"
        wanted = {ref.get("Name") for ref in ET.fromstring(query.get("ViewFields") or "<ViewFields/>").iter("FieldRef")}
        limit = int(query.get("RowLimit") or 0) or 10 ** 9
        if query.get("ChangeToken"):
            return self.increment(parse_token(query["ChangeToken"])[1], wanted, limit, options)
        return self.listing(query, wanted, limit, options)

    # Listings

    def listing(self, query, wanted, limit, options):
        where = ET.fromstring(query.get("Query") or "<Query/>").find("Where")
        folder, scope = options.findtext("Folder") or "", options.find("ViewAttributes")
        deep = scope is not None and scope.get("Scope") == "RecursiveAll"
        paging = options.find("Paging")
        position = paging.get("ListItemCollectionPositionNext") if paging is not None else ""
        after = int((re.findall(r"p_ID=(\d+)", position or "") or ["0"])[0])
        base = "/" + folder.strip("/") if folder else self.root
        rows = []
        for id, item in sorted(self.items.items()):
            if id > after:
                directory = self.path(item).rsplit("/", 1)[0]
                here = directory == base or deep and directory.startswith(base + "/")
                if here and (where is None or self.passes(item, where[0])):
                    rows.append(item)
        size = limit
        if "fine_pages" in self.habits:
            size = min(size, self.rng.choice((1, 2, 3, 7, 20, 100)) * (10 if "large" in self.habits else 1))
        page, more = rows[:size], len(rows) > size
        next_ = ' ListItemCollectionPositionNext="Paged=TRUE&amp;p_ID=%d"' % page[-1].id if more else ""
        changes = '<Changes LastChangeToken="%s">%s</Changes>' % (token_of(self.tail()), self.list_element())
        return self.document(changes, page, next_, wanted)

    def attribute(self, item, name):
        path = self.path(item)
        if name == "FileRef":
            return path.lstrip("/")
        if name == "FileDirRef":
            return path.rsplit("/", 1)[0].lstrip("/")
        return {"ID": item.id, "FSObjType": int(item.folder), "UniqueId": item.uid, "FileLeafRef": item.name,
                "ParentUniqueId": item.parent or self.world.root_uid}.get(name, item.values.get(name))

    def passes(self, item, test):
        kind = test.tag
        if kind in ("And", "Or"):
            return (all if kind == "And" else any)(self.passes(item, each) for each in test)
        held = self.attribute(item, test.find("FieldRef").get("Name"))
        given = [normal(value.text or "", held) for value in test.iter("Value")]
        held = normal(held, held)
        if kind in ("In", "Eq"):
            return held in given
        if kind == "BeginsWith":
            return str(held).startswith(str(given[0]))
        return {"Gt": held > given[0], "Geq": held >= given[0], "Lt": held < given[0], "Leq": held <= given[0],
                "Neq": held != given[0]}[kind]

    # Increments

    def increment(self, number, wanted, limit, options):
        if self.expired(number):
            told = "" if "silent_expiry" in self.habits else '<Id ChangeType="InvalidToken" />'
            return self.document('<Changes LastChangeToken="%s">%s</Changes>' % (token_of(self.tail()), told), [], "", wanted)
        due = [row for row in self.log if row.number > number]
        page = self.cut(due, min(limit, self.cap or limit))
        more = len(page) < len(due)
        last = page[-1] if more else self.tail()
        schema = any(row.object == "field" or row.object == "list" and row.kind != RENAME for row in page)
        ids, rows = [], {}
        for row in page:
            if row.object == "item":
                self.tell(row, ids, rows)
        for extra in (options.findtext("ExtraIds") or "").split(","):
            if extra.strip().isdigit() and int(extra) in self.items:
                rows[int(extra)] = self.items[int(extra)]
        if "foreign_ids" in self.habits:
            self.tell_foreign(ids)
        changes = '<Changes LastChangeToken="%s"%s>%s%s</Changes>' % (
            token_of(last), ' MoreChanges="TRUE"' if more else "", self.list_element() if schema else "", "".join(ids))
        return self.document(changes, list(rows.values()), "", wanted)

    def cut(self, due, cap):
        """How many rows of the log one answer takes; deletions are not counted against the cap."""
        if "cut_anywhere" in self.habits and len(due) > 1 and self.rng.random() < 0.6:
            due = due[:self.rng.randrange(1, len(due) + 1)]
        counted, page = set(), []
        for row in due:
            if row.object == "item" and row.kind != DELETE and row.kind not in RIGHTS:
                if row.id not in counted and len(counted) == cap:
                    break
                counted.add(row.id)
            page.append(row)
        return page

    def tell(self, row, ids, rows):
        """What one row of the log brings: an Id, an item row, both, or nothing."""
        if row.kind in RIGHTS:
            return
        kind = self.told_as(row)
        if kind:
            uid = "" if "ids_alone" in self.habits else ' UniqueId="{%s}"' % row.uid.upper()
            after = ' AfterListId="{%s}" AfterItemId="%d"' % (row.after[0].upper(), row.after[1]) if row.after else ""
            ids.append('<Id ChangeType="%s"%s%s>%d</Id>' % (kind, uid, after, row.id))
        item = self.items.get(row.id)
        beside = "rows_beside_ids" in self.habits and row.kind in (RESTORE, RENAME, SYSTEM_UPDATE)
        # A move away within the list is silent, unless a habit tells it by its id; the row comes with the MoveInto.
        if item is not None and row.kind != MOVE_AWAY and (not kind or beside):
            rows[row.id] = item

    def told_as(self, row):
        item = self.items.get(row.id)
        if row.kind == MOVE_INTO and item is not None and item.folder and "folder_moves_as_system_update" in self.habits:
            return "SystemUpdate"
        if row.kind == RENAME and "renames_as_rows" in self.habits:
            return None
        if row.kind == MOVE_AWAY and row.after[0] == LIST and "moves_told_as_away" not in self.habits:
            return None
        return {DELETE: "Delete", RESTORE: "Restore", SYSTEM_UPDATE: "SystemUpdate", RENAME: "Rename", MOVE_AWAY: "MoveAway"}.get(row.kind)

    def tell_foreign(self, ids):
        """A view, or a file that is no item of the list, may stand there too; its id is of no use."""
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            unknown = self.world.next_id + self.rng.randrange(500, 900)
            ids.insert(self.rng.randrange(len(ids) + 1), self.rng.choice((
                '<Id ChangeType="SystemUpdate"></Id>', '<Id ChangeType="SystemUpdate" />', '<Id ChangeType="SystemUpdate">0</Id>',
                '<Id ChangeType="SystemUpdate" UniqueId="{%s}">%d</Id>' % (self.world.new_uid().upper(), unknown))))

    # Rows and documents

    def list_element(self):
        fields = "".join("<Field ID=\"{%s}\" Type=\"%s\"%s Name=\"%s\" DisplayName=\"%s\" StaticName=\"%s\"%s%s" % (
            field.id, *forms.DEFINED.get(field.type, (field.type, "")), field.name, field.display, field.name,
            ' SourceID="http://schemas.microsoft.com/sharepoint/v3"' if field.id == TITLE_FIELD else ' SourceID="{%s}"' % WEB,
            self.field_content(field)) for field in self.moment.fields)
        count = ' ItemCount="%d"' % len(self.moment.items) if "item_count" in self.habits else ""
        stamp = instant(max([row.ms for row in self.log if row.object in ("item", "list")] or [self.moment.ms])).strftime("%Y%m%d %H:%M:%S")
        return ('<List ID="{%s}" Title="Bids" Name="{%s}" BaseType="1" ServerTemplate="101" Created="20260115 08:02:11" '
                'Modified="%s" Version="%d"%s WebFullUrl="%s" RootFolder="%s" EnableAttachments="False" EnableVersioning="True">'
                "<Fields>%s</Fields><RegionalSettings><Language>1033</Language><Locale>1033</Locale><TimeZone>-60</TimeZone>"
                "</RegionalSettings><ServerSettings><ServerVersion>16.0.0.26115</ServerVersion><RecycleBinEnabled>True"
                "</RecycleBinEnabled><ServerRelativeUrl>%s</ServerRelativeUrl></ServerSettings></List>" % (
                    LIST.upper(), LIST.upper(), stamp, self.moment.version, count, WEB_PATH, escape(self.root), fields, WEB_PATH))

    def field_content(self, field):
        if "xml_variants" not in self.habits:
            return "/>"
        choices = "<CHOICES><CHOICE>Open</CHOICE><CHOICE><![CDATA[R&D \"x\" <b>]]></CHOICE></CHOICES>" if "Choice" in field.type else ""
        return ">%s<Default><![CDATA[a < b & \"c\"]]></Default></Field>" % choices

    def z_row(self, item, wanted):
        path = self.path(item).lstrip("/")
        own = "%d;#" % item.id
        parent = item.parent or self.world.root_uid
        told = {"ID": str(item.id), "UniqueId": "%s{%s}" % (own, item.uid.upper()), "FSObjType": own + str(int(item.folder)),
                "FileRef": own + path, "FileLeafRef": own + item.name, "FileDirRef": own + path.rsplit("/", 1)[0],
                "owshiddenversion": str(item.version), "PermMask": "0x7fffffffffffffff"}
        if "no_parent_id" not in self.habits:
            told["ParentUniqueId"] = "%s{%s}" % (own, parent.upper())
        for field in self.moment.fields:
            value = self.value_text(item, field)
            if value is not None:
                told[field.name] = value
        if self.clean:
            told = {name: without_invalid_xml(value) for name, value in told.items()}
        always = ("ID", "UniqueId", "FSObjType", "FileRef", "owshiddenversion")
        return "<z:row %s />" % " ".join("ows_%s=%s" % (name, quoted(value)) for name, value in told.items()
                                          if not wanted or name in wanted or name in always)

    def value_text(self, item, field):
        value = item.values.get(field.name)
        if field.type in forms.COUNTED:
            below = [other for other in self.moment.items.values() if other.parent == item.uid and item.folder]
            value = sum(other.folder == (field.type == "Folders below") for other in below)
            self.world.counted.setdefault((item.id, field.name), set()).add(value)
        if field.type in forms.DEFINED:
            return forms.wire(self.rng, field.type, value, item, number_text)
        return None if value is None else wire_value(field.type, value)

    def document(self, changes, items, next_, wanted):
        rows = [self.z_row(item, wanted) for item in items]
        if "repeats" in self.habits:
            if rows and self.rng.random() < 0.3:
                rows.insert(self.rng.randrange(len(rows) + 1), self.rng.choice(rows))
            if self.rng.random() < 0.3:
                changes = re.sub(r"<Id [^>]*>\d+</Id>", r"\g<0>\g<0>", changes)
        return ('<?xml version="1.0" encoding="utf-8" ?><GetListItemChangesSinceTokenResult><listitems MinTimeBetweenSyncs=\'0\' '
                "RecommendedTimeBetweenSyncs='180' MaxBulkDocumentSyncSize='500' EffectivePermMask='FullMask' "
                "xmlns:s='uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882' xmlns:dt='uuid:C2F41010-65B3-11d1-A29F-00AA00C14882' "
                "xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>%s<rs:data ItemCount=\"%d\"%s>%s</rs:data>"
                "</listitems></GetListItemChangesSinceTokenResult>" % (changes, len(rows), next_, "".join(rows)))


def normal(value, like):
    if isinstance(like, int):
        return int(value)
    return str(value).strip("{}").lstrip("/").lower()
