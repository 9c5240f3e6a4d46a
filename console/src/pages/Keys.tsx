import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { call, own } from "../api/client";
import { apiKeys, elements } from "../api/queries";
import type { ApiKey } from "../api/types";
import { ConfirmByName, Dialog, useSay } from "../ui/overlays";
import { Badge, Bones, Button, Code, Empty, Fault, Field, Head, TextField, When } from "../ui/parts";
import { SettingsNav } from "./Settings";
import { useSubmit } from "./SignIn";

const SCOPES = [
  { word: "read", says: "read records and settings" },
  { word: "write", says: "change records" },
  { word: "provision", says: "connect, change and delete accounts" },
  { word: "admin", says: "everything else, other keys included" },
];
const DAY_MS = 24 * 60 * 60 * 1000;

export function Keys() {
  const queries = useQueryClient();
  const say = useSay();
  const { data, error, isPending, refetch } = useQuery(apiKeys);
  const [making, setMaking] = useState(false);
  const [renewing, setRenewing] = useState<ApiKey | null>(null);
  const [deleting, setDeleting] = useState<ApiKey | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: apiKeys.queryKey });
  return (
    <div className="page">
      <Head title="API keys" actions={<Button kind="main-action" onClick={() => setMaking(true)}>Make a key</Button>}>
        Each program gets a key of its own that may do no more than it must, and can be taken away alone.
      </Head>
      <SettingsNav />
      {isPending && <Bones />}
      {error && <Fault title="The keys could not be read." error={error} again={() => void refetch()} />}
      {data && data.length === 0 && (
        <Empty title="No key yet">A key stands in the <code>Authorization</code> header: <code>Bearer</code> and its secret.</Empty>
      )}
      {data && data.length > 0 && (
        <div className="table-box folds">
          <table>
            <thead><tr><th>Name</th><th>May</th><th>Last used</th><th>Ends</th><th><span className="hidden">Actions</span></th></tr></thead>
            <tbody>
              {data.map((key) => <Row key={key.id} known={key} renew={() => setRenewing(key)} remove={() => setDeleting(key)} />)}
            </tbody>
          </table>
        </div>
      )}
      <Made open={making} close={() => { setMaking(false); again(); }} title="Make a key" />
      <Made open={renewing !== null} close={() => { setRenewing(null); again(); }} title="Another secret" renewed={renewing} />
      <ConfirmByName open={deleting !== null} onOpenChange={(open) => { if (!open) setDeleting(null); }} name={deleting?.name ?? ""} what="key"
        confirm={async () => {
          await call("deleteApiKeysById", { path: { id: deleting?.id ?? 0 } });
          again();
          say("The key is deleted.");
        }}>
        Its secrets stop working at once.
      </ConfirmByName>
    </div>
  );
}

function Row({ known, renew, remove }: { known: ApiKey; renew: () => void; remove: () => void }) {
  const used = known.secrets.map(({ lastUsedDate }) => lastUsedDate ?? "").sort().at(-1);
  const limits = [...known.elements, ...known.tags.map((tag) => `tag ${tag}`)];
  return (
    <tr>
      <td>
        <b><bdi>{known.name}</bdi></b>
        <div className="small soft">{known.secrets.map(({ hint }) => `…${hint}`).join(", ")}</div>
      </td>
      <td>
        <span className="chips">{known.scopes.map((scope) => <Badge key={scope}>{scope}</Badge>)}</span>
        {limits.length > 0 && <div className="small soft wrap">only {limits.join(", ")}</div>}
      </td>
      <td className="soft" data-label="Last used">{used ? <When iso={used} /> : "never"}</td>
      <td className="soft" data-label="Ends">{known.expiresDate ? <When iso={known.expiresDate} /> : "never"}</td>
      <td>
        <div className="actions ends">
          <Button size="small" aria-label={`Another secret for ${known.name}`} onClick={renew}>New secret</Button>
          <Button size="small" kind="danger" aria-label={`Delete ${known.name}`} onClick={remove}>Delete…</Button>
        </div>
      </td>
    </tr>
  );
}

