// The documentation page: shows openapi.json as the key's holder sees it, and tries calls.
//
// The key lives in the field it is typed into and nowhere else. Everything that comes from the
// gateway is put into the page as text, never as markup.
"use strict";

const VERBS = ["get", "post", "patch", "put", "delete"];
const $ = (id) => document.getElementById(id);

let told = null;

/** Makes an element; children are elements or texts. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

/** What a reference leads to. */
function at(part) {
  let found = part;
  for (let step = 0; found && found.$ref && step < 8; step += 1) {
    found = found.$ref.slice(2).split("/").reduce(
      (inner, name) => inner?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], told);
  }
  return found ?? {};
}

const key = () => $("key").value.trim();

function headers(extra = {}) {
  return { Authorization: `Bearer ${key()}`, Accept: "application/json", ...extra };
}

$("key-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!key()) {
    say("Type a key first.", true);
    $("key").focus();
    return;
  }
  const button = event.target.querySelector("button");
  button.disabled = true;
  say("Asking what this key may do …");
  try {
    const answer = await fetch("openapi.json", { headers: headers(), credentials: "omit", cache: "no-store" });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail || body.title || `The gateway answered ${answer.status}.`);
    told = body;
    show();
  } catch (error) {
    say(error.message === "Failed to fetch" ? "The gateway cannot be reached." : error.message, true);
  } finally {
    button.disabled = false;
  }
});

$("find").addEventListener("input", () => {
  const wanted = $("find").value.trim().toLowerCase();
  for (const item of $("resources").children) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});

function show() {
  const groups = new Map(told.tags.map((tag) => [tag.name, { tag, operations: [] }]));
  for (const [path, item] of Object.entries(told.paths)) {
    for (const verb of VERBS) {
      if (item[verb]) {
        const operation = item[verb];
        const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(at);
        groups.get(operation.tags[0])?.operations.push({ path, verb, operation, parameters });
      }
    }
  }
  const count = [...groups.values()].reduce((sum, group) => sum + group.operations.length, 0);
  $("content").replaceChildren(
    make("h1", {}, told.info.title),
    make("p", { class: "about quiet" }, plain(told.info.description)),
    ...[...groups.values()].map(resource),
  );
  $("resources").replaceChildren(...[...groups.values()].map(({ tag }) =>
    make("li", {}, make("a", { href: `#${anchor(tag.name)}` }, tag.name))));
  document.querySelector("nav").hidden = false;
  $("frame").classList.add("open");
  say(count === 0 ? "This key may do nothing here." : `${groups.size} resources, ${count} operations.`);
}

const anchor = (name) => `r-${name.replaceAll(/[^A-Za-z0-9]/g, "-")}`;

function resource({ tag, operations }) {
  return make("section", { class: "resource", id: anchor(tag.name), "aria-label": tag.name },
    make("h2", {}, tag.name), make("p", {}, plain(tag.description)), ...operations.map(card));
}

const plain = (text) => (text ?? "").replaceAll("`", "");

function card(one) {
  const inside = make("div", { class: "inside" });
  const details = make("details", { class: "operation" },
    make("summary", {},
      make("span", { class: `verb ${one.verb}` }, one.verb.toUpperCase()),
      make("span", { class: "path" }, decodeURIComponent(one.path)),
      make("span", { class: "what" }, plain(one.operation.summary))),
    inside);
  details.addEventListener("toggle", () => {
    if (details.open && !inside.hasChildNodes()) inside.append(...contents(one));
  });
  return details;
}

function contents(one) {
  const body = at(one.operation.requestBody?.content?.["application/json"]?.schema);
  const done = Object.entries(one.operation.responses).find(([status]) => status.startsWith("2"));
  const data = at(at(done?.[1]?.content?.["application/json"]?.schema).properties?.data);
  const shown = data.type === "array" ? at(data.items) : data;
  const parts = [];
  if (one.operation.deprecated) parts.push(make("p", {}, "This resource is going away."));
  if (body.properties) parts.push(make("h3", {}, "Takes"), fields(body));
  parts.push(make("h3", {}, "Try it"), trial(one, body));
  if (shown.properties) parts.push(make("h3", {}, "Answers"), fields(shown));
  return parts;
}

function fields(schema) {
  const needed = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const cell = make("td", { class: "name" }, name);
    if (needed.has(name) && !field.readOnly && name !== "id") cell.append(" ", make("span", { class: "mark needed" }, "required"));
    if (field.readOnly) cell.append(" ", make("span", { class: "mark" }, "read only"));
    return make("tr", {}, cell, make("td", { class: "type" }, type(field)),
      make("td", {}, field.title ?? "", field.description ? ` ${plain(field.description)}` : ""));
  });
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields" },
    make("table", {},
      make("thead", {}, make("tr", {}, ...["Field", "Type", "What"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows)));
}

function type(field) {
  if (field.enum) return field.enum.filter((value) => value !== null).join(" | ");
  const kinds = [field.type ?? "any"].flat().filter((kind) => kind !== "null");
  let text = kinds.join(" or ");
  if (field.format) text += ` (${field.format})`;
  if (field.contentEncoding) text += ` (${field.contentEncoding})`;
  if (field.maxLength) text += `, at most ${field.maxLength}`;
  return text;
}

