// The console in a browser: what a person does, in the order in which they do it, each page looked at by axe on the way.
import assert from "node:assert/strict";
import { api, baseUrl, credentials as first, decide, done, look as lookAt, newPage, picture, sandbox, step as plainStep } from "./browser.mjs";

// What the platform keeps of a name with markup in it.
const NAME = "Möller & Söhne 😀 שלום";
const PASSWORD = "a password of my own";

const page = await newPage();
const context = page.context();
const step = (name, work) => plainStep(name, work, page);
const look = (name) => lookAt(page, name);
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { name });

async function consent(choice) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: /^Go to|^Try again$/ }).click()]);
  await decide(popup, choice);
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
  await page.getByText(/^\d+ of \d+ calls are proven\.$/).waitFor();
  await page.getByRole("button", { name: "GET /hubs/crm/contacts", exact: true }).click();
  await page.getByText("with a simulated vendor", { exact: false }).waitFor();
  await look("element-resources");
});

await step("denies the consent, and is told so in plain words", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Catalog" }).click();
  await page.getByRole("link", { name: "Salesforce CRM" }).click();
  await page.getByRole("link", { name: "Connect an account" }).first().click();
  assert.equal(await page.getByLabel("Client ID").inputValue(), "sandbox-app");
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
  await page.getByRole("textbox", { name: "Answer body" }).getByText("LastName", { exact: false }).first().waitFor();
  await look("connected");
  await picture(page, "connected");
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
  await page.getByText("Why did this fail?").click();
  await page.getByText("The vendor’s own words").waitFor();
  await page.getByText("No such column", { exact: false }).first().waitFor();
  await page.getByRole("heading", { name: "Requests to the vendor that failed" }).waitFor();
  await look("call-refused");
  await page.goBack();
  await page.getByLabel("pageSize").fill("1");
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200", { exact: true }).waitFor();
  assert.match(await page.getByRole("region", { name: "curl command" }).innerText(), /curl '.*contacts\?pageSize=1'/);
  await page.getByRole("textbox", { name: "Answer body" }).getByText("LastName", { exact: false }).first().waitFor();
  await look("try-it");
  // The editor comes late, and whoever types goes on.
  let arrive;
  const late = new Promise((resolve) => { arrive = resolve; });
  await page.route("**/assets/code-editor*.js", async (route) => { await late; await route.continue(); });
  await page.reload();
  await page.getByRole("button", { name: "POST /hubs/crm/contacts", exact: true }).click();
  const body = page.getByLabel("Body", { exact: true });
  await body.fill('{ "typed": ');
  arrive();
  await page.locator(".editor:not(.reads) .cm-editor").waitFor();
  await page.keyboard.type("1 }");
  assert.equal(await body.innerText(), '{ "typed": 1 }');
  await body.press("Control+Home");
  // What Chromium would copy into a style attribute, if somebody typed over it.
  const background = await page.locator(".cm-matchingBracket").first().evaluate((node) => getComputedStyle(node).backgroundColor);
  assert.equal(background, "rgba(0, 0, 0, 0)");
  await body.fill("{ not JSON");
  await page.getByText(/^Line 1: /).waitFor();
  await page.getByLabel("Change the account’s real records").check();
  await button("Call").click();
  await page.getByRole("alert").getByText("The body is not JSON yet", { exact: false }).waitFor();
  await look("try-it-body");
  await body.fill(JSON.stringify({ LastName: "Typed in the editor" }));
  await button("Call").click();
  await page.getByRole("textbox", { name: "Answer body" }).getByText("Typed in the editor", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "DELETE /hubs/crm/contacts/{id}", exact: true }).click();
  assert.ok(await button("Call").isDisabled(), "a change must be wanted");
});