/** Asks for the password, and shows the secret this once. */
function Made({ open, close, title, renewed }: { open: boolean; close: () => void; title: string; renewed?: ApiKey | null }) {
  const [secret, setSecret] = useState("");
  const leave = () => {
    setSecret("");
    close();
  };
  return (
    <Dialog open={open} onOpenChange={(next) => { if (!next) leave(); }} title={secret ? "The key" : title} fixed={secret !== ""}
      lead={secret ? "It is shown here once. Keep it where your program finds it, and nowhere else."
        : renewed ? "The former secret works for a day more, so that nothing stops meanwhile." : undefined}>
      {secret ? (
        <div className="stack">
          <Code wraps label="Key" text={secret} />
          <div className="actions"><Button kind="main-action" onClick={leave}>I have kept it</Button></div>
        </div>
      ) : renewed ? <Renew known={renewed} made={setSecret} cancel={leave} /> : <Make made={setSecret} cancel={leave} />}
    </Dialog>
  );
}

type Done = { made: (secret: string) => void; cancel: () => void };

function Renew({ known, made, cancel }: Done & { known: ApiKey }) {
  const [password, setPassword] = useState("");
  const { error, busy, run } = useSubmit();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => made((await own<ApiKey>("POST", `/keys/${known.id}/secret`, { password })).key ?? ""));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Password value={password} change={setPassword} />
      {error != null && <Fault error={error} />}
      <div className="actions"><Button onClick={cancel}>Cancel</Button><Button type="submit" kind="main-action" busy={busy}>Make it</Button></div>
    </form>
  );
}

function Make({ made, cancel }: Done) {
  const all = useQuery(elements);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read"]);
  const [only, setOnly] = useState("");
  const [tags, setTags] = useState("");
  const [days, setDays] = useState("90");
  const [password, setPassword] = useState("");
  const { error, busy, run } = useSubmit();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const labels = tags.split(",").map((tag) => tag.trim()).filter(Boolean);
    const key = {
      name,
      scopes,
      ...(only ? { elements: [only] } : {}),
      ...(labels.length > 0 ? { tags: labels } : {}),
      ...(days ? { expiresDate: new Date(Date.now() + Number(days) * DAY_MS).toISOString() } : {}),
    };
    void run(async () => made((await own<ApiKey>("POST", "/keys", { password, key })).key ?? ""));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="Name" required value={name} maxLength={100} placeholder="CI" help="What uses it." onChange={(event) => setName(event.target.value)} />
      <fieldset className="stack tight">
        <legend className="label">It may</legend>
        {SCOPES.map(({ word, says }) => (
          <label key={word} className="check small">
            <input type="checkbox" checked={scopes.includes(word)}
              onChange={(event) => setScopes(event.target.checked ? [...scopes, word] : scopes.filter((known) => known !== word))} />
            <span><b>{word}</b>: {says}</span>
          </label>
        ))}
      </fieldset>
      <Field label="Only for" required={false} help="Accounts of one element.">
        {(attributes) => (
          <select {...attributes} className="input" value={only} onChange={(event) => setOnly(event.target.value)}>
            <option value="">Every element</option>
            {all.data?.map((element) => <option key={element.key} value={element.key}>{element.name}</option>)}
          </select>
        )}
      </Field>
      <TextField label="Tags" required={false} value={tags} help="Only accounts with one of these tags; separated by commas." onChange={(event) => setTags(event.target.value)} />
      <Field label="Ends">
        {(attributes) => (
          <select {...attributes} className="input" value={days} onChange={(event) => setDays(event.target.value)}>
            <option value="30">in 30 days</option>
            <option value="90">in 90 days</option>
            <option value="365">in a year</option>
            <option value="">never</option>
          </select>
        )}
      </Field>
      <Password value={password} change={setPassword} />
      {error != null && <Fault error={error} />}
      <div className="actions">
        <Button onClick={cancel}>Cancel</Button>
        <Button type="submit" kind="main-action" busy={busy} disabled={scopes.length === 0}>Make the key</Button>
      </div>
    </form>
  );
}

function Password({ value, change }: { value: string; change: (text: string) => void }) {
  return (
    <TextField label="Your password" type="password" required autoComplete="current-password" value={value}
      help="Before a secret is shown, we ask who is sitting here." onChange={(event) => change(event.target.value)} />
  );
}
