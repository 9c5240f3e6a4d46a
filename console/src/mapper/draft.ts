/** A mapping while it is written: what a level has, what it takes from above, what has changed, what is wrong. */

export type Level = "system" | "organization" | "account" | "instance";

export interface Setting {
  type: string;
  properties?: Record<string, unknown>;
}

/** A field of ours and where the vendor keeps it. What is not named here is kept as it came. */
export interface Field {
  path: string;
  vendorPath?: string;
  type?: string;
  level?: Level;
  [more: string]: unknown;
}

/** A transformation as the platform shows it. */
export interface Transformation {
  vendorName: string;
  fields?: Field[];
  configuration?: Setting[];
  script?: { body: string; [more: string]: unknown };
  level?: Level;
}

/** What one level says, ready to be changed. */
export interface Draft {
  vendorName: string;
  fields: Field[];
  settings: Setting[];
  script: string;
}

/** The draft of a level: what it has, else an empty one that takes what stands above it. */
export function begin(own: Transformation | null, above: Transformation | null, level: Level): Draft {
  if (own) {
    return {
      vendorName: own.vendorName,
      // An answer holds what is inherited, too, each field with its level.
      fields: (own.fields ?? []).filter((field) => (field.level ?? level) === level),
      settings: own.configuration ?? [],
      script: own.script?.body ?? "",
    };
  }
  const settings: Setting[] = above ? [{ type: "inherit" }] : [passing(false)];
  return { vendorName: above?.vendorName ?? "", fields: [], settings, script: "" };
}

const passing = (on: boolean): Setting => ({ type: "passThrough", properties: { fromVendor: on, toVendor: on } });

export const inherits = (draft: Draft) => draft.settings.some(({ type }) => type === "inherit");

export function inheriting(draft: Draft, on: boolean): Draft {
  const others = draft.settings.filter(({ type }) => type !== "inherit");
  return { ...draft, settings: on ? [...others, { type: "inherit" }] : others };
}

/** Whether what no field names passes through: it does unless a setting says that it does not. */
export const passesOn = (draft: Draft) => draft.settings.find(({ type }) => type === "passThrough")?.properties?.["fromVendor"] !== false;

export function passingOn(draft: Draft, on: boolean): Draft {
  return { ...draft, settings: [...draft.settings.filter(({ type }) => type !== "passThrough"), passing(on)] };
}

/** The fields that are taken from above: those that the draft does not have itself. */
export function inherited(draft: Draft, above: Transformation | null): Field[] {
  if (!inherits(draft)) return [];
  const own = new Set(draft.fields.map(({ path }) => path.trim()));
  return (above?.fields ?? []).filter(({ path }) => !own.has(path));
}

/** What is wrong with a field, in a sentence for whoever typed it. */
export function faultOf(draft: Draft, index: number): string | undefined {
  const field = draft.fields[index];
  if (!field) return undefined;
  const path = field.path.trim();
  if (path === "") return "The field needs a name.";
  if (draft.fields.some((other, at) => at < index && other.path.trim() === path)) return `There is a field ${path} already.`;
  if (!(field.vendorPath ?? "").trim() && draft.script.trim() === "") return "Say where the vendor keeps it, or fill it in a script.";
  return undefined;
}

/** What is wrong with the whole, or nothing. */
export function wrong(draft: Draft): string | undefined {
  if (draft.vendorName.trim() === "") return "Say which of the vendor’s objects this is.";
  return draft.fields.map((_, index) => faultOf(draft, index)).find((fault) => fault !== undefined);
}

/** The body that makes a draft a level's own. */
export function toBody(draft: Draft, own: Transformation | null): Record<string, unknown> {
  const fields = draft.fields.map(({ level: _level, associatedLevel: _of, associatedId: _id, ...kept }) => {
    const vendorPath = (kept.vendorPath ?? "").trim();
    const { vendorPath: _typed, ...rest } = kept;
    return { ...rest, path: kept.path.trim(), ...(vendorPath ? { vendorPath } : {}) };
  });
  const script = draft.script.trim() === "" ? {} : { script: { mimeType: "application/javascript", ...own?.script, body: draft.script } };
  return { vendorName: draft.vendorName.trim(), fields, configuration: draft.settings, ...script };
}

export interface Change {
  kind: "added" | "removed" | "changed";
  what: string;
}

const shownField = ({ path, vendorPath }: Field) => `${path.trim()} ← ${vendorPath?.trim() || "(script)"}`;
const comparable = ({ level: _level, associatedLevel: _of, associatedId: _id, ...field }: Field) => JSON.stringify(Object.entries(field).sort());

/** What saving will change, but for the script. */
export function changes(before: Draft, after: Draft): Change[] {
  const found: Change[] = [];
  if (before.vendorName !== after.vendorName.trim()) {
    found.push({ kind: before.vendorName ? "changed" : "added", what: `the vendor’s object: ${after.vendorName.trim()}` });
  }
  const was = new Map(before.fields.map((field) => [field.path, field]));
  const is = new Map(after.fields.map((field) => [field.path.trim(), field]));
  for (const [path, field] of is) {
    const old = was.get(path);
    if (!old) found.push({ kind: "added", what: shownField(field) });
    else if (comparable(old) !== comparable({ ...field, path })) found.push({ kind: "changed", what: `${shownField(field)}${old.vendorPath !== field.vendorPath ? `, before ← ${old.vendorPath || "(script)"}` : ""}` });
  }
  for (const [path, field] of was) if (!is.has(path)) found.push({ kind: "removed", what: shownField(field) });
  if (inherits(before) !== inherits(after)) found.push({ kind: "changed", what: inherits(after) ? "what the levels above have is taken" : "what the levels above have is not taken" });
  if (passesOn(before) !== passesOn(after)) found.push({ kind: "changed", what: passesOn(after) ? "what is not mapped is passed on" : "what is not mapped is left out" });
  return found;
}

/** A name of ours for a vendor's field: `MailingCity` becomes `mailingCity`, `custom_field__c` `customField`. */
export function suggested(vendorPath: string): string {
  const last = vendorPath.split(".").at(-1) ?? vendorPath;
  const words = last.replace(/__c$/, "").replace(/[^\p{L}\p{N}]+(.)?/gu, (_, next: string | undefined) => (next ?? "").toUpperCase());
  return /^[\p{Lu}\p{N}]+$/u.test(words) ? words.toLowerCase() : words.charAt(0).toLowerCase() + words.slice(1);
}

/** The line that a script's failure names, `… (line 3)`. */
export function lineOf(message: string): number | undefined {
  const found = /\(line (\d+)\)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
