import { AlertDialog, Dialog as Modal, Switch as Flip, Toast } from "radix-ui";
import { createContext, useCallback, useContext, useState, type FormEvent, type ReactNode } from "react";
import { Button, Fault, TextField } from "./parts";

export function Dialog({ open, onOpenChange, title, children, lead, fixed }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  /** Cannot be left without an answer. */
  fixed?: boolean;
}) {
  const back = useReturn(open);
  const stay = fixed ? { onEscapeKeyDown: halt, onPointerDownOutside: halt, onInteractOutside: halt } : {};
  return (
    <Modal.Root open={open} onOpenChange={onOpenChange}>
      <Modal.Portal>
        <Modal.Overlay className="scrim" />
        <Modal.Content className="dialog" {...back} {...stay} {...(lead ? {} : { "aria-describedby": undefined })}>
          <Modal.Title>{title}</Modal.Title>
          {lead && <Modal.Description className="soft">{lead}</Modal.Description>}
          {children}
        </Modal.Content>
      </Modal.Portal>
    </Modal.Root>
  );
}

const halt = (event: Event) => event.preventDefault();

/** Gives the focus back to what opened a dialog, or to the page where that is gone: ours open by a state, not by a trigger. */
function useReturn(open: boolean) {
  const [was, setWas] = useState<{ open: boolean; opener: Element | null }>({ open: false, opener: null });
  // Asked for before anything in the dialog has taken the focus.
  if (open !== was.open) setWas({ open, opener: open ? document.activeElement : was.opener });
  return {
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      const back = was.opener?.isConnected ? was.opener : document.getElementById("main");
      if (back instanceof HTMLElement) back.focus();
    },
  };
}

/** Asks for the name of what will be destroyed. */
export function ConfirmByName({ open, onOpenChange, name, what, children, confirm }: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  name: string;
  what: string;
  children: ReactNode;
  confirm: () => Promise<unknown>;
}) {
  const back = useReturn(open);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== name.trim()) return;
    setBusy(true);
    setError(null);
    try {
      await confirm();
      onOpenChange(false);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => { setTyped(""); setError(null); onOpenChange(next); }}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="scrim" />
        <AlertDialog.Content className="dialog" {...back}>
          <AlertDialog.Title>Delete this {what}?</AlertDialog.Title>
          <AlertDialog.Description className="soft">{children}</AlertDialog.Description>
          <form className="stack" onSubmit={(event) => void submit(event)}>
            <TextField
              label={<>Type <b dir="auto" className="wrap">{name}</b> to confirm</>}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
            />
            {error != null && <Fault error={error} />}
            <div className="actions">
              <AlertDialog.Cancel asChild>
                <Button>Keep it</Button>
              </AlertDialog.Cancel>
              <Button type="submit" kind="danger" busy={busy} disabled={typed.trim() !== name.trim()}>
                Delete {what}
              </Button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export function Switch({ checked, onChange, label, disabled }: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  disabled?: boolean;
}) {
  return (
    <Flip.Root className="switch" checked={checked} onCheckedChange={onChange} aria-label={label} disabled={disabled ?? false}>
      <Flip.Thumb />
    </Flip.Root>
  );
}

const Say = createContext<(words: string) => void>(() => {});
export const useSay = () => useContext(Say);

/** Short news in a corner. */
export function Toasts({ children }: { children: ReactNode }) {
  const [news, setNews] = useState<{ id: number; words: string }[]>([]);
  const say = useCallback((words: string) => setNews((old) => [...old.slice(-2), { id: Date.now(), words }]), []);
  return (
    <Say.Provider value={say}>
      <Toast.Provider duration={4000}>
        {children}
        {news.map(({ id, words }) => (
          <Toast.Root
            key={id}
            className="toast"
            onOpenChange={(open) => { if (!open) setNews((old) => old.filter((item) => item.id !== id)); }}
          >
            <Toast.Description>{words}</Toast.Description>
          </Toast.Root>
        ))}
        <Toast.Viewport className="toast-area" />
      </Toast.Provider>
    </Say.Provider>
  );
}
