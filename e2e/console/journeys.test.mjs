// The console in a browser: what a person does, in the order in which they do it, each page looked at by axe on the way.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const data = process.env.LIGAND_DATA;
const pictures = process.env.LIGAND_PICTURES;
const { baseUrl } = JSON.parse(readFileSync(`${data}/runtime.json`, "utf8"));
const first = JSON.parse(readFileSync(`${data}/credentials.json`, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// What the platform keeps of a name with markup in it.
const NAME = "Möller & Söhne 😀 שלום";
const PASSWORD = "a password of my own";
if (pictures) mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", reducedMotion: "reduce" });
context.setDefaultTimeout(15_000);
const page = await context.newPage();

// What no page may do: complain, fail, or ask anybody else.
const complaints = [];
const outside = [];
page.on("console", (message) => {
  // A refusal is an answer; browsers log its status all the same.
  if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("request", (request) => {
  if (!request.url().startsWith(baseUrl) && !request.url().startsWith("data:")) outside.push(request.url());
});

const steps = [];
async function step(name, work) {
  const began = Date.now();
  try {
    await work();
  } catch (error) {
    if (pictures) await page.screenshot({ path: `${pictures}/failed.png`, fullPage: true });
    console.error(`FAILED: ${name}\n${error.stack}\n${complaints.join("\n")}`);
    await browser.close();
    process.exit(1);
  }
  steps.push(name);
  console.log(`${String(Date.now() - began).padStart(6)} ms  ${name}`);
}

/** axe in both colour schemes; pictures of both at three widths when somebody wants to look. */
async function look(name, { wait } = {}) {
  if (wait) await wait();
  await page.waitForFunction(() => !document.querySelector(".bone"));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n  ")}`);
    assert.deepEqual(found, [], `${name}, ${colorScheme}`);
    if (!pictures) continue;
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} px wide at ${width}`);
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png`, fullPage: width !== 1920 });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { name });

async function consent(choice) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: /^Go to|^Try again$/ }).click()]);
  await popup.waitForURL(/oauth|login|authorize/);
  if ((await popup.locator("input[type=password]").count()) > 0) {
    await popup.locator("input[type=text]").first().fill("someone@example.com");
    await popup.locator("input[type=password]").fill("made up");
    await popup.locator("button[type=submit]").first().click();
  }
  await popup.getByRole("button", { name: choice }).click();
  return popup;
}

await step("signs in, is refused with a wrong password, and chooses a password first", async () => {
  await page.goto(`${baseUrl}/console`);
  await heading("Sign in").waitFor();
  await look("sign-in");
  await page.getByLabel("E-mail").fill(first.email);
  await page.getByLabel("Password").fill("wrong");
  await button("Sign in").click();
  await page.getByRole("alert").getByText("Wrong user name or password.").waitFor();
  await page.getByLabel("Password").fill(first.password);
  await page.keyboard.press("Enter");
  await heading("Choose your password").waitFor();
  await look("first-password");
  await page.getByLabel("Present password").fill(first.password);
  await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("New password again").fill(`${PASSWORD}!`);
  await page.getByText("The two are not the same.").waitFor();
  await page.getByLabel("New password again").fill(PASSWORD);
  await button("Change password").click();
  await heading("Catalog").waitFor();
});

