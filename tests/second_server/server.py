"""Speaks the wire: list metadata, GetChanges and GetListItemChangesSinceToken of one library."""

import email.utils
import http.server
import json
import re
import threading
import urllib.parse
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from world import (ADD, DELETE, LIST, MOVE_AWAY, MOVE_INTO, RENAME, RESTORE, SITE, SYSTEM_UPDATE, TITLE_FIELD, UPDATE, WEB,
                   instant, path_of, ticks)

WEB_PATH = "/sites/ops"
FLAGS = {ADD: "Add", UPDATE: "Update", DELETE: "DeleteObject", RENAME: "Rename", MOVE_AWAY: "Move", MOVE_INTO: "Move",
         RESTORE: "Restore", SYSTEM_UPDATE: "SystemUpdate"}


class Refusal(Exception):
    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def root_path(moment):
    return WEB_PATH + "/" + moment.root_name


def token_of(row):
    return "1;3;%s;%d;%d" % (LIST, ticks(row.ms), row.number)


def parse_token(text):
    parts = text.split(";")
    if len(parts) != 5 or parts[0] != "1":
        raise Refusal(400, "-1, System.FormatException", "The token is malformed.")
    if parts[1] != "3" or parts[2].strip("{}").lower() != LIST:
        raise Refusal(400, "-2130575173, Microsoft.SharePoint.SPException", "Token of a different object.")
    return int(parts[3]), int(parts[4])


def quoted(text):
    return "'" + escape(text, {"'": "&apos;", "\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;"}) + "'"


def wire_value(type, value):
    if type == "Number":
        return "%.10f" % value
    if type == "Boolean":
        return "1" if value else "0"
    if type == "DateTime":
        return instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    if type == "MultiChoice":
        return ";#" + ";#".join(value) + ";#"
    if type == "URL":
        return "%s, %s" % value
    return value


