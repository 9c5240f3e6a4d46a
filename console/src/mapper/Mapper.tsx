import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { instance as instanceQuery } from "../api/queries";
import type { Instance } from "../api/types";
import { useSession } from "../app/Gate";
import { mapperRoute } from "../app/routes";
import { clean } from "../pages/Catalog";
import { Editor } from "../ui/Editor";
import { Icon } from "../ui/icons";
import { Leaving } from "../ui/Leaving";
import { useSay } from "../ui/overlays";
import { Bones, Button, Empty, Fault, Field, Head, TextField } from "../ui/parts";
import { account as accountQuery, mapping, names, objects, whose, type Of, type Target, type Written } from "./data";
import { begin, changes, inheriting, inherits, lineOf, passesOn, passingOn, wrong, type Draft, type Transformation } from "./draft";
import { Fields } from "./Fields";
import { Preview } from "./Preview";
import { Save } from "./Save";
import { VendorFields } from "./VendorFields";

/** Where an account's own names for fields are written down. */
export function Mapper() {
  const { id } = mapperRoute.useParams();
  const { data, error, isPending, refetch } = useQuery(instanceQuery(id));
  return (
    <div className="page">
      <Link className="crumb" to="/instances/$id" params={{ id }}><Icon name="back" size={14} /> {data?.name || `Instance ${id}`}</Link>
      <Head title="Map fields">
        Your application’s own shape of a record, whatever the vendor calls its fields. Calls with your name for the object then read and write that shape.
      </Head>
      {isPending && <Bones rows={4} height="4rem" />}
      {error && <Fault title="This instance cannot be shown." error={error} again={() => void refetch()} />}
      {data && <Chosen instance={data} />}
    </div>
  );
}

/** From the one account to all of them. */
const LEVELS: Written[] = ["instance", "account", "organization"];

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

function Chosen({ instance }: { instance: Instance }) {
  const search = mapperRoute.useSearch();
  const navigate = mapperRoute.useNavigate();
  const { user } = useSession().session;
  const account = useQuery(accountQuery(instance.user.accountId));
  const of: Of = {
    instance: instance.id, element: instance.element.key, elementName: instance.element.name,
    account: instance.user.accountId, accountName: account.data?.name ?? `account #${instance.user.accountId}`,
  };
  const known = useQuery(names(of));
  const [fresh, setFresh] = useState("");
  const all = [...new Set([...(known.data ?? []), ...(search.object ? [search.object] : [])])].sort();
  const may: Record<Written, boolean> = { instance: true, account: user.accountAdmin, organization: user.organizationAdmin };
  const level = LEVELS.find((one) => one === search.level && may[one]) ?? "instance";
  const choose = (part: { object?: string | undefined; level?: string | undefined }) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true });
  const name = (event: FormEvent) => {
    event.preventDefault();
    if (fresh.trim()) choose({ object: fresh.trim() });
    setFresh("");
  };
  if (known.isPending || account.isPending) return <Bones rows={2} />;
  if (known.error) return <Fault title="Your objects could not be read." error={known.error} again={() => void known.refetch()} />;
  return (
    <>
      <section className="card bar" aria-label="What is mapped">
        {all.length > 0 && (
          <div className="grow">
            <Field label="Your object">
              {(attributes) => (
                <select {...attributes} className="input" value={search.object ?? ""} onChange={(event) => choose({ object: event.target.value || undefined })}>
                  <option value="">Choose one</option>
                  {all.map((one) => <option key={one} value={one}>{one}</option>)}
                </select>
              )}
            </Field>
          </div>
        )}
        <form className="grow bar one" onSubmit={name}>
          <div className="grow">
            <TextField label={all.length > 0 ? "Or a new one" : "Your object"} placeholder="person" autoComplete="off" spellCheck={false}
              value={fresh} onChange={(event) => setFresh(event.target.value)} />
          </div>
          <Button type="submit" disabled={fresh.trim() === ""}>Begin</Button>
        </form>
        <div className="grow">
          <Field label="For whom">
            {(attributes) => (
              <select {...attributes} className="input" value={level} onChange={(event) => choose({ level: event.target.value })}>
                {LEVELS.map((one) => <option key={one} value={one} disabled={!may[one]}>{sentence(whose(one, of))}</option>)}
              </select>
            )}
          </Field>
        </div>
      </section>
      {search.object
        ? <Mapped key={`${search.object} ${level}`} instance={instance} target={{ ...of, name: search.object, level }} />
        : <Empty title="Which object of yours?">Choose one, or give a new one its name: <code>person</code>, <code>invoice</code>, whatever your application calls it.</Empty>}
    </>
  );
}

