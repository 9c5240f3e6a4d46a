import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Icon } from "../ui/icons";
import { Button } from "../ui/parts";
import { useSession } from "./Gate";

const places = [
  { to: "/catalog", icon: "catalog", words: "Catalog" },
  { to: "/instances", icon: "instances", words: "Instances" },
  { to: "/applications", icon: "applications", words: "Applications" },
  { to: "/usage", icon: "usage", words: "Usage" },
  { to: "/account", icon: "account", words: "Settings" },
] as const;

/** Pages below one place of the list. */
const SETTINGS = ["/account", "/organization", "/api-keys"];

export function Shell() {
  const { session, signOut } = useSession();
  const settings = useRouterState({ select: ({ location }) => SETTINGS.includes(location.pathname) });
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the page</a>
      <header className="side">
        <Link className="brand" to="/catalog">
          <img src="/console/mark.svg" alt="" /> Ligand
        </Link>
        <nav className="nav" aria-label="Console">
          {places.map(({ to, icon, words }) => (
            <Link key={to} to={to} {...(to === "/account" && settings ? { "data-status": "active" } : {})}>
              <Icon name={icon} /> {words}
            </Link>
          ))}
        </nav>
        <div className="side-foot">
          <div className="who">
            <span title={session.user.username}>{session.user.username}</span>
            <span className="soft">{session.user.organizationName}</span>
          </div>
          <Button size="small" onClick={() => void signOut()}>Sign out</Button>
        </div>
      </header>
      <main className="main" id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
