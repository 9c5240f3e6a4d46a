import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type FormEvent } from "react";
import { call, own } from "../api/client";
import { configuration as configurationQuery, custody, element as elementQuery, instance as instanceQuery, renewal, usage } from "../api/queries";
import type { Instance, InstanceEntry } from "../api/types";
import { instanceRoute } from "../app/routes";
import { Icon } from "../ui/icons";
import { ConfirmByName, Switch, useSay } from "../ui/overlays";
import { Bones, Button, Empty, Fault, Head, Monogram, TextField, When } from "../ui/parts";
import { Caching } from "./Caching";
import { EntryField, faultOf, Searched } from "./connect-form";
import { ConnectLink } from "./ConnectLink";
import { Custody } from "./Custody";
import { Health } from "./Instances";
import { Reveal } from "./Reveal";
import { useSubmit } from "./SignIn";
import { Calls } from "./Usage";

const MASK = "********";

export function InstancePage() {
  const { id } = instanceRoute.useParams();
  const { data, error, isPending, refetch } = useQuery(instanceQuery(id));
  return (
    <div className="page">
      <Link className="crumb" to="/instances"><Icon name="back" size={14} /> Instances</Link>
      {!data && <Head title={`Instance ${id}`} />}
      {isPending && <Bones rows={4} height="4rem" />}
      {error && <Fault title="This instance cannot be shown." error={error} again={() => void refetch()} />}
      {data && <Shown key={data.id} instance={data} />}
    </div>
  );
}

function Shown({ instance }: { instance: Instance }) {
  const id = String(instance.id);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const [deleting, setDeleting] = useState(false);
  const name = instance.name || `#${id}`;
  const keep = (data: Instance) => {
    queries.setQueryData(instanceQuery(id).queryKey, data);
    void queries.invalidateQueries({ queryKey: ["instances"] });
    void queries.invalidateQueries({ queryKey: ["instance", id, "configuration"] });
    void queries.invalidateQueries({ queryKey: custody(id).queryKey });
  };
  const enabling = useMutation({
    mutationFn: async (on: boolean) =>
      (await call<Instance, "putInstancesByIdEnabled" | "deleteInstancesByIdEnabled">(
        on ? "putInstancesByIdEnabled" : "deleteInstancesByIdEnabled", { path: { id } })).data,
    onSuccess: (data) => {
      keep(data);
      say(data.disabled ? "The instance is disabled: its calls are refused." : "The instance is enabled.");
    },
  });
  const recent = useQuery(usage({ instance: id }, "", 10));
  const renewed = useQuery(renewal(id));

  return (
    <>
      <Head
        title={<span className="titled"><Monogram element={instance.element} size="large" /> <bdi className="wrap">{name}</bdi></span>}
        actions={
          <>
            <Link className="button" to="/catalog/$key" params={{ key: instance.element.key }} search={{ tab: "resources", instance: id }}>Try calls</Link>
            <Link className="button" to="/instances/$id/map" params={{ id }}>Map fields</Link>
            <Link className="button" to="/connect/$key" params={{ key: instance.element.key }} search={{ instance: id }}>Reconnect</Link>
            <ConnectLink element={instance.element.key} instance={instance.id} />
          </>
        }
      />
      {!instance.valid && !instance.disabled && (
        <div className="note bad" role="status">
          <strong>The vendor no longer accepts this account’s credential.</strong>
          {instance.invalidSince && (
            <span>
              {instance.invalidReason === "answer_lost" ? "Its answer to a renewal never arrived" : "It refused to renew the access"}, <When iso={instance.invalidSince} />.
            </span>
          )}
          <span>Reconnect it: whoever owns the account gives the consent again. Id and token stay.</span>
        </div>
      )}
      {enabling.error && <Fault error={enabling.error} />}
      <div className="columns">
        <div className="stack">
          <Settings instance={instance} keep={keep} />
          <Configuration id={id} elementKey={instance.element.key} keep={keep} />
        </div>
        <div className="stack">
          <section className="card stack">
            <h2>Health</h2>
            <dl className="facts">
              <dt>Status</dt><dd><Health instance={instance} /></dd>
              <dt>Renewed</dt><dd>{renewed.data ? <When iso={renewed.data.date} /> : renewed.isPending ? "…" : "not yet"}</dd>
              <dt>Element</dt>
              <dd><Link to="/catalog/$key" params={{ key: instance.element.key }}>{instance.element.name}</Link></dd>
              <dt>Id</dt><dd>{id}</dd>
              <dt>Made</dt><dd><When iso={instance.createdDate} /></dd>
              <dt>Changed</dt><dd><When iso={instance.updatedDate} /></dd>
              <dt>By</dt><dd>{instance.user.emailAddress}</dd>
            </dl>
            <div className="actions">
              <Switch checked={!instance.disabled} disabled={enabling.isPending} label="Enabled" onChange={(on) => enabling.mutate(on)} />
              <span>{instance.disabled ? "Disabled: calls are refused" : "Enabled: calls go through"}</span>
            </div>
          </section>
          <Caching instance={instance} keep={keep} />
          <section className="card stack">
            <h2>Token</h2>
            <Reveal show="Show the token" ask={async (password) => {
              const { token } = await own<{ token: string }>("POST", `/instances/${id}/token`, { password });
              // That it was shown is on record.
              void queries.invalidateQueries({ queryKey: custody(id).queryKey });
              return [{ label: "Token", text: token }];
            }} />
          </section>
          <section className="card stack">
            <h2>Delete</h2>
            <p className="soft small">Its token stops working and its grant is revoked at the vendor. This cannot be undone.</p>
            <div><Button kind="danger" onClick={() => setDeleting(true)}>Delete…</Button></div>
          </section>
        </div>
      </div>
      <section className="stack">
        <div className="head">
          <h2>Recent calls</h2>
          <Link className="small" to="/usage" search={{ instance: id }}>All calls</Link>
        </div>
        {recent.isPending && <Bones rows={3} />}
        {recent.error && <Fault error={recent.error} again={() => void recent.refetch()} />}
        {recent.data && (recent.data.data.length > 0
          ? <Calls rows={recent.data.data} />
          : <Empty title="No calls in the last seven days">Try one, or call it with its token.</Empty>)}
      </section>
      <Custody instance={instance} />
      <ConfirmByName open={deleting} onOpenChange={setDeleting} name={name} what="instance"
        confirm={async () => {
          await call("deleteInstancesById", { path: { id } });
          void queries.invalidateQueries({ queryKey: ["instances"] });
          say(`${name} is deleted.`);
          await navigate({ to: "/instances" });
          queries.removeQueries({ queryKey: ["instance", id] });
        }}>
        Calls with its token will be refused at once, and the vendor is told that the connection has ended.
      </ConfirmByName>
    </>
  );
}