class View:
    """The list as one request sees it: the moment it is answered from, and the habits of the server."""

    def __init__(self, world, moment, habits, rng, purged):
        self.world, self.moment, self.habits, self.rng, self.purged = world, moment, habits, rng, purged
        self.log = [row for row in moment.log[:moment.length] if row.number > purged] or moment.log[moment.length - 1:moment.length]
        self.root = root_path(moment)
        self.folders = {item.uid: item for item in moment.items.values() if item.folder}

    def tail(self):
        return self.log[-1]

    def path(self, item):
        return path_of(self.moment, self.root, item)

    def expired(self, number):
        return number < self.purged

    # List definition

    def list_element(self):
        fields = "".join("<Field ID=\"{%s}\" Type=\"%s\" Name=\"%s\" DisplayName=\"%s\" StaticName=\"%s\"%s/>" % (
            field.id, field.type, field.name, field.display, field.name,
            ' SourceID="http://schemas.microsoft.com/sharepoint/v3"' if field.id == TITLE_FIELD else ' SourceID="{%s}"' % WEB)
            for field in self.moment.fields)
        count = ' ItemCount="%d"' % len(self.moment.items) if "item_count" in self.habits else ""
        stamp = instant(max([row.ms for row in self.log if row.object in ("item", "list")] or [self.moment.ms])).strftime("%Y%m%d %H:%M:%S")
        return ('<List ID="{%s}" Title="Bids" Name="{%s}" BaseType="1" ServerTemplate="101" Created="20260115 08:02:11" '
                'Modified="%s" Version="%d"%s WebFullUrl="%s" RootFolder="%s" EnableAttachments="False" EnableVersioning="True">'
                "<Fields>%s</Fields><RegionalSettings><Language>1033</Language><Locale>1033</Locale><TimeZone>-60</TimeZone>"
                "</RegionalSettings><ServerSettings><ServerVersion>16.0.0.26115</ServerVersion><RecycleBinEnabled>True"
                "</RecycleBinEnabled><ServerRelativeUrl>%s</ServerRelativeUrl></ServerSettings></List>" % (
                    LIST.upper(), LIST.upper(), stamp, self.moment.version, count, WEB_PATH, escape(self.root), fields, WEB_PATH))

    # Rows

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
            value = item.values.get(field.name)
            if value is not None:
                told[field.name] = wire_value(field.type, value)
        always = ("ID", "UniqueId", "FSObjType", "FileRef", "owshiddenversion")
        return "<z:row %s />" % " ".join("ows_%s=%s" % (name, quoted(value)) for name, value in told.items()
                                          if not wanted or name in wanted or name in always)

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

    # The list feed

    def list_feed(self, query):
        options = ET.fromstring(query.get("QueryOptions") or "<QueryOptions/>")
        wanted = {ref.get("Name") for ref in ET.fromstring(query.get("ViewFields") or "<ViewFields/>").iter("FieldRef")}
        limit = int(query.get("RowLimit") or 0) or 10 ** 9
        if query.get("ChangeToken"):
            return self.increment(parse_token(query["ChangeToken"]), wanted, limit, options)
        return self.listing(query, wanted, limit, options)

    def listing(self, query, wanted, limit, options):
        where = ET.fromstring(query.get("Query") or "<Query/>").find("Where")
        folder, scope = options.findtext("Folder") or "", options.find("ViewAttributes")
        deep = scope is not None and scope.get("Scope") == "RecursiveAll"
        paging = options.find("Paging")
        position = paging.get("ListItemCollectionPositionNext") if paging is not None else ""
        after = int((re.findall(r"p_ID=(\d+)", position or "") or ["0"])[0])
        base = "/" + folder.strip("/") if folder else self.root
        rows = []
        for id, item in sorted(self.moment.items.items()):
            directory = self.path(item).rsplit("/", 1)[0]
            here = directory == base or deep and directory.startswith(base + "/")
            if id > after and here and (where is None or self.passes(item, where[0])):
                rows.append(item)
        size = limit
        if "fine_pages" in self.habits:
            size = min(size, self.rng.choice((1, 2, 3, 7, 20, 100)))
        page, more = rows[:size], len(rows) > size
        next_ = ' ListItemCollectionPositionNext="Paged=TRUE&amp;p_ID=%d"' % page[-1].id if more else ""
        changes = '<Changes LastChangeToken="%s">%s</Changes>' % (token_of(self.tail()), self.list_element())
        return self.document(changes, page, next_, wanted)

    def increment(self, token, wanted, limit, options):
        number = token[1]
        if self.expired(number):
            told = "" if "silent_expiry" in self.habits else '<Id ChangeType="InvalidToken" />'
            return self.document('<Changes LastChangeToken="%s">%s</Changes>' % (token_of(self.tail()), told), [], "", wanted)
        due = [row for row in self.log if row.number > number]
        cap = min(limit, 40) if "cap_40" in self.habits else limit
        page = self.cut(due, cap)
        more = len(page) < len(due)
        last = page[-1] if more else self.tail()
        schema = any(row.object in ("field", "list") for row in page)
        ids, alive = [], {}
        for row in page:
            if row.object == "item":
                self.tell(row, ids, alive)
        for extra in (options.findtext("ExtraIds") or "").split(","):
            if extra.strip().isdigit() and int(extra) in self.moment.items:
                alive[int(extra)] = self.moment.items[int(extra)]
        changes = '<Changes LastChangeToken="%s"%s>%s%s</Changes>' % (
            token_of(last), ' MoreChanges="TRUE"' if more else "", self.list_element() if schema else "", "".join(ids))
        return self.document(changes, list(alive.values()), "", wanted)

    def cut(self, due, cap):
        """How many rows of the log one answer takes; deletions are not counted against the cap."""
        if "cut_anywhere" in self.habits and len(due) > 1 and self.rng.random() < 0.6:
            due = due[:self.rng.randrange(1, len(due) + 1)]
        seen, page = set(), []
        for row in due:
            if row.object == "item" and row.kind != DELETE:
                if row.id not in seen and len(seen) == cap:
                    break
                seen.add(row.id)
            page.append(row)
        return page

    def tell(self, row, ids, alive):
        names = {DELETE: "Delete", RESTORE: "Restore", SYSTEM_UPDATE: "SystemUpdate", RENAME: "Rename"}
        item = self.moment.items.get(row.id)
        moved_folder = row.kind == MOVE_INTO and item is not None and item.folder and "folder_moves_as_system_update" in self.habits
        kind = "SystemUpdate" if moved_folder else names.get(row.kind)
        if row.kind == RENAME and "renames_as_rows" in self.habits:
            kind = None
        if kind:
            uid = "" if "ids_alone" in self.habits else ' UniqueId="{%s}"' % row.uid.upper()
            ids.append('<Id ChangeType="%s"%s>%d</Id>' % (kind, uid, row.id))
        row_too = row.kind in (ADD, UPDATE, MOVE_INTO) and not moved_folder or not kind or (
            row.kind in (RESTORE, RENAME) and "rows_beside_ids" in self.habits)
        if row_too and item is not None:
            alive[row.id] = item

    def document(self, changes, page, next_, wanted):
        return ('<?xml version="1.0" encoding="utf-8" ?><GetListItemChangesSinceTokenResult><listitems MinTimeBetweenSyncs=\'0\' '
                "RecommendedTimeBetweenSyncs='180' MaxBulkDocumentSyncSize='500' EffectivePermMask='FullMask' "
                "xmlns:s='uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882' xmlns:dt='uuid:C2F41010-65B3-11d1-A29F-00AA00C14882' "
                "xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>%s<rs:data ItemCount=\"%d\"%s>%s</rs:data>"
                "</listitems></GetListItemChangesSinceTokenResult>" % (
                    changes, len(page), next_, "".join(self.z_row(item, wanted) for item in page)))

    # GetChanges

    def changes(self, query):
        start = ((query.get("ChangeTokenStart") or {}).get("StringValue")) or ""
        end = ((query.get("ChangeTokenEnd") or {}).get("StringValue")) or ""
        low = parse_token(start)[1] if start else 0
        high = parse_token(end)[1] if end else 10 ** 18
        if start and self.expired(low):
            if "silent_expiry" in self.habits:
                return []
            raise Refusal(500, "-2130575172, Microsoft.SharePoint.SPInvalidChangeTokenException",
                          "The changeToken refers to a time before the start of the current change log.")
        asked = lambda flag: str(query.get(flag, False)).lower() == "true"
        kinds = {"item": "Item", "field": "Field", "list": "List"}
        rows = [row for row in self.log if low < row.number <= high and row.object in kinds
                and asked(kinds[row.object]) and asked(FLAGS[row.kind])]
        limit = min(int(query.get("FetchLimit") or 1000) or 1000, 2000)
        if "short_change_pages" in self.habits:
            limit = min(limit, self.rng.choice((1, 2, 5, 30)))
        return rows[:limit]

    def change(self, row, mode, base):
        type = {"item": "SP.ChangeItem", "field": "SP.ChangeField", "list": "SP.ChangeList"}[row.object]
        told = {}
        where = "%s/_api/%s%032x" % (base, type, self.rng.getrandbits(128))
        if mode == "verbose":
            told["__metadata"] = {"id": where, "uri": where, "type": type}
        elif mode == "minimal":
            told.update({"odata.type": type, "odata.id": where, "odata.editLink": type})
        told["ChangeToken"] = {"StringValue": token_of(row)}
        if mode == "verbose":
            told["ChangeToken"]["__metadata"] = {"type": "SP.ChangeToken"}
        told.update(ChangeType=row.kind, SiteId=SITE, Time=instant(row.ms - row.ms % 1000).strftime("%Y-%m-%dT%H:%M:%SZ"))
        if row.object == "item":
            told.update(Editor="", EditorEmailHint=None, ItemId=row.id, ListId=LIST, ServerRelativeUrl="",
                        SharedByUser=None, SharedWithUsers=None, UniqueId=row.uid, WebId=WEB)
        elif row.object == "field":
            told.update(FieldId=TITLE_FIELD, WebId=WEB)
        else:
            told.update(BaseTemplate=0, Editor="", Hidden=False, ListId=LIST, Title="", WebId=WEB)
        return told


