// A sample application that embeds Connect: Node.js alone, no dependencies.
//
//   LIGAND_CREDENTIALS=data/credentials.json node examples/host-app/server.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const ligand = process.env.LIGAND_URL ?? "http://127.0.0.1:7080";
const port = Number(process.env.PORT ?? 3000);
const { userSecret, organizationSecret } = JSON.parse(readFileSync(process.env.LIGAND_CREDENTIALS ?? "data/credentials.json", "utf8"));
const api = `${ligand}/elements/api-v2`;
const secrets = `User ${userSecret}, Organization ${organizationSecret}`;
const here = new URL(".", import.meta.url);
const library = new URL("../../packages/connect/dist/index.js", here);

/** What is known of each customer: this sample keeps it in memory, yours in its database. */
const accounts = new Map();

async function ask(method, path, authorization, body) {
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(`${api}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.message), { status: answer.status });
  return found;
}

/** Begins a session for a customer of ours; only our server can. */
async function begin(origin) {
  return await ask("POST", "/connect/sessions", secrets, {
    elements: (process.env.ELEMENTS ?? "sfdc,marketo").split(","),
    reference: "customer-42",
    tags: ["customer-42"],
    origins: [origin],
    returnUrl: `${origin}/`,
    ...(process.env.NO_CALLBACK ? {} : { callbackUrl: `http://127.0.0.1:${server.address().port}/ligand` }),
  });
}

/** Fetches what came of a session, with the account's token, which no browser ever sees. */
async function take(session) {
  const { status, reference, instance } = await ask("GET", `/connect/sessions/${session}`, secrets);
  if (status !== "connected") return;
  accounts.set(instance.id, { id: instance.id, name: instance.name, element: instance.element.key, reference, token: instance.token });
}

/** A callback is believed when it is signed with our organization's secret and not old (Standard Webhooks). */
function genuine(headers, body) {
  const [id, time, given] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => String(headers[name] ?? ""));
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const wanted = createHmac("sha256", Buffer.from(organizationSecret, "base64")).update(`${id}.${time}.${body}`).digest();
  return given.split(" ").some((one) => {
    const signature = Buffer.from(one.replace(/^v1,/, ""), "base64");
    return signature.length === wanted.length && timingSafeEqual(signature, wanted);
  });
}

async function text(request) {
  let whole = "";
  for await (const part of request) whole += part;
  return whole;
}

const routes = {
  "GET /": () => page("index.html", "text/html; charset=utf-8"),
  "GET /app.mjs": () => page("app.mjs", "text/javascript; charset=utf-8"),
  "GET /connect.mjs": () => ({ kind: "text/javascript; charset=utf-8", body: readFileSync(library) }),
  "POST /connect": async (request) => {
    const { id, token } = await begin(`http://${request.headers.host}`);
    return { id, token };
  },
  "POST /ligand": async (request) => {
    const body = await text(request);
    if (!genuine(request.headers, body)) throw Object.assign(new Error("not signed"), { status: 401 });
    await take(JSON.parse(body).data.session);
    return {};
  },
  // For a development machine that callbacks do not reach: the page says that something came of the session.
  "POST /poll": async (request) => {
    await take(JSON.parse(await text(request)).session);
    return {};
  },
  "GET /accounts": async () =>
    await Promise.all([...accounts.values()].map(async ({ token, ...account }) => {
      const authorization = `User ${userSecret}, Element ${token}`;
      const [record] = await ask("GET", account.element === "marketo" ? "/leads?pageSize=1" : "/contacts?pageSize=1", authorization).catch(() => []);
      return { ...account, record };
    })),
};

const page = (name, kind) => ({ kind, body: readFileSync(new URL(name, here)) });

const server = createServer(async (request, response) => {
  try {
    const route = routes[`${request.method} ${new URL(request.url, "http://host").pathname}`];
    if (!route) throw Object.assign(new Error("There is no such page."), { status: 404 });
    const answer = await route(request);
    response.writeHead(200, {
      "content-type": answer.kind ?? "application/json",
      // The two words that embedding takes: our frame may be Ligand's page, and nothing else.
      "content-security-policy": `default-src 'self'; frame-src ${ligand}`,
    });
    response.end(answer.body ?? JSON.stringify(answer));
  } catch (error) {
    response.writeHead(error.status ?? 500, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: error.message }));
  }
});
server.listen(port, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}`));
