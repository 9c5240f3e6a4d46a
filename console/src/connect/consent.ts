import { useCallback, useEffect, useRef, useState } from "react";
import { Refusal } from "../api/refusal";
import { ask, leave } from "./session";

export type Consent =
  | { at: "ready" }
  | { at: "waiting"; blocked: boolean }
  | { at: "answered" }
  | { at: "closed" }
  | { at: "expired" }
  | { at: "denied"; said: string }
  | { at: "failed"; error: unknown };

/** How long the state is left alone between two questions, milliseconds. */
const PAUSE = 900;

/** The vendor's window: opened at the click, led to the vendor by a form, waited for here. */
export function useConsent(element: string, denied: (said: string) => void) {
  const [state, setState] = useState<Consent>({ at: "ready" });
  const popup = useRef<Window | null>(null);
  const told = useRef(denied);
  useEffect(() => { told.current = denied; }, [denied]);

  const begin = useCallback(async (configuration: Record<string, string>) => {
    const target = "ligand-vendor";
    // Opened at the click itself: later a browser takes it for an advertisement.
    popup.current = window.open("", target, "popup,width=640,height=760");
    try {
      await ask("consents", { element, configuration });
      if (popup.current) leave(target);
      setState({ at: "waiting", blocked: popup.current === null });
    } catch (error) {
      popup.current?.close();
      setState({ at: "failed", error });
    }
  }, [element]);

  /** At a click of its own a window is no advertisement any more. */
  const unblock = useCallback(() => {
    leave("_blank");
    setState({ at: "waiting", blocked: false });
    popup.current = null;
  }, []);

  const waiting = state.at === "waiting";
  useEffect(() => {
    if (!waiting) return;
    let over = false;
    let sinceClosed = 0;
    // Where the host page is kept apart from its windows, they look closed from the start: then only the server knows.
    const watched = popup.current !== null && !popup.current.closed;
    const end = (next: Consent) => {
      over = true;
      popup.current?.close();
      setState(next);
    };
    const look = async () => {
      const closed = watched && (popup.current?.closed ?? false);
      const progress = await ask<{ state: string; message?: string }>("progress", {});
      if (over) return;
      if (progress.state === "answered") end({ at: "answered" });
      else if (progress.state === "refused") {
        end({ at: "denied", said: progress.message ?? "" });
        told.current(progress.message ?? "");
      } else if (progress.state === "unknown") end({ at: "expired" });
      else if (closed && ++sinceClosed > 2) end({ at: "closed" });
    };
    const turn = async () => {
      // oxlint-disable-next-line no-unmodified-loop-condition -- the clean-up below ends it
      while (!over) {
        try {
          await look();
        } catch (error) {
          // A broken connection mends; the consent waits at the server meanwhile.
          if (!over && !(error instanceof Refusal && error.status === 0)) end({ at: "failed", error });
        }
        if (!over) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    };
    void turn();
    return () => { over = true; };
  }, [waiting]);

  const cancel = () => {
    popup.current?.close();
    setState({ at: "ready" });
  };
  const fail = useCallback((error: unknown) => setState({ at: "failed", error }), []);
  return { state, begin, unblock, cancel, fail, show: () => popup.current?.focus() };
}
