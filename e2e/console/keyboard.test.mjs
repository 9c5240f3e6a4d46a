// The console without a mouse: every press is a key, what has the focus is seen, and a dialog gives it back.
import assert from "node:assert/strict";
import { api, baseUrl, credentials, decide, done, newPage, step as plainStep } from "./browser.mjs";

const page = await newPage();
const step = (name, work) => plainStep(name, work, page);
const PASSWORD = "a password of my own";
/** More presses than any page has places. */
const MOST = 200;

/** Tab after Tab until the focus is there; whatever has it on the way shows that it has. */
async function go(target, on = page, key = "Tab") {
  await target.waitFor();
  for (let presses = 0; presses < MOST; presses++) {
    if (await target.evaluate((node) => node === document.activeElement || node.contains(document.activeElement))) return;
    await on.keyboard.press(key);
    const unseen = await on.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return "";
      // An editor shows it on its frame, a card that is one link all around.
      const shown = [[at], [at, "::after"], [at.closest(".editor")]].some(([node, part]) => {
        const style = node && getComputedStyle(node, part);
        return style && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
      });
      return shown ? "" : at.outerHTML.slice(0, 200);
    });
    assert.equal(unseen, "", "something has the focus and does not show it");
  }
  assert.fail(`no Tab leads to ${target}`);
}

const press = async (target, key = "Enter", on = page) => {
  await go(target, on);
  await on.keyboard.press(key);
};
const type = async (target, text) => {
  await go(target);
  await page.keyboard.insertText(text);
};
const button = (name) => page.getByRole("button", { name, exact: true });
/** The focus comes back a moment after a dialog has gone. */
const returnsTo = (words) => page.waitForFunction((text) => document.activeElement?.textContent === text, words);

await step("signs in and chooses a password", async () => {
  await page.goto(`${baseUrl}/console`);
  await type(page.getByLabel("E-mail"), credentials.email);
  await type(page.getByLabel("Password"), credentials.password);
  await page.keyboard.press("Enter");
  await type(page.getByLabel("Present password"), credentials.password);
  await type(page.getByLabel("New password", { exact: true }), PASSWORD);
  await type(page.getByLabel("New password again"), PASSWORD);
  await press(button("Change password"));
  await page.getByRole("heading", { name: "Catalog" }).waitFor();
});

await step("skips the navigation, finds an element and its tabs", async () => {
  await page.reload();
  const skip = page.getByRole("link", { name: "Skip to the page" });
  await skip.waitFor({ state: "attached" });
  await page.keyboard.press("Tab");
  assert.ok(await skip.evaluate((node) => node === document.activeElement), "the first Tab is not the way past the navigation");
  await page.keyboard.press("Enter");
  await type(page.getByLabel("Search"), "marketo");
  await press(page.getByRole("link", { name: "Marketo", exact: true }));
  await go(page.getByRole("tab", { name: "Set-up" }));
  for (const next of ["Configuration", "Resources"]) {
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tab", { name: next, selected: true }).waitFor();
  }
});

await step("connects an account, is told what is missing, and reads the token", async () => {
  await page.goto(`${baseUrl}/console/catalog/marketo`);
  await press(page.getByRole("link", { name: "Connect an account" }).first());
  await type(page.getByLabel("Name"), "By keys alone");
  await type(page.getByLabel("Client ID", { exact: true }), "key");
  await type(page.getByLabel("Client secret", { exact: true }), "secret");
  await type(page.getByLabel(/identity/i), "https://123-ABC-456.mktorest.com/identity");
  await type(page.getByLabel(/rest/i).last(), "https://123-ABC-456.mktorest.com/rest");
  await page.keyboard.press("Enter");
  await page.getByText("The account is connected.").waitFor();
  await press(page.getByRole("link", { name: "To the instance" }));
  await page.getByRole("heading", { name: "By keys alone" }).waitFor();
});

await step("a dialog keeps the focus inside, is left by Escape, and gives the focus back", async () => {
  for (const opener of ["Show the token", "Reconnect link…", "Delete…"]) {
    await press(button(opener));
    const dialog = page.locator(".dialog");
    await dialog.waitFor();
    for (let presses = 0; presses < 8; presses++) {
      await page.keyboard.press("Tab");
      assert.ok(await dialog.evaluate((node) => node.contains(document.activeElement)), `${opener}: the focus has left the dialog`);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await returnsTo(opener);
  }
  await page.goto(`${baseUrl}/console/applications`);
  await press(button("Register an application"));
  await page.locator(".dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".dialog").waitFor({ state: "detached" });
  await returnsTo("Register an application");
});

await step("switches the account off and on, calls it, and leaves the editor by Tab", async () => {
  await page.goBack();
  const enabled = page.getByRole("switch", { name: "Enabled" });
  await press(enabled, "Space");
  await page.getByText("Disabled: calls are refused").waitFor();
  await press(enabled, "Space");
  await page.getByText("Enabled: calls go through").waitFor();
  await press(page.getByRole("link", { name: "Try calls" }));
  await type(page.getByLabel("Find a call"), "POST /hubs/marketing/leads");
  await press(button("POST /hubs/marketing/leads"));
  await go(page.getByRole("textbox", { name: "Body" }));
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText('{"email": "keys@example.com"}');
  await press(page.getByLabel("Change the account’s real records"), "Space");
  await press(button("Call"));
  await page.getByRole("region", { name: "Answer", exact: true }).getByText("200", { exact: true }).waitFor();
});

await step("nothing moves for who asked for that", async () => {
  assert.equal(await page.evaluate(() => matchMedia("(prefers-reduced-motion: reduce)").matches), true);
  await page.route("**/console/api/platform/**", () => { /* Never answered: what waits would be turning. */ });
  await page.goto(`${baseUrl}/console/usage`);
  await page.locator(".bone").first().waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.unroute("**/console/api/platform/**");
});

await step("a customer's page is walked the same way, and each of its headings is heard", async () => {
  const heard = async (words) => {
    await page.getByRole("heading", { name: words }).waitFor();
    await page.waitForFunction((text) => document.activeElement?.tagName === "H1" && document.activeElement.textContent.includes(text), words);
  };
  await api("PUT", "/elements/sfdc/application", { apiKey: "our-app", apiSecret: "s3cret-of-our-app" });
  const { url } = await api("POST", "/connect/sessions", { elements: ["sfdc", "marketo"] });
  await page.goto(url);
  await heard("Which account");
  await press(page.getByRole("button", { name: "Marketo" }));
  await heard("Connect Marketo");
  await press(button("Connect"));
  await page.getByText("Client ID is needed.").waitFor();
  await press(page.getByRole("button", { name: /another|other/i }));
  await press(page.getByRole("button", { name: "Salesforce CRM" }));
  await heard("Connect Salesforce CRM");
  const popup = page.waitForEvent("popup");
  await press(button("Continue to Salesforce CRM"));
  await decide(await popup, "Deny");
  await heard("The access was denied");
  await press(button("Try again"));
  await heard("Connect Salesforce CRM");
});

await done();