await step("a window that is blocked or closed, a tampered state and a lost connection each leave a way on", async () => {
  await page.goto(`${baseUrl}/console/connect/sfdcservicecloud`);
  await page.getByLabel("Name").fill("Kept while it goes wrong");
  await button("Continue").click();
  const go = page.getByRole("button", { name: /^Go to|^Try again$/ });
  const [closed] = await Promise.all([page.waitForEvent("popup"), go.click()]);
  await closed.waitForLoadState();
  await closed.close();
  await page.getByText("The window was closed before the vendor answered.").waitFor();
  await look("consent-closed");
  await page.route("**/console/api/consents", (route) => route.abort());
  const [lost] = await Promise.all([page.waitForEvent("popup"), go.click()]);
  await page.getByText("The server cannot be reached.", { exact: false }).waitFor();
  assert.ok(lost.isClosed() || (await lost.waitForEvent("close")) !== undefined);
  await page.unroute("**/console/api/consents");
  const [popup] = await Promise.all([page.waitForEvent("popup"), go.click()]);
  await popup.waitForURL((url) => !url.href.startsWith(baseUrl) && url.protocol !== "about:");
  const forged = `${baseUrl}/elements/api-v2/oauth/callback?code=stolen&state=`;
  const asked = new URL(popup.url()).searchParams.get("state") ?? "x";
  for (const state of ["made-up", `${asked.slice(0, -1)}${asked.endsWith("A") ? "B" : "A"}`]) {
    await popup.goto(forged + state);
    await popup.getByRole("heading").first().waitFor();
    assert.equal(await popup.getByRole("heading").first().innerText(), "Not connected");
    assert.ok(!(await popup.content()).includes("stolen"));
  }
  assert.ok(await page.getByText("Waiting for the answer from the vendor’s window…").isVisible(), "a forged answer ended the way");
  await popup.close();
  await page.getByText("The window was closed before the vendor answered.").waitFor();
  await page.evaluate(() => { window.open = () => null; });
  await go.click();
  await page.getByText("Your browser kept the window from opening.").waitFor();
  await look("consent-blocked");
  const [opened] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Open the vendor’s page" }).click()]);
  await decide(opened, "Allow");
  await page.getByText("The account is connected.").waitFor();
  await page.getByText("Kept while it goes wrong").first().waitFor();
  // It is a tab in front of ours, not a window: behind it a page is drawn once a second, and everything waits for that.
  await opened.close();
  await page.bringToFront();
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
  const custody = page.getByRole("region", { name: "Custody" });
  await custody.getByText(/salesforce\.com received the credential for the first time/).first().waitFor();
  await custody.getByText(/^Connected; it may call/).waitFor();
  await look("instance");
  await picture(page, "instance");
  const text = await page.content();
  assert.ok(!text.includes(token.trim()), "the token is still in the page");
  await page.getByRole("button", { name: "Edit" }).click();
  await look("instance-edit");
  await button("Cancel").click();
});

await step("keeps what was typed when the session ends, and signs in over it", async () => {
  await page.getByLabel("Tags").fill("eu, trial, kept");
  await context.clearCookies();
  // What the page asks by itself may find out before.
  await page.getByRole("button", { name: "Save" }).click({ timeout: 1000 }).catch(() => {});
  await heading("Sign in again").waitFor();
  await look("session-ended");
  await page.getByLabel("Password").fill(PASSWORD);
  await button("Sign in").click();
  await heading("Sign in again").waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Tags").inputValue(), "eu, trial, kept");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").first().waitFor();
});

await step("says so when the record of custody is empty, or cannot be read", async () => {
  const custody = page.getByRole("region", { name: "Custody" });
  await page.route("**/custody*", (route) => route.fulfill({ json: [] }));
  await page.reload();
  await custody.getByText("Nothing is recorded yet").waitFor();
  await look("custody-empty");
  await page.unroute("**/custody*");
  await page.route("**/custody*", (route) => route.fulfill({ status: 403, json: { message: "This record is not for you." } }));
  await page.reload();
  await custody.getByText("This record is not for you.").waitFor();
  await look("custody-failed");
  await page.unroute("**/custody*");
  await custody.getByRole("button", { name: "Try again" }).click();
  await custody.getByRole("table").waitFor();
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
  const custody = page.getByRole("region", { name: "Custody" });
  await custody.getByText("Shown: token").waitFor();
  await custody.getByText("Changed: name, tags").waitFor();
  assert.ok(!(await page.content()).includes(token.trim()), "the token is still in the page");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok(!kept.includes(token.trim()) && !kept.includes("ligand_console"), kept);
});

