import { useBlocker } from "@tanstack/react-router";
import { Dialog } from "./overlays";
import { Button } from "./parts";

/** Asks before what was typed is lost by going elsewhere. */
export function Leaving({ changed, what }: { changed: boolean; what: string }) {
  const { proceed, reset, status } = useBlocker({ shouldBlockFn: () => changed, enableBeforeUnload: () => changed, withResolver: true });
  return (
    <Dialog open={status === "blocked"} onOpenChange={(open) => { if (!open) reset?.(); }} title="Leave without saving?"
      lead={`What you changed in ${what} is not saved yet.`}>
      <div className="actions">
        <Button onClick={() => reset?.()}>Stay</Button>
        <Button kind="danger" onClick={() => proceed?.()}>Leave</Button>
      </div>
    </Dialog>
  );
}
