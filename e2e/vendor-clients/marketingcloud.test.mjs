// sfmc-sdk 2.1.2, unmodified, against the simulated Marketing Cloud: REST and SOAP.

import SDK from "sfmc-sdk";

import { assert, check, done, order, origin } from "./check.mjs";

// The client wants a tenant's address somewhere in the string; what comes before it is where it goes.
const tenant = `mc${"a1b2c3d4e5f6g7h8i9j0k1l2m3"}`;
const client = (more, requestAttempts = 1) =>
  new SDK(
    {
      client_id: "vendor-client",
      client_secret: "secret",
      auth_url: `${origin("marketingcloud")}/x/https://${tenant}.auth.marketingcloudapis.com/`,
      account_id: 510000001,
      ...more,
    },
    { requestAttempts },
  );
const sfmc = client();

await order("/reset", { vendor: "marketingcloud" });

await check("gets a token that says where REST and SOAP are", async () => {
  const token = await sfmc.auth.getAccessToken();
  assert.equal(token.expires_in, 1079);
  assert.equal(token.rest_instance_url, `${origin("marketingcloud")}/rest/`);
});

await check("is refused with an unknown client", async () => {
  const refused = client({ client_id: "sandbox-invalid" });
  await assert.rejects(refused.rest.get("/hub/v1/campaigns"), /Client authentication failed/);
});

await check("pages through campaigns, creates one, reads and deletes it", async () => {
  const all = await sfmc.rest.getBulk("/hub/v1/campaigns", 25);
  assert.equal(all.items.length, 60);
  const made = await sfmc.rest.post("/hub/v1/campaigns", { name: "Client", campaignCode: "c", color: "0000ff" });
  assert.equal(typeof made.id, "string");
  assert.equal((await sfmc.rest.get(`/hub/v1/campaigns/${made.id}`)).name, "Client");
  await sfmc.rest.delete(`/hub/v1/campaigns/${made.id}`);
  await assert.rejects(sfmc.rest.get(`/hub/v1/campaigns/${made.id}`), (error) => {
    return error.response.status === 400 && error.response.data.message === "Campaign ID is invalid";
  });
});

await check("locks a journey by its date of change", async () => {
  const journey = await sfmc.rest.post("/interaction/v1/interactions", { key: "j", name: "J", workflowApiVersion: 1 });
  await order("/clock/advance", { seconds: 5 });
  const changed = await sfmc.rest.put("/interaction/v1/interactions", { ...journey, name: "J2" });
  assert.equal(changed.name, "J2");
  await assert.rejects(sfmc.rest.put("/interaction/v1/interactions", { ...journey, name: "J3" }), (error) => {
    return error.response.status === 400;
  });
});

await check("writes rows of a data extension and reads them by REST and by SOAP", async () => {
  const rows = [{ keys: { Id: 900 }, values: { Name: "Nea", Email: "nea@example.com" } }];
  await sfmc.rest.post("/hub/v1/dataevents/key:CUSTOMERS/rowset", rows);
  const read = await sfmc.rest.get("/data/v1/customobjectdata/key/CUSTOMERS/rowset?$filter=Name%20eq%20'Nea'");
  assert.deepEqual(read.items[0].keys, { id: "900" });
  const found = await sfmc.soap.retrieve("DataExtensionObject[CUSTOMERS]", ["Id", "Name"], {
    filter: { leftOperand: "Id", operator: "equals", rightOperand: 900 },
  });
  assert.equal(found.Results[0].Properties.Property[1].Value, "Nea");
  await assert.rejects(
    sfmc.rest.post("/hub/v1/dataevents/key:CUSTOMERS/rowset", [{ keys: { Id: 1 }, values: { Colour: "red" } }]),
    (error) => error.response.data.errorcode === 10006,
  );
});

await check("retrieves by simple and complex filters", async () => {
  const simple = await sfmc.soap.retrieve("List", ["ID", "ListName"], {
    filter: { leftOperand: "ListName", operator: "equals", rightOperand: "Newsletter" },
  });
  assert.deepEqual(simple.Results.map((list) => list.ID), [2]);
  const complex = await sfmc.soap.retrieve("List", ["ID"], {
    filter: {
      leftOperand: { leftOperand: "ID", operator: "greaterThan", rightOperand: 2 },
      operator: "AND",
      rightOperand: { leftOperand: "ListName", operator: "like", rightOperand: "P%" },
    },
  });
  assert.deepEqual(complex.Results.map((list) => list.ID), [3, 5]);
});