function Mapped({ instance, target }: { instance: Instance; target: Target }) {
  const { data, error, isPending, refetch } = useQuery(mapping(target));
  if (isPending) return <Bones rows={4} height="4rem" />;
  if (error) return <Fault title="The mapping could not be read." error={error} again={() => void refetch()} />;
  return <Written key={JSON.stringify(data)} instance={instance} target={target} own={data.own} above={data.above} />;
}

function Written({ instance, target, own, above }: { instance: Instance; target: Target; own: Transformation | null; above: Transformation | null }) {
  const queries = useQueryClient();
  const say = useSay();
  const before = begin(own, above, target.level);
  const [draft, setDraft] = useState<Draft>(before);
  const [failure, setFailure] = useState("");
  const [saving, setSaving] = useState(false);
  const known = useQuery(objects(instance.id));
  const changed = changes(before, draft).length > 0 || before.script !== draft.script;
  const fault = wrong(draft);
  const line = lineOf(failure);
  const add = (vendorPath: string, path: string) => setDraft({ ...draft, fields: [...draft.fields, { path, vendorPath }] });

  return (
    <>
      <div className="narrow-field">
        <TextField label="The vendor’s object" list="vendor-objects" autoComplete="off" spellCheck={false} value={draft.vendorName}
          help={above && !own ? `As it is for ${whose(above.level ?? "organization", target)}.` : undefined}
          onChange={(event) => setDraft({ ...draft, vendorName: event.target.value })} />
        <datalist id="vendor-objects">{(known.data ?? []).map((one) => <option key={one} value={one} />)}</datalist>
      </div>
      {known.error && <Fault title="The vendor’s objects could not be listed. You can still type their names." error={known.error} again={() => void known.refetch()} />}
      <div className="mapper">
        <Fields draft={draft} above={above} level={target.level} accountName={target.accountName} change={setDraft} />
        <VendorFields instance={instance.id} object={draft.vendorName.trim()} draft={draft} add={add} />
      </div>
      <section className="card stack" aria-label="Beyond fields">
        <h2>Beyond fields</h2>
        {above && (
          <label className="check">
            <input type="checkbox" checked={inherits(draft)} onChange={(event) => setDraft(inheriting(draft, event.target.checked))} />
            <span>Take what is mapped for {whose(above.level ?? "organization", target)}</span>
          </label>
        )}
        <label className="check">
          <input type="checkbox" checked={passesOn(draft)} onChange={(event) => setDraft(passingOn(draft, event.target.checked))} />
          Pass on what is not mapped, as the vendor names it
        </label>
        <Editor label="Script" tongue="javascript" lines={6} value={draft.script} onChange={(script) => setDraft({ ...draft, script })}
          marks={line === undefined ? [] : [{ line, message: failure }]}
          help="Runs once a record, after the fields, both ways. It sees originalObject, transformedObject and fromVendor, and ends with done(transformedObject)." />
      </section>
      <Preview target={target} draft={draft} own={own} failed={setFailure} />
      <div className="actions ends sticky">
        {fault && changed && <span className="small soft">{fault}</span>}
        {changed && <Button kind="quiet" onClick={() => setDraft(before)}>Discard changes</Button>}
        <Button kind="main-action" disabled={!changed || fault !== undefined} onClick={() => setSaving(true)}>Review and save</Button>
      </div>
      <Save open={saving} onOpenChange={setSaving} target={target} before={before} after={draft} own={own}
        saved={() => {
          setSaving(false);
          say("The mapping is saved: the next call goes through it.");
          void queries.invalidateQueries({ queryKey: ["mapping"] });
        }} />
      <Leaving changed={changed} what="this mapping" />
    </>
  );
}
