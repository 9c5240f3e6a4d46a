// The mapper: an application's own shape of a contact, written down in the console and read through the API.
import assert from "node:assert/strict";
import { api, baseUrl, consentByApi, credentials, done, look as lookAt, newPage, picture, signIn, step as plainStep } from "./browser.mjs";

const page = await newPage();
const step = (name, work) => plainStep(name, work, page);
const look = (name) => lookAt(page, name);
const button = (name) => page.getByRole("button", { name, exact: true });
const preview = page.getByRole("region", { name: "Preview" });
const made = () => preview.getByRole("textbox", { name: "What becomes of it" });
const { id, token } = await consentByApi("sfdc", "ACME & Söhne");

/** The news of it, and nothing left to save: news of a former time may still stand there. */
const saved = async () => {
  await page.getByText("The mapping is saved", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "Review and save", disabled: true }).waitFor();
};

/** A call of ours with the instance's token. */
const read = async (path) => {
  const answer = await fetch(`${baseUrl}/elements/api-v2${path}`, { headers: { authorization: `User ${credentials.userSecret}, Organization ${credentials.organizationSecret}, Element ${token}` } });
  return await answer.json();
};

await step("begins an object of its own on an account", async () => {
  await signIn(page);
  await page.goto(`${baseUrl}/console/instances/${id}`);
  await page.getByRole("link", { name: "Map fields" }).click();
  await page.getByText("Which object of yours?").waitFor();
  await look("mapper-empty");
  await page.getByLabel("Your object").fill("person");
  await button("Begin").click();
  await page.getByLabel("The vendor’s object").fill("contacts");
});

await step("maps by pressing, by typing and by dragging, and sees the vendor's fields live", async () => {
  const vendors = page.getByRole("region", { name: "The vendor’s fields" });
  await vendors.getByLabel("Find a field").fill("email");
  await vendors.getByRole("button", { name: "Map Email", exact: true }).click();
  await page.getByLabel("Name of field 1").fill("mail");
  await button("Add a field").click();
  await page.getByText("The field needs a name.").first().waitFor();
  assert.ok(await button("Review and save").isDisabled());
  await page.getByLabel("Name of field 2").fill("address.town");
  await page.getByLabel("Vendor’s field for address.town").fill("MailingCity");
  await vendors.getByLabel("Find a field").fill("lastname");
  await vendors.getByRole("button", { name: "Map LastName" }).dragTo(page.getByText("or drop one of the vendor’s here"));
  assert.equal(await page.getByLabel("Name of field 3").inputValue(), "lastName");
  await vendors.getByLabel("Find a field").fill("");
});

await step("sees what becomes of a real record while it types, both ways, and a script's fault at its line", async () => {
  await button("Read a record").click();
  await made().getByText("mail", { exact: false }).first().waitFor();
  const script = page.getByLabel("Script", { exact: true });
  await script.fill("transformedObject.kind = 'person';\nthrow new Error('not yet');\ndone(transformedObject);");
  await preview.getByText(/not yet.*\(line 2\)/).waitFor();
  await page.getByText(/^Line 2: .*not yet/).waitFor();
  await script.fill("transformedObject.kind = (;");
  await page.getByText("Line 1: This is not JavaScript.").waitFor();
  await script.fill("if (fromVendor) transformedObject.kind = 'person';\ndone(transformedObject);");
  await made().getByText("kind", { exact: false }).waitFor();
  await look("mapper");
  await picture(page, "mapper", page.getByRole("region", { name: "Your fields" }));
  await button("To the vendor").click();
  await made().getByText("MailingCity", { exact: false }).waitFor();
  await button("From the vendor").click();
  await made().getByText("kind", { exact: false }).waitFor();
});

await step("does not lose what was typed by leaving, shows what will change, and saves it", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Catalog" }).click();
  await page.getByText("Leave without saving?").waitFor();
  await look("mapper-leaves");
  await button("Stay").click();
  await button("Review and save").click();
  const listed = page.getByRole("list", { name: "Changes" });
  await listed.getByText("mail ← Email").waitFor();
  await listed.getByText("address.town ← MailingCity").waitFor();
  await page.getByRole("region", { name: "Changes of the script" }).getByText("+ done(transformedObject);").waitFor();
  await look("mapper-save");
  await button("Save").click();
  await saved();
  const people = await read("/person?pageSize=2");
  assert.equal(people.length, 2);
  for (const person of people) {
    assert.deepEqual(Object.keys(person).filter((name) => !["mail", "lastName", "address", "kind"].includes(name)), [], JSON.stringify(person));
    assert.equal(person.kind, "person");
  }
});