await check("follows continue requests to the end", async () => {
  const all = await sfmc.soap.retrieveBulk("Subscriber", ["ID", "SubscriberKey"], { options: { BatchSize: 60 } });
  assert.equal(all.Results.length, 250);
  assert.equal(new Set(all.Results.map((one) => one.ID)).size, 250);
});

await check("creates, changes and deletes by SOAP, and describes", async () => {
  const made = await sfmc.soap.create("List", { ListName: "A & <B>" });
  assert.equal(made.Results[0].StatusCode, "OK");
  const ID = made.Results[0].NewID;
  await sfmc.soap.update("List", { ID, Description: "new" });
  const filter = { leftOperand: "ID", operator: "equals", rightOperand: ID };
  const read = await sfmc.soap.retrieve("List", ["ListName", "Description"], { filter });
  assert.deepEqual([read.Results[0].ListName, read.Results[0].Description], ["A & <B>", "new"]);
  await sfmc.soap.delete("List", { ID });
  assert.equal((await sfmc.soap.retrieve("List", ["ID"], { filter })).Results, undefined);
  const { ObjectDefinition } = await sfmc.soap.describe("Subscriber");
  assert.ok(ObjectDefinition.Properties.some((property) => property.Name === "EmailAddress"));
});

await check("performs, schedules, configures and executes by SOAP", async () => {
  const run = await sfmc.soap.perform("QueryDefinition", "Start", { CustomerKey: "nightly-orders-query" });
  assert.equal(run.Results[0].Result.Task.StatusCode, "OK");
  const later = { StartDateTime: "2026-12-01T00:00:00" };
  await sfmc.soap.schedule("Automation", later, { Interaction: { CustomerKey: "nightly-orders" } }, "start");
  const filter = { leftOperand: "CustomerKey", operator: "equals", rightOperand: "nightly-orders" };
  assert.equal((await sfmc.soap.retrieve("Program", ["Status"], { filter })).Results[0].Status, 6);
  await sfmc.soap.configure("PropertyDefinition", [{ Name: "Size", PropertyType: "string" }]);
  await sfmc.soap.execute("LogUnsubEvent", [{ Name: "SubscriberID", Value: 70000002 }]);
  const left = { leftOperand: "ID", operator: "equals", rightOperand: 70000002 };
  assert.equal((await sfmc.soap.retrieve("Subscriber", ["Status"], { filter: left })).Results[0].Status, "Unsubscribed");
  await assert.rejects(sfmc.soap.perform("List", "Start", { ID: 1 }), /errors/);
});

await check("lists automations and runs one by REST", async () => {
  const all = await sfmc.rest.getBulk("/automation/v1/automations", 2);
  assert.equal(all.items.length, 3);
  const { id } = all.items[0];
  await sfmc.rest.post(`/automation/v1/automations/${id}/actions/runallonce`, {});
  const whole = await sfmc.rest.get(`/automation/v1/automations/${id}`);
  assert.ok(whole.lastRunInstanceId && whole.steps[0].activities[0].objectTypeId === 300);
});

await check("is told what is wrong, object by object", async () => {
  const email = "twice@example.com";
  await sfmc.soap.create("Subscriber", { EmailAddress: email, SubscriberKey: email });
  await assert.rejects(sfmc.soap.create("Subscriber", { EmailAddress: email, SubscriberKey: email }), (error) => {
    return error.json.Results[0].ErrorCode === 12014;
  });
  await assert.rejects(sfmc.soap.retrieve("Nothing", ["ID"]), /Unable to find a handler for object type: Nothing/);
  await assert.rejects(sfmc.soap.retrieve("List", ["Foo"]), /The Request Property\(s\) Foo do not match with the fields of List retrieve/);
});

await check("gets a new token on both planes when its own has expired", async () => {
  const again = client({}, 2);
  for (const act of [() => again.rest.get("/hub/v1/campaigns"), () => again.soap.retrieve("List", ["ID"])]) {
    await order("/tokens/expire", { vendor: "marketingcloud" });
    await act();
  }
});

await check("is told to wait when the limit is reached", async () => {
  await order("/rate-limit", { vendor: "marketingcloud", limit: 0 });
  await assert.rejects(client().rest.get("/hub/v1/campaigns"), (error) => {
    return error.response.status === 429 && error.response.headers["retry-after"] === "5";
  });
  await order("/rate-limit", { vendor: "marketingcloud", limit: null });
});

done();
