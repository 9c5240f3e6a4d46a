import { operations, type OperationId } from "./operations";
import { refusal, Refusal, unreachable } from "./refusal";
import type { Session } from "./types";

export { Refusal };

/** Somebody wants to know that the session has ended: the page asks to sign in, over what was typed. */
type Listener = () => void;
const listeners = new Set<Listener>();
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// In memory only: it is worth nothing without the cookie, and nothing of it is left when the page goes.
let token = "none";
export function keepToken(session: Session | null): void {
  token = session?.csrf ?? "none";
}

type Query = Record<string, string | number | boolean | undefined>;
type Variables<P extends string> = P extends `${string}{${infer V}}${infer R}` ? V | Variables<R> : never;
type PathOf<Id extends OperationId> = (typeof operations)[Id]["path"];
type Given<Id extends OperationId> = {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
} & ([Variables<PathOf<Id>>] extends [never] ? object : { path: Record<Variables<PathOf<Id>>, string | number> });

export interface Answer<T> {
  data: T;
  /** The token of the next page; empty on the last. */
  next: string;
}

/** A query as text, empty values left out. */
export function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** `{variables}` of a path filled, encoded. */
export function fill(path: string, variables: Record<string, string | number>): string {
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(variables[name] ?? "")));
}

export async function send(method: string, path: string, body?: unknown, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
  const headers: Record<string, string> = { "x-csrf-token": token, accept: "application/json", ...more };
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (signal) init.signal = signal;
    return await fetch(`/console/api${path}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

/** One of the console's own endpoints. */
export async function own<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  if (response.status === 401 && !(method === "POST" && path === "/session")) listeners.forEach((tell) => tell());
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** A platform call by its operation id. */
export async function platform<T>(id: OperationId, given: Given<OperationId> | object = {}): Promise<Answer<T>> {
  const { path, query, body, signal } = given as {
    path?: Record<string, string | number>;
    query?: Query;
    body?: unknown;
    signal?: AbortSignal;
  };
  const operation = operations[id];
  const url = `/platform${fill(operation.path, path ?? {})}${queryText(query)}`;
  const response = await send(operation.method, url, body, signal);
  if (response.status === 401) listeners.forEach((tell) => tell());
  if (!response.ok) throw await refusal(response);
  const text = await response.text();
  const data = (text ? JSON.parse(text) : undefined) as T;
  return { data, next: response.headers.get("elements-next-page-token") ?? "" };
}

/** A typed platform call: the path's variables are demanded by their names. */
export function call<T, Id extends OperationId>(id: Id, given: Given<Id>): Promise<Answer<T>> {
  return platform<T>(id, given);
}

/** A list whose emptiness the platform says with a 404. */
export async function list<T, Id extends OperationId>(id: Id, given: Given<Id>): Promise<Answer<T[]>> {
  try {
    return await platform<T[]>(id, given);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return { data: [], next: "" };
    throw error;
  }
}

/** A call of an instance's element: everything that is shown of it. */
export interface Tried {
  status: number;
  ms: number;
  headers: [string, string][];
  body: string;
  bytes: number;
}

export interface Trying {
  body?: unknown;
  /** Not made, but shown: what the vendor would be asked. */
  explain?: boolean;
}

export async function tryCall(instance: number, method: string, path: string, { body, explain }: Trying = {}): Promise<Tried> {
  const began = performance.now();
  const more: Record<string, string> = explain ? { "elements-explain": "dry-run" } : {};
  const response = await send(method, `/instances/${instance}/call${path}`, body, undefined, more);
  const text = await response.text();
  const hidden = new Set(["content-security-policy", "x-content-type-options", "cache-control"]);
  return {
    status: response.status,
    ms: Math.round(performance.now() - began),
    headers: [...response.headers].filter(([name]) => !hidden.has(name)),
    body: text,
    bytes: new TextEncoder().encode(text).length,
  };
}
