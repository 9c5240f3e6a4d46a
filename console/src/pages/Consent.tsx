import { useEffect, useRef, useState } from "react";
import { own, Refusal } from "../api/client";
import type { Element } from "../api/types";
import { Bones, Button, Fault } from "../ui/parts";
import { consentParameters } from "./connect-form";

interface Begun {
  url: string;
  secret: string;
}

type State =
  | { at: "ready" }
  | { at: "waiting"; begun: Begun; blocked: boolean }
  | { at: "closed" }
  | { at: "finishing" }
  | { at: "denied"; words: string }
  | { at: "expired" }
  | { at: "failed"; error: unknown };

/** Asks the vendor for its consent in a window of its own, and waits here for the answer. */
export function Consent({ element, configuration, back, finish }: {
  element: Element;
  configuration: Record<string, string>;
  back: () => void;
  finish: (secret: string) => Promise<void>;
}) {
  const [state, setState] = useState<State>({ at: "ready" });
  const popup = useRef<Window | null>(null);
  const done = useRef(finish);
  useEffect(() => {
    done.current = finish;
  }, [finish]);

  const begin = async () => {
    // Opened at the click itself: later a browser takes it for an advertisement.
    popup.current = window.open("", "ligand-consent", "popup,width=640,height=760");
    try {
      const begun = await own<Begun>("POST", "/consents", { element: element.key, parameters: consentParameters(configuration) });
      if (popup.current) popup.current.location.href = begun.url;
      setState({ at: "waiting", begun, blocked: popup.current === null });
    } catch (error) {
      popup.current?.close();
      setState({ at: "failed", error });
    }
  };

  const secret = state.at === "waiting" ? state.begun.secret : "";
  const blocked = state.at === "waiting" && state.blocked;
  useEffect(() => {
    if (!secret) return;
    let over = false;
    let sinceClosed = 0;
    const ask = async () => {
      // Looked at before asking: the vendor's answer may arrive with the very closing of the window.
      const closed = !blocked && (popup.current?.closed ?? true);
      const progress = await own<{ state: string; message?: string }>("POST", "/consents/progress", { secret });
      if (over) return;
      if (progress.state === "answered") {
        over = true;
        popup.current?.close();
        setState({ at: "finishing" });
        await done.current(secret);
      } else if (progress.state === "refused") {
        over = true;
        popup.current?.close();
        setState({ at: "denied", words: progress.message ?? "" });
      } else if (progress.state === "unknown") {
        over = true;
        setState({ at: "expired" });
      } else if (closed && ++sinceClosed > 2) {
        over = true;
        setState({ at: "closed" });
      }
    };
    const turn = async () => {
      while (!over) {
        try {
          await ask();
        } catch (error) {
          // A broken connection mends; the consent waits at the server meanwhile.
          if (!over && !(error instanceof Refusal && (error.status === 0 || error.status === 401))) {
            over = true;
            setState({ at: "failed", error });
          }
        }
        if (!over) await new Promise((resolve) => setTimeout(resolve, 900));
      }
    };
    void turn();
    return () => { over = true; };
  }, [secret, blocked]);

  const open = <Button kind="main-action" onClick={() => void begin()}>{state.at === "ready" ? `Go to ${element.name}` : "Try again"}</Button>;
  return (
    <section className="card stack" aria-live="polite">
      <h2>Consent at {element.name}</h2>
      {state.at === "ready" && (
        <p className="soft">
          A window opens at the vendor. Sign in there with the account that is to be connected, and allow the access. This
          page goes on by itself.
        </p>
      )}
      {state.at === "waiting" && (
        <>
          {state.blocked ? (
            <div className="note warn">
              <strong>Your browser kept the window from opening.</strong>
              <span><a href={state.begun.url} target="_blank" rel="opener">Open the vendor’s page</a>, then come back here.</span>
            </div>
          ) : (
            <>
              <p className="soft">Waiting for the answer from the vendor’s window…</p>
              <Bones rows={1} height="0.5rem" />
            </>
          )}
        </>
      )}
      {state.at === "finishing" && <><p className="soft">Allowed. Connecting the account…</p><Bones rows={1} height="0.5rem" /></>}
      {state.at === "closed" && (
        <div className="note warn">
          <strong>The window was closed before the vendor answered.</strong>
          <span>Nothing was connected. Open it again when you are ready.</span>
        </div>
      )}
      {state.at === "denied" && (
        <div className="note bad" role="alert">
          <strong>The access was denied.</strong>
          <span>The vendor said: “{state.words}”</span>
          <span>Nothing was connected. If that was a mistake, try again and allow the access; else ask whoever administers the account.</span>
        </div>
      )}
      {state.at === "expired" && (
        <div className="note warn"><strong>That took too long.</strong><span>A consent has to be finished within ten minutes. Begin again.</span></div>
      )}
      {state.at === "failed" && <Fault title="The account was not connected." error={state.error} />}
      <div className="actions">
        {state.at !== "finishing" && (state.at !== "waiting" || state.blocked) && open}
        {state.at === "waiting" && !state.blocked && <Button onClick={() => popup.current?.focus()}>Show the window</Button>}
        {state.at !== "finishing" && <Button kind="quiet" onClick={() => { popup.current?.close(); back(); }}>Back</Button>}
      </div>
    </section>
  );
}
