// OAuth against oidc-provider, a certified OpenID provider, as the vendor of an element made here: codes, PKCE, rotation of
// refresh tokens, each way of client authentication, denial. The provider knows nothing of us, and is reached through
// `vendor.connect`, as a vendor would be.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Provider } from "oidc-provider";

const ISSUER = "https://op.example.com";
const OWN_CALLBACK = "https://app.example.com/callback";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" };

let passed = 0;
let failed = 0;
async function check(fact, act) {
  try {
    await act();
    passed += 1;
    console.log(`ok   ${fact}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${fact}\n     ${error?.stack ?? error}`);
  }
}

// --- the provider -----------------------------------------------------------------------------------------------------

/** Calls through `http` since a browser's fetch may not choose its Host. */
function call(method, url, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname, search } = new URL(url);
    const request = http.request({ method, hostname, port, path: pathname + search, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const clients = ["client_secret_basic", "client_secret_post", "private_key_jwt"].map((way) => ({
  client_id: way,
  client_name: way,
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: way,
  redirect_uris: [OWN_CALLBACK],
  ...(way === "private_key_jwt" ? { jwks: { keys: [jwk] } } : { client_secret: "a-secret-of-some-length & more" }),
}));
// What the provider saw and gave out, by event.
const seen = { tokens: [], refusals: [], pkce: 0 };
let provider;

async function startProvider(hostedCallback) {
  for (const client of clients) client.redirect_uris.push(hostedCallback);
  provider = new Provider(ISSUER, {
    clients,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com` }) }),
    scopes: ["openid", "offline_access", "email"],
    claims: { openid: ["sub"], email: ["email"] },
    pkce: { required: (_, client) => client.clientId === "client_secret_basic", methods: ["S256"] },
    rotateRefreshToken: () => true,
    issueRefreshToken: async () => true,
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
    cookies: { keys: ["a", "b"] },
    ttl: { AccessToken: 600, RefreshToken: 6000, Grant: 6000, Session: 6000, Interaction: 600, AuthorizationCode: 60, IdToken: 600 },
  });
  provider.proxy = true;
  provider.on("access_token.saved", (token) => seen.tokens.push(token));
  provider.on("authorization_code.consumed", (code) => (seen.pkce += code.codeChallenge ? 1 : 0));
  provider.on("grant.error", (_, error) => seen.refusals.push(`${error.error}: ${error.error_detail ?? error.error_description}`));
  gate.on("request", provider.callback());
}

// The port is needed before the provider is configured: the server is told where the provider will be.
const gate = http.createServer();
await new Promise((ready) => gate.listen(0, "127.0.0.1", ready));
const place = `http://127.0.0.1:${gate.address().port}`;

/** A browser: goes where it is sent until the provider sends it away; `decide` says what happens on the pages. */
async function browse(start, decide = "approve") {
  const jar = new Map();
  let url = start;
  let request = { method: "GET" };
  for (let step = 0; step < 12; step += 1) {
    if (!url.startsWith(ISSUER)) return new URL(url);
    const { pathname, search } = new URL(url);
    const answer = await call(request.method, place + pathname + search, {
      body: request.body,
      headers: {
        host: "op.example.com",
        "x-forwarded-proto": "https",
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(request.body ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      },
    });
    for (const cookie of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      jar.set(name, value);
    }
    if (answer.headers.location) {
      url = new URL(answer.headers.location, url).href;
      request = { method: "GET" };
      continue;
    }
    assert.equal(answer.status, 200, `${url}: ${answer.text}`);
    if (decide === "deny") {
      url = new URL(/href="([^"]*\/abort)"/.exec(answer.text)[1], url).href;
      continue;
    }
    const action = /action="([^"]*)"/.exec(answer.text)[1];
    const prompt = /name="prompt" value="([^"]*)"/.exec(answer.text)[1];
    url = new URL(action, url).href;
    request = { method: "POST", body: prompt === "login" ? "prompt=login&login=ada&password=x" : `prompt=${prompt}` };
  }
  throw new Error(`the provider leads in circles: ${url}`);
}

// --- the server -------------------------------------------------------------------------------------------------------

const folder = mkdtempSync(join(tmpdir(), "ligand-oauth-"));
const data = join(folder, "data");
const config = join(folder, "ligand.toml");
writeFileSync(config, `[vendor.connect]\n"op.example.com" = "${place}"\n`);
const server = spawn(process.env.LIGAND_BINARY, ["serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config], {
  stdio: ["ignore", "ignore", "ignore"],
});
const exited = new Promise((gone) => server.on("exit", gone));
await new Promise((ready, reject) => {
  const look = setInterval(() => existsSync(join(data, "runtime.json")) && ready(clearInterval(look)), 30);
  exited.then((code) => reject(new Error(`the server ended with ${code}`)));
});
const { baseUrl } = JSON.parse(readFileSync(join(data, "runtime.json"), "utf8"));
const { userSecret, organizationSecret } = JSON.parse(readFileSync(join(data, "credentials.json"), "utf8"));
const owner = `User ${userSecret}, Organization ${organizationSecret}`;

async function ask(method, path, body, authorization = owner) {
  const answer = await call(method, `${baseUrl}/elements/api-v2${path}`, {
    headers: { authorization, ...(body ? { "content-type": "application/json" } : {}) },
    body: body && JSON.stringify(body),
  });
  const json = answer.text ? answer.json() : undefined;
  return { status: answer.status, body: json };
}

async function fine(...asked) {
  const answer = await ask(...asked);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

const element = (way) => ({
  name: `OpenID ${way}`,
  key: `openid-${way.replaceAll("_", "-")}`,
  hub: "general",
  authentication: { type: "oauth2", pkce: "S256" },
  hosts: ["op.example.com"],
  configuration: [
    { key: "oauth.api.key", type: "TEXTFIELD_128", required: true },
    { key: "oauth.api.secret", type: "PASSWORD", required: way !== "private_key_jwt" },
    { key: "oauth.callback.url", type: "TEXTFIELD_1000", required: true },
    { key: "oauth.authorization.url", defaultValue: `${ISSUER}/auth` },
    { key: "oauth.token.url", defaultValue: `${ISSUER}/token` },
    { key: "oauth.token.revoke_url", defaultValue: `${ISSUER}/token/revocation` },
    { key: "oauth.scope", defaultValue: "openid email offline_access" },
    { key: "oauth.client.authentication", defaultValue: way },
    { key: "jwt.private.key", type: "PASSWORD" },
    { key: "jwt.key.id", defaultValue: "k1" },
    // This provider wants itself named, not its token endpoint.
    { key: "jwt.audience", defaultValue: ISSUER },
    { key: "base.url", defaultValue: ISSUER },
  ],
  resources: [{ method: "GET", path: "/hubs/general/me", vendorPath: "/me", parameters: [], type: "api" }],
});

const secretOf = (way) => clients.find((client) => client.client_id === way).client_secret;

/** The guides' flow: our own callback, the code passed on by the application. */
async function guideFlow(way, change = (body) => body) {
  const { key } = element(way);
  const query = new URLSearchParams({ apiKey: way, apiSecret: "unused", callbackUrl: OWN_CALLBACK });
  const { oauthUrl } = await fine("GET", `/elements/${key}/oauth/url?${query}`);
  const back = await browse(`${oauthUrl}&prompt=consent`);
  assert.equal(back.searchParams.get("state"), key);
  const configuration = { "oauth.api.key": way, "oauth.callback.url": OWN_CALLBACK };
  if (way === "private_key_jwt") configuration["jwt.private.key"] = pem;
  else configuration["oauth.api.secret"] = secretOf(way);
  const body = { element: { key }, name: way, providerData: { code: back.searchParams.get("code") }, configuration };
  return ask("POST", "/instances", change(body));
}

/** The hosted flow: our callback, a registered application, PKCE. */
async function hostedFlow(way, decide) {
  const { key } = element(way);
  const begun = await fine("GET", `/elements/${key}/oauth/url/default`);
  const back = await browse(`${begun.oauthUrl}&prompt=consent`, decide);
  assert.ok(back.href.startsWith(`${baseUrl}/elements/api-v2/oauth/callback`), back.href);
  const page = await call("GET", back.href);
  const made = await ask("POST", "/instances", {
    element: { key },
    name: way,
    providerData: { secret: begun.configuration.secret },
  });
  return { begun, page: page.text, made };
}

const me = (token) => ask("GET", "/hubs/general/me", undefined, `User ${userSecret}, Element ${token}`);
const expireAccess = () => Promise.all(seen.tokens.splice(0).map((token) => token.destroy()));

// --- the facts --------------------------------------------------------------------------------------------------------

await startProvider(`${baseUrl}/elements/api-v2/oauth/callback`);
for (const { client_id } of clients) await fine("POST", "/elements", element(client_id));
for (const way of ["client_secret_basic", "client_secret_post"]) {
  await fine("PUT", `/elements/${element(way).key}/application`, { apiKey: way, apiSecret: secretOf(way) });
}

for (const way of ["client_secret_basic", "client_secret_post"]) {
  await check(`${way}: a hosted consent with PKCE becomes an instance that calls with its token`, async () => {
    const before = seen.pkce;
    const { begun, page, made } = await hostedFlow(way);
    assert.match(begun.oauthUrl, /code_challenge=[\w-]{43}&code_challenge_method=S256/);
    assert.match(page, /Connected/);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal(seen.pkce, before + 1, "the provider saw no challenge");
    assert.deepEqual((await me(made.body.token)).body, { sub: "ada", email: "ada@example.com" });
  });
}

await check("a provider that demands PKCE refuses a consent that was begun without it", async () => {
  const { key } = element("client_secret_basic");
  const query = new URLSearchParams({ apiKey: "client_secret_basic", apiSecret: "x", callbackUrl: OWN_CALLBACK });
  const { oauthUrl } = await fine("GET", `/elements/${key}/oauth/url?${query}`);
  const back = await browse(oauthUrl);
  assert.equal(back.searchParams.get("error"), "invalid_request");
});

for (const way of ["client_secret_post", "private_key_jwt"]) {
  await check(`${way}: the guides' flow works, and each refresh leaves the next refresh token`, async () => {
    const made = await guideFlow(way);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    for (let round = 0; round < 3; round += 1) {
      // A refresh token that is used twice ends the whole grant at this provider.
      await expireAccess();
      const answer = await me(made.body.token);
      assert.equal(answer.status, 200, JSON.stringify(answer.body) + seen.refusals.join("; "));
    }
    assert.deepEqual(seen.refusals, []);
  });
}

await check("many calls at once with an expired token make one refresh", async () => {
  const made = await guideFlow("client_secret_post");
  await expireAccess();
  const answers = await Promise.all(Array.from({ length: 20 }, () => me(made.body.token)));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
  assert.equal(seen.tokens.length, 1);
  assert.deepEqual(seen.refusals, []);
});

await check("a revoked grant is told to the caller and makes the instance invalid", async () => {
  const made = await guideFlow("client_secret_post");
  const grants = new Set(seen.tokens.map((token) => token.grantId));
  for (const grant of grants) await (await provider.Grant.find(grant))?.destroy();
  for (const grant of grants) await provider.RefreshToken.revokeByGrantId(grant);
  await expireAccess();
  const answer = await me(made.body.token);
  assert.equal(answer.status, 401, JSON.stringify(answer.body));
  const shown = await fine("GET", `/instances/${made.body.id}`);
  assert.equal(shown.valid, false);
  seen.refusals.length = 0;
});

await check("a denied consent is told on the page and to the program, and leaves no instance", async () => {
  const before = (await fine("GET", "/instances")).length;
  const { page, made } = await hostedFlow("client_secret_post", "deny");
  assert.match(page, /Not connected/);
  assert.equal(made.status, 400);
  assert.match(made.body.providerMessage, /access_denied/);
  assert.equal((await fine("GET", "/instances")).length, before);
});

await check("a wrong secret, a foreign key and a code used twice are refused with the provider's words", async () => {
  const wrong = await guideFlow("client_secret_post", (body) => {
    body.configuration["oauth.api.secret"] = "wrong";
    return body;
  });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  const foreign = await guideFlow("private_key_jwt", (body) => {
    body.configuration["jwt.private.key"] = other;
    return body;
  });
  for (const refused of [wrong, foreign]) {
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    assert.match(refused.body.providerMessage, /invalid_client/);
  }
  let twice;
  await guideFlow("client_secret_post", (body) => (twice = body));
  const again = await ask("POST", "/instances", twice);
  assert.equal(again.status, 400);
  assert.match(again.body.providerMessage, /invalid_grant/);
});

await check("deleting an instance revokes its grant at the provider", async () => {
  const made = await guideFlow("private_key_jwt");
  let revoked = 0;
  provider.once("grant.revoked", () => (revoked += 1));
  await fine("DELETE", `/instances/${made.body.id}`);
  assert.equal(revoked, 1);
});

server.kill("SIGTERM");
await exited;
gate.close();
gate.closeAllConnections();
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
