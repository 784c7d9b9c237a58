// frappe-js-sdk's round on the ERPNext side: `node frappe_round.mjs DEMO.json`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { FrappeApp } from "frappe-js-sdk";

const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
let steps = 0;

const app = (pair) =>
  new FrappeApp(demo.gateway, { useToken: true, token: () => pair, type: "token" });
// But for what the gateway asks of itself from time to time: whether the ERP users in use are archived.
const isOwn = (line) => {
  const { model, fields } = JSON.parse(line);
  return model === "User" && fields === '["enabled"]';
};
const arrivals = () => {
  const lines = readFileSync(demo.upstream_log, "utf8").split("\n").slice(0, -1);
  return lines.filter((line) => !isOwn(line)).length;
};

function step(name, holds) {
  assert.ok(holds, `${name}: does not hold`);
  steps += 1;
}

// The SDK's own error, and nothing at the ERP; `mirror`, the same call where it is allowed, first.
async function refused(name, mirror, forbidden, status, type) {
  if (mirror) {
    const before = arrivals();
    await mirror();
    assert.ok(arrivals() > before, `${name}: the mirrored success did not reach the ERP`);
  }
  const before = arrivals();
  const error = await forbidden().then(
    () => assert.fail(`${name}: not refused`),
    (error) => error,
  );
  assert.equal(error.httpStatus, status, `${name}: ${JSON.stringify(error)}`);
  assert.equal(error.exc_type, type, `${name}: ${JSON.stringify(error)}`);
  await pause(50);
  assert.equal(arrivals(), before, `${name}: reached the ERP`);
  steps += 1;
}

const full = app(demo.keys.erpnext_full).db();
const reader = app(demo.keys.erpnext).db();

const who = await app(demo.keys.erpnext_full).auth().getLoggedInUser();
step("the bound user is told", who === demo.users.erpnext_full);

const rows = await full.getDocList("Customer", {
  fields: ["name", "customer_name"],
  filters: [["customer_type", "=", "Company"]],
  orderBy: { field: "name", order: "asc" },
  limit: 5,
});
step("customers are listed", rows.length > 0 && rows.every((row) => row.customer_name));
step("one is read", (await full.getDoc("Customer", rows[0].name)).name === rows[0].name);
step("they are counted", (await full.getCount("Customer")) >= rows.length);

const made = [];
for (const n of [1, 2]) {
  const doc = { customer_name: `Sdk ${n} & Söhne`, customer_type: "Company" };
  made.push((await full.createDoc("Customer", doc)).name);
}
step("customers are created", made[0] !== made[1]);
await full.updateDoc("Customer", made[0], { customer_type: "Individual" });
const written = await full.getDoc("Customer", made[0]);
step("one is written", written.customer_type === "Individual");

// Methods, uploads and files.
const calls = app(demo.keys.erpnext_full).call();
const counted = await calls.get("frappe.client.get_count", { doctype: "Customer" });
step("a method is called by GET", counted.message > 0);
const set = { doctype: "Customer", name: made[0], fieldname: "customer_type", value: "Company" };
step("and by POST", (await calls.post("frappe.client.set_value", set)).message.customer_type === "Company");
const v2 = (path, how) =>
  fetch(`${demo.gateway}${path}`, { headers: { Authorization: `token ${demo.keys.erpnext_full}` }, ...how });
const page = await (await v2("/api/v2/document/Customer?limit=2&start=1")).json();
step("version 2 lists", page.data.length === 2);
const file = await app(demo.keys.erpnext_full)
  .file()
  .uploadFile(new File(["hello"], "note.txt"), { isPrivate: true, doctype: "Customer", docname: made[0] })
  .then((sent) => sent.data.message);
step("a file is sent", file.attached_to_name === made[0]);
step("it comes back", (await (await v2(file.file_url)).text()) === "hello");
await refused(
  "a mail for a new password is not for keys",
  null,
  () => app(demo.keys.erpnext_full).auth().forgetPassword("joe@example.com"),
  403,
  "PermissionError",
);

step("the reader reads", (await reader.getDoc("Customer", rows[0].name)).name === rows[0].name);
await refused(
  "a reader does not delete",
  () => full.deleteDoc("Customer", made[0]),
  () => reader.deleteDoc("Customer", made[1]),
  403,
  "PermissionError",
);
step("the other one is there", (await full.getDoc("Customer", made[1])).name === made[1]);
await full.deleteDoc("Customer", made[1]);

const pair = demo.keys.erpnext_full;
const wrong = pair.slice(0, -1) + (pair.endsWith("a") ? "b" : "a");
await refused(
  "a wrong key is refused",
  null,
  () => app(wrong).db().getDocList("Customer"),
  401,
  "AuthenticationError",
);

console.log(`${steps} steps`);
