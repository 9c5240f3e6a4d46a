import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import { lazy, Suspense } from "react";
import { application, element as elementQuery, guide } from "../api/queries";
import type { Element, Entry } from "../api/types";
import { useSession } from "../app/Gate";
import { elementRoute } from "../app/routes";
import { Icon } from "../ui/icons";
import { Badge, Bones, Code, Fault, Head, Monogram } from "../ui/parts";
import { ConnectLink } from "./ConnectLink";
import { TryIt } from "./TryIt";

const Definition = lazy(async () => ({ default: (await import("../definition/Definition")).Definition }));

export function ElementPage() {
  const { key } = elementRoute.useParams();
  const search = elementRoute.useSearch();
  const navigate = elementRoute.useNavigate();
  const { data, error, isPending, refetch } = useQuery(elementQuery(key));
  const tab = search.tab ?? "setup";
  return (
    <div className="page">
      <Link className="crumb" to="/catalog"><Icon name="back" size={14} /> Catalog</Link>
      {!data && <Head title={key} />}
      {isPending && <Bones rows={4} height="4rem" />}
      {error && <Fault title="This element cannot be shown." error={error} again={() => void refetch()} />}
      {data && (
        <>
          <Head
            title={<span className="titled"><Monogram element={data} size="large" /> {data.name}</span>}
            actions={
              <>
                <ConnectLink element={key} />
                <Link className="button main-action" to="/connect/$key" params={{ key }}>Connect an account</Link>
              </>
            }
          >
            {data.description}
          </Head>
          <Tabs.Root value={tab} onValueChange={(next) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}>
            <Tabs.List className="tabs" aria-label="About this element">
              {tabsOf(data).map(([value, words]) => (
                <Tabs.Trigger key={value} className="tab" value={value ?? ""}>{words}</Tabs.Trigger>
              ))}
            </Tabs.List>
            <Tabs.Content className="panel" value="setup"><SetUp element={data} /></Tabs.Content>
            <Tabs.Content className="panel" value="configuration"><Configuration entries={data.configuration} /></Tabs.Content>
            <Tabs.Content className="panel" value="resources"><TryIt element={data} /></Tabs.Content>
            {isOwn(data) && <Tabs.Content className="panel" value="definition"><Suspense fallback={<Bones rows={6} />}><Definition element={data} /></Suspense></Tabs.Content>}
          </Tabs.Root>
        </>
      )}
    </div>
  );
}

/** Whether an element is the organization's own: those of the catalog have the field's known ids. */
const isOwn = ({ id }: Element) => id >= 10_000;

const tabsOf = (element: Element): [string, string][] => [
  ["setup", "Set-up"],
  ["configuration", "Configuration"],
  ["resources", "Resources"],
  ...(isOwn(element) ? [["definition", "Definition"] as [string, string]] : []),
];

const METHODS: Record<string, string> = {
  oauth2: "OAuth 2.0",
  oauth1: "OAuth 1.0a",
  basic: "User name and password",
  apiKey: "API key",
  custom: "The element’s own",
};

function SetUp({ element }: { element: Element }) {
  const { session } = useSession();
  const registered = useQuery(application(element.key));
  const text = useQuery(guide(element.key));
  const steps = stepsOf(text.data ?? "");
  return (
    <div className="columns">
      <div className="stack">
        {steps.length > 0 && (
          <section className="card">
            <h2>At the vendor</h2>
            <ol className="guide">{steps.map((step) => <li key={step}><Inline text={step} /></li>)}</ol>
          </section>
        )}
        {element.typeOauth && (
          <section className="card stack tight">
            <h2>Callback address</h2>
            <p className="soft">Register this with the vendor’s application, so that consents given here come back.</p>
            <Code label="Callback address" wraps text={session.callbackUrl} />
          </section>
        )}
      </div>
      <section className="card stack">
        <h2>Authentication</h2>
        <dl className="facts">
          <dt>Method</dt>
          <dd>{METHODS[element.authentication.type] ?? element.authentication.type}</dd>
          <dt>Your application</dt>
          <dd>
            {registered.data ? <Badge tone="good">registered</Badge> : "none registered"}{" "}
            <Link className="small" to="/applications" search={{ element: element.key }}>
              {registered.data ? "change" : "register one"}
            </Link>
          </dd>
          {element.hosts && element.hosts.length > 0 && (<><dt>May call</dt><dd className="mono">{element.hosts.join(", ")}</dd></>)}
          {element.signupURL && (
            <>
              <dt>Vendor</dt>
              <dd><a href={safe(element.signupURL)} target="_blank" rel="noreferrer">{element.signupURL}</a></dd>
            </>
          )}
        </dl>
        {element.authentication.note && <p className="small soft">{element.authentication.note}</p>}
      </section>
    </div>
  );
}

/** Only addresses that a browser may open; an imported element could hold any. */
export function safe(url: string): string | undefined {
  return /^https?:\/\//i.test(url) ? url : undefined;
}

/** The numbered steps under the first heading about registering. */
export function stepsOf(text: string): string[] {
  const section = /^## .*regist[^\n]*\n([\s\S]*?)(?=^## |$(?![\s\S]))/im.exec(text)?.[1] ?? "";
  return [...section.matchAll(/^\d+\. (.*)$/gm)].map((match) => match[1] ?? "");
}

/** The few marks that these texts use. */
function Inline({ text }: { text: string }) {
  return text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((part, index) => {
    if (part.startsWith("**")) return <strong key={index}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("*")) return <em key={index}>{part.slice(1, -1)}</em>;
    if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
    return part;
  });
}

function Configuration({ entries }: { entries: Entry[] }) {
  const shown = entries.filter((entry) => !entry.internal);
  return (
    <div className="table-box folds">
      <table>
        <thead>
          <tr><th>Entry</th><th>What it is</th><th>Default</th></tr>
        </thead>
        <tbody>
          {shown.map((entry) => (
            <tr key={entry.key}>
              <td className="entry">
                <div className="stack tight">
                  <span><strong>{entry.name}</strong> {entry.required && <Badge>required</Badge>}</span>
                  <code className="soft wrap">{entry.key}</code>
                </div>
              </td>
              <td className="soft">{entry.description}</td>
              <td {...(entry.defaultValue ? { "data-label": "Default" } : {})}><code className="wrap">{entry.defaultValue ?? ""}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
