import { useId, useState, type ComponentProps, type ReactNode } from "react";
import { Refusal } from "../api/refusal";

type Kind = "main-action" | "quiet" | "danger" | "plain";

export function Button({ kind = "plain", size, busy, children, className, ...rest }: ComponentProps<"button"> & {
  kind?: Kind;
  size?: "small";
  busy?: boolean;
}) {
  const names = ["button", kind === "plain" ? "" : kind, size ?? "", className ?? ""].filter(Boolean).join(" ");
  return (
    <button type="button" {...rest} className={names} disabled={rest.disabled || busy} aria-busy={busy || undefined}>
      {children}
    </button>
  );
}

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  fault?: string | undefined;
  required?: boolean;
}

/** A labelled control; help and fault are read out with it. */
export function Field({ label, help, fault, required, children }: FieldProps & {
  children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: true; required?: true }) => ReactNode;
}) {
  const id = useId();
  const described = [help ? `${id}-help` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {required === false && <span className="must">(optional)</span>}
      </label>
      {children({
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(fault ? { "aria-invalid": true as const } : {}),
        ...(required ? { required: true as const } : {}),
      })}
      {help && <span className="help" id={`${id}-help`}>{help}</span>}
      {fault && <span className="fault" id={`${id}-fault`}>{fault}</span>}
    </div>
  );
}

export function TextField({ label, help, fault, required, ...rest }: FieldProps & Omit<ComponentProps<"input">, "required">) {
  return (
    <Field label={label} help={help} fault={fault} {...(required === undefined ? {} : { required })}>
      {(attributes) => <input {...rest} {...attributes} className="input" />}
    </Field>
  );
}

export function Badge({ tone, plain, children }: { tone?: "good" | "warn" | "bad"; plain?: boolean; children: ReactNode }) {
  return <span className={["badge", tone ?? "", plain ? "plain" : ""].filter(Boolean).join(" ")}>{children}</span>;
}

/** What went wrong, in plain words, with the vendor's own and a way on. */
export function Fault({ error, again, title }: { error: unknown; again?: (() => void) | undefined; title?: string }) {
  const words = error instanceof Error ? error.message : String(error);
  const refusal = error instanceof Refusal ? error : undefined;
  return (
    <div className="note bad" role="alert">
      {title && <strong>{title}</strong>}
      <span>{words}</span>
      {refusal?.providerMessage && <span>The vendor said: “{refusal.providerMessage}”</span>}
      {refusal?.requestId && <span className="small soft">Request <code>{refusal.requestId}</code></span>}
      {again && (
        <span>
          <Button size="small" onClick={again}>Try again</Button>
        </span>
      )}
    </div>
  );
}

export function Empty({ title, children, action, top }: { title: string; top?: boolean; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      {top ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Stands where something will be; says so to who cannot see it. */
export function Bones({ rows = 4, height = "3.2rem" }: { rows?: number; height?: string }) {
  return (
    <div className="stack tight" role="status">
      <span className="hidden">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="bone" style={{ height }} />
      ))}
    </div>
  );
}

export function Monogram({ element, size }: { element: { key: string; name: string }; size?: "large" | "tiny" }) {
  const [missing, setMissing] = useState(false);
  const names = `monogram ${size ?? ""}`;
  // An imported element has no monogram of its own: its first letters stand in.
  if (missing) return <span className={`${names} letters`} aria-hidden="true">{element.name.slice(0, 2)}</span>;
  return <img className={names} src={`/console/monograms/${element.key}.svg`} alt="" onError={() => setMissing(true)} />;
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure context there is no clipboard API; the old way still works.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <Button size="small" className="copy" onClick={() => void copy()}>
      <span aria-live="polite">{done ? "Copied" : label}</span>
    </Button>
  );
}

export function Code({ text, wraps, label }: { text: string; wraps?: boolean; label: string }) {
  return (
    <div className={wraps ? "code wraps" : "code"}>
      <pre tabIndex={0} role="region" aria-label={label}>{text}</pre>
      <Copy text={text} />
    </div>
  );
}

export function Head({ title, children, actions, before }: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  before?: ReactNode;
}) {
  return (
    <header className="head">
      <div>
        {before}
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {actions && <div className="actions">{actions}</div>}
    </header>
  );
}

/** A moment, in the reader's own words for dates. */
export function When({ iso }: { iso: string }) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return <>–</>;
  const text = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(time);
  return <time dateTime={iso} title={iso}>{text}</time>;
}

/** A day, which is the same one everywhere. */
export function Day({ date }: { date: string }) {
  const time = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(time.getTime())) return <>{date}</>;
  return <time dateTime={date}>{new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" }).format(time)}</time>;
}
