"""Speaks HTTP: list metadata, GetChanges and GetListItemChangesSinceToken of one library."""

import email.utils
import http.server
import json
import re
import sys
import threading
import urllib.parse

import dress
import soap
from changes import Changes
from feed import Feed
from log import LIST, WEB
from view import WEB_PATH, Refusal, View, token_of

CONTENT_TYPES = {"verbose": "verbose", "nometadata": "nometadata;streaming=true", "minimal": "minimalmetadata;streaming=true"}


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
            instead = story.before_answer(self.command, self.path, body)
            if instead == "dead":
                self.close_connection = True
                return
            if instead:
                status, headers, answer, date, _ = instead
            else:
                status, headers, answer = self.answer(story, story.moment(), body)
                date = story.trouble.date(story.world.ms)
            story.after_answer(status, answer, date)
            self.send_response_only(status)
            self.send_header("Date", email.utils.formatdate(date // 1000, usegmt=True))
            dress.send(self, status, headers, answer, story.habits, story.rng)

    do_GET = do_POST = handle_any

    def answer(self, story, moment, body):
        mode = mode_of(self.headers.get("Accept"))
        headers = {"Content-Type": "application/json;odata=%s;charset=utf-8" % CONTENT_TYPES[mode],
                   "MicrosoftSharePointTeamServices": "16.0.0.26115"}
        try:
            return self.routed(story, moment, body, mode, headers)
        except Refusal as refusal:
            member = "error" if mode == "verbose" else "odata.error"
            text = {member: {"code": refusal.code, "message": {"lang": "en-US", "value": refusal.text}}}
            return refusal.status, headers, json.dumps(text)

    def routed(self, story, moment, body, mode, headers):
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path).lower()
        if path.endswith("/getlistitemchangessincetoken"):
            headers["Content-Type"] = "application/xml; charset=utf-8"
            return 200, headers, Feed(story, moment).answer(json.loads(body)["query"])
        if path.endswith("/_vti_bin/lists.asmx"):
            headers["Content-Type"] = "text/xml; charset=utf-8"
            try:
                return 200, headers, soap.enveloped(Feed(story, moment).answer(soap.query_of(body)))
            except Refusal as refusal:
                return 500, headers, soap.fault(refusal.text)
        if path.endswith("/_api/site") and "site_untold" in story.habits:
            raise Refusal(403, "-2147024891, System.UnauthorizedAccessException", "Access denied.")
        if path.endswith("/getchanges"):
            base = "http://%s%s" % (self.headers.get("Host"), WEB_PATH)
            changes = Changes(story, moment)
            rows = [changes.told(row, mode, base) for row in changes.rows(json.loads(body)["query"])]
            return 200, headers, json.dumps({"d": {"results": rows}} if mode == "verbose" else {"value": rows})
        known = object_at(path, View(story, moment), story.site)
        if known is None:
            raise Refusal(404, "-1, Microsoft.SharePoint.Client.ResourceNotFoundException", "Cannot find resource " + path)
        select = urllib.parse.parse_qs(address.query).get("$select", [""])[0]
        wanted = [name.split("/")[0].lower() for name in select.split(",") if name]
        told = {name: value for name, value in known.items() if not wanted or name.lower() in wanted}
        return 200, headers, json.dumps({"d": told} if mode == "verbose" else told)


def object_at(path, view, site):
    token = token_of(view.tail())
    if path.endswith("/_api/site"):
        return {"Id": site, "CurrentChangeToken": {"StringValue": token.replace("1;3;" + LIST, "1;1;" + site)}}
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
        if not isinstance(sys.exc_info()[1], (ConnectionError, BrokenPipeError)):
            super().handle_error(request, client_address)
