import { describe, expect, it } from "vitest";
import { fill, queryText } from "../api/client";
import type { Element, Entry } from "../api/types";
import { asked, consentParameters, faultOf, fitting, given, wayOf } from "../pages/connect-form";
import { receivers, told } from "../pages/Custody";
import { safe, stepsOf } from "../pages/Element";
import { curl, python, rust, samples, typescript } from "../pages/samples";
import { proofOf } from "../pages/TryIt";
import { explained } from "../pages/Usage";

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({ key, name: key, type: "TEXTFIELD_1000", ...more });

const element = (authorizeUrl: string | undefined, configuration: Entry[], typeOauth = true): Element => ({
  id: 1, key: "x", name: "X", description: "", hub: "crm", active: true, typeOauth,
  authentication: authorizeUrl === undefined ? { type: "basic" } : { type: "oauth2", authorizeUrl },
  configuration,
  resources: [],
});

describe("what is asked", () => {
  const entries = [
    entry("oauth.callback.url", { required: true }),
    entry("oauth.api.key", { required: true }),
    entry("site.address", { defaultValue: "https://login.example" }),
    entry("filter.response.nulls", { type: "BOOLEAN" }),
    entry("oauth.user.token", { internal: true }),
    entry("pagination.max", { hideFromConsole: true }),
  ];

  it("leaves the application to its own form where the vendor has a consent page", () => {
    const found = asked(element("{oauth.authorization.url}?x", entries));
    expect(found.main.map(({ key }) => key)).toEqual(["site.address"]);
    expect(found.more.map(({ key }) => key)).toEqual(["filter.response.nulls"]);
  });

  it("asks for keys where the vendor's answer only comes straight back", () => {
    const back = element("{redirect_uri}?state={state}&code={random}", entries);
    expect(wayOf(back)).toBe("form");
    expect(asked(back).main.map(({ key }) => key)).toEqual(["oauth.api.key", "site.address"]);
    expect(wayOf(element(undefined, [], false))).toBe("form");
  });

  it("sends what says something, under the names of the vendor's page", () => {
    const values = { "site.address": "https://login.example", "filter.response.nulls": " false ", "oauth.api.key": "" };
    expect(given(entries, values)).toEqual({ "filter.response.nulls": "false" });
    expect(consentParameters({ "site.address": "https://a", other: "b" })).toEqual({ siteAddress: "https://a", other: "b" });
  });

  it("says what is wrong as it is typed", () => {
    expect(faultOf(entry("a.url"), "example.com")).toMatch(/https/);
    expect(faultOf(entry("a.url"), "https://example.com")).toBeUndefined();
    expect(faultOf(entry("a", { type: "TEXTFIELD_3" }), "😀😀😀😀")).toBe("At most 3 characters.");
    expect(faultOf(entry("a", { type: "TEXTFIELD_3" }), "😀😀😀")).toBeUndefined();
    expect(faultOf(entry("a", { required: true }), " ")).toBe("a is needed.");
  });
});

describe("addresses", () => {
  it("fills and encodes", () => {
    expect(fill("/a/{id}/b", { id: "x/y ?" })).toBe("/a/x%2Fy%20%3F/b");
    expect(queryText({ a: "1&2", b: undefined, c: "" })).toBe("?a=1%262");
    expect(queryText()).toBe("");
  });

  it("opens nothing but pages of the web", () => {
    expect(safe("javascript:alert(1)")).toBeUndefined();
    expect(safe("https://example.com")).toBe("https://example.com");
  });
});

describe("the same call in a program", () => {
  const call = { url: "http://h/a?where=Name%20%3D%20'x'", method: "POST", body: `{"a":"it's a "#quote"#"}` };

  it("survives quotes in every language", () => {
    expect(curl(call)).toContain(`-d '${call.body.replace("'", `'\\''`)}'`);
    expect(typescript(call)).toContain(`body: ${JSON.stringify(call.body)},`);
    expect(python(call)).toContain(`data=${JSON.stringify(call.body)}.encode(),`);
    expect(rust(call)).toContain(`r##"${call.body}"##`);
  });

  it("is a program that runs: JavaScript reads what TypeScript is shown", () => {
    for (const body of ["", call.body]) {
      // Parsed, not run: it would be a syntax error otherwise.
      expect(() => new Function(`return async () => { ${typescript({ ...call, body })} }`)).not.toThrow();
    }
  });

  it("holds no secret, and leaves the body out where there is none", () => {
    for (const { text } of samples({ ...call, method: "GET", body: "" })) {
      expect(text).toMatch(/USER_SECRET/);
      expect(text).not.toMatch(/Content-Type/);
    }
  });
});

it("the steps of a guide are those of its section on registering", () => {
  const text = "# X\n\n## Register the application\n\n1. One.\n2. Two.\n\n## Other\n\n1. Three.\n";
  expect(stepsOf(text)).toEqual(["One.", "Two."]);
  expect(stepsOf("# X\n")).toEqual([]);
});

it("a failed call is explained by who refused it", () => {
  expect(explained({ status: 200 })).toMatch(/well/);
  expect(explained({ status: 401, vendor_status: 401 })).toMatch(/Reconnect/);
  expect(explained({ status: 401 })).toMatch(/not asked/);
  expect(explained({ status: 502, vendor_status: 503 })).toMatch(/vendor failed/);
});

describe("what is known", () => {
  it("tells custody in sentences, and a word that it does not know as it is", () => {
    expect(told({ event: "created", detail: "a.example b.example" })).toBe("Connected; it may call a.example, b.example");
    expect(told({ event: "updated", detail: "name tags" })).toBe("Changed: name, tags");
    expect(told({ event: "mended", detail: "" })).toBe("mended");
  });

  it("names each host once, however often it stands there", () => {
    const kept = (number: number, event: string, detail: string) => ({ number, event, detail, date: "" });
    expect(receivers([kept(1, "host", "b"), kept(2, "refreshed", ""), kept(3, "host", "a"), kept(4, "host", "b")])).toEqual(["a", "b"]);
  });

  it("finds the proof of a call whatever hub it is under, and of no other", () => {
    const proven = [{ resource: "GET /contacts/{id}", status: "simulated" as const, date: "2026-11-28" }];
    expect(proofOf({ method: "GET", path: "/hubs/crm/contacts/{id}" }, proven)).toBe(proven[0]);
    expect(proofOf({ method: "GET", path: "/contacts/{id}" }, proven)).toBe(proven[0]);
    expect(proofOf({ method: "DELETE", path: "/hubs/crm/contacts/{id}" }, proven)).toBeUndefined();
    expect(proofOf({ method: "GET", path: "/hubs/crm/contacts" }, proven)).toBeUndefined();
  });

  it("seeks settings by name and key", () => {
    const entries = [entry("a.url", { name: "Address" }), entry("b", { name: "Other" })];
    expect(fitting(entries, " URL ").map(({ key }) => key)).toEqual(["a.url"]);
    expect(fitting(entries, "")).toEqual(entries);
  });
});
