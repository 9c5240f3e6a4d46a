import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import { Fragment, useMemo, useState, type FormEvent } from "react";
import { fill, queryText, tryCall, type Tried } from "../api/client";
import { instances as instancesQuery, metadata } from "../api/queries";
import type { Element, Instance, Parameter, Proof, Resource } from "../api/types";
import { useSession } from "../app/Gate";
import { elementRoute } from "../app/routes";
import { Editor, Reader } from "../ui/Editor";
import { Badge, Bones, Button, Code, Copy, Day, Empty, Fault, Field, TextField } from "../ui/parts";
import { Explained } from "./Explained";
import { samples } from "./samples";
import { useSubmit } from "./SignIn";

const HINTS: Record<string, string> = {
  where: "LastName = 'Young'",
  fields: "Id,Name",
  orderBy: "Name asc",
  pageSize: "5",
  page: "1",
};

export const nameOf = (resource: Resource) => `${resource.method} ${resource.path}`;

/** The calls that people make, shortest path first and reading before writing. */
export function callable(element: Element): Resource[] {
  const order = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  return element.resources
    .filter((resource) => resource.type === "api")
    .sort((a, b) => a.path.localeCompare(b.path) || order.indexOf(a.method) - order.indexOf(b.method));
}

/** A path that is broken at its slashes where it does not fit. */
function Path({ text }: { text: string }) {
  return text.split(/(?=\/)/).map((segment, index) => <Fragment key={index}>{index > 0 && <wbr />}{segment}</Fragment>);
}

/** What was seen of a call; proofs name it without its hub. */
export function proofOf(resource: Pick<Resource, "method" | "path">, proven: Proof[]): Proof | undefined {
  const call = `${resource.method} ${resource.path.replace(/^\/hubs\/[^/]+/, "")}`;
  return proven.find((proof) => proof.resource === call);
}

/** Whether a call has been seen to work, and with whom. */
function Proven({ proof }: { proof: Proof | undefined }) {
  if (!proof) return <span><Badge tone="warn">not proven</Badge> <span className="soft small">nobody has tried this call yet</span></span>;
  const live = proof.status === "live-verified";
  return (
    <span>
      {live ? <Badge tone="good">proven</Badge> : <Badge>proven</Badge>}{" "}
      <span className="soft small">{live ? "with the vendor itself" : "with a simulated vendor"}, <Day date={proof.date} /></span>
    </span>
  );
}

export function TryIt({ element }: { element: Element }) {
  const search = elementRoute.useSearch();
  const navigate = elementRoute.useNavigate();
  const calls = useMemo(() => callable(element), [element]);
  const [filter, setFilter] = useState("");
  const shown = calls.filter((resource) => `${nameOf(resource)} ${resource.description ?? ""}`.toLowerCase().includes(filter.toLowerCase()));
  const chosen = calls.find((resource) => nameOf(resource) === search.call)
    ?? calls.find((resource) => resource.method === "GET" && !resource.path.includes("{") && !resource.path.endsWith("/ping"))
    ?? calls[0];
  const instances = useQuery(instancesQuery({ element: element.key }, ""));
  const known = useQuery(metadata(element.key));
  const proven = known.data?.proven;
  const seen = proven && calls.filter((resource) => proofOf(resource, proven)).length;

  if (calls.length === 0) return <Empty title="No resources">This element has no calls of its own.</Empty>;
  return (
    <div className="calls">
      <div className="stack tight">
        <TextField label="Find a call" type="search" value={filter} onChange={(event) => setFilter(event.target.value)}
          help={seen === undefined ? undefined : `${seen} of ${calls.length} calls are proven.`} />
        <div className="call-list" role="group" aria-label="Calls">
          {shown.map((resource) => (
            <button key={nameOf(resource)} type="button" aria-current={resource === chosen}
              onClick={() => void navigate({ search: (old) => ({ ...old, call: nameOf(resource) }), replace: true })}>
              <span className={`method ${resource.method}`}>{resource.method}</span>
              <code className="wrap"><Path text={resource.path} /></code>
            </button>
          ))}
          {shown.length === 0 && <p className="soft small" style={{ padding: "0.75rem 1rem" }}>No call fits.</p>}
        </div>
      </div>
      {chosen && (
        <section className="card stack" aria-label="Try it">
          <div className="stack tight">
            <h2 className="wrap"><span className={`method ${chosen.method}`}>{chosen.method}</span> <code><Path text={chosen.path} /></code></h2>
            {proven && <Proven proof={proofOf(chosen, proven)} />}
            {chosen.description && <p className="soft">{chosen.description}</p>}
            {chosen.note && <p className="soft small">{chosen.note}</p>}
          </div>
          {instances.isPending && <Bones rows={2} />}
          {instances.error && <Fault error={instances.error} again={() => void instances.refetch()} />}
          {instances.data?.data.length === 0 && (
            <Empty title="Connect an account to try this"
              action={<Link className="button main-action" to="/connect/$key" params={{ key: element.key }}>Connect an account</Link>}>
              Calls are real: they go to a connected account, and come back with its records.
            </Empty>
          )}
          {instances.data && instances.data.data.length > 0 && (
            <Call key={nameOf(chosen)} resource={chosen} instances={instances.data.data} preferred={search.instance} />
          )}
        </section>
      )}
    </div>
  );
}

