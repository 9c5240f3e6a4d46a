import { useState } from "react";
import { Button } from "./parts";

interface Place {
  /** The token of the page that is shown. */
  next: string;
  number: number;
  back: () => void;
  on: (token: string) => void;
}

/** Where one is in a long list; another question begins at its first page. */
export function usePages(question: string): Place {
  const [kept, setKept] = useState({ question, tokens: [""] });
  const tokens = kept.question === question ? kept.tokens : [""];
  return {
    next: tokens.at(-1) ?? "",
    number: tokens.length,
    back: () => setKept({ question, tokens: tokens.slice(0, -1) }),
    on: (token) => setKept({ question, tokens: [...tokens, token] }),
  };
}

export function Pages({ pages, next }: { pages: Place; next: string }) {
  if (pages.number === 1 && next === "") return null;
  return (
    <nav className="actions" aria-label="Pages">
      <Button disabled={pages.number === 1} onClick={pages.back}>Back</Button>
      <Button disabled={next === ""} onClick={() => pages.on(next)}>Next</Button>
      <span className="soft small" aria-live="polite">Page {pages.number}</span>
    </nav>
  );
}