await step("sees when the access was renewed", async () => {
  const renewed = page.locator("dt", { hasText: "Renewed" }).locator("xpath=following-sibling::dd[1]");
  await renewed.getByText("not yet").waitFor();
  const here = page.url();
  await fetch(`${sandbox.control}/tokens/expire`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ vendor: "salesforce" }) });
  await page.getByRole("link", { name: "Try calls" }).click();
  await page.getByRole("button", { name: "GET /hubs/crm/contacts", exact: true }).click();
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200", { exact: true }).first().waitFor();
  await page.goto(here);
  await renewed.locator("time").waitFor();
});

await step("sees that the vendor has withdrawn the access, and connects the account again", async () => {
  await fetch(`${sandbox.control}/tokens/revoke`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ vendor: "salesforce" }) });
  await page.getByRole("link", { name: "Try calls" }).click();
  await page.getByRole("button", { name: "GET /hubs/crm/contacts", exact: true }).click();
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("401", { exact: true }).waitFor();
  await page.getByRole("banner").getByRole("link", { name: "Instances" }).click();
  await page.getByLabel("Status").selectOption("invalid");
  await page.getByRole("link", { name: NAME }).click();
  await page.getByText("The vendor no longer accepts this account’s credential.").waitFor();
  await page.getByText("It refused to renew the access,", { exact: false }).waitFor();
  await look("needs-a-reconnect");
  await page.getByRole("link", { name: "Reconnect", exact: true }).click();
  await button("Continue").click();
  await consent("Allow");
  await page.getByText("The account is connected again.").waitFor();
  await page.getByRole("link", { name: "To the instance" }).click();
  await page.getByText("connected", { exact: true }).waitFor();
  await button("Show the token").click();
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await button("Show").click();
  assert.equal((await page.getByRole("region", { name: "Token" }).innerText()).trim(), token.trim(), "the token stays");
  await button("Close").click();
});

await step("lets answers be kept for a minute", async () => {
  const id = new URL(page.url()).pathname.split("/").at(-1);
  await page.getByRole("switch", { name: "Keep answers" }).click();
  await page.getByLabel("For how many seconds").fill("60");
  await page.getByRole("form", { name: "Caching" }).getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.", { exact: true }).waitFor();
  const { cachingEnabled, cacheTimeToLive, maxCacheSize } = await api("GET", `/instances/${id}`);
  assert.deepEqual({ cachingEnabled, cacheTimeToLive, maxCacheSize }, { cachingEnabled: true, cacheTimeToLive: 60, maxCacheSize: 0 });
  await look("caching");
  await page.getByRole("switch", { name: "Keep answers" }).click();
  await page.getByText("Every call asks the vendor.").first().waitFor();
});

