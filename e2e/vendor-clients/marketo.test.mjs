// node-marketo-rest 0.7.8, unmodified, against the simulated Marketo.

process.env.NODE_MARKETO_LOG_LEVEL = "fatal";

import { assert, check, done, order, origin } from "./check.mjs";

const { default: Marketo } = await import("node-marketo-rest");

const client = (more) =>
  new Marketo({
    endpoint: `${origin("marketo")}/rest`,
    identity: `${origin("marketo")}/identity`,
    clientId: "vendor-client",
    clientSecret: "secret",
    retry: { maxRetries: 2, initialDelay: 10, maxDelay: 100 },
    ...more,
  });
const marketo = client();
const email = `client-${Date.now()}@example.com`;
let id;

await order("/reset", { vendor: "marketo" });

await check("logs in and gets a token that lives an hour", async () => {
  const token = await marketo.getOAuthToken();
  assert.match(token.access_token, /:int$/);
  assert.ok(token.expires_in > 3500 && token.expires_in < 3600);
});

await check("is refused with an unknown client", async () => {
  const refused = client({ clientId: "sandbox-invalid" });
  await assert.rejects(refused.lead.describe(), /No client with requested id: sandbox-invalid/);
});

await check("describes people and partitions", async () => {
  const { result } = await marketo.lead.describe();
  assert.ok(result.some((field) => field.rest.name === "email"));
  assert.equal((await marketo.lead.partitions()).result[0].name, "Default");
});

await check("finds people by filter", async () => {
  const { result } = await marketo.lead.find("id", [1, 2, 3], { fields: ["id", "email"] });
  assert.deepEqual(result.map((lead) => lead.id), [1, 2, 3]);
  assert.match(result[0].email, /@/);
});

await check("creates a person and reads it back", async () => {
  const made = await marketo.lead.createOrUpdate([{ email, firstName: "Nea" }], { lookupField: "email" });
  assert.equal(made.result[0].status, "created");
  id = made.result[0].id;
  const read = await marketo.lead.byId(id);
  assert.equal(read.result[0].email, email);
  assert.equal(read.result[0].firstName, "Nea");
  const again = await marketo.lead.createOrUpdate([{ email, firstName: "Nora" }]);
  assert.deepEqual(again.result[0], { id, status: "updated" });
});

await check("lists static lists and pages through the members of one", async () => {
  const lists = await marketo.list.find();
  assert.ok(lists.result.length >= 3);
  assert.equal((await marketo.list.byId(2)).result[0].id, 2);
  const first = await marketo.list.getLeads(1, { batchSize: 200 });
  assert.equal(first.result.length, 200);
  const second = await first.nextPage();
  assert.ok(second.result.length >= 60);
  assert.ok(second.result[0].id > first.result[199].id);
});

await check("adds people to a list and takes them off", async () => {
  await marketo.list.addLeadsToList(2, [1, 3]);
  const members = await marketo.list.isMember(2, [1]);
  assert.equal(members.result[0].status, "memberof");
  const removed = await marketo.list.removeLeadsFromList(2, [1, 3]);
  assert.deepEqual(removed.result.map((one) => one.status), ["removed", "removed"]);
});

await check("reads campaigns, activity types, activities and usage", async () => {
  assert.ok((await marketo.campaign.getCampaigns({ id: 1 })).result.length === 1);
  const types = await marketo.activities.getActivityTypes();
  assert.ok(types.result.some((type) => type.id === 12));
  const { nextPageToken } = await marketo.lead.getPageToken("2017-01-01T00:00:00Z");
  const page = await marketo.lead.getActivitiesWithOptions({ nextPageToken, activityTypeIds: [12].join() });
  assert.ok(page.result.length >= 250 && page.nextPageToken);
  assert.ok((await marketo.stats.usage()).result[0].total > 0);
});

await check("exports people behind a path that goes up", async () => {
  const filter = { createdAt: { startAt: "2017-01-10T00:00:00Z", endAt: "2017-01-20T00:00:00Z" } };
  const made = await marketo.bulkLeadExtract.create(["id", "email"], filter);
  const { exportId } = made.result[0];
  assert.equal((await marketo.bulkLeadExtract.enqueue(exportId)).result[0].status, "Queued");
  await marketo.bulkLeadExtract.status(exportId);
  assert.equal((await marketo.bulkLeadExtract.status(exportId)).result[0].status, "Completed");
  assert.match(String(await marketo.bulkLeadExtract.file(exportId)), /^id,email\n1,/);
});

