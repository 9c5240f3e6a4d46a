// Connect in a browser: as a link of its own, and inside a host application of another site.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { allow, api, baseUrl, browser, credentialsFile, decide, done, look, newPage, picture, step as plainStep } from "./browser.mjs";

let page = await newPage();
const step = (name, work) => plainStep(name, work, page);
const heading = (name, inside = page) => inside.getByRole("heading", { name });
const button = (name, inside = page) => inside.getByRole("button", { name, exact: true });
const begin = async (body) => await api("POST", "/connect/sessions", body);
const standing = async ({ id }) => await api("GET", `/connect/sessions/${id}`);
const CONSENTS = ["sfdc", "sfdcservicecloud", "sfdcmarketingcloud", "sfdcdocuments", "eloqua", "acton"];
for (const element of CONSENTS) await api("PUT", `/elements/${element}/application`, { apiKey: "our-app", apiSecret: "s3cret-of-our-app" });
const PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkaPhfDwAChAGAfr7cWwAAAABJRU5ErkJggg==";

/** Presses the button that leads to the vendor, and decides there. */
async function consent(choice, inside = page) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), inside.getByRole("button", { name: /^Continue to / }).click()]);
  await decide(popup, choice);
  return popup;
}

await step("says who asks and for what, in the organization's colours", async () => {
  await api("PATCH", "/organizations/me", { name: "ACME <b>Reports</b> & Söhne", branding: { accent: "#b3261e", logo: PICTURE } });
  const session = await begin({ elements: ["sfdc"], name: "Customer 42" });
  await page.goto(session.url);
  await heading("Connect Salesforce CRM").waitFor();
  assert.equal(new URL(page.url()).hash, "", "the secret is still in the address");
  await page.getByText("ACME Reports & Söhne asks for access to your Salesforce CRM account.").waitFor();
  await page.getByText(/Read and change/).waitFor();
  const colour = await button("Continue to Salesforce CRM").evaluate((node) => getComputedStyle(node).backgroundColor);
  assert.equal(colour, "rgb(179, 38, 30)");
  await look(page, "connect-asks");
  await picture(page, "connect");
  await page.reload();
  await heading("Connect Salesforce CRM").waitFor();
  const kept = await page.evaluate(() => JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
  assert.ok(!kept.includes(session.url.split("#")[1]), "the secret is kept in the page");

  await consent("Deny");
  await heading("The access was denied").waitFor();
  await look(page, "connect-denied-page");
  assert.equal((await standing(session)).status, "denied");
  await button("Try again").click();
  await consent("Allow");
  await heading("Connected").waitFor();
  await look(page, "connect-done");
  const { status, instance } = await standing(session);
  assert.equal(status, "connected");
  assert.equal(instance.name, "Customer 42");
  assert.ok(!(await page.content()).includes(instance.token), "the page has seen the token");
});

await step("closing the vendor's window, a lost connection and a blocked window each leave a way on", async () => {
  const session = await begin({ elements: ["sfdc"] });
  await page.goto(session.url);
  const [popup] = await Promise.all([page.waitForEvent("popup"), button("Continue to Salesforce CRM").click()]);
  await popup.waitForLoadState();
  await heading("Waiting for Salesforce CRM").waitFor();
  await look(page, "connect-waits");
  await popup.close();
  await heading("The window was closed").waitFor();
  await button("Try again").click();
  await page.route("**/connect/api/**", (route) => route.abort());
  await button("Continue to Salesforce CRM").click();
  await page.getByText("The server cannot be reached.", { exact: false }).waitFor();
  await page.unroute("**/connect/api/**");
  await button("Try again").click();
  await page.evaluate(() => { window.open = () => null; });
  await button("Continue to Salesforce CRM").click();
  await page.getByText("Your browser kept the window from opening.").waitFor();
  await look(page, "connect-blocked");
  const [opened] = await Promise.all([page.context().waitForEvent("page"), button("Open Salesforce CRM").click()]);
  await decide(opened, "Allow");
  await heading("Connected").waitFor();
});

await step("a link works once: used, in another browser, unknown, without its secret", async () => {
  const session = await begin({ elements: ["marketo"] });
  await page.goto(session.url);
  await heading("Connect Marketo").waitFor();
  const mine = page;
  page = await newPage();
  await page.goto(session.url);
  await heading("This link cannot be used").waitFor();
  await page.getByText("This link was opened before.", { exact: false }).waitFor();
  await look(page, "connect-dead");
  for (const url of [`${baseUrl}/connect`, `${baseUrl}/connect?session=x#made-up`]) {
    await page.goto("about:blank");
    await page.goto(url);
    await heading("This link cannot be used").waitFor();
  }
  await page.context().close();
  page = mine;
});

await step("connects by form alone, and keeps what was typed when the vendor refuses it", async () => {
  const session = await begin({ elements: ["marketo"], reference: "customer-7" });
  await page.goto(session.url);
  await heading("Connect Marketo").waitFor();
  await button("Connect").click();
  await page.getByText("Client ID is needed.").waitFor();
  await page.getByLabel("Client ID").fill("sandbox-invalid");
  await page.getByLabel("Client secret").fill("secret");
  await page.getByLabel(/identity/i).fill("https://123-ABC-456.mktorest.com/identity");
  await page.getByLabel(/rest/i).last().fill("https://123-ABC-456.mktorest.com/rest");
  await button("Connect").click();
  await page.getByRole("alert").getByText("No client with requested id", { exact: false }).waitFor();
  await look(page, "connect-form-refused");
  assert.equal(await page.getByLabel("Client secret").inputValue(), "secret");
  await page.getByLabel("Client ID").fill("key");
  await button("Connect").click();
  await heading("Connected").waitFor();
  assert.equal((await standing(session)).reference, "customer-7");
});

await step("an element with ten thousand settings asks for the three that it needs", async () => {
  const option = (number) => ({ key: `option.${number}`, name: `Option ${number} <b>x</b>`, description: "", type: "TEXTFIELD_100", required: number < 3 });
  await api("POST", "/elements", {
    name: "Huge", key: "huge", authentication: { type: "custom" },
    configuration: [{ key: "base.url", name: "Base", description: "", defaultValue: "https://api.huge.example" }, ...Array.from({ length: 10_000 }, (_, number) => option(number))],
    resources: [{ method: "GET", path: "/things", vendorPath: "/things" }],
  });
  const session = await begin({ elements: ["huge"] });
  await page.goto(session.url);
  await heading("Connect Huge").waitFor();
  assert.equal(await page.locator("input").count(), 3);
  await page.getByText("More settings").click();
  await page.getByLabel("Find a setting").fill("option 9999");
  await page.getByLabel("Option 9999 <b>x</b>").waitFor();
  await look(page, "connect-huge");
  for (const number of [0, 1, 2]) await page.getByLabel(`Option ${number} <b>x</b>`).fill("x");
  await button("Connect").click();
  await heading("Connected").waitFor();
});

await step("every element with a consent page is connected, one after the other", async () => {
  const begun = Date.now();
  const session = await begin({ elements: CONSENTS });
  await page.goto(session.url);
  await heading(/^Which account/).waitFor();
  await look(page, "connect-chooses");
  for (const element of CONSENTS) {
    const one = await begin({ elements: [element] });
    await page.goto(one.url);
    await page.getByRole("button", { name: /^Continue to / }).waitFor();
    await consent("Allow");
    await heading("Connected").waitFor();
    const { instance } = await standing(one);
    assert.equal(instance.element.key, element);
  }
  console.log(`        ${CONSENTS.length} elements in ${Date.now() - begun} ms`);
});

await step("a reconnect link asks for the same account again; id and token stay", async () => {
  const first = await begin({ elements: ["sfdc"], name: "Tiny < big" });
  await page.goto(first.url);
  await consent("Allow");
  await heading("Connected").waitFor();
  const before = (await standing(first)).instance;
  const again = await begin({ instance: { id: before.id } });
  await page.goto(again.url);
  await page.getByText("Sign in once more with the account “Tiny < big”.", { exact: false }).waitFor();
  await look(page, "connect-again");
  await consent("Allow");
  await heading("Connected").waitFor();
  assert.equal((await standing(again)).instance.token, before.token);
});

// A host application of another site: `localhost` is one to `127.0.0.1`.
const host = spawn("node", [fileURLToPath(new URL("../../examples/host-app/server.mjs", import.meta.url))], {
  env: { ...process.env, LIGAND_URL: baseUrl, LIGAND_CREDENTIALS: credentialsFile, PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
// A step that fails ends this process at once.
process.on("exit", () => host.kill());
const [line] = await once(host.stdout, "data");
const hostUrl = String(line).trim();
allow(hostUrl);
const framed = () => page.frames().find((frame) => frame.url().startsWith(baseUrl));

await step("a host application embeds it, hears of a denial and of the account, and reads a record", async () => {
  await page.context().close();
  page = await newPage();
  await page.goto(hostUrl);
  await button("Connect an account").click();
  const inside = page.frameLocator("iframe");
  await inside.getByRole("heading", { name: /Which account/ }).waitFor();
  await inside.getByRole("button", { name: "Salesforce CRM" }).click();
  await look(page, "connect-in-a-host", framed());
  await picture(page, "connect-in-a-host");
  await consent("Deny", inside);
  await page.getByText("The access was denied.").waitFor();
  await inside.getByRole("button", { name: "Try again" }).click();
  await consent("Allow", inside);
  await inside.getByRole("heading", { name: "Connected" }).waitFor();
  await page.getByText(/^Connected: /).waitFor();
  await page.getByRole("listitem").filter({ hasText: "the first record is" }).waitFor();
  const seen = await page.content();
  const instances = await api("GET", "/instances");
  assert.ok(instances.every(({ token }) => !seen.includes(token)), "a token is in the host's page");
  await inside.getByRole("button", { name: "Done" }).click();
  assert.equal(await page.locator("iframe").count(), 0);
});

await step("the modal is left by Escape and by its cross; nothing is connected", async () => {
  for (const leave of [
    async (inside) => await inside.getByRole("button", { name: "Close" }).click(),
    async (inside) => {
      await inside.getByRole("heading").first().focus();
      // The frame that the key goes to is gone before it can say that it had it: nobody waits for that.
      page.keyboard.press("Escape").catch(() => {});
    },
  ]) {
    await button("Connect an account").click();
    const inside = page.frameLocator("iframe");
    await inside.getByRole("heading", { name: /Which account/ }).waitFor();
    await leave(inside);
    await page.locator("iframe").waitFor({ state: "detached" });
  }
});

await step("a full page comes back to the host, on a phone", async () => {
  await page.context().close();
  page = await newPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.goto(hostUrl);
  await button("Connect on a page of its own").click();
  await page.getByRole("button", { name: "Salesforce CRM" }).click();
  await consent("Allow");
  await heading("Connected").waitFor();
  await page.getByRole("link", { name: /^Back to / }).click();
  await page.getByText("Connected.", { exact: true }).waitFor();
  await page.getByRole("listitem").filter({ hasText: "the first record is" }).first().waitFor();
});

await step("a page that is not among the session's origins cannot frame it", async () => {
  await page.context().close();
  const stranger = await browser.newContext();
  page = await stranger.newPage();
  const session = await begin({ elements: ["marketo"], origins: ["https://app.example.com"] });
  await page.goto(`${hostUrl}/nothing`);
  const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  await page.evaluate((url) => { const frame = document.createElement("iframe"); frame.src = url; document.body.append(frame); }, session.url);
  await refused;
  assert.equal((await standing(session)).status, "open");
  assert.ok(!page.frames().some((frame) => frame.url().startsWith(baseUrl)), "it is shown in a strange frame");
  await stranger.close();
});

host.kill();
await done();
