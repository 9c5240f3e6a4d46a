// npm eloqua 1.3.5, unmodified, against the simulated Eloqua; its OAuth, which that client lacks, by fetch.

import { assert, check, done, order, origin } from "./check.mjs";

const { default: module } = await import("eloqua");
const EloquaClient = module.default ?? module;

const options = { siteName: "Sandbox", userName: "Vendor.Client", password: "secret" };
const eloqua = new EloquaClient({ ...options, loginUrl: `${origin("eloqua")}/id` });
let list;

await order("/reset", { vendor: "eloqua" });

await check("finds the site's address by logging in", async () => {
  assert.equal(await eloqua.getBaseUrl(), origin("eloqua"));
});

await check("is refused with a wrong password", async () => {
  const refused = new EloquaClient({
    ...options,
    password: "sandbox-invalid",
    loginUrl: `${origin("eloqua")}/id`,
  });
  await assert.rejects(refused.getBaseUrl(), /Error obtaining baseUrl/);
  const direct = new EloquaClient({ ...options, password: "sandbox-invalid", baseUrl: origin("eloqua") });
  await assert.rejects(direct.contacts.getAll(), (error) => error.status === 401);
});

await check("lists contacts, one and many", async () => {
  const one = await eloqua.contacts.getAll({ limit: 1 });
  assert.equal(one.elements.length, 1);
  assert.ok(one.total >= 250);
  const page = await eloqua.contacts.getAll({ count: 2, page: 2, depth: "complete" });
  assert.deepEqual(page.elements.map((contact) => contact.id), ["3", "4"]);
  assert.ok(Array.isArray(page.elements[0].fieldValues));
});

await check("reads a contact, changes it and reads it back", async () => {
  const contact = await eloqua.contacts.get("5");
  await eloqua.contacts.update("5", { ...contact, firstName: "Renamed" });
  assert.equal((await eloqua.contacts.get("5")).firstName, "Renamed");
  const same = { ...contact, emailAddress: "bulker1@donotdelete.com" };
  await assert.rejects(eloqua.contacts.update("5", same), (error) => error.status === 409);
});

await check("lists and changes accounts", async () => {
  assert.ok((await eloqua.accounts.getAll({ count: 10 })).total >= 250);
  const account = await eloqua.accounts.get("7");
  await eloqua.accounts.update("7", { ...account, city: "Pune" });
  assert.equal((await eloqua.accounts.get("7")).city, "Pune");
});

await check("describes the fields of contacts and accounts", async () => {
  const contact = await eloqua.contacts.fields.getAll({ depth: "complete" });
  assert.ok(contact.elements.some((field) => field.internalName === "C_EmailAddress"));
  assert.equal((await eloqua.contacts.fields.get("100001")).name, "Email Address");
  assert.ok((await eloqua.accounts.fields.getAll()).total > 5);
});

await check("creates a contact list, reads it back and deletes it", async () => {
  list = await eloqua.contacts.lists.create({ name: `Client ${Date.now()}`, scope: "global" });
  assert.equal((await eloqua.contacts.lists.get(list.id)).name, list.name);
  const members = { ...list, membershipAdditions: ["1", "2"] };
  assert.equal((await eloqua.contacts.lists.update(list.id, members)).count, "2");
  assert.ok((await eloqua.contacts.lists.getAll()).total >= 3);
  await eloqua.contacts.lists.delete(list.id);
  await assert.rejects(eloqua.contacts.lists.get(list.id), (error) => error.status === 404);
});

await check("exports contacts in bulk", async () => {
  const fields = { email: "{{Contact.Field(C_EmailAddress)}}" };
  const made = await eloqua.bulk.createExport("contacts", "client", fields);
  const sync = await eloqua.bulk.createSync(made.uri);
  // The client itself waits ten seconds between looks.
  let status;
  do ({ status } = await eloqua.bulk.checkSync(sync.uri)); while (status === "pending" || status === "active");
  assert.equal(status, "success");
  const data = await eloqua.bulk.getSyncData(sync.uri, 100, 0);
  assert.equal(data.items.length, 100);
  assert.match(data.items[0].email, /@/);
  assert.equal(data.hasMore, true);
});

await check("writes segments and reads who is in one", async () => {
  const all = await eloqua.contacts.segments.getAll({ depth: "complete" });
  assert.ok(all.elements.some((segment) => segment.elements?.[0]?.list?.id === "1"));
  const made = await eloqua.contacts.segments.create({ name: `Segment ${Date.now()}` });
  assert.equal((await eloqua.contacts.segments.get(made.id)).name, made.name);
  await eloqua.contacts.segments.update(made.id, { ...made, description: "changed" });
  assert.equal((await eloqua.contacts.segments.get(made.id)).description, "changed");
  await eloqua.contacts.segments.delete(made.id);
  await assert.rejects(eloqua.contacts.segments.get(made.id), (error) => error.status === 404);
});

await check("is told what is wrong with a contact and with a list", async () => {
  const contact = await eloqua.contacts.get("6");
  const wrong = eloqua.contacts.update("6", { ...contact, emailAddress: "nobody" });
  await assert.rejects(wrong, (error) => error.status === 400);
  const taken = eloqua.contacts.lists.create({ name: "Newsletter" });
  await assert.rejects(taken, (error) => error.status === 409);
});

await check("exports accounts that a filter picks", async () => {
  const fields = { name: "{{Account.Field(M_CompanyName)}}", country: "{{Account.Field(M_Country)}}" };
  const made = await eloqua.bulk.createExport("accounts", "client", fields, "'{{Account.Field(M_Country)}}' = 'India'");
  const sync = await eloqua.bulk.createSync(made.uri);
  let status;
  do ({ status } = await eloqua.bulk.checkSync(sync.uri)); while (status === "pending" || status === "active");
  const data = await eloqua.bulk.getSyncData(sync.uri, 1000, 0);
  assert.ok(data.items.length > 5 && data.items.every((row) => row.country === "India"));
});

const token = async (body) =>
  fetch(`${origin("eloqua")}/auth/oauth2/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from("app:secret").toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
const me = async (access) =>
  (await fetch(`${origin("eloqua")}/id`, { headers: { authorization: `Bearer ${access}` } })).json();

await check("exchanges a code, outlives an expired token by its refresh token, once", async () => {
  const redirect_uri = "https://app.example/cb";
  const query = new URLSearchParams({
    response_type: "code", client_id: "app", redirect_uri, state: "eloqua", sandbox_decision: "approve",
  });
  const url = `${origin("eloqua")}/auth/oauth2/authorize?${query}`;
  const redirect = await fetch(url, { redirect: "manual" });
  const target = new URL(redirect.headers.get("location"));
  assert.equal(target.searchParams.get("state"), "eloqua");
  const code = target.searchParams.get("code");
  const first = await (await token({ grant_type: "authorization_code", code, redirect_uri })).json();
  assert.equal(first.expires_in, 28800);
  assert.equal((await me(first.access_token)).site.name, "Sandbox");
  await order("/tokens/expire", { vendor: "eloqua" });
  assert.equal(await me(first.access_token), "Not authenticated.");
  const renewal = { grant_type: "refresh_token", refresh_token: first.refresh_token, redirect_uri };
  const second = await (await token(renewal)).json();
  assert.equal((await me(second.access_token)).site.name, "Sandbox");
  assert.equal((await token(renewal)).status, 401);
});

done();
