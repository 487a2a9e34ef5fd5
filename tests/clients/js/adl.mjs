// ADL's wrapper for Node.js, adl-xapiwrapper: `node adl.mjs ENDPOINT KEY SECRET VERSION` tells what it could do.
//
// It has no attachments. An object that it sends as a document is merged (POST), anything else replaces (PUT); what it
// has no call for goes through its xapi_request, by which it makes its own requests.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";

import adl from "adl-xapiwrapper";

import { tell, VERBS } from "./telling.mjs";

const [endpoint, user, pass, version] = process.argv.slice(2);
adl.xapiversion = version;
const url = endpoint.replace(/\/?$/, "/");
const lrs = new adl.XAPIWrapper({ url, auth: { user, pass } });

const run = randomUUID();
const activityId = `https://example.org/${run}/course`;
const agent = { objectType: "Agent", name: "Ada", mbox: `mailto:ada.${run}@example.org` };

function statement(more = {}) {
  return {
    actor: agent,
    verb: { id: VERBS + "attempted" },
    object: { objectType: "Activity", id: activityId, definition: { name: { en: "Fractions" } } },
    ...more,
  };
}

/** Call a method of the wrapper, which must answer with `status`; what it answered, parsed where it is JSON. */
async function call(status, method, ...given) {
  return answered(status, await promisify(lrs[method]).call(lrs, ...given));
}

async function request(status, method, resource, qs) {
  const options = { method, url: url + resource, auth: { user, pass }, qs };
  return answered(status, await promisify(adl.xapi_request)(options, null));
}

function answered(status, response) {
  assert.equal(response.statusCode, status, response.body);
  assert.equal(response.headers["x-experience-api-version"], version.startsWith("2.") ? "2.0.0" : "1.0.3");
  const isJSON = /^application\/json/.test(response.headers["content-type"]);
  return { data: isJSON ? JSON.parse(response.body) : response.body, etag: response.headers.etag };
}

async function* about() {
  assert(await new Promise((resolve) => lrs.testConfig(resolve)));
  yield "versions";
}

async function* statements() {
  const score = { scaled: 0.5 };
  const one = statement({ result: { score, duration: "PT1M30S" } });
  const [id] = (await call(200, "sendStatements", one)).data;
  yield "saved one";
  const named = statement({ id: adl.ruuid() });
  assert.deepEqual((await call(200, "sendStatements", named)).data, [named.id]);
  yield "saved under an id";
  assert.deepEqual((await call(200, "sendStatements", named)).data, [named.id]);
  yield "sent again";
  const many = [statement({ id: adl.ruuid() }), statement({ id: adl.ruuid() })];
  assert.deepEqual((await call(200, "sendStatements", many)).data, many.map((each) => each.id));
  yield "saved many";
  const { data } = await call(200, "getStatements", { statementId: id }, null);
  assert.deepEqual(data.result, { score, duration: "PT1M30S" });
  assert.deepEqual(data.actor, agent);
  assert(data.id === id && data.stored && data.authority);
  yield "read by id";
}

async function* query() {
  const registration = randomUUID();
  const sent = [];
  for (let number = 0; number < 5; number++) sent.push(statement({ id: adl.ruuid(), context: { registration } }));
  await call(200, "sendStatements", sent);
  const order = sent.map((each) => each.id);
  const ask = async (more) => (await call(200, "getStatements", { registration, ...more }, null)).data;
  assert.deepEqual((await ask()).statements.map((each) => each.id), [...order].reverse());
  yield "by registration";
  const filters = { agent: JSON.stringify(agent), verb: VERBS + "attempted", activity: activityId };
  for (const [name, value] of Object.entries(filters)) {
    assert.equal((await ask({ [name]: value })).statements.length, order.length);
    yield `by ${name}`;
  }
  let page = await ask({ ascending: true, limit: 2 });
  const seen = page.statements;
  yield "ascending";
  while (page.more) {
    page = (await call(200, "getStatements", null, page.more)).data;
    seen.push(...page.statements);
  }
  assert.deepEqual(seen.map((each) => each.id), order);
  yield "more";
  const later = await ask({ since: seen[2].stored });
  assert.deepEqual(later.statements.map((each) => each.id), [order[4], order[3]]);
  yield "since";
}

