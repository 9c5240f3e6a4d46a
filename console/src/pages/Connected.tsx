import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { tryCall } from "../api/client";
import type { Element, Instance } from "../api/types";
import { Bones, Code, Fault } from "../ui/parts";
import { Answer, callable } from "./TryIt";

/** The end of the way: the token, once, and a first call that works. */
export function Connected({ element, instance, again }: { element: Element; instance: Instance; again: boolean }) {
  const reads = callable(element).filter((resource) => resource.method === "GET" && !resource.path.includes("{"));
  const first = reads.find((resource) => resource.path.endsWith("/contacts"))
    ?? reads.find((resource) => !resource.path.endsWith("/ping")) ?? reads[0];
  const id = String(instance.id);
  // Made by itself, once: that the account answers is what one came to see.
  const path = first ? `${first.path}${first.path.endsWith("/ping") ? "" : "?pageSize=2"}` : "";
  const { data: answer, error, isFetching, refetch } = useQuery({
    queryKey: ["first-call", id, path],
    enabled: path !== "",
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    queryFn: async () => await tryCall(instance.id, "GET", path),
  });
  return (
    <div className="stack">
      <div className="note good" role="status">
        <strong>{again ? "The account is connected again." : "The account is connected."}</strong>
        <span>{again ? "Its id and token are what they were." : <>It is called <bdi>{instance.name}</bdi> and has the id {id}.</>}</span>
      </div>
      {!again && instance.token && (
        <section className="card stack tight">
          <h2>Its token</h2>
          <p className="soft">Calls of this account carry it. It is shown here once; later it takes your password to see it.</p>
          <Code wraps label="Token" text={instance.token} />
        </section>
      )}
      {first && (
        <section className="card stack">
          <div>
            <h2>A first call</h2>
            <p className="soft"><code>{first.method} {first.path}</code></p>
          </div>
          {!answer && isFetching && <Bones rows={3} height="2rem" />}
          {error != null && !isFetching && <Fault error={error} again={() => void refetch()} />}
          {answer && <Answer answer={answer} />}
        </section>
      )}
      <div className="actions">
        <Link className="button" to="/instances/$id" params={{ id }}>To the instance</Link>
        <Link className="button" to="/catalog/$key" params={{ key: element.key }} search={{ tab: "resources", instance: id }}>Try more calls</Link>
      </div>
    </div>
  );
}
