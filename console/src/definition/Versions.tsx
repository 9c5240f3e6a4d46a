import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSubmit } from "../pages/SignIn";
import { useSay } from "../ui/overlays";
import { Badge, Bones, Button, Fault, When } from "../ui/parts";
import { behind, DEFINED, move, versions } from "./data";

/** Versions that are shown, newest first. */
const SHOWN = 5;

/** The newest versions, and who has yet to be moved to the last one. */
export function Versions({ element }: { element: string }) {
  const queries = useQueryClient();
  const say = useSay();
  const { data, error, isPending, refetch } = useQuery(versions(element));
  const current = data?.at(-1)?.version ?? 0;
  const late = useQuery({ ...behind(element, current), enabled: current > 1 });
  const moving = useSubmit();
  return (
    <section className="card stack" aria-label="Versions">
      <h2>Versions</h2>
      {isPending && <Bones rows={2} />}
      {error && <Fault title="The versions could not be listed." error={error} again={() => void refetch()} />}
      {data && (
        <ul className="stack tight">
          {data.slice(-SHOWN).toReversed().map((one) => (
            <li key={one.version} className="cell">
              <strong>{one.version}</strong> {one.current && <Badge tone="good">newest</Badge>}
              <span className="soft small"><When iso={one.createdDate} /> · {one.instances === 1 ? "1 account" : `${one.instances} accounts`}</span>
            </li>
          ))}
        </ul>
      )}
      {late.data && late.data.length > 0 && (
        <>
          <h3>Accounts on a former version</h3>
          <ul className="stack tight">
            {late.data.map(({ id, name, elementVersion }) => (
              <li key={id} className="cell">
                <Link to="/instances/$id" params={{ id: String(id) }}><bdi>{name || `#${id}`}</bdi></Link>
                <span className="soft small">version {elementVersion}</span>
                <Button size="small" busy={moving.busy} aria-label={`Move ${name || `#${id}`} to version ${current}`} onClick={() => void moving.run(async () => {
                  await move(element, id);
                  await queries.invalidateQueries({ queryKey: [DEFINED, element] });
                  say(`${name || `#${id}`} runs version ${current}.`);
                })}>Move to {current}</Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {moving.error != null && <Fault title="The account stays on its version." error={moving.error} />}
    </section>
  );
}
