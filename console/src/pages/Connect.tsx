import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { call } from "../api/client";
import { application as applicationQuery, element as elementQuery } from "../api/queries";
import type { Element, Instance } from "../api/types";
import { useSession } from "../app/Gate";
import { connectRoute } from "../app/routes";
import { Icon } from "../ui/icons";
import { Bones, Button, Fault, Head, Monogram, TextField } from "../ui/parts";
import { asked, EntryField, faultOf, given, More, wayOf } from "./connect-form";
import { Connected } from "./Connected";
import { Consent } from "./Consent";
import { useSubmit } from "./SignIn";

export function Connect() {
  const { key } = connectRoute.useParams();
  const { instance } = connectRoute.useSearch();
  const element = useQuery(elementQuery(key));
  const registered = useQuery(applicationQuery(key));
  return (
    <div className="page narrow">
      {instance ? (
        <Link className="crumb" to="/instances/$id" params={{ id: instance }}><Icon name="back" size={14} /> Instance</Link>
      ) : (
        <Link className="crumb" to="/catalog/$key" params={{ key }}><Icon name="back" size={14} /> {element.data?.name ?? "Catalog"}</Link>
      )}
      {!(element.data && registered.data !== undefined) && <Head title="Connect an account" />}
      {(element.isPending || registered.isPending) && <Bones rows={4} height="4rem" />}
      {(element.error ?? registered.error) && (
        <Fault title="This element cannot be connected now." error={element.error ?? registered.error}
          again={() => { void element.refetch(); void registered.refetch(); }} />
      )}
      {element.data && registered.data !== undefined && (
        <Wizard key={key} element={element.data} hasApplication={registered.data !== null} instance={instance} />
      )}
    </div>
  );
}

interface Draft {
  name: string;
  tags: string[];
  configuration: Record<string, string>;
}

function Wizard({ element, hasApplication, instance }: { element: Element; hasApplication: boolean; instance: string | undefined }) {
  const queries = useQueryClient();
  const way = wayOf(element);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [made, setMade] = useState<Instance | null>(null);
  const steps = way === "consent" ? ["Details", "Consent", "Connected"] : ["Details", "Connected"];
  const at = made ? steps.length - 1 : draft ? 1 : 0;

  /** Makes the instance, or connects the present one again. */
  const finish = async (wanted: Draft, providerData: Record<string, string>) => {
    const answer = instance
      ? await call<Instance, "patchInstancesById">("patchInstancesById", {
          path: { id: instance },
          body: { providerData, ...(Object.keys(wanted.configuration).length ? { configuration: wanted.configuration } : {}) },
        })
      : await call<Instance, "postInstances">("postInstances", {
          body: { element: { key: element.key }, name: wanted.name, tags: wanted.tags, configuration: wanted.configuration, providerData },
        });
    setMade(answer.data);
    void queries.invalidateQueries({ queryKey: ["instances"] });
    void queries.invalidateQueries({ queryKey: ["instance", String(answer.data.id)] });
  };

  return (
    <>
      <Head title={<span className="titled"><Monogram element={element} size="large" /> {instance ? "Reconnect" : "Connect"} {element.name}</span>} />
      <ol className="steps" aria-label="Steps">
        {steps.map((words, index) => (
          <li key={words} className={index < at ? "done" : ""} aria-current={index === at ? "step" : undefined}>
            <b aria-hidden="true">{index + 1}</b> {words}
          </li>
        ))}
      </ol>
      {/* What was typed stays while the consent is asked for, so that nobody types it twice. */}
      <div hidden={at !== 0}>
        <Details element={element} way={way} hasApplication={hasApplication} again={Boolean(instance)}
          go={async (wanted, code) => {
            if (way === "consent") setDraft(wanted);
            else await finish(wanted, code);
          }} />
      </div>
      {draft && !made && (
        <Consent element={element} configuration={draft.configuration} back={() => setDraft(null)}
          finish={(secret) => finish(draft, { secret })} />
      )}
      {made && <Connected element={element} instance={made} again={Boolean(instance)} />}
    </>
  );
}

