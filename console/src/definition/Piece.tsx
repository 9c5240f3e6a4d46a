import { useState } from "react";
import { useSubmit } from "../pages/SignIn";
import type { Tongue } from "../ui/code-editor";
import { Diff } from "../ui/Diff";
import { Editor } from "../ui/Editor";
import { Dialog } from "../ui/overlays";
import { Button, Fault } from "../ui/parts";

/** A text of a definition: written here, compared before it is saved. */
export function Piece({ title, help, tongue, before, text, change, discard, save, remove }: {
  title: string;
  help?: string;
  tongue: Tongue;
  before: string;
  text: string;
  change: (text: string) => void;
  discard: () => void;
  save: () => Promise<void>;
  /** Where it can be taken away. */
  remove?: (() => Promise<void>) | undefined;
}) {
  const [asking, setAsking] = useState<"save" | "remove" | null>(null);
  const { error, busy, run, setError } = useSubmit();
  const changed = text !== before;
  const removing = asking === "remove";
  const close = () => { setAsking(null); setError(null); };
  return (
    <section className="card stack" aria-label={title}>
      <Editor label={title} tongue={tongue} lines={tongue === "json" ? 10 : 6} value={text} onChange={change} help={help} />
      <div className="actions">
        <Button size="small" kind="main-action" disabled={!changed} onClick={() => setAsking("save")}>Review and save</Button>
        {changed && <Button size="small" kind="quiet" onClick={discard}>Discard changes</Button>}
        {remove && <Button size="small" kind="danger" onClick={() => setAsking("remove")}>Remove…</Button>}
      </div>
      <Dialog open={asking !== null} onOpenChange={(open) => { if (!open) close(); }} title={removing ? "Remove this script?" : "Save as a new version?"}
        lead="New accounts get it. Those that are connected stay on their version until they are moved.">
        <Diff label="Changes" before={before} after={removing ? "" : text} />
        {error != null && <Fault error={error} />}
        <div className="actions">
          <Button onClick={close}>Back</Button>
          <Button kind={removing ? "danger" : "main-action"} busy={busy} onClick={() => void run(async () => {
            await (removing ? remove?.() : save());
            close();
          })}>{removing ? "Remove" : "Save"}</Button>
        </div>
      </Dialog>
    </section>
  );
}
