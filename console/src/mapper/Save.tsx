import { useSubmit } from "../pages/SignIn";
import { Diff } from "../ui/Diff";
import { Dialog } from "../ui/overlays";
import { Badge, Button, Fault } from "../ui/parts";
import { keep, whose, type Target } from "./data";
import { changes, toBody, type Draft, type Transformation } from "./draft";

const TONES = { added: "good", removed: "bad", changed: "warn" } as const;

/** What will change, before it does. */
export function Save({ open, onOpenChange, target, before, after, own, saved }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  target: Target;
  before: Draft;
  after: Draft;
  own: Transformation | null;
  saved: () => void;
}) {
  const { error, busy, run } = useSubmit();
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Save the mapping of ${target.name}?`} lead={`It counts for ${whose(target.level, target)}, from the next call on.`}>
      <ul className="stack tight" aria-label="Changes">
        {changes(before, after).map(({ kind, what }) => (
          <li key={`${kind} ${what}`} className="cell"><Badge tone={TONES[kind]}>{kind}</Badge> <code className="wrap">{what}</code></li>
        ))}
      </ul>
      {before.script !== after.script && (
        <div className="stack tight">
          <h3>Script</h3>
          <Diff label="Changes of the script" before={before.script} after={after.script} />
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
