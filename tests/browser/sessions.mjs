// The façade's log-in in a real Chromium: from the gateway's own origin it works with cookie and
// token, over both ERPs; a page of another origin can neither log in, nor read, nor write with it.
//
// `node sessions.mjs --binary target/debug/portcullis` ends in `N passed, N failed`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import readline from "node:readline";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: said } = parseArgs({ options: { binary: { type: "string" } } });

const ERPS = [
  { name: "odoo", key: "odoo", path: "sale.order", doc: { partner_id: 1 } },
  { name: "erpnext", key: "erpnext_full", path: "Customer", doc: { customer_name: "By a browser", customer_type: "Company" } },
];

let passed = 0;
let failed = 0;

async function step(name, check) {
  try {
    await check();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

function must(holds, text) {
  if (!holds) throw new Error(text);
}

/** Asks from within a page, as its scripts would. */
function ask(page, url, { method = "GET", headers = {}, body, type = "application/json", mode = "cors" } = {}) {
  const request = { url, method, headers, body: body && JSON.stringify(body), type, mode };
  return page.evaluate(async ({ url, method, headers, body, type, mode }) => {
    const told = body ? { "content-type": type, ...headers } : headers;
    try {
      const answer = await fetch(url, { method, headers: told, body, credentials: "include", mode });
      const text = await answer.text();
      return { status: answer.status, json: text.startsWith("{") ? JSON.parse(text) : text };
    } catch (error) {
      return { status: 0, json: String(error) };
    }
  }, request);
}

async function visit(browser, demo, erp, elsewhere) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const own = (path) => `${demo.gateway}/u/${erp.name}/api/v1/${path}`;
  const at = (name) => `${erp.name}: ${name}`;
  const login = { login: demo.users[erp.key], password: demo.keys[erp.key] };
  const cookies = async () => (await context.cookies(demo.gateway)).filter((cookie) => cookie.name === "portcullis_session");
  await page.goto(`${demo.gateway}/api/v1/docs`);
  let token = "";

  await step(at("nobody reads without a session"), async () => {
    const answer = await ask(page, own(erp.path));
    must(answer.status === 401, JSON.stringify(answer));
  });
  await step(at("a page logs in, and scripts do not see the cookie"), async () => {
    const answer = await ask(page, own("-/login"), { method: "POST", body: login });
    must(answer.status === 200, JSON.stringify(answer));
    token = answer.json.data.csrf_token;
    const [cookie] = await cookies();
    must(cookie.httpOnly && cookie.sameSite === "Lax", JSON.stringify(cookie));
    must((await page.evaluate(() => document.cookie)) === "", "a script reads it");
  });
  await step(at("it reads by the cookie and writes with the token"), async () => {
    const list = await ask(page, own(`${erp.path}?limit=1`));
    must(list.status === 200 && list.json.data.length === 1, JSON.stringify(list));
    const told = await ask(page, own("-/csrf"));
    must(told.json.data.csrf_token === token, JSON.stringify(told));
    const bare = await ask(page, own(erp.path), { method: "POST", body: erp.doc });
    must(bare.status === 400, `without the token: ${JSON.stringify(bare)}`);
    const made = await ask(page, own(erp.path), { method: "POST", body: erp.doc, headers: { "x-csrf-token": token } });
    must(made.status === 201, JSON.stringify(made));
  });
  await step(at("a page of another origin cannot use the session"), async () => {
    const answers = [];
    context.on("response", (answer) => answer.url().startsWith(demo.gateway) && answers.push(answer.status()));
    for (const origin of elsewhere) {
      const foreign = await context.newPage();
      await foreign.goto(origin);
      for (const asked of [
        { url: own(erp.path) },
        { url: own("-/csrf") },
        { url: own(erp.path), method: "POST", body: erp.doc, headers: { "x-csrf-token": token } },
        { url: own("-/logout"), method: "POST", body: {}, headers: { "x-csrf-token": token } },
        { url: own("-/login"), method: "POST", body: login },
      ]) {
        const answer = await ask(foreign, asked.url, asked);
        must(answer.status === 0, `${origin} reads ${JSON.stringify(answer)}`);
      }
      // What needs no leave of the gateway: the request goes out, and is refused there.
      for (const path of [erp.path, "-/login", "-/logout"]) {
        await ask(foreign, own(path), { method: "POST", body: login, type: "text/plain", mode: "no-cors" });
      }
      await foreign.close();
    }
    must(answers.length > 0 && answers.every((status) => status >= 400), answers.join());
    const [cookie] = await cookies();
    const list = await ask(page, own(`${erp.path}?limit=1`));
    must(cookie && list.status === 200, "the session goes on");
  });
  await step(at("it logs out, and is out"), async () => {
    const answer = await ask(page, own("-/logout"), { method: "POST", headers: { "x-csrf-token": token } });
    must(answer.status === 200, JSON.stringify(answer));
    must((await cookies()).length === 0, "the cookie stays");
    must((await ask(page, own(erp.path))).status === 401, "and it still reads");
  });
  await context.close();
}

const demo = spawn(said.binary, ["demo", "--json", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
const [line] = await once(readline.createInterface({ input: demo.stdout }), "line");
const other = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>elsewhere</title>"));
other.listen(0, "127.0.0.1");
await once(other, "listening");
const { port } = other.address();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  // Another port is another origin of the same site; another name is another site.
  const elsewhere = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`];
  for (const erp of ERPS) await visit(browser, JSON.parse(line), erp, elsewhere);
} finally {
  await browser.close();
  other.close();
  demo.kill("SIGTERM");
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
