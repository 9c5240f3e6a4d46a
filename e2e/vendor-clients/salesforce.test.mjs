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

await check("writes many records in one call, each with its own outcome", async () => {
  const account = connection.sobject("Account");
  const made = await account.create([{ Name: "Many 1" }, { Name: "Many 2" }, {}]);
  assert.deepEqual(
    made.map((one) => one.success),
    [true, true, false],
  );
  assert.equal(made[2].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  const ids = made.slice(0, 2).map((one) => one.id);
  const changed = await account.update(ids.map((Id) => ({ Id, Phone: "1" })));
  assert.ok(changed.every((one) => one.success));
  const read = await account.retrieve(ids);
  assert.deepEqual(
    read.map((one) => one.Name),
    ["Many 1", "Many 2"],
  );
  const gone = await account.destroy(ids);
  assert.ok(gone.every((one) => one.success));
  await assert.rejects(
    account.create([{ Name: "Not kept" }, {}], { allOrNone: true }).then((all) => {
      assert.equal(all[0].errors[0].statusCode, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
      throw new Error("rolled back");
    }),
    /rolled back/,
  );
  assert.equal((await connection.query("SELECT Id FROM Account WHERE Name = 'Not kept'")).totalSize, 0);
});

await check("selects children, groups and semi-joins", async () => {
  const parents = await connection.query("SELECT Name, (SELECT LastName FROM Contacts LIMIT 3) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 5");
  assert.equal(parents.records.length, 5);
  assert.ok(parents.records.every((account) => account.Contacts.records[0].LastName));
  const stages = await connection.query("SELECT StageName, COUNT(Id) n, SUM(Amount) total FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC");
  assert.equal(
    stages.records.reduce((sum, row) => sum + row.n, 0),
    (await connection.query("SELECT COUNT() FROM Opportunity")).totalSize,
  );
  const included = await connection
    .sobject("Account")
    .find({ Name: { $like: "N%" } }, "Id, Name")
    .include("Contacts")
    .select("LastName")
    .limit(2)
    .end()
    .limit(2);
  assert.equal(included.length, 2);
});

await check("searches by SOSL", async () => {
  const { searchRecords } = await connection.search("FIND {northwind} IN ALL FIELDS RETURNING Account(Id, Name)");
  assert.ok(searchRecords.length > 0);
  assert.ok(searchRecords.every((record) => record.attributes.type === "Account"));
  await assert.rejects(connection.search("FIND northwind"), (error) => error.errorCode === "MALFORMED_SEARCH");
});

await check("tells its limits, changes and deletions", async () => {
  const limits = await connection.limits();
  assert.ok(limits.DailyApiRequests.Remaining <= limits.DailyApiRequests.Max);
  const { id: gone } = await connection.sobject("Lead").create({ LastName: "Short", Company: "Lived" });
  await connection.sobject("Lead").destroy(gone);
  const start = new Date(Date.now() - 3_600_000);
  const end = new Date(Date.now() + 3_600_000);
  const { deletedRecords } = await connection.sobject("Lead").deleted(start, end);
  assert.ok(deletedRecords.some((record) => record.id === gone));
});

await check("loads and queries by Bulk API 2", async () => {
  connection.bulk2.pollInterval = 5;
  connection.bulk2.pollTimeout = 20_000;
  const results = await connection.bulk2.loadAndWaitForResults({
    object: "Lead",
    operation: "insert",
    input: [{ LastName: "Bulk, one", Company: "Two" }, { LastName: "Bulk two", Company: "Two" }, { LastName: "No company" }],
  });
  assert.equal(results.successfulResults.length, 2);
  assert.equal(results.successfulResults[0].LastName, "Bulk, one");
  assert.match(results.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:/);
  const stream = await connection.bulk2.query("SELECT LastName, Owner.Name FROM Lead WHERE Company = 'Two' ORDER BY LastName");
  const rows = await stream.toArray();
  assert.deepEqual(
    rows.map((row) => row.LastName),
    ["Bulk two", "Bulk, one"].sort(),
  );
  assert.ok(rows[0]["Owner.Name"]);
});

await check("loads and queries by the first Bulk API", async () => {
  connection.bulk.pollInterval = 5;
  connection.bulk.pollTimeout = 20_000;
  const done = await connection.bulk.load("Account", "insert", [{ Name: "First bulk", Phone: "1" }, { Name: "", Phone: "1" }]);
  assert.deepEqual(
    done.map((row) => row.success),
    [true, false],
  );
  const rows = await (await connection.bulk.query("SELECT Name FROM Account WHERE Name = 'First bulk'")).toArray();
  assert.equal(rows.length, 1);
});

await check("runs reports and posts to Chatter", async () => {
  const reports = await connection.analytics.reports();
  const report = connection.analytics.report(reports[0].id);
  const result = await report.execute({ details: true });
  assert.ok(result.factMap["T!T"].rows.length > 0);
  const post = await connection.chatter.resource("/feed-elements").create({
    body: { messageSegments: [{ type: "Text", text: "Hello" }] },
    feedElementType: "FeedItem",
    subjectId: "me",
  });
  assert.match(post.id, /^0D5/);
});

await check("shows what an org offers to look at: recent records, tabs, layouts, actions, list views", async () => {
  assert.ok((await connection.request(`/services/data/v${version}/recent?limit=3`)).every((record) => record.Id && record.attributes.type));
  assert.ok((await connection.tabs()).some((tab) => tab.sobjectName === "Account"));
  const account = connection.sobject("Account");
  const { layouts, recordTypeMappings } = await account.layouts();
  assert.equal(recordTypeMappings[0].layoutId, layouts[0].id);
  const fields = layouts[0].detailLayoutSections[0].layoutRows.flatMap((row) => row.layoutItems.map((item) => item.layoutComponents[0].value));
  assert.ok(fields.includes("Name") && fields.includes("Phone"));
  assert.equal((await account.compactLayouts()).compactLayouts[0].objectType, "Account");
  assert.deepEqual(await account.approvalLayouts(), { approvalLayouts: [] });
  const { listviews } = await account.listviews();
  const view = account.listview(listviews.find((one) => one.developerName === "AllAccounts").id);
  assert.match((await view.describe()).query, /FROM Account/);
  const { records } = await view.results();
  assert.equal(records.length, 25);
  assert.equal((await view.explain()).plans[0].sobjectType, "Account");
  const made = await account.create({ Name: "Called" });
  const call = await account.quickAction("LogACall").execute(made.id, { Subject: "Asked for a price" });
  assert.equal((await connection.sobject("Task").retrieve(call.id)).WhatId, made.id);
});

await check("speaks SOAP where REST has no word: users, merges, the recycle bin, converted leads", async () => {
  assert.equal((await connection.soap.getUserInfo()).userName, "alex.morgan@sandbox.example.com");
  assert.ok(Date.parse((await connection.soap.getServerTimestamp()).timestamp));
  const account = connection.sobject("Account");
  const [kept, merged] = await account.create([{ Name: "Kept" }, { Name: "Merged" }]);
  const child = await connection.sobject("Contact").create({ LastName: "Moves", AccountId: merged.id });
  const result = await connection.soap.merge({ masterRecord: { type: "Account", Id: kept.id, Phone: "1" }, recordToMergeIds: [merged.id] });
  assert.equal(result.success, true);
  assert.equal((await connection.sobject("Contact").retrieve(child.id)).AccountId, kept.id);
  await assert.rejects(account.retrieve(merged.id), (error) => error.errorCode === "ENTITY_IS_DELETED");
  assert.equal((await connection.soap.undelete([merged.id]))[0].success, true);
  await account.destroy(merged.id);
  assert.equal((await connection.soap.emptyRecycleBin([merged.id]))[0].success, true);
  await assert.rejects(account.retrieve(merged.id), (error) => error.errorCode === "NOT_FOUND");
  const lead = await connection.sobject("Lead").create({ LastName: "Convert", Company: "Converted Ltd" });
  const converted = await connection.soap.convertLead({ leadId: lead.id, convertedStatus: "Closed - Converted" });
  assert.equal((await account.retrieve(converted.accountId)).Name, "Converted Ltd");
  assert.equal((await connection.sobject("Lead").retrieve(lead.id)).ConvertedContactId, converted.contactId);
  assert.equal((await connection.soap.convertLead({ leadId: lead.id, convertedStatus: "Closed - Converted" })).success, false);
});

await check("reads and writes Apex by the Tooling API, runs reports in the background, reads metadata", async () => {
  const made = await connection.tooling.sobject("ApexClass").create({ Name: "Greeting", Body: "public class Greeting {}" });
  const found = await connection.tooling.query("SELECT Id, Name FROM ApexClass WHERE Name = 'Greeting'");
  assert.equal(found.records[0].Id, made.id);
  assert.equal((await connection.tooling.executeAnonymous("System.debug(1);")).success, true);
  assert.equal((await connection.tooling.executeAnonymous("if (true) {")).compiled, false);
  const [first] = await connection.analytics.reports();
  const report = connection.analytics.report(first.id);
  const run = await report.executeAsync();
  assert.equal((await report.instance(run.id).retrieve()).attributes.status, "Success");
  const copy = await report.clone("A copy");
  assert.equal((await connection.analytics.report(copy.reportMetadata.id).describe()).reportMetadata.name, "A copy");
  assert.ok((await connection.metadata.list({ type: "CustomObject" })).some((one) => one.fullName === "Account"));
  assert.equal((await connection.metadata.read("CustomObject", "Account")).label, "Account");
  assert.equal((await connection.chatter.resource("/users/me").retrieve()).email, "alex.morgan@sandbox.example.com");
});

await check("tells of changes to who subscribes", async () => {
  await connection.sobject("PushTopic").create({ Name: "Hot", Query: "SELECT Id, Name FROM Account WHERE Rating = 'Hot'", ApiVersion: 59 });
  const told = new Promise((resolve, reject) => {
    const subscription = connection.streaming.topic("Hot").subscribe((message) => {
      subscription.cancel();
      resolve(message);
    });
    subscription.then(() => connection.sobject("Account").create({ Name: "Streamed", Rating: "Hot" }), reject);
  });
  const message = await told;
  assert.equal(message.sobject.Name, "Streamed");
  assert.equal(message.event.type, "created");
});

await check("makes, renames and deletes definitions, deploys a package and retrieves it", async () => {
  const { metadata } = connection;
  metadata.pollInterval = 5;
  const site = { fullName: "Ours", url: "https://app.example", isActive: true, disableProtocolSecurity: false };
  assert.equal((await metadata.create("RemoteSiteSetting", site)).success, true);
  assert.equal((await metadata.read("RemoteSiteSetting", "Ours")).url, "https://app.example");
  assert.equal((await metadata.upsert("RemoteSiteSetting", site)).created, false);
  assert.equal((await metadata.rename("RemoteSiteSetting", "Ours", "Theirs")).success, true);
  const unpackaged = { types: [{ name: "RemoteSiteSetting", members: ["*"] }], version };
  const retrieved = await metadata.retrieve({ apiVersion: version, unpackaged }).complete();
  const zip = Buffer.from(retrieved.zipFile, "base64");
  assert.ok(zip.includes("unpackaged/remoteSiteSettings/Theirs.remoteSite"));
  assert.equal((await metadata.delete("RemoteSiteSetting", "Theirs")).success, true);
  const deployed = await metadata.deploy(zip, { rollbackOnError: true }).complete(true);
  assert.deepEqual([deployed.status, deployed.success], ["Succeeded", true]);
  assert.equal((await metadata.read("RemoteSiteSetting", "Theirs")).fullName, "Theirs");
  const byRest = await metadata.deployRest(zip, { checkOnly: true });
  assert.ok(byRest.id.startsWith("0Af"));
  const empty = await metadata.deploy(Buffer.from("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "base64"), {}).complete(true);
  assert.equal(empty.status, "Failed");
});

await check("selects by the kind of a parent and groups by dates", async () => {
  const [account] = (await connection.query("SELECT Id FROM Account LIMIT 1")).records;
  const task = await connection.sobject("Task").create({ Subject: "Kind", WhatId: account.Id });
  const found = await connection.query(`SELECT What.Type, TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task WHERE Id = '${task.id}'`);
  assert.equal(found.records[0].What.attributes.type, "Account");
  const years = await connection.query("SELECT CALENDAR_YEAR(CreatedDate) year, COUNT(Id) n FROM Lead GROUP BY ROLLUP(CALENDAR_YEAR(CreatedDate))");
  const total = years.records.find((row) => row.year === null);
  assert.equal(total.n, (await connection.query("SELECT COUNT() FROM Lead")).totalSize);
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
