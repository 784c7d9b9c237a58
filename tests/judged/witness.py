"""What is seen of one ERP: what was judged, what reached it, and what the ledger has of it."""

import base64
import collections
import json
import re
import urllib.parse
import xmlrpc.client

import read
from run import altered

#: What the gateway says in every request, and what the relay has looked at.
OWN_HEADERS = ("host", "user-agent", "content-length", "connection")
#: What the gateway asks of its own, without a word of a client but the model's name.
OWN = ("fields_get", "context_get", "get_meta")
#: How the ledger calls the web session's face; the others are called there as they are here.
FACES = {"call_kw": "odoo-call"}
#: What the judge takes for the date of whatever a guard asks for.
JUDGES_DATE = "2026-11-22 09:01:53.724595"


#: Fields of files that are called otherwise where they are asked for.
FILES = {"download_file": ("content",), "upload_file": ("attached_to_doctype", "attached_to_name", "attached_to_field")}


class Witness:
    def __init__(self, gateway, upstream, dialect, signatures, chance):
        self.gateway, self.upstream, self.dialect, self.signatures, self.chance = gateway, upstream, dialect, signatures, chance
        self.relay, self.login = gateway.relays[upstream], gateway.logins[upstream]
        self.at = len(self.relay.seen)
        self.asked, self.sent, self.own, self.altered, self.again = 0, 0, collections.Counter(), 0, 0
        self.unsent, self.differences, self.examples = collections.Counter(), collections.Counter(), {}
        #: What must stand in the ledger: by request, what was judged of it, and whether all was sent.
        self.awaited = {}
        #: The methods of models, as the ERP told the gateway.
        self.docs = {}

    def differ(self, why, *what):
        kind = why[:70]
        self.differences[kind] += 1
        self.examples.setdefault(kind, (why, what))

    def sees(self, request, judgement):
        """Sends a request, and looks at what went upstream because of it."""
        self.asked += 1
        status, headers, answer = self.gateway.asks(self.upstream, request)
        came = self.relay.seen[self.at:]
        # What was looked at is let go: a long run would keep all of it.
        self.relay.seen[self.at:] = [None] * len(came)
        self.at += len(came)
        steps = [step["judged"] for step in judgement.get("steps", ())]
        done = 0
        for exchange in came:
            try:
                sent = self.parsed(*exchange[:2])
            except (read.Differs, ValueError) as why:
                self.differ(f"not as the gateway writes: {why}", request, exchange)
                continue
            if done < len(steps):
                steps[done] = self.named(steps[done])
            why = read.difference(steps[done], sent, self.signatures, self.login) if done < len(steps) else "more than was judged"
            if why is None:
                self.looks(steps[done], sent)
                done += 1
                if done < len(steps) and self.upstream == "frappe":
                    steps[done] = told(steps[done], exchange[2])
            elif done == len(steps) and self.looks_again(steps, sent):
                self.again += 1
            elif question := self.question(sent):
                self.own[question] += 1
                if question[1] == "doc" and exchange[2][0] == 200:
                    self.docs[question[0]] = json.loads(exchange[2][1])["methods"]
            else:
                self.differ(why, request, judgement, exchange[:2])
        self.sent += done
        if done:
            whole = done == len(steps) and not judgement["guard_refused"]
            self.awaited[headers["X-Request-Id"]] = (request, judgement["asked"], steps, whole)
        elif steps:
            self.unsent[f"{status} {reason(answer)}"] += 1

    def parsed(self, head, body):
        """A request as the reader takes it, and what every one of them has around it."""
        verb, target, headers = target_of(head)
        names = [name.lower() for name, _ in headers]
        read.must(len(set(names)) == len(names), "a header stands twice")
        around = {name.lower(): value for name, value in headers if name.lower() in OWN_HEADERS}
        read.must(around.get("host") == self.relay.authority and around.get("user-agent") == "portcullis", f"around it {around}")
        read.must(int(around.get("content-length", 0)) == len(body), "another length")
        rest = [[name, value] for name, value in headers if name.lower() not in OWN_HEADERS]
        return {"dialect": self.dialect, "verb": verb, "target": target, "headers": rest, "body": base64.b64encode(body).decode()}

    def named(self, step):
        """The step with names for what stands in order, as the ERP told them: JSON-2 has names only."""
        facts = self.docs.get(step["model"], {}).get(step["method"])
        if self.dialect != "Json2" or not step["positional"] or facts is None:
            return step
        given, ids = list(step["positional"]), step["ids"]
        if "model" not in (facts["api"] or ()) and ids is None:
            first = given.pop(0)
            ids = first if isinstance(first, list) else [] if first in (None, False) else [first]
        names = [name for name, about in facts["parameters"].items() if "kind" not in about]
        return {**step, "ids": ids, "named": [*map(list, zip(names, given, strict=False)), *step["named"]], "positional": given[len(names):]}

    def looks(self, judged, sent):
        """Readers that see nothing would find no difference: some are made for them."""
        if self.chance.randrange(20) == 0 and (other := altered(judged, self.chance)):
            self.altered += 1
            if read.difference(other, sent, self.signatures, self.login) is None:
                self.differ("an altered call was not told from what was sent", judged, other, sent)

    def looks_again(self, steps, sent):
        """Whether a request is a guard of the call that was sent, asked again after it."""
        return any(read.difference(guard, sent, self.signatures, self.login) is None for guard in steps[:-1])

    def question(self, sent):
        """Which of the gateway's own questions a request is; none of them holds a word of a client."""
        if self.upstream == "frappe" and asks_whether_archived(sent, self.login):
            return "User", "get_list"
        try:
            model, method = names_of(sent)
        except (ValueError, KeyError, IndexError, TypeError):
            return None
        bare = {"model": model, "method": method, "ids": None, "named": [], "positional": [], "context": []}
        if method == "doc":
            headers = {name: value for name, value in sent["headers"]}
            return (model, method) if headers.get("authorization") == f"Bearer {self.login.secret}" else None
        if method not in OWN or read.difference(bare, sent, self.signatures, self.login):
            return None
        return model, method

    def reads(self, records):
        """Compares with the ledger: what went upstream was recorded, and as what it was."""
        kept = [record for record in records if record["upstream"] == self.upstream]
        by_request = {record["request"]: record for record in kept}
        if len(by_request) != len(kept):
            self.differ("a request has two records")
        for number, (request, asked, steps, whole) in self.awaited.items():
            record = by_request.get(number)
            if record is None:
                self.differ("sent, and no record of it", number, request)
            elif why := self.unlike(record, request, asked, steps, whole):
                self.differ(f"the ledger: {why}", record, request, asked, steps)
        own = collections.Counter((record["model"], record["method"]) for record in kept if record["operation"] == "gateway" and record["address"] == "0.0.0.0")
        for (model, method), times in self.own.items():
            if own[model, method] < times:
                self.differ("a question of the gateway's own has no record", model, method, times, own[model, method])
        for why in self.relay.odd:
            self.differ(f"the relay: {why}")

    def unlike(self, record, request, asked, steps, whole):
        role, face = request[:2]
        # What a guard stopped is recorded as not done.
        if (record["outcome"] in ("done", "fault")) != whole and record["outcome"] != "fault":
            return f"recorded as {record['outcome']}"
        if (record["model"], record["method"]) != (asked["model"], asked["method"]):
            return f"{record['model']} {record['method']} instead of {asked['model']} {asked['method']}"
        if not record["dialect"].startswith(FACES.get(face, face)):
            return f"the dialect {record['dialect']} of {face}"
        if record["key"] != self.gateway.keys[self.upstream, role].rpartition("_")[0]:
            return "another key"
        if asked["ids"] is not None and record.get("ids", 0) != len(asked["ids"]):
            return f"{record.get('ids', 0)} ids instead of {len(asked['ids'])}"
        # Every name that the record has was judged.
        texts = {*words(asked), *words(steps), *ordered(asked), *FILES.get(asked["method"], ())}
        named = [*record.get("fields", ()), *(part for leaf in record.get("domain", ()) for part in leaf)]
        strange = [name for name in named if name not in texts and not set(name.split(".")) <= texts]
        return f"names {strange} that were not judged" if strange else None

    def tells(self):
        """Prints the figures; answers whether something differs, or too little was seen."""
        print(f"{self.upstream}: {self.asked} requests, {self.sent} judged and sent, {sum(self.own.values())} questions of the gateway's own, "
              f"{self.again} guards asked again, "
              f"{len(self.awaited)} records compared")
        print(f"{self.upstream}: judged and not sent {dict(self.unsent.most_common(8))}")
        print(f"{self.upstream}: {sum(self.differences.values())} differences; {self.altered} calls were altered to see that readers see it")
        for kind, times in self.differences.most_common(20):
            why, what = self.examples[kind]
            print(f"  {times} × {why}\n    {what!r:.3000}")
        return bool(self.differences) or self.sent * 5 < self.asked