await step("finds an element by typing, by hub, and by keyboard alone", async () => {
  await look("catalog");
  await page.getByLabel("Search").fill("nothing like it");
  await heading("Nothing fits").waitFor();
  await button("Show everything").click();
  await page.getByRole("group", { name: "Hub" }).getByRole("button", { name: "Marketing" }).click();
  await page.getByRole("link", { name: /Salesforce CRM/ }).waitFor({ state: "detached" });
  await page.getByRole("group", { name: "Hub" }).getByRole("button", { name: "All" }).click();
  await page.getByLabel("Search").fill("sfdc crm");
  const link = page.getByRole("link", { name: "Salesforce CRM" });
  await link.waitFor();
  await link.focus();
  await page.keyboard.press("Enter");
  await heading("Salesforce CRM").waitFor();
  await heading("At the vendor").waitFor();
  await look("element-set-up");
  await page.getByRole("tab", { name: "Set-up" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("oauth.api.key").waitFor();
  await look("element-configuration");
  await page.keyboard.press("ArrowRight");
  await heading("Connect an account to try this").waitFor();
});

await step("denies the consent, and is told so in plain words", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Catalog" }).click();
  await page.getByRole("link", { name: "Salesforce CRM" }).click();
  await page.getByRole("link", { name: "Connect an account" }).first().click();
  await button("Use made-up ones").click();
  await page.getByLabel("Name").fill("Möller & <b>Söhne</b> 😀 שלום");
  await page.getByLabel("Tags").fill("eu, trial");
  await look("connect-details");
  await button("Continue").click();
  await heading("Consent at Salesforce CRM").waitFor();
  await look("connect-consent");
  const popup = await consent("Deny");
  await page.getByText("The access was denied.").waitFor();
  assert.ok(popup.isClosed() || (await popup.waitForEvent("close")) !== undefined);
  await look("connect-denied");
});

let token;
await step("allows it, sees the token once, and reads the first contacts", async () => {
  await consent("Allow");
  await page.getByText("The account is connected.").waitFor();
  token = await page.getByRole("region", { name: "Token" }).innerText();
  assert.match(token.trim(), /^[A-Za-z0-9+/=]{40,}$/);
  await button("Make the call").click();
  await page.getByText("LastName").first().waitFor();
  await look("connected");
});

await step("tries calls with the account, and reads the vendor's refusal", async () => {
  await page.getByRole("link", { name: "Try more calls" }).click();
  await page.getByRole("button", { name: "GET /hubs/crm/contacts", exact: true }).click();
  await page.getByLabel("pageSize").fill("1");
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200", { exact: true }).waitFor();
  await page.getByLabel("where").fill("Nonsense = 'x'");
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("400", { exact: true }).waitFor();
  await page.getByLabel("where").fill("");
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200", { exact: true }).waitFor();
  assert.match(await page.getByRole("region", { name: "curl command" }).innerText(), /curl '.*contacts\?pageSize=1'/);
  await look("try-it");
  await page.getByRole("button", { name: "DELETE /hubs/crm/contacts/{id}", exact: true }).click();
  assert.ok(await button("Call").isDisabled(), "a change must be wanted");
});

await step("connects an account by form alone", async () => {
  await page.goto(`${baseUrl}/console/connect/marketo`);
  await heading(/Connect Marketo/).waitFor();
  await page.getByLabel("Name").fill("Marketo of ACME");
  for (const [label, value] of [["Client ID", "key"], ["Client secret", "secret"]]) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
  await page.getByLabel(/identity/i).fill("not an address");
  await page.getByText("An address begins with https://").waitFor();
  await page.getByLabel(/identity/i).fill("https://123-ABC-456.mktorest.com/identity");
  await page.getByLabel(/rest/i).last().fill("https://123-ABC-456.mktorest.com/rest");
  await look("connect-form");
  await button("Connect").click();
  await page.getByText("The account is connected.").waitFor();
});

await step("searches instances, and opens one whose name held markup, an emoji and Hebrew", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Instances" }).click();
  await page.getByRole("link", { name: "Marketo of ACME" }).waitFor();
  await look("instances");
  await page.getByLabel("Search").fill("Söhne");
  await page.getByRole("link", { name: "Marketo of ACME" }).waitFor({ state: "detached" });
  await page.getByLabel("Tag").fill("eu");
  await page.getByRole("link", { name: NAME }).click();
  await heading(NAME).waitFor();
  await page.getByRole("link", { name: /contacts/ }).first().waitFor();
  await look("instance");
  const text = await page.content();
  assert.ok(!text.includes(token.trim()), "the token is still in the page");
  await page.getByRole("button", { name: "Edit" }).click();
  await look("instance-edit");
  await button("Cancel").click();
});

await step("keeps what was typed when the session ends, and signs in over it", async () => {
  await page.getByLabel("Tags").fill("eu, trial, kept");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  await heading("Sign in again").waitFor();
  await look("session-ended");
  await page.getByLabel("Password").fill(PASSWORD);
  await button("Sign in").click();
  await heading("Sign in again").waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Tags").inputValue(), "eu, trial, kept");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").first().waitFor();
});