function Call({ resource, instances, preferred }: { resource: Resource; instances: Instance[]; preferred: string | undefined }) {
  const { session } = useSession();
  const first = instances.find((instance) => String(instance.id) === preferred) ?? instances[0];
  const [instance, setInstance] = useState(String(first?.id ?? ""));
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState("{\n  \n}");
  const [sure, setSure] = useState(false);
  const [answer, setAnswer] = useState<Tried | null>(null);
  const [explanation, setExplanation] = useState<Tried | null>(null);
  const explaining = useSubmit();
  const { error, busy, run, setError } = useSubmit();

  const inPath = [...resource.path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? "");
  const parameters = (resource.parameters ?? []).filter(({ type, name }, index, all) =>
    type === "query" && all.findIndex((other) => other.name === name && other.type === "query") === index);
  const writes = resource.method !== "GET";
  const takesBody = ["POST", "PUT", "PATCH"].includes(resource.method);
  const query = Object.fromEntries(parameters.map(({ name }) => [name, values[name]]));
  const path = `${fill(resource.path, values)}${queryText(query)}`;

  const bodyOf = (): { body?: unknown } | null => {
    if (!takesBody) return {};
    try {
      return { body: JSON.parse(body) as unknown };
    } catch (fault) {
      setError(new Error(`The body is not JSON yet: ${fault instanceof Error ? fault.message : ""}`));
      return null;
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = bodyOf();
    if (given) void run(async () => setAnswer(await tryCall(Number(instance), resource.method, path, given)));
  };
  const explain = () => {
    const given = bodyOf();
    if (given) void explaining.run(async () => setExplanation(await tryCall(Number(instance), resource.method, path, { ...given, explain: true })));
  };

  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Account">
        {(attributes) => (
          <select {...attributes} className="input" value={instance} onChange={(event) => { setInstance(event.target.value); setAnswer(null); setExplanation(null); }}>
            {instances.map(({ id, name }) => <option key={id} value={id}>{name || "Unnamed"} (#{id})</option>)}
          </select>
        )}
      </Field>
      {inPath.map((name) => (
        <TextField key={name} label={name} required value={values[name] ?? ""} autoComplete="off"
          onChange={(event) => setValues({ ...values, [name]: event.target.value })} />
      ))}
      {parameters.map((parameter) => (
        <TextField key={parameter.name} label={parameter.name} required={parameter.required ?? false} autoComplete="off"
          help={parameter.description} placeholder={hint(parameter)} value={values[parameter.name] ?? ""}
          onChange={(event) => setValues({ ...values, [parameter.name]: event.target.value })} />
      ))}
      {takesBody && (
        <Editor label="Body" help="JSON, as the vendor names its fields." tongue="json" value={body} onChange={setBody} />
      )}
      {writes && (
        <label className="check small">
          <input type="checkbox" checked={sure} onChange={(event) => setSure(event.target.checked)} />
          Change the account’s real records
        </label>
      )}
      <div className="actions">
        <Button type="submit" kind="main-action" busy={busy} disabled={writes && !sure}>{busy ? "Calling…" : "Call"}</Button>
        <Button onClick={explain} busy={explaining.busy}>Explain</Button>
        <code className="soft wrap">{resource.method} {path}</code>
      </div>
      {(error ?? explaining.error) != null && <Fault error={error ?? explaining.error} />}
      {answer && <Answer answer={answer} />}
      {explanation && <Explained answer={explanation} />}
      <Samples url={`${session.apiUrl}${path}`} method={resource.method} body={takesBody ? body : ""} />
    </form>
  );
}

function hint(parameter: Parameter): string {
  return parameter.defaultValue ?? HINTS[parameter.name] ?? "";
}

/** The same call in somebody's own program. */
function Samples({ url, method, body }: { url: string; method: string; body: string }) {
  const made = samples({ url, method, body });
  return (
    <section className="stack tight">
      <h3>The same in your program</h3>
      <Tabs.Root defaultValue="curl">
        <Tabs.List className="tabs" aria-label="Languages">
          {made.map(({ name }) => <Tabs.Trigger key={name} className="tab" value={name}>{name}</Tabs.Trigger>)}
        </Tabs.List>
        {made.map(({ name, text }) => (
          <Tabs.Content key={name} className="panel close" value={name} tabIndex={-1}>
            <Code wraps label={name === "curl" ? "curl command" : `${name} program`} text={text} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
      <p className="small soft">
        The secrets are under <Link to="/account">Account</Link>; the token is the instance’s.
      </p>
    </section>
  );
}

/** Longest text that is shown, characters. */
const MOST = 500_000;

/** JSON on lines of its own; anything else, and what is very long, as it came. */
function readable(body: string): { text: string; isJson: boolean } {
  if (body.length > MOST) return { text: `${body.slice(0, MOST)}\n…`, isJson: false };
  try {
    return { text: JSON.stringify(JSON.parse(body), null, 2), isJson: true };
  } catch {
    return { text: body, isJson: false };
  }
}

export function Answer({ answer }: { answer: Tried }) {
  const { text, isJson } = readable(answer.body);
  const request = answer.headers.find(([name]) => name === "elements-request-id")?.[1];
  return (
    <section className="stack tight" aria-label="Answer" aria-live="polite">
      <div className="actions">
        <h3>Answer</h3>
        <Badge tone={answer.status < 400 ? "good" : "bad"}>{answer.status}</Badge>
        <span className="soft small">{answer.ms} ms · {new Intl.NumberFormat().format(answer.bytes)} bytes</span>
        {answer.status >= 400 && request && <Link className="small" to="/usage/$requestId" params={{ requestId: request }}>Why did this fail?</Link>}
      </div>
      {isJson
        ? <div className="code"><Reader label="Answer body" tongue="json" text={text} /><Copy text={text} /></div>
        : <Code label="Answer body" text={text || "(no body)"} />}
      <details>
        <summary className="small soft">Headers</summary>
        <dl className="facts small" style={{ marginTop: "0.5rem" }}>
          {answer.headers.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div>
          ))}
        </dl>
      </details>
    </section>
  );
}