await step("shows what an account takes from everybody's mapping, and changes it for itself alone", async () => {
  await api("POST", "/organizations/objects/company/definitions", { fields: [{ path: "name", type: "string" }, { path: "phone", type: "string" }] });
  await api("POST", "/organizations/elements/sfdc/transformations/company", { vendorName: "accounts", fields: [{ path: "name", vendorPath: "Name" }, { path: "phone", vendorPath: "Phone" }] });
  await page.reload();
  await page.getByLabel("Your object").selectOption("company");
  const own = page.getByRole("region", { name: "Your fields" });
  await own.getByText("every account").first().waitFor();
  assert.equal(await own.getByText("every account").count(), 2);
  await button("Change phone here").click();
  await page.getByLabel("Vendor’s field for phone").fill("Fax");
  await look("mapper-inherits");
  await button("Review and save").click();
  await page.getByRole("list", { name: "Changes" }).getByText("phone ← Fax").waitFor();
  await button("Save").click();
  await saved();
  const kept = await api("GET", `/instances/${id}/transformations/company`);
  assert.deepEqual(kept.fields.map(({ path, vendorPath, level }) => [path, vendorPath, level]).sort(), [["name", "Name", "organization"], ["phone", "Fax", "instance"]]);
  const everyones = await api("GET", "/organizations/elements/sfdc/transformations/company");
  assert.equal(everyones.fields.find(({ path }) => path === "phone").vendorPath, "Phone");
});

await step("maps for all accounts of an account of the platform, between the organization's and this one's", async () => {
  const own = page.getByRole("region", { name: "Your fields" });
  await page.getByLabel("For whom").selectOption({ label: "The accounts of Salesforce CRM in Default" });
  await own.getByText("every account").first().waitFor();
  await button("Change name here").click();
  await page.getByLabel("Vendor’s field for name").fill("AccountNumber");
  await button("Review and save").click();
  await page.getByRole("dialog").getByText("It counts for the accounts of Salesforce CRM in Default", { exact: false }).waitFor();
  await button("Save").click();
  await saved();
  await page.getByLabel("For whom").selectOption({ label: "This account alone" });
  await own.getByText("in Default", { exact: true }).waitFor();
  await look("mapper-levels");
  const kept = await api("GET", `/instances/${id}/transformations/company`);
  assert.deepEqual(kept.fields.map(({ path, vendorPath, level }) => [path, vendorPath, level]).sort(), [["name", "AccountNumber", "account"], ["phone", "Fax", "instance"]]);

  // An object that is new is defined where it is mapped.
  await page.getByLabel("For whom").selectOption("account");
  await page.getByLabel("Or a new one").fill("branch");
  await button("Begin").click();
  await page.getByLabel("The vendor’s object").fill("accounts");
  await button("Add a field").click();
  await page.getByLabel("Name of field 1").fill("title");
  await page.getByLabel("Vendor’s field for title").fill("Name");
  await button("Review and save").click();
  await button("Save").click();
  await saved();
  assert.deepEqual((await api("GET", "/accounts/objects/branch/definitions")).fields.map(({ path }) => path), ["title"]);
  assert.ok((await read("/branch?pageSize=1"))[0].title, "a record has no title");
  await page.getByLabel("Your object").selectOption("company");
  await page.getByLabel("For whom").selectOption("instance");
});

await step("offers whoever administers nothing their own account alone", async () => {
  await page.route("**/console/api/session", async (route) => {
    const answer = await route.fetch();
    const session = await answer.json();
    await route.fulfill({ response: answer, json: { ...session, user: { ...session.user, organizationAdmin: false, accountAdmin: false } } });
  });
  await page.goto(`${page.url()}&level=organization`.replace("level=instance&", ""));
  const choice = page.getByLabel("For whom");
  await choice.waitFor();
  assert.equal(await choice.inputValue(), "instance");
  assert.deepEqual(await choice.locator("option").evaluateAll((options) => options.map(({ disabled }) => disabled)), [false, true, true]);
  await page.unroute("**/console/api/session");
  await page.reload();
  await page.getByLabel("For whom").waitFor();
  await page.getByLabel("For whom").selectOption("instance");
});

await step("a mapping that the platform refuses says why, and keeps what was typed", async () => {
  await button("Add a field").click();
  await page.getByLabel("Name of field 2").fill("odd[");
  await page.getByLabel("Vendor’s field for odd[").fill("Name");
  await button("Review and save").click();
  await button("Save").click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await look("mapper-refused");
  await button("Back").click();
  assert.equal(await page.getByLabel("Name of field 2").inputValue(), "odd[");
  await button("Discard changes").click();
});

await done();
