import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useEffect } from "react";
import { count as countQuery, elements, instances as instancesQuery } from "../api/queries";
import type { Instance } from "../api/types";
import { instancesRoute } from "../app/routes";
import { Badge, Bones, Button, Empty, Fault, Field, Head, Monogram, TextField, When } from "../ui/parts";
import { Pages, usePages } from "../ui/pages";
import { clean } from "./Catalog";

export function Health({ instance }: { instance: Pick<Instance, "disabled" | "valid"> }) {
  if (instance.disabled) return <Badge tone="warn">disabled</Badge>;
  return instance.valid ? <Badge tone="good">connected</Badge> : <Badge tone="bad">needs a reconnect</Badge>;
}

/** The first few, and how many more. The name, which is a tag too, stands beside them. */
function Tags({ tags }: { tags: string[] }) {
  return (
    <>
      {tags.slice(0, 3).map((tag) => <Badge key={tag}><bdi>{tag}</bdi></Badge>)}
      {tags.length > 3 && <span className="small soft">+{tags.length - 3}</span>}
    </>
  );
}

export function Instances() {
  const search = instancesRoute.useSearch();
  const navigate = instancesRoute.useNavigate();
  const wanted = useDeferredValue(search);
  const pages = usePages(JSON.stringify(wanted));
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery({
    ...instancesQuery(wanted, pages.next),
    placeholderData: keepPreviousData,
  });
  // The next page is there before it is asked for.
  const queries = useQueryClient();
  const next = isPlaceholderData ? "" : data?.next ?? "";
  useEffect(() => {
    if (next) void queries.prefetchQuery(instancesQuery(wanted, next));
  }, [queries, wanted, next]);
  const counted = useQuery(countQuery);
  const catalog = useQuery(elements);
  const change = (part: Record<string, string | undefined>) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true });
  const searching = Boolean(search.q || search.element || search.tag || search.status);
  const total = counted.data?.totalInstances;

  return (
    <div className="page">
      <Head title="Instances"
        actions={<Link className="button main-action" to="/catalog">Connect an account</Link>}>
        Your customers’ connected accounts{total ? `, ${new Intl.NumberFormat().format(total)} in all` : ""}.
      </Head>
      <div className="bar">
        <div className="grow">
          <TextField label="Search" type="search" placeholder="Name or element" value={search.q ?? ""}
            onChange={(event) => change({ q: event.target.value })} />
        </div>
        <div className="grow">
          <Field label="Element">
            {(attributes) => (
              <select {...attributes} className="input" value={search.element ?? ""} onChange={(event) => change({ element: event.target.value })}>
                <option value="">Any</option>
                {catalog.data?.map(({ key, name }) => <option key={key} value={key}>{name}</option>)}
              </select>
            )}
          </Field>
        </div>
        <div className="grow">
          <Field label="Status">
            {(attributes) => (
              <select {...attributes} className="input" value={search.status ?? ""} onChange={(event) => change({ status: event.target.value })}>
                <option value="">Any</option>
                <option value="connected">Connected</option>
                <option value="invalid">Needs a reconnect</option>
                <option value="disabled">Disabled</option>
              </select>
            )}
          </Field>
        </div>
        <div className="grow">
          <TextField label="Tag" placeholder="The whole tag" value={search.tag ?? ""} onChange={(event) => change({ tag: event.target.value })} />
        </div>
      </div>
      {isPending && <Bones rows={6} />}
      {error && <Fault title="The instances could not be read." error={error} again={() => void refetch()} />}
      {data && data.data.length === 0 && (searching ? (
        <Empty title="Nothing fits" action={<Button onClick={() => change({ q: undefined, element: undefined, tag: undefined, status: undefined })}>Show all</Button>}>
          No instance has this name, element, status and tag.
        </Empty>
      ) : (
        <Empty title="No account is connected yet" action={<Link className="button main-action" to="/catalog">Choose an element</Link>}>
          An instance is one customer’s account at one vendor. Connect the first one from the catalog.
        </Empty>
      ))}
      {data && data.data.length > 0 && (
        <>
          <div className="table-box folds" aria-busy={isPlaceholderData}>
            <table>
              <thead><tr><th>Name</th><th>Element</th><th>Status</th><th>Tags</th><th>Changed</th></tr></thead>
              <tbody>
                {data.data.map((instance) => (
                  <tr key={instance.id}>
                    <td>
                      <Link className="row-link" to="/instances/$id" params={{ id: String(instance.id) }}>
                        <bdi>{instance.name || "Unnamed"}</bdi>
                      </Link>{" "}
                      <span className="soft small">#{instance.id}</span>
                    </td>
                    <td><span className="cell"><Monogram element={instance.element} size="tiny" /> {instance.element.name}</span></td>
                    <td><Health instance={instance} /></td>
                    <td>
                      <span className="chips">
                        <Tags tags={instance.tags.filter((tag) => tag !== instance.name)} />
                      </span>
                    </td>
                    <td className="soft"><When iso={instance.updatedDate} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Pages pages={pages} next={data.next} />
        </>
      )}
    </div>
  );
}
