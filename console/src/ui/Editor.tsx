import { useId, useRef } from "react";
import type { Mark, Tongue } from "./code-editor";
import { useLoaded } from "./loaded";

const load = () => import("./code-editor");

/** JSON or JavaScript to be written. A plain field stands here until the editor has arrived, and where it never does. */
export function Editor({ label, help, value, onChange, tongue, marks, lines = 7 }: {
  label: string;
  help?: string | undefined;
  value: string;
  onChange: (text: string) => void;
  tongue: Tongue;
  /** What somebody else found wrong with it. */
  marks?: Mark[];
  /** How high it is at least. */
  lines?: number;
}) {
  const editor = useLoaded(load);
  const id = useId();
  const describedBy = help ? `${id}-help` : undefined;
  const plain = useRef<HTMLTextAreaElement>(null);
  // Whoever types already goes on typing where they are; the plain field is still there while its place is taken.
  const typing = editor && plain.current && plain.current === document.activeElement ? plain.current.selectionEnd : undefined;
  return (
    <div className="field">
      {/* An editor is no form control, so its label leads there by hand; keys reach it by Tab. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions */}
      <label htmlFor={id} id={`${id}-label`} onClick={() => document.getElementById(id)?.focus()}>{label}</label>
      {editor ? (
        <editor.CodeEditor id={id} labelledBy={`${id}-label`} describedBy={describedBy} value={value} onChange={onChange}
          tongue={tongue} marks={marks ?? []} lines={lines} typing={typing} />
      ) : (
        <textarea ref={plain} id={id} className="input mono" spellCheck={false} rows={lines} value={value} aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)} />
      )}
      {help && <span className="help" id={`${id}-help`}>{help}</span>}
    </div>
  );
}

/** The same to be read: coloured and folded where it is known what it is. */
export function Reader({ label, text, tongue }: { label: string; text: string; tongue: Tongue }) {
  const editor = useLoaded(load);
  if (!editor) return <pre className="plain" tabIndex={0} role="region" aria-label={label}>{text}</pre>;
  return <editor.CodeReader label={label} text={text} tongue={tongue} />;
}