def target_of(head):
    """Verb, target and headers of a request's head, as they stand."""
    line, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    verb, target, version = line.split(" ")
    read.must(version == "HTTP/1.1", f"the version {version}")
    return verb, target, [tuple(part.split(": ", 1)) for part in lines]


def asks_whether_archived(sent, login):
    """Whether the gateway asks whether its own ERP user is archived."""
    path, _, query = sent["target"].partition("?")
    if (sent["verb"], path, sent["body"]) != ("GET", "/api/resource/User", ""):
        return False
    asked = {name: json.loads(value) for name, value in urllib.parse.parse_qsl(query, strict_parsing=True)}
    headers = dict(sent["headers"])
    own = {"fields": ["enabled"], "filters": {"name": "Administrator"}}
    return asked == own and headers.get("authorization") == f"token {login.secret}"


def names_of(sent):
    """Model and method, wherever the dialect has them."""
    if sent["dialect"] == "JsonRpc":
        args = json.loads(base64.b64decode(sent["body"]))["params"]["args"]
        return args[3], args[4]
    if sent["dialect"].startswith("XmlRpc"):
        args = xmlrpc.client.loads(base64.b64decode(sent["body"]))[0]
        return args[3], args[4]
    parts = urllib.parse.unquote(sent["target"].partition("?")[0], errors="strict").split("/")
    if parts[1] == "doc-bearer":
        read.must(len(parts) == 3 and sent["verb"] == "GET" and not sent["body"], "more than a page")
        return parts[2].removesuffix(".json"), "doc"
    if sent["dialect"] == "Json2":
        return parts[3], parts[4]
    return parts[4], f"get_{parts[5]}"


