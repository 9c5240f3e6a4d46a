import { queryOptions } from "@tanstack/react-query";
import { platform, Refusal, tryCall } from "../api/client";
import type { OperationId } from "../api/operations";
import type { Field, Level, Transformation } from "./draft";

/** The levels that the console writes. */
export type Written = Exclude<Level, "system">;

/** Those that stand above one, nearest first. */
const ABOVE: Record<Written, Written[]> = { instance: ["account", "organization"], account: ["organization"], organization: [] };

const OPERATIONS: Record<Written, { of: OperationId; make: OperationId; replace: OperationId; names: OperationId; defined: OperationId; define: OperationId; redefine: OperationId }> = {
  organization: {
    of: "getOrganizationsElementsByKeyOrIdTransformationsByObjectName",
    make: "postOrganizationsElementsByKeyOrIdTransformationsByObjectName",
    replace: "putOrganizationsElementsByKeyOrIdTransformationsByObjectName",
    names: "getOrganizationsObjectsDefinitions",
    defined: "getOrganizationsObjectsByObjectNameDefinitions",
    define: "postOrganizationsObjectsByObjectNameDefinitions",
    redefine: "putOrganizationsObjectsByObjectNameDefinitions",
  },
  account: {
    of: "getAccountsByAccountIdElementsByKeyOrIdTransformationsByObjectName",
    make: "postAccountsByAccountIdElementsByKeyOrIdTransformationsByObjectName",
    replace: "putAccountsByAccountIdElementsByKeyOrIdTransformationsByObjectName",
    names: "getAccountsByAccountIdObjectsDefinitions",
    defined: "getAccountsByAccountIdObjectsByObjectNameDefinitions",
    define: "postAccountsByAccountIdObjectsByObjectNameDefinitions",
    redefine: "putAccountsByAccountIdObjectsByObjectNameDefinitions",
  },
  instance: {
    of: "getInstancesByIdTransformationsByObjectName",
    make: "postInstancesByIdTransformationsByObjectName",
    replace: "putInstancesByIdTransformationsByObjectName",
    names: "getInstancesByIdObjectsDefinitions",
    defined: "getInstancesByIdObjectsByObjectNameDefinitions",
    define: "postInstancesByIdObjectsByObjectNameDefinitions",
    redefine: "putInstancesByIdObjectsByObjectNameDefinitions",
  },
};

/** The connected account whose fields are mapped, and the platform's account that it belongs to. */
export interface Of {
  instance: number;
  element: string;
  elementName: string;
  account: number;
  accountName: string;
}

export interface Target extends Of {
  name: string;
  level: Written;
}

/** For whom a level counts, in words that fit into a sentence. */
export function whose(level: Level, { elementName, accountName }: Of): string {
  switch (level) {
    case "system": return "everybody, ready-made";
    case "organization": return `every account of ${elementName}`;
    case "account": return `the accounts of ${elementName} in ${accountName}`;
    case "instance": return "this account alone";
  }
}

interface Definition {
  fields: { path: string; type?: string }[];
}

