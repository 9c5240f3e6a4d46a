// Each element against its vendor's own client: a list of 200, a create, a get; then 100,000 records paged through. Started by
// `ligand-bench connectors`, which says in BENCH where everything is; one JSON line a measurement goes to standard output.
//
// Everything once more, without the pages, while the simulators wait some milliseconds before they answer.
//
// Both sides make the same calls at the vendor: where Ligand's answer takes two (a record as the vendor stored it after a
// create, the headings that name a contact's cells), so does the client; the rows say how many requests each made.
//
// Both sides are driven from here, in turns, one call at a time, against the same simulators in a process of their own. CPU of
// the client is this process's; CPU of Ligand is the server's, and what this process spends on calling it is told beside it.

import { readFileSync } from "node:fs";

import SDK from "sfmc-sdk";

process.env.NODE_MARKETO_LOG_LEVEL = "fatal";
const { default: jsforce } = await import("jsforce");
const { default: Marketo } = await import("node-marketo-rest");
const { default: eloqua } = await import("eloqua");
const EloquaClient = eloqua.default ?? eloqua;

const plan = JSON.parse(process.env.BENCH);
const { sandbox, calls, rounds, records, only, latency } = plan;
const TENANT = "mc563885gzs27c5t9-63k636ttgm";
const CALLBACK = "https://bench.example.com/callback";
const say = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);
let unique = 0;
const email = (who) => `${who}-${process.pid}-${(unique += 1)}@example.com`;

// --- Ligand -----------------------------------------------------------------------------------------------------------

const owner = `User ${plan.userSecret}, Organization ${plan.organizationSecret}`;

