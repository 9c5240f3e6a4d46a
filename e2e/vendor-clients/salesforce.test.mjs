// jsforce 3.10.16, unmodified, against the simulated Salesforce.

import { assert, check, done, order, origin } from "./check.mjs";

const { default: jsforce } = await import("jsforce");

const loginUrl = origin("salesforce");
const version = "59.0";
const redirectUri = "https://app.example/cb";
const oauth2 = { loginUrl, clientId: "vendor-client", clientSecret: "secret", redirectUri };
const connection = new jsforce.Connection({ version, oauth2 });

/** Walks the authorize URL as a browser would that is told to approve. */
async function code(decision = "approve") {
  const url = connection.oauth2.getAuthorizationUrl({ scope: "full refresh_token", state: "s 1" });
  const answer = await fetch(`${url}&sandbox_decision=${decision}`, { redirect: "manual" });
  assert.equal(answer.status, 302);
  const location = new URL(answer.headers.get("location"));
  assert.equal(location.searchParams.get("state"), "s 1");
  return location.searchParams;
}

await order("/reset", { vendor: "salesforce" });

await check("authorizes with a code, once", async () => {
  const given = (await code()).get("code");
  const user = await connection.authorize(given);
  assert.equal(user.id, "005i0000001VNdeAAG");
  assert.equal(user.organizationId, "00D5i000000LGNDEA4");
  assert.equal(connection.instanceUrl, loginUrl);
  assert.ok(connection.refreshToken);
  const again = new jsforce.Connection({ version, oauth2 });
  await assert.rejects(again.authorize(given), /expired authorization code/);
});

await check("hands a refusal back to the application", async () => {
  assert.equal((await code("deny")).get("error"), "access_denied");
});

await check("reads the identity behind its token", async () => {
  const identity = await connection.identity();
  assert.equal(identity.user_id, "005i0000001VNdeAAG");
  assert.equal(identity.username, "alex.morgan@sandbox.example.com");
});

await check("queries with conditions, parents and order", async () => {
  const found = await connection.query(
    "SELECT Id, Name, Account.Name FROM Contact WHERE Account.Name LIKE 'N%' ORDER BY Name LIMIT 5",
  );
  assert.equal(found.records.length, 5);
  assert.ok(found.records.every((contact) => contact.Account.Name.startsWith("N")));
  const count = await connection.query("SELECT COUNT() FROM Account");
  assert.ok(count.totalSize >= 250);
});

await check("follows the pages of a long query by itself", async () => {
  const ids = new Set();
  await new Promise((resolve, reject) => {
    connection
      .query("SELECT Id FROM Contact ORDER BY Id", { autoFetch: true, maxFetch: 1000, headers: { "Sforce-Query-Options": "batchSize=100" } })
      .on("record", (record) => ids.add(record.Id))
      .on("end", resolve)
      .on("error", reject)
      .run({ autoFetch: true, maxFetch: 1000 });
  });
  const { totalSize } = await connection.query("SELECT COUNT() FROM Contact");
  assert.equal(ids.size, totalSize);
  const first = await connection.query("SELECT Id FROM Lead ORDER BY Id", { headers: { "Sforce-Query-Options": "batchSize=200" } });
  assert.equal(first.done, false);
  const second = await connection.queryMore(first.nextRecordsUrl);
  assert.equal(first.records.length + second.records.length, first.totalSize);
});

let id;

await check("creates, retrieves, updates and destroys a record", async () => {
  const made = await connection.sobject("Account").create({ Name: "Vendor Client Ltd", AnnualRevenue: 1000 });
  assert.equal(made.success, true);
  id = made.id;
  assert.match(id, /^001\w{15}$/);
  const read = await connection.sobject("Account").retrieve(id);
  assert.equal(read.Name, "Vendor Client Ltd");
  assert.equal(read.AnnualRevenue, 1000);
  assert.match(read.CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
  await connection.sobject("Account").update({ Id: id, Name: "Vendor Client plc" });
  assert.equal((await connection.sobject("Account").retrieve(id)).Name, "Vendor Client plc");
  await connection.sobject("Account").destroy(id);
  await assert.rejects(connection.sobject("Account").retrieve(id), (error) => error.errorCode === "ENTITY_IS_DELETED");
});

await check("upserts by an external id", async () => {
  const row = { External_Id__c: `client-${Date.now()}`, LastName: "Upsert" };
  const first = await connection.sobject("Contact").upsert({ ...row }, "External_Id__c");
  assert.equal(first.success, true);
  await connection.sobject("Contact").upsert({ ...row, FirstName: "Ada" }, "External_Id__c");
  assert.equal((await connection.sobject("Contact").retrieve(first.id)).Name, "Ada Upsert");
});

await check("describes one object and all", async () => {
  const account = await connection.sobject("Account").describe();
  assert.equal(account.keyPrefix, "001");
  const name = account.fields.find((field) => field.name === "Name");
  assert.equal(name.nillable, false);
  const all = await connection.describeGlobal();
  assert.ok(all.sobjects.some((object) => object.name === "Opportunity"));
});

await check("finds with jsforce's own query builder", async () => {
  const cases = await connection.sobject("Case").find({ Status: "New", IsEscalated: false }, ["Id", "CaseNumber"]).limit(3);
  assert.equal(cases.length, 3);
  assert.match(cases[0].CaseNumber, /^\d{8}$/);
  const recent = await connection
    .sobject("Account")
    .find({ CreatedDate: { $gte: jsforce.SfDate.toDateTimeLiteral(new Date("2025-01-01")) } }, "Id")
    .limit(2);
  assert.equal(recent.length, 2);
});

await check("reports the vendor's errors with their codes", async () => {
  const account = connection.sobject("Account");
  await assert.rejects(account.create({}), (error) => error.errorCode === "REQUIRED_FIELD_MISSING" && /\[Name\]/.test(error.message));
  await assert.rejects(account.create({ Name: "x", Foo: 1 }), (error) => error.errorCode === "INVALID_FIELD");
  await assert.rejects(connection.query("SELECT Foo FROM Account"), (error) => /No such column 'Foo' on entity 'Account'/.test(error.message));
  await assert.rejects(connection.query("SELECT Id FRM Account"), (error) => error.errorCode === "MALFORMED_QUERY");
});

await check("refreshes an expired token by itself and repeats the call", async () => {
  const before = connection.accessToken;
  let refreshed;
  connection.on("refresh", (token) => (refreshed = token));
  await order("/tokens/expire", { vendor: "salesforce" });
  const found = await connection.query("SELECT Id FROM User LIMIT 1");
  assert.equal(found.records.length, 1);
  assert.ok(refreshed && refreshed !== before);
});

await check("fails when the refresh token was revoked", async () => {
  await connection.oauth2.revokeToken(connection.refreshToken);
  await assert.rejects(connection.query("SELECT Id FROM User LIMIT 1"), /expired access\/refresh token/);
});

await check("logs in by SOAP with user name and password, and out", async () => {
  const soap = new jsforce.Connection({ loginUrl, version });
  const user = await soap.login("alex.morgan@sandbox.example.com", "password");
  assert.equal(user.id, "005i0000001VNdeAAG");
  assert.equal(soap.instanceUrl, loginUrl);
  assert.equal((await soap.query("SELECT Id FROM Account LIMIT 1")).records.length, 1);
  await order("/fail", { vendor: "salesforce", kind: "refuse_grant", times: 1 });
  await assert.rejects(new jsforce.Connection({ loginUrl, version }).login("a@b.example", "x"), /INVALID_LOGIN/);
});

done();
