import { Link } from "@tanstack/react-router";

const places = [
  { to: "/account", words: "Account" },
  { to: "/organization", words: "Organization" },
  { to: "/api-keys", words: "API keys" },
] as const;

/** Where one is among the settings. */
export function SettingsNav() {
  return (
    <nav className="tabs" aria-label="Settings">
      {places.map(({ to, words }) => <Link key={to} to={to} className="tab link">{words}</Link>)}
    </nav>
  );
}