function Details({ element, way, hasApplication, again, go }: {
  element: Element;
  way: "consent" | "form";
  hasApplication: boolean;
  again: boolean;
  go: (draft: Draft, providerData: Record<string, string>) => Promise<void>;
}) {
  const { session } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [tags, setTags] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  // The sandbox takes anything: nobody has to make something up.
  const [own, setOwn] = useState(session.sandbox ? { apiKey: "sandbox-app", apiSecret: "sandbox-secret" } : { apiKey: "", apiSecret: "" });
  const [touched, setTouched] = useState(false);
  const { error, busy, run } = useSubmit();
  const { main, more } = asked(element);
  const needsApplication = way === "consent" && !hasApplication;
  const fault = (key: string) => {
    const entry = element.configuration.find((one) => one.key === key);
    const value = values[key] ?? "";
    return entry && (touched || value !== "") ? faultOf(entry, value) : undefined;
  };
  const field = (entry: (typeof main)[number]) => (
    <EntryField key={entry.key} entry={entry} value={values[entry.key] ?? ""} fault={fault(entry.key)}
      change={(value) => setValues({ ...values, [entry.key]: value })} />
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if ([...main, ...more].some((entry) => faultOf(entry, values[entry.key] ?? ""))) return;
    void run(async () => {
      if (needsApplication) {
        await call("putElementsByKeyOrIdApplication", { path: { keyOrId: element.key }, body: own });
        // Not asked anew here: the form must not change under the one who fills it.
        void queries.invalidateQueries({ queryKey: ["applications"] });
      }
      const configuration = given([...main, ...more], values);
      const callback = element.configuration.some((entry) => entry.key === "oauth.callback.url");
      if (way === "form" && callback) configuration["oauth.callback.url"] = session.callbackUrl;
      const labels = tags.split(",").map((tag) => tag.trim()).filter(Boolean);
      // Where there is no consent page the code means nothing, but the platform wants one.
      await go({ name: name.trim() || element.name, tags: labels, configuration }, { code: crypto.randomUUID() });
    });
  };

  return (
    <form className="stack" onSubmit={submit} noValidate={false}>
      {needsApplication && (
        <section className="card stack">
          <div>
            <h2>Your application at {element.name}</h2>
            <p className="soft small">
              Consents are given to an application of yours, registered with the vendor. Say its client ID and secret once;
              every later connection uses them. <Link to="/catalog/$key" params={{ key: element.key }}>How to register one</Link>
            </p>
          </div>
          {session.sandbox && (
            <div className="note">
              <span>The sandbox stands in for the vendor and takes any client ID and secret: these are made up.</span>
            </div>
          )}
          <TextField label="Client ID" required value={own.apiKey} autoComplete="off" spellCheck={false}
            onChange={(event) => setOwn({ ...own, apiKey: event.target.value })} />
          <TextField label="Client secret" type="password" required value={own.apiSecret} autoComplete="off"
            onChange={(event) => setOwn({ ...own, apiSecret: event.target.value })} />
        </section>
      )}
      <section className="card stack">
        <h2>The account</h2>
        {!again && (
          <>
            <TextField label="Name" required={false} value={name} maxLength={255} placeholder={element.name}
              help="What you call this account: your customer’s name, for example." onChange={(event) => setName(event.target.value)} />
            <TextField label="Tags" required={false} value={tags} placeholder="eu, trial" help="Separated by commas; they are searched for."
              onChange={(event) => setTags(event.target.value)} />
          </>
        )}
        {main.map(field)}
        <More label="More settings" entries={more}>{field}</More>
        {again && main.length === 0 && more.length === 0 && <p className="soft">There is nothing to fill in.</p>}
      </section>
      {error != null && <Fault title="That did not work." error={error} />}
      <div className="actions">
        <Button type="submit" kind="main-action" busy={busy}>{way === "consent" ? "Continue" : busy ? "Connecting…" : "Connect"}</Button>
      </div>
    </form>
  );
}
