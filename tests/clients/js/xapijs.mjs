// @xapi/xapi: `node xapijs.mjs ENDPOINT KEY SECRET VERSION` tells what it could do.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";

import XAPI from "@xapi/xapi";

import { tell, VERBS } from "./telling.mjs";

const [endpoint, key, secret, version] = process.argv.slice(2);
const auth = XAPI.toBasicAuth(key, secret);
const lrs = new XAPI({ endpoint, auth, version });
// On Node.js its other adapter, axios, sends a Blob under a content type of its own in place of multipart/mixed.
const fetching = new XAPI({ endpoint, auth, version, adapter: "fetch" });

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

function ids(answer) {
  return answer.data.statements.map((each) => each.id);
}

async function refused(status, asked) {
  const answer = await asked.then((answered) => answered, (error) => error.response);
  assert.equal(answer.status, status);
}

async function* about() {
  const { data, headers } = await lrs.getAbout();
  assert.equal(headers["x-experience-api-version"], version);
  assert(["1.0.3", "2.0.0"].every((each) => data.version.includes(each)));
  yield "versions";
}

async function* statements() {
  const score = { scaled: 0.5 };
  const [id] = (await lrs.sendStatement({ statement: statement({ result: { score, duration: "PT1M30S" } }) })).data;
  yield "saved one";
  const named = statement({ id: randomUUID() });
  assert.deepEqual((await lrs.sendStatement({ statement: named })).data, [named.id]);
  yield "saved under an id";
  assert.deepEqual((await lrs.sendStatement({ statement: named })).data, [named.id]);
  yield "sent again";
  const many = [statement({ id: randomUUID() }), statement({ id: randomUUID() })];
  assert.deepEqual((await lrs.sendStatements({ statements: many })).data, many.map((each) => each.id));
  yield "saved many";
  const { data } = await lrs.getStatement({ statementId: id });
  assert.deepEqual(data.result, { score, duration: "PT1M30S" });
  assert.deepEqual(data.actor, agent);
  assert.equal(data.id, id);
  assert(data.stored && data.authority);
  yield "read by id";
}

async function* query() {
  const registration = randomUUID();
  const sent = [];
  for (let number = 0; number < 5; number++) sent.push(statement({ id: randomUUID(), context: { registration } }));
  await lrs.sendStatements({ statements: sent });
  const order = sent.map((each) => each.id);
  assert.deepEqual(ids(await lrs.getStatements({ registration })), [...order].reverse());
  yield "by registration";
  for (const [name, value] of Object.entries({ agent, verb: VERBS + "attempted", activity: activityId })) {
    assert.equal(ids(await lrs.getStatements({ registration, [name]: value })).length, order.length);
    yield `by ${name}`;
  }
  let page = await lrs.getStatements({ registration, ascending: true, limit: 2 });
  const seen = page.data.statements;
  yield "ascending";
  while (page.data.more) {
    page = await lrs.getMoreStatements({ more: page.data.more });
    seen.push(...page.data.statements);
  }
  assert.deepEqual(seen.map((each) => each.id), order);
  yield "more";
  assert.deepEqual(ids(await lrs.getStatements({ registration, since: seen[2].stored })), [order[4], order[3]]);
  yield "since";
}

async function* voiding() {
  const [id] = (await lrs.sendStatement({ statement: statement() })).data;
  await lrs.voidStatement({ actor: agent, statementId: id });
  yield "voided";
  await refused(404, lrs.getStatement({ statementId: id }));
  yield "gone";
  assert.equal((await lrs.getVoidedStatement({ voidedStatementId: id })).data.id, id);
  yield "read as voided";
}

