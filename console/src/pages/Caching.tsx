import { useState, type FormEvent } from "react";
import { call } from "../api/client";
import type { Instance } from "../api/types";
import { Switch, useSay } from "../ui/overlays";
import { Button, Fault, TextField } from "../ui/parts";
import { useSubmit } from "./SignIn";

/** What stands for a number that was not said, as the server takes it. */
const USUAL = { seconds: 300, answers: 100 };

/** Whether the vendor's answers are kept for a while, how long, and how many. */
export function Caching({ instance, keep }: { instance: Instance; keep: (data: Instance) => void }) {
  const say = useSay();
  const [seconds, setSeconds] = useState(shown(instance.cacheTimeToLive));
  const [answers, setAnswers] = useState(shown(instance.maxCacheSize));
  const { error, busy, run } = useSubmit();
  const on = instance.cachingEnabled;
  const changed = seconds !== shown(instance.cacheTimeToLive) || answers !== shown(instance.maxCacheSize);

  const save = (body: Partial<Instance>, words: string) =>
    void run(async () => {
      keep((await call<Instance, "patchInstancesById">("patchInstancesById", { path: { id: instance.id }, body })).data);
      say(words);
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save({ cacheTimeToLive: Number(seconds), maxCacheSize: Number(answers) }, "Saved.");
  };

  return (
    <form className="card stack" aria-labelledby="caching" onSubmit={submit}>
      <h2 id="caching">Caching</h2>
      <div className="actions">
        <Switch checked={on} disabled={busy} label="Keep answers"
          onChange={(wanted) => save({ cachingEnabled: wanted }, wanted ? "Answers are kept." : "Every call asks the vendor.")} />
        <span>{on ? "On: reads come from memory" : "Off: calls ask the vendor"}</span>
      </div>
      {on && (
        <>
          <TextField label="For how many seconds" type="number" min={1} max={86_400} inputMode="numeric" placeholder={String(USUAL.seconds)}
            required={false} value={seconds} onChange={(event) => setSeconds(event.target.value)} />
          <TextField label="How many answers" type="number" min={1} max={10_000} inputMode="numeric" placeholder={String(USUAL.answers)}
            required={false} value={answers} help="The one used longest ago goes first. A write clears them all." onChange={(event) => setAnswers(event.target.value)} />
          <div><Button type="submit" busy={busy} disabled={!changed}>Save</Button></div>
        </>
      )}
      {error != null && <Fault error={error} />}
    </form>
  );
}

/** Zero means that nothing was said. */
function shown(number: number): string {
  return number > 0 ? String(number) : "";
}
