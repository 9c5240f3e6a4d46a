import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { count as countQuery, elements, hubs } from "../api/queries";
import { catalogRoute } from "../app/routes";
import { Badge, Bones, Button, Empty, Fault, Head, Monogram, TextField } from "../ui/parts";

export function Catalog() {
  const search = catalogRoute.useSearch();
  const navigate = catalogRoute.useNavigate();
  const all = useQuery(elements);
  const groups = useQuery(hubs);
  const counts = useQuery(countQuery);
  const connected = new Map(counts.data?.elementInstances.map(({ key, count }) => [key, count]));

  const words = (search.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = (all.data ?? []).filter((element) => {
    if (search.hub && element.hub !== search.hub) return false;
    const text = `${element.name} ${element.key} ${element.hub} ${element.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const change = (part: { q?: string | undefined; hub?: string | undefined }) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true });

  return (
    <div className="page">
      <Head title="Catalog">What your customers’ accounts can be connected with.</Head>
      <div className="bar">
        <div className="grow">
          <TextField label="Search" type="search" placeholder="Name, hub or what it does" value={search.q ?? ""}
            onChange={(event) => change({ q: event.target.value })} />
        </div>
        {groups.data && groups.data.length > 1 && (
          <div className="chips" role="group" aria-label="Hub">
            <button type="button" className="chip" aria-pressed={!search.hub} onClick={() => change({ hub: undefined })}>All</button>
            {groups.data.map((hub) => (
              <button key={hub.key} type="button" className="chip" aria-pressed={search.hub === hub.key}
                onClick={() => change({ hub: search.hub === hub.key ? undefined : hub.key })}>
                {hub.name}
              </button>
            ))}
          </div>
        )}
      </div>
      {all.isPending && <Bones rows={5} height="5rem" />}
      {all.error && <Fault title="The catalog could not be read." error={all.error} again={() => void all.refetch()} />}
      {all.data && (
        <>
          <p className="hidden" role="status">{found.length} elements</p>
          {found.length === 0 ? (
            <Empty title="Nothing fits" action={<Button onClick={() => change({ q: undefined, hub: undefined })}>Show everything</Button>}>
              No element has all of these words{search.hub ? " in this hub" : ""}.
            </Empty>
          ) : (
            <ul className="cards">
              {found.map((element) => (
                <li className="tile" key={element.key}>
                  <Monogram element={element} />
                  <div>
                    <h2><Link to="/catalog/$key" params={{ key: element.key }}>{element.name}</Link></h2>
                    <p className="small soft">
                      {groups.data?.find((hub) => hub.key === element.hub)?.name ?? element.hub} · <code>{element.key}</code>
                    </p>
                  </div>
                  <p className="text">{element.description}</p>
                  {(connected.get(element.key) || !element.active) && (
                    <p className="foot">
                      {connected.get(element.key) ? <Badge tone="good">{connected.get(element.key)} connected</Badge> : null}
                      {!element.active && <Badge tone="warn">switched off</Badge>}
                    </p>
                  )}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </div>
  );
}

/** An address without empty parameters. */
export function clean<T extends Record<string, string | undefined>>(search: T): { [K in keyof T]?: string } {
  const kept = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return Object.fromEntries(kept) as { [K in keyof T]?: string };
}
