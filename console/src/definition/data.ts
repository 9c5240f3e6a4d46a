import { queryOptions } from "@tanstack/react-query";
import { list, platform } from "../api/client";
import type { OperationId } from "../api/operations";
import type { Instance } from "../api/types";

/** A call as the builder shows it. What is not named here is kept as it came. */
export interface Stored {
  id: number;
  method: string;
  path: string;
  [more: string]: unknown;
}

export interface Hook {
  id: number;
  type: string;
  body?: string;
  [more: string]: unknown;
}

export interface Version {
  version: number;
  createdDate: string;
  instances: number;
  current: boolean;
}

/** The id of a script that is not stored yet. */
export const NEW = 0;

/** Where a script runs: at one call, or at every one. */
export interface Place {
  element: string;
  resource: Stored | undefined;
}

const OPERATIONS: Record<"every" | "one", { all: OperationId; add: OperationId; replace: OperationId; remove: OperationId }> = {
  every: {
    all: "getElementsByKeyOrIdHooks",
    add: "postElementsByKeyOrIdHooks",
    replace: "putElementsByKeyOrIdHooksByHookId",
    remove: "deleteElementsByKeyOrIdHooksByHookId",
  },
  one: {
    all: "getElementsByKeyOrIdResourcesByIdHooks",
    add: "postElementsByKeyOrIdResourcesByIdHooks",
    replace: "putElementsByKeyOrIdResourcesByIdHooksByHookId",
    remove: "deleteElementsByKeyOrIdResourcesByIdHooksByHookId",
  },
};

const operations = ({ resource }: Place) => OPERATIONS[resource ? "one" : "every"];
const variables = ({ element, resource }: Place, hookId = NEW) => ({ keyOrId: element, id: resource?.id ?? 0, hookId });

/** What stands below this changes with every version. */
export const DEFINED = "definition";

export const resources = (element: string) =>
  queryOptions({
    queryKey: [DEFINED, element, "resources"],
    queryFn: async () => (await list<Stored, "getElementsByKeyOrIdResources">("getElementsByKeyOrIdResources", { path: { keyOrId: element } })).data,
  });

export const hooks = (place: Place) =>
  queryOptions({
    queryKey: [DEFINED, place.element, "hooks", place.resource?.id ?? 0],
    staleTime: 0,
    queryFn: async () => (await list<Hook, OperationId>(operations(place).all, { path: variables(place) } as never)).data,
  });

export const versions = (element: string) =>
  queryOptions({
    queryKey: [DEFINED, element, "versions"],
    staleTime: 0,
    queryFn: async () => (await platform<Version[]>("getElementsByKeyOrIdVersions", { path: { keyOrId: element } })).data,
  });

/** The accounts that still run a former version, as far as one page of them goes. */
export const behind = (element: string, current: number) =>
  queryOptions({
    queryKey: [DEFINED, element, "behind", current],
    staleTime: 0,
    queryFn: async () => {
      const query = { pageSize: 200, hydrate: false };
      const { data } = await list<Instance, "getElementsByKeyOrIdInstances">("getElementsByKeyOrIdInstances", { path: { keyOrId: element }, query });
      return data.filter(({ elementVersion }) => (elementVersion ?? current) < current);
    },
  });

export async function saveHook(place: Place, hook: Hook, body: string): Promise<void> {
  const { all: _all, add, replace } = operations(place);
  const { id, ...members } = hook;
  await platform(id === NEW ? add : replace, { path: variables(place, id), body: { ...members, body } });
}

export async function removeHook(place: Place, id: number): Promise<void> {
  await platform(operations(place).remove, { path: variables(place, id) });
}

/** What is declared of a call, but for its scripts and its model, which a change leaves alone. */
export function declared({ id: _id, hooks: _hooks, model: _model, createdDate: _created, ...members }: Stored): string {
  return JSON.stringify(members, null, 2);
}

export async function saveResource({ element, resource }: Place, text: string): Promise<void> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (fault) {
    throw new Error(`This is not JSON yet: ${fault instanceof Error ? fault.message : ""}`, { cause: fault });
  }
  await platform("putElementsByKeyOrIdResourcesById", { path: { keyOrId: element, id: resource?.id ?? 0 }, body });
}

export async function move(element: string, id: number): Promise<void> {
  await platform("putElementsByKeyOrIdInstancesByIdVersion", { path: { keyOrId: element, id }, body: {} });
}
