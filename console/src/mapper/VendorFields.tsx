import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Bones, Fault, TextField } from "../ui/parts";
import { vendorFields } from "./data";
import { suggested, type Draft } from "./draft";
import { CARRIED } from "./Fields";

/** Rows that are drawn; the search finds the others. */
const MOST = 200;

/** What the vendor has, told by the vendor itself where it can. */
export function VendorFields({ instance, object, draft, add }: {
  instance: number;
  object: string;
  draft: Draft;
  add: (vendorPath: string, path: string) => void;
}) {
  const { data, error, isFetching, refetch } = useQuery(vendorFields(instance, object));
  const [sought, setSought] = useState("");
  const used = new Set(draft.fields.map(({ vendorPath }) => vendorPath));
  const words = sought.toLowerCase();
  const found = (data ?? []).filter(({ vendorPath, label }) => `${vendorPath} ${label}`.toLowerCase().includes(words));
  return (
    <section className="stack tight" aria-label="The vendor’s fields">
      <h2>The vendor’s fields</h2>
      {object === "" && <p className="soft small">Say first which of the vendor’s objects this is.</p>}
      {isFetching && !data && object !== "" && <Bones rows={5} height="2.4rem" />}
      {error && <Fault title="The vendor’s fields could not be listed. You can still type their names." error={error} again={() => void refetch()} />}
      {data && (
        <>
          <TextField label="Find a field" type="search" value={sought} help={`${data.length} fields. Drag one, or press it.`} onChange={(event) => setSought(event.target.value)} />
          <ul className="vendor-fields">
            {found.slice(0, MOST).map(({ vendorPath, type, label }) => (
              <li key={vendorPath}>
                <button type="button" draggable aria-label={`Map ${vendorPath}`} data-used={used.has(vendorPath) || undefined}
                  onDragStart={(event) => { event.dataTransfer.setData(CARRIED, vendorPath); event.dataTransfer.effectAllowed = "copy"; }}
                  onClick={() => add(vendorPath, suggested(vendorPath))}>
                  <code className="wrap">{vendorPath}</code>
                  <span className="small soft">{[label !== vendorPath ? label : "", type].filter(Boolean).join(" · ")}</span>
                  {used.has(vendorPath) && <span className="small good-text">mapped</span>}
                </button>
              </li>
            ))}
          </ul>
          {found.length > MOST && <p className="small soft">{found.length - MOST} more; seek them by name.</p>}
          {found.length === 0 && <p className="small soft">No field is called so.</p>}
          <datalist id="vendor-fields">{data.slice(0, 1000).map(({ vendorPath }) => <option key={vendorPath} value={vendorPath} />)}</datalist>
        </>
      )}
    </section>
  );
}
