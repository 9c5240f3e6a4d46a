import { useEffect, useState } from "react";
import { useSubmit } from "../pages/SignIn";
import { Editor, Reader } from "../ui/Editor";
import { Button, Fault } from "../ui/parts";
import { record, tried, type Direction, type Target } from "./data";
import { toBody, wrong, type Draft, type Transformation } from "./draft";

/** How long nobody has typed before the mapping is tried, milliseconds. */
const PAUSE = 400;

const shown = (value: unknown) => JSON.stringify(value, null, 2) ?? "";

/** What becomes of a real record, while the mapping is written. Nothing is kept, nothing is sent to the vendor. */
export function Preview({ target, draft, own, failed }: {
  target: Target;
  draft: Draft;
  own: Transformation | null;
  failed: (message: string) => void;
}) {
  const [given, setGiven] = useState("");
  const [direction, setDirection] = useState<Direction>("GET");
  const [made, setMade] = useState("");
  const [error, setError] = useState<unknown>(null);
  const reading = useSubmit();
  const fault = wrong(draft);
  const body = JSON.stringify(toBody(draft, own));

  useEffect(() => {
    if (given.trim() === "" || fault) return;
    let wanted = true;
    const wait = setTimeout(() => {
      void (async () => {
        try {
          const payload = JSON.parse(given) as unknown;
          const answer = await tried(target, JSON.parse(body) as Record<string, unknown>, payload, direction);
          if (!wanted) return;
          setMade(shown(answer));
          setError(null);
          failed("");
        } catch (found) {
          if (!wanted) return;
          setError(found instanceof SyntaxError ? new Error("The record is not JSON yet.") : found);
          failed(found instanceof Error ? found.message : "");
        }
      })();
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(wait);
    };
    // oxlint-disable-next-line react/exhaustive-deps -- the object and whom to tell are other ones at each drawing, and mean the same
  }, [given, direction, body, fault]);

  const turn = (to: Direction) => {
    if (to === direction) return;
    // What came out is what goes in the other way.
    if (made) setGiven(made);
    setMade("");
    setDirection(to);
  };
  return (
    <section className="card stack" aria-label="Preview">
      <div className="head">
        <div>
          <h2>Preview</h2>
          <p className="soft small">On a real record of this account. Nothing is kept, and nothing goes to the vendor.</p>
        </div>
        <div className="chips" role="group" aria-label="Direction">
          <button type="button" className="chip" aria-pressed={direction === "GET"} onClick={() => turn("GET")}>From the vendor</button>
          <button type="button" className="chip" aria-pressed={direction === "POST"} onClick={() => turn("POST")}>To the vendor</button>
        </div>
      </div>
      <div className="actions">
        <Button busy={reading.busy} disabled={draft.vendorName.trim() === ""}
          onClick={() => void reading.run(async () => {
            setDirection("GET");
            setGiven(shown(await record(target.instance, draft.vendorName.trim())));
          })}>Read a record</Button>
        <span className="small soft">or put one in below</span>
      </div>
      {reading.error != null && <Fault title="No record could be read. Put one in by hand." error={reading.error} />}
      <div className="halves">
        <Editor label={direction === "GET" ? "The vendor’s record" : "Your record"} tongue="json" lines={10} value={given} onChange={setGiven} />
        <div className="field">
          <span className="label">{direction === "GET" ? "Your record" : "What the vendor is sent"}</span>
          {error != null && <Fault error={error} />}
          {fault && given.trim() !== "" && <p className="note">{fault}</p>}
          <div className="code" aria-live="polite">{made && !error ? <Reader label="What becomes of it" tongue="json" text={made} /> : <p className="soft small">Nothing yet.</p>}</div>
        </div>
      </div>
    </section>
  );
}
