import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { call } from "../api/client";
import { applications as applicationsQuery, elements } from "../api/queries";
import type { Application } from "../api/types";
import { useSession } from "../app/Gate";
import { applicationsRoute } from "../app/routes";
import { ConfirmByName, Dialog, useSay } from "../ui/overlays";
import { Bones, Button, Code, Empty, Fault, Field, Head, Monogram, TextField } from "../ui/parts";
import { useSubmit } from "./SignIn";

export function Applications() {
  const { element: asked } = applicationsRoute.useSearch();
  const navigate = applicationsRoute.useNavigate();
  const { session } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const { data, error, isPending, refetch } = useQuery(applicationsQuery);
  const [deleting, setDeleting] = useState<Application | null>(null);
  const edit = (key: string | undefined) => void navigate({ search: key === undefined ? {} : { element: key }, replace: true });
  return (
    <div className="page">
      <Head title="Applications" actions={<Button kind="main-action" onClick={() => edit("new")}>Register an application</Button>}>
        Your own applications at the vendors. Customers give their consent to these; one is enough for an element.
      </Head>
      <section className="card stack tight">
        <h2>Callback address</h2>
        <p className="soft small">Every vendor asks for one. This is it, for consents that are given from here.</p>
        <Code wraps label="Callback address" text={session.callbackUrl} />
      </section>
      {isPending && <Bones />}
      {error && <Fault title="The applications could not be read." error={error} again={() => void refetch()} />}
      {data && data.length === 0 && (
        <Empty title="No application is registered">Register one here, or when you connect the first account of an element.</Empty>
      )}
      {data && data.length > 0 && (
        <div className="table-box folds">
          <table>
            <thead><tr><th>Element</th><th>Client ID</th><th>Scope</th><th><span className="hidden">Actions</span></th></tr></thead>
            <tbody>
              {data.map((application) => (
                <tr key={application.element.key}>
                  <td>
                    <span className="cell">
                      <Monogram element={application.element} size="tiny" />
                      <Link className="row-link" to="/catalog/$key" params={{ key: application.element.key }}>{application.element.name}</Link>
                    </span>
                  </td>
                  <td><code className="wrap">{application.apiKey}</code></td>
                  <td className="soft wrap">{application.scope ?? "the element’s own"}</td>
                  <td>
                    <div className="actions ends">
                      <Button size="small" aria-label={`Change the application of ${application.element.name}`} onClick={() => edit(application.element.key)}>Change</Button>
                      <Button size="small" kind="danger" aria-label={`Delete the application of ${application.element.name}`} onClick={() => setDeleting(application)}>Delete…</Button>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Dialog open={asked !== undefined && data !== undefined} onOpenChange={(open) => { if (!open) edit(undefined); }}
        title={data?.some((one) => one.element.key === asked) ? "Change the application" : "Register an application"}>
        {data && <Form key={asked} asked={asked ?? ""} present={data.find((one) => one.element.key === asked)} done={() => edit(undefined)} />}
      </Dialog>
      <ConfirmByName open={deleting !== null} onOpenChange={(open) => { if (!open) setDeleting(null); }}
        name={deleting?.element.name ?? ""} what="application"
        confirm={async () => {
          const key = deleting?.element.key ?? "";
          await call("deleteElementsByKeyOrIdApplication", { path: { keyOrId: key } });
          await queries.invalidateQueries({ queryKey: ["applications"] });
          void queries.invalidateQueries({ queryKey: ["application", key] });
          say("The application is forgotten.");
        }}>
        Accounts that are connected stay connected. New consents will need an application again.
      </ConfirmByName>
    </div>
  );
}

function Form({ asked, present, done }: { asked: string; present: Application | undefined; done: () => void }) {
  const queries = useQueryClient();
  const say = useSay();
  const all = useQuery(elements);
  const [key, setKey] = useState(asked === "new" ? "" : asked);
  const [apiKey, setApiKey] = useState(present?.apiKey ?? "");
  const [apiSecret, setApiSecret] = useState("");
  const [scope, setScope] = useState(present?.scope ?? "");
  const { error, busy, run } = useSubmit();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await call("putElementsByKeyOrIdApplication", {
        path: { keyOrId: key },
        body: { apiKey, apiSecret, ...(scope ? { scope } : {}), ...(present?.callbackUrl ? { callbackUrl: present.callbackUrl } : {}) },
      });
      await queries.invalidateQueries({ queryKey: ["applications"] });
      void queries.invalidateQueries({ queryKey: ["application", key] });
      say("The application is registered.");
      done();
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Element" required>
        {(attributes) => (
          <select {...attributes} className="input" value={key} disabled={Boolean(present)} onChange={(event) => setKey(event.target.value)}>
            <option value="">Choose…</option>
            {all.data?.filter((element) => element.typeOauth).map((element) => <option key={element.key} value={element.key}>{element.name}</option>)}
          </select>
        )}
      </Field>
      <TextField label="Client ID" required value={apiKey} autoComplete="off" spellCheck={false} onChange={(event) => setApiKey(event.target.value)} />
      <TextField label="Client secret" type="password" required autoComplete="off" value={apiSecret}
        help={present ? "It cannot be shown; type it again." : "It is sealed, and never shown again."} onChange={(event) => setApiSecret(event.target.value)} />
      <TextField label="Scope" required={false} value={scope} autoComplete="off" spellCheck={false}
        help="Left empty, the element’s own is asked for." onChange={(event) => setScope(event.target.value)} />
      {error != null && <Fault error={error} />}
      <div className="actions">
        <Button onClick={done}>Cancel</Button>
        <Button type="submit" kind="main-action" busy={busy}>Save</Button>
      </div>
    </form>
  );
}
