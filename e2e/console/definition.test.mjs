// An element of one's own, changed in the console: scripts, what is declared, versions.
import assert from "node:assert/strict";
import { api, baseUrl, consentByApi, done, look as lookAt, newPage, signIn, step as plainStep } from "./browser.mjs";

const page = await newPage();
const step = (name, work) => plainStep(name, work, page);
const look = (name) => lookAt(page, name);
const button = (name, inside = page) => inside.getByRole("button", { name, exact: true });
const region = (name) => page.getByRole("region", { name, exact: true });
const dialog = page.getByRole("dialog");

const { key } = await api("POST", "/elements/sfdc/clone");
const { id } = await consentByApi(key, "Runs the first version");
const NAME = "GET /hubs/crm/contacts";
const resource = async () => (await api("GET", `/elements/${key}/resources`)).find(({ method, path }) => `${method} ${path}` === NAME);
const hooks = async () => await api("GET", `/elements/${key}/resources/${(await resource()).id}/hooks`);

await step("only an element of one's own can be changed", async () => {
  await signIn(page);
  await page.goto(`${baseUrl}/console/catalog/sfdc`);
  await page.getByRole("tab", { name: "Resources" }).waitFor();
  assert.equal(await page.getByRole("tab", { name: "Definition" }).count(), 0);
  await page.goto(`${baseUrl}/console/catalog/${key}?tab=definition`);
  await button("Scripts of every call").waitFor();
  await region("Versions").getByText("1 account").waitFor();
  await look("definition");
});

await step("adds a script, is told what is wrong with it, and what will change", async () => {
  await page.getByLabel("Find a call").fill("contacts");
  await button(NAME).click();
  await button("Add a script before the call").click();
  const script = page.getByLabel("Before the vendor is asked", { exact: true }).and(page.getByRole("textbox"));
  await script.fill("done({ continue: ; });");
  await page.getByText("Line 1: This is not JavaScript.").waitFor();
  await script.fill("request_vendor_headers['X-Seen'] = 'yes';\ndone({ request_vendor_headers: request_vendor_headers });");
  await page.getByRole("banner").getByRole("link", { name: "Catalog" }).click();
  await page.getByText("Leave without saving?").waitFor();
  await button("Stay").click();
  await button("Review and save", region("Before the vendor is asked")).click();
  await dialog.getByText("+ done({ request_vendor_headers: request_vendor_headers });").waitFor();
  await look("definition-save");
  await button("Save", dialog).click();
  await page.getByText("Saved as version 2.", { exact: false }).first().waitFor();
  const [hook] = await hooks();
  assert.equal(hook.type, "preRequest");
  assert.match(hook.body, /X-Seen/);
});

await step("moves the account to the new version, which then counts", async () => {
  await button("Move Runs the first version to version 2", region("Versions")).click();
  await page.getByText("Runs the first version runs version 2.", { exact: false }).first().waitFor();
  await region("Versions").getByText("Accounts on a former version").waitFor({ state: "detached" });
  await look("definition-versions");
  await page.getByRole("tab", { name: "Resources" }).click();
  await button("Explain").click();
  await region("Explanation").getByText("X-Seen: yes", { exact: false }).waitFor();
});

await step("changes what is declared; a refusal keeps what was typed, and a script is taken away again", async () => {
  await page.getByRole("tab", { name: "Definition" }).click();
  const text = page.getByLabel("What is declared", { exact: true }).and(page.getByRole("textbox"));
  const { id: _id, hooks: _hooks, model: _model, ...given } = await resource();
  // Short, because an editor draws the lines that are seen.
  await text.fill(JSON.stringify({ path: given.path, method: "FETCH" }));
  await button("Review and save", region("What is declared")).click();
  await button("Save", dialog).click();
  await dialog.getByRole("alert").waitFor();
  await button("Back", dialog).click();
  assert.match(await text.innerText(), /FETCH/);
  await text.fill(JSON.stringify({ ...given, description: "Everybody we know" }, null, 2));
  await button("Review and save", region("What is declared")).click();
  await button("Save", dialog).click();
  await page.getByText("Saved as version 3.", { exact: false }).first().waitFor();
  assert.equal((await hooks()).length, 1, "the script is gone");
  await button("Remove…", region("Before the vendor is asked")).click();
  await button("Remove", dialog).click();
  await page.getByText("Saved as version 4.", { exact: false }).first().waitFor();
  await page.getByText("No script runs at this call alone.").waitFor();
  assert.equal((await resource()).description, "Everybody we know");
  assert.equal((await api("GET", `/instances/${id}`)).elementVersion, 2);
});

await done();