/** An answer, or null for what is not there. */
async function found<T>(id: OperationId, path: Record<string, string | number>): Promise<T | null> {
  try {
    return (await platform<T>(id, { path })).data;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

const variables = ({ instance, element, account, name }: Of & { name: string }) => ({ id: instance, keyOrId: element, accountId: account, objectName: name });

/** The platform's account of an instance, for its name. */
export const account = (id: number) =>
  queryOptions({
    queryKey: ["account", id],
    staleTime: 60_000,
    queryFn: async () => (await platform<{ name: string }>("getAccountsByAccountId", { path: { accountId: id } })).data,
  });

/** The names that any level of an instance knows. */
export const names = (of: Of) =>
  queryOptions({
    queryKey: ["mapping", "names", of.instance],
    queryFn: async () => {
      const path = variables({ ...of, name: "" });
      const levels = await Promise.all(Object.values(OPERATIONS).map((level) => found<Record<string, Definition>>(level.names, path)));
      return [...new Set(levels.flatMap((level) => Object.keys(level ?? {})))].sort();
    },
  });

/** What a level says of a name, and the nearest one above it. */
export const mapping = (target: Target) =>
  queryOptions({
    queryKey: ["mapping", target],
    staleTime: 0,
    refetchOnMount: "always",
    queryFn: async () => {
      const at = (level: Written) => found<Transformation>(OPERATIONS[level].of, variables(target));
      const own = await at(target.level);
      let above: Transformation | null = null;
      for (const level of ABOVE[target.level]) above ??= await at(level);
      return { own, above };
    },
  });

async function readJson<T>(instance: number, path: string): Promise<T> {
  const answer = await tryCall(instance, "GET", path);
  const value = answer.body ? (JSON.parse(answer.body) as T & { message?: string; providerMessage?: string; requestId?: string }) : undefined;
  if (answer.status >= 400) throw new Refusal(answer.status, value?.message ?? `The call was answered ${answer.status}.`, value?.providerMessage ?? "", value?.requestId ?? "");
  return value as T;
}

/** The vendor's objects, as the account has them. */
export const objects = (instance: number) =>
  queryOptions({
    queryKey: ["mapping", "objects", instance],
    staleTime: 60_000,
    queryFn: async () => await readJson<string[]>(instance, "/objects"),
  });

export interface VendorField {
  vendorPath: string;
  type: string;
  label: string;
}

/** The fields of one of them, from the vendor itself where it tells them. */
export const vendorFields = (instance: number, object: string) =>
  queryOptions({
    queryKey: ["mapping", "fields", instance, object],
    staleTime: 60_000,
    enabled: object !== "",
    queryFn: async () => {
      const { fields } = await readJson<{ fields: Record<string, unknown>[] }>(instance, `/objects/${encodeURIComponent(object)}/metadata`);
      const text = (value: unknown) => (typeof value === "string" ? value : "");
      return fields
        .map((field): VendorField => ({ vendorPath: text(field["vendorPath"]) || text(field["path"]), type: text(field["type"]), label: text(field["vendorDisplayName"]) || text(field["displayName"]) }))
        .filter(({ vendorPath }) => vendorPath !== "")
        .sort((a, b) => a.vendorPath.localeCompare(b.vendorPath));
    },
  });

/** A real record of an object, the first that the account has. */
export async function record(instance: number, object: string): Promise<unknown> {
  const answer = await readJson<unknown>(instance, `/${encodeURIComponent(object)}?pageSize=1`);
  return Array.isArray(answer) ? (answer as unknown[])[0] : answer;
}

export type Direction = "GET" | "POST";

/** What becomes of a record by a mapping that is not kept. */
export async function tried(target: Target, body: Record<string, unknown>, payload: unknown, method: Direction): Promise<unknown> {
  const path = { objectName: target.name };
  const asked = { payload, method, instanceId: target.instance, level: target.level, transformation: body };
  return (await platform<unknown>("postTransformationsByObjectNameExecute", { path, body: asked })).data;
}

/** Keeps a mapping: first the fields that nothing defines yet, then where the vendor keeps them. */
export async function keep(target: Target, body: Record<string, unknown>, isThere: boolean): Promise<void> {
  const ids = OPERATIONS[target.level];
  const path = variables(target);
  const defined = await Promise.all([target.level, ...ABOVE[target.level]].map((level) => found<Definition>(OPERATIONS[level].defined, path)));
  const own = defined[0];
  const known = new Set(defined.flatMap((level) => level?.fields ?? []).map((field) => field.path));
  const fresh = (body["fields"] as Field[]).filter((field) => !known.has(field.path)).map(({ path: name, type }) => ({ path: name, type: type ?? "string" }));
  if (defined.every((level) => level === null)) await platform(ids.define, { path, body: { fields: fresh } });
  else if (fresh.length > 0) await platform(own ? ids.redefine : ids.define, { path, body: { fields: [...(own?.fields ?? []), ...fresh] } });
  await platform(isThere ? ids.replace : ids.make, { path, body });
}
