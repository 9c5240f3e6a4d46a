import { useSubmit } from "../pages/SignIn";
import { Dialog } from "../ui/overlays";
import { Badge, Button, Fault } from "../ui/parts";
import { keep, type Target } from "./data";
import { changes, lines, toBody, type Draft, type Transformation } from "./draft";

const TONES = { added: "good", removed: "bad", changed: "warn" } as const;
const SIGNS = { same: " ", added: "+", removed: "−" } as const;

/** What will change, before it does. */
export function Save({ open, onOpenChange, target, element, before, after, own, saved }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  target: Target;
  element: string;
  before: Draft;
  after: Draft;
  own: Transformation | null;
  saved: () => void;
}) {
  const { error, busy, run } = useSubmit();
  const whose = target.level === "instance" ? "this account alone" : `every account of ${element}`;
  const script = before.script === after.script ? [] : lines(before.script, after.script);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Save the mapping of ${target.name}?`} lead={`It counts for ${whose}, from the next call on.`}>
      <ul className="stack tight" aria-label="Changes">
        {changes(before, after).map(({ kind, what }) => (
          <li key={`${kind} ${what}`} className="cell"><Badge tone={TONES[kind]}>{kind}</Badge> <code className="wrap">{what}</code></li>
        ))}
      </ul>
      {script.length > 0 && (
        <div className="stack tight">
          <h3>Script</h3>
          <pre className="diff" tabIndex={0} role="region" aria-label="Changes of the script">
            {script.map(({ kind, text }, index) => <span key={index} className={kind}>{`${SIGNS[kind]} ${text}\n`}</span>)}
          </pre>
        </div>
      )}
      {error != null && <Fault error={error} />}
      <div className="actions">
        <Button onClick={() => onOpenChange(false)}>Back</Button>
        <Button kind="main-action" busy={busy} onClick={() => void run(async () => {
          await keep(target, toBody(after, own), own !== null);
          saved();
        })}>Save</Button>
      </div>
    </Dialog>
  );
}
