import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { counted, SPANS, usage as usageQuery, usageCall, type Span } from "../api/queries";
import type { Counted, UsageRow } from "../api/types";
import { callRoute, usageRoute } from "../app/routes";
import { Icon } from "../ui/icons";
import { Badge, Bones, Button, Empty, Fault, Field, Head, TextField, When } from "../ui/parts";
import { useLoaded } from "../ui/loaded";
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
      {!searching && <OverTime />}
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

const chart = () => import("../ui/calls-chart");

/** How many calls there were, and how many of them failed. */
function OverTime() {
  const [span, setSpan] = useState<Span>("day");
  const { data, error } = useQuery({ ...counted(span), placeholderData: keepPreviousData });
  const drawn = useLoaded(chart);
  const rows = data ?? [];
  const format = new Intl.DateTimeFormat(undefined, SPANS[span].interval === "hour" ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
  const name = (row: Counted) => format.format(new Date(row.timestamp));
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  const many = (number: number) => new Intl.NumberFormat().format(number);
  // The list below says what is wrong.
  if (error || (data && all === 0)) return null;
  return (
    <section className="card stack" aria-label="Calls over time">
      <div className="head">
        <div className="chips legend">
          <span><i className="well" /> {many(all - failed)} succeeded</span>
          <span><i className="ill" /> {many(failed)} failed</span>
        </div>
        <div className="chips" role="group" aria-label="Span">
          {(Object.keys(SPANS) as Span[]).map((key) => (
            <button key={key} type="button" className="chip" aria-pressed={span === key} onClick={() => setSpan(key)}>{SPANS[key].words}</button>
          ))}
        </div>
      </div>
      {data && drawn
        ? <drawn.CallsChart rows={rows} name={name} label={`${many(all)} calls, ${many(failed)} of them failed; the table below the picture has the numbers.`} />
        : <div className="bone" style={{ height: "180px" }} />}
      <details>
        <summary className="small soft">As a table</summary>
        <div className="table-box">
          <table>
            <thead><tr><th>From</th><th className="number">Succeeded</th><th className="number">Failed</th></tr></thead>
            <tbody>
              {rows.filter(({ count }) => count > 0).map((row) => (
                <tr key={row.timestamp}><td>{name(row)}</td><td className="number">{many(row.success)}</td><td className="number">{many(row.failed)}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
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
  if (vendor !== undefined && vendor >= 400) return `The vendor refused the request (${vendor}).`;
  if (row.status === 401) return "The secrets or the token were not right. The vendor was not asked.";
  if (row.status === 403) return "The caller may not do this, or the instance is disabled. The vendor was not asked.";
  if (row.status === 404) return "There is no such thing. The vendor was not asked, or said so.";
  if (row.status === 504) return "The deadline passed before the vendor answered.";
  if (row.status === 502) return "The vendor could not be reached, or answered something unintelligible.";
  return "The request was refused before the vendor was asked.";
}

/** A vendor's words as it meant them: JSON on lines of its own. */
export function readable(words: string): string {
  try {
    const value = JSON.parse(words) as unknown;
    return typeof value === "object" ? JSON.stringify(value, null, 2) : words;
  } catch {
    return words;
  }
}

/** Whether one text has the other in it, however they are spaced. */
export function says(whole: string | undefined, part: string): boolean {
  const plain = (text: string) => text.replace(/\\[nrt"\\]|[\s"]+/g, "");
  return whole !== undefined && plain(whole).includes(plain(part));
}

/** What each request to the vendor came to, where not all went well. */
function Attempts({ row }: { row: UsageRow }) {
  const failed = row.failed_attempts ?? [];
  if (failed.length === 0) return null;
  return (
    <section className="stack tight">
      <h2>Requests to the vendor that failed</h2>
      <div className="table-box folds">
        <table>
          <thead><tr><th>Request</th><th>Vendor’s status</th><th className="number">Took</th><th>Then</th></tr></thead>
          <tbody>
            {failed.map(({ status, took, waited }, index) => (
              <tr key={index}>
                <td data-label="Request">{index + 1} of {row.attempts}</td>
                <td>{status === undefined ? <Badge tone="bad">no answer</Badge> : <Badge tone="bad">{status}</Badge>}</td>
                <td className="number soft" data-label="Took">{took} ms</td>
                <td className="soft">{waited === undefined ? "given up" : `tried again after ${waited} ms`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
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
            <p><strong>{row.status}</strong> {explained(row)}</p>
            {row.message && !says(row.provider_message, row.message) && <p className="wrap">{row.message}</p>}
            {row.provider_message && (
              <figure className="quote">
                <figcaption className="small soft">The vendor’s own words</figcaption>
                <blockquote dir="auto">{readable(row.provider_message)}</blockquote>
              </figure>
            )}
          </div>
          <Attempts row={row} />
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
          <p className="small soft">Queries, bodies and answers are not kept; why a call failed is, without the account’s secrets.</p>
        </>
      )}
    </div>
  );
}