def told(step, answer):
    """A step after a guard: a guarded document is saved on the date that the guard was told."""
    rows = json.loads(answer[1]).get("data") if answer and answer[0] == 200 else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    # The database finds names that differ by their case, or a blank at their end, too.
    dates = [row.get("modified") for row in rows if row.get("name") in (step["ids"] or ())]
    text = json.dumps(step)
    if len(dates) == 1 and dates[0]:
        text = text.replace(JUDGES_DATE, dates[0])
    return json.loads(text)


def words(judged):
    """Every text of a call: names, values, and names of what is below them."""
    if isinstance(judged, dict):
        for key, value in judged.items():
            yield key
            yield from words(value)
    elif isinstance(judged, list):
        for value in judged:
            yield from words(value)
    elif isinstance(judged, str):
        yield judged


def ordered(judged):
    """The fields by which a list is sorted, which stand in a text."""
    for name, value in judged["named"]:
        if name == "order_by" and isinstance(value, str):
            yield from re.findall(r"\w+", value)


def reason(answer):
    """How an answer calls what is wrong, in any dialect."""
    text = answer.decode("utf-8", "replace")
    for mark in ('"name":"', '"exc_type":"', '"type":"', "<string>"):
        if mark in text:
            return text.split(mark, 1)[1][:60].split('"')[0].split("<")[0]
    return text[:40]
