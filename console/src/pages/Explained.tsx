import type { Tried } from "../api/client";
import { Badge, Code } from "../ui/parts";

interface Sent {
  method: string;
  url: string;
  headers?: Record<string, string> | [string, string][];
  body?: unknown;
  status?: number;
  setBy?: { part: string; name?: string; level: string; by?: string }[];
}

interface Explanation {
  resource?: string;
  requests?: Sent[];
  log?: string[];
  accessWouldBeRenewed?: boolean;
  answer?: { status?: number; message?: string };
}

function read(answer: Tried): Explanation | null {
  try {
    const found = JSON.parse(answer.body) as Explanation | null;
    return found !== null && typeof found === "object" && "requests" in found ? found : null;
  } catch {
    return null;
  }
}

/** What the vendor would be asked, and what set each part of it. */
export function Explained({ answer }: { answer: Tried }) {
  const found = read(answer);
  if (!found) return <Code label="Explanation" text={answer.body} />;
  const requests = found.requests ?? [];
  return (
    <section className="stack" aria-label="Explanation" aria-live="polite">
      <div className="actions">
        <h3>What the vendor would be asked</h3>
        <Badge>nothing was sent</Badge>
      </div>
      {found.accessWouldBeRenewed && <p className="note">The account’s access would be renewed first.</p>}
      {requests.length === 0 && <p className="soft">Nothing: {found.answer?.message ?? "the call is answered here."}</p>}
      <ol className="stack">
        {requests.map((sent, index) => <li key={index} className="stack tight"><Request sent={sent} /></li>)}
      </ol>
      {found.log && found.log.length > 0 && <Code label="What its scripts logged" text={found.log.join("\n")} />}
    </section>
  );
}

function Request({ sent }: { sent: Sent }) {
  const headers = Array.isArray(sent.headers) ? sent.headers : Object.entries(sent.headers ?? {});
  const body = typeof sent.body === "string" ? sent.body : sent.body === undefined ? "" : JSON.stringify(sent.body, null, 2);
  const lines = [`${sent.method} ${sent.url}`, ...headers.map(([name, value]) => `${name}: ${value}`), ...(body ? ["", body] : [])];
  return (
    <>
      <Code wraps label={`Request ${sent.method}`} text={lines.join("\n")} />
      {sent.setBy && sent.setBy.length > 0 && (
        <details>
          <summary className="small soft">What set its parts</summary>
          <div className="table-box folds">
            <table>
              <thead><tr><th>Part</th><th>Name</th><th>Set by</th></tr></thead>
              <tbody>
                {sent.setBy.map(({ part, name, level, by }, index) => (
                  <tr key={index}><td>{part}</td><td className="name">{name && <code className="wrap">{name}</code>}</td><td className="words">{[level, by].filter(Boolean).join(": ")}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </>
  );
}
