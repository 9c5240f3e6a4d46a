import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Element } from "../api/types";
import { elementRoute } from "../app/routes";
import { Leaving } from "../ui/Leaving";
import { useSay } from "../ui/overlays";
import { Bones, Button, Fault, TextField } from "../ui/parts";
import { declared, DEFINED, hooks as hooksQuery, NEW, removeHook, resources as resourcesQuery, saveHook, saveResource, versions, type Hook, type Place, type Stored } from "./data";
import { Piece } from "./Piece";
import { Versions } from "./Versions";

const nameOf = ({ method, path }: Stored) => `${method} ${path}`;

/** An element of the organization's own: its calls, the scripts around them, and its versions. */
export function Definition({ element }: { element: Element }) {
  const { call } = elementRoute.useSearch();
  const navigate = elementRoute.useNavigate();
  const { data, error, isPending, refetch } = useQuery(resourcesQuery(element.key));
  const [filter, setFilter] = useState("");
  if (isPending) return <Bones rows={6} />;
  if (error) return <Fault title="The definition could not be read." error={error} again={() => void refetch()} />;
  const sorted = [...data].sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  const chosen = sorted.find((resource) => nameOf(resource) === call);
  const choose = (name: string | undefined) => void navigate({ search: ({ call: _call, ...old }) => (name ? { ...old, call: name } : old), replace: true });
  const place: Place = { element: element.key, resource: chosen };
  return (
    <div className="calls">
      <div className="stack tight">
        <TextField label="Find a call" type="search" value={filter} onChange={(event) => setFilter(event.target.value)} />
        <div className="call-list" role="group" aria-label="Calls">
          <button type="button" aria-current={!chosen} onClick={() => choose(undefined)}>
            <span>Scripts of every call</span>
          </button>
          {sorted.filter((resource) => nameOf(resource).toLowerCase().includes(filter.toLowerCase())).map((resource) => (
            <button key={resource.id} type="button" aria-current={resource === chosen} onClick={() => choose(nameOf(resource))}>
              <span className={`method ${resource.method}`}>{resource.method}</span> <code className="wrap">{resource.path}</code>
            </button>
          ))}
        </div>
      </div>
      <div className="stack">
        <Pieces key={chosen?.id ?? 0} place={place} />
        <Versions element={element.key} />
      </div>
    </div>
  );
}

const WHEN: Record<string, string> = { preRequest: "Before the vendor is asked", postRequest: "After the vendor has answered" };
/** Stands for what is declared of a call, among the ids of its scripts. */
const DECLARED = -1;
const FRESH: Hook = { id: NEW, type: "preRequest", mimeType: "application/javascript", isLegacy: false, body: "done({ continue: true });" };

/** What can be changed at one place, and what was typed there. */
function Pieces({ place }: { place: Place }) {
  const queries = useQueryClient();
  const say = useSay();
  const { data, error, isPending, refetch } = useQuery(hooksQuery(place));
  const [typed, setTyped] = useState<Record<number, string>>({});
  const [fresh, setFresh] = useState<Hook | null>(null);
  const { resource } = place;

  const change = (id: number, before: string) => (text: string) =>
    setTyped(({ [id]: _old, ...others }) => (text === before ? others : { ...others, [id]: text }));
  const forget = (id: number) => {
    setTyped(({ [id]: _old, ...others }) => others);
    if (id === NEW) setFresh(null);
  };
  const kept = (id: number, work: () => Promise<void>) => async () => {
    await work();
    await queries.invalidateQueries({ queryKey: [DEFINED, place.element] });
    void queries.invalidateQueries({ queryKey: ["element", place.element] });
    forget(id);
    const newest = (await queries.fetchQuery(versions(place.element))).at(-1)?.version;
    say(`Saved as version ${newest}. Accounts stay on theirs until they are moved.`);
  };
  const script = (hook: Hook) => {
    const before = hook.id === NEW ? "" : (hook.body ?? "");
    const text = typed[hook.id] ?? hook.body ?? "";
    return (
      <Piece key={hook.id} title={WHEN[hook.type] ?? hook.type} tongue="javascript" before={before} text={text} change={change(hook.id, before)}
        discard={() => forget(hook.id)} save={kept(hook.id, () => saveHook(place, hook, text))}
        remove={hook.id === NEW ? undefined : kept(hook.id, () => removeHook(place, hook.id))} />
    );
  };
  return (
    <section className="stack" aria-label={resource ? nameOf(resource) : "Scripts of every call"}>
      <h2 className="wrap">{resource ? <><span className={`method ${resource.method}`}>{resource.method}</span> <code>{resource.path}</code></> : "Scripts of every call"}</h2>
      {isPending && <Bones rows={2} height="6rem" />}
      {error && <Fault title="The scripts could not be read." error={error} again={() => void refetch()} />}
      {data && (
        <>
          {data.map(script)}
          {fresh && script(fresh)}
          {data.length === 0 && !fresh && <p className="soft">No script runs {resource ? "at this call alone" : "at every call"}.</p>}
          {!fresh && (
            <div className="actions">
              <Button size="small" onClick={() => setFresh({ ...FRESH, type: "preRequest" })}>Add a script before the call</Button>
              <Button size="small" onClick={() => setFresh({ ...FRESH, type: "postRequest" })}>Add a script after it</Button>
            </div>
          )}
        </>
      )}
      {resource && (
        <Piece title="What is declared" tongue="json" before={declared(resource)} text={typed[DECLARED] ?? declared(resource)} change={change(DECLARED, declared(resource))}
          help="Path, the vendor’s path and verb, root key, parameters. Scripts and model stay as they are."
          discard={() => forget(DECLARED)} save={kept(DECLARED, () => saveResource(place, typed[DECLARED] ?? ""))} />
      )}
      <Leaving changed={Object.keys(typed).length > 0 || fresh !== null} what="this definition" />
    </section>
  );
}
