import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { custody, hosts as hostsQuery } from "../api/queries";
import type { CustodyEntry, Instance } from "../api/types";
import { Badge, Bones, Button, Empty, Fault, When } from "../ui/parts";

/** Calls are kept for a week. */
const CALLS_KEPT_MS = 7 * 24 * 60 * 60 * 1000;
const recent = ({ date }: CustodyEntry) => Date.now() - Date.parse(date) < CALLS_KEPT_MS;

/** What an entry means, in a sentence. */
export function told({ event, detail }: Pick<CustodyEntry, "event" | "detail">): string {
  const parts = detail.split(" ").filter(Boolean).join(", ");
  switch (event) {
    case "created": return parts ? `Connected; it may call ${parts}` : "Connected";
    case "host": return `${detail} received the credential for the first time`;
    case "refreshed": return "The access was renewed";
    case "refused": return "The vendor refused to renew the access";
    case "changed":
    case "updated": return parts ? `Changed: ${parts}` : "Changed";
    case "revealed": return detail ? `Shown: ${detail}` : "The credential was shown";
    case "deleted": return "Deleted";
    default: return detail ? `${event}: ${detail}` : event;
  }
}

/** The hosts that hold, or have held, the credential. */
export function receivers(entries: CustodyEntry[]): string[] {
  return [...new Set(entries.filter(({ event }) => event === "host").map(({ detail }) => detail))].sort();
}

/** Where the account's credential has been. */
export function Custody({ instance }: { instance: Instance }) {
  const record = useInfiniteQuery(custody(String(instance.id)));
  const hosts = receivers(useQuery(hostsQuery(String(instance.id))).data ?? []);
  const newest = record.data?.pages.flat();
  const number = newest?.[0]?.number ?? 0;
  const by = (entry: CustodyEntry) => {
    const user = entry.userId === instance.user.id ? instance.user.emailAddress : `user #${entry.userId}`;
    if (entry.userId === undefined) return "the platform";
    return entry.apiKeyId === undefined ? user : `${user}, key #${entry.apiKeyId}`;
  };
  return (
    <section className="stack" aria-label="Custody">
      <div className="stack tight">
        <h2>Custody of the credential</h2>
        <p className="soft small">Who received it, renewed it or changed it, and at whose call. Entries are chained: none can be changed or removed unseen.</p>
      </div>
      {record.isPending && <Bones rows={3} />}
      {record.error && <Fault title="The record cannot be shown." error={record.error} again={() => void record.refetch()} />}
      {newest && newest.length === 0 && (
        <Empty title="Nothing is recorded yet">The account was connected before there was a record. What happens from now on is kept.</Empty>
      )}
      {newest && newest.length > 0 && (
        <>
          <div className="chips">
            <span className="soft small">Received by</span>
            {hosts.map((host) => <Badge key={host} plain>{host}</Badge>)}
            {hosts.length === 0 && <span className="small">nobody yet</span>}
          </div>
          <div className="table-box folds">
            <table>
              <thead><tr><th>What happened</th><th>By</th><th>When</th><th><span className="hidden">Call</span></th></tr></thead>
              <tbody>
                {newest.map((entry) => (
                  <tr key={entry.number}>
                    <td className="wrap">{told(entry)}</td>
                    <td className="soft wrap">{by(entry)}</td>
                    <td className="soft"><When iso={entry.date} /></td>
                    <td>
                      {entry.requestId && recent(entry) && (
                        <Link className="small" to="/usage/$requestId" params={{ requestId: entry.requestId }}
                          aria-label={`See the call of entry ${entry.number}`}>See the call</Link>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {record.hasNextPage && (
            <div className="actions">
              <Button size="small" busy={record.isFetchingNextPage} onClick={() => void record.fetchNextPage()}>Show earlier ones</Button>
              <span className="soft small" aria-live="polite">{newest.length} of {number}</span>
            </div>
          )}
        </>
      )}
    </section>
  );
}
