// A round of the Node clients that sign: `node signing_round.mjs DEMO.json`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import axios from "axios";
import { httpbis } from "http-message-signatures";
import { SecureClient } from "./secure_client.mjs";

const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
const data = path.join(path.dirname(demo.upstream_log), "data");
let steps = 0;

function key(name, [upstream, user, role], ...more) {
  const command = ["key", "create", name, "--data", data, "--json", "--upstream", upstream, "--user", user, "--role", role, ...more];
  return JSON.parse(execFileSync(process.env.PORTCULLIS_BINARY, command, { encoding: "utf8" }));
}

// A client of RFC 9421's package, over fetch.
class Library {
  constructor(keyId, sign, alg) {
    this.key = { id: keyId, alg, sign };
  }
  async send(method, target, body) {
    const headers = { Host: new URL(demo.gateway).host };
    const fields = ["@method", "@path"];
    if (target.includes("?")) fields.push("@query");
    if (body) {
      headers["Content-Type"] = "application/json";
      headers["Content-Digest"] = `sha-256=:${crypto.createHash("sha256").update(body).digest("base64")}:`;
      fields.push("content-digest", "content-type");
    }
    const request = { method, url: demo.gateway + target, headers, body };
    const signed = await httpbis.signMessage(
      { key: this.key, name: "sig", fields, params: ["created", "nonce", "keyid", "alg"], paramValues: { nonce: crypto.randomUUID() } },
      request,
    );
    const { Host, ...sent } = signed.headers;
    return fetch(signed.url, { method, headers: sent, body });
  }
}

async function untilKnown(ask) {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (error.response?.status !== 401) throw error;
      await pause(100);
    }
  }
  return ask();
}

const arrivals = () => readFileSync(demo.upstream_log, "utf8").split("\n").length;

async function refused(ask, status = 401) {
  const before = arrivals();
  await assert.rejects(ask, (error) => error.response.status === status);
  await pause(50);
  assert.equal(arrivals(), before, "it reached the ERP");
  steps += 1;
}

const erpnext = ["erpnext", "Administrator", "erpnext-full"];
const made = key("secure", erpnext, "--signed", "legacy-request-time");
const pair = made.pair.split(":");
const client = new SecureClient(demo.gateway, ...pair);
const customers = await untilKnown(() => client.get("/api/resource/Customer", { limit_page_length: 2 }));
assert.equal(customers.data.length, 2);
const created = await client.post("/api/resource/Customer", { customer_name: "Secure API Customer", customer_type: "Company" });
const name = created.data.name;
await client.put(`/api/resource/Customer/${name}`, { customer_type: "Individual" });
assert.ok((await client.get("/api/resource/Sales Order")).data, "a name with a space");
assert.ok((await client.get("/api/resource/Customer?limit_page_length=1")).data, "parameters in the endpoint");
steps += 5;

const other = new SecureClient(demo.gateway, ...pair);
other.sign = (method, _, timestamp) => client.sign(method, "/api/resource/Item", timestamp);
await refused(() => other.get("/api/resource/Customer"));
// The same client, whose clock stands still.
function standing(time) {
  const still = axios.create({ baseURL: demo.gateway, headers: { Authorization: `token ${made.pair}` } });
  still.interceptors.request.use((config) => {
    const signature = client.sign(config.method.toUpperCase(), config.url, time);
    Object.assign(config.headers, { "X-Request-Time": time, "X-Signature": signature });
    return config;
  });
  return still;
}
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
await standing(ago(290)).get("/api/resource/Customer");
await refused(() => standing(ago(310)).get("/api/resource/Customer"));
await refused(() => standing(ago(-310)).get("/api/resource/Customer"));
// The same signature and the same bytes, once for what changes something.
const still = standing(ago(0));
await still.post("/api/resource/Customer", { customer_name: "Once" });
await refused(() => still.post("/api/resource/Customer", { customer_name: "Once" }));
await client.delete(`/api/resource/Customer/${name}`);
steps += 1;

const odoo = ["odoo", "admin", "odoo-full"];
const shop = key("shop", odoo, "--signed", "hmac", "--must-sign");
const library = new Library(shop.id, async (base) => crypto.createHmac("sha256", shop["signing-secret"]).update(base).digest(), "hmac-sha256");
let answer;
for (let tries = 0; tries < 100; tries += 1) {
  answer = await library.send("GET", "/api/v1/res.partner?limit=2");
  if (answer.status !== 401) break;
  await pause(100);
}
assert.equal(answer.status, 200, await answer.text());
answer = await library.send("POST", "/json/2/res.partner/search_count", JSON.stringify({ domain: [] }));
assert.equal(answer.status, 200);
library.key.sign = async (base) => crypto.createHmac("sha256", "another").update(base).digest();
assert.equal((await library.send("GET", "/api/v1/res.partner?limit=2")).status, 401);
steps += 3;

console.log(`${steps} steps`);
