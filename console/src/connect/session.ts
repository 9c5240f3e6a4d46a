import { refusal, unreachable } from "../api/refusal";
import type { Entry } from "../api/types";

/** What is asked of the person, for one element. */
export interface Offer {
  key: string;
  name: string;
  description: string;
  way: "consent" | "form";
  fields: (Entry & { secret: boolean })[];
  /** Names of the objects that are read, and of those that are changed too. */
  reads: string[];
  changes: string[];
}

export interface Session {
  session: number;
  key: string;
  organization: { name: string; accent: string; logo: string };
  elements: Offer[];
  expires: string;
  sandbox: boolean;
  name?: string;
  instance?: { name: string };
  returnUrl?: string;
}

export interface Made {
  id: number;
  name: string;
}

// In memory only; a cookie that no script sees repeats it where the browser allows one.
let key = "";

export async function ask<T>(what: "open" | "consents" | "progress" | "finish", body: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/connect/api/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...(key ? { "x-connect-key": key } : {}) },
      credentials: "same-origin",
      cache: "no-store",
      body: JSON.stringify(body),
    });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** The secret part of the link, which leaves the address as soon as it is read. */
export function takeToken(): string | undefined {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token || undefined;
}

export async function open(token: string | undefined): Promise<Session> {
  const session = await ask<Session>("open", token ? { token } : {});
  key = session.key;
  return session;
}

/** Sends the window of this name to the vendor, by a form: the key must not stand in an address. */
export function leave(target: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/connect/vendor";
  form.target = target;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "key";
  field.value = key;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}
