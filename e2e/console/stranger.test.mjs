// Two minutes without reading: a stranger signs in, connects the Salesforce sandbox and sees a contact, by what stands out.
import assert from "node:assert/strict";
import { credentials, baseUrl, decide, done, newPage, step as plainStep } from "./browser.mjs";

const page = await newPage();
const step = (name, work) => plainStep(name, work, page);
let presses = 0;

/** What stands out on the page: its one main button. */
async function press(name) {
  presses += 1;
  await page.locator(".button.main-action", name ? { hasText: name } : {}).first().click();
}

await step("connects the Salesforce sandbox and reads a contact", async () => {
  const began = Date.now();
  await page.goto(`${baseUrl}/console`);
  await page.getByLabel("E-mail").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await press();
  await page.getByLabel("Present password").fill(credentials.password);
  await page.getByLabel("New password", { exact: true }).fill("a password of my own");
  await page.getByLabel("New password again").fill("a password of my own");
  await press();
  presses += 1;
  await page.getByRole("link", { name: "Salesforce CRM" }).click();
  await press("Connect an account");
  await press("Continue");
  const [popup] = await Promise.all([page.waitForEvent("popup"), press("Go to")]);
  // The vendor's own two pages: who one is, and whether one allows it.
  await decide(popup, "Allow");
  await page.getByText("The account is connected.").waitFor();
  await page.getByRole("textbox", { name: "Answer body" }).getByText("LastName", { exact: false }).first().waitFor();
  console.log(`        ${presses} presses, ${Date.now() - began} ms`);
  assert.ok(presses <= 6, `${presses} presses`);
});

await done();
