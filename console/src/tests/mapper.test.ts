import { describe, expect, it } from "vitest";
import { begin, changes, faultOf, inherited, inheriting, lineOf, passesOn, passingOn, suggested, toBody, wrong, type Draft } from "../mapper/draft";
import { readable, says } from "../pages/Usage";
import { excerpt, lines } from "../ui/lines";

const draft = (more: Partial<Draft> = {}): Draft => ({ vendorName: "contacts", fields: [{ path: "mail", vendorPath: "Email", type: "string" }], settings: [], script: "", ...more });

describe("a level's mapping", () => {
  it("begins with what the level has itself, not with what it inherits", () => {
    const own = { vendorName: "contacts", fields: [{ path: "a", vendorPath: "A", level: "organization" as const }, { path: "b", vendorPath: "B", level: "instance" as const }], configuration: [{ type: "inherit" }] };
    expect(begin(own, null, "instance").fields.map(({ path }) => path)).toEqual(["b"]);
  });

  it("begins empty below another, taking what that one has; without one nothing passes unmapped", () => {
    const above = { vendorName: "contacts", fields: [{ path: "a", vendorPath: "A" }] };
    const begun = begin(null, above, "instance");
    expect(begun.vendorName).toBe("contacts");
    expect(inherited(begun, above).map(({ path }) => path)).toEqual(["a"]);
    expect(inherited({ ...begun, fields: [{ path: "a" }] }, above)).toEqual([]);
    expect(inherited(inheriting(begun, false), above)).toEqual([]);
    expect(passesOn(begin(null, null, "instance"))).toBe(false);
    expect(passesOn(passingOn(begun, true))).toBe(true);
    expect(passesOn(draft())).toBe(true);
  });

  it("keeps members and settings that it does not know", () => {
    const field = { path: " mail ", vendorPath: "Email", configuration: [{ type: "defaultValue" }], associatedId: 7, level: "instance" as const };
    const body = toBody(draft({ fields: [field], settings: [{ type: "addToDocumentation" }], script: "done(transformedObject)" }), { vendorName: "x", script: { body: "", origin: "kept" } });
    expect(body).toEqual({
      vendorName: "contacts",
      fields: [{ path: "mail", vendorPath: "Email", configuration: [{ type: "defaultValue" }] }],
      configuration: [{ type: "addToDocumentation" }],
      script: { mimeType: "application/javascript", origin: "kept", body: "done(transformedObject)" },
    });
  });

  it("says what is wrong with a field before anybody is asked", () => {
    const of = (path: string, vendorPath: string) => draft({ fields: [...draft().fields, { path, vendorPath }] });
    expect(faultOf(of("", "X"), 1)).toMatch(/needs a name/);
    expect(faultOf(of("mail ", "X"), 1)).toMatch(/already/);
    expect(faultOf(of("other", " "), 1)).toMatch(/Say where/);
    expect(faultOf({ ...of("other", ""), script: "x" }, 1)).toBeUndefined();
    expect(wrong(draft())).toBeUndefined();
    expect(wrong(draft({ vendorName: " " }))).toMatch(/objects/);
  });
});

describe("what will change", () => {
  it("names fields that are new, gone and other, and nothing else", () => {
    const after = draft({ vendorName: "leads", fields: [{ path: "mail", vendorPath: "Mail", type: "string" }, { path: "town", vendorPath: "City" }] });
    const before = draft({ fields: [...draft().fields, { path: "gone", vendorPath: "G" }] });
    expect(changes(before, after).map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      "changed the vendor’s object: leads", "changed mail ← Mail, before ← Email", "added town ← City", "removed gone ← G",
    ]);
    expect(changes(before, before)).toEqual([]);
    expect(changes(draft(), draft({ fields: [{ path: "mail", vendorPath: "Email", type: "string", level: "instance" }] }))).toEqual([]);
  });

  it("compares scripts line by line, and gives up on what is very long", () => {
    expect(lines("a\nb\nc", "a\nx\nc").map(({ kind, text }) => `${kind} ${text}`)).toEqual(["same a", "removed b", "added x", "same c"]);
    expect(lines("", "a")).toEqual([{ kind: "added", text: "a" }]);
    const long = Array.from({ length: 2000 }, (_, line) => String(line)).join("\n");
    expect(lines(long, "a")).toHaveLength(2001);
  });

  it("leaves out what is far from a change", () => {
    const text = (changed: string) => ["1", "2", "3", "4", changed, "6", "7", "8"].join("\n");
    const shown = (before: string, after: string) => excerpt(lines(before, after), 1).map((line) => (line ? line.text : "…"));
    expect(shown(text("a"), text("b"))).toEqual(["…", "4", "a", "b", "6", "…"]);
    expect(shown("same", "same")).toEqual(["…"]);
    expect(shown("a\nx\ny", "b\nx\ny")).toEqual(["a", "b", "x", "…"]);
  });
});

it("names of ours are suggested for the vendor's", () => {
  expect(["MailingCity", "custom_field__c", "C_EmailAddress", "ID", "address.postal-code", "Größe"].map(suggested))
    .toEqual(["mailingCity", "customField", "cEmailAddress", "id", "postalCode", "größe"]);
});

it("a script's failure names its line", () => {
  expect(lineOf("The script failed: x is not defined (line 3)")).toBe(3);
  expect(lineOf("No such thing")).toBeUndefined();
});

it("what the vendor says in its own words is not said twice", () => {
  expect(says('[{"message":"no \\n such  column"}]', "no such column")).toBe(true);
  expect(says('[{"message":"no"}]', "The vendor refused it")).toBe(false);
  expect(says(undefined, "x")).toBe(false);
});

it("a vendor's JSON is read on lines of its own, and other words as they are", () => {
  expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(readable("<b>no</b>")).toBe("<b>no</b>");
  expect(readable("42")).toBe("42");
});
