import { useState, type FormEvent } from "react";
import { call } from "../api/client";
import { Dialog } from "../ui/overlays";
import { Button, Code, Fault, TextField, When } from "../ui/parts";
import { useSubmit } from "./SignIn";

interface Begun {
  id: number;
  url: string;
  expires: string;
}

/** A link for whoever owns the account: to connect it, or to connect it again. */
export function ConnectLink({ element, instance }: { element: string; instance?: number }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [tags, setTags] = useState("");
  const [begun, setBegun] = useState<Begun | null>(null);
  const { error, busy, run, setError } = useSubmit();
  const change = (next: boolean) => {
    setOpen(next);
    setBegun(null);
    setError(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const labels = tags.split(",").map((tag) => tag.trim()).filter(Boolean);
    const body = instance ? { instance: { id: instance } } : { elements: [element], tags: labels, ...(name.trim() ? { name: name.trim() } : {}) };
    void run(async () => setBegun((await call<Begun, "postConnectSessions">("postConnectSessions", { body })).data));
  };
  return (
    <>
      <Button onClick={() => change(true)}>{instance ? "Reconnect link…" : "Connect link…"}</Button>
      <Dialog open={open} onOpenChange={change} title={instance ? "A link to connect it again" : "A link to connect an account"}
        lead="For whoever owns the account and does not work here. It works once, for thirty minutes, in the browser that opens it first.">
        {begun ? (
          <div className="stack">
            <Code wraps label="Link" text={begun.url} />
            <p className="small soft">Until <When iso={begun.expires} />. It is shown here once.</p>
            <div className="actions"><Button kind="main-action" onClick={() => change(false)}>Done</Button></div>
          </div>
        ) : (
          <form className="stack" onSubmit={submit}>
            {!instance && (
              <>
                <TextField label="Name" required={false} value={name} maxLength={255} help="What the account will be called here." onChange={(event) => setName(event.target.value)} />
                <TextField label="Tags" required={false} value={tags} placeholder="eu, trial" help="Separated by commas." onChange={(event) => setTags(event.target.value)} />
              </>
            )}
            {error != null && <Fault error={error} />}
            <div className="actions">
              <Button onClick={() => change(false)}>Cancel</Button>
              <Button type="submit" kind="main-action" busy={busy}>Make the link</Button>
            </div>
          </form>
        )}
      </Dialog>
    </>
  );
}
