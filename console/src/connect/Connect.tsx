import { useEffect, useState, type ReactNode } from "react";
import { Button, Monogram, TextField } from "../ui/parts";
import { paint } from "./colour";
import { backTo, framed, tell } from "./host";
import { Mark, Title } from "./parts";
import { open, type Made, type Offer, type Session } from "./session";
import { Step } from "./Step";
import { words } from "./words";

type State =
  | { at: "opening" }
  | { at: "dead"; message: string }
  | { at: "open"; session: Session; offer: Offer | null }
  | { at: "connected"; session: Session; offer: Offer; made: Made };

/** One link, opened once: effects may run twice, the link may not. */
let opening: Promise<Session> | undefined;

export function Connect({ token }: { token: string | undefined }) {
  const [state, setState] = useState<State>({ at: "opening" });
  useEffect(() => {
    let gone = false;
    opening ??= open(token);
    opening.then(
      (session) => {
        if (gone) return;
        paint(document.documentElement, session.organization.accent);
        setState({ at: "open", session, offer: session.elements.length === 1 ? (session.elements[0] ?? null) : null });
        tell({ type: "ready" });
      },
      (error: unknown) => {
        if (gone) return;
        const message = error instanceof Error ? error.message : String(error);
        setState({ at: "dead", message });
        tell({ type: "error", message });
      },
    );
    return () => { gone = true; };
  }, [token]);

  useEffect(() => {
    if (!framed) return;
    const leave = (event: KeyboardEvent) => {
      if (event.key === "Escape") tell({ type: "closed" });
    };
    window.addEventListener("keydown", leave);
    return () => window.removeEventListener("keydown", leave);
  }, []);

  if (state.at === "opening") {
    return <Frame><p role="status" className="soft centred">{words.loading}</p></Frame>;
  }
  if (state.at === "dead") {
    return (
      <Frame>
        <Mark sign="!" tone="bad" />
        <Title>{words.dead}</Title>
        <p className="centred">{state.message}</p>
        <p className="soft centred">{words.deadWhy}</p>
        <Leave />
      </Frame>
    );
  }
  const { session } = state;
  const { organization } = session;
  if (state.at === "connected") {
    return (
      <Frame session={session}>
        <Mark sign="✓" tone="good" />
        <Title>{words.done}</Title>
        <p className="centred">{words.doneWhy(organization.name, state.offer.name)}</p>
        <Leave session={session} done />
      </Frame>
    );
  }
  if (!state.offer) {
    return (
      <Frame session={session}>
        <Choice session={session} choose={(offer) => setState({ ...state, offer })} />
      </Frame>
    );
  }
  const { offer } = state;
  return (
    <Frame session={session}>
      <Step key={offer.key} session={session} offer={offer}
        other={session.elements.length > 1 ? () => setState({ ...state, offer: null }) : undefined}
        connected={(made) => {
          tell({ type: "connected", session: session.session, instance: made, element: offer.key });
          setState({ at: "connected", session, offer, made });
        }} />
    </Frame>
  );
}

/** Everything stands in one calm column, whose top says whose page it is. */
function Frame({ session, children }: { session?: Session; children: ReactNode }) {
  return (
    <div className={framed ? "sheet framed" : "sheet"}>
      {framed && (
        <button type="button" className="leave" aria-label={words.close} onClick={() => tell({ type: "closed" })}>×</button>
      )}
      <main className="stack">{children}</main>
      <footer className="small soft">
        {words.secured}
        {session?.sandbox && <span className="badge warn">{words.sandbox}</span>}
      </footer>
    </div>
  );
}

function Leave({ session, done }: { session?: Session; done?: boolean }) {
  const back = session && backTo(session, done ? "connected" : "closed");
  if (framed) {
    return <Button kind="main-action" onClick={() => tell({ type: "closed" })}>{done ? words.finish : words.close}</Button>;
  }
  if (session && back) {
    return <a className="button main-action" href={back}>{words.back(session.organization.name)}</a>;
  }
  return done ? <p className="soft centred">{words.closeWindow}</p> : null;
}

function Choice({ session, choose }: { session: Session; choose: (offer: Offer) => void }) {
  const [sought, setSought] = useState("");
  const shown = session.elements.filter((offer) => offer.name.toLowerCase().includes(sought.trim().toLowerCase()));
  return (
    <>
      <Title>{words.choose(session.organization.name)}</Title>
      {session.elements.length > 6 && (
        <TextField label={words.find} type="search" value={sought} onChange={(event) => setSought(event.target.value)} />
      )}
      <ul className="choice">
        {shown.map((offer) => (
          <li key={offer.key}>
            <button type="button" onClick={() => choose(offer)}>
              <Monogram element={offer} />
              <span>{offer.name}</span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="soft centred" role="status">{words.nothing}</p>}
    </>
  );
}
