import type { Made, Session } from "./session";

/** What the page that shows us in a frame is told. */
export type Told =
  | { type: "ready" }
  | { type: "connected"; session: number; instance: Made; element: string }
  | { type: "denied"; session: number; element: string; message: string }
  | { type: "error"; message: string }
  | { type: "closed" };

export const framed = window.parent !== window;

/**
 * Tells the host page. To whoever it is: the browser lets only the origins of the session frame us
 * (`frame-ancestors`), and nothing of what is told is secret.
 */
export function tell(told: Told): void {
  if (framed) window.parent.postMessage({ source: "ligand-connect", ...told }, "*");
}

/** Where a full page goes when it is done: back, with what came of it. */
export function backTo(session: Session, status: "connected" | "closed"): string | undefined {
  if (!session.returnUrl) return undefined;
  const url = new URL(session.returnUrl);
  url.searchParams.set("connect_session", String(session.session));
  url.searchParams.set("connect_status", status);
  return url.href;
}