function Settings({ instance, keep }: { instance: Instance; keep: (data: Instance) => void }) {
  const say = useSay();
  const [name, setName] = useState(instance.name);
  const [tags, setTags] = useState(instance.tags.join(", "));
  const { error, busy, run } = useSubmit();
  const changed = name !== instance.name || tags !== instance.tags.join(", ");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const body = { name, tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean) };
      const { data } = await call<Instance, "patchInstancesById">("patchInstancesById", { path: { id: instance.id }, body });
      setName(data.name);
      setTags(data.tags.join(", "));
      keep(data);
      say("Saved.");
    });
  };
  return (
    <form className="card stack" onSubmit={submit}>
      <h2>Name and tags</h2>
      <TextField label="Name" value={name} maxLength={255} dir="auto" onChange={(event) => setName(event.target.value)} />
      <TextField label="Tags" value={tags} dir="auto" help="Separated by commas." onChange={(event) => setTags(event.target.value)} />
      {error != null && <Fault error={error} />}
      <div><Button type="submit" busy={busy} disabled={!changed}>Save</Button></div>
    </form>
  );
}

function Configuration({ id, elementKey, keep }: { id: string; elementKey: string; keep: (data: Instance) => void }) {
  const { data, error, isPending, refetch } = useQuery(configurationQuery(id));
  const element = useQuery(elementQuery(elementKey));
  const say = useSay();
  const [editing, setEditing] = useState(false);
  const [values, setValues] = useState<Record<string, string>>({});
  const work = useSubmit();
  const rows = useMemo(() => {
    const internal = new Set(element.data?.configuration.filter((entry) => entry.internal).map((entry) => entry.key));
    return (data ?? []).filter((entry) => !internal.has(entry.key) && !entry.hideFromConsole);
  }, [data, element.data]);
  const value = (entry: InstanceEntry) => values[entry.key] ?? entry.propertyValue ?? "";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const changed = rows.filter((entry) => values[entry.key] !== undefined && values[entry.key] !== (entry.propertyValue ?? "") && values[entry.key] !== MASK);
    // It may be out of sight, when another is sought meanwhile.
    const wrong = changed.find((entry) => faultOf(entry, value(entry)));
    if (wrong) {
      work.setError(new Error(`${wrong.name}: ${faultOf(wrong, value(wrong))}`));
      return;
    }
    if (changed.length === 0) {
      setEditing(false);
      return;
    }
    void work.run(async () => {
      const configuration = Object.fromEntries(changed.map((entry) => [entry.key, values[entry.key]]));
      const saved = await call<Instance, "patchInstancesById">("patchInstancesById", { path: { id }, body: { configuration } });
      keep(saved.data);
      setValues({});
      setEditing(false);
      say("The configuration is saved.");
    });
  };

  return (
    <form className="card stack" onSubmit={submit}>
      <div className="head">
        <h2>Configuration</h2>
        {data && !editing && <Button size="small" onClick={() => setEditing(true)}>Edit</Button>}
      </div>
      {isPending && <Bones rows={4} height="2rem" />}
      {error && <Fault error={error} again={() => void refetch()} />}
      {data && editing && (
        <p className="small soft">
          What shows as {MASK} stays as it is unless you type over it. An address that decides where secrets go can only be
          changed together with fresh secrets.
        </p>
      )}
      {data && (
        <Searched entries={editing ? rows : rows.filter((entry) => entry.propertyValue)}>
          {(shown) => editing ? shown.map((entry) => (
            <EntryField key={entry.key} entry={{ ...entry, description: entry.description ?? "" }} value={value(entry)}
              fault={values[entry.key] === undefined ? undefined : faultOf(entry, value(entry))}
              change={(text) => setValues({ ...values, [entry.key]: text })} />
          )) : shown.length > 0 && (
            <dl className="facts">
              {shown.map((entry) => (
                <div key={entry.key} style={{ display: "contents" }}>
                  <dt title={entry.key}>{entry.name}</dt>
                  <dd className="mono">{entry.propertyValue === MASK ? <span role="img" aria-label="hidden">••••••••</span> : entry.propertyValue}</dd>
                </div>
              ))}
            </dl>
          )}
        </Searched>
      )}
      {data && editing && (
        <>
          {work.error != null && <Fault error={work.error} />}
          <div className="actions">
            <Button type="submit" kind="main-action" busy={work.busy}>Save</Button>
            <Button kind="quiet" onClick={() => { setEditing(false); setValues({}); work.setError(null); }}>Cancel</Button>
          </div>
        </>
      )}
    </form>
  );
}
