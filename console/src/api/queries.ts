import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, list, Refusal } from "./client";
import type { ApiKey, Application, Count, Counted, CustodyEntry, Element, ElementSummary, Hub, Instance, InstanceEntry, Metadata, Organization, UsageRow } from "./types";

/** The rows of the catalog, one page of it or many. */
export const elements = queryOptions({
  queryKey: ["elements"],
  staleTime: 60_000,
  queryFn: async () => {
    const all: ElementSummary[] = [];
    let next = "";
    do {
      const page = await call<ElementSummary[], "getElements">("getElements", { query: { abridged: true, nextPage: next } });
      all.push(...page.data);
      next = page.next;
    } while (next);
    return all;
  },
});

export const hubs = queryOptions({
  queryKey: ["hubs"],
  staleTime: 60_000,
  queryFn: async () => (await call<Hub[], "getHubs">("getHubs", {})).data,
});

export const element = (key: string) =>
  queryOptions({
    queryKey: ["element", key],
    staleTime: 60_000,
    queryFn: async () => (await call<Element, "getElementsByKeyOrId">("getElementsByKeyOrId", { path: { keyOrId: key } })).data,
  });

/** What is known of an element beside its definition. */
export const metadata = (key: string) =>
  queryOptions({
    queryKey: ["element", key, "metadata"],
    staleTime: 60_000,
    queryFn: async () => (await call<Metadata, "getElementsByKeyOrIdMetadata">("getElementsByKeyOrIdMetadata", { path: { keyOrId: key } })).data,
  });

/** How an application is registered at the vendor, as the element's own page says it. */
export const guide = (key: string) =>
  queryOptions({
    queryKey: ["guide", key],
    staleTime: Infinity,
    queryFn: async () => {
      const response = await fetch(`/console/guides/${encodeURIComponent(key)}.md`);
      return response.ok ? await response.text() : "";
    },
  });

/** The registered application of an element; null when there is none. */
export const application = (key: string) =>
  queryOptions({
    queryKey: ["application", key],
    queryFn: async () => {
      try {
        return (await call<Application, "getElementsByKeyOrIdApplication">("getElementsByKeyOrIdApplication", { path: { keyOrId: key } })).data;
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return null;
        throw error;
      }
    },
  });

export const applications = queryOptions({
  queryKey: ["applications"],
  queryFn: async () => (await list<Application, "getApplications">("getApplications", {})).data,
});

export interface InstanceSearch {
  q?: string | undefined;
  element?: string | undefined;
  tag?: string | undefined;
  status?: string | undefined;
}

const PAGE = 50;

export const instances = (search: InstanceSearch, next: string) =>
  queryOptions({
    queryKey: ["instances", search, next],
    queryFn: ({ signal }) => {
      const query = { searchText: search.q, tags: search.tag, status: search.status, pageSize: PAGE, nextPage: next, hydrate: false };
      return search.element
        ? list<Instance, "getElementsByKeyOrIdInstances">("getElementsByKeyOrIdInstances", { path: { keyOrId: search.element }, query, signal })
        : list<Instance, "getInstances">("getInstances", { query, signal });
    },
  });

export const count = queryOptions({
  queryKey: ["instances", "count"],
  queryFn: async () => (await call<Count, "getInstancesCount">("getInstancesCount", {})).data,
});

export const instance = (id: string) =>
  queryOptions({
    queryKey: ["instance", id],
    // Any call of it may have changed how it is.
    staleTime: 0,
    queryFn: async () => (await call<Instance, "getInstancesById">("getInstancesById", { path: { id } })).data,
  });

export const configuration = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "configuration"],
    queryFn: async () => (await list<InstanceEntry, "getInstancesByIdConfiguration">("getInstancesByIdConfiguration", { path: { id } })).data,
  });

/** Entries of a record that are read at once. */
const CUSTODY_PAGE = 10;

/** The record of an instance's credential, newest first, a page at a time. */
export const custody = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["instance", id, "custody"],
    // Calls and renewals write to it while one looks.
    staleTime: 0,
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ signal, pageParam }) => {
      const query = { order: "desc", pageSize: CUSTODY_PAGE, after: pageParam };
      return (await list<CustodyEntry, "getInstancesByIdCustody">("getInstancesByIdCustody", { path: { id }, query, signal })).data;
    },
    // Entries are numbered from 1, without gaps.
    getNextPageParam: (last) => {
      const number = last.at(-1)?.number ?? 1;
      return number > 1 ? number : undefined;
    },
  });

/** The newest renewal of an instance's access, if there was one. */
export const renewal = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "custody", "renewal"],
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const query = { event: "refreshed", order: "desc", pageSize: 1 };
      const { data } = await list<CustodyEntry, "getInstancesByIdCustody">("getInstancesByIdCustody", { path: { id }, query, signal });
      return data.at(0) ?? null;
    },
  });

/** The entries that name a host that received an instance's credential. */
export const hosts = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "custody", "hosts"],
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const query = { event: "host" };
      return (await list<CustodyEntry, "getInstancesByIdCustody">("getInstancesByIdCustody", { path: { id }, query, signal })).data;
    },
  });

export interface UsageSearch {
  q?: string | undefined;
  status?: string | undefined;
  element?: string | undefined;
  instance?: string | undefined;
}

export const usage = (search: UsageSearch, next: string, pageSize = 50) =>
  queryOptions({
    queryKey: ["usage", search, next, pageSize],
    staleTime: 0,
    // Calls arrive while one looks; older pages stay as they are.
    refetchInterval: next === "" ? 5000 : false,
    queryFn: ({ signal }) =>
      list<UsageRow, "getUsage">("getUsage", {
        query: { searchText: search.q, status: search.status, keys: search.element, instanceId: search.instance, pageSize, nextPage: next },
        signal,
      }),
  });

/** Spans over which calls are counted. */
export const SPANS = {
  day: { words: "Last day", interval: "hour", ms: 23 * 3_600_000 },
  week: { words: "Last week", interval: "day", ms: 6 * 86_400_000 },
} as const;
export type Span = keyof typeof SPANS;

/** Calls over time; none at all is an empty list. */
export const counted = (span: Span) =>
  queryOptions({
    queryKey: ["usage", "counted", span],
    staleTime: 0,
    refetchInterval: 15_000,
    queryFn: async ({ signal }) => {
      const { interval, ms } = SPANS[span];
      const query = { interval, from: new Date(Date.now() - ms).toISOString() };
      return (await list<Counted, "getUsageAnalyticsStatuses">("getUsageAnalyticsStatuses", { query, signal })).data;
    },
  });

export const usageCall = (requestId: string) =>
  queryOptions({
    queryKey: ["usage", requestId],
    queryFn: async () => (await call<UsageRow, "getUsageByRequestId">("getUsageByRequestId", { path: { requestId } })).data,
  });

export const organization = queryOptions({
  queryKey: ["organization"],
  queryFn: async () => (await call<Organization, "getOrganizationsMe">("getOrganizationsMe", {})).data,
});

export const apiKeys = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async () => (await list<ApiKey, "getApiKeys">("getApiKeys", {})).data,
});
