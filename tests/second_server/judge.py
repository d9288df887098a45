"""Compares the SQLite copy with the truth, value by value; it opens the file only for reading."""

import json
import sqlite3

import forms
import world as truth
from values import without_invalid_xml


def expected_row(item, fields, counted):
    row = {"id": item.id, "sp_unique_id": item.uid, "sp_parent": item.parent, "sp_name": item.name,
           "sp_folder": int(item.folder), "sp_version": item.version}
    for field in fields:
        if field.type in forms.COUNTED:
            # Of what lies below, the copy knows what the item's own row last told.
            row[field.name, ""] = AnyOf(counted.get((item.id, field.name), ()))
        else:
            row.update(expected_values(field, item.values.get(field.name), item.folder))
    return row


def differs_beside(item, fields, held):
    """Whether what `sp_raw` keeps of dressed values is not what no column can hold of them."""
    dressed = [field for field in fields if field.type in forms.DEFINED]
    true = {field.name: forms.kept(field.type, item.values.get(field.name), item.folder) for field in dressed}
    raw = json.loads(held or "{}")
    return {field.name: raw.get(field.name) for field in dressed} != true


class AnyOf(frozenset):
    """Any of these is right."""


def expected_values(field, value, folder=False):
    name = field.name
    if field.type in forms.DEFINED:
        return forms.held(field, value, folder, without_invalid_xml)
    if field.type == "URL":
        address, caption = value or (None, None)
        return {(name, ""): address, (name, "caption"): caption}
    if value is None:
        return {(name, ""): None}
    if field.type == "Boolean":
        value = int(value)
    elif field.type == "DateTime":
        value = truth.instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    elif field.type in ("Text", "Note"):
        value = without_invalid_xml(value)
    elif field.type == "MultiChoice":
        value = json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))
    return {(name, ""): value}


def held_rows(path):
    connection = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        table, = connection.execute("SELECT table_name FROM _mirror").fetchone()
        columns = {column: (field, part) for column, field, part in connection.execute(
            "SELECT column_name, field, part FROM _fields WHERE removed_at IS NULL")
            if column != "id" and not column.startswith("sp_")}
        cursor = connection.execute('SELECT * FROM "%s"' % table)
        names = [each[0] for each in cursor.description]
        rows = {}
        for values in cursor.fetchall():
            row = {columns.get(name, name): value for name, value in zip(names, values)}
            rows[row["id"]] = row
        paths = dict(connection.execute("SELECT id, path FROM _paths"))
        return rows, paths, set(columns.values())
    finally:
        connection.close()


def same(name, one, other):
    """Whether two values are one; the ids of SharePoint are the same in any case and with or without braces."""
    if name in ("sp_unique_id", "sp_parent") and isinstance(one, str) and isinstance(other, str):
        return one.strip("{}").lower() == other.strip("{}").lower()
    if isinstance(other, AnyOf):
        return any(same(name, one, each) for each in other)
    return type(one) is type(other) and one == other


def differences(path, world, root_path):
    """Lines that tell what the copy holds otherwise than the world; none when it is equal."""
    rows, paths, columns = held_rows(path)
    told = []
    items = world.truth()
    folders = {item.uid for item in items.values() if item.folder}
    true_columns = {key for field in world.fields for key in expected_values(field, None)}
    for name in sorted(columns - true_columns):
        told.append("column %s (%s) stays though its field is gone" % name)
    for id in sorted(set(paths) - set(items)):
        told.append("path of %d stays though it is gone: %r" % (id, paths[id]))
    for id in sorted(set(rows) - set(items)):
        told.append("row %d (%s) stays though it is gone" % (id, rows[id]["sp_name"]))
    for id, item in sorted(items.items()):
        if id not in rows:
            told.append("row %d (%s, in %s) is missing" % (id, item.name, item.parent))
            continue
        true_path = truth.path_of(world, root_path, item)
        expected = expected_row(item, world.fields, world.counted)
        if "no_parent_id" in world.habits and item.parent is not None and item.parent not in folders:
            # Nobody tells the id of a folder that is out of sight.
            expected["sp_parent"] = true_path.rsplit("/", 1)[0]
        for name, value in expected.items():
            held = rows[id].get(name, "no such column")
            if not same(name, held, value):
                told.append("row %d %s: held %r, true %r" % (id, name, held, value))
        if differs_beside(item, world.fields, rows[id]["sp_raw"]):
            told.append("row %d sp_raw: held %r, true values %r" % (id, rows[id]["sp_raw"], item.values))
        if paths.get(id) != true_path:
            told.append("row %d path: held %r, true %r" % (id, paths.get(id), true_path))
    return told