async function ask(method, path, body, authorization = owner) {
  const answer = await fetch(`${plan.base}/elements/api-v2${path}`, {
    method,
    headers: { authorization, ...(body ? { "content-type": "application/json" } : {}) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return { body: text ? JSON.parse(text) : undefined, next: answer.headers.get("elements-next-page-token") };
}

/** A code from the vendor's consent, as the authorize URL of an element leads to it. */
async function code(element, vendor) {
  const query = new URLSearchParams({ apiKey: "bench", apiSecret: "bench", callbackUrl: CALLBACK });
  const { body } = await ask("GET", `/elements/${element}/oauth/url?${query}`);
  if (body.oauthUrl.startsWith(CALLBACK)) return new URL(body.oauthUrl).searchParams.get("code");
  const url = new URL(body.oauthUrl);
  const place = `${sandbox[vendor]}${url.pathname}${url.search}&sandbox_decision=approve`;
  const answer = await fetch(place, { redirect: "manual" });
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

async function instance(element, vendor, more) {
  const body = { element: { key: element }, name: element, configuration: { ...more } };
  if (vendor !== "marketingcloud") {
    body.providerData = { code: await code(element, vendor) };
    Object.assign(body.configuration, { "oauth.api.key": "bench", "oauth.api.secret": "bench", "oauth.callback.url": CALLBACK });
  }
  const made = await ask("POST", "/instances", body);
  const authorization = `User ${plan.userSecret}, Element ${made.body.token}`;
  return (method, path, sent) => ask(method, `/hubs/${path}`, sent, authorization);
}

// --- the sides --------------------------------------------------------------------------------------------------------

/** A connection of jsforce, by a code of its own. */
async function salesforce() {
  const oauth2 = { loginUrl: sandbox.salesforce, clientId: "bench", clientSecret: "bench", redirectUri: CALLBACK };
  const connection = new jsforce.Connection({ version: "59.0", oauth2 });
  const url = connection.oauth2.getAuthorizationUrl({ scope: "full refresh_token" });
  const answer = await fetch(`${url}&sandbox_decision=approve`, { redirect: "manual" });
  await connection.authorize(new URL(answer.headers.get("location")).searchParams.get("code"));
  return connection;
}

/** An element over one sObject. */
const sobject = (element, hub, path, object, fields, record) => async () => {
  const [call, connection] = [await instance(element, "salesforce"), await salesforce()];
  const columns = fields.join(",");
  return {
    list: [
      async () => (await connection.query(`SELECT ${columns} FROM ${object} LIMIT 200`)).records.length,
      async () => (await call("GET", `${hub}/${path}?pageSize=200&fields=${columns}`)).body.length,
    ],
    create: [
      async () => {
        const { id } = await connection.sobject(object).create(record());
        return (await connection.sobject(object).retrieve(id)).Id;
      },
      async () => (await call("POST", `${hub}/${path}`, record())).body.id,
    ],
    get: [
      (id) => connection.sobject(object).retrieve(id),
      (id) => call("GET", `${hub}/${path}/${id}`),
    ],
    pages: (next) => call("GET", `${hub}/${path}?pageSize=200&fields=${columns}${next}`),
  };
};

const elements = {
  sfdc: sobject("sfdc", "crm", "contacts", "Contact", ["Id", "FirstName", "LastName", "Email"], () => ({ LastName: "Bench" })),
  sfdcservicecloud: sobject("sfdcservicecloud", "helpdesk", "incidents", "Case", ["Id", "Subject", "Status"], () => ({ Subject: "Bench" })),
  sfdcmarketingcloud: sobject("sfdcmarketingcloud", "marketing", "campaigns", "Campaign", ["Id", "Name", "Status"], () => ({ Name: "Bench" })),
  sfdcdocuments: async () => {
    const [call, connection] = [await instance("sfdcdocuments", "salesforce"), await salesforce()];
    const root = "/services/data/v59.0/connect/folders/root/items?pageSize=100";
    return {
      list: [
        async () => (await connection.request(root)).items.length,
        async () => (await call("GET", "documents/folders/contents?path=/&pageSize=100")).body.length,
      ],
      pages: (next) => call("GET", `documents/folders/contents?path=/&pageSize=100${next}`),
    };
  },
  eloqua: async () => {
    const call = await instance("eloqua", "eloqua");
    const client = new EloquaClient({ siteName: "Bench", userName: "bench", password: "bench", loginUrl: `${sandbox.eloqua}/id` });
    return {
      list: [
        async () => (await client.contacts.getAll({ count: 200, depth: "complete" })).elements.length,
        async () => (await call("GET", "marketing/contacts?pageSize=200")).body.length,
      ],
      create: [
        // This client has no word for it; its own request is what one would be made of.
        async () => (await client._request({ method: "POST", url: "/api/REST/1.0/data/contact", data: { emailAddress: email("c") } })).id,
        async () => (await call("POST", "marketing/contacts", { emailAddress: email("l") })).body.id,
      ],
      get: [(id) => client.contacts.get(id), (id) => call("GET", `marketing/contacts/${id}`)],
      pages: (next) => call("GET", `marketing/contacts?pageSize=200${next}`),
    };
  },
  marketo: async () => {
    const host = "https://123-ABC-456.mktorest.com";
    const call = await instance("marketo", "marketo", { "marketo.identity.url": `${host}/identity`, "marketo.rest.url": `${host}/rest` });
    const client = new Marketo({
      endpoint: `${sandbox.marketo}/rest`, identity: `${sandbox.marketo}/identity`, clientId: "bench", clientSecret: "bench",
    });
    return {
      list: [
        async () => (await client.list.getLeads(1, { batchSize: 200 })).result.length,
        async () => (await call("GET", "marketing/lists/1/contacts?pageSize=200")).body.length,
      ],
      create: [
        async () => {
          const [{ id }] = (await client.lead.createOrUpdate([{ email: email("c") }])).result;
          return (await client.lead.byId(id)).result[0].id;
        },
        async () => (await call("POST", "marketing/contacts", { person: { email: email("l") } })).body.person.id,
      ],
      get: [(id) => client.lead.byId(id), (id) => call("GET", `marketing/contacts/${id}`)],
      pages: (next) => call("GET", `marketing/lists/1/contacts?pageSize=200${next}`),
    };
  },
  acton: async () => {
    const call = await instance("acton", "acton");
    // There is no client library: bare calls with a token got as the guide says.
    const form = new URLSearchParams({ grant_type: "authorization_code", code: await code("acton", "acton"), redirect_uri: CALLBACK, client_id: "bench", client_secret: "bench" });
    const granted = await (await fetch(`${sandbox.acton}/token`, { method: "POST", body: form })).json();
    const bare = async (method, path, body) => {
      const answer = await fetch(`${sandbox.acton}/api/1${path}`, {
        method, body: body && JSON.stringify(body),
        headers: { authorization: `Bearer ${granted.access_token}`, ...(body ? { "content-type": "application/json" } : {}) },
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const lists = (await call("GET", "marketing/lists?pageSize=5")).body;
    const list = lists[0].id;
    return {
      list: [
        async () => (await bare("GET", `/list/${list}?count=200&offset=0`)).data.length,
        async () => (await call("GET", `marketing/lists/${list}/contacts?pageSize=200`)).body.length,
      ],
      create: [
        async () => (await bare("POST", `/list/${list}/record`, { Email: email("c") })).id,
        async () => (await call("POST", `marketing/lists/${list}/contacts`, { Email: email("l") })).body.id,
      ],
      get: [
        async (id) => {
          const cells = await bare("GET", `/list/${list}/record/${encodeURIComponent(id)}`);
          return [cells, (await bare("GET", `/list/${list}?count=1`)).headers];
        },
        (id) => call("GET", `marketing/lists/${list}/contacts/${encodeURIComponent(id)}`),
      ],
      pages: (next) => call("GET", `marketing/lists/${list}/contacts?pageSize=200${next}`),
    };
  },
  salesforcemarketingcloud: async () => {
    const call = await instance("salesforcemarketingcloud", "marketingcloud", {
      clientId: "bench", clientSecret: "bench", "salesforcemarketingcloud.subdomain": TENANT,
    });
    const auth_url = `${sandbox.marketingcloud}/x/https://${TENANT}.auth.marketingcloudapis.com/`;
    const client = new SDK({ client_id: "bench", client_secret: "bench", auth_url, account_id: 1 }, { requestAttempts: 1 });
    const member = ["ID", "ObjectID", "ListID", "SubscriberKey", "Status", "CreatedDate", "ModifiedDate"];
    const subscriber = ["ID", "EmailAddress", "SubscriberKey", "Status", "EmailTypePreference", "CreatedDate", "UnsubscribedDate"];
    const equal = (leftOperand, rightOperand) => ({ filter: { leftOperand, operator: "equals", rightOperand } });
    return {
      list: [
        async () => (await client.soap.retrieve("ListSubscriber", member, { ...equal("ListID", 1), options: { BatchSize: 200 } })).Results.length,
        async () => (await call("GET", "marketing/lists/1/contacts?pageSize=200")).body.length,
      ],
      create: [
        async () => (await client.soap.create("Subscriber", { EmailAddress: email("c") })).Results[0].NewID,
        async () => (await call("POST", "marketing/subscribers", { EmailAddress: email("l") })).body.id,
      ],
      get: [
        (id) => client.soap.retrieve("Subscriber", subscriber, equal("ID", id)),
        (id) => call("GET", `marketing/subscribers/${id}`),
      ],
      pages: (next) => call("GET", `marketing/lists/1/contacts?pageSize=200${next}`),
    };
  },
};

/** Which simulator stands behind an element that is not named after it. */
const VENDORS = {
  sfdc: "salesforce", sfdcservicecloud: "salesforce", sfdcmarketingcloud: "salesforce", sfdcdocuments: "salesforce",
  salesforcemarketingcloud: "marketingcloud",
};

// --- measuring --------------------------------------------------------------------------------------------------------

/** User and system time of the server so far, microseconds. */
function serverCpu() {
  const fields = readFileSync(`/proc/${plan.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${plan.pid}/status`, "utf8"))[1]) / 1024;

/** Microseconds a call: wall, this process's CPU, the server's CPU. */
async function timed(act, times) {
  const [own, server, begun] = [process.cpuUsage(), serverCpu(), process.hrtime.bigint()];
  for (let n = 0; n < times; n += 1) await act(n);
  const wall = Number(process.hrtime.bigint() - begun) / 1000;
  const spent = process.cpuUsage(own);
  return { wall: wall / times, own: (spent.user + spent.system) / times, server: (serverCpu() - server) / times };
}

/** Requests that a vendor's simulator is asked while `act` runs. */
async function requests(vendor, act) {
  const log = `${sandbox.control}/requests?vendor=${vendor}`;
  await fetch(log, { method: "DELETE" });
  await act();
  return (await (await fetch(log)).json()).requests.length;
}

/** All operations of an element, in rounds; the sides take turns in who begins. */
async function measure(element, { sides, ids, asked }, latency, times) {
  for (let round = 0; round < rounds; round += 1) {
    for (const operation of ["list", "create", "get"]) {
      const acts = sides[operation];
      if (!acts) continue;
      for (const side of round % 2 ? [1, 0] : [0, 1]) {
        const act = operation === "create" ? async () => (ids[side] = await acts[side]()) : () => acts[side](ids[side]);
        asked[operation] ??= [];
        asked[operation][side] ??= await requests(VENDORS[element] ?? element, act);
        say({ element, operation, side, latency, asked: asked[operation][side], ...(await timed(act, times)) });
      }
    }
  }
}

/** Whole lists, one after the other, page by page. */
async function through(element, { sides }) {
  let [seen, next, before] = [0, "", undefined];
  while (seen < records) {
    const page = await sides.pages(next && `&nextPage=${next}`);
    if (page.body.length === 0) throw new Error(`${element}: an empty page`);
    seen += page.body.length;
    next = page.next ?? "";
    // The first tenth fills pools and caches.
    if (before === undefined && seen >= records / 10) before = resident();
  }
  say({ element, operation: "pages", records: seen, before, after: resident() });
}

const prepared = [];
for (const [element, prepare] of Object.entries(elements)) {
  if (only && only !== element) continue;
  const sides = await prepare();
  // Warm both, and see that they answer alike.
  const sizes = [await sides.list[0](), await sides.list[1]()];
  if (sizes[0] !== sizes[1]) throw new Error(`${element}: the client lists ${sizes[0]}, Ligand ${sizes[1]}`);
  const state = { sides, ids: [undefined, undefined], asked: {} };
  await measure(element, state, 0, calls);
  await through(element, state);
  prepared.push([element, state]);
}

// Once more with vendors that take their time, as all but simulated ones do.
for (const vendor of new Set(prepared.map(([element]) => VENDORS[element] ?? element))) {
  const body = JSON.stringify({ vendor, kind: "slow", delay_ms: latency, times: 4_000_000_000 });
  await fetch(`${sandbox.control}/fail`, { method: "POST", headers: { "content-type": "application/json" }, body });
}
for (const [element, state] of prepared) await measure(element, state, latency, Math.ceil(calls / 4));
