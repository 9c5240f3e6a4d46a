import { createRootRoute, createRoute, redirect } from "@tanstack/react-router";

const text = (value: unknown): string | undefined => {
  const words = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return words === "" ? undefined : words;
};

/** The named parameters of an address that are texts. */
function texts<Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>) => {
    const found: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = text(search[name]);
      if (value !== undefined) found[name] = value;
    }
    return found;
  };
}

export const root = createRootRoute();

const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path });

export const catalogRoute = createRoute({ ...at("/catalog"), validateSearch: texts("q", "hub") });
export const elementRoute = createRoute({ ...at("/catalog/$key"), validateSearch: texts("tab", "call", "instance") });
export const connectRoute = createRoute({ ...at("/connect/$key"), validateSearch: texts("instance") });
export const instancesRoute = createRoute({ ...at("/instances"), validateSearch: texts("q", "element", "tag", "status") });
export const instanceRoute = createRoute(at("/instances/$id"));
export const mapperRoute = createRoute({ ...at("/instances/$id/map"), validateSearch: texts("object", "level") });
export const applicationsRoute = createRoute({ ...at("/applications"), validateSearch: texts("element") });
export const usageRoute = createRoute({ ...at("/usage"), validateSearch: texts("q", "status", "element", "instance") });
export const callRoute = createRoute(at("/usage/$requestId"));

export const accountRoute = createRoute(at("/account"));
export const organizationRoute = createRoute(at("/organization"));
export const keysRoute = createRoute(at("/api-keys"));
export const homeRoute = createRoute({ ...at("/"), beforeLoad: () => { throw redirect({ to: "/catalog" }); } });
