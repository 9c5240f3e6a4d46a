import { excerpt, lines } from "./lines";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;

/** What will become of a text: the lines that change, and those around them. */
export function Diff({ label, before, after }: { label: string; before: string; after: string }) {
  return (
    <pre className="diff" tabIndex={0} role="region" aria-label={label}>
      {excerpt(lines(before, after)).map((line, index) =>
        line ? <span key={index} className={line.kind}>{`${SIGNS[line.kind]} ${line.text}\n`}</span> : <span key={index}>{"  …\n"}</span>)}
    </pre>
  );
}
