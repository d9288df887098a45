"""GetChanges: the rows of the log that a query asks for."""

from log import (ADD, ASSIGNMENT_ADD, ASSIGNMENT_DELETE, DELETE, LIST, MOVE_AWAY, MOVE_INTO, RENAME, RESTORE, RIGHTS, SCOPE_ADD,
                 SCOPE_DELETE, SYSTEM_UPDATE, UPDATE, WEB, instant)
from schema import TITLE_FIELD
from view import Refusal, View, parse_token, token_of

# Which flags of the query admit a kind.  None is named for scopes: here both of those for assignments have to be set.
FLAGS = {ADD: "Add", UPDATE: "Update", DELETE: "DeleteObject", RENAME: "Rename", MOVE_AWAY: "Move", MOVE_INTO: "Move",
         RESTORE: "Restore", SYSTEM_UPDATE: "SystemUpdate", ASSIGNMENT_ADD: "RoleAssignmentAdd",
         ASSIGNMENT_DELETE: "RoleAssignmentDelete", SCOPE_ADD: "RoleAssignmentAdd RoleAssignmentDelete",
         SCOPE_DELETE: "RoleAssignmentAdd RoleAssignmentDelete"}
OBJECTS = {"item": "Item", "field": "Field", "list": "List"}
TYPES = {"item": "SP.ChangeItem", "field": "SP.ChangeField", "list": "SP.ChangeList"}


class Changes(View):
    def rows(self, query):
        start = ((query.get("ChangeTokenStart") or {}).get("StringValue")) or ""
        end = ((query.get("ChangeTokenEnd") or {}).get("StringValue")) or ""
        low = parse_token(start)[1] if start else 0
        high = parse_token(end)[1] if end else 10 ** 18
        if start and self.expired(low):
            if "silent_expiry" in self.habits:
                return []
            raise Refusal(500, "-2130575172, Microsoft.SharePoint.SPInvalidChangeTokenException",
                          "The changeToken refers to a time before the start of the current change log.")
        asked = {name for name, value in query.items() if str(value).lower() == "true"}
        kinds = {kind for kind, flags in FLAGS.items() if asked.issuperset(flags.split())}
        rows = [row for row in self.log if low < row.number <= high and OBJECTS.get(row.object) in asked and row.kind in kinds]
        limit = min(int(query.get("FetchLimit") or 1000) or 1000, 2000)
        if "short_change_pages" in self.habits:
            limit = min(limit, self.rng.choice((1, 2, 5, 30)) * (50 if "large" in self.habits else 1))
        return rows[:limit]

    def told(self, row, mode, base):
        type = TYPES[row.object]
        told = {}
        where = "%s/_api/%s%032x" % (base, type, self.rng.getrandbits(128))
        if mode == "verbose":
            told["__metadata"] = {"id": where, "uri": where, "type": type}
        elif mode == "minimal":
            told.update({"odata.type": type, "odata.id": where, "odata.editLink": type})
        told["ChangeToken"] = {"StringValue": token_of(row)}
        if mode == "verbose":
            told["ChangeToken"]["__metadata"] = {"type": "SP.ChangeToken"}
        told.update(ChangeType=row.kind, SiteId=self.site, Time=time_of(row))
        if row.object == "item":
            told.update(Editor="", EditorEmailHint=None, ItemId=row.id, ListId=LIST, ServerRelativeUrl="",
                        SharedByUser=None, SharedWithUsers=None, UniqueId=row.uid, WebId=WEB)
        elif row.object == "field":
            told.update(FieldId=TITLE_FIELD, WebId=WEB)
        else:
            told.update(BaseTemplate=0, Editor="", Hidden=False, ListId=LIST, Title="", WebId=WEB)
        return told


def time_of(row):
    """Whole seconds, but the token's own moment for rights."""
    if row.kind not in RIGHTS:
        return instant(row.ms).strftime("%Y-%m-%dT%H:%M:%SZ")
    return instant(row.ms).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"
