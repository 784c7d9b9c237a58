"""One full round of one of Frappe's Python clients: `frappe_python_round.py CLIENT key|login DEMO.json`.

Lists, reads, creates, writes, renames, submits, cancels and deletes with a key that may; then is
refused what another key may not, in the client's own error, with nothing reaching the ERP.
"""

import sys

from frappe_clients import CLIENTS
from gate import Demo, Round


def run(name, how, demo):
    turn = Round(demo)
    make, _ = CLIENTS[name]
    log_in = how == "login"
    full = make(demo, demo.users["erpnext_full"], demo.keys["erpnext_full"], log_in)
    reader = make(demo, demo.users["erpnext"], demo.keys["erpnext"], log_in)

    rows = full.list("Customer", ["name", "customer_name"], {"customer_type": "Company"})
    turn.step("customers are listed", rows and all(row["customer_name"] for row in rows))
    turn.step("all fields are listed", all("territory" in row for row in full.every("Customer")))
    first = rows[0]["name"]
    turn.step("one is read", full.get("Customer", first)["name"] == first)
    turn.step("they are counted", int(full.count("Customer")) >= len(rows))
    turn.step("one value is read", full.value("Customer", "customer_type", first) == "Company")

    made = [
        full.create({"doctype": "Customer", "customer_name": f"Round {name} {how} {n} & Söhne", "customer_type": "Company"})["name"]
        for n in (1, 2)
    ]
    turn.step("customers are created", made[0] != made[1])
    doc = full.get("Customer", made[0])
    doc["customer_type"] = "Individual"
    full.update(doc)
    turn.step("one is written whole", full.get("Customer", made[0])["customer_type"] == "Individual")
    full.set("Customer", made[0], "customer_type", "Company")
    turn.step("one value is set", full.get("Customer", made[0])["customer_type"] == "Company")
    full.many([{"doctype": "Customer", "docname": one, "customer_type": "Individual"} for one in made])
    turn.step("two are written at once", full.get("Customer", made[1])["customer_type"] == "Individual")
    renamed = f"Renamed {name} {how}"
    full.rename("Customer", made[1], renamed)
    turn.step("one is renamed", full.get("Customer", renamed)["name"] == renamed)

    drafts = full.list("Sales Order", ["name", "docstatus"], {"docstatus": 0}, limit=20)
    draft = full.get("Sales Order", drafts[0]["name"])
    draft["doctype"] = "Sales Order"
    copy = {key: draft[key] for key in ("doctype", "customer", "delivery_date", "transaction_date") if key in draft}
    copy["items"] = [{key: row[key] for key in ("item_code", "qty", "rate", "delivery_date") if key in row} for row in draft["items"]]
    order = full.create(copy)
    order["doctype"] = "Sales Order"
    full.submit(order)
    turn.step("an order is submitted", full.get("Sales Order", order["name"])["docstatus"] == 1)
    full.cancel("Sales Order", order["name"])
    turn.step("it is cancelled", full.get("Sales Order", order["name"])["docstatus"] == 2)

    if hasattr(full, "meta"):
        fields = {field["fieldname"] for field in full.meta("Customer")["fields"]}
        turn.step("the fields are told", "customer_name" in fields)
        file = full.send_file("a note.txt", b"hello \xff", "Customer", made[0])
        turn.step("a file is sent", file["attached_to_name"] == made[0])
        turn.step("it comes back", full.fetch_file(file["file_url"]) == b"hello \xff")

    turn.step("the reader reads", reader.get("Customer", first)["name"] == first)
    turn.refused(
        "a reader does not delete",
        mirror=lambda: full.delete("Customer", made[0]),
        forbidden=lambda: reader.delete("Customer", renamed),
        errors=reader.refusals,
        says=reader.says_no,
    )
    turn.refused(
        "a reader does not write",
        mirror=lambda: full.set("Customer", renamed, "customer_type", "Company"),
        forbidden=lambda: reader.set("Customer", renamed, "customer_type", "Company"),
        errors=reader.refusals,
        says=reader.says_no,
    )
    turn.refused(
        "a reader does not rename",
        mirror=lambda: full.rename("Customer", renamed, f"{renamed} again"),
        forbidden=lambda: reader.rename("Customer", f"{renamed} again", renamed),
        errors=reader.refusals,
        says=reader.says_no,
    )
    full.close()
    if log_in:
        with turn.nothing_arrives("after the log-out"):
            try:
                full.get("Customer", first)
            except Exception:
                turn.step("a session that was left is over", True)
            else:
                raise AssertionError("the session goes on after the log-out")
    return turn.steps


if __name__ == "__main__":
    with open(sys.argv[3], encoding="utf-8") as line:
        print(f"{run(sys.argv[1], sys.argv[2], Demo(line.read()))} steps")
