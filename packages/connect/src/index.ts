/**
 * Opens Ligand's Connect page in an application of yours.
 *
 * Your server begins a session (`POST /connect/sessions`) and hands its token to your page; the token leads to the page
 * and opens it once. What comes of it your server learns by a signed callback, or by asking
 * `GET /connect/sessions/{id}`: what the browser tells is news, never proof.
 */

/** The account that was connected. Its token is for your server alone. */
export interface Connected {
  /** The session, as your server knows it. */
  session: number;
  /** The instance: its id and name. */
  instance: { id: number; name: string };
  /** The key of its element, such as `sfdc`. */
  element: string;
}

/** The vendor or the customer said no; the customer may try again. */
export interface Denied {
  session: number;
  element: string;
  /** The vendor's own words. */
  message: string;
}

export interface Options {
  /** `token` of `POST /connect/sessions`. */
  token: string;
  /**
   * `modal` lays the page over yours, in a frame; your page's origin must be among the session's `origins`.
   * `page` leaves yours, and comes back to the session's `returnUrl`. Default: `modal`.
   */
  mode?: "modal" | "page";
  onConnected?: (connected: Connected) => void;
  onDenied?: (denied: Denied) => void;
  /** The modal is gone, whatever came of it. */
  onClosed?: () => void;
  /** The link cannot be used, or the page could not be shown: begin another session. */
  onError?: (error: { message: string }) => void;
}

/** An open modal. */
export interface Handle {
  close(): void;
}

type Told =
  | ({ source: "ligand-connect"; type: "connected" } & Connected)
  | ({ source: "ligand-connect"; type: "denied" } & Denied)
  | { source: "ligand-connect"; type: "error"; message: string }
  | { source: "ligand-connect"; type: "ready" | "closed" };

/** How long a page may take to say that it is there, milliseconds. */
const PATIENCE = 20_000;

/** A token works once: a component that is mounted twice gets the modal that is there. */
const open = new Map<string, Handle>();

/**
 * The link of a token.
 *
 * @throws when it is no token of Connect.
 */
export function linkOf(token: string): string {
  const [page = "", secret = ""] = token.split(".");
  let address: string;
  try {
    address = atob(page.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    address = "";
  }
  if (!/^https?:\/\//.test(address) || secret === "") {
    throw new TypeError("openConnect: `token` is not one of POST /connect/sessions");
  }
  return `${address}#${secret}`;
}

/** Opens Connect. */
export function openConnect(options: Options): Handle {
  const link = linkOf(options.token);
  if (options.mode === "page") {
    window.location.assign(link);
    return { close() {} };
  }
  const known = open.get(options.token);
  if (known) return known;
  const handle = modal(link, options, () => open.delete(options.token));
  open.set(options.token, handle);
  return handle;
}

/** What a full page came back with, from the address of your `returnUrl`; `undefined` when it did not. */
export function returned(address: string = window.location.href): { session: number; status: "connected" | "closed" } | undefined {
  const { searchParams } = new URL(address);
  const session = Number(searchParams.get("connect_session"));
  const status = searchParams.get("connect_status");
  return session > 0 && (status === "connected" || status === "closed") ? { session, status } : undefined;
}

function modal(link: string, options: Options, gone: () => void): Handle {
  const before = document.activeElement;
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Connect an account");
  style(dialog, {
    width: "min(27rem, 100vw)",
    height: "min(44rem, 100dvh)",
    maxWidth: "100vw",
    maxHeight: "100dvh",
    padding: "0",
    border: "0",
    borderRadius: window.innerWidth <= 480 ? "0" : "16px",
    overflow: "hidden",
    background: "transparent",
    boxShadow: "0 24px 64px rgb(0 0 0 / 30%)",
    colorScheme: "light dark",
  });
  const frame = document.createElement("iframe");
  frame.src = link;
  frame.title = "Connect an account";
  frame.referrerPolicy = "no-referrer";
  style(frame, { width: "100%", height: "100%", border: "0", display: "block", colorScheme: "light dark" });
  dialog.append(frame);

  const origin = new URL(link).origin;
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    clearTimeout(late);
    window.removeEventListener("message", hear);
    dialog.close();
    dialog.remove();
    gone();
    if (before instanceof HTMLElement) before.focus();
    options.onClosed?.();
  };
  const fail = (message: string) => options.onError?.({ message });
  const hear = (event: MessageEvent) => {
    // Only the page in our frame, and only as long as it is still that page.
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    const told = event.data as Told | null;
    if (told === null || typeof told !== "object" || told.source !== "ligand-connect") return;
    clearTimeout(late);
    switch (told.type) {
      case "connected":
        options.onConnected?.({ session: told.session, instance: told.instance, element: told.element });
        break;
      case "denied":
        options.onDenied?.({ session: told.session, element: told.element, message: told.message });
        break;
      case "error":
        fail(told.message);
        break;
      case "closed":
        close();
        break;
      case "ready":
        break;
    }
  };
  const late = setTimeout(() => {
    fail("The page does not answer. Is this page's origin among the session's `origins`?");
    close();
  }, PATIENCE);
  window.addEventListener("message", hear);
  // Escape, while the focus is on our side of the frame.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { close };
}

/** Set one by one, so that a strict style policy of the host page has nothing against it. */
function style(element: HTMLElement, rules: Partial<CSSStyleDeclaration>): void {
  Object.assign(element.style, rules);
}
