import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { forceLinting, linter, type Diagnostic } from "@codemirror/lint";
import { EditorState, StateEffect, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { useEffect, useRef, useState } from "react";

export type Tongue = "json" | "javascript";

/** Something that is wrong with a line, counted from 1; beyond the end it is the last one. */
export interface Mark {
  line: number;
  message: string;
}

const languages: Record<Tongue, () => Extension> = { json, javascript };

// Tab is left alone: it leads on to the next field.
const common = (tongue: Tongue): Extension => [
  languages[tongue](),
  syntaxHighlighting(classHighlighter),
  bracketMatching(),
  drawSelection(),
  EditorView.lineWrapping,
  EditorView.cspNonce.of(String((globalThis as { __nonce?: string }).__nonce ?? "")),
];

/** Says that somebody else has looked at the text. */
const looked = StateEffect.define<null>();

/** What the grammar stumbles over first. */
function unreadable(view: EditorView): Diagnostic[] {
  const found: Diagnostic[] = [];
  syntaxTree(view.state).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError && found.length === 0) found.push({ from, to: Math.max(to, from), severity: "error", message: "This is not JavaScript." });
    },
  });
  return found;
}

function wrong(view: EditorView, tongue: Tongue, marks: Mark[]): Diagnostic[] {
  const text = view.state.doc;
  const own = tongue === "javascript" ? unreadable(view) : text.toString().trim() === "" ? [] : jsonParseLinter()(view);
  const told = marks.map(({ line, message }): Diagnostic => {
    const { from, to } = text.line(Math.min(Math.max(line, 1), text.lines));
    return { from, to, severity: "error", message };
  });
  return [...own, ...told];
}

export function CodeEditor({ id, labelledBy, describedBy, value, onChange, tongue, marks, lines, typing }: {
  id: string;
  labelledBy: string;
  describedBy: string | undefined;
  value: string;
  onChange: (text: string) => void;
  tongue: Tongue;
  marks: Mark[];
  lines: number;
  /** Where somebody types already, when it begins. */
  typing: number | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const now = useRef({ onChange, marks });
  now.current = { onChange, marks };
  const [fault, setFault] = useState("");

  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          common(tongue),
          history(),
          indentOnInput(),
          lineNumbers(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          linter((of) => {
            const found = wrong(of, tongue, now.current.marks);
            const first = found[0];
            setFault(first ? `Line ${of.state.doc.lineAt(first.from).number}: ${first.message}` : "");
            return found;
          }, { delay: 300, needsRefresh: ({ transactions }) => transactions.some(({ effects }) => effects.some((effect) => effect.is(looked))) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) now.current.onChange(update.state.doc.toString());
          }),
          EditorView.contentAttributes.of({
            id, "aria-labelledby": labelledBy, spellcheck: "false", autocapitalize: "off", tabindex: "0",
            ...(describedBy ? { "aria-describedby": describedBy } : {}),
          }),
        ],
      }),
    });
    view.current = made;
    if (typing !== undefined) {
      made.dispatch({ selection: { anchor: Math.min(typing, made.state.doc.length) } });
      made.focus();
    }
    return () => made.destroy();
    // oxlint-disable-next-line react/exhaustive-deps -- a text that changes outside is put in below; all else stays as it began
  }, []);

  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);

  const told = JSON.stringify(marks);
  useEffect(() => {
    if (!view.current) return;
    view.current.dispatch({ effects: looked.of(null) });
    forceLinting(view.current);
  }, [told]);

  return (
    <>
      <div ref={place} className="editor" style={{ ["--lines" as string]: lines }} />
      <span className="fault" role="status">{fault}</span>
    </>
  );
}

export function CodeReader({ label, text, tongue }: { label: string; text: string; tongue: Tongue }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          common(tongue),
          codeFolding(),
          foldGutter(),
          keymap.of([...foldKeymap, ...defaultKeymap]),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": "true", tabindex: "0" }),
        ],
      }),
    });
    return () => made.destroy();
  }, [label, text, tongue]);
  return <div ref={place} className="editor reads" />;
}