def normal(value, like):
    if isinstance(like, int):
        return int(value)
    return str(value).strip("{}").lstrip("/").lower()


def mode_of(accept):
    accept = (accept or "").lower().replace(" ", "")
    for name in ("verbose", "nometadata", "minimal"):
        if "odata=" + name in accept:
            return name
    return "minimal"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8")
        story = self.server.story
        with self.server.lock:
            lie = story.before_answer(self.command, self.path, body)
            if lie == "dead":
                self.close_connection = True
                return
            if lie:
                status, headers, answer, date = lie
            else:
                status, headers, answer = self.answer(story.view(), body)
                date = story.world.ms
            story.after_answer(status, answer)
            data = answer.encode("utf-8")
            self.send_response_only(status)
            self.send_header("Date", email.utils.formatdate(date / 1000, usegmt=True))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

    do_GET = do_POST = handle_any

    def answer(self, view, body):
        mode = mode_of(self.headers.get("Accept"))
        kinds = {"verbose": "verbose", "nometadata": "nometadata;streaming=true", "minimal": "minimalmetadata;streaming=true"}
        headers = {"Content-Type": "application/json;odata=%s;charset=utf-8" % kinds[mode],
                   "MicrosoftSharePointTeamServices": "16.0.0.26115"}
        try:
            return self.routed(view, body, mode, headers)
        except Refusal as refusal:
            member = "error" if mode == "verbose" else "odata.error"
            text = {member: {"code": refusal.code, "message": {"lang": "en-US", "value": refusal.text}}}
            return refusal.status, headers, json.dumps(text)

    def routed(self, view, body, mode, headers):
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path).lower()
        if path.endswith("/getlistitemchangessincetoken"):
            headers["Content-Type"] = "application/xml; charset=utf-8"
            return 200, headers, view.list_feed(json.loads(body)["query"])
        if path.endswith("/getchanges"):
            base = "http://%s%s" % (self.headers.get("Host"), WEB_PATH)
            rows = [view.change(row, mode, base) for row in view.changes(json.loads(body)["query"])]
            return 200, headers, json.dumps({"d": {"results": rows}} if mode == "verbose" else {"value": rows})
        known = self.object_at(path, view)
        if known is None:
            raise Refusal(404, "-1, Microsoft.SharePoint.Client.ResourceNotFoundException", "Cannot find resource " + path)
        select = urllib.parse.parse_qs(address.query).get("$select", [""])[0]
        wanted = [name.split("/")[0].lower() for name in select.split(",") if name]
        told = {name: value for name, value in known.items() if not wanted or name.lower() in wanted}
        return 200, headers, json.dumps({"d": told} if mode == "verbose" else told)

    def object_at(self, path, view):
        token = token_of(view.tail())
        if path.endswith("/_api/site"):
            return {"Id": SITE, "CurrentChangeToken": {"StringValue": token.replace("1;3;" + LIST, "1;1;" + SITE)}}
        if path.endswith("/_api/web"):
            return {"Id": WEB, "CurrentChangeToken": {"StringValue": token.replace("1;3;" + LIST, "1;2;" + WEB)}}
        if re.search(r"/_api/web/(lists/getbyid\(guid'%s'\)|lists\(guid'%s'\)|getlist\(.*\)|lists/getbytitle\('bids'\))$" % (LIST, LIST), path):
            return {"Id": LIST, "Title": "Bids", "ItemCount": len(view.moment.items), "BaseTemplate": 101,
                    "CurrentChangeToken": {"StringValue": token},
                    "RootFolder": {"ServerRelativeUrl": view.root, "UniqueId": view.world.root_uid}}
        return None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.story, self.lock = None, threading.Lock()

    def handle_error(self, request, client_address):
        """A killed client resets its connection; anything else is ours."""
        import sys
        if not isinstance(sys.exc_info()[1], (ConnectionError, BrokenPipeError)):
            super().handle_error(request, client_address)
