"""The list as one request sees it: the moment it is answered from, what the account may read, and the server's habits."""

from log import LIST, ticks
from rights import seen
from world import path_below

WEB_PATH = "/sites/ops"


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


class View:
    def __init__(self, story, moment):
        self.world, self.moment, self.habits, self.rng, self.cap = story.world, moment, story.habits, story.rng, story.cap
        self.site = story.site
        self.purged = min(self.world.purged, moment.log[moment.length - 1].number)
        self.log = [row for row in moment.log[:moment.length] if row.number > self.purged] or moment.log[moment.length - 1:moment.length]
        self.root = root_path(moment)
        self.items = seen(moment.items)
        self.folders = {item.uid: item for item in moment.items.values() if item.folder}

    def tail(self):
        return self.log[-1]

    def path(self, item):
        return path_below(self.folders, self.root, item)

    def expired(self, number):
        return number < self.purged
