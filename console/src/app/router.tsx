import { createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";
import { Account } from "../pages/Account";
import { Applications } from "../pages/Applications";
import { Catalog } from "../pages/Catalog";
import { Connect } from "../pages/Connect";
import { ElementPage } from "../pages/Element";
import { InstancePage } from "../pages/Instance";
import { Instances } from "../pages/Instances";
import { Keys } from "../pages/Keys";
import { Organization } from "../pages/Organization";
import { CallPage, Usage } from "../pages/Usage";
import { Empty, Fault } from "../ui/parts";
import * as at from "./routes";
import { Shell } from "./Shell";

export const router = createRouter({
  routeTree: at.root
    .update({
      component: Shell,
      notFoundComponent: () => (
        <Empty top title="There is no such page" action={<Link className="button" to="/catalog">To the catalog</Link>} />
      ),
      errorComponent: ({ error, reset }) => <Fault title="This page failed." error={error} again={reset} />,
    })
    .addChildren([
      at.homeRoute,
      at.catalogRoute.update({ component: Catalog }),
      at.elementRoute.update({ component: ElementPage }),
      at.connectRoute.update({ component: Connect }),
      at.instancesRoute.update({ component: Instances }),
      at.instanceRoute.update({ component: InstancePage }),
      at.mapperRoute.update({ component: lazyRouteComponent(() => import("../mapper/Mapper"), "Mapper") }),
      at.applicationsRoute.update({ component: Applications }),
      at.usageRoute.update({ component: Usage }),
      at.callRoute.update({ component: CallPage }),
      at.accountRoute.update({ component: Account }),
      at.organizationRoute.update({ component: Organization }),
      at.keysRoute.update({ component: Keys }),
    ]),
  basepath: "/console",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