async function* attachments() {
  const text = "A page of notes";
  const content = new TextEncoder().encode(text).buffer;
  const attachment = {
    usageType: "https://example.org/notes",
    display: { en: "Notes" },
    contentType: "text/plain",
    length: text.length,
    sha2: createHash("sha256").update(text).digest("hex"),
  };
  const sent = { statement: statement({ attachments: [attachment] }), attachments: [content] };
  const [id] = (await fetching.sendStatement(sent)).data;
  yield "sent";
  for (const each of [lrs, fetching]) {
    const [read, data] = (await each.getStatement({ statementId: id, attachments: true })).data;
    assert.deepEqual(read.attachments, [attachment]);
    assert.equal(data, text);
  }
  yield "read";
}

async function* state() {
  const place = { agent, activityId };
  const bookmark = { ...place, stateId: "bookmark" };
  await lrs.setState({ ...bookmark, state: { page: 1 } });
  await lrs.setState({ ...place, stateId: "answers", state: "none", contentType: "text/plain" });
  yield "saved";
  const { data, headers } = await lrs.getState(bookmark);
  assert.deepEqual(data, { page: 1 });
  assert.equal((await lrs.getState({ ...place, stateId: "answers" })).data, "none");
  yield "read";
  assert.deepEqual((await lrs.getStates(place)).data.sort(), ["answers", "bookmark"]);
  yield "listed";
  await lrs.createState({ ...bookmark, state: { answer: 42 } });
  assert.deepEqual((await lrs.getState(bookmark)).data, { page: 1, answer: 42 });
  yield "merged";
  await refused(412, lrs.setState({ ...bookmark, state: { page: 2 }, etag: headers.etag, matchHeader: "If-Match" }));
  yield "kept from an old ETag";
  const { etag } = (await lrs.getState(bookmark)).headers;
  await lrs.setState({ ...bookmark, state: { page: 2 }, etag, matchHeader: "If-Match" });
  assert.deepEqual((await lrs.getState(bookmark)).data, { page: 2 });
  yield "replaced";
  await lrs.deleteState(bookmark);
  await refused(404, lrs.getState(bookmark));
  yield "deleted";
  await lrs.deleteStates(place);
  assert.deepEqual((await lrs.getStates(place)).data, []);
  yield "emptied";
}

async function* profile(kind, place) {
  const goals = { ...place, profileId: "goals" };
  await lrs[`set${kind}`]({ ...goals, profile: { aim: 1 }, etag: "*", matchHeader: "If-None-Match" });
  yield "saved";
  const { data, headers } = await lrs[`get${kind}`](goals);
  assert.deepEqual(data, { aim: 1 });
  yield "read";
  assert.deepEqual((await lrs[`get${kind}s`](place)).data, ["goals"]);
  yield "listed";
  await lrs[`create${kind}`]({ ...goals, profile: { by: "June" } });
  assert.deepEqual((await lrs[`get${kind}`](goals)).data, { aim: 1, by: "June" });
  yield "merged";
  const old = { ...goals, profile: { aim: 2 }, etag: headers.etag, matchHeader: "If-Match" };
  await refused(412, lrs[`set${kind}`](old));
  yield "kept from an old ETag";
  const { etag } = (await lrs[`get${kind}`](goals)).headers;
  await lrs[`set${kind}`]({ ...old, etag });
  assert.deepEqual((await lrs[`get${kind}`](goals)).data, { aim: 2 });
  yield "replaced";
  await lrs[`delete${kind}`](goals);
  await refused(404, lrs[`get${kind}`](goals));
  yield "deleted";
}

async function* agents() {
  const { data } = await lrs.getAgent({ agent });
  assert.deepEqual(data, { objectType: "Person", name: ["Ada"], mbox: [agent.mbox] });
  yield "person";
}

async function* activities() {
  const { data } = await lrs.getActivity({ activityId });
  assert.deepEqual(data.definition.name, { en: "Fractions" });
  yield "definition";
}

await tell({
  about,
  statements,
  query,
  voiding,
  attachments,
  state,
  "agent profile": () => profile("AgentProfile", { agent }),
  "activity profile": () => profile("ActivityProfile", { activityId }),
  agents,
  activities,
});
