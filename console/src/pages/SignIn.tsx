import { useState, type FormEvent, type ReactNode } from "react";
import { own } from "../api/client";
import type { Session } from "../api/types";
import { Button, Fault, TextField } from "../ui/parts";

type Entered = (session: Session) => void;

function Front({ children }: { children: ReactNode }) {
  return (
    <main className="alone">
      <span className="brand">
        <img src="/console/mark.svg" alt="" /> Ligand
      </span>
      <div className="card stack">{children}</div>
    </main>
  );
}

export function SignIn({ entered }: { entered: Entered }) {
  return (
    <Front>
      <h1>Sign in</h1>
      <SignInForm entered={entered} />
      <p className="small soft">
        First time here? The first user’s name and password are in <code>credentials.json</code> in the server’s data
        folder.
      </p>
    </Front>
  );
}

export function SignInForm({ entered, username = "" }: { entered: Entered; username?: string }) {
  const [name, setName] = useState(username);
  const [password, setPassword] = useState("");
  const { error, busy, run } = useSubmit();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => entered(await own<Session>("POST", "/session", { username: name.trim(), password })));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="E-mail" type="email" name="username" autoComplete="username" required value={name}
        autoFocus={!username} onChange={(event) => setName(event.target.value)} />
      <TextField label="Password" type="password" name="password" autoComplete="current-password" required
        value={password} autoFocus={Boolean(username)} onChange={(event) => setPassword(event.target.value)} />
      {error != null && <Fault error={error} />}
      <Button type="submit" kind="main-action" busy={busy}>{busy ? "Signing in…" : "Sign in"}</Button>
    </form>
  );
}

export function ChangePassword({ entered, signOut }: { entered: Entered; signOut: () => Promise<void> }) {
  return (
    <Front>
      <h1>Choose your password</h1>
      <p className="soft">The one you signed in with was made for you. Choose your own to go on.</p>
      <PasswordForm entered={entered} />
      <Button kind="quiet" onClick={() => void signOut()}>Sign out</Button>
    </Front>
  );
}

export function PasswordForm({ entered }: { entered: Entered }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const { error, busy, run } = useSubmit();
  const short = password !== "" && [...password].length < 8 ? "At least 8 characters." : undefined;
  const differs = again !== "" && again !== password ? "The two are not the same." : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (short || password !== again) return;
    void run(async () => {
      entered(await own<Session>("POST", "/password", { current, password }));
      setCurrent("");
      setPassword("");
      setAgain("");
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="Present password" type="password" autoComplete="current-password" required value={current}
        onChange={(event) => setCurrent(event.target.value)} />
      <TextField label="New password" type="password" autoComplete="new-password" required value={password}
        help="8 characters or more; a few words make a good one." fault={short}
        onChange={(event) => setPassword(event.target.value)} />
      <TextField label="New password again" type="password" autoComplete="new-password" required value={again}
        fault={differs} onChange={(event) => setAgain(event.target.value)} />
      {error != null && <Fault error={error} />}
      <Button type="submit" kind="main-action" busy={busy}>Change password</Button>
    </form>
  );
}

/** Runs a form's work: busy meanwhile, the fault kept for display. */
export function useSubmit() {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, run, setError };
}
