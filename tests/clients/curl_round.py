"""curl's round on the ERPNext side: `curl_round.py DEMO.json`, with `Authorization: token KEY:SECRET`."""

import json
import subprocess
import sys
import urllib.parse

from gate import Demo, Round


class Refused(Exception):
    """curl has no error of its own for a refusal: status and body are the error."""


class Curl:
    def __init__(self, demo, pair):
        self.demo, self.pair = demo, pair

    def _run(self, verb, path, body=None):
        command = [
            "curl", "--silent", "--show-error", "--max-time", "20", "--request", verb,
            "--header", f"Authorization: token {self.pair}",
            "--header", "Accept: application/json",
            "--write-out", "\n%{http_code}", self.demo.url + path,
        ]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        text, status = done.stdout.rsplit("\n", 1)
        answer = json.loads(text)
        if int(status) >= 400:
            raise Refused(int(status), answer.get("exc_type"))
        return int(status), answer

    def who(self):
        return self._run("GET", "/api/method/frappe.auth.get_logged_user")[1]["message"]

    def list(self, fields, filters):
        query = urllib.parse.urlencode(
            {"fields": json.dumps(fields), "filters": json.dumps(filters), "limit_page_length": 5}
        )
        return self._run("GET", f"/api/resource/Customer?{query}")[1]["data"]

    def read(self, name):
        return self._run("GET", f"/api/resource/Customer/{urllib.parse.quote(name)}")[1]["data"]

    def create(self, values):
        return self._run("POST", "/api/resource/Customer", values)[1]["data"]

    def write(self, name, values):
        path = f"/api/resource/Customer/{urllib.parse.quote(name)}"
        return self._run("PUT", path, values)[1]["data"]

    def delete(self, name):
        return self._run("DELETE", f"/api/resource/Customer/{urllib.parse.quote(name)}")


def run(demo):
    turn = Round(demo)
    full = Curl(demo, demo.keys["erpnext_full"])
    reader = Curl(demo, demo.keys["erpnext"])
    turn.step("the bound user is told", full.who() == demo.users["erpnext_full"])
    rows = full.list(["name", "customer_name"], [["customer_type", "=", "Company"]])
    turn.step("customers are listed", rows and all(row["customer_name"] for row in rows))
    turn.step("one is read", full.read(rows[0]["name"])["name"] == rows[0]["name"])
    made = [
        full.create({"customer_name": f"Curl {n} & Söhne", "customer_type": "Company"})["name"]
        for n in (1, 2)
    ]
    turn.step("customers are created", made[0] != made[1])
    full.write(made[0], {"customer_type": "Individual"})
    turn.step("one is written", full.read(made[0])["customer_type"] == "Individual")
    turn.step("the reader reads", reader.read(rows[0]["name"])["name"] == rows[0]["name"])
    turn.refused(
        "a reader does not delete",
        mirror=lambda: full.delete(made[0]),
        forbidden=lambda: reader.delete(made[1]),
        errors=(Refused,),
        says=lambda error: error.args == (403, "PermissionError"),
    )
    turn.step("the other one is there", full.read(made[1])["name"] == made[1])
    full.delete(made[1])
    with turn.nothing_arrives("a wrong key"):
        pair = demo.keys["erpnext_full"]
        try:
            Curl(demo, pair[:-1] + ("a" if pair[-1] != "a" else "b")).list(["name"], [])
        except Refused as error:
            turn.step("a wrong key is refused", error.args == (401, "AuthenticationError"))
        else:
            raise AssertionError("a wrong key was accepted")
    return turn.steps


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as line:
        print(f"{run(Demo(line.read()))} steps")
