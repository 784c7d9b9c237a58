// What ERPNext's guide builds upon its Node client: one that paces itself, one that repeats what
// failed at the server, one that remembers answers. Run by printed_round.py; prints its steps.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { SecureClient } from "./secure_client.mjs";

const { ERPNEXT_URL, ERPNEXT_API_KEY, ERPNEXT_API_SECRET, GONE_PAIR, UPSTREAM_LOG } = process.env;
const arrivals = () => readFileSync(UPSTREAM_LOG, "utf8").split("\n").length;

class RateLimitedClient extends SecureClient {
  constructor(url, key, secret, { requestsPerMinute = 60 } = {}) {
    super(url, key, secret);
    this.queue = [];
    this.client.interceptors.request.use(async (config) => {
      const now = Date.now();
      this.queue = this.queue.filter((time) => time > now - 60000);
      if (this.queue.length >= requestsPerMinute) await pause(this.queue[0] + 60000 - now);
      this.queue.push(Date.now());
      return config;
    });
  }
}

class RetryClient extends RateLimitedClient {
  constructor(url, key, secret, options = {}) {
    super(url, key, secret, options);
    const { maxRetries = 3, retryDelay = 1000 } = options;
    this.repeated = 0;
    this.client.interceptors.response.use(undefined, async (error) => {
      const { config, response } = error;
      const retry = config?.retry ?? 0;
      if (!config || retry >= maxRetries || (response && response.status < 500)) throw error;
      config.retry = retry + 1;
      this.repeated += 1;
      await pause(retryDelay * 2 ** retry);
      return this.client(config);
    });
  }
}

class CachedClient extends RetryClient {
  cache = new Map();
  async remembered(endpoint, params = {}) {
    const name = `GET:${endpoint}:${JSON.stringify(params)}`;
    if (!this.cache.has(name)) this.cache.set(name, await this.get(endpoint, params));
    return this.cache.get(name);
  }
}

let steps = 0;
const client = new CachedClient(ERPNEXT_URL, ERPNEXT_API_KEY, ERPNEXT_API_SECRET);
const customers = await client.remembered("/api/resource/Customer");
assert.ok(customers.data.length > 0);
const before = arrivals();
assert.deepEqual(await client.remembered("/api/resource/Customer"), customers);
assert.equal(arrivals(), before, "what is remembered is not asked");
const created = await client.post("/api/resource/Customer", { customer_name: "Secure API Customer", customer_type: "Company" });
await client.put(`/api/resource/Customer/${created.data.name}`, { customer_type: "Individual" });
await client.delete(`/api/resource/Customer/${created.data.name}`);
assert.equal(client.queue.length, 4);
steps += 6;

// What is refused is not repeated; what failed behind the gateway is, and the error stays clear.
const status = (code) => (error) => error.response.status === code;
const nobody = new CachedClient(ERPNEXT_URL, ERPNEXT_API_KEY, `${ERPNEXT_API_SECRET.slice(0, -1)}!`);
await assert.rejects(nobody.get("/api/resource/Customer"), status(401));
assert.equal(nobody.repeated, 0);
const gone = new RetryClient(`${ERPNEXT_URL}/u/gone`, ...GONE_PAIR.split(":"), { retryDelay: 20 });
await assert.rejects(gone.get("/api/resource/Customer"), (error) => error.response.status >= 500);
assert.equal(gone.repeated, 3);
steps += 2;
console.log(steps);