await step("shows the token again only for the password", async () => {
  await button("Show the token").click();
  await page.getByRole("textbox", { name: "Password" }).fill("wrong");
  await button("Show").click();
  await page.getByText("That is not your password.").waitFor();
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await button("Show").click();
  const again = await page.getByRole("region", { name: "Token" }).innerText();
  assert.equal(again.trim(), token.trim());
  await look("token");
  await button("Close").click();
  assert.ok(!(await page.content()).includes(token.trim()), "the token is still in the page");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok(!kept.includes(token.trim()) && !kept.includes("ligand_console"), kept);
});

await step("disables the account, whose calls are refused, and sees why", async () => {
  await page.getByRole("switch", { name: "Enabled" }).click();
  await page.getByText("Disabled: calls are refused").waitFor();
  await page.getByRole("link", { name: "Try calls" }).click();
  await page.getByRole("button", { name: "GET /hubs/crm/accounts", exact: true }).click();
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("403", { exact: true }).waitFor();
  await page.getByRole("banner").getByRole("link", { name: "Usage" }).click();
  await page.getByLabel("Outcome").selectOption("failed");
  await page.getByRole("link", { name: /accounts/ }).first().waitFor();
  await look("usage");
  await page.getByRole("link", { name: /accounts/ }).first().click();
  await page.getByText("or the instance is disabled", { exact: false }).waitFor();
  await look("call");
});

await step("registers an application and forgets it by name", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Applications" }).click();
  await page.getByRole("button", { name: "Register an application" }).click();
  await page.getByLabel("Element").selectOption("eloqua");
  await page.getByLabel("Client ID").fill("my-app");
  await page.getByLabel("Client secret").fill("my-secret");
  await look("application-form");
  await button("Save").click();
  await page.getByRole("cell", { name: "my-app" }).waitFor();
  await look("applications");
  await page.getByRole("button", { name: /Delete the application of .*Eloqua/ }).click();
  const name = await page.locator(".dialog label b").innerText();
  assert.ok(await button("Delete application").isDisabled());
  await page.getByRole("textbox").fill(name);
  await button("Delete application").click();
  await page.getByRole("cell", { name: "my-app" }).waitFor({ state: "detached" });
});

await step("deletes the account by its name", async () => {
  await page.goto(`${baseUrl}/console/instances?q=S%C3%B6hne`);
  await page.getByRole("link", { name: NAME }).click();
  await button("Delete…").click();
  await look("delete");
  await page.keyboard.press("Escape");
  await button("Delete…").click();
  await page.getByRole("textbox").last().fill(NAME);
  await button("Delete instance").click();
  await page.getByRole("link", { name: "Marketo of ACME" }).waitFor();
  assert.equal(await page.getByRole("link", { name: /Söhne/ }).count(), 0);
});

await step("meets what is not there, and a server that cannot be reached, with words and a way on", async () => {
  await page.goto(`${baseUrl}/console/instances/9999`);
  await page.getByText("No element instance found with ID 9999").waitFor();
  await look("not-there");
  await page.goto(`${baseUrl}/console/nonsense`);
  await heading("There is no such page").waitFor();
  await page.goto(`${baseUrl}/console/account`);
  await heading("Account").waitFor();
  await look("account");
  await page.route("**/console/api/**", (route) => route.abort());
  await page.getByRole("banner").getByRole("link", { name: "Usage" }).click();
  await page.getByText("The server cannot be reached.", { exact: false }).waitFor({ timeout: 20_000 });
  await look("unreachable");
  await page.unroute("**/console/api/**");
  await button("Try again").click();
  await page.getByRole("table").waitFor();
});

await step("signs out", async () => {
  await page.getByRole("banner").getByRole("button", { name: "Sign out" }).click();
  await heading("Sign in").waitFor();
});

await browser.close();
const noise = complaints.filter((text) => !/ERR_FAILED/.test(text));
assert.deepEqual(noise, [], "the browser complained");
assert.deepEqual(outside, [], "the console asked somebody else");
console.log(`${steps.length} journeys`);
