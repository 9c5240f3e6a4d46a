import { useState, type FormEvent } from "react";
import { Dialog } from "../ui/overlays";
import { Button, Code, Fault, TextField } from "../ui/parts";
import { useSubmit } from "./SignIn";

interface Secret {
  label: string;
  text: string;
}

/** Shows something secret after the password was given again; nothing of it is left when it is closed. */
export function Reveal({ show, ask }: { show: string; ask: (password: string) => Promise<Secret[]> }) {
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const [secrets, setSecrets] = useState<Secret[] | null>(null);
  const { error, busy, run, setError } = useSubmit();
  const close = (next: boolean) => {
    setOpen(next);
    setPassword("");
    setSecrets(null);
    setError(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      setSecrets(await ask(password));
      setPassword("");
    });
  };
  return (
    <>
      <div><Button onClick={() => close(true)}>{show}</Button></div>
      <Dialog open={open} onOpenChange={close} title={secrets ? "Keep this to yourself" : "Your password, please"}
        lead={secrets ? "Whoever has it can act as you." : "Before something secret is shown, we ask who is sitting here."}>
        {secrets ? (
          <div className="stack">
            {secrets.map(({ label, text }) => (
              <div key={label} className="stack tight"><span className="label">{label}</span><Code wraps label={label} text={text} /></div>
            ))}
            <div className="actions"><Button onClick={() => close(false)}>Close</Button></div>
          </div>
        ) : (
          <form className="stack" onSubmit={submit}>
            <TextField label="Password" type="password" autoComplete="current-password" required autoFocus value={password}
              onChange={(event) => setPassword(event.target.value)} />
            {error != null && <Fault error={error} />}
            <div className="actions">
              <Button onClick={() => close(false)}>Cancel</Button>
              <Button type="submit" kind="main-action" busy={busy}>Show</Button>
            </div>
          </form>
        )}
      </Dialog>
    </>
  );
}
