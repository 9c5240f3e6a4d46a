import { useState, type ReactNode } from "react";
import type { Element, Entry } from "../api/types";
import { Field, TextField } from "../ui/parts";

/** Entries that the vendor's application fills. */
const OF_APPLICATION = new Set(["oauth.api.key", "oauth.api.secret", "oauth.callback.url", "oauth.scope"]);

/** How an account of this element is connected. */
export type Way = "consent" | "form";

/** With a consent page at the vendor, or by what is typed here: some vendors' "consent" only comes straight back. */
export function wayOf(element: Element): Way {
  const url = element.authentication.authorizeUrl ?? "";
  return element.typeOauth && url !== "" && !url.startsWith("{redirect_uri}") ? "consent" : "form";
}

export interface Asked {
  main: Entry[];
  more: Entry[];
}

/** What is asked of the person: what must be given first, the rest on demand. */
export function asked(element: Element): Asked {
  const open = element.configuration.filter((entry) => {
    if (entry.internal || entry.hideFromConsole) return false;
    if (entry.key === "oauth.callback.url") return false;
    return wayOf(element) === "form" || !OF_APPLICATION.has(entry.key);
  });
  const first = (entry: Entry) => Boolean(entry.required) || entry.key === "site.address" || entry.key === "subdomain";
  return { main: open.filter(first), more: open.filter((entry) => !first(entry)) };
}

const isSecret = (entry: { type: string; key: string }) => entry.type === "PASSWORD" || /secret|password|token$/.test(entry.key);

/** What is wrong with a value, as it is typed; nothing for what will do. */
export function faultOf(entry: Pick<Entry, "key" | "name" | "type" | "required">, value: string): string | undefined {
  if (value.trim() === "") return entry.required ? `${entry.name} is needed.` : undefined;
  if (/\.url$|\.address$/.test(entry.key) && !/^https?:\/\/[^\s/]+/i.test(value)) return "An address begins with https://";
  const limit = /^TEXTFIELD_(\d+)$/.exec(entry.type)?.[1];
  if (limit && [...value].length > Number(limit)) return `At most ${limit} characters.`;
  return undefined;
}

/** The values that say something: given, and not the default. */
export function given(entries: Entry[], values: Record<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const value = (values[entry.key] ?? "").trim();
    if (value !== "" && value !== entry.defaultValue) found[entry.key] = value;
  }
  return found;
}

/** The names by which `oauth/url` knows what it does not call by its key. */
export function consentParameters(configuration: Record<string, string>): Record<string, string> {
  const names: Record<string, string> = { "site.address": "siteAddress" };
  return Object.fromEntries(Object.entries(configuration).map(([key, value]) => [names[key] ?? key, value]));
}

/** Entries shown at a time; beyond, they are searched. */
const AT_ONCE = 50;

type Known = Pick<Entry, "key" | "name">;

/** Those whose name or key holds what is sought. */
export function fitting<E extends Known>(entries: E[], sought: string): E[] {
  const words = sought.trim().toLowerCase();
  return words ? entries.filter(({ key, name }) => `${name} ${key}`.toLowerCase().includes(words)) : entries;
}

/** Entries, few of them at a time: there may be ten thousand. */
export function Searched<E extends Known>({ entries, children }: { entries: E[]; children: (shown: E[]) => ReactNode }) {
  const [sought, setSought] = useState("");
  const fits = fitting(entries, sought);
  return (
    <div className="stack">
      {entries.length > AT_ONCE && (
        <TextField label="Find a setting" type="search" value={sought} autoComplete="off"
          help={fits.length > AT_ONCE ? `${AT_ONCE} of ${fits.length} are shown.` : fits.length === 0 ? "None is called that." : undefined}
          onChange={(event) => setSought(event.target.value)} />
      )}
      {children(fits.slice(0, AT_ONCE))}
    </div>
  );
}

/** What few people need: shown on demand, and searched when there is much of it. */
export function More<E extends Known>({ label, entries, children }: {
  label: string;
  entries: E[];
  children: (entry: E) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  if (entries.length === 0) return null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open && (
        <div style={{ marginTop: "1rem" }}>
          <Searched entries={entries}>{(shown) => shown.map(children)}</Searched>
        </div>
      )}
    </details>
  );
}

/** One entry as a control of its kind. */
export function EntryField({ entry, value, fault, change }: {
  entry: Pick<Entry, "key" | "name" | "description" | "type" | "required" | "defaultValue">;
  value: string;
  fault?: string | undefined;
  change: (value: string) => void;
}) {
  const common = { label: entry.name, help: entry.description, fault, required: entry.required ?? false };
  if (entry.type === "BOOLEAN") {
    return (
      <Field {...common} required={true}>
        {(attributes) => (
          <select {...attributes} className="input" value={value || entry.defaultValue || "false"} onChange={(event) => change(event.target.value)}>
            <option value="true">Yes</option>
            <option value="false">No</option>
          </select>
        )}
      </Field>
    );
  }
  if (entry.type === "TEXTAREA") {
    return (
      <Field {...common}>
        {(attributes) => (
          <textarea {...attributes} className="input mono" spellCheck={false} value={value} placeholder={entry.defaultValue}
            onChange={(event) => change(event.target.value)} />
        )}
      </Field>
    );
  }
  return (
    <TextField {...common} type={isSecret(entry) ? "password" : "text"} autoComplete="off" spellCheck={false} value={value}
      placeholder={entry.defaultValue} onChange={(event) => change(event.target.value)} />
  );
}
