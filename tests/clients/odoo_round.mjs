// One full round of one of Odoo's Node clients: `node odoo_round.mjs CLIENT DEMO.json`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import OdooAwait from "odoo-await";
import OdooXmlRpc from "odoo-xmlrpc";

const [name, path] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(path, "utf8"));
const companies = [["is_company", "=", true]];
let steps = 0;

// Each client in its own idiom, behind the same verbs.
class Await {
  constructor(user, key) {
    this.odoo = new OdooAwait({
      baseUrl: demo.gateway,
      db: demo.database,
      username: user,
      password: key,
    });
  }
  connect = () => this.odoo.connect();
  list = (domain, fields) => this.odoo.searchRead("res.partner", domain, fields, { offset: 0, limit: 5, order: "", context: {} });
  search = (domain) => this.odoo.search("res.partner", domain);
  read = (ids, fields) => this.odoo.read("res.partner", ids, fields);
  create = (values) => this.odoo.create("res.partner", values);
  write = (id, values) => this.odoo.update("res.partner", id, values);
  unlink = (id) => this.odoo.delete("res.partner", id);
}

class XmlRpc {
  constructor(user, key) {
    const odoo = new OdooXmlRpc({
      url: demo.gateway,
      db: demo.database,
      username: user,
      password: key,
    });
    this.connect = promisify(odoo.connect).bind(odoo);
    const call = promisify(odoo.execute_kw).bind(odoo);
    this.call = (method, ...params) => call("res.partner", method, params);
  }
  list = (domain, fields) => this.call("search_read", [domain], { fields, limit: 5 });
  search = (domain) => this.call("search", [domain]);
  read = (ids, fields) => this.call("read", [ids], { fields });
  create = (values) => this.call("create", [values]);
  write = (id, values) => this.call("write", [[id], values]);
  unlink = (id) => this.call("unlink", [[id]]);
}

const Client = { "odoo-await": Await, "odoo-xmlrpc": XmlRpc }[name];
const arrivals = () => readFileSync(demo.upstream_log, "utf8").split("\n").length - 1;

function step(what, holds) {
  assert.ok(holds, `${what}: does not hold`);
  steps += 1;
}

// Refused with Odoo's own fault, and nothing at the ERP; `mirror` is the same where it is allowed.
async function refused(what, mirror, forbidden) {
  let before = arrivals();
  await mirror();
  assert.ok(arrivals() > before, `${what}: the mirrored success did not reach the ERP`);
  before = arrivals();
  const error = await forbidden().then(
    () => assert.fail(`${what}: not refused`),
    (error) => error,
  );
  assert.equal(error.faultCode, 4, `${what}: ${error}`);
  await pause(50);
  assert.equal(arrivals(), before, `${what}: reached the ERP`);
  steps += 1;
}

const full = new Client(demo.users.odoo_full, demo.keys.odoo_full);
step("a key logs in", (await full.connect()) > 0);
const rows = await full.list(companies, ["name", "city"]);
step("companies are listed", rows.length > 0 && rows.every((row) => row.name));
step("they are searched", (await full.search(companies)).includes(rows[0].id));
step("one is read", (await full.read([rows[0].id], ["name"]))[0].name === rows[0].name);
const made = [];
for (const n of [1, 2]) made.push(await full.create({ name: `Node ${n}`, city: "Ulm" }));
step("partners are created", made[0] !== made[1]);
await full.write(made[0], { city: "Bonn & Köln <3" });
step("one is written", (await full.read([made[0]], ["city"]))[0].city === "Bonn & Köln <3");

const reader = new Client(demo.users.odoo, demo.keys.odoo);
await reader.connect();
step("the reader reads", (await reader.read([rows[0].id], ["name"])).length === 1);
await refused(
  "a reader does not delete",
  () => full.unlink(made[0]),
  () => reader.unlink(made[1]),
);
await refused(
  "a reader does not write",
  () => full.write(made[1], { city: "Jena" }),
  () => reader.write(made[1], { city: "Gera" }),
);
step("the other one is there", (await full.read([made[1]], ["city"]))[0].city === "Jena");
await full.unlink(made[1]);

const key = demo.keys.odoo_full;
const wrong = key.slice(0, -1) + (key.endsWith("a") ? "b" : "a");
const before = arrivals();
await assert.rejects(async () => {
  await new Client(demo.users.odoo_full, wrong).connect().catch((error) => {
    throw new Error(String(error?.message ?? error));
  });
});
await pause(50);
step("a wrong key reaches nothing", arrivals() === before);

console.log(`${steps} steps`);
