import { useState } from "react";
import { Badge, Button } from "../ui/parts";
import { faultOf, inherited, suggested, type Draft, type Field, type Level, type Transformation } from "./draft";

const TYPES = ["string", "number", "boolean", "date", "array", "object"];

/** Whose a field is, in a word for a badge. */
const WHOSE: Record<Level, (accountName: string) => string> = {
  system: () => "ready-made",
  organization: () => "every account",
  account: (name) => `in ${name}`,
  instance: () => "this account",
};

/** What a drag carries: the vendor's name of a field. */
export const CARRIED = "application/x-vendor-field";

/** Your fields, each with the place where the vendor keeps it. */
export function Fields({ draft, above, level, accountName, change }: {
  draft: Draft;
  above: Transformation | null;
  level: Level;
  accountName: string;
  change: (draft: Draft) => void;
}) {
  const [over, setOver] = useState<number>();
  const put = (index: number, part: Partial<Field>) =>
    change({ ...draft, fields: draft.fields.map((field, at) => (at === index ? { ...field, ...part } : field)) });
  const add = (field: Field) => change({ ...draft, fields: [...draft.fields, field] });
  const taken = inherited(draft, above);
  const drop = (index: number) => ({
    onDragOver: (event: React.DragEvent) => {
      if (!event.dataTransfer.types.includes(CARRIED)) return;
      event.preventDefault();
      setOver(index);
    },
    onDragLeave: () => setOver(undefined),
    onDrop: (event: React.DragEvent) => {
      const vendorPath = event.dataTransfer.getData(CARRIED);
      setOver(undefined);
      if (!vendorPath) return;
      event.preventDefault();
      if (index < draft.fields.length) put(index, { vendorPath });
      else add({ path: suggested(vendorPath), vendorPath });
    },
  });
  return (
    <section className="stack tight" aria-label="Your fields">
      <h2>Your fields</h2>
      <div className="map-list">
        {draft.fields.map((field, index) => {
          const fault = faultOf(draft, index);
          const name = field.path.trim() || `field ${index + 1}`;
          return (
            <div key={index} className="map-row" data-over={over === index || undefined} {...drop(index)}>
              <input className="input mono" aria-label={`Name of field ${index + 1}`} placeholder="address.city" value={field.path}
                aria-invalid={fault !== undefined && field.path.trim() === "" ? true : undefined} autoComplete="off" spellCheck={false}
                onChange={(event) => put(index, { path: event.target.value })} />
              <span className="from" aria-hidden="true">←</span>
              <input className="input mono" aria-label={`Vendor’s field for ${name}`} placeholder="drop a field, or type" list="vendor-fields"
                value={field.vendorPath ?? ""} autoComplete="off" spellCheck={false}
                onChange={(event) => put(index, { vendorPath: event.target.value })} />
              <select className="input" aria-label={`Type of ${name}`} value={field.type ?? "string"} onChange={(event) => put(index, { type: event.target.value })}>
                {[...new Set([...TYPES, field.type ?? "string"])].map((type) => <option key={type} value={type}>{type}</option>)}
              </select>
              <Button size="small" kind="quiet" className="cross" aria-label={`Remove ${name}`} title="Remove"
                onClick={() => change({ ...draft, fields: draft.fields.filter((_, at) => at !== index) })}>×</Button>
              {fault && <span className="fault">{fault}</span>}
            </div>
          );
        })}
        {taken.map((field) => (
          <div key={field.path} className="map-row taken">
            <code className="wrap">{field.path}</code>
            <span className="from" aria-hidden="true">←</span>
            <code className="wrap soft">{field.vendorPath || "(script)"}</code>
            <span><Badge>{WHOSE[field.level ?? "organization"](accountName)}</Badge></span>
            <Button size="small" kind="quiet" aria-label={`Change ${field.path} here`} onClick={() => add({ ...field, level })}>Change here</Button>
          </div>
        ))}
        <div className="map-row blank" data-over={over === draft.fields.length || undefined} {...drop(draft.fields.length)}>
          <Button size="small" onClick={() => add({ path: "", vendorPath: "" })}>Add a field</Button>
          <span className="small soft">or drop one of the vendor’s here</span>
        </div>
      </div>
    </section>
  );
}
