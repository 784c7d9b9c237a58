// The documentation page in a real Chromium, on a desk and on a phone.
//
// `node docs.mjs --binary target/debug/portcullis [--pictures FOLDER]` ends in `N passed, N failed`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import readline from "node:readline";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: said } = parseArgs({ options: { binary: { type: "string" }, pictures: { type: "string" } } });

const SIZES = [
  { name: "desk", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
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

/** How light a colour is, as WCAG reckons it. */
function lightness([red, green, blue]) {
  const part = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
}

function contrast(one, other) {
  const [light, dark] = [lightness(one), lightness(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Every text that is seen, with its colour and the ground behind it. */
function texts() {
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("noscript")) continue;
    let ground = element;
    while (ground && (rgb(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
    found.push({
      text: element.textContent.trim().slice(0, 40),
      ink: rgb(getComputedStyle(element).color).slice(0, 3),
      ground: rgb(getComputedStyle(ground ?? document.body).backgroundColor).slice(0, 3),
    });
  }
  return found;
}

async function visit(browser, demo, size) {
  const context = await browser.newContext({ viewport: size.viewport, colorScheme: size.colorScheme });
  const page = await context.newPage();
  const complaints = [];
  const asked = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  const at = (name) => `${size.name}: ${name}`;
  const picture = async (name) => {
    if (said.pictures) await page.screenshot({ path: `${said.pictures}/${size.name}-${name}.png` });
  };
  const key = page.getByLabel("Key", { exact: true });
  const open = page.getByRole("button", { name: "Open" });
  const status = page.locator("#status");

  const answer = await page.goto(`${demo.gateway}/api/v1/docs`);
  await picture("welcome");
  await step(at("nothing inline may run and nothing come from elsewhere"), async () => {
    const policy = answer.headers()["content-security-policy"];
    must(policy.startsWith("default-src 'none'") && !policy.includes("unsafe"), policy);
  });
  await step(at("a stranger learns nothing"), async () => {
    await key.fill("pk_nobody");
    await open.click();
    await status.filter({ hasText: "Access Denied" }).waitFor({ timeout: 10000 });
    must((await page.locator("details").count()) === 0, "something is shown");
    // The browser itself says that a request was answered 401.
    complaints.length = 0;
  });
  await step(at("a key opens what its roles allow"), async () => {
    await key.fill(demo.keys.odoo_narrow);
    await open.click();
    await page.getByRole("heading", { name: "res.partner", exact: true }).waitFor({ timeout: 20000 });
    must((await page.locator("details.operation").count()) === 3, "more than list, read and the batch is shown");
    await page.locator("details.operation > summary").first().click();
    const names = await page.locator("details.operation").first().locator("td.name").allInnerTexts();
    const bare = names.map((name) => name.split(/\s/)[0]).sort();
    must(bare.join() === "city,id,name", `fields: ${bare}`);
  });
  await step(at("another key opens more"), async () => {
    await key.fill(demo.keys.odoo_full);
    await open.click();
    await page.getByRole("heading", { name: "sale.order", exact: true }).waitFor({ timeout: 20000 });
    await page.locator("details.operation").nth(3).waitFor();
    await picture("resources");
  });
  const list = page.locator("#r-res-partner details.operation").first();
  await step(at("a list is tried and answered"), async () => {
    await list.locator("summary").click();
    await list.getByLabel("limit", { exact: true }).fill("2");
    await list.getByLabel("fields", { exact: true }).fill("name,city");
    await list.getByLabel("conditions", { exact: true }).fill("is_company[eq]=true");
    await picture("operation");
    await list.getByRole("button", { name: "Send GET" }).click();
    await list.locator(".answer pre").first().waitFor({ timeout: 10000 });
    const rows = JSON.parse(await list.locator(".answer pre").first().innerText()).data;
    must(rows.length === 2 && Object.keys(rows[0]).join() === "id,name,city", JSON.stringify(rows));
    await list.locator(".answer").scrollIntoViewIfNeeded();
    await picture("answer");
  });
  await step(at("what cannot be is answered with the reason"), async () => {
    const create = page.locator("#r-res-partner details.operation").filter({ hasText: "POST" }).first();
    await create.locator("summary").click();
    await create.getByLabel("Body", { exact: true }).fill('{"color": "red"}');
    await create.getByRole("button", { name: "Send POST" }).click();
    await create.locator(".answer pre").first().waitFor({ timeout: 10000 });
    const problem = JSON.parse(await create.locator(".answer pre").first().innerText());
    must(problem.status === 422 && problem.field === "color", JSON.stringify(problem));
    complaints.length = 0;
  });
  await step(at("the key is in no address, no storage and no copied command"), async () => {
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    must(kept === '[{},{},""]', kept);
    must(!asked.some((url) => url.includes("pk_") || url.includes(demo.keys.odoo_full)), "a URL holds a key");
    must(!(await page.locator("body").innerText()).includes(demo.keys.odoo_full), "the page shows the key");
  });
  await step(at("everything is asked of the gateway"), async () => {
    must(asked.every((url) => url.startsWith(demo.gateway)), asked.join());
  });
  await step(at("nothing is wider than the window"), async () => {
    const wide = await page.evaluate(() => [...document.querySelectorAll("main *")]
      .filter((element) => element.checkVisibility() && !element.closest("pre, .scroll") && element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => `${element.tagName}.${element.className}`));
    must(wide.length === 0, wide.join());
  });
  await step(at("texts stand out from their ground"), async () => {
    const pale = (await page.evaluate(texts)).filter(({ ink, ground }) => contrast(ink, ground) < 4.5);
    must(pale.length === 0, JSON.stringify(pale.slice(0, 4)));
  });
  await step(at("every field has a label, and everything is reached by the keyboard"), async () => {
    const bare = await page.evaluate(() => [...document.querySelectorAll("input, textarea")]
      .filter((input) => !input.labels?.length).map((input) => input.outerHTML));
    must(bare.length === 0, bare.join());
    const fresh = await context.newPage();
    await fresh.goto(`${demo.gateway}/api/v1/docs`);
    const reached = [];
    for (let stop = 0; stop < 3; stop += 1) {
      await fresh.keyboard.press("Tab");
      reached.push(await fresh.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName));
    }
    must(reached.join() === "skip,key,BUTTON", reached.join());
  });
  await step(at("the browser has nothing to complain of"), async () => {
    must(complaints.length === 0, complaints.join("; "));
  });
  await context.close();
}

if (said.pictures) mkdirSync(said.pictures, { recursive: true });
const demo = spawn(said.binary, ["demo", "--json", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
const [line] = await once(readline.createInterface({ input: demo.stdout }), "line");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  for (const size of SIZES) await visit(browser, JSON.parse(line), size);
} finally {
  await browser.close();
  demo.kill("SIGTERM");
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