await check("reports an unknown field as code 1006", async () => {
  await assert.rejects(marketo.lead.find("id", [1], { fields: ["nothing"] }), (error) => {
    return error.errors[0].code === "1006";
  });
});

await check("pages through people, merges and pushes them into a program", async () => {
  const people = ["m1", "m2", "m3"].map((name) => ({ email: `${name}-${email}`, company: "Merged" }));
  const made = await marketo.lead.createOrUpdate(people);
  const [winner, loser] = made.result.map((one) => one.id);
  const first = await marketo.lead.find("company", ["Merged"], { batchSize: 2 });
  const second = await first.nextPage();
  assert.deepEqual([first.result.length, second.result.length], [2, 1]);
  await marketo.lead.mergeLead(winner, [loser], {});
  assert.equal((await marketo.lead.byId(loser)).result.length, 0);
  const pushed = await marketo.lead.push([{ email: `m1-${email}` }], { programName: "Scoring", lookupField: "email" });
  assert.equal(pushed.result[0].id, winner);
  await assert.rejects(marketo.lead.associateLead(winner, "id:1&token:x"), (error) => error.errors[0].code === "1012");
});

await check("reads changes of fields since a date", async () => {
  const { nextPageToken } = await marketo.lead.getPageToken("2020-01-01T00:00:00Z");
  await marketo.lead.createOrUpdate([{ email, title: "Changed" }]);
  const page = await marketo.lead.getChanges(nextPageToken, { fields: "title" });
  assert.ok(page.result.some((one) => one.fields.some((field) => field.newValue === "Changed")));
});

await check("lists e-mails, pages and smart lists, and edits an e-mail", async () => {
  const emails = await marketo.email.getEmails();
  const { id: one } = emails.result[0];
  await marketo.email.updateEmailContentEditableText(one, "body", "<p>New</p>", "New");
  const content = await marketo.email.getEmailContent(one);
  assert.equal(content.result[0].value[0].value, "<p>New</p>");
  assert.equal((await marketo.email.approveEmail(one)).result[0].id, one);
  assert.ok((await marketo.landingPage.getLandingPages()).result.length > 0);
  const smart = await marketo.smartList.find();
  assert.equal((await marketo.smartList.byId(smart.result[0].id)).result[0].id, smart.result[0].id);
});

await check("triggers a campaign, and exports activities", async () => {
  assert.equal((await marketo.campaign.request(1, [1, 2])).result[0].id, 1);
  const createdAt = { startAt: "2017-01-10T00:00:00Z", endAt: "2017-01-20T00:00:00Z" };
  const made = await marketo.bulkActivityExtract.create({ createdAt, activityTypeIds: [12] });
  const { exportId } = made.result[0];
  await marketo.bulkActivityExtract.enqueue(exportId);
  await marketo.bulkActivityExtract.status(exportId);
  assert.equal((await marketo.bulkActivityExtract.status(exportId)).result[0].status, "Completed");
  assert.match(String(await marketo.bulkActivityExtract.file(exportId)), /^marketoGUID,leadId,activityDate/);
});

await check("waits while the limit of calls is reached, and goes on", async () => {
  await order("/rate-limit", { vendor: "marketo", limit: 1 });
  await marketo.list.byId(1);
  await assert.rejects(marketo.list.byId(1), (error) => error.errors[0].code === "606");
  await order("/rate-limit", { vendor: "marketo" });
  assert.equal((await marketo.list.byId(1)).result[0].id, 1);
});

await check("asks for a new token when its own has expired, and goes on", async () => {
  const before = (await marketo._connection.getOAuthToken()).access_token;
  await order("/tokens/expire", { vendor: "marketo" });
  const read = await marketo.lead.byId(id);
  assert.equal(read.result[0].id, id);
  assert.notEqual((await marketo._connection.getOAuthToken()).access_token, before);
});

done();