await step("disables the account, whose calls are refused, and sees why", async () => {
  await page.getByRole("switch", { name: "Enabled" }).click();
  await page.getByText("Disabled: calls are refused").waitFor();
  await page.getByRole("link", { name: "Try calls" }).click();
  await page.getByRole("button", { name: "GET /hubs/crm/accounts", exact: true }).click();
  await button("Call").click();
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("403", { exact: true }).waitFor();
  await page.getByRole("banner").getByRole("link", { name: "Usage" }).click();
  const overTime = page.getByRole("region", { name: "Calls over time" });
  await overTime.getByRole("img", { name: /^\d+ calls, \d+ of them failed/ }).waitFor();
  await overTime.getByRole("button", { name: "Last week" }).click();
  await overTime.getByText("As a table").click();
  await overTime.getByRole("table").waitFor();
  await look("usage-over-time");
  await picture(page, "usage");
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

await step("explains a call without making it, in four languages", async () => {
  await page.goto(`${baseUrl}/console/catalog/marketo?tab=resources`);
  await page.getByRole("button", { name: "GET /hubs/marketing/lists", exact: true }).click();
  await button("Explain").click();
  const explanation = page.getByRole("region", { name: "Explanation" });
  await explanation.getByText("nothing was sent").waitFor();
  await explanation.getByText(/mktorest\.com/).first().waitFor();
  await explanation.getByText("What set its parts").first().click();
  await look("explained");
  await picture(page, "try-it", explanation);
  for (const language of ["TypeScript", "Python", "Rust"]) {
    await page.getByRole("tab", { name: language }).click();
    const program = await page.getByRole("region", { name: `${language} program` }).innerText();
    assert.match(program, /marketing\/lists/);
    assert.match(program, /USER_SECRET/);
  }
});

await step("shows the organization in its own name and colours", async () => {
  await page.getByRole("banner").getByRole("link", { name: "Settings" }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Organization" }).click();
  await page.getByLabel("Name").fill("ACME <script>alert(1)</script>Reports");
  await page.getByRole("textbox", { name: /^Colour/ }).fill("red");
  await page.getByText("A colour is # and six digits", { exact: false }).waitFor();
  await page.getByRole("textbox", { name: /^Colour/ }).fill("#b3261e");
  await page.locator("input[type=file]").setInputFiles({ name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>") });
  await button("Save").click();
  await page.getByText("PNG, JPEG or WebP picture", { exact: false }).waitFor();
  await button("Remove").click();
  await button("Save").click();
  await page.getByText("Saved.").first().waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "ACME Reports");
  await look("organization");
  await picture(page, "organization");
});

await step("makes a scoped key after the password, sees it once, and takes it away", async () => {
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "API keys" }).click();
  await page.getByText("No key yet").waitFor();
  await button("Make a key").click();
  await page.getByLabel("Name").fill("Nightly <b>export</b>");
  await look("key-form");
  await page.getByLabel("Your password").fill("wrong");
  await button("Make the key").click();
  await page.getByText("That is not your password.").waitFor();
  await page.getByLabel("Your password").fill(PASSWORD);
  await button("Make the key").click();
  const key = (await page.getByRole("region", { name: "Key" }).innerText()).trim();
  await look("key");
  const asked = async () => (await fetch(`${baseUrl}/elements/api-v2/instances`, { headers: { authorization: `Bearer ${key}` } })).status;
  assert.equal(await asked(), 200);
  await button("I have kept it").click();
  await page.getByRole("table").waitFor();
  assert.ok(!(await page.content()).includes(key), "the key is still in the page");
  await look("keys");
  await page.getByRole("button", { name: /^Another secret for/ }).click();
  await page.getByLabel("Your password").fill(PASSWORD);
  await button("Make it").click();
  const next = (await page.getByRole("region", { name: "Key" }).innerText()).trim();
  assert.notEqual(next, key);
  await button("I have kept it").click();
  await page.getByRole("button", { name: /^Delete Nightly/ }).click();
  await page.getByRole("textbox").fill(await page.locator(".dialog label b").innerText());
  await button("Delete key").click();
  await page.getByText("No key yet").waitFor();
  assert.equal(await asked(), 401);
});

await step("makes a link for whoever owns the account", async () => {
  await page.goto(`${baseUrl}/console/instances?q=S%C3%B6hne`);
  await page.getByRole("link", { name: NAME }).click();
  await button("Reconnect link…").click();
  await button("Make the link").click();
  const link = (await page.getByRole("region", { name: "Link" }).innerText()).trim();
  assert.match(link, /\/connect\?session=[\w-]+#[\w-]{43}$/);
  await look("connect-link");
  await button("Done").click();
  assert.ok(!(await page.content()).includes(link.split("#")[1]), "the link is still in the page");
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

await step("signs out, whatever the page was doing", async () => {
  // A page that asks for nothing by itself: only the press can be what ends it.
  await page.getByRole("banner").getByRole("link", { name: "Catalog" }).click();
  await heading("Catalog").waitFor();
  await page.getByRole("banner").getByRole("button", { name: "Sign out" }).click();
  await heading("Sign in").waitFor();
});

await done();