async function* voiding() {
  const [id] = (await call(200, "sendStatements", statement())).data;
  const verb = { id: VERBS + "voided", display: { en: "voided" } };
  await call(200, "sendStatements", { actor: agent, verb, object: { objectType: "StatementRef", id } });
  yield "voided";
  await call(404, "getStatements", { statementId: id }, null);
  yield "gone";
  assert.equal((await call(200, "getStatements", { voidedStatementId: id }, null)).data.id, id);
  yield "read as voided";
}

async function* state() {
  const read = async (status, id) => call(status, "getState", activityId, agent, id, null, null);
  const send = async (status, id, value, etag) =>
    call(status, "sendState", activityId, agent, id, null, value, etag, null);
  const place = { activityId, agent: JSON.stringify(agent) };
  await send(204, "bookmark", { page: 1 });
  await send(204, "answers", "none");
  yield "saved";
  const { data, etag } = await read(200, "bookmark");
  assert.deepEqual(data, { page: 1 });
  assert.equal((await read(200, "answers")).data, "none");
  yield "read";
  assert.deepEqual((await read(200, null)).data.sort(), ["answers", "bookmark"]);
  yield "listed";
  await send(204, "bookmark", { answer: 42 });
  const merged = await read(200, "bookmark");
  assert.deepEqual(merged.data, { page: 1, answer: 42 });
  yield "merged";
  await send(412, "bookmark", ["page", 2], etag);
  yield "kept from an old ETag";
  await send(204, "bookmark", ["page", 2], merged.etag);
  assert.deepEqual((await read(200, "bookmark")).data, ["page", 2]);
  yield "replaced";
  await request(204, "DELETE", "activities/state", { ...place, stateId: "bookmark" });
  await read(404, "bookmark");
  yield "deleted";
  await request(204, "DELETE", "activities/state", place);
  assert.deepEqual((await read(200, null)).data, []);
  yield "emptied";
}

async function* profile(kind, owner, resource, place) {
  const read = async (status, id) => call(status, `get${kind}`, owner, id, null);
  const send = async (status, value, etag) => call(status, `send${kind}`, owner, "goals", value, etag, null);
  await send(204, { aim: 1 });
  yield "saved";
  const { data, etag } = await read(200, "goals");
  assert.deepEqual(data, { aim: 1 });
  yield "read";
  assert.deepEqual((await read(200, null)).data, ["goals"]);
  yield "listed";
  await send(204, { by: "June" });
  const merged = await read(200, "goals");
  assert.deepEqual(merged.data, { aim: 1, by: "June" });
  yield "merged";
  await send(412, ["aim", 2], etag);
  yield "kept from an old ETag";
  await send(204, ["aim", 2], merged.etag);
  assert.deepEqual((await read(200, "goals")).data, ["aim", 2]);
  yield "replaced";
  await request(204, "DELETE", resource, { ...place, profileId: "goals" });
  await read(404, "goals");
  yield "deleted";
}

async function* agents() {
  const { data } = await call(200, "getAgents", agent);
  assert.deepEqual(data, { objectType: "Person", name: ["Ada"], mbox: [agent.mbox] });
  yield "person";
}

async function* activities() {
  assert.deepEqual((await call(200, "getActivities", activityId)).data.definition.name, { en: "Fractions" });
  yield "definition";
}

await tell({
  about,
  statements,
  query,
  voiding,
  state,
  "agent profile": () => profile("AgentProfile", agent, "agents/profile", { agent: JSON.stringify(agent) }),
  "activity profile": () => profile("ActivityProfile", activityId, "activities/profile", { activityId }),
  agents,
  activities,
});
