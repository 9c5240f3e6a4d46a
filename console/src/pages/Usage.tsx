import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { usage as usageQuery, usageCall } from "../api/queries";
import type { UsageRow } from "../api/types";
import { callRoute, usageRoute } from "../app/routes";
import { Icon } from "../ui/icons";
import { Badge, Bones, Button, Empty, Fault, Field, Head, TextField, When } from "../ui/parts";
import { Pages, usePages } from "../ui/pages";
import { clean } from "./Catalog";

export function Usage() {
  const search = usageRoute.useSearch();
  const navigate = usageRoute.useNavigate();
  const wanted = useDeferredValue(search);
  const pages = usePages(JSON.stringify(wanted));
  const { data, error, isPending, refetch, isFetching } = useQuery({
    ...usageQuery(wanted, pages.next),
    placeholderData: keepPreviousData,
  });
  const change = (part: Record<string, string | undefined>) =>
    void navigate({ search: (old) => clean({ ...old, ...part }), replace: true });
  const searching = Boolean(search.q || search.status || search.element || search.instance);
  return (
    <div className="page">
      <Head title="Usage" actions={<Button busy={isFetching} onClick={() => void refetch()}>Refresh</Button>}>
        Every call of the last seven days, newest first.
      </Head>
      <div className="bar">
        <div className="grow">
          <TextField label="Search" type="search" placeholder="Path, element or request id" value={search.q ?? ""}
            onChange={(event) => change({ q: event.target.value })} />
        </div>
        <Field label="Outcome">
          {(attributes) => (
            <select {...attributes} className="input" value={search.status ?? ""} onChange={(event) => change({ status: event.target.value })}>
              <option value="">Any</option>
              <option value="success">Succeeded</option>
              <option value="failed">Failed</option>
            </select>
          )}
        </Field>
        {search.instance && <Button onClick={() => change({ instance: undefined })}>Only instance #{search.instance} ×</Button>}
      </div>
      {isPending && <Bones rows={6} />}
      {error && <Fault title="The calls could not be read." error={error} again={() => void refetch()} />}
      {data && data.data.length === 0 && (
        <Empty title={searching ? "Nothing fits" : "No calls yet"}>
          {searching ? "No call of the last seven days is like this." : "Calls appear here within two seconds of being made."}
        </Empty>
      )}
      {data && data.data.length > 0 && (
        <>
          <Calls rows={data.data} />
          <Pages pages={pages} next={data.next} />
        </>
      )}
    </div>
  );
}

export function Calls({ rows }: { rows: UsageRow[] }) {
  return (
    <div className="table-box folds">
      <table>
        <thead>
          <tr><th>Call</th><th>Status</th><th>Element</th><th className="number">Time taken</th><th>When</th></tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.traffic_id}>
              <td>
                <Link className="row-link" to="/usage/$requestId" params={{ requestId: row.request_id }}>
                  <span className={`method ${row.request_method}`}>{row.request_method}</span> <code>{row.request_uri}</code>
                </Link>
              </td>
              <td><Badge tone={row.status < 400 ? "good" : "bad"}>{row.status}</Badge></td>
              <td className="soft">{row.element_key ?? "platform"}</td>
              <td className="number soft">{row.process_time} ms</td>
              <td className="soft"><When iso={row.traffic_date} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Why a status came about, as far as the row tells. */
export function explained(row: Pick<UsageRow, "status" | "vendor_status">): string {
  const vendor = row.vendor_status;
  if (row.status < 400) return "The call went well.";
  if (vendor !== undefined && vendor >= 500) return `The vendor failed (${vendor}). It is worth trying again later.`;
  if (vendor === 401 || vendor === 403) return "The vendor did not accept the account’s credential. Reconnect the instance.";
  if (vendor === 429) return "The vendor’s rate limit was reached. Call less often, or later.";
  if (vendor !== undefined && vendor >= 400) return `The vendor refused the request (${vendor}). Its own words were in the answer.`;
  if (row.status === 401) return "The secrets or the token were not right. The vendor was not asked.";
  if (row.status === 403) return "The caller may not do this, or the instance is disabled. The vendor was not asked.";
  if (row.status === 404) return "There is no such thing. The vendor was not asked, or said so.";
  if (row.status === 504) return "The deadline passed before the vendor answered.";
  if (row.status === 502) return "The vendor could not be reached, or answered something unintelligible.";
  return "The request was refused before the vendor was asked.";
}

export function CallPage() {
  const { requestId } = callRoute.useParams();
  const { data: row, error, isPending, refetch } = useQuery(usageCall(requestId));
  return (
    <div className="page narrow">
      <Link className="crumb" to="/usage"><Icon name="back" size={14} /> Usage</Link>
      {!row && <Head title="Call" />}
      {isPending && <Bones />}
      {error && <Fault title="This call cannot be shown." error={error} again={() => void refetch()} />}
      {row && (
        <>
          <Head title={<><span className="wrap">{row.request_method} {row.request_uri}</span></>} />
          <div className={`note ${row.status < 400 ? "good" : "bad"}`}>
            <strong>{row.status}</strong> {explained(row)}
          </div>
          <section className="card">
            <dl className="facts">
              <dt>When</dt><dd><When iso={row.traffic_date} /></dd>
              <dt>Instance</dt>
              <dd>{row.element_instance_id
                ? <Link to="/instances/$id" params={{ id: String(row.element_instance_id) }}>#{row.element_instance_id}</Link>
                : "none"}</dd>
              <dt>Element</dt><dd>{row.element_key ?? "none"}</dd>
              <dt>Vendor’s status</dt><dd>{row.vendor_status ?? "not asked"}</dd>
              <dt>Requests to the vendor</dt><dd>{row.attempts}</dd>
              <dt>Waited</dt><dd>{row.waits} ms</dd>
              <dt>Time taken</dt><dd>{row.process_time} ms</dd>
              <dt>From</dt><dd>{row.request_ip}</dd>
              <dt>Request</dt><dd><code>{row.request_id}</code></dd>
            </dl>
          </section>
          <p className="small soft">Queries, bodies and answers are not kept.</p>
        </>
      )}
    </div>
  );
}
