// What the journeys share: a browser that may ask nobody else, steps with a name, and a look at every page.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const data = process.env.LIGAND_DATA;
const pictures = process.env.LIGAND_PICTURES;
export const { baseUrl, sandbox } = JSON.parse(readFileSync(`${data}/runtime.json`, "utf8"));
export const credentials = JSON.parse(readFileSync(`${data}/credentials.json`, "utf8"));
export const credentialsFile = `${data}/credentials.json`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (pictures) mkdirSync(pictures, { recursive: true });

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    // A frame of another site keeps no cookies here, as in browsers that people use.
    "--disable-sync", "--test-third-party-cookie-phaseout",
  ],
});

// What no page may do: complain, fail, or ask anybody else.
const complaints = [];
const outside = [];
const known = [baseUrl, ...Object.values(sandbox ?? {})];

/** Another host whose pages may be asked: the application that embeds us. */
export const allow = (origin) => known.push(origin);

export async function newPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("console", (message) => {
    // A refusal is an answer; browsers log its status all the same.
    if (message.type() === "error" && !/status of 4\d\d|ERR_FAILED/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!known.some((origin) => url.startsWith(origin)) && !/^(data|about):/.test(url)) outside.push(url);
  });
  return page;
}

/** The longest that a step may take, milliseconds: a browser that answers no more is a failure, not a wait. */
const LONGEST = 180_000;

const steps = [];
export async function step(name, work, page) {
  const began = Date.now();
  const limit = setTimeout(() => {
    console.error(`FAILED: ${name}\nno end after ${LONGEST / 1000} s`);
    process.exit(1);
  }, LONGEST);
  try {
    await work();
  } catch (error) {
    if (pictures) await page?.screenshot({ path: `${pictures}/failed.png`, fullPage: true });
    console.error(`FAILED: ${name}\n${error.stack}\n${complaints.join("\n")}`);
    await browser.close();
    process.exit(1);
  }
  clearTimeout(limit);
  steps.push(name);
  console.log(`${String(Date.now() - began).padStart(6)} ms  ${name}`);
}

/** What axe looks at. The page of the other scheme is the same in everything but its colours. */
const RULES = {
  light: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
  dark: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
};

/** axe in both colour schemes; pictures of both at three widths when somebody wants to look. */
export async function look(page, name, frame) {
  const inside = frame ?? page;
  await inside.waitForFunction(() => !document.querySelector(".bone"));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    if (!(await inside.evaluate(() => "axe" in window))) await inside.evaluate(axe);
    const { violations } = await inside.evaluate((which) => axe.run(document, { runOnly: which }), RULES[colorScheme]);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n  ")}`);
    assert.deepEqual(found, [], `${name}, ${colorScheme}`);
    if (!pictures) continue;
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      // A picture that fits its box does so a frame after the box has changed.
      const fits = inside.waitForFunction((most) => document.documentElement.scrollWidth <= most, width, { timeout: 5000 });
      await fits.catch(() => {});
      const wide = await inside.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} px wide at ${width}`);
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png`, fullPage: width !== 1920 });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** A picture for the guide, small and always of the same size; made when somebody asks for them. */
export async function picture(page, name, at) {
  const folder = process.env.LIGAND_GUIDE_PICTURES;
  if (!folder) return;
  await page.setViewportSize({ width: 1000, height: 680 });
  await page.evaluate(() => { window.scrollTo(0, 0); if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
  await at?.evaluate((node) => node.scrollIntoView());
  const news = page.locator(".toast-area");
  await news.evaluateAll((nodes) => nodes.forEach((node) => { node.style.visibility = "hidden"; }));
  await page.screenshot({ path: `${folder}/${name}.png` });
  await news.evaluateAll((nodes) => nodes.forEach((node) => { node.style.visibility = ""; }));
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** What a person does at a simulated vendor, page after page: sign in with anything, then allow the access or deny it. */
export async function decide(popup, choice) {
  const allows = popup.locator("a.button, button").filter({ hasNotText: /^(Deny|Cancel)$/ }).first();
  const denies = popup.getByRole("button", { name: "Deny", exact: true });
  for (let pages = 0; pages < 5 && !popup.isClosed(); pages++) {
    // Our own callback ends the way, and the page that waits may close the window at any moment.
    const at = await allows.waitFor({ timeout: 15_000 }).then(() => popup.url(), () => "");
    if (at === "" || at.startsWith(baseUrl)) return;
    for (const field of await popup.locator("input:visible").all()) await field.fill("someone@example.com");
    const signsIn = (await popup.locator("input[type=password]").count()) > 0;
    const button = choice === "Deny" && !signsIn && (await denies.count()) > 0 ? denies : allows;
    await Promise.all([popup.waitForEvent("framenavigated").catch(() => {}), button.click()]).catch(() => {});
    await popup.waitForLoadState().catch(() => {});
    if (popup.isClosed() || popup.url().startsWith(baseUrl)) return;
  }
}

/** A call of the API, with the first customer's secrets. */
export async function api(method, path, body, expected = 200) {
  const answer = await fetch(`${baseUrl}/elements/api-v2${path}`, {
    method,
    headers: {
      authorization: `User ${credentials.userSecret}, Organization ${credentials.organizationSecret}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  assert.equal(answer.status, expected, `${method} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** Signs in for the first time, which asks for a password of one's own. */
export async function signIn(page, password = "a password of my own") {
  await page.goto(`${baseUrl}/console`);
  await page.getByLabel("E-mail").fill(credentials.email);
  await page.getByLabel("Password").fill(credentials.password);
  await page.keyboard.press("Enter");
  await page.getByLabel("Present password").fill(credentials.password);
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByLabel("New password again").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("heading", { name: "Catalog" }).waitFor();
}

/** Connects an account as an application does, the vendor agreeing at once. */
export async function consentByApi(element, name) {
  const application = { apiKey: "our-app", apiSecret: "s3cret-of-our-app", callbackUrl: "https://app.example/callback" };
  const query = new URLSearchParams({ ...application, state: element });
  const { oauthUrl } = await api("GET", `/elements/${element}/oauth/url?${query}`);
  const answer = await fetch(`${oauthUrl}&sandbox_decision=approve`, { redirect: "manual" });
  const code = new URL(answer.headers.get("location")).searchParams.get("code");
  const configuration = { "oauth.api.key": application.apiKey, "oauth.api.secret": application.apiSecret, "oauth.callback.url": application.callbackUrl };
  return await api("POST", "/instances", { element: { key: element }, name, providerData: { code }, configuration });
}

export async function done() {
  await browser.close();
  assert.deepEqual(complaints, [], "the browser complained");
  assert.deepEqual(outside, [], "somebody else was asked");
  console.log(`${steps.length} journeys`);
}