/** A value to begin with, by the schema. */
function sample(field) {
  if (field.enum) return field.enum.find((value) => value !== null && value !== "") ?? null;
  switch ([field.type ?? "string"].flat()[0]) {
    case "integer": return 1;
    case "number": return 1.5;
    case "boolean": return true;
    case "array": return [];
    case "object": return {};
    default: return field.format === "date" ? "2026-01-31" : field.pattern?.includes(" (") ? "2026-01-31 12:00:00" : "text";
  }
}

function draft(schema) {
  if (schema.type === "array") return JSON.stringify(schema.example ?? [], null, 2);
  const names = schema.required?.length ? schema.required : Object.keys(schema.properties ?? {}).slice(0, 2);
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, sample(schema.properties[name])])), null, 2);
}

const short = (text) => (text.length > 140 ? `${text.slice(0, 138)} …` : text);

let made = 0;

function trial(one, body) {
  made += 1;
  const inputs = [];
  // Of the many conditions a list takes, one field is enough to try them.
  const asked = one.parameters.filter((parameter) => parameter.style !== "deepObject");
  for (const parameter of asked) {
    const id = `try-${made}-${inputs.length}`;
    const input = make("input", { id, required: parameter.required === true, autocomplete: "off", spellcheck: "false" });
    if (parameter.name === "limit") input.value = "5";
    inputs.push({ parameter, input });
  }
  const conditions = one.parameters.some((parameter) => parameter.style === "deepObject");
  if (conditions) {
    const input = make("input", { id: `try-${made}-q`, autocomplete: "off", spellcheck: "false", placeholder: "name[ilike]=an" });
    inputs.push({ parameter: { name: "conditions", in: "raw", description: "field[op]=value, joined by &" }, input });
  }
  const rows = inputs.map(({ parameter, input }) => make("div", { class: "row" },
    make("label", { for: input.id }, make("code", {}, parameter.name)), input,
    make("small", {}, short(plain(parameter.description)))));
  const text = body.properties || body.type === "array" ? make("textarea", { id: `try-${made}-body`, spellcheck: "false" }) : null;
  if (text) text.value = draft(body);
  const answer = make("div", { class: "answer", role: "status" });
  const form = make("form", { class: "try", autocomplete: "off" },
    rows.length ? make("div", { class: "fields" }, ...rows) : "",
    text ? make("div", { class: "row" }, make("label", { for: text.id }, "Body"), text) : "",
    make("div", {}, make("button", { type: "submit" }, `Send ${one.verb.toUpperCase()}`)),
    answer);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(one, inputs, text, answer, form.querySelector("button"));
  });
  return form;
}

async function send(one, inputs, text, answer, button) {
  let path = one.path;
  const query = [];
  const extra = {};
  for (const { parameter, input } of inputs) {
    const value = input.value.trim();
    if (!value) continue;
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === "header") extra[parameter.name] = value;
    else if (parameter.in === "raw") query.push(...value.split("&").map((pair) => pair.split("=").map(encodeURIComponent).join("=")));
    else query.push(`${encodeURIComponent(parameter.name)}=${encodeURIComponent(value)}`);
  }
  if (text) {
    try {
      JSON.parse(text.value);
    } catch (error) {
      answer.replaceChildren(make("p", { class: "line bad" }, `The body is no JSON: ${error.message}`));
      return;
    }
    extra["Content-Type"] = "application/json";
  }
  const url = told.servers[0].url + path + (query.length ? `?${query.join("&")}` : "");
  button.disabled = true;
  const began = performance.now();
  try {
    const got = await fetch(url, {
      method: one.verb.toUpperCase(), headers: headers(extra), body: text?.value, credentials: "omit", cache: "no-store",
    });
    const body = await got.text();
    const spent = Math.round(performance.now() - began);
    answer.replaceChildren(
      make("p", { class: `line ${got.ok ? "good" : "bad"}` }, `${got.status} ${got.statusText} · ${spent} ms · request ${got.headers.get("x-request-id") ?? ""}`),
      make("pre", { tabindex: "0", "aria-label": "Answer" }, pretty(body)),
      make("pre", { tabindex: "0", "aria-label": "The same with curl" }, curl(one.verb, url, text?.value, extra)));
  } catch {
    answer.replaceChildren(make("p", { class: "line bad" }, "The gateway cannot be reached."));
  } finally {
    button.disabled = false;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text || "(no body)";
  }
}

/** The same call for a terminal; the key is left for the reader to fill in. */
function curl(verb, url, body, extra) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [`curl -X ${verb.toUpperCase()} ${quote(location.origin + url)}`, `-H "Authorization: Bearer $KEY"`];
  for (const [name, value] of Object.entries(extra)) lines.push(`-H ${quote(`${name}: ${value}`)}`);
  if (body) lines.push(`-d ${quote(body)}`);
  return lines.join(" \\\n  ");
}
